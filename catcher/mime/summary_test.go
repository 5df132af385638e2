package mime

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	body := ordinary()
	got := Summarize(bytes.NewReader(body), int64(len(body)))
	want := Summary{
		Subject:   "你好，世界 order 4711",
		MessageID: "1@sender.test",
		Snippet: "Thank you for your order, Grüße aus Zürich, it is on its way to you. Thank you for your order, Grüße aus Zürich, " +
			"it is on its way to you. Thank you for your order, Grüße aus Zürich, it is on its way t",
		From:    []Address{{"Grüner Laden", "shop@sender.test"}},
		To:      []Address{{"Doe, Jane", "jane@example.test"}},
		Date:    time.Date(2026, 3, 5, 9, 20, 30, 0, time.UTC),
		HasHTML: true,
	}
	if !got.Date.Equal(want.Date) {
		t.Errorf("date %v, want %v", got.Date, want.Date)
	}
	got.Date = want.Date
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestSnippetOfHTML(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]string{
		"<p>one</p><p>two</p>three":                               "one two three",
		"a<b>b</b>c<br>d":                                         "abc d",
		"<style>x{}</style>a<script>b<!--</script>c":              "a c",
		"<title>t</title><body>a&nbsp;&amp;&#x4f60;&zwnj;</body>": "a &你",
		"<!-- hidden --> shown &lt;b&gt;":                         "shown <b>",
		"<script>never closed":                                    "",
		"<textarea>a</textarea>":                                  "a",
		"":                                                        "",
		strings.Repeat("<i>x", 300):                               strings.Repeat("x", snippetRunes),
		strings.Repeat("<p>x", 300):                               strings.TrimSuffix(strings.Repeat("x ", snippetRunes/2), " "),
	} {
		if got := htmlSnippet(html); got != want {
			t.Errorf("%.60q: %q, want %q", html, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]Address{
		"a@b.test":                                {{"", "a@b.test"}},
		"Jane Doe <j@b.test>":                     {{"Jane Doe", "j@b.test"}},
		"\"Doe, Jane\" <j@b.test>, c@d.test":      {{"Doe, Jane", "j@b.test"}, {"", "c@d.test"}},
		"\"a \\\"b\\\" c\" <j@b.test>":            {{"a \"b\" c", "j@b.test"}},
		"j@b.test (Jane (x))":                     {{"Jane (x)", "j@b.test"}},
		"Jane j@b.test":                           {{"Jane", "j@b.test"}},
		"list: a@b.test, c@d.test; e@f.test":      {{"", "a@b.test"}, {"", "c@d.test"}, {"", "e@f.test"}},
		"undisclosed-recipients:;":                nil,
		"=?utf-8?B?5L2g5aW9?= <a@b.test>":         {{"你好", "a@b.test"}},
		"\"=?utf-8?B?5L2g5aW9?=\" <a@b.test>":     {{"你好", "a@b.test"}},
		"\"a b\"@c.test":                          {{"", "\"a b\"@c.test"}},
		"a@[IPv6:::1], <b@[IPv6:::2]>":            {{"", "a@[IPv6:::1]"}, {"", "b@[IPv6:::2]"}},
		"<a@b.test":                               {{"", "a@b.test"}},
		"\"open <a@b.test>":                       {{"\"open", "a@b.test"}},
		"a@b.test; c@d.test":                      {{"", "a@b.test"}, {"", "c@d.test"}},
		" , ,, ":                                  nil,
		"<>":                                      nil,
		"=?utf-8?Q?Doe=2C_Jane?= <j@b.test>, , x": {{"Doe, Jane", "j@b.test"}, {"", "x"}},
	} {
		if got := parseAddresses(nil, raw); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	m := parse("To: a@b.test\nTo: c@d.test\n\n")
	if got := m.Addresses("TO"); len(got) != 2 {
		t.Errorf("of two headers: %v", got)
	}
}
