package ugly

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// words abuses encoded words, 8-bit text and addresses in headers.
func words() []Case {
	cut := base64.StdEncoding.EncodeToString([]byte(chinese)[:4])
	rest := base64.StdEncoding.EncodeToString([]byte(chinese)[4:])
	body := "\nbody\n"
	return []Case{
		mail("word-split-in-character", head("=?utf-8?B?"+cut+"?=\n =?utf-8?B?"+rest+"?=")+body),
		mail("word-no-end", head("=?utf-8?B?5L2g5aW9")+body),
		mail("word-in-word", head("=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=")+body),
		mail("word-with-blanks", head("=?utf-8?Q?Hello there, =C3=BC?=")+body),
		mail("word-bad-base64", head("=?utf-8?B?5L2g!5aW?=")+body),
		mail("word-bad-q", head("=?utf-8?Q?=C3=BC=XY=?=")+body),
		mail("word-unknown-encoding", head("=?utf-8?X?abc?=")+body),
		mail("word-empty", head("=?utf-8?Q??= =?utf-8?B??= =??Q?a?=")+body),
		mail("word-with-language", head("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=")+body),
		mail("word-holds-line-ends", head("=?utf-8?Q?first=0D=0ABcc:_evil@example.test?=")+body),
		mail("word-holds-nul", head("=?utf-8?Q?nul=00here?=")+body),
		mail("word-glued", head("a=?utf-8?Q?b?=c=?utf-8?Q?d?==?utf-8?Q?e?=")+body),
		mail("word-mixed-charsets", head("=?gbk?B?"+base64.StdEncoding.EncodeToString([]byte(encode(simplifiedchinese.GBK, "你好")))+"?= =?iso-8859-1?Q?Z=FCrich?=")+body),
		mail("word-ten-thousand", head(strings.Repeat("=?utf-8?Q?a?=\n ", 10_000)+"end")+body),
		mail("word-openers-only", head(strings.Repeat("=?utf-8?Q?", 20_000))+body),
		mail("raw-utf-8-headers", "From: Jürgen <j@sender.test>\nTo: 张三 <z@example.test>\nSubject: "+chinese+"\n"+body),
		mail("raw-gbk-headers", "From: a@sender.test\nTo: b@example.test\nSubject: "+encode(simplifiedchinese.GBK, chinese)+"\nContent-Type: text/plain; charset=gb2312\n\n"+encode(simplifiedchinese.GBK, chinese)+"\n"),
		mail("raw-gbk-headers-undeclared", "From: a@sender.test\nSubject: "+encode(simplifiedchinese.GBK, "你好世界")+"\n"+body),
		mail("raw-latin-1-headers", "From: a@sender.test\nSubject: "+encode(charmap.ISO8859_1, german)+"\n"+body),
		mail("raw-iso-2022-jp-headers", "From: a@sender.test\nSubject: "+encode(japanese.ISO2022JP, japan)+"\n"+body),
		mail("raw-8bit-junk-headers", "From: \xff\xfe\x80 <a@sender.test>\nSubject: \xc3\x28\xa0\xa1\x81\n\x80\x81\x82: x\n"+body),
		mail("addresses-odd", addresses()+"\n"+body),
		mail("addresses-unbalanced", "From: \"no end <a@sender.test>\nTo: (((((, <<<<a@b.test>>>>, \"a\\\", b@c.test\nCc: )>,;:@\nSubject: unbalanced\n"+body),
		mail("addresses-ten-thousand", "From: a@sender.test\nSubject: many\nTo: "+strings.Repeat("\"X, Y\" <x@example.test>,\n ", 10_000)+"z@example.test\n"+body),
		mail("addresses-deep-comments", "From: "+strings.Repeat("(", 50_000)+"a@b.test"+strings.Repeat(")", 50_000)+"\nSubject: comments\n"+body),
	}
}

func addresses() string {
	return "From: =?utf-8?B?5byg5LiJ?= <zhang@sender.test>, second@sender.test (A (nested) comment)\n" +
		"To: undisclosed-recipients:;\n" +
		"To: Friends: \"Doe, Jane\" <jane@example.test>, bob@example.test;, last@example.test\n" +
		"Cc: \"=?utf-8?Q?J=C3=BCrgen?=\" <j@example.test>, <>, , \"quoted local\"@example.test, no address at all,\n" +
		" Name Only No Brackets name@example.test, user@[IPv6:::1], <@a.test,@b.test:route@example.test>\n" +
		"Bcc: =?utf-8?Q?a=40b.test?= <c@example.test>\n" +
		"Reply-To: <unclosed@example.test\n" +
		"Subject: addresses"
}

// headers breaks header blocks.
func headers() []Case {
	many := strings.Builder{}
	for i := range 20_000 {
		fmt.Fprintf(&many, "X-Field-%d: value %d\n", i, i)
	}
	return []Case{
		mail("no-header", "\nThere is no header at all, only a blank line before the text.\n"),
		mail("no-header-no-blank-line", "Hello,\n\nthis is text without any header.\nNote: this is no header.\n"),
		mail("no-blank-line", "From: a@sender.test\nSubject: no blank line\nThis is the text at once.\nAnd more of it.\n"),
		mail("header-only", strings.TrimSuffix(head("header only"), "")),
		mail("header-only-then-blank", head("empty body")+"\n"),
		mail("header-unended-word", "Subject: cut off\nContent-Ty\n"),
		mail("junk-header-line", "From: a@sender.test\nthis line has no colon\nSubject: after the junk\n\nbody\n"),
		mail("junk-header-lines-20000", "From: a@sender.test\n"+strings.Repeat("junk line\n", 20_000)+"Subject: after the junk\n\nbody\n"),
		mail("leading-continuation", " leading continuation\nFrom: a@sender.test\nSubject: leading continuation\n\nbody\n"),
		mail("mbox-from-line", "From ugly@sender.test Thu Mar  5 10:20:30 2026\n"+head("mbox")+"\nbody\n>From here on\n"),
		raw("byte-order-mark", "\xef\xbb\xbf"+crlf(head("byte order mark")+"\nbody\n")),
		mail("space-before-colon", "From : a@sender.test\nSubject\t: blank before colon\n\nbody\n"),
		mail("no-space-after-colon", "From:a@sender.test\nSubject:no blank after colon\n\nbody\n"),
		mail("empty-header-values", "From:\nSubject:\nTo: \nContent-Type:\nDate:\n\nbody\n"),
		mail("empty-header-name", "From: a@sender.test\n: no name\nSubject: empty name\n\nbody\n"),
		mail("header-blank-continuation", "From: a@sender.test\nSubject: first\n \n\t\n third\n\nbody\n"),
		mail("header-folded-everywhere", "From:\n a@sender.test\nSubject:\n folded\n\teverywhere\n  here\nContent-Type:\n text/plain\n ;\n charset\n =\n utf-8\n\nZürich\n"),
		mail("header-unindented-continuation", head("unindented")+"Content-Type: multipart/mixed;\nboundary=\"x\"\n\n--x\n\none\n--x\n\ntwo\n--x--\n"),
		mail("duplicate-headers", "From: a@sender.test\nFrom: b@sender.test\nSubject: first\nSubject: second\nDate: Thu, 05 Mar 2026 10:20:30 +0100\nDate: Fri, 06 Mar 2026 10:20:30 +0100\nContent-Type: text/html\nContent-Type: text/plain\n\n<b>bold</b>\n"),
		mail("header-1-mb", head("one large header")+"X-Large: "+strings.Repeat("0123456789abcde ", 65_536)+"\n\nbody\n"),
		mail("header-1-mb-folded", head("one large folded header")+"X-Large: start\n"+strings.Repeat(" 0123456789abcde0123456789abcde0123456789abcde\n", 22_000)+"\nbody\n"),
		mail("headers-20000", head("many headers")+many.String()+"\nbody\n"),
		mail("subject-huge", head(strings.Repeat("very ", 50_000)+"long")+"\nbody\n"),
		mail("header-name-huge", head("large name")+strings.Repeat("X", 5000)+": value\n\nbody\n"),
		mail("content-length-lies", head("lies")+"Content-Length: 5\nLines: 99999\nStatus: RO\n\nThis body is longer than five octets.\n"),
		mail("date-odd-rfc850", "From: a@sender.test\nDate: Thursday, 05-Mar-26 10:20:30 GMT\nSubject: date\n\nbody\n"),
		mail("date-odd-zone", "From: a@sender.test\nDate: Thu, 5 Mar 2026 10:20 CEST (Summer)\nSubject: date\n\nbody\n"),
		mail("date-iso", "From: a@sender.test\nDate: 2026-03-05T10:20:30Z\nSubject: date\n\nbody\n"),
		mail("date-nonsense", "From: a@sender.test\nDate: the day after tomorrow\nSubject: date\n\nbody\n"),
		mail("date-huge-zone", "From: a@sender.test\nDate: Thu, 05 Mar 2026 10:20:30 +9999\nSubject: date\n\nbody\n"),
		mail("control-characters-in-headers", "From: a@sender.test\nSubject: bell\x07 escape\x1b[31m delete\x7f tab\there\n\nbody\n"),
		raw("nul-in-header", "From: a@sender.test\r\nSubject: nul\x00nul\r\nX-\x00: y\r\n\r\nbo\x00dy\r\n"),
		raw("cr-in-header", "From: a@sender.test\r\nSubject: one\rtwo\r\nTo: b@example.test\r\n\r\nbody\r\n"),
	}
}
