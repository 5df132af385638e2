package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
	"github.com/postroom/postroom/ui"
)

// dataConfig is what a catcher needs to keep its mail in a folder; with "" it
// keeps it in memory.
func dataConfig(dir string, noSync bool, log *slog.Logger) catcher.Config {
	if dir == "" {
		return catcher.Config{}
	}
	return catcher.Config{
		Store: func(opt store.Options) (store.Store, error) {
			return disk.Open(dir, disk.Options{Options: opt, NoSync: noSync, Log: log})
		},
		Index: filepath.Join(dir, "index"),
	}
}

// openData opens a data folder that no server uses. Unless it may be made, it has
// to be one already.
func openData(dir string, mayMake bool) (*catcher.Catcher, error) {
	if info, err := os.Stat(filepath.Join(dir, "mail")); !mayMake && (err != nil || !info.IsDir()) {
		return nil, usagef("--data %s: no mail is kept there", dir)
	}
	c, err := catcher.New(dataConfig(dir, false, slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// choose says which of some flags is meant that exclude one another: one that is
// on the command line, or else the first that is set, in the environment or by
// default. (Chosen is "" when none is.)
func choose(args []string, names []string, set func(name string) bool) (chosen string, err error) {
	var given []string
	for _, name := range names {
		if slices.ContainsFunc(args, func(a string) bool { return a == "--"+name || strings.HasPrefix(a, "--"+name+"=") }) && set(name) {
			given = append(given, name)
		}
	}
	switch {
	case len(given) > 1:
		return "", usagef("--%s and --%s exclude one another", given[0], given[1])
	case len(given) == 1:
		return given[0], nil
	}
	if i := slices.IndexFunc(names, set); i >= 0 {
		return names[i], nil
	}
	return "", nil
}

// inProcess is an HTTP client that asks a catcher as if a server served it.
func inProcess(c *catcher.Catcher) *http.Client {
	return &http.Client{Transport: transport{(&ui.Server{Backend: c}).Handler()}}
}

type transport struct{ http.Handler }

// RoundTrip answers a request with what the handler writes.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answer{head: http.Header{}, status: http.StatusOK}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	t.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.head,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// An answer is a http.ResponseWriter that keeps what is written.
type answer struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header         { return w.head }
func (w *answer) WriteHeader(status int)      { w.status = status }
func (w *answer) Write(p []byte) (int, error) { return w.body.Write(p) }
