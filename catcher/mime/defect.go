package mime

import (
	"cmp"
	"fmt"
	"slices"
)

// A Defect is one thing that is wrong with a message.
type Defect struct {
	Part   string // ID of the part that has it; "" also for the message as a whole
	Kind   DefectKind
	Offset int64  // where it shows, in octets of the message
	Text   string // one plain sentence
}

// DefectKind names a kind of defect. The names stay as they are: scripts may
// rely on them.
type DefectKind string

// The kinds of Defect.
const (
	NoHeader               DefectKind = "no-header"
	NoBlankLine            DefectKind = "no-blank-line"
	ByteOrderMark          DefectKind = "byte-order-mark"
	MboxFromLine           DefectKind = "mbox-from-line"
	LeadingContinuation    DefectKind = "leading-continuation"
	JunkHeaderLine         DefectKind = "junk-header-line"
	SpaceBeforeColon       DefectKind = "space-before-colon"
	UnindentedContinuation DefectKind = "unindented-continuation"
	HeaderTooLarge         DefectKind = "header-too-large"
	DuplicateHeader        DefectKind = "duplicate-header"
	Raw8BitHeader          DefectKind = "raw-8bit-header"
	RawUTF8Header          DefectKind = "raw-utf8-header"
	BadEncodedWord         DefectKind = "bad-encoded-word"
	BadDate                DefectKind = "bad-date"
	BadContentType         DefectKind = "bad-content-type"

	UnknownCharset          DefectKind = "unknown-charset"
	CharsetMismatch         DefectKind = "charset-mismatch"
	UnknownTransferEncoding DefectKind = "unknown-transfer-encoding"
	BadBase64               DefectKind = "bad-base64"
	TruncatedBase64         DefectKind = "truncated-base64"
	BadQuotedPrintable      DefectKind = "bad-quoted-printable"
	Undeclared8Bit          DefectKind = "undeclared-8bit"

	MissingBoundary  DefectKind = "missing-boundary"
	BoundaryNotFound DefectKind = "boundary-not-found"
	MissingClose     DefectKind = "missing-close-boundary"
	EncodedMultipart DefectKind = "encoded-multipart"
	EncodedMessage   DefectKind = "encoded-message"
	TooDeep          DefectKind = "too-deep"
	TooManyParts     DefectKind = "too-many-parts"

	NULOctet  DefectKind = "nul-octet"
	BareLF    DefectKind = "bare-lf"
	BareCR    DefectKind = "bare-cr"
	DoubledCR DefectKind = "doubled-cr"
	LongLine  DefectKind = "long-line"

	MoreDefects DefectKind = "more-defects"
)

// Of each kind and in all so many defects are kept: a mail of nothing but junk
// lines must not hide what else is wrong with it.
const (
	maxDefects     = 100
	maxSameDefects = 10
)

// A ledger collects defects.
type ledger struct {
	list  []noted
	kinds map[DefectKind]int
	more  int // not kept
}

// A noted defect waits for its part to get its number.
type noted struct {
	part *Part
	Defect
}

func (l *ledger) add(p *Part, kind DefectKind, off int64, format string, args ...any) {
	if l.kinds == nil {
		l.kinds = map[DefectKind]int{}
	}
	if l.kinds[kind]++; l.kinds[kind] > maxSameDefects || len(l.list) >= maxDefects {
		l.more++
		return
	}
	l.list = append(l.list, noted{p, Defect{Kind: kind, Offset: off, Text: fmt.Sprintf(format, args...)}})
}

// defects returns what was noted in order of offset, none beyond size.
func (l *ledger) defects(size int64) []Defect {
	var list []Defect
	for _, n := range l.list {
		if n.part != nil {
			n.Part = n.part.ID
		}
		n.Offset = max(0, min(n.Offset, size))
		n.Text = clean(n.Text)
		list = append(list, n.Defect)
	}
	slices.SortStableFunc(list, func(a, b Defect) int { return cmp.Compare(a.Offset, b.Offset) })
	if l.more > 0 {
		list = append(list, Defect{Kind: MoreDefects, Offset: size, Text: fmt.Sprintf("There are %d more defects of the kinds above.", l.more)})
	}
	return list
}
