//! Checks of a pool's security settings.
//!
//! Sources of the checks: the controls of AWS Security Hub for Cognito
//! (<https://docs.aws.amazon.com/securityhub/latest/userguide/cognito-controls.html>), the checks
//! of Prowler (<https://github.com/prowler-cloud/prowler>, `providers/aws/services/cognito`), and
//! the guide's security best practices
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/security-best-practices.html>).

mod client;
mod settings;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{ResponseView, call};
use crate::error::NextCall;

/// The settings of a pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    /// The id of the pool.
    pub(crate) id: String,
    /// `DescribeUserPool`.
    pub(crate) described: ResponseView,
    /// `GetUserPoolMfaConfig`; none if it was denied.
    pub(crate) mfa: Option<ResponseView>,
    /// `DescribeRiskConfiguration`, empty if the pool has no threat protection; none if it was
    /// denied.
    pub(crate) risk: Option<ResponseView>,
    /// `DescribeUserPoolClient` of each app client; none if that was denied.
    pub(crate) clients: Option<Vec<ResponseView>>,
}

/// A check of a pool.
pub(crate) struct Check {
    /// The id of its findings.
    pub(crate) id: &'static str,
    /// The same check in Security Hub and Prowler.
    pub(crate) sources: &'static [&'static str],
    pub(crate) run: fn(&Pool) -> Outcome,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The setting is right, or does not apply to the pool.
    Passed,
    /// What weakens the pool: once, or once for each app client.
    Failed(Vec<Weakness>),
    /// The operation whose response is missing.
    NotRead(&'static str),
}

/// A setting that weakens a pool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weakness {
    pub(crate) severity: Severity,
    /// What the check found in the pool or the client.
    pub(crate) seen: String,
    /// Why it matters.
    pub(crate) why: String,
    /// The call that fixes it.
    pub(crate) fix: Option<NextCall>,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    High,
    Medium,
    Low,
}

impl Outcome {
    /// The result of a check of the whole pool.
    fn failed_if(fails: bool, weakness: impl FnOnce() -> Weakness) -> Self {
        if fails {
            Self::Failed(vec![weakness()])
        } else {
            Self::Passed
        }
    }
}

impl Weakness {
    fn new(severity: Severity, seen: impl Into<String>, why: &str, fix: NextCall) -> Self {
        Self {
            severity,
            seen: seen.into(),
            why: why.to_owned(),
            fix: Some(fix),
        }
    }
}

impl Pool {
    fn call(&self, tool: &str, arguments: Value) -> NextCall {
        call(tool, &json!({ "user_pool_id": self.id }), arguments)
    }

    /// The result of a check of every client. `check` returns what weakens one.
    fn each_client(&self, check: impl Fn(&Client<'_>) -> Option<Weakness>) -> Outcome {
        let Some(clients) = &self.clients else {
            return Outcome::NotRead("DescribeUserPoolClient");
        };
        let clients = clients.iter().map(|client| Client { pool: self, client });
        let failed: Vec<Weakness> = clients.filter_map(|client| check(&client)).collect();
        if failed.is_empty() {
            Outcome::Passed
        } else {
            Outcome::Failed(failed)
        }
    }
}

/// An app client of a pool.
struct Client<'a> {
    pool: &'a Pool,
    client: &'a ResponseView,
}

impl Client<'_> {
    /// The name and id, for a sentence.
    fn name(&self) -> String {
        let (name, id) = (
            self.client.text("/ClientName"),
            self.client.text("/ClientId"),
        );
        format!("App client {name} ({id})")
    }

    fn update(&self, change: Value) -> NextCall {
        let id = self.client.text("/ClientId");
        let target = json!({ "user_pool_id": self.pool.id, "client_id": id });
        call("update_client", &target, change)
    }
}

/// Checks that the API of user pools cannot answer, with the reason.
pub(crate) const NOT_CHECKED: &[(&str, &str)] = &[
    (
        "identity_pool_guests",
        "Security Hub Cognito.2: identity pools are another API (`aws cognito-identity`)",
    ),
    (
        "web_acl_attached",
        "Prowler cognito_user_pool_waf_acl_attached: the API of AWS WAF has web ACLs",
    ),
    (
        "unused_clients",
        "Cognito does not report when an app client was last used; CloudTrail does",
    ),
];

const fn check(
    id: &'static str,
    sources: &'static [&'static str],
    run: fn(&Pool) -> Outcome,
) -> Check {
    Check { id, sources, run }
}

/// Every check.
#[rustfmt::skip] // A table with one row per line.
pub(crate) const CHECKS: &[Check] = &[
    check("threat_protection", &["Security Hub Cognito.1", "Prowler cognito_user_pool_advanced_security_enabled"], settings::threat_protection),
    check("threat_protection_custom_auth", &["Security Hub Cognito.4"], settings::custom_auth_protection),
    check("compromised_credentials_blocked", &["Prowler cognito_user_pool_blocks_compromised_credentials_sign_in_attempts"], settings::compromised_credentials),
    check("risky_sign_ins_blocked", &["Prowler cognito_user_pool_blocks_potential_malicious_sign_in_attempts"], settings::risky_sign_ins),
    check("mfa_required", &["Security Hub Cognito.5", "Prowler cognito_user_pool_mfa_enabled"], settings::mfa_required),
    check("mfa_not_only_sms", &["best practices"], settings::mfa_not_only_sms),
    check("passkeys_verify_user", &["best practices"], settings::passkeys_verify_user),
    check("deletion_protection", &["Security Hub Cognito.6", "Prowler cognito_user_pool_deletion_protection_enabled"], settings::deletion_protection),
    check("password_length", &["Security Hub Cognito.3", "Prowler cognito_user_pool_password_policy_minimum_length_14"], settings::password_length),
    check("password_lowercase", &["Security Hub Cognito.3", "Prowler cognito_user_pool_password_policy_lowercase"], settings::password_lowercase),
    check("password_uppercase", &["Security Hub Cognito.3", "Prowler cognito_user_pool_password_policy_uppercase"], settings::password_uppercase),
    check("password_digit", &["Security Hub Cognito.3", "Prowler cognito_user_pool_password_policy_number"], settings::password_digit),
    check("password_symbol", &["Security Hub Cognito.3", "Prowler cognito_user_pool_password_policy_symbol"], settings::password_symbol),
    check("temporary_password_days", &["Security Hub Cognito.3", "Prowler cognito_user_pool_temporary_password_expiration"], settings::temporary_password_days),
    check("self_registration", &["Prowler cognito_user_pool_self_registration_disabled"], settings::self_registration),
    check("recovery_not_by_sms", &["Prowler cognito_user_pool_account_recovery_sms_not_preferred"], settings::recovery_not_by_sms),
    check("user_existence_hidden", &["Prowler cognito_user_pool_client_prevent_user_existence_errors"], client::user_existence_hidden),
    check("token_revocation", &["Prowler cognito_user_pool_client_token_revocation_enabled"], client::token_revocation),
    check("implicit_grant", &["best practices"], client::implicit_grant),
    check("local_callbacks", &["best practices"], client::local_callbacks),
    check("refresh_token_lifetime", &["best practices"], client::refresh_token_lifetime),
    check("writable_access_attributes", &["best practices"], client::writable_access_attributes),
    check("password_flow_of_public_client", &["best practices"], client::password_flow),
];

#[cfg(test)]
mod tests;
