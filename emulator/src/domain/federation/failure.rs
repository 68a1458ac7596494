//! Failures of a sign-in through a provider, as the app gets them (O139 to O149).

use std::borrow::Cow;

use super::super::authorization::{Authorization, Refusal};
use super::super::reply::Answer;
use crate::error::Error;
use crate::wire::web::Request;

/// The most characters of a provider's text that are passed on.
const LONGEST: usize = 500;

/// A failure with its `error` and its `error_description`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    error: Cow<'static, str>,
    description: Option<String>,
    /// The fault of a SAML message, for the journal. The app does not get it.
    detail: Option<&'static str>,
}

impl Failed {
    /// A failure with `error` `invalid_request`.
    pub(crate) fn new(description: impl Into<String>) -> Self {
        Self {
            error: Cow::Borrowed("invalid_request"),
            description: Some(description.into()),
            detail: None,
        }
    }

    /// A failure that the provider reports to the browser; it is passed on (O149). Characters that
    /// RFC 6749, section 4.1.2.1, does not allow are left out.
    pub(crate) fn of_provider(error: &str, description: Option<&str>) -> Self {
        Self {
            error: Cow::Owned(passed_on(error)),
            description: description.map(passed_on),
            detail: None,
        }
    }

    /// A response of a provider's endpoint with an error (O148): the name of the provider, the
    /// status, and the error if the response has one in the form of RFC 6749, section 5.2.
    pub(crate) fn of_endpoint(provider: &str, status: u16, body: &[u8], otherwise: &str) -> Self {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let reported = match (text("error"), text("error_description")) {
            (Some(error), Some(description)) => format!("{error} {description}"),
            (Some(error), None) => error.to_owned(),
            _ => otherwise.to_owned(),
        };
        Self::new(format!(
            "{provider} Error - {status} {}",
            passed_on(&reported)
        ))
    }

    /// A failure of a sign-in by SAML (O142).
    pub(crate) fn of_saml(self) -> Self {
        const PREFIX: &str = "Invalid SAML response received: ";
        let description = self.description.unwrap_or_default();
        let is_complete = description.starts_with("Invalid ");
        let description = match description {
            description if is_complete => description,
            // O142: every sentence ends with a space.
            description if description.ends_with(' ') => format!("{PREFIX}{description}"),
            description => format!("{PREFIX}{description} "),
        };
        Self {
            error: Cow::Borrowed("server_error"),
            description: Some(description),
            detail: self.detail,
        }
    }

    /// The refusal of the app's request.
    pub(crate) fn refusal(self, authorization: &Authorization) -> Refusal {
        authorization.refusal(self.error, self.description)
    }

    /// The redirect to the app.
    pub(crate) fn answer(self, authorization: &Authorization) -> Answer {
        let detail = self.detail;
        let refusal = self.refusal(authorization);
        let mut answer = refusal.answer(&Request::new("GET", "/"));
        if let (Some((_, Some(message))), Some(detail)) = (&mut answer.refusal, detail) {
            *message = format!("{message}({detail})");
        }
        answer
    }
}

fn passed_on(text: &str) -> String {
    let allowed =
        |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    text.chars().filter(allowed).take(LONGEST).collect()
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let sentence = error.sentence().unwrap_or_default();
        let description = match error {
            // O144.
            Error::UserDisabled => "User is not enabled".to_owned(),
            // O141, and O140 for the sentences that end with a line feed.
            Error::LambdaFailed { .. } => format!("{} ", sentence.trim_end()),
            _ if sentence.ends_with('\n') => format!("{sentence} "),
            _ => sentence,
        };
        Self::new(description)
    }
}

impl From<crate::saml::Error> for Failed {
    fn from(error: crate::saml::Error) -> Self {
        Self {
            detail: error.detail(),
            ..Self::new(error.description())
        }
    }
}
