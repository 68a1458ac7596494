//! `ListUserImportJobs`: lists a pool's import jobs, page by page, newest
//! first.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserImportJobs.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::views::import_job::UserImportJob;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    max_results: Option<usize>,
    pagination_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_import_jobs: Vec<UserImportJob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let list = format!("imports {}", pool.id);
    let token = request.pagination_token.as_deref();
    let before: Option<usize> = page::resume(token, &list, cx.now())?;
    let jobs = pool.imports.latest(before);
    let size = page::size(request.max_results);
    let (jobs, pagination_token) = page::cut(jobs, size, |(place, _)| *place, &list, cx.now());
    let shown = jobs.into_iter();
    Ok(Response {
        user_import_jobs: shown
            .map(|(_, job)| UserImportJob::of(&pool, job, cx.now()))
            .collect(),
        pagination_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn the_latest_comes_first() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserImportJobs {"UserPoolId":"$pool","MaxResults":2}
            as a /UserImportJob/PreSignedUrl CreateUserImportJob {"UserPoolId":"$pool","JobName":"a","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
            first = $job
            as b /UserImportJob/PreSignedUrl CreateUserImportJob {"UserPoolId":"$pool","JobName":"b","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
            second = $job
            as c /UserImportJob/PreSignedUrl CreateUserImportJob {"UserPoolId":"$pool","JobName":"c","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
            third = $job
            spread ListUserImportJobs {"UserPoolId":"$pool","MaxResults":2}
            ListUserImportJobs {"UserPoolId":"$pool","MaxResults":2,"PaginationToken":"$token"}
        "#), @r#"
        200 {"UserImportJobs":[]}
        "$a"
        "$b"
        "$c"
        200
          PaginationToken: "$token"
          UserImportJobs:
            -
              CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
              CreationDate: 1700000000.0
              FailedUsers: 0
              ImportedUsers: 0
              JobId: "$job"
              JobName: "c"
              PreSignedUrl: "$c"
              SkippedUsers: 0
              Status: "Created"
              UserPoolId: "$pool"
            -
              CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
              CreationDate: 1700000000.0
              FailedUsers: 0
              ImportedUsers: 0
              JobId: "$second"
              JobName: "b"
              PreSignedUrl: "$b"
              SkippedUsers: 0
              Status: "Created"
              UserPoolId: "$pool"
        200 {"UserImportJobs":[{"CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","CreationDate":1.7E9,"FailedUsers":0,"ImportedUsers":0,"JobId":"$first","JobName":"a","PreSignedUrl":"$a","SkippedUsers":0,"Status":"Created","UserPoolId":"$pool"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserImportJobs {"UserPoolId":"us-east-1_nope","PaginationToken":""}
            ListUserImportJobs {"UserPoolId":"us-east-1_nope","MaxResults":61,"PaginationToken":"nope"}
            ListUserImportJobs {"UserPoolId":"us-east-1_nope","MaxResults":60,"PaginationToken":"nope"}
            ListUserImportJobs {"UserPoolId":"$pool","MaxResults":60,"PaginationToken":"nope"}
            ListUserImportJobs {"UserPoolId":"$pool","MaxResults":60}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null; Value '' at 'paginationToken' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'paginationToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"UserImportJobs":[]}
        "#);
    }
}
