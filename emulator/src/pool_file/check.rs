//! Checks of a file's nodes against their forms. The result is the file as JSON: texts,
//! numbers and dates have the types of their members, and nulls are absent.

use std::fmt;

use serde_json::{Map, Value};

use super::dates;
use super::form::{Encoding, Form, Record};
use super::mistake::Mistake;
use super::nearest::{did_you_mean, list};
use super::node::{Content, Key, Node, Position};
use crate::model::{Kind, Shape};
use crate::state::pinned;
use crate::validate::violated;

/// Checks the whole file.
pub(super) fn check(node: &Node, record: &Record) -> Result<Value, Mistake> {
    Spot {
        node,
        around: None,
        step: Step::File,
    }
    .record(record)
}

/// A node, and the way to it. The path is written only for a mistake.
#[derive(Clone, Copy)]
struct Spot<'a> {
    node: &'a Node,
    around: Option<&'a Spot<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    File,
    Member(&'a str),
    Element(usize),
}

impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(around) = self.around {
            around.fmt(f)?;
        }
        match self.step {
            Step::File => Ok(()),
            Step::Element(index) => write!(f, "[{index}]"),
            Step::Member(name) => {
                let is_first = self.around.is_none_or(|around| around.around.is_none());
                write!(f, "{}{name}", if is_first { "" } else { "." })
            }
        }
    }
}

impl<'a> Spot<'a> {
    fn at(&self, position: Position, message: String) -> Mistake {
        Mistake {
            file: String::new(),
            line: position.line,
            column: position.column,
            path: self.to_string(),
            message,
        }
    }

    fn refuse(&self, message: impl Into<String>) -> Mistake {
        self.at(self.node.at, message.into())
    }

    fn inside<'b>(&'b self, step: Step<'b>, node: &'b Node) -> Spot<'b>
    where
        'a: 'b,
    {
        Spot {
            node,
            around: Some(self),
            step,
        }
    }

    fn form(&self, form: &Form) -> Result<Value, Mistake> {
        match form {
            Form::Model(shape) => self.shape(shape),
            Form::Record(record) => self.record(record),
            Form::List(element) => self.list(|spot| spot.form(element)),
            Form::Text => Ok(self.text()?.into()),
            Form::Encoded(encoding) => self.encoded(*encoding),
            Form::Choice(values) => self.choice(values),
            Form::Whole(min, max) => {
                let number = self.whole()?;
                if (i64::from(*min)..=i64::from(*max)).contains(&number) {
                    return Ok(number.into());
                }
                Err(self.refuse(if min == max {
                    format!("Write {max}.")
                } else {
                    format!("Write a number from {min} to {max}.")
                }))
            }
            Form::Flag => self.flag(),
            Form::Date => self.date(),
            Form::Attributes => self.attributes(),
        }
    }

    fn record(&self, record: &Record) -> Result<Value, Mistake> {
        let mut found = Map::new();
        for (key, node) in self.members()? {
            let Some(field) = record.field(&key.name) else {
                let known = record.fields.iter().map(|field| field.name);
                return Err(self.unknown(key, known));
            };
            if !node.is_null() {
                let value = self
                    .inside(Step::Member(&key.name), node)
                    .form(&field.form)?;
                found.insert(field.name.to_owned(), value);
            }
        }
        let mut required = record.fields.iter().filter(|field| field.is_required);
        match required.find(|field| !found.contains_key(field.name)) {
            Some(field) => Err(self.refuse(format!("`{}` is missing.", field.name))),
            None => Ok(found.into()),
        }
    }

    /// A value of a shape of the service model.
    fn shape(&self, shape: &'static Shape) -> Result<Value, Mistake> {
        let value = match &shape.kind {
            Kind::Structure(members) => {
                let mut found = Map::new();
                for (key, node) in self.members()? {
                    let Some(member) = shape.member(&key.name) else {
                        return Err(self.unknown(key, members.iter().map(|member| member.name)));
                    };
                    if !node.is_null() {
                        let inside = self.inside(Step::Member(member.name), node);
                        found.insert(member.name.to_owned(), inside.shape(member.shape())?);
                    }
                }
                let mut required = members.iter().filter(|member| member.required);
                if let Some(member) = required.find(|member| !found.contains_key(member.name)) {
                    return Err(self.refuse(format!("`{}` is missing.", member.name)));
                }
                found.into()
            }
            Kind::List(element) => self.list(|spot| spot.shape(element.get()))?,
            Kind::Map { value, .. } => {
                let mut found = Map::new();
                for (key, node) in self.members()? {
                    let inside = self.inside(Step::Member(&key.name), node);
                    if !node.is_null() {
                        found.insert(key.name.to_string(), inside.shape(value.get())?);
                    }
                }
                found.into()
            }
            Kind::String if !shape.values.is_empty() => self.choice(&shape.values)?,
            Kind::String | Kind::Blob => self.text()?.into(),
            Kind::Integer | Kind::Long => self.whole()?.into(),
            Kind::Boolean => self.flag()?,
            Kind::Timestamp => self.date()?,
            Kind::Document => self.document(),
        };
        let rest = value
            .as_str()
            .and_then(|name| name.strip_prefix(pinned::NAME));
        let rest = rest.filter(|_| shape.name == CLIENT_NAME).map(Value::from);
        match violated(shape, rest.as_ref().unwrap_or(&value)) {
            None => Ok(value),
            Some(constraint) => Err(self.refuse(format!("{constraint}."))),
        }
    }

    fn members(&self) -> Result<&'a [(Key, Node)], Mistake> {
        match &self.node.content {
            Content::Map(members) => Ok(members),
            Content::Text { .. } if self.node.is_null() => Ok(&[]),
            found => Err(self.refuse(format!("Expected a map of members, not {}.", noun(found)))),
        }
    }

    fn list(&self, each: impl Fn(&Spot<'_>) -> Result<Value, Mistake>) -> Result<Value, Mistake> {
        let elements = match &self.node.content {
            Content::List(elements) => elements.as_slice(),
            found => {
                return Err(self.refuse(format!("Expected a list, not {}.", noun(found))));
            }
        };
        let elements = elements.iter().enumerate().map(|(index, node)| {
            let spot = self.inside(Step::Element(index), node);
            if node.is_null() {
                return Err(spot.refuse("This element is empty."));
            }
            each(&spot)
        });
        elements.collect()
    }

    fn text(&self) -> Result<&'a str, Mistake> {
        match &self.node.content {
            Content::Text { text, .. } => Ok(text),
            found => Err(self.refuse(format!("Expected a text, not {}.", noun(found)))),
        }
    }

    /// The text without quotes of a number, a date or a flag.
    fn plain(&self, expected: &str) -> Result<&'a str, Mistake> {
        match &self.node.content {
            Content::Text {
                text,
                is_plain: true,
            } => Ok(text),
            Content::Text { .. } => {
                Err(self.refuse(format!("Expected {expected}: remove the quotes.")))
            }
            found => Err(self.refuse(format!("Expected {expected}, not {}.", noun(found)))),
        }
    }

    fn encoded(&self, encoding: Encoding) -> Result<Value, Mistake> {
        let text = self.text()?;
        if encoding.fits(text) {
            return Ok(text.into());
        }
        let pattern = encoding.pattern();
        Err(self.refuse(format!("The text must match `{pattern}`.")))
    }

    fn choice(&self, values: &[&'static str]) -> Result<Value, Mistake> {
        let text = self.text()?;
        if values.contains(&text) {
            return Ok(text.into());
        }
        let nearest = did_you_mean(text, values.iter().copied());
        let values = list(values.iter().copied());
        Err(self.refuse(format!("Expected one of {values}.{nearest}")))
    }

    fn whole(&self) -> Result<i64, Mistake> {
        let text = self.plain("a whole number")?;
        let parsed = text.parse::<i64>();
        parsed.map_err(|_| self.refuse("Expected a whole number."))
    }

    fn flag(&self) -> Result<Value, Mistake> {
        match self.plain("`true` or `false`")? {
            "true" | "True" | "TRUE" => Ok(true.into()),
            "false" | "False" | "FALSE" => Ok(false.into()),
            _ => Err(self.refuse("Expected `true` or `false`.")),
        }
    }

    fn date(&self) -> Result<Value, Mistake> {
        let expected = "Expected a date with time and offset, such as `2026-01-02T03:04:05Z`, or \
                        seconds since the epoch.";
        let time = dates::parse(self.text()?).ok_or_else(|| self.refuse(expected))?;
        Ok(dates::write(time))
    }

    /// A map, or the API's list of names and values, as a map.
    fn attributes(&self) -> Result<Value, Mistake> {
        let mut found = Map::new();
        match &self.node.content {
            Content::List(elements) => {
                for (index, node) in elements.iter().enumerate() {
                    let spot = self.inside(Step::Element(index), node);
                    let (name, value) = spot.attribute()?;
                    if found.contains_key(&name) {
                        return Err(spot.refuse(format!("`{name}` is given twice.")));
                    }
                    found.insert(name, value.into());
                }
            }
            _ => {
                for (key, node) in self.members()? {
                    let value = self.inside(Step::Member(&key.name), node).text()?;
                    if !node.is_null() {
                        found.insert(key.name.to_string(), value.into());
                    }
                }
            }
        }
        Ok(found.into())
    }

    fn attribute(&self) -> Result<(String, String), Mistake> {
        let (mut name, mut value) = (None, String::new());
        for (key, node) in self.members()? {
            let text = self
                .inside(Step::Member(&key.name), node)
                .text()?
                .to_owned();
            match &*key.name {
                "Name" => name = Some(text),
                "Value" => value = text,
                _ => return Err(self.unknown(key, ["Name", "Value"])),
            }
        }
        let name = name.ok_or_else(|| self.refuse("`Name` is missing."))?;
        Ok((name, value))
    }

    /// Any JSON: texts without quotes have the types of YAML's core schema.
    fn document(&self) -> Value {
        document(self.node)
    }

    fn unknown(&self, key: &Key, known: impl IntoIterator<Item = &'a str>) -> Mistake {
        let known: Vec<&str> = known.into_iter().collect();
        let name = &key.name;
        let nearest = did_you_mean(name, known.iter().copied());
        let message = if nearest.is_empty() {
            let known = list(known.iter().copied());
            format!("`{name}` is not a member here. Members: {known}.")
        } else {
            format!("`{name}` is not a member here.{nearest}")
        };
        self.at(key.at, message)
    }
}

fn document(node: &Node) -> Value {
    match &node.content {
        Content::List(elements) => elements.iter().map(document).collect(),
        Content::Map(members) => members
            .iter()
            .map(|(key, value)| (key.name.to_string(), document(value)))
            .collect(),
        Content::Text {
            text,
            is_plain: false,
        } => (**text).into(),
        Content::Text { .. } if node.is_null() => Value::Null,
        Content::Text { text, .. } => match &**text {
            "true" | "True" | "TRUE" => true.into(),
            "false" | "False" | "FALSE" => false.into(),
            text => {
                let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                let number = text.parse::<serde_json::Number>().ok();
                match number.filter(|_| is_number) {
                    Some(number) => number.into(),
                    None => text.into(),
                }
            }
        },
    }
}

/// The shape of the names of clients, which may begin with the prefix that chooses their ids.
pub(super) const CLIENT_NAME: &str = "ClientNameType";

fn noun(content: &Content) -> &'static str {
    match content {
        Content::Text { .. } => "a text",
        Content::List(_) => "a list",
        Content::Map(_) => "a map",
    }
}
