//! `CreateIdentityProvider`: adds an identity provider to a pool. Its users can sign in
//! to the pool.
//!
//! The emulator does not send requests to providers. It does not know the data that
//! Cognito reads from a SAML provider's metadata URL or from an OIDC issuer.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::certificate::certificate;
use crate::settings::identity_provider::{
    IdentityProvider, ProviderType, Texts, validate_acr, validate_mapping,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    provider_name: String,
    provider_type: ProviderType,
    provider_details: Texts,
    attribute_mapping: Option<Texts>,
    #[serde(default)]
    idp_identifiers: Vec<String>,
    acr_mapping: Option<Texts>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    identity_provider: IdentityProvider,
}

/// The order of the checks is inferred: name, details, mappings, identifiers, and
/// existing providers.
pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let kind = request.provider_type;
    let handle = cx.pool_handle(&request.user_pool_id)?;
    kind.validate_name(&request.provider_name)?;
    // The certificate is created before the pool is locked, because a signature takes
    // time.
    let certificate = if kind == ProviderType::Saml {
        let since = handle.read().created_at;
        certificate(handle.keys.access(), &request.user_pool_id, since)
    } else {
        String::new()
    };
    let provider_details = kind.complete(request.provider_details, &certificate)?;
    let mut pool = handle.write();
    let mapping = request.attribute_mapping;
    let attribute_mapping = mapping.unwrap_or_else(|| kind.default_mapping());
    validate_mapping(&attribute_mapping, &pool.schema)?;
    validate_acr(request.acr_mapping.as_ref(), kind)?;
    pool.check_identifiers(&request.provider_name, &request.idp_identifiers)?;
    let identity_provider = IdentityProvider {
        user_pool_id: request.user_pool_id,
        provider_name: request.provider_name,
        provider_type: kind,
        provider_details,
        attribute_mapping,
        idp_identifiers: request.idp_identifiers,
        acr_mapping: request.acr_mapping,
        last_modified_date: cx.now(),
        creation_date: cx.now(),
    };
    pool.insert_identity_provider(identity_provider.clone(), cx.now())?;
    Ok(Response { identity_provider })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// The details that Cognito adds for each type.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a transcript")]
    fn describe_shows_added_details() {
        assert_snapshot!(Fixture::new().run(r#"
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email profile openid"},"IdpIdentifiers":["g"]}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Facebook","ProviderType":"Facebook","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"public_profile, email","api_version":"v17.0"}}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"LoginWithAmazon","ProviderType":"LoginWithAmazon","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"profile postal_code"},"AttributeMapping":{"email":"email"}}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"SignInWithApple","ProviderType":"SignInWithApple","ProviderDetails":{"client_id":"c","team_id":"t","key_id":"k","private_key":"p","authorize_scopes":"email name"}}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC",
                "ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"GET"},
                "AttributeMapping":{},"AcrMapping":{"Level1":"bronze"}}
            spread DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"SignInWithApple"}
        "#), @r#"
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: ["g"]
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              attributes_url: "https://people.googleapis.com/v1/people/me?personFields="
              attributes_url_add_attributes: "true"
              authorize_scopes: "email profile openid"
              authorize_url: "https://accounts.google.com/o/oauth2/v2/auth"
              client_id: "c"
              client_secret: "s"
              oidc_issuer: "https://accounts.google.com"
              token_request_method: "POST"
              token_url: "https://www.googleapis.com/oauth2/v4/token"
            ProviderName: "Google"
            ProviderType: "Google"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {"username":"id"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              api_version: "v17.0"
              attributes_url: "https://graph.facebook.com/v17.0/me?fields="
              attributes_url_add_attributes: "true"
              authorize_scopes: "public_profile, email"
              authorize_url: "https://www.facebook.com/v17.0/dialog/oauth"
              client_id: "c"
              client_secret: "s"
              token_request_method: "GET"
              token_url: "https://graph.facebook.com/v17.0/oauth/access_token"
            ProviderName: "Facebook"
            ProviderType: "Facebook"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {"email":"email"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              attributes_url: "https://api.amazon.com/user/profile"
              attributes_url_add_attributes: "false"
              authorize_scopes: "profile postal_code"
              authorize_url: "https://www.amazon.com/ap/oa"
              client_id: "c"
              client_secret: "s"
              token_request_method: "POST"
              token_url: "https://api.amazon.com/auth/o2/token"
            ProviderName: "LoginWithAmazon"
            ProviderType: "LoginWithAmazon"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              attributes_url_add_attributes: "false"
              authorize_scopes: "email name"
              authorize_url: "https://appleid.apple.com/auth/authorize"
              client_id: "c"
              key_id: "k"
              oidc_issuer: "https://appleid.apple.com"
              team_id: "t"
              token_request_method: "POST"
              token_url: "https://appleid.apple.com/auth/token"
            ProviderName: "SignInWithApple"
            ProviderType: "SignInWithApple"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AcrMapping: {"Level1":"bronze"}
            AttributeMapping: {}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails: {"attributes_request_method":"GET","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"c","client_secret":"s","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              attributes_url_add_attributes: "false"
              authorize_scopes: "email name"
              authorize_url: "https://appleid.apple.com/auth/authorize"
              client_id: "c"
              key_id: "k"
              oidc_issuer: "https://appleid.apple.com"
              team_id: "t"
              token_request_method: "POST"
              token_url: "https://appleid.apple.com/auth/token"
            ProviderName: "SignInWithApple"
            ProviderType: "SignInWithApple"
            UserPoolId: "$pool"
        "#);
    }

    /// The API version has a default. Details in the request are kept as they are.
    #[test]
    fn details_in_the_request_are_kept() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderDetails CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Facebook","ProviderType":"Facebook","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            only /IdentityProvider/ProviderDetails CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email","token_url":"https://example.com/token"}}
        "#), @r#"
        {"attributes_url":"https://graph.facebook.com/me?fields=","attributes_url_add_attributes":"true","authorize_scopes":"email","authorize_url":"https://www.facebook.com/v2.9/dialog/oauth","client_id":"c","client_secret":"s","token_request_method":"GET","token_url":"https://graph.facebook.com/v2.9/oauth/access_token"}
        {"attributes_url":"https://people.googleapis.com/v1/people/me?personFields=","attributes_url_add_attributes":"true","authorize_scopes":"email","authorize_url":"https://accounts.google.com/o/oauth2/v2/auth","client_id":"c","client_secret":"s","oidc_issuer":"https://accounts.google.com","token_request_method":"POST","token_url":"https://example.com/token"}
        "#);
    }

    /// The schema attribute `identities` (fact 9.14) can be written only by linking. A
    /// provider adds a group, and clients can use the provider (R171).
    #[test]
    fn a_provider_adds_a_group() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            only /UserPool/SchemaAttributes/8 DescribeUserPool {"UserPoolId":"$pool"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","SupportedIdentityProviders":["COGNITO","Google"]}
            only /IdentityProvider/ProviderType CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            only /UserPool/SchemaAttributes/8 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPoolClient/SupportedIdentityProviders CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","SupportedIdentityProviders":["COGNITO","Google"]}
            ListGroups {"UserPoolId":"$pool"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"identities","Value":"[]"}]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["identities"]}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"identities","Value":"[]"}]}
        "#), @r#"
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"identities","Required":false,"StringAttributeConstraints":{}}
        400 InvalidParameterException: The provider Google does not exist for User Pool $pool.
        "Google"
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"identities","Required":false,"StringAttributeConstraints":{}}
        ["Google","COGNITO"]
        200 {"Groups":[{"CreationDate":1.7E9,"Description":"Autogenerated group for users who sign in using Google","GroupName":"$pool_Google","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}]}
        400 InvalidParameterException: user.identities: Attribute cannot be updated.

        400 InvalidParameterException: Invalid user attributes: identities: This attribute does not satisfy the mutability validation defined in the schema.
        400 InvalidParameterException: Attributes did not conform to the schema: Type for attribute {identities} could not be determined
        "#);
    }

    const METADATA: &str = r#"<?xml version="1.0"?>
        <!-- As an identity provider publishes it. -->
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com">
          <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
            <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/out"/>
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/post"/>
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/in"/>
          </md:IDPSSODescriptor>
        </md:EntityDescriptor>"#;

    /// All SAML providers of a pool have the certificate of the pool.
    #[test]
    fn saml() {
        let mut fixture = Fixture::new();
        let quoted = |text: &str| json!(text).to_string();
        fixture.name("metadata", &quoted(METADATA));
        fixture.name("none", &quoted(&METADATA.replace("IDPSSO", "SPSSO")));
        fixture.name(
            "nowhere",
            &quoted(&METADATA.replace("SingleSignOn", "Other")),
        );
        fixture.name(
            "post",
            &quoted(&METADATA.replace("HTTP-Redirect", "HTTP-Artifact")),
        );
        assert_snapshot!(fixture.run(r#"
            only /nothing CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":"<html>"}}
            only /nothing CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":"<md:EntityDescriptor/>"}}
            only /nothing CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":$none}}
            only /nothing CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":$nowhere}}
            as certificate /IdentityProvider/ProviderDetails/ActiveEncryptionCertificate CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":$metadata,"EncryptedResponses":"true","SSORedirectBindingURI":"https://example.com"},"AttributeMapping":{"email":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"}}
            only /IdentityProvider/ProviderDetails/MetadataFile DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
            only /IdentityProvider/ProviderDetails/SSORedirectBindingURI DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
            only /IdentityProvider/ProviderDetails/SLORedirectBindingURI DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
            only /IdentityProvider/ProviderDetails/EncryptedResponses DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
            only /IdentityProvider/ProviderDetails/SSORedirectBindingURI CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Post","ProviderType":"SAML","ProviderDetails":{"MetadataFile":$post}}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Url","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://idp.example.com/metadata","IDPInit":"true","IDPSignout":"true","RequestSigningAlgorithm":"rsa-sha256"}}
        "#), @r#"
        400 InvalidParameterException: Unable to unmarshall metadata
        400 InvalidParameterException: Unable to unmarshall metadata
        400 InvalidParameterException: Unable to unmarshall metadata
        400 InvalidParameterException: Unable to unmarshall metadata
        "$certificate"
        $metadata
        "https://idp.example.com/in"
        "https://idp.example.com/out"
        "true"
        absent
        200
          IdentityProvider:
            AttributeMapping: {}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails: {"ActiveEncryptionCertificate":"$certificate","IDPInit":"true","IDPSignout":"true","MetadataURL":"https://idp.example.com/metadata","RequestSigningAlgorithm":"rsa-sha256"}
            ProviderName: "Url"
            ProviderType: "SAML"
            UserPoolId: "$pool"
        "#);
    }

    /// R191 to R195.
    #[test]
    fn details_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"MyGoogle","ProviderType":"Google","ProviderDetails":{}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"OIDC","ProviderDetails":{}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"COGNITO","ProviderType":"SAML","ProviderDetails":{}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":""}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"SignInWithApple","ProviderType":"SignInWithApple","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"http://auth.example.com","attributes_request_method":"PUT"}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"http://auth.example.com","attributes_request_method":"POST"}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"POST","token_url":"http://auth.example.com/token"}}
            spread CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"POST"}}
        "#), @r#"
        400 InvalidParameterException: Provider MyGoogle cannot be of type Google.
        400 InvalidParameterException: Provider Google cannot be of type OIDC.
        400 InvalidParameterException: Provider COGNITO cannot be of type SAML.
        400 InvalidParameterException: clientId, clientSecret and authorizeScopes are all required idp details.
        400 InvalidParameterException: clientId, privateKey, teamId, and keyId are all required idp details.
        400 InvalidParameterException: clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.
        400 InvalidParameterException: 1 validation error detected: Value 'PUT' at 'providerConfiguration.oidcConfig.attributesRequestMethod' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]
        400 InvalidParameterException: OIDC endpoint must start with https://
        400 InvalidParameterException: OIDC endpoint must start with https://
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails: {"attributes_request_method":"POST","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"c","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        "#);
    }

    #[test]
    fn a_pool_has_at_most_300_providers() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        for n in 0..300 {
            let provider = json!({
                "UserPoolId": pool, "ProviderName": format!("corp{n}"), "ProviderType": "OIDC",
                "ProviderDetails": {
                    "client_id": "c", "authorize_scopes": "openid",
                    "oidc_issuer": "https://auth.example.com", "attributes_request_method": "GET",
                },
            });
            fixture.must("CreateIdentityProvider", provider);
        }
        assert_snapshot!(fixture.run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"corp7"}
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
        "#), @r#"
        400 LimitExceededException: Identity providers cannot exceed limit of 300.
        200
        "Google"
        "#);
    }

    /// Each call fixes one fault of the call above (R196 to R198).
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"IdpIdentifiers":["a"]}
            CreateIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":"_","ProviderType":"saml","ProviderDetails":{},"AcrMapping":{"Level5":"x"}}
            CreateIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":"Google","ProviderType":"SAML","ProviderDetails":{},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a","a"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"SAML","ProviderDetails":{},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a","a"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a","a"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com","MetadataFile":"<a/>"},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a","a"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataFile":"<a/>"},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a","a"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"custom:a":"a","email":"e","nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["b","b"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"username":"u","email":"e"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["b","b"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"username":"u","email":"e"},"AcrMapping":{},"IdpIdentifiers":["b","b"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"username":"u","email":"e"},"IdpIdentifiers":["b"]}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp2","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"username":"u","email":"e"},"IdpIdentifiers":["b","a"]}
            only /IdentityProvider/AttributeMapping CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp2","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"AttributeMapping":{"username":"u","email":"e"},"IdpIdentifiers":["b"]}
        "#), @r#"
        "Corp"
        400 InvalidParameterException: 3 validation errors detected: Value '_' at 'providerName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+; Value 'saml' at 'providerType' failed to satisfy constraint: Member must satisfy enum value set: [Facebook, SAML, SignInWithApple, LoginWithAmazon, OIDC, Google]; Value '{Level5=x}' at 'acrMapping' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: Level[1-4]]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Provider Google cannot be of type SAML.
        400 InvalidParameterException: At least one of the MetadataURL or MetadataFile should be provided.
        400 InvalidParameterException: Only one of the MetadataURL or MetadataFile should be provided.
        400 InvalidParameterException: Unable to unmarshall metadata
        400 InvalidParameterException: AttributeMapping contains invalid mapping: [custom:a, nope]
        400 InvalidParameterException: AcrMapping is supported for OIDC identity providers only.
        400 InvalidParameterException: The identifier b is already in use by an identity provider.
        400 DuplicateProviderException: Corp already exists for tenant $pool.
        400 InvalidParameterException: The identifier a is already in use by an identity provider.
        {"email":"e","username":"u"}
        "#);
    }
}
