package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	customSection = 0
	dataSection   = 11
	// maxMemory is more than the data of any program: a larger address is an error.
	maxMemory = 1 << 30
	// minGap is the shortest run of zeros that ends a data segment. Memory is zero
	// when a program starts, so zeros need not be written.
	minGap = 256
)

// A section is one section of a WebAssembly module, as in the file.
type section struct {
	id   byte
	body []byte
}

// A module is a WebAssembly module, and the memory that its data segments make.
type module struct {
	sections []section
	memory   []byte
}

var errShort = errors.New("the module ends too early")

// A reader reads the numbers of a WebAssembly module. After an error it reads nothing
// more.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uleb() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errShort, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) sleb() int64 {
	var v int64
	for i, b := range r.b {
		shift := 7 * uint(i)
		if shift > 56 {
			break
		}
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			r.b = r.b[i+1:]
			return v
		}
	}
	r.err, r.b = errShort, nil
	return 0
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.err, r.b = errShort, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// parseModule reads the sections of a program of Go 1.26, and its memory.
func parseModule(data []byte) (*module, error) {
	const header = "\x00asm\x01\x00\x00\x00"
	if !bytes.HasPrefix(data, []byte(header)) {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	m := &module{}
	version := ""
	r := &reader{b: data[len(header):]}
	for len(r.b) > 0 {
		id := r.bytes(1)[0]
		body := r.bytes(r.uleb())
		if r.err != nil {
			return nil, r.err
		}
		m.sections = append(m.sections, section{id, body})
		if id == customSection {
			c := &reader{b: body}
			if string(c.bytes(c.uleb())) == "producers" {
				version = producer(c)
			}
		}
		if id == dataSection {
			if err := m.load(body); err != nil {
				return nil, err
			}
		}
	}
	if version != "go1.26" && !strings.HasPrefix(version, "go1.26.") {
		return nil, fmt.Errorf("made by %q, and only what Go 1.26 makes is known", version)
	}
	return m, nil
}

// producer returns the version of the Go compiler in a section "producers".
func producer(r *reader) string {
	for range r.uleb() {
		r.bytes(r.uleb())
		for range r.uleb() {
			name, version := string(r.bytes(r.uleb())), string(r.bytes(r.uleb()))
			if name == "Go cmd/compile" {
				return version
			}
			if r.err != nil {
				return ""
			}
		}
		if r.err != nil {
			return ""
		}
	}
	return ""
}

// load writes the segments of a data section into memory.
func (m *module) load(body []byte) error {
	r := &reader{b: body}
	for range r.uleb() {
		mode, op := r.uleb(), r.bytes(1)
		at, end := r.sleb(), r.bytes(1)
		data := r.bytes(r.uleb())
		if r.err != nil {
			return r.err
		}
		if mode != 0 || op[0] != 0x41 || end[0] != 0x0b {
			return errors.New("a data segment that is not at a constant address")
		}
		if at < 0 || at+int64(len(data)) > maxMemory {
			return fmt.Errorf("a data segment at %#x", at)
		}
		if n := int(at) + len(data); n > len(m.memory) {
			m.memory = append(m.memory, make([]byte, n-len(m.memory))...)
		}
		copy(m.memory[at:], data)
	}
	return r.err
}

// encode returns the module as a file, with its memory in few segments.
func (m *module) encode() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range m.sections {
		if s.id == dataSection {
			s.body = segments(m.memory)
		}
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(s.body)))
		out = append(out, s.body...)
	}
	return out
}

// segments returns a data section for memory: sorted by address, without long runs of zeros.
func segments(memory []byte) []byte {
	var body []byte
	count := uint64(0)
	gap := make([]byte, minGap)
	for at := 0; at < len(memory); {
		if memory[at] == 0 {
			at++
			continue
		}
		end := len(memory)
		if n := bytes.Index(memory[at:], gap); n >= 0 {
			end = at + n
		}
		data := bytes.TrimRight(memory[at:end], "\x00")
		body = append(body, 0, 0x41)
		body = appendSleb(body, int64(at))
		body = append(body, 0x0b)
		body = binary.AppendUvarint(body, uint64(len(data)))
		body = append(body, data...)
		count++
		at = end
	}
	return append(binary.AppendUvarint(nil, count), body...)
}

func appendSleb(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
