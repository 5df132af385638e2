package main

import (
	"crypto/rand"
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/drop"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/pickup"
)

// folderSettings are the flags of the folders that the IIS SMTP service had.
type folderSettings struct {
	pickup, drop, badmail string
	unstuff, flat         bool
}

func (s *folderSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.pickup, "pickup", "", "send the message files that are put into this `folder`")
	flags.BoolVar(&s.unstuff, "pickup-dot-stuffed", false, "the files in --pickup are dot-stuffed, as the IIS SMTP service took them to be")
	flags.StringVar(&s.drop, "drop", "", "write each mail into this `folder` too, in a folder for each mailbox")
	flags.BoolVar(&s.flat, "drop-flat", false, "write all mail into --drop itself, as the IIS SMTP service did")
	flags.StringVar(&s.badmail, "badmail", "", "write what becomes Badmail into this `folder` too, in three files each")
}

// check refuses folders that would feed each other.
func (s *folderSettings) check() error {
	if err := drop.Check(s.pickup, s.drop, s.badmail); err != nil {
		return usageError{err}
	}
	return nil
}

// run minds the folders until the group's context ends.
func (s *folderSettings) run(g *group, c *catcher.Catcher, of *settings, log *slog.Logger) {
	if s.pickup != "" {
		folder := &pickup.Folder{
			Dir: s.pickup, Acceptor: c, IDs: mail.NewIDs(rand.Reader), Clock: c.Clock(), Domain: of.domain,
			Unstuff: s.unstuff, MaxSize: int64(of.maxMessageSize), Log: log,
		}
		g.run(folder.Run)
	}
	if s.drop != "" {
		folder := &drop.Folder{Dir: s.drop, Flat: s.flat, Source: c, Log: log}
		g.run(folder.Run)
	}
	if s.badmail != "" {
		folder := &drop.Badmail{Dir: s.badmail, Source: c, Log: log}
		g.run(folder.Run)
	}
}
