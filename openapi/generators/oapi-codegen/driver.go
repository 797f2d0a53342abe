// Command driver calls a server with the client that oapi-codegen generates.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"gotrue/oapi-codegen/generated"
)

func main() {
	ctx := context.Background()
	client, err := generated.NewClientWithResponses(os.Getenv("GOTRUE_URL"))
	check(err)
	email, password := "oapi-codegen@example.com", "a good password"

	signedUp, err := client.SignUpWithResponse(ctx, nil, generated.SignUpRequest{Email: &email, Password: &password})
	check(err)
	_, err = signedUp.JSON200.AsSession()
	check(err)

	signIn := func(password string) *generated.TokenResponse {
		var grant generated.TokenRequest
		check(grant.FromPasswordGrant(generated.PasswordGrant{Email: &email, Password: password}))
		response, err := client.TokenWithResponse(ctx, &generated.TokenParams{GrantType: "password"}, grant)
		check(err)
		return response
	}
	session := signIn(password).JSON200

	var grant generated.TokenRequest
	check(grant.FromRefreshTokenGrant(generated.RefreshTokenGrant{RefreshToken: session.RefreshToken}))
	refreshed, err := client.TokenWithResponse(ctx, &generated.TokenParams{GrantType: "refresh_token"}, grant)
	check(err)

	user, err := client.GetUserWithResponse(ctx, nil, bearer(refreshed.JSON200.AccessToken))
	check(err)
	expect(*user.JSON200.Email == email, "user")

	refused := signIn("wrong").JSON400
	expect(*refused.ErrorCode == "invalid_credentials", "error code")

	page, err := client.AdminListUsersWithResponse(ctx, nil, bearer(os.Getenv("GOTRUE_SERVICE_KEY")))
	check(err)
	found := false
	for _, user := range page.JSON200.Users {
		found = found || *user.Email == email
	}
	expect(found, "list of users")
}

func bearer(token string) generated.RequestEditorFn {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func expect(met bool, what string) {
	if !met {
		log.Fatal("unexpected ", what)
	}
}
