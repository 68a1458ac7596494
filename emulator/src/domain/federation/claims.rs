//! The claims of a provider as attributes of the pool (O125).
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html>

use serde_json::{Map, Value};

use crate::auth::assurance::{Assurance, Level};
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::settings::identity_provider::IdentityProvider;
use crate::state::client::Client;

/// The most characters of a mapped value (documented; the sentence is inferred).
const LONGEST: usize = 2_048;

/// The attributes that `claims` set, by the provider's mapping. A claim that is absent leaves its
/// attribute unchanged, an empty one clears it, and an attribute that the client may not write is
/// skipped.
pub(super) fn mapped(
    provider: &IdentityProvider,
    client: &Client,
    claims: &Map<String, Value>,
) -> Result<Vec<Attribute>> {
    let mut attributes = Vec::new();
    for (attribute, claim) in &provider.attribute_mapping {
        // The flags are not in a client's list; they belong to their addresses.
        let written = attribute.strip_suffix("_verified").unwrap_or(attribute);
        if attribute == "username" || !client.may_write(written) {
            continue;
        }
        let Some(value) = claims.get(claim).and_then(text) else {
            continue;
        };
        if value.chars().count() > LONGEST {
            return Err(Error::AttributeValue {
                attribute: attribute.clone(),
                problem: format!("String must be no longer than {LONGEST} characters"),
            });
        }
        attributes.push(Attribute {
            name: attribute.clone(),
            value,
        });
    }
    Ok(attributes)
}

/// The strength of a sign-in at `provider`, from its ID token. A value of `acr` that `AcrMapping`
/// does not have counts as the lowest level (API Reference of `CreateIdentityProvider`).
pub(super) fn assurance(provider: &IdentityProvider, id_token: &Value) -> Assurance {
    let mapping = provider.acr_mapping.as_ref();
    let mapped = |acr: &str| {
        let mut levels = Level::ALL.into_iter();
        let name = |level: &Level| mapping.and_then(|names| names.get(level.key()));
        let found = levels.find(|level| name(level).is_some_and(|name| name == acr));
        found.unwrap_or(Level::One)
    };
    let level = id_token["acr"].as_str().map(mapped);
    let amr = id_token["amr"].as_array();
    let amr = amr.into_iter().flatten().filter_map(Value::as_str);
    Assurance::federated(level, amr)
}

/// The claim that identifies the user.
pub(super) fn subject(provider: &IdentityProvider, claims: &Map<String, Value>) -> Option<String> {
    let default = provider.provider_type.default_mapping();
    let mapping = &provider.attribute_mapping;
    let claim = mapping
        .get("username")
        .or_else(|| default.get("username"))?;
    let value = claims.get(claim).and_then(text)?;
    (!value.is_empty()).then_some(value)
}

/// A claim as text. A list becomes `[a,b]`, with each value encoded as in a form. That an object
/// becomes JSON is inferred.
fn text(claim: &Value) -> Option<String> {
    Some(match claim {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values = values.iter().filter_map(text);
            let encoded = values
                .map(|value| form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>());
            format!("[{}]", encoded.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_as_text() {
        for (claim, expected) in [
            (json!("a b"), Some("a b")),
            (json!(""), Some("")),
            (json!(null), None),
            (json!(true), Some("true")),
            (json!(12), Some("12")),
            (json!([]), Some("[]")),
            (json!(["admins"]), Some("[admins]")),
            (json!(["a,b", "c d", "é"]), Some("[a%2Cb,c+d,%C3%A9]")),
            (json!({ "a": 1 }), Some(r#"{"a":1}"#)),
        ] {
            assert_eq!(text(&claim).as_deref(), expected, "{claim}");
        }
    }
}
