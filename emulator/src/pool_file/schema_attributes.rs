//! The attributes of a pool in a pool file: custom ones, and standard ones that differ from
//! those of a pool with a name only.

use serde_json::{Value, json};

use super::entry::Entry;
use super::mistake::Mistake;
use crate::settings::schema::{GivenAttribute, Schema};

/// The attributes of a new pool.
pub(super) fn load(entry: &mut Entry<'_>) -> Result<Schema, Mistake> {
    let mut all: Vec<GivenAttribute> = Vec::new();
    let Some(Value::Array(given)) = entry.take("Schema") else {
        return Ok(Schema::default());
    };
    // The first attribute with which the list is refused has the mistake.
    for (index, attribute) in given.into_iter().enumerate() {
        let attribute = serde_json::from_value(attribute)
            .map_err(|error| entry.refuse_element("Schema", index, format!("{error}.")))?;
        all.push(attribute);
        Schema::of_pool(all.clone())
            .and_then(|schema| schema.check_room())
            .map_err(|error| entry.refused_element("Schema", index, &error))?;
    }
    Schema::of_pool(all).map_err(|error| entry.refused_member("Schema", &error))
}

/// The attributes as `CreateUserPool` would create them.
pub(super) fn export(schema: &Schema) -> Vec<Value> {
    let usual = Schema::default();
    let changed = schema
        .iter()
        .filter(|attribute| usual.get(&attribute.name) != Some(attribute));
    let changed = changed.map(|attribute| {
        let mut shown = attribute.clone();
        if let Some((_, name)) = attribute.name.rsplit_once("custom:") {
            name.clone_into(&mut shown.name);
        }
        let mut shown = json!(shown);
        if let Some(members) = shown.as_object_mut() {
            let is_default = |name: &str, value: &Value| {
                let usual = name == "Mutable";
                matches!(name, "DeveloperOnlyAttribute" | "Required" | "Mutable")
                    && *value == json!(usual)
            };
            members.retain(|name, value| !is_default(name, value));
        }
        shown
    });
    changed.collect()
}
