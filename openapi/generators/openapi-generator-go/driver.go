// Command driver calls a server with the client that openapi-generator generates.
package main

import (
	"context"
	"errors"
	"log"
	"os"

	"gotrue/openapi-generator-go/generated"
)

func main() {
	ctx := context.Background()
	configuration := generated.NewConfiguration()
	configuration.Servers = generated.ServerConfigurations{{URL: os.Getenv("GOTRUE_URL")}}
	client := generated.NewAPIClient(configuration)
	email, password := "openapi-generator-go@example.com", "a good password"

	request := generated.SignUpRequest{Email: &email, Password: &password}
	signedUp, _, err := client.SignUpAPI.SignUp(ctx).SignUpRequest(request).Execute()
	check(err)
	expect(signedUp.Session != nil, "sign-up")

	signIn := func(password string) (*generated.Session, error) {
		grant := generated.PasswordGrant{Email: &email, Password: password}
		request := generated.PasswordGrantAsTokenRequest(&grant)
		call := client.SignInAPI.Token(ctx).GrantType(generated.GRANTTYPE_PASSWORD).TokenRequest(request)
		session, _, err := call.Execute()
		return session, err
	}
	session, err := signIn(password)
	check(err)

	grant := generated.RefreshTokenGrant{RefreshToken: session.RefreshToken}
	call := client.SignInAPI.Token(ctx).GrantType(generated.GRANTTYPE_REFRESH_TOKEN)
	refreshed, _, err := call.TokenRequest(generated.RefreshTokenGrantAsTokenRequest(&grant)).Execute()
	check(err)

	user, _, err := client.UserAPI.GetUser(bearer(ctx, refreshed.AccessToken)).Execute()
	check(err)
	expect(user.GetEmail() == email, "user")

	_, err = signIn("wrong")
	var refused *generated.GenericOpenAPIError
	expect(errors.As(err, &refused), "success")
	expect(*refused.Model().(generated.Error).ErrorCode == "invalid_credentials", "error code")

	page, _, err := client.AdminAPI.AdminListUsers(bearer(ctx, os.Getenv("GOTRUE_SERVICE_KEY"))).Execute()
	check(err)
	found := false
	for _, user := range page.GetUsers() {
		found = found || user.GetEmail() == email
	}
	expect(found, "list of users")
}

func bearer(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, generated.ContextAccessToken, token)
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
