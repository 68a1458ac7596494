//! Events of threat protection, as responses show them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::state::event::{Challenge, Context, Event, EventResponse, EventType, Feedback};
use crate::world::Time;

/// `AuthEventType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AuthEvent {
    event_id: String,
    event_type: EventType,
    creation_date: Time,
    event_response: EventResponse,
    event_risk: EventRisk,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    challenge_responses: Vec<ChallengeResponse>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    event_context_data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_feedback: Option<Feedback>,
}

/// `EventRiskType`. A level appears only if the risk was assessed, and the emulator
/// does not assess it (inferred). No password counts as compromised.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EventRisk {
    risk_decision: &'static str,
    compromised_credentials_detected: bool,
}

/// `ChallengeResponseType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ChallengeResponse {
    challenge_name: Challenge,
    challenge_response: &'static str,
}

impl From<&Event> for AuthEvent {
    fn from(event: &Event) -> Self {
        let answered = |(challenge, right): &(Challenge, bool)| ChallengeResponse {
            challenge_name: *challenge,
            challenge_response: if *right { "Success" } else { "Failure" },
        };
        Self {
            event_id: event.id.to_string(),
            event_type: event.kind,
            creation_date: event.at,
            event_response: event.outcome,
            event_risk: EventRisk {
                risk_decision: if event.blocked { "Block" } else { "NoRisk" },
                compromised_credentials_detected: false,
            },
            challenge_responses: event.challenges.iter().map(answered).collect(),
            event_context_data: context(&event.context),
            event_feedback: event.feedback,
        }
    }
}

/// `EventContextDataType`. The location of an address is unknown.
fn context(context: &Context) -> Map<String, Value> {
    let members = [
        ("IpAddress", &context.address),
        ("DeviceName", &context.device),
        ("Timezone", &context.timezone),
    ];
    let present = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
    present.collect()
}
