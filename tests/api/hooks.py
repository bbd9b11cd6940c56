"""What schemathesis has to know of Docket besides its description: what no schema can say of valid requests. Requests that are invalid on purpose
stay as they are."""

import os
import uuid
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import strategies

from docket import PASSWORD, person, somewhere

URL = os.environ["DOCKET_API_URL"]
# Of the person as whom requests are sent: `Cookie: …` or `Authorization: …`, or nothing.
NAME, _, LOGIN = os.environ["DOCKET_API_LOGIN"].partition(": ")
EMAIL = os.environ["DOCKET_API_EMAIL"]

# Which zones there are is the time zone database's to say.
schemathesis.openapi.format("time-zone", strategies.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]))


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw.get("operationId")
    if operation in ("register", "logIn", "eraseMe") and case.headers is not None:
        case.headers.update(somewhere())
    meant = case.meta is not None and case.meta.generation.mode.is_positive
    # Probes without a login, and those with another one, shall stay without.
    logged_in = bool(LOGIN) and case.headers is not None and case.headers.get(NAME) == LOGIN
    if logged_in and NAME == "Cookie" and operation in ("register", "logIn", "logOut", "eraseMe", "endSession"):
        with_its_own_login(case, operation, meant)
    if meant:
        mended(case, operation)
    else:
        too_long(case.body)


def with_its_own_login(case, operation, meant):
    """What ends a session, puts another in its place or erases the account is done by a session, or an account, that is there for it."""
    if operation == "eraseMe":
        case.headers[NAME] = f"docket={person(URL, 'fleeting', token=False).cookie}"
        if meant:
            case.body = {"password": PASSWORD}
        return
    other = session()
    if operation != "endSession":
        case.headers[NAME] = f"docket={other}"
    elif meant or case.path_parameters.get("id") == OWN:
        case.path_parameters["id"] = current(f"docket={other}")


def too_long(value):
    """Blanks around a text don't count: one that is to be too long has to be without them, too."""
    if isinstance(value, dict):
        for name, limit in (("title", 200), ("name", 100), ("description", 1000)):
            text = value.get(name)
            if isinstance(text, str) and len(text) > limit >= len(text.strip()):
                value[name] = text.strip() + "x" * limit
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        too_long(inner)


def mended(case, operation):
    headers, query = case.headers or {}, case.query or {}
    # A key is for one request.
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if "If-Match" in headers and LOGIN and "id" in (case.path_parameters or {}):
        # A precondition that holds: that others don't hold is what Docket's own tests are about.
        task = requests.get(f"{URL}/api/v1/tasks/{quote(str(case.path_parameters['id']))}", headers={NAME: LOGIN})
        headers["If-Match"] = task.headers.get("etag", "*")
    if operation == "listTasks" and "cursor" in query and LOGIN:
        # A page begins at an offset or at a cursor, and a cursor is one that Docket gave, for this order.
        query.pop("offset", None)
        query["cursor"] = cursor(query.get("sort"))
    if operation == "register":
        # Neither taken, nor easy to guess.
        case.body |= {"email": f"{uuid.uuid4()}@example.org", "password": PASSWORD}
    elif operation == "logIn":
        case.body = {"email": EMAIL, "password": PASSWORD}
    elif operation == "updateTask" and case.body.get("due_time") and "due_date" not in case.body:
        # Whether the task has a date already the schema can't know.
        case.body["due_date"] = "2027-01-31"


def session():
    """The cookie of a new session of the same person."""
    answer = requests.post(f"{URL}/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}, headers=somewhere())
    answer.raise_for_status()
    return answer.cookies["docket"]


def current(cookie):
    """The id of the session that has this cookie."""
    answer = requests.get(f"{URL}/api/v1/me/sessions", headers={"cookie": cookie})
    answer.raise_for_status()
    return next(session["id"] for session in answer.json()["sessions"] if session["current"])


OWN = current(LOGIN) if NAME == "Cookie" else None
_cursors = {}


def cursor(sort):
    """The cursor of a second page."""
    if sort not in _cursors:
        headers = {NAME: LOGIN}
        for number in range(2):
            requests.post(f"{URL}/api/v1/tasks", json={"title": f"For a page {number}"}, headers=headers)
        answer = requests.get(f"{URL}/api/v1/tasks", params={"limit": 1} | ({"sort": sort} if sort else {}), headers=headers)
        _cursors[sort] = answer.json()["next_cursor"]
    return _cursors[sort]
