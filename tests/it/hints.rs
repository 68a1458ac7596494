//! Coverage of the hints: each message and each exception of Cognito has one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cognito_emulator::error::Error;
use cognito_emulator::model::Model;
use cognito_mcp::hints;

/// The message of an error. If Cognito words all of it, an example.
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

/// Exceptions whose messages have different meanings. A hint without a message is only for their
/// unknown messages.
const AMBIGUOUS: [&str; 3] = [
    "InvalidParameterException",
    "NotAuthorizedException",
    "ResourceNotFoundException",
];

#[test]
fn every_message_has_a_hint() {
    let bare: Vec<&str> = Error::each()
        .iter()
        .filter(|error| {
            let hint = hints::find(error.code(), &message(error));
            hint.is_none_or(|hint| hint.says.is_none() && AMBIGUOUS.contains(&error.code()))
        })
        .map(Error::name)
        .collect();
    assert!(bare.is_empty(), "give these sentences a hint: {bare:?}");
}

/// The model declares the exceptions of each operation, and Cognito may use any message for them.
#[test]
fn every_exception_has_a_hint() {
    let exceptions: BTreeSet<&str> = Model::get()
        .operations()
        .flat_map(|operation| operation.errors.iter().copied())
        .collect();
    assert!(exceptions.len() > 50, "{exceptions:?}");
    let bare: Vec<&str> = exceptions
        .into_iter()
        .filter(|code| hints::find(code, "A sentence that is not known.").is_none())
        .collect();
    assert!(bare.is_empty(), "give these exceptions a hint: {bare:?}");
}

/// Refusals of AWS before the request reaches Cognito are not in the model.
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
        .filter(|code| hints::find(code, "A sentence that is not known.").is_none())
        .collect();
    assert!(bare.is_empty(), "give these errors a hint: {bare:?}");
}

#[test]
fn hints_are_reviewed() {
    let mut text = String::new();
    for error in Error::each() {
        let shown = message(&error);
        let hint = hints::find(error.code(), &shown).unwrap();
        writeln!(
            text,
            "{}: {}\n  {}\n  next: {}",
            error.code(),
            shown.trim_end(),
            hint.advice,
            hint.next()
        )
        .unwrap();
    }
    snapshot("hints", &text);
}

#[test]
fn messages_are_reviewed() {
    let mut text = String::new();
    for error in Error::each() {
        writeln!(text, "{}: {:?}", error.name(), error.to_string()).unwrap();
    }
    snapshot("errors", &text);
}

/// Checks the form of advice. It does not end with a full stop, because the sentence around it adds
/// one.
#[test]
fn advice_has_one_form() {
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

/// A general hint must not precede a specific one, because it would be found first.
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
