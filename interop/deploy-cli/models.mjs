// What the tests import, and how an export is compared with it.
import assert from "node:assert/strict";

export const travel = {
  name: "Travel",
  identifier: "https://travel.example.com/",
  scopes: [
    { value: "read:trips", description: "Read trips" },
    { value: "write:trips", description: "Write trips" },
  ],
  signing_alg: "RS256",
  token_lifetime: 7200,
  allow_offline_access: false,
};

export const billing = {
  name: "Billing",
  identifier: "https://billing.example.com/",
  scopes: [{ value: "read:invoices", description: "Read invoices" }],
  token_dialect: "access_token",
};

/** A machine-to-machine application. */
export function application(name, fields = {}) {
  return {
    name,
    app_type: "non_interactive",
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "client_secret_post",
    ...fields,
  };
}

/** A grant as the tool writes it: with the name of the client. */
export function grant(client_id, api, scope, fields = {}) {
  return { client_id, audience: api.identifier, scope, ...fields };
}

/** A whole tenant. */
export function tenant() {
  return {
    tenant: { friendly_name: "Acme Travel", support_email: "help@example.com", session_lifetime: 24 },
    resourceServers: [travel, billing],
    clients: [
      application("Reports", { description: "Nightly", client_metadata: { team: "data" } }),
      application("Importer", { jwt_configuration: { alg: "RS256", lifetime_in_seconds: 600 } }),
    ],
    clientGrants: [
      grant("Reports", travel, ["read:trips"], { subject_type: "client" }),
      grant("Reports", billing, ["read:invoices"], { subject_type: "client" }),
      grant("Importer", travel, ["read:trips", "write:trips"], {
        subject_type: "client",
        organization_usage: "allow",
        allow_any_organization: false,
      }),
    ],
    organizations: [
      {
        name: "acme",
        display_name: "Acme",
        metadata: { tier: "gold" },
        connections: [],
        // The tool finds the grant of an organization by its client alone, so the client may have one grant only.
        client_grants: [{ client_id: "Importer" }],
      },
      { name: "globex", display_name: "Globex", connections: [] },
    ],
  };
}

const KEYS = {
  resourceServers: (item) => item.identifier,
  clients: (item) => item.name,
  clientGrants: (item) => [item.client_id ?? item.default_for, item.audience, item.subject_type].join(" "),
  organizations: (item) => item.name,
};

/** Asserts that `actual` has everything that `wanted` names, with the same values, and of lists no more. */
export function same(actual, wanted) {
  for (const [kind, key] of Object.entries(KEYS)) {
    if (!wanted[kind]) continue;
    const found = actual[kind].filter((item) => item.name !== "Administration");
    assert.deepEqual(found.map(key).sort(), wanted[kind].map(key).sort(), kind);
    for (const item of wanted[kind]) covers(found.find((other) => key(other) === key(item)), item);
  }
  if (wanted.tenant) covers(actual.tenant, wanted.tenant);
}

function covers(actual, wanted) {
  for (const [field, value] of Object.entries(wanted)) {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) covers(actual[field], value);
    else assert.deepEqual(actual[field] ?? (Array.isArray(value) && value.length === 0 ? [] : undefined), value, field);
  }
}
