//! The description of the API (OpenAPI 3.1): what the handlers say of themselves, and what is true of all of them.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};

use super::problem::{KINDS, ProblemBody};

/// The tag of what is about tasks.
pub const TASKS: &str = "Tasks";
/// The tag of what is about logging in.
pub const AUTH: &str = "Logging in";
/// The tag of what is about the account.
pub const ACCOUNT: &str = "Account";

/// Texts that people write: without U+0000.
const TEXT: &str = "^[^\\u0000]*$";

/// The same, and not only blanks.
const SOME_TEXT: &str =
    "^[^\\u0000]*[^\\u0000\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000][^\\u0000]*$";

#[derive(OpenApi)]
#[openapi(
    info(title = "Docket", description = "Tasks, for programs. Every answer is JSON in UTF-8; times are RFC 3339 in UTC.

Make a personal access token in the settings (`/settings/tokens`), and send it as `Authorization: Bearer dkt_…`. `createToken` makes a JWT of it, to \
pass on.

What doesn't work is told as `application/problem+json` (RFC 9457), with a `code` for programs. Who calls too often is told to wait \
(`Retry-After`)."),
    servers((url = "/api/v1", description = "This Docket")),
    components(schemas(ProblemBody)),
)]
struct Description;

/// What the routes are added to.
pub fn base() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    description.tags = Some(vec![
        tag(TASKS, "What there is to do."),
        tag(
            AUTH,
            "Three ways: a session by cookie, a personal access token (made at `/settings/tokens`), a JWT of either.",
        ),
        tag(ACCOUNT, "The account of who asks."),
    ]);
    let components = description.components.get_or_insert_default();
    let cookie = ApiKeyValue::with_description(
        "docket",
        "The session's cookie, for pages of the same origin; its name is `__Host-docket` where people reach Docket by https.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dkt_… or JWT");
    let bearer = bearer.description(Some(
        "A personal access token, or a JWT of `createToken`. Scopes: `tasks:read`; `tasks:write`, which \
         shows the tasks that it changes, too; `account:read`; and `account:write`, which only a JWT of a session has.",
    ));
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    description
}

/// What `fields` names of a task.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "its properties are those of Task: see `finish`")]
pub struct SparseTask {}

/// Adds what is true of every operation.
pub fn finish(description: &utoipa::openapi::OpenApi) -> Value {
    let mut description = serde_json::to_value(description).unwrap_or_default();
    let whole = description["components"]["schemas"]["Task"]["properties"].clone();
    description["components"]["schemas"]["SparseTask"]["properties"] = whole;
    // A whole task has what is asked for, too.
    let listed = &mut description["components"]["schemas"]["ListedTask"];
    listed["anyOf"] = listed["oneOf"].take();
    listed.as_object_mut().map(|listed| listed.remove("oneOf"));
    describe_body_rules(&mut description["components"]["schemas"]);
    description["components"]["responses"] = problems();
    description["components"]["headers"] = headers();
    if let Some(paths) = description["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                finish_operation(path, method, operation);
            }
        }
    }
    link(&mut description["paths"]);
    description
}

/// Says what of an answer leads to which operation.
fn link(paths: &mut Value) {
    let to = |operation: &str, parameter: &str, value: &str| {
        (operation.to_owned(), json!({ "operationId": operation, "parameters": { parameter: value } }))
    };
    let of_task = || {
        ["getTask", "updateTask", "deleteTask", "toggleTask", "restoreTask", "getTaskHistory"]
            .map(|operation| to(operation, "path.id", "$response.body#/id"))
    };
    for (path, method, status, links) in [
        ("/tasks", "post", "201", of_task().to_vec()),
        ("/tasks/{id}", "patch", "200", of_task().to_vec()),
        (
            "/tasks",
            "get",
            "200",
            vec![
                to("listTasks", "query.cursor", "$response.body#/next_cursor"),
                to("getTask", "path.id", "$response.body#/tasks/0/id"),
            ],
        ),
        ("/tasks/{id}", "delete", "204", vec![to("restoreTask", "path.id", "$request.path.id")]),
        (
            "/tasks/{id}/history",
            "get",
            "200",
            vec![to("getTaskHistory", "query.cursor", "$response.body#/next_cursor")],
        ),
        ("/me/audit", "get", "200", vec![to("getAudit", "query.cursor", "$response.body#/next_cursor")]),
        ("/me/sessions", "get", "200", vec![to("endSession", "path.id", "$response.body#/sessions/0/id")]),
    ] {
        paths[path][method]["responses"][status]["links"] = links.into_iter().collect::<Map<_, _>>().into();
    }
}

/// What a text may be, and what one field asks of another.
fn describe_body_rules(schemas: &mut Value) {
    for (schema, field, pattern) in [
        ("NewTask", "title", SOME_TEXT),
        ("NewTask", "description", TEXT),
        ("TaskChanges", "title", SOME_TEXT),
        ("TaskChanges", "description", TEXT),
        ("NewAccount", "name", SOME_TEXT),
        ("AccountChanges", "name", SOME_TEXT),
    ] {
        schemas[schema]["properties"][field]["pattern"] = pattern.into();
    }
    let day = json!({ "properties": { "due_date": { "type": "string" } }, "required": ["due_date"] });
    let time = json!({ "properties": { "due_time": { "type": "string" } }, "required": ["due_time"] });
    let done = json!({ "properties": { "completed": { "const": true } } });
    let agrees = json!({
        "if": { "properties": { "status": { "const": "completed" } }, "required": ["status"] },
        "then": done,
        "else": {
            "if": { "required": ["status"] },
            "then": { "properties": { "completed": { "const": false } } }
        }
    });
    // As they are read.
    schemas["NewTask"]["additionalProperties"] = false.into();
    for operation in schemas["Operation"]["oneOf"].as_array_mut().into_iter().flatten() {
        operation["additionalProperties"] = false.into();
    }
    schemas["NewTask"]["allOf"] = json!([{ "if": time, "then": day }, agrees]);
    let taken = json!({ "properties": { "due_date": { "type": "null" } }, "required": ["due_date"] });
    let no_time = json!({ "properties": { "due_time": { "type": "null" } } });
    schemas["TaskChanges"]["allOf"] = json!([{ "if": taken, "then": no_time }, agrees]);
}

/// The answer to each kind of problem, by status.
fn problems() -> Value {
    let mut answers = Map::new();
    for kind in KINDS {
        let name = format!("Problem{}", kind.status);
        let codes: Vec<_> = KINDS.iter().filter(|other| other.status == kind.status).collect();
        let text: Vec<_> =
            codes.iter().map(|kind| format!("`{}`: {}. {}", kind.code, kind.title, kind.advice)).collect();
        let examples: Map<_, _> = codes.iter().map(|kind| (kind.code.to_owned(), example(kind))).collect();
        let mut answer = json!({
            "description": text.join("\n\n"),
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": examples } },
        });
        let header = match kind.status {
            401 | 403 => Some(("WWW-Authenticate", "Challenge")),
            405 => Some(("Allow", "Allow")),
            409 | 429 | 503 => Some(("Retry-After", "RetryAfter")),
            412 => Some(("ETag", "ETag")),
            _ => None,
        };
        if let Some((header, component)) = header {
            answer["headers"] = json!({ header: { "$ref": format!("#/components/headers/{component}") } });
        }
        answers.insert(name, answer);
    }
    answers.into()
}

fn example(kind: &super::problem::Kind) -> Value {
    let mut value = json!({
        "type": format!("/api/docs#{}", kind.code),
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice,
        "code": kind.code,
        "request_id": "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f",
    });
    if kind.code == "invalid" {
        value["errors"] = json!([{ "field": "title", "message": "This can't be empty." }]);
    }
    json!({ "value": value })
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let number =
        |description: &str| json!({ "description": description, "schema": { "type": "integer", "minimum": 0 } });
    json!({
        "ETag": text("The version of the task, in quotes (RFC 9110): for `If-Match` and `If-None-Match`."),
        "Location": text("The path of what was made."),
        "Link": text("The paths of the first page, and where there are ones, of the next, the one before and the last (RFC 8288)."),
        "Allow": text("The methods that the path takes."),
        "Challenge": text("How to log in (RFC 6750); not on every 403."),
        "RetryAfter": number("How many seconds to wait; not on every 409."),
        "RateLimit": text("How many requests are left, and in how many seconds all are there again: `\"caller\";r=599;t=1` (IETF draft-ietf-httpapi-ratelimit-headers)."),
        "RateLimitPolicy": text("How many requests there are in how many seconds: `\"caller\";q=600;w=60`."),
    })
}

fn finish_operation(path: &str, method: &str, operation: &mut Value) {
    let posts_task = method == "post" && path.starts_with("/tasks");
    let one_task = path.contains("/tasks/{id}");
    let has_body = operation.get("requestBody").is_some();
    let mut statuses = vec![401, 403, 429, 500, 503];
    if has_body || method == "post" {
        statuses.extend([400, 413]);
    }
    if has_body {
        statuses.extend([415, 422]);
    }
    let has_query = operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    if has_query || posts_task {
        statuses.push(422);
    }
    if path.contains("{id}") || path == "/tasks/bulk" {
        statuses.push(404);
    }
    let preconditions = one_task && (method == "patch" || method == "delete" || posts_task);
    if preconditions || path == "/tasks/bulk" {
        statuses.push(412);
    }
    if posts_task {
        statuses.push(409);
    }
    for status in statuses {
        operation["responses"][status.to_string()] =
            json!({ "$ref": format!("#/components/responses/Problem{status}") });
    }
    let mut header = |name: &str, description: &str, schema: Value| {
        let parameter =
            json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    };
    if posts_task || path == "/auth/register" {
        let text = "Any text of your own, such as a UUID: the same request sent again under it, within 24 hours, is done once and answered alike.";
        header("Idempotency-Key", text, json!({ "type": "string", "pattern": "^[!-~]{1,255}$" }));
    }
    if preconditions {
        let text = "The `ETag` of the version that is meant: in another one nothing is done, and the answer is 412.";
        header("If-Match", text, json!({ "type": "string", "example": "\"1\"" }));
    }
    if one_task && method == "get" && path.ends_with("{id}") {
        let text = "The `ETag` of the version that is known: the answer to it is 304, without a body.";
        header("If-None-Match", text, json!({ "type": "string", "example": "\"1\"" }));
    }
    for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
        if answer.get("$ref").is_some() {
            continue;
        }
        let mut named = vec![("RateLimit", "RateLimit"), ("RateLimit-Policy", "RateLimitPolicy")];
        let has_task = one_task && !path.ends_with("history");
        if status == "201" && posts_task || has_task {
            named.push(("ETag", "ETag"));
        }
        if status == "201" && posts_task {
            named.push(("Location", "Location"));
        }
        if path == "/tasks" && method == "get" {
            named.push(("Link", "Link"));
        }
        for (name, component) in named {
            answer["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
        }
    }
}
