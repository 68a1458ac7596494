//! Requests that the model allows: every operation answers them with a success or with
//! one of Cognito's exceptions for their content.
//!
//! In debug builds the emulator also checks the shape of each response and
//! exception, and panics if the model does not declare it.

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

fn check_reply(operation: &str, request: &Value, reply: &Reply) -> Result<(), TestCaseError> {
    let code = reply.code.as_deref().unwrap_or_default();
    let message = reply.message.as_deref().unwrap_or_default();
    let broken = matches!(code, "SerializationException" | "InternalErrorException")
        // In two lists an inner service refuses a limit of 0, which the model allows.
        || message.contains("detected: Value") && !message.contains("'0' at 'maxResults'")
        // Parts of an operation may not be implemented yet, but not the whole operation.
        || message.contains(&format!("implement {operation} yet"));
    prop_assert!(!broken, "{operation} {request}\n{reply}");
    Ok(())
}

/// Requests with existing pools, users, tokens and sessions pass every lookup.
/// A round calls every operation, in any order.
#[test]
fn requests_about_existing_items() {
    let reached = RefCell::new(BTreeSet::<&str>::new());
    let config = ProptestConfig {
        cases: 192,
        ..config()
    };
    proptest!(config, |(calls in any_round(), seed: u64)| {
        let mut town = Town::new(7);
        let chance = Chance::seeded(seed);
        for (name, request) in calls {
            let request = town.known.adapt(operation(name), request, &town.stack, &chance);
            prop_assert_eq!(validate::check(operation(name), &request), Ok(()), "{}", request);
            let reply = town.call(name, request.clone());
            check_reply(name, &request, &reply)?;
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

/// Arbitrary requests get a valid refusal, whether or not their operation is implemented.
#[test]
fn requests_about_unknown_items() {
    let town = Town::new(7);
    proptest!(config(), |((operation, request) in any_call())| {
        let reply = town.stack.call(&Call::new(operation.name, request.clone()));
        if BUILT.contains(&operation.name) {
            check_reply(operation.name, &request, &reply)?;
        } else {
            prop_assert_eq!(reply.code.as_deref(), Some("NotImplemented"));
        }
    });
}
