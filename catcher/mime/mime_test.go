package mime

import (
	"bytes"
	"testing"
)

func parseString(s string) *Message { return Parse(bytes.NewReader([]byte(s)), int64(len(s))) }

func TestSmoke(t *testing.T) {
	m := parseString("From: =?utf-8?B?5L2g?= =?utf-8?B?5aW9?= <a@b.test>\r\nSubject: =?iso-8859-1?Q?Z=FCrich?=\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npre\r\n--x\r\n\r\nhello\r\n--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<b>a=3Db</b>=\r\n\r\n--x--\r\n")
	t.Logf("%+v", m)
	for p := range m.Parts() {
		t.Logf("%+v", *p)
	}
	t.Log(m.Text())
	t.Log(m.HTML())
	t.Log(m.Addresses("from"))
}
