// Introspection and revocation of access tokens, as oauth4webapi asks for them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as oauth from "oauth4webapi";
import { fetchWith, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { certificateFields, clientKey } from "./keys.mjs";
import { discover, getToken } from "./oauth.mjs";

let as;

before(async () => {
  await grantd.management.tenants.settings.update({ mtls: { enable_endpoint_aliases: true } });
  as = await discover();
});

test("an API learns what a token says, until the token's client revokes it", async () => {
  const { client, api } = await grantd.createGrant();
  const asker = await clientOf(api);
  const token = await tokenFor(client, api);

  const { active, ...claims } = await introspect(asker, token);
  assert.equal(active, true);
  assert.deepEqual([claims.iss, claims.aud, claims.client_id], [grantd.issuer, api.identifier, client.client_id]);
  assert.deepEqual([claims.sub, claims.scope], [`${client.client_id}@clients`, "read:trips write:trips"]);

  await revoke(client, token);
  assert.deepEqual(await introspect(asker, token), { active: false });
  await revoke(client, token);
});

test("only the API that a token is for learns about it", async () => {
  const { client, api } = await grantd.createGrant();
  const stranger = await clientOf(await grantd.createApi());
  assert.deepEqual(await introspect(stranger, await tokenFor(client, api)), { active: false });
});

test("nobody revokes the token of another client", async () => {
  const { client, api } = await grantd.createGrant();
  const [asker, stranger] = await Promise.all([clientOf(api), grantd.createClient()]);
  const token = await tokenFor(client, api);
  await assert.rejects(revoke(stranger, token), { status: 400, error: "invalid_request" });
  assert.equal((await introspect(asker, token)).active, true);
});

test("a key does for introspection and revocation what it does for tokens", async () => {
  const { fields, privateKey } = await clientKey("ES256");
  const { client, api } = await grantd.createGrant({ client: fields });
  const authentication = oauth.PrivateKeyJwt(privateKey);
  const token = (await getToken({ client, api, authentication })).access_token;
  await revoke(client, token, authentication);
  assert.deepEqual(await introspect(await clientOf(api), token), { active: false });
});

test("a certificate does for revocation what it does for tokens", async () => {
  const certificate = await selfSigned("CN=robot");
  const fields = certificateFields.self_signed_tls_client_auth(certificate);
  const { client, api } = await grantd.createGrant({ client: fields });
  const [authentication, fetch] = [oauth.TlsClientAuth(), fetchWith(certificate)];
  const token = (await getToken({ client, api, authentication, fetch })).access_token;
  await revoke(client, token, authentication, { [oauth.customFetch]: fetch });
  assert.deepEqual(await introspect(await clientOf(api), token), { active: false });
});

/** The client as which an API asks. */
function clientOf(api) {
  const fields = { app_type: "resource_server", resource_server_identifier: api.identifier };
  return grantd.createClient({ ...fields, grant_types: undefined });
}

async function tokenFor(client, api) {
  const authentication = oauth.ClientSecretPost(client.client_secret);
  return (await getToken({ client, api, authentication })).access_token;
}

async function introspect(client, token) {
  const authentication = oauth.ClientSecretPost(client.client_secret);
  const response = await oauth.introspectionRequest(as, client, authentication, token);
  return oauth.processIntrospectionResponse(as, client, response);
}

async function revoke(client, token, authentication = oauth.ClientSecretPost(client.client_secret), options = {}) {
  const self = { client_id: client.client_id, use_mtls_endpoint_aliases: oauth.customFetch in options };
  const response = await oauth.revocationRequest(as, self, authentication, token, options);
  return oauth.processRevocationResponse(response);
}
