package expect

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/search"
	"github.com/postroom/postroom/catcher/store"
)

// noon is when the clocks of these tests start.
func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

// idAt is the ID of what came so many milliseconds after noon.
func idAt(ms int) mail.ID {
	var id mail.ID
	binary.BigEndian.PutUint64(id[:], uint64(noon().UnixMilli()+int64(ms))<<16)
	return id
}

// letter is a message that came so many milliseconds after noon, with lines for
// which \n stands for CRLF, and a delivery for each recipient in its own mailbox.
func letter(ms int, raw string, to ...string) *doc {
	return letterOf(message(ms, raw, to...), raw)
}

func message(ms int, raw string, to ...string) *mail.Message {
	m := &mail.Message{ID: idAt(ms), Received: noon().Add(time.Duration(ms) * time.Millisecond), Size: int64(len(lines(raw)))}
	m.Envelope.From = "shop@a.test"
	for n, address := range to {
		rcpt := mail.Rcpt{Address: address}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{ID: mail.DeliveryID{Message: m.ID, N: n}, Rcpt: rcpt, Box: mail.Box(address), State: mail.Delivered})
	}
	return m
}

func letterOf(m *mail.Message, raw string) *doc {
	return newDoc(m, func() (store.Reader, error) { return bodyOf([]byte(lines(raw))) }, search.Content)
}

func bodyOf(raw []byte) (store.Reader, error) {
	var body store.Body
	if _, err := body.Write(raw); err != nil {
		return nil, err
	}
	return body.Reader(), nil
}

func lines(raw string) string { return strings.ReplaceAll(raw, "\n", "\r\n") }

func mustCompile(t testing.TB, w Want) *plan {
	t.Helper()
	p, err := compile(&w, noon())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustTest(t testing.TB, field, text string) Test {
	t.Helper()
	made, err := ParseTest(field, text)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
