//! Checks of earlier sign-ins: locks, refusals, and what threat protection decided.

use std::net::IpAddr;

use serde_json::json;

use super::super::{GENERATED, listed};
use super::{Finding, SignInFacts};
use crate::cognito::time;

/// Failed sign-ins in a row after which Cognito locks a user, and how long the longest lock is,
/// in milliseconds.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior>
const FAILURES: usize = 5;
const LONGEST_LOCK: i64 = 15 * 60 * 1000;

/// A user who is locked after wrong passwords. Only the emulator reports a lock; otherwise it
/// is inferred from the user's events.
pub(super) fn locked(facts: &SignInFacts) -> Option<Finding> {
    facts.found_user()?;
    if let Some(left) = facts.locked {
        let seconds = u64::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        return Some(
            Finding::blocks(
                format!("The user is locked for {seconds} s more after wrong passwords"),
                "Every password is refused until then, also the right one. Wait, or end the lock",
            )
            .fix(facts.call_on_user("unlock_user", json!({}))),
        );
    }
    let sign_ins = facts
        .events
        .iter()
        .filter(|event| event.text("/kind") == "SignIn");
    let failed: Vec<i64> = sign_ins
        .take_while(|event| event.text("/result") == "Fail")
        .filter_map(|event| time::milliseconds_of(event.text("/at")))
        .collect();
    let newest = failed.first()?;
    (failed.len() >= FAILURES && facts.now - newest < LONGEST_LOCK).then(|| {
        Finding::uncertain(
            format!("The last {} sign-ins failed", failed.len()),
            "Cognito may have locked the user, at most for 15 minutes; it does not report locks. \
             Wait, then try the right password",
        )
    })
}

/// A last sign-in with a wrong password.
pub(super) fn wrong_passwords(facts: &SignInFacts) -> Option<Finding> {
    facts.found_user()?;
    let refused = facts.refusals.iter();
    let refused = refused.take_while(|refusal| {
        let message = refusal.message.as_str();
        message.starts_with("Incorrect username or password")
            || message.starts_with("Password attempts")
    });
    let refused = refused.count();
    let event = facts
        .events
        .iter()
        .find(|event| event.text("/kind") == "SignIn");
    let by_event =
        event.is_some_and(|event| event.list("/challenges").contains(&"Password: Failure"));
    if refused == 0 && !by_event {
        return None;
    }
    let seen = match refused {
        0 => "The last sign-in had a wrong password".to_owned(),
        1 => "The last refusal was for a wrong password".to_owned(),
        many => format!("The last {many} refusals were for wrong passwords"),
    };
    let is_confirmed = facts.status() == "CONFIRMED";
    let password = json!({ "new_password": GENERATED, "permanent": true });
    Some(
        Finding::informs(
            seen,
            "If the user does not know the password, set another. The fifth wrong password locks \
             the user for a while",
        )
        .fix(is_confirmed.then(|| facts.call_on_user("reset_password", password))),
    )
}

/// A password that threat protection knows from a leak.
pub(super) fn compromised(facts: &SignInFacts) -> Option<Finding> {
    let last = facts.events.first()?;
    if !last.is("/compromised_credentials") {
        return None;
    }
    let risk = facts.risk.as_ref();
    let action = "/CompromisedCredentialsRiskConfiguration/Actions/EventAction";
    let is_blocked = risk.is_some_and(|risk| risk.text(action) == "BLOCK");
    let password = json!({ "new_password": GENERATED, "permanent": true });
    let found = if is_blocked {
        Finding::blocks
    } else {
        Finding::informs
    };
    let found: fn(&'static str, &'static str) -> Finding = found;
    Some(
        found(
            "Threat protection found the user's password in a leak",
            "The pool refuses such passwords if its action is BLOCK. Set another password",
        )
        .fix(facts.call_on_user("reset_password", password)),
    )
}

/// A last sign-in that threat protection blocked.
pub(super) fn blocked(facts: &SignInFacts) -> Option<Finding> {
    let last = facts
        .events
        .iter()
        .find(|event| event.text("/kind") == "SignIn")?;
    if last.text("/risk") != "Block" {
        return None;
    }
    let address = last.text("/ip_address");
    let seen = if address.is_empty() {
        "Threat protection blocked the last sign-in".to_owned()
    } else {
        format!("Threat protection blocked the last sign-in, from {address}")
    };
    let ranges = blocked_ranges(facts);
    let (inside, outside): (Vec<&str>, Vec<&str>) = ranges
        .into_iter()
        .partition(|range| contains(range, address));
    let change = if inside.is_empty() {
        let known = facts.risk.as_ref();
        let known = known.map(|risk| risk.list("/RiskExceptionConfiguration/SkippedIPRangeList"));
        let mut allowed: Vec<String> = known.into_iter().flatten().map(ToOwned::to_owned).collect();
        let bits = if address.contains(':') { 128 } else { 32 };
        allowed.push(format!("{address}/{bits}"));
        json!({ "always_allowed_ip_ranges": allowed })
    } else {
        json!({ "blocked_ip_ranges": outside })
    };
    let means = if inside.is_empty() {
        "It rated the sign-in as a risk. If it was the user, allow the address".to_owned()
    } else {
        format!(
            "The address is in {}, which the pool blocks. If it is the user's, remove the range",
            listed(&inside)
        )
    };
    let fix = (!address.is_empty()).then(|| facts.call_on_pool("set_risk_config", change));
    Some(Finding::uncertain(seen, means).fix(fix))
}

fn blocked_ranges(facts: &SignInFacts) -> Vec<&str> {
    let risk = facts.risk.as_ref();
    risk.map_or_else(Vec::new, |risk| {
        risk.list("/RiskExceptionConfiguration/BlockedIPRangeList")
    })
}

/// Address ranges that the pool blocks.
pub(super) fn blocked_addresses(facts: &SignInFacts) -> Option<Finding> {
    let ranges = blocked_ranges(facts);
    (!ranges.is_empty() && blocked(facts).is_none()).then(|| {
        Finding::informs(
            format!("The pool blocks sign-ins from {}", listed(&ranges)),
            "A sign-in from one of these addresses is refused for every user",
        )
    })
}

/// Whether `range`, as in 192.0.2.0/24, contains `address`.
fn contains(range: &str, address: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (network, length) = range.split_once('/').unwrap_or((range, ""));
    let (Ok(network), Ok(address)) = (network.parse::<IpAddr>(), address.parse::<IpAddr>()) else {
        return false;
    };
    let ((network, all), (address, width)) = (bits(network), bits(address));
    let length: u32 = length.parse().unwrap_or(all).min(all);
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    all == width && network & mask == address & mask
}

/// A function that failed at the last refusal.
pub(super) fn function_failed(facts: &SignInFacts) -> Option<Finding> {
    const CODES: [&str; 3] = [
        "InvalidLambdaResponseException",
        "UnexpectedLambdaException",
        "UserLambdaValidationException",
    ];
    let last = facts.refusals.first()?;
    CODES.contains(&last.code.as_str()).then(|| {
        Finding::uncertain(
            format!("The last sign-in failed in a function: {}", last.message),
            "The function refuses the sign-in, fails, or does not exist: read its log, or change \
             LambdaConfig with `update_pool`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_range_contains_its_addresses() {
        for (range, address, expected) in [
            ("192.0.2.0/24", "192.0.2.77", true),
            ("192.0.2.0/24", "192.0.3.1", false),
            ("192.0.2.7/32", "192.0.2.7", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("2001:db8::/32", "2001:db8::1", true),
            ("2001:db8::/32", "192.0.2.1", false),
            ("::/0", "192.0.2.1", false),
            ("nonsense", "192.0.2.1", false),
            ("192.0.2.0/24", "", false),
        ] {
            assert_eq!(contains(range, address), expected, "{range} {address}");
        }
    }
}
