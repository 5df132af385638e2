package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

// each converts a list; the result is never nil, so that it is [] in JSON.
func each[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = convert(v)
	}
	return out
}

func viewBox(b store.Box) api.Mailbox {
	return api.Mailbox{Address: b.Name, Messages: b.Messages, Unseen: b.Unseen, Bytes: b.Bytes, Newest: viewID(b.Newest)}
}

func viewDelivery(d mail.Delivery) api.Delivery {
	return api.Delivery{
		Mailbox: d.Box, Rcpt: d.Rcpt.Address, Number: d.ID.N, UID: d.UID, State: string(d.State), Seen: d.Seen,
		Next: viewDate(d.Next.UTC()), Route: mail.WithoutPassword(d.Route), Trail: each(d.Trail, viewStep),
	}
}

func viewStep(s mail.Step) api.Step {
	return api.Step{At: s.At.UTC(), Did: s.Did, Rule: s.Rule, Host: s.Host, Reply: viewReply(s.Reply), Ref: viewID(s.Ref)}
}

func viewReply(r *mail.Reply) *api.Reply {
	if r == nil {
		return nil
	}
	v := api.Reply{Code: r.Code, Text: r.Text}
	if e := r.Enhanced; e != [3]int{} {
		v.Enhanced = fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
	}
	return &v
}

// viewID is "" for the zero ID.
func viewID(id mail.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func viewAddress(a mime.Address) api.Address { return api.Address{Name: a.Name, Address: a.Address} }

func viewHeader(f mime.Header) api.Header {
	return api.Header{Name: f.Name, Value: f.Value, Raw: string(f.Raw)}
}

func viewAttachment(p *mime.Part) api.Attachment {
	return api.Attachment{
		Part: p.ID, Filename: p.Filename, ContentType: p.ContentType,
		ContentID: p.ContentID, Disposition: p.Disposition, Size: p.Length,
	}
}

func viewPart(p *mime.Part) api.Part {
	return api.Part{
		Part: p.ID, ContentType: p.ContentType, Charset: p.Charset, Encoding: p.Encoding,
		Disposition: p.Disposition, Filename: p.Filename, ContentID: p.ContentID,
		Offset: p.Offset, Length: p.Length, Children: each(p.Children, viewPart), Enclosed: each(p.Enclosed, viewHeader),
	}
}

func viewDefect(d mime.Defect) api.Defect {
	return api.Defect{Part: d.Part, Kind: string(d.Kind), Offset: d.Offset, Text: d.Text}
}

func viewRcpt(r mail.Rcpt) api.Rcpt {
	v := api.Rcpt{Address: r.Address, Notify: r.Notify.Names(), ORcpt: r.ORcpt}
	if v.Notify == nil {
		v.Notify = []string{}
	}
	return v
}

func viewEnvelope(e mail.Envelope) api.Envelope {
	return api.Envelope{
		From: e.From, To: each(e.To, viewRcpt), Ret: e.Ret, EnvID: e.EnvID, Body: e.Body, SMTPUTF8: e.UTF8,
	}
}

func viewSession(s mail.Session) api.Session {
	return api.Session{
		ID: s.ID, StartedAt: s.Started.UTC(), Protocol: s.Protocol, Remote: s.Remote, Local: s.Local,
		Helo: s.Helo, User: s.User, Mechanism: s.Mechanism, TLS: s.TLS,
	}
}

// viewDate is nil for what RFC 3339 cannot say: no date, or a year beyond 9999. A
// zone of 24 hours and more it cannot say either; then the date is in UTC.
func viewDate(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	for _, t := range []time.Time{t, t.UTC()} {
		if _, err := t.MarshalText(); err == nil {
			return &t
		}
	}
	return nil
}

// seen says whether all deliveries in the scope are: those in box, or with ""
// all of them.
func seen(m *mail.Message, box string) bool {
	return !slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool {
		return (box == "" || d.Box == box) && !d.Seen
	})
}

// about is what the message and the cache, or failing that its body, tell. When
// the body is gone already, only the message does.
func (h *handler) about(ctx context.Context, m *mail.Message, box string) (api.About, error) {
	s, err := h.read(ctx, m)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return api.About{}, err
	}
	if m.Envelope.UTF8 {
		s.Defects -= s.RawUTF8
	}
	return api.About{
		ID: m.ID.String(), ReceivedAt: m.Received.UTC(), Size: m.Size,
		Subject: s.Subject, From: each(s.From, viewAddress), To: each(s.To, viewAddress), Cc: each(s.Cc, viewAddress),
		Date: viewDate(s.Date), MessageID: s.MessageID, Snippet: s.Snippet,
		AttachmentCount: s.Attachments, HasHTML: s.HasHTML, DefectCount: s.Defects,
		Seen: seen(m, box), Deliveries: each(m.Deliveries, viewDelivery),
	}, nil
}

// read gives what a message says of itself in short.
func (h *handler) read(ctx context.Context, m *mail.Message) (mime.Summary, error) {
	if s, ok := h.cache.get(m.ID); ok {
		return s, nil
	}
	body, err := h.Backend.Open(ctx, m.ID)
	if err != nil {
		return mime.Summary{}, err
	}
	defer body.Close()
	s := mime.Summarize(body, m.Size)
	h.cache.put(m.ID, s)
	return s, nil
}

func (h *handler) summary(ctx context.Context, m *mail.Message, box string) (api.Summary, error) {
	about, err := h.about(ctx, m, box)
	return api.Summary{About: about, Envelope: api.ShortEnvelope{
		From: m.Envelope.From,
		To:   each(m.Envelope.To, func(r mail.Rcpt) string { return r.Address }),
	}}, err
}

// defects are those of the message, save what SMTPUTF8 allows (RFC 6532).
func defects(m *mail.Message, p *mime.Message) []mime.Defect {
	if !m.Envelope.UTF8 {
		return p.Defects
	}
	return slices.DeleteFunc(slices.Clone(p.Defects), func(d mime.Defect) bool { return d.Kind == mime.RawUTF8Header })
}

// message is the long form; p is the parsed body.
func (h *handler) message(ctx context.Context, m *mail.Message, box string, p *mime.Message) (api.Message, error) {
	about, err := h.about(ctx, m, box)
	v := api.Message{
		About: about, Envelope: viewEnvelope(m.Envelope),
		Headers: each(p.Headers, viewHeader), Attachments: each(p.Attachments(), viewAttachment),
		Structure: viewPart(p.Root), Defects: each(defects(m, p), viewDefect),
	}
	v.AttachmentCount, v.DefectCount = len(v.Attachments), len(v.Defects) // the summary of a huge message knows less
	if s := m.Envelope.Session; s != nil {
		session := viewSession(*s)
		v.Session = &session
	}
	if text, ok := p.Text(); ok {
		v.Text = &text
	}
	if html, ok := p.HTML(); ok {
		v.HTML = &html
		_, v.RemoteContent = rewriteHTML(html, nil)
	}
	return v, err
}
