package pop3

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// A table is a Judge whose rules apply once each, in order; and it waits in no time
// for them, unless until something happens.
type table struct {
	mu     sync.Mutex
	stages []rule.Stage
	do     [][]rule.Action
	asked  []string
	waited time.Duration
}

func (t *table) Decide(f *rule.Facts) rule.Decision {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, fmt.Sprintf("%s %s %s %d", f.Stage, f.Client, f.User, f.Size))
	for i, stage := range t.stages {
		if stage == f.Stage {
			t.stages[i] = ""
			return rule.Decision{Rule: "r", Do: t.do[i]}
		}
	}
	return rule.Decision{}
}

func (t *table) wait(ctx context.Context, d time.Duration) {
	t.mu.Lock()
	t.waited += d
	t.mu.Unlock()
	if d == 0 {
		<-ctx.Done()
	}
}

// add takes a stage and actions with semicolons between them.
func (t *table) add(text string) {
	stage, actions, _ := strings.Cut(text, " ")
	var do []rule.Action
	for action := range strings.SplitSeq(actions, "; ") {
		kind, arg, _ := strings.Cut(action, " ")
		a := rule.Action{Kind: rule.Kind(kind), Reset: strings.HasSuffix(arg, "rst")}
		a.For, _ = time.ParseDuration(arg)
		a.Octets, _ = strconv.ParseInt(strings.TrimSuffix(arg, " rst"), 10, 64)
		a.Rate, a.Flaw = a.Octets, rule.Flaw(arg)
		a.Reply.Text, a.Close = strings.CutSuffix(strings.ReplaceAll(arg, `\n`, "\n"), " close")
		do = append(do, a)
	}
	t.stages, t.do = append(t.stages, rule.Stage(stage)), append(t.do, do)
}

// The end of the server ends a hang at once, without the grace.
func TestEndOfServerEndsHangs(t *testing.T) {
	t.Parallel()
	rules := &table{}
	rules.add("login hang")
	hanging := make(chan struct{})
	s := &Server{Backend: newBackend(t), Rules: rules, Grace: time.Hour}
	s.wait = func(ctx context.Context, _ time.Duration) {
		close(hanging)
		<-ctx.Done()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	c := dial(t, l.Addr().String())
	c.line()
	c.ok("USER " + alice)
	c.send("PASS x\r\n")
	<-hanging
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	c.expectClosed("after the end")
}
