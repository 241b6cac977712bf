// Auth0's own Node SDKs with keys and certificates instead of secrets.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { ManagementClient } from "auth0";
import { AuthenticationClient } from "auth0/legacy";
import { agentWith, fetchWith, issued, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { algorithms, certificateFields, clientKey } from "./keys.mjs";
import { verify } from "./verify.mjs";

const { domain, management } = grantd;

before(() => management.tenants.settings.update({ mtls: { enable_endpoint_aliases: true } }));

for (const alg of algorithms) {
  test(`AuthenticationClient signs its assertion with ${alg}`, async () => {
    const { fields, pkcs8 } = await clientKey(alg);
    const { client, api } = await grantd.createGrant({ client: fields });
    const authentication = new AuthenticationClient({
      domain,
      clientId: client.client_id,
      clientAssertionSigningKey: pkcs8,
      clientAssertionSigningAlg: alg,
    });
    const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
    await verify(data.access_token, { client, api });
  });

  test(`auth0-auth-js signs its assertion with ${alg}`, async () => {
    const { fields, pkcs8 } = await clientKey(alg);
    const { client, api } = await grantd.createGrant({ client: fields });
    const authentication = new AuthClient({
      domain,
      clientId: client.client_id,
      clientAssertionSigningKey: pkcs8,
      clientAssertionSigningAlg: alg,
    });
    const { accessToken } = await authentication.getTokenByClientCredentials({ audience: api.identifier });
    await verify(accessToken, { client, api });
  });

  test(`ManagementClient signs its assertion with ${alg}`, async () => {
    const { fields, pkcs8 } = await clientKey(alg);
    const client = await administrator(fields);
    const own = new ManagementClient({
      domain,
      clientId: client.client_id,
      clientAssertionSigningKey: pkcs8,
      clientAssertionSigningAlg: alg,
    });
    assert.equal((await own.clients.get(client.client_id)).client_id, client.client_id);
  });
}

for (const [method, certificateFor] of [["tls_client_auth", issued], ["self_signed_tls_client_auth", selfSigned]]) {
  test(`AuthenticationClient uses mTLS with ${method}`, async () => {
    const certificate = await certificateFor(`CN=${grantd.unique("robot")},O=Example GmbH`);
    const { client, api } = await grantd.createGrant({ client: certificateFields[method](certificate) });
    const authentication = new AuthenticationClient({
      domain,
      clientId: client.client_id,
      useMTLS: true,
      agent: agentWith(certificate),
    });
    const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
    await verify(data.access_token, { client, api });
  });

  test(`auth0-auth-js uses mTLS with ${method}`, async () => {
    const certificate = await certificateFor(`CN=${grantd.unique("robot")},O=Example GmbH`);
    const { client, api } = await grantd.createGrant({ client: certificateFields[method](certificate) });
    const authentication = new AuthClient({
      domain,
      clientId: client.client_id,
      useMtls: true,
      customFetch: fetchWith(certificate),
    });
    const { accessToken } = await authentication.getTokenByClientCredentials({ audience: api.identifier });
    await verify(accessToken, { client, api });
  });

  test(`ManagementClient uses mTLS with ${method}`, async () => {
    const certificate = await certificateFor(`CN=${grantd.unique("robot")},O=Example GmbH`);
    const client = await administrator(certificateFields[method](certificate));
    const own = new ManagementClient({
      domain,
      clientId: client.client_id,
      useMTLS: true,
      fetch: fetchWith(certificate),
    });
    assert.equal((await own.clients.get(client.client_id)).client_id, client.client_id);
  });
}

test("AuthenticationClient binds its token to the certificate, where the API asks for it", async () => {
  const certificate = await issued("CN=robot,O=Example GmbH");
  const { client, api } = await grantd.createGrant({
    client: certificateFields.tls_client_auth(certificate),
    api: { proof_of_possession: { mechanism: "mtls", required: true } },
  });
  const agent = agentWith(certificate);
  const authentication = new AuthenticationClient({ domain, clientId: client.client_id, useMTLS: true, agent });
  const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
  await verify(data.access_token, { client, api, cnf: { "x5t#S256": certificate.thumbprint } });
});

/** A client that may read clients, and authenticates by `fields`. */
async function administrator(fields) {
  const client = await grantd.createClient(fields);
  const audience = grantd.managementAudience;
  await management.clientGrants.create({ client_id: client.client_id, audience, scope: ["read:clients"] });
  return client;
}
