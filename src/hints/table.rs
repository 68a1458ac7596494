//! Hints by exception.
//!
//! Exceptions are sorted by name, for the search in [`super::find`]. Within an exception,
//! hints for a part of the message come before the hint for any message, because the first
//! match is used. If a function cannot read the state of the pool, the advice in this table
//! is used.

use super::{
    Exception, any, attributes, filter, iam, not_found, passwords, pool_resources, says, settings,
    sign_in, status, violations,
};

/// Every hint.
pub(super) const HINTS: &[Exception] = &[
    Exception {
        name: "AccessDeniedException",
        hints: &[any(
            "Ask the account's administrator to allow the server's credentials to call the \
             operation",
        )
        .refine(iam::denied)],
    },
    Exception {
        name: "AliasExistsException",
        hints: &[
            says(
                "Alias entry",
                "The identity is linked to another user: leave it there, or unlink it first \
                 with `unlink_identity`",
            ),
            any(
                "Another user has this address, name or identity: use a different one, or \
                 change that user",
            )
            .read_state(|case| Box::pin(not_found::taken(case))),
        ],
    },
    Exception {
        name: "CodeDeliveryFailureException",
        hints: &[any(
            "The user was changed, but the message could not be sent: check the address, \
             and the pool's e-mail and SMS settings",
        )
        .tool("get_user")],
    },
    Exception {
        name: "CodeMismatchException",
        hints: &[
            says(
                "Invalid code received for user",
                "Use the 6-digit code that the authenticator app shows now",
            ),
            any("Take the code from the newest message to the user")
                .read_state(|case| Box::pin(sign_in::wrong_code(case))),
        ],
    },
    Exception {
        name: "ConcurrentModificationException",
        hints: &[any(
            "Another request changed the same resource at the same time; repeat the call",
        )
        .refine(iam::later)],
    },
    Exception {
        name: "ConnectionFailed",
        hints: &[any(
            "Check the network and, if one is configured, the endpoint's address; it is \
             unknown whether the call took effect",
        )
        .refine(iam::later)],
    },
    Exception {
        name: "CredentialsMissing",
        hints: &[any(
            "Ask the person who runs the server to set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, to run `aws sso login`, or to name a profile",
        )],
    },
    Exception {
        name: "DeviceKeyExistsException",
        hints: &[any(
            "The device is confirmed already: sign in with its key, or confirm another \
             one",
        )],
    },
    Exception {
        name: "DuplicateProviderException",
        hints: &[any("The pool has a provider of this name: change it with \
        `put_identity_provider`, or choose another name")
        .tool("list_identity_providers")],
    },
    Exception {
        name: "EnableSoftwareTokenMFAException",
        hints: &[any(
            "Use the 6-digit code that the authenticator app shows now for the new secret",
        )],
    },
    Exception {
        name: "ExpiredCodeException",
        hints: &[
            says(
                "already been used",
                "Each code of the app works once: use the next one that it shows",
            )
            .refine(sign_in::code_used),
            any("The code is too old, used, or was never sent: have another one sent")
                .read_state(|case| Box::pin(sign_in::expired_code(case))),
        ],
    },
    Exception {
        name: "ExpiredTokenException",
        hints: &[any(
            "The server's AWS session has ended: ask the person who runs the server to \
             sign in again, for example with `aws sso login`, and to restart the server",
        )],
    },
    Exception {
        name: "FeatureUnavailableInTierException",
        hints: &[any(
            "The pool's feature plan does not include this feature: ask for a higher plan, \
             or do not use it",
        )
        .tool("describe_pool")],
    },
    Exception {
        name: "ForbiddenException",
        hints: &[any(
            "A web access control list of AWS WAF blocks the server: ask the pool's owner",
        )],
    },
    Exception {
        name: "GroupExistsException",
        hints: &[
            any("The group exists already: use it, or choose another name")
                .refine(not_found::group_exists),
        ],
    },
    Exception {
        name: "IncompleteSignature",
        hints: &[any(
            "The request was not signed as AWS requires: check the endpoint's address and \
             any proxy",
        )],
    },
    Exception {
        name: "IncompleteSignatureException",
        hints: &[any(
            "The request was not signed as AWS requires: check the endpoint's address and \
             any proxy",
        )],
    },
    Exception {
        name: "InternalErrorException",
        hints: &[
            says(
                "The change is not in the data file yet",
                "The call took effect: do not repeat it. Ask the person who runs the server to \
                 free space for the data file, or to make it writable",
            ),
            any("Cognito had an internal error; repeat the call in a moment").refine(iam::later),
        ],
    },
    Exception {
        name: "InternalFailure",
        hints: &[any("AWS had an internal error; repeat the call in a moment").refine(iam::later)],
    },
    Exception {
        name: "InternalServerException",
        hints: &[
            any("Cognito had an internal error; repeat the call in a moment").refine(iam::later),
        ],
    },
    Exception {
        name: "InvalidClientTokenId",
        hints: &[any(
            "The server's access key is unknown to AWS: ask the person who runs the \
             server to check it",
        )],
    },
    Exception {
        name: "InvalidEmailRoleAccessPolicyException",
        hints: &[any(
            "Cognito may not send from this SES identity: verify the identity in SES, and \
             allow Cognito in its authorization policy",
        )],
    },
    Exception {
        name: "InvalidLambdaResponseException",
        hints: &[any(
            "A Lambda trigger of the pool returned a response that Cognito cannot read: \
             the trigger's owner has to correct the function",
        )],
    },
    Exception {
        name: "InvalidOAuthFlowException",
        hints: &[
            says(
                "along with",
                "Create a client for client_credentials only, and another one for users",
            )
            .refine(settings::grant_alone),
            any(
                "Create a new client with a secret, with `create_client`: a client gets a \
                 secret only at creation",
            )
            .refine(settings::needs_secret),
        ],
    },
    Exception {
        name: "InvalidParameterException",
        hints: &[
            says(
                "of the tag _custom_id_",
                "Choose an id that begins with the pool's Region and an underscore, or leave \
                 the tag out: then the emulator makes an id",
            ),
            says(
                "in the client name after _custom_id_:",
                "Choose an id of letters, digits, `_` and `+`, or a name without `_custom_id_:`: \
                 then the emulator makes an id",
            ),
            says(
                "is in use. Choose another id",
                "Choose another id after `_custom_id_`, or use the pool or client that has it",
            ),
            says(
                "validation error",
                "Change the arguments that Cognito names",
            )
            .read_state(|case| Box::pin(violations::violated(case))),
            says(
                "identitystoreservice",
                "Change the argument to what the constraint requires",
            ),
            says("already confirmed", "There is nothing to confirm")
                .read_state(|case| Box::pin(status::no_code_due(case))),
            says(
                "desired delivery medium",
                "Give the address or number that the invitation should go to, or send none \
                 with `message_action` SUPPRESS",
            )
            .refine(attributes::nowhere_to_send),
            says(
                "_verified.",
                "Give the address or number together with its flag, or leave the flag out",
            )
            .refine(attributes::verified_without_value),
            says(
                "sign in without a password",
                "Give `email` or `phone_number`, or a `temporary_password`",
            )
            .read_state(|case| Box::pin(passwords::none_given(case))),
            says(
                "no registered/verified email or phone_number",
                "No code can reach the user: verify an address with `update_user`, or set a \
                 password with `reset_password`",
            )
            .read_state(|case| Box::pin(status::not_resettable(case))),
            says(
                "flow not enabled",
                "Choose a flow or a client that allows it",
            )
            .read_state(|case| Box::pin(sign_in::flow_not_enabled(case))),
            says(
                "is not enabled for the client",
                "Choose a flow or a client that allows it",
            )
            .read_state(|case| Box::pin(sign_in::flow_not_enabled(case))),
            says(
                "Initiate Auth method not supported",
                "Choose a flow or a client that allows it",
            )
            .read_state(|case| Box::pin(sign_in::flow_not_enabled(case))),
            says(
                "Custom auth lambda trigger",
                "The pool has no custom challenges: sign in with a password",
            ),
            says(
                "Missing required parameter",
                "Answer the challenge with the argument that it requires; if the session \
                 has ended, begin again with `sign_in`",
            ),
            says(
                "already meets the requested authentication level",
                "The access token can be used as it is; to sign in again, leave `ACCESS_TOKEN` out",
            ),
            says(
                "for any of the requested authentication levels",
                "Add a lower level to `TARGET_ACR_VALUES`, or first give the user a verified address \
                 or an authenticator app",
            ),
            says(
                "delivery config",
                "First give the user the address or number that the factor needs, with \
                 `update_user`; add an authenticator app with `set_up_authenticator_app`",
            )
            .tool("get_user"),
            says(
                "Invalid attributes given",
                "Give every attribute that the challenge lists as required, in `attributes`",
            ),
            says(
                "does not have SMS configuration",
                "The pool cannot send SMS: use an e-mail address, or ask the pool's owner to \
                 set SMS up",
            ),
            says(
                "did not conform to the schema",
                "Give the values that the pool's schema requires",
            )
            .read_state(|case| Box::pin(attributes::schema_broken(case))),
            says(
                "Attribute does not exist in the schema",
                "Use an attribute of the pool; custom ones begin with `custom:`",
            )
            .read_state(|case| Box::pin(attributes::unknown(case))),
            says(
                "Attribute cannot be updated",
                "Leave the attribute out; it cannot be changed once it is set",
            )
            .read_state(|case| Box::pin(attributes::immutable(case))),
            says(
                "Required attribute cannot be deleted",
                "Leave the attribute out; the pool requires it",
            )
            .read_state(|case| Box::pin(attributes::required_deleted(case))),
            says(
                "non-mutable attribute",
                "Leave the attribute out: Cognito sets it itself; an address is marked as \
                 verified with `update_user`",
            )
            .refine(attributes::non_mutable),
            says(
                "Type for attribute",
                "Use an attribute of the pool; custom ones begin with `custom:`",
            )
            .read_state(|case| Box::pin(attributes::unknown(case))),
            says(
                "mutability validation",
                "Leave the attribute out; it cannot be removed once it is set",
            )
            .read_state(|case| Box::pin(attributes::immutable(case))),
            says(
                "Invalid user attributes",
                "Leave the attribute out; the pool requires it",
            )
            .read_state(|case| Box::pin(attributes::required_deleted(case))),
            says("user.", "Give the values that the pool's schema requires")
                .read_state(|case| Box::pin(attributes::schema_broken(case))),
            says(
                "User cannot be in more than",
                "Take the user out of another group first",
            )
            .tool("get_user"),
            says(
                "Invalid email address format",
                "Write the address as in name@example.com",
            )
            .refine(attributes::malformed),
            says(
                "Invalid phone number format",
                "Write the number in E.164 form, as in +15555550100",
            )
            .refine(attributes::malformed),
            says(
                "Username should be",
                "The pool signs users in by address or number: give that as `username`",
            )
            .refine(attributes::username_form),
            says(
                "Username cannot be of",
                "Choose a plain username, and give the address or number as an attribute",
            )
            .refine(attributes::username_form),
            says(
                "Preferred username cannot be provided",
                "Leave `preferred_username` out until the user is confirmed",
            )
            .refine(attributes::alias_too_early),
            says(
                "should be empty or same as username",
                "Leave the attribute out; its value can only be the username",
            )
            .refine(attributes::same_as_username),
            says(
                "fails to satisfy the constraints",
                "Filter by a searchable attribute: username, email, phone_number, name, \
                 given_name, family_name, preferred_username, cognito:user_status, status, \
                 sub. `AttributesToGet` can only name attributes of the pool",
            )
            .refine(filter::unreadable),
            says(
                "parsing filter",
                "Write the filter as `attribute = \"value\"`, or `attribute ^= \"prefix\"`; \
                 one attribute only",
            )
            .refine(filter::unreadable),
            says(
                "pagination token",
                "The cursor is too old or belongs to another listing: begin again without one",
            )
            .refine(filter::stale_cursor),
            says(
                "Paging marker",
                "The cursor is too old or belongs to another listing: begin again without one",
            )
            .refine(filter::stale_cursor),
            says(
                "deletion protection",
                "Deletion protection is active: switch it off first, with `update_pool`, if \
                 the pool is to be deleted permanently",
            )
            .refine(pool_resources::protected),
            // Users.
            says(
                "Invalid value of parameter ANSWER",
                "Choose one of the `choices` that the sign-in showed, as `first_factor`",
            ),
            says(
                "Invalid value of parameter TARGET_ACR_VALUES",
                "Give names of levels, as `AcrConfiguration` of the pool shows them",
            ),
            says(
                "Invalid value of parameter MAX_AGE",
                "Give a whole number of seconds",
            ),
            says(
                "Invalid value of parameter",
                "Give numbers of SRP in hexadecimal, and the parts of the claim in base64",
            ),
            says(
                "Must be a Base64 string",
                "Give the parts of the claim in base64, as the SRP library returns them",
            ),
            says(
                "Either AccessToken or Session",
                "Give `AccessToken` or `Session`, not both",
            ),
            says(
                "TIMESTAMP format",
                "Write the time in UTC and in English, as in `Wed Nov 5 09:07:02 UTC 2025`",
            ),
            says("set as preferred", "Prefer one factor only"),
            says(
                "Only phone_number and email",
                "Name email or phone_number; nothing else is verified",
            ),
            says(
                "does not have a valid registered",
                "Give the user the address or number first, with `update_user`",
            ),
            says(
                "MFAOptions can only",
                "Give `DeliveryMedium` SMS and `AttributeName` phone_number; other factors \
                 are set with `set_mfa_preference`",
            ),
            says(
                "WebAuthn MFA needs the",
                "First let passkeys with user verification count as two factors, with \
                 `set_mfa_config`",
            )
            .refine(settings::passkeys_are_one_factor),
            says(
                "WebAuthn MFA needs at least",
                "Switch another factor on for the user in the same call, in `enable`",
            ),
            says(
                "Credential data",
                "Give what the browser's `navigator.credentials.create` returned, as its \
                 `toJSON` writes it",
            ),
            says(
                "Cannot revoke the current session",
                "The access token belongs to this session: end it with `revoke_tokens` and \
                 its refresh token, or name another session",
            ),
            says(
                "Invalid device key",
                "Give the `DeviceKey` that the sign-in returned with its tokens",
            ),
            // Settings of pools.
            says(
                "Only one of the aliasAttributes",
                "Give one of the two lists: addresses and numbers are either usernames or \
                 aliases",
            ),
            says(
                "Existing attribute already has name",
                "The pool has this attribute: choose another name",
            )
            .tool("describe_pool"),
            says("Attribute name is required", "Name every attribute"),
            says(
                "Invalid AttributeDataType",
                "Give each custom attribute its `AttributeDataType`: String, Number, DateTime \
                 or Boolean",
            ),
            says(
                "Required custom attributes",
                "Leave `Required` out: only standard attributes can be required",
            ),
            says(
                "Duplicate custom attribute names",
                "Name each attribute once",
            ),
            says(
                "for standard schema attribute",
                "Leave `AttributeDataType` and `DeveloperOnlyAttribute` of standard \
                 attributes as they are",
            ),
            says(
                "cannot have a max",
                "Raise the maximum, or lower the minimum",
            ),
            says(
                "more than 50 custom attributes",
                "Custom attributes cannot be removed: store further values in an existing \
                 one, or outside the pool",
            ),
            says(
                "Password should be configured",
                "Keep PASSWORD among the `AllowedFirstAuthFactors`",
            ),
            says(
                "Only PASSWORD and WEB_AUTHN",
                "While MFA is required (ON), codes by e-mail or SMS cannot be first factors: leave \
                 EMAIL_OTP and SMS_OTP out of `AllowedFirstAuthFactors`, or make MFA OPTIONAL \
                 first, with `set_mfa_config` and `mode` OPTIONAL",
            ),
            says(
                "to SINGLE_FACTOR if MFA",
                "Set `FactorConfiguration` to MULTI_FACTOR_WITH_USER_VERIFICATION, or take \
                 WEB_AUTHN out of `AllowedFirstAuthFactors`",
            ),
            says(
                "Software Token MFA must be enabled",
                "Configure a factor in the same call: `SoftwareTokenMfaConfiguration`, \
                 `SmsMfaConfiguration` or `EmailMfaConfiguration`",
            )
            .refine(settings::no_factor),
            says(
                "can't turn off MFA",
                "Leave the factors out to switch MFA off, or set `MfaConfiguration` to \
                 OPTIONAL or ON",
            ),
            says(
                "Cannot turn MFA functionality ON",
                "Use `set_mfa_config`, which configures the factors in the same call",
            ),
            says(
                "contains only verified_email",
                "Let users recover their accounts by phone number too, or by administrators \
                 only: change `AccountRecoverySetting` first",
            ),
            says(
                "Cannot set EmailMfaConfiguration",
                "Codes by e-mail need SES: set `EmailSendingAccount` to DEVELOPER first, with \
                 an identity in `SourceArn`",
            )
            .refine(settings::cannot_send),
            says(
                "SMS configuration and Auto verification",
                "Give `SmsConfiguration`, and name phone_number in `AutoVerifiedAttributes`; \
                 or leave SMS out of MFA",
            )
            .refine(settings::cannot_send),
            says(
                "SMS configuration is required",
                "Give `SmsConfiguration`, or take phone_number out of \
                 `AutoVerifiedAttributes`",
            ),
            says(
                "AttributesRequireVerificationBeforeUpdate",
                "Also name the attributes in `AutoVerifiedAttributes`",
            ),
            says(
                "as a recovery mechanism",
                "Take verified_phone_number out of `AccountRecoverySetting`, or choose \
                 another second factor than SMS",
            ),
            says(
                "it must be a number",
                "Give the bounds of an attribute as decimal digits in a string, as in \"1\"",
            ),
            says(
                "cannot use admin_only",
                "Give admin_only alone, or leave it out",
            ),
            says(
                "duplicate priorities",
                "Name each recovery mechanism once, and give each a `Priority` of its own",
            ),
            says(
                "Source ARN is required",
                "Give the SES identity in `SourceArn`, or set `EmailSendingAccount` to \
                 COGNITO_DEFAULT",
            ),
            says(
                "From email address",
                "Write `From` as name@example.com or Name <name@example.com>, with an address \
                 of the SES identity",
            ),
            says(
                "SourceArn must be in one of",
                "Use an SES identity in one of the Regions that Cognito names",
            ),
            says(
                "Invalid snsRegion",
                "Set `SnsRegion` to the Region that Cognito names",
            ),
            says(
                "Cross-account pass role",
                "Use a role of the AWS account that the pool is in",
            ),
            says("Cross-region lambda", "Use a function in the pool's Region"),
            says(
                "KMSKeyId parameter",
                "Give in `KMSKeyID` the key that the codes are to be encrypted with",
            ),
            says(
                "CreateGrant was attempted",
                "Use a KMS key in the pool's Region",
            ),
            says(
                "Cannot use PreTokenGenerationLambda",
                "Give `PreTokenGeneration` and `PreTokenGenerationConfig` the same function, \
                 or only the latter",
            ),
            says(
                "UnusedAccountValidityDays",
                "Give the days in the password policy, as `TemporaryPasswordValidityDays`",
            ),
            says(
                "has a domain configured that should be deleted",
                "Delete the pool's domain first, with `delete_domain`",
            )
            .refine(pool_resources::domain),
            says(
                "Relying party id",
                "Use a domain of your own, as in auth.example.com",
            )
            .refine(pool_resources::relying_party),
            says(
                "RelyingPartyId contains",
                "Use the name of a domain, as in auth.example.com, without scheme, port and path",
            )
            .refine(pool_resources::relying_party),
            says(
                "is not the ARN of a user pool",
                "Give the pool's ARN, which `describe_pool` shows",
            ),
            says(
                "a user pool has 50 at most",
                "Remove tags first, with `tag_pool`",
            ),
            says(
                "Invalid tags",
                "Keys must not begin with aws:. Keys and values can have letters, digits, \
                 spaces and _.:/=+-@",
            ),
            // Settings of app clients.
            says(
                "Invalid analytics configuration",
                "Give `ApplicationArn` alone, or `ApplicationId`, `RoleArn` and `ExternalId` \
                 together",
            ),
            says(
                "integration with Pinpoint",
                "Use an Amazon Pinpoint project in the pool's Region",
            ),
            says(
                "CallbackUrls can not be empty",
                "Give at least one of `callback_urls`",
            ),
            says(
                "not in the callback URIs list",
                "Add the URL to `CallbackURLs`, or choose one of them as `DefaultRedirectURI`",
            ),
            says(
                "cannot use fragment",
                "Remove `#` and the text after it from the URL",
            )
            .refine(settings::url_fragment),
            says(
                "cannot use the HTTP protocol",
                "Use https URLs: http is for localhost alone",
            )
            .refine(settings::url_http),
            says(
                "Invalid read attributes",
                "Name attributes of the pool; custom ones begin with `custom:`",
            ),
            says(
                "Invalid write attributes",
                "Name attributes that the pool has, and none that clients cannot write: sub, \
                 email_verified, phone_number_verified",
            ),
            says(
                "legacy auth flow names",
                "Use names that begin with ALLOW_ for all flows",
            ),
            says(
                "AllowedOAuthFlows and AllowedOAuthScopes",
                "Give both `oauth_flows` and `scopes`, or leave `oauth_flows` out",
            )
            .refine(settings::oauth_halves),
            says(
                "does not exist for User Pool",
                "List the pool's providers; names are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_provider(case))),
            says(
                "EnablePropagateAdditionalUserContextData",
                "Leave it out, or create a new client with `GenerateSecret` true",
            ),
            says(
                "GenerateSecret as true and a ClientSecret",
                "Give `ClientSecret`, or set `GenerateSecret` to true, not both",
            ),
            says(
                "when refresh token rotation",
                "Take ALLOW_REFRESH_TOKEN_AUTH out of the flows, and refresh with \
                 `refresh_tokens`; or switch rotation off",
            )
            .read_state(|case| Box::pin(settings::rotation(case))),
            says(
                "Invalid range for token validity",
                "Access and ID tokens can be valid for 5 minutes to 1 day, and refresh \
                 tokens for 1 hour to 10 years; `TokenValidityUnits` has the units",
            )
            .refine(settings::lifetimes),
            says(
                "less than or equal to refresh token",
                "The refresh token must be valid for as long as access and ID tokens, or \
                 longer",
            ),
            says(
                "cannot be used with other auth flows",
                "Create a client for ALLOW_CLIENT_TOKEN_AUTH only, and another one for users",
            ),
            says(
                "ALLOW_CLIENT_TOKEN_AUTH requires",
                "Create a new client with `GenerateSecret` true: a client gets a secret only \
                 at creation",
            ),
            says(
                "client secret not enabled",
                "Create a new client with `create_client` and `secret` true: a client gets a \
                 secret only at creation",
            ),
            says(
                "last remaining client secret",
                "A client with a secret keeps one: give it another one first, with \
                 `rotate_client_secret`",
            )
            .tool("rotate_client_secret"),
            says(
                "Invalid scope requested",
                "Request scopes of resource servers that the client is allowed, as in \
                 `orders/read`",
            ),
            says(
                "is not allowed any scopes",
                "Allow the client scopes of a resource server first, in `AllowedOAuthScopes`",
            ),
            says(
                "Audiences and Resources",
                "Request `Audiences` or `Resources`, not both",
            ),
            // Identity providers and their users.
            says(
                "cannot be of type",
                "The name of a social provider is its type, for example Google; a SAML or \
                 OIDC provider must have another name",
            ),
            says(
                "clientId, clientSecret and authorizeScopes",
                "Give `client_id`, `client_secret` and `authorize_scopes` in the details",
            ),
            says(
                "clientId, privateKey",
                "Give `client_id`, `team_id`, `key_id`, `private_key` and `authorize_scopes` \
                 in the details",
            ),
            says(
                "oidcIssuer and attributesRequestMethod",
                "Give `client_id`, `authorize_scopes`, `oidc_issuer` and \
                 `attributes_request_method` in the details",
            ),
            says(
                "OIDC endpoint",
                "Use https for the issuer and all endpoints",
            ),
            says(
                "of the MetadataURL or MetadataFile",
                "Give `MetadataURL` or `MetadataFile` in the details, one of the two",
            ),
            says(
                "Unable to unmarshall",
                "Give the provider's SAML 2.0 metadata as it publishes it, in XML",
            ),
            says(
                "AttributeMapping contains",
                "Map to attributes of the pool, or to username; custom attributes begin \
                 with `custom:`",
            ),
            says(
                "not unique across all levels",
                "Give each level of `AcrConfiguration` its own name, also different from the default \
                 names of the others, such as urn:cognito:loa:2",
            ),
            says(
                "AcrMapping",
                "Leave `AcrMapping` out; only OIDC providers have it",
            ),
            says(
                "already in use by an identity provider",
                "Choose an identifier that no provider of the pool has",
            ),
            says(
                "Merging is not",
                "The identity has signed in and is a separate user: delete that user first",
            ),
            says(
                "Invalid SourceUser",
                "Name an identity of an external provider as the source; the destination \
                 is a user of the pool",
            ),
            says("SourceUser is already linked", "There is nothing to link"),
            says(
                "isn't linked to anyone",
                "There is nothing to unlink, or the identity has another name: see the user's \
                 attribute `identities`",
            ),
            says(
                "must have a Provider",
                "Give `ProviderName`, `ProviderAttributeName` and `ProviderAttributeValue`",
            ),
            says(
                "must be Cognito_Subject",
                "Set `ProviderAttributeName` to Cognito_Subject",
            ),
            says(
                "128 characters together",
                "Link by a shorter attribute, or give the provider a shorter name",
            ),
            // Resource servers, domains and branding.
            says(
                "already exists in user pool",
                "The pool has this resource server: change it with `put_resource_server`, or \
                 choose another identifier",
            )
            .tool("list_resource_servers"),
            says("Duplicate scope", "Name each scope once"),
            says(
                "associated with another user pool",
                "Domains are unique among all pools: choose another one",
            ),
            says(
                "already has a domain configured",
                "Use the domain that the pool has, or delete it first with `delete_domain`",
            )
            .refine(pool_resources::domain),
            says(
                "reserved word",
                "Choose a domain without aws, amazon and cognito in it",
            )
            .refine(pool_resources::domain_name),
            says(
                "The domain name contains an invalid",
                "Choose a prefix of lower-case letters, digits and hyphens",
            )
            .refine(pool_resources::domain_name),
            says(
                "not a valid subdomain",
                "Use a domain below one that has an A record, as in auth.example.com",
            ),
            says(
                "SSL certificate",
                "Use a valid certificate of AWS Certificate Manager in us-east-1 that covers \
                 the domain",
            ),
            says(
                "No such domain or user pool",
                "Read the domain of the pool; names are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_domain(case))),
            says(
                "Cannot convert",
                "Delete the domain and create the other kind: a custom domain has a \
                 certificate, a prefix has none",
            ),
            says(
                "ManagedLoginVersion",
                "Give 1 for the classic hosted UI, or 2 for managed login",
            ),
            says(
                "Routing is supported",
                "Leave `Routing` out; only custom domains have it",
            ),
            says(
                "useCognitoProvidedValues or settings",
                "Give `Settings`, or set `UseCognitoProvidedValues` to true, not both",
            ),
            says(
                "Invalid assets",
                "Change the images that Cognito names; favicons are ICO or SVG, and logos up \
                 to four times as wide as high",
            ),
            says("more than 40 assets", "Send fewer images"),
            says(
                "existing domain associated",
                "Give the pool a domain first, with `put_domain`",
            ),
            says(
                "valid use pool domain",
                "A link in a message leads to the pool's domain: give the pool one with \
                 `put_domain`, or send codes with `DefaultEmailOption` CONFIRM_WITH_CODE in the \
                 `VerificationMessageTemplate` of `update_pool`",
            ),
            says(
                "list of allowed classes",
                "Use only the CSS classes of the hosted UI, for example \
                 `.banner-customizable`",
            ),
            says(
                "The CSS cannot contain",
                "Remove HTML, scripts and these rules from the CSS",
            ),
            says(
                "Links are required",
                "Give `Links` with an address for `cognito:default`, and optionally for \
                 other languages",
            ),
            // Logs, risks, limits and replicas.
            says(
                "Request validation Failed",
                "Name each event source once, with one destination that fits it, in the \
                 pool's account and Region",
            ),
            says(
                "Incorrect CIDR format",
                "Write addresses as ranges, as in 192.0.2.0/24 or 2001:db8::/32",
            )
            .refine(settings::ranges),
            says(
                "NotifyConfiguration is required",
                "Give `NotifyConfiguration` with an SES identity in `SourceArn`, or set \
                 `Notify` to false",
            )
            .refine(settings::no_notifier),
            says(
                "attribute Category is required",
                "Name the category in `Attributes`, as in `{\"Category\": \
                 \"UserAuthentication\"}`",
            ),
            says(
                "is not adjustable",
                "The rate of this category is fixed: make fewer calls",
            ),
            says(
                "cannot be adjusted while",
                "Remove managed login from the pools of this account and Region, or leave the \
                 limit as it is",
            ),
            says(
                "cannot be less than the default",
                "Request the default that Cognito names, or more",
            ),
            says(
                "Cannot create a replica in",
                "Choose another Region that has Cognito",
            ),
            says(
                "primary replica cannot",
                "Name the Region of the secondary replica; `ListUserPoolReplicas` shows it",
            ),
            says(
                "replica is being created",
                "Wait until the replica is ACTIVE or INACTIVE; `ListUserPoolReplicas` shows \
                 its status",
            ),
            says(
                "replicas in INACTIVE status",
                "Make the replica INACTIVE first, with `UpdateUserPoolReplica`",
            ),
            // Lambda triggers of an operation that declares no other exception.
            says(
                "failed with error",
                "A Lambda trigger of the pool refused the call; the message says why",
            ),
            says(
                "failed due to error",
                "A Lambda trigger of the pool failed: its owner finds the reason in the \
                 function's log",
            ),
            says(
                "output",
                "A Lambda trigger of the pool returned a response that Cognito cannot read: \
                 the trigger's owner has to correct the function",
            ),
            any(
                "Change the argument that the message names; the tool's schema says what each \
                 argument accepts",
            ),
        ],
    },
    Exception {
        name: "InvalidPasswordException",
        hints: &[any(
            "Read the pool's password policy and choose a password that satisfies every \
             rule",
        )
        .read_state(|case| Box::pin(passwords::refused(case)))],
    },
    Exception {
        name: "InvalidSignatureException",
        hints: &[any(
            "The secret key does not match the access key, or the server's clock is wrong: \
             ask the person who runs the server to check both",
        )],
    },
    Exception {
        name: "InvalidSmsRoleAccessPolicyException",
        hints: &[any(
            "The IAM role through which the pool sends SMS may not publish: its owner has \
             to allow it `sns:Publish`, or to give the pool another role",
        )],
    },
    Exception {
        name: "InvalidSmsRoleTrustRelationshipException",
        hints: &[any(
            "Let the role trust `cognito-idp.amazonaws.com`, with the pool's `ExternalId` \
             as condition",
        )],
    },
    Exception {
        name: "InvalidUserPoolConfigurationException",
        hints: &[
            says(
                "device tracking",
                "The pool does not remember devices: its owner has to give it a \
                 `DeviceConfiguration` first",
            ),
            any("The pool's settings do not allow this: ask the pool's owner to change them"),
        ],
    },
    Exception {
        name: "LimitExceededException",
        hints: &[
            says(
                "Attempt limit exceeded",
                "This user's attempts for the hour are used up",
            )
            .refine(sign_in::limited),
            says(
                "Client secrets",
                "A client has two secrets at most: remove the older one with \
                 `remove_client_secret`, when no application uses it any longer",
            )
            .tool("describe_client"),
            any(
                "A quota of the account or the pool is reached: delete resources, or ask \
                 AWS for a higher quota; repeating the call does not help",
            ),
        ],
    },
    Exception {
        name: "MFAMethodNotFoundException",
        hints: &[any(
            "Choose one of the factors that the challenge listed as choices",
        )],
    },
    Exception {
        name: "MalformedHttpRequestException",
        hints: &[any(
            "The request was changed on its way to AWS: check the endpoint's address and \
             any proxy",
        )],
    },
    Exception {
        name: "ManagedLoginBrandingExistsException",
        hints: &[any(
            "The app client has a style: change it with `put_branding`, or delete it \
             first with `delete_branding`",
        )
        .tool("get_branding")],
    },
    Exception {
        name: "MissingAuthenticationTokenException",
        hints: &[any(
            "The request carried no credentials: ask the person who runs the server to \
             set them",
        )],
    },
    Exception {
        name: "NotAuthorized",
        hints: &[any(
            "Ask the account's administrator to allow the server's credentials to call the \
             operation",
        )
        .refine(iam::denied)],
    },
    Exception {
        name: "NotAuthorizedException",
        hints: &[
            says(
                "cannot be confirmed",
                "Only users with status UNCONFIRMED can be confirmed",
            )
            .read_state(|case| Box::pin(status::not_confirmable(case))),
            says(
                "cannot be reset in the current state",
                "Only confirmed users can be made to reset their password",
            )
            .read_state(|case| Box::pin(status::not_resettable(case))),
            says(
                "Auto verification not turned on",
                "The pool sends no codes at sign-up: confirm the user without one",
            )
            .read_state(|case| Box::pin(status::sends_no_codes(case))),
            says(
                "Contact administrator",
                "Users of this pool cannot recover a password themselves: set one with \
                 `reset_password`",
            )
            .read_state(|case| Box::pin(status::not_resettable(case))),
            says("User is disabled", "Enable the user first").refine(status::disabled),
            says(
                "Temporary password has expired",
                "Set a new temporary password with `reset_password`",
            )
            .read_state(|case| Box::pin(status::not_ready(case))),
            says(
                "Incorrect username or password",
                "Check username and password; Cognito does not say which of them is wrong",
            )
            .read_state(|case| Box::pin(sign_in::bad_credentials(case))),
            says(
                "SignUp is not permitted",
                "Only administrators create users in this pool: use `create_user`",
            )
            .read_state(|case| Box::pin(sign_in::sign_up_closed(case))),
            says(
                "Password attempts exceeded",
                "The user is locked after wrong passwords: wait, at most 15 minutes",
            )
            .read_state(|case| Box::pin(sign_in::locked(case))),
            says(
                "due to security reasons",
                "The pool's threat protection refuses the address that the sign-in came from",
            ),
            says(
                "SECRET_HASH was not received",
                "The server could not read the client's secret: pass the `user_pool_id` of \
                 the client, and allow the server to call DescribeUserPoolClient",
            )
            .read_state(|case| Box::pin(sign_in::secret_hash(case))),
            says(
                "Unable to verify secret hash",
                "The client's secret or the username is not the one that the server used; \
                 give the username itself, not an alias",
            )
            .read_state(|case| Box::pin(sign_in::secret_hash(case))),
            // Sentences of other versions of Cognito.
            says(
                "SecretHash does not match",
                "The client's secret or the username is not the one that the server used; \
                 give the username itself, not an alias",
            )
            .read_state(|case| Box::pin(sign_in::secret_hash(case))),
            says(
                "secret hash was received",
                "The client no longer has a secret",
            )
            .read_state(|case| Box::pin(sign_in::secret_hash(case))),
            says("Invalid session for the user", "Begin again with `sign_in`")
                .refine(sign_in::session_over),
            says(
                "Cannot modify an already provided",
                "Leave out the attributes that the user has already",
            )
            .refine(attributes::already_provided),
            says(
                "unauthorized attribute",
                "Leave out the attributes that the client may not write",
            )
            .read_state(|case| Box::pin(attributes::not_writable(case))),
            says(
                "DEVICE_SRP_AUTH",
                "Sign the user in first, with the device's key: Cognito then sends the \
                 challenge for the device",
            ),
            says(
                "secret was not received",
                "The client has a secret: give it in `ClientSecret`",
            ),
            says(
                "Invalid client or secret",
                "Check the client's id and secret; Cognito does not say which of them is \
                 wrong",
            ),
            says(
                "Access Token has expired",
                "Get a new one with `refresh_tokens`, or sign the user in again",
            ),
            says(
                "Access Token has been revoked",
                "The session has ended: sign the user in again",
            ),
            says(
                "required scopes",
                "Use a token with the scope `aws.cognito.signin.user.admin`; those of a \
                 sign-in without managed login have it",
            ),
            says(
                "Invalid access token.",
                "The user of the token was deleted, and a new user has the same name: sign \
                 in as the new user",
            ),
            says(
                "Access Token",
                "Give an access token of the pool, whole and unchanged; an ID token is not \
                 accepted",
            ),
            says(
                "Invalid Refresh Token",
                "Give the refresh token whole and unchanged, with the client that it was \
                 issued to; or sign the user in again",
            ),
            says(
                "has different Client",
                "The refresh token was issued to another client of the pool: give that \
                 client as `client_id`, or sign the user in with this client",
            ),
            says(
                "deleted for the associated refresh token",
                "The user of the token no longer exists: create the user again, then sign in",
            )
            .tool("list_users"),
            says(
                "without a message",
                "The session has ended: sign the user in again",
            ),
            says(
                "Refresh Token has",
                "The session has ended: sign the user in again",
            ),
            says(
                " token has expired",
                "Get a new token, or sign the user in again",
            ),
            says(
                "WebAuthn credential",
                "Sign the challenge of this sign-in with the passkey, or begin again with \
                 `sign_in`",
            ),
            says(
                "feedback token",
                "Give the token of the message about this sign-in, whole and unchanged",
            ),
            says(
                " token",
                "Give an access or ID token of the pool, whole and unchanged, together \
                 with its type",
            ),
            any(
                "Check that the user, the app client and the session or token belong together \
                 and are still valid",
            ),
        ],
    },
    Exception {
        name: "NotImplemented",
        hints: &[any(
            "This is a limit of the emulator, not of Cognito: the person who runs the \
             server can choose the backend `aws` for it",
        )],
    },
    Exception {
        name: "OperationNotEnabledException",
        hints: &[
            says(
                "Session tracking",
                "Switch it on for the pool first, with `SetUserPoolSessionConfiguration`",
            ),
            says(
                "pricing tier",
                "The pool's feature plan does not include this feature: ask for a higher \
                 plan, or do not use it",
            ),
            says(
                "customer managed key",
                "Give the pool a multi-Region key of your own first, as CUSTOMER_MANAGED_KEY \
                 in `KeyConfiguration`",
            ),
            says(
                "in this region",
                "This Region has a replica of the pool, which can only read and sign users \
                 in: call the pool's own Region",
            ),
            any(
                "The pool's settings, or its Region, do not allow this: ask the pool's \
                 administrator",
            ),
        ],
    },
    Exception {
        name: "OptInRequired",
        hints: &[any(
            "The AWS account is not enabled for Cognito in this Region: ask its \
             administrator",
        )],
    },
    Exception {
        name: "PasswordHistoryPolicyViolationException",
        hints: &[any("Choose a password that the user has not had")
            .read_state(|case| Box::pin(passwords::refused(case)))],
    },
    Exception {
        name: "PasswordResetRequiredException",
        hints: &[
            any("The password is no longer valid: set a new one with `reset_password`")
                .read_state(|case| Box::pin(status::not_ready(case))),
        ],
    },
    Exception {
        name: "PreconditionNotMetException",
        hints: &[
            says(
                "No csv file",
                "Upload the file to the job's URL first, then start the job; or create \
                 another one with `import_users` and its `csv`",
            ),
            says(
                "cannot be started",
                "A job can be started only once, and within a day: create another one with \
                 `import_users`",
            )
            .refine(pool_resources::import_jobs),
            says(
                "Another user import job",
                "Wait until that job has ended, or stop it with `stop_import`",
            )
            .refine(pool_resources::import_jobs),
            says(
                "auto verified attribute",
                "Let the pool verify an attribute first, with `update_pool`",
            )
            .refine(pool_resources::import_needs_verification),
            says(
                "cannot be stopped",
                "Only a job that is Pending or InProgress can be stopped; there is nothing to \
                 stop",
            )
            .refine(pool_resources::import_jobs),
            any("A precondition is not met: the message says which"),
        ],
    },
    Exception {
        name: "RefreshTokenReuseException",
        hints: &[any(
            "A newer refresh token has replaced this one: use the newest, or sign in again",
        )],
    },
    Exception {
        name: "RequestAbortedException",
        hints: &[any(
            "It is unknown whether the call took effect: check before you repeat a write",
        )
        .refine(iam::later)],
    },
    Exception {
        name: "RequestEntityTooLargeException",
        hints: &[any("The request is too large: send less at once")],
    },
    Exception {
        name: "RequestExpired",
        hints: &[any(
            "The server's clock is wrong: ask the person who runs it to set it",
        )],
    },
    Exception {
        name: "RequestNotBuilt",
        hints: &[any(
            "Ask the person who runs the server to check Region, credentials and endpoint",
        )],
    },
    Exception {
        name: "RequestTimedOut",
        hints: &[any(
            "It is unknown whether the call took effect: check before you repeat a write",
        )
        .refine(iam::later)],
    },
    Exception {
        name: "RequestTimeoutException",
        hints: &[any(
            "It is unknown whether the call took effect: check before you repeat a write",
        )
        .refine(iam::later)],
    },
    Exception {
        name: "ResourceNotFoundException",
        hints: &[
            says(
                "User pool replica",
                "List the pool's replicas: it has one at most",
            ),
            says("User pool client", "List the pool's clients; ids are exact")
                .read_state(|case| Box::pin(not_found::no_client(case))),
            says(
                "User pool",
                "List the pools of this account and Region and pass the id of one as \
                 user_pool_id; ids are exact",
            )
            .read_state(|case| Box::pin(not_found::no_pool(case))),
            says(
                "User import job",
                "List the pool's jobs with `get_import`; ids are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_job(case))),
            says(
                "Identity provider",
                "List the pool's providers with `list_identity_providers`; names are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_provider(case))),
            says(
                "Resource server",
                "List the pool's resource servers with `list_resource_servers`; identifiers \
                 are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_resource_server(case))),
            says(
                "WebAuthn credential",
                "List the user's passkeys with `list_passkeys`; ids are exact",
            )
            .tool("list_passkeys"),
            says(
                "Limit for the category",
                "Name a category of request rates, as UserAuthentication or UserRead",
            ),
            says(
                "Client secret",
                "List the secrets of the client with `describe_client`; ids are exact",
            )
            .tool("describe_client"),
            says(
                "ManagedLoginBranding for client",
                "The client has no style of its own: create it with `put_branding`",
            ),
            says(
                "ManagedLoginBranding",
                "Look the style up by its client, with `get_branding`; ids are exact",
            ),
            says(
                "Terms",
                "Look the terms up by their client, with `get_branding`; ids and names are \
                 exact",
            ),
            says(
                "There is no domain",
                "Read the domain of the pool; names are exact",
            )
            .read_state(|case| Box::pin(pool_resources::no_domain(case))),
            says(
                "Device",
                "List the user's devices with `list_devices`; keys are exact",
            )
            .read_state(|case| Box::pin(settings::no_device(case))),
            says(
                "Auth event",
                "List the user's events with `list_sign_in_events`; ids are exact",
            )
            .tool("list_sign_in_events"),
            says(
                "Session",
                "List the user's sessions with `AdminListUserSessions`; ended sessions are \
                 not listed",
            ),
            says("Group", "List the pool's groups; names are exact")
                .read_state(|case| Box::pin(not_found::no_group(case))),
            any(
                "A resource that the call names does not exist: list the existing ones; ids \
                 and names are exact",
            ),
        ],
    },
    Exception {
        name: "ScopeDoesNotExistException",
        hints: &[
            any("Name scopes of OpenID (openid, email, phone, profile), \
             `aws.cognito.signin.user.admin`, or those of the pool's resource servers, as \
             in `orders/read`; a resource server and its scopes are created first, with \
             `put_resource_server`")
            .read_state(|case| Box::pin(pool_resources::no_scope(case))),
        ],
    },
    Exception {
        name: "SerializationException",
        hints: &[any(
            "A value has another JSON type than the operation accepts: see the \
             operation's API reference",
        )],
    },
    Exception {
        name: "ServiceQuotaExceededException",
        hints: &[any(
            "The account has reached its quota: ask its administrator to request an \
             increase in Service Quotas",
        )],
    },
    Exception {
        name: "ServiceUnavailable",
        hints: &[any("AWS had an internal error; repeat the call in a moment").refine(iam::later)],
    },
    Exception {
        name: "SoftwareTokenMFANotFoundException",
        hints: &[any(
            "The pool offers no authenticator apps: switch them on with `set_mfa_config`, \
             or use another factor",
        )
        .tool("get_mfa_config")],
    },
    Exception {
        name: "TermsExistsException",
        hints: &[any(
            "The app client has terms of this name: change them with `put_terms`, or \
             delete them first with `delete_branding`",
        )],
    },
    Exception {
        name: "ThrottlingException",
        hints: &[
            any("The account's request rate is used up; wait, then repeat the call")
                .refine(iam::later),
        ],
    },
    Exception {
        name: "TierChangeNotAllowedException",
        hints: &[any(
            "The pool's feature plan cannot be changed to this one now: its owner has to \
             switch off the features that only the current plan includes",
        )
        .tool("describe_pool")],
    },
    Exception {
        name: "TooManyFailedAttemptsException",
        hints: &[
            any("The user is locked after wrong attempts: wait, at most 15 minutes")
                .read_state(|case| Box::pin(sign_in::locked(case))),
        ],
    },
    Exception {
        name: "TooManyRequestsException",
        hints: &[
            any("The account's request rate is used up; wait, then repeat the call")
                .refine(iam::later),
        ],
    },
    Exception {
        name: "UnauthorizedException",
        hints: &[any(
            "Give the client that the token was issued to, with its secret",
        )],
    },
    Exception {
        name: "UnexpectedLambdaException",
        hints: &[
            says(
                "ResourceNotFoundException",
                "The function of a Lambda trigger does not exist. On the emulator, its owner \
                 maps it with `--trigger FUNCTION=URL`; on AWS, its owner restores it or \
                 removes the trigger from the pool",
            ),
            any(
                "A Lambda trigger of the pool failed: its owner finds the reason in the \
                 function's log",
            ),
        ],
    },
    Exception {
        name: "UnknownOperationException",
        hints: &[any(
            "Cognito has no operation of this name in this Region: check the name",
        )],
    },
    Exception {
        name: "UnknownSession",
        hints: &[any("Begin again with `sign_in`").refine(sign_in::session_over)],
    },
    Exception {
        name: "UnreadableAnswer",
        hints: &[any(
            "The response does not come from Cognito: check the endpoint's address and any \
             proxy",
        )],
    },
    Exception {
        name: "UnrecognizedClientException",
        hints: &[any(
            "AWS does not know the server's credentials: ask the person who runs it to \
             check the access key and, for temporary ones, the session token",
        )],
    },
    Exception {
        name: "UnsupportedIdentityProviderException",
        hints: &[any(
            "Cognito does not accept this identity provider here: name one of the pool's \
             providers, which `list_identity_providers` shows",
        )],
    },
    Exception {
        name: "UnsupportedOperationException",
        hints: &[
            says(
                "refresh token rotation",
                "The client rotates its refresh tokens: exchange the token with \
                 `refresh_tokens`, and keep the new one that it returns",
            )
            .tool("refresh_tokens"),
            any(
                "Enable token revocation for the client first, with `update_client`; it \
                 applies to tokens issued from then on",
            )
            .read_state(|case| Box::pin(settings::revocation_off(case))),
        ],
    },
    Exception {
        name: "UnsupportedTokenTypeException",
        hints: &[any(
            "Give a refresh token; the tokens issued with it are revoked too",
        )],
    },
    Exception {
        name: "UnsupportedUserStateException",
        hints: &[
            any("Invitations are sent again only to users with status FORCE_CHANGE_PASSWORD")
                .read_state(|case| Box::pin(status::not_invitable(case))),
        ],
    },
    Exception {
        name: "UserImportInProgressException",
        hints: &[any(
            "Users are being imported into the pool: wait until the import job has ended",
        )],
    },
    Exception {
        name: "UserLambdaValidationException",
        hints: &[any(
            "A Lambda trigger of the pool refused the call; the message says why",
        )],
    },
    Exception {
        name: "UserNotConfirmedException",
        hints: &[any(
            "Confirm the user first, by code with `confirm_sign_up` or without with \
             `confirm_user`",
        )
        .read_state(|case| Box::pin(status::not_ready(case)))],
    },
    Exception {
        name: "UserNotFoundException",
        hints: &[
            says(
                "Exception migrating",
                "The pool's trigger for user migration returned no user: check username and \
                 password, and the function's log",
            ),
            any("Look the user up first; usernames are exact")
                .read_state(|case| Box::pin(not_found::no_user(case))),
        ],
    },
    Exception {
        name: "UserPoolAddOnNotEnabledException",
        hints: &[any(
            "Threat protection is off: the pool's owner has to switch it on, which \
             requires the feature plan PLUS",
        )
        .read_state(|case| Box::pin(settings::not_protected(case)))],
    },
    Exception {
        name: "UserPoolTaggingException",
        hints: &[any(
            "A pool has 50 tags at most. Keys must not begin with aws:. Keys and values \
             can have letters, digits, spaces and _.:/=+-@",
        )],
    },
    Exception {
        name: "UsernameExistsException",
        hints: &[
            any("The user exists already: read it, or choose another username")
                .read_state(|case| Box::pin(not_found::taken(case))),
        ],
    },
    Exception {
        name: "ValidationError",
        hints: &[any(
            "Change the argument that the message names; the tool's schema says what each \
             argument accepts",
        )],
    },
    Exception {
        name: "WebAuthnChallengeNotFoundException",
        hints: &[any(
            "Begin the registration of the passkey again: its challenge has expired or \
             was used",
        )],
    },
    Exception {
        name: "WebAuthnClientMismatchException",
        hints: &[any(
            "Complete the registration with an access token of the client that began it",
        )],
    },
    Exception {
        name: "WebAuthnConfigurationMissingException",
        hints: &[any(
            "The pool has no relying party id for passkeys: its owner has to set one, or \
             create a domain",
        )],
    },
    Exception {
        name: "WebAuthnCredentialNotSupportedException",
        hints: &[any(
            "Use another authenticator: the pool accepts ES256 and RS256 keys, and may \
             require that it verifies its user",
        )],
    },
    Exception {
        name: "WebAuthnNotEnabledException",
        hints: &[any(
            "The pool's owner has to allow WEB_AUTHN as a first factor",
        )],
    },
    Exception {
        name: "WebAuthnOriginNotAllowedException",
        hints: &[any(
            "Register the passkey on a page of the pool's relying party, over HTTPS",
        )],
    },
    Exception {
        name: "WebAuthnRelyingPartyMismatchException",
        hints: &[any(
            "Create the passkey for the pool's current relying party id",
        )],
    },
    Exception {
        name: "WrongRegion",
        hints: &[any(
            "Name a pool of the server's Region, or ask the person who runs the server to \
             start it with the pool's Region",
        )
        .tool("list_pools")],
    },
];
