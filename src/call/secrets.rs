//! Secrets of a call: in its arguments, answer and error, and the client secrets that it
//! needs.

use aws_lc_rs::hmac;
use serde_json::Value;

use crate::call::context::{Cx, Read};
use crate::call::targets::InPool;
use crate::cognito::password_policy::{DIGITS, LOWERCASE, PLAIN_SYMBOLS, UPPERCASE};
use crate::error::{ToolError, ToolResult};
use crate::guard::redact;
use crate::guard::secrets::{self, Secret, Source};

impl Cx {
    /// Whether answers reveal secrets.
    pub(crate) fn reveals_secrets(&self) -> bool {
        self.vault().reveals()
    }

    /// What an answer shows for `secret`, which Cognito or this server generated: the
    /// secret itself or a reference. `name` is the kind of secret, as in `access_token`.
    /// See [`crate::guard::secrets`].
    pub(crate) fn conceal(&self, name: &str, secret: impl AsRef<str>) -> Secret {
        let source = Source::of_call(self.tool(), &self.arguments);
        let vault = self.vault();
        vault.conceal(self.owner(), source, name, secret.as_ref())
    }

    /// `body`, Cognito's response to `operation` as JSON, with every secret in it
    /// [concealed](Cx::conceal).
    pub(crate) fn conceal_response(&self, operation: &str, mut body: Value) -> Value {
        secrets::visit_response(operation, &mut body, &mut |name, value| {
            let shown = match value {
                Value::String(secret) => self.conceal(name, secret).into(),
                // A secret that is not text has no reference.
                _ if !self.reveals_secrets() => Value::from(redact::REDACTED),
                _ => return,
            };
            *value = shown;
        });
        body
    }

    /// The secret behind `reference`, if the argument `name` accepts that reference.
    pub(crate) fn secret_of(&self, name: &str, reference: &str) -> Option<String> {
        let fits = secrets::fits(name, reference);
        fits.then(|| self.vault().resolve(self.owner(), reference))?
    }

    /// Whether an answer may show a call of this tool with `arguments`: all their secrets
    /// are references, or this server reveals secrets.
    pub(crate) fn may_repeat(&self, arguments: &Value) -> bool {
        let (Some(tool), Value::Object(arguments)) = (self.definition(), arguments) else {
            return false;
        };
        let before = &self.arguments;
        let mut may = true;
        tool.visit_secrets(&mut arguments.clone(), &mut |name, value| {
            // A value that the caller did not send is from the tool itself, and not a
            // secret.
            let sent = before.get(name) == Some(&*value);
            may &= !sent || value.as_str().is_some_and(secrets::is_reference);
        });
        may || self.reveals_secrets()
    }

    /// Removes the secrets that the caller sent from the texts of `error`.
    pub(crate) fn cover_secrets(&self, error: &mut ToolError) {
        if let Some(tool) = self.definition() {
            let vault = self.vault();
            vault.cover(self.owner(), tool, &self.arguments, error);
        }
    }

    /// Adds the paths of the secrets in the retry of `error` to its hint.
    pub(crate) fn add_secret_files(&self, error: &mut ToolError) {
        let Some(retry) = &error.retry else {
            return;
        };
        let arguments = Value::from(retry.arguments.clone());
        for (reference, file) in self.vault().files(self.owner(), &arguments) {
            let sentence = format!("A person reads {reference} there: {file}");
            error.hint = Some(match error.hint.take() {
                Some(hint) => format!("{}. {sentence}", hint.trim_end_matches('.')),
                None => sentence,
            });
        }
    }

    /// Refuses to make a secret that no person could read, because only a person can use it.
    ///
    /// # Errors
    /// If answers hide it, and there is neither a folder nor a socket for it.
    pub(crate) fn can_hand_over(&self) -> ToolResult<()> {
        if !self.vault().is_out_of_reach() {
            return Ok(());
        }
        let message = "This server hides secrets, and no person could read a new one: it writes no \
                       files, and `cognito-mcp secret` does not reach it";
        Err(ToolError::new("SecretOutOfReach", message).hint(
            "Nothing was made. Ask the person who runs the server to give it a folder for secrets",
        ))
    }

    /// `SECRET_HASH` for `username`, if the client has a secret.
    ///
    /// Also none if the client cannot be read: Cognito's own error then reports the cause.
    ///
    /// # Errors
    /// As [`Cx::client_secret`].
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash>
    pub(crate) async fn secret_hash(
        &self,
        pool: &InPool,
        client: &str,
        username: &str,
    ) -> ToolResult<Option<String>> {
        let secret = self.client_secret(pool, client).await?;
        Ok(secret.map(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let tag = hmac::sign(&key, format!("{username}{client}").as_bytes());
            aws_smithy_types::base64::encode(tag)
        }))
    }

    /// The secret of `client`, if it has one.
    ///
    /// # Errors
    /// If Cognito throttles the request. Without the secret, Cognito would refuse the call
    /// for another reason.
    pub(crate) async fn client_secret(
        &self,
        pool: &InPool,
        client: &str,
    ) -> ToolResult<Option<String>> {
        let Some(pool) = self.known_pool(pool) else {
            return Ok(None);
        };
        let known = self.shared.client_secrets.lock().get(client).cloned();
        if let Some(known) = known {
            let mut secrets = self.secrets.lock();
            secrets.entry(client.to_owned()).or_insert(Read::Earlier);
            return Ok(known);
        }
        let request = self.cognito().describe_user_pool_client();
        let described = request.user_pool_id(pool).client_id(client).send().await;
        let described = match described.map_err(Box::<ToolError>::from) {
            Ok(described) => described.user_pool_client,
            Err(refused) if refused.is_throttled() => return Err(refused),
            Err(_) => None,
        };
        let Some(described) = described else {
            return Ok(None);
        };
        let secret = described.client_secret;
        self.secrets.lock().insert(client.to_owned(), Read::Now);
        let mut known = self.shared.client_secrets.lock();
        known.insert(client.to_owned(), secret.clone());
        Ok(secret)
    }

    /// Forgets the client secrets of this call that an earlier call had read. A person, another
    /// program or another replica may have replaced them since. Returns whether there was one.
    pub(crate) fn forget_earlier_secrets(&self) -> bool {
        let mut secrets = self.secrets.lock();
        let mut earlier = secrets.extract_if(.., |_, read| *read == Read::Earlier);
        let mut forgotten = false;
        for (client, _) in earlier.by_ref() {
            self.forget_client_secret(&client);
            forgotten = true;
        }
        forgotten
    }

    /// Forgets the secret of `client`.
    pub(crate) fn forget_client_secret(&self, client: &str) {
        self.shared.client_secrets.lock().remove(client);
    }

    /// Forgets all client secrets, which are read again when they are next needed.
    pub(crate) fn forget_client_secrets(&self) {
        self.shared.client_secrets.lock().clear();
    }

    /// Forgets data of pools that no longer exist.
    pub(crate) async fn start_over(&self) {
        self.shared.sessions.clear().await;
        self.shared.pools.forget_clients();
        self.forget_client_secrets();
    }

    /// A random number below `bound`, from the emulator's seed if it is the backend; none
    /// if the system has no randomness.
    pub(crate) fn below(&self, bound: usize) -> Option<usize> {
        let mut bytes = [0; 8];
        match &self.shared.backend.emulator {
            Some(emulator) => bytes = emulator.chance(),
            None => getrandom::fill(&mut bytes).ok()?,
        }
        let random = u64::from_le_bytes(bytes) % u64::try_from(bound).ok()?.max(1);
        usize::try_from(random).ok()
    }

    /// Generates a password with every kind of character, and at least `minimum_length`
    /// characters, in the form that an answer may show. None if there is no randomness.
    pub(crate) fn generate_password(&self, minimum_length: Option<i32>) -> Option<Secret> {
        /// More than most policies require, so that the password is hard to guess.
        const SHORTEST: i32 = 16;
        let length = minimum_length.unwrap_or(SHORTEST).max(SHORTEST);
        let kinds = [UPPERCASE, LOWERCASE, DIGITS, PLAIN_SYMBOLS];
        // The first and the last character are letters, because some programs trim other ones.
        let kind = |n: i32| match n {
            0 => LOWERCASE,
            n if n == length - 1 => UPPERCASE,
            n => kinds[n.unsigned_abs() as usize % kinds.len()],
        };
        let letters = (0..length).map(|n| {
            let alphabet = kind(n).as_bytes();
            Some(char::from(alphabet[self.below(alphabet.len())?]))
        });
        let password: String = letters.collect::<Option<_>>()?;
        Some(self.conceal("password", password))
    }
}
