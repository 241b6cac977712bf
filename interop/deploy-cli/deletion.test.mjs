// Only AUTH0_ALLOW_DELETE deletes, and only what the input no longer has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { same, tenant } from "./models.mjs";
import { start } from "./server.mjs";
import { directory, exported, imports } from "./tool.mjs";

function smaller() {
  const model = tenant();
  model.resourceServers.splice(1, 1);
  model.clients.shift();
  model.clientGrants.splice(0, 2);
  model.organizations.pop();
  return model;
}

test("what the input lacks goes with leave to delete, and nothing else ever", async (t) => {
  const server = await start(t);
  await imports(server, directory(server, tenant()));

  // Without leave everything stays.
  await imports(server, directory(server, smaller()));
  same(await exported(server), tenant());

  // Kinds that the input does not name are not touched.
  await imports(server, directory(server, { clients: tenant().clients }), { AUTH0_ALLOW_DELETE: true });
  same(await exported(server), tenant());

  const planned = await imports(server, directory(server, smaller()), { AUTH0_ALLOW_DELETE: true });
  assert.ok(planned.length >= 4 && planned.every((line) => line.includes("DELETE")), planned.join("\n"));
  same(await exported(server), smaller());
  assert.ok(await server.clientNamed("Administration"), "the client that the tool itself uses");
});

test("an organization loses the grant that the input took from it", async (t) => {
  const server = await start(t);
  const model = tenant();
  await imports(server, directory(server, model));
  model.organizations[0].client_grants = [];
  await imports(server, directory(server, model), { AUTH0_ALLOW_DELETE: true });
  const { id } = await server.api("GET", "organizations/name/acme");
  assert.deepEqual(await server.api("GET", `organizations/${id}/client-grants`), []);
  assert.equal((await server.grants()).length, 3);
});
