//! The binary, started as a person or an MCP client starts it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use cognito_mcp::tools;
use insta::assert_snapshot;
use rmcp::ServiceExt;
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{ChildStdin, Command};
use wiremock::matchers::{header, header_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::Client;
use crate::answer;
use crate::call;
use crate::wire::Asked;

/// A folder for one test, used as home and working directory. It is removed at the end.
pub(crate) struct Home(pub(crate) PathBuf);

impl Home {
    pub(crate) fn new(test: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join(".aws/sso/cache")).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }

    /// The binary in this folder, with an environment without AWS settings.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-mcp"));
        command
            .args(arguments.split_whitespace())
            .env_clear()
            .env("HOME", &self.0)
            // On an EC2 instance the metadata service would return a Region and credentials.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The output of a command, which must end within 30 seconds.
pub(crate) async fn ended(mut command: Command) -> Output {
    tokio::time::timeout(Duration::from_secs(30), command.output())
        .await
        .expect("the process ends")
        .unwrap()
}

/// Standard error of a start that must be refused.
pub(crate) async fn refused(command: Command) -> String {
    let output = ended(command).await;
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"", "stdout belongs to the protocol");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_missing_region_is_reported() {
    let home = Home::new("missing_region");
    assert_snapshot!(refused(home.command("--backend aws")).await, @"cognito-mcp: No AWS Region is configured. Set AWS_REGION, pass --region, or name a profile that has one with --profile; or use --backend emulated, the embedded emulator, which needs neither.");
    // The Region of the pool is used if no other one is configured.
    let shown =
        refused(home.command("serve --backend aws --user-pool-id eu-west-1_AbCdEfGhI")).await;
    assert!(
        shown.contains("No AWS credentials could be loaded"),
        "{shown}"
    );
    // Templates of `.env` may have variables without values.
    home.write(".env", "AWS_REGION=\nCOGNITO_USER_POOL_ID=\n");
    let shown = refused(home.command("--backend aws")).await;
    assert!(shown.contains("No AWS Region is configured"), "{shown}");
}

#[tokio::test]
async fn missing_credentials_are_reported() {
    let home = Home::new("missing_credentials");
    assert_snapshot!(refused(home.command("--backend aws --region eu-west-1")).await, @"cognito-mcp: No AWS credentials could be loaded: neither the environment, nor a profile, a container or an instance has any. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, sign in with `aws sso login`, or name a profile with --profile or AWS_PROFILE; or use --backend emulated, the embedded emulator, which needs neither.");
}

#[tokio::test]
async fn a_pool_of_another_region_is_reported() {
    let home = Home::new("other_region");
    for pool in ["--user-pool-id", "--pool"] {
        let mut command = home.command(&format!(
            "--backend aws --region us-east-1 {pool} eu-west-1_AbCdEfGhI"
        ));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        assert_eq!(
            refused(command).await,
            "cognito-mcp: The pool eu-west-1_AbCdEfGhI is in eu-west-1, and the Region is us-east-1. \
             Set AWS_REGION=eu-west-1, pass --region eu-west-1, or name a pool of us-east-1.\n"
        );
    }
}

/// Secrets are written into files that only the owner can read. Answers have references to them.
#[tokio::test]
async fn secrets_are_written_to_the_configured_folder() {
    let home = Home::new("secrets_dir");
    let mut command = home.command("call create_client --toolsets all --secrets-dir mine");
    command.arg(r#"{"name":"web","secret":true}"#);
    let output = ended(command).await;
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reference = answer["client_secret"].as_str().unwrap();
    assert!(reference.starts_with("secret:client_secret/"), "{answer}");
    let file = PathBuf::from(answer["secret_files"][reference].as_str().unwrap());
    let secret = std::fs::read_to_string(&file).unwrap();
    assert!(secret.trim().len() > 40, "{} characters", secret.len());
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains(secret.trim())
    );
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&home.0.join("mine"))), (0o600, 0o700));

    // A folder that other users can read is refused before any call.
    std::fs::create_dir(home.0.join("open")).unwrap();
    let shown = refused(home.command("call list_users --secrets-dir open")).await;
    assert!(shown.contains("chmod 700"), "{shown}");
}

/// If the reader of its output stops, as `head` does, a command ends without a panic.
#[tokio::test]
async fn a_closed_pipe_ends_a_command() {
    let home = Home::new("closed_pipe");
    for arguments in [
        "tools --json",
        "policy --region eu-west-1",
        "doctor",
        "call list_users",
        "completions bash",
        "man",
        "init claude-code --print",
        "init claude-code --yes",
    ] {
        let mut command = home.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        drop(process.stdout.take());
        let output = process.wait_with_output();
        let output = tokio::time::timeout(Duration::from_secs(30), output);
        let output = output.await.unwrap().unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        // `init --print` writes the next step to standard error.
        if arguments != "init claude-code --print" {
            assert_eq!(shown, "", "{arguments}");
        }
        assert!(!shown.contains("panicked"), "{arguments}: {shown}");
    }
    assert!(
        !home.0.join(".claude.json").exists(),
        "the reader did not see the changes"
    );
}

#[tokio::test]
async fn an_unknown_profile_is_reported() {
    let home = Home::new("missing_profile");
    let by_flag = refused(home.command("--backend aws --region eu-west-1 --profile nope")).await;
    assert_snapshot!(by_flag, @"cognito-mcp: No AWS credentials could be loaded from profile `nope`: it is not defined, or has no credentials. List the profiles with `aws configure list-profiles`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or use --backend emulated, the embedded emulator, which needs neither.");
    let mut command = home.command("--backend aws --region eu-west-1");
    command.env("AWS_PROFILE", "nope");
    assert_eq!(refused(command).await, by_flag);
    // Keys in the environment may belong to another account, so they are not used.
    let mut command = home.command("--backend aws --region eu-west-1 --profile nope");
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
    assert_eq!(refused(command).await, by_flag);
}

#[tokio::test]
async fn an_expired_sso_login_is_reported() {
    let home = Home::new("expired_sso");
    home.write(
        ".aws/config",
        "[profile work]\nregion = eu-west-1\nsso_session = me\nsso_account_id = 123456789012\n\
         sso_role_name = Developer\n[sso-session me]\nsso_region = eu-west-1\n\
         sso_start_url = https://example.awsapps.com/start\n",
    );
    let shown = refused(home.command("--backend aws --profile work")).await;
    assert!(
        shown.contains("Sign in with `aws sso login --profile work`"),
        "{shown}"
    );
    // The name of the token's file is the SHA-1 of the session's name.
    home.write(
        ".aws/sso/cache/b1c1d8736f20db3fb6c1c66bb1455ed43909f0d8.json",
        r#"{"accessToken":"S3cret-token","expiresAt":"2020-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://example.awsapps.com/start"}"#,
    );
    assert_snapshot!(refused(home.command("--backend aws --profile work")).await, @"cognito-mcp: No AWS credentials could be loaded from profile `work`: the SSO token has expired and cannot be refreshed. Sign in with `aws sso login --profile work`; or use --backend emulated, the embedded emulator, which needs neither.");
}

#[tokio::test]
async fn flags_of_the_other_backend_are_refused() {
    let home = Home::new("other_backend");
    let emulators = "--listen 127.0.0.1:0 --empty --issuer http://localhost --throttle aws \
                     --trigger checks=http://localhost:9000 --seed 7 --signing-keys keys.pem";
    let shown = refused(home.command(&format!("--backend aws {emulators}"))).await;
    assert_snapshot!(shown, @"cognito-mcp: --backend aws does not use --listen, --empty, --issuer, --throttle, --trigger, --seed, --signing-keys: remove that, or choose the other backend.");
    let aws = "--profile work --endpoint-url http://localhost --allow-plain-http-endpoint";
    let refusal = refused(home.command(aws)).await;
    assert_snapshot!(refusal, @"cognito-mcp: --backend emulated does not use --profile, --endpoint-url, --allow-plain-http-endpoint: remove that, or choose the other backend.");
}

/// A misspelt flag stops the start, so that a restriction is not lost.
#[tokio::test]
async fn invalid_arguments_are_reported() {
    let home = Home::new("nonsense");
    for (arguments, word) in [
        ("--backend aws --alow-writes", "'--allow-writes'"),
        ("--backend amazon", "amazon"),
        ("--reveal-secrets=no", "--reveal-secrets"),
        ("--throttle quickly", "quickly"),
        (
            "--trigger checks",
            "--trigger checks: `` is not the address",
        ),
        ("--trigger checks=https://localhost", "begin with http://"),
        ("--signing-keys nonexistent.pem", "nonexistent.pem"),
    ] {
        let shown = refused(home.command(arguments)).await;
        assert!(shown.contains(word), "{shown}");
    }
}

#[tokio::test]
async fn an_unreadable_dotenv_file_is_reported() {
    let home = Home::new("broken_dotenv");
    home.write(".env", "X=1\nAWS_REGION='eu-west-1\n");
    let text = refused(home.command("")).await;
    assert_eq!(
        text,
        format!(
            "cognito-mcp: {} line 2: the value of AWS_REGION is not an AWS Region, such as \
             eu-west-1. Correct the line, or remove it.\n",
            home.0.join(".env").display()
        )
    );
}

#[tokio::test]
async fn help_describes_the_flags() {
    let home = Home::new("help");
    let output = ended(home.command("--backend aws --help")).await;
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for part in [
        "With --backend aws:",
        "--allow-writes",
        "--allow-destructive",
        "Emulator:",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
}

#[tokio::test]
async fn the_server_ends_with_its_input() {
    let home = Home::new("end_of_input");
    // A client that disconnects before it sends a message is not an error.
    let output = ended(home.command("")).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!((output.stdout, output.stderr), (vec![], vec![]));

    let mut child = home
        .command("serve")
        .env("RUST_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(home.0.join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "0" },
        },
    });
    input
        .write_all(format!("{hello}\n").as_bytes())
        .await
        .unwrap();
    let reply: Value = serde_json::from_str(&output.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(reply["result"]["serverInfo"]["name"], "cognito-mcp");
    let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    input
        .write_all(format!("{done}\n").as_bytes())
        .await
        .unwrap();
    drop(input);
    let status = tokio::time::timeout(Duration::from_secs(30), child.wait())
        .await
        .expect("the process ends");
    assert!(status.unwrap().success());
    assert_eq!(
        output.next_line().await.unwrap(),
        None,
        "one answer, no logs"
    );
    let log = std::fs::read_to_string(home.0.join("log")).unwrap();
    assert!(!log.is_empty(), "logs were asked for");
}

/// Sends one message of a client.
pub(crate) async fn say(input: &mut ChildStdin, message: &Value) {
    input
        .write_all(format!("{message}\n").as_bytes())
        .await
        .unwrap();
}

/// A request without a handshake, as in the revision 2026-07-28.
pub(crate) fn request(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Standard output has only messages that are valid by the specification's schema, whatever is
/// logged and requested. A line that cannot be read is answered as JSON-RPC requires.
#[tokio::test]
async fn stdout_has_only_the_protocol() {
    let home = Home::new("stdout");
    let mut child = home
        .command("--toolsets all")
        .env("RUST_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut asked = Asked::default();
    let get_user = |arguments: Value| json!({ "name": "get_user", "arguments": arguments });
    let mut questions = vec![
        request(1, "server/discover", json!({})),
        request(2, "tools/list", json!({})),
        request(3, "no/such", json!({})),
        request(4, "tools/call", json!({ "name": "no_such" })),
        request(5, "tools/call", get_user(json!({ "username": 7 }))),
        request(6, "tools/call", get_user(json!({ "username": "unknown" }))),
        request(7, "tools/call", get_user(json!(r#"{ "username": "ana" }"#))),
        request(8, "tools/call", get_user(json!("ana"))),
        request(9, "tools/list", json!({ "cursor": "x" })),
    ];
    for (entry, id) in tools::all().zip(10..) {
        let call = json!({ "name": entry.name(), "arguments": entry.example() });
        questions.push(request(id, "tools/call", call));
    }
    input.write_all(b"no JSON\n{}\n").await.unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    for code in [-32700, -32600] {
        let line = output.next_line().await.unwrap().unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        // The schema of MCP does not allow null here.
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&Value::Null, &json!(code))
        );
    }
    for question in &questions {
        asked.note(question);
        say(&mut input, question).await;
        let answer = loop {
            let line = output.next_line().await.unwrap().unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            asked.validate(&message);
            // Notifications of progress may precede the answer.
            if message.get("id").is_some() {
                break message;
            }
        };
        match answer["id"].as_u64() {
            Some(3) => assert_eq!(answer["error"]["code"], -32601, "{answer}"),
            Some(4 | 8 | 9) => assert_eq!(answer["error"]["code"], -32602, "{answer}"),
            Some(5 | 6) => assert_eq!(answer["result"]["isError"], true, "{answer}"),
            Some(7) => assert_eq!(answer["result"]["isError"], false, "{answer}"),
            _ => {}
        }
    }
    drop(input);
    assert_eq!(output.next_line().await.unwrap(), None);
}

/// An endpoint that does not answer.
async fn silent_endpoint() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

fn at(home: &Home, address: &str, flags: &str) -> Command {
    let mut command = home.command(&format!(
        "--backend aws --region eu-west-1 --endpoint-url {address} --user-pool-id eu-west-1_AbCdEfGhI {flags}"
    ));
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The process ends with its input, even if a call hangs.
#[tokio::test]
async fn the_end_of_the_input_ends_a_hanging_call() {
    let home = Home::new("hanging");
    let (cognito, address) = silent_endpoint().await;
    let mut child = at(&home, &address, "").spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let call = json!({ "name": "get_user", "arguments": { "username": "ana" } });
    say(&mut input, &request(1, "tools/call", call)).await;
    let _hangs = cognito.accept().await.unwrap();
    drop(input);
    let status = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
    assert!(status.expect("it ends within a second").unwrap().success());
}

/// A call that is cancelled during a request makes no further request.
#[tokio::test]
async fn a_cancelled_call_makes_no_other_request() {
    for modern in [true, false] {
        let home = Home::new(if modern {
            "cancelled"
        } else {
            "cancelled_legacy"
        });
        let cognito = MockServer::start().await;
        let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let gone = std::sync::Mutex::new(gone);
        Mock::given(wiremock::matchers::any())
            .respond_with(move |request: &wiremock::Request| {
                let target = request.headers["x-amz-target"].to_str().unwrap();
                arrived.send(target.to_owned()).unwrap();
                // Waits until the test drops the sender.
                let _ = gone.lock().unwrap().recv();
                ResponseTemplate::new(200).set_body_json(json!({ "Username": "ana" }))
            })
            .mount(&cognito)
            .await;
        let mut child = at(&home, &cognito.uri(), "").spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        // The call reads the user first, and then the groups.
        let call = json!({ "name": "get_user", "arguments": { "username": "ana" } });
        let mut call = request(7, "tools/call", call);
        if !modern {
            call["params"].as_object_mut().unwrap().remove("_meta");
            let hello = json!({
                "jsonrpc": "2.0", "id": 1, "method": "initialize",
                "params": {
                    "protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": { "name": "test", "version": "0" },
                },
            });
            say(&mut input, &hello).await;
            output.next_line().await.unwrap().unwrap();
            let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            say(&mut input, &done).await;
        }
        say(&mut input, &call).await;
        let first = arrivals.recv().await.unwrap();
        assert!(first.ends_with(".AdminGetUser"), "{first}");
        let enough = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": { "requestId": 7, "reason": "enough" },
        });
        say(&mut input, &enough).await;
        // The server reads this request after the cancellation.
        let list = if modern {
            request(8, "tools/list", json!({}))
        } else {
            json!({ "jsonrpc": "2.0", "id": 8, "method": "tools/list" })
        };
        say(&mut input, &list).await;
        let answer: Value =
            serde_json::from_str(&output.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(answer["id"], 8, "the cancelled call is not answered");
        drop(go);
        drop(input);
        assert!(child.wait().await.unwrap().success());
        assert!(arrivals.try_recv().is_err(), "another request was made");
    }
}

/// A call that takes too long is stopped and gets an error.
#[tokio::test]
async fn a_call_has_a_timeout() {
    let home = Home::new("call_timeout");
    let (cognito, address) = silent_endpoint().await;
    let mut child = at(&home, &address, "--call-timeout 1").spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let call = json!({ "name": "get_user", "arguments": { "username": "ana" } });
    say(&mut input, &request(1, "tools/call", call)).await;
    let _hangs = cognito.accept().await.unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let answer: Value = serde_json::from_str(&output.next_line().await.unwrap().unwrap()).unwrap();
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_snapshot!(text.lines().next().unwrap(), @"Error: get_user was stopped after 1 s, the time limit of this server for a call. Cognito may be slow; if the tool has a limit or a filter, request less at once. Please retry with the same arguments.");
    drop(input);
}

/// The JSON report of a run without differences, and its exit code.
#[tokio::test]
async fn verify_reports() {
    let home = Home::new("verify");
    let output = ended(home.command("verify --area wire --case 1.1 --case 1.9 --json")).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"", "no progress bar without a terminal");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    assert_eq!(
        (&cases[0]["id"], &cases[0]["outcome"]),
        (&json!("1.1"), &json!("passed"))
    );
}

/// A difference is shown with both sentences, and fails the run.
#[tokio::test]
async fn verify_reports_differences() {
    let home = Home::new("verify_differences");
    let fidelity = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fidelity");
    for file in std::fs::read_dir(fidelity).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text = text.replace(
            "says = \"User already exists\"",
            "says = \"User is there already\"",
        );
        home.write(file.file_name().to_str().unwrap(), &text);
    }
    let output = ended(home.command("verify --corpus . --case R43")).await;
    assert!(!output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    for part in [
        "FAILED R43 (users, aws-verified): A username that is in use",
        "400 UsernameExistsException: User is there already",
        r#"{"__type":"UsernameExistsException","message":"User already exists"}"#,
        "  source: fixtures captured from a live pool",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn verify_refuses_invalid_arguments() {
    let home = Home::new("verify_nonsense");
    for (arguments, words) in [
        (
            "verify --area password",
            "unknown area. The areas are: wire,",
        ),
        ("verify --case R999", "unknown case"),
        ("verify --set role=x", "sms_role (an IAM role through which"),
        ("verify --set sms_role", "write a name, `=` and a value"),
        (
            "verify --backend aws --endpoint http://localhost:1",
            "choose one",
        ),
        ("verify --backend aws", "No AWS Region is configured"),
    ] {
        let shown = refused(home.command(arguments)).await;
        assert!(shown.contains(words), "{shown}");
    }
}

/// Starts the process as an MCP client does.
async fn client(command: Command) -> Client {
    ().serve(TokioChildProcess::new(command).unwrap())
        .await
        .unwrap()
}

async fn instructions(command: Command) -> String {
    let client = client(command).await;
    let info = client.peer_info().unwrap();
    info.instructions.clone().unwrap()
}

#[tokio::test]
async fn flags_precede_the_environment_and_the_file() {
    let home = Home::new("precedence");
    home.write(
        ".env",
        "AWS_REGION=eu-north-1\nCOGNITO_USER_POOL_ID=eu-north-1_FromFile\nCOGNITO_CLIENT_ID=1file\n",
    );
    home.write(
        "pools.yaml",
        "UserPools: [{PoolName: a, Id: eu-north-1_FromFile}, {PoolName: b, Id: eu-north-1_Other}]",
    );
    let shown = instructions(home.command("--seed-file pools.yaml")).await;
    assert!(
        shown.contains("Region: eu-north-1. Default pool: eu-north-1_FromFile;"),
        "{shown}"
    );

    let environment = |arguments: &str| {
        let mut command = home.command(arguments);
        command
            .env("AWS_REGION", "eu-west-1")
            .env("COGNITO_USER_POOL_ID", "eu-west-1_FromEnv");
        command
    };
    let shown = instructions(environment("")).await;
    assert!(
        shown.contains("Region: eu-west-1. Default pool: eu-west-1_FromEnv;"),
        "{shown}"
    );

    let flags = "--region eu-central-1 --user-pool-id eu-central-1_FromFlag";
    let shown = instructions(environment(flags)).await;
    assert!(
        shown.contains("Region: eu-central-1. Default pool: eu-central-1_FromFlag;"),
        "{shown}"
    );
}

/// The keys and the endpoint are from the SDK's variables, and the Region is from a profile.
#[tokio::test]
async fn the_default_chain_of_the_sdk_is_used() {
    let cognito = MockServer::start().await;
    Mock::given(header(
        "x-amz-target",
        "AWSCognitoIdentityProviderService.ListUserPools",
    ))
    .and(header_regex(
        "authorization",
        "Credential=AKIAEXAMPLE/[0-9]+/eu-south-1/cognito-idp/",
    ))
    .respond_with(ResponseTemplate::new(200).set_body_json(
        json!({ "UserPools": [{ "Id": "eu-south-1_AbCdEfGhI", "Name": "recorded" }] }),
    ))
    .mount(&cognito)
    .await;
    let home = Home::new("sdk_chain");
    home.write(
        ".aws/config",
        "[profile work]\nregion = eu-south-1\n[profile keys]\nregion = eu-south-1\n\
         aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = S3cret-key\n",
    );
    let mut by_variables = home.command("--backend aws");
    by_variables
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
        .env("AWS_PROFILE", "work")
        .env("AWS_ENDPOINT_URL", cognito.uri());
    let mut by_flags = home.command(&format!(
        "--backend aws --profile keys --endpoint-url {}",
        cognito.uri()
    ));
    // These are not used, because a flag names a profile.
    by_flags
        .env("AWS_ACCESS_KEY_ID", "AKIAOTHER")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-other");
    for command in [by_variables, by_flags] {
        let client = client(command).await;
        let pools = answer(call(&client, "list_pools", json!({})).await);
        assert_eq!(
            pools["pools"][0]["user_pool_id"], "eu-south-1_AbCdEfGhI",
            "{pools}"
        );
    }
}

/// A client starts a server for each of its windows, with the same flags.
#[tokio::test]
async fn a_second_server_works_without_the_address() {
    let home = Home::new("second_window");
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let serve = format!("serve --listen {address}");
    let (process, stderr) = TokioChildProcess::builder(home.command(&serve))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(stderr.unwrap()).lines();
    let shown = stderr.next_line().await.unwrap().unwrap();
    assert!(
        shown.contains(&format!("--listen {address} is in use"))
            && shown.contains("--listen 127.0.0.1:0 takes a free port"),
        "{shown}"
    );
    let client: Client = ().serve(process).await.unwrap();
    let info = client.peer_info().unwrap();
    let instructions = info.instructions.clone().unwrap();
    assert!(
        instructions.contains(&format!(
            "Applications at http://{address} use another emulator"
        )),
        "{instructions}"
    );
    answer(call(&client, "list_users", json!({})).await);

    // Where the address is all that is served, its absence is an error with the flag of the command.
    for (command, flag) in [
        (format!("emulator --port {}", address.port()), "--port"),
        (
            format!("serve --http 127.0.0.1:0 --insecure --listen {address}"),
            "--listen",
        ),
        (format!("console --no-open --listen {address}"), "--listen"),
    ] {
        let shown = refused(home.command(&command)).await;
        assert!(shown.contains("Cannot listen on"), "{command}: {shown}");
        assert!(
            shown.contains(&format!("with {flag}.")),
            "{command}: {shown}"
        );
    }
    let tools = ended(home.command(&format!("tools --json --listen {address}"))).await;
    assert!(tools.status.success(), "{tools:?}");
}

/// An application and an agent use the same users.
#[tokio::test]
async fn tools_and_http_share_one_state() {
    let home = Home::new("shared_state");
    let (process, stderr) = TokioChildProcess::builder(home.command("serve --listen 127.0.0.1:0"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(stderr.unwrap()).lines();
    let shown = stderr.next_line().await.unwrap().unwrap();
    let address = shown
        .strip_prefix("Cognito is also at http://")
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("an address in {shown}"))
        .to_owned();
    let client = ().serve(process).await.unwrap();
    let pools = answer(call(&client, "list_pools", json!({})).await);
    let pool = pools["pools"][0]["user_pool_id"].as_str().unwrap();
    let user = json!({ "username": "dora", "email": "dora@example.com" });
    answer(call(&client, "create_user", user).await);

    let read = json!({ "UserPoolId": pool, "Username": "dora" });
    let (head, body) = post(&address, "AdminGetUser", &read).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body["Username"], "dora");
    assert_eq!(body["UserStatus"], "FORCE_CHANGE_PASSWORD");

    let (head, _) = post(&address, "AdminDeleteUser", &read).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let users = answer(
        call(
            &client,
            "list_users",
            json!({ "filter": "username = \"dora\"" }),
        )
        .await,
    );
    assert_eq!(users["users"], json!([]));
}

/// At the trace level, libraries print whole messages.
#[tokio::test]
async fn the_most_detailed_log_has_no_secret() {
    let home = Home::new("log");
    let mut command = home.command("");
    command.env("RUST_LOG", "trace");
    let (process, stderr) = TokioChildProcess::builder(command)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = stderr.unwrap();
    let log = tokio::spawn(async move {
        let mut log = String::new();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    });
    let client = ().serve(process).await.unwrap();
    let password = "Canary-Secret-77";
    let reset = json!({ "username": "ana", "new_password": password });
    answer(call(&client, "reset_password", reset).await);
    let sign_in = json!({ "username": "ana", "password": password });
    let signed_in = answer(call(&client, "sign_in", sign_in).await);
    client.cancel().await.unwrap();

    let log = log.await.unwrap();
    assert!(
        log.contains("reset_password"),
        "the log has the calls: {log}"
    );
    let token = signed_in["tokens"]["access_token"].as_str().unwrap();
    let signature = token.rsplit('.').next().unwrap();
    for secret in [password, token, signature] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// Sends a call of Cognito over HTTP, with a signature that is not checked.
async fn post(address: &str, operation: &str, input: &Value) -> (String, Value) {
    let input = input.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-amz-json-1.1\r\n\
         x-amz-target: AWSCognitoIdentityProviderService.{operation}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00\r\n\
         content-length: {}\r\n\r\n{input}",
        input.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    (head.to_owned(), body)
}
