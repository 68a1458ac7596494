//! Settings of a pool in a pool file.

use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without, differing};
use super::mistake::Mistake;
use super::{logs, replicas, schema_attributes};
use crate::error::Error;
use crate::ids::Region;
use crate::settings::pool::{MfaSettings, Settings};
use crate::settings::session::Tracking;
use crate::state::pinned;
use crate::state::pool::Pool;
use crate::state::users::Naming;
use crate::wire::Scope;

/// The members that are read by other files.
const PARTS: [&str; 10] = [
    "UserPoolClients",
    "Domains",
    "ResourceServers",
    "IdentityProviders",
    "ManagedLoginBrandings",
    "UICustomizations",
    "Terms",
    "RiskConfigurations",
    "Groups",
    "Users",
];

/// The pool with its settings, and the entry with its parts.
pub(super) fn load<'a>(
    loading: &mut Loading<'_>,
    mut entry: Entry<'a>,
) -> Result<(Pool, Entry<'a>), Mistake> {
    let name = entry.text("PoolName").unwrap_or_default();
    let (id, scope) = identify(loading, &mut entry, &name)?;
    let naming = naming(&mut entry)?;
    let (created_at, modified_at) = entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let mut pool = Pool::new(id, scope, name, naming, created_at);
    pool.modified_at = modified_at;
    pool.shows_case_sensitivity = entry.take("UsernameConfiguration").is_some();
    *pool.schema = schema_attributes::load(&mut entry)?;
    let sms_texts = entry.map("SmsMfaConfiguration");
    *pool.mfa = mfa(&mut entry, sms_texts.is_some())?;
    let tracking = ["UserSessionTracking", "TokenSession"].map(|member| entry.take(member));
    let logs = entry.take("LogConfigurations");
    let replica = entry.entry("UserPoolReplica");
    let parts: Vec<_> = PARTS.map(|part| (part, entry.take(part))).into();
    let rest = entry.rest();
    let is_refused = |error: &Error| entry.refused(error);
    let given = rest;
    let mut settings = Settings::default()
        .with(given)
        .map_err(|error| is_refused(&error))?;
    if let Some(mut sms) = sms_texts {
        if let Some(Value::Object(sender)) = sms.remove("SmsConfiguration") {
            settings.sms_configuration = Some(sender);
        }
        if let Some(Value::String(text)) = sms.remove("SmsAuthenticationMessage") {
            settings.sms_authentication_message = Some(text);
        }
    }
    complete_mfa(&mut pool.mfa, &settings).map_err(|error| is_refused(&error))?;
    settings
        .validate(&pool.scope, &pool.mfa)
        .map_err(|error| is_refused(&error))?;
    *pool.settings = settings;
    load_tracking(&mut pool, tracking).map_err(|error| is_refused(&error))?;
    if let Some(given) = logs {
        let region = pool.scope.region.clone();
        logs::load(loading, &entry, &mut pool, region, given)?;
    }
    if let Some(replica) = replica {
        replicas::load(loading, replica, &mut pool)?;
    }
    for (part, value) in parts {
        entry.put(part, value);
    }
    Ok((pool, entry))
}

/// The id and the scope of a new pool.
fn identify(
    loading: &mut Loading<'_>,
    entry: &mut Entry<'_>,
    name: &str,
) -> Result<(String, Scope), Mistake> {
    let mut scope = loading.scope.clone();
    if let Some(account) = entry.text("AccountId") {
        scope.account = account;
    }
    let tags = entry.peek("UserPoolTags").and_then(Value::as_object);
    let tag = tags.and_then(|tags| pinned::of_tags(loading.world, tags));
    let tag = tag.map(str::to_owned);
    let Some(id) = entry.text("Id").or(tag) else {
        let Scope { account, region } = &scope;
        let nth = loading.nth(&["pool", account, region, name]);
        let chance = loading.seed.chance(&["pool", account, region, name, &nth]);
        return Ok((chance.pool_id(region), scope));
    };
    let region = id.rsplit_once('_').map(|(region, _)| region);
    let Some(region) = region.and_then(Region::parse) else {
        let message = format!(
            "An id begins with the pool's Region, as in `{}_Example01`.",
            scope.region
        );
        return Err(entry.refuse_member("Id", message));
    };
    region.as_str().clone_into(&mut scope.region);
    pinned::validate_pool_id(&id, &scope.region)
        .map_err(|error| entry.refused_member("Id", &error))?;
    Ok((id, scope))
}

fn naming(entry: &mut Entry<'_>) -> Result<Naming, Mistake> {
    let case_sensitive = entry
        .peek("UsernameConfiguration")
        .and_then(|configuration| configuration["CaseSensitive"].as_bool());
    let naming = Naming {
        username_attributes: entry.texts("UsernameAttributes"),
        alias_attributes: entry.texts("AliasAttributes"),
        case_sensitive: case_sensitive.unwrap_or(true),
    };
    if !naming.username_attributes.is_empty() && !naming.alias_attributes.is_empty() {
        return Err(entry.refused(&Error::AliasAndUsernameAttributes));
    }
    Ok(naming)
}

fn mfa(entry: &mut Entry<'_>, sms: bool) -> Result<MfaSettings, Mistake> {
    let totp = entry.take("SoftwareTokenMfaConfiguration");
    let web_authn = entry.take("WebAuthnConfiguration");
    let web_authn = web_authn.map(serde_json::from_value).transpose();
    let web_authn = web_authn
        .map_err(|error| entry.refuse_member("WebAuthnConfiguration", error.to_string()))?;
    Ok(MfaSettings {
        sms,
        software_token: totp.is_some_and(|totp| totp["Enabled"] == true),
        email: entry.map("EmailMfaConfiguration"),
        web_authn,
    })
}

/// Without factors, MFA is by SMS, as with `CreateUserPool`; with factors, the rules of
/// `SetUserPoolMfaConfig` apply.
fn complete_mfa(mfa: &mut MfaSettings, settings: &Settings) -> Result<(), Error> {
    let is_off = settings.mfa_configuration == "OFF";
    if is_off && mfa.any_factor() {
        return Err(Error::MfaOffWithFactor);
    }
    if !is_off && !mfa.any_factor() {
        mfa.sms = true;
    }
    if mfa.sms && settings.sms_configuration.is_none() {
        return Err(Error::SmsConfigurationForMfa);
    }
    Ok(())
}

fn load_tracking(pool: &mut Pool, given: [Option<Value>; 2]) -> Result<(), Error> {
    let mut all = json!(Tracking::default());
    for (name, value) in ["UserSessionTracking", "TokenSession"]
        .into_iter()
        .zip(given)
    {
        if let Some(value) = value {
            all[name] = value;
        }
    }
    *pool.tracking = serde_json::from_value(all).map_err(|_| Error::NotJson)?;
    if pool.tracking.is_on() {
        pool.check_tier_of_tracking()?;
    }
    Ok(())
}

/// The members of the pool, without its parts.
pub(super) fn export(pool: &Pool, default_account: &str, without: Without) -> Members {
    let mut members = Members::new(without);
    members.add("Id", &pool.id);
    members.add("PoolName", &pool.name);
    if pool.scope.account != default_account {
        members.add("AccountId", &pool.scope.account);
    }
    members.extend(export_settings(&pool.settings));
    let naming = pool.users.naming();
    members.add_list("AliasAttributes", &naming.alias_attributes);
    members.add_list("UsernameAttributes", &naming.username_attributes);
    if pool.shows_case_sensitivity {
        let configuration = json!({ "CaseSensitive": naming.case_sensitive });
        members.add("UsernameConfiguration", configuration);
    }
    members.add_list("Schema", &schema_attributes::export(&pool.schema));
    if pool.mfa.sms {
        members.add("SmsMfaConfiguration", json!({}));
    }
    if pool.mfa.software_token {
        members.add("SoftwareTokenMfaConfiguration", json!({ "Enabled": true }));
    }
    members.add_some("EmailMfaConfiguration", pool.mfa.email.as_ref());
    members.add_some("WebAuthnConfiguration", pool.mfa.web_authn.as_ref());
    members.extend(differing(
        &json!(*pool.tracking),
        &json!(Tracking::default()),
    ));
    members.date("CreationDate", pool.created_at);
    members.date("LastModifiedDate", pool.modified_at);
    members
}

/// The settings that differ from those of a pool with a name only, each under one name.
fn export_settings(settings: &Settings) -> Map<String, Value> {
    let default = json!(Settings::default());
    let mut all = json!(settings);
    let policy = &settings.policies.password_policy;
    // The number has two names, which exclude each other in a request.
    if settings.has_chosen_validity_days {
        remove(
            &mut all["AdminCreateUserConfig"],
            "UnusedAccountValidityDays",
        );
    } else {
        let usual = &default["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"];
        let days = json!(policy.temporary_password_validity_days);
        if days == *usual {
            remove(
                &mut all["AdminCreateUserConfig"],
                "UnusedAccountValidityDays",
            );
        }
        remove(
            &mut all["Policies"]["PasswordPolicy"],
            "TemporaryPasswordValidityDays",
        );
    }
    let mut usual = default.clone();
    if !settings.has_chosen_validity_days {
        remove(
            &mut usual["Policies"]["PasswordPolicy"],
            "TemporaryPasswordValidityDays",
        );
    }
    let policies = differing(&all["Policies"], &usual["Policies"]);
    for (older, newer) in [
        ("EmailVerificationMessage", "EmailMessage"),
        ("EmailVerificationSubject", "EmailSubject"),
        ("SmsVerificationMessage", "SmsMessage"),
    ] {
        if all[older] == all["VerificationMessageTemplate"][newer] {
            remove(&mut all, older);
        }
    }
    let newer = all["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaArn"].clone();
    if newer == all["LambdaConfig"]["PreTokenGeneration"] {
        remove(&mut all["LambdaConfig"], "PreTokenGeneration");
    }
    let mut members = differing(&all, &default);
    members.shift_remove("Policies");
    if !policies.is_empty() {
        members.insert("Policies".to_owned(), policies.into());
    }
    members
}

fn remove(object: &mut Value, name: &str) {
    if let Value::Object(members) = object {
        members.shift_remove(name);
    }
}
