package rule

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

func factsTold(at Stage) *Facts {
	return &Facts{
		Stage: at, Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Client: "10.0.0.7", Port: "465", SNI: "mx.b.test", Helo: "app", From: "shop@b.test", Known: true,
		To: []string{"ann@a.test", "bob@slow.test"}, Size: 2000,
		Message: &query.Document{Message: &mail.Message{}, Load: func() (*query.Content, error) { return &query.Content{Subject: "Invoice 7"}, nil }},
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		failed string // the condition, or ""
		known  bool
		found  string
		counts bool
		does   string
	}{
		{"rcpt to=*@slow.test reply 451", "", false, "", false, "reply 451"},
		{"rcpt to=*@slow.test first=2 reply 451", "", false, "", true, "reply 451"},
		{"rcpt to=*@c.test first=2 reply 451", "to", true, "ann@a.test, bob@slow.test", false, "reply 451"},
		{"rcpt to!=*@slow.test reply 451", "to", true, "ann@a.test, bob@slow.test", false, "reply 451"},
		{"rcpt client=10.0.0.0/8 helo=mx.* from=x drop", "helo", true, "app", false, "drop"},
		{"mail from=<> drop", "from", true, "shop@b.test", false, "drop"},
		{"mail user=* drop", "user", true, "", false, "drop"},
		{"mail user!=* drop", "", false, "", false, "drop"},
		{"mail tls=yes drop", "tls", true, "", false, "drop"},
		{"dot size=>2k drop", "size", true, "2000", false, "drop"},
		{"dot query=subject:invoice drop", "", false, "", false, "drop"},
		{"dot query=subject:order drop", "query", true, "", false, "drop"},
		{`rcpt reply 550 "{client} may not, {from-domain}"`, "", false, "", false, `reply 550 "10.0.0.7 may not, b.test"`},
		{"handshake sni=*.b.test port=1465 tls expired", "port", true, "465", false, "tls expired"},
		{"handshake sni=*.c.test tls expired", "sni", true, "mx.b.test", false, "tls expired"},
		{"handshake sni=*.b.test first=1 tls expired", "", false, "", true, "tls expired"},
		{"rcpt reply qq-rate", "", false, "", false, `reply 550 "Ip frequency limited [10.0.0.7]. http://service.mail.qq.com/"`},
	} {
		r, err := Parse(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		told, err := r.Explain(factsTold(r.At))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		failed := ""
		if told.Failed != nil {
			failed = told.Failed.Field
		}
		if failed != c.failed || told.Known != c.known || told.Found != c.found || told.Counts != c.counts || told.Do[0].String() != c.does {
			t.Errorf("%s: failed %q, known %v, found %q, counts %v, does %q", c.rule, failed, told.Known, told.Found, told.Counts, told.Do[0])
		}
	}
}

func TestExplainWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"rcpt client!=10.0.0.7 drop", "rcpt from!=x drop", "rcpt to!=x drop", "rcpt size=<5 drop", "rcpt helo=x drop", "dot query=x drop",
	} {
		r, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if told, err := r.Explain(&Facts{Stage: r.At}); err != nil || told.Failed == nil || told.Known {
			t.Errorf("%s: %+v, %v; want a condition that failed for what is not known", line, told, err)
		}
	}
	broken := factsTold(Dot)
	broken.Message.Load = func() (*query.Content, error) { return nil, errors.New("gone") }
	r, _ := Parse("dot query!=subject:x drop")
	if told, _ := r.Explain(broken); told.Failed == nil {
		t.Error("a mail that cannot be read matches")
	}
	if _, err := (Rule{At: Rcpt, Do: []Action{{Kind: "jump"}}}).Explain(factsTold(Rcpt)); err == nil {
		t.Error("a rule that is none is explained")
	}
}

// All rules of the stage are told of, and no counter moves.
func TestSetExplains(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true, Rand: io.MultiReader(), Obeyed: func(*Facts, Decision) { t.Error("obeyed") }})
	for _, line := range []string{"rcpt to=x drop", "mail drop", "rcpt first=1 name=once reply 451", "rcpt expires=2026-01-02T15:04:05Z drop"} {
		r, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	f := factsTold(Rcpt)
	f.To = []string{"GREYLIST-1+a@sim.test", "hold@sim.test", "plain@sim.test"}
	for range 2 {
		var got string
		for _, told := range s.Explain(f) {
			got += told.Rule.called()
			if told.Failed == nil {
				got += "!"
			}
			got += " "
		}
		if want := "r1 once! magic:greylist-1@sim.test! "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, l := range s.List(f.Now) {
		if l.Asked != 0 || l.Applied != 0 {
			t.Errorf("%s has counted", l.Rule)
		}
	}
	s.opt.Obeyed = nil
	if d := s.Decide(f); d.Rule != "once" {
		t.Errorf("decided by %q", d.Rule)
	}
	if told := NewSet(Options{}).Explain(f); len(told) != 0 {
		t.Errorf("no rules say %v", told)
	}
}
