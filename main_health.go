package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"runtime"
	"time"
)

const healthIntro = `Ask a running Postroom whether it can take mail: over HTTP (/readyz), or, when
--http is off, over SMTP. With the same flags or environment as serve it asks
the one that those start. What is not well is named on stderr.

Usage:
  postroom health [flags]

Exit status: 0 well, 1 not well or not reachable, 2 bad usage.`

// healthLimit is how long the answer may take.
const healthLimit = 3 * time.Second

func (p program) health(ctx context.Context, args []string) error {
	var httpAddress, smtpAddress string
	var alive bool
	flags := p.newFlags("health", healthIntro)
	flags.StringVar(&httpAddress, "http", "127.0.0.1:8025", "`address` of the HTTP API, or off")
	flags.StringVar(&smtpAddress, "smtp", "127.0.0.1:1025", "`address` of SMTP")
	flags.BoolVar(&alive, "alive", false, "ask over HTTP only whether the process lives (/healthz)")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	check, address := healthHTTP("/readyz"), httpAddress
	switch {
	case httpAddress != "off" && alive:
		check = healthHTTP("/healthz")
	case httpAddress == "off":
		check, address = healthSMTP, smtpAddress
	}
	if address == "off" {
		return usagef("--http and --smtp are off: nobody to ask")
	}
	if err := check(ctx, address); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "ok")
	return nil
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	network, address := splitAddress(address)
	var d net.Dialer
	return d.DialContext(ctx, network, reachable(address))
}

// healthHTTP asks one of the probes.
func healthHTTP(path string) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		client := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, address) },
		}}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("not reachable: %w", err)
		}
		defer resp.Body.Close()
		return healthOf(address, resp)
	}
}

// healthOf reads the answer of a probe: one that says what is not well is a problem
// document.
func healthOf(address string, resp *http.Response) error {
	var problem struct{ Detail string }
	err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&problem)
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case err == nil && problem.Detail != "":
		return fmt.Errorf("%s answered %s: %s", address, resp.Status, problem.Detail)
	}
	return fmt.Errorf("%s answered %s", address, resp.Status)
}

func healthSMTP(ctx context.Context, address string) error {
	conn, err := dial(ctx, address)
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return fmt.Errorf("greeting of %s: %w", address, err)
	}
	return c.Quit()
}

func (p program) version(args []string) error {
	flags := p.newFlags("version", "Print the version.\n\nUsage:\n  postroom version")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	line := "postroom " + version
	if r := revision(); r != "" {
		line += " (" + r + ")"
	}
	line += " " + runtime.Version()
	fmt.Fprintln(p.stdout, line)
	return nil
}
