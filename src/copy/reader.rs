//! Reads of a pool's parts, from AWS or from an emulator in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_cognitoidentityprovider::Client;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Scope, Service as _};
use serde_json::Value;

use crate::cognito::by_name;
use crate::cognito::part::Part;
use crate::error::{ToolError, ToolResult};

/// The source of a copy.
#[derive(Clone)]
pub struct Reader {
    from: From,
    calls: Arc<AtomicU64>,
}

#[derive(Clone)]
enum From {
    Client(Client),
    Emulator(Stack, Arc<Scope>),
}

impl Reader {
    /// A reader that sends requests with `client`.
    #[must_use]
    pub fn of_client(client: Client) -> Self {
        Self {
            from: From::Client(client),
            calls: Arc::default(),
        }
    }

    /// A reader of the pools of `scope` in `stack`.
    #[must_use]
    pub fn of_emulator(stack: Stack, scope: Scope) -> Self {
        Self {
            from: From::Emulator(stack, Arc::new(scope)),
            calls: Arc::default(),
        }
    }

    /// The number of calls so far, each counted once if the SDK retried it.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls `operation`. Times in the response are in RFC 3339.
    ///
    /// # Errors
    /// If Cognito refuses the request, or cannot be reached.
    pub async fn ask(&self, operation: &'static str, input: Value) -> ToolResult<Value> {
        debug_assert!(super::OPERATIONS.contains(&operation), "{operation}");
        self.calls.fetch_add(1, Ordering::Relaxed);
        match &self.from {
            From::Client(client) => by_name::ask(client, operation, input).await,
            From::Emulator(stack, scope) => {
                let mut call = Call::new(operation, without_nulls(input));
                call.scope = Arc::clone(scope);
                let reply = stack.inspect(|emulator| emulator.call(&call));
                if let Some(code) = &reply.code {
                    let message = reply.message.as_deref().unwrap_or_default();
                    return Err(ToolError::new(code, message));
                }
                let mut answer = reply.body.json().clone();
                by_name::write_times(operation, &mut answer);
                Ok(answer)
            }
        }
    }

    /// Calls `operation` for a part that the pool may not have.
    pub(crate) async fn part(&self, operation: &'static str, input: Value) -> ToolResult<Part> {
        Part::of(self.ask(operation, input).await)
    }
}

fn without_nulls(mut input: Value) -> Value {
    if let Value::Object(members) = &mut input {
        members.retain(|_, value| !value.is_null());
    }
    input
}
