//! Lists of tasks: `GET /api/v1/tasks`.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    bodies::{OneOf, PRIORITIES, TaskBody, json},
    caller::Caller,
    extract::{Query, flag, number},
    openapi::TASKS,
    problem::Problem,
};
use crate::{
    domain::{
        calendar::Day,
        query::{Sort, TEXT_LIMIT},
        scope::Scope,
        task::{Priority, TaskStatus},
    },
    error::AppError,
    server::{
        clock::Local,
        database::Failure,
        state::AppState,
        store::tasks::list::{self, FARTHEST, From, KEYS, Listed, Listing, MOST, PAGE},
    },
};

/// The fields of a task, in their order.
const FIELDS: [&str; 13] = [
    "id",
    "title",
    "description",
    "status",
    "completed",
    "priority",
    "due_date",
    "due_time",
    "position",
    "version",
    "created_at",
    "updated_at",
    "completed_at",
];

/// Which tasks, in what order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its description is needed")]
pub struct ListParams {
    /// Only those that are completed, or only those that aren't.
    completed: Option<bool>,
    /// Only those that stand there; `all` for any.
    #[param(inline)]
    status: Option<StatusParam>,
    /// Only those that matter so much.
    #[param(value_type = Option<super::bodies::PriorityName>)]
    priority: Option<String>,
    /// Only those that are due on this day or later.
    #[param(format = Date)]
    due_from: Option<String>,
    /// Only those that are due on this day or earlier.
    #[param(format = Date)]
    due_to: Option<String>,
    /// Only those that are overdue, by the owner's clock, or only those that aren't.
    overdue: Option<bool>,
    /// Only those that are archived, or only those that aren't. What was completed long ago is archived.
    archived: Option<bool>,
    /// Words that stand in title or description; the last one may be the beginning of a word.
    #[param(max_length = 200, pattern = "^[^\\u0000]*$", example = "milk")]
    q: Option<String>,
    /// The order; with `-`, the greatest or the latest first. Equal ones are ordered by `id`. Without a due date comes last; with `-`, first.
    #[param(inline)]
    sort: Option<SortParam>,
    /// The most tasks of an answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Leaves out so many. What comes and goes meanwhile shifts the pages: a cursor doesn't. Not with `cursor`.
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    offset: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same `sort`.
    #[param(format = "cursor", min_length = 1)]
    cursor: Option<String>,
    /// Only these fields of each task, with commas between them.
    #[param(
        pattern = "^(id|title|description|status|completed|priority|due_date|due_time|position|version|created_at|updated_at|completed_at)(,(id|title|description|status|completed|priority|due_date|due_time|position|version|created_at|updated_at|completed_at))*$",
        example = "id,title"
    )]
    fields: Option<String>,
}

/// Where a task stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is needed")]
enum StatusParam {
    All,
    Pending,
    InProgress,
    Completed,
}

/// An order.
#[derive(ToSchema)]
#[schema(default = "-created_at")]
#[allow(dead_code, reason = "only its schema is needed")]
enum SortParam {
    #[schema(rename = "created_at")]
    Created,
    #[schema(rename = "-created_at")]
    CreatedDown,
    #[schema(rename = "due_date")]
    Due,
    #[schema(rename = "-due_date")]
    DueDown,
    #[schema(rename = "priority")]
    Priority,
    #[schema(rename = "-priority")]
    PriorityDown,
    #[schema(rename = "title")]
    Title,
    #[schema(rename = "-title")]
    TitleDown,
    #[schema(rename = "updated_at")]
    Updated,
    #[schema(rename = "-updated_at")]
    UpdatedDown,
    #[schema(rename = "position")]
    Position,
    #[schema(rename = "-position")]
    PositionDown,
}

/// A part of a list.
#[derive(Serialize, ToSchema)]
struct TaskList {
    /// Up to `limit` tasks: whole ones, or of each what `fields` names.
    #[schema(value_type = Vec<ListedTask>)]
    tasks: Vec<Item>,
    /// How many there are on all pages.
    #[schema(minimum = 0, example = 1)]
    total: u64,
    /// For the next page, if there is one: the `cursor` to ask with.
    #[schema(required, example = json!(null))]
    next_cursor: Option<String>,
}

/// A task of a page.
#[derive(Serialize)]
#[serde(untagged)]
enum Item {
    Whole(TaskBody),
    Sparse(serde_json::Value),
}

impl Item {
    /// What `fields` names of a task; all of it, where nobody says.
    fn of(task: TaskBody, fields: Option<&[&'static str]>) -> Result<Self, Failure> {
        let Some(fields) = fields else { return Ok(Self::Whole(task)) };
        let mut task = json(&task)?;
        if let serde_json::Value::Object(task) = &mut task {
            task.retain(|name, _| fields.contains(&name.as_str()));
        }
        Ok(Self::Sparse(task))
    }
}

/// A whole task, or what `fields` names of it.
#[derive(ToSchema)]
#[schema(as = ListedTask)]
#[allow(dead_code, clippy::large_enum_variant, reason = "only its schema is needed")]
#[serde(untagged)]
#[derive(Serialize)]
enum ListedTask {
    /// All of it.
    Whole(TaskBody),
    /// What was asked for.
    Sparse(super::openapi::SparseTask),
}

/// What a query asks for.
fn listing(mut query: Query) -> Result<(Listing, Option<Vec<&'static str>>), Problem> {
    let default = Listing::default();
    let text = |text: &str| match text {
        text if text.contains('\0') => Err("This contains U+0000, which no text here has."),
        text if text.chars().count() > TEXT_LIMIT => Err("This is longer than 200 characters."),
        text => Ok(text.trim().to_owned()),
    };
    let status = query.take("status", |text| match text {
        "all" => Ok(None),
        text => TaskStatus::parse(text).map(Some).map_err(|_| OneOf("all, pending, in_progress, completed")),
    });
    let sort = query.take("sort", |text| {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let key = KEYS.into_iter().find(|key| key.as_str() == name);
        key.map(|key| Sort { key, descending }).ok_or("There is no such order.")
    });
    let offset = query.take("offset", number(0, FARTHEST));
    let cursor = query.take("cursor", |text| Ok::<_, &str>(text.to_owned()));
    let from = match (offset, cursor) {
        (Some(_), Some(_)) => {
            query.refuse("offset", "A page begins at an offset or at a cursor. Send one of them.");
            From::Start
        }
        (Some(offset), None) => From::Offset(offset),
        (None, Some(cursor)) => From::Cursor(cursor),
        (None, None) => From::Start,
    };
    let fields = query.take("fields", |text| {
        let named: Vec<_> = text.split(',').map(str::trim).collect();
        let unknown = named.iter().any(|name| !FIELDS.contains(name));
        let fields = FIELDS.into_iter().filter(|field| named.contains(field)).collect();
        if unknown {
            Err(format!("This is some of {}, with commas between them.", FIELDS.join(", ")))
        } else {
            Ok(fields)
        }
    });
    let listing = Listing {
        completed: query.take("completed", flag),
        status: status.flatten(),
        priority: query.take("priority", |text| Priority::parse(text).map_err(|_| OneOf(PRIORITIES))),
        due_from: query.take("due_from", Day::parse),
        due_to: query.take("due_to", Day::parse),
        overdue: query.take("overdue", flag),
        archived: query.take("archived", flag),
        text: query.take("q", text).unwrap_or_default(),
        sort: sort.unwrap_or(default.sort),
        limit: query.take("limit", number(1, u32::from(MOST))).and_then(|limit| limit.try_into().ok()).unwrap_or(PAGE),
        from,
    };
    query.done()?;
    Ok((listing, fields))
}

/// Tasks that aren't in the trash.
///
/// Page by page, either by `offset` or by `cursor`, which stays right while tasks come and go: every task that is there all the time is seen
/// exactly once. The addresses of the other pages are in `Link` (RFC 8288).
#[utoipa::path(get, path = "/tasks", tag = TASKS, operation_id = "listTasks",
    security(("session" = []), ("token" = ["tasks:read"])),
    params(ListParams),
    responses((status = 200, description = "A page of tasks", body = TaskList)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<Response, Problem> {
    caller.may(Scope::TasksRead)?;
    let (listing, fields) = listing(query)?;
    let local = Local::new(&caller.user().time_zone, state.clock.now());
    let asked = (listing.clone(), fields.clone());
    let read = caller.database.read_anywhere(caller.actor(), listing.plans(), move |db, actor| {
        let ((listing, fields), local) = (asked.clone(), local.clone());
        Box::pin(async move {
            let Listed { tasks, total, next_cursor } = list::list(db, actor, &listing, &local).await?;
            let tasks = tasks.into_iter().map(|task| Item::of(task.into(), fields.as_deref()));
            Ok(TaskList { tasks: tasks.collect::<Result<_, _>>()?, total, next_cursor })
        })
    });
    let page = read.await?;
    let links = links(uri.query().unwrap_or_default(), fields.as_deref(), &listing, &page);
    let mut answer = axum::Json(page).into_response();
    answer.headers_mut().insert(header::LINK, HeaderValue::try_from(links).map_err(|_| AppError::Internal)?);
    Ok(answer)
}

/// The most bytes of the addresses of other pages: proxies take headers of a few thousand.
const LINKS: usize = 3_000;

/// The addresses of the other pages, which differ from this one in where they begin only: the next first, and the others as long as there
/// is room.
fn links(query: &str, fields: Option<&[&str]>, listing: &Listing, page: &TaskList) -> String {
    let at = |rel: &str, from: Option<(&str, &str)>| {
        let kept = form_urlencoded::parse(query.as_bytes());
        let kept = kept.filter(|(name, _)| !["offset", "cursor", "fields"].contains(&&**name));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).extend_pairs(fields.map(|fields| ("fields", fields.join(",")))).extend_pairs(from);
        let query = query.finish();
        let divider = if query.is_empty() { "" } else { "?" };
        format!("</api/v1/tasks{divider}{query}>; rel=\"{rel}\"")
    };
    let mut links = Vec::new();
    if let From::Offset(offset) = listing.from {
        let (offset, limit) = (u64::from(offset), u64::from(listing.limit));
        let mut number = |rel: &str, offset: u64| links.push(at(rel, Some(("offset", &offset.to_string()))));
        if offset + limit < page.total && offset + limit <= u64::from(FARTHEST) {
            number("next", offset + limit);
        }
        if offset > 0 {
            number("prev", offset.saturating_sub(limit));
        }
        let last = page.total.saturating_sub(1) / limit * limit;
        if last <= u64::from(FARTHEST) {
            number("last", last);
        }
    } else if let Some(cursor) = &page.next_cursor {
        links.push(at("next", Some(("cursor", cursor))));
    }
    links.push(at("first", None));
    let mut length = 0;
    links.retain(|link| {
        let fits = length == 0 || length + link.len() <= LINKS;
        length += link.len();
        fits
    });
    links.join(", ")
}
