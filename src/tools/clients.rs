//! Toolset `clients`: app clients of a user pool.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{ClientSecretDescriptorType, UserPoolClientType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sign_in_urls::{Needs, still_needed};
use super::{After, ByClient, Done, Entry, InPool, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::duration::Duration;
use crate::cognito::time;
use crate::definition::added::AFFECTS;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::settings::{self, Change};

/// The tools of the toolset `pools` that list app clients.
pub(super) fn lists() -> Vec<Entry> {
    vec![Entry::of::<ListClients>()]
}

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<DescribeClient>(),
        Entry::of::<CreateClient>(),
        Entry::of::<UpdateClient>(),
        Entry::of::<RotateClientSecret>(),
        Entry::of::<RemoveClientSecret>(),
        Entry::of::<DeleteClient>(),
    ]
}

/// List a pool's app clients, each with the sign-in flows that it allows. Secrets are never shown.
#[derive(Deserialize, JsonSchema)]
struct ListClients {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of app clients.
#[derive(Serialize, JsonSchema)]
struct ClientPage {
    /// The clients.
    clients: Vec<AppClient>,
    #[serde(flatten)]
    after: After,
}

/// An app client.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct AppClient {
    /// Client id, as other tools accept it.
    client_id: String,
    /// Name.
    name: String,
    /// Whether it has a secret; tools compute the hash that Cognito then requires.
    has_secret: bool,
    /// Sign-in flows that it allows, as in `ALLOW_USER_PASSWORD_AUTH`.
    flows: Vec<String>,
    /// Whether answers hide which users exist.
    hides_user_existence: bool,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

impl Tool for ListClients {
    const NAME: &'static str = "list_clients";
    const TITLE: &'static str = "List app clients";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListUserPoolClients", "DescribeUserPoolClient"];
    type Answer = ClientPage;

    fn example() -> Value {
        json!({ "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ClientPage> {
        let pool = cx.pool(&self.pool).await?;
        let page = cx
            .cognito()
            .list_user_pool_clients()
            .user_pool_id(&pool)
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        let mut clients = Vec::new();
        for named in page.user_pool_clients() {
            let described = cx
                .cognito()
                .describe_user_pool_client()
                .user_pool_id(&pool)
                .set_client_id(named.client_id.clone())
                .send()
                .await?;
            clients.push(
                described
                    .user_pool_client
                    .map(AppClient::from)
                    .unwrap_or_default(),
            );
        }
        Ok(ClientPage {
            clients,
            after: cx.after(page.next_token),
        })
    }
}

impl From<UserPoolClientType> for AppClient {
    fn from(client: UserPoolClientType) -> Self {
        Self {
            has_secret: client.client_secret.is_some(),
            flows: client
                .explicit_auth_flows()
                .iter()
                .map(ToString::to_string)
                .collect(),
            hides_user_existence: client
                .prevent_user_existence_errors()
                .is_some_and(|is| is.as_str() == "ENABLED"),
            created_at: time::rfc3339(client.creation_date()),
            modified_at: time::rfc3339(client.last_modified_date()),
            client_id: client.client_id.unwrap_or_default(),
            name: client.client_name.unwrap_or_default(),
        }
    }
}

/// Describe an app client: sign-in flows, how long tokens last, OAuth settings, which secrets it has.
#[derive(Deserialize, JsonSchema)]
struct DescribeClient {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// Also return its secret.
    #[serde(default)]
    with_secret: bool,
}

/// An app client with its settings.
#[expect(clippy::struct_excessive_bools, reason = "settings that are on or off")]
#[derive(Serialize, JsonSchema)]
struct Described {
    /// Client id.
    client_id: String,
    /// Name.
    name: String,
    /// Whether it has a secret; this is decided at creation.
    has_secret: bool,
    /// The secret, if the call asks for it: of two, the one that Cognito shows.
    client_secret: Option<Secret>,
    /// Its secrets, at most two; absent if they cannot be listed.
    secrets: Option<Vec<SecretName>>,
    /// Sign-in flows that it allows.
    flows: Vec<String>,
    /// Whether answers hide which users exist.
    hides_user_existence: bool,
    /// Whether tokens can be revoked.
    can_revoke_tokens: bool,
    /// Whether using a refresh token replaces it.
    rotates_refresh_tokens: bool,
    /// How long access tokens last, as in `1 hour`.
    access_tokens_last: String,
    /// How long ID tokens last.
    id_tokens_last: String,
    /// How long refresh tokens last.
    refresh_tokens_last: String,
    /// How many minutes a challenge stays open.
    challenge_minutes: Option<i64>,
    /// OAuth grants that are on: `code`, `implicit`, `client_credentials`.
    oauth_flows: Vec<String>,
    /// OAuth scopes that it may request.
    scopes: Vec<String>,
    /// Where managed login may redirect users after sign-in.
    callback_urls: Vec<String>,
    /// Where managed login may redirect users after sign-out.
    logout_urls: Vec<String>,
    /// Providers through which users may sign in.
    identity_providers: Vec<String>,
    /// Attributes that it may read; absent if it may read all.
    readable_attributes: Option<Vec<String>>,
    /// Attributes that it may write; absent if it may write all.
    writable_attributes: Option<Vec<String>>,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

/// A client secret, by its id only.
#[derive(Debug, Serialize, JsonSchema)]
struct SecretName {
    /// Its id, for `remove_client_secret`.
    client_secret_id: String,
    /// When it was made, RFC 3339.
    created_at: Option<String>,
}

impl From<ClientSecretDescriptorType> for SecretName {
    fn from(secret: ClientSecretDescriptorType) -> Self {
        Self {
            created_at: time::rfc3339(secret.client_secret_create_date()),
            client_secret_id: secret.client_secret_id.unwrap_or_default(),
        }
    }
}

impl Tool for DescribeClient {
    const NAME: &'static str = "describe_client";
    const TITLE: &'static str = "Describe app client";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] =
        &["DescribeUserPoolClient", "ListUserPoolClientSecrets"];
    const DETAILS: &'static [&'static str] = &["/readable_attributes", "/writable_attributes"];
    type Answer = Described;

    fn example() -> Value {
        json!({ "client_id": "1example23456789" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Described> {
        let pool = cx.pool(&self.pool).await?;
        let id = cx.client(&self.client, &self.pool).await?;
        let client = described(cx, &pool, &id).await?;
        let mut answer = Described::from(&client);
        if self.with_secret {
            let secret = client["ClientSecret"].as_str();
            answer.client_secret = secret.map(|secret| cx.conceal("client_secret", secret));
        }
        if answer.has_secret {
            // Without permission to list secrets, the rest of the answer is still
            // returned.
            answer.secrets = secrets(cx, &pool, &id).await.ok();
        }
        Ok(answer)
    }
}

/// A client as the API describes it.
async fn described(cx: &Cx, pool: &str, id: &str) -> ToolResult<Value> {
    let input = json!({ "UserPoolId": pool, "ClientId": id });
    let mut answer = cx.ask("DescribeUserPoolClient", input).await?;
    Ok(answer["UserPoolClient"].take())
}

async fn secrets(cx: &Cx, pool: &str, id: &str) -> ToolResult<Vec<SecretName>> {
    let answer = cx
        .cognito()
        .list_user_pool_client_secrets()
        .user_pool_id(pool)
        .client_id(id)
        .send()
        .await?;
    let secrets = answer.client_secrets.unwrap_or_default();
    Ok(secrets.into_iter().map(SecretName::from).collect())
}

impl From<&Value> for Described {
    fn from(client: &Value) -> Self {
        let text = |name: &str| client[name].as_str().map(ToOwned::to_owned);
        let is = |name: &str| client[name].as_bool().unwrap_or_default();
        let list = |name: &str| -> Option<Vec<String>> {
            let items = client[name].as_array()?.iter();
            Some(
                items
                    .filter_map(|item| Some(item.as_str()?.to_owned()))
                    .collect(),
            )
        };
        let lasts = |token: &str| settings::lasts(client, token);
        let oauth = is("AllowedOAuthFlowsUserPoolClient");
        let oauth_list = |name: &str| list(name).filter(|_| oauth).unwrap_or_default();
        Self {
            client_id: text("ClientId").unwrap_or_default(),
            name: text("ClientName").unwrap_or_default(),
            has_secret: client.get("ClientSecret").is_some(),
            client_secret: None,
            secrets: None,
            flows: list("ExplicitAuthFlows").unwrap_or_default(),
            hides_user_existence: client["PreventUserExistenceErrors"] == "ENABLED",
            can_revoke_tokens: is("EnableTokenRevocation"),
            rotates_refresh_tokens: client["RefreshTokenRotation"]["Feature"] == "ENABLED",
            access_tokens_last: lasts("AccessToken"),
            id_tokens_last: lasts("IdToken"),
            refresh_tokens_last: lasts("RefreshToken"),
            challenge_minutes: client["AuthSessionValidity"].as_i64(),
            oauth_flows: oauth_list("AllowedOAuthFlows"),
            scopes: oauth_list("AllowedOAuthScopes"),
            callback_urls: list("CallbackURLs").unwrap_or_default(),
            logout_urls: list("LogoutURLs").unwrap_or_default(),
            identity_providers: list("SupportedIdentityProviders").unwrap_or_default(),
            readable_attributes: list("ReadAttributes"),
            writable_attributes: list("WriteAttributes"),
            created_at: text("CreationDate"),
            modified_at: text("LastModifiedDate"),
        }
    }
}

/// The settings given for a client.
#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// Sign-in flows.
    flows: Option<Vec<Flow>>,
    /// OAuth grants; none: off.
    oauth_flows: Option<Vec<Grant>>,
    /// OAuth scopes.
    scopes: Option<Vec<String>>,
    /// Where sign-ins return.
    callback_urls: Option<Vec<String>>,
    /// Where sign-outs return.
    logout_urls: Option<Vec<String>>,
    /// As in `30 minutes`.
    access_tokens_last: Option<String>,
    /// As in `2 hours`.
    id_tokens_last: Option<String>,
    /// As in `7 days`.
    refresh_tokens_last: Option<String>,
    /// Replace refresh tokens on use.
    rotates_refresh_tokens: Option<bool>,
    /// Other settings by API name; null removes.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    settings: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "the API's names")]
enum Flow {
    AllowAdminUserPasswordAuth,
    AllowClientTokenAuth,
    AllowCustomAuth,
    AllowRefreshTokenAuth,
    AllowUserAuth,
    AllowUserPasswordAuth,
    AllowUserSrpAuth,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Grant {
    Code,
    Implicit,
    ClientCredentials,
}

impl Wanted {
    /// Returns the settings in the arguments as two inputs of `operation`, the second
    /// to be merged over the first. Null removes a setting. `least` has the required
    /// members of the input.
    fn given(&self, cx: &Cx, operation: &str, least: &Value) -> ToolResult<[Value; 2]> {
        let feature = |is: bool| if is { "ENABLED" } else { "DISABLED" };
        let mut given = settings::present(json!({
            "ExplicitAuthFlows": self.flows,
            "AllowedOAuthFlows": self.oauth_flows,
            "AllowedOAuthFlowsUserPoolClient": self.oauth_flows.as_ref().map(|flows| !flows.is_empty()),
            "AllowedOAuthScopes": self.scopes,
            "CallbackURLs": self.callback_urls,
            "LogoutURLs": self.logout_urls,
            "RefreshTokenRotation": self.rotates_refresh_tokens.map(|is| json!({ "Feature": feature(is) })),
        }));
        settings::merge(&mut given, self.lifetimes()?);
        let mut others = json!({});
        if let Some(settings) = self.settings.clone() {
            let example = json!({ "client_id": "1example23456789", "settings": { "AuthSessionValidity": 5 } });
            others = settings::validated(cx, operation, settings, least, &example)?;
        }
        Ok([given, others])
    }

    /// The lifetimes in the arguments, with their units, as the API has them.
    fn lifetimes(&self) -> ToolResult<Value> {
        let mut all = json!({});
        for (argument, token, lasts) in [
            (
                "access_tokens_last",
                "AccessToken",
                &self.access_tokens_last,
            ),
            ("id_tokens_last", "IdToken", &self.id_tokens_last),
            (
                "refresh_tokens_last",
                "RefreshToken",
                &self.refresh_tokens_last,
            ),
        ] {
            let Some(lasts) = lasts else {
                continue;
            };
            let duration = Duration::parse(lasts).ok_or_else(|| {
                ToolError::argument(
                    &format!("/{argument}"),
                    "must be a number and a unit, as in `30 minutes`, `12 hours` or `7 days`",
                )
                .hint("Nothing was called. Give the unit too")
            })?;
            let (number, unit) = duration.validity();
            all[format!("{token}Validity")] = number.into();
            all["TokenValidityUnits"][token] = unit.into();
        }
        Ok(all)
    }
}

/// Create an app client with safe defaults: SRP sign-in, users' existence hidden, tokens revocable.
#[derive(Deserialize, JsonSchema)]
struct CreateClient {
    #[serde(flatten)]
    pool: InPool,
    /// Name.
    name: String,
    /// Give it a secret.
    #[serde(default)]
    secret: bool,
    #[serde(flatten)]
    wanted: Wanted,
}

/// A new client.
#[derive(Serialize, JsonSchema)]
struct Created {
    /// Client id, as other tools accept it.
    client_id: String,
    /// Name.
    name: String,
    /// Its secret.
    client_secret: Option<Secret>,
    /// Sign-in flows that it allows.
    flows: Vec<String>,
    /// What the client needs before its grants work.
    still_needed: Option<String>,
    /// The call that describes it.
    next: NextCall,
}

impl Tool for CreateClient {
    const NAME: &'static str = "create_client";
    const TITLE: &'static str = "Create app client";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateUserPoolClient",
        "DescribeManagedLoginBrandingByClient",
        "DescribeUserPoolDomain",
    ];
    type Answer = Created;

    fn example() -> Value {
        json!({
            "name": "web", "oauth_flows": ["code"], "scopes": ["openid", "email"],
            "callback_urls": ["https://app.example.com/callback"],
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Created> {
        if self.secret {
            cx.can_hand_over()?;
        }
        let pool = cx.pool(&self.pool).await?;
        let least = json!({ "UserPoolId": pool, "ClientName": self.name });
        let mut input = json!({
            "GenerateSecret": self.secret,
            "ExplicitAuthFlows": self.usual_flows(),
            "PreventUserExistenceErrors": "ENABLED",
            "EnableTokenRevocation": true,
        });
        if self.grants(Grant::Code) || self.grants(Grant::Implicit) {
            // Without a provider, no user can sign in through managed login.
            input["SupportedIdentityProviders"] = json!(["COGNITO"]);
        }
        let given = self.wanted.given(cx, "CreateUserPoolClient", &least)?;
        settings::merge(&mut input, least);
        for given in given {
            settings::merge(&mut input, given);
        }
        let mut answer = cx.ask("CreateUserPoolClient", input).await?;
        let client = answer["UserPoolClient"].take();
        let made = Described::from(&client);
        let secret = client["ClientSecret"].as_str();
        Ok(Created {
            still_needed: needed_by(cx, &pool, &made).await,
            client_secret: secret.map(|secret| cx.conceal("client_secret", secret)),
            next: NextCall::new(
                DescribeClient::NAME,
                json!({ "user_pool_id": self.pool.user_pool_id, "client_id": made.client_id }),
            ),
            client_id: made.client_id,
            name: made.name,
            flows: made.flows,
        })
    }
}

/// What `client` needs before its grants work.
async fn needed_by(cx: &Cx, pool: &str, client: &Described) -> Option<String> {
    if client.oauth_flows.is_empty() {
        return None;
    }
    let is_for_users = |grant: &String| matches!(grant.as_str(), "code" | "implicit");
    let needs = Needs::Client {
        id: &client.client_id,
        signs_in: client.oauth_flows.iter().any(is_for_users),
    };
    still_needed(cx, pool, needs).await
}

impl CreateClient {
    fn grants(&self, grant: Grant) -> bool {
        let grants = self.wanted.oauth_flows.as_ref();
        grants.is_some_and(|grants| grants.contains(&grant))
    }

    /// The default flows. None of them sends a password over the network, and a client
    /// for machines has no flow for users.
    fn usual_flows(&self) -> Vec<Flow> {
        let mut flows = Vec::new();
        if !self.grants(Grant::ClientCredentials) {
            flows.push(Flow::AllowUserSrpAuth);
        }
        // Cognito refuses this flow if refresh tokens rotate.
        if self.wanted.rotates_refresh_tokens != Some(true) {
            flows.push(Flow::AllowRefreshTokenAuth);
        }
        flows
    }
}

/// Change an app client. Everything that is not named stays as it is.
#[derive(Deserialize, JsonSchema)]
struct UpdateClient {
    #[serde(flatten)]
    pool: InPool,
    /// App client id.
    client_id: String,
    /// New name.
    name: Option<String>,
    #[serde(flatten)]
    wanted: Wanted,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
struct Updated {
    /// Client id.
    client_id: String,
    /// Name.
    name: Option<String>,
    /// Settings that changed, each with its old and new value.
    changed: Vec<Change>,
    /// What the client needs before its grants work.
    still_needed: Option<String>,
    /// The call that describes it.
    next: NextCall,
}

impl Tool for UpdateClient {
    const NAME: &'static str = "update_client";
    const TITLE: &'static str = "Change app client";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeUserPoolClient",
        "UpdateUserPoolClient",
        "DescribeManagedLoginBrandingByClient",
        "DescribeUserPoolDomain",
    ];
    type Answer = Updated;

    fn example() -> Value {
        json!({ "client_id": "1example23456789", "access_tokens_last": "30 minutes" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let pool = cx.pool(&self.pool).await?;
        let least = json!({ "UserPoolId": pool, "ClientId": self.client_id });
        let given = self.wanted.given(cx, "UpdateUserPoolClient", &least)?;
        let before = described(cx, &pool, &self.client_id).await?;
        let kept = settings::kept("UpdateUserPoolClient", &before);
        let mut input = kept.clone();
        settings::merge(
            &mut input,
            settings::present(json!({ "ClientName": self.name })),
        );
        for given in given {
            settings::merge(&mut input, given);
        }
        cx.foresee("changed", settings::changes(&kept, &input));
        let mut answer = cx.ask("UpdateUserPoolClient", input).await?;
        let after = answer["UserPoolClient"].take();
        Ok(Updated {
            changed: settings::changes(&before, &after),
            still_needed: match self.wanted.oauth_flows {
                Some(_) => needed_by(cx, &pool, &Described::from(&after)).await,
                None => None,
            },
            next: NextCall::new(
                DescribeClient::NAME,
                json!({ "user_pool_id": self.pool.user_pool_id, "client_id": self.client_id }),
            ),
            client_id: self.client_id,
            name: after["ClientName"].as_str().map(ToOwned::to_owned),
        })
    }
}

/// Give an app client a second secret; the older one stays valid until `remove_client_secret` removes it.
#[derive(Deserialize, JsonSchema)]
struct RotateClientSecret {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// The new secret; absent: Cognito generates one.
    #[schemars(extend("writeOnly" = true))]
    client_secret: Option<String>,
}

/// A client with a new secret.
#[derive(Serialize, JsonSchema)]
struct Rotated {
    /// Client id.
    client_id: String,
    /// Name.
    name: Option<String>,
    /// The new secret, if Cognito generated it.
    client_secret: Option<Secret>,
    /// Its id.
    client_secret_id: String,
    /// Older secrets that stay valid.
    older: Vec<SecretName>,
    /// The next step, in words.
    explanation: String,
    /// The call that removes the older secret, once it is no longer used.
    next: Option<NextCall>,
}

impl Tool for RotateClientSecret {
    const NAME: &'static str = "rotate_client_secret";
    const TITLE: &'static str = "Rotate client secret";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["ListUserPoolClientSecrets", "AddUserPoolClientSecret"];
    type Answer = Rotated;

    fn example() -> Value {
        json!({ "client_id": "1example23456789" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Rotated> {
        if self.client_secret.is_none() {
            cx.can_hand_over()?;
        }
        let pool = cx.pool(&self.pool).await?;
        let id = cx.client(&self.client, &self.pool).await?;
        let older = secrets(cx, &pool, &id).await?;
        let answer = cx
            .cognito()
            .add_user_pool_client_secret()
            .user_pool_id(&pool)
            .client_id(&id)
            .set_client_secret(self.client_secret)
            .send()
            .await?;
        let made = answer.client_secret_descriptor;
        let value = made.as_ref().and_then(|made| made.client_secret_value());
        let remove = |oldest: &SecretName| {
            let arguments = json!({
                "user_pool_id": self.pool.user_pool_id,
                "client_id": id,
                "client_secret_id": oldest.client_secret_id,
            });
            NextCall::new(RemoveClientSecret::NAME, arguments)
        };
        let next = older.first().map(remove);
        Ok(Rotated {
            client_secret: value.map(|secret| cx.conceal("client_secret", secret)),
            client_secret_id: made
                .and_then(|made| made.client_secret_id)
                .unwrap_or_default(),
            explanation: "Both secrets work now: give applications the new one, then remove the \
                          older one."
                .to_owned(),
            next: next.filter(|next| cx.is_enabled(&next.tool)),
            older,
            name: cx.client_name(&pool, &id).await,
            client_id: id,
        })
    }
}

/// Remove one of an app client's two secrets. Applications that still use it can no longer sign in.
#[derive(Deserialize, JsonSchema)]
struct RemoveClientSecret {
    #[serde(flatten)]
    pool: InPool,
    /// App client id.
    #[schemars(length(min = 1, max = 128))]
    client_id: String,
    /// Id of the secret (see `describe_client`).
    #[schemars(length(min = 1))]
    client_secret_id: String,
}

impl Tool for RemoveClientSecret {
    const NAME: &'static str = "remove_client_secret";
    const TITLE: &'static str = "Remove client secret";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["ListUserPoolClientSecrets", "DeleteUserPoolClientSecret"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "client_id": "1example23456789", "client_secret_id": "1example23456789--1763836234" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.pool).await?;
        // Without permission to list secrets, the rest of the question is still asked.
        if cx.is_dry()
            && let Ok(secrets) = secrets(cx, &pool, &self.client_id).await
        {
            cx.foresee(AFFECTS, self.affects(&secrets));
        }
        cx.cognito()
            .delete_user_pool_client_secret()
            .user_pool_id(pool)
            .client_id(&self.client_id)
            .client_secret_id(&self.client_secret_id)
            .send()
            .await?;
        // The removed secret may be the one that this server has used for hashes.
        cx.forget_client_secret(&self.client_id);
        Ok(Done::new(format!(
            "Secret {} of client {} is removed",
            self.client_secret_id, self.client_id
        )))
    }
}

impl RemoveClientSecret {
    /// The age of the secret, and the secrets that are left.
    fn affects(&self, secrets: &[SecretName]) -> Option<String> {
        let made = |secret: &SecretName| {
            let day = secret.created_at.as_deref().and_then(|at| at.get(..10));
            day.unwrap_or("an unknown day").to_owned()
        };
        let id = |secret: &&SecretName| secret.client_secret_id == self.client_secret_id;
        let removed = secrets.iter().find(id)?;
        let left = secrets.iter().find(|secret| !id(secret));
        let left = match left {
            Some(left) => format!("the one of {} stays valid", made(left)),
            None => "it is the client's only one".to_owned(),
        };
        Some(format!("The secret is from {}; {left}", made(removed)))
    }
}

/// Delete an app client. Applications that use it can no longer sign users in.
#[derive(Deserialize, JsonSchema)]
struct DeleteClient {
    #[serde(flatten)]
    pool: InPool,
    /// App client id.
    #[schemars(length(min = 1, max = 128))]
    client_id: String,
}

impl Tool for DeleteClient {
    const NAME: &'static str = "delete_client";
    const TITLE: &'static str = "Delete app client";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPoolClient", "DeleteUserPoolClient"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "client_id": "1example23456789" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let pool = cx.pool(&self.pool).await?;
        // Without permission to read the client, the rest of the question is still asked.
        if cx.is_dry()
            && let Ok(client) = described(cx, &pool, &self.client_id).await
        {
            cx.foresee(AFFECTS, in_use(&client));
        }
        cx.cognito()
            .delete_user_pool_client()
            .user_pool_id(pool)
            .client_id(&self.client_id)
            .send()
            .await?;
        cx.forget_client_secret(&self.client_id);
        Ok(Done::new(format!(
            "App client {} is deleted",
            self.client_id
        )))
    }
}

/// How applications can use `client`: its flows and its grants.
fn in_use(client: &Value) -> String {
    let names = |member: &str| -> Vec<&str> {
        let listed = client[member].as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).collect()
    };
    let mut ways: Vec<&str> = names("ExplicitAuthFlows")
        .into_iter()
        .map(|flow| flow.trim_start_matches("ALLOW_"))
        .filter(|flow| *flow != "REFRESH_TOKEN_AUTH")
        .collect();
    if client["AllowedOAuthFlowsUserPoolClient"] == true {
        ways.extend(names("AllowedOAuthFlows"));
    }
    if ways.is_empty() {
        return "The client allows no sign-in".to_owned();
    }
    format!("Applications can use the client for {}", ways.join(", "))
}
