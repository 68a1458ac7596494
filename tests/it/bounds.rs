//! Bounds: a caller cannot make a response longer than they allow, and `docs/bounds.md`
//! lists all of them.

use std::fmt::Write as _;

use cognito_emulator::model::{Kind, Model};
use cognito_mcp::bounds::{PROBLEMS, RESPONSE_BYTES, RETRY_BYTES, SUBSCRIPTIONS};
use cognito_mcp::cognito::backend;
use cognito_mcp::config::Config;
use cognito_mcp::definition::Definition;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::tools;
use rmcp::ServiceExt;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};
use tokio::io::{ReadHalf, WriteHalf};

use crate::every_tool;
use crate::hiding_secrets;

/// A client without a library, because the length of the server's lines counts.
struct Raw {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    requests: u64,
}

impl Raw {
    async fn new(config: &Config) -> Self {
        let backend = backend::connect(config).await.unwrap();
        let server = Server::new(config, backend).unwrap();
        let (here, there) = tokio::io::duplex(1024 * 1024);
        tokio::spawn(async move {
            let running = server.serve(there).await.unwrap();
            running.waiting().await.unwrap();
        });
        let (output, input) = tokio::io::split(here);
        let mut raw = Self {
            input,
            output: BufReader::new(output).lines(),
            requests: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "0" },
        });
        raw.request("initialize", hello).await;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        raw.write(&ready).await;
        raw
    }

    async fn write(&mut self, message: &Value) -> usize {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
        line.len()
    }

    /// The response to a request. Its length is checked.
    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let sent = self.write(&request).await;
        loop {
            let line = self.output.next_line().await.unwrap().unwrap();
            let response: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("{method}: {error}: {line:.200}"));
            if response["id"] != id {
                continue;
            }
            let received = line.len();
            // The envelope needs some bytes too.
            let most = (2 * sent + 64 * 1024).min(RESPONSE_BYTES + 1024);
            assert!(
                received <= most,
                "{received} for {sent}: {:.300} {line:.3000}",
                request.to_string()
            );
            return response;
        }
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let response = self.request("tools/call", params).await;
        assert!(response.get("result").is_some(), "{tool}: {response}");
        if let Some(facts) = facts(&response) {
            let problems = facts["problems"].as_array().unwrap();
            assert!(problems.len() <= PROBLEMS, "{facts}");
            let retry = facts["retry"]["arguments"].to_string();
            assert!(retry.len() <= RETRY_BYTES, "{facts}");
            // A text that was cut ends with a note, which a retry must not contain.
            assert!(!retry.contains(" characters)"), "{facts}");
        }
        response
    }
}

/// The second line of an error.
fn facts(response: &Value) -> Option<Value> {
    let result = &response["result"];
    (result["isError"] == true).then(|| {
        let text = result["content"][0]["text"].as_str().unwrap();
        serde_json::from_str(text.split_once('\n').unwrap().1).unwrap()
    })
}

/// Long texts: one letter repeated, characters that are escaped twice, invisible
/// characters, and text in the form of several names.
fn long_texts() -> Vec<Value> {
    vec![
        json!("x".repeat(100_000)),
        json!("\"\\".repeat(20_000)),
        json!("\u{202e}".repeat(20_000)),
        json!("a,b ".repeat(20_000)),
    ]
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!("x"), |inner, _| json!([inner]))
}

/// Number of entries in long lists and objects. Each entry may be a problem. Without a
/// bound on problems, the response would be longer than [`Raw::request`] accepts.
const MANY: usize = 4_000;

/// Number of entries in the longest objects.
const MOST: usize = 20_000;

/// Lists and objects of `count` entries, and deeply nested lists.
fn long_values(count: usize) -> [Value; 4] {
    let items: Vec<Value> = (0..count)
        .map(|n| match n % 3 {
            0 => json!(n),
            1 => json!("wrong"),
            _ => json!({ "wrong": n }),
        })
        .collect();
    let members: Map<String, Value> = (0..count)
        .map(|n| (format!("unknown_{n}"), json!(n)))
        .collect();
    [
        items.into(),
        members.into(),
        nested(110),
        json!(nested(110).to_string()),
    ]
}

/// The places of all arguments in `schema`, such as `/users/0/username`.
fn places(schema: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        found.push((at.clone(), member.clone()));
        places(member, &at, found);
        if member["items"].is_object() {
            found.push((format!("{at}/0"), member["items"].clone()));
            places(&member["items"], &format!("{at}/0"), found);
        }
    }
}

/// Puts `value` at `place` in `arguments`. Adds missing lists and objects on the way.
fn put(arguments: &mut Value, place: &str, value: Value) {
    let mut spot = arguments;
    for step in place.split('/').skip(1) {
        spot = if step == "0" {
            if spot.as_array().is_none_or(Vec::is_empty) {
                *spot = json!([{}]);
            }
            &mut spot[0]
        } else {
            if !spot.is_object() {
                *spot = json!({});
            }
            &mut spot[step]
        };
    }
    *spot = value;
}

/// Calls every tool with a long text in every argument.
#[tokio::test(start_paused = true)]
async fn long_texts_make_no_long_answers() {
    let mut raw = Raw::new(&hiding_secrets()).await;
    let texts = long_texts();
    let mut turn = 0;
    for entry in tools::all() {
        let schema = json!(entry.published().input_schema);
        let mut found = Vec::new();
        places(&schema, "", &mut found);
        for (place, schema) in found {
            turn += 1;
            let takes_text = !matches!(schema["type"].as_str(), Some("integer" | "boolean"));
            // The first text is used for each argument, and one of the others in turn.
            let others = [&texts[0], &texts[1 + turn % 3]];
            for text in others.into_iter().skip(usize::from(!takes_text)) {
                let mut arguments = entry.example().clone();
                put(&mut arguments, &place, text.clone());
                raw.call(entry.name(), arguments).await;
            }
        }
        for text in [&texts[0], &texts[1 + turn % 3]] {
            let mut arguments = entry.example().clone();
            arguments[text.as_str().unwrap()] = json!(1);
            raw.call(entry.name(), arguments).await;
            let mut arguments = entry.example().clone();
            arguments["unknown"] = text.clone();
            raw.call(entry.name(), arguments).await;
        }
    }
    assert!(raw.requests > 900, "{}", raw.requests);
}

/// Calls every tool with long lists and objects, and with deeply nested ones.
#[tokio::test(start_paused = true)]
async fn long_lists_make_no_long_answers() {
    let mut raw = Raw::new(&hiding_secrets()).await;
    let [items, members, deep, deep_text] = long_values(MANY);
    let [_, most, ..] = long_values(MOST);
    let mut turn = 0;
    for (number, entry) in tools::all().enumerate() {
        let schema = json!(entry.published().input_schema);
        let mut found = Vec::new();
        places(&schema, "", &mut found);
        for (place, schema) in found {
            turn += 1;
            let kind = schema["type"].as_str();
            let is_plain = matches!(kind, Some("integer" | "boolean" | "string"));
            let values = match (is_plain, turn % 4) {
                (false, _) => vec![&items, &members, &deep, &deep_text],
                // A value of the wrong type is one problem, whatever it contains.
                (true, 0) => vec![&items],
                (true, 1) => vec![&members],
                (true, 2) => vec![&deep],
                _ => vec![&deep_text],
            };
            for value in values {
                let mut arguments = entry.example().clone();
                put(&mut arguments, &place, value.clone());
                raw.call(entry.name(), arguments).await;
            }
        }
        // Only one tool in eight gets the longest object, because the same code handles
        // all tools.
        let (count, members) = match number % 8 {
            0 => (MOST, &most),
            _ => (MANY, &members),
        };
        let response = raw.call(entry.name(), members.clone()).await;
        let facts = facts(&response).unwrap();
        let total = facts["problems_total"].as_u64().unwrap();
        assert!(total >= count as u64, "{facts}");
        let text = response["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.lines().next().unwrap().contains(" more"), "{text}");
    }
    assert!(raw.requests > 600, "{}", raw.requests);
}

/// Calls every operation of Cognito with a long text in every member, and some with
/// unknown members.
#[tokio::test(start_paused = true)]
async fn long_members_make_no_long_answers() {
    let mut raw = Raw::new(&hiding_secrets()).await;
    let [_, unknown, ..] = long_values(MOST);
    for operation in Model::get().operations() {
        for member in operation.input().members() {
            let text = match member.shape().kind {
                Kind::String | Kind::Blob => "x".repeat(100_000),
                _ => continue,
            };
            let input = json!({ member.name: text });
            let call = json!({ "operation": operation.name, "input": input });
            raw.call("call_operation", call).await;
        }
    }
    for name in ["ListUsers", "SignUp", "CreateUserPool"] {
        let call = json!({ "operation": name, "input": unknown });
        let response = raw.call("call_operation", call).await;
        let facts = facts(&response).unwrap();
        assert!(
            facts["problems_total"].as_u64().unwrap() >= MOST as u64,
            "{facts}"
        );
    }
    let fields = vec!["Wrong"; 100];
    let call = json!({ "operation": "ListUsers", "fields": fields });
    let response = raw.call("call_operation", call).await;
    assert_eq!(facts(&response).unwrap()["problems_total"], 100);
}

/// Requests with `text` as a name, a URI, a cursor or a method.
fn requests_with(text: &str) -> Vec<(&str, Value)> {
    vec![
        ("tools/call", json!({ "name": text, "arguments": {} })),
        ("tools/call", json!({ "name": 1, "arguments": text })),
        ("tools/list", json!({ "cursor": text })),
        ("prompts/list", json!({ "cursor": text })),
        ("prompts/get", json!({ "name": text })),
        (
            "prompts/get",
            json!({ "name": "find_sign_in_problem", "arguments": { text: "a" } }),
        ),
        (
            "prompts/get",
            json!({ "name": "find_sign_in_problem", "arguments": { "username": text } }),
        ),
        ("resources/list", json!({ "cursor": text })),
        ("resources/templates/list", json!({ "cursor": text })),
        ("resources/read", json!({ "uri": text })),
        (
            "resources/read",
            json!({ "uri": format!("cognito://pools/{text}") }),
        ),
        (
            "resources/read",
            json!({ "uri": format!("cognito://pools/a/users/{text}") }),
        ),
        (
            "resources/read",
            json!({ "uri": format!("cognito://errors/{text}") }),
        ),
        ("resources/subscribe", json!({ "uri": text })),
        ("resources/unsubscribe", json!({ "uri": text })),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/resource", "uri": "cognito://pools/{user_pool_id}" },
                "argument": { "name": text, "value": "" },
            }),
        ),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/resource", "uri": "cognito://pools/{user_pool_id}/users/{username}" },
                "argument": { "name": "username", "value": text },
            }),
        ),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/resource", "uri": "cognito://pools/{user_pool_id}/users/{username}" },
                "argument": { "name": "username", "value": "a" },
                "context": { "arguments": { "user_pool_id": text } },
            }),
        ),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": text },
                "argument": { "name": "username", "value": "" },
            }),
        ),
        ("logging/setLevel", json!({ "level": text })),
        (text, json!({})),
        (text, json!({ "a": text })),
        ("tasks/get", json!({ "taskId": text })),
    ]
}

/// Requests other than tool calls: names, URIs, cursors and methods.
#[tokio::test(start_paused = true)]
async fn long_names_make_no_long_answers() {
    let mut raw = Raw::new(&hiding_secrets()).await;
    for text in long_texts() {
        let text = text.as_str().unwrap();
        for (method, params) in requests_with(text) {
            raw.request(method, params).await;
        }
    }
    // The server's own resources can still be read.
    for resource in ["cognito://errors", "cognito://policy", "cognito://pools"] {
        let read = raw
            .request("resources/read", json!({ "uri": resource }))
            .await;
        assert!(read.get("result").is_some(), "{read}");
    }
}

/// A long answer to a write is shortened and says what was left out, because the write
/// was made.
#[tokio::test(start_paused = true)]
async fn a_long_answer_to_a_write_is_shortened() {
    let mut raw = Raw::new(&every_tool()).await;
    let rows: Vec<Value> = (0..1_000)
        .map(|n| {
            // A letter of four bytes, repeated up to the maximum length of a username.
            let start = format!("{n:04}");
            json!({ "username": start + &"\u{10330}".repeat(124) })
        })
        .collect();
    let call = json!({ "users": rows, "message_action": "SUPPRESS" });
    let response = raw.call("create_users", call.clone()).await;
    let answer = &response["result"]["structuredContent"];
    assert_eq!(answer["created"], 1_000, "{response:.1000}");
    let shown = answer["rows"].as_array().unwrap().len();
    assert!((100..1_000).contains(&shown), "{shown}");
    let note = format!("Only the first {shown} of 1000 are shown");
    assert_eq!(answer["left_out"]["rows"], note);

    // The same rows once more: each fails, with a message and perhaps a retry.
    let response = raw.call("create_users", call).await;
    let answer = &response["result"]["structuredContent"];
    assert_eq!(answer["failed"], 1_000, "{response:.1000}");
    assert!(answer["left_out"]["rows"].is_string());
}

/// A call with many rows has no retry if the retry would be cut.
#[tokio::test(start_paused = true)]
async fn a_retry_that_would_be_cut_is_not_offered() {
    let mut raw = Raw::new(&every_tool()).await;
    let call = |count: usize| {
        let rows: Vec<Value> = (0..count)
            .map(|n| json!({ "username": format!("user-{n}"), "attributes": { "name": "x".repeat(100) } }))
            .collect();
        json!({ "users": rows, "message_action": "SUPRESS" })
    };
    let few = facts(&raw.call("create_users", call(10)).await).unwrap();
    let retry = &few["retry"]["arguments"];
    assert_eq!(retry["message_action"], "SUPPRESS", "{few}");
    assert_eq!(retry["users"].as_array().unwrap().len(), 10);
    let many = facts(&raw.call("create_users", call(500)).await).unwrap();
    assert!(many.get("retry").is_none(), "{many}");
    assert_eq!(many["problems"][0]["nearest"], "SUPPRESS");
}

/// Only the first `SUBSCRIPTIONS` subscriptions are accepted.
#[tokio::test(start_paused = true)]
async fn subscriptions_are_bounded() {
    let mut raw = Raw::new(&every_tool()).await;
    let uri = |n: usize| json!({ "uri": format!("cognito://pools/us-east-1_{n}") });
    for n in 0..SUBSCRIPTIONS {
        let response = raw.request("resources/subscribe", uri(n)).await;
        assert!(response.get("result").is_some(), "{response}");
    }
    let response = raw.request("resources/subscribe", uri(SUBSCRIPTIONS)).await;
    assert!(response.get("error").is_some(), "{response}");
}

/// `places` finds every argument of every tool, and `put` sets it.
#[test]
fn every_argument_is_found_and_set() {
    let count = |entry: &Definition| {
        let mut found = Vec::new();
        places(&json!(entry.published().input_schema), "", &mut found);
        found.len()
    };
    let all: usize = tools::all().map(count).sum();
    assert!(all > 400, "{all}");
    let mut arguments = json!({ "users": [{ "username": "ana" }] });
    put(&mut arguments, "/users/0/groups", json!(1));
    put(&mut arguments, "/a/b/0", json!(2));
    let expected = json!({ "users": [{ "username": "ana", "groups": 1 }], "a": { "b": [2] } });
    assert_eq!(arguments, expected);
}

/// A constant of `bounds.rs`.
struct Bound {
    section: String,
    name: String,
    /// Description of the bound, and of what happens when it is reached.
    about: String,
    value: String,
}

/// The bounds in the source file at `path`.
fn bounds(path: &str) -> Vec<Bound> {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut bounds = Vec::new();
    let (mut section, mut about) = (String::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("// ") {
            heading.trim_end_matches('.').clone_into(&mut section);
        } else if let Some(more) = line.strip_prefix("///") {
            about.push_str(more);
        } else if line.contains("const ") {
            let mut declared = line.to_owned();
            while !declared.ends_with(';') {
                declared.push_str(lines.next().unwrap().trim());
            }
            let (name, rest) = declared
                .split_once("const ")
                .unwrap()
                .1
                .split_once(": ")
                .unwrap();
            let (kind, value) = rest.trim_end_matches(';').split_once(" = ").unwrap();
            assert!(!about.is_empty(), "{name} says what it bounds");
            assert!(!section.is_empty(), "{name} is in a section");
            bounds.push(Bound {
                section: section.clone(),
                name: name.to_owned(),
                about: std::mem::take(&mut about).trim().to_owned(),
                value: read(name, kind, value),
            });
        } else if !line.starts_with("#[") {
            about.clear();
        }
    }
    assert_eq!(bounds.len(), text.matches("const ").count(), "{path}");
    bounds
}

/// A value for readers: products in the source are computed.
fn read(name: &str, kind: &str, value: &str) -> String {
    if let Some((unit, amount)) = value
        .strip_prefix("Duration::from_")
        .and_then(|rest| rest.trim_end_matches(')').split_once('('))
    {
        let unit = match unit {
            "millis" => "ms",
            "secs" => "s",
            "mins" => "min",
            "hours" => "h",
            other => panic!("{name}: {other}"),
        };
        return format!(
            "{} {unit}",
            grouped(amount.replace('_', "").parse().unwrap())
        );
    }
    assert!(
        kind != "Duration",
        "{name} is made by Duration::from_…: {value}"
    );
    let factors = value.split('*').map(|factor| {
        let factor = factor.trim().replace('_', "");
        factor.parse::<u64>().ok()
    });
    let Some(product) = factors.product::<Option<u64>>() else {
        panic!("{name} is a number or a product of numbers: {value}");
    };
    let kib = product / 1024;
    match () {
        () if value.contains("1024") && kib % 1024 == 0 => format!("{} MiB", grouped(kib / 1024)),
        () if value.contains("1024") => format!("{} KiB", grouped(kib)),
        () => grouped(product),
    }
}

/// `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn table(path: &str) -> String {
    let mut text = String::new();
    let mut section = String::new();
    for bound in bounds(path) {
        if bound.section != section {
            section.clone_from(&bound.section);
            writeln!(text, "\n### {section}\n").unwrap();
            text.push_str(
                "| bound | value | what it bounds, and what happens when it is reached |\n",
            );
            text.push_str("| --- | --- | --- |\n");
        }
        let about = bound.about.replace('|', "\\|");
        // Links of rustdoc do not work in this document.
        let about = about.replace("[`", "`").replace("`]", "`");
        writeln!(text, "| `{}` | {} | {about} |", bound.name, bound.value).unwrap();
    }
    text.push('\n');
    text
}

/// The server's bounds, for `docs/bounds.md`.
pub(crate) fn of_the_server() -> String {
    table("src/bounds.rs")
}

/// The emulator's bounds, for `docs/bounds.md`.
pub(crate) fn of_the_emulator() -> String {
    table("emulator/src/bounds.rs")
}

/// The table's values are read from the source, so they are those of the program.
#[test]
fn values_are_read_from_the_source() {
    for (kind, value, read) in [
        ("usize", "20", "20"),
        ("usize", "32_000", "32,000"),
        ("u64", "4 * 1024 * 1024", "4 MiB"),
        ("usize", "16 * 1024", "16 KiB"),
        ("Duration", "Duration::from_hours(24)", "24 h"),
        ("Duration", "Duration::from_millis(1_500)", "1,500 ms"),
    ] {
        assert_eq!(super::bounds::read("A", kind, value), read);
    }
    let all = bounds("src/bounds.rs");
    let value = |name: &str| {
        let found = all.iter().find(|bound| bound.name == name);
        found
            .unwrap_or_else(|| panic!("{name} is a bound"))
            .value
            .as_str()
    };
    assert_eq!(
        value("RESPONSE_BYTES"),
        format!("{} KiB", RESPONSE_BYTES / 1024)
    );
    assert_eq!(value("PROBLEMS"), PROBLEMS.to_string());
}
