//! What `tools/list` publishes: one reviewed file per tool, and rules for all.

use std::collections::BTreeSet;

use cognito_mcp::operations::{self, Effect};
use cognito_mcp::tools::{self, OnByDefault};
use serde_json::{Value, json};

#[test]
fn every_tool_is_reviewed() {
    insta::with_settings!({
        snapshot_path => "../../snapshots/tools",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for entry in tools::all() {
            insta::assert_json_snapshot!(entry.name(), entry.published);
        }
    });
}

#[test]
fn no_snapshot_is_left_behind() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/tools");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".snap")?.to_owned()))
        .collect();
    let tools: BTreeSet<String> = tools::all()
        .iter()
        .map(|tool| tool.name().to_owned())
        .collect();
    assert_eq!(files, tools);
}

#[test]
fn names_are_unique_sorted_and_short() {
    let names: Vec<&str> = tools::all().iter().map(tools::Entry::name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for name in names {
        // With a client's prefix (`mcp__cognito-mcp__`) a name has 64 characters at most.
        assert!(name.len() <= 40, "{name}");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
    }
}

#[test]
fn every_tool_says_what_it_is() {
    for entry in tools::all() {
        let name = entry.name();
        let tool = &entry.published;
        assert!(
            tool.title.as_ref().is_some_and(|title| !title.is_empty()),
            "{name}"
        );
        assert!(
            tool.description
                .as_ref()
                .is_some_and(|text| text.ends_with('.')),
            "{name}"
        );
        let annotations = tool.annotations.as_ref().unwrap();
        assert_eq!(
            annotations.read_only_hint,
            Some(entry.effect == Effect::Read),
            "{name}"
        );
        assert_eq!(
            annotations.destructive_hint,
            Some(entry.effect >= Effect::Change),
            "{name}"
        );
        assert!(annotations.idempotent_hint.is_some(), "{name}");
        assert!(annotations.open_world_hint.is_some(), "{name}");
        assert_eq!(
            entry.operations.is_empty(),
            entry.emulated_only || ["decode_token", "describe_operation", "whoami"].contains(&name),
            "{name} names its operations"
        );
        for operation in entry.operations {
            assert!(operations::find(operation).is_some(), "{name} {operation}");
        }
    }
}

#[test]
fn schemas_are_what_every_client_reads() {
    for entry in tools::all() {
        let input = Value::Object((*entry.published.input_schema).clone());
        let output = Value::Object((**entry.published.output_schema.as_ref().unwrap()).clone());
        for (which, schema) in [("input", &input), ("output", &output)] {
            let at = format!("{} {which}", entry.name());
            assert_eq!(schema["type"], "object", "{at}");
            portable(schema, &at);
        }
        assert_eq!(input["additionalProperties"], false, "{}", entry.name());
    }
}

/// What a host puts before its model at the start of every conversation, in tokens
/// of four bytes: 400 for a tool at most, and 8,000 for those that are on by default.
#[test]
fn definitions_are_short() {
    let mut by_default = 0;
    eprintln!("{:>6}  {:<16} tool", "tokens", "toolset");
    for entry in tools::all() {
        let tool = &entry.published;
        let before_the_model = json!([tool.name, tool.description, tool.input_schema]);
        let tokens = before_the_model.to_string().len().div_ceil(4);
        eprintln!("{tokens:>6}  {:<16} {}", entry.toolset, tool.name);
        assert!(tokens <= 400, "{}: {tokens}", tool.name);
        let set = tools::TOOLSETS.iter().find(|set| set.name == entry.toolset);
        let is_default = match set.unwrap().default {
            OnByDefault::All => true,
            OnByDefault::Reads => entry.effect == Effect::Read,
            OnByDefault::Emulated | OnByDefault::Nothing => false,
        };
        by_default += if is_default { tokens } else { 0 };
    }
    eprintln!("{by_default:>6}  on by default");
    assert!(by_default <= 8_000, "{by_default}");
}

/// The keywords used, and no others.
const KEYWORDS: [&str; 14] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "type",
];

#[track_caller]
fn portable(schema: &Value, at: &str) {
    let Value::Object(object) = schema else {
        assert!(schema.is_boolean(), "{at}: {schema}");
        return;
    };
    for key in object.keys() {
        assert!(
            KEYWORDS.contains(&key.as_str()) || key == "writeOnly",
            "{at}: {key}"
        );
    }
    assert!(
        object.get("type").is_some_and(Value::is_string),
        "{at}: {schema}"
    );
    if let Some(Value::Object(properties)) = object.get("properties") {
        for (name, property) in properties {
            let at = format!("{at} {name}");
            assert!(
                property["description"].is_string(),
                "{at} has no description"
            );
            portable(property, &at);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = object.get(inner) {
            portable(inner, at);
        }
    }
}

/// An argument that carries a secret is marked, so that it is never echoed.
#[test]
fn passwords_are_write_only() {
    for entry in tools::all() {
        secrets_are_marked(
            &Value::Object((*entry.published.input_schema).clone()),
            entry.name(),
        );
    }
}

#[track_caller]
fn secrets_are_marked(schema: &Value, at: &str) {
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, property) in properties {
        if name.ends_with("password") || name == "code" && at != "inject_fault" {
            assert_eq!(property["writeOnly"], true, "{at} {name}");
        }
        secrets_are_marked(property, at);
        secrets_are_marked(&property["items"], at);
    }
}
