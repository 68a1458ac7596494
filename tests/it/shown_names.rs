//! Names in answers: each member that a tool shows of a resource, and that another tool sets, is
//! an argument of that tool, or the error for it says what to give instead.

use std::collections::BTreeSet;

use cognito_mcp::tools;
use serde_json::{Value, json};

use crate::test_server::TestServer;

/// The tools that show a resource, the list that has it (or nothing), and the tools that set it.
const RESOURCES: &[(&str, &str, &[&str])] = &[
    ("describe_client", "", &["create_client", "update_client"]),
    (
        "list_clients",
        "clients",
        &["create_client", "update_client"],
    ),
    ("describe_pool", "", &["create_pool", "update_pool"]),
    ("list_pools", "pools", &["create_pool", "update_pool"]),
    ("list_groups", "groups", &["create_group", "update_group"]),
    ("get_user", "", &["create_user", "update_user"]),
    ("list_users", "users", &["create_user", "update_user"]),
    ("get_mfa_config", "", &["set_mfa_config"]),
    ("get_user_factors", "", &["set_mfa_preference"]),
    ("get_identity_provider", "", &["put_identity_provider"]),
    (
        "list_resource_servers",
        "resource_servers",
        &["put_resource_server"],
    ),
    ("get_risk_config", "", &["set_risk_config"]),
];

/// Members that no tool sets: times, counts, explanations, and what Cognito chooses.
const NOT_SET: &[&str] = &[
    "affects",
    "arn",
    "changed",
    "created_at",
    "cursor",
    "estimated_users",
    "explanation",
    "has_more",
    "has_passkey",
    "left_out",
    "modified_at",
    "next",
    // The client whose settings are shown.
    "of",
    "secret_files",
];

fn members(schema: &Value) -> BTreeSet<String> {
    let members = schema["properties"].as_object();
    members
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

/// A value that `schema` accepts.
fn sample(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(1),
        Some("array") => json!([sample(&schema["items"])]),
        Some("object") => json!({ "a": "b" }),
        _ => json!("ENABLED"),
    }
}

#[tokio::test]
async fn every_member_that_is_shown_is_accepted_or_answered() {
    let server = TestServer::demo().await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (shows, list, sets) in RESOURCES {
        let output = tools::find(shows)
            .unwrap()
            .published()
            .output_schema
            .clone();
        let output = Value::Object((*output.unwrap()).clone());
        let resource = match *list {
            "" => &output,
            list => &output["properties"][list]["items"],
        };
        let shown = members(resource);
        assert!(!shown.is_empty(), "{shows} shows no {list}");
        for tool in *sets {
            let definition = tools::find(tool).unwrap();
            let input = Value::Object((*definition.published().input_schema).clone());
            let accepted = members(&input);
            for name in shown.difference(&accepted) {
                if NOT_SET.contains(&name.as_str()) {
                    continue;
                }
                asked += 1;
                let required = input["required"].as_array().cloned().unwrap_or_default();
                let mut arguments = definition.example().clone();
                let members = arguments.as_object_mut().unwrap();
                members.retain(|name, _| required.contains(&json!(name)));
                arguments[name] = sample(&resource["properties"][name]);
                let (_, facts) = server.refused(tool, arguments).await;
                let problem = &facts["problems"][0];
                let message = problem["message"].as_str().unwrap_or_default();
                let is_answered = problem["nearest"].is_string()
                    || facts["retry"].is_object()
                    || message.contains(": ") && !message.contains("cannot be given");
                if !is_answered {
                    wrong.push(format!("{tool} {name}, which {shows} shows: {message}"));
                }
            }
        }
    }
    assert!(asked > 10, "{asked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A group has the same name in every tool.
#[test]
fn a_group_is_called_group() {
    for tool in tools::all() {
        let input = Value::Object((*tool.published().input_schema).clone());
        let output = tool.published().output_schema.as_deref().cloned().unwrap();
        let output = Value::Object(output);
        for schema in [&input, &output, &output["properties"]["groups"]["items"]] {
            assert!(!members(schema).contains("group_name"), "{}", tool.name());
        }
        if tool.name() == "list_groups" {
            assert!(members(&output["properties"]["groups"]["items"]).contains("group"));
        }
    }
}

/// Collects the objects in `schema` that have `id` but none of `names`.
fn without_name(schema: &Value, id: &str, names: &[&str], at: &str, found: &mut Vec<String>) {
    let shown = members(schema);
    if shown.contains(id) && !names.iter().any(|name| shown.contains(*name)) {
        found.push(at.to_owned());
    }
    match schema {
        Value::Object(parts) => {
            for (key, part) in parts {
                without_name(part, id, names, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(parts) => {
            for part in parts {
                without_name(part, id, names, at, found);
            }
        }
        _ => {}
    }
}

/// What a token says, which has ids only.
const CLAIMS: &[(&str, &str)] = &[
    ("exchange_code", "user"),
    ("refresh_tokens", "user"),
    ("verify_token", "claims"),
];

/// An answer that has the id of a user pool or an app client has its name too. The pool of a change
/// is named in the member `on`, which every change has.
#[test]
fn ids_have_their_names_beside_them() {
    let mut found = Vec::new();
    for tool in tools::all() {
        let output = tool.published().output_schema.as_deref().cloned().unwrap();
        let mut output = Value::Object(output);
        for (_, claims) in CLAIMS.iter().filter(|(name, _)| *name == tool.name()) {
            let taken = output["properties"][claims].take();
            assert!(
                taken["properties"]["client_id"].is_object(),
                "{}",
                tool.name()
            );
        }
        let at = tool.name();
        without_name(
            &output,
            "client_id",
            &["name", "client_name"],
            at,
            &mut found,
        );
        let names = ["name", "user_pool_name", "on"];
        without_name(&output, "user_pool_id", &names, at, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
