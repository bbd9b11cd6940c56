"""The Docket under test: on a PostgreSQL of its own and a free port, in a temporary folder, ended by its process id."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

import requests

PASSWORD = "9 quiet lamps on a hill"
"""Of everybody here. None that the description of the API has as an example: that would erase the account."""


@dataclass
class Person:
    """Somebody with an account, logged in."""

    name: str
    email: str
    cookie: str
    token: str


class Docket:
    def __init__(self, program, site, limit=600):
        self.program, self.site, self.limit = os.path.abspath(program), os.path.abspath(site), limit

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="docket-api-")
        # Root's PostgreSQL runs as another user.
        os.chmod(self.folder, 0o755)
        self.log = open(os.path.join(self.folder, "log"), "w+")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        settings = {
            "LEPTOS_SITE_ADDR": "127.0.0.1:0",
            "LEPTOS_SITE_ROOT": self.site,
            "LEPTOS_HASH_FILES": str(os.path.exists(os.path.join(os.path.dirname(self.program), "hash.txt"))).lower(),
            "DOCKET_DATA_DIR": os.path.join(self.folder, "data"),
            "DOCKET_API_LIMIT": str(self.limit),
            # Who says where they come from is believed.
            "DOCKET_TRUSTED_PROXIES": "127.0.0.1",
            "RUST_LOG": "warn",
        }
        self.process = subprocess.Popen(
            [self.program, "serve"], cwd=self.folder, env=kept | settings, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            self.url = self._ready()
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def _ready(self):
        for _ in range(600):
            found = re.search(r"^Docket is at (http://\S+)$", self.said(), re.MULTILINE)
            if self.process.poll() is not None:
                break
            try:
                if found and requests.get(found[1] + "/readyz", timeout=5).ok:
                    return found[1]
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise SystemExit(f"Docket did not start:\n{self.said()}")

    def said(self):
        with open(self.log.name) as log:
            return log.read()

    def __exit__(self, failure, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if failure is None:
            shutil.rmtree(self.folder)
        else:
            print(f"The log is {self.log.name}.")

    def person(self, name):
        return person(self.url, name)


def somewhere():
    """A header that says that a request comes from another network than the one before: many failed logins make their network wait."""
    return {"X-Forwarded-For": ".".join(str(byte) for byte in b"\x0a" + os.urandom(3))}


def person(url, name, token=True):
    """Makes an account, and a personal access token with all that one may do."""
    email = f"{name}-{os.urandom(4).hex()}@example.org"
    browser = requests.Session()
    made = browser.post(f"{url}/api/v1/auth/register", json={"name": name, "email": email, "password": PASSWORD}, headers=somewhere())
    made.raise_for_status()
    secret = ""
    if token:
        form = {"name": "tests"} | {f"scopes[{index}]": scope for index, scope in enumerate(("tasks:read", "tasks:write", "account:read"))}
        answer = browser.post(f"{url}/fn/make_token", data=form, headers={"accept": "application/json"})
        answer.raise_for_status()
        secret = answer.json()["token"]
    return Person(name, email, browser.cookies["docket"], secret)
