//! User pools in scope: `--pool`.
//!
//! If pools are named, every other pool is out of scope: no schema lists its id, calls
//! with it are refused, and a request that contains it, or that could affect any pool, is
//! not sent.

use std::collections::BTreeSet;
use std::fmt;

use parking_lot::Mutex;
use rmcp::model::JsonObject;
use serde_json::Value;

use crate::cognito::jwt::Token;
use crate::cognito::operations::{self, Scope};
use crate::definition::Definition;
use crate::error::ToolError;
use crate::ids::PoolId;
use crate::start_error::StartError;

/// The pools in scope: those that were named, or every pool if none was named.
#[derive(Debug, Default)]
pub struct Pools {
    ids: Vec<String>,
    /// App clients that are known to belong to one of them.
    clients: Mutex<BTreeSet<String>>,
}

/// The reason to refuse a request outside of the pools in scope, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere(pub String);

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Elsewhere {}

/// The error code of a call outside of the pools in scope.
pub(crate) const NOT_ALLOWED: &str = "PoolNotAllowed";

/// The error for a call outside of the pools in scope.
pub(crate) fn refusal(elsewhere: &Elsewhere) -> Box<ToolError> {
    ToolError::new(NOT_ALLOWED, elsewhere.0.clone()).hint(
        "The operator decides which pools the server works on: ask the person who runs the server",
    )
}

impl Pools {
    /// The pools that `ids` name.
    ///
    /// # Errors
    /// If one of them is not a user pool id.
    pub fn new(ids: &[String]) -> Result<Self, StartError> {
        let mut named: Vec<String> = Vec::new();
        for id in ids {
            let id = id.trim();
            PoolId::parse(id).map_err(|form| StartError(format!("--pool: {}.", form.named(id))))?;
            if !named.iter().any(|known| known == id) {
                named.push(id.to_owned());
            }
        }
        Ok(Self {
            ids: named,
            clients: Mutex::default(),
        })
    }

    /// The named pools; empty if every pool is allowed.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Whether every pool is allowed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ids.is_empty()
    }

    /// The pool in scope, if exactly one is named.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        match self.ids.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether the pool `id` is allowed.
    #[must_use]
    pub fn allows(&self, id: &str) -> bool {
        self.is_open() || self.ids.iter().any(|known| known == id)
    }

    /// Remembers that `client` is an app client of an allowed pool.
    pub(crate) fn add_client(&self, client: &str) {
        let mut clients = self.clients.lock();
        clients.insert(client.to_owned());
    }

    /// Whether `client` is known to be an app client of an allowed pool.
    pub(crate) fn knows_client(&self, client: &str) -> bool {
        let clients = self.clients.lock();
        clients.contains(client)
    }

    /// Forgets the app clients: their pools may no longer exist.
    pub(crate) fn forget_clients(&self) {
        let mut clients = self.clients.lock();
        clients.clear();
    }

    /// Checks that the pool `id` is in scope.
    ///
    /// # Errors
    /// If it is not.
    pub fn check_id(&self, id: &str) -> Result<(), Elsewhere> {
        if self.allows(id) {
            return Ok(());
        }
        Err(Elsewhere(format!(
            "User pool {id} is not among those that this server works on: {}",
            self.ids.join(", ")
        )))
    }

    /// Checks that `operation` with `input` stays within the pools in scope.
    ///
    /// # Errors
    /// If it reaches another pool, or could reach any pool.
    pub fn check(&self, operation: &str, input: &Value) -> Result<(), Elsewhere> {
        if self.is_open() {
            return Ok(());
        }
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        if let Some(id) = text("UserPoolId") {
            return self.check_id(id);
        }
        if let Some(arn) = text("ResourceArn") {
            return match pool_of_arn(arn) {
                Some(id) => self.check_id(id.as_str()),
                None => Err(Elsewhere(format!("{arn} is not the ARN of a user pool"))),
            };
        }
        if let Some(token) = text("AccessToken") {
            return match pool_of_token(token) {
                Some(id) => self.check_id(id.as_str()),
                None => Err(Elsewhere(
                    "The access token does not name its user pool".to_owned(),
                )),
            };
        }
        if let Some(client) = text("ClientId") {
            if self.knows_client(client) {
                return Ok(());
            }
            return Err(self.unknown_client(client));
        }
        let scope = operations::find(operation).map(|operation| operation.scope);
        if matches!(scope, Some(Scope::BySession | Scope::ByUnbound)) {
            return Ok(());
        }
        Err(Elsewhere(format!(
            "{operation} is not limited to one user pool, and this server works only on these: {}",
            self.ids.join(", ")
        )))
    }

    /// Refuses an operation called by name with a session of Cognito, because the pool of
    /// the session is unknown.
    pub(crate) fn check_session(
        &self,
        tool: &Definition,
        arguments: &JsonObject,
    ) -> Result<(), Box<ToolError>> {
        let by_session = match tool.operations_with(arguments) {
            [operation] => {
                operations::find(operation).is_some_and(|found| found.scope == Scope::BySession)
            }
            _ => false,
        };
        let token = arguments
            .get("input")
            .and_then(|input| input.get("AccessToken"));
        if self.is_open() || !by_session || token.is_some() {
            return Ok(());
        }
        Err(refusal(&Elsewhere(
            "A session does not name its user pool: answer sign-ins with answer_challenge"
                .to_owned(),
        )))
    }

    /// The reason to refuse an app client that is not known to belong to a pool in scope.
    pub(crate) fn unknown_client(&self, client: &str) -> Elsewhere {
        Elsewhere(format!(
            "App client {client} is not known to belong to a user pool that this server works on: {}",
            self.ids.join(", ")
        ))
    }
}

/// The Region of a pool, read from its id, if it is not `region`. Returns none for a text
/// that is not a pool id, which Cognito itself refuses.
pub(crate) fn other_region(pool: &str, region: &str) -> Option<String> {
    let home = PoolId::parse(pool).ok()?.region().to_string();
    (home != region).then_some(home)
}

/// The pool in `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID`.
fn pool_of_arn(arn: &str) -> Option<PoolId> {
    let (_, id) = arn.rsplit_once(":userpool/")?;
    PoolId::parse(id).ok()
}

/// The pool in a token's issuer. The signature is not checked here: Cognito checks it, and
/// refuses a token whose claims were altered.
fn pool_of_token(token: &str) -> Option<PoolId> {
    let token = Token::parse(token).ok()?;
    let (_, id) = token.claims.get("iss")?.as_str()?.rsplit_once('/')?;
    PoolId::parse(id).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn pools() -> Pools {
        Pools::new(&["us-east-1_Mine".to_owned(), " us-east-1_Mine".to_owned()]).unwrap()
    }

    fn token(issuer: &str) -> String {
        let claims = json!({ "iss": issuer }).to_string();
        format!("e30.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn pools_are_named_by_id() {
        for invalid in [
            "",
            "demo",
            "us-east-1_",
            "_AbC",
            "us-east-1_a/b",
            "us east_1",
            "localhost_x",
            "us-east-1.evil.com_x",
            "us-east-1_a_b",
        ] {
            assert!(Pools::new(&[invalid.to_owned()]).is_err(), "{invalid}");
        }
        assert_eq!(pools().only(), Some("us-east-1_Mine"));
    }

    #[test]
    fn requests_for_other_pools_are_refused() {
        let pools = pools();
        pools.add_client("mine");
        let issuer = |pool: &str| {
            token(&format!(
                "https://cognito-idp.us-east-1.amazonaws.com/{pool}"
            ))
        };
        let arn = |what: &str| format!("arn:aws:cognito-idp:us-east-1:123456789012:{what}");
        let allowed = [
            ("AdminGetUser", json!({ "UserPoolId": "us-east-1_Mine" })),
            (
                "TagResource",
                json!({ "ResourceArn": arn("userpool/us-east-1_Mine") }),
            ),
            (
                "GetUser",
                json!({ "AccessToken": issuer("us-east-1_Mine") }),
            ),
            ("SignUp", json!({ "ClientId": "mine" })),
            ("VerifySoftwareToken", json!({ "Session": "s" })),
            ("DescribeUserPoolDomain", json!({ "Domain": "d" })),
        ];
        for (operation, input) in allowed {
            assert_eq!(pools.check(operation, &input), Ok(()), "{operation}");
        }
        let refused = [
            ("AdminGetUser", json!({ "UserPoolId": "us-east-1_Other" })),
            ("AdminGetUser", json!({})),
            (
                "TagResource",
                json!({ "ResourceArn": arn("userpool/us-east-1_Other") }),
            ),
            (
                "TagResource",
                json!({ "ResourceArn": arn("userpool/us-east-1_Other/userpool/us-east-1_Mine") }),
            ),
            (
                "TagResource",
                json!({ "ResourceArn": arn("identitypool/us-east-1_Mine") }),
            ),
            (
                "GetUser",
                json!({ "AccessToken": issuer("us-east-1_Other") }),
            ),
            ("GetUser", json!({ "AccessToken": "opaque" })),
            ("SignUp", json!({ "ClientId": "other" })),
            ("ListUserPools", json!({ "MaxResults": 1 })),
            ("CreateUserPool", json!({ "PoolName": "p" })),
            ("UpdateProvisionedLimit", json!({})),
        ];
        for (operation, input) in refused {
            assert!(
                pools.check(operation, &input).is_err(),
                "{operation} {input}"
            );
        }
        assert_eq!(Pools::default().check("ListUserPools", &json!({})), Ok(()));
    }
}
