//! Answers to requests with long values: every header stays short, and the body
//! stays in proportion to the request.

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use cognito_emulator::bounds::{ECHO, VIOLATIONS};
use cognito_emulator::connector::Mount;
use cognito_emulator::model::{Kind, Model, Shape};
use cognito_emulator::testing::requests::any_request;
use cognito_emulator::wire::{Call, Service, TARGET_PREFIX};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::town::Town;

/// Node.js refuses a response whose headers have more than 16 KB in total.
const LONGEST_HEADER: usize = 2048;

/// A step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Member(&'static str),
    Element,
    Entry(&'static str),
    /// The key of an entry.
    Key,
}

/// The paths of all strings in a value of `shape`.
fn strings(shape: &'static Shape, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let mut enter = |step, shape: &'static Shape| {
        path.push(step);
        strings(shape, path, found);
        path.pop();
    };
    match &shape.kind {
        Kind::Structure(members) => {
            for member in members {
                enter(Step::Member(member.name), member.shape());
            }
        }
        Kind::List(element) => enter(Step::Element, element.get()),
        Kind::Map { key, value } => {
            let key = key.get().values.first().copied().unwrap_or("USERNAME");
            enter(Step::Entry(key), value.get());
            path.push(Step::Key);
            found.push(path.clone());
            path.pop();
        }
        Kind::String | Kind::Blob => found.push(path.clone()),
        _ => {}
    }
}

/// Puts `text` at the end of `path`.
fn put(value: &mut Value, path: &[Step], text: &str) {
    let Some((step, rest)) = path.split_first() else {
        *value = json!(text);
        return;
    };
    match step {
        Step::Member(name) | Step::Entry(name) => {
            if !value.is_object() {
                *value = json!({});
            }
            put(&mut value[*name], rest, text);
        }
        Step::Element => {
            if value.as_array().is_none_or(Vec::is_empty) {
                *value = json!([null]);
            }
            put(&mut value[0], rest, text);
        }
        Step::Key => *value = json!({ text: "x" }),
    }
}

fn sdk_request(name: &str, body: &str) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request
        .set_uri("https://cognito-idp.us-east-1.amazonaws.com/")
        .unwrap();
    request.set_method("POST").unwrap();
    request
        .headers_mut()
        .insert("x-amz-target", format!("{TARGET_PREFIX}{name}"));
    let signed = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/x";
    request.headers_mut().insert("authorization", signed);
    request
}

/// Each operation is called with a long text in each of its strings.
#[tokio::test]
async fn headers_of_every_answer_are_short() {
    let town = Town::new(7);
    let mount = Mount::new(&town.stack);
    let chance = cognito_emulator::world::Chance::seeded(7);
    let mut runner = TestRunner::deterministic();
    let (mut tried, mut cut) = (0, 0);
    for operation in Model::get().operations() {
        let mut found = Vec::new();
        strings(operation.input(), &mut Vec::new(), &mut found);
        let request = any_request(operation)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        for (number, path) in found.iter().enumerate() {
            let long = if number % 2 == 0 { "x" } else { "ü" }.repeat(20_000);
            let mut input = town
                .known
                .adapt(operation, request.clone(), &town.stack, &chance);
            put(&mut input, path, &long);
            let text = input.to_string();
            let answer = mount
                .call(sdk_request(operation.name, &text))
                .await
                .unwrap();
            let place = format!("{} {path:?}", operation.name);
            for (name, value) in answer.headers() {
                assert!(
                    name.len() + value.len() < LONGEST_HEADER,
                    "{place}: {name}: {value}"
                );
            }
            let body = answer.body().bytes().unwrap();
            assert!(
                body.len() < 4 * text.len() + 10_000,
                "{place}: {} bytes",
                body.len()
            );
            let body: Value = serde_json::from_slice(body).unwrap();
            if let Some(message) = body["message"].as_str() {
                tried += 1;
                let header = answer.headers().get("x-amzn-errormessage").unwrap();
                let visible = message.replace(|c| !matches!(c, ' '..='~'), "?");
                assert!(visible.starts_with(header), "{place}: {header}");
                cut += usize::from(header.len() < visible.len());
                assert!(
                    header.len() == visible.len() || visible.len() > 2000,
                    "{place}"
                );
            }
        }
    }
    assert!(
        tried > 650 && cut > 400,
        "{tried} refusals, {cut} of them cut"
    );
}

/// A list of many empty elements violates many constraints. The message is
/// bounded.
#[test]
fn constraint_messages_are_bounded() {
    let town = Town::new(7);
    let mut tried = 0;
    for operation in Model::get().operations() {
        for member in operation.input().members() {
            let element = match &member.shape().kind {
                Kind::List(element) if matches!(element.get().kind, Kind::Structure(_)) => {
                    json!({})
                }
                Kind::List(_) => json!(""),
                _ => continue,
            };
            tried += 1;
            let input = json!({ member.name: vec![element; 100_000] });
            let reply = town.stack.call(&Call::new(operation.name, input));
            let message = reply.message.unwrap_or_default();
            let most = 2 * ECHO + VIOLATIONS * 300;
            assert!(
                message.len() < most,
                "{} {}: {}",
                operation.name,
                member.name,
                message.len()
            );
        }
    }
    assert!(tried > 20, "{tried}");
}
