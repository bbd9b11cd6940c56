//! The page that shows the description of the API: made on the server, without scripts, of nothing but the description.

mod markup;
mod node;
mod schema;

use markup::Markup;
use node::Node;
use schema::{Said, Schemas, command};

use super::problem::{KINDS, Kind};

/// What a path may have, in the order in which a page shows it.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One thing that can be done.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    node: &'a Node,
}

impl<'a> Operation<'a> {
    /// What its anchor is called.
    fn id(&self) -> &'a str {
        self.node.text("operationId").unwrap_or_default()
    }

    /// What it does, as a heading.
    fn summary(&self) -> &'a str {
        self.node.text("summary").unwrap_or(self.path).trim_end_matches('.')
    }

    /// The same in short.
    fn name(&self) -> &'a str {
        self.summary().split(", ").next().unwrap_or_default()
    }

    fn is_of(&self, tag: &str) -> bool {
        self.node.items_of("tags").first().and_then(Node::as_text).unwrap_or_default() == tag
    }
}

/// Shows an `OpenAPI` 3.1 document, which is given as JSON. `style` is the path of the style sheet.
pub fn page(document: &str, style: &str) -> Result<String, serde_json::Error> {
    let document: Node = serde_json::from_str(document)?;
    let operations: Vec<_> =
        document.entries_of("paths").iter().flat_map(|(path, item)| operations_at(path, item)).collect();
    let schemas = document.at(&["components", "schemas"]).map_or(&[][..], Node::entries);
    let mut page = Markup::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>The API · Docket</title>\n");
    page.raw("<meta name=\"theme-color\" content=\"#faf9f7\" media=\"(prefers-color-scheme: light)\">\n");
    page.raw("<meta name=\"theme-color\" content=\"#16181d\" media=\"(prefers-color-scheme: dark)\">\n");
    page.raw("<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n");
    page.raw("<link rel=\"stylesheet\" href=\"").text(style).raw("\">\n</head>\n<body>\n");
    page.raw(
        "<header class=\"bar\"><a href=\"/\" class=\"brand\"><span class=\"brand-mark\" aria-hidden=\"true\">✓</span>",
    );
    page.raw("Docket</a></header>\n<main id=\"page\"><div class=\"api\">\n");
    contents(&mut page, &document, &operations);
    page.raw("<div class=\"api-body\">\n<header><h1>The API</h1>\n");
    if let Some(info) = document.get("info") {
        page.prose(info.text("description").unwrap_or_default());
    }
    page.raw("<p class=\"actions\"><a class=\"button secondary small\" href=\"/api/openapi.json\">OpenAPI 3.1 as JSON</a></p>");
    page.raw("</header>\n");
    for tag in document.items_of("tags") {
        let name = tag.text("name").unwrap_or_default();
        page.raw("<section id=\"tag-").text(&anchor(name)).raw("\"><h2>").text(name).raw("</h2>");
        page.prose(tag.text("description").unwrap_or_default());
        for operation in operations.iter().filter(|operation| operation.is_of(name)) {
            operation_card(&mut page, &document, operation);
        }
        page.raw("</section>\n");
    }
    errors(&mut page, KINDS);
    page.raw("<section id=\"schemas\"><h2>Schemas</h2><p>What bodies and answers are made of.</p>");
    for (name, schema) in schemas {
        // Open, so that a link to one shows it in every browser.
        page.raw("<details class=\"part schema\" open id=\"schema-").text(name).raw("\"><summary>").text(name);
        page.raw("</summary>").prose(schema.text("description").unwrap_or_default());
        if !Schemas(&document).has_fields(schema) {
            page.raw("<p class=\"kind\">");
            Schemas(&document).kind(&mut page, schema);
            page.raw("</p>");
        }
        Schemas(&document).fields(&mut page, schema, 0);
        page.raw("</details>\n");
    }
    page.raw("</section>\n</div>\n</div></main>\n</body>\n</html>\n");
    Ok(page.into_string())
}

fn operations_at<'a>(path: &'a str, item: &'a Node) -> impl Iterator<Item = Operation<'a>> {
    METHODS.into_iter().filter_map(move |method| Some(Operation { method, path, node: item.get(method)? }))
}

/// A name as a part of an address.
fn anchor(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect()
}

/// The way through the page.
fn contents(page: &mut Markup, document: &Node, operations: &[Operation]) {
    page.raw("<nav class=\"api-contents\" aria-label=\"On this page\"><ul>\n");
    for tag in document.items_of("tags") {
        let name = tag.text("name").unwrap_or_default();
        page.raw("<li><a href=\"#tag-").text(&anchor(name)).raw("\">").text(name).raw("</a><ul>");
        for operation in operations.iter().filter(|operation| operation.is_of(name)) {
            page.raw("<li><a href=\"#op-").text(operation.id()).raw("\">").text(operation.name()).raw("</a></li>");
        }
        page.raw("</ul></li>\n");
    }
    page.raw("<li><a href=\"#errors\">Errors</a></li>\n<li><a href=\"#schemas\">Schemas</a></li>\n</ul></nav>\n");
}

/// All that is to be known of an operation.
fn operation_card<'a>(page: &mut Markup, document: &'a Node, operation: &Operation<'a>) {
    let Operation { method, path, node } = *operation;
    let schemas = Schemas(document);
    let base = document.items_of("servers").first().and_then(|server| server.text("url")).unwrap_or_default();
    let base = base.trim_end_matches('/');
    let security = node.get("security").or_else(|| document.get("security")).map_or(&[][..], Node::items);
    page.raw("<article class=\"operation\" id=\"op-").text(operation.id()).raw("\">\n<h3>").text(operation.summary());
    page.raw("</h3>\n<p class=\"call\"><span class=\"method ").text(method).raw("\">").text(&method.to_uppercase());
    page.raw("</span> <code>").text(base).text(path).raw("</code></p>\n");
    page.prose(node.text("description").unwrap_or_default());
    page.raw("<p class=\"who\">").raw("<span>Who may</span> ");
    who(page, document, security);
    page.raw("</p>\n");

    let parameters = node.items_of("parameters");
    if !parameters.is_empty() {
        page.raw("<details class=\"part\" open><summary>Parameters</summary><dl class=\"terms\">");
        for parameter in parameters {
            let (_, parameter) = schemas.found(parameter);
            let (place, name) = (parameter.text("in").unwrap_or_default(), parameter.text("name").unwrap_or_default());
            // Most stand in the query, so that the others are named.
            let place = if place == "query" { None } else { Some(place) };
            if let Some(schema) = parameter.get("schema") {
                let said = Said { required: parameter.says("required"), place, text: parameter.text("description") };
                schemas.field(page, name, schema, &said, 0);
            }
        }
        page.raw("</dl></details>\n");
    }
    let body = node.get("requestBody").map(|body| schemas.found(body).1);
    let media = body.and_then(|body| body.entries_of("content").first());
    if let (Some(body), Some((_, media))) = (body, media) {
        page.raw("<details class=\"part\" open><summary>Body");
        for (kind, _) in body.entries_of("content") {
            page.raw(" <code>").text(kind).raw("</code>");
        }
        page.raw("</summary>");
        if let Some(schema) = media.get("schema") {
            page.prose(schemas.found(schema).1.text("description").unwrap_or_default());
            schemas.fields(page, schema, 0);
        }
        page.raw("</details>\n");
    }
    let sent = media.map(|(kind, media)| (kind.as_str(), example(&schemas, media)));
    let words = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => format!("${}", name.to_uppercase()),
        None => part.to_owned(),
    });
    let url = format!("$DOCKET{base}{}", words.collect::<Vec<_>>().join("/"));
    let sent = sent.as_ref().map(|(kind, body)| (*kind, body));
    let protected = security.iter().all(|way| !way.entries().is_empty());
    page.raw("<details class=\"part\"><summary>Example</summary><pre class=\"sample\"><code>");
    page.text(&command(method, &url, protected, sent)).raw("</code></pre></details>\n");
    answers(page, &schemas, node);
    page.raw("</article>\n");
}

/// What a body may be, from where it is described.
fn example<'a>(schemas: &Schemas<'a>, media: &'a Node) -> Node {
    let several = media.entries_of("examples").first().and_then(|(_, example)| example.get("value"));
    let written = media.get("example").or(several).cloned();
    written.or_else(|| media.get("schema").map(|schema| schemas.example(schema, 0))).unwrap_or(Node::Object(Vec::new()))
}

/// Which logins an operation takes.
fn who(page: &mut Markup, document: &Node, security: &[Node]) {
    if security.is_empty() {
        page.raw("anyone");
    }
    for (index, way) in security.iter().enumerate() {
        page.raw(if index == 0 { "" } else { " · " });
        if way.entries().is_empty() {
            page.raw("anyone");
        }
        for (name, scopes) in way.entries() {
            let scheme = document.at(&["components", "securitySchemes", name]);
            match scheme.and_then(|scheme| scheme.text("type")) {
                Some("apiKey") => page.raw("a session"),
                Some("http") => page.raw("a token"),
                _ => page.text(name),
            };
            for (index, scope) in scopes.items().iter().filter_map(Node::as_text).enumerate() {
                page.raw(if index == 0 { " with " } else { ", " }).code(scope);
            }
        }
    }
}

/// What comes back: first what was hoped for, then what may go wrong.
fn answers<'a>(page: &mut Markup, schemas: &Schemas<'a>, operation: &'a Node) {
    let answers = operation.entries_of("responses");
    let (good, mut bad): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| status.as_str() < "400");
    bad.sort_by_key(|(status, _)| status);
    for (status, answer) in good {
        let (_, answer) = schemas.found(answer);
        page.raw("<details class=\"part\"><summary>Answer <code>").text(status).raw("</code></summary>");
        page.prose(answer.text("description").unwrap_or_default());
        let headers = answer.entries_of("headers");
        if !headers.is_empty() {
            page.raw("<dl class=\"terms\">");
            for (name, header) in headers {
                let (_, header) = schemas.found(header);
                if let Some(schema) = header.get("schema") {
                    schemas.field(page, name, schema, &Said { text: header.text("description"), ..Said::default() }, 0);
                }
            }
            page.raw("</dl>");
        }
        if let Some((_, media)) = answer.entries_of("content").first() {
            if let Some(schema) = media.get("schema") {
                page.raw("<p class=\"kind\">");
                schemas.kind(page, schema);
                page.raw("</p>");
            }
            page.json(&example(schemas, media));
        }
        page.raw("</details>\n");
    }
    if bad.is_empty() {
        return;
    }
    page.raw("<details class=\"part\"><summary>Errors");
    for (status, _) in &bad {
        page.raw(" <code>").text(status).raw("</code>");
    }
    page.raw("</summary><dl class=\"terms short\">");
    for (status, answer) in bad {
        let (_, answer) = schemas.found(answer);
        page.raw("<div><dt><code>").text(status).raw("</code></dt><dd>");
        let kinds = kinds(answer);
        if kinds.is_empty() {
            page.prose(answer.text("description").unwrap_or_default());
        }
        for kind in kinds {
            page.raw("<p><a href=\"#").text(kind.code).raw("\">").code(kind.code).raw("</a> ").text(kind.title);
            page.raw("</p>");
        }
        page.raw("</dd></div>");
    }
    page.raw("</dl></details>\n");
}

/// The kinds of problems that an answer has examples of.
fn kinds(answer: &Node) -> Vec<&'static Kind> {
    let Some((_, media)) = answer.entries_of("content").first() else { return Vec::new() };
    let several = media.entries_of("examples").iter().filter_map(|(_, example)| example.get("value"));
    let codes = media.get("example").into_iter().chain(several).filter_map(|example| example.text("code"));
    codes.filter_map(|code| KINDS.iter().find(|kind| kind.code == code)).collect()
}

/// What may go wrong anywhere, and what to do then. The `type` of a problem leads here.
fn errors(page: &mut Markup, kinds: &[Kind]) {
    page.raw("<section id=\"errors\"><h2>Errors</h2><p>Each is <code>application/problem+json</code> with a <code>code</code>");
    page.raw(" that stays what it is, so that a program can go by it.</p><dl class=\"terms errors\">");
    for kind in kinds {
        page.raw("<div id=\"")
            .text(kind.code)
            .raw("\"><dt><code>")
            .text(kind.code)
            .raw("</code> <span class=\"kind\">");
        page.text(&kind.status.to_string()).raw("</span></dt><dd><p><strong>").text(kind.title).raw(".</strong> ");
        page.line(kind.advice).raw("</p></dd></div>");
    }
    page.raw("</dl></section>\n");
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;

    const EVIL: &str = "</title></code><script>alert(1)</script>\"onload='x'";

    /// A document in which everything that can be said is what an attacker would say.
    fn evil() -> String {
        let text = serde_json::Value::from(EVIL).to_string();
        r##"{
            "info": {"description": E}, "servers": [{"url": E}], "tags": [{"name": E, "description": E}],
            "security": [{E: [E]}],
            "paths": {E: {"post": {
                "tags": [E], "operationId": E, "summary": E, "description": E,
                "parameters": [{"name": E, "in": "header", "description": E, "schema": {"type": E, "format": E, "pattern": E, "default": E}}],
                "requestBody": {"content": {E: {"schema": {"$ref": "#/components/schemas/X"}, "example": {E: E}}}},
                "responses": {
                    "200": {"description": E, "headers": {E: {"description": E, "schema": {"enum": [E]}}}, "content": {E: {"schema": {"const": E}, "example": E}}},
                    "404": {"description": E, "content": {E: {"example": {"code": E}}}}
                }
            }}},
            "components": {"schemas": {
                E: {"description": E, "type": E}, "X": {"properties": {E: {"type": "string", "description": E, "example": E}}, "required": [E]}
            }}
        }"##
        .replace("E: {", &format!("{text}: {{"))
        .replace("E: [", &format!("{text}: ["))
        .replace("{E:", &format!("{{{text}:"))
        .replace(": E", &format!(": {text}"))
        .replace("[E]", &format!("[{text}]"))
    }

    #[test]
    fn nothing_in_the_description_becomes_markup() {
        let html = page(&evil(), EVIL).unwrap();
        let parsed = Html::parse_document(&html);
        let none = Selector::parse("script, [onload], [onclick], iframe, img, style, form").unwrap();
        assert_eq!(parsed.select(&none).count(), 0, "{html}");
        assert!(html.matches("alert(1)").count() > 25, "not everything is shown: {html}");
    }

    #[test]
    fn every_error_has_an_anchor_that_a_problem_leads_to() {
        let html = page("{}", "/style.css").unwrap();
        let parsed = Html::parse_document(&html);
        for kind in KINDS {
            let anchor = Selector::parse(&format!("#{}", kind.code)).unwrap();
            let text: String = parsed.select(&anchor).flat_map(|found| found.text()).collect();
            assert!(text.contains(kind.title), "{}", kind.code);
        }
    }
}
