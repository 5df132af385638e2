package main

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"os"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/drop"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/pickup"
	"github.com/postroom/postroom/ui"
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

// open makes the folders, and finds out whether they can be written to.
func (s *folderSettings) open() error {
	for _, f := range []struct{ flag, path string }{{"pickup", s.pickup}, {"drop", s.drop}, {"badmail", s.badmail}} {
		if f.path == "" {
			continue
		}
		if err := tryFolder(f.path); err != nil {
			return usagef("--%s %s: %w", f.flag, f.path, err)
		}
	}
	return nil
}

func tryFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	file, err := os.CreateTemp(path, ".postroom-")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// folders are those that are minded; nil for those that are off.
type folders struct {
	pickup  *pickup.Folder
	drop    *drop.Folder
	badmail *drop.Badmail
}

func (s *folderSettings) of(c *catcher.Catcher, of *settings, log *slog.Logger) (f folders) {
	if s.pickup != "" {
		f.pickup = &pickup.Folder{
			Dir: s.pickup, Acceptor: c, IDs: mail.NewIDs(rand.Reader), Clock: c.Clock(), Domain: of.domain,
			Unstuff: s.unstuff, MaxSize: int64(of.maxMessageSize), Log: log,
		}
	}
	if s.drop != "" {
		f.drop = &drop.Folder{Dir: s.drop, Flat: s.flat, Source: c, Log: log}
	}
	if s.badmail != "" {
		f.badmail = &drop.Badmail{Dir: s.badmail, Source: c, Log: log}
	}
	return f
}

// run minds the folders until the group's context ends.
func (f folders) run(g *group) {
	if f.pickup != nil {
		g.run(f.pickup.Run)
	}
	if f.drop != nil {
		g.run(f.drop.Run)
	}
	if f.badmail != nil {
		g.run(f.badmail.Run)
	}
}

// show lets the page tell what the folders do.
func (f folders) show(server *ui.Server) {
	if f.pickup != nil {
		server.Pickup = f.pickup.Tally
	}
	if f.drop != nil {
		server.Drop = f.drop.Tally
	}
	if f.badmail != nil {
		server.Badmail = f.badmail.Tally
	}
}
