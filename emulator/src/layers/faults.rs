//! Injected faults: an exception, a delay, or a connection that is cut before or
//! after the operation takes effect.
//!
//! In JSON a fault has three members. `on` and `when` are optional:
//!
//! ```json
//! {"on": {"operation": "AdminCreateUser"}, "when": {"nth": 3},
//!  "effect": {"exception": {"code": "TooManyRequestsException", "message": "Rate exceeded"}}}
//! {"on": {"category": "UserRead"}, "when": {"share": 0.1}, "effect": {"delay_ms": 2000}}
//! {"on": "any", "when": "always", "effect": "cut_before_effects"}
//! {"when": {"callers": 2}, "effect": "cut_after_effects"}
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::bounds::{FAULT_CALLERS, FAULT_MESSAGE, FAULTS};
use crate::layers::{Invalid, milliseconds};
use crate::model::{Model, Operation};
use crate::quotas::{self, Category};
use crate::wire::{Body, Call, Cut, Reply, Service};
use crate::world::World;

/// An injected failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The calls that it applies to; by default all.
    #[serde(default)]
    pub on: Target,
    /// The part of these calls that fails; by default all.
    #[serde(default)]
    pub when: When,
    /// The failure.
    pub effect: FaultEffect,
}

/// The calls that a fault applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Every operation.
    #[default]
    Any,
    /// The operation with this name.
    Operation(String),
    /// The operations of this category in the quota table.
    Category(Category),
}

/// The calls that fail, among those that the fault applies to. Calls are counted from the
/// injection of the fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// The first calls.
    First(u64),
    /// All calls of the first callers, up to this number of callers, including retries.
    /// Calls with the same `amz-sdk-invocation-id`, which AWS SDKs send, come from one
    /// caller. Each call without this id counts as another caller.
    Callers(u64),
    /// One call; 1 is the first.
    Nth(u64),
    /// Each call with this probability, greater than 0 and at most 1.
    Share(f64),
}

/// The failure of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultEffect {
    /// Returns an exception without running the operation.
    ///
    /// If `on` is a category or `any`, the fault does not apply to operations that do not
    /// declare the exception.
    Exception {
        /// The exception's name. The operation must declare it.
        code: String,
        /// The exception's message; by default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Runs the operation and delays its response. Delays of several faults add
    /// up.
    #[serde(rename = "delay_ms", with = "milliseconds")]
    Delay(Duration),
    /// Cuts the connection without running the operation.
    CutBeforeEffects,
    /// Runs the operation and cuts the connection.
    CutAfterEffects,
}

/// An injected fault, with its counters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Injected {
    /// Its number, which no other fault of this process has.
    pub id: u64,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// The number of calls that it was considered for, as `on` selects them.
    pub concerned: u64,
    /// The number of calls that it was applied to.
    pub struck: u64,
    /// The number of callers whose calls it was applied to, if `when` counts callers. A call and its
    /// retries count as one caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers_struck: Option<u64>,
    /// The invocation ids of these callers.
    #[serde(skip)]
    invocations: BTreeSet<SmolStr>,
}

impl Injected {
    fn new(id: u64, fault: Fault) -> Self {
        Self {
            id,
            callers_struck: matches!(fault.when, When::Callers(_)).then_some(0),
            fault,
            concerned: 0,
            struck: 0,
            invocations: BTreeSet::new(),
        }
    }

    /// Whether `call` belongs to one of the first `most` callers. Counts a new caller.
    fn is_of_callers(&mut self, call: &Call, most: u64) -> bool {
        let known = call.invocation.as_ref();
        if known.is_some_and(|id| self.invocations.contains(id)) {
            return true;
        }
        let struck = self.callers_struck.get_or_insert_default();
        if *struck >= most {
            return false;
        }
        *struck += 1;
        self.invocations.extend(known.cloned());
        true
    }
}

/// Exceptions that AWS's front end can return for any signed operation,
/// declared or not (fact 1.13, inferred).
const FRONT_END: [&str; 4] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "UnrecognizedClientException",
];

/// Exceptions that any page of a domain can return. Browsers get a page with the status of the
/// exception, programs a JSON document.
const OF_PAGES: &[&str] = &["InternalErrorException", "TooManyRequestsException"];

/// An operation or a page that faults apply to.
struct Candidate {
    name: &'static str,
    /// The exceptions that it declares.
    declared: &'static [&'static str],
    is_signed: bool,
}

impl Candidate {
    /// The operation or page `name`, if it exists.
    fn named(name: &str) -> Option<Self> {
        if let Some(operation) = Model::get().operation(name) {
            return Some(Self::of(operation));
        }
        let (name, _) = quotas::PAGES.iter().find(|(page, _)| *page == name)?;
        Some(Self::page(name))
    }

    fn of(operation: &'static Operation) -> Self {
        Self {
            name: operation.name,
            declared: &operation.errors,
            is_signed: operation.signed,
        }
    }

    fn page(name: &'static str) -> Self {
        Self {
            name,
            declared: OF_PAGES,
            is_signed: false,
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let pages = quotas::PAGES.iter().map(|(name, _)| Self::page(name));
        Model::get().operations().map(Self::of).chain(pages)
    }

    fn may_throw(&self, code: &str) -> bool {
        self.declared.contains(&code) || self.is_signed && FRONT_END.contains(&code)
    }
}

impl Target {
    fn includes(&self, operation: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Operation(name) => name == operation,
            Self::Category(category) => {
                let mut pages = quotas::PAGES.iter();
                quotas::category(operation) == Some(*category)
                    || pages.any(|page| *page == (operation, *category))
            }
        }
    }
}

impl Fault {
    /// Checks that the fault can occur.
    ///
    /// # Errors
    ///
    /// The first problem, with a sentence that names valid values.
    pub fn check(&self) -> Result<(), Invalid> {
        let invalid = |sentence: String| Err(Invalid(sentence));
        let targets: Vec<_> = Candidate::all()
            .filter(|found| self.on.includes(found.name))
            .collect();
        // Every category has operations or pages.
        if let (Target::Operation(name), true) = (&self.on, targets.is_empty()) {
            return invalid(format!(
                "`{name}` is not an operation of Cognito user pools: give a name as in \
                 `AdminCreateUser`, or a page as in `domain/Token`."
            ));
        }
        match self.when {
            When::First(0) => return invalid("`first` counts from 1: give 1 or more.".to_owned()),
            When::Callers(callers) if !(1..=FAULT_CALLERS as u64).contains(&callers) => {
                return invalid(format!(
                    "`callers` is {callers}: give 1 to {FAULT_CALLERS}, or `always` for all."
                ));
            }
            When::Nth(0) => {
                return invalid("`nth` counts from 1: give 1 for the first call.".to_owned());
            }
            When::Share(share) if !(share > 0.0 && share <= 1.0) => {
                return invalid(format!(
                    "A share of {share} is out of range: give a number above 0 and up to 1."
                ));
            }
            _ => {}
        }
        match &self.effect {
            FaultEffect::Exception {
                message: Some(message),
                ..
            } if message.chars().count() > FAULT_MESSAGE => invalid(format!(
                "The message is too long: give at most {FAULT_MESSAGE} characters."
            )),
            FaultEffect::Exception { code, .. }
                if !targets.iter().any(|found| found.may_throw(code)) =>
            {
                invalid(match targets.as_slice() {
                    [operation] => format!(
                        "`{}` cannot throw `{code}`: give one of {}.",
                        operation.name,
                        operation.declared.join(", ")
                    ),
                    _ => format!(
                        "None of these operations can throw `{code}`: give an exception that one of them \
                         declares, as in `InternalErrorException`."
                    ),
                })
            }
            _ => Ok(()),
        }
    }

    fn concerns(&self, operation: &str) -> bool {
        self.on.includes(operation)
            && match &self.effect {
                FaultEffect::Exception { code, .. } => {
                    Candidate::named(operation).is_some_and(|found| found.may_throw(code))
                }
                _ => true,
            }
    }
}

/// The layer that injects faults.
#[derive(Debug)]
pub struct Faults<S> {
    pub(crate) inner: S,
    world: Arc<World>,
    injected: Mutex<Vec<Injected>>,
    /// The number of faults that were injected so far.
    count: AtomicU64,
}

impl<S> Faults<S> {
    /// Creates a layer without faults around `inner`.
    pub fn new(world: Arc<World>, inner: S) -> Self {
        Self {
            inner,
            world,
            injected: Mutex::default(),
            count: AtomicU64::new(0),
        }
    }

    /// Adds a fault after the present ones.
    ///
    /// # Errors
    ///
    /// The errors of [`Fault::check`], or too many faults.
    pub fn inject(&self, fault: Fault) -> Result<(), Invalid> {
        fault.check()?;
        let mut injected = self.injected.lock();
        if injected.len() >= FAULTS {
            return Err(Invalid(format!(
                "{FAULTS} faults are injected: remove them first."
            )));
        }
        let id = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        injected.push(Injected::new(id, fault));
        Ok(())
    }

    /// The present faults, oldest first.
    pub fn list(&self) -> Vec<Injected> {
        self.injected.lock().clone()
    }

    /// Removes the fault with this id, and returns whether it was present.
    pub fn remove(&self, id: u64) -> bool {
        let mut injected = self.injected.lock();
        let before = injected.len();
        injected.retain(|injected| injected.id != id);
        injected.len() < before
    }

    /// Removes every fault.
    pub fn clear(&self) {
        self.injected.lock().clear();
    }

    /// The effects on this call: the sum of the delays, and the first other
    /// effect.
    fn strike(&self, call: &Call) -> (Duration, Option<FaultEffect>) {
        let mut delay = Duration::ZERO;
        let mut first = None;
        for injected in self.injected.lock().iter_mut() {
            if !injected.fault.concerns(&call.operation) {
                continue;
            }
            injected.concerned += 1;
            let strikes = match injected.fault.when {
                When::Always => true,
                When::First(most) => injected.concerned <= most,
                When::Callers(most) => injected.is_of_callers(call, most),
                When::Nth(nth) => injected.concerned == nth,
                When::Share(share) => self.draw() < share,
            };
            if !strikes {
                continue;
            }
            match &injected.fault.effect {
                FaultEffect::Delay(by) => delay = delay.saturating_add(*by),
                // A call fails in only one way, so this fault does not strike it.
                _ if first.is_some() => continue,
                effect => first = Some(effect.clone()),
            }
            injected.struck += 1;
        }
        (delay, first)
    }

    /// A random number from 0 up to, but not including, 1.
    fn draw(&self) -> f64 {
        f64::from(u32::from_le_bytes(self.world.chance.bytes())) / (f64::from(u32::MAX) + 1.0)
    }

    fn own(&self, reply: Reply) -> Reply {
        Reply {
            request_id: self.world.chance.uuid(),
            ..reply
        }
    }
}

impl<S: Service> Service for Faults<S> {
    fn call(&self, call: &Call) -> Reply {
        let (delay, effect) = self.strike(call);
        let mut reply = match effect {
            None | Some(FaultEffect::Delay(_)) => self.inner.call(call),
            Some(FaultEffect::Exception { code, message }) => {
                self.own(Reply::exception(&code, message.as_deref(), status(&code)))
            }
            Some(FaultEffect::CutBeforeEffects) => self.own(Reply {
                cut: Some(Cut::BeforeEffects),
                ..Reply::ok(Body::of(&()))
            }),
            Some(FaultEffect::CutAfterEffects) => Reply {
                cut: Some(Cut::AfterEffects),
                ..self.inner.call(call)
            },
        };
        reply.delay = reply.delay.saturating_add(delay);
        reply
    }
}

/// The HTTP status of an exception (facts 1.7 and 1.8).
fn status(code: &str) -> u16 {
    match code {
        "InternalErrorException" | "InternalServerException" => 500,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Value, json};

    use super::*;
    use crate::world::Clock;

    /// Counts the calls that pass the layer.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Service for Counter {
        fn call(&self, _: &Call) -> Reply {
            self.0.fetch_add(1, Ordering::Relaxed);
            Reply::ok(Body::of(&json!({})))
        }
    }

    fn faults(injected: &[Value]) -> Faults<Counter> {
        let layer = Faults::new(Arc::new(World::new(Clock::fixed(0), 7)), Counter::default());
        for fault in injected {
            layer
                .inject(serde_json::from_value(fault.clone()).unwrap())
                .unwrap();
        }
        layer
    }

    fn call(layer: &Faults<Counter>, operation: &str) -> Reply {
        layer.call(&Call::new(operation, json!({})))
    }

    fn passed(layer: &Faults<Counter>) -> usize {
        layer.inner.0.load(Ordering::Relaxed)
    }

    #[test]
    fn json_is_read_and_written() {
        for text in [
            r#"{"on":"any","when":"always","effect":"cut_before_effects"}"#,
            r#"{"on":{"operation":"SignUp"},"when":{"nth":3},"effect":{"exception":{"code":"InternalErrorException"}}}"#,
            r#"{"on":{"category":"UserRead"},"when":{"share":0.5},"effect":{"delay_ms":2000}}"#,
            r#"{"on":"any","when":{"first":2},"effect":{"exception":{"code":"TooManyRequestsException","message":"Rate exceeded"}}}"#,
        ] {
            let fault: Fault = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&fault).unwrap(), text);
            fault.check().unwrap();
        }
    }

    #[test]
    fn an_exception_replaces_the_answer() {
        let layer = faults(&[json!({
            "on": {"operation": "SignUp"}, "when": {"nth": 2},
            "effect": {"exception": {"code": "InternalErrorException", "message": "x"}},
        })]);
        let answers: Vec<_> = (0..3)
            .map(|_| call(&layer, "SignUp"))
            .map(|reply| reply.to_string())
            .collect();
        assert_eq!(
            answers,
            ["200 {}", "500 InternalErrorException: x", "200 {}"]
        );
        assert_eq!(call(&layer, "ListUsers").to_string(), "200 {}");
        assert_eq!(passed(&layer), 3);
        let [fault] = &layer.list()[..] else {
            panic!("one fault")
        };
        assert_eq!((fault.concerned, fault.struck), (3, 1));
    }

    #[test]
    fn a_cut_before_effects_stops_the_operation_and_one_after_does_not() {
        let layer = faults(&[json!({ "when": {"first": 1}, "effect": "cut_before_effects" })]);
        let reply = call(&layer, "SignUp");
        assert_eq!((reply.cut, passed(&layer)), (Some(Cut::BeforeEffects), 0));
        assert_eq!(reply.request_id.len(), 36);
        layer.clear();
        assert_eq!((call(&layer, "SignUp").cut, passed(&layer)), (None, 1));
        let layer = faults(&[json!({ "effect": "cut_after_effects" })]);
        assert_eq!(
            (call(&layer, "SignUp").cut, passed(&layer)),
            (Some(Cut::AfterEffects), 1)
        );
    }

    #[test]
    fn delays_add_up_and_a_call_fails_in_one_way() {
        let layer = faults(&[
            json!({ "effect": {"delay_ms": 200} }),
            json!({ "when": {"first": 1}, "effect": "cut_before_effects" }),
            json!({ "effect": {"exception": {"code": "TooManyRequestsException"}} }),
            json!({ "effect": {"delay_ms": 50} }),
        ]);
        let reply = call(&layer, "SignUp");
        assert_eq!(
            (reply.delay.as_millis(), reply.cut),
            (250, Some(Cut::BeforeEffects))
        );
        let reply = call(&layer, "SignUp");
        assert_eq!((reply.delay.as_millis(), reply.cut), (250, None));
        assert_eq!(reply.to_string(), "400 TooManyRequestsException");
    }

    #[test]
    fn categories_are_those_of_the_quota_table() {
        let layer =
            faults(&[json!({ "on": {"category": "UserList"}, "effect": "cut_before_effects" })]);
        assert!(call(&layer, "ListUsers").cut.is_some());
        assert!(call(&layer, "ListUsersInGroup").cut.is_some());
        assert!(call(&layer, "ListGroups").cut.is_none());
    }

    #[test]
    fn an_exception_skips_operations_that_do_not_declare_it() {
        let code = "UsernameExistsException";
        let layer = faults(&[json!({ "effect": {"exception": {"code": code}} })]);
        assert_eq!(call(&layer, "SignUp").code.as_deref(), Some(code));
        assert_eq!(call(&layer, "ListUsers").code, None);
        let code = "AccessDeniedException";
        let layer = faults(&[json!({ "effect": {"exception": {"code": code}} })]);
        assert_eq!(call(&layer, "ListUsers").code.as_deref(), Some(code));
        assert_eq!(call(&layer, "SignUp").code, None);
    }

    #[test]
    fn a_share_is_drawn_from_the_seed() {
        let struck = || {
            let layer =
                faults(&[json!({ "when": {"share": 0.25}, "effect": "cut_before_effects" })]);
            (0..1000)
                .map(|_| call(&layer, "SignUp").cut.is_some())
                .collect::<Vec<_>>()
        };
        let count = struck().iter().filter(|cut| **cut).count();
        assert!((200..300).contains(&count), "{count} of 1000");
        assert_eq!(struck(), struck());
        let layer = faults(&[json!({ "when": {"share": 1}, "effect": "cut_before_effects" })]);
        assert!((0..100).all(|_| call(&layer, "SignUp").cut.is_some()));
    }

    #[test]
    fn impossible_faults_are_refused_in_one_sentence() {
        let message = |fault: Value| {
            let fault: Fault = serde_json::from_value(fault).unwrap();
            fault.check().unwrap_err().to_string()
        };
        let cut = "cut_after_effects";
        assert_eq!(
            message(json!({ "on": {"operation": "CreateUser"}, "effect": cut })),
            "`CreateUser` is not an operation of Cognito user pools: give a name as in `AdminCreateUser`, or \
             a page as in `domain/Token`."
        );
        assert_eq!(
            message(json!({ "when": {"nth": 0}, "effect": cut })),
            "`nth` counts from 1: give 1 for the first call."
        );
        assert_eq!(
            message(json!({ "when": {"first": 0}, "effect": cut })),
            "`first` counts from 1: give 1 or more."
        );
        assert_eq!(
            message(json!({ "when": {"share": 1.5}, "effect": cut })),
            "A share of 1.5 is out of range: give a number above 0 and up to 1."
        );
        assert_eq!(
            message(json!({
                "on": {"operation": "GetUICustomization"},
                "effect": {"exception": {"code": "UserNotFoundException"}},
            })),
            "`GetUICustomization` cannot throw `UserNotFoundException`: give one of \
             InternalErrorException, InvalidParameterException, NotAuthorizedException, \
             OperationNotEnabledException, ResourceNotFoundException, TooManyRequestsException."
        );
        assert_eq!(
            message(json!({ "effect": {"exception": {"code": "Teapot"}} })),
            "None of these operations can throw `Teapot`: give an exception that one of them declares, \
             as in `InternalErrorException`."
        );
    }

    #[test]
    fn faults_are_bounded() {
        let layer = faults(&[]);
        let fault = |message: String| Fault {
            on: Target::Any,
            when: When::Always,
            effect: FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: Some(message),
            },
        };
        let long = layer.inject(fault("x".repeat(FAULT_MESSAGE + 1)));
        let sentence = "The message is too long: give at most 10000 characters.";
        assert_eq!(long.unwrap_err().0, sentence);
        for _ in 0..FAULTS {
            layer.inject(fault("x".repeat(10))).unwrap();
        }
        let refused = layer.inject(fault(String::new()));
        let sentence = "1000 faults are injected: remove them first.";
        assert_eq!(refused.unwrap_err().0, sentence);
    }
}
