// Package drop writes mail into folders, from which other programs take it: what
// arrives in mailboxes (Folder), and what could be neither delivered nor returned
// (Badmail).
//
// A file appears whole or not at all. Where writing stopped is kept in the folder,
// so that after a restart it goes on there; that note is at most a second old,
// after a crash too. What is then written a second time gets the same name: it
// is there twice only for a program that had already taken the first away.
package drop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A Source is where mail comes from; *catcher.Catcher is one.
type Source interface {
	List(ctx context.Context, q store.Query) (store.Page, error)
	Get(ctx context.Context, id mail.ID) (mail.Message, error)
	Open(ctx context.Context, id mail.ID) (store.Reader, error)
	Subscribe(after uint64) *event.Sub
	LastEvent() uint64
}

// A Folder gets each mail that arrives in the mailbox of a recipient, also by way
// of the queue. A file begins with lines "x-sender:" and "x-receiver:", which are
// the envelope, and goes on with the message, byte for byte: put into a Pickup
// folder it is sent as it was. A sender that is null is written "<>"; ESMTP
// parameters are not written, since programs expect none.
type Folder struct {
	Dir    string
	Flat   bool // all in one folder: ID.eml, for all recipients; else each in the folder of its mailbox, archive.Folder
	Source Source
	Log    *slog.Logger // nil: nowhere
	Domain string       // of addresses without one

	written atomic.Int64
}

// Tally says what it has written since it runs.
func (f *Folder) Tally() mail.FolderTally {
	return mail.FolderTally{Dir: f.Dir, Done: f.written.Load()}
}

// Run makes the folder if it is missing and writes into it until ctx or the source
// ends. A folder that is new gets all mail there is. Failures are logged once and
// tried again until they pass: nothing is left out, but what was deleted before
// it could be written. The error is that of a folder that cannot be begun.
func (f *Folder) Run(ctx context.Context) error {
	return follow(ctx, &follower{
		dir:    f.Dir,
		source: f.Source,
		log:    f.Log,
		wants:  func(box string) bool { return !strings.HasPrefix(box, "@") },
		write:  f.write,
	})
}

// write writes deliveries of one message that arrived together.
func (f *Folder) write(m *mail.Message, arrived []mail.Delivery, body io.ReadSeeker) error {
	if f.Flat {
		return f.writeFile(filepath.Join(f.Dir, baseName(m, arrived[0])+".eml"), m, arrived, body)
	}
	for i := range arrived {
		folder := filepath.Join(f.Dir, filepath.FromSlash(archive.Folder(arrived[i].Box)))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		if err := f.writeFile(filepath.Join(folder, m.ID.String()+".eml"), m, arrived[i:i+1], body); err != nil {
			return err
		}
	}
	return nil
}

// baseName is the message's ID, and for those of its deliveries that come later
// by themselves, their number.
func baseName(m *mail.Message, first mail.Delivery) string {
	if first.ID.N == 0 {
		return m.ID.String()
	}
	return fmt.Sprintf("%s-%d", m.ID, first.ID.N)
}

func (f *Folder) writeFile(path string, m *mail.Message, arrived []mail.Delivery, body io.ReadSeeker) error {
	var head bytes.Buffer
	fmt.Fprintf(&head, "x-sender: %s\r\n", f.address(m.Envelope.From))
	for _, d := range arrived {
		fmt.Fprintf(&head, "x-receiver: %s\r\n", f.address(d.Rcpt.Address))
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	err := writeWhole(path, io.MultiReader(&head, body))
	if err == nil {
		f.written.Add(1)
	}
	return err
}

func (f *Folder) address(text string) string {
	if text == "" {
		return "<>"
	}
	if a, err := mail.ParseAddress(text); err == nil {
		return a.Within(f.Domain).String()
	}
	return oneLine(text)
}

func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// writeWhole writes a file that appears under its name when it is whole and safe
// on disk; before, it is hidden beside.
func writeWhole(path string, r io.Reader) error {
	temporary := filepath.Join(filepath.Dir(path), ".postroom-"+filepath.Base(path))
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
