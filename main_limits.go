package main

import (
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher/smtpd"
	"github.com/postroom/postroom/pop3"
	"github.com/postroom/postroom/ui"
)

// limitSettings are the flags that say what clients may do at most, beside those of
// messages and time-outs.
type limitSettings struct {
	connections, perClient     count
	messages, commands, errors count // of one SMTP session
	octets, incoming           octets
	pop3Errors                 count
	message                    span
}

// Defaults: so many that nobody meets them by doing what they are for.
const (
	defaultConnections = 20_000
	defaultPerClient   = 10_000
	defaultCommands    = 10_000
	defaultErrors      = 100
	defaultIncoming    = 512 << 20
)

func (s *limitSettings) flags(flags *pflag.FlagSet) {
	s.connections, s.perClient, s.commands, s.errors = defaultConnections, defaultPerClient, defaultCommands, defaultErrors
	s.incoming, s.pop3Errors, s.message = defaultIncoming, pop3.DefaultErrors, span(smtpd.DefaultMessageTimeout)
	flags.Var(&s.connections, "max-connections", "take at most so many connections at once, for each of SMTP, POP3 and HTTP (0: no limit; never more than two thirds of the files that may be open)")
	flags.Var(&s.perClient, "max-connections-per-client", "and at most so many from one address (0: no limit)")
	flags.Var(&s.incoming, "max-incoming", "take at most so many octets of mail at once, for each of SMTP and HTTP, mails under 64 KiB not counted; refuse more with 452 or 503 (0: no limit)")
	flags.Var(&s.messages, "session-messages", "end SMTP sessions that want to send more messages with 421 (0: no limit)")
	flags.Var(&s.octets, "session-bytes", "end SMTP sessions that want to send a message after so many octets (0: no limit)")
	flags.Var(&s.commands, "session-commands", "end SMTP sessions that say more commands without sending a message (0: no limit)")
	flags.Var(&s.errors, "session-errors", "end SMTP sessions after so many errors of the client (0: no limit)")
	flags.Var(&s.pop3Errors, "pop3-session-errors", "end POP3 sessions after so many bad commands")
	flags.Var(&s.message, "message-timeout", "break off messages that take longer than this to arrive")
}

// check refuses values that parse but mean nothing.
func (s *limitSettings) check() error {
	switch {
	case s.pop3Errors == 0:
		return usagef("--pop3-session-errors must not be 0")
	case s.message == 0:
		return usagef("--message-timeout must not be 0")
	}
	return nil
}

// atOnce is how many connections of one protocol there may be: so many that files
// are left for what else is opened.
func (s *limitSettings) atOnce() int {
	n := int(s.connections)
	if most := openFiles() / 3 * 2; most > 0 && (n == 0 || n > most) {
		return most
	}
	return n
}

// tell says when there may be fewer connections than somebody has asked for.
func (s *limitSettings) tell(flags *pflag.FlagSet, log *slog.Logger) {
	if n := s.atOnce(); n != int(s.connections) && flags.Changed("max-connections") {
		log.Warn("fewer connections than asked for: the system lets too few files be open", "max-connections", int(s.connections), "used", n)
	}
}

func (s *settings) smtpLimits() smtpd.Limits {
	return smtpd.Limits{
		MaxMessageSize: int64(s.maxMessageSize), MaxRecipients: int(s.maxRecipients),
		IdleTimeout: time.Duration(s.idle), MessageTimeout: time.Duration(s.limits.message),
		Connections: s.limits.atOnce(), ConnectionsPerClient: int(s.limits.perClient),
		Messages: int(s.limits.messages), Octets: int64(s.limits.octets),
		Commands: int(s.limits.commands), Errors: int(s.limits.errors),
		Incoming: int64(s.limits.incoming),
	}
}

func (s *settings) pop3Limits() pop3.Limits {
	return pop3.Limits{
		Connections: s.limits.atOnce(), ConnectionsPerClient: int(s.limits.perClient),
		Errors: int(s.limits.pop3Errors), IdleTimeout: time.Duration(s.pop3Idle),
	}
}

func (s *settings) uiLimits() ui.Limits {
	return ui.Limits{
		Connections: s.limits.atOnce(), ConnectionsPerClient: int(s.limits.perClient),
		MaxMessageSize: int64(s.maxMessageSize), Incoming: int64(s.limits.incoming),
	}
}
