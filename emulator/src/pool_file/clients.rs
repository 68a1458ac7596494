//! App clients in a pool file.

use serde_json::{Map, Value, json};

use super::dates;
use super::entry::{Entry, words};
use super::loading::Loading;
use super::members::{Members, Without, differing};
use super::mistake::Mistake;
use super::nearest::{did_you_mean, list};
use crate::error::Error;
use crate::settings::client::{Doing, Settings};
use crate::settings::session::SsoSession;
use crate::state::client::{Client, Secret};
use crate::state::pinned;
use crate::state::pool::Pool;
use crate::world::{Chance, Time};

/// Adds a client to `pool`. Returns its id and name.
pub(super) fn load(
    loading: &mut Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(String, String), Mistake> {
    let name = entry.peek("ClientName").and_then(Value::as_str);
    let name = name.unwrap_or_default().to_owned();
    let id = id(loading, &mut entry, pool, &name)?;
    let chance = loading.seed.chance(&["client", &pool.id, &id]);
    let (created_at, modified_at) = entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let secrets = secrets(&mut entry, &id, created_at, &chance)?;
    let session = entry.take("SSOSession");
    let session = session.map(serde_json::from_value).transpose();
    let sso_session: Option<SsoSession> =
        session.map_err(|error| entry.refuse_member("SSOSession", format!("{error}.")))?;
    let given = entry.rest();
    let settings = Settings::from_request(given).map_err(|error| entry.refused(&error))?;
    validate(loading, &entry, pool, &settings, !secrets.is_empty())?;
    let shown = (id.clone(), name);
    let client = Client {
        id,
        secrets,
        created_at,
        modified_at,
        settings,
        sso_session: sso_session.unwrap_or_default(),
    };
    pool.insert_client(client)
        .map_err(|error| entry.refused(&error))?;
    Ok(shown)
}

fn id(
    loading: &mut Loading<'_>,
    entry: &mut Entry<'_>,
    pool: &Pool,
    name: &str,
) -> Result<String, Mistake> {
    let pinned = entry.text("ClientId");
    let pinned = pinned.or_else(|| pinned::of_name(loading.world, name).map(str::to_owned));
    let Some(id) = pinned else {
        let nth = loading.nth(&["client", &pool.id, name]);
        let chance = loading.seed.chance(&["client", &pool.id, name, &nth]);
        return Ok(chance.client_id());
    };
    pinned::validate_client_id(&id).map_err(|error| entry.refused_member("ClientId", &error))?;
    if !loading.claim_client(&id) {
        let message = format!("Another app client has the id `{id}`.");
        return Err(entry.refuse_member("ClientId", message));
    }
    Ok(id)
}

/// The secrets of a client: given ones, or a generated one.
fn secrets(
    entry: &mut Entry<'_>,
    id: &str,
    created_at: Time,
    chance: &Chance,
) -> Result<Vec<Secret>, Mistake> {
    let several = entry.entries("ClientSecrets");
    let single = entry.text("ClientSecret");
    let is_generated = entry.flag("GenerateSecret").unwrap_or(false);
    if single.is_some() && is_generated {
        return Err(entry.refused_member("ClientSecret", &Error::SecretGivenAndGenerated));
    }
    if !several.is_empty() && (single.is_some() || is_generated) {
        let message = "Put all secrets in `ClientSecrets`, or one in `ClientSecret`.";
        return Err(entry.refuse_member("ClientSecrets", message));
    }
    if several.len() > 2 {
        return Err(entry.refuse_member("ClientSecrets", "A client has at most two secrets."));
    }
    let generated = || is_generated.then(|| chance.client_secret());
    if let Some(value) = single.or_else(generated) {
        return Ok(vec![Secret::new(id, value.into(), created_at)]);
    }
    let secrets = several.into_iter().map(|mut given| {
        let created_at = given.date("ClientSecretCreateDate").unwrap_or(created_at);
        let value = given.text("ClientSecretValue").unwrap_or_default();
        let mut secret = Secret::new(id, value.into(), created_at);
        if let Some(id) = given.text("ClientSecretId") {
            secret.id = id;
        }
        secret
    });
    Ok(secrets.collect())
}

/// Validates the settings. A client keeps scopes, providers and features that its pool has no
/// longer, so these are noted and not refused.
fn validate(
    loading: &mut Loading<'_>,
    entry: &Entry<'_>,
    pool: &Pool,
    settings: &Settings,
    has_secret: bool,
) -> Result<(), Mistake> {
    let Err(error) = pool.validate_client(settings, has_secret, Doing::Creating) else {
        return Ok(());
    };
    let providers = || pool.identity_providers.keys().map(String::as_str);
    let note = match &error {
        Error::ProviderNotFound { provider, .. } => entry.note(
            "SupportedIdentityProviders",
            format!(
                "The pool has no identity provider `{provider}`. Providers: {}.{}",
                list(providers()),
                did_you_mean(provider, providers())
            ),
        ),
        Error::ScopeNotFound { scope } => {
            let scopes: Vec<String> = pool
                .resource_servers
                .values()
                .flat_map(|server| {
                    let scopes = server.scopes.iter();
                    scopes.map(|scope| format!("{}/{}", server.identifier, scope.scope_name))
                })
                .collect();
            let nearest = did_you_mean(scope, scopes.iter().map(String::as_str));
            let message =
                format!("No resource server of the pool has the scope `{scope}`.{nearest}");
            entry.note("AllowedOAuthScopes", message)
        }
        Error::FeaturesNeedDisabling { .. } => entry.refuse(words(&error)),
        _ => return Err(entry.refused(&error)),
    };
    pool.validate_kept_client(settings, has_secret)
        .map_err(|error| entry.refused(&error))?;
    loading.notes.push(note);
    Ok(())
}

/// The id of the client that `entry` names by `ClientId` or `ClientName`.
pub(super) fn reference(entry: &mut Entry<'_>, pool: &Pool) -> Result<Option<String>, Mistake> {
    if let Some(name) = entry.text("ClientName") {
        let names = || {
            pool.clients
                .values()
                .map(|it| it.settings.client_name.as_str())
        };
        let found: Vec<&Client> = pool
            .clients
            .values()
            .filter(|client| client.settings.client_name == name)
            .collect();
        return match found[..] {
            [client] => Ok(Some(client.id.clone())),
            [] => Err(entry.refuse_member(
                "ClientName",
                format!(
                    "The pool has no app client with the name `{name}`. Names: {}.{}",
                    list(names()),
                    did_you_mean(&name, names())
                ),
            )),
            _ => Err(entry.refuse_member(
                "ClientName",
                format!("Several app clients have the name `{name}`: use `ClientId`."),
            )),
        };
    }
    Ok(entry.text("ClientId"))
}

/// The client that `entry` must name.
pub(super) fn referred(entry: &mut Entry<'_>, pool: &Pool) -> Result<String, Mistake> {
    match reference(entry, pool)? {
        Some(id) => check(entry, pool, id),
        None => Err(entry.refuse("`ClientId` or `ClientName` is missing.")),
    }
}

/// `id`, if the pool has this client.
pub(super) fn check(entry: &Entry<'_>, pool: &Pool, id: String) -> Result<String, Mistake> {
    if pool.clients.contains_key(&id) {
        return Ok(id);
    }
    let ids = || pool.clients.keys().map(String::as_str);
    let message = format!(
        "The pool has no app client `{id}`. Clients: {}.{}",
        list(ids()),
        did_you_mean(&id, ids())
    );
    Err(entry.refuse_member("ClientId", message))
}

/// The clients of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let clients = pool.clients.values();
    clients.map(|client| export_one(client, without)).collect()
}

fn export_one(client: &Client, without: Without) -> Members {
    let mut members = Members::new(without);
    members.add("ClientId", &client.id);
    let mut settings = client.settings.clone();
    settings.sets().for_each(|set| set.sort_unstable());
    members.add("ClientName", &settings.client_name);
    members.extend(differing(&json!(settings), &json!(Settings::default())));
    let usual = |secret: &Secret| {
        secret.id == Secret::new(&client.id, Box::default(), client.created_at).id
    };
    match client.secrets.as_slice() {
        [] => {}
        _ if without.secrets => members.add("GenerateSecret", true),
        [only] if without.dates || usual(only) => members.add("ClientSecret", &only.value),
        several => {
            let several: Vec<Value> = several
                .iter()
                .map(|secret| export_secret(secret, without))
                .collect();
            members.add("ClientSecrets", several);
        }
    }
    members.extend(session(&client.sso_session));
    members.date("CreationDate", client.created_at);
    members.date("LastModifiedDate", client.modified_at);
    members
}

fn export_secret(secret: &Secret, without: Without) -> Value {
    let mut members = Map::new();
    if !without.dates {
        members.insert("ClientSecretId".to_owned(), json!(secret.id));
    }
    members.insert("ClientSecretValue".to_owned(), json!(secret.value));
    if !without.dates {
        let date = dates::write(secret.created_at);
        members.insert("ClientSecretCreateDate".to_owned(), date);
    }
    members.into()
}

fn session(session: &SsoSession) -> Map<String, Value> {
    let (own, usual) = (json!(session), json!(SsoSession::default()));
    let members = (own != usual).then(|| ("SSOSession".to_owned(), own));
    members.into_iter().collect()
}
