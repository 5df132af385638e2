package ui

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// maxComing is how many moments to come are told.
const maxComing = 500

func (h *handler) pipelineRoutes() {
	register(h, huma.Operation{
		OperationID: "getPipeline", Method: http.MethodGet, Path: "/v1/pipeline", Tags: []string{"server"},
		Summary:     "Count what is at each station of the mail's way, and what came by",
		Description: "Senders and the Pickup folder, rules, what was refused, the queue, mailboxes, the Drop folder, next hops and Badmail.",
	}, h.getPipeline)
}

func (h *handler) getPipeline(ctx context.Context, _ *struct{}) (*answer[api.Pipeline], error) {
	v := api.Pipeline{Cursor: h.Backend.LastEvent(), Now: h.Backend.Clock().Now().UTC(), Since: h.started.UTC()}
	n := h.Backend.Tally()
	v.Senders = api.PipelineSenders{Open: h.openSessions(), Sessions: n.Sessions, Received: n.Received}
	v.Refused = api.PipelineRefused{Attempts: h.attempts(), Refused: n.Refused, Discarded: n.Discarded}
	v.Mailboxes.Delivered = n.Delivered
	v.Relayed = api.PipelineRelayed{Relayed: n.Relayed, Bounced: n.Bounced}
	v.Badmail.Lost = n.Lost
	v.Queue = h.pipelineQueue(n)
	for _, l := range h.rules() {
		v.Rules.Rules++
		v.Rules.Applied += uint64(l.Applied)
	}
	h.pipelineFolders(&v)
	v.Coming = each(h.Backend.Coming(maxComing), viewComing)
	return answered(v, h.pipelineBoxes(ctx, &v))
}

// openSessions and attempts count without taking.
func (h *handler) openSessions() (n int) {
	h.Backend.Sessions("", 1, func(t *mail.Talk) bool {
		if t.Ended.IsZero() {
			n++
		}
		return false
	})
	return n
}

func (h *handler) attempts() (n int) {
	h.Backend.Attempts(mail.ID{}, 0, func(*mail.Attempt) bool { n++; return false })
	return n
}

func (h *handler) pipelineQueue(n mail.Tally) api.PipelineQueue {
	v := api.PipelineQueue{Queued: n.Queued, Tried: n.Tried}
	for _, hop := range h.Backend.Hops() {
		v.Due += hop.Due
		v.Held += hop.Held
		if hop.Frozen {
			v.Frozen++
		}
	}
	if next, ok := h.Backend.NextDue(); ok {
		v.Next = viewDate(next.UTC())
	}
	return v
}

func (h *handler) pipelineFolders(v *api.Pipeline) {
	if h.Pickup != nil {
		n := h.Pickup()
		v.Pickup = api.PipelinePickup{Folder: n.Dir, Waiting: n.Waiting, Taken: n.Done, Bad: n.Bad}
	}
	if h.Drop != nil {
		n := h.Drop()
		v.Drop = api.PipelineFolder{Folder: n.Dir, Written: n.Done}
	}
	if h.Badmail != nil {
		n := h.Badmail()
		v.Badmail.PipelineFolder = api.PipelineFolder{Folder: n.Dir, Written: n.Done}
	}
}

func (h *handler) pipelineBoxes(ctx context.Context, v *api.Pipeline) error {
	boxes, err := h.Backend.Boxes(ctx)
	for _, box := range boxes {
		switch {
		case box.Name == mail.QueueBox:
			v.Queue.Deliveries = box.Messages
		case box.Name == mail.BadmailBox:
			v.Badmail.Deliveries = box.Messages
		case box.Name == mail.DoneBox:
			v.Relayed.Done = box.Messages
		case !strings.HasPrefix(box.Name, "@"):
			v.Mailboxes.Mailboxes++
			v.Mailboxes.Messages += box.Messages
		}
	}
	return err
}

func viewComing(c mail.Coming) api.Coming {
	return api.Coming{
		At: c.At.UTC(), Hop: c.Hop, Count: c.Count, To: each(c.To, strings.Clone),
		ID: fmt.Sprintf("%s/%d", c.ID.Message, c.ID.N), Frozen: c.Frozen,
	}
}
