//! What a refusal tells to do is done: every retry is executed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cognito_emulator::error::Error;
use cognito_mcp::config::Config;
use cognito_mcp::hints;
use serde_json::{Value, json};

use crate::world::{Outcome, World};
use crate::{aws, call, refusal};

/// A call that is refused, and what was there before it.
struct Scenario {
    name: &'static str,
    pool: Value,
    app: Value,
    /// Calls before it: of Cognito's operations, which must succeed, and of tools,
    /// whatever comes of them.
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

    /// A user with a temporary password and a verified address.
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

    /// A user who may sign in.
    fn confirmed(self, username: &str) -> Self {
        self.invited(username).after(
            "reset_password",
            json!({ "user_pool_id": "$pool", "username": username, "new_password": PASSWORD }),
        )
    }

    /// A user who has signed up, and whose code was sent.
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

    /// The next call of `operation` fails, and what the SDK repeats of it.
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

    /// A sign-in that waits for a new password.
    fn challenged(self) -> Self {
        let sign_in = json!({ "username": "ana", "password": PASSWORD });
        self.invited("ana").after("sign_in", at_app(sign_in))
    }
}

const PASSWORD: &str = "Correct-Horse-7";

/// A tool call in the scenario's pool.
fn here(arguments: Value) -> Value {
    with(json!({ "user_pool_id": "$pool" }), arguments)
}

/// A tool call at the scenario's client.
fn at_app(arguments: Value) -> Value {
    with(
        json!({ "user_pool_id": "$pool", "client_id": "$client" }),
        arguments,
    )
}

fn with(mut all: Value, arguments: Value) -> Value {
    if let (Value::Object(all), Value::Object(arguments)) = (&mut all, arguments) {
        all.extend(arguments);
    }
    all
}

fn by_email() -> Value {
    json!({ "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"] })
}

fn verifies_email() -> Value {
    json!({ "AutoVerifiedAttributes": ["email"] })
}

#[rustfmt::skip] // A table: it reads by lines.
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
        when("pool by name", "get_user", json!({ "user_pool_id": "main", "username": "ana" })).confirmed("ana"),
        when("pool of another Region", "list_users", json!({ "user_pool_id": "eu-west-1_AbCdEfGhI" })),
        when("no pool named", "list_users", json!({})),
        when("no client named", "sign_in", here(json!({ "username": "ana", "password": PASSWORD }))).confirmed("ana"),
        when("client by name", "sign_in", here(json!({ "client_id": "app", "username": "ana", "password": PASSWORD }))).confirmed("ana"),
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
        when("required attribute at sign-up", "sign_up", at_app(json!({ "username": "ana", "password": PASSWORD }))).pool(schema.clone()),
        when("flag in words", "create_user", here(json!({ "username": "ana", "email": "ana@example.com", "attributes": { "email_verified": "yes" } }))),
        when("number in words", "create_user", here(json!({ "username": "ana", "attributes": { "custom:badge": "many" } }))).pool(schema.clone()),
        when("flag without its value", "create_user", here(json!({ "username": "ana", "attributes": { "email_verified": "true" } }))),
        when("address with spaces", "create_user", here(json!({ "username": "ana", "email": "ana @ example.com" }))),
        when("address that is none", "create_user", here(json!({ "username": "ana", "email": "ana" }))),
        when("number without a plus", "update_user", here(json!({ "username": "ana", "attributes": { "phone_number": "1 (555) 555-0100" } }))).confirmed("ana"),
        when("username must be an address", "create_user", here(json!({ "username": "ana", "email": "ana@example.com" }))).pool(by_email()),
        when("username must be an address, and there is none", "create_user", user("ana")).pool(by_email()),
        when("username must be a number", "create_user", here(json!({ "username": "1 555 555 0100", "message_action": "SUPPRESS" }))).pool(json!({ "UsernameAttributes": ["phone_number"] })),
        when("username must be an address or a number", "create_user", here(json!({ "username": "ana", "email": "ana@example.com" })))
            .pool(json!({ "UsernameAttributes": ["phone_number", "email"] })),
        when("username like an alias", "create_user", user("ana@example.com")).pool(json!({ "AliasAttributes": ["email"] })),
        when("username like a number", "create_user", here(json!({ "username": "+15555550100", "message_action": "SUPPRESS" }))).pool(json!({ "AliasAttributes": ["phone_number"] })),
        when("address beside the username", "sign_up", at_app(json!({ "username": "ana@example.com", "password": PASSWORD, "email": "b@example.com" }))).pool(by_email()),
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
        when("cursor that is none", "list_users", here(json!({ "cursor": "nonsense" }))),
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
        when("secret changed", "sign_in", sign_in(PASSWORD)).app(json!({ "GenerateSecret": true })).confirmed("ana")
            .after("sign_in", sign_in(PASSWORD))
            .fault("AdminInitiateAuth", "NotAuthorizedException", "SecretHash does not match for the client: app"),
        when("secret gone", "sign_in", sign_in(PASSWORD)).app(json!({ "GenerateSecret": true })).confirmed("ana")
            .after("sign_in", sign_in(PASSWORD))
            .fault("AdminInitiateAuth", "NotAuthorizedException", "Client app is not configured for secret but secret hash was received"),
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
    ]
}

/// Sentences that hints know and no scenario provokes, and why.
const NOT_PROVOKED: &[(&str, &[&str])] = &[
    (
        "the SDK and the server write and sign requests",
        &[
            "ExpectedList",
            "ExpectedMap",
            "ExpectedStructure",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "NotJson",
            "TokenOrSession",
            "UnexpectedList",
            "UnexpectedObject",
            "UnknownOperation",
            "WrongJsonType",
        ],
    ),
    ("tools call what is built", &["NotImplemented"]),
    (
        "no tool tags pools",
        &[
            "NoUserPoolArn",
            "PoolTagCharacters",
            "PoolTagReserved",
            "TagCharacters",
            "TagReserved",
            "TooManyPoolTags",
            "TooManyTags",
        ],
    ),
    (
        "the server fills in what a challenge needs",
        &["MissingParameter"],
    ),
    (
        "no tool asks for a confirmation code to be sent again",
        &["AlreadyConfirmed", "CannotResendCodes"],
    ),
    (
        "no tool has these flows",
        &[
            "CustomAuthNotConfigured",
            "FlowIsNotEnabled",
            "InitiateAuthMethodNotSupported",
            "InvalidParameterValue",
            "PasskeyRefused",
            "TimestampFormat",
        ],
    ),
    (
        "no tool chooses a user's factors, and challenges name only those that the pool has",
        &[
            "MfaOptionsSmsOnly",
            "NoDeliveryConfig",
            "NoSmsConfiguration",
            "PasskeysAreOneFactor",
            "PasskeysNeedOtherFactor",
            "SeveralPreferredFactors",
            "TotpNotEnabled",
        ],
    ),
    (
        "no tool knows devices",
        &[
            "DeviceBeforeUser",
            "DeviceExists",
            "DeviceNotFound",
            "DevicesNotTracked",
            "InvalidDeviceKey",
        ],
    ),
    (
        "no tool acts for a user who has signed in",
        &[
            "AccessTokenExpired",
            "AccessTokenForged",
            "AccessTokenInvalid",
            "AccessTokenRevoked",
            "AccessTokenScopes",
            "CurrentSession",
            "NoEmailToVerify",
            "NoPhoneToVerify",
            "PasskeyChallengeNotFound",
            "PasskeyClientMismatch",
            "PasskeyMalformed",
            "PasskeyNotFound",
            "PasskeyNotSupported",
            "PasskeyOriginNotAllowed",
            "PasskeyRelyingPartyMismatch",
            "PasskeysNotEnabled",
            "RelyingPartyMissing",
            "SessionNotFound",
            "UnverifiableAttribute",
        ],
    ),
    (
        "no tool refreshes, exchanges or revokes tokens",
        &[
            "AudienceAndResource",
            "ClientOrSecretInvalid",
            "ClientSecretMissing",
            "ClientUnauthorized",
            "NoScopes",
            "PartyTokenExpired",
            "PartyTokenInvalid",
            "RefreshTokenExpired",
            "RefreshTokenInvalid",
            "RefreshTokenReused",
            "RefreshTokenRevoked",
            "RefreshTokenUnknown",
            "RevocationNotEnabled",
            "ScopeNotAllowed",
            "TokenExchangeOff",
            "UnsupportedTokenType",
        ],
    ),
    (
        "no tool makes, changes or deletes pools",
        &[
            "AliasAndUsernameAttributes",
            "AttributeExists",
            "AttributeNameMissing",
            "AttributeTypeMissing",
            "CrossAccountRole",
            "CrossRegionLambda",
            "DeletionProtected",
            "DuplicateAttribute",
            "EmailIdentityNotAllowed",
            "EmailMfaDefaultSender",
            "FeatureUnavailable",
            "FeaturesNeedDisabling",
            "FirstFactorsWithMfa",
            "ImportInProgress",
            "InvalidFromAddress",
            "KmsKeyRequired",
            "MaxLengthBelowMin",
            "MaxValueBelowMin",
            "MfaFactorRequired",
            "MfaOffWithFactor",
            "MfaOnAfterCreation",
            "PasswordFactorRequired",
            "PoolHasDomain",
            "RecoveryAdminOnlyAlone",
            "RecoveryDuplicates",
            "RelyingPartyNotAllowed",
            "RequiredCustomAttribute",
            "SesRegion",
            "SingleFactorWebAuthn",
            "SmsConfigurationForMfa",
            "SmsConfigurationForVerification",
            "SmsRoleTrust",
            "SnsRegion",
            "SourceArnRequired",
            "StandardAttributeChanged",
            "TooManyAttributes",
            "TwoPreTokenLambdas",
            "UnusedAccountValidityDays",
            "VerificationBeforeUpdateNotAuto",
        ],
    ),
    (
        "no tool makes or changes clients",
        &[
            "AnalyticsIncomplete",
            "CallbackUrlsEmpty",
            "ClientCredentialsAlone",
            "ClientCredentialsNeedSecret",
            "ClientIsPublic",
            "ClientTokenFlowAlone",
            "ClientTokenFlowNeedsSecret",
            "DefaultRedirectNotListed",
            "InvalidReadAttributes",
            "InvalidWriteAttributes",
            "LastSecret",
            "LegacyFlowMixed",
            "OAuthFlowsAndScopesRequired",
            "PropagateNeedsSecret",
            "RotationWithRefreshFlow",
            "ScopeNotFound",
            "SecretGivenAndGenerated",
            "SecretNotFound",
            "SessionTrackingOff",
            "TokenValidityOrder",
            "TokenValidityRange",
            "UrlFragment",
            "UrlHttp",
        ],
    ),
    (
        "no tool knows identity providers",
        &[
            "AcrMappingNotOidc",
            "AlreadyLinked",
            "AppleDetailsMissing",
            "AttributesRequestMethod",
            "CognitoSubjectRequired",
            "IdentifierNotFound",
            "IdentifierTaken",
            "IdentityProviderNotFound",
            "IdentityTooLong",
            "InvalidAttributeMapping",
            "LinkedElsewhere",
            "LocalSourceUser",
            "MergingUnsupported",
            "MetadataMissing",
            "MetadataTwice",
            "MetadataUnreadable",
            "NotLinked",
            "OidcDetailsMissing",
            "OidcEndpointHttp",
            "ProviderExists",
            "ProviderNotFound",
            "ProviderTypeMismatch",
            "ProviderUserIncomplete",
            "SocialDetailsMissing",
            "UpdatedProviderNotFound",
        ],
    ),
    (
        "no tool knows resource servers, domains, and the pages at them",
        &[
            "BrandingExists",
            "BrandingNotFound",
            "BrandingOfClientNotFound",
            "BrandingSource",
            "CertificateInvalid",
            "CssClassNotAllowed",
            "CssNotAllowed",
            "CustomToPrefix",
            "DomainConfigured",
            "DomainInvalid",
            "DomainNotFound",
            "DomainRequired",
            "DomainReserved",
            "DomainTaken",
            "DuplicateScope",
            "InvalidAssets",
            "LoginVersion",
            "NotSubdomain",
            "PrefixToCustom",
            "ResourceServerExists",
            "ResourceServerNotFound",
            "RoutingOfPrefix",
            "TermsExist",
            "TermsLinksMissing",
            "TermsNotFound",
            "TermsOfClientNotFound",
            "TooManyAssets",
        ],
    ),
    (
        "no tool imports users",
        &[
            "ImportFileMissing",
            "ImportJobActive",
            "ImportJobNotCreated",
            "ImportJobNotFound",
            "ImportJobNotRunning",
            "ImportNeedsAutoVerified",
        ],
    ),
    (
        "no tool knows risks, logs, limits and replicas",
        &[
            "AddOnNotEnabled",
            "AuthEventNotFound",
            "CidrFormat",
            "FeedbackTokenInvalid",
            "LimitAboveMaximum",
            "LimitBelowDefault",
            "LimitCategoryMissing",
            "LimitNotAdjustable",
            "LimitNotFound",
            "LimitOfManagedLogin",
            "LogRequestInvalid",
            "NotifyConfigurationMissing",
            "NotifySourceRegion",
            "ReplicaInTransition",
            "ReplicaIsPrimary",
            "ReplicaNeedsKey",
            "ReplicaNotFound",
            "ReplicaNotInactive",
            "ReplicaRegion",
        ],
    ),
];

/// More steps than these mean that nobody gets anywhere.
const STEPS: usize = 5;

/// Follows a refusal until a call succeeds, or until no call is told.
async fn follow(
    world: &World,
    tool: &str,
    arguments: &Value,
    seen: &mut BTreeSet<(String, String)>,
) -> String {
    let mut told = String::new();
    let (mut tool, mut arguments) = (tool.to_owned(), world.filled(arguments));
    let mut before = None;
    for _ in 0..STEPS {
        let facts = match world.call(&tool, &arguments).await {
            Outcome::Done(_) => {
                writeln!(told, "  {tool}: done").unwrap();
                return told;
            }
            Outcome::Refused(facts) => facts,
        };
        let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
        let (code, message) = (text("code"), text("message"));
        seen.insert((code.clone(), message.clone()));
        assert_ne!(
            before,
            Some((tool.clone(), message.clone())),
            "the same again:\n{told}"
        );
        writeln!(told, "  {tool}: {code}: {}", message.trim_end()).unwrap();
        assert!(facts["hint"].is_string(), "no hint:\n{told}");
        writeln!(told, "    {}", text("hint")).unwrap();
        if let Some(wait) = facts["retry_after_ms"].as_u64() {
            writeln!(told, "    wait {wait} ms").unwrap();
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
            writeln!(told, "  no call helps").unwrap();
            return told;
        };
        retry["tool"].as_str().unwrap().clone_into(&mut tool);
        arguments = retry["arguments"].clone();
    }
    panic!("nobody gets anywhere:\n{told}");
}

#[tokio::test(start_paused = true)]
async fn every_retry_helps() {
    let mut seen = BTreeSet::new();
    let mut told = String::new();
    for scenario in scenarios() {
        let world = World::new(scenario.pool, scenario.app).await;
        for (name, arguments) in scenario.before {
            if name.starts_with(char::is_uppercase) {
                world.cognito(name, world.filled(&arguments));
            } else {
                world.call(name, &arguments).await;
            }
        }
        let (tool, arguments) = scenario.call;
        let way = follow(&world, tool, &arguments, &mut seen).await;
        assert!(way.lines().count() > 1, "{} was not refused", scenario.name);
        writeln!(told, "{}\n{}", scenario.name, world.nameless(&way)).unwrap();
    }
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("retries", told);
    });
    assert_covered(&seen);
}

/// Where secrets are not shown, a retry refers to the one that was sent.
#[tokio::test(start_paused = true)]
async fn a_secret_that_was_sent_is_not_told_again() {
    for reveals in [true, false] {
        let world = World::revealing(Some(reveals), json!({}), json!({})).await;
        let ana = here(json!({ "username": "ana", "temporary_password": PASSWORD }));
        world.call("create_user", &ana).await;
        let arguments = here(json!({ "username": "anna", "new_password": PASSWORD }));
        let Outcome::Refused(facts) = world.call("reset_password", &arguments).await else {
            panic!("nobody is called anna");
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

        // A new password is the server's own, and is told.
        let weak = here(json!({ "username": "ana", "new_password": "weak" }));
        let Outcome::Refused(facts) = world.call("reset_password", &weak).await else {
            panic!("the password is weak");
        };
        assert!(!facts.to_string().contains("\"weak\""), "{facts}");
        let Outcome::Done(_) = world
            .call("reset_password", &facts["retry"]["arguments"])
            .await
        else {
            panic!("{facts}");
        };
    }
}

/// On AWS there is no clock to move and no outbox to read: the caller waits.
#[tokio::test(start_paused = true)]
async fn no_retry_names_a_tool_that_may_not_run() {
    let refusals = [
        (
            "NotAuthorizedException",
            "Password attempts exceeded",
            Some(900_000),
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

/// Every sentence that has a hint was met, or there is a reason why not.
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
    let met = |error: &Error| {
        // Fields of the sample are named after themselves, one word each.
        // Tools tell it on one line.
        let sample = error.sentence().unwrap_or_default();
        let sample = sample.trim().replace('\n', " ");
        seen.iter()
            .any(|(code, message)| code == error.code() && alike(&sample, message))
    };
    let lacking: Vec<&str> = Error::each()
        .iter()
        .filter(|error| {
            let message = error.sentence().unwrap_or_default();
            hints::find(error.code(), &message).is_some()
        })
        .filter(|error| met(error) == unprovoked.contains_key(error.name()))
        .map(Error::name)
        .collect();
    assert!(
        lacking.is_empty(),
        "provoke these, or say why not (and no others): {lacking:?}"
    );
}

/// Whether `message` is the sentence of which `sample` is one.
fn alike(sample: &str, message: &str) -> bool {
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let (sample, message) = (words(sample), words(message));
    let fields = [
        "attribute",
        "client",
        "flow",
        "group",
        "limit",
        "message",
        "operation",
        "parameter",
        "pool",
        "problems",
        "reason",
        "resource",
        "status",
        "trigger",
        "username",
    ];
    let fixed = |word: &&String| !fields.contains(&word.as_str());
    let mut rest = message.iter();
    sample
        .iter()
        .filter(fixed)
        .all(|word| rest.any(|other| other == word))
}
