//! The service model as data: the published description of Cognito's
//! operations.
//!
//! `model/cognito-idp.json` is condensed from botocore's copy of the model by
//! `scripts/condense-model.py`. It is parsed once, at its first use. `LIVE` lists the few
//! known differences between Cognito and its published model.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::pattern::Pattern;

/// All operations and shapes.
#[derive(Debug)]
pub struct Model {
    operations: Vec<Operation>,
    shapes: Vec<Shape>,
}

/// One operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// The name, as in `AdminGetUser`.
    pub name: &'static str,
    /// The exceptions that the operation declares, in alphabetical order.
    pub errors: Vec<&'static str>,
    /// Whether callers sign the request with SigV4. 34 operations are for end
    /// users and are not signed.
    pub signed: bool,
    input: ShapeId,
    output: Option<ShapeId>,
}

/// A type of the API with its constraints.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The name, as in `UserPoolIdType`.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// Whether the value must not be echoed or logged.
    pub sensitive: bool,
    /// The minimum of the length (of strings in code points, of blobs in bytes,
    /// of lists and maps in elements) or of the value.
    pub min: Option<i64>,
    /// The maximum of the length or of the value.
    pub max: Option<i64>,
    /// The pattern that a string must match.
    pub pattern: Option<Arc<Pattern>>,
    /// The allowed values, in the order in which Cognito lists them. Empty if
    /// any value is allowed.
    pub values: Vec<&'static str>,
}

/// The type of a shape.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Named members, in the model's order.
    Structure(Vec<Member>),
    /// Elements of one shape.
    List(ShapeRef),
    /// Entries by key.
    Map {
        /// The shape of the keys: always a string.
        key: ShapeRef,
        /// The shape of the values.
        value: ShapeRef,
    },
    /// Text.
    String,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    Long,
    /// `true` or `false`.
    Boolean,
    /// Bytes in base64.
    Blob,
    /// A point in time: seconds since 1970, with a fraction.
    Timestamp,
    /// Any JSON.
    Document,
}

/// One member of a structure.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name in JSON, as in `CallbackURLs`.
    pub name: &'static str,
    /// The name in Cognito's sentences, as in `callbackURLs`.
    pub path: String,
    /// Whether the member is required.
    pub required: bool,
    /// Whether an absent member is checked as the number 0.
    pub absent_is_zero: bool,
    shape: ShapeId,
}

/// A reference to a shape.
#[derive(Clone, Copy, Debug)]
pub struct ShapeRef(ShapeId);

type ShapeId = usize;

static TEXT: &str = include_str!("../model/cognito-idp.json");

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(TEXT));

/// The date of the service model, as in `2026-11-17`: that of the release of botocore from which
/// `scripts/condense-model.py` made it. It does not parse the model.
#[must_use]
pub fn date() -> &'static str {
    let after = TEXT.split_once(r#""date": ""#).map(|(_, after)| after);
    let date = after.and_then(|after| after.split_once('"'));
    date.map_or("an unknown date", |(date, _)| date)
}

impl Model {
    /// Returns the model. The first call parses it.
    #[must_use]
    pub fn get() -> &'static Self {
        &MODEL
    }

    /// All operations, in alphabetical order.
    #[must_use]
    pub fn operations(&self) -> impl ExactSizeIterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The operation called `name`.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        let found = self
            .operations
            .binary_search_by(|operation| operation.name.cmp(name))
            .ok()?;
        Some(&self.operations[found])
    }

    /// All shapes: those of the published model in alphabetical order, then
    /// those that `LIVE` adds.
    #[must_use]
    pub fn shapes(&self) -> impl ExactSizeIterator<Item = &Shape> {
        self.shapes.iter()
    }
}

impl Operation {
    /// The shape of the request: a structure.
    #[must_use]
    pub fn input(&self) -> &'static Shape {
        &MODEL.shapes[self.input]
    }

    /// The shape of the response: a structure, or `None`.
    #[must_use]
    pub fn output(&self) -> Option<&'static Shape> {
        self.output.map(|output| &MODEL.shapes[output])
    }
}

impl Shape {
    /// The members of a structure.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }

    /// The member called `name`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }
}

impl Member {
    /// The shape of the value.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        &MODEL.shapes[self.shape]
    }
}

impl ShapeRef {
    /// The shape that the reference names.
    #[must_use]
    pub fn get(self) -> &'static Shape {
        &MODEL.shapes[self.0]
    }
}

/// A place where live Cognito differs from its published model.
enum Live {
    /// The order in which a sentence lists the values of an enum. Values that
    /// are not listed here follow in the model's order.
    Order(&'static str, &'static [&'static str]),
    /// The name of a structure's member in sentences.
    Path(&'static str, &'static str, &'static str),
    /// The pattern of a shape, or `None` for no pattern.
    Pattern(&'static str, Option<&'static str>),
    /// The minimal length and the pattern of one member of a structure.
    Member {
        structure: &'static str,
        member: &'static str,
        min: i64,
        pattern: &'static str,
    },
    /// A number that counts as zero if it is absent.
    AbsentIsZero(&'static str, &'static str),
}

/// Every known difference, with its evidence. `fact n.n` and `R…` are facts of
/// `fidelity/`. `pf-…` is a deployment recorded in badmintoncryer/cdk-preflight
/// under `rules/cognito/pf-cognito-…`.
const LIVE: &[Live] = &[
    // pf-risk-account-takeover-event-action-enum.
    Live::Order(
        "AccountTakeoverEventActionType",
        &["MFA_IF_CONFIGURED", "BLOCK", "NO_ACTION", "MFA_REQUIRED"],
    ),
    // floci-io/floci#2867.
    Live::Order("EventSourceName", &["userAuthEvents", "userNotification"]),
    // Fact 2.8, as of 2020. The position of later values is not known.
    Live::Order(
        "ExplicitAuthFlowsType",
        &[
            "ALLOW_CUSTOM_AUTH",
            "ADMIN_NO_SRP_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "CUSTOM_AUTH_FLOW_ONLY",
            "USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        ],
    ),
    // floci-io/floci#2858, which was compared with live responses.
    Live::Order(
        "IdentityProviderTypeType",
        &[
            "Facebook",
            "SAML",
            "SignInWithApple",
            "LoginWithAmazon",
            "OIDC",
            "Google",
        ],
    ),
    // Quoted in awsdocs/aws-doc-sdk-examples#891.
    Live::Order("MessageActionType", &["SUPPRESS", "RESEND"]),
    // Fact 2.7.
    Live::Order("UserPoolMfaType", &["OPTIONAL", "OFF", "ON"]),
    // Fact 2.9.
    Live::Order("VerifiedAttributeType", &["phone_number", "email"]),
    // Fact 2.3, pf-invite-sms-message-placeholder,
    // pf-invite-message-username-placeholder.
    Live::Path(
        "AdminCreateUserConfigType",
        "InviteMessageTemplate",
        "inviteMessage",
    ),
    // R181: custom domains have full stops, and the operation reports a bad
    // prefix with its own sentence.
    Live::Pattern("DomainType", None),
    // pf-invite-message-username-placeholder.
    Live::Pattern(
        "EmailInviteMessageType",
        Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"),
    ),
    // pf-invite-sms-message-placeholder.
    Live::Pattern("SmsInviteMessageType", Some(r"(?s).*\{####\}(?s).*")),
    // pf-sms-verification-message-placeholder, pf-sms-authentication-message-placeholder.
    Live::Pattern("SmsVerificationMessageType", Some(r"(?s).*\{####\}(?s).*")),
    // The pattern of facts 2.13, 3.12, seen at three members of the shape. No
    // live answer shows the published pattern.
    Live::Pattern("PasswordType", Some(PASSWORD)),
    // The member's documentation allows a blank value.
    Live::Member {
        structure: "AdminCreateUserRequest",
        member: "TemporaryPassword",
        min: 0,
        pattern: r"^([\S]+.*[\S]+)?$",
    },
    // aws/aws-cli#5843, and observed again in 2025: `Value '0' at
    // 'maxResults'`.
    Live::AbsentIsZero("ListResourceServersRequest", "MaxResults"),
    // Operations that users call require six characters (facts 2.13, 3.12; for
    // `previousPassword` three programs, one of which quotes the response). Operations of
    // administrators do not: there, five characters violate the password policy
    // (radkawar/stackd, recorded 2026-09-24). The minimum of the proposed password is
    // inferred.
    Live::Member {
        structure: "ChangePasswordRequest",
        member: "PreviousPassword",
        min: 6,
        pattern: PASSWORD,
    },
    Live::Member {
        structure: "ChangePasswordRequest",
        member: "ProposedPassword",
        min: 6,
        pattern: PASSWORD,
    },
    Live::Member {
        structure: "ConfirmForgotPasswordRequest",
        member: "Password",
        min: 6,
        pattern: PASSWORD,
    },
    Live::Member {
        structure: "SignUpRequest",
        member: "Password",
        min: 6,
        pattern: PASSWORD,
    },
];

/// The pattern of passwords in live error messages.
const PASSWORD: &str = r"^[\S]+.*[\S]+$";

impl Model {
    /// Parses the condensed model. `text` is part of the program, so a malformed text is
    /// a bug, and panics.
    fn parse(text: &'static str) -> Self {
        let published: Published<'static> =
            serde_json::from_str(text).expect("the condensed model is well-formed");
        let names: Vec<&str> = published.shapes.0.iter().map(|(name, _)| *name).collect();
        let id = |name: &str| {
            names
                .binary_search(&name)
                .expect("shapes are sorted and refer to each other")
        };

        let mut patterns = BTreeMap::new();
        let shapes = published
            .shapes
            .0
            .into_iter()
            .map(|(name, shape)| shape.read(name, &id, &mut patterns));
        let mut model = Self {
            shapes: shapes.collect(),
            operations: published
                .operations
                .0
                .into_iter()
                .map(|(name, operation)| operation.read(name, &id))
                .collect(),
        };
        for difference in LIVE {
            model.correct(difference, &id);
        }
        model
    }

    fn correct(&mut self, difference: &Live, id: &impl Fn(&str) -> ShapeId) {
        match difference {
            Live::Order(shape, first) => {
                let values = &mut self.shapes[id(shape)].values;
                values.sort_by_key(|value| {
                    first
                        .iter()
                        .position(|known| known == value)
                        .unwrap_or(first.len())
                });
            }
            Live::Path(structure, name, path) => {
                self.member_mut(id(structure), name).path = String::from(*path);
            }
            Live::Pattern(shape, pattern) => {
                self.shapes[id(shape)].pattern = pattern.map(|java| Arc::new(Pattern::new(java)));
            }
            Live::AbsentIsZero(structure, name) => {
                self.member_mut(id(structure), name).absent_is_zero = true;
            }
            Live::Member {
                structure,
                member: name,
                min,
                pattern,
            } => {
                let corrected = self.shapes.len();
                let member = self.member_mut(id(structure), name);
                let published = std::mem::replace(&mut member.shape, corrected);
                self.shapes.push(Shape {
                    min: Some(*min),
                    pattern: Some(Arc::new(Pattern::new(*pattern))),
                    ..self.shapes[published].clone()
                });
            }
        }
    }

    fn member_mut(&mut self, structure: ShapeId, name: &str) -> &mut Member {
        let Kind::Structure(members) = &mut self.shapes[structure].kind else {
            unreachable!("the live table names structures")
        };
        let found = members.iter_mut().find(|member| member.name == name);
        found.expect("the live table names members of the model")
    }
}

/// `name` as in Cognito's sentences: `UserPoolId` is `userPoolId`,
/// `CallbackURLs` is `callbackURLs`, and a leading abbreviation is lowercased
/// as a whole: `SMSMessage` is `smsMessage` (fact 2.3; inferred for the
/// others).
fn lower_camel(name: &str) -> String {
    let capitals = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let lowered = if capitals > 1 && capitals < name.len() {
        capitals - 1
    } else {
        capitals
    };
    name[..lowered].to_ascii_lowercase() + &name[lowered..]
}

/// The file, as `scripts/condense-model.py` writes it.
#[derive(Deserialize)]
struct Published<'a> {
    #[serde(borrow)]
    operations: Entries<'a, PublishedOperation<'a>>,
    #[serde(borrow)]
    shapes: Entries<'a, PublishedShape<'a>>,
}

#[derive(Deserialize)]
struct PublishedOperation<'a> {
    input: &'a str,
    output: Option<&'a str>,
    signed: bool,
    #[serde(borrow)]
    errors: Vec<&'a str>,
}

#[derive(Deserialize)]
struct PublishedShape<'a> {
    r#type: &'a str,
    #[serde(borrow, default)]
    members: Entries<'a, &'a str>,
    member: Option<&'a str>,
    key: Option<&'a str>,
    value: Option<&'a str>,
    #[serde(borrow, default)]
    required: Vec<&'a str>,
    min: Option<i64>,
    max: Option<i64>,
    pattern: Option<String>,
    #[serde(borrow, default)]
    r#enum: Vec<&'a str>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    document: bool,
}

impl PublishedOperation<'static> {
    fn read(self, name: &'static str, id: &impl Fn(&str) -> ShapeId) -> Operation {
        Operation {
            name,
            errors: self.errors,
            signed: self.signed,
            input: id(self.input),
            output: self.output.map(id),
        }
    }
}

impl PublishedShape<'static> {
    fn read(
        self,
        name: &'static str,
        id: &impl Fn(&str) -> ShapeId,
        patterns: &mut BTreeMap<String, Arc<Pattern>>,
    ) -> Shape {
        let part =
            |part: Option<&str>| ShapeRef(id(part.expect("lists and maps name their parts")));
        let required = &self.required;
        let kind = match self.r#type {
            "structure" if self.document => Kind::Document,
            "structure" => Kind::Structure(
                self.members
                    .0
                    .into_iter()
                    .map(|(name, shape)| Member {
                        name,
                        path: lower_camel(name),
                        required: required.contains(&name),
                        absent_is_zero: false,
                        shape: id(shape),
                    })
                    .collect(),
            ),
            "list" => Kind::List(part(self.member)),
            "map" => Kind::Map {
                key: part(self.key),
                value: part(self.value),
            },
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "long" => Kind::Long,
            "boolean" => Kind::Boolean,
            "blob" => Kind::Blob,
            "timestamp" => Kind::Timestamp,
            other => unreachable!("the model has no {other}"),
        };
        let pattern = self.pattern.map(|java| {
            patterns
                .entry(java.clone())
                .or_insert_with(|| Arc::new(Pattern::new(java)))
                .clone()
        });
        Shape {
            name,
            kind,
            sensitive: self.sensitive,
            min: self.min,
            max: self.max,
            pattern,
            values: self.r#enum,
        }
    }
}

/// The entries of a JSON object in the order of the file.
struct Entries<'a, T>(Vec<(&'a str, T)>);

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Entries<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<'a, T>(PhantomData<(&'a (), T)>);

        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Collect<'a, T> {
            type Value = Entries<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Collect(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_operations() {
        let model = Model::get();
        assert_eq!(model.operations().len(), 141);
        assert_eq!(
            model
                .operations()
                .filter(|operation| !operation.signed)
                .count(),
            34
        );
    }

    #[test]
    fn unsigned_operations_are_for_end_users() {
        let unsigned = Model::get()
            .operations()
            .filter(|operation| !operation.signed);
        assert_eq!(
            unsigned.map(|operation| operation.name).collect::<Vec<_>>(),
            [
                "AssociateSoftwareToken",
                "ChangePassword",
                "CompleteWebAuthnRegistration",
                "ConfirmDevice",
                "ConfirmForgotPassword",
                "ConfirmSignUp",
                "DeleteUser",
                "DeleteUserAttributes",
                "DeleteWebAuthnCredential",
                "ForgetDevice",
                "ForgotPassword",
                "GetDevice",
                "GetTokensFromRefreshToken",
                "GetUser",
                "GetUserAttributeVerificationCode",
                "GetUserAuthFactors",
                "GlobalSignOut",
                "InitiateAuth",
                "ListDevices",
                "ListUserSessions",
                "ListWebAuthnCredentials",
                "ResendConfirmationCode",
                "RespondToAuthChallenge",
                "RevokeToken",
                "RevokeUserSession",
                "SetUserMFAPreference",
                "SetUserSettings",
                "SignUp",
                "StartWebAuthnRegistration",
                "UpdateAuthEventFeedback",
                "UpdateDeviceStatus",
                "UpdateUserAttributes",
                "VerifySoftwareToken",
                "VerifyUserAttribute",
            ]
        );
    }

    #[test]
    fn operations_are_found_by_name() {
        for operation in Model::get().operations() {
            let found = Model::get()
                .operation(operation.name)
                .map(|found| found.name);
            assert_eq!(found, Some(operation.name));
        }
        assert!(Model::get().operation("AdminBanUser").is_none());
    }

    #[test]
    fn names_in_sentences() {
        for (name, expected) in [
            ("ClientId", "clientId"),
            ("CallbackURLs", "callbackURLs"),
            ("UserMFASettingList", "userMFASettingList"),
            ("SMSMessage", "smsMessage"),
            ("KMSKeyID", "kmsKeyID"),
            ("CSS", "css"),
        ] {
            assert_eq!(lower_camel(name), expected);
        }
    }

    #[test]
    fn corrections_by_live_cognito() {
        let shape = |name: &str| {
            Model::get()
                .shapes()
                .find(|shape| shape.name == name)
                .unwrap()
        };
        assert_eq!(shape("UserPoolMfaType").values, ["OPTIONAL", "OFF", "ON"]);
        let password = Model::get()
            .operation("SignUp")
            .unwrap()
            .input()
            .member("Password")
            .unwrap();
        assert_eq!(password.shape().min, Some(6));
        assert_eq!(password.shape().max, Some(256));
        assert!(password.shape().sensitive);
    }

    /// Lists every member of the shape in the model. A new member has to be added here
    /// with its minimum.
    #[test]
    fn passwords_have_one_pattern() {
        let mut found = Vec::new();
        for operation in Model::get().operations() {
            let Kind::Structure(members) = &operation.input().kind else {
                continue;
            };
            for member in members {
                let shape = member.shape();
                if !shape.name.starts_with("PasswordType") {
                    continue;
                }
                let pattern = shape.pattern.as_ref().map(|pattern| pattern.as_str());
                assert!(
                    pattern.is_some_and(|pattern| pattern.contains(r"[\S]+.*[\S]+")),
                    "{}.{}: {pattern:?}",
                    operation.name,
                    member.name
                );
                found.push((operation.name, member.name, shape.min.unwrap_or(0)));
            }
        }
        assert_eq!(
            found,
            [
                ("AdminCreateUser", "TemporaryPassword", 0),
                ("AdminSetUserPassword", "Password", 0),
                ("ChangePassword", "PreviousPassword", 6),
                ("ChangePassword", "ProposedPassword", 6),
                ("ConfirmForgotPassword", "Password", 6),
                ("SignUp", "Password", 6),
            ]
        );
    }
}
