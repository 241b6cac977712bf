"""A client grant's life through Auth0's Python SDK."""

import httpx
import pytest
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError


def test_creates_a_grant_with_a_token_at_hand(grantd):
    answer = grantd.token_endpoint(grantd).client_credentials(grantd.audience)
    client, api = grantd.create_client(), grantd.create_api()

    management = ManagementClient(domain=grantd.domain, token=answer["access_token"])
    grant = management.client_grants.create(
        client_id=client.client_id, audience=api.identifier, scope=["read:trips"]
    )

    assert grant.id.startswith("cgr_") and len(grant.id) == 20
    assert grant.model_dump(exclude_none=True) == {
        "id": grant.id,
        "client_id": client.client_id,
        "audience": api.identifier,
        "scope": ["read:trips"],
        "subject_type": "client",
    }


def test_refuses_the_camel_case_client_id_of_the_published_page(grantd):
    """The SDK cannot send it, so the body goes by hand, to where the SDK would send it."""
    client, api = grantd.create_client(), grantd.create_api()
    token = grantd.token_endpoint(grantd).client_credentials(grantd.audience)["access_token"]
    answer = httpx.post(
        f"https://{grantd.domain}/api/v2/client-grants",
        headers={"Authorization": f"Bearer {token}"},
        json={"clientId": client.client_id, "audience": api.identifier, "scope": []},
    )
    assert answer.status_code == 400
    assert answer.json()["message"] == "Payload validation error: 'Additional properties not allowed: clientId'."


def test_refuses_a_second_grant_for_the_same_client_and_api(grantd):
    client, api, _ = grantd.create_grant()
    again = {"client_id": client.client_id, "audience": api.identifier, "scope": []}
    with pytest.raises(ConflictError):
        grantd.management.client_grants.create(**again)
    for_users = grantd.management.client_grants.create(**again, subject_type="user")
    assert for_users.subject_type == "user"


def test_lists_every_grant_once_page_by_page(grantd):
    api = grantd.create_api()
    created = [grantd.create_grant(api=api)[2].id for _ in range(5)]
    pager = grantd.management.client_grants.list(audience=api.identifier, take=2)
    assert len(pager.items) == 2
    assert sorted(grant.id for grant in pager) == sorted(created)


def test_gets_updates_and_deletes_a_grant(grantd):
    _, _, grant = grantd.create_grant(organization_usage="allow", allow_any_organization=True)
    grants = grantd.management.client_grants
    assert grants.get(grant.id).model_dump() == grant.model_dump()

    updated = grants.update(grant.id, scope=["write:trips"], organization_usage=None)
    assert updated.scope == ["write:trips"]
    assert updated.organization_usage is None and updated.allow_any_organization is True

    grants.delete(grant.id)
    with pytest.raises(NotFoundError):
        grants.get(grant.id)


def test_an_empty_update_is_refused(grantd):
    _, _, grant = grantd.create_grant()
    with pytest.raises(ApiError) as refused:
        grantd.management.client_grants.update(grant.id)
    assert refused.value.status_code == 400


def test_names_the_scope_that_a_token_lacks(grantd):
    client = grantd.create_client()
    grantd.management.client_grants.create(
        client_id=client.client_id, audience=grantd.audience, scope=["read:clients"]
    )
    limited = ManagementClient(
        domain=grantd.domain, client_id=client.client_id, client_secret=client.client_secret
    )
    with pytest.raises(ForbiddenError) as refused:
        limited.client_grants.list()
    assert refused.value.body["message"] == "Insufficient scope, expected any of: read:client_grants"


def test_refuses_a_token_that_nobody_issued(grantd):
    forged = ManagementClient(domain=grantd.domain, token="eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
    with pytest.raises(UnauthorizedError):
        forged.client_grants.list()
