//! A populated emulator ("town"), and requests for its contents.
//!
//! [`Known`] has the values that a client knows from its requests and the answers.
//! [`Known::adapt`] puts them into a request that was generated from the model, so that
//! the call passes every lookup.

use std::collections::{BTreeMap, BTreeSet};

use cognito_emulator::auth::secret_hash::secret_hash;
use cognito_emulator::auth::{jwt, totp};
use cognito_emulator::model::{Model, Operation};
use cognito_emulator::ops::BUILT;
use cognito_emulator::stack::{Builder, OutboxFilter, Stack};
use cognito_emulator::testing::authenticator::Authenticator;
use cognito_emulator::testing::requests::any_request;
use cognito_emulator::wire::{Call, Cut, Reply, Service};
use cognito_emulator::world::{Chance, Clock, Medium, Message, Purpose};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A stack with pools of different settings. Each has clients, users in several
/// states, and a group.
pub(crate) struct Town {
    pub(crate) stack: Stack,
    pub(crate) known: Known,
}

/// Values from the answers so far.
#[derive(Clone, Default)]
pub(crate) struct Known {
    pools: Vec<Pool>,
    /// Number of users in each pool: created minus deleted.
    pub(crate) population: BTreeMap<String, i64>,
    pub(crate) pools_made: BTreeSet<String>,
    pub(crate) pools_deleted: BTreeSet<String>,
    /// Pool and client.
    pub(crate) clients_made: BTreeSet<(String, String)>,
    pub(crate) clients_deleted: BTreeSet<(String, String)>,
}

#[derive(Clone, Default)]
struct Pool {
    id: String,
    by_email: bool,
    /// Whether this is one of the first pools, which no call deletes.
    stays: bool,
    clients: Vec<Client>,
    access: Vec<Token>,
    refresh: Vec<Token>,
    sessions: Vec<Session>,
    /// Keys of devices, and their users.
    devices: Vec<(String, String)>,
    /// Passwords, by the username in the calls.
    passwords: BTreeMap<String, String>,
    /// Messages that were sent, latest last.
    post: Vec<Message>,
    seeds: BTreeMap<String, String>,
    /// Registrations of passkeys that were started.
    registrations: Vec<(Token, Value)>,
    /// Passkeys: their users, and the seeds of their authenticators.
    passkeys: Vec<(Token, u8)>,
    /// Number of registrations that were started.
    registered: u8,
    page_tokens: Vec<String>,
    /// Ids of import jobs, and URLs that wait for a file.
    jobs: Vec<String>,
    uploads: Vec<String>,
    /// Ids of styles and of terms documents.
    styles: Vec<String>,
    terms: Vec<String>,
    /// A client that gets tokens for itself, and one that exchanges users'
    /// tokens.
    machine: Option<Client>,
    service: Option<Client>,
    /// Secrets of clients: the client and the secret's id.
    secrets: Vec<(Client, String)>,
    /// Records of session tracking.
    records: Vec<Record>,
    /// Events of threat protection: the user and the event.
    events: Vec<(String, String)>,
}

#[derive(Clone)]
struct Client {
    id: String,
    secret: Option<String>,
}

#[derive(Clone)]
struct Record {
    id: String,
    /// A name by which the user can be found.
    username: String,
}

#[derive(Clone)]
struct Token {
    string: String,
    client: Client,
    /// The internal username.
    username: String,
    device: Option<String>,
}

#[derive(Clone)]
struct Session {
    string: String,
    challenge: String,
    client: Client,
    typed: String,
    /// The internal username, if an answer has shown it.
    username: String,
    /// The options of a passkey challenge.
    options: Option<Value>,
}

/// Number of pools that are never deleted, and of such clients in each of them.
const POOLS: usize = 6;
const CLIENTS: usize = 2;
/// An IP address that pools block.
const BLOCKED: &str = "192.0.2.1";
/// Number of names that users of a pool may have.
const NAMES: usize = 12;

const FLOWS: [&str; 5] = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
];

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(Self::builder(seed).build())
    }

    /// The builder of a town's stack.
    pub(crate) fn builder(seed: u64) -> Builder {
        Stack::builder()
            .clock(Clock::fixed(1_800_000_000))
            .seed(seed)
    }

    /// A town in this stack.
    pub(crate) fn of(stack: Stack) -> Self {
        let mut town = Self {
            stack,
            known: Known::default(),
        };
        let email = json!(["email"]);
        let settings: [Value; POOLS] = [
            json!({
                "AutoVerifiedAttributes": email,
                "UserPoolTier": "PLUS",
                "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
                "KeyConfiguration": {
                    "KeyType": "CUSTOMER_MANAGED_KEY",
                    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1",
                },
                "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"] } },
            }),
            json!({ "AutoVerifiedAttributes": email, "UsernameAttributes": email }),
            json!({ "AutoVerifiedAttributes": email, "AliasAttributes": ["email", "preferred_username"] }),
            json!({ "AutoVerifiedAttributes": email }),
            json!({
                "AutoVerifiedAttributes": email,
                "UsernameConfiguration": { "CaseSensitive": false },
                "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
            }),
            json!({
                "AutoVerifiedAttributes": ["phone_number"],
                "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "sms" },
                "MfaConfiguration": "OPTIONAL",
                "Schema": [{ "Name": "team", "AttributeDataType": "String", "Mutable": true }],
            }),
        ];
        for (place, mut settings) in settings.into_iter().enumerate() {
            settings["PoolName"] = json!(format!("pool {place}"));
            settings["UserPoolTier"] = json!("PLUS");
            settings["UserPoolAddOns"] = json!({ "AdvancedSecurityMode": "ENFORCED" });
            town.populate(settings);
        }
        town
    }

    fn populate(&mut self, settings: Value) {
        let has_passkeys = settings.get("Policies").is_some();
        let mfa = match settings["PoolName"].as_str() {
            Some("pool 3") => Some("ON"),
            Some("pool 4") => Some("OPTIONAL"),
            _ => None,
        };
        let pool = self.must("CreateUserPool", settings);
        let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let mut clients = Vec::new();
        for settings in [
            json!({}),
            json!({ "GenerateSecret": true, "PreventUserExistenceErrors": "ENABLED" }),
            // A client that may be deleted.
            json!({}),
        ] {
            let mut settings = settings;
            settings["UserPoolId"] = json!(pool);
            settings["ClientName"] = json!("client");
            settings["ExplicitAuthFlows"] = json!(FLOWS);
            let client = self.must("CreateUserPoolClient", settings);
            clients.push(client["UserPoolClient"]["ClientId"].clone());
        }
        let secret = json!({ "UserPoolId": pool, "ClientId": clients[1] });
        self.must("AddUserPoolClientSecret", secret);
        self.must(
            "CreateGroup",
            json!({ "UserPoolId": pool, "GroupName": "g0" }),
        );
        self.protect(&pool);
        self.add_branding(&pool, &clients[0]);
        self.add_api(&pool);
        let provider = json!({
            "UserPoolId": pool, "ProviderName": "corp0", "ProviderType": "SAML",
            "ProviderDetails": { "MetadataURL": "https://idp.example.com/metadata" },
            "IdpIdentifiers": ["idp"],
        });
        self.must("CreateIdentityProvider", provider);
        let by_email = self.known.pool(&pool).unwrap().by_email;
        self.add_users(&pool, by_email, &clients[0]);
        if let Some(mfa) = mfa {
            let mfa = json!({
                "UserPoolId": pool, "MfaConfiguration": mfa, "SoftwareTokenMfaConfiguration": { "Enabled": true },
            });
            self.must("SetUserPoolMfaConfig", mfa);
        }
        let tracking = json!({
            "UserPoolId": pool, "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 20 },
        });
        self.must("SetUserPoolSessionConfiguration", tracking);
        if has_passkeys {
            self.allow_passkeys(&pool);
        }
        for (n, password) in [
            (0, "Correct-Horse-7"),
            (0, "Correct-Horse-7"),
            (2, "Tempor-1!"),
        ] {
            self.sign_in(&pool, &clients[0], &name(by_email, n), password);
        }
        let user = json!({ "UserPoolId": pool, "Username": name(by_email, 0) });
        self.must("AdminListUserSessions", user);
    }

    /// Adds three users as an administrator, the first two with permanent passwords, and
    /// one user by sign-up.
    fn add_users(&mut self, pool: &str, by_email: bool, client: &Value) {
        for n in 0..3 {
            let username = name(by_email, n);
            let user = json!({
                "UserPoolId": pool,
                "Username": username,
                "UserAttributes": [
                    { "Name": "email", "Value": name(true, n) },
                    { "Name": "email_verified", "Value": "true" },
                ],
                "TemporaryPassword": "Tempor-1!",
                "MessageAction": "SUPPRESS",
            });
            self.must("AdminCreateUser", user);
            let user = json!({ "UserPoolId": pool, "Username": username, "GroupName": "g0" });
            self.must("AdminAddUserToGroup", user);
        }
        for n in 0..2 {
            let password = json!({
                "UserPoolId": pool, "Username": name(by_email, n), "Password": "Correct-Horse-7", "Permanent": true,
            });
            self.must("AdminSetUserPassword", password);
        }
        let sign_up = json!({
            "ClientId": client, "Username": name(by_email, 3), "Password": "Correct-Horse-7",
            "UserAttributes": [
                { "Name": "email", "Value": name(true, 3) }, { "Name": "phone_number", "Value": phone_number(3) },
            ],
        });
        self.must("SignUp", sign_up);
    }

    /// Starts a sign-in, confirms its device, and tries another sign-in from a
    /// blocked address.
    fn sign_in(&mut self, pool: &str, client: &Value, username: &str, password: &str) {
        let mut sign_in = json!({
            "ClientId": client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": username, "PASSWORD": password },
        });
        let signed_in = self.must("InitiateAuth", sign_in.clone());
        let signed_in = &signed_in["AuthenticationResult"];
        if let Some(key) = text_at(signed_in, "/NewDeviceMetadata/DeviceKey") {
            let device = json!({ "AccessToken": signed_in["AccessToken"], "DeviceKey": key });
            self.must("ConfirmDevice", device);
        }
        let events = json!({ "UserPoolId": pool, "Username": username });
        self.must("AdminListUserAuthEvents", events);
        sign_in["UserContextData"] = json!({ "IpAddress": BLOCKED });
        self.call("InitiateAuth", sign_in);
    }

    /// Adds an API to the pool, and clients that get tokens for it without a sign-in.
    fn add_api(&mut self, pool: &str) {
        let server = json!({
            "UserPoolId": pool, "Identifier": "api0", "Name": "API",
            "Scopes": [{ "ScopeName": "read", "ScopeDescription": "r" }],
        });
        self.must("CreateResourceServer", server);
        for (name, flow) in [
            ("machine", "ALLOW_CLIENT_TOKEN_AUTH"),
            ("service", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"),
        ] {
            let client = json!({
                "UserPoolId": pool, "ClientName": name, "GenerateSecret": true,
                "ExplicitAuthFlows": [flow], "AllowedOAuthScopes": ["api0/read"],
            });
            self.must("CreateUserPoolClient", client);
        }
    }

    /// Adds a style and terms for a client, and a domain for the pool.
    fn add_branding(&mut self, pool: &str, client: &Value) {
        let style = json!({ "UserPoolId": pool, "ClientId": client, "Settings": {} });
        self.must("CreateManagedLoginBranding", style);
        let terms = json!({
            "UserPoolId": pool, "ClientId": client, "TermsName": "terms-of-use", "TermsSource": "LINK",
            "Enforcement": "NONE", "Links": { "cognito:default": "https://example.com" },
        });
        self.must("CreateTerms", terms);
        let (_, name) = pool.split_once('_').expect("an id of a pool");
        let domain = json!({ "UserPoolId": pool, "Domain": name.to_lowercase() });
        self.must("CreateUserPoolDomain", domain);
    }

    fn allow_passkeys(&mut self, pool: &str) {
        let passkeys = json!({ "RelyingPartyId": "localhost" });
        self.must(
            "SetUserPoolMfaConfig",
            json!({ "UserPoolId": pool, "WebAuthnConfiguration": passkeys }),
        );
    }

    /// Creates an import job, and threat protection that blocks an address.
    fn protect(&mut self, pool: &str) {
        let job = json!({
            "UserPoolId": pool, "JobName": "j", "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs",
        });
        self.must("CreateUserImportJob", job);
        let risk = json!({
            "UserPoolId": pool,
            "AccountTakeoverRiskConfiguration": {
                "NotifyConfiguration": {
                    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
                    "BlockEmail": { "Subject": "blocked", "TextBody": "{event-id}" },
                },
                "Actions": { "HighAction": { "Notify": true, "EventAction": "BLOCK" } },
            },
            "RiskExceptionConfiguration": { "BlockedIPRangeList": ["192.0.2.0/24"] },
        });
        self.must("SetRiskConfiguration", risk);
    }

    /// Makes a call, and records the values of the answer.
    pub(crate) fn call(&mut self, operation: &str, input: Value) -> Reply {
        let reply = self.stack.call(&Call::new(operation, input.clone()));
        self.known.learn(operation, &input, &reply);
        self.known.read_post(&self.stack);
        reply
    }

    #[track_caller]
    fn must(&mut self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }
}

/// The items that one request is about.
struct Subject<'a> {
    operation: &'a str,
    pool: &'a Pool,
    client: Client,
    typed: String,
    token: Option<&'a Token>,
    session: Option<&'a Session>,
    refresh: Option<&'a Token>,
    record: Option<&'a Record>,
    device: Option<&'a str>,
    flow: &'static str,
}

enum Fit {
    /// A value that fits.
    Is(Value),
    /// The member should be absent.
    Absent,
    /// The generated value is used if the member is required.
    Generated,
}

/// Whether a call is about one device.
fn is_on_device(operation: &Operation) -> bool {
    ["Device", "DeviceStatus"]
        .iter()
        .any(|end| operation.name.ends_with(end))
}

impl Known {
    /// `request` with existing values in place of most of the generated ones.
    #[expect(
        clippy::too_many_lines,
        reason = "one choice for each part of a request"
    )]
    pub(crate) fn adapt(
        &self,
        operation: &Operation,
        mut request: Value,
        stack: &Stack,
        chance: &Chance,
    ) -> Value {
        let pool = self.pool_for(operation, chance);
        let device = pick_late(&pool.devices, chance).filter(|_| is_on_device(operation));
        let session = pick_late(&pool.sessions, chance).filter(|_| chance.below(4) != 0);
        let members = operation.input().members();
        let refresh = pick_late(&pool.refresh, chance);
        let (typed, client) = match session {
            Some(session) if operation.name.contains("Challenge") => {
                (session.typed.clone(), Some(session.client.clone()))
            }
            _ => (
                name(pool.by_email, chance.below(NAMES)),
                pick(&pool.clients, chance).cloned(),
            ),
        };
        let flow = [
            "USER_PASSWORD_AUTH",
            "USER_PASSWORD_AUTH",
            "USER_AUTH",
            "REFRESH_TOKEN_AUTH",
        ][chance.below(4)];
        let client = match refresh {
            Some(token) if flow == "REFRESH_TOKEN_AUTH" => Some(token.client.clone()),
            _ => client,
        };
        let typed = match operation.name {
            "ConfirmSignUp" => pool.posted(Purpose::SignUp, None),
            "ConfirmForgotPassword" => pool.posted(Purpose::PasswordReset, None),
            "UpdateAuthEventFeedback" => pool.posted(Purpose::Notification, None),
            _ => None,
        }
        .map_or(typed, |message| pool.typed(message).to_owned());
        let token = match (operation.name, device) {
            ("ConfirmDevice", _) => pool.access.last(),
            (_, Some((_, owner))) => pool.token_of(owner),
            _ => pick_late(&pool.access, chance),
        };
        let mut records: Vec<&Record> = pool.records.iter().collect();
        if operation.name == "RevokeUserSession" {
            records.retain(|record| token.is_some_and(|token| token.username == record.username));
        }
        let record = pick(&records, chance).copied();
        let (typed, client) = match (operation.name, record) {
            ("AdminRevokeUserSession", Some(record)) => (record.username.clone(), client),
            ("AdminUpdateAuthEventFeedback", _) => {
                let event = pool.events.last();
                (
                    event.map_or(typed, |(username, _)| username.clone()),
                    client,
                )
            }
            ("GetClientToken", _) => (typed, pool.machine.clone()),
            ("GetDerivedToken", _) => (typed, pool.service.clone()),
            ("DeleteUserPoolClientSecret", _) => {
                let secret = pool.secrets.last();
                let of = secret.map(|(client, _)| client.clone());
                (typed, of.or(client))
            }
            _ => (typed, client),
        };
        let typed = device.map_or(typed, |(_, owner)| owner.clone());
        let unknown = Client {
            id: "unknown".to_owned(),
            secret: None,
        };
        let subject = Subject {
            operation: operation.name,
            pool,
            client: client.unwrap_or(unknown),
            typed,
            token,
            session,
            refresh,
            record,
            device: device.map(|(key, _)| key.as_str()),
            flow,
        };
        for member in members {
            if chance.below(40) == 0 {
                continue;
            }
            let stays = member.required || member.absent_is_zero;
            match subject.fit(member.name, stack, chance) {
                Fit::Is(value) => request[member.name] = value,
                Fit::Generated if stays || chance.below(6) == 0 => {}
                _ if stays => {}
                Fit::Absent | Fit::Generated => {
                    request.as_object_mut().unwrap().shift_remove(member.name);
                }
            }
        }
        request
    }

    /// A pool that `operation` can be about.
    fn pool_for(&self, operation: &Operation, chance: &Chance) -> &Pool {
        let (first, others) = self.pools.split_at(POOLS);
        let deletes = operation.name == "DeleteUserPool";
        let other = pick(others, chance).filter(|_| deletes || chance.below(4) == 0);
        // The first pool allows passkeys, and has the key that replicas need.
        let needs_first = ["WebAuthn", "Replica", "RiskConfiguration"]
            .iter()
            .any(|part| operation.name.contains(part));
        // An operation with a token or a session gets a pool that has one.
        let has = |name: &str| operation.input().member(name).is_some();
        let needs_token = has("AccessToken") && chance.below(8) != 0;
        let needs_session = operation.name.contains("Challenge");
        let fitting = first.iter().filter(|pool| {
            (needs_token && !pool.access.is_empty()) || (needs_session && !pool.sessions.is_empty())
        });
        let fitting: Vec<&Pool> = fitting.collect();
        let pool = first
            .first()
            .filter(|_| needs_first)
            .or_else(|| pick(&fitting, chance).copied())
            .or(other)
            .or_else(|| pick(first, chance))
            .expect("the first pools stay");
        // Few users have a device.
        let with_device = first.iter().find(|pool| !pool.devices.is_empty());
        let with_device = with_device.filter(|_| is_on_device(operation));
        with_device.unwrap_or(pool)
    }

    /// Adds the values of another caller, which started with the values in `before`.
    pub(crate) fn merge(&mut self, other: Self, before: &Self) {
        for (pool, people) in other.population {
            let before = before.population.get(&pool).copied().unwrap_or_default();
            *self.population.entry(pool).or_default() += people - before;
        }
        self.pools_made.extend(other.pools_made);
        self.pools_deleted.extend(other.pools_deleted);
        self.clients_made.extend(other.clients_made);
        self.clients_deleted.extend(other.clients_deleted);
    }

    fn pool(&self, id: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.id == id)
    }

    /// Adds the values of a successful call.
    pub(crate) fn learn(&mut self, operation: &str, input: &Value, reply: &Reply) {
        let resends = input["MessageAction"] == "RESEND";
        // The user exists even if the message was not sent.
        let undelivered = operation == "AdminCreateUser"
            && reply.code.as_deref() == Some("CodeDeliveryFailureException");
        if undelivered && !resends {
            *self
                .population
                .entry(text(input, "/UserPoolId"))
                .or_default() += 1;
        }
        if !reply.is_ok() || reply.cut == Some(Cut::BeforeEffects) {
            self.forget(input, reply);
            return;
        }
        let body = &reply.body;
        if operation == "CreateUserPool" {
            let id = text(body, "/UserPool/Id");
            self.pools_made.insert(id.clone());
            self.pools.push(Pool {
                id,
                by_email: body.pointer("/UserPool/UsernameAttributes").is_some(),
                stays: self.pools.len() < POOLS,
                ..Pool::default()
            });
            return;
        }
        let Some(place) = self.place_of(input) else {
            return;
        };
        let pool = &mut self.pools[place];
        let people = self.population.entry(pool.id.clone()).or_default();
        let client = |id: String| (pool.id.clone(), id);
        match operation {
            "CreateUserPoolClient" => {
                let id = text(body, "/UserPoolClient/ClientId");
                self.clients_made.insert(client(id));
            }
            "DeleteUserPool" => {
                self.pools_deleted.insert(pool.id.clone());
                self.pools.remove(place);
                return;
            }
            "DeleteUserPoolClient" => {
                self.clients_deleted
                    .insert(client(text(input, "/ClientId")));
            }
            "AdminCreateUser" if !resends => *people += 1,
            "SignUp" => *people += 1,
            "AdminDeleteUser" | "DeleteUser" => *people -= 1,
            _ => {}
        }
        pool.learn_events_and_jobs(operation, input, body);
        pool.learn_clients(operation, input, body);
        pool.learn_secrets(operation, input, body);
        pool.learn_records(operation, input, body);
        pool.learn_passwords(input);
        let page_token = page_token(body).and_then(|name| text_at(body, &format!("/{name}")));
        keep(&mut pool.page_tokens, page_token);
        let style = text_at(body, "/ManagedLoginBranding/ManagedLoginBrandingId");
        keep(&mut pool.styles, style);
        keep(&mut pool.terms, text_at(body, "/Terms/TermsId"));
        pool.learn_devices(operation, input);
        pool.learn_factors(input, body);
        pool.learn_passkeys(operation, input, body);
        pool.learn_sign_in(input, body);
    }

    /// Removes the token or session that a call was refused for.
    fn forget(&mut self, input: &Value, reply: &Reply) {
        let message = reply.message.as_deref().unwrap_or_default();
        let refusals = [
            "Access Token",
            "Refresh Token",
            "Invalid session",
            "User does not exist",
        ];
        if !refusals.iter().any(|words| message.contains(words)) {
            return;
        }
        let places = [
            "/AccessToken",
            "/RefreshToken",
            "/Token",
            "/Session",
            "/AuthParameters/REFRESH_TOKEN",
        ];
        let given: Vec<&str> = places
            .iter()
            .filter_map(|place| input.pointer(place)?.as_str())
            .collect();
        for pool in &mut self.pools {
            pool.access
                .retain(|token| !given.contains(&token.string.as_str()));
            pool.refresh
                .retain(|token| !given.contains(&token.string.as_str()));
            pool.sessions
                .retain(|session| !given.contains(&session.string.as_str()));
            pool.registrations
                .retain(|(token, _)| !given.contains(&token.string.as_str()));
            for (token, _) in &mut pool.passkeys {
                // The passkey is kept, because another sign-in may use it.
                let fresh = pool
                    .access
                    .iter()
                    .rev()
                    .find(|fresh| fresh.username == token.username);
                if let Some(fresh) = fresh {
                    *token = fresh.clone();
                }
            }
        }
    }

    /// The pool that a request is about.
    fn place_of(&self, input: &Value) -> Option<usize> {
        let issuer = input["AccessToken"].as_str().and_then(|token| {
            let claims = jwt::decode(token).ok()?.claims;
            claims["iss"]
                .as_str()?
                .rsplit('/')
                .next()
                .map(ToOwned::to_owned)
        });
        self.pools.iter().position(|pool| {
            let sessions = || {
                pool.sessions
                    .iter()
                    .any(|session| input["Session"] == session.string)
            };
            input["UserPoolId"] == pool.id
                || sessions()
                || issuer.as_deref() == Some(pool.id.as_str())
                || pool
                    .clients
                    .iter()
                    .any(|client| input["ClientId"] == client.id)
        })
    }

    /// Reads all new messages, and uploads files for new import jobs.
    pub(crate) fn read_post(&mut self, stack: &Stack) {
        for url in self
            .pools
            .iter_mut()
            .flat_map(|pool| pool.uploads.drain(..))
        {
            // The pool may have been deleted, or the URL may have expired.
            stack.upload(&url, "").ok();
        }
        let post = stack.outbox(&OutboxFilter::default());
        if post.is_empty() {
            return;
        }
        stack.clear_outbox();
        for message in post {
            let mut pools = self.pools.iter_mut();
            let Some(pool) = pools.find(|pool| pool.id == message.user_pool_id) else {
                continue;
            };
            if message.purpose == Purpose::Invitation {
                let name = pool.typed(&message).to_owned();
                pool.passwords.insert(name, message.code);
            } else {
                keep(&mut pool.post, Some(message));
            }
        }
    }
}

impl Pool {
    fn learn_events_and_jobs(&mut self, operation: &str, input: &Value, body: &Value) {
        if operation == "AdminListUserAuthEvents" {
            let event = text_at(body, "/AuthEvents/0/EventId");
            let event = event.map(|event| (text(input, "/Username"), event));
            keep(&mut self.events, event);
        }
        if operation == "CreateUserImportJob" {
            keep(&mut self.jobs, text_at(body, "/UserImportJob/JobId"));
            let url = text(body, "/UserImportJob/PreSignedUrl");
            self.uploads.push(url);
        }
    }

    fn learn_clients(&mut self, operation: &str, input: &Value, body: &Value) {
        match operation {
            "CreateUserPoolClient" => {
                let client = Client {
                    id: text(body, "/UserPoolClient/ClientId"),
                    secret: text_at(body, "/UserPoolClient/ClientSecret"),
                };
                match input["ClientName"].as_str() {
                    Some("machine") => self.machine = Some(client),
                    Some("service") => self.service = Some(client),
                    _ => self.clients.push(client),
                }
            }
            "DeleteUserPoolClient" => {
                self.clients.retain(|client| input["ClientId"] != client.id);
            }
            _ => {}
        }
    }

    /// Records secrets that are added to a client. Its first secret is not recorded, so
    /// it is never deleted.
    fn learn_secrets(&mut self, operation: &str, input: &Value, body: &Value) {
        match operation {
            "AddUserPoolClientSecret" => {
                let mut clients = self.clients.iter();
                let client = clients.find(|client| input["ClientId"] == client.id);
                let secret = text(body, "/ClientSecretDescriptor/ClientSecretId");
                let secret = client.map(|client| (client.clone(), secret));
                keep(&mut self.secrets, secret);
            }
            "DeleteUserPoolClientSecret" => {
                self.secrets
                    .retain(|(_, secret)| input["ClientSecretId"] != *secret);
            }
            _ => {}
        }
    }

    fn learn_records(&mut self, operation: &str, input: &Value, body: &Value) {
        match operation {
            "AdminListUserSessions" | "ListUserSessions" => {
                let holder = self.holder(input).map(|token| token.username.clone());
                let username = text_at(input, "/Username").or(holder).unwrap_or_default();
                for session in body["Sessions"].as_array().into_iter().flatten() {
                    let record = Record {
                        id: text(session, "/SessionId"),
                        username: username.clone(),
                    };
                    keep(&mut self.records, Some(record));
                }
            }
            "AdminRevokeUserSession" | "RevokeUserSession" => {
                self.records
                    .retain(|record| input["SessionId"] != record.id);
            }
            _ => {}
        }
    }

    fn learn_passwords(&mut self, input: &Value) {
        let holder = self.holder(input).map(|token| token.username.clone());
        let given = [
            (text_at(input, "/Username"), "/Password"),
            (text_at(input, "/Username"), "/TemporaryPassword"),
            (holder, "/ProposedPassword"),
            (
                text_at(input, "/ChallengeResponses/USERNAME"),
                "/ChallengeResponses/NEW_PASSWORD",
            ),
        ];
        for (name, password) in given {
            self.passwords.extend(name.zip(text_at(input, password)));
        }
    }

    fn learn_devices(&mut self, operation: &str, input: &Value) {
        let key = text(input, "/DeviceKey");
        match operation {
            "ConfirmDevice" => {
                let holder = self.holder(input).map(|token| token.username.clone());
                keep(&mut self.devices, holder.map(|owner| (key, owner)));
            }
            "ForgetDevice" | "AdminForgetDevice" => {
                self.devices.retain(|(known, _)| *known != key);
            }
            _ => {}
        }
    }

    /// Records seeds of authenticator apps, and the sessions of the steps of an MFA
    /// setup.
    fn learn_factors(&mut self, input: &Value, body: &Value) {
        let session = self
            .sessions
            .iter()
            .find(|session| input["Session"] == session.string)
            .cloned();
        if let Some(seed) = text_at(body, "/SecretCode") {
            let holder = self.holder(input).map(|token| token.username.clone());
            let name = holder.or_else(|| Some(session.as_ref()?.typed.clone()));
            self.seeds.extend(name.map(|name| (name, seed)));
        }
        if let (Some(string), Some(before), None) = (
            text_at(body, "/Session"),
            session,
            body.get("ChallengeName"),
        ) {
            keep(&mut self.sessions, Some(Session { string, ..before }));
        }
    }

    fn learn_passkeys(&mut self, operation: &str, input: &Value, body: &Value) {
        let Some(holder) = self.holder(input).cloned() else {
            return;
        };
        match operation {
            "StartWebAuthnRegistration" => {
                let begun = (holder, body["CredentialCreationOptions"].clone());
                keep(&mut self.registrations, Some(begun));
                self.registered = self.registered % 200 + 1;
            }
            "CompleteWebAuthnRegistration" => {
                let made =
                    (1..=200).find(|seed| input["Credential"]["id"] == authenticator(*seed).id());
                keep(&mut self.passkeys, made.map(|seed| (holder, seed)));
            }
            _ => {}
        }
    }

    /// Records the next challenge, or the tokens.
    fn learn_sign_in(&mut self, input: &Value, body: &Value) {
        let client = self
            .clients
            .iter()
            .find(|client| input["ClientId"] == client.id)
            .cloned();
        let Some(client) = client else { return };
        if let (Some(string), Some(challenge)) =
            (text_at(body, "/Session"), text_at(body, "/ChallengeName"))
        {
            let typed = text_at(input, "/AuthParameters/USERNAME")
                .unwrap_or_else(|| text(input, "/ChallengeResponses/USERNAME"));
            let username = text_at(body, "/ChallengeParameters/USER_ID_FOR_SRP");
            let session = Session {
                string,
                challenge,
                client: client.clone(),
                username: username.unwrap_or_else(|| typed.clone()),
                options: text_at(body, "/ChallengeParameters/CREDENTIAL_REQUEST_OPTIONS")
                    .and_then(|options| serde_json::from_str(&options).ok()),
                typed,
            };
            keep(&mut self.sessions, Some(session));
        }
        if let Some(string) = text_at(body, "/AuthenticationResult/AccessToken") {
            let claims = jwt::decode(&string)
                .expect("an access token is a JWT")
                .claims;
            let username = claims["username"].as_str().unwrap().to_owned();
            let device = claims.get("device_key").and_then(Value::as_str);
            let token = |string| Token {
                string,
                client: client.clone(),
                username: username.clone(),
                device: device.map(ToOwned::to_owned),
            };
            let refresh = text_at(body, "/AuthenticationResult/RefreshToken");
            keep(&mut self.refresh, refresh.map(token));
            keep(&mut self.access, Some(token(string)));
        }
    }

    /// The name with which the receiver of `message` signs in.
    fn typed<'a>(&self, message: &'a Message) -> &'a str {
        if self.by_email {
            &message.destination
        } else {
            &message.username
        }
    }

    /// The last message for `purpose`, to `username` or to any user.
    fn posted(&self, purpose: Purpose, username: Option<&str>) -> Option<&Message> {
        let mut latest_first = self.post.iter().rev();
        latest_first.find(|message| {
            message.purpose == purpose && username.is_none_or(|name| message.username == name)
        })
    }

    /// The latest access token of a user.
    fn token_of(&self, username: &str) -> Option<&Token> {
        let mut latest_first = self.access.iter().rev();
        latest_first.find(|token| token.username == username)
    }

    /// The known access token in a request.
    fn holder(&self, input: &Value) -> Option<&Token> {
        let mut tokens = self.access.iter();
        tokens.find(|token| input["AccessToken"] == token.string)
    }
}

impl Subject<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: one arm for each member")]
    fn fit(&self, member: &str, stack: &Stack, chance: &Chance) -> Fit {
        let text = |text: &str| Fit::Is(json!(text));
        if let Some(fit) = self.passkey(member).or_else(|| self.event(member, chance)) {
            return fit;
        }
        match member {
            "UserPoolId" if self.operation == "DeleteUserPool" && self.pool.stays => Fit::Generated,
            "UserPoolId" => text(&self.pool.id),
            "ResourceArn" => text(&arn(&self.pool.id)),
            "ClientId" if self.operation == "DeleteUserPoolClient" => {
                let last = self.pool.clients.iter().skip(CLIENTS).next_back();
                last.map_or(Fit::Generated, |client| text(&client.id))
            }
            "ClientId" => text(&self.client.id),
            "Username" => text(&self.typed),
            // The first group exists from the beginning.
            "GroupName" => text(["g0", "g0", "g1", "g2"][chance.below(4)]),
            "JobId" => pick_late(&self.pool.jobs, chance).map_or(Fit::Generated, |id| text(id)),
            "AccessToken" if self.operation.ends_with("SoftwareToken") && self.sets_up() => {
                Fit::Absent
            }
            "Session" if self.begins() && chance.below(8) != 0 => Fit::Absent,
            "AccessToken" => self.token.map_or(Fit::Absent, |token| text(&token.string)),
            "RefreshToken" | "Token" => self
                .refresh
                .map_or(Fit::Absent, |token| text(&token.string)),
            "Session" => self
                .session
                .map_or(Fit::Absent, |session| text(&session.string)),
            "Password" | "ProposedPassword" => text(&new_password(chance)),
            "TemporaryPassword" if chance.below(2) == 0 => text(&new_password(chance)),
            "Permanent" if chance.below(2) == 0 => Fit::Is(json!(true)),
            "PreviousPassword" => {
                let password = self
                    .token
                    .and_then(|token| self.pool.passwords.get(&token.username));
                text(password.map_or("Correct-Horse-7", String::as_str))
            }
            "SecretHash" => self.hash(&self.typed).map_or(Fit::Absent, Fit::Is),
            "Code" | "ConfirmationCode" => text(self.code()),
            "UserCode" => {
                let name = self
                    .token
                    .map(|token| &token.username)
                    .or(self.session.map(|session| &session.typed));
                name.and_then(|name| self.totp(name, stack))
                    .map_or(Fit::Generated, |code| text(&code))
            }
            "UserAttributes" => Fit::Is(self.attributes(chance)),
            "UserAttributeNames" => {
                let names = ["nickname", "email", "phone_number"];
                Fit::Is(json!([names[chance.below(3)]]))
            }
            "AttributeName" if self.operation == "VerifyUserAttribute" => match self.message() {
                Some(message) if message.medium == Medium::Sms => text("phone_number"),
                _ => text("email"),
            },
            "AttributeName" => text(["email", "phone_number"][chance.below(2)]),
            "CustomAttributes" if chance.below(2) == 0 => Fit::Is(
                json!([{ "Name": format!("c{}", chance.below(40)), "AttributeDataType": "String" }]),
            ),
            "Filter" => [
                Fit::Absent,
                text("email ^= \"u\""),
                text("cognito:user_status = \"CONFIRMED\""),
                text("username = \"u1\""),
            ]
            .into_iter()
            .nth(chance.below(4))
            .unwrap_or(Fit::Absent),
            "NextToken" | "PaginationToken" if chance.below(3) == 0 => {
                pick(&self.pool.page_tokens, chance).map_or(Fit::Absent, |token| text(token))
            }
            "NextToken" | "PaginationToken" | "DesiredDeliveryMediums" if chance.below(4) != 0 => {
                Fit::Absent
            }
            "MessageAction" if chance.below(2) == 0 => text("SUPPRESS"),
            "ExplicitAuthFlows" if chance.below(4) != 0 => Fit::Is(json!(FLOWS)),
            "AutoVerifiedAttributes" if chance.below(4) != 0 => Fit::Is(json!(["email"])),
            "MfaConfiguration" if chance.below(4) != 0 => text("OPTIONAL"),
            "SoftwareTokenMfaConfiguration" if chance.below(4) != 0 => {
                Fit::Is(json!({ "Enabled": true }))
            }
            "AuthFlow" if chance.below(10) != 0 => match self.flow {
                "USER_PASSWORD_AUTH" if self.operation.starts_with("Admin") => {
                    text("ADMIN_USER_PASSWORD_AUTH")
                }
                flow => text(flow),
            },
            "AuthParameters" => Fit::Is(self.parameters(chance)),
            "ChallengeName" => self
                .session
                .map_or(Fit::Generated, |session| text(&session.challenge)),
            "ChallengeResponses" => self.session.map_or(Fit::Generated, |session| {
                Fit::Is(self.responses(session, stack, chance))
            }),
            _ => self.of_clients(member, chance),
        }
    }

    /// Values that authenticate clients, and values about tokens, records and
    /// devices.
    fn of_clients(&self, member: &str, chance: &Chance) -> Fit {
        let text = |text: &str| Fit::Is(json!(text));
        match member {
            "DeviceKey" => {
                let new = self.token.and_then(|token| token.device.as_deref());
                let new = new.filter(|_| self.operation == "ConfirmDevice");
                new.or(self.device).map_or(Fit::Generated, text)
            }
            "Secret" => self
                .client
                .secret
                .as_ref()
                .map_or(Fit::Generated, |secret| text(secret)),
            "ClientSecret" if self.operation == "GetDerivedToken" => Fit::Absent,
            "ClientSecretId" => {
                let secret = self.pool.secrets.last();
                secret.map_or(Fit::Generated, |(_, secret)| text(secret))
            }
            "SessionId" => self
                .record
                .map_or(Fit::Generated, |record| text(&record.id)),
            "SubjectToken" => self
                .token
                .map_or(Fit::Generated, |token| text(&token.string)),
            "SubjectTokenType" if chance.below(4) != 0 => text("ACCESS_TOKEN"),
            "Scopes"
            | "Resources"
            | "SubjectTokenProviderName"
            | "ActorToken"
            | "ActorTokenType"
                if self.operation.ends_with("Token") && chance.below(4) != 0 =>
            {
                Fit::Absent
            }
            _ => self.of_pages(member, chance),
        }
    }

    /// Values for the registration of a passkey, or its deletion.
    fn passkey(&self, member: &str) -> Option<Fit> {
        let text = |text: &str| Fit::Is(json!(text));
        let begun = self.pool.registrations.last();
        let made = self.pool.passkeys.last();
        match (self.operation, member) {
            ("CompleteWebAuthnRegistration", "AccessToken") => {
                begun.map(|(token, _)| text(&token.string))
            }
            ("CompleteWebAuthnRegistration", "Credential") => begun.map(|(_, options)| {
                Fit::Is(authenticator(self.pool.registered.max(1)).create(options))
            }),
            ("DeleteWebAuthnCredential", "AccessToken") => {
                made.map(|(token, _)| text(&token.string))
            }
            ("DeleteWebAuthnCredential", "CredentialId") => {
                made.map(|(_, seed)| text(&authenticator(*seed).id()))
            }
            _ => None,
        }
    }

    fn attributes(&self, chance: &Chance) -> Value {
        let n = chance.below(NAMES);
        let attribute = |name: &str, value: &str| json!({ "Name": name, "Value": value });
        // In a pool with e-mail addresses as usernames, the attribute must have the same
        // address.
        let email = if self.pool.by_email {
            self.typed.clone()
        } else {
            name(true, n)
        };
        let all = [
            attribute("email", &email),
            attribute("phone_number", &phone_number(n)),
            attribute("nickname", "Nick"),
            attribute("preferred_username", &format!("p{n}")),
            attribute("email_verified", "true"),
        ];
        let mut given: Vec<Value> = all.into_iter().filter(|_| chance.below(5) < 2).collect();
        if given.is_empty() {
            given.push(attribute("email", &email));
        }
        given.into()
    }

    fn parameters(&self, chance: &Chance) -> Value {
        let mut parameters = Map::new();
        let refresh = self.refresh.filter(|_| self.flow == "REFRESH_TOKEN_AUTH");
        let hashed = if let Some(token) = refresh {
            parameters.insert("REFRESH_TOKEN".to_owned(), json!(token.string));
            let key = token.device.iter();
            parameters.extend(key.map(|key| ("DEVICE_KEY".to_owned(), json!(key))));
            &token.username
        } else {
            let known = self.pool.passwords.get(&self.typed);
            let password = known.filter(|_| chance.below(8) != 0);
            let password = password.map_or("Correct-Horse-7", String::as_str);
            parameters.insert("USERNAME".to_owned(), json!(self.typed));
            parameters.insert("PASSWORD".to_owned(), json!(password));
            let preferences = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"];
            if let Some(preferred) = preferences.get(chance.below(4)) {
                parameters.insert("PREFERRED_CHALLENGE".to_owned(), json!(preferred));
            }
            &self.typed
        };
        parameters.extend(
            self.hash(hashed)
                .map(|hash| ("SECRET_HASH".to_owned(), hash)),
        );
        parameters.into()
    }

    fn responses(&self, session: &Session, stack: &Stack, chance: &Chance) -> Value {
        let mut responses = Map::new();
        let mut say = |name: &str, value: &str| responses.insert(name.to_owned(), json!(value));
        say("USERNAME", &session.typed);
        let code = self.code();
        match session.challenge.as_str() {
            "NEW_PASSWORD_REQUIRED" => say("NEW_PASSWORD", &new_password(chance)),
            "SMS_MFA" => say("SMS_MFA_CODE", code),
            "EMAIL_OTP" => say("EMAIL_OTP_CODE", code),
            "SOFTWARE_TOKEN_MFA" => {
                let code = self.totp(&session.typed, stack).unwrap_or_default();
                say("SOFTWARE_TOKEN_MFA_CODE", &code)
            }
            "SELECT_MFA_TYPE" => say("ANSWER", "SOFTWARE_TOKEN_MFA"),
            "SELECT_CHALLENGE" => say("ANSWER", ["PASSWORD", "EMAIL_OTP"][chance.below(2)]),
            "PASSWORD" => {
                let password = self.pool.passwords.get(&session.typed);
                say(
                    "PASSWORD",
                    password.map_or("Correct-Horse-7", String::as_str),
                )
            }
            "WEB_AUTHN" => {
                let mut passkeys = self.pool.passkeys.iter();
                let passkey = passkeys.find(|(token, _)| token.username == session.username);
                let options = session.options.as_ref();
                let credential = passkey
                    .zip(options)
                    .map(|((_, seed), options)| authenticator(*seed).get(options).to_string());
                say("CREDENTIAL", &credential.unwrap_or_default())
            }
            _ => None,
        };
        responses.extend(
            self.hash(&session.username)
                .map(|hash| ("SECRET_HASH".to_owned(), hash)),
        );
        responses.into()
    }

    fn hash(&self, username: &str) -> Option<Value> {
        let secret = self.client.secret.as_ref()?;
        Some(json!(secret_hash(secret, username, &self.client.id)))
    }

    /// The message with the code for this operation.
    fn message(&self) -> Option<&Message> {
        match self.operation {
            "ConfirmSignUp" => self.pool.posted(Purpose::SignUp, None),
            "ConfirmForgotPassword" => self.pool.posted(Purpose::PasswordReset, None),
            "UpdateAuthEventFeedback" => self.pool.posted(Purpose::Notification, None),
            "VerifyUserAttribute" => {
                let holder = &self.token?.username;
                let purpose = Purpose::AttributeVerification;
                self.pool.posted(purpose, Some(holder))
            }
            _ => {
                let username = &self.session?.username;
                self.pool.posted(Purpose::SignIn, Some(username))
            }
        }
    }

    fn code(&self) -> &str {
        self.message()
            .map_or("000000", |message| message.code.as_str())
    }

    /// Events of threat protection.
    fn event(&self, member: &str, chance: &Chance) -> Option<Fit> {
        let needs_message = self.operation == "UpdateAuthEventFeedback";
        let fit = match member {
            "EventId" if needs_message => json!(self.message()?.body),
            "EventId" => json!(self.pool.events.last()?.1),
            "FeedbackToken" => json!(self.code()),
            "UserContextData" if chance.below(20) == 0 => json!({ "IpAddress": BLOCKED }),
            _ => return None,
        };
        Some(Fit::Is(fit))
    }

    /// Values of branding, domains, replicas and logs.
    fn of_pages(&self, member: &str, chance: &Chance) -> Fit {
        let text = |text: &str| Fit::Is(json!(text));
        let late = |ids: &[String]| pick_late(ids, chance).map_or(Fit::Generated, |id| text(id));
        match member {
            // The existing domain.
            "Domain" if chance.below(2) == 0 => {
                let name = self.pool.id.split('_').next_back().unwrap_or_default();
                text(&name.to_lowercase())
            }
            "ManagedLoginBrandingId" => late(&self.pool.styles),
            "TermsId" => late(&self.pool.terms),
            "Settings" if chance.below(4) != 0 => Fit::Is(json!({ "components": {} })),
            "UseCognitoProvidedValues" | "Assets" if chance.below(4) != 0 => Fit::Absent,
            "Links" => Fit::Is(json!({ "cognito:default": "https://example.com" })),
            "CSS" => text(".label-customizable { font-weight: 400; }"),
            "RegionName" => text("eu-west-1"),
            "LogConfigurations" if chance.below(2) == 0 => Fit::Is(json!([{
                "LogLevel": "ERROR", "EventSource": "userNotification",
                "CloudWatchLogsConfiguration": { "LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:a" },
            }])),
            _ => of_the_pool(member, chance),
        }
    }

    /// Whether the operation is the first of a sequence.
    fn begins(&self) -> bool {
        match self.operation {
            "AssociateSoftwareToken" | "VerifySoftwareToken" => !self.sets_up(),
            name => !name.contains("Challenge"),
        }
    }

    /// Whether the operation sets up a second factor.
    fn sets_up(&self) -> bool {
        self.session
            .is_some_and(|session| session.challenge == "MFA_SETUP")
    }

    fn totp(&self, name: &str, stack: &Stack) -> Option<String> {
        let secret = totp::Secret::from_code(self.pool.seeds.get(name)?)?;
        Some(secret.password_at(stack.world().now()))
    }
}

fn authenticator(seed: u8) -> Authenticator {
    Authenticator::seeded("http://localhost:3000", seed)
}

fn arn(pool: &str) -> String {
    format!("arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool}")
}

/// Other resources of a pool, by name.
fn of_the_pool(member: &str, chance: &Chance) -> Fit {
    let text = |text: &str| Fit::Is(json!(text));
    match member {
        "Identifier" => text(&format!("api{}", chance.below(4))),
        "ProviderName" => text(&format!("corp{}", chance.below(4))),
        "ProviderType" if chance.below(2) == 0 => text("OIDC"),
        "ProviderDetails" if chance.below(4) != 0 => Fit::Is(json!({
            "client_id": "c", "client_secret": "s", "authorize_scopes": "openid",
            "oidc_issuer": "https://auth.example.com", "attributes_request_method": "GET",
        })),
        "AttributeMapping" if chance.below(2) == 0 => Fit::Is(json!({ "email": "email" })),
        "DestinationUser" => Fit::Is(json!({
            "ProviderName": "Cognito", "ProviderAttributeValue": name(chance.below(2) == 0, chance.below(NAMES)),
        })),
        "SourceUser" | "User" => Fit::Is(json!({
            "ProviderName": "corp0", "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": chance.below(3).to_string(),
        })),
        "TokenSession" if chance.below(4) != 0 => Fit::Is(json!({ "MaxPerUser": 20 })),
        "UserSessionTracking" if chance.below(4) != 0 => text("ENABLED"),
        "LimitDefinition" if chance.below(4) != 0 => Fit::Is(json!({
            "LimitClass": "API_CATEGORY", "Attributes": { "Category": "UserCreation" },
        })),
        "RequestedLimitValue" if chance.below(4) != 0 => Fit::Is(json!(50 + chance.below(100))),
        "IdpIdentifier" => text("idp"),
        "UserPoolTags" if chance.below(2) == 0 => Fit::Absent,
        "Tags" | "UserPoolTags" => Fit::Is(json!({ "team": chance.below(4).to_string() })),
        "TagKeys" => Fit::Is(json!(["team"])),
        "Domain" => text(&format!("login{}", chance.below(4))),
        "ManagedLoginVersion" => Fit::Is(json!(1 + chance.below(2))),
        "CustomDomainConfig" | "Routing" => Fit::Absent,
        "IdpIdentifiers" if chance.below(2) == 0 => Fit::Is(json!(["idp"])),
        _ => Fit::Generated,
    }
}

/// Nearly every implemented operation, once and in any order, with any request
/// that the model allows.
pub(crate) fn any_round() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    // Calls are left out sometimes, so that a failing round can shrink to the
    // failing calls.
    let call = |name: &&'static str| {
        let call = (Just(*name), any_request(operation(name)));
        option::weighted(0.97, call)
    };
    let round: Vec<_> = BUILT.iter().map(call).collect();
    let round = round.prop_shuffle();
    round.prop_map(|calls| calls.into_iter().flatten().collect())
}

/// The operation called `name`.
#[track_caller]
pub(crate) fn operation(name: &str) -> &'static Operation {
    Model::get().operation(name).unwrap()
}

/// The member `name` of each item in a list that is read page by page.
pub(crate) fn walk(
    read: impl Fn(&str, Value) -> Value,
    operation: &str,
    mut input: Value,
    list: &str,
    name: &str,
) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = read(operation, input.clone());
        let items = page[list].as_array().unwrap();
        names.extend(
            items
                .iter()
                .map(|item| item[name].as_str().unwrap().to_owned()),
        );
        assert!(names.len() < 10_000, "{operation} does not end");
        match page_token(&page) {
            Some(token) => input[token] = page[token].clone(),
            None => return names,
        }
    }
}

/// The name of the member with the page token, which is the same in a response and a
/// request.
pub(crate) fn page_token(page: &Value) -> Option<&'static str> {
    ["NextToken", "PaginationToken"]
        .into_iter()
        .find(|token| page.get(*token).is_some())
}

/// The text at `pointer`.
fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(ToOwned::to_owned)
}

/// The text at `pointer`, or an empty text.
fn text(value: &Value, pointer: &str) -> String {
    text_at(value, pointer).unwrap_or_default()
}

fn pick<'a, T>(from: &'a [T], chance: &Chance) -> Option<&'a T> {
    from.get(chance.below(from.len()))
}

/// Picks mostly the last value, because earlier ones may have expired.
fn pick_late<'a, T>(from: &'a [T], chance: &Chance) -> Option<&'a T> {
    match chance.below(4) {
        0 => pick(from, chance),
        _ => from.last(),
    }
}

/// Adds a value and keeps the latest ones.
fn keep<T>(kept: &mut Vec<T>, new: Option<T>) {
    kept.extend(new);
    if kept.len() > 12 {
        kept.remove(0);
    }
}

fn name(by_email: bool, n: usize) -> String {
    if by_email {
        format!("u{n}@example.com")
    } else {
        format!("u{n}")
    }
}

fn phone_number(n: usize) -> String {
    format!("+1555010{n:04}")
}

fn new_password(chance: &Chance) -> String {
    format!("Correct-Horse-{}", chance.below(1000))
}
