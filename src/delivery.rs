//! Delivery of the emulator's messages: e-mail through an SMTP server, SMS and the messages of
//! custom senders to a webhook.
//!
//! The courier of the emulator passes each message on after it is in the outbox. A call never
//! waits for a server: each [`Channel`] has a bounded queue and a thread of its own.

mod channel;
mod plain;
mod smtp;
mod webhook;

use std::fmt;
use std::sync::Arc;

use cognito_emulator::world::Message;
use cognito_emulator::world::delivery::{Delivery, Report};

use self::channel::{Channel, Log};
use self::smtp::Smtp;
use self::webhook::Webhook;
use crate::bounds::LAST_MESSAGES;
use crate::config::{DeliveryFlags, HiddenText};
use crate::start_error::StartError;
use crate::stderr::note;

/// The configured channels.
pub(crate) struct Deliveries {
    smtp: Option<Channel>,
    webhook: Option<Channel>,
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.channels()).finish()
    }
}

impl Deliveries {
    /// Starts the channels that `flags` configure. None without these flags.
    ///
    /// # Errors
    /// If a URL is wrong. The error does not repeat it, because it may have a password. A
    /// server that cannot be reached is not an error: it may start later.
    pub(crate) fn start(flags: &DeliveryFlags) -> Result<Option<Arc<Self>>, StartError> {
        let log: Log = Arc::new(|line: &str| note(line));
        let (smtp, webhook) = (
            given(flags.smtp.as_ref()),
            given(flags.message_webhook.as_ref()),
        );
        if smtp.is_none() && webhook.is_none() {
            return Ok(None);
        }
        let smtp = smtp.map(Smtp::new).transpose()?;
        let webhook = webhook.map(Webhook::new).transpose()?;
        Ok(Some(Arc::new(Self {
            smtp: smtp.map(|smtp| Channel::start(smtp, Arc::clone(&log))),
            webhook: webhook.map(|webhook| Channel::start(webhook, log)),
        })))
    }

    /// A line for each channel, for the operator.
    pub(crate) fn lines(&self) -> Vec<String> {
        let smtp = self
            .smtp
            .as_ref()
            .map(|smtp| format!("E-mail is sent through {}.", smtp.server()));
        let webhook = self.webhook.as_ref().map(|webhook| {
            let server = webhook.server();
            format!("SMS and messages of custom senders are posted to {server}.")
        });
        smtp.into_iter().chain(webhook).collect()
    }

    /// Ends the channels. Messages that wait are sent for a short time.
    pub(crate) fn finish(&self) {
        for channel in self.channels() {
            channel.close();
        }
        for channel in self.channels() {
            channel.finish(LAST_MESSAGES);
        }
    }

    fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.smtp.iter().chain(&self.webhook)
    }
}

impl Delivery for Deliveries {
    fn accept(&self, message: Message) {
        let channel = if message.is_mail() {
            &self.smtp
        } else {
            &self.webhook
        };
        if let Some(channel) = channel {
            channel.push(message);
        }
    }

    fn reports(&self) -> Vec<Report> {
        self.channels().map(Channel::report).collect()
    }
}

/// The text of a flag that is set. An empty variable is like none.
fn given(flag: Option<&HiddenText>) -> Option<&str> {
    flag.map(|text| text.0.trim())
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use cognito_emulator::world::{Envelope, Medium, Purpose, Time};

    use super::*;

    /// A message as Cognito would send it to `destination`.
    pub(super) fn message(destination: &str) -> Message {
        Message {
            sequence: 1,
            sent_at: Time(1_800_000_000_000),
            user_pool_id: "us-east-1_x".to_owned(),
            username: "ana".to_owned(),
            destination: destination.to_owned(),
            medium: Medium::Email,
            purpose: Purpose::SignUp,
            code: "123456".to_owned(),
            subject: "Your verification code".to_owned(),
            body: "Your verification code is <b>123456</b>.".to_owned(),
            link: None,
            envelope: Envelope {
                account: "123456789012".to_owned(),
                from: "no-reply@verificationemail.com".to_owned(),
                reply_to: None,
                is_custom: false,
            },
        }
    }

    fn flags(smtp: Option<&str>, webhook: Option<&str>) -> DeliveryFlags {
        let hidden = |text: Option<&str>| text.map(|text| HiddenText(text.to_owned()));
        DeliveryFlags {
            smtp: hidden(smtp),
            message_webhook: hidden(webhook),
        }
    }

    #[test]
    fn without_flags_there_is_no_delivery() {
        for none in [None, Some(""), Some(" ")] {
            assert!(Deliveries::start(&flags(none, none)).unwrap().is_none());
        }
    }

    /// Each kind of message has one channel.
    #[test]
    fn messages_by_channel() {
        // Nothing listens at port 0.
        let flags = flags(Some("smtp://127.0.0.1:0"), Some("http://127.0.0.1:0/sms"));
        let deliveries = Deliveries::start(&flags).unwrap().unwrap();
        assert_eq!(
            deliveries.lines(),
            [
                "E-mail is sent through smtp://127.0.0.1:0.",
                "SMS and messages of custom senders are posted to http://127.0.0.1:0.",
            ]
        );
        for channel in deliveries.channels() {
            channel.close();
        }
        let mail = message("ana@example.com");
        let mut custom = mail.clone();
        custom.envelope.is_custom = true;
        let mut sms = mail.clone();
        sms.medium = Medium::Sms;
        for message in [mail, custom, sms] {
            deliveries.accept(message);
        }
        let dropped = deliveries
            .reports()
            .into_iter()
            .map(|report| (report.channel, report.dropped));
        assert_eq!(dropped.collect::<Vec<_>>(), [("smtp", 1), ("webhook", 2)]);
    }

    #[test]
    fn secrets_are_in_no_error_and_no_debug_output() {
        for (smtp, webhook) in [
            (Some("smtp://ana:S3cret@mail.example.com"), None),
            (Some("smtp//ana:S3cret@localhost"), None),
            (Some("smtp://ana:S3cret@"), None),
            (Some("smtp://ana:S3cret@localhost/path"), None),
            (Some("smtp://ana:S3cret%FF@localhost"), None),
            (Some("smtp://localhost?S3cret"), None),
            (None, Some("http://ana:S3cret@localhost")),
            (None, Some("ftp://localhost/S3cret")),
        ] {
            let flags = flags(smtp, webhook);
            let error = Deliveries::start(&flags).unwrap_err().to_string();
            assert!(error.starts_with("--"), "{error}");
            assert!(!error.contains("S3cret"), "{error}");
            assert!(!format!("{flags:?}").contains("S3cret"), "{flags:?}");
        }
        let flags = flags(
            Some("smtp://ana:S3cret@localhost:2525"),
            Some("http://localhost:8080/S3cret?key=S3cret"),
        );
        let deliveries = Deliveries::start(&flags).unwrap().unwrap();
        let shown = format!(
            "{deliveries:?} {:?} {:?}",
            deliveries.reports(),
            deliveries.lines()
        );
        assert!(!shown.contains("S3cret"), "{shown}");
        assert!(shown.contains("smtp://localhost:2525"), "{shown}");
    }
}
