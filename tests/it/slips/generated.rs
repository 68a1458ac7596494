//! Generated slips of every tool and every argument, and the table of their outcomes.
//!
//! A slip is right if the tool understands it at once, or if one correction that the error
//! names leads to the intended outcome: the same successful requests and the same answer as
//! the intended call in an equal state. A call that has any other outcome is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::config::BackendKind;
use cognito_mcp::tools;
use serde_json::{Value, json};

use super::kinds::{Case, Choice, KINDS, Slip};
use super::learned::Learned;
use super::prepared_server::{Call, Called, File, PreparedServer, Reached, file};

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

/// The number of outcomes that are right.
const RIGHT: usize = 3;

/// The most slips per backend. If there are more, every n-th is made.
const MOST: usize = 2_500;

/// The file with the table, which `scripts/test` prints.
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/slips.txt");
/// The file with the slips that are not right.
const DETAILS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/slips-not-right.txt");

/// The slips of all calls.
fn slips(prepared: &PreparedServer, file: &File, learned: &Learned) -> Vec<Slip> {
    let mut all = Vec::new();
    for (number, call) in file.call.iter().enumerate() {
        let Some(run) = &learned.runs[number] else {
            continue;
        };
        let tool = tools::find(&call.tool).unwrap();
        let case = Case {
            prepared,
            file,
            learned,
            number,
            call,
            run,
            tool,
            schema: json!(tool.published().input_schema),
            arguments: prepared.targets(&call.tool, &call.arguments),
        };
        for (_, kind) in KINDS {
            all.extend(kind(&case));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|slip| {
        seen.insert(format!(
            "{} {} {} {:?}",
            slip.call, slip.tool, slip.arguments, slip.before
        ))
    });
    all
}

/// Whether the error names what was meant, except in its example of valid arguments.
fn names(sentence: &str, facts: &Value, choice: &Choice) -> bool {
    let text = sentence
        .split("Please retry with")
        .next()
        .unwrap_or_default();
    let text = text
        .split("Valid arguments look like")
        .next()
        .unwrap_or_default();
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
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
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

impl PreparedServer {
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
    async fn follow(&mut self, call: &Call, slip: &Slip, intended: &Reached) -> Found {
        self.prepare_slip(call, slip).await;
        let arguments = self.filled(&slip.arguments);
        let choice = match &slip.choice {
            Choice::Value(value) => Choice::Value(self.filled(value)),
            choice => choice.clone(),
        };
        let called = self.call(&slip.tool, &arguments).await;
        let refusal = match self.refusal(called, call, intended, &choice) {
            Ok(refusal) => refusal,
            Err(outcome) => return outcome,
        };
        let sentence = refusal.sentence;
        let named = names(&sentence, &refusal.facts, &choice);
        let otherwise = if named {
            Outcome::Named
        } else {
            Outcome::Asked
        };
        let Some(retry) = refusal.facts.get("retry") else {
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
            if refusal.in_row
                && let Called::Done(answer) = self.call(next, &retry["arguments"]).await
            {
                let same = self.reached(0, &answer).writes == intended.writes;
                let outcome = if same {
                    Outcome::Retried
                } else {
                    Outcome::Wrong
                };
                return (outcome, sentence);
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
            Called::Refused { facts, .. } if self.is_intended_refusal(call, &facts, intended) => {
                (Outcome::Retried, sentence)
            }
            other => (Outcome::Failed, format!("{sentence} Then: {other:?}")),
        }
    }

    /// The refusal of a call with a slip, or the outcome if the call was not refused.
    fn refusal(
        &self,
        called: Called,
        call: &Call,
        intended: &Reached,
        choice: &Choice,
    ) -> Result<Refusal, Found> {
        match called {
            Called::Done(answer) => {
                let (outcome, why) = self.compare(0, &answer, intended, Outcome::Accepted);
                if outcome == Outcome::Accepted {
                    return Err((outcome, why));
                }
                if let Some(facts) = row_error(&answer) {
                    return Ok(Refusal {
                        sentence: format!("{} {}", facts["message"], facts["hint"]),
                        facts,
                        in_row: true,
                    });
                }
                let named = Self::answer_names(call, &answer, choice);
                Err((if named { Outcome::Named } else { outcome }, why))
            }
            Called::Unknown(sentence) => {
                let named = names(&sentence, &Value::Null, choice);
                Err((
                    if named {
                        Outcome::Named
                    } else {
                        Outcome::Asked
                    },
                    sentence,
                ))
            }
            Called::Refused { facts, .. } if self.is_intended_refusal(call, &facts, intended) => {
                Err((Outcome::Accepted, String::new()))
            }
            Called::Refused { sentence, facts } => Ok(Refusal {
                sentence,
                facts,
                in_row: false,
            }),
        }
    }

    /// Whether the intended call is refused, and this is the refusal.
    fn is_intended_refusal(&self, call: &Call, facts: &Value, intended: &Reached) -> bool {
        call.refused && self.masked(&facts["message"].to_string()) == intended.answer
    }

    /// Whether the answer of a call that only reads names what was meant: the diagnosis of a user
    /// who does not exist, for example.
    fn answer_names(call: &Call, answer: &Value, choice: &Choice) -> bool {
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
        let mut reached = self.reached(before, answer);
        // The writes say what a call did. Its answer also has random values, and repeats arguments
        // without an effect; and its reads include those of a confirmation that was asked twice.
        if !intended.writes.is_empty() {
            reached.answer.clone_from(&intended.answer);
            reached.last.clone_from(&intended.last);
        }
        if reached == *intended {
            return (right, String::new());
        }
        (
            Outcome::Wrong,
            format!("DONE {reached:?}\n    INSTEAD OF {intended:?}"),
        )
    }
}

/// The outcome of a slip, and why.
type Found = (Outcome, String);

/// A refused call.
struct Refusal {
    sentence: String,
    facts: Value,
    /// Whether it is a row of an answer.
    in_row: bool,
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
    share(counts[..RIGHT].iter().sum(), counts.iter().sum())
}

fn table(counts: &Counts) -> String {
    let mut shown = String::new();
    let mut total = [0; OUTCOMES.len()];
    writeln!(
        shown,
        "{:>6} {:>8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7}  kind",
        "slips", "accepted", "retry", "named", "asked", "failed", "wrong", "share"
    )
    .unwrap();
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
    const SHARED: [&str; 6] = [
        "user_pool_id",
        "client_id",
        "cursor",
        "dry_run",
        "confirm",
        "response_format",
    ];
    let file = file();
    let mut lacking = Vec::new();
    for tool in tools::all() {
        let calls = file.call.iter().filter(|call| call.tool == tool.name());
        let given: BTreeSet<&String> = calls
            .clone()
            .flat_map(|call| call.arguments.as_object().unwrap().keys())
            .collect();
        if calls.count() == 0 {
            lacking.push(format!(
                "add a [[call]] of {} to evaluation/calls.toml",
                tool.name()
            ));
        }
        let properties = tool.published().input_schema.get("properties");
        for name in properties
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|known| known.keys())
        {
            if !SHARED.contains(&name.as_str()) && !given.contains(name) {
                lacking.push(format!(
                    "add `{name}` to a [[call]] of {} in evaluation/calls.toml",
                    tool.name()
                ));
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// The least share of slips that one correction puts right, in percent.
const LEAST_SHARE: f64 = 98.0;

/// Makes the slips on one backend. Appends the table to `report` and the slips that are not right
/// to `details`.
async fn make(
    backend: BackendKind,
    file: &File,
    report: &mut String,
    details: &mut String,
) -> [usize; OUTCOMES.len()] {
    let name = match backend {
        BackendKind::Emulated => "emulated",
        BackendKind::Aws => "aws",
    };
    let mut prepared = PreparedServer::new(backend, &file.setup).await;
    let learned = Learned::of(&mut prepared, &file.call).await;
    let broken = learned.broken.join("\n");
    assert!(
        broken.is_empty(),
        "{name}: these calls are not valid:\n{broken}"
    );
    let all = slips(&prepared, file, &learned);
    let step = all.len().div_ceil(MOST).max(1);
    let mut counts = Counts::new();
    let mut total = [0; OUTCOMES.len()];
    for slip in all.iter().step_by(step) {
        let call = &file.call[slip.call];
        let Some(intended) = prepared.intended(call, slip, &learned).await else {
            continue;
        };
        let (outcome, why) = prepared.follow(call, slip, &intended).await;
        let at = OUTCOMES.iter().position(|one| *one == outcome).unwrap();
        counts.entry(slip.kind).or_default()[at] += 1;
        total[at] += 1;
        if at >= RIGHT {
            let Slip {
                kind,
                tool,
                arguments,
                choice,
                ..
            } = slip;
            let line = format!("{name} {outcome:?} | {kind} | {tool} {arguments}");
            writeln!(details, "{line}\n    {choice:?} {why}").unwrap();
        }
    }
    let made: usize = total.iter().sum();
    writeln!(
        report,
        "{name}: {made} of {} slips\n{}",
        all.len(),
        table(&counts)
    )
    .unwrap();
    total
}

#[tokio::test(start_paused = true)]
async fn a_slip_is_put_right_with_one_correction() {
    let file = file();
    let (mut report, mut details) = (String::new(), String::new());
    let mut totals = Vec::new();
    for backend in [BackendKind::Emulated, BackendKind::Aws] {
        totals.push(Box::pin(make(backend, &file, &mut report, &mut details)).await);
    }
    std::fs::write(REPORT, &report).unwrap();
    std::fs::write(DETAILS, &details).unwrap();
    eprintln!("{report}");
    for total in totals {
        let wrong = total[OUTCOMES.len() - 1];
        assert!(
            wrong == 0 && share(&total) >= LEAST_SHARE,
            "see {DETAILS}:\n{report}"
        );
        // The generator makes slips of every kind.
        assert!(total.iter().sum::<usize>() > 1_000, "{report}");
    }
}
