//! App clients of a pool.

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, InPool, Tool};
use crate::answer;
use crate::context::Cx;
use crate::error::{NextCall, Result};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<ListClients>()]
}

/// List a pool's app clients, each with the sign-in flows that it allows. Secrets are never shown.
#[derive(Deserialize, JsonSchema)]
struct ListClients {
    #[serde(flatten)]
    pool: InPool,
    /// Most clients to return at once (default 10).
    #[serde(default = "some")]
    #[schemars(range(min = 1, max = 60))]
    limit: i32,
    /// `cursor` of the answer before, to go on from there.
    cursor: Option<String>,
}

fn some() -> i32 {
    10
}

/// A page of app clients.
#[derive(Serialize, JsonSchema)]
struct ClientPage {
    /// The clients.
    clients: Vec<AppClient>,
    /// Where the next page begins; absent on the last one.
    cursor: Option<String>,
    /// The call that answers the next page.
    next: Option<NextCall>,
}

/// An app client.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct AppClient {
    /// Client id, as the other tools take it.
    client_id: String,
    /// Name.
    name: String,
    /// Whether it has a secret; tools compute the hash that Cognito then asks for.
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

    async fn call(self, cx: &Cx) -> Result<ClientPage> {
        let pool = cx.pool(&self.pool).await?;
        let page = cx
            .cognito()
            .list_user_pool_clients()
            .user_pool_id(&pool)
            .max_results(self.limit)
            .set_next_token(self.cursor)
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
            next: cx.next_page(page.next_token.as_deref()),
            cursor: page.next_token,
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
            created_at: answer::time(client.creation_date()),
            modified_at: answer::time(client.last_modified_date()),
            client_id: client.client_id.unwrap_or_default(),
            name: client.client_name.unwrap_or_default(),
        }
    }
}
