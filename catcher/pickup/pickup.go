// Package pickup sends the messages that other programs put into a folder.
//
// A program writes a file, under any name, and when it is complete the message
// in it is accepted and the file goes. The format is that of the IIS SMTP
// service's Pickup folder, of System.Net.Mail, CDO, and Exchange's Replay folder;
// see parse.
//
// Nothing tells for sure that a file is complete. It is taken once it has not
// changed for a while: settle, when the system says that nobody has it open for
// writing (Linux, for files of our own user or as root), or else a whole scan
// interval, when nobody holds a lock on it (as .NET does). Whoever wants to be
// sure writes under a name that starts with a dot or ends in ".tmp", and renames.
//
// A file is claimed by a name of ours, accepted, and deleted. A crash between the
// last two leaves a claim, which is sent again at the next start: rather twice
// than not at all.
package pickup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// DefaultScan is the time between two looks at the folder.
const DefaultScan = time.Second

const (
	settle    = 20 * time.Millisecond // for a file that nobody has open
	emptyWait = time.Minute           // for a file with nothing in it
	maxPause  = 5 * time.Minute       // between two tries of one file

	claimed = ".postroom.tmp" // ends the name of a file that is ours
	bad     = ".bad"          // ends the name of a file that cannot be sent
	why     = ".bad.txt"      // ends the name of the file that says why
)

// An Acceptor takes mail; *catcher.Catcher is one. An error that is a *mail.Reply
// with a code of 500 or more is final, all others are not.
type Acceptor interface {
	Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error)
}

// A Folder is a Pickup folder. Only one may be at work in a directory.
type Folder struct {
	Dir      string
	Acceptor Acceptor
	IDs      *mail.IDs     // names the sessions
	Clock    clock.Clock   // says when they began; nil: the system's
	Log      *slog.Logger  // nil: nowhere
	Domain   string        // of addresses without one
	Unstuff  bool          // files are dot-stuffed, as IIS took them
	MaxSize  int64         // octets of a file; 0: no limit
	Scan     time.Duration // real time between two looks, besides notifications; 0: DefaultScan

	waiting, taken, bad atomic.Int64 // files
}

// Tally says what it has done since it runs.
func (f *Folder) Tally() mail.FolderTally {
	return mail.FolderTally{Dir: f.Dir, Waiting: f.waiting.Load(), Done: f.taken.Load(), Bad: f.bad.Load()}
}

// Run makes the folder if it is missing, and sends what is put there until ctx
// ends. The error is that of making the folder; whatever happens later is logged.
func (f *Folder) Run(ctx context.Context) error {
	if err := os.MkdirAll(f.Dir, 0o777); err != nil {
		return err
	}
	w := newWork(f)
	watcher, stop := w.watch()
	defer stop()
	for ctx.Err() == nil {
		wait := w.Scan
		if w.scan(ctx, time.Now()) {
			wait = settle
		}
		pause(ctx, wait, watcher)
	}
	return nil
}

// pause waits, for at most settle after a notification, or after an error, which
// says that some were missed.
func pause(ctx context.Context, wait time.Duration, watcher *fsnotify.Watcher) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-watcher.Events:
		case <-watcher.Errors:
		}
		if wait > settle {
			wait = settle
			timer.Reset(wait)
		}
	}
}

// work is a Folder at work. It is for one goroutine.
type work struct {
	*Folder
	Scan  time.Duration // these are the Folder's, but never zero
	Clock clock.Clock
	Log   *slog.Logger
	files map[string]*file // by name, those in the folder
	lost  bool             // the folder cannot be read
}

// A file is what is known of one.
type file struct {
	name  string // as its writer called it
	size  int64
	mod   time.Time
	since time.Time     // when it was first seen like that
	after time.Time     // when it is tried again
	pause time.Duration // before that
	told  bool          // it was logged that it waits
	sent  bool          // it was accepted, and could not be deleted
}

func newWork(f *Folder) *work {
	w := &work{Folder: f, Scan: f.Scan, Clock: f.Clock, Log: f.Log, files: map[string]*file{}}
	if w.Scan <= 0 {
		w.Scan = DefaultScan
	}
	if w.Clock == nil {
		w.Clock = clock.System{}
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	w.Log = w.Log.With("pickup", w.Dir)
	return w
}

// watch starts notifications, until stop is called. Where there are none, as on
// many a network mount, the watcher is silent.
func (w *work) watch() (watcher *fsnotify.Watcher, stop func()) {
	watcher, err := fsnotify.NewWatcher()
	stop = func() { watcher.Close() }
	if err != nil {
		watcher, stop = &fsnotify.Watcher{}, func() {}
	} else {
		err = watcher.Add(w.Dir)
	}
	if err != nil {
		w.Log.Warn("no notifications: the folder is only scanned", "every", w.Scan, "err", err)
	}
	return watcher, stop
}

// scan looks at the folder, and sends what is complete, in the order in which it
// was written. It says whether there is something that soon may be.
func (w *work) scan(ctx context.Context, now time.Time) (soon bool) {
	entries, err := os.ReadDir(w.Dir)
	if err != nil && !w.lost {
		w.Log.Error("folder cannot be read", "err", err)
	}
	if w.lost = err != nil; w.lost {
		return false
	}
	known := make(map[string]*file, len(entries))
	var due []*file
	for _, entry := range entries {
		f := w.look(entry, now)
		if f == nil || known[f.name] != nil { // a claim, and a new file of that name
			continue
		}
		known[f.name] = f
		if ready, wait := w.ready(f, now); ready {
			due = append(due, f)
		} else {
			soon = soon || wait
		}
	}
	w.files = known
	w.waiting.Store(int64(len(known)))
	slices.SortFunc(due, func(a, b *file) int { return cmp.Or(a.mod.Compare(b.mod), strings.Compare(a.name, b.name)) })
	for _, f := range due {
		if ctx.Err() != nil {
			return false
		}
		w.take(ctx, f, now)
		w.waiting.Store(int64(len(w.files)))
	}
	return soon
}

// look returns what is known of an entry, or nil for one that is none of ours.
func (w *work) look(entry fs.DirEntry, now time.Time) *file {
	name := entry.Name()
	lower := strings.ToLower(name)
	name, ours := strings.CutSuffix(name, claimed)
	if strings.HasPrefix(lower, ".") || entry.IsDir() || !ours && hasSuffix(lower, ".tmp", bad, why) {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return nil // gone
	}
	f := w.files[name]
	if f == nil {
		f = &file{name: name}
	}
	if !info.Mode().IsRegular() {
		w.tell(f, "not a file: ignored", "mode", info.Mode().String())
		f.after = now.Add(maxPause)
		return f
	}
	if f.since.IsZero() || f.size != info.Size() || !f.mod.Equal(info.ModTime()) {
		f.size, f.mod, f.since = info.Size(), info.ModTime(), now
	}
	return f
}

func hasSuffix(s string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

// tell logs once that a file has to wait.
func (w *work) tell(f *file, msg string, args ...any) {
	if !f.told {
		f.told = true
		w.Log.Warn(msg, append([]any{"file", f.name}, args...)...)
	}
}

func (w *work) path(name string) string { return filepath.Join(w.Dir, name) }

// ready says whether a file is complete and its time has come, and if not,
// whether it may soon be.
func (w *work) ready(f *file, now time.Time) (ready, soon bool) {
	if now.Before(f.after) {
		return false, false
	}
	if _, err := os.Lstat(w.path(f.name + claimed)); err == nil {
		return true, false
	}
	still := now.Sub(f.since)
	if f.size == 0 {
		return still >= emptyWait, false
	}
	if still < settle {
		return false, true
	}
	switch use, err := inUse(w.path(f.name)); {
	case err != nil:
		w.later(f, now, err)
		return false, false
	case use == closed:
		return true, false
	case use == open:
		return false, false
	}
	return still >= w.Scan, false
}

// A use is what the system knows about who has a file open.
type use int

const (
	unknown use = iota
	open        // somebody writes, or holds a lock
	closed      // nobody writes
)

// later lets a file wait, each time for longer.
func (w *work) later(f *file, now time.Time, err error) {
	w.tell(f, "file waits", "err", err)
	f.pause = min(max(2*f.pause, w.Scan), maxPause)
	f.after = now.Add(f.pause)
}

// take claims a file and sends it.
func (w *work) take(ctx context.Context, f *file, now time.Time) {
	claim := w.path(f.name + claimed)
	if _, err := os.Lstat(claim); errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(w.path(f.name), claim)
		if errors.Is(err, fs.ErrNotExist) {
			return // taken back
		}
		if err != nil {
			w.later(f, now, err)
			return
		}
	}
	err := w.send(ctx, f, claim)
	switch reply := (*mail.Reply)(nil); {
	case errors.Is(err, errMalformed), errors.As(err, &reply) && reply.Code >= 500:
		if err = w.refuse(f, claim, err); err == nil {
			w.bad.Add(1)
		}
	case err == nil:
		if !f.sent {
			w.taken.Add(1)
		}
		f.sent = true
		err = os.Remove(claim)
	}
	switch {
	case err == nil:
		delete(w.files, f.name) // another may come under this name
	case ctx.Err() == nil:
		w.later(f, now, err)
	}
}

// send accepts a claimed file, unless that was done.
func (w *work) send(ctx context.Context, f *file, claim string) error {
	if f.sent {
		return nil
	}
	text, err := w.read(claim)
	if err != nil {
		return err
	}
	env, body, err := parse(text, w.Domain, w.Unstuff)
	if err != nil {
		return err
	}
	now := w.Clock.Now()
	id, err := w.IDs.Next(now)
	if err != nil {
		return err
	}
	env.Session = &mail.Session{ID: id.String(), Started: now, Protocol: "PICKUP", Remote: f.name}
	receipt, err := w.Acceptor.Accept(ctx, env, strings.NewReader(body))
	if err == nil {
		w.Log.Info("picked up", "file", f.name, "session", id, "message", receipt.ID)
	}
	return err
}

func (w *work) read(claim string) (string, error) {
	f, err := os.Open(claim)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	if w.MaxSize <= 0 {
		_, err = io.Copy(&text, f)
		return text.String(), err
	}
	n, err := io.Copy(&text, io.LimitReader(f, w.MaxSize+1))
	if err == nil && n > w.MaxSize {
		err = fmt.Errorf("%w: more than %d octets", errMalformed, w.MaxSize)
	}
	return text.String(), err
}

// refuse puts a file aside with the reason beside it. A file that is there already
// is not overwritten: names are numbered then.
func (w *work) refuse(f *file, claim string, reason error) error {
	for n := 1; ; n++ {
		name := w.path(f.name)
		if n > 1 {
			name = fmt.Sprintf("%s.%d", name, n)
		}
		if _, err := os.Lstat(name + bad); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		note, err := os.OpenFile(name+why, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(note, strings.ReplaceAll(reason.Error(), "\n", " "))
		if err = errors.Join(err, note.Close()); err == nil {
			err = os.Rename(claim, name+bad)
		}
		if err != nil {
			return errors.Join(err, os.Remove(name+why))
		}
		w.Log.Warn("file refused", "file", f.name, "bad", name+bad, "err", reason)
		return nil
	}
}
