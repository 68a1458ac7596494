//! Lambda functions, by ARN or name.
//!
//! A function is a closure of the embedding program, or any other
//! implementation of [`Function`]. No function is called under a lock.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use serde_json::Value;

use super::Time;
use crate::bounds::{FUNCTIONS, INVOCATION_TEXT, INVOCATIONS};

/// A Lambda function.
pub trait Function: Send + Sync {
    /// Handles `event` and returns the handler's output.
    ///
    /// # Errors
    ///
    /// The failure that Lambda reports instead of an output.
    fn invoke(&self, event: &Value) -> Result<Value, Failure>;

    /// Whether an invocation may wait for something outside the process. If so,
    /// the mounts run calls on threads that may block.
    fn waits(&self) -> bool {
        false
    }

    /// A description of the function's location, for people.
    fn place(&self) -> String {
        "a closure in this process".to_owned()
    }
}

impl Function for Arc<dyn Function> {
    fn invoke(&self, event: &Value) -> Result<Value, Failure> {
        (**self).invoke(event)
    }

    fn waits(&self) -> bool {
        (**self).waits()
    }

    fn place(&self) -> String {
        (**self).place()
    }
}

impl<F> Function for F
where
    F: Fn(&Value) -> Result<Value, String> + Send + Sync,
{
    fn invoke(&self, event: &Value) -> Result<Value, Failure> {
        self(event).map_err(Failure::Threw)
    }
}

/// The reason why an invocation has no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The handler threw an error with this message.
    Threw(String),
    /// The output is not JSON.
    NotJson,
    /// Lambda refused the invocation, with an exception of this name.
    Refused(String),
    /// No response within the time that Cognito waits. Cognito tries again.
    TimedOut,
    /// No connection, with the reason for people. Cognito tries again.
    Unreachable(String),
}

/// A record of an invocation, for finding errors in the configuration.
///
/// Events contain passwords and codes, so neither events nor outputs are
/// stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// The time of the invocation.
    pub at: Time,
    /// The ARN in the pool's settings.
    pub function: String,
    /// The `triggerSource` of the event.
    pub source: String,
    /// The number of attempts.
    pub attempts: u32,
    /// `ok`, or the failure, for people.
    pub outcome: String,
}

/// All functions, and the last invocations.
#[derive(Default)]
pub struct Functions {
    own: Arc<Table>,
    /// The functions of the shared world, for the world of an account.
    shared: Option<Arc<Table>>,
    log: Mutex<VecDeque<Invocation>>,
}

/// Functions by ARN or name.
#[derive(Default)]
struct Table {
    by_name: RwLock<BTreeMap<String, Arc<dyn Function>>>,
    /// Whether a function waits for something outside the process. Every call
    /// reads this.
    wait: AtomicBool,
}

impl Table {
    fn find(&self, arn: &str) -> Option<Arc<dyn Function>> {
        let table = self.by_name.read();
        table.get(arn).or_else(|| table.get(name_of(arn))).cloned()
    }
}

/// Cognito's number of attempts:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
const ATTEMPTS: u32 = 3;

impl Functions {
    /// The functions of an account's world. It has these functions too, and can map others of
    /// the same names.
    #[must_use]
    pub fn of_world(&self) -> Self {
        Self {
            shared: Some(Arc::clone(&self.own)),
            ..Self::default()
        }
    }

    /// Maps `name`, an ARN or a function's name, to `function`.
    pub fn insert(&self, name: &str, function: impl Function + 'static) {
        self.edit(|table| table.insert(name.to_owned(), Arc::new(function)));
    }

    /// Whether `name` can be mapped: it is mapped already, or fewer than
    /// [`FUNCTIONS`] names are.
    #[must_use]
    pub fn have_room_for(&self, name: &str) -> bool {
        let table = self.own.by_name.read();
        table.len() < FUNCTIONS || table.contains_key(name)
    }

    /// Removes the mapping of `name`. Returns whether it was mapped.
    pub fn remove(&self, name: &str) -> bool {
        self.edit(|table| table.remove(name)).is_some()
    }

    fn edit<R>(&self, edit: impl FnOnce(&mut BTreeMap<String, Arc<dyn Function>>) -> R) -> R {
        let mut table = self.own.by_name.write();
        let edited = edit(&mut table);
        let wait = table.values().any(Function::waits);
        self.own.wait.store(wait, Ordering::Relaxed);
        edited
    }

    /// The names of all functions, with their locations.
    #[must_use]
    pub fn list(&self) -> BTreeMap<String, String> {
        let tables = self.shared.iter().chain([&self.own]);
        let mut places = BTreeMap::new();
        for table in tables {
            let table = table.by_name.read();
            let named = table.iter();
            places.extend(named.map(|(name, function)| (name.clone(), function.place())));
        }
        places
    }

    /// Whether any function may wait for something outside the process.
    #[must_use]
    pub fn wait(&self) -> bool {
        let waits = |table: &Arc<Table>| table.wait.load(Ordering::Relaxed);
        waits(&self.own) || self.shared.as_ref().is_some_and(waits)
    }

    /// The last invocations, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Invocation> {
        self.log.lock().iter().cloned().collect()
    }

    /// Removes every record.
    pub fn clear_log(&self) {
        self.log.lock().clear();
    }

    /// Invokes the function `arn`, and repeats the invocation while there is no
    /// response.
    pub(crate) fn invoke(&self, arn: &str, event: &Value, at: Time) -> Result<Value, Failure> {
        let mut attempts = 0;
        let found = self.find(arn);
        let result = match &found {
            None => Err(Failure::Refused("ResourceNotFoundException".to_owned())),
            Some(function) => loop {
                attempts += 1;
                let result = function.invoke(event);
                let again = matches!(result, Err(Failure::TimedOut | Failure::Unreachable(_)));
                if !again || attempts == ATTEMPTS {
                    break result;
                }
            },
        };
        let outcome = match (&found, &result) {
            (None, _) => format!(
                "nothing is mapped to this function: start the emulator with --trigger {}=URL, or PUT \
                 /_emulator/triggers",
                name_of(arn)
            ),
            (_, Ok(_)) => "ok".to_owned(),
            (_, Err(Failure::Threw(message))) => format!("threw: {message}"),
            (_, Err(Failure::NotJson)) => "the output is not JSON".to_owned(),
            (_, Err(Failure::Refused(reason))) => format!("not invoked: {reason}"),
            (_, Err(Failure::TimedOut)) => "timed out".to_owned(),
            (_, Err(Failure::Unreachable(why))) => format!("no answer: {why}"),
        };
        let mut log = self.log.lock();
        if log.len() == INVOCATIONS {
            log.pop_front();
        }
        log.push_back(Invocation {
            at,
            function: arn.to_owned(),
            source: event["triggerSource"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            attempts,
            outcome: outcome.chars().take(INVOCATION_TEXT).collect(),
        });
        result
    }

    fn find(&self, arn: &str) -> Option<Arc<dyn Function>> {
        let own = self.own.find(arn);
        own.or_else(|| self.shared.as_ref()?.find(arn))
    }
}

/// The name in `arn:aws:lambda:<region>:<account>:function:<name>[:<version>]`.
#[must_use]
pub fn name_of(arn: &str) -> &str {
    arn.split_once(":function:")
        .map_or(arn, |(_, rest)| rest.split(':').next().unwrap_or(rest))
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Functions").field(&self.list()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:checks";

    /// Times out a given number of times, then responds.
    struct Flaky(AtomicU32, u32);

    impl Function for Flaky {
        fn invoke(&self, event: &Value) -> Result<Value, Failure> {
            let calls = self.0.fetch_add(1, Ordering::Relaxed);
            if calls < self.1 {
                return Err(Failure::TimedOut);
            }
            Ok(event.clone())
        }
    }

    #[test]
    fn functions_are_found_by_arn_or_name() {
        let functions = Functions::default();
        let event = json!({"triggerSource": "PreSignUp_SignUp"});
        let invoke = |arn: &str| functions.invoke(arn, &event, Time(0));
        let missing = Err(Failure::Refused("ResourceNotFoundException".to_owned()));
        assert_eq!(invoke(ARN), missing);
        functions.insert("checks", |_: &Value| Ok(json!(1)));
        assert_eq!(invoke(ARN), Ok(json!(1)));
        assert_eq!(invoke(&format!("{ARN}:live")), Ok(json!(1)));
        functions.insert(ARN, |_: &Value| Err("no".to_owned()));
        assert_eq!(invoke(ARN), Err(Failure::Threw("no".to_owned())));
        assert!(functions.remove(ARN));
        assert!(!functions.remove(ARN));
        assert_eq!(invoke(ARN), Ok(json!(1)));
        assert_eq!(
            functions
                .log()
                .iter()
                .map(|kept| kept.outcome.as_str())
                .collect::<Vec<_>>(),
            [
                "nothing is mapped to this function: start the emulator with --trigger checks=URL, \
                 or PUT /_emulator/triggers",
                "ok",
                "ok",
                "threw: no",
                "ok",
            ]
        );
    }

    #[test]
    fn a_function_that_times_out_is_tried_three_times() {
        for (fails, expected) in [(2, Ok(json!({}))), (3, Err(Failure::TimedOut))] {
            let functions = Functions::default();
            functions.insert("slow", Flaky(AtomicU32::new(0), fails));
            assert_eq!(functions.invoke("slow", &json!({}), Time(0)), expected);
            assert_eq!(functions.log()[0].attempts, 3);
        }
    }

    #[test]
    fn old_invocations_are_forgotten() {
        let functions = Functions::default();
        for at in 0..=1000 {
            let _ = functions.invoke("unmapped", &json!({}), Time(at));
        }
        let log = functions.log();
        assert_eq!((log.len(), log[0].at), (1000, Time(1)));
    }

    #[test]
    fn outcomes_are_cut() {
        let functions = Functions::default();
        functions.insert("long", |_: &Value| Err("x".repeat(1_000_000)));
        let _ = functions.invoke("long", &json!({}), Time(0));
        assert_eq!(functions.log()[0].outcome.len(), INVOCATION_TEXT);
    }

    #[test]
    fn the_number_of_functions_is_bounded() {
        let functions = Functions::default();
        for number in 0..FUNCTIONS {
            assert!(functions.have_room_for("other"));
            functions.insert(&number.to_string(), |_: &Value| Ok(json!({})));
        }
        assert!(!functions.have_room_for("other"));
        assert!(functions.have_room_for("0"));
    }
}
