//! The text alternative of an HTML message.

/// Tags that begin or end a line.
const BREAKING: [&str; 15] = [
    "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "table", "tr", "ul",
];

/// `html` as plain text: tags are removed, ends of blocks and `<br>` become line breaks, links
/// are followed by their address, and the common character references are replaced.
///
/// Cognito's templates may have HTML tags (developer guide, "Customizing email verification
/// messages"). A template without any is returned unchanged. `code` is part of `html` and is not
/// HTML itself: a password may have characters that look like a tag.
pub(super) fn of(html: &str, code: &str) -> String {
    /// A character of the private use area, in place of the code.
    const CODE: &str = "\u{f8ff}";

    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    if code.is_empty() || html.contains(CODE) {
        return without_tags(html);
    }
    without_tags(&html.replace(code, CODE)).replace(CODE, code)
}

fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut link: Option<(String, usize)> = None;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        decode(&rest[..start], &mut text);
        rest = &rest[start..];
        let Some(tag) = Tag::read(rest) else {
            // A character that begins no tag.
            text.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.length..];
        match (tag.name.as_str(), tag.is_end) {
            ("style" | "script" | "head" | "title", false) => rest = after(rest, &tag.name),
            ("a", false) => link = tag.href().map(|href| (href, text.len())),
            ("a", true) => {
                if let Some((href, start)) = link.take() {
                    let shown = text[start..].trim();
                    if !href.is_empty() && shown != href {
                        text.extend([" (", &href, ")"]);
                    }
                }
            }
            ("td" | "th", true) => text.push(' '),
            (name, _) if BREAKING.contains(&name) => text.push('\n'),
            _ => {}
        }
    }
    decode(rest, &mut text);
    tidy(&text)
}

/// A tag, a comment, or a declaration.
struct Tag<'a> {
    name: String,
    is_end: bool,
    attributes: &'a str,
    length: usize,
}

impl<'a> Tag<'a> {
    /// The tag at the start of `html`, which begins with `<`.
    fn read(html: &'a str) -> Option<Self> {
        if html.starts_with("<!--") {
            let end = html.find("-->").map_or(html.len(), |end| end + 3);
            return Some(Self {
                name: String::new(),
                is_end: false,
                attributes: "",
                length: end,
            });
        }
        let is_end = html[1..].starts_with('/');
        let inner = &html[1 + usize::from(is_end)..];
        let starts_tag = |first: char| first.is_ascii_alphabetic() || first == '!';
        if !inner.starts_with(starts_tag) {
            return None;
        }
        let end = end_of(inner)?;
        let inside = &inner[..end];
        let length = inside.find(|c: char| c.is_whitespace() || c == '/');
        let (name, attributes) = inside.split_at(length.unwrap_or(inside.len()));
        Some(Self {
            name: name.to_ascii_lowercase(),
            is_end,
            attributes,
            length: html.len() - inner.len() + end + 1,
        })
    }

    /// The address of a link.
    fn href(&self) -> Option<String> {
        let lower = self.attributes.to_ascii_lowercase();
        let value = lower.find("href")? + "href".len();
        let value = self.attributes[value..].trim_start().strip_prefix('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split_whitespace().next(),
        };
        let mut href = String::new();
        decode(value?, &mut href);
        Some(href)
    }
}

/// The position of the `>` that ends a tag. It is not in a quoted value.
fn end_of(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('>', None) => return Some(at),
            _ => {}
        }
    }
    // An unbalanced quote.
    tag.find('>')
}

/// The rest of `html` after the end tag of `name`.
fn after<'a>(html: &'a str, name: &str) -> &'a str {
    let end = html.to_ascii_lowercase().find(&format!("</{name}"));
    let rest = end.map_or("", |end| &html[end..]);
    rest.find('>').map_or("", |end| &rest[end + 1..])
}

/// Appends `html` with its character references replaced.
fn decode(html: &str, text: &mut String) {
    let mut rest = html;
    while let Some(start) = rest.find('&') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';');
        let decoded = end.and_then(|(end, _)| Some((character(&rest[1..end])?, end + 1)));
        let (c, length) = decoded.unwrap_or(('&', 1));
        text.push(c);
        rest = &rest[length..];
    }
    text.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "copy" => '©',
        "reg" => '®',
        "mdash" => '—',
        "ndash" => '–',
        "hellip" => '…',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')?
        }
    })
}

/// One space between words, one empty line at most, and no spaces at the ends of lines.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            empty += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        tidied.push_str(&words.join(" "));
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_templates() {
        for (html, text) in [
            ("Your code is 123456.", "Your code is 123456."),
            ("a  b\n c", "a  b\n c"),
            ("Your code is <b>123456</b>.", "Your code is 123456."),
            (
                "Hello ana,<br>your code:<br/>123456",
                "Hello ana,\nyour code:\n123456",
            ),
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("<P CLASS='a>b'>One</P >", "One"),
            (
                "<a href=\"https://example.com/?a=1&amp;b=2\">Confirm</a> it",
                "Confirm (https://example.com/?a=1&b=2) it",
            ),
            (
                "<a href='https://x.example'>https://x.example</a>",
                "https://x.example",
            ),
            ("<a name=x>here</a>", "here"),
            ("<a href=https://x.example>x</a>", "x (https://x.example)"),
            (
                "<head><title>T</title><style>p > a {}</style></head><p>Hi</p>",
                "Hi",
            ),
            ("<style>a{}", ""),
            ("a<!-- <b> -->b<!-- c", "ab"),
            (
                "1 < 2 & 3 > 2 &amp; &#52;&#x35; &unknown; &;",
                "1 < 2 & 3 > 2 & 45 &unknown; &;",
            ),
            ("&lt;b&gt;Temp<1", "<b>Temp<1"),
            ("<td>a</td><td>b</td>", "a b"),
            ("<!DOCTYPE html><html>é<br>ü</html>", "é\nü"),
            ("&#0;&#xD800;&#10;x", "&#0;&#xD800;\nx"),
            ("<b", "<b"),
            ("<a title=\"5 > 4>x", "4>x"),
        ] {
            assert_eq!(of(html, ""), text, "{html}");
        }
    }

    #[test]
    fn codes_are_not_changed() {
        let password = "a<B1>&lt;  x";
        let html = format!("<p>Password:<br>{password}</p>");
        assert_eq!(of(&html, password), format!("Password:\n{password}"));
    }
}
