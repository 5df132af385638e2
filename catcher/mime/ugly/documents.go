package ugly

import (
	"math/rand/v2"
	"strings"
)

// documents has whole mails of the kinds that applications send.
func documents() []Case {
	return []Case{
		mail("html-only", head("HTML only")+"Content-Type: text/html; charset=utf-8\n\n"+page),
		mail("html-unclosed", head("HTML unclosed")+"Content-Type: text/html\n\n<div><p>open <b>bold <i>both <a href=\"x>link\n<script>never closed\n"),
		mail("html-100000-tags", head("HTML deep")+"Content-Type: text/html\n\n"+strings.Repeat("<div>\n", 100_000)+"the bottom\n"),
		mail("alternative-html-first", head("wrong order")+"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b\n\nplain\n--b--\n"),
		mail("alternative-empty-text", head("empty text")+"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n\n--b\nContent-Type: text/html\n\n<p>only here</p>\n--b--\n"),
		mail("alternative-two-of-each", head("two of each")+"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nfirst\n--b\nContent-Type: text/html\n\nfirst\n--b\n\nsecond\n--b\nContent-Type: text/html\n\nsecond\n--b--\n"),
		mail("related-inline-image", head("inline image")+"Content-Type: multipart/related; boundary=b; type=\"text/html\"\n\n--b\nContent-Type: text/html\n\n<img src=\"cid:logo@sender.test\"> text\n--b\nContent-Type: image/png\nContent-ID: <logo@sender.test>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\n"+b64(png)+"--b--\n"),
		mail("mixed-alternative-related", head("the usual tree")+usualTree),
		mail("flowed", head("flowed")+"Content-Type: text/plain; format=flowed; delsp=yes\n\nThis line \nflows on.\n> quoted \n> as well\n-- \nsignature\n"),
		mail("calendar", head("Invitation")+"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nYou are invited.\n--b\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1@sender.test\nDTSTART:20260305T102030Z\nSUMMARY:Größe\nEND:VEVENT\nEND:VCALENDAR\n--b--\n"),
		mail("vcard", head("Card")+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nMy card.\n--b\nContent-Type: text/vcard; name=me.vcf\nContent-Disposition: attachment; filename=me.vcf\n\nBEGIN:VCARD\nVERSION:4.0\nFN:Jürgen\nEND:VCARD\n--b--\n"),
		mail("calendar-only", head("Invitation only")+"Content-Type: text/calendar; method=CANCEL\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n"),
		mail("dsn-report", report),
		mail("read-receipt", head("Read")+"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nThe message was shown.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;reader@example.test\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n"),
		mail("signed", head("signed")+"Content-Type: multipart/signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"; boundary=b\n\n--b\nContent-Type: text/plain\n\nsigned text\n--b\nContent-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\n\nnot one\n-----END PGP SIGNATURE-----\n--b--\n"),
		mail("encrypted", head("encrypted")+"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"+b64(noise(3, 500))),
		mail("attachment-only", head("attachment only")+"Content-Type: application/pdf; name=\"report.pdf\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n"+b64("%PDF-1.4\n"+noise(4, 2000))),
		mail("attachment-1-mb", multi("large attachment", "b")+"--b\n\nsee attached\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=large.bin\nContent-Transfer-Encoding: base64\n\n"+b64(noise(5, 1_000_000))+"--b--\n"),
		mail("partial", head("part 2 of 3")+"Content-Type: message/partial; id=\"x@sender.test\"; number=2; total=3\n\nthe middle of something\n"),
		mail("external-body", head("elsewhere")+"Content-Type: message/external-body; access-type=URL; URL=\"http://example.test/\"\n\nContent-Type: image/png\n\n"),
		mail("uuencoded-in-text", head("uuencode")+"\nHere it is:\nbegin 644 cat.txt\n#0V%T\n`\nend\n"),
		mail("winmail-dat", multi("TNEF", "b")+"--b\n\ntext\n--b\nContent-Type: application/ms-tnef; name=\"winmail.dat\"\nContent-Transfer-Encoding: base64\n\n"+b64("\x78\x9f\x3e\x22"+noise(6, 200))+"--b--\n"),
	}
}

const page = `<!DOCTYPE html>
<html><head><title>Hidden title</title>
<style>body { color: red } /* <p>hidden style</p> */</style>
<script>document.write("<p>hidden script</p>"); if (1 < 2) alert('x')</script></head>
<body onload="alert(1)"><!-- hidden comment --><div style="display:none">preheader&nbsp;&zwnj;&#847;</div>
<h1>Gr&uuml;&szlig;e &amp; more</h1><p>Hello<br>world &lt;tag&gt; &#x4f60;&#22909; <img src=x onerror=alert(2)>
<a href="javascript:alert(3)">click</a></p><iframe src="http://example.test/"></iframe></body></html>
`

const usualTree = `Content-Type: multipart/mixed; boundary="mix"

--mix
Content-Type: multipart/alternative; boundary="alt"

--alt
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe
--alt
Content-Type: multipart/related; boundary="rel"

--rel
Content-Type: text/html; charset=utf-8

<p>Grüße <img src="cid:a"></p>
--rel
Content-Type: image/gif
Content-ID: <a>

GIF89a
--rel--

--alt--

--mix
Content-Type: text/csv; name="=?utf-8?Q?Gr=C3=B6=C3=9Fe.csv?="
Content-Disposition: attachment

a,b
--mix--
`

const report = `From: Mail Delivery System <MAILER-DAEMON@relay.test>
To: ugly@sender.test
Subject: Undelivered Mail Returned to Sender
Date: Thu, 05 Mar 2026 10:20:30 +0100
Message-ID: <dsn@relay.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain; charset=us-ascii

I am sorry to say that your message could not be delivered.

--r
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; nobody@example.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--r
Content-Type: text/rfc822-headers

From: ugly@sender.test
Subject: the original

--r--
`

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x35\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"

// noise makes n octets that look random and are the same each time.
func noise(seed byte, n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return string(b)
}

// noMail has what somebody may send that is no mail.
func noMail() []Case {
	return []Case{
		{Name: "no-mail-empty", Binary: true},
		raw("no-mail-one-crlf", "\r\n"),
		raw("no-mail-only-crlfs", strings.Repeat("\r\n", 1000)),
		raw("no-mail-one-letter", "x\r\n"),
		raw("no-mail-blank", " \r\n"),
		raw("no-mail-colons", strings.Repeat(":\r\n", 1000)),
		{Name: "no-mail-png", Body: []byte(png), Binary: true},
		raw("no-mail-png-crlf", png+"\r\n"),
		{Name: "no-mail-random", Body: []byte(noise(1, 100_000)), Binary: true},
		raw("no-mail-random-crlf", noise(2, 100_000)+"\r\n"),
		{Name: "no-mail-nul-octets", Body: make([]byte, 10_000), Binary: true},
		{Name: "no-mail-crs", Body: []byte(strings.Repeat("\r", 10_000)), Binary: true},
		{Name: "no-mail-lfs", Body: []byte(strings.Repeat("\n", 10_000)), Binary: true},
		raw("no-mail-json", "{\"from\": \"a@sender.test\",\r\n \"subject\": \"json\"}\r\n"),
		raw("no-mail-html", "<html>\r\n<body>Subject: none</body>\r\n</html>\r\n"),
		raw("no-mail-http", "POST / HTTP/1.1\r\nHost: example.test\r\nContent-Length: 2\r\n\r\nhi\r\n"),
		raw("no-mail-dashes", strings.Repeat("-", 500_000)+"\r\n"),
	}
}
