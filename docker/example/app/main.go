// Command app is a small web application that people sign up to: what the examples
// beside it test. It keeps everything in memory.
//
//	SMTP_HOST=127.0.0.1 SMTP_PORT=1025 go run . -listen 127.0.0.1:8080
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:8080"), "address to serve on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, listen string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	s := newSite(cmp.Or(os.Getenv("APP_URL"), url), mailer{
		server: net.JoinHostPort(cmp.Or(os.Getenv("SMTP_HOST"), "127.0.0.1"), cmp.Or(os.Getenv("SMTP_PORT"), "1025")),
		from:   cmp.Or(os.Getenv("MAIL_FROM"), "hello@kettle.test"),
	})
	defer s.close()
	fmt.Println("Listening on", url)

	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
