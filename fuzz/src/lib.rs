//! Fuzz targets: one for each parser of outside input.
//!
//! A target is a function of bytes. It panics if the parser breaks a rule that its documentation
//! states. `scripts/fuzz` builds the fuzzer (`fuzz.rs`) and runs the targets. The test below runs
//! the targets on the inputs in `corpus/` without the fuzzer, so that `cargo test` tries every
//! input that was found useful.

mod place;
mod targets;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name of the target and of its folder in `corpus/`.
    pub name: &'static str,
    /// Runs the target on one input.
    ///
    /// # Panics
    /// If the parser breaks a rule.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "arguments",
        run: targets::arguments::run,
    },
    Target {
        name: "credentials",
        run: targets::credentials::run,
    },
    Target {
        name: "filter",
        run: targets::filter::run,
    },
    Target {
        name: "http",
        run: targets::http::run,
    },
    Target {
        name: "import",
        run: targets::import::run,
    },
    Target {
        name: "mcp",
        run: targets::mcp::run,
    },
    Target {
        name: "operation",
        run: targets::operation::run,
    },
    Target {
        name: "saml",
        run: targets::saml::run,
    },
    Target {
        name: "srp",
        run: targets::srp::run,
    },
    Target {
        name: "token",
        run: targets::token::run,
    },
    Target {
        name: "totp",
        run: targets::totp::run,
    },
    Target {
        name: "untrusted",
        run: targets::untrusted::run,
    },
];

/// `data` as text, if it is UTF-8.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Runs every target on its corpus.
    #[test]
    fn the_corpus_is_handled() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for target in TARGETS {
            let folder = corpus.join(target.name);
            let inputs = std::fs::read_dir(&folder)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            let mut count = 0;
            for input in inputs {
                let path = input.expect("the folder is readable").path();
                eprintln!("{}", path.display());
                (target.run)(&std::fs::read(&path).expect("the input is readable"));
                count += 1;
            }
            assert!(count > 0, "{} has no inputs", folder.display());
        }
    }
}
