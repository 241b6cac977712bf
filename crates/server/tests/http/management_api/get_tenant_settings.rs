//! GET /tenants/settings

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::Requests;
use crate::support::App;

#[tokio::test]
async fn a_new_tenant_has_what_auth0_fills_in() {
    let app = App::start().await;
    assert_snapshot!(app.get("/tenants/settings").await.wire(), @r#"
        200 OK
        {"resource_parameter_profile":"audience","enabled_locales":["en"],"flags":{"allow_changing_enable_sso":false,"disable_impersonation":true,"enable_sso":true,"universal_login":true,"revoke_refresh_token_grant":false,"disable_clickjack_protection_headers":false},"sandbox_version":"22","oidc_logout":{"rp_logout_end_session_endpoint_discovery":true},"universal_login":{},"sandbox_versions_available":["22","18"]}
    "#);
}

#[tokio::test]
async fn fields_are_chosen_or_left_out() {
    let app = App::start().await;
    app.patch("/tenants/settings", json!({"friendly_name": "Acme", "default_audience": "https://a.test/"}))
        .await;
    let chosen = app.get("/tenants/settings?fields=default_audience,friendly_name").await;
    assert_eq!(chosen.json(), json!({"default_audience": "https://a.test/", "friendly_name": "Acme"}));
    let query = "fields=flags,enabled_locales&include_fields=false";
    let rest = app.get(&format!("/tenants/settings?{query}")).await.json();
    assert_eq!((rest.get("flags"), rest.get("enabled_locales")), (None, None));
    assert_eq!(rest["friendly_name"], "Acme");
    assert_eq!(app.get("/tenants/settings?fields=tea").await.status, 400);
}
