//! Approval with `cognito-mcp approve`: with `--confirm person`, a call of a client that cannot ask
//! its user waits for a person.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::config::Confirm;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::run::OpenDesk;
use rmcp::ServiceExt;
use rmcp::transport::TokioChildProcess;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::Command;

use super::{Stateless, code, deleted, is_alive, pool, server};
use crate::Client;
use crate::answer;
use crate::call;
use crate::process::{Home, ended, refused};
use crate::refusal;

/// A server that receives approvals, and the folder of its socket.
struct Approved {
    server: Server,
    stack: Stack,
    folder: PathBuf,
    approving: Option<OpenDesk>,
    _home: tempfile::TempDir,
}

impl Approved {
    async fn new() -> Self {
        let (server, stack) = server(Confirm::Person).await;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cognito-mcp");
        let approving = server.open_desk(Some(&folder)).unwrap();
        Self {
            server,
            stack,
            folder,
            approving: Some(approving),
            _home: home,
        }
    }

    /// A client that cannot ask its user.
    fn client(&self, name: &'static str) -> Stateless {
        Stateless::new(&self.server, name, json!({}))
    }

    /// Approves or declines `code`, as `cognito-mcp approve` does.
    async fn decide(&self, code: &str, approve: bool) -> Value {
        let [socket] = sockets(&self.folder).try_into().unwrap();
        let mut stream = UnixStream::connect(socket).await.unwrap();
        let request = json!({ "decide": { "code": code, "approve": approve } });
        let request = format!("{request}\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let mut stream = BufReader::new(stream);
        stream.read_line(&mut answer).await.unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        answer["decided"].take()
    }
}

fn sockets(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

/// The code in the refusal of a call that waits for approval.
#[track_caller]
fn waits(result: &Value) -> String {
    assert_eq!(code(result), "ConfirmationRequired", "{result}");
    code_in(text(result))
}

#[track_caller]
fn code_in(refusal: &str) -> String {
    let (_, rest) = refusal.split_once("`cognito-mcp approve ").unwrap();
    rest.split_once('`').unwrap().0.to_owned()
}

fn approved() -> Value {
    json!({ "Ok": null })
}

fn create_ana(stack: &Stack) {
    let create = json!({ "UserPoolId": pool(stack), "Username": "ana" });
    assert_eq!(
        stack.call(&Call::new("AdminCreateUser", create)).status,
        200
    );
}

#[tokio::test]
async fn an_approved_call_runs_once() {
    let place = Approved::new().await;
    let mut client = place.client("agent");
    let ana = json!({ "username": "ana" });
    let delete =
        async |client: &mut Stateless| client.call("delete_user", ana.clone(), json!({})).await;
    let asked = delete(&mut client).await;
    let first = waits(&asked);
    assert!(text(&asked).contains("within 10 minutes"), "{asked}");
    // Neither a second call nor the name in `confirm` is an approval.
    assert_eq!(waits(&delete(&mut client).await), first);
    let confirmed = json!({ "username": "ana", "confirm": "ana" });
    let result = client.call("delete_user", confirmed, json!({})).await;
    assert_eq!(code(&result), "InvalidArguments");
    // An answer without a question is not an approval either.
    let more = json!({ "inputResponses": { "confirm": super::yes() } });
    let result = client.call("delete_user", ana.clone(), more).await;
    assert_eq!(waits(&result), first);
    assert_eq!(deleted(&place.stack), 0);

    assert_eq!(place.decide(&first, true).await, approved());
    // The approval is for this tool, these arguments and this caller.
    for (tool, arguments) in [
        ("disable_user", json!({ "username": "ana" })),
        ("delete_user", json!({ "username": "ben" })),
        ("delete_user", json!({ "username": "ana@example.com" })),
    ] {
        let result = client.call(tool, arguments, json!({})).await;
        assert_ne!(waits(&result), first);
    }
    let mut other_client = place.client("stranger");
    assert_ne!(waits(&delete(&mut other_client).await), first);
    assert!(is_alive(&place.stack, "ana"));

    let done = delete(&mut client).await;
    assert_eq!(done["isError"], false, "{done}");
    assert_eq!(
        done["structuredContent"]["confirmation"],
        "Approved by a person with `cognito-mcp approve`."
    );
    assert_eq!(deleted(&place.stack), 1);
    // The approval was used up by one call.
    create_ana(&place.stack);
    assert_ne!(waits(&delete(&mut client).await), first);
    let used = json!({ "Err": "used" });
    assert_eq!(place.decide(&first, true).await, used);
    assert_eq!(deleted(&place.stack), 1);
}

/// Many equal calls at once, with one approval: one of them runs.
#[tokio::test]
async fn one_approval_is_for_one_of_many_calls() {
    let place = Approved::new().await;
    let ana = json!({ "username": "ana" });
    let first = place
        .client("agent")
        .call("disable_user", ana.clone(), json!({}))
        .await;
    assert_eq!(place.decide(&waits(&first), true).await, approved());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut client = place.client("agent");
        let ana = ana.clone();
        calls.spawn(async move { client.call("disable_user", ana, json!({})).await });
    }
    let results = calls.join_all().await;
    let done = results.iter().filter(|result| result["isError"] == false);
    assert_eq!(done.count(), 1);
}

#[tokio::test]
async fn a_declined_call_does_not_run() {
    let place = Approved::new().await;
    let mut client = place.client("agent");
    let ana = json!({ "username": "ana" });
    let first = waits(&client.call("delete_user", ana.clone(), json!({})).await);
    assert_eq!(place.decide(&first, false).await, approved());
    let result = client.call("delete_user", ana.clone(), json!({})).await;
    assert_eq!(code(&result), "ConfirmationDeclined");
    // The call can be requested again.
    assert_ne!(
        waits(&client.call("delete_user", ana, json!({})).await),
        first
    );
    assert_eq!(deleted(&place.stack), 0);
}

/// A client that can ask its user asks, and gets no code.
#[tokio::test]
async fn a_client_with_elicitation_asks_its_user() {
    let place = Approved::new().await;
    let mut client = Stateless::new(&place.server, "asking", json!({ "elicitation": {} }));
    let ana = json!({ "username": "ana" });
    let state = client.asked("delete_user", &ana).await;
    let done = client.said("delete_user", &ana, &state, super::yes()).await;
    let confirmation = &done["structuredContent"]["confirmation"];
    assert_eq!(*confirmation, "Confirmed by the user of the client.");
}

/// The socket is removed when the server ends. A server without a socket says that it receives no
/// approvals.
#[tokio::test]
async fn without_a_socket_nothing_is_approved() {
    let mut place = Approved::new().await;
    assert_eq!(sockets(&place.folder).len(), 1);
    drop(place.approving.take());
    assert_eq!(sockets(&place.folder), Vec::<PathBuf>::new());

    let (server, stack) = server(Confirm::Person).await;
    let mut client = Stateless::new(&server, "agent", json!({}));
    let result = client
        .call("delete_user", json!({ "username": "ana" }), json!({}))
        .await;
    assert_eq!(code(&result), "ConfirmationRequired");
    assert!(
        text(&result).contains("receives no approvals: ask the person"),
        "{result}"
    );
    assert!(!text(&result).contains("cognito-mcp approve"), "{result}");
    assert_eq!(deleted(&stack), 0);
}

/// Servers with other settings of confirmation have no socket.
#[tokio::test]
async fn only_the_setting_person_opens_a_socket() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("cognito-mcp");
    for confirm in [Confirm::Always, Confirm::Aws, Confirm::Never] {
        let (server, _) = server(confirm).await;
        let _approving = server.open_desk(Some(&folder)).unwrap();
        assert!(!folder.exists(), "{confirm:?}");
    }
}

/// A home folder, and a runtime folder that only the user can access.
struct Account {
    home: Home,
    /// The path is short, because the path of a socket has a maximum length.
    run: tempfile::TempDir,
}

impl Account {
    fn new(test: &str) -> Self {
        Self {
            home: Home::new(test),
            run: tempfile::tempdir().unwrap(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.run.path().join("cognito-mcp")
    }
}

fn command(account: &Account, arguments: &str) -> Command {
    let mut command = account.home.command(arguments);
    command.env("XDG_RUNTIME_DIR", account.run.path());
    command.env("TMPDIR", account.run.path());
    command
}

/// The output of `cognito-mcp approve` in a terminal in which a person types `typed` after the
/// question.
async fn in_terminal(command: Command, typed: &str) -> (bool, String) {
    typed_ahead(command, "", typed).await
}

/// As [`in_terminal`], but `ahead` was typed before the command started.
async fn typed_ahead(mut command: Command, ahead: &str, typed: &str) -> (bool, String) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    command
        .stdin(Stdio::from(side.try_clone().unwrap()))
        .stdout(Stdio::from(side.try_clone().unwrap()))
        .stderr(Stdio::from(side));
    let mut terminal = File::from(terminal);
    terminal.write_all(ahead.as_bytes()).unwrap();
    let mut child = command.spawn().unwrap();
    // Closes the command's copies of the terminal, so that the terminal ends with the child.
    drop(command);
    let typed = typed.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut shown = String::new();
        let mut piece = [0; 4096];
        let mut asked = false;
        // Linux reports an error for a terminal that no process has open.
        while let Ok(length @ 1..) = terminal.read(&mut piece) {
            shown.push_str(std::str::from_utf8(&piece[..length]).unwrap());
            if !asked && shown.contains("[y/N] ") {
                asked = true;
                terminal.write_all(typed.as_bytes()).unwrap();
            }
        }
        shown
    });
    let status = child.wait().await.unwrap();
    (status.success(), reading.await.unwrap())
}

async fn serve(home: &Account, arguments: &str) -> Client {
    let command = command(home, &format!("serve --confirm person {arguments}"));
    let client = ().serve(TokioChildProcess::new(command).unwrap()).await;
    client.unwrap()
}

/// The complete procedure: a call is refused with a code, approved in a terminal, and made once.
#[tokio::test]
async fn a_person_approves_in_a_terminal() {
    let account = Account::new("approve");
    let server = serve(&account, "--audit-log audit.jsonl").await;
    // A second server of the same user must not interfere.
    let other = serve(&account, "").await;
    let ana = || json!({ "username": "ana" });
    let (sentence, _) = refusal(call(&server, "delete_user", ana()).await);
    let code = code_in(&sentence);
    is_listed(&account, &code).await;
    needs_a_terminal(&account, &code).await;
    let (_, facts) = refusal(call(&server, "delete_user", ana()).await);
    assert_eq!(facts["code"], "ConfirmationRequired");

    let approve = |code: &str| command(&account, &format!("approve {code}"));
    let (ok, shown) = in_terminal(approve("aaaa-aaaa"), "yes\n").await;
    assert!(
        !ok && shown.contains("No call waits for this code"),
        "{shown}"
    );
    let (ok, shown) = in_terminal(approve(&code.to_uppercase()), "yes\n").await;
    assert!(ok && shown.contains("Approved."), "{shown}");
    assert!(
        shown.contains("delete_user would delete user ana, on the emulator"),
        "{shown}"
    );
    let (ok, shown) = in_terminal(approve(&code), "yes\n").await;
    assert!(!ok && shown.contains("already used"), "{shown}");

    let done = answer(call(&server, "delete_user", ana()).await);
    let confirmation = "Approved by a person with `cognito-mcp approve`.";
    assert_eq!(done["confirmation"], confirmation);
    let (_, facts) = refusal(call(&server, "delete_user", ana()).await);
    assert_eq!(facts["code"], "UserNotFoundException");
    check_operator_is_recorded(&account.home.0.join("audit.jsonl"));

    // The sockets are removed when the servers end.
    server.cancel().await.unwrap();
    other.cancel().await.unwrap();
    let shown = refused(command(&account, "approve")).await;
    assert!(
        shown.contains("No server of this account waits for approvals"),
        "{shown}"
    );
    assert_eq!(sockets(&account.folder()), Vec::<PathBuf>::new());
}

/// `approve` without a code lists the one call that waits.
async fn is_listed(account: &Account, code: &str) {
    let listed = ended(command(account, "approve")).await;
    assert!(listed.status.success(), "{listed:?}");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let start = format!("{code}  delete_user would delete user ana, on the emulator");
    assert!(listed.starts_with(&start), "{listed}");
    assert!(listed.contains("Asked for by client rmcp"), "{listed}");
    assert_eq!(listed.lines().count(), 1, "{listed}");
}

/// A program without a terminal cannot approve.
async fn needs_a_terminal(account: &Account, code: &str) {
    let mut child = command(account, &format!("approve {code}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(b"yes\n").await;
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"");
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(
        shown.starts_with("cognito-mcp: Only a person can approve"),
        "{shown}"
    );
}

/// The audit log has two lines with the confirmation: the intent and the outcome of the approved
/// call.
fn check_operator_is_recorded(log: &Path) {
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let by: Vec<(&Value, &Value)> = lines
        .iter()
        .filter(|line| line.get("confirmed_by").is_some())
        .map(|line| (&line["event"], &line["confirmed_by"]))
        .collect();
    let (intent, call, operator) = (json!("intent"), json!("call"), json!("operator"));
    assert_eq!(by, [(&intent, &operator), (&call, &operator)]);
}

/// MCP clients may start servers without `XDG_RUNTIME_DIR`. `approve` still finds them.
#[tokio::test]
async fn a_server_without_a_runtime_folder_is_found() {
    let account = Account::new("approve_env");
    let mut serve = command(&account, "serve --confirm person");
    serve.env_remove("XDG_RUNTIME_DIR");
    let server = ().serve(TokioChildProcess::new(serve).unwrap()).await.unwrap();
    let ana = json!({ "username": "ana" });
    let (sentence, _) = refusal(call(&server, "delete_user", ana).await);
    let listed = ended(command(&account, "approve")).await;
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&code_in(&sentence)), "{listed}");
}

/// Every answer except `y` and `yes` declines.
#[tokio::test]
async fn a_person_declines_in_a_terminal() {
    let home = Account::new("decline");
    let server = serve(&home, "").await;
    // The last one ends the input.
    for typed in ["n\n", "\n", "yess\n", "Y es\n", "\u{4}"] {
        let ana = json!({ "username": "ana" });
        let (sentence, _) = refusal(call(&server, "delete_user", ana.clone()).await);
        let code = code_in(&sentence);
        let approve = command(&home, &format!("approve {code}"));
        let (ok, shown) = in_terminal(approve, typed).await;
        assert!(!ok && shown.contains("Declined."), "{typed:?}: {shown}");
        let (_, facts) = refusal(call(&server, "delete_user", ana).await);
        assert_eq!(facts["code"], "ConfirmationDeclined", "{typed:?}");
    }
    answer(call(&server, "get_user", json!({ "username": "ana" })).await);
}

/// Text that was typed before the question does not answer it, so a paste of two lines approves
/// nothing.
#[tokio::test]
async fn text_before_the_question_does_not_approve() {
    let home = Account::new("ahead");
    let server = serve(&home, "").await;
    let ana = json!({ "username": "ana" });
    let (sentence, _) = refusal(call(&server, "delete_user", ana.clone()).await);
    let approve = command(&home, &format!("approve {}", code_in(&sentence)));
    let (ok, shown) = typed_ahead(approve, "yes\n", "\u{4}").await;
    assert!(!ok && shown.contains("Declined."), "{shown}");
    answer(call(&server, "get_user", ana).await);
}

/// In a terminal, `call` asks the person who typed it.
#[tokio::test]
async fn a_call_in_a_terminal_is_confirmed_there() {
    let account = Account::new("call_confirm");
    for flag in ["person", "always"] {
        let audit = account.home.0.join(format!("{flag}.jsonl"));
        let call = format!(
            r#"call delete_user {{"username":"ana"}} --confirm {flag} --audit-log {}"#,
            audit.display()
        );
        let (is_done, shown) = in_terminal(command(&account, &call), "y\n").await;
        assert!(is_done, "{shown}");
        assert!(
            shown.contains("delete_user would delete user ana"),
            "{shown}"
        );
        assert!(
            shown.contains("Confirmed by the user of the client"),
            "{shown}"
        );
        let lines = fs::read_to_string(&audit).unwrap();
        assert!(lines.contains(r#""confirmed_by":"person""#), "{lines}");

        for answer in ["n\n", "\n"] {
            let (is_done, shown) = in_terminal(command(&account, &call), answer).await;
            assert!(!is_done, "{shown}");
            assert!(shown.contains("Nothing was done."), "{shown}");
        }
        // Text that was typed before the question is not an answer.
        let (is_done, shown) = typed_ahead(command(&account, &call), "y\n", "n\n").await;
        assert!(!is_done, "{shown}");
    }
    // A script in a terminal has confirmed the call by the argument.
    let call = r#"call delete_user {"username":"ana","confirm":"ana"} --confirm always"#;
    let (is_done, shown) = in_terminal(command(&account, call), "").await;
    assert!(is_done && !shown.contains("[y/N]"), "{shown}");
}

/// A folder that other users could control stops the start, and `doctor` reports it.
#[tokio::test]
async fn an_unsafe_folder_stops_the_start() {
    let home = Account::new("foreign");
    let folder = home.folder();
    symlink(&home.home.0, &folder).unwrap();
    let shown = refused(command(&home, "serve --confirm person")).await;
    assert!(
        shown.starts_with("cognito-mcp: --confirm person cannot receive approvals: "),
        "{shown}"
    );
    assert!(shown.contains("it is not a folder"), "{shown}");
    assert_eq!(shown.lines().count(), 1, "{shown}");
    let shown = refused(command(&home, "approve")).await;
    assert!(shown.contains("was left out"), "{shown}");

    let examined = ended(command(&home, "doctor --confirm person")).await;
    assert!(!examined.status.success());
    let shown = String::from_utf8(examined.stdout).unwrap();
    assert!(shown.contains("failed  confirmation: "), "{shown}");
    fs::remove_file(&folder).unwrap();
    let examined = ended(command(&home, "doctor --confirm person")).await;
    let shown = String::from_utf8(examined.stdout).unwrap();
    let place = format!("which finds the server in {}.", folder.display());
    assert!(
        shown.contains("ok      confirmation: ") && shown.contains(&place),
        "{shown}"
    );
    // With another setting of confirmation, no socket is needed.
    let shown = ended(command(&home, "doctor --confirm always")).await;
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("no person is asked"), "{shown}");
}

/// A server that hides secrets shows one to a person in a terminal, once, and records it.
#[tokio::test]
async fn a_person_reads_a_secret_in_a_terminal() {
    let account = Account::new("secret");
    let command_line = "serve --reveal-secrets false --toolsets all --audit-log audit.jsonl";
    let process = TokioChildProcess::new(command(&account, command_line)).unwrap();
    let server: Client = ().serve(process).await.unwrap();
    let web = json!({ "name": "web", "secret": true });
    let made = answer(call(&server, "create_client", web).await);
    let reference = made["client_secret"].as_str().unwrap();
    let place = made["secret_files"][reference].as_str().unwrap();
    assert!(
        place.contains(&format!("`cognito-mcp secret {reference}`")),
        "{place}"
    );

    let read = |reference: &str| command(&account, &format!("secret {reference}"));
    let shown = refused(read(reference)).await;
    assert!(shown.contains("run the command in a terminal"), "{shown}");
    let (ok, shown) = in_terminal(read("nonsense"), "").await;
    assert!(!ok && shown.contains("not a reference"), "{shown}");
    let (ok, shown) = in_terminal(read("secret:client_secret/aaaaaaaaaaaaaaaa"), "").await;
    assert!(!ok && shown.contains("knows this reference"), "{shown}");
    let (ok, shown) = in_terminal(read(reference), "").await;
    assert!(ok && shown.trim().len() > 40, "{shown}");
    let secret = shown.trim().to_owned();
    let (ok, shown) = in_terminal(read(reference), "").await;
    assert!(!ok && shown.contains("already read"), "{shown}");

    // The server can approve nothing, and `approve` says so.
    let shown = refused(command(&account, "approve")).await;
    assert!(shown.contains("No server of this account waits"), "{shown}");

    let log = fs::read_to_string(account.home.0.join("audit.jsonl")).unwrap();
    assert!(!log.contains(&secret));
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let by_command = lines
        .iter()
        .filter(|line| line["tool"] == "cognito-mcp secret");
    let outcomes: Vec<&Value> = by_command.map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "error"], "{lines:?}");
    server.cancel().await.unwrap();
}

/// If no person could read it, a secret that only a person can use is not made.
#[tokio::test]
async fn a_secret_out_of_reach_is_not_made() {
    let account = Account::new("unreachable");
    // Other users could replace the folder of the socket.
    let open = account.run.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let mut command = command(&account, "serve --reveal-secrets false --toolsets all");
    command.env("XDG_RUNTIME_DIR", &open);
    let server: Client = ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap();
    for (tool, arguments) in [
        ("create_client", json!({ "name": "web", "secret": true })),
        (
            "create_client",
            json!({ "name": "web", "secret": true, "dry_run": true }),
        ),
    ] {
        let (sentence, facts) = refusal(call(&server, tool, arguments).await);
        assert_eq!(facts["code"], "SecretOutOfReach", "{sentence}");
        assert!(sentence.contains("no person could read"), "{sentence}");
    }
    answer(call(&server, "create_client", json!({ "name": "web" })).await);
    server.cancel().await.unwrap();
}
