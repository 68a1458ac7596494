//! XML as SAML permits it: without DTDs, of limited depth, read without truncation.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};

use super::Error;

/// Most characters of a message in base64 (O133).
pub(super) const MAX_CHARACTERS: usize = 100_000;
/// Most nodes of a document. A message with [`MAX_CHARACTERS`] has fewer.
const MAX_NODES: u32 = 100_000;
/// Most levels of elements. Real messages have about ten.
const MAX_DEPTH: usize = 64;
/// Most namespaces that an element and its ancestors declare. Canonical XML sorts them
/// for each element, and the parser's work can grow with their third power.
const MAX_NAMESPACES: usize = 64;
/// Most attributes of an element. The parser compares each with all others.
const MAX_ATTRIBUTES: usize = 256;

/// Parses `text`, an XML document without a DTD.
///
/// A DTD would define entities and default attributes, so the document's meaning
/// would not be in its signed text.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Error> {
    check_tags(text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text, options).map_err(|_| Error::Unreadable("not XML"))?;
    // Namespaces in XML 1.0 does not permit `xmlns:prefix=""`.
    let mut namespaces = document.descendants().flat_map(|node| node.namespaces());
    if namespaces.any(|space| space.name().is_some() && space.uri().is_empty()) {
        return Err(Error::Unreadable("prefix without a namespace"));
    }
    Ok(document)
}

/// Checks the limits of elements, before the parser reads `text`. Text that is not XML
/// is accepted.
fn check_tags(text: &str) -> Result<(), Error> {
    const SPECIAL: [(&str, &str); 3] = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")];
    // The namespaces that each open element and its ancestors declare.
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let special = |(start, end)| Some((after.strip_prefix(start)?, end));
        if let Some((content, end)) = SPECIAL.into_iter().find_map(special) {
            rest = content.split_once(end).map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = split_tag(after);
        rest = after;
        if tag.starts_with('/') {
            open.pop();
            continue;
        }
        // Both are also counted in values.
        let namespaces = open.last().copied().unwrap_or(0) + tag.matches("xmlns").count();
        if namespaces > MAX_NAMESPACES {
            return Err(Error::Unreadable("too many namespaces"));
        }
        if tag.matches('=').count() > MAX_ATTRIBUTES {
            return Err(Error::Unreadable("too many attributes"));
        }
        if open.len() >= MAX_DEPTH {
            return Err(Error::Unreadable("too many levels"));
        }
        if !tag.ends_with('/') {
            open.push(namespaces);
        }
    }
    Ok(())
}

/// The tag at the beginning of `text`, and the text after its `>`, which is the first
/// one outside of quotes.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (&text[..index], &text[index + 1..]),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    (text, "")
}

/// Refuses characters that have four bytes in UTF-8 (O134). Canonical text, which is
/// checked as well, has characters in place of references to them.
pub(super) fn refuse_four_byte_characters(document: &Document<'_>) -> Result<(), Error> {
    if document.input_text().chars().all(|char| char <= '\u{ffff}') {
        return Ok(());
    }
    Err(Error::Unreadable("character of four bytes"))
}

/// Refuses a document in which two elements have the same id. A reference to the id
/// could then mean either of them (xmldsig, section 4.4.3.3).
pub(super) fn refuse_duplicate_ids(document: &Document<'_>) -> Result<(), Error> {
    let mut ids = BTreeSet::new();
    for node in document.descendants() {
        // `ID` is SAML's attribute, `Id` that of signatures; others may be ids elsewhere.
        let is_id = |name: &str| name.eq_ignore_ascii_case("id");
        for attribute in node
            .attributes()
            .filter(|attribute| is_id(attribute.name()))
        {
            if !ids.insert(attribute.value()) {
                return Err(Error::Unreadable("duplicate ID"));
            }
        }
    }
    Ok(())
}

/// The children of `node` with the name.
pub(super) fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

/// The child with the name, if it exists once; an error if it exists more than once.
pub(super) fn child<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Option<Node<'a, 'i>>, Error> {
    let mut found = children(node, namespace, name);
    let first = found.next();
    if found.next().is_some() {
        return Err(Error::Malformed("repeated element"));
    }
    Ok(first)
}

/// The child with the name, which has to exist once.
pub(super) fn required<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Node<'a, 'i>, Error> {
    child(node, namespace, name)?.ok_or(Error::Malformed(name))
}

/// The whole text of `node`, without the white space around it; `None` if it has
/// child elements.
///
/// Comments and processing instructions divide text into several nodes. Readers of
/// the first node alone are deceived by `user@evil.example<!---->.example.com`
/// (<https://duo.com/blog/duo-finds-saml-vulnerabilities-affecting-multiple-implementations>).
/// That Cognito removes the white space is inferred: `OpenSAML` does.
pub(super) fn text(node: Node<'_, '_>) -> Option<String> {
    if node.children().any(|child| child.is_element()) {
        return None;
    }
    let parts = node.children().filter(Node::is_text);
    let text: String = parts.filter_map(|part| part.text()).collect();
    let is_space = |char: char| matches!(char, ' ' | '\t' | '\r' | '\n');
    Some(text.trim_matches(is_space).to_owned())
}

/// Appends `text` as content of an element, in the form of canonical XML
/// (<https://www.w3.org/TR/xml-c14n#ProcessingModel>).
pub(super) fn push_text(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            char => out.push(permitted(char)),
        }
    }
}

/// Appends `value` as an attribute's value in quotes, in the form of canonical XML.
pub(super) fn push_value(out: &mut String, value: &str) {
    out.push('"');
    for char in value.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            char => out.push(permitted(char)),
        }
    }
    out.push('"');
}

/// The character, or the replacement character if XML 1.0 cannot express it. Parsed
/// documents have only characters that it can.
fn permitted(char: char) -> char {
    match char {
        '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'.. => char,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// An element with attributes and content, as text. `content` is XML.
pub(super) fn element(name: &str, attributes: &[(&str, Option<&str>)], content: &str) -> String {
    let mut out = format!("<{name}");
    for (attribute, value) in attributes {
        if let Some(value) = value {
            out.push(' ');
            out.push_str(attribute);
            out.push('=');
            push_value(&mut out, value);
        }
    }
    out.push('>');
    out.push_str(content);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    out
}

/// `text` as the content of an element.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_text(&mut out, text);
    out
}
