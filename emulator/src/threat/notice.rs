//! The notice about a blocked sign-in.

use serde_json::{Map, Value};

use crate::auth::digest;
use crate::auth::srp::timestamp;
use crate::state::contact::{Contact, Draft};
use crate::state::event::Event;
use crate::state::pool::Pool;
use crate::state::users::UserId;
use crate::world::{Purpose, World};

/// The text for a pool that does not set one (awscli's examples).
const SUBJECT: &str = "Blocked sign-in attempt";
const TEXT: &str = "We blocked an unrecognized sign-in to your account with this information:\n\
    Time: {login-time}\n\
    Device: {device-name}\n\
    Location: {city}, {country}\n\
    If this sign-in was not by you, you should change your password and notify us by clicking on {one-click-link-invalid}\n\
    If this sign-in was by you, you can follow {one-click-link-valid} to let us know";

/// A notice that is ready to be sent.
pub(super) struct Notice {
    pub(super) draft: Draft,
    /// Attributes for a custom sender.
    pub(super) facts: Map<String, Value>,
}

/// The notice for the user at `id` about `event`. It has a token for the user's
/// feedback.
///
/// Returns `None` unless the settings notify users of high risks. A blocked address is a
/// high risk (inferred). The pages behind one-click links are not emulated, so the links
/// are empty. The location of an address is not known.
pub(super) fn write(world: &World, pool: &Pool, id: UserId, event: &mut Event) -> Option<Notice> {
    let takeover = pool
        .risk_of(&event.client_id)?
        .account_takeover_risk_configuration
        .as_ref()?;
    takeover
        .actions
        .high_action
        .as_ref()
        .filter(|action| action.notify)?;
    let user = pool.users.get(id)?;
    let contact = Contact::of(user, "email")?;
    let token = world.chance.opaque(64);
    event.feedback_token = Some(digest(&token));

    let text = |value: &Option<Box<str>>| value.as_deref().unwrap_or_default().to_owned();
    let facts = [
        ("EVENT_ID", "{event-id}", event.id.to_string()),
        ("USER_NAME", "{username}", user.username.to_string()),
        ("IP_ADDRESS", "{ip-address}", text(&event.context.address)),
        ("ACCOUNT_TAKE_OVER_ACTION", "", "BLOCK".to_owned()),
        (
            "ONE_CLICK_LINK_VALID",
            "{one-click-link-valid}",
            String::new(),
        ),
        (
            "ONE_CLICK_LINK_INVALID",
            "{one-click-link-invalid}",
            String::new(),
        ),
        ("LOGIN_TIME", "{login-time}", timestamp::format(event.at)),
        ("FEEDBACK_TOKEN", "{feedback-token}", token.clone()),
        ("CITY", "{city}", String::new()),
        ("COUNTRY", "{country}", String::new()),
        ("DEVICE_NAME", "{device-name}", text(&event.context.device)),
    ];
    let words = takeover.notify_configuration.as_ref();
    let words = words.and_then(|notify| notify.get("BlockEmail")?.as_object());
    let part = |name: &str| words.and_then(|words| words.get(name)?.as_str());
    let mut body = part("HtmlBody")
        .or(part("TextBody"))
        .unwrap_or(TEXT)
        .to_owned();
    for (_, mark, fact) in facts.iter().filter(|(_, mark, _)| !mark.is_empty()) {
        body = body.replace(mark, fact);
    }
    // Unknown facts are omitted; the links are always present.
    let is_present = |name: &str, fact: &str| !fact.is_empty() || name.starts_with("ONE_CLICK");
    Some(Notice {
        draft: Draft {
            to: id,
            contact,
            purpose: Purpose::Notification,
            code: token,
            subject: part("Subject").unwrap_or(SUBJECT).to_owned(),
            body,
            link: None,
        },
        facts: facts
            .into_iter()
            .filter(|(name, _, fact)| is_present(name, fact))
            .map(|(name, _, fact)| (name.to_owned(), Value::from(fact)))
            .collect(),
    })
}
