//! Domains of a pool: a prefix domain of Cognito, and a custom domain.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::settings::arn;
use crate::wire::Scope;
use crate::world::Chance;
use serde::{Deserialize, Serialize};

/// The domains of a pool: at most one of each kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Domains {
    /// `<prefix>.auth.<region>.amazoncognito.com`.
    pub prefix: Option<Domain>,
    /// A custom domain.
    pub custom: Option<Domain>,
}

/// One domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Domain {
    /// The prefix, or the full name of a custom domain.
    pub name: String,
    /// 1 is the classic hosted UI, 2 is managed login.
    pub managed_login_version: i64,
    /// `CustomDomainConfigType` of a custom domain.
    pub config: Option<Map<String, Value>>,
    /// `RoutingType` of a custom domain.
    pub routing: Option<Value>,
    /// The host that serves the domain.
    pub distribution: String,
}

impl Domain {
    /// The address of the domain on AWS, in `region` (O1). A prefix in `GovCloud` has the FIPS
    /// endpoint only (AWS `GovCloud` user guide, "Amazon Cognito").
    #[must_use]
    pub fn address(&self, region: &str) -> String {
        let name = &self.name;
        if name.contains('.') {
            return format!("https://{name}");
        }
        let label = if region.starts_with("us-gov-") {
            "auth-fips"
        } else {
            "auth"
        };
        format!("https://{name}.{label}.{region}.amazoncognito.com")
    }
}

impl Domains {
    /// Whether the pool has a domain.
    #[must_use]
    pub fn any(&self) -> bool {
        self.prefix.is_some() || self.custom.is_some()
    }

    /// The domain that discovery and messages name: the custom one, if a pool has both (O2).
    #[must_use]
    pub fn preferred(&self) -> Option<&Domain> {
        self.custom.as_ref().or(self.prefix.as_ref())
    }

    /// The names of the domains.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = [&self.prefix, &self.custom].into_iter().flatten();
        all.map(|domain| &*domain.name)
    }

    /// Whether a domain shows managed login.
    #[must_use]
    pub fn use_managed_login(&self) -> bool {
        let all = [&self.prefix, &self.custom].into_iter().flatten();
        all.into_iter()
            .any(|domain| domain.managed_login_version == 2)
    }

    /// The domain of this kind, for changes.
    pub fn place(&mut self, is_custom: bool) -> &mut Option<Domain> {
        if is_custom {
            &mut self.custom
        } else {
            &mut self.prefix
        }
    }

    /// The domain `name`, for changes.
    pub fn find_mut(&mut self, name: &str) -> Option<&mut Option<Domain>> {
        let places = [&mut self.prefix, &mut self.custom].into_iter();
        let mut found =
            places.filter(|place| place.as_ref().is_some_and(|domain| domain.name == name));
        found.next()
    }

    /// The domain `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Domain> {
        let mut all = [&self.prefix, &self.custom].into_iter().flatten();
        all.find(|domain| domain.name == name)
    }
}

/// The host of a new domain (fact 10.4).
#[must_use]
pub fn distribution(chance: &Chance) -> String {
    let host = chance.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 13);
    format!("d{host}.cloudfront.net")
}

/// Validates a prefix (R180, R181). Reserved words are refused as parts between
/// hyphens (`pf-cognito-domain-reserved-word` in badmintoncryer/cdk-preflight).
pub fn validate_prefix(name: &str) -> Result<()> {
    if !is_label(name) {
        return Err(Error::DomainInvalid);
    }
    let reserved = ["aws", "amazon", "cognito"];
    match name.split('-').find(|word| reserved.contains(word)) {
        Some(word) => Err(Error::DomainReserved {
            word: word.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Validates the name of a custom domain (R182). The emulator does not resolve names. It
/// refuses malformed names, and those whose parent is a top-level domain.
pub fn validate_custom_name(name: &str) -> Result<()> {
    if name.split('.').all(is_label) && name.split('.').count() >= 3 {
        Ok(())
    } else {
        Err(Error::NotSubdomain)
    }
}

/// Validates the certificate of a custom domain (R183): it must belong to the account and
/// be in `us-east-1`. The emulator does not know whether it exists.
pub fn validate_certificate(
    config: &Map<String, Value>,
    scope: &Scope,
    chance: &Chance,
) -> Result<()> {
    let certificate = config.get("CertificateArn").and_then(Value::as_str);
    let part = |position| arn::part(certificate.unwrap_or_default(), position);
    if part(2) == "acm" && part(3) == "us-east-1" && part(4) == scope.account {
        return Ok(());
    }
    Err(Error::CertificateInvalid {
        request: chance.uuid(),
    })
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}
