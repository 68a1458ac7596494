//! Passwords of users in a pool file: as text, or as a hash.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::entry::Entry;
use super::mistake::Mistake;
use crate::auth::password::{PasswordWay, Verifier};
use crate::auth::password_hash::{Algorithm, BadHash, ImportedHash};
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::world::{Chance, Time};

/// Sets the password of `user`, and the status that follows from it.
pub(super) fn load(
    entry: &mut Entry<'_>,
    pool: &Pool,
    user: &mut User,
    status: Option<Status>,
    now: Time,
    chance: &Chance,
) -> Result<(), Mistake> {
    let given = ["Password", "TemporaryPassword", "PasswordHash"];
    let mut given = given.into_iter().filter(|name| entry.has(name));
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        let message = format!("`{first}` and `{second}` exclude each other: remove one.");
        return Err(entry.refuse_member(second, message));
    }
    let since = entry.date("TemporaryPasswordDate");
    let verifier = |password: &str| {
        let (name, username) = (pool.short_name(), user.username.as_str());
        Verifier::new(name, username, password, chance)
    };
    let policy = &pool.settings.policies.password_policy;
    if let Some(password) = entry.text("Password") {
        let checked = policy.check(&password, PasswordWay::Existing);
        checked.map_err(|error| entry.refused_member("Password", &error))?;
        user.password = Some(verifier(&password));
        user.temporary_since = since;
        user.status = status.unwrap_or(Status::Confirmed);
    } else if let Some(password) = entry.text("TemporaryPassword") {
        let checked = policy.check(&password, PasswordWay::Temporary);
        checked.map_err(|error| entry.refused_member("TemporaryPassword", &error))?;
        user.password = Some(verifier(&password));
        user.temporary_since = Some(since.unwrap_or(now));
        user.status = status.unwrap_or(Status::ForceChangePassword);
    } else if let Some(hash) = entry.entry("PasswordHash") {
        load_hash(hash, user)?;
        user.temporary_since = since;
        user.status = status.unwrap_or(Status::Confirmed);
    } else if status.is_none() && !pool.is_passwordless() && !entry.has("Identities") {
        // As with `AdminCreateUser`: a temporary password that no message contains.
        user.password = Some(verifier(&policy.generate(chance)));
        user.temporary_since = Some(since.unwrap_or(now));
        user.status = Status::ForceChangePassword;
    } else {
        user.temporary_since = since;
        user.status = status.unwrap_or(Status::Confirmed);
    }
    for former in entry.entries("FormerPasswords") {
        user.former_passwords.push(srp(former)?);
    }
    Ok(())
}

fn load_hash(mut hash: Entry<'_>, user: &mut User) -> Result<(), Mistake> {
    let algorithm = hash.peek("Algorithm").and_then(Value::as_str);
    let Some(algorithm) = algorithm.and_then(Algorithm::of) else {
        user.password = Some(srp(hash)?);
        return Ok(());
    };
    if hash.has("Salt") {
        let message = "Only `SRP` has a separate salt; the value of other hashes contains it.";
        return Err(hash.refuse_member("Salt", message));
    }
    let text = hash.text("Value").unwrap_or_default();
    let read = ImportedHash::read(algorithm, &text).map_err(|bad| {
        let name = algorithm.name();
        let message = match bad {
            BadHash::Malformed => format!("This is not a hash of {name}."),
            BadHash::TooCostly => {
                format!("The parameters of this hash exceed those that Cognito allows for {name}.")
            }
        };
        hash.refuse_member("Value", message)
    })?;
    user.imported_hash = Some(Box::new(read));
    Ok(())
}

/// The verifier in `hash`.
fn srp(mut hash: Entry<'_>) -> Result<Verifier, Mistake> {
    let mut bytes = |name: &str| {
        let text = hash.text(name).unwrap_or_default();
        HEXLOWER.decode(text.as_bytes()).unwrap_or_default()
    };
    let (salt, x) = (bytes("Salt"), bytes("Value"));
    match (salt.try_into(), x.try_into()) {
        (Ok(salt), Ok(x)) => Ok(Verifier::from_parts(salt, x)),
        (Err(_), _) => Err(hash.refuse("`SRP` needs `Salt`: 16 bytes in hexadecimal.")),
        (_, Err(_)) => Err(hash.refuse_member("Value", "`SRP` needs 32 bytes in hexadecimal.")),
    }
}

/// The members for the passwords of `user`.
pub(super) fn export(user: &User) -> Vec<(&'static str, Value)> {
    let mut members = Vec::new();
    if let Some(hash) = &user.imported_hash {
        let (algorithm, text) = hash.text();
        let hash = json!({ "Algorithm": algorithm.name(), "Value": text });
        members.push(("PasswordHash", hash));
    } else if let Some(verifier) = &user.password {
        members.push(("PasswordHash", export_srp(verifier)));
    }
    if !user.former_passwords.is_empty() {
        let former = user.former_passwords.iter().map(export_srp).collect();
        members.push(("FormerPasswords", former));
    }
    members
}

fn export_srp(verifier: &Verifier) -> Value {
    let (salt, x) = verifier.parts();
    json!({
        "Algorithm": "SRP",
        "Salt": HEXLOWER.encode(salt),
        "Value": HEXLOWER.encode(x),
    })
}
