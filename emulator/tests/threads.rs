//! Background threads: the emulator starts none.
//!
//! This is the only test of its binary, so that no other test starts threads
//! during it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use serde_json::{Value, json};

/// Threads of this process (`man 5 proc_pid_task`).
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn pools_start_no_thread() {
    let before = threads();
    let stack = Stack::builder().build();
    let call = |operation: &str, input: Value| {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    };
    let pools: Vec<_> = (0..20)
        .map(|_| call("CreateUserPool", json!({ "PoolName": "p" }))["UserPool"]["Id"].clone())
        .collect();
    for pool in &pools {
        assert!(stack.jwks(pool.as_str().unwrap()).is_some());
    }
    assert_eq!(threads(), before);
    for pool in pools {
        call("DeleteUserPool", json!({ "UserPoolId": pool }));
    }
    stack.reset();
    assert_eq!(threads(), before);
}
