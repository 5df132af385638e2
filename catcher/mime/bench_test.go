package mime

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
)

// ordinary is a mail as applications send it: 2 KB, text and HTML.
func ordinary() []byte {
	var b strings.Builder
	b.WriteString("Return-Path: <shop@sender.test>\r\nReceived: from a.test by b.test with ESMTP id 1\r\n\tfor <c@d.test>; Thu, 05 Mar 2026 10:20:30 +0100\r\n" +
		"From: =?utf-8?Q?Gr=C3=BCner_Laden?= <shop@sender.test>\r\nTo: \"Doe, Jane\" <jane@example.test>\r\nSubject: =?utf-8?B?5L2g5aW977yM5LiW55WM?= order 4711\r\n" +
		"Date: Thu, 05 Mar 2026 10:20:30 +0100\r\nMessage-ID: <1@sender.test>\r\nMIME-Version: 1.0\r\nX-Mailer: Shop 1.0\r\nList-Unsubscribe: <https://sender.test/u>\r\n" +
		"Content-Type: multipart/alternative;\r\n\tboundary=\"----=_Part_1\"\r\n\r\n------=_Part_1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	for range 8 {
		b.WriteString("Thank you for your order, Gr=C3=BC=C3=9Fe aus Z=C3=BCrich, it is on its way =\r\nto you.\r\n")
	}
	b.WriteString("------=_Part_1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>")
	for range 8 {
		b.WriteString("<p>Thank you for your order, Gr=C3=BC=C3=9Fe, it is <b>on its way</b> to you.\r\n")
	}
	b.WriteString("</body></html>\r\n------=_Part_1--\r\n")
	return []byte(b.String())
}

// large is a mail with an attachment of n octets.
func large(n int) []byte {
	var b bytes.Buffer
	b.WriteString("From: a@sender.test\r\nSubject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x1\xff"), 19)) + "\r\n"
	for range n / 57 {
		b.WriteString(line)
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

func BenchmarkSummarize(b *testing.B) {
	for _, body := range [][]byte{ordinary(), large(50 << 10), large(5 << 20)} {
		b.Run(fmt.Sprintf("%dKB", len(body)>>10), func(b *testing.B) {
			r := bytes.NewReader(body)
			b.ReportAllocs()
			for b.Loop() {
				Summarize(r, int64(len(body)))
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, body := range [][]byte{ordinary(), large(5 << 20)} {
		b.Run(fmt.Sprintf("%dKB", len(body)>>10), func(b *testing.B) {
			r := bytes.NewReader(body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(r, int64(len(body)))
			}
		})
	}
}

func BenchmarkSkim(b *testing.B) {
	body := ordinary()
	r := bytes.NewReader(body)
	b.ReportAllocs()
	for b.Loop() {
		Skim(r, int64(len(body)))
	}
}

func BenchmarkOpen(b *testing.B) {
	body := large(5 << 20)
	m := Parse(bytes.NewReader(body), int64(len(body)))
	p := m.Part("2")
	b.SetBytes(p.Length)
	for b.Loop() {
		if _, err := io.Copy(io.Discard, m.Open(p)); err != nil {
			b.Fatal(err)
		}
	}
}
