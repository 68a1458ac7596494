//! The filter of `ListUsers`.

use cognito_emulator::fuzzing::{Filter, filter};

/// A filter that is parsed, printed and parsed again is the same.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    let Some(Some(parsed)) = filter(text) else {
        return;
    };
    let printed = print(&parsed);
    assert_eq!(
        filter(&printed),
        Some(Some(parsed)),
        "{text:?} became {printed:?}"
    );
}

fn print(filter: &Filter) -> String {
    let value = filter.value.replace('\\', r"\\").replace('"', "\\\"");
    let operator = if filter.prefix { "^=" } else { "=" };
    format!("{} {operator} \"{value}\"", filter.name)
}
