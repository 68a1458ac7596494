//! The fuzzer: libFuzzer with the target in the variable `FUZZ_TARGET`. `scripts/fuzz` builds and
//! runs it.

#![no_main]

use std::sync::LazyLock;

use cognito_fuzz::TARGETS;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name);
    target.map_or_else(
        || {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            eprintln!("Set FUZZ_TARGET to one of: {}.", names.join(", "));
            std::process::exit(2)
        },
        |target| target.run,
    )
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET)(data));
