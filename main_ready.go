package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
)

// troubled is how long a listener counts as unable to take connections after it
// could not: whoever serves it tries again within a second.
const troubled = 2 * time.Second

// A door is a listener that knows how it is.
type door struct {
	net.Listener
	name string

	mu     sync.Mutex // guards all below
	served bool       // somebody accepts
	err    error      // of the latest try to accept; nil: it went well
	when   time.Time  // that was
}

// Accept is that of the listener.
func (d *door) Accept() (net.Conn, error) {
	d.note(true, nil, false)
	c, err := d.Listener.Accept()
	d.note(true, err, true)
	return c, err
}

// note remembers how a try went, once it has ended.
func (d *door) note(served bool, err error, ended bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.served = served
	if ended {
		d.err, d.when = err, time.Now()
	}
}

// check says why no connection is taken.
func (d *door) check(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.served:
		return errors.New("nobody takes connections yet")
	case errors.Is(d.err, net.ErrClosed):
		return errors.New("no longer takes connections")
	case d.err != nil && time.Since(d.when) < troubled:
		return fmt.Errorf("cannot take connections: %w", d.err)
	}
	return nil
}

// doors are the listeners of a run.
type doors []*door

// watch puts a door into the place of each listener that is not off.
func (d *doors) watch(ls *listeners) {
	for _, l := range []struct {
		name string
		of   *net.Listener
	}{
		{"smtp", &ls.smtp}, {"pop3", &ls.pop3}, {"http", &ls.http},
		{"smtps", &ls.smtps}, {"pop3s", &ls.pop3s}, {"https", &ls.https},
	} {
		if *l.of != nil {
			one := &door{Listener: *l.of, name: l.name}
			*d, *l.of = append(*d, one), one
		}
	}
}

// checks are what /readyz asks: the store, and each listener.
func (d doors) checks(c *catcher.Catcher) []ui.Check {
	list := []ui.Check{{Name: "store", Do: c.CheckStore}}
	for _, one := range d {
		list = append(list, ui.Check{Name: one.name, Do: one.check})
	}
	return list
}
