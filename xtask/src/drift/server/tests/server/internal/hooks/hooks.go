package hooks

import (
	"net/http"

	"example.org/shop/internal/models"
)

// Name is the name of a hook.
type Name string

const BeforeJoin Name = "before-join"

// JoinInput is sent before a user is created.
type JoinInput struct {
	User     *models.User `json:"user"`
	Language string       `json:"language,omitempty"`
}

type JoinOutput struct {
	Decision string `json:"decision"`
}

type Dispatcher struct{}

func (d *Dispatcher) Run(input any) error {
	req, _ := http.NewRequest("POST", string(BeforeJoin), nil)
	req.Header.Set("webhook-id", "1")
	return nil
}
