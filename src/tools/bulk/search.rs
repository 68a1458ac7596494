//! Search for users by any condition.

use std::collections::BTreeMap;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_conditions, matcher, position};
use crate::bounds::FIELDS;
use crate::call::context::Cx;
use crate::cognito::time;
use crate::directory::condition::Conditions;
use crate::directory::cursor;
use crate::directory::matcher::Fact;
use crate::directory::person::Person;
use crate::directory::scan::{self, Scan, Source};
use crate::error::{NextCall, ToolResult};
use crate::tools::{Entry, InPool, Tool};

pub(super) fn tools() -> [Entry; 1] {
    [Entry::of::<SearchUsers>()]
}

/// Find or count users by any conditions. What Cognito cannot filter is read page by page at a safe rate.
#[derive(Deserialize, JsonSchema)]
struct SearchUsers {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    conditions: Conditions,
    /// What to return, as in `email`.
    #[serde(default)]
    #[schemars(length(max = FIELDS))]
    fields: Vec<String>,
    /// Only count.
    #[serde(default)]
    count_only: bool,
    /// Most users to return at once.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 200))]
    limit: u32,
    /// `cursor` of the previous answer, to continue.
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    20
}

/// The users that match.
#[derive(Serialize, JsonSchema)]
struct Matches {
    /// Users that match so far, those of previous pages included.
    matched: u32,
    /// Users read so far to find them.
    read: u32,
    /// What Cognito filtered by; absent if every user is read.
    filter: Option<String>,
    /// The users that match.
    users: Vec<Match>,
    /// Where to continue; absent at the end.
    cursor: Option<String>,
    /// The call that continues.
    next: Option<NextCall>,
}

/// A user that matches.
#[derive(Serialize, JsonSchema, Default)]
struct Match {
    /// Username, as other tools accept it.
    username: String,
    /// Status, as in `CONFIRMED`.
    status: Option<String>,
    /// Whether the user may sign in.
    enabled: Option<bool>,
    /// When the user was created, RFC 3339.
    created_at: Option<String>,
    /// When the user was last modified, RFC 3339.
    modified_at: Option<String>,
    /// Attributes by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    /// Second factors, if a condition or `fields` names them.
    factors: Option<Vec<String>>,
    /// Groups, if a condition or `fields` names them.
    groups: Option<Vec<String>>,
    /// The last sign-in, RFC 3339, if a condition or `fields` names it and there is one.
    last_sign_in: Option<String>,
}

impl Tool for SearchUsers {
    const NAME: &'static str = "search_users";
    const TITLE: &'static str = "Search users";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &scan::OPERATIONS;
    const REPORTS_PROGRESS: bool = true;
    type Answer = Matches;

    fn example() -> Value {
        json!({
            "where": [
                { "field": "email", "op": "ends_with", "value": "@example.com" },
                { "field": "created", "op": "before", "value": "90d" },
                { "field": "group", "value": "admins", "not": true }
            ],
            "fields": ["email", "status"]
        })
    }

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        super::validate(Self::NAME, arguments, &Self::example())
    }

    async fn call(self, cx: &Cx) -> ToolResult<Matches> {
        let pool = cx.pool(&self.pool).await?;
        let of = cursor::fingerprint(&json!([pool, self.conditions]));
        let mut position = position(cx, self.cursor.as_deref(), &of, "pool or conditions")?;
        let matcher = matcher(cx, &self.conditions, &Self::example())?;
        let scan = Scan {
            cx,
            pool: &pool,
            source: Source::of(&matcher),
            matcher: &matcher,
        };
        check_conditions(&scan, &self.conditions, self.cursor.as_deref()).await?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let most = if self.count_only { usize::MAX } else { limit };
        let (mut people, ended) = scan::collect(&scan, &mut position, most).await?;
        if self.count_only {
            people.clear();
        }
        let mut users = Vec::with_capacity(people.len());
        for mut person in people {
            self.complete(&scan, &mut person).await?;
            users.push(self.shown(person));
        }
        let cursor = (!ended).then(|| cursor::write(&of, &position));
        Ok(Matches {
            matched: position.matched,
            read: position.read,
            filter: match scan.source {
                Source::Filter(filter) => Some(filter),
                Source::Group(group) => Some(format!("members of group {group}")),
                _ => None,
            },
            users,
            next: cx.next_page(cursor.as_deref()),
            cursor,
        })
    }
}

impl SearchUsers {
    fn shows(&self, names: &[&str]) -> bool {
        self.fields
            .iter()
            .any(|field| names.contains(&field.as_str()))
    }

    /// Reads the facts that `fields` names.
    async fn complete(&self, scan: &Scan<'_>, person: &mut Person) -> ToolResult<()> {
        if person.factors.is_none() && self.shows(&["factors", "factor", "mfa"]) {
            scan.read_fact(Fact::Factors, person).await?;
        }
        if person.groups.is_none() && self.shows(&["groups", "group"]) {
            scan.read_fact(Fact::Groups, person).await?;
        }
        if person.last_sign_in.is_none() && self.shows(&["last_sign_in"]) {
            scan.read_fact(Fact::SignIns, person).await?;
        }
        Ok(())
    }

    /// The part of `person` that `fields` names.
    fn shown(&self, person: Person) -> Match {
        let all = self.fields.is_empty();
        let shows = |names: &[&str]| all || self.shows(names);
        let time = |time: Option<i64>| time.and_then(time::rfc3339_of_milliseconds);
        let mut attributes = person.attributes;
        attributes.retain(|name, _| {
            let named = |field: &String| field.strip_prefix("attributes.").unwrap_or(field) == name;
            let every = self.fields.iter().any(|field| field == "attributes");
            if all {
                name != "sub"
            } else {
                every || self.fields.iter().any(named)
            }
        });
        Match {
            username: person.username,
            status: shows(&["status"]).then_some(person.status),
            enabled: shows(&["enabled"]).then_some(person.enabled),
            created_at: time(person.created).filter(|_| shows(&["created", "created_at"])),
            modified_at: time(person.modified).filter(|_| self.shows(&["modified", "modified_at"])),
            attributes,
            factors: person.factors,
            groups: person.groups,
            last_sign_in: time(person.last_sign_in.and_then(|known| known.0)),
        }
    }
}
