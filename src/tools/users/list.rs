//! Lists of users: filtered, sorted, in pages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::UserType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::cognito::time;
use crate::directory::cursor;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::tools::answer::{self, User};
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 1] {
    [Entry::of::<ListUsers>()]
}

/// List users, filtered and sorted. The last 5 users created: {"sort": "created", "limit": 5}.
#[derive(Deserialize, JsonSchema)]
struct ListUsers {
    #[serde(flatten)]
    pool: InPool,
    /// Cognito filter on one attribute: `email = "ana@example.com"` or, for a prefix, `email ^= "ana"`. Attributes: username, email, `phone_number`, name, `given_name`, `family_name`, `preferred_username`, `cognito:user_status`, status, sub.
    #[schemars(length(max = 256))]
    filter: Option<String>,
    /// Only users with this status.
    status: Option<Status>,
    /// Only members of this group.
    #[schemars(length(min = 1, max = 128))]
    group: Option<String>,
    /// Sort by time of creation or of the last modification, newest first. This reads every user that matches. Absent: Cognito's own order.
    sort: Option<Sort>,
    /// Most users to return at once (default 10).
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 60))]
    limit: u32,
    /// `cursor` of the previous answer, to continue there; the other arguments must stay unchanged.
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    10
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Archived,
    Compromised,
    Confirmed,
    ExternalProvider,
    ForceChangePassword,
    ResetRequired,
    Unconfirmed,
    Unknown,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Archived => "ARCHIVED",
            Self::Compromised => "COMPROMISED",
            Self::Confirmed => "CONFIRMED",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Created,
    Modified,
}

/// A page of users.
#[derive(Serialize, JsonSchema)]
struct UserPage {
    /// The users.
    pub(super) users: Vec<User>,
    /// Users read to find them.
    pub(super) scanned: u32,
    /// Where the next page begins; absent on the last one.
    pub(super) cursor: Option<String>,
    /// The call that returns the next page.
    pub(super) next: Option<NextCall>,
}

impl Tool for ListUsers {
    const NAME: &'static str = "list_users";
    const TITLE: &'static str = "List users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["ListUsers", "ListUsersInGroup"];
    const DETAILS: &'static [&'static str] = answer::USER_DETAILS;
    const REPORTS_PROGRESS: bool = true;
    type Answer = UserPage;

    fn example() -> Value {
        json!({ "filter": "email ^= \"ana\"", "status": "CONFIRMED", "sort": "created", "limit": 5 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<UserPage> {
        let pool = cx.pool(&self.pool).await?;
        let begin = || cx.arguments_with(json!({ "cursor": null }));
        let of = self.fingerprint(&pool);
        let cursor = self.cursor.as_deref().map(|text| {
            let shared = "pool, filter, status, group or sort";
            cursor::read::<Position>(text, &of, Self::NAME, shared)
        });
        let cursor = cursor.transpose().map_err(|error| {
            error
                .hint("Start again without a cursor")
                .retry(Self::NAME, begin())
        })?;
        let listing = Listing::new(cx, &pool, &self).await?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let (users, scanned, cursor) = match (self.sort, cursor) {
            (None, Some(Position::At { token, skip })) => {
                listing.in_order(limit, token, skip).await?
            }
            (Some(sort), Some(Position::After { time, username })) => {
                listing.sorted(sort, limit, Some((time, username))).await?
            }
            (Some(sort), _) => listing.sorted(sort, limit, None).await?,
            (None, _) => listing.in_order(limit, None, 0).await?,
        };
        let cursor = cursor.map(|at| cursor::write(&of, &at));
        Ok(UserPage {
            users: users.into_iter().map(User::from).collect(),
            scanned,
            next: cx.next_page(cursor.as_deref()),
            cursor,
        })
    }
}

impl ListUsers {
    /// A fingerprint of the arguments that all pages of a listing share.
    fn fingerprint(&self, pool: &str) -> String {
        cursor::fingerprint(&json!([
            pool,
            self.filter,
            self.status,
            self.group,
            self.sort
        ]))
    }
}

/// A position in a listing.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Position {
    /// For Cognito's order: the page, and how many of its users were returned.
    At { token: Option<String>, skip: usize },
    /// For a sorted listing: the last returned user, by time in milliseconds and
    /// username.
    After { time: i64, username: String },
}

/// A listing of a pool's users.
struct Listing<'a> {
    cx: &'a Cx,
    pool: &'a str,
    filter: Option<String>,
    group: Option<&'a str>,
    /// The status is checked here, because Cognito accepts only one condition.
    status: Option<Status>,
    /// The members of the group, if there is a filter too.
    members: Option<BTreeSet<String>>,
}

/// The result of a listing: users, the number of users read, the next position.
type Found = (Vec<UserType>, u32, Option<Position>);

/// Maximum number of users on one page of Cognito.
const PAGE: i32 = 60;

impl<'a> Listing<'a> {
    async fn new(cx: &'a Cx, pool: &'a str, arguments: &'a ListUsers) -> ToolResult<Self> {
        let mut listing = Self {
            cx,
            pool,
            filter: arguments.filter.clone(),
            group: arguments.group.as_deref(),
            status: arguments.status,
            members: None,
        };
        if listing.filter.is_some() && listing.group.is_some() {
            // Cognito cannot filter the members of a group, so all members are read
            // first.
            let filter = listing.filter.take();
            let status = listing.status.take();
            let mut members = BTreeSet::new();
            let mut token = None;
            loop {
                let (users, next) = listing.page(token, PAGE).await?;
                members.extend(users.into_iter().filter_map(|user| user.username));
                token = next;
                if token.is_none() {
                    break;
                }
            }
            listing = Self {
                filter,
                status,
                group: None,
                members: Some(members),
                ..listing
            };
        } else if listing.filter.is_none() && listing.group.is_none() {
            // Cognito accepts one condition, and no other condition is used.
            listing.filter = listing
                .status
                .take()
                .map(|status| format!("cognito:user_status = \"{}\"", status.name()));
        }
        Ok(listing)
    }

    /// Users in the order in which Cognito lists them.
    async fn in_order(
        &self,
        limit: usize,
        mut token: Option<String>,
        mut skip: usize,
    ) -> ToolResult<Found> {
        // Without a check here, a page of the requested size has exactly the users
        // needed.
        let selective = self.status.is_some() || self.members.is_some();
        let size = if selective {
            PAGE
        } else {
            i32::try_from(limit).unwrap_or(PAGE)
        };
        let (mut found, mut scanned) = (Vec::new(), 0);
        loop {
            let (users, next) = self.page(token.clone(), size).await?;
            let read = users.len();
            for (position, user) in users.into_iter().enumerate().skip(skip) {
                if found.len() == limit {
                    return Ok((
                        found,
                        scanned,
                        Some(Position::At {
                            token,
                            skip: position,
                        }),
                    ));
                }
                scanned += 1;
                if self.matches(&user) {
                    found.push(user);
                }
            }
            skip = skip.saturating_sub(read);
            match next {
                None => return Ok((found, scanned, None)),
                Some(next) if found.len() == limit => {
                    return Ok((
                        found,
                        scanned,
                        Some(Position::At {
                            token: Some(next),
                            skip: 0,
                        }),
                    ));
                }
                Some(next) => token = Some(next),
            }
            self.go_on(scanned).await?;
        }
    }

    /// Users by time, newest first; equal times by username.
    async fn sorted(
        &self,
        sort: Sort,
        limit: usize,
        after: Option<(i64, String)>,
    ) -> ToolResult<Found> {
        let key = |user: &UserType| {
            let time = match sort {
                Sort::Created => user.user_create_date(),
                Sort::Modified => user.user_last_modified_date(),
            };
            (
                Reverse(time.map_or(i64::MIN, milliseconds)),
                user.username.clone().unwrap_or_default(),
            )
        };
        let after = after.map(|(time, username)| (Reverse(time), username));
        let (mut found, mut scanned, mut token, mut more) = (BTreeMap::new(), 0, None, false);
        loop {
            let (users, next) = self.page(token, PAGE).await?;
            for user in users {
                scanned += 1;
                let key = key(&user);
                if self.matches(&user) && after.as_ref().is_none_or(|after| key > *after) {
                    found.insert(key, user);
                    if found.len() > limit {
                        found.pop_last();
                        more = true;
                    }
                }
            }
            token = next;
            if token.is_none() {
                break;
            }
            self.go_on(scanned).await?;
        }
        let last = found
            .last_key_value()
            .map(|((Reverse(time), username), _)| Position::After {
                time: *time,
                username: username.clone(),
            });
        Ok((
            found.into_values().collect(),
            scanned,
            last.filter(|_| more),
        ))
    }

    fn matches(&self, user: &UserType) -> bool {
        let username = user.username().unwrap_or_default();
        self.members
            .as_ref()
            .is_none_or(|members| members.contains(username))
            && self.status.is_none_or(|status| {
                user.user_status()
                    .is_some_and(|found| found.as_str() == status.name())
            })
    }

    /// Reports progress before the next page, and stops if the call is cancelled.
    async fn go_on(&self, scanned: u32) -> ToolResult<()> {
        if self.cx.cancel.is_cancelled() {
            return Err(ToolError::new(
                "Cancelled",
                "The call was cancelled; nothing was changed",
            ));
        }
        self.cx.progress(scanned, None, "users read").await;
        Ok(())
    }

    async fn page(
        &self,
        token: Option<String>,
        size: i32,
    ) -> ToolResult<(Vec<UserType>, Option<String>)> {
        if let Some(group) = self.group {
            let page = self
                .cx
                .cognito()
                .list_users_in_group()
                .user_pool_id(self.pool)
                .group_name(group)
                .limit(size)
                .set_next_token(token)
                .send()
                .await?;
            return Ok((page.users.unwrap_or_default(), page.next_token));
        }
        let page = self
            .cx
            .cognito()
            .list_users()
            .user_pool_id(self.pool)
            .set_filter(self.filter.clone())
            .limit(size)
            .set_pagination_token(token)
            .send()
            .await?;
        Ok((page.users.unwrap_or_default(), page.pagination_token))
    }
}

/// The time with the precision that answers show. Users are sorted by it.
fn milliseconds(time: &DateTime) -> i64 {
    time::milliseconds(time).unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time that Cognito sends as a JSON number of seconds may be some nanoseconds
    /// too early or too late.
    #[test]
    fn users_are_sorted_by_the_times_that_are_shown() {
        for milliseconds_since in 1_795_456_678_000..1_795_456_679_000_i64 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "as Cognito writes times in JSON"
            )]
            let read = DateTime::from_secs_f64(milliseconds_since as f64 / 1000.0);
            let shown = time::rfc3339(Some(&read));
            let compared = milliseconds(&read);
            assert_eq!(time::rfc3339_of_milliseconds(compared), shown);
            assert_eq!(compared, milliseconds_since);
        }
    }
}
