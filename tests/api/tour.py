"""Takes the tour of docs/api.md: runs what stands there, in its order, in one shell, and compares what comes out.

- A block of `sh` is run; it has to succeed. `$DOCKET` is where Docket is, `$TOKEN` a personal access token with all that one may do.
- A block of `json` or `text` after it is what it printed: the same values, fields in the same order.
- A block of `http` is that with `curl -i`: the same status, and the same headers where the page shows them; it leaves others out.
- Where it shows no body, that isn't compared.
- A UUID may be another UUID and a time another time. `…` in a text stands for any characters. Nothing else may differ.
"""

import json
import os
import re
import subprocess
import tempfile

import requests

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/api.md")
FREE = {
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}": "<a UUID>",
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z": "<a time>",
}
END = "--- end of a station, with "


def take(docket):
    """Gives the number of blocks that were run."""
    with open(PAGE) as file:
        page = file.read()
    errors(docket, page)
    blocks = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PATH": os.environ["PATH"], "HOME": folder, "DOCKET": docket.url, "TOKEN": docket.person("ada").token}
        shell = subprocess.Popen(
            ["bash"], cwd=folder, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            printed, stations = None, 0
            for kind, text in blocks:
                if kind == "sh":
                    printed, stations = run(shell, text), stations + 1
                elif kind in ("json", "http", "text"):
                    if printed is None:
                        raise SystemExit(f"docs/api.md shows an answer to nothing:\n{text}")
                    compare(kind, text, printed)
                    printed = None
            return stations
        finally:
            shell.stdin.close()
            shell.wait(10)


def errors(docket, page):
    """The table of all errors has all of them, and each with its status."""
    answers = requests.get(f"{docket.url}/api/openapi.json").json()["components"]["responses"]
    examples = [example["value"] for answer in answers.values() for content in answer["content"].values() for example in content["examples"].values()]
    there = {(example["code"], str(example["status"])) for example in examples}
    told = set(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", page, re.MULTILINE))
    if there != told:
        raise SystemExit(f"the errors in docs/api.md aren't those of Docket: {sorted(there ^ told)}")


def run(shell, text):
    shell.stdin.write(f"{text}\necho; echo \"{END}$?\"\n")
    shell.stdin.flush()
    lines = []
    for line in shell.stdout:
        if line.startswith(END):
            code = line.removeprefix(END).strip()
            break
        lines.append(line)
    else:
        code = "the shell's"
    if code != "0":
        raise SystemExit(f"docs/api.md: this ended with {code}:\n{text}\n{''.join(lines)}")
    return "".join(lines).strip()


def compare(kind, expected, printed):
    if kind != "http":
        same = matches(reading(expected), reading(printed))
    else:
        (wanted, wanted_body), (head, body) = parted(expected), parted(printed)
        same = all(any(matches(line, other) for other in head) for line in wanted) and matches(wanted[0], head[0])
        same = same and (not wanted_body or matches(reading(wanted_body), reading(body)))
    if not same:
        raise SystemExit(f"docs/api.md has\n{expected}\nand Docket answers\n{printed}")


def parted(text):
    head, _, body = text.strip().replace("\r", "").partition("\n\n")
    return head.split("\n"), body


def reading(text):
    """What is printed as JSON, with its fields in their order; else as it stands there."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: [("object", *pairs)])
    except ValueError:
        return text.strip()


def matches(expected, found):
    if isinstance(expected, str) and isinstance(found, str):
        for pattern, name in FREE.items():
            expected, found = re.sub(pattern, name, expected), re.sub(pattern, name, found)
        pattern = ".*".join(re.escape(part) for part in expected.split("…"))
        return re.fullmatch(pattern, found, re.DOTALL) is not None
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(matches, expected, found))
    return type(expected) is type(found) and expected == found
