//! A call that nobody waits for any more stops between two rows.

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

/// Passes progress on.
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

/// Sleep that lasts until nobody waits for it, and then says how long it should have been.
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
        // Nobody listens any more once the test is over.
        let _ = sender.send(*duration);
    }
}

/// Has calls wait for as long as somebody waits for them, and tells of waits that end.
pub(crate) fn endless(backend: &mut Backend) -> mpsc::UnboundedReceiver<Duration> {
    let (sender, woken) = mpsc::unbounded_channel();
    let sdk = backend.client.config().to_builder();
    backend.client = Client::from_conf(sdk.sleep_impl(Endless(sender)).build());
    woken
}

/// Longer than any wait of the SDK's own.
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

/// A call of `create_users` whose second write of a kind waits for minutes; stopped
/// once `far_enough`, it makes these calls and no more.
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
    // What follows the wait has had its turn when another call is answered.
    let journal = CallToolRequestParams::new("read_journal");
    client.call_tool(journal).await.unwrap();
    let calls = stack.journal();
    calls.iter().map(|call| call.operation.clone()).collect()
}

#[tokio::test]
async fn create_users_tells_its_progress_and_stops() {
    let rows: Vec<Value> = (0..9)
        .map(|n| json!({ "username": format!("row-{n}") }))
        .collect();
    let calls = stopped(json!(rows), async |_, progress| {
        let first = progress.recv().await.unwrap();
        assert_eq!((first.progress, first.total), (1.0, Some(9.0)));
        // The last that a caller reads who cancels.
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

/// Whoever waits for more than one request is told of each after the first.
#[tokio::test]
async fn a_call_of_several_requests_tells_its_progress() {
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
    let told = progress.recv().await.unwrap();
    assert_eq!((told.progress, told.total), (1.0, None));
    let message = "requests made, now AdminListGroupsForUser";
    assert_eq!(told.message.as_deref(), Some(message));
    running.await_response().await.unwrap();
}
