//! The domain of a user pool, with the settings that decide about its sign-in pages.

use crate::call::context::Cx;
use crate::error::{ToolError, ToolResult};
use crate::ids::{Domain, Region};

/// The operations that read a site and an app client.
pub(super) const OPERATIONS: &[&str] = &[
    "DescribeManagedLoginBrandingByClient",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "ListIdentityProviders",
    "ListResourceServers",
];

/// The sign-in pages of a pool.
pub(super) struct Site {
    /// The user pool.
    pub(super) pool: String,
    /// The addresses of the pages, the preferred first. Empty if the pool has no domain, or if
    /// the emulator has no address.
    pub(super) bases: Vec<String>,
    /// Whether the pool has a domain.
    pub(super) has_domain: bool,
    /// The prefix and the custom domain of the pool.
    pub(super) names: Vec<String>,
    /// Whether the pages are those of managed login.
    pub(super) is_managed: bool,
    /// Whether the pages are those of the emulator, which has several addresses.
    pub(super) is_emulated: bool,
}

impl Site {
    /// The site of `pool`.
    pub(super) async fn of_pool(cx: &Cx, pool: &str) -> ToolResult<Self> {
        let described = cx.cognito().describe_user_pool().user_pool_id(pool);
        let described = described.send().await?.user_pool;
        let described = described.into_iter();
        // Discovery names the custom domain, if a pool has both (O2).
        let names: Vec<String> = described
            .flat_map(|pool| [pool.custom_domain, pool.domain])
            .flatten()
            .collect();
        let mut is_managed = false;
        if let Some(name) = names.first() {
            let domain = cx.cognito().describe_user_pool_domain().domain(name);
            // Without the permission to read the domain, the other parts are still checked.
            let described = domain.send().await.map_err(Box::<ToolError>::from);
            match described {
                Ok(found) => {
                    let found = found.domain_description;
                    let version = found.and_then(|found| found.managed_login_version);
                    is_managed = version == Some(2);
                }
                Err(refused) if refused.is_throttled() => return Err(refused),
                Err(_) => {}
            }
        }
        let mut bases: Vec<String> = names.iter().filter_map(|name| base(cx, name)).collect();
        bases.dedup();
        Ok(Self {
            pool: pool.to_owned(),
            bases,
            has_domain: !names.is_empty(),
            names,
            is_managed,
            is_emulated: cx.emulator().is_ok(),
        })
    }
}

/// The address of the sign-in pages of `domain`. On the emulator it is that of its HTTP server,
/// if there is one: not every program can resolve names under `localhost`.
pub(in crate::tools) fn base(cx: &Cx, domain: &str) -> Option<String> {
    if let Ok(emulator) = cx.emulator() {
        return emulator.address().map(ToOwned::to_owned);
    }
    let region = Region::parse(cx.region())?;
    Some(Domain::parse(domain).ok()?.url(&region))
}
