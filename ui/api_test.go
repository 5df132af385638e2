package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// somebody is an ID that no message has.
const somebody = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func TestEveryRoute(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(richMail, "bob@x.test", "carl@x.test")
	// ID in a path stands for that of the message.
	for _, c := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"GET", "/healthz", "", 200, `"status":"ok"`},
		{"GET", "/readyz", "", 200, `"status":"ok"`},
		{"POST", "/healthz", "", 200, "the page"},
		{"GET", "/", "", 200, "the page"},
		{"GET", "/mailbox/a@b.test", "", 200, "the page"},
		{"GET", "/v1/info", "", 200, `"smtp":"127.0.0.1:1025","pop3":"127.0.0.1:1110","http":"127.0.0.1:8025","tls":false,"smtps":"","pop3s":"","https":"","startedAt":"2026-03-01T12:00:00Z","maxMessageSize":1048576`},
		{"GET", "/ca.pem", "", 404, "There is no authority, since there is no TLS"},
		{"GET", "/v1/sessions", "", 200, `"sessions":[{"id":"S1"`},
		{"GET", "/v1/sessions/S1", "", 200, `"lines":[{"at":0.001,"from":"client"`},
		{"GET", "/v1/sessions/S2", "", 404, "The session is not known"},
		{"GET", "/v1/openapi.json", "", 200, `"openapi": "3.1.0"`},
		{"GET", "/v1", "", 404, "nothing at /v1"},
		{"GET", "/v1/", "", 404, "nothing at /v1/"},
		{"GET", "/v1/nothing", "", 404, "nothing at"},
		{"PATCH", "/v1/messages", "", 405, "GET, HEAD, POST, DELETE"},
		{"POST", "/v1/mailboxes/a@b.test", "", 405, "GET, HEAD, DELETE"},
		{"PUT", "/v1/messages/ID/raw", "", 405, "GET, HEAD"},

		{"HEAD", "/v1/mailboxes", "", 200, ""},
		{"HEAD", "/v1/messages/ID", "", 200, ""},
		{"GET", "/v1/mailboxes/%20", "", 400, "path.address"},
		{"DELETE", "/v1/mailboxes/%20", "", 400, "path.address"},
		{"GET", "/v1/mailboxes/never@x.test", "", 200, `{"address":"never@x.test","messages":0,"unseen":0,"bytes":0,"newest":""}`},

		{"GET", "/v1/messages?limit=0", "", 422, "query.limit"},
		{"GET", "/v1/messages?limit=1001", "", 422, "query.limit"},
		{"GET", "/v1/messages?limit=many", "", 422, "query.limit"},
		{"GET", "/v1/messages?before=x", "", 400, "query.before"},
		{"GET", "/v1/messages?after=x", "", 400, "query.after"},
		{"GET", "/v1/messages?mailbox=%20", "", 400, "query.mailbox"},
		{"GET", "/v1/messages?q=form:alice", "", 400, "query.q"},
		{"GET", "/v1/messages?mailbox=%zz", "", 400, "query"},
		{"GET", "/v1/messages?mailbox=never@x.test", "", 200, `"messages":[],"next":"","total":0`},
		{"GET", "/v1/messages?offset=0&limit=1", "", 200, `"total":1`},
		{"GET", "/v1/messages?offset=1", "", 200, `"messages":[],"next":"","total":1`},
		{"GET", "/v1/messages?offset=-1", "", 422, "query.offset"},
		{"GET", "/v1/messages?offset=1&before=" + somebody, "", 400, "query.offset"},
		{"GET", "/v1/messages?offset=1&after=" + somebody, "", 400, "query.offset"},
		{"GET", "/v1/messages?offset=1&q=x", "", 400, "query.offset"},
		{"GET", "/v1/messages/ID", "", 200, `"remoteContent":1`},
		{"GET", "/v1/messages/latest", "", 200, `"ID"`},
		{"GET", "/v1/messages/latest?mailbox=never@x.test", "", 404, "no mail"},
		{"GET", "/v1/messages/ID?mailbox=never@x.test", "", 404, "No such message"},
		{"GET", "/v1/messages/x", "", 400, "path.id"},
		{"GET", "/v1/messages/" + somebody, "", 404, "No such message"},

		{"GET", "/v1/messages/ID/raw", "", 200, "MIME-Version"},
		{"GET", "/v1/messages/x/raw", "", 400, "path.id"},
		{"GET", "/v1/messages/" + somebody + "/raw", "", 404, "No such message"},
		{"GET", "/v1/messages/ID/text", "", 404, "no text"},
		{"GET", "/v1/messages/ID/html", "", 200, "/parts/2"},
		{"GET", "/v1/messages/" + somebody + "/html", "", 404, "No such message"},
		{"GET", "/v1/messages/ID/parts/4", "", 200, "<svg/>"},
		{"GET", "/v1/messages/ID/parts/99", "", 404, "no part"},
		{"GET", "/v1/messages/ID/transcript", "", 200, "C: MAIL FROM"},
		{"GET", "/v1/messages/" + somebody + "/transcript", "", 404, "No such message"},

		{"PUT", "/v1/messages/x/seen", `{"seen":true}`, 400, "path.id"},
		{"PUT", "/v1/messages/" + somebody + "/seen", `{"seen":true}`, 404, "No such message"},
		{"PUT", "/v1/messages/ID/seen", `{}`, 422, "seen"},
		{"PUT", "/v1/messages/ID/seen", `{"seen":true,"mail":"bob@x.test"}`, 422, "unexpected property"},
		{"PUT", "/v1/messages/ID/seen", `{"seen":`, 400, "body"},
		{"PUT", "/v1/messages/ID/seen", `{"seen":true,"mailbox":"never@x.test"}`, 404, "No such message"},
		{"PUT", "/v1/messages/ID/seen", `{"seen":true,"mailbox":"BOB@x.test"}`, 200, `"seen":true`},
		{"POST", "/v1/messages/seen", `{"seen":true,"ids":["x"]}`, 400, "body.ids"},
		{"POST", "/v1/messages/seen", `{"seen":true,"ids":["` + somebody + `"]}`, 200, `{"marked":0}`},

		{"POST", "/v1/messages/delete", `{}`, 422, "ids"},
		{"POST", "/v1/messages/delete", `{"ids":["x"]}`, 400, "body.ids"},
		{"POST", "/v1/messages/delete", `{"ids":["` + somebody + `"]}`, 200, `{"deleted":0}`},
		{"POST", "/v1/messages/delete", `{"ids":["ID"],"mailbox":"never@x.test"}`, 200, `{"deleted":0}`},
		{"POST", "/v1/messages/delete", `{"ids":["ID"],"mailbox":" "}`, 400, "body.mailbox"},
		{"DELETE", "/v1/messages?all=true&until=x", "", 400, "query.until"},
		{"POST", "/v1/messages?to=a@b.test", "", 400, "no mail"},
		{"POST", "/v1/messages?to=a@b@c", plainMail, 400, "query.to"},
		{"POST", "/v1/messages?to=", plainMail, 400, "query.to"},
		{"POST", "/v1/messages?from=a@b@c", plainMail, 400, "query.from"},
		{"POST", "/v1/messages", "Subject: to nobody\r\n\r\n", 422, "query.to"},
		{"POST", "/v1/messages/sample?to=a@b@c", "", 400, "query.to"},

		{"GET", "/v1/events?after=x", "", 400, "query.after"},
		{"GET", "/v1/events?after=-1", "", 400, "query.after"},
		{"GET", "/v1/events?mailbox=%20", "", 400, "query.mailbox"},
		{"HEAD", "/v1/events", "", 200, ""},

		{"DELETE", "/v1/messages", "", 400, "all=true"},
		{"DELETE", "/v1/messages?mailbox=", "", 400, "all=true"},
		{"DELETE", "/v1/messages?mailbox=%20&all=true", "", 400, "query.mailbox"},
		{"DELETE", "/v1/messages?mailbox=bob@x.test&all=true", "", 400, "all=true"},
		{"DELETE", "/v1/messages?all=maybe", "", 422, "query.all"},
		{"DELETE", "/v1/messages/x", "", 400, "path.id"},
		{"DELETE", "/v1/messages/" + somebody, "", 404, "No such message"},
		{"DELETE", "/v1/messages/ID?mailbox=never@x.test", "", 404, "No such message"},
		{"DELETE", "/v1/messages/ID?mailbx=bob@x.test", "", 422, "mailbx"},
		{"DELETE", "/v1/messages/ID?download&mailbox=bob@x.test", "", 422, "download"},
		{"DELETE", "/v1/messages/ID?mailbox=bob@x.test", "", 200, `{"deleted":1}`},
		{"DELETE", "/v1/messages/ID", "", 200, `{"deleted":1}`},
		{"DELETE", "/v1/messages/ID", "", 404, "No such message"},
		{"GET", "/v1/messages/latest/raw", "", 404, "no mail"},
	} {
		a := s.do(c.method, strings.ReplaceAll(c.path, "ID", id), strings.ReplaceAll(c.body, `"ID"`, `"`+id+`"`))
		if has := strings.ReplaceAll(c.has, `"ID"`, `"`+id+`"`); a.status != c.status || !strings.Contains(string(a.body), has) {
			t.Errorf("%s %s: %d %s, want %d with %q", c.method, c.path, a.status, a.body, c.status, has)
			continue
		}
		if a.status >= 400 {
			a.problem(c.status)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s %s: security headers are missing: %v", c.method, c.path, a.header)
		}
	}
}

func TestMethodNotAllowedNamesMethods(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	if got := s.do("PATCH", "/v1/mailboxes", "").problem(405).header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow: %q", got)
	}
}

func TestMailboxes(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	var empty struct{ Mailboxes []any }
	if s.get("/v1/mailboxes").ok().into(&empty); empty.Mailboxes == nil {
		t.Error("no mailboxes must be [], not null")
	}
	before := s.backend.LastEvent()
	s.accept(plainMail, "bob@x.test")
	newest := s.accept(plainMail, "Bob@X.test", "ann@x.test")

	var got api.Mailboxes
	s.get("/v1/mailboxes").ok().into(&got)
	size := int64(len(plainMail))
	want := []api.Mailbox{
		{Address: "ann@x.test", Messages: 1, Unseen: 1, Bytes: size, Newest: newest},
		{Address: "bob@x.test", Messages: 2, Unseen: 2, Bytes: 2 * size, Newest: newest},
	}
	if !slices.Equal(got.Mailboxes, want) || got.Total != (api.Total{Messages: 2, Unseen: 2, Bytes: 2 * size}) || got.Cursor != before+2 {
		t.Errorf("got %+v", got)
	}
	s.do("DELETE", "/v1/mailboxes/BOB@x.test", "").ok().has(`{"deleted":2}`)
	s.get("/v1/mailboxes").ok().has(`"total":{"messages":1,"unseen":1,`)
}

func TestMailboxNamesSurviveTheURL(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for i, name := range []string{
		`a/b@x.test`, `50%@x.test`, `"a b"@x.test`, `"a\"b"@x.test`, "jörg@bücher.test", "a+tag@x.test", "a?b#c&d@x.test",
		"%2f@x.test", ".@x.test", "..@x.test", "@queue", "a@[IPv6:::1]",
	} {
		s.accept(plainMail, name)
		var got api.Mailbox
		s.get("/v1/mailboxes/" + percent(name)).ok().into(&got)
		if got.Messages != 1 {
			t.Errorf("%s: %+v", name, got)
		}
		s.get("/v1/messages?mailbox=" + url.QueryEscape(name)).ok().has(`"total":1,`)
		s.do("DELETE", "/v1/mailboxes/"+percent(name), "").ok().has(`{"deleted":1}`)
		if i == 0 {
			s.get("/v1/mailboxes/a%2fb@X.TEST").ok().has(`"address":"a/b@x.test"`)
		}
	}
}

// percent encodes every octet: url.PathEscape leaves dots alone.
func percent(name string) string {
	var b strings.Builder
	for i := range len(name) {
		fmt.Fprintf(&b, "%%%02X", name[i])
	}
	return b.String()
}

// A restless backend loses a message each time that it was asked for a list.
type restless struct {
	*backend
	ids []mail.DeliveryID
}

func (b *restless) List(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := b.backend.List(ctx, q)
	if len(b.ids) > 0 {
		_, err = b.Delete(ctx, b.ids[0])
		b.ids = b.ids[1:]
	}
	return page, err
}

func TestListIsOfTheMomentOfItsCursor(t *testing.T) {
	t.Parallel()
	var b *restless
	s := start(t, catcher.Config{}, func(s *ui.Server) {
		b = &restless{backend: s.Backend.(*backend)}
		s.Backend = b
	})
	for i := range 6 {
		id, err := mail.ParseID(s.accept(plainMail, "bob@x.test"))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			b.ids = append(b.ids, mail.DeliveryID{Message: id})
		}
	}
	var page api.Messages
	s.get("/v1/messages").ok().into(&page)
	if page.Total != 3 || len(page.Messages) != 3 || page.Cursor != s.backend.LastEvent() {
		t.Errorf("%d of %d messages at event %d; the last was %d", len(page.Messages), page.Total, page.Cursor, s.backend.LastEvent())
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	var ids []string
	for range 5 {
		ids = append(ids, s.accept(plainMail, "bob@x.test"))
		s.accept(plainMail, "other@x.test")
	}
	slices.Reverse(ids)
	var got []string
	for next := ""; ; {
		var page api.Messages
		s.get("/v1/messages?mailbox=BOB@x.test&limit=2&before=" + next).ok().into(&page)
		if page.Total != 5 || page.Cursor != s.backend.LastEvent() {
			t.Errorf("total %d, cursor %d", page.Total, page.Cursor)
		}
		for _, m := range page.Messages {
			got = append(got, m.ID)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
	var page api.Messages
	s.get("/v1/messages?mailbox=bob@x.test&after=" + ids[2]).ok().into(&page)
	if len(page.Messages) != 2 || page.Messages[0].ID != ids[0] || page.Next != "" {
		t.Errorf("after: %+v", page)
	}
	s.get("/v1/messages").ok().into(&page)
	if len(page.Messages) != 10 || page.Total != 10 {
		t.Errorf("all: %d of %d", len(page.Messages), page.Total)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(plainMail, "bob@x.test", "BOB@x.test")
	want := `{"id":"` + id + `","receivedAt":"2026-03-01T12:00:00Z","size":` + fmt.Sprint(len(plainMail)) + `,"subject":"Hello",` +
		`"from":[{"name":"Ann","address":"ann@x.test"}],"to":[{"name":"","address":"bob@x.test"}],"cc":[],` +
		`"date":"2026-03-01T11:59:00+01:00","messageId":"m1@x.test","snippet":"The text.","attachmentCount":0,"hasHtml":false,` +
		`"defectCount":0,"seen":false,"deliveries":[{"mailbox":"bob@x.test","rcpt":"bob@x.test","number":0,"uid":1,"state":"delivered","seen":false,"next":null,"route":"","trail":[]}],` +
		`"envelope":{"from":"sender@x.test","to":["bob@x.test","BOB@x.test"]}}`
	for range 2 { // the second comes from the cache
		s.get("/v1/messages").ok().has(`"messages":[` + want + `]`)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(richMail, "bob@x.test")
	var m api.Message
	s.get("/v1/messages/" + strings.ToLower(id)).ok().into(&m)
	if m.Subject != "Rích" || m.Text != nil || m.HTML == nil || !strings.Contains(*m.HTML, "cid:pic@x") {
		t.Errorf("subject %q, text %v, html %v", m.Subject, m.Text, m.HTML)
	}
	var names []string
	for _, h := range m.Headers {
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "From To Cc Subject MIME-Version Content-Type" {
		t.Errorf("headers %s", got)
	}
	if len(m.Attachments) != 3 || m.Attachments[0] != (api.Attachment{Part: "2", Filename: "p.png", ContentType: "image/png",
		ContentID: "pic@x", Disposition: "inline", Size: 12}) {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if m.Structure.ContentType != "multipart/related" || len(m.Structure.Children) != 4 || m.Structure.Children[0].Children == nil {
		t.Errorf("structure %+v", m.Structure)
	}
	if m.Session == nil || m.Session.Helo != "client" || m.Envelope.To[0].Notify == nil {
		t.Errorf("session %+v, envelope %+v", m.Session, m.Envelope)
	}
}

func TestEmptyMessage(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept("", "bob@x.test")
	s.get("/v1/messages/"+id).ok().has(`"headers":[]`, `"attachments":[]`, `"from":[]`, `"date":null`, `"children":[]`)
	if raw := s.get("/v1/messages/" + id + "/raw").ok(); len(raw.body) != 0 {
		t.Errorf("%q", raw.body)
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(plainMail, "ann@x.test", "bob@x.test")
	seen := func(query string) (all bool, each []bool) {
		var page api.Messages
		s.get("/v1/messages?" + query).ok().into(&page)
		for _, d := range page.Messages[0].Deliveries {
			each = append(each, d.Seen)
		}
		return page.Messages[0].Seen, each
	}
	for _, path := range []string{"", "/raw", "/text", "/parts/1"} {
		s.get("/v1/messages/" + id + path).ok()
	}
	if all, each := seen(""); all || !slices.Equal(each, []bool{false, false}) {
		t.Fatal("reading marked the message as seen")
	}

	var sum api.Summary
	s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":true,"mailbox":"ann@x.test"}`).ok().into(&sum)
	if !sum.Seen {
		t.Error("in the scope of ann the message is seen")
	}
	if all, each := seen(""); all || !slices.Equal(each, []bool{true, false}) {
		t.Errorf("one of two: %v %v", all, each)
	}
	if all, _ := seen("mailbox=ann@x.test"); !all {
		t.Error("list in the scope of ann says unseen")
	}
	if all, _ := seen("mailbox=bob@x.test"); all {
		t.Error("list in the scope of bob says seen")
	}
	s.do("PUT", "/v1/messages/latest/seen", `{"seen":true}`).ok().has(`"seen":true,"deliveries"`)
	s.get("/v1/mailboxes").ok().has(`"total":{"messages":1,"unseen":0`)
	s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":false}`).ok().has(`"seen":false,"deliveries"`)
}

func TestDeleteMany(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	first := s.accept(plainMail, "ann@x.test", "bob@x.test")
	second := s.accept(plainMail, "ann@x.test", "bob@x.test")
	s.accept(plainMail, "ann@x.test")
	for _, c := range []struct {
		method, path, body string
		deleted            int
		left               string // in all, in ann's and in bob's mailbox
	}{
		{"DELETE", "/v1/messages?mailbox=ann@x.test&until=" + first, "", 1, "3 2 2"},
		{"DELETE", "/v1/messages?mailbox=ann@x.test&until=" + first, "", 0, "3 2 2"},
		{"POST", "/v1/messages/delete", `{"ids":["` + first + `","` + second + `"],"mailbox":"ann@x.test"}`, 1, "3 1 2"},
		{"POST", "/v1/messages/delete", `{"ids":["` + first + `","` + somebody + `"]}`, 1, "2 1 1"},
		{"DELETE", "/v1/messages?all=true&until=" + second, "", 1, "1 1 0"},
		{"DELETE", "/v1/messages?mailbox=ann@x.test", "", 1, "0 0 0"},
	} {
		s.do(c.method, c.path, c.body).ok().has(fmt.Sprintf(`{"deleted":%d}`, c.deleted))
		var all, ann, bob api.Messages
		s.get("/v1/messages").ok().into(&all)
		s.get("/v1/messages?mailbox=ann@x.test").ok().into(&ann)
		s.get("/v1/messages?mailbox=bob@x.test").ok().into(&bob)
		if got := fmt.Sprint(all.Total, ann.Total, bob.Total); got != c.left {
			t.Errorf("after %s %s %s: %s left, want %s", c.method, c.path, c.body, got, c.left)
		}
	}
}

func TestListFromTheMiddle(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	var ids []string
	for range 5 {
		ids = append(ids, s.accept(plainMail, "ann@x.test"))
	}
	var page api.Messages
	s.get("/v1/messages?mailbox=ann@x.test&offset=2&limit=2").ok().into(&page)
	if len(page.Messages) != 2 || page.Messages[0].ID != ids[2] || page.Next != ids[1] || page.Total != 5 {
		t.Errorf("%+v", page)
	}
}

func TestMarkMany(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	first := s.accept(plainMail, "ann@x.test", "bob@x.test")
	s.accept(plainMail, "ann@x.test")
	for _, c := range []struct {
		body   string
		marked int
		unseen string // in ann's and in bob's mailbox
	}{
		{`{"seen":true,"ids":[]}`, 0, "2 1"},
		{`{"seen":true,"ids":["` + first + `","` + somebody + `"],"mailbox":"ann@x.test"}`, 1, "1 1"},
		{`{"seen":true,"ids":["` + first + `"],"mailbox":null}`, 2, "1 0"},
		{`{"seen":false,"mailbox":"","ids":null}`, 3, "2 1"},
		{`{"seen":true,"mailbox":"ANN@x.test"}`, 2, "0 1"},
		{`{"seen":true}`, 3, "0 0"},
	} {
		s.do("POST", "/v1/messages/seen", c.body).ok().has(fmt.Sprintf(`{"marked":%d}`, c.marked))
		var ann, bob api.Mailbox
		s.get("/v1/mailboxes/ann@x.test").ok().into(&ann)
		s.get("/v1/mailboxes/bob@x.test").ok().into(&bob)
		if got := fmt.Sprint(ann.Unseen, bob.Unseen); got != c.unseen {
			t.Errorf("after %s: %s unseen, want %s", c.body, got, c.unseen)
		}
	}
}

func TestMarkAllGoesThroughAllPages(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for range 2100 {
		s.accept("\r\n", "bob@x.test")
	}
	s.do("POST", "/v1/messages/seen", `{"seen":true,"mailbox":"bob@x.test"}`).ok().has(`{"marked":2100}`)
	s.get("/v1/mailboxes/bob@x.test").ok().has(`"unseen":0`)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(plainMail, "ann@x.test", "bob@x.test")
	s.do("DELETE", "/v1/messages/"+id+"?mailbox=ann@x.test", "").ok().has(`{"deleted":1}`)
	s.do("DELETE", "/v1/messages/"+id+"?mailbox=ann@x.test", "").problem(404)
	s.get("/v1/messages/" + id).ok().has(`"deliveries":[{"mailbox":"bob@x.test","rcpt":"bob@x.test","number":1`)
	s.do("DELETE", "/v1/messages/latest?mailbox=bob@x.test", "").ok().has(`{"deleted":1}`)
	s.get("/v1/messages/" + id).problem(404)

	s.accept(plainMail, "ann@x.test", "bob@x.test")
	s.do("DELETE", "/v1/messages?mailbox=ann@x.test", "").ok().has(`{"deleted":1}`)
	s.do("DELETE", "/v1/messages?mailbox=ann@x.test", "").ok().has(`{"deleted":0}`)
	s.accept(plainMail, "carl@x.test")
	s.do("DELETE", "/v1/messages?all=true", "").ok().has(`{"deleted":2}`)
	s.get("/v1/messages").ok().has(`"messages":[]`)
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	raw := "From: Ann <ann@x.test>\nTo: bob@x.test, nobody\nCc: =?utf-8?q?X?= <Bob@x.test>\nBcc: hidden@x.test\n\nbare LF, no end"
	for _, c := range []struct {
		query, from, to string
		utf8            bool
	}{
		{"", "ann@x.test", "bob@x.test nobody hidden@x.test", false},
		{"?from=", "", "bob@x.test nobody hidden@x.test", false},
		{"?from=%3Ca@b.test%3E&to=c@d.test&to=%3Ce@f.test%3E&to=c@d.test", "a@b.test", "c@d.test e@f.test c@d.test", false},
		{"?to=j%C3%B6rg@x.test", "ann@x.test", "jörg@x.test", true},
	} {
		var made api.Created
		a := s.do("POST", "/v1/messages"+c.query, raw, "Content-Type", "message/rfc822").is(201).into(&made)
		if a.header.Get("Location") != "/v1/messages/"+made.ID {
			t.Errorf("Location %q", a.header.Get("Location"))
		}
		var m api.Message
		s.get("/v1/messages/" + made.ID).ok().into(&m)
		var to []string
		for _, rcpt := range m.Envelope.To {
			to = append(to, rcpt.Address)
		}
		if m.Envelope.From != c.from || strings.Join(to, " ") != c.to || m.Envelope.SMTPUTF8 != c.utf8 {
			t.Errorf("%s: from %q to %q utf8 %v", c.query, m.Envelope.From, to, m.Envelope.SMTPUTF8)
		}
		if m.Session == nil || m.Session.Protocol != "HTTP" || m.Session.ID == "" || m.Session.Local == "" || m.Session.Remote == "" {
			t.Errorf("session %+v", m.Session)
		}
		if got := s.get("/v1/messages/" + made.ID + "/raw").ok(); string(got.body) != raw {
			t.Errorf("kept %q, sent %q", got.body, raw)
		}
		s.get("/v1/messages/" + made.ID + "/transcript").problem(404)
	}
}

func TestSendTooLarge(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.MaxMessageSize = 1000 })
	fits := "Subject: x\r\n\r\n" + strings.Repeat("x", 986)
	s.do("POST", "/v1/messages?to=a@b.test", fits).is(201)
	s.do("POST", "/v1/messages?to=a@b.test", fits+"x").problem(413)
	s.get("/v1/mailboxes").ok().has(`"messages":1`)

	full := start(t, catcher.Config{Caps: store.Caps{Bytes: 100}})
	full.do("POST", "/v1/messages?to=a@b.test", fits).problem(507).has("larger than the store")
}

func TestSample(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.do("POST", "/v1/messages/sample", "").is(201)
	s.get("/v1/mailboxes/demo@example.test").ok().has(`"messages":1`)
	var made api.Created
	s.do("POST", "/v1/messages/sample?to=x@y.test&to=z@y.test", "").is(201).into(&made)
	var m api.Message
	s.get("/v1/messages/" + made.ID).ok().into(&m)
	if len(m.Defects) != 0 || m.Text == nil || m.HTML == nil || len(m.Attachments) != 2 || m.RemoteContent != 0 || m.Date == nil {
		t.Errorf("sample: defects %v, %d attachments, remote %d, date %v", m.Defects, len(m.Attachments), m.RemoteContent, m.Date)
	}
	if !strings.Contains(*m.Text, "€ 40.40") || m.Subject != "Your order 4711 is on its way 📦" || len(m.To) != 2 {
		t.Errorf("subject %q to %v text %q", m.Subject, m.To, *m.Text)
	}
	picture := m.Attachments[0].Part
	s.get("/v1/messages/" + made.ID + "/html").ok().has(`src="/v1/messages/` + made.ID + `/parts/` + picture + `"`)
	if a := s.get("/v1/messages/" + made.ID + "/parts/" + picture).ok(); http.DetectContentType(a.body) != "image/png" {
		t.Errorf("the picture is %q", a.body[:min(8, len(a.body))])
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hosts = []string{"mail.dev.example"} })
	own := strings.TrimPrefix(s.url, "http://")
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"script", "DELETE", "/v1/messages?all=true", nil, 200},
		{"own page", "DELETE", "/v1/messages?all=true", []string{"Origin", "http://" + own, "Sec-Fetch-Site", "same-origin"}, 200},
		{"foreign page", "DELETE", "/v1/messages?all=true", []string{"Origin", "http://evil.example"}, 403},
		{"other port", "DELETE", "/v1/messages?all=true", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"sandboxed mail", "POST", "/v1/messages/sample", []string{"Origin", "null"}, 403},
		{"broken origin", "POST", "/v1/messages/sample", []string{"Origin", "http://%zz"}, 403},
		{"cross-site", "POST", "/v1/messages/sample", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same-site", "POST", "/v1/messages/sample", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"typed URL", "POST", "/v1/messages/sample", []string{"Sec-Fetch-Site", "none"}, 201},
		{"foreign page reads", "GET", "/v1/messages", []string{"Origin", "http://evil.example"}, 200}, // without CORS it sees nothing
		{"foreign page reads, and a browser says so", "GET", "/v1/messages", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"page beside us reads", "GET", "/v1/events", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"foreign page links", "GET", "/v1/messages", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"own page reads", "GET", "/v1/messages", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"}, 200},
		{"frame of a mail loads a picture", "GET", "/v1/messages/01J00000000000000000000000/parts/2", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 404},
		{"frame of a mail loads more", "GET", "/v1/messages/x/parts/2/..", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"foreign websocket", "GET", "/v1/events", []string{"Origin", "http://evil.example", "Connection", "upgrade", "Upgrade", "websocket"}, 403},
		{"page is guarded too", "POST", "/", []string{"Origin", "http://evil.example"}, 403},

		{"rebound name", "GET", "/v1/messages", []string{"Host", "evil.example:8025", "User-Agent", "Mozilla/5.0"}, 421},
		{"rebound name, other agent", "GET", "/v1/messages", []string{"Host", "evil.example", "Accept-Language", "en"}, 421},
		{"rebound write", "DELETE", "/v1/messages?all=true", []string{"Host", "evil.example", "Origin", "http://evil.example"}, 421},
		{"script by name", "GET", "/v1/messages", []string{"Host", "postroom.ci.example:8025", "User-Agent", "curl/8"}, 200},
		{"browser, localhost", "GET", "/v1/messages", []string{"Host", "localhost:8025", "User-Agent", "Mozilla/5.0"}, 200},
		{"browser, IPv6", "GET", "/v1/messages", []string{"Host", "[::1]:8025", "User-Agent", "Mozilla/5.0"}, 200},
		{"browser, IPv6 without port", "GET", "/v1/messages", []string{"Host", "[::1]", "User-Agent", "Mozilla/5.0"}, 200},
		{"browser, container", "GET", "/v1/messages", []string{"Host", "postroom:8025", "User-Agent", "Mozilla/5.0"}, 200},
		{"browser, private TLD", "GET", "/v1/messages", []string{"Host", "mail.app.test", "User-Agent", "Mozilla/5.0"}, 200},
		{"browser, listed", "GET", "/v1/messages", []string{"Host", "MAIL.dev.example:80", "User-Agent", "Mozilla/5.0"}, 200},
		{"behind a proxy, listed", "POST", "/v1/messages/sample", []string{"Host", "backend:1", "Origin", "https://mail.dev.example"}, 201},
	} {
		a := s.do(c.method, c.path, "", c.header...)
		if a.status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, a.status, c.status, a.body)
		} else if a.status >= 400 {
			a.problem(c.status)
		}
	}
}

func TestAnyHost(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hosts = []string{"*"} })
	s.get("/v1/messages", "Host", "mail.dev.example", "User-Agent", "Mozilla/5.0").ok()
	s.do("POST", "/v1/messages/sample", "", "Host", "mail.dev.example", "Origin", "http://evil.example").problem(403)
}

func TestWithoutPage(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Page = nil })
	s.get("/").problem(404)
}

// TestRawUTF8IsNoDefectWithSMTPUTF8: RFC 6532 allows it there.
func TestRawUTF8IsNoDefectWithSMTPUTF8(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for _, utf8 := range []bool{false, true} {
		env := mail.Envelope{From: "a@a", To: []mail.Rcpt{{Address: "b@b.test"}}, UTF8: utf8}
		body := "From: a@a\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@a>\r\nSubject: ü\r\n\r\nx\r\n"
		if _, err := s.backend.Accept(t.Context(), env, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		var m api.Message
		s.get("/v1/messages/latest").into(&m)
		if want := map[bool]int{true: 0, false: 1}[utf8]; m.DefectCount != want || len(m.Defects) != want {
			t.Errorf("SMTPUTF8 %v: %d, %+v", utf8, m.DefectCount, m.Defects)
		}
		var list api.Messages
		s.get("/v1/messages?limit=1").into(&list)
		if list.Messages[0].DefectCount != m.DefectCount {
			t.Errorf("SMTPUTF8 %v: %d in the list", utf8, list.Messages[0].DefectCount)
		}
	}
}
