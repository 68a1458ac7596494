//! Scripts of runs, which can be repeated with fewer steps.
//!
//! Ids, tokens and codes are random, and are different in a run with fewer
//! calls. Therefore a script records the answer or message from which each
//! string of a request came. A replay uses the values of its own answers.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cognito_emulator::layers::faults::Fault;
use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Reply, Service};
use serde_json::Value;

use crate::town::Town;

/// One step.
#[derive(Clone)]
pub(crate) struct Step {
    /// The position in the original run.
    number: usize,
    act: Act,
}

/// The action of a step.
#[derive(Clone)]
pub(crate) enum Act {
    Advance(Duration),
    ClearFaults,
    Fault(Fault),
    Throttle(Throttle),
    Call {
        operation: String,
        request: Value,
        /// The origins of strings in the request, by their JSON pointers.
        borrowed: Vec<(String, Origin)>,
    },
}

/// The origin of a string.
#[derive(Clone)]
pub(crate) enum Origin {
    /// The number of the step whose answer has the string, and the JSON pointer
    /// in it.
    Answer(usize, String),
    /// The code of the latest message to this address or number.
    Message(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.act {
            Act::Advance(by) => write!(f, "advance {}", by.as_secs()),
            Act::ClearFaults => f.write_str("clear faults"),
            Act::Fault(fault) => write!(f, "fault {}", serde_json::to_string(fault).unwrap()),
            Act::Throttle(throttle) => write!(f, "throttle {throttle}"),
            Act::Call {
                operation,
                request,
                borrowed,
            } => {
                write!(f, "{operation} {request}")?;
                for (place, origin) in borrowed {
                    match origin {
                        Origin::Answer(step, pointer) => {
                            write!(f, "\n    {place} is {pointer} of {step}")?;
                        }
                        Origin::Message(to) => {
                            write!(f, "\n    {place} is the code sent to {to}")?;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

/// The steps of a run so far.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    seen: BTreeMap<String, Origin>,
}

/// Minimum length of an id. Shorter strings are names that calls create.
const SHORTEST_ID: usize = 8;

impl Script {
    pub(crate) fn note(&mut self, act: Act) {
        let number = self.steps.len();
        self.steps.push(Step { number, act });
    }

    /// Records a call before it is made; returns its number.
    pub(crate) fn note_call(&mut self, operation: &str, request: &Value) -> usize {
        let mut borrowed = Vec::new();
        leaves(request, String::new(), &mut |place, text| {
            if let Some(origin) = self.seen.get(text) {
                borrowed.push((place.to_owned(), origin.clone()));
            }
        });
        self.note(Act::Call {
            operation: operation.to_owned(),
            request: request.clone(),
            borrowed,
        });
        self.steps.len() - 1
    }

    /// Records the answer to the call `number`, and the messages sent since.
    pub(crate) fn note_reply(&mut self, number: usize, reply: &Reply, stack: &Stack) {
        if reply.is_ok() {
            leaves(&reply.body, String::new(), &mut |place, text| {
                if text.len() >= SHORTEST_ID {
                    let origin = Origin::Answer(number, place.to_owned());
                    self.seen.insert(text.to_owned(), origin);
                }
            });
        }
        // A call sends at most two messages.
        for message in stack.world().courier.latest(2) {
            let origin = Origin::Message(message.destination);
            self.seen.insert(message.code, origin);
        }
    }
}

fn leaves(value: &Value, place: String, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(&place, text),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                leaves(element, format!("{place}/{index}"), visit);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(member, format!("{place}/{name}"), visit);
            }
        }
        _ => {}
    }
}

/// A function that returns the fault of an operation's answer, if it has one.
pub(crate) type Check = fn(&str, &Reply) -> Option<String>;

/// Repeats the steps in the town of `seed`; returns the fault, if any.
pub(crate) fn replay(seed: u64, steps: &[Step], check: Check) -> Option<String> {
    let town = Town::new(seed);
    let stack = &town.stack;
    let mut answers = BTreeMap::new();
    for step in steps {
        match &step.act {
            Act::Advance(by) => stack.advance(*by),
            Act::ClearFaults => stack.clear_faults(),
            Act::Fault(fault) => stack.inject(fault.clone()).unwrap(),
            Act::Throttle(throttle) => stack.set_throttle(*throttle),
            Act::Call {
                operation,
                request,
                borrowed,
            } => {
                let request = filled(request, borrowed, &answers, stack);
                let call = Call::new(operation, request);
                let Ok(reply) = catch_unwind(AssertUnwindSafe(|| stack.call(&call))) else {
                    return Some(format!("{operation} panicked"));
                };
                if let Some(fault) = check(operation, &reply) {
                    return Some(fault);
                }
                answers.insert(step.number, reply.body.json().clone());
            }
        }
    }
    let consistent = stack.inspect(|emulator| emulator.state().is_consistent());
    (!consistent).then(|| "indexes are out of step".to_owned())
}

fn filled(
    request: &Value,
    borrowed: &[(String, Origin)],
    answers: &BTreeMap<usize, Value>,
    stack: &Stack,
) -> Value {
    let mut request = request.clone();
    for (place, origin) in borrowed {
        let found = match origin {
            Origin::Answer(step, pointer) => answers
                .get(step)
                .and_then(|answer| answer.pointer(pointer))
                .cloned(),
            Origin::Message(to) => {
                let outbox = stack.world().courier.outbox();
                let latest = outbox.iter().rev().find(|sent| sent.destination == *to);
                latest.map(|sent| sent.code.clone().into())
            }
        };
        if let (Some(place), Some(found)) = (request.pointer_mut(place), found) {
            *place = found;
        }
    }
    request
}

/// Maximum number of calls in the search for a shorter script.
const MAX_CALLS: usize = 200_000;

/// The shortest part of `steps` that still fails, as far as it is found within
/// the limit of calls. Leaves out parts of decreasing size (Zeller and
/// Hildebrandt, "Simplifying and isolating failure-inducing input").
pub(crate) fn shortest(seed: u64, steps: &[Step], check: Check) -> Option<(String, Vec<Step>)> {
    let mut fault = replay(seed, steps, check)?;
    let mut steps = steps.to_vec();
    let mut replayed = steps.len();
    let mut size = steps.len().div_ceil(2);
    loop {
        let mut start = 0;
        while start < steps.len() && replayed < MAX_CALLS {
            let mut fewer = steps.clone();
            fewer.drain(start..(start + size).min(steps.len()));
            replayed += fewer.len();
            match replay(seed, &fewer, check) {
                Some(still) => (fault, steps) = (still, fewer),
                None => start += size,
            }
        }
        if size <= 1 || replayed >= MAX_CALLS {
            return Some((fault, steps));
        }
        size = size.div_ceil(2);
    }
}
