package smtpd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A table is a Judge with a list of rules; the first that matches wins.
type table struct {
	mu    sync.Mutex
	rules []tableRule
	asked []string
}

type tableRule struct {
	name     string
	stage    rule.Stage
	from, to string
	user     string
	skip     int // matches that it lets pass
	left     int // times that it applies; 0: always
	do       []rule.Action
}

func (t *table) Decide(f *rule.Facts) rule.Decision {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, fmt.Sprintf("%s client=%s helo=%s user=%s from=%s known=%t to=%s size=%d", f.Stage, f.Client, f.Helo, f.User, f.From, f.Known, strings.Join(f.To, ","), f.Size))
	for i := range t.rules {
		r := &t.rules[i]
		if r.stage != f.Stage || r.left < 0 || r.from != "" && r.from != f.From || r.to != "" && !slices.Contains(f.To, r.to) || r.user != "" && r.user != f.User {
			continue
		}
		if r.skip > 0 {
			r.skip--
			continue
		}
		if r.left > 0 {
			r.left = cmp.Or(r.left-1, -1)
		}
		return rule.Decision{Rule: r.name, Do: r.do}
	}
	return rule.Decision{}
}

// add reads a rule as dialogs have it: a stage, conditions, and actions with
// semicolons between them.
func (t *table) add(text string) error {
	head, rest, _ := strings.Cut(text, " ")
	r := tableRule{stage: rule.Stage(head), name: "r" + strconv.Itoa(len(t.rules)+1)}
	for {
		word, after, _ := strings.Cut(rest, " ")
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			break
		}
		rest = after
		switch key {
		case "from":
			r.from = value
		case "to":
			r.to = value
		case "user":
			r.user = value
		case "first":
			r.left, _ = strconv.Atoi(value)
		case "skip":
			r.skip, _ = strconv.Atoi(value)
		default:
			return fmt.Errorf("condition %q", word)
		}
	}
	for action := range strings.SplitSeq(rest, "; ") {
		a, err := readAction(action)
		if err != nil {
			return err
		}
		r.do = append(r.do, a)
	}
	t.rules = append(t.rules, r)
	return nil
}

func readAction(text string) (a rule.Action, err error) {
	kind, arg, _ := strings.Cut(text, " ")
	a.Kind = rule.Kind(kind)
	switch a.Kind {
	case rule.Reply:
		arg, a.Close = strings.CutSuffix(arg, " close")
		code, text, _ := strings.Cut(arg, " ")
		a.Reply.Code, err = strconv.Atoi(code)
		word, after, _ := strings.Cut(text, " ")
		e := &a.Reply.Enhanced
		if n, _ := fmt.Sscanf(word, "%d.%d.%d", &e[0], &e[1], &e[2]); n == 3 {
			text = after
		}
		a.Reply.Text = strings.ReplaceAll(text, `\n`, "\n")
	case rule.Delay, rule.Hang:
		if arg != "" {
			a.For, err = time.ParseDuration(arg)
		}
	case rule.Drip:
		a.Rate, err = strconv.ParseInt(arg, 10, 64)
	case rule.Garbage:
		a.Octets, err = strconv.ParseInt(arg, 10, 64)
	case rule.Drop:
		a.Reset, a.Stored = strings.Contains(arg, "rst"), strings.Contains(arg, "stored")
		a.Octets, _ = strconv.ParseInt(strings.TrimSuffix(arg, " rst"), 10, 64)
	case rule.Hide, rule.Offer:
		a.Keywords = strings.Split(arg, ", ")
	case rule.TLS:
		a.Flaw = rule.Flaw(arg)
	case rule.Pass:
	default:
		err = fmt.Errorf("action %q", text)
	}
	return a, err
}

// A stage has what a dialog needs besides the client: rules, waiting that takes no
// time, and what was attempted.
type stage struct {
	table    *table
	patient  bool // waits last until they are ended
	attempts chan string

	mu     sync.Mutex
	waited time.Duration
}

func (st *stage) wait(ctx context.Context, d time.Duration) {
	st.mu.Lock()
	st.waited += d
	st.mu.Unlock()
	if d == 0 || st.patient {
		<-ctx.Done()
	}
}

// attempted writes an attempt as A: lines do.
func (st *stage) attempted(a mail.Attempt, body *store.Body) {
	text := fmt.Sprintf("%s %s %s", a.Stage, a.Did, cmp.Or(a.Rule, "-"))
	if a.Reply != nil {
		text += " " + strings.ReplaceAll(a.Reply.Error(), "\n", `\n`)
	}
	text += fmt.Sprintf(" | %s | %s | %d", a.From, strings.Join(a.To, ", "), a.Size)
	if body != nil {
		all := make([]byte, body.Size())
		body.Reader().Read(all)
		text += " " + strconv.Quote(string(all))
	}
	if !a.Message.IsZero() {
		text += " stored"
	}
	if a.ID.IsZero() || a.At.IsZero() || a.Session == nil || a.Session.ID == "" {
		text += " INCOMPLETE"
	}
	st.attempts <- text
}
