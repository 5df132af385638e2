package ui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// An answer is what a JSON route gives.
type answer[T any] struct{ Body T }

// answered makes the pair that a route returns.
func answered[T any](v T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{v}, nil
}

type mailboxInput struct {
	Address string `path:"address" doc:"Address of the mailbox, percent-encoded, in any spelling."`
}

func (h *handler) mailboxRoutes() {
	register(h, huma.Operation{
		OperationID: "listMailboxes", Method: http.MethodGet, Path: "/v1/mailboxes", Tags: []string{"mailboxes"},
		Summary: "List the mailboxes that hold mail, by name",
	}, h.listMailboxes)
	register(h, huma.Operation{
		OperationID: "getMailbox", Method: http.MethodGet, Path: "/v1/mailboxes/{address}", Tags: []string{"mailboxes"},
		Summary:     "Describe one mailbox",
		Description: "Any address has a mailbox. One that never got mail is empty.",
	}, h.getMailbox)
	register(h, huma.Operation{
		OperationID: "emptyMailbox", Method: http.MethodDelete, Path: "/v1/mailboxes/{address}", Tags: []string{"mailboxes"},
		Summary: "Delete all mail of a mailbox",
	}, h.emptyMailbox)
}

func (h *handler) listMailboxes(ctx context.Context, _ *struct{}) (*answer[api.Mailboxes], error) {
	cursor := h.Backend.LastEvent()
	boxes, err := h.Backend.Boxes(ctx)
	if err != nil {
		return nil, err
	}
	all, err := h.Backend.Box(ctx, "")
	return answered(api.Mailboxes{
		Until:     h.Backend.LastEvent(),
		Mailboxes: each(boxes, viewBox),
		Total:     api.Total{Messages: all.Messages, Unseen: all.Unseen, Bytes: all.Bytes},
		Cursor:    cursor,
	}, err)
}

func (h *handler) getMailbox(ctx context.Context, in *mailboxInput) (*answer[api.Mailbox], error) {
	box, err := oneBox("path.address", in.Address)
	if err != nil {
		return nil, err
	}
	b, err := h.Backend.Box(ctx, box)
	return answered(viewBox(b), err)
}

func (h *handler) emptyMailbox(ctx context.Context, in *mailboxInput) (*answer[api.Deleted], error) {
	box, err := oneBox("path.address", in.Address)
	if err != nil {
		return nil, err
	}
	n, err := h.Backend.Clear(ctx, box)
	return answered(api.Deleted{Deleted: n}, err)
}

// oneBox gives the name of the mailbox that an address means. A blank one is an
// error: to the backend "" would mean all mailboxes.
func oneBox(where, address string) (string, error) {
	box := mail.Box(address)
	if box == "" {
		return "", badRequest(where, "The address is blank.", address)
	}
	return box, nil
}

// scope is the mailbox that a request is about, or "" for all when it names none.
func scope(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	return oneBox("query.mailbox", address)
}
