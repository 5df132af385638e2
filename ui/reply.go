package ui

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/ui/api"
)

const (
	maxReplied    = 1000    // addresses in a field, as a draft may have them
	maxReferences = 20      // message IDs in References: the first, and the last ones
	maxQuoted     = 100_000 // octets of the text that a reply quotes
	quoteWidth    = 72      // characters of a line that is made of HTML
)

// replyPrefix is what mail programs put before the subject of a reply, in the
// languages in which they do; messageID is one in a header (RFC 5322 §3.6.4).
var (
	replyPrefix = regexp.MustCompile(`(?i)^\s*(re|aw|antw|antwort|sv|vs|rif|r|res|resp|odp|ynt|vá|bls|ats|atb|απ|отв|ответ|回复|回覆|答复|答覆|回信|返信|답장|회신)(\s*[\[(]\d+[\])]|\^\d+)?\s*[:：]\s*`)
	messageID   = regexp.MustCompile(`<[^<>\s]+>`)
)

// reply drafts the reply of one of a message's recipients; sender is the envelope's.
func reply(m *mime.Message, sender, as string, all bool) api.Draft {
	to, cc := whom(m, sender, as, all)
	return api.Draft{
		From:    own(m, as),
		To:      each(to, nameAddr),
		Cc:      each(cc, nameAddr),
		Subject: replySubject(m.Get("Subject")),
		Text:    "\n\n" + attribution(m, sender) + quote(quotable(m)),
		Headers: thread(m),
	}
}

// whom says who gets a reply: Reply-To, or else From, or else the sender of the
// envelope; and with all the other recipients too, each once: RFC 5322 §3.6.3.
func whom(m *mime.Message, sender, as string, all bool) (to, cc []mime.Address) {
	known := map[string]bool{}
	pick := func(list []mime.Address) (out []mime.Address) {
		for _, a := range list {
			p, err := parsePath(a.Address)
			if err == nil && p != "" && !known[mail.Box(p)] && len(out) < maxReplied {
				known[mail.Box(p)] = true
				out = append(out, mime.Address{Name: oneLine(a.Name), Address: p})
			}
		}
		return out
	}
	for _, list := range [][]mime.Address{m.Addresses("Reply-To"), m.Addresses("From"), {{Address: sender}}} {
		if to = pick(list); len(to) > 0 {
			break
		}
	}
	if all {
		known[mail.Box(as)] = true
		cc = pick(slices.Concat(m.Addresses("To"), m.Addresses("Cc")))
	}
	return to, cc
}

// own is who replies, by the name that the message has for them.
func own(m *mime.Message, as string) string {
	for _, a := range slices.Concat(m.Addresses("To"), m.Addresses("Cc")) {
		if p, err := parsePath(a.Address); err == nil && mail.Box(p) == mail.Box(as) {
			return nameAddr(mime.Address{Name: oneLine(a.Name), Address: as})
		}
	}
	return as
}

// replySubject has one Re:, in place of whatever was there before.
func replySubject(subject string) string {
	subject = oneLine(subject)
	for {
		rest := replyPrefix.ReplaceAllString(subject, "")
		if rest == subject {
			return strings.TrimSpace("Re: " + subject)
		}
		subject = rest
	}
}

// thread has In-Reply-To and References as RFC 5322 §3.6.4 has them; a message
// without an ID can be the parent of nothing.
func thread(m *mime.Message) []api.DraftHeader {
	parent := messageID.FindString(m.Get("Message-ID"))
	if parent == "" {
		return nil
	}
	references := messageID.FindAllString(m.Get("References"), -1)
	if replied := messageID.FindAllString(m.Get("In-Reply-To"), -1); len(references) == 0 && len(replied) == 1 {
		references = replied
	}
	references = append(slices.DeleteFunc(references, func(id string) bool { return id == parent }), parent)
	if n := len(references); n > maxReferences {
		references = slices.Concat(references[:1], references[n-maxReferences+1:])
	}
	return []api.DraftHeader{{Name: "In-Reply-To", Value: parent}, {Name: "References", Value: strings.Join(references, " ")}}
}

// attribution says whose words follow.
func attribution(m *mime.Message, sender string) string {
	who := sender
	if from := m.Addresses("From"); len(from) > 0 {
		who = nameAddr(mime.Address{Name: oneLine(from[0].Name), Address: oneLine(from[0].Address)})
	}
	if who == "" {
		who = "<>"
	}
	if date, ok := m.Date(); ok {
		return "On " + date.Format("Mon, 2 Jan 2006 15:04:05 -0700") + ", " + who + " wrote:\n"
	}
	return who + " wrote:\n"
}

// quotable is the text of a message, or the words of its HTML.
func quotable(m *mime.Message) string {
	text, ok := m.Text()
	if !ok {
		page, _ := m.HTML()
		text = wrap(mime.Shown(page))
	}
	if len(text) > maxQuoted {
		text = strings.ToValidUTF8(text[:maxQuoted], "") + "\n[…]"
	}
	return text
}

// quote marks each line as RFC 3676 §4.5 does: no blank between the marks, and one
// after them.
func quote(text string) string {
	var b strings.Builder
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	for line := range strings.SplitSeq(strings.TrimRight(text, " \t\n"), "\n") {
		line = strings.TrimRight(line, " \t")
		if b.WriteByte('>'); line != "" && line[0] != '>' {
			b.WriteByte(' ')
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// wrap breaks words into lines.
func wrap(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if column > 0 && column+1+n > quoteWidth {
			b.WriteByte('\n')
			column = 0
		} else if column > 0 {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// oneLine makes blanks of what would break a header.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s))
}
