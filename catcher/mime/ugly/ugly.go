// Package ugly is a corpus of bad mail of our own making, for tests: what
// takes mail in must keep each of these byte for byte, and what reads mail must
// show something of each.
package ugly

import "bytes"

// A Case is one mail.
type Case struct {
	Name   string // lower case, words joined by hyphens; good as a file name
	Body   []byte // what comes after DATA, before dot-stuffing
	Binary bool   // does not end in CRLF or is no SMTP text at all: only BDAT carries it unchanged
}

// All makes the whole corpus, the same each time. The caller owns the bodies.
func All() []Case {
	var list []Case
	for _, group := range [...][]Case{
		charsets(), words(), headers(), lineEnds(), dots(), structure(), transfer(), documents(), noMail(),
	} {
		list = append(list, group...)
	}
	for i := range list {
		list[i].Binary = list[i].Binary || !bytes.HasSuffix(list[i].Body, []byte("\r\n"))
	}
	return list
}

// mail makes a case of a text in which lines end in LF: they get CRLF.
func mail(name, text string) Case {
	return raw(name, crlf(text))
}

// raw makes a case of octets as they are.
func raw(name, text string) Case {
	return Case{Name: name, Body: []byte(text)}
}

func crlf(text string) string {
	return string(bytes.ReplaceAll([]byte(text), []byte("\n"), []byte("\r\n")))
}

// head is the header that most cases start with; more fields may follow it.
func head(subject string) string {
	return "From: Ugly Sender <ugly@sender.test>\n" +
		"To: Reader <reader@example.test>\n" +
		"Subject: " + subject + "\n" +
		"Date: Thu, 05 Mar 2026 10:20:30 +0100\n" +
		"Message-ID: <ugly@sender.test>\n" +
		"MIME-Version: 1.0\n"
}
