package dsn

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const copyBelow = "--- Below this line is a copy of the message.\n\n"

// qmail writes for people who read closely: a text that machines understand too
// (QSBMF), and no MIME.
func (r *Report) qmail() part {
	from := "MAILER-DAEMON@" + r.Host
	if r.Action != Failed {
		return r.plainForm(from)
	}
	text := fmt.Sprintf("Hi. This is the qmail-send program at %s.\n"+
		"I'm afraid I wasn't able to deliver your message to the following addresses.\n"+
		"This is a permanent error; I've given up. Sorry it didn't work out.\n\n", r.Host)
	return r.textOnly(text).with(
		field{name: "Received", value: fmt.Sprintf("(qmail %d invoked for bounce); %s", r.serial()%100_000, r.Now.Format(dateForm))},
		r.date(),
		field{name: "From", value: from},
		r.Original.to(),
		field{name: "Subject", value: "failure notice"})
}

func (r *Report) yahoo() part {
	from := "MAILER-DAEMON@yahoo.com"
	if r.Action != Failed {
		return r.plainForm(from)
	}
	return r.textOnly("Sorry, we were unable to deliver your message to the following address.\n\n").with(
		r.date(),
		field{name: "From", value: from},
		r.Original.to(),
		field{name: "Subject", value: "Failure Notice"},
		r.messageID("yahoo.com"))
}

// textOnly is a text, a paragraph for each recipient, and the original.
func (r *Report) textOnly(text string) part {
	var b strings.Builder
	b.WriteString(text)
	for _, rc := range r.Recipients {
		who := "Remote host said: "
		if rc.Remote == "" {
			who = ""
		}
		fmt.Fprintf(&b, "<%s>:\n%s%s\n\n", rc.Rcpt.Address, who, r.withStatus(&rc))
	}
	fmt.Fprintf(&b, "%sReturn-Path: <%s>\n", copyBelow, r.Original.Envelope.From)
	body := append([]byte(b.String()), r.returned()...)
	encoding := eightBit(body)
	if encoding == nil {
		return part{body: body}
	}
	charset := "utf-8"
	if !utf8.Valid(body) {
		charset = "iso-8859-1" // in which every octet is something
	}
	return part{append([]field{mimeVersion(), {name: "Content-Type", value: "text/plain; charset=" + charset}}, encoding...), body}
}

// withStatus is the reason, with the status at its end if it has none.
func (r *Report) withStatus(rc *Recipient) string {
	reason := rc.reason(r.Action)
	if strings.Contains(reason, dotted(rc.Status)) {
		return reason
	}
	return fmt.Sprintf("%s (#%s)", reason, dotted(rc.Status))
}
