// Package archive reads and writes mail in files: .eml files and trees of them,
// mbox files and Maildirs.
//
// What it writes it reads back octet by octet, with the envelope: Facts stand
// beside the messages, in a file called postroom.jsonl at the root of a tree or
// Maildir, and at the end of an mbox file's "From " lines. Other programs need
// not know of either.
//
// # What counts as what
//
// A file named *.eml is one message, whatever is in it. Another file is an mbox
// if it begins with "From ". A directory with cur and new in it is a Maildir. In
// any other directory *.eml files, mboxes, and directories are read in the order
// of their names; what is none of these, and what begins with a dot, is passed
// over. Symbolic links to directories are followed only when they are named
// themselves.
//
// # mbox
//
// We write mboxrd: ">" is put before each line that matches "^>*From ", and an
// empty line ends the message. Line ends stay as they are. A message that does
// not end in LF gets one, and its "From " line says so.
//
// We read mboxrd and what is like it: a "From " line at the start or after an
// empty line begins a message, CRLF or not; of the ">" before "From " one is
// taken away. An mboxo file looks the same but has no ">" before lines that came
// with one, so that such lines lose theirs. Content-Length is not looked at.
package archive

import (
	"bufio"
	"io"
	"os"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// Facts are what is known of a message beside its bytes.
type Facts struct {
	ID        mail.ID   `json:"id"`
	From      string    `json:"from"` // reverse-path; "" is the null sender
	To        []string  `json:"to"`   // forward-paths
	Received  time.Time `json:"received"`
	Mailboxes []string  `json:"mailboxes"` // where it lay
	Seen      bool      `json:"seen"`
}

// A Message is one that was found. It holds no open file.
type Message struct {
	Name  string // the path of its file; in an mbox with the message's number, "inbox#3"
	Facts *Facts // nil when we did not write it, or what we wrote beside it is gone

	path       string
	start, end int64 // where it is in an mbox
	quoted     bool  // it is in an mbox
}

// Open returns the bytes of the message. It may be called again, and by several
// goroutines, as long as the file stays as it is.
func (m Message) Open() (io.ReadCloser, error) {
	f, err := os.Open(m.path)
	if err != nil || !m.quoted {
		return f, err
	}
	size := m.end - m.start
	in := bufio.NewReaderSize(io.NewSectionReader(f, m.start, size), int(min(size, 32<<10)))
	return unquoted{&requoter{in: in, by: -1}, f}, nil
}

type unquoted struct {
	io.Reader
	io.Closer
}
