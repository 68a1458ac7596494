//! Secrets that pass through: passwords, client secrets, tokens, seeds, codes,
//! session strings.
//!
//! Unless the server reveals secrets, an answer carries a reference in the place
//! of each, such as `secret:access_token/k3v9q2m8x1t7w5ha`. A later call takes the
//! reference where it takes the secret: it is resolved when the tool runs, and
//! never before, so that arguments are logged, audited, refused and repeated with
//! the reference in them. With `--secrets-dir` the secret stands in a file too.
//!
//! How a tool uses it:
//!
//! - A secret in an answer has the type [`Secret`], which only [`Cx::conceal`]
//!   makes: `access_token: Some(cx.conceal("access_token", token))`. The answer's
//!   schema marks it, and the paths of files are added to the answer.
//! - A secret argument is marked: `#[schemars(extend("writeOnly" = true))]` on a
//!   `String`. The tool gets the secret itself, whatever the caller sent. The
//!   schema has no `pattern` and no narrow `maxLength` there: clients judge the
//!   reference by it ([`LONGEST_REFERENCE`]).
//! - A whole answer of Cognito goes through [`Cx::conceal_response`], which knows
//!   by the service model what in it is secret. A tool whose arguments are
//!   Cognito's marks the argument that holds the request `writeOnly` and has
//!   [`visit_request`] in its `Tool::visit_secrets`.
//! - What a sentence tells is never a secret, but may be [`Cx::conceal`]ed.
//!
//! [`Cx::conceal`]: crate::context::Cx::conceal
//! [`Cx::conceal_response`]: crate::context::Cx::conceal_response

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::rand;
use cognito_emulator::model::{Kind, Member, Model, Shape};
use cognito_emulator::validate;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::backend::StartError;
use crate::error::{Result, ToolError};
use crate::tools::Entry;
use crate::{private, redact};

/// A secret as an answer may tell it: itself, or a reference to it.
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

/// What references begin with.
const PREFIX: &str = "secret:";
/// Characters of a reference's own part, of five random bits each: nobody guesses it.
const ID: usize = 16;
/// What ids are made of: no letters or digits that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The longest name of a secret in its reference.
const LONGEST_NAME: usize = 32;
/// Characters of the longest reference: the schema of a secret argument has room for it.
#[cfg(test)]
pub(crate) const LONGEST_REFERENCE: usize = PREFIX.len() + LONGEST_NAME + 1 + ID;
/// Secrets kept; those that were not used for longest are forgotten first.
const LIMIT: usize = 1000;
/// How long a secret is kept that nobody asks for. Of Cognito's own only refresh
/// tokens last longer.
const LIFETIME: Duration = Duration::from_hours(24);

/// The secrets behind the references that a server has given out.
///
/// A reference belongs to one server process: another does not know it.
pub(crate) struct Vault {
    reveals: bool,
    folder: Option<Folder>,
    /// The last used last.
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    reference: String,
    secret: String,
    /// Where it stands too, or why it does not.
    file: Option<std::result::Result<PathBuf, String>>,
    used: Instant,
}

impl Vault {
    /// A vault that shows secrets, or keeps them and, where there is a `folder`,
    /// writes them into files.
    pub(crate) fn new(reveals: bool, folder: Option<Folder>) -> Self {
        Self {
            reveals,
            folder,
            kept: Mutex::default(),
        }
    }

    /// Whether answers show secrets.
    pub(crate) fn reveals(&self) -> bool {
        self.reveals
    }

    /// `secret` as an answer may tell it. `name` says what it is, as in `access_token`.
    pub(crate) fn conceal(&self, name: &str, secret: &str) -> Secret {
        if self.reveals || secret.is_empty() {
            return Secret(secret.to_owned());
        }
        let name = plain(name);
        let start = format!("{PREFIX}{name}/");
        let mut kept = self.lock();
        let known = kept
            .iter()
            .position(|kept| kept.secret == secret && kept.reference.starts_with(&start));
        if let Some(known) = known {
            return Secret(renew(&mut kept, known).reference.clone());
        }
        let Some(id) = random_id() else {
            // Without randomness there is no reference that nobody guesses.
            return Secret(redact::REDACTED.to_owned());
        };
        let reference = format!("{start}{id}");
        let file = self
            .folder
            .as_ref()
            .map(|folder| folder.write(&format!("{name}-{id}"), secret));
        kept.push_back(Kept {
            reference: reference.clone(),
            secret: secret.to_owned(),
            file,
            used: Instant::now(),
        });
        if kept.len() > LIMIT {
            kept.pop_front();
        }
        Secret(reference)
    }

    /// What `reference` stands for, while it is known.
    pub(crate) fn resolve(&self, reference: &str) -> Option<String> {
        let mut kept = self.lock();
        let known = kept.iter().position(|kept| kept.reference == reference)?;
        Some(renew(&mut kept, known).secret.clone())
    }

    /// `arguments` of `entry` with secrets in the place of references, for the tool alone.
    pub(crate) fn open(&self, entry: &Entry, arguments: &JsonObject) -> Result<JsonObject> {
        let mut unknown = Vec::new();
        let mut opened = arguments.clone();
        entry.visit_secrets(&mut opened, &mut |_, value| {
            each_string(value, &mut |text| {
                if !is_reference(text) {
                    return;
                }
                match self.resolve(text) {
                    Some(secret) => *text = secret,
                    None => unknown.push(text.clone()),
                }
            });
        });
        match unknown.first() {
            Some(first) => Err(not_known(first)),
            None => Ok(opened),
        }
    }

    /// Puts references in the place of all secrets among `arguments` of `entry`, which
    /// are the caller's own or made of them, unless this server shows secrets. What is
    /// left for a person to fill in stays, such as `<the code sent>`.
    pub(crate) fn refer(&self, entry: &Entry, arguments: &mut JsonObject) {
        entry.visit_secrets(arguments, &mut |name, value| {
            each_string(value, &mut |text| {
                let is_open = text.starts_with('<') && text.ends_with('>');
                if !is_open && !is_reference(text) {
                    *text = self.conceal(name, text).0;
                }
            });
        });
    }

    /// Files of the secrets to which `told` refers, by reference.
    pub(crate) fn files(&self, told: &Value) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        if self.folder.is_some() {
            let kept = self.lock();
            strings(told, &mut |text| {
                if let Some(kept) = kept.iter().find(|kept| kept.reference == text)
                    && let Some(file) = &kept.file
                {
                    let told = match file {
                        Ok(path) => path.display().to_string(),
                        Err(why) => format!("could not be written: {why}"),
                    };
                    files.insert(text.to_owned(), told);
                }
            });
        }
        files
    }

    /// `error` without the secrets that the caller sent with `arguments`, where
    /// this server does not show secrets.
    pub(crate) fn cover(&self, entry: &Entry, arguments: &JsonObject, error: &mut ToolError) {
        if self.reveals {
            return;
        }
        let mut secrets = Vec::new();
        entry.visit_secrets(&mut arguments.clone(), &mut |_, value| {
            strings(value, &mut |text| {
                secrets.push(self.resolve(text).unwrap_or_else(|| text.to_owned()));
            });
        });
        secrets.retain(|secret| !is_reference(secret));
        // The longest first: one may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in &secrets {
            error.message = without(&error.message, secret);
            error.hint = error.hint.as_ref().map(|hint| without(hint, secret));
            for problem in &mut error.problems {
                problem.message = without(&problem.message, secret);
                problem.nearest = problem.nearest.take().filter(|near| near != secret);
                let values = [&mut problem.received, &mut problem.allowed];
                for value in values.into_iter().flatten() {
                    each_string(value, &mut |text| *text = without(text, secret));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept
            .front()
            .is_some_and(|oldest| oldest.used.elapsed() > LIFETIME)
        {
            kept.pop_front();
        }
        kept
    }
}

/// Puts what stands at `known` at the end, as the last used.
fn renew(kept: &mut VecDeque<Kept>, known: usize) -> &Kept {
    if let Some(mut again) = kept.remove(known) {
        again.used = Instant::now();
        kept.push_back(again);
    }
    &kept[kept.len() - 1]
}

/// Whether `text` has the form of a reference, known or not.
pub(crate) fn is_reference(text: &str) -> bool {
    let parts = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('/'));
    parts.is_some_and(|(name, id)| {
        !name.is_empty()
            && plain(name) == name
            && id.len() == ID
            && id.bytes().all(|byte| ALPHABET.contains(&byte))
    })
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
        "password" => "Send a password of your own, or make the call again that told of it",
        _ => "Make the call again that answered it, and use the new reference",
    };
    ToolError::new(
        "UnknownSecret",
        format!(
            "{reference} is not a secret that this server keeps: it was forgotten, or another \
             server gave it out. Nothing was called"
        ),
    )
    .hint(again)
}

/// `name` in the letters of a reference.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            plain.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c {
            c if c.is_ascii_alphanumeric() => plain.push(c.to_ascii_lowercase()),
            _ if plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    plain.truncate(LONGEST_NAME);
    let plain = plain.trim_matches('_');
    if plain.is_empty() {
        "secret".to_owned()
    } else {
        plain.to_owned()
    }
}

/// A name of random letters, which nobody guesses.
pub(crate) fn random_id() -> Option<String> {
    let mut bytes = [0; ID];
    rand::fill(&mut bytes).ok()?;
    let letters = bytes.iter();
    Some(
        letters
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect(),
    )
}

/// The shortest secret that is looked for within a sentence. What is shorter than
/// a code stands in sentences for something else.
const SHORTEST: usize = 6;

/// `text` with words where `secret` stands as a whole.
fn without(text: &str, secret: &str) -> String {
    if text == secret {
        return redact::REDACTED.to_owned();
    }
    if secret.chars().count() < SHORTEST || !text.contains(secret) {
        return text.to_owned();
    }
    let whole = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + secret.len()..].chars().next();
        let joins = |c: Option<char>, edge: Option<char>| {
            c.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric)
        };
        !joins(before, secret.chars().next()) && !joins(after, secret.chars().next_back())
    };
    let mut shown = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(secret) {
        if whole(at) {
            shown.push_str(&text[from..at]);
            shown.push_str(redact::REDACTED);
            from = at + secret.len();
        }
    }
    shown.push_str(&text[from..]);
    shown
}

/// Looks at each text in `value`.
fn strings(value: &Value, look: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, look)),
        Value::Object(members) => members.values().for_each(|member| strings(member, look)),
        _ => {}
    }
}

/// Changes each text in `value`.
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

/// Sensitive in the service model, and not secret here: whom and what the tools
/// are about.
const PERSONAL: [&str; 4] = [
    "AttributeValueType",
    "ClientIdType",
    "SessionIpAddressType",
    "UsernameType",
];
/// Hidden from the journal for whom they name; no secrets.
const NAMING: [&str; 1] = ["CredentialCreationOptions"];
/// What of `ChallengeParameters` proves something; the rest tells what is asked for.
const PROOFS: [&str; 3] = ["SALT", "SECRET_BLOCK", "SRP_B"];

/// Shows `visit` each secret in `body`, an answer of `operation`.
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

/// Shows `visit` each secret in `input`, a request of `operation`, and each member
/// that the service model does not know: a secret under a misspelt name is still one.
///
/// For `Tool::visit_secrets` of tools that take Cognito's own requests.
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

/// What differs from `hidden` is secret, but for what is merely personal.
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

/// Gives the output schema of a tool whose answers hold secrets the member that
/// tells their files.
pub(crate) fn extend_schema(output: &mut JsonObject) {
    fn holds(schema: &Value) -> bool {
        match schema {
            Value::Object(members) => {
                members.get("writeOnly") == Some(&Value::Bool(true)) || members.values().any(holds)
            }
            Value::Array(items) => items.iter().any(holds),
            _ => false,
        }
    }
    if output.values().any(holds) {
        let files = json!({
            "type": "object",
            "additionalProperties": { "type": "string" },
            "description": "Files that hold the secrets, by reference, where this server writes them.",
        });
        crate::schema::add_member(output, FILES, files);
    }
}

/// The member of an answer that tells the files of its secrets.
pub(crate) const FILES: &str = "secret_files";

/// A folder that only its owner can open.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`: made, or found to be ours alone.
    ///
    /// # Errors
    /// When it is neither.
    pub(crate) fn open(path: &Path) -> std::result::Result<Self, StartError> {
        let refused = |why: String| StartError(format!("--secrets-dir {}: {why}.", path.display()));
        private::make_folder(path).map_err(refused)?;
        let path = path.canonicalize();
        Ok(Self(path.map_err(|error| refused(error.to_string()))?))
    }

    fn write(&self, name: &str, secret: &str) -> std::result::Result<PathBuf, String> {
        let path = self.0.join(name);
        let written = private::new_file(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, secret.as_bytes()));
        match written {
            Ok(()) => Ok(path),
            Err(error) => {
                tracing::warn!(%error, "a secret was not written");
                Err(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_known_by_its_form() {
        let vault = Vault::new(false, None);
        let told = vault.conceal("AccessToken", "S3cret").to_string();
        assert!(told.starts_with("secret:access_token/"), "{told}");
        assert!(is_reference(&told), "{told}");
        assert!(told.len() <= LONGEST_REFERENCE);
        assert_eq!(vault.resolve(&told).as_deref(), Some("S3cret"));
        for other in [
            "secret:",
            "secret:a/b",
            "Correct-Horse-7",
            &told[1..],
            &told[..told.len() - 1],
        ] {
            assert!(!is_reference(other), "{other}");
        }
        // The same secret has one reference, and a server of its own another.
        assert_eq!(vault.conceal("access_token", "S3cret").0, told);
        assert_eq!(Vault::new(false, None).resolve(&told), None);
        assert_eq!(Vault::new(true, None).conceal("a", "S3cret").0, "S3cret");
    }

    #[test]
    fn what_is_not_used_for_longest_is_forgotten() {
        let vault = Vault::new(false, None);
        let first = vault.conceal("token", "first").0;
        let second = vault.conceal("token", "second").0;
        for n in 2..LIMIT {
            vault.conceal("token", &n.to_string());
        }
        assert!(vault.resolve(&first).is_some());
        vault.conceal("token", "one more");
        assert!(vault.resolve(&first).is_some());
        assert!(vault.resolve(&second).is_none());
    }

    #[test]
    fn a_secret_is_covered_where_it_stands_alone() {
        for (text, covered) in [
            ("Value '123456' at 'code'", "Value '[redacted]' at 'code'"),
            ("+15551234567", "+15551234567"),
            ("123456", "[redacted]"),
            ("123456 and 123456", "[redacted] and [redacted]"),
        ] {
            assert_eq!(without(text, "123456"), covered);
        }
        assert_eq!(without("an apple a day", "a"), "an apple a day");
    }

    #[test]
    fn answers_of_cognito_are_known_by_the_model() {
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

    #[cfg(unix)]
    #[test]
    fn files_are_ours_alone() {
        use std::fs;
        use std::os::unix::fs::{PermissionsExt, symlink};

        let base = std::env::temp_dir().join(format!("cognito-mcp-secrets-{}", std::process::id()));
        let _ = fs::remove_dir_all(&base);
        fs::create_dir(&base).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = base.join("secrets");
        let vault = Vault::new(false, Some(Folder::open(&place).unwrap()));
        assert_eq!(mode(&place), 0o700);
        let told = vault.conceal("token", "S3cret").0;
        let files = vault.files(&json!({ "a": [told] }));
        let path = Path::new(&files[&told]);
        assert_eq!(fs::read_to_string(path).unwrap(), "S3cret");
        assert_eq!(mode(path), 0o600);

        let aim = base.join("aim");
        symlink(&aim, place.join("link")).unwrap();
        assert!(private::new_file(&place.join("link")).is_err());
        assert!(!aim.exists());

        fs::set_permissions(&place, fs::Permissions::from_mode(0o750)).unwrap();
        let refused = Folder::open(&place).unwrap_err().to_string();
        assert!(refused.contains("chmod 700"), "{refused}");
        symlink(&place, base.join("way")).unwrap();
        assert!(Folder::open(&base.join("way")).is_err());
        fs::write(base.join("file"), "").unwrap();
        assert!(Folder::open(&base.join("file")).is_err());
        fs::remove_dir_all(&base).unwrap();
    }
}
