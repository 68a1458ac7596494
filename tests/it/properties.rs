//! Properties of retries: following them succeeds for every pool, user and throttle.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::state::status::{Transition, after};
use cognito_emulator::state::user::Status;
use cognito_mcp::definition::Definition;
use cognito_mcp::tools;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::json::with;
use crate::test_server::{Outcome, TestServer};

/// A runtime with virtual time, in which the SDK's waits between attempts take no real
/// time.
fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
}

/// A runner of 256 cases, or of as many as `PROPTEST_CASES` says.
fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        // Without the macro, the path of the test for saved failures is not known.
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

fn user(username: &str) -> Value {
    json!({ "user_pool_id": "$pool", "username": username })
}

/// The call in `retry` of a refusal.
fn retry(facts: &Value) -> Option<(String, Value)> {
    let retry = facts.get("retry")?;
    Some((
        retry["tool"].as_str()?.to_owned(),
        retry["arguments"].clone(),
    ))
}

fn any_policy() -> impl Strategy<Value = Value> {
    (6..=99u32, any::<[bool; 4]>(), 0..=24u32).prop_map(
        |(length, [upper, lower, digit, symbol], history)| {
            json!({
                "MinimumLength": length,
                "RequireUppercase": upper,
                "RequireLowercase": lower,
                "RequireNumbers": digit,
                "RequireSymbols": symbol,
                "PasswordHistorySize": history,
            })
        },
    )
}

fn any_password() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9!. -]{1,100}",
        "[a-z]{6,12}",
        "\\PC{1,60}",
        " ?[A-Za-z0-9]{5,20}[-. ]?",
        "[\\p{L}\\p{N} \t\n]{1,256}",
    ]
}

/// `password` after the corrections that the problems of a refusal describe.
fn improved(password: &str, problems: &Value) -> String {
    let mut password = password.to_owned();
    for problem in problems.as_array().unwrap() {
        let message = problem["message"].as_str().unwrap();
        if message.contains("spaces") {
            password.retain(|c| !c.is_whitespace());
        } else if message.contains("line breaks") {
            password.retain(|c| !matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
        } else if message.contains("begin or end") {
            password = password.trim().to_owned();
        }
    }
    for problem in problems.as_array().unwrap() {
        let allowed = &problem["allowed"];
        if let Some(letters) = allowed["characters"].as_str() {
            let plain = letters.chars().find(|c| c.is_alphanumeric());
            password.push(plain.unwrap_or('-'));
        }
        if problem["message"] == "was used before" {
            password.push_str("-new");
        }
        if let Some(most) = allowed["maxLength"].as_u64() {
            let most = usize::try_from(most).unwrap();
            password = password.chars().take(most).collect();
        }
    }
    let least = problems.as_array().unwrap().iter();
    let least = least.filter_map(|problem| problem["allowed"]["minLength"].as_u64());
    while least
        .clone()
        .any(|least| password.chars().count() < usize::try_from(least).unwrap())
    {
        password.push('x');
    }
    password
}

/// If a call is refused for its password, a password that satisfies the described rules
/// is accepted. The server does not suggest another password.
#[test]
fn all_violated_password_rules_are_described() {
    let runtime = runtime();
    let world = runtime.block_on(TestServer::new(json!({}), json!({})));
    let number = Cell::new(0);
    let tools = select(vec!["create_user", "reset_password", "sign_up"]);
    let cases = (any_policy(), any_password(), tools, any::<bool>());
    runner()
        .run(&cases, |(policy, password, tool, again)| {
            number.set(number.get() + 1);
            let name = format!("u{}", number.get());
            let update = json!({ "UserPoolId": "$pool", "Policies": { "PasswordPolicy": policy } });
            world.cognito("UpdateUserPool", world.filled(&update));
            let mut arguments = user(&name);
            match tool {
                "create_user" => arguments["temporary_password"] = json!(password),
                "sign_up" => {
                    arguments["password"] = json!(password);
                    arguments["client_id"] = json!("$client");
                }
                _ => arguments["new_password"] = json!(password),
            }
            runtime.block_on(async {
                if tool == "reset_password" {
                    world.call("create_user", &user(&name)).await;
                    if again {
                        // The history of passwords may now refuse the same password.
                        world.call(tool, &arguments).await;
                    }
                }
                let Outcome::Refused(facts) = world.call(tool, &arguments).await else {
                    return Ok(());
                };
                prop_assert!(!facts["problems"].as_array().unwrap().is_empty(), "{facts}");
                prop_assert!(retry(&facts).is_none(), "{facts}");
                let argument = match tool {
                    "create_user" => "temporary_password",
                    "sign_up" => "password",
                    _ => "new_password",
                };
                arguments[argument] = json!(improved(&password, &facts["problems"]));
                let second = world.call(tool, &arguments).await;
                prop_assert!(
                    matches!(second, Outcome::Done(_)),
                    "{facts} then {second:?}"
                );
                Ok(())
            })
        })
        .unwrap();
}

/// An action of a test on a user.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Create,
    SignUp,
    Confirm,
    ConfirmByCode,
    SetPassword,
    SetTemporaryPassword,
    RequireReset,
    Invite,
    Disable,
    Enable,
    SignIn,
}

const STEPS: [Step; 11] = [
    Step::Create,
    Step::SignUp,
    Step::Confirm,
    Step::ConfirmByCode,
    Step::SetPassword,
    Step::SetTemporaryPassword,
    Step::RequireReset,
    Step::Invite,
    Step::Disable,
    Step::Enable,
    Step::SignIn,
];

/// The expected state of a user, by the table of transitions.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    status: Status,
    enabled: bool,
    /// Whether the user has a verified address for codes.
    verified: bool,
}

impl Model {
    /// The state of a new user.
    fn new(status: Status, verified: bool) -> Self {
        Self {
            status,
            enabled: true,
            verified,
        }
    }
}

const PASSWORD: &str = "Correct-Horse-7";

impl Step {
    fn call(self, username: &str) -> (&'static str, Value) {
        let address = json!({ "email": format!("{username}@example.com") });
        let at_app = json!({ "client_id": "$client" });
        let here = user(username);
        match self {
            Self::Create => {
                let more = json!({ "temporary_password": PASSWORD, "attributes": { "email_verified": "true" } });
                ("create_user", with(with(here, address), more))
            }
            Self::SignUp => (
                "sign_up",
                with(
                    with(with(here, address), at_app),
                    json!({ "password": PASSWORD }),
                ),
            ),
            Self::Confirm => ("confirm_user", here),
            Self::ConfirmByCode => (
                "confirm_sign_up",
                with(with(here, at_app), json!({ "code": "$code" })),
            ),
            Self::SetPassword => (
                "reset_password",
                with(here, json!({ "new_password": PASSWORD })),
            ),
            Self::SetTemporaryPassword => (
                "reset_password",
                with(
                    here,
                    json!({ "new_password": PASSWORD, "permanent": false }),
                ),
            ),
            Self::RequireReset => ("require_password_reset", here),
            Self::Invite => (
                "create_user",
                with(
                    here,
                    json!({ "message_action": "RESEND", "temporary_password": PASSWORD }),
                ),
            ),
            Self::Disable => ("disable_user", here),
            Self::Enable => ("enable_user", here),
            Self::SignIn => (
                "sign_in",
                with(with(here, at_app), json!({ "password": PASSWORD })),
            ),
        }
    }
}

/// The expected state after a call of `tool`; `None` if the table says that the call is
/// refused.
fn moved(model: &Model, tool: &str, arguments: &Value) -> Option<Model> {
    let step = match tool {
        "confirm_sign_up" | "require_password_reset" if !model.enabled => return None,
        "confirm_user" | "confirm_sign_up" => Transition::Confirm,
        "reset_password" if arguments["permanent"] == false => Transition::SetTemporaryPassword,
        "reset_password" => Transition::SetPassword,
        "require_password_reset" => Transition::Reset,
        "create_user" if arguments["message_action"] == "RESEND" => Transition::Resend,
        "create_user" | "sign_up" => return None,
        "disable_user" => {
            return Some(Model {
                enabled: false,
                ..model.clone()
            });
        }
        "enable_user" => {
            return Some(Model {
                enabled: true,
                ..model.clone()
            });
        }
        _ => return Some(model.clone()),
    };
    let status = after(model.status, step).ok()?;
    if step == Transition::Reset && !model.verified {
        return None;
    }
    Some(Model {
        status,
        verified: model.verified || tool == "confirm_sign_up",
        ..model.clone()
    })
}

/// A user always has the expected status, and the retry of a refusal succeeds.
#[test]
fn users_have_the_status_of_the_table() {
    let runtime = runtime();
    let pool = json!({ "AutoVerifiedAttributes": ["email"] });
    let world = runtime.block_on(TestServer::new(pool, json!({})));
    let number = Cell::new(0);
    let cases = proptest::collection::vec(select(STEPS.to_vec()), 1..10);
    runner()
        .run(&cases, |steps| {
            number.set(number.get() + 1);
            let name = format!("u{}", number.get());
            runtime.block_on(async {
                let walked = walk(&world, &name, &steps).await;
                // The user is deleted, because a large pool makes each read slower.
                world.call("delete_user", &user(&name)).await;
                walked
            })
        })
        .unwrap();
}

#[expect(clippy::too_many_lines, reason = "one arm for each action")]
async fn walk(world: &TestServer, name: &str, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model: Option<Model> = None;
    // The code of the last sign-up, until it is used or replaced.
    let mut code = None;
    for step in steps {
        let (tool, mut arguments) = step.call(name);
        if *step == Step::ConfirmByCode {
            arguments["code"] = code.clone().unwrap_or_else(|| json!("000000"));
        }
        let expected = match (&model, step) {
            (None, Step::Create) => Some(Model::new(Status::ForceChangePassword, true)),
            (None, Step::SignUp) => Some(Model::new(Status::Unconfirmed, false)),
            (None, _) => None,
            (Some(_), Step::ConfirmByCode) if code.is_none() => None,
            (Some(model), _) => moved(model, tool, &arguments),
        };
        let outcome = world.call(tool, &arguments).await;
        if *step == Step::SignUp && matches!(outcome, Outcome::Done(_)) {
            code = Some(world.filled(&json!("$code")));
        }
        match outcome {
            Outcome::Done(_) => {
                prop_assert!(
                    expected.is_some(),
                    "{step:?} from {model:?} should be refused"
                );
                model = expected;
            }
            // A sign-in also depends on the user's status and password, so it may be
            // refused.
            Outcome::Refused(facts) => {
                prop_assert!(
                    expected.is_none() || *step == Step::SignIn,
                    "{step:?} from {model:?}: {facts}"
                );
                if let Some((shown, arguments)) = retry(&facts) {
                    if shown == "call_operation" {
                        // The earlier code is no longer valid.
                        code = None;
                    }
                    let next = world.call(&shown, &arguments).await;
                    prop_assert!(matches!(next, Outcome::Done(_)), "{facts} then {next:?}");
                    if let Some(before) = &model {
                        let now = moved(before, &shown, &arguments);
                        prop_assert!(now.is_some(), "{shown} from {before:?}");
                        model = now;
                    } else if shown == "create_user" {
                        model = Some(Model::new(Status::ForceChangePassword, false));
                    }
                } else {
                    // These refusals need a decision of a person. Their hints list the
                    // options.
                    let questions = [
                        "Incorrect username or password.",
                        "Password reset required",
                        "Resend not possible",
                    ];
                    let message = facts["message"].as_str().unwrap();
                    let is_question = questions.iter().any(|known| message.starts_with(known));
                    prop_assert!(
                        is_question,
                        "{step:?} from {model:?} has no next step: {facts}"
                    );
                }
            }
        }
        let found = match world.call("get_user", &user(name)).await {
            Outcome::Done(user) => Some((
                user["status"].as_str().unwrap().to_owned(),
                user["enabled"].as_bool().unwrap(),
            )),
            Outcome::Refused(_) => None,
        };
        let table = model
            .as_ref()
            .map(|model| (model.status.as_str().to_owned(), model.enabled));
        prop_assert_eq!(found, table, "after {:?} of {:?}", step, steps);
    }
    Ok(())
}

/// Throttled callers that wait as long as the error says complete their calls, alone or
/// concurrently.
///
/// A tool with several operations needs several tokens at once. It gets them while the
/// SDK waits between two attempts, for 20 seconds at most. Therefore the rates are higher
/// than one call in 20 seconds.
#[test]
fn throttled_callers_that_wait_succeed() {
    let calls = select(vec![
        "get_user",
        "list_users",
        "update_user",
        "reset_password",
        "list_groups",
        "describe_pool",
        "sign_in",
    ]);
    let callers = proptest::collection::vec(proptest::collection::vec(calls, 1..6), 1..4);
    let runtime = runtime();
    let world = runtime.block_on(TestServer::new(json!({}), json!({})));
    let world = Arc::new(world);
    runtime.block_on(async {
        let name = user("ana");
        world
            .call(
                "create_user",
                &with(name.clone(), json!({ "message_action": "SUPPRESS" })),
            )
            .await;
        world
            .call(
                "reset_password",
                &with(name, json!({ "new_password": PASSWORD })),
            )
            .await;
    });
    runner()
        .run(&(1.0..50.0f64, callers), |(percent, callers)| {
            let rate: Throttle = format!("{percent}%").parse().unwrap();
            world.stack().set_throttle(rate);
            runtime.block_on(async {
                let mut running = JoinSet::new();
                for calls in callers {
                    running.spawn(patient(Arc::clone(&world), calls));
                }
                while let Some(done) = running.join_next().await {
                    done.unwrap().map_err(TestCaseError::fail)?;
                }
                Ok(())
            })
        })
        .unwrap();
}

/// Maximum number of waits. A caller that reaches it does not complete its calls.
const WAITS: usize = 100;

async fn patient(world: Arc<TestServer>, calls: Vec<&'static str>) -> Result<(), String> {
    for tool in calls {
        let here = json!({ "user_pool_id": "$pool" });
        let arguments = match tool {
            "get_user" => user("ana"),
            "update_user" => with(user("ana"), json!({ "attributes": { "nickname": "A" } })),
            "reset_password" => with(user("ana"), json!({ "new_password": PASSWORD })),
            "sign_in" => with(
                user("ana"),
                json!({ "client_id": "$client", "password": PASSWORD }),
            ),
            _ => here,
        };
        let mut waits = 0;
        while let Outcome::Refused(facts) = world.call(tool, &arguments).await {
            if facts["code"] != "TooManyRequestsException" || facts["retryable"] != true {
                return Err(format!("{tool}: {facts}"));
            }
            let wait = facts["retry_after_ms"]
                .as_u64()
                .ok_or("the error names no wait")?;
            pause(Duration::from_millis(wait)).await;
            waits += 1;
            if waits == WAITS {
                return Err(format!("{tool} never stops waiting: {facts}"));
            }
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "virtual time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// An invalid value of one argument, and the pointer that the error should have.
#[derive(Clone, Debug)]
struct Fault {
    pointer: String,
    /// The argument's value; `None` if the argument is left out.
    value: Option<Value>,
}

/// All kinds of invalid values of the argument `name` in `schema`.
fn faults(schema: &Value, name: &str) -> Vec<Fault> {
    let property = &schema["properties"][name];
    let kind = property["type"].as_str().unwrap();
    let pointer = format!("/{name}");
    let fault = |value| Fault {
        pointer: pointer.clone(),
        value,
    };
    let required = schema["required"]
        .as_array()
        .is_some_and(|names| names.contains(&json!(name)));
    let mut all = vec![fault(Some(match kind {
        "object" | "array" => json!(7),
        _ => json!({ "not": kind }),
    }))];
    if required {
        all.push(fault(None));
    }
    if let Some(least) = property["minLength"].as_u64().filter(|least| *least > 0) {
        all.push(fault(Some(json!(
            "x".repeat(usize::try_from(least).unwrap() - 1)
        ))));
    }
    if let Some(most) = property["maxLength"].as_u64() {
        all.push(fault(Some(json!(
            "x".repeat(usize::try_from(most).unwrap() + 1)
        ))));
    }
    if let Some(most) = property["maximum"].as_i64() {
        all.push(fault(Some(json!(most + 1))));
    }
    if let Some(least) = property["minimum"].as_i64() {
        all.push(fault(Some(json!(least - 1))));
    }
    if property["enum"].is_array() {
        all.push(fault(Some(json!("no such value"))));
    }
    if property["minItems"].as_u64().is_some_and(|least| least > 0) {
        all.push(fault(Some(json!([]))));
    }
    all
}

/// Any tool, with faults in some of its arguments.
fn any_faults() -> impl Strategy<Value = (&'static str, Vec<Fault>)> {
    let tools: Vec<&str> = tools::all().map(Definition::name).collect();
    select(tools).prop_flat_map(|tool| {
        let entry = tools::find(tool).unwrap();
        let schema = Value::Object((*entry.published().input_schema).clone());
        let names: Vec<String> = schema["properties"]
            .as_object()
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default();
        let count = names.len();
        let broken = subsequence(names, 0..=count).prop_flat_map(move |names| {
            let one: Vec<_> = names
                .iter()
                .map(|name| select(faults(&schema, name)))
                .collect();
            one
        });
        let unknown = proptest::collection::btree_set("x[a-z]{1,12}", 0..3);
        (broken, unknown).prop_filter_map("something is wrong", move |(mut faults, unknown)| {
            faults.extend(unknown.into_iter().map(|name| Fault {
                pointer: format!("/{name}"),
                value: Some(json!("S3cret")),
            }));
            (!faults.is_empty()).then_some((tool, faults))
        })
    })
}

/// An error reports all faults of the arguments at once, and its example is valid.
#[test]
fn every_fault_is_reported_at_once() {
    let runtime = runtime();
    let world = runtime.block_on(TestServer::new(json!({}), json!({})));
    runner()
        .run(&any_faults(), |(tool, faults)| {
            let entry = tools::find(tool).unwrap();
            let mut arguments: Map<String, Value> = entry.example().as_object().unwrap().clone();
            for Fault { pointer, value } in &faults {
                let name = pointer[1..].to_owned();
                match value {
                    Some(value) => drop(arguments.insert(name, value.clone())),
                    None => drop(arguments.remove(&name)),
                }
            }
            let arguments = Value::Object(arguments);
            let outcome = runtime.block_on(world.call(entry.name(), &arguments));
            let Outcome::Refused(facts) = outcome else {
                return Err(TestCaseError::fail(format!(
                    "{} took {arguments}",
                    entry.name()
                )));
            };
            prop_assert_eq!(&facts["code"], "InvalidArguments");
            let shown: BTreeSet<String> = facts["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|problem| problem["pointer"].as_str().unwrap().to_owned())
                .collect();
            let wrong: BTreeSet<String> =
                faults.iter().map(|fault| fault.pointer.clone()).collect();
            prop_assert_eq!(shown, wrong, "{}", facts);
            let shown = format!("{}{}", facts["message"], facts["problems"]);
            prop_assert!(!shown.contains("S3cret"), "{}", facts);
            let hint = facts["hint"].as_str().unwrap();
            let (_, example) = hint.split_once("Valid arguments look like ").unwrap();
            let example: Value = serde_json::from_str(example).unwrap();
            let schema = Value::Object((*entry.published().input_schema).clone());
            prop_assert!(jsonschema::is_valid(&schema, &example), "{}", example);
            Ok(())
        })
        .unwrap();
}
