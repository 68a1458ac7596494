//! Tools: the trait, the toolsets, and the registry.
//!
//! A tool is a struct of its arguments. The documentation of the struct is the
//! description that models read. `Tool` is implemented directly below the struct, in
//! the file of the toolset, and that file lists the tool.

pub(crate) mod alike;
pub(crate) mod answer;
pub(crate) mod branding;
pub(crate) mod bulk;
mod client_tokens;
pub(crate) mod clients;
pub(crate) mod devices;
pub(crate) mod diagnosis;
pub(crate) mod emulator;
pub(crate) mod export;
pub(crate) mod federation;
pub(crate) mod groups;
mod iam_policy;
pub(crate) mod import;
pub(crate) mod mfa;
pub(crate) mod passwords;
mod plan;
pub(crate) mod pools;
pub(crate) mod raw;
pub(crate) mod resource_servers;
pub(crate) mod risk;
pub(crate) mod rows;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_in_urls;
mod token_endpoint;
pub(crate) mod tokens;
pub(crate) mod upload;
pub(crate) mod users;
pub(crate) mod whoami;

use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool as Published, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::answer::Done;
use crate::arguments::{self, schema};
use crate::call::context::Cx;
use crate::call::pages::{After, Page};
use crate::call::targets::{ByClient, InPool, OneUser};
use crate::cognito::operations;
pub use crate::cognito::operations::Effect;
use crate::definition::{Definition, InputSchema, Schemas, added};
use crate::error::{ToolError, ToolResult};
use crate::guard::redact;

/// A tool, which is a struct of its arguments.
pub(crate) trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    /// Name in the protocol.
    const NAME: &'static str;
    /// Name for people.
    const TITLE: &'static str;
    /// Whether a second call with the same arguments has no further effect.
    const IDEMPOTENT: bool;
    /// Every Cognito operation that the tool may call. The operations determine the
    /// effect of the tool.
    const OPERATIONS: &'static [&'static str];
    /// The effect, if the tool works only on the emulator itself.
    const EMULATED: Option<Effect> = None;
    /// The members that a concise answer leaves out, as paths in which `*` is any item of a
    /// list. A tool with such members accepts `response_format`.
    const DETAILS: &'static [&'static str] = &[];
    /// Whether the tool reports its own progress. Otherwise, the client is notified of
    /// each request.
    const REPORTS_PROGRESS: bool = false;
    /// The weakest effect of a call, if the effect depends on the arguments.
    /// [`Tool::operation`] then returns the operations of a call.
    const LEAST_EFFECT: Option<Effect> = None;
    /// Whether the tool changes a selection of users. Its answer to a dry run then is a plan,
    /// whose number of users confirms a destructive call.
    const PLANS: bool = false;

    /// The strongest effect of the requests that are not API operations, such as a request to
    /// the token endpoint of a domain. [`Tool::OPERATIONS`] does not contain them.
    const OTHER_EFFECT: Effect = Effect::Read;

    /// The answer of the tool.
    type Answer: Serialize + JsonSchema + 'static;

    /// Valid arguments, shown in errors about invalid ones.
    fn example() -> Value;

    /// The operations that a call with these arguments may call; `None` if it may call
    /// all.
    fn operation(_arguments: &JsonObject) -> Option<&'static [&'static str]> {
        None
    }

    /// Calls `visit` for each value in the arguments that is, or may be, a secret. A
    /// tool whose schema does not mark the secrets implements this itself; see
    /// [`crate::guard::secrets`].
    fn visit_secrets(
        schema: &JsonObject,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        redact::visit(schema, arguments, visit);
    }

    /// What a call of a tool of the emulator loses, as a sentence for the question that confirms
    /// it. Tools of Cognito call [`Cx::foresee`] instead, because their rehearsal is the call.
    fn loses(_cx: &Cx) -> Option<String> {
        None
    }

    /// Validates rules that the schema cannot express, and corrects unambiguous mistakes.
    fn validate(_arguments: &mut JsonObject) -> ToolResult<()> {
        Ok(())
    }

    /// Runs the call.
    fn call(self, cx: &Cx) -> impl Future<Output = ToolResult<Self::Answer>> + Send;
}

/// A group of tools that are enabled together.
pub struct Toolset {
    /// The name in `--toolsets`.
    pub name: &'static str,
    /// The purpose of the tools.
    pub about: &'static str,
    /// The tools that are enabled without `--toolsets`.
    pub default: OnByDefault,
    tools: fn() -> Vec<Entry>,
}

/// The tools of a toolset that are enabled by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnByDefault {
    /// All tools.
    All,
    /// Only tools that read.
    Reads,
    /// All tools if the emulator is the backend, otherwise none.
    Emulated,
    /// No tools.
    Nothing,
}

/// Every toolset.
pub const TOOLSETS: &[Toolset] = &[
    Toolset {
        name: "users",
        about: "users and their passwords",
        default: OnByDefault::All,
        tools: || {
            [users::tools(), passwords::tools()]
                .into_iter()
                .flatten()
                .collect()
        },
    },
    Toolset {
        name: "groups",
        about: "groups and their members",
        default: OnByDefault::All,
        tools: groups::tools,
    },
    Toolset {
        name: "sign-in",
        about: "sign-up, sign-in and challenges, as a user",
        default: OnByDefault::All,
        tools: sign_in::tools,
    },
    Toolset {
        name: "pools",
        about: "user pools, their app clients, and what the server works on",
        default: OnByDefault::Reads,
        tools: || {
            [whoami::tools(), pools::tools(), clients::lists()]
                .into_iter()
                .flatten()
                .collect()
        },
    },
    Toolset {
        name: "diagnosis",
        about: "why a user cannot sign in, and what weakens a pool's security",
        default: OnByDefault::All,
        tools: diagnosis::tools,
    },
    Toolset {
        name: "federation",
        about: "identity providers and federated users",
        default: OnByDefault::Nothing,
        tools: federation::tools,
    },
    Toolset {
        name: "resource-servers",
        about: "APIs and their scopes",
        default: OnByDefault::Nothing,
        tools: resource_servers::tools,
    },
    Toolset {
        name: "branding",
        about: "sign-in pages: domains, styles, terms",
        default: OnByDefault::Nothing,
        tools: branding::tools,
    },
    Toolset {
        name: "import",
        about: "imports of many users from CSV",
        default: OnByDefault::Nothing,
        tools: import::tools,
    },
    Toolset {
        name: "mfa",
        about: "second factors of users and pools; passkeys",
        default: OnByDefault::Nothing,
        tools: mfa::tools,
    },
    Toolset {
        name: "clients",
        about: "app clients: settings, secrets, tokens and sign-in URLs",
        default: OnByDefault::Nothing,
        tools: || {
            [
                clients::tools(),
                client_tokens::tools(),
                sign_in_urls::tools(),
            ]
            .into_iter()
            .flatten()
            .collect()
        },
    },
    Toolset {
        name: "devices",
        about: "devices of users",
        default: OnByDefault::Nothing,
        tools: devices::tools,
    },
    Toolset {
        name: "risk",
        about: "sign-in events of users, and the settings of threat protection",
        default: OnByDefault::Nothing,
        tools: risk::tools,
    },
    Toolset {
        name: "tokens",
        about: "tokens: verify, decode, exchange a code, refresh, revoke",
        default: OnByDefault::Nothing,
        tools: tokens::tools,
    },
    Toolset {
        name: "bulk",
        about: "many users at once: search, change, export",
        default: OnByDefault::Nothing,
        tools: bulk::tools,
    },
    Toolset {
        name: "export",
        about: "a user pool as a pool file; deletion of saved states of the emulator",
        default: OnByDefault::Nothing,
        tools: || {
            [export::tools(), emulator::deletion()]
                .into_iter()
                .flatten()
                .collect()
        },
    },
    Toolset {
        name: "plan",
        about: "rehearsals of changes on a copy of a user pool",
        default: OnByDefault::Nothing,
        tools: plan::tools,
    },
    Toolset {
        name: "iam",
        about: "the IAM policy that tools need",
        default: OnByDefault::Nothing,
        tools: iam_policy::tools,
    },
    Toolset {
        name: "raw",
        about: "every operation of Cognito, by name",
        default: OnByDefault::Nothing,
        tools: raw::tools,
    },
    Toolset {
        name: "emulator",
        about: "the emulator's outbox, clock, faults and journal",
        default: OnByDefault::Emulated,
        tools: emulator::tools,
    },
];

/// A tool of the registry: its definition, and the function that runs it.
pub(crate) struct Entry {
    pub(crate) definition: Definition,
    run: Run,
    loses: fn(&Cx) -> Option<String>,
}

type Run = fn(Value, Cx) -> Pin<Box<dyn Future<Output = ToolResult<Value>> + Send>>;

/// Every tool, sorted by name.
static REGISTRY: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let tools_of = |set: &Toolset| {
        let toolset = set.name;
        (set.tools)().into_iter().map(move |mut entry| {
            entry.definition.toolset = toolset;
            entry
        })
    };
    let mut all: Vec<Entry> = TOOLSETS.iter().flat_map(tools_of).collect();
    all.sort_by_key(|entry| entry.definition.name);
    arguments::learn(names_used);
    all
});

/// The names in the arguments and answers of all tools.
fn names_used() -> Vec<arguments::Named<'static>> {
    let named = |tool: &'static Definition| {
        let published = tool.published();
        let output = published.output_schema.as_deref();
        (tool.toolset, tool.name, &*published.input_schema, output)
    };
    all().map(named).collect()
}

/// The definitions of all tools, sorted by name.
pub fn all() -> impl ExactSizeIterator<Item = &'static Definition> {
    REGISTRY.iter().map(|entry| &entry.definition)
}

/// The definition of the tool with the current or former name `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    entry(name).map(|entry| &entry.definition)
}

/// The tool with the current or former name `name`.
pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    let name = current_name(name);
    let found = REGISTRY.binary_search_by(|entry| entry.definition.name().cmp(name));
    Some(&REGISTRY[found.ok()?])
}

/// Former names of tools, each with the current name. Calls and flags still accept a
/// former name.
///
/// `snapshots/tool-names.txt` has all current and former names.
const ALIASES: &[(&str, &str)] = &[];

/// The current name of the tool with the current or former name `name`.
fn current_name(name: &str) -> &str {
    current_name_by(ALIASES, name)
}

fn current_name_by<'a>(aliases: &[(&'a str, &'a str)], name: &'a str) -> &'a str {
    let alias = aliases.iter().find(|(before, _)| *before == name);
    alias.map_or(name, |(_, now)| now)
}

/// All current and former names of all tools, each with the tool's current name.
pub(crate) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let now = all().map(|tool| (tool.name(), tool.name()));
    now.chain(ALIASES.iter().copied())
}

impl Entry {
    /// The entry of tool `T`.
    pub(crate) fn of<T: Tool>() -> Self {
        Self {
            definition: define::<T>(),
            run: |arguments, cx| Box::pin(run::<T>(arguments, cx)),
            loses: T::loses,
        }
    }

    /// What a call of a tool of the emulator loses, as a sentence.
    pub(crate) fn loses(&self, cx: &Cx) -> Option<String> {
        (self.loses)(cx)
    }

    /// Runs the tool with validated arguments, in which references have been replaced
    /// by secrets.
    ///
    /// # Errors
    /// The errors of the tool.
    pub(crate) async fn run(&self, arguments: JsonObject, cx: Cx) -> ToolResult<Value> {
        (self.run)(Value::Object(arguments), cx).await
    }
}

/// The definition of tool `T`, without its toolset.
fn define<T: Tool>() -> Definition {
    let effect = effect::<T>();
    Definition {
        name: T::NAME,
        title: T::TITLE,
        toolset: "",
        effect,
        emulated_only: T::EMULATED.is_some(),
        operations: T::OPERATIONS,
        reports_progress: T::REPORTS_PROGRESS,
        least_effect: T::LEAST_EFFECT.unwrap_or(effect),
        plans: T::PLANS,
        operation: T::operation,
        validate: T::validate,
        details: T::DETAILS,
        visit_secrets: T::visit_secrets,
        schemas: LazyLock::new(schemas::<T>),
    }
}

/// The strongest effect that a call of tool `T` can have.
fn effect<T: Tool>() -> Effect {
    T::EMULATED
        .unwrap_or_else(|| operations::effect_of(T::OPERATIONS))
        .max(T::OTHER_EFFECT)
}

fn schemas<T: Tool>() -> Schemas {
    let effect = effect::<T>();
    let mut input = schema::of_input::<T>();
    let description = match input.remove("description") {
        Some(Value::String(description)) => description,
        _ => String::new(),
    };
    added::extend_input(&mut input, effect, T::DETAILS);
    let mut output = schema::of_output::<T::Answer>();
    output.remove("description");
    added::extend_output(&mut output, effect, T::DETAILS);
    let annotations = ToolAnnotations::new()
        .read_only(effect == Effect::Read)
        .destructive(effect >= Effect::Change)
        .idempotent(T::IDEMPOTENT)
        // `openWorldHint` is false: a user pool contains only what its owner has put
        // into it.
        .open_world(false);
    let input = Arc::new(input);
    Schemas {
        input: InputSchema::new(Arc::clone(&input), T::example()),
        published: Published::new(T::NAME, description, input)
            .with_title(T::TITLE)
            .with_raw_output_schema(output.into())
            .with_annotations(annotations),
    }
}

async fn run<T: Tool>(arguments: Value, cx: Cx) -> ToolResult<Value> {
    let tool: T = serde_json::from_value(arguments)
        .map_err(|error| ToolError::new("InvalidArguments", error.to_string()))?;
    let answer = tool.call(&cx).await?;
    let mut answer = serde_json::to_value(answer)
        .map_err(|error| ToolError::new("InternalError", error.to_string()))?;
    answer::leave_out_nulls(&mut answer);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::reference::LONGEST_REFERENCE;

    /// Clients also validate by the schema, so the schema accepts the reference to a
    /// secret.
    #[test]
    fn secret_arguments_accept_references() {
        fn check(schema: &Value, at: &str) {
            if schema["writeOnly"] == true && schema["type"] == "string" {
                assert!(schema.get("pattern").is_none(), "{at}: {schema}");
                let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
                assert!(longest >= LONGEST_REFERENCE as u64, "{at}: {schema}");
            }
            if let Value::Object(members) = schema {
                for (name, member) in members {
                    check(member, &format!("{at}/{name}"));
                }
            }
        }
        for tool in all() {
            check(&tool.schemas.input.validator().0, tool.name());
        }
    }

    #[test]
    fn a_tool_is_found_by_its_former_names() {
        let aliases = [("fetch_user", "get_user")];
        assert_eq!(current_name_by(&aliases, "fetch_user"), "get_user");
        assert_eq!(current_name_by(&aliases, "get_user"), "get_user");
        assert_eq!(current_name_by(&aliases, "nothing"), "nothing");
        for (before, now) in ALIASES {
            assert!(all().all(|tool| tool.name() != *before), "{before}");
            assert!(all().any(|tool| tool.name() == *now), "{now}");
            assert_eq!(find(before).map(Definition::name), Some(*now));
        }
    }

    #[test]
    fn examples_are_valid() {
        for tool in all() {
            let mut example = tool.example().as_object().cloned().unwrap();
            let valid = tool.validate(&mut example);
            assert!(valid.is_ok(), "{}: {valid:?}", tool.name());
            assert_eq!(
                Value::Object(example),
                *tool.example(),
                "{} needs no coercion",
                tool.name()
            );
        }
    }
}
