//! Tests of pool files.

use insta::assert_snapshot;
use serde_json::Value;

use super::{Export, Without, export, load, parse, yaml};
use crate::Emulator;
use crate::testing::Story;
use crate::wire::Scope;

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
