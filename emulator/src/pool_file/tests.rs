//! Tests of pool files.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Export, Without, export, load, parse, yaml};
use crate::Emulator;
use crate::auth::totp::Secret;
use crate::state::mfa::Factor;
use crate::testing::Story;
use crate::testing::authenticator::Authenticator;
use crate::wire::Scope;
use crate::world::Time;

/// An emulator with the pools of `text`.
fn loaded(text: &str) -> Story {
    let story = Story::empty();
    let file = parse("world.yaml", text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let loaded = load(story.emulator(), &Scope::default(), 0, &[file]);
    loaded.unwrap_or_else(|mistake| panic!("{mistake}"));
    story
}

/// The mistake of a file.
fn mistake(text: &str) -> String {
    let story = Story::empty();
    let loaded = parse("world.yaml", text)
        .and_then(|file| load(story.emulator(), &Scope::default(), 0, &[file]));
    assert_eq!(story.emulator().state().slots().len(), 0);
    loaded.expect_err("the file has a mistake").to_string()
}

fn exported(emulator: &Emulator) -> Value {
    export(emulator, &Scope::default(), &Export::default())
}

const WORLD: &str = "
UserPools:
  - PoolName: shop
    Id: us-east-1_Shop
    AliasAttributes: [email]
    AutoVerifiedAttributes: [email]
    Schema:
      - {Name: team, AttributeDataType: String}
    UserPoolClients:
      - {ClientName: web, ClientId: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
      - {ClientName: api, GenerateSecret: true}
    Groups:
      - {GroupName: admins, Precedence: 1}
    Users:
      - Username: ana
        Password: Correct-Horse-7
        Groups: [admins]
        UserAttributes: {sub: ana-1, email: ana@example.com, email_verified: true, custom:team: 7}
      - Username: ben
        TemporaryPassword: Temporary-1
        UserAttributes:
          - {Name: phone_number, Value: +15550100}
";

#[test]
fn a_file_is_loaded_and_exported() {
    let story = loaded(WORLD);
    let without = Without {
        secrets: true,
        dates: true,
        users: false,
    };
    let selection = Export {
        without,
        ..Export::default()
    };
    let shown = export(story.emulator(), &Scope::default(), &selection);
    assert_snapshot!(yaml(&shown), @r#"
    Version: 1
    UserPools:
      - Id: us-east-1_Shop
        PoolName: shop
        AutoVerifiedAttributes:
          - email
        AliasAttributes:
          - email
        Schema:
          - AttributeDataType: String
            Name: team
            StringAttributeConstraints: {}
        UserPoolClients:
          - ClientId: "72et1s450p9rsijvqjnpmkovn9"
            ClientName: api
            GenerateSecret: true
          - ClientId: web
            ClientName: web
            ExplicitAuthFlows:
              - ALLOW_REFRESH_TOKEN_AUTH
              - ALLOW_USER_PASSWORD_AUTH
              - ALLOW_USER_SRP_AUTH
        Groups:
          - GroupName: admins
            Precedence: 1
        Users:
          - Username: ana
            UserAttributes:
              sub: ana-1
              custom:team: "7"
              email: ana@example.com
              email_verified: "true"
            UserStatus: CONFIRMED
            Groups:
              - admins
          - Username: ben
            UserAttributes:
              sub: "697d6ff3-f6fa-7076-3078-b71546e64ee8"
              phone_number: "+15550100"
            UserStatus: FORCE_CHANGE_PASSWORD
    "#);
    let first = exported(story.emulator());
    let second = exported(loaded(&yaml(&first)).emulator());
    assert_eq!(yaml(&first), yaml(&second));
    let as_json = loaded(&first.to_string());
    assert_eq!(yaml(&first), yaml(&exported(as_json.emulator())));
}

#[test]
fn a_mistake_has_its_position_and_a_correction() {
    let fault = |old: &str, new: &str| mistake(&WORLD.replacen(old, new, 1));
    let mistakes = [
        mistake(""),
        mistake("UserPools: ["),
        mistake("UserPool: []"),
        fault("PoolName: shop", "PoolNam: shop"),
        fault("[email]", "[emai]"),
        fault("[email]", "email"),
        fault("Precedence: 1", "Precedence: one"),
        fault("[admins]", "[admin]"),
        fault("Correct-Horse-7", "horse"),
        fault("custom:team", "custom:tean"),
        fault("Username: ben", "Username: ana"),
        fault("us-east-1_Shop", "us-east-1-Shop"),
        fault("ClientName: api", "ClientName: api, ClientId: web"),
    ];
    assert_snapshot!(mistakes.join("\n"), @r#"
    world.yaml:1:1: The file is empty: begin with `UserPools:`.
    world.yaml:1:12: This is not YAML or JSON: unclosed bracket '['.
    world.yaml:1:1: `UserPool` is not a member here. Did you mean `UserPools`?
    world.yaml:3:5: UserPools[0]: `PoolNam` is not a member here. Did you mean `PoolName`?
    world.yaml:5:23: UserPools[0].AliasAttributes[0]: Expected one of phone_number, email, preferred_username. Did you mean `email`?
    world.yaml:5:22: UserPools[0].AliasAttributes: Expected a list, not a text.
    world.yaml:13:41: UserPools[0].Groups[0].Precedence: Expected a whole number.
    world.yaml:17:18: UserPools[0].Users[0].Groups[0]: The pool has no group `admin`. Groups: admins. Did you mean `admins`?
    world.yaml:16:19: UserPools[0].Users[0].Password: InvalidPasswordException: Password does not conform to policy: Password not long enough
    world.yaml:18:97: UserPools[0].Users[0].UserAttributes.custom:tean: The pool has no attribute `custom:tean`; a custom attribute is in `Schema` and begins with `custom:`. Did you mean `custom:team`?
    world.yaml:19:19: UserPools[0].Users[1].Username: UsernameExistsException: User account already exists
    world.yaml:4:9: UserPools[0].Id: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+.
    world.yaml:11:37: UserPools[0].UserPoolClients[1].ClientId: Another app client has the id `web`.
    "#);
}

/// `README_WRITE=1 cargo test json_schema` rewrites the file.
#[test]
fn the_json_schema_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pool-file.schema.json");
    let text = format!("{:#}\n", super::json_schema());
    if std::env::var_os("README_WRITE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == text,
        "rewrite it: README_WRITE=1 cargo test json_schema"
    );
}

/// An emulator with the pools of `story`, which were exported, and its names.
fn reopened(story: &Story) -> Story {
    let mut other = loaded(&yaml(&exported(story.emulator())));
    for name in [
        "pool",
        "client",
        "secret",
        "seed",
        "device",
        "device_group",
        "passkey",
    ] {
        other.name(name, story.get(name));
    }
    other
}

#[test]
fn a_loaded_user_signs_in_by_password_and_by_srp() {
    let story = Story::with_pool_and_client(
        json!({ "AliasAttributes": ["email"] }),
        json!({ "GenerateSecret": true }),
    );
    let mut story = story.and_verified_user("ana");
    story.run(
        r#"
        CreateGroup {"UserPoolId":"$pool","GroupName":"admins"}
        AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"admins"}
    "#,
    );
    assert_snapshot!(reopened(&story).run(r#"
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana@example.com","PASSWORD":"$password","SECRET_HASH":"$hash(ana@example.com)"}}
        claims id
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"$srp_a","SECRET_HASH":"$hash(ana)"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"}}
    "#), @r#"
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    {"sub":"b5885a80-6df6-7015-8e1c-c1a423dd9e1f","cognito:groups":["admins"],"email_verified":true,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

#[test]
fn a_loaded_user_signs_in_with_an_authenticator_app() {
    let story = Story::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
    let mut story = story.signed_in("ana");
    // The sender of SMS is not complete in this pool.
    let slot = story.emulator().state().slot(story.get("pool")).unwrap();
    slot.write().settings.sms_configuration = None;
    story.run(r#"
        AssociateSoftwareToken {"AccessToken":"$access"}
        VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
        SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true}}
    "#);
    assert_snapshot!(reopened(&story).run(r#"
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
    "#), @r#"
    200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

#[test]
fn a_loaded_user_signs_in_on_a_device() {
    let devices = json!({ "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true } });
    let story = Story::with_pool(devices)
        .and_user("ana", json!([]))
        .on_device("ana");
    assert_snapshot!(reopened(&story).run(r#"
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","DEVICE_KEY":"$device"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH","Session":"$session","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$device_claim(secret)","TIMESTAMP":"$timestamp"}}
    "#), @r#"
    200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
    200 {"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeParameters":{"DEVICE_KEY":"$device","SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana"}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

#[test]
fn a_loaded_user_signs_in_with_a_passkey() {
    let origin = "http://localhost:3000";
    let authenticators = [Authenticator::new(origin), Authenticator::rsa(origin)];
    for authenticator in authenticators {
        let story = Story::with_passkeys("localhost").signed_in("ana");
        let mut story = reopened(&story.and_passkey(&authenticator));
        let client = story.get("client").to_owned();
        let asked = story.must("InitiateAuth", json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana", "PREFERRED_CHALLENGE": "WEB_AUTHN"}}));
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"].as_str();
        let options = serde_json::from_str(options.unwrap()).unwrap();
        let credential = authenticator.get(&options).to_string();
        let answer = json!({"ClientId": client, "ChallengeName": "WEB_AUTHN", "Session": asked["Session"], "ChallengeResponses": {"USERNAME": "ana", "CREDENTIAL": credential}});
        let tokens = story.must("RespondToAuthChallenge", answer);
        assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    }
}

/// The codes of a short secret are those of an authenticator app that has it.
#[test]
fn a_short_secret_of_an_authenticator_app_can_be_chosen() {
    // RFC 4226, appendix D: the secret is `12345678901234567890`.
    let secret = Secret::from_short_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    assert_eq!(secret.password_at(Time(30_000)), "287082");
    assert!(Secret::from_short_code("").is_none());
    assert!(Secret::from_short_code(&"A".repeat(56)).is_none());
}

/// Ids that a file leaves out follow from the seed and the names: an addition changes no other
/// id, and another seed changes all.
#[test]
fn ids_that_are_left_out_follow_from_seed_and_names() {
    let ids = |seed: u64, text: &str| {
        let story = Story::empty();
        let file = parse("world.yaml", text).unwrap();
        let pools = load(story.emulator(), &Scope::default(), seed, &[file])
            .unwrap()
            .pools;
        let ids: Vec<String> = pools
            .into_iter()
            .flat_map(|pool| {
                [pool.id]
                    .into_iter()
                    .chain(pool.clients.into_iter().map(|it| it.0))
            })
            .collect();
        ids
    };
    let text = "UserPools: [{PoolName: a, UserPoolClients: [{ClientName: x}]}, {PoolName: a}]";
    let more = "UserPools: [{PoolName: a, UserPoolClients: [{ClientName: w}, {ClientName: x}]}, {PoolName: a}, {PoolName: b}]";
    let first = ids(0, text);
    assert_eq!(first, ids(0, text));
    let second = ids(0, more);
    assert_eq!(
        [&first[0], &first[1], &first[2]],
        [&second[0], &second[2], &second[3]]
    );
    assert!(first.iter().all(|id| !ids(1, text).contains(id)));
    assert_ne!(first[0], first[2]);
}
