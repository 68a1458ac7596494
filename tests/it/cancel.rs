//! Cancellation: a cancelled call stops between two rows.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{AsyncSleep, Sleep};
use cognito_emulator::stack::Stack;
use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::config::{Config, EmulatorFlags};
use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::connect_as;

/// A client that forwards notifications of progress to the test.
pub(crate) struct Watcher(pub(crate) mpsc::UnboundedSender<ProgressNotificationParam>);

impl ClientHandler for Watcher {
    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.0.send(progress).unwrap();
    }
}

/// A sleep that lasts until it is dropped, and then reports the requested duration.
#[derive(Clone, Debug)]
struct Endless(mpsc::UnboundedSender<Duration>);

struct Sleeping(Endless, Duration);

impl AsyncSleep for Endless {
    fn sleep(&self, duration: Duration) -> Sleep {
        let sleeping = Sleeping(self.clone(), duration);
        Sleep::new(async move {
            let _until_dropped = sleeping;
            std::future::pending::<()>().await;
        })
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        let Self(Endless(sender), duration) = self;
        // The receiver does not exist after the end of the test.
        let _ = sender.send(*duration);
    }
}

/// Makes the waits of calls last until they are dropped. Reports the waits that end.
pub(crate) fn endless(backend: &mut Backend) -> mpsc::UnboundedReceiver<Duration> {
    let (sender, woken) = mpsc::unbounded_channel();
    let sdk = backend.client.config().to_builder();
    backend.client = Client::from_conf(sdk.sleep_impl(Endless(sender)).build());
    woken
}

/// Longer than any wait of the SDK itself.
pub(crate) const LONG: Duration = Duration::from_mins(5);

/// A server whose second write of a kind waits for minutes.
pub(crate) fn slow() -> Config {
    Config {
        emulator: EmulatorFlags {
            throttle: Some("0.01%".to_owned()),
            ..EmulatorFlags::default()
        },
        ..Config::default()
    }
}

/// Starts a call of `create_users` and cancels it after `far_enough`. The second write of
/// each kind would wait for minutes. Returns the operations that were called.
async fn stopped(
    rows: Value,
    far_enough: impl AsyncFnOnce(&Stack, &mut mpsc::UnboundedReceiver<ProgressNotificationParam>),
) -> Vec<String> {
    let config = slow();
    let mut backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let mut woken = endless(&mut backend);
    let (sender, mut progress) = mpsc::unbounded_channel();
    let client = connect_as(Watcher(sender), &config, backend).await;

    let arguments = json!({ "users": rows, "message_action": "SUPPRESS" });
    let call = CallToolRequestParams::new("create_users")
        .with_arguments(arguments.as_object().unwrap().clone());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
    let running = client
        .send_cancellable_request(request, PeerRequestOptions::no_options())
        .await
        .unwrap();
    far_enough(&stack, &mut progress).await;
    running.cancel(Some("enough".to_owned())).await.unwrap();
    while woken.recv().await.unwrap() < LONG {}
    // When another call is answered, the cancelled call can no longer make a request.
    let journal = CallToolRequestParams::new("read_journal");
    client.call_tool(journal).await.unwrap();
    let calls = stack.journal();
    calls.iter().map(|call| call.operation.clone()).collect()
}

#[tokio::test]
async fn create_users_reports_its_progress_and_stops() {
    let rows: Vec<Value> = (0..9)
        .map(|n| json!({ "username": format!("row-{n}") }))
        .collect();
    let calls = stopped(json!(rows), async |_, progress| {
        let first = progress.recv().await.unwrap();
        assert_eq!((first.progress, first.total), (1.0, Some(9.0)));
        // The last progress that the caller receives before it cancels.
        assert_eq!(
            first.message.as_deref(),
            Some("1 created, 0 failed, row-0 last")
        );
    });
    assert_eq!(calls.await, ["AdminCreateUser"]);
}

#[tokio::test]
async fn create_users_stops_before_a_group() {
    let rows = json!([{ "username": "dora", "groups": ["admins", "admins"] }]);
    let calls = stopped(rows, async |stack, _| {
        while stack.journal_len() < 3 {
            tokio::task::yield_now().await;
        }
    });
    let made = ["GetGroup", "AdminCreateUser", "AdminAddUserToGroup"];
    assert_eq!(calls.await, made);
}

/// A call that makes more than one request reports its progress before each further
/// request.
#[tokio::test]
async fn a_call_of_several_requests_reports_its_progress() {
    let config = Config::default();
    let backend = backend::connect(&config).await.unwrap();
    let (sender, mut progress) = mpsc::unbounded_channel();
    let client = connect_as(Watcher(sender), &config, backend).await;
    let arguments = json!({ "username": "ana" });
    let call = CallToolRequestParams::new("get_user")
        .with_arguments(arguments.as_object().unwrap().clone());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
    let running = client
        .send_cancellable_request(request, PeerRequestOptions::no_options())
        .await
        .unwrap();
    let shown = progress.recv().await.unwrap();
    assert_eq!((shown.progress, shown.total), (1.0, None));
    let message = "requests made, now AdminListGroupsForUser";
    assert_eq!(shown.message.as_deref(), Some(message));
    running.await_response().await.unwrap();
}
