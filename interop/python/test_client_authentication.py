"""Every way in which a client can say who it is, by Authlib, requests and Auth0's own SDK."""

import time
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from auth0.authentication import GetToken
from auth0.management import ManagementClient
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from certificates import issued, new_key, private_pem, public_pem, self_signed
from joserfc import jwk
from joserfc import jwt as joserfc_jwt

ALGORITHMS = ["RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA"]


def public_key(key, alg):
    """The fields of a client that authenticates by this key."""
    return authenticates_by("private_key_jwt", {"credential_type": "public_key", "pem": public_pem(key), "alg": alg})


def authenticates_by(method, credential):
    return {
        "jwt_configuration": {"alg": "RS256"},
        "client_authentication_methods": {method: {"credentials": [credential]}},
        "token_endpoint_auth_method": None,
    }


def verify(grantd, token, client, api, cnf=None):
    """The claims, after PyJWT and joserfc have both found the token to be this client's and for this API."""
    expected = {"issuer": grantd.issuer, "audience": api.identifier, "algorithms": ["RS256"]}
    claims = jwt.decode(token, jwt.PyJWKClient(grantd.jwks_uri).get_signing_key_from_jwt(token), **expected)
    keys = jwk.KeySet.import_key_set(requests.get(grantd.jwks_uri, timeout=10).json())
    assert joserfc_jwt.decode(token, keys, algorithms=["RS256"]).claims == claims
    assert claims["sub"] == f"{client.client_id}@clients"
    assert claims.get("cnf") == cnf
    return claims


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_authlib_gets_a_token_with_a_secret(grantd, method):
    client, api, _ = grantd.create_grant(client={"token_endpoint_auth_method": method})
    session = OAuth2Session(client.client_id, client.client_secret, token_endpoint_auth_method=method)
    token = session.fetch_token(grantd.token_endpoint_url, audience=api.identifier)
    assert token["token_type"] == "Bearer" and token["expires_in"] == 86400
    verify(grantd, token["access_token"], client, api)


def assertion_session(grantd, client, key, alg, **arguments):
    session = OAuth2Session(
        client.client_id,
        jwk.import_key(private_pem(key), {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[alg[:2]]),
        token_endpoint_auth_method="private_key_jwt",
    )
    session.register_client_auth_method(PrivateKeyJWT(grantd.issuer, alg=alg, **arguments))
    return session


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_authlib_signs_its_assertion(grantd, alg):
    key = new_key(alg)
    client, api, _ = grantd.create_grant(client=public_key(key, alg))
    # Authlib's assertions are good for an hour unless they are told otherwise; five minutes are allowed.
    session = assertion_session(grantd, client, key, alg, claims={"exp": int(time.time()) + 120})
    token = session.fetch_token(grantd.token_endpoint_url, audience=api.identifier)
    verify(grantd, token["access_token"], client, api)


def test_an_assertion_that_is_good_for_an_hour_is_refused(grantd):
    key = new_key("ES256")
    client, api, _ = grantd.create_grant(client=public_key(key, "ES256"))
    session = assertion_session(grantd, client, key, "ES256")
    with pytest.raises(Exception, match="invalid_client"):
        session.fetch_token(grantd.token_endpoint_url, audience=api.identifier)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_auth0_python_signs_its_assertion(grantd, alg):
    key = new_key(alg)
    client, api, _ = grantd.create_grant(client=public_key(key, alg))
    signing = {"client_assertion_signing_key": private_pem(key), "client_assertion_signing_alg": alg}
    answer = GetToken(grantd.domain, client.client_id, **signing).client_credentials(api.identifier)
    verify(grantd, answer["access_token"], client, api)


def test_auth0_python_manages_with_a_token_that_it_got_by_a_key(grantd):
    key = new_key("RS256")
    client = grantd.create_client(**public_key(key, "RS256"))
    grant = {"client_id": client.client_id, "audience": grantd.audience, "scope": ["read:clients"]}
    grantd.management.client_grants.create(**grant)
    endpoint = GetToken(grantd.domain, client.client_id, client_assertion_signing_key=private_pem(key))
    token = endpoint.client_credentials(grantd.audience)["access_token"]
    own = ManagementClient(domain=grantd.domain, token=token)
    assert own.clients.get(client.client_id).client_id == client.client_id


CERTIFICATES = [("tls_client_auth", issued), ("self_signed_tls_client_auth", self_signed)]


def certificate_fields(method, pem):
    kind = "cert_subject_dn" if method == "tls_client_auth" else "x509_cert"
    return authenticates_by(method, {"credential_type": kind, "pem": pem})


@pytest.mark.parametrize(("method", "certificate_for"), CERTIFICATES)
def test_requests_shows_a_certificate(grantd, tmp_path, method, certificate_for):
    certificate = certificate_for(tmp_path)
    fields = certificate_fields(method, certificate.pem)
    binding = {"proof_of_possession": {"mechanism": "mtls", "required": True}}
    client, api, _ = grantd.create_grant(client=fields, api=grantd.create_api(**binding))
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "audience": api.identifier}
    answer = requests.post(grantd.token_endpoint_url, data=form, cert=certificate.files, timeout=10)
    assert answer.status_code == 200, answer.text
    verify(grantd, answer.json()["access_token"], client, api, {"x5t#S256": certificate.thumbprint})

    without = requests.post(grantd.token_endpoint_url, data=form, timeout=10)
    assert (without.status_code, without.json()["error"]) == (401, "access_denied")


@pytest.mark.parametrize(("method", "certificate_for"), CERTIFICATES)
def test_authlib_shows_a_certificate(grantd, tmp_path, method, certificate_for):
    certificate = certificate_for(tmp_path)
    client, api, _ = grantd.create_grant(client=certificate_fields(method, certificate.pem))
    session = OAuth2Session(client.client_id, token_endpoint_auth_method="none")
    session.cert = certificate.files
    token = session.fetch_token(grantd.token_endpoint_url, audience=api.identifier)
    verify(grantd, token["access_token"], client, api)


def test_the_metadata_names_the_endpoints(grantd):
    for name in ["openid-configuration", "oauth-authorization-server"]:
        metadata = requests.get(f"{grantd.issuer}.well-known/{name}", timeout=10).json()
        assert metadata["token_endpoint"] == grantd.token_endpoint_url
        assert urlsplit(metadata["jwks_uri"]).netloc == grantd.domain
