//! Cognito's exceptions and their messages, which are called sentences here.
//!
//! Each variant of [`Error`] is one sentence with its exception. Operations return
//! variants and contain no sentences. `R…` and `n.n` are facts of `fidelity/`. A
//! sentence marked *inferred* has not been seen in a response of Cognito.

use std::fmt;

/// Declares [`Error`]: the exceptions, each with its sentences.
macro_rules! errors {
    ($($exception:ident { $($(#[$doc:meta])* $variant:ident $({ $($field:ident),+ })? = $sentence:expr,)+ })+) => {
        /// An error: one variant for each sentence.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Error {
            $($($(#[$doc])* $variant $({ $(#[doc = concat!("Fills `{", stringify!($field), "}`.")] $field: String),+ })?,)+)+
        }

        impl Error {
            /// The exception's name in the API.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self { $($(Self::$variant { .. } => stringify!($exception),)+)+ }
            }

            /// The sentence, or `None` if Cognito sends only the exception's
            /// name.
            #[must_use]
            pub fn sentence(&self) -> Option<String> {
                let sentence = match self {
                    $($(Self::$variant $({ $($field),+ })? => format!($sentence $($(, $field = $field)+)?),)+)+
                };
                (!sentence.is_empty()).then_some(sentence)
            }

            /// One error of each variant. The value of each field is the field's name.
            #[must_use]
            pub fn each() -> Vec<Self> {
                vec![$($(Self::$variant $({ $($field: stringify!($field).to_owned()),+ })?,)+)+]
            }

            /// The variant's name, for tables and tests.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $($(Self::$variant { .. } => stringify!($variant),)+)+ }
            }
        }
    };
}

errors! {
    AliasExistsException {
        /// An identity that is linked to another user. The exception was seen live
        /// (aws-amplify/amplify-js#497). The sentence was seen at sign-up and is
        /// inferred here.
        LinkedElsewhere = "Alias entry already exists for a different username",
        /// R8, R48, R50: the alias belongs to another user.
        AliasExists { attribute } = "An account with the given {attribute} already exists.",
        /// R128-3: the alias is the username of another user. Live: radkawar/stackd, 2026-09-24,
        /// for `AdminUpdateUserAttributes`; inferred for the other operations.
        AliasIsUsername = "User account already exists for the alias.",
    }
    CodeDeliveryFailureException {
        /// R49; the sentence is inferred.
        CodeDeliveryFailed = "Failed to deliver the message.",
    }
    CodeMismatchException {
        /// R6, R26, 7.3.
        CodeMismatch = "Invalid verification code provided, please try again.",
        /// R85: SMS and e-mail codes at sign-in.
        SignInCodeMismatch = "Invalid code or auth state for the user.",
        /// R86: TOTP at sign-in.
        TotpMismatch = "Invalid code received for user",
    }
    DeviceKeyExistsException {
        /// The sentence is inferred.
        DeviceExists = "Device already exists.",
    }
    DuplicateProviderException {
        /// R198; the sentence is live (floci-io/floci#2858).
        ProviderExists { provider, pool } = "{provider} already exists for tenant {pool}.",
    }
    EnableSoftwareTokenMFAException {
        /// R88.
        TotpSetupMismatch = "Code mismatch",
    }
    ExpiredCodeException {
        /// R7, R27, 7.4: expired, used or never sent.
        CodeExpired = "Invalid code provided, please request a code again.",
        /// R87.
        TotpReused = "Your software token has already been used once.",
    }
    FeatureUnavailableInTierException {
        /// R134, R135.
        FeaturesNeedDisabling { tier, feature } = "The following features need to be disabled for the {tier} pricing tier configured: {feature}",
        /// R74 (inferred for sign-in), R136, R137, R138.
        FeatureUnavailable { tier, feature } = "The following feature is not available for the {tier} pricing tier configured: {feature}",
    }
    GroupExistsException {
        /// R188 (inferred).
        GroupExists = "A group with the name already exists.",
    }
    IncompleteSignatureException {
        /// An `Authorization` header that is not `SigV4`: the parts that it lacks, and
        /// its hash. Live: radkawar/stackd, 2026-09-24.
        IncompleteSignature { lacks, hash } = "{lacks} (Hashed with SHA-256 and encoded with Base64) Authorization={hash}",
    }
    InternalErrorException {
        /// An injected fault. The emulator itself never throws it.
        Internal = "Something went wrong",
        /// The change is made, and the data file of the emulator cannot be written. Not a
        /// sentence of Cognito.
        NotRecorded { reason } = "The change is not in the data file yet: {reason}. It is written with the next change that can be.",
    }
    InvalidEmailRoleAccessPolicyException {
        /// R148.
        EmailIdentityNotAllowed = "Cognito is not allowed to use your email identity",
    }
    InvalidLambdaResponseException {
        /// R206.
        LambdaOutputUnrecognizable = "Unrecognizable lambda output",
        /// R206-2: live, in a program that sets `userName` in `CustomMessage`.
        LambdaUserNameChanged = "Invalid user name. User name in Lambda mismatches the actual username.",
        /// R207.
        LambdaOutputNotJson = "Invalid lambda function output : Invalid JSON",
    }
    InvalidOAuthFlowException {
        /// R168.
        ClientCredentialsAlone = "client_credentials flow can not be selected along with code flow or implicit flow.",
        /// R169.
        ClientCredentialsNeedSecret = "client_credentials flow can not be selected if client does not have a client secret.",
    }
    InvalidParameterException {
        /// An error of the emulator only, like the next two: ids that a request chooses.
        CustomPoolId { id, region } = "The id {id} of the tag _custom_id_ cannot be used. Write {region}_ and letters or digits, 55 characters at most.",
        /// The id in a client's name.
        CustomClientId { id } = "The id {id} in the client name after _custom_id_: cannot be used. Write letters, digits, _ or +, 128 characters at most.",
        /// The id of a pool or client is in use.
        CustomIdTaken { id } = "The id {id} is in use. Choose another id, or delete what has it.",
        /// The model's constraints (facts 2.1 to 2.19): all violations in one
        /// sentence.
        Constraints { detected } = "{detected}",
        /// R9.
        AlreadyConfirmed = "User is already confirmed.",
        /// Seen live: <https://github.com/rahulpsd18/cognito-backup-restore/issues/25>.
        NoEmailForMessage = "No email provided but desired delivery medium was Email",
        /// Inferred from the sentence for e-mail.
        NoPhoneNumberForMessage = "No phone number provided but desired delivery medium was SMS",
        /// Fact 9.9; the sentence is inferred.
        VerifiedWithoutValue { attribute } = "{attribute} must be provided to set {attribute}_verified.",
        /// The API Reference of `AdminCreateUser` requires a contact for users
        /// without a password. The sentence is inferred.
        PasswordlessWithoutContact = "User must have an email or a phone number to sign in without a password.",
        /// R15, R19.
        NoVerifiedContact = "Cannot reset password for the user as there is no registered/verified email or phone_number",
        /// R61, R66: flows of `InitiateAuth` that the client does not allow.
        FlowNotEnabled { flow } = "{flow} flow not enabled for this client",
        /// R62, R65.
        AuthFlowNotEnabled = "Auth flow not enabled for this client",
        /// R63, R64.
        FlowIsNotEnabled { flow } = "{flow} is not enabled for the client.",
        /// R67. The period at the end: radkawar/stackd, recorded 2026-09-24.
        InitiateAuthMethodNotSupported = "Initiate Auth method not supported.",
        /// R69.
        CustomAuthNotConfigured = "Custom auth lambda trigger is not configured for the user pool.",
        /// R70, R71.
        MissingParameter { parameter } = "Missing required parameter {parameter}",
        /// `ChallengeResponses` is absent or empty: measured
        /// (ministackorg/ministack#1758).
        ChallengeResponsesMissing = "Missing required parameter challenge responses.",
        /// R95.
        InvalidDeviceKey = "Invalid device key given.",
        /// Inferred: a value of SRP that is too long.
        InvalidParameterValue { parameter } = "Invalid value of parameter {parameter}",
        /// O43: an access token of the requested level. The exception and the sentence are inferred.
        LevelAlreadyReached = "The access token already meets the requested authentication level.",
        /// O43: a user without the factors for any requested level. The exception and the sentence
        /// are inferred.
        LevelUnreachable = "User does not have the factors for any of the requested authentication levels.",
        /// `SRP_A` that is not a hexadecimal number: measured
        /// (ministackorg/ministack#1758).
        SrpValueNotHex { value } = "1 validation error detected: Value '{value}' at 'sRPA' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]+$",
        /// A part of a proof that is not base64. Measured for
        /// `PASSWORD_CLAIM_SIGNATURE` (ministackorg/ministack#1758).
        ParameterNotBase64 { parameter } = "Invalid {parameter} format. Must be a Base64 string.",
        /// Seen live: <https://github.com/amazon-archives/amazon-cognito-identity-js/issues/683>.
        TimestampFormat = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
        /// Inferred: `AssociateSoftwareToken` and `VerifySoftwareToken` require exactly
        /// one of `AccessToken` and `Session`.
        TokenOrSession = "Either AccessToken or Session must be provided, and not both.",
        /// Only one factor can be preferred (aws-amplify/docs#5690); the sentence is inferred.
        SeveralPreferredFactors = "Only one MFA factor can be set as preferred.",
        /// R90, R91.
        NoDeliveryConfig { factor } = "User does not have delivery config set to turn on {factor}",
        /// R93.
        RequiredAttributeMissing { attribute } = "Invalid attributes given, {attribute} is missing",
        /// Seen live, like the next two:
        /// <https://github.com/floci-io/floci/pull/1898>.
        UnverifiableAttribute = "Invalid attribute name. Only phone_number and email can be verified.",
        /// The exception is inferred.
        NoEmailToVerify = "User does not have a valid registered email address",
        /// The exception is inferred.
        NoPhoneToVerify = "User does not have a valid registered phone number",
        /// Seen live: aws/aws-sdk-net#4386.
        PasskeyMalformed = "Credential data is not valid",
        /// Live for a URL: a deployment by cdk-preflight, 2026-09-08.
        RelyingPartyCharacters = "RelyingPartyId contains invalid characters",
        /// A relying party that is on the public suffix list, or is not a domain although
        /// its characters are valid. The guide mentions an error; the sentence is inferred.
        RelyingPartyNotAllowed { id } = "Relying party id {id} is not a valid domain, or is on the public suffix list.",
        /// Documented at `WebAuthnMfaSettings`; the sentence is inferred.
        PasskeysAreOneFactor = "WebAuthn MFA needs the WebAuthn factor configuration MULTI_FACTOR_WITH_USER_VERIFICATION.",
        /// Documented at `WebAuthnMfaSettingsType`; the sentence is inferred.
        PasskeysNeedOtherFactor = "WebAuthn MFA needs at least one other MFA method.",
        /// R94.
        NoSmsConfiguration = "Invalid phone number provided/Unable to send the message. User pool does not have SMS configuration to send messages.",
        /// R114, R115, R117: new pools; problems are separated by `, `.
        SchemaMismatch { problems } = "Attributes did not conform to the schema: {problems}",
        /// R118, R119.
        UnknownAttribute { attribute } = "user.{attribute}: Attribute does not exist in the schema.\n",
        /// R120.
        ImmutableAttribute { attribute } = "user.{attribute}: Attribute cannot be updated.\n",
        /// R120-3, R121: radkawar/stackd, recorded 2026-09-24.
        NonMutableAttribute { attribute } = "Cannot modify the non-mutable attribute {attribute}",
        /// A value that the schema does not allow, in an update (R116-2). The problem
        /// text for a string that is too long is from radkawar/stackd, recorded
        /// 2026-09-24; other texts are inferred.
        AttributeValue { attribute, problem } = "user.{attribute}: {problem}\n",
        /// R122: radkawar/stackd, recorded 2026-09-24.
        UnknownAttributeDeleted { attribute } = "Invalid user attributes: Type for attribute {{{attribute}}} could not be determined",
        /// R122-3: radkawar/stackd, recorded 2026-09-24. `{path}` is
        /// `Custom.User.tenant` for `custom:tenant`; other paths are inferred.
        ImmutableAttributeDeleted { path } = "Invalid user attributes: {path}: This attribute does not satisfy the mutability validation defined in the schema.",
        /// Seen live: <https://github.com/aws-amplify/aws-sdk-ios/issues/4251>.
        RequiredAttributeBlank { attribute } = "user.{attribute}: Required attribute cannot be deleted.\n",
        /// R122-2: radkawar/stackd, recorded 2026-09-24. An application's list of
        /// Cognito's messages has an older sentence.
        RequiredAttributeDeleted { path } = "Invalid user attributes: {path}: The attribute {path} is required",
        /// 8d: 100 groups. The sentence is inferred. The exception is the only
        /// fitting one that `AdminAddUserToGroup` declares.
        TooManyGroups { limit } = "User cannot be in more than {limit} groups.",
        /// R123.
        InvalidEmail = "Invalid email address format.",
        /// R124.
        InvalidPhoneNumber = "Invalid phone number format.",
        /// R125.
        UsernameNotEmail = "Username should be an email.",
        /// R126.
        UsernameNotEmailOrPhone = "Username should be either an email or a phone number.",
        /// R127.
        UsernameNotPhone = "Username should be a phone number.",
        /// R128.
        UsernameLikeEmail = "Username cannot be of email format, since user pool is configured for email alias.",
        /// R129.
        UsernameLikePhone = "Username cannot be of phone number format, since user pool is configured for phone number alias.",
        /// Seen live at sign-up: <https://github.com/aws-amplify/amplify-js/issues/1669>;
        /// the exception is inferred.
        PreferredUsernameUnconfirmed = "Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias.",
        /// Seen live at sign-up and in `AdminCreateUser` of pools that sign in by
        /// e-mail: <https://github.com/jagregory/cognito-local/issues/102>; inferred
        /// for phone numbers.
        UsernameAttributeMismatch { attribute } = "User {attribute} should be empty or same as username, since username attribute is {attribute}.",
        /// R130.
        UnsearchableFilter = "Input fails to satisfy the constraints.",
        /// R132. Three reports have the period at the end: aws/aws-sdk-php#1088 (2016),
        /// aws/aws-sdk-php#1961, aws/aws-sdk-js#3147 (2020).
        FilterUnreadable = "Error while parsing filter.",
        /// `ListGroups`. Live, like the next one: radkawar/stackd, 2026-09-24.
        PaginationTokenInvalid = "Provided pagination token is invalid. Check the token and try your request again.",
        /// `ListUsersInGroup`.
        PagingMarkerInvalid = "Paging marker is invalid.",
        /// `ListUsersInGroup` with `Limit: 0`: the sentence of an inner service,
        /// live: radkawar/stackd, 2026-09-24.
        InnerValidation { detected, request } = "com.amazonaws.services.identitystoreservice.model.ValidationException: {detected} (Service: AWSIdentityStoreService; Status Code: 400; Error Code: ValidationException; Request ID: {request}; Proxy: null)",
        /// Inferred for the other lists.
        InvalidPaginationToken = "Invalid pagination token given.",
        /// R133.
        PasswordFactorRequired = "Password should be configured as one of the allowed first auth factors.",
        /// R139.
        AliasAndUsernameAttributes = "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        /// R140.
        SmsConfigurationForMfa = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
        /// R141.
        SmsConfigurationForVerification = "SMS configuration is required when phone_number is selected for auto verification",
        /// R142.
        VerificationBeforeUpdateNotAuto = "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        /// R143.
        RecoveryAdminOnlyAlone = "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.",
        /// R144.
        RecoveryDuplicates = "Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        /// Live: aws/aws-cdk#11478, 2023-07.
        RecoveryBySecondFactor = "Invalid account recovery setting parameter. Account Recovery Setting cannot use verified_phone_number as a recovery mechanism when SMS MFA is configured.",
        /// R145.
        MfaOffWithFactor = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        /// R146.
        EmailMfaDefaultSender = "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.",
        /// R146-2.
        EmailMfaRecovery = "Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only verified_email in RecoveryMechanisms.",
        /// R147.
        SourceArnRequired = "Source ARN is required to use DEVELOPER email sending owner",
        /// R149.
        InvalidFromAddress = "Provided From email address is invalid",
        /// R150. The list was seen in us-east-1. That each Region has its own list is
        /// inferred.
        SesRegion { regions } = "Invalid EmailConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: {regions}.",
        /// R151.
        SnsRegion { region, allowed } = "Invalid snsRegion. Allowed SNS region for {region} is {allowed}",
        /// R152; the exception is inferred.
        CrossAccountRole = "Cross-account pass role is not allowed.",
        /// R153.
        CrossRegionLambda = "Cross-region lambda functions are not supported",
        /// R154.
        KmsKeyRequired = "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
        /// R154-2. `{region}` is the key's. The exception is inferred.
        KmsKeyForeign { region } = "Encountered error when CreateGrant was attempted on the input KMS key - Invalid arn {region}",
        /// R155.
        TwoPreTokenLambdas = "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's",
        /// A custom attribute without a name, which the model allows. The
        /// sentence is inferred.
        AttributeNameMissing = "Attribute name is required.",
        /// A custom attribute without its type. The sentence was relayed by
        /// CloudFormation from a deployment (amplify-cli#9525, sst#1645).
        AttributeTypeMissing = "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        /// R156.
        RequiredCustomAttribute = "Required custom attributes are not supported currently.",
        /// R157.
        DuplicateAttribute { attribute } = "Duplicate custom attribute names {attribute} are not allowed in a user pool schema.",
        /// R158.
        StandardAttributeChanged { attribute } = "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute {attribute}",
        /// The model documents that the bounds are numbers. The sentence is
        /// inferred.
        ConstraintNotNumber { attribute, constraint } = "Attribute {attribute} has an invalid {constraint}: it must be a number",
        /// R159.
        MaxLengthBelowMin { attribute } = "Attribute {attribute} cannot have a max length shorter than it's min length",
        /// R160.
        MaxValueBelowMin { attribute } = "Attribute {attribute} cannot have a max value smaller than it's min value",
        /// R161 (inferred).
        AttributeExists { attribute } = "{attribute}: Existing attribute already has name {attribute}.",
        /// R191.
        ProviderTypeMismatch { provider, kind } = "Provider {provider} cannot be of type {kind}.",
        /// R192.
        SocialDetailsMissing = "clientId, clientSecret and authorizeScopes are all required idp details.",
        /// R193.
        AppleDetailsMissing = "clientId, privateKey, teamId, and keyId are all required idp details.",
        /// R194.
        OidcDetailsMissing = "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
        /// Live: `pf-cognito-idp-oidc-attributes-request-method` in
        /// badmintoncryer/cdk-preflight.
        AttributesRequestMethod { method } = "1 validation error detected: Value '{method}' at 'providerConfiguration.oidcConfig.attributesRequestMethod' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]",
        /// R195.
        OidcEndpointHttp = "OIDC endpoint must start with https://",
        /// R196.
        MetadataMissing = "At least one of the MetadataURL or MetadataFile should be provided.",
        /// R197.
        MetadataTwice = "Only one of the MetadataURL or MetadataFile should be provided.",
        /// `OpenSAML`'s own message, reported for Cognito in ory/mocksaml#103.
        MetadataUnreadable = "Unable to unmarshall metadata",
        /// Live: aws/aws-cli#9729.
        InvalidAttributeMapping { attributes } = "AttributeMapping contains invalid mapping: [{attributes}]",
        /// Documented at `AcrConfiguration`; the sentence is inferred.
        AcrNameRepeated { name } = "The AcrValue {name} is not unique across all levels.",
        /// Documented at `AcrMapping`; the sentence is inferred.
        AcrMappingNotOidc = "AcrMapping is supported for OIDC identity providers only.",
        /// Inferred.
        IdentifierTaken { identifier } = "The identifier {identifier} is already in use by an identity provider.",
        /// R199.
        MergingUnsupported = "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link",
        /// Live: aws-amplify/amplify-js#13334.
        LocalSourceUser = "Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser",
        /// Live, in several programs.
        AlreadyLinked = "SourceUser is already linked to DestinationUser",
        /// Live: aws/aws-sdk-go#4218; the exception is inferred.
        NotLinked = "Account isn't linked to anyone else, verify that the account has been linked",
        /// Inferred.
        ProviderUserIncomplete { user, member } = "{user} must have a {member}.",
        /// Documented at `SourceUser`; the sentence is inferred.
        CognitoSubjectRequired { provider } = "The ProviderAttributeName must be Cognito_Subject for the provider {provider}.",
        /// aws/aws-sdk-js-v3#6985; the sentence is inferred.
        IdentityTooLong = "The names of provider and attribute and the attribute's value cannot be longer than 128 characters together.",
        /// Inferred.
        NoUserPoolArn { arn } = "{arn} is not the ARN of a user pool.",
        /// Inferred, like the next two: [`crate::settings::tags`].
        TooManyTags = "Invalid tags: a user pool has 50 at most.",
        /// AWS reserves the prefix.
        TagReserved = "Invalid tags: the prefix aws: of keys is reserved.",
        /// The rule is from the developer guide.
        TagCharacters = "Invalid tags: keys and values contain letters, numbers, spaces and _.:/=+-@ only.",
        /// R200 (inferred).
        ResourceServerExists { identifier, pool } = "{identifier} already exists in user pool {pool}.",
        /// Inferred.
        DuplicateScope { scope } = "Duplicate scope {scope}.",
        /// R162.
        LegacyFlowMixed = "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
        /// R163.
        UrlFragment { url } = "{url} cannot use fragment",
        /// R164.
        UrlHttp { url } = "{url} cannot use the HTTP protocol.",
        /// R165.
        CallbackUrlsEmpty = "CallbackUrls can not be empty when code flow or implicit flow is selected",
        /// R166.
        DefaultRedirectNotListed { url } = "The default redirect URI {url} is not in the callback URIs list.",
        /// R167.
        OAuthFlowsAndScopesRequired = "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
        /// R171.
        ProviderNotFound { provider, pool } = "The provider {provider} does not exist for User Pool {pool}.",
        /// R172. `{doing}` is `creating` or `updating` (for updates inferred
        /// from the next one).
        InvalidReadAttributes { doing } = "Invalid read attributes specified while {doing} a client",
        /// R173; for updates aws/aws-sdk-java#1395.
        InvalidWriteAttributes { doing } = "Invalid write attributes specified while {doing} a client",
        /// R174.
        PropagateNeedsSecret = "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
        /// R175.
        AnalyticsIncomplete = "Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid",
        /// R175-2. `{region}` is that of the Amazon Pinpoint project. The exception is
        /// inferred.
        AnalyticsRegion { region } = "The integration with Pinpoint is not supported for the requested {region} region.",
        /// 6.19.
        TokenValidityRange = "Invalid range for token validity.",
        /// 6.19.
        TokenValidityOrder = "Access and Id Token expiration times must be less than or equal to refresh token expiration times.",
        /// 3.17.
        UnusedAccountValidityDays = "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        /// R177.
        DeletionProtected = "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.",
        /// R178.
        PoolHasDomain = "User pool cannot be deleted. It has a domain configured that should be deleted first.",
        /// R179.
        DomainTaken = "Domain already associated with another user pool.",
        /// Live: aws/aws-cdk#10062.
        DomainConfigured = "User pool already has a domain configured.",
        /// R180.
        DomainReserved { word } = "Domain cannot contain reserved word: {word}",
        /// R181. The end of the sentence is from `pf-cognito-domain-prefix-format` in
        /// badmintoncryer/cdk-preflight.
        DomainInvalid = "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\\-]{{0,61}}[a-z0-9])?$",
        /// R182. The end is from `pf-cognito-custom-domain-fqdn`, as above.
        NotSubdomain = "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain.",
        /// R183. The end is from `pf-cognito-custom-domain-cert-region`, as above.
        CertificateInvalid { request } = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain. (Service: CloudFront, Status Code: 400, Request ID: {request})",
        /// R184; inferred for `UpdateUserPoolDomain`.
        DomainNotFound = "No such domain or user pool exists.",
        /// Live: hashicorp/terraform-provider-aws#43252.
        CustomToPrefix = "Cannot convert custom domain to prefix domain.",
        /// Inferred from the sentence above.
        PrefixToCustom = "Cannot convert prefix domain to custom domain.",
        /// Documented at `ManagedLoginVersion`; the sentence is inferred.
        LoginVersion = "ManagedLoginVersion must be 1 or 2.",
        /// Documented at `Routing`; the sentence is inferred.
        RoutingOfPrefix = "Routing is supported for custom domains only.",
        /// The case of R185, measured by go-to-k/cdkd#1920.
        MfaFactorRequired = "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
        /// `UpdateUserPool` with `MfaConfiguration: ON` and no enabled factor:
        /// aws-cloudformation/cloudformation-coverage-roadmap#1176,
        /// go-to-k/cdkd.
        MfaOnAfterCreation = "Cannot turn MFA functionality ON, once the user pool has been created.",
        /// Required MFA with one-time passwords as first factors: go-to-k/cdkd#1975.
        FirstFactorsWithMfa = "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
        /// Required MFA with passkeys as first factors: go-to-k/cdkd#2064.
        SingleFactorWebAuthn = "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor",
        /// Quoted from live answers by several programs.
        RotationWithRefreshFlow = "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.",
        /// Documented at `ClientSecret`; the sentence is inferred.
        SecretGivenAndGenerated = "Cannot specify both GenerateSecret as true and a ClientSecret value.",
        /// `GetClientToken` and `GetDerivedToken`, which declare no
        /// `ScopeDoesNotExistException`; inferred from R170.
        ScopeNotAllowed { scope } = "Invalid scope requested: {scope}",
        /// Like the one above; the sentence is inferred.
        NoScopes = "The client is not allowed any scopes.",
        /// Documented at `GetDerivedToken`; the sentence is inferred.
        AudienceAndResource = "Audiences and Resources cannot both be requested.",
        /// A failed trigger of `GetClientToken`, which declares none of the
        /// usual exceptions (inferred).
        TokenGenerationFailed { reason } = "{reason}",
        /// Documented at `GetClientToken`, like the next one; the sentences are
        /// inferred.
        ClientTokenFlowAlone = "ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.",
        /// A client without a secret.
        ClientTokenFlowNeedsSecret = "ALLOW_CLIENT_TOKEN_AUTH requires a client secret.",
        /// Inferred, like the next three, from the documented rules of
        /// `UpdateProvisionedLimit` and `GetProvisionedLimit`.
        LimitCategoryMissing = "The attribute Category is required for the limit class API_CATEGORY.",
        /// Only adjustable categories support provisioning.
        LimitNotAdjustable { category } = "The limit of the category {category} is not adjustable.",
        /// Pools of managed login do not support adjustments of these two.
        LimitOfManagedLogin { category } = "The limit of the category {category} cannot be adjusted while a user pool uses managed login.",
        /// The value must be at least the default.
        LimitBelowDefault { default } = "The requested limit value cannot be less than the default of {default}.",
        /// R202-2.
        ClientIsPublic = "User pool client secret not enabled. Cannot create new secret.",
        /// Documented at `DeleteUserPoolClientSecret`; the exception and its
        /// sentence are inferred.
        LastSecret = "Cannot delete the last remaining client secret.",
        /// Documented at `RevokeUserSession`; the exception and its sentence are
        /// inferred.
        CurrentSession = "Cannot revoke the current session.",
        /// Documented at `MFAOptions`; the sentence is inferred.
        MfaOptionsSmsOnly = "MFAOptions can only set SMS delivery to phone_number.",
        /// 8d: 50 custom attributes. `AddCustomAttributes` declares no
        /// `LimitExceededException`; the sentence is inferred.
        TooManyAttributes = "A user pool cannot have more than 50 custom attributes.",
        /// Quoted from live answers by several programs. All cases measured by
        /// floci-io/floci#2869.
        BrandingSource = "useCognitoProvidedValues or settings should be specified (but not both)",
        /// The frame of the sentence was seen live with several faults (public
        /// code, 2026), and by cdk-preflight.
        InvalidAssets { faults } = "Invalid assets provided. Validation errors: [{faults}]",
        /// The limit is the model's limit for a request. The sentence is
        /// inferred.
        TooManyAssets = "A managed login branding style cannot have more than 40 assets.",
        /// Seen live: terraform-provider-aws for `GetUICustomization`, cdk-preflight
        /// for `SetUICustomization`.
        DomainRequired = "There has to be an existing domain associated with this user pool.",
        /// Live: amazon-cognito-identity-js#512, amplify-js#4489, and four more reports.
        NoDomainForLink = "Cannot perform specific action because there does not exist a valid use \
                           pool domain associated with the user pool",
        /// Seen live by cdk-preflight for `body`. That the sentence names a class
        /// without its dot is inferred.
        CssClassNotAllowed { class } = "The CSS class {class} is not in the list of allowed classes.",
        /// The rule is the developer guide's; the sentence is inferred.
        CssNotAllowed = "The CSS cannot contain HTML, JavaScript, or @import, @supports, @page or @media statements.",
        /// Inferred: every terms document in a response has links.
        TermsLinksMissing = "Links are required when TermsSource is LINK.",
        /// Measured: floci-io/floci#2867, cdk-preflight.
        LogRequestInvalid { faults } = "Request validation Failed. {faults}",
        /// Seen live by cdk-preflight.
        CidrFormat = "Incorrect CIDR format",
        /// Seen live by cdk-preflight; the list is that of R150.
        NotifySourceRegion { regions } = "Invalid NotifyConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: {regions}.",
        /// Inferred.
        NotifyConfigurationMissing = "NotifyConfiguration is required when Notify is true.",
        /// Inferred, like the next three.
        ReplicaRegion { region } = "Cannot create a replica in region {region}.",
        /// A change to the primary replica.
        ReplicaIsPrimary = "The primary replica cannot be updated or deleted.",
        /// A change to a replica that is being created or deleted.
        ReplicaInTransition = "The replica is being created or deleted.",
        /// The rule is from the reference of `DeleteUserPoolReplica`.
        ReplicaNotInactive = "Only replicas in INACTIVE status can be deleted.",
    }
    InvalidPasswordException {
        /// The password of `SignUp` (3.2 to 3.7). Here and in the next two, `{rule}` is
        /// a sentence of [`PasswordRule`].
        SignUpPasswordRefused { rule } = "Password did not conform with policy: {rule}",
        /// `TemporaryPassword` of `AdminCreateUser` (3.8-2).
        TemporaryPasswordRefused { rule } = "Password did not conform with password policy: {rule}",
        /// The password of an existing user (3.8).
        NewPasswordRefused { rule } = "Password does not conform to policy: {rule}",
    }
    InvalidSmsRoleTrustRelationshipException {
        /// R186.
        SmsRoleTrust = "Role does not have a trust relationship allowing Cognito to assume the role",
    }
    InvalidUserPoolConfigurationException {
        /// R97 (inferred).
        DevicesNotTracked = "User pool is not configured for device tracking",
    }
    LimitExceededException {
        /// 7.5, R30, R58: hourly limits of one user.
        AttemptLimitExceeded = "Attempt limit exceeded, please try after some time.",
        /// 8d; the sentence is inferred.
        ResourceLimit { resource, limit } = "{resource} cannot exceed limit of {limit}.",
        /// An error of the emulator only: Cognito has no limit across all accounts.
        TooManyPools { limit } = "The emulator keeps {limit} user pools of all accounts. Delete some, then retry.",
    }
    ManagedLoginBrandingExistsException {
        /// Measured: floci-io/floci#2869.
        BrandingExists { client } = "A ManagedLoginBranding already exists for client {client}",
    }
    MissingAuthenticationTokenException {
        /// 1.12 (inferred).
        MissingAuthenticationToken = "Missing Authentication Token",
    }
    MFAMethodNotFoundException {
        /// A factor that was not offered. The sentence is inferred.
        MfaMethodNotFound = "MFA method not found.",
    }
    NotAuthorizedException {
        /// R1, R2.
        CannotBeConfirmed { status } = "User cannot be confirmed. Current status is {status}",
        /// R10.
        CannotResendCodes = "Cannot resend codes. Auto verification not turned on.",
        /// R14, R18.
        CannotResetPassword = "User password cannot be reset in the current state.",
        /// R23 (inferred).
        ContactAdministrator = "Contact administrator to reset password.",
        /// Inferred.
        FeedbackTokenInvalid = "Invalid feedback token",
        /// R33, R56.
        UserDisabled = "User is disabled.",
        /// R36, 3.18.
        TemporaryPasswordExpired = "Temporary password has expired and must be reset by an administrator.",
        /// R38, R57, R75.
        BadCredentials = "Incorrect username or password.",
        /// R53.
        SignUpNotPermitted = "SignUp is not permitted for this user pool",
        /// R76.
        PasswordAttemptsExceeded = "Password attempts exceeded",
        /// R77.
        SecretHashMissing { client } = "Client {client} is configured with secret but SECRET_HASH was not received",
        /// R78, and a wrong `ClientSecret` of `GetTokensFromRefreshToken`:
        /// radkawar/stackd, recorded 2026-09-24.
        SecretHashMismatch { client } = "Unable to verify secret hash for client {client}",
        /// R78-3: `REFRESH_TOKEN_AUTH`, aws/aws-sdk-net-extensions-cognito#122
        /// (2023), aws-amplify/amplify-android#3111 (2025).
        RefreshSecretHashMismatch { client } = "SecretHash does not match for the client: {client}",
        /// R80 (inferred).
        SecretHashUnexpected { client } = "Client {client} is not configured for secret but secret hash was received",
        /// `GetTokensFromRefreshToken` of a confidential client:
        /// radkawar/stackd, recorded 2026-09-24.
        ClientSecretMissing { client } = "Client {client} is configured for secret but secret was not received",
        /// Seen live at `GetClientToken` with a wrong secret, by a probe of
        /// 2026-09-26 in public code. Inferred for `GetDerivedToken`.
        ClientOrSecretInvalid = "Invalid client or secret",
        /// R81.
        SessionExpired = "Invalid session for the user, session is expired.",
        /// R82.
        SessionUsed = "Invalid session for the user, session can only be used once.",
        /// R83.
        SessionInvalid = "Invalid session for the user.",
        /// R92.
        AttributeAlreadyProvided { attribute } = "Cannot modify an already provided {attribute}",
        /// R98.
        AccessTokenExpired = "Access Token has expired",
        /// R99.
        AccessTokenRevoked = "Access Token has been revoked",
        /// R100.
        AccessTokenInvalid = "Invalid Access Token",
        /// The token of a deleted user whose username another user has now:
        /// radkawar/stackd, recorded 2026-09-24.
        AccessTokenOfFormerUser = "Invalid access token.",
        /// R101.
        AccessTokenForged = "Could not verify signature for Access Token",
        /// R102.
        AccessTokenScopes = "Access Token does not have required scopes",
        /// Live: aws-amplify/amplify-js#10582.
        DeviceBeforeUser = "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating",
        /// R104.
        RefreshTokenInvalid = "Invalid Refresh Token",
        /// R104-3: the device is not the device of the sign-in. The period at the end:
        /// aws/aws-sdk-java-v2#3418.
        RefreshTokenOfOtherDevice = "Invalid Refresh Token.",
        /// R104-2: the sentence has been the same from 2022 (aws/aws-sdk-js#4016) to
        /// 2026 (radkawar/stackd).
        RefreshTokenOfOtherClient = "Refresh Token has different Client",
        /// R107: radkawar/stackd, recorded 2026-09-24.
        RefreshTokenOfDeletedUser = "The user has been deleted for the associated refresh token",
        /// R105: radkawar/stackd, recorded 2026-09-24.
        RefreshTokenRevoked = "Refresh Token has been revoked",
        /// A revoked token of a client whose tokens rotate. The exception has no
        /// sentence: radkawar/stackd, recorded 2026-09-24.
        RotatedTokenRevoked = "",
        /// R106 (inferred).
        RefreshTokenExpired = "Refresh Token has expired",
        /// `GetDerivedToken`: the subject's or the actor's token is from another pool,
        /// or its kind is not accepted (inferred, like the next one).
        PartyTokenInvalid { party } = "Invalid {party} token",
        /// The token has expired.
        PartyTokenExpired { party } = "The {party} token has expired",
        /// A passkey that is not the user's, or that does not verify. The
        /// sentence is inferred.
        PasskeyRefused = "WebAuthn credential could not be verified.",
        /// R121.
        UnauthorizedAttribute = "A client attempted to write unauthorized attribute",
        /// An address in `BlockedIPRangeList`. Seen live for a blocked address
        /// (an application's list of Cognito's messages, public code).
        AddressBlocked = "Request not allowed due to security reasons.",
    }
    NotImplemented {
        /// An error of the emulator only: the operation is in the model, but is not
        /// implemented.
        NotImplemented { operation } = "The emulator does not implement {operation} yet.",
    }
    OperationNotEnabledException {
        /// Documented at `SetUserPoolClientSessionConfiguration`. The exception
        /// is the one for operations that the pool's configuration does not
        /// allow. The sentence is inferred.
        SessionTrackingOff = "Session tracking is not enabled for the user pool.",
        /// `GetDerivedToken` in a pool of the tier LITE, which has no token
        /// exchange. The operation does not declare
        /// `FeatureUnavailableInTierException` (inferred).
        TokenExchangeOff { tier } = "Token exchange is not available for the {tier} pricing tier.",
        /// The sentence is inferred.
        OperationNotEnabled = "Operation is not enabled in this region.",
        /// The rule is from the developer guide. Exception and sentence are
        /// inferred.
        ReplicaNeedsKey = "The user pool must be configured with a multi-Region customer managed key before it can be replicated.",
    }
    PasswordHistoryPolicyViolationException {
        /// 3.14.
        PasswordUsedBefore = "Password has previously been used",
    }
    PasswordResetRequiredException {
        /// R34.
        PasswordResetRequired = "Password reset required for the user",
    }
    PreconditionNotMetException {
        /// Seen live: <https://github.com/aws-amplify/amplify-js/issues/6416>.
        ImportFileMissing { job } = "No csv file was uploaded for {job}",
        /// Inferred, like the next three. The guide says that a job cannot be started
        /// twice or after it has expired.
        ImportJobNotCreated { status } = "The user import job cannot be started. Current status is {status}",
        /// The guide: only one job runs at a time in an account.
        ImportJobActive = "Another user import job is active in this account.",
        /// The guide: the pool needs an attribute that it verifies.
        ImportNeedsAutoVerified = "The user pool must have at least one auto verified attribute to import users.",
        /// The guide: only a running job can be stopped.
        ImportJobNotRunning { status } = "The user import job cannot be stopped. Current status is {status}",
    }
    RefreshTokenReuseException {
        /// radkawar/stackd, recorded 2026-09-24.
        RefreshTokenReused = "Refresh token reuse detected",
    }
    ResourceNotFoundException {
        /// R72.
        ClientNotFound { client } = "User pool client {client} does not exist.",
        /// `DescribeUserPoolClient`, live: radkawar/stackd, 2026-09-24. Inferred
        /// for the other operations that manage a client.
        ClientOfPoolNotFound = "User pool client does not exist.",
        /// R73 (inferred).
        PoolNotFound { pool } = "User pool {pool} does not exist.",
        /// R96; live: amazon-archives/amazon-cognito-identity-js#200.
        DeviceNotFound = "Device does not exist.",
        /// Inferred.
        AuthEventNotFound { event } = "Auth event {event} does not exist.",
        /// Inferred.
        ImportJobNotFound { job } = "User import job {job} does not exist.",
        /// R189 (inferred).
        GroupNotFound = "Group not found.",
        /// `DescribeIdentityProvider`, live: floci-io/floci#2858.
        IdentityProviderNotFound { provider, pool } = "Identity provider {provider} for tenantId {pool} does not exist.",
        /// `UpdateIdentityProvider`, live: floci-io/floci#2858.
        UpdatedProviderNotFound { provider, pool } = "Identity provider {provider} in User Pool {pool} does not exist.",
        /// Inferred from the two sentences above.
        IdentifierNotFound { identifier, pool } = "Identity provider with identifier {identifier} for tenantId {pool} does not exist.",
        /// R201 (inferred).
        ResourceServerNotFound { identifier } = "Resource server {identifier} does not exist.",
        /// Inferred.
        PasskeyNotFound = "WebAuthn credential not found.",
        /// A category of request rates; inferred, like the next two.
        LimitNotFound { category } = "Limit for the category {category} does not exist.",
        /// A secret of an app client.
        SecretNotFound { secret } = "Client secret {secret} does not exist.",
        /// A record of session tracking.
        SessionNotFound { session } = "Session {session} does not exist.",
        /// R203. The whole sentence was measured: floci-io/floci#2869.
        BrandingNotFound = "ManagedLoginBranding does not exist.",
        /// Measured: floci-io/floci#2869.
        BrandingOfClientNotFound { client } = "ManagedLoginBranding for client {client} does not exist.",
        /// Inferred from the sentences of branding, like the next two.
        TermsNotFound = "Terms does not exist.",
        /// A document of an app client.
        TermsOfClientNotFound { terms, client } = "Terms {terms} for client {client} does not exist.",
        /// A replica in a Region.
        ReplicaNotFound { region } = "User pool replica in region {region} does not exist.",
    }
    ScopeDoesNotExistException {
        /// R170.
        ScopeNotFound { scope } = "Invalid scope requested: {scope}",
    }
    SerializationException {
        /// 1.9: the exception has no sentence.
        NotJson = "",
        /// 1.10 (inferred, like the next five): a scalar of another JSON type.
        WrongJsonType { found, expected } = "{found} can not be converted to {expected}",
        /// A list where a list is not expected, such as the whole body.
        UnexpectedList = "Start of list found where not expected",
        /// An object where an object is not expected.
        UnexpectedObject = "Start of structure or map found where not expected.",
        /// A scalar in place of a list.
        ExpectedList = "Expected list or null",
        /// A scalar in place of a map.
        ExpectedMap = "Expected map or null",
        /// A scalar in place of a structure.
        ExpectedStructure = "Expected null",
    }
    ServiceQuotaExceededException {
        /// Documented at `UpdateProvisionedLimit`; the sentence is inferred.
        LimitAboveMaximum { maximum } = "The requested limit value exceeds the account-level maximum limit of {maximum}.",
    }
    SoftwareTokenMFANotFoundException {
        /// R89.
        TotpNotEnabled = "Software Token MFA has not been enabled by the userPool",
    }
    TermsExistsException {
        /// Inferred from the sentence of branding.
        TermsExist { terms, client } = "Terms {terms} already exists for client {client}",
    }
    TooManyRequestsException {
        /// 8.1.
        RateExceeded = "Rate exceeded",
    }
    UnauthorizedException {
        /// R111: radkawar/stackd, recorded 2026-09-24, without a secret. For
        /// other faults of the client it is inferred.
        ClientUnauthorized = "Invalid client or secret",
    }
    UnexpectedLambdaException {
        /// R205.
        LambdaNotInvoked { trigger, reason } = "{trigger} invocation failed due to error {reason}.",
    }
    UnknownOperationException {
        /// 1.11: the exception has no sentence.
        UnknownOperation = "",
    }
    UnsupportedOperationException {
        /// R110: radkawar/stackd, recorded 2026-09-24.
        RevocationNotEnabled = "This feature is not enabled for this client",
        /// `REFRESH_TOKEN_AUTH` with a client whose tokens rotate:
        /// radkawar/stackd, recorded 2026-09-24.
        RotationNotSupported = "This API does not support refresh token rotation",
    }
    UnsupportedTokenTypeException {
        /// R109; the sentence is inferred.
        UnsupportedTokenType = "Unsupported token type",
    }
    UnsupportedUserStateException {
        /// R46 (the middle of the sentence is inferred).
        ResendNotPossible { username } = "Resend not possible. {username} status is not FORCE_CHANGE_PASSWORD",
    }
    UserImportInProgressException {
        /// The model's documentation of the exception; the sentence is inferred.
        ImportInProgress = "The user pool cannot be modified while a user import job is in progress.",
    }
    UserLambdaValidationException {
        /// R204.
        LambdaFailed { trigger, message } = "{trigger} failed with error {message}.",
    }
    UserNotConfirmedException {
        /// R31.
        NotConfirmed = "User is not confirmed.",
    }
    UserNotFoundException {
        /// R37, R47, R51.
        UserNotFound = "User does not exist.",
        /// R11, R20, R29.
        UserClientNotFound = "Username/client id combination not found.",
        /// `UserMigration` returns no user. Public programs match the sentence
        /// in live answers. The exception is inferred.
        MigrationFailed { client } = "Exception migrating user in app client {client}",
    }
    UserPoolAddOnNotEnabledException {
        /// Measured by another emulator (ministackorg/ministack#1538).
        AddOnNotEnabled = "This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.",
    }
    UsernameExistsException {
        /// R42.
        AccountExists = "User account already exists",
        /// R43.
        UserExists = "User already exists",
        /// R44, R45, R48. That `AdminCreateUser` throws it for aliases too was
        /// seen live: <https://github.com/boto/boto3/issues/3213>.
        UsernameAttributeExists { attribute } = "An account with the given {attribute} already exists.",
    }
    UserPoolTaggingException {
        /// Inferred, like the next two: [`crate::settings::tags`].
        TooManyPoolTags = "Invalid tags: a user pool has 50 at most.",
        /// AWS reserves the prefix.
        PoolTagReserved = "Invalid tags: the prefix aws: of keys is reserved.",
        /// The rule is from the developer guide.
        PoolTagCharacters = "Invalid tags: keys and values contain letters, numbers, spaces and _.:/=+-@ only.",
    }
    WebAuthnChallengeNotFoundException {
        /// No registration was started, or its challenge has expired. The sentence is
        /// inferred, like those of the exceptions below.
        PasskeyChallengeNotFound = "WebAuthn challenge not found.",
    }
    WebAuthnClientMismatchException {
        /// The registration was started with another client's access token.
        PasskeyClientMismatch = "Access token is for a different client than the one that started the registration.",
    }
    WebAuthnConfigurationMissingException {
        /// The pool has neither a relying party nor a domain.
        RelyingPartyMissing = "User pool does not have a relying party id or a domain configured.",
    }
    WebAuthnCredentialNotSupportedException {
        /// An algorithm other than ES256 and RS256, or no user verification
        /// although the pool requires it.
        PasskeyNotSupported = "WebAuthn credential is not supported.",
    }
    WebAuthnNotEnabledException {
        /// `WEB_AUTHN` is not an allowed first factor of the pool.
        PasskeysNotEnabled = "WebAuthn is not enabled for this user pool.",
    }
    WebAuthnOriginNotAllowedException {
        /// The page does not belong to the relying party.
        PasskeyOriginNotAllowed = "Origin is not allowed for the relying party id of the user pool.",
    }
    WebAuthnRelyingPartyMismatchException {
        /// A credential for another relying party.
        PasskeyRelyingPartyMismatch = "Credential is for a different relying party id than that of the user pool.",
    }
}

/// A rule of a password policy. Three sentences of [`Error`] name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// The minimal length (3.3).
    Length,
    /// An upper-case letter (3.4).
    Uppercase,
    /// A lower-case letter (3.5).
    Lowercase,
    /// A digit (3.6).
    Number,
    /// A symbol (3.7).
    Symbol,
}

impl PasswordRule {
    /// The sentence for the rule.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Length => "Password not long enough",
            Self::Uppercase => "Password must have uppercase characters",
            Self::Lowercase => "Password must have lowercase characters",
            Self::Number => "Password must have numeric characters",
            Self::Symbol => "Password must have symbol characters",
        }
    }
}

impl Error {
    /// HTTP status: 500 for Cognito's own failures, 501 for operations that are
    /// not implemented, 400 for everything else (facts 1.7, 1.8).
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Internal | Self::NotRecorded { .. } => 500,
            Self::NotImplemented { .. } => 501,
            _ => 400,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sentence() {
            Some(sentence) => write!(f, "{}: {sentence}", self.code()),
            None => f.write_str(self.code()),
        }
    }
}

impl std::error::Error for Error {}

/// The result of an operation; with `E`, that of a function whose error is not one of Cognito's.
pub type Result<T, E = Error> = std::result::Result<T, E>;
