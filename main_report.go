package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/ui/api"
)

//go:embed report.html
var reportTemplate string

// Bounds of a report: it is to be opened in a browser, and kept by a CI server.
const (
	reportMails = 20
	reportEML   = 1 << 20   // octets of a message that the report has whole
	reportText  = 256 << 10 // octets of its text, and of its HTML
)

// A report is what the HTML file shows.
type report struct {
	Title, Verdict, Why string
	Met                 bool
	Asked               []asked
	Took                string
	Now                 time.Time
	Page                string
	Version             string
	Values              []asked
	Candidates          []api.ExpectCandidate
	Transactions        []api.ExpectTransaction
	Mails               []reportMail
	More                int // mails that are left out
	Queue               []api.QueuedDelivery
	Attempts            []api.Attempt
}

// A reportMail is a message, as far as it could be had.
type reportMail struct {
	api.Message
	Page   string
	Frame  string // the HTML as a document of its own
	Cut    bool   // text or HTML was too long
	EML    template.URL
	Failed string
}

// framePolicy stands before a mail's HTML, in a frame without scripts, forms and
// pop-ups.
const framePolicy = `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light">` +
	`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`

// keep writes the files that are asked for about a verdict, or about why there is
// none.
func (c *expectCall) keep(ctx context.Context, client *http.Client, v verdict, failed error) (err error) {
	var usage usageError
	if errors.As(failed, &usage) {
		return nil
	}
	if c.junit != "" {
		if e := addCase(c.junit, caseOf(v, failed), v.began); e != nil {
			err = fmt.Errorf("--junit %s: %w", c.junit, e)
		}
	}
	if c.report != "" && (v.met != nil || v.notMet != nil) {
		r := c.reportOf(v)
		if e := r.write(ctx, client, c.http, c.report, idsOf(v)); e != nil {
			err = errors.Join(err, fmt.Errorf("--report %s: %w", c.report, e))
		}
	}
	return err
}

// idsOf names the messages that a verdict is about.
func idsOf(v verdict) (ids []string) {
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if v.met != nil {
		for _, m := range v.met.Messages {
			add(m.ID)
		}
		return ids
	}
	for _, m := range v.notMet.Report.Candidates {
		add(m.Message.ID)
	}
	for _, m := range v.notMet.Report.Waiting {
		add(m.Message.ID)
	}
	return ids
}

func (c *expectCall) reportOf(v verdict) *report {
	r := &report{Title: v.name, Asked: v.asked, Took: v.took.Round(time.Millisecond).String(), Now: time.Now()}
	if v.met != nil {
		r.Met, r.Verdict = true, "Met"
		for _, name := range c.names {
			if value, ok := v.met.Extracted[name]; ok {
				r.Values = append(r.Values, asked{name, value.Value[:min(len(value.Value), 500)]})
			}
		}
		return r
	}
	r.Verdict, r.Why = "Not met", v.notMet.Detail
	r.Now, r.Page = v.notMet.Report.Now, v.notMet.Report.URL
	r.Candidates, r.Transactions = v.notMet.Report.Candidates, v.notMet.Report.Transactions
	return r
}

// write completes the report with the messages, the queue and the attempts, and
// writes it. Without ids it has the newest mail.
func (r *report) write(ctx context.Context, client *http.Client, address, path string, ids []string) error {
	base := "http://" + hostOf(address)
	fetchJSON := func(path string, v any) error {
		body, err := getAt(ctx, client, base+path)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, v)
	}
	var queue api.Queue
	var attempts api.Attempts
	var list api.Messages
	if err := errors.Join(fetchJSON("/v1/queue?limit=50", &queue), fetchJSON("/v1/attempts?limit=50", &attempts),
		fetchJSON(fmt.Sprintf("/v1/messages?limit=%d", reportMails), &list)); err != nil {
		return err
	}
	r.Queue, r.Attempts, r.Version = queue.Deliveries, attempts.Attempts, version
	if len(ids) == 0 && !r.Met {
		for _, m := range list.Messages {
			ids = append(ids, m.ID)
		}
		r.More = max(0, list.Total-len(ids))
	}
	if len(ids) > reportMails {
		r.More, ids = len(ids)-reportMails, ids[:reportMails]
	}
	for _, id := range ids {
		r.Mails = append(r.Mails, readMail(ctx, client, base, id))
	}
	var b bytes.Buffer
	if err := r.render(&b); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}

func (r *report) render(b *bytes.Buffer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"join":  func(list []string) string { return strings.Join(list, ", ") },
		"size":  size,
		"time":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") },
		"first": func(i int) bool { return i == 0 },
		"people": func(list []api.Address) string {
			var out []string
			for _, a := range list {
				out = append(out, strings.TrimSpace(a.Name+" <"+a.Address+">"))
			}
			return strings.Join(out, ", ")
		},
	}).Parse(reportTemplate)
	if err != nil {
		return err
	}
	return t.Execute(b, r)
}

func getAt(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, holdLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return fetch(client, req)
}

// readMail fetches a message. What cannot be had is said in it.
func readMail(ctx context.Context, client *http.Client, base, id string) (m reportMail) {
	m.ID, m.Page = id, base+"/message/"+id
	at := base + "/v1/messages/" + url.PathEscape(id)
	body, err := getAt(ctx, client, at)
	if err == nil {
		err = json.Unmarshal(body, &m.Message)
	}
	if err == nil && m.HTML != nil {
		body, err = getAt(ctx, client, at+"/html") // without scripts, and with its links made safe
		m.Frame = framePolicy + m.cut(string(body))
	}
	if err == nil && m.Size < reportEML {
		body, err = getAt(ctx, client, at+"/raw")
		m.EML = template.URL("data:message/rfc822;base64," + base64.StdEncoding.EncodeToString(body))
	}
	if m.Text != nil {
		*m.Text = m.cut(*m.Text)
	}
	if err != nil {
		m.Failed = err.Error()
	}
	return m
}

func (m *reportMail) cut(text string) string {
	if len(text) <= reportText {
		return text
	}
	m.Cut = true
	return strings.ToValidUTF8(text[:reportText], "")
}
