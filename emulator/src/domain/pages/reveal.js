for (const box of document.querySelectorAll('[data-reveals]')) {
  const fields = box.dataset.reveals.split(' ').map((id) => document.getElementById(id));
  const show = (type) => fields.forEach((field) => { field.type = type; });
  box.closest('[hidden]').hidden = false;
  box.addEventListener('change', () => show(box.checked ? 'text' : 'password'));
  box.form.addEventListener('submit', () => show('password'));
}
