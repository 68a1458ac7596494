//! The client's answer to a confirmation question.

use rmcp::ServiceError;
use rmcp::model::{ElicitResult, ElicitationAction};
use serde_json::Value;

use super::{QUESTION, minutes};
use crate::bounds::CONFIRMATION_ANSWER;
use crate::error::ToolError;
use crate::guard::untrusted;

/// The reason why a call is not confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// The user declined, closed the dialog, or accepted it without saying yes.
    Declined,
    /// No answer came in time.
    TooLate,
    /// The client called again without an answer.
    Missing,
    /// The answer is not an elicitation result.
    Unreadable,
    /// The client answered with this error.
    Failed(String),
    /// The connection was closed while the question was open.
    Disconnected,
}

impl No {
    /// The error for a call whose effect is `described`.
    pub(super) fn refusal(&self, described: &str) -> Box<ToolError> {
        let (code, happened) = match self {
            Self::Declined => (
                "ConfirmationDeclined",
                "The user did not confirm".to_owned(),
            ),
            Self::TooLate => (
                "ConfirmationNotAnswered",
                format!(
                    "The client gave no answer within {}",
                    minutes(CONFIRMATION_ANSWER)
                ),
            ),
            Self::Missing => (
                "ConfirmationNotAnswered",
                "The client called again without its user's answer".to_owned(),
            ),
            Self::Unreadable => (
                "ConfirmationUnreadable",
                "The client's answer is not valid".to_owned(),
            ),
            Self::Failed(error) => (
                "ConfirmationFailed",
                format!("The client answered with an error ({error}) instead of its user's answer"),
            ),
            Self::Disconnected => (
                "ConfirmationNotAnswered",
                "The connection was closed before an answer arrived".to_owned(),
            ),
        };
        ToolError::new(code, format!("{happened}: {described}")).hint(format!(
            "Nothing was done. Ask the user whether it should be. If so, call again with the same \
             arguments: the user is asked again, and has {} to answer",
            minutes(CONFIRMATION_ANSWER)
        ))
    }
}

/// Parses the answer that a client of the stateless protocol sent.
///
/// # Errors
/// If it is not an explicit yes.
pub(super) fn brought(answer: Option<&Value>) -> Result<(), No> {
    let Some(answer) = answer else {
        return Err(No::Missing);
    };
    // Serde would also parse a list as an object.
    let read = answer.is_object().then(|| answer.clone());
    match read.and_then(|answer| serde_json::from_value(answer).ok()) {
        Some(answer) => says_yes(&answer),
        None => Err(No::Unreadable),
    }
}

/// Parses the answer of a client of the older protocols.
///
/// # Errors
/// If it is not an explicit yes.
pub(super) fn asked(answer: Result<ElicitResult, ServiceError>) -> Result<(), No> {
    match answer {
        Ok(answer) => says_yes(&answer),
        Err(ServiceError::Timeout { .. }) => Err(No::TooLate),
        Err(ServiceError::UnexpectedResponse) => Err(No::Unreadable),
        Err(ServiceError::McpError(error)) => {
            let code = error.code.0;
            Err(No::Failed(match &*error.message {
                "" => code.to_string(),
                message => format!("{code} {}", untrusted::named(message)),
            }))
        }
        Err(_) => Err(No::Disconnected),
    }
}

fn says_yes(answer: &ElicitResult) -> Result<(), No> {
    let yes = answer
        .content
        .as_ref()
        .and_then(|content| content.get(QUESTION));
    if answer.action == ElicitationAction::Accept && yes == Some(&Value::Bool(true)) {
        Ok(())
    } else {
        Err(No::Declined)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// rmcp and Serde parse a list as the members of an object, in order.
    #[test]
    fn a_list_is_not_an_answer() {
        let list = json!(["accept", { "confirm": true }, null]);
        assert!(serde_json::from_value::<ElicitResult>(list.clone()).is_ok());
        assert_eq!(brought(Some(&list)), Err(No::Unreadable));
        assert_eq!(brought(Some(&Value::Null)), Err(No::Unreadable));
        assert_eq!(brought(None), Err(No::Missing));
        let yes = json!({ "action": "accept", "content": { "confirm": true } });
        assert_eq!(brought(Some(&yes)), Ok(()));
    }

    #[test]
    fn failures_do_not_confirm() {
        let timeout = CONFIRMATION_ANSWER;
        for (error, expected) in [
            (ServiceError::Timeout { timeout }, No::TooLate),
            (ServiceError::UnexpectedResponse, No::Unreadable),
            (ServiceError::TransportClosed, No::Disconnected),
            (ServiceError::Cancelled { reason: None }, No::Disconnected),
        ] {
            assert_eq!(asked(Err(error)), Err(expected));
        }
        let error = rmcp::ErrorData::internal_error("closed\u{1b}[2J", None);
        let failed = No::Failed(r#"-32603 "closed\\u{1b}[2J""#.to_owned());
        assert_eq!(asked(Err(ServiceError::McpError(error))), Err(failed));
    }
}
