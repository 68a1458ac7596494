//! Principal of a request: the identity that the transport authenticated.

use axum::http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// An OAuth subject, the holder of a bearer token, or a person at the console. The HTTP transport puts it into the
/// extensions of each request that it authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Principal {
    /// A person at the console.
    pub(crate) fn console() -> Self {
        Self("the console".to_owned())
    }

    /// Whether it is a person at the console. No other principal has the same name: that of OAuth
    /// contains its issuer.
    pub(crate) fn is_console(&self) -> bool {
        *self == Self::console()
    }

    /// The principal of `request`. Stdio has none, because the operating system
    /// controls access.
    pub(crate) fn of(request: &RequestContext<RoleServer>) -> Option<&Self> {
        let http = request.extensions.get::<Parts>()?;
        http.extensions.get::<Self>()
    }
}
