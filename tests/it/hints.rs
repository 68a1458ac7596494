//! Every sentence with which Cognito refuses has a way on, or a reason why not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cognito_emulator::error::Error;
use cognito_mcp::{hints, tools};

/// Sentences that no caller of a tool can meet: why, the operations that refuse
/// with them, and the variants. A tool that calls one of the operations needs
/// hints for its sentences.
const NOT_FOR_CALLERS: &[(&str, &[&str], &[&str])] = &[
    (
        "no tool makes or changes pools",
        &[
            "AddCustomAttributes",
            "CreateUserPool",
            "DeleteUserPool",
            "SetUserPoolMfaConfig",
            "UpdateUserPool",
        ],
        &[
            "AliasAndUsernameAttributes",
            "AttributeExists",
            "AttributeNameMissing",
            "AttributeTypeMissing",
            "CrossAccountRole",
            "CrossRegionLambda",
            "DuplicateAttribute",
            "EmailIdentityNotAllowed",
            "EmailMfaDefaultSender",
            "FirstFactorsWithMfa",
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
        &["CreateUserPoolClient", "UpdateUserPoolClient"],
        &[
            "AnalyticsIncomplete",
            "CallbackUrlsEmpty",
            "ClientCredentialsAlone",
            "ClientCredentialsNeedSecret",
            "DefaultRedirectNotListed",
            "InvalidReadAttributes",
            "InvalidWriteAttributes",
            "LegacyFlowMixed",
            "OAuthFlowsAndScopesRequired",
            "PropagateNeedsSecret",
            "ProviderNotFound",
            "RotationWithRefreshFlow",
            "ScopeNotFound",
            "SecretGivenAndGenerated",
            "TokenValidityOrder",
            "TokenValidityRange",
            "UrlFragment",
            "UrlHttp",
        ],
    ),
    (
        "no tool acts for a user who has signed in",
        &[
            "AdminSetUserMFAPreference",
            "ChangePassword",
            "DeleteUser",
            "DeleteUserAttributes",
            "GetUser",
            "GetUserAttributeVerificationCode",
            "GlobalSignOut",
            "SetUserMFAPreference",
            "UpdateUserAttributes",
            "VerifyUserAttribute",
        ],
        &[
            "AccessTokenExpired",
            "AccessTokenForged",
            "AccessTokenInvalid",
            "AccessTokenRevoked",
            "AccessTokenScopes",
            "NoEmailToVerify",
            "NoPhoneToVerify",
            "SeveralPreferredFactors",
            "UnverifiableAttribute",
        ],
    ),
    (
        "no tool refreshes or revokes tokens",
        &["GetTokensFromRefreshToken", "RevokeToken"],
        &[
            "ClientUnauthorized",
            "RefreshTokenExpired",
            "RefreshTokenInvalid",
            "RefreshTokenRevoked",
            "RevocationNotEnabled",
            "UnsupportedTokenType",
        ],
    ),
    (
        "the SDK and the server write requests, not their callers",
        &[],
        &[
            "ExpectedList",
            "ExpectedMap",
            "ExpectedStructure",
            "NotJson",
            "TokenOrSession",
            "UnexpectedList",
            "UnexpectedObject",
            "UnknownOperation",
            "WrongJsonType",
        ],
    ),
];

fn message(error: &Error) -> String {
    if matches!(error, Error::Constraints { .. }) {
        return "1 validation error detected: Value at 'username' failed to satisfy constraint: \
                Member must not be null"
            .to_owned();
    }
    error
        .sentence()
        .unwrap_or_else(|| format!("Cognito answered {} without a sentence", error.code()))
}

#[test]
fn every_sentence_has_a_hint_or_a_reason() {
    let excused: BTreeSet<&str> = NOT_FOR_CALLERS
        .iter()
        .flat_map(|(_, _, variants)| variants.iter().copied())
        .collect();
    let bare: Vec<&str> = Error::each()
        .iter()
        .filter(|error| hints::find(error.code(), &message(error)).is_none())
        .map(Error::name)
        .collect();
    let unexcused: Vec<&&str> = bare
        .iter()
        .filter(|name| !excused.contains(**name))
        .collect();
    assert!(
        unexcused.is_empty(),
        "give these sentences a hint: {unexcused:?}"
    );
    let needless: Vec<&&str> = excused.iter().filter(|name| !bare.contains(name)).collect();
    assert!(
        needless.is_empty(),
        "these have a hint, or are no more: {needless:?}"
    );
}

#[test]
fn no_tool_calls_what_has_no_hints() {
    for (reason, operations, _) in NOT_FOR_CALLERS {
        for entry in tools::all() {
            let called = entry
                .operations
                .iter()
                .find(|called| operations.contains(called));
            assert_eq!(called, None, "{}: {reason}", entry.name());
        }
    }
}

#[test]
fn hints_are_reviewed() {
    let mut text = String::new();
    for error in Error::each() {
        if let Some(hint) = hints::find(error.code(), &message(&error)) {
            let told = message(&error);
            writeln!(
                text,
                "{}: {}\n  {}\n  next: {}",
                error.code(),
                told.trim_end(),
                hint.advice,
                hint.next()
            )
            .unwrap();
        }
    }
    snapshot("hints", &text);
}

#[test]
fn sentences_are_reviewed() {
    let mut text = String::new();
    for error in Error::each() {
        writeln!(text, "{}: {:?}", error.name(), error.to_string()).unwrap();
    }
    snapshot("errors", &text);
}

/// One sentence has no full stop, as its readers add one; two have one between them.
#[test]
fn advice_is_worded_alike() {
    for hint in hints::all() {
        let advice = hint.advice;
        assert!(!advice.ends_with('.'), "{advice}");
        assert!(advice.starts_with(|c: char| c.is_uppercase()), "{advice}");
        assert!(!advice.contains("  "), "{advice}");
        for word in advice.split('`').skip(1).step_by(2) {
            assert!(!word.is_empty(), "{advice}");
        }
    }
}

/// A general hint above a specific one would hide it.
#[test]
fn every_hint_can_be_found() {
    for hint in hints::all() {
        let found = hints::find(hint.code, hint.says).unwrap();
        assert!(std::ptr::eq(found, hint), "{}: {}", hint.code, hint.says);
    }
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
