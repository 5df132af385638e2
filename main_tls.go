package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher/certs"
)

// tlsSettings are the flags of TLS.
type tlsSettings struct {
	mode, cert, key     string
	smtps, pop3s, https string
	require             bool
}

func (s *tlsSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.mode, "tls", "off", "`certificates` with which STARTTLS and STLS are offered: auto (of an authority of our own, see /ca.pem) or off (none, but for --tls-cert)")
	flags.StringVar(&s.cert, "tls-cert", "", "`file` with a certificate of one's own and its chain, in PEM; it is read again when it changes")
	flags.StringVar(&s.key, "tls-key", "", "`file` with the key of --tls-cert, in PEM")
	flags.StringVar(&s.smtps, "smtps", "off", "`address` that takes mail by SMTP in TLS from the start, such as 127.0.0.1:1465")
	flags.StringVar(&s.pop3s, "pop3s", "off", "`address` that gives it out by POP3 in TLS from the start, such as 127.0.0.1:1995")
	flags.StringVar(&s.https, "https", "off", "`address` of the page and the HTTP API in TLS, such as 127.0.0.1:8443")
	flags.BoolVar(&s.require, "require-tls", false, "take no mail and no password before TLS: 530 5.7.0 in SMTP, -ERR in POP3")
}

// off says whether there is no address of TLS.
func (s *tlsSettings) off() bool { return s.smtps == "off" && s.pop3s == "off" && s.https == "off" }

func (s *tlsSettings) check() error {
	on := s.mode == "auto" || s.cert != ""
	switch {
	case s.mode != "auto" && s.mode != "off":
		return usagef("--tls %q: want auto or off", s.mode)
	case (s.cert == "") != (s.key == ""):
		return usagef("--tls-cert and --tls-key go together")
	case !on && s.require:
		return usagef("--require-tls needs --tls auto, or --tls-cert and --tls-key")
	case !on && !s.off():
		return usagef("--smtps, --pop3s and --https need --tls auto, or --tls-cert and --tls-key")
	}
	return nil
}

// keeper has the certificates; nil when there is no TLS.
func (s *settings) keeper() (*certs.Keeper, error) {
	if s.tls.mode == "off" && s.tls.cert == "" {
		return nil, nil
	}
	names := append([]string{s.domain}, s.httpHosts...)
	k, err := certs.New(certs.Options{Dir: s.data, Names: names, CertFile: s.tls.cert, KeyFile: s.tls.key})
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return k, nil
}

// watchCertificate reads one's own certificate again whenever it changes.
func watchCertificate(ctx context.Context, k *certs.Keeper, files []string, log *slog.Logger) error {
	load := func() error {
		changed, err := k.Reload()
		if changed {
			log.Info("certificate read")
			tellExpired(k, log)
		}
		return err
	}
	return watch(ctx, load, func(err error) { log.Error("the certificate stays as it was", "err", err) }, files...)
}

// tellExpired tells of a certificate of one's own that is too old: it is used all the
// same, as somebody may want to test just that.
func tellExpired(k *certs.Keeper, log *slog.Logger) {
	if when, expired := k.Expired(); expired {
		log.Warn("the certificate has expired", "when", when)
	}
}

// pages are where HTTP is served, with TLS where it is to be.
func (s *settings) pages(room room, log *slog.Logger) []net.Listener {
	pages := []net.Listener{room.listeners.http}
	if l := room.listeners.https; l != nil {
		door := certs.Door{Keeper: room.keeper, Rules: room.catcher.Rules(), Clock: room.catcher.Clock(), Log: log, Protocols: []string{"http/1.1"}}
		pages = append(pages, door.Listen(l))
	}
	return slices.DeleteFunc(pages, func(l net.Listener) bool { return l == nil })
}

// announceTLS says where things are in TLS, and whom to trust.
func (p program) announceTLS(ls listeners, s *settings) {
	if ls.smtps != nil {
		fmt.Fprintf(p.stdout, "SMTPS %s  the same, in TLS\n", where(ls.smtps))
	}
	if ls.pop3s != nil {
		fmt.Fprintf(p.stdout, "POP3S %s  the same, in TLS\n", where(ls.pop3s))
	}
	if ls.https != nil {
		fmt.Fprintf(p.stdout, "HTTPS %s\n", s.page("https", ls.https))
	}
	if s.tls.mode == "auto" && s.tls.cert == "" && ls.http != nil && ls.http.Addr().Network() != "unix" {
		fmt.Fprintf(p.stdout, "CA    %sca.pem  to be trusted by clients\n", s.page("http", ls.http))
	}
}
