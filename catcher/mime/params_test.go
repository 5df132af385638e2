package mime

import (
	"maps"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestParams(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]map[string]string{
		"text/plain":                                  {},
		"text/plain; charset=utf-8":                   {"charset": "utf-8"},
		"text/plain;charset=\"utf-8\";;x=y;":          {"charset": "utf-8", "x": "y"},
		"text/plain charset=utf-8":                    {"charset": "utf-8"},
		"text/plain; CHARSET = utf-8 (comment)":       {"charset": "utf-8"},
		"text/plain; name=a b.txt; x=y":               {"name": "a b.txt", "x": "y"},
		"text/plain; name=\"a\\\"(b); c\"; x=y":       {"name": "a\"(b); c", "x": "y"},
		"text/plain; name=\"a; x=y":                   {"name": "a; x=y"},
		"text/plain; x=first; x=second":               {"x": "first"},
		"text/plain; junk; x=y":                       {"x": "y"},
		"text/plain; =y; x=y":                         {"x": "y"},
		"text/plain; name*=utf-8'en'%E4%BD%A0":        {"name": "你"},
		"text/plain; name*=gbk''%C4%E3":               {"name": "你"},
		"text/plain; name=a; name*=utf-8''b":          {"name": "b"},
		"text/plain; name*=utf-8''b; name=a":          {"name": "b"},
		"text/plain; name*1=b; name*0=a; name*2=c":    {"name": "abc"},
		"text/plain; n*0*=utf-8''%E4%BD; n*1*=%A0":    {"n": "你"},
		"text/plain; n*0=a; n*0=b; n*1=c":             {"n": "ac"},
		"text/plain; n*x=a":                           {"n*x": "a"},
		"text/plain; n*=%ZZ%4":                        {"n": "%ZZ%4"},
		"text/plain (a (b) \\) c); (d) x=(e)y":        {"x": "y"},
		"text/plain; \xff=x":                          {"\ufffd": "x"},
		"text/plain; x=\xfc":                          {"x": "ü"},
		"text/plain; name=\"=?utf-8?Q?=C3=BC?=.txt\"": {"name": "ü.txt"},
	} {
		m := parse("Content-Type: " + raw + "\n\n")
		if m.Root.ContentType != "text/plain" || !maps.Equal(m.Root.Params, want) {
			t.Errorf("%s: %s %q, want %q", raw, m.Root.ContentType, m.Root.Params, want)
		}
	}
}

// TestCutTextIsNoMismatch has bodies longer than what is checked, which end in
// the middle of a character there.
func TestCutTextIsNoMismatch(t *testing.T) {
	t.Parallel()
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String("你")
	for charset, char := range map[string]string{"gbk": gbk, "utf-8": "你"} {
		for _, start := range []string{"", "a", "ab", "line\n"} {
			m := parse("Content-Type: text/plain; charset=" + charset + "\nContent-Transfer-Encoding: 8bit\n\n" +
				start + strings.Repeat(char, checkedText) + "\n")
			for _, d := range m.Defects {
				if d.Kind != LongLine {
					t.Errorf("%s after %q: %+v", charset, start, d)
				}
			}
		}
	}
}
