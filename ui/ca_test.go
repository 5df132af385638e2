package ui_test

import (
	"errors"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/ui"
)

// TestCA: the authority's certificate is there for the asking, and no key.
func TestCA(t *testing.T) {
	t.Parallel()
	k, err := certs.New(certs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	broken := error(nil)
	s := start(t, catcher.Config{}, func(s *ui.Server) {
		s.BasePath = "/dev/mail"
		s.CA = func() ([]byte, error) {
			if broken != nil {
				return nil, broken
			}
			return k.CA()
		}
	})
	want, err := k.CA()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/ca.pem", "/dev/mail/ca.pem"} {
		a := s.get(path).ok()
		if string(a.body) != string(want) || a.header.Get("Content-Type") != "application/x-pem-file" {
			t.Errorf("%s: %s %s", path, a.header, a.body)
		}
	}
	s.get("/v1/info").ok().has(`"tls":true`)
	broken = errors.New("the disk is full")
	s.get("/ca.pem").problem(500)
}
