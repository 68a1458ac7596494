//! Principal of a request: the identity that the transport authenticated.

use axum::http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// An OAuth subject or the holder of a bearer token. The HTTP transport puts it into the
/// extensions of each request that it authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Principal {
    /// The principal of `request`. Stdio has none, because the operating system
    /// controls access.
    pub(crate) fn of(request: &RequestContext<RoleServer>) -> Option<&Self> {
        let http = request.extensions.get::<Parts>()?;
        http.extensions.get::<Self>()
    }
}
