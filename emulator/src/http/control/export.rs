//! `GET /_emulator/export`: the user pools as a pool file.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Refused;
use super::account::StackToRead;
use crate::http::blocking;
use crate::pool_file::{Export, Without, export, yaml};
use crate::wire::Scope;

/// The selection of what to export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// `yaml` or `json`.
    #[serde(default)]
    format: Format,
    /// The id or name of one pool.
    pool: Option<String>,
    /// An account: 12 digits.
    account: Option<String>,
    /// What to leave out, with commas: `users`, `secrets`, `dates`.
    #[serde(default)]
    without: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Yaml,
    Json,
}

pub(super) async fn get(
    StackToRead(stack): StackToRead,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(selection) = selection?;
    let without = without(&selection.without)?;
    let wanted = Export {
        pool: selection.pool,
        account: selection.account,
        without,
    };
    let is_named = wanted.pool.clone();
    // The file names every account but the usual one, so that its pools keep their account where
    // it is loaded.
    let scope = if stack.is_of_account() {
        Scope::clone(stack.scope())
    } else {
        Scope::default()
    };
    // An export of many users takes time.
    let exported = blocking(&stack, move |stack| {
        stack.inspect(|emulator| export(emulator, &scope, &wanted))
    })
    .await;
    let is_empty = exported["UserPools"].as_array().is_none_or(Vec::is_empty);
    if let Some(pool) = is_named.filter(|_| is_empty) {
        return Err(Refused(format!("There is no user pool `{pool}`.")));
    }
    Ok(match selection.format {
        Format::Yaml => (
            [(header::CONTENT_TYPE, "application/yaml")],
            yaml(&exported),
        )
            .into_response(),
        Format::Json => {
            let text = format!("{exported:#}\n");
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
    })
}

fn without(names: &str) -> Result<Without, Refused> {
    let mut without = Without::default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        match name {
            "users" => without.users = true,
            "secrets" => without.secrets = true,
            "dates" => without.dates = true,
            _ => {
                return Err(Refused(format!(
                    "`without` is {name}: give users, secrets or dates, with commas."
                )));
            }
        }
    }
    Ok(without)
}
