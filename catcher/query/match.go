package query

import (
	"strings"

	"github.com/postroom/postroom/catcher/mail"
)

// Match says whether the query matches a message. The error is that of d.Load.
//
// What costs little is looked at first, and more only while the answer is open.
func (q *Query) Match(d *Document) (bool, error) {
	if q.root == nil {
		return true, nil
	}
	m := matcher{message: d.Message, box: d.Box, verdicts: make([]verdict, q.nodes)}
	if m.box == "" {
		m.box = q.bounds.Box
	}
	for m.level = bare; ; m.level++ {
		if m.level == content {
			c, err := d.Load()
			if err != nil {
				return false, err
			}
			m.content = c
		}
		if v := m.match(q.root); v != open {
			return v == yes, nil
		}
	}
}

// A level is how much of a message has to be at hand.
type level uint8

const (
	bare level = iota
	envelope
	content // all but the text
	text
)

// level is that of one field.
func (f Fields) level() level {
	switch {
	case f&inEnvelope != 0:
		return envelope
	case f == InBody:
		return text
	}
	return content
}

type verdict uint8

const (
	open verdict = iota // not known at this level
	no
	yes
)

func verdictOf(ok bool) verdict {
	if ok {
		return yes
	}
	return no
}

// A matcher holds what is known of one message during a Match.
type matcher struct {
	message  *mail.Message
	box      string
	content  *Content // from level content on
	level    level
	verdicts []verdict // of the nodes by their number
	folded   map[Fields][]string
}

// match looks at level for an answer; a node that has one keeps it.
func (m *matcher) match(n *node) verdict {
	v := &m.verdicts[n.number]
	if *v != open {
		return *v
	}
	switch n.kind {
	case isTerm:
		*v = m.term(n.term)
	case isNot:
		switch m.match(n.kids[0]) {
		case yes:
			*v = no
		case no:
			*v = yes
		}
	case isAnd:
		*v = m.kids(n.kids, no)
	case isOr:
		*v = m.kids(n.kids, yes)
	}
	return *v
}

// kids combines verdicts: a single one that decides is that of all.
func (m *matcher) kids(kids []*node, decides verdict) verdict {
	all := no + yes - decides
	for _, kid := range kids {
		switch m.match(kid) {
		case decides:
			return decides
		case open:
			all = open
		}
	}
	return all
}

func (m *matcher) term(t *term) verdict {
	switch {
	case t.fact != nil:
		return verdictOf(t.fact(m.message, m.box))
	}
	last := bare
	for f := range t.fields.bits {
		if f.level() == m.level && m.field(t, f) {
			return yes
		}
		last = max(last, f.level())
	}
	if m.level < last {
		return open
	}
	return no
}

// field looks for the term in one field.
func (m *matcher) field(t *term, f Fields) bool {
	if t.box != "" {
		for _, a := range addresses(f, m.message, m.content) {
			if mail.Box(a.Address) == t.box {
				return true
			}
		}
		return false
	}
	for _, v := range m.values(f) {
		if v, ok := strings.CutPrefix(v, t.prefix); ok && t.finds(v) {
			return true
		}
	}
	return false
}

// values folds a field when it is first looked at.
func (m *matcher) values(f Fields) []string {
	list, ok := m.folded[f]
	if !ok {
		list = values(f, m.message, m.content)
		if m.folded == nil {
			m.folded = map[Fields][]string{}
		}
		m.folded[f] = list
	}
	return list
}
