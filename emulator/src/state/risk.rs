//! Settings of threat protection: the actions on risks, for a pool and for app
//! clients that have their own settings.
//!
//! Cognito's assessment of risk is not known and not emulated. Only the lists
//! of addresses have an effect: see [`Pool::list_of_address`].

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pool::Pool;
use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::settings::pool::ses_regions;
use crate::wire::Scope;
use crate::world::Time;

/// The settings that `SetRiskConfiguration` replaces as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Risk {
    /// Actions on compromised passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compromised_credentials_risk_configuration: Option<CompromisedCredentials>,
    /// Actions on suspicious sign-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_takeover_risk_configuration: Option<AccountTakeover>,
    /// Addresses that are always refused or never assessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_exception_configuration: Option<RiskException>,
}

/// `CompromisedCredentialsRiskConfigurationType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CompromisedCredentials {
    /// The events that are assessed. An omitted list is shown as an empty one (live
    /// through CloudFormation: go-to-k/cdk-real-drift, 2026). The API Reference says that
    /// an omitted list means all events.
    #[serde(default)]
    pub event_filter: Vec<String>,
    /// `BLOCK` or `NO_ACTION`, as `EventAction`.
    pub actions: Map<String, Value>,
}

/// `AccountTakeoverRiskConfigurationType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountTakeover {
    /// Settings of the notifications to users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_configuration: Option<Map<String, Value>>,
    /// The action at each level.
    pub actions: Actions,
}

/// `AccountTakeoverActionsType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Actions {
    /// The action on a low risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_action: Option<Action>,
    /// The action on a medium risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium_action: Option<Action>,
    /// The action on a high risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_action: Option<Action>,
}

/// `AccountTakeoverActionType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    /// Whether the user is notified.
    pub notify: bool,
    /// `BLOCK`, `MFA_IF_CONFIGURED`, `MFA_REQUIRED` or `NO_ACTION`.
    pub event_action: String,
}

/// `RiskExceptionConfigurationType`: ranges in CIDR notation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RiskException {
    /// Always refused.
    #[serde(rename = "BlockedIPRangeList", skip_serializing_if = "Option::is_none")]
    pub blocked_ip_range_list: Option<Vec<String>>,
    /// Never assessed.
    #[serde(rename = "SkippedIPRangeList", skip_serializing_if = "Option::is_none")]
    pub skipped_ip_range_list: Option<Vec<String>>,
}

/// The list of addresses that contains an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Always refused.
    Blocked,
    /// Never assessed.
    Skipped,
}

impl Risk {
    /// Validates settings of a pool in `scope`. Notifications require
    /// `NotifyConfiguration` (inferred). The order of the checks is inferred too.
    pub fn validate(&self, scope: &Scope) -> Result<()> {
        if let Some(takeover) = &self.account_takeover_risk_configuration {
            takeover.validate(scope)?;
        }
        if let Some(exception) = &self.risk_exception_configuration {
            let lists = [
                &exception.blocked_ip_range_list,
                &exception.skipped_ip_range_list,
            ];
            let mut ranges = lists.into_iter().flatten().flatten();
            if ranges.any(|range| Range::parse(range).is_none()) {
                return Err(Error::CidrFormat);
            }
        }
        Ok(())
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.compromised_credentials_risk_configuration.is_none()
            && self.account_takeover_risk_configuration.is_none()
            && self.risk_exception_configuration.is_none()
    }
}

impl AccountTakeover {
    fn validate(&self, scope: &Scope) -> Result<()> {
        let Actions {
            low_action,
            medium_action,
            high_action,
        } = &self.actions;
        let mut actions = [low_action, medium_action, high_action]
            .into_iter()
            .flatten();
        let Some(notify) = &self.notify_configuration else {
            if actions.any(|action| action.notify) {
                return Err(Error::NotifyConfigurationMissing);
            }
            return Ok(());
        };
        let arn = notify
            .get("SourceArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let regions = ses_regions(scope);
        if regions.contains(&part(arn, 3)) {
            return Ok(());
        }
        Err(Error::NotifySourceRegion {
            regions: regions.join(", "),
        })
    }
}

impl RiskException {
    fn list(&self, address: IpAddr) -> Option<Listed> {
        let holds = |ranges: &Option<Vec<String>>| {
            let mut ranges = ranges.iter().flatten();
            ranges.any(|range| Range::parse(range).is_some_and(|range| range.holds(address)))
        };
        if holds(&self.blocked_ip_range_list) {
            Some(Listed::Blocked)
        } else if holds(&self.skipped_ip_range_list) {
            Some(Listed::Skipped)
        } else {
            None
        }
    }
}

/// A range of addresses.
struct Range {
    first: IpAddr,
    length: u32,
}

impl Range {
    /// Parses CIDR notation. An address without a length is refused (measured
    /// by cdk-preflight).
    fn parse(text: &str) -> Option<Self> {
        let (first, length) = text.split_once('/')?;
        let first: IpAddr = first.parse().ok()?;
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|_| digits)?;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        (length <= bits).then_some(Self { first, length })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.length
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.length
            }
            _ => false,
        }
    }
}

/// `RiskConfigurationType`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RiskView {
    user_pool_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(flatten)]
    risk: Risk,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_date: Option<Time>,
}

impl Pool {
    /// Checks that threat protection is on, in any mode (inferred; the mode is
    /// a member of `UserPoolAddOns`).
    pub fn check_threat_protection(&self) -> Result<()> {
        match self.advanced_security_mode() {
            "OFF" => Err(Error::AddOnNotEnabled),
            _ => Ok(()),
        }
    }

    /// `OFF`, `AUDIT` or `ENFORCED`.
    #[must_use]
    pub fn advanced_security_mode(&self) -> &str {
        let add_ons = self.settings.user_pool_add_ons.as_ref();
        let mode = add_ons.and_then(|add_ons| add_ons.get("AdvancedSecurityMode")?.as_str());
        mode.unwrap_or("OFF")
    }

    /// Replaces the settings of an app client or, without a client id, of the
    /// pool. Empty settings remove them.
    pub fn set_risk(&mut self, client_id: Option<&str>, risk: Risk, now: Time) -> RiskView {
        let key = client_id.unwrap_or_default().to_owned();
        if risk.is_default() {
            self.risks.remove(&key);
        } else {
            self.risks.insert(key, (risk.clone(), now));
        }
        RiskView {
            user_pool_id: self.id.clone(),
            client_id: client_id.map(ToOwned::to_owned),
            risk,
            last_modified_date: Some(now),
        }
    }

    /// The settings that `DescribeRiskConfiguration` shows for an app client or
    /// the pool. A client without settings shows the pool's (inferred from the
    /// reference of `ClientId` in the response).
    #[must_use]
    pub fn risk_view(&self, client_id: Option<&str>) -> RiskView {
        let own = client_id.and_then(|id| self.risks.get(id));
        let (risk, at) = own.or_else(|| self.risks.get("")).cloned().unzip();
        RiskView {
            user_pool_id: self.id.clone(),
            client_id: client_id.filter(|_| own.is_some()).map(ToOwned::to_owned),
            risk: risk.unwrap_or_default(),
            last_modified_date: at,
        }
    }

    /// The settings that apply to an app client.
    #[must_use]
    pub fn risk_of(&self, client_id: &str) -> Option<&Risk> {
        let own = self.risks.get(client_id).or_else(|| self.risks.get(""));
        own.map(|(risk, _)| risk)
    }

    /// The list that contains the caller's address (`IpAddress` of `UserContextData` or
    /// `ContextData`), in the settings that apply to an app client.
    ///
    /// The lists have an effect only in the mode `ENFORCED` (inferred: `AUDIT` is
    /// documented to take no action). A block takes precedence over an exception, as it
    /// "overrides the risk decision". A malformed address is not on any list.
    #[must_use]
    pub fn list_of_address(&self, client_id: &str, address: Option<&str>) -> Option<Listed> {
        if self.advanced_security_mode() != "ENFORCED" {
            return None;
        }
        let address = address?.parse().ok()?;
        let risk = self.risk_of(client_id)?;
        risk.risk_exception_configuration.as_ref()?.list(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for text in [
            "10.0.0.1",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "/8",
            "",
            "a/8",
            "10.0.0.0/8/8",
        ] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
        for (range, address, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/8", "10.0.0.0", true),
            ("10.0.0.1/32", "10.0.0.1", true),
            ("10.0.0.1/32", "10.0.0.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db8::1", true),
        ] {
            let found = Range::parse(range).unwrap().holds(address.parse().unwrap());
            assert_eq!(found, holds, "{address} in {range}");
        }
    }
}
