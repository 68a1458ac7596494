//! Signing in: from a first proof over challenges to tokens.
//!
//! [`start`] serves the pages that initiate, [`respond`] those that answer a
//! challenge. Each judges its proof and asks [`next`] what remains. All of this
//! happens under the pool's lock and makes data alone; tokens are signed after
//! the lock is dropped.

mod next;
mod respond;
mod start;
mod tokens;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use respond::{Response, respond};
pub(crate) use start::{Caller, Start, start};

use crate::auth::keys::SigningKeys;
use crate::error::{Error, Result};

/// `AuthParameters` or `ChallengeResponses`.
pub(crate) type Parameters = BTreeMap<String, String>;

/// The answer of every page that signs in: tokens, or the next challenge.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    // There, and empty, beside tokens too (fact 1.17).
    challenge_parameters: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_result: Option<tokens::AuthenticationResult>,
}

/// How a step ends.
enum Next {
    Challenge {
        name: &'static str,
        session: String,
        parameters: BTreeMap<&'static str, String>,
    },
    Tokens(tokens::Grant),
}

impl Next {
    /// Signs what is to be signed. Call it without the pool's lock.
    fn answer(self, keys: &SigningKeys) -> Answer {
        match self {
            Self::Challenge {
                name,
                session,
                parameters,
            } => Answer {
                challenge_name: Some(name),
                session: Some(session),
                challenge_parameters: parameters,
                authentication_result: None,
            },
            Self::Tokens(grant) => Answer {
                challenge_name: None,
                session: None,
                challenge_parameters: BTreeMap::new(),
                authentication_result: Some(grant.sign(keys)),
            },
        }
    }
}

/// A parameter that has to be there (R70, R71); that an empty one counts as
/// absent is inferred.
fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str> {
    match parameters.get(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(Error::MissingParameter {
            parameter: name.to_owned(),
        }),
    }
}

fn secret_hash(parameters: &Parameters) -> Option<&str> {
    parameters.get("SECRET_HASH").map(String::as_str)
}
