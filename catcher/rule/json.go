package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

type ruleJSON struct {
	ID      string       `json:"id,omitempty"`
	Name    string       `json:"name,omitempty"`
	Owner   string       `json:"owner,omitempty"`
	Expires time.Time    `json:"expires,omitzero"`
	Text    string       `json:"text,omitempty"` // read only: in place of all below
	At      Stage        `json:"at,omitempty"`
	Match   []termJSON   `json:"match,omitempty"`
	Times   timesJSON    `json:"times,omitzero"`
	Do      []actionJSON `json:"do,omitempty"`
}

type termJSON struct {
	Field string   `json:"field"`
	Not   bool     `json:"not,omitempty"`
	Any   []string `json:"any"`
}

type timesJSON struct {
	First  uint64   `json:"first,omitempty"`
	Nth    uint64   `json:"nth,omitempty"`
	Every  uint64   `json:"every,omitempty"`
	Until  span     `json:"until,omitempty"`
	After  span     `json:"after,omitempty"`
	Rate   string   `json:"rate,omitempty"`   // "20/min"
	Chance float64  `json:"chance,omitempty"` // percent
	Seed   uint64   `json:"seed,omitempty"`
	Per    []string `json:"per,omitempty"`
}

type actionJSON struct {
	Action   Kind     `json:"action"`
	Code     int      `json:"code,omitempty"`
	Enhanced string   `json:"enhanced,omitempty"` // "4.7.1"
	Text     []string `json:"text,omitempty"`     // a line each
	Preset   string   `json:"preset,omitempty"`
	Close    bool     `json:"close,omitempty"`
	For      span     `json:"for,omitempty"`
	Rate     int64    `json:"rate,omitempty"`
	Octets   int64    `json:"octets,omitempty"`
	Reset    bool     `json:"reset,omitempty"`
	Stored   bool     `json:"stored,omitempty"`
	Keywords []string `json:"keywords,omitempty"`
	Flaw     Flaw     `json:"flaw,omitempty"`
	URL      string   `json:"url,omitempty"`
	Dialect  string   `json:"dialect,omitempty"`
	After    span     `json:"after,omitempty"`
}

// A span is a time.Duration, in JSON as rules write it.
type span time.Duration

func (s span) MarshalText() ([]byte, error) { return []byte(formatDuration(time.Duration(s))), nil }

func (s *span) UnmarshalText(text []byte) error {
	d, ok := ParseDuration(string(text))
	if !ok {
		return fmt.Errorf("%.40q is no time; it should be like 90s, 5m, 4h or 2d", text)
	}
	*s = span(d)
	return nil
}

// MarshalJSON writes the rule with all its parts apart.
func (r Rule) MarshalJSON() ([]byte, error) {
	t := r.Times
	j := ruleJSON{
		ID: r.ID, Name: r.Name, Owner: r.Owner, Expires: r.Expires, At: r.At,
		Times: timesJSON{First: t.First, Nth: t.Nth, Every: t.Every, Until: span(t.Until), After: span(t.After), Chance: t.Chance, Seed: t.Seed, Per: t.Per},
	}
	if t.Rate != 0 {
		j.Times.Rate = t.rate()
	}
	for _, m := range r.Match {
		j.Match = append(j.Match, termJSON(m))
	}
	for _, a := range r.Do {
		j.Do = append(j.Do, a.json())
	}
	return json.Marshal(j)
}

func (a Action) json() actionJSON {
	j := actionJSON{
		Action: a.Kind, Preset: a.Preset, Close: a.Close, For: span(a.For), Rate: a.Rate, Octets: a.Octets, Reset: a.Reset,
		Stored: a.Stored, Keywords: a.Keywords, Flaw: a.Flaw, URL: a.URL, Dialect: a.Dialect, After: span(a.After),
	}
	text := a.Text
	if a.Preset == "" && a.Kind != AutoReply {
		j.Code, text = a.Reply.Code, a.Reply.Text
		if e := a.Reply.Enhanced; e != [3]int{} {
			j.Enhanced = fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
		}
	}
	if text != "" {
		j.Text = strings.Split(text, "\n")
	}
	return j
}

// UnmarshalJSON reads what MarshalJSON writes. In place of "at", "match", "times"
// and "do" there may be a "text": the rule as Parse reads it. Unknown fields, and
// what is no rule, are errors.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var j ruleJSON
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return err
	}
	parsed, err := j.rule()
	if err != nil {
		return err
	}
	parsed.ID = j.ID
	if j.Text != "" {
		j.over(&parsed)
	}
	if parsed, err = canonical(parsed); err == nil {
		*r = parsed
	}
	return err
}

// over lets what stands beside a text take the place of what is in it.
func (j *ruleJSON) over(r *Rule) {
	if j.Name != "" {
		r.Name = j.Name
	}
	if j.Owner != "" {
		r.Owner = j.Owner
	}
	if !j.Expires.IsZero() {
		r.Expires = j.Expires
	}
}

func (j *ruleJSON) rule() (Rule, error) {
	if j.Text != "" {
		if j.At != "" || j.Match != nil || j.Do != nil || !reflect.ValueOf(j.Times).IsZero() {
			return Rule{}, fmt.Errorf(`"text" stands in place of "at", "match", "times" and "do"`)
		}
		return Parse(j.Text)
	}
	t := j.Times
	r := Rule{
		Name: j.Name, Owner: j.Owner, Expires: j.Expires, At: j.At,
		Times: Times{First: t.First, Nth: t.Nth, Every: t.Every, Until: time.Duration(t.Until), After: time.Duration(t.After), Chance: t.Chance, Seed: t.Seed, Per: t.Per},
	}
	if t.Rate != "" {
		var ok bool
		if r.Times.Rate, r.Times.RateTime, ok = parseRate(t.Rate); !ok {
			return Rule{}, fmt.Errorf("%.40q is no rate; it should be like %s", t.Rate, likeness("rate"))
		}
	}
	for _, m := range j.Match {
		r.Match = append(r.Match, Term(m))
	}
	for _, a := range j.Do {
		action, err := a.action()
		if err != nil {
			return Rule{}, err
		}
		r.Do = append(r.Do, action)
	}
	return r, nil
}

func (j actionJSON) action() (Action, error) {
	a := Action{
		Kind: j.Action, Preset: j.Preset, Close: j.Close, For: time.Duration(j.For), Rate: j.Rate, Octets: j.Octets, Reset: j.Reset,
		Stored: j.Stored, Keywords: j.Keywords, Flaw: j.Flaw, URL: j.URL, Dialect: j.Dialect, After: time.Duration(j.After),
	}
	text := strings.Join(j.Text, "\n")
	if a.Kind == AutoReply {
		a.Text, text = text, ""
	}
	a.Reply = mail.Reply{Code: j.Code, Text: text}
	if j.Enhanced != "" {
		var ok bool
		if a.Reply.Enhanced, ok = parseEnhanced(j.Enhanced); !ok {
			return a, fmt.Errorf("%.40q is no enhanced status code, such as 4.7.1", j.Enhanced)
		}
	}
	if a.Preset != "" && a.Reply != (mail.Reply{}) {
		return a, fmt.Errorf("preset %q has a reply of its own", a.Preset)
	}
	return a, nil
}
