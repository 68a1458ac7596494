//! The short forms of CloudFormation's functions in YAML: tags such as `!Ref`.

/// The functions, as their full names write them.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
const FUNCTIONS: [&str; 20] = [
    "Condition",
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Ref",
];

/// The full name of the function whose short form is the tag `name`, without its `!`.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let mut all = FUNCTIONS.into_iter();
    all.find(|full| full.strip_prefix("Fn::").unwrap_or(full) == name)
}
