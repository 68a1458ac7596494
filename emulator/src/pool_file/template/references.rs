//! The values of `Ref` and `Fn::GetAtt`.
//!
//! What they return for a type is in the section "Return values" of the type's page in
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html>.

use super::super::nearest::did_you_mean;
use super::super::node::{Content, Node};
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;
use super::stack::Resource;
use crate::ids::Region;
use crate::state::{domain, pinned};

impl Evaluation<'_> {
    /// The value of `Ref`.
    pub(super) fn reference(
        &self,
        place: Place<'_>,
        argument: &Node,
    ) -> Result<Option<Node>, Refusal> {
        let Some(name) = argument.text() else {
            return Err(Refusal::new(
                argument,
                "Expected the name of a parameter or resource.",
            ));
        };
        self.referred(place, name, argument)
    }

    /// The value of the parameter or resource `name`.
    pub(super) fn referred(
        &self,
        place: Place<'_>,
        name: &str,
        argument: &Node,
    ) -> Result<Option<Node>, Refusal> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.pseudo(place.stack, name) {
            return self.produced(argument, &value).map(Some);
        }
        if let Some(parameter) = place.stack.find("Parameters", name) {
            return self.parameter(place, name, parameter, argument).map(Some);
        }
        let resource = self.resource(place, name, argument)?;
        let value = match self.given(name) {
            Some(value) => value.to_owned(),
            None => self.resource_reference(place, resource, argument)?,
        };
        self.produced(argument, &value).map(Some)
    }

    /// The value of `Fn::GetAtt` of `argument`: `LogicalId.Attribute`, or a list of both.
    pub(super) fn attribute_of(
        &self,
        place: Place<'_>,
        argument: &Node,
    ) -> Result<String, Refusal> {
        let expected = || Refusal::new(argument, "Expected a logical id and an attribute.");
        match &argument.content {
            Content::Text { text, .. } => {
                let (id, attribute) = text.split_once('.').ok_or_else(expected)?;
                self.attribute(place, id, attribute, argument)
            }
            Content::List(elements) => {
                let [id, attribute] = elements.as_slice() else {
                    return Err(expected());
                };
                let id = id.text().ok_or_else(expected)?;
                let attribute = self.text(place, attribute)?;
                self.attribute(place, id, &attribute, argument)
            }
            Content::Map(_) => Err(expected()),
        }
    }

    /// The attribute of the resource `id`.
    pub(super) fn attribute(
        &self,
        place: Place<'_>,
        id: &str,
        attribute: &str,
        node: &Node,
    ) -> Result<String, Refusal> {
        let resource = self.resource(place, id, node)?;
        let name = format!("{id}.{attribute}");
        if let Some(value) = self.given(&name) {
            return Ok(value.to_owned());
        }
        let place = place.deeper(node)?;
        let chance = place.stack.chance(id);
        let short = resource.kind.strip_prefix("AWS::Cognito::");
        let value = match (short, attribute) {
            (Some("UserPool"), "UserPoolId") => Some(self.pool_id(place, resource)?),
            (Some("UserPool"), _) => self.pool_attribute(place, resource, attribute)?,
            (Some("UserPoolClient"), "ClientId") => Some(self.client_id(place, resource)?),
            (Some("UserPoolClient"), "ClientSecret") => Some(chance.client_secret()),
            (Some("UserPoolClient"), "Name") => {
                let name = self.text_property(place, resource, "ClientName")?;
                Some(name.unwrap_or_else(|| resource.name()))
            }
            (Some("UserPoolDomain"), "CloudFrontDistribution") => {
                Some(domain::distribution(&chance))
            }
            (Some("ManagedLoginBranding"), "ManagedLoginBrandingId")
            | (Some("Terms"), "TermsId") => Some(chance.uuid()),
            (Some(_), _) => None,
            (None, _) => self.foreign_attribute(place, resource, attribute)?,
        };
        value.ok_or_else(|| unknown(&name, resource, node))
    }

    /// The id of a user pool: a given one, the one of the tag `_custom_id_`, or the logical id
    /// behind the Region.
    pub(super) fn pool_id(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<String, Refusal> {
        if let Some(id) = self.given(resource.id) {
            return Ok(id.to_owned());
        }
        let tags = self.property(place, resource, "UserPoolTags")?;
        let tag = tags.as_ref().and_then(|tags| tags.member(pinned::TAG));
        if let Some(id) = tag.and_then(Node::text) {
            return Ok(id.to_owned());
        }
        let region = &self.inputs.scope.region;
        let id = format!("{region}_{}", resource.id);
        if pinned::validate_pool_id(&id, region).is_ok() {
            return Ok(id);
        }
        Ok(place.stack.chance(resource.id).pool_id(region))
    }

    /// The id of an app client: a given one, the one that its name chooses, or the logical id.
    pub(super) fn client_id(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<String, Refusal> {
        if let Some(id) = self.given(resource.id) {
            return Ok(id.to_owned());
        }
        let name = self.text_property(place, resource, "ClientName")?;
        if let Some(id) = name
            .as_deref()
            .and_then(|name| name.strip_prefix(pinned::NAME))
        {
            return Ok(id.to_owned());
        }
        if pinned::validate_client_id(resource.id).is_ok() {
            return Ok(resource.id.to_owned());
        }
        Ok(place.stack.chance(resource.id).client_id())
    }

    /// The resource `id`, which must be created.
    fn resource<'s>(
        &self,
        place: Place<'s>,
        id: &str,
        node: &Node,
    ) -> Result<Resource<'s>, Refusal> {
        let stack = place.stack;
        let Some(resource) = stack.resource(id) else {
            let parameters = stack
                .section("Parameters")
                .iter()
                .map(|(key, _)| &*key.name);
            let known = parameters.chain(stack.resources().map(|it| it.id));
            let nearest = did_you_mean(id, known);
            let message = format!("The template has no parameter or resource `{id}`.{nearest}");
            return Err(Refusal::new(node, message));
        };
        if self.is_created(place, resource.node)? {
            return Ok(resource);
        }
        let message = format!("`{id}` is not created, because its condition does not hold.");
        Err(Refusal::new(node, message))
    }

    fn resource_reference(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        node: &Node,
    ) -> Result<String, Refusal> {
        let place = place.deeper(node)?;
        let property = |name| self.text_property(place, resource, name);
        let value = match resource.kind.strip_prefix("AWS::Cognito::") {
            Some("UserPool") => Some(self.pool_id(place, resource)?),
            Some("UserPoolClient") => Some(self.client_id(place, resource)?),
            Some("UserPoolDomain") => property("Domain")?,
            Some("UserPoolGroup") => property("GroupName")?.or_else(|| Some(resource.name())),
            Some("UserPoolIdentityProvider") => property("ProviderName")?,
            Some("UserPoolResourceServer") => property("Identifier")?,
            Some("UserPoolUser") => property("Username")?,
            Some(_) => None,
            None => self.foreign_reference(place, resource)?,
        };
        value.ok_or_else(|| unknown(resource.id, resource, node))
    }

    fn pool_attribute(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        attribute: &str,
    ) -> Result<Option<String>, Refusal> {
        let id = self.pool_id(place, resource)?;
        let scope = &self.inputs.scope;
        let domain = Region::parse(&scope.region);
        let domain = domain.as_ref().map_or("amazonaws.com", Region::dns_suffix);
        let host = format!("cognito-idp.{}.{domain}", scope.region);
        Ok(match attribute {
            "Arn" => {
                let prefix = self.in_partition("cognito-idp:{region}:{account}:userpool/");
                Some(prefix + &id)
            }
            "ProviderName" => Some(format!("{host}/{id}")),
            "ProviderURL" => Some(format!("https://{host}/{id}")),
            _ => None,
        })
    }
}

fn unknown(name: &str, resource: Resource<'_>, node: &Node) -> Refusal {
    let message = format!(
        "The value of `{name}`, of the type `{}`, is known only after a deployment: convert the \
         template with --value {name}=VALUE.",
        resource.kind
    );
    Refusal::new(node, message)
}
