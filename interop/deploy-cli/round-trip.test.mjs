// What goes in comes out, and going in a second time changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { same, tenant, travel } from "./models.mjs";
import { start } from "./server.mjs";
import { directory, exported, exportsTo, imports, plan, read, yaml } from "./tool.mjs";

test("a YAML import is exported as it was, and a second import has nothing to do", async (t) => {
  const server = await start(t);
  const input = yaml(server, tenant());
  const planned = await imports(server, input);
  assert.ok(planned.length > 0 && planned.every((line) => /CREATE|UPDATE/.test(line)), planned.join("\n"));
  same(await exported(server), tenant());
  assert.deepEqual(await plan(server, input), []);
});

test("an export has nothing to do where it came from, and makes the same tenant elsewhere", async (t) => {
  const first = await start(t);
  await imports(first, directory(first, tenant()));
  same(await exported(first), tenant());
  const folder = await exportsTo(first, "directory", "folder");
  const grants = read(join(folder, "grants"));
  assert.deepEqual(Object.keys(grants), ["Importer-Travel.json", "Reports-Billing.json", "Reports-Travel.json"]);
  assert.deepEqual(grants["Reports-Travel.json"].scope, ["read:trips"]);
  assert.deepEqual(await plan(first, folder, { AUTH0_ALLOW_DELETE: true }), []);

  const second = await start(t);
  await imports(second, folder);
  same(await exported(second), tenant());
  assert.deepEqual(await plan(second, folder), []);
});

test("keywords in the input are replaced by what the configuration maps them to", async (t) => {
  const server = await start(t);
  const folder = directory(server, {
    resourceServers: [{ ...travel, identifier: "https://##STAGE##.example.com/" }],
    clients: ['{"name": "Reports", "app_type": "non_interactive", "callbacks": @@CALLBACKS@@}'],
    clientGrants: [{ client_id: "Reports", audience: "https://##STAGE##.example.com/", scope: ["read:trips"] }],
  });
  const settings = {
    AUTH0_KEYWORD_REPLACE_MAPPINGS: { STAGE: "staging", CALLBACKS: ["https://staging.example.com/callback"] },
  };
  await imports(server, folder, settings);
  assert.deepEqual((await server.clientNamed("Reports")).callbacks, ["https://staging.example.com/callback"]);
  const [made] = await server.grants();
  assert.equal(made.audience, "https://staging.example.com/");
  assert.deepEqual(await plan(server, folder, settings), []);
});
