package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

type queueInput struct {
	Hop    string `query:"hop" doc:"Only deliveries that wait for this hop, named as the list of hops names it."`
	Before string `query:"before" doc:"Only messages older than this ID."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"The page ends with the message that reaches so many deliveries."`
}

type actInput struct{ Body api.Act }

type boxInput struct {
	Before string `query:"before" doc:"Only messages older than this ID."`
	After  string `query:"after" doc:"Only messages newer than this ID."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"How many there are on a page."`
	Query  string `query:"q" doc:"Only messages that this search finds." maxLength:"4096"`
}

type releaseInput struct {
	ID   string `path:"id" doc:"ID of the message, or latest."`
	Body api.Release
}

func (h *handler) queueRoutes() {
	tags := []string{"queue"}
	register(h, huma.Operation{
		OperationID: "getQueue", Method: http.MethodGet, Path: "/v1/queue", Tags: tags,
		Summary: "List the mail that is on its way, and where to",
	}, h.getQueue)
	register(h, huma.Operation{
		OperationID: "actOnQueue", Method: http.MethodPost, Path: "/v1/queue", Tags: tags,
		Summary: "Retry, hold, give up or reroute mail in the queue, or bring it back there",
	}, h.actOnQueue)
	register(h, huma.Operation{
		OperationID: "listBadmail", Method: http.MethodGet, Path: "/v1/badmail", Tags: tags,
		Summary: "List what could be neither delivered nor returned, newest first", Description: "As /v1/messages with mailbox=@badmail.",
	}, h.listBox(mail.BadmailBox))
	register(h, huma.Operation{
		OperationID: "listDone", Method: http.MethodGet, Path: "/v1/done", Tags: tags,
		Summary: "List what has left the queue for elsewhere, newest first", Description: "As /v1/messages with mailbox=@done.",
	}, h.listBox(mail.DoneBox))
	register(h, huma.Operation{
		OperationID: "releaseMessage", Method: http.MethodPost, Path: "/v1/messages/{id}/release", Tags: tags,
		Summary: "Send a message on to other recipients, by way of a next hop", Description: "A copy goes into the queue, whatever rules say.",
		DefaultStatus: http.StatusCreated,
	}, h.releaseMessage)
}

func (h *handler) listBox(box string) func(context.Context, *boxInput) (*answer[api.Messages], error) {
	return func(ctx context.Context, in *boxInput) (*answer[api.Messages], error) {
		return h.listMessages(ctx, &listInput{Mailbox: box, Before: in.Before, After: in.After, Limit: in.Limit, Query: in.Query})
	}
}

func (h *handler) getQueue(ctx context.Context, in *queueInput) (*answer[api.Queue], error) {
	before, err := optionalID("query.before", in.Before)
	if err != nil {
		return nil, err
	}
	v := api.Queue{Cursor: h.Backend.LastEvent(), Now: h.Backend.Clock().Now().UTC(), Hops: each(h.Backend.Hops(), viewHop)}
	if next, ok := h.Backend.NextDue(); ok {
		v.Next = viewDate(next.UTC())
	}
	v.Deliveries, v.NextPage, err = h.queued(ctx, before, in.Limit, in.Hop)
	return answered(v, err)
}

// queued lists deliveries in the queue, those of a message together, and the
// message to go on before, or "".
func (h *handler) queued(ctx context.Context, before mail.ID, limit int, hop string) ([]api.QueuedDelivery, string, error) {
	list := []api.QueuedDelivery{}
	for q := (store.Query{Box: mail.QueueBox, Before: before, Limit: limit}); ; {
		page, err := h.Backend.List(ctx, q)
		if err != nil {
			return nil, "", err
		}
		for i := range page.Messages {
			m := &page.Messages[i]
			views, err := h.queuedOf(ctx, m, hop)
			if err != nil {
				return nil, "", err
			}
			list = append(list, views...)
			if len(list) >= limit && (page.More || i+1 < len(page.Messages)) {
				return list, m.ID.String(), nil
			}
			q.Before = m.ID
		}
		if !page.More {
			return list, "", nil
		}
	}
}

// queuedOf lists the deliveries of one message that wait for a hop, or with "" for
// any.
func (h *handler) queuedOf(ctx context.Context, m *mail.Message, hop string) ([]api.QueuedDelivery, error) {
	waiting := slices.DeleteFunc(slices.Clone(m.Deliveries), func(d mail.Delivery) bool {
		return d.Box != mail.QueueBox || hop != "" && !waitsFor(&d, hop)
	})
	if len(waiting) == 0 {
		return nil, nil
	}
	s, err := h.summary(ctx, m, mail.QueueBox)
	return each(waiting, func(d mail.Delivery) api.QueuedDelivery {
		return api.QueuedDelivery{
			ID: s.ID + "/" + strconv.Itoa(d.ID.N), Message: viewQueued(s), Delivery: viewDelivery(d),
		}
	}), err
}

func viewQueued(s api.Summary) api.QueuedMessage {
	return api.QueuedMessage{
		ID: s.ID, ReceivedAt: s.ReceivedAt, Size: s.Size, Subject: s.Subject, From: s.From, To: s.To, Envelope: s.Envelope,
	}
}

// waitsFor says whether a delivery belongs to the hop of that name. Where the
// recipients' own hosts are asked, there is a hop for each domain.
func waitsFor(d *mail.Delivery, hop string) bool {
	a, err := rule.ParseAction(d.Route)
	if err != nil || a.Kind != rule.Relay {
		return hop == string(a.Kind)
	}
	name, domain, direct := strings.Cut(hop, " @")
	return name == mail.WithoutPassword(a.URL) && (!direct || strings.HasSuffix(mail.Box(d.Rcpt.Address), "@"+domain))
}

func viewHop(hop mail.Hop) api.Hop {
	return api.Hop{
		Name: hop.Name, Waiting: hop.Waiting, Due: hop.Due, Held: hop.Held, Active: hop.Active, Connections: hop.Connections,
		Frozen: hop.Frozen, Next: viewDate(hop.Next.UTC()), Last: viewReply(hop.Last),
	}
}

func (h *handler) actOnQueue(ctx context.Context, in *actInput) (*answer[api.Done], error) {
	do, b := mail.QueueAction(in.Body.Do), &in.Body
	if (b.Hop == "") == (len(b.IDs) == 0) {
		return nil, unprocessable("body.ids", "Name deliveries or a hop, not both.", nil)
	}
	if (b.Route == "") == (do == mail.RerouteMail) {
		return nil, unprocessable("body.route", "To reroute takes a route, and nothing else does.", b.Route)
	}
	if err := checkRoute(b.Route); err != nil {
		return nil, err
	}
	if b.Hop != "" {
		return h.actOnHop(ctx, do, b.Route, b.Hop)
	}
	ids, err := h.queueIDs(ctx, do, b.IDs)
	if err != nil || len(ids) == 0 {
		return answered(api.Done{}, err)
	}
	n, err := h.Backend.ActOnMail(ctx, do, b.Route, ids...)
	if err != nil {
		if _, gone := h.queueIDs(ctx, do, b.IDs); gone != nil {
			return nil, gone // they have left meanwhile
		}
	}
	if do == mail.RerouteMail {
		err = badRoute(ctx, "body.route", err)
	}
	return answered(api.Done{Done: n}, err)
}

func (h *handler) actOnHop(ctx context.Context, do mail.QueueAction, route, hop string) (*answer[api.Done], error) {
	if do == mail.RequeueMail {
		return nil, unprocessable("body.hop", "This can only be done to deliveries: name them in ids.", hop)
	}
	n, err := h.Backend.ActOnHop(ctx, do, route, hop)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Nothing waits for %.200q.", hop)
	} else if do == mail.RerouteMail {
		err = badRoute(ctx, "body.route", err)
	}
	return answered(api.Done{Done: n}, err)
}

// checkRoute refuses what a delivery in the queue cannot have for a route; none is
// fine.
func checkRoute(route string) error {
	if route == "" {
		return nil
	}
	a, err := rule.ParseAction(route)
	if err != nil {
		return badRules("body.route", true, err)
	}
	if !slices.Contains([]rule.Kind{rule.Relay, rule.Keep, rule.Bounce, rule.Defer}, a.Kind) {
		return unprocessable("body.route", "A delivery can be given a relay, keep, bounce or defer.", route)
	}
	return nil
}

// badRoute makes a problem of what a backend has against a route or a next hop.
func badRoute(ctx context.Context, where string, err error) error {
	var reply *mail.Reply
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrFull) || errors.As(err, &reply) {
		return err
	}
	return unprocessable(where, err.Error(), nil)
}

// queueIDs reads MESSAGE/NUMBER, and MESSAGE for all of its deliveries in the queue
// or, to be requeued, out of it.
func (h *handler) queueIDs(ctx context.Context, do mail.QueueAction, texts []string) ([]mail.DeliveryID, error) {
	var ids []mail.DeliveryID
	known := map[mail.DeliveryID]bool{}
	for _, text := range texts {
		of, err := h.queueID(ctx, do, text)
		if err != nil {
			return nil, err
		}
		for _, id := range of {
			if !known[id] {
				known[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

func (h *handler) queueID(ctx context.Context, do mail.QueueAction, text string) ([]mail.DeliveryID, error) {
	message, number, one := strings.Cut(text, "/")
	id, err := mail.ParseID(message)
	if err != nil {
		return nil, unprocessable("body.ids", "This is not a message id.", text)
	}
	m, err := h.Backend.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	can := slices.DeleteFunc(slices.Clone(m.Deliveries), func(d mail.Delivery) bool { return !canAct(do, d.Box) })
	if !one {
		return within(&mail.Message{Deliveries: can}, ""), nil
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, unprocessable("body.ids", "This is not the number of a delivery.", text)
	}
	if _, some := m.Delivery(n); !some {
		return nil, store.ErrNotFound
	}
	if !slices.ContainsFunc(can, func(d mail.Delivery) bool { return d.ID.N == n }) {
		return nil, huma.Error409Conflict(fmt.Sprintf("To %s is not possible with %s where it is.", do, text))
	}
	return []mail.DeliveryID{{Message: id, N: n}}, nil
}

// canAct says whether an action is for deliveries in a mailbox.
func canAct(do mail.QueueAction, box string) bool {
	if do == mail.RequeueMail {
		return box == mail.BadmailBox || box == mail.DoneBox
	}
	return box == mail.QueueBox
}

func (h *handler) releaseMessage(ctx context.Context, in *releaseInput) (*answer[api.Created], error) {
	m, _, err := h.find(ctx, in.ID, "")
	if err != nil {
		return nil, err
	}
	from := m.Envelope.From
	if in.Body.From != nil {
		if from, err = parsePath(*in.Body.From); err != nil {
			return nil, unprocessable("body.from", notAddress(err), *in.Body.From)
		}
	}
	to, err := bodyRcpts(in.Body.To)
	if err != nil {
		return nil, err
	}
	receipt, err := h.Backend.Release(ctx, m.ID, from, to, in.Body.Hop)
	return answered(api.Created{ID: receipt.ID.String()}, badRoute(ctx, "body.hop", err))
}
