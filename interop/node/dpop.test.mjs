// Tokens that are bound to a key of the client by DPoP, as oauth4webapi and openid-client ask for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import * as grantd from "./grantd.mjs";
import { algorithms, clientKey } from "./keys.mjs";
import { discover, getToken } from "./oauth.mjs";
import { verify } from "./verify.mjs";

const bound = { api: { proof_of_possession: { mechanism: "dpop", required: true } } };

const thumbprint = async ({ publicKey }) => calculateJwkThumbprint(await exportJWK(publicKey));
const newKeys = (alg = "ES256") => generateKeyPair(alg, { extractable: true });

for (const alg of algorithms) {
  test(`oauth4webapi gets a token that is bound to its ${alg} key`, async () => {
    const { client, api } = await grantd.createGrant(bound);
    const keys = await newKeys(alg);
    const DPoP = oauth.DPoP(client, keys);
    const authentication = oauth.ClientSecretPost(client.client_secret);
    const answer = await getToken({ client, api, authentication, DPoP });
    assert.equal(answer.token_type, "dpop");
    await verify(answer.access_token, { client, api, cnf: { jkt: await thumbprint(keys) } });
  });

  test(`openid-client gets a token that is bound to its ${alg} key`, async () => {
    const { client, api } = await grantd.createGrant(bound);
    const keys = await newKeys(alg);
    const config = await openid.discovery(new URL(grantd.issuer), client.client_id, client.client_secret);
    const DPoP = openid.getDPoPHandle(config, keys);
    const answer = await openid.clientCredentialsGrant(config, { audience: api.identifier }, { DPoP });
    assert.equal(answer.token_type, "dpop");
    await verify(answer.access_token, { client, api, cnf: { jkt: await thumbprint(keys) } });
  });
}

test("a client that authenticates by one key binds its token to another", async () => {
  const { fields, privateKey } = await clientKey("ES256");
  const { client, api } = await grantd.createGrant({ ...bound, client: fields });
  const keys = await newKeys();
  const authentication = oauth.PrivateKeyJwt(privateKey);
  const answer = await getToken({ client, api, authentication, DPoP: oauth.DPoP(client, keys) });
  await verify(answer.access_token, { client, api, cnf: { jkt: await thumbprint(keys) } });
});

test("a proof is good for one token", async () => {
  const { client, api } = await grantd.createGrant(bound);
  const authentication = oauth.ClientSecretPost(client.client_secret);
  let sent;
  const remembering = (url, options) => fetch(url, (sent = options));
  await getToken({ client, api, authentication, DPoP: oauth.DPoP(client, await newKeys()), fetch: remembering });

  const again = await fetch((await discover()).token_endpoint, sent);
  assert.equal(again.status, 400);
  assert.equal((await again.json()).error, "invalid_dpop_proof");
});

test("an API that requires a proof gives no token without one", async () => {
  const { client, api } = await grantd.createGrant(bound);
  const authentication = oauth.ClientSecretPost(client.client_secret);
  await assert.rejects(getToken({ client, api, authentication }), { status: 400, error: "invalid_request" });
});

test("a token is bound where the API can bind and the client proves, though nobody insists", async () => {
  const { client, api } = await grantd.createGrant({
    api: { proof_of_possession: { mechanism: "dpop", required: false } },
  });
  const authentication = oauth.ClientSecretPost(client.client_secret);
  const keys = await newKeys();
  const proved = await getToken({ client, api, authentication, DPoP: oauth.DPoP(client, keys) });
  await verify(proved.access_token, { client, api, cnf: { jkt: await thumbprint(keys) } });
  const bearer = await getToken({ client, api, authentication });
  assert.equal(bearer.token_type, "bearer");
  await verify(bearer.access_token, { client, api });
});
