//! Listeners that other machines can reach.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::process::{Home, ended, refused};

/// The lines of standard error up to one that contains `last`.
async fn lines(mut command: Command, last: &str) -> Vec<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = Vec::new();
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(10), output.next_line());
        line.await.expect("another line").unwrap()
    };
    while let Some(line) = next().await {
        let is_last = line.contains(last);
        lines.push(line);
        if is_last {
            break;
        }
    }
    child.kill().await.unwrap();
    lines
}

#[tokio::test]
async fn other_machines_need_a_flag() {
    let home = Home::new("exposure_refused");
    for (arguments, address, command) in [
        (
            "emulator --host 0.0.0.0",
            "0.0.0.0",
            "cognito-mcp emulator --host 0.0.0.0 --port 9229 --expose",
        ),
        (
            "emulator --host :: --port 0",
            "::",
            "cognito-mcp emulator --host :: --port 0 --expose",
        ),
        (
            "emulator --host 192.0.2.1 --port 1",
            "192.0.2.1",
            "cognito-mcp emulator --host 192.0.2.1 --port 1 --expose",
        ),
        (
            "serve --listen 0.0.0.0:0",
            "0.0.0.0",
            "cognito-mcp serve --listen 0.0.0.0:0 --expose",
        ),
        (
            "--listen [::]:0",
            "::",
            "cognito-mcp serve --listen [::]:0 --expose",
        ),
        (
            "call whoami --listen 0.0.0.0:0",
            "0.0.0.0",
            "cognito-mcp serve --listen 0.0.0.0:0 --expose",
        ),
        (
            "serve --listen 0.0.0.0:0 --http 127.0.0.1:0 --insecure",
            "0.0.0.0",
            "cognito-mcp serve --listen 0.0.0.0:0 --expose",
        ),
    ] {
        assert_eq!(
            refused(home.command(arguments)).await,
            format!(
                "cognito-mcp: Other machines can reach {address}, and the emulator checks no credentials: \
                 to serve it to all of them, run `{command}`.\n"
            ),
            "{arguments}"
        );
    }
    let output = ended(home.command("doctor --listen 0.0.0.0:0")).await;
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        !output.status.success() && report.contains("Other machines can reach 0.0.0.0"),
        "{report}"
    );
}

/// Open listeners are reported at start-up, each with its paths.
#[tokio::test]
async fn open_listeners_are_reported() {
    let home = Home::new("exposure_reported");
    for arguments in [
        "emulator --host 0.0.0.0 --port 0 --expose",
        "emulator --host :: --port 0 --expose",
        "serve --listen 0.0.0.0:0 --expose",
    ] {
        let lines = lines(home.command(arguments), "/_emulator/triggers").await;
        let first = lines[0].replace("[::1]", "127.0.0.1").replace("also ", "");
        assert!(
            first.starts_with("Cognito is at http://127.0.0.1:"),
            "{lines:?}"
        );
        let text = lines.join("\n");
        assert!(text.contains("The issuer of tokens is the address that the client used"));
        for part in [
            "without credentials",
            "every user pool",
            "/_emulator/outbox",
            "/_emulator/reset",
            "posts to any URL",
        ] {
            assert!(text.contains(part), "{arguments}: {part} in {text}");
        }
    }
    // A listener on loopback is not reported as open, with or without the flag.
    for arguments in ["emulator --port 0 --expose", "emulator --port 0"] {
        let lines = lines(home.command(arguments), "Demo pool").await;
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

/// MCP that other machines can reach requires a token, so it needs no other flag. The
/// report says that it can be reached.
#[tokio::test]
async fn mcp_requires_a_token_and_no_flag() {
    let home = Home::new("exposure_mcp");
    let arguments =
        "serve --http 0.0.0.0:0 --http-url https://mcp.example.com/mcp --http-token-file token";
    let lines = lines(
        home.command(arguments),
        "Other machines can reach this address",
    )
    .await;
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[2].contains("Every request needs a token"),
        "{lines:?}"
    );
    assert!(lines[2].contains("proxy with TLS"), "{lines:?}");
    let refusal =
        refused(home.command("serve --http 0.0.0.0:0 --http-url https://mcp.example.com/mcp"))
            .await;
    assert!(refusal.contains("--http-token-file"), "{refusal}");
}
