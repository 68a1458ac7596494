//! Pacing: requests stay below Cognito's quotas, and slow down when it throttles.
//!
//! Pacing is a layer beneath the SDK's client, so that tools need no code for it. Each
//! category of quotas has a lane, and a request waits for its turn in its lane. A lane
//! runs at half of its quota, so that long runs leave room for other programs. Requests
//! of half a second may be sent at once, so that single calls do not wait. If Cognito
//! throttles nevertheless, because other programs use the quota too or because the
//! account's quota is lower, the lane halves its rate and recovers within seconds.
//!
//! Some categories also have a rate for each operation in one pool. An operation of theirs has
//! a second lane for it, as if all its requests were to the same pool.
//!
//! The SDK's adaptive mode is not used: it has one rate for all operations, and begins
//! only after a refusal. Waits use the SDK's `sleep_impl`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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

use crate::cognito::watch;
use crate::record::metrics;
use crate::shared_state::State;

/// The share of a quota that a server uses.
const SHARE: f64 = 0.5;

/// The share of its quotas that the backend grants: 1 on AWS, and the throttle's share on
/// the emulator; none if nothing is throttled.
type Scale = Arc<dyn Fn() -> Option<f64> + Send + Sync>;

/// The lanes of all categories.
pub struct Pacer {
    clock: SharedTimeSource,
    scale: Scale,
    /// Keeps the lanes.
    state: Arc<State>,
    /// The account and the Region, which begin the names of lanes.
    place: String,
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer").finish_non_exhaustive()
    }
}

impl Pacer {
    /// Creates a pacer for requests to `place`, an account and a Region. Its lanes are in `state`, and
    /// follow `clock` if they are in this process.
    pub fn new(
        clock: SharedTimeSource,
        scale: impl Fn() -> Option<f64> + Send + Sync + 'static,
        state: Arc<State>,
        place: &str,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            scale: Arc::new(scale),
            state,
            place: place.to_owned(),
        })
    }

    /// Reserves the next turn of `operation`, and returns how long to wait for it.
    pub async fn turn(&self, operation: &str) -> Duration {
        let Some((category, whole)) = self.rate(operation) else {
            return Duration::ZERO;
        };
        let now = self.clock.now();
        let wait = self.state.turn(&self.lane(category), whole, now).await;
        let Some(in_pool) = self.rate_in_pool(operation) else {
            return wait;
        };
        let lane = format!("{}:{operation}", self.place);
        wait.max(self.state.turn(&lane, in_pool, now).await)
    }

    /// Slows down the lane of `operation`, after Cognito throttled a request.
    pub async fn throttled(&self, operation: &str) {
        let Some((category, whole)) = self.rate(operation) else {
            return;
        };
        let lane = self.lane(category);
        let rate = self.state.throttled(&lane, whole, self.clock.now()).await;
        tracing::info!(operation, rate, "slowed down");
    }

    /// The name of the lane of `category`.
    fn lane(&self, category: Category) -> String {
        format!("{}:{category:?}", self.place)
    }

    /// The category of `operation`, and the rate of a lane that was not throttled.
    fn rate(&self, operation: &str) -> Option<(Category, f64)> {
        let category = quotas::category(operation)?;
        let quota = QUOTAS.iter().find(|quota| quota.category == category)?;
        let rate = f64::from(quota.rate) * SHARE * (self.scale)()?;
        Some((category, rate)).filter(|(_, rate)| *rate > 0.0)
    }

    /// The rate of `operation` in one pool, if it has a quota.
    fn rate_in_pool(&self, operation: &str) -> Option<f64> {
        let category = quotas::category(operation)?;
        let quota = QUOTAS.iter().find(|quota| quota.category == category)?;
        let rate = f64::from(quota.rate_per_pool?) * SHARE * (self.scale)()?;
        Some(rate).filter(|rate| *rate > 0.0)
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
            let wait = pacer.turn(&operation).await;
            if let Some(sleep) = sleep.filter(|_| !wait.is_zero()) {
                watch::unless_cancelled(sleep.sleep(wait))
                    .await
                    .map_err(|cancelled| ConnectorError::other(cancelled.into(), None))?;
            }
            let answer = inner.call(request).await;
            if answer.as_ref().is_ok_and(is_throttled) {
                metrics::throttled();
                pacer.throttled(&operation).await;
            }
            answer
        })
    }
}

/// Whether Cognito refused the request because of its rate: a header names the exception.
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

    use futures_util::FutureExt as _;

    use super::*;
    use crate::shared_state::{Lane, SLOWEST};
    use crate::test_clock::TestClock;

    struct TestPacer {
        pacer: Arc<Pacer>,
        clock: TestClock,
    }

    impl TestPacer {
        fn new(scale: Option<f64>) -> Self {
            let clock = TestClock::at(UNIX_EPOCH);
            let time = SharedTimeSource::new(clock.clone());
            let pacer = Pacer::new(time, move || scale, Arc::new(State::process()), "here");
            Self { pacer, clock }
        }

        /// In this process, a turn is reserved at once.
        fn turn(&self, operation: &str) -> Duration {
            self.pacer.turn(operation).now_or_never().unwrap()
        }

        fn throttled(&self, operation: &str) {
            self.pacer.throttled(operation).now_or_never().unwrap();
        }

        /// The times of requests in sequence, each after its wait.
        fn run(&self, operation: &str, requests: usize) -> Vec<Duration> {
            let run = (0..requests).map(|_| {
                self.pass(self.turn(operation));
                self.clock.now().duration_since(UNIX_EPOCH).unwrap()
            });
            run.collect()
        }

        fn pass(&self, time: Duration) {
            self.clock.advance(time);
        }
    }

    /// The most requests in any one second.
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
            let tested = TestPacer::new(Some(1.0));
            let operation = quota.operations[0];
            let times = tested.run(operation, 1000);
            let most = busiest(&times);
            let rate = quota.rate_per_pool.unwrap_or(quota.rate);
            let whole = 1000.0 / (f64::from(rate) * SHARE);
            let rate = rate as usize;
            assert!(most <= rate * 3 / 4 + 1, "{operation}: {most} of {rate}");
            // The run is not slower than necessary.
            let took = times.last().unwrap().as_secs_f64();
            assert!(
                took > whole - 3.0 && took <= whole,
                "{operation}: {took} of {whole}"
            );
        }
    }

    #[test]
    fn categories_do_not_wait_for_each_other() {
        let tested = TestPacer::new(Some(1.0));
        let _ = tested.run("AdminCreateUser", 100);
        assert!(tested.turn("SignUp") > Duration::ZERO, "the same category");
        assert_eq!(tested.turn("AdminGetUser"), Duration::ZERO);
        assert_eq!(tested.turn("UnknownOperation"), Duration::ZERO);
    }

    #[test]
    fn single_calls_do_not_wait_and_nothing_waits_without_a_throttle() {
        let tested = TestPacer::new(Some(1.0));
        for _ in 0..100 {
            assert_eq!(tested.turn("AdminCreateUser"), Duration::ZERO);
            tested.pass(Duration::from_millis(40));
        }
        let open = TestPacer::new(None);
        assert_eq!(
            open.run("AdminCreateUser", 10_000).last(),
            Some(&Duration::ZERO)
        );
    }

    #[test]
    fn a_throttled_lane_halves_and_recovers() {
        let tested = TestPacer::new(Some(1.0));
        let rate = |tested: &TestPacer| {
            let State::Process(process) = &*tested.pacer.state else {
                panic!("the state is not in this process");
            };
            let lane = tested.pacer.lane(Category::UserCreation);
            process.lane(&lane, |lane: &mut Lane| lane.rate(25.0, tested.clock.now()))
        };
        tested.throttled("AdminCreateUser");
        tested.throttled("AdminCreateUser");
        let near = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(near(rate(&tested), 12.5), "once for one second");
        // No request is sent in the second after the refusal.
        assert!(tested.turn("SignUp") >= Duration::from_secs(1));
        tested.pass(Duration::from_secs(1));
        tested.throttled("AdminCreateUser");
        assert!(near(rate(&tested), 6.875), "{}", rate(&tested));
        tested.pass(Duration::from_secs(10));
        assert!(near(rate(&tested), 19.375), "{}", rate(&tested));
        tested.pass(Duration::from_secs(10));
        assert!(near(rate(&tested), 25.0));
        for _ in 0..100 {
            tested.pass(Duration::from_secs(1));
            tested.throttled("AdminCreateUser");
        }
        assert!(rate(&tested) >= SLOWEST);
    }
}
