//! Toolset `federation`: identity providers and federated users.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{
    IdentityProviderType, IdentityProviderTypeType, ProviderUserIdentifierType,
};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sign_in_urls::{Needs, still_needed};
use super::{After, Done, Entry, InPool, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::time;
use crate::error::{ToolError, ToolResult};
use crate::guard::redact;
use crate::guard::secrets::Secret;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ListIdentityProviders>(),
        Entry::of::<GetIdentityProvider>(),
        Entry::of::<PutIdentityProvider>(),
        Entry::of::<DeleteIdentityProvider>(),
        Entry::of::<LinkIdentity>(),
        Entry::of::<UnlinkIdentity>(),
    ]
}

/// List a pool's identity providers (SAML, OIDC, Google, …).
#[derive(Deserialize, JsonSchema)]
struct ListIdentityProviders {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    page: Page<60, 60>,
}

/// A page of identity providers.
#[derive(Serialize, JsonSchema)]
struct ProviderPage {
    /// The providers.
    providers: Vec<Named>,
    #[serde(flatten)]
    after: After,
}

/// A provider in a list.
#[derive(Serialize, JsonSchema)]
struct Named {
    /// Name, as other tools accept it.
    name: String,
    /// Type, as in `SAML`.
    r#type: String,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

impl Tool for ListIdentityProviders {
    const NAME: &'static str = "list_identity_providers";
    const TITLE: &'static str = "List identity providers";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListIdentityProviders"];
    type Answer = ProviderPage;

    fn example() -> Value {
        json!({ "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ProviderPage> {
        let page = cx
            .cognito()
            .list_identity_providers()
            .user_pool_id(cx.pool(&self.pool).await?)
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        let providers = page.providers.into_iter().map(|provider| Named {
            created_at: time::rfc3339(provider.creation_date()),
            modified_at: time::rfc3339(provider.last_modified_date()),
            r#type: provider
                .provider_type()
                .map(ToString::to_string)
                .unwrap_or_default(),
            name: provider.provider_name.unwrap_or_default(),
        });
        Ok(ProviderPage {
            providers: providers.collect(),
            after: cx.after(page.next_token),
        })
    }
}

/// Describe an identity provider: its connection details and its attribute mapping.
#[derive(Deserialize, JsonSchema)]
struct GetIdentityProvider {
    #[serde(flatten)]
    pool: InPool,
    /// Its name, or one of its identifiers.
    #[schemars(length(min = 1, max = 40))]
    name: String,
}

/// An identity provider.
#[derive(Serialize, JsonSchema)]
struct Provider {
    /// Name.
    name: String,
    /// Type, as in `SAML`.
    r#type: String,
    /// Its connection details, without secrets.
    details: BTreeMap<String, String>,
    /// Its client secret.
    client_secret: Option<Secret>,
    /// Its private key, of Apple.
    private_key: Option<Secret>,
    /// Attributes of the pool, to claims of the provider.
    attribute_mapping: BTreeMap<String, String>,
    /// Other names by which a sign-in can select it.
    identifiers: Vec<String>,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

impl Provider {
    fn new(cx: &Cx, provider: Option<IdentityProviderType>) -> ToolResult<Self> {
        let provider = answered(provider, "identity provider")?;
        let (created_at, modified_at) = (
            time::rfc3339(provider.creation_date()),
            time::rfc3339(provider.last_modified_date()),
        );
        let mut details: BTreeMap<String, String> =
            provider.provider_details.into_iter().flatten().collect();
        let mut secret = |name: &str| {
            let secret = details.remove(name)?;
            Some(cx.conceal(name, secret))
        };
        let (client_secret, private_key) = (secret(CLIENT_SECRET), secret(PRIVATE_KEY));
        Ok(Self {
            name: provider.provider_name.unwrap_or_default(),
            r#type: provider
                .provider_type
                .map(|kind| kind.to_string())
                .unwrap_or_default(),
            details,
            client_secret,
            private_key,
            attribute_mapping: provider.attribute_mapping.into_iter().flatten().collect(),
            identifiers: provider.idp_identifiers.unwrap_or_default(),
            created_at,
            modified_at,
        })
    }
}

const CLIENT_SECRET: &str = "client_secret";
const PRIVATE_KEY: &str = "private_key";

impl Tool for GetIdentityProvider {
    const NAME: &'static str = "get_identity_provider";
    const TITLE: &'static str = "Describe identity provider";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeIdentityProvider",
        "GetIdentityProviderByIdentifier",
    ];
    type Answer = Provider;

    fn example() -> Value {
        json!({ "name": "Google" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Provider> {
        let pool = cx.pool(&self.pool).await?;
        let refusal = match described(cx, &pool, &self.name).await {
            Ok(found) => return Provider::new(cx, Some(found)),
            Err(refusal) => refusal,
        };
        if !is_missing(&refusal) {
            return Err(refusal);
        }
        let by_identifier = cx
            .cognito()
            .get_identity_provider_by_identifier()
            .user_pool_id(pool)
            .idp_identifier(self.name)
            .send()
            .await;
        match by_identifier {
            Ok(found) => Provider::new(cx, found.identity_provider),
            Err(_) => Err(refusal),
        }
    }
}

async fn described(cx: &Cx, pool: &str, name: &str) -> ToolResult<IdentityProviderType> {
    let described = cx
        .cognito()
        .describe_identity_provider()
        .user_pool_id(pool)
        .provider_name(name)
        .send()
        .await?;
    answered(described.identity_provider, "identity provider")
}

/// Whether the provider does not exist, but its pool does.
fn is_missing(error: &ToolError) -> bool {
    error.code == "ResourceNotFoundException" && !error.message.starts_with("User pool")
}

/// Create an identity provider, or change the one with this name. Omitted settings stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct PutIdentityProvider {
    #[serde(flatten)]
    pool: InPool,
    /// Its name; a social provider's is its type.
    #[schemars(length(min = 1, max = 32))]
    name: String,
    /// Its type; required to create it.
    r#type: Option<Kind>,
    /// Its connection details: `MetadataURL` or `MetadataFile` for SAML; `client_id`, `authorize_scopes`, `oidc_issuer`, `attributes_request_method` for OIDC; `client_id`, `authorize_scopes` for social ones, and `team_id`, `key_id` for Apple.
    #[serde(default)]
    details: BTreeMap<String, String>,
    /// Its client secret; none for SAML and Apple.
    #[schemars(extend("writeOnly" = true))]
    client_secret: Option<String>,
    /// Apple's private key.
    #[schemars(extend("writeOnly" = true))]
    private_key: Option<String>,
    /// Attributes of the pool, to claims of the provider: `{"email": "mail"}`.
    attribute_mapping: Option<BTreeMap<String, String>>,
    /// Other names by which a sign-in can select it.
    #[schemars(length(max = 50))]
    identifiers: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
enum Kind {
    #[serde(rename = "SAML")]
    Saml,
    #[serde(rename = "OIDC")]
    Oidc,
    Google,
    Facebook,
    LoginWithAmazon,
    SignInWithApple,
}

impl From<Kind> for IdentityProviderTypeType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Saml => Self::Saml,
            Kind::Oidc => Self::Oidc,
            Kind::Google => Self::Google,
            Kind::Facebook => Self::Facebook,
            Kind::LoginWithAmazon => Self::LoginWithAmazon,
            Kind::SignInWithApple => Self::SignInWithApple,
        }
    }
}

impl Kind {
    /// The type with the name `name`, if it is a social provider.
    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "Google" => Self::Google,
            "Facebook" => Self::Facebook,
            "LoginWithAmazon" => Self::LoginWithAmazon,
            "SignInWithApple" => Self::SignInWithApple,
            _ => return None,
        })
    }

    /// The required members of the provider's details.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Saml => &[],
            Self::Oidc => &[
                "client_id",
                "authorize_scopes",
                "oidc_issuer",
                "attributes_request_method",
            ],
            Self::Google | Self::Facebook | Self::LoginWithAmazon => {
                &["client_id", CLIENT_SECRET, "authorize_scopes"]
            }
            Self::SignInWithApple => &[
                "client_id",
                "team_id",
                "key_id",
                PRIVATE_KEY,
                "authorize_scopes",
            ],
        }
    }
}

/// The provider as it is now.
#[derive(Serialize, JsonSchema)]
struct Put {
    /// Whether it was created by this call.
    created: bool,
    /// The provider.
    provider: Provider,
    /// What sign-ins through it still need.
    still_needed: Option<String>,
}

/// Details that Cognito returns and does not accept.
const SHOWN: [&str; 3] = [
    "ActiveEncryptionCertificate",
    "SLORedirectBindingURI",
    "SSORedirectBindingURI",
];

impl Tool for PutIdentityProvider {
    const NAME: &'static str = "put_identity_provider";
    const TITLE: &'static str = "Create or change identity provider";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateIdentityProvider",
        "DescribeIdentityProvider",
        "DescribeUserPoolDomain",
        "UpdateIdentityProvider",
    ];
    type Answer = Put;

    fn example() -> Value {
        json!({
            "name": "CorporateSSO", "type": "SAML",
            "details": { "MetadataURL": "https://idp.example.com/metadata" },
            "attribute_mapping": { "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" },
        })
    }

    /// Secrets may also be in the details, as in the API.
    fn visit_secrets(
        schema: &JsonObject,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        redact::visit(schema, arguments, visit);
        let details = arguments.get_mut("details");
        if let Some(details) = details.and_then(Value::as_object_mut) {
            for name in [CLIENT_SECRET, PRIVATE_KEY] {
                if let Some(secret) = details.get_mut(name) {
                    visit(name, secret);
                }
            }
        }
    }

    async fn call(mut self, cx: &Cx) -> ToolResult<Put> {
        let pool = cx.pool(&self.pool).await?;
        let before = match described(cx, &pool, &self.name).await {
            Ok(before) => Some(before),
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(error),
        };
        for (name, secret) in [
            (CLIENT_SECRET, self.client_secret.take()),
            (PRIVATE_KEY, self.private_key.take()),
        ] {
            if let Some(secret) = secret {
                self.details.insert(name.to_owned(), secret);
            }
        }
        let Some(before) = before else {
            let kind = self.kind_to_create(cx)?;
            let created = cx
                .cognito()
                .create_identity_provider()
                .user_pool_id(&pool)
                .provider_name(self.name)
                .provider_type(kind.into())
                .set_provider_details(Some(self.details.into_iter().collect()))
                .set_attribute_mapping(self.attribute_mapping.map(|map| map.into_iter().collect()))
                .set_idp_identifiers(self.identifiers)
                .send()
                .await?;
            let provider = Provider::new(cx, created.identity_provider)?;
            return Ok(Put {
                created: true,
                still_needed: still_needed(cx, &pool, Needs::Provider(&provider.name)).await,
                provider,
            });
        };
        let known = before.provider_details.into_iter().flatten().collect();
        let details = (!self.details.is_empty()).then(|| merged(known, self.details));
        let changed = cx
            .cognito()
            .update_identity_provider()
            .user_pool_id(&pool)
            .provider_name(self.name)
            .set_provider_details(details.map(|details| details.into_iter().collect()))
            .set_attribute_mapping(self.attribute_mapping.map(|map| map.into_iter().collect()))
            .set_idp_identifiers(self.identifiers)
            .send()
            .await?;
        let provider = Provider::new(cx, changed.identity_provider)?;
        Ok(Put {
            created: false,
            still_needed: still_needed(cx, &pool, Needs::Provider(&provider.name)).await,
            provider,
        })
    }
}

impl PutIdentityProvider {
    /// The type of the new provider. Fails if required details are missing.
    fn kind_to_create(&self, cx: &Cx) -> ToolResult<Kind> {
        let Some(kind) = self.r#type.or_else(|| Kind::of_name(&self.name)) else {
            let kinds = [
                "SAML",
                "OIDC",
                "Google",
                "Facebook",
                "LoginWithAmazon",
                "SignInWithApple",
            ];
            let mut error = ToolError::argument(
                "/type",
                format!(
                    "is required: the pool has no identity provider {}. It is one of {}",
                    self.name,
                    kinds.join(", ")
                ),
            )
            .hint("List the existing ones with `list_identity_providers`, or give the `type` of the new one");
            if cx.is_enabled(ListIdentityProviders::NAME) {
                let pool = json!({ "user_pool_id": self.pool.user_pool_id });
                error = error.retry(ListIdentityProviders::NAME, pool);
            }
            return Err(error);
        };
        let missing = kind.required().iter();
        let missing: Vec<&str> = missing
            .copied()
            .filter(|name| !self.details.contains_key(*name))
            .collect();
        if missing.is_empty() {
            return Ok(kind);
        }
        let argument = |name: &str| match name {
            CLIENT_SECRET | PRIVATE_KEY => format!("`{name}`"),
            name => format!("`{name}` in `details`"),
        };
        let names: Vec<String> = missing.iter().map(|name| argument(name)).collect();
        let names = names.join(", ");
        let error = ToolError::argument("/details", format!("{names} must be given for this type"));
        Err(error.hint(format!(
            "Nothing was created. Ask the provider's administrator for the missing details: {names}"
        )))
    }
}

/// Merges the given details into the previous ones, because Cognito replaces all of
/// them.
fn merged(
    mut before: BTreeMap<String, String>,
    given: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    for name in SHOWN {
        before.remove(name);
    }
    for (one, other) in [
        ("MetadataURL", "MetadataFile"),
        ("MetadataFile", "MetadataURL"),
    ] {
        if given.contains_key(one) {
            before.remove(other);
        }
    }
    before.extend(given);
    before
}

/// Delete an identity provider. Users can no longer sign in through it.
#[derive(Deserialize, JsonSchema)]
struct DeleteIdentityProvider {
    #[serde(flatten)]
    pool: InPool,
    /// Its name.
    #[schemars(length(min = 1, max = 32))]
    name: String,
}

impl Tool for DeleteIdentityProvider {
    const NAME: &'static str = "delete_identity_provider";
    const TITLE: &'static str = "Delete identity provider";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DeleteIdentityProvider"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "name": "CorporateSSO" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .delete_identity_provider()
            .user_pool_id(cx.pool(&self.pool).await?)
            .provider_name(&self.name)
            .send()
            .await?;
        Ok(Done::new(format!(
            "Identity provider {} is deleted",
            self.name
        )))
    }
}

/// An identity at a provider.
#[derive(Deserialize, JsonSchema)]
struct Identity {
    /// The provider's name.
    #[schemars(length(min = 1, max = 32))]
    provider: String,
    /// The user's identifier there: the value of `claim`.
    #[schemars(length(min = 1, max = 131_072))]
    subject: String,
    /// The claim that identifies the user. Absent: the provider's own subject; social providers have no other.
    claim: Option<String>,
}

/// The attribute name for a provider's own identifier of the user.
const SUBJECT: &str = "Cognito_Subject";

impl Identity {
    fn identifier(&self) -> ProviderUserIdentifierType {
        ProviderUserIdentifierType::builder()
            .provider_name(&self.provider)
            .provider_attribute_name(self.claim.as_deref().unwrap_or(SUBJECT))
            .provider_attribute_value(&self.subject)
            .build()
    }
}

/// Link a user's identity at a provider to a user of the pool, before its first sign-in: both then sign in as that user.
#[derive(Deserialize, JsonSchema)]
struct LinkIdentity {
    #[serde(flatten)]
    pool: InPool,
    /// The pool's own user: exact username.
    #[schemars(length(min = 1, max = 128))]
    username: String,
    #[serde(flatten)]
    identity: Identity,
}

impl Tool for LinkIdentity {
    const NAME: &'static str = "link_identity";
    const TITLE: &'static str = "Link identity to user";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["AdminLinkProviderForUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "username": "ana", "provider": "Google", "subject": "109876543210987654321" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let user = ProviderUserIdentifierType::builder()
            .provider_name("Cognito")
            .provider_attribute_value(&self.username)
            .build();
        cx.cognito()
            .admin_link_provider_for_user()
            .user_pool_id(cx.pool(&self.pool).await?)
            .destination_user(user)
            .source_user(self.identity.identifier())
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} at {} signs in as {}",
            self.identity.subject, self.identity.provider, self.username
        )))
    }
}

/// Unlink an identity at a provider from its user. It can no longer sign in as that user.
#[derive(Deserialize, JsonSchema)]
struct UnlinkIdentity {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    identity: Identity,
}

impl Tool for UnlinkIdentity {
    const NAME: &'static str = "unlink_identity";
    const TITLE: &'static str = "Unlink identity";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["AdminDisableProviderForUser"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "provider": "Google", "subject": "109876543210987654321" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .admin_disable_provider_for_user()
            .user_pool_id(cx.pool(&self.pool).await?)
            .user(self.identity.identifier())
            .send()
            .await?;
        Ok(Done::new(format!(
            "{} at {} is not linked to a user",
            self.identity.subject, self.identity.provider
        )))
    }
}
