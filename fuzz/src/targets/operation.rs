//! Requests as JSON, checked by the service model and the operation.
//!
//! The first line of an input is the operation's name, the rest is the request. The
//! placeholders `$pool`, `$client`, `$access`, `$refresh` and `$idtoken` are replaced by
//! values of the emulator.

use serde_json::Value;

use crate::place::Place;

/// Checks that every reply is a valid one of Cognito's; see [`Place::call`].
pub(crate) fn run(data: &[u8]) {
    let Some((operation, request)) = crate::text(data).and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    Place::with(|place| {
        let Ok(input @ Value::Object(_)) = serde_json::from_str(&place.filled(request)) else {
            return;
        };
        let reply = place.call(operation, input);
        let removes = ["Delete", "Disable", "SignOut", "Revoke", "Set", "Update"];
        if reply.is_ok() && removes.iter().any(|verb| operation.contains(verb)) {
            // The call may have removed something that later runs need.
            place.spend();
        }
    });
}
