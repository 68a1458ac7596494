//! The user pool behind a request, by its host or by its app client.
//!
//! A domain has two hosts: AWS's own, and the same labels under `localhost`, which browsers
//! resolve to this machine. Other hosts serve every pool; the app client decides which. Not every
//! resolver knows names under `localhost`, so these hosts are what discovery names.

use crate::cx::Cx;
use crate::state::PoolHandle;
use crate::state::domain::Domain;
use crate::wire::web::Request;

/// The pool that serves a request.
pub(crate) struct Site {
    /// The pool.
    pub(crate) handle: PoolHandle,
    /// The scheme and the authority of the pages.
    pub(crate) base: String,
    /// Whether the host serves one pool only.
    is_own: bool,
    /// Whether the pages are those of managed login.
    pub(crate) is_managed: bool,
    /// The pool's id.
    pool_id: String,
}

/// The reason why no site serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSite {
    /// The host is a domain that no pool has.
    UnknownHost,
    /// The client is unknown, or of another pool than the host's.
    UnknownClient,
    /// The pool has no domain.
    NoDomain,
}

impl Site {
    /// The site of `request` for the app client `client_id`.
    pub(crate) fn of_client(
        cx: &Cx<'_>,
        request: &Request,
        client_id: &str,
    ) -> Result<Self, NoSite> {
        let Some((handle, domain)) = by_host(cx, request)? else {
            let handle = cx.state.pool_handle_of_client(client_id);
            return Self::shared(request, handle.ok_or(NoSite::UnknownClient)?);
        };
        if handle.read().client(client_id).is_err() {
            return Err(NoSite::UnknownClient);
        }
        Ok(Self::own(request, handle, &domain))
    }

    fn own(request: &Request, handle: PoolHandle, domain: &Domain) -> Self {
        Self {
            base: request.base.clone(),
            is_own: true,
            is_managed: domain.managed_login_version == 2,
            pool_id: handle.read().id.clone(),
            handle,
        }
    }

    /// A site on a host that serves all pools.
    fn shared(request: &Request, handle: PoolHandle) -> Result<Self, NoSite> {
        let pool = handle.read();
        let domain = pool.domains.preferred().ok_or(NoSite::NoDomain)?;
        let is_managed = domain.managed_login_version == 2;
        let pool_id = pool.id.clone();
        drop(pool);
        Ok(Self {
            base: request.base.clone(),
            is_own: false,
            is_managed,
            pool_id,
            handle,
        })
    }

    /// The URL of `path` and `query` at this site.
    pub(crate) fn url(&self, path: &str, query: &str) -> String {
        if query.is_empty() {
            format!("{}{path}", self.base)
        } else {
            format!("{}{path}?{query}", self.base)
        }
    }

    /// The name of the session's cookie. On a host that serves all pools it names the pool, so
    /// that a browser can be signed in at several.
    pub(crate) fn session_cookie(&self) -> String {
        self.cookie("cognito")
    }

    /// The name of the cookie of a remembered browser, likewise. Cognito's name is not known.
    pub(crate) fn device_cookie(&self) -> String {
        self.cookie("device")
    }

    fn cookie(&self, name: &str) -> String {
        if self.is_own {
            name.to_owned()
        } else {
            format!("{name}.{}", self.pool_id)
        }
    }
}

/// The pool that has the host of `request` for itself. `None` for a host that serves all pools.
fn by_host(cx: &Cx<'_>, request: &Request) -> Result<Option<(PoolHandle, Domain)>, NoSite> {
    let (region, name) = named_by(&request.host);
    let is_prefix = !region.is_empty();
    let handle = cx.state.pool_handle_of_host(region, name);
    let found = handle.and_then(|handle| {
        let domain = handle.read().domains.find(name).cloned()?;
        Some((handle, domain))
    });
    match found {
        Some(found) => Ok(Some(found)),
        None if is_prefix => Err(NoSite::UnknownHost),
        None => Ok(None),
    }
}

/// The Region and the name of the domain that `host` may be. A custom domain has no Region.
pub(super) fn named_by(host: &str) -> (&str, &str) {
    match prefix_of(host) {
        Some((prefix, region)) => (region, prefix),
        None => ("", host),
    }
}

/// The prefix and the Region of `<prefix>.auth.<region>.amazoncognito.com`, of its FIPS twin (O1),
/// or of the same labels under `localhost`.
fn prefix_of(host: &str) -> Option<(&str, &str)> {
    let labels = host
        .strip_suffix(".amazoncognito.com")
        .or_else(|| host.strip_suffix(".localhost"))?;
    let mut labels = labels.split('.');
    let (prefix, auth, region) = (labels.next()?, labels.next()?, labels.next()?);
    let is_domain = matches!(auth, "auth" | "auth-fips") && labels.next().is_none();
    is_domain.then_some((prefix, region))
}

/// Whether `host` has the form of a domain's: AWS's, or the same labels under `localhost`.
#[must_use]
pub fn is_domain_host(host: &str) -> bool {
    prefix_of(host).is_some()
}

/// The host of a prefix domain under `localhost`.
#[must_use]
pub fn local_host(prefix: &str, region: &str) -> String {
    format!("{prefix}.auth.{region}.localhost")
}
