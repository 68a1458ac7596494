//! A pull: the copy of a pool into a pool file, in steps that a journal keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fake::Faker;
use super::journal::{Journal, Step};
use super::reader::Reader;
use super::scratch::Defaults;
use super::settings::{self, Choice, Settings};
use super::users::{self, Details, PAGE};
use crate::error::ToolError;

/// What to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The pool.
    pub user_pool_id: String,
    /// Which users.
    pub users: Users,
    /// At most this many users, the first ones that Cognito lists.
    pub most: Option<usize>,
    /// Whether the copy has client secrets.
    pub secrets: bool,
    /// Whether personal data is replaced.
    pub fakes: bool,
    /// Attributes that are not replaced.
    pub kept_attributes: Vec<String>,
}

/// The users of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Users {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those that match a filter of `ListUsers`.
    Matching(String),
}

/// How far a copy is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// What is being read.
    pub reading: &'static str,
    /// The users so far.
    pub users: usize,
    /// The number of users that are expected.
    pub expected: u64,
}

/// A complete copy.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The pool file.
    pub file: Value,
    /// The number of users.
    pub users: usize,
    /// The number of users of the pool, as Cognito estimates it.
    pub estimated_users: u64,
}

/// Why a copy was not completed.
#[derive(Debug)]
pub enum Failure {
    /// Cognito's refusal.
    Refused(Box<ToolError>),
    /// The journal cannot be written.
    Journal(String),
}

impl From<Box<ToolError>> for Failure {
    fn from(error: Box<ToolError>) -> Self {
        Self::Refused(error)
    }
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self::Journal(error)
    }
}

/// Reads what `request` selects. Begins after `steps`, which an earlier run completed, and
/// appends its own to `journal`.
///
/// # Errors
/// If Cognito refuses a request, or the journal cannot be written. The steps so far are in the
/// journal.
pub async fn pull(
    reader: &Reader,
    request: &Request,
    journal: &mut Journal,
    steps: Vec<Step>,
    report: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Pulled, Failure> {
    let mut copy = Copy::default();
    for step in steps {
        copy.apply(step);
    }
    if copy.settings.is_none() {
        report(&Progress {
            reading: "settings",
            ..Progress::default()
        });
        let choice = Choice {
            secrets: request.secrets,
        };
        let settings = settings::read(reader, &request.user_pool_id, choice).await?;
        copy.take(Step::Settings(settings), journal)?;
    }
    let settings = copy.settings.clone().unwrap_or_default();
    let faker = request
        .fakes
        .then(|| Faker::new(&settings.pool, &request.kept_attributes));
    let plan = Plan::of(&settings, request);
    let pulling = Pulling {
        reader,
        request,
        plan,
        faker: faker.as_ref(),
    };
    if request.users != Users::None {
        pulling.users(&mut copy, journal, report).await?;
        pulling.members(&mut copy, journal, report).await?;
    }
    let defaults = Defaults::read().await?;
    Ok(copy.finish(&settings, &defaults))
}

/// The ways in which users are read.
struct Plan {
    details: Details,
    /// The groups whose members are listed.
    groups: Vec<String>,
    expected: u64,
}

impl Plan {
    /// Memberships are read with the fewest calls that suffice in the worst case: by group if
    /// even groups that contain every user have fewer pages than there are users, otherwise
    /// by user. The number of users who match a filter is unknown, and they are usually few.
    fn of(settings: &Settings, request: &Request) -> Self {
        let groups = settings.pool["Groups"].as_array().into_iter().flatten();
        let groups: Vec<String> = groups
            .filter_map(|group| Some(group["GroupName"].as_str()?.to_owned()))
            .collect();
        let all = settings.estimated_users;
        let most = request.most.and_then(|most| u64::try_from(most).ok());
        let expected = most.map_or(all, |most| most.min(all));
        let page = u64::try_from(PAGE).unwrap_or(u64::MAX);
        let count = u64::try_from(groups.len()).unwrap_or(u64::MAX);
        let by_group = count.saturating_mul(all.div_ceil(page).max(1));
        let is_filtered = matches!(request.users, Users::Matching(_));
        let by_user = is_filtered || by_group > expected;
        // Without MFA, no factor has an effect.
        let mfa = settings.pool["MfaConfiguration"].as_str();
        Self {
            details: Details {
                factors: mfa.is_some_and(|mfa| mfa != "OFF"),
                groups: by_user && !groups.is_empty(),
            },
            groups: if by_user { Vec::new() } else { groups },
            expected,
        }
    }
}

struct Pulling<'a> {
    reader: &'a Reader,
    request: &'a Request,
    plan: Plan,
    faker: Option<&'a Faker>,
}

impl Pulling<'_> {
    /// Reads the users that are left.
    async fn users(
        &self,
        copy: &mut Copy,
        journal: &mut Journal,
        report: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), Failure> {
        let filter = match &self.request.users {
            Users::Matching(filter) => Some(filter.as_str()),
            Users::None | Users::All => None,
        };
        let id = &self.request.user_pool_id;
        let mut is_resumed = copy.next.is_some();
        while !copy.has_all_users {
            let left = self
                .request
                .most
                .map(|most| most.saturating_sub(copy.users.len()));
            let most = left.unwrap_or(PAGE);
            if most == 0 {
                break;
            }
            let next = copy.next.clone();
            let details = self.plan.details;
            let page = users::page(self.reader, id, filter, most, next.as_deref(), details).await;
            let page = match page {
                // A position is valid for an hour. Users that are known are not added again.
                Err(error) if is_resumed && error.code == "InvalidParameterException" => {
                    copy.next = None;
                    is_resumed = false;
                    continue;
                }
                page => page?,
            };
            is_resumed = false;
            let mut users = page.users;
            if let Some(faker) = self.faker {
                for user in &mut users {
                    faker.replace(user);
                }
            }
            let next = page.next;
            copy.take(Step::Users { users, next }, journal)?;
            report(&Progress {
                reading: "users",
                users: copy.users.len(),
                expected: self.plan.expected,
            });
        }
        Ok(())
    }

    /// Reads the members of groups that are left.
    async fn members(
        &self,
        copy: &mut Copy,
        journal: &mut Journal,
        report: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), Failure> {
        for group in &self.plan.groups {
            let mut is_resumed = true;
            while copy.positions.get(group).is_none_or(Option::is_some) {
                let next = copy.positions.get(group).cloned().flatten();
                let id = &self.request.user_pool_id;
                let page = users::members(self.reader, id, group, next.as_deref()).await;
                let (mut usernames, next) = match page {
                    Err(error)
                        if is_resumed
                            && next.is_some()
                            && error.code == "InvalidParameterException" =>
                    {
                        copy.positions.remove(group);
                        is_resumed = false;
                        continue;
                    }
                    page => page?,
                };
                is_resumed = false;
                if let Some(faker) = self.faker {
                    for name in &mut usernames {
                        *name = faker.username(name);
                    }
                }
                let group = group.clone();
                let step = Step::Members {
                    group,
                    usernames,
                    next,
                };
                copy.take(step, journal)?;
                report(&Progress {
                    reading: "members of groups",
                    users: copy.users.len(),
                    expected: self.plan.expected,
                });
            }
        }
        Ok(())
    }
}

/// What was read so far.
#[derive(Default)]
struct Copy {
    settings: Option<Settings>,
    users: Vec<Value>,
    known: BTreeSet<String>,
    next: Option<String>,
    has_all_users: bool,
    /// The groups of users by username.
    groups: BTreeMap<String, BTreeSet<String>>,
    /// The next page of each group; none at its end.
    positions: BTreeMap<String, Option<String>>,
}

impl Copy {
    fn take(&mut self, step: Step, journal: &mut Journal) -> Result<(), Failure> {
        journal.append(&step)?;
        self.apply(step);
        Ok(())
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Settings(settings) => self.settings = Some(settings),
            Step::Users { users, next } => {
                for user in users {
                    let name = user["Username"].as_str().unwrap_or_default();
                    if self.known.insert(name.to_owned()) {
                        self.users.push(user);
                    }
                }
                self.has_all_users = next.is_none();
                self.next = next;
            }
            Step::Members {
                group,
                usernames,
                next,
            } => {
                for name in usernames {
                    self.groups.entry(name).or_default().insert(group.clone());
                }
                self.positions.insert(group, next);
            }
        }
    }

    /// The pool file.
    fn finish(mut self, settings: &Settings, defaults: &Defaults) -> Pulled {
        let mut pool = settings.pool.clone();
        defaults.remove_from(&mut pool);
        for user in &mut self.users {
            let name = user["Username"].as_str().unwrap_or_default();
            let own = self.groups.remove(name);
            if let (Some(groups), Value::Object(members)) = (own, &mut *user) {
                *members = with_groups(std::mem::take(members), &groups);
            }
        }
        let count = self.users.len();
        if count > 0 {
            pool["Users"] = Value::Array(self.users);
        }
        let mut not_exported = settings.not_exported.clone();
        not_exported.extend(super::not_exported(&pool));
        let file = json!({ "Version": 1, "NotExported": not_exported, "UserPools": [pool] });
        Pulled {
            file,
            users: count,
            estimated_users: settings.estimated_users,
        }
    }
}

/// The members of a user with `Groups` after the status, as in an export.
fn with_groups(members: Map<String, Value>, groups: &BTreeSet<String>) -> Map<String, Value> {
    let mut ordered = Map::new();
    let before = ["Username", "UserAttributes", "UserStatus", "Enabled"];
    let (first, rest): (Vec<_>, Vec<_>) = members
        .into_iter()
        .partition(|(name, _)| before.contains(&name.as_str()));
    ordered.extend(first);
    ordered.insert("Groups".to_owned(), json!(groups));
    ordered.extend(rest);
    ordered
}
