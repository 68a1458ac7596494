//! Evaluation: tasks of operators, each of which begins with a plausible mistake.
//!
//! The caller is a script. It knows the list of tools and makes the calls of a task. If a
//! call is refused, it makes the call in `retry`, or repeats the call later. If the
//! advice requires something that only a person knows, such as a code from a message, the
//! task has the person's answer. All tasks are finished on an emulated server and on a
//! server that is configured for AWS. The second server allows reads, writes and
//! deletions, hides secrets, requires confirmation of deletions, and has none of the
//! emulator's tools. Its requests are answered by the emulator in Cognito's wire form.

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

/// A task of an operator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    /// The request in the operator's words.
    ask: String,
    /// The mistake that the caller makes.
    mistake: String,
    /// Settings of the pool and the client, in addition to those of every task.
    #[serde(default)]
    pool: Value,
    #[serde(default)]
    app: Value,
    /// Whether calls must name the pool and the client.
    #[serde(default)]
    no_defaults: bool,
    /// Operations of Cognito and calls of tools that create the state at the start.
    #[serde(default)]
    before: Vec<(String, Value)>,
    /// The calls of the caller. The first one has the mistake.
    calls: Vec<(String, Value)>,
    /// Whether the correction replaces the refused call. Otherwise it precedes it.
    #[serde(default)]
    instead: bool,
    /// The person's answers, by the name of the argument.
    #[serde(default)]
    known: Map<String, Value>,
    /// The expected state at the end: calls, and members of their answers.
    after: Vec<(String, Value, Value)>,
}

fn tasks() -> Vec<Task> {
    let tasks: Tasks = toml::from_str(include_str!("../../evaluation/tasks.toml")).unwrap();
    tasks.task
}

/// Maximum number of calls for one planned call. If it is reached, the retries do not
/// help.
const STEPS: usize = 8;

/// The record of one task.
#[derive(Default)]
struct Run {
    /// Number of all calls.
    calls: usize,
    /// Number of calls from the first refusal to the success of the refused call.
    to_recover: usize,
    /// The refusals, as text for a failure of the test.
    refusals: String,
}

impl Run {
    /// Makes a planned call, and follows refusals until the call succeeds.
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
                        // The obstacle is removed, or the answer is known, so the planned
                        // call is repeated.
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
                // A retry that writes is the correction. A retry that reads only helps to
                // find the answer.
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

/// Whether the tool only reads.
fn is_reading(tool: &str) -> bool {
    let tool = cognito_mcp::tools::find(tool).unwrap();
    tool.effect == cognito_mcp::cognito::operations::Effect::Read
}

/// The person's answers to a refusal, whose hint or problems name the arguments.
fn asked_for(facts: &Value, known: &Map<String, Value>) -> Map<String, Value> {
    let words = format!("{} {}", facts["hint"], facts["problems"]);
    let named = known
        .iter()
        .filter(|(name, _)| words.contains(name.as_str()));
    named
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Adds the values of `known` to the arguments. `wanted` decides about each value by two
/// flags: whether the argument is missing, and whether it is a placeholder `<…>`.
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

/// Whether an argument is a placeholder that a person must replace.
fn is_open(argument: &Value) -> bool {
    match argument {
        Value::String(text) => text.starts_with('<') && text.ends_with('>'),
        Value::Object(members) => members.values().any(is_open),
        _ => false,
    }
}

/// The first error in an answer's rows, and the rows to repeat.
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
            // A listing or a sign-in is continued to its end.
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

/// Whether `found` has all of `expected`. Lists must have the same length and order.
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
async fn every_task_is_finished_by_following_refusals() {
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
