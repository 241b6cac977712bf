// Every way in which a client can say who it is, by oauth4webapi and by openid-client, each from discovery on.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { fetchWith, issued, selfSigned } from "./certificates.mjs";
import * as grantd from "./grantd.mjs";
import { algorithms, certificateFields, clientKey } from "./keys.mjs";
import { discover, getToken } from "./oauth.mjs";
import { verify } from "./verify.mjs";

before(() => grantd.management.tenants.settings.update({ mtls: { enable_endpoint_aliases: true } }));

// Each library's way to a token, and what it calls the methods of authentication.
const libraries = {
  oauth4webapi: {
    post: oauth.ClientSecretPost,
    basic: oauth.ClientSecretBasic,
    privateKey: (key) => oauth.PrivateKeyJwt(key),
    certificate: oauth.TlsClientAuth,
    getToken,
  },
  "openid-client": {
    post: openid.ClientSecretPost,
    basic: openid.ClientSecretBasic,
    privateKey: (key) => openid.PrivateKeyJwt(key),
    certificate: openid.TlsClientAuth,
    async getToken({ client, api, authentication, fetch, ...metadata }) {
      const options = { ...(fetch && { [openid.customFetch]: fetch }) };
      const issuer = new URL(grantd.issuer);
      const config = await openid.discovery(issuer, client.client_id, metadata, authentication, options);
      return openid.clientCredentialsGrant(config, { audience: api.identifier });
    },
  },
};

async function expectToken(library, { fields = {}, authenticationOf, ...rest }) {
  const { client, api } = await grantd.createGrant({ client: fields });
  const answer = await library.getToken({ client, api, authentication: authenticationOf(client), ...rest });
  assert.equal(answer.token_type, "bearer");
  assert.equal(answer.expires_in, 86400);
  const claims = await verify(answer.access_token, { client, api });
  assert.equal(claims.scope, "read:trips write:trips");
}

for (const [name, library] of Object.entries(libraries)) {
  for (const kind of ["post", "basic"]) {
    test(`${name} gets a token with client_secret_${kind}`, () =>
      expectToken(library, {
        fields: { token_endpoint_auth_method: `client_secret_${kind}` },
        authenticationOf: (client) => library[kind](client.client_secret),
      }));
  }

  for (const alg of algorithms) {
    test(`${name} gets a token with private_key_jwt signed with ${alg}`, async () => {
      const { fields, privateKey } = await clientKey(alg);
      await expectToken(library, { fields, authenticationOf: () => library.privateKey(privateKey) });
    });
  }

  test(`${name} names the key of its assertion`, async () => {
    const { credential, fields, privateKey } = await clientKey("ES256");
    credential.kid = "laptop-key-2026";
    const key = { key: privateKey, kid: credential.kid };
    await expectToken(library, { fields, authenticationOf: () => library.privateKey(key) });
  });

  for (const [method, certificateFor] of [["tls_client_auth", issued], ["self_signed_tls_client_auth", selfSigned]]) {
    test(`${name} gets a token with ${method}, at the endpoint for certificates`, async () => {
      const certificate = await certificateFor(`CN=${grantd.unique("robot")},OU=Reports,O=Example GmbH,C=DE`);
      await expectToken(library, {
        fields: certificateFields[method](certificate),
        authenticationOf: library.certificate,
        fetch: fetchWith(certificate),
        use_mtls_endpoint_aliases: true,
      });
    });
  }
}

const refused = (error) => ({ name: "ResponseBodyError", status: 401, error });

test("an assertion is good for one token", async () => {
  const { fields, privateKey } = await clientKey("ES256");
  const { client, api } = await grantd.createGrant({ client: fields });
  const sameEachTime = { [oauth.modifyAssertion]: (_, payload) => { payload.jti = "only-once"; } };
  const authentication = oauth.PrivateKeyJwt(privateKey, sameEachTime);
  await getToken({ client, api, authentication });
  await assert.rejects(getToken({ client, api, authentication }), refused("invalid_client"));
});

test("an assertion that is signed with another key is refused", async () => {
  const [registered, other] = await Promise.all([clientKey("ES256"), clientKey("ES256")]);
  const { client, api } = await grantd.createGrant({ client: registered.fields });
  const authentication = oauth.PrivateKeyJwt(other.privateKey);
  await assert.rejects(getToken({ client, api, authentication }), refused("invalid_client"));
});

test("a subject that another authority vouches for is refused", async () => {
  const subject = `CN=${grantd.unique("robot")},O=Example GmbH`;
  const [certificate, impostor] = await Promise.all([issued(subject), selfSigned(subject)]);
  const { client, api } = await grantd.createGrant({ client: certificateFields.tls_client_auth(certificate) });
  const authentication = oauth.TlsClientAuth();
  await assert.rejects(getToken({ client, api, authentication, fetch: fetchWith(impostor) }), refused("invalid_client"));
  await assert.rejects(getToken({ client, api, authentication }), refused("access_denied"));
});

test("the metadata has both names and says the same under each", async () => {
  const [oauth2, oidc] = await Promise.all([discover("oauth2"), discover("oidc")]);
  assert.deepEqual(oauth2, oidc);
  assert.deepEqual(oauth2.token_endpoint_auth_methods_supported.toSorted(), [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "self_signed_tls_client_auth",
    "tls_client_auth",
  ]);
  const names = [...algorithms, "Ed25519"].toSorted();
  assert.deepEqual(oauth2.token_endpoint_auth_signing_alg_values_supported.toSorted(), names);
  assert.deepEqual(oauth2.dpop_signing_alg_values_supported.toSorted(), names);
  assert.ok(oauth2.mtls_endpoint_aliases.token_endpoint);
});
