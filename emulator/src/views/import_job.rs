//! Import jobs, as responses show them.

use serde::Serialize;

use crate::state::import::{Job, Status};
use crate::state::pool::Pool;
use crate::world::Time;

/// `UserImportJobType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserImportJob {
    job_name: String,
    job_id: String,
    user_pool_id: String,
    pre_signed_url: String,
    creation_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_date: Option<Time>,
    status: Status,
    cloud_watch_logs_role_arn: String,
    imported_users: u64,
    skipped_users: u64,
    failed_users: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hashing_algorithm: Option<String>,
}

impl UserImportJob {
    /// The current state of `job` of `pool`.
    #[must_use]
    pub fn of(pool: &Pool, job: &Job, now: Time) -> Self {
        let (completion_date, completion_message) = job.completion(now).unzip();
        Self {
            job_name: job.name.clone(),
            job_id: job.id.clone(),
            user_pool_id: pool.id.clone(),
            pre_signed_url: job.url.clone(),
            creation_date: job.created_at,
            start_date: job.started_at,
            completion_date,
            status: job.status(now),
            cloud_watch_logs_role_arn: job.role_arn.clone(),
            imported_users: job.imported,
            skipped_users: job.skipped,
            failed_users: job.failed,
            completion_message,
            password_hashing_algorithm: job.algorithm.clone(),
        }
    }
}
