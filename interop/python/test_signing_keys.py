"""The life of a signing key, by Auth0's own SDK, and what verifiers see of it."""

import jwt
import pytest
from auth0.management.errors import ForbiddenError, NotFoundError


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_signing_keys_are_listed_and_shown(grantd):
    signing = grantd.management.keys.signing
    keys = signing.list()
    assert any(key.current for key in keys) and any(key.next for key in keys)
    for key in keys:
        assert signing.get(key.kid).fingerprint == key.fingerprint
    with pytest.raises(NotFoundError):
        signing.get("nobody")


def test_a_verifier_with_old_keys_knows_the_key_that_signs_after_a_rotation(grantd):
    signing = grantd.management.keys.signing
    client, api, _ = grantd.create_grant(api=grantd.create_api(signing_alg="ES256"))
    endpoint = grantd.token_endpoint(client)
    old = endpoint.client_credentials(api.identifier)["access_token"]
    keys_before = {key.key_id: key for key in jwt.PyJWKClient(grantd.jwks_uri).get_signing_keys()}

    # A key may be too new to sign. The answer is then 429 with Retry-After, which the SDK follows by itself.
    rotated = signing.rotate()
    assert signing.get(rotated.kid).next
    young = endpoint.client_credentials(api.identifier)["access_token"]
    assert kid_of(young) != kid_of(old)
    expected = {"issuer": grantd.issuer, "audience": api.identifier, "algorithms": ["ES256"]}
    jwt.decode(young, keys_before[kid_of(young)], **expected)
    jwt.decode(old, jwt.PyJWKClient(grantd.jwks_uri).get_signing_key_from_jwt(old), **expected)

    with pytest.raises(ForbiddenError):
        signing.revoke(kid_of(young))
    assert signing.revoke(kid_of(old)).kid == kid_of(old)
    with pytest.raises(jwt.PyJWKClientError):
        jwt.PyJWKClient(grantd.jwks_uri).get_signing_key_from_jwt(old)
