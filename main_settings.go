package main

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/pop3"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// groups are those of the flags of serve, in the order in which they are shown. A flag
// is in the first group that has its name, or the beginning of it.
func groups() []flagGroup {
	return []flagGroup{
		{"Addresses", []string{"smtp", "smtps", "pop3", "pop3s", "http", "https", "domain", "http-host", "base-path"}, nil},
		{"TLS and accounts", []string{"require-tls", "accounts", "http-auth", "http-tokens", "pop3-password", "lmtp"}, []string{"tls", "auth"}},
		{"Storage", []string{"data", "sync", "max-messages", "max-bytes", "mailbox-max", "max-age"}, nil},
		{"Limits", []string{
			"max-message-size", "max-recipients", "idle-timeout", "pop3-idle-timeout", "message-timeout", "grace",
			"max-connections", "max-connections-per-client", "max-incoming", "pop3-session-errors",
		}, []string{"session-"}},
		{"Rules", []string{"rules", "magic"}, nil},
		{"Queue and relay", []string{"max-hops", "masquerade", "bounce-copy", "allow-direct"}, []string{"queue-", "relay-"}},
		{"Folders", []string{"badmail"}, []string{"pickup", "drop"}},
		{"Webhooks", nil, []string{"webhook"}},
		{"Log", nil, []string{"log-"}},
		{"Other", nil, []string{""}},
	}
}

// A flagGroup says which flags are shown together.
type flagGroup struct {
	title        string
	names, begin []string
}

func (g *flagGroup) has(name string) bool {
	return slices.Contains(g.names, name) || slices.ContainsFunc(g.begin, func(b string) bool { return strings.HasPrefix(name, b) })
}

// groupOf is the title of a flag's group.
func groupOf(name string) string {
	all := groups()
	return all[slices.IndexFunc(all, func(g flagGroup) bool { return g.has(name) })].title
}

// isSecret says whether a setting is nobody's business. (A file that has secrets in it
// is none itself.)
func isSecret(name string) bool {
	return slices.ContainsFunc([]string{"password", "secret", "token"}, func(word string) bool { return strings.HasSuffix(name, word) })
}

// changeable are the settings that can be changed while the program runs.
func changeable(name string) bool {
	return name == "log-level" || groupOf(name) == "Limits" && name != "grace" ||
		slices.Contains([]string{"max-messages", "max-bytes", "mailbox-max", "max-age"}, name)
}

// A panel shows the settings of a program that runs, and changes them.
type panel struct {
	mu       sync.Mutex // guards all below
	settings *settings
	flags    *pflag.FlagSet
	changed  map[string]bool // by Change

	catcher *catcher.Catcher
	pop3    *pop3.Server // nil: it is off
	page    *ui.Server
}

// List implements ui.Settings.
func (p *panel) List() []api.Setting {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []api.Setting
	for _, g := range groups() {
		p.flags.VisitAll(func(f *pflag.Flag) {
			if groupOf(f.Name) == g.title {
				list = append(list, p.view(f, g.title))
			}
		})
	}
	return list
}

// view is one setting; p.mu is held.
func (p *panel) view(f *pflag.Flag, group string) api.Setting {
	kind, meaning := pflag.UnquoteUsage(f)
	v := api.Setting{
		Name: f.Name, Group: group, Type: kind, Meaning: meaning, Env: envName(f.Name),
		Value: shown(f), Default: f.DefValue, Source: p.source(f), Changeable: changeable(f.Name),
	}
	if v.Source == "default" {
		v.Default = v.Value // which another setting may have made another one
	}
	if _, list := f.Value.(pflag.SliceValue); list {
		v.Default = strings.Trim(v.Default, "[]")
	}
	if v.Set = v.Value != ""; isSecret(f.Name) {
		v.Secret, v.Value, v.Default = true, "", ""
	}
	return v
}

func (p *panel) source(f *pflag.Flag) string {
	switch {
	case p.changed[f.Name]:
		return "api"
	case fromEnvironment(f):
		return "environment"
	case f.Changed:
		return "flag"
	}
	return "default"
}

// shown is the value as it would stand on the command line, without passwords in URLs.
func shown(f *pflag.Flag) string {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return f.Value.String()
	}
	texts := list.GetSlice()
	for i, text := range texts {
		texts[i] = redacted(text)
	}
	return strings.Join(texts, ",")
}

// redacted is text whose words that are URLs show no password, and no query, in which
// may be a token.
func redacted(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		u, err := url.Parse(word)
		switch {
		case err == nil && (u.User != nil || u.RawQuery != ""):
			if u.RawQuery != "" {
				u.RawQuery = "xxxxx"
			}
			words[i] = u.Redacted()
		case err != nil && strings.Contains(word, "@"):
			words[i] = "(not shown)"
		}
	}
	return strings.Join(words, " ")
}

// Change implements ui.Settings.
func (p *panel) Change(values map[string]string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, caps := map[string]string{}, p.settings.caps()
	err := p.set(values, before)
	if now := p.settings.caps(); err == nil && now != caps {
		err = p.catcher.SetCaps(context.Background(), now)
	}
	if err != nil {
		for name, value := range before {
			p.flags.Lookup(name).Value.Set(value) // it was set to that once
		}
		return err
	}
	for name := range values {
		p.changed[name] = true
	}
	p.apply()
	return nil
}

// set sets all values, or stops at the first that cannot be; before gets those that
// were there.
func (p *panel) set(values, before map[string]string) error {
	for name, value := range values {
		f := p.flags.Lookup(name)
		switch {
		case f == nil:
			return ui.SettingError{Name: name, Problem: "there is no such setting"}
		case !changeable(name):
			return ui.SettingError{Name: name, Problem: "this can only be set when the program starts"}
		}
		before[name] = f.Value.String()
		if err := f.Value.Set(value); err != nil {
			return ui.SettingError{Name: name, Problem: err.Error()}
		}
		if err := p.settings.check(); err != nil {
			return ui.SettingError{Name: name, Problem: oneLine(err)}
		}
	}
	return nil
}

// apply tells all that runs; p.mu is held.
func (p *panel) apply() {
	s := p.settings
	p.catcher.SetLimits(s.smtpLimits())
	if p.pop3 != nil {
		p.pop3.SetLimits(s.pop3Limits())
	}
	p.page.SetLimits(s.uiLimits())
	s.logging.apply()
}
