//! `DescribeUserImportJob`: returns the state of an import job.
//!
//! A started job is done half a second later. A caller that polls earlier sees
//! it pending, then in progress, then done, so that polling ends even if the
//! clock is stopped.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserImportJob.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::views::import_job::UserImportJob;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    job_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_import_job: UserImportJob,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.pool_handle(&request.user_pool_id)?;
    cx.state
        .look_at_import(cx.world, &request.user_pool_id, &request.job_id)?;
    let pool = handle.read();
    let job = pool.imports.get(&request.job_id)?;
    Ok(Response {
        user_import_job: UserImportJob::of(&pool, job, cx.now()),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    const CREATE: &str = r#"only /UserImportJob/Status CreateUserImportJob {"UserPoolId":"$pool","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}"#;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(CREATE);
        assert_snapshot!(fixture.run(r#"
            DescribeUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"nope"}
            DescribeUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"import-nope"}
            DescribeUserImportJob {"UserPoolId":"$pool","JobId":"import-nope"}
            only /UserImportJob/JobName DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: import-[0-9a-zA-Z-]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User import job import-nope does not exist.
        "j"
        "#);
    }
}
