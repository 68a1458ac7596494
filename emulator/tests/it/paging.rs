//! Pages of lists: each item that exists during the whole listing is returned
//! exactly once, even if other items are created and deleted between the pages.

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

/// A pool with everything that its lists need: the client `main`, the group
/// `all`, and the user `ana`, who is signed in for the lists about her.
struct Fixture {
    stack: Stack,
    pool: String,
    client: String,
    access: String,
}

impl Fixture {
    fn new(signs_in: bool) -> Self {
        let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
        let mut fixture = Self {
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
        let pool = fixture.must("CreateUserPool", settings);
        fixture.pool = id(&pool["UserPool"]["Id"]);
        let client = json!({
            "UserPoolId": fixture.pool, "ClientName": "main",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let client = fixture.must("CreateUserPoolClient", client);
        fixture.client = id(&client["UserPoolClient"]["ClientId"]);
        let group = json!({ "UserPoolId": fixture.pool, "GroupName": "all" });
        fixture.must("CreateGroup", group);
        let ana =
            json!({ "UserPoolId": fixture.pool, "Username": "ana", "MessageAction": "SUPPRESS" });
        fixture.must("AdminCreateUser", ana);
        if signs_in {
            let passkeys = json!({ "RelyingPartyId": "localhost" });
            fixture.must(
                "SetUserPoolMfaConfig",
                json!({ "UserPoolId": fixture.pool, "WebAuthnConfiguration": passkeys }),
            );
            let password = json!({
                "UserPoolId": fixture.pool, "Username": "ana", "Password": PASSWORD, "Permanent": true,
            });
            fixture.must("AdminSetUserPassword", password);
            fixture.access = id(&fixture.sign_in()["AccessToken"]);
        }
        fixture
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

    /// Signs `ana` in again and returns the tokens.
    fn sign_in(&self) -> Value {
        let parameters = json!({ "USERNAME": "ana", "PASSWORD": PASSWORD });
        let sign_in = json!({ "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        self.must("InitiateAuth", sign_in)["AuthenticationResult"].clone()
    }

    /// A request with the pool and one more member.
    fn of_pool(&self, (name, value): (&str, &str)) -> Value {
        json!({ "UserPoolId": self.pool, name: value })
    }
}

fn id(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A list, and how its items are created and deleted.
struct List {
    operation: &'static str,
    input: fn(&Fixture) -> Value,
    /// The member that limits the size of a page.
    size: &'static str,
    items: &'static str,
    /// The member that identifies an item.
    name: &'static str,
    /// Creates the item `n` and returns its name.
    create: fn(&Fixture, n: u8) -> String,
    /// Deletes the item with that name, if any operation can.
    delete: Option<fn(&Fixture, name: &str)>,
}

impl List {
    /// Whether `ana` must be signed in.
    fn is_of_ana(&self) -> bool {
        let has = |name| operation(self.operation).input().member(name).is_some();
        has("AccessToken") || (has("Username") && self.items != "Groups")
    }
}

/// Number of the first resident. Guests have smaller numbers.
const ITEMS: u8 = 24;

fn create_user(fixture: &Fixture, n: u8) -> String {
    let name = format!("item{n}");
    let mut user = fixture.of_pool(("Username", &name));
    user["MessageAction"] = json!("SUPPRESS");
    fixture.must("AdminCreateUser", user);
    name
}

fn delete_user(fixture: &Fixture, name: &str) {
    fixture.must("AdminDeleteUser", fixture.of_pool(("Username", name)));
}

fn create_group(fixture: &Fixture, n: u8) -> String {
    let name = format!("item{n}");
    fixture.must("CreateGroup", fixture.of_pool(("GroupName", &name)));
    name
}

fn delete_group(fixture: &Fixture, name: &str) {
    fixture.must("DeleteGroup", fixture.of_pool(("GroupName", name)));
}

fn member(fixture: &Fixture, username: &str, group: &str) -> Value {
    json!({ "UserPoolId": fixture.pool, "Username": username, "GroupName": group })
}

/// Creates a member of the group `all`.
fn join_all(fixture: &Fixture, n: u8) -> String {
    let name = create_user(fixture, n);
    fixture.must("AdminAddUserToGroup", member(fixture, &name, "all"));
    name
}

fn leave_all(fixture: &Fixture, name: &str) {
    fixture.must("AdminRemoveUserFromGroup", member(fixture, name, "all"));
    delete_user(fixture, name);
}

/// Creates a group with the user `ana`.
fn ana_joins(fixture: &Fixture, n: u8) -> String {
    let name = create_group(fixture, n);
    fixture.must("AdminAddUserToGroup", member(fixture, "ana", &name));
    name
}

fn ana_leaves(fixture: &Fixture, name: &str) {
    fixture.must("AdminRemoveUserFromGroup", member(fixture, "ana", name));
    delete_group(fixture, name);
}

fn create_client(fixture: &Fixture, _: u8) -> String {
    let client = fixture.must(
        "CreateUserPoolClient",
        fixture.of_pool(("ClientName", "item")),
    );
    id(&client["UserPoolClient"]["ClientId"])
}

fn delete_client(fixture: &Fixture, name: &str) {
    fixture.must("DeleteUserPoolClient", fixture.of_pool(("ClientId", name)));
}

fn create_resource_server(fixture: &Fixture, n: u8) -> String {
    let name = format!("item{n}");
    let mut server = fixture.of_pool(("Identifier", &name));
    server["Name"] = json!("server");
    fixture.must("CreateResourceServer", server);
    name
}

fn delete_resource_server(fixture: &Fixture, name: &str) {
    fixture.must(
        "DeleteResourceServer",
        fixture.of_pool(("Identifier", name)),
    );
}

fn create_provider(fixture: &Fixture, n: u8) -> String {
    let name = format!("item{n}");
    let mut provider = fixture.of_pool(("ProviderName", &name));
    provider["ProviderType"] = json!("SAML");
    provider["ProviderDetails"] = json!({ "MetadataURL": "https://idp.example.com/metadata" });
    fixture.must("CreateIdentityProvider", provider);
    name
}

fn delete_provider(fixture: &Fixture, name: &str) {
    fixture.must(
        "DeleteIdentityProvider",
        fixture.of_pool(("ProviderName", name)),
    );
}

fn create_pool(fixture: &Fixture, _: u8) -> String {
    let pool = fixture.must("CreateUserPool", json!({ "PoolName": "item" }));
    id(&pool["UserPool"]["Id"])
}

fn delete_pool(fixture: &Fixture, name: &str) {
    fixture.must("DeleteUserPool", json!({ "UserPoolId": name }));
}

/// Creates terms for a new client, because a client has at most two documents.
fn create_terms(fixture: &Fixture, n: u8) -> String {
    let client = create_client(fixture, n);
    let terms = json!({
        "UserPoolId": fixture.pool, "ClientId": client, "TermsName": "terms-of-use",
        "TermsSource": "LINK", "Enforcement": "NONE", "Links": { "cognito:default": "https://example.com" },
    });
    id(&fixture.must("CreateTerms", terms)["Terms"]["TermsId"])
}

fn delete_terms(fixture: &Fixture, name: &str) {
    fixture.must("DeleteTerms", fixture.of_pool(("TermsId", name)));
}

fn create_import_job(fixture: &Fixture, _: u8) -> String {
    let mut job = fixture.of_pool(("JobName", "item"));
    job["CloudWatchLogsRoleArn"] = json!("arn:aws:iam::123456789012:role/logs");
    id(&fixture.must("CreateUserImportJob", job)["UserImportJob"]["JobId"])
}

fn create_passkey(fixture: &Fixture, _: u8) -> String {
    let begun = fixture.must(
        "StartWebAuthnRegistration",
        json!({ "AccessToken": fixture.access }),
    );
    let authenticator = Authenticator::new("http://localhost:3000");
    let credential = authenticator.create(&begun["CredentialCreationOptions"]);
    let made = json!({ "AccessToken": fixture.access, "Credential": credential });
    fixture.must("CompleteWebAuthnRegistration", made);
    authenticator.id()
}

fn delete_passkey(fixture: &Fixture, name: &str) {
    let passkey = json!({ "AccessToken": fixture.access, "CredentialId": name });
    fixture.must("DeleteWebAuthnCredential", passkey);
}

fn confirm_device(fixture: &Fixture, _: u8) -> String {
    let signed_in = fixture.sign_in();
    let key = signed_in["NewDeviceMetadata"]["DeviceKey"].clone();
    let device = json!({ "AccessToken": signed_in["AccessToken"], "DeviceKey": key });
    fixture.must("ConfirmDevice", device);
    id(&key)
}

fn forget_device(fixture: &Fixture, name: &str) {
    let mut device = fixture.of_pool(("Username", "ana"));
    device["DeviceKey"] = json!(name);
    fixture.must("AdminForgetDevice", device);
}

/// Signs `ana` in, which adds an event to the history of threat protection.
fn sign_in(fixture: &Fixture, _: u8) -> String {
    fixture.sign_in();
    let mut latest = fixture.of_pool(("Username", "ana"));
    latest["MaxResults"] = json!(1);
    id(&fixture.must("AdminListUserAuthEvents", latest)["AuthEvents"][0]["EventId"])
}

/// The lists, with the operations that create and delete their items.
#[expect(clippy::too_many_lines, reason = "a table")]
fn lists() -> Vec<List> {
    let users = List {
        operation: "ListUsers",
        input: |fixture| json!({ "UserPoolId": fixture.pool }),
        size: "Limit",
        items: "Users",
        name: "Username",
        create: create_user,
        delete: Some(delete_user),
    };
    let of_ana = |fixture: &Fixture| fixture.of_pool(("Username", "ana"));
    let in_group = |fixture: &Fixture| fixture.of_pool(("GroupName", "all"));
    let list = |operation, items, name| List {
        operation,
        size: "MaxResults",
        items,
        name,
        ..users
    };
    vec![
        List {
            input: |fixture| fixture.of_pool(("Filter", "username ^= \"item\"")),
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
            input: |fixture| json!({ "AccessToken": fixture.access }),
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
            input: |fixture| json!({ "AccessToken": fixture.access }),
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

/// Operations whose response has a token for the next page, by the model.
fn paged() -> BTreeSet<&'static str> {
    let leads_on = |name: &&&str| {
        let output = operation(name).output();
        output.is_some_and(|output| {
            output.member("NextToken").is_some() || output.member("PaginationToken").is_some()
        })
    };
    BUILT.iter().filter(leads_on).copied().collect()
}

/// Lists whose requests have no page size. Their first page is the whole list.
const WHOLE: [&str; 4] = [
    "AdminListUserSessions",
    "ListUserPoolClientSecrets",
    "ListUserPoolReplicas",
    "ListUserSessions",
];

#[test]
fn every_list_is_tested() {
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

/// The items that are created and deleted while a list is read. Residents are
/// the items that exist all the time.
#[derive(Default)]
struct Guests(BTreeMap<u8, String>);

impl Guests {
    fn change(&mut self, list: &List, fixture: &Fixture, (comes, n): (bool, u8)) {
        match (comes, list.delete) {
            (true, _) if !self.0.contains_key(&n) => {
                self.0.insert(n, (list.create)(fixture, n));
            }
            (false, Some(delete)) => {
                if let Some(name) = self.0.remove(&n) {
                    delete(fixture, &name);
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
    let fixture = Fixture::new(list.is_of_ana());
    let mut guests = Guests::default();
    let mut stay = Vec::new();
    // A guest is created after each resident, so that some guests are deleted
    // before their page is read.
    for n in 0..residents {
        stay.push((list.create)(&fixture, ITEMS + n));
        guests.change(list, &fixture, (true, n));
    }
    let mut input = (list.input)(&fixture);
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
                    guests.change(list, &fixture, *change);
                }
            });
            seen = read(list, &fixture, input, || {});
            done.store(true, Ordering::Relaxed);
        });
    } else {
        let mut churn = churn.iter();
        seen = read(list, &fixture, input, || {
            for change in churn.by_ref().take(3) {
                guests.change(list, &fixture, *change);
            }
        });
    }
    for name in &stay {
        let times = seen.iter().filter(|seen| *seen == name).count();
        prop_assert_eq!(times, 1, "{} of {} in {:?}", name, list.operation, seen);
    }
    Ok(())
}

/// The names on all pages. `between` is called between pages.
fn read(
    list: &List,
    fixture: &Fixture,
    mut input: Value,
    mut between: impl FnMut(),
) -> Vec<String> {
    let limit = input[list.size].as_u64();
    let mut seen = Vec::new();
    loop {
        let page = fixture.must(list.operation, input.clone());
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
        // Fewer cases, because each pool needs its own keys.
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

/// Without changes, the pages together have each item of the list once.
#[test]
fn pages_of_any_size_have_all_items() {
    for list in lists() {
        let fixture = Fixture::new(true);
        let made: Vec<String> = (0..6).map(|n| (list.create)(&fixture, n)).collect();
        let mut wholes = BTreeSet::new();
        for limit in [1, 2, 5, 20] {
            let mut input = (list.input)(&fixture);
            input[list.size] = json!(limit);
            let read = |operation: &str, input| fixture.must(operation, input);
            wholes.insert(walk(read, list.operation, input, list.items, list.name));
        }
        assert_eq!(wholes.len(), 1, "{}: {wholes:?}", list.operation);
        for name in made {
            let seen = wholes.iter().flatten().filter(|seen| **seen == name);
            assert_eq!(seen.count(), 1, "{name} of {}: {wholes:?}", list.operation);
        }
    }
}

/// A list without a page size has no second page, and refuses a page token.
#[test]
fn a_list_without_page_size_has_one_page() {
    let fixture = Fixture::new(true);
    fixture.must(
        "SetUserPoolSessionConfiguration",
        json!({ "UserPoolId": fixture.pool, "UserSessionTracking": "ENABLED", "TokenSession": { "MaxPerUser": 100 } }),
    );
    for _ in 0..70 {
        fixture.sign_in();
    }
    let access = id(&fixture.sign_in()["AccessToken"]);
    let secret =
        json!({ "UserPoolId": fixture.pool, "ClientName": "item", "GenerateSecret": true });
    let with_secret = fixture.must("CreateUserPoolClient", secret);
    let with_secret = id(&with_secret["UserPoolClient"]["ClientId"]);
    fixture.must(
        "AddUserPoolClientSecret",
        fixture.of_pool(("ClientId", &with_secret)),
    );
    for (operation, mut input, items, count) in [
        (
            "AdminListUserSessions",
            fixture.of_pool(("Username", "ana")),
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
            fixture.of_pool(("ClientId", &with_secret)),
            "ClientSecrets",
            2,
        ),
        (
            "ListUserPoolReplicas",
            json!({ "UserPoolId": fixture.pool }),
            "UserPoolReplicas",
            1,
        ),
    ] {
        assert!(WHOLE.contains(&operation));
        let page = fixture.must(operation, input.clone());
        assert_eq!(page[items].as_array().map(Vec::len), Some(count), "{page}");
        assert_eq!(page_token(&page), None);
        input["NextToken"] = json!("bmV4dA==");
        let refused = fixture.call(operation, input);
        assert_eq!(refused.code.as_deref(), Some("InvalidParameterException"));
    }
}
