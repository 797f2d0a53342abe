// A small server for the tests of `cargo xtask drift --server`.
package api

import (
	"net/http"

	"example.org/shop/internal/conf"
	"example.org/shop/internal/hooks"
)

const prefix = "/v2"

type router struct{}

type handler func(w http.ResponseWriter, r *http.Request) error

func newRouter() *router { return &router{} }

func (r *router) Get(pattern string, fn handler) { serve(fn) }

func serve(fn handler) {
	if err := fn(nil, nil); err != nil {
		sendFailure(nil, err)
	}
}

// API answers the requests.
type API struct {
	config *conf.Settings
	hooks  *hooks.Dispatcher
	tokens *Tokens
}

func NewAPI(config *conf.Settings) {
	api := &API{config: config}
	r := newRouter()
	r.Use(limitBody(1 << 10))
	r.Get("/ping", func(w http.ResponseWriter, r *http.Request) error {
		return sendJSON(w, Pong{Name: "shop"})
	})
	r.Route("/", func(r *router) {
		r.Use(api.checkHost)
		r.With(api.limit(api.config.Limits.Joins)).With(api.requireHuman).Post("/join", api.Join)
		r.Post("/token", api.Token)
		r.With(api.requireAuthentication).Route("/cards", func(r *router) {
			r.Use(api.requireMember)
			r.Get("/", api.Cards)
			r.Route("/{card_id}", func(r *router) {
				r.Delete("/", api.DropCard)
			})
		})
		r.Route(prefix, func(r *router) {
			r.Route("/logs", api.mountLogs)
		})
	})
}

func (a *API) mountLogs(logs *router) {
	logs.Use(a.requireAdminCredentials)
	logs.Get("/", a.Logs)
}
