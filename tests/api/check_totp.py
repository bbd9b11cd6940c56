"""Codes of an app, made by a library of others (PyOTP), let somebody in: each once, those of the step before too, older ones not."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pyotp
import requests

from docket import PASSWORD


def check(docket):
    ada = docket.person("ada")
    app = set_up(docket, ada)
    for wrong in [app.at(time.time() - 90), app.at(time.time() + 120), "000000"]:
        assert second_step(docket, ada, wrong) == 403, wrong
    once(docket, ada, app)
    at_once(docket, ada, app)
    the_step_before(docket, ada, app)


def call(docket, session, name, **form):
    headers = {"accept": "application/json"}
    return session.post(f"{docket.url}/fn/{name}", data=form, headers=headers)


def set_up(docket, ada):
    session = requests.Session()
    session.headers["cookie"] = f"docket={ada.cookie}"
    call(docket, session, "begin_codes").raise_for_status()
    draft = call(docket, session, "get_factors").json()["draft"]
    # As an app reads it from the picture.
    app = pyotp.parse_uri(draft["url"])
    assert app.secret == draft["key"] and app.issuer == "Docket" and app.name == ada.email, draft["url"]
    assert re.fullmatch("[A-Z2-7]{32}", app.secret), "160 bits (RFC 4226, 4)"
    answer = call(docket, session, "confirm_codes", code=fresh(app))
    answer.raise_for_status()
    assert len(answer.json()) == 10, answer.text
    return app


def fresh(app):
    """The code of a step that has just begun, so that it doesn't end while it is tried; never one that was tried before."""
    step = int(time.time()) // 30
    # Three seconds before its end it may be over when it arrives.
    while time.time() % 30 > 25 or step <= getattr(app, "tried", 0):
        time.sleep(0.2)
        step = int(time.time()) // 30
    app.tried = step
    return app.at(step * 30)


def halfway(docket, ada):
    session = requests.Session()
    answer = call(docket, session, "log_in", email=ada.email, password=PASSWORD)
    assert answer.status_code == 401 and answer.json()["code"] == "second_factor_needed", answer.text
    return session


def second_step(docket, ada, code):
    return call(docket, halfway(docket, ada), "second_step", code=code).status_code


def once(docket, ada, app):
    code = fresh(app)
    assert second_step(docket, ada, code) == 200
    assert second_step(docket, ada, code) == 403, "a code works once"


def at_once(docket, ada, app):
    sessions = [halfway(docket, ada) for _ in range(20)]
    code = fresh(app)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda session: call(docket, session, "second_step", code=code).status_code, sessions))
    assert sorted(answers)[0] == 200 and answers.count(200) == 1, answers
    # Each failure makes the next try wait longer: let that be over.
    wait = call(docket, halfway(docket, ada), "second_step", code="000000").headers.get("retry-after")
    time.sleep(int(wait or 0) + 1)


def the_step_before(docket, ada, app):
    # Two steps on, so that neither of the two was used.
    used = app.tried
    while int(time.time()) // 30 < used + 2 or time.time() % 30 > 25:
        time.sleep(0.2)
    step = int(time.time()) // 30
    assert second_step(docket, ada, app.at((step - 1) * 30)) == 200, "the step before works"
    assert second_step(docket, ada, app.at((step - 2) * 30)) == 403, "the one before that doesn't"
