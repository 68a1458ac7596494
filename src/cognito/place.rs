//! The place of a call: backend, account, Region and user pool.

use schemars::JsonSchema;
use serde::Serialize;

/// Where a call takes place. Answers of writing tools and lines of the audit log have it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    /// `emulated`, where no user is real, or `aws`.
    pub(crate) backend: String,
    /// AWS account, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// AWS Region.
    pub(crate) region: String,
    /// User pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_pool_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_pool_name: Option<String>,
}
