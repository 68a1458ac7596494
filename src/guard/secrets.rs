//! References to secrets: passwords, client secrets, tokens, seeds, codes, session strings.
//!
//! Unless the server reveals secrets, an answer has a reference in place of each secret,
//! such as `secret:access_token/k3v9q2m8x1t7w5ha`. A later call accepts the reference in
//! place of the secret. The reference is resolved only when the tool runs, so logs, the
//! audit log, errors and retries contain only the reference. With `--secrets-dir` the
//! secret is also written into a file. Without, the person who runs the server reads it once
//! with `cognito-mcp secret`.
//!
//! Rules for tools:
//!
//! - A secret in an answer has the type [`Secret`], which only [`Cx::conceal`]
//!   makes: `access_token: Some(cx.conceal("access_token", token))`. The answer's
//!   schema marks it, and the paths of files are added to the answer.
//! - A secret argument is marked: `#[schemars(extend("writeOnly" = true))]` on a
//!   `String`. The tool gets the secret itself, even if the caller sent a reference. The
//!   schema has no `pattern` and no narrow `maxLength` there, because clients validate
//!   the reference with it ([`LONGEST_REFERENCE`]).
//! - A complete response of Cognito goes through [`Cx::conceal_response`], which finds its
//!   secrets by the service model. A tool whose argument is a request of Cognito marks
//!   that argument `writeOnly` and calls [`visit_request`] in its `Tool::visit_secrets`.
//! - A sentence never contains a secret. It may contain the result of [`Cx::conceal`].
//!
//! The secrets of a call are in its own [`Vault`]: those behind the references in its arguments,
//! which [`Vault::fetch`] reads from the state of the server, and new ones, which [`Vault::save`]
//! adds to it before the answer is sent. So tools need not wait for the state.
//!
//! A reference belongs to the principal that received it, and to one kind of secret:
//! another principal cannot use it, and only an argument for that kind accepts it
//! ([`fits`]). If a caller sends a secret that equals one of Cognito's, the two have
//! different references. Otherwise a caller could find out whether a guess is right.
//!
//! [`Cx::conceal`]: crate::call::context::Cx::conceal
//! [`Cx::conceal_response`]: crate::call::context::Cx::conceal_response

mod cover;
mod folder;
mod kinds;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::hmac;
use cognito_emulator::model::{Kind, Member, Model, Shape};
use cognito_emulator::validate;
use parking_lot::Mutex;
use rmcp::RoleServer;
use rmcp::model::JsonObject;
use rmcp::service::RequestContext;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::folder::Folder;
pub(crate) use self::kinds::fits;
use crate::bounds::{PRINCIPALS, SECRET_BYTES, SECRET_LIFETIME, SECRETS, SECRETS_BYTES};
use crate::definition::Definition;
use crate::error::{ToolError, ToolResult};
use crate::guard::redact;
pub(crate) use crate::guard::reference::is_reference;
use crate::guard::reference::{ALPHABET, ID, PREFIX, plain};
use crate::principal::Principal;
use crate::shared_state::{State, StoreResult, Table, Unavailable};

/// A secret in an answer: the secret itself, or a reference to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Secret(String);

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::from(secret.0)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    /// `writeOnly` marks secrets in answers as it does in arguments.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The principal that a secret or a sign-in belongs to, as the transport knows it: an
/// OAuth subject, the holder of the bearer token, or the account that started the process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner(Arc<str>);

impl Owner {
    pub(crate) fn new(principal: &str) -> Self {
        Self(principal.into())
    }

    /// The name of the principal; empty if there is none.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The principal of `request`.
    pub(crate) fn of(request: &RequestContext<RoleServer>) -> Self {
        let known = Principal::of(request);
        Self::new(known.map_or("", |principal| &principal.0))
    }
}

/// The source of a secret. Equal secrets share a reference only if they have the same
/// source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An argument of the caller.
    Caller,
    /// An answer of Cognito or of this server to a call. Calls with the same tool and
    /// arguments have the same number.
    Answer(u64),
}

impl Source {
    /// The answer to a call of `tool` with `arguments`.
    pub(crate) fn of_call(tool: &str, arguments: &JsonObject) -> Self {
        let mut hasher = DefaultHasher::new();
        (tool, Value::from(arguments.clone()).to_string()).hash(&mut hasher);
        Self::Answer(hasher.finish())
    }
}

/// The secrets of all calls.
const SECRETS_OF_ALL: Table = Table {
    name: "secret",
    lifetime: SECRET_LIFETIME,
    renews: true,
    items: SECRETS,
    bytes: SECRETS_BYTES,
    owners: PRINCIPALS,
    one_run: false,
};

/// The references whose secrets no person has read yet.
const UNREAD: Table = Table {
    name: "unread",
    renews: false,
    bytes: usize::MAX,
    one_run: true,
    ..SECRETS_OF_ALL
};

/// The secrets of one call, and access to those of earlier calls.
///
/// Replicas that share their state know each other's references. Other processes do not.
pub(crate) struct Vault {
    reveals: bool,
    folder: Option<Arc<Folder>>,
    /// Public texts. They are shown even if a secret contains parts of them.
    public: fn() -> &'static str,
    /// Whether `cognito-mcp secret` reaches this server, once that is known.
    command: Arc<OnceLock<bool>>,
    state: Arc<State>,
    kept: Mutex<Vec<CallSecret>>,
}

/// Why the vault does not hand a secret over.
#[cfg_attr(
    not(unix),
    allow(dead_code, reason = "secrets are read on a Unix domain socket")
)]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// The reference is unknown.
    Unknown,
    /// The secret was handed over before.
    Read,
    /// It could not be logged.
    NotLogged(String),
    /// The state of the server cannot be used.
    Unavailable(Unavailable),
}

/// The kinds of secrets for which an answer says how a person reads them. The others are for
/// later calls.
const FOR_PERSONS: [&str; 4] = ["client_secret", "password", "private_key", "secret_code"];

/// A secret of this call.
struct CallSecret {
    owner: Owner,
    reference: String,
    secret: InStore,
    /// Whether the state of the server has it.
    is_saved: bool,
}

/// A secret as the state of the server keeps it.
#[derive(Clone, Serialize, Deserialize)]
struct InStore {
    secret: String,
    /// Whether it is from an answer, and not from a caller.
    is_of_answer: bool,
    /// The file with the secret, or why it was not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Result<PathBuf, String>>,
}

impl Vault {
    /// A vault that either shows secrets or keeps them in `state`. If it keeps them and there is a
    /// `folder`, the secrets of answers are also written into files. `public` returns the
    /// texts that errors may always show.
    pub(crate) fn new(
        reveals: bool,
        folder: Option<Folder>,
        public: fn() -> &'static str,
        state: Arc<State>,
    ) -> Self {
        Self {
            reveals,
            folder: folder.map(Arc::new),
            public,
            command: Arc::default(),
            state,
            kept: Mutex::default(),
        }
    }

    /// An empty vault for one call.
    pub(crate) fn for_call(&self) -> Self {
        Self {
            reveals: self.reveals,
            folder: self.folder.clone(),
            public: self.public,
            command: Arc::clone(&self.command),
            state: Arc::clone(&self.state),
            kept: Mutex::default(),
        }
    }

    /// Reads the secrets behind the references of `owner` in `arguments`.
    ///
    /// # Errors
    /// If the state of the server cannot be used.
    pub(crate) async fn fetch(&self, owner: &Owner, arguments: &JsonObject) -> StoreResult<()> {
        let mut references = Vec::new();
        for argument in arguments.values() {
            strings(argument, &mut |text| {
                if is_reference(text) && self.resolve(owner, text).is_none() {
                    references.push(text.to_owned());
                }
            });
        }
        for reference in references {
            let found = self.state.get(&SECRETS_OF_ALL, owner.name(), &reference);
            if let Some(secret) = found.await? {
                self.kept.lock().push(CallSecret {
                    owner: owner.clone(),
                    reference,
                    secret,
                    is_saved: true,
                });
            }
        }
        Ok(())
    }

    /// Adds the new secrets of this call to the state of the server. Returns the references for
    /// which there is no room.
    ///
    /// # Errors
    /// If the state cannot be used. The references then have no secret.
    pub(crate) async fn save(&self) -> StoreResult<Vec<String>> {
        let mut refused = Vec::new();
        loop {
            let next = {
                let kept = self.kept.lock();
                let next = kept.iter().find(|kept| !kept.is_saved);
                next.map(|kept| {
                    (
                        kept.owner.clone(),
                        kept.reference.clone(),
                        kept.secret.clone(),
                    )
                })
            };
            let Some((owner, reference, secret)) = next else {
                return Ok(refused);
            };
            let (state, name) = (&self.state, owner.name());
            let is_new = match state.find::<InStore>(&SECRETS_OF_ALL, &reference).await? {
                Some((of, _)) => of != name,
                None => true,
            };
            let is_kept = state
                .put(&SECRETS_OF_ALL, name, &reference, &secret)
                .await?;
            if is_kept && is_new && secret.is_of_answer {
                state.put(&UNREAD, name, &reference, &()).await?;
            }
            if !is_kept {
                refused.push(reference.clone());
            }
            let mut kept = self.kept.lock();
            for kept in kept.iter_mut().filter(|kept| kept.reference == reference) {
                kept.is_saved = true;
            }
        }
    }

    /// The references of this call whose secrets are not in the state of the server yet.
    pub(crate) fn unsaved(&self) -> Vec<String> {
        let kept = self.kept.lock();
        let unsaved = kept.iter().filter(|kept| !kept.is_saved);
        unsaved.map(|kept| kept.reference.clone()).collect()
    }

    /// Sets whether `cognito-mcp secret` reaches this server.
    pub(crate) fn set_command(&self, reaches: bool) {
        // A server has one socket, and opens it once.
        let _ = self.command.set(reaches);
    }

    /// Whether no person can read a new secret: answers hide it, and there is neither a folder
    /// nor a socket for it.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        !self.reveals && self.folder.is_none() && self.command.get() == Some(&false)
    }

    /// The secret behind `reference`, of any principal, for the person who runs the server. Each
    /// secret of an answer is handed over once, after `log` has recorded it.
    ///
    /// # Errors
    /// The reason why it is not handed over.
    #[cfg_attr(
        not(unix),
        allow(dead_code, reason = "secrets are read on a Unix domain socket")
    )]
    pub(crate) async fn hand_over(
        &self,
        reference: &str,
        log: impl FnOnce() -> Result<(), String>,
    ) -> Result<String, NotKept> {
        let found = self.state.find::<InStore>(&SECRETS_OF_ALL, reference);
        let (owner, kept) = found
            .await
            .map_err(NotKept::Unavailable)?
            .filter(|(_, kept)| kept.is_of_answer)
            .ok_or(NotKept::Unknown)?;
        // It is taken before the line is written: if the line fails, no person reads the secret.
        let unread = self.state.take::<()>(&UNREAD, &owner, reference);
        if unread.await.map_err(NotKept::Unavailable)?.is_none() {
            return Err(NotKept::Read);
        }
        if let Err(why) = log() {
            let _ = self.state.put(&UNREAD, &owner, reference, &()).await;
            return Err(NotKept::NotLogged(why));
        }
        Ok(kept.secret)
    }

    /// Whether answers reveal secrets.
    pub(crate) fn reveals(&self) -> bool {
        self.reveals
    }

    /// What an answer to `owner` shows for `secret`. `name` is its kind, as in
    /// `access_token`.
    pub(crate) fn conceal(
        &self,
        owner: &Owner,
        source: Source,
        name: &str,
        secret: &str,
    ) -> Secret {
        if self.reveals || secret.is_empty() {
            return Secret(secret.to_owned());
        }
        let reference = self.keep(owner, source, &plain(name), secret);
        Secret(reference.unwrap_or_else(|| redact::REDACTED.to_owned()))
    }

    /// Keeps `secret` and returns its reference. None if it is too long.
    fn keep(&self, owner: &Owner, source: Source, name: &str, secret: &str) -> Option<String> {
        if secret.len() > SECRET_BYTES {
            return None;
        }
        let id = self.id(owner, source, name, secret);
        let reference = format!("{PREFIX}{name}/{id}");
        if self.resolve(owner, &reference).is_some() {
            return Some(reference);
        }
        let is_of_answer = source != Source::Caller;
        let folder = self.folder.as_ref().filter(|_| is_of_answer);
        let file = folder.map(|folder| folder.write(&format!("{name}-{id}"), secret));
        self.kept.lock().push(CallSecret {
            owner: owner.clone(),
            reference: reference.clone(),
            secret: InStore {
                secret: secret.to_owned(),
                is_of_answer,
                file,
            },
            is_saved: false,
        });
        Some(reference)
    }

    /// The id of a reference. It cannot be guessed without the key, and equal secrets of one source
    /// have the same, on all replicas.
    fn id(&self, owner: &Owner, source: Source, name: &str, secret: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.state.reference_key());
        let source = match source {
            Source::Caller => None,
            Source::Answer(number) => Some(number),
        };
        let text = serde_json::json!([owner.name(), source, name, secret]).to_string();
        letters(&hmac::sign(&key, text.as_bytes()).as_ref()[..ID])
    }

    /// The secret behind `reference`, if it belongs to `owner` and this call has it.
    pub(crate) fn resolve(&self, owner: &Owner, reference: &str) -> Option<String> {
        let kept = self.kept.lock();
        let known = kept
            .iter()
            .find(|kept| kept.reference == reference && kept.owner == *owner)?;
        Some(known.secret.secret.clone())
    }

    /// `arguments` of `tool` with each reference replaced by its secret. Only the tool gets
    /// them.
    pub(crate) fn open(
        &self,
        owner: &Owner,
        tool: &Definition,
        arguments: &JsonObject,
    ) -> ToolResult<JsonObject> {
        let mut refused = Vec::new();
        let mut opened = arguments.clone();
        tool.visit_secrets(&mut opened, &mut |name, value| {
            each_string(value, &mut |text| {
                if !is_reference(text) {
                    return;
                }
                if !fits(name, text) {
                    refused.push(kinds::refusal(name, text));
                    return;
                }
                match self.resolve(owner, text) {
                    Some(secret) => *text = secret,
                    None => refused.push(not_known(text)),
                }
            });
        });
        match refused.into_iter().next() {
            Some(first) => Err(first),
            None => Ok(opened),
        }
    }

    /// Replaces each secret in `arguments` of `tool` by a reference, unless this server
    /// reveals secrets. The secrets are those that the caller sent, or were made from them.
    /// A placeholder for a person to fill in, such as `<the code sent>`, is kept. Returns
    /// whether each secret has a reference now.
    pub(crate) fn refer(
        &self,
        owner: &Owner,
        tool: &Definition,
        arguments: &mut JsonObject,
    ) -> bool {
        let mut all = true;
        tool.visit_secrets(arguments, &mut |name, value| {
            each_string(value, &mut |text| {
                let is_open = text.starts_with('<') && text.ends_with('>');
                if !is_open && !is_reference(text) {
                    *text = self.conceal(owner, Source::Caller, name, text).0;
                    all &= self.reveals || text.is_empty() || is_reference(text);
                }
            });
        });
        all
    }

    /// Where a person reads the secrets to which `shown` refers, by reference: a file, or a
    /// command.
    pub(crate) fn files(&self, owner: &Owner, shown: &Value) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let has_command = self.command.get() == Some(&true);
        if self.folder.is_none() && !has_command {
            return files;
        }
        let all = self.kept.lock();
        strings(shown, &mut |text| {
            let is_meant = |kept: &&CallSecret| kept.reference == text && kept.owner == *owner;
            let Some(CallSecret { secret: kept, .. }) = all.iter().find(is_meant) else {
                return;
            };
            let is_for_persons = FOR_PERSONS.contains(&kinds::kind_of(text));
            let place = match &kept.file {
                Some(Ok(path)) => path.display().to_string(),
                Some(Err(why)) => format!("could not be written: {why}"),
                None if has_command && is_for_persons && kept.is_of_answer => {
                    format!("run `cognito-mcp secret {text}` on the server's machine, once")
                }
                None => return,
            };
            files.insert(text.to_owned(), place);
        });
        files
    }

    /// Removes the secrets that the caller sent with `arguments` from `error`, unless this
    /// server reveals secrets.
    pub(crate) fn cover(
        &self,
        owner: &Owner,
        tool: &Definition,
        arguments: &JsonObject,
        error: &mut ToolError,
    ) {
        if self.reveals {
            return;
        }
        let mut secrets = Vec::new();
        tool.visit_secrets(&mut arguments.clone(), &mut |_, value| {
            strings(value, &mut |text| {
                if is_reference(text) {
                    secrets.extend(self.resolve(owner, text));
                } else {
                    secrets.push(text.to_owned());
                }
            });
        });
        cover::cover(secrets, self.public, error);
    }
}

fn not_known(reference: &str) -> Box<ToolError> {
    let name = reference
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let again = match name {
        "access_token" | "id_token" | "refresh_token" | "session" => {
            "Call `sign_in` again and use the reference in its answer"
        }
        "password" => "Send a password of your own, or repeat the call that returned it",
        _ => "Repeat the call that returned it, and use the new reference",
    };
    ToolError::new(
        "UnknownSecret",
        format!(
            "{reference} is unknown to this server: it was forgotten, or another server issued \
             it. Nothing was called"
        ),
    )
    .hint(again)
}

/// A name of random letters that cannot be guessed.
pub(crate) fn random_id() -> Option<String> {
    let mut bytes = [0; ID];
    getrandom::fill(&mut bytes).ok()?;
    Some(letters(&bytes))
}

/// A letter for each of `bytes`.
fn letters(bytes: &[u8]) -> String {
    let letters = bytes.iter();
    letters
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

/// Replaces each of `references` in `shown` by a text that says that it is hidden.
pub(crate) fn withdraw(references: &[String], shown: &mut Value) {
    each_string(shown, &mut |text| {
        for reference in references {
            if text.contains(reference.as_str()) {
                *text = text.replace(reference.as_str(), redact::REDACTED);
            }
        }
    });
}

/// Calls `look` with each text in `value`.
fn strings(value: &Value, look: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, look)),
        Value::Object(members) => members.values().for_each(|member| strings(member, look)),
        _ => {}
    }
}

/// Calls `change` with each text in `value`.
fn each_string(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| each_string(member, change)),
        _ => {}
    }
}

/// Shapes that are sensitive in the service model but not secret here: they identify the
/// users and clients of a call.
const PERSONAL: [&str; 4] = [
    "AttributeValueType",
    "ClientIdType",
    "SessionIpAddressType",
    "UsernameType",
];
/// Members that the journal hides because they name a user. They are not secrets.
const NAMING: [&str; 1] = ["CredentialCreationOptions"];
/// The secret members of `ChallengeParameters`; the others describe the challenge.
const PROOFS: [&str; 3] = ["SALT", "SECRET_BLOCK", "SRP_B"];

/// Calls `visit` with each secret in `body`, a response of `operation`.
pub(crate) fn visit_response(
    operation: &str,
    body: &mut Value,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    let Some(operation) = Model::get().operation(operation) else {
        return visit_all("secret", body, visit);
    };
    let hidden = validate::redact_response(operation, body);
    visit_modelled(operation.output(), "secret", body, &hidden, visit);
}

/// Calls `visit` with each secret in `input`, a request of `operation`, and each member
/// that the service model does not have: a secret under a misspelt name is still a secret.
///
/// For `Tool::visit_secrets` of tools whose argument is a request of Cognito.
pub(crate) fn visit_request(
    operation: &str,
    input: &mut Value,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    let Some(operation) = Model::get().operation(operation) else {
        return visit_all("secret", input, visit);
    };
    let hidden = validate::redact(operation, input);
    visit_modelled(Some(operation.input()), "secret", input, &hidden, visit);
}

fn visit_all(name: &str, value: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                visit_all(name, member, visit);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| visit_all(name, item, visit)),
        Value::Null => {}
        leaf => visit(name, leaf),
    }
}

/// Compares `value` with `hidden`, its copy with hidden sensitive values. Calls `visit`
/// with each value that differs, unless it is only personal.
fn visit_modelled(
    shape: Option<&Shape>,
    name: &str,
    value: &mut Value,
    hidden: &Value,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if NAMING.contains(&key.as_str())
                    || name == "ChallengeParameters" && !PROOFS.contains(&key.as_str())
                {
                    continue;
                }
                let inner = match shape.map(|shape| &shape.kind) {
                    Some(Kind::Structure(_)) => {
                        shape.and_then(|s| s.member(key)).map(Member::shape)
                    }
                    Some(Kind::Map { value, .. }) => Some(value.get()),
                    _ => None,
                };
                visit_modelled(inner, key, member, &hidden[key.as_str()], visit);
            }
        }
        Value::Array(items) => {
            let inner = match shape.map(|shape| &shape.kind) {
                Some(Kind::List(inner)) => Some(inner.get()),
                _ => None,
            };
            for (at, item) in items.iter_mut().enumerate() {
                visit_modelled(inner, name, item, &hidden[at], visit);
            }
        }
        leaf if leaf != hidden && !shape.is_some_and(|s| PERSONAL.contains(&s.name)) => {
            visit(name, leaf);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::guard::reference::LONGEST_REFERENCE;
    use crate::run::public;

    fn vault() -> Vault {
        Vault::new(false, None, public::texts, Arc::new(State::process()))
    }

    fn owner() -> Owner {
        Owner::new("ana")
    }

    const ANSWER: Source = Source::Answer(1);

    #[test]
    fn a_reference_is_recognized_by_its_form() {
        let (vault, owner) = (vault(), owner());
        let shown = vault.conceal(&owner, ANSWER, "AccessToken", "S3cret").0;
        assert!(shown.starts_with("secret:access_token/"), "{shown}");
        assert!(is_reference(&shown), "{shown}");
        assert!(shown.len() <= LONGEST_REFERENCE);
        assert_eq!(vault.resolve(&owner, &shown).as_deref(), Some("S3cret"));
        for other in [
            "secret:",
            "secret:a/b",
            "Correct-Horse-7",
            &shown[1..],
            &shown[..shown.len() - 1],
        ] {
            assert!(!is_reference(other), "{other}");
        }
        // The same secret has the same reference, and another server does not know it.
        let again = vault.conceal(&owner, ANSWER, "access_token", "S3cret").0;
        assert_eq!(again, shown);
        assert_eq!(self::vault().resolve(&owner, &shown), None);
        let revealing = Vault::new(true, None, public::texts, Arc::new(State::process()));
        assert_eq!(revealing.conceal(&owner, ANSWER, "a", "S3cret").0, "S3cret");
    }

    #[tokio::test]
    async fn a_later_call_knows_the_secrets_of_an_earlier_one() {
        let (server, owner) = (vault(), owner());
        let first = server.for_call();
        let shown = first.conceal(&owner, ANSWER, "token", "S3cret").0;
        let arguments = JsonObject::from_iter([("token".to_owned(), (&*shown).into())]);
        let second = server.for_call();
        second.fetch(&owner, &arguments).await.unwrap();
        assert_eq!(second.resolve(&owner, &shown), None, "it is not saved yet");
        assert_eq!(first.save().await, Ok(Vec::new()));
        assert!(first.unsaved().is_empty());
        second.fetch(&owner, &arguments).await.unwrap();
        assert_eq!(second.resolve(&owner, &shown).as_deref(), Some("S3cret"));
        // The same secret of the same source has the same reference in every call.
        let again = second.conceal(&owner, ANSWER, "token", "S3cret").0;
        assert_eq!(again, shown);
        assert!(second.unsaved().is_empty());
    }

    #[tokio::test]
    async fn a_secret_is_handed_over_once() {
        let (server, owner) = (vault(), owner());
        let conceal = async |source| {
            let call = server.for_call();
            let shown = call.conceal(&owner, source, "password", "S3cret").0;
            call.save().await.unwrap();
            shown
        };
        let shown = conceal(ANSWER).await;
        let not_logged = server.hand_over(&shown, || Err("full".to_owned())).await;
        assert_eq!(not_logged, Err(NotKept::NotLogged("full".to_owned())));
        let secret = server.hand_over(&shown, || Ok(())).await;
        assert_eq!(secret.as_deref(), Ok("S3cret"));
        // Not even after a call that returned it again.
        assert_eq!(conceal(ANSWER).await, shown);
        assert_eq!(
            server.hand_over(&shown, || Ok(())).await,
            Err(NotKept::Read)
        );
        let sent = conceal(Source::Caller).await;
        assert_eq!(
            server.hand_over(&sent, || Ok(())).await,
            Err(NotKept::Unknown)
        );
    }

    #[test]
    fn a_secret_that_is_too_long_has_no_reference() {
        let conceal = |bytes: usize| {
            vault()
                .conceal(&owner(), ANSWER, "token", &"x".repeat(bytes))
                .0
        };
        assert!(is_reference(&conceal(SECRET_BYTES)));
        assert_eq!(conceal(SECRET_BYTES + 1), redact::REDACTED);
    }

    #[tokio::test]
    async fn a_secret_for_which_there_is_no_room_is_withdrawn() {
        let server = vault();
        let conceal = async |owner: &str| {
            let call = server.for_call();
            let shown = call
                .conceal(&Owner::new(owner), ANSWER, "token", "S3cret")
                .0;
            (call.save().await.unwrap(), shown)
        };
        for number in 0..PRINCIPALS {
            assert!(conceal(&number.to_string()).await.0.is_empty());
        }
        let (refused, shown) = conceal("late").await;
        assert_eq!(refused, [&*shown]);
        let mut answer = json!({ "token": shown, "next": [format!("use {shown}")] });
        withdraw(&refused, &mut answer);
        assert_eq!(
            answer,
            json!({ "token": redact::REDACTED, "next": ["use [redacted]"] })
        );
    }

    /// A principal cannot use or test the secrets of another.
    #[test]
    fn a_reference_belongs_to_its_principal() {
        let vault = vault();
        let (ana, ben) = (Owner::new("ana"), Owner::new("ben"));
        let hers = vault.conceal(&ana, ANSWER, "token", "S3cret").0;
        let his = vault.conceal(&ben, ANSWER, "token", "S3cret").0;
        assert_ne!(hers, his);
        assert_eq!(vault.resolve(&ben, &hers), None);
        assert_eq!(vault.resolve(&ana, &his), None);
        let entry = crate::tools::find("decode_token").unwrap();
        let with =
            |reference: &str| JsonObject::from_iter([("token".to_owned(), reference.into())]);
        assert!(vault.open(&ana, entry, &with(&hers)).is_ok());
        let unknown = format!("secret:token/{}", "a".repeat(ID));
        let refused = |reference: &str| {
            let refused = vault.open(&ben, entry, &with(reference)).unwrap_err();
            (
                refused.code,
                refused.message.replace(reference, "it"),
                refused.hint,
            )
        };
        assert_eq!(refused(&hers), refused(&unknown));
    }

    /// The reference of a correct guess differs from that of the secret.
    #[test]
    fn a_reference_does_not_reveal_whether_a_guess_is_right() {
        let (vault, owner) = (vault(), owner());
        let sources = [Source::Caller, Source::Answer(1), Source::Answer(2)];
        let shown = sources.map(|source| vault.conceal(&owner, source, "code", "123456").0);
        let again = sources.map(|source| vault.conceal(&owner, source, "code", "123456").0);
        assert_eq!(shown, again);
        let different: std::collections::BTreeSet<&String> = shown.iter().collect();
        assert_eq!(different.len(), 3);
    }

    #[test]
    fn secrets_in_responses_are_found_by_the_model() {
        let mut body = json!({
            "AuthenticationResult": { "AccessToken": "t", "ExpiresIn": 3600 },
            "Session": "s",
            "ChallengeParameters": { "USER_ID_FOR_SRP": "ana", "SECRET_BLOCK": "b" },
            "Unheard": { "of": "u" },
        });
        let hide = &mut |name: &str, value: &mut Value| *value = format!("<{name}>").into();
        visit_response("InitiateAuth", &mut body, hide);
        assert_eq!(
            body,
            json!({
                "AuthenticationResult": { "AccessToken": "<AccessToken>", "ExpiresIn": 3600 },
                "Session": "<Session>",
                "ChallengeParameters": { "USER_ID_FOR_SRP": "ana", "SECRET_BLOCK": "<SECRET_BLOCK>" },
                "Unheard": { "of": "<of>" },
            })
        );
        let mut user =
            json!({ "Username": "ana", "UserAttributes": [{ "Name": "email", "Value": "a@b" }] });
        let same = user.clone();
        visit_response("AdminGetUser", &mut user, hide);
        assert_eq!(user, same);
        let mut request =
            json!({ "ClientId": "c", "Username": "ana", "Password": "p", "Pasword": "p" });
        visit_request("SignUp", &mut request, hide);
        let hidden = json!({ "ClientId": "c", "Username": "ana", "Password": "<Password>", "Pasword": "<Pasword>" });
        assert_eq!(request, hidden);
        let mut provider = json!({ "IdentityProvider": { "ProviderDetails": { "client_id": "i", "client_secret": "s" } } });
        visit_response("DescribeIdentityProvider", &mut provider, hide);
        let details = &provider["IdentityProvider"]["ProviderDetails"];
        assert_eq!(
            details,
            &json!({ "client_id": "i", "client_secret": "<client_secret>" })
        );
    }
}
