//! Responses to messages that are not JSON-RPC.
//!
//! rmcp reads the messages. A message that it cannot read is classified here, so that the
//! sender gets a response on every transport (JSON-RPC 2.0, section 5.1).

use serde_json::{Value, json};

use crate::bounds::REPEATED_CHARS;

/// The reason why a message is refused.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable {
    code: i32,
    /// The `id` of a request; null if it cannot be read, or if it is a response's.
    id: Value,
    message: String,
}

/// Invalid JSON was received.
const PARSE_ERROR: i32 = -32700;
/// The JSON is not a request.
const INVALID_REQUEST: i32 = -32600;
const INVALID_PARAMS: i32 = -32602;

impl Unreadable {
    /// The reason why rmcp could not read `text`.
    pub(crate) fn of(text: &[u8]) -> Self {
        let message: Value = match serde_json::from_slice(text) {
            Ok(message) => message,
            Err(error) => {
                return Self {
                    code: PARSE_ERROR,
                    id: Value::Null,
                    message: format!("The message is not JSON in UTF-8: {error}."),
                };
            }
        };
        let (code, sentence) = reason(&message);
        Self {
            code,
            id: id(&message),
            message: sentence.to_owned(),
        }
    }

    /// The reason to refuse a valid message, if its response would repeat a text that is too
    /// long.
    pub(crate) fn repeats_too_much(text: &[u8]) -> Option<Self> {
        if text.len() <= REPEATED_CHARS {
            return None;
        }
        let message: Value = serde_json::from_slice(text).ok()?;
        let is_long = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str);
            text.is_some_and(|text| text.chars().count() > REPEATED_CHARS)
        };
        let version = "/params/_meta/io.modelcontextprotocol~1protocolVersion";
        let (name, id) = if is_long(message.get("id")) {
            ("`id` of a request", Value::Null)
        } else if is_long(message.pointer(version)) {
            ("protocol version", id(&message))
        } else {
            return None;
        };
        Some(Self {
            code: INVALID_REQUEST,
            id,
            message: format!("The {name} has at most {REPEATED_CHARS} characters."),
        })
    }

    /// The refusal of a message with more than `limit` bytes, which was not read.
    pub(crate) fn too_long(limit: usize) -> Self {
        Self {
            code: INVALID_REQUEST,
            id: Value::Null,
            message: format!("A line has at most {limit} bytes: send a shorter message."),
        }
    }

    /// The refusal of the request `id` before it begins.
    pub(crate) fn refused(id: &impl serde::Serialize, message: String) -> Self {
        Self {
            code: INVALID_PARAMS,
            id: serde_json::to_value(id).unwrap_or_default(),
            message,
        }
    }

    /// The response as JSON.
    pub(crate) fn json(&self) -> Value {
        let Self { code, id, message } = self;
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
    }
}

/// The error code for `message`, and a sentence that describes its problem.
fn reason(message: &Value) -> (i32, &'static str) {
    let Value::Object(members) = message else {
        return match message {
            Value::Array(_) => (
                INVALID_REQUEST,
                "Batches are not supported: send each message on its own.",
            ),
            _ => (INVALID_REQUEST, "A message must be a JSON object."),
        };
    };
    if members.get("jsonrpc") != Some(&json!("2.0")) {
        return (INVALID_REQUEST, "`jsonrpc` must be \"2.0\".");
    }
    if !is_request(message) {
        return (
            INVALID_REQUEST,
            "A response must have either `result` or `error`, an object.",
        );
    }
    if !members.get("method").is_some_and(Value::is_string) {
        return (INVALID_REQUEST, "A request must have `method`, a string.");
    }
    if members.contains_key("id") && id(message).is_null() {
        return (
            INVALID_REQUEST,
            "The `id` of a request must be a string or a 64-bit integer.",
        );
    }
    if members
        .get("params")
        .is_some_and(|params| !params.is_object())
    {
        return (INVALID_PARAMS, "`params` must be an object.");
    }
    (INVALID_REQUEST, "The message is not a request of MCP.")
}

/// Whether `message` is meant as a request or a notification, and not as a response.
fn is_request(message: &Value) -> bool {
    message.get("method").is_some()
        || (message.get("result").is_none() && message.get("error").is_none())
}

/// The id in the response, by which the sender of `message` finds it.
fn id(message: &Value) -> Value {
    match message.get("id") {
        Some(id) if is_request(message) && id.is_i64() => id.clone(),
        Some(Value::String(id)) if is_request(message) && id.chars().count() <= REPEATED_CHARS => {
            json!(id)
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_not_repeated() {
        let long = "x".repeat(REPEATED_CHARS + 1);
        let most = &long[1..];
        let version = "io.modelcontextprotocol/protocolVersion";
        let ping = |id: &str, version_text: &str| {
            let meta = json!({ version: version_text });
            json!({ "jsonrpc": "2.0", "id": id, "method": "ping", "params": { "_meta": meta } })
        };
        let refused =
            |message: &Value| Unreadable::repeats_too_much(message.to_string().as_bytes());
        assert_eq!(refused(&ping(most, most)), None);
        assert_eq!(refused(&ping(&long, "")).unwrap().id, Value::Null);
        assert_eq!(refused(&ping("1", &long)).unwrap().id, json!("1"));
        // This also applies to a message that is not a request of MCP.
        let broken = json!({ "id": long, "method": "ping" }).to_string();
        assert_eq!(Unreadable::of(broken.as_bytes()).id, Value::Null);
    }

    #[test]
    fn each_message_has_a_code_and_an_id() {
        let deep = "[".repeat(128);
        let deeper = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (text, code, id) in [
            (&b""[..], PARSE_ERROR, Value::Null),
            (b"no JSON", PARSE_ERROR, Value::Null),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1", PARSE_ERROR, Value::Null),
            (b"{\"id\":1}{\"id\":2}", PARSE_ERROR, Value::Null),
            (b"{\"id\":1,\"method\":\"\xff\"}", PARSE_ERROR, Value::Null),
            (br#"{"id":1,"method":"\ud83d"}"#, PARSE_ERROR, Value::Null),
            (deep.as_bytes(), PARSE_ERROR, Value::Null),
            (deeper.as_bytes(), PARSE_ERROR, Value::Null),
            (b"[]", INVALID_REQUEST, Value::Null),
            (b"7", INVALID_REQUEST, Value::Null),
            (br#"{"id":1,"method":"ping"}"#, INVALID_REQUEST, json!(1)),
            (
                br#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#,
                INVALID_REQUEST,
                json!("a"),
            ),
            (br#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST, json!(1)),
            (
                br#"{"jsonrpc":"2.0","id":1,"method":7}"#,
                INVALID_REQUEST,
                json!(1),
            ),
            (
                br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
                INVALID_PARAMS,
                json!(1),
            ),
            (
                br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
                INVALID_REQUEST,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                INVALID_REQUEST,
                Value::Null,
            ),
            // A response has an id that the server chose.
            (
                br#"{"jsonrpc":"2.0","id":1,"result":7}"#,
                INVALID_REQUEST,
                Value::Null,
            ),
        ] {
            let unreadable = Unreadable::of(text);
            let text = String::from_utf8_lossy(text);
            assert_eq!((unreadable.code, &unreadable.id), (code, &id), "{text}");
            assert!(unreadable.message.ends_with('.'), "{unreadable:?}");
        }
    }
}
