//! Validation of an app client's settings, at creation and update.
//!
//! The order of the checks is inferred: tier, secret, flows, lifetimes, attributes,
//! providers, OAuth, URLs, analytics.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Settings;
use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::settings::identity_provider::IdentityProvider;
use crate::settings::schema::Schema;

/// The operation on the client. Two sentences name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// `CreateUserPoolClient`.
    Creating,
    /// `UpdateUserPoolClient`.
    Updating,
}

/// The parts of a pool to which the settings of its clients refer.
pub struct PoolParts<'a> {
    /// The pool's id.
    pub id: &'a str,
    /// The pool's tier: `LITE`, `ESSENTIALS` or `PLUS`.
    pub tier: &'a str,
    /// The pool's attributes.
    pub schema: &'a Schema,
    /// The pool's identity providers by name.
    pub identity_providers: &'a BTreeMap<String, IdentityProvider>,
    /// Whether a resource server of the pool has a scope.
    pub has_custom_scope: &'a dyn Fn(&str) -> bool,
}

impl PoolParts<'_> {
    /// The pool's Region, with which its id begins.
    fn region(&self) -> &str {
        self.id.split('_').next().unwrap_or_default()
    }
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Scopes that every pool has. Any other scope belongs to a resource server.
const SCOPES: [&str; 5] = [
    "openid",
    "email",
    "phone",
    "profile",
    "aws.cognito.signin.user.admin",
];

impl Settings {
    /// Validates the settings of a client of `pool`, with or without a secret.
    pub fn validate(&self, pool: &PoolParts<'_>, has_secret: bool, doing: Doing) -> Result<()> {
        self.validate_tier(pool.tier)?;
        if self.enable_propagate_additional_user_context_data && !has_secret {
            return Err(Error::PropagateNeedsSecret);
        }
        self.validate_flows(has_secret)?;
        self.validate_lifetimes()?;
        self.validate_attributes(pool, doing)?;
        self.validate_providers(pool)?;
        self.validate_oauth(pool, has_secret)?;
        self.validate_urls()?;
        validate_analytics(self.analytics_configuration.as_ref(), pool.region())
    }

    /// Validates features that are documented to need a higher tier than LITE. For
    /// rotation, exception and sentence were recorded 2026-09-24 in radkawar/stackd.
    /// For token exchange, both and the feature's name are inferred from rotation.
    fn validate_tier(&self, tier: &str) -> Result<()> {
        let exchanges = |flow: &String| flow.starts_with("ALLOW_TOKEN_EXCHANGE_");
        let feature = if self.rotates() {
            "Refresh Token Rotation"
        } else if self.explicit_auth_flows.iter().flatten().any(exchanges) {
            "Token Exchange"
        } else {
            return Ok(());
        };
        if tier != "LITE" {
            return Ok(());
        }
        Err(Error::FeaturesNeedDisabling {
            tier: tier.to_owned(),
            feature: feature.to_owned(),
        })
    }

    /// Validates R162, and the rules for rotation and for client tokens.
    fn validate_flows(&self, has_secret: bool) -> Result<()> {
        let Some(flows) = &self.explicit_auth_flows else {
            return Ok(());
        };
        let is_new = |flow: &String| flow.starts_with("ALLOW_");
        if flows.iter().any(is_new) && !flows.iter().all(is_new) {
            return Err(Error::LegacyFlowMixed);
        }
        if self.rotates() && flows.iter().any(|flow| flow == "ALLOW_REFRESH_TOKEN_AUTH") {
            return Err(Error::RotationWithRefreshFlow);
        }
        if flows.iter().any(|flow| flow == "ALLOW_CLIENT_TOKEN_AUTH") {
            if flows.iter().any(|flow| flow != "ALLOW_CLIENT_TOKEN_AUTH") {
                return Err(Error::ClientTokenFlowAlone);
            }
            if !has_secret {
                return Err(Error::ClientTokenFlowNeedsSecret);
            }
        }
        Ok(())
    }

    /// R176 (facts 6.18, 6.19).
    fn validate_lifetimes(&self) -> Result<()> {
        let access = self.access_token_lifetime();
        let id = self.id_token_lifetime();
        let refresh = self.refresh_token_lifetime();
        let short = Duration::from_mins(5)..=DAY;
        let long = HOUR..=DAY * 3650;
        if !short.contains(&access) || !short.contains(&id) || !long.contains(&refresh) {
            return Err(Error::TokenValidityRange);
        }
        if access > refresh || id > refresh {
            return Err(Error::TokenValidityOrder);
        }
        Ok(())
    }

    /// Validates R172, R173. Attributes that the pool requires must be writable (live:
    /// radkawar/stackd, 2026-09-24; inferred for updates).
    ///
    /// Two points are inferred. An immutable attribute may be in the list, because it
    /// is written at sign-up. A developer attribute may not be in the list.
    fn validate_attributes(&self, pool: &PoolParts<'_>, doing: Doing) -> Result<()> {
        let verb = || match doing {
            Doing::Creating => "creating".to_owned(),
            Doing::Updating => "updating".to_owned(),
        };
        let known = |name: &String| pool.schema.get(name);
        let mut read = self.read_attributes.iter().flatten();
        if read.any(|name| known(name).is_none()) {
            return Err(Error::InvalidReadAttributes { doing: verb() });
        }
        let is_writable = |name: &String| {
            known(name).is_some_and(|attribute| {
                !attribute.developer_only_attribute
                    && !matches!(
                        name.as_str(),
                        "sub" | "email_verified" | "phone_number_verified"
                    )
            })
        };
        let lacks_required = self.write_attributes.as_ref().is_some_and(|writes| {
            let mut required = pool.schema.iter().filter(|attribute| attribute.required);
            required.any(|attribute| attribute.name != "sub" && !writes.contains(&attribute.name))
        });
        if lacks_required || !self.write_attributes.iter().flatten().all(is_writable) {
            return Err(Error::InvalidWriteAttributes { doing: verb() });
        }
        Ok(())
    }

    /// R171.
    fn validate_providers(&self, pool: &PoolParts<'_>) -> Result<()> {
        let mut providers = self.supported_identity_providers.iter().flatten();
        let known = |name: &str| name == "COGNITO" || pool.identity_providers.contains_key(name);
        match providers.find(|provider| !known(provider)) {
            Some(provider) => Err(Error::ProviderNotFound {
                provider: provider.clone(),
                pool: pool.id.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// R165, R167 to R170.
    fn validate_oauth(&self, pool: &PoolParts<'_>, has_secret: bool) -> Result<()> {
        let empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
        if self.allowed_oauth_flows_user_pool_client
            && (empty(&self.allowed_oauth_flows) || empty(&self.allowed_oauth_scopes))
        {
            return Err(Error::OAuthFlowsAndScopesRequired);
        }
        let has = |flow: &str| {
            let mut flows = self.allowed_oauth_flows.iter().flatten();
            flows.any(|name| name == flow)
        };
        let for_users = has("code") || has("implicit");
        if has("client_credentials") && for_users {
            return Err(Error::ClientCredentialsAlone);
        }
        if has("client_credentials") && !has_secret {
            return Err(Error::ClientCredentialsNeedSecret);
        }
        if for_users && empty(&self.callback_urls) {
            return Err(Error::CallbackUrlsEmpty);
        }
        let mut scopes = self.allowed_oauth_scopes.iter().flatten();
        let known = |scope: &str| SCOPES.contains(&scope) || (pool.has_custom_scope)(scope);
        match scopes.find(|scope| !known(scope)) {
            Some(scope) => Err(Error::ScopeNotFound {
                scope: scope.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Validates R163, R164, R166. That sign-out URLs must not have a fragment either
    /// is inferred.
    fn validate_urls(&self) -> Result<()> {
        let callbacks = self.callback_urls.iter().flatten();
        for url in callbacks.chain(self.logout_urls.iter().flatten()) {
            if url.contains('#') {
                return Err(Error::UrlFragment { url: url.clone() });
            }
            if url.strip_prefix("http://").is_some_and(is_remote) {
                return Err(Error::UrlHttp { url: url.clone() });
            }
        }
        match &self.default_redirect_uri {
            Some(url)
                if !self
                    .callback_urls
                    .iter()
                    .flatten()
                    .any(|listed| listed == url) =>
            {
                Err(Error::DefaultRedirectNotListed { url: url.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Whether the host in `rest`, a URL without its `http://`, is not the local host.
fn is_remote(rest: &str) -> bool {
    let local = ["localhost", "127.0.0.1", "[::1]"].into_iter();
    let mut after = local.filter_map(|host| rest.strip_prefix(host));
    !after.any(|after| after.is_empty() || after.starts_with([':', '/', '?']))
}

/// R175 and R175-2. According to the reference of `AnalyticsConfigurationType`, a project
/// is in the pool's Region if that has Amazon Pinpoint, and otherwise in us-east-1. Which
/// Regions have it is not known here, so that both are accepted.
fn validate_analytics(analytics: Option<&Map<String, Value>>, region: &str) -> Result<()> {
    let Some(analytics) = analytics else {
        return Ok(());
    };
    let has = |name: &str| analytics.contains_key(name);
    let by_id = ["ApplicationId", "RoleArn", "ExternalId"].map(has);
    let complete = if has("ApplicationArn") {
        by_id == [false; 3]
    } else {
        by_id == [true; 3]
    };
    if !complete {
        return Err(Error::AnalyticsIncomplete);
    }
    let arn = analytics.get("ApplicationArn").and_then(Value::as_str);
    match arn.map(|arn| part(arn, 3)) {
        Some(other) if ![region, "us-east-1"].contains(&other) => Err(Error::AnalyticsRegion {
            region: other.to_owned(),
        }),
        _ => Ok(()),
    }
}
