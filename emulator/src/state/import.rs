//! Import jobs: users from a CSV file.
//!
//! A job is created, receives its file through a pre-signed URL, and is
//! started. No thread runs it: the first call after its due time finishes it.
//! Describing a job twice finishes it too, so that polling ends even if the
//! clock does not move.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html>

pub mod file;
pub mod upload;
mod user;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use self::file::{Line, Rows};
pub use self::upload::NotUploaded;
use self::upload::{Reserved, Upload};
use super::State;
use super::limit::check_room;
use super::pool::Pool;
use crate::auth::same;
use crate::bounds::IMPORT_LOG_LINES;
use crate::error::{Error, Result};
use crate::wire::Scope;
use crate::world::{Time, World};

/// Limit of jobs in a pool (fact 8d).
const JOB_LIMIT: usize = 1000;
/// The time for which a URL accepts the file. The documentation says 15
/// minutes; live URLs have `X-Amz-Expires=899`.
const URL_LIFETIME: Duration = Duration::from_secs(899);
/// The time within which a job must be started. The documentation says 24 to 48 hours.
/// Live jobs have expired after 24.5 hours (awscli's examples).
const START_WITHIN: Duration = Duration::from_hours(24);
/// The duration of a job, as in live jobs with few users (awscli's examples). The
/// emulator uses it for larger files too.
const WORK: Duration = Duration::from_millis(500);
/// The largest file, in bytes.
pub const FILE_LIMIT: usize = 100 * 1024 * 1024;
/// The rows that are imported before the lock is released for other calls.
const ROWS_AT_ONCE: usize = 1000;
/// The log line for a test of the job's role. Live logs have it twice before the first
/// row. It is inferred that the role is tested at the start and again before the first
/// row.
const TEST_LOG: &str = "Cognito User Pools Import - Test Log";

/// `UserImportJobStatusType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Not started.
    Created,
    /// Started.
    Pending,
    /// Users are being imported.
    InProgress,
    /// Stopped, but users are still being imported.
    Stopping,
    /// Not started in time.
    Expired,
    /// Stopped.
    Stopped,
    /// Ended with an error.
    Failed,
    /// Finished.
    Succeeded,
}

/// The end of a job, with its `CompletionMessage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Succeeded,
    Stopped,
    Expired,
    TooManyFailed,
    File(file::Unreadable),
}

impl End {
    fn status(self) -> Status {
        match self {
            Self::Succeeded => Status::Succeeded,
            Self::Stopped => Status::Stopped,
            Self::Expired => Status::Expired,
            Self::TooManyFailed | Self::File(_) => Status::Failed,
        }
    }

    /// The first four messages are live (awscli's examples).
    fn message(self) -> &'static str {
        match self {
            Self::Succeeded => "Import Job Completed Successfully.",
            Self::Stopped => "The Import Job was stopped by the developer.",
            Self::Expired => "The user import job has expired.",
            Self::TooManyFailed => "Too many users have failed or been skipped during the import.",
            Self::File(unreadable) => unreadable.message(),
        }
    }
}

/// An import job.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    /// As in `import-mAgUtd8PMm`.
    pub id: String,
    /// The name from the request.
    pub name: String,
    /// The ARN of the role that writes the log.
    pub role_arn: String,
    /// The algorithm of the password hashes in the file, if passwords are
    /// imported.
    pub algorithm: Option<String>,
    /// The URL for the upload.
    pub url: String,
    /// Date of creation.
    pub created_at: Time,
    /// Date of the start.
    pub started_at: Option<Time>,
    /// The status, without the effect of time: see [`Job::status`].
    status: Status,
    end: Option<(Time, End)>,
    signature: String,
    #[serde(skip)]
    file: Option<Arc<Upload>>,
    /// The number of imported users.
    pub imported: u64,
    /// The number of users that already existed.
    pub skipped: u64,
    /// The number of users that could not be imported.
    pub failed: u64,
    #[serde(skip)]
    lines: Vec<(usize, Line)>,
}

impl fmt::Debug for Job {
    /// Omits the file and the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Job {
    /// A job that waits for its file. The URL of the upload is under `base`.
    #[must_use]
    pub fn new(world: &World, pool: &Pool, base: &str, given: Given) -> Self {
        let id = format!("import-{}", world.chance.opaque(10));
        let signature = world.chance.text(b"0123456789abcdef", 64);
        let Scope { account, .. } = &pool.scope;
        let url = format!(
            "{base}/{account}/{}/{id}?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-SignedHeaders=host%3Bx-amz-server-side-encryption\
             &X-Amz-Expires={}&X-Amz-Signature={signature}",
            pool.id,
            URL_LIFETIME.as_secs(),
        );
        Self {
            id,
            name: given.name,
            role_arn: given.role_arn,
            algorithm: given.algorithm,
            url,
            created_at: world.now(),
            started_at: None,
            status: Status::Created,
            end: None,
            signature,
            file: None,
            imported: 0,
            skipped: 0,
            failed: 0,
            lines: Vec::new(),
        }
    }

    /// The status at `now`.
    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        if self.has_expired(now) {
            Status::Expired
        } else {
            self.status
        }
    }

    /// The time and the message of the job's end.
    #[must_use]
    pub fn completion(&self, now: Time) -> Option<(Time, &'static str)> {
        let expired = || (self.created_at.plus(START_WITHIN), End::Expired);
        let end = self.end.or_else(|| self.has_expired(now).then(expired));
        end.map(|(at, end)| (at, end.message()))
    }

    fn has_expired(&self, now: Time) -> bool {
        self.status == Status::Created && now >= self.created_at.plus(START_WITHIN)
    }

    /// Whether the job has started and not ended.
    fn is_active(&self) -> bool {
        matches!(
            self.status,
            Status::Pending | Status::InProgress | Status::Stopping
        )
    }

    fn finish(&mut self, end: End, at: Time) {
        self.status = end.status();
        self.end = Some((at, end));
        // Cognito does not keep the file after the job has ended.
        self.file = None;
    }

    /// The lines of the log in `CloudWatch`.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        let tried = self
            .started_at
            .iter()
            .chain(self.end.iter().map(|(at, _)| at));
        let mut lines: Vec<_> = tried.map(|_| TEST_LOG.to_owned()).collect();
        lines.extend(self.lines.iter().map(|(number, line)| {
            format!(
                "[{}] Line Number {number} - {}",
                line.outcome(),
                line.text()
            )
        }));
        lines
    }
}

/// The request for a new job.
#[derive(Debug)]
pub struct Given {
    /// `JobName`.
    pub name: String,
    /// `CloudWatchLogsRoleArn`.
    pub role_arn: String,
    /// `PasswordHashingAlgorithm`.
    pub algorithm: Option<String>,
}

/// The log of a job, with its names in `CloudWatch` Logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportLog {
    /// `/aws/cognito/userpools/<pool id>/<pool name>`.
    pub log_group: String,
    /// `<job id>/<job name>`.
    pub log_stream: String,
    /// One line for each user.
    pub lines: Vec<String>,
}

/// The jobs of a pool, in order of creation. Jobs are never removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Jobs(Vec<Job>);

impl Jobs {
    /// Adds a new job, unless the pool has too many.
    pub fn insert(&mut self, job: Job) -> Result<()> {
        check_room("User import jobs", self.0.len(), JOB_LIMIT)?;
        self.0.push(job);
        Ok(())
    }

    /// The job `id`.
    pub fn get(&self, id: &str) -> Result<&Job> {
        let job = self.0.iter().find(|job| job.id == id);
        job.ok_or_else(|| not_found(id))
    }

    /// Removes the logs of the oldest jobs to make room for `count` more lines.
    fn free_log(&mut self, count: usize) {
        let all: usize = self.0.iter().map(|job| job.lines.len()).sum();
        let mut over = (all + count).saturating_sub(IMPORT_LOG_LINES);
        for job in &mut self.0 {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(job.lines.len());
            job.lines = Vec::new();
        }
    }

    /// Whether a job is active.
    fn any_active(&self) -> bool {
        self.0.iter().any(Job::is_active)
    }

    /// Stops every active job: its file is not in the data file.
    pub(super) fn stop_active(&mut self) {
        for job in self.0.iter_mut().filter(|job| job.is_active()) {
            let at = job.started_at.unwrap_or(job.created_at);
            job.finish(End::Stopped, at);
        }
    }

    fn get_mut(&mut self, id: &str) -> Result<&mut Job> {
        let job = self.0.iter_mut().find(|job| job.id == id);
        job.ok_or_else(|| not_found(id))
    }

    /// Jobs with their positions, latest first, before the position `before`.
    pub fn latest(&self, before: Option<usize>) -> impl Iterator<Item = (usize, &Job)> {
        let end = before.map_or(self.0.len(), |place| place.min(self.0.len()));
        self.0[..end].iter().enumerate().rev()
    }

    /// Checks that no job is active. Some settings cannot be changed while one
    /// is.
    pub fn check_idle(&self) -> Result<()> {
        if self.any_active() {
            return Err(Error::ImportInProgress);
        }
        Ok(())
    }
}

fn not_found(id: &str) -> Error {
    Error::ImportJobNotFound { job: id.to_owned() }
}

/// Jobs that change with time.
#[derive(Debug)]
pub struct Active {
    jobs: Mutex<Schedule>,
    /// The earliest due time. Every call reads it.
    next: AtomicI64,
}

/// The jobs that change with time.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// Active jobs: one for each scope, because an account runs one at a time.
    started: BTreeMap<Scope, Due>,
    /// Jobs with a file that were not started, with their time of expiry.
    waiting: BTreeSet<Waiting>,
}

/// A job's time of expiry, its id, and its pool's id.
type Waiting = (Time, String, String);

#[derive(Clone, Debug)]
struct Due {
    pool: String,
    job: String,
    at: Time,
}

/// The pool and the job in the path of a `PreSignedUrl`.
fn place_of_upload(url: &str) -> (Option<&str>, Option<&str>) {
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    let mut path = path.rsplit('/');
    let job = path.next();
    (path.next(), job)
}

/// The id of the pool whose import job has the `PreSignedUrl` `url`. The pool need not exist.
#[must_use]
pub fn pool_of_upload(url: &str) -> Option<&str> {
    place_of_upload(url).0
}

impl Schedule {
    /// Removes and returns the jobs of the pools for which `is_moved` returns true.
    pub(super) fn take(&mut self, is_moved: impl Fn(&str) -> bool) -> Self {
        let started = self.started.extract_if(.., |_, due| is_moved(&due.pool));
        let waiting = self.waiting.extract_if(.., |(_, _, pool)| is_moved(pool));
        Self {
            started: started.collect(),
            waiting: waiting.collect(),
        }
    }
}

impl Default for Active {
    fn default() -> Self {
        Self {
            jobs: Mutex::default(),
            next: AtomicI64::new(i64::MAX),
        }
    }
}

impl Active {
    /// Removes all jobs.
    pub fn clear(&self) {
        self.change(std::mem::take);
    }

    /// The present schedule.
    #[must_use]
    pub fn save(&self) -> Schedule {
        self.jobs.lock().clone()
    }

    /// Returns to a saved schedule.
    pub fn restore(&self, saved: Schedule) {
        self.change(|jobs| *jobs = saved);
    }

    /// Moves the jobs of the pools for which `is_moved` returns true to `to`.
    pub(super) fn hand_over(&self, to: &Self, is_moved: impl Fn(&str) -> bool) {
        let moved = self.change(|jobs| jobs.take(is_moved));
        to.restore(moved);
    }

    fn begin(&self, scope: &Scope, due: Due, waiting: &Waiting) -> Result<()> {
        self.change(|jobs| {
            if jobs.started.contains_key(scope) {
                return Err(Error::ImportJobActive);
            }
            jobs.waiting.remove(waiting);
            jobs.started.insert(scope.clone(), due);
            Ok(())
        })
    }

    fn end(&self, scope: &Scope, job: &str) {
        self.change(|jobs| {
            if jobs.started.get(scope).is_some_and(|due| due.job == job) {
                jobs.started.remove(scope);
            }
        });
    }

    fn change<R>(&self, change: impl FnOnce(&mut Schedule) -> R) -> R {
        let mut jobs = self.jobs.lock();
        let result = change(&mut jobs);
        let started = jobs.started.values().map(|due| due.at.0);
        let waiting = jobs.waiting.first().map(|(expires_at, ..)| expires_at.0);
        let next = started.chain(waiting).min();
        self.next.store(next.unwrap_or(i64::MAX), Ordering::Relaxed);
        result
    }

    /// Whether a job is due.
    fn is_due(&self, now: Time) -> bool {
        now.0 >= self.next.load(Ordering::Relaxed)
    }

    fn due(&self, now: Time) -> Vec<Due> {
        let jobs = self.jobs.lock();
        let started = jobs.started.values();
        started.filter(|due| due.at <= now).cloned().collect()
    }

    /// Removes and returns the expired jobs.
    fn expired(&self, now: Time) -> Vec<Waiting> {
        self.change(|jobs| {
            let mut expired = Vec::new();
            while jobs.waiting.first().is_some_and(|(at, ..)| *at <= now) {
                expired.extend(jobs.waiting.pop_first());
            }
            expired
        })
    }
}

impl State {
    /// Stops every active job, after the state was read from a data file.
    pub fn stop_imports(&self) {
        for handle in self.pools.iter() {
            if handle.read().imports.any_active() {
                handle.write().imports.stop_active();
            }
        }
    }

    /// Reserves memory for a file of `bytes` at a job's URL.
    ///
    /// # Errors
    ///
    /// The errors of S3, and [`NotUploaded::NoRoom`].
    pub fn reserve_upload(
        &self,
        url: &str,
        bytes: usize,
        now: Time,
    ) -> Result<Reserved, NotUploaded> {
        self.with_upload(url, now, |_, _| ())?;
        self.common.import_files.reserve(bytes)
    }

    /// Stores the file that is uploaded to the URL of a job: the `PUT` to S3, without
    /// HTTP.
    ///
    /// # Errors
    ///
    /// The errors of S3.
    pub fn upload(
        &self,
        url: &str,
        file: Bytes,
        room: Reserved,
        now: Time,
    ) -> Result<(), NotUploaded> {
        let upload = room.fill(file)?;
        self.with_upload(url, now, |pool, job| {
            // A file that arrives late is accepted and never read.
            if job.status == Status::Created {
                job.file = Some(Arc::new(upload));
                let waiting = waiting(pool, job);
                self.imports.change(|jobs| jobs.waiting.insert(waiting));
            }
        })
    }

    /// Calls `work` with the pool's id and the job of `url`.
    fn with_upload(
        &self,
        url: &str,
        now: Time,
        work: impl FnOnce(&str, &mut Job),
    ) -> Result<(), NotUploaded> {
        let (_, query) = url.split_once('?').unwrap_or((url, ""));
        let (pool, job) = place_of_upload(url);
        let (id, handle) = pool
            .and_then(|id| Some((id, self.pool_handle(id)?)))
            .ok_or(NotUploaded::WrongSignature)?;
        let mut pool = handle.write();
        let job = pool.imports.get_mut(job.unwrap_or_default());
        let job = job.map_err(|_| NotUploaded::WrongSignature)?;
        let mut query = query.split('&');
        let signature = query.find_map(|pair| pair.strip_prefix("X-Amz-Signature="));
        if !signature.is_some_and(|given| same(given.as_bytes(), job.signature.as_bytes())) {
            return Err(NotUploaded::WrongSignature);
        }
        if now >= job.created_at.plus(URL_LIFETIME) {
            return Err(NotUploaded::Expired);
        }
        work(id, job);
        Ok(())
    }

    /// The log of a job, if the job exists.
    #[must_use]
    pub fn import_log(&self, pool: &str, job: &str) -> Option<ImportLog> {
        let pool = self.pool_handle(pool)?.read();
        let job = pool.imports.get(job).ok()?;
        Some(ImportLog {
            log_group: format!("/aws/cognito/userpools/{}/{}", pool.id, pool.name),
            log_stream: format!("{}/{}", job.id, job.name),
            lines: job.log(),
        })
    }

    /// Starts a job of `pool`.
    ///
    /// The order of the refusals is inferred.
    pub fn start_import(&self, pool: &mut Pool, id: &str, now: Time) -> Result<()> {
        let verifies = !pool.settings.auto_verified_attributes.is_empty();
        let pool_id = pool.id.clone();
        let job = pool.imports.get_mut(id)?;
        if job.status(now) != Status::Created {
            return Err(Error::ImportJobNotCreated {
                status: name(job.status(now)),
            });
        }
        if job.file.is_none() {
            return Err(Error::ImportFileMissing { job: id.to_owned() });
        }
        if !verifies {
            return Err(Error::ImportNeedsAutoVerified);
        }
        let due = Due {
            job: id.to_owned(),
            at: now.plus(WORK),
            pool: pool_id,
        };
        let waiting = waiting(&due.pool, job);
        self.imports.begin(&pool.scope, due, &waiting)?;
        job.started_at = Some(now);
        job.status = Status::Pending;
        Ok(())
    }

    /// Stops a job of `pool`. It cannot be started again.
    pub fn stop_import(&self, pool: &mut Pool, id: &str, now: Time) -> Result<()> {
        let job = pool.imports.get_mut(id)?;
        match job.status {
            Status::Pending | Status::InProgress if job.file.is_some() => {
                job.finish(End::Stopped, now);
                self.imports.end(&pool.scope, id);
                Ok(())
            }
            // Another call is importing its users.
            Status::InProgress => {
                job.status = Status::Stopping;
                Ok(())
            }
            _ => Err(Error::ImportJobNotRunning {
                status: name(job.status(now)),
            }),
        }
    }

    /// Runs every job that is due, and removes the files of expired jobs.
    pub fn work_on_imports(&self, world: &World) {
        let now = world.now();
        if !self.imports.is_due(now) {
            return;
        }
        for due in self.imports.due(now) {
            self.work(world, &due.pool, &due.job, due.at);
        }
        for (_, job, pool) in self.imports.expired(now) {
            let Some(handle) = self.pool_handle(&pool) else {
                continue;
            };
            if let Ok(job) = handle.write().imports.get_mut(&job)
                && job.has_expired(now)
            {
                job.file = None;
            }
        }
    }

    /// Removes the jobs of a deleted pool.
    pub(super) fn forget_imports(&self, pool: &Pool) {
        let with_file = pool.imports.0.iter().filter(|job| job.file.is_some());
        let expected: Vec<_> = with_file.map(|job| waiting(&pool.id, job)).collect();
        if !expected.is_empty() {
            self.imports.change(|jobs| {
                for job in &expected {
                    jobs.waiting.remove(job);
                }
            });
        }
    }

    /// Advances a job that is described: from pending to in progress, and from
    /// in progress to its end.
    pub fn look_at_import(&self, world: &World, pool: &str, job: &str) -> Result<()> {
        let Some(handle) = self.pool_handle(pool) else {
            return Ok(());
        };
        let status = {
            let mut pool = handle.write();
            let job = pool.imports.get_mut(job)?;
            let status = job.status;
            if status == Status::Pending {
                job.status = Status::InProgress;
            }
            status
        };
        if status == Status::InProgress {
            self.work(world, pool, job, world.now());
        }
        Ok(())
    }

    /// Imports the users of a job's file, at the time `at`. If another call has
    /// taken the file, that call does the import.
    fn work(&self, world: &World, pool_id: &str, id: &str, at: Time) {
        let Some(handle) = self.pool_handle(pool_id) else {
            return;
        };
        let (file, schema, algorithm) = {
            let mut pool = handle.write();
            let schema = pool.schema.clone();
            let Ok(job) = pool.imports.get_mut(id) else {
                return;
            };
            let Some(file) = job.file.take() else { return };
            job.status = Status::InProgress;
            (file, schema, job.algorithm.clone())
        };
        let end = match Rows::read(&file.file, &schema, algorithm.as_deref()) {
            Err(unreadable) => End::File(unreadable),
            Ok(mut rows) => loop {
                let mut pool = handle.write();
                let stopped = pool
                    .imports
                    .get(id)
                    .is_ok_and(|job| job.status == Status::Stopping);
                if stopped {
                    break End::Stopped;
                }
                let mut lines = Vec::new();
                for row in rows.by_ref().take(ROWS_AT_ONCE) {
                    lines.push((row.number, pool.import(world, &row, at)));
                }
                pool.imports.free_log(lines.len());
                let Ok(job) = pool.imports.get_mut(id) else {
                    return;
                };
                if lines.is_empty() {
                    // The number of failures that ends a job is not documented. Live jobs
                    // failed when 32 of 46 users could not be imported
                    // (aws-solutions/cognito-user-profiles-export-reference-architecture#9),
                    // and when one of one could not. The limit of one half is inferred.
                    break if job.failed + job.skipped > job.imported {
                        End::TooManyFailed
                    } else {
                        End::Succeeded
                    };
                }
                for (number, line) in lines {
                    match line {
                        Line::Succeeded => job.imported += 1,
                        Line::Skipped => job.skipped += 1,
                        Line::Failed(_) => job.failed += 1,
                    }
                    job.lines.push((number, line));
                }
            },
        };
        let mut pool = handle.write();
        if let Ok(job) = pool.imports.get_mut(id) {
            job.finish(end, at);
        }
        self.imports.end(&pool.scope, id);
    }
}

fn waiting(pool: &str, job: &Job) -> Waiting {
    (
        job.created_at.plus(START_WITHIN),
        job.id.clone(),
        pool.to_owned(),
    )
}

/// The API's name of a status.
fn name(status: Status) -> String {
    format!("{status:?}")
}

#[cfg(test)]
mod tests;
