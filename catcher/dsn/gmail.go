package dsn

import (
	"fmt"
	"html"
	"strings"
)

// icon is a PNG of one transparent pixel, in base64.
const icon = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQMAAAAl21bKAAAAA1BMVEUAAACnej3aAAAA\nAXRSTlMAQObYZgAAAA5JREFUeJxiYAAEAAD//wACAAFLuymfAAAAAElFTkSuQmCC\n"

func (r *Report) gmail() part {
	from := "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
	if r.Action != Failed && r.Action != Delayed {
		return r.plainForm(from)
	}
	head := []field{mimeVersion(), {name: "From", value: from}, r.Original.to(), {name: "Auto-Submitted", value: "auto-replied"}}
	head = append(head, r.failed()...)
	head = append(head, field{name: "Subject", value: r.notification()})
	head = append(head, r.Original.refer()...)
	head = append(head, r.messageID("mx.google.com"), r.date())
	return multipart(reportType, "0000000000"+r.ID+"r", "", r.gmailPage(), r.statusPart(r.gmailGroups()...), r.returnedPart("")).with(head...)
}

// gmailPage is the part for people: text, HTML, and the icon that the HTML shows.
func (r *Report) gmailPage() part {
	text := r.gmailText()
	page := `<html><body><img src="cid:icon.png" alt=""><pre>` + html.EscapeString(text) + "</pre></body></html>\n"
	alternative := multipart("multipart/alternative", "0000000000"+r.ID+"a", "", textPart("plain", text), textPart("html", page))
	image := part{[]field{
		{name: "Content-Type", value: `image/png; name="icon.png"`},
		{name: "Content-Disposition", value: `inline; filename="icon.png"`},
		{name: "Content-Transfer-Encoding", value: "base64"},
		{name: "Content-ID", value: "<icon.png>"},
	}, []byte(icon)}
	return multipart("multipart/related", "0000000000"+r.ID+"b", "", alternative, image)
}

func (r *Report) gmailText() string {
	var b strings.Builder
	for _, rc := range r.Recipients {
		switch {
		case r.Action == Delayed:
			fmt.Fprintf(&b, "\n** Delivery incomplete **\n\nThere was a temporary problem delivering your message to %s. Gmail will retry.", rc.Rcpt.Address)
		case rc.Status == [3]int{5, 1, 1}:
			fmt.Fprintf(&b, "\n** Address not found **\n\nYour message wasn't delivered to %s because the address couldn't be found, or is unable to receive mail.", rc.Rcpt.Address)
		default:
			fmt.Fprintf(&b, "\n** Message not delivered **\n\nYour message wasn't delivered to %s.", rc.Rcpt.Address)
		}
		if rc.Remote == "" {
			fmt.Fprintf(&b, "\n\nThe response was:\n%s\n", rc.reason(r.Action))
		} else {
			fmt.Fprintf(&b, "\n\nThe response from the remote server was:\n%s\n", rc.reason(r.Action))
		}
	}
	return b.String()
}

func (r *Report) gmailGroups() [][]field {
	message := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID), field{name: "Reporting-MTA", value: "dns; googlemail.com"})
	message = append(message, r.receivedFrom(" ")...)
	message = append(message, optionalTime("Arrival-Date", r.Original.Received)...)
	groups := [][]field{append(message, optional("X-Original-Message-ID", r.Original.messageID())...)}
	for _, rc := range r.Recipients {
		g := append(r.originalRecipient(&rc, " "), r.finalRecipient(&rc, " "),
			field{name: "Action", value: string(r.Action)}, field{name: "Status", value: dotted(rc.Status)})
		if rc.Remote != "" {
			domain := rc.Rcpt.Address[strings.LastIndexByte(rc.Rcpt.Address, '@')+1:]
			g = append(g, field{name: "Remote-MTA", value: fmt.Sprintf("dns; %s. (the server for the domain %s.)", rc.Remote, cleanHost(domain))})
		}
		g = append(g, rc.diagnostic(" ")...)
		g = append(g, optionalTime("Last-Attempt-Date", rc.LastTry)...)
		groups = append(groups, append(g, r.retryTill(&rc)...))
	}
	return groups
}
