// Package search is an index over a store, which answers queries.
//
// It needs nothing of the store but the interface, and holds nothing that the
// store does not: whoever removes its directory loses time, not mail. It is there
// to find words anywhere in other words, and Chinese, Japanese and Korean at any
// length, in a message that was acknowledged just now, at next to no cost for
// those who send. SQLite's FTS5 does not do that: measured with mail of 1 KB, its
// trigrams cost 323 µs a message and find nothing of two characters, and its
// words are found only whole or from their start. Here a mail of 2 KB costs less
// than 100 µs, a third of which is to read the mail, and 360 octets. Of a million
// such mails a word that is in none is looked for in 0.2 s on two cores that had
// other work too, a common one in 5 ms (BenchmarkIndex, BenchmarkSearch).
//
// # How it works
//
// Messages are in the order of their IDs, and no message ever comes before
// another: so a segment, once made, says all there is to say about a range of
// IDs. It has a sorted dictionary of terms for each class of fields, laid out
// so that all terms that hold a piece of text are found in one pass (segment.go,
// view.go; term.go says what a term is). What a query needs (query.Need) is cut
// into pieces likewise, and gives candidates: perhaps too many, never too few.
// Each is read from the store and matched, in order, until the page is full.
//
// New mail is not indexed at once. A search reads what is in no segment yet,
// and when that is much, makes segments of it on the way. Run does the same in the
// background, merges small segments into large ones of up to 4096 messages, and
// makes those anew that have lost most of their messages. Large segments are in
// files, if there is a directory, and take no memory while nobody searches.
//
// The text of a message is that of mime.Message.Texts, of which there are 8 MiB
// at most.
package search
