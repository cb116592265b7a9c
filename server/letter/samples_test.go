package letter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
)

// TestWriteSamples makes files of the letters in the folder that SAMPLES names, to
// look at.
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("SAMPLES")
	if dir == "" {
		t.Skip("SAMPLES is not set")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.letter.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var l mingjing.Letter
		if err := json.Unmarshal(data, &l); err != nil {
			t.Fatal(err)
		}
		lang := "en"
		if strings.Contains(name, ".zh-CN.") {
			lang = "zh-CN"
		}
		pdf, err := PDF(l, lang)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(strings.TrimSuffix(name, ".json")+".pdf", pdf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
