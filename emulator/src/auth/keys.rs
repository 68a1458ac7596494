//! stub
use std::sync::Arc;
#[derive(Debug, Default, Clone)]
pub struct Keyring;
#[derive(Debug)]
pub struct SigningKeys;
#[derive(Debug)]
pub struct Key;
impl Keyring {
    pub fn next(&self) -> Arc<SigningKeys> {
        Arc::new(SigningKeys)
    }
    pub fn reset(&self) {}
}
impl SigningKeys {
    pub fn access(&self) -> &Key {
        &Key
    }
}
