package api

import (
	"net/http"
	"net/url"

	"example.org/shop/internal/models"
)

func (a *API) Cards(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	cards := models.FindCards(query.Get("page"))
	if query["sort"] != nil {
		return nil
	}
	w.Header().Add("Link", "next")
	return sendJSON(w, map[string]any{"items": cards})
}

func (a *API) DropCard(w http.ResponseWriter, r *http.Request) error {
	back, _ := url.Parse(r.URL.Query().Get("back_to"))
	values := back.Query()
	values.Set("dropped", "1")
	return nil
}

func (a *API) Logs(w http.ResponseWriter, r *http.Request) error {
	logs := []*models.LogEntry{}
	return sendJSON(w, logs)
}
