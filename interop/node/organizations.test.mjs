// Organizations and which client grants may be used in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthenticationClient } from "auth0/legacy";
import { decodeJwt } from "jose";
import * as grantd from "./grantd.mjs";

const { management } = grantd;

function createOrganization(fields = {}) {
  return management.organizations.create({ name: grantd.unique("acme"), display_name: "Acme", ...fields });
}

test("creates, finds, updates, lists and deletes an organization", async () => {
  const created = await createOrganization({ metadata: { tier: "gold" } });
  assert.match(created.id, /^org_[A-Za-z0-9]{16}$/);
  assert.equal((await management.organizations.get(created.id)).name, created.name);
  assert.equal((await management.organizations.getByName(created.name)).id, created.id);

  const updated = await management.organizations.update(created.id, { display_name: "Acme Inc.", metadata: {} });
  assert.equal(updated.display_name, "Acme Inc.");
  assert.equal((await management.organizations.get(created.id)).metadata, undefined);

  const ids = [];
  for await (const organization of await management.organizations.list({ take: 2 })) ids.push(organization.id);
  assert.ok(ids.includes(created.id));
  assert.equal(new Set(ids).size, ids.length);

  await management.organizations.delete(created.id);
  await assert.rejects(management.organizations.get(created.id), (error) => {
    assert.equal(error.statusCode, 404);
    assert.equal(error.body.message, "No organization found by that id or name");
    return true;
  });
});

test("associates a client grant with an organization, lists it from both sides, and removes it", async () => {
  const [organization, { grant }] = await Promise.all([
    createOrganization(),
    grantd.createGrant({ organization_usage: "require" }),
  ]);

  // The SDK's type calls it `id`; Auth0 answers `grant_id`.
  const association = await management.organizations.clientGrants.create(organization.id, { grant_id: grant.id });
  assert.equal(association.grant_id, grant.id);
  assert.equal(association.client_id, grant.client_id);

  const grants = await management.organizations.clientGrants.list(organization.id);
  assert.deepEqual(grants.data.map((item) => item.id), [grant.id]);
  const organizations = await management.clientGrants.organizations.list(grant.id);
  assert.deepEqual(organizations.data.map((item) => item.id), [organization.id]);

  await assert.rejects(management.organizations.clientGrants.create(organization.id, { grant_id: grant.id }), {
    statusCode: 409,
  });

  await management.organizations.clientGrants.delete(organization.id, grant.id);
  assert.deepEqual((await management.organizations.clientGrants.list(organization.id)).data, []);
});

test("issues a token for an organization while its grant is associated, and not after", async () => {
  const [organization, { client, api, grant }] = await Promise.all([
    createOrganization(),
    grantd.createGrant({ organization_usage: "require" }),
  ]);
  const authentication = new AuthenticationClient({
    domain: grantd.domain,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  });
  const inOrganization = { audience: api.identifier, organization: organization.id };

  await assert.rejects(authentication.oauth.clientCredentialsGrant(inOrganization));
  await management.organizations.clientGrants.create(organization.id, { grant_id: grant.id });

  const { data } = await authentication.oauth.clientCredentialsGrant(inOrganization);
  assert.equal(decodeJwt(data.access_token).org_id, organization.id);

  await management.organizations.clientGrants.delete(organization.id, grant.id);
  await assert.rejects(authentication.oauth.clientCredentialsGrant(inOrganization));
});
