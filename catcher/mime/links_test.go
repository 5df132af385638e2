package mime

import (
	"fmt"
	"strings"
	"testing"
)

// linksOf writes the links of a mail as lines: URL, text, where from, and "unsubscribe".
func linksOf(raw string) string {
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	var b strings.Builder
	for _, l := range Parse(strings.NewReader(raw), int64(len(raw))).Links() {
		fmt.Fprintf(&b, "%s %q %s", l.URL, l.Text, l.From)
		if l.Unsubscribe {
			b.WriteString(" unsubscribe")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func htmlMail(body string) string { return "Content-Type: text/html; charset=utf-8\n\n" + body }
func textMail(body string) string { return "Content-Type: text/plain; charset=utf-8\n\n" + body }

func TestLinks(t *testing.T) {
	t.Parallel()
	for mail, want := range map[string]string{
		htmlMail(`<p><a href="https://a.test/c?x=1&amp;y=2">Confirm <b>your</b>
 address</a>, <a href='https://a.test/c?x=1&amp;y=2'>again</a>`): `https://a.test/c?x=1&y=2 "Confirm your address" html` + "\n",
		htmlMail(`<a href="https://a.test/1"><img src="x.png" alt="Go there"></a><a href="https://a.test/2" title="Two"></a>`):                                  `https://a.test/1 "Go there" html` + "\n" + `https://a.test/2 "Two" html` + "\n",
		htmlMail(`<base href="https://a.test/shop/"><a href="cart">Cart</a><a href="#top">Top</a><a href="/help">Help</a>`):                                     `https://a.test/shop/cart "Cart" html` + "\n" + `https://a.test/help "Help" html` + "\n",
		htmlMail(`<a href="javascript:alert(1)">x</a><a href="data:text/html,x">y</a><a href="cid:1">z</a><a href="relative">r</a>`):                            "",
		htmlMail("<a href=\"https://a.test/lo\nng\">Long</a><style><a href=https://a.test/no></style><script>'<a href=https://a.test/no2>'</script>"):           `https://a.test/long "Long" html` + "\n",
		htmlMail(`<a href="https://a.test/u">Unsubscribe</a><a href="https://a.test/optout?u=1">here</a><a href="https://a.cn/t">退订</a>`):                       `https://a.test/u "Unsubscribe" html unsubscribe` + "\n" + `https://a.test/optout?u=1 "here" html unsubscribe` + "\n" + `https://a.cn/t "退订" html unsubscribe` + "\n",
		htmlMail(`<form action="https://a.test/go"><button formaction="https://a.test/b">B</button></form><map><area href="https://a.test/m" alt="Map"></map>`): `https://a.test/go "" html` + "\n" + `https://a.test/b "" html` + "\n" + `https://a.test/m "Map" html` + "\n",
		htmlMail(`<a href="https://a.test/open">never closed`):                                                                                                  `https://a.test/open "never closed" html` + "\n",
		textMail("See https://a.test/x?y=1. Or (http://b.test/z_(1)), \"HTTPS://c.test\"; mailto:me@a.test!"):                                                   `https://a.test/x?y=1 "" text` + "\n" + `http://b.test/z_(1) "" text` + "\n" + `HTTPS://c.test "" text` + "\n" + `mailto:me@a.test "" text` + "\n",
		textMail("<https://a.test/a-very-long-\nline/indeed> and <https://a.test/b>"):                                                                           `https://a.test/a-very-long-line/indeed "" text` + "\n" + `https://a.test/b "" text` + "\n",
		textMail("请点击https://a.test/确认，或访问 https://b.test/x。"):                                                                                                  `https://a.test/ "" text` + "\n" + `https://b.test/x "" text` + "\n",
		textMail("Note: 12:30, http:// and xhttp://no.test"):                                                                                                    "",
		"List-Unsubscribe: <mailto:out@a.test?subject=bye>, <https://a.test/out>\n\nHello":                                                                      `mailto:out@a.test?subject=bye "" header List-Unsubscribe unsubscribe` + "\n" + `https://a.test/out "" header List-Unsubscribe unsubscribe` + "\n",
	} {
		if got := linksOf(mail); got != want {
			t.Errorf("of %s\ngot\n%swant\n%s", mail, got, want)
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(htmlMail(`<base href="//x"><a href=" https://a.test/&#10;x">x<img alt=y></a><area href=mailto:x>`))
	f.Add(textMail("<https://a.test/\nx> http://b.test/(((.))). tel:1"))
	f.Fuzz(func(t *testing.T, raw string) {
		known := map[string]bool{}
		for _, l := range Parse(strings.NewReader(raw), int64(len(raw))).Links() {
			if known[l.URL] || !isLink(l.URL) || strings.ContainsAny(l.URL+l.Text, "\r\n\x00") {
				t.Errorf("%+v", l)
			}
			known[l.URL] = true
		}
	})
}

func BenchmarkLinks(b *testing.B) {
	for name, raw := range map[string]string{
		"mail":     htmlMail(strings.Repeat("<p>Hello, <a href='https://a.test/x?y=1&amp;z=2'>click <b>here</b></a> now, please.</p>\n", 250)),
		"brackets": textMail("https://a.test/" + strings.Repeat(")", 1<<20)),
		"colons":   textMail(strings.Repeat("http:", 1<<18)),
		"open":     textMail(strings.Repeat("<http://a", 1<<17)),
	} {
		m := Parse(strings.NewReader(raw), int64(len(raw)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				m.Links()
			}
		})
	}
}
