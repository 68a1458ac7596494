//! Tasks: a change of many users that outlives its request.

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend;
use cognito_mcp::config::{Config, EmulatorFlags, Selection};
use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelTaskParams, ClientCapabilities, ClientConfig,
    ClientRequest, GetTaskParams, Implementation, ServerResult, TaskPayload, TaskStatus,
};
use rmcp::service::{RoleClient, RunningService};
use serde_json::{Value, json};

use crate::connect_as;

/// A client that has tasks.
struct WithTasks;

impl ClientHandler for WithTasks {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_tasks().build();
        ClientConfig::new(capabilities, Implementation::new("tasks", "1"))
    }
}

type Client = RunningService<RoleClient, WithTasks>;

/// A client of a server whose pool has `count` users beside those of the demo.
async fn server(count: usize) -> (Client, Stack) {
    let config = Config {
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        emulator: EmulatorFlags::default(),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let emulator = backend.emulator.clone().unwrap();
    let pool = emulator.initial_defaults().user_pool_id.unwrap();
    let stack = emulator.stack().clone();
    for n in 0..count {
        let user = json!({ "UserPoolId": pool, "Username": format!("user-{n}"), "MessageAction": "SUPPRESS" });
        assert!(stack.call(&Call::new("AdminCreateUser", user)).is_ok());
    }
    (connect_as(WithTasks, &config, backend).await, stack)
}

/// A change that needs several calls.
fn change() -> Value {
    json!({
        "action": "set_attributes", "attributes": { "nickname": "N" }, "batch_size": 10,
        "where": [{ "field": "username", "op": "starts_with", "value": "user-" }],
    })
}

/// Calls `update_users`, whatever the kind of the result.
async fn call(client: &Client, arguments: Value) -> ServerResult {
    let call = CallToolRequestParams::new("update_users")
        .with_arguments(arguments.as_object().unwrap().clone());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
    client.send_request(request).await.unwrap()
}

fn changed(stack: &Stack) -> usize {
    let journal = stack.journal();
    let updates = journal
        .iter()
        .filter(|entry| entry.operation == "AdminUpdateUserAttributes");
    updates.count()
}

#[tokio::test]
async fn a_task_finishes_a_change_and_has_its_sums() {
    let (client, stack) = server(95).await;
    let ServerResult::CreateTaskResult(created) = call(&client, change()).await else {
        panic!("the change needs more than one call");
    };
    assert_eq!(
        created.task.status_message.as_deref(),
        Some("10 done, 0 already so, 0 failed")
    );
    let id = created.task.task_id;
    let payload = loop {
        let task = client.get_task(GetTaskParams::new(&id)).await.unwrap().task;
        if task.task.status != TaskStatus::Working {
            break task.payload;
        }
        tokio::task::yield_now().await;
    };
    let TaskPayload::Completed { result } = payload else {
        panic!("{payload:?}");
    };
    let answer = &result["structuredContent"];
    assert_eq!(
        (&answer["done"], &answer["failed"]),
        (&json!(95), &json!(0)),
        "{answer}"
    );
    assert!(answer.get("next").is_none(), "{answer}");
    assert_eq!(changed(&stack), 95);
}

/// A change of one batch, a dry run and a refusal are answered at once.
#[tokio::test]
async fn a_short_call_is_no_task() {
    let (client, stack) = server(20).await;
    let mut dry = change();
    dry["dry_run"] = json!(true);
    let mut whole = change();
    whole["batch_size"] = json!(100);
    for arguments in [dry, json!({ "action": "sign_out" }), whole] {
        let result = call(&client, arguments.clone()).await;
        assert!(
            matches!(result, ServerResult::CallToolResult(_)),
            "{arguments}: {result:?}"
        );
    }
    assert_eq!(changed(&stack), 20);
}

#[tokio::test]
async fn a_cancelled_task_stops_and_can_be_started_again() {
    let (client, stack) = server(300).await;
    let mut slow = change();
    slow["batch_size"] = json!(1);
    let ServerResult::CreateTaskResult(created) = call(&client, slow).await else {
        panic!("the change needs more than one call");
    };
    let id = created.task.task_id;
    client
        .cancel_task(CancelTaskParams::new(&id))
        .await
        .unwrap();
    let status = loop {
        let task = client.get_task(GetTaskParams::new(&id)).await.unwrap().task;
        if task.task.status != TaskStatus::Working {
            break task.task.status;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(status, TaskStatus::Cancelled);
    let before = changed(&stack);
    assert!(before < 300, "{before}");
    let mut rest = change();
    rest["batch_size"] = json!(1000);
    let ServerResult::CallToolResult(result) = call(&client, rest).await else {
        panic!("one call is enough");
    };
    assert_eq!(result.structured_content.unwrap()["done"], 300 - before);
    assert_eq!(changed(&stack), 300);
}

#[tokio::test]
async fn a_task_of_nothing_is_refused() {
    let (client, _) = server(1).await;
    let error = client
        .get_task(GetTaskParams::new("nothing"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("There is no such task"),
        "{error}"
    );
}
