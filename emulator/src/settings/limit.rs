//! Request rates that an account can provision.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#provisioned-quotas>

use std::collections::BTreeMap;

use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::quotas::{Category, Provisioned, quota};
use crate::wire::Scope;

/// `LimitDefinitionType`; the model allows one class, `API_CATEGORY`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LimitDefinition {
    limit_class: String,
    attributes: BTreeMap<String, String>,
}

impl LimitDefinition {
    /// The category that the definition names. That the category is required,
    /// and that an unknown one is reported as a missing resource, is inferred.
    pub fn category(&self) -> Result<Category> {
        let name = self.attributes.get("Category");
        let name = name.ok_or(Error::LimitCategoryMissing)?;
        let known: Result<_, Unknown> = Category::deserialize(name.as_str().into_deserializer());
        known.map_err(|_| Error::LimitNotFound {
            category: name.clone(),
        })
    }
}

/// `LimitType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    #[serde(rename = "LimitDefinition")]
    definition: LimitDefinition,
    provisioned_limit_value: u32,
    free_limit_value: u32,
}

impl Limit {
    /// The current value of `definition` in `scope`.
    pub fn read(
        definition: LimitDefinition,
        provisioned: &Provisioned,
        scope: &Scope,
    ) -> Result<Self> {
        let category = definition.category()?;
        Ok(Self {
            definition,
            provisioned_limit_value: provisioned.rate(scope, category),
            free_limit_value: quota(category).rate,
        })
    }
}
