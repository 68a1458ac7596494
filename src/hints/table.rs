//! Advice for each way that Cognito, AWS or this server refuses.
//!
//! Exceptions stand in alphabetical order; within one, specific sentences stand
//! above general ones, because the first match wins. Where a hint looks at the
//! state of things, its advice here is for when that cannot be read.

use super::{
    Hint, attributes, filter, iam, not_found, passwords, pool_resources, settings, sign_in, status,
    violations,
};

/// The table.
pub(super) const HINTS: &[Hint] = &[
    Hint::new(
        "AccessDeniedException",
        "",
        "Ask the account's administrator to allow the operation to the server's credentials",
    )
    .tell(iam::denied),
    Hint::new(
        "AliasExistsException",
        "Alias entry",
        "The identity is linked to another user: leave it there, or unlink it first with `unlink_identity`",
    ),
    Hint::new(
        "AliasExistsException",
        "",
        "Another user has this address, name or identity: use a different one, or change that user",
    )
    .look(|case| Box::pin(not_found::taken(case))),
    Hint::new(
        "CodeDeliveryFailureException",
        "",
        "The user was changed, but the message could not be sent: check the address, and the pool's \
         e-mail and SMS settings",
    )
    .tool("get_user"),
    Hint::new(
        "CodeMismatchException",
        "Invalid code received for user",
        "Use the 6-digit code that the authenticator app shows now",
    ),
    Hint::new(
        "CodeMismatchException",
        "",
        "Take the code from the newest message to the user",
    )
    .look(|case| Box::pin(sign_in::wrong_code(case))),
    Hint::new(
        "ConcurrentModificationException",
        "",
        "Something else changed the same thing at that moment; repeat the call",
    )
    .tell(iam::later),
    Hint::new(
        "ConnectionFailed",
        "",
        "Check the network and, where one is configured, the endpoint's address; whether the call \
         took effect is not known",
    )
    .tell(iam::later),
    Hint::new(
        "CredentialsMissing",
        "",
        "Ask the person who runs the server to set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to \
         run `aws sso login`, or to name a profile",
    ),
    Hint::new(
        "DeviceKeyExistsException",
        "",
        "The device is confirmed already: sign in with its key, or confirm another one",
    ),
    Hint::new(
        "DuplicateProviderException",
        "",
        "The pool has a provider of this name: change it with `put_identity_provider`, or choose another name",
    )
    .tool("list_identity_providers"),
    Hint::new(
        "EnableSoftwareTokenMFAException",
        "",
        "Use the 6-digit code that the authenticator app shows now for the secret just given",
    ),
    Hint::new(
        "ExpiredCodeException",
        "already been used",
        "Each code of the app works once: use the next one that it shows",
    )
    .tell(sign_in::code_used),
    Hint::new(
        "ExpiredCodeException",
        "",
        "The code is too old, used, or was never sent: have another one sent",
    )
    .look(|case| Box::pin(sign_in::expired_code(case))),
    Hint::new(
        "ExpiredTokenException",
        "",
        "The server's AWS session has ended: ask the person who runs it to sign in anew, as with \
         `aws sso login`, and to start it again",
    ),
    Hint::new(
        "FeatureUnavailableInTierException",
        "",
        "The pool's feature plan does not include this: ask for a higher plan, or do without",
    )
    .tool("describe_pool"),
    Hint::new(
        "ForbiddenException",
        "",
        "A web access control list of AWS WAF blocks the server: ask the pool's owner",
    ),
    Hint::new(
        "GroupExistsException",
        "",
        "The group is there already: use it, or choose another name",
    )
    .tell(not_found::group_exists),
    Hint::new(
        "IncompleteSignature",
        "",
        "The request was not signed as AWS wants it: check the endpoint's address and any proxy",
    ),
    Hint::new(
        "IncompleteSignatureException",
        "",
        "The request was not signed as AWS wants it: check the endpoint's address and any proxy",
    ),
    Hint::new(
        "InternalErrorException",
        "",
        "Cognito stumbled; repeat the call in a moment",
    )
    .tell(iam::later),
    Hint::new(
        "InternalFailure",
        "",
        "AWS stumbled; repeat the call in a moment",
    )
    .tell(iam::later),
    Hint::new(
        "InternalServerException",
        "",
        "Cognito stumbled; repeat the call in a moment",
    )
    .tell(iam::later),
    Hint::new(
        "InvalidClientTokenId",
        "",
        "AWS does not know the server's access key: ask the person who runs it to check it",
    ),
    Hint::new(
        "InvalidEmailRoleAccessPolicyException",
        "",
        "Cognito may not send from this SES identity: verify the identity in SES, and allow \
         Cognito in its authorization policy",
    ),
    Hint::new(
        "InvalidLambdaResponseException",
        "",
        "A Lambda trigger of the pool answered what Cognito cannot read: its owner has to mend it",
    ),
    Hint::new(
        "InvalidOAuthFlowException",
        "along with",
        "Make a client for client_credentials alone, and another one for users",
    )
    .tell(settings::grant_alone),
    Hint::new(
        "InvalidOAuthFlowException",
        "",
        "Make a new client with a secret, with `create_client`: whether a client has one is decided when it is made",
    )
    .tell(settings::needs_secret),
    Hint::new(
        "InvalidParameterException",
        "validation error",
        "Change the arguments that Cognito names",
    )
    .look(|case| Box::pin(violations::violated(case))),
    Hint::new(
        "InvalidParameterException",
        "already confirmed",
        "There is nothing to confirm",
    )
    .tool("get_user"),
    Hint::new(
        "InvalidParameterException",
        "desired delivery medium",
        "Give the address or number that the invitation should go to, or send none with \
         `message_action` SUPPRESS",
    )
    .tell(attributes::nowhere_to_send),
    Hint::new(
        "InvalidParameterException",
        "_verified.",
        "Give the address or number together with its flag, or leave the flag out",
    )
    .tell(attributes::verified_without_value),
    Hint::new(
        "InvalidParameterException",
        "sign in without a password",
        "Give `email` or `phone_number`, or a `temporary_password`",
    )
    .look(|case| Box::pin(passwords::none_given(case))),
    Hint::new(
        "InvalidParameterException",
        "no registered/verified email or phone_number",
        "No code can reach the user: verify an address with `update_user`, or set a password with \
         `reset_password`",
    )
    .look(|case| Box::pin(status::not_resettable(case))),
    Hint::new(
        "InvalidParameterException",
        "flow not enabled",
        "Choose a flow or a client that allows it",
    )
    .look(|case| Box::pin(sign_in::flow_not_enabled(case))),
    Hint::new(
        "InvalidParameterException",
        "is not enabled for the client",
        "Choose a flow or a client that allows it",
    )
    .look(|case| Box::pin(sign_in::flow_not_enabled(case))),
    Hint::new(
        "InvalidParameterException",
        "Initiate Auth method not supported",
        "Choose a flow or a client that allows it",
    )
    .look(|case| Box::pin(sign_in::flow_not_enabled(case))),
    Hint::new(
        "InvalidParameterException",
        "Custom auth lambda trigger",
        "The pool has no challenges of its own: sign in with a password",
    ),
    Hint::new(
        "InvalidParameterException",
        "Missing required parameter",
        "Answer the challenge with the argument that it asks for; if the session ended, begin again \
         with `sign_in`",
    ),
    Hint::new(
        "InvalidParameterException",
        "delivery config",
        "Give the user the address or number that the factor needs first, with `update_user`; an authenticator app, with `set_up_authenticator_app`",
    )
    .tool("get_user"),
    Hint::new(
        "InvalidParameterException",
        "Invalid attributes given",
        "Give every attribute that the challenge lists as required, in `attributes`",
    ),
    Hint::new(
        "InvalidParameterException",
        "does not have SMS configuration",
        "The pool cannot send SMS: use an e-mail address, or ask the pool's owner to set SMS up",
    ),
    Hint::new(
        "InvalidParameterException",
        "did not conform to the schema",
        "Give what the pool's schema asks for",
    )
    .look(|case| Box::pin(attributes::schema_broken(case))),
    Hint::new(
        "InvalidParameterException",
        "Attribute does not exist in the schema",
        "Use an attribute that the pool has; its own ones begin with `custom:`",
    )
    .look(|case| Box::pin(attributes::unknown(case))),
    Hint::new(
        "InvalidParameterException",
        "Attribute cannot be updated",
        "Leave the attribute out; it cannot be changed once it is set",
    )
    .look(|case| Box::pin(attributes::immutable(case))),
    Hint::new(
        "InvalidParameterException",
        "Required attribute cannot be deleted",
        "Leave the attribute out; the pool requires it",
    )
    .look(|case| Box::pin(attributes::required_deleted(case))),
    Hint::new(
        "InvalidParameterException",
        "User cannot be in more than",
        "Take the user out of another group first",
    )
    .tool("get_user"),
    Hint::new(
        "InvalidParameterException",
        "Invalid email address format",
        "Write the address as in name@example.com",
    )
    .tell(attributes::malformed),
    Hint::new(
        "InvalidParameterException",
        "Invalid phone number format",
        "Write the number in E.164 form, as in +15555550100",
    )
    .tell(attributes::malformed),
    Hint::new(
        "InvalidParameterException",
        "Username should be",
        "The pool signs users in by address or number: give that as `username`",
    )
    .tell(attributes::username_form),
    Hint::new(
        "InvalidParameterException",
        "Username cannot be of",
        "Choose a plain username, and give the address or number beside it",
    )
    .tell(attributes::username_form),
    Hint::new(
        "InvalidParameterException",
        "Preferred username cannot be provided",
        "Leave `preferred_username` out until the user is confirmed",
    )
    .tell(attributes::alias_too_early),
    Hint::new(
        "InvalidParameterException",
        "should be empty or same as username",
        "Leave the attribute out; the username says it already",
    )
    .tell(attributes::same_as_username),
    Hint::new(
        "InvalidParameterException",
        "fails to satisfy the constraints",
        "Filter by a searchable attribute: username, email, phone_number, name, given_name, \
         family_name, preferred_username, cognito:user_status, status, sub",
    )
    .tell(filter::unreadable),
    Hint::new(
        "InvalidParameterException",
        "parsing filter",
        "Write the filter as `attribute = \"value\"`, or `attribute ^= \"prefix\"`; one attribute only",
    )
    .tell(filter::unreadable),
    Hint::new(
        "InvalidParameterException",
        "Invalid pagination token",
        "The cursor is too old or belongs to another listing: begin again without one",
    )
    .tell(filter::stale_cursor),
    Hint::new(
        "InvalidParameterException",
        "deletion protection",
        "Deletion protection guards the pool: switch it off first, with `update_pool`, if the pool is to go for ever",
    )
    .tell(pool_resources::protected),
    // Users.
    Hint::new(
        "InvalidParameterException",
        "Invalid value of parameter",
        "Give numbers of SRP in hexadecimal, and the parts of the claim in base64",
    ),
    Hint::new(
        "InvalidParameterException",
        "Either AccessToken or Session",
        "Give `AccessToken` or `Session`, not both",
    ),
    Hint::new(
        "InvalidParameterException",
        "TIMESTAMP format",
        "Write the time in UTC and in English, as in `Wed Nov 5 09:07:02 UTC 2025`",
    ),
    Hint::new(
        "InvalidParameterException",
        "set as preferred",
        "Prefer one factor only",
    ),
    Hint::new(
        "InvalidParameterException",
        "Only phone_number and email",
        "Name email or phone_number; nothing else is verified",
    ),
    Hint::new(
        "InvalidParameterException",
        "does not have a valid registered",
        "Give the user the address or number first, with `update_user`",
    ),
    Hint::new(
        "InvalidParameterException",
        "MFAOptions can only",
        "Give `DeliveryMedium` SMS and `AttributeName` phone_number; other factors are set with \
         `set_mfa_preference`",
    ),
    Hint::new(
        "InvalidParameterException",
        "WebAuthn MFA needs the",
        "Let passkeys that verify their user count as two factors first, with `set_mfa_config`",
    )
    .tell(settings::passkeys_are_one_factor),
    Hint::new(
        "InvalidParameterException",
        "WebAuthn MFA needs at least",
        "Switch another factor on for the user in the same call, in `enable`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Credential data",
        "Give what the browser's `navigator.credentials.create` answered, as its `toJSON` writes \
         it",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cannot revoke the current session",
        "The access token belongs to this session: end it with `revoke_tokens` and its refresh \
         token, or name another session",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid device key",
        "Give the `DeviceKey` that the sign-in answered with its tokens",
    ),
    // Settings of pools.
    Hint::new(
        "InvalidParameterException",
        "Only one of the aliasAttributes",
        "Addresses and numbers are the username, or stand beside it: give one of the two lists",
    )
    .tell(pool_resources::one_of_two),
    Hint::new(
        "InvalidParameterException",
        "Existing attribute already has name",
        "The pool has this attribute: choose another name",
    )
    .tool("describe_pool"),
    Hint::new(
        "InvalidParameterException",
        "Attribute name is required",
        "Name every attribute",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid AttributeDataType",
        "Give each custom attribute its `AttributeDataType`: String, Number, DateTime or Boolean",
    ),
    Hint::new(
        "InvalidParameterException",
        "Required custom attributes",
        "Leave `Required` out: only standard attributes can be required",
    ),
    Hint::new(
        "InvalidParameterException",
        "Duplicate custom attribute names",
        "Name each attribute once",
    ),
    Hint::new(
        "InvalidParameterException",
        "for standard schema attribute",
        "Leave `AttributeDataType` and `DeveloperOnlyAttribute` of standard attributes as they are",
    ),
    Hint::new(
        "InvalidParameterException",
        "cannot have a max",
        "Raise the maximum, or lower the minimum",
    ),
    Hint::new(
        "InvalidParameterException",
        "more than 50 custom attributes",
        "Custom attributes cannot be taken away: keep further values in one that is there, or \
         outside the pool",
    ),
    Hint::new(
        "InvalidParameterException",
        "Password should be configured",
        "Keep PASSWORD among the `AllowedFirstAuthFactors`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Only PASSWORD and WEB_AUTHN",
        "While MFA is required, leave EMAIL_OTP and SMS_OTP out of `AllowedFirstAuthFactors`",
    ),
    Hint::new(
        "InvalidParameterException",
        "to SINGLE_FACTOR if MFA",
        "Set `FactorConfiguration` to MULTI_FACTOR_WITH_USER_VERIFICATION, or take WEB_AUTHN out \
         of `AllowedFirstAuthFactors`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Software Token MFA must be enabled",
        "Configure a factor in the same call: `SoftwareTokenMfaConfiguration`, \
         `SmsMfaConfiguration` or `EmailMfaConfiguration`",
    )
    .tell(settings::no_factor),
    Hint::new(
        "InvalidParameterException",
        "can't turn off MFA",
        "Leave the factors out to switch MFA off, or set `MfaConfiguration` to OPTIONAL or ON",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cannot turn MFA functionality ON",
        "Use `set_mfa_config`, which configures the factors in the same call",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cannot set EmailMfaConfiguration",
        "Codes by e-mail need SES: set `EmailSendingAccount` to DEVELOPER first, with an identity \
         in `SourceArn`",
    )
    .tell(settings::cannot_send),
    Hint::new(
        "InvalidParameterException",
        "SMS configuration and Auto verification",
        "Give `SmsConfiguration`, and name phone_number in `AutoVerifiedAttributes`; or leave SMS \
         out of MFA",
    )
    .tell(settings::cannot_send),
    Hint::new(
        "InvalidParameterException",
        "SMS configuration is required",
        "Give `SmsConfiguration`, or take phone_number out of `AutoVerifiedAttributes`",
    ),
    Hint::new(
        "InvalidParameterException",
        "AttributesRequireVerificationBeforeUpdate",
        "Name the attributes in `AutoVerifiedAttributes`, too",
    ),
    Hint::new(
        "InvalidParameterException",
        "cannot use admin_only",
        "Give admin_only alone, or leave it out",
    ),
    Hint::new(
        "InvalidParameterException",
        "duplicate priorities",
        "Name each recovery mechanism once, and give each a `Priority` of its own",
    ),
    Hint::new(
        "InvalidParameterException",
        "Source ARN is required",
        "Give the SES identity in `SourceArn`, or set `EmailSendingAccount` to COGNITO_DEFAULT",
    ),
    Hint::new(
        "InvalidParameterException",
        "From email address",
        "Write `From` as name@example.com or Name <name@example.com>, with an address of the SES \
         identity",
    ),
    Hint::new(
        "InvalidParameterException",
        "SourceArn must be in one of",
        "Use an SES identity in one of the Regions that Cognito names",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid snsRegion",
        "Set `SnsRegion` to the Region that Cognito names",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cross-account pass role",
        "Use a role of the AWS account that the pool is in",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cross-region lambda",
        "Use a function in the pool's Region",
    ),
    Hint::new(
        "InvalidParameterException",
        "KMSKeyId parameter",
        "Give in `KMSKeyID` the key that the codes are to be encrypted with",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cannot use PreTokenGenerationLambda",
        "Give `PreTokenGeneration` and `PreTokenGenerationConfig` the same function, or only the \
         latter",
    ),
    Hint::new(
        "InvalidParameterException",
        "UnusedAccountValidityDays",
        "Give the days in the password policy, as `TemporaryPasswordValidityDays`",
    ),
    Hint::new(
        "InvalidParameterException",
        "has a domain configured that should be deleted",
        "Delete the pool's domain first, with `delete_domain`",
    )
    .tell(pool_resources::domain),
    Hint::new(
        "InvalidParameterException",
        "Relying party id",
        "Use a domain of your own, as in auth.example.com",
    )
    .tell(pool_resources::relying_party),
    Hint::new(
        "InvalidParameterException",
        "is not the ARN of a user pool",
        "Give the pool's ARN, which `describe_pool` tells",
    ),
    Hint::new(
        "InvalidParameterException",
        "a user pool has 50 at most",
        "Take tags away first, with `tag_pool`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid tags",
        "Begin no key with aws:, and write keys and values in letters, digits, spaces and _.:/=+-@",
    ),
    // Settings of app clients.
    Hint::new(
        "InvalidParameterException",
        "Invalid analytics configuration",
        "Give `ApplicationArn` alone, or `ApplicationId`, `RoleArn` and `ExternalId` together",
    ),
    Hint::new(
        "InvalidParameterException",
        "CallbackUrls can not be empty",
        "Give at least one of `callback_urls`",
    ),
    Hint::new(
        "InvalidParameterException",
        "not in the callback URIs list",
        "Add the URL to `CallbackURLs`, or choose one of them as `DefaultRedirectURI`",
    ),
    Hint::new(
        "InvalidParameterException",
        "cannot use fragment",
        "Take `#` and what follows it off the URL",
    )
    .tell(settings::url_fragment),
    Hint::new(
        "InvalidParameterException",
        "cannot use the HTTP protocol",
        "Use https: http is for localhost alone",
    )
    .tell(settings::url_http),
    Hint::new(
        "InvalidParameterException",
        "Invalid read attributes",
        "Name attributes that the pool has; its own ones begin with `custom:`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid write attributes",
        "Name attributes that the pool has, and none that clients cannot write: sub, \
         email_verified, phone_number_verified",
    ),
    Hint::new(
        "InvalidParameterException",
        "legacy auth flow names",
        "Use names that begin with ALLOW_ for all flows",
    ),
    Hint::new(
        "InvalidParameterException",
        "AllowedOAuthFlows and AllowedOAuthScopes",
        "Give both, `oauth_flows` and `scopes`, or no `oauth_flows`",
    )
    .tell(settings::oauth_halves),
    Hint::new(
        "InvalidParameterException",
        "does not exist for User Pool",
        "List the pool's providers; names are exact",
    )
    .tool("list_identity_providers"),
    Hint::new(
        "InvalidParameterException",
        "EnablePropagateAdditionalUserContextData",
        "Leave it out, or make a new client with `GenerateSecret` true",
    ),
    Hint::new(
        "InvalidParameterException",
        "GenerateSecret as true and a ClientSecret",
        "Give `ClientSecret`, or set `GenerateSecret` to true, not both",
    ),
    Hint::new(
        "InvalidParameterException",
        "when refresh token rotation",
        "Take ALLOW_REFRESH_TOKEN_AUTH out of the flows, and refresh with `refresh_tokens`; or switch rotation off",
    )
    .look(|case| Box::pin(settings::rotation(case))),
    Hint::new(
        "InvalidParameterException",
        "Invalid range for token validity",
        "Let access and ID tokens live 5 minutes to 1 day, and refresh tokens 1 hour to 10 years; \
         `TokenValidityUnits` has the units",
    )
    .tell(settings::lifetimes),
    Hint::new(
        "InvalidParameterException",
        "less than or equal to refresh token",
        "Let the refresh token live as long as access and ID tokens, or longer",
    )
    .tell(settings::lifetimes_order),
    Hint::new(
        "InvalidParameterException",
        "cannot be used with other auth flows",
        "Make a client for ALLOW_CLIENT_TOKEN_AUTH alone, and another one for users",
    ),
    Hint::new(
        "InvalidParameterException",
        "ALLOW_CLIENT_TOKEN_AUTH requires",
        "Make a new client with `GenerateSecret` true: whether a client has a secret is decided \
         when it is made",
    ),
    Hint::new(
        "InvalidParameterException",
        "is not configured with a secret",
        "Make a new client with `create_client` and `secret` true: whether a client has one is decided when it is made",
    ),
    Hint::new(
        "InvalidParameterException",
        "last remaining client secret",
        "A client with a secret keeps one: give it another one first, with `rotate_client_secret`",
    )
    .tool("rotate_client_secret"),
    Hint::new(
        "InvalidParameterException",
        "Invalid scope requested",
        "Request scopes of resource servers that the client is allowed, as in `orders/read`",
    ),
    Hint::new(
        "InvalidParameterException",
        "is not allowed any scopes",
        "Allow the client scopes of a resource server first, in `AllowedOAuthScopes`",
    ),
    Hint::new(
        "InvalidParameterException",
        "Audiences and Resources",
        "Request `Audiences` or `Resources`, not both",
    ),
    // Identity providers, and the users they know.
    Hint::new(
        "InvalidParameterException",
        "cannot be of type",
        "Call a social provider by its type, as Google; call one of SAML or OIDC otherwise",
    ),
    Hint::new(
        "InvalidParameterException",
        "clientId, clientSecret and authorizeScopes",
        "Give `client_id`, `client_secret` and `authorize_scopes` in the details",
    ),
    Hint::new(
        "InvalidParameterException",
        "clientId, privateKey",
        "Give `client_id`, `team_id`, `key_id`, `private_key` and `authorize_scopes` in \
         the details",
    ),
    Hint::new(
        "InvalidParameterException",
        "oidcIssuer and attributesRequestMethod",
        "Give `client_id`, `authorize_scopes`, `oidc_issuer` and `attributes_request_method` in \
         the details",
    ),
    Hint::new(
        "InvalidParameterException",
        "OIDC endpoint",
        "Use https for the issuer and all endpoints",
    ),
    Hint::new(
        "InvalidParameterException",
        "of the MetadataURL or MetadataFile",
        "Give `MetadataURL` or `MetadataFile` in the details, one of the two",
    ),
    Hint::new(
        "InvalidParameterException",
        "Unable to unmarshall",
        "Give the provider's SAML 2.0 metadata as it publishes it, in XML",
    ),
    Hint::new(
        "InvalidParameterException",
        "AttributeMapping contains",
        "Map to attributes that the pool has, or to username; its own ones begin with `custom:`",
    ),
    Hint::new(
        "InvalidParameterException",
        "AcrMapping",
        "Leave `AcrMapping` out; only OIDC providers have it",
    ),
    Hint::new(
        "InvalidParameterException",
        "already in use by an identity provider",
        "Choose an identifier that no provider of the pool has",
    ),
    Hint::new(
        "InvalidParameterException",
        "Merging is not",
        "The identity has signed in and become a user of its own: delete that user first",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid SourceUser",
        "Name an identity at another provider; the pool's own user is the one that it is linked to",
    ),
    Hint::new(
        "InvalidParameterException",
        "SourceUser is already linked",
        "There is nothing to link",
    ),
    Hint::new(
        "InvalidParameterException",
        "isn't linked to anyone",
        "There is nothing to unlink, or it is called otherwise: the user's attribute identities \
         tells how",
    ),
    Hint::new(
        "InvalidParameterException",
        "must have a Provider",
        "Give `ProviderName`, `ProviderAttributeName` and `ProviderAttributeValue`",
    ),
    Hint::new(
        "InvalidParameterException",
        "must be Cognito_Subject",
        "Set `ProviderAttributeName` to Cognito_Subject",
    ),
    Hint::new(
        "InvalidParameterException",
        "128 characters together",
        "Link by a shorter attribute, or give the provider a shorter name",
    ),
    // Resource servers, domains, and what users see.
    Hint::new(
        "InvalidParameterException",
        "already exists in user pool",
        "The pool has this resource server: change it with `put_resource_server`, or choose another identifier",
    )
    .tool("list_resource_servers"),
    Hint::new(
        "InvalidParameterException",
        "Duplicate scope",
        "Name each scope once",
    ),
    Hint::new(
        "InvalidParameterException",
        "associated with another user pool",
        "Domains are unique among all pools: choose another one",
    ),
    Hint::new(
        "InvalidParameterException",
        "already has a domain configured",
        "Use the domain that the pool has, or delete it first with `delete_domain`",
    )
    .tell(pool_resources::domain),
    Hint::new(
        "InvalidParameterException",
        "reserved word",
        "Choose a domain without aws, amazon and cognito in it",
    )
    .tell(pool_resources::domain_name),
    Hint::new(
        "InvalidParameterException",
        "The domain name contains an invalid",
        "Choose a prefix of lower-case letters, digits and hyphens",
    )
    .tell(pool_resources::domain_name),
    Hint::new(
        "InvalidParameterException",
        "not a valid subdomain",
        "Use a domain below one that has an A record, as in auth.example.com",
    ),
    Hint::new(
        "InvalidParameterException",
        "SSL certificate",
        "Use a valid certificate of AWS Certificate Manager in us-east-1 that covers the domain",
    ),
    Hint::new(
        "InvalidParameterException",
        "No such domain or user pool",
        "See which domain the pool has; names are exact",
    )
    .tell(pool_resources::domain),
    Hint::new(
        "InvalidParameterException",
        "Cannot convert",
        "Delete the domain and create the other kind: a custom domain has a certificate, a prefix \
         has none",
    ),
    Hint::new(
        "InvalidParameterException",
        "ManagedLoginVersion",
        "Give 1 for the classic hosted UI, or 2 for managed login",
    ),
    Hint::new(
        "InvalidParameterException",
        "Routing is supported",
        "Leave `Routing` out; only custom domains have it",
    ),
    Hint::new(
        "InvalidParameterException",
        "useCognitoProvidedValues or settings",
        "Give `Settings`, or set `UseCognitoProvidedValues` to true, not both",
    ),
    Hint::new(
        "InvalidParameterException",
        "Invalid assets",
        "Change the images that Cognito names; favicons are ICO or SVG, and logos up to four \
         times as wide as high",
    ),
    Hint::new(
        "InvalidParameterException",
        "more than 40 assets",
        "Send fewer images",
    ),
    Hint::new(
        "InvalidParameterException",
        "existing domain associated",
        "Give the pool a domain first, with `put_domain`",
    ),
    Hint::new(
        "InvalidParameterException",
        "list of allowed classes",
        "Style the classes of the hosted UI alone, as `.banner-customizable`",
    ),
    Hint::new(
        "InvalidParameterException",
        "The CSS cannot contain",
        "Take HTML, scripts and these rules out of the CSS",
    ),
    Hint::new(
        "InvalidParameterException",
        "Links are required",
        "Give `Links` with an address for `cognito:default`, and for other languages as you like",
    ),
    // Logs, risks, limits and replicas.
    Hint::new(
        "InvalidParameterException",
        "Request validation Failed",
        "Name each event source once, with one destination that fits it, in the pool's account \
         and Region",
    ),
    Hint::new(
        "InvalidParameterException",
        "Incorrect CIDR format",
        "Write addresses as ranges, as in 192.0.2.0/24 or 2001:db8::/32",
    )
    .tell(settings::ranges),
    Hint::new(
        "InvalidParameterException",
        "NotifyConfiguration is required",
        "Give `NotifyConfiguration` with an SES identity in `SourceArn`, or set `Notify` to false",
    )
    .tell(settings::nobody_notifies),
    Hint::new(
        "InvalidParameterException",
        "attribute Category is required",
        "Name the category in `Attributes`, as in `{\"Category\": \"UserAuthentication\"}`",
    ),
    Hint::new(
        "InvalidParameterException",
        "is not adjustable",
        "The rate of this category is fixed: make fewer calls",
    ),
    Hint::new(
        "InvalidParameterException",
        "cannot be adjusted while",
        "Take managed login off the pools of this account and Region, or leave the limit as it is",
    ),
    Hint::new(
        "InvalidParameterException",
        "cannot be less than the default",
        "Request the default that Cognito names, or more",
    ),
    Hint::new(
        "InvalidParameterException",
        "Cannot create a replica in",
        "Choose a Region that has Cognito, and is not the pool's own",
    ),
    Hint::new(
        "InvalidParameterException",
        "primary replica cannot",
        "Name the Region of the secondary replica; `ListUserPoolReplicas` tells it",
    ),
    Hint::new(
        "InvalidParameterException",
        "replica is being created",
        "Wait until the replica is ACTIVE or INACTIVE; `ListUserPoolReplicas` tells",
    ),
    Hint::new(
        "InvalidParameterException",
        "replicas in INACTIVE status",
        "Make the replica INACTIVE first, with `UpdateUserPoolReplica`",
    ),
    // Functions, in the words of an operation that declares no other exception.
    Hint::new(
        "InvalidParameterException",
        "failed with error",
        "A Lambda trigger of the pool refused the call; its words say why",
    ),
    Hint::new(
        "InvalidParameterException",
        "failed due to error",
        "A Lambda trigger of the pool failed: its owner finds the reason in the function's log",
    ),
    Hint::new(
        "InvalidParameterException",
        "output",
        "A Lambda trigger of the pool answered what Cognito cannot read: its owner has to mend it",
    ),
    Hint::new(
        "InvalidParameterException",
        "",
        "Change what the sentence names; the tool's schema says what each argument takes",
    ),
    Hint::new(
        "InvalidPasswordException",
        "",
        "Read the pool's password policy and choose a password that keeps every rule",
    )
    .look(|case| Box::pin(passwords::refused(case))),
    Hint::new(
        "InvalidSignatureException",
        "",
        "The secret key does not fit the access key, or the server's clock is wrong: ask the person \
         who runs it to check both",
    ),
    Hint::new(
        "InvalidSmsRoleAccessPolicyException",
        "",
        "The IAM role through which the pool sends SMS may not publish: its owner has to allow it `sns:Publish`, or to give the pool another role",
    ),
    Hint::new(
        "InvalidSmsRoleTrustRelationshipException",
        "",
        "Let the role trust `cognito-idp.amazonaws.com`, with the pool's `ExternalId` as condition",
    ),
    Hint::new(
        "InvalidUserPoolConfigurationException",
        "device tracking",
        "The pool does not remember devices: its owner has to give it a `DeviceConfiguration` \
         first",
    ),
    Hint::new(
        "InvalidUserPoolConfigurationException",
        "",
        "The pool's settings do not allow this: ask the pool's owner to mend them",
    ),
    Hint::new(
        "LimitExceededException",
        "Attempt limit exceeded",
        "This user's attempts for the hour are used up",
    )
    .tell(sign_in::limited),
    Hint::new(
        "LimitExceededException",
        "Client secrets",
        "A client has two secrets at most: remove the older one with `remove_client_secret`, when \
         nobody uses it any more",
    )
    .tool("describe_client"),
    Hint::new(
        "LimitExceededException",
        "",
        "A quota of the account or the pool is reached: take something away, or ask AWS for more; \
         repeating the call does not help",
    ),
    Hint::new(
        "MalformedHttpRequestException",
        "",
        "Something between the server and AWS changed the request: check the endpoint's address and any proxy",
    ),
    Hint::new(
        "ManagedLoginBrandingExistsException",
        "",
        "The app client has a style: change it with `put_branding`, or delete it first with `delete_branding`",
    )
    .tool("get_branding"),
    Hint::new(
        "MFAMethodNotFoundException",
        "",
        "Choose one of the factors that the challenge listed as choices",
    ),
    Hint::new(
        "MissingAuthenticationTokenException",
        "",
        "The request carried no credentials: ask the person who runs the server to set them",
    ),
    Hint::new(
        "NotAuthorized",
        "",
        "Ask the account's administrator to allow the operation to the server's credentials",
    )
    .tell(iam::denied),
    Hint::new(
        "NotAuthorizedException",
        "cannot be confirmed",
        "Only users with status UNCONFIRMED can be confirmed",
    )
    .look(|case| Box::pin(status::not_confirmable(case))),
    Hint::new(
        "NotAuthorizedException",
        "cannot be reset in the current state",
        "Only confirmed users can be made to reset their password",
    )
    .look(|case| Box::pin(status::not_resettable(case))),
    Hint::new(
        "NotAuthorizedException",
        "Auto verification not turned on",
        "The pool sends no codes at sign-up: confirm the user without one",
    )
    .tool("confirm_user"),
    Hint::new(
        "NotAuthorizedException",
        "Contact administrator",
        "The pool lets nobody recover a password alone: set one with `reset_password`",
    )
    .look(|case| Box::pin(status::not_resettable(case))),
    Hint::new(
        "NotAuthorizedException",
        "User is disabled",
        "Enable the user first",
    )
    .tell(status::disabled),
    Hint::new(
        "NotAuthorizedException",
        "Temporary password has expired",
        "Set a new temporary password with `reset_password`",
    )
    .look(|case| Box::pin(status::not_ready(case))),
    Hint::new(
        "NotAuthorizedException",
        "Incorrect username or password",
        "Check username and password; which of them is wrong is not told",
    )
    .look(|case| Box::pin(sign_in::bad_credentials(case))),
    Hint::new(
        "NotAuthorizedException",
        "SignUp is not permitted",
        "Only administrators create users in this pool: use `create_user`",
    )
    .look(|case| Box::pin(sign_in::sign_up_closed(case))),
    Hint::new(
        "NotAuthorizedException",
        "Password attempts exceeded",
        "The user is locked after wrong passwords: wait, at most 15 minutes",
    )
    .tell(sign_in::locked),
    Hint::new(
        "NotAuthorizedException",
        "due to security reasons",
        "The pool's threat protection refuses the address that the sign-in came from",
    ),
    Hint::new(
        "NotAuthorizedException",
        "SECRET_HASH was not received",
        "The server could not read the client's secret: pass the client's own `user_pool_id`, and \
         see that it may call DescribeUserPoolClient",
    )
    .look(|case| Box::pin(sign_in::secret_hash(case))),
    Hint::new(
        "NotAuthorizedException",
        "SecretHash does not match",
        "The client's secret or the username is not what the server took it for; give the username \
         itself, not an alias",
    )
    .look(|case| Box::pin(sign_in::secret_hash(case))),
    Hint::new(
        "NotAuthorizedException",
        "secret hash was received",
        "The client has no secret any more",
    )
    .look(|case| Box::pin(sign_in::secret_hash(case))),
    Hint::new(
        "NotAuthorizedException",
        "Invalid session for the user",
        "Begin again with `sign_in`",
    )
    .tell(sign_in::session_over),
    Hint::new(
        "NotAuthorizedException",
        "Cannot modify an already provided",
        "Leave out what the user has already",
    )
    .tell(attributes::already_provided),
    Hint::new(
        "NotAuthorizedException",
        "unauthorized attribute",
        "Leave out what the client may not write",
    )
    .look(|case| Box::pin(attributes::not_writable(case))),
    Hint::new(
        "NotAuthorizedException",
        "DEVICE_SRP_AUTH",
        "Sign the user in first, with the device's key: Cognito then asks for the device",
    ),
    Hint::new(
        "NotAuthorizedException",
        "secret was not received",
        "The client has a secret: give it in `ClientSecret`",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Invalid client or secret",
        "Check the client's id and secret; which of them is wrong is not told",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Access Token has expired",
        "Get a new one with `refresh_tokens`, or sign the user in again",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Access Token has been revoked",
        "The session has ended: sign the user in again",
    ),
    Hint::new(
        "NotAuthorizedException",
        "required scopes",
        "Use a token with the scope `aws.cognito.signin.user.admin`; those of a sign-in without \
         managed login have it",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Access Token",
        "Give an access token of the pool, whole and unchanged; an ID token does not do",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Invalid Refresh Token",
        "Give the refresh token whole and unchanged, with the client that it was issued to; or \
         sign the user in again",
    ),
    Hint::new(
        "NotAuthorizedException",
        "Refresh Token has",
        "The session has ended: sign the user in again",
    ),
    Hint::new(
        "NotAuthorizedException",
        " token has expired",
        "Get a new token, or sign the user in again",
    ),
    Hint::new(
        "NotAuthorizedException",
        "WebAuthn credential",
        "Let the passkey sign the challenge that this sign-in gave, or begin again with `sign_in`",
    ),
    Hint::new(
        "NotAuthorizedException",
        "feedback token",
        "Give the token of the message about this sign-in, whole and unchanged",
    ),
    Hint::new(
        "NotAuthorizedException",
        " token",
        "Give an access or ID token of the pool, whole and unchanged, and its own type beside it",
    ),
    Hint::new(
        "NotAuthorizedException",
        "",
        "Check that the user, the app client and the session or token belong together and are still valid",
    ),
    Hint::new(
        "NotImplemented",
        "",
        "This is a limit of the emulator, not of Cognito: the person who runs the server can choose \
         the backend `aws` for it",
    ),
    Hint::new(
        "OperationNotEnabledException",
        "Session tracking",
        "Switch it on for the pool first, with `SetUserPoolSessionConfiguration`",
    ),
    Hint::new(
        "OperationNotEnabledException",
        "pricing tier",
        "The pool's feature plan does not include this: ask for a higher plan, or do without",
    ),
    Hint::new(
        "OperationNotEnabledException",
        "customer managed key",
        "Give the pool a multi-Region key of your own first, as CUSTOMER_MANAGED_KEY in \
         `KeyConfiguration`",
    ),
    Hint::new(
        "OperationNotEnabledException",
        "in this region",
        "This Region has a replica of the pool, which reads and signs in alone: call the pool's \
         own Region",
    ),
    Hint::new(
        "OperationNotEnabledException",
        "",
        "The pool's settings, or its Region, do not allow this: ask the pool's administrator",
    ),
    Hint::new(
        "OptInRequired",
        "",
        "The AWS account is not enabled for Cognito in this Region: ask its administrator",
    ),
    Hint::new(
        "PasswordHistoryPolicyViolationException",
        "",
        "Choose a password that the user has not had",
    )
    .look(|case| Box::pin(passwords::refused(case))),
    Hint::new(
        "PasswordResetRequiredException",
        "",
        "The password is void: set a new one with `reset_password`",
    )
    .look(|case| Box::pin(status::not_ready(case))),
    Hint::new(
        "PreconditionNotMetException",
        "No csv file",
        "Upload the file to the job's URL first, then start the job; or make another with `import_users` and its `csv`",
    ),
    Hint::new(
        "PreconditionNotMetException",
        "cannot be started",
        "A job starts once, within a day: create another one with `import_users`",
    )
    .tell(pool_resources::import_jobs),
    Hint::new(
        "PreconditionNotMetException",
        "Another user import job",
        "Wait until that job has ended, or stop it with `stop_import`",
    )
    .tell(pool_resources::import_jobs),
    Hint::new(
        "PreconditionNotMetException",
        "auto verified attribute",
        "Let the pool verify an attribute first, with `update_pool`",
    )
    .tell(pool_resources::import_needs_verification),
    Hint::new(
        "PreconditionNotMetException",
        "cannot be stopped",
        "Only a job that is Pending or InProgress can be stopped; there is nothing to stop",
    )
    .tell(pool_resources::import_jobs),
    Hint::new(
        "PreconditionNotMetException",
        "",
        "Something has to be done first: the words say what",
    ),
    Hint::new(
        "RefreshTokenReuseException",
        "",
        "Another refresh token has taken the place of this one: use the newest, or sign in again",
    ),
    Hint::new(
        "RequestAbortedException",
        "",
        "Whether the call took effect is not known: look before a write is repeated",
    )
    .tell(iam::later),
    Hint::new(
        "RequestEntityTooLargeException",
        "",
        "The request is too large: send less at once",
    ),
    Hint::new(
        "RequestExpired",
        "",
        "The server's clock is wrong: ask the person who runs it to set it",
    ),
    Hint::new(
        "RequestNotBuilt",
        "",
        "Ask the person who runs the server to check Region, credentials and endpoint",
    ),
    Hint::new(
        "RequestTimedOut",
        "",
        "Whether the call took effect is not known: look before a write is repeated",
    )
    .tell(iam::later),
    Hint::new(
        "RequestTimeoutException",
        "",
        "Whether the call took effect is not known: look before a write is repeated",
    )
    .tell(iam::later),
    Hint::new(
        "ResourceNotFoundException",
        "User pool replica",
        "List the pool's replicas: it has one at most",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "User pool client",
        "List the pool's clients; ids are exact",
    )
    .look(|case| Box::pin(not_found::no_client(case))),
    Hint::new(
        "ResourceNotFoundException",
        "User pool",
        "List the pools of this account and Region and pass the id of one as user_pool_id; ids are exact",
    )
    .look(|case| Box::pin(not_found::no_pool(case))),
    Hint::new(
        "ResourceNotFoundException",
        "User import job",
        "List the pool's jobs with `get_import`; ids are exact",
    )
    .tell(pool_resources::import_jobs),
    Hint::new(
        "ResourceNotFoundException",
        "Identity provider",
        "List the pool's providers with `list_identity_providers`; names are exact",
    )
    .look(|case| Box::pin(pool_resources::no_provider(case))),
    Hint::new(
        "ResourceNotFoundException",
        "Resource server",
        "List the pool's resource servers with `list_resource_servers`; identifiers are exact",
    )
    .look(|case| Box::pin(pool_resources::no_resource_server(case))),
    Hint::new(
        "ResourceNotFoundException",
        "WebAuthn credential",
        "List the user's passkeys with `list_passkeys`; ids are exact",
    )
    .tool("list_passkeys"),
    Hint::new(
        "ResourceNotFoundException",
        "Limit for the category",
        "Name a category of request rates, as UserAuthentication or UserRead",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "Client secret",
        "See with `describe_client` which secrets the client has; ids are exact",
    )
    .tool("describe_client"),
    Hint::new(
        "ResourceNotFoundException",
        "ManagedLoginBranding for client",
        "The client has no style of its own: create it with `put_branding`",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "ManagedLoginBranding",
        "Look the style up by its client, with `get_branding`; ids are exact",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "Terms",
        "Look the terms up by their client, with `get_branding`; ids and names are exact",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "Device",
        "List the user's devices with `list_devices`; keys are exact",
    )
    .tell(settings::no_device),
    Hint::new(
        "ResourceNotFoundException",
        "Auth event",
        "List the user's events with `list_sign_in_events`; ids are exact",
    )
    .tool("list_sign_in_events"),
    Hint::new(
        "ResourceNotFoundException",
        "Session",
        "List the user's sessions with `AdminListUserSessions`; those that have ended are gone",
    ),
    Hint::new(
        "ResourceNotFoundException",
        "Group",
        "List the pool's groups; names are exact",
    )
    .look(|case| Box::pin(not_found::no_group(case))),
    Hint::new(
        "ResourceNotFoundException",
        "",
        "Something that the call names does not exist: list what there is; ids and names are exact",
    ),
    Hint::new(
        "ScopeDoesNotExistException",
        "",
        "Name scopes of OpenID (openid, email, phone, profile), `aws.cognito.signin.user.admin`, \
         or those of the pool's resource servers, as in `orders/read`",
    ),
    Hint::new(
        "SerializationException",
        "",
        "A value has another JSON type than the operation takes: write it as its reference does",
    ),
    Hint::new(
        "ServiceQuotaExceededException",
        "",
        "The account may not have more: ask its administrator to request an increase in Service Quotas",
    ),
    Hint::new(
        "ServiceUnavailable",
        "",
        "AWS stumbled; repeat the call in a moment",
    )
    .tell(iam::later),
    Hint::new(
        "SoftwareTokenMFANotFoundException",
        "",
        "The pool offers no authenticator apps: switch them on with `set_mfa_config`, or use another factor",
    )
    .tool("get_mfa_config"),
    Hint::new(
        "TermsExistsException",
        "",
        "The app client has terms of this name: change them with `put_terms`, or delete them first with `delete_branding`",
    ),
    Hint::new(
        "ThrottlingException",
        "",
        "The account's request rate is used up; wait, then repeat the call",
    )
    .tell(iam::later),
    Hint::new(
        "TierChangeNotAllowedException",
        "",
        "The pool's feature plan cannot be changed to this one now: its owner has to switch off what only the present plan includes",
    )
    .tool("describe_pool"),
    Hint::new(
        "TooManyFailedAttemptsException",
        "",
        "The user is locked after wrong attempts: wait, at most 15 minutes",
    )
    .tell(sign_in::locked),
    Hint::new(
        "TooManyRequestsException",
        "",
        "The account's request rate is used up; wait, then repeat the call",
    )
    .tell(iam::later),
    Hint::new(
        "UnauthorizedException",
        "",
        "Give the client that the token was issued to, with its secret",
    ),
    Hint::new(
        "UnexpectedLambdaException",
        "ResourceNotFoundException",
        "The function of a Lambda trigger is not there. On the emulator, its owner names where it runs \
         with `--trigger FUNCTION=URL`; on AWS, they restore it or take it out of the pool",
    ),
    Hint::new(
        "UnexpectedLambdaException",
        "",
        "A Lambda trigger of the pool failed: its owner finds the reason in the function's log",
    ),
    Hint::new(
        "UnknownOperationException",
        "",
        "Cognito has no such operation, or not in this Region: check its name",
    ),
    Hint::new(
        "UnknownSession",
        "",
        "Begin again with `sign_in`",
    )
    .tell(sign_in::session_over),
    Hint::new(
        "UnreadableAnswer",
        "",
        "Something between the server and Cognito answered in its place: check the endpoint's \
         address and any proxy",
    ),
    Hint::new(
        "UnrecognizedClientException",
        "",
        "AWS does not know the server's credentials: ask the person who runs it to check the access \
         key and, for temporary ones, the session token",
    ),
    Hint::new(
        "UnsupportedIdentityProviderException",
        "",
        "Cognito does not take this identity provider here: name one of the pool's, which `list_identity_providers` tells",
    ),
    Hint::new(
        "UnsupportedOperationException",
        "",
        "Switch on first that the client's tokens can be revoked, with `update_client`: those that are issued from then on can be",
    )
    .look(|case| Box::pin(settings::revocation_off(case))),
    Hint::new(
        "UnsupportedTokenTypeException",
        "",
        "Give a refresh token; the tokens that it brought are revoked with it",
    ),
    Hint::new(
        "UnsupportedUserStateException",
        "",
        "Invitations are sent again only to users with status FORCE_CHANGE_PASSWORD",
    )
    .look(|case| Box::pin(status::not_invitable(case))),
    Hint::new(
        "UserImportInProgressException",
        "",
        "Users are being imported into the pool: wait until the import job has ended",
    ),
    Hint::new(
        "UserLambdaValidationException",
        "",
        "A Lambda trigger of the pool refused the call; its words say why",
    ),
    Hint::new(
        "UserNotConfirmedException",
        "",
        "Confirm the user first, by code with `confirm_sign_up` or without with `confirm_user`",
    )
    .look(|case| Box::pin(status::not_ready(case))),
    Hint::new(
        "UserNotFoundException",
        "Exception migrating",
        "The pool's trigger for user migration brought nobody: check username and password, and \
         the function's log",
    ),
    Hint::new(
        "UserNotFoundException",
        "",
        "Look the user up first; usernames are exact",
    )
    .look(|case| Box::pin(not_found::no_user(case))),
    Hint::new(
        "UsernameExistsException",
        "",
        "The user is there already: read it, or choose another username",
    )
    .look(|case| Box::pin(not_found::taken(case))),
    Hint::new(
        "UserPoolAddOnNotEnabledException",
        "",
        "Threat protection is off: the pool's owner has to switch it on, which the feature plan PLUS has",
    )
    .look(|case| Box::pin(settings::not_protected(case))),
    Hint::new(
        "UserPoolTaggingException",
        "",
        "A pool has 50 tags at most; their keys cannot begin with aws:, and letters, digits, spaces and \
         _.:/=+-@ are all that keys and values can contain",
    ),
    Hint::new(
        "ValidationError",
        "",
        "Change what the sentence names; the tool's schema says what each argument takes",
    ),
    Hint::new(
        "WebAuthnChallengeNotFoundException",
        "",
        "Begin the registration of the passkey again: its challenge has expired or was used",
    ),
    Hint::new(
        "WebAuthnClientMismatchException",
        "",
        "Complete the registration with an access token of the client that began it",
    ),
    Hint::new(
        "WebAuthnConfigurationMissingException",
        "",
        "The pool's owner has to give it a relying party id for passkeys, or a domain",
    ),
    Hint::new(
        "WebAuthnCredentialNotSupportedException",
        "",
        "Use another authenticator: the pool takes ES256 and RS256 keys, and may require that it \
         verifies its user",
    ),
    Hint::new(
        "WebAuthnNotEnabledException",
        "",
        "The pool's owner has to allow WEB_AUTHN as a first factor",
    ),
    Hint::new(
        "WebAuthnOriginNotAllowedException",
        "",
        "Register the passkey on a page of the pool's relying party, over HTTPS",
    ),
    Hint::new(
        "WebAuthnRelyingPartyMismatchException",
        "",
        "Make the passkey for the relying party id that the pool has now",
    ),
    Hint::new(
        "WrongRegion",
        "",
        "Name a pool of the server's Region, or ask the person who runs the server to start it with \
         the pool's Region",
    )
    .tool("list_pools"),
];
