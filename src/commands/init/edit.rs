//! Editing of a client's settings. One entry is written. Comments, order, indentation and
//! all other entries are kept.

use std::collections::BTreeMap;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Value, json};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

/// The command that starts the server, its arguments and its environment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) command: String,
    pub(super) args: Vec<String>,
    pub(super) env: BTreeMap<&'static str, String>,
}

impl Entry {
    /// The members of a JSON entry.
    pub(super) fn members(&self, transport: bool) -> impl Iterator<Item = (String, Value)> {
        let members = [
            ("type", transport.then(|| json!("stdio"))),
            ("command", Some(json!(self.command))),
            ("args", Some(json!(self.args))),
            ("env", (!self.env.is_empty()).then(|| json!(self.env))),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

/// Members of an entry for a server at a URL.
const REMOTE: [&str; 3] = ["url", "httpUrl", "serverUrl"];

fn remote(name: &str) -> String {
    format!("its `{name}` is a server at a URL; choose another --name")
}

/// Sets the entry in JSON text, which may have comments and trailing commas.
pub(super) fn json(
    text: &str,
    servers: &str,
    name: &str,
    entry: &Entry,
    transport: bool,
) -> Result<String, String> {
    let fresh = text.trim().is_empty();
    let text = if fresh { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| format!("it is not JSON ({error})"))?;
    let object = root.object_value().ok_or("it is not a JSON object")?;
    let servers_of = object.object_value_or_create(servers);
    let servers_of = servers_of.ok_or_else(|| format!("its `{servers}` is not an object"))?;
    let ours = servers_of.object_value_or_create(name);
    let ours = ours.ok_or_else(|| format!("its `{name}` is not an object"))?;
    if REMOTE.iter().any(|member| ours.get(member).is_some()) {
        return Err(remote(name));
    }
    for (member, value) in entry.members(transport) {
        if let ("env", Value::Object(variables)) = (member.as_str(), &value) {
            let env = ours.object_value_or_create("env");
            let env = env.ok_or("its `env` is not an object")?;
            for (variable, value) in variables {
                set(&env, variable, value);
            }
        } else {
            set(&ours, &member, &value);
        }
    }
    Ok(root.to_string())
}

fn set(object: &CstObject, member: &str, value: &Value) {
    match object.get(member) {
        None => {
            object.append(member, input(value));
        }
        Some(there) => {
            if there.to_serde_value().as_ref() != Some(value) {
                there.set_value(input(value));
            }
        }
    }
}

/// Converts strings and lists of strings: an entry has no other values.
fn input(value: &Value) -> CstInputValue {
    match value {
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        _ => unreachable!("an entry has only strings and lists of strings"),
    }
}

/// Sets the entry in TOML text.
pub(super) fn toml(text: &str, servers: &str, name: &str, entry: &Entry) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error| format!("it is not TOML ({error})"))?;
    let root: &mut Table = document.as_table_mut();
    let servers_of = table(root, servers, true)?;
    let ours = table(servers_of, name, false)?;
    if REMOTE.iter().any(|member| ours.get(member).is_some()) {
        return Err(remote(name));
    }
    let args: Array = entry.args.iter().map(String::as_str).collect();
    put(ours, "command", value(&entry.command));
    put(ours, "args", value(args));
    if !entry.env.is_empty() {
        let env = table(ours, "env", false)?;
        for (variable, text) in &entry.env {
            put(env, variable, value(text));
        }
    }
    Ok(document.to_string())
}

fn table<'a>(
    parent: &'a mut dyn TableLike,
    name: &str,
    implicit: bool,
) -> Result<&'a mut dyn TableLike, String> {
    let mut fresh = Table::new();
    fresh.set_implicit(implicit);
    let item = parent.entry(name).or_insert(Item::Table(fresh));
    let item = item.as_table_like_mut();
    item.ok_or_else(|| format!("its `{name}` is not a table"))
}

/// Sets `name` if its value differs, so that a comment after an equal value is kept.
fn put(table: &mut dyn TableLike, name: &str, new: Item) {
    let text = |item: &Item| item.to_string().trim().to_owned();
    let old = table.get(name).map(text);
    if old.as_deref() != Some(&text(&new)) {
        table.insert(name, new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(case: &str, text: &str) {
        insta::with_settings!({
            snapshot_path => "../../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("init_{case}"), text);
        });
    }

    fn entry(args: &[&str], env: &[(&'static str, &str)]) -> Entry {
        Entry {
            command: "/opt/cognito-mcp".to_owned(),
            args: args.iter().map(ToString::to_string).collect(),
            env: env
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        }
    }

    fn aws() -> Entry {
        entry(&["serve", "--backend", "aws"], &[("AWS_PROFILE", "work")])
    }

    #[test]
    fn a_missing_file_is_created() {
        for nothing in ["", "\n"] {
            review(
                "new_json",
                &json(nothing, "servers", "cognito", &aws(), true).unwrap(),
            );
        }
        review(
            "new_toml",
            &toml("", "mcp_servers", "cognito", &aws()).unwrap(),
        );
    }

    const SETTINGS: &str = r#"// My settings.
{
    "theme": "dark", // by night
    "context_servers": {
        /* theirs */
        "other": { "command": "x", "env": { "KEY": "S3cret" } },
    },
    "last": [1,2 , 3],
}
"#;

    #[test]
    fn comments_order_and_indentation_stay() {
        let edited = json(SETTINGS, "context_servers", "cognito", &aws(), false).unwrap();
        review("comments", &edited);
        let again = json(&edited, "context_servers", "cognito", &aws(), false);
        assert_eq!(again.unwrap(), edited, "once is enough");
    }

    #[test]
    fn an_entry_keeps_members_of_the_user() {
        let edited = json(SETTINGS, "context_servers", "cognito", &aws(), false).unwrap();
        let edited = edited.replace(
            "\"AWS_PROFILE\": \"work\"",
            "\"AWS_PROFILE\": \"work\", \"MINE\": \"1\" /* kept */",
        );
        let other = entry(&["serve"], &[("AWS_PROFILE", "home")]);
        review(
            "entry",
            &json(&edited, "context_servers", "cognito", &other, false).unwrap(),
        );
    }

    #[test]
    fn toml_keeps_its_comments() {
        let text = "# Mine.\nmodel = \"x\" # best\n\n[mcp_servers.other]\ncommand = \"y\"\n\n[tui]\nnotifications = true\n";
        let edited = toml(text, "mcp_servers", "cognito", &aws()).unwrap();
        review("toml", &edited);
        let kept = edited.replace("args", "startup_timeout_sec = 20 # slow\nargs");
        assert_eq!(toml(&kept, "mcp_servers", "cognito", &aws()).unwrap(), kept);
    }

    #[test]
    fn text_that_cannot_be_edited_is_refused() {
        for (text, why) in [
            ("{ \"a\": ", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            ("{ \"s\": [] }", "its `s` is not an object"),
            (
                "{ \"s\": { \"cognito\": 1 } }",
                "its `cognito` is not an object",
            ),
            (
                "{ \"s\": { \"cognito\": { \"url\": \"x\" } } }",
                "its `cognito` is a server at a URL",
            ),
        ] {
            let refused = json(text, "s", "cognito", &aws(), false).unwrap_err();
            assert!(refused.starts_with(why), "{text}: {refused}");
        }
        for (text, why) in [
            ("a = ", "it is not TOML"),
            ("s = 1", "its `s` is not a table"),
            (
                "[s.cognito]\nurl = \"x\"",
                "its `cognito` is a server at a URL",
            ),
        ] {
            let refused = toml(text, "s", "cognito", &aws()).unwrap_err();
            assert!(refused.starts_with(why), "{text}: {refused}");
        }
    }
}
