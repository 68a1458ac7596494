//! Settings of an app client.

mod validate;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::validate::{Doing, PoolParts};
use crate::error::{Error, Result};
use crate::hash_order;

/// Settings that `UpdateUserPoolClient` replaces as a whole (fact 10.6), except rotation, and
/// `DescribeUserPoolClient` returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    /// The name. `UpdateUserPoolClient` keeps it if it is omitted.
    pub client_name: String,
    /// Refresh token lifetime, by default in days; 0 means 30 days (fact 6.20).
    pub refresh_token_validity: u32,
    /// Access token lifetime, by default in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_validity: Option<u32>,
    /// ID token lifetime, by default in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_validity: Option<u32>,
    /// Units of the three lifetimes.
    pub token_validity_units: Units,
    /// Attributes that the app may read; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_attributes: Option<Vec<String>>,
    /// Attributes that the app may write; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_attributes: Option<Vec<String>>,
    /// Sign-in flows; SRP, custom and refresh if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit_auth_flows: Option<Vec<String>>,
    /// Identity providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_identity_providers: Option<Vec<String>>,
    /// Redirect URLs after sign-in.
    #[serde(rename = "CallbackURLs", skip_serializing_if = "Option::is_none")]
    pub callback_urls: Option<Vec<String>>,
    /// Redirect URLs after sign-out.
    #[serde(rename = "LogoutURLs", skip_serializing_if = "Option::is_none")]
    pub logout_urls: Option<Vec<String>>,
    /// One of the callback URLs.
    #[serde(rename = "DefaultRedirectURI", skip_serializing_if = "Option::is_none")]
    pub default_redirect_uri: Option<String>,
    /// `code`, `implicit`, `client_credentials`.
    #[serde(rename = "AllowedOAuthFlows", skip_serializing_if = "Option::is_none")]
    pub allowed_oauth_flows: Option<Vec<String>>,
    /// Scopes.
    #[serde(rename = "AllowedOAuthScopes", skip_serializing_if = "Option::is_none")]
    pub allowed_oauth_scopes: Option<Vec<String>>,
    /// Whether OAuth is on.
    #[serde(rename = "AllowedOAuthFlowsUserPoolClient")]
    pub allowed_oauth_flows_user_pool_client: bool,
    /// Settings for Amazon Pinpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analytics_configuration: Option<Map<String, Value>>,
    /// `LEGACY` or `ENABLED`; absent means `LEGACY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_user_existence_errors: Option<String>,
    /// Whether tokens have `origin_jti` and can be revoked.
    pub enable_token_revocation: bool,
    /// Whether unauthenticated requests may have device data.
    pub enable_propagate_additional_user_context_data: bool,
    /// Lifetime of a challenge in minutes: 3 to 15.
    pub auth_session_validity: u32,
    /// Rotation of refresh tokens. `UpdateUserPoolClient` keeps it if it is omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_rotation: Option<Rotation>,
}

impl Default for Settings {
    /// The settings of a client created with a name only (fact 10.12,
    /// inferred).
    fn default() -> Self {
        Self {
            client_name: String::new(),
            refresh_token_validity: 30,
            access_token_validity: None,
            id_token_validity: None,
            token_validity_units: Units::default(),
            read_attributes: None,
            write_attributes: None,
            explicit_auth_flows: None,
            supported_identity_providers: None,
            callback_urls: None,
            logout_urls: None,
            default_redirect_uri: None,
            allowed_oauth_flows: None,
            allowed_oauth_scopes: None,
            allowed_oauth_flows_user_pool_client: false,
            analytics_configuration: None,
            prevent_user_existence_errors: None,
            enable_token_revocation: true,
            enable_propagate_additional_user_context_data: false,
            auth_session_validity: 3,
            refresh_token_rotation: None,
        }
    }
}

impl Settings {
    /// The members that are sets in Cognito: all lists (seen live for all except
    /// `SupportedIdentityProviders`).
    pub(crate) fn sets(&mut self) -> impl Iterator<Item = &mut Vec<String>> {
        [
            &mut self.read_attributes,
            &mut self.write_attributes,
            &mut self.explicit_auth_flows,
            &mut self.supported_identity_providers,
            &mut self.callback_urls,
            &mut self.logout_urls,
            &mut self.allowed_oauth_flows,
            &mut self.allowed_oauth_scopes,
        ]
        .into_iter()
        .flatten()
    }

    /// Whether `flow` is enabled, under its new or its legacy name. `flow` can have the
    /// prefix `ALLOW_`.
    #[must_use]
    pub fn allows(&self, flow: &str) -> bool {
        let flow = flow.trim_start_matches("ALLOW_");
        let Some(flows) = &self.explicit_auth_flows else {
            // The default flows of a client that was created without a list.
            return matches!(flow, "USER_SRP_AUTH" | "CUSTOM_AUTH" | "REFRESH_TOKEN_AUTH");
        };
        let legacy = !flows.iter().any(|name| name.starts_with("ALLOW_"));
        flows.iter().any(|name| match name.as_str() {
            "ADMIN_NO_SRP_AUTH" => flow == "ADMIN_USER_PASSWORD_AUTH",
            "CUSTOM_AUTH_FLOW_ONLY" => flow == "CUSTOM_AUTH",
            name => name.trim_start_matches("ALLOW_") == flow,
        }) || legacy
            && matches!(flow, "REFRESH_TOKEN_AUTH" | "USER_SRP_AUTH")
            && !flows
                .iter()
                .any(|name| name == "CUSTOM_AUTH_FLOW_ONLY" && flow == "USER_SRP_AUTH")
    }

    /// Whether responses hide which users exist.
    #[must_use]
    pub fn hides_users(&self) -> bool {
        self.prevent_user_existence_errors.as_deref() == Some("ENABLED")
    }

    /// The settings of a create or update request. Omitted members have their defaults
    /// (fact 10.6).
    ///
    /// An absent refresh token lifetime, or a lifetime of zero, is 30 days (fact 6.20).
    /// It is stored in the requested unit, so that describe also shows 30 days
    /// (inferred).
    pub fn from_request(mut given: Map<String, Value>) -> Result<Self> {
        given
            .entry("RefreshTokenValidity")
            .or_insert_with(|| Value::from(0));
        let mut settings = Self::deserialize(Value::Object(given)).map_err(|_| Error::NotJson)?;
        settings.sets().for_each(hash_order::set);
        if settings.refresh_token_validity == 0 {
            settings.refresh_token_validity = match settings.token_validity_units.refresh_token {
                Some(Unit::Seconds) => 30 * 86_400,
                Some(Unit::Minutes) => 30 * 1440,
                Some(Unit::Hours) => 30 * 24,
                Some(Unit::Days) | None => 30,
            };
        }
        Ok(settings)
    }

    /// Whether each use of a refresh token replaces the token.
    #[must_use]
    pub fn rotates(&self) -> bool {
        let rotation = self.refresh_token_rotation.as_ref();
        rotation.is_some_and(|rotation| rotation.feature == "ENABLED")
    }

    /// Time for which a refresh token still works after its replacement.
    #[must_use]
    pub fn rotation_grace(&self) -> Duration {
        let rotation = self.refresh_token_rotation.as_ref();
        let seconds = rotation.map_or(0, |rotation| rotation.retry_grace_period_seconds);
        Duration::from_secs(seconds.into())
    }

    /// Access token lifetime.
    #[must_use]
    pub fn access_token_lifetime(&self) -> Duration {
        lifetime(
            self.access_token_validity,
            1,
            self.token_validity_units.access_token,
            Unit::Hours,
        )
    }

    /// ID token lifetime.
    #[must_use]
    pub fn id_token_lifetime(&self) -> Duration {
        lifetime(
            self.id_token_validity,
            1,
            self.token_validity_units.id_token,
            Unit::Hours,
        )
    }

    /// Refresh token lifetime.
    #[must_use]
    pub fn refresh_token_lifetime(&self) -> Duration {
        match self.refresh_token_validity {
            0 => Duration::from_hours(30 * 24),
            n => lifetime(
                Some(n),
                30,
                self.token_validity_units.refresh_token,
                Unit::Days,
            ),
        }
    }

    /// Lifetime of a challenge.
    #[must_use]
    pub fn auth_session_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.auth_session_validity) * 60)
    }
}

fn lifetime(count: Option<u32>, default: u32, unit: Option<Unit>, usual: Unit) -> Duration {
    // A count without a unit has the default unit. The default count always has the
    // default unit.
    let (count, unit) = match count {
        Some(count) if count > 0 => (count, unit.unwrap_or(usual)),
        _ => (default, usual),
    };
    let seconds = match unit {
        Unit::Seconds => 1,
        Unit::Minutes => 60,
        Unit::Hours => 3600,
        Unit::Days => 86_400,
    };
    Duration::from_secs(u64::from(count) * seconds)
}

/// `TokenValidityUnitsType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Units {
    /// Unit for access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Unit>,
    /// Unit for ID tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Unit>,
    /// Unit for refresh tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Unit>,
}

/// A unit of token lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
}

/// `RefreshTokenRotationType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotation {
    /// `ENABLED` or `DISABLED`.
    pub feature: String,
    /// Seconds for which the old token still works: 0 to 60. Shown as 0 if absent in
    /// the request (recorded 2026-09-24 in radkawar/stackd).
    #[serde(default)]
    pub retry_grace_period_seconds: u32,
}
