//! The words for a value, learned from calls: the arguments of other tools, the keys of answers,
//! and the members of the requests that a call sends.

use std::collections::{BTreeMap, BTreeSet};

use cognito_mcp::tools;
use serde_json::{Map, Value, json};

use super::prepared_server::{Call, Called, PreparedServer, Reached};

/// What a valid call does.
pub(super) struct Run {
    pub(super) reached: Reached,
    /// The members of its requests that have the value of an argument, or that follow from it:
    /// the argument, the path of the member, and its value.
    pub(super) api: Vec<(String, Vec<String>, Value)>,
    /// The operations of its requests.
    pub(super) operations: BTreeSet<String>,
}

/// What all valid calls show.
#[derive(Default)]
pub(super) struct Learned {
    /// The runs of the calls; none for those that are not possible on the backend.
    pub(super) runs: Vec<Option<Run>>,
    /// The arguments under which calls have a value, by value. Each has the values that its
    /// schema lists.
    pub(super) arguments: BTreeMap<String, BTreeSet<(String, Vec<String>)>>,
    /// The keys under which answers show a value, by value.
    pub(super) answers: BTreeMap<String, BTreeSet<String>>,
    /// The names beside an id in answers, by id.
    pub(super) names: BTreeMap<String, BTreeSet<String>>,
    /// The calls that are not done, and why.
    pub(super) broken: Vec<String>,
}

/// Whether a value identifies something: text that is long enough not to occur by chance.
fn is_distinctive(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() >= 4)
}

/// The values that a schema lists for a value or the items of a list.
pub(super) fn options(schema: &Value) -> Vec<String> {
    let listed = schema["enum"].as_array();
    let listed = listed.or_else(|| schema["items"]["enum"].as_array());
    let texts = listed.into_iter().flatten().filter_map(Value::as_str);
    texts.map(ToOwned::to_owned).collect()
}

impl Learned {
    pub(super) async fn of(prepared: &mut PreparedServer, calls: &[Call]) -> Self {
        let mut learned = Self::default();
        for call in calls {
            let run = if call.is_on(prepared.backend) {
                learned.learn(prepared, call).await
            } else {
                None
            };
            learned.runs.push(run);
        }
        learned
    }

    async fn learn(&mut self, prepared: &mut PreparedServer, call: &Call) -> Option<Run> {
        prepared.begin(&call.before).await;
        let arguments = prepared.filled(&prepared.targets(&call.tool, &call.arguments));
        let answer = match prepared.call(&call.tool, &arguments).await {
            Called::Done(answer) if !call.refused => answer,
            Called::Refused { facts, .. } if call.refused => facts["message"].clone(),
            other => {
                self.broken
                    .push(format!("{} {arguments}: {other:?}", call.tool));
                return None;
            }
        };
        let reached = prepared.reached(0, &answer);
        let requests = requests(prepared);
        let schema = json!(tools::find(&call.tool).unwrap().published().input_schema);
        for (name, value) in arguments.as_object().unwrap() {
            self.learn_argument(name, value, &schema["properties"][name]);
        }
        self.learn_answer(&answer);
        let mut api = by_value(&arguments, &requests);
        api.extend(by_difference(prepared, call, &arguments, &requests).await);
        let operations = requests
            .into_iter()
            .map(|(operation, _)| operation)
            .collect();
        Some(Run {
            reached,
            api,
            operations,
        })
    }

    fn learn_argument(&mut self, name: &str, value: &Value, schema: &Value) {
        match value {
            Value::Array(items) => {
                for item in items {
                    self.learn_argument(name, item, &schema["items"]);
                }
            }
            value if is_distinctive(value) => {
                let words = self.arguments.entry(text(value)).or_default();
                words.insert((name.to_owned(), options(schema)));
            }
            _ => {}
        }
    }

    fn learn_answer(&mut self, answer: &Value) {
        match answer {
            Value::Array(items) => items.iter().for_each(|item| self.learn_answer(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    // `before` and `after` are parts of every change, and no names of values.
                    if ["next", "message", "before", "after"].contains(&name.as_str()) {
                        continue;
                    }
                    if is_distinctive(member) {
                        let words = self.answers.entry(text(member)).or_default();
                        words.insert(name.clone());
                    }
                    self.learn_answer(member);
                }
                self.learn_names(members);
            }
            _ => {}
        }
    }

    /// Learns the name of an object from its members.
    fn learn_names(&mut self, members: &Map<String, Value>) {
        let of = |name: &str| members.get(name).filter(|name| is_distinctive(name));
        let Some(name) = of("name") else {
            return;
        };
        for (key, id) in members {
            let is_id =
                key == "id" || key.ends_with("_id") || key.ends_with("_key") || key == "identifier";
            if is_id && is_distinctive(id) && id != name {
                self.names.entry(text(id)).or_default().insert(text(name));
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The successful requests of the calls since the beginning.
fn requests(prepared: &PreparedServer) -> Vec<(String, Value)> {
    let made = prepared.server.stack().journal_after(0).into_iter();
    let done = made.filter(|entry| entry.code.is_none());
    done.map(|entry| (entry.operation, entry.request)).collect()
}

/// The leaves of `value`, with their paths. A list is a leaf.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Value)>) {
    if let Value::Object(members) = value {
        for (name, member) in members {
            path.push(name.clone());
            leaves(member, path, found);
            path.pop();
        }
    } else {
        found.push((path.clone(), value.clone()));
    }
}

fn leaves_of(request: &Value) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    leaves(request, &mut Vec::new(), &mut found);
    found
}

/// The members of `requests` that have the value of an argument.
fn by_value(arguments: &Value, requests: &[(String, Value)]) -> Vec<(String, Vec<String>, Value)> {
    let mut found = Vec::new();
    for (name, value) in arguments.as_object().unwrap() {
        for (_, request) in requests {
            for (path, leaf) in leaves_of(request) {
                if is_distinctive(&leaf) && leaf == *value {
                    found.push((name.clone(), path, leaf));
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    found.dedup();
    // A member that has the values of two arguments, or a value of two arguments, does not say
    // which one is meant.
    let all = found.clone();
    let is_clear = |one: &(String, Vec<String>, Value)| {
        let others = all.iter().filter(|other| other.0 != one.0);
        others
            .clone()
            .all(|other| other.1 != one.1 && other.2 != one.2)
    };
    found.retain(is_clear);
    found
}

/// The members of requests that differ if one optional argument is left out, if there is
/// exactly one.
async fn by_difference(
    prepared: &mut PreparedServer,
    call: &Call,
    arguments: &Value,
    requests: &[(String, Value)],
) -> Vec<(String, Vec<String>, Value)> {
    let tool = tools::find(&call.tool).unwrap();
    let required = tool
        .published()
        .input_schema
        .get("required")
        .cloned()
        .unwrap_or_default();
    let is_required = |name: &String| {
        required
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    let mut found = Vec::new();
    for (name, value) in arguments.as_object().unwrap() {
        let is_target = ["user_pool_id", "client_id"].contains(&name.as_str());
        if is_required(name) || is_target || is_distinctive(value) || value.is_object() {
            continue;
        }
        let mut without = arguments.clone();
        without.as_object_mut().unwrap().shift_remove(name);
        prepared.begin(&call.before).await;
        let Called::Done(_) = prepared.call(&call.tool, &without).await else {
            continue;
        };
        let others = self::requests(prepared);
        let differing = differing(requests, &others);
        if let [(path, leaf)] = differing.as_slice() {
            found.push((name.clone(), path.clone(), leaf.clone()));
        }
    }
    found
}

/// The leaves of `requests` that `others` do not have.
fn differing(
    requests: &[(String, Value)],
    others: &[(String, Value)],
) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    for (operation, request) in requests {
        let others = others.iter().filter(|(other, _)| other == operation);
        let known: Vec<_> = others.flat_map(|(_, other)| leaves_of(other)).collect();
        found.extend(
            leaves_of(request)
                .into_iter()
                .filter(|leaf| !known.contains(leaf)),
        );
    }
    found
}
