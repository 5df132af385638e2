package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

const exampleMail = "From: The shop <shop@b.test>\r\nTo: alice@a.test\r\nSubject: Welcome, Alice\r\nMessage-ID: <1@b.test>\r\n" +
	"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n" +
	"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n" +
	"--a\r\nContent-Type: text/plain\r\n\r\nYour confirmation code is 493817.\r\n" +
	"--a\r\nContent-Type: text/html\r\n\r\n<p>Your confirmation code is 493817.</p><p><a href=\"https://b.test/confirm?t=9\">Confirm</a></p>\r\n--a--\r\n" +
	"--m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=terms.txt\r\n\r\nBe kind.\r\n--m--\r\n"

// always is a source of randomness that gives the same each time, so that
// examples do not change without need.
type always struct{}

func (always) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(37*i + 11)
	}
	return len(p), nil
}

// An idle backend has nothing that falls due when the clock moves.
type idle struct{ ui.Backend }

func (b *idle) Advance(_ context.Context, d time.Duration) error {
	b.Clock().(*clock.Movable).Advance(d)
	return nil
}

// What the things that the examples are about are called in them.
const (
	exampleMessage = "01KJMMA2G0ABCDEFGHJKMNPQR1"
	exampleWaiting = "01KJMMA2G0ABCDEFGHJKMNPQR2"
	exampleAttempt = "01KJMMA2G0ABCDEFGHJKMNPQR3"
	exampleResume  = "eyJXYW50Ijp7IldpdGhpbiI6NjAwMDAwMDAwMDAwfX0"
)

// exampleSite starts a site that has what the examples are about, with the names of
// the examples for the real ones and the other way round.
func exampleSite(t *testing.T, change ...func(*ui.Server)) (s *site, to, from *strings.Replacer) {
	t.Helper()
	s = start(t, catcher.Config{Rand: always{}}, append(change, func(s *ui.Server) {
		s.Rand, s.Backend = always{}, &idle{s.Backend}
		s.Settings = exampleSettings{}
		s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("postroom_messages_total 1\n")) })
		s.CA = func() ([]byte, error) { return []byte("-----BEGIN CERTIFICATE-----\n"), nil }
		s.SMTPS, s.POP3S, s.HTTPS = "127.0.0.1:1465", "127.0.0.1:1995", "127.0.0.1:8443"
	})...)
	s.do("POST", "/v1/rules", "rcpt to=slow@a.test owner=signup first=1 reply 451 4.7.1 \"Greylisted\"\n"+
		"route to=gone@a.test discard\nroute to=*@partner.test relay smtp://mail.partner.test:25\nroute to=*@never.test lose").is(201)
	accept := func(to string) string {
		return s.accept(strings.Replace(exampleMail, "alice@a.test", to, 1), to)
	}
	accept("gone@a.test")
	accept("carl@never.test")
	waiting, message := accept("bob@partner.test"), accept("alice@a.test")
	attempt := s.backend.Attempts(mail.ID{}, 1, nil)[0].ID.String()
	to = strings.NewReplacer(exampleMessage, message, exampleWaiting, waiting, exampleAttempt, attempt)
	from = strings.NewReplacer(message, exampleMessage, waiting, exampleWaiting, attempt, exampleAttempt,
		strings.TrimPrefix(s.url, "http://"), "127.0.0.1:8025")
	return s, to, from
}

// exampleSettings are few, and take every change.
type exampleSettings struct{}

func (exampleSettings) List() []api.Setting {
	return []api.Setting{
		{Name: "pop3-password", Env: "POSTROOM_POP3_PASSWORD", Group: "TLS and accounts", Set: true, Secret: true, Source: "environment", Type: "password",
			Meaning: "password of all mailboxes, which also makes APOP possible (empty: any password does)"},
		{Name: "max-message-size", Env: "POSTROOM_MAX_MESSAGE_SIZE", Group: "Limits", Value: "10MiB", Set: true, Source: "api", Default: "50MiB", Type: "size",
			Meaning: "refuse messages over this size with 552", Changeable: true},
	}
}

func (exampleSettings) Change(map[string]string) error { return nil }

// exampleOf is an example as it stands in the description, or nil.
func exampleOf(v any) any {
	raw, _ := v.(json.RawMessage)
	var out any
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

func TestEverythingHasExamples(t *testing.T) {
	t.Parallel()
	spec := (&ui.Server{}).Spec()
	check := func(what string, schema *huma.Schema, example any) {
		v := exampleOf(example)
		if v == nil {
			t.Errorf("%s has no example", what)
			return
		}
		for _, err := range ui.Mismatches(spec, schema, v) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, op := range ui.Operations(spec) {
		if op.Summary == "" || op.OperationID == "" {
			t.Errorf("%s %s is not described", op.Method, op.Path)
		}
		for _, p := range op.Parameters {
			what := op.OperationID + ", parameter " + p.Name
			if p.Description == "" {
				t.Errorf("%s is not described", what)
			}
			check(what, p.Schema, p.Example)
		}
		if op.RequestBody != nil {
			for name, content := range op.RequestBody.Content {
				check(op.OperationID+", request "+name, content.Schema, content.Example)
			}
		}
		for status, r := range op.Responses {
			for name, content := range r.Content {
				if strings.HasSuffix(name, "json") && (status[0] == '2' || status == "422" && strings.HasPrefix(op.OperationID, "expect")) {
					check(op.OperationID+", answer "+status, content.Schema, content.Example)
				}
			}
		}
	}
}

// queries are those that examples of parameters make: all at once, and each alone.
func queries(op *huma.Operation) []string {
	all, list := url.Values{}, []string{}
	for _, p := range op.Parameters {
		if p.In != "query" || p.Name == "resume" {
			continue
		}
		one := url.Values{}
		values, several := exampleOf(p.Example).([]any)
		if !several {
			values = []any{exampleOf(p.Example)}
		}
		for _, v := range values {
			one.Add(p.Name, fmt.Sprint(v))
			all.Add(p.Name, fmt.Sprint(v))
		}
		list = append(list, "?"+one.Encode())
	}
	if op.OperationID == "deleteMessages" { // one of its parameters needs one of the others, and those exclude each other
		return []string{"?all=true", list[0], list[0] + "&" + list[len(list)-1][1:]}
	}
	return append([]string{"?" + all.Encode()}, list...)
}

// requests are those that the examples of bodies make, as their content types; one
// without a body is "".
func requests(op *huma.Operation) []string {
	if op.RequestBody == nil {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(op.RequestBody.Content))
}

func TestExamplesWork(t *testing.T) {
	t.Parallel()
	spec := (&ui.Server{}).Spec()
	var all exampleFile
	all.read(t)
	ops := ui.Operations(spec)
	for _, op := range ops {
		if op.OperationID == "streamEvents" { // it never ends
			continue
		}
		for i, contentType := range requests(op) {
			for j, query := range queries(op) {
				s, to, from := exampleSite(t)
				a := s.example(op, to, contentType, query)
				status := fmt.Sprint(a.status)
				if op.Responses[status] == nil || a.status >= 300 {
					t.Errorf("%s%s with %q: %s %s", op.OperationID, query, contentType, status, a.body)
					continue
				}
				s.describes(op, a)
				if i == 0 && j == 0 {
					all.set(op, a, from)
				}
			}
		}
	}
	for _, id := range []string{"expect", "expectGet"} {
		op := ops[slices.IndexFunc(ops, func(op *huma.Operation) bool { return op.OperationID == id })]
		for status, body := range map[int]string{
			202: `{"to":"alice@a.test","match":[{"field":"subject","contains":"Goodbye"}],"within":"5m"}`,
			422: `{"to":"alice@a.test","match":[{"field":"subject","contains":"welcome"}],"within":"0s"}`,
		} {
			s, _, from := exampleSite(t, func(s *ui.Server) {
				if status == 202 {
					s.Hold(time.Millisecond)
				}
			})
			a := s.expect(body).is(status)
			s.describes(op, a)
			all.set(op, a, from)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		all.write(t)
	}
}

// example sends a request that is made of examples.
func (s *site) example(op *huma.Operation, to *strings.Replacer, contentType, query string) *answer {
	s.t.Helper()
	path := op.Path
	for _, p := range op.Parameters {
		if p.In == "path" {
			path = strings.Replace(path, "{"+p.Name+"}", fmt.Sprint(exampleOf(p.Example)), 1)
		}
	}
	body := ""
	if contentType != "" {
		raw := op.RequestBody.Content[contentType].Example.(json.RawMessage)
		if body = string(raw); !strings.HasSuffix(contentType, "json") {
			body = exampleOf(raw).(string)
		}
	}
	return s.do(op.Method, to.Replace(path+query), to.Replace(body), "Content-Type", contentType)
}

// describes wants a JSON answer to be what the operation says it is.
func (s *site) describes(op *huma.Operation, a *answer) {
	s.t.Helper()
	content := op.Responses[fmt.Sprint(a.status)].Content[a.header.Get("Content-Type")]
	if content == nil || !strings.HasSuffix(a.header.Get("Content-Type"), "json") {
		return
	}
	var v any
	a.into(&v)
	for _, err := range ui.Mismatches((&ui.Server{}).Spec(), content.Schema, v) {
		s.t.Errorf("%s %d: %v in %s", op.OperationID, a.status, err, a.body)
	}
}

// An exampleFile is the file of examples, to be written anew.
type exampleFile struct {
	Params     map[string]json.RawMessage                       `json:"params"`
	Operations map[string]map[string]map[string]json.RawMessage `json:"operations"`
}

const examplesPath = "examples.json"

func (f *exampleFile) read(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(examplesPath)
	if err == nil {
		err = json.Unmarshal(text, f)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unsteady is what differs each time and tells nothing.
var unsteady = regexp.MustCompile(`"(waitedMs|left|ahead|aheadSeconds|resume)":("[^"]*"|[-0-9.]+)`)

// steady is what stands in its place.
func steady(field string) string {
	name, _, _ := strings.Cut(field[1:], `"`)
	return `"` + name + `":` + map[string]string{
		"waitedMs": "3", "left": `"4m5s"`, "ahead": `"1h30m0s"`, "aheadSeconds": "5400", "resume": `"` + exampleResume + `"`,
	}[name]
}

// set makes an example of a JSON answer.
func (f *exampleFile) set(op *huma.Operation, a *answer, from *strings.Replacer) {
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/") || op.OperationID == "getOpenAPI" || op.OperationID == "getCA" {
		return
	}
	text := unsteady.ReplaceAllStringFunc(from.Replace(string(a.body)), steady)
	if op.OperationID == "getMagic" { // a few of many
		var v api.Magic
		a.into(&v)
		v.Addresses, v.Names, v.Presets = v.Addresses[:2], v.Names[:2], v.Presets[:2]
		short, _ := json.Marshal(v)
		text = string(short)
	}
	of := f.Operations[op.OperationID]
	if of == nil {
		of = map[string]map[string]json.RawMessage{}
		f.Operations[op.OperationID] = of
	}
	if of["responses"] == nil {
		of["responses"] = map[string]json.RawMessage{}
	}
	of["responses"][fmt.Sprint(a.status)] = json.RawMessage(text)
}

func (f *exampleFile) write(t *testing.T) {
	t.Helper()
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(f)
	if err == nil {
		err = os.WriteFile(examplesPath, text.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
