"""Clients, APIs and the tenant: what a grant stands on."""

import pytest
from auth0.management.errors import NotFoundError


def test_a_clients_life(grantd):
    clients = grantd.management.clients
    created = grantd.create_client(description="Nightly reports")
    assert clients.get(created.client_id).client_secret == created.client_secret
    assert clients.update(created.client_id, description="Hourly reports").description == "Hourly reports"
    assert created.client_id in [client.client_id for client in clients.list(per_page=3)]
    assert clients.rotate_secret(created.client_id).client_secret != created.client_secret
    clients.delete(created.client_id)
    with pytest.raises(NotFoundError):
        clients.get(created.client_id)


def test_an_apis_life(grantd):
    apis = grantd.management.resource_servers
    created = grantd.create_api()
    assert apis.get(created.identifier).id == created.id
    assert apis.update(created.id, token_lifetime=8000).token_lifetime == 8000
    assert created.identifier in [api.identifier for api in apis.list(per_page=2)]
    apis.delete(created.id)
    with pytest.raises(NotFoundError):
        apis.get(created.id)


def test_the_tenants_settings(grantd):
    settings = grantd.management.tenants.settings
    assert settings.update(friendly_name="Interop").friendly_name == "Interop"
    assert settings.get().friendly_name == "Interop"
