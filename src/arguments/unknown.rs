//! Unknown arguments: the argument that is meant, or what to do instead.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use cognito_emulator::model::Model;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::forms::{coerce_value, filter, meant};
use super::names::{
    OF_A_USER, attribute, is_ambiguous, nearest, plain, resource_argument, slip, synonym,
    without_context, words,
};
use super::units;
use crate::cognito::attributes;
use crate::cognito::operations;
use crate::error::{Kind, Problem};

/// The object with an unknown argument, and its schema.
pub(super) struct Place<'a> {
    /// The tool that was called.
    pub(super) tool: &'a str,
    /// Whether every call of the tool writes.
    pub(super) writes: bool,
    /// JSON pointer to the object.
    pub(super) pointer: &'a str,
    /// The schema of the object.
    pub(super) schema: Option<&'a JsonObject>,
    /// The object.
    pub(super) given: &'a Value,
}

/// What to do instead of sending an argument that a tool does not have.
struct Instead {
    tool: &'static str,
    /// The names of the argument.
    arguments: &'static [&'static str],
    advice: &'static str,
}

/// Advice for unknown arguments, sorted by tool and arguments.
const INSTEAD: &[Instead] = &[
    Instead {
        tool: "create_client",
        arguments: &["client_id"],
        advice: "Cognito chooses the id of a new client",
    },
    Instead {
        tool: "create_group",
        arguments: &["members", "usernames", "users"],
        advice: "create the group, then add each user with `add_user_to_group`",
    },
    Instead {
        tool: "create_pool",
        arguments: &["custom_attributes"],
        advice: "create the pool, then use `add_pool_attributes`",
    },
    Instead {
        tool: "create_pool",
        arguments: &["mfa"],
        advice: "create the pool, then use `set_mfa_config`",
    },
    Instead {
        tool: "create_pool",
        arguments: &["user_pool_id"],
        advice: "Cognito chooses the id of a new pool",
    },
    Instead {
        tool: "create_user",
        arguments: &["enabled"],
        advice: "a new user is enabled; `disable_user` changes that",
    },
    Instead {
        tool: "create_user",
        arguments: &["mfa", "preferred_mfa"],
        advice: "create the user, then use `set_mfa_preference`",
    },
    Instead {
        tool: "create_user",
        arguments: &["password"],
        advice: "the first password is temporary: give it as `temporary_password`, or set one that lasts with `reset_password` afterwards",
    },
    Instead {
        tool: "create_user",
        arguments: &["permanent"],
        advice: "the first password is temporary; set one that lasts with `reset_password` afterwards",
    },
    Instead {
        tool: "create_user",
        arguments: &["status"],
        advice: "a new user is FORCE_CHANGE_PASSWORD; `reset_password` makes the user CONFIRMED",
    },
    Instead {
        tool: "create_users",
        arguments: &["password"],
        advice: "give each row its `temporary_password`",
    },
    Instead {
        tool: "list_groups",
        arguments: &["username"],
        advice: "`get_user` shows the groups of a user",
    },
    Instead {
        tool: "list_users",
        arguments: &["order"],
        advice: "sorted lists have the newest users first",
    },
    Instead {
        tool: "set_mfa_preference",
        arguments: &["addresses"],
        advice: "use `update_user`",
    },
    Instead {
        tool: "set_mfa_preference",
        arguments: &["pool_factors"],
        advice: "use `set_mfa_config`",
    },
    Instead {
        tool: "update_client",
        arguments: &["client_secret"],
        advice: "use `rotate_client_secret`",
    },
    Instead {
        tool: "update_client",
        arguments: &["has_secret", "secret"],
        advice: "a client gets a secret only at creation: create another one with `create_client`",
    },
    Instead {
        tool: "update_client",
        arguments: &["secrets"],
        advice: "use `rotate_client_secret` and `remove_client_secret`",
    },
    Instead {
        tool: "update_pool",
        arguments: &["custom_attributes"],
        advice: "use `add_pool_attributes`",
    },
    Instead {
        tool: "update_pool",
        arguments: &["mfa"],
        advice: "use `set_mfa_config`",
    },
    Instead {
        tool: "update_pool",
        arguments: &["sign_in"],
        advice: "how users sign in cannot be changed after the creation of the pool",
    },
    Instead {
        tool: "update_user",
        arguments: &["enabled"],
        advice: "use `enable_user` or `disable_user`",
    },
    Instead {
        tool: "update_user",
        arguments: &["group", "groups"],
        advice: "use `add_user_to_group` and `remove_user_from_group`",
    },
    Instead {
        tool: "update_user",
        arguments: &["mfa", "preferred_mfa"],
        advice: "use `set_mfa_preference`",
    },
    Instead {
        tool: "update_user",
        arguments: &["new_username"],
        advice: "a username cannot be changed",
    },
    Instead {
        tool: "update_user",
        arguments: &["password"],
        advice: "use `reset_password`",
    },
    Instead {
        tool: "update_user",
        arguments: &["status"],
        advice: "the status follows from other calls: `confirm_user`, `reset_password`, `require_password_reset`",
    },
];

impl Instead {
    /// The row for an argument of a tool.
    fn of(tool: &str, name: &str) -> Option<&'static Self> {
        let name = plain(name);
        INSTEAD.iter().find(|row| {
            row.tool == tool && row.arguments.iter().any(|argument| plain(argument) == name)
        })
    }
}

/// Other names of arguments whose value has another form, so that the caller has to rewrite
/// it: the name, and the argument.
const OTHER_FORMS: &[(&str, &str)] = &[
    ("access_token_validity", "access_tokens_last"),
    ("allow_admin_create_user_only", "self_sign_up"),
    ("compromised_credentials_events", "compromised_credentials"),
    ("configured", "enable"),
    ("factor", "prefer"),
    ("factors", "authenticator_app"),
    (
        "hides_user_existence",
        "settings.PreventUserExistenceErrors",
    ),
    ("id_token_validity", "id_tokens_last"),
    ("passkey_user_verification", "passkey_verifies_user"),
    ("password_policy", "password_length"),
    ("refresh_token_days", "refresh_tokens_last"),
    ("refresh_token_validity", "refresh_tokens_last"),
    ("second_factors", "enable"),
    ("sign_in", "sign_in_by"),
    ("sign_up", "self_sign_up"),
    ("style", "settings"),
    ("token_minutes", "access_tokens_last"),
    ("user_verification", "passkey_verifies_user"),
];

/// Members of answers that tools accept in `settings`, in the same form: the member, and
/// the setting.
const SETTINGS: &[(&str, &str)] = &[
    ("account_recovery", "AccountRecoverySetting"),
    ("can_revoke_tokens", "EnableTokenRevocation"),
    ("challenge_minutes", "AuthSessionValidity"),
    ("identity_providers", "SupportedIdentityProviders"),
    ("readable_attributes", "ReadAttributes"),
    ("writable_attributes", "WriteAttributes"),
];

/// The operation whose members a tool accepts in `settings`.
const SETTINGS_OF: [(&str, &str); 4] = [
    ("create_client", "CreateUserPoolClient"),
    ("create_pool", "CreateUserPool"),
    ("update_client", "UpdateUserPoolClient"),
    ("update_pool", "UpdateUserPool"),
];

/// Details of identity providers.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html>
const DETAILS: [&str; 18] = [
    "EncryptedResponses",
    "IDPInit",
    "IDPSignout",
    "MetadataFile",
    "MetadataURL",
    "RequestSigningAlgorithm",
    "api_version",
    "attributes_request_method",
    "attributes_url",
    "attributes_url_add_attributes",
    "authorize_scopes",
    "authorize_url",
    "client_id",
    "jwks_uri",
    "key_id",
    "oidc_issuer",
    "team_id",
    "token_url",
];

/// Other names of details.
const DETAIL_SYNONYMS: [(&str, &str); 3] = [
    ("issuer", "oidc_issuer"),
    ("metadata", "MetadataURL"),
    ("scopes", "authorize_scopes"),
];

/// The problem of the unknown argument `name` at `place`. It has the argument that is meant
/// and its value, or what to do instead.
pub(super) fn problem(place: &Place<'_>, name: &str) -> Problem {
    let known = known(place.schema);
    // An unknown name does not mean an argument that is already given.
    let is_open = |known: &&str| place.given.get(known).is_none();
    let open: Vec<&str> = known.iter().copied().filter(is_open).collect();
    let mut problem = Problem {
        pointer: format!("{}/{}", place.pointer, escaped(name)),
        kind: Kind::Unknown,
        message: "is not an argument".to_owned(),
        allowed: Some(json!(known)),
        ..Problem::default()
    };
    let Some(value) = place.given.get(name) else {
        return problem;
    };
    if means_nothing(place, name, value) {
        problem.certain = true;
        return problem;
    }
    if let Some((target, meant)) = certain(place, name, value, &open) {
        problem.nearest = Some(target);
        problem.meant = meant;
        problem.certain = true;
        return problem;
    }
    match advice(place, name, &known) {
        Some(Advice::Nearest(target)) => problem.nearest = Some(target),
        Some(Advice::Instead(sentence)) => {
            problem.message = format!("{}: {sentence}", problem.message);
        }
        None => {}
    }
    problem
}

/// `name`, escaped for a JSON pointer (RFC 6901, section 3).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The names of an object's members.
pub(super) fn known(schema: Option<&JsonObject>) -> Vec<&str> {
    let properties = schema.and_then(|schema| schema.get("properties"));
    let properties = properties.and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(JsonObject::keys)
        .map(String::as_str)
        .collect()
}

/// Whether the call means the same without the argument.
fn means_nothing(place: &Place<'_>, name: &str, value: &Value) -> bool {
    let is_blank = match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    if is_blank {
        return true;
    }
    if !place.pointer.is_empty() {
        return false;
    }
    match plain(name).as_str() {
        // A call that only reads changes nothing, with or without `dry_run`.
        "dryrun" => !place.writes,
        // A call that requires confirmation requests it even without this argument.
        "confirm" | "responseformat" => true,
        _ => false,
    }
}

/// The argument that is certainly meant, and its value if it is in another form.
fn certain(
    place: &Place<'_>,
    name: &str,
    value: &Value,
    open: &[&str],
) -> Option<(String, Option<Value>)> {
    if open.contains(&"filter")
        && let Some(by) = filter(name, value)
    {
        return Some(("filter".to_owned(), Some(by)));
    }
    let top = place.pointer.is_empty();
    let is_subject = top && matches!(plain(name).as_str(), "id" | "name");
    if is_subject
        && name_of_user(value)
        && let Some(argument) = resource_argument(place.tool, open)
    {
        return Some((argument.to_owned(), None));
    }
    if let Some(target) = inside(place, name) {
        return Some((target, None));
    }
    if let Some((target, value)) = nested(place, name, value, open) {
        return Some((target, Some(value)));
    }
    if Instead::of(place.tool, name).is_some() || is_ambiguous(name, open) {
        return None;
    }
    let properties = place.schema?.get("properties")?.as_object()?;
    let with_schema = open
        .iter()
        .filter_map(|open| Some((*open, properties.get(*open)?.as_object()?)));
    if let Some((target, value)) = units::in_other_unit(name, value, with_schema) {
        return Some((target.to_owned(), Some(value)));
    }
    let context = if top { place.tool } else { "" };
    let target = synonym(name, open)
        .filter(|_| !is_subject)
        .or_else(|| slip(name, open.iter().copied(), context).map(ToOwned::to_owned))
        .or_else(|| without_context(name, context, open).map(ToOwned::to_owned))?;
    let schema = properties.get(&target)?.as_object()?;
    let mut read = value.clone();
    coerce_value(schema, &mut read);
    let pointer = format!("{}/{target}", place.pointer);
    let read = meant(schema, &pointer, &read).unwrap_or(read);
    Some((target, Some(read)))
}

/// The open argument that the only member of a nested object is, and its value, as in
/// `{"password": {"length": 12}}` for `password_length`.
fn nested(place: &Place<'_>, name: &str, value: &Value, open: &[&str]) -> Option<(String, Value)> {
    let properties = place.schema?.get("properties")?.as_object()?;
    let mut path = vec![name];
    let mut inner = value;
    let mut found = None;
    while let Value::Object(members) = inner {
        let mut members = members.iter();
        let (Some((member, value)), None) = (members.next(), members.next()) else {
            break;
        };
        path.push(member);
        inner = value;
        let joined = plain(&path.concat());
        let same = open.iter().find(|open| plain(open) == joined);
        if let Some(same) = same {
            found = Some((*same).to_owned());
            break;
        }
    }
    let last = *path.last().filter(|_| path.len() > 1)?;
    let own = || {
        let all: Vec<String> = path.iter().flat_map(|part| words(part)).collect();
        let mut within = open.iter().filter(|open| {
            let words = words(open);
            words.len() > 1 && words.iter().all(|word| all.contains(word))
        });
        let first = within.next()?;
        within.next().is_none().then(|| (*first).to_owned())
    };
    let target = found
        .or_else(own)
        .or_else(|| synonym(last, open))
        .or_else(|| slip(last, open.iter().copied(), place.tool).map(ToOwned::to_owned))?;
    let schema = properties.get(&target)?.as_object()?;
    let mut read = inner.clone();
    coerce_value(schema, &mut read);
    let fits = match schema.get("type")?.as_str()? {
        "string" => read.is_string(),
        "boolean" => read.is_boolean(),
        "integer" | "number" => read.is_number(),
        "array" => read.is_array(),
        _ => read.is_object(),
    };
    fits.then_some((target, read))
}

/// Whether `value` can be a username. Text with spaces is the name of a person.
fn name_of_user(value: &Value) -> bool {
    value
        .as_str()
        .is_none_or(|text| !text.contains(char::is_whitespace))
}

/// The member of an object argument that is certainly meant, as in `attributes.given_name`.
fn inside(place: &Place<'_>, name: &str) -> Option<String> {
    let properties = place.schema?.get("properties")?;
    let is_object = |name: &str| properties[name]["type"] == "object";
    if is_object("attributes")
        && let Some(attribute) = attribute(name)
        && properties.get(attribute).is_none()
    {
        return Some(format!("{OF_A_USER}{attribute}"));
    }
    if !place.pointer.is_empty() {
        return None;
    }
    let wanted = plain(name);
    if place.tool == "put_identity_provider" {
        let synonym = DETAIL_SYNONYMS.iter().find(|(known, _)| *known == wanted);
        let detail = synonym.map(|(_, detail)| *detail);
        let mut details = DETAILS.into_iter();
        let detail = detail.or_else(|| details.find(|detail| plain(detail) == wanted))?;
        return Some(format!("details.{detail}"));
    }
    if is_object("input")
        && let Some(operation) = place.given.get("operation").and_then(Value::as_str)
    {
        let operation = operations::find_alike(operation)?.name;
        return Some(format!("input.{}", member(operation, name)?));
    }
    let (_, operation) = SETTINGS_OF.iter().find(|(tool, _)| *tool == place.tool)?;
    let setting = SETTINGS.iter().find(|(shown, _)| plain(shown) == wanted);
    let setting = setting.map_or(name, |(_, setting)| setting);
    let member = member(operation, setting)?;
    // The tool's own arguments have precedence over `settings`.
    let open: Vec<&str> = known(place.schema);
    let has_own = synonym(name, &open).is_some() || slip(name, open, place.tool).is_some();
    (!has_own && !OTHER_FORMS.iter().any(|(other, _)| plain(other) == wanted))
        .then(|| format!("settings.{member}"))
}

/// The member called `name`, in any style, of an operation's input.
fn member(operation: &str, name: &str) -> Option<&'static str> {
    let wanted = plain(name);
    let operation = Model::get().operation(operation)?;
    let mut members = operation.input().members().iter();
    let member = members.find(|member| plain(member.name) == wanted)?;
    Some(member.name)
}

/// Advice if no argument is certainly meant.
enum Advice {
    /// The argument that may be meant.
    Nearest(String),
    /// What to do instead.
    Instead(String),
}

/// The advice for a caller that sent the unknown argument `name`.
fn advice(place: &Place<'_>, name: &str, known: &[&str]) -> Option<Advice> {
    let wanted = plain(name);
    if let Some(row) = Instead::of(place.tool, name) {
        return Some(Advice::Instead(row.advice.to_owned()));
    }
    if known.contains(&"filter") && place.tool == "list_users" && attribute(name).is_some() {
        return Some(Advice::Instead(attributes::not_searchable(name)));
    }
    let other = OTHER_FORMS.iter().find(|(other, _)| plain(other) == wanted);
    if let Some((_, target)) = other {
        let argument = target.split('.').next().unwrap_or_default();
        if known.contains(&argument) {
            return Some(Advice::Nearest((*target).to_owned()));
        }
    }
    if let Some(target) = place
        .given
        .get(name)
        .and_then(|value| by_value(place, value))
    {
        return Some(Advice::Nearest(target));
    }
    if let Some(sentence) = elsewhere(place, &wanted) {
        return Some(Advice::Instead(sentence));
    }
    nearest(name, known.iter().copied()).map(Advice::Nearest)
}

/// The only argument that is not given and that has `value` among its enumerated values.
fn by_value(place: &Place<'_>, value: &Value) -> Option<String> {
    let properties = place.schema?.get("properties")?.as_object()?;
    let one = match value {
        Value::Array(items) => items.first()?,
        value => value,
    };
    let has = |schema: &Value| {
        let options = schema["enum"].as_array();
        let options = options.or_else(|| schema["items"]["enum"].as_array());
        options.is_some_and(|options| options.contains(one))
    };
    let mut meant = properties
        .iter()
        .filter(|(name, schema)| place.given.get(*name).is_none() && has(schema));
    let (first, _) = meant.next()?;
    meant.next().is_none().then(|| first.clone())
}

/// The maximum number of tools in advice.
const NAMED: usize = 3;

/// A tool: its toolset, its name, and the schemas of its arguments and answers.
pub(crate) type Named<'a> = (
    &'static str,
    &'a str,
    &'a JsonObject,
    Option<&'a JsonObject>,
);

/// The uses of a plain name: the tools that accept it as an argument, and the tools that
/// have it in their answers. Each tool is preceded by its toolset.
#[derive(Default)]
struct Uses {
    accepted: Vec<(&'static str, String)>,
    answered: Vec<(&'static str, String)>,
}

/// Returns the names of all tools. Set when the tools are defined.
static TOOLS: OnceLock<fn() -> Vec<Named<'static>>> = OnceLock::new();

/// The uses of every plain name.
static USES: LazyLock<BTreeMap<String, Uses>> =
    LazyLock::new(|| uses(TOOLS.get().map(|tools| tools()).unwrap_or_default()));

/// Takes the names in the arguments and answers of `tools` into account, from the first
/// correction on that needs them.
pub(crate) fn learn(tools: fn() -> Vec<Named<'static>>) {
    // A second registry has the same tools, so the first one is kept.
    let _ = TOOLS.set(tools);
}

fn uses(tools: Vec<Named<'_>>) -> BTreeMap<String, Uses> {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    for (toolset, tool, input, output) in tools {
        let named = || (toolset, tool.to_owned());
        for name in known(Some(input)) {
            uses.entry(plain(name)).or_default().accepted.push(named());
        }
        let mut shown = Vec::new();
        if let Some(schema) = output {
            answer_members(schema, &mut shown);
        }
        for name in shown {
            let of = &mut uses.entry(plain(name)).or_default().answered;
            if !of.contains(&named()) {
                of.push(named());
            }
        }
    }
    uses
}

/// Says which tools accept the name `wanted` or show it in their answers.
fn elsewhere(place: &Place<'_>, wanted: &str) -> Option<String> {
    if !place.pointer.is_empty() {
        return None;
    }
    let uses = &*USES;
    let of_tool = |(_, tool): &&(&str, String)| tool == place.tool;
    let toolset = uses
        .values()
        .flat_map(|uses| uses.accepted.iter().chain(&uses.answered));
    let toolset = toolset
        .clone()
        .find(of_tool)
        .map_or("", |(toolset, _)| toolset);
    let uses = uses.get(wanted)?;
    let named = |of: &[(&str, String)]| -> Option<String> {
        let siblings = of.iter().filter(|(of, _)| *of == toolset);
        let others = of.iter().filter(|(of, _)| *of != toolset);
        let names = siblings.chain(others).take(NAMED);
        let names: Vec<String> = names.map(|(_, tool)| format!("`{tool}`")).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if uses.answered.iter().any(|user| of_tool(&user)) {
        return Some("the answer shows it, and it cannot be given".to_owned());
    }
    match (named(&uses.accepted), named(&uses.answered)) {
        (Some(tools), _) => Some(format!("it is one of {tools}")),
        (None, Some(tools)) => Some(format!("{tools} shows it, and it cannot be given")),
        (None, None) => None,
    }
}

/// Adds the names of all members in an answer's schema, at any depth, to `found`.
pub(super) fn answer_members<'a>(schema: &'a JsonObject, found: &mut Vec<&'a str>) {
    for (name, member) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        found.push(name);
        for inner in [Some(member), member.get("items")].into_iter().flatten() {
            if let Value::Object(inner) = inner {
                answer_members(inner, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_sorted_and_found() {
        let keys = INSTEAD.iter().map(|row| (row.tool, row.arguments));
        assert!(keys.is_sorted_by(|before, after| before < after));
        for row in INSTEAD {
            assert!(row.arguments.is_sorted(), "{:?}", row.arguments);
            for argument in row.arguments {
                let found = Instead::of(row.tool, argument).unwrap();
                assert_eq!(found.advice, row.advice, "{} {argument}", row.tool);
            }
        }
    }
}
