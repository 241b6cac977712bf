package interop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/auth0/go-auth0/v3/management"
	"github.com/auth0/go-auth0/v3/management/client"
	"github.com/auth0/go-auth0/v3/management/core"
	"github.com/auth0/go-auth0/v3/management/option"
)

func v3(t *testing.T) *client.Management {
	t.Helper()
	credentials := option.WithClientCredentials(
		context.Background(), os.Getenv("GRANTD_CLIENT_ID"), os.Getenv("GRANTD_CLIENT_SECRET"))
	return must[*client.Management](t)(client.New(domain(), credentials))
}

func TestV3GrantsAreCreatedListedChangedAndDeleted(t *testing.T) {
	api, ctx := v3(t), context.Background()
	made := must[*management.CreateClientResponseContent](t)(
		api.Clients.Create(ctx, &management.CreateClientRequestContent{Name: "Go v3"}))
	defer api.Clients.Delete(ctx, made.GetClientID())
	clientID := made.GetClientID()
	for number := 0; number < 3; number++ {
		identifier := fmt.Sprintf("https://go-v3-%d.test/", number)
		server := must[*management.CreateResourceServerResponseContent](t)(api.ResourceServers.Create(
			ctx, &management.CreateResourceServerRequestContent{Identifier: identifier}))
		defer api.ResourceServers.Delete(ctx, server.GetID())
		must[*management.CreateClientGrantResponseContent](t)(api.ClientGrants.Create(
			ctx, &management.CreateClientGrantRequestContent{ClientID: &clientID, Audience: identifier, Scope: []string{"read"}}))
	}
	take := 2
	page, err := api.ClientGrants.List(ctx, &management.ListClientGrantsRequestParameters{ClientID: &clientID, Take: &take})
	check(t, err)
	grants := page.Iterator()
	var ids []string
	for grants.Next(ctx) {
		ids = append(ids, grants.Current().GetID())
	}
	check(t, grants.Err())
	equal(t, len(ids), 3)
	changed := must[*management.UpdateClientGrantResponseContent](t)(api.ClientGrants.Update(
		ctx, ids[0], &management.UpdateClientGrantRequestContent{Scope: []string{"read", "write"}}))
	equal(t, len(changed.GetScope()), 2)
	check(t, api.ClientGrants.Delete(ctx, ids[0]))
	_, err = api.ClientGrants.Get(ctx, ids[0])
	var refused *core.APIError
	if !errors.As(err, &refused) {
		t.Fatalf("what is deleted is not there: %v", err)
	}
	equal(t, refused.StatusCode, http.StatusNotFound)
}

func TestV3OrganizationsHaveClientGrants(t *testing.T) {
	api, ctx := v3(t), context.Background()
	made := must[*management.CreateClientResponseContent](t)(
		api.Clients.Create(ctx, &management.CreateClientRequestContent{Name: "Go v3 organizations"}))
	defer api.Clients.Delete(ctx, made.GetClientID())
	server := must[*management.CreateResourceServerResponseContent](t)(api.ResourceServers.Create(
		ctx, &management.CreateResourceServerRequestContent{Identifier: "https://go-v3-organizations.test/"}))
	defer api.ResourceServers.Delete(ctx, server.GetID())
	clientID, usage := made.GetClientID(), management.ClientGrantOrganizationUsageEnumRequire
	grant := must[*management.CreateClientGrantResponseContent](t)(api.ClientGrants.Create(
		ctx, &management.CreateClientGrantRequestContent{
			ClientID: &clientID, Audience: "https://go-v3-organizations.test/", OrganizationUsage: &usage,
		}))
	organization := must[*management.CreateOrganizationResponseContent](t)(
		api.Organizations.Create(ctx, &management.CreateOrganizationRequestContent{Name: "go-v3"}))
	defer api.Organizations.Delete(ctx, organization.GetID())
	_, err := api.Organizations.ClientGrants.Create(
		ctx, organization.GetID(), &management.AssociateOrganizationClientGrantRequestContent{GrantID: grant.GetID()})
	check(t, err)
	check(t, api.Organizations.ClientGrants.Delete(ctx, organization.GetID(), grant.GetID()))
}
