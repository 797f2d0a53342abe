package api

import (
	"net/http"

	"example.org/shop/internal/models"
)

type guard func(w http.ResponseWriter, r *http.Request) error

func limitBody(size int64) guard { return nil }

func (a *API) limit(rate string) guard { return nil }

func (a *API) checkHost(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("X-Forwarded-Host") == "" {
		return nil
	}
	return nil
}

func (a *API) requireHuman(w http.ResponseWriter, r *http.Request) error { return nil }

func (a *API) requireMember(w http.ResponseWriter, r *http.Request) error { return nil }

func (a *API) requireAdminCredentials(w http.ResponseWriter, r *http.Request) error { return nil }

func (a *API) requireAuthentication(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Authorization") == "" {
		return models.NewFailure(models.CodeNoUser, "no user")
	}
	return nil
}
