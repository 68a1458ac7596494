//! Messages: `CustomMessage` writes their text, `CustomEmailSender` and
//! `CustomSMSSender` send them.
//!
//! Every message goes through [`post`], after the change that it is about is
//! stored and without the pool's lock.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html>

use std::ops::Deref;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Event, EventUser, Metadata, Trigger, encryption, user_attributes};
use crate::error::Result;
use crate::state::contact::CodeDeliveryDetails;
use crate::state::contact::Draft;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::validate;
use crate::world::{Envelope, Medium, World};

/// The reason for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    SignUp,
    AdminCreateUser,
    ResendCode,
    ForgotPassword,
    UpdateUserAttribute,
    VerifyUserAttribute,
    Authentication,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::SignUp => "SignUp",
            Self::AdminCreateUser => "AdminCreateUser",
            Self::ResendCode => "ResendCode",
            Self::ForgotPassword => "ForgotPassword",
            Self::UpdateUserAttribute => "UpdateUserAttribute",
            Self::VerifyUserAttribute => "VerifyUserAttribute",
            Self::Authentication => "Authentication",
        }
    }
}

/// Facts about the call that sends a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageContext<'a> {
    pub(crate) source: Source,
    /// `None` for an administrator's call, which names no client.
    pub(crate) client_id: Option<&'a str>,
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
}

/// Sends `drafts` in the way that `pool` is configured, and returns their destinations.
/// Unlocks the pool before a function runs.
///
/// If a function fails, the call fails. The change that the message is about remains.
pub(crate) fn post(
    world: &World,
    pool: impl Deref<Target = Pool>,
    drafts: impl IntoIterator<Item = Draft>,
    context: &MessageContext<'_>,
) -> Result<Vec<CodeDeliveryDetails>> {
    let prepared: Vec<Prepared> = drafts
        .into_iter()
        .filter_map(|draft| Prepared::new(&pool, draft, context))
        .collect();
    drop(pool);
    prepared
        .into_iter()
        .map(|draft| draft.send(world))
        .collect()
}

/// Like [`post`], for one message.
pub(crate) fn post_one(
    world: &World,
    pool: impl Deref<Target = Pool>,
    draft: Draft,
    context: &MessageContext<'_>,
) -> Result<CodeDeliveryDetails> {
    let details = draft.contact.details();
    post(world, pool, [draft], context)?;
    Ok(details)
}

/// Sends the notice of a sign-in that threat protection blocked. A custom
/// sender receives `facts` in place of the user's attributes (as in
/// `@types/aws-lambda`). `CustomMessage` is not run.
pub(crate) fn notify(
    world: &World,
    pool: impl Deref<Target = Pool>,
    draft: Draft,
    client_id: &str,
    facts: &Map<String, Value>,
) {
    let Some(user) = pool.users.get(draft.to) else {
        return;
    };
    let about = EventUser {
        pool: &pool,
        username: &user.username,
        client_id: Some(client_id),
    };
    let trigger = Trigger::CustomEmailSender;
    let source = format!("{}_AccountTakeOverNotification", trigger.name());
    let request = || {
        json!({
            "type": "customEmailSenderRequestV1",
            "code": null,
            "clientMetadata": null,
            "userAttributes": facts,
        })
    };
    let event = Event::new(about, trigger, &source, request, || json!({}));
    let prepared = Prepared {
        pool_id: pool.id.clone(),
        username: user.username.to_string(),
        shown: user.username.to_string(),
        by: event.map_or(Delivery::Pool, |event| Delivery::CustomSender {
            event,
            key: None,
        }),
        envelope: pool.envelope_of_notice(client_id),
        draft,
    };
    drop(pool);
    // Only `CustomMessage` can cause an error, and it is not run here.
    prepared.send(world).ok();
}

/// A message with all the data from the pool that sending it needs.
struct Prepared {
    draft: Draft,
    pool_id: String,
    username: String,
    shown: String,
    envelope: Envelope,
    by: Delivery,
}

/// The way in which a message is written and sent.
enum Delivery {
    Pool,
    CustomMessage(Event),
    CustomSender {
        event: Event,
        /// The ARN of the key that encrypts the code; absent if the event has no code.
        key: Option<String>,
    },
}

impl Prepared {
    /// `None` if the user does not exist.
    fn new(pool: &Pool, draft: Draft, context: &MessageContext<'_>) -> Option<Self> {
        let user = pool.users.get(draft.to)?;
        // Messages show the name with which users sign in. In a pool with
        // `UsernameAttributes`, that is not the internal username (inferred).
        let shown = if pool.users.naming().username_attributes.is_empty() {
            user.username.to_string()
        } else {
            draft.contact.destination.clone()
        };
        // A pool with a custom sender does not run `CustomMessage`
        // (floci-io/floci has a test for it).
        let by = custom_sender(pool, user, &draft, context)
            .or_else(|| custom_message(pool, user, context).map(Delivery::CustomMessage));
        Some(Self {
            pool_id: pool.id.clone(),
            username: user.username.to_string(),
            shown,
            envelope: pool.envelope(),
            by: by.unwrap_or(Delivery::Pool),
            draft,
        })
    }

    fn send(mut self, world: &World) -> Result<CodeDeliveryDetails> {
        let draft = &mut self.draft;
        match self.by {
            Delivery::Pool => {}
            Delivery::CustomMessage(event) => event.run::<CustomText>(world)?.put_into(draft)?,
            // Cognito does not wait for custom senders, so their failure is not
            // an error. The text that they send is not known here.
            Delivery::CustomSender { mut event, key } => {
                if let Some(key) = key {
                    let code = encryption::encrypt(world, &key, &self.pool_id, &draft.code);
                    event.body["request"]["code"] = code.into();
                }
                let _ = event.run::<Value>(world);
                draft.subject.clear();
                draft.body.clear();
                self.envelope.is_custom = true;
            }
        }
        let details = draft.contact.details();
        let names = [&*self.pool_id, &self.username, &self.shown];
        self.draft.send(world, names, self.envelope);
        Ok(details)
    }
}

fn custom_message(pool: &Pool, user: &User, context: &MessageContext<'_>) -> Option<Event> {
    let about = EventUser {
        pool,
        username: &user.username,
        client_id: context.client_id,
    };
    let source = format!("CustomMessage_{}", context.source.name());
    let request = || {
        let username = (context.source == Source::AdminCreateUser).then_some("{username}");
        let mut request = json!({
            "userAttributes": user_attributes(pool, user),
            "codeParameter": "{####}",
            "linkParameter": "{##Click Here##}",
            "usernameParameter": username,
        });
        if !context.metadata.is_empty() {
            request["clientMetadata"] = json!(context.metadata);
        }
        request
    };
    let response = || json!({ "smsMessage": null, "emailMessage": null, "emailSubject": null });
    Event::new(about, Trigger::CustomMessage, &source, request, response)
}

/// The event of a custom sender. Its code is encrypted under `KMSKeyID` once the pool is
/// unlocked.
fn custom_sender(
    pool: &Pool,
    user: &User,
    draft: &Draft,
    context: &MessageContext<'_>,
) -> Option<Delivery> {
    let (trigger, kind) = match draft.contact.medium() {
        Medium::Email => (Trigger::CustomEmailSender, "customEmailSenderRequestV1"),
        Medium::Sms => (Trigger::CustomSmsSender, "customSMSSenderRequestV1"),
    };
    let about = EventUser {
        pool,
        username: &user.username,
        client_id: context.client_id,
    };
    let source = format!("{}_{}", trigger.name(), context.source.name());
    let request = || {
        let metadata = (!context.metadata.is_empty()).then_some(context.metadata);
        json!({
            "type": kind,
            "code": null,
            "clientMetadata": metadata,
            "userAttributes": user_attributes(pool, user),
        })
    };
    let event = Event::new(about, trigger, &source, request, || json!({}))?;
    // A pool with a custom sender has a key (R154).
    let key = pool.settings.lambda_config.get("KMSKeyID")?.as_str()?;
    Some(Delivery::CustomSender {
        event,
        key: Some(key.to_owned()),
    })
}

/// The response of `CustomMessage`. The pool's own text is used for members
/// that it omits.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomText {
    sms_message: Option<String>,
    email_message: Option<String>,
    email_subject: Option<String>,
}

impl CustomText {
    /// Writes the text into the message. Text for the other medium is not
    /// checked (inferred).
    ///
    /// A text without the code, or one that is too long, fails like a template of the
    /// pool (aws-amplify/amplify-js#6917 and aws/aws-lambda-go#330 for `emailBody`; the
    /// other names are inferred). A pool that sends from Cognito's own account can set
    /// the e-mail text as well. The guide says otherwise, but it was observed often
    /// (amazon-cognito-identity-js#517, #521).
    fn put_into(self, draft: &mut Draft) -> Result<()> {
        let (body, subject) = match draft.contact.medium() {
            Medium::Email => (self.email_message, self.email_subject),
            Medium::Sms => (self.sms_message, None),
        };
        let (path, shape) = match draft.contact.medium() {
            // A link needs the placeholder `linkParameter` of the event.
            Medium::Email if draft.link.is_some() => {
                ("emailBody", "EmailVerificationMessageByLinkType")
            }
            Medium::Email => ("emailBody", "EmailVerificationMessageType"),
            Medium::Sms => ("smsMessage", "SmsVerificationMessageType"),
        };
        let given = [
            ("emailSubject", "EmailVerificationSubjectType", &subject),
            (path, shape, &body),
        ];
        let given = given
            .into_iter()
            .filter_map(|(path, shape, text)| Some((path, shape, text.as_deref()?)));
        validate::check_texts(given)?;
        if let Some(body) = body {
            draft.body = body;
        }
        if let Some(subject) = subject {
            draft.subject = subject;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use insta::assert_snapshot;
    use parking_lot::Mutex;
    use serde_json::{Value, json};

    use crate::state::mfa::Factor;
    use crate::testing::{Fixture, respond};
    use crate::triggers::encryption::decrypt;
    use crate::world::Message;

    fn fixture() -> Fixture {
        Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}))
    }

    /// Every operation that sends a message, once.
    const EACH: &str = r#"
        only /UserConfirmed SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"ClientMetadata":{"for":"sign-up"}}
        events
        outbox
        only /CodeDeliveryDetails/Destination ResendConfirmationCode {"ClientId":"$client","Username":"ana","ClientMetadata":{"for":"resending"}}
        events
        outbox
        ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        only /CodeDeliveryDetails/Destination ForgotPassword {"ClientId":"$client","Username":"ana","ClientMetadata":{"for":"recovery"}}
        events
        outbox
        ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}
        AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana","ClientMetadata":{"for":"reset"}}
        events
        outbox
        AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}
        only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        only /CodeDeliveryDetails/Destination GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email","ClientMetadata":{"for":"verifying"}}
        events
        outbox
        only /CodeDeliveryDetailsList/0/Destination UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"bob@example.com"}],"ClientMetadata":{"for":"updating"}}
        events
        outbox
        AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"cat@example.com"}],"ClientMetadata":{"for":"desk"}}
        events
        outbox
        only /User/UserStatus AdminCreateUser {"UserPoolId":"$pool","Username":"eve","TemporaryPassword":"Temporary-1","DesiredDeliveryMediums":["EMAIL"],"UserAttributes":[{"Name":"email","Value":"eve@example.com"}],"ClientMetadata":{"for":"invitation"}}
        events
        outbox
        only /User/UserStatus AdminCreateUser {"UserPoolId":"$pool","Username":"eve","TemporaryPassword":"Temporary-2","MessageAction":"RESEND","DesiredDeliveryMediums":["EMAIL"]}
        events
        outbox
    "#;

    #[test]
    fn each_source() {
        let words = |event: &Value| {
            let request = &event["request"];
            let text = |member: &str| request[member].as_str().unwrap_or_default().to_owned();
            let message = format!("{} {}!", text("usernameParameter"), text("codeParameter"));
            respond(
                event,
                json!({"emailMessage": message, "emailSubject": event["triggerSource"]}),
            )
        };
        let mut fixture = fixture().and_trigger("CustomMessage", words);
        assert_snapshot!(fixture.run(EACH), @r#"
        false
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_SignUp","request":{"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"UNCONFIRMED","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"sign-up"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        SignUp Email to ana@example.com: CustomMessage_SignUp  $code!
        "a***@e***"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_ResendCode","request":{"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"UNCONFIRMED","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"resending"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        SignUp Email to ana@example.com: CustomMessage_ResendCode  $code!
        200 {}
        "a***@e***"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_ForgotPassword","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"recovery"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        PasswordReset Email to ana@example.com: CustomMessage_ForgotPassword  $code!
        200 {}
        200 {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"CustomMessage_ForgotPassword","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"RESET_REQUIRED","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"reset"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        PasswordReset Email to ana@example.com: CustomMessage_ForgotPassword  $code!
        200 {}
        {}
        "a***@e***"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_VerifyUserAttribute","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"verifying"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        AttributeVerification Email to ana@example.com: CustomMessage_VerifyUserAttribute  $code!
        "b***@e***"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_UpdateUserAttribute","request":{"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"CONFIRMED","email":"bob@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"updating"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        AttributeVerification Email to bob@example.com: CustomMessage_UpdateUserAttribute  $code!
        200 {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"CustomMessage_UpdateUserAttribute","request":{"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"CONFIRMED","email":"cat@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"for":"desk"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        AttributeVerification Email to cat@example.com: CustomMessage_UpdateUserAttribute  $code!
        "FORCE_CHANGE_PASSWORD"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"eve","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"CustomMessage_AdminCreateUser","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"FORCE_CHANGE_PASSWORD","email":"eve@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":"{username}","clientMetadata":{"for":"invitation"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        Invitation Email to eve@example.com: CustomMessage_AdminCreateUser eve $code!
        "FORCE_CHANGE_PASSWORD"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"eve","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"CustomMessage_AdminCreateUser","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"FORCE_CHANGE_PASSWORD","email":"eve@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":"{username}"},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        Invitation Email to eve@example.com: CustomMessage_AdminCreateUser eve $code!
        "#);
    }

    /// The transcript without the encrypted codes, which are long.
    fn hidden(transcript: &str) -> String {
        let encrypted = regex::Regex::new(r#""code":"AYADe[^"]+""#).unwrap();
        let hidden = encrypted.replace_all(transcript, r#""code":"$$encrypted""#);
        hidden.into_owned()
    }

    /// Custom senders receive the encrypted code, and `CustomMessage` is not run.
    #[test]
    fn each_source_of_a_sender() {
        let received = Arc::new(Mutex::new(Vec::new()));
        let codes = Arc::clone(&received);
        let mut fixture = fixture()
            .and_trigger("CustomMessage", |_| Err("not run".to_owned()))
            .and_trigger("CustomEmailSender", move |event| {
                codes.lock().push(event["request"]["code"].clone());
                Err("whatever".to_owned())
            });
        assert_snapshot!(hidden(&fixture.run(&EACH.replace("outbox", ""))), @r#"
        false
        {"version":"1","triggerSource":"CustomEmailSender_SignUp","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"sign-up"},"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"UNCONFIRMED","email":"ana@example.com"}},"response":{}}
        "a***@e***"
        {"version":"1","triggerSource":"CustomEmailSender_ResendCode","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"resending"},"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"UNCONFIRMED","email":"ana@example.com"}},"response":{}}
        200 {}
        "a***@e***"
        {"version":"1","triggerSource":"CustomEmailSender_ForgotPassword","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"recovery"},"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"}},"response":{}}
        200 {}
        200 {}
        {"version":"1","triggerSource":"CustomEmailSender_ForgotPassword","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"reset"},"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"RESET_REQUIRED","email":"ana@example.com"}},"response":{}}
        200 {}
        {}
        "a***@e***"
        {"version":"1","triggerSource":"CustomEmailSender_VerifyUserAttribute","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"verifying"},"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"}},"response":{}}
        "b***@e***"
        {"version":"1","triggerSource":"CustomEmailSender_UpdateUserAttribute","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"updating"},"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"CONFIRMED","email":"bob@example.com"}},"response":{}}
        200 {}
        {"version":"1","triggerSource":"CustomEmailSender_UpdateUserAttribute","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"desk"},"userAttributes":{"sub":"$sub","email_verified":"false","cognito:user_status":"CONFIRMED","email":"cat@example.com"}},"response":{}}
        "FORCE_CHANGE_PASSWORD"
        {"version":"1","triggerSource":"CustomEmailSender_AdminCreateUser","region":"us-east-1","userPoolId":"$pool","userName":"eve","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"for":"invitation"},"userAttributes":{"sub":"$sub","cognito:user_status":"FORCE_CHANGE_PASSWORD","email":"eve@example.com"}},"response":{}}
        "FORCE_CHANGE_PASSWORD"
        {"version":"1","triggerSource":"CustomEmailSender_AdminCreateUser","region":"us-east-1","userPoolId":"$pool","userName":"eve","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":null,"userAttributes":{"sub":"$sub","cognito:user_status":"FORCE_CHANGE_PASSWORD","email":"eve@example.com"}},"response":{}}
        "#);
        // The outbox keeps the codes without text, because a test may need
        // them.
        let outbox = fixture.emulator().world().courier.outbox();
        assert_eq!((outbox.len(), received.lock().len()), (9, 9));
        let world = fixture.emulator().world();
        for (code, sent) in received.lock().iter().zip(&outbox) {
            let (_, context, secret) = decrypt(world, code.as_str().unwrap()).unwrap();
            assert_eq!(secret, sent.code);
            assert_eq!(context["userpool-id"], sent.user_pool_id);
        }
        let is_bare = |sent: &Message| sent.subject.is_empty() && sent.body.is_empty();
        assert!(
            outbox
                .iter()
                .all(|sent| is_bare(sent) && !sent.code.is_empty())
        );
    }

    #[test]
    fn codes_at_sign_in() {
        let attributes = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "phone_number", "Value": "+12065559934"},
        ]);
        let mut fixture = Fixture::with_pool(json!({}))
            .and_user("ana", attributes)
            .and_mfa("ON", &[Factor::SmsMfa, Factor::EmailOtp])
            .and_trigger("CustomMessage", |event| {
                respond(
                    event,
                    json!({"smsMessage": "{####} is it", "emailMessage": "not {####}"}),
                )
            })
            .and_trigger("CustomEmailSender", |event| Ok(event.clone()));
        let answer = |factor: &str| {
            format!(
                r#"
                only /ChallengeName InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"ana","PASSWORD":"$password"}},"ClientMetadata":{{"from":"first"}}}}
                only /ChallengeName RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"SELECT_MFA_TYPE","Session":"$session","ChallengeResponses":{{"USERNAME":"ana","ANSWER":"{factor}"}},"ClientMetadata":{{"from":"second"}}}}
                events
                "#
            )
        };
        let script = answer("SMS_MFA") + "outbox" + &answer("EMAIL_OTP");
        assert_snapshot!(hidden(&fixture.run(&script)), @r#"
        "SELECT_MFA_TYPE"
        "SMS_MFA"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CustomMessage_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED","phone_number":"+12065559934","email":"ana@example.com"},"codeParameter":"{####}","linkParameter":"{##Click Here##}","usernameParameter":null,"clientMetadata":{"from":"second"}},"response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}}
        SignIn Sms to +12065559934:  $code is it
        "SELECT_MFA_TYPE"
        "EMAIL_OTP"
        {"version":"1","triggerSource":"CustomEmailSender_Authentication","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":"$encrypted","clientMetadata":{"from":"second"},"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED","phone_number":"+12065559934","email":"ana@example.com"}},"response":{}}
        "#);
    }

    /// Invalid responses. The change that the message was about remains.
    #[test]
    fn misbehaviour() {
        let mut transcript = String::new();
        for response in [
            Err("no words".to_owned()),
            Ok(json!({"emailMessage": "no code"})),
            Ok(json!({"emailMessage": "{####}\u{200b}"})),
            Ok(json!({"emailMessage": "{####}", "emailSubject": ""})),
            Ok(json!({"emailMessage": "", "emailSubject": ""})),
            Ok(json!({"emailMessage": 7})),
            Ok(json!({"smsMessage": "no code, and no SMS"})),
            Ok(json!({"emailSubject": "Just a subject"})),
        ] {
            let words = move |event: &Value| respond(event, response.clone()?);
            let mut fixture = fixture().and_trigger("CustomMessage", words);
            transcript.push_str(&fixture.run(
                r#"
                only /UserConfirmed SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
                outbox
                only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
                "#,
            ));
        }
        assert_snapshot!(transcript, @r#"
        400 UserLambdaValidationException: CustomMessage failed with error no words.
        nothing sent
        "UNCONFIRMED"
        400 InvalidParameterException: 1 validation error detected: Value 'no code' at 'emailBody' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*
        nothing sent
        "UNCONFIRMED"
        400 InvalidParameterException: 1 validation error detected: Value '{####}?' at 'emailBody' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*
        nothing sent
        "UNCONFIRMED"
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'emailSubject' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'emailSubject' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s]+
        nothing sent
        "UNCONFIRMED"
        400 InvalidParameterException: 4 validation errors detected: Value '' at 'emailSubject' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'emailSubject' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s]+; Value '' at 'emailBody' failed to satisfy constraint: Member must have length greater than or equal to 6; Value '' at 'emailBody' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*
        nothing sent
        "UNCONFIRMED"
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        nothing sent
        "UNCONFIRMED"
        false
        SignUp Email to ana@example.com: Your verification code Your verification code is $code.
        "UNCONFIRMED"
        false
        SignUp Email to ana@example.com: Just a subject Your verification code is $code.
        "UNCONFIRMED"
        "#);
        let long = |length: usize| {
            let text = format!("{{####}}{}", "x".repeat(length - 6));
            let mut fixture =
                Fixture::with_pool(json!({"AutoVerifiedAttributes": ["phone_number"], "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}))
                    .and_trigger("CustomMessage", move |event| {
                        respond(event, json!({"smsMessage": text, "emailMessage": text}))
                    });
            fixture.run(r#"only /UserConfirmed SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"}]}"#)
        };
        assert_eq!(long(140), "false\n");
        let refused = long(141);
        assert!(
            refused.ends_with("Member must have length less than or equal to 140\n"),
            "{refused}"
        );
    }
}
