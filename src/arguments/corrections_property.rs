//! Property test of corrections. It generates calls of every tool from the tool's schema
//! and example, and changes each call as a careless caller would. A correction must have
//! the meaning of the original call, or there must be none.

use std::collections::BTreeMap;

use cognito_emulator::model::Model;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::names::plain;
use super::unknown::{answer_members, known};
use crate::definition::Definition;
use crate::guard::redact;
use crate::tools::{self, raw};

/// Number of seeds.
const SEEDS: u64 = 10_000;

/// Random numbers from a seed (the `SplitMix64` generator of Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
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

/// The expected correction, if there is one.
enum Expected {
    /// The correction equals this call.
    Equal(JsonObject),
    /// The correction includes this call, and has this value somewhere.
    Includes(JsonObject, Value),
    /// No correction is allowed.
    NoCorrection,
}

/// A call with a slip, and the expected correction.
type SlippedCall = (JsonObject, Expected);

/// Makes one kind of slip in a call. None if the call has no place for it.
type Slip = fn(&Definition, &JsonObject, &mut Random) -> Option<SlippedCall>;

/// The kinds of slips.
const SLIPS: [(&str, Slip); 17] = [
    ("misspelt name", misspelt_name),
    ("synonym of the name", synonym),
    ("part of the name", part_of_name),
    ("`name` or `id` for the resource", name_or_id),
    ("arguments inside another object", wrapped),
    ("JSON as text", json_text),
    ("single value for a list", single_value_for_list),
    ("list for a single value", list_for_single_value),
    ("list as text", list_as_text),
    ("misspelt enum value", misspelt_enum_value),
    ("enum value in another case", enum_value_in_other_case),
    ("`limit` above its maximum", limit_too_large),
    ("number out of range", out_of_range),
    ("member of an object given as an argument", member_outside),
    ("unknown argument", unknown_argument),
    ("argument given twice", given_twice),
    ("unknown argument with an empty value", empty_argument),
];

/// A random valid call of the tool.
fn intended(entry: &Definition, random: &mut Random) -> JsonObject {
    if entry.name() == "call_operation" {
        let operations: Vec<_> = Model::get().operations().collect();
        let operation = operations[random.below(operations.len())];
        let input = raw::example::of(operation);
        let call = json!({ "operation": operation.name, "input": input });
        return call.as_object().unwrap().clone();
    }
    let mut call = entry.example().as_object().unwrap().clone();
    let schema = &*entry.published().input_schema;
    let names: Vec<&str> = known(Some(schema));
    for name in names {
        let property = redact::member_schema(schema, name).unwrap();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = required.is_some_and(|names| names.iter().any(|n| n == name));
        let mut changed = call.clone();
        match random.below(4) {
            0 if !is_required => drop(changed.remove(name)),
            1 => drop(changed.insert(name.to_owned(), value(property, random))),
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
fn value(schema: &Value, random: &mut Random) -> Value {
    if let Some(options) = schema["enum"].as_array() {
        return random.one(options).unwrap().clone();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "integer" => {
            let least = schema["minimum"].as_u64().unwrap_or(0);
            json!(least + random.next() % 50)
        }
        "number" => json!(0.5),
        "boolean" => json!(random.below(2) == 0),
        "array" => {
            let count = 1 + random.below(3);
            let items = (0..count).map(|_| value(&schema["items"], random));
            items.collect()
        }
        "object" => {
            let members = schema["properties"].as_object();
            match members {
                Some(members) => members
                    .iter()
                    .map(|(name, member)| (name.clone(), value(member, random)))
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
            json!(words[random.below(words.len())])
        }
    }
}

/// `text` with one typing error.
fn misspelt(text: &str, random: &mut Random) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return None;
    }
    let at = 1 + random.below(letters.len() - 2);
    let mut letters = letters;
    match random.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = 'q',
    }
    Some(letters.into_iter().collect()).filter(|slipped: &String| slipped != text)
}

/// The name of a random argument of `call`.
fn a_name(call: &JsonObject, random: &mut Random) -> Option<String> {
    let names: Vec<&String> = call.keys().collect();
    random.one(&names).map(|name| (*name).clone())
}

fn properties(entry: &Definition) -> &JsonObject {
    static NONE: std::sync::LazyLock<JsonObject> = std::sync::LazyLock::new(JsonObject::new);
    let properties = entry.published().input_schema.get("properties");
    properties.and_then(Value::as_object).unwrap_or(&NONE)
}

/// `call` with the argument `name` renamed to `new`. None if the tool has an argument `new`.
fn renamed(entry: &Definition, call: &JsonObject, name: &str, new: &str) -> Option<SlippedCall> {
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
    Some((slipped.collect(), Expected::Equal(call.clone())))
}

fn misspelt_name(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let new = misspelt(&name, random)?;
    renamed(entry, call, &name, &new)
}

fn synonym(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let synonyms = super::names::synonyms_of(&name);
    let new = random.one(&synonyms)?;
    renamed(entry, call, &name, new)
}

fn part_of_name(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let parts: Vec<&str> = name.split('_').collect();
    let part = random.one(&parts)?;
    // A correction reads `user` as `username`, and `client` as `client_id`, even if the call has
    // `user_pool_id` or `client_secret`.
    let fixed_meanings = [("user", "username"), ("client", "client_id")];
    // A correction reads `id` as the id of the tool's resource. That is the pool only if the tool's
    // name contains `pool`.
    let is_not_the_resource = name == "user_pool_id" && !entry.name().contains("pool");
    if *part == "id" && is_not_the_resource
        || fixed_meanings
            .iter()
            .any(|(fixed, meant)| part == fixed && name != *meant)
    {
        return None;
    }
    renamed(entry, call, &name, part)
}

fn name_or_id(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let resource_arguments = ["username", "group", "client_id", "user_pool_id", "job_id"];
    // In a tool with user attributes, `name` means an attribute. The pool is the tool's resource
    // only if the tool's name contains `pool`.
    let is_not_the_resource = name == "user_pool_id" && !entry.name().contains("pool");
    let attribute_arguments =
        ["attributes", "filter"].map(|name| properties(entry).contains_key(name));
    let is_attribute = attribute_arguments.contains(&true) && name != "username";
    if !resource_arguments.contains(&name.as_str()) || is_attribute || is_not_the_resource {
        return None;
    }
    renamed(entry, call, &name, random.one(&["name", "id"])?)
}

fn wrapped(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let wrappers = [
        "arguments",
        "params",
        "args",
        "input",
        "body",
        "filter",
        "user",
    ];
    let wrapper = random.one(&wrappers)?;
    if properties(entry).contains_key(*wrapper) {
        // The wrapped call may be meant as the value of that argument.
        return None;
    }
    let all = Value::from(call.clone());
    let all = if random.below(2) == 0 {
        json!({ *wrapper: all })
    } else {
        json!({ *wrapper: all.to_string() })
    };
    Some((all.as_object()?.clone(), Expected::Equal(call.clone())))
}

/// `call` with the argument `name` set to `value`. The expected correction is `call`.
fn with_argument(call: &JsonObject, name: &str, value: Value) -> SlippedCall {
    let mut slipped = call.clone();
    slipped.insert(name.to_owned(), value);
    (slipped, Expected::Equal(call.clone()))
}

fn json_text(_: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    (!call[&name].is_string()).then(|| with_argument(call, &name, json!(call[&name].to_string())))
}

/// Whether the argument has scopes with spaces, which OAuth does not allow (RFC 6749, section 3.3):
/// as one text they are several scopes.
fn has_spaced_scopes(name: &str, call: &JsonObject) -> bool {
    let mut items = call[name].as_array().into_iter().flatten();
    name == "scopes" && items.any(|item| item.as_str().is_some_and(|item| item.contains(' ')))
}

fn single_value_for_list(
    _: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let name = a_name(call, random).filter(|name| !has_spaced_scopes(name, call))?;
    match call[&name].as_array()?.as_slice() {
        [one] => Some(with_argument(call, &name, one.clone())),
        _ => None,
    }
}

fn list_for_single_value(
    _: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let value = &call[&name];
    (!value.is_array()).then(|| with_argument(call, &name, json!([value])))
}

fn list_as_text(_: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random).filter(|name| !has_spaced_scopes(name, call))?;
    let items: Vec<&str> = call[&name]
        .as_array()?
        .iter()
        .map_while(Value::as_str)
        .collect();
    let separator = random.one(&[", ", ",", " ", "\n"])?;
    Some(with_argument(call, &name, json!(items.join(separator))))
}

/// A random argument that has an `enum`: its name, and the allowed values.
fn enum_argument<'a>(
    entry: &'a Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<(String, &'a Vec<Value>)> {
    let property = |name: &str| &properties(entry)[name];
    let chosen = call.keys().filter(|name| property(name)["enum"].is_array());
    let chosen: Vec<&String> = chosen.collect();
    let name = random.one(&chosen)?;
    Some(((*name).clone(), property(name)["enum"].as_array()?))
}

fn misspelt_enum_value(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let (name, options) = enum_argument(entry, call, random)?;
    let slipped = misspelt(call[&name].as_str()?, random)?;
    let is_other = options.iter().any(|option| *option == slipped);
    (!is_other).then(|| with_argument(call, &name, json!(slipped)))
}

fn enum_value_in_other_case(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let (name, _) = enum_argument(entry, call, random)?;
    let given = call[&name].as_str()?;
    let other = match random.below(3) {
        0 => given.to_lowercase(),
        1 => given.to_uppercase(),
        _ => given.replace('_', "-"),
    };
    Some(with_argument(call, &name, json!(other)))
}

fn limit_too_large(entry: &Definition, call: &JsonObject, _: &mut Random) -> Option<SlippedCall> {
    let most = properties(entry).get("limit")?["maximum"].as_u64()?;
    let mut slipped = call.clone();
    let mut meant = call.clone();
    slipped.insert("limit".to_owned(), json!(most * 10));
    meant.insert("limit".to_owned(), json!(most));
    Some((slipped, Expected::Equal(meant)))
}

fn out_of_range(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let bounded = properties(entry).iter().filter(|(name, property)| {
        *name != "limit" && (property["maximum"].is_u64() || property["minimum"].is_u64())
    });
    let bounded: Vec<_> = bounded.collect();
    let (name, property) = random.one(&bounded)?;
    let beyond = match property["maximum"].as_i64() {
        Some(most) => most + 1,
        None => property["minimum"].as_i64()? - 1,
    };
    let (slipped, _) = with_argument(call, name, json!(beyond));
    Some((slipped, Expected::NoCorrection))
}

fn member_outside(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let members = call[&name].as_object()?;
    let names: Vec<&String> = members.keys().collect();
    let member = (*random.one(&names)?).clone();
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
    Some((slipped, Expected::Equal(call.clone())))
}

/// Every name in arguments and answers of tools, and some that are in neither.
pub(super) fn names() -> Vec<String> {
    let mut all: Vec<String> = [
        "members", "note", "emails", "owner", "enabled", "force", "all",
    ]
    .map(ToOwned::to_owned)
    .into();
    for entry in tools::all() {
        let mut shown = known(Some(&entry.published().input_schema));
        answer_members(
            entry.published().output_schema.as_deref().unwrap(),
            &mut shown,
        );
        all.extend(shown.into_iter().map(ToOwned::to_owned));
    }
    all.sort();
    all.dedup();
    // A correction may drop these arguments if the tool does not have them.
    all.retain(|name| !["confirm", "dry_run", "response_format"].contains(&name.as_str()));
    all
}

fn unknown_argument(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let names = names();
    let name = random.one(&names)?;
    if properties(entry).contains_key(name) {
        return None;
    }
    let value = match random.below(4) {
        0 => json!(["kept-7"]),
        1 => json!(77),
        2 => json!({ "kept": "7" }),
        _ => json!("kept-7"),
    };
    let (slipped, _) = with_argument(call, name, value.clone());
    Some((slipped, Expected::Includes(call.clone(), value)))
}

fn given_twice(entry: &Definition, call: &JsonObject, random: &mut Random) -> Option<SlippedCall> {
    let name = a_name(call, random)?;
    let synonyms = super::names::synonyms_of(&name);
    let new = match random.one(&synonyms) {
        Some(new) => (*new).to_owned(),
        None => misspelt(&name, random)?,
    };
    renamed(entry, call, &name, &new)?;
    let (slipped, _) = with_argument(call, &new, json!("kept-7"));
    Some((slipped, Expected::Includes(call.clone(), json!("kept-7"))))
}

fn empty_argument(
    entry: &Definition,
    call: &JsonObject,
    random: &mut Random,
) -> Option<SlippedCall> {
    let blanks = [json!(null), json!(""), json!([]), json!({})];
    let names = names();
    let name = random.one(&names)?;
    if properties(entry)
        .keys()
        .any(|known| plain(known) == plain(name))
    {
        return None;
    }
    Some(with_argument(call, name, random.one(&blanks)?.clone()))
}

/// Whether `value` contains `part` at any depth, possibly as text.
fn contains_anywhere(value: &Value, part: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if value == part || text(value).contains(&text(part)) {
        return true;
    }
    match value {
        Value::Array(items) => items.iter().any(|item| contains_anywhere(item, part)),
        Value::Object(members) => members
            .values()
            .any(|member| contains_anywhere(member, part)),
        _ => false,
    }
}

/// Whether `value` has all members of `part`, with the same values.
fn includes_members(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part.iter().all(|(name, part)| {
            value
                .get(name)
                .is_some_and(|value| includes_members(value, part))
        }),
        (value, part) => value == part,
    }
}

/// The arguments of the call, as accepted or as corrected by the retry. None if there is no retry.
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
        let mut random = Random(seed);
        // Each seed uses the next kind of slip. Up to 100 random calls are generated until one has a
        // place for the slip.
        let (kind, slip) = SLIPS[usize::try_from(seed).unwrap() % SLIPS.len()];
        let made = (0..100).find_map(|_| {
            let entry = tools::all().nth(random.below(tools::all().len())).unwrap();
            let call = intended(entry, &mut random);
            Some((entry, slip(entry, &call, &mut random)?))
        });
        let Some((entry, (slipped, expected))) = made else {
            continue;
        };
        let (all, corrected) = counts.entry(kind).or_default();
        *all += 1;
        let Some(correction) = correction(entry, &slipped) else {
            continue;
        };
        *corrected += 1;
        let is_right = match &expected {
            Expected::Equal(call) => {
                normalized(&correction) == normalized(&Value::from(call.clone()))
            }
            Expected::Includes(call, value) => {
                // A correction may replace a list of one item by the item if the argument is not a
                // list.
                let one = value.as_array().filter(|items| items.len() == 1);
                let is_kept = contains_anywhere(&correction, value)
                    || one.is_some_and(|items| contains_anywhere(&correction, &items[0]));
                is_kept && includes_members(&correction, &call.clone().into())
            }
            Expected::NoCorrection => false,
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
    let count = wrong.len();
    wrong.truncate(40);
    assert!(
        wrong.is_empty(),
        "{count} corrections change the meaning of the call:\n{}",
        wrong.join("\n")
    );
    // Every kind has more than 30 calls. More than a third of them are corrected, except in kinds
    // that are rarely corrected.
    for (kind, _) in SLIPS {
        let (all, corrected) = counts.get(kind).copied().unwrap_or_default();
        assert!(all > 30, "{kind}: {all}");
        let rarely_corrected = [
            "number out of range",
            "unknown argument",
            "argument given twice",
            "part of the name",
            "arguments inside another object",
        ];
        assert!(
            corrected * 3 > all || rarely_corrected.contains(&kind),
            "{kind}: {corrected} of {all}"
        );
    }
}

/// The schema of `call_operation` does not say which members an operation requires, but the tool
/// does. So a corrected call without such a member is not offered.
#[test]
fn a_correction_that_the_tool_would_refuse_is_not_offered() {
    let entry = tools::find("call_operation").unwrap();
    let input = json!({ "UserPoolId": "us-east-1_AbCdEfGhI", "DestinationUser": {} });
    let call = json!({
        "operation": "AdminLinkProviderForUser", "input": input, "SourceUser": {},
    });
    let error = entry.validate(&mut call.as_object().unwrap().clone());
    assert_eq!(error.unwrap_err().retry, None);
}

/// The result of the validation of a call with an argument `name` that the tool does not have.
fn validation_result(entry: &Definition, name: &str) -> String {
    let mut call = entry.example().as_object().unwrap().clone();
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
        (None, true) => "the retry omits it".to_owned(),
        (None, false) => problem.message.clone(),
    }
}

/// Every tool understands the names in arguments and answers of its toolset, or the error
/// says what to do instead. A snapshot has the table for review.
#[test]
fn names_of_a_toolset_are_understood_or_explained() {
    let mut table: BTreeMap<(&str, String, String), Vec<&str>> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for set in tools::TOOLSETS {
        let siblings = || tools::all().filter(|entry| entry.toolset == set.name);
        let mut names = Vec::new();
        for sibling in siblings() {
            names.extend(known(Some(&sibling.published().input_schema)));
            answer_members(
                sibling.published().output_schema.as_deref().unwrap(),
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
                let result = validation_result(entry, name);
                if result == "is not an argument" {
                    unexplained.push(format!("{} {name}", entry.name()));
                }
                let row = (set.name, (*name).to_owned(), result);
                table.entry(row).or_default().push(entry.name());
            }
        }
    }
    assert!(
        unexplained.is_empty(),
        "the errors for these names do not say what to do: {unexplained:?}"
    );
    let rows = table.iter().map(|((set, name, result), tools)| {
        format!("{set} | {name} | {result} | {}", tools.join(" "))
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
