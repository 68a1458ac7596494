//! Attribute of a user, as in requests.

use serde::{Deserialize, Serialize};

/// `AttributeType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// The name, as in `email` or `custom:team`.
    pub name: String,
    /// The value. A missing value is the empty string.
    #[serde(default)]
    pub value: String,
}
