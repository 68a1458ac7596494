//! Toolset `branding`: domains, styles and terms of sign-in pages.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::primitives::Blob;
use aws_sdk_cognitoidentityprovider::types::{
    CustomDomainConfigType, DomainDescriptionType, TermsEnforcementType, TermsSourceType,
    TermsType, UiCustomizationType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sign_in_urls::{self, Needs, still_needed};
use super::{ByClient, Done, Entry, InPool, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::time;
use crate::error::{ToolError, ToolResult};
use crate::ids::{self, Region};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetDomain>(),
        Entry::of::<PutDomain>(),
        Entry::of::<DeleteDomain>(),
        Entry::of::<GetBranding>(),
        Entry::of::<PutBranding>(),
        Entry::of::<SetHostedUi>(),
        Entry::of::<PutTerms>(),
        Entry::of::<DeleteBranding>(),
    ]
}

/// Describe the domain of a pool's sign-in pages.
#[derive(Deserialize, JsonSchema)]
struct GetDomain {
    #[serde(flatten)]
    pool: InPool,
    /// The domain. Absent: the pool's own.
    #[schemars(length(min = 1, max = 63))]
    domain: Option<String>,
}

/// Domains.
#[derive(Serialize, JsonSchema)]
struct Domains {
    /// The requested domain, or all domains of the pool.
    domains: Vec<Domain>,
}

/// A domain.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "as other tools accept it")]
struct Domain {
    /// The prefix of Cognito's domain, or a custom domain.
    domain: String,
    /// The pool that has it.
    user_pool_id: Option<String>,
    /// Its name.
    user_pool_name: Option<String>,
    /// `CREATING`, `UPDATING`, `ACTIVE`, `DELETING` or `FAILED`.
    status: Option<String>,
    /// Certificate of a custom domain.
    certificate_arn: Option<String>,
    /// The name that the DNS alias of a custom domain points to.
    dns_target: Option<String>,
    /// 1: the classic hosted UI; 2: managed login.
    managed_login_version: Option<i32>,
    /// Where users sign in.
    url: String,
}

impl Domain {
    async fn new(cx: &Cx, described: DomainDescriptionType) -> Option<Self> {
        let domain = described.domain?;
        let pool = described.user_pool_id;
        Some(Self {
            url: url(cx, &domain)?,
            domain,
            user_pool_name: match &pool {
                Some(pool) => cx.pool_name(pool).await,
                None => None,
            },
            user_pool_id: pool,
            status: described.status.map(|status| status.to_string()),
            certificate_arn: described
                .custom_domain_config
                .map(|custom| custom.certificate_arn)
                .filter(|arn| !arn.is_empty()),
            dns_target: described
                .cloud_front_distribution
                .filter(|target| !target.is_empty()),
            managed_login_version: described.managed_login_version,
        })
    }
}

/// The URL of the sign-in pages; `None` if `domain` is not a valid domain.
fn url(cx: &Cx, domain: &str) -> Option<String> {
    if let Some(base) = sign_in_urls::base(cx, domain) {
        return Some(base);
    }
    // An emulator without an address: the URL on AWS.
    let region = Region::parse(cx.region())?;
    Some(ids::Domain::parse(domain).ok()?.url(&region))
}

impl Tool for GetDomain {
    const NAME: &'static str = "get_domain";
    const TITLE: &'static str = "Describe domain";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool", "DescribeUserPoolDomain"];
    type Answer = Domains;

    fn example() -> Value {
        json!({ "domain": "example-sign-in" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Domains> {
        let names = match &self.domain {
            Some(domain) => vec![domain.clone()],
            None => of_pool(cx, &cx.pool(&self.pool).await?).await?,
        };
        let mut domains = Vec::new();
        for name in names {
            domains.extend(described(cx, &name).await?);
        }
        if let (Some(domain), true) = (self.domain, domains.is_empty()) {
            return Err(ToolError::new(
                "ResourceNotFoundException",
                format!("There is no domain {domain}"),
            ));
        }
        Ok(Domains { domains })
    }
}

async fn of_pool(cx: &Cx, pool: &str) -> ToolResult<Vec<String>> {
    let described = cx
        .cognito()
        .describe_user_pool()
        .user_pool_id(pool)
        .send()
        .await?;
    let pool = described.user_pool;
    Ok(pool
        .into_iter()
        .flat_map(|pool| [pool.domain, pool.custom_domain])
        .flatten()
        .collect())
}

async fn described(cx: &Cx, domain: &str) -> ToolResult<Option<Domain>> {
    let described = cx
        .cognito()
        .describe_user_pool_domain()
        .domain(domain)
        .send()
        .await?;
    match described.domain_description {
        Some(described) => Ok(Domain::new(cx, described).await),
        None => Ok(None),
    }
}

/// The domain as it is now.
#[derive(Serialize, JsonSchema)]
struct PutDomains {
    /// The domain.
    domains: Vec<Domain>,
    /// What is missing before users can sign in at it.
    still_needed: Option<String>,
}

/// Give a pool's sign-in pages a domain, or change the one that it has.
#[derive(Deserialize, JsonSchema)]
struct PutDomain {
    #[serde(flatten)]
    pool: InPool,
    /// A prefix of Cognito's own domain, as in `example-sign-in`, or a custom domain with `certificate_arn`.
    #[schemars(length(min = 1, max = 63))]
    domain: String,
    /// ARN of the certificate in us-east-1, for a custom domain.
    #[schemars(length(min = 20, max = 2048))]
    certificate_arn: Option<String>,
    /// 1: the classic hosted UI; 2: managed login. Absent: unchanged; 2 for a new domain.
    #[schemars(range(min = 1, max = 2))]
    managed_login_version: Option<i32>,
}

impl Tool for PutDomain {
    const NAME: &'static str = "put_domain";
    const TITLE: &'static str = "Create or change domain";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateUserPoolDomain",
        "DescribeManagedLoginBrandingByClient",
        "DescribeUserPoolDomain",
        "UpdateUserPoolDomain",
    ];
    type Answer = PutDomains;

    fn example() -> Value {
        json!({ "domain": "example-sign-in" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<PutDomains> {
        let pool = cx.pool(&self.pool).await?;
        let before = described(cx, &self.domain).await?;
        let before = before.filter(|before| before.user_pool_id.as_deref() == Some(pool.as_str()));
        let custom = |arn: Option<String>| {
            let built = CustomDomainConfigType::builder().certificate_arn(arn?);
            Some(built.build().expect("the certificate is set"))
        };
        if let Some(before) = before {
            // Cognito would reset omitted settings to their defaults.
            cx.cognito()
                .update_user_pool_domain()
                .user_pool_id(&pool)
                .domain(&self.domain)
                .set_custom_domain_config(custom(self.certificate_arn.or(before.certificate_arn)))
                .set_managed_login_version(
                    self.managed_login_version.or(before.managed_login_version),
                )
                .send()
                .await?;
        } else {
            cx.cognito()
                .create_user_pool_domain()
                .user_pool_id(&pool)
                .domain(&self.domain)
                .set_custom_domain_config(custom(self.certificate_arn))
                .managed_login_version(self.managed_login_version.unwrap_or(2))
                .send()
                .await?;
        }
        let domain = described(cx, &self.domain).await?;
        let version = domain
            .as_ref()
            .and_then(|domain| domain.managed_login_version);
        let needs = Needs::Domain {
            is_managed: version == Some(2),
        };
        let mut needed: Vec<String> = Vec::new();
        let target = domain
            .as_ref()
            .and_then(|domain| domain.dns_target.as_ref());
        if let (Some(target), true) = (target, self.domain.contains('.')) {
            needed.push(format!(
                "DNS must lead to the domain: add an alias from {} to {target}",
                self.domain
            ));
        }
        needed.extend(still_needed(cx, &pool, needs).await);
        Ok(PutDomains {
            domains: domain.into_iter().collect(),
            still_needed: (!needed.is_empty()).then(|| needed.join(". ")),
        })
    }
}

/// Delete a pool's domain. Its sign-in pages are then unreachable.
#[derive(Deserialize, JsonSchema)]
struct DeleteDomain {
    #[serde(flatten)]
    pool: InPool,
    /// The domain.
    #[schemars(length(min = 1, max = 63))]
    domain: String,
}

impl Tool for DeleteDomain {
    const NAME: &'static str = "delete_domain";
    const TITLE: &'static str = "Delete domain";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DeleteUserPoolDomain"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "domain": "example-sign-in" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .delete_user_pool_domain()
            .user_pool_id(cx.pool(&self.pool).await?)
            .domain(&self.domain)
            .send()
            .await?;
        Ok(Done::new(format!("Domain {} is deleted", self.domain)))
    }
}

/// Read how the sign-in pages of an app client look: its style of managed login, CSS of the classic hosted UI, terms.
#[derive(Deserialize, JsonSchema)]
struct GetBranding {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// Return all settings of the style, including Cognito's defaults.
    #[serde(default)]
    merged: bool,
}

/// How sign-in pages look.
#[derive(Serialize, JsonSchema)]
struct Branding {
    /// The app client.
    client_id: String,
    /// Its name.
    client_name: Option<String>,
    /// Its style of managed login, if it has one.
    style: Option<Style>,
    /// The classic hosted UI.
    hosted_ui: HostedUi,
    /// Terms that its users see.
    terms: Vec<Terms>,
}

/// A style of managed login.
#[derive(Serialize, JsonSchema)]
struct Style {
    /// Id.
    id: String,
    /// Whether it is Cognito's default.
    is_default: bool,
    /// Its settings.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    settings: Option<Value>,
    /// Its images.
    assets: Vec<Asset>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

/// An image.
#[derive(Serialize, JsonSchema)]
struct Asset {
    /// Where it is shown, as in `PAGE_HEADER_LOGO`.
    category: String,
    /// `LIGHT`, `DARK` or `DYNAMIC`.
    color_mode: String,
    /// Its kind, as in `PNG`.
    extension: String,
}

impl Style {
    fn new(answer: &Value) -> Self {
        let style = &answer["ManagedLoginBranding"];
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let assets = style["Assets"].as_array().into_iter().flatten();
        Self {
            id: text(style, "ManagedLoginBrandingId"),
            is_default: style["UseCognitoProvidedValues"] == true,
            settings: style
                .get("Settings")
                .filter(|settings| settings.is_object())
                .cloned(),
            assets: assets
                .map(|asset| Asset {
                    category: text(asset, "Category"),
                    color_mode: text(asset, "ColorMode"),
                    extension: text(asset, "Extension"),
                })
                .collect(),
            modified_at: style["LastModifiedDate"].as_str().map(ToOwned::to_owned),
        }
    }
}

/// The classic hosted UI.
#[derive(Serialize, JsonSchema)]
struct HostedUi {
    /// Its CSS, if it has its own.
    css: Option<String>,
    /// Where its logo is.
    logo_url: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

impl From<UiCustomizationType> for HostedUi {
    fn from(ui: UiCustomizationType) -> Self {
        Self {
            modified_at: time::rfc3339(ui.last_modified_date()),
            css: ui.css.filter(|css| !css.is_empty()),
            logo_url: ui.image_url,
        }
    }
}

/// Terms.
#[derive(Serialize, JsonSchema)]
struct Terms {
    /// `terms-of-use` or `privacy-policy`.
    name: String,
    /// Addresses by language; `cognito:default` is for all others.
    links: BTreeMap<String, String>,
    /// When they were last modified, RFC 3339.
    modified_at: Option<String>,
}

impl From<TermsType> for Terms {
    fn from(terms: TermsType) -> Self {
        Self {
            modified_at: time::rfc3339(Some(&terms.last_modified_date)),
            name: terms.terms_name,
            links: terms.links.into_iter().collect(),
        }
    }
}

/// The language key for all other languages.
const DEFAULT: &str = "cognito:default";

/// The names that terms can have.
const TERMS: [&str; 2] = ["terms-of-use", "privacy-policy"];

impl Tool for GetBranding {
    const NAME: &'static str = "get_branding";
    const TITLE: &'static str = "Read branding";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeManagedLoginBrandingByClient",
        "DescribeTermsByClient",
        "GetUICustomization",
    ];
    type Answer = Branding;

    fn example() -> Value {
        json!({ "client_id": "1example23456789" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Branding> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let style = style_of(cx, &pool, &client, self.merged).await?;
        let ui = cx
            .cognito()
            .get_ui_customization()
            .user_pool_id(&pool)
            .client_id(&client)
            .send()
            .await
            .map_err(Box::<ToolError>::from);
        let hosted_ui = match ui {
            Ok(answer) => answer.ui_customization.map(HostedUi::from),
            // A pool without a domain has no sign-in pages.
            Err(error) if error.message.contains("existing domain associated") => None,
            Err(error) => return Err(error),
        };
        let mut terms = Vec::new();
        for name in TERMS {
            terms.extend(terms_of(cx, &pool, &client, name).await?.map(Terms::from));
        }
        Ok(Branding {
            client_name: cx.client_name(&pool, &client).await,
            client_id: client,
            style: style.as_ref().map(Style::new),
            hosted_ui: hosted_ui.unwrap_or(HostedUi {
                css: None,
                logo_url: None,
                modified_at: None,
            }),
            terms,
        })
    }
}

async fn style_of(cx: &Cx, pool: &str, client: &str, merged: bool) -> ToolResult<Option<Value>> {
    let asked = json!({
        "UserPoolId": pool, "ClientId": client, "ReturnMergedResources": merged.then_some(true),
    });
    match cx.ask("DescribeManagedLoginBrandingByClient", asked).await {
        Ok(style) => Ok(Some(style)),
        Err(error) if is_missing(&error, "ManagedLoginBranding") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn terms_of(cx: &Cx, pool: &str, client: &str, name: &str) -> ToolResult<Option<TermsType>> {
    let described = cx
        .cognito()
        .describe_terms_by_client()
        .user_pool_id(pool)
        .client_id(client)
        .terms_name(name)
        .send()
        .await
        .map_err(Box::<ToolError>::from);
    match described {
        Ok(answer) => Ok(answer.terms),
        Err(error) if is_missing(&error, "Terms") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether `error` says that `what` does not exist, but its pool and client do.
fn is_missing(error: &ToolError, what: &str) -> bool {
    error.code == "ResourceNotFoundException" && error.message.starts_with(what)
}

/// Style the managed login of an app client, or change its style. See `get_branding` with `merged` for the available settings.
#[derive(Deserialize, JsonSchema)]
struct PutBranding {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// All settings of the style. Absent: Cognito's own, and images are removed.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    settings: Option<Value>,
    /// Images; those left out are removed. Absent: unchanged.
    #[schemars(length(max = 40))]
    assets: Option<Vec<NewAsset>>,
}

/// An image.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(serialize = "PascalCase"))]
struct NewAsset {
    /// Where it is shown, as in `PAGE_HEADER_LOGO`.
    category: String,
    /// `LIGHT`, `DARK` or `DYNAMIC`.
    color_mode: String,
    /// `ICO`, `JPEG`, `PNG`, `SVG` or `WEBP`.
    extension: String,
    /// The image, in base64.
    bytes: String,
}

/// The style as it is now.
#[derive(Serialize, JsonSchema)]
struct Styled {
    /// Whether it was created by this call.
    created: bool,
    /// The style.
    style: Style,
}

impl Tool for PutBranding {
    const NAME: &'static str = "put_branding";
    const TITLE: &'static str = "Create or change style";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateManagedLoginBranding",
        "DescribeManagedLoginBrandingByClient",
        "UpdateManagedLoginBranding",
    ];
    type Answer = Styled;

    fn example() -> Value {
        json!({ "client_id": "1example23456789" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Styled> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let before = style_of(cx, &pool, &client, false).await?;
        let mut input = json!({
            "UserPoolId": pool,
            "UseCognitoProvidedValues": self.settings.is_none().then_some(true),
            "Settings": self.settings,
            "Assets": self.assets.filter(|_| self.settings.is_some()),
        });
        let (operation, created) = match &before {
            None => {
                input["ClientId"] = client.into();
                ("CreateManagedLoginBranding", true)
            }
            Some(before) => {
                let before = &before["ManagedLoginBranding"];
                input["ManagedLoginBrandingId"] = before["ManagedLoginBrandingId"].clone();
                if input["Assets"].is_null() && !input["Settings"].is_null() {
                    // Cognito would remove omitted parts.
                    input["Assets"] = before.get("Assets").cloned().unwrap_or_default();
                }
                ("UpdateManagedLoginBranding", false)
            }
        };
        let answer = cx.ask(operation, input).await?;
        Ok(Styled {
            created,
            style: Style::new(&answer),
        })
    }
}

/// Style the classic hosted UI of an app client, or of all clients of the pool. Needs a domain.
#[derive(Deserialize, JsonSchema)]
struct SetHostedUi {
    #[serde(flatten)]
    pool: InPool,
    /// App client. Absent: all clients without a style of their own.
    #[schemars(length(min = 1, max = 128))]
    client_id: Option<String>,
    /// CSS for Cognito's own classes, as in `.banner-customizable`. Absent: unchanged; empty: Cognito's.
    #[schemars(length(max = 131_072))]
    css: Option<String>,
    /// A logo (PNG or JPEG, up to 100 KB), in base64. Absent: unchanged.
    logo: Option<String>,
}

impl Tool for SetHostedUi {
    const NAME: &'static str = "set_hosted_ui";
    const TITLE: &'static str = "Style classic hosted UI";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["GetUICustomization", "SetUICustomization"];
    type Answer = HostedUi;

    fn example() -> Value {
        json!({ "css": ".banner-customizable { background-color: #0b3d91; }" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<HostedUi> {
        let pool = cx.pool(&self.pool).await?;
        let logo = match self.logo.map(aws_smithy_types::base64::decode) {
            Some(Err(_)) => {
                return Err(ToolError::argument("/logo", "must be base64")
                    .hint("Nothing was changed. Send the image's bytes in base64"));
            }
            Some(Ok(logo)) => Some(Blob::new(logo)),
            None => None,
        };
        let css = if self.css.is_some() {
            self.css
        } else {
            // Cognito would remove omitted parts.
            let before = cx
                .cognito()
                .get_ui_customization()
                .user_pool_id(&pool)
                .set_client_id(self.client_id.clone())
                .send()
                .await?;
            before.ui_customization.and_then(|ui| ui.css)
        };
        let set = cx
            .cognito()
            .set_ui_customization()
            .user_pool_id(pool)
            .set_client_id(self.client_id)
            .set_css(css)
            .set_image_file(logo)
            .send()
            .await?;
        answered(set.ui_customization.map(HostedUi::from), "style")
    }
}

/// Link the terms that users of an app client see at sign-up, or change the links.
#[derive(Deserialize, JsonSchema)]
struct PutTerms {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// Which terms.
    name: TermsName,
    /// Addresses by language, as in `{"cognito:default": "https://example.com/terms"}`; those left out are removed.
    links: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum TermsName {
    TermsOfUse,
    PrivacyPolicy,
}

impl TermsName {
    fn as_str(self) -> &'static str {
        match self {
            Self::TermsOfUse => TERMS[0],
            Self::PrivacyPolicy => TERMS[1],
        }
    }
}

impl Tool for PutTerms {
    const NAME: &'static str = "put_terms";
    const TITLE: &'static str = "Create or change terms";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] =
        &["CreateTerms", "DescribeTermsByClient", "UpdateTerms"];
    type Answer = Terms;

    fn example() -> Value {
        json!({
            "client_id": "1example23456789", "name": "terms-of-use",
            "links": { "cognito:default": "https://example.com/terms" },
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Terms> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let name = self.name.as_str();
        if !self.links.contains_key(DEFAULT) {
            let message =
                format!("needs an address for `{DEFAULT}`, which all other languages use");
            return Err(ToolError::argument("/links", message).hint(format!(
                "Nothing was changed. Give the address as `{DEFAULT}`"
            )));
        }
        let links = Some(self.links.into_iter().collect());
        let before = terms_of(cx, &pool, &client, name).await?;
        let terms = if let Some(before) = before {
            let changed = cx
                .cognito()
                .update_terms()
                .user_pool_id(pool)
                .terms_id(before.terms_id)
                .set_links(links);
            changed.send().await?.terms
        } else {
            let created = cx
                .cognito()
                .create_terms()
                .user_pool_id(pool)
                .client_id(client)
                .terms_name(name)
                .terms_source(TermsSourceType::Link)
                .enforcement(TermsEnforcementType::None)
                .set_links(links);
            created.send().await?.terms
        };
        answered(terms.map(Terms::from), "terms")
    }
}

/// Delete the style of managed login, or terms, of an app client.
#[derive(Deserialize, JsonSchema)]
struct DeleteBranding {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// What to delete.
    what: Part,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Part {
    Style,
    TermsOfUse,
    PrivacyPolicy,
}

impl Tool for DeleteBranding {
    const NAME: &'static str = "delete_branding";
    const TITLE: &'static str = "Delete style or terms";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DeleteManagedLoginBranding",
        "DeleteTerms",
        "DescribeManagedLoginBrandingByClient",
        "DescribeTermsByClient",
    ];
    type Answer = Done;

    fn example() -> Value {
        json!({ "client_id": "1example23456789", "what": "style" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let name = match self.what {
            Part::Style => {
                let Some(style) = style_of(cx, &pool, &client, false).await? else {
                    return Ok(Done::new(format!("App client {client} has no style")));
                };
                let style = Style::new(&style);
                cx.cognito()
                    .delete_managed_login_branding()
                    .user_pool_id(pool)
                    .managed_login_branding_id(style.id)
                    .send()
                    .await?;
                return Ok(Done::new(format!(
                    "The style of app client {client} is deleted"
                )));
            }
            Part::TermsOfUse => TERMS[0],
            Part::PrivacyPolicy => TERMS[1],
        };
        let Some(terms) = terms_of(cx, &pool, &client, name).await? else {
            return Ok(Done::new(format!("App client {client} has no {name}")));
        };
        cx.cognito()
            .delete_terms()
            .user_pool_id(pool)
            .terms_id(terms.terms_id)
            .send()
            .await?;
        Ok(Done::new(format!(
            "{name} of app client {client} are deleted"
        )))
    }
}
