//! Secrets of authenticator apps in base32, and one-time passwords.

use cognito_emulator::auth::totp::Secret;
use cognito_emulator::world::{Chance, Time};

/// Checks that a secret is formatted as it was parsed, and that only valid passwords are
/// accepted.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    if let Some(secret) = Secret::from_code(text) {
        assert_eq!(secret.code(), text);
    }
    let secret = Secret::new(&Chance::seeded(7));
    let now = Time(1_800_000_000_000);
    if secret.verify(text, now).is_some() {
        let shown = [-30_000, 0, 30_000].map(|by| secret.password_at(Time(now.0 + by)));
        assert!(shown.iter().any(|password| password == text), "{text:?}");
    }
}
