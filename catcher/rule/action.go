package rule

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// action reads an action, up to the name of the next.
func (p *parser) action() (Action, error) {
	first := p.words[0]
	if !first.isAction() {
		return Action{}, p.errorf(first, "%.40q is no action; there are %s", first.text, listOf(kinds()))
	}
	a := Action{Kind: Kind(first.text)}
	p.words = p.words[1:]
	n := slices.IndexFunc(p.words, word.isAction)
	if n < 0 {
		n = len(p.words)
	}
	args := p.words[:n]
	p.words = p.words[n:]
	var plain []word
	for _, w := range args {
		key, value, ok := w.option()
		if !ok {
			plain = append(plain, w)
		} else if what := a.setOption(key, value); what != "" {
			return Action{}, p.errorf(w, "%s", what)
		}
	}
	if w, what := a.setArguments(plain); what != "" {
		if w == (word{}) {
			w = first
		}
		return Action{}, p.errorf(w, "%s", what)
	}
	return a, nil
}

// setOption sets what is written as key=value. It says what is wrong, or "".
func (a *Action) setOption(key, value string) string {
	ok := false
	switch {
	case key == "after" && a.Kind == Drop && a.Octets == 0:
		if a.Octets, ok = parseOctets(value); !ok {
			return fmt.Sprintf("after=%.40s: it should be like after=5000 or after=10k", value)
		}
	case key == "after" && a.takesAfter() && a.After == 0:
		if a.After, ok = ParseDuration(value); !ok {
			return fmt.Sprintf("after=%.40s: it should be like %s", value, likeness("after"))
		}
	case key == "dialect" && a.takesDialect() && a.Dialect == "":
		if !slices.Contains(dialects(), value) {
			return fmt.Sprintf("no dialect is called %.40q; there are %s", value, listOf(dialects()))
		}
		a.Dialect = value
	default:
		return fmt.Sprintf("%s takes no %s=, or no second one", a.Kind, key)
	}
	return ""
}

func (a *Action) takesAfter() bool {
	return slices.Contains([]Kind{Keep, Bounce, Warn, AutoReply, Complain}, a.Kind)
}

func (a *Action) takesDialect() bool {
	return slices.Contains([]Kind{Bounce, Defer, Warn, AutoReply, Complain}, a.Kind)
}

// dialects are those of package dsn.
func dialects() []string {
	return []string{"standard", "postfix", "exchange", "iis", "gmail", "yahoo", "exim", "qmail", "ses", "163"}
}

// setArguments sets what is no option. It says what is wrong, or "", and with
// which of the words.
func (a *Action) setArguments(args []word) (word, string) {
	switch a.Kind {
	case Reply, Bounce, Defer, Warn, Lose:
		return a.setReply(args)
	case Drop:
		return a.setDrop(args)
	case AutoReply:
		text, w, what := lines(args)
		a.Text = text
		return w, what
	case Hide, Offer:
		return a.setKeywords(args)
	}
	want := 1
	if a.Kind == Pass || a.Kind == Keep || a.Kind == Discard || a.Kind == Hold || a.Kind == Complain || a.Kind == Hang && len(args) == 0 {
		want = 0
	}
	if len(args) > want {
		return args[want], fmt.Sprintf("%.40q is too much for %s", args[want].text, a.Kind)
	}
	if len(args) < want {
		return word{}, string(a.Kind) + " needs " + a.needs()
	}
	if want == 1 && !a.setArgument(args[0].text) {
		return args[0], fmt.Sprintf("%s %.40s: it should be %s", a.Kind, args[0].text, a.needs())
	}
	return word{}, ""
}

// needs says what an action needs.
func (a *Action) needs() string {
	switch a.Kind {
	case Drip:
		return "octets a second, as 200B/s"
	case Garbage:
		return "a number of octets, as 1000 or 10k"
	case Relay:
		return "a next hop, as smtp://mail.test:25"
	case TLS:
		return "what is wrong with it: " + listOf(flaws())
	}
	return "a time, as 90s or 5m"
}

func (a *Action) setArgument(text string) (ok bool) {
	switch a.Kind {
	case Delay, Hang:
		a.For, ok = ParseDuration(text)
	case Drip:
		size, each := strings.CutSuffix(text, "/s")
		a.Rate, ok = parseOctets(size)
		ok = ok && each
	case Garbage:
		a.Octets, ok = parseOctets(text)
	case Relay:
		u, err := url.Parse(text)
		a.URL, ok = text, err == nil && u.Scheme != ""
	case TLS:
		a.Flaw, ok = Flaw(text), slices.Contains(flaws(), Flaw(text))
	}
	return ok
}

func flaws() []Flaw {
	return []Flaw{Expired, NotYetValid, WrongName, SelfSigned, Untrusted, OldProtocol, Broken}
}

// parseOctets reads a size of 1 or more.
func parseOctets(s string) (int64, bool) {
	n, ok := query.ParseSize(s)
	return n, ok && n > 0
}

func (a *Action) setDrop(args []word) (word, string) {
	for _, w := range args {
		switch w.text {
		case "rst":
			a.Reset = true
		case "after-store":
			a.Stored = true
		default:
			return w, fmt.Sprintf("drop takes rst, after-store (at dot), after=SIZE (at data and retr), but not %.40q", w.text)
		}
	}
	return word{}, ""
}

func (a *Action) setKeywords(args []word) (word, string) {
	for _, w := range args {
		if strings.Trim(w.text, " ") == "" {
			return w, "no keyword"
		}
		if a.Kind == Hide {
			w.text = strings.ToUpper(w.text)
		}
		a.Keywords = append(a.Keywords, w.text)
	}
	if args == nil {
		return word{}, string(a.Kind) + " needs keywords of EHLO"
	}
	return word{}, ""
}

// setReply reads CODE [x.y.z] ["text"…] [close], or PRESET [close].
func (a *Action) setReply(args []word) (word, string) {
	if n := len(args) - 1; a.Kind == Reply && n >= 0 && !args[n].quoted && args[n].text == "close" {
		a.Close = true
		args = args[:n]
	}
	if len(args) == 0 {
		if a.Kind == Lose {
			return word{}, ""
		}
		return word{}, string(a.Kind) + ` needs a code, as 550 5.1.1 "User unknown", or the name of a preset`
	}
	if r, ok := preset(args[0].text); ok && !args[0].quoted {
		a.Preset, a.Reply = args[0].text, r
		args = args[1:]
	} else if w, what := a.setCode(&args); what != "" {
		return w, what
	} else if a.Reply.Text, w, what = lines(args); what != "" {
		return w, what
	} else {
		args = nil
	}
	if len(args) > 0 {
		return args[0], "a preset has its own text"
	}
	return word{}, a.checkCode()
}

// setCode takes the code, and the enhanced one, from the front.
func (a *Action) setCode(args *[]word) (word, string) {
	first := (*args)[0]
	code, err := strconv.Atoi(first.text)
	if err != nil || len(first.text) != 3 || code < 200 || code > 599 {
		return first, fmt.Sprintf("%.40q is neither a code (200 to 599) nor a preset; there are %s", first.text, listOf(presetNames()))
	}
	a.Reply.Code = code
	*args = (*args)[1:]
	if len(*args) == 0 || (*args)[0].quoted {
		return word{}, ""
	}
	enhanced, ok := parseEnhanced((*args)[0].text)
	if !ok {
		return word{}, ""
	}
	a.Reply.Enhanced = enhanced
	*args = (*args)[1:]
	return word{}, ""
}

// checkCode refuses what cannot be a reason. Reply may say anything.
func (a *Action) checkCode() string {
	class := a.Reply.Code / 100
	switch {
	case (a.Kind == Bounce || a.Kind == Lose) && class < 4:
		return string(a.Kind) + " needs a code from 400 on"
	case (a.Kind == Defer || a.Kind == Warn) && class != 4:
		return string(a.Kind) + " needs a code from 400 to 499"
	}
	return ""
}

// parseEnhanced reads a status code of RFC 3463.
func parseEnhanced(s string) (e [3]int, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || strings.Trim(parts[0], "245") != "" {
		return e, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n > 999 || len(part) > 3 {
			return e, false
		}
		e[i] = int(n)
	}
	return e, true
}

// lines joins what must be quoted lines of text.
func lines(args []word) (text string, bad word, what string) {
	for i, w := range args {
		if !w.quoted {
			return "", w, fmt.Sprintf("%.40q: text stands in quotes", w.text)
		}
		if i > 0 {
			text += "\n"
		}
		text += w.text
	}
	return text, word{}, ""
}

// String is the rule in its canonical form, which parses to the same rule. The
// ID is not in it.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString(string(r.At))
	option := func(key, value string) {
		b.WriteString(" " + key + "=" + quoteValue(value))
	}
	for _, t := range r.Match {
		key := t.Field
		if t.Not {
			key += "!"
		}
		for _, v := range t.Any {
			option(key, v)
		}
	}
	r.Times.each(option)
	if r.Name != "" {
		option("name", r.Name)
	}
	if r.Owner != "" {
		option("owner", r.Owner)
	}
	if !r.Expires.IsZero() {
		option("expires", r.Expires.UTC().Format(time.RFC3339Nano))
	}
	for _, a := range r.Do {
		b.WriteString(" " + a.String())
	}
	return b.String()
}

func (t Times) each(option func(key, value string)) {
	for _, n := range [...]struct {
		key   string
		value uint64
	}{{"first", t.First}, {"nth", t.Nth}, {"every", t.Every}} {
		if n.value != 0 {
			option(n.key, strconv.FormatUint(n.value, 10))
		}
	}
	if t.Until != 0 {
		option("until", formatDuration(t.Until))
	}
	if t.After != 0 {
		option("after", formatDuration(t.After))
	}
	if t.Rate != 0 {
		option("rate", t.rate())
	}
	if t.Chance != 0 {
		option("chance", strconv.FormatFloat(t.Chance, 'f', -1, 64)+"%")
	}
	if t.Seed != 0 {
		option("seed", strconv.FormatUint(t.Seed, 10))
	}
	if t.Per != nil {
		option("per", strings.Join(t.Per, ","))
	}
}

// rate is the rate as it is written.
func (t Times) rate() string {
	for _, u := range rateUnits() {
		if u.time == t.RateTime {
			return fmt.Sprintf("%d/%s", t.Rate, u.name)
		}
	}
	return fmt.Sprintf("%d/%v", t.Rate, t.RateTime) // no rule
}

// String is the action as a rule has it, which ParseAction reads.
func (a Action) String() string {
	s := string(a.Kind)
	add := func(text string) { s += " " + text }
	switch a.Kind {
	case Reply, Bounce, Defer, Warn, Lose:
		s += replyText(a)
	case AutoReply:
		s += quotedLines(a.Text)
	case Drip:
		add(strconv.FormatInt(a.Rate, 10) + "B/s")
	case Garbage:
		add(strconv.FormatInt(a.Octets, 10))
	case Relay:
		add(quoteWord(a.URL))
	case TLS:
		add(string(a.Flaw))
	}
	if a.For != 0 {
		add(formatDuration(a.For))
	}
	if a.Kind == Drop && a.Octets != 0 {
		add("after=" + strconv.FormatInt(a.Octets, 10))
	}
	if a.Reset {
		add("rst")
	}
	if a.Stored {
		add("after-store")
	}
	for _, k := range a.Keywords {
		add(quoteWord(k))
	}
	if a.Close {
		add("close")
	}
	if a.Dialect != "" {
		add("dialect=" + quoteValue(a.Dialect))
	}
	if a.After != 0 {
		add("after=" + formatDuration(a.After))
	}
	return s
}

func replyText(a Action) string {
	switch {
	case a.Preset != "":
		return " " + quoteWord(a.Preset)
	case a.Reply == mail.Reply{}:
		return ""
	}
	s := fmt.Sprintf(" %03d", a.Reply.Code)
	if e := a.Reply.Enhanced; e != [3]int{} {
		s += fmt.Sprintf(" %d.%d.%d", e[0], e[1], e[2])
	}
	return s + quotedLines(a.Reply.Text)
}

func quotedLines(text string) string {
	if text == "" {
		return ""
	}
	s := ""
	for line := range strings.SplitSeq(text, "\n") {
		s += " " + quote(line)
	}
	return s
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// quoteValue quotes what stands after "=" if it has to be.
func quoteValue(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\"") {
		return quote(s)
	}
	return s
}

// quoteWord quotes what stands alone if it would be read as something else.
func quoteWord(s string) string {
	if strings.ContainsAny(s, "=#") && !strings.Contains(s, "://") || slices.Contains(kinds(), Kind(s)) {
		return quote(s)
	}
	return quoteValue(s)
}

// formatDuration writes what parseDuration reads, without noughts.
func formatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
