package ui

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// wantsText says whether the client would rather have text than JSON.
func wantsText(r *http.Request) bool {
	return negotiation.SelectQValue(r.Header.Get("Accept"), []string{"application/json", "text/plain"}) == "text/plain"
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(text)) // the client has left if this fails
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // the client has left if this fails
	return nil
}

// A place makes addresses of the page, as the client of a request reaches it.
type place string

func placeOf(r *http.Request) place {
	if r.TLS != nil {
		return place("https://" + r.Host)
	}
	return place("http://" + r.Host)
}

func (p place) message(id mail.ID) string { return string(p) + "/message/" + id.String() }

// scope is where the page shows the mail that may be meant.
func (p place) scope(w *expect.Want) string {
	box := w.Mailbox
	if box == "" && !strings.Contains(w.To, "*") {
		box = mail.Box(w.To)
	}
	switch box {
	case "":
		return string(p) + "/"
	case mail.QueueBox, mail.BadmailBox:
		return string(p) + "/" + box[1:]
	}
	return string(p) + "/mailbox/" + url.PathEscape(box)
}

func (h *handler) writeMet(w http.ResponseWriter, r *http.Request, a *asked, result *expect.Result) error {
	if wantsText(r) {
		writeValues(w, a, result.Mails)
		return nil
	}
	v := api.Expected{
		Messages: make([]api.ExpectedMessage, len(result.Mails)), Extracted: map[string]api.Extracted{},
		Cursor: viewID(result.Cursor), WaitedMS: result.Waited.Milliseconds(),
	}
	for i := range result.Mails {
		m := &result.Mails[i]
		s, err := h.summary(r.Context(), &m.Message, a.want.Mailbox)
		if err != nil {
			return err
		}
		v.Extracted = viewValues(m.Values) // those of the newest one remain
		v.Messages[i] = api.ExpectedMessage{Summary: s, URL: placeOf(r).message(m.Message.ID), Extracted: v.Extracted}
	}
	return writeJSON(w, http.StatusOK, "application/json", v)
}

func viewValues(values []expect.Value) map[string]api.Extracted {
	all := map[string]api.Extracted{}
	for _, v := range values {
		all[v.Name] = api.Extracted{
			Value: valueText(v), From: v.From, Groups: v.Groups, ContentType: v.ContentType, Filename: v.Filename,
		}
	}
	return all
}

func isAttachment(v expect.Value) bool { return v.ContentType != "" || v.Filename != "" }

func valueText(v expect.Value) string {
	if isAttachment(v) {
		return base64.StdEncoding.EncodeToString([]byte(v.Text))
	}
	return v.Text
}

// writeValues answers with the values of the newest message, or with IDs when no
// values are wanted.
func writeValues(w http.ResponseWriter, a *asked, mails []expect.Mail) {
	var lines []string
	switch {
	case len(a.want.Extract) == 0:
		lines = each(mails, func(m expect.Mail) string { return m.Message.ID.String() })
	case len(mails) > 0:
		values := mails[len(mails)-1].Values
		if len(values) == 1 && isAttachment(values[0]) {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Write([]byte(values[0].Text)) // the client has left if this fails
			return
		}
		lines = each(values, valueText)
	}
	text := strings.Join(lines, "\n")
	if len(lines) > 0 {
		text += "\n"
	}
	writeText(w, http.StatusOK, text)
}

func (h *handler) writeNotMet(w http.ResponseWriter, r *http.Request, a *asked, result *expect.Result) error {
	var text strings.Builder
	if err := result.Report.WriteText(&text, placeOf(r).message); err != nil {
		return err
	}
	if wantsText(r) {
		writeText(w, http.StatusUnprocessableEntity, text.String())
		return nil
	}
	report, err := h.viewReport(r.Context(), placeOf(r), result.Report)
	if err != nil {
		return err
	}
	report.After, report.Cursor = a.after, viewID(result.Cursor)
	return writeJSON(w, http.StatusUnprocessableEntity, "application/problem+json", api.NotMet{
		Type: "about:blank", Title: "Not met", Status: http.StatusUnprocessableEntity,
		Detail: result.Report.Why, Report: report, Text: text.String(),
	})
}

func (h *handler) viewReport(ctx context.Context, p place, r *expect.Report) (api.ExpectReport, error) {
	v := api.ExpectReport{
		Found: r.Found, Now: r.Now.UTC().Round(time.Millisecond), WaitedMS: r.Waited.Milliseconds(), Messages: r.Messages,
		Candidates: make([]api.ExpectCandidate, len(r.Candidates)), Waiting: make([]api.ExpectWaiting, len(r.Waiting)),
		Attempts: each(r.Attempts, viewAttempt), Transactions: each(r.Open, viewTransaction), URL: p.scope(&r.Want),
	}
	for i := range r.Candidates {
		c := &r.Candidates[i]
		s, err := h.summary(ctx, &c.Message, r.Want.Mailbox)
		if err != nil {
			return v, err
		}
		v.Candidates[i] = api.ExpectCandidate{
			Message: s, URL: p.message(c.Message.ID), Counts: c.Counts, Early: c.Early, Checks: each(c.Checks, viewCheck),
		}
	}
	for i := range r.Waiting {
		of := &r.Waiting[i]
		s, err := h.summary(ctx, &of.Message, "")
		if err != nil {
			return v, err
		}
		v.Waiting[i] = api.ExpectWaiting{Message: viewQueued(s), Delivery: viewDelivery(of.Delivery), URL: p.message(of.Message.ID)}
	}
	return v, nil
}

func viewCheck(c expect.Check) api.ExpectCheck {
	return api.ExpectCheck{What: c.What, Passed: c.Passed, Expected: c.Expected, Actual: c.Actual, Note: c.Note}
}

func viewTransaction(t mail.Transaction) api.ExpectTransaction {
	return api.ExpectTransaction{Session: viewSession(t.Session), From: t.From, To: append([]string{}, t.To...)}
}
