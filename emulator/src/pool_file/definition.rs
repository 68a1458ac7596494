//! The members of a pool file.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::form::{Encoding, Field, Form, Record};
use crate::model::{Model, Shape};

/// The definition of pool files.
pub struct Definition(());

static FILE: LazyLock<Record> = LazyLock::new(file);

impl Definition {
    /// The members of a file.
    pub(super) fn get() -> &'static Record {
        &FILE
    }

    /// The members of one pool.
    pub(super) fn pool() -> &'static Record {
        match FILE.field("UserPools").map(|field| &field.form) {
            Some(Form::List(element)) => match &**element {
                Form::Record(pool) => pool,
                _ => unreachable!("pools are records"),
            },
            _ => unreachable!("a file has pools"),
        }
    }
}

const TIME: &str =
    "A date with time and offset, such as `2026-01-02T03:04:05Z`, or seconds since the epoch.";

fn file() -> Record {
    Record {
        name: "PoolFile",
        description: "User pools with their clients, groups, users and all other parts.".to_owned(),
        fields: vec![
            field(
                "$schema",
                Form::Text,
                "The address of the JSON Schema, for editors.",
            ),
            field(
                "Version",
                Form::Whole(1, 1),
                "The version of the format: 1.",
            ),
            field(
                "NotExported",
                list(Form::Text),
                "For readers: what a copy of a pool does not have, such as passwords.",
            ),
            required("UserPools", list(Form::Record(pool())), "The user pools."),
        ],
    }
}

fn pool() -> Record {
    let mut fields = vec![field(
        "Id",
        Form::Model(shape("UserPoolIdType")),
        "The id, as in `us-east-1_Example01`. Its Region is the pool's Region. If absent, the id follows from the seed and the name.",
    )];
    let mut settings = of("CreateUserPool", &[]);
    for operation in [
        "SetUserPoolMfaConfig",
        "SetUserPoolSessionConfiguration",
        "SetLogDeliveryConfiguration",
    ] {
        settings.extend(
            of(operation, &["UserPoolId", "MfaConfiguration"])
                .into_iter()
                .map(optional),
        );
    }
    // The request has at most 50 attributes, but `AddCustomAttributes` can add more.
    if let Some(schema) = settings.iter_mut().find(|field| field.name == "Schema") {
        schema.form = list(Form::Model(shape("SchemaAttributeType")));
    }
    // The name is first, as people look for it.
    let name = settings.iter().position(|field| field.name == "PoolName");
    fields.extend(name.map(|at| settings.remove(at)));
    fields.push(field(
        "AccountId",
        Form::Encoded(Encoding::Account),
        "The AWS account of the pool. If absent, the emulator's default account.",
    ));
    fields.extend(settings);
    fields.extend(dates());
    fields.push(field(
        "UserPoolReplica",
        Form::Record(replica()),
        "The replica in another Region.",
    ));
    fields.extend(parts());
    Record {
        name: "UserPool",
        description: "A user pool: the members of `CreateUserPool`, `SetUserPoolMfaConfig` and `SetUserPoolSessionConfiguration`, and lists of its parts.".to_owned(),
        fields,
    }
}

/// The lists of a pool's parts.
fn parts() -> Vec<Field> {
    vec![
        field(
            "UserPoolClients",
            list(Form::Record(client())),
            "The app clients.",
        ),
        field(
            "Domains",
            list(Form::Record(domain())),
            "The domains: at most one prefix and one custom domain.",
        ),
        field(
            "ResourceServers",
            list(Form::Record(of_create(
                "ResourceServer",
                "CreateResourceServer",
                vec![],
                vec![],
            ))),
            "The resource servers.",
        ),
        field(
            "IdentityProviders",
            list(Form::Record(provider())),
            "The identity providers.",
        ),
        field(
            "ManagedLoginBrandings",
            list(Form::Record(branding())),
            "The styles of managed login.",
        ),
        field(
            "UICustomizations",
            list(Form::Record(customization())),
            "The customizations of the classic hosted UI.",
        ),
        field("Terms", list(Form::Record(terms())), "The terms documents."),
        field(
            "RiskConfigurations",
            list(Form::Record(risk())),
            "The settings of threat protection.",
        ),
        field(
            "Groups",
            list(Form::Record(of_create(
                "Group",
                "CreateGroup",
                vec![],
                dates(),
            ))),
            "The groups.",
        ),
        field("Users", list(Form::Record(user())), "The users."),
    ]
}

fn replica() -> Record {
    let mut fields = of("CreateUserPoolReplica", &["UserPoolId"]);
    fields.push(field(
        "Status",
        Form::Choice(&["ACTIVE", "INACTIVE"]),
        "Whether the replica serves users. Default: `ACTIVE`.",
    ));
    fields.extend(
        of("SetLogDeliveryConfiguration", &["UserPoolId"])
            .into_iter()
            .map(optional),
    );
    Record {
        name: "UserPoolReplica",
        description: described("CreateUserPoolReplica"),
        fields,
    }
}

fn client() -> Record {
    let id = field(
        "ClientId",
        Form::Model(shape("ClientIdType")),
        "The id. If absent, it follows from the seed, the pool and the name.",
    );
    let secret = Record {
        name: "ClientSecret",
        description: "A secret of an app client.".to_owned(),
        fields: vec![
            field("ClientSecretId", Form::Text, "The id of the secret."),
            required(
                "ClientSecretValue",
                Form::Model(shape("ClientSecretType")),
                "The secret.",
            ),
            field("ClientSecretCreateDate", Form::Date, TIME),
        ],
    };
    let mut more = vec![field(
        "ClientSecrets",
        list(Form::Record(secret)),
        "The secrets, oldest first, in place of `ClientSecret`; two at most.",
    )];
    more.extend(
        of(
            "SetUserPoolClientSessionConfiguration",
            &["UserPoolId", "ClientId"],
        )
        .into_iter()
        .map(optional),
    );
    more.extend(dates());
    of_create("UserPoolClient", "CreateUserPoolClient", vec![id], more)
}

fn domain() -> Record {
    let more = vec![field(
        "CloudFrontDistribution",
        Form::Text,
        "The host that serves the domain.",
    )];
    of_create("UserPoolDomain", "CreateUserPoolDomain", vec![], more)
}

fn provider() -> Record {
    let mut more = vec![field(
        "HasGroup",
        Form::Flag,
        "Whether the pool has the group that Cognito creates for users of this provider. Default: `true`.",
    )];
    more.extend(dates());
    of_create("IdentityProvider", "CreateIdentityProvider", vec![], more)
}

fn branding() -> Record {
    let id = field(
        "ManagedLoginBrandingId",
        Form::Model(shape("ManagedLoginBrandingIdType")),
        "The id of the style.",
    );
    with_client(of_create(
        "ManagedLoginBranding",
        "CreateManagedLoginBranding",
        vec![id],
        dates(),
    ))
}

fn customization() -> Record {
    with_client(of_create(
        "UICustomization",
        "SetUICustomization",
        vec![],
        dates(),
    ))
}

fn terms() -> Record {
    let id = field(
        "TermsId",
        Form::Model(shape("TermsIdType")),
        "The id of the document.",
    );
    with_client(of_create("Terms", "CreateTerms", vec![id], dates()))
}

fn risk() -> Record {
    let more = vec![field("LastModifiedDate", Form::Date, TIME)];
    with_client(of_create(
        "RiskConfiguration",
        "SetRiskConfiguration",
        vec![],
        more,
    ))
}

/// `record` with `ClientName` as another way to name its client.
fn with_client(mut record: Record) -> Record {
    let at = record
        .fields
        .iter()
        .position(|field| field.name == "ClientId");
    if let Some(at) = at {
        record.fields[at].is_required = false;
        record.fields.insert(
            at + 1,
            field(
                "ClientName",
                Form::Text,
                "The name of the app client, in place of `ClientId`.",
            ),
        );
    }
    record
}

fn user() -> Record {
    let mut fields = account();
    fields.extend(passwords());
    fields.extend(memberships_and_factors());
    Record {
        name: "User",
        description: "A user. `sub` is one of the attributes.".to_owned(),
        fields,
    }
}

fn account() -> Vec<Field> {
    vec![
        required(
            "Username",
            Form::Model(shape("UsernameType")),
            "The username. In a pool with `UsernameAttributes`, an address or the `sub`.",
        ),
        field(
            "UserAttributes",
            Form::Attributes,
            "The attributes: a map from names to values, or the API's list of `Name` and `Value`.",
        ),
        field(
            "UserStatus",
            Form::Choice(&[
                "UNCONFIRMED",
                "CONFIRMED",
                "RESET_REQUIRED",
                "FORCE_CHANGE_PASSWORD",
                "EXTERNAL_PROVIDER",
            ]),
            "The status. Default: `CONFIRMED`; `FORCE_CHANGE_PASSWORD` with a temporary password.",
        ),
        field(
            "Enabled",
            Form::Flag,
            "Whether the user can sign in. Default: `true`.",
        ),
    ]
}

fn passwords() -> Vec<Field> {
    vec![
        field(
            "Password",
            Form::Model(shape("PasswordType")),
            "The password. An export has `PasswordHash` in its place.",
        ),
        field(
            "TemporaryPassword",
            Form::Model(shape("PasswordType")),
            "A password that the user must replace at the first sign-in.",
        ),
        field(
            "PasswordHash",
            Form::Record(hash(
                "PasswordHash",
                &["SRP", "BCRYPT", "SCRYPT", "ARGON2ID", "PBKDF2_SHA256"],
            )),
            "A hash of the password.",
        ),
        field(
            "FormerPasswords",
            list(Form::Record(hash("FormerPassword", &["SRP"]))),
            "Hashes of former passwords, latest first.",
        ),
        field(
            "TemporaryPasswordDate",
            Form::Date,
            "The date of the temporary password, from which its validity counts.",
        ),
    ]
}

fn memberships_and_factors() -> Vec<Field> {
    vec![
        field(
            "Groups",
            list(Form::Model(shape("GroupNameType"))),
            "The names of the user's groups.",
        ),
        field(
            "UserMFASettingList",
            list(Form::Choice(&[
                "SMS_MFA",
                "SOFTWARE_TOKEN_MFA",
                "EMAIL_OTP",
            ])),
            "The second factors that sign-ins require.",
        ),
        field(
            "PreferredMfaSetting",
            Form::Choice(&["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]),
            "The factor that sign-ins require first.",
        ),
        field(
            "SoftwareToken",
            Form::Record(software_token()),
            "The authenticator app.",
        ),
        field(
            "WebAuthnMfa",
            Form::Flag,
            "Whether a passkey counts as both factors. Default: `false`.",
        ),
        field(
            "WebAuthnCredentials",
            list(Form::Record(passkey())),
            "The passkeys, oldest first.",
        ),
        field(
            "Devices",
            list(Form::Record(device())),
            "The confirmed devices.",
        ),
        field(
            "Identities",
            list(Form::Record(identity())),
            "The identities at providers: the user's own, and linked ones.",
        ),
        field("UserCreateDate", Form::Date, TIME),
        field("UserLastModifiedDate", Form::Date, TIME),
    ]
}

fn hash(name: &'static str, algorithms: &'static [&'static str]) -> Record {
    Record {
        name,
        description: "A hash of a password. `SRP` is the emulator's own form, which is valid only with the same pool id and username. The others are those of user import jobs: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html".to_owned(),
        fields: vec![
            required("Algorithm", Form::Choice(algorithms), "The algorithm."),
            field("Salt", Form::Encoded(Encoding::Hex(16)), "The salt of `SRP`: 16 bytes in hexadecimal."),
            required("Value", Form::Text, "The hash. For `SRP`: 32 bytes in hexadecimal."),
        ],
    }
}

fn software_token() -> Record {
    Record {
        name: "SoftwareToken",
        description: "An authenticator app.".to_owned(),
        fields: vec![
            required(
                "SecretCode",
                Form::Encoded(Encoding::Base32),
                "The shared secret in base32: at most 52 characters.",
            ),
            field(
                "FriendlyDeviceName",
                Form::Model(shape("StringType")),
                "The name of the device.",
            ),
            field(
                "Verified",
                Form::Flag,
                "Whether a code of the app was accepted. Default: `true`.",
            ),
        ],
    }
}

fn passkey() -> Record {
    Record {
        name: "WebAuthnCredential",
        description: "A passkey.".to_owned(),
        fields: vec![
            required(
                "CredentialId",
                Form::Encoded(Encoding::Base64Url),
                "The id, in base64url.",
            ),
            required(
                "PublicKey",
                Form::Encoded(Encoding::Base64),
                "The public key in COSE format, in base64.",
            ),
            field(
                "SignCount",
                Form::Whole(0, u32::MAX),
                "The number of signatures so far. Default: 0.",
            ),
            field(
                "AuthenticatorAttachment",
                Form::Text,
                "`platform` or `cross-platform`.",
            ),
            field(
                "AuthenticatorTransports",
                list(Form::Text),
                "The transports between browser and authenticator.",
            ),
            required("RelyingPartyId", Form::Text, "The domain of the passkey."),
            field("CreatedAt", Form::Date, TIME),
        ],
    }
}

fn device() -> Record {
    let secret = shape("DeviceSecretVerifierConfigType");
    Record {
        name: "Device",
        description: "A device that `ConfirmDevice` registered.".to_owned(),
        fields: vec![
            required(
                "DeviceKey",
                Form::Model(shape("DeviceKeyType")),
                "The key of the device.",
            ),
            required("DeviceGroupKey", Form::Text, "The group key of the device."),
            field(
                "DeviceName",
                Form::Model(shape("DeviceNameType")),
                "The name.",
            ),
            field(
                "DeviceSecretVerifierConfig",
                Form::Model(secret),
                "The verifier of the device's password.",
            ),
            field(
                "DeviceRememberedStatus",
                Form::Model(shape("DeviceRememberedStatusType")),
                "Whether sign-ins verify the device. Default: `remembered`.",
            ),
            field("DeviceCreateDate", Form::Date, TIME),
            field("DeviceLastModifiedDate", Form::Date, TIME),
            field("DeviceLastAuthenticatedDate", Form::Date, TIME),
        ],
    }
}

fn identity() -> Record {
    Record {
        name: "Identity",
        description: "An identity at an identity provider.".to_owned(),
        fields: vec![
            required(
                "ProviderName",
                Form::Model(shape("ProviderNameType")),
                "The name of the provider.",
            ),
            field(
                "ProviderType",
                Form::Model(shape("IdentityProviderTypeType")),
                "The type of a provider that is no longer in the pool.",
            ),
            field(
                "ProviderAttributeName",
                Form::Text,
                "The attribute of the link. Default: `Cognito_Subject`.",
            ),
            required(
                "ProviderAttributeValue",
                Form::Text,
                "The id of the user at the provider.",
            ),
            field(
                "Primary",
                Form::Flag,
                "Whether the user was created for this identity. Default: `true` for a user with the status `EXTERNAL_PROVIDER`.",
            ),
            field("Issuer", Form::Text, "The entity id of a SAML provider."),
            field("DateCreated", Form::Date, TIME),
        ],
    }
}

/// A record with the members of a create operation, without the pool's id, between other
/// members.
fn of_create(
    name: &'static str,
    operation: &'static str,
    before: Vec<Field>,
    after: Vec<Field>,
) -> Record {
    let mut fields = before;
    let known: Vec<_> = fields.iter().map(|field| field.name).collect();
    let own = of(operation, &["UserPoolId"]);
    fields.extend(own.into_iter().filter(|field| !known.contains(&field.name)));
    fields.extend(after);
    Record {
        name,
        description: described(operation),
        fields,
    }
}

/// The members of the request of `operation`.
fn of(operation: &'static str, without: &[&str]) -> Vec<Field> {
    let members = Model::get()
        .operation(operation)
        .map(|operation| operation.input().members())
        .unwrap_or_default();
    let members = members
        .iter()
        .filter(|member| !without.contains(&member.name));
    members
        .map(|member| Field {
            name: member.name,
            form: Form::Model(member.shape()),
            is_required: member.required,
            description: Cow::Owned(format!("`{}` of {}", member.name, described(operation))),
        })
        .collect()
}

fn described(operation: &str) -> String {
    format!(
        "`{operation}`: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_{operation}.html"
    )
}

fn dates() -> Vec<Field> {
    vec![
        field("CreationDate", Form::Date, TIME),
        field("LastModifiedDate", Form::Date, TIME),
    ]
}

fn field(name: &'static str, form: Form, description: &'static str) -> Field {
    Field {
        name,
        form,
        is_required: false,
        description: Cow::Borrowed(description),
    }
}

fn required(name: &'static str, form: Form, description: &'static str) -> Field {
    Field {
        is_required: true,
        ..field(name, form, description)
    }
}

fn optional(field: Field) -> Field {
    Field {
        is_required: false,
        ..field
    }
}

fn list(element: Form) -> Form {
    Form::List(Box::new(element))
}

/// The shape of the service model called `name`.
fn shape(name: &str) -> &'static Shape {
    let mut shapes = Model::get().shapes();
    let found = shapes.find(|shape| shape.name == name);
    found.expect("the model has this shape")
}
