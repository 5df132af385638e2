package rule

import "slices"

// A Language is what can be written in a rule, for completion: each word with its
// meaning and values to begin with. It is made from the tables of the parser.
type Language struct {
	Stages  []StageWord
	Fields  []Word // conditions
	Times   []Word // what counts, and the name, owner and end of a rule
	Actions []Word
}

// A StageWord is a stage, and what can be asked and done there.
type StageWord struct {
	Stage   Stage
	What    string
	Fields  []string
	Actions []Kind
	Per     []string // what can be counted apart
}

// A Word is the key of a condition, or an action.
type Word struct {
	Name    string
	What    string
	Args    string   // an action's, as the language writes them
	Values  []Value  // of a condition after its "=", of an action its arguments
	Options []Value  // of an action, behind its arguments
	Presets []string // that an action takes in place of a code
}

// A Value is an example of what a word may have.
type Value struct {
	Text string
	What string  // "" when it speaks for itself
	At   []Stage // only there; nil: wherever the word can be
}

// Words gives the language.
func Words() Language {
	var l Language
	for _, at := range stages() {
		l.Stages = append(l.Stages, StageWord{at, stageMeaning(at), known(at), kindsAt(at), countable(at)})
	}
	isAddress := func(field string) bool { return field == "to" || field == "from" }
	for _, field := range append([]string{"to", "from"}, slices.DeleteFunc(fields(), isAddress)...) { // asked most
		what, values := fieldMeaning(field)
		l.Fields = append(l.Fields, Word{Name: field, What: what, Values: plain(values)})
	}
	for _, key := range settings() {
		what, values := settingMeaning(key)
		l.Times = append(l.Times, Word{Name: key, What: what, Values: plain(values)})
	}
	for _, kind := range kinds() {
		l.Actions = append(l.Actions, actionWord(kind))
	}
	return l
}

// settings are the keys that are no conditions.
func settings() []string {
	return []string{"first", "nth", "every", "until", "after", "rate", "chance", "seed", "per", "name", "owner", "expires"}
}

func plain(texts []string) []Value {
	var values []Value
	for _, text := range texts {
		values = append(values, Value{Text: text})
	}
	return values
}

// countable are the names that per= takes at a stage.
func countable(at Stage) []string {
	var names []string
	for _, name := range append(fields(), "all") {
		if checkPer(at, []string{name}) == "" {
			names = append(names, name)
		}
	}
	return names
}

func actionWord(kind Kind) Word {
	w := Word{Name: string(kind)}
	w.What, w.Args, w.Values, w.Options = actionMeaning(kind)
	a := Action{Kind: kind}
	if a.takesDialect() {
		for _, name := range dialects() {
			w.Options = append(w.Options, Value{Text: "dialect=" + name})
		}
	}
	if a.takesAfter() {
		w.Options = append(w.Options, Value{Text: "after=5m", What: "so much later"})
	}
	for _, name := range presetNames() {
		if kind.accepts(name) {
			w.Presets = append(w.Presets, name)
		}
	}
	for _, values := range [][]Value{w.Values, w.Options} {
		for i := range values {
			values[i].At = kind.limits(values[i].Text)
		}
	}
	return w
}

// accepts says whether an action can have these arguments at all.
func (k Kind) accepts(args string) bool {
	_, err := ParseAction(string(k) + " " + args)
	return err == nil
}

// limits are the stages at which alone an action can have these arguments; none when
// it needs more than these.
func (k Kind) limits(args string) []Stage {
	var at []Stage
	all := true
	for _, stage := range stages() {
		if !slices.Contains(kindsAt(stage), k) {
			continue
		}
		if _, err := Parse(string(stage) + " " + string(k) + " " + args); err == nil {
			at = append(at, stage)
		} else {
			all = false
		}
	}
	if all {
		return nil
	}
	return at
}

func stageMeaning(at Stage) string {
	switch at {
	case Connect:
		return "a client connects"
	case Banner:
		return "the greeting"
	case Ehlo:
		return "EHLO or HELO"
	case StartTLS:
		return "STARTTLS"
	case Handshake:
		return "TLS begins, in any protocol"
	case Auth:
		return "a user logs in"
	case Mail:
		return "MAIL FROM"
	case Rcpt:
		return "RCPT TO, each recipient"
	case Data:
		return "DATA, before the text comes"
	case Dot:
		return "the message is whole, nothing is stored yet"
	case Rset:
		return "RSET"
	case Quit:
		return "QUIT"
	case Route:
		return "accepted: where it goes, for each recipient"
	case Login:
		return "POP3: a user logs in"
	}
	return "POP3: a message is fetched"
}

func fieldMeaning(field string) (what string, values []string) {
	switch field {
	case "client":
		return "IP address, or a network", []string{"127.0.0.1", "10.0.0.0/8"}
	case "port":
		return "ours that the client connected to", []string{"465", "1465"}
	case "sni":
		return "the name that TLS is asked for", []string{"*.example.test"}
	case "helo":
		return "what the client calls itself", []string{"*.internal"}
	case "tls":
		return "whether the connection is secure", []string{"yes", "no"}
	case "user":
		return "who logged in", []string{"*"}
	case "from":
		return "the envelope’s sender", []string{"*@example.test", "<>"}
	case "to":
		return "the envelope’s recipient", []string{"*@example.test"}
	case "size":
		return "octets", []string{">10k", "<1MiB"}
	}
	return "a search that finds the mail", []string{"subject:invoice", "has:attachment"}
}

func settingMeaning(key string) (what string, values []string) {
	switch key {
	case "first":
		return "only the first so many", []string{"1", "2", "3"}
	case "nth":
		return "only the one with this number", []string{"1", "2", "3"}
	case "every":
		return "only each so many", []string{"2", "3", "10"}
	case "until":
		return "until so long after the first", []string{"30s", "5m", "1h"}
	case "after":
		return "once so long has passed since the first", []string{"30s", "5m", "1h"}
	case "rate":
		return "only what is more than this", []string{"10/s", "20/min", "100/h"}
	case "chance":
		return "by chance, so often", []string{"5%", "50%"}
	case "seed":
		return "the same chance each time", []string{"7"}
	case "per":
		return "what is counted apart", []string{"all"}
	case "name":
		return "what this rule is called", []string{"my-rule"}
	case "owner":
		return "whose it is, to remove them together", []string{"my-test"}
	}
	return "from then on there is no such rule", []string{"2030-01-02T15:04:05Z"}
}

func flawValues() (values []Value) {
	for _, f := range flaws() {
		values = append(values, Value{Text: string(f), What: flawMeaning(f)})
	}
	return values
}

func flawMeaning(f Flaw) string {
	switch f {
	case Expired:
		return "the certificate has expired"
	case NotYetValid:
		return "the certificate is not valid yet"
	case WrongName:
		return "the certificate is for another name"
	case SelfSigned:
		return "the certificate is signed by itself"
	case Untrusted:
		return "the certificate is signed by an authority that nobody knows"
	case OldProtocol:
		return "TLS 1.0 and 1.1 only"
	}
	return "the connection breaks in mid-handshake" // Broken
}

const replyArgs = `CODE [x.y.z] ["line"…] or a preset`

func actionMeaning(kind Kind) (what, args string, values, options []Value) {
	permanent := []Value{
		{Text: `550 5.1.1 "User unknown"`}, {Text: `552 5.2.2 "Mailbox full"`}, {Text: `554 5.7.1 "Rejected"`},
	}
	transient := []Value{{Text: `451 4.7.1 "Try again later"`}, {Text: `452 4.2.2 "Mailbox full"`}, {Text: `421 4.3.2 "Too busy"`}}
	times := plain([]string{"2s", "30s", "5m"})
	switch kind {
	case Reply:
		return "say this instead", replyArgs + " [close]", slices.Concat(transient, permanent, []Value{{Text: `250 2.0.0 "OK"`}}), []Value{{Text: "close", What: "and close the connection"}}
	case Delay:
		return "wait, then go on", "TIME", times, nil
	case Drip:
		return "no faster than this", "OCTETS/s", plain([]string{"200B/s", "1kB/s"}), nil
	case Hang:
		return "say nothing more", "[TIME]", times, nil
	case Drop:
		return "close the connection", "[rst]", []Value{
			{Text: "rst", What: "with RST"}, {Text: "after=10k", What: "after so much of the message"}, {Text: "after-store", What: "once the mail is stored"}}, nil
	case Hide:
		return "leave out of EHLO", "KEYWORD…", plain([]string{"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "AUTH", "STARTTLS"}), nil
	case Offer:
		return "add to EHLO", `"KEYWORD text"…`, plain([]string{`"SIZE 1000"`, `"STARTTLS"`}), nil
	case TLS:
		return "something is wrong with it", "FLAW", flawValues(), nil
	case Garbage:
		return "nonsense for a reply", "OCTETS", plain([]string{"1000", "10k"}), nil
	case Pass:
		return "go on as usual: an exception", "", nil, nil
	case Keep:
		return "into the mailbox", "", nil, nil
	case Discard:
		return "accept it and keep nothing", "", nil, nil
	case Relay:
		return "hand it on", "URL", plain([]string{"smtp://localhost:2525"}), nil
	case Hold:
		return "wait in the queue until let go", "", nil, nil
	case Bounce:
		return "accept it, and return it to its sender", replyArgs, permanent, nil
	case Defer:
		return "try as scheduled, in vain", replyArgs + ", 4xx", transient, nil
	case Lose:
		return "into Badmail: nobody is told", "[" + replyArgs + "]", permanent, nil
	case Warn:
		return "keep it, and report it as delayed", replyArgs + ", 4xx", transient, nil
	case AutoReply:
		return "keep it, and send an out-of-office reply", `["line"…]`, []Value{{Text: `"Out of office"`}}, nil
	}
	return "keep it, and send an abuse complaint", "", nil, nil // Complain
}
