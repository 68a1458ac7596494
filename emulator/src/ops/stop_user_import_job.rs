//! `StopUserImportJob`: ends a running import job. Users that have been imported
//! remain.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StopUserImportJob.html>

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
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    cx.state.stop_import(&mut pool, &request.job_id, cx.now())?;
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

    #[test]
    fn a_stopped_job_imports_no_user() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(CREATE);
        fixture.upload("");
        fixture.run("first = $job");
        assert_snapshot!(fixture.run(r#"
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            spread StopUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            advance 1
            only /UserImportJob/Status DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#), @r#"
        "Pending"
        200
          UserImportJob:
            CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
            CompletionDate: 1700000000.0
            CompletionMessage: "The Import Job was stopped by the developer."
            CreationDate: 1700000000.0
            FailedUsers: 0
            ImportedUsers: 0
            JobId: "$first"
            JobName: "j"
            PreSignedUrl: "$url"
            SkippedUsers: 0
            StartDate: 1700000000.0
            Status: "Stopped"
            UserPoolId: "$pool"
        "Stopped"
        400 PreconditionNotMetException: The user import job cannot be started. Current status is Stopped
        "#);
        // Another job can be started.
        fixture.run(CREATE);
        fixture.upload("");
        assert_snapshot!(fixture.run(r#"
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#), @r#""Pending""#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(CREATE);
        fixture.upload("");
        assert_snapshot!(fixture.run(r#"
            StopUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"nope"}
            StopUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"import-nope"}
            StopUserImportJob {"UserPoolId":"$pool","JobId":"import-nope"}
            StopUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            only /UserImportJob/Status StopUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            StopUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: import-[0-9a-zA-Z-]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User import job import-nope does not exist.
        400 PreconditionNotMetException: The user import job cannot be stopped. Current status is Created
        "Pending"
        "Stopped"
        400 PreconditionNotMetException: The user import job cannot be stopped. Current status is Stopped
        "#);
    }
}
