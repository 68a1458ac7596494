//! Operations called by name, through the SDK's typed client.
//!
//! The SDK has a typed method for each operation and no public method that accepts a name.
//! A request built without the SDK's client would lack its retries, timeouts, credentials,
//! signatures, connector and errors, and `cognito/watch` would not see it. So the request
//! of another operation, the placeholder, is used: `TagResource` for operations that are
//! signed, `DeleteUser` for those that are not. The responses of both are empty. An
//! interceptor replaces the target and the body before the first attempt, which is before
//! the request is signed and checked, and reads the response's body. The placeholder's own
//! operation is never sent.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use cognito_emulator::model::{Kind, Model, Operation, Shape};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::cognito::failure::UNREADABLE;
use crate::cognito::time;
use crate::error::{ToolError, ToolResult};

/// Calls `operation` of `client` with `input`, and returns the response in the form of the
/// API, except that times are in RFC 3339.
///
/// # Errors
/// If Cognito refuses the request, or cannot be reached.
pub(crate) async fn ask(client: &Client, operation: &str, mut input: Value) -> ToolResult<Value> {
    if let Value::Object(input) = &mut input {
        input.retain(|_, value| !value.is_null());
    }
    let mut answer = send(client, operation, &input).await?;
    write_times(operation, &mut answer);
    Ok(answer)
}

/// Converts the times in a response of `operation` to RFC 3339.
pub(crate) fn write_times(operation: &str, answer: &mut Value) {
    let output = Model::get()
        .operation(operation)
        .and_then(Operation::output);
    if let Some(output) = output {
        format_times(output, answer);
    }
}

async fn send(client: &Client, operation: &str, input: &Value) -> ToolResult<Value> {
    let replacement = RequestReplacement {
        target: format!("AWSCognitoIdentityProviderService.{operation}"),
        input: input.to_string(),
        answer: Arc::default(),
    };
    let answer = Arc::clone(&replacement.answer);
    // Two placeholders: operations that end users call are not signed.
    let signed = Model::get()
        .operation(operation)
        .is_none_or(|operation| operation.signed);
    let sent = if signed {
        let placeholder = client.tag_resource().customize();
        let sent = placeholder.interceptor(replacement).send().await;
        sent.map(drop).map_err(Box::<ToolError>::from)
    } else {
        let placeholder = client.delete_user().customize();
        let sent = placeholder.interceptor(replacement).send().await;
        sent.map(drop).map_err(Box::<ToolError>::from)
    };
    sent.map_err(|mut error| {
        if error.operation.is_some() {
            error.operation = Some(operation.to_owned());
        }
        error
    })?;
    let answer = answer.lock().take();
    answer.ok_or_else(|| ToolError::new(UNREADABLE, "The response is not JSON"))
}

/// Converts times to the format that the other tools use.
fn format_times(shape: &Shape, value: &mut Value) {
    match (&shape.kind, value) {
        (Kind::Timestamp, value @ Value::Number(_)) => {
            let seconds = value.as_f64().unwrap_or_default();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a time of this era in milliseconds"
            )]
            let text = time::rfc3339_of_milliseconds((seconds * 1000.0).round() as i64);
            if let Some(text) = text {
                *value = text.into();
            }
        }
        (Kind::Structure(_), Value::Object(members)) => {
            for (name, value) in members {
                if let Some(member) = shape.member(name) {
                    format_times(member.shape(), value);
                }
            }
        }
        (Kind::List(element), Value::Array(elements)) => {
            for value in elements {
                format_times(element.get(), value);
            }
        }
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
            for value in entries.values_mut() {
                format_times(entry.get(), value);
            }
        }
        _ => {}
    }
}

/// The interceptor that replaces the placeholder's request and reads its response.
#[derive(Debug)]
struct RequestReplacement {
    target: String,
    input: String,
    answer: Arc<Mutex<Option<Value>>>,
}

impl Intercept for RequestReplacement {
    fn name(&self) -> &'static str {
        "by_name"
    }

    /// Runs before the attempts, so that each attempt sends the replaced request.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let headers = request.headers_mut();
        headers.insert("x-amz-target", self.target.clone());
        headers.insert("content-length", self.input.len().to_string());
        *request.body_mut() = SdkBody::from(self.input.as_str());
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let answer = match body {
            // An operation without output has an empty body.
            [] => Some(json!({})),
            body => serde_json::from_slice(body).ok().filter(Value::is_object),
        };
        *self.answer.lock() = answer;
        Ok(())
    }
}
