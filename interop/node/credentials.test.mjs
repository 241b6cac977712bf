// The life of a client's credentials, by Auth0's Management API SDK.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { test } from "node:test";
import { calculateJwkThumbprint, exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import { issued, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { clientKey } from "./keys.mjs";
import { getToken } from "./oauth.mjs";
import { verify } from "./verify.mjs";

const { clients } = grantd.management;
const { credentials } = clients;

test("creates, gets, updates, lists and deletes a public key", async () => {
  const client = await grantd.createClient();
  const { credential, publicKey } = await clientKey("ES256");
  const created = await credentials.create(client.client_id, { ...credential, name: "Laptop" });
  assert.match(created.id, /^cred_/);
  assert.equal(created.kid, await calculateJwkThumbprint(await exportJWK(publicKey)));
  assert.deepEqual([created.credential_type, created.alg, created.name], ["public_key", "ES256", "Laptop"]);
  assert.equal(created.pem, undefined);

  assert.deepEqual(await credentials.get(client.client_id, created.id), created);
  const expires_at = "2090-01-01T00:00:00.000Z";
  const updated = await credentials.update(client.client_id, created.id, { expires_at });
  assert.equal(new Date(updated.expires_at).toISOString(), expires_at);
  assert.deepEqual((await credentials.list(client.client_id)).map(({ id }) => id), [created.id]);

  await credentials.delete(client.client_id, created.id);
  assert.deepEqual(await credentials.list(client.client_id), []);
  await assert.rejects(credentials.get(client.client_id, created.id), { name: "NotFoundError", statusCode: 404 });
});

test("knows certificates by their thumbprint and by their subject", async () => {
  const client = await grantd.createClient();
  const own = await selfSigned("CN=robot");
  const whole = await credentials.create(client.client_id, { credential_type: "x509_cert", pem: own.certificate });
  assert.equal(whole.thumbprint_sha256, own.thumbprint);

  const { certificate: pem } = await issued("CN=robot,O=Example GmbH,C=DE");
  const subject = await credentials.create(client.client_id, { credential_type: "cert_subject_dn", pem });
  assert.deepEqual(subject.subject_dn.split("\n"), ["CN=robot", "O=Example GmbH", "C=DE"]);
});

test("a key takes the place of the secret, and a second key that of the first", async () => {
  const { client, api } = await grantd.createGrant();
  const [first, second] = await Promise.all([clientKey("ES256"), clientKey("PS256")]);
  const ids = [];
  for (const { credential } of [first, second]) {
    ids.push((await credentials.create(client.client_id, credential)).id);
  }
  const use = (...used) =>
    clients.update(client.client_id, {
      jwt_configuration: { alg: "RS256" },
      token_endpoint_auth_method: null,
      client_authentication_methods: { private_key_jwt: { credentials: used.map((id) => ({ id })) } },
    });
  const by = ({ privateKey }) => getToken({ client, api, authentication: oauth.PrivateKeyJwt(privateKey) });

  await use(...ids);
  for (const key of [first, second]) await verify((await by(key)).access_token, { client, api });
  const secret = oauth.ClientSecretPost(client.client_secret);
  await assert.rejects(getToken({ client, api, authentication: secret }), { status: 401 });
  await assert.rejects(credentials.delete(client.client_id, ids[0]), { statusCode: 400 });

  await use(ids[1]);
  await assert.rejects(by(first), { status: 401, error: "invalid_client" });
  await verify((await by(second)).access_token, { client, api });
  await credentials.delete(client.client_id, ids[0]);
});

test("refuses a key when it is registered, not when it is needed", async () => {
  const client = await grantd.createClient();
  const { credential } = await clientKey("ES256");
  const rejected = { name: "BadRequestError", statusCode: 400 };
  const create = (fields) => credentials.create(client.client_id, { ...credential, ...fields });
  await assert.rejects(create({ alg: "RS256" }), rejected);
  await assert.rejects(create({ pem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" }), rejected);
  await assert.rejects(create({ pem: weak() }), rejected);
});

/** An RSA key of 512 bits, which OpenSSL still reads. */
function weak() {
  const n = Buffer.alloc(64, 0xb5).toString("base64url");
  return createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" }).export({ format: "pem", type: "spki" });
}
