//! Destinations of a user's codes, and the messages with the codes.

use serde::Serialize;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::code::{Code, CodePurpose};
use super::mfa::{Factor, Second};
use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::auth::mask;
use crate::error::{Error, Result};
use crate::world::{Envelope, Medium, Message, Purpose, World};

/// An e-mail address or phone number of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// `email` or `phone_number`.
    pub attribute: &'static str,
    /// The full address or number.
    pub destination: String,
}

impl Contact {
    /// The contact in `attribute` of `user`, if the user has one.
    #[must_use]
    pub fn of(user: &User, attribute: &'static str) -> Option<Self> {
        let destination = user.attribute(attribute)?.to_owned();
        Some(Self {
            attribute,
            destination,
        })
    }

    /// The destination of a code that verifies an attribute of `user`: the
    /// pending value if one exists, otherwise the present one.
    pub fn to_verify(user: &User, purpose: CodePurpose) -> Result<Self> {
        let (attribute, missing) = if purpose == CodePurpose::PhoneNumber {
            ("phone_number", Error::NoPhoneToVerify)
        } else {
            ("email", Error::NoEmailToVerify)
        };
        let pending = user.pending.get(attribute).map(|value| Self {
            attribute,
            destination: value.to_string(),
        });
        pending.or_else(|| Self::of(user, attribute)).ok_or(missing)
    }

    /// E-mail for `email`, SMS for `phone_number`.
    #[must_use]
    pub fn medium(&self) -> Medium {
        if self.attribute == "email" {
            Medium::Email
        } else {
            Medium::Sms
        }
    }

    /// The masked form that responses show.
    #[must_use]
    pub fn details(&self) -> CodeDeliveryDetails {
        CodeDeliveryDetails {
            destination: match self.medium() {
                Medium::Email => mask::email(&self.destination),
                Medium::Sms => mask::phone(&self.destination),
            },
            delivery_medium: self.medium(),
            attribute_name: self.attribute.to_owned(),
        }
    }
}

/// `CodeDeliveryDetailsType`: the masked destination of a code (facts 7.8 to
/// 7.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CodeDeliveryDetails {
    /// `email` or `phone_number`.
    pub attribute_name: String,
    /// E-mail or SMS.
    pub delivery_medium: Medium,
    /// Masked address or number.
    pub destination: String,
}

/// A message that has not been sent yet.
#[must_use = "a draft is sent by `post`"]
pub struct Draft {
    /// The recipient.
    pub to: UserId,
    /// The destination.
    pub contact: Contact,
    /// The purpose.
    pub purpose: Purpose,
    /// The code, or the temporary password of an invitation.
    pub code: String,
    /// The subject of an e-mail, with placeholders.
    pub subject: String,
    /// The text, with placeholders.
    pub body: String,
    /// The link that confirms a sign-up, in place of the code.
    pub link: Option<String>,
}

impl std::fmt::Debug for Draft {
    /// Omits the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("to", &self.to)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// Fills the placeholders and passes the message to the courier. The names are those of
    /// the pool, of the user, and of the user as messages show it.
    pub fn send(self, world: &World, names: [&str; 3], envelope: Envelope) {
        let [pool_id, username, shown] = names;
        let fill = |text: &str| {
            let text = text
                .replace("{####}", &self.code)
                .replace("{username}", shown);
            match &self.link {
                Some(link) => with_anchors(&text, link),
                None => text,
            }
        };
        world.courier.send(Message {
            sequence: 0,
            sent_at: world.now(),
            user_pool_id: pool_id.to_owned(),
            username: username.to_owned(),
            medium: self.contact.medium(),
            purpose: self.purpose,
            subject: fill(&self.subject),
            body: fill(&self.body),
            destination: self.contact.destination,
            code: self.code,
            link: self.link,
            envelope,
        });
    }
}

/// `text` with an anchor to `link` for each `{##text##}` (developer guide, "Customizing email
/// verification messages"). The form of the anchor is inferred.
fn with_anchors(text: &str, link: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{##") {
        let Some((words, after)) = after.split_once("##}") else {
            break;
        };
        filled.push_str(before);
        filled.extend(["<a href=\"", link, "\">", words, "</a>"]);
        rest = after;
    }
    filled + rest
}

impl Pool {
    /// The destination of a sign-up code: an attribute that the pool verifies,
    /// SMS before e-mail (fact 7.12). `None` if the user has no such attribute.
    #[must_use]
    pub fn sign_up_contact(&self, user: &User) -> Option<Contact> {
        self.sign_up_attributes()
            .find_map(|name| Contact::of(user, name))
    }

    /// The attributes that sign-up codes are sent to, in order.
    pub fn sign_up_attributes(&self) -> impl Iterator<Item = &'static str> {
        ["phone_number", "email"]
            .into_iter()
            .filter(|name| self.auto_verifies(name))
    }

    /// Whether the pool verifies `attribute` by code.
    #[must_use]
    pub fn auto_verifies(&self, attribute: &str) -> bool {
        self.settings
            .auto_verified_attributes
            .iter()
            .any(|name| name == attribute)
    }

    /// The destination of a password reset code: a verified attribute, in the
    /// order of `AccountRecoverySetting`.
    pub fn recovery_contact(&self, user: &User) -> Result<Contact> {
        // The channel of an active second factor is not used for recovery, because
        // otherwise one stolen phone would be enough. The older form of recovery allows
        // it.
        let recovery = self.settings.account_recovery_setting.as_ref();
        let is_older = recovery.is_some_and(|it| it.recovery_mechanisms.is_empty());
        // The factors that the user turned on, and those that sign-ins require without
        // that. The latter were seen live for e-mail (7.14-4), and are inferred for SMS.
        let mut factors = user.mfa.active();
        match self.second_step(user) {
            Second::Ask(factor) => factors.push(factor),
            Second::Choose(required) => factors.extend(required),
            Second::Nothing | Second::SetUp(_) => {}
        }
        let skips = |attribute: &str| {
            let factor = match attribute {
                "phone_number" => Factor::SmsMfa,
                _ => Factor::EmailOtp,
            };
            !is_older && factors.contains(&factor)
        };
        self.recovery_attributes()?
            .into_iter()
            .filter(|attribute| user.has_verified(attribute) && !skips(attribute))
            .find_map(|attribute| Contact::of(user, attribute))
            .ok_or(Error::NoVerifiedContact)
    }

    /// The attributes that reset codes can be sent to, in order: those of
    /// `AccountRecoverySetting` by priority, or SMS first if it is empty (fact 7.14).
    /// Fails if only administrators reset passwords (R23).
    pub fn recovery_attributes(&self) -> Result<Vec<&'static str>> {
        let Some(recovery) = &self.settings.account_recovery_setting else {
            return Ok(vec!["email", "phone_number"]);
        };
        if recovery.recovery_mechanisms.is_empty() {
            return Ok(vec!["phone_number", "email"]);
        }
        let mut mechanisms: Vec<_> = recovery.recovery_mechanisms.iter().collect();
        mechanisms.sort_by_key(|mechanism| mechanism.priority);
        let attributes: Vec<_> = mechanisms
            .into_iter()
            .filter_map(|mechanism| match mechanism.name.as_str() {
                "verified_phone_number" => Some("phone_number"),
                "verified_email" => Some("email"),
                _ => None,
            })
            .collect();
        if attributes.is_empty() {
            return Err(Error::ContactAdministrator);
        }
        Ok(attributes)
    }

    /// Generates a code for `purpose`, stores it with the user, and returns the
    /// message with it.
    pub fn issue_code(
        &mut self,
        world: &World,
        id: UserId,
        purpose: CodePurpose,
        contact: &Contact,
    ) -> Draft {
        let value = world.chance.code(6);
        let code = Code {
            value: value.as_str().into(),
            attribute: SmolStr::new_static(contact.attribute),
            destination: contact.destination.as_str().into(),
            expires_at: world.now().plus(purpose.lifetime()),
        };
        self.users
            .edit_unindexed(id, |user| user.codes.put(purpose, code));
        let why = match purpose {
            CodePurpose::SignUp => Purpose::SignUp,
            CodePurpose::PasswordReset => Purpose::PasswordReset,
            CodePurpose::Email | CodePurpose::PhoneNumber => Purpose::AttributeVerification,
        };
        self.write(id, contact, why, value)
    }

    /// A message to the user at `id`, with the pool's texts.
    pub fn write(&self, id: UserId, contact: &Contact, purpose: Purpose, code: String) -> Draft {
        let (subject, body) = self.text(contact.medium(), purpose, &code);
        Draft {
            to: id,
            contact: contact.clone(),
            purpose,
            code,
            subject,
            body,
            link: None,
        }
    }

    /// Whether a sign-up is confirmed by a link that is sent to `contact`, rather than by a code.
    /// Other messages have codes in such a pool, too (re:Post, "Cognito refuses to verify updated
    /// Email address with Email Link").
    #[must_use]
    pub fn sends_link(&self, contact: &Contact) -> bool {
        let template = &self.settings.verification_message_template;
        let option = template.get("DefaultEmailOption").and_then(Value::as_str);
        contact.medium() == Medium::Email && option == Some("CONFIRM_WITH_LINK")
    }

    /// `draft` with the link to `/confirmUser` (O16) at the address `pages` of the pool's domain.
    /// The texts of pools that set none are inferred.
    pub fn with_link(&self, draft: Draft, pages: &str, client_id: &str) -> Draft {
        let user = self.users.get(draft.to);
        let username = user.map_or("", |user| &*user.username);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client_id)
            .append_pair("user_name", username)
            .append_pair("confirmation_code", &draft.code)
            .finish();
        let template = &self.settings.verification_message_template;
        Draft {
            subject: member(template, "EmailSubjectByLink")
                .unwrap_or_else(|| "Your verification link".to_owned()),
            body: member(template, "EmailMessageByLink").unwrap_or_else(|| {
                "Please click the link below to verify your email address. {##Verify Email##}"
                    .to_owned()
            }),
            link: Some(format!("{pages}/confirmUser?{query}")),
            ..draft
        }
    }

    /// Subject and text of a message (fact 7.18 for the defaults; those of
    /// invitation and sign-in are inferred).
    fn text(&self, medium: Medium, purpose: Purpose, code: &str) -> (String, String) {
        let settings = &self.settings;
        let (subject, body) = match purpose {
            // Threat protection has its own texts.
            Purpose::Notification => (String::new(), String::new()),
            Purpose::Invitation => {
                let invite = settings
                    .admin_create_user_config
                    .invite_message_template
                    .clone()
                    .unwrap_or_default();
                let body = if medium == Medium::Email {
                    invite.email_message
                } else {
                    invite.sms_message
                };
                (
                    invite
                        .email_subject
                        .unwrap_or_else(|| "Your temporary password".to_owned()),
                    body.unwrap_or_else(|| match code {
                        // The message to a user without a password has only the
                        // username.
                        "" => "Your username is {username}.".to_owned(),
                        _ => "Your username is {username} and temporary password is {####}."
                            .to_owned(),
                    }),
                )
            }
            Purpose::SignIn if medium == Medium::Sms => (
                String::new(),
                settings
                    .sms_authentication_message
                    .clone()
                    .unwrap_or_else(|| "Your authentication code is {####}.".to_owned()),
            ),
            Purpose::SignIn => {
                let email = self.mfa.email.as_ref();
                let text = |name: &str| email.and_then(|texts| member(texts, name));
                (
                    text("Subject").unwrap_or_else(|| "Your authentication code".to_owned()),
                    text("Message")
                        .unwrap_or_else(|| "Your authentication code is {####}.".to_owned()),
                )
            }
            Purpose::SignUp | Purpose::PasswordReset | Purpose::AttributeVerification => {
                let template = &settings.verification_message_template;
                let body = match medium {
                    Medium::Email => member(template, "EmailMessage")
                        .or_else(|| settings.email_verification_message.clone()),
                    Medium::Sms => member(template, "SmsMessage")
                        .or_else(|| settings.sms_verification_message.clone()),
                };
                let subject = member(template, "EmailSubject")
                    .or_else(|| settings.email_verification_subject.clone());
                (
                    subject.unwrap_or_else(|| "Your verification code".to_owned()),
                    body.unwrap_or_else(|| "Your verification code is {####}.".to_owned()),
                )
            }
        };
        // An SMS has no subject.
        (
            if medium == Medium::Sms {
                String::new()
            } else {
                subject
            },
            body,
        )
    }
}

fn member(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(ToOwned::to_owned)
}
