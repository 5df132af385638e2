package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// badRequest names the input that is wrong, as "query.limit" or "path.id".
func badRequest(where, what string, value any) error {
	return huma.Error400BadRequest(what, &huma.ErrorDetail{Message: what, Location: where, Value: value})
}

// unprocessable names the input that can be read, and does not make sense.
func unprocessable(where, what string, value any) error {
	return huma.Error422UnprocessableEntity(what, &huma.ErrorDetail{Message: what, Location: where, Value: value})
}

func notFound(format string, args ...any) error {
	return huma.Error404NotFound(fmt.Sprintf(format, args...))
}

// problem makes any error one that may be shown. What is nobody's business is
// logged here, and only here.
func (h *handler) problem(ctx context.Context, err error) error {
	var shown huma.StatusError
	var reply *mail.Reply
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &shown):
		return err
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound("No such message.")
	case errors.As(err, &tooLarge):
		return huma.Error413RequestEntityTooLarge(fmt.Sprintf("The message is larger than %d octets.", tooLarge.Limit))
	case errors.As(err, &reply):
		return huma.NewError(replyStatus(reply.Code), reply.Error())
	case ctx.Err() != nil: // the client left, or the server is being cut
		return huma.Error503ServiceUnavailable("The request was given up.")
	}
	h.log.Error("http request failed", "err", err)
	return huma.Error500InternalServerError("Internal error; the log knows more.")
}

// replyStatus says an SMTP reply in HTTP.
func replyStatus(code int) int {
	switch {
	case code == 452:
		return http.StatusInsufficientStorage
	case code == 552:
		return http.StatusRequestEntityTooLarge
	case code < 500:
		return http.StatusServiceUnavailable
	}
	return http.StatusUnprocessableEntity
}

// writeProblem writes an error as RFC 9457 has it.
func (h *handler) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	var shown huma.StatusError
	if !errors.As(h.problem(r.Context(), err), &shown) {
		return
	}
	text, merr := json.Marshal(shown)
	if merr != nil {
		h.log.Error("write a problem", "err", merr)
	}
	for _, of := range []string{"Content-Length", "Content-Disposition", "Content-Range", "Etag", "Last-Modified", "Cache-Control"} {
		w.Header().Del(of)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(shown.GetStatus())
	w.Write(append(text, '\n')) // the client has left if this fails
}

// A problemWriter turns the plain text errors of http.ServeContent into
// problems.
type problemWriter struct {
	http.ResponseWriter
	fail   func(error)
	failed bool
}

func (w *problemWriter) WriteHeader(code int) {
	if code >= 400 && !w.failed {
		w.failed = true
		w.fail(huma.NewError(code, http.StatusText(code)))
		return
	}
	if !w.failed {
		w.ResponseWriter.WriteHeader(code)
	}
}

func (w *problemWriter) Write(p []byte) (int, error) {
	if w.failed {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController through.
func (w *problemWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
