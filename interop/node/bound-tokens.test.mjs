// Bound tokens as they are used: at an API behind Auth0's own middleware, with calls by oauth4webapi.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";
import * as oauth from "oauth4webapi";
import { fetchWith, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { getToken } from "./oauth.mjs";

let api, client, server, trips;
const secret = () => oauth.ClientSecretPost(client.client_secret);
const proofOf = (keys) => oauth.DPoP(client, keys);
const insecure = { [oauth.allowInsecureRequests]: true };

before(async () => ({ client, api } = await grantd.createGrant()));

after(() => server?.close());

/** Starts an API on 127.0.0.1 that takes the tokens that `options` say. */
async function protect(options) {
  server?.close();
  const app = express();
  app.use(auth({ issuerBaseURL: grantd.issuer, audience: api.identifier, ...options }));
  app.get("/trips", (request, response) => response.json(request.auth.payload));
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).set(error.headers).json(error));
  server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  trips = new URL(`http://127.0.0.1:${server.address().port}/trips`);
}

const bindBy = (mechanism) =>
  grantd.management.resourceServers.update(api.id, { proof_of_possession: { mechanism, required: true } });

/** The status of a call with this token as a bearer token, which is what a thief would do. */
const asBearer = async (token, headers = {}) =>
  (await fetch(trips, { headers: { authorization: `Bearer ${token}`, ...headers } })).status;

const withProof = (token, keys) =>
  oauth.protectedResourceRequest(token, "GET", trips, undefined, undefined, { DPoP: proofOf(keys), ...insecure });

test("Auth0's middleware takes a DPoP-bound token from who has the key, and from nobody else", async () => {
  await bindBy("dpop");
  await protect({ dpop: { enabled: true } });
  const [keys, others] = [await oauth.generateKeyPair("ES256"), await oauth.generateKeyPair("ES256")];
  const { access_token: token } = await getToken({ client, api, authentication: secret(), DPoP: proofOf(keys) });

  const response = await withProof(token, keys);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).azp, client.client_id);
  await assert.rejects(withProof(token, others), { name: "WWWAuthenticateChallengeError", status: 401 });
  assert.equal(await asBearer(token), 401);
});

test("Auth0's middleware takes a certificate-bound token with the certificate, and without it never", async () => {
  await bindBy("mtls");
  // Behind a proxy that terminates TLS, which hands the certificate on in a header.
  const getCertificate = (request) => decodeURIComponent(request.get("client-certificate") ?? "") || undefined;
  await protect({ getCertificate });
  const [own, other] = [await selfSigned("CN=robot"), await selfSigned("CN=robot")];
  const fetch = fetchWith(own);
  const { access_token: token } = await getToken({ client, api, authentication: secret(), fetch });

  const shown = ({ certificate }) => ({ "client-certificate": encodeURIComponent(certificate) });
  assert.equal(await asBearer(token, shown(own)), 200);
  assert.equal(await asBearer(token, shown(other)), 401);
  assert.equal(await asBearer(token), 400, "what the middleware says when there is no certificate");
});
