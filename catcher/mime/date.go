package mime

import (
	"net/mail"
	"strings"
	"time"
)

// Date returns the time in the Date header; false when there is none that can
// be read.
func (m *Message) Date() (time.Time, bool) {
	s := m.Get("Date")
	if s == "" || len(s) > 200 {
		return time.Time{}, false
	}
	return parseDate(s)
}

// parseDate reads RFC 5322 §3.3 and what else stands in Date headers.
func parseDate(s string) (time.Time, bool) {
	s = tidyDate(s)
	if t, err := mail.ParseDate(s); err == nil {
		return saneTime(t)
	}
	for _, layout := range [...]string{
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
		"2 Jan 2006 15:04:05 -0700", "2 Jan 06 15:04:05 -0700", "2 Jan 2006 15:04 -0700",
		"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2-Jan-06 15:04:05 -0700", "2-Jan-2006 15:04:05 -0700",
		"2 January 2006 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700", "2 Jan 2006 15:04:05 -07:00",
		"Jan 2 15:04:05 2006", "Jan 2 15:04:05 -0700 2006", "Jan 2 2006 15:04:05 -0700",
		"1/2/2006 3:04:05 PM", "2 Jan 2006",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return saneTime(t)
		}
	}
	return time.Time{}, false
}

// tidyDate drops comments, the day of the week and doubled blanks, and writes
// named zones as numbers.
func tidyDate(s string) string {
	words := strings.Fields(strings.ReplaceAll(stripComments(s), ",", " "))
	if len(words) > 0 && isWeekday(words[0]) {
		words = words[1:]
	}
	for i, w := range words {
		if zone, ok := zoneOffset(w); ok && i > 1 {
			words[i] = zone
			if next := i + 1; next < len(words) && (words[next][0] == '+' || words[next][0] == '-') {
				words[i] = words[next] // "GMT+0200" in two words
				words = append(words[:next], words[next+1:]...)
			}
			break
		}
	}
	return strings.Join(words, " ")
}

func isWeekday(w string) bool {
	w = strings.ToLower(strings.TrimRight(w, "."))
	if len(w) < 3 || strings.Contains("0123456789", w[:1]) {
		return false
	}
	return strings.Contains(" sun mon tue wed thu fri sat ", " "+w[:3]+" ")
}

// zoneOffset knows the zones of RFC 5322 §4.3 and some more.
func zoneOffset(w string) (string, bool) {
	switch strings.ToUpper(w) {
	case "GMT", "UT", "UTC", "Z", "WET":
		return "+0000", true
	case "EST", "CDT":
		return "-0500", true
	case "EDT":
		return "-0400", true
	case "CST", "MDT":
		return "-0600", true
	case "MST", "PDT":
		return "-0700", true
	case "PST":
		return "-0800", true
	case "CET", "BST", "WEST", "MEZ":
		return "+0100", true
	case "CEST", "EET", "MESZ":
		return "+0200", true
	case "JST", "KST":
		return "+0900", true
	}
	return "", false
}

// saneTime keeps out times that cannot be written in RFC 3339.
func saneTime(t time.Time) (time.Time, bool) {
	if _, offset := t.Zone(); offset <= -24*3600 || offset >= 24*3600 {
		t = t.UTC()
	}
	for _, year := range [...]int{t.Year(), t.UTC().Year()} {
		if year < 1 || year > 9999 {
			return time.Time{}, false
		}
	}
	return t, true
}
