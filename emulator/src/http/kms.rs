//! A local AWS KMS: `Decrypt`, `DescribeKey` and `GenerateDataKey`, so that functions of
//! custom senders can decrypt codes.
//!
//! It is at the address of the emulator, as `AWS_ENDPOINT_URL_KMS` names it for an AWS SDK.
//! Signatures, grants and key policies are not checked, and calls are not in the journal.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::stack::Stack;
use crate::wire::{Body, Call, Scope};
use crate::world::World;
use crate::world::kms::Context;

const PREFIX: &str = "TrentService.";

/// AWS SDKs read the id of the request from this header, for every service of this protocol.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The operation of KMS that the header `X-Amz-Target` names; `None` for other services.
pub(super) fn operation(target: &str) -> Option<&str> {
    target.strip_prefix(PREFIX)
}

/// The response of KMS. The Region and the account of `call` complete key ids without them.
pub(super) fn answer(stack: &Stack, operation: &str, call: &Call) -> Response {
    let (world, scope) = (stack.world(), &*call.scope);
    let result = match operation {
        "Decrypt" => read(call).and_then(|request| decrypt(world, scope, &request)),
        "DescribeKey" => read(call).and_then(|request| describe_key(world, scope, &request)),
        "GenerateDataKey" => {
            read(call).and_then(|request| generate_data_key(world, scope, &request))
        }
        _ => Err(Exception("UnknownOperationException", None)),
    };
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(Exception(code, None)) => (StatusCode::BAD_REQUEST, json!({ "__type": code })),
        Err(Exception(code, Some(message))) => {
            let body = json!({ "__type": code, "message": message });
            (StatusCode::BAD_REQUEST, body)
        }
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/x-amz-json-1.1".to_owned(),
        ),
        (header::CACHE_CONTROL, "no-cache, no-store".to_owned()),
        (REQUEST_ID, world.chance.uuid()),
    ];
    (status, headers, body.to_string()).into_response()
}

/// An exception of KMS, and its message. `InvalidCiphertextException` has none.
struct Exception(&'static str, Option<String>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt {
    #[serde(default, deserialize_with = "from_base64")]
    ciphertext_blob: Option<Vec<u8>>,
    #[serde(default)]
    encryption_context: Context,
    key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeKey {
    key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GenerateDataKey {
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: Context,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD
        .decode(text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Exception> {
    let members = call.input.as_ref().map(Body::json);
    let request = members.and_then(|members| T::deserialize(members.clone()).ok());
    request.ok_or(Exception("SerializationException", None))
}

fn decrypt(world: &World, scope: &Scope, request: &Decrypt) -> Result<Value, Exception> {
    let blob = request.ciphertext_blob.as_deref();
    let blob = blob.ok_or_else(|| missing("ciphertextBlob"))?;
    let expected = request.key_id.as_deref();
    let expected = expected.map(|id| key(world, scope, Some(id))).transpose()?;
    let opened = world.kms.decrypt(blob, &request.encryption_context);
    let (key, plaintext) = opened.ok_or(Exception("InvalidCiphertextException", None))?;
    if expected.is_some_and(|expected| expected != key) {
        let message = "The key ID in the request does not identify a CMK that can perform this \
                       operation.";
        return Err(Exception("IncorrectKeyException", Some(message.to_owned())));
    }
    Ok(json!({
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "KeyId": key,
        "Plaintext": STANDARD.encode(plaintext),
    }))
}

/// Only symmetric keys of one Region exist. The date of their creation is not known.
fn describe_key(world: &World, scope: &Scope, request: &DescribeKey) -> Result<Value, Exception> {
    let arn = key(world, scope, request.key_id.as_deref())?;
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, id) = (parts.next(), parts.next());
    let id = id.and_then(|resource| resource.strip_prefix("key/"));
    Ok(json!({
        "KeyMetadata": {
            "AWSAccountId": account,
            "Arn": arn,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "",
            "Enabled": true,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyId": id,
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": false,
            "Origin": "AWS_KMS",
        },
    }))
}

fn generate_data_key(
    world: &World,
    scope: &Scope,
    request: &GenerateDataKey,
) -> Result<Value, Exception> {
    let key = key(world, scope, request.key_id.as_deref())?;
    let length = match (request.key_spec.as_deref(), request.number_of_bytes) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(length @ 1..=1024)) => length,
        _ => {
            let message = "Please specify either number of bytes or key spec.";
            return Err(Exception("ValidationException", Some(message.to_owned())));
        }
    };
    let mut plaintext = Vec::new();
    while plaintext.len() < length {
        plaintext.extend(world.chance.bytes::<32>());
    }
    plaintext.truncate(length);
    let context = &request.encryption_context;
    let blob = world.kms.encrypt(&key, context, &plaintext, &world.chance);
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(blob),
        "KeyId": key,
        "Plaintext": STANDARD.encode(plaintext),
    }))
}

/// The ARN of the key with this id, which may be an ARN, a key's id, or an alias.
fn key(world: &World, scope: &Scope, id: Option<&str>) -> Result<String, Exception> {
    let id = id.ok_or_else(|| missing("keyId"))?;
    let resource = match id {
        _ if id.starts_with("arn:") => None,
        _ if id.starts_with("alias/") => Some(id.to_owned()),
        _ => Some(format!("key/{id}")),
    };
    let arn = match resource {
        None => id.to_owned(),
        Some(resource) => format!("arn:aws:kms:{}:{}:{resource}", scope.region, scope.account),
    };
    let key = (arn.len() <= MOST)
        .then(|| world.kms.key_of(&arn))
        .flatten();
    key.ok_or_else(|| {
        let message = format!("Invalid keyId {id}");
        Exception("NotFoundException", Some(message))
    })
}

/// The longest `KeyId` (`KeyIdType`).
const MOST: usize = 2048;

fn missing(member: &str) -> Exception {
    let message = format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
         Member must not be null"
    );
    Exception("ValidationException", Some(message))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::http::router;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

    async fn call(stack: &Stack, operation: &str, input: Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("X-Amz-Target", format!("TrentService.{operation}"))
            .body(axum::body::Body::from(input.to_string()))
            .unwrap();
        let (head, body) = router(stack.clone())
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!(head.headers["content-type"], "application/x-amz-json-1.1");
        assert_eq!(head.headers["x-amzn-requestid"].len(), 36);
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_data_key_is_decrypted_with_its_context_only() {
        let stack = Stack::builder().build();
        let context = json!({"userpool-id": "us-east-1_x"});
        let input = json!({"KeyId": KEY, "KeySpec": "AES_256", "EncryptionContext": context});
        let (_, generated) = call(&stack, "GenerateDataKey", input).await;
        assert_eq!(generated["KeyId"], KEY);
        let blob = &generated["CiphertextBlob"];
        let plaintext = &generated["Plaintext"];
        assert_eq!(
            STANDARD.decode(plaintext.as_str().unwrap()).unwrap().len(),
            32
        );
        for key in [json!(null), json!(KEY), json!("k")] {
            let input = json!({"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": key});
            let expected = json!({"EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "KeyId": KEY, "Plaintext": plaintext});
            assert_eq!(call(&stack, "Decrypt", input).await, (200, expected));
        }
        // A call is not in the journal, because its request or response is a secret.
        assert_eq!(stack.journal_len(), 0);
        let other = json!({"userpool-id": "us-east-1_y"});
        for (input, code) in [
            (
                json!({"CiphertextBlob": blob, "EncryptionContext": other}),
                "InvalidCiphertextException",
            ),
            (
                json!({"CiphertextBlob": blob}),
                "InvalidCiphertextException",
            ),
            (
                json!({"CiphertextBlob": "AAAA"}),
                "InvalidCiphertextException",
            ),
            (
                json!({"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": "other"}),
                "IncorrectKeyException",
            ),
            (
                json!({"CiphertextBlob": blob, "KeyId": "arn:aws:iam::1:role/x"}),
                "NotFoundException",
            ),
            (json!({}), "ValidationException"),
            (json!({"CiphertextBlob": "?"}), "SerializationException"),
            (json!([]), "SerializationException"),
        ] {
            let (status, refused) = call(&stack, "Decrypt", input.clone()).await;
            assert_eq!((status, &refused["__type"]), (400, &json!(code)), "{input}");
        }
        let (_, refused) = call(&stack, "Encrypt", json!({})).await;
        assert_eq!(refused, json!({"__type": "UnknownOperationException"}));
    }

    #[tokio::test]
    async fn lengths_of_data_keys() {
        let stack = Stack::builder().build();
        for (chosen, length) in [
            (json!({"KeySpec": "AES_128"}), Some(16)),
            (json!({"NumberOfBytes": 1024}), Some(1024)),
            (json!({"NumberOfBytes": 1025}), None),
            (json!({"NumberOfBytes": 0}), None),
            (json!({"NumberOfBytes": 8, "KeySpec": "AES_128"}), None),
            (json!({}), None),
        ] {
            let mut input = chosen.clone();
            input["KeyId"] = json!("alias/codes");
            let (_, generated) = call(&stack, "GenerateDataKey", input).await;
            let plaintext = generated["Plaintext"].as_str();
            let found = plaintext.map(|text| STANDARD.decode(text).unwrap().len());
            assert_eq!(found, length, "{chosen}: {generated}");
        }
    }

    #[tokio::test]
    async fn keys_are_described() {
        let stack = Stack::builder().build();
        let (_, described) = call(&stack, "DescribeKey", json!({"KeyId": "k"})).await;
        let metadata = &described["KeyMetadata"];
        assert_eq!(
            (&metadata["Arn"], &metadata["KeyId"]),
            (&json!(KEY), &json!("k"))
        );
        assert_eq!(metadata["AWSAccountId"], "123456789012");
        let (_, alias) = call(&stack, "DescribeKey", json!({"KeyId": "alias/codes"})).await;
        assert_eq!(alias["KeyMetadata"]["KeyId"].as_str().unwrap().len(), 36);
    }
}
