{
  const field = document.querySelector('input[name="credential"]');
  const status = document.getElementById('passkey-status');
  const { call, options, failed, unsupported } = field.dataset;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

  // The options of `PublicKeyCredential.parseCreationOptionsFromJSON`, which older
  // browsers do not have.
  const parse = (json) => {
    const parsed = JSON.parse(json);
    const described = (list) => (list ?? []).map((item) => ({ ...item, id: toBytes(item.id) }));
    parsed.challenge = toBytes(parsed.challenge);
    if (parsed.user) parsed.user.id = toBytes(parsed.user.id);
    parsed.excludeCredentials = described(parsed.excludeCredentials);
    parsed.allowCredentials = described(parsed.allowCredentials);
    return parsed;
  };

  // `RegistrationResponseJSON` or `AuthenticationResponseJSON`.
  const toJson = (credential) => {
    const response = { clientDataJSON: toText(credential.response.clientDataJSON) };
    for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      const value = credential.response[name];
      if (value) response[name] = toText(value);
    }
    if (credential.response.getTransports) {
      response.transports = credential.response.getTransports();
    }
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    });
  };

  field.form.addEventListener('submit', async (event) => {
    if (field.value) return;
    event.preventDefault();
    if (!window.PublicKeyCredential) {
      status.textContent = unsupported;
      return;
    }
    status.textContent = '';
    try {
      const credential = await navigator.credentials[call]({ publicKey: parse(options) });
      field.value = toJson(credential);
      field.form.submit();
    } catch (error) {
      status.textContent = `${failed} (${error.name})`;
    }
  });
}
