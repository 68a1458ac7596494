//! The filter of `ListUsers`.

use cognito_emulator::fuzzing::{Filter, filter};

/// Checks that a parsed filter is equal after it is printed and parsed again.
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
