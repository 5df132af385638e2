package main

import (
	"io"
	"log/slog"
	"strings"
)

// A logging is how the log is written. Its level can be changed while it is.
type logging struct {
	level  logLevel
	format string
	at     *slog.LevelVar
}

// A logLevel is a flag: debug, info, warn, error or off.
type logLevel string

func (l *logLevel) Type() string   { return "level" }
func (l *logLevel) String() string { return string(*l) }

func (l *logLevel) Set(text string) error {
	if _, err := levelOf(text); err != nil {
		return err
	}
	*l = logLevel(text)
	return nil
}

// levelOff is above all that is logged.
const levelOff = slog.Level(100)

func levelOf(text string) (slog.Level, error) {
	if text == "off" {
		return levelOff, nil
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(text)); err != nil || strings.ContainsAny(text, "+-") {
		return 0, usagef("%q: want debug, info, warn, error or off", text)
	}
	return l, nil
}

// logger writes lines to w, as text or JSON.
func (l *logging) logger(w io.Writer) (*slog.Logger, error) {
	if l.at == nil {
		l.at = new(slog.LevelVar)
	}
	l.apply()
	options := &slog.HandlerOptions{Level: l.at}
	switch l.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, usagef("--log-format %q: want text or json", l.format)
}

// apply makes the level that of the flag.
func (l *logging) apply() {
	level, err := levelOf(string(l.level))
	if err == nil && l.at != nil {
		l.at.Set(level)
	}
}
