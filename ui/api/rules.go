package api

import "time"

// Rules is a list of rules, in the order in which they are asked.
type Rules struct {
	Rules []Rule `json:"rules" nullable:"false"`
}

// A Rule says when the server misbehaves, or where mail goes.
type Rule struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Owner       string       `json:"owner"`
	Origin      string       `json:"origin" enum:"added,file" doc:"Rules of the file are changed there."`
	Text        string       `json:"text" doc:"The whole rule as a line; README has the language."`
	At          string       `json:"at" doc:"The stage."`
	Match       []RuleTerm   `json:"match" nullable:"false" doc:"All must hold."`
	Times       RuleTimes    `json:"times"`
	Do          []RuleAction `json:"do" nullable:"false"`
	Expires     *time.Time   `json:"expires" doc:"From then on there is no such rule; null: never."`
	Asked       uint64       `json:"asked" doc:"How often its conditions matched."`
	Applied     uint64       `json:"applied" doc:"How often it was obeyed."`
	LastApplied *time.Time   `json:"lastApplied"`
}

// NewRules are rules to be added.
type NewRules struct {
	Rules []NewRule `json:"rules" nullable:"false"`
}

// A NewRule is a rule to be added: text, or at, match, times and do.
type NewRule struct {
	Text    string       `json:"text,omitempty" doc:"The whole rule as a line; name, owner and expires beside it win over those in it."`
	Name    string       `json:"name,omitempty" doc:"What trails and attempts call it."`
	Owner   string       `json:"owner,omitempty" doc:"Whose it is, so that they can be removed together."`
	Expires *time.Time   `json:"expires,omitempty"`
	At      string       `json:"at,omitempty"`
	Match   []RuleTerm   `json:"match,omitempty"`
	Times   *RuleTimes   `json:"times,omitempty"`
	Do      []RuleAction `json:"do,omitempty"`
}

// A RuleTerm is a condition.
type RuleTerm struct {
	Field string   `json:"field" doc:"from, to, client, port, helo, sni, user, tls, size or query."`
	Not   bool     `json:"not,omitempty" doc:"None of any, rather than one of them."`
	Any   []string `json:"any" nullable:"false"`
}

// RuleTimes say to which of the things that match a rule applies; all must hold.
type RuleTimes struct {
	First  uint64   `json:"first,omitempty"`
	Nth    uint64   `json:"nth,omitempty"`
	Every  uint64   `json:"every,omitempty"`
	Until  string   `json:"until,omitempty" doc:"Until so long after the first, such as 5m."`
	After  string   `json:"after,omitempty" doc:"Once so long has passed since the first."`
	Rate   string   `json:"rate,omitempty" doc:"To what is more than this, such as 20/min."`
	Chance float64  `json:"chance,omitempty" doc:"Percent."`
	Seed   uint64   `json:"seed,omitempty" doc:"Of the chance; one is given when there is none."`
	Per    []string `json:"per,omitempty" doc:"What is counted apart: client, from, to, user, helo; or all."`
}

// A RuleAction is one thing that a rule does. Which fields count depends on the
// action.
type RuleAction struct {
	Action   string   `json:"action"`
	Code     int      `json:"code,omitempty"`
	Enhanced string   `json:"enhanced,omitempty" doc:"Such as 4.7.1."`
	Text     []string `json:"text,omitempty" doc:"A line each."`
	Preset   string   `json:"preset,omitempty" doc:"In place of code, enhanced and text."`
	Close    bool     `json:"close,omitempty"`
	For      string   `json:"for,omitempty" doc:"delay, hang: how long."`
	Rate     int64    `json:"rate,omitempty" doc:"drip: octets a second."`
	Octets   int64    `json:"octets,omitempty" doc:"garbage: how many; drop: after so many."`
	Reset    bool     `json:"reset,omitempty" doc:"drop: with RST."`
	Stored   bool     `json:"stored,omitempty" doc:"drop: the mail is stored before."`
	Keywords []string `json:"keywords,omitempty" doc:"hide, offer."`
	Flaw     string   `json:"flaw,omitempty" doc:"tls: what is wrong with it."`
	URL      string   `json:"url,omitempty" doc:"relay: the next hop."`
	Dialect  string   `json:"dialect,omitempty" doc:"How a report is written."`
	After    string   `json:"after,omitempty" doc:"bounce and such: so much later."`
}

// ResetRules asks to let rules count anew.
type ResetRules struct {
	_   struct{} `additionalProperties:"false"`
	IDs []string `json:"ids,omitempty" nullable:"true" maxItems:"10000" doc:"Only these; left out: all, and magic addresses too."`
}

// Magic lists what the server has built in.
type Magic struct {
	Addresses []MagicAddress `json:"addresses" nullable:"false"`
	Names     []MagicName    `json:"names" nullable:"false"`
	Presets   []Preset       `json:"presets" nullable:"false"`
}

// A MagicName is a name of the server that makes something happen to whoever asks for
// it when TLS begins.
type MagicName struct {
	Name string `json:"name" doc:"Such as expired.tls.test."`
	What string `json:"what"`
}

// A MagicAddress is a kind of address that makes something happen to mail for it.
type MagicAddress struct {
	Address string `json:"address" doc:"Pattern, such as greylist-N@sim.test."`
	Example string `json:"example"`
	Stage   string `json:"stage"`
	What    string `json:"what"`
}

// A Preset is a reply of a real provider, by a name that rules can use.
type Preset struct {
	Name string `json:"name"`
	Reply
	From string `json:"from" doc:"Who says so."`
}

// Attempts is the answer of GET /v1/attempts.
type Attempts struct {
	Attempts []Attempt `json:"attempts" nullable:"false" doc:"Newest first."`
	Next     string    `json:"next" doc:"Value of before= for the next page; empty on the last."`
	Cursor   uint64    `json:"cursor" doc:"Event number for after= of /v1/events, taken before the list was read."`
}

// An Attempt is something that a client tried and that did not go as it should.
type Attempt struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Stage   string    `json:"stage" doc:"Where it ended, as in rules."`
	Did     string    `json:"did" doc:"refused, dropped, hung, garbled or discarded."`
	Rule    string    `json:"rule" doc:"The rule that decided it; empty when a limit did."`
	Reply   *Reply    `json:"reply" doc:"What the client was told; null for nothing."`
	Session *Session  `json:"session" doc:"null when there was none."`
	From    string    `json:"from" doc:"Reverse-path, as far as it was known."`
	To      []string  `json:"to" nullable:"false" doc:"The recipient in question, or all that were accepted."`
	Size    int64     `json:"size" doc:"Octets of the message that came."`
	Message string    `json:"message" doc:"ID of the message that was stored nevertheless; empty for none."`
	HasBody bool      `json:"hasBody" doc:"Whether there is something at raw."`
}

// CheckRule asks whether a line is a rule.
type CheckRule struct {
	_    struct{} `additionalProperties:"false"`
	Text string   `json:"text" maxLength:"10000" doc:"The rule as a line."`
}

// A RuleCheck says whether a line is a rule.
type RuleCheck struct {
	OK      bool         `json:"ok"`
	Problem *RuleProblem `json:"problem" doc:"What is wrong with it; null when nothing is."`
	Rule    *Rule        `json:"rule" doc:"The rule in its parts, its text in canonical form; null when it is none."`
}

// A RuleProblem is what is wrong with the text of a rule, and where.
type RuleProblem struct {
	Column  int    `json:"column" doc:"In characters, from 1."`
	Length  int    `json:"length" doc:"How many characters it is about; 0 when something is missing."`
	Message string `json:"message"`
}

// TryRule asks what a rule would have said to something that is past.
type TryRule struct {
	_       struct{} `additionalProperties:"false"`
	Text    string   `json:"text,omitempty" maxLength:"10000" doc:"A rule as a line; left out, with id: only what the present rules would say is told."`
	ID      string   `json:"id,omitempty" doc:"ID of a rule that there is, in place of text."`
	Attempt string   `json:"attempt,omitempty" doc:"ID of an attempt."`
	Message string   `json:"message,omitempty" doc:"ID of a message, in place of attempt."`
}

// A RuleTrial says what rules would have said. Nothing is counted or decided.
type RuleTrial struct {
	Rule    *Rule      `json:"rule" doc:"The rule that is tried; null when there is none."`
	Tried   []RuleTold `json:"tried" nullable:"false" doc:"What it would say: once, or at rcpt and route once for each recipient."`
	Present []RuleTold `json:"present" nullable:"false" doc:"The first of the present rules to match at each stage that was reached; where it counts, also the next."`
}

// RuleTold is what one rule would say at one moment.
type RuleTold struct {
	Stage   string       `json:"stage"`
	To      []string     `json:"to" nullable:"false" doc:"The recipient in question, or all that were accepted."`
	Reached bool         `json:"reached" doc:"Whether it came that far at all."`
	Rule    string       `json:"rule" doc:"Its name, or else its ID; for a magic address the address. Empty for a rule that is only tried."`
	Matches bool         `json:"matches" doc:"Whether all conditions hold."`
	Counts  bool         `json:"counts" doc:"Whether it would be counted, and apply or not by what came before."`
	Failed  *RuleTerm    `json:"failed" doc:"The first condition that does not hold; null when all do."`
	Known   bool         `json:"known" doc:"Whether anything is known of what failed is about; if not, it matches neither way."`
	Found   string       `json:"found" doc:"What was there instead."`
	Do      []RuleAction `json:"do" nullable:"false" doc:"What it does when it applies, with placeholders filled in."`
	Reply   *Reply       `json:"reply" doc:"What the client would be told then; null: nothing, or as usual."`
}

// RuleLanguage is what can be written in a rule, for completion.
type RuleLanguage struct {
	Stages  []RuleStage `json:"stages" nullable:"false"`
	Fields  []RuleWord  `json:"fields" nullable:"false" doc:"Conditions, written name=value or name!=value."`
	Times   []RuleWord  `json:"times" nullable:"false" doc:"What is counted, and the name, owner and end of a rule; written name=value."`
	Actions []RuleWord  `json:"actions" nullable:"false"`
}

// A RuleStage is a stage, and what can be asked and done there.
type RuleStage struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Fields  []string `json:"fields" nullable:"false"`
	Actions []string `json:"actions" nullable:"false"`
	Per     []string `json:"per" nullable:"false" doc:"What per= can name."`
}

// A RuleWord is the key of a condition, or an action.
type RuleWord struct {
	Name    string      `json:"name"`
	What    string      `json:"what"`
	Args    string      `json:"args,omitempty" doc:"What follows an action."`
	Values  []RuleValue `json:"values" nullable:"false" doc:"Examples of what follows."`
	Options []RuleValue `json:"options,omitempty" doc:"What an action may have behind its arguments."`
	Presets []string    `json:"presets,omitempty" doc:"What an action may have in place of a code; see /v1/magic."`
}

// A RuleValue is an example of what a word may have.
type RuleValue struct {
	Text string   `json:"text"`
	What string   `json:"what,omitempty"`
	At   []string `json:"at,omitempty" doc:"Only at these stages; left out: wherever the word can be."`
}
