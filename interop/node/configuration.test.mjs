// Clients, APIs and the tenant: what a grant stands on.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as grantd from "./grantd.mjs";

const { management } = grantd;

test("creates, gets, updates, lists and deletes a client", async () => {
  const created = await grantd.createClient({ description: "Nightly reports", client_metadata: { team: "data" } });
  assert.ok(created.client_secret.length >= 32);

  const read = await management.clients.get(created.client_id);
  assert.equal(read.client_secret, created.client_secret);
  assert.deepEqual(read.grant_types, ["client_credentials"]);

  const updated = await management.clients.update(created.client_id, { description: "Hourly reports" });
  assert.equal(updated.description, "Hourly reports");

  const ids = [];
  for await (const client of await management.clients.list({ per_page: 3 })) ids.push(client.client_id);
  assert.ok(ids.includes(created.client_id));

  await management.clients.delete(created.client_id);
  await assert.rejects(management.clients.get(created.client_id), { name: "NotFoundError", statusCode: 404 });
});

test("rotates a client's secret", async () => {
  const created = await grantd.createClient();
  const rotated = await management.clients.rotateSecret(created.client_id);
  assert.equal(rotated.client_id, created.client_id);
  assert.notEqual(rotated.client_secret, created.client_secret);
});

test("deletes the grants of a deleted client", async () => {
  const { client, grant } = await grantd.createGrant();
  await management.clients.delete(client.client_id);
  await assert.rejects(management.clientGrants.get(grant.id), { statusCode: 404 });
});

test("creates, gets, updates, lists and deletes an API, by id and by identifier", async () => {
  const created = await grantd.createApi();
  assert.match(created.id, /^[0-9a-f]{24}$/);
  assert.equal((await management.resourceServers.get(created.id)).identifier, created.identifier);
  assert.equal((await management.resourceServers.get(created.identifier)).id, created.id);

  const updated = await management.resourceServers.update(created.id, { token_lifetime: 600, token_lifetime_for_web: 600 });
  assert.equal(updated.token_lifetime, 600);

  const identifiers = [];
  for await (const api of await management.resourceServers.list({ per_page: 2 })) identifiers.push(api.identifier);
  assert.ok(identifiers.includes(created.identifier));
  assert.ok(identifiers.includes(grantd.managementAudience));

  await management.resourceServers.delete(created.id);
  await assert.rejects(management.resourceServers.get(created.id), { name: "NotFoundError", statusCode: 404 });
});

test("refuses a second API with the same identifier", async () => {
  const { identifier } = await grantd.createApi();
  await assert.rejects(grantd.createApi({ identifier }), { name: "ConflictError", statusCode: 409 });
});

test("reads and changes the tenant's settings", async () => {
  const before = await management.tenants.settings.get();
  const changed = await management.tenants.settings.update({ friendly_name: "Interop" });
  assert.equal(changed.friendly_name, "Interop");
  assert.equal((await management.tenants.settings.get()).friendly_name, "Interop");
  await management.tenants.settings.update({ friendly_name: before.friendly_name ?? "grantd" });
});
