//! `?account=`: the world that a control shows or changes.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use super::Refused;
use crate::http::{Mounted, spawn_blocking_if_needed};
use crate::stack::Stack;

/// The stack that a control shows: that of `?account=` if this account has a world of its own,
/// otherwise the shared one.
pub(super) struct StackToRead(pub(super) Stack);

/// The stack that a control changes: that of `?account=`, whose world is created if needed; the
/// shared one without `account`.
pub(super) struct StackToChange(pub(super) Stack);

/// The parameters of controls that change something.
const PARAMETERS: [&str; 2] = ["account", "function"];

impl FromRequestParts<Mounted> for StackToRead {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, mounted: &Mounted) -> Result<Self, Refused> {
        let account = account(&parameters(parts)?);
        Ok(Self(match account {
            Some(account) => mounted.stack.seen_by(&account)?,
            None => mounted.stack.clone(),
        }))
    }
}

impl FromRequestParts<Mounted> for StackToChange {
    type Rejection = Refused;

    /// Unknown parameters are refused: with a misspelt `account`, the control would change the shared
    /// world.
    async fn from_request_parts(parts: &mut Parts, mounted: &Mounted) -> Result<Self, Refused> {
        let given = parameters(parts)?;
        let mut names = given.iter().map(|(name, _)| name.as_str());
        if let Some(unknown) = names.find(|name| !PARAMETERS.contains(name)) {
            return Err(Refused(format!(
                "`{}` is not a parameter of this control: `account` selects an account.",
                unknown.escape_debug()
            )));
        }
        let Some(account) = account(&given) else {
            return Ok(Self(mounted.stack.clone()));
        };
        // The creation of a world waits for the calls in progress, so it may block this thread.
        let own = spawn_blocking_if_needed(&mounted.stack, move |stack| stack.of_account(&account))
            .await?;
        Ok(Self(own))
    }
}

fn parameters(parts: &Parts) -> Result<Vec<(String, String)>, Refused> {
    let Query(given) = Query::try_from_uri(&parts.uri)?;
    Ok(given)
}

fn account(given: &[(String, String)]) -> Option<String> {
    let found = given.iter().find(|(name, _)| name == "account");
    found.map(|(_, account)| account.clone())
}
