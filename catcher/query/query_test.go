package query

import (
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

const someID = "01HZX3Q6P5J8K9M0N1P2Q3R4S5"

// TestString gives the canonical form, and that of it again.
func TestString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		" \t\u3000":                "",
		"order":                    "order",
		"two  words":               "two words",
		"two AND words":            "two words",
		"a b OR c d":               "a b OR c d",
		"a (b OR c) d":             "a (b OR c) d",
		"(a OR (b OR c))":          "a OR b OR c",
		"((a)) (b c)":              "a b c",
		strings.Repeat("(a) ", 51): strings.Repeat("a ", 50) + "a",
		"a\xff\xff":                "a\ufffd\ufffd",
		"-a -(b c) -(-d)":          "-a -(b c) d",
		"-(a OR b)":                "-(a OR b)",
		`"a phrase"`:               `"a phrase"`,
		`"word"`:                   "word",
		`"OR"`:                     `"OR"`,
		`or and Or`:                "or and Or",
		`“你好” subject：“a b”　from:x`: `你好 subject:"a b" from:x`,
		`“a "b`:                              `"a " b`,
		`"say \"hi\" \\ C:\temp"`:            `"say \"hi\" \\ C:\\temp"`,
		`FROM:Bob@Example.TEST`:              `from:Bob@Example.TEST`,
		`"from:bob"`:                         `"from:bob"`,
		`"form:bob"`:                         `"form:bob"`,
		`"-x" "/x" "(x)"`:                    `"-x" "/x" "(x)"`,
		`a-b a/b 100%_*?`:                    `a-b a/b 100%_*?`,
		`/a (b|c)\/d/ subject:/^re: .*/`:     `/a (b|c)\/d/ subject:/^re: .*/`,
		`http://x.test/?a=b 12:30 Re: Re:`:   `http://x.test/?a=b 12:30 Re: Re:`,
		`localhost:8025 mailto:bob@x.test`:   `localhost:8025 mailto:bob@x.test`,
		`C:\temp go:1.26 ip:10.0.0.1 hash:1`: `C:\temp go:1.26 ip:10.0.0.1 hash:1`,
		`file:///tmp form://x key:"a b"`:     `file:///tmp form://x key: "a b"`,
		`larger:10k smaller:1.5MiB`:          `larger:10000 smaller:1572864`,
		`larger:5MB larger:1024 larger:2b`:   `larger:5000000 larger:1024 larger:2`,
		`before:2026-01-02`:                  `before:2026-01-02T00:00:00Z`,
		`after:2026-01-02t15:04:05.5+01:00`:  `after:2026-01-02T14:04:05.5Z`,
		`after:2h before:7D`:                 `after:2026-03-05T10:00:00Z before:2026-02-26T12:00:00Z`,
		`after:30m before:1w after:90s`:      `after:2026-03-05T11:30:00Z before:2026-02-26T12:00:00Z after:2026-03-05T11:58:30Z`,
		`is:unseen IS:Seen is:BOUNCE`:        `is:unread is:read is:bounce`,
		`has:attachments has:HTML`:           `has:attachment has:html`,
		`header:X-Name`:                      `header:X-Name`,
		`header:X-Name=a=b`:                  `header:X-Name=a=b`,
		`header:X-Name="a b"`:                `header:X-Name="a b"`,
		`header:X-Name=/^a b$/`:              `header:X-Name=/^a b$/`,
		`id:01hzx3q6p5j8k9m0n1p2q3r4s5`:      `id:` + someID,
	} {
		q, err := Parse(text, now)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if q.All() != (want == "") {
			t.Errorf("%q matches all: %v", text, q.All())
		}
		if got := q.String(); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
		if again, err := Parse(want, now); err != nil || again.String() != want {
			t.Errorf("%q read again: %v, %v", want, again, err)
		}
	}
}
