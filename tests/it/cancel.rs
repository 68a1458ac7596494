//! A call that nobody waits for any more stops between two rows.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{AsyncSleep, Sleep};
use cognito_mcp::backend;
use cognito_mcp::config::Config;
use cognito_mcp::server::Server;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient};
use rmcp::{ClientHandler, ServiceExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Passes progress on.
struct Watcher(mpsc::UnboundedSender<ProgressNotificationParam>);

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

const PACE: Duration = Duration::from_hours(1);

#[tokio::test]
async fn create_users_tells_its_progress_and_stops() {
    let config = Config::default();
    let mut backend = backend::connect(&config).await.unwrap();
    let (sender, mut woken) = mpsc::unbounded_channel();
    let sdk = backend
        .client
        .config()
        .to_builder()
        .sleep_impl(Endless(sender))
        .build();
    backend.client = Client::from_conf(sdk);
    backend.pace = PACE;
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = Server::new(&config, backend);
    tokio::spawn(async move { server.serve(there).await.unwrap().waiting().await });
    let (sender, mut progress) = mpsc::unbounded_channel();
    let client = Watcher(sender).serve(here).await.unwrap();

    let rows: Vec<Value> = (0..9)
        .map(|n| json!({ "username": format!("row-{n}") }))
        .collect();
    let arguments = json!({ "users": rows, "message_action": "SUPPRESS" });
    let call = CallToolRequestParams::new("create_users")
        .with_arguments(arguments.as_object().unwrap().clone());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
    let running = client
        .send_cancellable_request(request, PeerRequestOptions::no_options())
        .await
        .unwrap();
    let first = progress.recv().await.unwrap();
    assert_eq!((first.progress, first.total), (1.0, Some(9.0)));
    running.cancel(Some("enough".to_owned())).await.unwrap();
    // The SDK's own waits are shorter.
    while woken.recv().await.unwrap() != PACE {}

    let journal = client
        .call_tool(CallToolRequestParams::new("read_journal"))
        .await
        .unwrap();
    let journal = journal.structured_content.unwrap();
    assert_eq!(journal["calls"].as_array().unwrap().len(), 1, "{journal}");
}
