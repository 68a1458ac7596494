//! JSON Web Tokens, read by the emulator's parser and by the server's.

use std::sync::{Arc, LazyLock};

use cognito_emulator::auth::jwt;
use cognito_emulator::auth::keys::{Keyring, SigningKeys};
use cognito_mcp::fuzzing;
use serde_json::Value;

static KEYS: LazyLock<Arc<SigningKeys>> = LazyLock::new(|| Keyring::default().next());

/// The claims of the only valid token in inputs.
const CLAIMS: &str = r#"{"sub":"ana"}"#;

/// Checks that only the token that the keys signed is valid. The server must read the
/// same claims as the emulator, except that it refuses a claim that occurs twice.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    // Inputs in the corpus have the placeholder `$token`, because they cannot contain a
    // signature.
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
