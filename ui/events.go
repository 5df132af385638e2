package ui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

const (
	frameEvery   = 10 * time.Millisecond // at most so often a frame goes out while much happens; a screen shows one in 16
	frameLimit   = 4096                  // events in one frame
	frameDetails = 200                   // added events in one frame that carry their message
	writeTimeout = 10 * time.Second      // for one frame to a client
	pingEvery    = 30 * time.Second
	pongTimeout  = 90 * time.Second // without a sign of life from a websocket client
)

func (h *handler) eventRoutes() {
	h.raw(huma.Operation{
		OperationID: "streamEvents", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"events"},
		Summary: "Follow what happens, as it happens",
		Description: "A websocket when the request asks for the upgrade, otherwise server-sent events. Each frame, and the data of each " +
			"server-sent event, is a JSON array of events in order. The first is hello. After lagged some events were lost: list again.",
		Parameters: []*huma.Param{
			{Name: "after", In: "query", Description: "Number of the last event that is known: 0 for all that are still there; left out: from now on.",
				Schema: &huma.Schema{Type: huma.TypeInteger}},
			queryParam("mailbox", huma.TypeString, "Only events that concern this mailbox."),
			queryParam("what", huma.TypeString, "Only events in whose what there is one of these words, with commas between them."),
			queryParam("q", huma.TypeString, "Only events of messages that this query finds when the event is sent; those of messages that are gone then are left out. "+
				"Events without a message come only when what asks for them."),
			{Name: "Last-Event-ID", In: "header", Description: "As after, and stronger; browsers send it when they connect again.",
				Schema: &huma.Schema{Type: huma.TypeInteger}},
		},
		Responses: map[string]*huma.Response{
			"200": response("Server-sent events; data is a frame", "text/event-stream",
				&huma.Schema{Type: huma.TypeArray, Items: schemaOf[api.Event](h)}),
			"101": {Description: "A websocket; each text message is a frame"},
		},
	}, h.streamEvents)
	register(h, huma.Operation{
		OperationID: "listWebhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: []string{"events"},
		Summary:     "Tell where events are posted to, and how it goes",
		Description: "They are set up on the command line. Each event is posted as one JSON object of the form that streamEvents has in its frames, with webhook-id, webhook-timestamp and, given a secret, webhook-signature (Standard Webhooks, v1).",
	}, h.listWebhooks)
}

func (h *handler) listWebhooks(context.Context, *struct{}) (*answer[api.Webhooks], error) {
	return answered(api.Webhooks{Webhooks: each(h.Webhooks, (*Webhook).Status)}, nil)
}

func (h *handler) streamEvents(w http.ResponseWriter, r *http.Request) error {
	for name := range r.URL.Query() {
		if !slices.Contains([]string{"after", "mailbox", "what", "q"}, name) {
			return badRequest("query."+name, "unknown query parameter", nil)
		}
	}
	after, err := h.cursor(r)
	if err != nil {
		return err
	}
	box, err := scope(r.URL.Query().Get("mailbox"))
	if err != nil {
		return err
	}
	wanted, err := h.wanted(r, box)
	if err != nil {
		return err
	}
	f := &follower{h: h, sub: h.Backend.Subscribe(after), filter: wanted}
	if websocket.IsWebSocketUpgrade(r) {
		return h.serveWebsocket(w, r, f)
	}
	return h.serveSSE(w, r, f)
}

// wanted is which events a client asks for.
func (h *handler) wanted(r *http.Request, box string) (*filter, error) {
	var words []string
	values := r.URL.Query()
	if text := values.Get("what"); text != "" {
		words = strings.Split(text, ",")
	}
	q := values.Get("q")
	if err := checkQuery(q, h.Backend.Clock().Now()); err != nil {
		return nil, badRequest("query.q", err.Error(), q)
	}
	f, err := newFilter(h.Backend, box, words, q)
	if err != nil {
		return nil, badRequest("query.what", err.Error(), values.Get("what"))
	}
	return f, nil
}

// cursor is where a client wants to go on. The header wins: a browser repeats
// the URL, with the cursor of its first connection, on each new one.
func (h *handler) cursor(r *http.Request) (uint64, error) {
	where, text := "header.Last-Event-ID", r.Header.Get("Last-Event-ID")
	if text == "" {
		where, text = "query.after", r.URL.Query().Get("after")
	}
	if text == "" {
		return h.Backend.LastEvent(), nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, badRequest(where, "This is not the number of an event.", text)
	}
	return n, nil
}

// A follower turns the events of one client into frames.
type follower struct {
	h   *handler
	sub *event.Sub
	*filter
	sent time.Time // when the last frame went out
	seq  uint64    // of the last event in it

	at atomic.Uint64 // the last event that was read
}

// hello is the first frame.
func (f *follower) hello() ([]byte, error) {
	f.seq = f.sub.Cursor()
	f.at.Store(f.seq)
	return json.Marshal([]api.Event{{Seq: f.seq, Type: "hello", Version: f.h.Version, Last: f.h.Backend.LastEvent()}})
}

// next waits for a frame: the first event after a pause goes out at once, the
// following are gathered. The error is that of ctx, or event.ErrClosed. What was
// read before an error comes with it.
func (f *follower) next(ctx context.Context) ([]byte, error) {
	var events []event.Event
	var err error
	for len(events) == 0 && err == nil {
		if events, err = f.gather(ctx); len(events) > 0 {
			var ferr error
			if events, ferr = f.found(ctx, events); ferr != nil {
				return nil, ferr
			}
		}
	}
	if len(events) == 0 {
		return nil, err
	}
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	frame, ferr := f.frame(reading, events)
	if ferr != nil {
		return nil, ferr
	}
	f.sent, f.seq = time.Now(), events[len(events)-1].Seq
	return frame, err
}

// found are those of the events that the query finds. It is not cut short by the
// end of ctx, as they were read.
func (f *follower) found(ctx context.Context, events []event.Event) ([]event.Event, error) {
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	passed := events[:0]
	for i := range events {
		ok, err := f.finds(reading, &events[i])
		if err != nil {
			return nil, err
		}
		if ok {
			passed = append(passed, events[i])
		}
	}
	return passed, nil
}

// lagged stands for the events that were lost.
const lagged mail.ChangeKind = "lagged"

// gather waits for an event and takes along what is there when the next frame
// may go out. Events that do not concern the mailbox are left out.
func (f *follower) gather(ctx context.Context) ([]event.Event, error) {
	var events []event.Event
	until := ctx
	for read := 0; read < frameLimit; read++ {
		e, err := f.sub.Next(until)
		f.at.Store(f.sub.Cursor())
		seen := true
		switch {
		case errors.Is(err, event.ErrLagged):
			f.h.counts.lagged.Add(1)
			e = event.Event{Seq: f.sub.Cursor(), Change: mail.Change{Kind: lagged}}
		case err != nil && ctx.Err() == nil && !errors.Is(err, event.ErrClosed):
			return events, nil // the frame is due
		case err != nil:
			return events, err
		}
		if n := f.h.narrow; n != nil {
			e.Change, seen = n.told(e.Change)
		}
		if seen && f.wants(&e.Change) {
			events = append(events, e)
		}
		if read == 0 {
			due, cancel := context.WithDeadline(ctx, f.sent.Add(frameEvery))
			defer cancel()
			until = due
		}
	}
	return events, nil
}

// concerns says whether a change touches a mailbox; all touch "", and the clock
// nothing else.
func concerns(c mail.Change, box string) bool {
	if box == "" || c.Kind == lagged || c.From == box || c.Kind == mail.Cleared && (c.Box == box || c.Box == "") {
		return true
	}
	if c.Kind == mail.RuleObeyed {
		return slices.ContainsFunc(c.Rule.To, func(to string) bool { return mail.Box(to) == box })
	}
	if c.Kind == mail.Attempted {
		return slices.ContainsFunc(c.Attempt.To, func(to string) bool { return mail.Box(to) == box })
	}
	return slices.ContainsFunc(c.Deliveries, func(d mail.Delivery) bool { return d.Box == box })
}

// frame writes events as a JSON array. Only the newest of many new messages are
// read: a page shows no more of them, and lists the rest when it is asked to.
func (f *follower) frame(ctx context.Context, events []event.Event) ([]byte, error) {
	added, shown := 0, map[mail.ID]bool{}
	views := make([]api.Event, len(events))
	for i, e := range slices.Backward(events) {
		detailed := true
		if e.Kind == mail.Added {
			added++
			detailed = added <= frameDetails
		}
		if e.Kind == mail.Updated { // the last one says it all
			detailed = !shown[e.Message.ID]
			shown[e.Message.ID] = true
		}
		var err error
		if views[i], err = f.view(ctx, e, detailed); err != nil {
			return nil, err
		}
	}
	return json.Marshal(views)
}

func (f *follower) view(ctx context.Context, e event.Event, detailed bool) (api.Event, error) {
	v := api.Event{Seq: e.Seq, Type: string(e.Kind)}
	if e.Kind == lagged {
		return v, nil
	}
	at := e.At.UTC()
	v.At, v.From, v.Why, v.What = &at, e.From, string(e.Why), what(&e.Change)
	switch e.Kind {
	case mail.Attempted:
		a := viewAttempt(*e.Attempt)
		v.Attempt = &a
		return v, nil
	case mail.RuleObeyed:
		v.Rule = viewObeyed(e.Rule)
		return v, nil
	case mail.ClockMoved:
		now := viewClock(*e.Clock)
		v.Clock = &now
		return v, nil
	case mail.Cleared:
		v.Mailbox, v.Count, v.Deliveries, v.Mailboxes = &e.Box, &e.Count, []api.Delivery{}, []string{}
		if e.Box != "" {
			v.Mailboxes = []string{e.Box}
		}
		return v, nil
	}
	if e.Kind == mail.Updated {
		v.Steps = each(newSteps(&e.Change), viewStep)
	}
	v.ID, v.Mailboxes, v.Deliveries = e.Message.ID.String(), boxes(e.Change), each(e.Deliveries, viewShort)
	if s := e.Message.Envelope.Session; e.Kind == mail.Added && s != nil {
		v.Via = s.Protocol
	}
	if e.Kind == mail.Removed {
		gone := len(e.Message.Deliveries) == 0
		if f.h.narrow != nil { // the bus has only one of those that are left
			_, err := f.h.Backend.Get(ctx, e.Message.ID)
			gone = errors.Is(err, store.ErrNotFound)
		}
		v.Gone = &gone
		return v, nil
	}
	if !detailed {
		return v, nil
	}
	m := e.Message
	if e.Kind == mail.Updated { // the bus has only the delivery
		now, err := f.h.Backend.Get(ctx, m.ID)
		if errors.Is(err, store.ErrNotFound) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
		m = &now
	}
	s, err := f.h.summary(ctx, m, f.box)
	s.Deliveries = each(m.Deliveries, viewShort)
	v.Message = &s
	return v, err
}

func viewObeyed(o *mail.Obeyed) *api.Obeyed {
	return &api.Obeyed{Rule: o.Rule, Stage: o.Stage, Do: o.Do, Session: o.Session, Client: o.Client, From: o.From, To: each(o.To, strings.Clone)}
}

// viewShort leaves the trail out, which may be long and changes at each attempt.
func viewShort(d mail.Delivery) api.Delivery {
	d.Trail = nil
	return viewDelivery(d)
}

// boxes lists the mailboxes that a change touches, each once.
func boxes(c mail.Change) []string {
	names := each(c.Deliveries, func(d mail.Delivery) string { return d.Box })
	if c.From != "" {
		names = append(names, c.From)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
