package interop

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"
)

func v1(t *testing.T) *management.Management {
	t.Helper()
	credentials := management.WithClientCredentials(
		context.Background(), os.Getenv("GRANTD_CLIENT_ID"), os.Getenv("GRANTD_CLIENT_SECRET"))
	return must[*management.Management](t)(management.New(domain(), credentials))
}

func TestV1ClientsApisAndGrantsAreCreatedReadChangedListedAndDeleted(t *testing.T) {
	api, ctx := v1(t), context.Background()
	client := &management.Client{
		Name:       auth0.String("Go v1"),
		AppType:    auth0.String("non_interactive"),
		GrantTypes: &[]string{"client_credentials"},
		ClientMetadata: &map[string]interface{}{"team": "a"},
	}
	check(t, api.Client.Create(ctx, client))
	defer api.Client.Delete(ctx, client.GetClientID())
	if client.GetClientSecret() == "" {
		t.Fatal("a new client has a secret")
	}
	server := &management.ResourceServer{
		Name:       auth0.String("Go v1"),
		Identifier: auth0.String("https://go-v1.test/"),
		Scopes:     &[]management.ResourceServerScope{{Value: auth0.String("read")}, {Value: auth0.String("write")}},
	}
	check(t, api.ResourceServer.Create(ctx, server))
	found := must[*management.ResourceServer](t)(api.ResourceServer.Read(ctx, "https://go-v1.test/"))
	equal(t, found.GetID(), server.GetID())

	grant := &management.ClientGrant{
		ClientID: client.ClientID, Audience: server.Identifier, Scope: &[]string{"read"},
	}
	check(t, api.ClientGrant.Create(ctx, grant))
	twin := &management.ClientGrant{ClientID: client.ClientID, Audience: server.Identifier, Scope: &[]string{"read"}}
	conflict, is := api.ClientGrant.Create(ctx, twin).(management.Error)
	if !is {
		t.Fatal("a duplicate grant is a management.Error")
	}
	equal(t, conflict.Status(), http.StatusConflict)
	check(t, api.ClientGrant.Update(ctx, grant.GetID(), &management.ClientGrant{Scope: &[]string{"read", "write"}}))
	equal(t, len(must[*management.ClientGrant](t)(api.ClientGrant.Read(ctx, grant.GetID())).GetScope()), 2)

	check(t, api.Client.Update(ctx, client.GetClientID(), &management.Client{Description: auth0.String("changed")}))
	changed := must[*management.Client](t)(api.Client.Read(ctx, client.GetClientID()))
	equal(t, changed.GetDescription(), "changed")
	equal(t, fmt.Sprint(changed.GetClientMetadata()), "map[team:a]")
	listed := must[*management.ClientList](t)(api.Client.List(ctx, management.IncludeFields("client_id", "name")))
	if listed.Total < 2 {
		t.Fatalf("there are %d clients", listed.Total)
	}
	check(t, api.ResourceServer.Delete(ctx, server.GetID()))
	_, err := api.ClientGrant.Read(ctx, grant.GetID())
	gone, is := err.(management.Error)
	if !is {
		t.Fatal("a grant goes with its API")
	}
	equal(t, gone.Status(), http.StatusNotFound)
}

func TestV1GrantsAreListedByPageAndByCheckpoint(t *testing.T) {
	api, ctx := v1(t), context.Background()
	client := &management.Client{Name: auth0.String("Go pages")}
	check(t, api.Client.Create(ctx, client))
	defer api.Client.Delete(ctx, client.GetClientID())
	for number := 0; number < 5; number++ {
		identifier := fmt.Sprintf("https://go-pages-%d.test/", number)
		server := &management.ResourceServer{Identifier: auth0.String(identifier)}
		check(t, api.ResourceServer.Create(ctx, server))
		defer api.ResourceServer.Delete(ctx, server.GetID())
		grant := &management.ClientGrant{ClientID: client.ClientID, Audience: server.Identifier, Scope: &[]string{}}
		check(t, api.ClientGrant.Create(ctx, grant))
	}
	mine := management.Parameter("client_id", client.GetClientID())
	page := must[*management.ClientGrantList](t)(api.ClientGrant.List(ctx, mine, management.Page(1), management.PerPage(2)))
	equal(t, page.Total, 5)
	equal(t, len(page.ClientGrants), 2)
	seen := map[string]bool{}
	options := []management.RequestOption{mine, management.Take(2)}
	for {
		page := must[*management.ClientGrantList](t)(api.ClientGrant.List(ctx, options...))
		for _, grant := range page.ClientGrants {
			seen[grant.GetID()] = true
		}
		if !page.HasNext() {
			break
		}
		options = []management.RequestOption{mine, management.Take(2), management.From(page.Next)}
	}
	equal(t, len(seen), 5)
}

func TestV1OrganizationsHaveClientGrants(t *testing.T) {
	api, ctx := v1(t), context.Background()
	client := &management.Client{Name: auth0.String("Go organizations")}
	check(t, api.Client.Create(ctx, client))
	defer api.Client.Delete(ctx, client.GetClientID())
	server := &management.ResourceServer{Identifier: auth0.String("https://go-organizations.test/")}
	check(t, api.ResourceServer.Create(ctx, server))
	defer api.ResourceServer.Delete(ctx, server.GetID())
	grant := &management.ClientGrant{
		ClientID: client.ClientID, Audience: server.Identifier, Scope: &[]string{},
		OrganizationUsage: auth0.String("allow"),
	}
	check(t, api.ClientGrant.Create(ctx, grant))
	organization := &management.Organization{Name: auth0.String("go-v1"), DisplayName: auth0.String("Go")}
	check(t, api.Organization.Create(ctx, organization))
	check(t, api.Organization.AssociateClientGrant(ctx, organization.GetID(), grant.GetID()))
	held := must[*management.ClientGrantList](t)(api.Organization.ClientGrants(ctx, organization.GetID()))
	equal(t, held.ClientGrants[0].GetID(), grant.GetID())
	check(t, api.Organization.RemoveClientGrant(ctx, organization.GetID(), grant.GetID()))
	check(t, api.Organization.Update(ctx, organization.GetID(), &management.Organization{DisplayName: auth0.String("Gone")}))
	byName := must[*management.Organization](t)(api.Organization.ReadByName(ctx, "go-v1"))
	equal(t, byName.GetDisplayName(), "Gone")
	check(t, api.Organization.Delete(ctx, organization.GetID()))
}

func TestV1KeysCredentialsAndSettings(t *testing.T) {
	api, ctx := v1(t), context.Background()
	key := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	der := must[[]byte](t)(x509.MarshalPKIXPublicKey(&key.PublicKey))
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	client := &management.Client{Name: auth0.String("Go keys")}
	check(t, api.Client.Create(ctx, client))
	defer api.Client.Delete(ctx, client.GetClientID())
	credential := &management.Credential{
		Name: auth0.String("key"), CredentialType: auth0.String("public_key"), PEM: auth0.String(public),
	}
	check(t, api.Client.CreateCredential(ctx, client.GetClientID(), credential))
	listed := must[[]*management.Credential](t)(api.Client.ListCredentials(ctx, client.GetClientID()))
	equal(t, listed[0].GetID(), credential.GetID())
	check(t, api.Client.DeleteCredential(ctx, client.GetClientID(), credential.GetID()))

	keys := must[[]*management.SigningKey](t)(api.SigningKey.List(ctx))
	if len(keys) < 2 || !keys[0].GetCurrent() {
		t.Fatalf("the current key comes first of %d", len(keys))
	}
	check(t, api.Tenant.Update(ctx, &management.Tenant{FriendlyName: auth0.String("Go tenant")}))
	equal(t, must[*management.Tenant](t)(api.Tenant.Read(ctx)).GetFriendlyName(), "Go tenant")
}
