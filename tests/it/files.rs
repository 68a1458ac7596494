//! Files that the binary reads and writes: tokens, logs, secrets, backups.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;

use cognito_mcp::bounds::BACKUPS;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::process::{Home, ended, refused};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// The first line that a server over HTTP prints. The server is then ended.
async fn started(mut command: Command) -> String {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap_or_default();
    child.kill().await.unwrap();
    line
}

/// A token stops the start if no client can send it, or if it is not in a file.
#[tokio::test]
async fn a_token_in_a_file_is_one_word() {
    let home = Home::new("files_token");
    let place = |name: &str| home.0.join(name);
    let write = |name: &str, content: &[u8]| {
        fs::write(place(name), content).unwrap();
        fs::set_permissions(place(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("lines", format!("{TOKEN}\n{TOKEN}\n").as_bytes());
    write("blank", format!("{TOKEN}\n\n").as_bytes());
    write("words", format!("{TOKEN} {TOKEN}\n").as_bytes());
    write("accent", format!("{TOKEN}é\n").as_bytes());
    write("latin", [TOKEN.as_bytes(), b"\xe9\n"].concat().as_slice());
    write("short", format!("{}\n", &TOKEN[1..]).as_bytes());
    write("empty", b"");
    write("long", "x".repeat(4097).as_bytes());
    fs::create_dir(place("folder")).unwrap();
    drop(UnixListener::bind(place("socket")).unwrap());
    symlink("/dev/zero", place("zero")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(place("fifo"))
        .status();
    assert!(made.unwrap().success());
    for (file, words) in [
        ("lines", "has more than one line"),
        ("blank", "has more than one line"),
        ("words", "has other characters than visible ASCII ones"),
        ("accent", "has other characters than visible ASCII ones"),
        ("latin", "cannot be read: it is not UTF-8 text"),
        ("short", "has fewer than 32 characters and could be guessed"),
        ("empty", "has fewer than 32 characters and could be guessed"),
        ("long", "cannot be read: it is longer than 4096 bytes"),
        ("folder", "cannot be read: it is a directory, not a file"),
        ("socket", "cannot be read: it is a socket, not a file"),
        ("zero", "cannot be read: it is a device, not a file"),
        ("fifo", "cannot be read: it is a FIFO, not a file"),
    ] {
        let refusal = refused(home.command(&format!(
            "serve --http 127.0.0.1:0 --http-token-file {file}"
        )))
        .await;
        let start = format!("cognito-mcp: The token in {file} {words}");
        assert!(refusal.starts_with(&start), "{file}: {refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
        assert!(!refusal.contains(&TOKEN[1..]), "{refusal}");
    }
}

#[tokio::test]
async fn a_token_in_a_variable_is_one_word() {
    let home = Home::new("files_token_variable");
    for (token, words) in [
        (format!("{TOKEN}\n{TOKEN}"), "has more than one line"),
        (
            format!("{TOKEN} "),
            "has other characters than visible ASCII ones",
        ),
        (
            format!("{TOKEN}é"),
            "has other characters than visible ASCII ones",
        ),
        (
            TOKEN[1..].to_owned(),
            "has fewer than 32 characters and could be guessed",
        ),
    ] {
        let mut command = home.command("serve --http 127.0.0.1:0");
        command.env("COGNITO_MCP_HTTP_TOKEN", &token);
        let refusal = refused(command).await;
        let start = format!("cognito-mcp: The token in COGNITO_MCP_HTTP_TOKEN {words}");
        assert!(refusal.starts_with(&start), "{token:?}: {refusal}");
        assert!(!refusal.contains(&TOKEN[1..]), "{refusal}");
    }
}

/// A token may end with one line break, as editors and `echo` write it. Its file may be a link, as
/// mounted secrets are.
#[tokio::test]
async fn a_token_may_end_in_a_line_break() {
    let home = Home::new("files_token_line_break");
    let place = |name: &str| home.0.join(name);
    for end in ["", "\n", "\r\n"] {
        fs::write(place("good"), format!("{TOKEN}{end}")).unwrap();
        fs::set_permissions(place("good"), fs::Permissions::from_mode(0o600)).unwrap();
        let _ = fs::remove_file(place("link"));
        symlink("good", place("link")).unwrap();
        for file in ["good", "link"] {
            let line = started(home.command(&format!(
                "serve --http 127.0.0.1:0 --http-token-file {file}"
            )))
            .await;
            assert!(line.starts_with("MCP is at "), "{end:?} {file}: {line}");
        }
        let mut command = home.command("serve --http 127.0.0.1:0");
        command.env("COGNITO_MCP_HTTP_TOKEN", format!("{TOKEN}{end}"));
        let line = started(command).await;
        assert!(line.starts_with("MCP is at "), "{end:?}: {line}");
    }
}

/// With any umask, the owner can read the created files, and other users cannot.
#[tokio::test]
async fn the_umask_does_not_change_permissions() {
    for umask in ["0000", "0022", "0077", "0777"] {
        let home = Home::new(&format!("files_umask_{umask}"));
        let run = |arguments: &str| {
            let mut command = Command::new("/bin/sh");
            command
                .arg("-c")
                .arg(format!("umask {umask}; exec \"$0\" \"$@\""))
                .arg(env!("CARGO_BIN_EXE_cognito-mcp"))
                .args(arguments.split_whitespace())
                .env_clear()
                .env("HOME", &home.0)
                .current_dir(&home.0)
                .stdin(Stdio::null())
                .kill_on_drop(true);
            command
        };
        let line = started(run("serve --http 127.0.0.1:0 --http-token-file token")).await;
        assert_eq!(line, "A new token for clients is in token.", "{umask}");
        let arguments = r#"{"name":"web","secret":true}"#;
        let mut command =
            run("call create_client --toolsets all --secrets-dir secrets --audit-log audit");
        command.arg(arguments);
        let output = ended(command).await;
        assert!(output.status.success(), "{umask}: {output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let reference = answer["client_secret"].as_str().unwrap();
        let secret = answer["secret_files"][reference].as_str().unwrap();
        for (path, expected) in [
            (home.0.join("token"), 0o600),
            (home.0.join("secrets"), 0o700),
            (secret.into(), 0o600),
            (home.0.join("audit"), 0o600),
        ] {
            assert_eq!(mode(&path), expected, "{umask}: {}", path.display());
        }

        // Settings of MCP clients, and their folders.
        for flags in ["", "--toolsets users"] {
            for scope in ["user", "project"] {
                let output =
                    ended(run(&format!("init cursor --yes --scope {scope} {flags}"))).await;
                assert!(output.status.success(), "{umask}: {output:?}");
                let output = ended(run(&format!("init zed --yes --scope {scope} {flags}"))).await;
                assert!(output.status.success(), "{umask}: {output:?}");
            }
        }
        for folder in [".cursor", ".config", ".config/zed", ".zed"] {
            assert_eq!(
                mode(&home.0.join(folder)) & 0o700,
                0o700,
                "{umask}: {folder}"
            );
        }
        for file in [
            ".cursor/mcp.json",
            ".config/zed/settings.json",
            ".zed/settings.json",
        ] {
            let path = home.0.join(file);
            assert_eq!(mode(&path) & 0o600, 0o600, "{umask}: {file}");
            let backup = home.0.join(format!("{file}.before-cognito-mcp"));
            assert_eq!(mode(&backup), mode(&path), "{umask}: {file}");
        }
    }
}

/// The names of the other files in the folder of `mcp.json`.
fn backups(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "mcp.json")
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names
}

/// The first backup and the newest ones are kept. Files with similar names are not deleted.
#[tokio::test]
async fn backups_are_bounded() {
    let home = Home::new("files_backups");
    let folder = home.0.join(".cursor");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("mcp.json");
    let first = "{ \"mine\": 1 }\n";
    fs::write(&file, first).unwrap();
    let mut last = first.to_owned();
    let runs = 2 * BACKUPS;
    for run in 0..runs {
        let arguments = format!("init cursor --yes --seed {run}");
        last = fs::read_to_string(&file).unwrap();
        let output = ended(home.command(&arguments)).await;
        assert!(output.status.success(), "{output:?}");
        // A second run changes nothing and writes no backup.
        let before = backups(&folder);
        let output = ended(home.command(&arguments)).await;
        assert!(
            output.stdout.ends_with(b"has this server already.\n"),
            "{output:?}"
        );
        assert_eq!(backups(&folder), before);
        assert!(before.len() <= BACKUPS, "{before:?}");
    }
    let names = backups(&folder);
    let mut expected = vec!["mcp.json.before-cognito-mcp".to_owned()];
    expected
        .extend((runs - BACKUPS + 1..runs).map(|run| format!("mcp.json.before-cognito-mcp.{run}")));
    assert_eq!(names, expected);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read(&names[0]), first);
    assert_eq!(read(names.last().unwrap()), last);

    // Files with similar names, and a folder with the name of the next backup.
    let newest = runs - 1;
    for other in ["mine", "0", "01", "1.json", "-1", "99999999999999999999"] {
        fs::write(
            folder.join(format!("mcp.json.before-cognito-mcp.{other}")),
            "mine",
        )
        .unwrap();
    }
    fs::create_dir(folder.join(format!("mcp.json.before-cognito-mcp.{}", newest + 1))).unwrap();
    for seed in [100, 101] {
        let output = ended(home.command(&format!("init cursor --yes --seed {seed}"))).await;
        assert!(output.status.success(), "{output:?}");
    }
    for other in ["mine", "0", "01", "1.json", "-1", "99999999999999999999"] {
        assert_eq!(
            read(&format!("mcp.json.before-cognito-mcp.{other}")),
            "mine"
        );
    }
    assert!(
        folder
            .join(format!("mcp.json.before-cognito-mcp.{}", newest + 3))
            .is_file()
    );
    assert_eq!(backups(&folder).len(), BACKUPS + 7);
}

/// Settings that are not a regular file are refused, without blocking.
#[tokio::test]
async fn settings_must_be_a_file() {
    let home = Home::new("files_settings");
    let path = home.0.join(".mcp.json");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let refusal = refused(home.command("init claude-code --scope project --yes")).await;
    assert!(
        refusal.ends_with(".mcp.json cannot be read: it is a FIFO, not a file.\n"),
        "{refusal}"
    );
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    let refusal = refused(home.command("init claude-code --scope project --yes")).await;
    assert!(
        refusal.ends_with("it is a device, not a file.\n"),
        "{refusal}"
    );
}

/// An audit log that is not a regular file is refused, without blocking.
#[tokio::test]
async fn an_audit_log_must_be_a_file() {
    let home = Home::new("files_audit");
    let made = std::process::Command::new("mkfifo")
        .arg(home.0.join("fifo"))
        .status();
    assert!(made.unwrap().success());
    symlink("/dev/null", home.0.join("link")).unwrap();
    for file in ["fifo", "link", "."] {
        let refusal = refused(home.command(&format!("call whoami --audit-log {file}"))).await;
        assert_eq!(
            refusal,
            format!("cognito-mcp: --audit-log {file}: it is not a file.\n")
        );
    }
}
