//! Requests kept below Cognito's quotas, and slowed down where it throttles.
//!
//! A layer beneath the SDK's client, so that no tool paces by itself: each
//! category of quotas has a lane, and a request waits for its turn in it. A lane
//! goes at half of its quota, so that long runs leave room for others, and half
//! a second of that may go at once, so that single calls do not wait. Where
//! Cognito throttles all the same, because others use the quota too or because
//! the account's is lower, the lane halves its rate and recovers within seconds.
//!
//! It is written here because what it builds on is the SDK's: the waits are those
//! of its `sleep_impl`, and the SDK's own adaptive mode knows one rate for all
//! operations and begins only after a refusal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_cognitoidentityprovider::config::http::{HttpRequest, HttpResponse};
use aws_sdk_cognitoidentityprovider::config::{
    AsyncSleep, ConfigBag, RuntimeComponents, SharedAsyncSleep, SharedHttpClient,
};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use cognito_emulator::quotas::{self, Category, QUOTAS};
use parking_lot::Mutex;

use crate::cognito::watch;

/// The share of a quota that a server uses.
const SHARE: f64 = 0.5;

/// How far ahead of its rate a lane may be.
const AHEAD: Duration = Duration::from_millis(500);

/// How long a lane takes from standstill to its whole rate.
const RECOVERY: Duration = Duration::from_secs(20);

/// Requests a second below which no lane goes.
const SLOWEST: f64 = 0.5;

/// How much of its quotas Cognito grants: all on AWS, and on the emulator what
/// its throttle says; none where nothing is throttled.
type Scale = Arc<dyn Fn() -> Option<f64> + Send + Sync>;

/// The lanes.
pub struct Pacer {
    clock: SharedTimeSource,
    scale: Scale,
    lanes: Mutex<BTreeMap<Category, Lane>>,
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer").finish_non_exhaustive()
    }
}

/// The requests of one category.
#[derive(Clone, Copy, Default)]
struct Lane {
    /// When the next request would go, were none ahead of its time.
    next: Option<SystemTime>,
    /// When it was throttled last, and the rate that was left to it then.
    throttled: Option<(SystemTime, f64)>,
}

impl Pacer {
    /// Lanes by `clock`.
    pub fn new(
        clock: SharedTimeSource,
        scale: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            scale: Arc::new(scale),
            lanes: Mutex::default(),
        })
    }

    /// Takes the next turn of `operation`: how long to wait for it.
    #[must_use]
    pub fn turn(&self, operation: &str) -> Duration {
        let Some((category, whole)) = self.rate(operation) else {
            return Duration::ZERO;
        };
        let now = self.clock.now();
        let mut lanes = self.lanes.lock();
        let lane = lanes.entry(category).or_default();
        let next = lane.next.map_or(now, |next| next.max(now));
        lane.next = Some(next + Duration::from_secs_f64(1.0 / lane.rate(whole, now)));
        let ahead = next.duration_since(now).unwrap_or_default();
        ahead.saturating_sub(AHEAD)
    }

    /// Slows the lane of `operation` down, which Cognito throttled.
    pub fn throttled(&self, operation: &str) {
        let Some((category, whole)) = self.rate(operation) else {
            return;
        };
        let now = self.clock.now();
        let mut lanes = self.lanes.lock();
        let lane = lanes.entry(category).or_default();
        let before = lane.throttled.map(|(at, _)| at);
        let since = before.map(|before| now.duration_since(before).unwrap_or_default());
        // Requests that were under way together are one sign, not many.
        if since.is_none_or(|since| since >= Duration::from_secs(1)) {
            let left = (lane.rate(whole, now) / 2.0).max(SLOWEST.min(whole));
            lane.throttled = Some((now, left));
            tracing::info!(operation, rate = left, "slowed down");
        }
        // The account's second is used up, whoever did that.
        let later = now + AHEAD + Duration::from_secs(1);
        lane.next = Some(lane.next.map_or(later, |next| next.max(later)));
    }

    /// The lane of `operation`, and its whole rate.
    fn rate(&self, operation: &str) -> Option<(Category, f64)> {
        let category = quotas::category(operation)?;
        let quota = QUOTAS.iter().find(|quota| quota.category == category)?;
        let rate = f64::from(quota.rate) * SHARE * (self.scale)()?;
        Some((category, rate)).filter(|(_, rate)| *rate > 0.0)
    }
}

impl Lane {
    /// Requests a second at `now`, of the `whole` rate.
    fn rate(&self, whole: f64, now: SystemTime) -> f64 {
        let Some((at, left)) = self.throttled else {
            return whole;
        };
        let since = now.duration_since(at).unwrap_or_default();
        let regained = whole * since.as_secs_f64() / RECOVERY.as_secs_f64();
        (left + regained).min(whole)
    }
}

/// An HTTP client whose requests wait for their turn.
#[derive(Debug)]
pub(crate) struct Paced {
    inner: SharedHttpClient,
    pacer: Arc<Pacer>,
}

impl Paced {
    pub(crate) fn new(inner: SharedHttpClient, pacer: Arc<Pacer>) -> Self {
        Self { inner, pacer }
    }
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PacedConnector {
            inner: self.inner.http_connector(settings, components),
            pacer: Arc::clone(&self.pacer),
            sleep: components.sleep_impl(),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    pacer: Arc<Pacer>,
    sleep: Option<SharedAsyncSleep>,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = watch::operation_of(&request).to_owned();
        let (inner, pacer) = (self.inner.clone(), Arc::clone(&self.pacer));
        let sleep = self.sleep.clone();
        HttpConnectorFuture::new(async move {
            let wait = pacer.turn(&operation);
            if let Some(sleep) = sleep.filter(|_| !wait.is_zero()) {
                watch::unless_cancelled(sleep.sleep(wait))
                    .await
                    .map_err(|cancelled| ConnectorError::other(cancelled.into(), None))?;
            }
            let answer = inner.call(request).await;
            if answer.as_ref().is_ok_and(is_throttled) {
                pacer.throttled(&operation);
            }
            answer
        })
    }
}

/// Whether Cognito answered that the rate was too high; it says so in a header.
fn is_throttled(response: &HttpResponse) -> bool {
    let code = response
        .headers()
        .get("x-amzn-errortype")
        .unwrap_or_default();
    response.status().as_u16() == 429
        || code.starts_with("TooManyRequestsException")
        || code.starts_with("ThrottlingException")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use aws_smithy_async::time::TimeSource;

    use super::*;

    /// A clock that moves by what is waited.
    #[derive(Clone, Debug)]
    struct Waited(Arc<Mutex<SystemTime>>);

    impl TimeSource for Waited {
        fn now(&self) -> SystemTime {
            *self.0.lock()
        }
    }

    struct Road {
        pacer: Arc<Pacer>,
        clock: Waited,
    }

    impl Road {
        fn new(scale: Option<f64>) -> Self {
            let clock = Waited(Arc::new(Mutex::new(UNIX_EPOCH)));
            let pacer = Pacer::new(SharedTimeSource::new(clock.clone()), move || scale);
            Self { pacer, clock }
        }

        /// How long one request after the other takes, each after its wait.
        fn run(&self, operation: &str, requests: usize) -> Vec<Duration> {
            let run = (0..requests).map(|_| {
                self.pass(self.pacer.turn(operation));
                self.clock.now().duration_since(UNIX_EPOCH).unwrap()
            });
            run.collect()
        }

        fn pass(&self, time: Duration) {
            *self.clock.0.lock() += time;
        }
    }

    /// The most that fell into any one second.
    fn busiest(times: &[Duration]) -> usize {
        let within = |from: &Duration| {
            let until = *from + Duration::from_secs(1);
            times
                .iter()
                .filter(|at| **at >= *from && **at < until)
                .count()
        };
        times.iter().map(within).max().unwrap()
    }

    #[test]
    fn a_run_stays_below_the_quota_of_its_category() {
        for quota in QUOTAS.iter().filter(|quota| !quota.operations.is_empty()) {
            let road = Road::new(Some(1.0));
            let operation = quota.operations[0];
            let times = road.run(operation, 1000);
            let most = busiest(&times);
            let rate = quota.rate as usize;
            assert!(most <= rate * 3 / 4 + 1, "{operation}: {most} of {rate}");
            // Nor is it slower than it has to be.
            let whole = 1000.0 / (f64::from(quota.rate) * SHARE);
            let took = times.last().unwrap().as_secs_f64();
            assert!(
                took > whole - 3.0 && took <= whole,
                "{operation}: {took} of {whole}"
            );
        }
    }

    #[test]
    fn categories_do_not_wait_for_each_other() {
        let road = Road::new(Some(1.0));
        let _ = road.run("AdminCreateUser", 100);
        assert!(
            road.pacer.turn("SignUp") > Duration::ZERO,
            "the same category"
        );
        assert_eq!(road.pacer.turn("AdminGetUser"), Duration::ZERO);
        assert_eq!(road.pacer.turn("NobodysOperation"), Duration::ZERO);
    }

    #[test]
    fn single_calls_do_not_wait_and_nothing_waits_where_nobody_throttles() {
        let road = Road::new(Some(1.0));
        for _ in 0..100 {
            assert_eq!(road.pacer.turn("AdminCreateUser"), Duration::ZERO);
            road.pass(Duration::from_millis(40));
        }
        let open = Road::new(None);
        assert_eq!(
            open.run("AdminCreateUser", 10_000).last(),
            Some(&Duration::ZERO)
        );
    }

    #[test]
    fn a_throttled_lane_halves_and_recovers() {
        let road = Road::new(Some(1.0));
        let rate = |road: &Road| {
            let lanes = road.pacer.lanes.lock();
            lanes[&Category::UserCreation].rate(25.0, road.clock.now())
        };
        road.pacer.throttled("AdminCreateUser");
        road.pacer.throttled("AdminCreateUser");
        let near = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(near(rate(&road), 12.5), "once for one second");
        // Nobody goes before that second is over.
        assert!(road.pacer.turn("SignUp") >= Duration::from_secs(1));
        road.pass(Duration::from_secs(1));
        road.pacer.throttled("AdminCreateUser");
        assert!(near(rate(&road), 6.875), "{}", rate(&road));
        road.pass(Duration::from_secs(10));
        assert!(near(rate(&road), 19.375), "{}", rate(&road));
        road.pass(Duration::from_secs(10));
        assert!(near(rate(&road), 25.0));
        for _ in 0..100 {
            road.pass(Duration::from_secs(1));
            road.pacer.throttled("AdminCreateUser");
        }
        assert!(rate(&road) >= SLOWEST);
    }
}
