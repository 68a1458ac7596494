//! `init`: what it shows, what it writes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Output;

use cognito_mcp::commands::init::names;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::{Home, ended, refused};

const BINARY: &str = env!("CARGO_BIN_EXE_cognito-mcp");

async fn done(command: Command) -> String {
    let output: Output = ended(command).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

fn read(home: &Home, file: &str) -> String {
    fs::read_to_string(home.0.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What a client finds in its file starts the server.
#[tokio::test]
async fn every_client_gets_its_file() {
    let home = Home::new("init_all");
    let file = |client: &str| match client {
        "claude-desktop" => (".config/Claude/claude_desktop_config.json", "mcpServers"),
        "claude-code" => (".claude.json", "mcpServers"),
        "vscode" => (".config/Code/User/mcp.json", "servers"),
        "cursor" => (".cursor/mcp.json", "mcpServers"),
        "windsurf" => (".config/devin/mcp_config.json", "mcpServers"),
        "zed" => (".config/zed/settings.json", "context_servers"),
        "codex" => (".codex/config.toml", "mcp_servers"),
        "gemini-cli" => (".gemini/settings.json", "mcpServers"),
        other => panic!("{other} is not tested"),
    };
    for client in names() {
        let (file, servers) = file(&client);
        let shown = done(home.command(&format!("init {client} --yes --toolsets groups"))).await;
        assert!(
            shown.contains(&format!("Wrote {}", home.0.join(file).display())),
            "{shown}"
        );
        assert!(
            shown.contains("cognito-mcp doctor --toolsets groups"),
            "{shown}"
        );
        let text = read(&home, file);
        let settings: Value = match client.as_str() {
            "codex" => toml::from_str(&text).unwrap(),
            _ => serde_json::from_str(&text).unwrap(),
        };
        let entry = &settings[servers]["cognito"];
        assert_eq!(entry["command"], BINARY, "{client}: {text}");
        assert_eq!(
            entry["args"],
            json!(["serve", "--toolsets", "groups"]),
            "{client}"
        );
        // The difference shows each line that is new.
        for line in text.lines() {
            assert!(shown.contains(&format!("\n+{line}\n")), "{client}: {line}");
        }
        let again = done(home.command(&format!("init {client} --yes --toolsets groups"))).await;
        assert!(again.ends_with("has this server already.\n"), "{again}");
        let printed = done(home.command(&format!("init {client} --print --toolsets groups"))).await;
        assert_eq!(printed, text, "{client}");
    }
}

#[tokio::test]
async fn a_project_has_files_of_its_own() {
    let home = Home::new("init_project");
    for (client, file) in [
        ("claude-code", ".mcp.json"),
        ("vscode", ".vscode/mcp.json"),
        ("cursor", ".cursor/mcp.json"),
        ("windsurf", ".devin/mcp_config.json"),
        ("zed", ".zed/settings.json"),
        ("codex", ".codex/config.toml"),
        ("gemini", ".gemini/settings.json"),
    ] {
        done(home.command(&format!("init {client} --scope project --yes"))).await;
        assert!(read(&home, file).contains(BINARY), "{client}");
    }
    let told = refused(home.command("init claude-desktop --scope project --yes")).await;
    assert!(told.contains("Claude Desktop has no projects"), "{told}");
}

/// Nothing is written that was not seen and agreed to.
#[tokio::test]
async fn nothing_is_written_unasked() {
    let home = Home::new("init_unasked");
    home.write("settings.json", "{}");
    let output = ended(home.command("init cursor")).await;
    assert!(!output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("+  \"mcpServers\""), "{shown}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("Nothing was written: add --yes"), "{told}");
    let printed = done(home.command("init cursor --print")).await;
    assert!(printed.starts_with("{\n  \"mcpServers\""), "{printed}");
    assert!(!home.0.join(".cursor").exists());
}

/// The rest of a file stays, the file before is kept, and links stay links.
#[tokio::test]
async fn what_is_there_stays() {
    let home = Home::new("init_stays");
    let before = "{\n\t// mine\n\t\"theme\": \"dark\",\n\t\"context_servers\": {\n\t\t\"other\": { \"command\": \"x\", \"env\": { \"KEY\": \"S3cret\" } }\n\t}\n}\n";
    fs::create_dir_all(home.0.join(".config/zed")).unwrap();
    home.write("dotfile.json", before);
    let real = home.0.join("dotfile.json");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = home.0.join(".config/zed/settings.json");
    symlink(&real, &link).unwrap();
    let shown = done(home.command("init zed --yes")).await;
    assert!(
        !shown.contains("S3cret"),
        "other servers are not shown: {shown}"
    );
    let after = read(&home, "dotfile.json");
    for line in before.lines().filter(|line| line.contains(':')) {
        assert!(
            after.contains(line.trim_end_matches(',')),
            "{line} in {after}"
        );
    }
    assert!(link.is_symlink());
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(read(&home, "dotfile.json.before-cognito-mcp"), before);
    // Another time does not write over what it was at first.
    done(home.command("init zed --yes -- --toolsets users")).await;
    assert_eq!(read(&home, "dotfile.json.before-cognito-mcp"), before);
    assert_eq!(read(&home, "dotfile.json.before-cognito-mcp.1"), after);
}

#[tokio::test]
async fn a_file_that_is_not_understood_is_left() {
    let home = Home::new("init_broken");
    home.write(".claude.json", "{ \"mcpServers\": ");
    let told = refused(home.command("init claude-code --yes")).await;
    assert!(
        told.contains("was left as it is, because it is not JSON"),
        "{told}"
    );
    assert!(told.contains(BINARY), "what to add is told: {told}");
    assert_eq!(read(&home, ".claude.json"), "{ \"mcpServers\": ");
}

/// A profile is named; keys are not written, wherever they come from.
#[tokio::test]
async fn credentials_are_never_written() {
    let home = Home::new("init_credentials");
    let mut command = home.command("init claude-code --yes -- --backend aws --secrets-dir mine");
    command
        .env("AWS_PROFILE", "work")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
        .env("AWS_SESSION_TOKEN", "S3cret-token")
        .env("COGNITO_USER_POOL_ID", "eu-west-1_AbCdEfGhI");
    let shown = done(command).await;
    assert!(
        shown.contains("The keys in this shell's environment are not written"),
        "{shown}"
    );
    let text = read(&home, ".claude.json");
    for secret in ["AKIA", "S3cret"] {
        assert!(!text.contains(secret) && !shown.contains(secret), "{text}");
    }
    let settings: Value = serde_json::from_str(&text).unwrap();
    let entry = &settings["mcpServers"]["cognito"];
    assert_eq!(
        entry["env"],
        json!({ "AWS_PROFILE": "work", "AWS_REGION": "eu-west-1" })
    );
    let folder = home.0.join("mine");
    assert_eq!(
        entry["args"],
        json!([
            "serve",
            "--backend",
            "aws",
            "--user-pool-id",
            "eu-west-1_AbCdEfGhI",
            "--secrets-dir",
            folder.to_str().unwrap(),
        ])
    );
    let told = refused(
        home.command("init cursor --yes --backend aws --endpoint-url http://me:S3cret@localhost"),
    )
    .await;
    assert!(told.contains("secrets are not written"), "{told}");
    assert!(!told.contains("S3cret"), "{told}");
}

/// What the server would refuse is refused before a client has it.
#[tokio::test]
async fn mistakes_are_told_before_they_are_written() {
    let home = Home::new("init_mistakes");
    for (arguments, words) in [
        ("init clade-code", "'claude-code'"),
        ("init emacs", "claude-desktop, claude-code, vscode, cursor"),
        ("init cursor --yes --toolsets user", "Did you mean `users`?"),
        ("init cursor --yes --alow-writes", "--allow-writes"),
        ("init cursor --yes -- --alow-writes", "--allow-writes"),
        (
            "init cursor --yes --profile work",
            "--backend emulated does not use --profile",
        ),
        ("init cursor --yes --http 127.0.0.1:8080", "remove --http"),
        ("init cursor --print --yes", "cannot be used with"),
    ] {
        let told = refused(home.command(arguments)).await;
        assert!(told.contains(words), "{arguments}: {told}");
    }
    assert!(!home.0.join(".cursor").exists());
}
