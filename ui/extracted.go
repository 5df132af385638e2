package ui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/ui/api"
)

func (h *handler) extractRoutes() {
	tags := []string{"messages"}
	register(h, huma.Operation{
		OperationID: "getLinks", Method: http.MethodGet, Path: "/v1/messages/{id}/links", Tags: tags,
		Summary: "List where a message points to", Description: "What its HTML links to, URLs in its text, and List-Unsubscribe.",
	}, h.getLinks)
	register(h, huma.Operation{
		OperationID: "getCodes", Method: http.MethodGet, Path: "/v1/messages/{id}/codes", Tags: tags,
		Summary: "List what may be a one-time code in a message",
	}, h.getCodes)
}

func (h *handler) getLinks(ctx context.Context, in *messageInput) (*answer[api.Links], error) {
	m, _, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	var v api.Links
	err = h.parsed(ctx, &m, func(p *mime.Message) error {
		v.Links = each(p.Links(), func(l mime.Link) api.Link { return api.Link(l) })
		return nil
	})
	return answered(v, err)
}

func (h *handler) getCodes(ctx context.Context, in *messageInput) (*answer[api.Codes], error) {
	m, _, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	var v api.Codes
	err = h.parsed(ctx, &m, func(p *mime.Message) error {
		v.Codes = each(p.Codes(), func(c mime.Code) api.Code { return api.Code(c) })
		return nil
	})
	return answered(v, err)
}
