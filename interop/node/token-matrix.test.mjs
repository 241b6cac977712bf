// Tokens of every dialect, signature and binding, checked by jose; and encrypted ones, opened by it first.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  calculateJwkThumbprint,
  compactDecrypt,
  createRemoteJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
} from "jose";
import * as oauth from "oauth4webapi";
import { fetchWith, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { getToken } from "./oauth.mjs";
import { verify } from "./verify.mjs";

const dialects = ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"];
const signatures = ["RS256", "RS512", "PS256", "HS256", "ES256", "EdDSA"];
const bindings = ["none", "dpop", "mtls"];
const encryptions = ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"];
const secret = "a secret that the API and the issuer share";

let client, dpopKeys, certificate, expected;
let counted = 0;

before(async () => {
  client = await grantd.createClient();
  dpopKeys = await generateKeyPair("ES256", { extractable: true });
  certificate = await selfSigned("CN=robot");
  const jkt = await calculateJwkThumbprint(await exportJWK(dpopKeys.publicKey));
  expected = { dpop: { jkt }, mtls: { "x5t#S256": certificate.thumbprint } };
});

for (const dialect of dialects) {
  for (const alg of signatures) {
    for (const binding of bindings) {
      test(`jose verifies ${dialect} signed with ${alg}, bound by ${binding}`, async () => {
        const { api, token } = await newToken({ token_dialect: dialect, signing_alg: alg }, binding);
        const claims = await verified(token, { api, alg, dialect, binding });
        assert.deepEqual(claims.permissions, dialect.endsWith("_authz") ? ["read:trips"] : undefined);
        counted += 1;
      });
    }
  }
}

for (const encryption of encryptions) {
  for (const alg of signatures) {
    for (const binding of bindings) {
      test(`jose opens ${encryption} and verifies ${alg} in it, bound by ${binding}`, async () => {
        const { publicKey, privateKey } = await generateKeyPair(encryption, { extractable: true });
        const encryption_key = { alg: encryption, kid: "trips", pem: await exportSPKI(publicKey) };
        const token_encryption = { format: "compact-nested-jwe", encryption_key };
        const { api, token } = await newToken({ token_encryption, signing_alg: alg }, binding);
        const { plaintext, protectedHeader } = await compactDecrypt(token, privateKey);
        assert.deepEqual(protectedHeader, { alg: encryption, enc: "A256GCM", kid: "trips", cty: "JWT" });
        await verified(new TextDecoder().decode(plaintext), { api, alg, dialect: "access_token", binding });
        counted += 1;
      });
    }
  }
}

// A loop over an empty list passes: what ran is counted against what there is.
after(() => assert.equal(counted, (4 + 3) * 6 * 3));

async function newToken(fields, binding) {
  const shared = fields.signing_alg === "HS256" ? { signing_secret: secret } : {};
  const bound = binding === "none" ? {} : { proof_of_possession: { mechanism: binding, required: true } };
  const api = await grantd.createApi({ ...fields, ...shared, ...bound });
  await grantd.management.clientGrants.create({
    client_id: client.client_id,
    audience: api.identifier,
    scope: ["read:trips"],
  });
  const answer = await getToken({
    client,
    api,
    authentication: oauth.ClientSecretPost(client.client_secret),
    DPoP: binding === "dpop" ? oauth.DPoP(client, dpopKeys) : undefined,
    fetch: binding === "mtls" ? fetchWith(certificate) : undefined,
  });
  assert.equal(answer.token_type, binding === "dpop" ? "dpop" : "bearer");
  return { api, token: answer.access_token };
}

function verified(token, { api, alg, dialect, binding }) {
  const keys = alg === "HS256" ? new TextEncoder().encode(secret) : remoteKeys();
  const typ = dialect.startsWith("rfc9068") ? "at+jwt" : "JWT";
  return verify(token, { client, api, alg, typ, cnf: expected[binding], keys });
}

// A new set each time: the keys of an algorithm may be made when the first API asks for it.
function remoteKeys() {
  return createRemoteJWKSet(new URL(".well-known/jwks.json", grantd.issuer));
}
