package mail

import (
	"strings"
	"testing"
)

func TestBoxMakesOneMailboxOfAllSpellings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ address, box string }{
		{"Alice@A.Test", "alice@a.test"},
		{"alice+Tag@a.test", "alice+tag@a.test"},
		{"alice@a.test.", "alice@a.test"},
		{" alice@a.test ", "alice@a.test"},
		{`"alice"@a.test`, "alice@a.test"},
		{`"Two Words"@a.test`, `"two words"@a.test`},
		{"a@XN--BCHER-KVA.test", "a@bücher.test"},
		{"a@Bücher.test", "a@bücher.test"},
		{"a@bu\u0308cher.test", "a@bücher.test"},
		{"JU\u0308RGEN@a.test", "jürgen@a.test"},
		{"用户@例子.测试", "用户@例子.测试"},
		{"用户@xn--fsqu00a.xn--0zwm56d", "用户@例子.测试"},
		{"a@[127.0.0.1]", "a@[127.0.0.1]"},
		{"a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]"},
		{"a@xn--\u00e9", "a@xn--\u00e9"},
		{"a@under_score.test", "a@under_score.test"},
		{"postmaster", "postmaster"},
		{"@all", "@all"},
		{"@Queue", "@queue"},
		{"not an address", "not an address"},
		{"a@b.test..", "a@b.test"},
		{"a@例子。测试。", "a@例子.测试"},
		{"a@\u00a0.", "a@\u00a0"},
		{"a\xff@b.test.", "a\ufffd@b.test"},
	} {
		if got := Box(tc.address); got != tc.box {
			t.Errorf("Box(%q) = %q, want %q", tc.address, got, tc.box)
		}
	}
}

func TestWithinCompletesOnlyNames(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]Address{
		"":             {},
		"root@mx.test": {Local: "root"},
		"a@b":          {Local: "a", Domain: "b"},
	} {
		if got := a.Within("mx.test").String(); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

func TestCutPath(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want Address
		rest string
	}{
		{"<>", Address{}, ""},
		{"<> SIZE=1", Address{}, " SIZE=1"},
		{"<a@b> X=1", Address{"a", "b"}, " X=1"},
		{" <a@b>", Address{"a", "b"}, ""},
		{"a@b X", Address{"a", "b"}, " X"},
		{"<@r1,@r2:a@b>", Address{"a", "b"}, ""},
		{`<"a >b"@c>`, Address{"a >b", "c"}, ""},
		{`<"\"\\"@c>`, Address{`"\`, "c"}, ""},
		{"<postmaster>", Address{"postmaster", ""}, ""},
		{"<a@[IPv6:::1]>", Address{"a", "[IPv6:::1]"}, ""},
	} {
		got, rest, err := CutPath(tc.in)
		if err != nil || got != tc.want || rest != tc.rest {
			t.Errorf("CutPath(%q) = %+v, %q, %v", tc.in, got, rest, err)
		}
	}
	for in, want := range map[string]error{
		"<a@b":         ErrNoBracket,
		"<@b>":         ErrBadRoute,
		"<@r:@b>":      ErrNoLocalPart,
		"<a@>":         ErrBadDomain,
		"<a@b@c>":      ErrBadDomain,
		"<a b@c>":      ErrBadLocalPart,
		`<"a@b>`:       ErrBadLocalPart,
		`<""@b>`:       ErrNoLocalPart,
		"<a@b c>":      ErrBadDomain,
		"<a@b:25>":     ErrBadDomain,
		"<\"a\nb\"@c>": ErrBadLocalPart,
		"<\xff@b>":     ErrNotUTF8,
		"":             ErrNoLocalPart,
		"<a@" + strings.Repeat("b", MaxAddress) + ">": ErrLongAddress,
	} {
		if _, _, err := CutPath(in); err != want {
			t.Errorf("CutPath(%.40q): %v, want %v", in, err, want)
		}
	}
}

// FuzzAddress: what parses can be written and read again, and a mailbox's name
// is the name of its own mailbox.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"a@b", `"a b"@c.d`, "<@x:a@b>", "用户@例子.测试", "a@[1.2.3.4]", "a@xn--bcher-kva.test", "postmaster", `"\""@x`, "a@B\u0130.test", "ẞ@ẞ.test"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		box := Box(s)
		if again := Box(box); again != box {
			t.Errorf("Box(%q) = %q, and of that %q", s, box, again)
		}
		a, rest, err := CutPath(s)
		if err != nil {
			return
		}
		if !strings.HasSuffix(s, rest) {
			t.Errorf("CutPath(%q) leaves %q", s, rest)
		}
		if a == (Address{}) {
			return
		}
		if strings.ContainsAny(a.String(), "\r\n\x00") {
			t.Errorf("CutPath(%q) lets control characters through", s)
		}
		again, err := ParseAddress(a.String())
		if err != nil || again != a {
			t.Errorf("%q is written %q, which reads %+v, %v", s, a, again, err)
		}
	})
}
