package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// newLeaver returns the id of somebody who left.
func newLeaver() mingjing.ResidentID { return mingjing.ResidentID(kernel.NewID()) }

func TestALineThatAFullDiskHasTornIsNeverGluedToTheNext(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), erasuresFile)
	a, b, c := newLeaver(), newLeaver(), newLeaver()
	for torn := range len(erasureLine(a)) + 1 {
		_ = os.Remove(path)
		full := &erasureFile{path: path, write: func(f *os.File, line string) (int, error) {
			n, _ := f.WriteString(line[:torn])
			return n, syscall.ENOSPC
		}}
		if err := full.Add(ctx, a); err == nil {
			t.Fatal("a line that was torn is acknowledged")
		}
		list := &erasureFile{path: path}
		for _, id := range []mingjing.ResidentID{b, a, c} {
			if err := list.Add(ctx, id); err != nil {
				t.Fatalf("torn after %d bytes: %v", torn, err)
			}
		}
		got, err := list.All(ctx)
		slices.Sort(got)
		want := []mingjing.ResidentID{a, b, c}
		slices.Sort(want)
		if err != nil || !slices.Equal(slices.Compact(got), want) {
			data, _ := os.ReadFile(path)
			t.Errorf("torn after %d bytes, the list has %v, %v:\n%s", torn, got, err, data)
		}
	}
}

func TestTheListOfErasuresReadsWhatOlderServersWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), erasuresFile)
	list := &erasureFile{path: path}
	a, b, c, d := newLeaver(), newLeaver(), newLeaver(), newLeaver()
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A whole line; one behind the beginning of another; two in one.
	write(string(a) + "\n" + string(d[:7]) + string(b) + "\n" + string(c) + string(d) + "\n")
	if got, err := list.All(t.Context()); err != nil || !slices.Equal(got, []mingjing.ResidentID{a, b, c, d}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, damaged := range []string{erasureLine(a)[:30] + "zzzz", strings.ToLower(string(b)), erasureLine(a) + "0"} {
		write(string(a) + "\n" + damaged + "\n")
		if got, err := list.All(t.Context()); err == nil || got != nil || !strings.Contains(err.Error(), "line 2 is damaged") {
			t.Errorf("with a damaged line it is %v, %v", got, err)
		}
		if err := list.Add(t.Context(), c); err == nil {
			t.Error("something is added to a damaged list, which nobody can read then")
		}
	}
}
