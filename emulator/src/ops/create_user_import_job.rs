//! `CreateUserImportJob`: creates a job that imports users, and a URL to which the file
//! is uploaded.
//!
//! The URL accepts a `PUT` with `x-amz-server-side-encryption: aws:kms` for 15
//! minutes. It has the form of an S3 URL or, if the emulator serves HTTP, it is
//! a URL of the emulator. Whether the role may write logs is not checked,
//! because IAM is not emulated.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserImportJob.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::Issuer;
use crate::ids::Region;
use crate::state::import::{Given, Job};
use crate::views::import_job::UserImportJob;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    job_name: String,
    cloud_watch_logs_role_arn: String,
    password_hashing_algorithm: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_import_job: UserImportJob,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let base = match cx.issuer {
        Issuer::Base(base) | Issuer::Followed(base) => {
            format!("{}/imports", base.trim_end_matches('/'))
        }
        // The bucket's name has AWS's short code for the Region, as in `pdx`.
        Issuer::Aws => {
            let region = &pool.scope.region;
            let suffix = Region::parse(region).map_or("amazonaws.com", |it| it.dns_suffix());
            format!("https://aws-cognito-idp-user-import-{region}.s3.{region}.{suffix}")
        }
    };
    let given = Given {
        name: request.job_name,
        role_arn: request.cloud_watch_logs_role_arn,
        algorithm: request.password_hashing_algorithm,
    };
    let job = Job::new(cx.world, &pool, &base, given);
    let user_import_job = UserImportJob::of(&pool, &job, cx.now());
    pool.imports.insert(job)?;
    Ok(Response { user_import_job })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn jobs_wait_to_be_started() {
        let mut fixture = Fixture::new();
        assert_snapshot!(fixture.run(r#"
            CreateUserImportJob {"UserPoolId":"$pool","JobName":"my import","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
            spread CreateUserImportJob {"UserPoolId":"$pool","JobName":"my import","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","PasswordHashingAlgorithm":"BCRYPT"}
        "#), @r#"
        200 {"UserImportJob":{"CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","CreationDate":1.7E9,"FailedUsers":0,"ImportedUsers":0,"JobId":"$job","JobName":"my import","PreSignedUrl":"$url","SkippedUsers":0,"Status":"Created","UserPoolId":"$pool"}}
        200
          UserImportJob:
            CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
            CreationDate: 1700000000.0
            FailedUsers: 0
            ImportedUsers: 0
            JobId: "$job"
            JobName: "my import"
            PasswordHashingAlgorithm: "BCRYPT"
            PreSignedUrl: "$url"
            SkippedUsers: 0
            Status: "Created"
            UserPoolId: "$pool"
        "#);
        let url = fixture.get("url").to_owned();
        let (place, query) = url.split_once('?').unwrap();
        let (job, pool) = (fixture.get("job"), fixture.get("pool"));
        assert!(job.starts_with("import-") && job.len() == 17, "{job}");
        assert_eq!(
            place,
            format!(
                "https://aws-cognito-idp-user-import-us-east-1.s3.us-east-1.amazonaws.com/123456789012/{pool}/{job}"
            )
        );
        let (query, signature) = query.rsplit_once('=').unwrap();
        assert_eq!(signature.len(), 64);
        assert_snapshot!(query, @"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host%3Bx-amz-server-side-encryption&X-Amz-Expires=899&X-Amz-Signature");
    }

    /// Fact 8d.
    #[test]
    fn a_pool_has_at_most_a_thousand_jobs() {
        let mut fixture = Fixture::new();
        let job = json!({"UserPoolId": fixture.get("pool"), "JobName": "j", "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs"});
        for _ in 0..1000 {
            fixture.must("CreateUserImportJob", job.clone());
        }
        let refused = fixture.call("CreateUserImportJob", job).to_string();
        assert_snapshot!(refused, @"400 LimitExceededException: User import jobs cannot exceed limit of 1000.");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserImportJob {"UserPoolId":"us-east-1_nope","JobName":"","CloudWatchLogsRoleArn":"role","PasswordHashingAlgorithm":"MD5"}
            CreateUserImportJob {"UserPoolId":"us-east-1_nope","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
            only /UserImportJob/Status CreateUserImportJob {"UserPoolId":"$pool","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}
        "#), @r#"
        400 InvalidParameterException: 5 validation errors detected: Value '' at 'jobName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'jobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+; Value 'role' at 'cloudWatchLogsRoleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'role' at 'cloudWatchLogsRoleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?; Value 'MD5' at 'passwordHashingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [BCRYPT, SCRYPT, ARGON2ID, PBKDF2_SHA256]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        "Created"
        "#);
    }
}
