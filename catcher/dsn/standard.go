package dsn

import (
	"fmt"
	"strings"
)

const reportType = "multipart/report; report-type=delivery-status"

// standard is the form of RFC 3464 and nothing else.
func (r *Report) standard() part {
	return r.plainForm("Mail Delivery System <mailer-daemon@" + r.Host + ">")
}

// plainForm is also for servers of which no form of their own is known for the
// action.
func (r *Report) plainForm(from string) part {
	head := []field{
		{name: "From", value: from},
		r.Original.to(),
		{name: "Subject", value: map[Action]string{
			Failed:    "Delivery failed",
			Delayed:   "Delivery delayed",
			Delivered: "Delivery succeeded",
			Relayed:   "Message handed on",
		}[r.Action]},
		r.date(),
		r.messageID(r.Host),
	}
	head = append(head, r.Original.refer()...)
	head = append(head, field{name: "Auto-Submitted", value: "auto-replied"}, mimeVersion())
	return multipart(reportType, "report-"+r.ID, "", textPart("plain", r.plainText()), r.statusPart(r.standardGroups()...), r.returnedPart("")).with(head...)
}

func mimeVersion() field { return field{name: "MIME-Version", value: "1.0"} }

func (r *Report) plainText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "This is the mail server at %s.\n\n", r.Host)
	switch r.Action {
	case Delayed:
		b.WriteString("Your message has not been delivered yet. There is nothing you need to do:\ndelivery is tried again. This concerns:\n")
	case Delivered:
		b.WriteString("Your message was delivered to:\n")
	case Relayed:
		b.WriteString("Your message was handed on to a server that does not report deliveries.\nThis is the last that you hear of it for:\n")
	default:
		b.WriteString("Your message could not be delivered, and is not tried again, for:\n")
	}
	for _, rc := range r.Recipients {
		reason := rc.reason(r.Action)
		if rc.Remote != "" {
			reason = rc.Remote + " said: " + reason
		}
		fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("<%s>: %s", rc.Rcpt.Address, reason), "", "    "))
	}
	return b.String()
}

// wrap breaks a text into lines of 78 octets where its words allow it.
func wrap(s, first, next string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case len(line)+1+len(word) > 78:
			b.WriteString(line + "\n")
			line = next
		default:
			line += " "
		}
		line += word
	}
	return b.String() + line
}

func (r *Report) standardGroups() [][]field {
	message := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID), field{name: "Reporting-MTA", value: "dns; " + r.Host})
	message = append(message, r.receivedFrom(" ")...)
	message = append(message, optionalTime("Arrival-Date", r.Original.Received)...)
	groups := [][]field{message}
	for _, rc := range r.Recipients {
		g := append(r.originalRecipient(&rc, " "), r.finalRecipient(&rc, " "),
			field{name: "Action", value: string(r.Action)}, field{name: "Status", value: dotted(rc.Status)})
		g = append(g, rc.remote(" ")...)
		g = append(g, rc.diagnostic(" ")...)
		g = append(g, optionalTime("Last-Attempt-Date", rc.LastTry)...)
		groups = append(groups, append(g, r.retryTill(&rc)...))
	}
	return groups
}
