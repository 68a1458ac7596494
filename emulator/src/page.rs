//! Opaque page tokens: a position, sealed so that clients do not build on it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Seals a position as the token of the next page.
pub(crate) fn seal(position: &impl Serialize) -> String {
    STANDARD.encode(serde_json::to_vec(position).expect("positions are plain data"))
}

/// Opens a token; `None` where it is not one of ours.
pub(crate) fn open<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()
}
