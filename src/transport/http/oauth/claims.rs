//! Claims of Cognito's access tokens.
//!
//! Each claim that the server reads must have the type that Cognito gives it. A token of
//! another form was not issued for a resource server, whatever its signature.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>

use serde_json::Value;

use crate::cognito::jwt;

/// The claims that are checked or used.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    /// `iss`.
    pub(super) issuer: String,
    /// The user's `sub`. In a token of a client credentials grant, it is the app client.
    pub(super) sub: String,
    /// The username; absent in a token of a client credentials grant.
    pub(super) username: Option<String>,
    /// The app client that it was issued to.
    pub(super) client_id: String,
    /// `aud`: the resources that it is for, if it is bound to any (RFC 8707).
    pub(super) audience: Option<Vec<String>>,
    /// `access` or `id`.
    pub(super) token_use: String,
    /// Scopes, separated by single spaces.
    pub(super) scope: String,
    /// When it was issued, in seconds since 1970.
    pub(super) issued_at: Option<i64>,
    /// When it becomes valid, in seconds since 1970.
    pub(super) not_before: Option<i64>,
    /// When it expires, in seconds since 1970.
    pub(super) expires_at: i64,
}

/// The part of a token that has a wrong form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// `aud`: the token is for another resource.
    Audience,
    /// Another claim, or the header.
    Other,
}

/// The id of the key that signed a token with this header.
///
/// # Errors
/// If the header is not that of an access token signed by RS256.
pub(super) fn key_id(header: &Value) -> Result<&str, Malformed> {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    // RFC 8725, section 3.11: a token of another kind is not an access token. Cognito's
    // tokens have no `typ`.
    let is_access_token = match header.get("typ") {
        None => true,
        Some(Value::String(kind)) => {
            let kind = kind.to_ascii_lowercase();
            let kind = kind.strip_prefix("application/").unwrap_or(&kind);
            matches!(kind, "jwt" | "at+jwt")
        }
        Some(_) => false,
    };
    let is_supported = text("alg") == Some("RS256") && jwt::unsupported(header).is_none();
    text("kid")
        .filter(|_| is_supported && is_access_token)
        .ok_or(Malformed::Other)
}

impl Claims {
    /// Reads `claims`.
    ///
    /// # Errors
    /// If a claim is missing, or has another type than Cognito gives it.
    pub(super) fn read(claims: &Value) -> Result<Self, Malformed> {
        let text = |name: &str| {
            member(claims, name, |value| {
                let text = value.as_str().filter(|text| !text.is_empty());
                text.map(ToOwned::to_owned)
            })
        };
        let seconds = |name: &str| member(claims, name, Value::as_i64);
        let scope = member(claims, "scope", |value| Some(value.as_str()?.to_owned()));
        let audience = member(claims, "aud", audience);
        Ok(Self {
            issuer: text("iss")?.ok_or(Malformed::Other)?,
            sub: text("sub")?.ok_or(Malformed::Other)?,
            username: text("username")?,
            client_id: text("client_id")?.ok_or(Malformed::Other)?,
            audience: audience.map_err(|_| Malformed::Audience)?,
            token_use: text("token_use")?.ok_or(Malformed::Other)?,
            scope: scope?.unwrap_or_default(),
            issued_at: seconds("iat")?,
            not_before: seconds("nbf")?,
            expires_at: seconds("exp")?.ok_or(Malformed::Other)?,
        })
    }

    /// Whether it has the scope `scope`.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }
}

/// A claim, if it is present. A claim with the value `null` is present.
fn member<T>(
    claims: &Value,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Malformed> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or(Malformed::Other),
    }
}

/// A string, or an array of strings (RFC 7519, section 4.1.3) that is not empty.
fn audience(value: &Value) -> Option<Vec<String>> {
    let values = match value {
        Value::String(_) => std::slice::from_ref(value),
        Value::Array(values) if !values.is_empty() => values.as_slice(),
        _ => return None,
    };
    let values = values.iter();
    values
        .map(|value| value.as_str().map(ToOwned::to_owned))
        .collect()
}
