//! Triggers that functions of the AWS Serverless Application Model declare as their events.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-cognito.html>

use super::super::node::{Content, Key, Node};
use super::evaluation::{Evaluation, Place};
use super::refusal::Refusal;
use super::stack::Resource;

/// A trigger: the id of its pool, its name, and the ARN of the function.
pub(super) struct Trigger {
    pub(super) pool: String,
    pub(super) name: String,
    pub(super) arn: Node,
}

/// Whether a resource is a function with a trigger among its events.
pub(super) fn has_triggers(resource: Resource<'_>) -> bool {
    let mut events = events(resource).iter();
    resource.kind == "AWS::Serverless::Function" && events.any(|(_, event)| is_trigger(event))
}

fn events(resource: Resource<'_>) -> &[(Key, Node)] {
    let events = resource.property("Events").map(Node::members);
    events.unwrap_or_default()
}

fn is_trigger(event: &Node) -> bool {
    event.member("Type").and_then(Node::text) == Some("Cognito")
}

impl Evaluation<'_> {
    /// The triggers among the events of a function.
    pub(super) fn triggers(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<Vec<Trigger>, Refusal> {
        let mut found = Vec::new();
        for (key, event) in events(resource)
            .iter()
            .filter(|(_, event)| is_trigger(event))
        {
            let path = format!(
                "{}.Properties.Events.{}.Properties",
                resource.path(),
                key.name
            );
            let read = self.event(place, resource, event, &mut found);
            read.map_err(|it| it.placed(place.stack.file, &path))?;
        }
        Ok(found)
    }

    fn event(
        &self,
        place: Place<'_>,
        resource: Resource<'_>,
        event: &Node,
        found: &mut Vec<Trigger>,
    ) -> Result<(), Refusal> {
        let member = |name: &str| {
            let member = event.member("Properties").and_then(|it| it.member(name));
            member.ok_or_else(|| Refusal::new(event, format!("`{name}` is missing.")))
        };
        let pool = self.text(place, member("UserPool")?);
        let pool = pool.map_err(|it| it.within("UserPool"))?;
        let names = self.value(place, member("Trigger")?);
        let names = names.map_err(|it| it.within("Trigger"))?;
        let names = match names.map(|names| names.content) {
            Some(Content::List(names)) => names,
            Some(content) => vec![Node {
                content,
                at: event.at,
            }],
            None => Vec::new(),
        };
        let arn = self.attribute(place, resource.id, "Arn", event)?;
        for name in names.iter().filter_map(Node::text) {
            found.push(Trigger {
                pool: pool.clone(),
                name: name.to_owned(),
                arn: self.produced(event, &arn)?,
            });
        }
        Ok(())
    }
}
