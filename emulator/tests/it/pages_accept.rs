//! No page refuses what the model allows: whatever a model-valid request says,
//! its answer is a success or a refusal in Cognito's words for what was asked.
//!
//! In debug builds the emulator also judges each answer's shape and each
//! exception, and panics where the model does not declare it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cognito_emulator::ops::BUILT;
use cognito_emulator::testing::requests::any_call;
use cognito_emulator::validate;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::Chance;
use proptest::prelude::*;
use serde_json::Value;

use crate::town::{Town, any_round, operation};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

fn judge(operation: &str, request: &Value, reply: &Reply) -> Result<(), TestCaseError> {
    let code = reply.code.as_deref().unwrap_or_default();
    let message = reply.message.as_deref().unwrap_or_default();
    let broken = matches!(code, "SerializationException" | "InternalErrorException")
        || message.contains("detected: Value")
        // A part of a page may be missing, the page may not.
        || message.contains(&format!("implement {operation} yet"));
    prop_assert!(!broken, "{operation} {request}\n{reply}");
    Ok(())
}

/// Requests about pools, users, tokens and sessions that exist get past every
/// look-up. A round calls every operation, in any order.
#[test]
fn of_what_exists() {
    let reached = RefCell::new(BTreeSet::<&str>::new());
    let config = ProptestConfig {
        cases: 192,
        ..config()
    };
    proptest!(config, |(calls in any_round(), seed: u64)| {
        let mut town = Town::new(7);
        let chance = Chance::seeded(seed);
        for (name, request) in calls {
            let request = town.known.dress(operation(name), request, &town.stack, &chance);
            prop_assert_eq!(validate::check(operation(name), &request), Ok(()), "{}", request);
            let reply = town.call(name, request.clone());
            judge(name, &request, &reply)?;
            let code = reply.code.as_deref().unwrap_or_default();
            if !matches!(code, "ResourceNotFoundException" | "UserNotFoundException") {
                reached.borrow_mut().insert(name);
            }
        }
        prop_assert!(town.stack.inspect(|emulator| emulator.state().is_consistent()));
    });
    let reached = reached.into_inner();
    let missing: Vec<_> = BUILT
        .iter()
        .filter(|name| !reached.contains(**name))
        .collect();
    assert!(
        missing.is_empty(),
        "none got past its look-ups: {missing:?}"
    );
}

/// Requests out of the blue are refused in order, whether their operation is
/// built or not.
#[test]
fn of_nothing_that_exists() {
    let town = Town::new(7);
    proptest!(config(), |((operation, request) in any_call())| {
        let reply = town.stack.call(&Call::new(operation.name, request.clone()));
        if BUILT.contains(&operation.name) {
            judge(operation.name, &request, &reply)?;
        } else {
            prop_assert_eq!(reply.code.as_deref(), Some("NotImplemented"));
        }
    });
}
