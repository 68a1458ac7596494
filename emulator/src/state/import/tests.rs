//! Tests of import jobs: what they do with each row of a file, and the memory of the files.

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::bounds::IMPORT_FILES;
use crate::testing::Fixture;

const CREATE: &str = r#"CreateUserImportJob {"UserPoolId":"$pool","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}"#;

/// A pool that verifies e-mail addresses, with a job that imports `rows`.
fn fixture(settings: serde_json::Value, rows: &[&str]) -> Fixture {
    let mut fixture = Fixture::with_pool(settings);
    fixture.run(CREATE);
    fixture.upload(&file(rows));
    fixture
}

/// A file of users. Each row has a username, an e-mail address, `email_verified`,
/// and `cognito:mfa_enabled`.
fn file(rows: &[&str]) -> String {
    let mut file = "cognito:username,email,email_verified,cognito:mfa_enabled,phone_number_verified,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,gender,birthdate,zoneinfo,locale,phone_number,address,updated_at\n".to_owned();
    for row in rows {
        file.push_str(row);
        file.push_str(
            &",".repeat(20_usize.saturating_sub(row.replace("\\,", "").matches(',').count())),
        );
        file.push('\n');
    }
    file
}

fn verifying_email() -> serde_json::Value {
    json!({"AutoVerifiedAttributes": ["email"]})
}

#[test]
fn users_are_imported() {
    let mut fixture = fixture(
        verifying_email(),
        &[
            "ana,ana@example.com,TRUE,FALSE",
            "bob,bob@example.com,true,,,Bob B",
        ],
    );
    assert_snapshot!(fixture.run(r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        AdminGetUser {"UserPoolId":"$pool","Username":"bob"}
        advance 1
        spread AdminGetUser {"UserPoolId":"$pool","Username":"bob"}
        spread DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
    "#), @r#"
    200 {"UserImportJob":{"CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","CreationDate":1.7E9,"FailedUsers":0,"ImportedUsers":0,"JobId":"$job","JobName":"j","PreSignedUrl":"$url","SkippedUsers":0,"StartDate":1.7E9,"Status":"Pending","UserPoolId":"$pool"}}
    400 UserNotFoundException: User does not exist.
    200
      Enabled: true
      UserAttributes: [{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"name","Value":"Bob B"},{"Name":"sub","Value":"$sub"}]
      UserCreateDate: 1700000000.5
      UserLastModifiedDate: 1700000000.5
      UserStatus: "RESET_REQUIRED"
      Username: "bob"
    200
      UserImportJob:
        CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
        CompletionDate: 1700000000.5
        CompletionMessage: "Import Job Completed Successfully."
        CreationDate: 1700000000.0
        FailedUsers: 0
        ImportedUsers: 2
        JobId: "$job"
        JobName: "j"
        PreSignedUrl: "$url"
        SkippedUsers: 0
        StartDate: 1700000000.0
        Status: "Succeeded"
        UserPoolId: "$pool"
    "#);
    assert_snapshot!(fixture.import_log(), @"
    Cognito User Pools Import - Test Log
    Cognito User Pools Import - Test Log
    [SUCCEEDED] Line Number 2 - The import succeeded.
    [SUCCEEDED] Line Number 3 - The import succeeded.
    ");
}

/// R34, R35, and how an imported user sets a password.
#[test]
fn imported_users_reset_their_passwords() {
    let mut fixture = fixture(verifying_email(), &["ana,ana@example.com,true"]);
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"x"}}
        UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","PreventUserExistenceErrors":"ENABLED","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"x"}}
        ForgotPassword {"ClientId":"$client","Username":"ana"}
        ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}
        only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
    "#).lines().filter(|line| !line.contains("UserPoolClient")).collect::<Vec<_>>().join("\n"), @r#"
    "Pending"
    400 PasswordResetRequiredException: Password reset required for the user
    400 NotAuthorizedException: Incorrect username or password.
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
    200 {}
    {}
    "#);
}

/// The clock is stopped while the caller polls.
#[test]
fn polling_advances_a_job() {
    let mut fixture = fixture(verifying_email(), &["ana,ana@example.com,true"]);
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        only /UserImportJobs/0/Status ListUserImportJobs {"UserPoolId":"$pool","MaxResults":1}
        only /UserImportJob/Status DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        only /UserImportJob/Status DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        only /UserImportJob/CompletionDate DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
    "#), @r#"
    "Pending"
    "Pending"
    "InProgress"
    "Succeeded"
    1700000000.0
    "#);
}

#[test]
fn jobs_that_are_not_started_expire() {
    let mut fixture = fixture(verifying_email(), &["ana,ana@example.com,true"]);
    assert_snapshot!(fixture.run(r#"
        advance 86399
        only /UserImportJob/Status DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
        spread DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
    "#), @r#"
    "Created"
    200
      UserImportJob:
        CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
        CompletionDate: 1700086400.0
        CompletionMessage: "The user import job has expired."
        CreationDate: 1700000000.0
        FailedUsers: 0
        ImportedUsers: 0
        JobId: "$job"
        JobName: "j"
        PreSignedUrl: "$url"
        SkippedUsers: 0
        Status: "Expired"
        UserPoolId: "$pool"
    400 PreconditionNotMetException: The user import job cannot be started. Current status is Expired
    "#);
}

/// Rows with every fault, and rows with existing users.
#[test]
#[expect(clippy::too_many_lines, reason = "a transcript")]
fn rows_fail_one_by_one() {
    let settings = json!({
        "AutoVerifiedAttributes": ["email"],
        "AliasAttributes": ["email"],
        "Schema": [{"Name": "given_name", "Required": true}],
    });
    let long = format!("long,long@example.com,true,,,{},G", "n".repeat(16_000));
    let mut fixture = fixture(
        settings,
        &[
            r"ana,ana@example.com,true,,,Ana\, of Example,A",
            "ana,,",
            "b,ana@example.com,true,,,,B",
            ",c@example.com,true,,,,C",
            "c d,c@example.com,true,,,,C",
            "c@example.com,c@example.com,true,,,,C",
            "c,c@example.com,true,true,,,C",
            "c,c@example.com,true,maybe,,,C",
            "c,c@example.com,yes,,,,C",
            "c,c@example.com,,,,,C",
            "c,,true,,,,C",
            "c,nope,true,,,,C",
            "c,c@example.com,true,,true,,C",
            "c,c@example.com,true",
            "c,c@example.com,true,,,,C,,,,,,,,,1985-02-01",
            "c,c@example.com,true,,,,C,,,,,,,,,,,,,,yesterday",
            "c,c@example.com,true,,,,C,,,,,,,,,,,,,,1471453471,",
            &long,
            "",
            "c, c@example.com ,true,false,,,C,,,,,,,,,02/01/1985,,,,,1471453471",
        ],
    );
    fixture.run(
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
    "#,
    );
    assert_snapshot!(fixture.import_log(), @"
    Cognito User Pools Import - Test Log
    Cognito User Pools Import - Test Log
    [SUCCEEDED] Line Number 2 - The import succeeded.
    [SKIPPED] Line Number 3 - The user already exists.
    [FAILED] Line Number 4 - An account with the given email already exists.
    [FAILED] Line Number 5 - The cognito:username is missing or invalid.
    [FAILED] Line Number 6 - The cognito:username is missing or invalid.
    [FAILED] Line Number 7 - Username cannot be of email format, since user pool is configured for email alias.
    [FAILED] Line Number 8 - The cognito:mfa_enabled value does not match the MFA configuration of the user pool.
    [FAILED] Line Number 9 - The cognito:mfa_enabled value does not match the MFA configuration of the user pool.
    [FAILED] Line Number 10 - Attributes did not conform to the schema: email_verified: Attribute value must be a boolean
    [FAILED] Line Number 11 - The User Record does not set any of the auto verified attributes to verified. (Example: email_verified to true).
    [FAILED] Line Number 12 - The User Record does not set any of the auto verified attributes to verified. (Example: email_verified to true).
    [FAILED] Line Number 13 - Invalid email address format.
    [FAILED] Line Number 14 - phone_number must be provided to set phone_number_verified.
    [FAILED] Line Number 15 - Attributes did not conform to the schema: name.givenName: The attribute name.givenName is required
    [FAILED] Line Number 16 - The birthdate is not of the format mm/dd/yyyy.
    [FAILED] Line Number 17 - Attributes did not conform to the schema: updated_at: Attribute value must be a number
    [FAILED] Line Number 18 - The number of values differs from the number of columns.
    [FAILED] Line Number 19 - The row is longer than 16000 characters.
    [FAILED] Line Number 20 - The cognito:username is missing or invalid.
    [SUCCEEDED] Line Number 21 - The import succeeded.
    ");
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        spread AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        spread AdminGetUser {"UserPoolId":"$pool","Username":"c"}
    "#), @r#"
    {"CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","CompletionDate":1700000000.5,"CompletionMessage":"Too many users have failed or been skipped during the import.","CreationDate":1700000000.0,"FailedUsers":17,"ImportedUsers":2,"JobId":"$job","JobName":"j","PreSignedUrl":"$url","SkippedUsers":1,"StartDate":1700000000.0,"Status":"Failed","UserPoolId":"$pool"}
    200
      Enabled: true
      UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"name","Value":"Ana, of Example"},{"Name":"given_name","Value":"A"},{"Name":"sub","Value":"$sub"}]
      UserCreateDate: 1700000000.5
      UserLastModifiedDate: 1700000000.5
      UserStatus: "RESET_REQUIRED"
      Username: "ana"
    200
      Enabled: true
      UserAttributes:
        - {"Name":"email","Value":"c@example.com"}
        - {"Name":"email_verified","Value":"true"}
        - {"Name":"given_name","Value":"C"}
        - {"Name":"birthdate","Value":"02/01/1985"}
        - {"Name":"updated_at","Value":"1471453471"}
        - {"Name":"sub","Value":"$sub"}
      UserCreateDate: 1700000000.5
      UserLastModifiedDate: 1700000000.5
      UserStatus: "RESET_REQUIRED"
      Username: "c"
    "#);
}

/// A file that cannot be parsed ends its job.
#[test]
fn files_fail_as_a_whole() {
    let mut fixture = fixture(verifying_email(), &[]);
    fixture.upload("email,cognito:username\nana@example.com,ana");
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
        spread DescribeUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
    "#), @r#"
    "Pending"
    200
      UserImportJob:
        CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs"
        CompletionDate: 1700000000.5
        CompletionMessage: "The header of the CSV file does not match the user pool."
        CreationDate: 1700000000.0
        FailedUsers: 0
        ImportedUsers: 0
        JobId: "$job"
        JobName: "j"
        PreSignedUrl: "$url"
        SkippedUsers: 0
        StartDate: 1700000000.0
        Status: "Failed"
        UserPoolId: "$pool"
    400 UserNotFoundException: User does not exist.
    "#);
}

/// A user who signs in by e-mail has no username in the file.
#[test]
fn addresses_as_usernames() {
    let settings = json!({"AutoVerifiedAttributes": ["email"], "UsernameAttributes": ["email"]});
    let mut fixture = fixture(
        settings,
        &[
            "ana@example.com,ana@example.com,true",
            "bob,bob@example.com,true",
            "ana@example.com,,true",
        ],
    );
    fixture.run(
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
    "#,
    );
    assert_snapshot!(fixture.import_log(), @"
    Cognito User Pools Import - Test Log
    Cognito User Pools Import - Test Log
    [SUCCEEDED] Line Number 2 - The import succeeded.
    [FAILED] Line Number 3 - Username should be an email.
    [SKIPPED] Line Number 4 - The user already exists.
    ");
    assert_snapshot!(fixture.run(r#"
        only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        only /Username AdminGetUser {"UserPoolId":"$pool","Username":"$sub"}
    "#), @r#"
    "RESET_REQUIRED"
    "$sub"
    "#);
}

/// A user who can sign in by a code has no password to reset.
#[test]
fn users_without_passwords_are_confirmed() {
    let settings = json!({
        "AutoVerifiedAttributes": ["email"],
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    });
    let mut fixture = fixture(settings, &["ana,ana@example.com,true"]);
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
        only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
    "#), @r#"
    "Pending"
    "CONFIRMED"
    "#);
}

/// `cognito:mfa_enabled` in a pool with optional MFA, and with required MFA.
#[test]
fn second_factors() {
    for (mode, rows) in [
        (
            "OPTIONAL",
            [
                "ana,ana@example.com,true,true,,,,,,,,,,,,,,,+12065559934",
                "bob,bob@example.com,true,false",
            ],
        ),
        (
            "ON",
            [
                "ana,ana@example.com,true,,,,,,,,,,,,,,,,+12065559934",
                "bob,bob@example.com,true,false",
            ],
        ),
    ] {
        let mut fixture = Fixture::with_pool(verifying_email())
            .and_mfa(mode, &[crate::state::mfa::Factor::SmsMfa]);
        fixture.run(CREATE);
        fixture.upload(&file(&rows));
        fixture.run(
            r#"
            StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
            advance 1
        "#,
        );
        let mut shown = fixture.import_log();
        shown.push_str(&fixture.run(
            r#"
            only /UserMFASettingList AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            only /UserMFASettingList AdminGetUser {"UserPoolId":"$pool","Username":"bob"}
        "#,
        ));
        if mode == "ON" {
            assert_snapshot!(shown, @r#"
            Cognito User Pools Import - Test Log
            Cognito User Pools Import - Test Log
            [SUCCEEDED] Line Number 2 - The import succeeded.
            [FAILED] Line Number 3 - The cognito:mfa_enabled value does not match the MFA configuration of the user pool.["SMS_MFA"]
            400 UserNotFoundException: User does not exist.
            "#);
        } else {
            assert_snapshot!(shown, @r#"
            Cognito User Pools Import - Test Log
            Cognito User Pools Import - Test Log
            [SUCCEEDED] Line Number 2 - The import succeeded.
            [SUCCEEDED] Line Number 3 - The import succeeded.["SMS_MFA"]
            absent
            "#);
        }
    }
}

/// Each row has the hash of a password. Users sign in with the password.
#[test]
fn passwords_are_imported_as_hashes() {
    let mut fixture = Fixture::with_pool(verifying_email());
    fixture.run(r#"only /UserImportJob/Status CreateUserImportJob {"UserPoolId":"$pool","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs","PasswordHashingAlgorithm":"BCRYPT"}"#);
    let hash = "$2b$04$abcdefghijklmnopqrstuuIhSHOYW62MYzOCiBO1FrAHfyr5D9TxS";
    let costly = hash.replace("$04$", "$13$");
    fixture.upload(&format!(
        "cognito:username,email,email_verified,password_hash\n\
         ana,ana@example.com,true,{hash}\n\
         bob,bob@example.com,true,\n\
         cid,cid@example.com,true,{costly}\n\
         dan,dan@example.com,true,16$8$1$73616c7473616c74$3c5d6c82f48c7361cd49f53493955352\n\
         eve,eve@example.com,true,{hash}\n"
    ));
    fixture.run(
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
    "#,
    );
    assert_snapshot!(fixture.import_log(), @"
    Cognito User Pools Import - Test Log
    Cognito User Pools Import - Test Log
    [SUCCEEDED] Line Number 2 - The import succeeded.
    [SUCCEEDED] Line Number 3 - The import succeeded.
    [FAILED] Line Number 4 - The password_hash has parameters that exceed the maximum.
    [FAILED] Line Number 5 - The password_hash does not match the format of the password hashing algorithm.
    [SUCCEEDED] Line Number 6 - The import succeeded.
    ");
    assert_snapshot!(fixture.run(r#"
        only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"bob"}
        only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        # The hash is checked once, and then replaced by the password.
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Correct-Horse-8"}}
        only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
    "#), @r#"
    "RESET_REQUIRED"
    "CONFIRMED"
    400 NotAuthorizedException: Incorrect username or password.
    {}
    {}
    "#);
    // Choice-based sign-in accepts the password too.
    assert_snapshot!(fixture.run(r#"
        only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_AUTH"]}
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"eve"}}
        only /ChallengeParameters RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","Session":"$session","ChallengeResponses":{"USERNAME":"eve","ANSWER":"PASSWORD","PASSWORD":"$password"}}
    "#), @r#"
    "client"
    200 {"AvailableChallenges":["PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    {}
    "#);
    let handle = fixture.pool_handle();
    let ana = handle.read().user("ana").unwrap().clone();
    assert!(ana.password.is_some() && ana.imported_hash.is_none());
}

/// While an import runs, the settings that it checks cannot change.
#[test]
fn a_pool_cannot_change_during_an_import() {
    let mut fixture = fixture(verifying_email(), &["ana,ana@example.com,true"]);
    assert_snapshot!(fixture.run(r#"
        only /UserImportJob/Status StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"team","AttributeDataType":"String"}]}
        UpdateUserPool {"UserPoolId":"$pool"}
        DeleteUserPool {"UserPoolId":"$pool"}
        advance 1
        AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"team","AttributeDataType":"String"}]}
        UpdateUserPool {"UserPoolId":"$pool"}
        DeleteUserPool {"UserPoolId":"$pool"}
    "#), @r#"
    "Pending"
    400 UserImportInProgressException: The user pool cannot be modified while a user import job is in progress.
    400 UserImportInProgressException: The user pool cannot be modified while a user import job is in progress.
    400 UserImportInProgressException: The user pool cannot be modified while a user import job is in progress.
    200 {}
    200 {}
    200
    "#);
}

/// A call that finds a job being imported leaves the import to the other
/// call.
#[test]
fn a_running_job_stops_on_request() {
    let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
    fixture.run(r#"CreateUserImportJob {"UserPoolId":"$pool","JobName":"j","CloudWatchLogsRoleArn":"arn:aws:iam::123456789012:role/logs"}"#);
    fixture.upload("");
    fixture.run(r#"StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}"#);
    let (pool, id) = (fixture.get("pool"), fixture.get("job"));
    let (state, world) = (fixture.emulator().state(), fixture.emulator().world());
    let handle = state.pool_handle(pool).unwrap();
    let status = || handle.read().imports.get(id).unwrap().status(world.now());

    let file = {
        let mut pool = handle.write();
        let job = pool.imports.get_mut(id).unwrap();
        job.status = Status::InProgress;
        job.file.take()
    };
    state.look_at_import(world, pool, id).unwrap();
    assert_eq!(status(), Status::InProgress);
    assert_eq!(
        state.stop_import(&mut handle.write(), id, world.now()),
        Ok(())
    );
    assert_eq!(status(), Status::Stopping);
    let again = state.stop_import(&mut handle.write(), id, world.now());
    let status = "Stopping".to_owned();
    assert_eq!(again, Err(Error::ImportJobNotRunning { status }));
    assert!(file.is_some());
}

/// A fixture with a job whose file has the largest size, and memory for only
/// one more file.
fn full() -> (Fixture, Bytes) {
    let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
    // All files share one buffer.
    let file = Bytes::from(vec![b'x'; FILE_LIMIT]);
    fixture.run(CREATE);
    assert_eq!(
        fixture.emulator().upload(fixture.get("url"), file.clone()),
        Ok(())
    );
    (fixture, file)
}

fn taken(fixture: &Fixture) -> usize {
    fixture.emulator().state().common.import_files.taken()
}

#[test]
fn uploaded_files_are_bounded() {
    let (mut fixture, file) = full();
    let first = fixture.get("url").to_owned();
    let upload =
        |fixture: &Fixture, url: &str, bytes| fixture.emulator().upload(url, file.slice(..bytes));
    fixture.run(CREATE);
    let second = fixture.get("url").to_owned();
    assert_eq!(upload(&fixture, &second, FILE_LIMIT), Ok(()));
    let rest = IMPORT_FILES - 2 * FILE_LIMIT;
    fixture.run(CREATE);
    let third = fixture.get("url").to_owned();
    assert_eq!(upload(&fixture, &third, rest + 1), Err(NotUploaded::NoRoom));
    assert_eq!(upload(&fixture, &third, rest), Ok(()));
    assert_eq!(taken(&fixture), IMPORT_FILES);
    // A refused file uses no memory, and a second file replaces the first.
    assert_eq!(upload(&fixture, &third, 1), Err(NotUploaded::NoRoom));
    assert_eq!(upload(&fixture, &first, 0), Ok(()));
    assert_eq!(upload(&fixture, &third, 1), Ok(()));
    assert_eq!(taken(&fixture), FILE_LIMIT + 1);
    let larger = Bytes::from(vec![b'x'; FILE_LIMIT + 1]);
    assert_eq!(
        fixture.emulator().upload(&third, larger),
        Err(NotUploaded::TooLarge)
    );
}

/// The end of a job and the deletion of its pool or of all pools free the file's
/// memory.
#[test]
fn every_end_of_a_job_frees_its_file() {
    let ends = [
        // The job succeeds.
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
        ListUserPools {"MaxResults":1}
        "#,
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        StopUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        "#,
        // The job expires.
        r#"
        advance 86400
        ListUserPools {"MaxResults":1}
        "#,
        r#"DeleteUserPool {"UserPoolId":"$pool"}"#,
    ];
    for end in ends {
        let (mut fixture, _) = full();
        assert_eq!(taken(&fixture), FILE_LIMIT);
        fixture.run(end);
        assert_eq!(taken(&fixture), 0, "{end}");
        let jobs = fixture.emulator().state().imports.jobs.lock();
        assert!(
            jobs.started.is_empty() && jobs.waiting.is_empty(),
            "{jobs:?}"
        );
    }
    let (fixture, _) = full();
    fixture.emulator().clear();
    assert_eq!(taken(&fixture), 0);
}

#[test]
fn a_job_that_has_not_expired_keeps_its_file() {
    let (mut fixture, _) = full();
    fixture.run("advance 86399\nListUserPools {\"MaxResults\":1}");
    assert_eq!(taken(&fixture), FILE_LIMIT);
}

#[test]
fn logs_of_the_oldest_jobs_are_dropped() {
    let mut fixture = Fixture::with_pool(json!({}));
    for _ in 0..3 {
        fixture.run(CREATE);
    }
    let handle = fixture.pool_handle();
    let jobs = &mut handle.write().imports;
    for (job, lines) in jobs.0.iter_mut().zip([10, IMPORT_LOG_LINES - 20, 10]) {
        job.lines = vec![(1, Line::Succeeded); lines];
    }
    let kept = |jobs: &Jobs| -> Vec<_> { jobs.0.iter().map(|job| job.lines.len()).collect() };
    jobs.free_log(0);
    assert_eq!(kept(jobs), [10, IMPORT_LOG_LINES - 20, 10]);
    jobs.free_log(10);
    assert_eq!(kept(jobs), [0, IMPORT_LOG_LINES - 20, 10]);
    jobs.free_log(11);
    assert_eq!(kept(jobs), [0, 0, 10]);
}
