//! `ListWebAuthnCredentials`: lists the passkeys of the signed-in user, oldest
//! first (the order is inferred).
//!
//! Passkeys of a former relying party are listed as well, with its id.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListWebAuthnCredentials.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::page;
use crate::state::passkey::Passkey;
use crate::world::Time;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    credentials: Vec<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `WebAuthnCredentialDescription`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    credential_id: Box<str>,
    friendly_credential_name: &'static str,
    relying_party_id: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<Box<str>>,
    authenticator_transports: Vec<Box<str>>,
    created_at: Time,
}

impl From<&Passkey> for Description {
    fn from(passkey: &Passkey) -> Self {
        let credential = &passkey.credential;
        Self {
            credential_id: credential.id.clone(),
            friendly_credential_name: passkey.friendly_name(),
            relying_party_id: passkey.relying_party.clone(),
            authenticator_attachment: credential.attachment.clone(),
            authenticator_transports: credential.transports.clone(),
            created_at: passkey.created_at,
        }
    }
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (pool, id) = cx.bearer(&request.access_token)?.read_unless_deleted()?;
    let user = pool.users.get(id).ok_or(Error::AccessTokenInvalid)?;
    let list = format!("passkeys {} {}", pool.id, user.sub);
    let now = cx.now();
    let after: Option<u32> = page::resume(request.next_token.as_deref(), &list, now)?;
    let rest = user
        .passkeys()
        .iter()
        .filter(|passkey| after.is_none_or(|after| passkey.number > after));
    let size = page::size(request.max_results);
    let (passkeys, next_token) = page::cut(rest, size, |passkey| passkey.number, &list, now);
    Ok(Response {
        credentials: passkeys.into_iter().map(Description::from).collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    #[test]
    fn lists_passkeys_page_by_page() {
        let mut fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        for name in ["first", "second", "third"] {
            fixture.run("advance 1");
            fixture = fixture.and_passkey(&Authenticator::new("http://localhost:3000"));
            fixture.run(&format!("{name} = $passkey"));
        }
        assert_snapshot!(fixture.run(r#"
            spread ListWebAuthnCredentials {"AccessToken":"$access","MaxResults":2}
            DeleteWebAuthnCredential {"AccessToken":"$access","CredentialId":"$second"}
            ListWebAuthnCredentials {"AccessToken":"$access","MaxResults":2,"NextToken":"$token"}
            spread ListWebAuthnCredentials {"AccessToken":"$access","MaxResults":0}
        "#), @r#"
        200
          Credentials:
            - {"AuthenticatorAttachment":"platform","AuthenticatorTransports":["internal"],"CreatedAt":1700000001.0,"CredentialId":"$first","FriendlyCredentialName":"Platform passkey","RelyingPartyId":"localhost"}
            - {"AuthenticatorAttachment":"platform","AuthenticatorTransports":["internal"],"CreatedAt":1700000002.0,"CredentialId":"$second","FriendlyCredentialName":"Platform passkey","RelyingPartyId":"localhost"}
          NextToken: "$token"
        200 {}
        200 {"Credentials":[{"AuthenticatorAttachment":"platform","AuthenticatorTransports":["internal"],"CreatedAt":1.700000003E9,"CredentialId":"$passkey","FriendlyCredentialName":"Platform passkey","RelyingPartyId":"localhost"}]}
        200
          Credentials:
            - {"AuthenticatorAttachment":"platform","AuthenticatorTransports":["internal"],"CreatedAt":1700000001.0,"CredentialId":"$first","FriendlyCredentialName":"Platform passkey","RelyingPartyId":"localhost"}
            - {"AuthenticatorAttachment":"platform","AuthenticatorTransports":["internal"],"CreatedAt":1700000003.0,"CredentialId":"$passkey","FriendlyCredentialName":"Platform passkey","RelyingPartyId":"localhost"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            ListWebAuthnCredentials {"MaxResults":21}
            ListWebAuthnCredentials {"AccessToken":"invalidtoken","NextToken":"next"}
            ListWebAuthnCredentials {"AccessToken":"$access","NextToken":"next"}
            ListWebAuthnCredentials {"AccessToken":"$access"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            ListWebAuthnCredentials {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null; Value '21' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 20
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Credentials":[]}
        200
        400 NotAuthorizedException: Invalid Access Token
        "#);
    }
}
