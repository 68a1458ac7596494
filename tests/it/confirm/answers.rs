//! Answers of a client to the question, in both versions of the protocol. Only an
//! explicit yes of the user deletes.

use std::time::Duration;

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::config::Confirm;
use cognito_mcp::mcp::server::Server;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use super::{Stateless, code, deleted, is_alive, server, yes};

/// The client's reaction to the question.
#[derive(Clone, Debug)]
enum Reply {
    Result(Value),
    Error(Value),
    Silence,
    /// The client closes the connection.
    Close,
}

const DECLINED: &str = "ConfirmationDeclined";
const UNREADABLE: &str = "ConfirmationUnreadable";
const FAILED: &str = "ConfirmationFailed";
const NOT_ANSWERED: &str = "ConfirmationNotAnswered";

/// All reactions, each with the code of the refusal that follows.
fn replies() -> Vec<(Reply, &'static str)> {
    let accepted = |content: Value| json!({ "action": "accept", "content": content });
    let declined = [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "decline", "content": { "confirm": true } }),
        json!({ "action": "cancel", "content": { "confirm": true } }),
        json!({ "action": "accept" }),
        accepted(json!({})),
        accepted(Value::Null),
        accepted(json!({ "confirm": false })),
        accepted(json!({ "confirm": "true" })),
        accepted(json!({ "confirm": 1 })),
        accepted(json!({ "confirm": null })),
        accepted(json!({ "confirm": [true] })),
        accepted(json!({ "confirm": { "confirm": true } })),
        accepted(json!({ "Confirm": true })),
        accepted(json!({ "confirm ": true })),
        accepted(json!({ "content": { "confirm": true } })),
        accepted(json!(true)),
        accepted(json!([true])),
        accepted(json!([{ "confirm": true }])),
        accepted(json!(r#"{"confirm":true}"#)),
    ];
    let content = json!({ "confirm": true });
    let unreadable = [
        json!({}),
        Value::Null,
        json!("accept"),
        json!([]),
        json!([yes()]),
        json!(true),
        json!(1),
        json!({ "content": content }),
        json!({ "confirm": true }),
        json!({ "action": "ACCEPT", "content": content }),
        json!({ "action": "Accept", "content": content }),
        json!({ "action": "accept ", "content": content }),
        json!({ "action": "yes", "content": content }),
        json!({ "action": "", "content": content }),
        json!({ "action": true, "content": content }),
        json!({ "action": null, "content": content }),
        json!({ "action": ["accept"], "content": content }),
        json!({ "action": { "accept": content } }),
        json!({ "Action": "accept", "content": content }),
        json!({ "result": yes() }),
        json!(yes().to_string()),
    ];
    let errors = [
        json!({ "code": -32603, "message": "The dialog was closed" }),
        json!({ "code": -32601, "message": "Method not found" }),
        json!({ "code": -1, "message": "" }),
        json!({ "code": 0, "message": "accept", "data": yes() }),
    ];
    let declined = declined.map(|result| (Reply::Result(result), DECLINED));
    let unreadable = unreadable.map(|result| (Reply::Result(result), UNREADABLE));
    let errors = errors.map(|error| (Reply::Error(error), FAILED));
    let mut all = [declined.to_vec(), unreadable.to_vec(), errors.to_vec()].concat();
    all.push((Reply::Silence, NOT_ANSWERED));
    all.push((Reply::Close, ""));
    all
}

/// Arguments of a call, without `confirm` and with the name in `confirm`.
fn calls() -> [Value; 2] {
    [
        json!({ "username": "ana" }),
        json!({ "username": "ana", "confirm": "ana" }),
    ]
}

/// A client of the older protocols, without a library, because rmcp's client cannot send
/// invalid answers.
struct Legacy {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
}

impl Legacy {
    async fn new(server: &Server) -> Self {
        let (here, there) = tokio::io::duplex(64 * 1024);
        let server = server.clone();
        tokio::spawn(async move {
            let running = rmcp::ServiceExt::serve(server, there).await.unwrap();
            running.waiting().await.unwrap();
        });
        let (output, input) = tokio::io::split(here);
        let mut client = Self {
            input,
            output: BufReader::new(output).lines(),
        };
        let initialize = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "legacy", "version": "1" },
        });
        client
            .send(json!({ "id": 0, "method": "initialize", "params": initialize }))
            .await;
        client.message().await;
        client
            .send(json!({ "method": "notifications/initialized" }))
            .await;
        client
    }

    async fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn message(&mut self) -> Value {
        let line = self.output.next_line().await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Calls `delete_user`, which must lead to a question; returns the question.
    async fn asked(&mut self, arguments: &Value) -> Value {
        let call = json!({ "name": "delete_user", "arguments": arguments });
        self.send(json!({ "id": 1, "method": "tools/call", "params": call }))
            .await;
        let question = self.message().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        question
    }

    /// The result of the call after `reply` to the question with the id `question`.
    async fn result(&mut self, question: &Value, reply: Reply) -> Value {
        match reply {
            Reply::Result(result) => self.send(json!({ "id": question, "result": result })).await,
            Reply::Error(error) => self.send(json!({ "id": question, "error": error })).await,
            Reply::Silence => {}
            Reply::Close => unreachable!("a closed connection has no result"),
        }
        loop {
            let mut message = self.message().await;
            if message["id"] == 1 {
                return message["result"].take();
            }
        }
    }
}

/// Checks the message of a refusal with this code.
#[track_caller]
fn explains(result: &Value, code: &str) {
    let text = result["content"][0]["text"].as_str().unwrap();
    let says = match code {
        DECLINED => "did not confirm",
        UNREADABLE => "answer is not valid",
        FAILED => "answered with an error",
        _ => "no answer within 10 minutes",
    };
    assert!(text.contains(says), "{code}: {text}");
    assert!(text.contains("othing was done"), "{code}: {text}");
    assert!(text.contains("the user is asked again"), "{code}: {text}");
}

/// Waits until everything that is in progress has ended.
async fn an_hour() {
    let hour = Duration::from_hours(1);
    let _ = tokio::time::timeout(hour, std::future::pending::<()>()).await;
}

/// In the older protocols, the server sends the question as a request.
#[tokio::test(start_paused = true)]
async fn only_yes_deletes_in_the_older_protocols() {
    for confirm in [Confirm::Always, Confirm::Person] {
        let (server, stack) = server(confirm).await;
        for arguments in calls_in(confirm) {
            for (reply, expected) in replies() {
                let mut client = Legacy::new(&server).await;
                let question = client.asked(&arguments).await;
                let message = question["params"]["message"].as_str().unwrap();
                assert!(message.contains("10 minutes"), "{message}");
                if let Reply::Close = reply {
                    drop(client);
                    an_hour().await;
                } else {
                    let result = client.result(&question["id"], reply.clone()).await;
                    assert_eq!(code(&result), expected, "{arguments} {reply:?} {result}");
                    explains(&result, expected);
                }
                survives(&stack, &arguments, &reply);
            }
        }
        let mut client = Legacy::new(&server).await;
        let question = client.asked(&calls()[0]).await;
        let result = client.result(&question["id"], Reply::Result(yes())).await;
        assert_eq!(result["isError"], false, "{result}");
        assert_eq!(deleted(&stack), 1, "{confirm:?}");
    }
}

/// The calls for a server with this setting. With `Confirm::Person` there is no argument
/// `confirm`.
fn calls_in(confirm: Confirm) -> Vec<Value> {
    let count = if confirm == Confirm::Person { 1 } else { 2 };
    calls()[..count].to_vec()
}

#[track_caller]
fn survives(stack: &Stack, arguments: &Value, reply: &Reply) {
    assert_eq!(deleted(stack), 0, "{arguments} {reply:?}");
    assert!(is_alive(stack, "ana"), "{arguments} {reply:?}");
}

/// In the stateless protocol, the client repeats the call with the answer.
#[tokio::test(start_paused = true)]
async fn only_yes_deletes_in_the_stateless_protocol() {
    let elicitation = || json!({ "elicitation": { "form": {} } });
    for confirm in [Confirm::Always, Confirm::Person] {
        let (server, stack) = server(confirm).await;
        for arguments in calls_in(confirm) {
            for (reply, mut expected) in replies() {
                let mut client = Stateless::new(&server, "inspector", elicitation());
                let state = client.asked("delete_user", &arguments).await;
                let answer = match &reply {
                    Reply::Result(result) => result.clone(),
                    Reply::Error(error) => {
                        expected = UNREADABLE;
                        json!({ "error": error })
                    }
                    Reply::Silence => {
                        // The client repeats the call without an answer.
                        let more = json!({ "requestState": state });
                        let result = client.call("delete_user", arguments.clone(), more).await;
                        assert_eq!(code(&result), expected, "{result}");
                        survives(&stack, &arguments, &reply);
                        continue;
                    }
                    Reply::Close => {
                        drop(client);
                        an_hour().await;
                        survives(&stack, &arguments, &reply);
                        continue;
                    }
                };
                let result = client.said("delete_user", &arguments, &state, answer).await;
                assert_eq!(code(&result), expected, "{arguments} {reply:?} {result}");
                explains(&result, expected);

                survives(&stack, &arguments, &reply);
            }
        }
        let mut client = Stateless::new(&server, "inspector", elicitation());
        let [ana, _] = calls();
        let state = client.asked("delete_user", &ana).await;
        let result = client.said("delete_user", &ana, &state, yes()).await;
        assert_eq!(result["isError"], false, "{result}");
        assert_eq!(deleted(&stack), 1, "{confirm:?}");
    }
}

/// While the question is open, the name becomes another user's.
#[tokio::test]
async fn a_confirmation_for_one_user_does_not_delete_another() {
    let (server, stack) = server(Confirm::Always).await;
    let mut client = Legacy::new(&server).await;
    let by_alias = json!({ "username": "ana@example.com" });
    let question = client.asked(&by_alias).await;
    let pool = super::pool(&stack);
    for (operation, input) in [
        (
            "AdminDeleteUser",
            json!({ "UserPoolId": pool, "Username": "ana" }),
        ),
        (
            "AdminUpdateUserAttributes",
            json!({
                "UserPoolId": pool, "Username": "ben",
                "UserAttributes": [
                    { "Name": "email", "Value": "ana@example.com" },
                    { "Name": "email_verified", "Value": "true" },
                ],
            }),
        ),
    ] {
        let reply = stack.call(&Call::new(operation, input));
        assert_eq!(reply.status, 200, "{operation}");
    }
    let result = client.result(&question["id"], Reply::Result(yes())).await;
    assert_eq!(code(&result), "ConfirmationInvalid", "{result}");
    assert!(is_alive(&stack, "ben"));
}
