// Package store keeps messages: the contract for every store, and the memory
// store, which is its executable specification.
package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// A Store keeps each message once and a delivery of it for each mailbox. Every
// store passes storetest.Run.
//
// A mailbox is only a name that deliveries have in common. Reading creates
// nothing; a mailbox without mail looks like one that never was, except that
// its UIDs go on rising where they stopped. The name "" stands for all
// mailboxes.
//
// Messages are ordered by their IDs, which is the order of receipt. Whatever a
// store does it tells, after it is done and in the order in which it was done,
// to Options.Publish. All methods are safe for concurrent use, and none keeps
// the slices that it is given.
type Store interface {
	// Append keeps the body and a delivery for each of m.Deliveries, all or none,
	// and makes room first as Options ask. It sets m.ID, m.Size, m.Unterminated and
	// the ID and UID of each delivery; the rest is kept as given. The body belongs
	// to the store afterwards. The error is ErrTooLarge when the message alone is
	// over the limit for bytes, and ErrFull when the disk is full.
	Append(ctx context.Context, body *Body, m mail.Message) (mail.Message, error)

	// Boxes lists the mailboxes that hold mail, by name.
	Boxes(ctx context.Context) ([]Box, error)

	// Box describes one mailbox, or with "" the whole store, in which a message
	// with several deliveries counts once. Without mail all counts are 0.
	Box(ctx context.Context, name string) (Box, error)

	// List returns messages in order. A query for a mailbox still gives whole
	// messages, with their deliveries elsewhere.
	List(ctx context.Context, q Query) (Page, error)

	// Get returns one message, or ErrNotFound.
	Get(ctx context.Context, id mail.ID) (mail.Message, error)

	// Open returns the body, as received, or ErrNotFound. The reader stays good
	// until closed, even when the message is deleted meanwhile.
	Open(ctx context.Context, id mail.ID) (Reader, error)

	// Update changes one delivery: change gets a copy, and what it leaves there is
	// kept unless it returns an error, which Update then returns. ID, Rcpt and UID
	// cannot be changed. A new Box is a move: the delivery gets a new UID there.
	// When nothing changed, nothing is told. ErrNotFound when the delivery is gone.
	Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error)

	// Delete removes deliveries and returns those that were there. Deleting twice
	// is fine. A message goes with its last delivery.
	Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error)

	// Clear removes all deliveries of a mailbox, or with "" of all of them, and
	// returns how many went.
	Clear(ctx context.Context, box string) (int, error)

	// Expire removes all messages received before the given time and returns how
	// many went.
	Expire(ctx context.Context, before time.Time) (int, error)

	// Close lets go of everything. No other method may be called afterwards; closing
	// twice is fine.
	Close() error
}

// A Checker is a Store that can say whether it would keep a message now, by trying
// something of the kind. It must not take long.
type Checker interface {
	Check(ctx context.Context) error
}

// A Capper is a Store whose Caps can be changed. Those of all messages hold when
// SetCaps returns, that of mailboxes with the next message for each.
type Capper interface {
	SetCaps(ctx context.Context, caps Caps) error
}

// ErrNotFound is returned, perhaps wrapped, for a message or delivery that is
// not in the store.
var ErrNotFound = errors.New("no such message")

// ErrFull is returned, perhaps wrapped, when there is no room for the message, or
// on disk for any change.
var ErrFull = errors.New("no room")

// ErrTooLarge is an ErrFull: the message alone is over the limit for bytes.
var ErrTooLarge = fmt.Errorf("message over the limit of the whole store: %w", ErrFull)

// A Box describes a mailbox at one moment.
type Box struct {
	Name     string
	Messages int   // deliveries in it
	Unseen   int   // those not seen
	Bytes    int64 // sum of their messages' sizes
	Newest   mail.ID
	NextUID  uint32 // the next delivery gets this UID or a higher one; 0 for the whole store
}

// A Query chooses messages for List.
type Query struct {
	Box    string  // only those with a delivery here; "" for all
	Before mail.ID // only those older than this; zero for no bound
	After  mail.ID // only those newer than this; zero for no bound
	Oldest bool    // oldest first; otherwise newest first
	Skip   int     // so many of them, in that order, are passed over first; 0 or less for none
	Limit  int     // at most so many; 0 or less for all

	// Bare asks only for ID, Received, Size, Unterminated and the deliveries
	// without their trails, which a store may have at hand far sooner. A delivery
	// AtHome may then have the name of its mailbox for Rcpt.Address. What is given
	// beyond that does not matter.
	Bare bool
}

// A Page is an answer to a Query.
type Page struct {
	Messages []mail.Message
	More     bool // Limit cut the answer: go on from the last message
}

// Options are what every store is made with.
type Options struct {
	Caps    Caps
	Clock   clock.Clock       // nil: the system's
	IDs     *mail.IDs         // nil: random ones
	Publish func(mail.Change) // told of each change, in order; must be quick and must not call the store; nil: nobody
}

// Complete puts in what nil stands for.
func (o Options) Complete() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.IDs == nil {
		o.IDs = mail.NewIDs(rand.Reader)
	}
	if o.Publish == nil {
		o.Publish = func(mail.Change) {}
	}
	return o
}

// ByMessage says of which messages, in order, which deliveries are meant.
func ByMessage(ids []mail.DeliveryID) (order []mail.ID, numbers map[mail.ID][]int) {
	numbers = map[mail.ID][]int{}
	for _, id := range ids {
		if numbers[id.Message] == nil {
			order = append(order, id.Message)
		}
		numbers[id.Message] = append(numbers[id.Message], id.N)
	}
	return order, numbers
}

// Caps are limits that hold at the end of every Append: the oldest messages go
// first, each told as Removed. Zero means no limit.
type Caps struct {
	Messages int           // messages in all
	Bytes    int64         // octets of bodies in all
	Box      int           // deliveries in one mailbox
	Age      time.Duration // time since receipt
}
