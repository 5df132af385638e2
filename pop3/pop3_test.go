package pop3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

var _ Backend = (*catcher.Catcher)(nil)

// A backend is a memory store with faults.
type backend struct {
	store.Store
	broken  atomic.Value                    // the name of the method that fails
	reader  func(store.Reader) store.Reader // wraps what Open returns; nil: nothing
	listing func(q store.Query)             // told before each List
	deleted atomic.Int64                    // calls of Delete
}

func newBackend(t testing.TB) *backend {
	s := store.NewMemory(store.Options{})
	t.Cleanup(func() { s.Close() })
	return &backend{Store: s}
}

func (b *backend) List(ctx context.Context, q store.Query) (store.Page, error) {
	if b.listing != nil {
		b.listing(q)
	}
	if err := b.fault("list"); err != nil {
		return store.Page{}, err
	}
	return b.Store.List(ctx, q)
}

func (b *backend) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	if err := b.fault("open"); err != nil {
		return nil, err
	}
	r, err := b.Store.Open(ctx, id)
	if err == nil && b.reader != nil {
		r = b.reader(r)
	}
	return r, err
}

func (b *backend) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	b.deleted.Add(1)
	if err := b.fault("delete"); err != nil {
		return nil, err
	}
	return b.Store.Delete(ctx, ids...)
}

func (b *backend) fault(method string) error {
	if b.broken.Load() == method {
		return errors.New("disk on fire")
	}
	return nil
}

// put brings a mail into mailboxes, with an envelope that says so.
func (b *backend) put(t testing.TB, body string, boxes ...string) mail.Message {
	t.Helper()
	var m mail.Message
	for _, box := range boxes {
		rcpt := mail.Rcpt{Address: box}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{Rcpt: rcpt, Box: box, State: mail.Delivered})
	}
	var stored store.Body
	io.WriteString(&stored, body)
	m, err := b.Append(context.Background(), &stored, m)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// count is the number of deliveries in a mailbox, or with AllMail of messages.
func (b *backend) count(t testing.TB, box string) int {
	t.Helper()
	if box == AllMail {
		box = ""
	}
	got, err := b.Box(context.Background(), box)
	if err != nil {
		t.Fatal(err)
	}
	return got.Messages
}

const alice = "alice@example.test"

// uglyBodies is mail as it should not be.
func uglyBodies() []string {
	return []string{
		"",
		"\r\n",
		"\n",
		"\r",
		".",
		".\r\n",
		"..\r\n",
		".\n",
		".\r",
		"\r.\r",
		"a: b\r\n\r\nno end",
		"a: b\r\n\r\nends in LF\n",
		"a: b\r\n\r\nends in CR\r",
		"a: b\n\n.\nbare LF\n.\n..\n",
		"a: b\r\n\r\n.\r\n.\r\n\r\n.\r\n",
		"a: b\r\n\r\n\n.\r\nhalf\r\n\n.\n",
		"a: b\r\n\r\n\r.\r\n\r\r\n.\r\n\r\r.\n",
		"a: b\r\n\r\n\x00\x00\r\n\x00.\r\n.\x00\r\n",
		"a: \xff\xfe\r\n\r\n\x80\x81.\r\n.\xff",
		"a: b\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n",
		"a: b\r\n\r\n" + strings.Repeat(".", 1<<20),
		strings.Repeat("\n.", 1<<18),
		strings.Repeat("\r\n.", 1<<18) + "\r\n",
		strings.Repeat("x", 256<<10-1) + "\r\n." + strings.Repeat("y", 300<<10) + "\n", // a chunk ends between CR and LF
		strings.Repeat("x", 256<<10-2) + "\r\n." + strings.Repeat("y", 300<<10) + "\n", // a chunk ends after the LF
	}
}

// terminated is a message as POP3 has to show it.
func terminated(body string) string {
	if body == "" || strings.HasSuffix(body, "\r\n") {
		return body
	}
	return body + "\r\n"
}

func TestSizesEqualWhatIsSent(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	bodies := uglyBodies()
	for _, body := range bodies {
		b.put(t, body, alice)
	}
	c := login(t, serve(t, &Server{Backend: b}), alice)
	c.ok("LIST")
	total := 0
	for i, line := range strings.Split(strings.TrimSuffix(c.body(), "\r\n"), "\r\n") {
		size := sizeOf(t, line, i+1)
		total += size
		if first := c.ok(fmt.Sprintf("RETR %d", i+1)); first != fmt.Sprintf("+OK %d octets\r\n", size) {
			t.Errorf("message %d: RETR says %q, LIST %d", i+1, first, size)
		}
		got := c.body()
		if len(got) != size || got != terminated(bodies[i]) {
			t.Errorf("message %d: %d octets listed, %d sent: %.60q, want %.60q", i+1, size, len(got), got, bodies[i])
		}
	}
	if got, want := c.ok("STAT"), fmt.Sprintf("+OK %d %d\r\n", len(bodies), total); got != want {
		t.Errorf("STAT: %q, want %q", got, want)
	}
}

func sizeOf(t *testing.T, line string, n int) int {
	t.Helper()
	number, size, _ := strings.Cut(line, " ")
	octets, err := strconv.Atoi(size)
	if err != nil || number != strconv.Itoa(n) {
		t.Fatalf("line %d of LIST: %q", n, line)
	}
	return octets
}

// poplib of Python refuses lines over 2048 octets. We send what is there, and wrap
// nothing: the mail would be another.
func TestLongLinesAreNotWrapped(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	body := "a: b\r\n\r\n" + strings.Repeat("x", 2049) + "\r\n"
	b.put(t, body, alice)
	c := login(t, serve(t, &Server{Backend: b}), alice)
	c.ok("RETR 1")
	if got := c.body(); got != body {
		t.Errorf("got %d octets in %d lines, want %d in 3", len(got), strings.Count(got, "\n"), len(body))
	}
}

func TestRetrMarksNothingAsSeen(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	m := b.put(t, "a: b\r\n", alice)
	c := login(t, serve(t, &Server{Backend: b}), alice)
	c.ok("RETR 1")
	c.body()
	c.ok("QUIT")
	got, err := b.Get(t.Context(), m.ID)
	if err != nil || got.Deliveries[0].Seen {
		t.Errorf("seen after RETR: %v, %v", got.Deliveries, err)
	}
}

func TestReadingCreatesNoMailbox(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	c := login(t, serve(t, &Server{Backend: b}), "nobody@example.test")
	if got := c.ok("STAT"); got != "+OK 0 0\r\n" {
		t.Errorf("STAT: %q", got)
	}
	c.ok("QUIT")
	boxes, err := b.Boxes(t.Context())
	if err != nil || len(boxes) != 0 {
		t.Errorf("mailboxes: %v, %v", boxes, err)
	}
}

// What comes while the snapshot is taken, page by page, is not in it: it would else
// grow for as long as mail comes in.
func TestSnapshotEndsAtTheNewest(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	const n = snapshotPage + 10
	for range n {
		b.put(t, "a: b\r\n", alice)
	}
	b.listing = func(store.Query) { b.put(t, "late: mail\r\n", alice) }
	c := login(t, serve(t, &Server{Backend: b}), alice)
	// One came before the first look, which is for the newest.
	if got, want := c.ok("STAT"), fmt.Sprintf("+OK %d %d\r\n", n+1, n*6+12); got != want {
		t.Errorf("STAT: %q, want %q", got, want)
	}
}

func TestTwoDeliveriesInOneMailboxAreTwoMessages(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	m := b.put(t, "a: b\r\n", alice, "bob@example.test")
	_, err := b.Update(t.Context(), mail.DeliveryID{Message: m.ID, N: 1}, func(d *mail.Delivery) error { d.Box = alice; return nil })
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, &Server{Backend: b})
	c := login(t, addr, alice)
	c.ok("UIDL")
	if got, want := c.body(), fmt.Sprintf("1 %s\r\n2 %s.1\r\n", m.ID, m.ID); got != want {
		t.Errorf("UIDL: %q, want %q", got, want)
	}
	c.ok("DELE 1")
	c.ok("QUIT")

	// The other is still the same message to a client that remembers.
	c = login(t, addr, alice)
	c.ok("UIDL")
	if got, want := c.body(), fmt.Sprintf("1 %s.1\r\n", m.ID); got != want {
		t.Errorf("UIDL after deletion of the other: %q, want %q", got, want)
	}
	c.ok("QUIT")

	c = login(t, addr, AllMail)
	c.ok("UIDL")
	if got, want := c.body(), fmt.Sprintf("1 %s\r\n", m.ID); got != want {
		t.Errorf("UIDL of %s: %q, want %q", AllMail, got, want)
	}
}

func TestUIDsAreUniqueWhateverTheEnvelopeSays(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice, alice, alice)
	c := login(t, serve(t, &Server{Backend: b}), alice)
	c.ok("UIDL")
	seen := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSuffix(c.body(), "\r\n"), "\r\n") {
		_, uid, _ := strings.Cut(line, " ")
		if len(uid) < 1 || len(uid) > 70 || strings.ContainsFunc(uid, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
			t.Errorf("UID %q", uid)
		}
		seen[uid] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d different UIDs of 3 messages", len(seen))
	}
}

func TestDeletionOfManyAtQuit(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	const n = 2*deletePage + 7
	for range n {
		b.put(t, "a: b\r\n", alice, "bob@example.test", "carol@example.test")
	}
	addr := serve(t, &Server{Backend: b})
	deleteAll(t, addr, "bob@example.test", n)
	for box, want := range map[string]int{alice: n, "bob@example.test": 0, "carol@example.test": n} {
		if got := b.count(t, box); got != want {
			t.Errorf("%d left for %s, want %d", got, box, want)
		}
	}
	deleteAll(t, addr, AllMail, n)
	if all := b.count(t, AllMail); all != 0 {
		t.Errorf("%d messages left", all)
	}
}

func deleteAll(t *testing.T, addr, user string, n int) {
	t.Helper()
	c := login(t, addr, user)
	var commands strings.Builder
	for i := range n {
		fmt.Fprintf(&commands, "DELE %d\r\n", i+1)
	}
	c.send(commands.String() + "QUIT\r\n")
	for range n + 1 {
		if line := c.line(); !strings.HasPrefix(line, "+OK") {
			t.Fatalf("%q", line)
		}
	}
}

func TestOneSessionPerMailbox(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	addr := serve(t, &Server{Backend: b})
	const clients = 8
	var in atomic.Int32
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			c := dial(t, addr)
			c.conn.SetDeadline(time.Now().Add(60 * time.Second))
			c.line()
			for opened := 0; opened < 20; {
				c.send("USER " + alice + "\r\nPASS x\r\n")
				c.line()
				if line := c.line(); strings.HasPrefix(line, "-ERR [IN-USE]") {
					continue
				}
				if n := in.Add(1); n != 1 {
					t.Errorf("%d sessions have the mailbox open", n)
				}
				opened++
				c.send("STAT\r\n")
				c.line()
				in.Add(-1)
				c.send("QUIT\r\n")
				c.line()
				c = dial(t, addr)
				c.line()
			}
		})
	}
	all.Wait()
}

func TestIdleClientIsLeftWithoutAWord(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	addr := serve(t, &Server{Backend: b, Limits: Limits{IdleTimeout: time.Second}})
	c := login(t, addr, alice)
	c.ok("DELE 1")
	c.send("QUIT") // and no more of it
	sent := time.Now()
	c.expectClosed("time-out")
	if took := time.Since(sent); took > 10*time.Second {
		t.Errorf("left after %v", took)
	}
	login(t, addr, alice)
	if b.count(t, alice) != 1 || b.deleted.Load() != 0 {
		t.Error("deleted without QUIT")
	}
}

// A client that does not read its mail does not keep its mailbox for ever.
func TestClientThatTakesNothingIsLeft(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, strings.Repeat("x", 32<<20), alice)
	s := &Server{Backend: b, Limits: Limits{IdleTimeout: time.Second}}
	c := login(t, serve(t, s), alice)
	c.send("RETR 1\r\nDELE 1\r\nQUIT\r\n")
	waitUntilFree(t, s, alice)
	if b.count(t, alice) != 1 {
		t.Error("deleted what was not read")
	}
}

func TestShutdownSendsIdleClientsAway(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	l, stop, ended := startServe(t, &Server{Backend: b, Grace: time.Minute})
	c := login(t, l.Addr().String(), alice)
	c.ok("DELE 1")
	fresh := dial(t, l.Addr().String())
	fresh.line()
	stop()
	for _, c := range []*client{c, fresh} {
		c.expectExactly("shutdown", "-ERR [SYS/TEMP] server is shutting down\r\n")
		c.expectClosed("shutdown")
	}
	if err := <-ended; err != nil {
		t.Error("Serve:", err)
	}
	if b.count(t, alice) != 1 {
		t.Error("deleted without QUIT")
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("still listening")
	}
}

func startServe(t *testing.T, s *Server) (net.Listener, context.CancelFunc, <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return l, cancel, ended
}

// A gate is a reader that says when it is read, and goes on when it is let.
type gate struct {
	store.Reader
	reached chan<- struct{}
	open    <-chan struct{}
}

func (g gate) WriteTo(w io.Writer) (int64, error) {
	close(g.reached)
	<-g.open
	return g.Reader.WriteTo(w)
}

func TestCommandInProgressMayEndAtShutdown(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	reached, open := make(chan struct{}), make(chan struct{})
	b.reader = func(r store.Reader) store.Reader { return gate{r, reached, open} }
	l, stop, ended := startServe(t, &Server{Backend: b, Grace: time.Minute})
	c := login(t, l.Addr().String(), alice)
	c.send("RETR 1\r\nDELE 1\r\nQUIT\r\n")
	<-reached
	stop()
	close(open)
	c.expectExactly("RETR", "+OK 6 octets\r\na: b\r\n.\r\n-ERR [SYS/TEMP] server is shutting down\r\n")
	c.expectClosed("shutdown")
	if err := <-ended; err != nil {
		t.Error("Serve:", err)
	}
	if b.count(t, alice) != 1 {
		t.Error("a QUIT that came too late was taken")
	}
}

// A client that does not read holds up the end for no longer than the grace.
func TestShutdownDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, strings.Repeat("x", 32<<20), alice)
	reached, open := make(chan struct{}), make(chan struct{})
	close(open)
	b.reader = func(r store.Reader) store.Reader { return gate{r, reached, open} }
	l, stop, ended := startServe(t, &Server{Backend: b, Grace: 50 * time.Millisecond})
	c := login(t, l.Addr().String(), alice)
	c.send("RETR 1\r\n")
	<-reached
	stop()
	if err := <-ended; err != nil {
		t.Error("Serve:", err)
	}
}

// failing is a listener whose Accept fails a few times, and then for good.
type failing struct {
	net.Listener
	left int
}

type passing struct{ error }

func (passing) Temporary() bool { return true }

func (f *failing) Accept() (net.Conn, error) {
	if f.left--; f.left == 0 {
		return f.Listener.Accept()
	}
	if f.left < 0 {
		return nil, errors.New("the net is torn")
	}
	return nil, passing{errors.New("no file descriptor left")}
}

func TestAcceptIsTriedAgain(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	s := &Server{Backend: newBackend(t)}
	go func() { ended <- s.Serve(t.Context(), &failing{l, 3}) }()
	c := dial(t, l.Addr().String())
	c.line()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "the net is torn") {
		t.Errorf("Serve: %v", err)
	}
}

// half is a reader that fails in the middle.
type half struct{ store.Reader }

func (h half) WriteTo(w io.Writer) (int64, error) {
	n, _ := io.CopyN(w, h.Reader, 10)
	return n, errors.New("disk on fire")
}

func TestPartOfAMessageIsNotTakenForTheWhole(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n\r\nwith a body that is not read to its end\r\n", alice)
	b.reader = func(r store.Reader) store.Reader { return half{r} }
	c := login(t, serve(t, &Server{Backend: b}), alice)
	c.send("DELE 1\r\nRSET\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n")
	c.line()
	c.line()
	c.line()
	c.expectExactly("RETR", "a: b\r\n\r\nwi")
	c.expectClosed("RETR")
	if b.count(t, alice) != 1 {
		t.Error("deleted what could not be read")
	}
}

// torn is a connection that takes what fits and then nothing any more.
type torn struct {
	counted
	room int
}

func (c *torn) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *torn) Write(p []byte) (int, error) {
	if c.room -= len(p); c.room < 0 {
		return 0, errors.New("connection reset by peer")
	}
	return len(p), nil
}

func TestQuitOfAClientThatIsGoneDeletesNothing(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"within RETR": 10 * outBuffer, "before the reply is sent": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t)
			b.put(t, strings.Repeat("x", size), alice)
			c := &torn{room: 40} // for the greeting
			c.in = strings.NewReader("USER " + alice + "\r\nPASS x\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n")
			(&Server{Backend: b}).session(t.Context(), t.Context(), c, false)
			if b.count(t, alice) != 1 {
				t.Error("deleted what the client cannot have got")
			}
		})
	}
}

// A counted connection counts its writes and offers a script to be read.
type counted struct {
	net.Conn // nil: no other method may be called
	in       io.Reader
	out      strings.Builder
	writes   int
	atRead   []int // length of out at each read
}

func (c *counted) Read(p []byte) (int, error) {
	c.atRead = append(c.atRead, c.out.Len())
	return c.in.Read(p)
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes++
	return c.out.Write(p)
}

func (c *counted) Close() error                     { return nil }
func (c *counted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *counted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *counted) SetDeadline(time.Time) error      { return nil }
func (c *counted) SetReadDeadline(time.Time) error  { return nil }
func (c *counted) SetWriteDeadline(time.Time) error { return nil }

// converse runs one session over the given input and returns the connection.
func converse(s *Server, input string) *counted {
	c := &counted{in: strings.NewReader(input)}
	s.session(context.Background(), context.Background(), c, false)
	return c
}

func TestListingIsOneStream(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	const n = 20_000
	for range n {
		b.put(t, "a: b\r\n", alice)
	}
	c := converse(&Server{Backend: b}, "USER "+alice+"\r\nPASS x\r\nUIDL\r\nLIST\r\nQUIT\r\n")
	if lines := strings.Count(c.out.String(), "\r\n"); lines != 2*n+8 {
		t.Fatalf("%d lines", lines)
	}
	if most := c.out.Len()/outBuffer + 3; c.writes > most {
		t.Errorf("%d writes for %d octets, want %d at most", c.writes, c.out.Len(), most)
	}
}

func TestRepliesWaitForTheEndOfTheBatch(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	batches := []string{"USER " + alice + "\r\nPASS x\r\nSTAT\r\nNO", "OP\r\nNOOP\r\n", "LIST 1\r\n"}
	c := &counted{in: io.MultiReader(strings.NewReader(batches[0]), strings.NewReader(batches[1]), strings.NewReader(batches[2]))}
	(&Server{Backend: b}).session(context.Background(), context.Background(), c, false)
	if c.writes != 4 { // the greeting, and a reply to each batch
		t.Errorf("%d writes: %q", c.writes, c.out.String())
	}
	lines := 1
	for i, add := range []int{0, 3, 2, 1} {
		lines += add
		if got := strings.Count(c.out.String()[:c.atRead[i]], "\n"); got != lines {
			t.Errorf("before read %d, %d lines were sent, want %d", i+1, got, lines)
		}
	}
}

// A drip is a reader of a message that asks, piece by piece, how much of it is still
// kept on the way to the client.
type drip struct {
	store.Reader
	sent *int
	kept *int // the most there was
}

func (d drip) WriteTo(w io.Writer) (int64, error) {
	before, total := *d.sent, 0
	for range 1000 {
		n, err := io.WriteString(w, strings.Repeat(".\r\n", 10_000))
		if err != nil {
			return int64(total), err
		}
		total += n
		*d.kept = max(*d.kept, total-(*d.sent-before))
	}
	return int64(total), nil
}

func TestRetrKeepsNoMoreThanItsBuffer(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "", alice)
	c := &discard{in: strings.NewReader("USER " + alice + "\r\nPASS x\r\nRETR 1\r\n")}
	kept := 0
	b.reader = func(r store.Reader) store.Reader { return drip{r, &c.sent, &kept} }
	(&Server{Backend: b}).session(t.Context(), t.Context(), c, false)
	if kept > outBuffer || c.sent < 40_000_000 {
		t.Errorf("up to %d octets kept of %d sent", kept, c.sent)
	}
}

// discard is a connection that keeps nothing of what is sent but how much it was.
type discard struct {
	counted
	in   io.Reader
	sent int
}

func (d *discard) Read(p []byte) (int, error)  { return d.in.Read(p) }
func (d *discard) Write(p []byte) (int, error) { d.sent += len(p); return len(p), nil }

// 255 octets with the end are a command, one more is not; the next one is again. Within
// AUTH lines may be longer, up to a limit as well.
func TestLinesTooLong(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	response := func(size int) string {
		plain := "\x00" + alice + "\x00"
		return base64.StdEncoding.EncodeToString([]byte(plain + strings.Repeat("p", size/4*3-len(plain))))
	}
	for _, c := range []struct{ name, input, reply string }{
		{"255 octets", "PASS " + strings.Repeat("p", 248) + "\r\n", "-ERR give USER first\r\n"},
		{"256 octets", "PASS " + strings.Repeat("p", 249) + "\r\n", "-ERR command line too long, 255 octets at most\r\n"},
		{"255 octets with LF", "PASS " + strings.Repeat("p", 249) + "\n", "-ERR give USER first\r\n"},
		{"more than a buffer", "PASS " + strings.Repeat("p", 1<<20) + "\r\n", "-ERR command line too long, 255 octets at most\r\n"},
		{"with QUIT in it", strings.Repeat("QUIT ", 2000) + "\r\n", "-ERR command line too long, 255 octets at most\r\n"},
		{"AUTH", "AUTH PLAIN\r\n" + response(12284) + "\r\n", "+ \r\n+OK 1 messages (6 octets)\r\n"},
		{"AUTH too long", "AUTH PLAIN\r\n" + response(12288) + "\r\n", "+ \r\n-ERR line too long\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := converse(&Server{Backend: b}, c.input+"QUIT\r\n").out.String()
			if want := "+OK Postroom POP3 ready\r\n" + c.reply + "+OK good-bye\r\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestLoginNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, box string }{
		{"alice@example.test", "alice@example.test"},
		{"  Alice+Tag@EXAMPLE.test ", "alice+tag@example.test"},
		{`"A b"@x.test`, `"a b"@x.test`},
		{"bücher@bücher.test", "bücher@bücher.test"},
		{"x@xn--bcher-kva.test", "x@bücher.test"},
		{"postmaster@post.test", "postmaster@post.test"},
		{"@all", AllMail},
		{"@ALL", AllMail},
		{"@badmail", "@badmail"},
		{"alice", ""},
		{"postmaster", ""},
		{"Postmaster", ""},
		{`"a@b"`, ""},
		{"alice@", ""},
		{"@", ""},
		{"", ""},
		{"a b@x.test", ""},
		{"\xff@x.test", ""},
	} {
		got, err := mailbox(c.name, "post.test")
		if got != c.box || (err != nil) != (c.box == "") {
			t.Errorf("mailbox(%q) = %q, %v; want %q", c.name, got, err, c.box)
		}
		// fetchmail takes these words for a mailbox that is in use.
		if err != nil && (strings.Contains(err.Error(), "lock") || strings.Contains(err.Error(), "wait")) {
			t.Errorf("mailbox(%q): %q sounds as if it was worth to try again", c.name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "@post.test") {
			t.Errorf("mailbox(%q): no hint in %q", c.name, err)
		}
	}
}
