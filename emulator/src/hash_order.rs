//! The order of sets and maps in responses, tokens and events.
//!
//! Cognito keeps them in Java's `HashMap` and `HashSet`, and returns them in the iteration order
//! of these classes. This is inferred, because the order matches the live captures below. The hash
//! is documented:
//! <https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/String.html#hashCode()>
//!
//! Lists that Cognito keeps as lists do not have this order: attributes of a user,
//! `SchemaAttributes`, `AliasAttributes`, groups.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Removes duplicates from `members`, and sorts them in the order of a `HashSet`.
///
/// Members in the same slot keep their order in `members`, which is the order of
/// insertion.
pub(crate) fn set(members: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    members.retain(|member| seen.insert(member.clone()));
    let slots = slots(members.len());
    members.sort_by_key(|member| slot(member, slots));
}

/// Sorts `map` in the order of a `HashMap` into which its members were inserted one by
/// one.
#[must_use]
pub(crate) fn map(map: Map<String, Value>) -> Map<String, Value> {
    let slots = slots(map.len());
    let mut members: Vec<_> = map
        .into_iter()
        .map(|(name, value)| (slot(&name, slots), name, value))
        .collect();
    members.sort_by_key(|(slot, ..)| *slot);
    members
        .into_iter()
        .map(|(_, name, value)| (name, value))
        .collect()
}

/// The size of the table for `count` members: 16, doubled while it is more than
/// three quarters full.
fn slots(count: usize) -> u32 {
    let mut slots = 16;
    while count > slots as usize / 4 * 3 {
        slots *= 2;
    }
    slots
}

fn slot(text: &str, slots: u32) -> u32 {
    let hash = text.encode_utf16().fold(0_u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    (hash ^ (hash >> 16)) & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets in the order of a request, and in the order of the live response.
    const SETS: &[(&str, &str)] = &[
        // CreateUserPoolClient: radkawar/stackd, 2026-09-24.
        (
            "ALLOW_USER_SRP_AUTH ALLOW_USER_PASSWORD_AUTH ALLOW_ADMIN_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_PASSWORD_AUTH ALLOW_ADMIN_USER_PASSWORD_AUTH ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH",
        ),
        ("given_name family_name", "given_name family_name"),
        // AWS's example of CreateUserPoolClient, 2024-09.
        (
            "email phone_number email_verified phone_number_verified",
            "email_verified phone_number_verified phone_number email",
        ),
        ("email phone_number", "phone_number email"),
        // UpdateUserPoolClient: imo-tikuwa/cognito-demo, 2025-07.
        ("openid email profile", "openid profile email"),
        ("code implicit", "implicit code"),
        // Values of enums in error messages.
        ("ON OFF OPTIONAL", "OPTIONAL OFF ON"),
        ("GET POST", "POST GET"),
        // The scopes of eight access tokens, 2019 to 2025.
        (
            "openid email phone profile aws.cognito.signin.user.admin",
            "aws.cognito.signin.user.admin phone openid profile email",
        ),
        // The scopes of an access token of 2026, and of one of 2019, with scopes of resource servers.
        (
            "openid rbac-api/user rbac-api/admin",
            "rbac-api/admin openid rbac-api/user",
        ),
        (
            "email openid profile https://cognito-demo-api.arronharden.com/hello-world.all",
            "openid profile https://cognito-demo-api.arronharden.com/hello-world.all email",
        ),
    ];

    /// Maps in the order of insertion, and in the order of a live capture.
    const MAPS: &[(&str, &str)] = &[
        // ID tokens: radkawar/stackd, 2026-09-24.
        (
            "sub aud iss cognito:username origin_jti event_id token_use auth_time exp iat jti",
            "origin_jti sub aud event_id token_use auth_time iss cognito:username exp iat jti",
        ),
        (
            "sub cognito:groups cognito:roles cognito:preferred_role aud iss cognito:username origin_jti event_id token_use auth_time exp iat jti email email_verified",
            "sub cognito:groups email_verified cognito:preferred_role iss cognito:username origin_jti cognito:roles aud event_id token_use auth_time exp iat jti email",
        ),
        // An ID token from the sign-in pages of a domain, 2024-09, with a custom claim.
        (
            "sub aud iss cognito:username origin_jti event_id token_use auth_time exp iat jti email email_verified at_hash last_login",
            "at_hash sub email_verified last_login iss cognito:username origin_jti aud event_id token_use auth_time exp iat jti email",
        ),
        // Attributes in ten events of triggers, 2018 to 2025.
        (
            "sub email email_verified cognito:user_status",
            "sub email_verified cognito:user_status email",
        ),
    ];

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(ToOwned::to_owned).collect()
    }

    #[test]
    fn sets_have_the_recorded_order() {
        for (sent, recorded) in SETS {
            let mut members = words(sent);
            set(&mut members);
            assert_eq!(members, words(recorded));
        }
    }

    #[test]
    fn maps_have_the_recorded_order() {
        for (inserted, recorded) in MAPS {
            let members = words(inserted).into_iter().map(|name| (name, Value::Null));
            let found: Vec<_> = map(members.collect()).into_iter().collect();
            let found: Vec<_> = found.into_iter().map(|(name, _)| name).collect();
            assert_eq!(found, words(recorded));
        }
    }

    #[test]
    fn a_set_has_no_duplicates() {
        let mut members = words("openid email openid");
        set(&mut members);
        assert_eq!(members, words("openid email"));
    }
}
