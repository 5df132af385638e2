package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync"

	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

const importIntro = `Bring mail from files into a running Postroom, by SMTP, or with --http by its
API; or into a --data folder that none uses. A PATH is an .eml file, an mbox
file, a Maildir, or a folder with such in it: there *.eml files, files that
begin with "From ", and folders are read; - is one message or an mbox on stdin.

Usage:
  postroom import inbox.mbox Maildir tests/fixtures
  postroom import --http 127.0.0.1:8025 backup
  postroom import --data /var/lib/postroom backup
  postroom import --to alice@a.test - < message.eml

Sender and recipients are those of --from and --to; else those that "postroom
export" wrote beside the mail; else those of the headers X-Envelope-From or
Return-Path, and X-Envelope-To, Delivered-To or X-Original-To; else those of
From, and To, Cc and Bcc.

Each octet stays as it is, line ends too; only an SMTP server without CHUNKING
gets CRLF. (In an mbox, one ">" before "From " is taken away.) The time of
receipt is now. With --jobs 1 the order is kept. A lost connection is tried
once more, which can bring one message in twice.

Exit status: 0 all, 1 something failed (the rest is there), 2 bad usage.`

// An importCall is the flags of import, and what they lead to.
type importCall struct {
	server, http string
	token        string
	data         string
	from         string
	fromGiven    bool
	to           []string
	jobs         count
	quiet        bool
}

func (p program) importMail(ctx context.Context, args []string) (failed error) {
	c := importCall{jobs: 4}
	flags := p.newFlags("import", importIntro)
	flags.StringVar(&c.server, "server", "127.0.0.1:1025", "`address` of the SMTP server, host:port or unix:PATH")
	flags.StringVar(&c.http, "http", "", "`address` of the HTTP API, which is then used instead")
	tokenFlag(flags, &c.token)
	flags.StringVar(&c.data, "data", "", "`folder` that keeps the mail, which is written to without a server")
	flags.StringVar(&c.from, "from", "", "sender `address` of all; <> is the null sender")
	flags.StringArrayVar(&c.to, "to", nil, "recipient `address` of all; give it again for more")
	flags.Var(&c.jobs, "jobs", "how many messages to send at once")
	flags.BoolVar(&c.quiet, "quiet", false, "no progress and no summary, only failures")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	c.fromGiven = flags.Changed("from")
	if err := c.check(flags.Args()); err != nil {
		return err
	}
	if err := c.choose(args, flags.Changed); err != nil {
		return err
	}
	paths, remove, err := p.spoolStdin(flags.Args())
	if err != nil {
		return err
	}
	defer remove()
	to, shut, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, shut()) }()
	show := p.newProgress("imported", c.quiet)
	err = c.run(ctx, to, paths, show)
	if s, ok := to.(*smtpAppender); ok && s.changed.Load() > 0 {
		show.tell(fmt.Sprintf("line ends of %d messages were changed to CRLF: the server has no CHUNKING", s.changed.Load()))
	}
	return show.end(err)
}

// check refuses what makes no sense, and reads the addresses.
func (c *importCall) check(paths []string) (err error) {
	switch {
	case len(paths) == 0:
		return usagef("nothing to import: name files or folders, or - for stdin")
	case c.jobs == 0:
		return usagef("--jobs must not be 0")
	}
	if c.from, err = senderAddress(c.from); err != nil {
		return err
	}
	c.to, err = addresses(c.to)
	return err
}

// choose leaves one of the places where mail can go; without any it is the server.
func (c *importCall) choose(args []string, changed func(string) bool) error {
	if c.http == "off" {
		c.http = ""
	}
	to := map[string]*string{"http": &c.http, "data": &c.data, "server": &c.server}
	chosen, err := choose(args, []string{"http", "data", "server"}, func(name string) bool { return changed(name) && *to[name] != "" })
	for name, address := range to {
		if name != chosen && name != "server" {
			*address = ""
		}
	}
	return err
}

// spoolStdin copies stdin to a file, if it is among the paths, and puts that in
// its place. The caller must call remove.
func (p program) spoolStdin(args []string) (paths []source, remove func(), err error) {
	remove = func() {}
	for _, path := range args {
		if path != "-" {
			paths = append(paths, source{path, path})
			continue
		}
		f, err := os.CreateTemp("", "postroom-*")
		if err != nil {
			return nil, nil, err
		}
		before := remove
		remove = func() { before(); os.Remove(f.Name()) }
		_, err = io.Copy(f, p.stdin)
		if err = errors.Join(err, f.Close()); err != nil {
			remove()
			return nil, nil, fmt.Errorf("read stdin: %w", err)
		}
		paths = append(paths, source{f.Name(), path})
	}
	return paths, remove, nil
}

// A source is a path, and what the user calls it.
type source struct{ path, name string }

// connect makes sure that the mail can go there.
func (c *importCall) connect(ctx context.Context) (to appender, shut func() error, err error) {
	if c.data != "" {
		data, err := openData(c.data, true)
		if err != nil {
			return nil, nil, err
		}
		return data, data.Close, nil
	}
	if c.http != "" {
		if err := healthHTTP("/healthz")(ctx, c.http); err != nil {
			return nil, nil, fmt.Errorf("HTTP API: %w", err)
		}
		client := withToken(clientFor(c.http), c.token)
		return httpAppender{client}, func() error { client.CloseIdleConnections(); return nil }, nil
	}
	a, err := newSMTPAppender(ctx, c.server, int(c.jobs))
	if err != nil {
		return nil, nil, err
	}
	return a, func() error { a.close(); return nil }, nil
}

// run imports what the paths hold, and returns why it had to stop early.
func (c *importCall) run(parent context.Context, to appender, paths []source, show *progress) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	var jobs, counting sync.WaitGroup
	work := make(chan archive.Message)
	for range c.jobs {
		jobs.Go(func() {
			for m := range work {
				if err := c.bring(ctx, to, m, show); err != nil {
					stop(err)
				}
			}
		})
	}
	if show.bar {
		counting.Go(func() { countMessages(ctx, paths, show) })
	}
	for m, err := range readAll(ctx, paths) {
		if err != nil {
			show.fail("import", err)
			continue
		}
		select {
		case work <- m:
		case <-ctx.Done():
		}
	}
	close(work)
	jobs.Wait()
	err := context.Cause(ctx)
	stop(nil)
	counting.Wait()
	return err
}

// readAll goes through the messages of all paths until ctx ends.
func readAll(ctx context.Context, paths []source) iter.Seq2[archive.Message, error] {
	return func(yield func(archive.Message, error) bool) {
		for _, s := range paths {
			for m, err := range archive.Read(s.path) {
				m.Name = s.name + strings.TrimPrefix(m.Name, s.path)
				if ctx.Err() != nil || !yield(m, err) {
					return
				}
			}
		}
	}
}

// countMessages finds out how many there are while they are imported.
func countMessages(ctx context.Context, paths []source, show *progress) {
	n := 0
	for range readAll(ctx, paths) { // errors count: they become failures
		n++
	}
	if ctx.Err() == nil {
		show.of(n)
	}
}

// bring imports one message. The error is a reason to stop.
func (c *importCall) bring(ctx context.Context, to appender, m archive.Message, show *progress) error {
	size, err := c.try(ctx, to, m)
	var lost lostError
	var unreachable unreachableError
	if errors.As(err, &lost) && !errors.As(err, &unreachable) && ctx.Err() == nil {
		size, err = c.try(ctx, to, m)
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return nil // neither done nor failed
	case errors.As(err, &unreachable):
		return unreachable
	case err != nil:
		show.fail(m.Name, err)
		return nil
	}
	show.add(size)
	return nil
}

func (c *importCall) try(ctx context.Context, to appender, m archive.Message) (size int64, err error) {
	env, err := c.envelope(m)
	if err != nil {
		return 0, err
	}
	body, err := m.Open()
	if err != nil {
		return 0, err
	}
	defer body.Close()
	counted := &counter{Reader: body}
	_, err = to.Accept(ctx, env, counted)
	return counted.n, err
}

type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// envelope says from whom and to whom a message goes; see importIntro.
func (c *importCall) envelope(m archive.Message) (env mail.Envelope, err error) {
	from, to := c.from, c.to
	switch {
	case c.fromGiven && len(to) > 0:
	case m.Facts != nil && (len(m.Facts.To) > 0 || len(to) > 0):
		if !c.fromGiven {
			from = m.Facts.From
		}
		if len(to) == 0 {
			to = m.Facts.To
		}
	default:
		headers, err := readHeaders(m)
		if err != nil {
			return env, err
		}
		if !c.fromGiven {
			from = guessFrom(headers)
		}
		if len(to) == 0 {
			to = guessTo(headers)
		}
	}
	if len(to) == 0 {
		return env, errors.New("its headers name no recipient: give --to")
	}
	env.From, env.UTF8 = from, !ascii(from)
	for _, address := range to {
		env.To = append(env.To, mail.Rcpt{Address: address})
		env.UTF8 = env.UTF8 || !ascii(address)
	}
	return env, valid(env)
}

// valid says which address of an envelope is none: a file can say anything.
func valid(env mail.Envelope) error {
	list := []string{env.From}
	for _, rcpt := range env.To {
		list = append(list, rcpt.Address)
	}
	for i, address := range list {
		if i == 0 && address == "" {
			continue
		}
		if _, err := mail.ParseAddress(address); err != nil {
			return fmt.Errorf("%.80q: %w", address, err)
		}
	}
	return nil
}

// maxHeader is how much of a message is looked at for addresses.
const maxHeader = 256 << 10

func readHeaders(m archive.Message) (*mime.Message, error) {
	r, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if err != nil {
		return nil, err
	}
	for _, empty := range []string{"\n\n", "\n\r\n"} {
		if i := bytes.Index(text, []byte(empty)); i >= 0 {
			text = text[:i+1]
		}
	}
	return parse(text), nil
}

func guessFrom(headers *mime.Message) string {
	for _, name := range []string{"X-Envelope-From", "Return-Path"} {
		if strings.TrimSpace(headers.Get(name)) == "<>" {
			return ""
		}
		if list := named(headers, name); len(list) > 0 {
			return list[0]
		}
	}
	if list := named(headers, "From"); len(list) > 0 {
		return list[0]
	}
	return ""
}

func guessTo(headers *mime.Message) []string {
	for _, name := range []string{"X-Envelope-To", "Delivered-To", "X-Original-To"} {
		if list := named(headers, name); len(list) > 0 {
			return list
		}
	}
	return named(headers, "To", "Cc", "Bcc")
}

// named lists the addresses in headers, each once; what is none is passed over.
func named(headers *mime.Message, names ...string) []string {
	var list []string
	known := map[string]bool{}
	for _, name := range names {
		for _, a := range headers.Addresses(name) {
			address, err := mail.ParseAddress(a.Address)
			if err == nil && !known[address.Box()] {
				known[address.Box()] = true
				list = append(list, address.String())
			}
		}
	}
	return list
}
