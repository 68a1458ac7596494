//! Generated parts of the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cognito_emulator::model::Model;
use cognito_emulator::ops::BUILT;
use cognito_mcp::cognito::backend;
use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::config::Config;
use cognito_mcp::definition::Definition;
use cognito_mcp::mcp::prompts::PROMPTS;
use cognito_mcp::mcp::resources::RESOURCES;
use cognito_mcp::tools::{self, OnByDefault, TOOLSETS, Toolset};
use cognito_mcp::verify::{Corpus, Evidence};
use serde_json::Value;

use crate::bounds;

/// A part of a document: the name in the marks around it, and a function that
/// writes it.
type Part = (&'static str, fn() -> String);

/// The documents and their parts.
const DOCUMENTS: &[(&str, &[Part])] = &[
    (
        "docs/operations.md",
        &[("operations", operations), ("facts", facts)],
    ),
    (
        "docs/tools.md",
        &[
            ("toolsets", toolsets),
            ("tools", reference),
            ("resources", resources),
            ("prompts", prompts),
        ],
    ),
    (
        "docs/bounds.md",
        &[
            ("server", bounds::of_the_server),
            ("emulator", bounds::of_the_emulator),
        ],
    ),
];

/// The parts are rewritten by `README_WRITE=1 cargo test readme`.
#[test]
fn documents_are_current() {
    let mut stale = Vec::new();
    for (document, parts) in DOCUMENTS {
        let path = format!("{}/{document}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        let written = parts.iter().fold(text.clone(), |text, (name, part)| {
            filled(&text, name, &part())
        });
        if std::env::var_os("README_WRITE").is_some() {
            std::fs::write(&path, &written).unwrap();
        } else if text != written {
            stale.push(document);
        }
    }
    assert!(
        stale.is_empty(),
        "rewrite {stale:?}: README_WRITE=1 cargo test readme"
    );
}

/// `text` with `part` between the marks called `name`.
fn filled(text: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{part}{end}{after}")
}

fn of_set(set: &Toolset) -> impl Iterator<Item = &'static Definition> {
    tools::all().filter(|entry| entry.toolset == set.name)
}

/// A table of the toolsets and their tools.
fn toolsets() -> String {
    let mut table = "| toolset | tools | on by default |\n| --- | --- | --- |\n".to_owned();
    for set in TOOLSETS {
        let names: Vec<String> = of_set(set)
            .map(|tool| format!("`{}`", tool.name()))
            .collect();
        let (name, names) = (set.name, names.join(" "));
        writeln!(table, "| {name} | {names} | {} |", on_by_default(set)).unwrap();
    }
    table
}

fn on_by_default(set: &Toolset) -> &'static str {
    match set.default {
        OnByDefault::All => "yes",
        OnByDefault::Reads => "what reads",
        OnByDefault::Emulated => "on the emulator, and there alone",
        OnByDefault::Nothing => "no",
    }
}

/// Every tool in full, by toolset.
fn reference() -> String {
    let mut text = String::new();
    for set in TOOLSETS {
        let default = on_by_default(set);
        writeln!(text, "## Toolset `{}`\n", set.name).unwrap();
        writeln!(text, "For {}. On by default: {default}.\n", set.about).unwrap();
        for entry in of_set(set) {
            text.push_str(&tool(entry));
        }
    }
    text
}

fn tool(entry: &Definition) -> String {
    let tool = entry.published();
    let title = tool.title.as_deref().unwrap();
    let mut text = format!("### `{}`: {title}\n\n", entry.name());
    writeln!(text, "{}\n", tool.description.as_deref().unwrap()).unwrap();
    let does = match entry.effect {
        Effect::Read => "Reads only",
        Effect::Add => "Adds, and removes nothing",
        Effect::Change => "Changes what can be set again",
        Effect::Destroy => "Deletes, or locks out a user",
    };
    let operations = match entry.operations {
        [] => "Calls no operation of Cognito".to_owned(),
        names if names.len() > 20 => format!("Calls any of {} operations", names.len()),
        names => format!("Calls {}", names.join(", ")),
    };
    writeln!(text, "{does}. {operations}.\n").unwrap();
    let input = Value::Object((*tool.input_schema).clone());
    let mut rows = String::new();
    arguments(&mut rows, "", &input);
    if !rows.is_empty() {
        text.push_str("| argument | type | |\n| --- | --- | --- |\n");
        text.push_str(&rows);
        text.push('\n');
    }
    let output = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
    let members = output["properties"].as_object().into_iter().flatten();
    let members: Vec<String> = members
        .map(|(name, schema)| {
            let about = schema["description"].as_str().unwrap_or_default();
            format!("- `{name}`: {about}\n")
        })
        .collect();
    if !members.is_empty() {
        writeln!(text, "Answers:\n\n{}", members.concat()).unwrap();
    }
    writeln!(text, "Example: `{}`\n", entry.example()).unwrap();
    text
}

/// Adds a row for each argument and for each of its members.
fn arguments(rows: &mut String, within: &str, schema: &Value) {
    let required = |name: &str| {
        let required = schema["required"].as_array().into_iter().flatten();
        required.into_iter().any(|required| required == name)
    };
    for (name, argument) in schema["properties"].as_object().into_iter().flatten() {
        let must = if required(name) { ", required" } else { "" };
        let about = argument["description"].as_str().unwrap_or_default();
        let about = about.replace('|', "\\|").replace('\n', " ");
        let path = format!("{within}{name}");
        writeln!(rows, "| `{path}` | {}{must} | {about} |", kind(argument)).unwrap();
        arguments(rows, &format!("{path}."), argument);
        arguments(rows, &format!("{path}[]."), &argument["items"]);
    }
}

/// The type and the limits of an argument.
fn kind(schema: &Value) -> String {
    let mut kind = schema["type"].as_str().unwrap_or("any").to_owned();
    if kind == "array" {
        let item = schema["items"]["type"].as_str().unwrap_or("any");
        kind = format!("list of {item}");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("`{}`", value.as_str().unwrap()))
            .collect();
        kind = values.join(", ");
    }
    for (least, most, of) in [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ] {
        let limits = match (schema.get(least), schema.get(most)) {
            (Some(least), Some(most)) => format!(", {least} to {most}{of}"),
            (Some(least), None) => format!(", at least {least}{of}"),
            (None, Some(most)) => format!(", at most {most}{of}"),
            (None, None) => String::new(),
        };
        kind.push_str(&limits);
    }
    if let Some(default) = schema.get("default") {
        write!(kind, ", default `{default}`").unwrap();
    }
    if schema["writeOnly"] == true {
        kind.push_str(", secret");
    }
    kind
}

/// Every resource, and the tool that has the same content.
fn resources() -> String {
    let mut table = "| address | content | read as |\n| --- | --- | --- |\n".to_owned();
    for resource in RESOURCES {
        let read = resource
            .tool()
            .map_or_else(String::new, |tool| format!("`{tool}`"));
        writeln!(
            table,
            "| `{}` | {} | {read} |",
            resource.uri, resource.about
        )
        .unwrap();
    }
    table
}

/// Every prompt and its arguments.
fn prompts() -> String {
    let mut table = "| prompt | what it leads to | arguments |\n| --- | --- | --- |\n".to_owned();
    for prompt in PROMPTS {
        let arguments = prompt.published().arguments.unwrap();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| match argument.required {
                Some(true) => format!("`{}` (required)", argument.name),
                _ => format!("`{}`", argument.name),
            })
            .collect();
        let arguments = arguments.join(", ");
        writeln!(
            table,
            "| `{}` | {} | {arguments} |",
            prompt.name, prompt.about
        )
        .unwrap();
    }
    table
}

/// The operations by subject, according to their names.
fn operations() -> String {
    let built: BTreeSet<&str> = BUILT.iter().copied().collect();
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut missing = Vec::new();
    for operation in Model::get().operations() {
        if built.contains(operation.name) {
            kinds
                .entry(kind_of(operation.name))
                .or_default()
                .push(operation.name);
        } else {
            missing.push(operation.name);
        }
    }
    let all = Model::get().operations().count();
    let mut table = format!(
        "{} of {all} operations:\n\n| | |\n| --- | --- |\n",
        built.len()
    );
    for (kind, names) in kinds {
        writeln!(table, "| {kind} ({}) | {} |", names.len(), names.join(", ")).unwrap();
    }
    assert!(missing.is_empty(), "{missing:?}");
    table
}

/// Subjects, each with parts of operation names. The first match counts, so the
/// order matters.
const KINDS: &[(&str, &[&str])] = &[
    ("passkeys", &["WebAuthn"]),
    ("devices", &["Device"]),
    ("sessions", &["Session"]),
    (
        "identity providers",
        &["IdentityProvider", "ProviderForUser"],
    ),
    ("resource servers", &["ResourceServer"]),
    (
        "managed login",
        &["Branding", "UICustomization", "Terms", "Domain"],
    ),
    ("risk and logs", &["Risk", "AuthEvent", "LogDelivery"]),
    ("import", &["Import", "CSVHeader"]),
    ("groups", &["Group"]),
    ("app clients", &["UserPoolClient"]),
    (
        "second factors",
        &[
            "SoftwareToken",
            "MFAPreference",
            "MfaConfig",
            "UserSettings",
            "AuthFactors",
        ],
    ),
    (
        "sign-in and tokens",
        &["InitiateAuth", "AuthChallenge", "Token", "SignOut"],
    ),
    (
        "sign-up, codes and passwords",
        &[
            "SignUp",
            "Confirm",
            "Password",
            "Code",
            "VerifyUserAttribute",
        ],
    ),
    (
        "pools",
        &[
            "UserPool",
            "Resource",
            "CustomAttributes",
            "Limit",
            "SigningCertificate",
        ],
    ),
];

fn kind_of(operation: &str) -> &'static str {
    let fits = |(_, parts): &&(_, &[&str])| parts.iter().any(|part| operation.contains(part));
    KINDS.iter().find(fits).map_or("users", |(kind, _)| kind)
}

/// The number of cases in the corpus by area and evidence.
fn facts() -> String {
    let corpus = Corpus::read().unwrap();
    let classes = [Evidence::AwsVerified, Evidence::Docs, Evidence::Inferred];
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut total = [0; 3];
    for (area, case) in corpus.cases() {
        for (place, class) in classes.iter().enumerate() {
            if case.evidence == *class {
                counts.entry(&area.name).or_default()[place] += 1;
                total[place] += 1;
            }
        }
    }
    let mut table =
        "| area | aws-verified | docs | inferred |\n| --- | --- | --- | --- |\n".to_owned();
    for (area, [live, docs, inferred]) in &counts {
        writeln!(table, "| {area} | {live} | {docs} | {inferred} |").unwrap();
    }
    let [live, docs, inferred] = total;
    writeln!(
        table,
        "| **all** | **{live}** | **{docs}** | **{inferred}** |"
    )
    .unwrap();
    table
}

/// The guides contain the ids of the demo pool and its app client in a new
/// emulator.
#[tokio::test]
async fn the_demo_of_the_guides_exists() {
    let backend = backend::connect(&Config::default()).await.unwrap();
    let defaults = backend.emulator.unwrap().initial_defaults();
    let (pool, client) = (defaults.user_pool_id.unwrap(), defaults.client_id.unwrap());
    for guide in [
        "README.md",
        "docs/emulator.md",
        "docs/javascript.md",
        "docs/oauth.md",
    ] {
        let path = format!("{}/{guide}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&pool), "{guide} lacks {pool}");
        assert!(text.contains(&client), "{guide} lacks {client}");
    }
}
