//! Names in a case: values that the run, its pools and its steps have kept, and values
//! that are computed on use.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use cognito_emulator::auth::secret_hash::secret_hash;
use cognito_emulator::auth::totp;
use cognito_emulator::model::Model;
use cognito_emulator::world::Time;
use serde_json::{Map, Value, json};

use super::corpus::Corpus;
use super::target::{Target, Trouble};
use crate::cognito::srp;

/// The client of every SRP exchange. The passwords belong to users that exist only for seconds.
pub(super) static SRP: LazyLock<srp::Client> =
    LazyLock::new(|| srp::Client::fixed("a private value"));

/// Values by name.
pub(super) type Names = BTreeMap<String, Value>;

/// Replaces names by their values.
pub(super) struct Filler<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) target: &'a Target,
    pub(super) names: &'a Names,
}

impl Filler<'_> {
    /// `value` with every name replaced by its value.
    pub(super) async fn fill(&self, value: &Value) -> Result<Value, Ended> {
        Ok(match value {
            Value::String(text) => {
                let name = text.strip_prefix('$').unwrap_or_default();
                match self.names.get(name) {
                    Some(value) => value.clone(),
                    None if text.starts_with('~') => json!(self.pattern(text).await?),
                    None => json!(self.text(text).await?),
                }
            }
            Value::Array(elements) => {
                let mut filled = vec![];
                for element in elements {
                    filled.push(Box::pin(self.fill(element)).await?);
                }
                Value::Array(filled)
            }
            Value::Object(members) => {
                let mut filled = Map::new();
                for (name, value) in members {
                    let name = self.text(name).await?;
                    filled.insert(name, Box::pin(self.fill(value)).await?);
                }
                Value::Object(filled)
            }
            other => other.clone(),
        })
    }

    pub(super) async fn text(&self, text: &str) -> Result<String, Ended> {
        self.expand(text, str::to_owned).await
    }

    /// `text`, a regular expression, with names replaced by their escaped values.
    pub(super) async fn pattern(&self, text: &str) -> Result<String, Ended> {
        self.expand(text, regex::escape).await
    }

    async fn expand(&self, text: &str, quote: fn(&str) -> String) -> Result<String, Ended> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let length = after
                .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
                .unwrap_or(after.len());
            let (name, after) = after.split_at(length);
            rest = after;
            if name.is_empty() {
                // A dollar sign without a name, such as at the end of a pattern.
                expanded.push('$');
                continue;
            }
            if let Some(argument) = after.strip_prefix('(').filter(|_| name == "hash") {
                let (argument, after) = argument.split_once(')').unwrap_or((argument, ""));
                rest = after;
                let username = Box::pin(self.text(argument)).await?;
                let of = |name: &str| plain(self.names.get(name).unwrap_or(&Value::Null));
                expanded.push_str(&secret_hash(&of("secret"), &username, &of("client")));
                continue;
            }
            expanded.push_str(&quote(&self.value(name).await?));
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// The value of a name.
    async fn value(&self, name: &str) -> Result<String, Ended> {
        if let Some(value) = self.names.get(name) {
            return Ok(plain(value));
        }
        match name {
            "code" => {
                let pool = plain(self.names.get("pool").unwrap_or(&Value::Null));
                let messages = self.target.outbox(&pool).await?;
                let code = messages.last().and_then(|message| message["code"].as_str());
                code.map(ToOwned::to_owned).ok_or_else(|| {
                    Ended::Differs("a message with a code".to_owned(), "none".to_owned())
                })
            }
            "totp" => {
                let seed = plain(self.names.get("seed").unwrap_or(&Value::Null));
                let secret = totp::Secret::from_code(&seed)
                    .ok_or_else(|| unlike("the secret of an authenticator", &seed))?;
                let now = self.target.now().await?;
                let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
                let now = i64::try_from(now.as_millis()).unwrap_or_default();
                Ok(secret.password_at(Time(now)))
            }
            "srp_a" => Ok(SRP.public_value()),
            _ => Err(match self.corpus.provided.get(name) {
                Some(provision) => Ended::Skipped(format!("{} (--set {name}=…)", provision.what)),
                None => Ended::Differs(format!("a value for ${name}"), "none".to_owned()),
            }),
        }
    }
}

/// Adds the members that nearly every call has, so that cases need not repeat them:
/// pool, client, names. A member that the case gives as `absent` is removed.
pub(super) fn complete(operation: &str, input: &mut Value, names: &Names) {
    let Some(input) = input.as_object_mut() else {
        return;
    };
    let usual = [
        ("UserPoolId", names.get("pool").cloned()),
        ("ClientId", names.get("client").cloned()),
        ("PoolName", names.get("run").cloned()),
        ("ClientName", Some(json!("client"))),
    ];
    if let Some(operation) = Model::get().operation(operation) {
        for (name, value) in usual {
            let is_required = operation
                .input()
                .member(name)
                .is_some_and(|member| member.required);
            if let Some(value) = value.filter(|_| is_required && !input.contains_key(name)) {
                input.insert(name.to_owned(), value);
            }
        }
    }
    input.retain(|_, value| value != "$absent");
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Why a case ended early.
pub(super) enum Ended {
    Skipped(String),
    Differs(String, String),
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Lacks(what) => Self::Skipped(what),
            Trouble::NoAnswer(why) => Self::Differs("an answer".to_owned(), why),
        }
    }
}

pub(super) fn unlike(what: &str, text: &str) -> Ended {
    Ended::Differs(what.to_owned(), text.to_owned())
}
