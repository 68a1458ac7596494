//! Toolset `export`: a user pool as a pool file.

use cognito_emulator::pool_file::yaml;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Entry, InPool, Page, Tool};
use crate::call::context::Cx;
use crate::copy;
use crate::copy::reader::Reader;
use crate::copy::scratch::Defaults;
use crate::copy::settings::{self, Choice};
use crate::copy::users::{self, Details};
use crate::error::ToolResult;

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<ExportPool>()]
}

/// Export a user pool as a pool file (YAML): settings, clients, groups, providers; on request a page of users.
#[derive(Deserialize, JsonSchema)]
struct ExportPool {
    #[serde(flatten)]
    pool: InPool,
    /// Include a page of users.
    #[serde(default)]
    users: bool,
    #[serde(flatten)]
    page: Page<20, 60>,
}

/// A pool as a file.
#[derive(Serialize, JsonSchema)]
struct Exported {
    /// The pool file. `NotExported` lists what it lacks.
    pool_file: String,
    #[serde(flatten)]
    after: After,
}

impl Tool for ExportPool {
    const NAME: &'static str = "export_pool";
    const TITLE: &'static str = "Export user pool";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = copy::OPERATIONS;
    type Answer = Exported;

    fn example() -> Value {
        json!({ "user_pool_id": "us-east-1_AbCdEfGhI" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Exported> {
        let id = cx.pool(&self.pool).await?;
        let reader = Reader::of_client(cx.cognito().clone());
        let choice = Choice {
            secrets: cx.reveals_secrets(),
        };
        let read = settings::read(&reader, &id, choice).await?;
        let (mut pool, mut not_exported) = (read.pool, read.not_exported);
        let mut next = None;
        if self.users {
            let details = Details::of(&pool);
            let (most, cursor) = (self.page.count(), self.page.cursor.as_deref());
            let page = users::page(&reader, &id, None, most, cursor, details).await?;
            pool["Users"] = Value::Array(page.users);
            next = page.next;
        }
        leave_out_images(&mut pool, &mut not_exported);
        Defaults::read().await?.remove_from(&mut pool);
        not_exported.extend(copy::not_exported(&pool));
        let file = json!({ "Version": 1, "NotExported": not_exported, "UserPools": [pool] });
        Ok(Exported {
            pool_file: yaml(&file),
            after: cx.after(next),
        })
    }
}

/// Leaves out the images of styles, which no model reads.
fn leave_out_images(pool: &mut Value, not_exported: &mut Vec<String>) {
    let styles = pool["ManagedLoginBrandings"].as_array_mut();
    for style in styles.into_iter().flatten() {
        let had = style
            .as_object_mut()
            .and_then(|it| it.shift_remove("Assets"));
        if had.is_some() {
            not_exported.push("ManagedLoginBrandings.Assets: images are left out".to_owned());
        }
    }
}
