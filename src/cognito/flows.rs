//! Sign-in flows of an app client (`ExplicitAuthFlows`), with their older names.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html#CognitoUserPools-CreateUserPoolClient-request-ExplicitAuthFlows>

/// The flows of a client without a list (documented).
const BY_DEFAULT: [&str; 3] = [
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_SRP_AUTH",
];

/// Every flow, as a client's settings name it.
const ALL: [&str; 7] = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CLIENT_TOKEN_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
];

/// Whether a client with the flows `settings` allows `flow`, which is named as in
/// `InitiateAuth`.
///
/// A client with older names also allows SRP and refreshed tokens, except that
/// `CUSTOM_AUTH_FLOW_ONLY` excludes SRP.
pub(crate) fn allows(settings: &[&str], flow: &str) -> bool {
    if settings.is_empty() {
        return BY_DEFAULT.iter().any(|name| is(name, flow));
    }
    let is_older = !settings.iter().any(|name| name.starts_with("ALLOW_"));
    let named = settings.iter().any(|name| match *name {
        "ADMIN_NO_SRP_AUTH" => flow == "ADMIN_USER_PASSWORD_AUTH",
        "CUSTOM_AUTH_FLOW_ONLY" => flow == "CUSTOM_AUTH",
        name => is(name, flow),
    });
    let only_custom = settings.contains(&"CUSTOM_AUTH_FLOW_ONLY");
    named || is_older && (flow == "REFRESH_TOKEN_AUTH" || flow == "USER_SRP_AUTH" && !only_custom)
}

fn is(name: &str, flow: &str) -> bool {
    name.strip_prefix("ALLOW_").unwrap_or(name) == flow
}

/// The complete list of flows, by their new names, of a client with `settings` that allows
/// `flow` too.
pub(crate) fn with(settings: &[&str], flow: &str) -> Vec<String> {
    selected(|allowed| allowed == flow || allows(settings, allowed))
}

/// As [`with`], for a client that allows `instead` in place of `flow`.
pub(crate) fn replaced(settings: &[&str], flow: &str, instead: &str) -> Vec<String> {
    selected(|allowed| allowed == instead || allowed != flow && allows(settings, allowed))
}

fn selected(keeps: impl Fn(&str) -> bool) -> Vec<String> {
    let kept = ALL.iter().filter(|name| keeps(&name["ALLOW_".len()..]));
    kept.map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_and_absent_lists_have_their_documented_meaning() {
        for (settings, flow, expected) in [
            (&["ALLOW_USER_SRP_AUTH"][..], "USER_SRP_AUTH", true),
            (&["ALLOW_USER_SRP_AUTH"], "USER_PASSWORD_AUTH", false),
            (&["USER_PASSWORD_AUTH"], "USER_PASSWORD_AUTH", true),
            (&["USER_PASSWORD_AUTH"], "USER_SRP_AUTH", true),
            (&["ADMIN_NO_SRP_AUTH"], "ADMIN_USER_PASSWORD_AUTH", true),
            (&["CUSTOM_AUTH_FLOW_ONLY"], "CUSTOM_AUTH", true),
            (&["CUSTOM_AUTH_FLOW_ONLY"], "USER_SRP_AUTH", false),
            (&[], "USER_SRP_AUTH", true),
            (&[], "USER_AUTH", false),
            (&[], "USER_PASSWORD_AUTH", false),
        ] {
            assert_eq!(allows(settings, flow), expected, "{settings:?} {flow}");
        }
    }

    #[test]
    fn a_flow_is_added_to_the_others() {
        assert_eq!(
            with(&["ADMIN_NO_SRP_AUTH"], "USER_PASSWORD_AUTH"),
            [
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH"
            ]
        );
        assert_eq!(
            replaced(
                &["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                "USER_PASSWORD_AUTH",
                "USER_SRP_AUTH"
            ),
            ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
        );
    }
}
