//! Arguments of tools: coercion, validation and the correction that an error suggests.
//!
//! The first line of an input names the tool, the rest is the arguments.

use cognito_mcp::{fuzzing, tools};
use serde_json::Value;

/// Bytes that a message may have for each byte of the arguments, and in addition.
const GROWTH: (usize, usize) = (16, 16 * 1024);

/// To coerce twice is to coerce once; a retry is valid; and a message is bounded.
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
    let Err(error) = fuzzing::validate(entry, &mut arguments) else {
        return;
    };
    let limit = text.len() * GROWTH.0 + GROWTH.1;
    assert!(error.message.len() < limit, "{} bytes", error.message.len());
    if let Some(mut retry) = error.retry {
        let entry = tools::find(&retry.tool).expect("a retry names a tool");
        let again = fuzzing::validate(entry, &mut retry.arguments);
        assert!(again.is_ok(), "{tool} {text}: {again:?}");
    }
}
