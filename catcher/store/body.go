package store

import (
	"errors"
	"io"
)

const (
	// maxChunk bounds what a Body allocates at once.
	maxChunk = 256 << 10
	// pageSize is what the allocator rounds large sizes up to: chunks that are not
	// smaller are a multiple of it.
	pageSize = 8 << 10
)

// A Body collects the bytes of a message on their way into a store. The zero
// Body is empty and ready. Whoever holds it writes; once it was given to
// Append, nobody does.
//
// It is a list of chunks, so that a growing body is never copied as a whole, and
// a small one has just the memory it needs.
type Body struct {
	chunks [][]byte // none is empty
	size   int64
}

// A Reader reads a body from the store. Readers of one body are independent.
type Reader interface {
	io.ReadSeekCloser
	io.ReaderAt
	io.WriterTo
}

// Size is the number of octets written so far.
func (b *Body) Size() int64 { return b.size }

// Write appends a copy of p; it never fails.
func (b *Body) Write(p []byte) (int, error) { return b.WriteHint(p, len(p)) }

// WriteHint is Write for a caller who expects that about hint octets will come,
// p included.
func (b *Body) WriteHint(p []byte, hint int) (int, error) {
	n := len(p)
	b.size += int64(n)
	least := int(min(b.size, maxChunk))
	for len(p) > 0 {
		free := b.room(max(hint, len(p), least))
		k := min(len(p), len(free))
		copy(free, p[:k])
		b.extend(k)
		p, hint, least = p[k:], hint-k, 0
	}
	return n, nil
}

// ReadFrom appends all of r. On an error the body holds what came before it.
func (b *Body) ReadFrom(r io.Reader) (int64, error) {
	before := b.size
	for {
		n, err := r.Read(b.room(max(512, int(min(b.size, maxChunk)))))
		b.extend(n)
		b.size += int64(n)
		if err == io.EOF {
			b.Trim()
			return b.size - before, nil
		}
		if err != nil {
			return b.size - before, err
		}
	}
}

// Trim gives back memory that was reserved and not used.
func (b *Body) Trim() {
	k := len(b.chunks) - 1
	if k < 0 {
		return
	}
	last := b.chunks[k]
	if int64(cap(last)-len(last)) <= b.size/64 && len(last) > 0 {
		return
	}
	b.chunks = b.chunks[:k]
	for len(last) > 0 {
		n := copy(b.room(len(last)), last)
		b.extend(n)
		last = last[n:]
	}
}

// room returns free space at the end of the last chunk, making a chunk of about
// want octets when that is full.
func (b *Body) room(want int) []byte {
	if k := len(b.chunks); k > 0 {
		if last := b.chunks[k-1]; len(last) < cap(last) {
			return last[len(last):cap(last)]
		}
	}
	size := min(want, maxChunk)
	if size > pageSize {
		size &^= pageSize - 1
	}
	b.chunks = append(b.chunks, make([]byte, 0, size))
	return b.chunks[len(b.chunks)-1][:size]
}

// extend makes n octets of the room part of the body.
func (b *Body) extend(n int) {
	last := &b.chunks[len(b.chunks)-1]
	*last = (*last)[:len(*last)+n]
}

// Unterminated says that the last line does not end in CRLF; an empty body has
// no last line.
func (b *Body) Unterminated() bool {
	var tail [2]byte
	if b.size < 2 {
		return b.size > 0
	}
	b.readAt(tail[:], b.size-2)
	return tail != [2]byte{'\r', '\n'}
}

func (b *Body) readAt(p []byte, off int64) int {
	n := 0
	for _, chunk := range b.chunks {
		if off >= int64(len(chunk)) {
			off -= int64(len(chunk))
			continue
		}
		n += copy(p[n:], chunk[off:])
		if off = 0; n == len(p) {
			break
		}
	}
	return n
}

// newPieceReader reads a body that is in one piece.
func newPieceReader(text []byte) *BodyReader {
	r := &struct {
		BodyReader
		body  Body
		chunk [1][]byte
	}{chunk: [1][]byte{text}}
	r.body = Body{chunks: r.chunk[:min(len(text), 1)], size: int64(len(text))}
	r.BodyReader.body = &r.body
	return &r.BodyReader
}

// Reader reads the body from its start. It must not be written to any more.
func (b *Body) Reader() *BodyReader { return &BodyReader{body: b} }

// A BodyReader reads a Body; see Spool for what it is good for besides.
type BodyReader struct {
	body *Body
	off  int64
}

// Spool returns a body with all that r has left. When r is the fresh reader of a
// Body that its owner hands over, that Body is returned, without a copy.
func Spool(r io.Reader) (*Body, error) {
	if br, ok := r.(*BodyReader); ok && br.off == 0 {
		return br.body, nil
	}
	var b Body
	_, err := b.ReadFrom(r)
	return &b, err
}

// Read reads on from the offset.
func (r *BodyReader) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads at any offset and leaves that of Read alone.
func (r *BodyReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read before the start of a body")
	}
	n := r.body.readAt(p, off)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Seek sets the offset of the next Read.
func (r *BodyReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.off
	case io.SeekEnd:
		offset += r.body.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start of a body")
	}
	r.off = offset
	return offset, nil
}

// WriteTo writes what is left, a chunk at a time.
func (r *BodyReader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	skip := r.off
	for _, chunk := range r.body.chunks {
		if skip >= int64(len(chunk)) {
			skip -= int64(len(chunk))
			continue
		}
		n, err := w.Write(chunk[skip:])
		written += int64(n)
		r.off += int64(n)
		if err != nil {
			return written, err
		}
		skip = 0
	}
	return written, nil
}

// Close does nothing: memory needs no closing.
func (r *BodyReader) Close() error { return nil }
