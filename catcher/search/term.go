package search

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// A text is cut into runs: words, of letters, digits and marks, and signs, which
// are Chinese, Japanese and Korean characters, emoji and other symbols. To which
// kind a character belongs does not depend on those beside it: so a text and a
// piece of it are cut alike, but for the ends of the piece.
//
// A word is one term. One longer than maxTerm is cut into windows of maxTerm
// octets, each of which begins with the last maxPiece octets of the one before.
// Signs are taken two by two, overlapping; one that stands alone is a term too.
const (
	maxTerm  = 256
	maxPiece = 32
)

type kind uint8

const (
	isGap kind = iota
	isWord
	isSign
)

func kindOf(r rune) kind {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return isWord
	case r < utf8.RuneSelf:
		return isGap
	case 0x4e00 <= r && r <= 0x9fff, 0x3041 <= r && r <= 0x30ff && r != '・': // most of Han; kana and their marks
		return isSign
	case r > 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return isSign
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		return isWord
	case unicode.IsSpace(r), unicode.IsPunct(r), unicode.IsControl(r):
		return isGap
	}
	return isSign
}

// A run is the part of a text from start to end.
type run struct {
	kind       kind
	start, end int
}

// runs gives the words and signs of a folded text.
func runs(text string) iter.Seq[run] {
	return func(yield func(run) bool) {
		var last run
		for i := 0; i < len(text); {
			r, n := rune(text[i]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[i:])
			}
			if k := kindOf(r); k != last.kind {
				if last.kind != isGap && !yield(last) {
					return
				}
				last = run{kind: k, start: i}
			}
			i += n
			last.end = i
		}
		if last.kind != isGap {
			yield(last)
		}
	}
}

// terms gives the terms of a folded text, as often as they come.
func terms(text string, yield func(term string)) {
	for r := range runs(text) {
		if s := text[r.start:r.end]; r.kind == isSign {
			pairs(s, yield)
		} else {
			windows(s, yield)
		}
	}
}

func windows(word string, yield func(string)) {
	for len(word) > maxTerm {
		yield(word[:maxTerm])
		word = word[maxTerm-maxPiece:]
	}
	yield(word)
}

func pairs(signs string, yield func(string)) {
	_, n := utf8.DecodeRuneInString(signs)
	if n == len(signs) {
		yield(signs)
	}
	for n < len(signs) {
		_, next := utf8.DecodeRuneInString(signs[n:])
		yield(signs[:n+next])
		signs, n = signs[n:], next
	}
}

// A piece is what some term of a text has to hold if the text holds a needle.
type piece struct {
	text       string
	start, end bool // the term starts, ends with it
}

// pieces cuts a folded needle; all of them must be found. There are none when it
// has nothing but gaps.
func pieces(needle string) []piece {
	var list []piece
	for r := range runs(needle) {
		s, p := needle[r.start:r.end], piece{start: r.start > 0, end: r.end < len(needle)}
		if r.kind == isSign && utf8.RuneCountInString(s) > 1 {
			pairs(s, func(pair string) { list = append(list, piece{pair, true, true}) })
			continue
		}
		p.text = s
		list = append(list, p.within())
	}
	return list
}

// within shortens a piece so that one window of a long word holds it.
func (p piece) within() piece {
	n := len(p.text)
	switch {
	case n <= maxPiece, p.start && p.end && n <= maxTerm:
	case p.end && !p.start:
		p.text = p.text[n-maxPiece:]
	default:
		p.text, p.end = p.text[:maxPiece], false
	}
	return p
}
