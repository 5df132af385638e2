package ui_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui"
)

// TestPageOverHTTPS: the page is live, by websocket, in a browser that trusts the server's
// key; and over HTTP beside it.
func TestPageOverHTTPS(t *testing.T) {
	t.Parallel()
	k, err := certs.New(certs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newCatcher(t, catcher.Config{TLS: k})
	door := certs.Door{Keeper: k, Rules: rule.NewSet(rule.Options{}), Protocols: []string{"http/1.1"}}
	server := &ui.Server{Backend: c, Page: ui.Page(""), CA: k.CA}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, plain, door.Listen(secure)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})

	b := newTab(t, newBrowser(t, chromedp.Flag("ignore-certificate-errors-spki-list", keyOf(t, secure.Addr().String()))))
	p := &post{t: t, catcher: c}
	p.note("before", "you@example.test")
	b.open("https://" + secure.Addr().String() + "/")
	b.until(live)
	p.note("while it is looked at", "you@example.test")
	b.shows("body", "while it is looked at")
	if !evaluate[bool](b, `isSecureContext && location.protocol === 'https:'`) {
		t.Error("the page is not secure")
	}

	other := newTab(t, b.ctx)
	other.open("http://" + plain.Addr().String() + "/")
	other.until(live)
	other.shows("body", "while it is looked at")
}

// keyOf is what names the key of a server to the browser.
func keyOf(t *testing.T, address string) string {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	key := sha256.Sum256(c.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return strings.TrimSpace(base64.StdEncoding.EncodeToString(key[:]))
}
