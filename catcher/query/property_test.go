package query

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"pgregory.net/rapid"
)

// pieces are what random text is made of: short, so that much matches.
func pieces() []string {
	return []string{"a", "A", "b", "ab", "B", "é", "e\u0301", "ß", "ss", "İ", "i", "你", "好", "你好", "か\u3099", "が", "ｶ", "한", "\u1112\u1161",
		"\u200b", "\u0301", "_", "%", "*", "@", ".", ".test", "a@b.test", "xn--mnchen-3ya", "münchen", " ", "\r\n", "\u3000", "，", "\xff", "'", "’", "=", "/", "1", "\x00"}
}

func someText(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces()), 0, 6).Draw(t, label), "")
}

func someMail(t *rapid.T) (*mail.Message, *Content) {
	address := func(label string) string {
		return rapid.SampledFrom([]string{"a@b.test", "A@B.test", "b@a.test", "a@münchen.test", "a@xn--mnchen-3ya.test", someText(t, label)}).Draw(t, label)
	}
	addresses := func(label string) []Address {
		var list []Address
		for range rapid.IntRange(0, 2).Draw(t, label) {
			list = append(list, Address{someText(t, label), address(label)})
		}
		return list
	}
	m := &mail.Message{
		ID:       mail.ID{1},
		Received: now.Add(-time.Duration(rapid.IntRange(0, 4).Draw(t, "age")) * time.Hour),
		Size:     int64(rapid.IntRange(0, 4).Draw(t, "size")),
		Envelope: mail.Envelope{From: address("sender")},
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "rcpts") {
		rcpt := mail.Rcpt{Address: address("rcpt")}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{ID: mail.DeliveryID{N: i}, Box: mail.Box(rcpt.Address), Seen: rapid.Bool().Draw(t, "seen")})
	}
	c := &Content{
		Subject: someText(t, "subject"), From: addresses("from"), To: addresses("to"), Cc: addresses("cc"), Bcc: addresses("bcc"),
		HTML: rapid.Bool().Draw(t, "html"), Bounce: rapid.Bool().Draw(t, "bounce"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "headers") {
		c.Headers = append(c.Headers, Header{rapid.SampledFrom([]string{"A", "a", "B", "a=b"}).Draw(t, "name"), someText(t, "value")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "texts") {
		c.Text = append(c.Text, someText(t, "text"))
	}
	for range rapid.IntRange(0, 1).Draw(t, "attachments") {
		c.Attachments = append(c.Attachments, Attachment{someText(t, "file"), someText(t, "type")})
	}
	return m, c
}

// someTerm is a term that parses.
func someTerm(t *rapid.T) string {
	facts := []string{"larger:1", "smaller:3", "after:2h", "before:1h", "is:read", "is:unread", "is:bounce", "has:html", "has:attachment",
		"mailbox:a@b.test", "mailbox:a", "mailbox:/^b/", "header:a", "header:B", "id:" + mail.ID{1}.String(), "id:" + mail.ID{2}.String(),
		"from:a@MÜNCHEN.test", "to:a@b.test", "cc:b@a.test", "bcc:A@B.TEST", "rcpt:a@xn--mnchen-3ya.test"}
	operators := []string{"", "", "from:", "to:", "cc:", "bcc:", "rcpt:", "subject:", "body:", "attachment:", "header:A=", "mailbox:"}
	forms := []func(string) string{
		func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` },
		func(s string) string { return s },
		func(s string) string { return "/" + s + "/" },
		func(s string) string { return "/^" + s + "/" },
		func(s string) string { return "/[" + s + "]+b?/" },
		func(s string) string { return "/(" + s + "|b)(a|" + s + ")/" },
	}
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "fact") {
			return rapid.SampledFrom(facts).Draw(t, "term")
		}
		op := rapid.SampledFrom(operators).Draw(t, "op")
		return op + rapid.SampledFrom(forms).Draw(t, "form")(someText(t, "needle"))
	}).Filter(func(text string) bool {
		q, err := Parse(text, now)
		return err == nil && q.root != nil && q.root.kind == isTerm
	}).Draw(t, "term")
}

// someQuery writes a random query and says whether it matches, by what its
// terms do alone.
func someQuery(t *rapid.T, depth int, alone func(term string) bool) (text string, want bool) {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 || kind < 2 {
		text = someTerm(t)
		return text, alone(text)
	}
	left, a := someQuery(t, depth-1, alone)
	if kind == 2 {
		return "-(" + left + ")", !a
	}
	right, b := someQuery(t, depth-1, alone)
	switch kind {
	case 3:
		return "(" + left + ") (" + right + ")", a && b
	case 4:
		return "(" + left + " OR " + right + ")", a || b
	}
	third, c := someQuery(t, 0, alone)
	return "(" + third + " -(" + left + ") OR " + third + " AND (" + right + "))", c && !a || c && b
}

// TestProperties compares, for random mail and queries, the answer with those to
// the single terms, with what an index must find, with Bounds and Bare, and with
// the answer of the query's canonical text.
func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, c := someMail(t)
		text, want := someQuery(t, rapid.IntRange(0, 3).Draw(t, "depth"), func(term string) bool {
			q, err := Parse(term, now)
			if err != nil {
				t.Fatalf("%q: %v", term, err)
			}
			got := answer(t, q, m, c)
			naive, ok := naive(q.root.term, m, c)
			if ok && naive != got {
				t.Fatalf("%q matches: %v", term, got)
			}
			return got
		})
		q, err := Parse(text, now)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if scoped := q.Bounds().Box != ""; !scoped && answer(t, q, m, c) != want {
			t.Fatalf("%q matches: %v", text, !want)
		}
		checkQuery(t, q, m, c)
	})
}

// naive looks through what Each gives. It knows nothing of facts and whole addresses.
func naive(term *term, m *mail.Message, c *Content) (found, ok bool) {
	if term.fields == 0 || term.box != "" {
		return false, false
	}
	fields := term.fields
	if fields&inNames != 0 {
		fields |= InAttachment
		c2 := *c
		c2.Attachments = nil
		for _, a := range c.Attachments {
			c2.Attachments = append(c2.Attachments, Attachment{Name: a.Name, Type: a.Name})
		}
		c = &c2
	}
	Each(m, c, func(f Fields, folded string) {
		value, ok := strings.CutPrefix(folded, term.prefix)
		if f&fields != 0 && ok {
			found = found || term.re == nil && strings.Contains(value, term.needle) || term.re != nil && term.re.MatchString(value)
		}
	})
	return found, true
}

type failer interface {
	Fatalf(format string, args ...any)
}

func answer(t failer, q *Query, m *mail.Message, c *Content) bool {
	loads := 0
	got, err := q.Match(&Document{Message: m, Load: func() (*Content, error) { loads++; return c, nil }})
	if err != nil || loads > 1 || loads > 0 && q.Bare() {
		t.Fatalf("%q: %d loads, %v", q, loads, err)
	}
	return got
}

// checkQuery checks what holds for every query and message.
func checkQuery(t failer, q *Query, m *mail.Message, c *Content) {
	text := q.String()
	again, err := Parse(text, now.Add(time.Hour))
	if err != nil && len(text) > maxText {
		return // the canonical form can be longer
	}
	if err != nil || again.String() != text || !same(q.root, again.root) || again.Bounds() != q.Bounds() {
		t.Fatalf("%q read again is %v, %v", text, again, err)
	}
	match := answer(t, q, m, c)
	if answer(t, again, m, c) != match {
		t.Fatalf("%q read again matches: %v", text, !match)
	}
	if !match {
		return
	}
	if need := q.Need(); !has(need, m, c) {
		t.Fatalf("%q matches but has not %+v", text, need)
	}
	b := q.Bounds()
	if m.Received.Before(b.After) || !b.Before.IsZero() && !m.Received.Before(b.Before) || !b.ID.IsZero() && b.ID != m.ID {
		t.Fatalf("%q matches outside of %+v", text, b)
	}
	if b.Box != "" {
		for _, d := range m.Deliveries {
			if d.Box == b.Box {
				return
			}
		}
		t.Fatalf("%q matches outside of %q", text, b.Box)
	}
}

// same says whether two queries look for the same.
func same(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.kind != b.kind || a.number != b.number || len(a.kids) != len(b.kids) {
		return false
	}
	for i := range a.kids {
		if !same(a.kids[i], b.kids[i]) {
			return false
		}
	}
	if a.kind != isTerm {
		return true
	}
	s, t := a.term, b.term
	return s.op == t.op && s.name == t.name && s.text == t.text && (s.re == nil) == (t.re == nil) && s.needle == t.needle && s.box == t.box &&
		s.fields == t.fields && s.prefix == t.prefix && s.bounds == t.bounds
}

// checkWide checks that a need has the form that its type promises.
func checkNeed(t failer, n Need) {
	switch {
	case n.Kind == NeedText && (n.Text == "" || Fold(n.Text) != n.Text || n.Fields == 0 || n.Fields&inNames != 0):
		t.Fatalf("need %+v", n)
	case (n.Kind == NeedAll || n.Kind == NeedOne) && len(n.Kids) < 2:
		t.Fatalf("need %+v", n)
	}
	for _, kid := range n.Kids {
		if kid.Kind == NeedAny {
			t.Fatalf("need %+v", n)
		}
		checkNeed(t, kid)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{`a "b c" OR -(d)`, `from:a@b.test subject:/^re: [a-z]+/ header:X-A="b"`, `larger:1.5MiB before:2h after:2026-01-02`,
		`is:read has:html id:` + someID + ` mailbox:x http://x.test/ Re: 12:30`, "“你 好” from：か\u3099", `"\"\\" --a ()`, `/[/\/ß]|(?-i:K)/`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text, now)
		if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: %v", text, err)
		} else if err != nil {
			if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) || e.What == "" || !utf8.ValidString(e.Error()) {
				t.Fatalf("%q: %#v", text, e)
			}
			return
		}
		m, c := order()
		checkQuery(t, q, m, c)
		checkNeed(t, q.Need())
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("你好 body:/a+ß/", "Größe", "a@b.test", "你\n好", "ass")
	f.Add("a", "", "", "0\x93\xe80", "")
	f.Add("from:a@xn--mnchen-3ya.test OR header:A=b", "b", "a@münchen.test", "x", "y")
	f.Fuzz(func(t *testing.T, text, subject, address, first, second string) {
		q, err := Parse(text, now)
		if err != nil {
			return
		}
		m := &mail.Message{ID: mail.ID{1}, Received: now, Size: 100, Envelope: mail.Envelope{From: address, To: []mail.Rcpt{{Address: second}, {Address: address}}},
			Deliveries: []mail.Delivery{{Box: mail.Box(address)}}}
		c := &Content{Subject: subject, From: []Address{{first, address}}, To: []Address{{second, address}}, Headers: []Header{{"A", first}, {second, address}},
			Text: []string{first, second}, Attachments: []Attachment{{first, second}}}
		checkQuery(t, q, m, c)
		checkFold(t, first)
		// All that is text of the mail is found when it is searched for.
		if needle := Fold(first); needle != "" && len(first) < 1000 {
			phrase, err := Parse((&term{op: "body", text: valid(first)}).String(), now)
			if err != nil || !answer(t, phrase, m, c) {
				t.Errorf("%q is not found: %v", first, err)
			}
		}
	})
}
