//! Advice for each way that Cognito, AWS or this server refuses.
//!
//! Exceptions stand in alphabetical order; within one, specific sentences stand
//! above general ones, because the first match wins. Where a hint looks at the
//! state of things, its advice here is for when that cannot be read.

use super::{Hint, access, attributes, filter, names, passwords, sign_in, status, violations};

/// The table.
pub(super) const HINTS: &[Hint] = &[
    Hint::new(
        "AccessDeniedException",
        "",
        "Ask the account's administrator to allow the operation to the server's credentials",
    )
    .tell(access::denied),
    Hint::new(
        "AliasExistsException",
        "",
        "Another user has this address or name: use a different one, or change that user",
    )
    .look(|case| Box::pin(names::taken(case))),
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
    .tell(access::later),
    Hint::new(
        "ConnectionFailed",
        "",
        "Check the network and, where one is configured, the endpoint's address; whether the call \
         took effect is not known",
    )
    .tell(access::later),
    Hint::new(
        "CredentialsMissing",
        "",
        "Ask the person who runs the server to set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to \
         run `aws sso login`, or to name a profile",
    ),
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
    .tell(names::group_exists),
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
    .tell(access::later),
    Hint::new(
        "InvalidClientTokenId",
        "",
        "AWS does not know the server's access key: ask the person who runs it to check it",
    ),
    Hint::new(
        "InvalidLambdaResponseException",
        "",
        "A Lambda trigger of the pool answered what Cognito cannot read: its owner has to mend it",
    ),
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
        "Give the user the address or number that the factor needs first, with `update_user`",
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
        "groups.",
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
        "Deletion protection guards the pool: its owner has to switch that off first",
    )
    .tool("describe_pool"),
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
        "LimitExceededException",
        "Attempt limit exceeded",
        "This user's attempts for the hour are used up",
    )
    .tell(sign_in::limited),
    Hint::new(
        "LimitExceededException",
        "",
        "A quota of the account or the pool is reached: take something away, or ask AWS for more; \
         repeating the call does not help",
    ),
    Hint::new(
        "ManagedLoginBrandingExistsException",
        "",
        "The app client has a branding style: change that one, or delete it first",
    ),
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
        "NotImplemented",
        "",
        "This is a limit of the emulator, not of Cognito: the person who runs the server can choose \
         the backend `aws` for it",
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
        "",
        "Something has to be done first: the words say what",
    ),
    Hint::new(
        "RefreshTokenReuseException",
        "",
        "Another refresh token has taken the place of this one: use the newest, or sign in again",
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
    .tell(access::later),
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
    .look(|case| Box::pin(names::no_client(case))),
    Hint::new(
        "ResourceNotFoundException",
        "User pool",
        "List the pools of this account and Region; ids are exact",
    )
    .look(|case| Box::pin(names::no_pool(case))),
    Hint::new(
        "ResourceNotFoundException",
        "Group",
        "List the pool's groups; names are exact",
    )
    .look(|case| Box::pin(names::no_group(case))),
    Hint::new(
        "ServiceQuotaExceededException",
        "",
        "The account may not have more: ask its administrator to request an increase in Service Quotas",
    ),
    Hint::new(
        "SoftwareTokenMFANotFoundException",
        "",
        "The pool has no authenticator apps as second factor: use another factor",
    )
    .tool("describe_pool"),
    Hint::new(
        "TermsExistsException",
        "",
        "The app client has terms of this name: change those, or delete them first",
    ),
    Hint::new(
        "ThrottlingException",
        "",
        "The account's request rate is used up; wait, then repeat the call",
    )
    .tell(access::later),
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
    .tell(access::later),
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
        "",
        "Look the user up first; usernames are exact",
    )
    .look(|case| Box::pin(names::no_user(case))),
    Hint::new(
        "UsernameExistsException",
        "",
        "The user is there already: read it, or choose another username",
    )
    .look(|case| Box::pin(names::taken(case))),
    Hint::new(
        "UserPoolAddOnNotEnabledException",
        "",
        "The pool's owner has to switch threat protection on, which the PLUS tier has",
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
];
