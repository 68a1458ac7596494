//! Transcript tests: tests that run calls and compare the replies.
//!
//! A script has one call per line, `Operation {json}`. Its transcript has one
//! reply per line. Values have names: `$pool`, `$client`, `$code` (the last code
//! that was sent), and values of earlier replies (`$session`, `$access`,
//! `$challenge`, `$refresh`, `$seed`, `$sub`, `$token`). A call can contain
//! names. A transcript shows names instead of values, so that it is the same for
//! every seed.

pub mod authenticator;
pub mod browser;
pub mod requests;
pub mod srp;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use self::authenticator::Authenticator;
use crate::auth::keys::Keyring;
use crate::auth::srp::timestamp;
use crate::auth::{jwt, secret_hash, totp};
use crate::state::PoolHandle;
use crate::state::mfa::Factor;
use crate::wire::{Call, Reply, Scope, Service};
use crate::world::{Clock, World};
use crate::{Emulator, Issuer};

/// A password that the default policy accepts.
pub const PASSWORD: &str = "Correct-Horse-7";

/// The fixture of a transcript: an emulator with a pool and a client, and names
/// for values of its replies.
#[derive(Debug)]
pub struct Fixture {
    emulator: Emulator,
    scope: Scope,
    names: BTreeMap<String, String>,
    /// UUIDs of claims in order of appearance. Transcripts show their
    /// positions.
    ids: Vec<String>,
    /// Events of function invocations that no transcript has shown yet.
    events: Arc<Mutex<Vec<Value>>>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl Fixture {
    /// An empty emulator at a fixed instant.
    #[must_use]
    pub fn empty() -> Self {
        let world = Arc::new(World::new(Clock::fixed(1_700_000_000), 7));
        let emulator = Emulator::new(world, Issuer::Aws, Keyring::default(), None);
        let names = BTreeMap::from([
            ("password".to_owned(), PASSWORD.to_owned()),
            ("srp_a".to_owned(), srp_client().public()),
            ("device_salt".to_owned(), device_salt()),
        ]);
        Self {
            emulator,
            scope: Scope::default(),
            names,
            ids: Vec::new(),
            events: Arc::default(),
        }
    }

    /// A pool with default settings as `$pool`, and a client that allows every
    /// password flow as `$client`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_pool(json!({}))
    }

    /// Like [`Fixture::new`], with `settings` for `CreateUserPool`.
    #[must_use]
    pub fn with_pool(settings: Value) -> Self {
        Self::with_pool_and_client(settings, json!({}))
    }

    /// A pool with a tag. It can be replicated, because it has a customer managed
    /// key.
    ///
    /// # Panics
    /// If the emulator refuses the pool.
    #[must_use]
    pub fn replicable() -> Self {
        Self::with_pool(json!({
            "KeyConfiguration": {
                "KeyType": "CUSTOMER_MANAGED_KEY",
                "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1234",
            },
            "UserPoolTags": {"team": "a"},
        }))
    }

    /// Like [`Fixture::with_pool`], with `client` for `CreateUserPoolClient`.
    ///
    /// # Panics
    /// If the emulator refuses the pool or the client.
    #[must_use]
    pub fn with_pool_and_client(mut settings: Value, mut client: Value) -> Self {
        let mut fixture = Self::empty();
        default_member(&mut settings, "PoolName", json!("pool"));
        let pool = fixture.must("CreateUserPool", settings);
        let id = pool["UserPool"]["Id"].as_str().expect("a pool has an id");
        fixture.name("pool", id);
        default_member(&mut client, "UserPoolId", json!(id));
        default_member(&mut client, "ClientName", json!("client"));
        default_member(
            &mut client,
            "ExplicitAuthFlows",
            json!([
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_USER_SRP_AUTH"
            ]),
        );
        let client = fixture.must("CreateUserPoolClient", client);
        fixture.name(
            "client",
            client["UserPoolClient"]["ClientId"]
                .as_str()
                .unwrap_or_default(),
        );
        if let Some(secret) = client["UserPoolClient"]["ClientSecret"].as_str() {
            fixture.name("secret", secret);
        }
        fixture
    }

    /// Like [`Fixture::new`], with a confirmed user whose password is `$password`.
    #[must_use]
    pub fn with_user(username: &str) -> Self {
        Self::new().and_user(username, json!([]))
    }

    /// Like [`Fixture::with_user`] for `ana`. The pool accepts passkeys of `relying_party`.
    /// The client lets users choose their first factor.
    #[must_use]
    pub fn with_passkeys(relying_party: &str) -> Self {
        let factors = json!(["PASSWORD", "WEB_AUTHN"]);
        let pool = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}});
        let client = json!({"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"]});
        let mut fixture = Self::with_pool_and_client(pool, client).and_user("ana", json!([]));
        let pool = fixture.get("pool").to_owned();
        let configuration = json!({"RelyingPartyId": relying_party});
        fixture.must(
            "SetUserPoolMfaConfig",
            json!({"UserPoolId": pool, "WebAuthnConfiguration": configuration}),
        );
        fixture
    }

    /// Configures second factors: `mode` is `ON`, `OPTIONAL` or `OFF`.
    ///
    /// # Panics
    /// If the fixture has no pool.
    #[must_use]
    pub fn and_mfa(self, mode: &str, factors: &[Factor]) -> Self {
        let handle = self.emulator.state().pool_handle(self.get("pool"));
        let mut pool = handle.expect("the fixture has a pool").write();
        mode.clone_into(&mut pool.settings.mfa_configuration);
        pool.settings.sms_configuration = Some(Map::new());
        pool.mfa.sms = factors.contains(&Factor::SmsMfa);
        pool.mfa.software_token = factors.contains(&Factor::SoftwareTokenMfa);
        pool.mfa.email = factors.contains(&Factor::EmailOtp).then(Map::new);
        drop(pool);
        self
    }

    /// Adds a confirmed user with `attributes` whose password is `$password`.
    #[must_use]
    pub fn and_user(mut self, username: &str, attributes: Value) -> Self {
        let pool = self.names["pool"].clone();
        self.must(
            "AdminCreateUser",
            json!({"UserPoolId": pool, "Username": username, "UserAttributes": attributes, "MessageAction": "SUPPRESS"}),
        );
        self.must(
            "AdminSetUserPassword",
            json!({"UserPoolId": pool, "Username": username, "Password": PASSWORD, "Permanent": true}),
        );
        self
    }

    /// Like [`Fixture::and_user`], with the verified address `<username>@example.com`.
    #[must_use]
    pub fn and_verified_user(self, username: &str) -> Self {
        let address = format!("{username}@example.com");
        let attributes = json!([
            { "Name": "email", "Value": address },
            { "Name": "email_verified", "Value": "true" },
        ]);
        self.and_user(username, attributes)
    }

    /// Configures a function for `trigger`, as `LambdaConfig` names it.
    ///
    /// # Panics
    /// If the fixture has no pool.
    #[must_use]
    pub fn and_trigger(
        self,
        trigger: &str,
        function: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        let handle = self.emulator.state().pool_handle(self.get("pool"));
        let mut pool = handle.expect("the fixture has a pool").write();
        let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{trigger}");
        let config = &mut pool.settings.lambda_config;
        config.insert(trigger.to_owned(), json!(arn));
        if trigger.ends_with("Sender") {
            config.insert("KMSKeyID".to_owned(), json!(KEY));
        }
        drop(pool);
        let events = Arc::clone(&self.events);
        let recorded = move |event: &Value| {
            events.lock().push(event.clone());
            function(event)
        };
        self.emulator.world().functions.insert(trigger, recorded);
        self
    }

    /// Signs in `username` with `$password`. The tokens are `$access`, `$id` and
    /// `$refresh`.
    #[must_use]
    pub fn signed_in(mut self, username: &str) -> Self {
        let client = self.names["client"].clone();
        self.must(
            "InitiateAuth",
            json!({"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": username, "PASSWORD": PASSWORD}}),
        );
        self
    }

    /// Registers the passkey of `authenticator` for the user who signed in last.
    ///
    /// # Panics
    /// If the emulator refuses the passkey.
    #[must_use]
    pub fn and_passkey(mut self, authenticator: &Authenticator) -> Self {
        let access = self.get("access").to_owned();
        let options = self.must("StartWebAuthnRegistration", json!({"AccessToken": access}));
        let credential = authenticator.create(&options["CredentialCreationOptions"]);
        self.must(
            "CompleteWebAuthnRegistration",
            json!({"AccessToken": access, "Credential": credential}),
        );
        self.name("passkey", &authenticator.id());
        self
    }

    /// Like [`Fixture::signed_in`], in a pool that tracks devices. Also confirms the new
    /// device, `$device`, with the device password `secret`.
    #[must_use]
    pub fn on_device(self, username: &str) -> Self {
        let mut fixture = self.signed_in(username);
        fixture.run(
            r#"ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceName":"Phone","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}"#,
        );
        fixture
    }

    /// The emulator under test.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The pool of the fixture.
    ///
    /// # Panics
    ///
    /// If the fixture has no pool, or the test deleted it.
    #[must_use]
    pub fn pool_handle(&self) -> PoolHandle {
        let state = self.emulator.state();
        let handle = state.pool_handle(self.get("pool"));
        handle.expect("the fixture has a pool")
    }

    /// The value of `$name`.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// Sets `$name` to `value`.
    pub fn name(&mut self, name: &str, value: &str) {
        self.names.insert(name.to_owned(), value.to_owned());
    }

    /// Calls an operation as a signed request.
    pub fn call(&mut self, operation: &str, input: Value) -> Reply {
        let mut call = Call::new(operation, input);
        call.scope = self.scope.clone().into();
        let reply = self.emulator.call(&call);
        self.learn(&reply.body);
        reply
    }

    /// Calls an operation that must succeed. Returns its response.
    ///
    /// # Panics
    /// If the emulator refuses the call.
    #[track_caller]
    pub fn must(&mut self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// Uploads `file` for the last import job.
    ///
    /// # Panics
    /// If the job's URL does not accept the file.
    #[track_caller]
    pub fn upload(&mut self, file: &str) {
        let uploaded = self.emulator.upload(self.get("url"), file.to_owned());
        uploaded.expect("the job's URL accepts the file");
    }

    /// The log of the last import job.
    ///
    /// # Panics
    /// If the fixture has no import job.
    #[must_use]
    pub fn import_log(&self) -> String {
        let log = self.emulator.import_log(self.get("pool"), self.get("job"));
        let lines = log.expect("the fixture has an import job").lines;
        lines.join("\n")
    }

    /// Runs a script and returns its transcript.
    ///
    /// In addition to calls, a script may have these lines:
    ///
    /// - `advance 90`: advances the clock by 90 seconds.
    /// - `outbox`: prints the last message.
    /// - `events`: prints and clears the events of function invocations.
    /// - `claims access` and `claims id`: verify the last such token with the
    ///   pool's JWKS and print its claims. UUIDs are numbered by first appearance.
    /// - `in eu-west-1`: sends the following calls to that Region.
    /// - `name = value`: sets `$name`.
    /// - `# text`: a comment.
    ///
    /// A line that ends in a comma continues on the next line. A call may have one
    /// of these prefixes:
    ///
    /// - `only /UserPool/Policies`: prints only that part of the response.
    /// - `as app /UserPoolClient/ClientId`: prints only that part, and names it
    ///   `$app`.
    /// - `spread`: prints a long response over several lines.
    ///
    /// A call may contain these names, in addition to those of earlier replies:
    ///
    /// - `$hash(username)`: the client's `SECRET_HASH`.
    /// - `$totp`: the current code for `$seed`.
    /// - `$srp_a`: the public value of an SRP client.
    /// - `$block`: the secret block of the last challenge.
    /// - `$claim(password)`: the proof for the last challenge at `$timestamp`.
    /// - `$timestamp`: the current time, unless the script sets it.
    /// - `$device`: the key of the last new device.
    /// - `$device_verifier(password)` and `$device_salt`: the values that confirm
    ///   the device.
    /// - `$device_claim(password)`: the proof for the device challenge.
    ///
    /// # Panics
    /// If the script is malformed.
    pub fn run(&mut self, script: &str) -> String {
        let mut transcript = String::new();
        for line in statements(script) {
            let line = line.as_str();
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let answer = match (word, rest) {
                ("advance", seconds) => {
                    let seconds = seconds.parse().expect("seconds to advance");
                    self.emulator
                        .world()
                        .clock
                        .advance(Duration::from_secs(seconds));
                    continue;
                }
                ("outbox", _) => self.last_message(),
                ("events", _) => {
                    let events = std::mem::take(&mut *self.events.lock());
                    let lines: Vec<_> = events.iter().map(Value::to_string).collect();
                    lines.join("\n")
                }
                ("claims", token) => self.claims(token),
                (name, rest) if rest.starts_with("= ") => {
                    let value = self.fill(&rest[2..]);
                    self.name(name, &value);
                    continue;
                }
                ("in", region) => {
                    region.clone_into(&mut self.scope.region);
                    continue;
                }
                ("spread", call) => {
                    let reply = self.run_call(call);
                    self.spread(&reply)
                }
                ("only", rest) => {
                    let (pointer, call) = rest.split_once(' ').expect("only POINTER CALL");
                    self.run_part(pointer, call).1
                }
                ("as", rest) => {
                    let (name, rest) = rest.split_once(' ').expect("as NAME POINTER CALL");
                    let (pointer, call) = rest.split_once(' ').expect("as NAME POINTER CALL");
                    let (part, shown) = self.run_part(pointer, call);
                    if let Some(value) = part.as_str() {
                        self.name(name, value);
                    }
                    shown
                }
                _ => self.run_call(line).to_string(),
            };
            writeln!(transcript, "{}", self.hide(&answer)).expect("a string can be written to");
        }
        transcript
    }

    /// The claims of the token `$name`, verified with the key that the pool
    /// publishes.
    fn claims(&mut self, name: &str) -> String {
        let token = self.get(name).to_owned();
        let decoded = jwt::decode(&token).expect("a JWT");
        let issuer = decoded.claims["iss"].as_str().expect("an issuer");
        let pool = issuer
            .rsplit('/')
            .next()
            .expect("an issuer ends in its pool");
        let jwks = self.emulator.jwks(pool).expect("the issuer's pool exists");
        let key = jwks["keys"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|key| key["kid"] == decoded.header.kid.as_str())
            .expect("the token's key is published");
        let number = |name: &str| {
            let text = key[name].as_str().expect("JWKs have n and e");
            URL_SAFE_NO_PAD.decode(text).expect("n and e are base64url")
        };
        let key = RsaPublicKeyComponents {
            n: number("n"),
            e: number("e"),
        };
        key.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            decoded.message.as_bytes(),
            &decoded.signature,
        )
        .expect("the published key verifies the token");
        let mut claims = decoded.claims;
        for name in ["origin_jti", "event_id", "jti"] {
            if let Some(Value::String(id)) = claims.get_mut(name) {
                let place = self.ids.iter().position(|seen| seen == id);
                let place = place.unwrap_or_else(|| {
                    self.ids.push(id.clone());
                    self.ids.len() - 1
                });
                *id = format!("#{}", place + 1);
            }
        }
        Value::from(claims).to_string()
    }

    /// Runs a call. Returns the selected part of its response, as JSON and as
    /// text.
    fn run_part(&mut self, pointer: &str, call: &str) -> (Value, String) {
        let reply = self.run_call(call);
        match reply.body.pointer(pointer) {
            Some(part) => (part.clone(), part.to_string()),
            None if reply.is_ok() => (Value::Null, "absent".to_owned()),
            None => (Value::Null, reply.to_string()),
        }
    }

    /// Formats a reply for a transcript, with a long body over several lines.
    fn spread(&self, reply: &Reply) -> String {
        if !reply.is_ok() {
            return reply.to_string();
        }
        // Tokens are replaced by names first, because the length of the printed body
        // determines the lines.
        let body = self.hide(&reply.body.to_string());
        let body = serde_json::from_str(&body).expect("names need no escapes");
        let mut text = String::new();
        spread(&body, &format!("{} ", reply.status), 0, &mut text);
        text.trim_end().to_owned()
    }

    /// Runs `Operation {json}`.
    fn run_call(&mut self, line: &str) -> Reply {
        let (operation, input) = line.split_once(' ').unwrap_or((line, ""));
        let input = self.fill(input);
        let input =
            serde_json::from_str(&input).unwrap_or_else(|error| panic!("{error} in {input}"));
        self.call(operation, input)
    }

    fn last_message(&self) -> String {
        match self.emulator.world().courier.outbox().last() {
            Some(sent) => format!(
                "{:?} {:?} to {}: {} {}",
                sent.purpose, sent.medium, sent.destination, sent.subject, sent.body
            ),
            None => "nothing sent".to_owned(),
        }
    }

    /// Stores the values that later calls can use.
    fn learn(&mut self, body: &Value) {
        let paths = [
            ("session", "/Session"),
            ("access", "/AuthenticationResult/AccessToken"),
            ("refresh", "/AuthenticationResult/RefreshToken"),
            ("id", "/AuthenticationResult/IdToken"),
            ("seed", "/SecretCode"),
            ("sub", "/UserSub"),
            ("token", "/PaginationToken"),
            ("token", "/NextToken"),
            ("event", "/AuthEvents/0/EventId"),
            ("job", "/UserImportJob/JobId"),
            ("url", "/UserImportJob/PreSignedUrl"),
            ("challenge", "/CredentialCreationOptions/challenge"),
            ("salt", "/ChallengeParameters/SALT"),
            ("srp_b", "/ChallengeParameters/SRP_B"),
            ("block", "/ChallengeParameters/SECRET_BLOCK"),
            ("srp_user", "/ChallengeParameters/USER_ID_FOR_SRP"),
            (
                "device",
                "/AuthenticationResult/NewDeviceMetadata/DeviceKey",
            ),
            (
                "device_group",
                "/AuthenticationResult/NewDeviceMetadata/DeviceGroupKey",
            ),
        ];
        for (name, path) in paths {
            if let Some(value) = body.pointer(path).and_then(Value::as_str) {
                self.name(name, value);
            }
        }
        let attributes = ["/User/Attributes", "/UserAttributes"];
        let subs = attributes
            .iter()
            .filter_map(|path| body.pointer(path)?.as_array())
            .flatten();
        if let Some(sub) = subs
            .filter(|attribute| attribute["Name"] == "sub")
            .filter_map(|a| a["Value"].as_str())
            .next_back()
        {
            self.name("sub", sub);
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        while let Some((before, rest)) = text.split_once("$hash(") {
            let (username, after) = rest.split_once(')').expect("$hash(username)");
            let username = self.fill(username);
            let hash = secret_hash::secret_hash(self.get("secret"), &username, self.get("client"));
            text = format!("{before}{hash}{after}");
        }
        for (function, call) in [
            ("$claim(", Self::claim as fn(&Self, &str) -> String),
            ("$device_claim(", Self::device_claim),
            ("$device_verifier(", Self::device_verifier),
        ] {
            while let Some((before, rest)) = text.split_once(function) {
                let (password, after) = rest.split_once(')').expect("a closing parenthesis");
                let value = call(self, &self.fill(password));
                text = format!("{before}{value}{after}");
            }
        }
        if text.contains("$timestamp") && !self.names.contains_key("timestamp") {
            text = text.replace("$timestamp", &self.timestamp());
        }
        if text.contains("$totp") {
            let secret = totp::Secret::from_code(self.get("seed"))
                .expect("AssociateSoftwareToken gave a seed");
            text = text.replace("$totp", &secret.password_at(self.emulator.world().now()));
        }
        if text.contains("$code") {
            let outbox = self.emulator.world().courier.outbox();
            text = text.replace("$code", outbox.last().map_or("000000", |sent| &sent.code));
        }
        // Longer names first, so that `$client` does not match the start of
        // `$client2`.
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in names {
            text = text.replace(&format!("${name}"), value);
        }
        text
    }

    /// Computes the proof with which a client that uses `password` answers the
    /// last SRP challenge.
    fn claim(&self, password: &str) -> String {
        let (_, pool) = self.get("pool").split_once('_').expect("a pool's id");
        self.claim_as([pool, self.get("srp_user")], password)
    }

    fn device_claim(&self, password: &str) -> String {
        self.claim_as([self.get("device_group"), self.get("device")], password)
    }

    fn device_verifier(&self, password: &str) -> String {
        let names = [self.get("device_group"), self.get("device")];
        let [verifier, _] = srp::device_verifier(names, password, &DEVICE_SALT);
        verifier
    }

    fn claim_as(&self, names: [&str; 2], password: &str) -> String {
        let challenge = srp::Challenge {
            salt: self.get("salt"),
            public: self.get("srp_b"),
            secret_block: self.get("block"),
        };
        srp_client().claim(&challenge, names, password, &self.timestamp())
    }

    /// The SRP client's time: `$timestamp` if it is set, or the current time.
    fn timestamp(&self) -> String {
        let given = self.names.get("timestamp").cloned();
        given.unwrap_or_else(|| timestamp::format(self.emulator.world().now()))
    }

    fn hide(&self, text: &str) -> String {
        let mut names: Vec<_> = self
            .names
            .iter()
            .filter(|(_, value)| value.len() >= 9)
            .collect();
        names.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        let mut text = text.to_owned();
        for (name, value) in names {
            text = text.replace(value.as_str(), &format!("${name}"));
        }
        let codes = self.emulator.world().courier.outbox();
        if let Some(sent) = codes.last().filter(|sent| sent.code.len() >= 6) {
            text = text.replace(&sent.code, "$code");
        }
        text
    }
}

/// The key that encrypts codes for custom senders.
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

/// The salt of all device passwords. Its first bit is set, so that the tests
/// cover the zero byte before such a number.
const DEVICE_SALT: [u8; 16] = [0xd5; 16];

fn device_salt() -> String {
    let [_, salt] = srp::device_verifier(["", ""], "", &DEVICE_SALT);
    salt
}

/// The SRP client of all tests.
fn srp_client() -> srp::Client {
    srp::Client::new(&[0x7a; 32])
}

/// Returns `event` with `members` in its response, as a function does.
///
/// # Errors
/// Never. The return type is the one that [`Fixture::and_trigger`] requires.
pub fn respond(event: &Value, members: Value) -> Result<Value, String> {
    let mut event = event.clone();
    for (name, value) in members.as_object().into_iter().flatten() {
        event["response"][name] = value.clone();
    }
    Ok(event)
}

fn default_member(object: &mut Value, name: &str, value: Value) {
    if object.get(name).is_none() {
        object[name] = value;
    }
}

/// Splits a script into statements. Omits comments and empty lines. Joins a line that ends
/// in a comma with the next line.
fn statements(script: &str) -> Vec<String> {
    let lines = script.lines().map(str::trim);
    let mut statements: Vec<String> = Vec::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match statements.last_mut() {
            Some(last) if last.ends_with(',') => last.push_str(line),
            _ => statements.push(line.to_owned()),
        }
    }
    statements
}

/// Longest JSON that [`spread`] prints on one line, in bytes.
const LINE: usize = 220;

/// Prints `name` and `value`. If `value` is longer than [`LINE`], each member or item is on
/// its own line.
fn spread(value: &Value, name: &str, indent: usize, text: &mut String) {
    let line = value.to_string();
    let (header, deeper) = (format!("{:indent$}{name}", ""), indent + 2);
    match value {
        Value::Object(members) if line.len() > LINE => {
            text.push_str(header.trim_end());
            text.push('\n');
            for (name, member) in members {
                spread(member, &format!("{name}: "), deeper, text);
            }
        }
        Value::Array(items) if line.len() > LINE => {
            text.push_str(header.trim_end());
            text.push('\n');
            for item in items {
                spread(item, "- ", deeper, text);
            }
        }
        _ => {
            text.push_str(&header);
            text.push_str(&line);
            text.push('\n');
        }
    }
}
