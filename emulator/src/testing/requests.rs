//! Proptest strategies for requests that the service model allows.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};

use crate::model::{Kind, Model, Operation, Shape};
use crate::pattern::Pattern;

/// Any request of `operation` that the model allows. Required members are
/// present, optional ones may be, every constraint is met. Strings, lists and
/// maps are short.
pub fn any_request(operation: &Operation) -> BoxedStrategy<Value> {
    Strategies::default().of(operation.input())
}

/// Any operation with any request that the model allows.
pub fn any_call() -> BoxedStrategy<(&'static Operation, Value)> {
    let mut strategies = Strategies::default();
    let calls = Model::get().operations().map(|operation| {
        strategies
            .of(operation.input())
            .prop_map(move |request| (operation, request))
    });
    proptest::strategy::Union::new(calls.collect::<Vec<_>>()).boxed()
}

/// Any JSON with little nesting.
pub fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
    .boxed()
}

/// By how much a generated string, list or map can exceed its minimal length.
const SLACK: usize = 12;

/// The strategy of each shape, created once because shapes refer to each other.
#[derive(Default)]
struct Strategies(BTreeMap<*const Shape, BoxedStrategy<Value>>);

impl Strategies {
    fn of(&mut self, shape: &'static Shape) -> BoxedStrategy<Value> {
        if let Some(known) = self.0.get(&std::ptr::from_ref(shape)) {
            return known.clone();
        }
        let strategy = self.build(shape);
        self.0.insert(shape, strategy.clone());
        strategy
    }

    fn build(&mut self, shape: &'static Shape) -> BoxedStrategy<Value> {
        let (min, max) = sizes(shape);
        match &shape.kind {
            Kind::Structure(members) => {
                let members = members.iter().map(|member| {
                    let value = self.of(member.shape());
                    let value = if member.required || member.absent_is_zero {
                        value.prop_map(Some).boxed()
                    } else {
                        option::of(value).boxed()
                    };
                    value.prop_map(|value| Some((member.name.to_owned(), value?)))
                });
                let members: Vec<_> = members.collect();
                members
                    .prop_map(|members| members.into_iter().flatten().collect::<Map<_, _>>().into())
                    .boxed()
            }
            Kind::List(element) => vec(self.of(element.get()), min..=max.min(min + 3))
                .prop_map(Value::from)
                .boxed(),
            Kind::Map { key, value } => {
                let key = text(key.get());
                let entries = btree_map(key, self.of(value.get()), min..=max.min(min + 2));
                entries
                    .prop_map(|entries| entries.into_iter().collect())
                    .boxed()
            }
            Kind::String => text(shape).prop_map(Value::from).boxed(),
            Kind::Integer => {
                let bound = |bound: Option<i64>, other| {
                    bound
                        .and_then(|bound| i32::try_from(bound).ok())
                        .unwrap_or(other)
                };
                (bound(shape.min, i32::MIN)..=bound(shape.max, i32::MAX))
                    .prop_map(Value::from)
                    .boxed()
            }
            Kind::Long => any::<i64>().prop_map(Value::from).boxed(),
            Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
            Kind::Blob => vec(any::<u8>(), min..=max.min(min + SLACK))
                .prop_map(|bytes| Value::from(STANDARD.encode(bytes)))
                .boxed(),
            Kind::Timestamp => (0..4_000_000_000_u32).prop_map(Value::from).boxed(),
            Kind::Document => {
                prop_oneof![Just(json!({})), Just(json!({ "a": [1, "b", null] }))].boxed()
            }
        }
    }
}

/// Bounds of a length.
fn sizes(shape: &Shape) -> (usize, usize) {
    let bound = |bound: Option<i64>| bound.and_then(|bound| usize::try_from(bound).ok());
    (
        bound(shape.min).unwrap_or(0),
        bound(shape.max).unwrap_or(usize::MAX),
    )
}

fn text(shape: &'static Shape) -> BoxedStrategy<String> {
    if !shape.values.is_empty() {
        return select(&shape.values[..])
            .prop_map(ToOwned::to_owned)
            .boxed();
    }
    let (min, max) = sizes(shape);
    let longest = max.min(min + SLACK);
    let Some(pattern) = &shape.pattern else {
        return generate(&format!("[ -~äжЖ例😀]{{{min},{longest}}}"));
    };
    let translated = pattern.translated();
    let bare = translated.strip_prefix('^').unwrap_or(&translated);
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    // A pattern of one repeated class can be given a length. For other patterns, the
    // generated texts are filtered.
    let class = bare
        .strip_suffix(['+', '*'])
        .filter(|class| is_class(class));
    let sized = class.map(|class| {
        let least = min.max(usize::from(bare.ends_with('+')));
        format!("{class}{{{least},{}}}", longest.max(least))
    });
    generate(sized.as_deref().unwrap_or(bare))
        .prop_filter("the pattern and its bounds", move |text| {
            fits(pattern, text, min, max)
        })
        .boxed()
}

fn fits(pattern: &Pattern, text: &str, min: usize, max: usize) -> bool {
    pattern.matches(text) && (min..=max).contains(&text.chars().count())
}

fn generate(regex: &str) -> BoxedStrategy<String> {
    string_regex(regex)
        .expect("patterns of the model generate")
        .boxed()
}

/// Whether `regex` is a single bracketed class.
fn is_class(regex: &str) -> bool {
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in regex.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return c == ']' && at + 1 == regex.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::sample::Index;

    use super::*;
    use crate::error::Error;
    use crate::model::Member;
    use crate::validate;

    fn config() -> ProptestConfig {
        ProptestConfig {
            cases: 256,
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    #[test]
    fn each_operation_has_requests() {
        let mut runner = proptest::test_runner::TestRunner::new(config());
        for operation in Model::get().operations() {
            let request = any_request(operation)
                .new_tree(&mut runner)
                .unwrap()
                .current();
            assert_eq!(
                validate::check(operation, &request),
                Ok(()),
                "{} {request}",
                operation.name
            );
        }
    }

    #[test]
    fn generated_calls_are_valid() {
        proptest!(config(), |((operation, request) in any_call())| {
            prop_assert_eq!(validate::check(operation, &request), Ok(()));
        });
    }

    /// A valid request with one fault has exactly one violation.
    #[test]
    fn one_fault_is_one_violation() {
        proptest!(config(), |((operation, request) in any_call(), which in any::<Index>())| {
            let mut faults = Vec::new();
            possible_faults(operation.input(), &request, "", "", operation.input().sensitive, &mut faults);
            prop_assume!(!faults.is_empty());
            let fault = which.get(&faults);
            let mut damaged = request.clone();
            *damaged.pointer_mut(&fault.pointer).unwrap() = fault.value.clone();

            let refused = validate::check(operation, &damaged);
            let Err(Error::Constraints { detected }) = refused else {
                return Err(TestCaseError::fail(format!("{refused:?}: {damaged}")));
            };
            let Violation { path, claim, echo, .. } = fault;
            let expected = format!("1 validation error detected: Value{echo} at '{path}' failed to satisfy constraint: {claim}");
            prop_assert_eq!(detected, expected);
        });
    }

    /// Any JSON is checked and redacted without a panic, and errors have the expected
    /// form.
    #[test]
    fn any_json_is_checked() {
        let members = Model::get().operations().map(|operation| {
            let names: Vec<_> = operation.input().members().iter().map(|member| member.name.to_owned()).collect();
            let names = if names.is_empty() { any::<String>().boxed() } else { select(names).boxed() };
            (Just(operation), prop_oneof![
                1 => any_json(),
                9 => btree_map(names, any_json(), 0..6).prop_map(|members| members.into_iter().collect()),
            ])
        });
        let calls = proptest::strategy::Union::new(members.collect::<Vec<_>>());
        proptest!(config(), |((operation, input) in calls)| {
            check_form(validate::check(operation, &input))?;
            let redacted = validate::redact(operation, &input);
            prop_assert_eq!(&validate::redact(operation, &redacted), &redacted);
            let redacted = validate::redact_response(operation, &input);
            prop_assert_eq!(&validate::redact_response(operation, &redacted), &redacted);
            prop_assert!(input.is_object() || !validate::response_faults(operation, &input).is_empty() || input.is_null());
        });
    }

    /// A valid request with some value replaced by any JSON.
    #[test]
    fn damaged_requests_are_checked() {
        proptest!(config(), |((operation, mut request) in any_call(), which in any::<Index>(), junk in any_json())| {
            let mut pointers = Vec::new();
            all_pointers(&request, "", &mut pointers);
            let pointer: &String = which.get(&pointers);
            *request.pointer_mut(pointer).unwrap() = junk;
            check_form(validate::check(operation, &request))?;
        });
    }

    /// Checks that the error announces `n validation errors detected: ` and has `n`
    /// violations.
    fn check_form(result: Result<(), Error>) -> Result<(), TestCaseError> {
        match result {
            Err(Error::Constraints { detected }) => {
                let violations = detected.matches(" failed to satisfy constraint: M").count();
                let errors = if violations == 1 { "error" } else { "errors" };
                prop_assert!(
                    detected
                        .starts_with(&format!("{violations} validation {errors} detected: Value")),
                    "{}",
                    detected
                );
                prop_assert!(
                    detected.is_ascii() || detected.contains(".member"),
                    "{}",
                    detected
                );
            }
            Err(other) => prop_assert_eq!(other.code(), "SerializationException"),
            Ok(()) => {}
        }
        Ok(())
    }

    fn all_pointers(value: &Value, at: &str, pointers: &mut Vec<String>) {
        pointers.push(at.to_owned());
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    all_pointers(
                        value,
                        &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                        pointers,
                    );
                }
            }
            Value::Array(elements) => {
                for (index, value) in elements.iter().enumerate() {
                    all_pointers(value, &format!("{at}/{index}"), pointers);
                }
            }
            _ => {}
        }
    }

    #[derive(Debug)]
    struct Violation {
        pointer: String,
        value: Value,
        path: String,
        echo: String,
        claim: String,
    }

    /// Every way to violate one constraint of one member, and no other
    /// constraint.
    fn possible_faults(
        shape: &Shape,
        value: &Value,
        pointer: &str,
        path: &str,
        hidden: bool,
        faults: &mut Vec<Violation>,
    ) {
        match (&shape.kind, value) {
            (Kind::Structure(members), Value::Object(given)) => {
                for member in members {
                    let Some(value) = given.get(member.name) else {
                        continue;
                    };
                    let shape = member.shape();
                    let hidden = hidden || shape.sensitive;
                    let pointer = format!("{pointer}/{}", member.name);
                    let path = format!("{path}{}", member.path);
                    let own = member_faults(member, value).into_iter();
                    faults.extend(own.map(|(value, claim)| Violation {
                        pointer: pointer.clone(),
                        echo: echo(&value, hidden),
                        value,
                        path: path.clone(),
                        claim,
                    }));
                    possible_faults(shape, value, &pointer, &format!("{path}."), hidden, faults);
                }
            }
            (Kind::List(element), Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    let (pointer, path) = (
                        format!("{pointer}/{index}"),
                        format!("{path}{}.member.", index + 1),
                    );
                    possible_faults(element.get(), value, &pointer, &path, hidden, faults);
                }
            }
            (Kind::Map { value: entry, .. }, Value::Object(given)) => {
                for (key, value) in given.iter().filter(|(key, _)| !key.contains(['/', '~'])) {
                    let (pointer, path) =
                        (format!("{pointer}/{key}"), format!("{path}{key}.member."));
                    possible_faults(entry.get(), value, &pointer, &path, hidden, faults);
                }
            }
            _ => {}
        }
    }

    /// A value in the form that sentences repeat.
    fn echo(value: &Value, hidden: bool) -> String {
        match value {
            _ if hidden => String::new(),
            Value::Null => " null".to_owned(),
            Value::String(text) => {
                format!(" '{}'", text.replace(|c: char| !c.is_ascii(), "?"))
            }
            other => format!(" '{other}'"),
        }
    }

    /// Values of `member` that violate one of its constraints, with the sentence about
    /// it. `value` is a valid value of `member`.
    fn member_faults(member: &Member, value: &Value) -> Vec<(Value, String)> {
        let shape = member.shape();
        let mut faults = Vec::new();
        if member.required {
            faults.push((Value::Null, "Member must not be null".to_owned()));
        }
        if !shape.values.is_empty() {
            let values = shape.values.join(", ");
            let claim = format!("Member must satisfy enum value set: [{values}]");
            faults.push((json!("NO_SUCH_VALUE"), claim));
        }
        match (&shape.kind, shape.max, value) {
            (Kind::Integer, max, _) => {
                faults.extend(shape.min.map(|min| {
                    let claim = format!("Member must have value greater than or equal to {min}");
                    (json!(min - 1), claim)
                }));
                faults.extend(max.map(|max| {
                    let claim = format!("Member must have value less than or equal to {max}");
                    (json!(max + 1), claim)
                }));
            }
            (Kind::String, Some(max), Value::String(text)) if !text.is_empty() => {
                let length = usize::try_from(max).unwrap() + 1;
                let long: String = text.chars().cycle().take(length).collect();
                let pattern = shape.pattern.as_ref();
                if pattern.is_none_or(|pattern| pattern.matches(&long)) {
                    let claim = format!("Member must have length less than or equal to {max}");
                    faults.push((json!(long), claim));
                }
            }
            _ => {}
        }
        faults
    }
}
