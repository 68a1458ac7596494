//! `cognito-mcp verify`: runs the fidelity corpus, fact by fact, against the
//! emulator, any other server of the `cognito-idp` API, or Cognito itself.
//!
//! The corpus is data (`fidelity/`). Each case has its calls, the expected responses,
//! and the evidence. A run creates its own user pools, deletes them, and touches no
//! other pool.

mod answer;
mod compare;
mod corpus;
mod functions;
mod names;
mod report;
mod run;
mod target;
mod web;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _, stderr};

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::Scope;
use tokio_util::sync::CancellationToken;

pub use self::corpus::{Area, Case, Corpus, Evidence, Facts};
pub use self::functions::bring_functions;
pub use self::report::{Count, Difference, Line, Outcome, Report};
pub use self::target::Target;
use crate::cognito::backend;
use crate::config::{BackendKind, Config, VerifyConfig};
use crate::start_error::StartError;
use crate::stderr::note;

/// The selection of cases, and the settings of the run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Areas; all if empty.
    pub areas: Vec<String>,
    /// Ids of cases; all if empty.
    pub cases: Vec<String>,
    /// Settings of the target for the corpus, such as a role or a function.
    pub given: BTreeMap<String, String>,
}

impl Selection {
    fn has(&self, area: &Area, case: &Case) -> bool {
        let wanted =
            |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        wanted(&self.areas, &area.name) && wanted(&self.cases, &case.id)
    }

    /// Refuses names that the corpus does not have: with a typing error, nothing would run.
    fn check(&self, corpus: &Corpus) -> Result<(), StartError> {
        let names: Vec<&str> = corpus.areas.iter().map(|area| area.name.as_str()).collect();
        if let Some(area) = self
            .areas
            .iter()
            .find(|area| !names.contains(&area.as_str()))
        {
            return Err(StartError(format!(
                "--area {area}: unknown area. The areas are: {}.",
                names.join(", ")
            )));
        }
        let is_case = |id: &String| corpus.cases().any(|(_, case)| case.id == *id);
        if let Some(case) = self.cases.iter().find(|id| !is_case(id)) {
            return Err(StartError(format!("--case {case}: unknown case.")));
        }
        if let Some(name) = self
            .given
            .keys()
            .find(|name| !corpus.provided.contains_key(*name))
        {
            let known: Vec<String> = corpus
                .provided
                .iter()
                .map(|(name, provision)| format!("{name} ({})", provision.what))
                .collect();
            return Err(StartError(format!(
                "--set {name}: the corpus has no such setting. Its settings are: {}.",
                known.join(", ")
            )));
        }
        Ok(())
    }
}

/// Runs the selected cases. `stop` ends the run after the current call; the pools
/// are deleted in any case.
///
/// # Errors
/// If the selection has an unknown name.
pub async fn run(
    corpus: &Corpus,
    target: &Target,
    selection: &Selection,
    stop: &CancellationToken,
) -> Result<Report, StartError> {
    selection.check(corpus)?;
    let cases: Vec<_> = corpus
        .cases()
        .filter(|(area, case)| selection.has(area, case))
        .collect();
    let mut progress = Progress::new(cases.len());
    let mut run = run::Run::new(corpus, target, &selection.given, stop);
    let mut lines = vec![];
    let mut interrupted = false;
    for (area, case) in cases {
        progress.show(&area.name, &case.id);
        let Some(outcome) = run.case(case).await else {
            interrupted = true;
            break;
        };
        lines.push(Line::new(area, case, outcome));
    }
    progress.show("cleaning up", "");
    let left_behind = run.clean_up().await;
    progress.clear();
    Ok(Report {
        target: target.name().to_owned(),
        cases: lines,
        interrupted,
        left_behind,
    })
}

/// Runs the command; the report goes to stdout.
///
/// # Errors
/// If the run cannot start.
pub async fn serve(config: &VerifyConfig) -> Result<Report, StartError> {
    let corpus = match &config.corpus {
        Some(folder) => Corpus::read_from(folder),
        None => Corpus::read(),
    }
    .map_err(StartError)?;
    let mut given = BTreeMap::new();
    for setting in &config.set {
        let (name, value) = setting.split_once('=').ok_or_else(|| {
            StartError(format!("--set {setting}: write a name, `=` and a value."))
        })?;
        given.insert(name.to_owned(), value.to_owned());
    }
    let selection = Selection {
        areas: config.area.clone(),
        cases: config.case.clone(),
        given,
    };
    selection.check(&corpus)?;
    let target = connect(config).await?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            note("\nStopping: the pools of this run are being deleted.");
            interrupted.cancel();
        }
    });
    run(&corpus, &target, &selection, &stop).await
}

async fn connect(config: &VerifyConfig) -> Result<Target, StartError> {
    let region = Config::named(config.region.as_ref());
    let region_or_default = region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    match (&config.endpoint, config.backend) {
        (Some(_), BackendKind::Aws) => Err(StartError(
            "--endpoint names a server, --backend aws names Cognito: choose one.".to_owned(),
        )),
        (Some(url), BackendKind::Emulated) => Ok(Target::at(url, &region_or_default).await),
        (None, BackendKind::Emulated) => {
            let scope = Scope {
                region: region_or_default,
                ..Scope::default()
            };
            Ok(Target::in_process(&Stack::builder().scope(scope).build()))
        }
        (None, BackendKind::Aws) => {
            let aws = Config {
                backend: BackendKind::Aws,
                region,
                profile: config.profile.clone(),
                dotenv: config.dotenv.clone(),
                ..Config::default()
            };
            let (sdk, endpoints) = backend::aws::find(&aws).await?;
            // A run creates user pools. It must not create them on a server that was not
            // meant.
            if let Some((url, source)) = endpoints.custom() {
                return Err(StartError(format!(
                    "--backend aws verifies Amazon Cognito itself, and {source} names {url}: remove \
                     that, or verify the other server with --endpoint."
                )));
            }
            for (service, to) in endpoints.others() {
                note(format_args!("Requests to {service} go to {to}."));
            }
            Ok(Target::aws(&sdk))
        }
    }
}

/// A progress bar. It is only shown on a terminal.
struct Progress {
    total: usize,
    done: usize,
    shown: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self {
            total,
            done: 0,
            shown: stderr().is_terminal(),
        }
    }

    fn show(&mut self, area: &str, case: &str) {
        const WIDTH: usize = 24;
        if self.shown {
            let full = WIDTH * self.done / self.total.max(1);
            let (full, empty) = ("#".repeat(full), ".".repeat(WIDTH - full));
            let (done, total) = (self.done, self.total);
            let _ = write!(
                stderr(),
                "\r\x1b[K[{full}{empty}] {done}/{total} {area} {case}"
            );
        }
        self.done = (self.done + 1).min(self.total);
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
