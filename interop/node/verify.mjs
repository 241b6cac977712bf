// How an API checks a token: jose, with the keys that grantd publishes.
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as grantd from "./grantd.mjs";

const jwks = new URL(".well-known/jwks.json", grantd.issuer);

/** The claims, after jose has found the token to be this client's, for this API, and `cnf` to be just so. */
export async function verify(token, { client, api, alg = "RS256", typ = "JWT", cnf, keys = createRemoteJWKSet(jwks) }) {
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: grantd.issuer,
    audience: api.identifier,
    subject: `${client.client_id}@clients`,
    algorithms: [alg],
    typ,
    requiredClaims: typ === "at+jwt" ? ["iat", "exp", "jti", "client_id"] : ["iat", "exp", "azp"],
  });
  assert.equal(protectedHeader.alg, alg);
  assert.deepEqual(payload.cnf, cnf);
  return payload;
}
