use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::OutboxFilter;
use super::*;
use crate::layers::faults::{Fault, FaultEffect, Target, When};
use crate::layers::journal::JournalFilter;
use crate::testing::PASSWORD;
use crate::wire::{Reply, Scope, Service, Signature, web};
use crate::world::Clock;

const A: &str = "111111111111";
const B: &str = "222222222222";

fn stack() -> Stack {
    Stack::builder()
        .clock(Clock::fixed(1_800_000_000))
        .seed(7)
        .build()
}

/// A call that `account` signed.
fn signed(account: &str, operation: &str, input: Value) -> Call {
    let scope = Scope {
        account: account.to_owned(),
        ..Scope::default()
    };
    Call {
        scope: Arc::new(scope),
        ..Call::new(operation, input)
    }
}

fn unsigned(operation: &str, input: Value) -> Call {
    Call {
        signature: Signature::Absent,
        ..Call::new(operation, input)
    }
}

fn must(stack: &Stack, call: &Call) -> Value {
    let reply = stack.call(call);
    assert!(reply.is_ok(), "{}: {reply}", call.operation);
    reply.body.json().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A pool of `account` and its client.
fn pool(stack: &Stack, account: &str) -> (String, String) {
    let input = json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email"] });
    let pool = must(stack, &signed(account, "CreateUserPool", input));
    let pool = text(&pool["UserPool"]["Id"]);
    let input = json!({
        "UserPoolId": pool, "ClientName": "c",
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    let client = must(stack, &signed(account, "CreateUserPoolClient", input));
    (pool, text(&client["UserPoolClient"]["ClientId"]))
}

fn sign_up(client: &str, name: &str) -> Call {
    let input = json!({
        "ClientId": client, "Username": name, "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": format!("{name}@example.com") }],
    });
    unsigned("SignUp", input)
}

fn codes(stack: &Stack) -> Vec<String> {
    let messages = stack.outbox(&OutboxFilter::default()).into_iter();
    messages.map(|message| message.code).collect()
}

fn refused(reply: &Reply) -> &str {
    reply.code.as_deref().unwrap_or("accepted")
}

fn domain(stack: &Stack, account: &str, pool: &str, name: &str) -> Reply {
    let input = json!({ "UserPoolId": pool, "Domain": name });
    stack.call(&signed(account, "CreateUserPoolDomain", input))
}

/// Signed calls reach the world of their account, and unsigned ones that of their client, access
/// token or session.
#[test]
fn calls_reach_the_world_of_their_account() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let (pool_a, client_a) = pool(&stack, A);
    let (pool_b, client_b) = pool(&stack, B);
    assert_eq!([own.described().pools, stack.described().pools], [1, 1]);
    must(&stack, &sign_up(&client_a, "ana"));
    must(&stack, &sign_up(&client_b, "bob"));
    assert_eq!([codes(&own).len(), codes(&stack).len()], [1, 1]);
    let filter = |account: &str| OutboxFilter {
        account: Some(account.to_owned()),
        ..OutboxFilter::default()
    };
    assert_eq!(stack.outbox(&filter(A))[0].username, "ana");
    assert_eq!(stack.outbox(&filter(B))[0].username, "bob");
    let confirm = json!({ "UserPoolId": pool_a, "Username": "ana" });
    let foreign = stack.call(&signed(B, "AdminConfirmSignUp", confirm.clone()));
    assert_eq!(refused(&foreign), "ResourceNotFoundException");
    must(&stack, &signed(A, "AdminConfirmSignUp", confirm));
    let sign_in = json!({
        "ClientId": client_a, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
    });
    // A signature does not change the world of an operation that needs none.
    let tokens = must(&stack, &signed(B, "InitiateAuth", sign_in));
    let access = &tokens["AuthenticationResult"]["AccessToken"];
    let user = must(
        &stack,
        &unsigned("GetUser", json!({ "AccessToken": access })),
    );
    assert_eq!(user["Username"], "ana");
    let of_a = own.journal().into_iter().map(|entry| entry.account);
    assert_eq!(
        of_a.collect::<BTreeSet<_>>(),
        BTreeSet::from([A.to_owned()])
    );
    let last = stack.journal().pop().unwrap();
    assert_eq!(
        (last.operation.as_str(), &*last.account),
        ("AdminConfirmSignUp", B)
    );
    // The stack of an account needs no account in its calls.
    let listed = own.call(&Call::new("ListUserPools", json!({ "MaxResults": 9 })));
    assert_eq!(listed.body["UserPools"][0]["Id"], *pool_a);
    assert!(stack.jwks(&pool_a).is_some() && stack.jwks(&pool_b).is_some());
    assert_eq!(stack.issuer_of(&pool_a), own.issuer_of(&pool_a));
}

#[test]
fn sessions_reach_the_world_of_their_pool() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let (pool, client) = pool(&stack, A);
    let mfa = json!({
        "UserPoolId": pool, "MfaConfiguration": "ON",
        "SoftwareTokenMfaConfiguration": { "Enabled": true },
    });
    must(&own, &Call::new("SetUserPoolMfaConfig", mfa));
    must(&stack, &sign_up(&client, "ana"));
    let user = json!({ "UserPoolId": pool, "Username": "ana" });
    must(&own, &Call::new("AdminConfirmSignUp", user));
    let sign_in = json!({
        "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
    });
    let challenge = must(&stack, &unsigned("InitiateAuth", sign_in));
    assert_eq!(challenge["ChallengeName"], "MFA_SETUP");
    let session = json!({ "Session": challenge["Session"] });
    must(&stack, &unsigned("AssociateSoftwareToken", session));
}

/// Requests for pages reach the world of their host or app client. A domain is unique in all
/// worlds.
#[test]
fn pages_reach_the_world_of_their_domain() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let (pool_a, client_a) = pool(&stack, A);
    let (pool_b, _) = pool(&stack, B);
    assert!(domain(&stack, A, &pool_a, "mine").is_ok());
    assert!(!domain(&stack, B, &pool_b, "mine").is_ok());
    let page = |host: &str, client: &str| {
        let mut request = web::Request::new("GET", &format!("/login?client_id={client}"));
        request.host = host.to_owned();
        stack.call(&domain::call(request, &Arc::default()));
        own.journal().len()
    };
    let before = own.journal().len();
    assert_eq!(page("mine.auth.us-east-1.localhost", "none"), before + 1);
    assert_eq!(page("localhost", &client_a), before + 2);
    assert_eq!(page("localhost", "none"), before + 2);
    // The domain of a removed world is free.
    stack.remove_account(A).unwrap();
    assert!(domain(&stack, B, &pool_b, "mine").is_ok());
}

/// Pools that an account has already move to its world, with clients, domains and messages.
#[test]
fn pools_move_to_a_new_world() {
    let stack = stack();
    let (pool_a, client_a) = pool(&stack, A);
    let (_, client_b) = pool(&stack, B);
    assert!(domain(&stack, A, &pool_a, "mine").is_ok());
    must(&stack, &sign_up(&client_a, "ana"));
    must(&stack, &sign_up(&client_b, "bob"));
    stack.advance(Duration::from_hours(1));
    stack.save_state("before").unwrap();
    let keys = stack.jwks(&pool_a).unwrap();
    let own = stack.of_account(A).unwrap();
    assert_eq!([own.described().pools, stack.described().pools], [1, 1]);
    assert_eq!(own.world().now(), stack.world().now());
    assert_eq!(own.jwks(&pool_a).unwrap(), keys);
    assert!(own.has_domain(&pool_a));
    let messages = |stack: &Stack| {
        let all = stack.outbox(&OutboxFilter::default()).into_iter();
        all.map(|message| message.username).collect::<Vec<_>>()
    };
    assert_eq!([messages(&own), messages(&stack)], [["ana"], ["bob"]]);
    own.advance(Duration::from_hours(24));
    let confirm = |client: &str, name: &str, code: &str| {
        let input = json!({ "ClientId": client, "Username": name, "ConfirmationCode": code });
        stack.call(&unsigned("ConfirmSignUp", input))
    };
    let expired = confirm(&client_a, "ana", &codes(&own)[0]);
    assert_eq!(refused(&expired), "ExpiredCodeException");
    assert!(confirm(&client_b, "bob", &codes(&stack)[0]).is_ok());
    // A state that was saved before has the pools of the other accounts only.
    let restored = stack.restore_state("before").unwrap();
    assert_eq!(restored.pools, 2);
    assert_eq!([own.described().pools, stack.described().pools], [1, 1]);
    stack.reset();
    assert_eq!([own.described().pools, stack.described().pools], [1, 0]);
    own.inspect(|emulator| assert!(emulator.state().is_consistent()));
}

#[test]
fn a_reset_of_one_account_leaves_the_others() {
    let stack = stack();
    let [a, b] = [A, B].map(|account| stack.of_account(account).unwrap());
    let (first, _) = pool(&stack, A);
    let (_, client) = pool(&stack, B);
    let (shared, _) = pool(&stack, "333333333333");
    must(&stack, &sign_up(&client, "bob"));
    for own in [&a, &b] {
        own.advance(Duration::from_hours(1));
        own.inject(Fault {
            on: Target::Operation("ListUsers".to_owned()),
            when: When::Always,
            effect: FaultEffect::CutBeforeEffects,
        })
        .unwrap();
    }
    let count = b.journal_len();
    a.reset();
    assert_eq!(
        (a.described().pools, a.faults().len(), a.journal_len()),
        (0, 0, 0)
    );
    assert_eq!(a.world().now().seconds(), 1_800_000_000);
    assert_eq!(
        (b.described().pools, b.faults().len(), b.journal_len()),
        (1, 1, count)
    );
    assert_eq!(b.world().now().seconds(), 1_800_003_600);
    assert_eq!(codes(&b).len(), 1);
    assert!(stack.jwks(&shared).is_some());
    // The account starts again with the same ids.
    assert_eq!(pool(&stack, A).0, first);
    stack.reset();
    assert_eq!([&a, &b, &stack].map(|it| it.described().pools), [1, 1, 0]);
}

/// Equal seeds give an account equal ids and keys, and no two accounts have the same.
#[test]
fn ids_depend_on_the_seed_and_the_account() {
    let ids = |stack: &Stack, account: &str| {
        let (pool, client) = pool(stack, account);
        let key = stack.jwks(&pool).unwrap()["keys"][0]["kid"].clone();
        [pool, client, text(&key)]
    };
    let two = [stack(), stack()].map(|stack| {
        // The order in which worlds are made does not matter.
        stack.of_account(B).unwrap();
        stack.of_account(A).unwrap();
        [A, B, "333333333333"].map(|account| ids(&stack, account))
    });
    assert_eq!(two[0], two[1]);
    let all: BTreeSet<_> = two[0].iter().flatten().collect();
    assert_eq!(all.len(), 9);
    let stack = stack();
    let seeded = stack.of_account_with_seed(A, 8).unwrap();
    let other = ids(&stack, A);
    assert_ne!(other[0], two[0][0][0]);
    // An existing world is reset.
    stack.of_account_with_seed(A, 7).unwrap();
    assert_eq!(seeded.described().pools, 0);
    assert_eq!(ids(&stack, A), two[0][0]);
}

#[test]
fn a_removed_account_is_in_the_shared_world() {
    let stack = stack();
    stack.of_account(A).unwrap();
    let (first, client) = pool(&stack, A);
    assert_eq!(stack.accounts(), [stack.account(A).unwrap().described()]);
    stack.remove_account(A).unwrap();
    assert_eq!(stack.accounts(), []);
    assert!(stack.account(A).is_none() && stack.jwks(&first).is_none());
    let unknown = stack.call(&sign_up(&client, "ana"));
    assert_eq!(refused(&unknown), "ResourceNotFoundException");
    pool(&stack, A);
    assert_eq!(stack.described().pools, 1);
    let sentence = stack.remove_account(A).unwrap_err().0;
    assert_eq!(
        sentence,
        "Account `111111111111` has no world of its own: see GET /_emulator/worlds."
    );
}

#[test]
fn save_points_do_not_take_the_domain_of_another_world() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let (pool_a, _) = pool(&stack, A);
    let (pool_b, _) = pool(&stack, B);
    assert!(domain(&stack, A, &pool_a, "mine").is_ok());
    own.save_state("with").unwrap();
    own.reset();
    assert!(domain(&stack, B, &pool_b, "mine").is_ok());
    assert_eq!(
        own.restore_state("with").unwrap_err().0,
        "The saved state has the domain `mine`, which account 222222222222 has now: delete it \
         there, then restore the state."
    );
    assert_eq!(own.described().pools, 0);
    let input = json!({ "UserPoolId": pool_b, "Domain": "mine" });
    must(&stack, &signed(B, "DeleteUserPoolDomain", input));
    own.restore_state("with").unwrap();
    assert!(own.has_domain(&pool_a));
}

/// Functions of the shared world are those of all accounts, and an account can map its own.
#[test]
fn functions_are_shared_and_own() {
    let answer = |confirms: bool| {
        move |event: &Value| {
            let mut event = event.clone();
            event["response"]["autoConfirmUser"] = json!(confirms);
            Ok(event)
        }
    };
    let stack = Stack::builder().trigger("welcome", answer(true)).build();
    let [a, _] = [A, B].map(|account| stack.of_account(account).unwrap());
    a.world().functions.insert("welcome", answer(false));
    let confirmed = [A, B].map(|account| {
        let (pool, client) = pool(&stack, account);
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:welcome";
        let update = json!({ "UserPoolId": pool, "LambdaConfig": { "PreSignUp": arn } });
        must(&stack, &signed(account, "UpdateUserPool", update));
        must(&stack, &sign_up(&client, "ana"))["UserConfirmed"].clone()
    });
    assert_eq!(confirmed, [false, true]);
    assert_eq!(a.world().functions.log().len(), 1);
    assert_eq!(stack.world().functions.log().len(), 0);
    assert!(a.world().functions.remove("welcome"));
    assert_eq!(a.world().functions.list().len(), 1);
}

#[test]
fn listeners_hear_all_worlds() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    stack.listen({
        let heard = Arc::clone(&heard);
        move |_, call| {
            let account = call.map(|call| call.scope.account.clone());
            heard.lock().push(account);
        }
    });
    for account in [A, B] {
        must(
            &stack,
            &signed(account, "CreateUserPool", json!({ "PoolName": "p" })),
        );
    }
    own.advance(Duration::from_secs(1));
    let expected = [Some(A.to_owned()), Some(B.to_owned()), None];
    assert_eq!(*heard.lock(), expected);
}

#[test]
fn unsuitable_accounts_are_refused() {
    let stack = stack();
    let no = |stack: &Stack, account: &str| stack.of_account(account).unwrap_err().0;
    for account in ["", "1111", "11111111111a", "1111111111111", "１１１１"] {
        assert!(no(&stack, account).ends_with("give the 12 digits of the access key."));
    }
    assert!(no(&stack, "123456789012").starts_with("Account 123456789012 is that of calls"));
    let own = stack.of_account(A).unwrap();
    assert!(own.of_account(A).is_ok());
    assert_eq!(
        no(&own, B),
        "This is the stack of account 111111111111: use that of all accounts."
    );
    for number in 1..WORLDS {
        stack.of_account(&format!("{number:012}")).unwrap();
    }
    assert!(no(&stack, B).starts_with("128 accounts have a world of their own: remove one"));
    let places = stack.0.core().worlds.as_ref().unwrap().present();
    let places: BTreeSet<_> = places.values().map(|own| own.place).collect();
    assert_eq!(places.len(), WORLDS);
}

/// Pools that moved keep their keys; the world assigns others.
#[test]
fn moved_pools_keep_their_keys() {
    let stack = stack();
    let (moved, _) = pool(&stack, A);
    let own = stack.of_account(A).unwrap();
    let (new, _) = pool(&stack, A);
    let (shared, _) = pool(&stack, B);
    let keys = [&moved, &new, &shared].map(|pool| stack.jwks(pool).unwrap().to_string());
    assert_eq!(BTreeSet::from(keys.clone()).len(), 3);
    for id in [&moved, &new] {
        must(
            &own,
            &Call::new("DeleteUserPool", json!({ "UserPoolId": id })),
        );
    }
    let (again, _) = pool(&stack, A);
    assert_eq!(stack.jwks(&again).unwrap().to_string(), keys[1]);
    let (next, _) = pool(&stack, B);
    assert!(!keys.contains(&stack.jwks(&next).unwrap().to_string()));
}

#[test]
fn the_journal_selects_an_account() {
    let stack = stack();
    pool(&stack, A);
    pool(&stack, B);
    let filter = JournalFilter {
        account: Some(A.to_owned()),
        ..JournalFilter::default()
    };
    assert_eq!(stack.read_journal(&filter).len(), 2);
    assert_eq!(stack.journal_len(), 4);
}

/// Unsigned calls name only a client, so ids that requests choose are unique in all worlds.
#[test]
fn chosen_ids_are_unique_in_all_worlds() {
    let stack = stack();
    let own = stack.of_account(A).unwrap();
    let create = |account: &str| {
        let input = json!({ "PoolName": "p", "UserPoolTags": { "_custom_id_": "us-east-1_mine" } });
        stack.call(&signed(account, "CreateUserPool", input))
    };
    let client = |account: &str, pool: &str| {
        let input = json!({ "UserPoolId": pool, "ClientName": "_custom_id_:web" });
        stack.call(&signed(account, "CreateUserPoolClient", input))
    };
    let delete = |account: &str| {
        let input = json!({ "UserPoolId": "us-east-1_mine" });
        must(&stack, &signed(account, "DeleteUserPool", input));
    };
    assert!(create(A).is_ok());
    assert_eq!(refused(&create(B)), "InvalidParameterException");
    let (other, _) = pool(&stack, B);
    assert!(client(A, "us-east-1_mine").is_ok());
    assert_eq!(refused(&client(B, &other)), "InvalidParameterException");
    own.save_state("with").unwrap();
    delete(A);
    assert!(create(B).is_ok());
    assert!(client(B, &other).is_ok());
    assert_eq!(
        own.restore_state("with").unwrap_err().0,
        "The saved state has the user pool `us-east-1_mine`, which account 222222222222 has now: \
         delete it there, then restore the state."
    );
    delete(B);
    assert_eq!(
        own.restore_state("with").unwrap_err().0,
        "The saved state has the app client `web`, which account 222222222222 has now: delete it \
         there, then restore the state."
    );
    assert_eq!(own.described().pools, 0);
    // The ids of a removed world are free.
    assert!(create(A).is_ok());
    stack.remove_account(A).unwrap();
    assert!(create(B).is_ok());
}

/// A message that moved keeps its number, and numbers are not used again.
#[test]
fn messages_of_a_world_have_increasing_numbers() {
    let stack = stack();
    let (_, client_a) = pool(&stack, A);
    let (_, client_b) = pool(&stack, B);
    for (client, name) in [(&client_b, "bob"), (&client_a, "ana"), (&client_b, "ben")] {
        must(&stack, &sign_up(client, name));
    }
    let own = stack.of_account(A).unwrap();
    must(&stack, &sign_up(&client_a, "ada"));
    must(&stack, &sign_up(&client_b, "bea"));
    let sent = [&own, &stack].map(|stack| {
        let messages = stack.outbox(&OutboxFilter::default()).into_iter();
        let sent = messages.map(|sent| (sent.sequence, sent.username));
        sent.collect::<Vec<_>>()
    });
    let ana = (2, "ana".to_owned());
    let [bob, ben, bea] = [(1, "bob"), (3, "ben"), (4, "bea")].map(|(n, it)| (n, it.to_owned()));
    assert_eq!(
        sent,
        [vec![ana, (4, "ada".to_owned())], vec![bob, ben, bea]]
    );
}
