package catcher

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// What is kept of attempts at most: the oldest go first.
const (
	maxAttempts      = 10_000
	maxAttemptOctets = 64 << 20 // of their bodies
)

// attempts keeps the latest of them, and what came of their messages.
type attempts struct {
	mu     sync.Mutex // guards all below
	list   []attempt  // by ID
	octets int64
}

type attempt struct {
	mail.Attempt
	body *store.Body // nil when nothing came
}

// attempted keeps an attempt, gives it an ID if it has none, and tells of it.
func (c *Catcher) attempted(a mail.Attempt, body *store.Body) {
	if a.ID.IsZero() {
		id, err := c.ids.Next(a.At)
		if err != nil {
			c.cfg.Log.Error("attempt not kept", "err", err)
			return
		}
		a.ID = id
	}
	a.Body = body != nil && body.Size() > 0
	c.logAttempt(&a)
	c.attempts.add(attempt{a, body})
	change := mail.Change{Kind: mail.Attempted, Attempt: &a}
	c.tally.note(&change)
	c.bus.Publish(c.cfg.Clock.Now(), change)
}

// logAttempt tells the log of an attempt.
func (c *Catcher) logAttempt(a *mail.Attempt) {
	if !c.cfg.Log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	about := []any{"attempt", a.ID, "stage", a.Stage, "did", a.Did}
	if a.Session != nil {
		about = append(about, "session", a.Session.ID)
	}
	if !a.Message.IsZero() {
		about = append(about, "message", a.Message)
	}
	if a.Rule != "" {
		about = append(about, "rule", a.Rule)
	}
	if a.Reply != nil {
		about = append(about, "reply", a.Reply.Error())
	}
	c.cfg.Log.Debug("client refused", about...)
}

func (s *attempts) add(a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := s.find(a.ID)
	s.list = slices.Insert(s.list, i, a)
	s.octets += a.octets()
	if len(s.list) > maxAttempts || s.octets > maxAttemptOctets {
		s.trim()
	}
}

// trim forgets an eighth more than it has to, so that doing so stays cheap.
func (s *attempts) trim() {
	gone := 0
	for len(s.list)-gone > maxAttempts*7/8 || s.octets > maxAttemptOctets*7/8 && gone < len(s.list)-1 {
		s.octets -= s.list[gone].octets()
		gone++
	}
	s.list = slices.Delete(s.list, 0, gone)
}

// find returns where the attempt is, or belongs. The caller holds mu.
func (s *attempts) find(id mail.ID) (int, bool) {
	return slices.BinarySearchFunc(s.list, id, func(a attempt, id mail.ID) int { return a.ID.Compare(id) })
}

func (a *attempt) octets() int64 {
	if a.body == nil {
		return 0
	}
	return a.body.Size()
}

// Attempts returns what went wrong with clients, newest first: those before the
// given one (zero: from the newest on) that which chooses (nil: all), at most so
// many (0: all).
func (c *Catcher) Attempts(before mail.ID, limit int, which func(*mail.Attempt) bool) []mail.Attempt {
	s := &c.attempts
	s.mu.Lock()
	defer s.mu.Unlock()
	end := len(s.list)
	if !before.IsZero() {
		end, _ = s.find(before)
	}
	var list []mail.Attempt
	for i := end - 1; i >= 0 && (limit <= 0 || len(list) < limit); i-- {
		if which == nil || which(&s.list[i].Attempt) {
			list = append(list, s.list[i].Attempt)
		}
	}
	return list
}

// Attempt returns one attempt with as much of its message as came: nil when
// nothing did. The error is store.ErrNotFound.
func (c *Catcher) Attempt(id mail.ID) (mail.Attempt, *store.BodyReader, error) {
	s := &c.attempts
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.find(id)
	if !found {
		return mail.Attempt{}, nil, store.ErrNotFound
	}
	a := &s.list[i]
	if !a.Body {
		return a.Attempt, nil, nil
	}
	return a.Attempt, a.body.Reader(), nil
}

// ClearAttempts forgets all of them and returns how many there were.
func (c *Catcher) ClearAttempts() int {
	s := &c.attempts
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	s.list, s.octets = nil, 0
	return n
}
