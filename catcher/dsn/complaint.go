package dsn

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// A Complaining is an abuse complaint to be written.
type Complaining struct {
	Dialect   Dialect // Yahoo's and SES's differ; all others are Standard
	Host      string  // who passes the complaint on
	Now       time.Time
	ID        string // unique, of letters and digits
	Type      string // Feedback-Type: "abuse", "fraud", "not-spam"…; "" is abuse
	Recipient string // who complained
	Original  Original
}

// A complainer is one who passes complaints on.
type complainer struct {
	from, agent, version, date string
}

// Complaint writes a complaint to the original's sender in the format of RFC 5965.
// What Write promises holds here too.
func Complaint(w io.Writer, c *Complaining) error {
	o := c.Original.tidy()
	r := Report{Action: Failed, Host: cleanHost(c.Host), Now: c.Now, ID: cleanID(c.ID), Original: o}
	by := c.by(r.Host)
	kind := strings.ToLower(cmp.Or(firstWord(c.Type), "abuse"))
	text := fmt.Sprintf("This is an email abuse report for a message of\n%s.\nOne of its recipients has marked it: %s.\n", r.Original.Received.Format(dateForm), kind)
	status := r.feedback(by, kind, clean(c.Recipient))
	m := multipart("multipart/report; report-type=feedback-report", "feedback-"+r.ID, "", textPart("plain", text), status, r.returnedPart(""))
	_, err := w.Write(m.with(
		field{name: "From", value: by.from},
		o.to(),
		field{name: "Subject", value: strings.TrimSpace("FW: " + o.subject())},
		r.date(),
		r.messageID(r.Host),
		field{name: "Auto-Submitted", value: "auto-generated"},
		mimeVersion()).bytes())
	return err
}

func (c *Complaining) by(host string) complainer {
	switch c.Dialect {
	case Yahoo:
		return complainer{"Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.com>", "Yahoo!-Mail-Feedback/2.0", "0.1", "Received-Date"}
	case SES:
		return complainer{"complaints@email-abuse.amazonses.com", "Amazon SES Mailbox Simulator", "1", "Arrival-Date"}
	}
	return complainer{"Abuse reports <abuse@" + host + ">", "Postroom/1", "1", "Arrival-Date"}
}

// feedback is the part for machines: RFC 5965 §3.
func (r *Report) feedback(by complainer, kind, recipient string) part {
	o := &r.Original
	fields := []field{
		{name: "Feedback-Type", value: kind},
		{name: "User-Agent", value: by.agent},
		{name: "Version", value: by.version},
		{name: "Original-Mail-From", value: "<" + o.Envelope.From + ">"},
	}
	fields = append(fields, optional("Original-Rcpt-To", recipient)...)
	fields = append(fields, optionalTime(by.date, o.Received)...)
	if s := o.Envelope.Session; s != nil {
		if ip, _, err := net.SplitHostPort(s.Remote); err == nil {
			fields = append(fields, optional("Source-IP", clean(ip))...)
		}
	}
	if i := strings.LastIndexByte(o.Envelope.From, '@'); i >= 0 {
		fields = append(fields, field{name: "Reported-Domain", value: cleanHost(o.Envelope.From[i+1:])})
	}
	for i := range fields {
		fields[i].raw = o.Envelope.UTF8
	}
	body := []byte(fieldLines(fields))
	return part{append([]field{{name: "Content-Type", value: "message/feedback-report"}}, eightBit(body)...), body}
}
