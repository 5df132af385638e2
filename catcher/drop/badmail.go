package drop

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// Badmail gets three files for each delivery that comes into mail.BadmailBox:
//
//	ID.BDP  its properties, as lines "key: value"; those of IIS are binary
//	ID.BDR  the reason, in the words of IIS, and in ours
//	ID.BAD  the message, byte for byte
//
// They are written in this order: where there is a .BAD, the others are. For all
// but the first delivery of a message the number of the delivery follows the ID.
type Badmail struct {
	Dir    string
	Source Source
	Log    *slog.Logger // nil: nowhere

	written atomic.Int64
}

// Tally says of how many deliveries it has written the files since it runs.
func (b *Badmail) Tally() mail.FolderTally {
	return mail.FolderTally{Dir: b.Dir, Done: b.written.Load()}
}

// Run is as that of Folder.
func (b *Badmail) Run(ctx context.Context) error {
	return follow(ctx, &follower{
		dir:    b.Dir,
		source: b.Source,
		log:    b.Log,
		wants:  func(box string) bool { return box == mail.BadmailBox },
		write:  b.write,
	})
}

func (b *Badmail) write(m *mail.Message, arrived []mail.Delivery, body io.ReadSeeker) error {
	if err := os.MkdirAll(b.Dir, 0o777); err != nil {
		return err
	}
	for _, d := range arrived {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		base := filepath.Join(b.Dir, baseName(m, d))
		if err := writeWhole(base+".BDP", strings.NewReader(properties(m, &d))); err != nil {
			return err
		}
		if err := writeWhole(base+".BDR", strings.NewReader(reason(m, &d))); err != nil {
			return err
		}
		if err := writeWhole(base+".BAD", body); err != nil {
			return err
		}
		b.written.Add(1)
	}
	return nil
}

// reason is the text of a .BDR. IIS has one sentence and code for reports, and we
// have one for the rest.
func reason(m *mail.Message, d *mail.Delivery) string {
	sentence, code := "This message cannot be delivered.", "0x80004005"
	if m.Envelope.From == "" {
		sentence, code = "This message is a delivery status notification that cannot be delivered.", "0xC00402C7"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Unable to deliver this message because the follow error was encountered: \"%s\".\r\n\r\n", sentence)
	fmt.Fprintf(&b, "The specific error code was %s.\r\n\r\n\r\n", code)
	fmt.Fprintf(&b, "The message sender was:\r\n\r\n    <%s>\r\n\r\n", oneLine(m.Envelope.From))
	fmt.Fprintf(&b, "The message was intended for the following recipients:\r\n\r\n    %s\r\n", oneLine(d.Rcpt.Address))
	if n := len(d.Trail); n > 0 {
		fmt.Fprintf(&b, "\r\nThe last that happened was:\r\n\r\n    %s\r\n", step(&d.Trail[n-1]))
	}
	return b.String()
}

// step is one line of a trail.
func step(s *mail.Step) string {
	words := []string{s.At.UTC().Format(time.RFC3339), s.Did}
	if s.Rule != "" {
		words = append(words, "rule="+s.Rule)
	}
	if s.Host != "" {
		words = append(words, "host="+s.Host)
	}
	if s.Reply != nil {
		words = append(words, s.Reply.Error())
	}
	if !s.Ref.IsZero() {
		words = append(words, "message="+s.Ref.String())
	}
	return oneLine(strings.Join(words, " "))
}

// properties is the text of a .BDP. What is empty is left out, but for the sender.
func properties(m *mail.Message, d *mail.Delivery) string {
	s := cmp.Or(m.Envelope.Session, &mail.Session{})
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", key, oneLine(value))
		}
	}
	line("message", m.ID.String())
	line("delivery", fmt.Sprint(d.ID.N))
	line("received", m.Received.UTC().Format(time.RFC3339Nano))
	line("size", fmt.Sprint(m.Size))
	line("sender", "<"+m.Envelope.From+">")
	line("recipient", "<"+d.Rcpt.Address+">")
	line("notify", strings.Join(d.Rcpt.Notify.Names(), ","))
	line("orcpt", d.Rcpt.ORcpt)
	line("ret", m.Envelope.Ret)
	line("envid", m.Envelope.EnvID)
	line("body", m.Envelope.Body)
	line("session", s.ID)
	line("protocol", s.Protocol)
	line("remote", s.Remote)
	line("helo", s.Helo)
	line("user", s.User)
	line("tls", s.TLS)
	line("state", string(d.State))
	for i := range d.Trail {
		line("step", step(&d.Trail[i]))
	}
	return b.String()
}
