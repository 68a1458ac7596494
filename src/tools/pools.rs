//! Toolset `pools`: user pools.

mod write;

use aws_sdk_cognitoidentityprovider::types::UserPoolType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Entry, InPool, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::password_policy;
use crate::cognito::time;
use crate::error::ToolResult;

pub(super) fn tools() -> Vec<Entry> {
    let mut tools = vec![Entry::of::<ListPools>(), Entry::of::<DescribePool>()];
    tools.extend(write::tools());
    tools
}

/// List the user pools of this account and Region.
#[derive(Deserialize, JsonSchema)]
struct ListPools {
    #[serde(flatten)]
    page: Page<60, 60>,
}

/// A page of pools.
#[derive(Serialize, JsonSchema)]
struct PoolPage {
    /// The pools.
    pools: Vec<PoolName>,
    #[serde(flatten)]
    after: After,
}

/// A pool in a list.
#[derive(Serialize, JsonSchema)]
struct PoolName {
    /// Pool id, as other tools accept it.
    user_pool_id: String,
    /// Name.
    name: String,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

impl Tool for ListPools {
    const NAME: &'static str = "list_pools";
    const TITLE: &'static str = "List user pools";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool", "ListUserPools"];
    type Answer = PoolPage;

    fn example() -> Value {
        json!({ "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<PoolPage> {
        if !cx.pools().is_open() {
            return Ok(PoolPage {
                pools: named(cx).await?,
                after: cx.after(None),
            });
        }
        let page = cx
            .cognito()
            .list_user_pools()
            .max_results(self.page.limit)
            .set_next_token(self.page.cursor)
            .send()
            .await?;
        let pools = page
            .user_pools
            .unwrap_or_default()
            .into_iter()
            .map(|pool| PoolName {
                created_at: time::rfc3339(pool.creation_date()),
                modified_at: time::rfc3339(pool.last_modified_date()),
                user_pool_id: pool.id.unwrap_or_default(),
                name: pool.name.unwrap_or_default(),
            });
        Ok(PoolPage {
            pools: pools.collect(),
            after: cx.after(page.next_token),
        })
    }
}

/// The pools in scope, if the operator named them.
async fn named(cx: &Cx) -> ToolResult<Vec<PoolName>> {
    let mut pools = Vec::new();
    for id in cx.pools().ids() {
        let answer = cx.cognito().describe_user_pool().user_pool_id(id);
        let Some(pool) = answer.send().await?.user_pool else {
            continue;
        };
        pools.push(PoolName {
            created_at: time::rfc3339(pool.creation_date()),
            modified_at: time::rfc3339(pool.last_modified_date()),
            user_pool_id: pool.id.unwrap_or_default(),
            name: pool.name.unwrap_or_default(),
        });
    }
    Ok(pools)
}

/// Describe a user pool: how users sign in, the password policy in words, required attributes, second factors, recovery.
#[derive(Deserialize, JsonSchema)]
struct DescribePool {
    #[serde(flatten)]
    pool: InPool,
}

/// A user pool.
#[derive(Serialize, JsonSchema)]
struct Pool {
    /// Pool id.
    user_pool_id: String,
    /// Name.
    name: String,
    /// ARN.
    arn: Option<String>,
    /// The password policy in words.
    password_policy: String,
    /// How users sign in, in words.
    sign_in: String,
    /// Whether users may sign up themselves; otherwise only administrators create users.
    self_sign_up: bool,
    /// Second factors: `OFF`, `OPTIONAL` or `ON`.
    mfa: String,
    /// How a forgotten password is recovered, in order.
    account_recovery: Vec<String>,
    /// Attributes that Cognito verifies by a code.
    auto_verified_attributes: Vec<String>,
    /// Attributes that every user must have.
    required_attributes: Vec<String>,
    /// The pool's own attributes, with their prefix.
    custom_attributes: Vec<CustomAttribute>,
    /// Feature plan: `LITE`, `ESSENTIALS` or `PLUS`.
    tier: Option<String>,
    /// Whether the pool must be unprotected before it can be deleted.
    deletion_protection: bool,
    /// Estimated number of users.
    estimated_users: i32,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
}

/// An attribute that the pool has in addition to the standard ones.
#[derive(Serialize, JsonSchema)]
struct CustomAttribute {
    /// Name, as in `custom:team`.
    name: String,
    /// `String`, `Number`, `DateTime` or `Boolean`.
    data_type: Option<String>,
    /// Whether it can be changed after it was set.
    mutable: bool,
}

impl Tool for DescribePool {
    const NAME: &'static str = "describe_pool";
    const TITLE: &'static str = "Describe user pool";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool"];
    type Answer = Pool;

    fn example() -> Value {
        json!({ "user_pool_id": "us-east-1_AbCdEfGhI" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Pool> {
        let id = cx.pool(&self.pool).await?;
        let answer = cx
            .cognito()
            .describe_user_pool()
            .user_pool_id(id)
            .send()
            .await?;
        answered(answer.user_pool.map(Pool::from), "user pool")
    }
}

impl From<UserPoolType> for Pool {
    fn from(pool: UserPoolType) -> Self {
        let policy = pool
            .policies()
            .and_then(|policies| policies.password_policy());
        let custom = |name: &str| name.starts_with("custom:") || name.starts_with("dev:");
        let schema = pool.schema_attributes();
        Self {
            password_policy: policy
                .map_or_else(|| "Not stated".to_owned(), password_policy::in_words),
            sign_in: sign_in_in_words(&pool),
            self_sign_up: pool
                .admin_create_user_config()
                .is_none_or(|config| !config.allow_admin_create_user_only),
            mfa: pool
                .mfa_configuration()
                .map_or("OFF", |mfa| mfa.as_str())
                .to_owned(),
            account_recovery: recovery(&pool),
            auto_verified_attributes: names(pool.auto_verified_attributes()),
            required_attributes: schema
                .iter()
                .filter(|attribute| attribute.required == Some(true))
                .filter_map(|attribute| attribute.name.clone())
                // Every user has a `sub`, which no request can set.
                .filter(|name| name != "sub")
                .collect(),
            custom_attributes: schema
                .iter()
                .filter(|attribute| attribute.name().is_some_and(custom))
                .map(|attribute| CustomAttribute {
                    name: attribute.name().unwrap_or_default().to_owned(),
                    data_type: attribute.attribute_data_type().map(ToString::to_string),
                    mutable: attribute.mutable.unwrap_or_default(),
                })
                .collect(),
            tier: pool.user_pool_tier().map(ToString::to_string),
            deletion_protection: pool
                .deletion_protection()
                .is_some_and(|is| is.as_str() == "ACTIVE"),
            estimated_users: pool.estimated_number_of_users,
            created_at: time::rfc3339(pool.creation_date()),
            modified_at: time::rfc3339(pool.last_modified_date()),
            arn: pool.arn.clone(),
            user_pool_id: pool.id.clone().unwrap_or_default(),
            name: pool.name.unwrap_or_default(),
        }
    }
}

fn sign_in_in_words(pool: &UserPoolType) -> String {
    let instead = names(pool.username_attributes());
    let beside = names(pool.alias_attributes());
    let names = if !instead.is_empty() {
        format!("By {}; usernames are made by Cognito", instead.join(" or "))
    } else if beside.is_empty() {
        "By username".to_owned()
    } else {
        format!("By username, or by a verified {}", beside.join(" or "))
    };
    // A pool that was created through the API without this setting is case sensitive.
    match pool.username_configuration() {
        Some(configuration) if !configuration.case_sensitive => {
            format!("{names}; case does not matter")
        }
        _ => format!("{names}; case matters"),
    }
}

fn recovery(pool: &UserPoolType) -> Vec<String> {
    let mechanisms = pool.account_recovery_setting().map(
        aws_sdk_cognitoidentityprovider::types::AccountRecoverySettingType::recovery_mechanisms,
    );
    let mut mechanisms = mechanisms.unwrap_or_default().to_vec();
    mechanisms.sort_by_key(|mechanism| mechanism.priority);
    mechanisms
        .into_iter()
        .map(|mechanism| mechanism.name.to_string())
        .collect()
}

fn names<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
