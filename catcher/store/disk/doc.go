// Package disk is the store that outlives the process: its kill, a power loss, a
// full disk.
//
// # What lies in the folder
//
//	mail/00000001.mail …   segments: all messages, one behind the other
//	postroom.db            SQLite: what messages there are, and where
//	reserve                4 MiB to be given up when the disk is full
//	lock                   held by the process that has the store open
//
// (index/ belongs to package search.) Without postroom.db, or with a ruined one,
// everything is found again in the segments; mail that was deleted not long ago
// then comes back.
//
// # How a message gets in
//
// One goroutine, the writer, takes all that senders have ready. It gives the
// messages their IDs and UIDs, appends them to a segment, and syncs that. Now they
// are safe: readers find them in the tail (view), events are published, and the
// senders have their answer. The database learns of a thousand messages at a time,
// beside all this. So one sync, and next to nothing of SQLite, is what a sender
// waits for.
//
// Everything else (deletions, marks, moves, caps) is a transaction of the
// database, begun when that has caught up with the segments, and synced with its
// commit.
//
// # What holds at any moment
//
//   - The segments know at least what the database knows. Records have checksums;
//     what is behind the place that the database knows is replayed when the store
//     is opened, up to the first record that is not whole.
//   - No segment is removed, or cut, before the database is safe without it.
//   - Readers look at the tail first and at the database afterwards, and what
//     leaves the tail is in the database before. They wait for nobody.
//   - A failed write leaves no trace: the end of the segment is where it was, the
//     transaction is rolled back, and everyone concerned gets the error.
//
// Deleting frees segments as a whole; one that is mostly dead is copied together
// in small steps, with others in between, and so the database is made smaller.
//
// # Why bodies are not in the database
//
// Both were measured, ten messages to a synced commit, all else the same, on 2
// cores and a virtual disk; per message, in one run:
//
//	body      in SQLite                    in segments
//	1 KB      105 µs,    40 µs of CPU      21 µs,    16 µs of CPU
//	50 KB     405 µs,   304 µs of CPU     170 µs,    92 µs of CPU
//	5 MB     25.8 ms,  17.4 ms of CPU     7.8 ms,  11.7 ms of CPU
//
// BenchmarkAppend measures the present state.
package disk
