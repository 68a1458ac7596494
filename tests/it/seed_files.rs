//! Pool files on the command line: `--seed-file` and `export`.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use cognito_emulator::pool_file::json_schema;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::process::{Home, ended, refused};

/// The example of the guide.
fn example() -> String {
    let guide = include_str!("../../docs/pool-file.md");
    let (_, rest) = guide.split_once("<!-- pools.yaml -->\n```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// A running emulator, its address, and the lines that it printed.
struct Running {
    address: String,
    lines: Vec<String>,
    _process: Child,
}

impl Running {
    /// Starts `command`, which prints `last` as the last line of its start.
    async fn start(mut command: Command, last: &str) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut notes = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = Vec::new();
        while let Some(line) = notes.next_line().await.unwrap() {
            let is_last = line.contains(last);
            lines.push(line);
            if is_last {
                break;
            }
        }
        let address = lines[0].strip_prefix("Cognito is at http://").unwrap();
        let address = address.split_once(' ').unwrap().0.to_owned();
        lines[0] = lines[0].replace(&address, "ADDRESS");
        Self {
            address,
            lines,
            _process: process,
        }
    }

    async fn request(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!(
            "{request}\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// The standard output of `export` with `flags`.
    async fn export(&self, home: &Home, flags: &str) -> String {
        let command = format!("export --endpoint-url http://{} {flags}", self.address);
        let output = ended(home.command(&command)).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The JSON of the pool is loaded like its YAML, which is `exported`.
async fn assert_json_loads(home: &Home, emulator: &Running, exported: &str) {
    let json = "--pool us-east-1_Shop --format json";
    let as_json = emulator.export(home, json).await;
    home.write("out.json", &as_json);
    let command = home.command("emulator --port 0 --seed-file out.json");
    let loaded = Running::start(command, "Pool ").await;
    assert_eq!(loaded.export(home, "").await, exported);
}

#[tokio::test]
async fn the_emulator_starts_with_a_file_and_exports_it() {
    let home = Home::new("seed_file");
    home.write("pools.yaml", &example());
    let command = home.command("emulator --port 0 --seed-file pools.yaml");
    let first = Running::start(command, "Pool ").await;
    assert_snapshot!(first.lines.join("\n"), @"
    Cognito is at http://ADDRESS (Region us-east-1).
    Pool us-east-1_Shop (shop), app clients shopweb (web), shopapi (api), 1 user.
    ");
    first.export(&home, "--output out.yaml").await;
    let path = home.0.join("out.yaml");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let exported = std::fs::read_to_string(&path).unwrap();

    // A reset returns to the file. Dates that the file does not have are those of the reset.
    let reset = first
        .request("POST /_emulator/reset HTTP/1.1\r\ncontent-length: 0")
        .await;
    assert!(reset.starts_with("HTTP/1.1 200"), "{reset}");
    let without = "--without dates,secrets";
    let shown = first.export(&home, without).await;
    assert_snapshot!(shown, @r#"
    Version: 1
    UserPools:
      - Id: us-east-1_Shop
        PoolName: shop
        UsernameAttributes:
          - email
        Schema:
          - AttributeDataType: String
            Name: plan
            StringAttributeConstraints: {}
        UserPoolClients:
          - ClientId: shopapi
            ClientName: api
            GenerateSecret: true
            ExplicitAuthFlows:
              - ALLOW_ADMIN_USER_PASSWORD_AUTH
              - ALLOW_REFRESH_TOKEN_AUTH
          - ClientId: shopweb
            ClientName: web
            ExplicitAuthFlows:
              - ALLOW_REFRESH_TOKEN_AUTH
              - ALLOW_USER_PASSWORD_AUTH
              - ALLOW_USER_SRP_AUTH
        Groups:
          - GroupName: admins
        Users:
          - Username: ana
            UserAttributes:
              sub: ana
              custom:plan: gold
              email: ana@example.com
              email_verified: "true"
            UserStatus: CONFIRMED
            Groups:
              - admins
    "#);

    let command = home.command("emulator --port 0 --seed-file out.yaml --demo");
    let second = Running::start(command, "Pool ").await;
    assert!(second.lines[1].starts_with("Demo pool us-east-1_WKxVCHhGW"));
    assert_eq!(second.export(&home, "--pool shop").await, exported);
    assert_json_loads(&home, &second, &exported).await;
    let demo: Value =
        serde_json::from_str(&second.export(&home, "--pool demo --format json").await).unwrap();
    assert_eq!(demo["UserPools"][0]["PoolName"], "demo");

    let command = format!(
        "export --endpoint-url http://{} --pool nope",
        second.address
    );
    assert_snapshot!(refused(home.command(&command)).await, @"cognito-mcp: There is no user pool `nope`.");
}

#[tokio::test]
async fn a_mistake_in_a_file_ends_the_start() {
    let home = Home::new("seed_file_mistake");
    home.write(
        "pools.yaml",
        &example().replace("Groups: [admins]", "Groups: [admin]"),
    );
    let start = "emulator --port 0 --seed-file pools.yaml";
    let mistake = refused(home.command(start)).await;
    let guide = include_str!("../../docs/pool-file.md");
    let mistake = mistake.strip_prefix("cognito-mcp: ").unwrap();
    assert!(guide.contains(mistake.trim_end()), "{mistake}");
    let all = [
        "emulator --port 0 --seed-file none.yaml",
        "serve --seed-file .",
        "emulator --port 0 --empty --demo",
        "--backend aws --seed-file pools.yaml --no-custom-ids",
        "export --endpoint-url http://127.0.0.1:1",
        "export --endpoint-url nothing",
    ];
    let mut shown = Vec::new();
    for arguments in all {
        shown.push(refused(home.command(arguments)).await);
    }
    assert_snapshot!(shown.concat(), @"
    cognito-mcp: --seed-file none.yaml: it does not exist.
    cognito-mcp: --seed-file .: it is a directory, not a file.
    error: the argument '--empty' cannot be used with '--demo'

    Usage: cognito-mcp emulator --port <PORT> --empty

    For more information, try '--help'.
    cognito-mcp: --backend aws does not use --seed-file, --no-custom-ids: remove that, or choose the other backend.
    cognito-mcp: No emulator answers at http://127.0.0.1:1. Start one with `cognito-mcp emulator`, or give its address with --endpoint-url.
    cognito-mcp: --endpoint-url nothing: write an address such as http://127.0.0.1:9229.
    ");
}

/// The schema accepts what the loader accepts, and describes every member.
#[test]
fn the_schema_describes_files() {
    let schema = json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = json!({
        "$schema": "pool-file.schema.json",
        "Version": 1,
        "UserPools": [{
            "PoolName": "shop",
            "Id": "us-east-1_Shop",
            "MfaConfiguration": "OFF",
            "UserPoolClients": [{ "ClientName": "_custom_id_:web", "CallbackURLs": ["http://localhost"] }],
            "Users": [
                { "Username": "ana", "Password": "Correct-Horse-7", "UserAttributes": { "email_verified": true } },
                { "Username": "ben", "UserAttributes": [{ "Name": "email", "Value": "ben@example.com" }] },
            ],
        }],
    });
    let faults: Vec<String> = validator
        .iter_errors(&good)
        .map(|it| it.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    for (pointer, bad) in [
        ("/UserPools/0/PoolName", json!(1)),
        ("/UserPools/0/MfaConfiguration", json!("MAYBE")),
        ("/UserPools/0/Id", json!("shop")),
        (
            "/UserPools/0/UserPoolClients/0",
            json!({ "ClientNames": "web" }),
        ),
        ("/UserPools/0/Users/0/Password", json!("")),
        (
            "/UserPools/0/Users/1/UserAttributes/0",
            json!({ "name": "email" }),
        ),
    ] {
        let mut file = good.clone();
        *file.pointer_mut(pointer).unwrap() = bad;
        assert!(!validator.is_valid(&file), "{pointer}");
    }
    let mut bare = Vec::new();
    find_bare(&schema, "", &mut bare);
    assert!(bare.is_empty(), "members without a description: {bare:?}");
}

/// Finds members of the file's own structures that have no description.
fn find_bare(schema: &Value, path: &str, bare: &mut Vec<String>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        if member["description"].as_str().is_none_or(str::is_empty) {
            bare.push(path.clone());
        }
        find_bare(member, &path, bare);
        find_bare(&member["items"], &path, bare);
    }
}

/// A pool file with a pool `ID` for each of `pools`, with a client and a user; `more` are members of
/// each.
fn pools(ids: &[&str], more: &str) -> String {
    let mut text = "UserPools:\n".to_owned();
    for id in ids {
        let name = id.rsplit('_').next().unwrap().to_lowercase();
        writeln!(
            text,
            "  - {{PoolName: {name}, Id: {id}, {more}Users: [{{Username: ana, Password: \
             Correct-Horse-7}}]}}"
        )
        .unwrap();
    }
    text
}

/// The answer of `call list_users` with `flags`, and standard error.
async fn listed(home: &Home, flags: &str) -> (Value, String) {
    let output = ended(home.command(&format!("call list_users {flags}"))).await;
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (answer, String::from_utf8(output.stderr).unwrap())
}

/// The pools of files are reached without a setting of the Region, and a reset does not change that.
#[tokio::test]
async fn the_region_is_that_of_the_pools() {
    let home = Home::new("seed_file_region");
    home.write("pools.yaml", &pools(&["eu-west-1_Shop"], ""));
    let seed = "--seed-file pools.yaml";
    let (users, errors) = listed(&home, seed).await;
    assert_eq!(users["users"][0]["username"], "ana", "{errors}");
    assert_eq!(errors, "");
    let command = home.command(&format!("emulator --port 0 {seed}"));
    let emulator = Running::start(command, "Region eu-west-1 is").await;
    assert_snapshot!(emulator.lines.join("\n"), @"
    Cognito is at http://ADDRESS (Region eu-west-1).
    Pool eu-west-1_Shop (shop), no app client, 1 user.
    Region eu-west-1 is that of the pools; --region sets another.
    ");

    // The Region of a new data file stays that of its pools.
    listed(&home, &format!("{seed} --data state.db")).await;
    let named = r#"{"user_pool_id":"eu-west-1_Shop"}"#;
    let (users, errors) = listed(&home, &format!("{named} --data state.db")).await;
    assert_eq!(users["users"][0]["username"], "ana", "{errors}");

    // A pool without an id is beside the others.
    let mut mixed = pools(&["eu-west-1_Shop"], "");
    mixed += "  - {PoolName: staff}\n";
    home.write("mixed.yaml", &mixed);
    let output = ended(home.command("call list_pools --seed-file mixed.yaml")).await;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids: Vec<&str> = answer["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pool| pool["user_pool_id"].as_str().unwrap())
        .collect();
    assert!(
        ids.len() == 2 && ids.iter().all(|id| id.starts_with("eu-west-1_")),
        "{answer}"
    );
}

/// A pool that the tools do not reach is reported, with the flag that reaches it.
#[tokio::test]
async fn pools_of_another_region_are_reported() {
    let home = Home::new("seed_file_regions");
    home.write("one.yaml", &pools(&["eu-west-1_Shop"], ""));
    home.write(
        "two.yaml",
        &pools(&["eu-west-1_Shop", "eu-north-1_Blog"], ""),
    );
    let (users, errors) = listed(&home, "--seed-file one.yaml --region us-east-1").await;
    assert_eq!(users, Value::Null);
    assert_snapshot!(errors.lines().next().unwrap(), @"cognito-mcp: warning: The pool eu-west-1_Shop is not in us-east-1, the Region of this server: only requests for its own Region reach it. To work there, pass --region eu-west-1.");
    // The pool is not the default, because no tool reaches it.
    assert!(errors.contains("NoUserPool"), "{errors}");

    let (_, errors) = listed(&home, "--seed-file two.yaml").await;
    assert_snapshot!(errors.lines().next().unwrap(), @"cognito-mcp: warning: The pools eu-west-1_Shop, eu-north-1_Blog are not in us-east-1, the Region of this server: only requests for their own Region reach them. To work there, pass --region eu-north-1 or --region eu-west-1.");
    let shop = "--seed-file two.yaml --user-pool-id eu-west-1_Shop";
    let (users, errors) = listed(&home, shop).await;
    assert_eq!(users["users"][0]["username"], "ana", "{errors}");
    assert!(
        errors.contains("The pool eu-north-1_Blog is not in eu-west-1"),
        "{errors}"
    );

    let pool = "--seed-file one.yaml --region us-east-1 --user-pool-id eu-west-1_Shop";
    let output = ended(home.command(&format!("doctor {pool}"))).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("pass --region eu-west-1"), "{shown}");
    assert!(!shown.contains("--profile"), "{shown}");
    let (_, errors) = listed(&home, pool).await;
    let error = errors.lines().nth(1).unwrap();
    assert!(
        error.contains("ask the person who runs the server to set the Region to eu-west-1")
            && !error.contains("list_pools"),
        "{error}"
    );
}

/// A copy of a pool on AWS names its account. Tools reach it, and an export names it too.
#[tokio::test]
async fn the_account_is_that_of_the_pools() {
    let home = Home::new("seed_file_account");
    let account = "AccountId: \"111122223333\", ";
    home.write("pools.yaml", &pools(&["eu-west-1_Shop"], account));
    let (users, errors) = listed(&home, "--seed-file pools.yaml").await;
    assert_eq!(users["users"][0]["username"], "ana", "{errors}");
    let command = home.command("emulator --port 0 --seed-file pools.yaml");
    let emulator = Running::start(command, "are those of the pools").await;
    let exported = emulator.export(&home, "--without users,dates").await;
    assert!(exported.contains("111122223333"), "{exported}");
    home.write(
        "two.yaml",
        &(pools(&["us-east-1_Shop"], account)
            + "  - {PoolName: staff, Id: us-east-1_Staff, AccountId: \"444455556666\"}\n"),
    );
    let (_, errors) = listed(&home, "--seed-file two.yaml").await;
    assert_snapshot!(errors.lines().next().unwrap(), @"cognito-mcp: warning: The pools us-east-1_Shop, us-east-1_Staff are not of account 123456789012, which this server uses: only requests whose access key id is their own account reach them.");
}
