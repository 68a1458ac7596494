//! Published definitions of tools: one reviewed file per tool, and rules for all
//! definitions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cognito_mcp::cognito::operations::{self, Effect};
use cognito_mcp::config::{BackendKind, Config};
use cognito_mcp::definition::Definition;
use cognito_mcp::start::selection;
use cognito_mcp::tools;
use serde_json::{Value, json};

#[test]
fn every_tool_is_reviewed() {
    insta::with_settings!({
        snapshot_path => "../../snapshots/tools",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for entry in tools::all() {
            insta::assert_json_snapshot!(entry.name(), entry.published());
        }
    });
}

/// The names of the snapshots in a folder.
pub(crate) fn snapshots(folder: &str) -> BTreeSet<String> {
    let folder = format!("{}/snapshots/{folder}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".snap")?.to_owned()))
        .collect()
}

#[test]
fn no_snapshot_is_left_behind() {
    let tools: BTreeSet<String> = tools::all().map(|tool| tool.name().to_owned()).collect();
    assert_eq!(snapshots("tools"), tools);
}

#[test]
fn names_are_unique_sorted_and_short() {
    let names: Vec<&str> = tools::all().map(Definition::name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for name in names {
        // With a client's prefix (`mcp__cognito-mcp__`) a name has at most 64 characters.
        assert!(name.len() <= 40, "{name}");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
    }
}

#[test]
fn every_tool_is_described() {
    for entry in tools::all() {
        let name = entry.name();
        let tool = entry.published();
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
            entry.emulated_only
                || [
                    "decode_token",
                    "describe_operation",
                    "get_iam_policy",
                    "totp_code",
                    "whoami"
                ]
                .contains(&name),
            "{name} names its operations"
        );
        for operation in entry.operations {
            assert!(operations::find(operation).is_some(), "{name} {operation}");
        }
    }
}

#[test]
fn schemas_are_portable() {
    for entry in tools::all() {
        let input = Value::Object((*entry.published().input_schema).clone());
        let output = Value::Object((**entry.published().output_schema.as_ref().unwrap()).clone());
        for (which, schema) in [("input", &input), ("output", &output)] {
            let at = format!("{} {which}", entry.name());
            assert_eq!(schema["type"], "object", "{at}");
            portable(schema, &at);
        }
        assert_eq!(input["additionalProperties"], false, "{}", entry.name());
    }
}

/// The description of a member that is a time must say that it is in RFC 3339.
#[test]
fn times_have_one_form() {
    fn check(schema: &Value, at: &str) {
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if name == "now" || name.ends_with("_at") {
                assert_eq!(member["type"], "string", "{at} {name}");
                let about = member["description"].as_str().unwrap();
                assert!(about.contains("RFC 3339"), "{at} {name}: {about}");
            }
            check(member, at);
            check(&member["items"], at);
        }
    }
    for entry in tools::all() {
        let output = entry.published().output_schema.as_deref().unwrap();
        check(&Value::Object(output.clone()), entry.name());
    }
}

/// Limits the text that a host passes to its model at the start of every conversation. A
/// token is counted as four bytes.
#[test]
fn definitions_are_short() {
    const MOST_OF_ONE: usize = 400;
    const MOST_BY_DEFAULT: usize = 8_000;
    let mut table = String::new();
    let mut totals = BTreeMap::new();
    let mut long = Vec::new();
    for backend in [BackendKind::Emulated, BackendKind::Aws] {
        let config = Config {
            backend,
            ..Config::default()
        };
        let default = selection::select(&config).unwrap();
        let mut total = 0;
        for entry in tools::all().filter(|entry| default.contains(entry.name())) {
            total += tokens(entry);
        }
        totals.insert(format!("{backend:?}"), total);
    }
    for entry in tools::all() {
        let cost = tokens(entry);
        // One tool with nine actions costs less than nine tools.
        let most = match entry.name() {
            "update_users" => MOST_OF_ONE * 4 / 3,
            _ => MOST_OF_ONE,
        };
        writeln!(table, "{cost:5} {} ({})", entry.name(), entry.toolset).unwrap();
        if cost > most {
            long.push(entry.name());
        }
    }
    let all: usize = tools::all().map(tokens).sum();
    eprintln!("{table}{all:5} in all; by default {totals:?}");
    assert!(
        long.is_empty(),
        "over {MOST_OF_ONE} tokens: {long:?}\n{table}"
    );
    for (backend, total) in totals {
        assert!(total <= MOST_BY_DEFAULT, "{backend}: {total}\n{table}");
    }
}

/// The length of `entry` in a list of tools, in tokens, as far as the model reads it.
fn tokens(entry: &Definition) -> usize {
    let tool = entry.published();
    let before_the_model = json!([tool.name, tool.description, tool.input_schema]);
    before_the_model.to_string().len().div_ceil(4)
}

/// A published name remains valid, as the name or an alias of a tool.
#[test]
fn names_are_kept() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/tool-names.txt");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut names: BTreeSet<&str> = text.lines().collect();
    for name in &names {
        assert!(
            tools::find(name).is_some(),
            "{name} was a tool: give it an alias"
        );
    }
    for tool in tools::all() {
        names.insert(tool.name());
    }
    let names = names.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("README_WRITE").is_some() {
        std::fs::write(path, &names).unwrap();
    }
    let now = std::fs::read_to_string(path).unwrap();
    assert!(
        now == names,
        "add the new names: README_WRITE=1 cargo test names_are_kept"
    );
}

/// The keywords that schemas may use.
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

/// An argument with a secret is marked `writeOnly`, so that it is not repeated.
#[test]
fn passwords_are_write_only() {
    for entry in tools::all() {
        secrets_are_marked(
            &Value::Object((*entry.published().input_schema).clone()),
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
