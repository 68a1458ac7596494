//! `StartUserImportJob`: starts the import of an uploaded file.
//!
//! An account has one active job at a time.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartUserImportJob.html>

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
    cx.state
        .start_import(&mut pool, &request.job_id, cx.now())?;
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
    fn started_jobs_are_pending() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(CREATE);
        fixture.upload("");
        assert_snapshot!(fixture.run(r#"
            advance 60
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#), @r#"200 {"UserImportJob":{"CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","CreationDate":1.7E9,"FailedUsers":0,"ImportedUsers":0,"JobId":"$job","JobName":"j","PreSignedUrl":"$url","SkippedUsers":0,"StartDate":1.70000006E9,"Status":"Pending","UserPoolId":"$pool"}}"#);
    }

    /// An account runs one job at a time in a Region (that each Region counts
    /// separately is inferred).
    #[test]
    fn one_job_at_a_time() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(CREATE);
        fixture.upload("");
        fixture.run("first = $job");
        fixture.run(CREATE);
        fixture.upload("");
        assert_snapshot!(fixture.run(r#"
            second = $job
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$first"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$second"}
            advance 1
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$second"}
        "#), @r#"
        "Pending"
        400 PreconditionNotMetException: Another user import job is active in this account.
        "Pending"
        "#);
    }

    /// Each step fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::new();
        fixture.run(CREATE);
        fixture.run("late = $job");
        fixture.run("advance 86400");
        fixture.run(CREATE);
        let mut seen = fixture.run(
            r#"
            StartUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"nope"}
            StartUserImportJob {"UserPoolId":"us-east-1_nope","JobId":"import-nope"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"import-nope"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$late"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#,
        );
        fixture.upload("");
        seen.push_str(&fixture.run(
            r#"
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            UpdateUserPool {"UserPoolId":"$pool","AutoVerifiedAttributes":["email"]}
            only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#,
        ));
        assert_snapshot!(seen, @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: import-[0-9a-zA-Z-]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User import job import-nope does not exist.
        400 PreconditionNotMetException: The user import job cannot be started. Current status is Expired
        400 PreconditionNotMetException: No csv file was uploaded for $job
        400 PreconditionNotMetException: The user pool must have at least one auto verified attribute to import users.
        200 {}
        "Pending"
        400 PreconditionNotMetException: The user import job cannot be started. Current status is Pending
        "#);
    }
}
