package ui

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestRewriteHTML(t *testing.T) {
	t.Parallel()
	cids := map[string]string{"pic@x": "/p/2", "a b": "/p/3"}
	for _, c := range []struct {
		name, in, out string
		remote        int
	}{
		{"kept octet by octet", "<P  CLASS='x' \n ALIGN=center>&amp; &nbsp;é<br/><!-- c --><![CDATA[x]]></P >", "", 0},
		{"doctype and head", `<!DOCTYPE html><html><head><title>T</title><style>p{color:red}</style></head><body bgcolor=red>x`, "", 0},
		{"conditional comment", "<!--[if mso]><table><![endif]-->", "", 0},
		{"handlers do nothing in the frame", `<p onclick="x()">`, "", 0},
		{"no HTML at all", "just < text > & more", "", 0},

		{"cid", `<img src="cid:pic@x">`, `<img src="/p/2">`, 0},
		{"cid, upper case, encoded", `<IMG SRC=CID:pic%40x ALT="a&quot;b">`, `<img src="/p/2" alt="a&#34;b">`, 0},
		{"cid with space", `<img src=" cid:a%20b ">`, `<img src="/p/3">`, 0},
		{"unknown cid", `<img src="cid:none">`, `<img src="cid:none">`, 0},
		{"cid as background", `<td background="cid:pic@x">`, `<td background="/p/2">`, 0},
		{"cid in srcset", `<img srcset="cid:pic@x 1x, https://f.test/2.png 2x">`, `<img srcset="/p/2 1x, https://f.test/2.png 2x">`, 1},
		{"cid in style attribute", `<p style="background:url('cid:pic@x')">`, `<p style="background:url(/p/2)">`, 0},
		{"cid in style element", `<style>p{background:URL( "cid:pic@x" )}</style>`, `<style>p{background:url(/p/2)}</style>`, 0},
		{"cid in a link is a link", `<a href="cid:pic@x">`, `<a href="cid:pic@x" target="_blank" rel="noopener noreferrer">`, 0},

		{"link", `<a href="https://b.test/?a=1&amp;b=2" TARGET=_top rel=x>go</a>`,
			`<a href="https://b.test/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">go</a>`, 0},
		{"link within the mail", `<a href="#top">up</a>`, "", 0},
		{"anchor", `<a name="top">`, "", 0},
		{"map", `<area href=x>`, `<area href="x" target="_blank" rel="noopener noreferrer">`, 0},

		{"base", `<base href="https://evil.test/"><p>`, nothing + "<p>", 0},
		{"script", `a<script>alert("<p>")</script>b`, "a" + nothing + nothing + "b", 0},
		{"script without end", `a<script>alert(1)`, "a" + nothing, 0},
		{"script with odd spelling", "<ScRiPt\n/x=y >1</sCript\t>", nothing + nothing, 0},
		{"script that would grow together", "<<script></script>script>alert(1)</script>", "<" + nothing + nothing + "script>alert(1)" + nothing, 0},
		{"refresh", `<meta http-equiv=refresh content="0;url=https://evil.test">x`, nothing + "x", 0},
		{"cookie", `<META HTTP-EQUIV="Set-Cookie" CONTENT="a=b">x`, nothing + "x", 0},
		{"policy", `<meta http-equiv="Content-Security-Policy" content="img-src *">x`, nothing + "x", 0},
		{"charset of the past", `<meta http-equiv=Content-Type content="text/html; charset=iso-8859-1">x`, nothing + "x", 0},
		{"harmless meta", `<meta name="viewport" content="width=device-width">`, `<meta name="viewport" content="width=device-width">`, 0},
		{"hints", `<link rel="dns-prefetch" href="//e.test"><link rel=PreConnect href="https://e.test">`, nothing + nothing, 2},

		{"script for a link", `<a href="javascript:x()">x</a>`, `<a>x</a>`, 0},
		{"hidden script for a link", "<a href=' \x01Java\tScript&colon;x()'>x</a>", `<a>x</a>`, 0},
		{"document for a link", `<area href="data:text/html,x"><svg><a xlink:href="vbscript:x" href="#y">x</a></svg>`, `<area><svg><a href="#y">x</a></svg>`, 0},
		{"no script for a link", `<a href="#javascript:x"><a name="data:x">x</a>`, "", 0},

		{"frame", `<iframe src="https://f.test/a" srcdoc="<img src=//f.test>" width=1></iframe>`, `<iframe width="1"></iframe>`, 0},
		{"frames of other kinds", `<frameset><frame src=//f.test><object data="cid:x"></object><EMBED SRC="a">`, `<frameset><frame><object></object><embed>`, 0},
		{"frame in a title", `<title><iframe src=//f.test></title>`, `<title>&lt;iframe src=//f.test></title>`, 0},
		{"tag in an attribute", `<p title="<script>">`, `<p title="&lt;script>">`, 0},
		{"tag in a title", `<title><script>x</script></title>`, `<title>&lt;script>x&lt;/script></title>`, 0},
		{"tag in a comment", `<!-- <base href=x> -->`, `<!-- &lt;base href=x> -->`, 0},
		{"svg style is not raw text for browsers", `<svg><style><base href=x></style>`, `<svg><style>&lt;base href=x></style>`, 0},
		{"cut tag at the end", `x<script`, "x", 0},

		{"remote, each once", `<img src="https://f.test/a"><img src=https://f.test/a><img src="//f.test/b"><img src=HTTP://f.test/c>`, "", 3},
		{"remote style", `<link rel=stylesheet href="https://f.test/s.css"><style>@import "http://f.test/t.css"; a{b:url(//f.test/u)}</style>`, "", 3},
		{"remote with spaces and backslashes", `<img src=" https://f.test/a "><img src="\\f.test/b">`, "", 2},
		{"local and data", `<img src="a.png"><img src="data:image/png;base64,AA//">`, "", 0},
	} {
		want := c.out
		if want == "" {
			want = c.in
		}
		if got, remote := rewriteHTML(c.in, cids); got != want || remote != c.remote {
			t.Errorf("%s: %s\n got %s (%d remote)\nwant %s (%d remote)", c.name, c.in, got, remote, want, c.remote)
		}
	}
}

// FuzzRewriteHTML asks both for what a tokenizer sees and for the tree that a
// browser would build: neither may have a script, a base or an acting meta.
func FuzzRewriteHTML(f *testing.F) {
	for _, seed := range []string{
		"<p>x</p>", "<<script></script>script>alert(1)</script>", "<svg><style><script>x</script></style></svg>",
		"<svg><![CDATA[><script>x</script>]]></svg>", "<title></title><base href=x>", `<meta http-equiv="refresh" content=0>`,
		`<svg><style><!--</style><p title="--></svg><base href=x>">`, "<math><mi><script>1", "<noscript><p title='</noscript><script>1'>",
		"<textarea><script>", "<plaintext><script>", "<select><base>", "<table><meta http-equiv=a><script/>", "<!-><script>1</script>",
		"<a href='cid:x'><img src=cid:x style='a:url(cid:x)'>", "<iframe srcdoc='<script>1</script>'>", "<scr\x00ipt>", "<template><base></template>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, _ := rewriteHTML(in, map[string]string{"x": "/v1/messages/1/parts/2"})
		z := html.NewTokenizer(strings.NewReader(out))
		for z.Next() != html.ErrorToken {
			if token := z.Token(); token.Type == html.StartTagToken || token.Type == html.SelfClosingTagToken {
				refuse(t, in, out, token.Data, token.Attr)
			}
		}
		tree, err := html.ParseWithOptions(bytes.NewReader([]byte(out)), html.ParseOptionEnableScripting(false))
		if err != nil {
			return // nested too deep for this parser
		}
		for n := range tree.Descendants() {
			if n.Type == html.ElementNode {
				refuse(t, in, out, n.Data, n.Attr)
			}
		}
	})
}

func refuse(t *testing.T, in, out, tag string, attr []html.Attribute) {
	bad := tag == "script" || tag == "base"
	for _, a := range attr {
		bad = bad || tag == "meta" && strings.EqualFold(a.Key, "http-equiv") || (tag == "iframe" || tag == "frame") && (a.Key == "src" || a.Key == "srcdoc")
	}
	if bad {
		t.Fatalf("<%s> survives\n in %q\nout %q", tag, in, out)
	}
}

func TestHTMLPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ host, images string }{
		{"localhost:8025", "img-src http://localhost:8025/p/ https://localhost:8025/p/ data:;"},
		{"[::1]:8025", "img-src 'self' data:;"},
		{"x; script-src *", "img-src 'self' data:;"},
	} {
		if got := htmlPolicy(c.host, "/p/", false); !strings.Contains(got, c.images) || strings.Contains(got, " http: ") {
			t.Errorf("%s: %s", c.host, got)
		}
	}
	far := htmlPolicy("localhost", "/p/", true)
	for _, want := range []string{"style-src 'unsafe-inline' http: https:;", "data: http: https:; font-src data: http: https:; media-src http: https:;",
		"default-src 'none';", "form-action 'none'; base-uri 'none'; frame-ancestors 'self'", "sandbox allow-popups allow-popups-to-escape-sandbox;"} {
		if !strings.Contains(far, want) {
			t.Errorf("no %q in %s", want, far)
		}
	}
}

func TestDisposition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"a b.txt", `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`},
		{`ä"\x.pdf`, `attachment; filename="x.pdf"; filename*=UTF-8''x.pdf`},
		{`ä".pdf`, `attachment; filename="__.pdf"; filename*=UTF-8''%C3%A4%22.pdf`},
		{"../../etc/passwd", `attachment; filename="passwd"; filename*=UTF-8''passwd`},
		{"a\r\nX: y", `attachment; filename="a__X: y"; filename*=UTF-8''a__X%3A%20y`},
		{"100%.txt", `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`},
		{"\xff", `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`},
	} {
		if got := disposition("attachment", c.name); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
