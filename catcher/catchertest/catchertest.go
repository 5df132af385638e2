// Package catchertest starts a catcher for a test.
package catchertest

import (
	"context"
	"net"
	"testing"

	"github.com/postroom/postroom/catcher"
)

// A Catcher is a running one, with SMTP on a free port of the loopback
// interface.
type Catcher struct {
	*catcher.Catcher
	addr string
}

// SMTPAddr is where it takes mail, as host:port.
func (c *Catcher) SMTPAddr() string { return c.addr }

// Start starts a catcher that ends with the test. The zero Config is fine.
func Start(tb testing.TB, cfg catcher.Config) *Catcher {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("catchertest: %v", err)
	}
	made, err := catcher.New(cfg)
	if err != nil {
		tb.Fatalf("catchertest: %v", err)
	}
	c := &Catcher{made, l.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 2)
	go func() { served <- c.ServeSMTP(ctx, l) }()
	go func() { served <- c.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-served; err != nil {
				tb.Errorf("catchertest: %v", err)
			}
		}
		if err := c.Close(); err != nil {
			tb.Errorf("catchertest: %v", err)
		}
	})
	return c
}
