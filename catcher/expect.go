package catcher

import (
	"context"

	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
)

// Expect waits until the mail that is wanted has arrived, or says what came instead;
// see expect.Room.Expect.
func (c *Catcher) Expect(ctx context.Context, w expect.Want) (expect.Result, error) {
	return c.room.Expect(ctx, w)
}

// Cursor returns an ID that is newer than all messages and attempts there are, and
// older than all to come.
func (c *Catcher) Cursor() (mail.ID, error) { return c.ids.Next(c.cfg.Clock.Now()) }

// Transactions describes the SMTP transactions that are under way, and the sessions
// that are about to begin their first.
func (c *Catcher) Transactions() []mail.Transaction { return c.smtp.Transactions() }
