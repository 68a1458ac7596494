//! Resources: content that hosts show and attach without a model's request.
//!
//! Most resources are the answer of a tool. The variables of a template are the tool's
//! arguments. Such a resource has the content of the answer, is published if the tool is
//! enabled, and passes the same gates.

pub(crate) mod read;
pub(crate) mod refused;
pub(crate) mod subscriptions;

use percent_encoding::percent_decode_str;
use rmcp::model::{JsonObject, Resource as One, ResourceTemplate};
use serde_json::{Map, Value, json};

use crate::call::server_context::ServerContext;
use crate::hints;
use crate::ids;

/// A resource, or the resources of a template.
pub struct Resource {
    /// A URI, or a URI template (RFC 6570) if it has variables.
    pub uri: &'static str,
    /// Name for programs.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Its content in one sentence.
    pub about: &'static str,
    pub(crate) content: Content,
}

/// The source of the content.
pub(crate) enum Content {
    /// The answer of this tool; the variables are its arguments.
    Tool(&'static str),
    /// The table of hints, or its part about one exception.
    Errors,
    /// The IAM policy for the enabled tools and pools.
    Policy,
}

/// The tool that reads the journal.
const JOURNAL: &str = "read_journal";

/// Every resource.
pub const RESOURCES: &[Resource] = &[
    Resource {
        uri: "cognito://pools",
        name: "pools",
        title: "User pools",
        about: "The user pools of this account and Region that the server works on.",
        content: Content::Tool("list_pools"),
    },
    Resource {
        uri: "cognito://pools/{user_pool_id}",
        name: "pool",
        title: "User pool",
        about: "A user pool's configuration: how users sign in, the password policy, attributes, second factors, recovery.",
        content: Content::Tool("describe_pool"),
    },
    Resource {
        uri: "cognito://pools/{user_pool_id}/clients",
        name: "clients",
        title: "App clients of a user pool",
        about: "A user pool's app clients, with the sign-in flows that each allows; never their secrets.",
        content: Content::Tool("list_clients"),
    },
    Resource {
        uri: "cognito://pools/{user_pool_id}/groups",
        name: "groups",
        title: "Groups of a user pool",
        about: "A user pool's groups.",
        content: Content::Tool("list_groups"),
    },
    Resource {
        uri: "cognito://pools/{user_pool_id}/groups/{group}",
        name: "members",
        title: "Members of a group",
        about: "The users in a group.",
        content: Content::Tool("list_group_members"),
    },
    Resource {
        uri: "cognito://pools/{user_pool_id}/users/{username}",
        name: "user",
        title: "User",
        about: "A user: status, attributes, groups and second factors.",
        content: Content::Tool("get_user"),
    },
    Resource {
        uri: "cognito://emulator",
        name: "emulator",
        title: "Emulator",
        about: "The emulator's clock, throttle, faults and saved states, and what it has.",
        content: Content::Tool("get_emulator"),
    },
    Resource {
        uri: "cognito://emulator/journal",
        name: "journal",
        title: "Journal of the emulator",
        about: "The last calls that the emulator answered, newest first, without secrets.",
        content: Content::Tool(JOURNAL),
    },
    Resource {
        uri: "cognito://emulator/outbox",
        name: "outbox",
        title: "Outbox of the emulator",
        about: "The messages that Cognito would have sent by e-mail and SMS, newest first.",
        content: Content::Tool("read_outbox"),
    },
    Resource {
        uri: "cognito://errors",
        name: "errors",
        title: "Error catalogue",
        about: "What to do after each error of Cognito, AWS and this server.",
        content: Content::Errors,
    },
    Resource {
        uri: "cognito://errors/{exception}",
        name: "exception",
        title: "Errors of one exception",
        about: "What to do after one exception of Cognito, by its sentences.",
        content: Content::Errors,
    },
    Resource {
        uri: "cognito://policy",
        name: "policy",
        title: "IAM policy",
        about: "The least-privilege IAM policy for exactly the tools and pools that are enabled.",
        content: Content::Policy,
    },
];

/// The time for which clients may keep content that changes only with a new version or
/// other flags, in milliseconds.
pub(crate) const FIXED_FRESH_MS: u64 = 60 * 60 * 1000;

/// The scheme of every resource.
const SCHEME: &str = "cognito://";

/// The media type of resources.
pub(crate) const JSON: &str = "application/json";

/// The resource at `uri`, with the values of its variables.
#[must_use]
pub fn find(uri: &str) -> Option<(&'static Resource, JsonObject)> {
    RESOURCES
        .iter()
        .find_map(|resource| Some((resource, resource.variables_at(uri)?)))
}

/// The URI of a pool.
pub(crate) fn of_pool(id: &str) -> String {
    format!("{SCHEME}pools/{}", ids::segment(id))
}

impl Resource {
    /// Whether the resource has variables.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.uri.contains('{')
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.uri.split('/').filter_map(variable)
    }

    /// The resource as `resources/list` publishes it, if it has no variables.
    #[must_use]
    pub fn published(&self) -> One {
        One::new(self.uri, self.name)
            .with_title(self.title)
            .with_description(self.about)
            .with_mime_type(JSON)
    }

    /// The resource as `resources/templates/list` publishes it, if it has variables.
    #[must_use]
    pub fn published_template(&self) -> ResourceTemplate {
        ResourceTemplate::new(self.uri, self.name)
            .with_title(self.title)
            .with_description(self.about)
            .with_mime_type(JSON)
    }

    /// The tool whose answer is the content.
    #[must_use]
    pub fn tool(&self) -> Option<&'static str> {
        match self.content {
            Content::Tool(tool) => Some(tool),
            Content::Errors | Content::Policy => None,
        }
    }

    /// Whether its content changes while the server runs.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.content, Content::Tool(_))
    }

    /// Whether its content changes with each call, also if the call reads or is refused.
    pub(crate) fn is_journal(&self) -> bool {
        self.tool() == Some(JOURNAL)
    }

    pub(crate) fn is_enabled(&self, shared: &ServerContext) -> bool {
        self.tool().is_none_or(|tool| shared.is_enabled(tool))
    }

    /// The values of its variables in `uri`, if that is a URI of this resource.
    fn variables_at(&self, uri: &str) -> Option<JsonObject> {
        let mut variables = Map::new();
        let mut given = uri.strip_prefix(SCHEME)?.split('/');
        for segment in self.uri.strip_prefix(SCHEME)?.split('/') {
            let given = given.next()?;
            match variable(segment) {
                Some(name) => {
                    let value = percent_decode_str(given).decode_utf8().ok()?;
                    if value.is_empty() {
                        return None;
                    }
                    variables.insert(name.to_owned(), value.into());
                }
                None if segment == given => {}
                None => return None,
            }
        }
        given.next().is_none().then_some(variables)
    }
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The hints for `exception`, or for all of them.
pub(crate) fn errors(exception: Option<&str>) -> Option<Value> {
    let hints = hints::all().filter(|(name, _)| exception.is_none_or(|only| *name == only));
    let errors: Vec<Value> = hints
        .map(|(name, hint)| match hint.says {
            None => json!({ "exception": name, "advice": hint.advice }),
            Some(says) => json!({ "exception": name, "says": says, "advice": hint.advice }),
        })
        .collect();
    (!errors.is_empty()).then(|| json!({ "errors": errors }))
}

/// Appends the next page of an answer to the previous pages.
pub(crate) fn append(whole: &mut Value, page: Value) {
    let (Value::Object(before), Value::Object(mut page)) = (whole, page) else {
        return;
    };
    for (name, value) in &mut page {
        if let (Value::Array(items), Some(Value::Array(earlier))) = (value, before.get_mut(name)) {
            items.splice(0..0, earlier.drain(..));
        }
    }
    *before = page;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    #[test]
    fn each_uri_has_its_resource() {
        let at = |uri: &str| {
            let (resource, variables) = find(uri)?;
            Some((resource.name, Value::from(variables)))
        };
        assert_eq!(at("cognito://pools"), Some(("pools", json!({}))));
        assert_eq!(
            at("cognito://pools/us-east-1_AbC"),
            Some(("pool", json!({ "user_pool_id": "us-east-1_AbC" })))
        );
        assert_eq!(
            at("cognito://pools/us-east-1_AbC/users/ana%2Fb%40example.com"),
            Some((
                "user",
                json!({ "user_pool_id": "us-east-1_AbC", "username": "ana/b@example.com" })
            ))
        );
        for nowhere in [
            "",
            "cognito://",
            "cognito://pools/",
            "cognito://pools/a/clients/",
            "cognito://pools/a/clients/b/c",
            "cognito://pools/%FF",
            "COGNITO://pools",
            "https://pools",
        ] {
            assert_eq!(at(nowhere), None, "{nowhere}");
        }
    }

    /// A variable is an argument of the tool, and the tool has no other required arguments.
    #[test]
    fn variables_are_arguments() {
        for resource in RESOURCES {
            let Some(tool) = resource.tool() else {
                continue;
            };
            let tool = tools::find(tool).unwrap();
            assert_eq!(tool.effect, tools::Effect::Read, "{}", resource.uri);
            let input = &tool.published().input_schema;
            let variables: Vec<&str> = resource.variables().collect();
            for name in &variables {
                assert!(input["properties"].get(name).is_some(), "{name}");
            }
            let required = input.get("required").and_then(Value::as_array);
            for name in required.into_iter().flatten() {
                assert!(variables.contains(&name.as_str().unwrap()), "{name}");
            }
        }
    }

    #[test]
    fn pages_are_joined() {
        let mut whole = json!({ "users": [1, 2], "scanned": 2, "cursor": "a" });
        append(&mut whole, json!({ "users": [3], "scanned": 1 }));
        assert_eq!(whole, json!({ "users": [1, 2, 3], "scanned": 1 }));
    }
}
