//! Toolset `import`: imports of users from a CSV file.

use aws_sdk_cognitoidentityprovider::types::{PasswordHashingAlgorithmType, UserImportJobType};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, InPool, Page, Tool};
use crate::arguments::nearest;
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::time;
use crate::error::{NextCall, Problem, Problems, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::upload::ENCRYPTION;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetImportHeader>(),
        Entry::of::<ImportUsers>(),
        Entry::of::<GetImport>(),
        Entry::of::<StopImport>(),
    ]
}

/// Return the header line that the CSV file for an import of users into this pool must have.
#[derive(Deserialize, JsonSchema)]
struct GetImportHeader {
    #[serde(flatten)]
    pool: InPool,
}

/// The form of the file.
#[derive(Serialize, JsonSchema)]
struct FileForm {
    /// The first line of the file.
    header: String,
    /// Its columns.
    columns: Vec<String>,
    /// The rules for rows.
    rules: Vec<&'static str>,
}

/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-using-import-tool-formatting-csv-file>
const RULES: [&str; 5] = [
    "cognito:username, cognito:mfa_enabled and the pool's required attributes must not be empty",
    "email_verified or phone_number_verified must be true, and its address or number given",
    "a comma within a value has a backslash before it; nothing is quoted",
    "cognito:mfa_enabled is false unless the user has a phone_number",
    "users without password_hash reset their password at the first sign-in",
];

/// Refuses a `job_id` that cannot be one, such as the name of a job. The service model has the
/// pattern `import-[0-9a-zA-Z-]+`.
fn check_job(arguments: &JsonObject) -> ToolResult<()> {
    let is_id = |id: &str| {
        let rest = id.trim().strip_prefix("import-");
        rest.is_some_and(|rest| {
            rest.bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        })
    };
    match arguments.get("job_id").and_then(Value::as_str) {
        Some(given) if !is_id(given) => Err(ToolError::argument(
            "/job_id",
            "is not the id of an import job, which begins with `import-`",
        )
        .hint("Read the ids and names of the jobs with `get_import`")),
        _ => Ok(()),
    }
}

impl Tool for GetImportHeader {
    const NAME: &'static str = "get_import_header";
    const TITLE: &'static str = "Header of an import file";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["GetCSVHeader"];
    type Answer = FileForm;

    fn example() -> Value {
        json!({ "user_pool_id": "us-east-1_AbCdEfGhI" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<FileForm> {
        let columns = columns(cx, &cx.pool(&self.pool).await?).await?;
        Ok(FileForm {
            header: columns.join(","),
            columns,
            rules: RULES.to_vec(),
        })
    }
}

/// The columns of a CSV file for an import into the pool.
pub(crate) async fn columns(cx: &Cx, pool: &str) -> ToolResult<Vec<String>> {
    let answer = cx
        .cognito()
        .get_csv_header()
        .user_pool_id(pool)
        .send()
        .await?;
    Ok(answer.csv_header.unwrap_or_default())
}

/// Import many users from CSV: creates a job, uploads the file, starts the job. Without `csv` the answer has the URL to which a person uploads the file; a call with `job_id` then starts the job. See `get_import_header`.
#[derive(Deserialize, JsonSchema)]
struct ImportUsers {
    #[serde(flatten)]
    pool: InPool,
    /// Name of the new job.
    #[schemars(length(min = 1, max = 128))]
    name: Option<String>,
    /// ARN of the IAM role with which Cognito writes to `CloudWatch` Logs.
    #[schemars(length(min = 20, max = 2048))]
    logs_role_arn: Option<String>,
    /// The file: header line and a row for each user; columns may be left out.
    #[schemars(length(max = 1_000_000), extend("writeOnly" = true))]
    csv: Option<String>,
    /// Algorithm of `password_hash`, if the file has that column.
    password_hashes: Option<Algorithm>,
    /// Start this job, whose file has been uploaded.
    #[schemars(length(min = 1, max = 55))]
    job_id: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[expect(clippy::upper_case_acronyms, reason = "their names")]
enum Algorithm {
    BCRYPT,
    SCRYPT,
    ARGON2ID,
    #[serde(rename = "PBKDF2_SHA256")]
    PBKDF2,
}

impl From<Algorithm> for PasswordHashingAlgorithmType {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::BCRYPT => Self::Bcrypt,
            Algorithm::SCRYPT => Self::Scrypt,
            Algorithm::ARGON2ID => Self::Argon2Id,
            Algorithm::PBKDF2 => Self::Pbkdf2Sha256,
        }
    }
}

/// The result of the call.
#[derive(Serialize, JsonSchema)]
struct Begun {
    /// The job.
    job: Job,
    /// What a person does next, if the file is not uploaded yet.
    upload: Option<Upload>,
    /// The next call.
    next: NextCall,
}

/// Where to upload the file.
#[derive(Serialize, JsonSchema)]
struct Upload {
    /// The URL: anyone who has it can upload a file, for 15 minutes.
    url: Secret,
    /// How to use it.
    how: String,
}

/// An import job.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "as other tools accept it")]
struct Job {
    /// Id, as other tools accept it.
    job_id: String,
    /// Name.
    name: String,
    /// `Created`, `Pending`, `InProgress`, `Stopping`, `Expired`, `Stopped`, `Failed` or `Succeeded`.
    status: String,
    /// Users imported so far.
    imported: i64,
    /// Users that were skipped because they exist already.
    skipped: i64,
    /// Rows that failed; the job's log says why.
    failed: i64,
    /// Cognito's message at the end.
    message: Option<String>,
    /// When it was created, RFC 3339.
    created_at: Option<String>,
    /// When it was started, RFC 3339.
    started_at: Option<String>,
    /// When it ended, RFC 3339.
    ended_at: Option<String>,
}

impl From<UserImportJobType> for Job {
    fn from(job: UserImportJobType) -> Self {
        Self {
            status: job.status().map(ToString::to_string).unwrap_or_default(),
            imported: job.imported_users,
            skipped: job.skipped_users,
            failed: job.failed_users,
            created_at: time::rfc3339(job.creation_date()),
            started_at: time::rfc3339(job.start_date()),
            ended_at: time::rfc3339(job.completion_date()),
            message: job.completion_message,
            job_id: job.job_id.unwrap_or_default(),
            name: job.job_name.unwrap_or_default(),
        }
    }
}

impl Tool for ImportUsers {
    const NAME: &'static str = "import_users";
    const TITLE: &'static str = "Import users from CSV";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[
        "CreateUserImportJob",
        "DescribeUserPool",
        "GetCSVHeader",
        "StartUserImportJob",
    ];
    type Answer = Begun;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_job(arguments)
    }

    fn example() -> Value {
        json!({
            "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/CognitoImport",
            "csv": "cognito:username,email,email_verified\nana,ana@example.com,true",
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Begun> {
        let pool = cx.pool(&self.pool).await?;
        if let Some(job_id) = self.job_id {
            return start(cx, &pool, job_id).await;
        }
        let (Some(name), Some(role)) = (self.name, self.logs_role_arn) else {
            return Err(ToolError::argument(
                "/logs_role_arn",
                "A new job requires `name` and `logs_role_arn`; a job whose file is uploaded is started by `job_id`",
            )
            .hint("Nothing was created. Ask for the ARN of the role that lets Cognito write logs"));
        };
        check_pool(cx, &pool).await?;
        let csv = match &self.csv {
            Some(csv) => {
                let columns = columns(cx, &pool).await?;
                check_header(csv, &columns)?;
                Some(completed(csv, &columns))
            }
            None => None,
        };
        let created = cx
            .cognito()
            .create_user_import_job()
            .user_pool_id(&pool)
            .job_name(name)
            .cloud_watch_logs_role_arn(role)
            .set_password_hashing_algorithm(self.password_hashes.map(Into::into))
            .send()
            .await?;
        let job = answered(created.user_import_job, "import job")?;
        let job_id = job.job_id.clone().unwrap_or_default();
        let url = job.pre_signed_url.clone().unwrap_or_default();
        let Some(csv) = csv else {
            let (name, value) = ENCRYPTION;
            let go_on = json!({ "user_pool_id": self.pool.user_pool_id, "job_id": job_id });
            return Ok(Begun {
                job: job.into(),
                upload: Some(Upload {
                    url: cx.conceal("upload_url", url),
                    how: format!(
                        "Within 15 minutes: curl --upload-file users.csv --header \"{name}: {value}\" URL"
                    ),
                }),
                next: NextCall::new(Self::NAME, go_on),
            });
        };
        cx.upload(&url, csv).await.map_err(|error| {
            error.hint(format!(
                "The job {job_id} was created and waits for its file for 15 minutes. Create another one \
                 without `csv` to let a person upload the file"
            ))
        })?;
        start(cx, &pool, job_id).await
    }
}

async fn start(cx: &Cx, pool: &str, job_id: String) -> ToolResult<Begun> {
    let started = cx
        .cognito()
        .start_user_import_job()
        .user_pool_id(pool)
        .job_id(&job_id)
        .send()
        .await?;
    let pool = cx.arguments.get("user_pool_id");
    Ok(Begun {
        job: answered(started.user_import_job, "import job")?.into(),
        upload: None,
        next: NextCall::new(
            GetImport::NAME,
            json!({ "user_pool_id": pool, "job_id": job_id }),
        ),
    })
}

/// Checks that the pool verifies an attribute. Otherwise a job cannot start. The check
/// precedes the creation of the job.
async fn check_pool(cx: &Cx, pool: &str) -> ToolResult<()> {
    let described = cx
        .cognito()
        .describe_user_pool()
        .user_pool_id(pool)
        .send()
        .await?;
    let verifies = described
        .user_pool
        .is_none_or(|pool| !pool.auto_verified_attributes().is_empty());
    if verifies {
        return Ok(());
    }
    let error = ToolError::new(
        "ImportNotReady",
        "The pool verifies no attribute, which an import requires. Nothing was created",
    );
    let hint = "First set the pool to verify e-mail addresses";
    if !cx.is_enabled("update_pool") {
        return Err(error.hint(format!("{hint}: ask its administrator")));
    }
    let arguments = json!({
        "user_pool_id": cx.arguments.get("user_pool_id"), "auto_verified_attributes": ["email"],
    });
    Err(error.hint(hint).retry("update_pool", arguments))
}

/// Checks the first line, because an unknown column fails the whole job. Problems have
/// only the position of a column, because the first line of a file without a header is
/// a user.
fn check_header(csv: &str, columns: &[String]) -> ToolResult<()> {
    let header = csv
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches('\u{feff}');
    let given = || header.split(',').map(str::trim);
    let known = || columns.iter().map(String::as_str);
    let mut problems = Problems::default();
    let problem = |message: String, nearest: Option<String>| Problem {
        pointer: "/csv".to_owned(),
        message,
        allowed: Some(json!(columns)),
        nearest,
        ..Problem::default()
    };
    for (column, number) in given().zip(1..) {
        if !known().any(|known| known == column) {
            problems.add(|| {
                let message = format!("has no column of the pool in place {number}");
                problem(message, nearest(column, known()))
            });
        }
    }
    if !given().any(|column| column == USERNAME) {
        problems.add(|| problem(format!("lacks the column `{USERNAME}`"), None));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let described = problems
        .first()
        .iter()
        .map(|problem| match &problem.nearest {
            Some(nearest) => format!("it {}, did you mean `{nearest}`?", problem.message),
            None => format!("it {}", problem.message),
        });
    let mut message = described.collect::<Vec<_>>().join("; ");
    if problems.more() > 0 {
        message = format!("{message}; and {} more", problems.more());
    }
    let mut error = ToolError::new(
        "InvalidArguments",
        format!("The header line of the file is not the pool's: {message}"),
    )
    .hint(format!(
        "Nothing was created. The file may have only these columns: {}.",
        columns.join(",")
    ));
    error.more_problems = problems.more();
    error.problems = problems.into_first();
    Err(error)
}

/// The username, which every row must have.
const USERNAME: &str = "cognito:username";
/// Whether sign-ins require a second factor.
const MFA: &str = "cognito:mfa_enabled";
/// The password hash. Only files of jobs with an algorithm need it.
const HASH: &str = "password_hash";

/// `csv` with all columns: Cognito requires them, and missing ones are added.
fn completed(csv: &str, columns: &[String]) -> String {
    let csv = csv.trim_start_matches('\u{feff}');
    let header = csv.lines().next().unwrap_or_default();
    let given: Vec<&str> = header.split(',').map(str::trim).collect();
    let lacks = |column: &&String| !given.contains(&column.as_str()) && *column != HASH;
    let lacking: Vec<&String> = columns.iter().filter(lacks).collect();
    let mut lines = csv.lines().filter(|line| !line.trim().is_empty());
    let mut whole = lines.next().unwrap_or_default().to_owned();
    for column in &lacking {
        whole.push(',');
        whole.push_str(column);
    }
    for line in lines {
        whole.push('\n');
        whole.push_str(line);
        for column in &lacking {
            whole.push_str(if *column == MFA { ",false" } else { "," });
        }
    }
    whole.push('\n');
    whole
}

/// Read the progress of one import job, or list the pool's jobs, newest first.
#[derive(Deserialize, JsonSchema)]
struct GetImport {
    #[serde(flatten)]
    pool: InPool,
    /// The job; absent: all jobs.
    #[schemars(length(min = 1, max = 55))]
    job_id: Option<String>,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// Import jobs.
#[derive(Serialize, JsonSchema)]
struct JobPage {
    /// The jobs.
    jobs: Vec<Job>,
    /// Where the next page begins; absent on the last one.
    cursor: Option<String>,
    /// The call that returns the next page, or that reads a running job again.
    next: Option<NextCall>,
}

impl Tool for GetImport {
    const NAME: &'static str = "get_import";
    const TITLE: &'static str = "Read imports of users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserImportJob", "ListUserImportJobs"];
    type Answer = JobPage;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_job(arguments)
    }

    fn example() -> Value {
        json!({ "job_id": "import-a1B2c3D4e5" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<JobPage> {
        let pool = cx.pool(&self.pool).await?;
        if let Some(job_id) = self.job_id {
            let described = cx
                .cognito()
                .describe_user_import_job()
                .user_pool_id(pool)
                .job_id(job_id)
                .send()
                .await?;
            let job = Job::from(answered(described.user_import_job, "import job")?);
            let is_under_way = matches!(job.status.as_str(), "Pending" | "InProgress" | "Stopping");
            let again = || NextCall::new(Self::NAME, Value::Object(cx.arguments.clone()));
            return Ok(JobPage {
                next: is_under_way.then(again),
                jobs: vec![job],
                cursor: None,
            });
        }
        let page = cx
            .cognito()
            .list_user_import_jobs()
            .user_pool_id(pool)
            .max_results(self.page.limit)
            .set_pagination_token(self.page.cursor)
            .send()
            .await?;
        Ok(JobPage {
            jobs: page
                .user_import_jobs
                .unwrap_or_default()
                .into_iter()
                .map(Job::from)
                .collect(),
            next: cx.next_page(page.pagination_token.as_deref()),
            cursor: page.pagination_token,
        })
    }
}

/// Stop an import of users. Users that are imported already stay.
#[derive(Deserialize, JsonSchema)]
struct StopImport {
    #[serde(flatten)]
    pool: InPool,
    /// The job.
    #[schemars(length(min = 1, max = 55))]
    job_id: String,
}

/// A stopped job.
#[derive(Serialize, JsonSchema)]
struct Stopped {
    /// The job.
    job: Job,
}

impl Tool for StopImport {
    const NAME: &'static str = "stop_import";
    const TITLE: &'static str = "Stop import of users";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["StopUserImportJob"];
    type Answer = Stopped;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_job(arguments)
    }

    fn example() -> Value {
        json!({ "job_id": "import-a1B2c3D4e5" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Stopped> {
        let stopped = cx
            .cognito()
            .stop_user_import_job()
            .user_pool_id(cx.pool(&self.pool).await?)
            .job_id(self.job_id)
            .send()
            .await?;
        Ok(Stopped {
            job: answered(stopped.user_import_job, "import job")?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_columns_are_added() {
        let columns = ["name", "email", MFA, USERNAME, HASH].map(ToOwned::to_owned);
        assert_eq!(
            completed(
                "cognito:username,email\r\nana,a@example.com\n\nben,\n",
                &columns
            ),
            "cognito:username,email,name,cognito:mfa_enabled\nana,a@example.com,,false\nben,,,false\n"
        );
        let whole = "name,email,cognito:mfa_enabled,cognito:username,password_hash\n";
        assert_eq!(completed(whole, &columns), whole);
    }
}
