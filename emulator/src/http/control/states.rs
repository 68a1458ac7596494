//! `/_emulator/states`: save points.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::account::{StackToChange, StackToRead};
use super::{NotFound, Refused, answer};
use crate::http::{Mounted, spawn_blocking_if_needed};
use crate::layers::Invalid;

pub(super) fn router() -> Router<Mounted> {
    Router::new().route("/_emulator/states", get(list)).route(
        "/_emulator/states/{name}",
        post(save).put(restore).delete(remove),
    )
}

async fn list(StackToRead(stack): StackToRead) -> Response {
    answer(&json!({ "states": stack.saved_states() }))
}

async fn save(
    StackToChange(stack): StackToChange,
    Path(name): Path<String>,
) -> Result<Response, Refused> {
    let saved = spawn_blocking_if_needed(&stack, move |stack| stack.save_state(&name)).await?;
    Ok(answer(&json!(saved)))
}

async fn restore(StackToChange(stack): StackToChange, Path(name): Path<String>) -> Response {
    let exists = stack.has_saved_state(&name);
    match spawn_blocking_if_needed(&stack, move |stack| stack.restore_state(&name)).await {
        Ok(restored) => answer(&json!(restored)),
        Err(invalid) => refused(exists, invalid),
    }
}

async fn remove(StackToChange(stack): StackToChange, Path(name): Path<String>) -> Response {
    let exists = stack.has_saved_state(&name);
    match stack.delete_state(&name) {
        Ok(()) => list(StackToRead(stack)).await,
        Err(invalid) => refused(exists, invalid),
    }
}

/// 400 for a save point that exists, and 404 for others.
fn refused(exists: bool, invalid: Invalid) -> Response {
    if exists {
        return Refused::from(invalid).into_response();
    }
    NotFound(invalid).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::http::tests::{control, stack};

    #[tokio::test]
    async fn a_state_is_saved_restored_and_deleted() {
        let (stack, _) = stack();
        let saved = json!({ "name": "a", "saved_at": 1_800_000_000.0, "pools": 1, "users": 0 });
        let answer = control(&stack, "POST states/a", "").await;
        assert_eq!(answer, (200, saved.clone()));
        stack.reset();
        let restored = control(&stack, "PUT states/a", "").await;
        assert_eq!(restored, (200, saved.clone()));
        let list = control(&stack, "GET states", "").await;
        assert_eq!(list, (200, json!({ "states": [saved] })));
        let left = control(&stack, "DELETE states/a", "").await;
        assert_eq!(left, (200, json!({ "states": [] })));
        let missing = json!({ "message": "No state is saved as `a`: no state is saved." });
        assert_eq!(
            control(&stack, "PUT states/a", "").await,
            (404, missing.clone())
        );
        assert_eq!(control(&stack, "DELETE states/a", "").await, (404, missing));
        assert_eq!(control(&stack, "POST states/a%20b", "").await.0, 400);
    }
}
