"""The life of a client's credentials, by Auth0's own SDK."""

import datetime

import pytest
from auth0.management.errors import BadRequestError, NotFoundError
from certificates import issued, new_key, public_pem, self_signed


def test_a_public_keys_life(grantd):
    client, credentials = grantd.create_client(), grantd.management.clients.credentials
    created = credentials.create(
        client.client_id, credential_type="public_key", pem=public_pem(new_key("ES256")), alg="ES256", name="Laptop"
    )
    assert created.id.startswith("cred_") and len(created.kid) == 43
    assert (created.credential_type, created.alg, created.name) == ("public_key", "ES256", "Laptop")
    assert credentials.get(client.client_id, created.id).kid == created.kid

    expiry = datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)
    assert credentials.update(client.client_id, created.id, expires_at=expiry).expires_at == expiry
    assert [credential.id for credential in credentials.list(client.client_id)] == [created.id]

    credentials.delete(client.client_id, created.id)
    assert credentials.list(client.client_id) == []
    with pytest.raises(NotFoundError):
        credentials.get(client.client_id, created.id)


def test_certificates_are_known_by_thumbprint_and_subject(grantd, tmp_path):
    client, credentials = grantd.create_client(), grantd.management.clients.credentials
    own = self_signed(tmp_path)
    whole = credentials.create(client.client_id, credential_type="x509_cert", pem=own.pem)
    assert whole.thumbprint_sha_256 == own.thumbprint
    pem = issued(tmp_path).pem
    subject = credentials.create(client.client_id, credential_type="cert_subject_dn", pem=pem)
    assert subject.subject_dn.split("\n") == ["O=Example GmbH", "CN=robot"]


def test_a_key_that_cannot_be_used_is_refused_when_it_is_registered(grantd):
    client, credentials = grantd.create_client(), grantd.management.clients.credentials
    pem = public_pem(new_key("ES256"))
    for described in [{"pem": pem, "alg": "RS256"}, {"pem": "no key at all"}]:
        with pytest.raises(BadRequestError):
            credentials.create(client.client_id, credential_type="public_key", **described)
