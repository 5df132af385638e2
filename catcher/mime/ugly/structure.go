package ugly

import (
	"fmt"
	"strings"
)

// multi starts a mail of type multipart/mixed with the given boundary.
func multi(subject, boundary string) string {
	return head(subject) + "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\n\npreamble\n"
}

// structure breaks trees of parts.
func structure() []Case {
	two := "--b\n\nfirst\n--b\nContent-Type: text/html\n\n<p>second</p>\n"
	return []Case{
		mail("multipart-no-boundary-parameter", head("no boundary")+"Content-Type: multipart/mixed\n\njust text\n"),
		mail("multipart-no-boundary-parameter-to-guess", head("guess")+"Content-Type: multipart/alternative\n\n--guess\nContent-Type: text/plain\n\nplain\n--guess\nContent-Type: text/html\n\n<p>html</p>\n--guess--\n"),
		mail("multipart-boundary-not-found", multi("not found", "nowhere")+"--other\n\ntext\n--other--\n"),
		mail("multipart-boundary-typo", multi("typo", "right")+"--wrong\nContent-Type: text/plain\n\ntext\n--wrong--\n"),
		mail("multipart-no-close", multi("no close", "b")+two),
		mail("multipart-truncated-in-part-header", multi("truncated", "b")+two+"--b\nContent-Type: image/pn\n"),
		mail("multipart-truncated-in-base64", multi("truncated", "b")+two+"--b\nContent-Type: image/png; name=x.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEU\n"),
		mail("multipart-truncated-in-boundary", multi("truncated", "boundary")+"--boundary\n\nfirst\n--boun\n"),
		mail("multipart-boundary-with-blanks", multi("blanks", "b")+"--b   \n\nfirst\n--b\t\nContent-Type: text/html\n\n<p>second\n--b--  \n"),
		mail("multipart-boundary-is-prefix", head("prefix")+"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\nplain\n--bb\nContent-Type: text/html\n\n<p>html\n--bb--\n--b\nContent-Disposition: attachment; filename=a.txt\n\nattached\n--b--\n"),
		mail("multipart-boundary-same-inside", multi("same", "b")+"--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b--\n--b--\n"),
		mail("multipart-boundary-with-odd-characters", head("odd")+"Content-Type: multipart/mixed; boundary=\"=_a'()+_,-./:=? b\"\n\n--=_a'()+_,-./:=? b\n\ntext\n--=_a'()+_,-./:=? b--\n"),
		mail("multipart-boundary-of-dashes", multi("dashes", "----")+"------\n\nfirst\n------\n\nsecond\n--------\n"),
		mail("multipart-boundary-unquoted-with-blank", head("blank")+"Content-Type: multipart/mixed; boundary=a b\n\n--a b\n\ntext\n--a b--\n"),
		mail("multipart-boundary-long", multi("long", strings.Repeat("l", 500))+"--"+strings.Repeat("l", 500)+"\n\ntext\n--"+strings.Repeat("l", 500)+"--\n"),
		mail("multipart-boundary-empty", multi("empty", "")+"--\n\ntext\n----\n"),
		mail("multipart-boundary-8bit", multi("8bit", "grüße")+"--grüße\n\ntext\n--grüße--\n"),
		mail("multipart-no-parts", multi("no parts", "b")+"--b--\nepilogue\n"),
		mail("multipart-empty-parts", multi("empty parts", "b")+"--b\n--b\n\n--b\n\n\n--b--\n"),
		mail("multipart-part-without-blank-line", multi("no blank line", "b")+"--b\nThis is text at once.\n--b\nContent-Type: text/html\n<p>And this.</p>\n--b--\n"),
		mail("multipart-junk-in-part-header", multi("junk", "b")+"--b\nContent-Type: text/html\njunk in here\nX-After: yes\n\n<p>text</p>\n--b--\n"),
		mail("multipart-nested-unclosed", multi("unclosed", "o")+"--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nplain\n--o\nContent-Type: image/png\nContent-Disposition: attachment; filename=p.png\n\npng\n--o--\n"),
		mail("multipart-base64", head("encoded multipart")+"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n"+two+"--b--\n"),
		mail("multipart-200-deep", deep(200)),
		mail("multipart-12000-parts", multi("many parts", "b")+strings.Repeat("--b\n\nx\n", 12_000)+"--b--\n"),
		mail("multipart-epilogue-with-boundary", multi("epilogue", "b")+two+"--b--\nepilogue\n--b\n\nnot a part\n--b--\n"),
		mail("multipart-digest", head("digest")+"Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a@sender.test\nSubject: first of digest\n\none\n--b\n\nFrom: b@sender.test\nSubject: second of digest\n\ntwo\n--b--\n"),
		mail("content-type-junk", head("junk type")+"Content-Type: text\n\ntext\n"),
		mail("content-type-no-semicolon", head("no semicolon")+"Content-Type: text/plain charset=utf-8\n\nZürich\n"),
		mail("content-type-comments", head("comments")+"Content-Type: (a) text/html (b); (c) charset(d)=(e)utf-8 (f)\n\n<p>Zürich</p>\n"),
		mail("content-type-upper-case", head("upper case")+"CONTENT-TYPE: TEXT/HTML; CHARSET=\"UTF-8\"\n\n<P>Zürich</P>\n"),
		mail("content-type-many-parameters", head("parameters")+"Content-Type: text/plain"+strings.Repeat(";\n x=y", 5000)+"\n\ntext\n"),
		mail("part-text-attached", multi("attached text", "b")+"--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=first.txt\n\nattached\n--b\nContent-Type: text/plain\n\nthe body\n--b--\n"),
		mail("filename-rfc2231", multi("file names", "b")+fileNames()+"--b--\n"),
		mail("message-nested", head("message in message")+"Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee attached\n--o\nContent-Type: message/rfc822\n\n"+multi("inner", "i")+"--i\n\ninner text\n--i\nContent-Type: image/gif\n\nGIF89a\n--i--\n--o--\n"),
		mail("message-nested-50-deep", nestedMessages(50)),
		mail("message-attached-base64", head("encoded message")+"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"+b64(crlf(head("inner")+"\ninner\n"))),
	}
}

func deep(n int) string {
	var b strings.Builder
	b.WriteString(head("deep"))
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("\nthe bottom\n")
	for i := range n {
		fmt.Fprintf(&b, "--b%d--\n", n-1-i)
	}
	return b.String()
}

func nestedMessages(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(head(fmt.Sprintf("message %d", i)) + "Content-Type: message/rfc822\n\n")
	}
	return b.String() + head("the last") + "\nthe bottom\n"
}

func fileNames() string {
	var b strings.Builder
	for _, disposition := range [...]string{
		"attachment; filename*=utf-8''%E4%BD%A0%E5%A5%BD.txt",
		"attachment; filename*0*=gb18030'zh'%C4; filename*1*=%E3%BA%C3; filename*2=.txt",
		"attachment; filename*1=b; filename*0=a; filename*2=.txt",
		"attachment; filename=\"=?utf-8?B?5L2g5aW9?=.txt\"",
		"attachment; filename=\"=?utf-8?B?5L2g?=\n =?utf-8?B?5aW9?=.txt\"",
		"attachment; filename=plain.txt; filename*=utf-8''better.txt",
		"attachment; filename=with blank.txt",
		"attachment; filename=\"unclosed.txt",
		"attachment; filename=\"C:\\\\dir\\\\quo\\\"ted.txt\"",
		"attachment; filename=\"../../etc/passwd\"",
		"attachment; filename=\"你好.txt\"",
		"ATTACHMENT; FILENAME=\"A.TXT\"; SIZE=1",
		"attachment; filename*=broken%E4%ZZ'.txt",
		"filename=no-disposition.txt",
		"attachment filename=no-semicolon.txt",
	} {
		b.WriteString("--b\nContent-Type: application/octet-stream\nContent-Disposition: " + disposition + "\n\nx\n")
	}
	return b.String()
}

// transfer breaks transfer encodings.
func transfer() []Case {
	text := func(encoding string) string {
		return head("transfer encoding") + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: " + encoding + "\n\n"
	}
	return []Case{
		mail("encoding-unknown", text("8-bit")+"Zürich as it stands\n"),
		mail("encoding-x-uuencode", text("x-uuencode")+"begin 644 a.txt\n#0V%T\n`\nend\n"),
		mail("encoding-quoted", text("\"base64\"")+b64("quoted")),
		mail("encoding-with-junk-after", text("base64; really")+b64("with junk after")),
		mail("encoding-upper-case", text("BASE64 (comment)")+b64("upper case")),
		mail("encoding-empty", text("")+"empty\n"),
		mail("base64-truncated", text("base64")+"aGVsbG8gd29ybG\n"),
		mail("base64-no-padding", text("base64")+"aGVsbG8gd29ybGQ\n"),
		mail("base64-junk-inside", text("base64")+"aGVs*bG8g\n!!\n--\nd29y bGQ=\n"),
		mail("base64-concatenated", text("base64")+"aGVsbG8=\nIHdvcmxk\nIQ==\n"),
		mail("base64-too-much-padding", text("base64")+"aGVsbG8========\n"),
		mail("base64-is-text", text("base64")+"This is not base64 at all, sorry!\n"),
		mail("base64-one-character-a-line", text("base64")+"a\nG\nV\ns\nb\nG\n8\n=\n"),
		mail("base64-one-long-line", text("base64")+strings.ReplaceAll(b64(strings.Repeat("long ", 40_000)), "\n", "")+"\n"),
		mail("base64-then-footer", text("base64")+b64("the text\n")+"_______________________________________________\nList footer added behind\n"),
		mail("base64-empty", text("base64")+"\n\n"),
		mail("quoted-printable-bad-escapes", text("quoted-printable")+"=ZZ =C3=BC =c3=bc =E4=B =\n= \nend =3\n"),
		mail("quoted-printable-soft-break-at-end", text("quoted-printable")+"soft break at the end=\n"),
		mail("quoted-printable-equals-at-end", text("quoted-printable")+"=\n=\n=\n="+"\n"),
		mail("quoted-printable-blanks", text("quoted-printable")+"blanks that go   \t \nsoft break after blanks = \t\nkept=20\n"),
		mail("quoted-printable-raw-8bit", text("quoted-printable")+"Zürich =C3=BC\n"),
		mail("quoted-printable-one-long-line", text("quoted-printable")+strings.Repeat("=C3=BC ", 40_000)+"\n"),
		mail("quoted-printable-200k-blanks", text("quoted-printable")+"a"+strings.Repeat(" ", 200_000)+"b\n"),
		mail("quoted-printable-dots", text("quoted-printable")+".\n..=\n.\n=2E\n"),
	}
}
