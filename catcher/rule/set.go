package rule

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotFound says that no rule with that ID was added.
var ErrNotFound = errors.New("no such rule")

// Options are the settings of a Set.
type Options struct {
	Rand  io.Reader    // seeds for rules that have none; nil: crypto/rand
	Magic bool         // magic addresses work
	Log   *slog.Logger // nil: none

	// Obeyed is told of each decision of a rule or magic address, before Decide
	// returns it: it must be quick, and must not keep the facts. nil: nobody.
	Obeyed func(*Facts, Decision)
}

// A Set is an ordered set of rules: first those added, then those of the file,
// then magic addresses. It is safe for concurrent use.
type Set struct {
	opt   Options
	magic *magic

	mu    sync.Mutex // guards added, file, last and changes of now
	added []*entry
	file  []*entry
	last  int // number of the ID that was given last

	now atomic.Pointer[map[Stage][]*entry] // what Decide goes by
}

// An entry is a rule in use.
type entry struct {
	rule       Rule
	source     string // the rule as it was given: without a seed that it got
	conditions []condition
	counter    *counter
	expand     bool // a reply has placeholders

	asked, applied atomic.Uint64
	when           atomic.Pointer[time.Time] // it applied last
}

// Listed is a rule of a Set, and what it has done.
type Listed struct {
	Rule        Rule
	Origin      string    // "added" or "file"
	Asked       uint64    // how often it matched
	Applied     uint64    // how often it applied
	LastApplied time.Time // zero: never
}

// NewSet makes a Set without rules.
func NewSet(opt Options) *Set {
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Set{opt: opt}
	if opt.Magic {
		s.magic = newMagic()
	}
	s.publish()
	return s
}

// Asks says whether there are rules for a stage, other than magic addresses.
func (s *Set) Asks(stage Stage) bool { return len((*s.now.Load())[stage]) > 0 }

// Decide says what the first rule that applies does.
func (s *Set) Decide(f *Facts) Decision {
	expired := false
	for _, e := range (*s.now.Load())[f.Stage] {
		if e.rule.expired(f.Now) {
			expired = true
			continue
		}
		if s.applies(e, f) {
			return s.decision(e, f)
		}
	}
	if expired {
		s.drop(f.Now)
	}
	if s.magic != nil {
		return s.magic.decide(s, f)
	}
	return Decision{}
}

// applies asks a rule, and counts.
func (s *Set) applies(e *entry, f *Facts) bool {
	for i := range e.conditions {
		ok, err := e.conditions[i].holds(f)
		if err != nil {
			s.opt.Log.Warn("rule cannot be asked", "rule", e.rule.called(), "err", err)
		}
		if !ok {
			return false
		}
	}
	e.asked.Add(1)
	if !e.counter.apply(f) {
		return false
	}
	e.applied.Add(1)
	now := f.Now
	e.when.Store(&now)
	return true
}

// decision is what an entry that applies says.
func (s *Set) decision(e *entry, f *Facts) Decision {
	d := Decision{Rule: e.rule.called(), Do: e.does(f)}
	if s.opt.Obeyed != nil {
		s.opt.Obeyed(f, d)
	}
	return d
}

// does gives the actions with their placeholders filled in.
func (e *entry) does(f *Facts) []Action {
	if !e.expand {
		return e.rule.Do
	}
	do := slices.Clone(e.rule.Do)
	for i := range do {
		if text := expand(do[i].Reply.Text, f); text != do[i].Reply.Text {
			do[i].Reply.Text, do[i].Preset = text, "" // no longer what the preset's name stands for
		}
	}
	return do
}

// expand fills in the placeholders of a reply.
func expand(text string, f *Facts) string {
	domain := f.From[strings.LastIndexByte(f.From, '@')+1:]
	return strings.NewReplacer("{client}", f.Client, "{from}", f.From, "{from-domain}", domain, "{to}", strings.Join(f.To, ", ")).Replace(text)
}

func (r *Rule) expired(now time.Time) bool { return !r.Expires.IsZero() && !now.Before(r.Expires) }

// called is the name, or else the ID.
func (r *Rule) called() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// Add puts rules behind those that were added before, all or none, and returns
// them with their IDs.
func (s *Set) Add(rules ...Rule) ([]Rule, error) {
	return s.change(rules, func(entries []*entry) { s.added = append(s.added, entries...) })
}

// AddFirst is Add, but before all others.
func (s *Set) AddFirst(rules ...Rule) ([]Rule, error) {
	return s.change(rules, func(entries []*entry) { s.added = append(entries, s.added...) })
}

// SetAll puts rules in place of all that were added; those of the file stay.
func (s *Set) SetAll(rules ...Rule) ([]Rule, error) {
	return s.change(rules, func(entries []*entry) { s.added = entries })
}

// change makes entries of rules, with new IDs, and lets put place them.
func (s *Set) change(rules []Rule, put func([]*entry)) ([]Rule, error) {
	entries, err := s.entries(rules)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		s.last++
		e.rule.ID = "r" + strconv.Itoa(s.last)
	}
	put(entries)
	s.publish()
	return rulesOf(entries), nil
}

// Replace puts a rule in the place, and under the ID, of one that was added. It
// counts anew.
func (s *Set) Replace(id string, r Rule) (Rule, error) {
	entries, err := s.entries([]Rule{r})
	if err != nil {
		return Rule{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.added, func(e *entry) bool { return e.rule.ID == id })
	if i < 0 {
		return Rule{}, fmt.Errorf("replace %s: %w", id, ErrNotFound)
	}
	entries[0].rule.ID = id
	s.added[i] = entries[0]
	s.publish()
	return entries[0].rule, nil
}

// SetFile puts rules in place of those of the file, and returns them as they are
// used. A rule keeps its ID (see ParseFile), or gets its place as "f1"…; one whose
// text was there before goes on counting.
func (s *Set) SetFile(rules ...Rule) ([]Rule, error) {
	entries, err := s.entries(rules)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := slices.Clone(s.file)
	for i, e := range entries {
		id := rules[i].ID
		if id == "" {
			id = "f" + strconv.Itoa(i+1)
		}
		if j := slices.IndexFunc(old, func(o *entry) bool { return o.source == e.source }); j >= 0 {
			e.goOn(old[j])
			old = slices.Delete(old, j, j+1)
		}
		e.rule.ID = id
	}
	s.file = entries
	s.publish()
	return rulesOf(entries), nil
}

// goOn takes over from an entry of the same text: its seed, and what it counted.
func (e *entry) goOn(old *entry) {
	e.rule, e.counter = old.rule, old.counter
	e.asked.Store(old.asked.Load())
	e.applied.Store(old.applied.Load())
	e.when.Store(old.when.Load())
}

// Remove removes rules that were added, and says how many there were.
func (s *Set) Remove(ids ...string) int {
	return s.remove(func(e *entry) bool { return slices.Contains(ids, e.rule.ID) })
}

// RemoveOwner removes an owner's rules that were added, and says how many there
// were.
func (s *Set) RemoveOwner(owner string) int {
	return s.remove(func(e *entry) bool { return e.rule.Owner == owner })
}

func (s *Set) remove(which func(*entry) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.added)
	s.added = slices.DeleteFunc(s.added, which)
	s.publish()
	return before - len(s.added)
}

// drop removes what has expired.
func (s *Set) drop(now time.Time) {
	expired := func(e *entry) bool { return e.rule.expired(now) }
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added = slices.DeleteFunc(s.added, expired)
	s.file = slices.DeleteFunc(s.file, expired)
	s.publish()
}

// ResetCounters lets rules count anew; without IDs, all rules and magic addresses.
func (s *Set) ResetCounters(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Concat(s.added, s.file) {
		if len(ids) == 0 || slices.Contains(ids, e.rule.ID) {
			e.counter.reset()
			e.asked.Store(0)
			e.applied.Store(0)
			e.when.Store(nil)
		}
	}
	if len(ids) == 0 && s.magic != nil {
		s.magic.reset()
	}
}

// List returns all rules in the order in which they are asked.
func (s *Set) List(now time.Time) []Listed {
	s.drop(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Listed, 0, len(s.added)+len(s.file))
	for _, e := range s.added {
		all = append(all, e.listed("added"))
	}
	for _, e := range s.file {
		all = append(all, e.listed("file"))
	}
	return all
}

func (e *entry) listed(origin string) Listed {
	l := Listed{Rule: e.rule, Origin: origin, Asked: e.asked.Load(), Applied: e.applied.Load()}
	if when := e.when.Load(); when != nil {
		l.LastApplied = *when
	}
	return l
}

// publish lets Decide go by what has changed. mu is held, but by NewSet.
func (s *Set) publish() {
	now := make(map[Stage][]*entry)
	for _, e := range slices.Concat(s.added, s.file) {
		now[e.rule.At] = append(now[e.rule.At], e)
	}
	s.now.Store(&now)
}

// entries makes entries of rules, which need not come from Parse.
func (s *Set) entries(rules []Rule) ([]*entry, error) {
	entries := make([]*entry, len(rules))
	for i, r := range rules {
		r, err := canonical(r)
		if err != nil {
			return nil, err
		}
		source := r.String()
		if r.Times.Chance != 0 && r.Times.Seed == 0 {
			var b [8]byte
			if _, err := io.ReadFull(s.opt.Rand, b[:]); err != nil {
				return nil, fmt.Errorf("seed of a rule: %w", err)
			}
			r.Times.Seed = binary.BigEndian.Uint64(b[:])>>32 + 1 // short enough to be typed
		}
		if entries[i], err = newEntry(r, source); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func newEntry(r Rule, source string) (*entry, error) {
	e := &entry{rule: r, source: source, counter: newCounter(r.At, r.Times)}
	for _, t := range r.Match {
		c, err := compileTerm(t)
		if err != nil {
			return nil, err
		}
		e.conditions = append(e.conditions, c)
	}
	e.expand = slices.ContainsFunc(r.Do, func(a Action) bool { return strings.Contains(a.Reply.Text, "{") })
	return e, nil
}

// canonical is the rule as Parse gives it, of one that may come from elsewhere.
func canonical(r Rule) (Rule, error) {
	for _, t := range r.Match {
		if !slices.Contains(fields(), t.Field) {
			return Rule{}, fmt.Errorf("no condition is called %.40q; there are %s", t.Field, listOf(fields()))
		}
		if len(t.Any) == 0 {
			return Rule{}, fmt.Errorf("condition %q has no value", t.Field)
		}
	}
	for _, a := range r.Do {
		if !slices.Contains(kinds(), a.Kind) {
			return Rule{}, fmt.Errorf("%.40q is no action; there are %s", a.Kind, listOf(kinds()))
		}
	}
	c, err := Parse(r.String())
	if err != nil {
		return Rule{}, fmt.Errorf("%w, in %q", err, r.String())
	}
	if len(c.Match) != len(r.Match) {
		return Rule{}, errors.New("a condition comes twice; one of them takes all values")
	}
	for i, a := range r.Do {
		if a.Preset != "" {
			a.Reply = c.Do[min(i, len(c.Do)-1)].Reply
		}
		if a.Kind == Hide {
			a.Keywords = strings.Split(strings.ToUpper(strings.Join(a.Keywords, "\n")), "\n")
		}
		if len(c.Do) != len(r.Do) || !reflect.DeepEqual(c.Do[i], a) {
			return Rule{}, fmt.Errorf("an action %s is more than %q", a.Kind, a)
		}
	}
	c.ID = r.ID
	return c, nil
}

func rulesOf(entries []*entry) []Rule {
	rules := make([]Rule, len(entries))
	for i, e := range entries {
		rules[i] = e.rule
	}
	return rules
}
