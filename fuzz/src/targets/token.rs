//! JSON Web Tokens: the emulator's parser, and the server's.

use std::sync::{Arc, LazyLock};

use cognito_emulator::auth::jwt;
use cognito_emulator::auth::keys::{Keyring, SigningKeys};
use cognito_mcp::fuzzing;
use serde_json::Value;

static KEYS: LazyLock<Arc<SigningKeys>> = LazyLock::new(|| Keyring::default().next());

/// The claims that every token in the corpus has which verifies.
const CLAIMS: &str = r#"{"sub":"ana"}"#;

/// No token verifies but those that the keys have signed. The server reads what the
/// emulator reads, but refuses a claim that is there twice.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    // A corpus cannot sign: this puts a good token in.
    let text = &text.replace("$token", &signed());
    if let Ok(decoded) = jwt::decode(text) {
        match fuzzing::token(text) {
            Ok((_, claims)) => assert_eq!(claims, Value::Object(decoded.claims)),
            Err(error) => assert!(error.contains("has a name twice"), "{text}: {error}"),
        }
    }
    if let Ok(claims) = jwt::verify(&KEYS, text) {
        assert_eq!(Value::Object(claims).to_string(), CLAIMS, "{text}");
        assert_eq!(*text, signed());
    }
}

fn signed() -> String {
    let claims: Value = serde_json::from_str(CLAIMS).expect("the claims are JSON");
    jwt::sign(KEYS.id(), &claims)
}
