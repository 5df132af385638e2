package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/ui/api"
)

const expectIntro = `Wait until the mail is there that is wanted, and print what is to be taken out
of it, one value on a line, or else the ids of the messages. When it does not
come, stderr tells what came instead.

Usage:
  postroom expect --to alice@a.test --subject ~welcome --extract link
  postroom expect --to bob@a.test --none --within 2s
  postroom expect --to alice@a.test --count 2+ --junit report.xml

A TEST is ~PART (contains it), /REGEXP/, TEXT or =TEXT (the whole of it); with
! before it must not be so, and ! alone means that there is none. All tests
must pass. Several messages: the values are those of the newest.

Exit status: 0 met, 1 not met, 2 bad usage, 3 no server that could tell, 130
interrupted.`

// testFlags are the flags that test a field of a message.
func testFlags() []struct{ flag, field, about string } {
	return []struct{ flag, field, about string }{
		{"subject", "subject", "`test` of the subject; give it, and those below, again for more"},
		{"from", "from", "`test` of the From header"},
		{"cc", "cc", "`test` of Cc"},
		{"bcc", "bcc", "`test` of the Bcc header"},
		{"reply-to", "reply-to", "`test` of Reply-To"},
		{"envelope-from", "envelope.from", "`test` of the envelope's sender"},
		{"envelope-to", "envelope.to", "`test` of the envelope's recipients"},
		{"text", "text", "`test` of the plain text"},
		{"html", "html", "`test` of the HTML"},
		{"body", "body", "`test` of the text, or what the HTML shows"},
		{"link", "link", "`test` of where links lead"},
		{"attachment", "attachment", "`test` of the names of attachments"},
		{"attachment-type", "attachment.type", "`test` of their types"},
		{"attachments", "attachments", "`test` of their number: 2, >0"},
		{"size", "size", "`test` of the size in octets: >10k"},
		{"recipients", "recipients", "`test` of the number of recipients"},
	}
}

// An expectCall is the flags of expect.
type expectCall struct {
	http, token         string
	want                api.Expect
	names               []string // of the values, in the order of --extract
	tested              []string // the flags that want.Match came from
	json                bool
	junit, report, name string
	asked               []asked // the flags that say what is wanted, as they were given
}

// Asked is a flag with a value.
type asked struct{ Flag, Value string }

func (p program) expect(ctx context.Context, args []string) error {
	c, err := p.readExpect(args)
	if err != nil {
		return err
	}
	began := time.Now()
	client := withToken(clientFor(c.http), c.token)
	defer client.CloseIdleConnections()
	stop := p.waiting("waiting for "+c.name, began)
	v, err := c.wait(ctx, client)
	stop()
	v.name, v.asked, v.began, v.took = c.name, c.asked, began, time.Since(began)
	if err == nil && v.met != nil {
		err = p.printMet(c, v)
	}
	return both(p.tell(c, v, err), c.keep(ctx, client, v, err))
}

// tell says what is wrong, or that it is not met.
func (p program) tell(c expectCall, v verdict, err error) error {
	if err != nil || v.met != nil {
		return err
	}
	if c.json {
		p.stdout.Write(v.body)
	}
	io.WriteString(p.stderr, strings.TrimRight(v.notMet.Text, "\n")+"\n")
	return exitError{exitFailed, nil}
}

// refuseEmpty is for shell variables that are not set: without them any mail would
// do.
func (c *expectCall) refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" && err == nil {
			err = usagef("--%s is empty", f.Name)
		}
	})
	if err == nil && c.report != "" && c.report == c.junit {
		err = usagef("--report and --junit name the same file")
	}
	return err
}

// readExpect reads the flags.
func (p program) readExpect(args []string) (c expectCall, err error) {
	flags := p.newFlags("expect", expectIntro)
	var count string
	var none bool
	var extract, header []string
	flags.StringVar(&c.http, "http", "127.0.0.1:8025", "`address` of the HTTP API, host:port or unix:PATH")
	tokenFlag(flags, &c.token)
	flags.StringVar(&c.want.To, "to", "", "envelope recipient: an `address`, or a pattern with *")
	flags.StringVar(&c.want.Mailbox, "mailbox", "", "`address` of the mailbox in which it lies")
	flags.StringVar(&c.want.Query, "query", "", "a `search` that must find it")
	flags.StringVar(&count, "count", "1+", "how `many`: 1 (and no more), 2+ (or more), none")
	flags.BoolVar(&none, "none", false, "no such mail may come: --count none")
	flags.StringVar(&c.want.Within, "within", "", "how `long` to wait; 0s only looks (default 10s, or with --none and no --settle 1s)")
	flags.StringVar(&c.want.After, "after", "", "only newer mail counts than this `cursor`, id of a message, or time (RFC 3339)")
	flags.StringVar(&c.want.Settle, "settle", "", "how `long` no further such mail may come (default 200ms with an exact number, all of --within with --none)")
	flags.StringArrayVar(&extract, "extract", nil, "`what` to print, as SPEC or NAME=SPEC: code, link, link:TEXT, header:NAME, attachment, text:/REGEXP/…; give it again for more")
	tests := map[string]*[]string{}
	for _, t := range testFlags() {
		tests[t.flag] = flags.StringArray(t.flag, nil, t.about)
	}
	flags.StringArrayVar(&header, "header", nil, "`test` of a header: \"X-Name: ~part\" or X-Name=~part")
	flags.BoolVar(&c.json, "json", false, "print the answer as JSON")
	flags.StringVar(&c.junit, "junit", "", "JUnit `file` to which the outcome is added")
	flags.StringVar(&c.report, "report", "", "HTML `file` to write about it")
	flags.StringVar(&c.name, "name", "", "`name` of the test in those (default what is wanted)")
	if err := p.parseFlags(flags, args); err != nil {
		return c, err
	}
	if err := noArguments(flags); err != nil {
		return c, err
	}
	c.asked = askedOf(flags)
	if c.name == "" {
		c.name = describe(c.asked)
	}
	if err := c.refuseEmpty(flags); err != nil {
		return c, err
	}
	if c.want.Count, err = countFlag(count, none, flags.Changed("count")); err != nil {
		return c, err
	}
	for _, t := range testFlags() {
		for _, text := range *tests[t.flag] {
			if err := c.test(t.flag, t.field, text); err != nil {
				return c, err
			}
		}
	}
	if err := c.headers(header); err != nil {
		return c, err
	}
	if err := c.extract(extract); err != nil {
		return c, err
	}
	return c, c.checkFiles()
}

// checkFiles finds out early what would only come up after the wait.
func (c *expectCall) checkFiles() error {
	if c.http == "off" {
		return usagef("--http is off: nobody to ask")
	}
	if c.junit != "" {
		if _, err := readSuite(c.junit); err != nil {
			return usagef("--junit %s: %w", c.junit, err)
		}
	}
	for name, path := range map[string]string{"junit": c.junit, "report": c.report} {
		if err := mayMake(path); path != "" && err != nil {
			return usagef("--%s %s: %w", name, path, err)
		}
	}
	return nil
}

func countFlag(text string, none, changed bool) (*api.ExpectCount, error) {
	switch {
	case none && changed:
		return nil, usagef("--none and --count exclude one another")
	case none:
		return &api.ExpectCount{None: true}, nil
	}
	n, err := expect.ParseCount(text)
	if err != nil {
		return nil, usagef("--count %q: %w", text, err)
	}
	return &api.ExpectCount{AtLeast: n.AtLeast, Exactly: n.Exactly, None: n.None}, nil
}

func (c *expectCall) test(flag, field, text string) error {
	t, err := expect.ParseTest(field, text)
	var bad *expect.Error
	if errors.As(err, &bad) {
		err = errors.New(bad.What)
	}
	if err != nil {
		return usagef("--%s %q: %w", flag, text, err)
	}
	c.tested = append(c.tested, flag)
	c.want.Match = append(c.want.Match, api.ExpectTest{
		Field: t.Field, Equals: t.Equals, Contains: t.Contains, Matches: t.Matches, Absent: t.Absent, Not: t.Not,
	})
	return nil
}

func (c *expectCall) headers(list []string) error {
	for _, h := range list {
		i := strings.IndexAny(h, ":=")
		if i <= 0 || strings.ContainsAny(h[:i], " \t") {
			return usagef("--header %q: want \"X-Name: test\" or X-Name=test", h)
		}
		if err := c.test("header", "header."+h[:i], strings.TrimSpace(h[i+1:])); err != nil {
			return err
		}
	}
	return nil
}

// namedSpec is a SPEC with a name before it.
var namedSpec = regexp.MustCompile(`^([A-Za-z_][\w-]*)=(.*)$`)

func (c *expectCall) extract(list []string) error {
	for _, text := range list {
		name, spec := text, text
		if m := namedSpec.FindStringSubmatch(text); m != nil {
			name, spec = m[1], m[2]
		}
		if slices.Contains(c.names, name) {
			return usagef("--extract %q: the name comes twice", text)
		}
		if c.want.Extract == nil {
			c.want.Extract = map[string]string{}
		}
		c.names, c.want.Extract[name] = append(c.names, name), spec
	}
	return nil
}

// askedOf lists the flags that say what is wanted.
func askedOf(flags *pflag.FlagSet) (list []asked) {
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains([]string{"http", "token", "json", "junit", "report", "name"}, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if v, ok := f.Value.(pflag.SliceValue); ok {
			values = v.GetSlice()
		}
		for _, v := range values {
			list = append(list, asked{f.Name, v})
		}
	})
	return list
}

// describe says what is wanted in a line.
func describe(list []asked) string {
	text := "mail"
	for i, a := range list {
		if i > 0 {
			text += ","
		}
		text += " " + a.Flag
		if a.Flag != "none" {
			text += " " + a.Value
		}
	}
	return text
}

// A verdict is what the server answered: met or notMet.
type verdict struct {
	met    *api.Expected
	notMet *api.NotMet
	body   []byte // the answer as it came
	name   string
	asked  []asked
	began  time.Time
	took   time.Duration
}

// holdLimit is how long one call may take; the server holds it 55 s at most.
const holdLimit = 2 * time.Minute

// wait asks until there is a verdict.
func (c *expectCall) wait(ctx context.Context, client *http.Client) (v verdict, err error) {
	for want := any(c.want); ; {
		status, body, err := exchange(ctx, client, http.MethodPost, c.http, "/v1/expect", want)
		if err != nil {
			return v, err
		}
		v = verdict{body: body}
		switch status {
		case http.StatusOK:
			v.met = &api.Expected{}
			err = json.Unmarshal(body, v.met)
		case http.StatusUnprocessableEntity:
			v.notMet = &api.NotMet{}
			err = json.Unmarshal(body, v.notMet)
		case http.StatusAccepted:
			var pending api.Pending
			if err = json.Unmarshal(body, &pending); err == nil && pending.Resume != "" {
				want = api.Expect{Resume: pending.Resume}
				continue
			}
			err = errors.Join(err, errors.New("there is nothing to resume"))
		case http.StatusBadRequest:
			return v, c.badRequest(body)
		default:
			err = problem(strconv.Itoa(status)+" "+http.StatusText(status), body)
		}
		if err != nil {
			return v, exitError{exitNoServer, fmt.Errorf("%s answered: %w", c.http, err)}
		}
		return v, nil
	}
}

// exchange asks the server at an address, and names it as the page is reached.
// An error says that it could not be asked.
func exchange(ctx context.Context, client *http.Client, method, address, path string, send any) (status int, body []byte, err error) {
	text, err := json.Marshal(send)
	if err != nil {
		return 0, nil, err
	}
	calling, cancel := context.WithTimeout(ctx, holdLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(calling, method, "http://"+hostOf(address)+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, usagef("--http %q: %w", address, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		body, err = io.ReadAll(resp.Body)
	}
	var named *url.Error // with the address, which the line has anyway
	if errors.As(err, &named) {
		err = named.Err
	}
	switch {
	case ctx.Err() != nil:
		return 0, nil, exitError{exitInterrupted, errors.New("interrupted")}
	case err != nil:
		return 0, nil, exitError{exitNoServer, fmt.Errorf("no answer of %s: %w", address, err)}
	}
	return resp.StatusCode, body, nil
}

// hostOf is what a URL names for an address.
func hostOf(address string) string {
	if network, _ := splitAddress(address); network == "unix" {
		return "localhost"
	}
	return reachable(address)
}

// badRequest names the flag that the server finds wrong.
func (c *expectCall) badRequest(body []byte) error {
	var p struct {
		Detail string
		Errors []struct{ Message, Location string }
	}
	if err := json.Unmarshal(body, &p); err != nil || len(p.Errors) == 0 {
		return usageError{problem("bad request", body)}
	}
	return usagef("--%s: %s", c.flagOf(p.Errors[0].Location), p.Errors[0].Message)
}

// flagOf finds the flag for a place in the request, such as body.match[1].matches.
func (c *expectCall) flagOf(location string) string {
	field := strings.TrimPrefix(location, "body.")
	var i int
	if n, _ := fmt.Sscanf(field, "match[%d]", &i); n == 1 && i >= 0 && i < len(c.tested) {
		return c.tested[i]
	}
	return field[:min(len(field), strings.IndexAny(field+".", ".["))]
}

// printMet prints the values of the newest message, or the ids of all.
func (p program) printMet(c expectCall, v verdict) error {
	switch {
	case c.json:
		_, err := p.stdout.Write(v.body)
		return err
	case len(c.names) == 0:
		for _, m := range v.met.Messages {
			fmt.Fprintln(p.stdout, m.ID)
		}
		return nil
	case len(v.met.Messages) == 0:
		return nil
	}
	for _, name := range c.names {
		value := v.met.Extracted[name]
		if len(c.names) == 1 && value.ContentType+value.Filename != "" {
			octets, err := base64.StdEncoding.DecodeString(value.Value)
			if err == nil {
				_, err = p.stdout.Write(octets)
			}
			return err
		}
		fmt.Fprintln(p.stdout, value.Value)
	}
	return nil
}

// waiting tells a terminal every second for how long we wait, until stop.
func (p program) waiting(what string, began time.Time) (stop func()) {
	if !isTerminal(p.stderr) || p.env("TERM") == "dumb" {
		return func() {}
	}
	return tellWaiting(p.stderr, what, began)
}

func tellWaiting(out io.Writer, what string, began time.Time) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	if r := []rune(oneLine(errors.New(what))); len(r) > 68 {
		what = string(r[:67]) + "…"
	}
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		told := false
		for {
			select {
			case now := <-tick.C:
				fmt.Fprintf(out, "\r%s  %d s\x1b[K", what, int(now.Sub(began).Seconds()))
				told = true
			case <-done:
				if told {
					io.WriteString(out, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

const cursorIntro = `Print the present moment, for --after of a later expect: all mail that there is
now is older.

Usage:
  cursor=$(postroom cursor)

Exit status: 0 well, 2 bad usage, 3 no server that could tell.`

func (p program) cursor(ctx context.Context, args []string) error {
	flags := p.newFlags("cursor", cursorIntro)
	var address, token string
	var asJSON bool
	flags.StringVar(&address, "http", "127.0.0.1:8025", "`address` of the HTTP API, host:port or unix:PATH")
	tokenFlag(flags, &token)
	flags.BoolVar(&asJSON, "json", false, "print the answer as JSON")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	var v api.Cursor
	body, err := obtain(ctx, http.MethodGet, address, token, "/v1/cursor", nil, &v)
	return p.printOne(asJSON, body, v.Cursor, err)
}

const addressIntro = `Print an address that nobody else has, so that tests do not share a mailbox.

Usage:
  to=$(postroom address --prefix signup \
    --rule 'rcpt first=1 reply 451 4.7.1 "Greylisted"')

Exit status: 0 well, 2 bad usage, 3 no server that could tell.`

func (p program) address(ctx context.Context, args []string) error {
	flags := p.newFlags("address", addressIntro)
	var address, token string
	var want api.NewAddress
	var asJSON bool
	flags.StringVar(&address, "http", "127.0.0.1:8025", "`address` of the HTTP API, host:port or unix:PATH")
	tokenFlag(flags, &token)
	flags.StringVar(&want.Prefix, "prefix", "", "how it `begins` (default test)")
	flags.StringVar(&want.Domain, "domain", "", "`domain` (default test.local)")
	flags.StringArrayVar(&want.Rules, "rule", nil, "`rule` for mail to it only, as a line without to=; give it again for more")
	flags.StringVar(&want.For, "for", "", "how `long` the rules last (default 1h)")
	flags.BoolVar(&asJSON, "json", false, "print the answer as JSON: with the cursor")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	var v api.AnAddress
	body, err := obtain(ctx, http.MethodPost, address, token, "/v1/addresses", want, &v)
	return p.printOne(asJSON, body, v.Address, err)
}

func (p program) printOne(asJSON bool, body []byte, text string, err error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		_, err = p.stdout.Write(body)
	default:
		_, err = fmt.Fprintln(p.stdout, text)
	}
	return err
}

// obtain asks for one thing. That the request makes no sense is an error of usage.
func obtain(ctx context.Context, method, address, token, path string, send, v any) ([]byte, error) {
	if address == "off" {
		return nil, usagef("--http is off: nobody to ask")
	}
	client := withToken(clientFor(address), token)
	defer client.CloseIdleConnections()
	status, body, err := exchange(ctx, client, method, address, path, send)
	if err != nil {
		return nil, err
	}
	if status/100 == 2 {
		err = json.Unmarshal(body, v)
	} else {
		err = problem(strconv.Itoa(status)+" "+http.StatusText(status), body)
	}
	switch {
	case err == nil:
		return body, nil
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return nil, usageError{err}
	}
	return nil, exitError{exitNoServer, fmt.Errorf("%s answered: %w", address, err)}
}
