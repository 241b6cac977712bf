// Auth0's own example of POST /api/v2/client-grants, run with Auth0's own SDK, and the rest of a grant's life.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManagementClient, ManagementError } from "auth0";
import { AuthenticationClient } from "auth0/legacy";
import * as grantd from "./grantd.mjs";

const { management } = grantd;

test("creates a grant with a token at hand, as the published example does", async () => {
  const authentication = new AuthenticationClient({
    domain: grantd.domain,
    clientId: grantd.adminId,
    clientSecret: grantd.adminSecret,
  });
  const answer = await authentication.oauth.clientCredentialsGrant({ audience: grantd.managementAudience });
  const [application, api] = await Promise.all([grantd.createClient(), grantd.createApi()]);

  const client = new ManagementClient({ domain: grantd.domain, token: answer.data.access_token });
  const grant = await client.clientGrants.create({
    client_id: application.client_id,
    audience: api.identifier,
    scope: ["read:trips"],
  });

  assert.match(grant.id, /^cgr_[A-Za-z0-9]{16}$/);
  assert.deepEqual(grant, {
    id: grant.id,
    client_id: application.client_id,
    audience: api.identifier,
    scope: ["read:trips"],
    subject_type: "client",
  });
});

test("refuses the camel-case clientId that the published page writes", async () => {
  const [client, api] = await Promise.all([grantd.createClient(), grantd.createApi()]);
  await assert.rejects(
    management.clientGrants.create({ clientId: client.client_id, audience: api.identifier, scope: ["read:trips"] }),
    (error) => {
      assert.ok(error instanceof ManagementError);
      assert.equal(error.statusCode, 400);
      assert.deepEqual(error.body, {
        statusCode: 400,
        error: "Bad Request",
        message: "Payload validation error: 'Additional properties not allowed: clientId'.",
        errorCode: "invalid_body",
      });
      return true;
    },
  );
});

test("refuses a second grant for the same client, API and subject type", async () => {
  const { client, api } = await grantd.createGrant();
  const again = { client_id: client.client_id, audience: api.identifier, scope: ["read:trips"] };
  await assert.rejects(management.clientGrants.create(again), { name: "ConflictError", statusCode: 409 });

  const forUsers = await management.clientGrants.create({ ...again, subject_type: "user" });
  assert.equal(forUsers.subject_type, "user");
});

test("names what is missing when the client or the API does not exist", async () => {
  const { client, api } = await grantd.createGrant();
  const scope = ["read:trips"];
  await assert.rejects(
    management.clientGrants.create({ client_id: client.client_id, audience: "https://nowhere.example.com/", scope }),
    (error) => error.statusCode === 404 && error.body.message === "No resource with identifier https://nowhere.example.com/",
  );
  await assert.rejects(
    management.clientGrants.create({ client_id: "nobody", audience: api.identifier, scope }),
    (error) => error.statusCode === 404 && error.body.message === "Client not found",
  );
});

test("lists every grant once, page by page, with for await", async () => {
  const api = await grantd.createApi();
  const created = [];
  for (let i = 0; i < 5; i++) {
    const client = await grantd.createClient();
    const grant = await management.clientGrants.create({ client_id: client.client_id, audience: api.identifier, scope: [] });
    created.push(grant.id);
  }

  const listed = [];
  const page = await management.clientGrants.list({ audience: api.identifier, take: 2 });
  assert.equal(page.data.length, 2);
  for await (const grant of page) listed.push(grant.id);

  assert.deepEqual(listed.toSorted(), created.toSorted());
});

test("lists by client, by API and by subject type", async () => {
  const { client, api, grant } = await grantd.createGrant();
  const byClient = await management.clientGrants.list({ client_id: client.client_id });
  assert.deepEqual(byClient.data, [grant]);
  const forUsers = await management.clientGrants.list({ audience: api.identifier, subject_type: "user" });
  assert.deepEqual(forUsers.data, []);
});

test("gets, updates and deletes a grant", async () => {
  const { grant } = await grantd.createGrant({ organization_usage: "allow", allow_any_organization: true });
  assert.deepEqual(await management.clientGrants.get(grant.id), grant);

  const updated = await management.clientGrants.update(grant.id, { scope: ["write:trips"], organization_usage: null });
  const { organization_usage: _, ...rest } = grant;
  assert.deepEqual(updated, { ...rest, scope: ["write:trips"] });

  await management.clientGrants.delete(grant.id);
  await assert.rejects(management.clientGrants.get(grant.id), { name: "NotFoundError", statusCode: 404 });
});

test("refuses an update of what makes the grant this grant", async () => {
  const { grant, api } = await grantd.createGrant();
  await assert.rejects(management.clientGrants.update(grant.id, { audience: api.identifier }), (error) => {
    assert.equal(error.statusCode, 400);
    assert.equal(error.body.message, "Payload validation error: 'Additional properties not allowed: audience'.");
    return true;
  });
});

test("grants all scopes of an API, also those that come later", async () => {
  const [client, api] = await Promise.all([grantd.createClient(), grantd.createApi()]);
  const grant = await management.clientGrants.create({
    client_id: client.client_id,
    audience: api.identifier,
    allow_all_scopes: true,
  });
  assert.equal(grant.allow_all_scopes, true);

  await management.resourceServers.update(api.id, { scopes: [...api.scopes, { value: "delete:trips" }] });
  const authentication = new AuthenticationClient({
    domain: grantd.domain,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  });
  const { data } = await authentication.oauth.clientCredentialsGrant({ audience: api.identifier });
  assert.equal(data.scope, "read:trips write:trips delete:trips");
});

test("answers 403 and names the scope that the token lacks", async () => {
  const application = await grantd.createClient();
  await management.clientGrants.create({
    client_id: application.client_id,
    audience: grantd.managementAudience,
    scope: ["read:clients"],
  });
  const limited = new ManagementClient({
    domain: grantd.domain,
    clientId: application.client_id,
    clientSecret: application.client_secret,
  });
  await assert.rejects(limited.clientGrants.list(), (error) => {
    assert.equal(error.statusCode, 403);
    assert.deepEqual(error.body, {
      statusCode: 403,
      error: "Forbidden",
      message: "Insufficient scope, expected any of: read:client_grants",
      errorCode: "insufficient_scope",
    });
    return true;
  });
});

test("answers 401 to a token that nobody issued", async () => {
  const forged = new ManagementClient({ domain: grantd.domain, token: "eyJhbGciOiJSUzI1NiJ9.e30.AAAA" });
  await assert.rejects(forged.clientGrants.list(), { name: "UnauthorizedError", statusCode: 401 });
});
