"""Auth0's OpenAPI document, cut to the operations that grantd serves and amended by the listed deviations.

The document is read where it lies and only the result is written, into the build folder.
"""

import copy
import json
import re
import tomllib

OPERATIONS = {
    "/client-grants": ["get", "post"],
    "/client-grants/{id}": ["get", "patch", "delete"],
    "/client-grants/{id}/organizations": ["get"],
    "/resource-servers": ["get", "post"],
    "/resource-servers/{id}": ["get", "patch", "delete"],
    "/clients": ["get", "post"],
    "/clients/{id}": ["get", "patch", "delete"],
    "/clients/{id}/rotate-secret": ["post"],
    "/clients/{client_id}/credentials": ["get", "post"],
    "/clients/{client_id}/credentials/{credential_id}": ["get", "patch", "delete"],
    "/organizations": ["get", "post"],
    "/organizations/name/{name}": ["get"],
    "/organizations/{id}": ["get", "patch", "delete"],
    "/organizations/{id}/members": ["get"],
    "/organizations/{id}/connections": ["get"],
    "/organizations/{id}/discovery-domains": ["get", "post"],
    "/organizations/{id}/discovery-domains/name/{discovery_domain}": ["get"],
    "/organizations/{id}/discovery-domains/{discovery_domain_id}": ["get", "patch", "delete"],
    "/organizations/{id}/client-grants": ["get", "post"],
    "/organizations/{id}/client-grants/{grant_id}": ["delete"],
    "/keys/signing": ["get"],
    "/keys/signing/{kid}": ["get"],
    "/keys/signing/rotate": ["post"],
    "/keys/signing/{kid}/revoke": ["put"],
    "/logs": ["get"],
    "/logs/{id}": ["get"],
    "/tenants/settings": ["get", "patch"],
    "/log-streams": ["get", "post"],
    "/log-streams/{id}": ["get", "patch", "delete"],
}

COMPONENT = re.compile(r"#/components/schemas/([A-Za-z0-9_.-]+)")


def cut(document):
    """Keep OPERATIONS, the schemas that they reach, and one way to authenticate."""
    paths = {
        path: {method: copy.deepcopy(document["paths"][path][method]) for method in methods}
        for path, methods in OPERATIONS.items()
    }
    for operation in operations(paths).values():
        operation["security"] = [{"bearerAuth": []}]
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": paths,
        "components": {
            "schemas": reached(paths, document["components"]["schemas"]),
            "securitySchemes": {"bearerAuth": document["components"]["securitySchemes"]["bearerAuth"]},
        },
    }


def operations(paths):
    """Every operation by the name that deviations.toml uses, as in `PATCH /clients/{id}`."""
    return {f"{method.upper()} {path}": paths[path][method] for path in paths for method in paths[path]}


def reached(paths, schemas):
    found, waiting = {}, COMPONENT.findall(json.dumps(paths))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = copy.deepcopy(schemas[name])
            waiting += COMPONENT.findall(json.dumps(found[name]))
    return found


def amend(contract, deviations):
    """Let the contract say what Auth0 does where the two differ. Unknown names are mistakes in the list."""
    by_name = operations(contract["paths"])
    schemas = contract["components"]["schemas"]
    for deviation in deviations.get("answer", []):
        for name in deviation["operations"]:
            responses = by_name[name]["responses"]
            like = deviation.get("like")
            responses[deviation["status"]] = responses[like] if like else {"description": deviation["reason"]}
    for deviation in deviations.get("field", []):
        for name in deviation["schemas"]:
            schemas[name]["properties"].update(deviation["properties"])
    for deviation in deviations.get("any_of", []):
        for name in deviation["operations"]:
            body = by_name[name]["responses"]["200"]["content"]["application/json"]["schema"]
            schema = schemas[COMPONENT.match(body["$ref"])[1]] if "$ref" in body else body
            schema["anyOf"] = schema.pop("oneOf")
    return contract


def exemplify(contract, examples, existing):
    """Give operations a request that works, which is sent before any that is made up: chance alone may find none.

    What run.py has made is named as it stands in `existing`.
    """
    for name, example in examples.items():
        operation = operations(contract["paths"])[name]
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] in example.get("path", {}):
                parameter["example"] = existing[example["path"][parameter["name"]]]
        if "body" in example:
            named = lambda value: existing.get(value, value) if isinstance(value, str) else value
            body = {name: named(value) for name, value in example["body"].items()}
            for media_type in operation["requestBody"]["content"].values():
                media_type["example"] = body
    return contract


def read(file):
    with open(file, "rb") as opened:
        return tomllib.load(opened)


def write(source, folder, existing, target):
    with open(source, encoding="utf-8") as file:
        document = json.load(file)
    amended = amend(cut(document), read(folder / "deviations.toml"))
    with open(target, "w", encoding="utf-8") as file:
        json.dump(exemplify(amended, read(folder / "examples.toml"), existing), file, indent=1)
    return sum(len(methods) for methods in OPERATIONS.values())
