"""Where the server is, who may ask, and things to ask about.

`cargo xtask test` starts a server for this suite and says where through the environment.
"""

import os
import uuid
from urllib.parse import urlsplit

import pytest
from auth0.authentication import GetToken
from auth0.management import ManagementClient


class Grantd:
    """A running server, seen through Auth0's own SDK."""

    def __init__(self, environment):
        self.issuer = environment["GRANTD_ISSUER"]
        self.audience = environment["GRANTD_AUDIENCE"]
        self.client_id = environment["GRANTD_CLIENT_ID"]
        self.client_secret = environment["GRANTD_CLIENT_SECRET"]
        # What the SDK calls the domain: host and port, without scheme and slash.
        self.domain = urlsplit(self.issuer).netloc
        self.token_endpoint_url = f"{self.issuer}oauth/token"
        self.jwks_uri = f"{self.issuer}.well-known/jwks.json"
        self.management = ManagementClient(
            domain=self.domain, client_id=self.client_id, client_secret=self.client_secret
        )

    def token_endpoint(self, client):
        return GetToken(self.domain, client.client_id, client_secret=client.client_secret)

    def create_client(self, **fields):
        usual = {
            "name": unique("reports"),
            "app_type": "non_interactive",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_post",
        }
        # None takes a usual field away.
        chosen = {name: value for name, value in (usual | fields).items() if value is not None}
        return self.management.clients.create(**chosen)

    def create_api(self, **fields):
        scopes = [{"value": "read:trips"}, {"value": "write:trips"}]
        identifier = f"https://{unique('api')}.example.com/"
        return self.management.resource_servers.create(identifier=identifier, name="Travel", scopes=scopes, **fields)

    def create_grant(self, scope=("read:trips", "write:trips"), api=None, client=None, **fields):
        client, api = self.create_client(**(client or {})), api or self.create_api()
        grant = self.management.client_grants.create(
            client_id=client.client_id, audience=api.identifier, scope=list(scope), **fields
        )
        return client, api, grant


def unique(stem):
    """A name that no other test uses."""
    return f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def grantd():
    return Grantd(os.environ)
