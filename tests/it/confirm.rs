//! Confirmation of destructive calls: by the user if the client can ask, and by the
//! exact name if it cannot.

mod answers;
#[cfg(unix)]
mod approve;
mod names;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend;
use cognito_mcp::config::{Config, Confirm};
use cognito_mcp::mcp::server::Server;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, Implementation,
};
use rmcp::service::{RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData, ServiceExt};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use wiremock::ResponseTemplate;

use crate::answer;
use crate::aws;
use crate::call;
use crate::connect;
use crate::connect_as;
use crate::every_tool;
use crate::json::merge;
use crate::refusal;
use crate::text;

fn asking() -> Config {
    confirming(Confirm::Always)
}

fn confirming(confirm: Confirm) -> Config {
    Config {
        confirm,
        ..every_tool()
    }
}

/// A server with this setting of confirmation, and its emulator.
async fn server(confirm: Confirm) -> (Server, Stack) {
    let config = confirming(confirm);
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    (Server::new(&config, backend).unwrap(), stack)
}

fn deleted(stack: &Stack) -> usize {
    let journal = stack.journal();
    let deletes = journal
        .iter()
        .filter(|entry| entry.operation == "AdminDeleteUser");
    deletes.count()
}

/// The demo pool of `stack`.
fn pool(stack: &Stack) -> String {
    let pools = stack.call(&Call::new("ListUserPools", json!({ "MaxResults": 1 })));
    pools.body["UserPools"][0]["Id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn is_alive(stack: &Stack, username: &str) -> bool {
    let get = json!({ "UserPoolId": pool(stack), "Username": username });
    stack.call(&Call::new("AdminGetUser", get)).status == 200
}

/// A client of the stateless protocol, without a library.
struct Stateless {
    name: &'static str,
    capabilities: Value,
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    calls: u64,
}

impl Stateless {
    fn new(server: &Server, name: &'static str, capabilities: Value) -> Self {
        let (here, there) = tokio::io::duplex(64 * 1024);
        let server = server.clone();
        tokio::spawn(async move {
            let running = server.serve(there).await.unwrap();
            running.waiting().await.unwrap();
        });
        let (output, input) = tokio::io::split(here);
        Self {
            name,
            capabilities,
            input,
            output: BufReader::new(output).lines(),
            calls: 0,
        }
    }

    /// The result of a call of `tool`. The members of `more` are added to the parameters.
    async fn call(&mut self, tool: &str, arguments: Value, more: Value) -> Value {
        self.calls += 1;
        let mut params = json!({
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": self.name, "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            },
        });
        merge(&mut params, more);
        let request =
            json!({ "jsonrpc": "2.0", "id": self.calls, "method": "tools/call", "params": params });
        self.input
            .write_all(format!("{request}\n").as_bytes())
            .await
            .unwrap();
        let line = self.output.next_line().await.unwrap().unwrap();
        let mut reply: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(reply["id"], self.calls, "{reply}");
        reply["result"].take()
    }

    /// Makes a call that must lead to a question; returns the state of the question.
    async fn asked(&mut self, tool: &str, arguments: &Value) -> Value {
        let mut asked = self.call(tool, arguments.clone(), json!({})).await;
        assert_eq!(asked["resultType"], "input_required", "{asked}");
        let question = &asked["inputRequests"]["confirm"];
        assert_eq!(question["method"], "elicitation/create", "{asked}");
        asked["requestState"].take()
    }

    async fn said(&mut self, tool: &str, arguments: &Value, state: &Value, said: Value) -> Value {
        let more = json!({ "requestState": state, "inputResponses": { "confirm": said } });
        self.call(tool, arguments.clone(), more).await
    }
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

/// The code of a refusal, which must be an error without a retry.
#[track_caller]
fn code(result: &Value) -> String {
    assert_eq!(result["isError"], true, "{result}");
    let text = result["content"][0]["text"].as_str().unwrap();
    let (sentence, facts) = text.split_once('\n').unwrap();
    assert!(sentence.starts_with("Error: "), "{sentence}");
    let facts: Value = serde_json::from_str(facts).unwrap();
    assert!(facts.get("retry").is_none(), "{facts}");
    facts["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_user_confirms_the_call() {
    let (server, stack) = server(Confirm::Always).await;
    let mut client = Stateless::new(
        &server,
        "inspector",
        json!({ "elicitation": { "form": {} } }),
    );
    let ana = json!({ "username": "ana@example.com" });
    let asked = client.call("delete_user", ana.clone(), json!({})).await;
    let question = &asked["inputRequests"]["confirm"]["params"];
    let message = question["message"].as_str().unwrap();
    // The question names the resource and its pool.
    assert!(
        message.starts_with(
            "delete_user would delete user ana (ana@example.com), on the emulator in account"
        ),
        "{message}"
    );
    assert_eq!(question["requestedSchema"]["required"], json!(["confirm"]));
    assert_eq!(deleted(&stack), 0);
    let done = client
        .said("delete_user", &ana, &asked["requestState"], yes())
        .await;
    assert_eq!(done["isError"], false, "{done}");
    let confirmation = &done["structuredContent"]["confirmation"];
    assert_eq!(*confirmation, "Confirmed by the user of the client.");
    assert_eq!(deleted(&stack), 1);
}

#[tokio::test]
async fn a_confirmation_is_for_one_call_of_one_client() {
    let (server, stack) = server(Confirm::Always).await;
    let elicitation = json!({ "elicitation": {} });
    let mut client = Stateless::new(&server, "inspector", elicitation.clone());
    let mut other_client = Stateless::new(&server, "stranger", elicitation);
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| json!({ "username": name }));
    let invalid = "ConfirmationInvalid";

    let state = client.asked("delete_user", &ana).await;
    for (tool, arguments) in [("delete_user", &ben), ("disable_user", &ana)] {
        let result = client.said(tool, arguments, &state, yes()).await;
        assert_eq!(code(&result), invalid, "{tool} {arguments}");
    }
    let result = other_client.said("delete_user", &ana, &state, yes()).await;
    assert_eq!(code(&result), invalid);
    for altered in ["", "rs1.e30.e30", &format!("{}A", state.as_str().unwrap())] {
        let result = client
            .said("delete_user", &ana, &json!(altered), yes())
            .await;
        assert_eq!(code(&result), invalid, "{altered}");
    }
    // The state of another server, such as this one before a restart.
    let (another, _) = self::server(Confirm::Always).await;
    let mut elsewhere = Stateless::new(&another, "inspector", json!({ "elicitation": {} }));
    let foreign = elsewhere.asked("delete_user", &ana).await;
    let result = client.said("delete_user", &ana, &foreign, yes()).await;
    assert_eq!(code(&result), invalid);
    assert_eq!(deleted(&stack), 0);

    // The state is still valid for its own call, but only once.
    let done = client.said("delete_user", &ana, &state, yes()).await;
    assert_eq!(done["isError"], false, "{done}");
    let create = json!({ "username": "ana", "message_action": "SUPPRESS" });
    client.call("create_user", create, json!({})).await;
    // Another user has the name now. The confirmation was for the `sub` of the first one.
    let result = client.said("delete_user", &ana, &state, yes()).await;
    assert_eq!(code(&result), invalid);

    // A declined question cannot be confirmed with the same state.
    let state = client.asked("delete_user", &ben).await;
    client
        .said("delete_user", &ben, &state, json!({ "action": "decline" }))
        .await;
    let result = client.said("delete_user", &ben, &state, yes()).await;
    assert_eq!(code(&result), "ConfirmationUsed");

    let state = client.asked("delete_user", &cleo).await;
    stack.advance(Duration::from_mins(10));
    let result = client.said("delete_user", &cleo, &state, yes()).await;
    assert_eq!(code(&result), "ConfirmationExpired");
    assert_eq!(deleted(&stack), 1);
}

/// A client of the older protocols whose user confirms.
#[derive(Clone, Default)]
pub(crate) struct Agreeing {
    times: Arc<AtomicUsize>,
}

impl ClientHandler for Agreeing {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(ElicitationCapability::default());
        ClientConfig::new(capabilities, Implementation::new("legacy", "1"))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.times.fetch_add(1, Ordering::Relaxed);
        let yes = ElicitResult::new(ElicitationAction::Accept);
        Ok(yes.with_content(json!({ "confirm": true })))
    }
}

#[tokio::test]
async fn older_clients_ask_their_user() {
    let config = asking();
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let handler = Agreeing::default();
    let client = connect_as(handler.clone(), &config, backend).await;
    let arguments = json!({ "username": "ana" }).as_object().unwrap().clone();
    let call = rmcp::model::CallToolRequestParams::new("delete_user").with_arguments(arguments);
    let result = client.call_tool(call).await.unwrap();
    crate::form::check("delete_user", &result);
    assert!(
        text(&result).contains("Confirmed by the user of the client."),
        "{result:?}"
    );
    assert_eq!(
        (handler.times.load(Ordering::Relaxed), deleted(&stack)),
        (1, 1)
    );
}

/// A client that can only open URLs cannot show the question.
#[tokio::test]
async fn a_client_without_forms_cannot_ask() {
    let (server, stack) = server(Confirm::Always).await;
    let mut client = Stateless::new(&server, "urls", json!({ "elicitation": { "url": {} } }));
    let ana = json!({ "username": "ana" });
    let result = client.call("delete_user", ana, json!({})).await;
    assert_eq!(code(&result), "ConfirmationRequired");
    assert_eq!(deleted(&stack), 0);
}

#[tokio::test]
async fn clients_that_cannot_ask_repeat_the_name() {
    let config = asking();
    let backend = backend::connect(&config).await.unwrap();
    let emulator = backend.emulator.clone().unwrap();
    let (stack, defaults) = (emulator.stack().clone(), emulator.initial_defaults());
    let client = connect(&config, backend).await;
    let ana = json!({ "username": "ana@example.com" });
    let (sentence, facts) = refusal(call(&client, "delete_user", ana).await);
    let pool = defaults.user_pool_id.unwrap();
    insta::assert_snapshot!(sentence.replace(&pool, "POOL"), @"Error: delete_user would delete user ana (ana@example.com), on the emulator in account 123456789012, Region us-east-1, pool POOL (demo). Nothing was done. This client cannot ask its user, so no person is asked: make sure that the user wants it. Then call again with the same arguments and `confirm`, which must repeat this name exactly: `ana`.");
    assert_eq!(facts["code"], "ConfirmationRequired");
    // An agent would follow a retry without reading it.
    assert!(facts.get("retry").is_none(), "{facts}");
    for wrong in ["", "ANA", "ana@example.com", "ben", "true", "ana "] {
        let given = json!({ "username": "ana@example.com", "confirm": wrong });
        let (_, facts) = refusal(call(&client, "delete_user", given).await);
        assert_eq!(facts["code"], "ConfirmationRequired", "{wrong}");
    }
    assert_eq!(deleted(&stack), 0);
    // A missing resource is reported without a question.
    let unknown = json!({ "username": "unknown", "confirm": "unknown" });
    let (_, facts) = refusal(call(&client, "delete_user", unknown).await);
    assert_eq!(facts["code"], "UserNotFoundException");
    assert_eq!(deleted(&stack), 0);
    // A dry run needs no confirmation.
    let dry = json!({ "username": "ana", "dry_run": true });
    answer(call(&client, "delete_user", dry).await);
    let given = json!({ "username": "ana@example.com", "confirm": "ana" });
    let done = answer(call(&client, "delete_user", given).await);
    assert_eq!(
        done["confirmation"],
        "Confirmed by the agent, which repeated the name. No person was asked."
    );
    assert_eq!(deleted(&stack), 1);

    // A pool with a domain cannot be deleted.
    let domain = json!({ "UserPoolId": pool, "Domain": "demo" });
    let deleted_domain = stack.call(&Call::new("DeleteUserPoolDomain", domain));
    assert!(deleted_domain.is_ok(), "{deleted_domain}");
    // A pool is confirmed by its name, because the call already has its id.
    let raw = |confirm: Value| json!({ "operation": "DeleteUserPool", "input": { "UserPoolId": pool }, "confirm": confirm });
    let (sentence, facts) = refusal(call(&client, "call_operation", raw(json!(pool))).await);
    assert_eq!(facts["code"], "ConfirmationRequired");
    assert!(
        sentence.contains(&format!("delete user pool demo ({pool})")),
        "{sentence}"
    );
    answer(call(&client, "call_operation", raw(json!("demo"))).await);
    let (sentence, _) = refusal(call(&client, "reset_emulator", json!({})).await);
    assert!(sentence.contains("reset_emulator"), "{sentence}");
    assert_eq!(
        stack
            .call(&Call::new(
                "DescribeUserPool",
                json!({ "UserPoolId": pool })
            ))
            .status,
        400
    );
}

/// The setting decides whether a deletion is confirmed, and how. Without a setting, a
/// deletion on the emulator is not confirmed.
#[tokio::test]
async fn confirmation_depends_on_the_setting() {
    let cognito = aws::cognito("AdminDeleteUser", ResponseTemplate::new(200)).await;
    for (confirm, asked, by_argument) in [
        (Confirm::Aws, true, true),
        (Confirm::Always, true, true),
        (Confirm::Person, true, false),
        (Confirm::Never, false, false),
    ] {
        let config = Config {
            allow_destructive: true,
            confirm,
            ..every_tool()
        };
        let client = aws::client(&cognito, config).await;
        let tools = client.list_all_tools().await.unwrap();
        let delete = tools
            .iter()
            .find(|tool| tool.name == "delete_user")
            .unwrap();
        let shown = Value::Object((*delete.input_schema).clone());
        assert_eq!(
            shown["properties"].get("confirm").is_some(),
            by_argument,
            "{confirm:?}"
        );
        let before = cognito.received_requests().await.unwrap().len();
        let result = call(&client, "delete_user", json!({ "username": "ana" }))
            .await
            .unwrap();
        assert_eq!(result.is_error, Some(asked), "{confirm:?} {result:?}");
        let requests = cognito.received_requests().await.unwrap();
        let deletes = requests[before..].iter().filter(|request| {
            request.headers["x-amz-target"]
                .to_str()
                .unwrap()
                .ends_with("AdminDeleteUser")
        });
        assert_eq!(deletes.count(), usize::from(!asked));
    }
    let config = every_tool();
    let client = connect(&config, backend::connect(&config).await.unwrap()).await;
    let done = answer(call(&client, "delete_user", json!({ "username": "ana" })).await);
    assert_eq!(done.get("confirmation"), None, "{done}");
}
