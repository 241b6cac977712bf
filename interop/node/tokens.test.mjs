// Tokens as applications get them, and as APIs check them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { AuthenticationClient } from "auth0/legacy";
import { compactDecrypt, createRemoteJWKSet, exportSPKI, generateKeyPair, jwtVerify } from "jose";
import * as grantd from "./grantd.mjs";

const keys = createRemoteJWKSet(new URL(".well-known/jwks.json", grantd.issuer));

// What the tests ask about differs by token dialect in exactly these ways.
const dialects = {
  access_token: { typ: "JWT", clientClaim: "azp", permissions: false },
  access_token_authz: { typ: "JWT", clientClaim: "azp", permissions: true },
  rfc9068_profile: { typ: "at+jwt", clientClaim: "client_id", permissions: false },
  rfc9068_profile_authz: { typ: "at+jwt", clientClaim: "client_id", permissions: true },
};

for (const [dialect, expected] of Object.entries(dialects)) {
  test(`jose verifies a token of dialect ${dialect}`, async () => {
    const { client, api } = await grantd.createGrant({ api: { token_dialect: dialect } });
    const { data, status } = await authenticationOf(client).oauth.clientCredentialsGrant({ audience: api.identifier });
    assert.equal(status, 200);
    assert.equal(data.token_type, "Bearer");
    assert.equal(data.expires_in, 86400);
    assert.equal(data.scope, "read:trips write:trips");

    const { payload, protectedHeader } = await jwtVerify(data.access_token, keys, {
      issuer: grantd.issuer,
      audience: api.identifier,
      algorithms: ["RS256"],
      typ: expected.typ,
    });
    assert.ok(protectedHeader.kid);
    assert.equal(payload.sub, `${client.client_id}@clients`);
    assert.equal(payload[expected.clientClaim], client.client_id);
    assert.equal(payload.scope, data.scope);
    assert.equal(payload.exp - payload.iat, 86400);
    assert.deepEqual(payload.permissions, expected.permissions ? ["read:trips", "write:trips"] : undefined);
    assert.equal(payload.gty, expected.typ === "JWT" ? "client-credentials" : undefined);
  });
}

for (const alg of ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"]) {
  test(`jose opens a token encrypted with ${alg}, and verifies what is in it`, async () => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const encryption_key = { alg, kid: "trips-key", pem: await exportSPKI(publicKey) };
    const token_encryption = { format: "compact-nested-jwe", encryption_key };
    const { client, api } = await grantd.createGrant({ api: { token_encryption } });
    const { data } = await authenticationOf(client).oauth.clientCredentialsGrant({ audience: api.identifier });

    const { plaintext, protectedHeader } = await compactDecrypt(data.access_token, privateKey);
    assert.deepEqual(protectedHeader, { alg, enc: "A256GCM", kid: "trips-key", cty: "JWT" });
    const nested = new TextDecoder().decode(plaintext);
    const { payload } = await jwtVerify(nested, keys, { issuer: grantd.issuer, audience: api.identifier });
    assert.equal(payload.azp, client.client_id);
  });
}

for (const signing_alg of ["RS512", "PS256"]) {
  test(`jose verifies a token signed with ${signing_alg}`, async () => {
    const { client, api } = await grantd.createGrant({ api: { signing_alg } });
    const { data } = await authenticationOf(client).oauth.clientCredentialsGrant({ audience: api.identifier });
    const now = createRemoteJWKSet(new URL(".well-known/jwks.json", grantd.issuer));
    const options = { issuer: grantd.issuer, audience: api.identifier, algorithms: [signing_alg] };
    const { payload } = await jwtVerify(data.access_token, now, options);
    assert.equal(payload.azp, client.client_id);
  });
}

test("Auth0's current authentication SDK discovers the endpoint and gets a token", async () => {
  const { client, api } = await grantd.createGrant({ scope: ["read:trips"] });
  const authentication = new AuthClient({
    domain: grantd.domain,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  });
  const { accessToken } = await authentication.getTokenByClientCredentials({ audience: api.identifier });
  const { payload } = await jwtVerify(accessToken, keys, { issuer: grantd.issuer, audience: api.identifier });
  assert.equal(payload.scope, "read:trips");
});

test("a wrong secret is refused in Auth0's words", async () => {
  const { client, api } = await grantd.createGrant();
  const stranger = authenticationOf({ ...client, client_secret: "not-the-secret" });
  await assert.rejects(stranger.oauth.clientCredentialsGrant({ audience: api.identifier }), {
    name: "AuthApiError",
    statusCode: 401,
    error: "access_denied",
    error_description: "Unauthorized",
  });
});

test("a client without a grant is told which grant is missing", async () => {
  const [client, api] = await Promise.all([grantd.createClient(), grantd.createApi()]);
  await assert.rejects(authenticationOf(client).oauth.clientCredentialsGrant({ audience: api.identifier }), {
    statusCode: 403,
    error: "access_denied",
    error_description:
      `Client "${client.client_id}" is not authorized to access resource server "${api.identifier}". ` +
      'You need to create a "client-grant" associated to this API.',
  });
});

test("the next token follows the grant: narrowed at once, refused once it is deleted", async () => {
  const { client, api, grant } = await grantd.createGrant();
  const authentication = authenticationOf(client);

  await grantd.management.clientGrants.update(grant.id, { scope: ["read:trips"] });
  const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
  assert.equal(data.scope, "read:trips");

  await grantd.management.clientGrants.delete(grant.id);
  await assert.rejects(authentication.oauth.clientCredentialsGrant({ audience: api.identifier }), { statusCode: 403 });
});

test("the old secret stops working when a new one is made", async () => {
  const { client, api } = await grantd.createGrant();
  const rotated = await grantd.management.clients.rotateSecret(client.client_id);
  await assert.rejects(authenticationOf(client).oauth.clientCredentialsGrant({ audience: api.identifier }), {
    statusCode: 401,
  });
  const { status } = await authenticationOf(rotated).oauth.clientCredentialsGrant({ audience: api.identifier });
  assert.equal(status, 200);
});

function authenticationOf({ client_id, client_secret }) {
  return new AuthenticationClient({ domain: grantd.domain, clientId: client_id, clientSecret: client_secret });
}
