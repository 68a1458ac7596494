//! Toolset `resource-servers`: APIs whose scopes app clients can request.

use aws_sdk_cognitoidentityprovider::types::{ResourceServerScopeType, ResourceServerType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Done, Entry, InPool, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::error::{ToolError, ToolResult};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ListResourceServers>(),
        Entry::of::<PutResourceServer>(),
        Entry::of::<DeleteResourceServer>(),
    ]
}

/// List a pool's resource servers (APIs) with their scopes.
#[derive(Deserialize, JsonSchema)]
struct ListResourceServers {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    page: Page<50, 50>,
}

/// A page of resource servers.
#[derive(Serialize, JsonSchema)]
struct ResourceServerPage {
    /// The resource servers.
    resource_servers: Vec<ResourceServer>,
    #[serde(flatten)]
    after: After,
}

/// A resource server.
#[derive(Serialize, JsonSchema)]
struct ResourceServer {
    /// Identifier, as in `https://api.example.com`.
    identifier: String,
    /// Name for people.
    name: String,
    /// Scopes; app clients request one as `identifier/name`.
    scopes: Vec<Scope>,
}

/// A scope.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Scope {
    /// Name, as in `read`.
    #[schemars(length(min = 1, max = 256))]
    name: String,
    /// What it allows.
    #[schemars(length(min = 1, max = 256))]
    description: String,
}

impl From<ResourceServerType> for ResourceServer {
    fn from(server: ResourceServerType) -> Self {
        let scopes = server.scopes.unwrap_or_default().into_iter();
        Self {
            identifier: server.identifier.unwrap_or_default(),
            name: server.name.unwrap_or_default(),
            scopes: scopes
                .map(|scope| Scope {
                    name: scope.scope_name,
                    description: scope.scope_description,
                })
                .collect(),
        }
    }
}

impl Tool for ListResourceServers {
    const NAME: &'static str = "list_resource_servers";
    const TITLE: &'static str = "List resource servers";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListResourceServers"];
    type Answer = ResourceServerPage;

    fn example() -> Value {
        json!({ "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ResourceServerPage> {
        let page = cx
            .cognito()
            .list_resource_servers()
            .user_pool_id(cx.pool(&self.pool).await?)
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        let servers = page.resource_servers.into_iter();
        Ok(ResourceServerPage {
            resource_servers: servers.map(ResourceServer::from).collect(),
            after: cx.after(page.next_token),
        })
    }
}

/// Create a resource server (an API) with its scopes, or change an existing one.
#[derive(Deserialize, JsonSchema)]
struct PutResourceServer {
    #[serde(flatten)]
    pool: InPool,
    /// Identifier, as in `https://api.example.com`; it cannot be changed.
    #[schemars(length(min = 1, max = 256))]
    identifier: String,
    /// Name for people. Absent: unchanged, or derived from the identifier for a new one.
    #[schemars(length(min = 1, max = 256))]
    name: Option<String>,
    /// All its scopes: those left out are removed. Absent: unchanged.
    #[schemars(length(max = 100))]
    scopes: Option<Vec<Scope>>,
}

/// The resource server as it is now.
#[derive(Serialize, JsonSchema)]
struct Put {
    /// Whether it was created by this call.
    created: bool,
    /// The resource server.
    resource_server: ResourceServer,
}

impl Tool for PutResourceServer {
    const NAME: &'static str = "put_resource_server";
    const TITLE: &'static str = "Create or change resource server";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateResourceServer",
        "DescribeResourceServer",
        "UpdateResourceServer",
    ];
    type Answer = Put;

    fn example() -> Value {
        json!({
            "identifier": "https://api.example.com",
            "scopes": [{ "name": "read", "description": "Read orders" }],
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Put> {
        let pool = cx.pool(&self.pool).await?;
        let given = self.scopes.map(|scopes| {
            let built = scopes.into_iter().map(|scope| {
                let built = ResourceServerScopeType::builder()
                    .scope_name(scope.name)
                    .scope_description(scope.description);
                built.build().expect("name and description are set")
            });
            built.collect::<Vec<_>>()
        });
        let described = cx
            .cognito()
            .describe_resource_server()
            .user_pool_id(&pool)
            .identifier(&self.identifier)
            .send()
            .await
            .map_err(Box::<ToolError>::from);
        let before = match described {
            Ok(described) => described.resource_server,
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(error),
        };
        let created = before.is_none();
        let server = if let Some(before) = before {
            // Cognito would remove omitted scopes.
            let sent = cx
                .cognito()
                .update_resource_server()
                .user_pool_id(pool)
                .identifier(self.identifier)
                .set_name(self.name.or(before.name))
                .set_scopes(given.or(before.scopes));
            sent.send().await?.resource_server
        } else {
            let sent = cx
                .cognito()
                .create_resource_server()
                .user_pool_id(pool)
                .name(self.name.unwrap_or_else(|| name_like(&self.identifier)))
                .identifier(self.identifier)
                .set_scopes(given);
            sent.send().await?.resource_server
        };
        let server = server.map(ResourceServer::from);
        Ok(Put {
            created,
            resource_server: answered(server, "resource server")?,
        })
    }
}

/// Whether `error` says that the resource server does not exist, but its pool does.
fn is_missing(error: &ToolError) -> bool {
    error.code == "ResourceNotFoundException" && error.message.starts_with("Resource server")
}

/// Replaces the characters of `identifier` that a name must not have.
fn name_like(identifier: &str) -> String {
    let host = identifier.split("://").last().unwrap_or(identifier);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_ +=,.@-".contains(c);
    host.trim_end_matches('/')
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect()
}

/// Delete a resource server. App clients no longer get its scopes.
#[derive(Deserialize, JsonSchema)]
struct DeleteResourceServer {
    #[serde(flatten)]
    pool: InPool,
    /// Its identifier.
    #[schemars(length(min = 1, max = 256))]
    identifier: String,
}

impl Tool for DeleteResourceServer {
    const NAME: &'static str = "delete_resource_server";
    const TITLE: &'static str = "Delete resource server";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["DeleteResourceServer"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "identifier": "https://api.example.com" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .delete_resource_server()
            .user_pool_id(cx.pool(&self.pool).await?)
            .identifier(&self.identifier)
            .send()
            .await?;
        Ok(Done::new(format!(
            "Resource server {} is deleted",
            self.identifier
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_allowed_characters() {
        assert_eq!(
            name_like("https://api.example.com/v1/"),
            "api.example.com-v1"
        );
        assert_eq!(name_like("orders"), "orders");
    }
}
