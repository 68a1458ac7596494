//! Generated slips of every tool and every argument, and the table of their outcomes.
//!
//! A slip is right if the tool understands it at once, or if one correction that the error
//! names leads to the intended outcome: the same successful requests and the same answer as
//! the intended call in an equal world. A call that has any other outcome is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::config::BackendKind;
use cognito_mcp::tools;
use serde_json::{Value, json};

use super::kinds::{Case, Choice, KINDS, Slip};
use super::learned::Learned;
use super::world::{Call, Called, File, Reached, World, file};

/// The outcome of a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The call was done as intended.
    Accepted,
    /// The retry of the error had the intended outcome.
    Retried,
    /// The error has no retry, and names what was meant.
    Named,
    /// The error does not name what was meant.
    Asked,
    /// The retry of the error was refused.
    Failed,
    /// A call had another outcome than the intended one.
    Wrong,
}

const OUTCOMES: [Outcome; 6] = [
    Outcome::Accepted,
    Outcome::Retried,
    Outcome::Named,
    Outcome::Asked,
    Outcome::Failed,
    Outcome::Wrong,
];

/// The most slips per backend. If there are more, every n-th is made.
const MOST: usize = 4_000;

/// The file with the table, which `scripts/test` prints.
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/slips.txt");
/// The file with the slips that are not right.
const DETAILS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/slips-not-right.txt");

/// The slips of all calls.
fn slips(world: &World, file: &File, learned: &Learned) -> Vec<Slip> {
    let mut all = Vec::new();
    for (number, call) in file.call.iter().enumerate() {
        let Some(run) = &learned.runs[number] else { continue };
        let tool = tools::find(&call.tool).unwrap();
        let case = Case {
            world,
            file,
            learned,
            number,
            call,
            run,
            tool,
            schema: json!(tool.published.input_schema),
            arguments: world.targets(&call.tool, &call.arguments),
        };
        for (_, kind) in KINDS {
            all.extend(kind(&case));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|slip| seen.insert(format!("{} {} {} {:?}", slip.call, slip.tool, slip.arguments, slip.before)));
    all
}

/// Whether the error names what was meant, except in its example of valid arguments.
fn names(sentence: &str, facts: &Value, choice: &Choice) -> bool {
    let text = sentence.split("Please retry with").next().unwrap_or_default();
    let text = text.split("Valid arguments look like").next().unwrap_or_default();
    let problems = facts["problems"].as_array();
    let problems = problems.into_iter().flatten();
    let is_required = |name: &str| {
        problems.clone().any(|problem| {
            let pointer = problem["pointer"].as_str().unwrap_or_default();
            let is_missing = problem["message"].as_str() == Some("is required");
            is_missing && pointer.rsplit('/').next() == Some(name)
        })
    };
    let quoted = |name: &str| text.contains(&format!("`{name}`"));
    match choice {
        Choice::Argument(name) => {
            quoted(name)
                || is_required(name)
                || problems.clone().any(|problem| {
                    let nearest = problem["nearest"].as_str().unwrap_or_default();
                    nearest.split('.').any(|part| part == name)
                })
        }
        Choice::Value(value) => {
            let shown = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            quoted(&shown)
                || problems.clone().any(|problem| {
                    let allowed = problem["allowed"].as_array();
                    problem["nearest"] == *value
                        || problem["nearest"] == json!(shown)
                        || items.len() == 1 && problem["nearest"] == items[0]
                        || allowed.is_some_and(|allowed| allowed.contains(value))
                })
        }
        Choice::Tool(name) => quoted(name),
    }
}

impl World {
    /// What the intended call does.
    async fn intended(&mut self, call: &Call, slip: &Slip, number: &Learned) -> Option<Reached> {
        let Some(forgotten) = &slip.forgotten else {
            let run = number.runs[slip.call].as_ref();
            return run.map(|run| run.reached.clone());
        };
        self.prepare_slip(call, slip).await;
        let Called::Done(_) = self.call(&forgotten.0, &forgotten.1).await else {
            return None;
        };
        let before = self.made();
        let arguments = self.filled(&self.targets(&call.tool, &call.arguments));
        let Called::Done(answer) = self.call(&call.tool, &arguments).await else {
            return None;
        };
        Some(self.reached(before, &answer))
    }

    async fn prepare_slip(&mut self, call: &Call, slip: &Slip) {
        let steps: Vec<_> = slip.before.iter().chain(&call.before).cloned().collect();
        self.begin(&steps).await;
    }

    /// Makes the call with the slip, and follows the error once.
    async fn follow(&mut self, call: &Call, slip: &Slip, intended: &Reached) -> (Outcome, String) {
        self.prepare_slip(call, slip).await;
        let arguments = self.filled(&slip.arguments);
        let choice = match &slip.choice {
            Choice::Value(value) => Choice::Value(self.filled(value)),
            choice => choice.clone(),
        };
        let (sentence, facts, in_row) = match self.call(&slip.tool, &arguments).await {
            Called::Done(answer) => {
                let (outcome, why) = self.compare(0, &answer, intended, Outcome::Accepted);
                if outcome == Outcome::Accepted {
                    return (outcome, why);
                }
                match row_error(&answer) {
                    Some(error) => (format!("{} {}", error["message"], error["hint"]), error, true),
                    None if self.answer_names(call, &answer, &choice) => {
                        return (Outcome::Named, why);
                    }
                    None => return (outcome, why),
                }
            }
            Called::Unknown(sentence) => {
                let named = names(&sentence, &Value::Null, &choice);
                return (if named { Outcome::Named } else { Outcome::Asked }, sentence);
            }
            Called::Refused { facts, .. }
                if call.refused && self.masked(&facts["message"].to_string()) == intended.answer =>
            {
                return (Outcome::Accepted, String::new());
            }
            Called::Refused { sentence, facts } => (sentence, facts, false),
        };
        let named = names(&sentence, &facts, &choice);
        let otherwise = if named { Outcome::Named } else { Outcome::Asked };
        let Some(retry) = facts.get("retry") else {
            return (otherwise, sentence);
        };
        let next = retry["tool"].as_str().unwrap();
        let forgotten = slip.forgotten.as_ref().map(|step| step.0.as_str());
        if next != call.tool && forgotten != Some(next) {
            // Another tool, which finds the answer. A call that writes is not the intended one,
            // except for one row of many.
            if tools::find(next).unwrap().effect == Effect::Read {
                return (otherwise, sentence);
            }
            if in_row && let Called::Done(answer) = self.call(next, &retry["arguments"]).await {
                let same = self.reached(0, &answer).writes == intended.writes;
                return (if same { Outcome::Retried } else { Outcome::Wrong }, sentence);
            }
            return (Outcome::Wrong, sentence);
        }
        let before = self.made();
        let (called, before) = match self.call(next, &retry["arguments"]).await {
            Called::Done(_) if forgotten == Some(next) && next != call.tool => {
                let before = self.made();
                (self.call(&slip.tool, &arguments).await, before)
            }
            called => (called, before),
        };
        match called {
            Called::Done(answer) => {
                let (outcome, why) = self.compare(before, &answer, intended, Outcome::Retried);
                (outcome, format!("{sentence} {why}"))
            }
            Called::Refused { facts, .. }
                if call.refused && self.masked(&facts["message"].to_string()) == intended.answer =>
            {
                (Outcome::Retried, sentence)
            }
            other => (Outcome::Failed, format!("{sentence} Then: {other:?}")),
        }
    }

    /// Whether the answer of a call that only reads names what was meant: the diagnosis of a user
    /// who does not exist, for example.
    fn answer_names(&self, call: &Call, answer: &Value, choice: &Choice) -> bool {
        let reads = tools::find(&call.tool).unwrap().effect == Effect::Read;
        let Choice::Value(Value::String(meant)) = choice else {
            return false;
        };
        reads && answer.to_string().contains(&format!("`{meant}`"))
    }

    fn compare(
        &self,
        before: usize,
        answer: &Value,
        intended: &Reached,
        right: Outcome,
    ) -> (Outcome, String) {
        let reached = self.reached(before, answer);
        if reached == *intended {
            return (right, String::new());
        }
        (Outcome::Wrong, format!("DONE {reached:?}\n    INSTEAD OF {intended:?}"))
    }
}

/// The first error in the rows of an answer.
fn row_error(answer: &Value) -> Option<Value> {
    let rows = answer["rows"].as_array()?;
    let failed = rows.iter().find(|row| row.get("error").is_some())?;
    Some(failed["error"].clone())
}

/// The outcomes by kind.
type Counts = BTreeMap<&'static str, [usize; OUTCOMES.len()]>;

/// The share of slips that one correction puts right, in percent.
fn share(counts: &[usize]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let share = |part: usize, all: usize| 100.0 * part as f64 / all.max(1) as f64;
    share(counts[..3].iter().sum(), counts.iter().sum())
}

fn table(counts: &Counts) -> String {
    let mut shown = String::new();
    let mut total = [0; OUTCOMES.len()];
    writeln!(shown, "{:>6} {:>8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7}  kind", "slips", "accepted", "retry", "named", "asked", "failed", "wrong", "share").unwrap();
    let mut row = |name: &str, counts: &[usize; OUTCOMES.len()]| {
        let [accepted, retried, named, asked, failed, wrong] = counts;
        let all: usize = counts.iter().sum();
        writeln!(shown, "{all:>6} {accepted:>8} {retried:>6} {named:>6} {asked:>6} {failed:>6} {wrong:>6} {:>6.1}%  {name}", share(counts)).unwrap();
    };
    for (kind, _) in KINDS {
        let counts = counts.get(kind).copied().unwrap_or_default();
        for (total, count) in total.iter_mut().zip(counts) {
            *total += count;
        }
        row(kind, &counts);
    }
    row("all", &total);
    shown
}

/// Every argument of every tool is in a valid call.
#[test]
fn every_argument_is_in_a_call() {
    // Every tool may have these, and all tools read them in the same way.
    const SHARED: [&str; 6] = ["user_pool_id", "client_id", "cursor", "dry_run", "confirm", "response_format"];
    let file = file();
    let mut lacking = Vec::new();
    for tool in tools::all() {
        let calls = file.call.iter().filter(|call| call.tool == tool.name());
        let given: BTreeSet<&String> = calls.clone().flat_map(|call| call.arguments.as_object().unwrap().keys()).collect();
        if calls.count() == 0 {
            lacking.push(format!("add a [[call]] of {} to evaluation/calls.toml", tool.name()));
        }
        let properties = tool.published.input_schema.get("properties");
        for name in properties.and_then(Value::as_object).into_iter().flat_map(|known| known.keys()) {
            if !SHARED.contains(&name.as_str()) && !given.contains(name) {
                lacking.push(format!("add `{name}` to a [[call]] of {} in evaluation/calls.toml", tool.name()));
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_slip_is_put_right_with_one_correction() {
    let file = file();
    let mut report = String::new();
    let mut details = String::new();
    let mut broken = Vec::new();
    let mut totals = Vec::new();
    for (backend, name) in [(BackendKind::Emulated, "emulated"), (BackendKind::Aws, "aws")] {
        let began = Instant::now();
        let mut world = World::new(backend, &file.world).await;
        let learned = Learned::of(&mut world, &file.call).await;
        eprintln!("{name}: learned after {:?}", began.elapsed());
        broken.extend(learned.broken.iter().map(|why| format!("{name}: {why}")));
        eprintln!("{}", broken.join("\n"));
        let all = slips(&world, &file, &learned);
        let step = all.len().div_ceil(MOST).max(1);
        let mut counts = Counts::new();
        let mut made = 0;
        for slip in all.iter().step_by(step) {
            let call = &file.call[slip.call];
            let Some(intended) = world.intended(call, slip, &learned).await else { continue };
            let (outcome, why) = world.follow(call, slip, &intended).await;
            made += 1;
            let at = OUTCOMES.iter().position(|one| *one == outcome).unwrap();
            counts.entry(slip.kind).or_default()[at] += 1;
            if at > 2 {
                writeln!(details, "{name} {outcome:?} | {} | {} {}\n    {:?} {why}", slip.kind, slip.tool, slip.arguments, slip.choice).unwrap();
            }
        }
        eprintln!("{name}: {made} slips after {:?}", began.elapsed());
        writeln!(report, "{name}: {made} of {} slips\n{}", all.len(), table(&counts)).unwrap();
        totals.push(counts);
    }
    std::fs::write(REPORT, &report).unwrap();
    std::fs::write(DETAILS, &details).unwrap();
    eprintln!("{report}");
    assert!(broken.is_empty(), "these calls are not valid:\n{}", broken.join("\n"));
}
