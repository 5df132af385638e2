package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	if errors.Is(err, errNoRoom) {
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(shown.GetStatus())
	w.Write(append(text, '\n')) // the client has left if this fails
}

// A problemWriter turns errors that others write into problems.
type problemWriter struct {
	http.ResponseWriter
	fail   func(code int) bool // writes one, or says that the code stands
	failed bool
}

func (w *problemWriter) WriteHeader(code int) {
	w.failed = w.failed || code >= 400 && w.fail(code)
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

var errBrokenOff = huma.Error400BadRequest("The body of the request could not be read to its end.")

// jsonRoutes are where huma puts its routes. It takes a body that breaks off for an
// error of ours.
type jsonRoutes struct{ *handler }

func (j jsonRoutes) HandleFunc(pattern string, serve func(http.ResponseWriter, *http.Request)) {
	j.router.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		body := &watchedBody{ReadCloser: r.Body}
		r = r.WithContext(r.Context()) // a copy, as in admit
		r.Body = body
		serve(&problemWriter{ResponseWriter: w, fail: func(code int) bool {
			if code != http.StatusInternalServerError || body.err == nil {
				return false
			}
			err := errBrokenOff
			if errors.Is(body.err, errNoRoom) {
				err = errNoRoom
			}
			j.writeProblem(w, r, err)
			return true
		}}, r)
	})
}

// A watchedBody remembers why it ended early.
type watchedBody struct {
	io.ReadCloser
	err error
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}
