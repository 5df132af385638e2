package limit

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	var c Connections
	c.Limit(3, 2)
	for i, step := range []struct {
		client string
		want   Verdict
	}{
		{"a", Welcome}, {"a", Welcome}, {"a", TooManyOfThis}, {"b", Welcome}, {"b", TooMany}, {"a", TooMany},
	} {
		if got := c.Enter(step.client); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	c.Leave("a")
	if got := c.Enter("b"); got != Welcome {
		t.Errorf("after one has left: %q", got)
	}
	n := c.Count()
	if n.Open != 3 || n.Begun != 4 || n.Refused[TooMany] != 2 || n.Refused[TooManyOfThis] != 1 {
		t.Errorf("%+v", n)
	}
	c.Limit(0, 0)
	for range 100 {
		if got := c.Enter("a"); got != Welcome {
			t.Fatalf("without limits: %q", got)
		}
	}
}

// TestClientsAreForgotten: a map that grew with every address that ever connected
// would be a leak.
func TestClientsAreForgotten(t *testing.T) {
	t.Parallel()
	var c Connections
	c.Enter("a")
	c.Enter("a")
	c.Leave("a")
	c.Leave("a")
	if len(c.of) != 0 || c.open != 0 {
		t.Errorf("%+v, %d", c.of, c.open)
	}
}

func TestConnectionsAtOnce(t *testing.T) {
	t.Parallel()
	var c Connections
	c.Limit(10, 0)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if c.Enter("a") == Welcome {
				if n := c.Count().Open; n < 1 || n > 10 {
					t.Errorf("%d are open", n)
				}
				c.Leave("a")
			}
		})
	}
	all.Wait()
	if n := c.Count(); n.Open != 0 || n.Begun+n.Refused[TooMany] != 50 {
		t.Errorf("%+v", n)
	}
}

func TestRefusalsAreToldNowAndThen(t *testing.T) {
	t.Parallel()
	var c Connections
	now := time.Now()
	c.Limit(1, 0)
	c.Enter("a")
	tell := func(at time.Duration, want uint64) {
		t.Helper()
		if got := c.Tell(now.Add(at)); got != want {
			t.Errorf("after %v: %d, want %d", at, got, want)
		}
	}
	tell(0, 0)
	c.Enter("b")
	tell(0, 1)
	c.Enter("b")
	c.Enter("b")
	tell(tellEvery-1, 0)
	tell(tellEvery, 2)
	tell(3*tellEvery, 0)
}

func TestClient(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		addr net.Addr
		want string
	}{
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7}, "192.0.2.1"},
		{&net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1"), Port: 7}, "192.0.2.1"},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 7}, "fe80::1"},
		{&net.UnixAddr{Name: "@"}, "unix"},
		{nil, "unix"},
	} {
		if got := Client(tc.addr); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.addr, got, tc.want)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	var b Budget
	if !b.Take(1 << 40) {
		t.Error("one without an end has come to it")
	}
	b.Give(1 << 40)
	b.Limit(10)
	if !b.Take(6) || b.Take(5) || b.Room() != 4 || !b.Take(4) || b.Taken() != 10 {
		t.Errorf("%d taken", b.Taken())
	}
	b.Give(6)
	if !b.Take(6) {
		t.Error("what was given back is not there")
	}
}

// TestBudgetAtOnce: never is more taken than there is.
func TestBudgetAtOnce(t *testing.T) {
	t.Parallel()
	var b Budget
	var held atomic.Int64
	b.Limit(5)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if b.Take(2) {
				if n := held.Add(2); n > 5 {
					t.Errorf("%d are held", n)
				}
				held.Add(-2)
				b.Give(2)
			}
		})
	}
	all.Wait()
	if b.Taken() != 0 {
		t.Errorf("%d stay taken", b.Taken())
	}
}
