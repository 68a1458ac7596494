//! `/_emulator/deliveries`: the delivery of messages outside the emulator.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use crate::stack::Stack;

pub(super) async fn deliveries(State(stack): State<Stack>) -> Response {
    answer(&json!({ "deliveries": stack.world().courier.deliveries() }))
}
