// Package csvfile reads CSV files a row at a time, as people and their spreadsheets write
// them: with any common separator, with blank rows, with line breaks in quotes.
//
// Every row is answered with the number of its first line in the file. A row that can't be
// read has a code that says why, and stops no other: where a quote is left open, it is that
// line alone that is wrong. Memory is bounded by the longest row that is taken.
package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// separators are what may separate the cells. The header row shows which.
var separators = []rune{',', ';', '\t', '，', '|'}

const (
	// MaxRowLines is how many lines of text one row may have, whose cells have line
	// breaks in quotes.
	MaxRowLines = 200
	// maxRow is how many bytes one row of several lines of text may have.
	maxRow = 64 << 10
	// maxLine is how many bytes one line of text may have.
	maxLine = 1 << 20
)

// ErrNoHead says that a file has no header row that can be read.
var ErrNoHead = errors.New("no header row")

// An UnknownColumn is the error where the header row has a column that is not known, or has
// one twice.
type UnknownColumn struct{ Name string }

func (e *UnknownColumn) Error() string { return "unknown column " + e.Name }

// A Row is one row after the header row.
type Row struct {
	// Line is the number of its first line in the file, from 1.
	Line int
	// Cells are its cells, as many as the header row has unless Code says otherwise.
	Cells []string
	// Code says why the row can't be read: line_unreadable, quote_open, quote_stray or
	// cells_count, of which Cells are the cells that there are; "" for a good row.
	Code string
}

// A Reader reads a file in UTF-8. It is for one goroutine.
type Reader struct {
	in    *bufio.Reader
	err   error
	ahead []textLine // lines of text that were read and not used
	line  int        // the number of the first of ahead

	head      []string
	separator rune
	column    int
	like      func(cell string) bool
}

// A textLine is one line of text with its line break. long says that it was cut.
type textLine struct {
	text []byte
	long bool
}

// New returns a reader of a file, and reads its header row, which must have no other
// columns than those given, in any order and in any case. The errors are ErrNoHead,
// *[UnknownColumn], and those of reading.
func New(file io.Reader, columns []string) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(file, 64<<10), line: 1, separator: separators[0]}
	first, err := r.next()
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case err != nil || first.Code != "":
		return nil, ErrNoHead
	}
	return r, r.readHead(first.text, columns)
}

// Head returns the columns in the order of the file, in lower case.
func (r *Reader) Head() []string { return r.head }

// Begins says how a row can be told from the text in an open quote: by a cell of one column
// that has a form of its own.
func (r *Reader) Begins(column string, like func(cell string) bool) {
	r.column, r.like = slices.Index(r.head, column), like
}

// Next returns the next row that is not blank; the error is [io.EOF] at the end.
func (r *Reader) Next() (Row, error) {
	for {
		row, err := r.next()
		if err != nil || row.Code != "" {
			return row.Row, err
		}
		cells, err := readCells(row.text, r.separator)
		switch {
		case err != nil:
			row.Code, cells = "quote_stray", nil
		case !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }):
			continue // as spreadsheets write them at the end
		case len(cells) != len(r.head):
			row.Code = "cells_count"
		}
		row.Cells = cells
		return row.Row, nil
	}
}

func (r *Reader) readHead(row []byte, columns []string) error {
	var unknown string
	for _, sep := range separators {
		cells, err := readCells(row, sep)
		if err != nil || len(cells) < 2 && sep != separators[0] {
			continue
		}
		for i, name := range cells {
			cells[i] = strings.ToLower(strings.TrimSpace(name))
		}
		strange := slices.IndexFunc(cells, func(name string) bool { return !slices.Contains(columns, name) })
		for i, name := range cells {
			if strange < 0 && slices.Contains(cells[:i], name) {
				strange = i
			}
		}
		if strange < 0 {
			r.head, r.separator = cells, sep
			return nil
		}
		if unknown == "" || len(cells) > 1 {
			unknown = cells[strange]
		}
	}
	return &UnknownColumn{unknown}
}

func readCells(row []byte, separator rune) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(row))
	r.FieldsPerRecord, r.Comma = -1, separator
	cells, err := r.Read()
	if err == nil {
		if _, more := r.Read(); !errors.Is(more, io.EOF) {
			err = csv.ErrQuote
		}
	}
	return cells, err
}

// A rowText is a row before its cells are read.
type rowText struct {
	Row
	text []byte
}

// next returns the next row that is not empty. A row goes on in the next line of text while
// a quote is open. Where that never ends, or what follows looks like a row itself, the quote
// was left open by mistake.
func (r *Reader) next() (rowText, error) {
	for r.peek(0) && len(bytes.TrimSpace(r.ahead[0].text)) == 0 {
		r.use(1)
	}
	if !r.peek(0) {
		return rowText{}, r.err
	}
	first := Row{Line: r.line}
	refuse := func(code string) (rowText, error) {
		r.use(1)
		first.Code = code
		return rowText{Row: first}, nil
	}
	if r.ahead[0].long {
		return refuse("line_unreadable")
	}
	quote := []byte(`"`)
	text := slices.Clone(r.ahead[0].text)
	quotes, n := bytes.Count(text, quote), 1
	for ; quotes%2 == 1; n++ {
		if !r.peek(n) || n == MaxRowLines || len(text) > maxRow || r.looksLikeARow(r.ahead[n].text) {
			if r.err != nil && !errors.Is(r.err, io.EOF) {
				return rowText{}, r.err
			}
			return refuse("quote_open")
		}
		text = append(text, r.ahead[n].text...)
		quotes += bytes.Count(r.ahead[n].text, quote)
	}
	if n > 1 {
		if _, err := readCells(text, r.separator); err != nil {
			return refuse("quote_open") // another quote has closed it
		}
	}
	r.use(n)
	return rowText{Row: first, text: text}, nil
}

// looksLikeARow reports whether a line of text has what rows have where they have it.
func (r *Reader) looksLikeARow(line []byte) bool {
	if r.like == nil || r.column < 0 {
		return false
	}
	cells := strings.SplitN(string(line), string(r.separator), r.column+2)
	return len(cells) > r.column && r.like(strings.Trim(cells[r.column], "\" \t\r\n"))
}

// peek reads lines of text until there are more than n ahead, and reports whether there
// are.
func (r *Reader) peek(n int) bool {
	for len(r.ahead) <= n && r.err == nil {
		var l textLine
		for {
			part, err := r.in.ReadSlice('\n')
			if l.long = l.long || len(l.text)+len(part) > maxLine; !l.long {
				l.text = append(l.text, part...)
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			r.err = err
			break
		}
		if len(l.text) > 0 {
			r.ahead = append(r.ahead, l)
		}
	}
	return len(r.ahead) > n
}

// use drops lines of text that were read.
func (r *Reader) use(n int) {
	clear(r.ahead[:n])
	r.ahead, r.line = r.ahead[n:], r.line+n
}
