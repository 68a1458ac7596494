//! `AdminCreateUser`: creates a user with a temporary password, and sends an
//! invitation.
//!
//! Required attributes may be missing: the user adds them at the first sign-in
//! (fact 9.9). Without `DesiredDeliveryMediums` the invitation is sent by SMS,
//! and a user without a phone number gets none (inferred from the documented
//! default). If codes by e-mail or SMS are allowed first factors, a user
//! without `TemporaryPassword` has no password and is confirmed at once.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::attribute::Attribute;
use crate::state::PoolWrite;
use crate::state::contact::{Contact, Draft};
use crate::state::given::{AttributeSource, last_of_each};
use crate::state::naming::Taken;
use crate::state::pool::Pool;
use crate::state::status::{Transition, after};
use crate::state::user::{Attributes, Status, User};
use crate::state::users::UserId;
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post};
use crate::triggers::sign_up::{self, PreSignUpResponse, SignUpData};
use crate::views::user::UserView;
use crate::world::{Medium, Purpose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    // An empty value counts as absent.
    #[serde(default)]
    temporary_password: String,
    #[serde(default)]
    force_alias_creation: bool,
    message_action: Option<MessageAction>,
    desired_delivery_mediums: Option<Vec<Medium>>,
    #[serde(default)]
    validation_data: Vec<Attribute>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum MessageAction {
    Resend,
    Suppress,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user: UserView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    if request.message_action == Some(MessageAction::Resend) {
        resend(cx, &request)
    } else {
        create(cx, &request)
    }
}

/// A user that is ready to be created.
struct Candidate {
    user: User,
    password: String,
    invited: Vec<Contact>,
    moved: Vec<Taken>,
}

fn create(cx: &Cx<'_>, request: &Request) -> Result<Response> {
    let sub = cx.world.chance.sub();
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let mut candidate = check_request(cx, &pool, request, &sub)?;
    let data = SignUpData {
        validation_data: &request.validation_data,
        metadata: &request.client_metadata,
    };
    if let Some(event) = sign_up::pre_sign_up(&pool, &candidate.user, None, data) {
        drop(pool);
        event.run::<PreSignUpResponse>(cx.world)?;
        pool = cx.pool_mut(&request.user_pool_id)?;
        // Another user may have taken the name while the function ran.
        candidate = check_request(cx, &pool, request, &sub)?;
    }
    let Candidate {
        user,
        password,
        invited,
        moved,
    } = candidate;
    for taken in moved {
        taken.release(&mut pool, cx.now())?;
    }
    let view = UserView::from(&user);
    let id = pool.users.insert(user);
    // If the message cannot be sent, the user exists nevertheless (R49).
    if request.message_action.is_none() {
        invite(cx, pool, id, &invited, &password, request)?;
    }
    Ok(Response { user: view })
}

/// Checks the request; returns the user that it creates.
fn check_request(cx: &Cx<'_>, pool: &Pool, request: &Request, sub: &str) -> Result<Candidate> {
    let mut given = last_of_each(&request.user_attributes);
    let names = given.iter().map(|given| given.name.as_str());
    pool.check_given_names(AttributeSource::AdminCreate, None, names)?;
    let attribute =
        pool.check_username_attribute(AttributeSource::AdminCreate, &request.username, &mut given)?;
    pool.schema.check_new(&given)?;
    pool.check_alias_form(AttributeSource::AdminCreate, &given)?;
    let username = attribute.map_or(request.username.as_str(), |_| sub);
    let mut user = User::new(username, sub, Status::ForceChangePassword, cx.now());
    for given in &given {
        user.attributes.set(&given.name, &given.value);
    }
    user.attributes.check_verified()?;
    let invited = invited(&user, request)?;
    let moved = check_names(pool, &user.attributes, request)?;

    let password = if !request.temporary_password.is_empty() {
        request.temporary_password.clone()
    } else if pool.is_passwordless() {
        check_reachable(pool, &user)?;
        String::new()
    } else {
        let policy = &pool.settings.policies.password_policy;
        policy.generate(&cx.world.chance)
    };
    if password.is_empty() {
        user.status = Status::Confirmed;
    } else {
        let verifier = pool.new_temporary_password(cx.world, &user, &password)?;
        user.set_password(verifier, Some(cx.now()));
    }
    Ok(Candidate {
        user,
        password,
        invited,
        moved,
    })
}

/// Sends a new temporary password with a new lifetime.
///
/// Attributes in the request change nothing (inferred). `PreSignUp` does not
/// run, because no user is created (inferred).
fn resend(cx: &Cx<'_>, request: &Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let status = after(user.status, Transition::Resend).map_err(|_| Error::ResendNotPossible {
        username: request.username.clone(),
    })?;
    let invited = invited(user, request)?;
    let policy = &pool.settings.policies.password_policy;
    let password = match request.temporary_password.as_str() {
        "" => policy.generate(&cx.world.chance),
        given => given.to_owned(),
    };
    let verifier = pool.new_temporary_password(cx.world, user, &password)?;
    pool.edit_id(id, cx.now(), |user| {
        user.set_password(verifier, Some(cx.now()));
        user.status = status;
        Ok(())
    })?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let view = UserView::from(user);
    invite(cx, pool, id, &invited, &password, request)?;
    Ok(Response { user: view })
}

/// Checks that no other user has the new user's names. Returns the aliases that the
/// request moves here from other users.
fn check_names(pool: &Pool, attributes: &Attributes, request: &Request) -> Result<Vec<Taken>> {
    if pool.users.find(&request.username).is_some() {
        return Err(Error::AccountExists);
    }
    let taken = pool.taken(attributes, None);
    let kept = taken
        .iter()
        .find(|taken| !request.force_alias_creation || !pool.is_movable(taken));
    match kept {
        // R48: `UsernameExistsException` for aliases as well.
        Some(Taken { attribute, .. }) => Err(Error::UsernameAttributeExists {
            attribute: attribute.clone(),
        }),
        None => Ok(taken),
    }
}

/// Checks that a user without a password can receive a code as first factor.
fn check_reachable(pool: &Pool, user: &User) -> Result<()> {
    let by_email = pool.first_factor("EMAIL_OTP") && user.attribute("email").is_some();
    let by_sms = pool.first_factor("SMS_OTP") && user.attribute("phone_number").is_some();
    if by_email || by_sms {
        Ok(())
    } else {
        Err(Error::PasswordlessWithoutContact)
    }
}

/// The destinations of the invitation. The user must have each medium that the
/// request names.
fn invited(user: &User, request: &Request) -> Result<Vec<Contact>> {
    if request.message_action == Some(MessageAction::Suppress) {
        return Ok(Vec::new());
    }
    let by = |medium: Medium| match medium {
        Medium::Email => Contact::of(user, "email").ok_or(Error::NoEmailForMessage),
        Medium::Sms => Contact::of(user, "phone_number").ok_or(Error::NoPhoneNumberForMessage),
    };
    match request.desired_delivery_mediums.as_deref() {
        None | Some([]) => Ok(by(Medium::Sms).into_iter().collect()),
        Some(mediums) => mediums.iter().copied().map(by).collect(),
    }
}

fn invite(
    cx: &Cx<'_>,
    pool: PoolWrite,
    id: UserId,
    invited: &[Contact],
    password: &str,
    request: &Request,
) -> Result<()> {
    // A pool without a sender sends no SMS (inferred).
    let has_sender = pool.settings.sms_configuration.is_some();
    let fails = |contact: &Contact| contact.medium() == Medium::Sms && !has_sender;
    if invited.iter().any(fails) {
        return Err(Error::CodeDeliveryFailed);
    }
    let drafts: Vec<Draft> = invited
        .iter()
        .map(|contact| pool.write(id, contact, Purpose::Invitation, password.to_owned()))
        .collect();
    let context = MessageContext {
        source: Source::AdminCreateUser,
        client_id: None,
        metadata: &request.client_metadata,
    };
    post(cx.world, pool, drafts, &context)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn invites_with_a_temporary_password() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"True"}],"TemporaryPassword":"Tempor-1","DesiredDeliveryMediums":["EMAIL"]}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"bob@example.com"}],"DesiredDeliveryMediums":["EMAIL"]}
            outbox
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"True"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        Invitation Email to ana@example.com: Your temporary password Your username is ana and temporary password is $code.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"True"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}
        200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        Invitation Email to bob@example.com: Your temporary password Your username is bob and temporary password is $code.
        "#);
    }

    #[test]
    fn no_invitation_if_suppressed_or_without_a_phone_number() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            outbox
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            outbox
            AdminCreateUser {"UserPoolId":"$pool","Username":"cyd","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"}],"MessageAction":"SUPPRESS"}
            outbox
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        nothing sent
        200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        nothing sent
        200 {"User":{"Attributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"cyd"}}
        nothing sent
        "#);
    }

    #[test]
    fn the_default_medium_is_sms() {
        let pool =
            json!({ "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" } });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"email","Value":"ana@example.com"}],"TemporaryPassword":"Tempor-1"}
            outbox
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065550100"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        Invitation Sms to +12065550100:  Your username is ana and temporary password is $code.
        "#);
    }

    #[test]
    fn the_user_exists_when_the_message_fails() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 CodeDeliveryFailureException: Failed to deliver the message.
        200 {"Enabled":true,"UserAttributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}
        "#);
    }

    #[test]
    fn resends_until_the_password_is_changed() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"MessageAction":"SUPPRESS"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND","TemporaryPassword":"short"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND","DesiredDeliveryMediums":["SMS"]}
            advance 60
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND","DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"Tempor-1"}
            outbox
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND"}
        "#), @r#"
        400 UserNotFoundException: User does not exist.
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        400 InvalidPasswordException: Password did not conform with password policy: Password not long enough
        400 InvalidParameterException: No phone number provided but desired delivery medium was SMS
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        Invitation Email to ana@example.com: Your temporary password Your username is ana and temporary password is $code.
        200 {}
        400 UnsupportedUserStateException: Resend not possible. ana status is not FORCE_CHANGE_PASSWORD
        "#);
    }

    #[test]
    fn an_address_as_username_becomes_an_attribute() {
        let pool = json!({ "UsernameAttributes": ["email", "phone_number"] });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana@example.com","DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"Tempor-1"}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            AdminGetUser {"UserPoolId":"$pool","Username":"$sub"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana@example.com","ForceAliasCreation":true}
            AdminCreateUser {"UserPoolId":"$pool","Username":"+12065550100","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"MessageAction":"SUPPRESS"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"+12065550100","MessageAction":"SUPPRESS"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"$sub"}}
        Invitation Email to ana@example.com: Your temporary password Your username is ana@example.com and temporary password is $code.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"$sub"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"$sub"}
        400 InvalidParameterException: Username should be either an email or a phone number.
        400 UsernameExistsException: User account already exists
        400 UsernameExistsException: An account with the given email already exists.
        200 {"User":{"Attributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"$sub"}}
        "#);
    }

    #[test]
    fn usernames_of_email_or_phone_pools() {
        assert_snapshot!(Fixture::with_pool(json!({ "UsernameAttributes": ["email"] })).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"+12065550100"}
        "#), @"400 InvalidParameterException: Username should be an email.");
        assert_snapshot!(Fixture::with_pool(json!({ "UsernameAttributes": ["phone_number"] })).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        "#), @"400 InvalidParameterException: Username should be a phone number.");
    }

    #[test]
    fn verified_aliases_belong_to_one_user() {
        let pool = json!({ "AliasAttributes": ["email", "phone_number", "preferred_username"] });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"+12065550100"}
            spread AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"preferred_username","Value":"annie"}]}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"it@example.com"}
            # An unverified address is not an alias.
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"it@example.com"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"cyd","UserAttributes":[{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"cyd","UserAttributes":[{"Name":"preferred_username","Value":"annie"}],"ForceAliasCreation":true}
            AdminCreateUser {"UserPoolId":"$pool","Username":"cyd","UserAttributes":[{"Name":"preferred_username","Value":"ana"}],"ForceAliasCreation":true}
            AdminCreateUser {"UserPoolId":"$pool","Username":"cyd","UserAttributes":[{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"}],"ForceAliasCreation":true}
            AdminGetUser {"UserPoolId":"$pool","Username":"it@example.com"}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.
        400 InvalidParameterException: Username cannot be of phone number format, since user pool is configured for phone number alias.
        200
          User:
            Attributes: [{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}]
            Enabled: true
            UserCreateDate: 1700000000.0
            UserLastModifiedDate: 1700000000.0
            UserStatus: "FORCE_CHANGE_PASSWORD"
            Username: "ana"
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "FORCE_CHANGE_PASSWORD"
          Username: "ana"
        200 {"User":{"Attributes":[{"Name":"email","Value":"it@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        400 UsernameExistsException: An account with the given email already exists.
        400 UsernameExistsException: An account with the given preferred_username already exists.
        400 UsernameExistsException: An account with the given preferred_username already exists.
        200 {"User":{"Attributes":[{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"cyd"}}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"cyd"}
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"it@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "FORCE_CHANGE_PASSWORD"
          Username: "ana"
        "#);
    }

    #[test]
    fn usernames_can_be_case_sensitive() {
        let call = r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ANA"}
            AdminGetUser {"UserPoolId":"$pool","Username":"Ana"}
        "#;
        assert_snapshot!(Fixture::new().run(call), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ANA"}}
        400 UserNotFoundException: User does not exist.
        "#);
        let pool = json!({ "UsernameConfiguration": { "CaseSensitive": false } });
        assert_snapshot!(Fixture::with_pool(pool).run(call), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        400 UsernameExistsException: User account already exists
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}
        "#);
    }

    #[test]
    fn no_password_is_needed_if_codes_are_a_first_factor() {
        let pool = json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } } });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}],"MessageAction":"SUPPRESS"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","TemporaryPassword":"","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"}],"MessageAction":"SUPPRESS"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","TemporaryPassword":"Tempor-1","MessageAction":"SUPPRESS"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}}
        400 InvalidParameterException: User must have an email or a phone number to sign in without a password.
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let pool = json!({ "AliasAttributes": ["email"] });
        let mut fixture = Fixture::with_pool(pool).and_verified_user("ana");
        assert_snapshot!(fixture.run(r#"
            AdminCreateUser {"UserPoolId":"us-east-1_nope","Username":"","TemporaryPassword":" b"}
            AdminCreateUser {"UserPoolId":"us-east-1_nope","Username":"a@b.example","UserAttributes":[{"Name":"nope","Value":"x"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"a@b.example","UserAttributes":[{"Name":"nope","Value":"x"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"nope","Value":"x"},{"Name":"email","Value":"x"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"x"},{"Name":"phone_number","Value":"x"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"x"},{"Name":"email_verified","Value":"true"}]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","DesiredDeliveryMediums":["EMAIL","SMS"],"TemporaryPassword":"xx"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL","SMS"],"TemporaryPassword":"xx"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"xx"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"xx"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"xx"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"],"TemporaryPassword":"Tempor-1"}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value at 'temporaryPassword' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([\S]+.*[\S]+)?$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.
        400 InvalidParameterException: Attributes did not conform to the schema: Type for attribute {nope} could not be determined
        400 InvalidParameterException: Invalid email address format.
        400 InvalidParameterException: Invalid phone number format.
        400 InvalidParameterException: email must be provided to set email_verified.
        400 InvalidParameterException: No email provided but desired delivery medium was Email
        400 InvalidParameterException: No phone number provided but desired delivery medium was SMS
        400 UsernameExistsException: User account already exists
        400 UsernameExistsException: An account with the given email already exists.
        400 InvalidPasswordException: Password did not conform with password policy: Password not long enough
        200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        "#);
    }
}
