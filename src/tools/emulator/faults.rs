//! Faults, and the throttle.

use std::time::Duration;

use cognito_emulator::layers::Invalid;
use cognito_emulator::layers::faults::{Fault, FaultEffect as Strike, Target, When};
use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::stack::Stack;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{check_operation, object};
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::error::{ToolError, ToolResult};
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<InjectFault>(), Entry::of::<SetThrottle>()]
}

/// Make calls of Cognito operations fail, come late or lose their connection. SDKs retry throttling, internal errors and cuts: with `callers: 1` every try of one call fails.
#[derive(Deserialize, JsonSchema)]
struct InjectFault {
    /// The operation, as in `AdminCreateUser`. Default: every operation.
    operation: Option<String>,
    /// Its quota category, as in `UserRead`.
    category: Option<String>,
    /// Required, unless the call only ends faults.
    effect: Option<FaultEffect>,
    /// effect exception: one that the operation declares.
    code: Option<String>,
    /// effect exception: its sentence.
    message: Option<String>,
    /// effect delay: milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    delay_ms: Option<u64>,
    /// Only so many calls, each with all retries of its SDK. Default: every call.
    #[schemars(range(min = 1, max = 1_000))]
    callers: Option<u64>,
    /// Only so many requests; retries count.
    #[schemars(range(min = 1))]
    first: Option<u64>,
    /// Only this request; 1 is the next.
    #[schemars(range(min = 1))]
    nth: Option<u64>,
    /// Each call with this probability.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: Option<f64>,
    /// End all active faults first (default false).
    #[serde(default)]
    clear: bool,
    /// End the fault with this `id` first.
    remove: Option<u64>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FaultEffect {
    Exception,
    Delay,
    CutBeforeEffects,
    CutAfterEffects,
}

/// Faults.
#[derive(Serialize, JsonSchema)]
pub(super) struct FaultsUnderWay {
    /// Every fault under way, oldest first: `id`, `on`, `when`, `effect`, the requests that it `concerned` and `struck`, and `callers_struck` if it counts callers.
    faults: Vec<JsonObject>,
}

impl Tool for InjectFault {
    const NAME: &'static str = "inject_fault";
    const TITLE: &'static str = "Inject fault";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = FaultsUnderWay;

    fn example() -> Value {
        json!({ "operation": "ListUsers", "effect": "exception", "code": "TooManyRequestsException", "callers": 1 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<FaultsUnderWay> {
        check_operation(cx, self.operation.as_deref())?;
        let stack = cx.emulator()?.stack();
        let fault = self.fault()?;
        if let Some(fault) = &fault {
            fault.check().map_err(|invalid| not_valid(invalid.0))?;
        }
        if let Some(id) = self.remove.filter(|id| !stack.remove_fault(*id)) {
            let message = format!("No active fault has the id {id}");
            return Err(ToolError::new("FaultNotFound", message)
                .hint("Give the id of a fault that get_emulator returns"));
        }
        if self.clear {
            stack.clear_faults();
        }
        if let Some(fault) = fault {
            stack
                .inject(fault)
                .map_err(|invalid| not_valid(invalid.0))?;
        }
        Ok(FaultsUnderWay::of(stack))
    }
}

impl FaultsUnderWay {
    pub(super) fn of(stack: &Stack) -> Self {
        let faults = stack.faults();
        let faults = faults
            .iter()
            .filter_map(|fault| object(serde_json::to_value(fault).ok()?));
        Self {
            faults: faults.collect(),
        }
    }
}

impl InjectFault {
    /// The requested fault; none if the call only ends faults.
    fn fault(&self) -> ToolResult<Option<Fault>> {
        let Some(effect) = self.effect else {
            return if self.clear || self.remove.is_some() {
                Ok(None)
            } else {
                Err(ToolError::argument(
                    "/effect",
                    "is required, unless `clear` or `remove` ends faults",
                ))
            };
        };
        let on = match (&self.operation, &self.category) {
            (Some(_), Some(_)) => {
                return Err(ToolError::argument(
                    "/category",
                    "cannot be combined with operation: give one",
                ));
            }
            (Some(operation), None) => Target::Operation(operation.clone()),
            (None, Some(category)) => {
                let category = serde_json::from_value(json!(category))
                    .map_err(|error| ToolError::argument("/category", error.to_string()))?;
                Target::Category(category)
            }
            (None, None) => Target::Any,
        };
        let when = match (self.callers, self.first, self.nth, self.share) {
            (None, None, None, None) => When::Always,
            (Some(callers), None, None, None) => When::Callers(callers),
            (None, Some(first), None, None) => When::First(first),
            (None, None, Some(nth), None) => When::Nth(nth),
            (None, None, None, Some(share)) => When::Share(share),
            _ => {
                let sentence = "Give one of callers, first, nth and share";
                return Err(not_valid(sentence.to_owned()));
            }
        };
        let effect = match (effect, &self.code, self.delay_ms) {
            (FaultEffect::Exception, Some(code), _) => Strike::Exception {
                code: code.clone(),
                message: self.message.clone(),
            },
            (FaultEffect::Exception, None, _) => {
                return Err(ToolError::argument(
                    "/code",
                    "is required for effect exception",
                ));
            }
            (FaultEffect::Delay, _, Some(milliseconds)) => {
                Strike::Delay(Duration::from_millis(milliseconds))
            }
            (FaultEffect::Delay, _, None) => {
                return Err(ToolError::argument(
                    "/delay_ms",
                    "is required for effect delay",
                ));
            }
            (FaultEffect::CutBeforeEffects, ..) => Strike::CutBeforeEffects,
            (FaultEffect::CutAfterEffects, ..) => Strike::CutAfterEffects,
        };
        Ok(Some(Fault { on, when, effect }))
    }
}

fn not_valid(sentence: String) -> Box<ToolError> {
    ToolError::new("InvalidArguments", sentence).hint(format!(
        "Valid arguments look like {}",
        InjectFault::example()
    ))
}

/// Set the request rates above which calls get `TooManyRequestsException`.
#[derive(Deserialize, JsonSchema)]
struct SetThrottle {
    /// `off`, `aws` for the request rates of AWS, or a percentage of them such as `10%`.
    rate: String,
}

/// The throttle.
#[derive(Serialize, JsonSchema)]
struct ThrottleNow {
    /// The setting.
    throttle: String,
    /// The setting before.
    before: String,
}

impl Tool for SetThrottle {
    const NAME: &'static str = "set_throttle";
    const TITLE: &'static str = "Set throttle";
    const EMULATED: Option<Effect> = Some(Effect::Change);
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = ThrottleNow;

    fn example() -> Value {
        json!({ "rate": "10%" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ThrottleNow> {
        let stack = cx.emulator()?.stack();
        let rate: Throttle = self
            .rate
            .parse()
            .map_err(|invalid: Invalid| not_a_rate(invalid.0))?;
        let before = stack.throttle().to_string();
        stack.set_throttle(rate);
        Ok(ThrottleNow {
            throttle: rate.to_string(),
            before,
        })
    }
}

fn not_a_rate(sentence: String) -> Box<ToolError> {
    ToolError::argument("/rate", sentence).hint("Give `off`, `aws` or a percentage such as `10%`")
}
