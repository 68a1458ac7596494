//! Export of users: CSV for an import, JSON, or the users of a pool file.

use aws_sdk_cognitoidentityprovider::types::{UserPoolType, UsernameAttributeType};
use cognito_emulator::pool_file::yaml;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_conditions, matcher, position};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::time;
use crate::copy::users;
use crate::directory::condition::KnownConditions;
use crate::directory::cursor;
use crate::directory::matcher::Fact;
use crate::directory::person::Person;
use crate::directory::scan::{self, Scan, Source};
use crate::error::{NextCall, ToolResult};
use crate::tools::answer::User;
use crate::tools::import;
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 1] {
    [Entry::of::<ExportUsers>()]
}

/// Export users, all or those that match, page by page: as CSV that `import_users` takes, as JSON, or as `Users` of a pool file. Passwords cannot be exported.
#[derive(Deserialize, JsonSchema)]
struct ExportUsers {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    conditions: KnownConditions,
    /// Form of the content.
    #[serde(default)]
    format: Format,
    /// Most users to return at once. Each page is a complete file.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// `cursor` of the previous answer, to continue.
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    60
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Csv,
    Json,
    PoolFile,
}

/// A page of users.
#[derive(Serialize, JsonSchema)]
struct FilePage {
    /// The users in the requested form.
    content: String,
    /// Users of this page.
    users: usize,
    /// Users so far, those of previous pages included.
    exported: u32,
    /// Users of this page that are not in the content, and why.
    left_out_users: Vec<LeftOut>,
    /// What the content lacks.
    not_exported: Vec<&'static str>,
    /// Where to continue; absent at the end.
    cursor: Option<String>,
    /// The call that continues.
    next: Option<NextCall>,
}

/// A user that the form cannot have.
#[derive(Serialize, JsonSchema)]
struct LeftOut {
    /// Username.
    username: String,
    /// Why.
    why: &'static str,
}

impl Tool for ExportUsers {
    const NAME: &'static str = "export_users";
    const TITLE: &'static str = "Export users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[
        "AdminGetUser",
        "AdminListGroupsForUser",
        "AdminListUserAuthEvents",
        "DescribeUserPool",
        "GetCSVHeader",
        "GetGroup",
        "ListUsers",
        "ListUsersInGroup",
    ];
    const REPORTS_PROGRESS: bool = true;
    type Answer = FilePage;

    fn example() -> Value {
        json!({ "format": "csv", "where": [{ "field": "status", "value": "CONFIRMED" }] })
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        super::validate(Self::NAME, arguments, &Self::example())
    }

    async fn call(self, cx: &Cx) -> ToolResult<FilePage> {
        let pool = cx.pool(&self.pool).await?;
        let of = cursor::fingerprint(&json!([pool, self.conditions.known, self.format]));
        let mut position = position(
            cx,
            self.cursor.as_deref(),
            &of,
            "pool, conditions or format",
        )?;
        let matcher = matcher(cx, &self.conditions.known, &Self::example())?;
        let scan = Scan {
            cx,
            pool: &pool,
            source: Source::of(&matcher),
            matcher: &matcher,
        };
        check_conditions(&scan, &self.conditions.known, self.cursor.as_deref()).await?;
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let (mut people, ended) = scan::collect(&scan, &mut position, most).await?;
        let users = people.len();
        let (content, left_out_users) = match self.format {
            Format::Csv => csv(cx, &pool, people).await?,
            Format::Json => {
                let users: Vec<User> = people.into_iter().map(User::from).collect();
                (json!(users).to_string(), Vec::new())
            }
            Format::PoolFile => {
                for person in &mut people {
                    for fact in [Fact::Factors, Fact::Groups] {
                        scan.read_fact(fact, person).await?;
                    }
                }
                let users: Vec<Value> =
                    people.iter().map(|person| in_file(&pool, person)).collect();
                (yaml(&json!({ "Users": users })), Vec::new())
            }
        };
        let cursor = (!ended).then(|| cursor::write(&of, &position));
        Ok(FilePage {
            content,
            users,
            exported: position.matched,
            left_out_users,
            not_exported: self.format.lacks(),
            next: cx.next_page(cursor.as_deref()),
            cursor,
        })
    }
}

impl Format {
    fn lacks(self) -> Vec<&'static str> {
        match self {
            Self::Csv => vec![
                "passwords: users choose a new one at the first sign-in after the import",
                "groups, second factors, devices and passkeys",
                "sub: imported users get another one",
                "status, and whether a user is enabled",
            ],
            Self::Json => vec!["passwords, groups, second factors, devices and passkeys"],
            Self::PoolFile => vec!["passwords, devices and passkeys"],
        }
    }
}

/// The rows of a file for an import, with all columns of the pool.
async fn csv(cx: &Cx, pool: &str, people: Vec<Person>) -> ToolResult<(String, Vec<LeftOut>)> {
    let columns = import::columns(cx, pool).await?;
    let described = cx
        .cognito()
        .describe_user_pool()
        .user_pool_id(pool)
        .send()
        .await?;
    let described = answered(described.user_pool, "user pool")?;
    let mut content = columns.join(",");
    content.push('\n');
    let mut left_out = Vec::new();
    for person in people {
        match row(&columns, &described, &person) {
            Ok(row) => {
                content.push_str(&row);
                content.push('\n');
            }
            Err(why) => left_out.push(LeftOut {
                username: person.username,
                why,
            }),
        }
    }
    Ok((content, left_out))
}

/// The row of a user, or why an import cannot have it.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-using-import-tool-formatting-csv-file>
fn row(columns: &[String], pool: &UserPoolType, person: &Person) -> Result<String, &'static str> {
    if person.status == "EXTERNAL_PROVIDER" {
        return Err("the user signs in at an identity provider, and an import makes local users");
    }
    let attribute = |name: &str| person.attributes.get(name).map_or("", String::as_str);
    let is_true = |name: &str| attribute(name).eq_ignore_ascii_case("true");
    if !is_true("email_verified") && !is_true("phone_number_verified") {
        return Err("an import requires a verified e-mail address or phone number");
    }
    let username = match pool.username_attributes() {
        [] => person.username.as_str(),
        by if by.contains(&UsernameAttributeType::Email) && !attribute("email").is_empty() => {
            attribute("email")
        }
        _ => attribute("phone_number"),
    };
    let mut values = Vec::with_capacity(columns.len());
    for column in columns {
        let value = match column.as_str() {
            "cognito:username" => username,
            "cognito:mfa_enabled" => "false",
            "email_verified" | "phone_number_verified" => {
                if is_true(column) {
                    "true"
                } else {
                    "false"
                }
            }
            "password_hash" => "",
            name => attribute(name),
        };
        if value.contains(['\n', '\r']) {
            return Err("a value has a line break, which a row cannot have");
        }
        values.push(value.replace(',', "\\,"));
    }
    Ok(values.join(","))
}

/// The user as an element of `Users` in a pool file.
fn in_file(pool: &str, person: &Person) -> Value {
    let time = |time: Option<i64>| json!(time.and_then(time::rfc3339_of_milliseconds));
    let attributes = person.attributes.iter();
    let attributes = attributes.map(|(name, value)| json!({ "Name": name, "Value": value }));
    let listed = json!({
        "Username": person.username,
        "Attributes": attributes.collect::<Vec<_>>(),
        "UserStatus": person.status,
        "Enabled": person.enabled,
        "UserCreateDate": time(person.created),
        "UserLastModifiedDate": time(person.modified),
    });
    let factors = person.factors.clone().unwrap_or_default();
    let factors = if factors.is_empty() {
        Value::Null
    } else {
        json!({ "UserMFASettingList": factors })
    };
    let groups = person.groups.iter().flatten().map(|name| json!(name));
    users::user(pool, &listed, &factors, groups.collect())
}
