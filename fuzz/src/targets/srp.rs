//! Sign-in by SRP: public values, timestamps and signatures.
//!
//! The lines of an input are `SRP_A`, `TIMESTAMP`, the signature and the secret block.
//! `$block` is replaced by the block that the emulator sent.

use cognito_emulator::auth::srp::{PublicValue, timestamp};
use serde_json::json;

use crate::place::Place;

/// Checks that a parsed time is equal after it is formatted and parsed again, and that no
/// proof without the password is accepted.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (public, time, signature, block) = (next(), next(), next(), next());
    if let Some(parsed) = timestamp::parse(time) {
        assert_eq!(timestamp::parse(&timestamp::format(parsed)), Some(parsed));
    }
    if PublicValue::parse(public).is_err() && time.is_empty() {
        return;
    }
    Place::with(|place| {
        let client = place.get("$client").to_owned();
        let reply = place.call(
            "InitiateAuth",
            json!({
                "ClientId": client, "AuthFlow": "USER_SRP_AUTH",
                "AuthParameters": { "USERNAME": "ana", "SRP_A": public },
            }),
        );
        if !reply.is_ok() {
            return;
        }
        let asked = reply.body.json();
        let parameters = &asked["ChallengeParameters"];
        let given = parameters["SECRET_BLOCK"].as_str().unwrap_or_default();
        let reply = place.call(
            "RespondToAuthChallenge",
            json!({
                "ClientId": client, "ChallengeName": "PASSWORD_VERIFIER",
                "Session": asked["Session"],
                "ChallengeResponses": {
                    "USERNAME": parameters["USER_ID_FOR_SRP"],
                    "PASSWORD_CLAIM_SECRET_BLOCK": block.replace("$block", given),
                    "PASSWORD_CLAIM_SIGNATURE": signature,
                    "TIMESTAMP": time,
                },
            }),
        );
        assert!(!reply.is_ok(), "{reply}");
        // Failed sign-ins lock the user for a time, so the time is advanced.
        place.stack.advance(std::time::Duration::from_hours(24));
    });
}
