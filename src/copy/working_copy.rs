//! A copy of a pool in an emulator, on which calls are rehearsed.

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::Scope;
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

use super::reader::Reader;
use super::scratch::{Defaults, Scratch};
use super::settings::{self, Choice};
use super::users::{self, Details};
use crate::cognito::backend::{Backend, Emulated};
use crate::error::{ToolError, ToolResult};

/// A copy of a pool in an emulator of its own. The pool, its app clients and its users keep their
/// ids. Nothing that happens to the copy leaves the process: messages are not delivered, and no
/// function is called.
pub struct WorkingCopy {
    scratch: Scratch,
    id: String,
    region: String,
}

impl WorkingCopy {
    /// Loads `pool`, an element of `UserPools` with its id.
    ///
    /// # Errors
    /// `CopyFailed` if the emulator cannot load the pool.
    pub async fn load(mut pool: Value, clock: Clock) -> ToolResult<Self> {
        let id = pool["Id"].as_str().unwrap_or_default().to_owned();
        let region = id.split('_').next().unwrap_or_default().to_owned();
        if let Value::Object(members) = &mut pool {
            // The account of the emulator's credentials. It is not part of the pool.
            members.shift_remove("AccountId");
        }
        // Members of every pool, such as the standard attributes, cannot be created.
        Defaults::read().await?.remove_from(&mut pool);
        let builder = Stack::builder().clock(clock).scope(Scope {
            region: region.clone(),
            ..Scope::default()
        });
        let file = json!({ "Version": 1, "UserPools": [pool] }).to_string();
        let scratch = Scratch::load_into(builder, "the copy", &file).map_err(|mistake| {
            let message = format!("the emulator cannot load a copy of the pool: {mistake}");
            ToolError::new("CopyFailed", message)
        })?;
        let copy = Self {
            scratch,
            id,
            region,
        };
        Ok(copy)
    }

    /// A backend that calls the copy.
    #[must_use]
    pub fn backend(&self) -> Backend {
        Emulated::over(self.scratch.stack().clone()).backend(&self.region)
    }

    /// The pool with all its users, in the form of a pool file.
    ///
    /// # Errors
    /// If the pool is deleted.
    pub async fn read(&self) -> ToolResult<Value> {
        let reader = self.scratch.reader(&self.id);
        let read = settings::read(&reader, &self.id, Choice::default()).await?;
        let mut pool = read.pool;
        let all = all_users(&reader, &self.id, &pool).await?;
        pool["Users"] = Value::Array(all);
        Ok(pool)
    }

    /// Makes every function that the pool's triggers name return its event unchanged. A function
    /// of AWS cannot be called here, and without one every operation with a trigger would fail.
    ///
    /// # Errors
    /// As [`WorkingCopy::read`].
    pub async fn pass_triggers(&self) -> ToolResult<bool> {
        let reader = self.scratch.reader(&self.id);
        let input = json!({ "UserPoolId": self.id });
        let pool = reader.ask("DescribeUserPool", input).await?;
        let mut arns = Vec::new();
        find_functions(&pool["UserPool"]["LambdaConfig"], &mut arns);
        let functions = &self.scratch.stack().world().functions;
        for arn in &arns {
            functions.insert(arn, |event: &Value| Ok(event.clone()));
        }
        Ok(!arns.is_empty())
    }
}

/// Adds the ARNs of functions in `config`, a `LambdaConfig` or a part of one.
fn find_functions(config: &Value, arns: &mut Vec<String>) {
    match config {
        Value::String(text) if text.contains(":lambda:") => arns.push(text.clone()),
        Value::Object(members) => members.values().for_each(|it| find_functions(it, arns)),
        _ => {}
    }
}

/// Reads all users of the pool `id`, whose settings are `pool`.
///
/// # Errors
/// If a page cannot be read.
pub async fn all_users(reader: &Reader, id: &str, pool: &Value) -> ToolResult<Vec<Value>> {
    let details = Details::of(pool);
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let page = users::page(reader, id, None, users::PAGE, next.as_deref(), details).await?;
        all.extend(page.users);
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}
