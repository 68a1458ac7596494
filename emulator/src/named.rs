//! The names in a request by which its user pool is found.

use crate::auth::jwt;
use crate::state::session;
use crate::wire::Call;

/// A name of a user pool in a request. The pool need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The pool's id.
    Pool(String),
    /// The id of an app client.
    Client(String),
    /// A domain: a prefix in `region`, or the host of a custom domain.
    Host {
        /// The Region; empty for a custom domain.
        region: String,
        /// The prefix or the host.
        name: String,
    },
}

impl Named {
    /// The names in the input of a call, the most specific one first.
    pub(crate) fn of_call(call: &Call) -> impl Iterator<Item = Self> {
        let text = |name: &str| call.input.as_deref()?.get(name)?.as_str();
        let arn = || Some(text("ResourceArn")?.rsplit_once(":userpool/")?.1.to_owned());
        let id = text("UserPoolId").map(ToOwned::to_owned).or_else(arn);
        let client = text("ClientId").map(|id| Self::Client(id.to_owned()));
        let token = || Self::of_token(text("AccessToken")?);
        let session = || session::pool_of(text("Session")?).map(Self::Pool);
        let named = id.map(Self::Pool).or(client);
        named.or_else(token).or_else(session).into_iter()
    }

    /// The pool that issued `token`, by its `iss` claim. The token is not verified.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        let token = jwt::decode(token).ok()?;
        let (_, id) = token.claims.get("iss")?.as_str()?.rsplit_once('/')?;
        Some(Self::Pool(id.to_owned()))
    }
}
