package ui

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A right is what a route asks for, when the server has accounts or tokens.
type right int

const (
	operator right = iota // to change the server, or what is not one's own: not for who is tied to mailboxes, nor to read only
	anyone                // nothing: no login is needed
	reader                // to read; who is tied to mailboxes reads only those: see narrow
	writer                // to change mail, or to send some: not for who may read only
)

// rights say what each route asks for. One that is missing here is for operators.
func rights() map[string]right {
	of := map[string]right{}
	for r, patterns := range map[right]string{
		anyone: `GET /healthz, GET /readyz, GET /ca.pem, GET /login, POST /login, POST /logout`,
		reader: `GET /metrics, GET /v1/info, GET /v1/openapi.json, GET /v1/mailboxes, GET /v1/mailboxes/{address},
			GET /v1/messages, GET /v1/messages/{id}, GET /v1/messages/{id}/raw, GET /v1/messages/{id}/text,
			GET /v1/messages/{id}/html, GET /v1/messages/{id}/parts/{part}, GET /v1/messages/{id}/transcript,
			GET /v1/messages/{id}/links, GET /v1/messages/{id}/codes, GET /v1/messages/{id}/related,
			GET /v1/messages/{id}/reply, GET /v1/events, GET /v1/webhooks, GET /v1/expect, POST /v1/expect,
			GET /v1/cursor, GET /v1/rules, GET /v1/rules/{id}, GET /v1/rules/language, GET /v1/magic,
			POST /v1/rules/check, POST /v1/rules/try, GET /v1/queue, GET /v1/badmail, GET /v1/done, GET /v1/pipeline,
			GET /v1/attempts, GET /v1/attempts/{id}, GET /v1/attempts/{id}/raw, GET /v1/sessions, GET /v1/sessions/{id},
			GET /v1/sessions/{id}/transcript, GET /v1/clock, GET /v1/settings`,
		writer: `POST /v1/messages, POST /v1/messages/sample, POST /v1/messages/compose, POST /v1/messages/{id}/resend,
			PUT /v1/messages/{id}/seen, POST /v1/messages/seen, POST /v1/messages/delete, DELETE /v1/messages,
			DELETE /v1/messages/{id}, DELETE /v1/mailboxes/{address}`,
		operator: `POST /v1/messages/{id}/release, POST /v1/addresses, DELETE /v1/addresses/{address}, POST /v1/rules,
			PUT /v1/rules, DELETE /v1/rules, PUT /v1/rules/{id}, DELETE /v1/rules/{id}, POST /v1/rules/reset,
			POST /v1/queue, DELETE /v1/attempts, POST /v1/clock, PATCH /v1/settings`,
	} {
		for pattern := range strings.SplitSeq(patterns, ",") {
			of[strings.TrimSpace(pattern)] = r
		}
	}
	return of
}

// rightFor is what a request asks for. What is no route of the API is part of the
// page, or not there.
func (h *handler) rightFor(r *http.Request) right {
	_, pattern := h.router.Handler(r)
	if of, ok := h.rights[pattern]; ok {
		return of
	}
	if changes(r) && strings.Contains(pattern, " ") {
		return operator
	}
	return reader
}

// lacks says why a user may not do what asks for a right; nil: the user may.
func (u *User) lacks(of right) error {
	switch {
	case of == anyone || of == reader:
		return nil
	case u.ReadOnly:
		return huma.Error403Forbidden("This token may only read.")
	case of == operator && u.May != nil:
		return huma.Error403Forbidden("This is not for users who are tied to mailboxes.")
	}
	return nil
}

// secure describes how one shows who one is.
func (h *handler) secure() {
	spec := h.api.OpenAPI()
	spec.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "A token of --http-tokens."},
		"account": {Type: "http", Scheme: "basic", Description: "A user of --accounts, with --http-auth."},
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "As the page has it, after /login; in TLS with __Host- before the name."},
	}
	spec.Security = []map[string][]string{{}, {"token": {}}, {"account": {}}, {"session": {}}}
	for _, op := range operations(spec) {
		if h.rights[op.Method+" "+op.Path] == anyone {
			op.Security = []map[string][]string{}
		}
	}
}
