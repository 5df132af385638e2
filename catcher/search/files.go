package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Files of the index. Their names only help whoever looks: what is in them says
// what they cover. Those with another ending are none of ours.
const (
	suffix    = ".idx"
	temporary = ".idx.tmp" // one that was being written
)

// load takes over the files of the directory. Those that are damaged, of another
// version, or cover what another covers, are removed; all of them, when they are
// of another store.
func (ix *Index) load(ctx context.Context) error {
	if err := os.MkdirAll(ix.opt.Dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(ix.opt.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(ix.opt.Dir, e.Name())
		if strings.HasSuffix(path, temporary) {
			ix.trash = append(ix.trash, path)
		} else if strings.HasSuffix(path, suffix) {
			ix.takeOver(path)
		}
	}
	ix.untangle()
	if err := ix.suit(ctx); err != nil {
		return err
	}
	return ix.emptyTrash()
}

func (ix *Index) takeOver(path string) {
	s, err := openFile(path)
	if err != nil {
		ix.opt.Log.Warn("index file removed", "path", path, "err", err)
		ix.trash = append(ix.trash, path)
		return
	}
	ix.spans = append(ix.spans, span{after: s.head.after, last: s.head.last, segment: s, unsure: true})
}

func openFile(path string) (*segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, headerSize)
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, err
	}
	h, err := parseHeader(b, info.Size())
	return &segment{head: h, path: path}, err
}

// untangle brings the spans into order. Of those that overlap, as after a merge
// that was cut short, the widest stays.
func (ix *Index) untangle() {
	slices.SortFunc(ix.spans, func(a, b span) int {
		if c := a.after.Compare(b.after); c != 0 {
			return c
		}
		return b.last.Compare(a.last)
	})
	var end mail.ID
	ix.spans = slices.DeleteFunc(ix.spans, func(sp span) bool {
		if sp.after.Compare(end) < 0 {
			ix.discard(sp.segment)
			return true
		}
		end = sp.last
		return false
	})
}

// suit fits the spans to the store: what is above its newest message, as when a
// crash took that, has to be looked at again. A store without the messages of
// the first and the last segment is another one.
func (ix *Index) suit(ctx context.Context) error {
	all, err := ix.store.Box(ctx, "")
	if err != nil {
		return err
	}
	ix.spans = slices.DeleteFunc(ix.spans, func(sp span) bool {
		if sp.after.Compare(all.Newest) >= 0 {
			ix.discard(sp.segment)
			return true
		}
		return false
	})
	if len(ix.spans) == 0 {
		return nil
	}
	last := &ix.spans[len(ix.spans)-1]
	if last.last.Compare(all.Newest) > 0 {
		last.last = all.Newest
	}
	for _, sp := range []span{ix.spans[0], *last} {
		if ok, err := ix.knows(ctx, sp); err != nil {
			return err
		} else if ok {
			continue
		}
		ix.opt.Log.Warn("index removed: it is of another store", "dir", ix.opt.Dir)
		for _, sp := range ix.spans {
			ix.discard(sp.segment)
		}
		ix.spans = nil
		break
	}
	return nil
}

// knows says whether a segment has the store's oldest message in its span.
func (ix *Index) knows(ctx context.Context, sp span) (bool, error) {
	page, err := ix.store.List(ctx, store.Query{After: sp.after, Before: after(sp.last), Oldest: true, Limit: 1, Bare: true})
	if err != nil || len(page.Messages) == 0 {
		return err == nil, err
	}
	v, err := sp.open(&ix.rooms)
	if err != nil {
		return false, nil
	}
	defer v.close()
	known, err := v.ids()
	if err != nil {
		return false, nil
	}
	_, ok := known.place(page.Messages[0].ID)
	return ok, nil
}

// keep makes a segment of what seal made, in a file if it is large and there is
// a directory.
func (ix *Index) keep(data []byte) (*segment, error) {
	h, err := parseHeader(data, int64(len(data)))
	if err != nil {
		return nil, err
	}
	s := &segment{head: h, data: data}
	if ix.opt.Dir == "" || h.count < ix.plan.inFile && len(data) < ix.plan.inFile<<9 {
		return s, nil
	}
	path, err := ix.write(&h, data)
	if err != nil {
		ix.opt.Log.Error("index kept in memory", "err", err)
		return s, nil
	}
	return &segment{head: h, path: path}, nil
}

func (ix *Index) write(h *header, data []byte) (path string, err error) {
	f, err := os.CreateTemp(ix.opt.Dir, h.after.String()+"-"+h.last.String()+"-*"+temporary)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	path = strings.TrimSuffix(f.Name(), temporary) + suffix
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("write an index segment: %w", err)
	}
	return path, nil
}

// emptyTrash removes files of segments that are no more. It does so without mu:
// whoever brings mail waits for that.
func (ix *Index) emptyTrash() error {
	ix.mu.Lock()
	trash := ix.trash
	ix.trash = nil
	ix.mu.Unlock()
	var errs []error
	for _, path := range trash {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
