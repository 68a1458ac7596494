//! State of the pages of a pool's domain: authorization codes, browser sessions, and
//! sign-ins that wait for an external provider.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::assurance::Strength;
use super::device::{Device, Origin};
use super::pool::Pool;
use super::users::UserId;
use crate::auth::assurance::Assurance;
use crate::auth::claims::Customization;
use crate::auth::{digest, same};
use crate::bounds::{
    ASSERTIONS, AUTHORIZATION_CODES, BROWSER_DEVICES, BROWSER_SESSIONS, FEDERATIONS,
    SIMULATED_ACCOUNTS, make_room,
};
use crate::world::{Time, World};
use serde::{Deserialize, Serialize};

/// Lifetime of an authorization code (developer guide, token endpoint).
pub const CODE_LIFETIME: Duration = Duration::from_mins(5);

/// Lifetime of a browser session, from the interactive sign-in (developer guide,
/// "Managed login").
pub const SESSION_LIFETIME: Duration = Duration::from_hours(1);

/// Lifetime of the codes and tokens of a provider that the emulator simulates.
pub const SIMULATED_LIFETIME: Duration = Duration::from_mins(5);

/// Lifetime of a sign-in at an external provider. A page that is left open for five minutes
/// has to start again (developer guide, troubleshooting); inferred for providers.
pub const FEDERATION_LIFETIME: Duration = Duration::from_mins(5);

/// The time for which a used or expired code is kept, so that its second use can be
/// distinguished in the journal.
const REMEMBERED: Duration = Duration::from_mins(5);

/// What an authorization endpoint granted: the parts of it that tokens show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthGrant {
    /// The scopes, in the order of the request; tokens have another order.
    pub scopes: Box<[Box<str>]>,
    /// `nonce`, as the app sent it.
    pub nonce: Option<Box<str>>,
    /// `resource`: the audience of access tokens.
    pub resource: Option<Box<str>>,
}

impl OAuthGrant {
    /// Whether an ID token or the userInfo endpoint may show the attribute `name`.
    ///
    /// The scopes `email`, `phone` and `profile` restrict the attributes to their own; without
    /// any of them the client's permissions alone decide (developer guide, userInfo endpoint;
    /// inferred for ID tokens).
    #[must_use]
    pub fn allows_claim(&self, name: &str) -> bool {
        if !["email", "phone", "profile"]
            .iter()
            .any(|scope| self.has(scope))
        {
            return true;
        }
        match name {
            "sub" | "identities" => true,
            "email" | "email_verified" => self.has("email"),
            "phone_number" | "phone_number_verified" => self.has("phone"),
            _ => self.has("profile"),
        }
    }

    /// Whether `scope` was granted.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| **granted == *scope)
    }
}

/// An authorization code.
#[derive(Clone)]
pub struct AuthorizationCode {
    /// The user who signed in.
    pub user: UserId,
    /// The app client that the code is for.
    pub client_id: Box<str>,
    /// `redirect_uri` of the authorization request.
    pub redirect_uri: Box<str>,
    /// `code_challenge`: the method is always `S256`.
    pub challenge: Option<Box<str>>,
    /// The granted scopes.
    pub grant: OAuthGrant,
    /// The strength of the sign-in, if the app asked for one by `acr_values`.
    pub strength: Option<Box<Strength>>,
    /// The changes of claims by the trigger. It runs before the code is issued: its failure is
    /// reported by the authorization endpoint.
    pub(crate) customization: Customization,
    /// When the user signed in.
    pub signed_in_at: Time,
    /// When the code expires.
    pub expires_at: Time,
    /// Whether it was exchanged, or an exchange failed.
    pub used: bool,
}

impl fmt::Debug for AuthorizationCode {
    /// Omits the nonce and the challenge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A browser that has signed in: the state behind the cookie `cognito`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// The user.
    pub user: UserId,
    /// When the user signed in interactively.
    pub signed_in_at: Time,
    /// The external provider that the user signed in with, if any.
    pub provider: Option<Box<str>>,
    /// The SAML session at the provider, for its sign-out.
    pub saml: Option<Box<SamlSession>>,
    /// The strength of the sign-in.
    pub assurance: Assurance,
}

/// A browser on which a user's sign-in is remembered: the state behind its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserDevice {
    /// The user.
    pub user: UserId,
    /// The key of the user's device.
    pub key: Box<str>,
}

/// A session at a SAML provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlSession {
    /// `NameID` of the assertion.
    pub name_id: Box<str>,
    /// `Format` of the name.
    pub format: Option<Box<str>>,
    /// `SessionIndex` of the assertion.
    pub index: Option<Box<str>>,
}

impl BrowserSession {
    /// Whether the session can still be used.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        now < self.signed_in_at.plus(SESSION_LIFETIME)
    }
}

/// A sign-in that waits for an external provider: the state behind `state` or `RelayState`.
#[derive(Clone)]
pub struct Federation {
    /// The provider.
    pub provider: Box<str>,
    /// The query of the authorization request.
    pub query: Box<str>,
    /// The scheme and the authority that the browser used.
    pub base: Box<str>,
    /// `nonce` for the provider, or the id of the SAML request.
    pub nonce: Box<str>,
    /// The value of the cookie `csrf-state`: the browser that began is the one that returns.
    pub csrf: Box<str>,
    /// Whether the emulator simulates the provider.
    pub is_simulated: bool,
    /// The endpoints of an `OpenID` Connect or social provider.
    pub endpoints: ProviderEndpoints,
    /// When it expires.
    pub expires_at: Time,
}

/// The addresses of an `OpenID` Connect or social provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderEndpoints {
    /// `authorize_url`: where the browser goes.
    pub authorize: String,
    /// `token_url`.
    pub token: String,
    /// `attributes_url`, if the provider has one.
    pub user_info: Option<String>,
    /// `jwks_uri`, if the provider issues ID tokens.
    pub keys: Option<String>,
}

impl fmt::Debug for Federation {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Federation")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Values by the digest of their secret, at most so many. The oldest are removed first.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    all: BTreeMap<[u8; 32], T>,
    order: VecDeque<[u8; 32]>,
    most: usize,
}

impl<T> Kept<T> {
    fn new(most: usize) -> Self {
        Self {
            all: BTreeMap::new(),
            order: VecDeque::new(),
            most,
        }
    }

    /// Stores `value` under `secret`, and removes those for which `is_over` returns true if
    /// there are many.
    pub fn insert(&mut self, secret: &str, value: T, is_over: impl Fn(&T) -> bool) {
        if self.order.len() % 256 == 255 || self.all.len() >= self.most {
            self.all.retain(|_, kept| !is_over(kept));
            self.order.retain(|digest| self.all.contains_key(digest));
        }
        while self.all.len() >= self.most {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.all.remove(&oldest);
        }
        let digest = digest(secret);
        self.all.insert(digest, value);
        self.order.push_back(digest);
    }

    /// The value under `secret`.
    #[must_use]
    pub fn get(&self, secret: &str) -> Option<&T> {
        self.all.get(&digest(secret))
    }

    /// The value under `secret`, for changes.
    pub fn get_mut(&mut self, secret: &str) -> Option<&mut T> {
        self.all.get_mut(&digest(secret))
    }

    /// Removes the value under `secret`.
    pub fn remove(&mut self, secret: &str) -> Option<T> {
        self.all.remove(&digest(secret))
    }

    /// Removes every value.
    pub fn clear(&mut self) {
        self.all.clear();
        self.order.clear();
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// The state of the pages of a pool's domain.
#[derive(Clone, Debug)]
pub struct Web {
    /// Authorization codes.
    pub codes: Kept<AuthorizationCode>,
    /// Browser sessions.
    pub sessions: Kept<BrowserSession>,
    /// Browsers that are remembered as devices.
    pub devices: Kept<BrowserDevice>,
    /// Sign-ins that wait for an external provider.
    pub federations: Kept<Federation>,
    /// Assertions that were accepted, by provider and id, with their expiry: each counts once.
    pub assertions: BTreeMap<(String, String), Time>,
    /// Users of providers that the emulator simulates: their claims, by provider and subject.
    pub simulated_accounts: BTreeMap<(String, String), SimulatedAccount>,
    /// Codes and access tokens of providers that the emulator simulates.
    pub simulated_grants: Kept<SimulatedGrant>,
    /// Documents of metadata that were fetched, by provider.
    pub metadata: BTreeMap<String, FetchedMetadata>,
    /// Sign-outs that wait for a SAML provider.
    pub sign_outs: Kept<SignOut>,
}

/// The account of a user at a provider that the emulator simulates.
#[derive(Clone, Debug)]
pub struct SimulatedAccount {
    /// The claims, without `sub`.
    pub claims: Map<String, Value>,
    /// When it was used last.
    pub used_at: Time,
}

/// A code or an access token of a provider that the emulator simulates.
#[derive(Clone, Debug)]
pub struct SimulatedGrant {
    /// The provider.
    pub provider: String,
    /// The claims of the account.
    pub claims: Map<String, Value>,
    /// `nonce` of the request.
    pub nonce: Option<String>,
    /// Whether it is an access token rather than a code.
    pub is_token: bool,
    /// When it expires.
    pub expires_at: Time,
}

/// The metadata of a SAML provider, as its URL served it.
#[derive(Clone, Debug)]
pub struct FetchedMetadata {
    /// The URL.
    pub url: String,
    /// The document.
    pub text: Arc<str>,
    /// When it was fetched.
    pub fetched_at: Time,
}

/// A sign-out that waits for a SAML provider.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// The provider.
    pub provider: Box<str>,
    /// The id of the request.
    pub request: Box<str>,
    /// The scheme and the authority that the browser used.
    pub base: Box<str>,
    /// The address that the browser goes to at the end.
    pub target: Box<str>,
    /// When it expires.
    pub expires_at: Time,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            codes: Kept::new(AUTHORIZATION_CODES),
            sessions: Kept::new(BROWSER_SESSIONS),
            devices: Kept::new(BROWSER_DEVICES),
            federations: Kept::new(FEDERATIONS),
            assertions: BTreeMap::new(),
            simulated_accounts: BTreeMap::new(),
            simulated_grants: Kept::new(FEDERATIONS),
            metadata: BTreeMap::new(),
            sign_outs: Kept::new(FEDERATIONS),
        }
    }
}

impl Pool {
    /// Stores an authorization code.
    pub fn keep_code(&mut self, secret: &str, code: AuthorizationCode, now: Time) {
        let is_over = |kept: &AuthorizationCode| now >= kept.expires_at.plus(REMEMBERED);
        self.web.codes.insert(secret, code, is_over);
    }

    /// Takes the authorization code `secret` out of use. It counts once, and the first exchange
    /// uses it up even if it fails. `None` if it is unknown, used, or expired.
    pub fn use_code(&mut self, secret: &str, now: Time) -> Option<AuthorizationCode> {
        let code = self.web.codes.get_mut(secret)?;
        let is_valid = !code.used && now < code.expires_at;
        code.used = true;
        is_valid.then(|| code.clone())
    }

    /// Ends every browser session, as a change of the domain's version does (developer guide,
    /// "Managed login").
    pub fn end_browser_sessions(&mut self) {
        self.web.sessions.clear();
    }

    /// Stores a browser session.
    pub fn keep_browser_session(&mut self, secret: &str, session: BrowserSession, now: Time) {
        let is_over = |kept: &BrowserSession| !kept.is_open(now);
        self.web.sessions.insert(secret, session, is_over);
    }

    /// The open browser session `secret` of an enabled user. That a disabled or deleted user's
    /// session does not sign in is inferred.
    #[must_use]
    pub fn browser_session(&self, secret: &str, now: Time) -> Option<&BrowserSession> {
        let session = self.web.sessions.get(secret)?;
        let user = self.users.get(session.user)?;
        (session.is_open(now) && user.enabled).then_some(session)
    }

    /// The device that the browser with the cookie `secret` is, if its user still has it and it is
    /// remembered.
    #[must_use]
    pub fn browser_device(&self, secret: &str) -> Option<&BrowserDevice> {
        let device = self.web.devices.get(secret)?;
        let user = self.users.get(device.user)?;
        let known = user.device(&device.key).ok()?;
        known.remembered.then_some(device)
    }

    /// Remembers the browser with the cookie `secret` as a new device of the user at `id`.
    pub fn remember_browser(&mut self, secret: &str, id: UserId, world: &World) {
        let Origin { key, group_key, .. } = Origin::new(self, true, world);
        let now = world.now();
        let device = Device {
            key: key.clone(),
            group_key,
            name: None,
            secret: None,
            remembered: true,
            created_at: now,
            modified_at: now,
            authenticated_at: now,
        };
        if self
            .users
            .edit_unindexed(id, |user| user.add_device(device))
            .is_some()
        {
            let device = BrowserDevice { user: id, key };
            self.web.devices.insert(secret, device, |_| false);
        }
    }

    /// Stores a sign-in that waits for an external provider.
    pub fn keep_federation(&mut self, secret: &str, federation: Federation, now: Time) {
        let is_over = |kept: &Federation| now >= kept.expires_at;
        self.web.federations.insert(secret, federation, is_over);
    }

    /// The waiting sign-in `secret`. `None` if it is unknown or expired.
    #[must_use]
    pub fn federation(&self, secret: &str, now: Time) -> Option<&Federation> {
        let federation = self.web.federations.get(secret)?;
        (now < federation.expires_at).then_some(federation)
    }

    /// Takes the waiting sign-in `secret` of the browser with the cookie `csrf`: it counts once.
    /// `None` if it is unknown, expired, or of another browser, whose sign-in then still waits.
    pub fn take_federation(&mut self, secret: &str, csrf: &str, now: Time) -> Option<Federation> {
        let federation = self.federation(secret, now)?;
        if !same(federation.csrf.as_bytes(), csrf.as_bytes()) {
            return None;
        }
        self.web.federations.remove(secret)
    }

    /// Records that an assertion of `provider` is used. Returns whether it is its first use. It is
    /// remembered until `until`, when it is refused because of its age.
    pub fn use_assertion(&mut self, provider: &str, id: &str, until: Time, now: Time) -> bool {
        let key = (provider.to_owned(), id.to_owned());
        let assertions = &mut self.web.assertions;
        if assertions.contains_key(&key) {
            return false;
        }
        if assertions.len() >= ASSERTIONS {
            assertions.retain(|_, until| now < *until);
            make_room(assertions, ASSERTIONS, |until| *until);
        }
        assertions.insert(key, until);
        true
    }

    /// Stores a code or an access token of a provider that the emulator simulates.
    pub fn keep_simulated_grant(&mut self, secret: &str, grant: SimulatedGrant, now: Time) {
        let is_over = |kept: &SimulatedGrant| now >= kept.expires_at;
        self.web.simulated_grants.insert(secret, grant, is_over);
    }

    /// Stores the account of a user at a provider that the emulator simulates. The accounts that were
    /// not used for the longest time are removed if there are many.
    pub fn keep_simulated_account(
        &mut self,
        provider: &str,
        subject: &str,
        claims: Map<String, Value>,
        now: Time,
    ) {
        let key = (provider.to_owned(), subject.to_owned());
        if !self.web.simulated_accounts.contains_key(&key) {
            make_room(
                &mut self.web.simulated_accounts,
                SIMULATED_ACCOUNTS,
                |kept| kept.used_at,
            );
        }
        let used_at = now;
        self.web
            .simulated_accounts
            .insert(key, SimulatedAccount { claims, used_at });
    }
}
