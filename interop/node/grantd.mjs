// What every file here needs: where the server is, who may ask, and things to ask about.
// `cargo xtask test` starts a server for this suite and says where through the environment.
import { randomUUID } from "node:crypto";
import { ManagementClient } from "auth0";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask test node\`, or see ../README.md`);
  return value;
}

export const issuer = required("GRANTD_ISSUER");
export const managementAudience = required("GRANTD_AUDIENCE");
export const adminId = required("GRANTD_CLIENT_ID");
export const adminSecret = required("GRANTD_CLIENT_SECRET");

/** What Auth0's SDKs call the domain: host and port, without scheme and slash. */
export const domain = new URL(issuer).host;

export const management = new ManagementClient({ domain, clientId: adminId, clientSecret: adminSecret });

/** A name that no other test uses, so that the files can run side by side. */
export function unique(stem) {
  return `${stem}-${randomUUID().slice(0, 8)}`;
}

/** A machine-to-machine application, as the dashboard's "Create Application" would make it. */
export function createClient(fields = {}) {
  return management.clients.create({
    name: unique("reports"),
    app_type: "non_interactive",
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "client_secret_post",
    ...fields,
  });
}

/** An API with two scopes. */
export function createApi(fields = {}) {
  return management.resourceServers.create({
    identifier: `https://${unique("api")}.example.com/`,
    name: "Travel",
    scopes: [
      { value: "read:trips", description: "Read trips" },
      { value: "write:trips", description: "Write trips" },
    ],
    ...fields,
  });
}

/** A client and an API, and the grant of `scope` between them. */
export async function createGrant({
  scope = ["read:trips", "write:trips"],
  client: clientFields = {},
  api: apiFields = {},
  ...fields
} = {}) {
  const [client, api] = await Promise.all([createClient(clientFields), createApi(apiFields)]);
  const grant = await management.clientGrants.create({
    client_id: client.client_id,
    audience: api.identifier,
    scope,
    ...fields,
  });
  return { client, api, grant };
}
