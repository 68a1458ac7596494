//! Runs of the tools for many users, at Cognito's default rates: how long each takes, how many
//! requests it sends, and whether an interruption repeats an effect.
//!
//! The server and the emulator are in one process, and their clock is virtual: it advances when
//! every part waits. So a run of hours takes minutes. The server has the backend AWS, and
//! requests pass through the SDK, pacing and the throttle.
//!
//! `scripts/many-users` runs it. `docs/benchmarks.md` has the results.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on stops here"
)]
#![expect(clippy::print_stdout, reason = "the results")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use aws_smithy_async::time::TimeSource;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Clock;
use cognito_mcp::cognito::backend::Emulated;
use cognito_mcp::config::{BackendKind, Config, Confirm, Selection};
use cognito_mcp::mcp::server::Server;
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let users = std::env::var("USERS").ok();
    let users = users
        .and_then(|users| users.parse().ok())
        .unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(measure(users));
}

/// The time of the runtime, which is virtual.
#[derive(Debug)]
struct VirtualTime(Instant);

impl TimeSource for VirtualTime {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.0.elapsed()
    }
}

/// The requests that the server sent, each attempt counted.
#[derive(Clone, Debug, Default)]
struct Requests {
    by_operation: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Writes of each user.
    by_user: Arc<Mutex<BTreeMap<(String, String), usize>>>,
}

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context
            .request()
            .headers()
            .get("x-amz-target")
            .unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = context.request().body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        *self
            .by_operation
            .lock()
            .unwrap()
            .entry(operation.clone())
            .or_default() += 1;
        if let (Some(name), false) = (body["Username"].as_str(), operation.contains("Get")) {
            let key = (operation, name.to_owned());
            *self.by_user.lock().unwrap().entry(key).or_default() += 1;
        }
        Ok(())
    }
}

/// A server, its client, and the emulator behind it.
struct Place {
    pool: String,
    requests: Requests,
    client: RunningService<RoleClient, ()>,
}

impl Place {
    async fn new(users: usize) -> Self {
        let clock = Clock::new(VirtualTime(Instant::now()));
        let emulator = Emulated::over(Stack::builder().clock(clock).build());
        let stack = emulator.stack().clone();
        let settings = json!({
            "PoolName": "many", "AutoVerifiedAttributes": ["email"],
            "Schema": [{ "Name": "team", "AttributeDataType": "String", "Mutable": true }],
        });
        let made = stack.call(&Call::new("CreateUserPool", settings));
        let pool = made.body["UserPool"]["Id"].as_str().unwrap().to_owned();
        for n in 0..users {
            let domain = if n % 10 == 0 {
                "example.org"
            } else {
                "example.com"
            };
            let user = json!({
                "UserPoolId": pool, "Username": format!("user-{n}"), "MessageAction": "SUPPRESS",
                "UserAttributes": [
                    { "Name": "email", "Value": format!("user-{}@{domain}", n % (users - users / 100)) },
                    { "Name": "email_verified", "Value": "true" },
                    { "Name": "custom:team", "Value": if n % 4 == 0 { "red" } else { "blue" } },
                ],
            });
            assert!(stack.call(&Call::new("AdminCreateUser", user)).is_ok());
        }
        let group = json!({ "UserPoolId": pool, "GroupName": "staff" });
        assert!(stack.call(&Call::new("CreateGroup", group)).is_ok());
        stack.set_throttle(cognito_emulator::layers::throttle::Throttle::AWS);
        let requests = Requests::default();
        let mut backend = emulator.backend("us-east-1");
        // Only the connection remains, as on AWS.
        backend.emulator = None;
        let sdk = backend.client.config().to_builder();
        backend.client = Client::from_conf(sdk.interceptor(requests.clone()).build());
        let config = Config {
            backend: BackendKind::Aws,
            allow_writes: true,
            allow_destructive: true,
            confirm: Confirm::Never,
            user_pool_id: Some(pool.clone()),
            selection: Selection {
                toolsets: vec!["all".to_owned()],
                ..Selection::default()
            },
            ..Config::default()
        };
        let server = Server::new(&config, backend).unwrap();
        let (here, there) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            server.serve(there).await.unwrap().waiting().await.unwrap();
        });
        Self {
            pool,
            requests,
            client: ().serve(here).await.unwrap(),
        }
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Value {
        let call = CallToolRequestParams::new(tool.to_owned())
            .with_arguments(arguments.as_object().unwrap().clone());
        let result: CallToolResult = self.client.call_tool(call).await.unwrap();
        assert_eq!(
            result.is_error,
            Some(false),
            "{tool} {arguments}: {result:?}"
        );
        result.structured_content.unwrap()
    }

    /// Runs `tool` to its end. The answers with the numbers in `lost` are lost: the run then
    /// starts again without a cursor. Prints what it took.
    async fn run(&self, title: &str, tool: &str, arguments: Value, lost: &[usize]) -> Vec<Value> {
        self.requests.by_operation.lock().unwrap().clear();
        self.requests.by_user.lock().unwrap().clear();
        let began = Instant::now();
        let mut answers = Vec::new();
        let mut next = arguments.clone();
        let (mut calls, mut interrupted) = (0, 0);
        loop {
            let answer = self.call(tool, &next).await;
            calls += 1;
            let more = answer.get("next").map(|next| next["arguments"].clone());
            answers.push(answer);
            match more {
                None => break,
                Some(_) if lost.contains(&calls) => {
                    interrupted += 1;
                    next = arguments.clone();
                }
                Some(more) => next = more,
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let requests = self.requests.by_operation.lock().unwrap().clone();
        let sent: usize = requests.values().sum();
        let twice = self
            .requests
            .by_user
            .lock()
            .unwrap()
            .values()
            .filter(|n| **n > 1)
            .count();
        println!(
            "{title} | {calls} calls, {interrupted} lost | {seconds:.0} s | {sent} requests: {requests:?} | {twice} users twice"
        );
        answers
    }
}

async fn measure(users: usize) {
    let place = Place::new(users).await;
    println!("{users} users in {}", place.pool);
    let org = json!([{ "field": "email", "op": "ends_with", "value": "@example.org" }]);
    let search = json!({ "where": org, "count_only": true });
    let answers = place
        .run("search_users, no filter", "search_users", search, &[])
        .await;
    assert_eq!(answers.last().unwrap()["matched"], users / 10);
    let staff = json!([{ "field": "group", "value": "staff", "not": true },
        { "field": "username", "op": "starts_with", "value": "user-1" }, { "field": "custom:team", "value": "red" }]);
    let search = json!({ "where": staff, "count_only": true });
    place
        .run(
            "search_users, prefix and group",
            "search_users",
            search,
            &[],
        )
        .await;

    change(&place, &org).await;
    find(&place, &org, users).await;
    end(&place, &org).await;
}

/// Changes of many users, some of whose answers are lost.
async fn change(place: &Place, org: &Value) {
    let team = json!({
        "action": "set_attributes", "attributes": { "custom:team": "green" }, "batch_size": 1000,
        "where": [{ "field": "custom:team", "value": "red" }],
    });
    place
        .run(
            "update_users, set_attributes",
            "update_users",
            team,
            &[2, 7],
        )
        .await;
    let join =
        json!({ "action": "add_to_group", "group": "staff", "batch_size": 1000, "where": org });
    place
        .run("update_users, add_to_group", "update_users", join, &[3])
        .await;
    tokio::time::advance(Duration::from_hours(48)).await;
    let invite = json!({ "action": "resend_invitation", "batch_size": 1000, "where": org });
    place
        .run(
            "update_users, resend_invitation",
            "update_users",
            invite,
            &[4],
        )
        .await;
}

/// Finds users that need attention, and exports users.
async fn find(place: &Place, org: &Value, users: usize) {
    place
        .run(
            "find_duplicate_users",
            "find_duplicate_users",
            json!({}),
            &[],
        )
        .await;
    place
        .run(
            "find_stuck_users",
            "find_stuck_users",
            json!({ "older_than": "1h" }),
            &[],
        )
        .await;
    let export = json!({ "limit": 150, "where": org });
    let pages = place
        .run("export_users, CSV", "export_users", export, &[])
        .await;
    let rows = pages
        .iter()
        .map(|page| page["content"].as_str().unwrap().lines().count() - 1);
    assert_eq!(rows.sum::<usize>(), users / 10);
}

/// Renames a group, and deletes users.
async fn end(place: &Place, org: &Value) {
    let rename = json!({ "group": "staff", "new_name": "crew" });
    place
        .run("rename_group", "rename_group", rename, &[2])
        .await;
    let delete = json!({ "action": "delete", "batch_size": 1000, "where": org });
    place
        .run("update_users, delete", "update_users", delete, &[2])
        .await;
    let left = json!({ "where": org, "count_only": true });
    let answers = place
        .run("search_users, at the end", "search_users", left, &[])
        .await;
    assert_eq!(answers.last().unwrap()["matched"], 0);
}
