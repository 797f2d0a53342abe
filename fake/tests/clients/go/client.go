// Drives the fake server with auth-go, as an application does.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/supabase-community/auth-go"
	"github.com/supabase-community/auth-go/types"
)

const (
	password = "correct-horse-7"
	site     = "http://localhost:3000"
)

var (
	client  = auth.New("project", "key").WithCustomAuthURL(os.Getenv("GOTRUE_URL"))
	admin   = client.WithToken(os.Getenv("GOTRUE_SERVICE_KEY"))
	answers = bufio.NewReader(os.Stdin)
)

// message is the last message to an email address or phone number.
type message struct {
	Code      string `json:"code"`
	TokenHash string `json:"token_hash"`
	Link      string `json:"link"`
}

// ask asks the test that started this program.
func ask(question string, answer interface{}) {
	fmt.Println("?", question)
	line, err := answers.ReadBytes('\n')
	check(err)
	check(json.Unmarshal(line, answer))
}

func lastMessage(address string) message {
	var last message
	ask("message "+address, &last)
	return last
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(isTrue bool, what ...interface{}) {
	if !isTrue {
		panic(fmt.Sprint(what...))
	}
}

// refused checks that a call failed with this status, which the client puts into the text.
func refused(err error, status int) {
	expect(err != nil && strings.Contains(err.Error(), fmt.Sprint(status)), "expected ", status, " and not ", err)
}

// open opens a URL and returns the target of its redirect.
func open(address string) *url.URL {
	http := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := http.Get(address)
	check(err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	check(err)
	target, err := response.Location()
	check(err)
	return target
}

// signedIn creates a confirmed user and signs in.
func signedIn(email string) *types.TokenResponse {
	secret := password
	_, err := admin.AdminCreateUser(types.AdminCreateUserRequest{Email: email, Password: &secret, EmailConfirm: true})
	check(err)
	session, err := client.SignInWithEmailPassword(email, password)
	check(err)
	return session
}

func signUp() {
	email := "ken@example.com"
	data := map[string]interface{}{"team": "engines"}
	user, err := client.Signup(types.SignupRequest{Email: email, Password: password, Data: data})
	check(err)
	expect(user.Email == email && user.AccessToken == "", user)
	_, err = client.SignInWithEmailPassword(email, password)
	refused(err, 400)
	code := lastMessage(email).Code
	confirmed, err := client.VerifyForUser(types.VerifyForUserRequest{
		Type: types.VerificationTypeSignup, Token: code, Email: email, RedirectTo: site,
	})
	check(err)
	expect(confirmed.AccessToken != "" && confirmed.User.EmailConfirmedAt != nil, confirmed)
	_, err = client.SignInWithEmailPassword(email, password)
	check(err)
}

func sessions() {
	session := signedIn("refresh@example.com")
	refreshed, err := client.RefreshToken(session.RefreshToken)
	check(err)
	expect(refreshed.RefreshToken != session.RefreshToken, "the same refresh token")
	user, err := client.WithToken(refreshed.AccessToken).GetUser()
	check(err)
	expect(user.Email == "refresh@example.com", user)
	check(client.WithToken(refreshed.AccessToken).Logout())
	_, err = client.RefreshToken(refreshed.RefreshToken)
	refused(err, 400)
	_, err = client.WithToken(refreshed.AccessToken).GetUser()
	refused(err, 403)
}

func links() {
	email := "links@example.com"
	mine := client.WithToken(signedIn(email).AccessToken)
	check(client.Magiclink(types.MagiclinkRequest{Email: email}))
	response, err := client.Verify(types.VerifyRequest{
		Type: types.VerificationTypeMagiclink, Token: lastMessage(email).TokenHash, RedirectTo: site,
	})
	check(err)
	expect(response.AccessToken != "", response)
	check(client.Recover(types.RecoverRequest{Email: email}))
	_, err = client.VerifyForUser(types.VerifyForUserRequest{
		Type: types.VerificationTypeRecovery, Token: lastMessage(email).Code, Email: email, RedirectTo: site,
	})
	check(err)
	check(mine.Reauthenticate())
	another := "another-horse-8"
	_, err = mine.UpdateUser(types.UpdateUserRequest{Password: &another})
	check(err)
	_, err = client.SignInWithEmailPassword(email, another)
	check(err)
	check(client.OTP(types.OTPRequest{Phone: "+15550000009", CreateUser: true}))
	_, err = client.VerifyForUser(types.VerifyForUserRequest{
		Type: "sms", Token: lastMessage("15550000009").Code, Phone: "+15550000009", RedirectTo: site,
	})
	check(err)
}

func factors() {
	session := signedIn("mfa@example.com")
	mine := client.WithToken(session.AccessToken)
	factor, err := mine.EnrollFactor(types.EnrollFactorRequest{FriendlyName: "phone", FactorType: types.FactorTypeTOTP, Issuer: "app"})
	check(err)
	challenge, err := mine.ChallengeFactor(types.ChallengeFactorRequest{FactorID: factor.ID})
	check(err)
	var code string
	ask("totp "+factor.TOTP.Secret, &code)
	raised, err := mine.VerifyFactor(types.VerifyFactorRequest{FactorID: factor.ID, ChallengeID: challenge.ID, Code: code})
	check(err)
	listed, err := admin.AdminListUserFactors(types.AdminListUserFactorsRequest{UserID: session.User.ID})
	check(err)
	expect(len(listed.Factors) == 1, listed)
	_, err = client.WithToken(raised.AccessToken).UnenrollFactor(types.UnenrollFactorRequest{FactorID: factor.ID})
	check(err)
}

func providers() {
	start, err := client.Authorize(types.AuthorizeRequest{Provider: "github", FlowType: types.FlowPKCE})
	check(err)
	// The URL is already that of the provider.
	code := open(start.AuthorizationURL).Query().Get("code")
	session, err := client.Token(types.TokenRequest{GrantType: "pkce", Code: code, CodeVerifier: start.Verifier})
	check(err)
	expect(session.User.AppMetadata["provider"] == "github", session)
}

func administration() {
	user, err := admin.AdminCreateUser(types.AdminCreateUserRequest{Email: "managed@example.com", Role: "editor"})
	check(err)
	expect(user.Role == "editor", user)
	one := 1
	page, err := admin.AdminListUsers(types.AdminListUsersRequest{Page: &one, PerPage: &one})
	check(err)
	expect(len(page.Users) == 1, page)
	invited, err := admin.Invite(types.InviteRequest{Email: "invited@example.com"})
	check(err)
	expect(invited.InvitedAt != nil, invited)
	link, err := admin.AdminGenerateLink(types.AdminGenerateLinkRequest{Type: types.LinkTypeMagicLink, Email: "managed@example.com", RedirectTo: site})
	check(err)
	expect(strings.Contains(open(link.ActionLink).Fragment, "access_token="), link)
	_, err = admin.AdminAudit(types.AdminAuditRequest{})
	check(err)
	providers, err := admin.AdminListSSOProviders()
	check(err)
	expect(len(providers.Providers) == 0, providers)
	check(admin.AdminDeleteUser(types.AdminDeleteUserRequest{UserID: user.ID}))
	_, err = admin.AdminGetUser(types.AdminGetUserRequest{UserID: user.ID})
	refused(err, 404)
	_, err = client.AdminListUsers(types.AdminListUsersRequest{})
	refused(err, 401)
	_, err = client.GetSettings()
	check(err)
	_, err = client.SAMLMetadata()
	check(err)
}

// run runs a test and returns whether it passed.
func run(name string, test func()) (passed bool) {
	defer func() {
		if failure := recover(); failure != nil {
			fmt.Printf("%s: %v\n", name, failure)
			passed = false
		}
	}()
	test()
	return true
}

func main() {
	passed := run("sign up", signUp)
	passed = run("sessions", sessions) && passed
	passed = run("links", links) && passed
	passed = run("factors", factors) && passed
	passed = run("providers", providers) && passed
	passed = run("administration", administration) && passed
	if !passed {
		os.Exit(1)
	}
}
