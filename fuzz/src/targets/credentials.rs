//! Opaque texts that authenticate: refresh tokens, access tokens, sessions and codes.

use serde_json::json;

use crate::place::Place;

/// Checks that no text is accepted in place of a token, a session or a code that was
/// issued.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    Place::with(|place| {
        let issued = ["$access", "$refresh", "$idtoken"].map(|name| place.get(name).to_owned());
        if issued.iter().any(|token| text.contains(&token[..40])) {
            return;
        }
        let (pool, client) = (place.get("$pool"), place.get("$client"));
        let refresh = json!({ "REFRESH_TOKEN": text });
        for (operation, input) in [
            ("GetUser", json!({ "AccessToken": text })),
            (
                "InitiateAuth",
                json!({ "ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refresh }),
            ),
            (
                "GetTokensFromRefreshToken",
                json!({ "ClientId": client, "RefreshToken": text }),
            ),
            (
                "RespondToAuthChallenge",
                json!({
                    "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": text,
                    "ChallengeResponses": { "USERNAME": "ana", "NEW_PASSWORD": "Another-Horse-7" },
                }),
            ),
            (
                "ConfirmForgotPassword",
                json!({
                    "ClientId": client, "Username": "ana", "ConfirmationCode": text,
                    "Password": "Another-Horse-7",
                }),
            ),
            (
                "InitiateAuth",
                json!({
                    "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": "ana", "PASSWORD": text },
                }),
            ),
            (
                "AdminGetUser",
                json!({ "UserPoolId": pool, "Username": format!("ana{text}") }),
            ),
        ] {
            let reply = place.call(operation, input);
            let accepted = reply.is_ok() && !text.is_empty() && text != "Correct-Horse-7";
            assert!(!accepted, "{operation} accepts {text:?}: {reply}");
        }
        // Failed sign-ins lock the user for a time, so the time is advanced.
        place.stack.advance(std::time::Duration::from_hours(24));
    });
}
