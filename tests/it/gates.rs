//! Gates: every tool is called, every operation is called by name, and the requests that
//! reach Cognito are checked against the permissions of the server.

use std::collections::BTreeSet;

use cognito_emulator::model::Model;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::cognito::operations::{self, Effect};
use cognito_mcp::config::{Config, Confirm, Selection};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::tools;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::Client;
use crate::answer;
use crate::aws;
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::refusal;

/// A call of every tool, and a call of every operation by name.
pub(crate) async fn drive() -> Vec<(String, Value)> {
    static CALLS: OnceCell<Vec<(String, Value)>> = OnceCell::const_new();
    CALLS.get_or_init(examples).await.clone()
}

async fn examples() -> Vec<(String, Value)> {
    let config = every_tool();
    let client = connect(&config, backend::connect(&config).await.unwrap()).await;
    let mut calls: Vec<(String, Value)> = tools::all()
        .filter(|entry| entry.name() != "call_operation")
        .map(|entry| (entry.name().to_owned(), entry.example().clone()))
        .collect();
    for operation in operations::all() {
        let asked = json!({ "operation": operation.name });
        let described = answer(call(&client, "describe_operation", asked).await);
        let example = described["example"]["arguments"].clone();
        assert_eq!(example["operation"], operation.name, "{described}");
        calls.push(("call_operation".to_owned(), example));
    }
    calls
}

/// The operations that `cognito` has received.
async fn sent(cognito: &MockServer) -> BTreeSet<String> {
    let requests = cognito.received_requests().await.unwrap();
    let target = |request: &wiremock::Request| {
        let target = request.headers["x-amz-target"].to_str().unwrap();
        target.rsplit('.').next().unwrap().to_owned()
    };
    requests.iter().map(target).collect()
}

async fn empty_cognito() -> MockServer {
    let cognito = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({}));
    Mock::given(any())
        .respond_with(answer)
        .mount(&cognito)
        .await;
    cognito
}

#[tokio::test]
async fn only_allowed_operations_are_sent() {
    let calls = drive().await;
    for (allow_writes, allow_destructive, allowed) in [
        (false, false, Effect::Read),
        (true, false, Effect::Change),
        (false, true, Effect::Destroy),
    ] {
        let cognito = empty_cognito().await;
        let config = Config {
            allow_writes,
            allow_destructive,
            confirm: Confirm::Never,
            ..every_tool()
        };
        let client = aws::client(&cognito, config).await;
        for (tool, arguments) in &calls {
            // The result does not matter, because Cognito's answers are empty.
            let _ = call(&client, tool, arguments.clone()).await.unwrap();
        }
        let sent = sent(&cognito).await;
        let stronger: Vec<&String> = sent
            .iter()
            .filter(|name| operations::effect_of(&[name]) > allowed)
            .collect();
        assert!(stronger.is_empty(), "{allowed:?}: {stronger:?}");
        // Every allowed operation was sent. Otherwise the check above would prove
        // nothing.
        let missed: Vec<&str> = operations::all()
            .filter(|operation| operation.effect <= allowed && !sent.contains(operation.name))
            .map(|operation| operation.name)
            .collect();
        assert!(missed.is_empty(), "{allowed:?}: {missed:?}");
    }
}

#[tokio::test]
async fn errors_of_disabled_tools_name_no_flag() {
    let cognito = empty_cognito().await;
    let client = aws::client(&cognito, every_tool()).await;
    for (tool, arguments) in drive().await {
        let entry = tools::find(&tool).unwrap();
        let code = match entry.effect_with(arguments.as_object().unwrap()) {
            _ if entry.emulated_only => "EmulatorOnly",
            Effect::Read => continue,
            Effect::Destroy => "DestructionNotAllowed",
            _ => "WritesNotAllowed",
        };
        let (sentence, facts) = refusal(call(&client, &tool, arguments.clone()).await);
        assert_eq!(facts["code"], code, "{tool} {arguments}");
        assert!(!sentence.contains("--"), "{sentence}");
    }
    assert_eq!(sent(&cognito).await, BTreeSet::new());
}

/// Uses the SDK's client directly, as code would that forgot the watch.
#[tokio::test]
async fn requests_without_a_watch_are_not_sent() {
    let config = Config::default();
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let refused = backend
        .client
        .list_user_pools()
        .max_results(1)
        .send()
        .await
        .unwrap_err();
    let shown = aws_sdk_cognitoidentityprovider::error::DisplayErrorContext(refused).to_string();
    assert!(shown.contains("This call may not send"), "{shown}");
    assert_eq!(stack.journal().len(), 0);
}

fn written(stack: &Stack) -> Vec<String> {
    let journal = stack.journal();
    let writes = journal
        .iter()
        .filter(|entry| operations::effect_of(&[&entry.operation]) > Effect::Read);
    writes.map(|entry| entry.operation.clone()).collect()
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let config = every_tool();
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let client = connect(&config, backend).await;
    let before = stack.world().now();
    let mut shown = BTreeSet::new();
    let mut calls = drive().await;
    // A sign-in with a challenge that can be answered.
    let sign_in = json!({ "username": "ben", "password": "Temporary-1" });
    let session = answer(call(&client, "sign_in", sign_in).await)["session"].take();
    let challenge = json!({ "session": session, "new_password": "Correct-Horse-7" });
    calls.push(("answer_challenge".to_owned(), challenge));
    // Rows of a batch, one of which has a group that does not exist.
    let rows = json!({ "users": [
        { "username": "r-1", "groups": ["admins"] }, { "username": "r-2" },
        { "username": "r-3", "groups": ["nobodys"] },
    ] });
    calls.push(("create_users".to_owned(), rows));
    stack.clear_journal();
    for (tool, mut arguments) in calls {
        let entry = tools::find(&tool).unwrap();
        if entry.effect_with(arguments.as_object().unwrap()) == Effect::Read {
            continue;
        }
        arguments["dry_run"] = json!(true);
        let result = call(&client, &tool, arguments.clone()).await.unwrap();
        assert_eq!(written(&stack), [""; 0], "{tool} {arguments}");
        let Some(answer) = result.structured_content else {
            continue;
        };
        for held in answer["would_call"].as_array().unwrap() {
            shown.insert(held["operation"].as_str().unwrap().to_owned());
        }
        assert_eq!(answer["on"]["backend"], "emulated", "{tool}");
    }
    // Every write was reported by a dry run.
    let unreported: Vec<&str> = operations::all()
        .filter(|operation| operation.effect > Effect::Read && !shown.contains(operation.name))
        .map(|operation| operation.name)
        .collect();
    assert_eq!(unreported, [""; 0]);
    for tool in ["advance_clock", "inject_fault", "reset_emulator"] {
        assert!(shown.contains(tool), "{tool}");
    }
    let passed = stack.world().now().since(before);
    assert!(passed.as_secs() < 60, "no call moved the clock");
}

#[tokio::test]
async fn a_dry_run_reports_the_requests_of_the_call() {
    let config = every_tool();
    let backend = backend::connect(&config).await.unwrap();
    let stack = backend.emulator.as_ref().unwrap().stack().clone();
    let pool = backend
        .emulator
        .as_ref()
        .unwrap()
        .initial_defaults()
        .user_pool_id;
    let client = connect(&config, backend).await;
    let create = json!({
        "username": "dora", "temporary_password": "S3cret-Password", "groups": ["admins"],
        "dry_run": true,
    });
    let shown = answer(call(&client, "create_user", create).await);
    assert_eq!(
        shown["would_call"],
        json!([{
            "operation": "AdminCreateUser",
            "input": { "UserPoolId": pool, "Username": "dora", "TemporaryPassword": "***" },
        }])
    );
    assert_eq!(shown["may_follow"], json!(["AdminAddUserToGroup"]));
    let rows = json!({ "users": [{ "username": "r-1" }, { "username": "r-2" }], "dry_run": true });
    let shown = answer(call(&client, "create_users", rows).await);
    assert_eq!(shown["would_call_total"], 2);
    assert_eq!(shown["would_call"][1]["input"]["Username"], "r-2");

    // A call that would fail fails in a dry run too, and its retry is a dry run.
    let create = json!({ "username": "dora", "groups": ["admin"], "dry_run": true });
    let (_, facts) = refusal(call(&client, "create_user", create).await);
    assert_eq!(facts["code"], "ResourceNotFoundException");
    // A write is not retried with a group that the caller did not name.
    assert_eq!(facts["retry"]["tool"], "list_groups", "{facts}");
    let false_alarm = json!({ "username": "dora", "dry_run": "false" });
    assert_eq!(written(&stack), [""; 0]);
    answer(call(&client, "create_user", false_alarm).await);
    assert_eq!(written(&stack), ["AdminCreateUser"]);
}

/// An emulator with the demo pool and a second pool, and the ids in both.
struct TwoPools {
    stack: Stack,
    mine: String,
    client: String,
    other: String,
    other_client: String,
    other_token: String,
}

/// Creates the two pools; returns them and a backend.
async fn two_pools() -> (TwoPools, Backend) {
    let backend = backend::connect(&Config::default()).await.unwrap();
    let emulator = backend.emulator.clone().unwrap();
    let stack = emulator.stack().clone();
    let defaults = emulator.initial_defaults();
    let cognito = |operation: &str, input: Value| {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let other = text(&cognito("CreateUserPool", json!({ "PoolName": "other" }))["UserPool"]["Id"]);
    let flows = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let made = cognito(
        "CreateUserPoolClient",
        json!({ "UserPoolId": other, "ClientName": "other", "ExplicitAuthFlows": flows }),
    );
    let other_client = text(&made["UserPoolClient"]["ClientId"]);
    let user = json!({ "UserPoolId": other, "Username": "eve", "MessageAction": "SUPPRESS" });
    cognito("AdminCreateUser", user);
    let password = "Correct-Horse-7";
    cognito(
        "AdminSetUserPassword",
        json!({ "UserPoolId": other, "Username": "eve", "Password": password, "Permanent": true }),
    );
    let signed_in = cognito(
        "InitiateAuth",
        json!({
            "ClientId": other_client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "eve", "PASSWORD": password },
        }),
    );
    let other_token = text(&signed_in["AuthenticationResult"]["AccessToken"]);
    stack.clear_journal();
    let two_pools = TwoPools {
        mine: defaults.user_pool_id.unwrap(),
        client: defaults.client_id.unwrap(),
        stack,
        other,
        other_client,
        other_token,
    };
    (two_pools, backend)
}

fn only(pools: &[&str]) -> Config {
    Config {
        selection: Selection {
            pools: pools.iter().map(ToString::to_string).collect(),
            ..every_tool().selection
        },
        ..every_tool()
    }
}

async fn schemas(client: &Client) -> Vec<(String, Value)> {
    let listed = client.list_all_tools().await.unwrap();
    listed
        .into_iter()
        .map(|tool| {
            (
                tool.name.to_string(),
                Value::Object((*tool.input_schema).clone()),
            )
        })
        .collect()
}

#[tokio::test]
async fn schemas_name_only_the_allowed_pools() {
    let (two_pools, backend) = two_pools().await;
    let client = connect(&only(&[&two_pools.mine]), backend).await;
    for (tool, schema) in schemas(&client).await {
        assert!(schema["properties"].get("user_pool_id").is_none(), "{tool}");
        assert!(
            !schema.to_string().contains("\"user_pool_id\""),
            "{tool}: {schema}"
        );
    }
    // The pool is the default. A call may still name it.
    let plain = answer(call(&client, "describe_pool", json!({})).await);
    assert_eq!(plain["user_pool_id"], two_pools.mine);
    let named = json!({ "user_pool_id": two_pools.mine });
    assert_eq!(answer(call(&client, "describe_pool", named).await), plain);
    let listed = answer(call(&client, "list_pools", json!({})).await);
    assert_eq!(listed["pools"].as_array().unwrap().len(), 1);
    assert_eq!(listed["pools"][0]["user_pool_id"], two_pools.mine);

    let (two_pools, backend) = self::two_pools().await;
    let client = connect(&only(&[&two_pools.mine, &two_pools.other]), backend).await;
    let both = json!([two_pools.mine, two_pools.other]);
    let mut seen = 0;
    for (tool, schema) in schemas(&client).await {
        if let Some(pool) = schema["properties"].get("user_pool_id") {
            assert_eq!(pool["enum"], both, "{tool}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
    let listed = answer(call(&client, "list_pools", json!({})).await);
    assert_eq!(listed["pools"][1]["user_pool_id"], two_pools.other);
}

/// If only one pool is allowed, retries and next calls do not name it.
#[tokio::test]
async fn advice_does_not_name_the_only_pool() {
    let (two_pools, backend) = two_pools().await;
    let client = connect(&only(&[&two_pools.mine]), backend).await;
    let page = answer(call(&client, "list_users", json!({ "limit": 1 })).await);
    assert!(
        page["next"]["arguments"].get("user_pool_id").is_none(),
        "{page}"
    );
    answer(call(&client, "list_users", page["next"]["arguments"].clone()).await);
    let named = json!({ "user_pool_id": two_pools.mine, "username": "dora", "groups": ["admin"] });
    let (_, facts) = refusal(call(&client, "create_user", named).await);
    let retry = &facts["retry"];
    assert!(retry["arguments"].get("user_pool_id").is_none(), "{facts}");
    let tool = retry["tool"].as_str().unwrap().to_owned();
    answer(call(&client, &tool, retry["arguments"].clone()).await);
}

/// No tool, and no operation by name, sends a request about another pool, or a request
/// that is not about a certain pool.
#[tokio::test]
async fn another_pool_cannot_be_reached() {
    let (two_pools, backend) = two_pools().await;
    let client = connect(&only(&[&two_pools.mine]), backend).await;
    let arn = format!(
        "arn:aws:cognito-idp:us-east-1:123456789012:userpool/{}",
        two_pools.other
    );
    let foreign = [
        ("UserPoolId", json!(two_pools.other)),
        ("ResourceArn", json!(arn)),
        ("AccessToken", json!(two_pools.other_token)),
        ("ClientId", json!(two_pools.other_client)),
    ];
    let mut refused = BTreeSet::new();
    for (tool, arguments) in drive().await {
        let mut tries = Vec::new();
        for name in ["user_pool_id", "userPoolId", "UserPoolId"] {
            let mut named = arguments.clone();
            named[name] = json!(two_pools.other);
            tries.push(named);
        }
        if let Some(operation) = arguments["operation"]
            .as_str()
            .filter(|_| tool == "call_operation")
        {
            tries.clear();
            let input = Model::get().operation(operation).unwrap().input();
            let alone = foreign
                .iter()
                .find(|(name, _)| input.member(name).is_some());
            let mut named = arguments.clone();
            if let Some((name, other)) = alone {
                named["input"][*name] = other.clone();
            }
            tries.push(named);
        }
        for arguments in tries {
            let before = two_pools.stack.journal_len();
            let result = call(&client, &tool, arguments.clone()).await.unwrap();
            let shown = crate::text(&result);
            for entry in &two_pools.stack.journal_after(before) {
                let request = entry.request.to_string();
                assert!(
                    !request.contains(&two_pools.other),
                    "{tool} {arguments}: {request}"
                );
                // The client is looked up in the allowed pool, by its id or its name.
                let looked = ["DescribeUserPoolClient", "ListUserPoolClients"]
                    .contains(&entry.operation.as_str());
                assert!(
                    looked
                        || entry.operation == "GetProvisionedLimit"
                        || entry.operation == "DescribeUserPoolDomain",
                    "{tool} {arguments}: {}",
                    entry.operation
                );
            }
            if shown.contains("PoolNotAllowed") {
                let which = arguments["operation"].as_str().unwrap_or(&tool).to_owned();
                refused.insert(which);
            }
        }
    }
    // These two name no pool and return nothing about another pool.
    let passed: Vec<&str> = operations::all()
        .map(|operation| operation.name)
        .filter(|name| !refused.contains(*name))
        .collect();
    assert_eq!(passed, ["DescribeUserPoolDomain", "GetProvisionedLimit"]);
}

/// If an operation names only an app client, the client is first looked up in the allowed
/// pools.
#[tokio::test]
async fn a_client_of_another_pool_cannot_be_reached() {
    let (two_pools, backend) = two_pools().await;
    let client = connect(&only(&[&two_pools.mine]), backend).await;
    let sign_up = |client: &str| json!({ "username": "fay", "password": "Correct-Horse-7", "attributes": { "email": "fay@example.com" }, "client_id": client });
    let (_, facts) = refusal(call(&client, "sign_up", sign_up(&two_pools.other_client)).await);
    assert_eq!(facts["code"], "PoolNotAllowed");
    assert_eq!(written(&two_pools.stack), [""; 0]);
    answer(call(&client, "sign_up", sign_up(&two_pools.client)).await);
    assert_eq!(written(&two_pools.stack), ["SignUp"]);
}

/// An operation names a domain only. An answer about another pool is not shown.
#[tokio::test]
async fn a_domain_of_another_pool_is_not_shown() {
    let (two_pools, backend) = two_pools().await;
    // The demo pool has a domain.
    let input = json!({ "UserPoolId": two_pools.other, "Domain": "others" });
    let reply = two_pools
        .stack
        .call(&Call::new("CreateUserPoolDomain", input));
    assert!(reply.is_ok(), "{reply}");
    let client = connect(&only(&[&two_pools.mine]), backend).await;
    let ask = |domain: &str| json!({ "operation": "DescribeUserPoolDomain", "input": { "Domain": domain } });
    let shown = answer(call(&client, "call_operation", ask("demo")).await);
    assert_eq!(
        shown["answer"]["DomainDescription"]["UserPoolId"],
        two_pools.mine
    );
    let (_, facts) = refusal(call(&client, "call_operation", ask("others")).await);
    assert_eq!(facts["code"], "PoolNotAllowed", "{facts}");
}

#[tokio::test]
async fn the_default_pool_must_be_allowed() {
    let (two_pools, backend) = two_pools().await;
    let config = Config {
        user_pool_id: Some(two_pools.other.clone()),
        ..only(&[&two_pools.mine])
    };
    let refused = Server::new(&config, backend).err().unwrap().to_string();
    assert!(
        refused.contains("is not among the pools that --pool names"),
        "{refused}"
    );
    // If the demo pool is not allowed, it is not the default.
    let (two_pools, backend) = self::two_pools().await;
    let client = connect(&only(&[&two_pools.other]), backend).await;
    let users = answer(call(&client, "list_users", json!({})).await);
    assert_eq!(users["users"][0]["username"], "eve");
}
