//! Every state that calls reach can be exported as a pool file and loaded again.

use cognito_emulator::Emulator;
use cognito_emulator::pool_file::{Export, export, load, parse, yaml};
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Scope, Service};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

use crate::simulation::Actor;
use crate::town::Town;

/// The export of a loaded export is equal to it, and the operations that read have the same
/// answers.
#[test]
fn every_reached_state_is_exported_and_loaded() {
    for seed in 1..=8 {
        let town = Town::new(seed);
        let mut actor = Actor::new(seed, town.known.clone(), &std::sync::Arc::default());
        for _ in 0..3 {
            actor.run(&town.stack, 500);
            survives(&town.stack);
        }
    }
}

/// Exports the state of `stack`, loads it into another stack, and compares both.
#[track_caller]
pub(crate) fn survives(stack: &Stack) {
    let first = exported(stack);
    let text = yaml(&first);
    let file = parse("export.yaml", &text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let now = u64::try_from(stack.world().now().seconds()).unwrap();
    let other = Stack::builder().clock(Clock::fixed(now)).build();
    let loaded = other.inspect(|emulator| load(emulator, other.scope(), 0, &[file]));
    let loaded = loaded.unwrap_or_else(|mistake| panic!("{mistake}"));
    assert_eq!(
        loaded.pools.len(),
        first["UserPools"].as_array().unwrap().len()
    );
    assert!(other.inspect(|emulator| emulator.state().is_consistent()));
    assert_eq!(text, yaml(&exported(&other)));
    let [before, after] = [stack, &other].map(|stack| stack.inspect(read_all));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
}

fn exported(stack: &Stack) -> Value {
    stack.inspect(|emulator| export(emulator, stack.scope(), &Export::default()))
}

/// The answers of operations that read what a pool file has.
fn read_all(emulator: &Emulator) -> Vec<String> {
    let mut reader = Reader {
        emulator,
        scope: Scope::default(),
        pool: String::new(),
        answers: Vec::new(),
    };
    for handle in emulator.state().pool_handles() {
        reader.scope = handle.scope.clone();
        reader.pool.clone_from(&handle.read().id);
        let domains: Vec<String> = handle.read().domains.names().map(str::to_owned).collect();
        reader.read_pool(&domains);
    }
    reader.answers
}

struct Reader<'a> {
    emulator: &'a Emulator,
    scope: Scope,
    pool: String,
    answers: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, operation: &str, mut input: Value) -> Value {
        input["UserPoolId"] = json!(self.pool);
        let mut call = Call::new(operation, input.clone());
        call.scope = self.scope.clone().into();
        let reply = self.emulator.call(&call);
        let mut body = reply.body.json().clone();
        // The certificate is that of the pool's signing key, which another emulator chooses.
        if let Some(details) = body.pointer_mut("/IdentityProvider/ProviderDetails") {
            details["ActiveEncryptionCertificate"] = Value::Null;
        }
        // A file has a replica in its final state.
        if let Some(replicas) = body["UserPoolReplicas"].as_array_mut() {
            replicas.retain(|replica| replica["Status"] != "DELETING");
            let creating = |replica: &&mut Value| replica["Status"] == "CREATING";
            for replica in replicas.iter_mut().filter(creating) {
                replica["Status"] = json!("INACTIVE");
            }
        }
        let message = reply.message.unwrap_or_default();
        self.answers
            .push(format!("{operation} {input} {message} {body}"));
        body
    }

    /// The values of `member` in all pages of `list`.
    fn names(&mut self, operation: &str, list: &str, member: &str, token: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut input = json!({});
        loop {
            let page = self.read(operation, input.clone());
            // Tokens have the time and the position of the page.
            if let Some(answer) = self.answers.last_mut().filter(|_| page[token].is_string()) {
                answer.clear();
            }
            for item in page[list].as_array().into_iter().flatten() {
                names.push(item[member].as_str().unwrap().to_owned());
            }
            match page[token].as_str() {
                Some(next) => input[token] = json!(next),
                None => return names,
            }
        }
    }

    fn read_pool(&mut self, domains: &[String]) {
        for operation in [
            "DescribeUserPool",
            "GetUserPoolMfaConfig",
            "GetUserPoolSessionConfiguration",
            "GetLogDeliveryConfiguration",
            "ListUserPoolReplicas",
            "DescribeRiskConfiguration",
            "GetUICustomization",
        ] {
            self.read(operation, json!({}));
        }
        for domain in domains {
            self.read("DescribeUserPoolDomain", json!({ "Domain": domain }));
        }
        let clients = self.names(
            "ListUserPoolClients",
            "UserPoolClients",
            "ClientId",
            "NextToken",
        );
        for client in clients {
            for operation in [
                "DescribeUserPoolClient",
                "ListUserPoolClientSecrets",
                "GetUserPoolClientSessionConfiguration",
                "DescribeRiskConfiguration",
                "GetUICustomization",
                "DescribeManagedLoginBrandingByClient",
            ] {
                self.read(operation, json!({ "ClientId": client }));
            }
            for terms in ["terms-of-use", "privacy-policy"] {
                let input = json!({ "ClientId": client, "TermsName": terms });
                self.read("DescribeTermsByClient", input);
            }
        }
        let providers = self.names(
            "ListIdentityProviders",
            "Providers",
            "ProviderName",
            "NextToken",
        );
        for provider in providers {
            self.read(
                "DescribeIdentityProvider",
                json!({ "ProviderName": provider }),
            );
        }
        self.read("ListResourceServers", json!({ "MaxResults": 50 }));
        self.names("ListGroups", "Groups", "GroupName", "NextToken");
        for user in self.names("ListUsers", "Users", "Username", "PaginationToken") {
            for operation in ["AdminGetUser", "AdminListGroupsForUser", "AdminListDevices"] {
                self.read(operation, json!({ "Username": user }));
            }
        }
    }
}
