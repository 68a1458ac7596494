//! Canonical XML 1.0 and Exclusive XML Canonicalization 1.0.
//!
//! The input is an element with all that it contains, optionally without one element
//! in it: the enveloped-signature transform.
//!
//! <https://www.w3.org/TR/xml-c14n>, <https://www.w3.org/TR/xml-exc-c14n/>

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Node, NodeId, NodeType};

use super::xml::{push_text, push_value};

const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_COMMENTS: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
/// Exclusive canonicalization, and the namespace of its parameters.
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const EXCLUSIVE_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A canonicalization method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Method {
    kind: Kind,
    comments: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Inclusive,
    /// With the prefixes that are treated as inclusive canonicalization does. The
    /// empty text means the default namespace (exc-c14n, section 2).
    Exclusive(BTreeSet<String>),
}

impl Method {
    /// Canonical XML 1.0 without comments: the method of a reference without one
    /// (xmldsig, section 4.4.3.2).
    pub(super) fn inclusive() -> Self {
        Self {
            kind: Kind::Inclusive,
            comments: false,
        }
    }

    /// Exclusive canonicalization without parameters.
    pub(super) fn exclusive() -> Self {
        Self {
            kind: Kind::Exclusive(BTreeSet::new()),
            comments: false,
        }
    }

    /// The method of a `CanonicalizationMethod` or a `Transform`; `None` if it is
    /// another algorithm or has unknown parameters.
    pub(super) fn of(element: Node<'_, '_>) -> Option<Self> {
        let (is_exclusive, comments) = match element.attribute("Algorithm")? {
            INCLUSIVE => (false, false),
            INCLUSIVE_COMMENTS => (false, true),
            EXCLUSIVE => (true, false),
            EXCLUSIVE_COMMENTS => (true, true),
            _ => return None,
        };
        let mut prefixes = BTreeSet::new();
        let mut parameters = element.children().filter(Node::is_element);
        if let Some(parameter) = parameters.next() {
            if !is_exclusive || !parameter.has_tag_name((EXCLUSIVE, "InclusiveNamespaces")) {
                return None;
            }
            let list = parameter.attribute("PrefixList").unwrap_or_default();
            prefixes.extend(list.split_ascii_whitespace().map(|prefix| match prefix {
                "#default" => String::new(),
                prefix => prefix.to_owned(),
            }));
        }
        if parameters.next().is_some() {
            return None;
        }
        let kind = if is_exclusive {
            Kind::Exclusive(prefixes)
        } else {
            Kind::Inclusive
        };
        Some(Self { kind, comments })
    }

    /// The same method, without comments.
    ///
    /// A reference by `#ID` or by an empty URI has no comments, whatever the method
    /// is (xmldsig, section 4.4.3.3).
    pub(super) fn without_comments(self) -> Self {
        Self {
            comments: false,
            ..self
        }
    }
}

/// The canonical form of `apex` without the element `omitted`.
pub(super) fn canonicalize(apex: Node<'_, '_>, method: &Method, omitted: Option<NodeId>) -> String {
    let mut writer = Writer {
        method,
        omitted,
        apex: apex.id(),
        out: String::new(),
    };
    writer.node(apex, &BTreeMap::new());
    writer.out
}

/// Prefixes with their namespaces. The default namespace has an empty prefix.
type Namespaces<'a> = BTreeMap<&'a str, &'a str>;

struct Writer<'m> {
    method: &'m Method,
    omitted: Option<NodeId>,
    apex: NodeId,
    out: String,
}

impl Writer<'_> {
    /// Recursive: [`super::xml::parse`] limits the depth.
    fn node<'a>(&mut self, node: Node<'a, '_>, rendered: &Namespaces<'a>) {
        match node.node_type() {
            NodeType::Element if self.omitted == Some(node.id()) => {}
            NodeType::Element => self.element(node, rendered),
            NodeType::Text => push_text(&mut self.out, node.text().unwrap_or_default()),
            NodeType::Comment if self.method.comments => {
                self.out.push_str("<!--");
                self.out.push_str(node.text().unwrap_or_default());
                self.out.push_str("-->");
            }
            NodeType::PI => {
                if let Some(instruction) = node.pi() {
                    self.out.push_str("<?");
                    self.out.push_str(instruction.target);
                    if let Some(value) = instruction.value.filter(|value| !value.is_empty()) {
                        self.out.push(' ');
                        self.out.push_str(value);
                    }
                    self.out.push_str("?>");
                }
            }
            NodeType::Comment | NodeType::Root => {}
        }
    }

    fn element<'a>(&mut self, node: Node<'a, '_>, rendered: &Namespaces<'a>) {
        let name = qualified(node, node.range().start + 1, node.tag_name().name());
        self.out.push('<');
        self.out.push_str(&name);
        let mut scope = rendered.clone();
        for (prefix, uri) in self.namespaces(node) {
            if rendered.get(prefix).copied().unwrap_or_default() == uri {
                continue;
            }
            scope.insert(prefix, uri);
            self.out.push_str(if prefix.is_empty() {
                " xmlns"
            } else {
                " xmlns:"
            });
            self.out.push_str(prefix);
            self.out.push('=');
            push_value(&mut self.out, uri);
        }
        for ((_, _), (name, value)) in self.attributes(node) {
            self.out.push(' ');
            self.out.push_str(&name);
            self.out.push('=');
            push_value(&mut self.out, value);
        }
        self.out.push('>');
        for child in node.children() {
            self.node(child, &scope);
        }
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    /// The namespaces that the element declares unless its parent has rendered them:
    /// all in scope, or those that it uses visibly (exc-c14n, section 3).
    fn namespaces<'a>(&self, node: Node<'a, '_>) -> Namespaces<'a> {
        let in_scope = node
            .namespaces()
            .map(|space| (space.name().unwrap_or_default(), space.uri()));
        // The prefix `xml` is never declared.
        let in_scope = in_scope.filter(|(prefix, _)| *prefix != "xml");
        let Kind::Exclusive(listed) = &self.method.kind else {
            return in_scope.collect();
        };
        let mut used: BTreeSet<&str> = node
            .attributes()
            .map(|attribute| prefix(node, attribute.range().start))
            .filter(|prefix| !prefix.is_empty())
            .collect();
        let own = prefix(node, node.range().start + 1);
        used.insert(own);
        let mut namespaces: Namespaces<'_> = in_scope
            .filter(|(prefix, _)| used.contains(prefix) || listed.contains(*prefix))
            .collect();
        if own.is_empty() {
            // An element without a namespace cancels the default of its parent.
            namespaces.entry("").or_default();
        }
        namespaces
    }

    /// The attributes in canonical order: by namespace, then by local name.
    fn attributes<'a>(
        &self,
        node: Node<'a, '_>,
    ) -> BTreeMap<(&'a str, &'a str), (String, &'a str)> {
        let mut attributes = BTreeMap::new();
        for attribute in node.attributes() {
            let name = qualified(node, attribute.range().start, attribute.name());
            let namespace = attribute.namespace().unwrap_or_default();
            attributes.insert((namespace, attribute.name()), (name, attribute.value()));
        }
        // Inclusive canonicalization keeps the `xml:` attributes that the apex inherits.
        if self.method.kind == Kind::Inclusive && node.id() == self.apex {
            for ancestor in node.ancestors().skip(1) {
                for attribute in ancestor.attributes() {
                    if attribute.namespace() == Some(XML) {
                        let name = format!("xml:{}", attribute.name());
                        attributes
                            .entry((XML, attribute.name()))
                            .or_insert((name, attribute.value()));
                    }
                }
            }
        }
        attributes
    }
}

fn qualified(node: Node<'_, '_>, at: usize, local: &str) -> String {
    match prefix(node, at) {
        "" => local.to_owned(),
        prefix => format!("{prefix}:{local}"),
    }
}

/// The prefix of the name at a position of the document. The parser does not keep it.
fn prefix<'a>(node: Node<'a, '_>, at: usize) -> &'a str {
    let source: &'a str = node.document().input_text();
    let rest = source.get(at..).unwrap_or_default();
    let is_end = |char: char| matches!(char, ':' | '=' | '/' | '>') || char.is_ascii_whitespace();
    match rest.find(is_end).map(|end| rest.split_at(end)) {
        Some((prefix, after)) if after.starts_with(':') => prefix,
        _ => "",
    }
}
