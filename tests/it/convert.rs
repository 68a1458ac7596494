//! The command `convert`, and CloudFormation templates as seed files.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;

use cognito_mcp::copy::scratch::Scratch;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::process::{Home, ended, refused};

const TEMPLATE: &str = r"
Parameters:
  Stage: {Type: String}
Resources:
  Hook: {Type: AWS::Lambda::Function, Properties: {FunctionName: welcome}}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: !Sub 'shop-${Stage}'
      LambdaConfig: {PreSignUp: !GetAtt Hook.Arn}
  Web:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, GenerateSecret: true}
  Identities: {Type: AWS::Cognito::IdentityPool}
Outputs:
  PoolId: {Value: !Ref Pool}
  Secret: {Value: !GetAtt Web.ClientSecret}
  Host: {Value: !GetAtt Distribution.DomainName}
";

/// The standard output and error of a command that succeeds.
async fn ran(home: &Home, command: &str) -> (String, String) {
    let output = ended(home.command(command)).await;
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_template_becomes_a_pool_file() {
    let home = Home::new("convert");
    home.write("shop.template.yaml", TEMPLATE);
    let command = "convert shop.template.yaml --parameter Stage=test --value Web=shopweb \
                   --value Web.ClientSecret=a_secret_of_24_characters --account 111122223333 \
                   --region eu-west-1";
    let (file, notes) = ran(&home, command).await;
    assert_snapshot!(file, @"
    UserPools:
      - Id: eu-west-1_Pool
        AccountId: \"111122223333\"
        PoolName: shop-test
        LambdaConfig:
          PreSignUp: arn:aws:lambda:eu-west-1:111122223333:function:welcome
        UserPoolClients:
          - ClientId: shopweb
            ClientName: Web
            ClientSecret: a_secret_of_24_characters
    ");
    assert_snapshot!(notes, @"
    cognito-mcp: warning: shop.template.yaml:14:15: Resources.Identities: The pool file does not have this resource: the type `AWS::Cognito::IdentityPool` is not supported.
    ");

    // The file and the outputs are private, and the outputs have the form of the CDK's.
    let command = format!("{command} --output pools.json --outputs outputs.json");
    let (printed, notes) = ran(&home, &command).await;
    assert_eq!(printed, "");
    assert!(
        notes.contains("Outputs.Host.Value.Fn::GetAtt: The output is left out: "),
        "{notes}"
    );
    let read = |name: &str| {
        let path = home.0.join(name);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        std::fs::read_to_string(path).unwrap()
    };
    let outputs: Value = serde_json::from_str(&read("outputs.json")).unwrap();
    let expected =
        json!({ "shop": { "PoolId": "eu-west-1_Pool", "Secret": "a_secret_of_24_characters" } });
    assert_eq!(outputs, expected);
    let scratch = Scratch::load("pools.json", &read("pools.json")).unwrap();
    assert_eq!(
        scratch.loaded.pools[0].clients,
        [("shopweb".to_owned(), "Web".to_owned())]
    );
}

#[tokio::test]
async fn a_template_that_cannot_be_converted_is_explained() {
    let home = Home::new("convert_refused");
    home.write("shop.template.yaml", TEMPLATE);
    home.write("pools.yaml", "UserPools: [{PoolName: shop}]");
    home.write(
        "empty.yaml",
        "Resources: {Hook: {Type: 'AWS::Lambda::Function'}}",
    );
    home.write(
        "client.yaml",
        "Resources: {Pool: {Type: 'AWS::Cognito::UserPool'}, Web: {Type: \
         'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Pool, CallbackURLs: \
         ['http://shop.example.com']}}}",
    );
    let mut shown = String::new();
    for arguments in [
        "shop.template.yaml",
        "shop.template.yaml --parameter Stgae=test",
        "shop.template.yaml --parameter Stage",
        "shop.template.yaml --region mars",
        "shop.template.yaml pools.yaml --stack-name shop",
        "pools.yaml",
        "empty.yaml",
        "client.yaml",
        "missing.yaml",
    ] {
        let line = refused(home.command(&format!("convert {arguments}"))).await;
        let first = line.lines().next().unwrap();
        writeln!(shown, "$ convert {arguments}\n{first}").unwrap();
    }
    assert_snapshot!(shown, @"
    $ convert shop.template.yaml
    cognito-mcp: shop.template.yaml:9:26: Resources.Pool.Properties.UserPoolName.Fn::Sub: The parameter `Stage` has no default: convert the template with --parameter Stage=VALUE.
    $ convert shop.template.yaml --parameter Stgae=test
    cognito-mcp: shop.template.yaml:1:1: The template has no parameter `Stgae`. Parameters: Stage. Did you mean `Stage`?
    $ convert shop.template.yaml --parameter Stage
    error: invalid value 'Stage' for '--parameter <NAME=VALUE>': write NAME=VALUE
    $ convert shop.template.yaml --region mars
    error: invalid value 'mars' for '--region <REGION>': a Region looks like eu-west-1
    $ convert shop.template.yaml pools.yaml --stack-name shop
    cognito-mcp: --stack-name names one stack: convert one template with it.
    $ convert pools.yaml
    cognito-mcp: pools.yaml:1:1: This is no CloudFormation template: it has no `Resources` with types.
    $ convert empty.yaml
    cognito-mcp: empty.yaml:1:1: The template has no resource of the type `AWS::Cognito::UserPool`.
    $ convert client.yaml
    cognito-mcp: client.yaml:1:58: Resources.Web.Properties: InvalidParameterException: http://shop.example.com cannot use the HTTP protocol.
    $ convert missing.yaml
    cognito-mcp: missing.yaml: it does not exist.
    ");
}

/// A template is a seed file too: in the Region of the emulator, with the defaults of its
/// parameters.
#[tokio::test]
async fn the_emulator_starts_with_a_template() {
    let home = Home::new("template_seed");
    let text = TEMPLATE.replace("Type: String", "Type: String, Default: test");
    home.write("shop.template.yaml", &text);
    let call = "call describe_pool --seed-file shop.template.yaml --region eu-west-1";
    let (answer, notes) = ran(&home, call).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["user_pool_id"], "eu-west-1_Pool", "{answer}");
    assert_eq!(answer["name"], "shop-test", "{answer}");
    assert!(notes.contains("Resources.Identities: "), "{notes}");

    home.write("shop.template.yaml", TEMPLATE);
    let shown = refused(home.command("emulator --port 0 --seed-file shop.template.yaml")).await;
    assert!(shown.contains("--parameter Stage=VALUE"), "{shown}");
}
