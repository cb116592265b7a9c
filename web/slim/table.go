package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// The layout is runtime/symtab.go's of Go 1.26, with 64-bit words.
const (
	headerSize = 72
	moduleSize = 336
	funcSize   = 44
	inlineSize = 16

	pcdataUnsafePoint = 0
	pcdataInlineTree  = 2
	pcdataArgLive     = 3
	funcdataInline    = 3
	funcdataArgInfo   = 5
	funcdataArgLive   = 6
	funcIDWrapper     = 23
	none              = ^uint32(0)
	argsEnd           = 0xff
	funcIDField       = 40
	numFuncdataField  = 43
	startLineField    = 36
	compilationField  = 32
	numPcdataField    = 28
	pclnField         = 24
	pcfileField       = 20
	pcspField         = 16
	nameField         = 4
	inlineNameField   = 4
	inlineParentField = 8
	inlineLineField   = 12
)

// wrapperName is the name that blanked method wrappers get: runtime.panicwrap takes
// the name of its caller apart, and throws when it does not look like this.
const wrapperName = "?.(*?).?"

// keepName reports whether the runtime compares the name, or uses it to show frames.
func keepName(name string) bool {
	return strings.HasPrefix(name, "runtime.") || name == "reflect.makeFuncStub" || name == "reflect.methodValueCall"
}

// A table is the program's table of functions (pclntab), as slices of its memory.
type table struct {
	memory                                []byte
	names, units, files, pctab, functions []byte
	entries                               []byte // pairs of entry and offset in functions
	text, gofunc                          uint64
	gofuncEnd                             uint64
}

var order = binary.LittleEndian

// findTable finds the table of functions in memory. It returns an error for a table
// that is not laid out as in Go 1.26.
func findTable(m *module) (*table, error) {
	magic := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}
	for from := 0; ; {
		i := bytes.Index(m.memory[from:], magic)
		if i < 0 {
			return nil, errors.New("no table of functions with the magic number of Go 1.26")
		}
		header := from + i
		from = header + 1
		if header%8 != 0 || header+headerSize > len(m.memory) {
			continue
		}
		address := order.AppendUint64(nil, uint64(header))
		address = order.AppendUint64(address, uint64(header)+order.Uint64(m.memory[header+32:]))
		at := bytes.Index(m.memory, address)
		if at < 0 || at%8 != 0 || at+moduleSize > len(m.memory) {
			continue
		}
		return readTable(m.memory, header, at)
	}
}

func readTable(memory []byte, header, module int) (*table, error) {
	t := &table{memory: memory}
	word := func(at int) uint64 { return order.Uint64(memory[module+at:]) }
	for i, part := range []struct {
		to   *[]byte
		size uint64
	}{{&t.names, 1}, {&t.units, 4}, {&t.files, 1}, {&t.pctab, 1}, {&t.functions, 1}, {&t.entries, 8}} {
		start, n, capacity := word(8+24*i), word(16+24*i), word(24+24*i)
		offset := uint64(header) + order.Uint64(memory[header+32+8*min(i, 4):])
		if n != capacity || n > maxMemory || i < 5 && start != offset || start+n*part.size > uint64(len(memory)) {
			return nil, fmt.Errorf("part %d of the table of functions is not where Go 1.26 puts it", i)
		}
		*part.to = memory[start : start+n*part.size]
	}
	t.text, t.gofunc, t.gofuncEnd = word(176), word(320), word(328)
	if t.gofunc > t.gofuncEnd || t.gofuncEnd > uint64(len(memory)) || word(160) != t.text<<16+uint64(order.Uint32(t.entries))<<16 {
		return nil, errors.New("the program's description of itself is not laid out as in Go 1.26")
	}
	if len(t.entries) < 16 || len(t.names) == 0 || len(t.pctab) == 0 {
		return nil, errors.New("the table of functions is empty")
	}
	if n := order.Uint64(memory[header+8:]); n != uint64(len(t.entries)/8-1) {
		return nil, fmt.Errorf("%d functions, but %d entries", n, len(t.entries)/8-1)
	}
	return t, nil
}

// A function is the record of one function, with its pcdata and funcdata.
type function struct{ b []byte }

func (t *table) function(i int) (function, error) {
	at := uint64(order.Uint32(t.entries[8*i+4:]))
	if at+funcSize > uint64(len(t.functions)) {
		return function{}, fmt.Errorf("function %d is outside of the table", i)
	}
	b := t.functions[at:]
	size := uint64(funcSize) + 4*uint64(order.Uint32(b[numPcdataField:])) + 4*uint64(b[numFuncdataField])
	if size > uint64(len(b)) || order.Uint32(b) != order.Uint32(t.entries[8*i:]) {
		return function{}, fmt.Errorf("function %d is not laid out as in Go 1.26", i)
	}
	return function{b[:size]}, nil
}

func (f function) get(field int) uint32 { return order.Uint32(f.b[field:]) }

func (f function) set(field int, v uint32) { order.PutUint32(f.b[field:], v) }

// pcdata returns the field of a pcdata table, or -1.
func (f function) pcdata(i int) int {
	if i >= int(f.get(numPcdataField)) {
		return -1
	}
	return funcSize + 4*i
}

// funcdata returns the field of a piece of funcdata, or -1.
func (f function) funcdata(i int) int {
	if i >= int(f.b[numFuncdataField]) {
		return -1
	}
	return funcSize + 4*int(f.get(numPcdataField)) + 4*i
}

func (t *table) name(at uint32) string {
	if uint64(at) >= uint64(len(t.names)) {
		return ""
	}
	name, _, _ := bytes.Cut(t.names[at:], []byte{0})
	return string(name)
}

// walk calls f with each value of a pcvalue table and the end of its addresses, and returns the table's length.
func (t *table) walk(at uint32, f func(value int32, end uint64)) (int, error) {
	if uint64(at) >= uint64(len(t.pctab)) {
		return 0, errors.New("a table of addresses outside of the program")
	}
	r := &reader{b: t.pctab[at:]}
	value, pc := int32(-1), uint64(0)
	for first := true; ; first = false {
		delta := uint32(r.uleb())
		if r.err != nil {
			return 0, r.err
		}
		if delta == 0 && !first {
			return len(t.pctab[at:]) - len(r.b), nil
		}
		value += int32(-(delta & 1) ^ delta>>1)
		pc += r.uleb()
		if f != nil {
			f(value, pc)
		}
	}
}

// value returns the value at a distance from the function's entry, or -1.
func (t *table) value(at uint32, offset uint64) int32 {
	found, result := false, int32(-1)
	if at != 0 {
		_, _ = t.walk(at, func(value int32, end uint64) {
			if !found && offset < end {
				found, result = true, value
			}
		})
	}
	return result
}

// inlined returns the records of the functions that were inlined into a function.
func (t *table) inlined(f function) ([]byte, error) {
	tree, index := f.funcdata(funcdataInline), f.pcdata(pcdataInlineTree)
	if tree < 0 || index < 0 || f.get(tree) == none || f.get(index) == 0 {
		return nil, nil
	}
	count := int32(0)
	if _, err := t.walk(f.get(index), func(value int32, _ uint64) { count = max(count, value+1) }); err != nil {
		return nil, err
	}
	start := t.gofunc + uint64(f.get(tree))
	end := start + inlineSize*uint64(count)
	if end > t.gofuncEnd {
		return nil, errors.New("a tree of inlined functions outside of the program")
	}
	return t.memory[start:end], nil
}

// slim returns the program with few data segments, and without what only tracebacks and signals read.
func slim(data []byte) ([]byte, error) {
	m, err := parseModule(data)
	if err != nil {
		return nil, err
	}
	t, err := findTable(m)
	if err != nil {
		return nil, err
	}
	if err := t.blank(); err != nil {
		return nil, err
	}
	return m.encode(), nil
}

// blank removes names, files, lines and argument descriptions. The rest of the names
// and of the tables of addresses is moved together.
func (t *table) blank() error {
	names := &packer{from: t.names, at: map[uint32]uint32{}, to: []byte{0}}
	tables := &packer{from: t.pctab, at: map[uint32]uint32{0: 0}, to: []byte{0}}
	wrapper := uint32(len(names.to))
	names.to = append(names.to, wrapperName+"\x00"...)
	rename := func(at uint32, wraps bool) uint32 {
		switch name := t.name(at); {
		case keepName(name):
			return names.move(at, len(name)+1)
		case wraps:
			return wrapper
		}
		return 0
	}
	needed := map[uint32]bool{}
	dropped := map[uint32]bool{}
	trees := map[uint32]bool{}
	seen := map[uint32]bool{}
	for i := range len(t.entries)/8 - 1 {
		f, err := t.function(i)
		if err != nil {
			return err
		}
		at := order.Uint32(t.entries[8*i+4:])
		if seen[at] {
			continue
		}
		seen[at] = true
		calls, err := t.inlined(f)
		if err != nil {
			return err
		}
		for i := range int(f.b[numFuncdataField]) {
			field := f.funcdata(i)
			switch at := f.get(field); {
			case at == none:
			case i == funcdataArgInfo || i == funcdataArgLive:
				dropped[at] = true
				f.set(field, none)
			default:
				needed[at] = true
			}
		}
		if tree := f.funcdata(funcdataInline); calls != nil && !trees[f.get(tree)] {
			trees[f.get(tree)] = true
			for ; len(calls) > 0; calls = calls[inlineSize:] {
				order.PutUint32(calls[inlineNameField:], rename(order.Uint32(calls[inlineNameField:]), false))
				order.PutUint32(calls[inlineLineField:], 0)
			}
		}
		f.set(nameField, rename(f.get(nameField), f.b[funcIDField] == funcIDWrapper))
		for _, field := range []int{pcfileField, pclnField, compilationField, startLineField} {
			f.set(field, 0)
		}
		// Unsafe points are for preempting by signals, which WebAssembly has not.
		for _, i := range []int{pcdataUnsafePoint, pcdataArgLive} {
			if field := f.pcdata(i); field >= 0 {
				f.set(field, 0)
			}
		}
		kept := []int{pcspField}
		for i := range int(f.get(numPcdataField)) {
			kept = append(kept, f.pcdata(i))
		}
		for _, field := range kept {
			at := f.get(field)
			if at == 0 {
				continue
			}
			n, err := t.walk(at, nil)
			if err != nil {
				return err
			}
			f.set(field, tables.move(at, n))
		}
	}
	for at := range dropped {
		// The linker stores equal pieces once, whatever they are for.
		if start := t.gofunc + uint64(at); !needed[at] && start < t.gofuncEnd {
			piece := t.memory[start:t.gofuncEnd]
			clear(piece[:bytes.IndexByte(piece, argsEnd)+1])
		}
	}
	if err := cmp.Or(names.replace(), tables.replace()); err != nil {
		return err
	}
	clear(t.units)
	clear(t.files)
	return nil
}

// A packer moves the pieces of a table that stay to its beginning.
type packer struct {
	from, to []byte
	at       map[uint32]uint32
}

func (p *packer) move(at uint32, n int) uint32 {
	if to, ok := p.at[at]; ok {
		return to
	}
	to := uint32(len(p.to))
	p.to = append(p.to, p.from[at:int(at)+n]...)
	p.at[at] = to
	return to
}

func (p *packer) replace() error {
	if len(p.to) > len(p.from) {
		return errors.New("what is kept is longer than what there was")
	}
	clear(p.from[copy(p.from, p.to):])
	return nil
}

var address = regexp.MustCompile(`\bpc=0x([0-9a-f]+)`)

// annotate appends to a line with an address the functions that it is in, the innermost
// first.
func (t *table) annotate(line string) string {
	found := address.FindStringSubmatch(line)
	if found == nil {
		return line
	}
	pc, err := strconv.ParseUint(found[1], 16, 64)
	if err != nil {
		return line
	}
	for _, place := range t.places(pc) {
		line += "\n\t\t" + place
	}
	return line
}

// places returns the function at a return address, as "name file:line", after those inlined there.
func (t *table) places(pc uint64) []string {
	n := len(t.entries)/8 - 1
	entry := func(i int) uint64 { return (t.text + uint64(order.Uint32(t.entries[8*i:]))) << 16 }
	i := sort.Search(n, func(i int) bool { return entry(i+1) > pc })
	if i == n || pc < entry(0) {
		return nil
	}
	f, err := t.function(i)
	if err != nil {
		return nil
	}
	offset := pc - entry(i)
	if offset > 0 {
		offset-- // a return address is after the call
	}
	calls, err := t.inlined(f)
	if err != nil {
		return nil
	}
	var found []string
	for {
		place := t.place(f, offset)
		index := -1
		if field := f.pcdata(pcdataInlineTree); field >= 0 {
			index = int(t.value(f.get(field), offset))
		}
		if index < 0 || (index+1)*inlineSize > len(calls) {
			return append(found, t.name(f.get(nameField))+" "+place)
		}
		call := calls[index*inlineSize:]
		found = append(found, t.name(order.Uint32(call[inlineNameField:]))+" "+place)
		offset = uint64(order.Uint32(call[inlineParentField:]))
	}
}

func (t *table) place(f function, offset uint64) string {
	file, line := t.value(f.get(pcfileField), offset), t.value(f.get(pclnField), offset)
	unit := 4 * (int64(f.get(compilationField)) + int64(file))
	if file < 0 || unit < 0 || unit+4 > int64(len(t.units)) {
		return "?:0"
	}
	at := order.Uint32(t.units[unit:])
	if uint64(at) >= uint64(len(t.files)) {
		return "?:0"
	}
	name, _, _ := bytes.Cut(t.files[at:], []byte{0})
	return fmt.Sprintf("%s:%d", name, line)
}
