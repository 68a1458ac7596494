//! The types of resources that are parts of a pool, and their properties as members.

use super::super::definition::Definition;
use super::super::form::{Form, Record};
use super::super::node::{Content, Key, Node};
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;
use super::stack::Resource;

/// A type of resource that is an element of a list of a pool.
pub(super) struct Kind {
    /// The type behind `AWS::Cognito::`.
    pub(super) name: &'static str,
    /// The list in the pool.
    pub(super) list: &'static str,
    /// The attribute with an id that the file must have, so that references have it too.
    id: Option<&'static str>,
    /// The property for which CloudFormation makes a name from the logical id.
    named: Option<&'static str>,
    /// Properties without an effect on the state of the pool.
    left_out: &'static [&'static str],
}

/// The types. Their properties have the names of the API's members.
pub(super) const KINDS: [Kind; 10] = [
    kind(
        "UserPoolClient",
        "UserPoolClients",
        Some("ClientId"),
        Some("ClientName"),
        &[],
    ),
    kind("UserPoolDomain", "Domains", None, None, &[]),
    kind("UserPoolResourceServer", "ResourceServers", None, None, &[]),
    kind(
        "UserPoolIdentityProvider",
        "IdentityProviders",
        None,
        None,
        &[],
    ),
    kind(
        "ManagedLoginBranding",
        "ManagedLoginBrandings",
        Some("ManagedLoginBrandingId"),
        None,
        &["ReturnMergedResources"],
    ),
    kind(
        "UserPoolUICustomizationAttachment",
        "UICustomizations",
        None,
        None,
        &[],
    ),
    kind("Terms", "Terms", Some("TermsId"), None, &[]),
    kind(
        "UserPoolRiskConfigurationAttachment",
        "RiskConfigurations",
        None,
        None,
        &[],
    ),
    kind("UserPoolGroup", "Groups", None, Some("GroupName"), &[]),
    // These properties only change the invitation and the events of triggers.
    kind(
        "UserPoolUser",
        "Users",
        None,
        None,
        &[
            "ClientMetadata",
            "DesiredDeliveryMediums",
            "ForceAliasCreation",
            "MessageAction",
            "ValidationData",
        ],
    ),
];

const fn kind(
    name: &'static str,
    list: &'static str,
    id: Option<&'static str>,
    named: Option<&'static str>,
    left_out: &'static [&'static str],
) -> Kind {
    Kind {
        name,
        list,
        id,
        named,
        left_out,
    }
}

/// The members of a part, and the names of properties that pool files do not have.
pub(super) type Members<'a> = (Vec<(Key, Node)>, Vec<&'a Key>);

impl Kind {
    /// The element that `resource` describes.
    pub(super) fn read<'a>(
        &self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'a>,
    ) -> Result<Members<'a>, Refusal> {
        let record = record_of(self.list);
        let (mut members, mut unknown) = (Vec::new(), Vec::new());
        let mut add = |name: &str, value: Node| members.push((key(name, resource.node), value));
        if let Some(attribute) = self.id {
            let id = evaluation.attribute(place, resource.id, attribute, resource.node)?;
            add(attribute, Node::plain(resource.node.at, &id));
        }
        if let Some(name) = self.named
            && resource.property(name).is_none()
        {
            add(name, Node::plain(resource.node.at, &resource.name()));
        }
        for (property, node) in resource.properties() {
            let name = &*property.name;
            if name == "UserPoolId" || self.left_out.contains(&name) {
                continue;
            }
            if record.is_none_or(|record| record.field(name).is_none()) {
                unknown.push(property);
                continue;
            }
            let value = evaluation.value(place, node);
            let Some(value) = value.map_err(|it| it.within(format!("Properties.{name}")))? else {
                continue;
            };
            // The settings of a risk for all clients have no client in the API.
            if self.list == "RiskConfigurations"
                && name == "ClientId"
                && value.text() == Some("ALL")
            {
                continue;
            }
            if name == "GenerateSecret" && value.text() == Some("true") {
                let secret = evaluation.attribute(place, resource.id, "ClientSecret", node)?;
                let secret = Node::plain(value.at, &secret);
                members.push((key("ClientSecret", node), secret));
                continue;
            }
            let value = if name == "Settings" {
                value
            } else {
                loosened(value)
            };
            members.push((property.clone(), value));
        }
        if self.list == "Domains" && resource.property("CustomDomainConfig").is_some() {
            let name = "CloudFrontDistribution";
            let host = evaluation.attribute(place, resource.id, name, resource.node)?;
            let host = Node::plain(resource.node.at, &host);
            members.push((key(name, resource.node), host));
        }
        Ok((members, unknown))
    }
}

/// The key `name` at the position of `node`.
pub(super) fn key(name: &str, node: &Node) -> Key {
    Key {
        name: name.into(),
        at: node.at,
    }
}

/// `value` with texts that can be numbers and flags too: CloudFormation converts between them.
pub(super) fn loosened(value: Node) -> Node {
    let content = match value.content {
        Content::Text { text, .. } => return Node::plain(value.at, &text),
        Content::List(elements) => Content::List(elements.into_iter().map(loosened).collect()),
        Content::Map(members) => {
            let members = members.into_iter();
            Content::Map(members.map(|(key, value)| (key, loosened(value))).collect())
        }
    };
    Node {
        content,
        at: value.at,
    }
}

/// The members of an element of the pool's list.
fn record_of(list: &str) -> Option<&'static Record> {
    match &Definition::pool().field(list)?.form {
        Form::List(element) => match &**element {
            Form::Record(record) => Some(record),
            _ => None,
        },
        _ => None,
    }
}
