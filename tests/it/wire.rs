//! Messages of the server on the wire, validated against the published schema of their
//! revision.
//!
//! The clients of tests are connected through a tap. The tap does not deliver an invalid
//! message, so the test that waits for it fails.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream};

/// The schema of one revision, and validators by the names of its definitions.
struct Revision {
    schema: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

static MODERN: LazyLock<Revision> =
    LazyLock::new(|| Revision::read(include_str!("wire/2026-07-28.json")));
static LEGACY: LazyLock<Revision> =
    LazyLock::new(|| Revision::read(include_str!("wire/2025-11-25.json")));

/// The requests whose responses are validated: the method of each id, and whether the
/// request is of the modern era.
#[derive(Default)]
pub(crate) struct Asked(BTreeMap<String, (String, bool)>);

impl Revision {
    fn read(text: &str) -> Self {
        Self {
            schema: serde_json::from_str(text).unwrap(),
            validators: Mutex::default(),
        }
    }

    /// The definition of the message `method` whose name has this ending.
    fn of_method(&self, method: &str, ending: &str) -> Option<&str> {
        let definitions = self.schema["$defs"].as_object().unwrap();
        let found = definitions.iter().find(|(name, definition)| {
            name.ends_with(ending) && definition["properties"]["method"]["const"] == method
        });
        found.map(|(name, _)| name.as_str())
    }

    fn has(&self, definition: &str) -> bool {
        self.schema["$defs"].get(definition).is_some()
    }

    #[track_caller]
    fn validate(&self, definition: &str, value: &Value, message: &Value) {
        let validator = Arc::clone(
            self.validators
                .lock()
                .unwrap()
                .entry(definition.to_owned())
                .or_insert_with(|| {
                    let schema = json!({
                        "$schema": self.schema["$schema"],
                        "$ref": format!("#/$defs/{definition}"),
                        "$defs": self.schema["$defs"],
                    });
                    Arc::new(Validator::new(&schema).unwrap())
                }),
        );
        let problems: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{definition}: {problems:?}: {message}");
    }
}

impl Asked {
    /// Records a request of the client.
    pub(crate) fn note(&mut self, message: &Value) {
        let (Some(id), Some(method)) = (message.get("id"), message["method"].as_str()) else {
            return;
        };
        let version = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
        let modern = version
            .as_str()
            .is_some_and(|version| version >= "2026-07-28");
        self.0.insert(id.to_string(), (method.to_owned(), modern));
    }

    /// Validates a message of the server.
    #[track_caller]
    pub(crate) fn validate(&self, message: &Value) {
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let asked = message.get("id").and_then(|id| self.0.get(&id.to_string()));
        let modern = match asked {
            Some((_, modern)) => *modern,
            // A message that is not a response belongs to the era of the client's
            // requests.
            None => self.0.values().any(|(_, modern)| *modern),
        };
        let revision = if modern { &*MODERN } else { &*LEGACY };
        if let Some(method) = message["method"].as_str() {
            let ending = if message.get("id").is_some() {
                "Request"
            } else {
                "Notification"
            };
            let definition = revision.of_method(method, ending);
            let definition = definition.unwrap_or_else(|| panic!("no such message: {message}"));
            return revision.validate(definition, message, message);
        }
        if message.get("error").is_some() {
            return revision.validate("JSONRPCErrorResponse", message, message);
        }
        let (method, _) =
            asked.unwrap_or_else(|| panic!("a response without a request: {message}"));
        revision.validate("JSONRPCResultResponse", message, message);
        // Tasks are an extension, which the schema of the protocol does not have.
        if method.starts_with("tasks/") || message["result"]["resultType"] == "task" {
            return;
        }
        let request = revision.of_method(method, "Request").unwrap();
        let name = request.strip_suffix("Request").unwrap();
        // Some calls have two kinds of results, which only the definition of the whole
        // message has.
        let whole = format!("{name}ResultResponse");
        if revision.has(&whole) {
            return revision.validate(&whole, message, message);
        }
        let result = format!("{name}Result");
        let result = if revision.has(&result) {
            result.as_str()
        } else {
            "EmptyResult"
        };
        revision.validate(result, &message["result"], message);
    }
}

/// Forwards lines between a client and a server, and validates the server's messages.
pub(crate) async fn tap(client: DuplexStream, server: DuplexStream) {
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let asked = Mutex::new(Asked::default());
    let questions = pass(from_client, to_server, |message| {
        asked.lock().unwrap().note(message);
    });
    let answers = pass(from_server, to_client, |message| {
        asked.lock().unwrap().validate(message);
    });
    // If one side ends first, the messages of the other side are still forwarded.
    tokio::join!(questions, answers);
}

async fn pass(
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    look: impl Fn(&Value),
) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        look(&serde_json::from_str(&line).unwrap());
        // The receiver may have closed its end.
        if to.write_all(format!("{line}\n").as_bytes()).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

#[test]
fn an_invalid_message_is_refused() {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    let mut asked = Asked::default();
    asked.note(&json!({ "id": 1, "method": "tools/list", "params": { "_meta": meta } }));
    let validated = |result: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "result": result });
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| asked.validate(&message)))
    };
    let good =
        json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": [] });
    assert!(validated(good.clone()).is_ok());
    for missing in ["resultType", "ttlMs", "cacheScope", "tools"] {
        let mut broken = good.clone();
        broken.as_object_mut().unwrap().remove(missing);
        assert!(validated(broken).is_err(), "{missing}");
    }
}
