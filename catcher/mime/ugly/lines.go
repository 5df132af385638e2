package ugly

import "strings"

// lineEnds has all the wrong ends of lines and wrong lengths.
func lineEnds() []Case {
	text := head("line ends") + "\nfirst line\nsecond line\n\nlast line\n"
	ends := func(end string) string { return strings.ReplaceAll(text, "\n", end) }
	multi := head("line ends in parts") + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst part\n--b\nContent-Type: text/html\n\n<p>second part\n--b--\n"
	return []Case{
		raw("lines-bare-lf", ends("\n")+"\r\n"),
		raw("lines-bare-cr", ends("\r")+"\r\n"),
		raw("lines-cr-cr-lf", ends("\r\r\n")),
		raw("lines-lf-cr", ends("\n\r")+"\r\n"),
		raw("lines-mixed", "From: a@sender.test\nSubject: mixed\r\nTo: b@example.test\n\r\none\rtwo\nthree\r\nfour\r\r\nfive\n\r\r\n"),
		raw("lines-header-lf-body-crlf", strings.ReplaceAll(head("mixed"), "\n", "\n")+"\n"+"one\r\ntwo\r\n"),
		raw("lines-header-crlf-body-lf", crlf(head("mixed")+"\n")+"one\ntwo\n\r\n"),
		raw("lines-parts-bare-lf", multi+"\r\n"),
		raw("lines-parts-bare-cr", strings.ReplaceAll(multi, "\n", "\r")+"\r\n"),
		raw("lines-parts-cr-cr-lf", strings.ReplaceAll(multi, "\n", "\r\r\n")),
		raw("lone-cr-at-end", crlf(text)+"lone CR\r"),
		raw("lone-lf-at-end", crlf(text)+"lone LF\n"),
		raw("no-line-end-at-end", crlf(text)+"no line end"),
		raw("cr-before-crlf-at-end", crlf(text)+"text\r\r\n"),
		mail("long-line-1-mib", head("long line")+"\n"+strings.Repeat("x", 1<<20-2)+"\n"),
		mail("long-line-header-998", head(strings.Repeat("s", 989))+"\n"+strings.Repeat("b", 998)+"\n"),
		mail("long-line-header-999", head(strings.Repeat("s", 990))+"\n"+strings.Repeat("b", 999)+"\n"),
		mail("long-line-64k-crlf-at-window-end", head("windows")+"\n"+strings.Repeat("y", 1<<16-len(crlf(head("windows")))-3)+"\nnext\n"),
		mail("blank-lines-only-in-body", head("blank lines")+strings.Repeat("\n", 5000)),
		mail("blanks-at-line-ends", head("blanks   ")+"\ntext   \n\t\n   \nend \t \n"),
		raw("nul-octets-in-body", crlf(head("nul")+"\n")+"before\x00after\r\n\x00\x00\x00\r\n\x00\r\n"),
		mail("8bit-junk-in-body", head("junk")+"\n"+allOctets()+"\n"),
	}
}

// allOctets has every octet but NUL, CR and LF.
func allOctets() string {
	var b []byte
	for i := 1; i < 256; i++ {
		if i != '\r' && i != '\n' {
			b = append(b, byte(i))
		}
	}
	return string(b)
}

// dots has dots where they hurt: a server must take one off at the start of
// lines that end in CRLF before, and nowhere else.
func dots() []Case {
	h := crlf(head("dots") + "\n")
	return []Case{
		mail("dots-at-line-starts", head("dots")+"\n.\n..\n...\n.x\n..x\nx.\nx..\n. \n .\n.\n"),
		raw("dots-after-bare-lf", h+"one\n.\ntwo\n..\nthree\n.x\n\r\n"),
		raw("dots-after-bare-cr", h+"one\r.\rtwo\r..\rthree\r.x\r\n"),
		raw("dots-lf-dot-crlf", h+"one\n.\r\ntwo\r\n"),
		raw("dots-crlf-dot-lf", h+"one\r\n.\ntwo\r\n"),
		raw("dots-crlf-dot-cr", h+"one\r\n.\rtwo\r\n.\rX\r\n"),
		raw("dots-cr-dot-crlf", h+"one\r.\r\ntwo\r\n"),
		raw("dots-crlf-dot-cr-cr-lf", h+"one\r\n.\r\r\ntwo\r\n"),
		raw("dots-crlf-dot-dot-crlf", h+"one\r\n..\r\ntwo\r\n..\r\n"),
		raw("dots-only-body", h+".\r\n"),
		raw("dots-at-very-start", ".\r\n"),
		raw("dots-at-very-start-dot-cr", ".\rX\r\n"),
		raw("dots-two-at-very-start", "..\r\n"),
		raw("dots-header-line", ".From: a@sender.test\r\nSubject: dot\r\n..X: y\r\n\r\nbody\r\n"),
		raw("dots-at-end-without-crlf", h+"end\r\n."),
		raw("dots-smuggled-second-mail", h+"end\n.\nMAIL FROM:<evil@sender.test>\nRCPT TO:<victim@example.test>\nDATA\nSubject: smuggled\n\nhi\n.\n\r\n"),
		mail("dots-half-a-megabyte", head("dots")+"\n"+strings.Repeat(".\n", 100_000)+strings.Repeat("..\n", 100_000)),
		mail("dots-long-line-of-dots", head("dots")+"\n"+strings.Repeat(".", 100_000)+"\n"),
	}
}
