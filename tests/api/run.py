"""The API, tried from outside by tools of others: schemathesis makes requests from its description, as nobody, with a session's cookie and with a
personal access token; PyJWT checks what it signs; PyOTP makes the codes of a second step; and the tour of docs/api.md is taken.

    make api-test        a short form on the development build
    make api-fuzz        a long one on the release build: only schemathesis, with thousands of requests
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

import check_jwt
import check_totp
import tour
from docket import Docket

HERE = os.path.dirname(os.path.abspath(__file__))
BEGUN = time.monotonic()


def say(text):
    print(f"{time.monotonic() - BEGUN:6.1f} s  {text}", flush=True)


def closed(schema):
    """A description whose objects have no other fields than those it names, so that an answer with another one is found."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        schema = {name: closed(value) for name, value in schema.items()}
    return [closed(value) for value in schema] if isinstance(schema, list) else schema


class Fuzzing:
    """A run of schemathesis as one person."""

    def __init__(self, docket, way, login, person, stranger, options):
        self.way = way
        folder = os.path.join(docket.folder, way)
        os.mkdir(folder)
        self.output = os.path.join(folder, "output")
        with open(os.path.join(HERE, "schemathesis.toml")) as file:
            config = file.read()
        if login:
            name = login(person).partition(": ")[0]
            fixed = lambda person: [{"name": name, "value": login(person).partition(": ")[2]}]
            people = {"auth": [{"name": "ada", "fixedHeaders": fixed(person)}, {"name": "bob", "fixedHeaders": fixed(stranger)}]}
            with open(os.path.join(folder, "people.json"), "w") as file:
                json.dump(people, file)
            # A run in which most requests came to nothing is none. To a token some operations are closed.
            warnings = ["missing_test_data", "validation_mismatch", "low_valid_rate"] + ["missing_auth"] * (name == "Cookie")
            config += f"\n[warnings]\nfail-on = {json.dumps(warnings)}\n"
            # Bob must not see what is Ada's.
            config += '\n[auth.wfc]\npath = "people.json"\nuser = "ada"\npeers = ["ada", "bob"]\n'
        with open(os.path.join(folder, "schemathesis.toml"), "w") as file:
            file.write(config)
        environment = os.environ | {
            "DOCKET_API_HOOKS": os.path.join(HERE, "hooks.py"),
            "DOCKET_API_URL": docket.url,
            "DOCKET_API_LOGIN": login(person) if login else "",
            "DOCKET_API_EMAIL": person.email,
            "PYTHONPATH": HERE,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
        description = os.path.join(folder, "openapi.json")
        with open(description, "w") as file:
            json.dump(closed(requests.get(docket.url + "/api/openapi.json").json()), file)
        command = [program, "--no-color", "run", description, "--url", docket.url + "/api/v1", *options]
        with open(self.output, "w") as output:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)

    def finish(self, verbose):
        """Whether all went well."""
        code = self.process.wait()
        with open(self.output) as file:
            text = file.read()
        cases = re.search(r"(\d+) generated.*", text)
        say(f"schemathesis, {self.way}: {cases[0] if cases else f'ended with {code}'}")
        if code or verbose:
            print(text)
        return code == 0


def fuzz(docket, options, verbose):
    ada, bob, carol, dan = (docket.person(name) for name in ("ada", "bob", "carol", "dan"))
    # At the same time: it is schemathesis that takes the time.
    runs = [
        Fuzzing(docket, "as nobody", None, ada, bob, options),
        Fuzzing(docket, "with a cookie", lambda person: f"Cookie: docket={person.cookie}", ada, bob, options),
        Fuzzing(docket, "with a token", lambda person: f"Authorization: Bearer {person.token}", carol, dan, options),
    ]
    try:
        if not all([run.finish(verbose) for run in runs]):
            raise SystemExit("schemathesis found something: see above.")
    finally:
        for run in runs:
            if run.process.poll() is None:
                run.process.kill()
    if "ERROR" in docket.said():
        raise SystemExit(f"Docket wrote errors to its log:\n{docket.said()}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", help="docket")
    arguments.add_argument("site", help="the browser's half of it")
    arguments.add_argument("--examples", type=int, default=25, help="of each operation in each phase")
    arguments.add_argument("--seed", type=int, default=1, help="0 for another one each time")
    arguments.add_argument("--verbose", action="store_true", help="what schemathesis says, also where all went well")
    arguments.add_argument("--only", choices=["fuzz", "tour"], help="a part of it; the tour has PyJWT with it")
    wanted = arguments.parse_args()
    seed = wanted.seed or random.randrange(1, 1_000_000)
    # Beside the rest: it waits for half a minute again and again.
    with ThreadPoolExecutor(1) as pool:
        codes = pool.submit(try_codes, wanted) if wanted.only != "fuzz" else None
        try_the_rest(wanted, seed)
        if codes:
            codes.result()


def try_codes(wanted):
    with Docket(wanted.program, wanted.site, limit=0) as docket:
        check_totp.check(docket)
        say("Docket takes the codes that PyOTP makes, each once")


def try_the_rest(wanted, seed):
    if wanted.only != "fuzz":
        with Docket(wanted.program, wanted.site) as docket:
            check_jwt.check(docket)
            say("PyJWT accepts what Docket signs, and Docket refuses what others do")
        # Another one: whoever takes the tour is its first user.
        with Docket(wanted.program, wanted.site) as docket:
            say(f"the tour of docs/api.md: {tour.take(docket)} stations")
    if wanted.only != "tour":
        with Docket(wanted.program, wanted.site, limit=0) as docket:
            say(f"schemathesis with seed {seed} and {wanted.examples} examples")
            fuzz(docket, ["--seed", str(seed), "--max-examples", str(wanted.examples)], wanted.verbose)


if __name__ == "__main__":
    main()
