//! The corpus `fidelity/`: its cases on both mounts of the emulator, and its format.

use std::collections::{BTreeMap, BTreeSet};

use cognito_emulator::model::Model;
use cognito_emulator::stack::Stack;
use cognito_mcp::verify::{Corpus, Evidence, Report, Selection, Target, bring_functions, run};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Runs all cases, with the resources that the corpus requires in an account.
async fn verified(target: Target) -> Report {
    let corpus = Corpus::read().unwrap();
    let provided = corpus.provided.iter();
    let all = Selection {
        given: provided
            .map(|(name, provision)| (name.clone(), provision.emulator.clone()))
            .collect(),
        ..Selection::default()
    };
    let stop = CancellationToken::new();
    run(&corpus, &target, &all, &stop).await.unwrap()
}

/// Checks that every case succeeded and that no pool is left.
#[track_caller]
fn check(report: &Report, stack: &Stack) {
    assert!(report.is_good(), "{report}");
    let pools = stack.inspect(|emulator| emulator.state().list(stack.scope(), 0, 10).len());
    assert_eq!(pools, 0, "pools left behind");
}

#[tokio::test]
async fn the_corpus_passes_in_process() {
    let stack = Stack::builder().build();
    let report = verified(Target::in_process(&stack)).await;
    check(&report, &stack);
}

/// Checks the form of all responses: members are in alphabetical order, and there is no
/// body if the model declares no output.
fn written_as_cognito_writes(stack: &Stack) {
    fn in_order(value: &Value) -> bool {
        match value {
            Value::Object(members) => members.keys().is_sorted() && members.values().all(in_order),
            Value::Array(elements) => elements.iter().all(in_order),
            _ => true,
        }
    }
    let calls = stack.journal();
    let done = calls.iter().filter(|call| call.status == Some(200));
    let mut without_body = BTreeSet::new();
    for call in done {
        // Pages of domains are not in the model.
        let Some(operation) = Model::get().operation(&call.operation) else {
            assert!(call.operation.starts_with("domain/"), "{}", call.operation);
            continue;
        };
        let has_body = !call.response.is_null();
        assert_eq!(has_body, operation.output().is_some(), "{}", operation.name);
        assert!(in_order(&call.response), "{}", operation.name);
        if !has_body {
            without_body.insert(operation.name);
        }
    }
    // Operations whose empty response was recorded (radkawar/stackd, 2026-09-24).
    for name in [
        "AdminAddUserToGroup",
        "AdminRemoveUserFromGroup",
        "DeleteGroup",
        "DeleteUserPool",
        "DeleteUserPoolClient",
    ] {
        assert!(without_body.contains(name), "{name}");
    }
}

#[tokio::test]
async fn the_corpus_passes_over_http() {
    let stack = Stack::builder().build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    bring_functions(&stack);
    let served = cognito_emulator::http::serve(listener, stack.clone(), std::future::pending());
    tokio::spawn(served);
    let report = verified(Target::at(&url, "us-east-1").await).await;
    check(&report, &stack);
    written_as_cognito_writes(&stack);
}

/// A stopped run deletes the resources that it created.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_leaves_nothing_behind() {
    let stack = Stack::builder().build();
    let pools =
        |stack: &Stack| stack.inspect(|emulator| emulator.state().list(stack.scope(), 0, 10).len());
    let (target, stop) = (Target::in_process(&stack), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move {
            let corpus = Corpus::read().unwrap();
            run(&corpus, &target, &Selection::default(), &stop).await
        }
    });
    while pools(&stack) == 0 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    let report = running.await.unwrap().unwrap();
    assert!(report.interrupted && !report.is_good());
    assert_eq!((report.left_behind.len(), pools(&stack)), (0, 0));
}

/// Every fact has a case, or is listed with the reason why it cannot have one.
#[test]
fn every_fact_is_a_case_or_listed() {
    let corpus = Corpus::read().unwrap();
    let facts = &corpus.facts;
    let mut wanted: BTreeSet<String> = (1..=facts.rows).map(|row| format!("R{row}")).collect();
    wanted.extend((1..=facts.domain_rows).map(|row| format!("O{row}")));
    for (section, last) in &facts.numbered {
        wanted.extend((1..=*last).map(|fact| format!("{section}.{fact}")));
    }
    wanted.extend(facts.prose.iter().cloned());

    let mut shown = BTreeMap::<&str, u32>::new();
    for (_, case) in corpus.cases() {
        let fact = case.id.split('-').next().unwrap();
        for fact in case.also.iter().map(String::as_str).chain([fact]) {
            *shown.entry(fact).or_default() += 1;
        }
    }
    let missing: Vec<&String> = wanted
        .iter()
        .filter(|fact| shown.contains_key(fact.as_str()) == facts.unobservable.contains_key(*fact))
        .collect();
    assert!(missing.is_empty(), "neither or both: {missing:?}");
    let listed_in_vain: Vec<&String> = facts
        .unobservable
        .keys()
        .filter(|fact| !wanted.contains(*fact))
        .collect();
    assert!(listed_in_vain.is_empty(), "no facts: {listed_in_vain:?}");
}

/// Every example of AWS has a case, or is listed with the reason why it cannot have one.
#[test]
fn every_example_is_a_case_or_listed() {
    let corpus = Corpus::read().unwrap();
    let listed = &corpus.facts.not_replayed;
    let cases: BTreeSet<&str> = corpus.cases().map(|(_, case)| case.id.as_str()).collect();
    let missing: Vec<&String> = corpus
        .examples
        .keys()
        .filter(|name| cases.contains(name.as_str()) == listed.contains_key(*name))
        .collect();
    assert!(missing.is_empty(), "neither or both: {missing:?}");
    assert!(listed.keys().all(|name| corpus.examples.contains_key(name)));
}

#[test]
fn ids_are_unique_and_sources_given() {
    let corpus = Corpus::read().unwrap();
    let mut ids = BTreeSet::new();
    for (area, case) in corpus.cases() {
        assert!(ids.insert(&case.id), "two cases {}", case.id);
        assert!(
            !case.title.is_empty() && !case.source.is_empty(),
            "{}",
            case.id
        );
        let pool = case.pool.as_ref();
        assert!(
            pool.is_none_or(|pool| corpus.pools.contains_key(pool)),
            "{}, {}: no such pool",
            area.name,
            case.id
        );
    }
    let verified = corpus
        .cases()
        .filter(|(_, case)| case.evidence == Evidence::AwsVerified);
    assert!(verified.count() > 100);
}
