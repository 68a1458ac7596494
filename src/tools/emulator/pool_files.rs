//! Pool files.

use cognito_emulator::pool_file::{self, Mistake};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::outside;
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::pools;
use crate::error::{ToolError, ToolResult};
use crate::tools::{Entry, Tool};

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<LoadPoolFile>()]
}

/// Add the user pools of a pool file, as `export_pool` writes it, to the emulator.
#[derive(Deserialize, JsonSchema)]
struct LoadPoolFile {
    /// The pool file, YAML or JSON.
    #[schemars(extend("writeOnly" = true))]
    content: String,
}

/// The loaded pools.
#[derive(Serialize, JsonSchema)]
struct LoadedPools {
    /// The pools of the file.
    pools: Vec<LoadedPool>,
    /// What the file has and the emulator left out.
    warnings: Vec<String>,
}

/// A pool of a pool file.
#[derive(Serialize, JsonSchema)]
struct LoadedPool {
    /// User pool id.
    user_pool_id: String,
    /// Its name.
    name: String,
    /// Its app clients.
    client_ids: Vec<String>,
    /// The number of its users.
    users: usize,
}

impl Tool for LoadPoolFile {
    const NAME: &'static str = "load_pool_file";
    const TITLE: &'static str = "Load pool file";
    const EMULATED: Option<Effect> = Some(Effect::Add);
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = LoadedPools;

    fn example() -> Value {
        json!({ "content": "Version: 1\nUserPools:\n  - PoolName: staff\n" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<LoadedPools> {
        let shown = |mistake: &Mistake| without_quotes(mistake, &self.content);
        let mistaken = |mistake: Mistake| {
            let hint = "Correct the file at that place; export_pool returns files of this form";
            ToolError::argument("/content", shown(&mistake)).hint(hint)
        };
        // The pools of the file are not among those that the tools reach.
        if !cx.pools().is_open() {
            return Err(pools::refusal(&outside("A pool file")));
        }
        let emulated = cx.emulator()?;
        let scope = emulated.stack().scope();
        let file = pool_file::parse_in("content", &self.content, scope).map_err(mistaken)?;
        let loaded = emulated.load_file(file).map_err(mistaken)?;
        let mut warnings: Vec<String> = loaded.notes.iter().map(shown).collect();
        let unreached = loaded.pools.iter().map(|pool| pool.id.as_str());
        let unreached: Vec<&str> = unreached.filter(|id| !emulated.reaches(id)).collect();
        if !unreached.is_empty() {
            warnings.push(format!(
                "Tools do not reach {}: this server works in Region {} and account {}. Applications \
                 reach a pool with its own Region, and its account as access key id",
                unreached.join(", "),
                scope.region,
                scope.account
            ));
        }
        Ok(LoadedPools {
            pools: loaded
                .pools
                .into_iter()
                .map(|pool| LoadedPool {
                    user_pool_id: pool.id,
                    name: pool.name,
                    client_ids: pool.clients.into_iter().map(|(id, _)| id).collect(),
                    users: pool.users,
                })
                .collect(),
            warnings,
        })
    }
}

/// A mistake in `content`, without the texts of `content` that it quotes: they may be secrets.
fn without_quotes(mistake: &Mistake, content: &str) -> String {
    let parts = mistake.message.split('`').enumerate();
    let shown = parts.map(|(at, part)| {
        let is_quoted = at % 2 == 1;
        if is_quoted && content.contains(part) {
            "…"
        } else {
            part
        }
    });
    let message: Vec<&str> = shown.collect();
    let (line, column) = (mistake.line, mistake.column);
    format!("line {line}, column {column}: {}", message.join("`"))
}
