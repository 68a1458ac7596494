//! Every list visits each item that is there throughout exactly once, whatever
//! comes and goes between its pages and while they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cognito_emulator::ops::BUILT;
use cognito_emulator::stack::Stack;
use cognito_emulator::testing::PASSWORD;
use cognito_emulator::testing::authenticator::Authenticator;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::Clock;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::town::{operation, page_token, walk};

/// A pool with whatever its lists hang on: the client `main`, the group `all`,
/// and the user `ana`, who is signed in where a list is hers.
struct Place {
    stack: Stack,
    pool: String,
    client: String,
    access: String,
}

impl Place {
    fn new(signs_in: bool) -> Self {
        let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
        let mut place = Self {
            stack,
            pool: String::new(),
            client: String::new(),
            access: String::new(),
        };
        let settings = json!({
            "PoolName": "main", "UserPoolTier": "PLUS",
            "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
            "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
            "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } },
        });
        let pool = place.must("CreateUserPool", settings);
        place.pool = id(&pool["UserPool"]["Id"]);
        let client = json!({
            "UserPoolId": place.pool, "ClientName": "main",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let client = place.must("CreateUserPoolClient", client);
        place.client = id(&client["UserPoolClient"]["ClientId"]);
        let group = json!({ "UserPoolId": place.pool, "GroupName": "all" });
        place.must("CreateGroup", group);
        let ana =
            json!({ "UserPoolId": place.pool, "Username": "ana", "MessageAction": "SUPPRESS" });
        place.must("AdminCreateUser", ana);
        if signs_in {
            let passkeys = json!({ "RelyingPartyId": "localhost" });
            place.must(
                "SetUserPoolMfaConfig",
                json!({ "UserPoolId": place.pool, "WebAuthnConfiguration": passkeys }),
            );
            let password = json!({
                "UserPoolId": place.pool, "Username": "ana", "Password": PASSWORD, "Permanent": true,
            });
            place.must("AdminSetUserPassword", password);
            place.access = id(&place.sign_in()["AccessToken"]);
        }
        place
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

    /// What another sign-in of `ana` gives.
    fn sign_in(&self) -> Value {
        let parameters = json!({ "USERNAME": "ana", "PASSWORD": PASSWORD });
        let sign_in = json!({ "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        self.must("InitiateAuth", sign_in)["AuthenticationResult"].clone()
    }

    /// A list's request, with `member` beside the pool.
    fn of_pool(&self, (name, value): (&str, &str)) -> Value {
        json!({ "UserPoolId": self.pool, name: value })
    }
}

fn id(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A list, and how its items come and go.
struct List {
    operation: &'static str,
    input: fn(&Place) -> Value,
    /// The member that limits a page.
    size: &'static str,
    items: &'static str,
    /// The member by which an item is known.
    name: &'static str,
    /// Makes the item `n` and tells its name.
    create: fn(&Place, n: u8) -> String,
    /// Takes the item of that name away, where anything can.
    delete: Option<fn(&Place, name: &str)>,
}

impl List {
    /// Whether `ana` has to be signed in.
    fn is_of_ana(&self) -> bool {
        let has = |name| operation(self.operation).input().member(name).is_some();
        has("AccessToken") || (has("Username") && self.items != "Groups")
    }
}

/// How many `n` there are.
const ITEMS: u8 = 24;

fn create_user(place: &Place, n: u8) -> String {
    let name = format!("item{n}");
    let mut user = place.of_pool(("Username", &name));
    user["MessageAction"] = json!("SUPPRESS");
    place.must("AdminCreateUser", user);
    name
}

fn delete_user(place: &Place, name: &str) {
    place.must("AdminDeleteUser", place.of_pool(("Username", name)));
}

fn create_group(place: &Place, n: u8) -> String {
    let name = format!("item{n}");
    place.must("CreateGroup", place.of_pool(("GroupName", &name)));
    name
}

fn delete_group(place: &Place, name: &str) {
    place.must("DeleteGroup", place.of_pool(("GroupName", name)));
}

fn member(place: &Place, username: &str, group: &str) -> Value {
    json!({ "UserPoolId": place.pool, "Username": username, "GroupName": group })
}

/// A member of the group `all`.
fn join_all(place: &Place, n: u8) -> String {
    let name = create_user(place, n);
    place.must("AdminAddUserToGroup", member(place, &name, "all"));
    name
}

fn leave_all(place: &Place, name: &str) {
    place.must("AdminRemoveUserFromGroup", member(place, name, "all"));
    delete_user(place, name);
}

/// A group of the user `ana`.
fn ana_joins(place: &Place, n: u8) -> String {
    let name = create_group(place, n);
    place.must("AdminAddUserToGroup", member(place, "ana", &name));
    name
}

fn ana_leaves(place: &Place, name: &str) {
    place.must("AdminRemoveUserFromGroup", member(place, "ana", name));
    delete_group(place, name);
}

fn create_client(place: &Place, _: u8) -> String {
    let client = place.must(
        "CreateUserPoolClient",
        place.of_pool(("ClientName", "item")),
    );
    id(&client["UserPoolClient"]["ClientId"])
}

fn delete_client(place: &Place, name: &str) {
    place.must("DeleteUserPoolClient", place.of_pool(("ClientId", name)));
}

fn create_resource_server(place: &Place, n: u8) -> String {
    let name = format!("item{n}");
    let mut server = place.of_pool(("Identifier", &name));
    server["Name"] = json!("server");
    place.must("CreateResourceServer", server);
    name
}

fn delete_resource_server(place: &Place, name: &str) {
    place.must("DeleteResourceServer", place.of_pool(("Identifier", name)));
}

fn create_provider(place: &Place, n: u8) -> String {
    let name = format!("item{n}");
    let mut provider = place.of_pool(("ProviderName", &name));
    provider["ProviderType"] = json!("SAML");
    provider["ProviderDetails"] = json!({ "MetadataURL": "https://idp.example.com/metadata" });
    place.must("CreateIdentityProvider", provider);
    name
}

fn delete_provider(place: &Place, name: &str) {
    place.must(
        "DeleteIdentityProvider",
        place.of_pool(("ProviderName", name)),
    );
}

fn create_pool(place: &Place, _: u8) -> String {
    let pool = place.must("CreateUserPool", json!({ "PoolName": "item" }));
    id(&pool["UserPool"]["Id"])
}

fn delete_pool(place: &Place, name: &str) {
    place.must("DeleteUserPool", json!({ "UserPoolId": name }));
}

/// Terms of a client of their own: a client has two documents at most.
fn create_terms(place: &Place, n: u8) -> String {
    let client = create_client(place, n);
    let terms = json!({
        "UserPoolId": place.pool, "ClientId": client, "TermsName": "terms-of-use",
        "TermsSource": "LINK", "Enforcement": "NONE", "Links": { "cognito:default": "https://example.com" },
    });
    id(&place.must("CreateTerms", terms)["Terms"]["TermsId"])
}

fn delete_terms(place: &Place, name: &str) {
    place.must("DeleteTerms", place.of_pool(("TermsId", name)));
}

fn create_import_job(place: &Place, _: u8) -> String {
    let mut job = place.of_pool(("JobName", "item"));
    job["CloudWatchLogsRoleArn"] = json!("arn:aws:iam::123456789012:role/logs");
    id(&place.must("CreateUserImportJob", job)["UserImportJob"]["JobId"])
}

fn create_passkey(place: &Place, _: u8) -> String {
    let begun = place.must(
        "StartWebAuthnRegistration",
        json!({ "AccessToken": place.access }),
    );
    let authenticator = Authenticator::new("http://localhost:3000");
    let credential = authenticator.create(&begun["CredentialCreationOptions"]);
    let made = json!({ "AccessToken": place.access, "Credential": credential });
    place.must("CompleteWebAuthnRegistration", made);
    authenticator.id()
}

fn delete_passkey(place: &Place, name: &str) {
    let passkey = json!({ "AccessToken": place.access, "CredentialId": name });
    place.must("DeleteWebAuthnCredential", passkey);
}

fn confirm_device(place: &Place, _: u8) -> String {
    let signed_in = place.sign_in();
    let key = signed_in["NewDeviceMetadata"]["DeviceKey"].clone();
    let device = json!({ "AccessToken": signed_in["AccessToken"], "DeviceKey": key });
    place.must("ConfirmDevice", device);
    id(&key)
}

fn forget_device(place: &Place, name: &str) {
    let mut device = place.of_pool(("Username", "ana"));
    device["DeviceKey"] = json!(name);
    place.must("AdminForgetDevice", device);
}

/// A sign-in of `ana`, as threat protection remembers it.
fn sign_in(place: &Place, _: u8) -> String {
    place.sign_in();
    let mut latest = place.of_pool(("Username", "ana"));
    latest["MaxResults"] = json!(1);
    id(&place.must("AdminListUserAuthEvents", latest)["AuthEvents"][0]["EventId"])
}

/// The lists, by whose items come and go alike.
#[expect(clippy::too_many_lines, reason = "a table")]
fn lists() -> Vec<List> {
    let users = List {
        operation: "ListUsers",
        input: |place| json!({ "UserPoolId": place.pool }),
        size: "Limit",
        items: "Users",
        name: "Username",
        create: create_user,
        delete: Some(delete_user),
    };
    let of_ana = |place: &Place| place.of_pool(("Username", "ana"));
    let in_group = |place: &Place| place.of_pool(("GroupName", "all"));
    let list = |operation, items, name| List {
        operation,
        size: "MaxResults",
        items,
        name,
        ..users
    };
    vec![
        List {
            input: |place| place.of_pool(("Filter", "username ^= \"item\"")),
            ..users
        },
        List {
            operation: "ListUsersInGroup",
            input: in_group,
            create: join_all,
            delete: Some(leave_all),
            ..users
        },
        List {
            operation: "ListUsersInGroup",
            input: in_group,
            create: join_all,
            ..users
        },
        List {
            size: "Limit",
            create: create_group,
            delete: Some(delete_group),
            ..list("ListGroups", "Groups", "GroupName")
        },
        List {
            size: "Limit",
            input: of_ana,
            create: ana_joins,
            delete: Some(ana_leaves),
            ..list("AdminListGroupsForUser", "Groups", "GroupName")
        },
        List {
            size: "Limit",
            input: of_ana,
            create: ana_joins,
            delete: Some(delete_group),
            ..list("AdminListGroupsForUser", "Groups", "GroupName")
        },
        List {
            create: create_client,
            delete: Some(delete_client),
            ..list("ListUserPoolClients", "UserPoolClients", "ClientId")
        },
        List {
            create: create_provider,
            delete: Some(delete_provider),
            ..list("ListIdentityProviders", "Providers", "ProviderName")
        },
        List {
            create: create_resource_server,
            delete: Some(delete_resource_server),
            ..list("ListResourceServers", "ResourceServers", "Identifier")
        },
        List {
            create: create_terms,
            delete: Some(delete_terms),
            ..list("ListTerms", "Terms", "TermsId")
        },
        List {
            create: create_import_job,
            delete: None,
            ..list("ListUserImportJobs", "UserImportJobs", "JobId")
        },
        List {
            input: |place| json!({ "AccessToken": place.access }),
            create: create_passkey,
            delete: Some(delete_passkey),
            ..list("ListWebAuthnCredentials", "Credentials", "CredentialId")
        },
        List {
            size: "Limit",
            input: of_ana,
            create: confirm_device,
            delete: Some(forget_device),
            ..list("AdminListDevices", "Devices", "DeviceKey")
        },
        List {
            size: "Limit",
            input: |place| json!({ "AccessToken": place.access }),
            create: confirm_device,
            delete: Some(forget_device),
            ..list("ListDevices", "Devices", "DeviceKey")
        },
        List {
            input: of_ana,
            create: sign_in,
            delete: None,
            ..list("AdminListUserAuthEvents", "AuthEvents", "EventId")
        },
        List {
            input: |_| json!({}),
            create: create_pool,
            delete: Some(delete_pool),
            ..list("ListUserPools", "UserPools", "Id")
        },
        users,
    ]
}

/// Operations of which the model knows a next page.
fn paged() -> BTreeSet<&'static str> {
    let leads_on = |name: &&&str| {
        let output = operation(name).output();
        output.is_some_and(|output| {
            output.member("NextToken").is_some() || output.member("PaginationToken").is_some()
        })
    };
    BUILT.iter().filter(leads_on).copied().collect()
}

/// Lists whose request cannot ask for a shorter page: their first page is the
/// whole.
const WHOLE: [&str; 4] = [
    "AdminListUserSessions",
    "ListUserPoolClientSecrets",
    "ListUserPoolReplicas",
    "ListUserSessions",
];

#[test]
fn every_list_is_here() {
    let mut here: BTreeSet<&str> = lists().iter().map(|list| list.operation).collect();
    here.extend(WHOLE);
    assert_eq!(here, paged());
    for name in WHOLE {
        let input = operation(name).input();
        let sized = ["Limit", "MaxResults"]
            .iter()
            .any(|size| input.member(size).is_some());
        assert!(!sized, "{name} takes a size");
    }
}

/// The items that come and go beside those that stay.
#[derive(Default)]
struct Guests(BTreeMap<u8, String>);

impl Guests {
    fn change(&mut self, list: &List, place: &Place, (comes, n): (bool, u8)) {
        match (comes, list.delete) {
            (true, _) if !self.0.contains_key(&n) => {
                self.0.insert(n, (list.create)(place, n));
            }
            (false, Some(delete)) => {
                if let Some(name) = self.0.remove(&n) {
                    delete(place, &name);
                }
            }
            _ => {}
        }
    }
}

fn each_resident_once(
    list: &List,
    residents: u8,
    limit: usize,
    churn: &[(bool, u8)],
    on_another_thread: bool,
) -> Result<(), TestCaseError> {
    let place = Place::new(list.is_of_ana());
    let mut guests = Guests::default();
    let mut stay = Vec::new();
    // Guests stand among the residents, so that some leave before their page.
    for n in 0..residents {
        stay.push((list.create)(&place, ITEMS + n));
        guests.change(list, &place, (true, n));
    }
    let mut input = (list.input)(&place);
    input[list.size] = json!(limit);
    let mut seen = Vec::new();
    if on_another_thread {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for change in churn {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    guests.change(list, &place, *change);
                }
            });
            seen = read(list, &place, input, || {});
            done.store(true, Ordering::Relaxed);
        });
    } else {
        let mut churn = churn.iter();
        seen = read(list, &place, input, || {
            for change in churn.by_ref().take(3) {
                guests.change(list, &place, *change);
            }
        });
    }
    for name in &stay {
        let times = seen.iter().filter(|seen| *seen == name).count();
        prop_assert_eq!(times, 1, "{} of {} in {:?}", name, list.operation, seen);
    }
    Ok(())
}

/// The names on all pages; `between` pages something happens.
fn read(list: &List, place: &Place, mut input: Value, mut between: impl FnMut()) -> Vec<String> {
    let limit = input[list.size].as_u64();
    let mut seen = Vec::new();
    loop {
        let page = place.must(list.operation, input.clone());
        let items = page[list.items].as_array().unwrap();
        assert!(
            u64::try_from(items.len()).ok() <= limit,
            "{}",
            list.operation
        );
        seen.extend(items.iter().map(|item| id(&item[list.name])));
        assert!(seen.len() < 1_000, "{} does not end", list.operation);
        let Some(token) = page_token(&page) else {
            return seen;
        };
        input[token] = page[token].clone();
        between();
    }
}

#[test]
fn each_item_is_visited_once() {
    for list in lists() {
        // Each of its pools has keys of its own.
        let cases = if list.operation == "ListUserPools" {
            32
        } else {
            96
        };
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        proptest!(config, |(
            residents in 1_u8..9,
            limit in 1_usize..4,
            churn in vec((any::<bool>(), 0_u8..12), 0..24),
            on_another_thread: bool,
        )| {
            each_resident_once(&list, residents, limit, &churn, on_another_thread)?;
        });
    }
}

/// Nobody comes or goes: the pages together are the whole, each item once.
#[test]
fn pages_of_any_size_are_the_whole() {
    for list in lists() {
        let place = Place::new(true);
        let made: Vec<String> = (0..6).map(|n| (list.create)(&place, n)).collect();
        let mut wholes = BTreeSet::new();
        for limit in [1, 2, 5, 20] {
            let mut input = (list.input)(&place);
            input[list.size] = json!(limit);
            let read = |operation: &str, input| place.must(operation, input);
            wholes.insert(walk(read, list.operation, input, list.items, list.name));
        }
        assert_eq!(wholes.len(), 1, "{}: {wholes:?}", list.operation);
        for name in made {
            let seen = wholes.iter().flatten().filter(|seen| **seen == name);
            assert_eq!(seen.count(), 1, "{name} of {}: {wholes:?}", list.operation);
        }
    }
}

/// What takes no size has no second page, and refuses the token of one.
#[test]
fn a_whole_list_ends() {
    let place = Place::new(true);
    place.must(
        "SetUserPoolSessionConfiguration",
        json!({ "UserPoolId": place.pool, "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 100 } }),
    );
    for _ in 0..70 {
        place.sign_in();
    }
    let access = id(&place.sign_in()["AccessToken"]);
    let secret = json!({ "UserPoolId": place.pool, "ClientName": "item", "GenerateSecret": true });
    let with_secret = place.must("CreateUserPoolClient", secret);
    let with_secret = id(&with_secret["UserPoolClient"]["ClientId"]);
    place.must(
        "AddUserPoolClientSecret",
        place.of_pool(("ClientId", &with_secret)),
    );
    for (operation, mut input, items, count) in [
        (
            "AdminListUserSessions",
            place.of_pool(("Username", "ana")),
            "Sessions",
            71,
        ),
        (
            "ListUserSessions",
            json!({ "AccessToken": access }),
            "Sessions",
            71,
        ),
        (
            "ListUserPoolClientSecrets",
            place.of_pool(("ClientId", &with_secret)),
            "ClientSecrets",
            2,
        ),
        (
            "ListUserPoolReplicas",
            json!({ "UserPoolId": place.pool }),
            "UserPoolReplicas",
            1,
        ),
    ] {
        assert!(WHOLE.contains(&operation));
        let page = place.must(operation, input.clone());
        assert_eq!(page[items].as_array().map(Vec::len), Some(count), "{page}");
        assert_eq!(page_token(&page), None);
        input["NextToken"] = json!("bmV4dA==");
        let refused = place.call(operation, input);
        assert_eq!(refused.code.as_deref(), Some("InvalidParameterException"));
    }
}
