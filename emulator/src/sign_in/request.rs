//! The requests of a sign-in, and the checks that several flows share.

use std::collections::BTreeMap;

use super::ClientAndDevice;
use crate::auth::digest;
use crate::error::{Error, Result};
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Custom};
use crate::state::users::UserId;
use crate::triggers::Metadata;

/// `AuthParameters` or `ChallengeResponses`.
pub(crate) type Parameters = BTreeMap<String, String>;

/// The calling operation. Some flows are allowed for only one operation (R67).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// `InitiateAuth`.
    App,
    /// `AdminInitiateAuth`.
    Admin,
    /// A page of the domain. The pages offer what the pool allows, whichever flows the app
    /// client enables for the API (inferred).
    Page,
}

/// A request to sign in.
pub(crate) struct AuthRequest<'a> {
    pub(crate) caller: Caller,
    pub(crate) client_id: &'a str,
    pub(crate) flow: &'a str,
    pub(crate) parameters: &'a Parameters,
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
    /// The session of a sign-up that was just confirmed.
    pub(crate) session: Option<&'a str>,
}

impl AuthRequest<'_> {
    /// The app client and the device of the sign-in that starts.
    pub(super) fn client_device(&self) -> ClientAndDevice<'_> {
        ClientAndDevice {
            client_id: self.client_id,
            device: device_key(self.parameters),
        }
    }
}

/// An answer to a challenge.
pub(crate) struct ChallengeResponse<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) challenge: &'a str,
    pub(crate) session: Option<&'a str>,
    pub(crate) responses: &'a Parameters,
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
}

impl<'a> ChallengeResponse<'a> {
    /// The session's string. The sentence for a missing session is inferred.
    pub(super) fn session(&self) -> Result<&'a str> {
        self.session.ok_or_else(|| Error::MissingParameter {
            parameter: "Session".to_owned(),
        })
    }

    /// The app client of the sign-in that continues, and `device`.
    pub(super) fn client_device<'b>(&self, device: Option<&'b str>) -> ClientAndDevice<'b>
    where
        'a: 'b,
    {
        ClientAndDevice {
            client_id: self.client_id,
            device,
        }
    }
}

/// The session of a challenge that is answered.
pub(super) struct OpenSession<'a> {
    pub(super) string: &'a str,
    pub(super) user: UserId,
    pub(super) challenge: Challenge,
    pub(super) custom: Option<Box<Custom>>,
}

/// The empty metadata that triggers receive after the first credential. The documentation
/// of `InitiateAuth` says that its `ClientMetadata` is for the triggers before the first
/// credential.
pub(super) static NO_METADATA: Metadata = Metadata::new();

/// A required parameter (R70, R71). An empty value counts as absent (inferred).
pub(super) fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str> {
    match parameters.get(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(Error::MissingParameter {
            parameter: name.to_owned(),
        }),
    }
}

/// `SECRET_HASH`.
pub(super) fn secret_hash(parameters: &Parameters) -> Option<&str> {
    parameters.get("SECRET_HASH").map(String::as_str)
}

/// `DEVICE_KEY`. An empty value counts as absent (inferred).
pub(super) fn device_key(parameters: &Parameters) -> Option<&str> {
    let key = parameters.get("DEVICE_KEY")?;
    (!key.is_empty()).then_some(key)
}

/// Checks `SECRET_HASH`. Returns the username of an answer, as the caller wrote it, and
/// the user that it identifies.
pub(super) fn find_named_user<'a>(
    pool: &Pool,
    client: &Client,
    responses: &'a Parameters,
) -> Result<(&'a str, Option<UserId>)> {
    let username = required(responses, "USERNAME")?;
    let named = pool.users.find(username);
    // The hash is computed with the internal username, whichever name the caller
    // wrote (fact 5b).
    let internal = named
        .and_then(|id| pool.users.get(id))
        .map_or(username, |user| &user.username);
    client.check_secret_hash(internal, secret_hash(responses))?;
    Ok((username, named))
}

/// Compares a code with the one that was sent (R85). The digests are compared, so that the time does
/// not depend on the code.
pub(super) fn check_code(given: &str, sent: &str) -> Result<()> {
    if digest(given) == digest(sent) {
        Ok(())
    } else {
        Err(Error::SignInCodeMismatch)
    }
}
