package ui

import (
	"context"
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

// pageSize is how many messages are gone through at once.
const pageSize = 1000

const (
	idText      = "ID of the message, or latest for the newest one (with mailbox: the newest there)."
	mailboxText = "Address of a mailbox: the request is about the delivery there."
)

type listInput struct {
	Mailbox string `query:"mailbox" doc:"Only messages with a delivery in this mailbox."`
	Before  string `query:"before" doc:"Only messages older than this ID."`
	After   string `query:"after" doc:"Only messages newer than this ID."`
	Offset  int    `query:"offset" minimum:"0" doc:"So many of the newest messages are passed over. Not together with before, after or q."`
	Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"How many there are on a page."`
	Query   string `query:"q" doc:"Only messages that this search finds, such as invoice from:alice@a.test has:attachment; README has the language." maxLength:"4096"`
}

type messageInput struct {
	ID      string `path:"id" doc:"ID of the message, or latest for the newest one (with mailbox: the newest there)."`
	Mailbox string `query:"mailbox" doc:"Address of a mailbox: the request is about the delivery there."`
}

type seenInput struct {
	ID   string `path:"id" doc:"ID of the message, or latest."`
	Body api.Seen
}

type seenManyInput struct{ Body api.SeenMany }

type clearInput struct {
	Mailbox string `query:"mailbox" doc:"The mailbox to empty."`
	All     bool   `query:"all" doc:"Say true to delete all mail."`
	Until   string `query:"until" doc:"ID of a message: what is newer stays."`
}

type deleteManyInput struct{ Body api.DeleteMany }

func (h *handler) messageRoutes() {
	tags := []string{"messages"}
	register(h, huma.Operation{
		OperationID: "listMessages", Method: http.MethodGet, Path: "/v1/messages", Tags: tags,
		Summary: "List messages, newest first",
	}, h.listMessages)
	register(h, huma.Operation{
		OperationID: "deleteMessages", Method: http.MethodDelete, Path: "/v1/messages", Tags: tags,
		Summary: "Delete all mail of a mailbox, or with all=true all mail",
	}, h.deleteMessages)
	register(h, huma.Operation{
		OperationID: "markMessages", Method: http.MethodPost, Path: "/v1/messages/seen", Tags: tags,
		Summary: "Mark many messages as seen or not",
	}, h.markMessages)
	register(h, huma.Operation{
		OperationID: "deleteManyMessages", Method: http.MethodPost, Path: "/v1/messages/delete", Tags: tags,
		Summary: "Delete many messages, or with mailbox only their deliveries there",
	}, h.deleteManyMessages)
	register(h, huma.Operation{
		OperationID: "getMessage", Method: http.MethodGet, Path: "/v1/messages/{id}", Tags: tags,
		Summary: "Tell all that is known of a message", Description: "Reading a message does not mark it as seen.",
	}, h.getMessage)
	register(h, huma.Operation{
		OperationID: "deleteMessage", Method: http.MethodDelete, Path: "/v1/messages/{id}", Tags: tags,
		Summary: "Delete a message, or with mailbox= only the delivery there",
	}, h.deleteMessage)
	register(h, huma.Operation{
		OperationID: "markMessage", Method: http.MethodPut, Path: "/v1/messages/{id}/seen", Tags: tags,
		Summary: "Mark a message as seen or not",
	}, h.markMessage)
}

func (h *handler) listMessages(ctx context.Context, in *listInput) (*answer[api.Messages], error) {
	which, err := query.Parse(in.Query, h.clock.Now())
	if err != nil {
		return nil, badRequest("query.q", "The search cannot be read: "+err.Error(), in.Query)
	}
	if in.Offset > 0 && (in.Before != "" || in.After != "" || in.Query != "") {
		return nil, badRequest("query.offset", "An offset counts from the newest message of all: not together with before, after or q.", in.Offset)
	}
	q := store.Query{Limit: in.Limit, Skip: in.Offset}
	if q.Box, err = scope(in.Mailbox); err != nil {
		return nil, err
	}
	if q.Before, err = optionalID("query.before", in.Before); err != nil {
		return nil, err
	}
	if q.After, err = optionalID("query.after", in.After); err != nil {
		return nil, err
	}
	return answered(h.list(ctx, q, which))
}

func (h *handler) list(ctx context.Context, q store.Query, which *query.Query) (api.Messages, error) {
	v, page, err := h.moment(ctx, q, which)
	if err != nil {
		return v, err
	}
	v.Messages = make([]api.Summary, len(page.Messages))
	for i := range page.Messages {
		if ctx.Err() != nil {
			return v, ctx.Err()
		}
		if v.Messages[i], err = h.summary(ctx, &page.Messages[i], q.Box); err != nil {
			return v, err
		}
	}
	if page.More {
		v.Next = page.Messages[len(page.Messages)-1].ID.String()
	}
	return v, nil
}

// momentTries is how often a page is read again because mail came or went meanwhile.
const momentTries = 20

// moment reads a page and the count so that both are of the moment of the cursor: a
// reader who counts the events after it would be wrong for ever otherwise. Searches,
// which may take long, and a store that is never at rest are read as they are.
func (h *handler) moment(ctx context.Context, q store.Query, which *query.Query) (v api.Messages, page store.Page, err error) {
	for try := 0; ; try++ {
		v.Cursor = h.Backend.LastEvent()
		if page, err = h.page(ctx, q, which); err != nil {
			return v, page, err
		}
		box, err := h.Backend.Box(ctx, q.Box)
		if err != nil {
			return v, page, err
		}
		v.Total = box.Messages
		if v.Cursor == h.Backend.LastEvent() || !which.All() || try == momentTries {
			return v, page, nil
		}
	}
}

// page is one of all messages, or of those that a search finds.
func (h *handler) page(ctx context.Context, q store.Query, which *query.Query) (store.Page, error) {
	if which.All() {
		return h.Backend.List(ctx, q)
	}
	return h.Backend.Search(ctx, q, which)
}

func optionalID(where, text string) (mail.ID, error) {
	if text == "" {
		return mail.ID{}, nil
	}
	return parseID(where, text)
}

func parseID(where, text string) (mail.ID, error) {
	id, err := mail.ParseID(text)
	if err != nil {
		return id, badRequest(where, "This is not a message id.", text)
	}
	return id, nil
}

// find gives the message that a request is about, and the mailbox that it is
// limited to, or "". A message without a delivery there is not found.
func (h *handler) find(ctx context.Context, id, mailbox string) (mail.Message, string, error) {
	box, err := scope(mailbox)
	if err != nil {
		return mail.Message{}, "", err
	}
	if strings.EqualFold(id, "latest") {
		m, err := h.latest(ctx, box)
		return m, box, err
	}
	parsed, err := parseID("path.id", id)
	if err != nil {
		return mail.Message{}, "", err
	}
	m, err := h.Backend.Get(ctx, parsed)
	if err == nil && len(within(&m, box)) == 0 {
		err = store.ErrNotFound
	}
	return m, box, err
}

func (h *handler) latest(ctx context.Context, box string) (mail.Message, error) {
	page, err := h.Backend.List(ctx, store.Query{Box: box, Limit: 1})
	if err != nil {
		return mail.Message{}, err
	}
	if len(page.Messages) == 0 {
		return mail.Message{}, notFound("There is no mail yet.")
	}
	return page.Messages[0], nil
}

// within lists the deliveries in a mailbox, or with "" all.
func within(m *mail.Message, box string) []mail.DeliveryID {
	var ids []mail.DeliveryID
	for _, d := range m.Deliveries {
		if box == "" || d.Box == box {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// parsed calls use with the parsed message while its body is open.
func (h *handler) parsed(ctx context.Context, m *mail.Message, use func(*mime.Message) error) error {
	body, err := h.Backend.Open(ctx, m.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	return use(mime.Parse(body, m.Size))
}

func (h *handler) getMessage(ctx context.Context, in *messageInput) (*answer[api.Message], error) {
	m, box, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	var v api.Message
	err = h.parsed(ctx, &m, func(p *mime.Message) error {
		v, err = h.message(ctx, &m, box, p)
		return err
	})
	return answered(v, err)
}

func (h *handler) deleteMessage(ctx context.Context, in *messageInput) (*answer[api.Deleted], error) {
	m, box, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	gone, err := h.Backend.Delete(ctx, within(&m, box)...)
	if err == nil && len(gone) == 0 {
		err = store.ErrNotFound // somebody else was faster
	}
	return answered(api.Deleted{Deleted: len(gone)}, err)
}

func (h *handler) deleteMessages(ctx context.Context, in *clearInput) (*answer[api.Deleted], error) {
	box, err := scope(in.Mailbox)
	if err != nil {
		return nil, err
	}
	if (box == "") != in.All {
		return nil, badRequest("query", "Name a mailbox, or say all=true to delete all mail; not both.", nil)
	}
	until, err := optionalID("query.until", in.Until)
	if err != nil {
		return nil, err
	}
	n, err := h.clear(ctx, box, until)
	return answered(api.Deleted{Deleted: n}, err)
}

// clear empties a mailbox, or with "" all of them, but for what is newer than a
// message, unless that is zero. A mailbox without anything newer goes at once.
func (h *handler) clear(ctx context.Context, box string, until mail.ID) (int, error) {
	now, err := h.Backend.Box(ctx, box)
	if err != nil {
		return 0, err
	}
	if until.IsZero() || now.Newest.Compare(until) <= 0 {
		return h.Backend.Clear(ctx, box)
	}
	n, q := 0, store.Query{Box: box, Oldest: true, Limit: pageSize, Bare: true}
	for {
		page, err := h.Backend.List(ctx, q)
		if err != nil {
			return n, err
		}
		old := slices.DeleteFunc(page.Messages, func(m mail.Message) bool { return m.ID.Compare(until) > 0 })
		var ids []mail.DeliveryID
		for i := range old {
			ids = append(ids, within(&old[i], box)...)
			q.After = old[i].ID
		}
		gone, err := h.Backend.Delete(ctx, ids...)
		n += len(gone)
		if err != nil || !page.More || len(ids) == 0 || q.After == until {
			return n, err
		}
	}
}

func (h *handler) deleteManyMessages(ctx context.Context, in *deleteManyInput) (*answer[api.Deleted], error) {
	box, err := optionalScope(in.Body.Mailbox)
	if err != nil {
		return nil, err
	}
	ids, err := h.deliveries(ctx, in.Body.IDs, box)
	if err != nil {
		return nil, err
	}
	gone, err := h.Backend.Delete(ctx, ids...)
	return answered(api.Deleted{Deleted: len(gone)}, err)
}

// optionalScope is scope for a body, in which the mailbox may be left out.
func optionalScope(mailbox *string) (string, error) {
	if mailbox == nil || *mailbox == "" {
		return "", nil
	}
	return oneBox("body.mailbox", *mailbox)
}

// deliveries are those of messages in a mailbox, or with "" all. Messages that are
// gone are passed over.
func (h *handler) deliveries(ctx context.Context, messages []string, box string) ([]mail.DeliveryID, error) {
	var ids []mail.DeliveryID
	for _, text := range messages {
		id, err := parseID("body.ids", text)
		if err != nil {
			return nil, err
		}
		if m, err := h.Backend.Get(ctx, id); err == nil {
			ids = append(ids, within(&m, box)...)
		}
	}
	return ids, nil
}

func (h *handler) markMessage(ctx context.Context, in *seenInput) (*answer[api.Summary], error) {
	m, box, err := h.find(ctx, in.ID, in.Body.Mailbox)
	if err != nil {
		return nil, err
	}
	if err := h.Backend.SetSeen(ctx, in.Body.Seen, within(&m, box)...); err != nil {
		return nil, err
	}
	if m, err = h.Backend.Get(ctx, m.ID); err != nil {
		return nil, err
	}
	return answered(h.summary(ctx, &m, box))
}

func (h *handler) markMessages(ctx context.Context, in *seenManyInput) (*answer[api.Marked], error) {
	box, err := optionalScope(in.Body.Mailbox)
	if err != nil {
		return nil, err
	}
	if in.Body.IDs == nil {
		n, err := h.markAll(ctx, box, in.Body.Seen)
		return answered(api.Marked{Marked: n}, err)
	}
	ids, err := h.deliveries(ctx, in.Body.IDs, box)
	if err != nil {
		return nil, err
	}
	return answered(api.Marked{Marked: len(ids)}, h.Backend.SetSeen(ctx, in.Body.Seen, ids...))
}

// markAll goes through a mailbox from its newest message to its oldest; what
// comes in meanwhile is not touched.
func (h *handler) markAll(ctx context.Context, box string, seen bool) (int, error) {
	n, q := 0, store.Query{Box: box, Limit: pageSize}
	for {
		page, err := h.Backend.List(ctx, q)
		if err != nil {
			return n, err
		}
		var ids []mail.DeliveryID
		for i := range page.Messages {
			ids = append(ids, within(&page.Messages[i], box)...)
		}
		if err := h.Backend.SetSeen(ctx, seen, ids...); err != nil {
			return n, err
		}
		n += len(ids)
		if !page.More {
			return n, nil
		}
		q.Before = page.Messages[len(page.Messages)-1].ID
	}
}
