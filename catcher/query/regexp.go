package query

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compile makes a regular expression over folded text of what a user wrote for
// text as it is. It says how many instructions it has.
func compile(source string) (re *regexp.Regexp, size int, err error) {
	parsed, err := syntax.Parse(source, syntax.Perl|syntax.FoldCase)
	if bad := (*syntax.Error)(nil); errors.As(err, &bad) {
		return nil, 0, fmt.Errorf("bad regular expression: %s: %.40q", bad.Code, bad.Expr)
	}
	foldRegexp(parsed)
	program, err := syntax.Compile(parsed.Simplify())
	if err == nil {
		re, err = regexp.Compile(parsed.String())
	}
	if err != nil {
		return nil, 0, fmt.Errorf("bad regular expression: %w", err)
	}
	return re, len(program.Inst), nil
}

// maxClass is the size of a class of characters that is folded: those that are
// larger are negations or whole scripts.
const maxClass = 1000

func foldRegexp(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		re.Rune = []rune(foldLiteral(string(re.Rune)))
		re.Flags &^= syntax.FoldCase
		if len(re.Rune) == 0 {
			re.Op = syntax.OpEmptyMatch
		}
	case syntax.OpCharClass:
		re.Rune = foldClass(re.Rune)
	}
	for _, sub := range re.Sub {
		foldRegexp(sub)
	}
}

// foldLiteral folds the words of a literal. Each blank stays: at the ends, too,
// there may be something beside it.
func foldLiteral(s string) string {
	var b strings.Builder
	word := 0
	for i, r := range s {
		if unicode.IsSpace(r) {
			b.WriteString(Fold(s[word:i]) + " ")
			word = i + utf8.RuneLen(r)
		}
	}
	return b.String() + Fold(s[word:])
}

// foldClass adds what the characters of a class fold to.
func foldClass(pairs []rune) []rune {
	size := 0
	for i := 0; i < len(pairs); i += 2 {
		size += int(pairs[i+1]-pairs[i]) + 1
	}
	if size > maxClass {
		return pairs
	}
	class := pairs
	for i := 0; i < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			if folded := []rune(Fold(string(r))); len(folded) == 1 {
				class = append(class, folded[0], folded[0])
			}
		}
	}
	return class
}
