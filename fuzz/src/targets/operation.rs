//! Requests as JSON, against the service model and the operation.
//!
//! The first line of an input names the operation, the rest is the request. `$pool`,
//! `$client`, `$access`, `$refresh` and `$idtoken` are replaced by what the emulator has.

use serde_json::Value;

use crate::place::Place;

/// Every reply is one of Cognito's: see [`Place::call`].
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
            // What later runs need may be gone.
            place.spend();
        }
    });
}
