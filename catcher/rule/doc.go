// Package rule says when Postroom misbehaves, and where mail goes: one language
// for faults and routes. A rule has a stage, what must match, how often it
// applies, and what is done then. The first rule that applies wins.
//
// # The language
//
// A rule is a line: STAGE, conditions and counting, then one or more ACTIONs.
// What follows an action belongs to it.
//
//	rcpt    to=*@slow.test first=2     reply 451 4.7.1 "Greylisted, try again later"
//	connect chance=5% seed=7           reply 421 4.3.2 "Too busy"
//	dot     from=*@shop.test nth=3     drop after-store    # stored, but the 250 never arrives
//	rcpt    rate=20/min per=client     delay 2s reply gmail-rate
//	route   to=*@dead.test             bounce 550 5.1.1 "User unknown" dialect=gmail after=5m
//
// Values and words may be in quotes, where \" and \\ stand for a quote and a
// backslash. A # at the start of a word begins a comment.
//
// # Stages, and what they know
//
//	connect                  client port
//	banner                   client port tls
//	ehlo starttls            client port helo tls
//	handshake                client port helo sni
//	auth rset quit           client helo tls user
//	mail                     client helo tls user from size
//	rcpt data                client helo tls user from to size
//	dot route                client helo tls user from to size query
//	login (POP3)             client tls user
//	retr (POP3)              client tls user size query
//
// Handshake is where TLS begins, in SMTP, POP3 and HTTP: after STARTTLS or STLS, or at
// once. The client has said then which name it asks for (server name indication).
//
// # Conditions
//
// All must hold. With a key given more than once, one of its values must match;
// with != for =, none of them may. What is not known does not match either way. At
// data and dot, to= is about any of the recipients.
//
//	from=  to=               the whole address; from="<>" is the null sender
//	client=                  IP address, or a network such as 10.0.0.0/8
//	port=                    ours that the client connected to
//	sni=                     the name of the server that the client asks for; sni!=* is none
//	helo=  user=             what the client called itself; who logged in (user!=* is nobody)
//	tls=                     yes, no, or the version and cipher suite
//	size=>10k  size=<1MiB    octets, in the units of package query
//	query="subject:invoice"  a search of package query, without ages
//
// Other values are patterns: * is any text and ? any character, case does not
// count; or /…/, a regular expression (package regexp) for a part of the text, in
// which case does not count either.
//
// # Counting
//
// What matches is counted, and the rule applies if all of these hold:
//
//	first=N nth=N every=N    it is among the first N; the N-th; each N-th
//	until=TIME after=TIME    so long has not, or has, passed since the first
//	rate=N/min               a bucket of N, which fills evenly again in that time (s, min, h, d), is empty
//	chance=P% seed=N         the N-th number of a row that the seed alone decides is among P percent;
//	                         a rule without a seed is given one when it is added
//	per=client,from,to       what is counted apart: client, from, to, user, helo, or all (nothing)
//
// Without per=, until and after count by client, from, to, as far as they are
// known; other counts by to at rcpt and route, from at mail, data and dot, user at
// auth, login and retr, client elsewhere. A rule counts 10,000 keys; those longest
// unused are forgotten. TIME is 90s, 5m, 4h, 2d or 1h30m.
//
// Also: name=, owner= (for RemoveOwner), expires=2026-01-02T15:04:05Z.
//
// # Actions at all stages but route and handshake
//
//	reply CODE [x.y.z] ["line"…] [close]  say this; close the connection afterwards
//	reply PRESET [close]                  what a provider says; see Presets
//	delay TIME                            wait, then go on
//	drip 200B/s                           at data: read the message no faster; else: write the reply so, and go on
//	hang [TIME]                           say nothing more
//	drop [rst]                            close the connection; at data and retr also after=SIZE, so
//	                                      many octets of the message; at dot also after-store
//	garbage SIZE                          so many octets of nonsense in place of the reply
//	hide KEYWORD…                         ehlo: without these lines, and go on
//	offer "KEYWORD text"…                 ehlo: with these lines, each in place of that keyword's, and go on
//	pass                                  go on as usual: an exception to rules that follow
//
// Actions may follow one that goes on, each once. The text of a reply may have
// {client}, {from}, {from-domain} and {to} in it.
//
// # Actions at handshake
//
//	tls FLAW                              expired, not-yet-valid, wrong-name, self-signed, untrusted (signed by
//	                                      an authority that nobody knows), old-protocol (TLS 1.0 and 1.1
//	                                      only), broken (the connection breaks in mid-handshake)
//	delay TIME, hang [TIME], drop [rst], pass  as above, once the client has begun
//
// # Actions at route
//
//	keep [after=TIME]                     into the mailbox
//	discard                               accept it and keep nothing
//	relay smtp://mail:2525                hand it on
//	hold                                  into the queue until somebody lets it go
//	bounce REPLY [dialect=D] [after=TIME] give up; REPLY is as for reply, from 400 on
//	defer REPLY [dialect=D]               try as scheduled, and fail each time; a 4xx
//	lose [REPLY]                          into Badmail
//	warn REPLY [dialect=D] [after=TIME]   keep it, and report it as delayed; a 4xx
//	autoreply ["line"…] [dialect=D] [after=TIME]  keep it, and send an out-of-office reply
//	complain [dialect=D] [after=TIME]     keep it, and send an abuse complaint
//
// Dialects: standard, postfix, exchange, iis, gmail, yahoo, exim, qmail, ses, 163.
package rule
