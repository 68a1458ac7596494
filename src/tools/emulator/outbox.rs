//! The outbox.

use cognito_emulator::stack::OutboxFilter;
use cognito_emulator::world::{Medium, Message, Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::newest;
use crate::call::context::Cx;
use crate::call::pages::Page;
use crate::cognito::operations::Effect;
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<ReadOutbox>()]
}

/// Read the messages that Cognito would have sent by e-mail and SMS, newest first: verification codes, second factors, temporary passwords.
#[derive(Deserialize, JsonSchema)]
struct ReadOutbox {
    /// Only messages to this e-mail address or phone number.
    recipient: Option<String>,
    /// Only messages for this user.
    username: Option<String>,
    /// Only messages of this pool.
    user_pool_id: Option<String>,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of the outbox.
#[derive(Serialize, JsonSchema)]
struct OutboxPage {
    /// The messages, newest first.
    messages: Vec<OutboxMessage>,
    /// Older messages that match and were left out.
    older: usize,
    /// Where the older ones begin; absent if there are none.
    cursor: Option<String>,
    /// The call that returns them.
    next: Option<NextCall>,
}

/// A message.
#[derive(Serialize, JsonSchema)]
struct OutboxMessage {
    /// The code, or the temporary password of an invitation.
    code: Secret,
    /// Why it was sent: `Invitation`, `SignUp`, `PasswordReset`, `AttributeVerification`, `SignIn` or `Notification`.
    purpose: &'static str,
    /// The user that it is for.
    username: String,
    /// The address or number.
    destination: String,
    /// `EMAIL` or `SMS`.
    medium: &'static str,
    /// Subject of an e-mail.
    subject: String,
    /// The text.
    body: String,
    /// The link that confirms a sign-up.
    link: Option<String>,
    /// The pool that sent it.
    user_pool_id: String,
    /// Its name, unless it was deleted.
    user_pool_name: Option<String>,
    /// When it was sent, RFC 3339.
    sent_at: Option<String>,
}

impl Tool for ReadOutbox {
    const NAME: &'static str = "read_outbox";
    const TITLE: &'static str = "Read outbox";
    const EMULATED: Option<Effect> = Some(Effect::Read);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = OutboxPage;

    fn example() -> Value {
        json!({ "username": "ana", "limit": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<OutboxPage> {
        let filter = OutboxFilter {
            recipient: self.recipient,
            username: self.username,
            pool: self.user_pool_id,
            ..OutboxFilter::default()
        };
        let stack = cx.emulator()?.stack();
        let mut messages = stack.outbox(&filter);
        // Messages of deleted pools are kept.
        if let Some(pool) = filter.pool.as_ref().filter(|_| messages.is_empty())
            && stack.issuer_of(pool).is_none()
        {
            let message = format!("User pool {pool} does not exist.");
            return Err(ToolError::new("ResourceNotFoundException", message));
        }
        let (older, cursor) = newest(
            &mut messages,
            self.page.count(),
            self.page.cursor.as_deref(),
        )?;
        Ok(OutboxPage {
            next: cx.next_page(cursor.as_deref()),
            cursor,
            messages: messages
                .into_iter()
                .map(|message| OutboxMessage::new(cx, message))
                .collect(),
            older,
        })
    }
}

impl OutboxMessage {
    fn new(cx: &Cx, message: Message) -> Self {
        let kind = match message.purpose {
            Purpose::Invitation => "temporary_password",
            Purpose::Notification => "feedback_token",
            _ => "code",
        };
        let code = cx.conceal(kind, &message.code);
        // The text contains the code.
        let covered = |text: String| text.replace(&message.code, &code.to_string());
        Self {
            purpose: purpose(message.purpose),
            medium: medium(message.medium),
            sent_at: time::rfc3339_of_milliseconds(message.sent_at.0),
            username: message.username,
            destination: message.destination,
            subject: covered(message.subject),
            body: covered(message.body),
            link: message.link.map(covered),
            code,
            user_pool_name: cx
                .emulator()
                .ok()
                .and_then(|emulator| emulator.pool_name(&message.user_pool_id)),
            user_pool_id: message.user_pool_id,
        }
    }
}

/// The name of a purpose in answers. The documentation of [`OutboxMessage`] lists all.
fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Invitation => "Invitation",
        Purpose::SignUp => "SignUp",
        Purpose::PasswordReset => "PasswordReset",
        Purpose::AttributeVerification => "AttributeVerification",
        Purpose::SignIn => "SignIn",
        Purpose::Notification => "Notification",
    }
}

/// The name of a medium in answers, as Cognito writes it.
fn medium(medium: Medium) -> &'static str {
    match medium {
        Medium::Email => "EMAIL",
        Medium::Sms => "SMS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::find;

    #[test]
    fn the_documentation_lists_every_purpose() {
        let tool = find(ReadOutbox::NAME).unwrap().published();
        let schema = json!(tool.output_schema.as_deref());
        let described = schema.to_string();
        let all = [
            Purpose::Invitation,
            Purpose::SignUp,
            Purpose::PasswordReset,
            Purpose::AttributeVerification,
            Purpose::SignIn,
            Purpose::Notification,
        ];
        let names = all.map(|one| format!("`{}`", purpose(one)));
        let (last, others) = names.split_last().unwrap();
        let sentence = format!("Why it was sent: {} or {last}.", others.join(", "));
        assert!(described.contains(&sentence), "{sentence} in {described}");
    }
}
