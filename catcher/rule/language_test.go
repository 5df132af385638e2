package rule

import (
	"slices"
	"testing"
)

// Whatever is listed can be written, and nothing that can be is left out.
func TestWordsParse(t *testing.T) {
	t.Parallel()
	l := Words()
	parses := func(line string) {
		t.Helper()
		if _, err := Parse(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, s := range l.Stages {
		action := " " + string(s.Actions[len(s.Actions)-1])
		for _, w := range l.Fields {
			for _, v := range w.Values {
				if slices.Contains(s.Fields, w.Name) {
					parses(string(s.Stage) + " " + w.Name + "=" + v.Text + action)
					parses(string(s.Stage) + " " + w.Name + "!=" + v.Text + action)
				}
			}
		}
		for _, w := range l.Times {
			for _, v := range w.Values {
				before := ""
				if w.Name == "seed" {
					before = " chance=5%"
				}
				parses(string(s.Stage) + before + " " + w.Name + "=" + v.Text + action)
			}
		}
		for _, name := range s.Per {
			parses(string(s.Stage) + " per=" + name + action)
		}
		for _, w := range l.Actions {
			if slices.Contains(s.Actions, Kind(w.Name)) {
				w.eachUse(s.Stage, func(use string) { parses(string(s.Stage) + " " + use) })
			}
		}
	}
}

// eachUse calls for each way to write an action at a stage.
func (w Word) eachUse(at Stage, call func(string)) {
	first := w.Name
	for i, v := range w.Values {
		if v.At == nil || slices.Contains(v.At, at) {
			call(w.Name + " " + v.Text)
		}
		if i == 0 && Kind(w.Name) != Drop {
			first += " " + v.Text
		}
	}
	for _, v := range w.Options {
		if v.At == nil || slices.Contains(v.At, at) {
			call(first + " " + v.Text)
		}
	}
	for _, name := range w.Presets {
		call(w.Name + " " + name)
	}
	if len(w.Values) == 0 {
		call(w.Name)
	}
}

func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	l := Words()
	for _, words := range [][]Word{l.Fields, l.Times, l.Actions} {
		for _, w := range words {
			if w.What == "" {
				t.Errorf("%s has no meaning", w.Name)
			}
		}
	}
	if len(l.Stages) != len(stages()) || len(l.Fields) != len(fields()) || len(l.Actions) != len(kinds()) {
		t.Error("words are missing")
	}
	of := func(name Kind) Word {
		return l.Actions[slices.IndexFunc(l.Actions, func(w Word) bool { return w.Name == string(name) })]
	}
	if at := of(Drop).Values[2].At; !slices.Equal(at, []Stage{Dot}) {
		t.Errorf("drop after-store is for %v", at)
	}
	if at := of(Bounce).Options[0].At; at != nil {
		t.Errorf("bounce dialect=standard is for %v", at)
	}
	if n, all := len(of(Reply).Presets), len(Presets()); n != all || slices.Contains(of(Defer).Presets, "qq-spam") || !slices.Contains(of(Defer).Presets, "gmail-rate") {
		t.Errorf("presets: reply %v, defer %v", of(Reply).Presets, of(Defer).Presets)
	}
}
