//! Property test of corrections. It generates calls of every tool from the tool's schema
//! and example, and changes each call as a careless caller would. A correction must have
//! the meaning of the original call, or there must be none.

use std::collections::BTreeMap;

use cognito_emulator::model::Model;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::names::plain;
use super::unknown::{answered, known};
use crate::definition::Definition;
use crate::guard::redact;
use crate::tools::{self, raw};

/// Number of seeds.
const SEEDS: u64 = 10_000;

/// Random choices from a seed (the `SplitMix64` generator of Steele, Lea and Flood, 2014).
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.below(of.len())])
    }
}

/// The condition for a correction.
enum Meaning {
    /// The correction equals this call.
    Is(JsonObject),
    /// The correction includes this call, and has this value somewhere.
    Keeps(JsonObject, Value),
    /// There is no correction.
    Unclear,
}

/// A call with a mistake, and the condition for its correction.
type Slipped = (JsonObject, Meaning);
type Slip = fn(&Definition, &JsonObject, &mut Choices) -> Option<Slipped>;

/// The kinds of mistakes.
const SLIPS: [(&str, Slip); 17] = [
    ("misspelt name", misspelt_name),
    ("other name", other_name),
    ("part of the name", part_of_name),
    ("name or id of the subject", subject),
    ("all in one object", wrapped),
    ("JSON as text", json_text),
    ("one for a list", one_for_list),
    ("list for one", list_for_one),
    ("list as text", list_as_text),
    ("misspelt choice", misspelt_choice),
    ("choice in another case", choice_in_other_case),
    ("too long a list", too_long_a_list),
    ("number out of range", out_of_range),
    ("member beside its object", member_outside),
    ("unknown argument", unknown_argument),
    ("argument given twice", given_twice),
    ("argument that says nothing", blank_argument),
];

/// A random valid call of the tool.
fn intended(entry: &Definition, choices: &mut Choices) -> JsonObject {
    if entry.name() == "call_operation" {
        let operations: Vec<_> = Model::get().operations().collect();
        let operation = operations[choices.below(operations.len())];
        let input = raw::example::of(operation);
        let call = json!({ "operation": operation.name, "input": input });
        return call.as_object().unwrap().clone();
    }
    let mut call = entry.example.as_object().unwrap().clone();
    let schema = &*entry.published.input_schema;
    let names: Vec<&str> = known(Some(schema));
    for name in names {
        let property = redact::member_schema(schema, name).unwrap();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = required.is_some_and(|names| names.iter().any(|n| n == name));
        let mut changed = call.clone();
        match choices.below(4) {
            0 if !is_required => drop(changed.remove(name)),
            1 => drop(changed.insert(name.to_owned(), value(property, choices))),
            _ => continue,
        }
        let mut checked = changed.clone();
        if entry.validate(&mut checked).is_ok() && checked == changed {
            call = changed;
        }
    }
    call
}

/// A random value that the schema allows.
fn value(schema: &Value, choices: &mut Choices) -> Value {
    if let Some(options) = schema["enum"].as_array() {
        return choices.one(options).unwrap().clone();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "integer" => {
            let least = schema["minimum"].as_u64().unwrap_or(0);
            json!(least + choices.next() % 50)
        }
        "number" => json!(0.5),
        "boolean" => json!(choices.below(2) == 0),
        "array" => {
            let count = 1 + choices.below(3);
            let items = (0..count).map(|_| value(&schema["items"], choices));
            items.collect()
        }
        "object" => {
            let members = schema["properties"].as_object();
            match members {
                Some(members) => members
                    .iter()
                    .map(|(name, member)| (name.clone(), value(member, choices)))
                    .collect(),
                None if schema["additionalProperties"]["type"] == "string" => {
                    json!({ "given_name": "Ana", "custom:team": "red" })
                }
                None => json!({}),
            }
        }
        _ => {
            let words = [
                "alpha",
                "Beta Gamma",
                "x-1",
                "ana@example.com",
                "eyJ0.eyJ1.c2ln",
            ];
            json!(words[choices.below(words.len())])
        }
    }
}

/// `text` with one typing error.
fn misspelt(text: &str, choices: &mut Choices) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return None;
    }
    let at = 1 + choices.below(letters.len() - 2);
    let mut letters = letters;
    match choices.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = 'q',
    }
    Some(letters.into_iter().collect()).filter(|slipped: &String| slipped != text)
}

/// The name of a random argument of `call`.
fn a_name(call: &JsonObject, choices: &mut Choices) -> Option<String> {
    let names: Vec<&String> = call.keys().collect();
    choices.one(&names).map(|name| (*name).clone())
}

fn properties(entry: &Definition) -> &JsonObject {
    static NONE: std::sync::LazyLock<JsonObject> = std::sync::LazyLock::new(JsonObject::new);
    let properties = entry.published.input_schema.get("properties");
    properties.and_then(Value::as_object).unwrap_or(&NONE)
}

/// `call` with another name for one argument.
fn renamed(entry: &Definition, call: &JsonObject, name: &str, new: &str) -> Option<Slipped> {
    let is_known = properties(entry)
        .keys()
        .any(|name| plain(name) == plain(new));
    if is_known {
        return None;
    }
    let slipped = call.iter().map(|(given, value)| {
        let given = if given == name { new } else { given };
        (given.to_owned(), value.clone())
    });
    Some((slipped.collect(), Meaning::Is(call.clone())))
}

fn misspelt_name(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let new = misspelt(&name, choices)?;
    renamed(entry, call, &name, &new)
}

fn other_name(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let synonyms = super::names::synonyms_of(&name);
    let new = choices.one(&synonyms)?;
    renamed(entry, call, &name, new)
}

fn part_of_name(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let parts: Vec<&str> = name.split('_').collect();
    let part = choices.one(&parts)?;
    // `user` alone is the username, also in a tool with a `user_pool_id`, and `client` alone is
    // the client's id, also in a tool with a `client_secret`.
    let alone = [("user", "username"), ("client", "client_id")];
    // `id` alone is that of the subject, which is the pool only in tools whose name has `pool`.
    let is_pool = name == "user_pool_id" && !entry.name().contains("pool");
    if *part == "id" && is_pool
        || alone
            .iter()
            .any(|(alone, meant)| part == alone && name != *meant)
    {
        return None;
    }
    renamed(entry, call, &name, part)
}

fn subject(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let is_subject = ["username", "group", "client_id", "user_pool_id", "job_id"];
    // In a tool with user attributes, `name` means an attribute. The pool is the subject
    // only in tools whose name has `pool`.
    let is_elsewhere = name == "user_pool_id" && !entry.name().contains("pool");
    let has_attributes = ["attributes", "filter"].map(|name| properties(entry).contains_key(name));
    let is_attribute = has_attributes.contains(&true) && name != "username";
    if !is_subject.contains(&name.as_str()) || is_attribute || is_elsewhere {
        return None;
    }
    renamed(entry, call, &name, choices.one(&["name", "id"])?)
}

fn wrapped(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let wrappers = [
        "arguments",
        "params",
        "args",
        "input",
        "body",
        "filter",
        "user",
    ];
    let wrapper = choices.one(&wrappers)?;
    if properties(entry).contains_key(*wrapper) {
        // The text may be meant as the value of that argument.
        return None;
    }
    let all = Value::from(call.clone());
    let all = if choices.below(2) == 0 {
        json!({ *wrapper: all })
    } else {
        json!({ *wrapper: all.to_string() })
    };
    Some((all.as_object()?.clone(), Meaning::Is(call.clone())))
}

/// `call` with another value of one argument.
fn with(call: &JsonObject, name: &str, value: Value) -> Slipped {
    let mut slipped = call.clone();
    slipped.insert(name.to_owned(), value);
    (slipped, Meaning::Is(call.clone()))
}

fn json_text(_: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    (!call[&name].is_string()).then(|| with(call, &name, json!(call[&name].to_string())))
}

/// Whether the argument has scopes with spaces, which OAuth does not allow (RFC 6749, section 3.3):
/// as one text they are several scopes.
fn has_spaced_scopes(name: &str, call: &JsonObject) -> bool {
    let mut items = call[name].as_array().into_iter().flatten();
    name == "scopes" && items.any(|item| item.as_str().is_some_and(|item| item.contains(' ')))
}

fn one_for_list(_: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices).filter(|name| !has_spaced_scopes(name, call))?;
    match call[&name].as_array()?.as_slice() {
        [one] => Some(with(call, &name, one.clone())),
        _ => None,
    }
}

fn list_for_one(_: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let value = &call[&name];
    (!value.is_array()).then(|| with(call, &name, json!([value])))
}

fn list_as_text(_: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices).filter(|name| !has_spaced_scopes(name, call))?;
    let items: Vec<&str> = call[&name]
        .as_array()?
        .iter()
        .map_while(Value::as_str)
        .collect();
    let separator = choices.one(&[", ", ",", " ", "\n"])?;
    Some(with(call, &name, json!(items.join(separator))))
}

/// A random argument that has an `enum`: its name, and the allowed values.
fn a_choice<'a>(
    entry: &'a Definition,
    call: &JsonObject,
    choices: &mut Choices,
) -> Option<(String, &'a Vec<Value>)> {
    let property = |name: &str| &properties(entry)[name];
    let chosen = call.keys().filter(|name| property(name)["enum"].is_array());
    let chosen: Vec<&String> = chosen.collect();
    let name = choices.one(&chosen)?;
    Some(((*name).clone(), property(name)["enum"].as_array()?))
}

fn misspelt_choice(
    entry: &Definition,
    call: &JsonObject,
    choices: &mut Choices,
) -> Option<Slipped> {
    let (name, options) = a_choice(entry, call, choices)?;
    let slipped = misspelt(call[&name].as_str()?, choices)?;
    let is_other = options.iter().any(|option| *option == slipped);
    (!is_other).then(|| with(call, &name, json!(slipped)))
}

fn choice_in_other_case(
    entry: &Definition,
    call: &JsonObject,
    choices: &mut Choices,
) -> Option<Slipped> {
    let (name, _) = a_choice(entry, call, choices)?;
    let given = call[&name].as_str()?;
    let other = match choices.below(3) {
        0 => given.to_lowercase(),
        1 => given.to_uppercase(),
        _ => given.replace('_', "-"),
    };
    Some(with(call, &name, json!(other)))
}

fn too_long_a_list(entry: &Definition, call: &JsonObject, _: &mut Choices) -> Option<Slipped> {
    let most = properties(entry).get("limit")?["maximum"].as_u64()?;
    let mut slipped = call.clone();
    let mut meant = call.clone();
    slipped.insert("limit".to_owned(), json!(most * 10));
    meant.insert("limit".to_owned(), json!(most));
    Some((slipped, Meaning::Is(meant)))
}

fn out_of_range(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let bounded = properties(entry).iter().filter(|(name, property)| {
        *name != "limit" && (property["maximum"].is_u64() || property["minimum"].is_u64())
    });
    let bounded: Vec<_> = bounded.collect();
    let (name, property) = choices.one(&bounded)?;
    let beyond = match property["maximum"].as_i64() {
        Some(most) => most + 1,
        None => property["minimum"].as_i64()? - 1,
    };
    let (slipped, _) = with(call, name, json!(beyond));
    Some((slipped, Meaning::Unclear))
}

fn member_outside(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let members = call[&name].as_object()?;
    let names: Vec<&String> = members.keys().collect();
    let member = (*choices.one(&names)?).clone();
    if properties(entry)
        .keys()
        .any(|name| plain(name) == plain(&member))
    {
        return None;
    }
    let mut slipped = call.clone();
    let inner = slipped.get_mut(&name)?.as_object_mut()?;
    let value = inner.remove(&member)?;
    if inner.is_empty() {
        slipped.remove(&name);
    }
    slipped.insert(member, value);
    Some((slipped, Meaning::Is(call.clone())))
}

/// Every name in arguments and answers of tools, and some that are in neither.
pub(super) fn names() -> Vec<String> {
    let mut all: Vec<String> = [
        "members", "note", "emails", "owner", "enabled", "force", "all",
    ]
    .map(ToOwned::to_owned)
    .into();
    for entry in tools::all() {
        let mut shown = known(Some(&entry.published.input_schema));
        answered(
            entry.published.output_schema.as_deref().unwrap(),
            &mut shown,
        );
        all.extend(shown.into_iter().map(ToOwned::to_owned));
    }
    all.sort();
    all.dedup();
    // A call means the same without these arguments.
    all.retain(|name| !["confirm", "dry_run", "response_format"].contains(&name.as_str()));
    all
}

fn unknown_argument(
    entry: &Definition,
    call: &JsonObject,
    choices: &mut Choices,
) -> Option<Slipped> {
    let names = names();
    let name = choices.one(&names)?;
    if properties(entry).contains_key(name) {
        return None;
    }
    let value = match choices.below(4) {
        0 => json!(["kept-7"]),
        1 => json!(77),
        2 => json!({ "kept": "7" }),
        _ => json!("kept-7"),
    };
    let (slipped, _) = with(call, name, value.clone());
    Some((slipped, Meaning::Keeps(call.clone(), value)))
}

fn given_twice(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let name = a_name(call, choices)?;
    let synonyms = super::names::synonyms_of(&name);
    let new = match choices.one(&synonyms) {
        Some(new) => (*new).to_owned(),
        None => misspelt(&name, choices)?,
    };
    renamed(entry, call, &name, &new)?;
    let (slipped, _) = with(call, &new, json!("kept-7"));
    Some((slipped, Meaning::Keeps(call.clone(), json!("kept-7"))))
}

fn blank_argument(entry: &Definition, call: &JsonObject, choices: &mut Choices) -> Option<Slipped> {
    let blanks = [json!(null), json!(""), json!([]), json!({})];
    let names = names();
    let name = choices.one(&names)?;
    if properties(entry)
        .keys()
        .any(|known| plain(known) == plain(name))
    {
        return None;
    }
    Some(with(call, name, choices.one(&blanks)?.clone()))
}

/// Whether `value` contains `part` at any depth, possibly as text.
fn has(value: &Value, part: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if value == part || text(value).contains(&text(part)) {
        return true;
    }
    match value {
        Value::Array(items) => items.iter().any(|item| has(item, part)),
        Value::Object(members) => members.values().any(|member| has(member, part)),
        _ => false,
    }
}

/// Whether `value` has all members of `part`, with the same values.
fn includes(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| value.get(name).is_some_and(|value| includes(value, part))),
        (value, part) => value == part,
    }
}

/// The arguments of the corrected call. None if there is no correction.
fn correction(entry: &Definition, slipped: &JsonObject) -> Option<Value> {
    let mut checked = slipped.clone();
    match entry.validate(&mut checked) {
        Ok(()) => Some(checked.into()),
        Err(error) => {
            let retry = error.retry?;
            assert_eq!(retry.tool, entry.name());
            let mut arguments = retry.arguments;
            let checked = entry.validate(&mut arguments);
            assert!(checked.is_ok(), "{slipped:?}: {checked:?}");
            Some(arguments.into())
        }
    }
}

/// `call` without empty objects, which mean the same as absent ones.
fn normalized(call: &Value) -> Value {
    let mut normalized = call.clone();
    if let Value::Object(members) = &mut normalized {
        members.retain(|_, member| *member != json!({}));
    }
    normalized
}

#[test]
fn corrections_keep_the_meaning() {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in 0..SEEDS {
        let mut choices = Choices(seed);
        // The kinds take turns. Tools are tried until the mistake is possible in a call.
        let (kind, slip) = SLIPS[usize::try_from(seed).unwrap() % SLIPS.len()];
        let made = (0..100).find_map(|_| {
            let entry = tools::all().nth(choices.below(tools::all().len())).unwrap();
            let call = intended(entry, &mut choices);
            Some((entry, slip(entry, &call, &mut choices)?))
        });
        let Some((entry, (slipped, meaning))) = made else {
            continue;
        };
        let (all, corrected) = counts.entry(kind).or_default();
        *all += 1;
        let Some(correction) = correction(entry, &slipped) else {
            continue;
        };
        *corrected += 1;
        let is_right = match &meaning {
            Meaning::Is(call) => normalized(&correction) == normalized(&Value::from(call.clone())),
            Meaning::Keeps(call, value) => {
                // A list of one item is that item, for an argument that is no list.
                let one = value.as_array().filter(|items| items.len() == 1);
                let is_kept =
                    has(&correction, value) || one.is_some_and(|items| has(&correction, &items[0]));
                is_kept && includes(&correction, &call.clone().into())
            }
            Meaning::Unclear => false,
        };
        if !is_right {
            let slipped = Value::from(slipped);
            wrong.push(format!(
                "{seed} {kind}: {} {slipped} -> {correction}",
                entry.name()
            ));
        }
    }
    for (kind, (all, corrected)) in &counts {
        eprintln!("{corrected:>5} of {all:>5} corrected: {kind}");
    }
    let many = wrong.len();
    wrong.truncate(40);
    assert!(
        wrong.is_empty(),
        "{many} have another meaning:\n{}",
        wrong.join("\n")
    );
    // Every kind was tested. More than a third of the calls were corrected, except in the
    // rare kinds.
    for (kind, _) in SLIPS {
        let (all, corrected) = counts.get(kind).copied().unwrap_or_default();
        assert!(all > 30, "{kind}: {all}");
        let rare = [
            "number out of range",
            "unknown argument",
            "argument given twice",
            "part of the name",
            "all in one object",
        ];
        assert!(
            corrected * 3 > all || rare.contains(&kind),
            "{kind}: {corrected} of {all}"
        );
    }
}

/// The schema of `call_operation` does not know which members an operation requires.
#[test]
fn corrections_obey_the_rules_of_the_tool() {
    let entry = tools::find("call_operation").unwrap();
    let input = json!({ "UserPoolId": "us-east-1_AbCdEfGhI", "DestinationUser": {} });
    let call = json!({
        "operation": "AdminLinkProviderForUser", "input": input, "SourceUser": {},
    });
    let error = entry.validate(&mut call.as_object().unwrap().clone());
    assert_eq!(error.unwrap_err().retry, None);
}

/// The result of a call with an argument `name` that the tool does not have.
fn answered_as(entry: &Definition, name: &str) -> String {
    let mut call = entry.example.as_object().unwrap().clone();
    call.insert(name.to_owned(), json!("x-1"));
    let error = match entry.validate(&mut call) {
        Ok(()) => return "accepted".to_owned(),
        Err(error) => error,
    };
    let pointer = format!("/{name}");
    let problem = error
        .problems
        .iter()
        .find(|problem| problem.pointer == pointer);
    let Some(problem) = problem else {
        return format!("accepted under another name: {}", error.message);
    };
    match (&problem.nearest, problem.certain) {
        (Some(nearest), true) => format!("is `{nearest}`"),
        (Some(nearest), false) => format!("did you mean `{nearest}`?"),
        (None, true) => "is left out".to_owned(),
        (None, false) => problem.message.clone(),
    }
}

/// Every tool understands the names in arguments and answers of its toolset, or the error
/// says what to do instead. A snapshot has the table for review.
#[test]
fn names_of_a_toolset_are_answered() {
    let mut table: BTreeMap<(&str, String, String), Vec<&str>> = BTreeMap::new();
    let mut silent = Vec::new();
    for set in tools::TOOLSETS {
        let siblings = || tools::all().filter(|entry| entry.toolset == set.name);
        let mut names = Vec::new();
        for sibling in siblings() {
            names.extend(known(Some(&sibling.published.input_schema)));
            answered(
                sibling.published.output_schema.as_deref().unwrap(),
                &mut names,
            );
        }
        names.sort_unstable();
        names.dedup();
        for entry in siblings() {
            for name in names
                .iter()
                .filter(|name| !properties(entry).contains_key(**name))
            {
                let answer = answered_as(entry, name);
                if answer == "is not an argument" {
                    silent.push(format!("{} {name}", entry.name()));
                }
                let row = (set.name, (*name).to_owned(), answer);
                table.entry(row).or_default().push(entry.name());
            }
        }
    }
    assert!(silent.is_empty(), "nothing says what to do: {silent:?}");
    let rows = table.iter().map(|((set, name, answer), tools)| {
        format!("{set} | {name} | {answer} | {}", tools.join(" "))
    });
    let rows: Vec<String> = rows.collect();
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("argument_names", rows.join("\n"));
    });
}
