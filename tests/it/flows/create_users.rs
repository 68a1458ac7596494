//! Creation of many users at once, some of which fail.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{AsyncSleep, Sleep};
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend;
use cognito_mcp::config::{Config, EmulatorFlags};
use rmcp::model::CallToolRequestParams;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::cancel::Watcher;
use crate::connect_as;
use crate::form;
use crate::test_server::TestServer;

/// Sixty users, five of which fail.
fn rows() -> Vec<Value> {
    let row = |n: usize| {
        let mut row =
            json!({ "username": format!("row-{n}"), "email": format!("row-{n}@example.com") });
        match n {
            5 => row["temporary_password"] = json!("weak"),
            15 => row["username"] = json!("ana"),
            25 => row["email"] = json!("nonsense"),
            35 => row["groups"] = json!(["admin"]),
            45 => row["attributes"] = json!({ "custom:team": "a" }),
            n if n % 10 == 0 => row["groups"] = json!(["admins"]),
            _ => {}
        }
        row
    };
    (0..60).map(row).collect()
}

#[tokio::test]
async fn each_failed_row_is_reported_and_can_be_corrected() {
    let server = TestServer::demo().await;
    let arguments = json!({ "users": rows(), "message_action": "SUPPRESS" });
    let answer = server.done("create_users", arguments).await;
    assert_eq!(
        (&answer["created"], &answer["failed"], &answer["not_tried"]),
        (&json!(55), &json!(5), &json!(0))
    );
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 60);
    let failed = rows.iter().filter(|row| row["outcome"] != "created");
    let shown: Vec<String> = failed
        .clone()
        .map(|row| {
            let error = &row["error"];
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            let retry = &error["retry"]["tool"];
            format!(
                "{}: {} {} | {} | {retry}",
                row["username"],
                text("code"),
                text("message"),
                text("hint")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    "row-5": InvalidPasswordException Password did not conform with password policy: Password not long enough | `temporary_password` must have 8 characters or more, must have an upper-case letter, must have a digit, must have a symbol. The pool's policy: At least 8 characters, with an upper-case letter, a lower-case letter, a digit, a symbol; temporary passwords last 7 days. Choose a password that satisfies it, or ask for one: the user must know it. Without `temporary_password` Cognito generates one and sends it | null
    "ana": UsernameExistsException User account already exists | ana exists already, CONFIRMED: choose another username, or change this user with `update_user` | "get_user"
    "row-25": InvalidParameterException Invalid email address format. | `email` must look like name@example.com, without blanks: ask which one is meant | null
    "row-35": ResourceNotFoundException Group not found. | There is no group `admin`; the most similar one is `admins` | "list_groups"
    "row-45": InvalidParameterException Attributes did not conform to the schema: Type for attribute {custom:team} could not be determined | The pool has no attribute `custom:team`; in addition to the standard ones it has none | "describe_pool"
    "#);

    // The call that corrects a row works without changes.
    for row in failed {
        if let Some(retry) = row["error"].get("retry") {
            let tool = retry["tool"].as_str().unwrap();
            server.done(tool, retry["arguments"].clone()).await;
        }
    }
    let members = json!({ "group": "admins", "limit": 60 });
    let members = server.done("list_group_members", members).await;
    // `ana`, and six users that were created in the group.
    assert_eq!(members["users"].as_array().unwrap().len(), 7);
}

/// A clock that advances during sleeps, and another client that uses up the quota during
/// some of them.
#[derive(Clone, Debug)]
struct SharedQuota {
    stack: Stack,
    slept: Arc<Mutex<Vec<Duration>>>,
    /// The sleeps during which the other client uses the quota.
    busy: Range<usize>,
}

impl AsyncSleep for SharedQuota {
    fn sleep(&self, duration: Duration) -> Sleep {
        // The SDK creates sleeps for timeouts, but does not poll them.
        let quota = self.clone();
        Sleep::new(async move { quota.pass(duration) })
    }
}

impl SharedQuota {
    fn pass(&self, duration: Duration) {
        self.stack.advance(duration);
        let mut slept = self.slept.lock().unwrap();
        if self.busy.contains(&slept.len()) {
            while self.other_client() != "TooManyRequestsException" {}
        }
        slept.push(duration);
    }

    /// A call without effects, which still counts against the quota.
    fn other_client(&self) -> String {
        let reply = self.stack.call(&Call::new("AdminCreateUser", json!({})));
        reply.body["__type"].as_str().unwrap().to_owned()
    }
}

struct SharedQuotaRun {
    answer: Value,
    slept: Vec<Duration>,
    /// Number of the server's calls that were throttled.
    throttled: usize,
    progress: Vec<(f64, Option<f64>)>,
}

/// Creates the rows at a tenth of Cognito's rates. The other client is active during the
/// sleeps in `busy`. The clocks of its tests are paused, so that the server keeps its rate by the
/// time of these sleeps, and replicas do not keep it by the time of a store.
async fn with_shared_quota(busy: Range<usize>) -> SharedQuotaRun {
    let config = Config {
        emulator: EmulatorFlags {
            throttle: Some("10%".to_owned()),
            ..EmulatorFlags::default()
        },
        ..Config::default()
    };
    let mut backend = backend::connect(&config).await.unwrap();
    let quota = SharedQuota {
        stack: backend.emulator.as_ref().unwrap().stack().clone(),
        slept: Arc::default(),
        busy,
    };
    let sdk = backend.client.config().to_builder();
    backend.client = Client::from_conf(sdk.sleep_impl(quota.clone()).build());
    let (sender, mut shown) = mpsc::unbounded_channel();
    let client = connect_as(Watcher(sender), &config, backend).await;
    let arguments = json!({ "users": rows(), "message_action": "SUPPRESS" });
    let call = CallToolRequestParams::new("create_users")
        .with_arguments(arguments.as_object().unwrap().clone());
    let result = client.call_tool(call).await.unwrap();
    form::check("create_users", &result);
    client.cancel().await.unwrap();
    let mut progress = Vec::new();
    while let Some(shown) = shown.recv().await {
        progress.push((shown.progress, shown.total));
    }
    let journal = quota.stack.journal();
    let throttled = journal.iter().filter(|call| {
        call.code.as_deref() == Some("TooManyRequestsException")
            && call.request.get("Username").is_some()
    });
    SharedQuotaRun {
        answer: result.structured_content.unwrap(),
        throttled: throttled.count(),
        slept: quota.slept.lock().unwrap().clone(),
        progress,
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_stays_below_the_quota() {
    let shown = with_shared_quota(0..0).await;
    assert_eq!(shown.answer["created"], 55);
    assert_eq!(shown.throttled, 0);
    // Sixty creations at half of the quota of five per second, less the tokens of half a
    // second.
    let slept: Duration = shown.slept.iter().sum();
    let around = Duration::from_secs(22)..Duration::from_secs(24);
    assert!(around.contains(&slept), "{slept:?}");
    let expected: Vec<(f64, Option<f64>)> = (1..=60).map(|n| (f64::from(n), Some(60.0))).collect();
    assert_eq!(shown.progress, expected);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_row_waits_as_long_as_required() {
    let shown = with_shared_quota(20..28).await;
    assert_eq!(
        (&shown.answer["created"], &shown.answer["failed"]),
        (&json!(55), &json!(5))
    );
    // After each throttled call the rate is lower, so there are fewer throttled calls
    // than the eight waits during which the other client is active.
    assert_eq!(shown.throttled, 4);
}

/// A row fails after its last wait, and the following rows are not tried.
#[tokio::test(start_paused = true)]
async fn endless_throttling_ends_the_run() {
    let shown = with_shared_quota(2..usize::MAX).await;
    assert_eq!(
        (
            &shown.answer["created"],
            &shown.answer["failed"],
            &shown.answer["not_tried"]
        ),
        (&json!(4), &json!(1), &json!(55))
    );
    let row = &shown.answer["rows"][4];
    assert_eq!(row["outcome"], "failed", "{row}");
    assert_eq!(row["error"]["code"], "TooManyRequestsException");
    assert_eq!(shown.answer["rows"][5]["outcome"], "not_tried");
    // Three attempts by the SDK, at first and after each of five waits.
    assert_eq!(shown.throttled, 18);
}
