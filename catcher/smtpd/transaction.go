package smtpd

import (
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// aboutToSend is how long a session without a transaction counts as one that is
// about to begin.
const aboutToSend = 2 * time.Second

// openTransaction is what others may know of a session's transaction.
type openTransaction struct {
	number uint64 // 0: there is none
	from   string
	to     []string
	data   bool
}

// begun tells others that a transaction has.
func (c *conn) begun(from string) {
	number := c.srv.transactions.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent, c.open = true, openTransaction{number: number, from: from}
}

// addressed tells others of one more recipient.
func (c *conn) addressed(to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open.to = append(c.open.to, to)
}

// messaging tells others that no more recipients come.
func (c *conn) messaging() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open.data = true
}

// done tells others that the transaction has ended, well or not.
func (c *conn) done() {
	c.mu.Lock()
	had := c.open.number != 0 || c.closed && !c.sent
	c.open = openTransaction{}
	c.mu.Unlock()
	if had && c.srv.Ended != nil {
		c.srv.Ended()
	}
}

// transaction is what is under way in the session, or is about to be.
func (c *conn) transaction(now time.Time) (mail.Transaction, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := mail.Transaction{Session: c.info, Number: c.open.number, From: c.open.from, To: slices.Clone(c.open.to), Data: c.open.data}
	if until := c.began.Add(aboutToSend); !c.sent {
		t.Until = until
		return t, now.Before(until)
	}
	return t, t.Number != 0
}

// Transactions describes those under way, and the sessions that are about to
// begin their first, oldest session first.
func (s *Server) Transactions() []mail.Transaction {
	now := time.Now()
	var list []mail.Transaction
	s.each(func(c *conn) {
		if t, open := c.transaction(now); open {
			list = append(list, t)
		}
	})
	slices.SortFunc(list, func(a, b mail.Transaction) int { return strings.Compare(a.Session.ID, b.Session.ID) })
	return list
}
