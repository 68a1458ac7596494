//! The principal of a request: who calls, as the transport authenticated it.

use axum::http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// An OAuth subject or the holder of a bearer token. The HTTP transport puts it into the
/// extensions of each request that it authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Principal {
    /// The principal of `request`; none over stdio, where the operating system decides
    /// who may call.
    pub(crate) fn of(request: &RequestContext<RoleServer>) -> Option<&Self> {
        let http = request.extensions.get::<Parts>()?;
        http.extensions.get::<Self>()
    }
}
