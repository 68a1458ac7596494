//! Tests of templates.

use serde_json::{Value, json};

use super::super::{Export, export, load, parse};
use super::{Converted, Inputs, convert};
use crate::testing::Fixture;
use crate::wire::Scope;

/// A template with what the tables of functions refer to.
const TEMPLATE: &str = "
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, prod]}
  Urls: {Type: CommaDelimitedList, Default: 'https://a.example, https://b.example'}
  Minutes: {Type: Number, Default: 30}
  Name: {Type: String}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/name}
Mappings:
  ByStage: {test: {Prefix: shop-test}, prod: {Prefix: shop}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsProd: !Not [!Condition IsTest]
  Both: !And [!Condition IsTest, !Condition IsProd]
  Either: !Or [!Condition IsTest, !Condition Unknown]
  Circle: !Not [!Condition Circle]
Resources:
  Function: {Type: 'AWS::Lambda::Function'}
  Named: {Type: 'AWS::Serverless::Function', Properties: {FunctionName: !Sub '${Stage}-sign-up'}}
  Version: {Type: 'AWS::Lambda::Version', Properties: {FunctionName: !Ref Function}}
  Alias: {Type: 'AWS::Lambda::Alias', Properties: {FunctionName: !GetAtt Function.Arn, Name: live}}
  Role: {Type: 'AWS::IAM::Role'}
  Api: {Type: 'AWS::ApiGateway::RestApi'}
  Absent: {Type: 'AWS::IAM::Role', Condition: IsProd}
  Pool: {Type: 'AWS::Cognito::UserPool'}
  Web: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Pool, GenerateSecret: true}}
  Domain: {Type: 'AWS::Cognito::UserPoolDomain', Properties: {UserPoolId: !Ref Pool, Domain: !FindInMap [ByStage, !Ref Stage, Prefix]}}
  Admins: {Type: 'AWS::Cognito::UserPoolGroup', Properties: {UserPoolId: !Ref Pool}}
  Loop: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: !Ref Loop}}
Outputs:
  It: {Value: VALUE}
";

fn converted(text: &str, inputs: &Inputs) -> Result<Converted, String> {
    convert(&[("shop.template.yaml", text)], inputs).map_err(|mistake| mistake.to_string())
}

/// The value of an output, or why it has none.
fn evaluated(value: &str, inputs: &Inputs) -> String {
    let converted = converted(&TEMPLATE.replace("VALUE", value), inputs).unwrap();
    match &converted.outputs["shop"]["It"] {
        Value::String(text) => text.clone(),
        _ => converted.missing_outputs[0].message.clone(),
    }
}

/// Inputs with a value of each kind.
fn given() -> Inputs {
    let map = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Inputs {
        parameters: map(&[("Name", "ana"), ("Stored", "from the test")]),
        values: map(&[
            ("Api.RootResourceId", "root"),
            ("Shared", "imported"),
            ("{{resolve:ssm:/shop/key:1}}", "key"),
        ]),
        ..Inputs::default()
    }
}

const FUNCTIONS: &[(&str, &str)] = &[
    ("!Ref Stage", "test"),
    ("{Ref: Minutes}", "30"),
    ("!Ref Name", "ana"),
    ("!Ref Stored", "from the test"),
    ("!Ref AWS::Region", "us-east-1"),
    ("!Ref AWS::AccountId", "123456789012"),
    (
        "!Sub '${AWS::Partition} ${AWS::URLSuffix} ${AWS::StackName}'",
        "aws amazonaws.com shop",
    ),
    ("!Ref AWS::NoValue", ""),
    (
        "!Join ['-', [a, !Ref Stage, {Ref: 'AWS::NoValue'}, b]]",
        "a-test-b",
    ),
    (
        "!Join ['|', !Ref Urls]",
        "https://a.example|https://b.example",
    ),
    ("!Select [1, !Ref Urls]", "https://b.example"),
    ("!Select ['0', !Split [':', !GetAtt Pool.Arn]]", "arn"),
    ("!If [IsTest, yes, no]", "yes"),
    ("!If [IsProd, yes, no]", "no"),
    ("!If [Both, yes, no]", "no"),
    ("!If [Either, yes, no]", "yes"),
    ("!FindInMap [ByStage, prod, Prefix]", "shop"),
    (
        "{Fn::FindInMap: [ByStage, dev, Prefix, {DefaultValue: other}]}",
        "other",
    ),
    (
        "!Sub '${Stage}: ${!Stage} ${Pool} ${Pool.Arn} $ {x} ${open'",
        "test: ${Stage} us-east-1_Pool arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Pool $ {x} ${open",
    ),
    (
        "!Sub ['${Who} of ${ Stage }', {Who: !Ref Name}]",
        "ana of test",
    ),
    ("!Ref Pool", "us-east-1_Pool"),
    (
        "!GetAtt Pool.ProviderName",
        "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool",
    ),
    (
        "{Fn::GetAtt: [Pool, ProviderURL]}",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool",
    ),
    ("!Ref Web", "Web"),
    ("!GetAtt Web.Name", "Web"),
    ("!Ref Domain", "shop-test"),
    ("!Ref Admins", "Admins"),
    ("!Ref Function", "Function"),
    (
        "!GetAtt Function.Arn",
        "arn:aws:lambda:us-east-1:123456789012:function:Function",
    ),
    (
        "!GetAtt Named.Arn",
        "arn:aws:lambda:us-east-1:123456789012:function:test-sign-up",
    ),
    (
        "!Ref Version",
        "arn:aws:lambda:us-east-1:123456789012:function:Function:1",
    ),
    (
        "!Ref Alias",
        "arn:aws:lambda:us-east-1:123456789012:function:Function:live",
    ),
    ("!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/Role"),
    ("!GetAtt Api.RootResourceId", "root"),
    ("!ImportValue Shared", "imported"),
    ("'a {{resolve:ssm:/shop/key:1}} b'", "a key b"),
];

#[test]
fn functions_have_values() {
    for (value, expected) in FUNCTIONS {
        assert_eq!(evaluated(value, &given()), **expected, "{value}");
    }
}

/// In another partition, ARNs and hosts have its names.
#[test]
fn a_partition_follows_from_the_region() {
    let inputs = Inputs {
        scope: Scope {
            region: "cn-north-1".to_owned(),
            account: "111122223333".to_owned(),
        },
        ..given()
    };
    for (value, expected) in [
        (
            "!GetAtt Pool.Arn",
            "arn:aws-cn:cognito-idp:cn-north-1:111122223333:userpool/cn-north-1_Pool",
        ),
        (
            "!GetAtt Pool.ProviderName",
            "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Pool",
        ),
        ("!GetAtt Role.Arn", "arn:aws-cn:iam::111122223333:role/Role"),
    ] {
        assert_eq!(evaluated(value, &inputs), expected, "{value}");
    }
}

const MISSING: &[(&str, &str)] = &[
    (
        "!Ref Nmae",
        "The template has no parameter or resource `Nmae`. Did you mean `Name`?",
    ),
    (
        "!Ref Name",
        "The parameter `Name` has no default: convert the template with --parameter Name=VALUE.",
    ),
    (
        "!Ref Stored",
        "The parameter `Stored` is read from Parameter Store at a deployment: convert the template with --parameter Stored=VALUE.",
    ),
    (
        "!Ref Absent",
        "`Absent` is not created, because its condition does not hold.",
    ),
    (
        "!Ref Loop",
        "Functions and references are nested more than 100 levels deep, or refer to each other in a circle.",
    ),
    (
        "!If [Circle, a, b]",
        "Functions and references are nested more than 100 levels deep, or refer to each other in a circle.",
    ),
    (
        "!If [IsTset, a, b]",
        "The template has no condition `IsTset`. Did you mean `IsTest`?",
    ),
    (
        "!GetAtt Api.RootResourceId",
        "The value of `Api.RootResourceId`, of the type `AWS::ApiGateway::RestApi`, is known only after a deployment: convert the template with --value Api.RootResourceId=VALUE.",
    ),
    (
        "!Ref Api",
        "The value of `Api`, of the type `AWS::ApiGateway::RestApi`, is known only after a deployment: convert the template with --value Api=VALUE.",
    ),
    ("!GetAtt Pool", "Expected a logical id and an attribute."),
    (
        "!ImportValue Shared",
        "No template exports `Shared`: convert the template that does with this one, or use --value 'Shared=VALUE'.",
    ),
    (
        "'{{resolve:ssm:/shop/key}}'",
        "`{{resolve:ssm:/shop/key}}` is read from AWS at a deployment: convert the template with --value '{{resolve:ssm:/shop/key}}=VALUE'.",
    ),
    (
        "!Select [2, !Ref Urls]",
        "The list has 2 elements, and none at `2`.",
    ),
    ("!Sub '${Urls}'", "`Urls` is a list, not a text."),
    (
        "!FindInMap [ByStage, dev, Prefix]",
        "`Mappings` has no `ByStage.dev.Prefix`.",
    ),
    ("!Join [a]", "Expected a list of 2 elements."),
    ("!Split ['', a]", "The delimiter is empty."),
    (
        "!Base64 a",
        "`Fn::Base64` is not supported: write its value in a copy of the template.",
    ),
    ("[a]", "Expected a text."),
];

#[test]
fn a_value_that_is_missing_is_explained() {
    let none = Inputs::default();
    for (value, expected) in MISSING {
        let shown = evaluated(value, &none);
        assert_eq!(
            shown,
            format!("The output is left out: {expected}"),
            "{value}"
        );
    }
}

/// A template with every type of resource.
const EVERYTHING: &str = r#"{
  "Resources": {
    "Hook": {"Type": "AWS::Lambda::Function", "Properties": {}},
    "Role": {"Type": "AWS::IAM::Role"},
    "Certificate": {"Type": "AWS::CertificateManager::Certificate"},
    "Group": {"Type": "AWS::Logs::LogGroup"},
    "Pool": {"Type": "AWS::Cognito::UserPool", "DeletionPolicy": "Retain", "Properties": {
      "UserPoolName": "shop",
      "UsernameAttributes": ["email"],
      "MfaConfiguration": "OPTIONAL",
      "EnabledMfas": ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
      "EmailAuthenticationMessage": "{####}",
      "EmailAuthenticationSubject": "Code",
      "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"},
      "SmsConfiguration": {"ExternalId": "x", "SnsCallerArn": {"Fn::GetAtt": ["Role", "Arn"]}},
      "WebAuthnRelyingPartyID": "shop.example.com",
      "WebAuthnUserVerification": "required",
      "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"},
      "UserPoolTier": "PLUS",
      "UserPoolTags": {"stage": "test"},
      "Policies": {"PasswordPolicy": {"MinimumLength": "10"}},
      "Schema": [{"Name": "plan", "AttributeDataType": "String", "Mutable": "true"}],
      "LambdaConfig": {"PreSignUp": {"Fn::GetAtt": ["Hook", "Arn"]}}}},
    "Web": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {
      "UserPoolId": {"Ref": "Pool"}, "GenerateSecret": "true", "AccessTokenValidity": "30",
      "TokenValidityUnits": {"AccessToken": "minutes"}, "AllowedOAuthScopes": ["api/read"],
      "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthFlowsUserPoolClient": true}},
    "Domain": {"Type": "AWS::Cognito::UserPoolDomain", "Properties": {"UserPoolId": {"Ref": "Pool"}, "Domain": "shop", "ManagedLoginVersion": 2}},
    "Custom": {"Type": "AWS::Cognito::UserPoolDomain", "Properties": {"UserPoolId": {"Ref": "Pool"}, "Domain": "id.shop.example.com", "CustomDomainConfig": {"CertificateArn": {"Ref": "Certificate"}}}},
    "Api": {"Type": "AWS::Cognito::UserPoolResourceServer", "Properties": {"UserPoolId": {"Ref": "Pool"}, "Identifier": "api", "Name": "api", "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read"}]}},
    "Google": {"Type": "AWS::Cognito::UserPoolIdentityProvider", "Properties": {"UserPoolId": {"Ref": "Pool"}, "ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": {"client_id": "a", "client_secret": "b", "authorize_scopes": "openid"}}},
    "Admins": {"Type": "AWS::Cognito::UserPoolGroup", "Properties": {"UserPoolId": {"Ref": "Pool"}, "GroupName": "admins", "Precedence": 1, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
    "Ana": {"Type": "AWS::Cognito::UserPoolUser", "Properties": {"UserPoolId": {"Ref": "Pool"}, "Username": "ana@example.com", "MessageAction": "SUPPRESS", "UserAttributes": [{"Name": "email_verified", "Value": true}]}},
    "Membership": {"Type": "AWS::Cognito::UserPoolUserToGroupAttachment", "Properties": {"UserPoolId": {"Ref": "Pool"}, "Username": {"Ref": "Ana"}, "GroupName": {"Ref": "Admins"}}},
    "Look": {"Type": "AWS::Cognito::UserPoolUICustomizationAttachment", "Properties": {"UserPoolId": {"Ref": "Pool"}, "ClientId": "ALL", "CSS": ".logo-customizable {max-width: 60%}"}},
    "Style": {"Type": "AWS::Cognito::ManagedLoginBranding", "Properties": {"UserPoolId": {"Ref": "Pool"}, "ClientId": {"Ref": "Web"}, "UseCognitoProvidedValues": true, "ReturnMergedResources": true}},
    "Conditions": {"Type": "AWS::Cognito::Terms", "Properties": {"UserPoolId": {"Ref": "Pool"}, "ClientId": {"Ref": "Web"}, "TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE", "Links": {"cognito:default": "https://shop.example.com/terms"}}},
    "Risk": {"Type": "AWS::Cognito::UserPoolRiskConfigurationAttachment", "Properties": {"UserPoolId": {"Ref": "Pool"}, "ClientId": "ALL", "CompromisedCredentialsRiskConfiguration": {"Actions": {"EventAction": "BLOCK"}}}},
    "Logs": {"Type": "AWS::Cognito::LogDeliveryConfiguration", "Properties": {"UserPoolId": {"Ref": "Pool"}, "LogConfigurations": [{"EventSource": "userNotification", "LogLevel": "ERROR", "CloudWatchLogsConfiguration": {"LogGroupArn": {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}"}}}]}}
  },
  "Outputs": {
    "Secret": {"Value": {"Fn::GetAtt": ["Web", "ClientSecret"]}},
    "Host": {"Value": {"Fn::GetAtt": ["Custom", "CloudFrontDistribution"]}},
    "StyleId": {"Value": {"Fn::GetAtt": ["Style", "ManagedLoginBrandingId"]}},
    "TermsId": {"Value": {"Fn::GetAtt": ["Conditions", "TermsId"]}},
    "UserName": {"Value": {"Ref": "Ana"}}
  }
}"#;

/// The pool of `text` in an emulator, as an export shows it.
fn loaded(text: &str) -> Value {
    let fixture = Fixture::empty();
    let file = parse("shop.template.json", text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let loaded = load(fixture.emulator(), &Scope::default(), 0, &[file]);
    let loaded = loaded.unwrap_or_else(|mistake| panic!("{mistake}"));
    assert_eq!(loaded.notes, [], "{text}");
    export(fixture.emulator(), &Scope::default(), &Export::default())["UserPools"][0].take()
}

const MEMBERS: &[(&str, &str)] = &[
    ("/Id", r#""us-east-1_Pool""#),
    ("/PoolName", r#""shop""#),
    ("/MfaConfiguration", r#""OPTIONAL""#),
    ("/SmsMfaConfiguration", "{}"),
    ("/SoftwareTokenMfaConfiguration/Enabled", "true"),
    (
        "/EmailMfaConfiguration",
        r#"{ "Message": "{####}", "Subject": "Code" }"#,
    ),
    (
        "/WebAuthnConfiguration/RelyingPartyId",
        r#""shop.example.com""#,
    ),
    ("/WebAuthnConfiguration/UserVerification", r#""required""#),
    ("/Policies/PasswordPolicy/MinimumLength", "10"),
    ("/Schema/0/Name", r#""plan""#),
    (
        "/LambdaConfig/PreSignUp",
        r#""arn:aws:lambda:us-east-1:123456789012:function:Hook""#,
    ),
    (
        "/SmsConfiguration/SnsCallerArn",
        r#""arn:aws:iam::123456789012:role/Role""#,
    ),
    ("/UserPoolTags/stage", r#""test""#),
    ("/UserPoolClients/0/ClientId", r#""Web""#),
    ("/UserPoolClients/0/ClientName", r#""Web""#),
    ("/UserPoolClients/0/ClientSecret", "= Secret"),
    ("/UserPoolClients/0/AccessTokenValidity", "30"),
    ("/Domains/0/Domain", r#""shop""#),
    ("/Domains/0/ManagedLoginVersion", "2"),
    ("/Domains/1/Domain", r#""id.shop.example.com""#),
    ("/Domains/1/CloudFrontDistribution", "= Host"),
    ("/ResourceServers/0/Scopes/0/ScopeName", r#""read""#),
    ("/IdentityProviders/0/ProviderDetails/client_id", r#""a""#),
    ("/Groups/0/GroupName", r#""admins""#),
    ("/Groups/0/Precedence", "1"),
    ("/Users/0/UserAttributes/email", r#""ana@example.com""#),
    ("/Users/0/UserAttributes/email_verified", r#""true""#),
    ("/Users/0/Groups", r#"["admins"]"#),
    (
        "/UICustomizations/0/CSS",
        r#"".logo-customizable {max-width: 60%}""#,
    ),
    (
        "/ManagedLoginBrandings/0/ManagedLoginBrandingId",
        "= StyleId",
    ),
    ("/ManagedLoginBrandings/0/ClientId", r#""Web""#),
    ("/Terms/0/TermsId", "= TermsId"),
    (
        "/RiskConfigurations/0/CompromisedCredentialsRiskConfiguration/Actions/EventAction",
        r#""BLOCK""#,
    ),
    (
        "/LogConfigurations/0/CloudWatchLogsConfiguration/LogGroupArn",
        r#""arn:aws:logs:us-east-1:123456789012:log-group:Group""#,
    ),
];

#[test]
fn every_type_of_resource_is_loaded() {
    let pool = loaded(EVERYTHING);
    let outputs = converted(EVERYTHING, &Inputs::default()).unwrap().outputs;
    let output = |name: &str| outputs["shop"][name].clone();
    assert_eq!(output("UserName"), "ana@example.com");
    for (pointer, expected) in MEMBERS {
        let expected = match expected.strip_prefix("= ") {
            Some(name) => output(name),
            None => serde_json::from_str(expected).unwrap(),
        };
        assert_eq!(
            pool.pointer(pointer),
            Some(&expected),
            "{pointer}: {pool:#}"
        );
    }
}

/// The printed pool file gives the same pools as the template.
#[test]
fn the_written_file_is_equal_to_the_template() {
    let file = converted(EVERYTHING, &Inputs::default()).unwrap().file;
    assert_eq!(loaded(&super::super::yaml(file.json())), loaded(EVERYTHING));
}

#[test]
fn ids_are_the_logical_ids_or_chosen() {
    let long = "L".repeat(150);
    let text = format!("
Resources:
  Plain: {{Type: 'AWS::Cognito::UserPool'}}
  {long}: {{Type: 'AWS::Cognito::UserPool'}}
  Tagged: {{Type: 'AWS::Cognito::UserPool', Properties: {{UserPoolTags: {{_custom_id_: us-east-1_FromTag}}}}}}
  Chosen: {{Type: 'AWS::Cognito::UserPool'}}
  First: {{Type: 'AWS::Cognito::UserPoolClient', Properties: {{UserPoolId: !Ref Plain}}}}
  Second: {{Type: 'AWS::Cognito::UserPoolClient', Properties: {{UserPoolId: !Ref Plain, ClientName: '_custom_id_:named'}}}}
  Third: {{Type: 'AWS::Cognito::UserPoolClient', Properties: {{UserPoolId: !Ref Plain}}}}
");
    let mut inputs = Inputs::default();
    let mut choose =
        |name: &str, value: &str| inputs.values.insert(name.to_owned(), value.to_owned());
    choose("Chosen", "us-east-1_Mine");
    choose("Third", "mine");
    choose("Thrid", "other");
    let file = converted(&text, &inputs).unwrap().file;
    let ids = |list: &Value, name: &str| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|it| it[name].as_str().unwrap().to_owned())
            .collect()
    };
    let pools = ids(&file.json()["UserPools"], "Id");
    assert_eq!(
        [&pools[0], &pools[2], &pools[3]],
        ["us-east-1_Plain", "us-east-1_FromTag", "us-east-1_Mine"]
    );
    assert_eq!(pools[1].len(), "us-east-1_".len() + 9);
    let clients = ids(&file.json()["UserPools"][0]["UserPoolClients"], "ClientId");
    assert_eq!(clients, ["First", "named", "mine"]);
    let notes: Vec<&str> = file.notes().iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        notes,
        ["The value of `Thrid` was not used: no reference has this name."]
    );
}

/// A template of the Serverless Application Model names its triggers at the functions.
#[test]
fn functions_declare_triggers() {
    let pool = loaded("
Transform: AWS::Serverless-2016-10-31
Resources:
  Pool: {Type: 'AWS::Cognito::UserPool', Properties: {LambdaConfig: {PostConfirmation: 'arn:aws:lambda:us-east-1:123456789012:function:kept'}}}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Get: {Type: Api, Properties: {Path: /, Method: get}}
        One: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}}
        Two: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: [PreAuthentication, CustomMessage]}}
");
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    assert_eq!(
        pool["LambdaConfig"],
        json!({
            "PostConfirmation": arn("kept"),
            "PreSignUp": arn("Hook"),
            "PreAuthentication": arn("Hook"),
            "CustomMessage": arn("Hook"),
        })
    );
}

#[test]
fn templates_import_from_each_other() {
    let auth = "
Resources:
  Pool: {Type: 'AWS::Cognito::UserPool'}
Outputs:
  Id: {Value: !Ref Pool, Export: {Name: !Sub '${AWS::StackName}-pool'}}
";
    let web = "
Resources:
  Web: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !ImportValue auth-pool}}
Outputs:
  Id: {Value: !Ref Web}
";
    let both = [("auth.json", auth), ("web.json", web)];
    let converted = convert(&both, &Inputs::default()).unwrap();
    let pool = &converted.file.json()["UserPools"][0];
    assert_eq!(pool["UserPoolClients"][0]["ClientId"], "Web");
    let outputs = Value::Object(converted.outputs);
    assert_eq!(
        outputs,
        json!({ "auth": { "Id": "us-east-1_Pool" }, "web": { "Id": "Web" } })
    );
    let mistake = convert(&both[..1], &Inputs::default())
        .and_then(|_| convert(&both[1..], &Inputs::default()));
    assert_eq!(
        mistake.unwrap_err().to_string(),
        "web.json:3:85: Resources.Web.Properties.UserPoolId.Fn::ImportValue: No template exports \
         `auth-pool`: convert the template that does with this one, or use --value \
         'auth-pool=VALUE'."
    );
}

const MISTAKES: &[(&str, &str)] = &[
    (
        "Stack: {Type: 'AWS::CloudFormation::Stack'}",
        "1:1: The template has no resource of the type `AWS::Cognito::UserPool`. It has nested stacks: convert the template of the one with the user pool.",
    ),
    (
        "Pool: {Type: 'AWS::Cognito::UserPool', Properties: {UserPoolName: !Sub '${Name}'}}",
        "3:74: Resources.Pool.Properties.UserPoolName.Fn::Sub: The template has no parameter or resource `Name`.",
    ),
    (
        "Pool: {Type: 'AWS::Cognito::UserPool', Properties: {MfaConfiguration: MAYBE}}",
        "3:73: Resources.Pool.Properties.MfaConfiguration: Expected one of OPTIONAL, OFF, ON.",
    ),
    (
        "Pool: {Type: 'AWS::Cognito::UserPool', Properties: {EnabledMfas: [SMS]}}",
        "3:69: Resources.Pool.Properties.EnabledMfas: Expected one of SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP.",
    ),
    (
        "Pool: {Type: 'AWS::Cognito::UserPool', Properties: {Policies: {PasswordPolicy: {MinimumLenght: 8}}}}",
        "3:83: Resources.Pool.Properties.Policies.PasswordPolicy: `MinimumLenght` is not a member here. Did you mean `MinimumLength`?",
    ),
    (
        "POOL\n  Web: {Type: 'AWS::Cognito::UserPoolClient'}",
        "4:8: Resources.Web: `UserPoolId` is missing.",
    ),
    (
        "POOL\n  Web: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: eu-west-1_Other}}",
        "4:72: Resources.Web.Properties.UserPoolId: The templates have no user pool `eu-west-1_Other`: convert the template that has it with this one.",
    ),
    (
        "POOL\n  Web: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Pool, ExplicitAuthFlows: [ALLOW_USER_SRP_AUTH, USER_PASSWORD_AUTH]}}",
        "4:8: Resources.Web.Properties: InvalidParameterException: ",
    ),
    (
        "POOL\n  It: {Type: 'AWS::Cognito::UserPoolUserToGroupAttachment', Properties: {UserPoolId: !Ref Pool, Username: ana, GroupName: a}}",
        "4:7: Resources.It.Properties.Username: The templates have no user `ana` of this pool. Users: .",
    ),
];

/// Mistakes have the place in the template, also those that only the load finds.
#[test]
fn a_mistake_has_its_place() {
    let mut different = Vec::new();
    for (resources, expected) in MISTAKES {
        let resources = resources.replace("POOL", "Pool: {Type: 'AWS::Cognito::UserPool'}");
        let text = format!("\nResources:\n  {resources}\n");
        let fixture = Fixture::empty();
        let outcome = parse("shop.yaml", &text)
            .and_then(|file| load(fixture.emulator(), &Scope::default(), 0, &[file]));
        let shown = outcome.unwrap_err().to_string();
        if !shown.starts_with(&format!("shop.yaml:{expected}")) {
            different.push((shown, *expected));
        }
    }
    assert_eq!(different, []);
}

#[test]
fn a_wrong_parameter_is_refused() {
    let mut inputs = given();
    inputs.parameters.insert("Stgae".to_owned(), "x".to_owned());
    let text = TEMPLATE.replace("VALUE", "a");
    assert_eq!(
        converted(&text, &inputs).unwrap_err(),
        "shop.template.yaml:1:1: The template has no parameter `Stgae`. Parameters: Stage, Urls, Minutes, Name, Stored. Did you mean `Stage`?"
    );
    inputs.parameters.remove("Stgae");
    inputs
        .parameters
        .insert("Stage".to_owned(), "dev".to_owned());
    let shown = converted(&text, &inputs).unwrap_err();
    assert!(
        shown.ends_with("Parameters.Stage: The parameter `Stage` must be one of test, prod."),
        "{shown}"
    );
}

/// What a pool file cannot have is noted.
#[test]
fn what_is_left_out_is_noted() {
    let file = parse("shop.yaml", "
Resources:
  Pool: {Type: 'AWS::Cognito::UserPool', Properties: {Novelty: 1, EmailAuthenticationMessage: '{####}'}}
  Web: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Pool, Novelty: 1}}
  Identities: {Type: 'AWS::Cognito::IdentityPool'}
  Table: {Type: 'AWS::DynamoDB::Table', Condition: Unknown}
  Fn::ForEach::Pools: [Name, [a, b], {}]
").unwrap();
    let notes: Vec<String> = file.notes().iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "shop.yaml:7:23: Resources.Fn::ForEach::Pools: The pool file does not have these resources: `Fn::ForEach::Pools` is not supported.",
            "shop.yaml:3:55: Resources.Pool: The property `Novelty` is not known and is left out.",
            "shop.yaml:3:9: Resources.Pool: The messages of `EMAIL_OTP` are left out, because `EnabledMfas` does not have it.",
            "shop.yaml:4:83: Resources.Web: The property `Novelty` is not known and is left out.",
            "shop.yaml:5:15: Resources.Identities: The pool file does not have this resource: the type `AWS::Cognito::IdentityPool` is not supported.",
        ]
    );
}

#[test]
fn short_forms_belong_to_templates() {
    let mistake = parse("pools.yaml", "UserPools: [{PoolName: !Ref Name}]").unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "pools.yaml:1:29: The tag `!Ref` is not supported."
    );
}

/// References that refer to each other many times are bounded.
#[test]
fn repeated_references_are_bounded() {
    use std::fmt::Write;
    let mut text = "Resources:\n  Pool: {Type: 'AWS::Cognito::UserPool', Properties: {UserPoolName: !Ref F0}}\n".to_owned();
    for number in 0..80 {
        let next = number + 1;
        writeln!(text, "  F{number}: {{Type: 'AWS::Lambda::Function', Properties: {{FunctionName: !Sub '${{F{next}}}${{F{next}}}'}}}}").unwrap();
    }
    text.push_str("  F80: {Type: 'AWS::Lambda::Function'}\n");
    let shown = parse("shop.yaml", &text).unwrap_err().to_string();
    assert!(
        shown.contains("100 levels deep") || shown.contains("have more than"),
        "{shown}"
    );
}

/// No beginning of a template, and no replaced value, ends in a panic.
#[test]
fn damaged_templates_are_refused() {
    for text in [TEMPLATE, EVERYTHING] {
        for end in (0..text.len()).step_by(7) {
            let _ = parse("shop", &text[..end]);
        }
        for word in [
            "Pool",
            "!Ref",
            "Properties",
            "Type",
            "{",
            "[",
            "UserPoolId",
            "Fn::GetAtt",
        ] {
            for other in ["", "1", "[]", "{}", "null", "!Sub", "Resources"] {
                let _ = parse("shop", &text.replace(word, other));
                let _ = parse("shop", &text.replacen(word, other, 3));
            }
        }
    }
}
