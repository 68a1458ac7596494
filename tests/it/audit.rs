//! The audit log: every call has a line that is valid by the schema, or is not made.

use std::fs;
use std::path::{Path, PathBuf};

use cognito_emulator::stack::Stack;
use cognito_mcp::cognito::backend;
use cognito_mcp::config::{BackendKind, Config, Confirm, Selection};
use cognito_mcp::mcp::server::Server;
use jsonschema::Validator;
use rmcp::model::{
    ArgumentInfo, CallToolRequestParams, CompleteRequestParams, ReadResourceRequestParams,
    Reference, RequestParamsMeta,
};
use serde_json::{Value, json};

use crate::Client;
use crate::answer;
use crate::aws;
use crate::call;
use crate::confirm::Agreeing;
use crate::connect;
use crate::connect_as;
use crate::refusal;

/// A server that writes an audit log, and the folder that the log is in.
struct Audited {
    client: Client,
    stack: Stack,
    folder: PathBuf,
}

impl Audited {
    async fn new(test: &str, config: Config) -> Self {
        let folder = folder(test);
        let config = Config {
            audit_log: Some(folder.join("audit.jsonl")),
            ..config
        };
        let backend = backend::connect(&config).await.unwrap();
        let stack = backend.emulator.as_ref().unwrap().stack().clone();
        Self {
            client: connect(&config, backend).await,
            stack,
            folder,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("audit.jsonl")
    }

    /// The lines since the last call of this function. Each is validated.
    fn lines(&self) -> Vec<Value> {
        let lines = lines(&self.path());
        fs::write(self.path(), "").unwrap();
        lines
    }

    /// Number of operations that the emulator has answered.
    fn asked(&self) -> usize {
        self.stack.journal_len()
    }
}

impl Drop for Audited {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The lines of the file at `path`. Each must be valid by the published schema.
#[track_caller]
pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let schema = serde_json::from_str(include_str!("../../docs/audit.schema.json")).unwrap();
    let schema = Validator::new(&schema).unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let problems: Vec<String> = schema.iter_errors(&line).map(|e| e.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}: {line}");
        line
    };
    text.lines().map(read).collect()
}

#[tokio::test]
async fn every_call_has_a_line() {
    let place = Audited::new("every", Config::default()).await;
    let pool =
        answer(call(&place.client, "whoami", json!({})).await)["default_user_pool_id"].take();
    place.lines();

    // A read.
    answer(call(&place.client, "get_user", json!({ "username": "ana" })).await);
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(
        (&line["event"], &line["outcome"]),
        (&json!("call"), &json!("ok"))
    );
    assert_eq!(line["tool"], "get_user");
    assert_eq!(line["arguments"], json!({ "username": "ana" }));
    assert_eq!(line["backend"], "emulated");
    assert_eq!(line["user_pool_id"], pool);
    assert_eq!(line["client"]["name"], "rmcp");
    let asked = line["requests"].as_array().unwrap();
    let operations: Vec<&Value> = asked.iter().map(|made| &made["operation"]).collect();
    assert_eq!(operations, ["AdminGetUser", "AdminListGroupsForUser"]);
    let journal = place.stack.journal();
    let ids: Vec<Value> = journal.iter().map(|made| json!(made.request_id)).collect();
    assert_eq!(
        asked
            .iter()
            .map(|made| made["request_id"].clone())
            .collect::<Vec<_>>(),
        ids
    );

    // A write has two lines: the intent and the outcome.
    let reset = json!({ "username": "ana", "new_password": "S3cret-Horse-7" });
    answer(call(&place.client, "reset_password", reset).await);
    let [intent, line] = place.lines().try_into().unwrap();
    assert_eq!(intent["event"], "intent");
    assert_eq!(intent["requests"], json!([]));
    assert_eq!(line["event"], "call");
    assert_eq!(intent["call"], line["call"]);
    assert_eq!(
        line["arguments"],
        json!({ "username": "ana", "new_password": "[redacted]" })
    );

    // A refusal of Cognito. Its line also has the requests that looked for a correction.
    refusal(call(&place.client, "get_user", json!({ "username": "anna" })).await);
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(
        (&line["outcome"], &line["code"]),
        (&json!("error"), &json!("UserNotFoundException"))
    );
    assert!(line["requests"].as_array().unwrap().len() > 1, "{line}");
}

/// Calls that the server refuses before any request to Cognito have a line.
#[tokio::test]
async fn every_refused_call_has_a_line() {
    let config = Config {
        selection: Selection {
            exclude_tools: vec!["enable_user".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let place = Audited::new("refused", config).await;
    place.lines();
    for (tool, arguments, code) in [
        (
            "get_user",
            json!({ "usrname": "S3cret" }),
            "InvalidArguments",
        ),
        (
            "enable_user",
            json!({ "username": "ana" }),
            "ToolNotEnabled",
        ),
    ] {
        refusal(call(&place.client, tool, arguments).await);
        let [line] = place.lines().try_into().unwrap();
        assert_eq!(
            (&line["outcome"], &line["code"]),
            (&json!("error"), &json!(code))
        );
        assert_eq!(line["requests"], json!([]));
        assert!(!line.to_string().contains("S3cret"), "{line}");
    }

    // A tool that does not exist.
    let mut unknown = CallToolRequestParams::new("delete_everything\u{1b}[2J")
        .with_arguments(json!({ "password": "S3cret" }).as_object().unwrap().clone());
    unknown.set_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    place.client.call_tool(unknown).await.unwrap_err();
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(
        (&line["outcome"], &line["code"]),
        (&json!("error"), &json!("-32602"))
    );
    assert_eq!(line["tool"], r"delete_everything\u{1b}[2J");
    assert_eq!(line["arguments"], json!({ "password": "[redacted]" }));
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

/// Reads of resources and completions also have lines. A resource is read by a tool.
#[tokio::test]
async fn resources_and_completions_have_a_line() {
    let place = Audited::new("no_tools", Config::default()).await;
    let read = ReadResourceRequestParams::new("cognito://pools");
    place.client.read_resource(read).await.unwrap();
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(line["tool"], "list_pools");

    let template = Reference::for_resource("cognito://pools/{user_pool_id}");
    let complete = |argument: &str| {
        let argument = ArgumentInfo::new(argument, "us-");
        CompleteRequestParams::new(template.clone(), argument)
    };
    place
        .client
        .complete(complete("user_pool_id"))
        .await
        .unwrap();
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(
        (&line["tool"], &line["arguments"], &line["outcome"]),
        (
            &json!("completion/complete"),
            &json!({ "argument": "user_pool_id" }),
            &json!("ok")
        )
    );
    assert_eq!(line["requests"][0]["operation"], "ListUserPools");
    place
        .client
        .complete(complete("unknown"))
        .await
        .unwrap_err();
    let [line] = place.lines().try_into().unwrap();
    assert_eq!(line["code"], "-32602");
}

#[tokio::test]
async fn refusals_on_aws_have_a_line() {
    let folder = folder("aws");
    let path = folder.join("audit.jsonl");
    let cognito = aws::cognito(
        "AdminGetUser",
        aws::exception("UserNotFoundException", "User does not exist."),
    )
    .await;
    let config = Config {
        audit_log: Some(path.clone()),
        ..Config::default()
    };
    let client = aws::client(&cognito, config).await;
    refusal(call(&client, "delete_user", json!({ "username": "ana" })).await);
    refusal(call(&client, "get_user", json!({ "username": "ana" })).await);
    let [gate, exception] = lines(&path).try_into().unwrap();
    assert_eq!(
        (&gate["event"], &gate["outcome"]),
        (&json!("call"), &json!("error"))
    );
    assert_eq!(gate["code"], "DestructionNotAllowed");
    assert_eq!(gate["backend"], "aws");
    let first = &exception["requests"][0];
    assert_eq!(first["operation"], "AdminGetUser");
    assert_eq!(first["request_id"], "11111111-2222-3333-4444-555555555555");
    fs::remove_dir_all(folder).unwrap();
}

/// The audit log records whether an agent or a person confirmed a destructive call.
#[tokio::test]
async fn the_confirmer_is_recorded() {
    let config = Config {
        confirm: Confirm::Always,
        ..Config::default()
    };
    let place = Audited::new("confirmed", config).await;
    refusal(call(&place.client, "delete_user", json!({ "username": "ana" })).await);
    let [refused] = place.lines().try_into().unwrap();
    assert_eq!(refused["code"], "ConfirmationRequired");
    assert_eq!(refused.get("confirmed_by"), None);
    let confirmed = json!({ "username": "ana", "confirm": "ana" });
    answer(call(&place.client, "delete_user", confirmed).await);
    let [intent, done] = place.lines().try_into().unwrap();
    for line in [&intent, &done] {
        assert_eq!(line["confirmed_by"], "agent", "{line}");
    }
    answer(call(&place.client, "enable_user", json!({ "username": "ben" })).await);
    for line in place.lines() {
        assert_eq!(line.get("confirmed_by"), None, "{line}");
    }
}

/// A confirmation by the user of a client that can ask.
#[tokio::test]
async fn a_confirmation_by_a_person_is_recorded() {
    let folder = folder("person");
    let config = Config {
        confirm: Confirm::Always,
        audit_log: Some(folder.join("audit.jsonl")),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let client = connect_as(Agreeing::default(), &config, backend).await;
    let arguments = json!({ "username": "ana" }).as_object().unwrap().clone();
    let delete = CallToolRequestParams::new("delete_user").with_arguments(arguments);
    client.call_tool(delete).await.unwrap();
    let [intent, done] = lines(&folder.join("audit.jsonl")).try_into().unwrap();
    for line in [&intent, &done] {
        assert_eq!(line["confirmed_by"], "person", "{line}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// A full disk may cut off a line. The next line begins on a new line, even if another
/// process left the file in this state.
#[tokio::test]
async fn a_line_after_an_incomplete_one_can_be_read() {
    let place = Audited::new("torn", Config::default()).await;
    let whoami = async || answer(call(&place.client, "whoami", json!({})).await);
    // Numbers of complete and of incomplete lines.
    let read = || {
        let text = fs::read_to_string(place.path()).unwrap();
        assert!(text.ends_with('\n'), "{text:?}");
        let read: Vec<Result<Value, _>> = text.lines().map(serde_json::from_str).collect();
        let (good, torn): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        (good.len(), torn.len())
    };
    let tear = || {
        let text = fs::read_to_string(place.path()).unwrap();
        let file = fs::OpenOptions::new()
            .write(true)
            .open(place.path())
            .unwrap();
        file.set_len(text.len() as u64 - 20).unwrap();
    };
    whoami().await;
    whoami().await;
    tear();
    whoami().await;
    assert_eq!(read(), (2, 1));
    whoami().await;
    assert_eq!(read(), (3, 1), "no empty line between whole ones");

    // The incomplete line was left by an earlier process, and then by another process
    // that writes to the same file.
    tear();
    let config = Config {
        audit_log: Some(place.path()),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let other = connect(&config, backend).await;
    answer(call(&other, "whoami", json!({})).await);
    assert_eq!(read(), (3, 2));
    tear();
    whoami().await;
    assert_eq!(read(), (3, 3));
    // The file has only an incomplete line.
    fs::write(place.path(), "{\"time\"").unwrap();
    whoami().await;
    assert_eq!(read(), (1, 1));
}

/// If a line cannot be written, no write is made and no answer is given.
#[tokio::test]
async fn calls_that_cannot_be_recorded_are_not_made() {
    let place = Audited::new("closed", Config::default()).await;
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    let before = place.asked();
    let create = json!({ "username": "dora", "message_action": "SUPPRESS" });
    let (sentence, facts) = refusal(call(&place.client, "create_user", create.clone()).await);
    assert_eq!(facts["code"], "AuditLogNotWritten");
    assert!(sentence.contains("not a file"), "{sentence}");
    assert_eq!(place.asked(), before, "nothing was called");
    let (_, facts) = refusal(call(&place.client, "get_user", json!({ "username": "ana" })).await);
    assert_eq!(facts["code"], "AuditLogNotWritten");
    assert!(!facts.to_string().contains("ana@"), "{facts}");
    let template = Reference::for_resource("cognito://pools/{user_pool_id}");
    let pools = CompleteRequestParams::new(template, ArgumentInfo::new("user_pool_id", ""));
    place.client.complete(pools).await.unwrap_err();

    fs::remove_dir(place.path()).unwrap();
    answer(call(&place.client, "create_user", create).await);
    assert_eq!(place.lines().len(), 2);
}

/// A log that another program renames, such as logrotate, continues in a new file.
#[tokio::test]
async fn a_renamed_log_continues_in_a_new_file() {
    let place = Audited::new("renamed", Config::default()).await;
    answer(call(&place.client, "whoami", json!({})).await);
    let old = place.folder.join("audit.jsonl.1");
    fs::rename(place.path(), &old).unwrap();
    answer(call(&place.client, "list_users", json!({})).await);
    let [line] = lines(&old).try_into().unwrap();
    assert_eq!(line["tool"], "whoami");
    let [line] = lines(&place.path()).try_into().unwrap();
    assert_eq!(line["tool"], "list_users");
}

#[tokio::test]
async fn a_long_log_is_rotated() {
    let config = Config {
        audit_rotate: Some(1),
        ..Config::default()
    };
    let place = Audited::new("long", config).await;
    let filter = json!({ "filter": "x".repeat(300_000) });
    for _ in 0..8 {
        call(&place.client, "list_users", filter.clone())
            .await
            .unwrap();
    }
    let mut count = 0;
    let mut files = 0;
    for file in fs::read_dir(&place.folder).unwrap() {
        let path = file.unwrap().path();
        assert!(
            fs::metadata(&path).unwrap().len() <= 1024 * 1024,
            "{path:?}"
        );
        count += lines(&path).len();
        files += 1;
    }
    assert_eq!((count, files), (8, 3));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_access_the_log() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let place = Audited::new("mode", Config::default()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.path()), 0o600);
    fs::remove_file(place.path()).unwrap();
    answer(call(&place.client, "whoami", json!({})).await);
    assert_eq!(mode(&place.path()), 0o600);

    let start = async |path: PathBuf| {
        let config = Config {
            backend: BackendKind::Emulated,
            audit_log: Some(path),
            ..Config::default()
        };
        let backend = backend::connect(&config).await.unwrap();
        Server::new(&config, backend)
            .err()
            .map(|error| error.to_string())
    };
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let refused = start(place.path()).await.unwrap();
    assert!(
        refused.contains("mode 640") && refused.contains("chmod 600"),
        "{refused}"
    );
    let link = place.folder.join("link");
    symlink(place.folder.join("aim"), &link).unwrap();
    let refused = start(link).await.unwrap();
    assert!(refused.contains("not a file"), "{refused}");
    assert!(
        start(place.folder.join("no/such/audit.jsonl"))
            .await
            .is_some()
    );
}
