package search

import (
	"context"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
)

// content reads what a message says; store.ErrNotFound when it has gone.
func (ix *Index) content(ctx context.Context, m *mail.Message) (*query.Content, error) {
	r, err := ix.store.Open(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Content(mime.Skim(r, m.Size)), nil
}

// Content is what a message says, as queries see it.
func Content(m *mime.Message) *query.Content {
	c := &query.Content{
		Subject: m.Get("Subject"),
		From:    addresses(m, "From"),
		To:      addresses(m, "To"),
		Cc:      addresses(m, "Cc"),
		Bcc:     addresses(m, "Bcc"),
		Headers: make([]query.Header, len(m.Headers)),
		Text:    m.Texts(),
		Bounce:  m.Root.ContentType == "multipart/report" && strings.EqualFold(m.Root.Params["report-type"], "delivery-status"),
	}
	for i, h := range m.Headers {
		c.Headers[i] = query.Header{Name: h.Name, Value: h.Value}
	}
	for p := range m.Parts() {
		c.HTML = c.HTML || p.ContentType == "text/html" && p.Disposition != "attachment"
	}
	for _, p := range m.Attachments() {
		c.Attachments = append(c.Attachments, query.Attachment{Name: p.Filename, Type: p.ContentType})
	}
	return c
}

func addresses(m *mime.Message, name string) []query.Address {
	var list []query.Address
	for _, a := range m.Addresses(name) {
		list = append(list, query.Address{Name: a.Name, Address: a.Address})
	}
	return list
}
