package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// TestHelpFitsATerminal: no line of any help is longer than 80 columns.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"serve", "send", "sendmail", "expect", "cursor", "address", "run", "import", "export", "health", "version"} {
		status, help, _ := call(t, nil, "", name, "--help")
		if status != exitOK {
			t.Errorf("%s: status %d", name, status)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpColumns {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

// TestHelpIsGrouped: each flag stands in a group, once.
func TestHelpIsGrouped(t *testing.T) {
	t.Parallel()
	_, help, _ := call(t, nil, "", "--help")
	p := program{env: func(string) string { return "" }}
	var s settings
	flags := p.newFlags("serve", "")
	s.flags(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		if groupOf(f.Name) == "Other" {
			t.Errorf("--%s is in no group", f.Name)
		}
		if n := len(regexp.MustCompile(`(?m)^ +--`+f.Name+`[ \[\n]`).FindAllString(help, -1)); n != 1 {
			t.Errorf("--%s is %d times in the help", f.Name, n)
		}
	})
	at := -1
	for _, title := range []string{"Addresses:", "Storage:", "Limits:", "Rules:", "Queue and relay:", "Folders:", "Webhooks:", "Log:"} {
		i := strings.Index(help, "\n"+title+"\n")
		if i <= at {
			t.Errorf("%s is not in its place", title)
		}
		at = i
	}
}

// settingsOf asks a running program.
func settingsOf(t *testing.T, p *process) map[string]api.Setting {
	t.Helper()
	byName := map[string]api.Setting{}
	for _, s := range decode[api.Settings](t, p.get(t, "/v1/settings")).Settings {
		byName[s.Name] = s
	}
	return byName
}

// patch changes settings and returns the answer.
func (p *process) patch(t *testing.T, values map[string]string) (status int, body string) {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return p.request(t, http.MethodPatch, "/v1/settings", string(text), "Content-Type", "application/json")
}

// TestSettings: the program tells how it is set up, keeps secrets to itself, and
// changes what can be changed.
func TestSettings(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-recipients", "2", "--pop3-password", "Pw0secret", "--webhook", "http://user:Pw1secret@a.test/x http://b.test/y", "--webhook-secret", "Pw2secret", "--log-level", "error")
	before := settingsOf(t, p)
	for name, want := range map[string]api.Setting{
		"max-recipients": {Value: "2", Default: "1000", Source: "flag", Changeable: true, Set: true, Group: "Limits", Env: "POSTROOM_MAX_RECIPIENTS", Type: "number"},
		"max-age":        {Value: "0", Default: "0", Source: "default", Changeable: true, Set: true, Group: "Storage", Env: "POSTROOM_MAX_AGE", Type: "duration"},
		"pop3-password":  {Source: "flag", Secret: true, Set: true, Group: "TLS and accounts", Env: "POSTROOM_POP3_PASSWORD", Type: "password"},
		"webhook-secret": {Source: "flag", Secret: true, Set: true, Group: "Webhooks", Env: "POSTROOM_WEBHOOK_SECRET", Type: "secret"},
		"webhook":        {Value: "http://user:xxxxx@a.test/x http://b.test/y", Source: "flag", Set: true, Group: "Webhooks", Env: "POSTROOM_WEBHOOK", Type: "URL"},
		"drop":           {Source: "default", Group: "Folders", Env: "POSTROOM_DROP", Type: "folder"},
		"log-level":      {Value: "error", Default: "info", Source: "flag", Changeable: true, Set: true, Group: "Log", Env: "POSTROOM_LOG_LEVEL", Type: "level"},
	} {
		got := before[name]
		if got.Meaning == "" {
			t.Errorf("%s has no meaning", name)
		}
		want.Name, got.Meaning = name, ""
		if got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
	if text := string(p.get(t, "/v1/settings")); strings.Contains(text, "secret\"") && strings.Contains(text, "Pw") {
		t.Errorf("a secret is told: %s", text)
	}

	c := dialSMTP(t, p.smtp)
	if status, said := p.patch(t, map[string]string{"max-recipients": "1", "max-message-size": "1KiB", "log-level": "debug"}); status != 200 || !strings.Contains(said, `"source":"api"`) {
		t.Fatalf("%d %s", status, said)
	}
	c.ask("250", "MAIL FROM:<a@a.test> SIZE=2000") // a session from before
	d := dialSMTP(t, p.smtp)
	d.ask("552", "MAIL FROM:<a@a.test> SIZE=2000")
	d.ask("250", "MAIL FROM:<a@a.test>")
	d.ask("250", "RCPT TO:<b@b.test>")
	d.ask("452", "RCPT TO:<c@b.test>")
	await(t, "the log to say more", func() bool { return strings.Contains(p.errors.String(), "SMTP session began") })
	if info := decode[api.Info](t, p.get(t, "/v1/info")); info.MaxMessageSize != 1024 {
		t.Errorf("info tells %d", info.MaxMessageSize)
	}

	for range 3 {
		dialSMTP(t, p.smtp).send("a@a.test", "kept@b.test", "Subject: x\r\n\r\n")
	}
	if status, said := p.patch(t, map[string]string{"max-messages": "2", "mailbox-max": "1"}); status != 200 {
		t.Fatalf("%d %s", status, said)
	}
	if n := len(p.list(t, "kept@b.test")); n != 2 {
		t.Errorf("%d messages are kept", n)
	}
	dialSMTP(t, p.smtp).send("a@a.test", "kept@b.test", "Subject: x\r\n\r\n")
	if n := len(p.list(t, "kept@b.test")); n != 1 {
		t.Errorf("%d messages are kept in the mailbox", n)
	}

	for name, tc := range map[string]struct {
		values map[string]string
		word   string
	}{
		"unknown":        {map[string]string{"nonsense": "1"}, "there is no such setting"},
		"only at start":  {map[string]string{"smtp": "off"}, "only be set when the program starts"},
		"bad":            {map[string]string{"max-recipients": "many"}, "whole number"},
		"senseless":      {map[string]string{"max-recipients": "0"}, "must not be 0"},
		"one good":       {map[string]string{"max-recipients": "7", "idle-timeout": "soon"}, "duration"},
		"bad level":      {map[string]string{"log-level": "loud"}, "debug, info"},
		"one not to set": {map[string]string{"session-errors": "3", "data": "/tmp"}, "only be set"},
	} {
		status, said := p.patch(t, tc.values)
		if status != 422 || !strings.Contains(said, tc.word) || !strings.Contains(said, `"location":"body.`) {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	after := settingsOf(t, p)
	if after["max-recipients"].Value != "1" || after["session-errors"].Value != "100" || after["session-errors"].Source != "default" || after["max-message-size"].Source != "api" {
		t.Errorf("after changes that failed: %+v", after["max-recipients"])
	}
}

// TestSettingsAtOnce: whoever asks while others change gets whole values.
func TestSettingsAtOnce(t *testing.T) {
	t.Parallel()
	var s settings
	p := program{env: func(string) string { return "" }}
	flags := p.newFlags("serve", "")
	s.flags(flags)
	if err := p.parseFlags(flags, nil); err != nil {
		t.Fatal(err)
	}
	c, err := catcher.New(catcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	view := &panel{settings: &s, flags: flags, changed: map[string]bool{}, catcher: c, page: &ui.Server{}}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := view.Change(map[string]string{"session-errors": "5", "max-incoming": "1MiB"}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			i := slices.IndexFunc(view.List(), func(s api.Setting) bool { return s.Name == "session-errors" })
			if i < 0 {
				t.Error("not listed")
			}
		})
	}
	all.Wait()
}

func TestPasswordsInURLsAreHidden(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://a.test/x": "http://a.test/x", "http://u:p@a.test": "http://u:xxxxx@a.test", "a b": "a b", "": "",
		"http://a.test/x?token=S": "http://a.test/x?xxxxx",
		"http://u:p%zz@a.test":    "(not shown)", "http://a.test http://u:p@b.test": "http://a.test http://u:xxxxx@b.test",
	} {
		if got := redacted(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzFlagValues: what a flag takes is shown so that it is taken again and means the
// same, which undoing a change relies on.
func FuzzFlagValues(f *testing.F) {
	for _, text := range []string{"1024", "50MiB", "1GB", "90s", "7d", "36h", "0", "-1", "1.5h", "warn", "off", "9999999999999999999d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range []pflag.Value{new(octets), new(span), new(count), new(logLevel)} {
			if v.Set(text) != nil {
				continue
			}
			shown := v.String()
			if err := v.Set(shown); err != nil || v.String() != shown {
				t.Errorf("%T took %q, and %q, as which it is shown, becomes %q: %v", v, text, shown, v.String(), err)
			}
		}
	})
}
