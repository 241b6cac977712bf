// The life of a signing key, by Auth0's Management API SDK, and what verifiers see of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader } from "jose";
import * as oauth from "oauth4webapi";
import * as grantd from "./grantd.mjs";
import { getToken } from "./oauth.mjs";
import { verify } from "./verify.mjs";

const { signing } = grantd.management.keys;

test("lists and gets signing keys, without their private halves", async () => {
  const keys = await signing.list();
  assert.deepEqual([keys.filter((key) => key.current).length >= 1, keys.some((key) => key.next)], [true, true]);
  for (const key of keys) {
    assert.match(key.cert, /^-----BEGIN CERTIFICATE-----/);
    assert.deepEqual(await signing.get(key.kid), key);
    assert.ok(!JSON.stringify(key).includes("PRIVATE"));
  }
  await assert.rejects(signing.get("nobody"), { name: "NotFoundError", statusCode: 404 });
});

// A key may be too new to sign. The answer is then 429 with Retry-After, which the SDK follows by itself.
test("a verifier with old keys knows the key that signs after a rotation, until it is revoked", async () => {
  const { client, api } = await grantd.createGrant({ api: { signing_alg: "ES256" } });
  const authentication = oauth.ClientSecretPost(client.client_secret);
  const newToken = async () => (await getToken({ client, api, authentication })).access_token;
  const check = (token, keys) => verify(token, { client, api, alg: "ES256", keys });
  const kidOf = (token) => decodeProtectedHeader(token).kid;

  const [old, keysBefore] = [await newToken(), createLocalJWKSet(await publishedKeys())];
  const rotated = await signing.rotate();
  assert.match(rotated.cert, /^-----BEGIN CERTIFICATE-----/);
  assert.equal((await signing.get(rotated.kid)).next, true);

  const young = await newToken();
  assert.notEqual(kidOf(young), kidOf(old));
  await check(young, keysBefore);
  await check(old);
  assert.equal((await signing.get(kidOf(young))).current, true);
  assert.equal((await signing.get(kidOf(old))).previous, true);

  await assert.rejects(signing.revoke(kidOf(young)), { name: "ForbiddenError", statusCode: 403 });
  assert.equal((await signing.revoke(kidOf(old))).kid, kidOf(old));
  assert.ok(!(await publishedKeys()).keys.some((key) => key.kid === kidOf(old)));
  await assert.rejects(check(old), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  await check(young);
});

async function publishedKeys() {
  return (await fetch(new URL(".well-known/jwks.json", grantd.issuer))).json();
}
