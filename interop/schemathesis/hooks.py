"""What Schemathesis is told beside its configuration: what it must not break, which failures are listed deviations,
and to count the answers, so that run.py can see whether every operation was also seen to work."""

import ast
import atexit
import collections
import json
import os
import re
import threading
import tomllib
from pathlib import Path
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies

DEVIATIONS = tomllib.loads(Path(__file__).with_name("deviations.toml").read_text(encoding="utf-8"))
# Ids of things that schemathesis.toml refers to; ids may also be learned from a list.
NEVER_CHANGED = set(os.environ["INTEROP_NEVER_CHANGED"].split())
NEVER_DELETED = set(os.environ["INTEROP_NEVER_DELETED"].split()) | NEVER_CHANGED
# Collections whose members have a natural key, which generated data would use again and again.
UNIQUE = {"POST /organizations": "name", "POST /resource-servers": "identifier"}
USED = set()
ANSWERS = collections.Counter()

# Formats of Auth0's own, of which Schemathesis knows no more than the name.
schemathesis.openapi.format("organization-name", strategies.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True))
schemathesis.openapi.format("client-grant-id", strategies.just(os.environ["INTEROP_GRANT"]))

# Hypothesis parses source code in several threads at once, which CPython 3.11 cannot (python/cpython#106905).
PARSING = threading.RLock()
parse = ast.parse


def parse_alone(*arguments, **options):
    with PARSING:
        return parse(*arguments, **options)


ast.parse = parse_alone


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.path_parameters:
        # What an operation acts on is named last; before it stands what that belongs to.
        name = re.findall(r"{(\w+)}", case.path)[-1]
        if unquote(str(case.path_parameters[name])) in kept_from(case.method, case.path):
            case.path_parameters = {**case.path_parameters, name: "of-somebody-else"}
    make_unique(case)


def kept_from(method, path):
    if path.endswith("/client-grants/{grant_id}"):
        return set()  # takes a grant out of an organization, and leaves the grant
    if method == "DELETE":
        return NEVER_DELETED
    return NEVER_CHANGED if method == "PATCH" or path.endswith(("/rotate-secret", "/revoke")) else set()


def make_unique(case):
    key = UNIQUE.get(case.operation.label)
    value = case.body.get(key) if key and isinstance(case.body, dict) else None
    if isinstance(value, str):
        if value in USED:
            case.body[key] = f"{key}-{len(USED)}"
        USED.add(case.body[key])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not any(is_listed(deviation, failure, case, response) for deviation in DEVIATIONS.get("failure", []))


def is_listed(deviation, failure, case, response):
    return (
        deviation["code"] == failure.code
        and deviation.get("finding", "") in failure.message
        and deviation.get("content_type", case.media_type) == case.media_type
    )


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS[case.operation.label, response.status_code] += 1


@atexit.register
def write_answers():
    if path := os.environ.get("INTEROP_ANSWERS"):
        answers = [[operation, status, count] for (operation, status), count in sorted(ANSWERS.items())]
        Path(path).write_text(json.dumps(answers), encoding="utf-8")
