package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
)

// Read goes through the messages that a path holds. What cannot be read comes
// as an error in its place, and the rest follows. A file that is named by path is
// taken for a message even if nothing says that it is one.
func Read(path string) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		reader{yield}.named(path)
	}
}

// A reader's methods return false when nobody wants more.
type reader struct {
	yield func(Message, error) bool
}

func (r reader) fail(err error) bool { return r.yield(Message{}, err) }

// named reads what the user has named.
func (r reader) named(path string) bool {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return r.fail(err)
	case info.IsDir():
		return r.dir(path, nil)
	case !info.Mode().IsRegular():
		return r.fail(fmt.Errorf("%s is neither a file nor a directory", path))
	case info.Size() == 0 && !isEML(path):
		return true // an mbox without messages
	}
	return r.file(path, nil, true)
}

// file reads an mbox or a message. What looks like neither is a message only if
// the user has named it.
func (r reader) file(path string, known index, named bool) bool {
	if isEML(path) {
		return r.message(path, known)
	}
	mbox, err := isMbox(path)
	switch {
	case err != nil:
		return r.fail(err)
	case mbox:
		return r.mbox(path)
	case named:
		return r.message(path, known)
	}
	return true
}

func isEML(path string) bool { return strings.EqualFold(filepath.Ext(path), ".eml") }

func isMbox(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	start := make([]byte, len(from))
	n, _ := f.Read(start)
	return string(start[:n]) == from, nil
}

// message reads a file that is a message, unless that is a copy of one before.
func (r reader) message(path string, known index) bool {
	m := Message{Name: path, path: path}
	if entry := known.find(path); entry != nil {
		if entry.used {
			return true
		}
		entry.used = true
		m.Facts = &entry.Facts
	}
	return r.yield(m, nil)
}

// dir reads a directory, with what is known from the index of one above.
func (r reader) dir(dir string, known index) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r.fail(err)
	}
	own, err := readIndex(dir)
	if err != nil && !r.fail(err) {
		return false
	}
	if own != nil {
		known = own
	}
	maildir := isDir(filepath.Join(dir, "cur")) && isDir(filepath.Join(dir, "new"))
	if maildir && !r.maildir(dir, known) {
		return false
	}
	for _, e := range entries {
		if maildir && slices.Contains(maildirFolders(), e.Name()) || !maildir && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if e.IsDir() && !r.dir(path, known) || isFile(path, e) && !r.file(path, known, false) {
			return false
		}
	}
	return true
}

func maildirFolders() []string { return []string{"cur", "new", "tmp"} }

// maildir reads the messages of a Maildir, old and new ones, in the order of
// their names, which begin with the time of delivery.
func (r reader) maildir(dir string, known index) bool {
	var paths []string
	for _, folder := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !r.fail(err) {
			return false
		}
		for _, e := range entries {
			path := filepath.Join(dir, folder, e.Name())
			if !strings.HasPrefix(e.Name(), ".") && isFile(path, e) {
				paths = append(paths, path)
			}
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	for _, path := range paths {
		if !r.message(path, known) {
			return false
		}
	}
	return true
}

// mbox reads an mbox file.
func (r reader) mbox(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return r.fail(err)
	}
	defer f.Close()
	n, more := 0, true
	err = scan(f, func(facts *Facts, start, end int64) bool {
		n++
		more = r.yield(Message{
			Name: path + "#" + strconv.Itoa(n), Facts: facts,
			path: path, quoted: true, start: start, end: end,
		}, nil)
		return more
	})
	if err != nil {
		return r.fail(fmt.Errorf("read %s: %w", path, err))
	}
	return more
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isFile says whether an entry is a file or a link to one.
func isFile(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular()
	}
	return e.Type().IsRegular()
}

// An index has the facts of messages, by the ID that their files are named for.
type index map[mail.ID]*indexed

type indexed struct {
	Facts
	used bool // its message was read
}

// find returns what is known of a file, or nil. The ID is between dots in its
// name: ID.eml, 1767225600.ID.postroom:2,S.
func (x index) find(path string) *indexed {
	if len(x) == 0 {
		return nil
	}
	for word := range strings.SplitSeq(filepath.Base(path), ".") {
		if id, err := mail.ParseID(word); err == nil {
			return x[id]
		}
	}
	return nil
}

// readIndex returns nil without an error when the directory has none. What comes
// before an error is good.
func readIndex(dir string) (index, error) {
	f, err := os.Open(filepath.Join(dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x := index{}
	for facts, err := range readFacts(f) {
		if err != nil {
			return x, fmt.Errorf("read %s: %w", f.Name(), err)
		}
		x[facts.ID] = &indexed{Facts: facts}
	}
	return x, nil
}
