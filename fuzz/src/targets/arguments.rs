//! Arguments of tools: coercion and validation.
//!
//! The first line of an input is the tool's name, the rest is the arguments.

use cognito_mcp::fuzzing;
use cognito_mcp::tools;
use serde_json::Value;

/// Maximum length of a message in bytes: a factor for the length of the arguments, and a
/// constant.
const GROWTH: (usize, usize) = (16, 16 * 1024);

/// Checks that a second coercion or validation changes nothing, and that a message is
/// bounded.
pub(crate) fn run(data: &[u8]) {
    let Some((tool, text)) = crate::text(data).and_then(|text| text.split_once('\n')) else {
        return;
    };
    let (Some(entry), Ok(Value::Object(given))) = (tools::find(tool), serde_json::from_str(text))
    else {
        return;
    };
    let mut once = given.clone();
    fuzzing::coerce(entry, &mut once);
    let mut twice = once.clone();
    fuzzing::coerce(entry, &mut twice);
    assert_eq!(once, twice, "{tool} {text}");

    let mut arguments = given;
    match fuzzing::validate(entry, &mut arguments) {
        Ok(()) => {
            let mut again = arguments.clone();
            assert!(
                fuzzing::validate(entry, &mut again).is_ok(),
                "{tool} {text}"
            );
            assert_eq!(arguments, again, "{tool} {text}");
        }
        Err(error) => {
            let limit = text.len() * GROWTH.0 + GROWTH.1;
            assert!(error.message.len() < limit, "{} bytes", error.message.len());
        }
    }
}
