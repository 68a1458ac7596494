//! Corrected calls for retries. A correction never changes the meaning of a call: each
//! problem has one certain solution, and no value is dropped or invented. Otherwise the
//! error only describes the problems and has no retry.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::names::resource_argument;
use crate::error::{Kind, Problem};

/// `arguments` of `tool` with all `problems` corrected. None if a correction is not
/// certain.
pub(super) fn corrected(tool: &str, arguments: &Value, problems: &[Problem]) -> Option<Value> {
    let mut corrected = arguments.clone();
    let mut missing: Vec<&str> = Vec::new();
    let mut unknown: Vec<(String, Value)> = Vec::new();
    for problem in problems {
        let (parent, name) = problem.pointer.rsplit_once('/')?;
        let name = name.replace("~1", "/").replace("~0", "~");
        match problem.kind {
            Kind::Missing if parent.is_empty() => missing.push(&problem.pointer[1..]),
            Kind::Missing => {}
            Kind::Value if problem.certain => {
                let nearest = problem.nearest.as_deref().map(Value::from);
                let meant = problem.meant.clone().or(nearest)?;
                *corrected.pointer_mut(&problem.pointer)? = meant;
            }
            Kind::Value => return None,
            Kind::Unknown => {
                let Value::Object(members) = corrected.pointer_mut(parent)? else {
                    return None;
                };
                let value = members.remove(&name)?;
                if problem.certain {
                    place(members, problem, value)?;
                } else if parent.is_empty() {
                    unknown.push((name, value));
                } else {
                    return None;
                }
            }
        }
    }
    missing.retain(|name| corrected.get(name).is_none());
    fill(tool, &mut corrected, &missing, unknown)?;
    Some(corrected)
}

/// Moves the value of an unknown argument to the argument that is meant. None if that
/// argument has another value.
fn place(
    members: &mut serde_json::Map<String, Value>,
    problem: &Problem,
    value: Value,
) -> Option<()> {
    let Some(target) = &problem.nearest else {
        // The call means the same without the argument.
        return Some(());
    };
    let meant = problem.meant.clone().unwrap_or(value);
    let is_object = |text: &str| serde_json::from_str::<JsonObject>(text).is_ok();
    if meant.as_str().is_some_and(is_object) {
        // The text probably has all arguments of the call.
        return None;
    }
    let (members, target, meant) = match target.split_once('.') {
        None => (members, target.as_str(), meant),
        Some((object, member)) => {
            let inner = members.entry(object).or_insert(json!({}));
            let Value::Object(inner) = inner else {
                return None;
            };
            let meant = match meant {
                plain @ (Value::Bool(_) | Value::Number(_)) if holds_text(object) => {
                    plain.to_string().into()
                }
                meant => meant,
            };
            (inner, member, meant)
        }
    };
    let before = members.insert(target.to_owned(), meant);
    match before {
        // With two different values for one argument, it is unclear which one is meant.
        Some(before) if before != members[target] => None,
        _ => Some(()),
    }
}

/// Whether the members of this argument have values of text.
fn holds_text(object: &str) -> bool {
    matches!(object, "attributes" | "details")
}

/// Gives the value of an unknown argument to a missing one, if there is one of each and the
/// names leave no doubt. None if an unknown or missing argument remains.
fn fill(
    tool: &str,
    corrected: &mut Value,
    missing: &[&str],
    unknown: Vec<(String, Value)>,
) -> Option<()> {
    let mut unknown = unknown.into_iter();
    match (missing, unknown.next(), unknown.next()) {
        ([], None, None) => Some(()),
        (["username"], Some((name, value)), None)
            if matches!(name.as_str(), "email" | "phone_number" | "sub") =>
        {
            corrected["username"] = value;
            Some(())
        }
        ([only], Some((name, value)), None) if matches!(name.as_str(), "id" | "name") => {
            // `name` in a tool for clients is the client, not the group.
            let resource = resource_argument(tool, missing);
            if resource.is_some_and(|resource| resource != *only) {
                return None;
            }
            corrected[*only] = value;
            Some(())
        }
        _ => None,
    }
}
