// Package catcher is the running whole: it takes mail in, keeps it, and tells
// whoever listens. It is what a Go test imports.
//
// # The design in one page
//
//   - One door in: whatever brings mail calls Catcher.Accept(envelope, body).
//   - One place that keeps: store.Store. A message is kept once; each recipient
//     has a delivery of it in a mailbox.
//   - One place that tells: the store reports each change after it is done, in
//     the order in which it was done, and the catcher puts it on the event bus.
//     Nobody else publishes.
//   - Keep first, parse after: bytes are stored exactly as they came; what they
//     mean is found out when somebody asks (package mime), or beside, for the
//     search (package search), which can always be made anew from the store.
//   - Queue and Badmail are mailboxes too (@queue, @badmail, and @done for what has
//     left the queue), so that whatever shows mailboxes shows them.
//   - Time, randomness, network and log are handed in. The clock can be moved.
//
// Data flows one way:
//
//	SMTP · HTTP · pickup folder · our own reports
//	        │ Accept(envelope, body)
//	        ▼
//	     Catcher ── rules: a delivery for each mailbox, or in @queue, or none
//	        │ Append(body, message)          all or none, safe when it returns
//	        ▼
//	      Store ──────────────► 250 2.0.0 OK: queued as <id>
//	        │ then
//	        ├──► search index
//	        ├──► queue ── relay ──► next hop
//	        │      ├ done: to @done, the trail says how
//	        │      ├ not yet: tried again as scheduled, by the clock
//	        │      └ given up: a report ──► Accept (null sender); or to @badmail
//	        ▼
//	    event bus (ring, a cursor per reader) ──► page, API, expectations, webhooks, drop folder
//
// What goes wrong with a client, by rule or by limit, is no mail: the latest of
// such attempts are kept in memory (Attempts) and told on the bus, as are rules
// that were obeyed and moves of the clock. What was said in the latest SMTP sessions
// is kept too (Sessions). Release and Dispatch bring mail past the rules into the queue.
//
// What SMTP clients may do at most is in smtpd.Limits, and can be changed at any time
// (SetLimits). What is to be measured is counted as it happens and told when somebody
// asks (Tally, Refusals, AppendTimes, Connections, Panics); CheckStore tries to write.
//
// Whoever waits for mail (Expect) does so in one room: a single reader of the bus
// hands each message to those whom it may concern.
//
// # Layout
//
//	main.go, main_*.go   flags and environment, listeners, signals; subcommands
//	catcher/             the running whole
//	  mail/              nouns: Message, Delivery, Envelope, Address, ID, Reply
//	  clock/             the system's clock, and one that is moved by hand
//	  limit/             who is connected, and who is too many
//	  event/             the bus
//	  store/             the contract and the memory store; storetest/ is the suite for every store
//	  store/disk/        the store that outlives the process
//	  query/             the search language: parse, match
//	  search/            an index over a store, which answers queries
//	  archive/           mail in files: .eml trees, mbox, Maildir
//	  mime/              what a message says; ugly/ is the corpus of bad mail for tests
//	  rule/              what goes wrong and where mail goes: the language, the set, magic addresses
//	  accounts/          who may log in: a file as htpasswd makes it, and tokens
//	  certs/             certificates for TLS: an authority of our own, and certificates that are bad on command
//	  expect/              what mail a test wants: whether it has come, and if not, what came instead
//	  dsn/               reports in many dialects, out-of-office replies, complaints
//	  smtpd/             go-smtp in front of Accept
//	  queue/             what is tried again, warned of, given up;  relay/ is the SMTP client to next hops
//	  pickup/            a folder of files to be sent;  drop/ writes mail and Badmail into folders
//	  catchertest/       a catcher on free ports for a test
//	pop3/                mailboxes over POP3
//	ui/                  everything over HTTP: JSON and events; api/ has the JSON types, static/ the page
//	  metrics/           the figures of all that runs, for Prometheus
//	  client/            the client for JavaScript;  uitest/ is a Postroom for tests of foreign programs
//	docker/              image, compose file, e2e (which tries them), release; Kubernetes, systemd
//	  example/           an application and its tests;  snippets/ for CI and frameworks
//	  sbom/              what a binary is made of
//
// # Who may import whom
//
// A test (layers_test.go) checks this table.
//
//	layer 0  mail, clock, limit                  standard library, golang.org/x
//	layer 1  event, store, mime, query, archive, layer 0; rule also query
//	         rule, dsn, expect, certs, accounts  expect also event, store, mime and query; certs also rule
//	layer 2  smtpd, search, queue, relay,        layers 0 and 1, never each other
//	         store/disk, pickup, drop
//	edge     pop3, ui                            layers 0 and 1, and interfaces of their own that *Catcher satisfies
//	         ui/metrics                          layer 0
//	layer 3  catcher                             layers 0 to 2, but not accounts, store/disk, pickup and drop,
//	                                             which main hands in or runs beside
//	layer 4  main, catchertest, ui/uitest        all
//
// Heavy dependencies stay in one package each: go-smtp in smtpd and relay, huma and
// gorilla/websocket in ui, the Prometheus client in ui/metrics, SQLite in store/disk,
// fsnotify in pickup, bcrypt in accounts, pflag in main.
// Importing catcher pulls in go-smtp and golang.org/x (IDNA, charsets) and no other
// module.
package catcher
