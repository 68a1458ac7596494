//! The journal, and the repetition of its requests.

use cognito_emulator::layers::journal;
use cognito_emulator::wire::{Cut, Service as _};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_operation, newest, object, outside};
use crate::call::context::Cx;
use crate::call::pages::Page;
use crate::cognito::operations::{self, Effect};
use crate::cognito::{pools, time};
use crate::error::{NextCall, ToolError, ToolResult};
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<ReadJournal>(), Entry::of::<RepeatRequest>()]
}

/// Read the last calls that the emulator answered, from tools and over HTTP, newest first and without secrets.
#[derive(Deserialize, JsonSchema)]
struct ReadJournal {
    /// Only calls of this operation, as in `AdminCreateUser`.
    operation: Option<String>,
    /// Only calls that failed (default false).
    #[serde(default)]
    failed: bool,
    /// Also what tools read for themselves (default false).
    #[serde(default)]
    lookups: bool,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of the journal.
#[derive(Serialize, JsonSchema)]
struct JournalPage {
    /// The calls, newest first.
    calls: Vec<Answered>,
    /// Older calls that match and were left out.
    older: usize,
    /// Where the older ones begin; absent if there are none.
    cursor: Option<String>,
    /// The call that returns them.
    next: Option<NextCall>,
}

/// One call and its answer.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// When it arrived, RFC 3339.
    at: Option<String>,
    /// The operation.
    operation: String,
    /// HTTP status; absent if the connection was cut before it was sent.
    status: Option<u16>,
    /// The exception's name, if the call failed.
    code: Option<String>,
    /// The exception's sentence.
    message: Option<String>,
    /// The request without secrets.
    request: Option<JsonObject>,
    /// The response without secrets, if the call succeeded.
    response: Option<JsonObject>,
    /// The request id in the response.
    request_id: String,
    /// Milliseconds by which a fault delayed the response.
    delay_ms: Option<u64>,
    /// `BeforeEffects` or `AfterEffects`, if a fault cut the connection.
    cut: Option<&'static str>,
    /// True if a tool read this for itself, as for a hint or a dry run.
    lookup: Option<bool>,
}

impl Tool for ReadJournal {
    const NAME: &'static str = "read_journal";
    const TITLE: &'static str = "Read journal";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = JournalPage;

    fn example() -> Value {
        json!({ "operation": "AdminCreateUser", "failed": true, "limit": 5 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<JournalPage> {
        check_operation(cx, self.operation.as_deref())?;
        let filter = journal::JournalFilter {
            operation: self.operation,
            failed: self.failed,
            without_lookups: !self.lookups,
            ..journal::JournalFilter::default()
        };
        let mut calls = cx.emulator()?.stack().read_journal(&filter);
        let (older, cursor) = newest(&mut calls, self.page.count(), self.page.cursor.as_deref())?;
        Ok(JournalPage {
            next: cx.next_page(cursor.as_deref()),
            cursor,
            calls: calls
                .iter()
                .map(|call| Answered::from(call.entry()))
                .collect(),
            older,
        })
    }
}

impl From<journal::Entry> for Answered {
    fn from(call: journal::Entry) -> Self {
        Self {
            at: time::rfc3339_of_milliseconds(call.time.0),
            operation: call.operation,
            status: call.status,
            code: call.code,
            message: call.message,
            request: object(call.request),
            response: object(call.response),
            request_id: call.request_id,
            delay_ms: u64::try_from(call.delay.as_millis())
                .ok()
                .filter(|delay| *delay > 0),
            cut: call.cut.map(cut),
            lookup: call.lookup.then_some(true),
        }
    }
}

/// The name in answers of the moment at which a connection was cut.
fn cut(cut: Cut) -> &'static str {
    match cut {
        Cut::BeforeEffects => "BeforeEffects",
        Cut::AfterEffects => "AfterEffects",
    }
}

/// Send a request of the journal again, with its secrets; not one that deletes or disables.
#[derive(Deserialize, JsonSchema)]
struct RepeatRequest {
    /// `request_id` of the call in `read_journal`.
    request_id: String,
}

impl Tool for RepeatRequest {
    const NAME: &'static str = "repeat_request";
    const TITLE: &'static str = "Repeat request";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Answered;

    fn example() -> Value {
        json!({ "request_id": "87cb50b2-635c-454a-a157-82cd2b9c6ca2" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Answered> {
        let stack = cx.emulator()?.stack().clone();
        let Some(call) = stack.recorded_call(&self.request_id) else {
            let message = "The journal has no request with this id, or it is one for a web page";
            return Err(ToolError::new("RequestNotFound", message)
                .hint("Give the request_id of a call that read_journal returns"));
        };
        let operation = call.operation.to_string();
        if operations::effect_of(&[&operation]) == Effect::Destroy {
            let message = format!("{operation} deletes or disables, so it is not repeated");
            return Err(ToolError::new("DestructionNotRepeated", message)
                .hint("Use the tool for it, or call_operation"));
        }
        if !cx.pools().is_open() {
            let pool = stack.inspect(|emulator| emulator.pool_of(&call));
            let in_scope = match pool {
                Some(pool) => cx.pools().check_id(&pool),
                None => Err(outside(&operation)),
            };
            in_scope.map_err(|elsewhere| pools::refusal(&elsewhere))?;
        }
        // A trigger may wait for its function.
        let run = tokio::task::spawn_blocking(move || {
            let reply = stack.call(&call);
            let filter = journal::JournalFilter {
                operation: Some(operation),
                ..journal::JournalFilter::default()
            };
            let calls = stack.read_journal(&filter);
            let mut latest = calls.iter().rev().map(journal::Recorded::entry);
            latest.find(|entry| entry.request_id == reply.request_id)
        });
        let entry = run.await.ok().flatten().ok_or_else(|| {
            let message = "The request was sent, and the journal does not have its response";
            ToolError::new("ResponseNotFound", message)
        })?;
        Ok(entry.into())
    }
}
