//! `init`: its output, the files that it writes, and the files that it does not change.

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

/// The entry in each client's file starts the server.
#[tokio::test]
async fn every_client_has_its_own_file() {
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
        // The printed difference has each new line.
        for line in text.lines() {
            assert!(shown.contains(&format!("\n+{line}\n")), "{client}: {line}");
        }
        let again = done(home.command(&format!("init {client} --yes --toolsets groups"))).await;
        assert!(again.ends_with("has this server already.\n"), "{again}");
        let place = home.0.join(file).display().to_string();
        let add = format!("Add this to {place}");
        let replaced = format!("{add}, in place of the entry `cognito` that it has. ");
        for (toolset, start) in [
            ("groups", format!("{place} has this server already.\n")),
            ("users", replaced),
            ("groups --name other", format!("{add}. ")),
        ] {
            let command = format!("init {client} --print --toolsets {toolset}");
            let printed = ended(home.command(&command)).await;
            // Standard output has only the entry. The instructions are on standard error.
            if toolset == "groups" {
                assert_eq!(String::from_utf8(printed.stdout).unwrap(), text, "{client}");
            }
            let steps = String::from_utf8(printed.stderr).unwrap();
            assert!(steps.starts_with(&start), "{client}: {steps}");
            let check = "check what the server will find: cognito-mcp doctor --toolsets ";
            assert!(steps.contains(check), "{client}: {steps}");
        }
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
        let shown = done(home.command(&format!("init {client} --scope project --yes"))).await;
        assert!(shown.contains("needs `cognito-mcp` on the PATH"), "{shown}");
        // The file is shared by all members of the project, so it has no path of this
        // machine.
        let text = read(&home, file);
        assert!(!text.contains(BINARY), "{client}: {text}");
        assert!(text.contains("\"cognito-mcp\""), "{client}: {text}");
    }
    for flag in ["--yes", "--print"] {
        let command = format!("init claude-desktop --scope project {flag}");
        let shown = refused(home.command(&command)).await;
        assert!(shown.contains("Claude Desktop has no projects"), "{shown}");
    }
}

/// A real pool and the emulator can both be configured.
#[tokio::test]
async fn an_entry_for_aws_does_not_replace_the_emulators() {
    let home = Home::new("init_beside");
    let aws = "--backend aws --region eu-west-1";
    for flags in ["", aws, "--name mine", &format!("{aws} --name mine-on-aws")] {
        done(home.command(&format!("init cursor --yes {flags}"))).await;
    }
    let settings: Value = serde_json::from_str(&read(&home, ".cursor/mcp.json")).unwrap();
    let servers = settings["mcpServers"].as_object().unwrap();
    let names: Vec<&str> = servers.keys().map(String::as_str).collect();
    assert_eq!(names, ["cognito", "cognito-aws", "mine", "mine-on-aws"]);
    assert_eq!(servers["cognito"]["args"], json!(["serve"]));
}

/// A change is shown first, and is written only if the user accepts it.
#[tokio::test]
async fn files_are_written_only_after_a_yes() {
    let home = Home::new("init_unasked");
    home.write("settings.json", "{}");
    let output = ended(home.command("init cursor")).await;
    assert!(!output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("+  \"mcpServers\""), "{shown}");
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("Nothing was written: add --yes"), "{shown}");
    let printed = ended(home.command("init cursor --print")).await;
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.starts_with("{\n  \"mcpServers\""), "{printed}");
    assert!(!home.0.join(".cursor").exists());
}

/// Other settings in a file are kept, the old file is backed up, and a link remains a
/// link.
#[tokio::test]
async fn existing_settings_are_kept() {
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
    // A second run does not overwrite the first backup.
    done(home.command("init zed --yes -- --toolsets users")).await;
    assert_eq!(read(&home, "dotfile.json.before-cognito-mcp"), before);
    assert_eq!(read(&home, "dotfile.json.before-cognito-mcp.1"), after);
}

#[tokio::test]
async fn a_file_that_cannot_be_parsed_is_not_changed() {
    let home = Home::new("init_broken");
    home.write(".claude.json", "{ \"mcpServers\": ");
    let shown = refused(home.command("init claude-code --yes")).await;
    assert!(
        shown.contains("was left as it is, because it is not JSON"),
        "{shown}"
    );
    assert!(
        shown.contains(BINARY),
        "the lines to add are shown: {shown}"
    );
    assert_eq!(read(&home, ".claude.json"), "{ \"mcpServers\": ");
}

/// The entry names a profile. Keys are not written, whatever their source.
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
    let entry = &settings["mcpServers"]["cognito-aws"];
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
    let shown = refused(
        home.command("init cursor --yes --backend aws --endpoint-url http://me:S3cret@localhost"),
    )
    .await;
    assert!(shown.contains("secrets are not written"), "{shown}");
    assert!(!shown.contains("S3cret"), "{shown}");
}

/// Flags that the server would refuse are refused before a file is written.
#[tokio::test]
async fn mistakes_are_reported_before_they_are_written() {
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
        let shown = refused(home.command(arguments)).await;
        assert!(shown.contains(words), "{arguments}: {shown}");
    }
    assert!(!home.0.join(".cursor").exists());
}
