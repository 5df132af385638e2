package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/api"
)

// TestSignUpStory is the story of README as a curl line and as a command line: a mail
// with a code and a link, exactly one, and none to a second address. The mail is sent
// by swaks, after both have begun to wait.
func TestSignUpStory(t *testing.T) {
	t.Parallel()
	swaks, curl := catchertest.NeedProgram(t, "swaks"), catchertest.NeedProgram(t, "curl")
	p := start(t)
	http := "POSTROOM_HTTP=" + p.httpAddress()
	to := strings.TrimSpace(execute(t, "", []string{http}, binary(t), "address", "--prefix", "signup").stdout)

	var byCurl, byProgram outcome
	var waiting sync.WaitGroup
	waiting.Go(func() {
		byCurl = execute(t, "", nil, curl, "-s", "http://"+p.httpAddress()+"/v1/expect", "-H", "Content-Type: application/json", "-d",
			`{"to":"`+to+`","match":[{"field":"subject","contains":"Confirm"}],"count":{"exactly":1},"within":"30s","extract":{"code":"code","link":"link:Confirm"}}`)
	})
	waiting.Go(func() {
		byProgram = execute(t, "", []string{http}, binary(t), "expect", "--to", to, "--subject", "~Confirm", "--count", "1", "--within", "30s",
			"--extract", "code", "--extract", "link:Confirm")
	})
	must(t, "", swaks, "--server", p.smtp, "--from", "app@shop.test", "--to", to, "--add-header", "Content-Type: text/html",
		"--header", "Subject: Confirm your address", "--body", `<p>Your verification code:</p><h1>482913</h1><a href="https://shop.test/c?t=1&amp;u=2">Confirm</a>`)
	waiting.Wait()

	found := decode[api.Expected](t, []byte(byCurl.stdout))
	if len(found.Messages) != 1 || found.Extracted["code"].Value != "482913" || found.Extracted["link"].Value != "https://shop.test/c?t=1&u=2" {
		t.Errorf("curl: %+v", byCurl)
	}
	if byProgram.status != 0 || byProgram.stdout != "482913\nhttps://shop.test/c?t=1&u=2\n" {
		t.Errorf("postroom expect: %+v", byProgram)
	}
	if code := must(t, "", curl, "-s", "-G", "http://"+p.httpAddress()+"/v1/expect", "-d", "to="+to, "-d", "subject=~Confirm", "-d", "extract=code", "-H", "Accept: text/plain"); code != "482913\n" {
		t.Errorf("curl: %q", code)
	}
	if o := execute(t, "", []string{http}, binary(t), "expect", "--to", "second@a.test", "--none", "--settle", "100ms"); o.status != 0 || o.stdout+o.stderr != "" {
		t.Errorf("none: %+v", o)
	}
}
