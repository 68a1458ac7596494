//! Scans: the users of a pool that match conditions, page by page.
//!
//! Cognito applies one condition if it can: a filter of `ListUsers`, or the members of a
//! group. All conditions are checked here for every user that is read. Requests of one user
//! are sent only for users that pass the conditions without them. Pacing keeps the rate of
//! requests safe.

use std::time::Duration;

use aws_lc_rs::digest;
use aws_sdk_cognitoidentityprovider::types::{EventResponseType, EventType};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use super::matcher::{Clause, Decision, Fact, Field, Matcher, Test};
use super::person::{LastSignIn, Person};
use crate::bounds::DIRECTORY_TIME;
use crate::call::context::Cx;
use crate::cognito::time;
use crate::error::{ToolError, ToolResult};

/// Every operation with which a scan reads.
pub(crate) const OPERATIONS: [&str; 7] = [
    "AdminGetUser",
    "AdminListGroupsForUser",
    "AdminListUserAuthEvents",
    "DescribeUserPool",
    "GetGroup",
    "ListUsers",
    "ListUsersInGroup",
];

/// Users on one page of Cognito, at most.
const PAGE: i32 = 60;

/// Requests for single users at the same time. Pacing keeps them below the quotas.
const CONCURRENT: usize = 8;

/// Where the users of a scan come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// All users of the pool.
    All,
    /// A filter of `ListUsers`.
    Filter(String),
    /// The members of a group.
    Group(String),
    /// Names.
    Names(Vec<String>),
}

impl Source {
    /// The source of the fewest users that have all of those that match.
    pub(crate) fn of(matcher: &Matcher) -> Self {
        let ranked = matcher.required().filter_map(rank);
        let best = ranked.min_by_key(|(rank, _)| *rank);
        best.map_or(Self::All, |(_, source)| source)
    }
}

/// The source for one condition if Cognito can apply it, and its rank: the lowest has the
/// fewest users.
fn rank(clause: &Clause) -> Option<(u8, Source)> {
    let (values, prefix) = match &clause.test {
        Test::Is(values) => (values, false),
        Test::StartsWith(values) => (values, true),
        _ => return None,
    };
    let [value] = values.as_slice() else {
        return None;
    };
    let filter = |name: &str, value: &str| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"");
        let operator = if prefix { "^=" } else { "=" };
        Source::Filter(format!("{name} {operator} \"{value}\""))
    };
    match &clause.field {
        Field::Username => Some((if prefix { 3 } else { 0 }, filter("username", value))),
        Field::Attribute(name) => {
            let exact = match name.as_str() {
                "sub" if prefix => return None,
                "sub" | "email" | "phone_number" | "preferred_username" => 0,
                "name" | "given_name" | "family_name" => 2,
                _ => return None,
            };
            Some((if prefix { 3 } else { exact }, filter(name, value)))
        }
        Field::Group if !prefix => Some((1, Source::Group(value.clone()))),
        Field::Status if !prefix => Some((4, filter("cognito:user_status", &value.to_uppercase()))),
        Field::Enabled if !prefix => {
            let value = if value == "true" {
                "Enabled"
            } else {
                "Disabled"
            };
            Some((5, filter("status", value)))
        }
        _ => None,
    }
}

/// A scan of one pool.
pub(crate) struct Scan<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) pool: &'a str,
    pub(crate) matcher: &'a Matcher,
    pub(crate) source: Source,
}

/// The position of a scan: a page of Cognito, and the users on it that were handled. A page
/// is identified by Cognito's token, so users that come or go do not move it: the emulator's
/// token has the last user of the page before, and that Cognito's does is inferred.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// Marks of the users of the page that were handled.
    #[serde(rename = "s", default)]
    pub(crate) seen: Vec<u32>,
    /// Users read so far, by all calls.
    #[serde(rename = "r", default)]
    pub(crate) read: u32,
    /// Users that matched so far, in all calls.
    #[serde(rename = "m", default)]
    pub(crate) matched: u32,
}

/// A user that a scan read.
pub(crate) struct Read {
    /// The name by which it was found.
    pub(crate) name: String,
    /// The user if it matches, or why it could not be read. None: it does not match.
    pub(crate) found: Option<ToolResult<Person>>,
}

impl Read {
    /// The mark of the user in a position.
    pub(crate) fn mark(&self) -> u32 {
        mark(&self.name)
    }
}

/// The mark of a name: two names of one page have the same mark once in a million pages.
fn mark(name: &str) -> u32 {
    let digest = digest::digest(&digest::SHA256, name.as_bytes());
    let bytes: [u8; 4] = digest.as_ref()[..4].try_into().unwrap_or_default();
    u32::from_be_bytes(bytes)
}

impl Scan<'_> {
    /// Reads the page at `position`, without the users that were handled. Also returns the
    /// token of the next page.
    ///
    /// # Errors
    /// If the page cannot be read, or a fact of its users.
    pub(crate) async fn page(
        &self,
        position: &Position,
    ) -> ToolResult<(Vec<Read>, Option<String>)> {
        if let Source::Names(names) = &self.source {
            return self.named(names, position).await;
        }
        let (mut people, next) = self.list(position.token.clone()).await?;
        people.retain(|person| !position.seen.contains(&mark(&person.username)));
        let read = stream::iter(people)
            .map(async |person| {
                let name = person.username.clone();
                let found = self.check(person).await?.map(Ok);
                Ok::<_, Box<ToolError>>(Read { name, found })
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        Ok((read, next))
    }

    async fn list(&self, token: Option<String>) -> ToolResult<(Vec<Person>, Option<String>)> {
        let cognito = self.cx.cognito();
        let (users, next) = if let Source::Group(group) = &self.source {
            let request = cognito.list_users_in_group().user_pool_id(self.pool);
            let request = request.group_name(group).limit(PAGE).set_next_token(token);
            let page = request.send().await?;
            (page.users, page.next_token)
        } else {
            let filter = match &self.source {
                Source::Filter(filter) => Some(filter.clone()),
                _ => None,
            };
            let request = cognito.list_users().user_pool_id(self.pool);
            let request = request
                .set_filter(filter)
                .limit(PAGE)
                .set_pagination_token(token);
            let page = request.send().await?;
            (page.users, page.pagination_token)
        };
        let users = users.unwrap_or_default().into_iter();
        Ok((users.map(Person::from).collect(), next))
    }

    /// A page of `names`. The token is the place of its first name.
    async fn named(
        &self,
        names: &[String],
        position: &Position,
    ) -> ToolResult<(Vec<Read>, Option<String>)> {
        const SIZE: usize = 60;
        let start = position
            .token
            .as_deref()
            .and_then(|token| token.parse().ok());
        let start: usize = start.unwrap_or_default();
        let mut page: Vec<String> = names.iter().skip(start).take(SIZE).cloned().collect();
        page.retain(|name| !position.seen.contains(&mark(name)));
        let read = stream::iter(page)
            .map(async |name| {
                let request = self.cx.cognito().admin_get_user().user_pool_id(self.pool);
                let found = match request.username(&name).send().await {
                    Ok(user) => self.check(user.into()).await?.map(Ok),
                    Err(error) => {
                        let error: Box<ToolError> = error.into();
                        if error.code != "UserNotFoundException" {
                            return Err(error);
                        }
                        Some(Err(error))
                    }
                };
                Ok(Read { name, found })
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let next = start + SIZE;
        Ok((read, (next < names.len()).then(|| next.to_string())))
    }

    /// The user if it matches.
    async fn check(&self, mut person: Person) -> ToolResult<Option<Person>> {
        // A member of the group is known to be in this group. That decides the only condition
        // on groups; several conditions need all groups.
        let known = match &self.source {
            Source::Group(group) if self.matcher.count(&Field::Group) == 1 => Some(group),
            _ => None,
        };
        loop {
            if let Some(group) = known {
                person.groups = Some(vec![group.clone()]);
            }
            let decision = self.matcher.decide(&person);
            if known.is_some() {
                person.groups = None;
            }
            match decision {
                Decision::Matches => return Ok(Some(person)),
                Decision::Differs => return Ok(None),
                Decision::Needs(fact) => {
                    if !self.read_fact(fact, &mut person).await? {
                        // The user was deleted meanwhile.
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads a fact of a user. False if the user does not exist.
    pub(crate) async fn read_fact(&self, fact: Fact, person: &mut Person) -> ToolResult<bool> {
        let read = match fact {
            Fact::Factors => self.factors(&person.username).await.map(|factors| {
                person.factors = Some(factors);
            }),
            Fact::Groups => self.groups(&person.username).await.map(|groups| {
                person.groups = Some(groups);
            }),
            Fact::SignIns => self.last_sign_in(&person.username).await.map(|time| {
                person.last_sign_in = Some(LastSignIn(time));
            }),
        };
        match read {
            Ok(()) => Ok(true),
            Err(error) if error.code == "UserNotFoundException" => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn factors(&self, username: &str) -> ToolResult<Vec<String>> {
        let request = self.cx.cognito().admin_get_user().user_pool_id(self.pool);
        let user = request.username(username).send().await?;
        Ok(user.user_mfa_setting_list.unwrap_or_default())
    }

    async fn groups(&self, username: &str) -> ToolResult<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = self.cx.cognito().admin_list_groups_for_user();
            let request = request.user_pool_id(self.pool).username(username);
            let page = request.limit(PAGE).set_next_token(token).send().await?;
            let groups = page.groups.unwrap_or_default().into_iter();
            names.extend(groups.filter_map(|group| group.group_name));
            token = page.next_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// The last successful sign-in, among the newest 60 events.
    async fn last_sign_in(&self, username: &str) -> ToolResult<Option<i64>> {
        let request = self.cx.cognito().admin_list_user_auth_events();
        let request = request.user_pool_id(self.pool).username(username);
        let page = request.max_results(PAGE).send().await?;
        let events = page.auth_events.unwrap_or_default();
        let signed_in = events.iter().filter(|event| {
            event.event_type == Some(EventType::SignIn)
                && event.event_response == Some(EventResponseType::Pass)
        });
        Ok(signed_in
            .filter_map(|event| time::milliseconds(event.creation_date.as_ref()?))
            .max())
    }

    /// Checks that the pool has the custom attributes of conditions, each given with its
    /// pointer. Otherwise a search for a misspelt attribute would find no user.
    ///
    /// # Errors
    /// If the pool lacks one.
    pub(crate) async fn check_attributes<'b>(
        &self,
        named: impl Iterator<Item = (String, &'b str)>,
    ) -> ToolResult<()> {
        let named: Vec<(String, &str)> = named.collect();
        if named.is_empty() {
            return Ok(());
        }
        let described = self
            .cx
            .cognito()
            .describe_user_pool()
            .user_pool_id(self.pool);
        let pool = described.send().await?.user_pool;
        let schema = pool
            .and_then(|pool| pool.schema_attributes)
            .unwrap_or_default();
        let known: Vec<&str> = schema
            .iter()
            .filter_map(|attribute| attribute.name())
            .collect();
        let Some((pointer, name)) = named.into_iter().find(|(_, name)| !known.contains(name))
        else {
            return Ok(());
        };
        let custom: Vec<&str> = known
            .iter()
            .copied()
            .filter(|it| it.contains(':'))
            .collect();
        let has = if custom.is_empty() {
            "none".to_owned()
        } else {
            custom.join(", ")
        };
        let mut error =
            ToolError::argument(&pointer, format!("The pool has no attribute `{name}`"));
        if let Some(problem) = error.problems.first_mut() {
            problem.nearest = crate::arguments::nearest(name, custom.iter().copied());
        }
        Err(error.hint(format!("Its custom attributes: {has}")))
    }
}

/// Reads users until `most` are found, or the time of a call is used up. Returns them, and
/// whether the scan has ended.
///
/// # Errors
/// If a page cannot be read, or the call is cancelled.
pub(crate) async fn collect(
    scan: &Scan<'_>,
    position: &mut Position,
    most: usize,
) -> ToolResult<(Vec<Person>, bool)> {
    let mut people = Vec::new();
    let budget = Budget::new(scan.cx.limit());
    loop {
        if scan.cx.cancel.is_cancelled() {
            let message = "The call was cancelled; nothing was changed";
            return Err(ToolError::new("Cancelled", message));
        }
        let (page, next) = scan.page(position).await?;
        for read in page {
            if people.len() == most {
                return Ok((people, false));
            }
            position.seen.push(read.mark());
            position.read += 1;
            if let Some(Ok(person)) = read.found {
                position.matched += 1;
                people.push(person);
            }
        }
        if next.is_none() {
            return Ok((people, true));
        }
        position.token = next;
        position.seen.clear();
        if budget.is_over() {
            return Ok((people, false));
        }
        let state = format!("users read, {} match", position.matched);
        scan.cx.progress(position.read, None, &state).await;
    }
}

/// The time that a call spends on searching or changing users.
pub(crate) struct Budget(tokio::time::Instant);

impl Budget {
    /// A budget that begins now, for a call with the time limit `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Self(tokio::time::Instant::now() + DIRECTORY_TIME.min(limit * 3 / 4))
    }

    /// A budget that begins now, for a call that cannot be continued.
    pub(crate) fn whole(limit: Duration) -> Self {
        Self(tokio::time::Instant::now() + limit * 3 / 4)
    }

    /// Whether it is used up.
    pub(crate) fn is_over(&self) -> bool {
        tokio::time::Instant::now() >= self.0
    }
}
