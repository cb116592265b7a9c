package web

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

func TestAnAddressChangesWithItsContent(t *testing.T) {
	u := URL("icons/mark.svg")
	name, hash, ok := strings.Cut(u, "?v=")
	if !ok || name != "/web/icons/mark.svg" || len(hash) != 12 {
		t.Errorf("got %q", u)
	}
	if Hash([]byte("a")) == Hash([]byte("b")) {
		t.Error("two contents have one hash")
	}
}

func TestOnlyPublicFilesAreServed(t *testing.T) {
	for _, f := range Files() {
		switch {
		case f.Name == "worker.js", f.Name == "check.js", strings.HasPrefix(f.Name, "build/"), strings.HasSuffix(f.Name, ".go"):
			t.Errorf("%s is public", f.Name)
		case f.Type == "", len(f.Data) == 0:
			t.Errorf("%s has no type or no content", f.Name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a file that is not there has an address")
		}
	}()
	URL("worker.js")
}

func TestEveryIconHasTheSizeInItsName(t *testing.T) {
	sizes := map[string]int{"icons/icon-192.png": 192, "icons/icon-512.png": 512, "icons/maskable-512.png": 512,
		"icons/apple-touch-180.png": 180, "icons/favicon-32.png": 32}
	for name, size := range sizes {
		f, ok := public()[name]
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		c, err := png.DecodeConfig(bytes.NewReader(f.Data))
		if err != nil || c.Width != size || c.Height != size {
			t.Errorf("%s is %dx%d: %v", name, c.Width, c.Height, err)
		}
	}
}

func TestTheWorkerKeepsNoPageButTheOfflineOnes(t *testing.T) {
	w := Worker()
	for _, want := range []string{"{{.Version}}", "{{.Files}}", "{{.Programs}}", "{{.OfflinePages}}", `credentials: "omit"`} {
		if !strings.Contains(w, want) {
			t.Errorf("the worker lacks %s", want)
		}
	}
	if n := strings.Count(w, "cache.put("); n != 1 {
		t.Errorf("the worker puts into its cache in %d places, want 1: the offline pages", n)
	}
}
