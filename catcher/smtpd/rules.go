package smtpd

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// errSettled is returned for a command that a rule has dealt with: there is
// nothing left to say.
var errSettled = errors.New("settled by a rule")

// A ruling is what a rule leaves to be done by the command it is about.
type ruling struct {
	rule  string
	reply *mail.Reply  // to be said in place of ours; nil: ours
	drop  *rule.Action // Data: after so many octets of the message; Dot: once it is stored
	rate  int64        // Data: octets a second at which the message is read; 0: any
}

// judge asks the rules, and does what they want up to the reply. An error means
// that the command is not to be done: a *mail.Reply says why, errSettled nothing.
func (c *conn) judge(stage rule.Stage) (ruling, error) {
	if c.facts == nil {
		return ruling{}, nil
	}
	d := c.srv.Rules.Decide(c.factsAt(stage))
	r := ruling{rule: d.Rule}
	c.use.ruled = c.use.ruled || len(d.Do) > 0
	for i := range d.Do {
		c.script.add('#', fmt.Sprintf("rule %s: %s", d.Rule, d.Do[i].Kind))
		c.srv.Log.Debug("rule applies", "session", c.id, "rule", d.Rule, "stage", stage, "action", d.Do[i].Kind)
		if err := c.act(stage, &d.Do[i], &r); err != nil {
			return r, err
		}
	}
	if r.reply == nil || r.reply.Code/100 == 2 || stage == rule.Data && r.reply.Code == 354 {
		return r, nil
	}
	c.attempted(mail.Attempt{Stage: string(stage), Did: "refused", Rule: r.rule, Reply: r.reply})
	return r, r.reply
}

// let is judge for a command that go-smtp answers.
func (c *conn) let(stage rule.Stage) error {
	r, err := c.judge(stage)
	if err == nil {
		c.instead = r.reply
	}
	return err
}

// factsAt fills in what is known at a stage. There is one set of facts for the
// whole session, since rules are asked for each command and seldom apply.
func (c *conn) factsAt(stage rule.Stage) *rule.Facts {
	s, f := &c.session, c.facts
	f.Stage, f.Now = stage, c.heard
	if f.Now.IsZero() {
		f.Now = c.srv.Clock.Now()
	}
	f.From, f.Known, f.Size, f.Message = s.env.From, s.inMail, s.size, nil
	f.To = f.To[:0]
	switch stage {
	case rule.Rcpt:
		f.To = append(f.To, s.rcpt)
	case rule.Data, rule.Dot:
		for i := range s.env.To {
			f.To = append(f.To, s.env.To[i].Address)
		}
	}
	if stage != rule.Dot {
		return f
	}
	f.Size = s.coming.size
	if c.srv.Document != nil {
		f.Message = c.srv.Document(f.Now, &s.env, &s.coming.body)
	}
	return f
}

// act does one action, or notes in r what is to be done of it later.
func (c *conn) act(stage rule.Stage, a *rule.Action, r *ruling) error {
	switch a.Kind {
	case rule.Reply:
		c.noteReply(stage, a, r)
	case rule.Delay:
		return c.delay(stage, a, r)
	case rule.Drip:
		if stage == rule.Data {
			r.rate = a.Rate
			return nil
		}
		c.flush() // what was said before is not part of it
		c.rate = a.Rate
	case rule.Hang:
		c.end(stage, "hung", r)
		c.ends("rule")
		c.pause(a.For)
		c.over = true
		return errSettled
	case rule.Drop:
		if stage == rule.Data && a.Octets > 0 || stage == rule.Dot && a.Stored {
			r.drop = a
			return nil
		}
		c.end(stage, "dropped", r)
		c.drop(a)
		return errSettled
	case rule.Garbage:
		if stage == rule.StartTLS && r.reply == nil {
			r.reply = &mail.Reply{Code: 220, Enhanced: [3]int{2, 0, 0}, Text: "Ready to start TLS"}
		}
		c.end(stage, "garbled", r)
		c.garbage(stage, a.Octets)
		return errSettled
	case rule.Hide, rule.Offer:
		c.edits = append(c.edits, *a)
	}
	return nil
}

// noteReply notes what is to be said. 500 and 502 say that EHLO is not known, so they
// are not said to the HELO that the client falls back to.
func (c *conn) noteReply(stage rule.Stage, a *rule.Action, r *ruling) {
	reply := a.Reply
	if stage == rule.Ehlo && c.about().Protocol == "SMTP" && (reply.Code == 500 || reply.Code == 502) {
		return
	}
	r.reply = &reply
	if a.Close || reply.Code == 421 {
		c.closing = true
		c.ends("rule")
	}
}

// end says what a rule wants said before the conversation is broken.
func (c *conn) end(stage rule.Stage, did string, r *ruling) {
	if r.reply != nil {
		c.sayReply(r.reply)
	}
	c.attempted(mail.Attempt{Stage: string(stage), Did: did, Rule: r.rule, Reply: r.reply})
}

// delay waits. A client that leaves meanwhile has tried in vain.
func (c *conn) delay(stage rule.Stage, a *rule.Action, r *ruling) error {
	if a.For <= 0 {
		return nil
	}
	err := c.pause(a.For)
	if err == nil {
		return nil
	}
	c.over = true
	c.ends(leaving(err))
	c.attempted(mail.Attempt{Stage: string(stage), Did: "hung", Rule: r.rule})
	return errSettled
}

// drop ends the session without a word: what was said before is still sent.
func (c *conn) drop(a *rule.Action) {
	c.over, c.reset = true, a.Reset
	c.ends("rule")
}

// garbage sends octets that are no reply: none of them is ASCII. After STARTTLS it
// comes where the client expects a handshake.
func (c *conn) garbage(stage rule.Stage, octets int64) {
	if stage == rule.StartTLS {
		c.fill(false) // an error is that of the reply to come
		c.over = true
		c.ends("rule")
	}
	source := rand.NewPCG(1, 2)
	for ; octets > 0 && c.werr == nil; octets-- {
		if c.out = append(c.out, byte(source.Uint64())|0x80); len(c.out) > maxReplies {
			c.flush()
		}
	}
}

// refused records a refusal for a limit of ours, and returns it.
func (c *conn) refused(stage rule.Stage, reply *mail.Reply) error {
	c.use.ruled = true
	c.attempted(mail.Attempt{Stage: string(stage), Did: "refused", Reply: reply})
	return reply
}

// attempted fills in what is known of an attempt, and tells it.
func (c *conn) attempted(a mail.Attempt) {
	if c.srv.Attempted == nil {
		return
	}
	a.At = c.srv.Clock.Now()
	id, err := c.srv.IDs.Next(a.At)
	if err != nil {
		c.srv.Log.Error("attempt not recorded", "session", c.id, "err", err)
		return
	}
	s := &c.session
	a.ID, a.Session, a.From = id, s.describe(), s.env.From
	if a.Stage == string(rule.Rcpt) {
		a.To = []string{s.rcpt}
	} else {
		for _, to := range s.env.To {
			a.To = append(a.To, to.Address)
		}
	}
	var body *store.Body
	if s.coming != nil {
		a.Size = s.coming.size
		if s.coming.body.Size() > 0 {
			body = &s.coming.body
		}
	}
	c.srv.Attempted(a, body)
}

// welcome asks the rules before the greeting, begins TLS if that is to come first, and
// says whether there is to be a greeting.
func (c *conn) welcome() bool {
	defer c.rescue()
	c.welcomed = true
	for _, stage := range [...]rule.Stage{rule.Connect, rule.Banner} {
		err := c.let(stage)
		c.pass(nil, err)
		if c.implicit && stage == rule.Connect && !c.over {
			c.handshake()
		}
		if c.over {
			return false
		}
		if err != nil {
			c.ends("rule")
			c.closing = c.closing || !errors.Is(err, errSettled)
			return false
		}
		if c.instead != nil { // there is but one greeting
			break
		}
	}
	return !c.closing || c.instead != nil
}

// rewrite puts a line that go-smtp says in the words of a rule.
func (c *conn) rewrite(p []byte) {
	last := len(p) < 4 || p[3] != '-'
	switch {
	case c.skip:
		c.skip = !last
	case c.instead != nil && int(p[0]-'0') == c.instead.Code/100:
		if last {
			c.sayReply(c.instead)
			c.instead = nil
		}
	case c.edits != nil && bytes.HasPrefix(p, []byte("250")) && (!last || c.offer != nil):
		if c.offer = append(c.offer, strings.TrimRight(string(p[4:]), "\r\n")); last {
			c.sayOffer()
		}
	default:
		c.say(string(p))
	}
}

// sayOffer answers EHLO: the first line greets, the others are what is offered.
func (c *conn) sayOffer() {
	offer := c.offer
	for _, edit := range c.edits {
		for _, line := range edit.Keywords {
			i := 1 + slices.IndexFunc(offer[1:], func(have string) bool { return strings.EqualFold(keyword(have), keyword(line)) })
			switch {
			case edit.Kind == rule.Hide && i > 0:
				offer = slices.Delete(offer, i, i+1)
			case edit.Kind == rule.Offer && i > 0:
				offer[i] = line
			case edit.Kind == rule.Offer:
				offer = append(offer, line)
			}
			if strings.EqualFold(keyword(line), "STARTTLS") {
				c.offersTLS = edit.Kind == rule.Offer
			}
		}
	}
	c.sayReply(&mail.Reply{Code: 250, Text: strings.Join(offer, "\n")})
	c.edits, c.offer = nil, nil
}

func keyword(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

// sayReply says a reply in as many lines as it has; the enhanced code stands in
// each of them. RFC 2034 §4. With no text at all it is the code alone, as RFC 5321
// §4.2 allows and few clients expect.
func (c *conn) sayReply(r *mail.Reply) {
	status := ""
	if r.Enhanced != [3]int{} {
		status = fmt.Sprintf("%d.%d.%d ", r.Enhanced[0], r.Enhanced[1], r.Enhanced[2])
	}
	lines := strings.Split(r.Text, "\n")
	for i, line := range lines {
		separator := " "
		if i < len(lines)-1 {
			separator = "-"
		} else if status+line == "" {
			separator = ""
		}
		c.say(fmt.Sprintf("%03d%s%s\r\n", r.Code, separator, status+line))
	}
}

// sayOr says the reply of a rule, or ours when it has none.
func (c *conn) sayOr(r *mail.Reply, ours string) {
	if r != nil {
		c.sayReply(r)
		return
	}
	c.say(ours)
}
