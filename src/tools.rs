//! The tools, and what one is.
//!
//! A tool is its arguments: a struct whose documentation is the description that
//! agents read, with `Tool` implemented right below it. Everything about one
//! tool stands in one place of one toolset file, and that file lists it.

pub(crate) mod answer;
pub(crate) mod branding;
pub(crate) mod clients;
pub(crate) mod devices;
pub(crate) mod emulator;
pub(crate) mod federation;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod mfa;
pub(crate) mod passwords;
pub(crate) mod pools;
pub(crate) mod raw;
pub(crate) mod resource_servers;
pub(crate) mod risk;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod tokens;
pub(crate) mod upload;
pub(crate) mod users;
pub(crate) mod whoami;

use std::pin::Pin;
use std::sync::{Arc, LazyLock, OnceLock};

use jsonschema::Validator;
use rmcp::model::{JsonObject, Tool as Published, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arguments;
use crate::arguments::schema;
use crate::call::confirm;
use crate::call::context::Cx;
use crate::call::dry_run;
use crate::cognito::operations;
use crate::error::{NextCall, Result, ToolError};
use crate::guard::redact;
use crate::guard::secrets;
use crate::record::audit;

pub use crate::cognito::operations::Effect;

/// A tool: arguments that can be called.
pub(crate) trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    /// Name on the wire.
    const NAME: &'static str;
    /// Name for people.
    const TITLE: &'static str;
    /// Whether a second call with the same arguments changes nothing more.
    const IDEMPOTENT: bool;
    /// Every Cognito operation that it may call. Its effect is theirs.
    const OPERATIONS: &'static [&'static str];
    /// What it does to the world, where it works on the emulator itself and on
    /// nothing else.
    const EMULATED: Option<Effect> = None;
    /// What a concise answer leaves out, as paths in which `*` is any item of a
    /// list. A tool that has such details takes `response_format`.
    const DETAILS: &'static [&'static str] = &[];

    /// Whether it tells its progress itself, by what it counts; else its client
    /// is told of each request.
    const TELLS_PROGRESS: bool = false;

    /// What it answers.
    type Answer: Serialize + JsonSchema + 'static;

    /// Valid arguments, shown where a call's were not.
    fn example() -> Value;

    /// Whether the arguments name one of [`Tool::OPERATIONS`], as [`Tool::operation`] tells.
    const NAMES_OPERATION: bool = false;

    /// The operations that a call with these arguments may call; none where it
    /// always may call all of them.
    fn operation(_arguments: &JsonObject) -> Option<&'static [&'static str]> {
        None
    }

    /// Shows `visit` each secret among the arguments, and what may be one. A tool
    /// whose schema does not tell has its own; see [`crate::guard::secrets`].
    fn visit_secrets(
        schema: &JsonObject,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        redact::visit(schema, arguments, visit);
    }

    /// Judges what the schema cannot say of the arguments, and sets right what
    /// leaves no doubt.
    fn judge(_arguments: &mut JsonObject) -> Result<()> {
        Ok(())
    }

    /// Does it.
    fn call(self, cx: &Cx) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// Tools that are switched on or off as one.
pub struct Toolset {
    /// As `--toolsets` names it.
    pub name: &'static str,
    /// What its tools are for.
    pub about: &'static str,
    /// Which of its tools are on where `--toolsets` does not say.
    pub default: OnByDefault,
    tools: fn() -> Vec<Entry>,
}

/// Which tools of a toolset are on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnByDefault {
    /// All of them.
    All,
    /// Those that only read.
    Reads,
    /// All of them where the emulator is the backend, and elsewhere none.
    Emulated,
    /// None.
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
        about: "what users do themselves: sign up, sign in, answer challenges",
        default: OnByDefault::All,
        tools: sign_in::tools,
    },
    Toolset {
        name: "pools",
        about: "user pools, which app clients they have, and where the tools work",
        default: OnByDefault::Reads,
        tools: || {
            [whoami::tools(), pools::tools(), clients::lists()]
                .into_iter()
                .flatten()
                .collect()
        },
    },
    Toolset {
        name: "federation",
        about: "identity providers, and the users who come from them",
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
        about: "second factors: of users, of pools, of who is signed in; passkeys",
        default: OnByDefault::Nothing,
        tools: mfa::tools,
    },
    Toolset {
        name: "clients",
        about: "app clients: settings and secrets",
        default: OnByDefault::Nothing,
        tools: clients::tools,
    },
    Toolset {
        name: "devices",
        about: "devices that users signed in on",
        default: OnByDefault::Nothing,
        tools: devices::tools,
    },
    Toolset {
        name: "risk",
        about: "sign-in events of users, and what threat protection does",
        default: OnByDefault::Nothing,
        tools: risk::tools,
    },
    Toolset {
        name: "tokens",
        about: "tokens: verify, decode, refresh, revoke",
        default: OnByDefault::Nothing,
        tools: tokens::tools,
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

/// A tool as the server keeps it.
pub struct Entry {
    /// The name of its toolset.
    pub toolset: &'static str,
    /// What `tools/list` publishes.
    pub published: Published,
    /// The strongest of its effects.
    pub effect: Effect,
    /// Whether it needs the emulator.
    pub emulated_only: bool,
    /// Every Cognito operation that it may call.
    pub operations: &'static [&'static str],
    /// Whether it tells its progress itself.
    pub(crate) tells_progress: bool,
    names_operation: bool,
    operation: fn(&JsonObject) -> Option<&'static [&'static str]>,
    judge: fn(&mut JsonObject) -> Result<()>,
    details: &'static [&'static str],
    visit_secrets: VisitSecrets,
    /// Valid arguments.
    pub example: Value,
    form: Form,
    run: Run,
}

/// What a tool accepts, as the judge of arguments reads it.
pub(crate) struct Form {
    published: Arc<JsonObject>,
    schema: Value,
    validator: OnceLock<Validator>,
    /// Valid arguments.
    example: Value,
}

impl Form {
    /// Of the input schema that is `published`.
    pub(crate) fn new(published: Arc<JsonObject>, example: Value) -> Self {
        let mut schema = Value::Object((*published).clone());
        // Without properties the judge would not name the argument that is one too many.
        if schema.get("properties").is_none() {
            schema["properties"] = json!({});
        }
        Self {
            published,
            schema,
            validator: OnceLock::new(),
            example,
        }
    }

    /// Reads the `arguments` of `tool` as leniently as is safe, or tells all that is wrong with
    /// them.
    pub(crate) fn judge(&self, tool: &str, arguments: &mut JsonObject) -> Result<()> {
        arguments::coerce(&self.published, arguments);
        let validator = self.validator.get_or_init(|| {
            Validator::new(&self.schema).expect("a schema generated from a type is a schema")
        });
        arguments::judge(validator, &self.schema, tool, arguments, &self.example)
    }
}

type VisitSecrets = fn(&JsonObject, &mut JsonObject, &mut dyn FnMut(&str, &mut Value));
type Run = fn(Value, Cx) -> Pin<Box<dyn Future<Output = Result<Value>> + Send>>;

/// Every tool, sorted by name.
#[must_use]
pub fn all() -> &'static [Entry] {
    static ALL: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let of = |set: &Toolset| {
            let name = set.name;
            let named = move |entry| Entry {
                toolset: name,
                ..entry
            };
            (set.tools)().into_iter().map(named)
        };
        let mut all: Vec<Entry> = TOOLSETS.iter().flat_map(of).collect();
        all.sort_by(|a, b| a.name().cmp(b.name()));
        all
    });
    &ALL
}

/// The tool called `name`, now or before it was renamed.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    let name = renamed(name, ALIASES);
    all().iter().find(|entry| entry.name() == name)
}

/// Names that tools had, each with what the tool is called now: who has learnt
/// one may go on to use it, in calls and in flags.
///
/// `snapshots/tool-names.txt` has every name there ever was.
pub(crate) const ALIASES: &[(&str, &str)] = &[];

/// What the tool is called now that was called `name`.
fn renamed<'a>(name: &'a str, aliases: &[(&'a str, &'a str)]) -> &'a str {
    let alias = aliases.iter().find(|(before, _)| *before == name);
    alias.map_or(name, |(_, now)| now)
}

/// Every name of every tool, those of before too, each with the tool's name now.
pub(crate) fn names(
    aliases: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let now = all().iter().map(|entry| (entry.name(), entry.name()));
    now.chain(aliases.iter().copied())
}

impl Entry {
    /// The entry of tool `T`.
    pub(crate) fn of<T: Tool>() -> Self {
        let effect = T::EMULATED.unwrap_or_else(|| operations::effect_of(T::OPERATIONS));
        let mut input = schema::of_input::<T>();
        let description = match input.remove("description") {
            Some(Value::String(description)) => description,
            _ => String::new(),
        };
        if !T::DETAILS.is_empty() {
            schema::add_member(
                &mut input,
                "response_format",
                json!({
                    "type": "string",
                    "enum": ["concise", "detailed"],
                    "default": "concise",
                    "description": "`detailed` answers everything.",
                }),
            );
        }
        if effect > Effect::Read {
            schema::add_member(
                &mut input,
                dry_run::ARGUMENT,
                json!({
                    "type": "boolean",
                    "description": "Only tell what would be called.",
                }),
            );
        }
        if effect == Effect::Destroy {
            schema::add_member(
                &mut input,
                confirm::ARGUMENT,
                json!({
                    "type": "string",
                    "description": "The exact text that the refusal without it asks for. It does not \
                                    count where the client can ask its user.",
                }),
            );
        }
        let mut output = schema::of_output::<T::Answer>();
        output.remove("description");
        answer::extend_schema(&mut output, effect, T::DETAILS);
        secrets::extend_schema(&mut output);
        if effect == Effect::Destroy {
            confirm::extend_schema(&mut output);
        }
        let annotations = ToolAnnotations::new()
            .read_only(effect == Effect::Read)
            .destructive(effect >= Effect::Change)
            .idempotent(T::IDEMPOTENT)
            // A user pool is a closed world: what it holds was put there by its owner.
            .open_world(false);
        let input = Arc::new(input);
        Self {
            toolset: "",
            form: Form::new(Arc::clone(&input), T::example()),
            published: Published::new(T::NAME, description, input)
                .with_title(T::TITLE)
                .with_raw_output_schema(output.into())
                .with_annotations(annotations),
            effect,
            emulated_only: T::EMULATED.is_some(),
            operations: T::OPERATIONS,
            tells_progress: T::TELLS_PROGRESS,
            names_operation: T::NAMES_OPERATION,
            operation: T::operation,
            judge: T::judge,
            details: T::DETAILS,
            visit_secrets: T::visit_secrets,
            example: T::example(),
            run: |arguments, cx| Box::pin(run::<T>(arguments, cx)),
        }
    }

    /// The operations that a call with these arguments may call.
    #[must_use]
    pub fn operations_with(&self, arguments: &JsonObject) -> &'static [&'static str] {
        (self.operation)(arguments).unwrap_or(self.operations)
    }

    /// The weakest of its effects: what it does with the most harmless arguments.
    #[must_use]
    pub fn least_effect(&self) -> Effect {
        if self.names_operation {
            Effect::Read
        } else {
            self.effect
        }
    }

    /// What a call with these arguments does to the world.
    #[must_use]
    pub fn effect_with(&self, arguments: &JsonObject) -> Effect {
        match (self.operation)(arguments) {
            Some(operations) => operations::effect_of(operations),
            None => self.effect,
        }
    }

    /// Name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.published.name
    }

    /// Shows `visit` each secret among `arguments`, and what may be one.
    pub(crate) fn visit_secrets(
        &self,
        arguments: &mut JsonObject,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) {
        (self.visit_secrets)(&self.published.input_schema, arguments, visit);
    }

    /// Reads `arguments` as leniently as is safe, or tells all that is wrong with them.
    pub(crate) fn judge(&self, arguments: &mut JsonObject) -> Result<()> {
        self.judge_by(&self.form, arguments)
    }

    /// As [`Entry::judge`], where a server takes another form of it.
    pub(crate) fn judge_by(&self, form: &Form, arguments: &mut JsonObject) -> Result<()> {
        form.judge(self.name(), arguments)?;
        (self.judge)(arguments)
    }

    /// Calls it with arguments that [`Entry::judge`] has passed.
    pub(crate) async fn call(&self, cx: Cx) -> Result<Value> {
        let detailed = cx.arguments.get("response_format") == Some(&json!("detailed"));
        if !cx.is_dry() {
            audit::intend(self.effect_with(&cx.arguments)).await?;
        }
        let opened = cx.vault().open(cx.owner(), self, &cx.arguments)?;
        let mut answer = (self.run)(Value::Object(opened), cx.clone()).await?;
        if !detailed {
            answer::leave_out(&mut answer, self.details);
        }
        if self.effect_with(&cx.arguments) > Effect::Read {
            answer["on"] = cx.told_place().await;
        }
        let files = cx.vault().files(cx.owner(), &answer);
        if !files.is_empty() {
            answer[secrets::FILES] = json!(files);
        }
        if self.pages() {
            answer["has_more"] = answer.get("cursor").is_some().into();
        }
        Ok(answer)
    }

    /// Whether it answers page by page.
    fn pages(&self) -> bool {
        let schema = self.published.output_schema.as_deref();
        schema.is_some_and(|schema| schema["properties"].get("has_more").is_some())
    }
}

async fn run<T: Tool>(arguments: Value, cx: Cx) -> Result<Value> {
    let tool: T = serde_json::from_value(arguments)
        .map_err(|error| ToolError::new("InvalidArguments", error.to_string()))?;
    let answer = tool.call(&cx).await?;
    let mut answer = serde_json::to_value(answer)
        .map_err(|error| ToolError::new("InternalError", error.to_string()))?;
    leave_out_nulls(&mut answer);
    Ok(answer)
}

/// What is absent is left out, as the output schemas say.
pub(crate) fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

/// The pool of a call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct InPool {
    /// User pool id, as in `us-east-1_AbCdEfGhI`. Defaults to the server's pool.
    pub(crate) user_pool_id: Option<String>,
}

/// The user of a call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct OneUser {
    #[serde(flatten)]
    pub(crate) pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) username: String,
}

/// The app client of a call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ByClient {
    /// App client id. Defaults to the server's client.
    pub(crate) client_id: Option<String>,
}

/// What comes after a page.
#[derive(Serialize, JsonSchema)]
pub(crate) struct After {
    /// Where the next page begins; absent on the last one.
    pub(crate) cursor: Option<String>,
    /// The call that answers the next page.
    pub(crate) next: Option<NextCall>,
}

/// What a tool answers that has nothing to tell but success.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {
    /// What was done.
    pub(crate) done: String,
}

impl Done {
    pub(crate) fn new(done: impl Into<String>) -> Self {
        Self { done: done.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::secrets::LONGEST_REFERENCE;

    /// Clients judge by the schema too, so it has room for the reference to a secret.
    #[test]
    fn secret_arguments_take_references() {
        fn judge(schema: &Value, at: &str) {
            if schema["writeOnly"] == true && schema["type"] == "string" {
                assert!(schema.get("pattern").is_none(), "{at}: {schema}");
                let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
                assert!(longest >= LONGEST_REFERENCE as u64, "{at}: {schema}");
            }
            if let Value::Object(members) = schema {
                for (name, member) in members {
                    judge(member, &format!("{at}/{name}"));
                }
            }
        }
        for entry in all() {
            judge(&entry.form.schema, entry.name());
        }
    }

    #[test]
    fn a_tool_is_found_by_the_names_that_it_had() {
        let aliases = [("fetch_user", "get_user")];
        assert_eq!(renamed("fetch_user", &aliases), "get_user");
        assert_eq!(renamed("get_user", &aliases), "get_user");
        assert_eq!(renamed("nothing", &aliases), "nothing");
        for (before, now) in ALIASES {
            assert!(
                all().iter().all(|entry| entry.name() != *before),
                "{before}"
            );
            assert!(all().iter().any(|entry| entry.name() == *now), "{now}");
            assert_eq!(find(before).map(Entry::name), Some(*now));
        }
    }

    #[test]
    fn examples_are_valid() {
        for entry in all() {
            let mut example = entry.example.as_object().cloned().unwrap();
            let judged = entry.judge(&mut example);
            assert!(judged.is_ok(), "{}: {judged:?}", entry.name());
            assert_eq!(
                Value::Object(example),
                entry.example,
                "{} needs no coercion",
                entry.name()
            );
        }
    }
}
