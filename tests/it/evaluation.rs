//! Evaluation: tasks of operators, each begun with a plausible mistake.
//!
//! The caller is a script: it knows the list of tools, makes the calls that a task
//! names, and follows refusals: it makes the call in `retry`, or the same call later.
//! If the advice requires what only a person knows, such as a code from a
//! message, the task has the person's answer. All tasks are finished on an
//! emulated server and on one that is configured for AWS: reads, writes and deletions
//! allowed, secrets hidden, deletions confirmed, none of the emulator's tools. Its
//! connection is answered by the emulator in Cognito's wire form.

use std::fmt::Write as _;
use std::time::Duration;

use cognito_mcp::config::{BackendKind, Config, Selection};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::test_server::{Outcome, TestServer};

/// `evaluation/tasks.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tasks {
    task: Vec<Task>,
}

/// Something that an operator wants done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    /// The words of the operator.
    ask: String,
    /// The mistake of the caller.
    mistake: String,
    /// Settings of the pool and the client, beyond those of every task.
    #[serde(default)]
    pool: Value,
    #[serde(default)]
    app: Value,
    /// Whether calls have to name pool and client.
    #[serde(default)]
    no_defaults: bool,
    /// The state at the start: operations of Cognito and calls of tools, as the caller
    /// before has left them.
    #[serde(default)]
    before: Vec<(String, Value)>,
    /// The calls of the caller, the mistake first.
    calls: Vec<(String, Value)>,
    /// Whether the correction is another call in the place of the refused one, rather
    /// than before it.
    #[serde(default)]
    instead: bool,
    /// The person's answers, by the name of the argument.
    #[serde(default)]
    known: Map<String, Value>,
    /// The state at the end: calls, and members of their answers.
    after: Vec<(String, Value, Value)>,
}

fn tasks() -> Vec<Task> {
    let tasks: Tasks = toml::from_str(include_str!("../../evaluation/tasks.toml")).unwrap();
    tasks.task
}

/// More calls than these for one that is refused mean that the retries do not help.
const STEPS: usize = 8;

/// The course of one task.
#[derive(Default)]
struct Run {
    /// Calls made in all.
    calls: usize,
    /// Calls from the first refusal to the success of what was refused.
    to_recover: usize,
    /// Refusals and what was done about them.
    refusals: String,
}

impl Run {
    /// Makes a call of the plan and follows its refusals until it succeeds.
    async fn carry_out(
        &mut self,
        world: &TestServer,
        task: &Task,
        tool: &str,
        arguments: &Value,
    ) -> Result<Value, String> {
        let planned = tool;
        let mut again = arguments.clone();
        let (mut tool, mut arguments) = (tool.to_owned(), arguments.clone());
        let mut refused = false;
        let mut asked = Map::new();
        for _ in 0..STEPS {
            self.calls += 1;
            self.to_recover += usize::from(refused);
            let facts = match world.call(&tool, &arguments).await {
                Outcome::Refused(facts) => facts,
                Outcome::Done(answer) => match (tool == planned, failed_rows(&answer, &again)) {
                    (true, None) => return Ok(answer),
                    (true, Some((row, rest))) => {
                        again["users"] = rest;
                        row
                    }
                    (false, _) if task.instead => return Ok(answer),
                    (false, _) => {
                        // What was in the way is out of it, or the answer is known.
                        fill_in(&mut again, &asked, |_, _| true);
                        fill_in(&mut again, &task.known, |_, open| open);
                        (tool, arguments) = (planned.to_owned(), again.clone());
                        continue;
                    }
                },
            };
            refused = true;
            writeln!(
                self.refusals,
                "    {tool} {arguments}: {} {}",
                facts["message"], facts["hint"]
            )
            .unwrap();
            if tool == planned {
                // A retry that writes is the answer; one that reads helps to find it.
                let next = facts["retry"]["tool"].as_str();
                asked = match next {
                    Some(next) if !is_reading(next) => Map::new(),
                    _ => asked_for(&facts, &task.known),
                };
            }
            if let Some(wait) = facts["retry_after_ms"].as_u64() {
                world.stack().advance(Duration::from_millis(wait));
            }
            if let Some(retry) = facts.get("retry") {
                retry["tool"].as_str().unwrap().clone_into(&mut tool);
                arguments = retry["arguments"].clone();
                fill_in(&mut arguments, &task.known, |_, argument| argument);
                if tool == planned && again.get("users").is_none() {
                    again = arguments.clone();
                }
            } else if facts["retryable"] != true {
                if asked.is_empty() {
                    return Err(format!("no next step: {}", self.refusals));
                }
                fill_in(&mut arguments, &asked, |_, _| true);
                again = arguments.clone();
            }
        }
        Err(format!("the retries do not help:\n{}", self.refusals))
    }
}

/// Whether a tool of that name only reads.
fn is_reading(tool: &str) -> bool {
    let tool = cognito_mcp::tools::find(tool).unwrap();
    tool.effect == cognito_mcp::cognito::operations::Effect::Read
}

/// The answers that a refusal requires: its words or its problems name the argument.
fn asked_for(facts: &Value, known: &Map<String, Value>) -> Map<String, Value> {
    let words = format!("{} {}", facts["hint"], facts["problems"]);
    let named = known
        .iter()
        .filter(|(name, _)| words.contains(name.as_str()));
    named
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Puts what a person knows in the place of `<…>`, and in other arguments if `wanted`.
fn fill_in(arguments: &mut Value, known: &Map<String, Value>, wanted: impl Fn(bool, bool) -> bool) {
    let Some(arguments) = arguments.as_object_mut() else {
        return;
    };
    for (name, value) in known {
        let open = arguments.get(name).is_some_and(is_open);
        if wanted(!arguments.contains_key(name), open) {
            arguments.insert(name.clone(), value.clone());
        }
    }
}

/// Whether an argument is left for a person to fill in.
fn is_open(argument: &Value) -> bool {
    match argument {
        Value::String(text) => text.starts_with('<') && text.ends_with('>'),
        Value::Object(members) => members.values().any(is_open),
        _ => false,
    }
}

/// The first refusal among an answer's rows, and the rows that failed.
fn failed_rows(answer: &Value, arguments: &Value) -> Option<(Value, Value)> {
    let rows = answer["rows"].as_array()?;
    let failed = |row: &&Value| row.get("error").is_some();
    let first = rows.iter().find(failed)?["error"].clone();
    let names: Vec<&Value> = rows
        .iter()
        .filter(failed)
        .map(|row| &row["username"])
        .collect();
    let users = arguments["users"].as_array().into_iter().flatten();
    let rest = users.filter(|user| names.contains(&&user["username"]));
    Some((first, rest.cloned().collect()))
}

async fn run(task: &Task, backend: BackendKind) -> Result<Run, String> {
    let config = Config {
        backend,
        allow_destructive: backend == BackendKind::Aws,
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let world = TestServer::configured(
        config,
        task.pool.clone(),
        task.app.clone(),
        !task.no_defaults,
    )
    .await;
    for (name, arguments) in &task.before {
        world.prepare(name, arguments).await;
    }
    let mut run = Run::default();
    for (tool, arguments) in &task.calls {
        let (mut tool, mut arguments) = (tool.clone(), arguments.clone());
        loop {
            let answer = run.carry_out(&world, task, &tool, &arguments).await?;
            // A listing or a sign-in continues until its end.
            let Some(next) = answer.get("next") else {
                break;
            };
            next["tool"].as_str().unwrap().clone_into(&mut tool);
            arguments = next["arguments"].clone();
            fill_in(&mut arguments, &task.known, |_, open| open);
        }
    }
    if run.to_recover == 0 {
        return Err("nothing was refused: the task has no mistake".to_owned());
    }
    for (name, arguments, expected) in &task.after {
        let found = world.look(name, arguments).await;
        let expected = world.filled(expected);
        if !has(&found, &expected) {
            return Err(format!("{name}: {expected} is not in {found}"));
        }
    }
    Ok(run)
}

/// Whether all of `expected` is in `found`; of a list every element, in order.
fn has(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, expected)| found.get(name).is_some_and(|found| has(found, expected))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| has(a, b))
        }
        (found, expected) => found == expected,
    }
}

/// The file with the table of tasks, which `scripts/test` prints.
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/evaluation.txt");

#[tokio::test(start_paused = true)]
async fn every_task_is_finished_by_following_the_corrections() {
    let tasks = tasks();
    assert!(tasks.len() >= 40, "{}", tasks.len());
    let mut failed = Vec::new();
    let mut report = String::new();
    let mut medians = Vec::new();
    for (backend, name) in [
        (BackendKind::Emulated, "emulated"),
        (BackendKind::Aws, "aws"),
    ] {
        let mut table = String::new();
        let mut recoveries = Vec::new();
        for task in &tasks {
            match run(task, backend).await {
                Ok(run) => {
                    recoveries.push(run.to_recover);
                    let Run {
                        calls, to_recover, ..
                    } = run;
                    writeln!(
                        table,
                        "{calls:>5} {to_recover:>7}  {} ({})",
                        task.ask, task.mistake
                    )
                    .unwrap();
                }
                Err(why) => {
                    failed.push(format!("{name}: {}: {why}", task.ask));
                    writeln!(table, " FAILED       {} ({})", task.ask, task.mistake).unwrap();
                }
            }
        }
        recoveries.sort_unstable();
        let median = recoveries[recoveries.len() / 2];
        writeln!(
            report,
            "{name}\ncalls recover\n{table}\n\
             {} of {} finished; median calls to recover: {median}\n",
            recoveries.len(),
            tasks.len()
        )
        .unwrap();
        medians.push(median);
    }
    std::fs::write(REPORT, report).unwrap();
    assert_eq!(medians, [1, 1]);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
