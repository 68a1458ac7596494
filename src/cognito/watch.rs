//! The watch over a call: it authorizes, records and holds back requests to Cognito.
//!
//! An interceptor of the SDK's client receives every request before it is signed, and finds
//! the watch of the call that sends it. So a tool cannot send operations that it does not
//! declare, and a request outside of a watch is not sent.

use std::fmt;
use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::config::http::HttpRequest;
use aws_sdk_cognitoidentityprovider::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, Region, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use cognito_emulator::connector::LOOKUP;
use parking_lot::{Mutex, MutexGuard};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::bounds::SHOWN_REQUESTS;
use crate::cognito::operations::{self, Effect};
use crate::cognito::pools::{self, Elsewhere, Pools};
use crate::record::audit;
use crate::record::trace::Attempt;

tokio::task_local! {
    static WATCH: Arc<Watch>;
}

/// The requests that one call may send to Cognito, and those that it has sent.
#[derive(Debug)]
pub struct Watch {
    /// The operations that the call may send.
    operations: &'static [&'static str],
    /// The strongest effect that the call may have.
    allowed: Effect,
    /// The user pools in scope.
    pools: Arc<Pools>,
    /// Whether requests that change something are held back.
    dry_run: bool,
    /// Whether every read is a look-up: the call is not for what it reads.
    looks_up: bool,
    cancel: CancellationToken,
    requests: Mutex<Vec<Request>>,
    /// Receives the requests that were sent, with their inputs.
    record: Option<Record>,
    /// Receives the operation of each request.
    notify: Option<UnboundedSender<&'static str>>,
}

/// A request that a call sent, or that was held back.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The operation, as in `AdminGetUser`.
    pub operation: String,
    /// Its input, if it was held back.
    pub input: Option<Value>,
    /// Cognito's request id, if a response arrived.
    pub request_id: Option<String>,
}

/// The requests that a call sent, with their inputs, for a client that shows them. It keeps the
/// first ones, and the attempts of one request once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<Request>>>);

impl Record {
    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0.lock().clone()
    }

    fn add(&self, operation: &str, input: impl FnOnce() -> Value) {
        let mut requests = self.0.lock();
        if requests.len() >= SHOWN_REQUESTS {
            return;
        }
        let request = Request {
            operation: operation.to_owned(),
            input: Some(input()),
            request_id: None,
        };
        if requests.last() != Some(&request) {
            requests.push(request);
        }
    }
}

/// Why a request was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// It would change data, and the call is a dry run.
    DryRun,
    /// The call was cancelled.
    Cancelled,
    /// The call may not send this operation, which is a mistake of this program.
    NotDeclared(String),
    /// It is outside of the user pools in scope.
    Elsewhere(Elsewhere),
    /// It names a pool of another Region than the one that it would be sent to.
    WrongRegion {
        /// The pool.
        pool: String,
        /// The Region of the pool.
        home: String,
        /// The Region that the request would be sent to.
        region: String,
    },
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DryRun => f.write_str("The call was a dry run"),
            Self::Cancelled => f.write_str("The call was cancelled"),
            Self::NotDeclared(operation) => {
                write!(f, "This call may not send {operation}")
            }
            Self::Elsewhere(elsewhere) => elsewhere.fmt(f),
            Self::WrongRegion { pool, home, region } => write!(
                f,
                "The user pool {pool} is in {home}, and this server works in {region}"
            ),
        }
    }
}

impl std::error::Error for Withheld {}

impl Withheld {
    /// The error code of the refusal.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::DryRun => "DryRun",
            Self::Cancelled => "Cancelled",
            Self::NotDeclared(_) => "OperationNotDeclared",
            Self::Elsewhere(_) => pools::NOT_ALLOWED,
            Self::WrongRegion { .. } => "WrongRegion",
        }
    }
}

impl Watch {
    /// A watch over a call that may send `operations` in `pools`, if their effects are
    /// `allowed`.
    #[must_use]
    pub fn new(
        operations: &'static [&'static str],
        allowed: Effect,
        pools: Arc<Pools>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            operations,
            allowed,
            pools,
            dry_run: false,
            // A call that changes something reads only what it needs for that.
            looks_up: operations::effect_of(operations) > Effect::Read,
            cancel,
            requests: Mutex::default(),
            record: None,
            notify: None,
        }
    }

    /// Adds a record of the requests that are sent.
    #[must_use]
    pub(crate) fn recording(mut self, record: Record) -> Self {
        self.record = Some(record);
        self
    }

    /// Adds a channel that receives the operation of each request.
    #[must_use]
    pub fn notifying(mut self, notify: UnboundedSender<&'static str>) -> Self {
        self.notify = Some(notify);
        self
    }

    /// Sets whether requests that change data are held back.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Marks every read as a look-up.
    #[must_use]
    pub fn looking_up(mut self) -> Self {
        self.looks_up = true;
        self
    }

    /// Watches `call` until it ends.
    pub async fn over<F: Future>(self: Arc<Self>, call: F) -> F::Output {
        WATCH.scope(self, call).await
    }

    /// The requests so far. Each attempt counts as a request.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().clone()
    }

    fn check(&self, operation: &str, body: Option<&[u8]>) -> Result<(), Withheld> {
        if self.cancel.is_cancelled() {
            return Err(Withheld::Cancelled);
        }
        let effect = operations::effect_of(&[operation]);
        if !self.operations.contains(&operation) || effect > self.allowed {
            return Err(Withheld::NotDeclared(operation.to_owned()));
        }
        if !self.pools.is_open() {
            let input = body.and_then(|body| serde_json::from_slice(body).ok());
            let checked = self.pools.check(operation, &input.unwrap_or_default());
            checked.map_err(Withheld::Elsewhere)?;
        }
        let held_back = self.dry_run && effect > Effect::Read;
        let input = || body.and_then(|body| serde_json::from_slice(body).ok());
        self.lock().push(Request {
            operation: operation.to_owned(),
            input: held_back.then(|| input().unwrap_or_default()),
            request_id: None,
        });
        if held_back {
            return Err(Withheld::DryRun);
        }
        if let Some(record) = self.record.as_ref().filter(|_| !self.dry_run) {
            record.add(operation, || input().unwrap_or_default());
        }
        audit::requested(operation);
        let declared = self.operations.iter().find(|name| **name == operation);
        if let (Some(notify), Some(operation)) = (&self.notify, declared) {
            // The call may have ended meanwhile.
            let _ = notify.send(operation);
        }
        Ok(())
    }

    /// As [`Watch::check`], for a request that is no operation.
    fn check_other(&self, name: &str, effect: Effect, shown: Value) -> Result<(), Withheld> {
        if self.cancel.is_cancelled() {
            return Err(Withheld::Cancelled);
        }
        if effect > self.allowed {
            return Err(Withheld::NotDeclared(name.to_owned()));
        }
        let held_back = self.dry_run && effect > Effect::Read;
        self.lock().push(Request {
            operation: name.to_owned(),
            input: held_back.then(|| shown.clone()),
            request_id: None,
        });
        if held_back {
            return Err(Withheld::DryRun);
        }
        if let Some(record) = self.record.as_ref().filter(|_| !self.dry_run) {
            record.add(name, || shown);
        }
        audit::requested(name);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock()
    }
}

/// The interceptor that finds the watch of each request.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Whether requests go to the emulator of this process, whose journal marks look-ups.
    marks: bool,
    /// The Region of AWS that requests go to. Absent for other endpoints, where pool ids may
    /// have any Region.
    region: Option<String>,
}

impl Watched {
    /// An interceptor for requests to `region` of AWS.
    pub(crate) fn in_region(region: Option<&Region>) -> Self {
        Self {
            marks: false,
            region: region.map(ToString::to_string),
        }
    }

    /// An interceptor for requests to the emulator of this process.
    pub(crate) fn in_process() -> Self {
        Self {
            marks: true,
            region: None,
        }
    }

    /// Checks that the pool of a request is in the Region that the request goes to.
    /// Otherwise AWS would answer that the pool does not exist.
    fn check_region(&self, body: Option<&[u8]>) -> Result<(), Withheld> {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "UserPoolId")]
            pool: String,
        }
        let Some(region) = &self.region else {
            return Ok(());
        };
        let named: Option<Named> = body.and_then(|body| serde_json::from_slice(body).ok());
        let Some(Named { pool }) = named else {
            return Ok(());
        };
        match pools::other_region(&pool, region) {
            None => Ok(()),
            Some(home) => Err(Withheld::WrongRegion {
                home,
                region: region.clone(),
                pool,
            }),
        }
    }
}

impl Intercept for Watched {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation_of(context.request());
        let reads = operations::effect_of(&[operation]) == Effect::Read;
        let looks_up = WATCH.try_with(|watch| watch.looks_up).unwrap_or(false);
        if self.marks && reads && looks_up {
            context.request_mut().headers_mut().insert(LOOKUP, "1");
        }
        Ok(())
    }

    fn read_before_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let operation = operation_of(request);
        self.check_region(request.body().bytes())?;
        WATCH
            .try_with(|watch| watch.check(operation, request.body().bytes()))
            .unwrap_or_else(|_| Err(Withheld::NotDeclared(operation.to_owned())))?;
        let attempt = Attempt::begin(operation, self.region.as_deref());
        bag.interceptor_state().store_put(attempt);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(attempt) = bag.get_mut_from_interceptor_state::<Attempt>() {
            attempt.end(context.response());
        }
        // The span ends here, before the wait for the next attempt.
        bag.interceptor_state().unset::<Attempt>();
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let id = context.response().headers().get("x-amzn-requestid");
        audit::answered(id);
        let noted = WATCH.try_with(|watch| {
            if let Some(request) = watch.lock().last_mut() {
                request.request_id = id.map(ToOwned::to_owned);
            }
        });
        // A request outside of a watch was not sent.
        Ok(noted?)
    }

    /// Checks the pool of a domain, which only the response names.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let pools = WATCH.try_with(|watch| Arc::clone(&watch.pools))?;
        if pools.is_open() {
            return Ok(());
        }
        let body = context.response().body().bytes();
        let answer: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
        let text = |path| answer.as_ref()?.pointer(path)?.as_str();
        if let Some(id) = text("/DomainDescription/UserPoolId") {
            pools.check_id(id).map_err(Withheld::Elsewhere)?;
        }
        Ok(())
    }
}

/// Authorizes and records a request that is no operation of the API, such as one to the token
/// endpoint of a domain. The caller has checked that its target is in scope. `name` has the method
/// and the address, and `shown` is its input without secrets, which a dry run reports.
pub(crate) fn authorize(name: &str, effect: Effect, shown: Value) -> Result<(), Withheld> {
    WATCH
        .try_with(|watch| watch.check_other(name, effect, shown))
        .unwrap_or_else(|_| Err(Withheld::NotDeclared(name.to_owned())))
}

/// How many requests that change something this call has sent.
pub(crate) fn writes() -> usize {
    let writes = |request: &&Request| {
        let operation = request.operation.as_str();
        operations::effect_of(&[operation]) > Effect::Read
    };
    WATCH
        .try_with(|watch| watch.lock().iter().filter(writes).count())
        .unwrap_or_default()
}

/// Awaits `wait`, unless the call is cancelled.
pub(crate) async fn unless_cancelled<F: Future>(wait: F) -> Result<F::Output, Withheld> {
    match WATCH.try_with(|watch| watch.cancel.clone()) {
        Ok(cancel) => {
            let waited = cancel.run_until_cancelled(wait).await;
            waited.ok_or(Withheld::Cancelled)
        }
        Err(_) => Ok(wait.await),
    }
}

/// The operation in the `x-amz-target` header of a request.
pub(crate) fn operation_of(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn watch(allowed: Effect) -> Watch {
        Watch::new(
            &["AdminGetUser", "AdminDeleteUser"],
            allowed,
            Arc::default(),
            CancellationToken::new(),
        )
    }

    #[test]
    fn undeclared_or_forbidden_operations_are_not_sent() {
        let reader = watch(Effect::Read);
        assert_eq!(reader.check("AdminGetUser", None), Ok(()));
        for operation in ["AdminDeleteUser", "ListUsers", ""] {
            let refused = Withheld::NotDeclared(operation.to_owned());
            assert_eq!(reader.check(operation, None), Err(refused));
        }
        let all = watch(Effect::Destroy);
        assert_eq!(all.check("AdminDeleteUser", None), Ok(()));
        assert_eq!(reader.requests().len(), 1);
    }

    #[test]
    fn a_dry_run_sends_reads_and_holds_the_rest_back() {
        let watch = watch(Effect::Destroy).dry_run(true);
        assert_eq!(watch.check("AdminGetUser", Some(b"{}")), Ok(()));
        let body = br#"{ "Username": "ana" }"#;
        assert_eq!(
            watch.check("AdminDeleteUser", Some(body)),
            Err(Withheld::DryRun)
        );
        let inputs: Vec<_> = watch
            .requests()
            .into_iter()
            .map(|made| made.input)
            .collect();
        assert_eq!(inputs, [None, Some(json!({ "Username": "ana" }))]);
    }

    #[test]
    fn a_record_has_what_was_sent_with_inputs_and_attempts_once() {
        let record = Record::default();
        let watching = watch(Effect::Destroy).recording(record.clone());
        let body = br#"{ "Username": "ana" }"#;
        for _ in 0..2 {
            assert_eq!(watching.check("AdminGetUser", Some(body)), Ok(()));
        }
        let url = "POST https://shop.example/oauth2/token";
        assert_eq!(
            watching.check_other(url, Effect::Add, json!({ "a": 1 })),
            Ok(())
        );
        let rehearsal = watch(Effect::Destroy)
            .recording(record.clone())
            .dry_run(true);
        assert_eq!(rehearsal.check("AdminGetUser", None), Ok(()));
        let sent = record.requests();
        let sent: Vec<_> = sent
            .iter()
            .map(|request| (&*request.operation, request.input.clone()))
            .collect();
        let expected = [
            ("AdminGetUser", Some(json!({ "Username": "ana" }))),
            (url, Some(json!({ "a": 1 }))),
        ];
        assert_eq!(sent, expected);
        for number in 0..=SHOWN_REQUESTS {
            let body = json!({ "Username": number.to_string() }).to_string();
            assert_eq!(
                watching.check("AdminGetUser", Some(body.as_bytes())),
                Ok(())
            );
        }
        assert_eq!(record.requests().len(), SHOWN_REQUESTS);
    }

    #[test]
    fn a_request_that_is_no_operation_is_held_back_like_one() {
        let reader = watch(Effect::Read);
        let name = "POST https://shop.example/oauth2/token";
        let refused = Withheld::NotDeclared(name.to_owned());
        let shown = json!({ "client_id": "c" });
        assert_eq!(
            reader.check_other(name, Effect::Add, shown.clone()),
            Err(refused)
        );
        let dry = watch(Effect::Add).dry_run(true);
        assert_eq!(
            dry.check_other(name, Effect::Add, shown.clone()),
            Err(Withheld::DryRun)
        );
        assert_eq!(dry.requests()[0].input, Some(shown.clone()));
        let writer = watch(Effect::Add);
        assert_eq!(writer.check_other(name, Effect::Add, shown.clone()), Ok(()));
        writer.cancel.cancel();
        let cancelled = writer.check_other(name, Effect::Add, shown);
        assert_eq!(cancelled, Err(Withheld::Cancelled));
        assert_eq!(writer.requests().len(), 1);
    }

    #[test]
    fn another_pool_is_out_of_scope() {
        let mut watch = watch(Effect::Destroy);
        watch.pools = Arc::new(Pools::new(&["us-east-1_Mine".to_owned()]).unwrap());
        let body = |pool: &str| json!({ "UserPoolId": pool }).to_string();
        let mine = body("us-east-1_Mine");
        assert_eq!(watch.check("AdminGetUser", Some(mine.as_bytes())), Ok(()));
        let unreadable: &[u8] = b"{";
        for other in [
            None,
            Some(body("us-east-1_Other").as_bytes()),
            Some(unreadable),
        ] {
            let checked = watch.check("AdminGetUser", other);
            assert!(
                matches!(checked, Err(Withheld::Elsewhere(_))),
                "{checked:?}"
            );
        }
        assert_eq!(watch.requests().len(), 1);
    }

    #[test]
    fn a_cancelled_call_sends_nothing() {
        let watch = watch(Effect::Destroy);
        watch.cancel.cancel();
        assert_eq!(watch.check("AdminGetUser", None), Err(Withheld::Cancelled));
    }
}
