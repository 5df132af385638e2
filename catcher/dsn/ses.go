package dsn

import (
	"fmt"
	"strings"
)

// ses is what Amazon SES writes.
func (r *Report) ses() part {
	from := "MAILER-DAEMON@amazonses.com"
	if r.Action != Failed {
		return r.plainForm(from)
	}
	var b strings.Builder
	b.WriteString("An error occurred while trying to deliver the mail to the following recipients:\n")
	for _, rc := range r.Recipients {
		fmt.Fprintf(&b, "%s\n", rc.Rcpt.Address)
	}
	m := multipart(reportType, "----=_Part_"+r.ID, "", textPart("plain", b.String()), r.statusPart(r.sesGroups()...), r.returnedPart(""))
	return m.with(
		r.date(),
		field{name: "From", value: from},
		r.Original.to(),
		r.messageID("email.amazonses.com"),
		field{name: "Subject", value: r.notification()},
		mimeVersion(),
		field{name: "X-SES-Outgoing", value: r.Now.Format("2006.01.02") + "-127.0.0.1"})
}

// sesGroups says dsn where the RFC has dns, as the real one does.
func (r *Report) sesGroups() [][]field {
	message := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID), field{name: "Reporting-MTA", value: "dsn; " + r.Host})
	groups := [][]field{append(message, optionalTime("Arrival-Date", r.Original.Received)...)}
	for _, rc := range r.Recipients {
		g := []field{{name: "Action", value: string(r.Action)}}
		g = append(g, r.originalRecipient(&rc, " ")...)
		g = append(g, r.finalRecipient(&rc, " "))
		g = append(g, rc.diagnostic(" ")...)
		g = append(g, field{name: "Status", value: dotted(rc.Status)})
		groups = append(groups, append(g, rc.remote(" ")...))
	}
	return groups
}
