//! The kinds of slips. Each is derived from the schemas of the tools, from what valid calls
//! show, or from the words of `evaluation/calls.toml`.

use std::collections::BTreeSet;

use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::definition::Definition;
use cognito_mcp::tools;
use serde_json::{Map, Value, json};

use super::learned::{Learned, Run, options};
use super::prepared_server::{Call, File, Object, PreparedServer, Step};

/// A call with a mistake, and the intended call.
#[derive(Clone, Debug)]
pub(super) struct Slip {
    pub(super) kind: &'static str,
    /// The number of the intended call.
    pub(super) call: usize,
    pub(super) tool: String,
    pub(super) arguments: Value,
    /// Steps before the call, after those of the intended call.
    pub(super) before: Vec<Step>,
    /// The call that the caller forgot.
    pub(super) forgotten: Option<Step>,
    /// What an answer must name so that the caller can choose it.
    pub(super) choice: Choice,
}

/// The part of the intended call that an answer must name.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// The argument that was meant.
    Argument(String),
    /// The value that was meant.
    Value(Value),
    /// The tool that was meant.
    Tool(String),
}

/// Everything from which slips of a call are made.
pub(super) struct Case<'a> {
    pub(super) prepared: &'a PreparedServer,
    pub(super) file: &'a File,
    pub(super) learned: &'a Learned,
    pub(super) number: usize,
    pub(super) call: &'a Call,
    pub(super) run: &'a Run,
    pub(super) tool: &'static Definition,
    /// The schema of its arguments.
    pub(super) schema: Value,
    /// The arguments of the intended call.
    pub(super) arguments: Value,
}

/// An argument of a call, or a member of one.
struct Argument<'a> {
    /// JSON pointer to its object.
    at: String,
    name: String,
    value: Value,
    schema: &'a Value,
    /// The schema of its object.
    parent: &'a Value,
}

type Kind = fn(&Case<'_>) -> Vec<Slip>;

/// The kinds, in the order of the table.
pub(super) const KINDS: [(&str, Kind); 18] = [
    ("another tool's word", other_tools_word),
    ("the answer's word", answers_word),
    ("the API's word", api_word),
    ("a name in another style", other_style),
    ("a name for an id", name_for_id),
    ("a nested object flattened", flattened),
    ("a flat argument nested", nested),
    ("a unit", unit),
    ("a value in another case", other_case),
    ("a value's synonym", synonym),
    ("a list for one value", list_for_one),
    ("one value for a list", one_for_list),
    ("JSON as text", json_as_text),
    ("a number or truth as text", plain_as_text),
    ("a missing step before", missing_step),
    ("a near name", near_name),
    ("a wrong tool name", wrong_tool),
    ("a missing argument", missing),
];

/// A name in lower case and without separators.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// `UserPoolId` as `user_pool_id`.
fn snake(name: &str) -> String {
    let mut shown = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            shown.push('_');
        }
        shown.extend(letter.to_lowercase());
        before = letter;
    }
    shown
}

/// `user_pool_id` as `userPoolId`.
fn camel(name: &str) -> String {
    let mut shown = String::new();
    for (number, word) in name.split('_').enumerate() {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        if number == 0 || word.is_empty() {
            shown.push_str(word);
        } else {
            shown.push_str(&capital(word));
        }
    }
    shown
}

impl Case<'_> {
    fn slip(&self, kind: &'static str, arguments: Value, choice: Choice) -> Slip {
        Slip {
            kind,
            call: self.number,
            tool: self.call.tool.clone(),
            arguments,
            before: Vec::new(),
            forgotten: None,
            choice,
        }
    }

    /// The arguments of the call and the members of those with a closed schema. The arguments
    /// that every tool has are left out.
    fn all(&self) -> Vec<Argument<'_>> {
        let mut found = Vec::new();
        collect(&self.schema, "", &self.arguments, &mut found);
        found
    }

    /// The intended call with another name for one argument. None if the object has an
    /// argument of the new name.
    fn renamed(
        &self,
        kind: &'static str,
        argument: &Argument<'_>,
        name: &str,
        value: Value,
    ) -> Option<Slip> {
        let known = argument.parent["properties"].as_object()?;
        if known.keys().any(|known| plain(known) == plain(name))
            && plain(name) != plain(&argument.name)
        {
            return None;
        }
        // A tool for users understands the name of an attribute as that attribute.
        let has_attributes = ["attributes", "filter"]
            .iter()
            .any(|own| known.contains_key(*own));
        let is_attribute = ["name", "email", "phone_number", "profile"].contains(&name);
        if name == argument.name || has_attributes && is_attribute {
            return None;
        }
        let mut slipped = self.arguments.clone();
        let members = slipped.pointer_mut(&argument.at)?.as_object_mut()?;
        members.shift_remove(&argument.name);
        members.insert(name.to_owned(), value);
        Some(self.slip(kind, slipped, Choice::Argument(argument.name.clone())))
    }

    /// The intended call with another value of one argument.
    fn with(&self, kind: &'static str, argument: &Argument<'_>, value: Value) -> Slip {
        let mut slipped = self.arguments.clone();
        slipped.pointer_mut(&argument.at).unwrap()[&argument.name] = value;
        self.slip(kind, slipped, Choice::Value(argument.value.clone()))
    }
}

fn collect<'a>(schema: &'a Value, at: &str, given: &Value, found: &mut Vec<Argument<'a>>) {
    let (Some(known), Some(members)) = (schema["properties"].as_object(), given.as_object()) else {
        return;
    };
    for (name, value) in members {
        let Some(own) = known.get(name) else { continue };
        found.push(Argument {
            at: at.to_owned(),
            name: name.clone(),
            value: value.clone(),
            schema: own,
            parent: schema,
        });
        collect(own, &format!("{at}/{name}"), value, found);
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            collect(&own["items"], &format!("{at}/{name}/{number}"), item, found);
        }
    }
}

/// The text of a value, or of the only item of a list.
fn only_text<'a>(argument: &'a Argument<'_>) -> Option<&'a str> {
    match &argument.value {
        Value::String(text) => Some(text),
        Value::Array(items) if items.len() == 1 => items[0].as_str(),
        _ => None,
    }
}

/// Whether the text is a name and not a word that occurs by chance, as `email` does.
fn is_name(case: &Case<'_>, text: &str) -> bool {
    let is_object = case
        .file
        .object
        .iter()
        .any(|object| case.prepared.fixed(&json!(object.value)) == text);
    is_object || text.contains(|c: char| !c.is_ascii_lowercase() && c != '_')
}

/// The arguments of other tools that have the value, or one of the same listed values.
fn other_tools_word(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for argument in case.all().iter().filter(|argument| argument.at.is_empty()) {
        let Some(text) = only_text(argument) else {
            continue;
        };
        let own = options(argument.schema);
        for (word, others) in case.learned.arguments.get(text).into_iter().flatten() {
            let shared = own.iter().filter(|option| others.contains(option)).count();
            let is_same = if own.is_empty() {
                others.is_empty() && is_name(case, text)
            } else {
                shared > 1
            };
            if is_same && plain(word) != plain(&argument.name) {
                let value = argument.value.clone();
                slips.extend(case.renamed("another tool's word", argument, word, value));
            }
        }
    }
    slips
}

/// The keys under which answers show a name.
fn answers_word(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for argument in case.all().iter().filter(|argument| argument.at.is_empty()) {
        let Some(text) = only_text(argument).filter(|text| is_name(case, text)) else {
            continue;
        };
        for word in case.learned.answers.get(text).into_iter().flatten() {
            if plain(word) != plain(&argument.name) {
                let value = argument.value.clone();
                slips.extend(case.renamed("the answer's word", argument, word, value));
            }
        }
    }
    slips
}

/// The member of the request that has the value of an argument, in the API's form and in that
/// of this project.
fn api_word(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    let all = case.all();
    for (name, path, value) in &case.run.api {
        let Some(argument) = all
            .iter()
            .find(|one| one.at.is_empty() && one.name == *name)
        else {
            continue;
        };
        let [first, rest @ ..] = path.as_slice() else {
            continue;
        };
        let mut inner = value.clone();
        for segment in rest.iter().rev() {
            inner = json!({ segment.as_str(): inner });
        }
        for first in [first.clone(), snake(first)] {
            slips.extend(case.renamed("the API's word", argument, &first, inner.clone()));
        }
    }
    slips
}

fn other_style(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for argument in case.all() {
        let name = &argument.name;
        for name in [camel(name), name.replace('_', "-"), name.to_uppercase()] {
            let value = argument.value.clone();
            slips.extend(case.renamed("a name in another style", &argument, &name, value));
        }
    }
    slips
}

fn name_for_id(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    let creates = |object: &Object| {
        object
            .create
            .as_ref()
            .is_some_and(|create| create.0 == case.call.tool)
    };
    if case.file.object.iter().any(creates) {
        // The id of a new object has no name yet.
        return slips;
    }
    for argument in case.all() {
        let Some(id) = argument.value.as_str() else {
            continue;
        };
        for name in case.learned.names.get(id).into_iter().flatten() {
            slips.push(case.with("a name for an id", &argument, json!(name)));
            let alone = argument
                .name
                .trim_end_matches("_id")
                .trim_end_matches("_key");
            let alone = alone.trim_start_matches("user_");
            if alone != argument.name {
                slips.extend(case.renamed("a name for an id", &argument, alone, json!(name)));
            }
        }
    }
    slips
}

/// Members of an object beside it.
fn flattened(case: &Case<'_>) -> Vec<Slip> {
    const KIND: &str = "a nested object flattened";
    let mut slips = Vec::new();
    for argument in case.all() {
        let inner = match &argument.value {
            Value::Object(members) if !members.is_empty() => members,
            Value::Array(items) if items.len() == 1 && items[0].is_object() => {
                items[0].as_object().unwrap()
            }
            _ => continue,
        };
        let known = argument.parent["properties"].as_object().unwrap();
        let is_taken = |name: &String| known.keys().any(|known| plain(known) == plain(name));
        if inner.keys().any(is_taken) {
            continue;
        }
        let mut slipped = case.arguments.clone();
        let members = slipped.pointer_mut(&argument.at).unwrap();
        let members = members.as_object_mut().unwrap();
        members.shift_remove(&argument.name);
        members.extend(inner.clone());
        slips.push(case.slip(KIND, slipped, Choice::Argument(argument.name.clone())));
    }
    // The members of nested requests, beside their objects.
    let all = case.all();
    for (name, path, value) in &case.run.api {
        let Some(argument) = all
            .iter()
            .find(|one| one.at.is_empty() && one.name == *name)
        else {
            continue;
        };
        if let [_, .., last] = path.as_slice() {
            slips.extend(case.renamed(KIND, argument, last, value.clone()));
        }
    }
    slips
}

/// An argument in an object: the object of its members' kind, or all arguments in one.
fn nested(case: &Case<'_>) -> Vec<Slip> {
    const KIND: &str = "a flat argument nested";
    let mut slips = Vec::new();
    let given = case.arguments.as_object().unwrap();
    let Some(known) = case.schema["properties"].as_object() else {
        return slips;
    };
    for wrapper in ["arguments", "input", "params"] {
        if !known.contains_key(wrapper) && !given.is_empty() {
            let first = given.keys().next().unwrap().clone();
            let all = json!({ wrapper: case.arguments });
            slips.push(case.slip(KIND, all, Choice::Argument(first)));
        }
    }
    for argument in case.all().iter().filter(|argument| argument.at.is_empty()) {
        let is_target = ["user_pool_id", "client_id"].contains(&argument.name.as_str());
        // An argument among the members of another one.
        for (outer, schema) in known {
            if schema["type"] != "object" || argument.value.is_object() || is_target {
                continue;
            }
            let mut slipped = given.clone();
            slipped.shift_remove(&argument.name);
            let inner = slipped.entry(outer.clone()).or_insert(json!({}));
            if ["attributes", "settings"].contains(&outer.as_str())
                && inner.get(&argument.name).is_none()
            {
                inner[&argument.name] = argument.value.clone();
                let choice = Choice::Argument(argument.name.clone());
                slips.push(case.slip(KIND, slipped.into(), choice));
            }
        }
        // The words of the name as objects: `{"user_pool": {"id": …}}`.
        if let Some((outer, inner)) = argument.name.rsplit_once('_') {
            let value = json!({ inner: argument.value });
            slips.extend(case.renamed(KIND, argument, outer, value));
        }
    }
    slips
}

/// Units of time: name, abbreviation, seconds.
const UNITS: [(&str, &str, f64); 5] = [
    ("milliseconds", "ms", 0.001),
    ("seconds", "s", 1.0),
    ("minutes", "m", 60.0),
    ("hours", "h", 3600.0),
    ("days", "d", 86400.0),
];

/// The unit of an argument, according to its name or description.
fn unit_of(argument: &Argument<'_>) -> Option<(&'static str, &'static str, f64)> {
    let description = argument.schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    let last = argument.name.rsplit('_').next().unwrap_or_default();
    let named = UNITS
        .into_iter()
        .find(|(name, short, _)| last == *name || (short.len() > 1 && last == *short));
    named.or_else(|| {
        UNITS
            .into_iter()
            .find(|(name, ..)| description.contains(name))
    })
}

fn unit(case: &Case<'_>) -> Vec<Slip> {
    const KIND: &str = "a unit";
    let mut slips = Vec::new();
    for argument in case.all() {
        match &argument.value {
            Value::Number(number) if argument.schema["type"] == "integer" => {
                let Some((unit, short, seconds)) = unit_of(&argument) else {
                    continue;
                };
                let number = number.as_i64().unwrap();
                let singular = unit.trim_end_matches('s');
                let mut texts = vec![format!("{number} {unit}"), format!("{number}{short}")];
                if number == 1 {
                    texts.push(format!("1 {singular}"));
                }
                if unit != "milliseconds" {
                    let iso = if unit == "days" { "P" } else { "PT" };
                    texts.push(format!("{iso}{number}{}", short.to_uppercase()));
                }
                for (other, abbreviated, other_seconds) in UNITS {
                    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                    let converted = number as f64 * seconds / other_seconds;
                    if other == unit || converted.fract() != 0.0 || converted < 1.0 {
                        continue;
                    }
                    texts.push(format!("{converted} {other}"));
                    // `m` may be months there.
                    if abbreviated != "m" {
                        texts.push(format!("{converted}{abbreviated}"));
                    }
                    let stem = argument.name.trim_end_matches(unit).trim_end_matches('_');
                    if stem != argument.name && !stem.is_empty() {
                        let name = format!("{stem}_{other}");
                        let converted: Value =
                            serde_json::from_str(&format!("{converted}")).unwrap();
                        slips.extend(case.renamed(KIND, &argument, &name, converted));
                    }
                }
                for text in texts {
                    slips.push(case.with(KIND, &argument, json!(text)));
                }
            }
            Value::Number(number)
                if argument.schema["maximum"] == json!(1.0) || argument.name == "share" =>
            {
                let percent = number.as_f64().unwrap() * 100.0;
                slips.push(case.with(KIND, &argument, json!(format!("{percent}%"))));
            }
            Value::String(text) => {
                let Some(number) = text
                    .strip_suffix('d')
                    .and_then(|days| days.parse::<u32>().ok())
                else {
                    continue;
                };
                for text in [
                    format!("{number} days"),
                    format!("{number} d"),
                    format!("{number}D"),
                    format!("P{number}D"),
                    format!("{} hours", number * 24),
                ] {
                    slips.push(case.with(KIND, &argument, json!(text)));
                }
                let name = format!("{}_days", argument.name);
                slips.extend(case.renamed(KIND, &argument, &name, json!(number)));
            }
            _ => {}
        }
    }
    slips
}

/// The arguments with an enumerated value: the value, its options, and the value in its place.
fn choices<'a>(case: &'a Case<'_>) -> Vec<(Argument<'a>, String, Vec<String>)> {
    let mut found = Vec::new();
    for argument in case.all() {
        let (options, value) = match &argument.value {
            Value::Array(items) => (&argument.schema["items"]["enum"], items.first().cloned()),
            value => (&argument.schema["enum"], Some(value.clone())),
        };
        let Some(options) = options.as_array() else {
            continue;
        };
        let Some(Value::String(value)) = value else {
            continue;
        };
        let options = options
            .iter()
            .filter_map(Value::as_str)
            .map(ToOwned::to_owned);
        found.push((argument, value, options.collect()));
    }
    found
}

fn replaced(argument: &Argument<'_>, text: String) -> Value {
    match &argument.value {
        Value::Array(items) => {
            let mut items = items.clone();
            items[0] = text.into();
            items.into()
        }
        _ => text.into(),
    }
}

fn chosen(
    case: &Case<'_>,
    kind: &'static str,
    written: impl Fn(&str, &[String]) -> Vec<String>,
) -> Vec<Slip> {
    let mut slips = Vec::new();
    for (argument, value, options) in choices(case) {
        let mut texts = written(&value, &options);
        texts.sort();
        texts.dedup();
        for text in texts {
            let is_other = options.contains(&text);
            if !is_other {
                let mut slip = case.with(kind, &argument, replaced(&argument, text));
                slip.choice = Choice::Value(json!(value));
                slips.push(slip);
            }
        }
    }
    slips
}

fn other_case(case: &Case<'_>) -> Vec<Slip> {
    chosen(case, "a value in another case", |value, options| {
        let lower = value.to_lowercase();
        let mut texts = vec![
            lower.clone(),
            value.to_uppercase(),
            lower.replace(['_', '-'], " "),
            lower.replace(['_', ' '], "-"),
            lower.replace('-', "_"),
            camel(&lower.replace('-', "_")),
        ];
        // Without the words that all options have.
        let parts = |text: &str| text.split('_').map(ToOwned::to_owned).collect::<Vec<_>>();
        let first = parts(value);
        let shared = |part: Option<&String>, at: fn(&Vec<String>) -> Option<&String>| {
            options.len() > 1
                && options
                    .iter()
                    .all(|option| at(&parts(option)).cloned() == part.cloned())
        };
        if first.len() > 2 && shared(first.first(), |parts| parts.first()) {
            texts.push(first[1..].join("_"));
        }
        if first.len() > 2 && shared(first.last(), |parts| parts.last()) {
            texts.push(first[..first.len() - 1].join("_"));
        }
        texts
    })
}

fn synonym(case: &Case<'_>) -> Vec<Slip> {
    chosen(case, "a value's synonym", |value, _| {
        case.file.words.get(value).cloned().unwrap_or_default()
    })
}

fn list_for_one(case: &Case<'_>) -> Vec<Slip> {
    let is_one =
        |argument: &&Argument<'_>| !argument.value.is_array() && !argument.value.is_object();
    let all = case.all();
    let one = all.iter().filter(is_one);
    one.map(|argument| case.with("a list for one value", argument, json!([argument.value])))
        .collect()
}

fn one_for_list(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for argument in case.all() {
        let Some(items) = argument.value.as_array() else {
            continue;
        };
        if let [one] = items.as_slice() {
            slips.push(case.with("one value for a list", &argument, one.clone()));
        }
        let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        if let Some(texts) = texts.filter(|texts| texts.len() > 1) {
            for separator in [",", ", ", " "] {
                let text = json!(texts.join(separator));
                slips.push(case.with("one value for a list", &argument, text));
            }
        }
    }
    slips
}

fn json_as_text(case: &Case<'_>) -> Vec<Slip> {
    const KIND: &str = "JSON as text";
    let mut slips = Vec::new();
    for argument in case.all() {
        if argument.value.is_object() || argument.value.is_array() {
            slips.push(case.with(KIND, &argument, json!(argument.value.to_string())));
        }
        if let Some(members) = argument
            .value
            .as_object()
            .filter(|members| members.values().all(Value::is_string))
        {
            for [key, value] in [["Name", "Value"], ["Key", "Value"], ["name", "value"]] {
                let pairs = members
                    .iter()
                    .map(|(name, member)| json!({ key: name, value: member }));
                slips.push(case.with(KIND, &argument, pairs.collect()));
            }
        }
    }
    slips
}

fn plain_as_text(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for argument in case.all() {
        let texts = match &argument.value {
            Value::Bool(true) => vec![
                json!("true"),
                json!("True"),
                json!("yes"),
                json!(1),
                json!("enabled"),
            ],
            Value::Bool(false) => vec![
                json!("false"),
                json!("False"),
                json!("no"),
                json!(0),
                json!("disabled"),
            ],
            Value::Number(number) => vec![
                json!(number.to_string()),
                json!(format!(" {number}")),
                json!(number.as_f64()),
            ],
            _ => vec![],
        };
        for text in texts {
            slips.push(case.with("a number or truth as text", &argument, text));
        }
    }
    slips
}

/// A call that needs an object which is not there, because the caller forgot to create it.
fn missing_step(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    if case.tool.effect == Effect::Read || case.tool.effect == Effect::Destroy {
        return slips;
    }
    for (object, _) in objects(case) {
        let (Some(create), Some(remove)) = (&object.create, &object.remove) else {
            continue;
        };
        if create.0 == case.call.tool {
            continue;
        }
        // The steps before the call would fail without the object.
        let mut before = case.call.before.iter();
        if before.any(|(_, arguments)| arguments.to_string().contains(&object.value)) {
            continue;
        }
        let choice = Choice::Tool(create.0.clone());
        let mut slip = case.slip("a missing step before", case.arguments.clone(), choice);
        let mut removal = remove.clone();
        removal.1["UserPoolId"] = json!(case.prepared.server.pool_id());
        slip.before = vec![removal];
        slip.forgotten = Some((
            create.0.clone(),
            case.prepared.targets(&create.0, &create.1),
        ));
        slips.push(slip);
    }
    slips
}

/// The objects to which the arguments of the call refer.
fn objects<'a>(case: &'a Case<'_>) -> Vec<(&'a Object, Argument<'a>)> {
    let refers = |argument: &Argument<'_>, object: &&Object| {
        let value = case.prepared.fixed(&json!(object.value));
        let makes = object
            .create
            .as_ref()
            .is_some_and(|create| create.0 == case.call.tool);
        (argument.value == value || argument.value == json!([value])) && !makes
    };
    let all = case.all().into_iter();
    all.filter_map(|argument| {
        let object = case
            .file
            .object
            .iter()
            .find(|object| refers(&argument, object))?;
        Some((object, argument))
    })
    .collect()
}

fn near_name(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for (object, argument) in objects(case) {
        let value = case.prepared.fixed(&json!(object.value));
        let name = value.as_str().unwrap();
        if name.starts_with('$') {
            // A step before the call chooses it.
            continue;
        }
        let middle = name.len() / 2;
        let mut texts = vec![
            format!("{}{}", &name[..middle], &name[middle + 1..]),
            format!("{}{}", &name[..=middle], &name[middle..]),
            format!(" {name}"),
        ];
        if !object.value.starts_with('$') {
            texts.extend([name.to_uppercase(), name[..name.len() - 1].to_owned()]);
        }
        for text in texts.into_iter().filter(|text| text != name) {
            let mut slip = case.with(
                "a near name",
                &argument,
                match &argument.value {
                    Value::Array(_) => json!([text]),
                    _ => json!(text),
                },
            );
            slip.choice = Choice::Value(json!(name));
            slips.push(slip);
        }
    }
    slips
}

fn wrong_tool(case: &Case<'_>) -> Vec<Slip> {
    let name = case.call.tool.as_str();
    // Only the first call of a tool.
    if case.file.call.iter().position(|call| call.tool == name) != Some(case.number) {
        return Vec::new();
    }
    let mut names = BTreeSet::from([
        camel(name),
        name.replace('_', "-"),
        format!("cognito_{name}"),
    ]);
    for (word, others) in &case.file.verbs {
        let words: Vec<&str> = name.split('_').collect();
        if let Some(at) = words.iter().position(|own| own == word) {
            for other in others {
                let mut words = words.clone();
                words[at] = other;
                names.insert(words.join("_"));
            }
        }
    }
    // The operation that only this tool calls.
    if let [operation] = case.run.operations.iter().collect::<Vec<_>>().as_slice() {
        let others = case
            .learned
            .runs
            .iter()
            .zip(&case.file.call)
            .filter(|(run, call)| {
                call.tool != name
                    && run
                        .as_ref()
                        .is_some_and(|run| run.operations.contains(*operation))
            });
        if others.count() == 0 {
            names.insert((*operation).clone());
            names.insert(snake(operation));
        }
    }
    let unknown = names.into_iter().filter(|name| tools::find(name).is_none());
    unknown
        .map(|unknown| {
            let mut slip = case.slip(
                "a wrong tool name",
                case.arguments.clone(),
                Choice::Tool(name.to_owned()),
            );
            slip.tool = unknown;
            slip
        })
        .collect()
}

/// A required argument that the pool determines, because there is one object of its kind.
fn missing(case: &Case<'_>) -> Vec<Slip> {
    let mut slips = Vec::new();
    for (object, argument) in objects(case) {
        let is_known = object.kind != "user";
        let required = argument.parent["required"].as_array();
        let is_required =
            required.is_some_and(|names| names.iter().any(|name| *name == argument.name));
        // Without a default, the pool or client may be meant to be absent.
        let description = argument.schema["description"].as_str().unwrap_or_default();
        let is_target = description.contains("Defaults to the server's");
        if !is_known || !(is_required || is_target) {
            continue;
        }
        let mut slipped = case.arguments.clone();
        let members: &mut Map<String, Value> = slipped
            .pointer_mut(&argument.at)
            .unwrap()
            .as_object_mut()
            .unwrap();
        members.shift_remove(&argument.name);
        slips.push(case.slip(
            "a missing argument",
            slipped,
            Choice::Value(argument.value.clone()),
        ));
    }
    slips
}
