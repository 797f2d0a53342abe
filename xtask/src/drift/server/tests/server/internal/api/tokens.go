package api

import (
	"net/http"

	"example.org/shop/internal/models"
)

// Tokens issues tokens.
type Tokens struct{}

type TokenReply struct {
	models.Owned
	AccessToken string       `json:"access_token"`
	ExpiresIn   int          `json:"expires_in"`
	User        *models.User `json:"user"`
}

func (a *API) Token(w http.ResponseWriter, r *http.Request) error {
	grantType := r.FormValue("grant_type")
	issue := a.tokens.byPassword

	switch grantType {
	case "password":
	case "refresh_token":
		issue = a.tokens.byRefreshToken
	default:
		return models.NewFailure(models.CodeBadBody, "unsupported grant type")
	}
	return issue(w, w.Header())
}

func (t *Tokens) byPassword(w http.ResponseWriter, headers http.Header) error {
	reply := t.issued()
	return sendJSON(w, reply)
}

func (t *Tokens) byRefreshToken(w http.ResponseWriter, headers http.Header) error {
	headers.Set("X-Rotated", "true")
	return t.byPassword(w, headers)
}

func (t *Tokens) issued() *TokenReply { return &TokenReply{} }
