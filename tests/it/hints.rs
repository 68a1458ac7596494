//! Every sentence with which Cognito refuses has a way on.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cognito_emulator::error::Error;
use cognito_emulator::model::Model;
use cognito_mcp::hints;

/// Its sentence, with words of Cognito's own where all of it is filled in.
fn message(error: &Error) -> String {
    match error {
        Error::Constraints { .. } => "1 validation error detected: Value at 'username' failed to \
                                      satisfy constraint: Member must not be null"
            .to_owned(),
        Error::ProviderUserIncomplete { .. } => "SourceUser must have a ProviderName.".to_owned(),
        Error::TokenGenerationFailed { .. } => {
            "PreTokenGeneration failed with error message.".to_owned()
        }
        error => error
            .sentence()
            .unwrap_or_else(|| format!("Cognito returned {} without a message", error.code())),
    }
}

/// Exceptions whose sentences tell different things: what helps with all of them
/// is for sentences that are not known.
const MANIFOLD: [&str; 3] = [
    "InvalidParameterException",
    "NotAuthorizedException",
    "ResourceNotFoundException",
];

#[test]
fn every_sentence_has_a_hint() {
    let bare: Vec<&str> = Error::each()
        .iter()
        .filter(|error| {
            let hint = hints::find(error.code(), &message(error));
            hint.is_none_or(|hint| hint.says.is_none() && MANIFOLD.contains(&error.code()))
        })
        .map(Error::name)
        .collect();
    assert!(bare.is_empty(), "give these sentences a hint: {bare:?}");
}

/// The model names the exceptions of each operation, and Cognito may word them as it likes.
#[test]
fn every_exception_has_a_hint() {
    let exceptions: BTreeSet<&str> = Model::get()
        .operations()
        .flat_map(|operation| operation.errors.iter().copied())
        .collect();
    assert!(exceptions.len() > 50, "{exceptions:?}");
    let bare: Vec<&str> = exceptions
        .into_iter()
        .filter(|code| hints::find(code, "A sentence that nobody has seen.").is_none())
        .collect();
    assert!(bare.is_empty(), "give these exceptions a hint: {bare:?}");
}

/// What AWS refuses before Cognito is asked is in no model.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html>
#[test]
fn every_common_error_has_a_hint() {
    let common = [
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalFailure",
        "MalformedHttpRequestException",
        "NotAuthorized",
        "OptInRequired",
        "RequestAbortedException",
        "RequestEntityTooLargeException",
        "RequestExpired",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
    ];
    let bare: Vec<&str> = common
        .into_iter()
        .filter(|code| hints::find(code, "A sentence that nobody has seen.").is_none())
        .collect();
    assert!(bare.is_empty(), "give these errors a hint: {bare:?}");
}

#[test]
fn hints_are_reviewed() {
    let mut text = String::new();
    for error in Error::each() {
        let told = message(&error);
        let hint = hints::find(error.code(), &told).unwrap();
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
    for (_, hint) in hints::all() {
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
    for (exception, hint) in hints::all() {
        let message = hint.says.unwrap_or_default();
        let found = hints::find(exception, message).unwrap();
        assert!(std::ptr::eq(found, hint), "{exception}: {message}");
    }
}

pub(crate) fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
