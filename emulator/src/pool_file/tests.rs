//! Tests of pool files.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Export, Without, export, load, parse, yaml};
use crate::Emulator;
use crate::auth::totp::Secret;
use crate::state::mfa::Factor;
use crate::testing::Fixture;
use crate::testing::authenticator::Authenticator;
use crate::wire::Scope;
use crate::world::Time;

/// An emulator with the pools of `text`.
fn loaded(text: &str) -> Fixture {
    let fixture = Fixture::empty();
    let file = parse("world.yaml", text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let loaded = load(fixture.emulator(), &Scope::default(), 0, &[file]);
    loaded.unwrap_or_else(|mistake| panic!("{mistake}"));
    fixture
}

/// The mistake of a file.
fn mistake(text: &str) -> String {
    let fixture = Fixture::empty();
    let loaded = parse("world.yaml", text)
        .and_then(|file| load(fixture.emulator(), &Scope::default(), 0, &[file]));
    let Err(mistake) = loaded else {
        return format!("no mistake: {text}");
    };
    assert_eq!(fixture.emulator().state().pool_handles().len(), 0);
    mistake.to_string()
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
    let fixture = loaded(WORLD);
    let without = Without {
        secrets: true,
        dates: true,
        users: false,
    };
    let selection = Export {
        without,
        ..Export::default()
    };
    let shown = export(fixture.emulator(), &Scope::default(), &selection);
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
    let first = exported(fixture.emulator());
    let second = exported(loaded(&yaml(&first)).emulator());
    assert_eq!(yaml(&first), yaml(&second));
    let as_json = loaded(&first.to_string());
    assert_eq!(yaml(&first), yaml(&exported(as_json.emulator())));
}

#[test]
fn a_file_has_the_regions_and_accounts_that_it_names() {
    let file = |text: &str| parse("pools.yaml", text).unwrap();
    let pools = file(
        "UserPools: [{PoolName: a, Id: eu-west-1_A}, {PoolName: b, AccountId: '111122223333'}, \
         {PoolName: c, UserPoolTags: {_custom_id_: us-west-2_C}}]",
    );
    assert_eq!(Vec::from_iter(pools.regions()), ["eu-west-1", "us-west-2"]);
    assert_eq!(Vec::from_iter(pools.accounts()), ["111122223333"]);
    assert!(!pools.is_template());
    let template = file("Resources: {Users: {Type: AWS::Cognito::UserPool}}");
    assert!(template.is_template() && template.regions().is_empty());
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

/// An emulator with the pools of `fixture`, which were exported, and its names.
fn reopened(fixture: &Fixture) -> Fixture {
    let mut other = loaded(&yaml(&exported(fixture.emulator())));
    for name in [
        "pool",
        "client",
        "secret",
        "seed",
        "device",
        "device_group",
        "passkey",
    ] {
        other.name(name, fixture.get(name));
    }
    other
}

#[test]
fn a_loaded_user_signs_in_by_password_and_by_srp() {
    let fixture = Fixture::with_pool_and_client(
        json!({ "AliasAttributes": ["email"] }),
        json!({ "GenerateSecret": true }),
    );
    let mut fixture = fixture.and_verified_user("ana");
    fixture.run(
        r#"
        CreateGroup {"UserPoolId":"$pool","GroupName":"admins"}
        AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"admins"}
    "#,
    );
    assert_snapshot!(reopened(&fixture).run(r#"
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana@example.com","PASSWORD":"$password","SECRET_HASH":"$hash(ana@example.com)"}}
        claims id
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"$srp_a","SECRET_HASH":"$hash(ana)"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"}}
    "#), @r##"
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    {"sub":"b5885a80-6df6-7015-8e1c-c1a423dd9e1f","cognito:groups":["admins"],"email_verified":true,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "##);
}

#[test]
fn a_loaded_user_signs_in_with_an_authenticator_app() {
    let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
    let mut fixture = fixture.signed_in("ana");
    // The sender of SMS is not complete in this pool.
    let handle = fixture.pool_handle();
    handle.write().settings.sms_configuration = None;
    fixture.run(r#"
        AssociateSoftwareToken {"AccessToken":"$access"}
        VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
        SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true}}
    "#);
    assert_snapshot!(reopened(&fixture).run(r#"
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
    let fixture = Fixture::with_pool(devices)
        .and_user("ana", json!([]))
        .on_device("ana");
    assert_snapshot!(reopened(&fixture).run(r#"
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
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut fixture = reopened(&fixture.and_passkey(&authenticator));
        let client = fixture.get("client").to_owned();
        let asked = fixture.must("InitiateAuth", json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana", "PREFERRED_CHALLENGE": "WEB_AUTHN"}}));
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"].as_str();
        let options = serde_json::from_str(options.unwrap()).unwrap();
        let credential = authenticator.get(&options).to_string();
        let answer = json!({"ClientId": client, "ChallengeName": "WEB_AUTHN", "Session": asked["Session"], "ChallengeResponses": {"USERNAME": "ana", "CREDENTIAL": credential}});
        let tokens = fixture.must("RespondToAuthChallenge", answer);
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
        let fixture = Fixture::empty();
        let file = parse("world.yaml", text).unwrap();
        let pools = load(fixture.emulator(), &Scope::default(), seed, &[file])
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

/// A pool with every kind of part.
const EVERYTHING: &str = r#"
Version: 1
UserPools:
  - Id: eu-west-1_Full
    PoolName: full
    AccountId: "999999999999"
    UserPoolTier: PLUS
    UserPoolAddOns: {AdvancedSecurityMode: ENFORCED}
    MfaConfiguration: OPTIONAL
    SoftwareTokenMfaConfiguration: {Enabled: true}
    SmsMfaConfiguration: {SmsAuthenticationMessage: "Code {####}"}
    SmsConfiguration: {SnsCallerArn: "arn:aws:iam::999999999999:role/sms"}
    WebAuthnConfiguration: {RelyingPartyId: example.com, UserVerification: preferred}
    UserSessionTracking: ENABLED
    TokenSession: {MaxPerUser: 3}
    UsernameConfiguration: {CaseSensitive: false}
    AliasAttributes: [email, preferred_username]
    AdminCreateUserConfig: {AllowAdminCreateUserOnly: true, UnusedAccountValidityDays: 3}
    Policies: {PasswordPolicy: {MinimumLength: 10, RequireNumbers: true}}
    LambdaConfig: {PreTokenGeneration: "arn:aws:lambda:eu-west-1:999999999999:function:t"}
    EmailVerificationMessage: "Your code: {####}"
    UserPoolTags: {team: a}
    KeyConfiguration: {KeyType: CUSTOMER_MANAGED_KEY, KmsKeyArn: "arn:aws:kms:eu-west-1:999999999999:key/mrk-1"}
    UserPoolReplica: {RegionName: us-east-1, UserPoolTags: {team: b}}
    Schema:
      - {Name: email, Required: true}
      - {Name: level, AttributeDataType: Number, NumberAttributeConstraints: {MinValue: "1"}}
      - {Name: note, AttributeDataType: String, DeveloperOnlyAttribute: true}
    LogConfigurations:
      - {LogLevel: ERROR, EventSource: userNotification, CloudWatchLogsConfiguration: {LogGroupArn: "arn:aws:logs:eu-west-1:999999999999:log-group:g"}}
    ResourceServers:
      - {Identifier: api, Name: API, Scopes: [{ScopeName: read, ScopeDescription: Reads}]}
    IdentityProviders:
      - {ProviderName: Google, ProviderType: Google, ProviderDetails: {client_id: g, client_secret: s, authorize_scopes: openid}}
      - {ProviderName: SignInWithApple, ProviderType: SignInWithApple, HasGroup: false, ProviderDetails: {client_id: a, team_id: t, key_id: k, authorize_scopes: email}}
    UserPoolClients:
      - ClientId: web
        ClientName: Web application
        CallbackURLs: [http://localhost:3000]
        AllowedOAuthFlowsUserPoolClient: true
        AllowedOAuthFlows: [code]
        AllowedOAuthScopes: [openid, api/read]
        SupportedIdentityProviders: [COGNITO, Google]
        SSOSession: {MaxValidityMinutes: 5}
      - ClientId: machine
        ClientName: Machine
        ClientSecrets:
          - {ClientSecretValue: aaaaaaaaaaaaaaaaaaaaaaaa, ClientSecretCreateDate: 2026-01-01T00:00:00Z}
          - {ClientSecretValue: bbbbbbbbbbbbbbbbbbbbbbbb, ClientSecretCreateDate: 2026-01-02T00:00:00Z}
    Domains:
      - {Domain: full, ManagedLoginVersion: 2}
      - {Domain: login.example.com, CustomDomainConfig: {CertificateArn: "arn:aws:acm:us-east-1:999999999999:certificate/c"}}
    ManagedLoginBrandings:
      - {ClientName: Web application, Settings: {components: {form: {borderRadius: 8.5, backgroundImage: {enabled: false}}}}}
    UICustomizations:
      - {ClientId: ALL, CSS: ".label-customizable {color: red;}", ImageFile: iVBORw0KGgo=}
    Terms:
      - {ClientId: web, TermsName: terms-of-use, TermsSource: LINK, Enforcement: NONE, Links: {cognito:default: "https://example.com/terms"}}
    RiskConfigurations:
      - {RiskExceptionConfiguration: {BlockedIPRangeList: [192.0.2.0/24]}}
      - {ClientId: web, CompromisedCredentialsRiskConfiguration: {EventFilter: [SIGN_IN], Actions: {EventAction: BLOCK}}}
    Groups:
      - {GroupName: admins, Description: "Those who may: all", RoleArn: "arn:aws:iam::999999999999:role/r"}
    Users:
      - Username: ana
        UserAttributes: {email: ana@example.com, email_verified: "true", custom:level: 2, dev:custom:note: "x: y", name: "  Ana\n# \"né\"  "}
        PasswordHash: {Algorithm: BCRYPT, Value: $2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm}
        Groups: [admins]
        PreferredMfaSetting: SOFTWARE_TOKEN_MFA
        SoftwareToken: {SecretCode: JBSWY3DPEHPK3PXP, FriendlyDeviceName: Phone}
        Identities:
          - {ProviderName: Google, ProviderAttributeValue: "123"}
      - Username: Google_77
        UserStatus: EXTERNAL_PROVIDER
        Enabled: false
        Groups: [eu-west-1_Full_Google]
        UserAttributes: {email: g@example.com}
        Identities: [{ProviderName: Google, ProviderAttributeValue: "77"}]
      - Username: ben
        UserStatus: RESET_REQUIRED
        UserAttributes: {phone_number: "+15550100"}
        Password: Correct-Horse-7
        FormerPasswords: [{Algorithm: SRP, Salt: 00112233445566778899aabbccddeeff, Value: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff}]
"#;

#[test]
fn every_kind_of_part_is_loaded_and_exported() {
    let first = exported(loaded(EVERYTHING).emulator());
    let text = yaml(&first);
    insta::with_settings!({
        snapshot_path => "../../tests/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!("pool_file", text);
    });
    assert_eq!(text, yaml(&exported(loaded(&text).emulator())));
    let indented = format!("{first:#}");
    assert_eq!(text, yaml(&exported(loaded(&indented).emulator())));
}

/// The imported hash of `EVERYTHING` is of `password`.
#[test]
fn a_loaded_user_signs_in_with_an_imported_hash() {
    let text = "
UserPools:
  - Id: us-east-1_Hash
    PoolName: hash
    UserPoolClients: [{ClientId: web, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH]}]
    Users: [{Username: ana, PasswordHash: {Algorithm: PBKDF2_SHA256, Value: HASH}}]
";
    // RFC 7914, section 11, is of other lengths; this hash is of one iteration.
    let hash = "$pbkdf2-sha256$1$c2FsdHNhbHQ$";
    let mut key = [0; 32];
    aws_lc_rs::pbkdf2::derive(
        aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA256,
        std::num::NonZeroU32::MIN,
        b"saltsalt",
        b"Correct-Horse-7",
        &mut key,
    );
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, key);
    let fixture = loaded(&text.replace("HASH", &format!("{hash}{digest}")));
    let mut fixture = loaded(&yaml(&exported(fixture.emulator())));
    let sign_in = json!({"ClientId": "web", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ana", "PASSWORD": "Correct-Horse-7"}});
    fixture.must("InitiateAuth", sign_in);
}

/// The mistake of [`EVERYTHING`] with a change.
fn fault(old: &str, new: &str) -> String {
    assert!(EVERYTHING.contains(old), "{old}");
    mistake(&EVERYTHING.replacen(old, new, 1))
}

#[test]
fn mistakes_of_every_part_are_explained() {
    let mistakes = [
        fault("Version: 1", "Version: 2"),
        fault("Id: eu-west-1_Full", "Id: shop_Full"),
        fault("999999999999", "99999"),
        fault("UserPoolTier: PLUS", "UserPoolTier: LITES"),
        fault("UserPoolTier: PLUS", "UserPoolTier: LITE"),
        fault("MfaConfiguration: OPTIONAL", "MfaConfiguration: OFF"),
        fault("MinimumLength: 10", "MinimumLength: 3"),
        fault("Enabled: true", "Enabled: \"true\""),
        fault("MinValue: \"1\"", "MinValue: \"a\""),
        fault("Name: level, AttributeDataType: Number", "Name: level"),
        fault(
            "ClientName: Web application",
            "ClientNames: Web application",
        ),
        fault(
            "CallbackURLs: [http://localhost:3000]",
            "CallbackURLs: [http://example.com]",
        ),
        fault(
            "ClientSecretValue: aaaaaaaaaaaaaaaaaaaaaaaa",
            "ClientSecretValue: short",
        ),
        fault("Domain: full", "Domain: aws"),
        fault(
            "ClientName: Web application, Settings",
            "ClientName: Web, Settings",
        ),
    ];
    assert_snapshot!(mistakes.join("\n"), @"
    world.yaml:2:10: Version: Write 1.
    world.yaml:4:9: UserPools[0].Id: An id begins with the pool's Region, as in `us-east-1_Example01`.
    world.yaml:6:16: UserPools[0].AccountId: The text must match `^[0-9]{12}$`.
    world.yaml:7:19: UserPools[0].UserPoolTier: Expected one of LITE, ESSENTIALS, PLUS. Did you mean `LITE`?
    world.yaml:4:5: UserPools[0]: FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Threat Protection
    world.yaml:4:5: UserPools[0]: InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
    world.yaml:19:48: UserPools[0].Policies.PasswordPolicy.MinimumLength: Member must have value greater than or equal to 6.
    world.yaml:10:46: UserPools[0].SoftwareTokenMfaConfiguration.Enabled: Expected `true` or `false`: remove the quotes.
    world.yaml:27:9: UserPools[0].Schema[1]: InvalidParameterException: Attribute custom:level has an invalid MinValue: it must be a number
    world.yaml:27:9: UserPools[0].Schema[1]: InvalidParameterException: Invalid AttributeDataType input, consider using the provided AttributeDataType enum.
    world.yaml:38:9: UserPools[0].UserPoolClients[0]: `ClientNames` is not a member here. Did you mean `ClientName`?
    world.yaml:37:9: UserPools[0].UserPoolClients[0]: InvalidParameterException: http://example.com cannot use the HTTP protocol.
    world.yaml:48:33: UserPools[0].UserPoolClients[1].ClientSecrets[0].ClientSecretValue: Member must have length greater than or equal to 24.
    world.yaml:51:18: UserPools[0].Domains[0].Domain: InvalidParameterException: Domain cannot contain reserved word: aws
    world.yaml:54:22: UserPools[0].ManagedLoginBrandings[0].ClientName: The pool has no app client with the name `Web`. Names: Machine, Web application. Did you mean `Web application`?
    ");
}

#[test]
fn mistakes_of_users_and_syntax_are_explained() {
    let mistakes = [
        fault("color: red;}", "color: red;} .x {}"),
        fault("192.0.2.0/24", "192.0.2.0"),
        fault("ClientId: web, Comp", "ClientId: wep, Comp"),
        fault("role/r\"", "role/r\", Precedence: -1"),
        fault("Algorithm: BCRYPT", "Algorithm: SRP"),
        fault("Algorithm: BCRYPT", "Algorithm: SCRYPT"),
        fault("PreferredMfaSetting: SOFTWARE", "PreferredMfaSetting: SOFT"),
        fault("JBSWY3DPEHPK3PXP", "jbswy3dpehpk3pxp"),
        fault(
            "ProviderName: Google, ProviderAttributeValue: \"123\"",
            "ProviderName: Googel, ProviderAttributeValue: \"123\"",
        ),
        fault(
            "ProviderAttributeValue: \"77\"",
            "ProviderAttributeValue: \"123\", Primary: false",
        ),
        fault("UserStatus: RESET_REQUIRED", "UserStatus: RESET"),
        fault("+15550100", "15550100"),
        fault("Username: ben", "Username: ben@example.com"),
        fault("Username: ben", "Username: ANA"),
        fault(
            "Password: Correct",
            "TemporaryPassword: Temporary-1\n        Password: Correct",
        ),
        fault("g@example.com", "g@example.com, identities: x"),
        mistake("UserPools: [{PoolName: a, Id: us-east-1_A}, {PoolName: b, Id: us-east-1_A}]"),
        mistake(
            "UserPools: [{PoolName: a, Domains: [{Domain: x}]}, {PoolName: b, Domains: [{Domain: x}]}]",
        ),
        mistake("UserPools: [{PoolName: a, PoolName: b}]"),
        mistake("UserPools: [!!binary x]"),
        mistake("UserPools: [!x {PoolName: a}]"),
        mistake("a: &a 1\n---\nb: 2"),
        mistake("- UserPools"),
        mistake("{\"UserPools\": [{\"PoolName\": \"a\", \"UserPoolClients\": {}}]}"),
    ];
    assert_snapshot!(mistakes.join("\n"), @"
    world.yaml:56:30: UserPools[0].UICustomizations[0].CSS: InvalidParameterException: The CSS class x is not in the list of allowed classes.
    world.yaml:60:9: UserPools[0].RiskConfigurations[0]: InvalidParameterException: Incorrect CIDR format
    world.yaml:61:20: UserPools[0].RiskConfigurations[1].ClientId: The pool has no app client `wep`. Clients: machine, web. Did you mean `web`?
    world.yaml:63:121: UserPools[0].Groups[0].Precedence: Member must have value greater than or equal to 0.
    world.yaml:67:23: UserPools[0].Users[0].PasswordHash: `SRP` needs `Salt`: 16 bytes in hexadecimal.
    world.yaml:67:50: UserPools[0].Users[0].PasswordHash.Value: This is not a hash of SCRYPT.
    world.yaml:69:30: UserPools[0].Users[0].PreferredMfaSetting: Expected one of SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP. Did you mean `SOFTWARE_TOKEN_MFA`?
    world.yaml:70:37: UserPools[0].Users[0].SoftwareToken.SecretCode: The text must match `^[A-Z2-7]+$`.
    world.yaml:72:28: UserPools[0].Users[0].Identities[0].ProviderName: The pool has no identity provider `Googel`. Providers: Google, SignInWithApple. Did you mean `Google`?
    world.yaml:78:21: UserPools[0].Users[1].Identities: AliasExistsException: Alias entry already exists for a different username
    world.yaml:80:21: UserPools[0].Users[2].UserStatus: Expected one of UNCONFIRMED, CONFIRMED, RESET_REQUIRED, FORCE_CHANGE_PASSWORD, EXTERNAL_PROVIDER. Did you mean `RESET_REQUIRED`?
    world.yaml:81:40: UserPools[0].Users[2].UserAttributes.phone_number: InvalidParameterException: Invalid phone number format.
    world.yaml:79:19: UserPools[0].Users[2].Username: InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.
    world.yaml:79:19: UserPools[0].Users[2].Username: UsernameExistsException: User account already exists
    world.yaml:82:28: UserPools[0].Users[2].TemporaryPassword: `Password` and `TemporaryPassword` exclude each other: remove one.
    world.yaml:77:60: UserPools[0].Users[1].UserAttributes.identities: Write the identities as the user's member `Identities`.
    world.yaml:1:63: UserPools[1].Id: Another pool has the id `us-east-1_A`.
    world.yaml:1:85: UserPools[1].Domains[0].Domain: InvalidParameterException: Domain already associated with another user pool.
    world.yaml:1:27: `PoolName` is given twice; it is also in line 1.
    world.yaml:1:22: The tag `!!binary` is not supported.
    world.yaml:1:16: The tag `!x` is not supported.
    world.yaml:2:1: A pool file has one YAML document; put all pools under `UserPools`.
    world.yaml:1:1: Expected a map of members, not a list.
    world.yaml:1:53: UserPools[0].UserPoolClients: Expected a list, not a map.
    ");
}

/// Aliases repeat values, and their repetitions count.
#[test]
fn files_are_bounded() {
    let nested = "[".repeat(65) + &"]".repeat(65);
    assert_snapshot!(mistake(&nested), @"world.yaml:1:65: Lists and maps are nested more than 64 levels deep.");
    let levels = (1..9).map(|level| {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("a{level}: &a{level} [{list}]\n")
    });
    let first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let bomb: String = [first].into_iter().chain(levels).collect();
    assert_snapshot!(mistake(&bomb), @"world.yaml:5:40: Anchors and aliases repeat more than 100000 values.");
    let shared = "
UserPools:
  - PoolName: a
    Users:
      - {Username: ana, UserAttributes: &shared {locale: de}}
      - {Username: ben, UserAttributes: *shared}
";
    let users = exported(loaded(shared).emulator());
    assert_eq!(
        users["UserPools"][0]["Users"][1]["UserAttributes"]["locale"],
        "de"
    );
}

/// What a later change may leave behind is allowed, but noted.
#[test]
fn what_a_later_change_leaves_behind_is_noted() {
    let text = "
UserPools:
  - PoolName: a
    UserPoolClients:
      - {ClientName: x, AllowedOAuthFlows: [code], AllowedOAuthScopes: [api/raed], CallbackURLs: [http://localhost], SupportedIdentityProviders: [Gogle]}
      - {ClientName: y, AllowedOAuthScopes: [api/raed]}
    IdentityProviders: [{ProviderName: Google, ProviderType: Google, ProviderDetails: {client_id: g, client_secret: s, authorize_scopes: openid}}]
    ResourceServers: [{Identifier: api, Name: API, Scopes: [{ScopeName: read, ScopeDescription: Reads}]}]
    UICustomizations: [{CSS: '.label-customizable {color: red;}'}]
    RiskConfigurations: [{RiskExceptionConfiguration: {BlockedIPRangeList: [192.0.2.0/24]}}]
";
    let fixture = Fixture::empty();
    let file = parse("world.yaml", text).unwrap();
    let notes = load(fixture.emulator(), &Scope::default(), 0, &[file])
        .unwrap()
        .notes;
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert_snapshot!(notes.join("\n"), @"
    world.yaml:5:146: UserPools[0].UserPoolClients[0].SupportedIdentityProviders: The pool has no identity provider `Gogle`. Providers: Google. Did you mean `Google`?
    world.yaml:6:45: UserPools[0].UserPoolClients[1].AllowedOAuthScopes: No resource server of the pool has the scope `api/raed`. Did you mean `api/read`?
    world.yaml:9:24: UserPools[0].UICustomizations[0]: InvalidParameterException: There has to be an existing domain associated with this user pool.
    world.yaml:10:26: UserPools[0].RiskConfigurations[0]: UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
    ");
}

/// Texts that have a meaning in some version of YAML, or characters that need escapes.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "a b",
    "a: b",
    "a #b",
    "#",
    "-",
    "- a",
    "true",
    "True",
    "yes",
    "NO",
    "on",
    "null",
    "~",
    "1",
    "1.5",
    "0x1f",
    "1e3",
    ".5",
    "+15550100",
    "2026-01-02",
    "\n",
    "a\nb\n",
    "\t",
    "\u{7f}\u{85}\u{a0}\u{2028}\u{feff}",
    "é",
    "日本",
    "🦀",
    "\"",
    "\\",
    "'",
    "a'b",
    "{a}",
    "[a]",
    "a,b",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a`",
    "|",
    ">",
    "?",
    "a:",
    "a: ",
    ":a",
    "=",
    "<<",
    "$2b$04$abc",
    "custom:team",
    "https://example.com/?a=b&c=d#e",
    "{####}",
    "a\u{0}b",
];

/// Every text is the same after it was written and read.
#[test]
fn every_text_survives_in_yaml() {
    for text in TEXTS {
        let value = json!({ "Version": 1, "UserPools": [{ "PoolName": "p", "UserPoolTags": { "key": text } }] });
        let file = super::node::read(&yaml(&value))
            .unwrap_or_else(|mistake| panic!("{text:?}: {mistake}"));
        let tags = file
            .root
            .member("UserPools")
            .and_then(|it| it.element(0))
            .and_then(|it| it.member("UserPoolTags"));
        let read = tags.and_then(|it| it.member("key")).unwrap();
        let super::node::Content::Text { text: read, .. } = &read.content else {
            panic!("{text:?} is not a text");
        };
        assert_eq!(&**read, *text, "{}", yaml(&value));
        // Other readers must not read it as a number, a date or a flag.
        let line = yaml(&json!({ "k": text }));
        let plain = !line.starts_with("k: \"");
        let letters =
            text.starts_with(|char: char| char.is_ascii_alphabetic() || "_$/".contains(char));
        assert!(!plain || letters, "{line}");
    }
}
