//! Retries of refusals: the call in each `retry` is made.

mod toolsets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cognito_emulator::error::Error;
use cognito_emulator::model::{Model, Operation};
use cognito_mcp::config::Config;
use cognito_mcp::definition::Definition;
use cognito_mcp::hints;
use cognito_mcp::tools;
use serde_json::{Value, json};

use crate::aws;
use crate::call;
use crate::json::with;
use crate::refusal;
use crate::test_server::{Outcome, PASSWORD, TestServer};

/// A call that is refused, and the state before it.
struct Scenario {
    name: &'static str,
    pool: Value,
    app: Value,
    /// Calls before the refused one. Operations of Cognito must succeed; tools may fail.
    before: Vec<(&'static str, Value)>,
    call: (&'static str, Value),
}

fn when(name: &'static str, tool: &'static str, arguments: Value) -> Scenario {
    Scenario {
        name,
        pool: json!({}),
        app: json!({}),
        before: vec![],
        call: (tool, arguments),
    }
}

impl Scenario {
    fn pool(mut self, settings: Value) -> Self {
        self.pool = settings;
        self
    }

    fn app(mut self, settings: Value) -> Self {
        self.app = settings;
        self
    }

    fn after(mut self, tool: &'static str, arguments: Value) -> Self {
        self.before.push((tool, arguments));
        self
    }

    /// Adds a user with a temporary password and a verified address.
    fn invited(self, username: &str) -> Self {
        self.after(
            "create_user",
            json!({
                "user_pool_id": "$pool",
                "username": username,
                "email": format!("{username}@example.com"),
                "temporary_password": PASSWORD,
                "attributes": { "email_verified": "true" },
                "message_action": "SUPPRESS",
            }),
        )
    }

    /// Adds a user who can sign in.
    fn confirmed(self, username: &str) -> Self {
        self.invited(username).after(
            "reset_password",
            json!({ "user_pool_id": "$pool", "username": username, "new_password": PASSWORD }),
        )
    }

    /// Adds a user who has signed up, and to whose address a code was sent.
    fn signed_up(self, username: &str) -> Self {
        self.after(
            "sign_up",
            json!({
                "user_pool_id": "$pool", "client_id": "$client",
                "username": username, "password": PASSWORD,
                "email": format!("{username}@example.com"),
            }),
        )
    }

    /// Makes the next call of `operation` fail, including the SDK's retries.
    fn fault(self, operation: &str, code: &str, message: &str) -> Self {
        let repeated = ["InternalErrorException", "TooManyRequestsException"];
        self.after(
            "inject_fault",
            json!({
                "operation": operation, "effect": "exception", "code": code, "message": message,
                "first": if repeated.contains(&code) { 3 } else { 1 },
            }),
        )
    }

    /// Adds an identity provider called `Corp`.
    fn provider(self) -> Self {
        let corp = json!({ "name": "Corp", "type": "OIDC", "details": oidc() });
        self.after("put_identity_provider", here(corp))
    }

    /// Adds a domain with a prefix.
    fn domain(self) -> Self {
        self.after("put_domain", here(json!({ "domain": "example-sign-in" })))
    }

    /// Adds an import job, which `$job` refers to.
    fn import(self) -> Self {
        let job =
            json!({ "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/import" });
        self.after("import_users", here(job))
    }

    /// Adds a sign-in that waits for a new password.
    fn challenged(self) -> Self {
        let sign_in = json!({ "username": "ana", "password": PASSWORD });
        self.invited("ana").after("sign_in", at_app(sign_in))
    }
}

/// `arguments` of a call about the scenario's pool.
fn here(arguments: Value) -> Value {
    with(json!({ "user_pool_id": "$pool" }), arguments)
}

/// `arguments` of a call about the scenario's pool and client.
fn at_app(arguments: Value) -> Value {
    with(
        json!({ "user_pool_id": "$pool", "client_id": "$client" }),
        arguments,
    )
}

fn by_email() -> Value {
    json!({ "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"] })
}

fn verifies_email() -> Value {
    json!({ "AutoVerifiedAttributes": ["email"] })
}

#[rustfmt::skip] // A table with one row per line.
#[expect(clippy::too_many_lines, reason = "a table")]
fn scenarios() -> Vec<Scenario> {
    let user = |username: &str| here(json!({ "username": username }));
    let sign_in = |password: &str| at_app(json!({ "username": "ana", "password": password }));
    let answer = || json!({ "session": "session-1", "new_password": "Other-Horse-77" });
    let schema = json!({
        "Schema": [
            { "Name": "given_name", "Required": true },
            { "Name": "team", "AttributeDataType": "String" },
            { "Name": "badge", "AttributeDataType": "Number", "Mutable": false },
        ],
    });
    vec![
        when("weak password", "create_user", here(json!({ "username": "ana", "temporary_password": "password123" }))),
        when("short password", "reset_password", here(json!({ "username": "ana", "new_password": "x" }))).confirmed("ana"),
        when("password with spaces", "sign_up", at_app(json!({ "username": "ana", "password": " Correct Horse 7 " }))),
        when("used password", "reset_password", here(json!({ "username": "ana", "new_password": PASSWORD })))
            .pool(json!({ "UserPoolTier": "ESSENTIALS", "Policies": { "PasswordPolicy": { "MinimumLength": 8, "PasswordHistorySize": 3 } } }))
            .confirmed("ana"),
        when("weak new password", "answer_challenge", json!({ "session": "session-1", "new_password": "abc" }))
            .invited("ana").after("sign_in", sign_in(PASSWORD)),
        when("everything malformed", "create_user", json!({ "user_pool_id": "main", "username": "ana b", "temporary_password": "a b" })),
        when("misspelt user", "get_user", user("anna")).confirmed("ana"),
        when("misspelt user to delete", "delete_user", user("anna")).confirmed("ana"),
        when("user by unverified address", "get_user", user("ana@example.com"))
            .after("create_user", here(json!({ "username": "ana", "email": "ana@example.com", "message_action": "SUPPRESS" }))),
        when("unknown user", "disable_user", user("zoe")).confirmed("ana"),
        when("unknown user signs in", "sign_in", at_app(json!({ "username": "zoe", "password": PASSWORD }))),
        when("unknown user hidden", "sign_in", at_app(json!({ "username": "anna", "password": PASSWORD })))
            .app(json!({ "PreventUserExistenceErrors": "ENABLED" })).confirmed("ana"),
        when("unknown user confirms", "confirm_sign_up", at_app(json!({ "username": "zoe", "code": "123456" }))),
        when("unknown user invited again", "create_user", here(json!({ "username": "ana", "email": "ana@example.com", "message_action": "RESEND" }))),
        when("misspelt pool", "get_user", json!({ "user_pool_id": "us-east-1_xxxxxxxxx", "username": "ana" })).confirmed("ana"),
        when("pool by name", "get_user", json!({ "user_pool_id": "Main", "username": "ana" })).confirmed("ana"),
        when("pool of another Region", "list_users", json!({ "user_pool_id": "eu-west-1_AbCdEfGhI" })),
        when("no pool named", "list_users", json!({})),
        when("no client named", "sign_in", here(json!({ "username": "ana", "password": PASSWORD }))).confirmed("ana"),
        when("client by name", "sign_in", here(json!({ "client_id": "App", "username": "ana", "password": PASSWORD }))).confirmed("ana"),
        when("unknown client", "sign_in", here(json!({ "client_id": "1example23456789", "username": "ana", "password": PASSWORD }))).confirmed("ana"),
        when("misspelt group", "add_user_to_group", here(json!({ "username": "ana", "group": "admin" })))
            .confirmed("ana").after("create_group", here(json!({ "group": "admins" }))),
        when("missing group", "add_user_to_group", here(json!({ "username": "ana", "group": "admins" }))).confirmed("ana"),
        when("missing groups of a new user", "create_user", here(json!({ "username": "ana", "groups": ["admins", "writers"], "message_action": "SUPPRESS" })))
            .after("create_group", here(json!({ "group": "admins" }))),
        when("misspelt group of a new user", "create_user", here(json!({ "username": "ana", "groups": ["admin"], "message_action": "SUPPRESS" })))
            .after("create_group", here(json!({ "group": "admins" }))),
        when("members of a missing group", "list_group_members", here(json!({ "group": "admins" }))),
        when("group exists", "create_group", here(json!({ "group": "admins" }))).after("create_group", here(json!({ "group": "admins" }))),
        when("user exists", "create_user", user("ana")).invited("ana"),
        when("user exists at sign-up", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD }))).signed_up("ana"),
        when("address taken", "create_user", here(json!({ "username": "ben", "email": "ana@example.com", "attributes": { "email_verified": "true" } })))
            .pool(json!({ "AliasAttributes": ["email"] })).confirmed("ana"),
        when("name taken", "update_user", here(json!({ "username": "ben", "attributes": { "preferred_username": "boss" } })))
            .pool(json!({ "AliasAttributes": ["preferred_username"] })).confirmed("ana").confirmed("ben")
            .after("update_user", here(json!({ "username": "ana", "attributes": { "preferred_username": "boss" } }))),
        when("name of another user", "update_user", here(json!({ "username": "ben", "attributes": { "preferred_username": "ana" } })))
            .pool(json!({ "AliasAttributes": ["preferred_username"] })).confirmed("ana").confirmed("ben"),
        when("confirmed again", "confirm_user", user("ana")).confirmed("ana"),
        when("invited user confirmed", "confirm_user", user("ana")).invited("ana"),
        when("reset user confirmed", "confirm_user", user("ana")).confirmed("ana").after("require_password_reset", user("ana")),
        when("unconfirmed user reset", "require_password_reset", user("ana")).pool(verifies_email()).signed_up("ana"),
        when("invited user reset", "require_password_reset", user("ana")).invited("ana"),
        when("unreachable user reset", "require_password_reset", user("ana")).confirmed("ana")
            .after("update_user", here(json!({ "username": "ana", "remove_attributes": ["email"] }))),
        when("disabled user reset", "require_password_reset", user("ana")).confirmed("ana").after("disable_user", user("ana")),
        when("recovery by administrators alone", "require_password_reset", user("ana"))
            .pool(json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] } })).confirmed("ana"),
        when("confirmed user invited again", "create_user", here(json!({ "username": "ana", "message_action": "RESEND" }))).confirmed("ana"),
        when("unconfirmed user invited again", "create_user", here(json!({ "username": "ana", "message_action": "RESEND" }))).signed_up("ana"),
        when("unreachable user invited again", "create_user", here(json!({ "username": "ana", "message_action": "RESEND" }))).confirmed("ana")
            .after("update_user", here(json!({ "username": "ana", "remove_attributes": ["email"] }))),
        when("disabled user signs in", "sign_in", sign_in(PASSWORD)).confirmed("ana").after("disable_user", user("ana")),
        when("unconfirmed user signs in", "sign_in", sign_in(PASSWORD)).signed_up("ana"),
        when("reset user signs in", "sign_in", sign_in(PASSWORD)).confirmed("ana").after("require_password_reset", user("ana")),
        when("temporary password too old", "sign_in", sign_in(PASSWORD)).invited("ana").after("advance_clock", json!({ "days": 8 })),
        when("wrong password", "sign_in", sign_in("Wrong-Horse-7")).confirmed("ana"),
        when("wrong password of a disabled user", "sign_in", sign_in("Wrong-Horse-7")).confirmed("ana").after("disable_user", user("ana")),
        when("locked after wrong passwords", "sign_in", sign_in(PASSWORD)).confirmed("ana")
            .after("sign_in", sign_in("Wrong-Horse-1")).after("sign_in", sign_in("Wrong-Horse-2")).after("sign_in", sign_in("Wrong-Horse-3"))
            .after("sign_in", sign_in("Wrong-Horse-4")).after("sign_in", sign_in("Wrong-Horse-5")),
        when("flow not enabled", "sign_in", at_app(json!({ "username": "ana", "password": PASSWORD, "flow": "USER_PASSWORD_AUTH" })))
            .app(json!({ "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] })).confirmed("ana"),
        when("admin flow not enabled", "sign_in", at_app(json!({ "username": "ana", "password": PASSWORD })))
            .app(json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] })).confirmed("ana"),
        when("flow enabled at another client", "sign_in", sign_in(PASSWORD))
            .app(json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] }))
            .after("CreateUserPoolClient", json!({ "UserPoolId": "$pool", "ClientName": "other", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] }))
            .confirmed("ana"),
        when("flow enabled nowhere", "sign_in", sign_in(PASSWORD))
            .app(json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] })).confirmed("ana"),
        when("secret of a client without its pool", "sign_up", json!({ "client_id": "$client", "username": "ana", "password": PASSWORD }))
            .app(json!({ "GenerateSecret": true })),
        when("wrong code at sign-up", "confirm_sign_up", at_app(json!({ "username": "ana", "code": "000000" }))).pool(verifies_email()).signed_up("ana"),
        when("code with a space", "confirm_sign_up", at_app(json!({ "username": "ana", "code": "000 000" }))).pool(verifies_email()).signed_up("ana"),
        when("code too old", "confirm_sign_up", at_app(json!({ "username": "ana", "code": "$code" }))).pool(verifies_email()).signed_up("ana")
            .after("advance_clock", json!({ "days": 2 })),
        when("address taken meanwhile", "confirm_sign_up", at_app(json!({ "username": "ana", "code": "$code" })))
            .pool(json!({ "AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"] }))
            .after("create_user", here(json!({ "username": "ben", "email": "ana@example.com", "attributes": { "email_verified": "true" }, "message_action": "SUPPRESS" })))
            .signed_up("ana"),
        when("sign-up closed", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD, "email": "ana@example.com" })))
            .pool(json!({ "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true } })),
        when("unknown session", "answer_challenge", json!({ "session": "session-7", "new_password": PASSWORD })),
        when("session over", "answer_challenge", json!({ "session": "session-1", "new_password": "Other-Horse-77" }))
            .invited("ana").after("sign_in", sign_in(PASSWORD)).after("advance_clock", json!({ "hours": 1 })),
        when("user deleted meanwhile", "answer_challenge", json!({ "session": "session-1", "new_password": "Other-Horse-77" }))
            .invited("ana").after("sign_in", sign_in(PASSWORD)).after("delete_user", user("ana")),
        when("required attribute not given", "answer_challenge", json!({ "session": "session-1", "new_password": "Other-Horse-77" }))
            .pool(schema.clone()).invited("ana").after("sign_in", sign_in(PASSWORD)),
        when("attribute given again", "answer_challenge", json!({ "session": "session-1", "new_password": "Other-Horse-77", "attributes": { "given_name": "Ana", "email": "b@example.com" } }))
            .pool(schema.clone()).invited("ana").after("sign_in", sign_in(PASSWORD)),
        when("misspelt attribute", "update_user", here(json!({ "username": "ana", "attributes": { "famly_name": "A", "team": "x" } })))
            .pool(schema.clone()).confirmed("ana"),
        when("misspelt attribute removed", "update_user", here(json!({ "username": "ana", "remove_attributes": ["nick_name"] }))).confirmed("ana"),
        when("misspelt attribute of a new user", "create_user", here(json!({ "username": "ana", "attributes": { "famly_name": "A" } }))),
        when("attribute that is like none", "update_user", here(json!({ "username": "ana", "attributes": { "zzz": "A" } }))).confirmed("ana"),
        when("immutable attribute", "update_user", here(json!({ "username": "ana", "attributes": { "custom:badge": "1", "given_name": "Ana" } })))
            .pool(schema.clone()).confirmed("ana"),
        when("immutable attribute alone", "update_user", here(json!({ "username": "ana", "attributes": { "custom:badge": "1" } })))
            .pool(schema.clone()).confirmed("ana"),
        when("required attribute blanked", "update_user", here(json!({ "username": "ana", "attributes": { "given_name": "", "nickname": "A" } })))
            .pool(schema.clone()).confirmed("ana"),
        when("required attribute removed", "update_user", here(json!({ "username": "ana", "remove_attributes": ["given_name", "nickname"] })))
            .pool(schema.clone()).confirmed("ana"),
        when("immutable attribute removed", "update_user", here(json!({ "username": "ana", "remove_attributes": ["custom:badge", "nickname"] })))
            .pool(schema.clone()).confirmed("ana"),
        when("sub of a new user", "create_user", here(json!({ "username": "ana", "attributes": { "sub": "x", "given_name": "Ana" } }))),
        when("verified flag at sign-up", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD, "email": "ana@example.com", "attributes": { "email_verified": "true" } }))),
        when("value that is too long", "update_user", here(json!({ "username": "ana", "attributes": { "birthdate": "the seventh of March" } }))).confirmed("ana"),
        when("required attribute at sign-up", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD }))).pool(schema.clone()),
        when("flag in words", "create_user", here(json!({ "username": "ana", "email": "ana@example.com", "attributes": { "email_verified": "yes" } }))),
        when("number in words", "create_user", here(json!({ "username": "ana", "attributes": { "custom:badge": "many" } }))).pool(schema.clone()),
        when("flag without its value", "create_user", here(json!({ "username": "ana", "attributes": { "email_verified": "true" } }))),
        when("address with spaces", "create_user", here(json!({ "username": "ana", "email": "ana @ example.com" }))),
        when("invalid address", "create_user", here(json!({ "username": "ana", "email": "ana" }))),
        when("number without a plus", "update_user", here(json!({ "username": "ana", "attributes": { "phone_number": "1 (555) 555-0100" } }))).confirmed("ana"),
        when("username must be an address", "create_user", here(json!({ "username": "ana", "email": "ana@example.com" }))).pool(by_email()),
        when("username must be an address, and there is none", "create_user", user("ana")).pool(by_email()),
        when("username must be a number", "create_user", here(json!({ "username": "1 555 555 0100", "message_action": "SUPPRESS" }))).pool(json!({ "UsernameAttributes": ["phone_number"] })),
        when("username must be an address or a number", "create_user", here(json!({ "username": "ana", "email": "ana@example.com" })))
            .pool(json!({ "UsernameAttributes": ["phone_number", "email"] })),
        when("username like an alias", "create_user", user("ana@example.com")).pool(json!({ "AliasAttributes": ["email"] })),
        when("username like a number", "create_user", here(json!({ "username": "+15555550100", "message_action": "SUPPRESS" }))).pool(json!({ "AliasAttributes": ["phone_number"] })),
        when("address beside the username", "sign_up", at_app(json!({ "username": "ana@example.com", "password": PASSWORD, "email": "b@example.com" }))).pool(by_email()),
        when("address beside the username of a new user", "create_user", here(json!({ "username": "ana@example.com", "email": "b@example.com", "message_action": "SUPPRESS" }))).pool(by_email()),
        when("address in use as a username", "create_user", user("ana@example.com")).pool(by_email())
            .after("create_user", here(json!({ "username": "ana@example.com", "message_action": "SUPPRESS" }))),
        when("alias before confirmation", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD, "attributes": { "preferred_username": "boss" } })))
            .pool(json!({ "AliasAttributes": ["preferred_username"] })),
        when("attribute that the client may not write", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD, "email": "ana@example.com", "attributes": { "nickname": "A" } })))
            .app(json!({ "WriteAttributes": ["email"] })),
        when("nowhere to send", "create_user", here(json!({ "username": "ana", "email": "ana@example.com", "message_action": "RESEND" })))
            
            .after("create_user", here(json!({ "username": "ana", "message_action": "SUPPRESS" }))),
        when("SMS that the pool cannot send", "create_user", here(json!({ "username": "ana", "phone_number": "+15555550100" }))),
        when("filter without quotes", "list_users", here(json!({ "filter": "mail == ana@example.com" }))),
        when("filter on two attributes", "list_users", here(json!({ "filter": "email = \"a\" and name = \"b\"" }))),
        when("filter on what cannot be searched", "list_users", here(json!({ "filter": "locale = \"en\"" }))),
        when("filter on a misspelt attribute", "list_users", here(json!({ "filter": "familyname ^= \"A\"" }))),
        when("cursor of another listing", "list_groups", here(json!({ "cursor": "bm9uc2Vuc2U=" }))),
        when("invalid cursor", "list_users", here(json!({ "cursor": "nonsense" }))),
        when("cursor of another group", "list_group_members", here(json!({ "group": "staff", "cursor": "nonsense" })))
            .after("create_group", here(json!({ "group": "staff" }))),
        when("page of no members", "call_operation", by_name("ListUsersInGroup", json!({ "GroupName": "staff", "Limit": 0 })))
            .after("create_group", here(json!({ "group": "staff" }))),
        when("bound that is not a number", "call_operation", by_name("AddCustomAttributes", json!({ "CustomAttributes": [
            { "Name": "team", "AttributeDataType": "String", "StringAttributeConstraints": { "MaxLength": "many" } }] }))),
        when("recovery by the second factor", "call_operation", json!({ "operation": "CreateUserPool", "input": {
            "PoolName": "p", "MfaConfiguration": "ON", "AutoVerifiedAttributes": ["phone_number"],
            "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" },
            "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Name": "verified_email", "Priority": 1 }, { "Name": "verified_phone_number", "Priority": 2 }] } } })),
        when("hourly limit", "confirm_sign_up", at_app(json!({ "username": "ana", "code": "$code" }))).pool(verifies_email()).signed_up("ana")
            .fault("ConfirmSignUp", "LimitExceededException", "Attempt limit exceeded, please try after some time."),
        when("resource limit", "create_group", here(json!({ "group": "admins" })))
            .fault("CreateGroup", "LimitExceededException", "Groups cannot exceed limit of 10000."),
        when("password without a lower-case letter", "create_user", here(json!({ "username": "ana", "temporary_password": "PASSWORD-123" }))),
        when("password without a digit", "create_user", here(json!({ "username": "ana", "temporary_password": "Password-one" }))),
        when("password without a symbol", "create_user", here(json!({ "username": "ana", "temporary_password": "Password123" }))),
        when("number for a user who has none", "create_user", here(json!({ "username": "ana", "phone_number": "+15555550100", "message_action": "RESEND" })))
            .after("create_user", here(json!({ "username": "ana", "message_action": "SUPPRESS" }))),
        when("neither password nor address", "create_user", user("ana"))
            .pool(json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } } })),
        when("a hundred groups", "add_user_to_group", here(json!({ "username": "ana", "group": "admins" })))
            .confirmed("ana").after("create_group", here(json!({ "group": "admins" })))
            .fault("AdminAddUserToGroup", "InvalidParameterException", "User cannot be in more than 100 groups."),
        when("session used", "answer_challenge", answer()).challenged()
            .fault("AdminRespondToAuthChallenge", "NotAuthorizedException", "Invalid session for the user, session can only be used once."),
        when("wrong code of an app", "answer_challenge", answer()).challenged()
            .fault("AdminRespondToAuthChallenge", "CodeMismatchException", "Invalid code received for user"),
        when("code of an app used", "answer_challenge", answer()).challenged()
            .fault("AdminRespondToAuthChallenge", "ExpiredCodeException", "Your software token has already been used once."),
        when("wrong code of a message", "answer_challenge", answer()).challenged()
            .fault("AdminRespondToAuthChallenge", "CodeMismatchException", "Invalid code or auth state for the user."),
        when("factor that was not offered", "answer_challenge", answer()).challenged()
            .fault("AdminRespondToAuthChallenge", "MFAMethodNotFoundException", "MFA method not found."),
        when("wrong first code of an app", "answer_challenge", json!({ "session": "session-2", "code": "000000" }))
            .after("SetUserPoolMfaConfig", json!({ "UserPoolId": "$pool", "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true } }))
            .confirmed("ana").after("sign_in", sign_in(PASSWORD)).after("answer_challenge", json!({ "session": "session-1" })),
        when("throttled", "get_user", user("ana")).confirmed("ana").fault("AdminGetUser", "TooManyRequestsException", "Rate exceeded"),
        when("stumbled", "get_user", user("ana")).confirmed("ana").fault("AdminGetUser", "InternalErrorException", "Something went wrong"),
        when("connection cut", "get_user", user("ana")).confirmed("ana")
            .after("inject_fault", json!({ "operation": "AdminGetUser", "effect": "cut_before_effects", "first": 3 })),
        when("message not delivered", "create_user", here(json!({ "username": "ana", "email": "ana@example.com" })))
            .fault("AdminCreateUser", "CodeDeliveryFailureException", "Failed to deliver the message."),
        when("trigger refuses", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD })))
            .fault("SignUp", "UserLambdaValidationException", "PreSignUp failed with error Not from here."),
        when("trigger not invoked", "sign_in", sign_in(PASSWORD)).confirmed("ana")
            .fault("AdminInitiateAuth", "UnexpectedLambdaException", "PreAuthentication invocation failed due to error AccessDeniedException."),
        when("trigger answers no object", "sign_in", sign_in(PASSWORD)).confirmed("ana")
            .fault("AdminInitiateAuth", "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        when("trigger answers no JSON", "sign_in", sign_in(PASSWORD)).confirmed("ana")
            .fault("AdminInitiateAuth", "InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        when("user not migrated", "sign_in", sign_in(PASSWORD))
            .fault("AdminInitiateAuth", "UserNotFoundException", "Exception migrating user in app client app"),
        when("address blocked", "sign_in", sign_in(PASSWORD)).confirmed("ana")
            .fault("AdminInitiateAuth", "NotAuthorizedException", "Request not allowed due to security reasons."),
        when("change at a replica", "create_user", here(json!({ "username": "ana", "message_action": "SUPPRESS" })))
            .fault("AdminCreateUser", "OperationNotEnabledException", "Operation is not enabled in this region."),
        when("deletion protected", "delete_pool", here(json!({}))).pool(json!({ "DeletionProtection": "ACTIVE" })),
        when("pool with a domain", "delete_pool", here(json!({})))
            .after("CreateUserPoolDomain", json!({ "UserPoolId": "$pool", "Domain": "example-sign-in" })),
        when("address twice", "call_operation", json!({ "operation": "CreateUserPool", "input": { "PoolName": "p", "UsernameAttributes": ["email"], "AliasAttributes": ["phone_number"] } })),
        when("attribute there already", "add_pool_attributes", here(json!({ "attributes": [{ "name": "team" }] })))
            .after("add_pool_attributes", here(json!({ "attributes": [{ "name": "team" }] }))),
        when("attribute named twice", "add_pool_attributes", here(json!({ "attributes": [{ "name": "team" }, { "name": "custom:team" }] }))),
        when("tag of AWS", "tag_pool", here(json!({ "set": { "aws:team": "a" } }))),
        when("tag with a comma", "tag_pool", here(json!({ "set": { "team": "a,b" } }))),
        when("sender without identity", "update_pool", here(json!({ "settings": { "EmailConfiguration": { "EmailSendingAccount": "DEVELOPER" } } }))),
        when("recovery by two kinds of people", "update_pool", here(json!({ "settings": { "AccountRecoverySetting": { "RecoveryMechanisms": [
            { "Name": "admin_only", "Priority": 1 }, { "Name": "verified_email", "Priority": 2 }] } } }))),
        when("no passwords", "update_pool", here(json!({ "settings": { "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["EMAIL_OTP"] } } } }))),
        when("misspelt setting", "update_pool", here(json!({ "settings": { "DeviceConfigration": { "ChallengeRequiredOnNewDevice": true } } }))),
        when("provider under another's name", "put_identity_provider", here(json!({ "name": "Google", "type": "OIDC", "client_secret": "s", "details": oidc() }))),
        when("provider over http", "put_identity_provider", here(json!({ "name": "Corp", "type": "OIDC", "details": with(oidc(), json!({ "oidc_issuer": "http://auth.example.com" })) }))),
        when("provider without metadata", "put_identity_provider", here(json!({ "name": "Corp", "type": "SAML", "details": { "IDPSignout": "true" } }))),
        when("provider with unreadable metadata", "put_identity_provider", here(json!({ "name": "Corp", "type": "SAML", "details": { "MetadataFile": "nonsense" } }))),
        when("provider of no type", "put_identity_provider", here(json!({ "name": "Corp", "details": oidc() }))),
        when("provider without its details", "put_identity_provider", here(json!({ "name": "Corp", "type": "OIDC", "details": { "client_id": "c" } }))),
        when("mapping to no attribute", "put_identity_provider", here(json!({ "name": "Corp", "type": "OIDC", "details": oidc(), "attribute_mapping": { "custom:none": "x" } }))),
        when("identifier taken", "put_identity_provider", here(json!({ "name": "Corp", "type": "OIDC", "details": oidc(), "identifiers": ["a"] })))
            .after("put_identity_provider", here(json!({ "name": "Other", "type": "OIDC", "details": oidc(), "identifiers": ["a"] }))),
        when("provider there already", "call_operation", by_name("CreateIdentityProvider", json!({ "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": oidc() })))
            .provider(),
        when("misspelt provider", "get_identity_provider", here(json!({ "name": "Crop" }))).provider(),
        when("misspelt provider changed by name", "call_operation", by_name("UpdateIdentityProvider", json!({ "ProviderName": "Crop" }))).provider(),
        when("unknown identifier", "call_operation", by_name("GetIdentityProviderByIdentifier", json!({ "IdpIdentifier": "zzz" }))).provider(),
        when("misspelt provider to delete", "delete_identity_provider", here(json!({ "name": "Crop" }))).provider(),
        when("misspelt provider of an identity", "link_identity", here(json!({ "username": "ana", "provider": "Crop", "subject": "1" }))).provider().confirmed("ana"),
        when("local identity", "link_identity", here(json!({ "username": "ana", "provider": "Cognito", "subject": "ben" }))).confirmed("ana").confirmed("ben"),
        when("linked already", "link_identity", here(json!({ "username": "ana", "provider": "Corp", "subject": "1" }))).provider().confirmed("ana")
            .after("link_identity", here(json!({ "username": "ana", "provider": "Corp", "subject": "1" }))),
        when("linked to another", "link_identity", here(json!({ "username": "ben", "provider": "Corp", "subject": "1" }))).provider().confirmed("ana").confirmed("ben")
            .after("link_identity", here(json!({ "username": "ana", "provider": "Corp", "subject": "1" }))),
        when("linked to no user", "unlink_identity", here(json!({ "provider": "Corp", "subject": "1" }))).provider(),
        when("resource server there already", "call_operation", by_name("CreateResourceServer", json!({ "Identifier": "orders", "Name": "orders" })))
            .after("put_resource_server", here(json!({ "identifier": "orders" }))),
        when("scope named twice", "put_resource_server", here(json!({ "identifier": "orders", "scopes": [
            { "name": "read", "description": "a" }, { "name": "read", "description": "b" }] }))),
        when("misspelt resource server to delete", "delete_resource_server", here(json!({ "identifier": "order" })))
            .after("put_resource_server", here(json!({ "identifier": "orders" }))),
        when("misspelt resource server", "call_operation", by_name("DescribeResourceServer", json!({ "Identifier": "order" })))
            .after("put_resource_server", here(json!({ "identifier": "orders" }))),
        when("reserved domain", "put_domain", here(json!({ "domain": "my-cognito" }))),
        when("domain in capitals", "put_domain", here(json!({ "domain": "My_Domain" }))),
        when("second domain", "put_domain", here(json!({ "domain": "another" }))).domain(),
        when("misspelt domain to delete", "delete_domain", here(json!({ "domain": "example-sign-on" }))).domain(),
        when("prefix with a certificate", "put_domain", here(json!({ "domain": "example-sign-in", "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/a" }))).domain(),
        when("hosted UI without a domain", "set_hosted_ui", here(json!({ "css": ".banner-customizable {}" }))),
        when("style of a class that is not there", "set_hosted_ui", here(json!({ "css": ".body { color: red; }" }))).domain(),
        when("style with HTML", "set_hosted_ui", here(json!({ "css": "<b>" }))).domain(),
        when("terms without a default", "put_terms", at_app(json!({ "name": "terms-of-use", "links": {} }))),
        when("terms there already", "call_operation", by_name("CreateTerms", json!({
            "ClientId": "$client", "TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE",
            "Links": { "cognito:default": "https://example.com/b" } })))
            .after("put_terms", at_app(json!({ "name": "terms-of-use", "links": { "cognito:default": "https://example.com/a" } }))),
        when("style there already", "call_operation", by_name("CreateManagedLoginBranding", json!({ "ClientId": "$client", "UseCognitoProvidedValues": true })))
            .after("put_branding", at_app(json!({}))),
        when("style of a client that has none", "call_operation", by_name("DescribeManagedLoginBrandingByClient", json!({ "ClientId": "$client" }))),
        when("terms of a client that has none", "call_operation", by_name("DescribeTermsByClient", json!({ "ClientId": "$client", "TermsName": "terms-of-use" }))),
        when("unknown import", "get_import", here(json!({ "job_id": "import-none" }))),
        when("import without its file", "import_users", here(json!({ "job_id": "$job" }))).pool(verifies_email()).import(),
        when("import not running", "stop_import", here(json!({ "job_id": "$job" }))).pool(verifies_email()).import(),
        when("import into a pool that verifies nothing", "import_users", here(json!({
            "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/import", "csv": "cognito:username,cognito:mfa_enabled" }))),
        when("import of unknown columns", "import_users", here(json!({
            "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/import", "csv": "username,cognito:mfa_enabled" }))).pool(verifies_email()),
        when("unknown operation", "call_operation", json!({ "operation": "AdminGetUsers", "input": { "UserPoolId": "$pool", "Username": "ana" } })).confirmed("ana"),
        when("endpoint for an operation", "call_operation", json!({ "operation": "Token", "input": {} })),
        when("operation that is merely alike", "call_operation", json!({ "operation": "ListUserPool" })),
        when("input under another name", "call_operation", json!({ "operation": "ListUsers", "arguments": { "UserPoolId": "$pool", "Filter": "username = \"ana\"" } })).confirmed("ana"),
        when("attribute that cannot be searched", "list_users", here(json!({ "filter": "email_verified = \"false\"" }))),
        when("attribute that cannot be searched as an argument", "list_users", here(json!({ "email_verified": "false" }))),
        when("filter that negates", "list_users", here(json!({ "filter": "email != \"ana@example.com\"" }))),
        when("disabled users", "list_users", here(json!({ "enabled": false }))),
        when("attribute that Cognito assigns", "create_user", here(json!({ "username": "ana", "attributes": { "sub": "x", "given_name": "Ana" }, "message_action": "SUPPRESS" }))),
        when("address of two parts", "create_user", here(json!({ "username": "ana", "email": "a b@example.com" }))),
        when("number in the attributes", "create_user", here(json!({ "username": "ana", "attributes": { "phone_number": "+1 (206) 555-0100" }, "message_action": "SUPPRESS" }))),
        when("number of an unknown country", "create_user", here(json!({ "username": "ana", "phone_number": "13912345678", "message_action": "SUPPRESS" }))),
        when("name with a blank behind it", "create_user", here(json!({ "username": "ana ", "message_action": "SUPPRESS" }))),
        when("name of two words", "create_user", here(json!({ "username": "ana b", "message_action": "SUPPRESS" }))),
        when("members of a new group", "create_group", here(json!({ "group": "admins", "members": ["ana"] }))),
        when("password of a new user", "create_user", here(json!({ "username": "ana", "password": PASSWORD }))),
        when("first name", "update_user", here(json!({ "username": "ana", "first_name": "Ana" }))).confirmed("ana"),
        when("pool by name under another name", "get_user", json!({ "pool": "Main", "username": "ana" })).confirmed("ana"),
        when("client by name under another name", "describe_client", here(json!({ "client": "App" }))),
        when("misspelt user changed", "reset_password", here(json!({ "username": "anna", "new_password": PASSWORD }))).confirmed("ana"),
        when("user in capitals changed", "reset_password", here(json!({ "username": "ANA", "new_password": "Other-Horse-77" }))).confirmed("ana"),
        when("misspelt member", "call_operation", by_name("AdminGetUser", json!({ "Usernme": "ana" }))).confirmed("ana"),
        when("misspelt user by name", "call_operation", by_name("AdminGetUser", json!({ "Username": "anna" }))).confirmed("ana"),
        when("weak password by name", "call_operation", by_name("AdminCreateUser", json!({ "Username": "ana", "TemporaryPassword": "password123" }))),
    ]
}

/// The details of an OpenID Connect provider.
fn oidc() -> Value {
    json!({ "client_id": "c", "authorize_scopes": "openid", "oidc_issuer": "https://auth.example.com", "attributes_request_method": "GET" })
}

/// A call of an operation by its name, in the scenario's pool.
fn by_name(operation: &str, input: Value) -> Value {
    let input = with(json!({ "UserPoolId": "$pool" }), input);
    json!({ "operation": operation, "input": input })
}

/// Messages with hints that no scenario causes, and the reason.
const NOT_PROVOKED: &[(&str, &[&str])] = &[(
    "no operation declares their exceptions: the SDK and the server write and sign requests",
    &[
        "ExpectedList",
        "ExpectedMap",
        "ExpectedStructure",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "NotImplemented",
        "NotJson",
        "UnexpectedList",
        "UnexpectedObject",
        "UnknownOperation",
        "WrongJsonType",
    ],
)];

/// Maximum number of steps. If it is reached, the retries do not help.
const STEPS: usize = 5;

/// Follows the retries of a refusal until a call succeeds or an error has no retry.
/// Returns a transcript.
async fn follow(
    world: &TestServer,
    tool: &str,
    arguments: &Value,
    seen: &mut BTreeSet<(String, String)>,
) -> String {
    let mut shown = String::new();
    let (mut tool, mut arguments) = (tool.to_owned(), world.filled(arguments));
    let mut before = None;
    for _ in 0..STEPS {
        let facts = match world.call(&tool, &arguments).await {
            Outcome::Done(_) => {
                writeln!(shown, "  {tool}: done").unwrap();
                return shown;
            }
            Outcome::Refused(facts) => facts,
        };
        let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
        let (code, message) = (text("code"), text("message"));
        seen.insert((code.clone(), message.clone()));
        assert_ne!(
            before,
            Some((tool.clone(), message.clone())),
            "the same again:\n{shown}"
        );
        writeln!(shown, "  {tool}: {code}: {}", message.trim_end()).unwrap();
        assert!(facts["hint"].is_string(), "no hint:\n{shown}");
        writeln!(shown, "    {}", text("hint")).unwrap();
        assert_pointers_exist(&facts, &arguments);
        assert_said_once(&message, &text("hint"));
        if let Some(wait) = facts["retry_after_ms"].as_u64() {
            writeln!(shown, "    wait {wait} ms").unwrap();
            world
                .stack()
                .advance(std::time::Duration::from_millis(wait));
            before = None;
        } else {
            before = Some((tool.clone(), message));
        }
        let Some(retry) = facts.get("retry") else {
            if facts["retryable"] == true {
                before = None;
                continue;
            }
            writeln!(shown, "  no call helps").unwrap();
            return shown;
        };
        retry["tool"].as_str().unwrap().clone_into(&mut tool);
        arguments = retry["arguments"].clone();
    }
    panic!("the retries do not help:\n{shown}");
}

/// The pointer of each problem is in the arguments, unless the argument is missing.
fn assert_pointers_exist(facts: &Value, arguments: &Value) {
    for problem in facts["problems"].as_array().into_iter().flatten() {
        let pointer = problem["pointer"].as_str().unwrap();
        let message = problem["message"].as_str().unwrap();
        let lacks = ["is required", "must be given", "must name"];
        let is_missing = lacks.iter().any(|lacks| message.contains(lacks));
        let is_there = arguments.pointer(pointer).is_some();
        assert!(
            is_there || is_missing,
            "{pointer} is not in {arguments}: {facts}"
        );
    }
}

/// No clause of a hint occurs twice or repeats the message.
fn assert_said_once(message: &str, hint: &str) {
    let hint = hint
        .split("Valid arguments look like")
        .next()
        .unwrap_or_default();
    let clauses = |text: &str| -> Vec<String> {
        let clauses = text.split(['.', ';', ':', ',']);
        let clauses = clauses.map(|clause| clause.trim().to_lowercase());
        let long = |clause: &String| clause.split_whitespace().count() >= 4;
        clauses.filter(long).collect()
    };
    let said = clauses(message);
    let mut seen = BTreeSet::new();
    for clause in clauses(hint) {
        assert!(!said.contains(&clause), "said twice: {message} {hint}");
        assert!(seen.insert(clause), "said twice: {hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_retry_succeeds() {
    let mut seen = BTreeSet::new();
    let mut shown = String::new();
    let all = [
        scenarios(),
        toolsets::mfa(),
        toolsets::clients(),
        toolsets::devices(),
        toolsets::diagnosis(),
        toolsets::risk(),
        toolsets::tokens(),
        toolsets::others(),
        toolsets::emulator(),
        toolsets::bulk(),
        toolsets::codes(),
    ];
    let mut refused = BTreeSet::new();
    let mut not_refused = vec![];
    for scenario in all.into_iter().flatten() {
        let world = TestServer::new(scenario.pool, scenario.app).await;
        for (name, arguments) in scenario.before {
            if name.starts_with(char::is_uppercase) {
                world.cognito(name, world.filled(&arguments));
            } else {
                world.call(name, &arguments).await;
            }
        }
        let (tool, arguments) = scenario.call;
        refused.insert(tool);
        let way = follow(&world, tool, &arguments, &mut seen).await;
        if way.lines().count() == 1 {
            not_refused.push(scenario.name);
        }
        writeln!(shown, "{}\n{}", scenario.name, world.nameless(&way)).unwrap();
    }
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("retries", shown);
    });
    assert!(not_refused.is_empty(), "these were done: {not_refused:?}");
    let silent: Vec<_> = tools::all()
        .map(Definition::name)
        .filter(|name| !refused.contains(name))
        .collect();
    assert!(
        silent.is_empty(),
        "no scenario has a refusal of these: {silent:?}"
    );
    let shown = by_fault(&mut seen).await;
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("retries_by_fault", shown);
    });
    assert_covered(&seen);
}

/// Injects exceptions that no scenario causes, at an operation that declares them, and
/// follows their retries.
async fn by_fault(seen: &mut BTreeSet<(String, String)>) -> String {
    let mut shown = String::new();
    for error in &Error::each() {
        let sentence = error.sentence().unwrap_or_default();
        if met(seen, error) || hints::find(error.code(), &sentence).is_none() {
            continue;
        }
        let declares = |operation: &&Operation| operation.errors.contains(&error.code());
        let Some(operation) = Model::get().operations().find(declares) else {
            continue;
        };
        let world = TestServer::new(json!({}), json!({})).await;
        let asked = json!({ "operation": operation.name });
        let Outcome::Done(described) = world.call("describe_operation", &asked).await else {
            panic!("{} is described", operation.name);
        };
        let example = described["example"]["arguments"].to_string();
        let example = example
            .replace("us-east-1_AbCdEfGhI", "$pool")
            .replace("1example23456789", "$client");
        let scenario = when(error.name(), "call_operation", json!({}));
        for (tool, arguments) in scenario
            .fault(operation.name, error.code(), &sentence)
            .before
        {
            world.call(tool, &arguments).await;
        }
        let arguments: Value = serde_json::from_str(&example).unwrap();
        let way = follow(&world, "call_operation", &arguments, seen).await;
        let name = error.name();
        writeln!(
            shown,
            "{name} at {}\n{}",
            operation.name,
            world.nameless(&way)
        )
        .unwrap();
    }
    shown
}

/// If secrets are hidden, a retry has a reference to the secret that was sent.
#[tokio::test(start_paused = true)]
async fn a_secret_that_was_sent_is_not_shown_again() {
    for reveals in [true, false] {
        let sensitive = json!({ "UsernameConfiguration": { "CaseSensitive": true } });
        let world = TestServer::revealing(Some(reveals), sensitive, json!({})).await;
        let ana = here(json!({ "username": "ana", "temporary_password": PASSWORD }));
        world.call("create_user", &ana).await;
        let arguments = here(json!({ "username": "ANA", "new_password": PASSWORD }));
        let Outcome::Refused(facts) = world.call("reset_password", &arguments).await else {
            panic!("usernames have a case here");
        };
        assert_eq!(facts.to_string().contains(PASSWORD), reveals, "{facts}");
        let retry = &facts["retry"]["arguments"];
        assert_eq!(retry["username"], "ana");
        let Outcome::Done(_) = world.call("reset_password", retry).await else {
            panic!("{facts}");
        };
        let sign_in = at_app(json!({ "username": "ana", "password": PASSWORD }));
        let state = world.call("sign_in", &sign_in).await;
        assert!(matches!(state, Outcome::Done(_)), "{state:?}");

        // A new password is a decision of the user, so there is no retry.
        let weak = here(json!({ "username": "ana", "new_password": "weak" }));
        let Outcome::Refused(facts) = world.call("reset_password", &weak).await else {
            panic!("the password is weak");
        };
        assert!(!facts.to_string().contains("\"weak\""), "{facts}");
        assert!(facts.get("retry").is_none(), "{facts}");
    }
}

/// On AWS there are no tools for the clock and the outbox, so the caller waits.
#[tokio::test]
async fn no_retry_names_a_disabled_tool() {
    let refusals = [
        (
            "NotAuthorizedException",
            "Password attempts exceeded",
            Some(1_000),
        ),
        ("NotAuthorizedException", "User is disabled.", None),
        (
            "CodeMismatchException",
            "Invalid code or auth state for the user.",
            None,
        ),
    ];
    for (code, message, wait) in refusals {
        let cognito = aws::cognito("AdminInitiateAuth", aws::exception(code, message)).await;
        for allow_writes in [true, false] {
            let config = Config {
                allow_writes,
                ..Config::default()
            };
            let client = aws::client(&cognito, config).await;
            let tools = client.list_all_tools().await.unwrap();
            let sign_in = json!({ "username": "ana", "password": PASSWORD });
            let (_, facts) = refusal(call(&client, "sign_in", sign_in).await);
            if let Some(retry) = facts.get("retry") {
                let named = |tool: &rmcp::model::Tool| retry["tool"] == *tool.name;
                assert!(tools.iter().any(named), "{facts}");
            }
            if allow_writes {
                assert_eq!(facts["message"], message);
                assert_eq!(facts["retry_after_ms"].as_u64(), wait, "{facts}");
            }
        }
    }
}

/// Every message with a hint was caused by a scenario, or is in [`NOT_PROVOKED`].
fn assert_covered(seen: &BTreeSet<(String, String)>) {
    let unprovoked: BTreeMap<&str, &str> = NOT_PROVOKED
        .iter()
        .flat_map(|(reason, names)| names.iter().map(move |name| (*name, *reason)))
        .collect();
    let known: BTreeSet<&str> = Error::each().iter().map(Error::name).collect();
    let gone: Vec<_> = unprovoked
        .keys()
        .filter(|name| !known.contains(*name))
        .collect();
    assert!(gone.is_empty(), "these are no more: {gone:?}");
    let lacking: Vec<&str> = Error::each()
        .iter()
        .filter(|error| {
            let message = error.sentence().unwrap_or_default();
            hints::find(error.code(), &message).is_some()
        })
        .filter(|error| met(seen, error) == unprovoked.contains_key(error.name()))
        .map(Error::name)
        .collect();
    assert!(
        lacking.is_empty(),
        "provoke these, or say why not (and no others): {lacking:?}"
    );
}

/// Whether a call was refused with this message.
fn met(seen: &BTreeSet<(String, String)>, error: &Error) -> bool {
    // The fields of a sample contain their own names, one word each. Tools write a
    // message on one line.
    let sample = error.sentence().unwrap_or_default();
    let sample = sample.trim().replace('\n', " ");
    seen.iter()
        .any(|(code, message)| code == error.code() && alike(&sample, message))
}

/// Whether `message` has the words of `sample`, except its fields.
fn alike(sample: &str, message: &str) -> bool {
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let (sample, message) = (words(sample), words(message));
    let fields = [
        "attribute",
        "class",
        "client",
        "flow",
        "group",
        "identifier",
        "job",
        "kind",
        "limit",
        "mapping",
        "message",
        "operation",
        "parameter",
        "path",
        "pool",
        "problem",
        "problems",
        "provider",
        "reason",
        "resource",
        "rule",
        "scope",
        "status",
        "terms",
        "trigger",
        "username",
        "value",
        "word",
    ];
    let fixed = |word: &&String| !fields.contains(&word.as_str());
    let mut rest = message.iter();
    sample
        .iter()
        .filter(fixed)
        .all(|word| rest.any(|other| other == word))
}

/// The wait in the error is as long as the lock after wrong passwords.
#[tokio::test(start_paused = true)]
async fn a_lock_has_the_reported_duration() {
    let world = TestServer::new(json!({}), json!({})).await;
    let confirmed = when("", "", json!({})).confirmed("ana");
    for (tool, arguments) in confirmed.before {
        world.call(tool, &arguments).await;
    }
    let sign_in = |password: &str| at_app(json!({ "username": "ana", "password": password }));
    let wrong = async || {
        let Outcome::Refused(facts) = world.call("sign_in", &sign_in("Wrong-Horse-1")).await else {
            panic!("the password is wrong");
        };
        facts
    };
    for _ in 0..4 {
        wrong().await;
    }
    for lock in [1, 2, 4, 8] {
        assert_eq!(wrong().await["message"], "Incorrect username or password.");
        let facts = wrong().await;
        assert_eq!(facts["message"], "Password attempts exceeded");
        assert_eq!(facts["retry"]["tool"], "unlock_user");
        let hint = facts["hint"].as_str().unwrap_or_default();
        let reported = format!("The user is locked for {lock} s more");
        assert!(hint.starts_with(&reported), "{hint}");
        let seconds = json!({ "seconds": lock });
        world.call("advance_clock", &seconds).await;
    }
}

/// The next sign-in is as `get_user_factors` describes it.
#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "one user in each state")]
async fn the_next_sign_in_is_as_reported() {
    let user = || here(json!({ "username": "ana" }));
    let sms = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" });
    let factor = |settings: Value| {
        let mut call = json!({ "UserPoolId": "$pool", "Username": "ana" });
        call["SMSMfaSettings"] = settings;
        ("AdminSetUserMFAPreference", call)
    };
    let number = json!({ "phone_number": "+12065550100", "phone_number_verified": "true" });
    let number = || {
        (
            "update_user",
            here(json!({ "username": "ana", "attributes": number.clone() })),
        )
    };
    let none = Vec::new;
    for (mode, steps, explanation, outcome) in [
        ("OFF", none(), "does not use second factors", "signed_in"),
        ("OPTIONAL", none(), "signs in without", "signed_in"),
        (
            "OPTIONAL",
            vec![
                number(),
                factor(json!({ "Enabled": true, "PreferredMfa": true })),
            ],
            "requires SMS_MFA",
            "SMS_MFA",
        ),
        (
            "ON",
            vec![number(), factor(json!({ "Enabled": true }))],
            "requires SMS_MFA",
            "SMS_MFA",
        ),
        (
            "OPTIONAL",
            vec![("disable_user", user())],
            "is disabled",
            "User is disabled.",
        ),
        (
            "OPTIONAL",
            vec![("require_password_reset", user())],
            "RESET_REQUIRED",
            "Password reset required for the user",
        ),
        (
            "OPTIONAL",
            vec![(
                "reset_password",
                here(json!({ "username": "ana", "new_password": PASSWORD, "permanent": false })),
            )],
            "requires a new one",
            "NEW_PASSWORD_REQUIRED",
        ),
    ] {
        let pool = json!({ "MfaConfiguration": mode, "SmsConfiguration": sms });
        let world = TestServer::new(pool, json!({})).await;
        let before = when("", "", json!({})).confirmed("ana").before;
        for (name, arguments) in before.into_iter().chain(steps) {
            if name.starts_with(char::is_uppercase) {
                world.cognito(name, world.filled(&arguments));
            } else {
                let done = world.call(name, &arguments).await;
                assert!(matches!(done, Outcome::Done(_)), "{name}: {done:?}");
            }
        }
        let Outcome::Done(factors) = world.call("get_user_factors", &user()).await else {
            panic!("ana is there");
        };
        let said = factors["explanation"].as_str().unwrap();
        assert!(said.contains(explanation), "{mode}: {said}");
        let sign_in = at_app(json!({ "username": "ana", "password": PASSWORD }));
        let found = match world.call("sign_in", &sign_in).await {
            Outcome::Done(state) => {
                let challenge = state.get("challenge").unwrap_or(&state["outcome"]);
                challenge.clone()
            }
            Outcome::Refused(facts) => facts["message"].clone(),
        };
        assert_eq!(found, outcome, "{said}");
    }
}
