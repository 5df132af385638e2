package dsn

import (
	"cmp"
	"io"
	"strings"
	"time"
)

// An Auto is an out-of-office reply to be written.
type Auto struct {
	Host     string // for Message-ID
	Now      time.Time
	ID       string // unique, of letters and digits
	From     string // who is away
	Text     string // what is said; "" for a standard text
	Original Original
}

// AutoReply writes a reply to the original's sender, as RFC 3834 wants it. What
// Write promises holds here too. Ask MayReply first.
func AutoReply(w io.Writer, a *Auto) error {
	o := a.Original.tidy()
	r := Report{Host: cleanHost(a.Host), Now: a.Now, ID: cleanID(a.ID), Original: o}
	head := []field{
		addressField("From", o.Envelope.UTF8, clean(a.From)),
		o.to(),
		{name: "Subject", value: strings.TrimSpace("Auto: " + o.subject())},
		r.date(),
		r.messageID(r.Host),
	}
	head = append(head, o.refer()...)
	head = append(head, field{name: "Auto-Submitted", value: "auto-replied"}, mimeVersion())
	text := strings.ToValidUTF8(cmp.Or(a.Text, "I am out of the office and will read your message when I am back.\n"), "\uFFFD")
	_, err := w.Write(textPart("plain", text).with(head...).bytes())
	return err
}

// MayReply says whether an automatic reply to the original is allowed, and if not,
// why: RFC 3834 §2, and what Exchange and mailing lists add to it.
func MayReply(o *Original) (ok bool, why string) {
	local, _, _ := strings.Cut(strings.ToLower(o.Envelope.From), "@")
	switch {
	case local == "":
		return false, "null sender"
	case local == "mailer-daemon", local == "postmaster", strings.HasPrefix(local, "owner-"), strings.HasSuffix(local, "-request"):
		return false, "sender is " + local
	}
	if v := o.get("Auto-Submitted"); v != "" && !strings.EqualFold(firstWord(v), "no") {
		return false, "Auto-Submitted: " + v
	}
	switch v := o.get("Precedence"); strings.ToLower(firstWord(v)) {
	case "bulk", "list", "junk":
		return false, "Precedence: " + v
	}
	for v := range strings.SplitSeq(strings.ToLower(o.get("X-Auto-Response-Suppress")), ",") {
		switch strings.TrimSpace(v) {
		case "all", "oof", "autoreply":
			return false, "X-Auto-Response-Suppress: " + strings.TrimSpace(v)
		}
	}
	for _, name := range [...]string{"List-Id", "List-Post", "List-Unsubscribe", "List-Help", "List-Subscribe", "List-Owner", "List-Archive"} {
		if o.get(name) != "" {
			return false, name
		}
	}
	return true, ""
}

// firstWord is what stands before parameters and comments.
func firstWord(s string) string {
	return strings.TrimSpace(s[:len(s)-len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"))])
}
