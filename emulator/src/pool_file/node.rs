//! The text of a pool file as a tree of nodes with their positions. JSON is read as YAML, of
//! which it is a subset.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::mistake::Mistake;
use super::short_forms::function;
use crate::bounds::{FILE_BYTES, FILE_DEPTH, FILE_NODES, FILE_REPEATED};

/// A value in the file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) at: Position,
}

/// A position: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The content of a value. The type of a text that is not quoted follows from the member:
/// `ON`, `007` and `+15550100` can be texts.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text { text: Box<str>, is_plain: bool },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The name of a member.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: Box<str>,
    pub(super) at: Position,
}

impl Node {
    /// A text that is read as a text, a number or a flag, as its member requires.
    pub(super) fn plain(at: Position, text: &str) -> Self {
        let is_plain = !matches!(text, "" | "~" | "null");
        let text = text.into();
        let content = Content::Text { text, is_plain };
        Self { content, at }
    }

    /// A map with `members`.
    pub(super) fn map<const N: usize>(at: Position, members: [(&str, Self); N]) -> Self {
        let key = |name: &str| Key {
            name: name.into(),
            at,
        };
        let members = members.map(|(name, value)| (key(name), value));
        let content = Content::Map(members.into());
        Self { content, at }
    }

    /// The text, if the value is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The members; none if the value is no map.
    pub(super) fn members(&self) -> &[(Key, Self)] {
        match &self.content {
            Content::Map(members) => members,
            _ => &[],
        }
    }

    /// Whether the value is null: `null`, `~` or nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(
            &self.content,
            Content::Text { text, is_plain: true } if matches!(&**text, "" | "~" | "null")
        )
    }

    /// The member `name`.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(members) => {
                let mut members = members.iter();
                let found = members.find(|(key, _)| *key.name == *name);
                found.map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The element at `index`.
    pub(super) fn element(&self, index: usize) -> Option<&Self> {
        match &self.content {
            Content::List(elements) => elements.get(index),
            _ => None,
        }
    }
}

/// The document of a file.
pub(super) struct Document {
    pub(super) root: Node,
    /// The first short form of a function of CloudFormation, such as `!Ref`, as a mistake. Only
    /// templates have them.
    pub(super) short_form: Option<Mistake>,
}

/// Parses a file that has one document.
pub(super) fn read(text: &str) -> Result<Document, Mistake> {
    if text.len() > FILE_BYTES {
        let message = format!("The file has more than {FILE_BYTES} bytes.");
        return Err(mistake(Position { line: 1, column: 1 }, message));
    }
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            let at = Position {
                line: marker.line().max(1),
                column: marker.col() + 1,
            };
            mistake(at, format!("This is not YAML or JSON: {}.", error.info()))
        })?;
        builder.add(event, Position::of(span))?;
    }
    let empty = || {
        let message = "The file is empty: begin with `UserPools:`.".to_owned();
        mistake(Position { line: 1, column: 1 }, message)
    };
    Ok(Document {
        root: builder.root.ok_or_else(empty)?,
        short_form: builder.short_form,
    })
}

impl Position {
    fn of(span: Span) -> Self {
        Self {
            line: span.start.line().max(1),
            column: span.start.col() + 1,
        }
    }
}

fn mistake(at: Position, message: String) -> Mistake {
    Mistake {
        file: String::new(),
        line: at.line,
        column: at.column,
        path: String::new(),
        message,
    }
}

/// The tree so far.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    /// The number of nodes.
    nodes: usize,
    /// The number of nodes that aliases repeat.
    repeated: usize,
    short_form: Option<Mistake>,
}

/// A list or map whose end was not read yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value follows.
    key: Option<Key>,
    /// The function whose argument this is, in the short form of a template.
    function: Option<&'static str>,
}

impl Builder {
    fn add(&mut self, event: Event<'_>, at: Position) -> Result<(), Mistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref();
                let function = self.tag(tag, at)?;
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let content = Content::Text {
                    text: text.into(),
                    is_plain: style == ScalarStyle::Plain && !is_text,
                };
                self.close(Node { content, at }, anchor, function)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let function = self.tag(tag.as_deref(), at)?;
                self.open(Content::List(Vec::new()), anchor, function, at)
            }
            Event::MappingStart(_, anchor, tag) => {
                let function = self.tag(tag.as_deref(), at)?;
                self.open(Content::Map(Vec::new()), anchor, function, at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.close(open.node, open.anchor, open.function),
                None => Ok(()),
            },
            Event::Alias(id) => {
                let Some(anchored) = self.anchors.get(&id) else {
                    let message = "The anchor of this alias is not complete.".to_owned();
                    return Err(mistake(at, message));
                };
                let count = count(anchored);
                self.repeat(count, at)?;
                let content = self.anchors[&id].content.clone();
                self.close(Node { content, at }, 0, None)
            }
            Event::DocumentStart(..) if self.root.is_some() => Err(mistake(
                at,
                "A pool file has one YAML document; put all pools under `UserPools`.".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// The function of a template whose short form is `tag`. Other tags must be those of YAML's
    /// core schema, such as `!!str`.
    fn tag(&mut self, tag: Option<&Tag>, at: Position) -> Result<Option<&'static str>, Mistake> {
        let Some(tag) = tag.filter(|tag| tag.core_suffix().is_none()) else {
            return Ok(None);
        };
        let original = tag.original();
        let refusal = mistake(at, format!("The tag `{original}` is not supported."));
        let name = original.strip_prefix('!').and_then(function);
        if name.is_none() {
            return Err(refusal);
        }
        self.short_form.get_or_insert(refusal);
        Ok(name)
    }

    fn open(
        &mut self,
        content: Content,
        anchor: usize,
        function: Option<&'static str>,
        at: Position,
    ) -> Result<(), Mistake> {
        if self.open.len() >= FILE_DEPTH {
            let message = format!("Lists and maps are nested more than {FILE_DEPTH} levels deep.");
            return Err(mistake(at, message));
        }
        self.open.push(Open {
            node: Node { content, at },
            anchor,
            key: None,
            function,
        });
        Ok(())
    }

    /// Counts nodes that are copied: for an anchor, and for each of its aliases.
    fn repeat(&mut self, count: usize, at: Position) -> Result<(), Mistake> {
        self.repeated += count;
        if self.repeated <= FILE_REPEATED {
            return Ok(());
        }
        let message = format!("Anchors and aliases repeat more than {FILE_REPEATED} values.");
        Err(mistake(at, message))
    }

    /// Adds a complete node, which may be the argument of a function.
    fn close(
        &mut self,
        node: Node,
        anchor: usize,
        function: Option<&'static str>,
    ) -> Result<(), Mistake> {
        let node = match function {
            Some(name) => Node::map(node.at, [(name, node)]),
            None => node,
        };
        self.nodes += 1;
        if self.nodes > FILE_NODES {
            let message = format!("The file has more than {FILE_NODES} values.");
            return Err(mistake(node.at, message));
        }
        if anchor > 0 {
            self.repeat(count(&node), node.at)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(around) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut around.node.content, around.key.take()) {
            (Content::List(elements), _) => elements.push(node),
            (Content::Map(members), Some(key)) => members.push((key, node)),
            (Content::Map(members), None) => around.key = Some(key(members, node)?),
            (Content::Text { .. }, _) => {}
        }
        Ok(())
    }
}

/// The key that `node` is in a map with these `members`.
fn key(members: &[(Key, Node)], node: Node) -> Result<Key, Mistake> {
    let Content::Text { text, .. } = node.content else {
        let message = "The name of a member must be a text.".to_owned();
        return Err(mistake(node.at, message));
    };
    let earlier = members.iter().find(|(key, _)| key.name == text);
    if let Some((earlier, _)) = earlier {
        let line = earlier.at.line;
        let message = format!("`{text}` is given twice; it is also in line {line}.");
        return Err(mistake(node.at, message));
    }
    if &*text == "<<" {
        let message = "Merge keys (`<<`) are not part of YAML 1.2: repeat the members.".to_owned();
        return Err(mistake(node.at, message));
    }
    Ok(Key {
        name: text,
        at: node.at,
    })
}

fn count(node: &Node) -> usize {
    1 + match &node.content {
        Content::Text { .. } => 0,
        Content::List(elements) => elements.iter().map(count).sum(),
        Content::Map(members) => members.iter().map(|(_, value)| 1 + count(value)).sum(),
    }
}
