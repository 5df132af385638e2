package main

// The program is killed while the queue is at work.

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sendEach sends n mails of which each has a sender and a subject of its own, by
// some sessions at once.
func (p *process) sendEach(t *testing.T, n int, to string) {
	t.Helper()
	var sending sync.WaitGroup
	const sessions = 4
	for k := range sessions {
		sending.Go(func() {
			c := dialSMTP(t, p.smtp)
			for i := k; i < n; i += sessions {
				c.send(fmt.Sprintf("sender%d@a.test", i), to, fmt.Sprintf("Subject: mail %d\r\n\r\ntext\r\n", i))
			}
		})
	}
	sending.Wait()
}

// subjects says how often each subject is in a mailbox.
func (p *process) subjects(t *testing.T, box string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, m := range p.list(t, box) {
		n[m.Subject]++
	}
	return n
}

// TestKilledWhileRelaying: all mail arrives, and twice at most what was under way.
func TestKilledWhileRelaying(t *testing.T) {
	t.Parallel()
	const mails, connections = 200, 4
	hop := start(t, "--rules", write(t, "rules", "dot delay 50ms"))
	flags := []string{
		"--data", filepath.Join(t.TempDir(), "data"), "--relay-connections-per-hop", fmt.Sprint(connections),
		"--rules", write(t, "rules", "route to=*@hop.test relay smtp://"+hop.smtp),
	}
	p := start(t, flags...)
	p.sendEach(t, mails, "box@hop.test")
	hop.awaitMail(t, 50)
	p.kill(t)
	if n := hop.count(t, "box@hop.test"); n >= mails {
		t.Fatalf("all %d mails had arrived before the kill: the test shows nothing", n)
	}

	p = start(t, flags...)
	await(t, "all mails", func() bool { return len(hop.subjects(t, "box@hop.test")) == mails })
	p.advance(t, "1s")
	await(t, "the queue to be empty", func() bool { return p.count(t, "@queue") == 0 })
	twice := 0
	for subject, n := range hop.subjects(t, "box@hop.test") {
		twice += n - 1
		if n > 2 {
			t.Errorf("%s came %d times", subject, n)
		}
	}
	if twice > connections {
		t.Errorf("%d came twice, with %d connections", twice, connections)
	}
	if n := p.count(t, "@done"); n != mails {
		t.Errorf("%d are done, want %d", n, mails)
	}
}

// TestKilledWhileBouncing: each sender gets one bounce.
func TestKilledWhileBouncing(t *testing.T) {
	t.Parallel()
	const mails = 200
	flags := []string{
		"--data", filepath.Join(t.TempDir(), "data"),
		"--rules", write(t, "rules", `route to=*@dead.test bounce 550 5.1.1 "User unknown" after=1h`),
	}
	p := start(t, flags...)
	p.sendEach(t, mails, "box@dead.test")
	var advancing sync.WaitGroup
	advancing.Go(func() { // the kill ends it
		if resp, err := p.client.Post("http://localhost/v1/clock", "application/json", strings.NewReader(`{"advance":"2h"}`)); err == nil {
			resp.Body.Close()
		}
	})
	p.awaitMail(t, mails+20)
	p.kill(t)
	advancing.Wait()

	p = start(t, flags...)
	before := p.count(t, "") - mails
	if before >= mails {
		t.Errorf("all %d bounces were made before the kill: the test shows nothing", before)
	}
	p.advance(t, "2h")
	if n := p.count(t, "@queue"); n != 0 {
		t.Errorf("%d still wait", n)
	}
	for i := range mails {
		if n := p.count(t, fmt.Sprintf("sender%d@a.test", i)); n != 1 {
			t.Errorf("sender %d has %d bounces", i, n)
		}
	}
	if status, body := p.ask(t, "/readyz"); status != http.StatusOK {
		t.Errorf("not well afterwards: %d %s", status, body)
	}
}
