package archive

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
)

// ErrExists is returned, wrapped, for a target that has something in it.
var ErrExists = errors.New("there is something already")

// indexName is the file in which trees and Maildirs keep facts: one message a
// line, as JSON.
const indexName = "postroom.jsonl"

// A Writer writes messages. Files appear whole or not at all; only their owner
// may read them. After an error of Add only Abort makes sense.
type Writer interface {
	// Add writes one message.
	Add(facts Facts, body io.ReadSeeker) error
	// Close completes the archive.
	Close() error
	// Abort ends it early: files that were written stay, an mbox file does not
	// come to be.
	Abort() error
}

// CreateTree writes .eml files: ID.eml in the Folder of each of the message's
// mailboxes. The directory has to be empty or missing, or else force be set:
// then files are added to it, and replaced if they have the same name.
func CreateTree(dir string, force bool) (Writer, error) {
	return createDir(dir, force, func(f Facts) []place {
		var places []place
		for _, box := range f.Mailboxes {
			folder := filepath.Join(dir, filepath.FromSlash(Folder(box)))
			places = append(places, place{
				temporary: filepath.Join(folder, ".postroom-"+f.ID.String()),
				path:      filepath.Join(folder, f.ID.String()+".eml"),
			})
		}
		return places
	})
}

// CreateMaildir writes a Maildir: messages not seen are new in it. The directory
// has to be empty or missing unless force is set; see CreateTree.
func CreateMaildir(dir string, force bool) (Writer, error) {
	w, err := createDir(dir, force, func(f Facts) []place {
		name := strconv.FormatInt(f.Received.Unix(), 10) + "." + f.ID.String() + ".postroom"
		path := filepath.Join(dir, "new", name)
		if f.Seen {
			path = filepath.Join(dir, "cur", name+":2,S")
		}
		return []place{{temporary: filepath.Join(dir, "tmp", name), path: path}}
	})
	if err != nil {
		return nil, err
	}
	for _, folder := range maildirFolders() {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, errors.Join(err, w.Abort())
		}
	}
	return w, nil
}

// A place is where a message goes, by way of a temporary file.
type place struct{ temporary, path string }

// A dirWriter writes a file for each message, and an index.
type dirWriter struct {
	dir    string
	places func(Facts) []place
	index  *wholeFile
	made   map[string]bool // folders
}

func createDir(dir string, force bool, places func(Facts) []place) (*dirWriter, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 && !force {
		return nil, fmt.Errorf("%s: %w", dir, ErrExists)
	}
	index, err := createFile(filepath.Join(dir, indexName))
	if err != nil {
		return nil, err
	}
	w := &dirWriter{dir: dir, places: places, index: index, made: map[string]bool{}}
	if err := w.keepIndex(); err != nil {
		return nil, errors.Join(err, index.remove())
	}
	return w, nil
}

// keepIndex begins the index with what an older one says.
func (w *dirWriter) keepIndex() error {
	f, err := os.Open(filepath.Join(w.dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for facts, err := range readFacts(f) {
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		if err := w.note(facts); err != nil {
			return err
		}
	}
	return nil
}

func (w *dirWriter) Add(facts Facts, body io.ReadSeeker) error {
	for _, p := range w.places(facts) {
		if err := w.put(p, facts, body); err != nil {
			return fmt.Errorf("write %s: %w", p.path, err)
		}
	}
	return w.note(facts)
}

func (w *dirWriter) put(p place, facts Facts, body io.ReadSeeker) error {
	if folder := filepath.Dir(p.path); !w.made[folder] {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		w.made[folder] = true
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	f, err := os.OpenFile(p.temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Chtimes(p.temporary, facts.Received, facts.Received)
	}
	if err == nil {
		err = os.Rename(p.temporary, p.path)
	}
	if err != nil {
		os.Remove(p.temporary)
	}
	return err
}

// note writes a line of the index.
func (w *dirWriter) note(facts Facts) error {
	line, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	w.index.out.Write(line)
	return w.index.out.WriteByte('\n')
}

func (w *dirWriter) Close() error { return w.index.keep() }
func (w *dirWriter) Abort() error { return w.index.keep() }

// readFacts reads the lines of an index, up to the first that is none.
func readFacts(in io.Reader) iter.Seq2[Facts, error] {
	return func(yield func(Facts, error) bool) {
		for d := json.NewDecoder(in); ; {
			var f Facts
			err := d.Decode(&f)
			if err == io.EOF || !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// An mboxWriter writes an mbox.
type mboxWriter struct {
	out  *bufio.Writer
	in   *bufio.Reader // of the body at hand
	file *wholeFile    // nil when it is not ours to close
}

// CreateMbox writes an mbox file. The file has to be empty or missing, or else
// force be set: then it is replaced.
func CreateMbox(path string, force bool) (Writer, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	case err == nil && info.Size() > 0 && !force:
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	}
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	return newMbox(f.out, f), nil
}

// NewMbox writes an mbox to where the caller wants it, who has to close that.
func NewMbox(out io.Writer) Writer { return newMbox(bufio.NewWriterSize(out, 64<<10), nil) }

func newMbox(out *bufio.Writer, file *wholeFile) *mboxWriter {
	return &mboxWriter{out, bufio.NewReaderSize(nil, 32<<10), file}
}

func (w *mboxWriter) Add(facts Facts, body io.ReadSeeker) error {
	ended, err := ended(body)
	if err != nil {
		return err
	}
	line, err := separator{facts, !ended}.line()
	if err != nil {
		return err
	}
	w.out.WriteString(line)
	w.in.Reset(body)
	if _, err := io.Copy(w.out, &requoter{in: w.in, by: +1}); err != nil {
		return fmt.Errorf("write the mbox: %w", err)
	}
	if !ended {
		w.out.WriteByte('\n')
	}
	return w.out.WriteByte('\n')
}

// ended says whether a body ends in LF, or is empty, and goes to its start.
func ended(body io.ReadSeeker) (bool, error) {
	size, err := body.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return true, err
	}
	var last [1]byte
	if _, err := body.Seek(-1, io.SeekEnd); err != nil {
		return false, err
	}
	if _, err := io.ReadFull(body, last[:]); err != nil {
		return false, err
	}
	_, err = body.Seek(0, io.SeekStart)
	return last[0] == '\n', err
}

func (w *mboxWriter) Close() error {
	if w.file == nil {
		return w.out.Flush()
	}
	return w.file.keep()
}

func (w *mboxWriter) Abort() error {
	if w.file == nil {
		return w.out.Flush()
	}
	return w.file.remove()
}

// A wholeFile has its name only once it is complete.
type wholeFile struct {
	path string
	file *os.File
	out  *bufio.Writer
}

func createFile(path string) (*wholeFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".postroom-*")
	if err != nil {
		return nil, err
	}
	return &wholeFile{path, f, bufio.NewWriterSize(f, 64<<10)}, nil
}

// keep completes the file.
func (f *wholeFile) keep() error {
	err := errors.Join(f.out.Flush(), f.file.Close())
	if err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		os.Remove(f.file.Name())
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// remove leaves nothing behind.
func (f *wholeFile) remove() error {
	return errors.Join(f.file.Close(), os.Remove(f.file.Name()))
}
