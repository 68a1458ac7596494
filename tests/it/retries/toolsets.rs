//! Refusals of the toolsets that are off by default, and of tools with few kinds of
//! failures.

use serde_json::json;

use super::{PASSWORD, Scenario, at_app, here, oidc, when};
use crate::json::with;

/// A device that does not exist.
const DEVICE: &str = "us-east-1_a1b2c3d4-5678-90ab-cdef-000000000000";

#[rustfmt::skip] // A table with one row per line.
pub(super) fn mfa() -> Vec<Scenario> {
    let user = |username: &str| here(json!({ "username": username }));
    let app_offered = || ("SetUserPoolMfaConfig", json!({ "UserPoolId": "$pool", "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true } }));
    vec![
        when("invalid token", "list_passkeys", json!({ "access_token": "nonsense" })),
        when("token over", "list_passkeys", json!({ "access_token": "$access" })).confirmed("ana").after("list_passkeys", json!({ "access_token": "$access" })).after("advance_clock", json!({ "hours": 2 })),
        when("ID token for an access token", "set_up_authenticator_app", json!({ "access_token": "$id_token" })).confirmed("ana"),
        when("token of a deleted user", "set_up_authenticator_app", json!({ "access_token": "$access" })).confirmed("ana")
            .after("list_passkeys", json!({ "access_token": "$access" })).after("delete_user", user("ana")),
        when("token of who was signed out", "set_up_authenticator_app", json!({ "access_token": "$access" })).confirmed("ana")
            .after("list_passkeys", json!({ "access_token": "$access" })).after("sign_out_user", user("ana")),
        when("passkeys of a pool without them", "delete_passkey", json!({ "access_token": "$access", "credential_id": "KEqeFxg0nVrTqC4PvCnqUw" })).confirmed("ana"),
        when("unknown passkey", "delete_passkey", json!({ "access_token": "$access", "credential_id": "KEqeFxg0nVrTqC4PvCnqUw" }))
            .pool(json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } } })).confirmed("ana"),
        when("second factors of a pool by name", "get_mfa_config", json!({ "user_pool_id": "Main" })),
        when("factors of a misspelt user", "get_user_factors", user("anna")).confirmed("ana"),
        when("app of a misspelt user", "remove_authenticator_app", user("anna")).confirmed("ana"),
        when("SMS that the pool cannot send as a factor", "set_mfa_config", here(json!({ "mode": "OPTIONAL", "sms": true }))),
        when("e-mail that the pool cannot send as a factor", "set_mfa_config", here(json!({ "mode": "OPTIONAL", "email": true }))),
        when("second factor demanded and none offered", "set_mfa_config", here(json!({ "mode": "ON" }))),
        when("factor offered and none asked for", "set_mfa_config", here(json!({ "mode": "sometimes", "authenticator_app": true }))),
        when("message without its code", "set_mfa_config", here(json!({ "mode": "OPTIONAL", "authenticator_app": true, "email_subject": "Code", "email_message": "Hello" }))),
        when("relying party with a scheme", "set_mfa_config", here(json!({ "passkey_relying_party": "https://example.com" }))),
        when("app preferred that was not set up", "set_mfa_preference", here(json!({ "username": "ana", "prefer": "SOFTWARE_TOKEN_MFA" })))
            .after(app_offered().0, app_offered().1).confirmed("ana"),
        when("factor that the pool does not offer", "set_mfa_preference", here(json!({ "username": "ana", "enable": ["SMS_MFA"] }))).confirmed("ana"),
        when("factors of a misspelt user changed", "set_mfa_preference", here(json!({ "username": "anna", "disable": ["SMS_MFA"] }))).confirmed("ana"),
        when("factor on and off", "set_mfa_preference", here(json!({ "username": "ana", "enable": ["SMS_MFA"], "disable": ["SMS_MFA"] }))).confirmed("ana"),
        when("app that the pool does not offer", "set_up_authenticator_app", json!({ "access_token": "$access" })).confirmed("ana"),
        when("code of an app that was not begun", "set_up_authenticator_app", json!({ "access_token": "$access", "code": "000000" }))
            .after(app_offered().0, app_offered().1).confirmed("ana"),
        when("wrong code of a new app", "set_up_authenticator_app", json!({ "access_token": "$access", "code": "000000" }))
            .after(app_offered().0, app_offered().1).confirmed("ana").after("set_up_authenticator_app", json!({ "access_token": "$access" })),
        when("code of an app with a space", "set_up_authenticator_app", json!({ "access_token": "$access", "code": "000 000" }))
            .after(app_offered().0, app_offered().1).confirmed("ana").after("set_up_authenticator_app", json!({ "access_token": "$access" })),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn diagnosis() -> Vec<Scenario> {
    let ana = |more| with(json!({ "username": "ana" }), more);
    vec![
        when("diagnosis at a client by name", "diagnose_sign_in", here(ana(json!({ "client_id": "App" })))).confirmed("ana"),
        when("diagnosis at an unknown client", "diagnose_sign_in", here(ana(json!({ "client_id": "1example23456789" })))).confirmed("ana"),
        when("diagnosis in a pool by name", "diagnose_sign_in", ana(json!({ "user_pool_id": "Main" }))).confirmed("ana"),
        when("diagnosis of a misspelt flow", "diagnose_sign_in", at_app(ana(json!({ "flow": "USER_PASWORD_AUTH" })))).confirmed("ana"),
        when("diagnosis without a pool", "diagnose_sign_in", ana(json!({}))).confirmed("ana"),
        when("audit of a pool by name", "audit_pool", json!({ "user_pool_id": "Main" })),
        when("audit of a misspelt pool", "audit_pool", json!({ "user_pool_id": "us-east-1_xxxxxxxxx" })),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn clients() -> Vec<Scenario> {
    let client = |arguments| at_app(arguments);
    let secretive = || json!({ "GenerateSecret": true });
    let machine = || ("put_resource_server", here(json!({ "identifier": "orders", "scopes": [{ "name": "read", "description": "Read" }, { "name": "write", "description": "Write" }] })));
    vec![
        when("OAuth without scopes", "create_client", here(json!({ "name": "web", "oauth_flows": ["code"], "callback_urls": ["https://example.com/callback"] }))),
        when("OAuth without a way back", "create_client", here(json!({ "name": "web", "oauth_flows": ["code"], "scopes": ["openid"] }))),
        when("way back over http", "create_client", here(json!({ "name": "web", "oauth_flows": ["code"], "scopes": ["openid"], "callback_urls": ["http://example.com/callback"] }))),
        when("machine beside people", "create_client", here(json!({ "name": "job", "secret": true, "oauth_flows": ["client_credentials", "code"], "scopes": ["openid"], "callback_urls": ["https://example.com/callback"] }))),
        when("machine without a secret", "create_client", here(json!({ "name": "job", "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] })))
            .after("put_resource_server", here(json!({ "identifier": "orders", "scopes": [{ "name": "read", "description": "Read" }] }))),
        when("scope that the server does not have", "create_client", here(json!({ "name": "web", "oauth_flows": ["code"], "scopes": ["orders/write"], "callback_urls": ["https://example.com/callback"] })))
            .after("put_resource_server", here(json!({ "identifier": "orders", "scopes": [{ "name": "read", "description": "Read" }] }))),
        when("life of tokens without a unit", "update_client", client(json!({ "access_tokens_last": 60 }))),
        when("life of tokens as the API has it", "update_client", client(json!({ "access_token_validity": 2 }))),
        when("setting as an answer shows it", "update_client", client(json!({ "can_revoke_tokens": false }))),
        when("scope that is not there", "create_client", here(json!({ "name": "web", "oauth_flows": ["code"], "scopes": ["orders/read"], "callback_urls": ["https://example.com/callback"] }))),
        when("misspelt flow", "create_client", here(json!({ "name": "web", "flows": ["USER_PASWORD_AUTH"] }))),
        when("old flows beside new ones", "create_client", here(json!({ "name": "web", "settings": { "ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] } }))),
        when("tokens of a minute", "create_client", here(json!({ "name": "web", "access_tokens_last": "1 minute" }))),
        when("refresh tokens of twenty years", "create_client", here(json!({ "name": "web", "refresh_tokens_last": "20 years" }))),
        when("misspelt setting of a client", "create_client", here(json!({ "name": "web", "settings": { "WriteAttribute": ["email"] } }))),
        when("unknown provider of a client", "create_client", here(json!({ "name": "web", "settings": { "SupportedIdentityProviders": ["Crop"] } })))
            .after("put_identity_provider", here(json!({ "name": "Corp", "type": "OIDC", "details": oidc() }))),
        when("client deleted by name", "delete_client", here(json!({ "client_id": "App" }))),
        when("client described by name", "describe_client", here(json!({ "client_id": "App" }))),
        when("client changed by name", "update_client", here(json!({ "client_id": "App", "id_tokens_last": "1 hour" }))),
        when("secret of a client that has none", "rotate_client_secret", client(json!({}))),
        when("third secret", "rotate_client_secret", client(json!({}))).app(secretive()).after("rotate_client_secret", client(json!({}))),
        when("short secret", "rotate_client_secret", client(json!({ "client_secret": "short" }))).app(secretive()),
        when("unknown secret removed", "remove_client_secret", client(json!({ "client_secret_id": "$client--1" }))).app(secretive()),
        when("last secret removed", "remove_client_secret", client(json!({ "client_secret_id": "$secret" }))).app(secretive()),
        when("OAuth turned on without scopes", "update_client", client(json!({ "oauth_flows": ["implicit"], "callback_urls": ["https://example.com"] }))),
        when("attribute that is not there made writable", "update_client", client(json!({ "settings": { "WriteAttributes": ["famly_name"] } }))),
        when("token of a client without a secret", "get_client_token", client(json!({}))),
        when("token of a client for users", "get_client_token", client(json!({}))).app(secretive()),
        when("token of a client by name", "get_client_token", here(json!({ "client_id": "App" }))).app(secretive()),
        when("token without scopes", "get_client_token", client(json!({}))).app(json!({ "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"] })),
        when("token with a scope of users", "get_client_token", client(json!({ "scopes": ["openid"] }))).app(json!({ "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"] })),
        when("token at a pool without a domain", "get_client_token", client(json!({}))).after(machine().0, machine().1).app(secretive())
            .after("update_client", client(json!({ "flows": ["ALLOW_REFRESH_TOKEN_AUTH"], "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] }))),
        when("token of a client whose grants are off", "get_client_token", client(json!({}))).after(machine().0, machine().1).app(secretive()).domain()
            .after("update_client", client(json!({ "oauth_flows": ["client_credentials"], "scopes": ["orders/read"], "settings": { "AllowedOAuthFlowsUserPoolClient": false } }))),
        when("token with a scope that the client may not have", "get_client_token", client(json!({ "scopes": ["orders/write"] }))).after(machine().0, machine().1).app(secretive()).domain()
            .after("update_client", client(json!({ "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] }))),
        when("token with an unknown scope", "get_client_token", client(json!({ "scopes": ["order/read"] }))).after(machine().0, machine().1).app(secretive()).domain()
            .after("update_client", client(json!({ "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] }))),
        when("token with a wrong secret", "get_client_token", client(json!({ "client_secret": "wrongwrongwrongwrongwrong" }))).after(machine().0, machine().1).app(secretive()).domain()
            .after("update_client", client(json!({ "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] }))),
        when("link of a pool without a domain", "sign_up", client(json!({ "username": "dora", "password": PASSWORD, "email": "dora@example.com" })))
            .pool(json!({ "AutoVerifiedAttributes": ["email"], "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK" } })),
        when("URL of a pool without a domain", "build_sign_in_url", client(json!({ "redirect_uri": "https://example.com/callback" }))),
        when("URL of an emulator without an address", "build_sign_in_url", client(json!({ "redirect_uri": "https://example.com/callback" }))).domain(),
        when("URL of a client by name", "build_sign_in_url", here(json!({ "client_id": "App" }))).domain(),
        when("part of a URL checked", "check_sign_in_url", here(json!({ "url": "/login?client_id=$client" }))).domain(),
        when("URL with a space checked", "check_sign_in_url", here(json!({ "url": "https://example.com/login?scope=openid email" }))).domain(),
        when("refreshing beside rotation", "update_client", client(json!({ "rotates_refresh_tokens": true }))),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn devices() -> Vec<Scenario> {
    let tracked = || json!({ "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true } });
    let device = |username: &str| here(json!({ "username": username, "device_key": DEVICE }));
    vec![
        when("unknown device", "list_devices", device("ana")).pool(tracked()).confirmed("ana"),
        when("unknown device forgotten", "forget_device", device("ana")).pool(tracked()).confirmed("ana"),
        when("device of a misspelt user forgotten", "forget_device", device("anna")).pool(tracked()).confirmed("ana"),
        when("invalid device key", "forget_device", here(json!({ "username": "ana", "device_key": "phone" }))).pool(tracked()).confirmed("ana"),
        when("unknown device remembered", "set_device_remembered", here(json!({ "username": "ana", "device_key": DEVICE, "remembered": true }))).pool(tracked()).confirmed("ana"),
        when("device of a pool that tracks none", "set_device_remembered", here(json!({ "username": "ana", "device_key": DEVICE, "remembered": true }))).confirmed("ana"),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn risk() -> Vec<Scenario> {
    let protected = || json!({ "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" } });
    vec![
        when("events of a pool without threat protection", "list_sign_in_events", here(json!({ "username": "ana" }))).confirmed("ana"),
        when("events of a misspelt user", "list_sign_in_events", here(json!({ "username": "anna" }))).pool(protected()).confirmed("ana"),
        when("risks of a client by name", "get_risk_config", here(json!({ "client_id": "App" }))).pool(protected()),
        when("risks of a pool by name", "get_risk_config", json!({ "user_pool_id": "Main" })),
        when("risks without threat protection", "set_risk_config", here(json!({ "high_risk": "BLOCK" }))),
        when("invalid range", "set_risk_config", here(json!({ "blocked_ip_ranges": ["192.0.2.0/240"] }))).pool(protected()),
        when("notified of risks without an SES identity", "set_risk_config", here(json!({ "high_risk": "BLOCK", "notify_at": ["high"] }))).pool(protected()),
        when("unknown event", "give_event_feedback", here(json!({ "username": "ana", "event_id": "a1b2c3d4-5678-90ab-cdef-000000000000", "feedback": "invalid" }))).pool(protected()).confirmed("ana"),
        when("feedback in other words", "give_event_feedback", here(json!({ "username": "ana", "event_id": "a1b2c3d4-5678-90ab-cdef-000000000000", "feedback": "bad" }))).pool(protected()).confirmed("ana"),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn tokens() -> Vec<Scenario> {
    let refresh = |token: &str| at_app(json!({ "refresh_token": token }));
    let exchange = |code: &str| at_app(json!({ "code": code, "redirect_uri": "https://example.com/callback" }));
    vec![
        when("nonsense decoded", "decode_token", json!({ "token": "nonsense" })),
        when("refresh token decoded", "decode_token", json!({ "token": "$refresh" })).confirmed("ana"),
        when("verified for another use", "verify_token", here(json!({ "token": "$access", "token_use": "refresh" }))).confirmed("ana"),
        when("unknown code exchanged", "exchange_code", exchange("nonsense")).domain(),
        when("code exchanged at a pool without a domain", "exchange_code", exchange("nonsense")),
        when("code exchanged without its redirect URI", "exchange_code", at_app(json!({ "code": "nonsense" }))).domain(),
        when("code exchanged by a client by name", "exchange_code", here(json!({ "client_id": "App", "code": "nonsense", "redirect_uri": "https://example.com/callback" }))).domain(),
        when("refresh of an invalid token", "refresh_tokens", refresh("nonsense")),
        when("access token refreshed", "refresh_tokens", refresh("$access")).confirmed("ana"),
        when("refresh token over", "refresh_tokens", refresh("$refresh")).confirmed("ana").after("decode_token", json!({ "token": "$access" })).after("advance_clock", json!({ "days": 31 })),
        when("refresh token revoked", "refresh_tokens", refresh("$refresh")).confirmed("ana").after("revoke_tokens", refresh("$refresh")),
        when("refresh token of a deleted user", "refresh_tokens", refresh("$refresh")).confirmed("ana")
            .after("decode_token", json!({ "token": "$access" })).after("delete_user", here(json!({ "username": "ana" }))),
        when("refresh token used twice", "refresh_tokens", refresh("$refresh"))
            .app(json!({ "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH"], "RefreshTokenRotation": { "Feature": "ENABLED" } }))
            .confirmed("ana").after("refresh_tokens", refresh("$refresh")),
        when("refresh token of who was disabled", "refresh_tokens", refresh("$refresh")).confirmed("ana")
            .after("decode_token", json!({ "token": "$access" })).after("disable_user", here(json!({ "username": "ana" }))),
        when("refreshed at a client by name", "refresh_tokens", here(json!({ "client_id": "App", "refresh_token": "$refresh" }))).confirmed("ana"),
        when("access token revoked", "revoke_tokens", refresh("$access")).confirmed("ana"),
        when("revoked at a client that cannot", "revoke_tokens", refresh("$refresh")).app(json!({ "EnableTokenRevocation": false })).confirmed("ana"),
    ]
}

/// Scenarios of the other tools, mostly with invalid arguments.
#[rustfmt::skip] // A table with one row per line.
pub(super) fn others() -> Vec<Scenario> {
    let user = |username: &str| here(json!({ "username": username }));
    vec![
        when("users with wrong rows", "create_users", here(json!({ "users": [{ "username": "ana" }, { "username": "ben c" }, { "name": "dora" }] }))),
        when("attributes beside the others", "create_user", here(json!({ "username": "ana", "name": "Ana", "given_name": "Ana", "custom:team": "a", "email_verified": true, "email": "ana@example.com" })))
            .pool(json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String", "Mutable": true }] })),
        when("attribute beside the user", "update_user", here(json!({ "username": "ana", "nickname": "An", "attributes": { "locale": "en" } }))).confirmed("ana"),
        when("address for a filter", "list_users", here(json!({ "email": "ana@example.com" }))).confirmed("ana"),
        when("object for a filter", "list_users", here(json!({ "filter": { "email": "ana@example.com" } }))).confirmed("ana"),
        when("part of an address", "list_users", here(json!({ "filter": "email contains example" }))).confirmed("ana"),
        when("pattern of an address", "list_users", here(json!({ "filter": "email like \"%@example.com\"" }))).confirmed("ana"),
        when("address for a username", "get_user", here(json!({ "email": "ana@example.com" }))).confirmed("ana"),
        when("user in a list", "get_user", here(json!({ "usernames": ["ana"] }))).confirmed("ana"),
        when("names for users", "create_users", here(json!({ "users": "ana, ben", "message_action": "SUPPRESS" }))),
        when("list of names for users", "create_users", here(json!({ "usernames": ["ana", "ben"], "message_action": "SUPPRESS" }))),
        when("groups for a group", "remove_user_from_group", here(json!({ "username": "ana", "groups": ["admins"] }))).confirmed("ana").after("create_group", here(json!({ "group": "admins" }))),
        when("attributes as the API has them", "create_user", here(json!({ "Username": "ana", "UserAttributes": [{ "Name": "nickname", "Value": "An" }], "message_action": "SUPPRESS" }))),
        when("address alone", "create_user", here(json!({ "email": "ana@example.com" }))).pool(json!({ "UsernameAttributes": ["email"] })),
        when("pool by a name for names", "describe_pool", json!({ "pool_name": "main" })),
        when("client by a name for names", "describe_client", here(json!({ "name": "app" }))),
        when("code by another name", "confirm_sign_up", at_app(json!({ "username": "ana", "verification_code": "$code" })))
            .pool(json!({ "AutoVerifiedAttributes": ["email"] })).signed_up("ana"),
        when("grant as OAuth calls it", "create_client", here(json!({ "name": "web", "grant_types": ["authorization_code"], "redirect_uris": ["https://a.example.com/callback"], "scopes": ["openid"] }))),
        when("identity as it is called elsewhere", "link_identity", here(json!({ "username": "ana", "provider_name": "Corp", "provider_user_id": "1" }))).provider().confirmed("ana"),
        when("domain by its prefix", "put_domain", here(json!({ "prefix": "example-sign-in" }))),
        when("limit by the API's name", "list_groups", here(json!({ "max_results": 5 }))),
        when("recipient by another name", "read_outbox", json!({ "email": "ana@example.com" })),
        when("operation by another name", "call_operation", json!({ "action": "AdminGetUser", "params": { "UserPoolId": "$pool", "Username": "ana" } })).confirmed("ana"),
        when("factors by other names", "set_mfa_config", here(json!({ "mfa": "optional", "totp": true }))),
        when("choice in a list", "create_pool", json!({ "name": "shop", "sign_in_by": ["email"] })),
        when("choices in a list", "create_pool", json!({ "name": "shop", "sign_in_by": ["email", "phone_number"] })),
        when("scopes as OAuth writes them", "create_client", here(json!({ "name": "web", "oauth_flows": "code", "scopes": "openid email", "callback_url": "https://a.example.com/callback" }))),
        when("nothing that can be set", "update_pool", here(json!({ "mfa_configuration": "ON" }))),
        when("all of them", "list_groups", here(json!({ "limit": "all" }))),
        when("name for username", "get_user", here(json!({ "name": "ana" }))).confirmed("ana"),
        when("misspelt user enabled", "enable_user", user("anna")).confirmed("ana"),
        when("misspelt user signed out", "sign_out_user", user("anna")).confirmed("ana"),
        when("misspelt setting of a new pool", "create_pool", json!({ "name": "shop", "settings": { "UserPoolTeer": "PLUS" } })),
        when("pool of contrary settings", "create_pool", json!({ "name": "shop", "settings": { "UsernameAttributes": ["email"], "AliasAttributes": ["email"] } })),
        when("pool described by name", "describe_pool", json!({ "user_pool_id": "Main" })),
        when("export of a pool by name", "export_pool", json!({ "user_pool_id": "Main" })),
        when("export of users by the hundred", "export_pool", here(json!({ "users": true, "limit": 100 }))),
        when("plan with a misspelt tool", "plan_change", here(json!({ "calls": [{ "tool": "createGroup", "arguments": { "group": "readers" } }] }))),
        when("plan with the words of the protocol", "plan_change", here(json!({ "calls": [{ "name": "create_group", "arguments": { "group": "readers" } }] }))),
        when("plan of one call without a list", "plan_change", here(json!({ "calls": { "tool": "create_group", "arguments": { "group": "readers" } } }))),
        when("clients of a pool by name", "list_clients", json!({ "user_pool_id": "Main" })),
        when("pools by the thousand", "list_pools", json!({ "limit": 1000 })),
        when("who am I, with an argument", "whoami", json!({ "username": "ana" })),
        when("providers of a pool by name", "list_identity_providers", json!({ "user_pool_id": "Main" })),
        when("resource servers of a pool by name", "list_resource_servers", json!({ "user_pool_id": "Main" })),
        when("style that is not there", "get_branding", at_app(json!({ "what": "everything" }))),
        when("style of a misspelt kind deleted", "delete_branding", at_app(json!({ "what": "everything" }))),
        when("domain under another name", "get_domain", json!({ "domain_name": "example-sign-in" })),
        when("style of a client by name", "put_branding", here(json!({ "client_id": "App" }))),
        when("header of a pool by name", "get_import_header", json!({ "user_pool_id": "Main" })),
        when("description of an unknown operation", "describe_operation", json!({ "operation": "AdminGetUsers" })),
        when("password of who is not there", "reset_password", here(json!({ "username": "zoe", "new_password": PASSWORD }))),
    ]
}

/// Scenarios of the emulator's own tools.
#[rustfmt::skip] // A table with one row per line.
pub(super) fn emulator() -> Vec<Scenario> {
    vec![
        when("clock turned back", "advance_clock", json!({ "hours": -1 })),
        when("fault that is not declared", "inject_fault", json!({ "operation": "AdminGetUser", "effect": "exception", "code": "UsernameExistsException" })),
        when("fault at no operation", "inject_fault", json!({ "operation": "AdminGetUsers", "effect": "delay", "delay_ms": 5 })),
        when("fault ended that is not there", "inject_fault", json!({ "remove": 7 })),
        when("emulator with an argument", "get_emulator", json!({ "what": "faults" })),
        when("throttle by a number", "set_throttle", json!({ "rate": "10" })),
        when("pool file that is a list", "load_pool_file", json!({ "content": "- PoolName: staff" })),
        when("pool file with a misspelt member", "load_pool_file", json!({ "content": "Version: 1\nUserPools:\n  - PoolNames: staff" })),
        when("request that the journal does not have", "repeat_request", json!({ "request_id": "87cb50b2-635c-454a-a157-82cd2b9c6ca2" })),
        when("journal by the thousand", "read_journal", json!({ "limit": 1000 })),
        when("journal of no operation", "read_journal", json!({ "operation": "AdminGetUsers" })),
        when("outbox by the thousand", "read_outbox", json!({ "limit": 1000 })),
        when("state of a wrong name saved", "save_state", json!({ "state": "fixture" })),
        when("state that is not there restored", "restore_state", json!({ "name": "fixture" })),
        when("state that is not there deleted", "delete_state", json!({ "name": "fixture" })),
        when("state of a misspelt name deleted", "delete_state", json!({ "name": "fixtur" })).after("save_state", json!({ "name": "fixture" })),
        when("reset with an argument", "reset_emulator", json!({ "all": true })),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn bulk() -> Vec<Scenario> {
    let search = |conditions| here(json!({ "where": conditions }));
    let email = |op: &str| json!([{ "field": "email", "op": op, "value": "ana@example.com" }]);
    let change = |arguments| here(arguments);
    let group = |name: &str| ("create_group", here(json!({ "group": name })));
    vec![
        when("condition on a misspelt attribute", "search_users", search(json!([{ "field": "emial", "value": "ana@example.com" }]))).confirmed("ana"),
        when("condition on an attribute that the pool lacks", "search_users", search(json!([{ "field": "custom:tema", "value": "red" }])))
            .pool(json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String" }] })),
        when("operator by another name", "search_users", search(email("equals"))).confirmed("ana"),
        when("operator that is none", "search_users", search(email("resembles"))).confirmed("ana"),
        when("condition without a value", "search_users", search(json!([{ "field": "email" }]))),
        when("age in words", "search_users", search(json!([{ "field": "created", "op": "before", "value": "last summer" }]))),
        when("unreadable pattern", "search_users", search(json!([{ "field": "email", "op": "matches", "value": "(" }]))),
        when("conditions by another name", "search_users", here(json!({ "conditions": [{ "field": "status", "value": "CONFIRMED" }] }))),
        when("search continued with an invalid cursor", "search_users", here(json!({ "cursor": "nonsense" }))),
        when("members of a missing group searched", "search_users", search(json!([{ "field": "group", "value": "admin" }]))).after(group("admins").0, group("admins").1),
        when("sign-ins of a pool without events", "search_users", search(json!([{ "field": "last_sign_in", "op": "before", "value": "90d" }]))).confirmed("ana"),
        when("change of no selection", "update_users", change(json!({ "action": "sign_out" }))),
        when("group not named", "update_users", change(json!({ "action": "add_to_group", "usernames": ["ana"] }))).confirmed("ana"),
        when("group of another action", "update_users", change(json!({ "action": "sign_out", "group": "admins", "usernames": ["ana"] }))).confirmed("ana"),
        when("many users in a misspelt group", "update_users", change(json!({ "action": "add_to_group", "group": "admin", "usernames": ["ana"] })))
            .confirmed("ana").after(group("admins").0, group("admins").1),
        when("action by another name", "update_users", change(json!({ "action": "remove", "usernames": ["ana"] }))).confirmed("ana"),
        when("change continued with an invalid cursor", "update_users", change(json!({ "action": "sign_out", "usernames": ["ana"], "cursor": "nonsense" }))).confirmed("ana"),
        when("too many users at once", "update_users", change(json!({ "action": "sign_out", "usernames": ["ana"], "batch_size": 5000 }))).confirmed("ana"),
        when("misspelt group deleted", "delete_group", here(json!({ "group": "admin" }))).after(group("admins").0, group("admins").1),
        when("misspelt group renamed", "rename_group", here(json!({ "group": "admin", "new_name": "owners" }))).after(group("admins").0, group("admins").1),
        when("group renamed to its own name", "rename_group", here(json!({ "group": "admins", "new_name": "admins" }))).after(group("admins").0, group("admins").1),
        when("name of another group", "rename_group", here(json!({ "group": "admins", "new_name": "owners" }))).after(group("admins").0, group("admins").1)
            .after("create_group", here(json!({ "group": "owners", "precedence": 1 }))),
        when("duplicates by what has no address", "find_duplicate_users", here(json!({ "by": "mail" }))),
        when("stuck since when", "find_stuck_users", here(json!({ "older_than": "long" }))),
        when("export in a spreadsheet's form", "export_users", here(json!({ "format": "xlsx" }))),
        when("export of users by the thousand", "export_users", here(json!({ "limit": 10000 }))).confirmed("ana"),
    ]
}

#[rustfmt::skip] // A table with one row per line.
pub(super) fn codes() -> Vec<Scenario> {
    let user = |username: &str| at_app(json!({ "username": username }));
    let ana = |more| at_app(with(json!({ "username": "ana" }), more));
    let new = |code: &str| ana(json!({ "code": code, "new_password": "Other-Horse-77" }));
    let forgot = || ("forgot_password", user("ana"));
    let by_code = || json!({ "UserPoolTier": "ESSENTIALS", "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } } });
    let choices = || json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
    let srp = || json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
    let unaddressed = || ("update_user", here(json!({ "username": "ana", "remove_attributes": ["email"] })));
    vec![
        when("forgotten password of a misspelt user", "forgot_password", user("anna")).confirmed("ana"),
        when("forgotten password of an invited user", "forgot_password", user("ana")).invited("ana"),
        when("forgotten password of a disabled user", "forgot_password", user("ana")).confirmed("ana").after("disable_user", here(json!({ "username": "ana" }))),
        when("forgotten password that no code can recover", "forgot_password", user("ana")).confirmed("ana").after(unaddressed().0, unaddressed().1),
        when("forgotten password at a client by name", "forgot_password", here(json!({ "client_id": "App", "username": "ana" }))).confirmed("ana"),
        when("forgotten passwords for the hour", "forgot_password", user("ana")).confirmed("ana")
            .fault("ForgotPassword", "LimitExceededException", "Attempt limit exceeded, please try after some time."),
        when("wrong code for a new password", "confirm_forgot_password", new("000000")).confirmed("ana").after(forgot().0, forgot().1),
        when("code for a new password that is too old", "confirm_forgot_password", new("$code")).confirmed("ana").after(forgot().0, forgot().1)
            .after("advance_clock", json!({ "hours": 2 })),
        when("new password without a code sent", "confirm_forgot_password", new("123456")).confirmed("ana"),
        when("weak password by code", "confirm_forgot_password", ana(json!({ "code": "$code", "new_password": "password" }))).confirmed("ana").after(forgot().0, forgot().1),
        when("new password under another name", "confirm_forgot_password", ana(json!({ "confirmation_code": "$code", "password": "Other-Horse-77" }))).confirmed("ana").after(forgot().0, forgot().1),
        when("another code for a confirmed user", "resend_code", user("ana")).pool(json!({ "AutoVerifiedAttributes": ["email"] })).confirmed("ana"),
        when("another code for an invited user", "resend_code", user("ana")).pool(json!({ "AutoVerifiedAttributes": ["email"] })).invited("ana"),
        when("another code after a reset", "resend_code", user("ana")).pool(json!({ "AutoVerifiedAttributes": ["email"] })).confirmed("ana").after("require_password_reset", here(json!({ "username": "ana" }))),
        when("another code for an invited user of a pool that sends none", "resend_code", user("ana")).invited("ana"),
        when("another code of a pool that sends none", "resend_code", user("ana")).signed_up("ana"),
        when("another code for a misspelt user", "resend_code", user("anna")).pool(json!({ "AutoVerifiedAttributes": ["email"] })).signed_up("ana"),
        when("secret of an app that is none", "totp_code", json!({ "secret_code": "018" })),
        when("secret of an app under another name", "totp_code", json!({ "secret": "JBSWY3DPEHPK3PXP" })),
        when("misspelt user unlocked", "unlock_user", here(json!({ "username": "anna" }))).confirmed("ana"),
        when("user of an unknown pool unlocked", "unlock_user", json!({ "user_pool_id": "us-east-1_xxxxxxxxx", "username": "ana" })).confirmed("ana"),
        when("policy for a misspelt tool", "get_iam_policy", json!({ "tools": ["creat_user"] })),
        when("policy for what is no tool", "get_iam_policy", json!({ "tools": ["everything"] })),
        when("policy for a pool by name", "get_iam_policy", json!({ "user_pool_ids": ["Main"] })),
        when("group changed in nothing", "update_group", here(json!({ "group": "admins" }))).after("create_group", here(json!({ "group": "admins" }))),
        when("misspelt group changed", "update_group", here(json!({ "group": "admin", "precedence": 1 }))).after("create_group", here(json!({ "group": "admins" }))),
        when("group changed by the name that lists show", "update_group", here(json!({ "name": "admins", "precedence": 1 }))).after("create_group", here(json!({ "group": "admins" }))),
        when("clock with a zone", "get_clock", json!({ "timezone": "UTC" })),
        when("sign-in without a password", "sign_in", ana(json!({}))).confirmed("ana"),
        when("sign-in by SRP without a password", "sign_in", ana(json!({ "flow": "USER_SRP_AUTH" }))).confirmed("ana"),
        when("first factor in another flow", "sign_in", ana(json!({ "flow": "USER_SRP_AUTH", "first_factor": "EMAIL_OTP" }))).confirmed("ana"),
        when("first factor by the API's name", "sign_in", ana(json!({ "flow": "USER_AUTH", "preferred_challenge": "EMAIL_OTP" }))).pool(by_code()).app(choices()).confirmed("ana"),
        when("choice of factors that the client does not allow", "sign_in", ana(json!({ "flow": "USER_AUTH", "first_factor": "EMAIL_OTP" }))).pool(by_code()).confirmed("ana"),
        when("SRP that the client does not allow", "sign_in", ana(json!({ "flow": "USER_SRP_AUTH", "password": PASSWORD }))).confirmed("ana"),
        when("password to a client that allows SRP alone", "sign_in", ana(json!({ "password": PASSWORD }))).app(srp()).confirmed("ana"),
        when("password to a client that allows choices alone", "sign_in", ana(json!({ "password": PASSWORD }))).pool(by_code()).app(choices()).confirmed("ana"),
        when("wrong password by SRP", "sign_in", ana(json!({ "flow": "USER_SRP_AUTH", "password": "Wrong-Horse-7" }))).app(srp()).confirmed("ana"),
        when("first factor not chosen", "answer_challenge", json!({ "session": "session-1" })).pool(by_code()).app(choices()).confirmed("ana")
            .after("sign_in", ana(json!({ "flow": "USER_AUTH" }))),
        when("first factor that the user lacks", "answer_challenge", json!({ "session": "session-1", "first_factor": "SMS_OTP" })).pool(by_code()).app(choices()).confirmed("ana")
            .after("sign_in", ana(json!({ "flow": "USER_AUTH" }))),
        when("password not given for the first factor", "answer_challenge", json!({ "session": "session-1", "first_factor": "PASSWORD" })).pool(by_code()).app(choices()).confirmed("ana")
            .after("sign_in", ana(json!({ "flow": "USER_AUTH" }))),
    ]
}
