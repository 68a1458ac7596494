//! A refused call, as the functions of hints read it.

use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{
    UserPoolClientDescription, UserPoolClientType, UserPoolDescriptionType, UserPoolType,
};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::by_operation::Raw;
use crate::arguments::escaped;
use crate::call::context::Cx;
use crate::call::sign_ins::Session;
use crate::call::targets::{ByClient, InPool};
use crate::cognito::jwt::Token;
use crate::cognito::operations::Effect;
use crate::error::{NextCall, ToolError};

/// A refused call and its error.
pub(super) struct Case<'a> {
    pub(super) cx: &'a Cx,
    pub(super) error: &'a ToolError,
    /// The sign-in that the call belonged to.
    session: Option<Session>,
    /// The operation that the call names, if it is a call by name.
    raw: Option<Raw>,
}

/// The result of a search for a user.
pub(super) enum LookedUp {
    /// The user exists.
    Found(Box<AdminGetUserOutput>),
    /// No user has the name.
    Absent,
}

/// The number of pools or clients to search if the call names none.
const MANY: i32 = 60;

impl<'a> Case<'a> {
    pub(super) async fn new(cx: &'a Cx, error: &'a ToolError) -> Self {
        let reference = cx.arguments.get("session").and_then(Value::as_str);
        let session = match reference {
            Some(reference) => cx.sessions().get(cx.owner(), reference).await,
            None => Ok(None),
        };
        Self {
            cx,
            error,
            // Without the state of the server, the advice is less exact.
            session: session.unwrap_or_default(),
            raw: Raw::read(cx.tool(), &cx.arguments),
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.error.message
    }

    /// The refused tool. For an operation that was called by name, the tool with the same hints.
    pub(super) fn tool(&self) -> &str {
        match &self.raw {
            Some(raw) => raw.tool(),
            None => self.cx.tool(),
        }
    }

    /// The arguments of the call. For an operation that was called by name, under the argument
    /// names of the tools.
    pub(super) fn arguments(&self) -> &JsonObject {
        self.raw
            .as_ref()
            .map_or(&self.cx.arguments, |raw| &raw.arguments)
    }

    /// An argument that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.arguments().get(name)?.as_str()
    }

    /// An argument that is a secret; a reference is resolved.
    pub(super) fn secret(&self, name: &str) -> Option<String> {
        let given = self.text(name)?;
        let referred = self.cx.secret_of(name, given);
        Some(referred.unwrap_or_else(|| given.to_owned()))
    }

    /// Whether the refused tool only reads. Only then can a retry have a name that the caller
    /// did not give.
    pub(super) fn reads(&self) -> bool {
        self.cx.effect() == Effect::Read
    }

    /// Whether the refused tool deletes or disables.
    pub(super) fn destroys(&self) -> bool {
        self.cx.effect() == Effect::Destroy
    }

    pub(super) fn username(&self) -> Option<&str> {
        self.text("username")
            .or_else(|| Some(self.session.as_ref()?.username.as_str()))
    }

    /// The pool that the call meant.
    pub(super) fn pool(&self) -> Option<String> {
        let given = self.text("user_pool_id").map(ToOwned::to_owned);
        let session = || self.session.as_ref()?.user_pool_id.clone();
        given
            .or_else(session)
            .or_else(|| self.pool_of_token())
            .or_else(|| self.cx.known_pool(&InPool { user_pool_id: None }))
    }

    /// The pool that the access token of the call names.
    fn pool_of_token(&self) -> Option<String> {
        let token = self.secret("access_token")?;
        Some(Token::read(&token).ok()?.pool()?.to_string())
    }

    /// The app client that the call meant.
    pub(super) async fn client(&self) -> Option<String> {
        if let Some(session) = &self.session {
            return Some(session.client_id.clone());
        }
        let given = |name| self.text(name).map(ToOwned::to_owned);
        let (client, pool) = (
            ByClient {
                client_id: given("client_id"),
            },
            InPool {
                user_pool_id: given("user_pool_id"),
            },
        );
        self.cx.client(&client, &pool).await.ok()
    }

    /// The pool of the call's user. If the call names a client and no pool, it is the pool of
    /// the client.
    pub(super) async fn users_pool(&self) -> Option<String> {
        let by_client = self.text("client_id").is_some() && self.text("user_pool_id").is_none();
        if !by_client {
            return self.pool();
        }
        let client = self.text("client_id")?;
        match self.pool() {
            Some(pool) if self.client_in(&pool, client).await.is_some() => Some(pool),
            _ => self.pool_of(client).await,
        }
    }

    /// The pool that has `client`.
    pub(super) async fn pool_of(&self, client: &str) -> Option<String> {
        for pool in self.pools().await {
            let id = pool.id?;
            if self.client_in(&id, client).await.is_some() {
                return Some(id);
            }
        }
        None
    }

    /// `user_pool_id` for another tool; null if the server's default is meant.
    pub(super) fn pool_argument(&self) -> Value {
        let own = self.cx.known_pool(&InPool { user_pool_id: None });
        match self.pool() {
            Some(pool) if self.text("user_pool_id").is_some() || Some(&pool) != own.as_ref() => {
                Value::from(pool)
            }
            _ => Value::Null,
        }
    }

    /// The refused call with `changes`; null removes an argument.
    pub(super) fn again(&self, changes: Value) -> NextCall {
        let arguments = match &self.raw {
            Some(raw) => raw.write(&self.cx.arguments, changes),
            None => self.cx.arguments_with(changes),
        };
        NextCall::new(self.cx.tool(), arguments)
    }

    /// JSON pointer to the argument `name` of the call, or to the attribute of that name.
    pub(super) fn pointer(&self, name: &str) -> String {
        let given = &self.cx.arguments;
        let is_there = |pointer: &String| Value::from(given.clone()).pointer(pointer).is_some();
        let name = escaped(name);
        let plain = [format!("/{name}"), format!("/attributes/{name}")];
        let raw = self.raw.iter().flat_map(|raw| raw.pointers(&name));
        let mut known = raw.chain(plain.clone()).filter(is_there);
        // The pointer to a missing value is that of the argument.
        known.next().unwrap_or_else(|| plain[0].clone())
    }

    /// A call of `tool` in the same pool.
    pub(super) fn in_pool(&self, tool: &str, arguments: Value) -> NextCall {
        let mut all = json!({ "user_pool_id": self.pool_argument() });
        if let (Value::Object(all), Value::Object(arguments)) = (&mut all, arguments) {
            all.extend(arguments);
        }
        NextCall::new(tool, all)
    }

    /// A call of `tool` in the same pool, for the same user.
    pub(super) fn for_user(&self, tool: &str, arguments: Value) -> NextCall {
        let mut all = json!({ "username": self.username() });
        if let (Value::Object(all), Value::Object(arguments)) = (&mut all, arguments) {
            all.extend(arguments);
        }
        self.in_pool(tool, all)
    }

    /// A call of `tool` with the arguments of the refused call that it accepts, if they are
    /// valid for it.
    pub(super) fn carry_over(&self, tool: &str) -> Option<NextCall> {
        let tool = self.cx.definition_of(tool)?;
        let properties = tool
            .published()
            .input_schema
            .get("properties")?
            .as_object()?;
        let mut arguments = self.arguments().clone();
        arguments.retain(|name, _| properties.contains_key(name));
        let pool = "user_pool_id";
        if properties.contains_key(pool) && !arguments.contains_key(pool) {
            let meant = self.pool_argument();
            if !meant.is_null() {
                arguments.insert(pool.to_owned(), meant);
            }
        }
        tool.validate(&mut arguments).ok()?;
        Some(NextCall {
            tool: tool.name().to_owned(),
            arguments,
        })
    }

    /// The call's user, if it can be read.
    pub(super) async fn user(&self) -> Option<AdminGetUserOutput> {
        match self.looked_up().await {
            Some(LookedUp::Found(user)) => Some(*user),
            _ => None,
        }
    }

    /// Whether the call's user exists; none if that cannot be read, for example because Cognito
    /// throttles the server.
    pub(super) async fn looked_up(&self) -> Option<LookedUp> {
        let read = self
            .cx
            .cognito()
            .admin_get_user()
            .user_pool_id(self.users_pool().await?)
            .username(self.username()?)
            .send()
            .await;
        match read {
            Ok(user) => Some(LookedUp::Found(Box::new(user))),
            Err(refused) if refused.code() == Some("UserNotFoundException") => {
                Some(LookedUp::Absent)
            }
            Err(_) => None,
        }
    }

    /// The pool of the call's user, if it can be read.
    pub(super) async fn described_pool(&self) -> Option<UserPoolType> {
        self.cx
            .cognito()
            .describe_user_pool()
            .user_pool_id(self.users_pool().await?)
            .send()
            .await
            .ok()?
            .user_pool
    }

    /// Pools of this account and Region.
    pub(super) async fn pools(&self) -> Vec<UserPoolDescriptionType> {
        let own = self.cx.pools();
        if !own.is_open() {
            let named = own.ids().iter();
            return named
                .map(|id| UserPoolDescriptionType::builder().id(id).build())
                .collect();
        }
        let listed = self.cx.cognito().list_user_pools().max_results(MANY);
        let listed = listed.send().await;
        listed
            .ok()
            .and_then(|page| page.user_pools)
            .unwrap_or_default()
    }

    /// Clients of `pool`.
    pub(super) async fn clients(&self, pool: &str) -> Vec<UserPoolClientDescription> {
        let listed = self
            .cx
            .cognito()
            .list_user_pool_clients()
            .user_pool_id(pool)
            .max_results(MANY)
            .send()
            .await;
        listed
            .ok()
            .and_then(|page| page.user_pool_clients)
            .unwrap_or_default()
    }

    /// `client` of `pool`, if the pool has it.
    pub(super) async fn client_in(&self, pool: &str, client: &str) -> Option<UserPoolClientType> {
        self.cx
            .cognito()
            .describe_user_pool_client()
            .user_pool_id(pool)
            .client_id(client)
            .send()
            .await
            .ok()?
            .user_pool_client
    }
}
