//! Users that need attention: several accounts of one person, and accounts that are stuck.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::matcher;
use crate::bounds::{DUPLICATE_SETS, STUCK_NAMES};
use crate::call::context::Cx;
use crate::cognito::{time, user_status};
use crate::copy::users::read_identities;
use crate::directory::condition::{Condition, Conditions};
use crate::directory::person::Person;
use crate::directory::scan::{Budget, Position, Scan, Source};
use crate::error::{NextCall, ToolError, ToolResult};
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 2] {
    [
        Entry::of::<FindDuplicateUsers>(),
        Entry::of::<FindStuckUsers>(),
    ]
}

/// Find users with the same e-mail address or phone number: in another case, with a plus-form (`ana+shop@…`), or as the federated twin of a local user, with the calls that link it. Reads every user.
#[derive(Deserialize, JsonSchema)]
struct FindDuplicateUsers {
    #[serde(flatten)]
    pool: InPool,
    /// The attribute to compare.
    #[serde(default)]
    by: By,
    /// Whether `ana+shop@example.com` is the address of `ana@example.com`.
    #[serde(default = "yes")]
    plus_forms: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Email,
    PhoneNumber,
}

/// Sets of users.
#[derive(Serialize, JsonSchema)]
struct Duplicates {
    /// Number of sets.
    found: usize,
    /// Users read.
    read: u32,
    /// Whether all users were read in the time limit of a call. Otherwise there may be more.
    complete: bool,
    /// The sets, the largest first; the first 50.
    sets: Vec<Set>,
}

/// Users with one address.
#[derive(Serialize, JsonSchema)]
struct Set {
    /// The address or number, as it is compared.
    address: String,
    /// What differs: `same`, `case`, `plus_form`, `federated`.
    kinds: Vec<&'static str>,
    /// The users, the oldest first.
    users: Vec<Account>,
    /// The calls that make a federated identity sign in as the local user, in this order. The federated profile is deleted first, because Cognito links only identities without one; its attributes and groups are lost.
    link: Vec<NextCall>,
}

/// A user of a set.
#[derive(Serialize, JsonSchema)]
struct Account {
    /// Username.
    username: String,
    /// The address as it is stored.
    address: String,
    /// Whether it is verified.
    verified: bool,
    /// Status, as in `CONFIRMED`.
    status: String,
    /// Whether the user may sign in.
    enabled: bool,
    /// When the user was created, RFC 3339.
    created_at: Option<String>,
    /// Identity providers of the user.
    providers: Vec<String>,
}

impl Tool for FindDuplicateUsers {
    const NAME: &'static str = "find_duplicate_users";
    const TITLE: &'static str = "Find duplicate users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListUsers"];
    const REPORTS_PROGRESS: bool = true;
    type Answer = Duplicates;

    fn example() -> Value {
        json!({ "by": "email" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Duplicates> {
        let pool = cx.pool(&self.pool).await?;
        let name = match self.by {
            By::Email => "email",
            By::PhoneNumber => "phone_number",
        };
        let mut sets: BTreeMap<String, Vec<Person>> = BTreeMap::new();
        let conditions = Conditions::default();
        let (read, complete) = each(cx, &pool, &conditions, |person| {
            let address = person.attributes.get(name).filter(|it| !it.is_empty());
            if let Some(address) = address {
                let key = compared(address, self.plus_forms);
                sets.entry(key).or_default().push(person);
            }
        })
        .await?;
        sets.retain(|_, people| people.len() > 1);
        let mut sets: Vec<(String, Vec<Person>)> = sets.into_iter().collect();
        sets.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
        let found = sets.len();
        let pool = cx.arguments.get("user_pool_id");
        let sets = sets.into_iter().take(DUPLICATE_SETS);
        Ok(Duplicates {
            found,
            read,
            complete,
            sets: sets
                .map(|(address, people)| set(address, people, name, pool))
                .collect(),
        })
    }
}

/// An address as it is compared.
fn compared(address: &str, plus_forms: bool) -> String {
    let address = address.trim().to_lowercase();
    match address.split_once('@') {
        Some((name, domain)) if plus_forms => {
            let name = name.split_once('+').map_or(name, |(name, _)| name);
            format!("{name}@{domain}")
        }
        _ => address,
    }
}

fn set(address: String, mut people: Vec<Person>, attribute: &str, pool: Option<&Value>) -> Set {
    people.sort_by(|a, b| (a.created, &a.username).cmp(&(b.created, &b.username)));
    let stored = |person: &Person| {
        person
            .attributes
            .get(attribute)
            .cloned()
            .unwrap_or_default()
    };
    let is_federated = |person: &&Person| person.status == "EXTERNAL_PROVIDER";
    let texts: Vec<String> = people.iter().map(stored).collect();
    let lower = |text: &String| text.trim().to_lowercase();
    let any_two = |differ: &dyn Fn(&String, &String) -> bool| {
        texts
            .iter()
            .enumerate()
            .any(|(n, a)| texts[n + 1..].iter().any(|b| differ(a, b)))
    };
    let mut kinds = Vec::new();
    if any_two(&|a, b| a == b) {
        kinds.push("same");
    }
    if any_two(&|a, b| a != b && lower(a) == lower(b)) {
        kinds.push("case");
    }
    if any_two(&|a, b| lower(a) != lower(b)) {
        kinds.push("plus_form");
    }
    let local: Vec<&Person> = people
        .iter()
        .filter(|person| !is_federated(person))
        .collect();
    let federated: Vec<&Person> = people.iter().filter(is_federated).collect();
    if !federated.is_empty() {
        kinds.push("federated");
    }
    // With several local users, a person decides which one stays.
    let link = match local.as_slice() {
        [local] => federated
            .iter()
            .flat_map(|twin| links(local, twin, pool))
            .collect(),
        _ => Vec::new(),
    };
    let users = people.iter().map(|person| Account {
        username: person.username.clone(),
        address: stored(person),
        verified: is_true(person.attributes.get(&format!("{attribute}_verified"))),
        status: person.status.clone(),
        enabled: person.enabled,
        created_at: person.created.and_then(time::rfc3339_of_milliseconds),
        providers: identities(person)
            .into_iter()
            .map(|(provider, _)| provider)
            .collect(),
    });
    Set {
        address,
        kinds,
        users: users.collect(),
        link,
    }
}

fn is_true(flag: Option<&String>) -> bool {
    flag.is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
}

/// The provider and the subject of each identity of a user.
fn identities(person: &Person) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    read_identities(&json!(person.attributes.get("identities")))
        .iter()
        .map(|identity| {
            (
                text(&identity["ProviderName"]),
                text(&identity["ProviderAttributeValue"]),
            )
        })
        .collect()
}

/// The calls after which the identity of `twin` signs in as `local`.
fn links(local: &Person, twin: &Person, pool: Option<&Value>) -> Vec<NextCall> {
    let identities = identities(twin);
    let [(provider, subject)] = identities.as_slice() else {
        return Vec::new();
    };
    let delete = json!({ "user_pool_id": pool, "username": twin.username });
    let link = json!({
        "user_pool_id": pool, "username": local.username, "provider": provider, "subject": subject,
    });
    vec![
        NextCall::new("delete_user", delete),
        NextCall::new("link_identity", link),
    ]
}

/// Visits the users that match. Returns the number of users that were read, and whether all
/// were read in the time limit of a call.
async fn each(
    cx: &Cx,
    pool: &str,
    conditions: &Conditions,
    mut visit: impl FnMut(Person),
) -> ToolResult<(u32, bool)> {
    let matcher = matcher(cx, conditions, &json!({}))?;
    let scan = Scan {
        cx,
        pool,
        source: Source::of(&matcher),
        matcher: &matcher,
    };
    let budget = Budget::whole(cx.limit());
    let mut position = Position::default();
    loop {
        if cx.cancel.is_cancelled() {
            return Err(ToolError::new(
                "Cancelled",
                "The call was cancelled; nothing was changed",
            ));
        }
        let (page, next) = scan.page(&position).await?;
        for read in page {
            position.read += 1;
            if let Some(Ok(person)) = read.found {
                visit(person);
            }
        }
        position.token = next;
        if position.token.is_none() || budget.is_over() {
            return Ok((position.read, position.token.is_none()));
        }
        cx.progress(position.read, None, "users read").await;
    }
}

/// Find users that are stuck, by state: sign-ups that were never confirmed, invitations that were not accepted or have expired, passwords that have to be reset. Each state has its number of users, the oldest ones, and the call that would help.
#[derive(Deserialize, JsonSchema)]
struct FindStuckUsers {
    #[serde(flatten)]
    pool: InPool,
    /// Only users in the state for at least this long, as in `7d` or `12h`.
    #[serde(default = "a_week")]
    older_than: String,
}

fn a_week() -> String {
    "7d".to_owned()
}

/// The states.
#[derive(Serialize, JsonSchema)]
struct Stuck {
    /// Days for which a temporary password is valid.
    invitation_days: i32,
    /// Whether all users in these states were read in the time limit of a call.
    complete: bool,
    /// The states that have users.
    states: Vec<StuckState>,
}

/// The users in one state.
#[derive(Serialize, JsonSchema)]
struct StuckState {
    /// The state: a status, or `INVITATION_EXPIRED` and `INVITATION_PENDING` for `FORCE_CHANGE_PASSWORD`.
    state: &'static str,
    /// What it means for the next sign-in.
    explanation: String,
    /// The number of users.
    users: usize,
    /// The oldest of them.
    oldest: Vec<String>,
    /// When the oldest was last modified, RFC 3339.
    since: Option<String>,
    /// The call that would help; it changes nothing yet.
    next: NextCall,
}

/// The statuses in which a user cannot simply sign in.
const STUCK: [&str; 4] = [
    "UNCONFIRMED",
    "FORCE_CHANGE_PASSWORD",
    "RESET_REQUIRED",
    "COMPROMISED",
];

impl Tool for FindStuckUsers {
    const NAME: &'static str = "find_stuck_users";
    const TITLE: &'static str = "Find stuck users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPool", "ListUsers"];
    const REPORTS_PROGRESS: bool = true;
    type Answer = Stuck;

    fn example() -> Value {
        json!({ "older_than": "30d" })
    }

    fn validate(arguments: &mut rmcp::model::JsonObject) -> ToolResult<()> {
        let age = arguments.get("older_than").and_then(Value::as_str);
        let epoch = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24 * 365 * 100);
        if age.is_none_or(|age| crate::directory::condition::moment(age, epoch).is_some()) {
            return Ok(());
        }
        let message = "must be an age, as in `7d` or `12h`, or a date";
        let example = Self::example();
        Err(ToolError::argument("/older_than", message).hint(format!(
            "Nothing was called. Valid arguments look like {example}"
        )))
    }

    async fn call(self, cx: &Cx) -> ToolResult<Stuck> {
        let pool = cx.pool(&self.pool).await?;
        let described = cx.cognito().describe_user_pool().user_pool_id(&pool);
        let described = described.send().await?.user_pool;
        let policy = described.and_then(|pool| pool.policies?.password_policy);
        let days = policy.map_or(0, |policy| policy.temporary_password_validity_days);
        // The default of Cognito.
        let invitation_days = if days == 0 { 7 } else { days };
        let expiry = format!("{invitation_days}d");
        let expiry = crate::directory::condition::moment(&expiry, cx.now()).unwrap_or_default();
        let mut states: BTreeMap<&'static str, Vec<Person>> = BTreeMap::new();
        let mut complete = true;
        for status in STUCK {
            let conditions = self.in_status(status);
            let (_, all) = each(cx, &pool, &conditions, |person| {
                let is_old = person.modified.is_none_or(|at| at < expiry);
                let state = match status {
                    "FORCE_CHANGE_PASSWORD" if is_old => "INVITATION_EXPIRED",
                    "FORCE_CHANGE_PASSWORD" => "INVITATION_PENDING",
                    other => other,
                };
                states.entry(state).or_default().push(person);
            })
            .await?;
            complete &= all;
        }
        let states = states.into_iter();
        Ok(Stuck {
            invitation_days,
            complete,
            states: states
                .map(|(state, people)| {
                    self.state(cx, state, people, &format!("{invitation_days}d"))
                })
                .collect(),
        })
    }
}

impl FindStuckUsers {
    fn in_status(&self, status: &str) -> Conditions {
        Conditions {
            conditions: vec![
                Condition::is("status", &[status]),
                Condition::before("modified", &self.older_than),
            ],
            ..Conditions::default()
        }
    }

    fn state(
        &self,
        cx: &Cx,
        state: &'static str,
        mut people: Vec<Person>,
        expiry: &str,
    ) -> StuckState {
        people.sort_by(|a, b| (a.modified, &a.username).cmp(&(b.modified, &b.username)));
        let expired = state == "INVITATION_EXPIRED";
        let status = if state.starts_with("INVITATION") {
            "FORCE_CHANGE_PASSWORD"
        } else {
            state
        };
        let explanation = if expired {
            "the temporary password has expired; a new invitation has a new one"
        } else {
            user_status::in_words(status).unwrap_or_default()
        };
        let age = if expired { expiry } else { &self.older_than };
        let pool = cx.arguments.get("user_pool_id");
        let selected = json!([
            { "field": "status", "value": status },
            { "field": "modified", "op": "before", "value": age },
        ]);
        let action = match state {
            "INVITATION_EXPIRED" => Some("resend_invitation"),
            // A bulk confirmation would let in addresses that no user has proved.
            "UNCONFIRMED" => Some("delete"),
            _ => None,
        };
        let next = match action.filter(|_| cx.is_enabled("update_users")) {
            Some(action) => NextCall::new(
                "update_users",
                json!({
                    "user_pool_id": pool, "action": action, "where": selected, "dry_run": true,
                }),
            ),
            None => NextCall::new(
                "search_users",
                json!({ "user_pool_id": pool, "where": selected }),
            ),
        };
        let oldest = people.first().and_then(|person| person.modified);
        StuckState {
            state,
            explanation: explanation.to_owned(),
            users: people.len(),
            since: oldest.and_then(time::rfc3339_of_milliseconds),
            oldest: people
                .into_iter()
                .take(STUCK_NAMES)
                .map(|person| person.username)
                .collect(),
            next,
        }
    }
}
