//! Bounds on the size of answers: long ones are refused or shortened.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::bounds::WRITE_ANSWER_BYTES;
use crate::definition::Definition;
use crate::definition::added::LEFT_OUT;
use crate::error::{ToolError, ToolResult};
use crate::size;

/// The error code for an answer that is too long.
pub(crate) const TOO_LONG: &str = "AnswerTooLong";

/// Refuses `answer` if it has more than `longest` bytes, with a hint on how to request less.
///
/// # Errors
/// `AnswerTooLong`, with a narrower call if one is known.
pub(super) fn check(
    tool: &Definition,
    arguments: &JsonObject,
    longest: usize,
    answer: Value,
) -> ToolResult<Value> {
    let length = size::bytes(&answer);
    if length <= longest {
        return Ok(answer);
    }
    let error = ToolError::new(
        TOO_LONG,
        format!(
            "The answer has about {} tokens, more than the {} that this server returns at once",
            length / 4,
            longest / 4
        ),
    );
    let properties = &tool.published().input_schema["properties"];
    let with = |changes: Value| {
        let mut narrower = arguments.clone();
        if let Value::Object(changes) = changes {
            narrower.extend(changes);
        }
        Value::Object(narrower)
    };
    if arguments.get("response_format") == Some(&json!("detailed")) {
        return Err(error
            .hint("Request the concise form")
            .retry(tool.name(), with(json!({ "response_format": "concise" }))));
    }
    let limit = arguments
        .get("limit")
        .or(properties["limit"].get("default"));
    if let Some(limit @ 2..) = limit.and_then(Value::as_u64) {
        // A little below the average that fits, because items differ in length.
        let fits = limit * (longest as u64 * 8 / 10) / (length as u64);
        return Err(error
            .hint("Request fewer items at once; `next` in the answer has the call for the others")
            .retry(tool.name(), with(json!({ "limit": fits.max(1) }))));
    }
    if properties.get("fields").is_some() {
        return Err(error.hint(
            "List the required members in `fields`, as in `Name` or `/Users/*/Username`, or request \
             fewer items in `input`",
        ));
    }
    Err(error
        .hint("Request a part of it: fewer fields, or a filter, as the tool's arguments allow"))
}

/// Bytes reserved for one more member of [`LEFT_OUT`].
const MARGIN: usize = 200;

/// Shortens the answer of a call that wrote. Such an answer is not refused, because the
/// call is done; `left_out` lists the members that are shortened or left out.
pub(super) fn shorten(mut answer: Value) -> Value {
    let mut left_out = JsonObject::default();
    let Value::Object(members) = &mut answer else {
        return answer;
    };
    loop {
        let length = size::bytes(members) + size::bytes(&left_out) + LEFT_OUT.len() + 4;
        if length <= WRITE_ANSWER_BYTES {
            break;
        }
        let sizes = members
            .iter()
            .map(|(name, member)| (size::bytes(member), name));
        let Some((longest, name)) = sizes.max().map(|(size, name)| (size, name.clone())) else {
            break;
        };
        let room = (WRITE_ANSWER_BYTES + longest).saturating_sub(length + MARGIN);
        let note = match members.get_mut(&name) {
            Some(Value::Array(items)) => first_items(items, room),
            _ => None,
        };
        let note = note.unwrap_or_else(|| {
            members.shift_remove(&name);
            format!("It has {longest} bytes")
        });
        left_out.insert(name, note.into());
    }
    if !left_out.is_empty() {
        members.insert(LEFT_OUT.to_owned(), left_out.into());
    }
    answer
}

/// Keeps only the first `items` that fit into `room` bytes; changes nothing if not even one
/// fits.
fn first_items(items: &mut Vec<Value>, room: usize) -> Option<String> {
    let mut length = 2;
    let fits = items.iter().take_while(|item| {
        length += size::bytes(*item) + 1;
        length <= room
    });
    let (kept, all) = (fits.count(), items.len());
    if kept == 0 || kept == all {
        return None;
    }
    items.truncate(kept);
    Some(format!("Only the first {kept} of {all} are shown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_writes_are_shortened() {
        let row = json!({ "username": "x".repeat(100), "outcome": "created" });
        let short = json!({ "created": 2, "rows": [row, row], "on": { "backend": "emulated" } });
        assert_eq!(shorten(short.clone()), short);

        let long = json!({
            "created": 5_000, "rows": vec![row.clone(); 5_000], "on": { "backend": "emulated" },
        });
        let short = shorten(long);
        assert!(size::bytes(&short) <= WRITE_ANSWER_BYTES);
        let rows = short["rows"].as_array().unwrap().len();
        assert!((400..5_000).contains(&rows), "{rows}");
        assert_eq!(short["created"], 5_000);
        assert_eq!(
            short[LEFT_OUT]["rows"],
            format!("Only the first {rows} of 5000 are shown")
        );
    }

    /// Every answer fits after it is shortened.
    #[test]
    fn every_answer_fits() {
        let long = |n: usize| json!("x".repeat(n));
        for answer in [
            json!({ "answer": { "a": long(1_000_000) }, "on": {} }),
            json!({ "rows": [long(100_000)], "done": "d" }),
            json!({ "rows": [long(10), long(100_000)], "a": vec![long(100); 3_000] }),
            json!({ "a": long(50_000), "b": long(50_000), "c": vec![long(900); 90] }),
            (0..300).map(|n| (n.to_string(), long(500))).collect(),
        ] {
            let short = shorten(answer);
            let bytes = size::bytes(&short);
            assert!(bytes <= WRITE_ANSWER_BYTES, "{bytes}");
            assert!(short.get(LEFT_OUT).is_some());
        }
    }
}
