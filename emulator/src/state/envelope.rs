//! Senders of a pool's messages.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_EmailConfigurationType.html>

use serde_json::{Map, Value};

use super::pool::Pool;
use crate::settings::arn::part;
use crate::world::Envelope;

/// The address from which Cognito's own account sends (fact 7.17).
const COGNITO: &str = "no-reply@verificationemail.com";

impl Pool {
    /// The sender of codes and invitations.
    ///
    /// A pool that sends from Cognito's own account uses Cognito's address, also if it has a
    /// `From` (inferred: the account cannot send from other addresses).
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        let configuration = &self.settings.email_configuration;
        let is_own = text(configuration, "EmailSendingAccount") == Some("DEVELOPER");
        Envelope {
            from: if is_own {
                sender(configuration)
            } else {
                COGNITO.to_owned()
            },
            reply_to: text(configuration, "ReplyToEmailAddress").map(ToOwned::to_owned),
            account: self.scope.account.clone(),
            is_custom: false,
        }
    }

    /// The sender of the notices of threat protection to users of an app client.
    #[must_use]
    pub fn envelope_of_notice(&self, client_id: &str) -> Envelope {
        let takeover = self
            .risk_of(client_id)
            .and_then(|risk| risk.account_takeover_risk_configuration.as_ref());
        let notify = takeover.and_then(|takeover| takeover.notify_configuration.as_ref());
        let Some(notify) = notify else {
            return self.envelope();
        };
        Envelope {
            from: sender(notify),
            reply_to: text(notify, "ReplyTo").map(ToOwned::to_owned),
            account: self.scope.account.clone(),
            is_custom: false,
        }
    }
}

/// The sender of a configuration with an identity of Amazon SES: `From`, otherwise the address
/// that `SourceArn` names. For a domain, it is `no-reply` at the domain (inferred).
fn sender(configuration: &Map<String, Value>) -> String {
    if let Some(from) = text(configuration, "From") {
        return from.to_owned();
    }
    let arn = text(configuration, "SourceArn").unwrap_or_default();
    match part(arn, 5).strip_prefix("identity/") {
        Some(address) if address.contains('@') => address.to_owned(),
        Some(domain) if !domain.is_empty() => format!("no-reply@{domain}"),
        _ => COGNITO.to_owned(),
    }
}

fn text<'a>(configuration: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = configuration.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Fixture;

    const ARN: &str = "arn:aws:ses:us-east-1:123456789012:identity/";

    #[test]
    fn senders_of_configurations() {
        let address = format!("{ARN}ses@example.com");
        for (configuration, from, reply_to) in [
            (json!({}), "no-reply@verificationemail.com", None),
            (
                json!({"ReplyToEmailAddress": "help@example.com"}),
                "no-reply@verificationemail.com",
                Some("help@example.com"),
            ),
            (
                json!({"From": "Ana <a@example.com>"}),
                "no-reply@verificationemail.com",
                None,
            ),
            (
                json!({"EmailSendingAccount": "DEVELOPER", "SourceArn": address}),
                "ses@example.com",
                None,
            ),
            (
                json!({"EmailSendingAccount": "DEVELOPER", "SourceArn": address, "From": "Ana <a@example.com>", "ReplyToEmailAddress": "help@example.com"}),
                "Ana <a@example.com>",
                Some("help@example.com"),
            ),
            (
                json!({"EmailSendingAccount": "DEVELOPER", "SourceArn": format!("{ARN}example.com")}),
                "no-reply@example.com",
                None,
            ),
        ] {
            let mut fixture = Fixture::with_pool(
                json!({"AutoVerifiedAttributes": ["email"], "EmailConfiguration": configuration}),
            );
            fixture.run(r#"SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}"#);
            let sent = fixture.emulator().world().courier.outbox().remove(0);
            assert!(sent.is_mail());
            assert_eq!(sent.envelope.from, from, "{configuration}");
            assert_eq!(
                sent.envelope.reply_to.as_deref(),
                reply_to,
                "{configuration}"
            );
            assert_eq!(sent.envelope.account, "123456789012");
        }
    }

    #[test]
    fn messages_of_custom_senders_are_marked() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}))
            .and_trigger("CustomEmailSender", |event| Ok(event.clone()));
        fixture.run(r#"SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}"#);
        let sent = fixture.emulator().world().courier.outbox().remove(0);
        assert!(sent.envelope.is_custom && !sent.is_mail());
    }
}
