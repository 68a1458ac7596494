//! The report of a run, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use regex::Regex;
use serde::Serialize;

use super::corpus::{Area, Case, Evidence};

/// The result of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The target.
    pub target: String,
    /// The result of each case, in the order of the corpus.
    pub cases: Vec<Line>,
    /// Whether the run was interrupted, so that cases are missing.
    pub interrupted: bool,
    /// Pools that the run created and could not delete, with the reason.
    pub left_behind: Vec<String>,
}

/// The result of one case.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The case's id.
    pub id: String,
    /// Its area.
    pub area: String,
    /// The fact in a few words.
    pub title: String,
    /// How well the fact is known.
    pub evidence: Evidence,
    /// The source.
    pub source: String,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The outcome of a case.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum Outcome {
    /// As expected.
    Passed,
    /// As expected from a pool that is older than Cognito's current wording.
    PassedFormerly,
    /// Not as expected.
    Failed(Difference),
    /// Not run, because the target lacks this.
    Skipped(String),
}

/// The difference between expected and actual.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The expected result.
    pub expected: String,
    /// The actual result.
    pub got: String,
    /// Every call of the case, with its response.
    pub transcript: Vec<String>,
}

/// The number of cases by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// As expected, including older wording.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// Not run.
    pub skipped: usize,
}

impl Difference {
    pub(super) fn new(expected: &str, got: &str, transcript: &[String]) -> Self {
        Self {
            expected: discreet(expected),
            got: discreet(got),
            transcript: transcript.iter().map(|line| discreet(line)).collect(),
        }
    }
}

impl Line {
    pub(super) fn new(area: &Area, case: &Case, outcome: Outcome) -> Self {
        Self {
            id: case.id.clone(),
            area: area.name.clone(),
            title: case.title.clone(),
            evidence: case.evidence,
            source: case.source.clone(),
            outcome,
        }
    }
}

impl Report {
    /// Whether no case failed, the run was complete, and every pool was deleted.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.total().failed == 0 && !self.interrupted && self.left_behind.is_empty()
    }

    /// The total of all cases.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = Count::default();
        for line in &self.cases {
            total.add(&line.outcome);
        }
        total
    }

    /// The counts by `key`.
    pub fn count<K: Ord>(&self, key: impl Fn(&Line) -> K) -> BTreeMap<K, Count> {
        let mut counts = BTreeMap::<K, Count>::new();
        for line in &self.cases {
            counts.entry(key(line)).or_default().add(&line.outcome);
        }
        counts
    }

    /// The cases that failed, each with its difference.
    pub fn failures(&self) -> impl Iterator<Item = (&Line, &Difference)> {
        self.cases.iter().filter_map(|line| match &line.outcome {
            Outcome::Failed(difference) => Some((line, difference)),
            _ => None,
        })
    }
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed | Outcome::PassedFormerly => self.passed += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AwsVerified => "aws-verified",
            Self::Docs => "docs",
            Self::Inferred => "inferred",
        })
    }
}

/// The report for people: differences first, the table last.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, difference) in self.failures() {
            writeln!(
                f,
                "FAILED {} ({}, {}): {}",
                line.id, line.area, line.evidence, line.title
            )?;
            side_by_side(f, &difference.expected, &difference.got)?;
            writeln!(f, "  source: {}", line.source)?;
            for line in &difference.transcript {
                writeln!(f, "  | {line}")?;
            }
            writeln!(f)?;
        }
        let reasons = skipped(&self.cases);
        if !reasons.is_empty() {
            writeln!(f, "Skipped, because the target lacks")?;
            for (reason, ids) in reasons {
                writeln!(f, "  {reason}: {}", ids.join(" "))?;
            }
            writeln!(f)?;
        }
        let formerly: Vec<&str> = self
            .cases
            .iter()
            .filter(|line| matches!(line.outcome, Outcome::PassedFormerly))
            .map(|line| line.id.as_str())
            .collect();
        if !formerly.is_empty() {
            writeln!(
                f,
                "With the wording of older pools: {}\n",
                formerly.join(" ")
            )?;
        }
        writeln!(
            f,
            "{:<24} {:>7} {:>7} {:>7}",
            "area", "passed", "failed", "skipped"
        )?;
        for (area, count) in self.count(|line| line.area.clone()) {
            row(f, &area, count)?;
        }
        writeln!(f, "{}", "-".repeat(48))?;
        for (evidence, count) in self.count(|line| line.evidence) {
            row(f, &evidence.to_string(), count)?;
        }
        row(f, "all", self.total())?;
        if self.interrupted {
            writeln!(f, "Interrupted: the missing cases were not run.")?;
        }
        for pool in &self.left_behind {
            writeln!(f, "NOT DELETED: pool {pool}")?;
        }
        if self.failures().next().is_some() && self.target.starts_with("Amazon") {
            writeln!(
                f,
                "\nCognito differs from the corpus. Please send us the cases above: \
                 {}/issues. Passwords, tokens and ids in them belonged to pools that are deleted; \
                 your account's number is replaced.",
                env!("CARGO_PKG_REPOSITORY")
            )?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, count: Count) -> fmt::Result {
    let Count {
        passed,
        failed,
        skipped,
    } = count;
    writeln!(f, "{name:<24} {passed:>7} {failed:>7} {skipped:>7}")
}

fn skipped(lines: &[Line]) -> BTreeMap<&str, Vec<&str>> {
    let mut reasons = BTreeMap::<&str, Vec<&str>>::new();
    for line in lines {
        if let Outcome::Skipped(reason) = &line.outcome {
            reasons.entry(reason).or_default().push(&line.id);
        }
    }
    reasons
}

/// Writes both texts as wrapped columns.
fn side_by_side(f: &mut fmt::Formatter<'_>, expected: &str, got: &str) -> fmt::Result {
    const WIDTH: usize = 56;
    let (expected, got) = (wrapped(expected, WIDTH), wrapped(got, WIDTH));
    writeln!(f, "  {:<WIDTH$} | got", "expected")?;
    for index in 0..expected.len().max(got.len()).min(24) {
        let line = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
        let mut text = String::new();
        write!(text, "  {:<WIDTH$} | {}", line(&expected), line(&got))?;
        writeln!(f, "{}", text.trim_end())?;
    }
    Ok(())
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        lines.extend(characters.chunks(width).map(|part| part.iter().collect()));
    }
    lines
}

/// Removes account numbers, and all but the beginning of tokens.
fn discreet(text: &str) -> String {
    let replacements = [
        (r"([A-Za-z0-9+/=_.-]{24})[A-Za-z0-9+/=_.-]{60,}", "${1}…"),
        (
            r"(arn:aws[a-z-]*:[a-z-]+:[a-z0-9-]*:)\d{12}",
            "${1}123456789012",
        ),
    ];
    let mut text = text.to_owned();
    for (pattern, with) in replacements {
        if let Ok(pattern) = Regex::new(pattern) {
            text = pattern.replace_all(&text, with).into_owned();
        }
    }
    text
}
