// An API that is protected by Auth0's own middleware, with grantd as the issuer.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { AuthenticationClient } from "auth0/legacy";
import express from "express";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import * as grantd from "./grantd.mjs";

let server, base, token;

before(async () => {
  const { client, api } = await grantd.createGrant({ scope: ["read:trips"] });
  const authentication = new AuthenticationClient({
    domain: grantd.domain,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  });
  const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
  token = data.access_token;

  const app = express();
  app.use(auth({ issuerBaseURL: grantd.issuer, audience: api.identifier }));
  app.get("/trips", requiredScopes("read:trips"), (request, response) => response.json(request.auth.payload));
  app.post("/trips", requiredScopes("write:trips"), (_, response) => response.sendStatus(201));
  // Express prints errors that nobody handles; the refusals below are what the tests expect.
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).set(error.headers).json(error));
  server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => server?.close());

const call = (method, headers = {}) => fetch(`${base}/trips`, { method, headers });

test("lets a token with the required scope in", async () => {
  const response = await call("GET", { authorization: `Bearer ${token}` });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).scope, "read:trips");
});

test("refuses a call without a token", async () => {
  assert.equal((await call("GET")).status, 401);
});

test("refuses a token that was tampered with", async () => {
  const [header, payload, signature] = token.split(".");
  const forged = [header, payload, signature.split("").reverse().join("")].join(".");
  assert.equal((await call("GET", { authorization: `Bearer ${forged}` })).status, 401);
});

test("refuses a token whose grant lacks the scope", async () => {
  const response = await call("POST", { authorization: `Bearer ${token}` });
  assert.equal(response.status, 403);
  assert.match(response.headers.get("www-authenticate"), /insufficient_scope/);
});
