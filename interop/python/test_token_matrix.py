"""Tokens of every dialect, signature and binding, checked by PyJWT and by joserfc."""

import itertools
import time
import uuid

import jwt
import pytest
import requests
from certificates import new_key, self_signed
from joserfc import jwk
from joserfc import jwt as joserfc_jwt

DIALECTS = ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
SIGNATURES = ["RS256", "RS512", "PS256", "HS256", "ES256", "EdDSA"]
BINDINGS = ["none", "dpop", "mtls"]
CASES = list(itertools.product(DIALECTS, SIGNATURES, BINDINGS))
SECRET = "a secret that the API and the issuer share"


@pytest.fixture(scope="module")
def robot(grantd):
    return grantd.create_client()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("robot"))


@pytest.fixture(scope="module")
def dpop_key():
    return new_key("ES256")


def proof(grantd, key):
    """What RFC 9449 §4.2 asks of a client; no library that is pinned here makes it."""
    public = jwk.ECKey.import_key(key.public_key())
    header = {"typ": "dpop+jwt", "jwk": public.as_dict(private=False)}
    claims = {"jti": str(uuid.uuid4()), "htm": "POST", "htu": grantd.token_endpoint_url, "iat": int(time.time())}
    return jwt.encode(claims, key, "ES256", header), public.thumbprint()


def new_token(grantd, robot, api, binding, certificate, dpop_key):
    """The answer, and the `cnf` that its token has to have."""
    form = {"grant_type": "client_credentials", "audience": api.identifier}
    form |= {"client_id": robot.client_id, "client_secret": robot.client_secret}
    options, cnf = {}, None
    if binding == "mtls":
        options, cnf = {"cert": certificate.files}, {"x5t#S256": certificate.thumbprint}
    if binding == "dpop":
        dpop, thumbprint = proof(grantd, dpop_key)
        options, cnf = {"headers": {"DPoP": dpop}}, {"jkt": thumbprint}
    answer = requests.post(grantd.token_endpoint_url, data=form, timeout=10, **options)
    assert answer.status_code == 200, answer.text
    return answer.json(), cnf


def verify(grantd, token, api, alg):
    """The claims, after both libraries have found the token to be for this API."""
    expected = {"issuer": grantd.issuer, "audience": api.identifier, "algorithms": [alg]}
    if alg == "HS256":
        claims = jwt.decode(token, SECRET, **expected)
        keys = jwk.OctKey.import_key(SECRET)
    else:
        key = jwt.PyJWKClient(grantd.jwks_uri).get_signing_key(jwt.get_unverified_header(token)["kid"])
        claims = jwt.decode(token, key.key, **expected)
        keys = jwk.KeySet.import_key_set(requests.get(grantd.jwks_uri, timeout=10).json())
    assert joserfc_jwt.decode(token, keys, algorithms=[alg]).claims == claims
    return claims


@pytest.mark.parametrize(("dialect", "alg", "binding"), CASES)
def test_a_token_is_verified(grantd, robot, certificate, dpop_key, dialect, alg, binding):
    fields = {"token_dialect": dialect, "signing_alg": alg}
    if alg == "HS256":
        fields["signing_secret"] = SECRET
    if binding != "none":
        fields["proof_of_possession"] = {"mechanism": binding, "required": True}
    api = grantd.create_api(**fields)
    grantd.management.client_grants.create(client_id=robot.client_id, audience=api.identifier, scope=["read:trips"])

    answer, cnf = new_token(grantd, robot, api, binding, certificate, dpop_key)
    assert answer["token_type"] == ("DPoP" if binding == "dpop" else "Bearer")
    token = answer["access_token"]
    rfc9068 = dialect.startswith("rfc9068")
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == (alg, "at+jwt" if rfc9068 else "JWT")
    claims = verify(grantd, token, api, alg)
    assert claims["client_id" if rfc9068 else "azp"] == robot.client_id
    assert ("jti" in claims) == rfc9068
    assert claims.get("cnf") == cnf
    assert claims.get("permissions") == (["read:trips"] if dialect.endswith("_authz") else None)


def test_there_is_a_case_for_everything():
    assert len(set(CASES)) == 4 * 6 * 3
