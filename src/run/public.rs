//! Public texts: words of schemas, of Cognito's sentences and of this server's advice.
//!
//! An error may show them even if a secret of the caller has words in common with them.

use std::sync::LazyLock;

use cognito_emulator::error::Error;
use cognito_emulator::model::{Kind, Model};
use serde_json::json;

use crate::hints;
use crate::tools;

/// The public texts, one per line.
pub(crate) fn texts() -> &'static str {
    &PUBLIC
}

static PUBLIC: LazyLock<String> = LazyLock::new(|| {
    let mut texts: Vec<String> = Vec::new();
    for tool in tools::all() {
        texts.push(tool.name().to_owned());
        texts.push(json!(tool.published().input_schema).to_string());
    }
    for (exception, hint) in hints::all() {
        let says = hint.says.unwrap_or_default();
        texts.extend([exception, says, hint.advice].map(ToOwned::to_owned));
    }
    texts.extend(Error::each().iter().filter_map(Error::sentence));
    for operation in Model::get().operations() {
        texts.push(operation.name.to_owned());
        texts.extend(operation.errors.iter().map(ToString::to_string));
    }
    for shape in Model::get().shapes() {
        texts.extend(shape.values.iter().map(ToString::to_string));
        texts.extend(
            shape
                .pattern
                .iter()
                .map(|pattern| pattern.as_str().to_owned()),
        );
        if let Kind::Structure(members) = &shape.kind {
            for member in members {
                texts.extend([member.name.to_owned(), member.path.clone()]);
            }
        }
    }
    // The phrases of Cognito's validation errors.
    texts.push(
        "validation errors detected: Value null at '' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: Member must have length less than or equal to \
         greater than or equal to Member must satisfy enum value set: Member must not be null"
            .to_owned(),
    );
    texts.join("\n")
});
