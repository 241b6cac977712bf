// Grants that users of the tool had trouble with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { application, grant, same, travel } from "./models.mjs";
import { start } from "./server.mjs";
import { directory, exported, imports, plan } from "./tool.mjs";

const reports = application("Reports");
const deleting = { AUTH0_ALLOW_DELETE: true };

test("two grants of one client that differ by subject type live side by side", async (t) => {
  const server = await start(t);
  const model = {
    resourceServers: [travel],
    clients: [application("Reports", { app_type: "regular_web", grant_types: ["client_credentials", "authorization_code"] })],
    clientGrants: [
      grant("Reports", travel, ["read:trips"], { subject_type: "client" }),
      grant("Reports", travel, ["read:trips", "write:trips"], { subject_type: "user" }),
    ],
  };
  await imports(server, directory(server, model));
  same(await exported(server), model);

  model.clientGrants[1].scope = ["write:trips"];
  await imports(server, directory(server, model));
  same(await exported(server), model);

  model.clientGrants.shift();
  await imports(server, directory(server, model), deleting);
  assert.deepEqual((await server.grants()).map((left) => left.subject_type), ["user"]);
});

test("a grant of the Management API and one of all scopes are made and left alone", async (t) => {
  const server = await start(t);
  const management = { identifier: server.admin.audience };
  const input = directory(server, {
    resourceServers: [travel],
    clients: [reports],
    clientGrants: [
      grant("Reports", management, ["read:clients", "read:client_grants"]),
      { client_id: "Reports", audience: travel.identifier, allow_all_scopes: true },
    ],
  });
  await imports(server, input, deleting);
  const grants = await server.grants();
  assert.deepEqual(grants.find((made) => made.audience === server.admin.audience).scope, ["read:clients", "read:client_grants"]);
  assert.equal(grants.find((made) => made.audience === travel.identifier).allow_all_scopes, true);
  assert.equal((await exported(server)).clientGrants.find((made) => made.allow_all_scopes).audience, travel.identifier);
  assert.deepEqual(await plan(server, input, deleting), []);
});

test("a grant for all third-party clients has no client, and goes when the input no longer has it", async (t) => {
  const server = await start(t);
  const model = {
    resourceServers: [travel],
    clients: [reports, application("Partner", { is_first_party: false })],
    clientGrants: [
      { default_for: "third_party_clients", audience: travel.identifier, scope: ["read:trips"] },
      grant("Partner", travel, ["write:trips"]),
    ],
  };
  await imports(server, directory(server, model));
  assert.equal((await server.clientNamed("Partner")).is_first_party, false);
  const made = await server.grants();
  assert.deepEqual(made.map((one) => one.default_for).sort(), ["third_party_clients", undefined]);
  assert.deepEqual(await plan(server, directory(server, model), deleting), []);

  model.clientGrants.shift();
  await imports(server, directory(server, model), deleting);
  assert.deepEqual((await server.grants()).map((left) => left.default_for), [undefined]);
});

test("clients that are excluded, by being of a third party or by name, keep themselves and their grants", async (t) => {
  const server = await start(t);
  const model = {
    resourceServers: [travel],
    clients: [reports, application("Hands off"), application("Partner", { is_first_party: false })],
    clientGrants: ["Reports", "Hands off", "Partner"].map((name) => grant(name, travel, ["read:trips"])),
  };
  await imports(server, directory(server, model));
  const settings = { ...deleting, AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS: true, AUTH0_EXCLUDED_CLIENTS: ["Hands off"] };
  await imports(server, directory(server, { resourceServers: [travel], clients: [], clientGrants: [] }), settings);
  const kept = await Promise.all(["Hands off", "Partner"].map((name) => server.clientNamed(name)));
  const ids = (list) => list.map((each) => each.client_id).sort();
  assert.deepEqual(ids(await server.grants()), ids(kept));
  assert.equal(await server.clientNamed("Reports"), undefined);
});

test("more than fifty grants are seen on all pages: none is made twice and none is missed", async (t) => {
  const server = await start(t);
  const names = Array.from({ length: 60 }, (_, number) => `Worker ${number}`);
  const api = await server.api("POST", "resource-servers", travel);
  for (const name of names) {
    const { client_id } = await server.api("POST", "clients", application(name));
    await server.api("POST", "client-grants", { client_id, audience: api.identifier, scope: ["read:trips"] });
  }
  const model = {
    resourceServers: [travel],
    clients: names.map((name) => application(name)),
    clientGrants: names.map((name) => grant(name, travel, ["read:trips"])),
  };
  assert.equal((await exported(server)).clientGrants.length, 60);
  assert.deepEqual(await plan(server, directory(server, model)), []);

  model.clientGrants.length = 5;
  await imports(server, directory(server, model), deleting);
  assert.equal((await server.grants()).length, 5);
});
