package ui

import (
	"crypto/rand"
	"testing"
	"time"
)

// TestLoginsEnd: when they were idle for long, and in any case at last.
func TestLoginsEnd(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	l := &logins{random: rand.Reader, now: func() time.Time { return now }}
	idle, err := l.begin(User{Name: "idle"})
	if err != nil {
		t.Fatal(err)
	}
	busy, err := l.begin(User{Name: "busy"})
	if err != nil {
		t.Fatal(err)
	}
	began := now
	for now.Sub(began) < loginLast {
		if u, ok := l.find(busy); !ok || u.Name != "busy" {
			t.Fatalf("busy is out after %v", now.Sub(began))
		}
		now = now.Add(loginIdle / 2)
	}
	if _, ok := l.find(idle); ok {
		t.Error("idle is still there")
	}
	now = now.Add(time.Second)
	if _, ok := l.find(busy); ok {
		t.Error("busy is still there")
	}
	if _, ok := l.find(""); ok {
		t.Error("nobody is there")
	}
}

// TestManyLogins: there are never too many, and the newest is in.
func TestManyLogins(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	l := &logins{random: rand.Reader, now: func() time.Time { return now }, of: map[[32]byte]*login{}}
	for i := range maxLogins {
		l.of[[32]byte{byte(i), byte(i >> 8)}] = &login{begun: now, used: now.Add(time.Duration(i))}
	}
	text, err := l.begin(User{Name: "new"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.find(text); !ok || len(l.of) != maxLogins || l.of[[32]byte{}] != nil {
		t.Errorf("%t, %d", ok, len(l.of))
	}
}

// TestKeysEnd: to the parts of a message.
func TestKeysEnd(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	l := &logins{random: rand.Reader, now: func() time.Time { return now }}
	key := l.sign("M")
	now = now.Add(keyLasts)
	if key != l.signed("M", l.window()-1) {
		t.Error("the key has ended early")
	}
	if now = now.Add(keyLasts); key == l.signed("M", l.window()) || key == l.signed("M", l.window()-1) {
		t.Error("the key is still good")
	}
}
