package main

// The folders that the IIS SMTP service had, from outside.

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// put makes a file in a folder, whole or not at all.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

// found are the files below a folder that a pattern matches, in order.
func found(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(paths, func(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }) // being written
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPickup: a file as .NET's SmtpClient writes it, slowly and by another
// program; one with nothing but headers; and a bad one.
func TestPickup(t *testing.T) {
	t.Parallel()
	python := needPython(t)
	dir := t.TempDir()
	p := start(t, "--pickup", dir)
	const dotNet = "MIME-Version: 1.0\r\nFrom: Shop <shop@a.test>\r\nTo: bob@b.test\r\nDate: 2 Mar 2026 10:00:00 +0000\r\n" +
		"Subject: Order\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n.dot\r\n..\r\nend\r\n"
	const script = `
import sys
with open(sys.argv[1], "wb") as f:
    f.write(b"X-Sender: shop@a.test\r\nX-Receiver: bob@b.test\r\nX-Receiver: hidden@b.test\r\n")
    f.flush()
    for line in sys.stdin.buffer.read().splitlines(True):
        f.write(line)
        f.flush()
`
	must(t, dotNet, python, "-c", script, filepath.Join(dir, "3f2504e0-4f89-11d3-9a0c-0305e82c3301.eml"))
	p.awaitCount(t, "hidden@b.test", 1)
	m := p.only(t, "hidden@b.test")
	wantBytes(t, "the message", p.raw(t, m.ID), dotNet)
	if e := m.Envelope; e.From != "shop@a.test" || len(e.To) != 2 || p.only(t, "bob@b.test").ID != m.ID {
		t.Errorf("envelope %+v", e)
	}

	put(t, dir, "plain.txt", "From: a@a.test\nTo: Carol <carol@b.test>\nBcc: dora@b.test\nSubject: plain\n\nHello\n")
	p.awaitCount(t, "dora@b.test", 1)
	if m := p.only(t, "carol@b.test"); m.Envelope.From != "a@a.test" || strings.Contains(p.raw(t, m.ID), "Bcc") {
		t.Errorf("from <%s>:\n%s", m.Envelope.From, p.raw(t, m.ID))
	}

	put(t, dir, "nobody.eml", "From: a@a.test\r\nSubject: for nobody\r\n\r\n")
	bad, reason := filepath.Join(dir, "nobody.eml.bad"), filepath.Join(dir, "nobody.eml.bad.txt")
	await(t, bad, func() bool { return len(found(t, bad)) == 1 && len(found(t, reason)) == 1 })
	if read(t, bad) == "" || read(t, reason) == "" {
		t.Error("the bad file or its reason is empty")
	}
	await(t, "the other files to go", func() bool { return len(found(t, filepath.Join(dir, "*"))) == 2 })
}

// TestDropAndBadmail: what comes in is also in the folders, and what is dropped can
// be picked up.
func TestDropAndBadmail(t *testing.T) {
	t.Parallel()
	drop, flat, badmail := t.TempDir(), t.TempDir(), t.TempDir()
	p := start(t, "--drop", drop, "--badmail", badmail)
	const body = "From: a@a.test\r\nSubject: dropped\r\n\r\n.\r\n..\r\n"
	p.sendMail(t, "a@a.test", body, "bob@b.test", "carol@b.test")
	pattern := filepath.Join(drop, "*", "*.eml")
	await(t, pattern, func() bool { return len(found(t, pattern)) == 2 })
	for i, box := range []string{"bob@b.test", "carol@b.test"} {
		path := found(t, pattern)[i]
		if filepath.Base(filepath.Dir(path)) != box {
			t.Errorf("the folder of <%s> is %s", box, filepath.Dir(path))
		}
		wantBytes(t, path, read(t, path), "x-sender: a@a.test\r\nx-receiver: "+box+"\r\n"+body)
	}

	again := start(t, "--pickup", filepath.Join(drop, "bob@b.test"), "--drop", flat, "--drop-flat")
	again.awaitCount(t, "bob@b.test", 1)
	m := again.only(t, "bob@b.test")
	wantBytes(t, "what was picked up", again.raw(t, m.ID), body)
	file := filepath.Join(flat, m.ID+".eml")
	await(t, file, func() bool { return len(found(t, file)) == 1 })

	p.sendMail(t, "a@a.test", body, "lose@sim.test")
	await(t, "Badmail", func() bool { return len(found(t, filepath.Join(badmail, "*.BAD"))) == 1 })
	id := p.only(t, "@badmail").ID
	base := filepath.Join(badmail, id)
	wantBytes(t, "the message", read(t, base+".BAD"), body)
	wantParts(t, "the reason", read(t, base+".BDR"), "lose@sim.test", "5.0.0")
	wantParts(t, "the properties", read(t, base+".BDP"), "a@a.test", "lose@sim.test")
}
