//! The settings of a pool and its parts, in the form of a pool file.

use cognito_emulator::pool_file::fit;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::reader::Reader;
use crate::cognito::failure::answered;
use crate::cognito::part::Part;
use crate::error::ToolResult;

/// What to read, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// Whether the copy has the secrets of app clients and identity providers.
    pub secrets: bool,
}

/// The settings of a pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The pool, as an element of `UserPools` without `Users`.
    pub pool: Value,
    /// What the copy does not have.
    pub not_exported: Vec<String>,
    /// The number of users as Cognito estimates it.
    pub estimated_users: u64,
}

/// Requests at the same time. Pacing keeps them below the quotas.
const CONCURRENT: usize = 8;

/// Members of responses that no request sets.
const RESPONSE_ONLY: [&str; 9] = [
    "Arn",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "SmsConfigurationFailure",
    "Status",
    "UserPoolId",
    "CSSVersion",
];

/// The value in place of a secret of an identity provider.
pub(crate) const HIDDEN: &str = "REPLACE_ME";

/// Reads the pool `id`.
///
/// # Errors
/// If the pool cannot be read. Parts that may not be read are reported in `not_exported`.
pub async fn read(reader: &Reader, id: &str, choice: Choice) -> ToolResult<Settings> {
    let answer = reader
        .ask("DescribeUserPool", json!({ "UserPoolId": id }))
        .await?;
    let described = answered(answer.get("UserPool").cloned(), "user pool")?;
    let mut reading = Reading {
        reader,
        id,
        choice,
        pool: Map::new(),
        not_exported: Vec::new(),
    };
    reading.describe(&described);
    reading.mfa().await?;
    reading
        .merge("GetUserPoolSessionConfiguration", "", &["UserPoolId"])
        .await?;
    reading
        .merge(
            "GetLogDeliveryConfiguration",
            "/LogDeliveryConfiguration",
            &["UserPoolId"],
        )
        .await?;
    reading.replicas().await?;
    let clients = reading.clients().await?;
    reading.domains(&described).await?;
    let servers = reading
        .list("ListResourceServers", "ResourceServers", 50)
        .await?;
    reading.add_list("ResourceServers", servers);
    let groups = reading.list("ListGroups", "Groups", 60).await?;
    reading.add_list("Groups", groups);
    reading.providers().await?;
    reading.styles(&clients).await?;
    reading.customizations(&described, &clients).await?;
    reading.terms().await?;
    reading.risks(&described, &clients).await?;
    let (pool, others) = fit(Value::Object(reading.pool));
    let mut not_exported = reading.not_exported;
    let others = others.iter().filter(|path| {
        let name = path.rsplit('.').next().unwrap_or_default();
        !RESPONSE_ONLY.contains(&name)
    });
    not_exported.extend(others.map(|path| format!("{path}: no request of the API sets it")));
    Ok(Settings {
        pool,
        not_exported,
        estimated_users: described["EstimatedNumberOfUsers"]
            .as_u64()
            .unwrap_or_default(),
    })
}

struct Reading<'a> {
    reader: &'a Reader,
    id: &'a str,
    choice: Choice,
    pool: Map<String, Value>,
    not_exported: Vec<String>,
}

impl Reading<'_> {
    fn input(&self, more: Value) -> Value {
        let mut input = json!({ "UserPoolId": self.id });
        if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
            input.extend(more);
        }
        input
    }

    fn add(&mut self, name: &str, value: Value) {
        self.pool.insert(name.to_owned(), value);
    }

    fn add_list(&mut self, name: &str, values: Vec<Value>) {
        if !values.is_empty() {
            self.add(name, Value::Array(values));
        }
    }

    fn denied(&mut self, operation: &str, code: &str) {
        let line = format!("{operation}: {code}");
        if !self.not_exported.contains(&line) {
            self.not_exported.push(line);
        }
    }

    /// The response to `operation` for a part that may be absent.
    async fn part(&mut self, operation: &'static str, more: Value) -> ToolResult<Option<Value>> {
        match self.reader.part(operation, self.input(more)).await? {
            Part::Found(answer) => Ok(Some(answer)),
            Part::Absent => Ok(None),
            Part::Denied(code) => {
                self.denied(operation, &code);
                Ok(None)
            }
        }
    }

    /// The responses to `operation` for each input, in order.
    async fn each(
        &mut self,
        operation: &'static str,
        inputs: Vec<Value>,
    ) -> ToolResult<Vec<Option<Value>>> {
        let inputs: Vec<Value> = inputs.into_iter().map(|more| self.input(more)).collect();
        let reader = self.reader;
        let parts: Vec<Part> = stream::iter(inputs)
            .map(|input| reader.part(operation, input))
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let parts = parts.into_iter().map(|part| match part {
            Part::Found(answer) => Some(answer),
            Part::Absent => None,
            Part::Denied(code) => {
                self.denied(operation, &code);
                None
            }
        });
        Ok(parts.collect())
    }

    /// All pages of a list.
    async fn list(
        &mut self,
        operation: &'static str,
        member: &str,
        size: u32,
    ) -> ToolResult<Vec<Value>> {
        let limit = if operation == "ListGroups" {
            "Limit"
        } else {
            "MaxResults"
        };
        let (mut all, mut next) = (Vec::new(), Value::Null);
        loop {
            let page = self
                .part(operation, json!({ limit: size, "NextToken": next }))
                .await?;
            let Some(mut page) = page else {
                return Ok(all);
            };
            if let Value::Array(items) = page[member].take() {
                all.extend(items);
            }
            next = page["NextToken"].take();
            if next.is_null() {
                return Ok(all);
            }
        }
    }

    /// Adds the members of a response to those of the pool.
    async fn merge(
        &mut self,
        operation: &'static str,
        pointer: &str,
        without: &[&str],
    ) -> ToolResult<()> {
        let answer = self.part(operation, json!({})).await?;
        let members = answer.and_then(|answer| answer.pointer(pointer).cloned());
        if let Some(Value::Object(members)) = members {
            let members = members
                .into_iter()
                .filter(|(name, value)| !without.contains(&name.as_str()) && *value != json!([]));
            self.pool.extend(members);
        }
        Ok(())
    }

    fn describe(&mut self, described: &Value) {
        let Value::Object(mut pool) = described.clone() else {
            return;
        };
        if let Some(name) = pool.shift_remove("Name") {
            pool.insert("PoolName".to_owned(), name);
        }
        if let Some(Value::Array(schema)) = pool.shift_remove("SchemaAttributes") {
            let schema = schema.into_iter().map(as_requested).collect();
            pool.insert("Schema".to_owned(), Value::Array(schema));
        }
        let account = described["Arn"]
            .as_str()
            .and_then(|arn| arn.split(':').nth(4));
        if let Some(account) = account {
            pool.insert("AccountId".to_owned(), account.into());
        }
        one_name_each(&mut pool);
        for name in RESPONSE_ONLY {
            pool.shift_remove(name);
        }
        self.pool = pool;
    }

    async fn mfa(&mut self) -> ToolResult<()> {
        let Some(mut mfa) = self.part("GetUserPoolMfaConfig", json!({})).await? else {
            return Ok(());
        };
        // Sender and text are also settings of the pool.
        if mfa["SmsMfaConfiguration"].is_object() {
            self.add("SmsMfaConfiguration", json!({}));
        }
        for name in [
            "SoftwareTokenMfaConfiguration",
            "EmailMfaConfiguration",
            "WebAuthnConfiguration",
        ] {
            let value = mfa[name].take();
            if value.is_object() && value["Enabled"] != false {
                self.add(name, value);
            }
        }
        Ok(())
    }

    async fn replicas(&mut self) -> ToolResult<()> {
        let replicas = self
            .list("ListUserPoolReplicas", "UserPoolReplicas", 60)
            .await?;
        let others = replicas.iter().filter(|it| it["Role"] != "PRIMARY");
        for replica in others {
            let region = replica["RegionName"].as_str().unwrap_or_default();
            self.not_exported.push(format!("The replica in {region}"));
        }
        Ok(())
    }

    /// Adds the clients. Returns their ids.
    async fn clients(&mut self) -> ToolResult<Vec<String>> {
        let listed = self
            .list("ListUserPoolClients", "UserPoolClients", 60)
            .await?;
        let ids = listed.iter().map(|client| text(client, "ClientId"));
        let ids: Vec<String> = ids.collect();
        let inputs = || ids.iter().map(|id| json!({ "ClientId": id })).collect();
        let described = self.each("DescribeUserPoolClient", inputs()).await?;
        let sessions = self
            .each("GetUserPoolClientSessionConfiguration", inputs())
            .await?;
        let mut clients = Vec::new();
        for (described, session) in described.into_iter().zip(sessions) {
            let Some(Value::Object(mut client)) =
                described.and_then(|mut it| Some(it.get_mut("UserPoolClient")?.take()))
            else {
                continue;
            };
            client.shift_remove("UserPoolId");
            if !self.choice.secrets && client.shift_remove("ClientSecret").is_some() {
                client.insert("GenerateSecret".to_owned(), true.into());
            }
            let session = session.and_then(|mut it| Some(it.get_mut("SSOSession")?.take()));
            if let Some(session) = session {
                client.insert("SSOSession".to_owned(), session);
            }
            clients.push(Value::Object(client));
        }
        self.add_list("UserPoolClients", clients);
        Ok(ids)
    }

    async fn domains(&mut self, described: &Value) -> ToolResult<()> {
        let names = [&described["Domain"], &described["CustomDomain"]];
        let names = names.into_iter().filter(|name| name.is_string());
        let mut domains = Vec::new();
        for name in names {
            let input = json!({ "Domain": name });
            let part = self.reader.part("DescribeUserPoolDomain", input).await?;
            match part {
                Part::Found(mut answer) => {
                    let description = answer["DomainDescription"].take();
                    domains.push(only(
                        description,
                        &[
                            "Domain",
                            "ManagedLoginVersion",
                            "CustomDomainConfig",
                            "Routing",
                            "CloudFrontDistribution",
                        ],
                    ));
                }
                Part::Absent => {}
                Part::Denied(code) => self.denied("DescribeUserPoolDomain", &code),
            }
        }
        self.add_list("Domains", domains);
        Ok(())
    }

    async fn providers(&mut self) -> ToolResult<()> {
        let listed = self.list("ListIdentityProviders", "Providers", 50).await?;
        let inputs = listed
            .iter()
            .map(|it| json!({ "ProviderName": it["ProviderName"] }));
        let described = self
            .each("DescribeIdentityProvider", inputs.collect())
            .await?;
        let groups = self.pool.get("Groups").and_then(Value::as_array).cloned();
        let mut providers = Vec::new();
        for mut answer in described.into_iter().flatten() {
            let Value::Object(mut provider) = answer["IdentityProvider"].take() else {
                continue;
            };
            provider.shift_remove("UserPoolId");
            if provider.get("IdpIdentifiers") == Some(&json!([])) {
                provider.shift_remove("IdpIdentifiers");
            }
            if let Some(Value::Object(details)) = provider.get_mut("ProviderDetails") {
                // It follows from the signing key of the pool.
                details.shift_remove("ActiveEncryptionCertificate");
                for secret in ["client_secret", "private_key"] {
                    if let Some(value) = details.get_mut(secret).filter(|_| !self.choice.secrets) {
                        *value = HIDDEN.into();
                    }
                }
            }
            let name = provider["ProviderName"].as_str().unwrap_or_default();
            let group = format!("{}_{name}", self.id);
            let has_group = groups.iter().flatten().any(|it| it["GroupName"] == group);
            if !has_group {
                provider.insert("HasGroup".to_owned(), false.into());
            }
            providers.push(Value::Object(provider));
        }
        self.add_list("IdentityProviders", providers);
        Ok(())
    }

    async fn styles(&mut self, clients: &[String]) -> ToolResult<()> {
        let operation = "DescribeManagedLoginBrandingByClient";
        let inputs = clients.iter().map(|id| json!({ "ClientId": id })).collect();
        let found = self.each(operation, inputs).await?;
        let mut styles = Vec::new();
        for (answer, client) in found.into_iter().zip(clients) {
            let style = answer.and_then(|mut it| Some(it.get_mut("ManagedLoginBranding")?.take()));
            let Some(Value::Object(mut style)) = style else {
                continue;
            };
            style.shift_remove("UserPoolId");
            if style.get("UseCognitoProvidedValues") == Some(&json!(false)) {
                style.shift_remove("UseCognitoProvidedValues");
            }
            if style.get("Assets") == Some(&json!([])) {
                style.shift_remove("Assets");
            }
            style.insert("ClientId".to_owned(), json!(client));
            styles.push(Value::Object(style));
        }
        self.add_list("ManagedLoginBrandings", styles);
        Ok(())
    }

    async fn customizations(&mut self, described: &Value, clients: &[String]) -> ToolResult<()> {
        // Without a domain, Cognito refuses the request.
        if !described["Domain"].is_string() && !described["CustomDomain"].is_string() {
            return Ok(());
        }
        let all = "ALL".to_owned();
        let ids = std::iter::once(&all).chain(clients);
        let inputs = ids.clone().map(|id| json!({ "ClientId": id })).collect();
        let found = self.each("GetUICustomization", inputs).await?;
        let mut customizations = Vec::new();
        for (answer, client) in found.into_iter().zip(ids) {
            let Some(mut answer) = answer else { continue };
            let own = answer["UICustomization"].take();
            // A client without its own has that of all clients.
            if own["ClientId"] != **client {
                continue;
            }
            if own["ImageUrl"].is_string() {
                let line = format!("UICustomizations.ImageFile of {client}: only its URL is shown");
                self.not_exported.push(line);
            }
            if own["CSS"].is_string() {
                let members = ["ClientId", "CSS", "CreationDate", "LastModifiedDate"];
                customizations.push(only(own, &members));
            }
        }
        self.add_list("UICustomizations", customizations);
        Ok(())
    }

    async fn terms(&mut self) -> ToolResult<()> {
        let listed = self.list("ListTerms", "Terms", 60).await?;
        let inputs = listed
            .iter()
            .map(|it| json!({ "TermsId": it["TermsId"] }))
            .collect();
        let described = self.each("DescribeTerms", inputs).await?;
        let terms = described.into_iter().flatten().map(|mut answer| {
            let mut terms = answer["Terms"].take();
            if let Value::Object(terms) = &mut terms {
                terms.shift_remove("UserPoolId");
            }
            terms
        });
        let terms = terms.collect();
        self.add_list("Terms", terms);
        Ok(())
    }

    async fn risks(&mut self, described: &Value, clients: &[String]) -> ToolResult<()> {
        let mode = &described["UserPoolAddOns"]["AdvancedSecurityMode"];
        if !mode.is_string() || *mode == "OFF" {
            return Ok(());
        }
        let mut inputs = vec![json!({})];
        inputs.extend(clients.iter().map(|id| json!({ "ClientId": id })));
        let found = self.each("DescribeRiskConfiguration", inputs).await?;
        let mut risks = Vec::new();
        let ids = std::iter::once(None).chain(clients.iter().map(Some));
        for (answer, client) in found.into_iter().zip(ids) {
            let Some(mut answer) = answer else { continue };
            let Value::Object(mut risk) = answer["RiskConfiguration"].take() else {
                continue;
            };
            risk.shift_remove("UserPoolId");
            risk.retain(|_, value| !value.is_null() && *value != json!({}));
            let is_own = risk.get("ClientId").and_then(Value::as_str) == client.map(String::as_str);
            let has_settings = risk.keys().any(|name| name.ends_with("Configuration"));
            if is_own && has_settings {
                risks.push(Value::Object(risk));
            }
        }
        self.add_list("RiskConfigurations", risks);
        Ok(())
    }
}

/// Settings with two names in responses, of which a request may have only one.
fn one_name_each(pool: &mut Map<String, Value>) {
    let days = "/Policies/PasswordPolicy/TemporaryPasswordValidityDays";
    let view = Value::Object(pool.clone());
    if view.pointer(days).is_some()
        && let Some(Value::Object(config)) = pool.get_mut("AdminCreateUserConfig")
    {
        config.shift_remove("UnusedAccountValidityDays");
    }
    let template = &view["VerificationMessageTemplate"];
    for (older, newer) in [
        ("EmailVerificationMessage", "EmailMessage"),
        ("EmailVerificationSubject", "EmailSubject"),
        ("SmsVerificationMessage", "SmsMessage"),
    ] {
        if view.get(older).is_some() && view.get(older) == template.get(newer) {
            pool.shift_remove(older);
        }
    }
}

/// An attribute of `DescribeUserPool` as `CreateUserPool` accepts it: custom ones without their
/// prefix.
fn as_requested(mut attribute: Value) -> Value {
    let name = attribute["Name"].as_str().unwrap_or_default();
    if let Some((_, own)) = name.rsplit_once("custom:") {
        attribute["Name"] = own.into();
    }
    attribute
}

fn only(value: Value, names: &[&str]) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    members.retain(|name, value| names.contains(&name.as_str()) && !value.is_null());
    members.into()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
