//! The binary: what it says before it can speak MCP, and when it stops.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs the binary with nothing but `environment`, and `input` on stdin.
fn run(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cognito-mcp"))
        .args(arguments)
        .env_clear()
        // Nobody's credentials, and no search for a machine's.
        .envs([
            ("HOME", "/nonexistent"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .envs(environment.iter().copied())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "stdout is the protocol's");
    String::from_utf8(output.stderr.clone()).unwrap()
}

const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#,
    r#""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#,
    "\n"
);

#[test]
fn stdout_carries_the_protocol_alone() {
    let output = run(&[], &[("RUST_LOG", "trace")], INITIALIZE);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let [line] = lines.lines().collect::<Vec<_>>()[..] else {
        panic!("one answer, not {lines}");
    };
    let answer: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    assert!(!output.stderr.is_empty(), "logs were asked for");
}

#[test]
fn a_client_that_says_nothing_is_no_failure() {
    let output = run(&[], &[], "");
    assert!(output.status.success());
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn a_missing_region_is_told_with_what_to_set() {
    let complaint = complaint(&run(&["--backend", "aws"], &[], ""));
    for word in ["No AWS Region", "AWS_REGION", "--region", "emulator"] {
        assert!(complaint.contains(word), "{complaint}");
    }
}

#[test]
fn missing_credentials_are_told_with_what_to_set() {
    let complaint = complaint(&run(
        &["--backend", "aws"],
        &[("AWS_REGION", "eu-west-1")],
        "",
    ));
    for word in [
        "No AWS credentials",
        "AWS_ACCESS_KEY_ID",
        "--profile",
        "emulator",
    ] {
        assert!(complaint.contains(word), "{complaint}");
    }
}

/// A guard that is misspelt or misplaced stops the start, and does not stay open.
#[test]
fn flags_that_mean_nothing_are_refused() {
    let refused: [(&[&str], &str); 7] = [
        (&["--allow-write"], "--allow-write"),
        (&["--backend", "amazon"], "amazon"),
        (&["--reveal-secrets=no"], "--reveal-secrets"),
        (&["--profile", "dev"], "--profile"),
        (&["--backend", "aws", "--throttle", "aws"], "--throttle"),
        (&["--throttle", "quickly"], "quickly"),
        (&["--signing-keys", "/nonexistent.pem"], "/nonexistent.pem"),
    ];
    for (arguments, word) in refused {
        let complaint = complaint(&run(arguments, &[], ""));
        assert!(complaint.contains(word), "{complaint}");
    }
}
