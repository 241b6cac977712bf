"""Organizations and which client grants may be used in them."""

import jwt
import pytest
from auth0.authentication.exceptions import Auth0Error
from auth0.management.errors import ConflictError
from conftest import unique


@pytest.fixture
def organization(grantd):
    return grantd.management.organizations.create(name=unique("acme"), display_name="Acme")


def test_finds_and_lists_an_organization(grantd, organization):
    organizations = grantd.management.organizations
    assert organizations.get(organization.id).name == organization.name
    assert organizations.get_by_name(organization.name).id == organization.id
    assert organization.id in [item.id for item in organizations.list(take=2)]


def test_updates_and_deletes_an_organization(grantd, organization):
    organizations = grantd.management.organizations
    updated = organizations.update(organization.id, display_name="Acme Inc.")
    assert updated.display_name == "Acme Inc."
    organizations.delete(organization.id)
    assert organization.id not in [item.id for item in organizations.list()]


def test_associates_a_grant_and_removes_it(grantd, organization):
    _, _, grant = grantd.create_grant(organization_usage="require")
    grants = grantd.management.organizations.client_grants

    # The SDK's type calls it `id`; Auth0 answers `grant_id`.
    association = grants.create(organization.id, grant_id=grant.id)
    assert association.grant_id == grant.id
    with pytest.raises(ConflictError):
        grants.create(organization.id, grant_id=grant.id)

    assert [item.id for item in grants.list(organization.id)] == [grant.id]
    of_grant = grantd.management.client_grants.organizations.list(grant.id)
    assert [item.id for item in of_grant] == [organization.id]

    grants.delete(organization.id, grant.id)
    assert list(grants.list(organization.id)) == []


def test_issues_a_token_for_an_organization_only_while_associated(grantd, organization):
    client, api, grant = grantd.create_grant(organization_usage="require")
    endpoint = grantd.token_endpoint(client)
    with pytest.raises(Auth0Error):
        endpoint.client_credentials(api.identifier, organization=organization.id)

    grants = grantd.management.organizations.client_grants
    grants.create(organization.id, grant_id=grant.id)
    answer = endpoint.client_credentials(api.identifier, organization=organization.id)
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["org_id"] == organization.id

    grants.delete(organization.id, grant.id)
    with pytest.raises(Auth0Error):
        endpoint.client_credentials(api.identifier, organization=organization.id)
