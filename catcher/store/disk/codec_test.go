package disk

import (
	"reflect"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// full is a message that has everything.
func full() mail.Message {
	id := mail.ID{1, 2, 3}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	to := []mail.Rcpt{{Address: "a@a.test", Notify: mail.NotifyDelay | mail.NotifyFailure, ORcpt: "rfc822;x@y"}, {Address: "b@b.test"}}
	return mail.Message{
		ID: id, Received: at, Unterminated: true, Size: 5,
		Envelope: mail.Envelope{
			From: "f@f.test", To: to, Ret: "HDRS", EnvID: "e", Body: "8BITMIME", UTF8: true,
			Session: &mail.Session{ID: "s", Started: at, Protocol: "ESMTP", Remote: "r", Local: "l", Helo: "h", User: "u", Mechanism: "PLAIN", TLS: "t"},
		},
		Deliveries: []mail.Delivery{
			{ID: mail.DeliveryID{Message: id, N: 0}, Rcpt: to[0], Box: "a@a.test", UID: 7, State: mail.Delivered},
			{ID: mail.DeliveryID{Message: id, N: 1}, Rcpt: to[1], Box: "@queue", UID: 1 << 31, State: "deferred", Seen: true, Next: at.Add(time.Hour), Route: "relay smtp://x", Trail: []mail.Step{
				{At: at, Did: "deferred", Rule: "r", Host: "x:25", Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "later"}, Ref: mail.ID{9}},
				{At: at, Did: "moved"},
			}},
			{ID: mail.DeliveryID{Message: id, N: 2}, Rcpt: mail.Rcpt{Address: "other@c.test"}, Box: "c@c.test", UID: 1, State: mail.Delivered},
		},
	}
}

func recordOf(m mail.Message) []byte {
	return appendHeader(nil, appendMeta(nil, &m), m.Size, 77, flagCopied)
}

func TestRecordKeepsEverything(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mail.Message{"full": full(), "empty": {Received: time.Time{}, Deliveries: []mail.Delivery{}}} {
		r, err := parseRecord(append(recordOf(m), "body"...))
		if err != nil || !reflect.DeepEqual(r.message, m) || r.bodyCRC != 77 || r.flags != flagCopied || string(r.rest) != "body" {
			t.Errorf("%s:\n%+v, %v\nwant\n%+v", name, r, err, m)
		}
	}
}

func TestPlacesKeepWhatChanges(t *testing.T) {
	t.Parallel()
	m := full()
	var want []place
	for i := range m.Deliveries {
		want = append(want, placeOf(&m.Deliveries[i], int64(i+1)))
	}
	r := row{received: m.Received, unterminated: true, places: want}
	var got row
	if err := got.decode(m.ID[:], r.info(nil)); err != nil || !reflect.DeepEqual(got.places, want) || !got.received.Equal(m.Received) || !got.unterminated || got.id != m.ID {
		t.Errorf("%+v, %v\nwant\n%+v", got, err, want)
	}
	if !want[1].moved || want[0].moved {
		t.Errorf("%+v", want)
	}
}

// FuzzRecord: what is no record is damaged, and what is one says the same when it
// is written again.
func FuzzRecord(f *testing.F) {
	f.Add(recordOf(full())[headerSize:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, meta []byte) {
		r, err := parseRecord(appendHeader(nil, meta, 1, 2, 0))
		if err != nil {
			return
		}
		whole := recordOf(r.message)
		again, err := parseRecord(whole)
		if err != nil || !reflect.DeepEqual(again.message, r.message) {
			t.Errorf("%+v, %v\nwant\n%+v", again.message, err, r.message)
		}
		if _, err := parseRecord(whole[:len(whole)-1]); err == nil {
			t.Error("a record without its end is taken")
		}
	})
}

// FuzzRow: a row's info may hold anything.
func FuzzRow(f *testing.F) {
	m := full()
	r := row{received: m.Received, places: []place{placeOf(&m.Deliveries[0], 1), placeOf(&m.Deliveries[1], 2)}}
	f.Add(r.info(nil))
	f.Fuzz(func(t *testing.T, info []byte) {
		var r, again row
		if r.decode(make([]byte, 16), info) != nil {
			return
		}
		if err := again.decode(make([]byte, 16), r.info(nil)); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v, %v, want %+v", again, err, r)
		}
	})
}
