//! The corpus on both mounts of the emulator, and the corpus itself.

use std::collections::BTreeSet;

use cognito_emulator::stack::Stack;
use cognito_mcp::verify::{Corpus, Evidence, Report, Selection, Target, bring_functions, run};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// All cases; what the corpus asks of an account is there.
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

/// Nothing differs, and nothing is left behind.
#[track_caller]
fn judge(report: &Report, stack: &Stack) {
    assert!(report.is_good(), "{report}");
    let pools = stack.inspect(|emulator| emulator.state().list(stack.scope(), 0, 10).len());
    assert_eq!(pools, 0, "pools left behind");
}

#[tokio::test]
async fn the_corpus_holds_in_process() {
    let stack = Stack::builder().build();
    let report = verified(Target::in_process(&stack)).await;
    judge(&report, &stack);
}

#[tokio::test]
async fn the_corpus_holds_over_http() {
    let stack = Stack::builder().build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    bring_functions(&stack);
    let served = cognito_emulator::http::serve(listener, stack.clone(), std::future::pending());
    tokio::spawn(served);
    let report = verified(Target::at(&url, "us-east-1").await).await;
    judge(&report, &stack);
}

/// What a run has made is deleted when it is told to stop.
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
