// oidc-provider as it would serve machines in production: client credentials and nothing else, JWT access tokens, plain
// HTTP behind a proxy. Everything that is not said here is its default.
//
//   node server.mjs CLIENTS SECRET_OF_HS256
//
// The clients are Map entries, for it ships no database; the API's identifier ends in the name of the algorithm that
// signs its tokens. One line on standard output says where it listens.

import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const [clients, secret] = process.argv.slice(2);
const SCOPES = "read:records write:records delete:records";
const APIS = "https://api.example.com/";
const ALGORITHMS = new Map([
  ["rs256", { alg: "RS256" }],
  ["es256", { alg: "ES256" }],
  ["eddsa", { alg: "EdDSA" }],
  ["hs256", { alg: "HS256", key: createSecretKey(Buffer.from(secret)) }],
]);

// The load knows them by the same rule.
const known = new Map();
for (let number = 0; number < Number(clients); number++) {
  const id = `Copy${String(number).padStart(28, "0")}`;
  known.set(id, {
    client_id: id,
    client_secret: `secret-of-${String(number).padStart(54, "0")}`,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: "client_secret_post",
    scope: SCOPES,
  });
}

/** Clients are found; nothing else needs to be kept, for JWT access tokens are not. */
class Adapter {
  constructor(name) {
    this.records = name === "Client" ? known : new Map();
  }
  async find(id) {
    return this.records.get(id);
  }
  async upsert(id, record) {
    this.records.set(id, record);
  }
  async destroy(id) {
    this.records.delete(id);
  }
}

const jwk = (alg, type, options) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: alg };
};

const provider = new Provider("https://auth.example.com", {
  adapter: Adapter,
  clientAuthMethods: ["client_secret_post"],
  cookies: { keys: [randomBytes(32).toString("hex")] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: SCOPES,
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 86400,
        jwt: { sign: ALGORITHMS.get(resource.slice(APIS.length)) },
      }),
    },
  },
  jwks: {
    keys: [
      jwk("RS256", "rsa", { modulusLength: 2048 }),
      jwk("ES256", "ec", { namedCurve: "P-256" }),
      jwk("EdDSA", "ed25519"),
    ],
  },
  routes: { token: "/oauth/token", jwks: "/.well-known/jwks.json" },
  scopes: SCOPES.split(" "),
});
provider.proxy = true;

const server = createServer(provider.callback());
// As long as grantd: a connection that is closed between two requests would be an error.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  console.log(`oidc-provider is ready at http://127.0.0.1:${server.address().port}`);
});
