package rule

import (
	"strconv"
	"strings"
)

// Told is what a rule would say to Facts if it were asked.
type Told struct {
	Rule   Rule
	Failed *Term    // the first condition that does not hold; nil: all hold
	Known  bool     // the facts have something in its place; if not, it matches neither way
	Found  string   // what they have; "" is nobody, no TLS, or a mail that a query does not find
	Counts bool     // all hold, and what came before decides whether the rule applies
	Do     []Action // what it does when it applies, with placeholders filled in
}

// Explain says what the rule would say, and why. Nothing is counted or decided,
// and f need not be of the rule's stage.
func (r Rule) Explain(f *Facts) (Told, error) {
	r, err := canonical(r)
	if err != nil {
		return Told{}, err
	}
	e, err := newEntry(r, "")
	if err != nil {
		return Told{}, err
	}
	return e.explain(f), nil
}

// Explain says what each rule of the stage would say, in the order in which they
// are asked, magic addresses last. Nothing is counted or decided.
func (s *Set) Explain(f *Facts) []Told {
	var all []Told
	for _, e := range (*s.now.Load())[f.Stage] {
		if !e.rule.expired(f.Now) {
			all = append(all, e.explain(f))
		}
	}
	if s.magic == nil {
		return all
	}
	if e := s.magic.forName(f); e != nil {
		return append(all, e.explain(f))
	}
	for _, to := range f.To {
		address, ok := cutMagic(to)
		if !ok {
			continue
		}
		if e := s.magic.compile(address); e != nil && e.rule.At == f.Stage {
			one := *f
			one.To = []string{to}
			all = append(all, e.explain(&one))
		}
	}
	return all
}

func (e *entry) explain(f *Facts) Told {
	t := Told{Rule: e.rule, Do: e.does(f)}
	for i := range e.conditions {
		if ok, err := e.conditions[i].holds(f); !ok || err != nil {
			t.Failed = &e.rule.Match[i]
			t.Found, t.Known = f.about(t.Failed.Field)
			return t
		}
	}
	t.Counts = e.counter.counts()
	return t
}

// about is what the facts have for a condition, and whether they have anything.
func (f *Facts) about(field string) (found string, known bool) {
	switch field {
	case "client":
		return f.Client, f.Client != ""
	case "port":
		return f.Port, f.Port != ""
	case "sni":
		return f.SNI, true
	case "helo":
		return f.Helo, f.Helo != ""
	case "from":
		if f.Known && f.From == "" {
			return "<>", true
		}
		return f.From, f.Known
	case "to":
		return strings.Join(f.To, ", "), len(f.To) > 0
	case "size":
		return strconv.FormatInt(f.Size, 10), f.Size > 0
	case "query":
		return "", f.Message != nil
	case "user":
		return f.User, true
	}
	return f.TLS, true
}
