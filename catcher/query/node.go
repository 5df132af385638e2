package query

import (
	"regexp"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
)

type kind uint8

const (
	isTerm kind = iota
	isNot       // of its only kid
	isAnd       // of two or more kids, none of which is an isAnd
	isOr        // of two or more kids, none of which is an isOr
)

// A node is a part of a query.
type node struct {
	kind   kind
	kids   []*node
	term   *term // isTerm only
	number int   // counted from 0 in the order in which a Match meets them
}

// join makes one node of several. Kids of its own kind dissolve in it.
func join(k kind, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	n := &node{kind: k}
	for _, kid := range kids {
		if kid.kind == k {
			n.kids = append(n.kids, kid.kids...)
		} else {
			n.kids = append(n.kids, kid)
		}
	}
	return n
}

// negate undoes a negation rather than to add another.
func negate(n *node) *node {
	if n.kind == isNot {
		return n.kids[0]
	}
	return &node{kind: isNot, kids: []*node{n}}
}

// count numbers the nodes from n on.
func (n *node) count(from int) int {
	n.number = from
	from++
	for _, kid := range n.kids {
		from = kid.count(from)
	}
	return from
}

func (n *node) bare() bool {
	if n.kind == isTerm {
		return n.term.fact != nil
	}
	for _, kid := range n.kids {
		if !kid.bare() {
			return false
		}
	}
	return true
}

func (n *node) bounds() Bounds {
	var b Bounds
	switch n.kind {
	case isTerm:
		return n.term.bounds
	case isAnd:
		for _, kid := range n.kids {
			b = b.within(kid.bounds())
		}
	}
	return b
}

func (n *node) String() string {
	switch n.kind {
	case isTerm:
		return n.term.String()
	case isNot:
		if kid := n.kids[0]; kid.kind != isTerm {
			return "-(" + kid.String() + ")"
		}
		return "-" + n.kids[0].String()
	}
	blank := " "
	if n.kind == isOr {
		blank = " OR "
	}
	parts := make([]string, len(n.kids))
	for i, kid := range n.kids {
		parts[i] = kid.String()
		if kid.kind == isOr {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, blank)
}

// A term looks at one thing. It has fact or fields.
type term struct {
	op   string // "" is a word or a phrase
	name string // of header:
	text string // its value; that of facts is in canonical form
	re   *regexp.Regexp
	size int // of re

	fact   func(m *mail.Message, box string) bool // box is Document.Box
	fields Fields
	prefix string // of the values that are looked at, which is no part of them
	needle string // folded
	box    string // in place of needle: the address has this mailbox

	bounds Bounds
}

// finds says whether the term is in a folded value.
func (t *term) finds(folded string) bool {
	if t.re != nil {
		return t.re.MatchString(folded)
	}
	return strings.Contains(folded, t.needle)
}

func (t *term) String() string {
	s := t.op
	if s != "" {
		s += ":"
	}
	if t.name != "" {
		s += t.name
		if t.text == "" {
			return s
		}
		s += "="
	}
	switch {
	case t.re != nil:
		return s + "/" + t.text + "/"
	case mustQuote(t.text, t.op == ""):
		return s + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t.text) + `"`
	}
	return s + t.text
}
