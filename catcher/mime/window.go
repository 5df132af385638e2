package mime

import (
	"bytes"
	"io"
)

const (
	windowSize = 64 << 10
	headSize   = 1 << 10 // of a line, what is looked at to tell what it is
)

// A window shows a stretch of the message at a time.
type window struct {
	r     io.ReaderAt
	size  int64 // shrinks when r turns out to have less
	buf   []byte
	start int64 // of buf in the message
	width int   // octets to show at a time, headSize or more
	cr    bool  // a CR alone ends a line
}

// at returns octets from off on: at least n of them (n is at most width)
// unless the message ends sooner. They are good until the next call.
func (w *window) at(off int64, n int) []byte {
	if off < 0 || off >= w.size {
		return nil
	}
	end := w.start + int64(len(w.buf))
	if off < w.start || off >= end || (end-off < int64(n) && end < w.size) {
		w.fill(off)
	}
	return w.buf[off-w.start:]
}

func (w *window) fill(off int64) {
	n := int(min(int64(w.width), w.size-off))
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	w.buf, w.start = w.buf[:n], off
	got, _ := w.r.ReadAt(w.buf, off)
	if got = max(0, got); got < n {
		w.buf, w.size = w.buf[:got], off+int64(got)
	}
}

// bytes returns a copy of the octets from start to end.
func (w *window) bytes(start, end int64) []byte {
	end = min(end, w.size)
	if start >= end {
		return nil
	}
	b := make([]byte, 0, end-start)
	for start < end {
		part := w.at(start, 1)
		if len(part) == 0 {
			break
		}
		part = part[:min(int64(len(part)), end-start)]
		b = append(b, part...)
		start += int64(len(part))
	}
	return b
}

// A line is one line of the message.
type line struct {
	off, end, next int64  // its start, the end of its content, the start of the next line
	head           []byte // the first octets of its content; good until the window moves
}

func (l *line) blank() bool { return l.off == l.end }

// whole returns the content of the line when head holds all of it.
func (l *line) whole() ([]byte, bool) { return l.head, int64(len(l.head)) == l.end-l.off }

// line returns the line that starts at off.
func (w *window) line(off int64) line {
	for _, n := range [...]int{headSize, w.width} {
		b := w.at(off, n)
		if i, n := w.lineEnd(b); w.sure(off, b, i+n, n) {
			return line{off: off, end: off + int64(i), next: off + int64(i+n), head: b[:min(i, headSize)]}
		}
	}
	return w.longLine(off)
}

// sure says that the line end of n octets before b[at] is whole.
func (w *window) sure(off int64, b []byte, at, n int) bool {
	return n > 0 && (b[at-1] == '\n' || at < len(b) || off+int64(at) >= w.size)
}

// longLine finds the end of a line that does not fit into the window. Windows
// overlap, so that a line end is never cut.
func (w *window) longLine(off int64) line {
	b := w.at(off, w.width)
	l := line{off: off, head: bytes.Clone(b[:min(len(b), headSize)])}
	for at := off; ; at += int64(w.width) - 2 {
		b := w.at(at, w.width)
		if i, n := w.lineEnd(b); w.sure(at, b, i+n, n) {
			l.end, l.next = at+int64(i), at+int64(i+n)
			break
		}
		if at+int64(len(b)) >= w.size {
			l.next = max(off, w.size)
			l.end = l.next
			break
		}
	}
	l.head = l.head[:min(int64(len(l.head)), l.end-off)]
	return l
}

// lineEnd finds the first line end in b: where it is and its length, 0 when
// there is none. CR CR LF is one line end: some software writes it (a text
// stream translated twice).
func (w *window) lineEnd(b []byte) (i, n int) {
	if w.cr {
		if i = bytes.IndexAny(b, "\r\n"); i < 0 {
			return len(b), 0
		}
		if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			return i, 2
		}
		return i, 1
	}
	if i = bytes.IndexByte(b, '\n'); i < 0 {
		return len(b), 0
	}
	for n = 1; n < 3 && i > 0 && b[i-1] == '\r'; n++ {
		i--
	}
	return i, n
}

// beforeBreak returns the offset before the line break that ends at off: that
// break belongs to the boundary that follows (RFC 2046 §5.1.1). doubled says
// that lines end in CR CR LF here.
func (w *window) beforeBreak(off, floor int64, doubled bool) int64 {
	from := max(floor, off-3)
	b := w.at(from, int(off-from))
	if int64(len(b)) < off-from {
		return max(floor, off)
	}
	b = b[:off-from]
	n := len(b)
	if n > 0 && b[n-1] == '\n' {
		n--
		if n > 0 && b[n-1] == '\r' {
			n--
			if doubled && n > 0 && b[n-1] == '\r' {
				n--
			}
		}
	} else if n > 0 && b[n-1] == '\r' {
		n--
	}
	return from + int64(n)
}
