//! Domains in a pool file.

use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::error::Error;
use crate::state::domain::{self, Domain};
use crate::state::pool::Pool;

/// Adds a domain to `pool`. That no other pool has its name is checked when the pool is
/// inserted.
pub(super) fn load(
    loading: &mut Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let name = entry.text("Domain").unwrap_or_default();
    let chance = loading.seed.chance(&["domain", &pool.id, &name]);
    let version = entry.take("ManagedLoginVersion");
    let version = version.and_then(|version| version.as_i64()).unwrap_or(1);
    pool.validate_login_version(version)
        .map_err(|error| entry.refused_member("ManagedLoginVersion", &error))?;
    let config = entry.map("CustomDomainConfig");
    let routing = entry.take("Routing");
    let is_custom = config.is_some();
    if let Some(config) = &config {
        domain::validate_custom_name(&name)
            .map_err(|error| entry.refused_member("Domain", &error))?;
        domain::validate_certificate(config, &pool.scope, &chance)
            .map_err(|error| entry.refused_member("CustomDomainConfig", &error))?;
    } else {
        domain::validate_prefix(&name).map_err(|error| entry.refused_member("Domain", &error))?;
        if routing.is_some() {
            return Err(entry.refused_member("Routing", &Error::RoutingOfPrefix));
        }
    }
    if pool.domains.place(is_custom).is_some() {
        return Err(entry.refused(&Error::DomainConfigured));
    }
    if !loading.claim_domain(&pool.scope.region, &name) {
        return Err(entry.refused_member("Domain", &Error::DomainTaken));
    }
    let distribution = entry.text("CloudFrontDistribution");
    *pool.domains.place(is_custom) = Some(Domain {
        name,
        managed_login_version: version,
        config,
        routing,
        distribution: distribution.unwrap_or_else(|| domain::distribution(&chance)),
    });
    Ok(())
}

/// The domains of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let domains = [&pool.domains.prefix, &pool.domains.custom];
    let domains = domains.into_iter().flatten().map(|domain| {
        let mut members = Members::new(without);
        members.add("Domain", &domain.name);
        if domain.managed_login_version != 1 {
            members.add("ManagedLoginVersion", domain.managed_login_version);
        }
        members.add_some("CustomDomainConfig", domain.config.as_ref());
        members.add_some("Routing", domain.routing.as_ref());
        members.add("CloudFrontDistribution", &domain.distribution);
        members
    });
    domains.collect()
}
