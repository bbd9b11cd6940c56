"""A tuned peer: Starlette on raw asyncpg, without an ORM and without models.

Prepared statements (asyncpg keeps those of each connection), one statement for the list and its total, one for a new task and its row in
the audit log, orjson, uvloop and httptools. Checks by hand, as somebody writes them who wants the speed.
"""

import hashlib
import os
import re
from contextlib import asynccontextmanager
from datetime import date, datetime, timezone
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ids import position_of, uuid7

# The id as text: orjson doesn't know asyncpg's own UUIDs.
COLUMNS = (
    "tasks.id::text as id, title, description, status, completed, priority, due_date, due_time, position, version, created_at, updated_at, completed_at"
)
CALLER = """
    select users.id from tokens join users on users.id = user_id
    where token_hash = $1 and (expires_at is null or expires_at > now()) and is_active"""
LIST = f"""
    select (select count(*) from tasks where user_id = $1 and deleted_at is null) as total, {COLUMNS}
    from tasks where user_id = $1 and deleted_at is null
    order by created_at desc, tasks.id desc limit $2 offset $3"""
ONE = f"select {COLUMNS} from tasks where tasks.id = $2 and user_id = $1 and deleted_at is null"
CREATE = f"""
    with added as (
        insert into tasks (id, user_id, title, description, status, completed, priority, due_date, due_time, position, completed_at)
        values ($2, $1, $3, $4, $5::varchar, $5::varchar = 'completed', $6, $7, $8, $9, case when $5::varchar = 'completed' then now() end)
        returning {COLUMNS}),
    logged as (
        insert into audit_logs (user_id, action, entity_type, entity_id, new_values) values ($1, 'add', 'task', $2::uuid::text, $10))
    select * from added"""
UPDATE = f"""
    with changed as (
        update tasks set title = $3, description = $4, status = $5::varchar, completed = $5::varchar = 'completed', priority = $6, due_date = $7, due_time = $8,
            completed_at = case when $5::varchar = 'completed' then coalesce(completed_at, now()) end,
            version = version + 1, updated_at = now()
        where tasks.id = $2 and user_id = $1
        returning {COLUMNS}),
    logged as (
        insert into audit_logs (user_id, action, entity_type, entity_id, old_values, new_values)
        values ($1, 'edit', 'task', $2::uuid::text, $9, $10))
    select * from changed"""

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
FIELDS = ("title", "description", "status", "priority", "due_date", "due_time")


class Refused(Exception):
    def __init__(self, status: int, detail: str):
        self.status, self.detail = status, detail


def answer(value, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), status, headers, "application/json")


async def refused(_: Request, error: Refused) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return answer({"detail": error.detail}, error.status, headers)


async def caller(request: Request, db) -> UUID:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = await db.fetchval(CALLER, hashlib.sha256(token.encode()).digest()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(401, "Not logged in")
    return found


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Refused(422, name)
    return int(text)


def identity(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise Refused(404, "Task not found") from None


async def changes(request: Request) -> dict:
    """The fields that a body names, each checked."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise Refused(400, "Not JSON") from None
    if not isinstance(body, dict) or not body.keys() <= set(FIELDS):
        raise Refused(422, "fields")
    for name in ("title", "description"):
        if isinstance(body.get(name), str):
            body[name] = body[name].strip() or None
    title, description, due = body.get("title"), body.get("description"), body.get("due_date")
    good = (
        ("title" not in body or isinstance(title, str) and len(title) <= 200)
        and (description is None or isinstance(description, str) and len(description) <= 1000)
        and body.get("status", "pending") in ("pending", "in_progress", "completed")
        and body.get("priority", "medium") in ("low", "medium", "high", "urgent")
        and (body.get("due_time") is None or isinstance(body["due_time"], str) and CLOCK.fullmatch(body["due_time"]))
    )
    try:
        if due is not None:
            body["due_date"] = date.fromisoformat(due)
    except (TypeError, ValueError):
        good = False
    if not good:
        raise Refused(422, "values")
    return body


async def ready(request: Request) -> Response:
    await request.state.pool.fetchval("select 1")
    return answer({})


async def list_tasks(request: Request) -> Response:
    limit, offset = number(request, "limit", 50, 1, 200), number(request, "offset", 0, 0, 1_000_000)
    async with request.state.pool.acquire() as db:
        rows = await db.fetch(LIST, await caller(request, db), limit, offset)
    tasks = [dict(row) for row in rows]
    total = 0
    for task in tasks:
        total = task.pop("total")
    more = offset + len(tasks) < total
    return answer({"tasks": tasks, "total": total, "next_cursor": tasks[-1]["id"] if more and tasks else None})


async def get_task(request: Request) -> Response:
    id = identity(request)
    async with request.state.pool.acquire() as db:
        row = await db.fetchrow(ONE, await caller(request, db), id)
    if row is None:
        raise Refused(404, "Task not found")
    return answer(dict(row))


async def create_task(request: Request) -> Response:
    body = await changes(request)
    if "title" not in body:
        raise Refused(422, "title")
    id = uuid7()
    values = [body.get("title"), body.get("description"), body.get("status", "pending"), body.get("priority", "medium"), body.get("due_date"), body.get("due_time")]
    position = position_of(id)
    new = {name: value for name, value in zip(FIELDS, values) if value is not None} | {"position": position, "version": 1}
    if values[2] == "completed":
        new["completed_at"] = datetime.now(timezone.utc)
    async with request.state.pool.acquire() as db:
        row = await db.fetchrow(CREATE, await caller(request, db), id, *values, position, new)
    return answer(dict(row), 201, {"Location": f"/api/v1/tasks/{id}"})


async def update_task(request: Request) -> Response:
    id, body = identity(request), await changes(request)
    async with request.state.pool.acquire() as db:
        user = await caller(request, db)
        async with db.transaction():
            row = await db.fetchrow(f"{ONE} for update", user, id)
            if row is None:
                raise Refused(404, "Task not found")
            values = {name: body.get(name, row[name]) for name in FIELDS}
            changed = [name for name in FIELDS if values[name] != row[name]]
            if changed:
                old = {name: row[name] for name in changed} | {"version": row["version"]}
                new = {name: values[name] for name in changed} | {"version": row["version"] + 1}
                row = await db.fetchrow(UPDATE, user, id, *values.values(), old, new)
    return answer(dict(row))


async def connected(connection) -> None:
    encode = lambda value: b"\x01" + orjson.dumps(value, option=orjson.OPT_UTC_Z)  # noqa: E731
    await connection.set_type_codec("jsonb", schema="pg_catalog", format="binary", encoder=encode, decoder=lambda data: orjson.loads(data[1:]))


async def unchanged(connection) -> None:
    """Nothing here leaves anything behind in a connection: the round trip that would clear it is spared."""


@asynccontextmanager
async def lifespan(app: Starlette):
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8, init=connected, reset=unchanged) as pool:
        yield {"pool": pool}


app = Starlette(
    routes=[
        Route("/readyz", ready),
        Route("/api/v1/tasks", list_tasks),
        Route("/api/v1/tasks", create_task, methods=["POST"]),
        Route("/api/v1/tasks/{id}", get_task),
        Route("/api/v1/tasks/{id}", update_task, methods=["PATCH"]),
    ],
    exception_handlers={Refused: refused},
    lifespan=lifespan,
)
