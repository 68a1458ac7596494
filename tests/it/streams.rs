//! Standard error that cannot be written: the program continues, and its exit code is the same.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::process::{Home, ended, request, say};

/// Redirections of standard error to a full disk and to a closed descriptor.
const BROKEN: [&str; 2] = ["2>/dev/full", "2>&-"];

/// The binary, started by a shell with this redirection.
fn broken(home: &Home, arguments: &str, stderr: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("exec \"$0\" \"$@\" {stderr}"))
        .arg(env!("CARGO_BIN_EXE_cognito-mcp"))
        .args(arguments.split_whitespace())
        .env_clear()
        .env("HOME", &home.0)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(&home.0)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Commands that succeed, that fail, and that clap refuses. The exit code and standard output are
/// the same as with a working standard error.
#[tokio::test]
async fn commands_end_in_the_same_way() {
    let home = Home::new("streams_commands");
    home.write(".env", "APP=1\n");
    for arguments in [
        "serve",
        "serve --listen 127.0.0.1:0",
        "serve --listen 0.0.0.0:0",
        "serve --backend aws",
        "serve --backend aws --region eu-west-1 --endpoint-url http://192.0.2.1",
        "serve --http 127.0.0.1:0",
        "emulator --host 192.0.2.1",
        "verify --area wire --case 1.1",
        "verify --area nothing",
        "policy --tools get_user",
        "policy --toolsets nothing",
        "doctor --seed 7",
        "doctor --backend aws",
        "tools",
        "tools --toolsets nothing",
        "call list_identity_providers --toolsets federation",
        "call get_user {\"username\":\"unknown\"}",
        "call nothing",
        "init cursor --print",
        "init cursor",
        "completions bash",
        "man",
        "nothing",
        "--help",
        "--version",
    ] {
        for log in ["off", "trace"] {
            let with = |mut command: Command| {
                command.env("RUST_LOG", log);
                command
            };
            let expected = ended(with(broken(&home, arguments, "2>/dev/null"))).await;
            for stderr in BROKEN {
                let output = ended(with(broken(&home, arguments, stderr))).await;
                assert_eq!(output.status, expected.status, "{arguments} {stderr} {log}");
                if !arguments.contains("verify") {
                    assert_eq!(output.stdout, expected.stdout, "{arguments} {stderr} {log}");
                }
            }
        }
    }
}

/// A server works even if its address cannot be reported.
#[tokio::test]
async fn servers_start_and_answer() {
    let home = Home::new("streams_servers");
    for stderr in BROKEN {
        for log in ["off", "trace"] {
            for arguments in [
                "emulator --port PORT",
                "serve --listen 127.0.0.1:PORT",
                "serve --http 127.0.0.1:PORT --http-token-file token",
            ] {
                // A port without a listener.
                let free = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = free.local_addr().unwrap();
                drop(free);
                let arguments = arguments.replace("PORT", &address.port().to_string());
                let mut child = broken(&home, &arguments, stderr)
                    .env("RUST_LOG", log)
                    .stdin(Stdio::piped())
                    .spawn()
                    .unwrap();
                // `wait` closes the input, with which a server over stdio ends.
                let input = child.stdin.take();
                let reply = tokio::select! {
                    reply = tokio::time::timeout(Duration::from_secs(30), reply(address)) => reply.unwrap(),
                    ended = child.wait() => panic!("{arguments} {stderr}: {}", ended.unwrap()),
                };
                assert!(
                    reply.starts_with("HTTP/1.1 4"),
                    "{arguments} {stderr}: {reply}"
                );
                assert!(child.try_wait().unwrap().is_none(), "{arguments} {stderr}");
                drop(input);
                child.kill().await.unwrap();
            }
        }
    }
}

/// The response to an invalid request. Waits until the server listens.
async fn reply(address: SocketAddr) -> String {
    loop {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let request = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        return reply;
    }
}

/// If the log cannot be written, calls are still answered.
#[tokio::test]
async fn a_call_is_answered() {
    let home = Home::new("streams_call");
    for stderr in BROKEN {
        let mut child = broken(&home, "serve", stderr)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let call = json!({ "name": "list_users", "arguments": {} });
        say(&mut input, &request(1, "tools/call", call)).await;
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = output.next_line().await.unwrap().unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["result"]["isError"], false, "{stderr}: {answer}");
        drop(input);
        assert!(child.wait().await.unwrap().success(), "{stderr}");
    }
}
