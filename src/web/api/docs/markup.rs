//! HTML as it grows. What stands in the program is markup; what comes from elsewhere is text, and can't become markup.

use super::node::{Node, quoted};

/// A piece of a page.
#[derive(Default)]
pub struct Markup(String);

impl Markup {
    /// Markup of the program's own.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Any text, between tags or in the quotes of an attribute.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
        self
    }

    /// A name as programs write it.
    pub fn code(&mut self, text: &str) -> &mut Self {
        self.raw("<code>").text(text).raw("</code>")
    }

    /// A description: paragraphs and lists, with `names` and **what matters** in them. The rest of Markdown is left as it is.
    pub fn prose(&mut self, text: &str) -> &mut Self {
        for block in text.trim().split("\n\n").filter(|block| !block.trim().is_empty()) {
            if block.lines().all(|line| line.starts_with("- ") || line.starts_with("  ")) {
                self.raw("<ul>");
                for item in format!("\n{block}").split("\n- ").skip(1) {
                    self.raw("<li>").line(item).raw("</li>");
                }
                self.raw("</ul>");
            } else {
                self.raw("<p>").line(block).raw("</p>");
            }
        }
        self
    }

    /// A description without paragraphs.
    pub fn line(&mut self, text: &str) -> &mut Self {
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 {
                self.code(part);
                continue;
            }
            for (index, part) in part.split("**").enumerate() {
                if index % 2 == 1 {
                    self.raw("<strong>").text(part).raw("</strong>");
                } else {
                    self.text(part);
                }
            }
        }
        self
    }

    /// A value of JSON over several lines, its parts told apart.
    pub fn json(&mut self, node: &Node) -> &mut Self {
        self.raw("<pre class=\"sample\"><code>").value(node, 0).raw("</code></pre>")
    }

    fn value(&mut self, node: &Node, depth: usize) -> &mut Self {
        match node {
            Node::Plain(text) => self.raw("<b>").text(text).raw("</b>"),
            Node::Text(text) => self.raw("<i>").text(&quoted(text)).raw("</i>"),
            Node::List(items) if items.is_empty() => self.raw("[]"),
            Node::Object(entries) if entries.is_empty() => self.raw("{}"),
            Node::List(items) => {
                self.raw("[");
                for (index, item) in items.iter().enumerate() {
                    self.raw(if index == 0 { "" } else { "," }).turn(depth + 1).value(item, depth + 1);
                }
                self.turn(depth).raw("]")
            }
            Node::Object(entries) => {
                self.raw("{");
                for (index, (name, value)) in entries.iter().enumerate() {
                    self.raw(if index == 0 { "" } else { "," }).turn(depth + 1).text(&quoted(name)).raw(": ");
                    self.value(value, depth + 1);
                }
                self.turn(depth).raw("}")
            }
        }
    }

    /// The next line, and as far in as it belongs.
    fn turn(&mut self, depth: usize) -> &mut Self {
        self.raw("\n");
        for _ in 0..depth {
            self.raw("  ");
        }
        self
    }

    /// The whole.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(make: impl FnOnce(&mut Markup)) -> String {
        let mut markup = Markup::default();
        make(&mut markup);
        markup.into_string()
    }

    #[test]
    fn nothing_that_is_described_becomes_markup() {
        let evil = "</p><script>\"'&`<b>`**<i>**";
        for html in [
            made(|page| _ = page.text(evil)),
            made(|page| _ = page.prose(evil)),
            made(|page| _ = page.line(evil)),
            made(|page| _ = page.json(&Node::Object(vec![(evil.to_owned(), Node::Text(evil.to_owned()))]))),
        ] {
            assert!(!html.contains("<script") && !html.contains("<b>&quot") && !html.contains("</p><"), "{html}");
            assert!(html.contains("&lt;script&gt;"), "{html}");
        }
        assert_eq!(made(|page| _ = page.text("\"'")), "&quot;&#39;");
    }

    #[test]
    fn a_description_has_paragraphs_and_lists() {
        let html = made(|page| _ = page.prose("One `a<b`\nmore.\n\n- first\n- **second**\n\nLast."));
        assert_eq!(
            html,
            "<p>One <code>a&lt;b</code>\nmore.</p><ul><li>first</li><li><strong>second</strong></li></ul><p>Last.</p>"
        );
    }

    #[test]
    fn an_example_is_written_over_lines() {
        let node: Node = serde_json::from_str(r#"{"a": [1, {}], "b": []}"#).unwrap();
        let html = made(|page| _ = page.json(&node));
        assert_eq!(
            html,
            "<pre class=\"sample\"><code>{\n  &quot;a&quot;: [\n    <b>1</b>,\n    {}\n  ],\n  &quot;b&quot;: []\n}</code></pre>"
        );
    }
}
