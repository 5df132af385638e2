package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// rulesEvery is how often a file of rules is looked at for changes.
const rulesEvery = 500 * time.Millisecond

// A rulesFile is a file of rules, which may change at any time.
type rulesFile struct {
	path string
	set  *rule.Set
	log  *slog.Logger

	text []byte // as it was read last
	err  string // why it cannot be read; "" when it can
}

// load reads the file. When there is anything wrong with it the old rules stay.
func (f *rulesFile) load() error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	f.err = ""
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

// watch reads the file again whenever it changes, until ctx ends. What is wrong is
// told once.
func (f *rulesFile) watch(ctx context.Context) error {
	tick := time.NewTicker(rulesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := f.load(); err != nil && err.Error() != f.err {
			f.log.Error("the rules stay as they were", "file", f.path, "err", err)
			f.err = err.Error()
		}
	}
}
