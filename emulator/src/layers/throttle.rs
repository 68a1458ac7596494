//! Throttle: refuses calls that exceed the request-rate quotas. Like AWS, it
//! never delays calls.
//!
//! Each quota is a token bucket. Its capacity is the calls of one second, and it
//! fills at a constant rate. A refusal contains the exact time to wait. If no other caller
//! uses the buckets, a caller that waits for this time is admitted.
//!
//! The quota of one user (ten reads and ten writes a second) applies if a call
//! names its user: by username with pool or client, or by access token. A user
//! who is named in two ways has two buckets, so the emulator may admit calls
//! that AWS would refuse. Whether an operation reads or writes is inferred from
//! its category. Quotas of a domain have no bucket: they limit HTTP requests to
//! pages, not calls of operations.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bounds::{self, BUCKET_NAME, BUCKETS};
use crate::error::Error;
use crate::layers::{Invalid, refuse};
use crate::quotas::{self, CHALLENGE_FACTOR, Category, Provisioned, RATE_PER_USER};
use crate::wire::{Call, Reply, Scope, Service};
use crate::world::{Time, World};

/// The setting of the throttle: `aws`, `10%` or `off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Throttle {
    /// Every call is admitted.
    #[default]
    Off,
    /// Every rate is AWS's default times this factor.
    Scaled(f64),
}

impl Throttle {
    /// AWS's default rates.
    pub const AWS: Self = Self::Scaled(1.0);
}

/// The percentages for which the buckets count exactly: from one call in some
/// hours to millions of calls a second.
const PERCENT: std::ops::RangeInclusive<f64> = 0.01..=1_000_000.0;

impl FromStr for Throttle {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let percent = text
            .strip_suffix('%')
            .and_then(|number| number.trim().parse::<f64>().ok());
        match (text, percent) {
            ("off", _) => Ok(Self::Off),
            ("aws", _) => Ok(Self::AWS),
            (_, Some(percent)) if PERCENT.contains(&percent) => Ok(Self::Scaled(percent / 100.0)),
            _ => Err(Invalid(format!(
                "`{text}` is not a throttle setting: give `aws` for AWS's rates, a percentage of them from \
                 `0.01%` to `1000000%` such as `10%`, or `off`."
            ))),
        }
    }
}

impl TryFrom<String> for Throttle {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Off => f.write_str("off"),
            Self::AWS => f.write_str("aws"),
            // The division of the percentage by 100 is not exact, so the result
            // is rounded.
            Self::Scaled(factor) => write!(f, "{}%", (factor * 1e8).round() / 1e6),
        }
    }
}

impl From<Throttle> for String {
    fn from(throttle: Throttle) -> Self {
        throttle.to_string()
    }
}

/// The layer that throttles calls.
#[derive(Debug)]
pub struct Throttling<S> {
    pub(crate) inner: S,
    world: Arc<World>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    throttle: Throttle,
    buckets: BTreeMap<(Arc<Scope>, Key), Bucket>,
}

impl<S> Throttling<S> {
    /// Creates a layer around `inner`.
    pub fn new(world: Arc<World>, throttle: Throttle, inner: S) -> Self {
        let state = Mutex::new(State {
            throttle,
            buckets: BTreeMap::new(),
        });
        Self {
            inner,
            world,
            state,
        }
    }

    /// Returns the setting.
    pub fn throttle(&self) -> Throttle {
        self.state.lock().throttle
    }

    /// Changes the setting and fills every bucket.
    pub fn set(&self, throttle: Throttle) {
        *self.state.lock() = State {
            throttle,
            buckets: BTreeMap::new(),
        };
    }

    /// Removes a token from each bucket that counts the call, or returns the
    /// time until that is possible.
    fn admit(&self, call: &Call) -> Result<(), Duration> {
        let mut state = self.state.lock();
        match state.throttle {
            Throttle::Off => Ok(()),
            Throttle::Scaled(factor) => state.take(call, factor, &self.world),
        }
    }
}

impl<S: Service> Service for Throttling<S> {
    fn call(&self, call: &Call) -> Reply {
        match self.admit(call) {
            Ok(()) => self.inner.call(call),
            Err(wait) => Reply {
                retry_after: Some(wait),
                ..refuse(&self.world, &Error::RateExceeded)
            },
        }
    }
}

/// The key of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Category(Category),
    Challenges,
    Operation(String, String),
    UserReads(String),
    UserWrites(String),
}

/// The key of a bucket, and its rate in calls per second.
type Limit = (Key, u32);

/// Returns the buckets of a call, in lists. A call is admitted if each list has
/// a bucket with a token. The first such bucket in each list counts the call.
fn limits(call: &Call, provisioned: &Provisioned) -> Vec<Vec<Limit>> {
    let Some(listed) = quotas::category(&call.operation).or_else(|| category_of_page(call)) else {
        return Vec::new();
    };
    let member = |name| {
        call.input
            .as_ref()
            .and_then(|input| input.get(name)?.as_str())
    };
    let is_challenge = call.operation.ends_with("RespondToAuthChallenge");
    let category = if is_challenge && member("ChallengeName") == Some("NEW_PASSWORD_REQUIRED") {
        Category::UserAccountRecovery
    } else {
        listed
    };
    let rate = provisioned.rate(&call.scope, category);
    let mut pooled = vec![(Key::Category(category), rate)];
    if is_challenge && category == listed {
        pooled.insert(0, (Key::Challenges, rate * CHALLENGE_FACTOR));
    }
    let mut limits = vec![pooled];
    if let Some(rate) = quotas::quota(category).rate_per_pool
        && let Some(pool) = member("UserPoolId").or(member("ResourceArn"))
        && pool.len() <= BUCKET_NAME
    {
        limits.push(vec![(
            Key::Operation(call.operation.to_string(), pool.to_owned()),
            rate,
        )]);
    }
    let per_user = match listed {
        Category::UserAuthentication | Category::UserRead | Category::UserResourceRead => {
            Some(Key::UserReads as fn(String) -> Key)
        }
        Category::UserUpdate | Category::UserResourceUpdate => Some(Key::UserWrites as _),
        _ => None,
    };
    if let Some(key) = per_user
        && let Some(user) = call.input.as_deref().and_then(user)
        && user.len() <= BUCKET_NAME
    {
        limits.push(vec![(key(user), RATE_PER_USER)]);
    }
    limits
}

/// The category of a request for a page of a domain.
fn category_of_page(call: &Call) -> Option<Category> {
    let request = call.web.as_ref()?;
    let grant = call.input.as_deref()?.pointer("/form/grant_type");
    let grant = grant.and_then(Value::as_str);
    quotas::category_of_page(&call.operation, &request.method, grant)
}

/// Returns a name for the user of a request, from the request alone: aliases
/// are not resolved and tokens are not verified.
fn user(input: &Value) -> Option<String> {
    if let Some(token) = input.get("AccessToken") {
        let payload = token.as_str()?.split('.').nth(1)?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        let claim = |name| claims.get(name)?.as_str();
        return Some(format!("{} {}", claim("client_id")?, claim("username")?));
    }
    let place = input
        .get("UserPoolId")
        .or(input.get("ClientId"))?
        .as_str()?;
    let name = [
        "/Username",
        "/AuthParameters/USERNAME",
        "/ChallengeResponses/USERNAME",
    ]
    .iter()
    .find_map(|pointer| input.pointer(pointer)?.as_str())?;
    Some(format!("{place} {name}"))
}

impl State {
    fn take(&mut self, call: &Call, factor: f64, world: &World) -> Result<(), Duration> {
        let now = world.now();
        let mut longest = Duration::ZERO;
        let mut chosen = Vec::new();
        for list in limits(call, &world.provisioned) {
            let mut shortest = Duration::MAX;
            for (key, rate) in list {
                let key = (call.scope.clone(), key);
                let pace = Pace::new(f64::from(rate) * factor);
                let wait = self
                    .buckets
                    .get(&key)
                    .map_or(Duration::ZERO, |b| b.wait(pace, now));
                shortest = shortest.min(wait);
                if wait.is_zero() {
                    chosen.push((key, pace));
                    break;
                }
            }
            longest = longest.max(shortest);
        }
        if !longest.is_zero() {
            return Err(longest);
        }
        if self.buckets.len() >= BUCKETS {
            self.buckets
                .retain(|_, bucket| bucket.full_at > nanoseconds(now));
            while self.buckets.len() > BUCKETS / 2 {
                bounds::make_room(&mut self.buckets, BUCKETS / 2, |bucket| bucket.full_at);
            }
        }
        for (key, pace) in chosen {
            self.buckets.entry(key).or_default().take(pace, now);
        }
        Ok(())
    }
}

const SECOND: i128 = 1_000_000_000;

fn nanoseconds(time: Time) -> i128 {
    i128::from(time.0) * 1_000_000
}

/// The rate and the capacity of a bucket, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The time between two tokens.
    interval: i128,
    /// The time between the first token and a full bucket: one second less one
    /// interval. Zero if the bucket has room for one token only.
    slack: i128,
}

impl Pace {
    fn new(rate: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an interval is at most some hours"
        )]
        let interval = ((1e9 / rate) as i128).max(1);
        Self {
            interval,
            slack: (SECOND - interval).max(0),
        }
    }
}

/// A token bucket, stored as the time at which it is full.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    full_at: i128,
}

impl Bucket {
    /// The time until a token is available, rounded up to milliseconds, the
    /// clock's unit.
    fn wait(self, pace: Pace, now: Time) -> Duration {
        let nanoseconds = (self.full_at - pace.slack - nanoseconds(now)).max(0);
        Duration::from_millis(
            u64::try_from((nanoseconds + 999_999) / 1_000_000).unwrap_or(u64::MAX),
        )
    }

    fn take(&mut self, pace: Pace, now: Time) {
        self.full_at = self.full_at.max(nanoseconds(now)) + pace.interval;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::Body;
    use crate::world::Clock;

    /// A service whose calls all succeed.
    struct Yes;

    impl Service for Yes {
        fn call(&self, _: &Call) -> Reply {
            Reply::ok(Body::of(&json!({})))
        }
    }

    fn throttled(throttle: Throttle) -> Throttling<Yes> {
        let world = Arc::new(World::new(Clock::fixed(1_800_000_000), 7));
        Throttling::new(world, throttle, Yes)
    }

    /// The number of consecutive calls that are admitted, up to `most`.
    fn burst(layer: &Throttling<Yes>, call: &Call, most: usize) -> usize {
        (0..most).take_while(|_| layer.call(call).is_ok()).count()
    }

    #[test]
    fn settings_are_parsed_and_printed() {
        for text in ["off", "aws", "10%", "0.07%", "250%"] {
            assert_eq!(text.parse::<Throttle>().unwrap().to_string(), text);
        }
        assert_eq!("100%".parse::<Throttle>().unwrap(), Throttle::AWS);
        for text in ["", "on", "10", "0%", "-5%", "inf%", "NaN%", "%"] {
            let message = text.parse::<Throttle>().unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("`{text}` is not a throttle setting: give `aws`")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_bucket_admits_the_calls_of_one_second_and_fills_at_a_constant_rate() {
        let layer = throttled(Throttle::AWS);
        let call = Call::new("SignUp", json!({}));
        assert_eq!(burst(&layer, &call, 1000), 50);
        let refusal = layer.call(&call);
        assert_eq!(
            refusal.to_string(),
            "400 TooManyRequestsException: Rate exceeded"
        );
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(20)));
        assert_eq!(refusal.request_id.len(), 36);
        layer.world.clock.advance(Duration::from_millis(100));
        assert_eq!(burst(&layer, &call, 1000), 5);
        layer.world.clock.advance(Duration::from_mins(1));
        assert_eq!(burst(&layer, &call, 1000), 50);
    }

    #[test]
    fn categories_and_scopes_are_counted_separately() {
        let layer = throttled(Throttle::AWS);
        assert_eq!(burst(&layer, &Call::new("ListUsers", json!({})), 1000), 30);
        assert_eq!(
            burst(&layer, &Call::new("ListUsersInGroup", json!({})), 1000),
            0
        );
        assert_eq!(
            burst(&layer, &Call::new("ListUserPools", json!({})), 1000),
            15
        );
        let mut other_region = Call::new("ListUsers", json!({}));
        Arc::make_mut(&mut other_region.scope).region = "eu-west-1".to_owned();
        assert_eq!(burst(&layer, &other_region, 1000), 30);
        assert_eq!(
            burst(&layer, &Call::new("ListTerms", json!({})), 1000),
            1000
        );
        assert_eq!(
            burst(&layer, &Call::new("NoSuchOperation", json!({})), 1000),
            1000
        );
    }

    #[test]
    fn a_scaled_rate_admits_at_least_one_call() {
        let layer = throttled("10%".parse().unwrap());
        assert_eq!(burst(&layer, &Call::new("SignUp", json!({})), 1000), 5);
        let limit = Call::new("GetProvisionedLimit", json!({}));
        assert_eq!(burst(&layer, &limit, 1000), 1);
        assert_eq!(
            layer.call(&limit).retry_after,
            Some(Duration::from_secs(10))
        );
        layer.set(Throttle::Off);
        assert_eq!(burst(&layer, &limit, 1000), 1000);
    }

    /// `UpdateProvisionedLimit` takes effect at once, and only in its Region.
    #[test]
    fn provisioned_rates_replace_the_defaults() {
        let layer = throttled(Throttle::AWS);
        let call = Call::new("SignUp", json!({}));
        assert_eq!(burst(&layer, &call, 1000), 50);
        let provisioned = &layer.world.provisioned;
        provisioned.set(&call.scope, Category::UserCreation, 80);
        layer.world.clock.advance(Duration::from_secs(1));
        assert_eq!(burst(&layer, &call, 1000), 80);
        let mut other_region = call.clone();
        Arc::make_mut(&mut other_region.scope).region = "eu-west-1".to_owned();
        assert_eq!(burst(&layer, &other_region, 1000), 50);
        provisioned.clear();
        layer.world.clock.advance(Duration::from_secs(2));
        assert_eq!(burst(&layer, &call, 1000), 50);
    }

    #[test]
    fn challenges_use_their_own_quota_and_then_the_quota_of_the_category() {
        let layer = throttled(Throttle::AWS);
        let challenge = Call::new(
            "RespondToAuthChallenge",
            json!({ "ChallengeName": "SMS_MFA" }),
        );
        assert_eq!(burst(&layer, &challenge, 1000), 3 * 120 + 120);
        assert_eq!(
            burst(&layer, &Call::new("InitiateAuth", json!({})), 1000),
            0
        );
        let password = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED" });
        let password = Call::new("AdminRespondToAuthChallenge", password);
        assert_eq!(burst(&layer, &password, 1000), 30);
        assert_eq!(
            burst(&layer, &Call::new("ForgotPassword", json!({})), 1000),
            0
        );
    }

    #[test]
    fn one_operation_on_one_pool_is_limited_to_five_calls_a_second() {
        let layer = throttled(Throttle::AWS);
        let call = |operation, pool| Call::new(operation, json!({ "UserPoolId": pool }));
        assert_eq!(burst(&layer, &call("GetGroup", "us-east-1_a"), 1000), 5);
        assert_eq!(burst(&layer, &call("GetGroup", "us-east-1_b"), 1000), 5);
        assert_eq!(burst(&layer, &call("ListGroups", "us-east-1_a"), 1000), 5);
        assert_eq!(burst(&layer, &call("ListGroups", "us-east-1_b"), 1000), 5);
        assert_eq!(burst(&layer, &call("ListGroups", "us-east-1_c"), 1000), 0);
    }

    #[test]
    fn one_user_is_limited_to_ten_reads_and_ten_writes_a_second() {
        let layer = throttled(Throttle::AWS);
        let ana = json!({ "UserPoolId": "us-east-1_a", "Username": "ana" });
        assert_eq!(
            burst(&layer, &Call::new("AdminGetUser", ana.clone()), 1000),
            10
        );
        assert_eq!(burst(&layer, &Call::new("AdminDisableUser", ana), 1000), 10);
        let bob = json!({ "UserPoolId": "us-east-1_a", "Username": "bob" });
        assert_eq!(burst(&layer, &Call::new("AdminGetUser", bob), 1000), 10);
        let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"client_id":"c","username":"ana"}"#);
        let token = json!({ "AccessToken": format!("e30.{claims}.x") });
        assert_eq!(burst(&layer, &Call::new("GetUser", token), 1000), 10);
        let password = json!({ "ClientId": "c", "AuthParameters": { "USERNAME": "ana" } });
        assert_eq!(burst(&layer, &Call::new("InitiateAuth", password), 1000), 0);
    }

    fn any_call() -> impl Strategy<Value = Call> {
        let operation = prop::sample::select(vec![
            "AdminGetUser",
            "AdminUpdateUserAttributes",
            "GetGroup",
            "GetProvisionedLimit",
            "InitiateAuth",
            "ListUsers",
            "RespondToAuthChallenge",
        ]);
        (operation, 0..3u8, 0..3u8).prop_map(|(operation, pool, user)| {
            let input = json!({ "UserPoolId": format!("p{pool}"), "Username": format!("u{user}") });
            Call::new(operation, input)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// After any sequence of calls, a caller that waits for the returned
        /// time is admitted.
        #[test]
        fn waiting_for_the_returned_time_is_enough(
            percent in 0.01..300.0f64,
            schedule in prop::collection::vec((any_call(), 1..40usize, 0..400u64), 1..12),
        ) {
            let layer = throttled(Throttle::Scaled(percent / 100.0));
            for (call, times, pause) in schedule {
                for _ in 0..times {
                    if let Some(wait) = layer.call(&call).retry_after {
                        prop_assert!(!wait.is_zero());
                        let early = wait.checked_sub(Duration::from_millis(1)).unwrap();
                        layer.world.clock.advance(early);
                        prop_assert!(!layer.call(&call).is_ok(), "admitted before {wait:?}");
                        layer.world.clock.advance(Duration::from_millis(1));
                        prop_assert!(layer.call(&call).is_ok(), "refused after {wait:?}");
                    }
                }
                layer.world.clock.advance(Duration::from_millis(pause));
            }
        }

        /// At any time, the number of admitted calls is at most the bucket's
        /// capacity plus the tokens that were added since the start.
        #[test]
        fn admitted_calls_do_not_exceed_the_rate(pauses in prop::collection::vec(0..50u64, 1..500)) {
            let layer = throttled(Throttle::AWS);
            let call = Call::new("AdminSetUserPassword", json!({}));
            let (mut admitted, mut elapsed) = (0, 0);
            for pause in pauses {
                admitted += u64::from(layer.call(&call).is_ok());
                prop_assert!(admitted <= 30 + elapsed * 30 / 1000 + 1);
                layer.world.clock.advance(Duration::from_millis(pause));
                elapsed += pause;
            }
        }
    }

    /// The number of buckets is limited even if calls name many users at one
    /// instant.
    #[test]
    fn buckets_are_bounded() {
        let layer = throttled(Throttle::AWS);
        let call = |name: &str| {
            Call::new(
                "AdminGetUser",
                json!({ "UserPoolId": "p", "Username": name }),
            )
        };
        for number in 0..3 * BUCKETS {
            let call = Call {
                scope: Arc::new(Scope {
                    account: number.to_string(),
                    ..Scope::default()
                }),
                ..call(&number.to_string())
            };
            assert!(layer.call(&call).is_ok());
            let kept = layer.state.lock().buckets.len();
            assert!(kept <= BUCKETS + 2, "{kept}");
        }
        let before = layer.state.lock().buckets.len();
        layer.call(&call(&"x".repeat(BUCKET_NAME + 1)));
        let named = |key: &Key| matches!(key, Key::UserReads(user) if user.len() > BUCKET_NAME);
        let state = layer.state.lock();
        assert!(state.buckets.len() > before);
        assert!(!state.buckets.keys().any(|(_, key)| named(key)));
    }
}
