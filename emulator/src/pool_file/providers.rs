//! Identity providers in a pool file.

use serde_json::json;

use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::settings::identity_provider::{
    IdentityProvider, ProviderType, Texts, validate_acr, validate_mapping,
};
use crate::state::group::Group;
use crate::state::pool::Pool;

/// The detail of a SAML provider that follows from the pool's signing key.
pub(super) const CERTIFICATE: &str = "ActiveEncryptionCertificate";
/// The detail of an Apple provider that Cognito does not show, and that no endpoint of the
/// emulator uses.
const APPLE_KEY: &str = "private_key";
/// The details that are secret.
const SECRETS: [&str; 2] = ["client_secret", APPLE_KEY];
/// The value in place of a secret detail in an export without secrets.
const HIDDEN: &str = "REPLACE_ME";

/// Adds an identity provider to `pool`.
pub(super) fn load(
    loading: &Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let read =
        |value: Option<serde_json::Value>| -> Option<Texts> { serde_json::from_value(value?).ok() };
    let kind = entry.take("ProviderType").unwrap_or_default();
    let kind: ProviderType = serde_json::from_value(kind)
        .map_err(|error| entry.refuse_member("ProviderType", format!("{error}.")))?;
    let name = entry.text("ProviderName").unwrap_or_default();
    kind.validate_name(&name)
        .map_err(|error| entry.refused_member("ProviderName", &error))?;
    let mut details = read(entry.take("ProviderDetails")).unwrap_or_default();
    if kind == ProviderType::SignInWithApple {
        // An export does not have the key, as it is not kept.
        let key = details.entry(APPLE_KEY.to_owned());
        key.or_insert_with(|| HIDDEN.to_owned());
    }
    let provider_details = kind
        .complete(details, "")
        .map_err(|error| entry.refused_member("ProviderDetails", &error))?;
    let mapping = read(entry.take("AttributeMapping"));
    let attribute_mapping = mapping.unwrap_or_else(|| kind.default_mapping());
    validate_mapping(&attribute_mapping, &pool.schema)
        .map_err(|error| entry.refused_member("AttributeMapping", &error))?;
    let acr_mapping = read(entry.take("AcrMapping"));
    validate_acr(acr_mapping.as_ref(), kind)
        .map_err(|error| entry.refused_member("AcrMapping", &error))?;
    let idp_identifiers = entry.texts("IdpIdentifiers");
    pool.check_identifiers(&name, &idp_identifiers)
        .map_err(|error| entry.refused_member("IdpIdentifiers", &error))?;
    let (creation_date, last_modified_date) =
        entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let has_group = entry.flag("HasGroup").unwrap_or(true);
    let provider = IdentityProvider {
        user_pool_id: pool.id.clone(),
        provider_name: name.clone(),
        provider_type: kind,
        provider_details,
        attribute_mapping,
        idp_identifiers,
        acr_mapping,
        last_modified_date,
        creation_date,
    };
    let group_exists = pool.groups.contains_key(&group_name(pool, &name));
    pool.insert_identity_provider(provider, creation_date)
        .map_err(|error| entry.refused_member("ProviderName", &error))?;
    if !has_group && !group_exists {
        let name = group_name(pool, &name);
        pool.remove_group(&name);
    }
    Ok(())
}

/// The name of the group for the users of the provider `name`.
fn group_name(pool: &Pool, name: &str) -> String {
    format!("{}_{name}", pool.id)
}

/// Whether `group` is one that Cognito created for a present provider, without changes.
pub(super) fn follows(pool: &Pool, group: &Group, without: Without) -> bool {
    pool.identity_providers.values().any(|provider| {
        let name = &provider.provider_name;
        if group.group_name != group_name(pool, name) {
            return false;
        }
        let created = Pool::new_provider_group(&pool.id, name, provider.creation_date);
        let has_dates = created.creation_date == group.creation_date
            && created.last_modified_date == group.last_modified_date;
        created.description == group.description
            && created.role_arn == group.role_arn
            && created.precedence == group.precedence
            && (has_dates || without.dates)
    })
}

/// The identity providers of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let providers = pool.identity_providers.values().map(|provider| {
        let kind = provider.provider_type;
        let mut members = Members::new(without);
        members.add("ProviderName", &provider.provider_name);
        members.add("ProviderType", kind);
        let mut details = provider.provider_details.clone();
        details.remove(CERTIFICATE);
        for name in SECRETS {
            if let Some(secret) = details.get_mut(name).filter(|_| without.secrets) {
                HIDDEN.clone_into(secret);
            }
        }
        members.add("ProviderDetails", details);
        if provider.attribute_mapping != kind.default_mapping() {
            members.add("AttributeMapping", &provider.attribute_mapping);
        }
        members.add_list("IdpIdentifiers", &provider.idp_identifiers);
        members.add_some("AcrMapping", provider.acr_mapping.as_ref());
        let group = group_name(pool, &provider.provider_name);
        if !pool.groups.contains_key(&group) {
            members.add("HasGroup", json!(false));
        }
        members.date("CreationDate", provider.creation_date);
        members.date("LastModifiedDate", provider.last_modified_date);
        members
    });
    providers.collect()
}
