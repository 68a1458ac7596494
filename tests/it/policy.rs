//! The policy that `cognito-mcp policy` prints, evaluated as IAM would evaluate it for
//! the requests of the tools.

use std::collections::BTreeSet;

use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{self, aws};
use cognito_mcp::cognito::operations::{self, Access, Effect};
use cognito_mcp::commands::policy;
use cognito_mcp::config::{BackendKind, Config, Confirm, PolicyConfig, PolicyFormat, Selection};
use cognito_mcp::tools;
use serde_json::{Value, json};

use crate::Client;
use crate::call;
use crate::connect;
use crate::gates::drive;

const ACCOUNT: &str = "123456789012";

/// Whether IAM allows `action` on `resource`. All statements must have the effect
/// `Allow`, so anything else is denied.
fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let matches = |pattern: &Value, text: &str| {
        let pattern = pattern.as_str().unwrap();
        let pieces: Vec<String> = pattern.split('*').map(regex::escape).collect();
        let whole = format!("^{}$", pieces.join(".*"));
        regex::Regex::new(&whole).unwrap().is_match(text)
    };
    let any = |list: &Value, text: &str| {
        let list = list.as_array().unwrap();
        list.iter().any(|pattern| matches(pattern, text))
    };
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        any(&statement["Action"], action) && any(&statement["Resource"], resource)
    })
}

/// The action and the resource that IAM checks for a call of `operation`; `None` if the
/// operation is public.
fn asked(operation: &str, request: &Value, pool: &str) -> Option<(String, String)> {
    let resource = match operations::find(operation).unwrap().access {
        Access::Public => return None,
        Access::Account => "*".to_owned(),
        Access::Pool => {
            let named = request["UserPoolId"].as_str();
            let arn = || {
                format!(
                    "arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{}",
                    named.unwrap_or(pool)
                )
            };
            request["ResourceArn"]
                .as_str()
                .map_or_else(arn, ToOwned::to_owned)
        }
    };
    Some((format!("cognito-idp:{operation}"), resource))
}

/// A server with the AWS backend whose Cognito is an emulator.
struct PolicyServer {
    client: Client,
    stack: Stack,
    pool: String,
    other: String,
}

impl PolicyServer {
    async fn new(served: &PolicyConfig, in_pool: bool) -> (Self, PolicyConfig) {
        let emulated = backend::connect(&Config::default()).await.unwrap();
        let emulator = emulated.emulator.clone().unwrap();
        let (stack, defaults) = (emulator.stack().clone(), emulator.initial_defaults());
        let other = stack.call(&Call::new("CreateUserPool", json!({ "PoolName": "other" })));
        let other = other.body["UserPool"]["Id"].as_str().unwrap().to_owned();
        let pool = defaults.user_pool_id.clone().unwrap();
        // The tools read devices and events only in a pool that can have them.
        let settings = json!({
            "UserPoolId": pool, "UserPoolTier": "PLUS",
            "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
            "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
        });
        let updated = stack.call(&Call::new("UpdateUserPool", settings));
        assert!(updated.is_ok(), "{updated}");
        let policy = PolicyConfig {
            selection: Selection {
                pools: if in_pool { vec![pool.clone()] } else { vec![] },
                ..served.selection.clone()
            },
            account: Some(ACCOUNT.to_owned()),
            region: Some("us-east-1".to_owned()),
            ..served.clone()
        };
        let config = Config {
            backend: BackendKind::Aws,
            selection: policy.selection.clone(),
            allow_writes: policy.allow_writes,
            allow_destructive: policy.allow_destructive,
            confirm: Confirm::Never,
            user_pool_id: Some(pool.clone()),
            client_id: defaults.client_id,
            ..Config::default()
        };
        let sdk = crate::aws::sdk("http://localhost").into_builder();
        let backend = aws::over(&sdk.http_client(sdk_http_client(&stack)).build());
        let made = Self {
            client: connect(&config, backend).await,
            stack,
            pool,
            other,
        };
        made.stack.clear_journal();
        (made, policy)
    }

    /// Calls every tool, including calls that need correction. Returns the operations
    /// that were called, with their requests.
    #[expect(clippy::too_many_lines, reason = "a list of calls")]
    async fn recorded(&self) -> Vec<(String, Value)> {
        let first = [
            (
                "sign_in",
                json!({ "username": "ben", "password": "Temporary-1" }),
            ),
            (
                "answer_challenge",
                json!({ "session": "session-1", "new_password": "Correct-Horse-7" }),
            ),
            ("get_user", json!({ "username": "anna" })),
            ("get_user", json!({ "username": "ana" })),
            (
                "update_user",
                json!({ "username": "ana", "remove_attributes": ["nickname"] }),
            ),
            (
                "get_user",
                json!({ "username": "ana", "user_pool_id": "us-east-1_Nowhere0" }),
            ),
            (
                "create_user",
                json!({ "username": "gil", "groups": ["admin"] }),
            ),
            (
                "create_user",
                json!({ "username": "hal", "groups": ["admins"] }),
            ),
            (
                "create_users",
                json!({ "users": [{ "username": "ida", "groups": ["admins"] }] }),
            ),
            ("list_users", json!({ "group": "admins" })),
            ("diagnose_sign_in", json!({ "username": "ana" })),
            (
                "sign_up",
                json!({ "username": "jo", "password": "Correct-Horse-7", "client_id": "nobodys" }),
            ),
            (
                "reset_password",
                json!({ "username": "ana", "password": "weak" }),
            ),
            (
                "rename_group",
                json!({ "group": "admins", "new_name": "owners" }),
            ),
            ("create_group", json!({ "group": "admins" })),
        ];
        let mut calls = first
            .map(|(tool, arguments)| (tool.to_owned(), arguments))
            .to_vec();
        calls.extend(drive().await);
        let listed = self.client.list_all_tools().await.unwrap();
        calls.retain(|(tool, _)| listed.iter().any(|listed| listed.name == tool.as_str()));
        let mut recorded = Vec::new();
        let mut session = Value::Null;
        for (tool, mut arguments) in calls {
            if arguments.get("session").is_some() && session.is_string() {
                arguments["session"] = session.take();
            }
            let before = self.stack.journal_len();
            // Other tests check the results.
            let result = call(&self.client, &tool, arguments).await;
            if let Some(shown) = result.ok().and_then(|result| result.structured_content) {
                session = shown.get("session").cloned().unwrap_or(session);
            }
            let entry = tools::find(&tool).unwrap();
            for made in &self.stack.journal_after(before) {
                // The upload of a file and a request to a domain are not operations.
                if made.operation.is_empty() || made.operation.starts_with("domain/") {
                    continue;
                }
                let known = entry.operations.contains(&made.operation.as_str())
                    || operations::READ_BY_HINTS.contains(&made.operation.as_str());
                assert!(known, "{tool} does not declare {}", made.operation);
                recorded.push((made.operation.clone(), made.request.clone()));
            }
        }
        recorded
    }
}

fn selections() -> Vec<PolicyConfig> {
    let toolsets = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let of = |names: &[&str], allow_writes, allow_destructive| PolicyConfig {
        selection: Selection {
            toolsets: toolsets(names),
            ..Selection::default()
        },
        allow_writes,
        allow_destructive,
        ..PolicyConfig::default()
    };
    vec![
        of(&[], false, false),
        of(&[], true, false),
        of(&[], false, true),
        of(&["groups"], true, false),
        of(&["raw"], false, false),
        of(&["all"], false, true),
    ]
}

/// IAM allows every request that was sent.
#[tokio::test]
async fn requests_of_tools_are_allowed() {
    for (selection, pools) in selections().into_iter().zip([
        &[true][..],
        &[false, true],
        &[false],
        &[true],
        &[true],
        &[false],
    ]) {
        for in_pool in pools.iter().copied() {
            let (server, config) = PolicyServer::new(&selection, in_pool).await;
            let policy = policy::of(&config).unwrap().json();
            let recorded = server.recorded().await;
            assert!(!recorded.is_empty());
            for (operation, request) in recorded {
                let Some((action, resource)) = asked(&operation, &request, &server.pool) else {
                    continue;
                };
                let allowed = allows(&policy, &action, &resource);
                assert!(allowed, "{config:?}: {action} on {resource}");
            }
        }
    }
}

/// IAM allows nothing else. Each action in the policy of the default toolsets was called,
/// and no other pool is allowed.
#[tokio::test]
async fn nothing_else_is_allowed() {
    for (selection, in_pool) in selections().into_iter().take(3).zip([true, false, true]) {
        let (server, config) = PolicyServer::new(&selection, in_pool).await;
        let policy = policy::of(&config).unwrap().json();
        let called: BTreeSet<String> = server
            .recorded()
            .await
            .into_iter()
            .filter_map(|(operation, request)| asked(&operation, &request, &server.pool))
            .map(|(action, _)| action)
            .collect();
        let arn = |pool: &str| format!("arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool}");
        let mine = arn(&server.pool);
        let foreign = [
            arn(&server.other),
            format!("{mine}x"),
            mine.replace("us-east-1:", "eu-west-1:"),
            mine.replace(ACCOUNT, "210987654321"),
            mine.replace("userpool/", "identitypool/"),
            mine.replace("cognito-idp:us", "cognito-identity:us"),
        ];
        let mut spare = Vec::new();
        for operation in operations::all() {
            let action = format!("cognito-idp:{}", operation.name);
            let resource = if operation.access == Access::Account {
                "*"
            } else {
                &mine
            };
            let allowed = allows(&policy, &action, resource);
            if allowed != called.contains(&action) {
                spare.push(operation.name);
            }
            assert!(
                !(allowed && operation.access == Access::Public),
                "{action} needs none"
            );
            for resource in &foreign {
                let everywhere = operation.access == Access::Account
                    || !in_pool && *resource == arn(&server.other)
                    || !in_pool && *resource == format!("{mine}x");
                assert!(
                    everywhere || !allows(&policy, &action, resource),
                    "{action} on {resource}"
                );
            }
        }
        assert_eq!(spare, [""; 0], "{selection:?}");
        for action in [
            "cognito-idp:*",
            "iam:PassRole",
            "cognito-identity:GetId",
            "cognito-idp:AdminCreateUserX",
        ] {
            assert!(!allows(&policy, action, &mine), "{action}");
        }
    }
}

#[test]
fn effects_and_pools_restrict_the_policy() {
    let actions = |config: &PolicyConfig| -> BTreeSet<String> {
        let policy = policy::of(config).unwrap().json();
        let statements = policy["Statement"].as_array().unwrap().clone();
        let actions = statements
            .iter()
            .flat_map(|statement| statement["Action"].as_array().unwrap().clone());
        actions
            .map(|action| action.as_str().unwrap().replace("cognito-idp:", ""))
            .collect()
    };
    for (allow_writes, allow_destructive, allowed) in [
        (false, false, Effect::Read),
        (true, false, Effect::Change),
        (false, true, Effect::Destroy),
    ] {
        let config = PolicyConfig {
            selection: Selection {
                toolsets: vec!["all".to_owned()],
                ..Selection::default()
            },
            allow_writes,
            allow_destructive,
            ..PolicyConfig::default()
        };
        // The raw tool can call all operations.
        let expected: BTreeSet<String> = operations::all()
            .filter(|operation| operation.effect <= allowed && operation.access != Access::Public)
            .map(|operation| operation.name.to_owned())
            .collect();
        assert_eq!(actions(&config), expected);
        let in_pool = PolicyConfig {
            selection: Selection {
                pools: vec!["us-east-1_AbC".to_owned()],
                ..config.selection.clone()
            },
            ..config
        };
        let left_out: BTreeSet<String> = expected.difference(&actions(&in_pool)).cloned().collect();
        let unlimited = ["CreateUserPool", "ListUserPools", "UpdateProvisionedLimit"];
        let unlimited = unlimited
            .iter()
            .filter(|name| operations::effect_of(&[name]) <= allowed);
        assert_eq!(left_out, unlimited.map(ToString::to_string).collect());
    }
    let nothing = PolicyConfig {
        selection: Selection {
            tools: vec!["whoami".to_owned()],
            ..Selection::default()
        },
        ..PolicyConfig::default()
    };
    assert!(policy::of(&nothing).is_err());
    let wrong = PolicyConfig {
        selection: Selection {
            toolsets: vec!["user".to_owned()],
            ..Selection::default()
        },
        ..PolicyConfig::default()
    };
    assert!(
        policy::of(&wrong)
            .unwrap_err()
            .to_string()
            .contains("`users`")
    );
}

/// A managed policy has at most 6,144 characters, without whitespace.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[test]
fn the_largest_policy_fits_the_quota() {
    let config = PolicyConfig {
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        allow_destructive: true,
        ..PolicyConfig::default()
    };
    let length = policy::of(&config).unwrap().json().to_string().len();
    assert!(length <= 6_144, "{length}");
}

#[test]
fn the_policy_is_printed_in_three_formats() {
    let config = PolicyConfig {
        selection: Selection {
            tools: vec!["list_groups".to_owned(), "list_pools".to_owned()],
            ..Selection::default()
        },
        region: Some("eu-west-1".to_owned()),
        account: Some(ACCOUNT.to_owned()),
        ..PolicyConfig::default()
    };
    let policy = policy::of(&config).unwrap();
    let shown = [
        PolicyFormat::Json,
        PolicyFormat::Terraform,
        PolicyFormat::Cdk,
    ]
    .map(|format| policy.formatted(format))
    .join("\n");
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("policy", shown);
    });
    let arns = |pool: &str| {
        let config = PolicyConfig {
            selection: Selection {
                tools: vec!["get_user".to_owned()],
                pools: vec![pool.to_owned()],
                ..Selection::default()
            },
            ..PolicyConfig::default()
        };
        policy::of(&config).unwrap().json()["Statement"][0]["Resource"][0].clone()
    };
    assert_eq!(
        arns("cn-north-1_AbC"),
        "arn:aws-cn:cognito-idp:cn-north-1:*:userpool/cn-north-1_AbC"
    );
    assert_eq!(
        arns("us-gov-west-1_AbC"),
        "arn:aws-us-gov:cognito-idp:us-gov-west-1:*:userpool/us-gov-west-1_AbC"
    );
}

/// The tool and the command compute the same policy.
#[tokio::test]
async fn the_tool_has_the_policy_of_the_command() {
    let server = crate::test_server::TestServer::demo().await;
    for (toolsets, destructive) in [(vec!["users", "groups"], true), (vec!["raw"], false)] {
        let selection = Selection {
            toolsets: toolsets.iter().map(|set| (*set).to_owned()).collect(),
            pools: vec!["us-east-1_AbCdEfGhI".to_owned()],
            ..Selection::default()
        };
        let config = PolicyConfig {
            selection,
            region: Some("us-east-1".to_owned()),
            account: Some("123456789012".to_owned()),
            allow_destructive: destructive,
            ..PolicyConfig::default()
        };
        let expected = policy::of(&config).unwrap().json();
        let asked = json!({
            "tools": toolsets, "user_pool_ids": ["us-east-1_AbCdEfGhI"],
            "effect": if destructive { "destroy" } else { "read" },
        });
        let answer = server.done("get_iam_policy", asked).await;
        assert_eq!(answer["policy"], expected);
    }
    let all = server
        .done("get_iam_policy", json!({ "format": "terraform" }))
        .await;
    assert!(
        all["text"]
            .as_str()
            .unwrap()
            .contains("aws_iam_policy_document"),
        "{all}"
    );
    assert!(all.get("policy").is_none());
}
