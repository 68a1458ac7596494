//! Identity providers: the details that each type requires, and the details that
//! describe adds.
//!
//! Two sources show which details are added, and that Apple's key is omitted: the
//! "Describe response" of `ProviderDetails` in the API Reference of
//! `CreateIdentityProvider`, and the acceptance tests of terraform-provider-aws.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::saml::Endpoints;
use super::schema::Schema;
use crate::error::{Error, Result};
use crate::world::Time;
use crate::world::fetch::Origin;

/// A map of strings.
pub type Texts = BTreeMap<String, String>;

/// `IdentityProviderType`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IdentityProvider {
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The name, unique in the pool. A social provider's name is its type.
    pub provider_name: String,
    /// The type.
    pub provider_type: ProviderType,
    /// Connection details, including the client secret.
    pub provider_details: Texts,
    /// Attributes of the pool, mapped to claims of the provider.
    pub attribute_mapping: Texts,
    /// Other names of the provider, unique in the pool.
    pub idp_identifiers: Vec<String>,
    /// Authentication levels of the pool, mapped to values of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr_mapping: Option<Texts>,
    /// Date of the last change.
    pub last_modified_date: Time,
    /// Date of creation.
    pub creation_date: Time,
}

impl IdentityProvider {
    /// A connection detail that is not empty.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        let value = self.provider_details.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether the detail `name` is `true`.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.detail(name) == Some("true")
    }
}

impl fmt::Debug for IdentityProvider {
    /// Omits the details, because some are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("provider_name", &self.provider_name)
            .finish_non_exhaustive()
    }
}

/// `IdentityProviderTypeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProviderType {
    /// Any SAML 2.0 provider.
    #[serde(rename = "SAML")]
    Saml,
    /// Facebook.
    Facebook,
    /// Google.
    Google,
    /// Login with Amazon.
    LoginWithAmazon,
    /// Sign in with Apple.
    SignInWithApple,
    /// Any `OpenID` Connect provider.
    #[serde(rename = "OIDC")]
    Oidc,
}

use ProviderType::{Facebook, Google, LoginWithAmazon, Oidc, Saml, SignInWithApple};

/// Names that are reserved for the types of the same name. That `COGNITO` and `Cognito`
/// are refused as well is inferred.
const RESERVED: [&str; 6] = [
    "Facebook",
    "Google",
    "LoginWithAmazon",
    "SignInWithApple",
    "COGNITO",
    "Cognito",
];

impl ProviderType {
    /// The type's name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Saml => "SAML",
            Facebook => "Facebook",
            Google => "Google",
            LoginWithAmazon => "LoginWithAmazon",
            SignInWithApple => "SignInWithApple",
            Oidc => "OIDC",
        }
    }

    /// Whether the type is a social provider. A pool has at most one of each.
    #[must_use]
    pub fn is_social(self) -> bool {
        !matches!(self, Saml | Oidc)
    }

    /// Whether providers of this type issue ID tokens.
    #[must_use]
    pub fn has_id_token(self) -> bool {
        matches!(self, Oidc | Google | SignInWithApple)
    }

    /// Validates a provider's name (R191).
    pub fn validate_name(self, name: &str) -> Result<()> {
        let fits = if self.is_social() {
            name == self.as_str()
        } else {
            !RESERVED.contains(&name)
        };
        if fits {
            return Ok(());
        }
        Err(Error::ProviderTypeMismatch {
            provider: name.to_owned(),
            kind: self.as_str().to_owned(),
        })
    }

    /// The `AttributeMapping` if the request has none: the claim that identifies the
    /// user. Live for Google and OIDC (terraform-provider-aws, floci#2858) and for
    /// Facebook (an example of the AWS CLI). For Amazon and Apple, it is the claim that
    /// `AdminLinkProviderForUser` documents. That SAML has no default mapping is
    /// inferred.
    #[must_use]
    pub fn default_mapping(self) -> Texts {
        let claim = match self {
            Saml => return Texts::new(),
            Facebook => "id",
            LoginWithAmazon => "user_id",
            Google | SignInWithApple | Oidc => "sub",
        };
        Texts::from([("username".to_owned(), claim.to_owned())])
    }

    /// Validates the details (R192 to R197), and adds the details that describe shows.
    /// `certificate` is the encryption certificate of a SAML provider.
    ///
    /// Omitted endpoints of an OIDC provider are not shown, although Cognito reads them
    /// from the issuer. The emulator sends no requests, so it does not know the
    /// metadata behind a URL.
    pub fn complete(self, mut details: Texts, certificate: &str) -> Result<Texts> {
        let has = |name: &&str| details.get(*name).is_some_and(|value| !value.is_empty());
        let all = |names: &[&str]| names.iter().all(has);
        match self {
            Saml => return complete_saml(details, certificate),
            Facebook | Google | LoginWithAmazon => {
                if !all(&["client_id", "client_secret", "authorize_scopes"]) {
                    return Err(Error::SocialDetailsMissing);
                }
            }
            SignInWithApple => {
                if !all(&["client_id", "private_key", "team_id", "key_id"]) {
                    return Err(Error::AppleDetailsMissing);
                }
                details.remove("private_key");
            }
            Oidc => {
                let required = [
                    "client_id",
                    "authorize_scopes",
                    "oidc_issuer",
                    "attributes_request_method",
                ];
                if !all(&required) {
                    return Err(Error::OidcDetailsMissing);
                }
                validate_oidc(&details)?;
            }
        }
        for (name, value) in self.additions(&details) {
            details.entry(name.to_owned()).or_insert(value);
        }
        Ok(details)
    }

    fn additions(self, details: &Texts) -> Vec<(&'static str, String)> {
        let fixed: &[(&str, &str)] = match self {
            Google => &[
                (
                    "attributes_url",
                    "https://people.googleapis.com/v1/people/me?personFields=",
                ),
                ("attributes_url_add_attributes", "true"),
                (
                    "authorize_url",
                    "https://accounts.google.com/o/oauth2/v2/auth",
                ),
                ("oidc_issuer", "https://accounts.google.com"),
                ("token_request_method", "POST"),
                ("token_url", "https://www.googleapis.com/oauth2/v4/token"),
            ],
            LoginWithAmazon => &[
                ("attributes_url", "https://api.amazon.com/user/profile"),
                ("attributes_url_add_attributes", "false"),
                ("authorize_url", "https://www.amazon.com/ap/oa"),
                ("token_request_method", "POST"),
                ("token_url", "https://api.amazon.com/auth/o2/token"),
            ],
            SignInWithApple => &[
                ("attributes_url_add_attributes", "false"),
                ("authorize_url", "https://appleid.apple.com/auth/authorize"),
                ("oidc_issuer", "https://appleid.apple.com"),
                ("token_request_method", "POST"),
                ("token_url", "https://appleid.apple.com/auth/token"),
            ],
            Facebook => return facebook(details.get("api_version").map(String::as_str)),
            Oidc => &[("attributes_url_add_attributes", "false")],
            Saml => &[],
        };
        fixed
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    }
}

/// The endpoints of a version of Facebook's API. Without a version, they are those in
/// an example of the AWS CLI.
fn facebook(version: Option<&str>) -> Vec<(&'static str, String)> {
    let graph = "https://graph.facebook.com";
    let attributes = version.map_or_else(
        || format!("{graph}/me?fields="),
        |version| format!("{graph}/{version}/me?fields="),
    );
    let version = version.unwrap_or("v2.9");
    vec![
        ("attributes_url", attributes),
        ("attributes_url_add_attributes", "true".to_owned()),
        (
            "authorize_url",
            format!("https://www.facebook.com/{version}/dialog/oauth"),
        ),
        ("token_request_method", "GET".to_owned()),
        ("token_url", format!("{graph}/{version}/oauth/access_token")),
    ]
}

/// Validates every endpoint in the details by R195 (inferred for all except the
/// issuer), and the request method, which has two values
/// (`pf-cognito-idp-oidc-attributes-request-method` in badmintoncryer/cdk-preflight).
fn validate_oidc(details: &Texts) -> Result<()> {
    let method = details.get("attributes_request_method").map(String::as_str);
    if let Some(method) = method.filter(|method| !matches!(*method, "GET" | "POST")) {
        return Err(Error::AttributesRequestMethod {
            method: method.to_owned(),
        });
    }
    let endpoints = [
        "oidc_issuer",
        "authorize_url",
        "token_url",
        "attributes_url",
        "jwks_uri",
    ];
    let mut given = endpoints.iter().filter_map(|name| details.get(*name));
    // Cognito has no exception. A provider on the developer's machine, as in tests, has no
    // certificate.
    let is_local = |url: &str| Origin::of(url).is_some_and(|origin| origin.is_local());
    if given.any(|url| !url.starts_with("https://") && !is_local(url)) {
        return Err(Error::OidcEndpointHttp);
    }
    Ok(())
}

/// R196, R197.
fn complete_saml(mut details: Texts, certificate: &str) -> Result<Texts> {
    let given = |name: &str| details.get(name).filter(|value| !value.is_empty());
    match (given("MetadataURL"), given("MetadataFile")) {
        (None, None) => return Err(Error::MetadataMissing),
        (Some(_), Some(_)) => return Err(Error::MetadataTwice),
        (Some(_), None) => {}
        (None, Some(file)) => {
            let endpoints = Endpoints::read(file)?;
            for (name, url) in [
                ("SSORedirectBindingURI", endpoints.sign_on),
                ("SLORedirectBindingURI", endpoints.sign_out),
            ] {
                details.remove(name);
                details.extend(url.map(|url| (name.to_owned(), url)));
            }
        }
    }
    details.insert(
        "ActiveEncryptionCertificate".to_owned(),
        certificate.to_owned(),
    );
    Ok(details)
}

/// Validates that each mapped attribute is in the pool's schema
/// (aws/aws-cli#9729) or is the username.
pub fn validate_mapping(mapping: &Texts, schema: &Schema) -> Result<()> {
    let unknown: Vec<&str> = mapping
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "username" && schema.get(name).is_none())
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidAttributeMapping {
        attributes: unknown.join(", "),
    })
}

/// Validates that only OIDC providers map authentication levels (documented; the
/// sentence is inferred).
pub fn validate_acr(mapping: Option<&Texts>, kind: ProviderType) -> Result<()> {
    match mapping {
        Some(mapping) if !mapping.is_empty() && kind != Oidc => Err(Error::AcrMappingNotOidc),
        _ => Ok(()),
    }
}
