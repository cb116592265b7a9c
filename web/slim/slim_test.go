package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build builds the test program for WebAssembly, and returns its file and content.
func build(t *testing.T) (string, []byte) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "crash.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "./testdata/crash")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return out, data
}

func TestSlimProgramRunsAndItsPanicIsRead(t *testing.T) {
	full, data := build(t)
	small, err := slim(data)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "small.wasm")
	if err := os.WriteFile(file, small, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/go_js_wasm_exec"), file)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=system")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	out, err := cmd.Output()
	if err == nil {
		t.Fatal("the program did not panic")
	}
	for _, line := range []string{
		"recovered: by hand\n", "recovered: value method ?.?.? called using nil *? pointer\n", "deep: 20000\n", "true\n",
	} {
		if !strings.Contains(string(out), line) {
			t.Errorf("the program did not print %q:\n%s%s", line, out, trace.String())
		}
	}
	if strings.Contains(trace.String(), "main.crash") {
		t.Errorf("the slim program still has names:\n%s", trace.String())
	}
	var read bytes.Buffer
	if err := names(full, &trace, &read); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{
		"main.crash mingjing/web/slim/testdata/crash/main.go:35", "main.main mingjing/web/slim/testdata/crash/main.go:45",
	} {
		if !strings.Contains(read.String(), place) {
			t.Errorf("no %q in the trace:\n%s", place, read.String())
		}
	}
}

func TestSlimJoinsSegmentsAndKeepsEveryOtherSection(t *testing.T) {
	_, data := build(t)
	small, err := slim(data)
	if err != nil {
		t.Fatal(err)
	}
	before, after := mustParse(t, data), mustParse(t, small)
	if before, after := packed(t, data), packed(t, small); after > before*9/10 {
		t.Errorf("%d bytes of gzip became %d", before, after)
	}
	for i, s := range after.sections {
		if s.id != dataSection && !bytes.Equal(s.body, before.sections[i].body) {
			t.Errorf("section %d is not as it was", s.id)
		}
		if n := (&reader{b: s.body}).uleb(); s.id == dataSection && n > 100 {
			t.Errorf("%d data segments", n)
		}
	}
	joined := (&module{sections: before.sections, memory: before.memory}).encode()
	if !bytes.Equal(bytes.TrimRight(mustParse(t, joined).memory, "\x00"), bytes.TrimRight(before.memory, "\x00")) {
		t.Error("joining changed the memory")
	}
}

// packed returns the size of data after gzip, which is what is sent.
func packed(t *testing.T, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func mustParse(t *testing.T, data []byte) *module {
	t.Helper()
	m, err := parseModule(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	_, data := build(t)
	for name, c := range map[string]struct{ old, new, err string }{
		"no WebAssembly":  {"\x00asm", "\x7fELF", "not a WebAssembly module"},
		"another Go":      {"go1.26", "go1.27", "only what Go 1.26 makes is known"},
		"another magic":   {"\xf1\xff\xff\xff\x00\x00\x01\x08", "\xf2\xff\xff\xff\x00\x00\x01\x08", "magic number"},
		"another quantum": {"\xf1\xff\xff\xff\x00\x00\x01\x08", "\xf1\xff\xff\xff\x00\x00\x04\x08", "magic number"},
	} {
		if _, err := slim(bytes.ReplaceAll(data, []byte(c.old), []byte(c.new))); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{4, 9, 1000, len(data) / 2, len(data) - 1} {
		if _, err := slim(data[:n]); err == nil {
			t.Errorf("a program of which %d bytes are there was taken", n)
		}
	}
}
