//! Second factors of users in a pool file.

use serde_json::{Value, json};

use super::entry::Entry;
use super::members::Without;
use super::mistake::Mistake;
use crate::auth::totp::Secret;
use crate::state::mfa::{Factor, Totp};
use crate::state::user::User;

/// Sets the second factors of `user`.
pub(super) fn load(entry: &mut Entry<'_>, user: &mut User) -> Result<(), Mistake> {
    if let Some(mut token) = entry.entry("SoftwareToken") {
        let code = token.text("SecretCode").unwrap_or_default();
        let Some(secret) = Secret::from_short_code(&code) else {
            let message = "Write the secret in base32, 52 characters at most.";
            return Err(token.refuse_member("SecretCode", message));
        };
        user.mfa.totp = Some(Box::new(Totp {
            secret,
            verified: token.flag("Verified").unwrap_or(true),
            last_step: None,
            device_name: token.text("FriendlyDeviceName").map(Into::into),
        }));
    }
    let listed = entry.has("UserMFASettingList");
    let names = entry.texts("UserMFASettingList");
    let preferred = entry.text("PreferredMfaSetting");
    for factor in Factor::ALL {
        let name = factor.as_str();
        let is_preferred = preferred.as_deref() == Some(name);
        let is_on = names.iter().any(|one| one == name);
        if is_preferred && listed && !is_on {
            let message = format!("Add `{name}` to `UserMFASettingList`, or remove this member.");
            return Err(entry.refuse_member("PreferredMfaSetting", message));
        }
        if (is_on || is_preferred)
            && factor == Factor::SoftwareTokenMfa
            && !user.mfa.has_software_token()
        {
            let member = if is_on {
                "UserMFASettingList"
            } else {
                "PreferredMfaSetting"
            };
            let message = "`SOFTWARE_TOKEN_MFA` needs a verified `SoftwareToken` of this user.";
            return Err(entry.refuse_member(member, message));
        }
        match factor {
            Factor::SmsMfa => user.mfa.sms = is_on || is_preferred,
            Factor::SoftwareTokenMfa => user.mfa.software_token = is_on || is_preferred,
            Factor::EmailOtp => user.mfa.email = is_on || is_preferred,
        }
        if is_preferred {
            user.mfa.preferred = Some(factor);
        }
    }
    user.mfa.web_authn = entry.flag("WebAuthnMfa").unwrap_or(false);
    Ok(())
}

/// The members for the second factors of `user`.
pub(super) fn export(user: &User, without: Without) -> Vec<(&'static str, Value)> {
    let mfa = &user.mfa;
    let mut members = Vec::new();
    let needs_secret = |factor: &Factor| *factor == Factor::SoftwareTokenMfa && without.secrets;
    let active: Vec<_> = mfa
        .active()
        .into_iter()
        .filter(|factor| !needs_secret(factor))
        .map(Factor::as_str)
        .collect();
    if !active.is_empty() {
        members.push(("UserMFASettingList", json!(active)));
    }
    let preferred = mfa.preferred.filter(|factor| !needs_secret(factor));
    if let Some(preferred) = preferred {
        members.push(("PreferredMfaSetting", json!(preferred.as_str())));
    }
    if let Some(totp) = mfa.totp.as_ref().filter(|_| !without.secrets) {
        let mut token = json!({ "SecretCode": totp.secret.code() });
        if let Some(name) = &totp.device_name {
            token["FriendlyDeviceName"] = json!(name);
        }
        if !totp.verified {
            token["Verified"] = json!(false);
        }
        members.push(("SoftwareToken", token));
    }
    if mfa.web_authn {
        members.push(("WebAuthnMfa", json!(true)));
    }
    members
}
