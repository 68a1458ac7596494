//! MCP Apps: pages that a client shows with the answers of tools.
//!
//! Only clients that declare the extension get them: their `tools/list` names the page of a tool,
//! and `resources/read` has it. Other clients get neither.
//!
//! <https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx>

use rmcp::RoleServer;
use rmcp::model::{
    CacheScope, ClientCapabilities, JsonObject, MetaObject, ReadResourceResult, ResourceContents,
    Tool,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

use crate::console;
use crate::mcp::resources::FIXED_FRESH_MS;

/// The name of the extension.
const EXTENSION: &str = "io.modelcontextprotocol/ui";

/// The media type of pages.
const MEDIA_TYPE: &str = "text/html;profile=mcp-app";

/// A page, built with the console. It loads nothing: script and styles are in it.
struct App {
    uri: &'static str,
    /// Its file.
    file: &'static str,
    /// The tools whose answers it shows.
    tools: &'static [&'static str],
}

const APPS: &[App] = &[
    App {
        uri: "ui://cognito/user-card",
        file: "app-user.html",
        tools: &["get_user"],
    },
    App {
        uri: "ui://cognito/change",
        file: "app-change.html",
        tools: &[
            "plan_change",
            "set_mfa_config",
            "set_risk_config",
            "update_client",
            "update_group",
            "update_pool",
            "update_user",
        ],
    },
    App {
        uri: "ui://cognito/outbox",
        file: "app-outbox.html",
        tools: &["read_outbox"],
    },
];

/// Whether the client of `request` shows pages.
pub(crate) fn are_shown(request: &RequestContext<RoleServer>) -> bool {
    request
        .client_capabilities()
        .is_some_and(|capabilities| declares(&capabilities))
}

fn declares(capabilities: &ClientCapabilities) -> bool {
    let extensions = capabilities.extensions.as_ref();
    let settings = extensions.and_then(|extensions| extensions.get(EXTENSION));
    let types = settings.and_then(|settings| settings.get("mimeTypes")?.as_array());
    types.is_some_and(|types| types.iter().any(|known| known == MEDIA_TYPE))
}

/// `tool` with the page that shows its answers, if it has one.
pub(crate) fn linked(tool: Tool) -> Tool {
    let shows = |app: &&App| app.tools.contains(&&*tool.name);
    match APPS.iter().find(shows) {
        Some(app) if console::file(app.file).is_some() => {
            tool.with_meta(meta(json!({ "resourceUri": app.uri })))
        }
        _ => tool,
    }
}

/// The page at `uri`, if there is one.
pub(crate) fn read(uri: &str) -> Option<ReadResourceResult> {
    let app = APPS.iter().find(|app| app.uri == uri)?;
    let page = console::file(app.file)?;
    let page = String::from_utf8(page.content.into_owned()).ok()?;
    let content = ResourceContents::text(page, uri)
        .with_mime_type(MEDIA_TYPE)
        .with_meta(meta(json!({
            "prefersBorder": true,
            // For the buttons that copy a code or a value.
            "permissions": { "clipboardWrite": {} },
        })));
    let result = ReadResourceResult::new(vec![content]);
    Some(
        result
            .with_ttl_ms(FIXED_FRESH_MS)
            .with_cache_scope(CacheScope::Public),
    )
}

/// `_meta` with the member `ui` of the extension.
fn meta(ui: Value) -> MetaObject {
    MetaObject(JsonObject::from_iter([("ui".to_owned(), ui)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    #[test]
    fn pages_are_of_known_tools() {
        for app in APPS {
            for tool in app.tools {
                assert!(tools::find(tool).is_some(), "{tool}");
            }
        }
    }

    #[test]
    fn clients_declare_the_media_type() {
        let declared = |extensions: Value| {
            let capabilities = json!({ "extensions": extensions });
            declares(&serde_json::from_value(capabilities).unwrap())
        };
        assert!(declared(
            json!({ EXTENSION: { "mimeTypes": ["text/html", MEDIA_TYPE] } })
        ));
        for other in [
            json!({}),
            json!({ EXTENSION: {} }),
            json!({ EXTENSION: { "mimeTypes": ["text/html"] } }),
            json!({ "example.com/ui": { "mimeTypes": [MEDIA_TYPE] } }),
        ] {
            assert!(!declared(other.clone()), "{other}");
        }
    }
}
