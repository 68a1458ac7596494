//! Names that a call gives in place of ids: the user pool and the app client.
//!
//! A name that exactly one pool or client has is replaced by its id before the arguments are
//! validated, so every later step, from the gate to the confirmation, sees the id. An id always
//! wins over a name. Names that only resemble another are left to the hints.

use std::ops::RangeInclusive;

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::call::context::Cx;
use crate::call::pool_names::Recent;
use crate::error::{ToolError, ToolResult};
use crate::guard::untrusted;
use crate::ids::PoolId;

const POOL: &str = "user_pool_id";
const POOLS: &str = "user_pool_ids";
const CLIENT: &str = "client_id";
/// The most pages of a list that are read to find a name.
const PAGES: usize = 10;
/// The entries of a page, the most that Cognito lists.
const PAGE: i32 = 60;
/// The most ids that an error lists.
const CANDIDATES: usize = 10;
/// The lengths of the client ids that Cognito makes, as in `7cku2f5d8sm0kkbt9k7i6gr1ts`. They are
/// numbers in base 32; an id whose first digits are zeros is shorter (inferred from ids in public
/// documentation: 26 digits, few with 25).
const CLIENT_ID: RangeInclusive<usize> = 24..=26;

/// A resource that has an id and a name.
struct Named {
    id: String,
    name: String,
}

/// Whether `text` has the form of the client ids that Cognito makes.
pub(crate) fn is_client_id(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'v');
    CLIENT_ID.contains(&text.len()) && text.bytes().all(is_digit)
}

/// Whether `text` can be the name of a pool or client: `[\w\s+=,.@-]+`, at most 128 characters.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>
fn is_name(text: &str) -> bool {
    let is_valid =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "_+=,.@-".contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(is_valid)
}

/// Whether `arguments` may contain a name in place of an id.
pub(crate) fn may_have_names(arguments: &JsonObject) -> bool {
    let client = arguments.get(CLIENT).and_then(Value::as_str);
    let names_client = |given: &str| is_name(given) && !is_client_id(given);
    names_a_pool(arguments) || client.is_some_and(names_client)
}

/// Whether `arguments` may contain the name of a pool in place of its id.
fn names_a_pool(arguments: &JsonObject) -> bool {
    let pool = arguments.get(POOL).into_iter();
    let listed = arguments.get(POOLS).and_then(Value::as_array);
    let mut given = pool.chain(listed.into_iter().flatten());
    given.any(|given| {
        let text = given.as_str();
        text.is_some_and(|text| is_name(text) && PoolId::parse(text).is_err())
    })
}

impl Cx {
    /// The name of the pool `id`. None if the pool does not exist, is not in scope or cannot be
    /// read now.
    pub(crate) async fn pool_name(&self, id: &str) -> Option<String> {
        if let Some(emulator) = &self.shared.backend.emulator {
            return emulator.pool_name(id);
        }
        let names = &self.shared.pool_names;
        if let Recent::Read(name) = names.recent(id) {
            return name;
        }
        let request = self.cognito().describe_user_pool().user_pool_id(id);
        let described = Box::pin(self.for_hints(request.send())).await;
        let name = described.ok().and_then(|answer| answer.user_pool?.name);
        names.insert(id, name.clone());
        name
    }

    /// The name of the app client `id` of `pool`. None if it cannot be read.
    pub(crate) async fn client_name(&self, pool: &str, id: &str) -> Option<String> {
        let request = self.cognito().describe_user_pool_client();
        let request = request.user_pool_id(pool).client_id(id);
        let described = Box::pin(self.for_hints(request.send())).await;
        described.ok()?.user_pool_client?.client_name
    }

    /// Replaces the names of pools and of a client in `arguments` by their ids. A name that is
    /// unknown, or cannot be looked up, stays as it is.
    ///
    /// # Errors
    /// `AmbiguousName` if several pools or clients have the name.
    pub(crate) async fn resolve_names(&self, arguments: &mut JsonObject) -> ToolResult<()> {
        Box::pin(self.for_hints(self.resolve(arguments))).await
    }

    async fn resolve(&self, arguments: &mut JsonObject) -> ToolResult<()> {
        // The pools are listed once, however many names there are.
        if names_a_pool(arguments)
            && let Some(known) = self.pools_by_name().await
        {
            if let Some(Value::String(given)) = arguments.get_mut(POOL) {
                replace(given, &known, "/user_pool_id", "user pools")?;
            }
            let listed = arguments.get_mut(POOLS).and_then(Value::as_array_mut);
            for (n, given) in listed.into_iter().flatten().enumerate() {
                if let Value::String(given) = given {
                    let pointer = format!("/user_pool_ids/{n}");
                    replace(given, &known, &pointer, "user pools")?;
                }
            }
        }
        let pool = arguments.get(POOL).and_then(Value::as_str);
        let pool = pool.map(ToOwned::to_owned);
        let pool = pool.or_else(|| self.defaults().user_pool_id);
        if let (Some(Value::String(given)), Some(pool)) = (arguments.get_mut(CLIENT), pool)
            && is_name(given)
            && !is_client_id(given)
            && self.pools().allows(&pool)
            && let Some(known) = self.clients_by_name(&pool).await
        {
            replace(given, &known, "/client_id", "app clients")?;
        }
        Ok(())
    }

    /// The pools that calls may reach. None if not all of them can be read.
    async fn pools_by_name(&self) -> Option<Vec<Named>> {
        let mut known = Vec::new();
        if !self.pools().is_open() {
            for id in self.pools().ids() {
                let request = self.cognito().describe_user_pool().user_pool_id(id);
                let name = request.send().await.ok()?.user_pool?.name?;
                known.push(Named {
                    id: id.clone(),
                    name,
                });
            }
            return Some(known);
        }
        let mut next = None;
        for _ in 0..PAGES {
            let request = self.cognito().list_user_pools().max_results(PAGE);
            let page = request.set_next_token(next.take()).send().await.ok()?;
            let pools = page.user_pools.into_iter().flatten();
            known.extend(pools.filter_map(|pool| {
                Some(Named {
                    id: pool.id?,
                    name: pool.name?,
                })
            }));
            next = page.next_token;
            if next.is_none() {
                return Some(known);
            }
        }
        None
    }

    /// The app clients of `pool`. None if not all of them can be read.
    async fn clients_by_name(&self, pool: &str) -> Option<Vec<Named>> {
        let mut known = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let request = self.cognito().list_user_pool_clients().max_results(PAGE);
            let request = request.user_pool_id(pool).set_next_token(next.take());
            let page = request.send().await.ok()?;
            let clients = page.user_pool_clients.into_iter().flatten();
            known.extend(clients.filter_map(|client| {
                Some(Named {
                    id: client.client_id?,
                    name: client.client_name?,
                })
            }));
            next = page.next_token;
            if next.is_none() {
                return Some(known);
            }
        }
        None
    }
}

/// Replaces `given`, the argument at `pointer`, by the id of the only one of `known` with that
/// name.
fn replace(given: &mut String, known: &[Named], pointer: &str, what: &str) -> ToolResult<()> {
    if known.iter().any(|one| one.id == *given) {
        return Ok(());
    }
    let found: Vec<&Named> = known.iter().filter(|one| one.name == *given).collect();
    match found.as_slice() {
        [] => Ok(()),
        [only] => {
            only.id.clone_into(given);
            Ok(())
        }
        several => {
            let ids = several.iter().take(CANDIDATES);
            let ids: Vec<&str> = ids.map(|one| &*one.id).collect();
            let count = several.len();
            let name = untrusted::bare(given);
            let message = format!("names {count} {what}: {}", ids.join(", "));
            let mut error = ToolError::argument(pointer, message);
            "AmbiguousName".clone_into(&mut error.code);
            Err(error.hint(format!("Several have the name {name}: give the id of one")))
        }
    }
}
