//! The commands `tools` and `call`, help, completions and manual pages, as a person or a script
//! runs them.

use std::process::Stdio;

use clap::{CommandFactory, Parser};
use cognito_mcp::cli::Cli;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::emulated;
use crate::process::{Home, ended, refused};

async fn printed(home: &Home, arguments: &str) -> String {
    let output = ended(home.command(arguments)).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"", "nothing to tell beside the answer");
    String::from_utf8(output.stdout).unwrap()
}

/// `tools` lists the same tools that a client gets.
#[tokio::test]
async fn tools_lists_the_tools_of_clients() {
    let home = Home::new("cli_tools");
    let listed = printed(&home, "tools --json").await;
    let rows: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let names = |rows: &[Value]| -> Vec<String> {
        let names = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let seen = emulated().await.list_all_tools().await.unwrap();
    let seen: Vec<String> = seen.iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(names(&rows), seen);
    for row in &rows {
        for member in ["toolset", "effect", "description"] {
            assert!(row[member].is_string(), "{row}");
        }
        let cost = |member: &str| row[member].as_u64().unwrap();
        assert!(cost("tokens") > 10, "{row}");
        assert!(cost("whole_tokens") > cost("tokens"), "{row}");
    }
    let slim = printed(&home, "tools --json --no-output-schemas").await;
    let slim: Vec<Value> = serde_json::from_str(&slim).unwrap();
    let sum = |rows: &[Value], member: &str| -> u64 {
        rows.iter().map(|row| row[member].as_u64().unwrap()).sum()
    };
    assert_eq!(sum(&slim, "tokens"), sum(&rows, "tokens"));
    assert!(sum(&slim, "whole_tokens") * 2 < sum(&rows, "whole_tokens"));

    // On AWS the flags select the tools, and no credentials are required.
    let reader = printed(&home, "tools --backend aws --toolsets users --json").await;
    let reader: Vec<Value> = serde_json::from_str(&reader).unwrap();
    assert_eq!(names(&reader), ["get_user", "list_users"]);
    let table = printed(
        &home,
        "tools --backend aws --tools delete_user,get_user --allow-destructive",
    )
    .await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("TOOL "), "{table}");
    assert!(
        lines[1].starts_with("delete_user") && lines[1].contains("destroy"),
        "{table}"
    );
    assert!(
        lines[2].starts_with("get_user") && lines[2].contains("read"),
        "{table}"
    );
    assert!(lines[3].starts_with("Tools: 2, about "), "{table}");
    let shown = refused(home.command("tools --toolsets user")).await;
    assert!(shown.contains("Did you mean `users`?"), "{shown}");
}

#[tokio::test]
async fn a_call_prints_the_answer() {
    let home = Home::new("cli_call");
    let answer = printed(&home, "call whoami").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["backend"], "emulated");

    // Arguments on standard input, where no list of processes shows secrets.
    let mut child = home
        .command("call create_user - --seed 7")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let arguments = json!({ "username": "newcomer", "temporary_password": "Correct-Horse-7" });
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(arguments.to_string().as_bytes())
        .await
        .unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["username"], "newcomer");
}

/// The error is printed on stderr in the form for models. The exit code is that of a failure.
#[tokio::test]
async fn a_failed_call_prints_the_error() {
    let home = Home::new("cli_refused");
    for (arguments, words) in [
        (
            r#"call get_user {"username":"unknown"}"#,
            "Error: User does not exist.",
        ),
        (
            "call get_usr",
            "Unknown tool `get_usr`. Did you mean `get_user`?",
        ),
        ("call get_user {", "The arguments are not JSON"),
        ("call get_user []", "The arguments must be a JSON object"),
        (
            "call get_user {} --backend aws",
            "No AWS Region is configured",
        ),
    ] {
        let shown = refused(home.command(arguments)).await;
        assert!(shown.contains(words), "{arguments}: {shown}");
    }
    // The gates are the same as in the server.
    let mut command =
        home.command(r#"call delete_user {"username":"ana"} --backend aws --region eu-west-1"#);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
    let shown = refused(command).await;
    assert!(shown.contains("DestructionNotAllowed"), "{shown}");
}

/// The person at the terminal can pass the flag, so its name is shown after the error.
#[tokio::test]
async fn a_refused_call_names_its_flag() {
    let home = Home::new("cli_flags");
    let user = r#"{"username":"ana"}"#;
    for (call, flags, last) in [
        (
            "delete_user",
            "--backend aws --region eu-west-1",
            "To allow it, pass --allow-destructive.",
        ),
        (
            "sign_out_user",
            "--backend aws --region eu-west-1",
            "To allow it, pass --allow-writes.",
        ),
        (
            "advance_clock",
            "--backend aws --region eu-west-1",
            "To use the emulator, leave --backend aws away.",
        ),
        (
            "list_devices",
            "",
            "To enable it, pass --tools list_devices, or --toolsets default,devices.",
        ),
    ] {
        let arguments = if call == "advance_clock" { "{}" } else { user };
        let mut command = home.command(&format!("call {call} {arguments} {flags}"));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        let shown = refused(command).await;
        assert_eq!(shown.lines().last(), Some(last), "{call}: {shown}");
        let error = shown.lines().next().unwrap();
        assert!(!error.contains("--"), "a model reads this line: {error}");
    }
}

/// Without a terminal, the refusal says what a person or a script can do.
#[tokio::test]
async fn a_call_without_a_terminal_is_not_confirmed() {
    let home = Home::new("cli_confirm");
    let user = r#"{"username":"ana"}"#;
    for (flag, words, other) in [
        (
            "person",
            "Nothing was done. In a terminal, whose input and standard error are not redirected, the \
             command asks you.",
            "adds",
        ),
        (
            "always",
            r#"the command asks you. A script adds "confirm":"ana" to the arguments."#,
            "client",
        ),
    ] {
        let shown =
            refused(home.command(&format!("call delete_user {user} --confirm {flag}"))).await;
        let (sentence, facts) = shown.split_once('\n').unwrap();
        assert!(sentence.ends_with(words), "{sentence}");
        assert!(
            !shown.contains(other) && !shown.contains("agent"),
            "{shown}"
        );
        let facts: Value = serde_json::from_str(facts).unwrap();
        assert_eq!(facts["code"], "ConfirmationRequired");
        assert!(
            words.ends_with(facts["hint"].as_str().unwrap())
                || facts["hint"].as_str().unwrap().ends_with(words)
        );
    }
    let confirmed = r#"{"username":"ana","confirm":"ana"}"#;
    printed(
        &home,
        &format!("call delete_user {confirmed} --confirm always"),
    )
    .await;
}

/// References and sign-ins end with the process, and it says so with a way that works.
#[tokio::test]
async fn a_call_says_what_ends_with_it() {
    let home = Home::new("cli_references");
    let hidden = "--reveal-secrets false";
    let signed_in = r#"call sign_in {"username":"ana","password":"Demo-Passw0rd"}"#;
    let output = ended(home.command(&format!("{signed_in} {hidden}"))).await;
    let (answer, errors) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let reference = answer["tokens"]["access_token"].as_str().unwrap();
    assert!(reference.starts_with("secret:access_token/"), "{answer}");
    assert!(
        errors.contains("repeat the call with --reveal-secrets, or with --secrets-dir FOLDER"),
        "{errors}"
    );
    let call = format!(r#"call verify_token {{"token":"{reference}"}} --toolsets all {hidden}"#);
    let shown = refused(home.command(&call)).await;
    assert!(shown.contains("UnknownSecret"), "{shown}");
    assert!(
        shown.contains("Repeat that call with --reveal-secrets")
            && !shown.contains("`sign_in` again"),
        "{shown}"
    );

    let create = r#"call create_client {"name":"web","secret":true} --toolsets all"#;
    let shown = refused(home.command(&format!("{create} {hidden}"))).await;
    assert!(
        shown.contains("Nothing was made. To see the secret, pass --reveal-secrets"),
        "{shown}"
    );
    let made = printed(&home, create).await;
    assert!(made.contains("client_secret"), "{made}");

    let temporary = r#"call sign_in {"username":"ben","password":"Temporary-1"}"#;
    let output = ended(home.command(temporary)).await;
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("another `call` cannot answer its challenge"),
        "{errors}"
    );
    let next = r#"call answer_challenge {"session":"session-1","new_password":"Correct-Horse-7"}"#;
    let shown = refused(home.command(next)).await;
    assert!(
        shown.contains("A sign-in ends with the `call` that began it"),
        "{shown}"
    );
}

/// The text fits whether the schemas of answers are published.
#[tokio::test]
async fn the_cost_of_tools_is_explained() {
    let home = Home::new("cli_cost");
    let whole = printed(&home, "tools").await;
    assert!(
        whole.contains("that show output schemas to the model"),
        "{whole}"
    );
    assert!(
        whole.contains("--no-output-schemas leaves out the schemas"),
        "{whole}"
    );
    let slim = printed(&home, "tools --no-output-schemas").await;
    assert!(
        slim.contains("that show titles and annotations to the model"),
        "{slim}"
    );
    assert!(!slim.contains("--no-output-schemas"), "{slim}");
}

/// The help of each command has examples, and each example can be parsed.
#[test]
fn examples_can_be_parsed() {
    let mut command = Cli::command();
    command.build();
    for command in command.get_subcommands() {
        let name = command.get_name();
        if name == "help" {
            continue;
        }
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_else(|| panic!("{name} has no examples"));
        let examples: Vec<&str> = help
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("cognito-mcp "))
            .collect();
        assert!(!examples.is_empty(), "{name}: {help}");
        for example in examples {
            let line = example.split(" > ").next().unwrap();
            let line = line.split(" >> ").next().unwrap();
            let line = line.split(" | ").next().unwrap();
            let words = words(line);
            assert_eq!(words[1], name, "{example}");
            let parsed = Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

/// The words of a line as a shell splits them, including single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (place, part) in line.split('\'').enumerate() {
        let quoted = place % 2 == 1;
        for (place, word) in part.split(' ').enumerate() {
            match words.last_mut() {
                Some(last) if quoted || place == 0 => {
                    if quoted && place > 0 {
                        last.push(' ');
                    }
                    last.push_str(word);
                }
                _ => words.push(word.to_owned()),
            }
        }
    }
    words
}

#[test]
fn flags_are_sound() {
    Cli::command().debug_assert();
}

#[tokio::test]
async fn completions_and_manuals_have_the_flags() {
    let home = Home::new("cli_pages");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let completions = printed(&home, &format!("completions {shell}")).await;
        for word in ["doctor", "allow-writes"] {
            assert!(completions.contains(word), "{shell}: {word}");
        }
    }
    let page = printed(&home, "man").await;
    assert!(
        page.starts_with(".ie") || page.contains(".TH cognito-mcp"),
        "{page}"
    );
    assert_eq!(printed(&home, "man --dir pages").await, "");
    for file in ["cognito-mcp.1", "cognito-mcp-serve.1", "cognito-mcp-init.1"] {
        assert!(home.0.join("pages").join(file).exists(), "{file}");
    }
}
