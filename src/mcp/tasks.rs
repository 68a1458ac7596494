//! Tasks: changes of many users that outlive their request.
//!
//! A call of a tool that changes a selection of users is answered by the end of its batch or of
//! its time, with the call that continues it. A client that declares the extension
//! `io.modelcontextprotocol/tasks` gets a task instead, which makes the calls that continue it,
//! one after the other. The client polls the task, and can cancel it between two users. The
//! first call is made before the task exists, so a refusal and a question to the user are
//! answered as in any other call.
//!
//! Every call of a task passes through the gate, the confirmation and the audit log. A
//! confirmed plan covers them.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CreateTaskResult, GetTaskResult,
    JsonObject, TaskStatus,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::bounds::{
    PRINCIPALS, TASK_BEAT, TASK_FAILURES, TASK_LEASE, TASK_LIFETIME, TASK_POLL, TASKS,
};
use crate::error::ToolError;
use crate::guard::secrets::Owner;
use crate::record::audit::Trail;
use crate::run::Runner;
use crate::shared_state::{State, Table};
use crate::tools::Entry;

/// The tasks of a server.
#[derive(Clone)]
pub(crate) struct Tasks {
    manager: TaskManager,
    /// The principal of each task. Another principal cannot see it.
    owners: Arc<Mutex<BTreeMap<String, Owner>>>,
    /// If replicas share it, they show each other's tasks. A task runs on the replica that began it.
    state: Arc<State>,
}

/// The tasks of all replicas, as they were last reported.
const REPORTED: Table = Table {
    name: "task",
    lifetime: TASK_LEASE,
    renews: false,
    items: TASKS * 8,
    bytes: usize::MAX,
    owners: PRINCIPALS,
    one_run: false,
};

/// The tasks that a client cancelled at another replica.
const CANCELLED: Table = Table {
    name: "task-cancelled",
    ..REPORTED
};

/// Numbers of an answer that the calls of a task add up.
const COUNTS: [&str; 4] = ["done", "already", "failed", "not_tried"];

impl Tasks {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self {
            manager: TaskManager::default(),
            owners: Arc::default(),
            state,
        }
    }

    /// Whether tasks run on this replica.
    pub(crate) fn are_running(&self) -> bool {
        self.manager.running_task_count() > 0
    }

    /// The task that continues a call of `entry`, whose first `answer` is not the last one. The
    /// answer itself if there is nothing to continue, the client has no tasks, or too many run.
    pub(crate) async fn begin(
        &self,
        runner: Arc<Runner>,
        entry: &'static Entry,
        answer: CallToolResponse,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let declares = context
            .client_capabilities()
            .is_some_and(|client| client.supports_tasks());
        let CallToolResponse::Complete(first) = answer else {
            return answer;
        };
        let next = entry.definition.plans.then(|| next(&first)).flatten();
        if !declares || next.is_none() || self.manager.running_task_count() >= TASKS {
            return first.into();
        }
        let mut context = context.clone();
        // The request is answered, so its progress and its cancellation have ended.
        context.meta.0.0.shift_remove("progressToken");
        context.ct = CancellationToken::new();
        let owner = Owner::of(&context);
        let lifetime = u64::try_from(TASK_LIFETIME.as_millis()).unwrap_or(u64::MAX);
        let poll = u64::try_from(TASK_POLL.as_millis()).unwrap_or(u64::MAX);
        let options = TaskOptions::new()
            .with_ttl_ms(lifetime)
            .with_poll_interval_ms(poll)
            .with_status_message(Progress::of(&first).sentence());
        let task = self.manager.spawn(options, |task| {
            Box::pin(continued(runner, entry, first, context, task))
        });
        {
            let mut owners = self.owners.lock();
            owners.retain(|id, _| self.manager.get_task(id).is_ok());
            owners.insert(task.task_id.clone(), owner.clone());
        }
        if self.state.is_shared() {
            // Before the answer, so that the client can ask another replica at once.
            self.report(&owner, &task.task_id).await;
            let (tasks, id) = (self.clone(), task.task_id.clone());
            tokio::spawn(async move { tasks.attend(&owner, &id).await });
        }
        CreateTaskResult::new(task).into()
    }

    /// Reports a task of this replica to the others. Returns whether it still runs.
    async fn report(&self, owner: &Owner, id: &str) -> bool {
        let Ok(task) = self.manager.get_task(id) else {
            return false;
        };
        let runs = matches!(
            task.status(),
            TaskStatus::Working | TaskStatus::InputRequired
        );
        let table = Table {
            lifetime: if runs { TASK_LEASE } else { TASK_LIFETIME },
            ..REPORTED
        };
        let task = GetTaskResult::new(task);
        // If the report is lost, the next one follows soon.
        let _ = self.state.put(&table, owner.name(), id, &task).await;
        runs
    }

    /// Reports a task of this replica until it ends, and cancels it if another replica was asked to.
    async fn attend(&self, owner: &Owner, id: &str) {
        let mut often = tokio::time::interval(TASK_BEAT);
        often.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            often.tick().await;
            let cancelled = self.state.take::<()>(&CANCELLED, owner.name(), id).await;
            if cancelled.is_ok_and(|cancelled| cancelled.is_some()) {
                let _ = self.manager.cancel_task(id);
            }
            if !self.report(owner, id).await {
                return;
            }
        }
    }

    /// A task of the caller that another replica reported.
    async fn reported(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let owner = Owner::of(context);
        match self.state.get(&REPORTED, owner.name(), id).await {
            Ok(Some(task)) => Ok(task),
            Ok(None) => Err(unknown()),
            Err(why) => {
                let error: Box<ToolError> = why.into();
                Err(ErrorData::internal_error(error.message.clone(), None))
            }
        }
    }

    /// The state of a task of the caller.
    pub(crate) async fn get(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        if !self.is_here(id, context) {
            return self.reported(id, context).await;
        }
        Ok(GetTaskResult::new(self.manager.get_task(id)?))
    }

    /// Requests that a task of the caller stops.
    pub(crate) async fn cancel(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if self.is_here(id, context) {
            return self.manager.cancel_task(id);
        }
        self.reported(id, context).await?;
        let owner = Owner::of(context);
        let asked = self.state.put(&CANCELLED, owner.name(), id, &()).await;
        asked.map(|_| ()).map_err(|why| {
            let error: Box<ToolError> = why.into();
            ErrorData::internal_error(error.message.clone(), None)
        })
    }

    /// Accepts answers to questions of a task. Tasks ask none, so there is nothing to do.
    pub(crate) async fn update(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.is_here(id, context) {
            self.reported(id, context).await?;
        }
        Ok(())
    }

    /// Whether a task of the caller runs, or ran, on this replica.
    fn is_here(&self, id: &str, context: &RequestContext<RoleServer>) -> bool {
        self.owners.lock().get(id) == Some(&Owner::of(context))
    }
}

/// The error for a task that does not exist, or that belongs to another principal.
fn unknown() -> ErrorData {
    let message = "There is no such task, it has expired, or the server that ran it has ended. Its \
                   effects stay: call the tool again, and users that are already so stay \
                   unchanged.";
    ErrorData::invalid_params(message, None)
}

/// The call that continues a result.
fn next(result: &CallToolResult) -> Option<(String, JsonObject)> {
    let answer = result.structured_content.as_ref()?;
    if answer.get("would_call").is_some() {
        // A dry run.
        return None;
    }
    let next = answer.get("next")?;
    let arguments = next["arguments"].as_object()?.clone();
    Some((next["tool"].as_str()?.to_owned(), arguments))
}

/// Makes the calls that continue `first`, until the last one or a refusal.
async fn continued(
    runner: Arc<Runner>,
    entry: &'static Entry,
    first: CallToolResult,
    context: RequestContext<RoleServer>,
    task: TaskContext,
) -> Result<CallToolResult, TaskExit> {
    let mut progress = Progress::of(&first);
    let mut last = first;
    while let Some((tool, arguments)) = next(&last) {
        let call = CallToolRequestParams::new(tool).with_arguments(arguments);
        let running = one(&runner, entry, call, &context);
        tokio::pin!(running);
        let answered = tokio::select! {
            biased;
            answered = &mut running => answered,
            () = task.cancelled() => {
                // The call stops between two users.
                context.ct.cancel();
                running.await
            }
        };
        let is_refused = match answered {
            CallToolResponse::Complete(result) if result.is_error != Some(true) => {
                last = result;
                false
            }
            CallToolResponse::Complete(result) => {
                task.set_status_message(progress.sentence());
                if task.is_cancel_requested() {
                    return Err(TaskExit::Cancelled);
                }
                return Ok(result);
            }
            // The users of the confirmed plan are used up: the client makes the call again,
            // and its user is asked.
            _ => true,
        };
        let moved = !is_refused && progress.add(&last);
        task.set_status_message(progress.sentence());
        if task.is_cancel_requested() {
            return Err(TaskExit::Cancelled);
        }
        if !moved {
            break;
        }
    }
    Ok(CallToolResult::structured(progress.answer(&last)))
}

/// Makes one call, with its own entry in the audit log.
async fn one(
    runner: &Runner,
    entry: &'static Entry,
    call: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> CallToolResponse {
    let trail = runner.trail_of_call(Some(entry), &call, context).await;
    let answered = async { Ok(Box::pin(runner.run(entry, call, context)).await) };
    let answered: Result<CallToolResponse, ErrorData> = Trail::over(trail, answered).await;
    answered.unwrap_or_else(|error| {
        let message = ToolError::new("InternalError", error.message.to_string());
        message.to_result().into()
    })
}

/// The sums of the calls of a task.
struct Progress {
    counts: BTreeMap<&'static str, u64>,
    /// Rows that failed.
    failures: Vec<Value>,
}

impl Progress {
    fn of(result: &CallToolResult) -> Self {
        let mut progress = Self {
            counts: BTreeMap::new(),
            failures: Vec::new(),
        };
        progress.add(result);
        progress
    }

    /// Adds the numbers of an answer. Returns whether it got further.
    fn add(&mut self, result: &CallToolResult) -> bool {
        let answer = result.structured_content.as_ref();
        let count = |name: &str| answer.and_then(|it| it[name].as_u64()).unwrap_or_default();
        for name in COUNTS {
            let total = self.counts.entry(name).or_default();
            // Users that were not tried are tried by the next call.
            *total = if name == "not_tried" {
                count(name)
            } else {
                *total + count(name)
            };
        }
        let rows = answer
            .and_then(|it| it["rows"].as_array())
            .into_iter()
            .flatten();
        let failed = rows.filter(|row| row["outcome"] == "failed");
        let room = TASK_FAILURES.saturating_sub(self.failures.len());
        self.failures.extend(failed.take(room).cloned());
        count("not_tried") == 0
    }

    fn sentence(&self) -> String {
        let count = |name: &str| self.counts.get(name).copied().unwrap_or_default();
        format!(
            "{} done, {} already so, {} failed",
            count("done"),
            count("already"),
            count("failed")
        )
    }

    /// The answer of the task: the last answer, with the sums, and the rows that failed.
    fn answer(self, last: &CallToolResult) -> Value {
        let mut answer = last.structured_content.clone().unwrap_or_default();
        for (name, count) in self.counts {
            answer[name] = json!(count);
        }
        answer["rows"] = self.failures.into();
        answer
    }
}
