package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// filesEvery is how often files are looked at for changes.
const filesEvery = 500 * time.Millisecond

// A rulesFile is a file of rules, which may change at any time.
type rulesFile struct {
	path string
	set  *rule.Set
	log  *slog.Logger

	text []byte // as it was read last
}

// load reads the file. When there is anything wrong with it the old rules stay.
func (f *rulesFile) load() error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	if f.text != nil && bytes.Equal(text, f.text) {
		return nil
	}
	f.text = text
	rules, err := rule.ParseFile(string(text))
	if err != nil {
		return err
	}
	if _, err := f.set.SetFile(rules...); err != nil {
		return err
	}
	f.log.Info("rules read", "file", f.path, "rules", len(rules))
	return nil
}

// watch reads the file again whenever it changes, until ctx ends.
func (f *rulesFile) watch(ctx context.Context) error {
	return watch(ctx, f.load, func(err error) { f.log.Error("the rules stay as they were", "file", f.path, "err", err) }, f.path)
}

// watch loads something again and again from files, until ctx ends. What is wrong is told
// once, as long as it does not change.
func watch(ctx context.Context, load func() error, tell func(error), files ...string) error {
	tick := time.NewTicker(filesEvery)
	defer tick.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !settled(files, time.Now()) {
			continue
		}
		err := load()
		if err == nil {
			told = ""
		} else if err.Error() != told {
			tell(err)
			told = err.Error()
		}
	}
}

// settle is how long a file is left alone after it was written to: an editor empties it
// first, and of half a line of an account may be missing to what it is tied.
const settle = 100 * time.Millisecond

// settled says whether nobody is writing to files.
func settled(files []string, now time.Time) bool {
	return !slices.ContainsFunc(files, func(path string) bool {
		info, err := os.Stat(path)
		if err != nil {
			return false // which load tells
		}
		age := now.Sub(info.ModTime())
		return age >= 0 && age < settle
	})
}
