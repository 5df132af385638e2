package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

const exportIntro = `Write the mail of a running Postroom, or of a --data folder that none uses,
into files, octet by octet: all of it, that of one mailbox, or what a query
finds.

Usage:
  postroom export backup
  postroom export --mailbox alice@a.test --format mbox alice.mbox
  postroom export --query 'subject:invoice' --format maildir Maildir
  postroom export --data /var/lib/postroom backup
  postroom export --format mbox - | postroom import --server other:1025 -

  eml      a folder for each mailbox, ID.eml in it for each message
  mbox     one file, oldest message first, quoted as mboxrd; - is stdout
  maildir  one Maildir; what was not seen is new

"postroom import" brings each message back once, with its sender, all its
recipients that the export is about, and its octets. What it needs for that is
in postroom.jsonl beside the files, in an mbox at the end of "From " lines.
Read marks and times of receipt are there too, but import cannot set them.

Exit status: 0 all, 1 something failed (the rest is there), 2 bad usage.`

// An exportCall is the flags of export.
type exportCall struct {
	http, data     string
	token          string
	format         string
	query, mailbox string
	force, quiet   bool
	target         string
}

func (p program) export(ctx context.Context, args []string) (failed error) {
	var c exportCall
	flags := p.newFlags("export", exportIntro)
	flags.StringVar(&c.http, "http", "127.0.0.1:8025", "`address` of the HTTP API")
	tokenFlag(flags, &c.token)
	flags.StringVar(&c.data, "data", "", "`folder` that keeps the mail, to be read without a server")
	flags.StringVar(&c.format, "format", "eml", "eml, mbox or maildir")
	flags.StringVar(&c.query, "query", "", "only messages that this search finds")
	flags.StringVar(&c.mailbox, "mailbox", "", "only this mailbox's `address`")
	flags.BoolVar(&c.force, "force", false, "replace an mbox file, and write into a folder that is not empty")
	flags.BoolVar(&c.quiet, "quiet", false, "no progress and no summary, only failures")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := c.check(flags.Args()); err != nil {
		return err
	}
	client, shut, err := c.connect(args, flags.Changed)
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, shut()) }()
	show := p.newProgress("exported", c.quiet)
	list, err := c.list(ctx, client, show)
	show.clear()
	if err != nil {
		return err
	}
	w, err := p.create(c)
	if errors.Is(err, archive.ErrExists) {
		return usagef("%w; --force writes to it all the same", err)
	}
	if err != nil {
		return err
	}
	return show.end(writeAll(ctx, client, list, w, show))
}

func (c *exportCall) check(args []string) error {
	switch {
	case len(args) != 1:
		return usagef("want one path to write to, not %d", len(args))
	case !slices.Contains([]string{"eml", "mbox", "maildir"}, c.format):
		return usagef("--format %q: want eml, mbox or maildir", c.format)
	case args[0] == "-" && c.format != "mbox":
		return usagef("only an mbox can go to stdout: give --format mbox")
	}
	c.target = args[0]
	return nil
}

// connect finds whom to ask for mail.
func (c *exportCall) connect(args []string, changed func(string) bool) (*http.Client, func() error, error) {
	from, err := choose(args, []string{"http", "data"}, func(name string) bool {
		return changed(name) && map[string]string{"http": c.http, "data": c.data}[name] != ""
	})
	switch {
	case err != nil:
		return nil, nil, err
	case from == "data" || c.http == "off" && c.data != "":
		data, err := openData(c.data, false)
		if err != nil {
			return nil, nil, err
		}
		return inProcess(data), data.Close, nil
	case c.http == "off":
		return nil, nil, usagef("--http is off: nobody to ask")
	}
	client := withToken(clientFor(c.http), c.token)
	return client, func() error { client.CloseIdleConnections(); return nil }, nil
}

func (p program) create(c exportCall) (archive.Writer, error) {
	switch {
	case c.target == "-":
		return archive.NewMbox(p.stdout), nil
	case c.format == "mbox":
		return archive.CreateMbox(c.target, c.force)
	case c.format == "maildir":
		return archive.CreateMaildir(c.target, c.force)
	}
	return archive.CreateTree(c.target, c.force)
}

// list returns what is known of the messages, the oldest first.
func (c *exportCall) list(ctx context.Context, client *http.Client, show *progress) ([]archive.Facts, error) {
	var list []archive.Facts
	query := url.Values{"limit": {"1000"}, "mailbox": {c.mailbox}, "q": {c.query}}
	for {
		var page api.Messages
		body, err := get(ctx, client, "/v1/messages?"+query.Encode())
		if err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil {
			return nil, fmt.Errorf("list the messages: %w", err)
		}
		for i := range page.Messages {
			facts, err := factsOf(&page.Messages[i], c.mailbox)
			if err != nil {
				return nil, fmt.Errorf("list the messages: %w", err)
			}
			list = append(list, facts)
		}
		show.of(len(list))
		if page.Next == "" {
			slices.Reverse(list)
			return list, nil
		}
		query.Set("before", page.Next)
	}
}

// factsOf tells of a message what concerns a mailbox, or with "" all of it.
func factsOf(s *api.Summary, mailbox string) (archive.Facts, error) {
	id, err := mail.ParseID(s.ID)
	facts := archive.Facts{ID: id, From: s.Envelope.From, Received: s.ReceivedAt, Seen: s.Seen}
	for _, d := range s.Deliveries {
		if mailbox != "" && d.Mailbox != mail.Box(mailbox) {
			continue
		}
		facts.To = append(facts.To, d.Rcpt)
		if !slices.Contains(facts.Mailboxes, d.Mailbox) {
			facts.Mailboxes = append(facts.Mailboxes, d.Mailbox)
		}
	}
	return facts, err
}

func get(ctx context.Context, client *http.Client, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return nil, err
	}
	return fetch(client, req)
}

// fetchers is how many messages are download at once.
const fetchers = 4

// writeAll fetches the messages, writes them in order, and completes the archive.
// It returns why it had to stop early.
func writeAll(ctx context.Context, client *http.Client, list []archive.Facts, w archive.Writer, show *progress) (err error) {
	for f := range bodies(ctx, client, list) {
		var unreachable unreachableError
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case errors.As(f.err, &unreachable):
			err = unreachable
		case f.err != nil:
			show.fail(f.facts.ID.String(), f.err)
		default:
			err = w.Add(f.facts, bytes.NewReader(f.body))
		}
		if err != nil {
			return errors.Join(err, w.Abort())
		}
		if f.err == nil {
			show.add(int64(len(f.body)))
		}
	}
	return w.Close()
}

// A download is a message with its body, or why there is none.
type download struct {
	facts archive.Facts
	body  []byte
	err   error
}

// bodies fetches messages, some ahead, and gives them in order.
func bodies(ctx context.Context, client *http.Client, list []archive.Facts) iter.Seq[download] {
	return func(yield func(download) bool) {
		ctx, stop := context.WithCancel(ctx)
		var fetching sync.WaitGroup
		defer fetching.Wait()
		defer stop()
		var ahead []chan download
		for len(list)+len(ahead) > 0 {
			for ; len(ahead) < fetchers && len(list) > 0; list = list[1:] {
				facts, one := list[0], make(chan download, 1)
				ahead = append(ahead, one)
				fetching.Go(func() {
					body, err := get(ctx, client, "/v1/messages/"+facts.ID.String()+"/raw")
					one <- download{facts, body, err}
				})
			}
			if !yield(<-ahead[0]) {
				return
			}
			ahead = ahead[1:]
		}
	}
}
