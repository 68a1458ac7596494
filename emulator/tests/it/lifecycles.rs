//! Lifecycles of resources: every resource is created, read, updated, read again and deleted, by
//! requests generated from the model. A read must return the written values.
//!
//! If an operation refuses a request, members are removed until it accepts the
//! request. In the end every member that can be read has been written and read.

use std::collections::BTreeSet;

use cognito_emulator::stack::Stack;
use cognito_emulator::testing::requests::any_request;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::{Chance, Clock};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::town::operation;

/// A resource with its operations.
struct Resource {
    /// `None` for a resource that always exists.
    create: Option<&'static str>,
    read: &'static str,
    update: Option<&'static str>,
    delete: Option<&'static str>,
    /// The JSON pointer to the resource in responses.
    at: &'static str,
    /// The member that identifies the resource in other requests, and the JSON pointer to its value
    /// in the resource.
    id: Option<(&'static str, &'static str)>,
}

const NONE: Resource = Resource {
    create: None,
    read: "",
    update: None,
    delete: None,
    at: "",
    id: None,
};

const RESOURCES: &[Resource] = &[
    Resource {
        create: Some("CreateUserPool"),
        read: "DescribeUserPool",
        update: Some("UpdateUserPool"),
        delete: Some("DeleteUserPool"),
        at: "/UserPool",
        id: Some(("UserPoolId", "/Id")),
    },
    Resource {
        create: Some("CreateUserPoolClient"),
        read: "DescribeUserPoolClient",
        update: Some("UpdateUserPoolClient"),
        delete: Some("DeleteUserPoolClient"),
        at: "/UserPoolClient",
        id: Some(("ClientId", "/ClientId")),
    },
    Resource {
        create: Some("CreateGroup"),
        read: "GetGroup",
        update: Some("UpdateGroup"),
        delete: Some("DeleteGroup"),
        at: "/Group",
        ..NONE
    },
    Resource {
        create: Some("CreateResourceServer"),
        read: "DescribeResourceServer",
        update: Some("UpdateResourceServer"),
        delete: Some("DeleteResourceServer"),
        at: "/ResourceServer",
        ..NONE
    },
    Resource {
        create: Some("CreateIdentityProvider"),
        read: "DescribeIdentityProvider",
        update: Some("UpdateIdentityProvider"),
        delete: Some("DeleteIdentityProvider"),
        at: "/IdentityProvider",
        ..NONE
    },
    Resource {
        create: Some("CreateManagedLoginBranding"),
        read: "DescribeManagedLoginBranding",
        update: Some("UpdateManagedLoginBranding"),
        delete: Some("DeleteManagedLoginBranding"),
        at: "/ManagedLoginBranding",
        id: Some(("ManagedLoginBrandingId", "/ManagedLoginBrandingId")),
    },
    Resource {
        create: Some("CreateTerms"),
        read: "DescribeTerms",
        update: Some("UpdateTerms"),
        delete: Some("DeleteTerms"),
        at: "/Terms",
        id: Some(("TermsId", "/TermsId")),
    },
    Resource {
        create: Some("CreateUserPoolDomain"),
        read: "DescribeUserPoolDomain",
        update: Some("UpdateUserPoolDomain"),
        delete: Some("DeleteUserPoolDomain"),
        at: "/DomainDescription",
        ..NONE
    },
    Resource {
        create: Some("CreateUserImportJob"),
        read: "DescribeUserImportJob",
        at: "/UserImportJob",
        id: Some(("JobId", "/JobId")),
        ..NONE
    },
    Resource {
        read: "GetUICustomization",
        update: Some("SetUICustomization"),
        at: "/UICustomization",
        ..NONE
    },
    Resource {
        read: "DescribeRiskConfiguration",
        update: Some("SetRiskConfiguration"),
        at: "/RiskConfiguration",
        ..NONE
    },
    Resource {
        read: "GetLogDeliveryConfiguration",
        update: Some("SetLogDeliveryConfiguration"),
        at: "/LogDeliveryConfiguration",
        ..NONE
    },
    Resource {
        read: "GetUserPoolMfaConfig",
        update: Some("SetUserPoolMfaConfig"),
        ..NONE
    },
    Resource {
        read: "GetUserPoolSessionConfiguration",
        update: Some("SetUserPoolSessionConfiguration"),
        ..NONE
    },
    Resource {
        read: "GetUserPoolClientSessionConfiguration",
        update: Some("SetUserPoolClientSessionConfiguration"),
        ..NONE
    },
];

/// Number of rounds for each resource.
const ROUNDS: usize = 64;
/// Minimum number of rounds in which all requests of a resource are accepted.
const ENOUGH: usize = 32;

#[test]
fn written_values_are_read() {
    let mut seen = BTreeSet::new();
    for resource in RESOURCES {
        let mut through = 0;
        for round in 0..ROUNDS {
            let mut fixture = Fixture::new(round, resource);
            through += usize::from(fixture.live(resource).is_some());
            seen.extend(fixture.seen);
        }
        assert!(through >= ENOUGH, "{}: {through} rounds", resource.read);
    }
    let unseen: Vec<_> = writable().difference(&seen).copied().collect();
    assert!(unseen.is_empty(), "never written and read: {unseen:?}");
}

/// Members that are in every request, because it has no effect without them.
const NEEDED: [&str; 4] = [
    "CompromisedCredentialsRiskConfiguration",
    "CSS",
    "Links",
    "Settings",
];

/// The optional members of write requests that the resource also has.
fn writable() -> BTreeSet<(&'static str, &'static str)> {
    let mut members = BTreeSet::new();
    for resource in RESOURCES {
        for name in [resource.create, resource.update].into_iter().flatten() {
            let input = operation(name).input().members();
            let optional = input.iter().filter(|member| !member.required);
            let kept = optional.filter(|member| has(resource, member.name));
            members.extend(kept.map(|member| (name, member.name)));
        }
    }
    members
}

/// Whether the resource has the member when it is read.
fn has(resource: &Resource, member: &str) -> bool {
    let mut shape = operation(resource.read).output().unwrap();
    if let Some(at) = resource.at.strip_prefix('/') {
        shape = shape.member(at).unwrap().shape();
    }
    shape.member(read_as(member)).is_some()
}

/// The name that a written `member` has in the read resource.
fn read_as(member: &str) -> &str {
    match member {
        "PoolName" => "Name",
        member => member,
    }
}

/// A pool with a client, and values from its responses.
struct Fixture {
    stack: Stack,
    chance: Chance,
    runner: TestRunner,
    /// Members that identify resources, for all requests.
    keys: Map<String, Value>,
    /// Optional members that were written and read, by operation.
    seen: BTreeSet<(&'static str, &'static str)>,
}

impl Fixture {
    fn new(round: usize, resource: &Resource) -> Self {
        let seed = round as u64;
        let stack = Stack::builder()
            .clock(Clock::fixed(1_800_000_000))
            .seed(seed)
            .build();
        let mut bytes = [3; 32];
        bytes[0] = u8::try_from(round).unwrap();
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut fixture = Self {
            stack,
            chance: Chance::seeded(seed),
            runner: TestRunner::new_with_rng(Config::default(), rng),
            keys: Map::new(),
            seen: BTreeSet::new(),
        };
        if resource.create == Some("CreateUserPool") {
            return fixture;
        }
        let settings = json!({
            "PoolName": "p", "UserPoolTier": "PLUS", "AutoVerifiedAttributes": ["email"],
            "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
            "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "e" },
            "EmailConfiguration": {
                "EmailSendingAccount": "DEVELOPER",
                "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
            },
        });
        let pool = fixture.must("CreateUserPool", settings)["UserPool"]["Id"].clone();
        let client = json!({ "UserPoolId": pool, "ClientName": "c" });
        let client =
            fixture.must("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"].clone();
        if resource.create != Some("CreateUserPoolDomain") {
            let domain = json!({ "UserPoolId": pool, "Domain": "lifecycles" });
            fixture.must("CreateUserPoolDomain", domain);
        }
        let tracking = json!({
            "UserPoolId": pool, "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 5 },
        });
        fixture.must("SetUserPoolSessionConfiguration", tracking);
        fixture.keys.insert("UserPoolId".to_owned(), pool);
        fixture.keys.insert("ClientId".to_owned(), client);
        fixture
    }

    /// Runs one lifecycle of a resource. Stops at a request that is not accepted.
    fn live(&mut self, resource: &Resource) -> Option<()> {
        if let Some(create) = resource.create {
            let (request, reply) = self.write(create)?;
            let made = reply.body.pointer(resource.at);
            if let Some((name, at)) = resource.id {
                let id = made.and_then(|made| made.pointer(at)).unwrap().clone();
                self.keys.insert(name.to_owned(), id);
            }
            let required = operation(create).input().members().iter();
            for member in required.filter(|member| member.required) {
                let value = request[member.name].clone();
                self.keys.entry(member.name.to_owned()).or_insert(value);
            }
            let read = self.read(resource);
            let made = alike(made.unwrap_or(&read));
            assert_eq!(made, alike(&read), "{create} {request}");
            self.compare(create, resource, &request, &read);
        }
        for _ in 0..2 {
            let Some(update) = resource.update else { break };
            let (request, reply) = self.write(update)?;
            let read = self.read(resource);
            let updated = reply.body.pointer(resource.at);
            let updated = updated.filter(|updated| {
                updated
                    .as_object()
                    .is_some_and(|updated| !updated.is_empty())
            });
            if let Some(updated) = updated {
                assert_eq!(alike(updated), alike(&read), "{update} {request}");
            }
            self.compare(update, resource, &request, &read);
        }
        if let Some(delete) = resource.delete {
            let request = self.naming(delete);
            // A protected pool cannot be deleted.
            let reply = self.call(delete, request.clone());
            if !reply.is_ok() {
                let protected = self.read(resource)["DeletionProtection"] == "ACTIVE";
                assert!(protected, "{delete} {request}: {reply}");
                return Some(());
            }
            let gone = self.call(resource.read, self.naming(resource.read));
            let nothing = gone.body.pointer(resource.at) == Some(&json!({}));
            let code = gone.code.as_deref();
            assert!(
                nothing || code == Some("ResourceNotFoundException"),
                "{} {gone}",
                resource.read
            );
        }
        Some(())
    }

    fn call(&self, operation: &str, input: Value) -> Reply {
        self.stack.call(&Call::new(operation, input))
    }

    #[track_caller]
    fn must(&self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// A request that only identifies its resource.
    fn naming(&self, name: &str) -> Value {
        let members = operation(name).input().members().iter();
        let named = members.filter_map(|member| {
            let value = self.keys.get(member.name)?;
            Some((member.name.to_owned(), value.clone()))
        });
        named.collect::<Map<_, _>>().into()
    }

    fn read(&self, resource: &Resource) -> Value {
        let read = self.must(resource.read, self.naming(resource.read));
        read.pointer(resource.at).unwrap().clone()
    }

    /// Sends a generated request. If the operation refuses it, removes members and sends it again.
    fn write(&mut self, name: &'static str) -> Option<(Value, Reply)> {
        let operation = operation(name);
        let made_up = any_request(operation).new_tree(&mut self.runner).unwrap();
        let mut request = made_up.current();
        for member in operation.input().members() {
            let there = member.required
                || NEEDED.contains(&member.name)
                || request.get(member.name).is_some();
            if let Some(value) = plausible(name, member.name, &self.chance).filter(|_| there) {
                request[member.name] = value;
            }
        }
        let named = self.naming(name);
        request.as_object_mut()?.extend(named.as_object()?.clone());
        // A style has either settings or Cognito's values.
        if name.ends_with("ManagedLoginBranding") {
            let members = request.as_object_mut()?;
            let excluded: &[&str] = match self.chance.below(3) {
                0 => &["Settings", "Assets"],
                _ => &["UseCognitoProvidedValues"],
            };
            members.retain(|name, _| !excluded.contains(&name.as_str()));
            if excluded.len() > 1 {
                members.insert("UseCognitoProvidedValues".to_owned(), json!(true));
            }
        }
        loop {
            let reply = self.call(name, request.clone());
            if reply.is_ok() {
                return Some((request, reply));
            }
            let message = squeezed(reply.message.as_deref().unwrap_or_default());
            let members = operation.input().members().iter();
            let optional: Vec<&str> = members
                .filter(|member| !member.required && named.get(member.name).is_none())
                .map(|member| member.name)
                .filter(|name| request.get(name).is_some())
                .collect();
            let mut blamed = optional
                .iter()
                .filter(|name| message.contains(&squeezed(name)));
            let rest: Vec<&&str> = optional
                .iter()
                .filter(|name| !NEEDED.contains(*name))
                .collect();
            let random = rest.get(self.chance.below(rest.len())).copied();
            let refused = blamed.next().or(random)?;
            request.as_object_mut()?.shift_remove(*refused);
        }
    }

    /// Checks that every member of `request` that the resource has is in
    /// `read`.
    fn compare(&mut self, name: &'static str, resource: &Resource, request: &Value, read: &Value) {
        for member in operation(name).input().members() {
            let Some(written) = request.get(member.name) else {
                continue;
            };
            if !has(resource, member.name) {
                continue;
            }
            let shown = read.get(read_as(member.name)).unwrap_or(&Value::Null);
            // Images that the request does not name are kept.
            let adds = (name, member.name) == ("UpdateManagedLoginBranding", "Assets");
            // An empty description changes nothing.
            if (name, member.name) == ("UpdateGroup", "Description") && written == "" {
                continue;
            }
            assert!(
                is_in(written, shown) || (adds && are_among(written, shown)),
                "{name}.{}: wrote {written}, read {shown}; {request}",
                member.name
            );
            self.seen.insert((name, member.name));
        }
    }
}

/// Treats `email verification message` and `EmailVerificationMessage` as equal.
fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// `resource` in a form that is equal in the responses to a write and a read: with sets in order,
/// and without a pool's attributes and empty tags.
fn alike(resource: &Value) -> Value {
    let mut alike = resource.clone();
    for (name, value) in alike.as_object_mut().into_iter().flatten() {
        let is_empty = value.as_object().is_some_and(Map::is_empty);
        match value {
            _ if name == "SchemaAttributes" || name == "UserPoolTags" && is_empty => {
                value.take();
            }
            Value::Array(members) => members.sort_by_cached_key(ToString::to_string),
            _ => {}
        }
    }
    if let Some(members) = alike.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    alike
}

/// Whether `shown` has all values of `written`. Sets have no duplicates. Lists may have another
/// order, and empty values may be omitted.
fn is_in(written: &Value, shown: &Value) -> bool {
    match (written, shown) {
        (Value::Object(written), Value::Null) => written.values().all(|value| is_in(value, shown)),
        (Value::Array(written), Value::Null) => written.is_empty(),
        (Value::String(written), Value::Null) => written.is_empty(),
        // A password history of 0 is omitted.
        (Value::Number(written), Value::Null) => written.as_i64() == Some(0),
        (Value::Object(written), Value::Object(shown)) => written
            .iter()
            .all(|(name, value)| is_in(value, shown.get(name).unwrap_or(&Value::Null))),
        (Value::Array(written), Value::Array(shown)) => {
            let distinct: BTreeSet<_> = written.iter().map(ToString::to_string).collect();
            let counts = [written.len(), distinct.len()];
            counts.contains(&shown.len()) && are_among(&json!(written), &json!(shown))
        }
        (written, shown) => written == shown,
    }
}

fn are_among(written: &Value, shown: &Value) -> bool {
    let shown = shown.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut written = written.as_array().into_iter().flatten();
    written.all(|value| shown.iter().any(|shown| is_in(value, shown)))
}

/// Values that the model cannot generate, because they depend on other values.
#[expect(clippy::too_many_lines, reason = "a table")]
fn plausible(name: &str, member: &str, chance: &Chance) -> Option<Value> {
    let n = chance.below(20);
    let even = n.is_multiple_of(2);
    let role = format!("arn:aws:iam::123456789012:role/r{n}");
    let function = format!("arn:aws:lambda:us-east-1:123456789012:function:f{n}");
    let some = |all: &[&str]| -> Value {
        let some = all.iter().filter(|_| chance.below(2) == 0);
        some.copied().collect()
    };
    Some(match member {
        "RoleArn" | "CloudWatchLogsRoleArn" => json!(role),
        "Precedence" => json!(n),
        "CallbackURLs" => json!(["https://example.com/in", format!("https://example.com/{n}")]),
        "LogoutURLs" => json!([format!("https://example.com/out{n}")]),
        "DefaultRedirectURI" => json!("https://example.com/in"),
        "AllowedOAuthScopes" => json!(["openid", "email"]),
        "AllowedOAuthFlows" => json!([["code"], ["implicit"]][chance.below(2)]),
        "AllowedOAuthFlowsUserPoolClient" => json!(true),
        "SupportedIdentityProviders" => json!(["COGNITO"]),
        "ReadAttributes" | "WriteAttributes" => some(&["email", "name", "nickname"]),
        "ExplicitAuthFlows" => json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]),
        "RefreshTokenValidity" => json!(10 + n),
        "AccessTokenValidity" | "IdTokenValidity" => json!(1 + n),
        "TokenValidityUnits" => {
            json!({ "AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days" })
        }
        "AnalyticsConfiguration" => json!({
            "ApplicationArn": format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/{n:032}"),
            "UserDataShared": even,
        }),
        "Domain" if even => json!(format!("login{n}")),
        "Domain" => json!(format!("auth{n}.example.com")),
        "CustomDomainConfig" => json!({
            "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        }),
        "ManagedLoginVersion" => json!(1 + n % 2),
        "PoolName" | "ClientName" | "Name" | "JobName" => json!(format!("name {n}")),
        "LambdaConfig" => json!({ "PreSignUp": function, "PostConfirmation": function }),
        "AutoVerifiedAttributes" => json!(["email"]),
        "UserAttributeUpdateSettings" => {
            json!({ "AttributesRequireVerificationBeforeUpdate": ["email"] })
        }
        "SmsConfiguration" => json!({ "SnsCallerArn": role, "ExternalId": "e" }),
        "EmailConfiguration" => json!({
            "EmailSendingAccount": "DEVELOPER", "From": "a@example.com",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
        }),
        "EmailVerificationMessage" | "SmsVerificationMessage" | "SmsAuthenticationMessage" => {
            json!(format!("{{####}} {n}"))
        }
        "EmailVerificationSubject" => json!(format!("subject {n}")),
        "VerificationMessageTemplate" => json!({
            "DefaultEmailOption": "CONFIRM_WITH_LINK",
            "EmailMessageByLink": format!("{{##here {n}##}}"),
        }),
        "AdminCreateUserConfig" => json!({
            "AllowAdminCreateUserOnly": even,
            "InviteMessageTemplate": { "EmailMessage": format!("{{username}} {{####}} {n}") },
        }),
        "AccountRecoverySetting" => json!({
            "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }],
        }),
        "UserPoolTier" => json!("PLUS"),
        "MfaConfiguration" if name.starts_with("Set") => json!(["OFF", "OPTIONAL"][n % 2]),
        // The model allows names here that no other request can contain.
        "ProviderName" => json!(format!("corp{n}")),
        "ProviderType" => json!("OIDC"),
        "ProviderDetails" => json!({
            "client_id": format!("c{n}"), "client_secret": "s", "authorize_scopes": "openid",
            "oidc_issuer": "https://auth.example.com", "attributes_request_method": "GET",
        }),
        "AttributeMapping" => json!({ "email": format!("mail{n}") }),
        "Settings" => json!({ "components": {} }),
        "CompromisedCredentialsRiskConfiguration" => json!({
            "Actions": { "EventAction": if even { "BLOCK" } else { "NO_ACTION" } },
        }),
        "Links" => json!({ "cognito:default": format!("https://example.com/{n}") }),
        "CSS" => json!(".label-customizable { font-weight: 400; }"),
        "LogConfigurations" => json!([{
            "LogLevel": "ERROR", "EventSource": "userNotification",
            "CloudWatchLogsConfiguration": { "LogGroupArn": format!("arn:aws:logs:us-east-1:123456789012:log-group:g{n}") },
        }]),
        _ => return None,
    })
}
