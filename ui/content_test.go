package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
)

func TestRaw(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	raw := "Subject: \xff\x00\r\n\r\nbare \n and \r and no end"
	id := s.accept(raw, "bob@x.test")
	path := "/v1/messages/" + id + "/raw"

	a := s.get(path).ok()
	if string(a.body) != raw || a.header.Get("Content-Type") != "message/rfc822" || a.header.Get("ETag") != `"`+id+`"` ||
		a.header.Get("Content-Disposition") != "" {
		t.Errorf("%q %v", a.body, a.header)
	}
	if a := s.get(path + "?download=1").ok(); !strings.HasPrefix(a.header.Get("Content-Disposition"), `attachment; filename="`+id+`.eml"`) {
		t.Errorf("download: %v", a.header)
	}
	if a := s.do(http.MethodHead, path, "").ok(); len(a.body) != 0 || a.header.Get("Content-Length") != "38" {
		t.Errorf("HEAD: %q %v", a.body, a.header)
	}
	a = s.get(path, "Range", "bytes=9-10").is(http.StatusPartialContent)
	if string(a.body) != "\xff\x00" || a.header.Get("Content-Range") != "bytes 9-10/38" {
		t.Errorf("range: %q %v", a.body, a.header)
	}
	if a := s.get(path, "Range", "bytes=-3").is(http.StatusPartialContent); string(a.body) != "end" {
		t.Errorf("last three: %q", a.body)
	}
	s.get(path, "Range", "bytes=99-").problem(http.StatusRequestedRangeNotSatisfiable)
	if a := s.get(path, "If-None-Match", `"`+id+`"`).is(http.StatusNotModified); len(a.body) != 0 {
		t.Errorf("304 with a body: %q", a.body)
	}
	s.do("DELETE", "/v1/messages/"+id, "").ok()
	s.get(path, "If-None-Match", `"`+id+`"`).problem(http.StatusNotFound)
}

func TestText(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.accept("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n", "bob@x.test")
	a := s.get("/v1/messages/latest/text").ok().has("Grüße\r\n")
	if got := a.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	s.get("/v1/messages/latest/html").problem(404)
	// The part itself comes as it is: in its own charset.
	a = s.get("/v1/messages/latest/parts/1").ok().has("Gr\xfc\xdfe\r\n")
	if got := a.header.Get("Content-Type"); got != "text/plain; charset=iso-8859-1" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestHTMLForTheFrame(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(richMail, "bob@x.test")
	a := s.get("/v1/messages/latest/html").ok()
	a.has(`<img src="/v1/messages/`+id+`/parts/2">`, `<img src="https://far.test/a.png">`, `target="_blank" rel="noopener noreferrer"`)
	if strings.Contains(string(a.body), "<script") {
		t.Errorf("script in %s", a.body)
	}
	host := strings.TrimPrefix(s.url, "http://")
	for name, want := range map[string]string{
		"Content-Type":    "text/html; charset=utf-8",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Dns-Prefetch-Control": "off",
		"Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src " +
			"http://" + host + "/v1/messages/" + id + "/parts/ https://" + host + "/v1/messages/" + id + "/parts/ data:; font-src data:; " +
			"form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	for query, remote := range map[string]bool{"": false, "?remote=0": false, "?remote=false": false, "?remote=1": true, "?remote": true} {
		policy := s.get("/v1/messages/" + id + "/html" + query).ok().header.Get("Content-Security-Policy")
		if strings.Contains(policy, "data: http: https:;") != remote {
			t.Errorf("%q: %s", query, policy)
		}
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(richMail, "bob@x.test")
	for _, c := range []struct{ part, contentType, disposition, body string }{
		{"1", "text/plain; charset=utf-8", `inline; filename="part-1"; filename*=UTF-8''part-1`, "<script>alert(1)"},
		{"2", "image/png", `inline; filename="p.png"; filename*=UTF-8''p.png`, "\x89PNG\r\n\x1a\n"},
		{"2?download=1", "image/png", `attachment; filename="p.png"; filename*=UTF-8''p.png`, "\x89PNG\r\n\x1a\n"},
		{"3", "text/plain", `inline; filename="__.html"; filename*=UTF-8''%C3%A4%22.html`, "<script>alert(2)"},
		{"4", "application/octet-stream", `attachment; filename="x.svg"; filename*=UTF-8''x.svg`, "<svg/>"},
	} {
		a := s.get("/v1/messages/" + id + "/parts/" + c.part).ok().has(c.body)
		head := a.header
		if head.Get("Content-Type") != c.contentType || head.Get("Content-Disposition") != c.disposition ||
			head.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.part, head)
		}
	}
}

// What a browser may show by itself, and what becomes of all that could run.
func TestTypesOfParts(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	const inert = "sandbox; default-src 'none'"
	const viewer = "default-src 'none'; media-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
	for declared, want := range map[string]struct{ contentType, kind, policy string }{
		"application/pdf":               {"application/pdf", "inline", viewer},
		"audio/mpeg":                    {"audio/mpeg", "inline", viewer},
		"audio/x-wav":                   {"audio/wav", "inline", viewer},
		"video/mp4":                     {"video/mp4", "inline", viewer},
		"video/x-msvideo":               {"application/octet-stream", "attachment", inert},
		"image/png":                     {"image/png", "inline", inert},
		"image/svg+xml":                 {"application/octet-stream", "attachment", inert},
		"text/html":                     {"text/plain", "inline", inert},
		"text/xml":                      {"text/plain", "inline", inert},
		"text/xsl":                      {"text/plain", "inline", inert},
		"text/javascript":               {"text/plain", "inline", inert},
		"application/xhtml+xml":         {"application/octet-stream", "attachment", inert},
		"application/xml":               {"application/octet-stream", "attachment", inert},
		"application/javascript":        {"application/octet-stream", "attachment", inert},
		"application/x-mimearchive":     {"application/octet-stream", "attachment", inert},
		"application/x-shockwave-flash": {"application/octet-stream", "attachment", inert},
		"message/rfc822":                {"message/rfc822", "attachment", inert},
	} {
		id := s.accept("Content-Type: "+declared+"\r\nContent-Transfer-Encoding: base64\r\n\r\nPHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\r\n", "bob@x.test")
		head := s.get("/v1/messages/" + id + "/parts/1").ok().header
		kind, _, _ := strings.Cut(head.Get("Content-Disposition"), ";")
		if head.Get("Content-Type") != want.contentType || kind != want.kind || head.Get("Content-Security-Policy") != want.policy ||
			head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", declared, head)
		}
	}
}

func TestTranscriptOfUnknownSession(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.accept(plainMail, "bob@x.test")
	if a, b := s.get("/v1/messages/latest/transcript").ok(), s.get("/v1/sessions/S1/transcript").ok(); string(a.body) != string(b.body) {
		t.Errorf("by message %q, by session %q", a.body, b.body)
	}
	if a := s.get("/v1/messages/latest/transcript").ok(); a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%v", a.header)
	}
	delete(s.backend.transcripts, "S1")
	s.get("/v1/messages/latest/transcript").problem(404)
	s.get("/v1/sessions/S1/transcript").problem(404)
}
