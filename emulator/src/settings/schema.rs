//! Attributes of a pool, standard and custom.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;
use crate::error::{Error, Result};

/// `SchemaAttributeType`. Constraints are strings on the wire (fact 9.15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SchemaAttribute {
    /// The type of the value.
    #[serde(default)]
    pub attribute_data_type: DataType,
    /// Whether only developers may write the attribute.
    #[serde(default)]
    pub developer_only_attribute: bool,
    /// Whether the value can be changed.
    #[serde(default = "yes")]
    pub mutable: bool,
    /// The name, as in `email`, `custom:team` or `dev:custom:team`.
    pub name: String,
    /// Bounds of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_attribute_constraints: Option<NumberConstraints>,
    /// Whether sign-up requires the attribute.
    #[serde(default)]
    pub required: bool,
    /// Bounds of a string's length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_attribute_constraints: Option<StringConstraints>,
}

fn yes() -> bool {
    true
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// `true` or `false`.
    Boolean,
    /// Seconds since the epoch.
    DateTime,
    /// A whole number.
    Number,
    /// Text.
    #[default]
    String,
}

/// `NumberAttributeConstraintsType`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NumberConstraints {
    /// Highest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_value: Option<String>,
    /// Lowest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_value: Option<String>,
}

/// `StringAttributeConstraintsType`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StringConstraints {
    /// Longest length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<String>,
    /// Shortest length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<String>,
}

/// The attribute with a user's linked identities. Only linking writes it. That no
/// request can write it is inferred.
pub const IDENTITIES: &str = "identities";

/// A pool's attributes, standard ones first. Pools share the attributes that they do not change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema(Vec<Arc<SchemaAttribute>>);

/// The standard attributes in the order in which `CreateUserPool` returns them
/// (live: radkawar/stackd, 2026-09-24; an output of the AWS CLI, 2023-03).
pub const STANDARD: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];

/// The standard attributes in the order in which `DescribeUserPool` returns them for a
/// LITE pool (live: radkawar/stackd, 2026-09-24).
const DESCRIBED_LITE: [&str; 21] = [
    "profile",
    "address",
    "birthdate",
    "gender",
    "preferred_username",
    "updated_at",
    "website",
    "picture",
    IDENTITIES,
    "sub",
    "email_verified",
    "phone_number_verified",
    "phone_number",
    "zoneinfo",
    "locale",
    "email",
    "given_name",
    "family_name",
    "middle_name",
    "name",
    "nickname",
];

/// The same as [`DESCRIBED_LITE`] for pools of other tiers (live: a dump of 2025-05,
/// and six pools of go-to-k/cdk-real-drift, 2026-06 to 2026-08). That the order depends
/// on the tier, and not on the age of the pool, is inferred.
const DESCRIBED: [&str; 21] = [
    "profile",
    "address",
    "birthdate",
    "gender",
    "preferred_username",
    "updated_at",
    "website",
    "picture",
    IDENTITIES,
    "sub",
    "phone_number",
    "phone_number_verified",
    "zoneinfo",
    "locale",
    "email",
    "email_verified",
    "given_name",
    "family_name",
    "middle_name",
    "name",
    "nickname",
];

/// The attributes of a pool that was created without `Schema`.
static NEW: LazyLock<Schema> = LazyLock::new(Schema::standard);

impl Default for Schema {
    fn default() -> Self {
        NEW.clone()
    }
}

impl Schema {
    fn standard() -> Self {
        let text = |name: &str, min: &str, max: &str| SchemaAttribute {
            name: name.to_owned(),
            attribute_data_type: DataType::String,
            developer_only_attribute: false,
            mutable: true,
            required: false,
            number_attribute_constraints: None,
            string_attribute_constraints: Some(StringConstraints {
                min_length: Some(min.to_owned()),
                max_length: Some(max.to_owned()),
            }),
        };
        let plain = |name: &str, data_type, numbers| SchemaAttribute {
            attribute_data_type: data_type,
            number_attribute_constraints: numbers,
            string_attribute_constraints: None,
            ..text(name, "0", "2048")
        };
        let from_zero = || NumberConstraints {
            min_value: Some("0".to_owned()),
            max_value: None,
        };
        let standard = STANDARD.map(|name| match name {
            "sub" => SchemaAttribute {
                mutable: false,
                required: true,
                ..text(name, "1", "2048")
            },
            "birthdate" => text(name, "10", "10"),
            "email_verified" | "phone_number_verified" => plain(name, DataType::Boolean, None),
            "updated_at" => plain(name, DataType::Number, Some(from_zero())),
            _ => text(name, "0", "2048"),
        });
        // Every pool has this attribute, even without an identity provider (live:
        // go-to-k/cdk-real-drift#624).
        let identities = SchemaAttribute {
            string_attribute_constraints: Some(StringConstraints::default()),
            ..text(IDENTITIES, "", "")
        };
        let all = standard.into_iter().chain([identities]);
        Self(all.map(Arc::new).collect())
    }
}

/// Maximum number of custom attributes in a pool (fact 8d).
const CUSTOM_LIMIT: usize = 50;

/// `SchemaAttributeType` in a request. For a standard attribute, omitted members do not
/// change.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GivenAttribute {
    // The model does not require the name.
    name: Option<String>,
    attribute_data_type: Option<DataType>,
    developer_only_attribute: Option<bool>,
    mutable: Option<bool>,
    required: Option<bool>,
    number_attribute_constraints: Option<NumberConstraints>,
    string_attribute_constraints: Option<StringConstraints>,
}

impl GivenAttribute {
    /// Creates a custom attribute. It has a prefix and a type, and is never required
    /// (R156, facts 9.12, 9.13). That it is mutable by default, and the order of the
    /// checks, are inferred.
    fn custom(self) -> Result<SchemaAttribute> {
        let name = self.name.ok_or(Error::AttributeNameMissing)?;
        let data_type = self
            .attribute_data_type
            .ok_or(Error::AttributeTypeMissing)?;
        let developer_only_attribute = self.developer_only_attribute.unwrap_or(false);
        let prefix = if developer_only_attribute {
            "dev:custom:"
        } else {
            "custom:"
        };
        if self.required == Some(true) {
            return Err(Error::RequiredCustomAttribute);
        }
        let (numbers, strings) = (
            self.number_attribute_constraints.unwrap_or_default(),
            self.string_attribute_constraints.unwrap_or_default(),
        );
        let attribute = SchemaAttribute {
            name: format!("{prefix}{name}"),
            attribute_data_type: data_type,
            developer_only_attribute,
            mutable: self.mutable.unwrap_or(true),
            required: false,
            number_attribute_constraints: (data_type == DataType::Number).then_some(numbers),
            string_attribute_constraints: (data_type == DataType::String).then_some(strings),
        };
        attribute.check_numbers()?;
        attribute.check_bounds()?;
        Ok(attribute)
    }

    /// Changes the `standard` attribute by the members in the request (R158). `sub`
    /// does not change (inferred).
    fn standard(self, standard: &SchemaAttribute) -> Result<SchemaAttribute> {
        let changes_type = self
            .attribute_data_type
            .is_some_and(|data_type| data_type != standard.attribute_data_type);
        if changes_type || self.developer_only_attribute == Some(true) {
            return Err(Error::StandardAttributeChanged {
                attribute: standard.name.clone(),
            });
        }
        let mut attribute = standard.clone();
        if attribute.name == "sub" {
            return Ok(attribute);
        }
        attribute.mutable = self.mutable.unwrap_or(attribute.mutable);
        attribute.required = self.required.unwrap_or(attribute.required);
        if attribute.attribute_data_type == DataType::Number {
            attribute.number_attribute_constraints = self
                .number_attribute_constraints
                .or(attribute.number_attribute_constraints);
        }
        if attribute.attribute_data_type == DataType::String {
            attribute.string_attribute_constraints = self
                .string_attribute_constraints
                .or(attribute.string_attribute_constraints);
        }
        attribute.check_numbers()?;
        attribute.check_bounds()?;
        Ok(attribute)
    }
}

impl SchemaAttribute {
    /// Checks that every bound is a whole number in decimal digits, as documented in
    /// the model.
    fn check_numbers(&self) -> Result<()> {
        let strings = self.string_attribute_constraints.as_ref();
        let numbers = self.number_attribute_constraints.as_ref();
        let bounds = [
            ("MinLength", strings.and_then(|it| it.min_length.as_ref())),
            ("MaxLength", strings.and_then(|it| it.max_length.as_ref())),
            ("MinValue", numbers.and_then(|it| it.min_value.as_ref())),
            ("MaxValue", numbers.and_then(|it| it.max_value.as_ref())),
        ];
        for (constraint, value) in bounds {
            let least = if constraint.ends_with("Length") {
                0
            } else {
                i64::MIN
            };
            let number = value.map(|value| value.parse::<i64>());
            if number.is_some_and(|number| number.ok().is_none_or(|number| number < least)) {
                return Err(Error::ConstraintNotNumber {
                    attribute: self.name.clone(),
                    constraint: constraint.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Checks that no lower bound is above its upper bound (R159, R160).
    fn check_bounds(&self) -> Result<()> {
        let reversed = |min: &Option<String>, max: &Option<String>| {
            let bounds = bound(min.as_deref()).zip(bound(max.as_deref()));
            bounds.is_some_and(|(min, max)| max < min)
        };
        let attribute = || self.name.clone();
        if let Some(strings) = &self.string_attribute_constraints
            && reversed(&strings.min_length, &strings.max_length)
        {
            return Err(Error::MaxLengthBelowMin {
                attribute: attribute(),
            });
        }
        if let Some(numbers) = &self.number_attribute_constraints
            && reversed(&numbers.min_value, &numbers.max_value)
        {
            return Err(Error::MaxValueBelowMin {
                attribute: attribute(),
            });
        }
        Ok(())
    }

    /// Whether the attribute is a custom one.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.name.starts_with("custom:") || self.name.starts_with("dev:custom:")
    }
}

impl Schema {
    /// The schema of a new pool: the standard attributes, changed by the request, and
    /// the custom attributes (R156 to R160).
    pub fn of_pool(given: Vec<GivenAttribute>) -> Result<Self> {
        let mut schema = Self::default();
        let mut seen = BTreeSet::new();
        for given in given {
            let standard = schema
                .0
                .iter_mut()
                .find(|known| !known.is_custom() && Some(&known.name) == given.name.as_ref());
            let name = if let Some(standard) = standard {
                *standard = Arc::new(given.standard(standard)?);
                standard.name.clone()
            } else {
                let attribute = given.custom()?;
                let name = attribute.name.clone();
                schema.0.push(Arc::new(attribute));
                name
            };
            if !seen.insert(name.clone()) {
                return Err(Error::DuplicateAttribute { attribute: name });
            }
        }
        Ok(schema)
    }

    /// Adds all custom attributes, or none if one is invalid (R156, R159 to R161).
    pub fn add_custom(&mut self, given: Vec<GivenAttribute>) -> Result<()> {
        let mut added: Vec<SchemaAttribute> = Vec::new();
        for given in given {
            let attribute = given.custom()?;
            let exists = self.get(&attribute.name).is_some()
                || added.iter().any(|other| other.name == attribute.name);
            if exists {
                return Err(Error::AttributeExists {
                    attribute: attribute.name,
                });
            }
            added.push(attribute);
        }
        let mut all = self.0.clone();
        all.extend(added.into_iter().map(Arc::new));
        let all = Self(all);
        all.check_room()?;
        *self = all;
        Ok(())
    }

    /// Checks that there are not too many custom attributes (fact 8d).
    pub fn check_room(&self) -> Result<()> {
        if self.iter().filter(|known| known.is_custom()).count() > CUSTOM_LIMIT {
            return Err(Error::TooManyAttributes);
        }
        Ok(())
    }

    /// The attributes as `CreateUserPool` returns them: without `identities`
    /// (live: radkawar/stackd, 2026-09-24).
    #[must_use]
    pub fn created(&self) -> Vec<Arc<SchemaAttribute>> {
        let shown = self
            .0
            .iter()
            .filter(|attribute| attribute.name != IDENTITIES);
        shown.cloned().collect()
    }

    /// The attributes as `DescribeUserPool` returns them. That custom attributes
    /// come last is inferred.
    #[must_use]
    pub fn described(&self, tier: &str) -> Vec<Arc<SchemaAttribute>> {
        let order = if tier == "LITE" {
            DESCRIBED_LITE
        } else {
            DESCRIBED
        };
        let named = |name: &&str| self.0.iter().find(|attribute| attribute.name == *name);
        let standard = order.iter().filter_map(named);
        let custom = self.0.iter().filter(|attribute| attribute.is_custom());
        standard.chain(custom).cloned().collect()
    }

    /// The attribute `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SchemaAttribute> {
        self.iter().find(|attribute| attribute.name == name)
    }

    /// Every attribute.
    pub fn iter(&self) -> impl Iterator<Item = &SchemaAttribute> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Checks the attributes of a new user: each must be known and valid.
    ///
    /// `identities` is refused. Empty values count as absent, except for phone numbers
    /// (fact 9.6). That the sentence about a value begins with the path is inferred
    /// from R114.
    pub fn check_new(&self, attributes: &[Attribute]) -> Result<()> {
        for attribute in attributes {
            if self.get(&attribute.name).is_none() || attribute.name == IDENTITIES {
                return Err(Error::SchemaMismatch {
                    problems: format!(
                        "Type for attribute {{{}}} could not be determined",
                        attribute.name
                    ),
                });
            }
        }
        attributes.iter().try_for_each(|attribute| {
            self.check_value(attribute).map_err(|bad| match bad {
                BadValue::Format(error) => error,
                BadValue::Constraint(problem) => Error::SchemaMismatch {
                    problems: format!("{}: {problem}", scim_path(&attribute.name)),
                },
            })
        })
    }

    /// Checks that every required attribute has a value (R114, R115).
    pub fn check_required(&self, attributes: &[Attribute]) -> Result<()> {
        let has = |name: &str| {
            attributes
                .iter()
                .any(|a| a.name == name && !a.value.is_empty())
        };
        let problems: Vec<_> = self
            .iter()
            .filter(|attribute| {
                attribute.required && attribute.name != "sub" && !has(&attribute.name)
            })
            .map(|attribute| {
                let path = scim_path(&attribute.name);
                format!("{path}: The attribute {path} is required")
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::SchemaMismatch {
            problems: problems.join(", "),
        })
    }

    /// Checks an attribute change of an existing user (R118 to R120). An empty
    /// value deletes the attribute.
    pub fn check_update(&self, attribute: &Attribute) -> Result<()> {
        let name = || attribute.name.clone();
        match self.get(&attribute.name) {
            None => Err(Error::UnknownAttribute { attribute: name() }),
            Some(known) if !known.mutable || known.name == IDENTITIES => {
                Err(Error::ImmutableAttribute { attribute: name() })
            }
            Some(known) if attribute.value.is_empty() && known.required => {
                Err(Error::RequiredAttributeBlank { attribute: name() })
            }
            Some(_) if attribute.value.is_empty() => Ok(()),
            Some(_) => self.check_value(attribute).map_err(|bad| match bad {
                BadValue::Format(error) => error,
                BadValue::Constraint(problem) => Error::AttributeValue {
                    attribute: name(),
                    problem,
                },
            }),
        }
    }

    /// Checks that the attribute `name` of a user can be deleted (R122 to
    /// R122-3).
    pub fn check_delete(&self, name: &str) -> Result<()> {
        let attribute = || name.to_owned();
        match self.get(name) {
            None => Err(Error::UnknownAttributeDeleted {
                attribute: attribute(),
            }),
            Some(known) if known.required => Err(Error::RequiredAttributeDeleted {
                path: scim_path(name),
            }),
            Some(known) if !known.mutable || known.name == IDENTITIES => {
                Err(Error::ImmutableAttributeDeleted {
                    path: scim_path(name),
                })
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks a value against its attribute's format, type and constraints.
    fn check_value(&self, Attribute { name, value }: &Attribute) -> Result<(), BadValue> {
        match name.as_str() {
            "phone_number" if !is_phone_number(value) => {
                return Err(BadValue::Format(Error::InvalidPhoneNumber));
            }
            _ if value.is_empty() => return Ok(()),
            "email" if !is_email(value) => return Err(BadValue::Format(Error::InvalidEmail)),
            _ => {}
        }
        let Some(attribute) = self.get(name) else {
            return Ok(());
        };
        let problem = |what: &str| Err(BadValue::Constraint(what.to_owned()));
        match attribute.attribute_data_type {
            DataType::Boolean
                if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") =>
            {
                problem("Attribute value must be a boolean")
            }
            DataType::Number | DataType::DateTime => {
                let Ok(number) = value.parse::<i64>() else {
                    return problem("Attribute value must be a number");
                };
                let bounds = attribute
                    .number_attribute_constraints
                    .clone()
                    .unwrap_or_default();
                if bound(bounds.min_value.as_deref()).is_some_and(|min| number < min) {
                    problem("Attribute value is below the minimum")
                } else if bound(bounds.max_value.as_deref()).is_some_and(|max| number > max) {
                    problem("Attribute value is above the maximum")
                } else {
                    Ok(())
                }
            }
            DataType::String => {
                let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                let bounds = attribute
                    .string_attribute_constraints
                    .clone()
                    .unwrap_or_default();
                let min = bound(bounds.min_length.as_deref());
                let max = bound(bounds.max_length.as_deref());
                if let Some(min) = min.filter(|min| length < *min) {
                    problem(&format!("String must be no shorter than {min} characters"))
                } else if let Some(max) = max.filter(|max| length > *max) {
                    problem(&format!("String must be no longer than {max} characters"))
                } else {
                    Ok(())
                }
            }
            DataType::Boolean => Ok(()),
        }
    }
}

/// A value that an attribute cannot have. For a constraint of the schema, creation and
/// update have different sentences.
enum BadValue {
    Format(Error),
    Constraint(String),
}

fn bound(text: Option<&str>) -> Option<i64> {
    text.and_then(|text| text.parse().ok())
}

/// The SCIM path of an attribute: in a new pool's sentences for a standard attribute
/// (R114, R115), and for a custom attribute (R122-3). Paths without a live example are
/// inferred from SCIM.
fn scim_path(name: &str) -> String {
    if let Some(custom) = name.strip_prefix("custom:") {
        return format!("Custom.User.{custom}");
    }
    match name {
        "email" => "emails",
        "phone_number" => "phoneNumbers",
        "name" => "name.formatted",
        "given_name" => "name.givenName",
        "family_name" => "name.familyName",
        "middle_name" => "name.middleName",
        "nickname" => "nickName",
        "address" => "addresses",
        "profile" => "profileUrl",
        "zoneinfo" => "timezone",
        "picture" => "photos",
        other => other,
    }
    .to_owned()
}

/// Whether `text` has the form of an e-mail address (R123, R125).
///
/// The exact rule is not known. This one requires a local part, one `@`, and a
/// domain with a dot, without spaces (inferred).
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !local.contains('@')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && domain.len() >= 3
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains("..")
}

/// Whether `text` is a phone number in E.164 format: a plus sign and up to 15
/// digits (R124). The lower bound of 5 digits is inferred.
#[must_use]
pub fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}
