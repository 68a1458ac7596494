//! One user pool.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::branding::Style;
use super::client::Client;
use super::code::Limit;
use super::decoy::Decoys;
use super::domain::Domains;
use super::group::Group;
use super::import::Jobs;
use super::limit::judge_room;
use super::link::Identity;
use super::replica::Replica;
use super::resource_server::ResourceServer;
use super::risk::Risk;
use super::session::Sessions;
use super::terms::Terms;
use super::ui_customization::UiCustomization;
use super::user::User;
use super::users::{Naming, UserId, Users};
use crate::auth::password::{Verifier, used_before};
use crate::error::{Error, Result};
use crate::shapes::identity_provider::IdentityProvider;
use crate::shapes::log_delivery::LogConfiguration;
use crate::shapes::pool::{MfaSettings, Settings};
use crate::shapes::schema::Schema;
use crate::shapes::session::Tracking;
use crate::wire::Scope;
use crate::world::{Time, World};

/// As the sentences on tiers call it.
pub const MANAGED_LOGIN: &str = "Managed Login Version 2";

/// Clients that a pool can have (section 8d).
const CLIENT_LIMIT: usize = 1000;

/// A user pool with everything in it.
#[derive(Debug)]
pub struct Pool {
    /// As in `us-east-1_o9y9Yq5pO`.
    pub id: String,
    /// Region and account.
    pub scope: Scope,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub modified_at: Time,
    /// What create and update write.
    pub settings: Settings,
    /// What `SetUserPoolMfaConfig` writes beside them.
    pub mfa: MfaSettings,
    /// What `SetUserPoolSessionConfiguration` writes.
    pub tracking: Tracking,
    /// Whether `UsernameConfiguration` was given: describe shows it only then.
    pub shows_case_sensitivity: bool,
    /// Attributes.
    pub schema: Schema,
    /// Its domains.
    pub domains: Domains,
    /// App clients by id.
    pub clients: BTreeMap<String, Client>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Identity providers by name.
    pub identity_providers: BTreeMap<String, IdentityProvider>,
    /// Identities at other providers, and whom each signs in as.
    pub links: BTreeMap<Identity, UserId>,
    /// Resource servers by identifier.
    pub resource_servers: BTreeMap<String, ResourceServer>,
    /// Import jobs.
    pub imports: Jobs,
    /// Managed login's styles, in order of creation.
    pub styles: Vec<Style>,
    /// The classic hosted UI's customizations by client id, and `ALL`.
    pub ui_customizations: BTreeMap<String, UiCustomization>,
    /// Terms documents in order of creation.
    pub terms: BTreeMap<u64, Terms>,
    /// Threat protection's settings by client id, the pool's own under no id.
    pub risks: BTreeMap<String, (Risk, Time)>,
    /// Where logs go, by Region of the pool and its replica.
    pub log_delivery: BTreeMap<String, Vec<LogConfiguration>>,
    /// Its replica.
    pub replica: Option<Box<Replica>>,
    /// Users.
    pub users: Users,
    /// Names that nobody has, as clients see them that hide who exists.
    pub decoys: Decoys,
    /// Challenges under way.
    pub sessions: Sessions,
    /// Refresh tokens by digest: whose, and of which sign-in.
    pub refresh_tokens: BTreeMap<[u8; 32], (UserId, Box<str>)>,
}

impl Pool {
    /// A pool with default settings and nobody in it.
    #[must_use]
    pub fn new(id: String, scope: Scope, name: String, naming: Naming, now: Time) -> Self {
        Self {
            id,
            scope,
            name,
            created_at: now,
            modified_at: now,
            settings: Settings::default(),
            mfa: MfaSettings::default(),
            tracking: Tracking::default(),
            shows_case_sensitivity: false,
            schema: Schema::default(),
            domains: Domains::default(),
            clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            identity_providers: BTreeMap::new(),
            links: BTreeMap::new(),
            resource_servers: BTreeMap::new(),
            imports: Jobs::default(),
            styles: Vec::new(),
            ui_customizations: BTreeMap::new(),
            terms: BTreeMap::new(),
            risks: BTreeMap::new(),
            log_delivery: BTreeMap::new(),
            replica: None,
            users: Users::new(naming),
            decoys: Decoys::default(),
            sessions: Sessions::default(),
            refresh_tokens: BTreeMap::new(),
        }
    }

    /// `arn:aws:cognito-idp:…` (fact 10.1).
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn_in(&self.scope.region)
    }

    /// The ARN of this pool's replica in `region`.
    #[must_use]
    pub fn arn_in(&self, region: &str) -> String {
        let Self { id, scope, .. } = self;
        let account = &scope.account;
        format!("arn:aws:cognito-idp:{region}:{account}:userpool/{id}")
    }

    /// The part of the id after the underscore: SRP's name for the pool.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.id.split_once('_').map_or(&self.id, |(_, name)| name)
    }

    /// The client `id`.
    pub fn client(&self, id: &str) -> Result<&Client> {
        self.clients.get(id).ok_or_else(|| Error::ClientNotFound {
            client: id.to_owned(),
        })
    }

    /// The client `id`, for the operations that manage clients.
    pub fn managed_client(&self, id: &str) -> Result<&Client> {
        self.clients.get(id).ok_or(Error::ClientOfPoolNotFound)
    }

    /// The client `id`, to change.
    pub fn client_mut(&mut self, id: &str) -> Result<&mut Client> {
        self.clients
            .get_mut(id)
            .ok_or_else(|| Error::ClientNotFound {
                client: id.to_owned(),
            })
    }

    /// Takes in a new client, unless the pool is full (section 8d).
    pub fn insert_client(&mut self, client: Client) -> Result<()> {
        judge_room("User pool clients", self.clients.len(), CLIENT_LIMIT)?;
        self.clients.insert(client.id.clone(), client);
        Ok(())
    }

    /// Forgets a client with its pages, and the sign-ins and refresh tokens that
    /// came of it.
    pub fn remove_client(&mut self, id: &str) {
        self.clients.remove(id);
        self.styles.retain(|style| style.client_id != id);
        self.ui_customizations.remove(id);
        self.terms.retain(|_, terms| terms.client_id != id);
        self.risks.remove(id);
        let mut ended = BTreeSet::new();
        for (user, found) in self.users.from(UserId::default()) {
            let of_client = found.sign_ins.iter().filter(|at| *at.client_id == *id);
            ended.extend(of_client.map(|at| (user, at.id.clone())));
        }
        self.refresh_tokens.retain(|_, at| !ended.contains(at));
        for (user, sign_in) in &ended {
            self.users.touch(*user, |user| {
                user.sign_ins.retain(|at| at.id != *sign_in);
            });
        }
    }

    /// The user that `name` leads to: a username, a `sub`, or an alias (R51, R52).
    pub fn find(&self, name: &str) -> Result<UserId> {
        self.users.find(name).ok_or(Error::UserNotFound)
    }

    /// The user that `name` leads to.
    pub fn user(&self, name: &str) -> Result<&User> {
        self.users.get(self.find(name)?).ok_or(Error::UserNotFound)
    }

    /// Changes the user that `name` leads to, and its modification date.
    pub fn edit<R>(
        &mut self,
        name: &str,
        now: Time,
        change: impl FnOnce(&mut User) -> Result<R>,
    ) -> Result<R> {
        let id = self.find(name)?;
        self.edit_id(id, now, change)
    }

    /// Changes the user at `id`, and its modification date where the change succeeds.
    ///
    /// `change` must not write before it has judged: a refusal leaves the user
    /// as it was.
    pub fn edit_id<R>(
        &mut self,
        id: UserId,
        now: Time,
        change: impl FnOnce(&mut User) -> Result<R>,
    ) -> Result<R> {
        let result = self.users.edit(id, |user| {
            let result = change(user);
            if result.is_ok() {
                user.modified_at = now;
            }
            result
        });
        debug_assert!(
            self.users.len() > 64 || self.is_consistent(),
            "indexes are out of step"
        );
        result.unwrap_or(Err(Error::UserNotFound))
    }

    /// Counts a call of the user at `id` against `limit`, or refuses it.
    pub fn take(&mut self, id: UserId, limit: Limit, now: Time) -> Result<()> {
        let taken = self.users.touch(id, |user| user.limits.take(limit, now));
        taken.unwrap_or(Err(Error::UserNotFound))
    }

    /// The verifier of a new password for `user`, once policy and history allow
    /// it (sections 3.2 to 3.14).
    pub fn new_password(&self, world: &World, user: &User, password: &str) -> Result<Verifier> {
        let policy = &self.settings.policies.password_policy;
        let verifier = self.new_temporary_password(world, user, password)?;
        let newest_first = user.password.iter().chain(&user.former_passwords);
        let remembered = policy.password_history_size;
        let name = self.short_name();
        if used_before(newest_first, remembered, name, &user.username, password) {
            return Err(Error::PasswordUsedBefore);
        }
        Ok(verifier)
    }

    /// The verifier of an invitation's password for `user`, once the policy
    /// allows it; `AdminCreateUser` declares no violation of the history.
    pub fn new_temporary_password(
        &self,
        world: &World,
        user: &User,
        password: &str,
    ) -> Result<Verifier> {
        self.settings.policies.password_policy.check(password)?;
        let name = self.short_name();
        Ok(Verifier::new(name, &user.username, password, &world.chance))
    }

    /// Judges the version of a domain's pages (R137); that there are two is
    /// documented, the sentence inferred.
    pub fn judge_login_version(&self, version: i64) -> Result<()> {
        match version {
            1 => Ok(()),
            2 => self.judge_tier(MANAGED_LOGIN),
            _ => Err(Error::LoginVersion),
        }
    }

    /// Judges that the pool's tier is above LITE, which lacks `feature`.
    pub fn judge_tier(&self, feature: &str) -> Result<()> {
        if self.settings.user_pool_tier != "LITE" {
            return Ok(());
        }
        Err(Error::FeatureUnavailable {
            tier: self.settings.user_pool_tier.clone(),
            feature: feature.to_owned(),
        })
    }

    /// Whether users may sign in by a code alone, over e-mail or SMS.
    #[must_use]
    pub fn is_passwordless(&self) -> bool {
        self.first_factor("EMAIL_OTP") || self.first_factor("SMS_OTP")
    }

    /// Whether `factor` may come first.
    #[must_use]
    pub fn first_factor(&self, factor: &str) -> bool {
        let allowed = &self
            .settings
            .policies
            .sign_in_policy
            .allowed_first_auth_factors;
        allowed.iter().any(|name| name == factor)
    }

    /// How long a temporary password may be used (fact 3.18).
    #[must_use]
    pub fn temporary_password_lifetime(&self) -> Duration {
        let days = self
            .settings
            .policies
            .password_policy
            .temporary_password_validity_days;
        Duration::from_hours(24 * u64::from(days))
    }

    /// Attributes that the schema requires and `user` lacks.
    pub fn missing_attributes<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a str> {
        self.schema
            .iter()
            .filter(|attribute| attribute.required && attribute.name != "sub")
            .map(|attribute| attribute.name.as_str())
            .filter(|name| user.attribute(name).is_none())
    }

    /// Forgets a user, with sessions, refresh tokens and linked identities.
    pub fn remove_user(&mut self, id: UserId) {
        self.sessions.forget(id);
        self.forget_links(id);
        let sign_ins = self
            .users
            .remove(id)
            .into_iter()
            .flat_map(|user| user.sign_ins);
        for token in sign_ins.flat_map(|sign_in| sign_in.refresh_tokens) {
            self.refresh_tokens.remove(&token.digest);
        }
    }

    /// Forgets a group, and who was in it.
    pub fn remove_group(&mut self, name: &str) {
        self.groups.remove(name);
        let members = self.users.members(name, UserId::default());
        for id in members.map(|(id, _)| id).collect::<Vec<_>>() {
            self.users.edit(id, |user| user.groups.remove(name));
        }
    }

    /// The group `name` (R189).
    pub fn group(&self, name: &str) -> Result<&Group> {
        self.groups.get(name).ok_or(Error::GroupNotFound)
    }

    /// Whether the indexes agree with the users, and refresh tokens and links
    /// name users that exist.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.users.is_consistent()
            && self
                .refresh_tokens
                .values()
                .all(|(user, _)| self.users.get(*user).is_some())
            && self
                .links
                .values()
                .all(|user| self.users.get(*user).is_some())
    }
}
