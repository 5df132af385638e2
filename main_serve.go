package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/smtpd"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/pop3"
	"github.com/postroom/postroom/ui"
)

const serveIntro = `Postroom catches all mail that comes by SMTP and shows it: over POP3, over HTTP
and in a live page. Nothing leaves the process.

Usage:
  postroom [serve] [flags]
  postroom send      send a mail, from flags or from stdin
  postroom expect    wait for mail, and take codes and links out of it
  postroom address   an address that nobody else has
  postroom cursor    the present moment, for expect
  postroom run       run a command with a Postroom of its own
  postroom sendmail  what programs expect of /usr/sbin/sendmail
  postroom import    bring mail in from .eml files, mbox files and Maildirs
  postroom export    write mail into such
  postroom health    ask a running Postroom how it is
  postroom version

"postroom SUBCOMMAND --help" says more. Each flag has a twin in the environment,
which the flag overrides: --max-age is POSTROOM_MAX_AGE. An address is host:port
(port 0: any free one), unix:PATH, fd:NAME (a socket of systemd's), or off.`

// settings are the flags of serve.
type settings struct {
	smtp, pop3, http              string
	data, sync                    string
	domain                        string
	maxMessages, mailboxMax       count
	maxBytes, maxMessageSize      octets
	maxRecipients                 count
	maxAge, idle, pop3Idle, grace span
	pop3Password                  string
	httpHosts                     []string
	basePath                      string
	logging                       logging
	rules, magic                  string
	given                         *pflag.FlagSet // with these values
	limits                        limitSettings
	tls                           tlsSettings
	auth                          authSettings
	queue                         queueSettings
	folders                       folderSettings
	webhooks                      webhookSettings
}

func (s *settings) flags(flags *pflag.FlagSet) {
	s.given = flags
	s.maxBytes, s.maxMessageSize, s.maxRecipients = 1<<30, smtpd.DefaultMaxMessageSize, smtpd.DefaultMaxRecipients
	s.idle, s.pop3Idle, s.grace = span(smtpd.DefaultIdleTimeout), span(10*time.Minute), span(smtpd.DefaultGrace)
	flags.StringVar(&s.smtp, "smtp", "127.0.0.1:1025", "`address` that takes mail by SMTP")
	flags.StringVar(&s.pop3, "pop3", "127.0.0.1:1110", "`address` that gives it out by POP3")
	flags.StringVar(&s.http, "http", "127.0.0.1:8025", "`address` of the page and the HTTP API")
	flags.StringVar(&s.data, "data", "", "`folder` that keeps the mail (empty: it is kept in memory, and gone with the program)")
	flags.StringVar(&s.sync, "sync", "always", "`when` mail in --data is made safe from a power loss: always (before it is acknowledged) or off")
	flags.StringVar(&s.domain, "domain", "localhost", "our own `name` in SMTP and POP3, and the domain of <postmaster>")
	flags.Var(&s.maxMessages, "max-messages", "keep at most so many messages; the oldest go first (0: no limit)")
	flags.Var(&s.maxBytes, "max-bytes", "keep at most so many octets of mail; the oldest go first (0: no limit; with --data the default is 20GiB)")
	flags.Var(&s.maxAge, "max-age", "keep messages for so long (0: no limit)")
	flags.Var(&s.mailboxMax, "mailbox-max", "keep at most so many messages in one mailbox (0: no limit)")
	flags.Var(&s.maxMessageSize, "max-message-size", "refuse messages over this size with 552")
	flags.Var(&s.maxRecipients, "max-recipients", "refuse more recipients of one message with 452")
	flags.Var(&s.idle, "idle-timeout", "end SMTP sessions that are silent for so long")
	flags.Var(&s.pop3Idle, "pop3-idle-timeout", "end POP3 sessions that are silent for so long")
	flags.Var(&s.grace, "grace", "time that open sessions get to finish when the program is told to end")
	flags.StringVar(&s.pop3Password, "pop3-password", "", "`password` of all mailboxes, which also makes APOP possible (empty: any password does)")
	flags.StringSliceVar(&s.httpHosts, "http-host", nil, "`name` by which browsers may reach the page, besides localhost, IP addresses and names without a dot; * is any")
	flags.StringVar(&s.basePath, "base-path", "", "`path`, such as /mail, under which a proxy shows the page; it works without as well")
	flags.StringVar(&s.rules, "rules", "", "`file` of rules: what goes wrong, and where mail goes; it is read again when it changes")
	flags.StringVar(&s.magic, "magic", "on", "whether addresses at sim.test and simulator.amazonses.com do what their names say: on or off")
	s.limits.flags(flags)
	s.tls.flags(flags)
	s.auth.flags(flags)
	s.queue.flags(flags)
	s.folders.flags(flags)
	s.webhooks.flags(flags)
	s.logging.level = "info"
	flags.Var(&s.logging.level, "log-level", "what goes to stderr: debug, info, warn, error or off")
	flags.StringVar(&s.logging.format, "log-format", "text", "how: text or json, a line each")
}

func (p program) serve(ctx context.Context, args []string) error {
	var s settings
	flags := p.newFlags("serve", serveIntro)
	s.flags(flags)
	flags.Usage = func() { p.groupedUsage(flags, serveIntro) }
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	log, err := s.ready(p, flags)
	if err != nil {
		return err
	}
	room, err := s.open(ctx, log)
	if err != nil {
		return err
	}
	p.announce(room.listeners, &s)
	err = s.run(ctx, room, log)
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// ready checks the settings as they were read, and returns the log.
func (s *settings) ready(p program, flags *pflag.FlagSet) (*slog.Logger, error) {
	s.basePath = strings.TrimSuffix(s.basePath, "/")
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.data != "" && !flags.Changed("max-bytes") {
		s.maxBytes = maxBytesOnDisk
	}
	log, err := s.logging.logger(p.stderr)
	if err == nil {
		s.limits.tell(flags, log)
	}
	return log, err
}

// A room is a Postroom whose doors are open, and that does not serve yet.
type room struct {
	catcher   *catcher.Catcher
	listeners listeners
	rules     *rulesFile
	keeper    *certs.Keeper // nil: there is no TLS
	keys      keyring
}

func (s *settings) open(ctx context.Context, log *slog.Logger) (room, error) {
	ls, err := s.listen(ctx)
	if err != nil {
		return room{}, err
	}
	if err := s.folders.open(); err != nil {
		ls.close()
		return room{}, err
	}
	cfg := s.config(log)
	if cfg.TLS, err = s.keeper(); err != nil {
		ls.close()
		return room{}, usageError{err}
	}
	if cfg.TLS != nil {
		tellExpired(cfg.TLS, log)
	}
	keys, err := s.auth.open()
	if err != nil {
		ls.close()
		return room{}, usageError{err}
	}
	if keys.accounts != nil {
		cfg.Accounts = keys.accounts
	}
	c, err := catcher.New(cfg)
	if err != nil {
		ls.close()
		return room{}, usageError{err}
	}
	rules := &rulesFile{path: s.rules, set: c.Rules(), log: log}
	if err := rules.load(); s.rules != "" && err != nil {
		ls.close()
		return room{}, errors.Join(usagef("--rules %s: %w", s.rules, err), c.Close())
	}
	return room{c, ls, rules, cfg.TLS, keys}, nil
}

// maxBytesOnDisk is the default of --max-bytes with --data.
const maxBytesOnDisk = 20 << 30

// config is what the flags say of the catcher.
func (s *settings) config(log *slog.Logger) catcher.Config {
	cfg := dataConfig(s.data, s.sync == "off", log)
	cfg.Caps = s.caps()
	cfg.Domain, cfg.Log = s.domain, log
	cfg.RequireTLS = s.tls.require
	cfg.Queue, cfg.NoMagic = s.queue.config(), s.magic == "off"
	cfg.Limits, cfg.Grace = s.smtpLimits(), time.Duration(s.grace)
	return cfg
}

// caps are what is kept at most.
func (s *settings) caps() store.Caps {
	return store.Caps{Messages: int(s.maxMessages), Bytes: int64(s.maxBytes), Box: int(s.mailboxMax), Age: time.Duration(s.maxAge)}
}

// check refuses values that parse but mean nothing.
func (s *settings) check() error {
	for name, zero := range map[string]bool{
		"max-message-size":  s.maxMessageSize == 0,
		"max-recipients":    s.maxRecipients == 0,
		"idle-timeout":      s.idle == 0,
		"pop3-idle-timeout": s.pop3Idle == 0,
		"grace":             s.grace == 0,
	} {
		if zero {
			return usagef("--%s must not be 0", name)
		}
	}
	if s.sync != "always" && s.sync != "off" {
		return usagef("--sync %q: want always or off", s.sync)
	}
	if s.magic != "on" && s.magic != "off" {
		return usagef("--magic %q: want on or off", s.magic)
	}
	if err := errors.Join(s.tls.check(), s.auth.check(), s.limits.check(), s.queue.check(), s.folders.check(), s.webhooks.check()); err != nil {
		return err
	}
	if s.auth.accounts != "" && s.pop3Password != "" {
		return usagef("--accounts and --pop3-password exclude each other")
	}
	for _, name := range s.httpHosts {
		if name == "" || strings.ContainsAny(name, "/:@ \t") {
			return usagef("--http-host %q: want a name such as mail.dev.example, without https:// and port", name)
		}
	}
	if err := ui.CheckBasePath(s.basePath); err != nil {
		return usagef("--base-path %q: %w", s.basePath, err)
	}
	if s.domain == "" || !isDomain(s.domain) {
		return usagef("--domain %q is no domain name", s.domain)
	}
	if s.smtp == "off" && s.pop3 == "off" && s.http == "off" && s.tls.off() {
		return usagef("--smtp, --pop3 and --http are all off: nothing to do")
	}
	return nil
}

// isDomain says whether a name could be a domain, or is empty.
func isDomain(name string) bool { return !strings.ContainsAny(name, " \t\r\n<>@\"") }

// listeners are those that are not off.
type listeners struct{ smtp, pop3, http, smtps, pop3s, https net.Listener }

func (s *settings) listen(ctx context.Context) (ls listeners, err error) {
	for _, l := range []struct {
		flag, address string
		to            *net.Listener
	}{
		{"smtp", s.smtp, &ls.smtp}, {"pop3", s.pop3, &ls.pop3}, {"http", s.http, &ls.http},
		{"smtps", s.tls.smtps, &ls.smtps}, {"pop3s", s.tls.pop3s, &ls.pop3s}, {"https", s.tls.https, &ls.https},
	} {
		if *l.to, err = listen(ctx, l.address); err != nil {
			ls.close()
			return listeners{}, usagef("--%s %s: %w", l.flag, l.address, err)
		}
	}
	return ls, nil
}

func (ls listeners) close() {
	for _, l := range []net.Listener{ls.smtp, ls.pop3, ls.http, ls.smtps, ls.pop3s, ls.https} {
		if l != nil {
			l.Close()
		}
	}
}

// listen returns nil for "off". A socket file that a dead process left behind is
// replaced.
func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "off" {
		return nil, nil
	}
	if name, ok := strings.CutPrefix(address, "fd:"); ok {
		return activated(name, os.Getenv)
	}
	network, address := splitAddress(address)
	if address == "" {
		return nil, errors.New("want host:port, unix:PATH, fd:NAME or off")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, network, address)
	if network == "unix" && errors.Is(err, syscall.EADDRINUSE) && removeStale(ctx, address) {
		l, err = lc.Listen(ctx, network, address)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, errors.New("already in use by another program")
	}
	return l, err
}

// splitAddress tells unix:PATH from host:port.
func splitAddress(address string) (network, name string) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return "unix", path
	}
	return "tcp", address
}

// removeStale removes a socket on which nobody listens.
func removeStale(ctx context.Context, path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	var d net.Dialer
	if conn, err := d.DialContext(ctx, "unix", path); err == nil {
		conn.Close()
		return false
	}
	return os.Remove(path) == nil
}

// announce says where things are.
func (p program) announce(ls listeners, s *settings) {
	if ls.smtp != nil {
		fmt.Fprintf(p.stdout, "SMTP  %s  takes any mail\n", where(ls.smtp))
	}
	if ls.pop3 != nil {
		fmt.Fprintf(p.stdout, "POP3  %s  %s\n", where(ls.pop3), s.whoReads())
	}
	if ls.http != nil {
		fmt.Fprintf(p.stdout, "Page  %s\n", s.page("http", ls.http))
	}
	p.announceTLS(ls, s)
	if s.data != "" {
		fmt.Fprintf(p.stdout, "Data  %s\n", s.data)
	}
	if ls.smtp != nil {
		fmt.Fprintf(p.stdout, "Try   %s send --server %s --to you@example.test --subject Hello --text Hi\n", p.name, where(ls.smtp))
	}
}

// whoReads says what the user of POP3 is.
func (s *settings) whoReads() string {
	if s.auth.accounts != "" {
		return "user: one of the accounts, or MAILBOX*USER"
	}
	return "user: the address, or @all for everything"
}

// page is where the page is.
func (s *settings) page(scheme string, l net.Listener) string {
	if l.Addr().Network() == "unix" {
		return where(l)
	}
	return scheme + "://" + where(l) + s.basePath + "/"
}

// where is an address that one can connect to from here.
func where(l net.Listener) string {
	if l.Addr().Network() == "unix" {
		return "unix:" + l.Addr().String()
	}
	return reachable(l.Addr().String())
}

// reachable puts localhost in the place of "all interfaces".
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// run serves until ctx ends, in this order of stopping: mail in and out, the
// page, the events, the store.
func (s *settings) run(ctx context.Context, room room, log *slog.Logger) (err error) {
	var open doors
	open.watch(&room.listeners)
	c, ls := room.catcher, room.listeners
	defer func() { err = errors.Join(err, c.Close()) }()

	mailGroup, stopMail := newGroup(ctx)
	pageGroup, stopPage := newGroup(context.WithoutCancel(ctx))
	defer stopPage()
	defer stopMail()
	mailGroup.run(c.Run)
	room.watch(mailGroup, []string{s.tls.cert, s.tls.key}, log)
	folders := s.folders.of(c, s, log)
	folders.run(mailGroup)
	webhooks := s.webhooks.of(c, s.grace, log)
	for _, w := range webhooks {
		pageGroup.run(w.Run)
	}
	mailboxes := s.pop3Server(room, log)
	for _, door := range []struct {
		l     net.Listener
		serve func(context.Context, net.Listener) error
	}{{ls.smtp, c.ServeSMTP}, {ls.smtps, c.ServeSMTPS}, {ls.pop3, mailboxes.Serve}, {ls.pop3s, mailboxes.ServeTLS}} {
		if door.l != nil {
			mailGroup.run(func(ctx context.Context) error { return door.serve(ctx, door.l) })
		}
	}
	told := figures{catcher: c}
	if ls.pop3 != nil || ls.pop3s != nil {
		told.pop3 = mailboxes
	}
	if pages := s.pages(room, log); len(pages) > 0 {
		server := s.uiServer(room, log)
		server.Webhooks, server.Checks = webhooks, open.checks(c)
		told.page = server
		server.Metrics = told.handler(log)
		server.Settings = &panel{settings: s, flags: s.given, changed: map[string]bool{}, catcher: c, pop3: told.pop3, page: server}
		folders.show(server)
		pageGroup.run(func(ctx context.Context) error { return server.Serve(ctx, pages...) })
		context.AfterFunc(pageGroup.failed, stopMail)
	}
	err = mailGroup.wait()
	stopPage()
	return errors.Join(err, pageGroup.wait())
}

// watch reads files again that have changed; certificate are those of one's own.
func (r room) watch(g *group, certificate []string, log *slog.Logger) {
	if r.rules.path != "" {
		g.run(r.rules.watch)
	}
	if r.keeper != nil {
		g.run(func(ctx context.Context) error { return watchCertificate(ctx, r.keeper, certificate, log) })
	}
	r.keys.watch(g, log)
}

func (s *settings) pop3Server(room room, log *slog.Logger) *pop3.Server {
	c := room.catcher
	server := &pop3.Server{
		Backend:    c,
		Domain:     s.domain,
		Log:        log,
		Rules:      c.Rules(),
		Document:   c.AtRetr,
		Clock:      c.Clock(),
		Limits:     s.pop3Limits(),
		Grace:      time.Duration(s.grace),
		TLS:        room.keeper,
		RequireTLS: s.tls.require,
	}
	if room.keys.accounts != nil {
		server.Accounts = room.keys.accounts
	}
	if s.pop3Password != "" {
		server.Secret = func(string) (string, bool) { return s.pop3Password, true }
	}
	return server
}

func (s *settings) uiServer(room room, log *slog.Logger) *ui.Server {
	c, ls := room.catcher, room.listeners
	server := &ui.Server{
		Backend:  c,
		Log:      log,
		Clock:    c.Clock(),
		Version:  version,
		Page:     ui.Page(s.basePath),
		Limits:   s.uiLimits(),
		Grace:    time.Duration(s.grace),
		Hosts:    s.httpHosts,
		BasePath: s.basePath,
	}
	for _, door := range []struct {
		l  net.Listener
		to *string
	}{{ls.smtp, &server.SMTP}, {ls.pop3, &server.POP3}, {ls.http, &server.HTTP}, {ls.smtps, &server.SMTPS}, {ls.pop3s, &server.POP3S}, {ls.https, &server.HTTPS}} {
		if door.l != nil {
			*door.to = where(door.l)
		}
	}
	if room.keeper != nil {
		server.CA = room.keeper.CA
	}
	if s.auth.page() {
		server.Access = room.keys
	}
	return server
}

// A group runs functions until its context ends or one of them fails.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	failed context.Context // ends when one has failed
	fail   context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newGroup(parent context.Context) (*group, context.CancelFunc) {
	g := &group{}
	g.ctx, g.cancel = context.WithCancel(parent)
	g.failed, g.fail = context.WithCancelCause(context.Background())
	return g, g.cancel
}

func (g *group) run(f func(context.Context) error) {
	g.wg.Go(func() {
		if err := f(g.ctx); err != nil {
			g.fail(err)
			g.cancel()
		}
	})
}

// wait returns the error of the one that failed first.
func (g *group) wait() error {
	g.wg.Wait()
	return context.Cause(g.failed)
}
