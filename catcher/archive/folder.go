package archive

import (
	"path"
	"slices"
	"strings"
)

// maxPart is how many octets of a mailbox's name become the name of one folder:
// percent-encoded, 255 octets at most.
const maxPart = 80

// Folder is the path of a mailbox in a tree, with slashes: the name, in which
// each octet is percent-encoded that a file system could take amiss. A longer
// name goes on in folders within folders; all but the last then end in "%". No
// two mailboxes have the same folder, and none is outside of the tree.
func Folder(mailbox string) string {
	var parts []string
	for len(mailbox) > maxPart {
		parts = append(parts, escape(mailbox[:maxPart])+"%")
		mailbox = mailbox[maxPart:]
	}
	return path.Join(append(parts, escape(mailbox))...)
}

// escape encodes one name. "" becomes "%".
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		dot := c == '.' && (i == 0 || i == len(name)-1) // hidden; or dropped by Windows
		if dot || i == 0 && reserved(name) || !plain(c) {
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	if name == "" {
		return "%"
	}
	return b.String()
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("@._+=-", c) >= 0
}

// reserved says whether Windows has a device of that name.
func reserved(name string) bool {
	base, _, _ := strings.Cut(strings.ToLower(name), ".")
	if len(base) == 4 && (base[:3] == "com" || base[:3] == "lpt") {
		return '0' <= base[3] && base[3] <= '9'
	}
	return slices.Contains([]string{"con", "prn", "aux", "nul"}, base)
}
