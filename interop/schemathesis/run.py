"""Schemathesis against a running server: no 5xx, no answer outside the contract except the listed deviations.

usage: run.py CONTRACT WORK_FOLDER, with the server in the environment (GRANTD_ISSUER, GRANTD_CA, ...).
The last line is `N passed, M failed`, counted in operations.
"""

import base64
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import contract
import requests

HERE = Path(__file__).parent
ENVIRONMENT = os.environ
# Seconds after which a new signing key may be rotated into use.
KNOWN_TO_VERIFIERS = 25
BASE = f"{ENVIRONMENT['GRANTD_ISSUER']}api/v2"


def main(source, work):
    work = Path(work).resolve()
    work.mkdir(parents=True, exist_ok=True)
    things = {"INTEROP_PREVIOUS_KEY": rotate()}
    token = admin_token()
    things.update(existing(token))
    count = contract.write(source, HERE, things, work / "contract.json")
    junit, answers = work / "junit.xml", work / "answers.json"
    for report in (junit, answers):
        report.unlink(missing_ok=True)
    print(f"Schemathesis: {count} operations", flush=True)
    code = subprocess.run(
        [
            *(Path(sys.executable).with_name("st"), f"--config-file={HERE / 'schemathesis.toml'}", "--no-color", "run"),
            *(work / "contract.json", f"--url={BASE}", f"--header=Authorization:Bearer {token}"),
            *(f"--tls-verify={ENVIRONMENT['GRANTD_CA']}", f"--report-junit-path={junit}"),
        ],
        cwd=work,  # where Hypothesis leaves its files
        env={**ENVIRONMENT, **things, **settings(answers)},
    ).returncode
    if not (junit.exists() and answers.exists()):
        print("0 passed, 1 failed")
        return 1
    return summary(code, failing(junit), show(answers))


def settings(answers):
    return {
        "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
        "INTEROP_ANSWERS": str(answers),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def admin_token():
    body = {
        "grant_type": "client_credentials",
        "client_id": ENVIRONMENT["GRANTD_CLIENT_ID"],
        "client_secret": ENVIRONMENT["GRANTD_CLIENT_SECRET"],
        "audience": ENVIRONMENT["GRANTD_AUDIENCE"],
    }
    return answered(requests.post(f"{ENVIRONMENT['GRANTD_ISSUER']}oauth/token", json=body, **tls()))["access_token"]


def rotate():
    """Rotate the signing keys, so that there is one to revoke, and wait until they can rotate again. The token comes
    after that: it must not be signed with the key that is revoked."""
    headers = {"Authorization": f"Bearer {admin_token()}"}
    previous = answered(requests.get(f"{BASE}/keys/signing", headers=headers, **tls()))[0]["kid"]
    while True:
        response = requests.post(f"{BASE}/keys/signing/rotate", headers=headers, **tls())
        if response.status_code != 429:
            answered(response)
            time.sleep(KNOWN_TO_VERIFIERS)
            return previous
        time.sleep(int(response.headers["Retry-After"]))


def signing_key(token):
    """The kid in the token's header."""
    header = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def existing(token):
    """Things for schemathesis.toml to refer to: one of each that the run may change, and some that stay as they are."""

    def create(collection, **body):
        headers = {"Authorization": f"Bearer {token}"}
        return answered(requests.post(f"{BASE}/{collection}", json=body, headers=headers, **tls()))

    def client(name):
        return create("clients", name=name, grant_types=["client_credentials"])["client_id"]

    def api(audience):
        return create("resource-servers", identifier=audience, scopes=[{"value": "read:trips"}])["id"]

    def grant(client_id, audience):
        body = {"client_id": client_id, "audience": audience, "scope": [], "organization_usage": "allow"}
        return create("client-grants", **body)["id"]

    changing, audience = client("Changing"), "https://changing.example.com/"
    standing, standing_audience = [client(f"Standing {n}") for n in range(4)], "https://standing.example.com/"
    changing_api, standing_api = api(audience), api(standing_audience)
    changing_grant, standing_grant = grant(changing, audience), grant(standing[0], standing_audience)
    organizations = [create("organizations", name=name)["id"] for name in ("changing", "standing")]
    create(f"organizations/{organizations[1]}/client-grants", grant_id=standing_grant)
    domain = create(f"organizations/{organizations[1]}/discovery-domains", domain="standing.example.com")["id"]
    keyed, credential = keyed_client(create)
    sink = {"httpEndpoint": "https://receiver.invalid/"}
    streams = [create("log-streams", type="http", sink=sink)["id"] for _ in range(4)]
    return {
        "INTEROP_CHANGING_CLIENT": changing,
        "INTEROP_CHANGING_API": changing_api,
        "INTEROP_CHANGING_GRANT": changing_grant,
        "INTEROP_CHANGING_ORGANIZATION": organizations[0],
        **{f"INTEROP_CLIENT_{n}": client_id for n, client_id in enumerate(standing)},
        "INTEROP_CHANGING_STREAM": streams[3],
        **{f"INTEROP_STREAM_{n}": stream for n, stream in enumerate(streams[:3])},
        "INTEROP_KEYED_CLIENT": keyed,
        "INTEROP_CREDENTIAL": credential,
        "INTEROP_AUDIENCE": standing_audience,
        "INTEROP_GRANT": standing_grant,
        "INTEROP_ORGANIZATION": organizations[1],
        "INTEROP_ORGANIZATION_NAME": "standing",
        "INTEROP_DISCOVERY_DOMAIN": "standing.example.com",
        "INTEROP_LOG": answered(requests.get(f"{BASE}/logs", headers={"Authorization": f"Bearer {token}"}, **tls()))[0]["log_id"],
        "INTEROP_NEVER_DELETED": " ".join([changing, audience, changing_api, changing_grant, organizations[0], streams[3]]),
        "INTEROP_NEVER_CHANGED": " ".join(
            # The first two are who is asking, and what signs the token.
            [ENVIRONMENT["GRANTD_CLIENT_ID"], signing_key(token), keyed, *standing, standing_audience, standing_api, standing_grant, organizations[1], domain]
        ),
    }


def keyed_client(create):
    """A client that signs assertions, and its key."""
    key = {"credential_type": "public_key", "pem": (HERE / "key.pem").read_text(encoding="utf-8")}
    client = create(
        "clients",
        name="Keyed",
        jwt_configuration={"alg": "RS256"},
        client_authentication_methods={"private_key_jwt": {"credentials": [key]}},
    )
    methods = client["client_authentication_methods"]
    return client["client_id"], methods["private_key_jwt"]["credentials"][0]["id"]


def tls():
    return {"verify": ENVIRONMENT["GRANTD_CA"], "timeout": 20}


def answered(response):
    if not response.ok:
        sys.exit(f"{response.request.method} {response.url} answered {response.status_code}: {response.text}")
    return response.json()


def failing(junit):
    """JUnit has one case for each operation and one for the stateful phase. Which of them failed."""
    return {
        case.get("name"): case.find("failure") is not None or case.find("error") is not None
        for case in ElementTree.parse(junit).iter("testcase")
    }


def show(answers):
    """Print how often each operation answered what, and return the operations that were never seen to succeed."""
    seen = {}
    for operation, status, count in json.loads(answers.read_text(encoding="utf-8")):
        seen.setdefault(operation, {})[status] = count
    for operation, statuses in seen.items():
        print(f"{operation:<52}", *(f"{status}: {count:<6}" for status, count in statuses.items()))
    return [operation for operation, statuses in seen.items() if not any(200 <= status < 300 for status in statuses)]


def summary(code, failing, never_worked):
    """Count operations, not requests. One that only ever refused has not been tested."""
    for operation in never_worked:
        print(f"{operation} never answered 2xx")
        failing[operation] = True
    failed = sum(failing.values()) or int(code != 0)
    print(f"{len(failing) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
