package api

import (
	"encoding/json"
	"net/http"

	"example.org/shop/internal/hooks"
	"example.org/shop/internal/models"
)

const languageHeader = "X-Language"

// JoinRequest is what /join reads.
type JoinRequest struct {
	Email    string            `json:"email"`
	Language string            `json:"-"`
	Channel  string            `json:"channel"`
	Extra    map[string]string `json:"extra,omitempty"`
	Captcha  struct {
		Token string `json:"token"`
	} `json:"captcha"`
}

type Pong struct {
	Name string `json:"name"`
}

func (a *API) Join(w http.ResponseWriter, r *http.Request) error {
	params := &JoinRequest{}
	if err := json.NewDecoder(r.Body).Decode(params); err != nil {
		return models.NewFailure(models.CodeBadBody, "cannot read the body")
	}
	params.Language = r.Header.Get(languageHeader)
	switch params.Channel {
	case "letter", models.Phone:
	default:
		return models.NewFailure(models.CodeBadBody, "unknown channel")
	}
	if a.config.Closed {
		return models.NewFailure(models.CodeClosed, "closed")
	}
	user := models.NewUser(params.Email)
	input := hooks.JoinInput{User: user}
	if err := a.hooks.Run(&input); err != nil {
		return err
	}
	models.Log(models.JoinedAction)
	w.Header().Set("X-Joined-At", "now")
	return sendJSON(w, user)
}

func sendJSON(w http.ResponseWriter, body any) error { return nil }

func sendFailure(w http.ResponseWriter, err error) {
	w.Header().Set("x-failure", "1")
}
