package ui

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// tied has the handlers for users who are tied to mailboxes. Each has a Backend that
// knows of nothing else, and none of what the Server tells of itself, so that no route
// can tell it by mistake.
type tied struct {
	mu sync.Mutex // guards of
	of map[tieKey]*handler
}

type tieKey struct {
	name  string
	token bool
}

// handler is the one for a user, made when it is first asked for.
func (t *tied) handler(h *handler, u *User) *handler {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tieKey{u.Name, u.Token}
	if one := t.of[key]; one != nil && one.narrow.stamp == u.Stamp {
		return one
	}
	if t.of == nil {
		t.of = map[tieKey]*handler{}
	}
	t.of[key] = h.narrowed(u)
	return t.of[key]
}

// narrowed is the handler as a user sees it who is tied to mailboxes.
func (h *handler) narrowed(u *User) *handler {
	n := &narrow{all: h.Backend, may: u.May, home: u.Home, stamp: u.Stamp, rules: rule.NewSet(rule.Options{})}
	s := &Server{
		Version: h.Version, SMTP: h.SMTP, POP3: h.POP3, HTTP: h.HTTP, SMTPS: h.SMTPS, POP3S: h.POP3S, HTTPS: h.HTTPS,
		BasePath: h.BasePath, Hosts: h.Hosts, CA: h.CA, Access: h.Access, Limits: h.Limits, times: h.times,
	}
	one := &handler{
		Server: s, Backend: n, narrow: n, counts: h.counts, logins: h.logins, rights: h.rights,
		log: h.log, clock: h.clock, ids: h.ids, started: h.started, gate: h.gate, cache: h.cache,
	}
	one.complete()
	return one
}

// A narrow is a Backend in which there are some mailboxes only. Of a message it shows
// the deliveries there, and of its recipients those whose they are: who else has got
// a copy is nobody's business.
type narrow struct {
	all   Backend
	may   func(box string) bool
	home  string // the only mailbox; "" when there are more
	stamp string // of the user
	rules *rule.Set
}

// strip takes out of a message what is about others.
func (n *narrow) strip(m mail.Message) mail.Message {
	m.Deliveries = slices.DeleteFunc(slices.Clone(m.Deliveries), func(d mail.Delivery) bool { return !n.may(d.Box) })
	m.Envelope.To = slices.DeleteFunc(slices.Clone(m.Envelope.To), func(r mail.Rcpt) bool {
		return !n.may(mail.Box(r.Address)) && !slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool { return d.Rcpt.Address == r.Address })
	})
	return m
}

// addresses are those whose mailboxes may be read.
func (n *narrow) addresses(to []string) []string {
	return slices.DeleteFunc(slices.Clone(to), func(a string) bool { return !n.may(mail.Box(a)) })
}

func (n *narrow) Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error) {
	return n.all.Accept(ctx, env, body)
}

func (n *narrow) Boxes(ctx context.Context) ([]store.Box, error) {
	boxes, err := n.all.Boxes(ctx)
	return slices.DeleteFunc(slices.Clone(boxes), func(b store.Box) bool { return !n.may(b.Name) }), err
}

// Box counts a message that lies in several mailboxes once, as the whole store does.
func (n *narrow) Box(ctx context.Context, name string) (store.Box, error) {
	if name != "" {
		if !n.may(name) {
			return store.Box{Name: name}, nil
		}
		return n.all.Box(ctx, name)
	}
	boxes, err := n.Boxes(ctx)
	if err != nil || len(boxes) == 0 {
		return store.Box{}, err
	}
	if len(boxes) == 1 {
		boxes[0].Name, boxes[0].NextUID = "", 0
		return boxes[0], nil
	}
	page, err := n.List(ctx, store.Query{Bare: true})
	var all store.Box
	for i := range page.Messages {
		m := &page.Messages[i]
		all.Messages++
		all.Bytes += m.Size
		if !seen(m, "") {
			all.Unseen++
		}
	}
	if len(page.Messages) > 0 {
		all.Newest = page.Messages[0].ID
	}
	return all, err
}

// List merges mailboxes when none is named.
func (n *narrow) List(ctx context.Context, q store.Query) (store.Page, error) {
	if q.Box != "" {
		if !n.may(q.Box) {
			return store.Page{}, nil
		}
		page, err := n.all.List(ctx, q)
		page.Messages = each(page.Messages, n.strip)
		return page, err
	}
	boxes, err := n.Boxes(ctx)
	if err != nil {
		return store.Page{}, err
	}
	part := q
	if part.Skip = 0; q.Limit > 0 {
		part.Limit = q.Limit + max(q.Skip, 0) + 1 // so that a page that is not the last has one too many
	}
	var list []mail.Message
	for _, b := range boxes {
		part.Box = b.Name
		page, err := n.all.List(ctx, part)
		if err != nil {
			return store.Page{}, err
		}
		list = append(list, page.Messages...)
	}
	return cut(n.merged(list, q.Oldest), q), nil
}

// merged puts messages in order, each once.
func (n *narrow) merged(list []mail.Message, oldest bool) []mail.Message {
	slices.SortFunc(list, func(a, b mail.Message) int {
		if oldest {
			return a.ID.Compare(b.ID)
		}
		return b.ID.Compare(a.ID)
	})
	list = slices.CompactFunc(list, func(a, b mail.Message) bool { return a.ID == b.ID })
	return each(list, n.strip)
}

// cut is the page of all messages that a query asks for.
func cut(list []mail.Message, q store.Query) store.Page {
	list = list[min(max(q.Skip, 0), len(list)):]
	if q.Limit <= 0 || len(list) <= q.Limit {
		return store.Page{Messages: list}
	}
	return store.Page{Messages: list[:q.Limit], More: true}
}

// Search looks at one message after the other, as it is shown: the index knows whom
// else it went to, and would tell.
func (n *narrow) Search(ctx context.Context, q store.Query, which *query.Query) (store.Page, error) {
	if id := which.Bounds().ID; !id.IsZero() {
		return n.searchOne(ctx, q.Box, which, id)
	}
	var found store.Page
	step := q
	step.Skip, step.Limit, step.Bare = 0, pageSize, false
	for {
		page, err := n.List(ctx, step)
		if err != nil {
			return found, err
		}
		for i := range page.Messages {
			m := &page.Messages[i]
			ok, err := n.finds(ctx, q.Box, which, m)
			if err != nil {
				return found, err
			}
			if !ok {
				continue
			}
			if q.Limit > 0 && len(found.Messages) == q.Limit {
				found.More = true
				return found, nil
			}
			found.Messages = append(found.Messages, *m)
		}
		if !page.More {
			return found, nil
		}
		last := page.Messages[len(page.Messages)-1].ID
		if step.Before = last; q.Oldest {
			step.Before, step.After = q.Before, last
		}
	}
}

// searchOne is Search when only one message can be found.
func (n *narrow) searchOne(ctx context.Context, box string, which *query.Query, id mail.ID) (store.Page, error) {
	m, err := n.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(within(&m, box)) == 0 {
		return store.Page{}, nil
	}
	if err != nil {
		return store.Page{}, err
	}
	if ok, err := n.finds(ctx, box, which, &m); err != nil || !ok {
		return store.Page{}, err
	}
	return store.Page{Messages: []mail.Message{m}}, nil
}

func (n *narrow) finds(ctx context.Context, box string, which *query.Query, m *mail.Message) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	doc := n.Document(m, func() (store.Reader, error) { return n.Open(ctx, m.ID) })
	doc.Box = box
	return which.Match(doc)
}

func (n *narrow) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	m, err := n.all.Get(ctx, id)
	if err != nil {
		return m, err
	}
	if m = n.strip(m); len(m.Deliveries) == 0 {
		return mail.Message{}, store.ErrNotFound
	}
	return m, nil
}

func (n *narrow) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	if _, err := n.Get(ctx, id); err != nil {
		return nil, err
	}
	return n.all.Open(ctx, id)
}

// own are those of the deliveries that are there.
func (n *narrow) own(ctx context.Context, ids []mail.DeliveryID) []mail.DeliveryID {
	known := map[mail.ID]mail.Message{}
	return slices.DeleteFunc(slices.Clone(ids), func(id mail.DeliveryID) bool {
		m, ok := known[id.Message]
		if !ok {
			m, _ = n.Get(ctx, id.Message) // without deliveries when it is not there
			known[id.Message] = m
		}
		return !slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool { return d.ID == id })
	})
}

func (n *narrow) SetSeen(ctx context.Context, seen bool, ids ...mail.DeliveryID) error {
	return n.all.SetSeen(ctx, seen, n.own(ctx, ids)...)
}

func (n *narrow) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	return n.all.Delete(ctx, n.own(ctx, ids)...)
}

func (n *narrow) Clear(ctx context.Context, box string) (int, error) {
	if box != "" {
		if !n.may(box) {
			return 0, nil
		}
		return n.all.Clear(ctx, box)
	}
	boxes, err := n.Boxes(ctx)
	sum := 0
	for _, b := range boxes {
		gone, cerr := n.all.Clear(ctx, b.Name)
		if sum += gone; cerr != nil {
			return sum, cerr
		}
	}
	return sum, err
}

// Subscribe gives all events: see told.
func (n *narrow) Subscribe(after uint64) *event.Sub { return n.all.Subscribe(after) }
func (n *narrow) LastEvent() uint64                 { return n.all.LastEvent() }

// told is a change as it is seen here; false when it is about others. What cannot be
// told so is told as lagged: the reader lists anew.
func (n *narrow) told(c mail.Change) (mail.Change, bool) {
	anew := mail.Change{Kind: lagged}
	switch c.Kind {
	case lagged, mail.ClockMoved:
		return c, true
	case mail.Cleared:
		if c.Box == "" {
			return anew, true
		}
		return c, n.may(c.Box)
	case mail.Attempted:
		a, ok := n.attempt(*c.Attempt)
		c.Attempt = &a
		return c, ok
	case mail.Added, mail.Updated, mail.Removed:
		return n.toldOfMail(c)
	}
	return c, false
}

func (n *narrow) toldOfMail(c mail.Change) (mail.Change, bool) {
	c.Deliveries = slices.DeleteFunc(slices.Clone(c.Deliveries), func(d mail.Delivery) bool { return !n.may(d.Box) })
	came, went := len(c.Deliveries) > 0, c.From != "" && n.may(c.From)
	if c.From != "" && came != went { // it has come from elsewhere, or has gone there
		return mail.Change{Kind: lagged}, true
	}
	if c.Message != nil {
		m := n.strip(*c.Message)
		c.Message = &m
	}
	return c, came
}

// errTied says what somebody is asked for who is tied to mailboxes.
func errTied(field, what string) error { return &expect.Error{Field: field, What: what} }

// Expect waits for mail in one mailbox. Conditions that would tell whom else a mail
// went to are not possible.
func (n *narrow) Expect(ctx context.Context, w expect.Want) (expect.Result, error) {
	if w.Mailbox == "" && w.To != "" && n.may(mail.Box(w.To)) {
		w.Mailbox = mail.Box(w.To)
	}
	if w.Mailbox == "" {
		w.Mailbox = n.home
	}
	switch {
	case w.Mailbox == "" || !n.may(w.Mailbox):
		return expect.Result{}, errTied("mailbox", "name one of your mailboxes")
	case w.To != "" && mail.Box(w.To) != w.Mailbox:
		return expect.Result{}, errTied("to", "this is not the address of the mailbox")
	case w.Query != "":
		return expect.Result{}, errTied("query", "a search is not possible for who is tied to mailboxes")
	case slices.ContainsFunc(w.Match, func(t expect.Test) bool {
		return t.Field == "envelope.to" || t.Field == "recipients" || t.Field == "bcc"
	}):
		return expect.Result{}, errTied("match", "a test of the recipients is not possible for who is tied to mailboxes")
	}
	result, err := n.all.Expect(ctx, w)
	result.Mails = each(result.Mails, func(m expect.Mail) expect.Mail { m.Message = n.strip(m.Message); return m })
	if result.Report != nil {
		report := n.report(*result.Report)
		result.Report = &report
	}
	return result, err
}

// report leaves out what is about others. A sentence that may be about that is
// replaced.
func (n *narrow) report(r expect.Report) expect.Report {
	before := len(r.Candidates) + len(r.Attempts) + len(r.Waiting) + len(r.Open)
	r.Candidates = slices.DeleteFunc(slices.Clone(r.Candidates), func(c expect.Candidate) bool { return len(n.strip(c.Message).Deliveries) == 0 })
	for i := range r.Candidates {
		r.Candidates[i].Message = n.strip(r.Candidates[i].Message)
	}
	var attempts []mail.Attempt
	for _, a := range r.Attempts {
		if a, ok := n.attempt(a); ok {
			attempts = append(attempts, a)
		}
	}
	r.Attempts = attempts
	r.Waiting = slices.DeleteFunc(slices.Clone(r.Waiting), func(w expect.Waiting) bool { return !n.may(mail.Box(w.Delivery.Rcpt.Address)) })
	for i := range r.Waiting {
		r.Waiting[i].Message = n.strip(r.Waiting[i].Message)
	}
	r.Open = nil
	if before != len(r.Candidates)+len(r.Attempts)+len(r.Waiting) {
		r.Why = "No such mail came."
	}
	return r
}

func (n *narrow) Cursor() (mail.ID, error) { return n.all.Cursor() }

// Rules are none.
func (n *narrow) Rules() *rule.Set { return n.rules }

func (n *narrow) Document(m *mail.Message, open func() (store.Reader, error)) *query.Document {
	return n.all.Document(m, open)
}

func (n *narrow) Clock() clock.Clock { return n.all.Clock() }

func (n *narrow) Advance(context.Context, time.Duration) error { return notYours() }

// notYours is for what no route should ask.
func notYours() error {
	return huma.Error403Forbidden("This is not for users who are tied to mailboxes.")
}

// attempt is one as it is seen here; false when it was to others.
func (n *narrow) attempt(a mail.Attempt) (mail.Attempt, bool) {
	a.To = n.addresses(a.To)
	return a, len(a.To) > 0
}

func (n *narrow) Attempts(before mail.ID, limit int, which func(*mail.Attempt) bool) []mail.Attempt {
	list := n.all.Attempts(before, limit, func(a *mail.Attempt) bool {
		seen, ok := n.attempt(*a)
		return ok && (which == nil || which(&seen))
	})
	return each(list, func(a mail.Attempt) mail.Attempt { a, _ = n.attempt(a); return a })
}

func (n *narrow) Attempt(id mail.ID) (mail.Attempt, *store.BodyReader, error) {
	a, body, err := n.all.Attempt(id)
	if err != nil {
		return a, body, err
	}
	a, ok := n.attempt(a)
	if !ok {
		return mail.Attempt{}, nil, store.ErrNotFound
	}
	return a, body, nil
}

func (n *narrow) ClearAttempts() int { return 0 }

// The queue is for operators.
func (n *narrow) Hops() []mail.Hop           { return nil }
func (n *narrow) NextDue() (time.Time, bool) { return time.Time{}, false }
func (n *narrow) Coming(int) []mail.Coming   { return nil }
func (n *narrow) Tally() mail.Tally          { return mail.Tally{} }

func (n *narrow) ActOnMail(context.Context, mail.QueueAction, string, ...mail.DeliveryID) (int, error) {
	return 0, notYours()
}

func (n *narrow) ActOnHop(context.Context, mail.QueueAction, string, string) (int, error) {
	return 0, notYours()
}

func (n *narrow) Dispatch(context.Context, mail.Envelope, io.Reader, string) (mail.Receipt, error) {
	return mail.Receipt{}, notYours()
}

func (n *narrow) Release(context.Context, mail.ID, string, []mail.Rcpt, string) (mail.Receipt, error) {
	return mail.Receipt{}, notYours()
}

// A session may have brought mail for others too.
func (n *narrow) Sessions(string, int, func(*mail.Talk) bool) []mail.Talk { return nil }
func (n *narrow) Session(string) (mail.Talk, []mail.Line, bool)           { return mail.Talk{}, nil, false }
func (n *narrow) Transcript(string) (string, bool)                        { return "", false }
