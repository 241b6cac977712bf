"""Introspection and revocation of access tokens, as Authlib asks for them."""

from authlib.integrations.requests_client import OAuth2Session


def session_of(client, grantd, api=None):
    """Authlib's client; for an API, with a token."""
    session = OAuth2Session(
        client.client_id,
        client.client_secret,
        token_endpoint_auth_method="client_secret_post",
        revocation_endpoint_auth_method="client_secret_post",
    )
    if api:
        session.fetch_token(grantd.token_endpoint_url, audience=api.identifier)
    return session


def asker_of(api, grantd):
    """The client as which an API asks."""
    fields = {"app_type": "resource_server", "resource_server_identifier": api.identifier, "grant_types": None}
    return session_of(grantd.create_client(**fields), grantd)


def introspect(session, grantd, token):
    answer = session.introspect_token(f"{grantd.issuer}oauth/introspect", token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_token_counts_until_its_client_revokes_it(grantd):
    client, api, _ = grantd.create_grant()
    session, asker = session_of(client, grantd, api), asker_of(api, grantd)
    token = session.token["access_token"]
    said = introspect(asker, grantd, token)
    assert said["active"] is True
    assert (said["client_id"], said["aud"], said["iss"]) == (client.client_id, api.identifier, grantd.issuer)
    assert said["scope"] == "read:trips write:trips"

    revoked = session.revoke_token(f"{grantd.issuer}oauth/revoke", token=token, token_type_hint="access_token")
    assert revoked.status_code == 200
    assert introspect(asker, grantd, token) == {"active": False}


def test_only_the_api_that_a_token_is_for_learns_about_it(grantd):
    client, api, _ = grantd.create_grant()
    token = session_of(client, grantd, api).token["access_token"]
    assert introspect(asker_of(grantd.create_api(), grantd), grantd, token) == {"active": False}


def test_nobody_revokes_the_token_of_another_client(grantd):
    client, api, _ = grantd.create_grant()
    token = session_of(client, grantd, api).token["access_token"]
    stranger = session_of(grantd.create_client(), grantd)
    refused = stranger.revoke_token(f"{grantd.issuer}oauth/revoke", token=token)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert introspect(asker_of(api, grantd), grantd, token)["active"] is True
