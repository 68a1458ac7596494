//! Repeated calls: with changed arguments, and for the next page of a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::error::NextCall;

/// The page of a list that a call requests: `DEFAULT` items unless it says otherwise, and at
/// most `MOST`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Page<const DEFAULT: i32, const MOST: i32> {
    /// Most items to return at once.
    #[serde(default = "default_limit::<DEFAULT>")]
    #[schemars(range(min = 1, max = MOST))]
    pub(crate) limit: i32,
    /// `cursor` of the previous answer, to continue from there.
    pub(crate) cursor: Option<String>,
}

fn default_limit<const DEFAULT: i32>() -> i32 {
    DEFAULT
}

impl<const DEFAULT: i32, const MOST: i32> Page<DEFAULT, MOST> {
    /// The number of items.
    pub(crate) fn count(&self) -> usize {
        usize::try_from(self.limit).unwrap_or_default()
    }
}

/// The continuation of a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct After {
    /// Where the next page begins; absent on the last one.
    pub(crate) cursor: Option<String>,
    /// The call that returns the next page.
    pub(crate) next: Option<NextCall>,
}

impl Cx {
    /// This call, repeated for the page that begins at `cursor`.
    pub(crate) fn next_page(&self, cursor: Option<&str>) -> Option<NextCall> {
        let arguments = self.arguments_with(json!({ "cursor": cursor? }));
        Some(NextCall::new(self.tool(), arguments))
    }

    /// The continuation of a list for which Cognito returned `cursor`.
    pub(crate) fn after(&self, cursor: Option<String>) -> After {
        After {
            next: self.next_page(cursor.as_deref()),
            cursor,
        }
    }

    /// This call's arguments with `changes`; null removes an argument.
    pub(crate) fn arguments_with(&self, changes: Value) -> Value {
        let mut arguments = self.arguments.clone();
        if let Value::Object(changes) = changes {
            arguments.extend(changes);
        }
        Value::Object(arguments)
    }

    /// This call's arguments with `pool` as the user pool.
    pub(super) fn arguments_in(&self, pool: Option<&str>) -> Value {
        let Some(input) = self.arguments.get("input") else {
            return self.arguments_with(json!({ "user_pool_id": pool }));
        };
        let mut input = input.clone();
        input["UserPoolId"] = json!(pool);
        self.arguments_with(json!({ "input": input }))
    }
}
