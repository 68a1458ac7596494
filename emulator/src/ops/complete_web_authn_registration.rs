//! `CompleteWebAuthnRegistration`: registers the passkey that an authenticator
//! created for `StartWebAuthnRegistration`.
//!
//! A challenge can be used once. Attestation is not enforced.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cx, Result};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    credential: Value,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let expected = {
        let (pool, id) = bearer.read_unless_deleted()?;
        let expected = pool.expected_passkey(id, &bearer.client_id, cx.now());
        // The operation no longer declares an exception for a missing relying
        // party. The error in that case is inferred.
        expected.map_err(|error| match error {
            Error::RelyingPartyMissing => Error::PasskeyRelyingPartyMismatch,
            error => error,
        })?
    };
    let credential = expected.verify(&request.credential)?;
    let (mut pool, id) = bearer.write_unless_deleted()?;
    pool.keep_passkey(id, expected, credential, cx.now())?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    const ORIGIN: &str = "https://login.example.com";

    /// Registers the passkey of `authenticator`, after `change` has altered the
    /// credential.
    fn register(
        fixture: &mut Fixture,
        authenticator: &Authenticator,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let access = fixture.get("access").to_owned();
        let options = fixture.must("StartWebAuthnRegistration", json!({"AccessToken": access}));
        let mut credential = authenticator.create(&options["CredentialCreationOptions"]);
        change(&mut credential);
        let input = json!({"AccessToken": access, "Credential": credential});
        let reply = fixture.call("CompleteWebAuthnRegistration", input);
        reply.to_string()
    }

    #[test]
    fn every_kind_of_passkey_is_accepted() {
        let mut fixture = Fixture::with_passkeys("example.com").signed_in("ana");
        let mut packed = Authenticator::new(ORIGIN);
        packed.format = "packed";
        let mut unverified = Authenticator::new(ORIGIN);
        unverified.verifies_user = false;
        let all = [
            Authenticator::new(ORIGIN),
            Authenticator::new("https://example.com:8443"),
            packed,
            unverified,
            Authenticator::rsa(ORIGIN),
        ];
        for authenticator in &all {
            assert_eq!(register(&mut fixture, authenticator, |_| ()), "200 {}");
        }
        let listed =
            fixture.run(r#"only /Credentials ListWebAuthnCredentials {"AccessToken":"$access"}"#);
        for authenticator in &all {
            assert!(listed.contains(&authenticator.id()));
        }
    }

    #[test]
    fn refused_credentials() {
        let mut fixture = Fixture::with_passkeys("example.com").signed_in("ana");
        let good = || Authenticator::new(ORIGIN);
        let bad = |spoil: fn(&mut Authenticator)| {
            let mut authenticator = good();
            spoil(&mut authenticator);
            authenticator
        };
        let mut answers = Vec::new();
        let mut try_all = |name, authenticator: &Authenticator, change: fn(&mut Value)| {
            let answer = register(&mut fixture, authenticator, change);
            answers.push(format!("{name}: {answer}"));
        };
        try_all("no object", &good(), |credential| {
            *credential = json!("credential");
        });
        try_all("another type", &good(), |credential| {
            credential["type"] = json!("password");
        });
        try_all("another id", &good(), |credential| {
            credential["id"] = json!("AAAA");
            credential["rawId"] = json!("AAAA");
        });
        try_all("cut off", &good(), |credential| {
            credential["response"]["attestationObject"] = json!("o2Nm");
        });
        try_all("no client data", &good(), |credential| {
            credential["response"]["clientDataJSON"] = json!("e30");
        });
        // Seen live: a credential that is not discoverable.
        try_all("not discoverable", &good(), |credential| {
            credential["clientExtensionResults"] = json!({"credProps": {"rk": false}});
        });
        let stranger = bad(|authenticator| authenticator.origin = "https://example.org".to_owned());
        try_all("another page", &stranger, |_| ());
        let plain = bad(|authenticator| authenticator.origin = "http://example.com".to_owned());
        try_all("no TLS", &plain, |_| ());
        let other =
            bad(|authenticator| authenticator.relying_party = Some("login.example.com".to_owned()));
        try_all("another relying party", &other, |_| ());
        try_all(
            "ES384",
            &bad(|authenticator| authenticator.algorithm = -35),
            |_| (),
        );
        let broken = bad(|authenticator| {
            authenticator.format = "packed";
            authenticator.breaks_signatures = true;
        });
        try_all("a broken attestation", &broken, |_| ());
        assert_snapshot!(answers.join("\n"), @"
        no object: 400 InvalidParameterException: Credential data is not valid
        another type: 400 InvalidParameterException: Credential data is not valid
        another id: 400 InvalidParameterException: Credential data is not valid
        cut off: 400 InvalidParameterException: Credential data is not valid
        no client data: 400 InvalidParameterException: Credential data is not valid
        not discoverable: 400 InvalidParameterException: Credential data is not valid
        another page: 400 WebAuthnOriginNotAllowedException: Origin is not allowed for the relying party id of the user pool.
        no TLS: 400 WebAuthnOriginNotAllowedException: Origin is not allowed for the relying party id of the user pool.
        another relying party: 400 WebAuthnRelyingPartyMismatchException: Credential is for a different relying party id than that of the user pool.
        ES384: 400 WebAuthnCredentialNotSupportedException: WebAuthn credential is not supported.
        a broken attestation: 400 InvalidParameterException: Credential data is not valid
        ");

        fixture.run(r#"SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required"}}"#);
        let unverified = bad(|authenticator| authenticator.verifies_user = false);
        assert_snapshot!(register(&mut fixture, &unverified, |_| ()), @"400 WebAuthnCredentialNotSupportedException: WebAuthn credential is not supported.");
        assert_snapshot!(fixture.run(r#"ListWebAuthnCredentials {"AccessToken":"$access"}"#), @r#"200 {"Credentials":[]}"#);
    }

    /// The domain that is the relying party is deleted during the registration.
    #[test]
    fn without_a_relying_party() {
        let factors = json!(["PASSWORD", "WEB_AUTHN"]);
        let pool = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}});
        let fixture = Fixture::with_pool(pool).and_user("ana", json!([]));
        assert_snapshot!(fixture.signed_in("ana").run(r#"
            only /ManagedLoginVersion CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"passkeys"}
            only /CredentialCreationOptions/rp StartWebAuthnRegistration {"AccessToken":"$access"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"passkeys"}
            CompleteWebAuthnRegistration {"AccessToken":"$access","Credential":{}}
        "#), @r#"
        1
        {"id":"passkeys.auth.us-east-1.amazoncognito.com","name":"passkeys.auth.us-east-1.amazoncognito.com"}
        200 {}
        400 WebAuthnRelyingPartyMismatchException: Credential is for a different relying party id than that of the user pool.
        "#);
    }

    /// Each call fixes one fault of the call above. A challenge can be used once, by
    /// the client that requested it, for three minutes.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_passkeys("example.com").signed_in("ana");
        let authenticator = Authenticator::new(ORIGIN);
        fixture.run(r#"
            mine = $access
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"other","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
            InitiateAuth {"ClientId":"$other","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#);
        let start = |fixture: &mut Fixture| {
            let input = json!({"AccessToken": fixture.get("mine")});
            let options = fixture.must("StartWebAuthnRegistration", input);
            let credential = authenticator.create(&options["CredentialCreationOptions"]);
            fixture.name("credential", &credential.to_string());
        };
        assert_snapshot!(fixture.run(r#"
            CompleteWebAuthnRegistration {}
            CompleteWebAuthnRegistration {"AccessToken":"invalidtoken","Credential":{}}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}}}
            CompleteWebAuthnRegistration {"AccessToken":"$access","Credential":{}}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}
            CompleteWebAuthnRegistration {"AccessToken":"$access","Credential":{}}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null; Value null at 'credential' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        200 {}
        400 WebAuthnNotEnabledException: WebAuthn is not enabled for this user pool.
        200 {}
        400 WebAuthnChallengeNotFoundException: WebAuthn challenge not found.
        ");
        start(&mut fixture);
        assert_snapshot!(fixture.run(r#"
            CompleteWebAuthnRegistration {"AccessToken":"$access","Credential":{}}
            CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":{}}
            advance 180
            CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":$credential}
        "#), @"
        400 WebAuthnClientMismatchException: Access token is for a different client than the one that started the registration.
        400 InvalidParameterException: Credential data is not valid
        400 WebAuthnChallengeNotFoundException: WebAuthn challenge not found.
        ");
        start(&mut fixture);
        fixture.run("former = $credential");
        start(&mut fixture);
        assert_snapshot!(fixture.run(r#"
            CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":$former}
            CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":$credential}
            CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":$credential}
        "#), @"
        400 WebAuthnChallengeNotFoundException: WebAuthn challenge not found.
        200 {}
        400 WebAuthnChallengeNotFoundException: WebAuthn challenge not found.
        ");
        // The same passkey cannot be registered again.
        start(&mut fixture);
        assert_snapshot!(fixture.run(r#"CompleteWebAuthnRegistration {"AccessToken":"$mine","Credential":$credential}"#), @"400 InvalidParameterException: Credential data is not valid");
    }
}
