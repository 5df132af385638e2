package expect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

const (
	maxShown  = 5   // candidates, attempts and deliveries that wait
	maxLooked = 500 // docs that are looked at for candidates
)

// reportInput is what a Report is made of.
type reportInput struct {
	Docs     []*doc         // what came, in the scope or not, early or not, newest first
	Counting []*doc         // what counts, oldest first
	Attempts []mail.Attempt // newest first
	Waiting  []Waiting      // what lies in the queue and in Badmail, newest first
	Open     []mail.Transaction

	Now       time.Time
	Waited    time.Duration
	Ambiguous error // of plan.check, when it ended the wait
	Messages  int   // in the scope and within the bounds
}

// report says why the Want was not met.
func (p *plan) report(in reportInput) *Report {
	r := &Report{
		Want:       p.want,
		Found:      len(in.Counting),
		Now:        in.Now,
		Waited:     in.Waited,
		Candidates: p.candidates(in),
		Messages:   in.Messages,
		Attempts:   p.attempts(in.Attempts),
		Waiting:    p.waiting(in),
		Open:       in.Open,
	}
	r.Why = p.why(in, r)
	return r
}

func (p *plan) tooMany(counting []*doc) bool {
	return len(counting) > p.want.Count.most()
}

// A ranked is a Candidate with what its rank depends on.
type ranked struct {
	Candidate
	passed int
	near   float64
}

// candidates chooses the messages to be shown.
func (p *plan) candidates(in reportInput) []Candidate {
	counts := map[mail.ID]bool{}
	var counting []ranked
	for _, d := range slices.Backward(in.Counting) {
		counts[d.message.ID] = true
		if c, ok := p.candidate(d); ok && len(counting) < maxShown {
			c.Counts = true
			counting = append(counting, c)
		}
	}
	var others []ranked
	if !p.tooMany(in.Counting) {
		others = p.others(in.Docs, counts)
	}
	var list []Candidate
	for _, c := range append(others, counting...) {
		list = append(list, c.Candidate)
	}
	return list[:min(len(list), maxShown)]
}

// others ranks what does not count: the nearest first, later ones before earlier.
func (p *plan) others(docs []*doc, counts map[mail.ID]bool) []ranked {
	var list []ranked
	for _, d := range p.worthLooking(docs) {
		if counts[d.message.ID] {
			continue
		}
		if c, ok := p.candidate(d); ok && p.related(d, &c) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.passed, a.passed), cmp.Compare(math.Round(4*b.near), math.Round(4*a.near)))
	})
	return list
}

// worthLooking puts those in the scope first, and leaves out what lies only in the
// queue or in Badmail: that is told apart.
func (p *plan) worthLooking(docs []*doc) []*doc {
	var in, out []*doc
	for _, d := range docs {
		switch {
		case p.scope(d.message):
			in = append(in, d)
		case slices.ContainsFunc(d.message.Deliveries, func(d mail.Delivery) bool { return d.Box != mail.QueueBox && d.Box != mail.BadmailBox }):
			out = append(out, d)
		}
	}
	list := append(in, out...)
	return list[:min(len(list), maxLooked)]
}

// candidate looks at one message; false when it cannot be read.
func (p *plan) candidate(d *doc) (ranked, bool) {
	checks, err := p.checks(d)
	if err != nil {
		return ranked{}, false
	}
	c := ranked{Candidate: Candidate{Message: *d.message, Subject: d.header("Subject"), From: d.header("From")}}
	for _, f := range checks {
		c.Checks = append(c.Checks, f.Check)
		if f.Passed {
			c.passed++
		} else {
			c.near += f.near
		}
	}
	if c.Early = p.early(d.message.ID, d.message.Received); c.Early {
		c.Checks = append(c.Checks, p.checkTime(d.message))
	}
	return c, true
}

// checkTime tells of a message that came before the bounds.
func (p *plan) checkTime(m *mail.Message) Check {
	bound := p.bound()
	c := Check{What: "received", Expected: "after " + clockTime(bound), Actual: clockTime(m.Received)}
	c.Note = "came just before the bound"
	if before := bound.Sub(m.Received); before >= time.Millisecond {
		c.Note = fmt.Sprintf("came %s before the bound", span(before))
	}
	return c
}

// bound is when the window begins, zero for no bound.
func (p *plan) bound() time.Time {
	bound := p.want.Since
	if after := minted(p.want.After); !p.want.After.IsZero() && after.After(bound) {
		bound = after
	}
	return bound
}

// minted says when an ID was made, to the millisecond.
func minted(id mail.ID) time.Time {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// related says whether a message that does not count has to do with what is wanted.
func (p *plan) related(d *doc, c *ranked) bool {
	all := c.passed == len(c.Checks)
	if c.Early {
		return c.passed == len(c.Checks)-1
	}
	if all || p.scope(d.message) || len(p.tests) == 0 && p.query == nil {
		return true
	}
	for i, check := range c.Checks[len(c.Checks)-len(p.takes)-p.queries()-len(p.tests):] {
		positive := i >= len(p.tests) || !p.tests[i].Not && !p.tests[i].Absent
		if check.Passed && positive {
			return true
		}
	}
	return c.near > float64(len(c.Checks)-c.passed)/2
}

// queries is 1 with a query.
func (p *plan) queries() int {
	if p.query == nil {
		return 0
	}
	return 1
}

// attempts chooses those that may have been what is wanted.
func (p *plan) attempts(all []mail.Attempt) []mail.Attempt {
	var list []mail.Attempt
	for _, a := range all {
		if len(list) < maxShown && !p.early(a.ID, a.At) && p.mayBe(&a) {
			list = append(list, a)
		}
	}
	return list
}

func (p *plan) mayBe(a *mail.Attempt) bool {
	if a.From != "" && slices.ContainsFunc(p.tests, func(t test) bool {
		return t.field == fieldEnvelopeFrom && t.holds(appendAddress(nil, "", a.From)) == t.Not
	}) {
		return false
	}
	return len(a.To) == 0 || slices.ContainsFunc(a.To, p.meant)
}

// meant says whether mail for the recipient could be in the scope.
func (p *plan) meant(address string) bool {
	if p.want.To == "" && p.mailbox != "" && !strings.HasPrefix(p.mailbox, "@") {
		return mail.Box(address) == p.mailbox
	}
	return p.to.match(address)
}

// waiting chooses the deliveries that may be what is wanted.
func (p *plan) waiting(in reportInput) []Waiting {
	docs := map[mail.ID]*doc{}
	for _, d := range in.Docs {
		docs[d.message.ID] = d
	}
	var list []Waiting
	for _, w := range in.Waiting {
		if len(list) == maxShown {
			break
		}
		if p.early(w.Message.ID, w.Message.Received) || w.Delivery.Box == p.mailbox {
			continue
		}
		d := docs[w.Message.ID]
		if w.Subject == "" && d != nil {
			w.Subject = d.header("Subject")
		}
		passes := p.passing(d)
		if passes && len(p.tests)+p.queries() > 0 || p.meant(w.Delivery.Rcpt.Address) && (passes || p.key() != "") {
			list = append(list, w)
		}
	}
	return list
}

// passing says whether the message passes all but the scope, or nothing is known of it.
func (p *plan) passing(d *doc) bool {
	if d == nil {
		return len(p.tests)+p.queries() == 0
	}
	counts, _, ambiguous, err := p.check(d)
	return err == nil && (counts || ambiguous != nil)
}

// why says it in one sentence.
func (p *plan) why(in reportInput, r *Report) string {
	found := len(in.Counting)
	switch {
	case in.Ambiguous != nil:
		return "What is to be extracted is not clear: " + strings.ReplaceAll(in.Ambiguous.Error(), "\n", "; ") + "."
	case p.want.Count.None && found > 0:
		return fmt.Sprintf("%s came%s, and none was wanted.", mails(found), p.whither())
	case p.tooMany(in.Counting):
		return fmt.Sprintf("%s came%s instead of %d%s.", mails(found), p.whither(), p.want.Count.Exactly, twins(in.Counting))
	case found >= p.want.Count.least():
		return fmt.Sprintf("It is not certain yet that no more mail comes%s: %s.", p.whither(), open(len(r.Open)))
	case found > 0:
		return fmt.Sprintf("Only %d of %s came%s%s%s.", found, mails(p.want.Count.least()), p.whither(), waited(in.Waited), p.cause(r))
	}
	return "No such mail came" + p.whither() + waited(in.Waited) + p.cause(r) + "."
}

// cause says what is most likely behind it that nothing counts.
func (p *plan) cause(r *Report) string {
	early := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.Early })
	queued, lost := r.inBox(mail.BadmailBox, false), r.inBox(mail.BadmailBox, true)
	near := -1
	if len(r.Candidates) > 0 && early != 0 {
		near = len(r.Candidates[0].failed())
	}
	switch {
	case early == 0:
		return ": it " + r.Candidates[0].Checks[len(r.Candidates[0].Checks)-1].Note
	case queued > 0:
		return fmt.Sprintf(": %s still in the queue", is(queued))
	case lost > 0:
		return fmt.Sprintf(": %s in Badmail", is(lost))
	case len(r.Attempts) > 0 && near != 1:
		return fmt.Sprintf(": a client tried, and %s", outcome(&r.Attempts[0]))
	case near > 0:
		return "; the nearest " + r.Candidates[0].failure()
	case len(r.Open) > 0:
		return ": " + open(len(r.Open))
	case len(r.Attempts) > 0:
		return fmt.Sprintf(": a client tried, and %s", outcome(&r.Attempts[0]))
	case r.Messages == 0 && p.key() == "":
		return ", nor any other"
	}
	return ""
}

// inBox counts the deliveries that wait in the mailbox, or elsewhere.
func (r *Report) inBox(box string, here bool) int {
	n := 0
	for _, w := range r.Waiting {
		if (w.Delivery.Box == box) == here {
			n++
		}
	}
	return n
}

// failed returns the checks that did not pass.
func (c *Candidate) failed() []Check {
	return slices.DeleteFunc(slices.Clone(c.Checks), func(check Check) bool { return check.Passed })
}

// failure says why the message does not count, after "it".
func (c *Candidate) failure() string {
	const most = 80 // characters of a note that fits into a sentence
	failed := c.failed()
	var names []string
	for _, check := range failed {
		name := check.What
		if name == "extract" {
			name += " " + check.Expected
		}
		names = append(names, name)
	}
	only := failed[0]
	text := "fails on " + strings.Join(names, ", ")
	if len(failed) == 1 && only.What == "to" {
		text = "is to " + only.Actual
	}
	if len(failed) == 1 && only.Note != "" && len(only.Note) <= most {
		text += ": " + only.Note
	}
	return text
}

func (p *plan) whither() string {
	var b strings.Builder
	if p.want.To != "" {
		b.WriteString(" to " + p.want.To)
	}
	if p.mailbox != "" {
		b.WriteString(" into " + p.mailbox)
	}
	return b.String()
}

func waited(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return " within " + span(d)
}

func mails(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

func is(n int) string {
	if n == 1 {
		return "a delivery is"
	}
	return fmt.Sprintf("%d deliveries are", n)
}

func open(n int) string {
	if n == 1 {
		return "an SMTP transaction is still open"
	}
	return fmt.Sprintf("%d SMTP transactions are still open", n)
}

// twins says which two of the messages are duplicates, if any are.
func twins(docs []*doc) string {
	ids, contents := map[string]bool{}, map[string]bool{}
	for _, d := range docs {
		if id := d.header("Message-ID"); id != "" {
			if ids[id] {
				return ", and two are duplicates: both have the Message-ID " + id
			}
			ids[id] = true
		}
	}
	for _, d := range docs {
		bodies, err := d.values(fieldBody, "")
		if err != nil {
			continue
		}
		content := strings.Join(append([]string{d.header("Subject")}, bodies...), "\n")
		if contents[content] {
			return ", and two are alike: same subject and same text"
		}
		contents[content] = true
	}
	return ""
}

// outcome says how an attempt ended: was refused at RCPT by rule x: 451 4.7.1 Greylisted.
func outcome(a *mail.Attempt) string {
	var b strings.Builder
	b.WriteString("was " + cmp.Or(a.Did, "refused"))
	if a.Stage != "" {
		b.WriteString(" at " + strings.ToUpper(a.Stage))
	}
	if a.Rule != "" {
		b.WriteString(" by rule " + a.Rule)
	}
	if a.Reply != nil {
		b.WriteString(": " + a.Reply.Error())
	}
	return b.String()
}

// span writes a duration as people do: 4.2 s, 12m30s.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return strings.Replace(fmt.Sprintf("%.1f s", d.Seconds()), ".0 s", " s", 1)
	}
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05.000") }
