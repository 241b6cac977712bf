"""Tokens as applications get them, and as APIs check them."""

import jwt
import pytest
from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error


@pytest.fixture(scope="session")
def keys(grantd):
    return jwt.PyJWKClient(f"{grantd.issuer}.well-known/jwks.json")


@pytest.mark.parametrize(
    ("dialect", "typ", "client_claim", "permissions"),
    [
        ("access_token", "JWT", "azp", None),
        ("access_token_authz", "JWT", "azp", ["read:trips", "write:trips"]),
        ("rfc9068_profile", "at+jwt", "client_id", None),
        ("rfc9068_profile_authz", "at+jwt", "client_id", ["read:trips", "write:trips"]),
    ],
)
def test_pyjwt_verifies_a_token(grantd, keys, dialect, typ, client_claim, permissions):
    client, api, _ = grantd.create_grant(api=grantd.create_api(token_dialect=dialect))
    answer = grantd.token_endpoint(client).client_credentials(api.identifier)
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 86400
    assert answer["scope"] == "read:trips write:trips"

    token = answer["access_token"]
    assert jwt.get_unverified_header(token)["typ"] == typ
    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        issuer=grantd.issuer,
        audience=api.identifier,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    assert claims["sub"] == f"{client.client_id}@clients"
    assert claims[client_claim] == client.client_id
    assert claims.get("permissions") == permissions


def test_a_wrong_secret_is_refused_in_auth0s_words(grantd):
    client, api, _ = grantd.create_grant()
    endpoint = GetToken(grantd.domain, client.client_id, client_secret="not-the-secret")
    with pytest.raises(Auth0Error) as refused:
        endpoint.client_credentials(api.identifier)
    error = refused.value
    assert (error.status_code, error.error_code, error.message) == (401, "access_denied", "Unauthorized")


def test_a_client_without_a_grant_is_refused(grantd):
    client, api = grantd.create_client(), grantd.create_api()
    with pytest.raises(Auth0Error) as refused:
        grantd.token_endpoint(client).client_credentials(api.identifier)
    assert refused.value.status_code == 403
    assert 'You need to create a "client-grant"' in refused.value.message
