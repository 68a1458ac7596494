//! `AdminSetUserPassword`: sets a user's password, permanent or temporary.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::password::PasswordWay;
use crate::error::Error;
use crate::state::status::{Transition, after};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    password: String,
    #[serde(default)]
    permanent: bool,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let (step, temporary_since) = if request.permanent {
        (Transition::SetPassword, None)
    } else {
        (Transition::SetTemporaryPassword, Some(cx.now()))
    };
    let status = after(user.status, step)?;
    let way = PasswordWay::Existing;
    let verifier = pool.new_password(cx.world, user, &request.password, way)?;
    pool.edit_id(id, cx.now(), |user| {
        user.set_password(verifier, temporary_since);
        user.status = status;
        Ok(())
    })?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::testing::Fixture;

    #[test]
    fn permanent_confirms_and_temporary_forces_a_change() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}
        "#);
    }

    #[test]
    fn the_current_password_counts_as_used() {
        let pool = json!({ "Policies": { "PasswordPolicy": { "PasswordHistorySize": 2 } } });
        assert_snapshot!(Fixture::with_pool(pool).and_user("ana", json!([])).run(r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Second-2"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Third-33"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
        "#), @"
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        200 {}
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        200 {}
        200 {}
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminSetUserPassword {"UserPoolId":"us-east-1_nope","Username":"bob","Password":"a b"}
            AdminSetUserPassword {"UserPoolId":"us-east-1_nope","Username":"bob","Password":"ab"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"bob","Password":"ab"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"ab"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"12345678"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"ABCD5678"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"ABCDefgh"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"ABCDefg1"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"ABCDef1."}
        "#), @"
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidPasswordException: Password does not conform to policy: Password not long enough
        400 InvalidPasswordException: Password does not conform to policy: Password must have uppercase characters
        400 InvalidPasswordException: Password does not conform to policy: Password must have lowercase characters
        400 InvalidPasswordException: Password does not conform to policy: Password must have numeric characters
        400 InvalidPasswordException: Password does not conform to policy: Password must have symbol characters
        200 {}
        ");
    }

    /// An independent implementation of the password rules (facts 3.1 to 3.20):
    /// Cognito's message for `password` in a pool with this policy, if the user never
    /// had this password.
    fn oracle(policy: &Value, password: &str) -> &'static str {
        let requires = |kind: &str| policy[format!("Require{kind}")] == json!(true);
        let has = |kind: fn(char) -> bool| password.chars().any(kind);
        let length = password.chars().count() as u64;
        if length > 256 || !matches_pattern(password) {
            "1 validation error detected"
        } else if length < policy["MinimumLength"].as_u64().unwrap() {
            "Password does not conform to policy: Password not long enough"
        } else if requires("Uppercase") && !has(|c| c.is_ascii_uppercase()) {
            "Password does not conform to policy: Password must have uppercase characters"
        } else if requires("Lowercase") && !has(|c| c.is_ascii_lowercase()) {
            "Password does not conform to policy: Password must have lowercase characters"
        } else if requires("Numbers") && !has(|c| c.is_ascii_digit()) {
            "Password does not conform to policy: Password must have numeric characters"
        } else if requires("Symbols")
            && !has(|c| c.is_ascii_punctuation())
            && !password.trim().contains(' ')
        {
            "Password does not conform to policy: Password must have symbol characters"
        } else {
            "{}"
        }
    }

    /// Whether `[\S]+.*[\S]+` matches all of `password`, as in Java: no space at
    /// its ends, and no line terminator between its first and its last word.
    fn matches_pattern(password: &str) -> bool {
        let is_space = |c: char| " \t\n\u{b}\u{c}\r".contains(c);
        if password.starts_with(is_space) || password.ends_with(is_space) {
            return false;
        }
        let Some(first) = password.find(is_space) else {
            return password.chars().count() > 1;
        };
        let last = password.rfind(is_space).unwrap();
        let between = &password[first..=last];
        !between.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
    }

    prop_compose! {
        fn any_policy()(
            length in prop_oneof![Just(6), 6..12, 6..=99],
            upper: bool, lower: bool, numbers: bool, symbols: bool,
        ) -> Value {
            json!({
                "MinimumLength": length,
                "RequireUppercase": upper,
                "RequireLowercase": lower,
                "RequireNumbers": numbers,
                "RequireSymbols": symbols,
            })
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn results_agree_with_the_policy(
            policy in any_policy(),
            password in prop_oneof![
                "[A-Za-z0-9.!]{0,16}",
                "[A-Z0-9!-~]{5,110}",
                "[ -~]{4,12}",
                "\\PC{0,110}",
                "[a-z]{254,258}",
                "[\\x00-\\x20a-zA-Z1!]{6,9}",
            ],
            permanent: bool,
        ) {
            let expected = oracle(&policy, &password);
            let pool = json!({ "Policies": { "PasswordPolicy": policy } });
            let mut fixture = Fixture::with_pool(pool);
            let pool = fixture.get("pool").to_owned();
            fixture.must("AdminCreateUser", json!({ "UserPoolId": pool, "Username": "ana" }));
            let input = json!({ "UserPoolId": pool, "Username": "ana", "Password": password, "Permanent": permanent });
            let body = fixture.call("AdminSetUserPassword", input).body.json().clone();
            let said = body["message"].as_str().map_or_else(|| body.to_string(), ToOwned::to_owned);
            // A value may violate two constraints. They are listed together.
            let said = said.replacen("2 validation errors", "1 validation error", 1);
            prop_assert!(said.starts_with(expected), "{said}");
        }
    }
}
