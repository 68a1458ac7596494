//! Copies of pools: `pull`, interrupted and resumed, and `diff`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::pool_file::{self, yaml};
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::Scope;
use cognito_emulator::world::Clock;
use cognito_mcp::cognito::backend::Emulated;
use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::cognito::watch::Watch;
use cognito_mcp::copy;
use cognito_mcp::copy::compare::{Options, compare};
use cognito_mcp::copy::journal::{Journal, Step};
use cognito_mcp::copy::pull::{Failure, Progress, Pulled, Request, Users, pull};
use cognito_mcp::copy::reader::Reader;
use cognito_mcp::copy::scratch::Scratch;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::process::{Home, ended};
use crate::test_server::VirtualTime;

const POOL: &str = "us-east-1_Live";

/// A pool file with every kind of part that a copy can have, and `count` users.
fn source(count: usize) -> Value {
    let users: Vec<Value> = (0..count).map(user).collect();
    let lambda = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    json!({ "UserPools": [{
        "Id": POOL,
        "PoolName": "shop",
        "UserPoolTier": "PLUS",
        "MfaConfiguration": "OPTIONAL",
        "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "SmsMfaConfiguration": {},
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" },
        "AliasAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "Policies": { "PasswordPolicy": { "MinimumLength": 12, "RequireLowercase": true, "TemporaryPasswordValidityDays": 3 } },
        "LambdaConfig": { "PreSignUp": lambda("check"), "PostConfirmation": lambda("welcome") },
        "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
        "UserPoolTags": { "team": "shop" },
        "Schema": [
            { "Name": "plan", "AttributeDataType": "String", "StringAttributeConstraints": { "MinLength": "0", "MaxLength": "20" } },
            { "Name": "points", "AttributeDataType": "Number", "NumberAttributeConstraints": { "MinValue": "0", "MaxValue": "999999999999" } },
        ],
        "LogConfigurations": [
            { "LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": { "LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:shop" } },
        ],
        "UserPoolClients": [
            { "ClientId": "web", "ClientName": "web", "CallbackURLs": ["http://localhost:3000", "https://shop.example/in"], "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthScopes": ["openid", "orders/read"], "SupportedIdentityProviders": ["COGNITO", "Corp"] },
            { "ClientId": "machine", "ClientName": "machine", "ClientSecret": "S3cretOfTheMachine0123456789" },
        ],
        "Domains": [{ "Domain": "shop", "ManagedLoginVersion": 2 }],
        "ResourceServers": [{ "Identifier": "orders", "Name": "Orders", "Scopes": [{ "ScopeName": "read", "ScopeDescription": "Read orders" }] }],
        "IdentityProviders": [
            { "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": { "client_id": "corp", "client_secret": "S3cretOfTheProvider", "authorize_scopes": "openid", "oidc_issuer": "https://corp.example", "attributes_request_method": "GET" } },
        ],
        "ManagedLoginBrandings": [{ "ClientId": "web", "UseCognitoProvidedValues": true }],
        "UICustomizations": [{ "ClientId": "ALL", "CSS": ".label-customizable {color: red;}" }],
        "Terms": [{ "ClientId": "web", "TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE", "Links": { "cognito:default": "https://shop.example/terms" } }],
        "RiskConfigurations": [{ "ClientId": "web", "RiskExceptionConfiguration": { "BlockedIPRangeList": ["192.0.2.0/24"] } }],
        "Groups": [
            { "GroupName": "admins", "Description": "Administrators", "Precedence": 1, "RoleArn": "arn:aws:iam::123456789012:role/admins" },
            { "GroupName": "buyers" },
        ],
        "Users": users,
    }] })
}

fn user(number: usize) -> Value {
    let sub = format!("0b6a4f2e-6b1c-4a5d-9a71-{number:012}");
    if number % 50 == 7 {
        let id = format!("subject-of-corp-{number:06}");
        return json!({
            "Username": format!("Corp_{id}"),
            "UserStatus": "EXTERNAL_PROVIDER",
            "UserAttributes": { "sub": sub, "email": format!("federated-{number:06}@corp.example") },
            "Groups": [format!("{POOL}_Corp")],
            "Identities": [{ "ProviderName": "Corp", "ProviderAttributeValue": id }],
            "UserCreateDate": "2025-03-04T05:06:07.089Z",
        });
    }
    let status = match number % 36 {
        9 => "UNCONFIRMED",
        18 => "RESET_REQUIRED",
        27 => "FORCE_CHANGE_PASSWORD",
        _ => "CONFIRMED",
    };
    let mut user = json!({
        "Username": format!("customer-{number:06}"),
        "UserStatus": status,
        "Enabled": !number.is_multiple_of(11),
        "UserAttributes": {
            "sub": sub,
            "email": format!("person.{number:06}@mail.example"),
            "email_verified": if number.is_multiple_of(3) { "false" } else { "true" },
            "phone_number": format!("+35191{number:07}"),
            "name": format!("Firstname{number:06} Lastname{number:06}"),
            "family_name": format!("Lastname{number:06}"),
            // Inventions are later.
            "birthdate": format!("{}-02-03", 1900 + number % 50),
            "custom:plan": format!("plan-number-{number:06}"),
            "custom:points": (700_000_000_000 + number).to_string(),
        },
        "UserCreateDate": "2025-01-02T03:04:05.678Z",
        "UserLastModifiedDate": "2025-02-03T04:05:06.789Z",
    });
    if number.is_multiple_of(4) {
        user["Groups"] = json!(if number.is_multiple_of(400) {
            vec!["admins", "buyers"]
        } else {
            vec!["buyers"]
        });
    }
    match number % 10 {
        3 => user["UserMFASettingList"] = json!(["SMS_MFA"]),
        5 => {
            user["UserMFASettingList"] = json!(["SMS_MFA", "SOFTWARE_TOKEN_MFA"]);
            user["PreferredMfaSetting"] = json!("SOFTWARE_TOKEN_MFA");
            user["SoftwareToken"] = json!({ "SecretCode": "JBSWY3DPEHPK3PXP" });
        }
        _ => {}
    }
    user
}

/// An emulator with `file` that refuses requests above AWS's rates.
fn throttled(file: &Value, clock: Clock) -> Stack {
    let file = pool_file::parse("source.yaml", &yaml(file)).unwrap();
    let create = move |emulator: &_| {
        let loaded = pool_file::load(emulator, &Scope::default(), 0, std::slice::from_ref(&file));
        loaded.unwrap();
    };
    Stack::builder()
        .clock(clock)
        .throttle(Throttle::AWS)
        .initial_state(create)
        .build()
}

fn watch() -> Arc<Watch> {
    Arc::new(Watch::new(
        copy::OPERATIONS,
        Effect::Read,
        Arc::default(),
        CancellationToken::new(),
    ))
}

/// A file in a folder for one test.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

/// All of the pool in `text`, read from an emulator that loaded it.
async fn read(text: &str) -> Value {
    let scratch = Scratch::load("copy.yaml", text).unwrap();
    let request = Request {
        user_pool_id: POOL.to_owned(),
        users: Users::All,
        ..Request::default()
    };
    let (mut journal, mut report) = (Journal::none(), |_: &Progress| {});
    let reader = scratch.reader(POOL);
    let pulling = pull(&reader, &request, &mut journal, Vec::new(), &mut report);
    let pulled = Box::pin(pulling).await;
    pulled.unwrap().file["UserPools"][0].take()
}

/// One run of a copy of 5,000 users, which ends when `until` of them were read.
async fn run(
    reader: &Reader,
    request: &Request,
    path: &Path,
    until: usize,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> Option<Result<Pulled, Failure>> {
    let key = json!(request);
    let (mut journal, steps) = if path.exists() {
        Journal::resume(path, &key).unwrap()
    } else {
        (Journal::create(path, &key).unwrap(), Vec::new())
    };
    let reached = CancellationToken::new();
    let mut report = |at: &Progress| {
        progress(at);
        if at.users >= until {
            reached.cancel();
        }
    };
    let pulling = pull(reader, request, &mut journal, steps, &mut report);
    // The future is dropped at its next wait, as if the process had ended.
    let pulling = Box::pin(watch().over(pulling));
    reached.run_until_cancelled(pulling).await
}

/// At AWS's rates, in virtual time.
#[tokio::test(start_paused = true)]
async fn five_thousand_users_are_copied_with_an_interruption() {
    let file = source(5000);
    let stack = throttled(&file, Clock::new(VirtualTime::default()));
    let begin = stack.world().now();
    let backend = Emulated::over(stack.clone()).backend("us-east-1");
    let reader = Reader::of_client(backend.client);
    let path = fresh("five_thousand.state");
    let request = Request {
        user_pool_id: POOL.to_owned(),
        users: Users::All,
        ..Request::default()
    };
    let mut refused = 0;
    let mut progress = |_: &Progress| {
        let refusals = stack.journal();
        let throttled = |code: &str| code == "TooManyRequestsException";
        let codes = refusals.iter().filter_map(|entry| entry.code.as_deref());
        refused += codes.filter(|code| throttled(code)).count();
        stack.clear_journal();
    };
    assert!(
        run(&reader, &request, &path, 2000, &mut progress)
            .await
            .is_none()
    );
    let before = reader.calls();
    // The process may also have been killed within a line.
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(br#"{"Users":{"users":[{"Usern"#);
    std::fs::write(&path, &text).unwrap();
    let pulled = run(&reader, &request, &path, usize::MAX, &mut progress).await;
    let pulled = pulled.unwrap().unwrap();
    assert_eq!(pulled.users, 5000);
    assert_eq!(refused, 0, "no request exceeded a quota");
    let copied = yaml(&pulled.file);
    let seconds = stack.world().now().since(begin).as_secs();
    println!(
        "{} calls ({before} before the interruption), {seconds} s, {} bytes",
        reader.calls(),
        copied.len()
    );
    // 84 pages and 5,000 users, the page of the interruption twice, groups and settings.
    assert!(
        (5_120..5_300).contains(&reader.calls()),
        "{}",
        reader.calls()
    );
    assert!((80..110).contains(&seconds), "{seconds} s");

    let found = compare(
        &read(&yaml(&file)).await,
        &read(&copied).await,
        Options::default(),
    );
    assert!(found.is_empty(), "{found:#?}");
    for secret in ["S3cretOf", "JBSWY3DPEHPK3PXP"] {
        assert!(!copied.contains(secret), "{secret}");
    }
    std::fs::remove_file(&path).unwrap();
}

/// Nothing of an original value is in the copy, nor in the state beside it.
#[tokio::test(start_paused = true)]
async fn invented_data_has_nothing_of_the_originals() {
    let file = source(400);
    let stack = throttled(&file, Clock::new(VirtualTime::default()));
    let reader = Reader::of_client(Emulated::over(stack).backend("us-east-1").client);
    let path = fresh("invented.state");
    let request = Request {
        user_pool_id: POOL.to_owned(),
        users: Users::All,
        fakes: true,
        ..Request::default()
    };
    let pulled = run(&reader, &request, &path, usize::MAX, &mut |_| {}).await;
    let pulled = pulled.unwrap().unwrap();
    let copied = yaml(&pulled.file);
    let kept = std::fs::read_to_string(&path).unwrap();
    let mut originals = Vec::new();
    for user in file["UserPools"][0]["Users"].as_array().unwrap() {
        originals.push(user["Username"].as_str().unwrap().to_owned());
        let attributes = user["UserAttributes"].as_object().unwrap();
        let values = attributes
            .iter()
            .filter(|(name, _)| *name != "email_verified");
        originals.extend(values.map(|(_, value)| value.as_str().unwrap().to_owned()));
        if let Some(id) = user["Identities"][0]["ProviderAttributeValue"].as_str() {
            originals.push(id.to_owned());
        }
    }
    for original in originals {
        for part in original.split(' ') {
            assert!(!copied.contains(part), "{part} is in the copy");
            assert!(!kept.contains(part), "{part} is in the state");
        }
    }
    // What is not personal stays, and the copy loads with every user in its groups.
    let (mut before, mut after) = (read(&yaml(&file)).await, read(&copied).await);
    let summary = |pool: &mut Value| -> Vec<String> {
        let users = pool["Users"].take();
        let mut all: Vec<String> = users
            .as_array()
            .unwrap()
            .iter()
            .map(|user| {
                let flag = &user["UserAttributes"]["email_verified"];
                let mfa = &user["UserMFASettingList"];
                format!("{} {flag} {mfa} {}", user["UserStatus"], user["Groups"])
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(summary(&mut before), summary(&mut after));
    let found = compare(&before, &after, Options::default());
    assert!(found.is_empty(), "{found:#?}");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_filter_and_a_sample_select_users() {
    let stack = throttled(&source(200), Clock::new(VirtualTime::default()));
    let reader = Reader::of_client(Emulated::over(stack).backend("us-east-1").client);
    let pulled = async |users: Users, most: Option<usize>| {
        let request = Request {
            user_pool_id: POOL.to_owned(),
            users,
            most,
            ..Request::default()
        };
        let (mut journal, mut report) = (Journal::none(), |_: &Progress| {});
        let pulling = pull(&reader, &request, &mut journal, Vec::new(), &mut report);
        let pulled = watch().over(pulling).await.unwrap();
        let users = pulled.file["UserPools"][0]["Users"].as_array().cloned();
        users.unwrap_or_default()
    };
    let filter = Users::Matching("email ^= \"person.00001\"".to_owned());
    let matching = pulled(filter, None).await;
    let names: Vec<&Value> = matching.iter().map(|user| &user["Username"]).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    let groups = matching
        .iter()
        .filter(|user| user["Groups"] == json!(["buyers"]));
    assert_eq!(groups.count(), 2, "12 and 16");
    let sample = pulled(Users::All, Some(70)).await;
    assert_eq!(sample.len(), 70);
    assert!(pulled(Users::None, None).await.is_empty());
}

#[tokio::test]
async fn a_state_of_other_options_is_refused() {
    let path = fresh("other_options.state");
    Journal::create(&path, &json!({ "users": "all" })).unwrap();
    let error = Journal::create(&path, &json!({ "users": "all" })).unwrap_err();
    assert!(error.contains("--resume"), "{error}");
    let error = Journal::resume(&path, &json!({ "users": "none" })).unwrap_err();
    assert!(error.contains("other options"), "{error}");
    let (_, steps): (_, Vec<Step>) = Journal::resume(&path, &json!({ "users": "all" })).unwrap();
    assert!(steps.is_empty());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&path).unwrap();
}

/// The binary with the credentials of an endpoint.
fn command(home: &Home, arguments: &str) -> Command {
    let mut command = home.command(arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
    command
}

/// The binary, killed and started again, over HTTP and at AWS's rates.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pull_is_resumed() {
    let home = Home::new("killed_pull");
    let file = source(240);
    let stack = throttled(&file, Clock::system());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = cognito_emulator::http::serve(listener, stack.clone(), std::future::pending());
    tokio::spawn(served);

    let pull =
        format!("pull --user-pool-id {POOL} --users all --output copy.yaml --endpoint-url {url}");
    let mut child = command(&home, &pull).stderr(Stdio::null()).spawn().unwrap();
    let state = home.0.join("copy.yaml.state");
    // The header, the settings, and a page of users.
    let lines = || std::fs::read_to_string(&state).map_or(0, |text| text.lines().count());
    let reading = async {
        while lines() < 3 {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), reading).await;
    waited.expect("a page is read");
    child.kill().await.unwrap();
    assert!(!home.0.join("copy.yaml").exists());

    let output = ended(command(&home, &pull)).await;
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && shown.contains("--resume"),
        "{shown}"
    );
    let output = ended(command(&home, &format!("{pull} --resume"))).await;
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("240 users"), "{shown}");
    assert!(!shown.contains("warning"), "{shown}");
    assert!(!state.exists());

    compare_copies(&home, &file, &url).await;
}

/// Compares the copy in `home` with its source in `file` and at `url`, by the command.
async fn compare_copies(home: &Home, file: &Value, url: &str) {
    // The source and an emulator that loaded the copy have no difference.
    home.write("source.yaml", &yaml(file));
    for other in [
        "source.yaml".to_owned(),
        format!("aws:{POOL} --endpoint-url {url}"),
    ] {
        let output = ended(command(home, &format!("diff copy.yaml {other}"))).await;
        let shown = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (&*shown, output.status.code()),
            ("", Some(0)),
            "{other}: {errors}"
        );
    }
    let mut changed = file.clone();
    changed["UserPools"][0]["Policies"]["PasswordPolicy"]["MinimumLength"] = json!(16);
    changed["UserPools"][0]["UserPoolClients"][0]["CallbackURLs"] =
        json!(["http://localhost:4000"]);
    changed["UserPools"][0]["Users"] = json!([]);
    home.write("changed.yaml", &yaml(&changed));
    let output = ended(command(home, "diff copy.yaml changed.yaml")).await;
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    Policies.PasswordPolicy.MinimumLength: 12 -> 16
    UserPoolClients[web].CallbackURLs: - http://localhost:3000 - https://shop.example/in + http://localhost:4000
    NumberOfUsers: 240 -> 0
    ");
    let output = ended(command(home, "diff copy.yaml changed.yaml --json")).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["equal"], false);
    assert_eq!(
        report["differences"][0]["path"],
        "Policies.PasswordPolicy.MinimumLength"
    );
    for wrong in [
        "diff copy.yaml missing.yaml",
        "diff copy.yaml#other source.yaml",
        "diff copy.yaml emulator:us-east-1_X --emulator-url http://127.0.0.1:1",
    ] {
        let output = ended(command(home, wrong)).await;
        assert_eq!(output.status.code(), Some(2), "{wrong}: {output:?}");
    }
}
