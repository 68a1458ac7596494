//! A person who signs in through the API, as an application would let them.

use std::cell::RefCell;

use cognito_emulator::auth::secret_hash::secret_hash;
use cognito_emulator::auth::totp::Secret;
use cognito_emulator::stack::OutboxFilter;
use cognito_emulator::wire::{Call, Service as _};
use serde_json::{Value, json};

use crate::test_server::TestServer;

/// The password that a person chooses.
const CHOSEN: &str = "Chosen-By-The-User-9";

/// What a person knows.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) username: String,
    /// The password, which the person may change in a sign-in.
    pub(super) password: RefCell<String>,
    pub(super) flow: &'static str,
    /// The IP address, if the application reports one.
    pub(super) address: Option<&'static str>,
    /// Whether the application computes `SECRET_HASH`.
    pub(super) sends_hash: bool,
    /// The secret of the authenticator app.
    pub(super) app: RefCell<Option<String>>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            username: String::new(),
            password: RefCell::default(),
            flow: "ADMIN_USER_PASSWORD_AUTH",
            address: None,
            sends_hash: true,
            app: RefCell::default(),
        }
    }
}

impl Person {
    /// Signs in, and answers every challenge. Returns the names of the challenges, or the
    /// exception with its message. A sign-in by SRP ends at its first challenge, because the
    /// proof is the application's.
    pub(super) fn sign_in(&self, server: &TestServer) -> Result<Vec<String>, String> {
        let mut parameters = json!({ "USERNAME": self.username });
        match self.flow {
            "USER_SRP_AUTH" => parameters["SRP_A"] = "abc".into(),
            "USER_AUTH" | "CUSTOM_AUTH" => {}
            _ => parameters["PASSWORD"] = self.password.borrow().as_str().into(),
        }
        self.add_hash(server, &mut parameters, &self.username);
        let input = json!({ "AuthFlow": self.flow, "AuthParameters": parameters });
        let mut answer = self.call(server, "InitiateAuth", input)?;
        let mut met = Vec::new();
        for _ in 0..6 {
            let Some(challenge) = answer["ChallengeName"].as_str().map(ToOwned::to_owned) else {
                assert!(answer["AuthenticationResult"].is_object(), "{answer}");
                return Ok(met);
            };
            met.push(challenge.clone());
            if challenge == "PASSWORD_VERIFIER" {
                return Ok(met);
            }
            answer = self.respond(server, &challenge, answer)?;
        }
        panic!("no end: {met:?}");
    }

    fn respond(
        &self,
        server: &TestServer,
        challenge: &str,
        before: Value,
    ) -> Result<Value, String> {
        let mut session = before["Session"].clone();
        let named = before["ChallengeParameters"]["USER_ID_FOR_SRP"].as_str();
        let named = named.unwrap_or(&self.username).to_owned();
        let mut responses = json!({ "USERNAME": named });
        match challenge {
            "NEW_PASSWORD_REQUIRED" => {
                responses["NEW_PASSWORD"] = CHOSEN.into();
                let required = before["ChallengeParameters"]["requiredAttributes"].as_str();
                let required: Vec<String> = serde_json::from_str(required.unwrap()).unwrap();
                for name in required {
                    responses[name] = "given".into();
                }
            }
            "SELECT_CHALLENGE" => {
                let available = before["AvailableChallenges"].as_array().unwrap();
                if available.contains(&json!("PASSWORD")) {
                    responses["ANSWER"] = "PASSWORD".into();
                    responses["PASSWORD"] = self.password.borrow().as_str().into();
                } else {
                    responses["ANSWER"] = available[0].clone();
                }
            }
            "SELECT_MFA_TYPE" => responses["ANSWER"] = "SMS_MFA".into(),
            "SOFTWARE_TOKEN_MFA" => {
                responses["SOFTWARE_TOKEN_MFA_CODE"] = self.app_code(server).into();
            }
            "MFA_SETUP" => session = self.set_up(server, &session)?,
            code => responses[format!("{code}_CODE")] = newest_code(server).into(),
        }
        self.add_hash(server, &mut responses, &named);
        let input = json!({
            "ChallengeName": challenge, "Session": session, "ChallengeResponses": responses,
        });
        let answer = self.call(server, "RespondToAuthChallenge", input)?;
        if challenge == "NEW_PASSWORD_REQUIRED" {
            CHOSEN.clone_into(&mut self.password.borrow_mut());
        }
        Ok(answer)
    }

    /// Sets up an authenticator app in the sign-in. Returns the next session.
    fn set_up(&self, server: &TestServer, session: &Value) -> Result<Value, String> {
        let begun = send(
            server,
            "AssociateSoftwareToken",
            json!({ "Session": session }),
        )?;
        let code = begun["SecretCode"].as_str().unwrap();
        *self.app.borrow_mut() = Some(code.to_owned());
        let verified = send(
            server,
            "VerifySoftwareToken",
            json!({ "Session": begun["Session"], "UserCode": self.app_code(server) }),
        )?;
        Ok(verified["Session"].clone())
    }

    fn app_code(&self, server: &TestServer) -> String {
        // Each code works once.
        server.stack().advance(std::time::Duration::from_secs(30));
        let app = self.app.borrow();
        let secret = Secret::from_code(app.as_deref().expect("the app is set up")).unwrap();
        secret.password_at(server.stack().world().now())
    }

    fn add_hash(&self, server: &TestServer, parameters: &mut Value, username: &str) {
        let client = json!({ "UserPoolId": server.pool_id(), "ClientId": server.client_id() });
        let client = server.cognito("DescribeUserPoolClient", client);
        let secret = client["UserPoolClient"]["ClientSecret"].as_str();
        if let Some(secret) = secret.filter(|_| self.sends_hash) {
            let hash = secret_hash(secret, username, server.client_id());
            parameters["SECRET_HASH"] = hash.into();
        }
    }

    /// Calls the operation of a sign-in that the flow needs.
    fn call(
        &self,
        server: &TestServer,
        operation: &str,
        mut input: Value,
    ) -> Result<Value, String> {
        input["ClientId"] = server.client_id().into();
        let address = self.address.map(|address| {
            json!({
                "IpAddress": address, "ServerName": "app", "ServerPath": "/", "HttpHeaders": [],
            })
        });
        if !self.flow.starts_with("ADMIN_") {
            return send(server, operation, input);
        }
        input["UserPoolId"] = server.pool_id().into();
        if let Some(address) = address {
            input["ContextData"] = address;
        }
        send(server, &format!("Admin{operation}"), input)
    }
}

/// The code of the newest message.
pub(super) fn newest_code(server: &TestServer) -> String {
    let newest = server.stack().outbox(&OutboxFilter::default()).pop();
    newest.expect("a code was sent").code
}

fn send(server: &TestServer, operation: &str, input: Value) -> Result<Value, String> {
    let mut call = Call::new(operation, input);
    call.scope = server.stack().scope().clone();
    let reply = server.stack().call(&call);
    match &reply.code {
        None => Ok(reply.body.json().clone()),
        Some(code) => Err(format!(
            "{code}: {}",
            reply.message.as_deref().unwrap_or_default()
        )),
    }
}
