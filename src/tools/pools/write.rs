//! Tools that create, change and delete pools.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::{Done, Entry, InPool, Tool};
use crate::arguments;
use crate::call::context::Cx;
use crate::cognito::operations;
use crate::definition::added::AFFECTS;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::untrusted::bare;
use crate::tools::settings::{self, Change, changes, merge, present};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<CreatePool>(),
        Entry::of::<UpdatePool>(),
        Entry::of::<AddPoolAttributes>(),
        Entry::of::<TagPool>(),
        Entry::of::<DeletePool>(),
    ]
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Need {
    Uppercase,
    Lowercase,
    Digit,
    Symbol,
}

/// The given settings of a password policy, in the form of the API.
fn policy(length: Option<i32>, given: Option<&[Need]>) -> Value {
    let needs = |need: Need| given.map(|given| given.contains(&need));
    present(json!({
        "MinimumLength": length,
        "RequireUppercase": needs(Need::Uppercase),
        "RequireLowercase": needs(Need::Lowercase),
        "RequireNumbers": needs(Need::Digit),
        "RequireSymbols": needs(Need::Symbol),
    }))
}

/// The default password policy of a new pool.
fn strict() -> Value {
    json!({
        "MinimumLength": 12,
        "RequireUppercase": true,
        "RequireLowercase": true,
        "RequireNumbers": true,
        "RequireSymbols": true,
    })
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Contact {
    Email,
    PhoneNumber,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Tier {
    Lite,
    Essentials,
    Plus,
}

/// A custom attribute.
#[derive(Deserialize, JsonSchema)]
struct NewAttribute {
    /// Name, without `custom:`.
    #[schemars(length(min = 1, max = 20))]
    name: String,
    /// Type (default `String`).
    r#type: Option<DataType>,
    /// Whether it can be changed after it is set (default true).
    mutable: Option<bool>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum DataType {
    String,
    Number,
    DateTime,
    Boolean,
}

impl NewAttribute {
    fn as_schema(&self) -> Value {
        json!({
            "Name": self.name.strip_prefix("custom:").unwrap_or(&self.name),
            "AttributeDataType": self.r#type.unwrap_or(DataType::String),
            "Mutable": self.mutable.unwrap_or(true),
        })
    }
}

/// Create a user pool with safe settings: strong passwords, sign-up by administrators only, protected from deletion, case of usernames ignored. See `update_pool` for other settings.
#[derive(Deserialize, JsonSchema)]
struct CreatePool {
    /// Name.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// What users sign in with (default `username`); cannot be changed.
    sign_in_by: Option<SignInBy>,
    /// Standard attributes that every user must have, such as `given_name`; cannot be changed.
    #[serde(default)]
    required_attributes: Vec<String>,
    /// Attributes verified by a code (default email).
    auto_verified_attributes: Option<Vec<Contact>>,
    /// Users may sign up themselves.
    #[serde(default)]
    self_sign_up: bool,
    /// Minimum length of passwords (default 12).
    #[schemars(range(min = 6, max = 99))]
    password_length: Option<i32>,
    /// Whether the pool is protected from deletion (default true).
    deletion_protection: Option<bool>,
    /// Feature plan.
    tier: Option<Tier>,
    /// Tags.
    tags: Option<BTreeMap<String, String>>,
    /// Other settings, by the API's names.
    settings: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SignInBy {
    Username,
    Email,
    PhoneNumber,
    EmailOrPhoneNumber,
    UsernameOrEmail,
}

impl SignInBy {
    /// `UsernameAttributes` and `AliasAttributes`.
    fn attributes(self) -> (Option<Value>, Option<Value>) {
        match self {
            Self::Username => (None, None),
            Self::Email => (Some(json!(["email"])), None),
            Self::PhoneNumber => (Some(json!(["phone_number"])), None),
            Self::EmailOrPhoneNumber => (Some(json!(["email", "phone_number"])), None),
            Self::UsernameOrEmail => (None, Some(json!(["email"]))),
        }
    }
}

/// A new pool.
#[derive(Serialize, JsonSchema)]
struct Created {
    /// Pool id, as other tools accept it.
    user_pool_id: String,
    /// Name.
    name: String,
    /// ARN.
    arn: String,
    /// The call that describes it.
    next: NextCall,
}

impl Tool for CreatePool {
    const NAME: &'static str = "create_pool";
    const TITLE: &'static str = "Create user pool";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["CreateUserPool"];
    type Answer = Created;

    fn example() -> Value {
        json!({ "name": "customers", "sign_in_by": "email", "self_sign_up": true })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Created> {
        let mut strict = strict();
        merge(&mut strict, policy(self.password_length, None));
        let required = self.required_attributes.into_iter();
        let schema: Vec<Value> = required
            .map(|name| json!({ "Name": name, "Required": true }))
            .collect();
        let (username_attributes, alias_attributes) =
            self.sign_in_by.unwrap_or(SignInBy::Username).attributes();
        let verified = self
            .auto_verified_attributes
            .unwrap_or_else(|| vec![Contact::Email]);
        let mut input = present(json!({
            "PoolName": self.name,
            "Policies": { "PasswordPolicy": strict },
            "UsernameAttributes": username_attributes,
            "AliasAttributes": alias_attributes,
            "UsernameConfiguration": { "CaseSensitive": false },
            "Schema": (!schema.is_empty()).then_some(schema),
            "AutoVerifiedAttributes": verified,
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": !self.self_sign_up },
            "DeletionProtection": protection(self.deletion_protection.unwrap_or(true)),
            "UserPoolTier": self.tier,
            "UserPoolTags": self.tags,
        }));
        let settings = self.settings.unwrap_or_default();
        let required = json!({ "PoolName": self.name });
        let example = json!({ "name": "customers", "settings": { "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true } } });
        let settings = settings::validated(cx, "CreateUserPool", settings, &required, &example)?;
        merge(&mut input, settings);
        let answer = cx.ask("CreateUserPool", input).await?;
        let pool = &answer["UserPool"];
        let text = |name: &str| pool[name].as_str().unwrap_or_default().to_owned();
        Ok(Created {
            user_pool_id: text("Id"),
            name: text("Name"),
            arn: text("Arn"),
            next: NextCall::new("describe_pool", json!({ "user_pool_id": pool["Id"] })),
        })
    }
}

fn protection(is_on: bool) -> &'static str {
    if is_on { "ACTIVE" } else { "INACTIVE" }
}

/// Change a user pool. Settings that are not named stay unchanged.
#[derive(Deserialize, JsonSchema)]
struct UpdatePool {
    #[serde(flatten)]
    pool: InPool,
    /// New name.
    #[schemars(length(min = 1, max = 128))]
    name: Option<String>,
    /// Users may sign up themselves.
    self_sign_up: Option<bool>,
    /// Attributes verified by a code.
    auto_verified_attributes: Option<Vec<Contact>>,
    /// Minimum length of passwords.
    #[schemars(range(min = 6, max = 99))]
    password_length: Option<i32>,
    /// The complete list of what passwords must contain.
    password_needs: Option<Vec<Need>>,
    /// Whether the pool is protected from deletion.
    deletion_protection: Option<bool>,
    /// Feature plan.
    tier: Option<Tier>,
    /// Other settings, as `UpdateUserPool` has them: `{"DeviceConfiguration": {…}}`. Objects are merged with the existing ones, lists replace them.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    settings: Option<Map<String, Value>>,
    /// Settings to reset to Cognito's default, such as `LambdaConfig`.
    #[serde(default)]
    reset: Vec<String>,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
struct Updated {
    /// Pool id.
    user_pool_id: String,
    /// Settings that changed, each with its old and new value.
    changed: Vec<Change>,
    /// The call that describes the pool.
    next: NextCall,
}

impl Tool for UpdatePool {
    const NAME: &'static str = "update_pool";
    const TITLE: &'static str = "Change user pool";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool", "UpdateUserPool"];
    type Answer = Updated;

    fn example() -> Value {
        json!({ "password_length": 14, "deletion_protection": true })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Updated> {
        let id = cx.pool(&self.pool).await?;
        let before = described(cx, &id).await?;
        let mut input = kept(&before);
        merge(
            &mut input,
            present(json!({
                "UserPoolId": id,
                "PoolName": self.name,
                "Policies": { "PasswordPolicy": policy(self.password_length, self.password_needs.as_deref()) },
                "AutoVerifiedAttributes": self.auto_verified_attributes,
                "DeletionProtection": self.deletion_protection.map(protection),
                "UserPoolTier": self.tier,
            })),
        );
        if let Some(self_sign_up) = self.self_sign_up {
            merge(
                &mut input,
                json!({ "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": !self_sign_up } }),
            );
        }
        let settings = self.settings.unwrap_or_default();
        let required = json!({ "UserPoolId": id });
        let example = json!({ "settings": { "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true } } });
        let settings = settings::validated(cx, "UpdateUserPool", settings, &required, &example)?;
        merge(&mut input, settings);
        reset(&mut input, &self.reset)?;
        let mut unchanged = kept(&before);
        unchanged["PoolName"] = before["Name"].clone();
        let mut changed = input.clone();
        if changed.get("PoolName").is_none() {
            changed["PoolName"] = before["Name"].clone();
        }
        cx.foresee("changed", changes(&named(unchanged), &named(changed)));
        cx.ask("UpdateUserPool", input).await?;
        let after = described(cx, &id).await?;
        Ok(Updated {
            changed: changes(&before, &after),
            next: NextCall::new("describe_pool", json!({ "user_pool_id": id })),
            user_pool_id: id,
        })
    }
}

/// `input` with the name of the pool under the member that descriptions have.
fn named(mut input: Value) -> Value {
    if let Value::Object(members) = &mut input
        && let Some(name) = members.shift_remove("PoolName")
    {
        members.insert("Name".to_owned(), name);
    }
    input
}

async fn described(cx: &Cx, id: &str) -> ToolResult<Value> {
    let mut answer = cx
        .ask("DescribeUserPool", json!({ "UserPoolId": id }))
        .await?;
    Ok(answer["UserPool"].take())
}

/// An input of `UpdateUserPool` that changes nothing. The operation resets most
/// settings that its input omits.
fn kept(pool: &Value) -> Value {
    let mut kept = settings::kept("UpdateUserPool", pool);
    let Value::Object(members) = &mut kept else {
        return kept;
    };
    // If this setting is omitted, Cognito keeps it. If it is sent, Cognito requires an
    // SMS configuration even if only authenticator apps are used.
    members.shift_remove("MfaConfiguration");
    // `UnusedAccountValidityDays` is the older name of `TemporaryPasswordValidityDays`. Cognito
    // refuses both together.
    if let Some(Value::Object(config)) = members.get_mut("AdminCreateUserConfig")
        && pool["Policies"]["PasswordPolicy"]
            .get("TemporaryPasswordValidityDays")
            .is_some()
    {
        config.shift_remove("UnusedAccountValidityDays");
    }
    kept
}

/// The settings that `reset` accepts: `UpdateUserPool` resets them if its input omits them.
const RESET: [&str; 10] = [
    "AdminCreateUserConfig",
    "AutoVerifiedAttributes",
    "DeviceConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "LambdaConfig",
    "SmsAuthenticationMessage",
    "SmsVerificationMessage",
    "UserPoolAddOns",
    "VerificationMessageTemplate",
];

/// Removes settings from `input`, so that Cognito resets them to their defaults.
fn reset(input: &mut Value, settings: &[String]) -> ToolResult<()> {
    for (at, given) in settings.iter().enumerate() {
        let Some(name) = RESET.iter().find(|name| operations::alike(name, given)) else {
            let mut error = ToolError::argument(
                &format!("/reset/{at}"),
                format!(
                    "`{given}` cannot be reset; the settings that can be are {}",
                    RESET.join(", ")
                ),
            )
            .hint("Nothing was changed. Set the new value in `settings` instead");
            for problem in &mut error.problems {
                problem.nearest = arguments::nearest(given, RESET.iter().copied());
                problem.allowed = Some(json!(RESET));
            }
            return Err(error);
        };
        if let Value::Object(input) = input {
            input.shift_remove(*name);
        }
    }
    Ok(())
}

/// Add custom attributes to a pool. They cannot be removed or changed later.
#[derive(Deserialize, JsonSchema)]
struct AddPoolAttributes {
    #[serde(flatten)]
    pool: InPool,
    /// The attributes.
    #[schemars(length(min = 1, max = 25))]
    attributes: Vec<NewAttribute>,
}

impl Tool for AddPoolAttributes {
    const NAME: &'static str = "add_pool_attributes";
    const TITLE: &'static str = "Add custom attributes";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["AddCustomAttributes"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "attributes": [{ "name": "team", "type": "String" }] })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let attributes: Vec<Value> = self
            .attributes
            .iter()
            .map(NewAttribute::as_schema)
            .collect();
        let names: Vec<String> = attributes
            .iter()
            .filter_map(|attribute| Some(format!("custom:{}", attribute["Name"].as_str()?)))
            .collect();
        let input =
            json!({ "UserPoolId": cx.pool(&self.pool).await?, "CustomAttributes": attributes });
        cx.ask("AddCustomAttributes", input).await?;
        Ok(Done::new(format!(
            "Users may now have {}",
            names.join(", ")
        )))
    }
}

/// Set, remove or read the tags of a user pool.
#[derive(Deserialize, JsonSchema)]
struct TagPool {
    #[serde(flatten)]
    pool: InPool,
    /// Tags to set.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Keys of tags to remove.
    #[serde(default)]
    remove: Vec<String>,
}

/// A pool's tags.
#[derive(Serialize, JsonSchema)]
struct Tags {
    /// The tags as they are now.
    tags: BTreeMap<String, String>,
}

impl Tool for TagPool {
    const NAME: &'static str = "tag_pool";
    const TITLE: &'static str = "Tag user pool";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeUserPool",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
    ];
    type Answer = Tags;

    fn example() -> Value {
        json!({ "set": { "team": "identity" } })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Tags> {
        let pool = described(cx, &cx.pool(&self.pool).await?).await?;
        let arn = pool["Arn"].as_str().unwrap_or_default();
        if !self.set.is_empty() {
            let tags = Some(self.set.into_iter().collect());
            cx.cognito()
                .tag_resource()
                .resource_arn(arn)
                .set_tags(tags)
                .send()
                .await?;
        }
        if !self.remove.is_empty() {
            let keys = Some(self.remove);
            cx.cognito()
                .untag_resource()
                .resource_arn(arn)
                .set_tag_keys(keys)
                .send()
                .await?;
        }
        let listed = cx
            .cognito()
            .list_tags_for_resource()
            .resource_arn(arn)
            .send()
            .await?;
        Ok(Tags {
            tags: listed.tags.into_iter().flatten().collect(),
        })
    }
}

/// Delete a user pool permanently, with all of its users, groups and app clients.
#[derive(Deserialize, JsonSchema)]
struct DeletePool {
    /// Its id, which must be given: there is no default pool here.
    #[schemars(required, length(min = 1, max = 128))]
    user_pool_id: Option<String>,
}

impl Tool for DeletePool {
    const NAME: &'static str = "delete_pool";
    const TITLE: &'static str = "Delete user pool";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["DescribeUserPool", "ListUserPoolClients", "DeleteUserPool"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "user_pool_id": "us-east-1_AbCdEfGhI" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        // On a server with one pool in scope, the published schema omits the id, and that pool is used.
        let pool = InPool {
            user_pool_id: self.user_pool_id,
        };
        let id = cx.pool(&pool).await?;
        // Without permission to read the pool, the rest of the question is still asked.
        if cx.is_dry()
            && let Ok(pool) = described(cx, &id).await
        {
            cx.foresee(AFFECTS, lost(&pool, clients(cx, &id).await.as_deref()));
        }
        let deleted = cx.cognito().delete_user_pool().user_pool_id(&id);
        let deleted = deleted.send().await;
        match deleted.map_err(Box::<ToolError>::from) {
            Ok(_) => cx.forget_client_secrets(),
            Err(error) => return Err(error),
        }
        Ok(Done::new(format!(
            "User pool {id} is deleted, with all its content"
        )))
    }
}

/// What is lost with `pool`: its users, its app clients and its domain.
fn lost(pool: &Value, clients: Option<&str>) -> String {
    let users = match pool["EstimatedNumberOfUsers"].as_u64() {
        Some(1) => "about 1 user".to_owned(),
        users => format!("about {} users", users.unwrap_or_default()),
    };
    let domain = ["CustomDomain", "Domain"];
    let domain = domain.into_iter().find_map(|name| pool[name].as_str());
    let domain = domain.map(|name| format!("the domain {}", bare(name)));
    let parts: Vec<&str> = [Some(&*users), clients, domain.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    format!("The pool has {}", parts.join(", "))
}

/// The number of app clients of `pool`, in words. None if the server may not list them.
async fn clients(cx: &Cx, pool: &str) -> Option<String> {
    const PAGE: i32 = 60;
    let request = cx.cognito().list_user_pool_clients().user_pool_id(pool);
    let page = request.max_results(PAGE).send().await.ok()?;
    Some(match (page.user_pool_clients().len(), page.next_token) {
        (1, _) => "1 app client".to_owned(),
        (clients, None) => format!("{clients} app clients"),
        (clients, Some(_)) => format!("at least {clients} app clients"),
    })
}
