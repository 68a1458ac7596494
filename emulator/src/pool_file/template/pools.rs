//! The user pools of templates with their parts.

use super::super::definition::Definition;
use super::super::file::Origin;
use super::super::mistake::Mistake;
use super::super::nearest::{did_you_mean, list};
use super::super::node::{Content, Key, Node, Position};
use super::evaluation::{Evaluation, Place};
use super::parts::{KINDS, key, loosened};
use super::refusal::Refusal;
use super::serverless::{self, Trigger};
use super::stack::Resource;
use crate::wire::Scope;

/// The pools, and what the templates have and pool files do not.
#[derive(Default)]
pub(super) struct Pools {
    pools: Vec<Draft>,
    notes: Vec<Mistake>,
}

/// A pool, or a part of one, as a resource describes it.
struct Draft {
    /// The id of a pool, or the name of a user.
    id: String,
    at: Position,
    file: String,
    path: String,
    members: Vec<(Key, Node)>,
    /// The parts of a pool by the position of their kind.
    parts: Vec<(usize, Draft)>,
}

impl Pools {
    /// Reads all templates.
    pub(super) fn read(evaluation: &Evaluation<'_>) -> Result<Self, Refusal> {
        let mut pools = Self::default();
        let mut created = Vec::new();
        for stack in evaluation.stacks {
            let place = Place::new(stack);
            for resource in stack.resources() {
                if resource.id.starts_with("Fn::") {
                    let message = format!(
                        "The pool file does not have these resources: `{}` is not supported.",
                        resource.id
                    );
                    pools.note(&Draft::new(place, resource), resource.node.at, message);
                }
                // Conditions of other resources may need what the pools do not.
                let is_cognito = resource.kind.starts_with("AWS::Cognito::");
                if !is_cognito && !serverless::has_triggers(resource) {
                    continue;
                }
                let is_created = evaluation.is_created(place, resource.node);
                if is_created.map_err(|it| it.placed(stack.file, &resource.path()))? {
                    created.push((place, resource));
                }
            }
        }
        // Parts refer to pools, and memberships to users.
        let steps = [Self::add_pool, Self::add_part, Self::add_membership];
        for step in steps {
            for (place, resource) in &created {
                let added = step(&mut pools, evaluation, *place, *resource);
                added.map_err(|it| it.placed(place.stack.file, &resource.path()))?;
            }
        }
        Ok(pools)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// The root of the pool file, the origins of its parts, and the notes.
    pub(super) fn into_file(self) -> (Node, Vec<Origin>, Vec<Mistake>) {
        let mut origins = Vec::new();
        let at = Position { line: 1, column: 1 };
        let pools =
            self.pools.into_iter().enumerate().map(|(index, draft)| {
                draft.into_node(&format!("UserPools[{index}]"), &mut origins)
            });
        let content = Content::List(pools.collect());
        let root = Node::map(at, [("UserPools", Node { content, at })]);
        (root, origins, self.notes)
    }

    fn add_pool(
        &mut self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<(), Refusal> {
        if resource.kind != "AWS::Cognito::UserPool" {
            return Ok(());
        }
        let mut draft = Draft::new(place, resource);
        draft.id = evaluation.pool_id(place, resource)?;
        draft.add("Id", &draft.id.clone());
        let account = &evaluation.inputs.scope.account;
        if *account != Scope::default().account {
            draft.add("AccountId", account);
        }
        if resource.property("UserPoolName").is_none() {
            draft.add("PoolName", &resource.name());
        }
        let mut mfa = Factors::default();
        for (property, node) in resource.properties() {
            let name = match &*property.name {
                "UserPoolName" => "PoolName",
                name => name,
            };
            let is_known = Definition::pool().field(name).is_some() && !is_list(name);
            if !is_known && !Factors::PROPERTIES.contains(&name) {
                self.leave_out(&draft, property);
                continue;
            }
            let value = evaluation.value(place, node);
            let value = value.map_err(|it| it.within(format!("Properties.{}", property.name)))?;
            let Some(value) = value.map(loosened) else {
                continue;
            };
            if is_known {
                draft.members.push((key(name, &value), value));
            } else {
                let taken = mfa.take(name, value);
                taken.map_err(|it| it.within(format!("Properties.{name}")))?;
            }
        }
        if mfa.email_texts.is_some() && !mfa.has_email {
            let message = "The messages of `EMAIL_OTP` are left out, because `EnabledMfas` does \
                           not have it.";
            self.note(&draft, resource.node.at, message.to_owned());
        }
        draft.members.extend(mfa.members(resource.node));
        // The name is beside the id, as people look for it.
        draft
            .members
            .sort_by_key(|(key, _)| !matches!(&*key.name, "Id" | "PoolName" | "AccountId"));
        self.pools.push(draft);
        Ok(())
    }

    fn add_part(
        &mut self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<(), Refusal> {
        if serverless::has_triggers(resource) {
            for trigger in evaluation.triggers(place, resource)? {
                self.add_trigger(trigger)?;
            }
            return Ok(());
        }
        let Some(name) = resource.kind.strip_prefix("AWS::Cognito::") else {
            return Ok(());
        };
        if matches!(name, "UserPool" | "UserPoolUserToGroupAttachment") {
            return Ok(());
        }
        let Some(position) = KINDS.iter().position(|kind| kind.name == name) else {
            return self.add_setting(evaluation, place, resource);
        };
        let mut draft = Draft::new(place, resource);
        let pool = self.pool_of(evaluation, place, resource)?;
        let (members, unknown) = KINDS[position].read(evaluation, place, resource)?;
        for key in unknown {
            self.leave_out(&draft, key);
        }
        draft.members = members;
        let username = draft.text("Username").unwrap_or_default().to_owned();
        draft.id = username;
        self.pools[pool].parts.push((position, draft));
        Ok(())
    }

    /// Adds a resource that is a setting of its pool and not an element of a list.
    fn add_setting(
        &mut self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<(), Refusal> {
        let members: &[(&str, &str)] = match resource.kind {
            "AWS::Cognito::LogDeliveryConfiguration" => {
                &[("LogConfigurations", "LogConfigurations")]
            }
            "AWS::Cognito::UserPoolReplica" => &[
                ("RegionName", "RegionName"),
                ("UserPoolTagsAtCreate", "UserPoolTags"),
            ],
            kind => {
                let message = format!(
                    "The pool file does not have this resource: the type `{kind}` is not \
                     supported."
                );
                self.note(&Draft::new(place, resource), resource.node.at, message);
                return Ok(());
            }
        };
        let mut found = Vec::new();
        for (from, to) in members {
            if let Some(value) = evaluation.property(place, resource, from)? {
                found.push((key(to, &value), loosened(value)));
            }
        }
        if resource.kind == "AWS::Cognito::UserPoolReplica" {
            let replica = Node {
                content: Content::Map(found),
                at: resource.node.at,
            };
            found = vec![(key("UserPoolReplica", &replica), replica)];
        }
        let pool = self.pool_of(evaluation, place, resource)?;
        self.pools[pool].members.extend(found);
        Ok(())
    }

    fn add_membership(
        &mut self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<(), Refusal> {
        if resource.kind != "AWS::Cognito::UserPoolUserToGroupAttachment" {
            return Ok(());
        }
        let pool = self.pool_of(evaluation, place, resource)?;
        let required = |name: &str| {
            let value = evaluation.text_property(place, resource, name)?;
            value.ok_or_else(|| Refusal::new(resource.node, format!("`{name}` is missing.")))
        };
        let (user, group) = (required("Username")?, required("GroupName")?);
        let parts = self.pools[pool].parts.iter_mut().map(|(_, part)| part);
        let users = parts.filter(|part| part.text("Username").is_some());
        let mut users: Vec<&mut Draft> = users.collect();
        let Some(found) = users.iter().position(|draft| draft.id == user) else {
            let names = || users.iter().map(|draft| draft.id.as_str());
            let message = format!(
                "The templates have no user `{user}` of this pool. Users: {}.{}",
                list(names()),
                did_you_mean(&user, names())
            );
            return Err(Refusal::new(resource.node, message).within("Properties.Username"));
        };
        users[found].add_to_list("Groups", Node::plain(resource.node.at, &group));
        Ok(())
    }

    fn add_trigger(&mut self, trigger: Trigger) -> Result<(), Refusal> {
        let pool = self.pools.iter_mut().find(|pool| pool.id == trigger.pool);
        let Some(pool) = pool else {
            let message = format!("The templates have no user pool `{}`.", trigger.pool);
            return Err(Refusal::new(&trigger.arn, message));
        };
        let config = pool
            .members
            .iter()
            .position(|(key, _)| &*key.name == "LambdaConfig");
        let config = config.unwrap_or_else(|| {
            let empty = Node::map(trigger.arn.at, []);
            pool.members
                .push((key("LambdaConfig", &trigger.arn), empty));
            pool.members.len() - 1
        });
        if let Content::Map(members) = &mut pool.members[config].1.content {
            members.retain(|(key, _)| *key.name != *trigger.name);
            members.push((key(&trigger.name, &trigger.arn), trigger.arn));
        }
        Ok(())
    }

    /// The position of the pool that the property `UserPoolId` names.
    fn pool_of(
        &self,
        evaluation: &Evaluation<'_>,
        place: Place<'_>,
        resource: Resource<'_>,
    ) -> Result<usize, Refusal> {
        let Some(id) = evaluation.text_property(place, resource, "UserPoolId")? else {
            return Err(Refusal::new(resource.node, "`UserPoolId` is missing."));
        };
        let pool = self.pools.iter().position(|pool| pool.id == id);
        pool.ok_or_else(|| {
            let message = format!(
                "The templates have no user pool `{id}`: convert the template that has it with \
                 this one."
            );
            let node = resource.property("UserPoolId").unwrap_or(resource.node);
            Refusal::new(node, message).within("Properties.UserPoolId")
        })
    }

    fn leave_out(&mut self, draft: &Draft, key: &Key) {
        let message = format!("The property `{}` is not known and is left out.", key.name);
        self.note(draft, key.at, message);
    }

    fn note(&mut self, draft: &Draft, at: Position, message: String) {
        self.notes.push(Mistake {
            file: draft.file.clone(),
            line: at.line,
            column: at.column,
            path: draft.path.clone(),
            message,
        });
    }
}

/// Whether a member of pools is a list of parts, and not a setting.
fn is_list(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.list == name)
}

impl Draft {
    fn new(place: Place<'_>, resource: Resource<'_>) -> Self {
        Self {
            id: String::new(),
            at: resource.node.at,
            file: place.stack.file.to_owned(),
            path: resource.path(),
            members: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn key(&self, name: &str) -> Key {
        Key {
            name: name.into(),
            at: self.at,
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        let member = (self.key(name), Node::plain(self.at, value));
        self.members.push(member);
    }

    fn add_to_list(&mut self, name: &str, element: Node) {
        let found = self.members.iter_mut().find(|(key, _)| &*key.name == name);
        if let Some((_, list)) = found {
            if let Content::List(elements) = &mut list.content {
                elements.push(element);
            }
            return;
        }
        let at = self.at;
        let content = Content::List(vec![element]);
        self.members.push((self.key(name), Node { content, at }));
    }

    fn text(&self, name: &str) -> Option<&str> {
        let found = self.members.iter().find(|(key, _)| &*key.name == name);
        found.and_then(|(_, value)| value.text())
    }

    /// The node, which is `part` of the file.
    fn into_node(self, part: &str, origins: &mut Vec<Origin>) -> Node {
        origins.push(Origin {
            part: part.to_owned(),
            file: self.file,
            path: format!("{}.Properties", self.path),
        });
        let (at, mut members) = (self.at, self.members);
        let mut lists: Vec<Vec<Node>> = KINDS.iter().map(|_| Vec::new()).collect();
        for (position, draft) in self.parts {
            let list = &mut lists[position];
            let part = format!("{part}.{}[{}]", KINDS[position].list, list.len());
            list.push(draft.into_node(&part, origins));
        }
        for (kind, elements) in KINDS.iter().zip(lists) {
            if !elements.is_empty() {
                let name = kind.list.into();
                let content = Content::List(elements);
                members.push((Key { name, at }, Node { content, at }));
            }
        }
        Node {
            content: Content::Map(members),
            at,
        }
    }
}

/// The properties of factors, which are members of `SetUserPoolMfaConfig` in the API.
#[derive(Default)]
struct Factors {
    sms: bool,
    software_token: bool,
    has_email: bool,
    email_texts: Option<Vec<(Key, Node)>>,
    web_authn: Vec<(Key, Node)>,
}

impl Factors {
    const PROPERTIES: [&'static str; 6] = [
        "EmailAuthenticationMessage",
        "EmailAuthenticationSubject",
        "EnabledMfas",
        "WebAuthnFactorConfiguration",
        "WebAuthnRelyingPartyID",
        "WebAuthnUserVerification",
    ];

    /// Takes the property `name`.
    fn take(&mut self, name: &str, value: Node) -> Result<(), Refusal> {
        let mut email = |name: &str, value: Node| {
            let texts = self.email_texts.get_or_insert_default();
            texts.push((key(name, &value), value));
        };
        match name {
            "EmailAuthenticationMessage" => email("Message", value),
            "EmailAuthenticationSubject" => email("Subject", value),
            "EnabledMfas" => return self.enable(&value),
            name => {
                let member = match name {
                    "WebAuthnFactorConfiguration" => "FactorConfiguration",
                    "WebAuthnRelyingPartyID" => "RelyingPartyId",
                    _ => "UserVerification",
                };
                self.web_authn.push((key(member, &value), value));
            }
        }
        Ok(())
    }

    fn enable(&mut self, value: &Node) -> Result<(), Refusal> {
        let Content::List(factors) = &value.content else {
            return Err(Refusal::new(value, "Expected a list."));
        };
        for factor in factors {
            match factor.text() {
                Some("SMS_MFA") => self.sms = true,
                Some("SOFTWARE_TOKEN_MFA") => self.software_token = true,
                Some("EMAIL_OTP") => self.has_email = true,
                _ => {
                    let message = "Expected one of SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP.";
                    return Err(Refusal::new(factor, message));
                }
            }
        }
        Ok(())
    }

    /// The members of the pool.
    fn members(self, resource: &Node) -> Vec<(Key, Node)> {
        let at = resource.at;
        let map = |members| Node {
            content: Content::Map(members),
            at,
        };
        let mut members = Vec::new();
        if self.sms {
            members.push((key("SmsMfaConfiguration", resource), map(Vec::new())));
        }
        if self.software_token {
            let enabled = Node::map(at, [("Enabled", Node::plain(at, "true"))]);
            members.push((key("SoftwareTokenMfaConfiguration", resource), enabled));
        }
        if self.has_email {
            let texts = map(self.email_texts.unwrap_or_default());
            members.push((key("EmailMfaConfiguration", resource), texts));
        }
        if !self.web_authn.is_empty() {
            members.push((key("WebAuthnConfiguration", resource), map(self.web_authn)));
        }
        members
    }
}
