// A token by oauth4webapi, from discovery to the checked response.
import * as oauth from "oauth4webapi";
import * as grantd from "./grantd.mjs";

const issuer = new URL(grantd.issuer);

/** What grantd says of itself. `algorithm` is one of the two names that metadata has: oauth2 or oidc. */
export async function discover(algorithm = "oauth2") {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm }));
}

/** The response of the client credentials grant. `fetch` is how a client with a certificate connects. */
export async function getToken({ client, api, authentication, DPoP, fetch, ...metadata }) {
  const as = await discover();
  const self = { client_id: client.client_id, ...metadata };
  const options = { DPoP, ...(fetch && { [oauth.customFetch]: fetch }) };
  const parameters = { audience: api.identifier };
  const response = await oauth.clientCredentialsGrantRequest(as, self, authentication, parameters, options);
  return oauth.processClientCredentialsResponse(as, self, response);
}
