package ui

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

func (h *handler) relatedRoutes() {
	register(h, huma.Operation{
		OperationID: "getRelated", Method: http.MethodGet, Path: "/v1/messages/{id}/related", Tags: []string{"messages"},
		Summary:     "List the mail that a message reports on, and reports on it",
		Description: "Reports are multipart/report (RFC 6522), wherever they come from. They name a message by its Message-ID or its ENVID.",
	}, h.getRelated)
}

const (
	related     = 20       // candidates that are looked at in each direction
	maxReturned = 64 << 10 // octets of a header that a report returns
)

func (h *handler) getRelated(ctx context.Context, in *messageInput) (*answer[api.Related], error) {
	m, _, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	var about reported
	err = h.parsed(ctx, &m, func(p *mime.Message) error {
		about = reportedOn(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var v api.Related
	if v.Originals, err = h.originals(ctx, &m, about); err != nil {
		return nil, err
	}
	v.Reports, err = h.reportsOn(ctx, &m)
	return answered(v, err)
}

// originals finds what a report is about: by its Message-ID, or else by the ENVID.
func (h *handler) originals(ctx context.Context, m *mail.Message, about reported) ([]api.Summary, error) {
	list := []api.Summary{}
	for _, id := range about.ids {
		found, err := h.candidates(ctx, byMessageID, id, func(c *mail.Message) (bool, error) {
			s, err := h.read(ctx, c)
			return s.MessageID == id && c.ID != m.ID, err
		})
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	if len(list) > 0 || about.envID == "" {
		return list, nil
	}
	page, err := h.Backend.List(ctx, store.Query{Before: m.ID, Limit: pageSize})
	if err != nil {
		return nil, err
	}
	return h.those(ctx, page.Messages, func(c *mail.Message) (bool, error) {
		return c.Envelope.EnvID == about.envID, nil
	})
}

// reportsOn finds the reports on a message; one with neither a Message-ID nor an
// ENVID has none.
func (h *handler) reportsOn(ctx context.Context, m *mail.Message) ([]api.Summary, error) {
	s, err := h.read(ctx, m)
	if err != nil {
		return nil, err
	}
	list := []api.Summary{}
	for _, id := range []string{s.MessageID, m.Envelope.EnvID} {
		if id == "" || len(list) > 0 {
			continue
		}
		list, err = h.candidates(ctx, inReports, id, func(c *mail.Message) (is bool, err error) {
			err = h.parsed(ctx, c, func(p *mime.Message) error {
				about := reportedOn(p)
				is = c.ID != m.ID && (slices.Contains(about.ids, id) || about.envID == id)
				return nil
			})
			return is, err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func byMessageID(id string) string { return "header:Message-ID=" + id }

func inReports(id string) string { return id + " OR header:In-Reply-To=" + id }

// candidates searches for an ID, which a search finds within others too, and
// keeps what is.
func (h *handler) candidates(ctx context.Context, search func(id string) string, id string, is func(*mail.Message) (bool, error)) ([]api.Summary, error) {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
	which, err := query.Parse(search(quoted), h.clock.Now())
	if err != nil {
		return []api.Summary{}, nil // an ID that cannot be searched for, such as one too long
	}
	page, err := h.Backend.Search(ctx, store.Query{Limit: related}, which)
	if err != nil {
		return nil, err
	}
	return h.those(ctx, page.Messages, is)
}

// those are the messages that are. Mail that is gone meanwhile is passed over.
func (h *handler) those(ctx context.Context, messages []mail.Message, is func(*mail.Message) (bool, error)) ([]api.Summary, error) {
	list := []api.Summary{}
	for i := range messages {
		if ok, err := is(&messages[i]); err != nil || !ok {
			continue
		}
		s, err := h.summary(ctx, &messages[i], "")
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// reported is by what a report names the message that it is about.
type reported struct {
	ids   []string // Message-IDs: that of the message it returns, whole or only its header, or else those that it answers
	envID string   // Original-Envelope-Id: RFC 3464 §2.2.1
}

// reportedOn reads a report; what is none names nothing.
func reportedOn(p *mime.Message) reported {
	var r reported
	if p.Root.ContentType != "multipart/report" {
		return r
	}
	for part := range p.Parts() {
		for _, f := range fields(p, part) {
			switch strings.ToLower(f.Name) {
			case "message-id":
				r.ids = append(r.ids, strings.Trim(f.Value, "<> \t"))
			case "original-envelope-id":
				r.envID = f.Value
			}
		}
	}
	if len(r.ids) == 0 {
		r.ids = strings.FieldsFunc(p.Get("In-Reply-To"), func(r rune) bool { return strings.ContainsRune("<> \t", r) })
	}
	slices.Sort(r.ids)
	r.ids = slices.DeleteFunc(slices.Compact(r.ids), func(id string) bool { return id == "" })
	return r
}

// fields are those of the message that a part of a report gives back, or of what
// it says about the whole of it.
func fields(p *mime.Message, part *mime.Part) []mime.Header {
	switch part.ContentType {
	case "text/rfc822-headers", "message/global-headers", "message/delivery-status", "message/global-delivery-status":
		head, _ := io.ReadAll(io.LimitReader(p.Open(part), maxReturned)) // what can be read of it
		return mime.Skim(bytes.NewReader(head), int64(len(head))).Headers
	}
	return part.Enclosed
}
