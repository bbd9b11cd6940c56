//! What a schema says, in words.

use super::{
    markup::Markup,
    node::{Node, quoted},
};

/// How deep objects in objects are shown, and examples are made up.
const DEPTH: usize = 4;

/// The longest pattern that is shown.
const SHORT: usize = 48;

/// What is said of a field beside its schema.
#[derive(Default)]
pub struct Said<'a> {
    /// Whether it has to be there.
    pub required: bool,
    /// Where it stands, if that has to be told.
    pub place: Option<&'a str>,
    /// What it is for; else the schema says so.
    pub text: Option<&'a str>,
}

/// The schemas of a document.
pub struct Schemas<'a>(pub &'a Node);

impl<'a> Schemas<'a> {
    /// A schema, parameter or answer, wherever it is written down, and its name if it has one.
    pub fn found(&self, node: &'a Node) -> (Option<&'a str>, &'a Node) {
        let Some(way) = node.text("$ref").and_then(|reference| reference.strip_prefix("#/")) else {
            return (None, node);
        };
        let way: Vec<&str> = way.split('/').collect();
        (way.last().copied(), self.0.at(&way).unwrap_or(node))
    }

    /// What kind of value it is: `UUID`, `list of Task`, `string or null`.
    pub fn kind(&self, page: &mut Markup, schema: &'a Node) {
        if let (Some(name), _) = self.found(schema) {
            page.raw("<a href=\"#schema-").text(name).raw("\">").text(name).raw("</a>");
        } else if let Some(value) = schema.get("const") {
            page.code(&value.line());
        } else if let Some(values) = schema.get("enum") {
            for (index, value) in values.items().iter().enumerate() {
                page.raw(if index == 0 { "" } else { " · " });
                page.code(value.as_text().unwrap_or(&value.line()));
            }
        } else if let Some(variants) = variants(schema) {
            for (index, variant) in variants.iter().enumerate() {
                page.raw(if index == 0 { "" } else { " or " });
                self.kind(page, variant);
            }
        } else if let [only] = schema.items_of("allOf") {
            self.kind(page, only);
        } else {
            self.plain_kind(page, schema);
        }
    }

    fn plain_kind(&self, page: &mut Markup, schema: &'a Node) {
        let single = schema.get("type").into_iter().filter_map(Node::as_text);
        let several = schema.items_of("type").iter().filter_map(Node::as_text);
        for (index, kind) in single.chain(several).enumerate() {
            page.raw(if index == 0 { "" } else { " or " });
            match (kind, schema.text("format")) {
                ("array", _) => {
                    page.raw("list of ");
                    schema.get("items").inspect(|items| self.kind(page, items));
                }
                ("string", Some("uuid")) => _ = page.raw("UUID"),
                ("string", Some("date-time")) => _ = page.raw("time"),
                ("string", Some("email")) => _ = page.raw("e-mail address"),
                ("string", Some(format)) => _ = page.text(format),
                (kind, _) => _ = page.text(kind),
            }
        }
    }

    /// Whether it is an object, or may be several.
    pub fn has_fields(&self, schema: &'a Node) -> bool {
        let (_, schema) = self.found(schema);
        let parts = schema.items_of("allOf").iter().chain(variants(schema).unwrap_or_default());
        schema.get("properties").is_some()
            || parts.into_iter().any(|part| self.found(part).1.get("properties").is_some())
    }

    /// The fields of an object, or of each object that it may be.
    pub fn fields(&self, page: &mut Markup, schema: &'a Node, depth: usize) {
        let (_, schema) = self.found(schema);
        let fields = schema.entries_of("properties");
        let required: Vec<&str> = schema.items_of("required").iter().filter_map(Node::as_text).collect();
        if !fields.is_empty() {
            page.raw("<dl class=\"terms\">");
            for (name, field) in fields {
                let said = Said { required: required.contains(&name.as_str()), ..Said::default() };
                self.field(page, name, field, &said, depth);
            }
            page.raw("</dl>");
        }
        for part in schema.items_of("allOf") {
            self.fields(page, part, depth);
        }
        for (index, variant) in variants(schema).unwrap_or_default().iter().enumerate() {
            if depth < DEPTH && self.found(variant).1.get("properties").is_some() {
                page.raw(if index == 0 {
                    "<div class=\"variant\">"
                } else {
                    "<p class=\"or\">or</p><div class=\"variant\">"
                });
                self.fields(page, variant, depth + 1);
                page.raw("</div>");
            }
        }
    }

    /// One field, parameter or header.
    pub fn field(&self, page: &mut Markup, name: &str, schema: &'a Node, said: &Said, depth: usize) {
        page.raw("<div><dt><code>").text(name).raw("</code> <span class=\"kind\">");
        self.kind(page, schema);
        if let Some(place) = said.place {
            page.raw(" · ").text(place);
        }
        page.raw(if said.required { "</span> <span class=\"must\">required</span>" } else { "</span>" });
        page.raw("</dt><dd>");
        if let Some(text) = said.text.or_else(|| schema.text("description")) {
            page.prose(text);
        }
        let limits = limits(schema);
        if !limits.is_empty() {
            page.raw("<p class=\"limits\">").line(&limits.join(" · ")).raw("</p>");
        }
        let inner = if schema.get("properties").is_some() { Some(schema) } else { schema.get("items") };
        if let Some(inner) = inner.filter(|inner| depth < DEPTH && inner.get("properties").is_some()) {
            self.fields(page, inner, depth + 1);
        }
        page.raw("</dd></div>");
    }

    /// A value as it may be: the example that is written down, or one made up.
    pub fn example(&self, schema: &'a Node, depth: usize) -> Node {
        let (_, schema) = self.found(schema);
        let written = schema.get("example").or_else(|| schema.items_of("examples").first());
        let written = written.or_else(|| schema.get("const")).or_else(|| schema.get("default"));
        if let Some(value) = written.or_else(|| schema.items_of("enum").first()) {
            return value.clone();
        }
        if let Some(first) = variants(schema).and_then(|variants| variants.first().copied()) {
            return self.example(first, depth + 1);
        }
        let parts = schema.items_of("allOf").iter().flat_map(|part| self.found(part).1.entries_of("properties"));
        let fields: Vec<_> = parts.chain(schema.entries_of("properties")).collect();
        if !fields.is_empty() && depth < DEPTH {
            let entry = |(name, field): &&(String, Node)| (name.clone(), self.example(field, depth + 1));
            return Node::Object(fields.iter().map(entry).collect());
        }
        match schema.text("type").or_else(|| schema.items_of("type").first().and_then(Node::as_text)) {
            Some("integer" | "number") => {
                schema.get("minimum").map_or_else(|| Node::Plain("1".to_owned()), Node::clone)
            }
            Some("boolean") => Node::Plain("false".to_owned()),
            Some("array") if depth < DEPTH => {
                Node::List(schema.get("items").map(|items| self.example(items, depth + 1)).into_iter().collect())
            }
            Some("array") => Node::List(Vec::new()),
            Some("object") => Node::Object(Vec::new()),
            _ => Node::Text("…".to_owned()),
        }
    }
}

/// What it may be, if it may be several things.
fn variants(schema: &Node) -> Option<Vec<&Node>> {
    let variants = schema.items_of("oneOf").iter().chain(schema.items_of("anyOf"));
    // Null comes last.
    let (null, mut all): (Vec<_>, Vec<_>) = variants.partition(|variant| variant.text("type") == Some("null"));
    all.extend(null);
    (!all.is_empty()).then_some(all)
}

/// How long, how large and how many.
fn limits(schema: &Node) -> Vec<String> {
    let mut all = Vec::new();
    let sides = [
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " fields"),
    ];
    for (least, most, what) in sides {
        let side = |name| schema.get(name).map(Node::line);
        match (side(least), side(most)) {
            (Some(least), Some(most)) if least == most => all.push(format!("{least}{what}")),
            (Some(least), Some(most)) => all.push(format!("{least} to {most}{what}")),
            (Some(least), None) => {
                let what = if least == "1" { what.trim_end_matches('s') } else { what };
                all.push(format!("at least {least}{what}"));
            }
            (None, Some(most)) => all.push(format!("at most {most}{what}")),
            (None, None) => {}
        }
    }
    match schema.text("pattern") {
        Some(pattern) if pattern.contains("\\u0000") => all.push("without U+0000".to_owned()),
        // What is longer nobody reads: the description says it in words.
        Some(pattern) if pattern.len() <= SHORT => all.push(format!("pattern `{pattern}`")),
        _ => {}
    }
    match schema.get("default") {
        Some(Node::Text(text)) => all.push(format!("default `{text}`")),
        Some(value) if value.line() != "null" => all.push(format!("default `{}`", value.line())),
        _ => {}
    }
    if let Some(example) = schema.get("example").filter(|example| matches!(example, Node::Text(_) | Node::Plain(_))) {
        all.push(format!("such as `{}`", example.as_text().map_or_else(|| example.line(), str::to_owned)));
    }
    all
}

/// A text between single quotes of a shell.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command that sends a request.
pub fn command(method: &str, url: &str, protected: bool, body: Option<(&str, &Node)>) -> String {
    let mut lines = vec![match method {
        "get" => format!("curl {}", quoted(url)),
        method => format!("curl -X {} {}", method.to_uppercase(), quoted(url)),
    }];
    if protected {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some((kind, body)) = body {
        lines.push(format!("-H {}", shell(&format!("Content-Type: {kind}"))));
        lines.push(format!("-d {}", shell(&body.line())));
    }
    lines.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        serde_json::from_str(json).unwrap()
    }

    fn kind(json: &str) -> String {
        let mut page = Markup::default();
        let schema = node(json);
        Schemas(&Node::Object(Vec::new())).kind(&mut page, &schema);
        page.into_string()
    }

    #[test]
    fn kinds_read_like_words() {
        assert_eq!(kind(r#"{"type": ["string", "null"], "format": "date"}"#), "date or null");
        assert_eq!(kind(r#"{"type": "array", "items": {"type": "string", "format": "uuid"}}"#), "list of UUID");
        assert_eq!(
            kind(r##"{"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Task"}]}"##),
            "<a href=\"#schema-Task\">Task</a> or null"
        );
        assert_eq!(kind(r#"{"enum": ["a", "<b>"]}"#), "<code>a</code> · <code>&lt;b&gt;</code>");
    }

    #[test]
    fn limits_read_like_words() {
        let schema = node(r#"{"minLength": 1, "maxLength": 200, "default": "x"}"#);
        assert_eq!(limits(&schema), ["1 to 200 characters", "default `x`"]);
        assert_eq!(limits(&node(r#"{"maximum": 9, "default": null}"#)), ["at most 9"]);
        assert_eq!(
            limits(&node(r#"{"minItems": 1, "pattern": "^[^\\u0000]*$"}"#)),
            ["at least 1 item", "without U+0000"]
        );
    }

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let body = node(r#"{"title": "It's $HOME"}"#);
        assert_eq!(
            command("post", "$DOCKET/tasks", true, Some(("application/json", &body))),
            r#"curl -X POST "$DOCKET/tasks" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{"title": "It'\''s $HOME"}'"#
        );
    }
}
