package ui

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/ui/api"
)

// serverRoutes tell of the server itself.
func (h *handler) serverRoutes() {
	tags := []string{"server"}
	register(h, huma.Operation{
		OperationID: "getInfo", Method: http.MethodGet, Path: "/v1/info", Tags: tags,
		Summary: "Tell the version and the addresses",
	}, h.getInfo)
	register(h, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: tags,
		Summary: "Say that the process lives",
	}, func(context.Context, *struct{}) (*answer[api.Status], error) {
		return answered(api.Status{Status: "ok"}, nil)
	})
	register(h, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: tags,
		Summary:     "Say that mail can be taken and read",
		Description: "Tries to write to the store, and looks whether each listener takes connections. 503 names what is not well: so while the server shuts down.",
	}, h.ready)
	h.raw(huma.Operation{
		OperationID: "getMetrics", Method: http.MethodGet, Path: "/metrics", Tags: tags,
		Summary:     "Tell figures for Prometheus",
		Description: "In the text format of Prometheus, or as OpenMetrics when that is asked for.",
		Responses:   map[string]*huma.Response{"200": response("OK", "text/plain", &huma.Schema{Type: huma.TypeString})},
	}, h.getMetrics)
	h.raw(huma.Operation{
		OperationID: "getOpenAPI", Method: http.MethodGet, Path: "/v1/openapi.json", Tags: tags,
		Summary:   "This description",
		Responses: map[string]*huma.Response{"200": response("OK", "application/openapi+json", &huma.Schema{Type: huma.TypeObject})},
	}, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(h.spec) // the client has left if this fails
		return nil
	})
	h.raw(huma.Operation{
		OperationID: "getCA", Method: http.MethodGet, Path: "/ca.pem", Tags: tags,
		Summary: "The certificate of the authority that signs those of this server", Description: "404 when there is no TLS.",
		Responses: map[string]*huma.Response{"200": response("OK", pemType, &huma.Schema{Type: huma.TypeString})},
	}, h.getCA)
}

const pemType = "application/x-pem-file"

func (h *handler) getCA(w http.ResponseWriter, _ *http.Request) error {
	if h.CA == nil {
		return notFound("There is no authority, since there is no TLS (--tls).")
	}
	ca, err := h.CA()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", pemType)
	w.Header().Set("Content-Disposition", `attachment; filename="postroom-ca.pem"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(ca) // the client has left if this fails
	return nil
}

func (h *handler) getMetrics(w http.ResponseWriter, r *http.Request) error {
	if h.Metrics == nil {
		return notFound("There are no metrics here.")
	}
	h.Metrics.ServeHTTP(w, r)
	return nil
}

func (h *handler) getInfo(context.Context, *struct{}) (*answer[api.Info], error) {
	return answered(api.Info{
		Version: h.Version, SMTP: h.SMTP, POP3: h.POP3, HTTP: h.HTTP,
		TLS: h.CA != nil, SMTPS: h.SMTPS, POP3S: h.POP3S, HTTPS: h.HTTPS,
		StartedAt: h.started.UTC(), MaxMessageSize: h.maxMessageSize(), Clock: h.viewClock(),
	}, nil)
}

// ready tries everything, so that the answer names all that is not well.
func (h *handler) ready(ctx context.Context, _ *struct{}) (*answer[api.Ready], error) {
	checks := append([]Check{{"mailboxes", h.readable}}, h.Checks...)
	view := api.Ready{Status: "ok", Checks: each(checks, func(c Check) string { return c.Name })}
	var ill []string
	var details []error
	for _, c := range checks {
		if err := c.Do(ctx); err != nil {
			ill = append(ill, c.Name+": "+err.Error())
			details = append(details, &huma.ErrorDetail{Message: err.Error(), Location: c.Name})
		}
	}
	if len(ill) == 0 {
		return answered(view, nil)
	}
	h.log.Warn("not ready", "why", strings.Join(ill, "; "))
	return nil, huma.Error503ServiceUnavailable("Not ready: "+strings.Join(ill, "; ")+".", details...)
}

// readable says whether mailboxes can be read.
func (h *handler) readable(ctx context.Context) error {
	_, err := h.Backend.Box(ctx, "")
	return err
}
