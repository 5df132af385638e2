package query

import (
	"regexp/syntax"
	"strings"
)

// NeedKind tells the kinds of Need apart.
type NeedKind uint8

// The kinds of Need.
const (
	NeedAny  NeedKind = iota // every message has it: nothing is known
	NeedText                 // Text is a substring of one value of one of Fields, as Each gives them
	NeedAll                  // all of Kids
	NeedOne                  // one of Kids
)

// A Need is what an index has to find. A message that matches the query has it;
// one that has it need not match.
type Need struct {
	Kind   NeedKind
	Fields Fields
	Text   string // folded, not ""
	Kids   []Need // two or more, and no NeedAny
}

// Need returns what matches of the query have.
func (q *Query) Need() Need {
	if q.root == nil {
		return Need{}
	}
	return q.root.need()
}

func (n *node) need() Need {
	kids := make([]Need, len(n.kids))
	for i, kid := range n.kids {
		kids[i] = kid.need()
	}
	switch n.kind {
	case isTerm:
		return n.term.need()
	case isAnd:
		return needAll(kids)
	case isOr:
		return needOne(kids)
	}
	return Need{}
}

func needAll(kids []Need) Need {
	all := Need{Kind: NeedAll}
	for _, kid := range kids {
		switch kid.Kind {
		case NeedAny:
		case NeedAll:
			all.Kids = append(all.Kids, kid.Kids...)
		default:
			all.Kids = append(all.Kids, kid)
		}
	}
	switch len(all.Kids) {
	case 0:
		return Need{}
	case 1:
		return all.Kids[0]
	}
	return all
}

func needOne(kids []Need) Need {
	for _, kid := range kids {
		if kid.Kind == NeedAny {
			return Need{}
		}
	}
	return Need{Kind: NeedOne, Kids: kids}
}

func (t *term) need() Need {
	if t.fields == 0 {
		return Need{}
	}
	fields := t.fields
	if fields&inNames != 0 {
		fields = fields&^inNames | InAttachment
	}
	needs := []Need{needText(fields, t.prefix)}
	switch {
	case t.re != nil:
		if re, err := syntax.Parse(t.re.String(), syntax.Perl); err == nil {
			needs = append(needs, needRegexp(fields, re.Simplify()))
		}
	case t.box != "":
		needs = append(needs, needText(fields, Fold(t.box)))
	default:
		needs = append(needs, needText(fields, t.needle))
	}
	return needAll(needs)
}

func needText(fields Fields, text string) Need {
	if text == "" {
		return Need{}
	}
	return Need{Kind: NeedText, Fields: fields, Text: text}
}

// needRegexp collects the literals without which a regular expression does not match.
func needRegexp(fields Fields, re *syntax.Regexp) Need {
	var kids []Need
	for _, sub := range re.Sub {
		kids = append(kids, needRegexp(fields, sub))
	}
	switch re.Op {
	case syntax.OpLiteral:
		if text := strings.Trim(string(re.Rune), " "); re.Flags&syntax.FoldCase == 0 && Fold(text) == text {
			return needText(fields, text)
		}
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat:
		return needAll(kids)
	case syntax.OpAlternate:
		return needOne(kids)
	}
	return Need{}
}
