package mime

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func textsOf(body string) []string {
	body = strings.ReplaceAll(body, "\n", "\r\n")
	return Parse(strings.NewReader(body), int64(len(body))).Texts()
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want []string
	}{
		"plain": {"Subject: s\n\none", []string{"one"}},
		"quoted-printable in latin-1": {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n" +
			"gr=FC=\n=DFe", []string{"grüße"}},
		"html": {"Content-Type: text/html\n\n<title>t</title><p>o<b>n</b>e<p>two&auml;<a class=x href='https://a.test/?a=1&amp;b=2'>three</a><img src=y alt=logo>",
			[]string{"   one twoäthree ", "https://a.test/?a=1&b=2\nlogo\n"}},
		"both, and a file": {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n" +
			"--b\nContent-Disposition: attachment\n\nthree\n--b\nContent-Type: image/png\n\nfour\n--b--\n", []string{"one", "two", ""}},
		"bounce": {"Content-Type: multipart/report; boundary=b\n\n--b\n\nlost\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n" +
			"--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?=C3=A4?=\nX-A: b\n\nlost too\n--b--\n",
			[]string{"lost", "Action: failed", "Subject: ä\nX-A: b\n", "lost too"}},
		"nothing": {"", []string{""}},
	} {
		if got := textsOf(tc.body); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	part := "--b\r\n\r\n" + strings.Repeat("word ", maxTexts/8) + "\r\n"
	body := []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part + part + part + "--b--\r\n")
	size := 0
	for _, text := range Parse(bytes.NewReader(body), int64(len(body))).Texts() {
		size += len(text)
	}
	if size > maxTexts || size < maxTexts-8 {
		t.Errorf("%d octets of text, want close to %d", size, maxTexts)
	}
}
