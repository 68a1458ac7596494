//! Unknown settings: each stops the start. A typing error must not remove a restriction
//! that the operator intended.

use crate::process::{Home, ended, refused};

/// Variables, and their values.
type Variables = &'static [(&'static str, &'static str)];

/// Flags and variables with a mistake, and a part of the refusal.
const MISTAKES: &[(&str, Variables, &str)] = &[
    // Unknown flags.
    (
        "--backend aws --readonly",
        &[],
        "unexpected argument '--readonly'",
    ),
    ("--backend aws --alow-writes", &[], "'--allow-writes'"),
    ("--alow-destructive", &[], "'--allow-destructive'"),
    ("--pools us-east-1_AbC", &[], "'--pool'"),
    ("--toolset users", &[], "'--toolsets'"),
    ("--exclude-tool delete_user", &[], "'--exclude-tools'"),
    ("--no-confirm", &[], "unexpected argument '--no-confirm'"),
    ("serve --confrim never", &[], "'--confirm'"),
    ("polciy", &[], "'policy'"),
    ("policy --pools us-east-1_AbC", &[], "'--pool'"),
    // Flags without a variable.
    (
        "serve --backend aws",
        &[("COGNITO_MCP_ALLOW_PLAIN_HTTP_ENDPOINT", "true")],
        "COGNITO_MCP_ALLOW_PLAIN_HTTP_ENDPOINT is not a variable of this program",
    ),
    (
        "emulator",
        &[("COGNITO_MCP_EXPOSE", "true")],
        "COGNITO_MCP_EXPOSE is not a variable of this program",
    ),
    ("serve --expose", &[], "--listen <ADDRESS>"),
    // Invalid values.
    ("--confirm", &[], "a value is required"),
    ("--confirm=no", &[], "possible values: always, aws, never"),
    ("--confirm alway", &[], "'always'"),
    ("--allow-writes=no", &[], "possible values: true, false"),
    ("--backend awss", &[], "'aws'"),
    ("--pool demo", &[], "--pool: `demo` is not a user pool id"),
    ("--pool=", &[], "--pool: `` is not a user pool id"),
    (
        "--pool us-east-1_AbC,",
        &[],
        "--pool: `` is not a user pool id",
    ),
    (
        "--pool us-east-1_A --user-pool-id us-east-1_B",
        &[],
        "--user-pool-id us-east-1_B is not among",
    ),
    ("policy --account 1234", &[], "an AWS account has 12 digits"),
    (
        "policy --region evil.com",
        &[],
        "--region evil.com: not an AWS Region",
    ),
    ("--region local", &[], "`local` is not an AWS Region"),
    (
        "--pool localhost_x",
        &[],
        "`localhost_x` is not a user pool id",
    ),
    (
        "policy --format yaml",
        &[],
        "possible values: json, terraform, cdk",
    ),
    // Unknown tools and toolsets.
    ("--toolsets user", &[], "Did you mean `users`?"),
    ("--toolsets=", &[], "unknown toolset ``"),
    ("--toolsets users,,groups", &[], "unknown toolset ``"),
    ("--tools delete_usr", &[], "Did you mean `delete_user`?"),
    (
        "--exclude-tools delete_usr",
        &[],
        "Did you mean `delete_user`?",
    ),
    (
        "--exclude-tools delete_*s",
        &[],
        "--exclude-tools: unknown tool `delete_*s`",
    ),
    ("--tools [", &[], "is not a valid pattern"),
    (
        "--toolsets groups --exclude-tools *",
        &[],
        "No tool is left",
    ),
    ("policy --toolsets user", &[], "Did you mean `users`?"),
    // Unknown variables, and invalid values of known ones.
    (
        "",
        &[("COGNITO_MCP_TOOLSET", "users")],
        "Did you mean `COGNITO_MCP_TOOLSETS`?",
    ),
    (
        "",
        &[("COGNITO_MCP_POOL", "us-east-1_AbC")],
        "Did you mean `COGNITO_MCP_POOLS`?",
    ),
    (
        "",
        &[("cognito_mcp_pools", "us-east-1_AbC")],
        "Did you mean `COGNITO_MCP_POOLS`?",
    ),
    (
        "",
        &[("COGNITO_MPC_TOOLS", "list_*")],
        "Did you mean `COGNITO_MCP_TOOLS`?",
    ),
    (
        "",
        &[("COGNITO_MCP_READ_ONLY", "true")],
        "COGNITO_MCP_READ_ONLY is not a variable of this program",
    ),
    (
        "",
        &[("COGNITO_MCP_TOOLSETS", "user")],
        "Did you mean `users`?",
    ),
    ("", &[("COGNITO_MCP_TOOLSETS", "")], "unknown toolset ``"),
    (
        "",
        &[("COGNITO_MCP_POOLS", "")],
        "--pool: `` is not a user pool id",
    ),
    (
        "",
        &[("COGNITO_MCP_CONFIRM", "yes")],
        "possible values: always, aws, never",
    ),
    (
        "",
        &[("COGNITO_MCP_EXCLUDE_TOOLS", "delete_usr")],
        "Did you mean `delete_user`?",
    ),
    (
        "policy",
        &[("COGNITO_MCP_POOLS", "demo")],
        "--pool: `demo` is not a user pool id",
    ),
    (
        "verify",
        &[("COGNITO_MCP_TOOLSET", "users")],
        "Did you mean `COGNITO_MCP_TOOLSETS`?",
    ),
];

#[tokio::test]
async fn unknown_settings_stop_the_start() {
    let home = Home::new("fail_closed");
    for (flags, variables, shown) in MISTAKES {
        let mut command = home.command(flags);
        command.envs(variables.iter().copied());
        let refusal = refused(command).await;
        assert!(refusal.contains(shown), "{flags} {variables:?}: {refusal}");
        assert!(!refusal.contains("panicked"), "{refusal}");
    }
}

/// Valid settings start the server. Without this test the refusals would prove nothing.
#[tokio::test]
async fn valid_settings_start() {
    let home = Home::new("fail_open");
    let right: &[(&str, Variables)] = &[
        (
            "--pool us-east-1_AbC --pool us-east-1_AbD --confirm always",
            &[],
        ),
        (
            "--toolsets users",
            &[
                ("COGNITO_MCP_POOLS", "us-east-1_AbC,us-east-1_AbD"),
                ("COGNITO_MCP_CONFIRM", "never"),
                ("COGNITO_USER_POOL_ID", "us-east-1_AbD"),
                ("COGNITO_DOMAIN", "another program's"),
            ],
        ),
    ];
    for (flags, variables) in right {
        let mut command = home.command(flags);
        command.envs(variables.iter().copied());
        let output = ended(command).await;
        assert!(output.status.success(), "{flags} {variables:?}: {output:?}");
    }
    let output = ended(home.command("policy --tools get_user --pool us-east-1_AbC")).await;
    assert!(output.status.success(), "{output:?}");
    let policy: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let resource = &policy["Statement"][0]["Resource"][0];
    assert_eq!(
        resource,
        "arn:aws:cognito-idp:us-east-1:*:userpool/us-east-1_AbC"
    );
}
