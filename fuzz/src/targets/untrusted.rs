//! Text that users wrote, in the form that is shown to a model.

use cognito_mcp::fuzzing::shown;

/// Checks that the shown text has no invisible character, and that showing it again does
/// not change it.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    let once = shown(text);
    assert_eq!(shown(&once), once);
    let hidden = |c: char| c == '\u{1b}' || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\0';
    assert!(!once.contains(hidden), "{once:?}");
    let lines = |text: &str| text.matches('\n').count();
    assert_eq!(lines(&once), lines(text));
}
