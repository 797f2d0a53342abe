// Command driver calls a server with the client that ogen generates.
package main

import (
	"context"
	"log"
	"os"

	"github.com/ogen-go/ogen/ogenerrors"
	"gotrue/ogen/generated"
)

// credentials has at most one token.
type credentials struct {
	user, admin string
}

func (c credentials) UserToken(context.Context, generated.OperationName) (generated.UserToken, error) {
	return generated.UserToken{Token: c.user}, unless(c.user != "")
}

func (c credentials) AdminToken(context.Context, generated.OperationName) (generated.AdminToken, error) {
	return generated.AdminToken{Token: c.admin}, unless(c.admin != "")
}

func (credentials) ApiKey(context.Context, generated.OperationName) (generated.ApiKey, error) {
	return generated.ApiKey{}, ogenerrors.ErrSkipClientSecurity
}

func (credentials) ClientSecret(context.Context, generated.OperationName) (generated.ClientSecret, error) {
	return generated.ClientSecret{}, ogenerrors.ErrSkipClientSecurity
}

func unless(present bool) error {
	if present {
		return nil
	}
	return ogenerrors.ErrSkipClientSecurity
}

func main() {
	ctx := context.Background()
	email, password := "ogen@example.com", "a good password"

	signedUp, err := client(credentials{}).SignUp(ctx, &generated.SignUpRequest{
		Email:    generated.NewOptString(email),
		Password: generated.NewOptString(password),
	}, generated.SignUpParams{})
	check(err)
	expect(signedUp.(*generated.SignUpResultHeaders).Response.IsSession(), "sign-up")

	signIn := func(password string) generated.TokenRes {
		grant := generated.PasswordGrant{Email: generated.NewOptString(email), Password: password}
		params := generated.TokenParams{GrantType: generated.GrantTypePassword}
		response, err := client(credentials{}).Token(ctx, generated.NewPasswordGrantTokenRequest(grant), params)
		check(err)
		return response
	}
	session := signIn(password).(*generated.TokenOKHeaders).Response

	grant := generated.NewRefreshTokenGrantTokenRequest(generated.RefreshTokenGrant{RefreshToken: session.RefreshToken})
	params := generated.TokenParams{GrantType: generated.GrantTypeRefreshToken}
	response, err := client(credentials{}).Token(ctx, grant, params)
	check(err)
	refreshed := response.(*generated.TokenOKHeaders).Response

	user, err := client(credentials{user: refreshed.AccessToken}).GetUser(ctx, generated.GetUserParams{})
	check(err)
	expect(user.(*generated.User).Email.Value == email, "user")

	refused := signIn("wrong").(*generated.TokenBadRequest).Response
	expect(refused.ErrorCode.Value == "invalid_credentials", "error code")

	admin := client(credentials{admin: os.Getenv("GOTRUE_SERVICE_KEY")})
	page, err := admin.AdminListUsers(ctx, generated.AdminListUsersParams{})
	check(err)
	found := false
	for _, user := range page.(*generated.UserListHeaders).Response.Users {
		found = found || user.Email.Value == email
	}
	expect(found, "list of users")
}

func client(credentials credentials) *generated.Client {
	client, err := generated.NewClient(os.Getenv("GOTRUE_URL"), credentials)
	check(err)
	return client
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
