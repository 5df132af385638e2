package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// order is a mail to two, one of them in secret.
func order() (*mail.Message, *Content) {
	id, err := mail.ParseID(someID)
	if err != nil {
		panic(err)
	}
	return &mail.Message{
			ID:       id,
			Received: now.Add(-time.Hour),
			Size:     2000,
			Envelope: mail.Envelope{
				From: "bounces+17@shop.test",
				To:   []mail.Rcpt{{Address: "Jane.Doe@Example.test"}, {Address: "secret@audit.test"}, {Address: "LUKASZ@x.test"}},
			},
			Deliveries: []mail.Delivery{
				{Box: "jane.doe@example.test", Seen: true},
				{Box: "secret@audit.test"},
			},
		}, &Content{
			Subject: "Re: Ihre Bestellung über 100% Größe_XL — 注文のご確認",
			From:    []Address{{"Grüner Laden", "shop@xn--mnchen-3ya.test"}},
			To:      []Address{{"Doe, Jane", "jane.doe@example.test"}, {"", "bob@x.test"}},
			Cc:      []Address{{"Łukasz", "lukasz@x.test"}},
			Bcc:     []Address{{"", "shown@x.test"}},
			Headers: []Header{{"X-Size", "Größe"}, {"X-Blank", " x"}, {"X-Mailer", "Shop 1.0 (Linux)"}, {"X-Empty", ""}, {"x-tag", "one"}, {"X-Tag", "two"}},
			Text: []string{
				"Vielen Dank für Ihre Straße. See http://shop.test/o?id=1 at 12:30.\r\nIstanbul'da ILIK İyi. Việt Nam: Đường Nguyễn Huệ.",
				"您的订\r\n单已经发货。한국어 검색 테스트 مُحَمَّد 👩‍👧 ｶﾞｲﾄﾞ",
			},
			Attachments: []Attachment{{"Rechnung März.pdf", "application/pdf"}},
			HTML:        true,
		}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                     true,
		"bestellung":           true,
		"BESTELL":              true,
		"stellung":             true,
		"Bestellungen":         false,
		"vielen dank":          true,
		"dank vielen":          true,
		`"vielen dank"`:        true,
		`"dank vielen"`:        false,
		`"vielen  DANK"`:       true,
		"strasse":              true,
		"STRASSE":              true,
		"Straße":               true,
		"uber":                 true,
		"ÜBER":                 true,
		"u\u0308ber":           true,
		"ilik":                 true,
		"ılık":                 true,
		"İSTANBUL":             true,
		"istanbul'da":          true,
		"istanbul’da":          true,
		"iyi":                  true,
		"viet":                 true,
		"đường":                true,
		"duong":                true,
		"Huế":                  true,
		"订单":                   true,
		"发货":                   true,
		"货发":                   false,
		"注文":                   true,
		"確認":                   true,
		"한국":                   true,
		"검색":                   true,
		"국어 테스트":               true,
		"국어테스트":                false,
		"محمد":                 true,
		"👧":                    true,
		"ガイド":                  true,
		"カイト":                  false,
		"１２：３０":                true,
		"12:30":                true,
		"http://shop.test/o":   true,
		"Re:":                  true,
		"Fwd:":                 false,
		"100%":                 true,
		"%":                    true,
		"1%":                   false,
		"e_x":                  true,
		"_":                    true,
		"e?x":                  false,
		"gr*e":                 false,
		"laden":                true,
		"gruner":               true,
		"lukasz":               true,
		"bounces+17":           true,
		"audit.test":           true,
		"märz.pdf":             true,
		"application/pdf":      false,
		"linux":                false,
		"bob@x":                true,
		"münchen":              true,
		"xn--mnchen":           true,
		"bestellung fehlt":     false,
		"bestellung OR fehlt":  true,
		"fehlt OR bestellung":  true,
		"a-b OR c-d":           false,
		"-bestellung":          false,
		"-fehlt":               true,
		"-(fehlt bestellung)":  true,
		"-(fehlt OR order)":    true,
		"-(fehlt OR dank)":     false,
		"-(-dank)":             true,
		"dank fehlt OR fehlt":  false,
		"fehlt fehlt OR dank":  true,
		"fehlt OR dank fehlt":  false,
		"(fehlt OR dank) dank": true,
		"dank AND vielen":      true,

		"from:laden":                       true,
		"from:münchen":                     true,
		"from:xn--mnchen":                  true,
		"from:bounces":                     true,
		"from:bounces+17@shop.test":        true,
		"from:Bounces+17@SHOP.test.":       true,
		"from:17@shop.test":                false,
		"from:17@shop":                     false,
		"from:shop@münchen.test":           true,
		"from:shop@xn--mnchen-3ya.test":    true,
		"from:hop@münchen.test":            false,
		"from:@münchen.test":               true,
		"from:shop@":                       true,
		"from:jane":                        false,
		"from:/^shop@/":                    true,
		"from:/^hop@/":                     false,
		"to:jane.doe@example.test":         true,
		"to:JANE.DOE@EXAMPLE.TEST":         true,
		"to:doe@example.test":              false,
		"to:e@example":                     false,
		"to:doe@":                          true,
		"to:doe":                           true,
		`to:"doe, jane"`:                   true,
		`to:"bob@x.test"`:                  true,
		"to:secret":                        false,
		"cc:łukasz":                        true,
		"cc:jane":                          false,
		"bcc:secret@audit.test":            true,
		"bcc:secret":                       true,
		"bcc:lukasz":                       false,
		"bcc:jane":                         false,
		"bcc:shown":                        true,
		"rcpt:jane":                        true,
		"rcpt:secret@audit.test":           true,
		"rcpt:bob":                         false,
		"rcpt:shown":                       false,
		"subject:größe":                    true,
		"subject:groesse":                  false,
		"subject:dank":                     false,
		`subject:"re: ihre"`:               true,
		"subject:/^re: .*bestellung/":      true,
		"subject:/^ihre/":                  false,
		"subject:/GRÖSSE/":                 true,
		"subject:/größe/":                  true,
		"subject:/gr[öx]ss[éè]/":           true,
		"subject:/gr[^a-z]sse/":            false,
		"subject:/(?-i:RE: )ihre/":         true,
		"body:dank":                        true,
		"body:bestellung":                  false,
		"/12:[0-9]{2}/":                    true,
		"/12:[6-9][0-9]/":                  false,
		`/http:\/\/shop\.test/`:            true,
		"/fehlt|dank/":                     true,
		`/\x{301}+über/`:                   true,
		"-/fehlt|dank/":                    false,
		"/订.单/":                            false,
		"/订+单/":                            true,
		`/\p{Lu}/`:                         true,
		"attachment:pdf":                   true,
		"attachment:application/pdf":       true,
		"attachment:rechnung":              true,
		"attachment:/m.rz\\.pdf$/":         true,
		"attachment:zip":                   false,
		"header:X-Mailer":                  true,
		"header:x-MAILER":                  true,
		"header:Mailer":                    false,
		"header:X-Mail":                    false,
		"header:X-Empty":                   true,
		"header:X-None":                    false,
		"header:X-Mailer=shop":             true,
		`header:X-Mailer="shop 1.0 (LIN"`:  true,
		"header:X-Mailer=/^shop [0-9.]+ /": true,
		"header:X-Mailer=/^1/":             false,
		"header:X-Mailer=two":              false,
		"header:X-Mailer=mailer":           false,
		"header:X-Tag=one header:x-tag=tw": true,
		"header:X-Blank=/^X$/":             true,
		"header:X-SIZE=GROSSE":             true,
		"header:X-Empty=/^$/":              true,

		"id:" + someID:                     true,
		"id:" + strings.ToLower(someID):    true,
		"id:01HZX3Q6P5J8K9M0N1P2Q3R4S6":    false,
		"mailbox:secret@audit.test":        true,
		"mailbox:SECRET@audit.test":        true,
		"mailbox:ecret@audit.test":         false,
		"mailbox:ecret":                    true,
		"mailbox:bob":                      false,
		"mailbox:/^jane/":                  true,
		"larger:1999":                      true,
		"larger:2k":                        false,
		"smaller:2k":                       false,
		"smaller:2001":                     true,
		"smaller:2KiB":                     true,
		"after:2h":                         true,
		"after:1h":                         true,
		"after:59m":                        false,
		"before:1h":                        false,
		"before:59m":                       true,
		"after:2026-03-05":                 true,
		"before:2026-03-05":                false,
		"after:2026-03-06":                 false,
		"before:2026-03-05T12:00:00+01:00": false,
		"before:2026-03-05T12:00:01+01:00": true,
		"is:unread":                        true,
		"is:read":                          false,
		"is:seen":                          false,
		"-is:read":                         true,
		"is:unread mailbox:jane.doe@example.test":  false,
		"is:unread mailbox:secret@audit.test":      true,
		"is:read (mailbox:jane.doe@example.test)":  true,
		"is:read -mailbox:jane.doe@example.test":   false,
		"is:read OR mailbox:jane.doe@example.test": true,
		"is:bounce":      false,
		"has:attachment": true,
		"has:html":       true,
		"-has:html":      false,
	} {
		q, err := Parse(text, now)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		m, c := order()
		loads := 0
		got, err := q.Match(&Document{Message: m, Load: func() (*Content, error) { loads++; return c, nil }})
		if err != nil || got != want || loads > 1 {
			t.Errorf("%q matches: %v after %d loads, %v", text, got, loads, err)
		}
		if want && !has(q.Need(), m, c) {
			t.Errorf("%q matches, but nothing has %+v", text, q.Need())
		}
	}
}

// has says whether the values of a message have what an index must find.
func has(n Need, m *mail.Message, c *Content) bool {
	switch n.Kind {
	case NeedText:
		found := false
		Each(m, c, func(f Fields, folded string) { found = found || f&n.Fields != 0 && strings.Contains(folded, n.Text) })
		return found
	case NeedAll:
		for _, kid := range n.Kids {
			if !has(kid, m, c) {
				return false
			}
		}
	case NeedOne:
		for _, kid := range n.Kids {
			if has(kid, m, c) {
				return true
			}
		}
		return false
	}
	return true
}

// TestLoads says how much of a message is looked at for the answer.
func TestLoads(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such body")
	for text, want := range map[string]struct{ bare, loads, match bool }{
		"":                                 {bare: true, match: true},
		"larger:1k -id:" + someID:          {bare: true},
		"mailbox:jane is:unread after:2h":  {bare: true, match: true},
		"larger:1k (before:2h OR is:read)": {bare: true},
		"rcpt:jane":                        {match: true},
		"rcpt:nobody":                      {},
		"dank larger:1M":                   {},
		"dank OR smaller:1M":               {match: true},
		"from:bounces":                     {match: true},
		"from:laden":                       {loads: true},
		"-from:bounces dank":               {},
		"secret@audit.test":                {match: true},
		"-(dank larger:1M)":                {match: true},
		"(dank OR rcpt:jane) larger:1k":    {match: true},
		"dank":                             {loads: true},
		"dank OR larger:1M":                {loads: true},
		"is:bounce":                        {loads: true},
		"bcc:secret":                       {loads: true},
		"header:X":                         {loads: true},
	} {
		q, err := Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := order()
		loads := 0
		match, err := q.Match(&Document{Message: m, Load: func() (*Content, error) { loads++; return nil, failure }})
		if want.loads != errors.Is(err, failure) || want.loads != (loads == 1) || match != want.match {
			t.Errorf("%q: %v, %v after %d loads", text, match, err, loads)
		}
		if q.Bare() != want.bare {
			t.Errorf("%q is bare: %v", text, q.Bare())
		}
	}
}

// TestBox gives Match a mailbox, whose deliveries are those that count.
func TestBox(t *testing.T) {
	t.Parallel()
	m, _ := order()
	for box, unread := range map[string]bool{"jane.doe@example.test": false, "secret@audit.test": true, "": true, "other@x.test": false} {
		for text, want := range map[string]bool{"is:unread": unread, "is:read": !unread} {
			q, err := Parse(text, now)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := q.Match(&Document{Message: m, Box: box}); got != want || err != nil {
				t.Errorf("%q in %q: %v, %v", text, box, got, err)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	id, err := mail.ParseID(someID)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Bounds{
		"":                 {},
		"word":             {},
		"after:2026-01-02": {After: at(2)},
		"after:2026-01-02 after:2026-01-04 after:2026-01-03":         {After: at(4)},
		"before:2026-01-04 before:2026-01-02 before:2026-01-03":      {Before: at(2)},
		"(after:2026-01-02 word) before:2026-01-03":                  {After: at(2), Before: at(3)},
		"-after:2026-01-02 -mailbox:a@x.test":                        {},
		"after:2026-01-02 OR before:2026-01-03":                      {},
		"(after:2026-01-02 OR id:" + someID + ")":                    {},
		"mailbox:A@x.test":                                           {Box: "a@x.test"},
		"mailbox:a word":                                             {},
		"mailbox:a@x.test mailbox:b@x.test":                          {Box: "a@x.test"},
		"id:" + someID + " word":                                     {ID: id},
		"mailbox:/a@x.test/":                                         {},
		"after:2026-01-02 -(-(before:2026-01-03 id:" + someID + "))": {After: at(2), Before: at(3), ID: id},
	} {
		q, err := Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Bounds(); got != want {
			t.Errorf("%q has the bounds %+v", text, got)
		}
	}
}

func TestNeed(t *testing.T) {
	t.Parallel()
	one := func(f Fields, text string) Need { return Need{Kind: NeedText, Fields: f, Text: text} }
	all := func(kids ...Need) Need { return Need{Kind: NeedAll, Kids: kids} }
	or := func(kids ...Need) Need { return Need{Kind: NeedOne, Kids: kids} }
	anywhere := InFrom | InTo | InCc | InBcc | InRcpt | InSender | InSubject | InBody | InAttachment
	for text, want := range map[string]Need{
		"":                           {},
		"Wörd":                       one(anywhere, "word"),
		"a b":                        all(one(anywhere, "a"), one(anywhere, "b")),
		"a -b is:read":               one(anywhere, "a"),
		"a OR b":                     or(one(anywhere, "a"), one(anywhere, "b")),
		"a OR -b":                    {},
		"c (a OR is:unread)":         one(anywhere, "c"),
		"c (a OR has:html)":          all(one(anywhere, "c"), or(one(anywhere, "a"), one(InKind, "html"))),
		"is:bounce":                  one(InKind, "bounce"),
		"c (a OR b)":                 all(one(anywhere, "c"), or(one(anywhere, "a"), one(anywhere, "b"))),
		"-(a b)":                     {},
		"larger:1k id:" + someID:     {},
		"mailbox:a@x.test":           {},
		"from:Bob":                   one(InFrom|InSender, "bob"),
		"to:bob@MÜNCHEN.test":        one(InTo, "bob@munchen.test"),
		"to:bob@xn--mnchen-3ya.test": one(InTo, "bob@munchen.test"),
		"cc:a":                       one(InCc, "a"),
		"bcc:a":                      one(InBcc, "a"),
		"rcpt:a":                     one(InRcpt, "a"),
		"subject:a":                  one(InSubject, "a"),
		"body:a":                     one(InBody, "a"),
		"attachment:a":               one(InAttachment, "a"),
		"header:X-A":                 one(InHeader, "x-a="),
		"header:X-A=Bc":              all(one(InHeader, "x-a="), one(InHeader, "bc")),
		"header:X-A=/b+c/":           all(one(InHeader, "x-a="), one(InHeader, "b"), one(InHeader, "c")),
		"body:/Größe/":               one(InBody, "grosse"),
		"body:/order [0-9]+ of/":     all(one(InBody, "order"), one(InBody, "of")),
		"body:/(ab|cd)ef/":           all(or(one(InBody, "ab"), one(InBody, "cd")), one(InBody, "ef")),
		"body:/(ab|.)ef?/":           one(InBody, "e"),
		"body:/(ab){2}/":             all(one(InBody, "ab"), one(InBody, "ab")),
		"body:/(ab){0,2}/":           {},
		"body:/a  b/":                {},
		"body:/[ab]/":                {},
		"body:/^$/":                  {},
	} {
		q, err := Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Need(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q needs %+v", text, got)
		}
	}
}
