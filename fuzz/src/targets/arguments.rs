//! Arguments of tools: coercion and validation.
//!
//! The first line of an input names the tool, the rest is the arguments.

use cognito_mcp::fuzzing;
use cognito_mcp::tools;
use serde_json::Value;

/// Bytes that a message may have for each byte of the arguments, and in addition.
const GROWTH: (usize, usize) = (16, 16 * 1024);

/// To coerce or validate twice is to do it once, and a message is bounded.
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
