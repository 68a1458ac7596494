//! `SignUp`: creates a user in status `UNCONFIRMED`.
//!
//! A code is sent to an attribute that the pool verifies. In a pool with
//! `AliasAttributes`, an address may already belong to another user; `ConfirmSignUp`
//! reports that. The `Session` can be sent to `ConfirmSignUp`, to continue with a
//! sign-in by `USER_AUTH`.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::password::PasswordWay;
use crate::error::{Error, PasswordRule};
use crate::settings::attribute::Attribute;
use crate::sign_in::signed_up;
use crate::state::PoolWrite;
use crate::state::code::CodePurpose;
use crate::state::contact::CodeDeliveryDetails;
use crate::state::given::{AttributeSource, last_of_each};
use crate::state::pool::Pool;
use crate::state::status::{Transition, after};
use crate::state::user::{Attributes, Status, User};
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post};
use crate::triggers::sign_up::{self, Confirmed, PreSignUpResponse, SignUpData};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    password: Option<String>,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    validation_data: Vec<Attribute>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    code_delivery_details: Option<CodeDeliveryDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    user_confirmed: bool,
    user_sub: String,
}

pub(super) fn call(cx: &Cx<'_>, mut request: Request) -> Result<Response> {
    let sub = cx.world.chance.sub();
    let mut pool = lock(cx, &request)?;
    let mut user = new_user(cx, &pool, &mut request, &sub)?;
    let data = SignUpData {
        validation_data: &request.validation_data,
        metadata: &request.client_metadata,
    };
    let mut verdict = PreSignUpResponse::default();
    if let Some(event) = sign_up::pre_sign_up(&pool, &user, Some(&request.client_id), data) {
        drop(pool);
        verdict = event.run(cx.world)?;
        pool = lock(cx, &request)?;
        // Another user may have taken the name while the function ran.
        user = new_user(cx, &pool, &mut request, &sub)?;
    }
    let contact = pool.sign_up_contact(&user);
    let contact = contact.filter(|_| !verdict.confirms());
    let pages = match &contact {
        Some(contact) => cx.link_pages(&pool, contact)?,
        None => None,
    };
    // An alias that the function verifies moves from its current user to the new one
    // (documented).
    verdict.verify(&mut user)?;
    for taken in pool.taken(&user.attributes, None) {
        taken.release(&mut pool, cx.now())?;
    }
    let confirmed = verdict.confirms();
    if confirmed {
        user.status = after(user.status, Transition::Confirm)?;
    }
    let id = pool.users.insert(user);
    let draft = contact.map(|contact| pool.issue_code(cx.world, id, CodePurpose::SignUp, &contact));
    let draft = draft.map(|draft| match &pages {
        Some(pages) => pool.with_link(draft, pages, &request.client_id),
        None => draft,
    });

    let session = if confirmed {
        None
    } else {
        signed_up::begin_session(cx, &mut pool, &request.client_id, id)?
    };
    let client_id = Some(request.client_id.as_str());
    let metadata = &request.client_metadata;
    let sent = if confirmed {
        let how = Confirmed::SignUp;
        sign_up::post_confirmation(cx.world, pool, id, client_id, how, metadata)?;
        Vec::new()
    } else {
        let context = MessageContext {
            source: Source::SignUp,
            client_id,
            metadata,
        };
        post(cx.world, pool, draft, &context)?
    };
    Ok(Response {
        user_confirmed: confirmed,
        code_delivery_details: sent.into_iter().next(),
        user_sub: sub,
        session,
    })
}

fn lock(cx: &Cx<'_>, request: &Request) -> Result<PoolWrite> {
    let hash = request.secret_hash.as_deref();
    cx.client_pool_mut(&request.client_id, &request.username, hash)
}

/// The user that the request describes.
fn new_user(cx: &Cx<'_>, pool: &Pool, request: &mut Request, sub: &str) -> Result<User> {
    if pool
        .settings
        .admin_create_user_config
        .allow_admin_create_user_only
    {
        return Err(Error::SignUpNotPermitted);
    }
    request.user_attributes = last_of_each(&request.user_attributes);
    let names = request.user_attributes.iter();
    let names = names.map(|attribute| attribute.name.as_str());
    let client = pool.client(&request.client_id)?;
    pool.check_given_names(AttributeSource::SignUp, Some(client), names)?;

    let given = &mut request.user_attributes;
    let sign_in_by =
        pool.check_username_attribute(AttributeSource::SignUp, &request.username, given)?;
    let mut attributes = Attributes::default();
    for attribute in &request.user_attributes {
        attributes.set(&attribute.name, &attribute.value);
    }
    let taken = pool.taken(&attributes, None);
    if pool.users.find(&request.username).is_some() || !taken.is_empty() {
        // Sentences of older pools name the attribute (R44, R45).
        return Err(Error::UserExists);
    }
    pool.check_preferred_username(Status::Unconfirmed, &attributes)?;

    let username = sign_in_by.map_or(request.username.as_str(), |_| sub);
    let mut user = User::new(username, sub, Status::Unconfirmed, cx.now());
    user.attributes = attributes;
    // Both are unverified at first, even if the pool will not verify them
    // (radkawar/stackd, recorded 2026-09-24, for e-mail).
    for name in ["email", "phone_number"] {
        if user.attribute(name).is_some() {
            user.attributes.set(&format!("{name}_verified"), "false");
        }
    }
    set_password(cx.world, pool, &mut user, request.password.as_deref())?;
    pool.schema.check_new(&request.user_attributes)?;
    pool.schema.check_required(&request.user_attributes)?;
    Ok(user)
}

/// Stores the password. It is optional if users can sign in by a one-time
/// password (R60). Otherwise a missing one counts as too short (inferred).
fn set_password(world: &World, pool: &Pool, user: &mut User, password: Option<&str>) -> Result<()> {
    match password {
        Some(password) => {
            let verifier = pool.new_password(world, user, password, PasswordWay::SignUp)?;
            user.set_password(verifier, None);
            Ok(())
        }
        None if pool.is_passwordless() => Ok(()),
        None => Err(PasswordWay::SignUp.refuse(PasswordRule::Length)),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn email_pool() -> Fixture {
        Fixture::with_pool(
            json!({"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}),
        )
    }

    #[test]
    fn a_new_user_is_unconfirmed_and_is_sent_a_code() {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"name","Value":"Ana"}]}
            outbox
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        SignUp Email to ana@example.com: Your verification code Your verification code is $code.
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"name","Value":"Ana"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "UNCONFIRMED"
          Username: "ana"
        "#);
    }

    #[test]
    fn codes_go_to_attributes_that_the_pool_verifies_first_by_sms() {
        let both = json!({"AutoVerifiedAttributes": ["email", "phone_number"], "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}});
        assert_snapshot!(Fixture::with_pool(both).run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065559934"}]}
            outbox
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            outbox
            SignUp {"ClientId":"$client","Username":"eve","Password":"$password"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"phone_number","DeliveryMedium":"SMS","Destination":"+*******9934"},"UserConfirmed":false,"UserSub":"$sub"}
        SignUp Sms to +12065559934:  Your verification code is $code.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"b***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        SignUp Email to bob@example.com: Your verification code Your verification code is $code.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
        assert_snapshot!(Fixture::new().run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            outbox
        "#), @r#"
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        nothing sent
        "#);
    }

    #[test]
    fn in_pools_that_sign_in_by_email_the_username_is_the_sub() {
        assert_snapshot!(email_pool().run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password"}
            SignUp {"ClientId":"$client","Username":"ana@example.com","Password":"$password","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            SignUp {"ClientId":"$client","Username":"ana@example.com","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            SignUp {"ClientId":"$client","Username":"ana@example.com","Password":"$password"}
        "#), @r#"
        400 InvalidParameterException: Username should be an email.
        400 InvalidParameterException: User email should be empty or same as username, since username attribute is email.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"UNCONFIRMED","Username":"$sub"}
        400 UsernameExistsException: User already exists
        "#);
    }

    #[test]
    fn an_alias_may_be_in_use_until_confirmation_and_is_not_a_username() {
        let aliases = json!({"AliasAttributes": ["email", "phone_number", "preferred_username"], "AutoVerifiedAttributes": ["email"]});
        assert_snapshot!(Fixture::with_pool(aliases).run(r#"
            SignUp {"ClientId":"$client","Username":"ana@example.com","Password":"$password"}
            SignUp {"ClientId":"$client","Username":"+12065559934","Password":"$password"}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
        "#), @r#"
        400 InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.
        400 InvalidParameterException: Username cannot be of phone number format, since user pool is configured for phone number alias.
        400 InvalidParameterException: Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        200 {}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        "#);
    }

    #[test]
    fn attributes_must_be_writable_known_and_well_formed() {
        let mut fixture = Fixture::with_pool_and_client(
            json!({}),
            json!({"WriteAttributes": ["email", "phone_number"]}),
        );
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"nickname","Value":"Annie"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"phone_number","Value":"0123"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"phone_number","Value":""}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":""}]}
        "#), @r#"
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 InvalidParameterException: Invalid email address format.
        400 InvalidParameterException: Invalid phone number format.
        400 InvalidParameterException: Invalid phone number format.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
        assert_snapshot!(Fixture::new().run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"phone_number_verified","Value":"true"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"custom:role","Value":"chief"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"sub","Value":"x"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"birthdate","Value":"1990-01-31"}]}
        "#), @r#"
        400 InvalidParameterException: Cannot modify the non-mutable attribute phone_number_verified
        400 InvalidParameterException: Attributes did not conform to the schema: Type for attribute {custom:role} could not be determined
        400 InvalidParameterException: Cannot modify the non-mutable attribute sub
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
    }

    #[test]
    fn required_attributes_are_named_by_their_scim_paths() {
        let required = json!({"Schema": [{"Name": "email", "Required": true}, {"Name": "name", "Required": true}]});
        let mut fixture = Fixture::with_pool(required);
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password"}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"name","Value":"Ana"},{"Name":"email","Value":""}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"name","Value":"Ana"},{"Name":"email","Value":"ana@example.com"}]}
        "#), @r#"
        400 InvalidParameterException: Attributes did not conform to the schema: name.formatted: The attribute name.formatted is required, emails: The attribute emails is required
        400 InvalidParameterException: Attributes did not conform to the schema: emails: The attribute emails is required
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
    }

    #[test]
    fn passwords_are_optional_if_codes_are_a_first_factor() {
        let passwordless = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}});
        assert_snapshot!(Fixture::with_pool(passwordless).run(r#"
            SignUp {"ClientId":"$client","Username":"ana"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"UNCONFIRMED","Username":"ana"}
        "#);
        assert_snapshot!(Fixture::new().run(r#"
            SignUp {"ClientId":"$client","Username":"ana"}
        "#), @"400 InvalidPasswordException: Password did not conform with policy: Password not long enough");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool_and_client(
            json!({"AliasAttributes": ["email"], "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true}}),
            json!({"GenerateSecret": true}),
        )
        .and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            SignUp {"Username":"bob@example.com","Password":"weak"}
            SignUp {"ClientId":"unknown","Username":"bob@example.com","Password":"feeble"}
            SignUp {"ClientId":"$client","Username":"bob@example.com","Password":"feeble","UserAttributes":[{"Name":"email_verified","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"bob@example.com","Password":"feeble","SecretHash":"$hash(bob)","UserAttributes":[{"Name":"email_verified","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"bob@example.com","Password":"feeble","SecretHash":"$hash(bob@example.com)","UserAttributes":[{"Name":"email_verified","Value":"?"}]}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 NotAuthorizedException: SignUp is not permitted for this user pool
        ");
        let handle = fixture.pool_handle();
        handle
            .write()
            .settings
            .admin_create_user_config
            .allow_admin_create_user_only = false;
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"bob@example.com","Password":"feeble","SecretHash":"$hash(bob@example.com)","UserAttributes":[{"Name":"email_verified","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"bob@example.com","Password":"feeble","SecretHash":"$hash(bob@example.com)","UserAttributes":[{"Name":"email","Value":"?"},{"Name":"x","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"bob","Password":"feeble","SecretHash":"$hash(bob)","UserAttributes":[{"Name":"email","Value":"?"},{"Name":"x","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"feeble","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"?"},{"Name":"x","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"?"},{"Name":"x","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"?"}]}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
        "#), @r#"
        400 InvalidParameterException: Cannot modify the non-mutable attribute email_verified
        400 InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.
        400 UsernameExistsException: User already exists
        400 InvalidPasswordException: Password did not conform with policy: Password not long enough
        400 InvalidParameterException: Attributes did not conform to the schema: Type for attribute {x} could not be determined
        400 InvalidParameterException: Invalid email address format.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
    }
}
