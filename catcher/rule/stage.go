package rule

import "slices"

// stages are all stages, in the order in which they come.
func stages() []Stage {
	return []Stage{Connect, Banner, Ehlo, StartTLS, Handshake, Auth, Mail, Rcpt, Data, Dot, Rset, Quit, Route, Login, Retr}
}

// fields are all conditions.
func fields() []string {
	return []string{"client", "port", "helo", "sni", "tls", "user", "from", "to", "size", "query"}
}

// known are the conditions that make sense at a stage: what it can know.
func known(at Stage) []string {
	switch at {
	case Connect:
		return []string{"client", "port"}
	case Banner:
		return []string{"client", "port", "tls"}
	case Ehlo, StartTLS:
		return []string{"client", "port", "helo", "tls"}
	case Handshake:
		return []string{"client", "port", "helo", "sni"}
	case Auth, Rset, Quit:
		return []string{"client", "helo", "tls", "user"}
	case Mail:
		return []string{"client", "helo", "tls", "user", "from", "size"}
	case Rcpt, Data:
		return []string{"client", "helo", "tls", "user", "from", "to", "size"}
	case Dot, Route:
		return []string{"client", "helo", "tls", "user", "from", "to", "size", "query"}
	case Login:
		return []string{"client", "tls", "user"}
	}
	return []string{"client", "tls", "user", "size", "query"} // Retr
}

// kinds are all actions.
func kinds() []Kind {
	return []Kind{Reply, Delay, Drip, Hang, Drop, Hide, Offer, TLS, Garbage, Pass,
		Keep, Discard, Relay, Hold, Bounce, Defer, Lose, Warn, AutoReply, Complain}
}

// kindsAt are the actions that make sense at a stage.
func kindsAt(at Stage) []Kind {
	switch at {
	case Route:
		return []Kind{Keep, Discard, Relay, Hold, Bounce, Defer, Lose, Warn, AutoReply, Complain}
	case Handshake:
		return []Kind{TLS, Delay, Hang, Drop, Pass}
	case Ehlo:
		return []Kind{Reply, Delay, Drip, Hang, Drop, Hide, Offer, Garbage, Pass}
	}
	return []Kind{Reply, Delay, Drip, Hang, Drop, Garbage, Pass}
}

// ends says whether nothing can be done after an action.
func (k Kind) ends() bool { return k != Delay && k != Drip && k != Hide && k != Offer }

// per is what is counted apart at a stage when a rule does not say it.
func per(at Stage, t Times) []string {
	if t.Per != nil {
		return t.Per
	}
	var list []string
	if t.Until != 0 || t.After != 0 {
		for _, name := range [...]string{"client", "from", "to"} {
			if slices.Contains(known(at), name) {
				list = append(list, name)
			}
		}
		return list
	}
	switch at {
	case Rcpt, Route:
		return []string{"to"}
	case Mail, Data, Dot:
		return []string{"from"}
	case Auth, Login, Retr:
		return []string{"user"}
	}
	return []string{"client"}
}
