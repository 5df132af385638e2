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
//   - Time, randomness, network and log are handed in.
//
// Data flows one way:
//
//	SMTP · HTTP · (pickup, LMTP, bounces: to come)
//	        │ Accept(envelope, body)
//	        ▼
//	     Catcher ── a delivery for each mailbox
//	        │ Append(body, message)          all or none, safe when it returns
//	        ▼
//	      Store ──────────────► 250 2.0.0 OK: queued as <id>
//	        │ then
//	        ├──► search index
//	        ▼
//	    event bus (ring, a cursor per reader) ──► page, API, tests
//
// # Layout
//
//	main.go, main_*.go   flags and environment, listeners, signals; subcommands
//	catcher/             the running whole
//	  mail/              nouns: Message, Delivery, Envelope, Address, ID, Reply
//	  clock/             the system's clock, and one that is moved by hand
//	  event/             the bus
//	  store/             the contract and the memory store; storetest/ is the suite for every store
//	  store/disk/        the store that outlives the process
//	  query/             the search language: parse, match
//	  search/            an index over a store, which answers queries
//	  archive/           mail in files: .eml trees, mbox, Maildir
//	  mime/              what a message says; ugly/ is the corpus of bad mail for tests
//	  smtpd/             go-smtp in front of Accept
//	  catchertest/       a catcher on free ports for a test
//	pop3/                mailboxes over POP3
//	ui/                  everything over HTTP: JSON and events; api/ has the JSON types, static/ the page
//	docker/              image and compose file
//
// # Who may import whom
//
// A test (layers_test.go) checks this table.
//
//	layer 0  mail, clock                         standard library, golang.org/x
//	layer 1  event, store, mime, query, archive  layer 0
//	layer 2  smtpd, search, store/disk           layers 0 and 1, never each other
//	edge     pop3, ui                            layers 0 and 1, and interfaces of their own that *Catcher satisfies
//	layer 3  catcher                             layers 0 to 2, but not store/disk, which main hands in
//	layer 4  main, catchertest                   all
//
// Heavy dependencies stay in one package each: go-smtp in smtpd, huma and
// gorilla/websocket in ui, SQLite in store/disk, pflag in main. Importing catcher
// pulls in go-smtp and golang.org/x (IDNA, charsets) and no other module.
package catcher
