//! stub
use serde_json::Value;
pub fn decode(_: &str) -> Result<Value, ()> {
    Err(())
}
pub fn verify(_: &super::keys::Key, _: &str) -> Result<(), ()> {
    Ok(())
}
pub fn jwks(_: &super::keys::SigningKeys) -> Value {
    Value::Null
}
