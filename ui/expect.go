package ui

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

const (
	longestHold   = 55 * time.Second // that a call waits: many clients and proxies give up after a minute
	longestWithin = time.Hour
	longestSettle = 30 * time.Second // after the mail has come: it must fit into a call
)

// Asked is a Want and how the request put it.
type asked struct {
	want  expect.Want
	after string // the bound as it was given
	at    func(field string) string
}

// A token is what a call needs to wait on for another one. It holds all there is
// to know: the server keeps nothing.
type token struct {
	Want  expect.Want // with the time when the first call began
	After string
}

func (h *handler) expectRoutes() {
	operation := func(id, method, summary string) huma.Operation {
		met := response("It has arrived", "application/json", schemaOf[api.Expected](h))
		met.Content["text/plain"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		notMet := response("It has not arrived", "application/problem+json", schemaOf[api.NotMet](h))
		notMet.Content["text/plain"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		return huma.Operation{
			OperationID: id, Method: method, Path: "/v1/expect", Tags: []string{"expect"}, Summary: summary,
			Description: "With Accept: text/plain the answer 200 is the values to be extracted from the newest message, one on a line " +
				"(an attachment that is the only one: its octets), or without such the ids of the messages; 202 is the token for resume; 422 is the report for people.",
			Responses: map[string]*huma.Response{
				"200": met, "422": notMet,
				"202": response("It may still arrive: ask again with resume", "application/json", schemaOf[api.Pending](h)),
				"503": h.problemResponse(),
			},
		}
	}
	post := operation("expect", http.MethodPost, "Wait for mail, and take values out of it, or tell what came instead")
	post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[api.Expect](h)}}}
	h.raw(post, func(w http.ResponseWriter, r *http.Request) error {
		a, err := h.readExpect(w, r)
		if err != nil {
			return err
		}
		return h.expect(w, r, a)
	})
	get := operation("expectGet", http.MethodGet, "The same for a shell")
	get.Parameters = expectParams()
	h.raw(get, func(w http.ResponseWriter, r *http.Request) error {
		a, err := queryExpect(r.URL.Query())
		if err != nil {
			return err
		}
		return h.expect(w, r, a)
	})
	h.router.Handle("HEAD /v1/expect", http.HandlerFunc(h.unknown)) // it would wait for nothing
	register(h, huma.Operation{
		OperationID: "getCursor", Method: http.MethodGet, Path: "/v1/cursor", Tags: []string{"expect"},
		Summary: "Tell the present moment, for after= of later calls",
	}, h.getCursor)
}

func (h *handler) getCursor(context.Context, *struct{}) (*answer[api.Cursor], error) {
	v := api.Cursor{Event: h.Backend.LastEvent(), Now: h.Backend.Clock().Now().UTC()}
	id, err := h.Backend.Cursor()
	v.Cursor = viewID(id)
	return answered(v, err)
}

// expectParams describes the parameters of GET /v1/expect. Those that test a field
// may be given many times.
func expectParams() []*huma.Param {
	params := []*huma.Param{
		queryParam("mailbox", huma.TypeString, "Mailbox in which it lies; left out: that of any recipient."),
		queryParam("to", huma.TypeString, "Envelope recipient: an address, or a pattern with *."),
		queryParam("q", huma.TypeString, "A search; README has the language."),
		queryParam("count", huma.TypeString, "How many messages: 2+ for at least two, 2 for exactly two, none; left out: at least one."),
		queryParam("within", huma.TypeString, "How long to wait: an hour at most; left out: 10s, or 1s with none. One call waits 55 s at most, and answers 202 then."),
		queryParam("after", huma.TypeString, "Only newer mail counts: a cursor, the id of a message, or a time (RFC 3339)."),
		queryParam("settle", huma.TypeString, "How long no further such mail may come: 30s at most, but with none an hour; left out: 200ms with an exact number, all of within with none."),
		queryParam("resume", huma.TypeString, "Of an answer 202, to wait on; nothing else can be given then."),
	}
	several := func(name, text string) {
		params = append(params, &huma.Param{Name: name, In: "query", Description: text,
			Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}}})
	}
	several("extract", "What to take out of each message, as SPEC or NAME=SPEC; README has the kinds.")
	for _, field := range []string{
		"subject", "from", "cc", "bcc", "reply-to", "envelope.from", "envelope.to", "header.NAME", "text", "html", "body",
		"link", "attachment", "attachment.type", "size", "recipients", "attachments",
	} {
		several(field, "Test of "+testedText(field)+": ~part is contained, /re/ matches, text or =text is the whole of it; with ! before it must not be so; ! alone: there is none.")
	}
	return params
}

// testedText says what a field is, where that is not plain.
func testedText(field string) string {
	switch field {
	case "from":
		return "the From header"
	case "header.NAME":
		return "the header NAME"
	}
	return field
}

// readExpect reads the body of a POST. All that is wrong with it is answered 400:
// 422 says that the mail has not come.
func (h *handler) readExpect(w http.ResponseWriter, r *http.Request) (asked, error) {
	text, err := readBody(w, r)
	if err != nil {
		return asked{}, err
	}
	var v any
	if err := h.api.Unmarshal(r.Header.Get("Content-Type"), text, &v); errors.Is(err, huma.ErrUnknownContentType) {
		return asked{}, huma.Error415UnsupportedMediaType("The body must be JSON: Content-Type: application/json.")
	} else if err != nil {
		return asked{}, badRequest("body", "This is not JSON: "+err.Error(), nil)
	}
	var found huma.ValidateResult
	path := huma.NewPathBuffer([]byte("body"), len("body"))
	huma.Validate(h.api.OpenAPI().Components.Schemas, schemaOf[api.Expect](h), path, huma.ModeWriteToServer, v, &found)
	if len(found.Errors) > 0 {
		return asked{}, huma.Error400BadRequest("The request makes no sense.", found.Errors...)
	}
	var e api.Expect
	var fields map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &e), json.Unmarshal(text, &fields)); err != nil {
		return asked{}, badRequest("body", "This is not what it should be: "+err.Error(), nil)
	}
	known := h.api.OpenAPI().Components.Schemas.Map()["Expect"].Properties
	for name, text := range fields {
		if known[name] == nil {
			return asked{}, badRequest("body."+name, "unexpected property", nil)
		}
		if string(text) == `""` {
			return asked{}, badRequest("body."+name, empty, nil)
		}
	}
	return bodyExpect(&e, fields)
}

// Empty is for what comes of a variable that was not set: without the parameter any
// mail would do.
const empty = "It is empty; leave it out when it does not matter."

func bodyExpect(e *api.Expect, fields map[string]json.RawMessage) (asked, error) {
	if e.Resume != "" {
		return resumed("body.resume", e.Resume, len(fields))
	}
	var list []expect.Extract
	at := func(field string) string {
		if i, ok := index(field, "extract"); ok && i < len(list) {
			return "body.extract." + list[i].Name
		}
		return "body." + field
	}
	a, err := ask(e, at)
	if err != nil {
		return a, err
	}
	if a.want.Count, err = countOf(e.Count); err != nil {
		return a, err
	}
	for _, t := range e.Match {
		a.want.Match = append(a.want.Match, expect.Test{
			Field: t.Field, Equals: t.Equals, Contains: t.Contains, Matches: t.Matches, Absent: t.Absent, Not: t.Not,
		})
	}
	if list, err = orderedExtract(fields["extract"]); err == nil && len(list) != len(e.Extract) {
		err = badRequest("body.extract", "A name comes twice.", nil)
	}
	a.want.Extract = list
	return a, err
}

// orderedExtract reads the object as it is written: a map knows no order.
func orderedExtract(object json.RawMessage) ([]expect.Extract, error) {
	var list []expect.Extract
	dec := json.NewDecoder(bytes.NewReader(object))
	if len(object) > 0 {
		dec.Token() // the brace: it was parsed before
	}
	for dec.More() {
		name, err := dec.Token()
		var spec string
		if err == nil {
			err = dec.Decode(&spec)
		}
		if name == "" {
			return nil, badRequest("body.extract", "A value needs a name.", nil)
		}
		if err != nil {
			return nil, badRequest("body.extract", err.Error(), nil)
		}
		list = append(list, expect.Extract{Name: name.(string), Spec: spec})
	}
	return list, nil
}

func countOf(c *api.ExpectCount) (expect.Count, error) {
	if c == nil {
		return expect.Count{}, nil
	}
	given := 0
	for _, is := range []bool{c.AtLeast > 0, c.Exactly > 0, c.None} {
		if is {
			given++
		}
	}
	if given != 1 {
		return expect.Count{}, badRequest("body.count", "Give one of atLeast, exactly and none.", nil)
	}
	return expect.Count{AtLeast: c.AtLeast, Exactly: c.Exactly, None: c.None}, nil
}

// queryExpect reads the parameters of a GET.
func queryExpect(values url.Values) (asked, error) {
	if err := checkParams(values); err != nil {
		return asked{}, err
	}
	if text := values.Get("resume"); text != "" {
		return resumed("query.resume", text, len(values))
	}
	var tested []string // the parameters that the tests came from
	at := func(field string) string {
		if i, ok := index(field, "match"); ok && i < len(tested) {
			return "query." + tested[i]
		}
		if field == "query" {
			return "query.q"
		}
		return "query." + field[:min(len(field), strings.IndexAny(field+"[", ".["))]
	}
	a, err := ask(&api.Expect{
		Mailbox: values.Get("mailbox"), To: values.Get("to"), Query: values.Get("q"),
		Within: values.Get("within"), After: values.Get("after"), Settle: values.Get("settle"),
	}, at)
	if err != nil {
		return a, err
	}
	if text := values.Get("count"); text != "" {
		if a.want.Count, err = expect.ParseCount(text); err != nil {
			return a, badParam("count", text, err)
		}
	}
	if a.want.Match, tested, err = queryTests(values); err != nil {
		return a, err
	}
	a.want.Extract, err = queryExtract(values["extract"])
	return a, err
}

// checkParams refuses parameters that nobody would read.
func checkParams(values url.Values) error {
	known := expectParams()
	for name, list := range values {
		i := slices.IndexFunc(known, func(p *huma.Param) bool { return p.Name == name })
		if i < 0 && !strings.HasPrefix(name, "header.") {
			return badRequest("query."+name, "unknown query parameter", nil)
		}
		if i >= 0 && known[i].Schema.Type != huma.TypeArray && len(list) > 1 {
			return badRequest("query."+name, "The parameter can be given only once.", nil)
		}
		if i >= 0 && known[i].Schema.Type != huma.TypeArray && list[0] == "" {
			return badRequest("query."+name, empty, nil)
		}
	}
	return nil
}

func queryTests(values url.Values) (tests []expect.Test, tested []string, err error) {
	for _, p := range expectParams() {
		if p.Schema.Type == huma.TypeArray && p.Name != "extract" && p.Name != "header.NAME" {
			tested = append(tested, p.Name)
		}
	}
	var names []string
	for name := range values {
		if strings.HasPrefix(name, "header.") || slices.Contains(tested, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	tested = nil
	for _, name := range names {
		for _, text := range values[name] {
			t, err := expect.ParseTest(name, text)
			if err != nil {
				return nil, nil, badParam(name, text, err)
			}
			tests, tested = append(tests, t), append(tested, name)
		}
	}
	return tests, tested, nil
}

func queryExtract(texts []string) ([]expect.Extract, error) {
	var list []expect.Extract
	for _, text := range texts {
		e, err := expect.ParseExtract(text)
		if err != nil {
			return nil, badParam("extract", text, err)
		}
		if slices.ContainsFunc(list, func(o expect.Extract) bool { return cmp.Or(o.Name, o.Spec) == cmp.Or(e.Name, e.Spec) }) {
			return nil, badRequest("query.extract", "A name comes twice.", text)
		}
		list = append(list, e)
	}
	return list, nil
}

// badParam makes a problem of what package expect has against a parameter.
func badParam(name, text string, err error) error {
	what := err.Error()
	if bad, ok := errors.AsType[*expect.Error](err); ok {
		what = bad.What
	}
	return badRequest("query."+name, what, text)
}

// index reads i from "name[i]" and what begins so.
func index(field, name string) (i int, ok bool) {
	digits, ok := strings.CutPrefix(field, name+"[")
	digits, _, closed := strings.Cut(digits, "]")
	if !ok || !closed {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil
}

// ask reads what both forms of a request say as text.
func ask(e *api.Expect, at func(string) string) (asked, error) {
	a := asked{after: e.After, at: at, want: expect.Want{To: e.To, Query: e.Query, Begun: time.Now()}}
	var err error
	if e.Mailbox != "" {
		if a.want.Mailbox, err = oneBox(at("mailbox"), e.Mailbox); err != nil {
			return a, err
		}
	}
	if a.want.Within, err = span(at("within"), e.Within); err != nil {
		return a, err
	}
	if a.want.Settle, err = span(at("settle"), e.Settle); err != nil {
		return a, err
	}
	if e.After == "" {
		return a, nil
	}
	if a.want.After, err = mail.ParseID(e.After); err == nil {
		return a, nil
	}
	if a.want.Since, err = time.Parse(time.RFC3339, e.After); err != nil {
		return a, badRequest(at("after"), "This is no cursor, no id of a message and no time such as 2026-01-31T12:00:00Z.", e.After)
	}
	return a, nil
}

// span reads how long: not given is 0, and 0s less than that, as a Want has it.
func span(where, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d == 0 {
		return -1, nil
	}
	d, ok := rule.ParseDuration(text)
	if !ok {
		return 0, badRequest(where, "This is not a time such as 500ms, 10s or 5m.", text)
	}
	if d > longestWithin {
		return 0, badRequest(where, "This is more than an hour.", text)
	}
	return d, nil
}

// resumed reads a token. Nothing else may stand beside it.
func resumed(where, text string, fields int) (asked, error) {
	a := asked{at: func(string) string { return where }}
	if fields > 1 {
		return a, badRequest(where, "Beside resume there can be nothing.", nil)
	}
	var t token
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		err = dec.Decode(&t)
	}
	if w := &t.Want; err != nil || w.Begun.IsZero() || w.Begun.After(time.Now()) || max(w.Within, w.Settle) > longestWithin {
		return a, badRequest(where, "This does not come from an answer 202.", nil)
	}
	a.want, a.after = t.Want, t.After
	return a, nil
}

// left is how long there is still to wait, over all calls.
func (a *asked) left() time.Duration {
	w := &a.want
	within := cmp.Or(w.Within, expect.DefaultWithin)
	if w.Count.None {
		within = max(cmp.Or(w.Within, expect.DefaultQuiet), w.Settle)
	}
	return max(time.Until(w.Begun.Add(within)), 0).Round(time.Millisecond)
}

// expect waits, and answers.
func (h *handler) expect(w http.ResponseWriter, r *http.Request, a asked) error {
	if a.want.Settle > longestSettle && !a.want.Count.None {
		return badRequest(a.at("settle"), "This is more than 30s.", a.want.Settle.String())
	}
	ctx, leave := context.WithTimeout(r.Context(), h.hold())
	defer leave()
	defer context.AfterFunc(h.gate.going, leave)()
	result, err := h.Backend.Expect(ctx, a.want)
	var bad *expect.Error
	switch {
	case errors.As(err, &bad):
		return badRequest(a.at(bad.Field), bad.What, nil)
	case err != nil && r.Context().Err() != nil:
		return err
	case err != nil && h.gate.going.Err() != nil:
		w.Header().Set("Retry-After", "1")
		return huma.Error503ServiceUnavailable("The server is shutting down.")
	case err != nil && ctx.Err() != nil:
		return writePending(w, r, &a)
	case err != nil:
		return err
	case result.Met:
		return h.writeMet(w, r, &a, &result)
	}
	return h.writeNotMet(w, r, &a, &result)
}

func writePending(w http.ResponseWriter, r *http.Request, a *asked) error {
	text, err := json.Marshal(token{a.want, a.after})
	if err != nil {
		return err
	}
	resume := base64.RawURLEncoding.EncodeToString(text)
	if wantsText(r) {
		writeText(w, http.StatusAccepted, resume+"\n")
		return nil
	}
	return writeJSON(w, http.StatusAccepted, "application/json", api.Pending{Resume: resume, Left: a.left().String()})
}
