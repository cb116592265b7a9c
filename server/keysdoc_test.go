package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// makesKey finds where keys are made or derived.
var makesKey = regexp.MustCompile(`hkdf\.(Key|Expand)\(|keyset\.NewHandle\(|GenerateKey\(|argon2\.IDKey\(|Seed\w*\)|withNewKeys\(`)

var hkdfLabel = regexp.MustCompile(`"(mingjing (?:identity [a-z]+|master key file|log [a-z]+|agency ))"`)

func TestTheInventoryOfKeysNamesEachKeyThatTheProgramMakes(t *testing.T) {
	data, err := os.ReadFile("../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	said := string(data)
	typ := reflect.TypeFor[secrets]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(said, "`"+name+"`") {
			t.Errorf("%s of secrets.json is not in the inventory", name)
		}
	}
	labels := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			regexp.MustCompile(`^(demo|sim)/|test/`).MatchString(path) {
			return err
		}
		code, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if makesKey.Match(code) && !strings.Contains(said, "(../server/"+filepath.ToSlash(path)+")") {
			t.Errorf("%s makes a key that is not in the inventory", path)
		}
		for _, m := range hkdfLabel.FindAllStringSubmatch(string(code), -1) {
			labels++
			if !strings.Contains(said, "`"+strings.TrimSpace(m[1])+"`") {
				t.Errorf("the key %q of %s is not in the inventory", m[1], path)
			}
		}
		return nil
	})
	if err != nil || labels < 8 {
		t.Fatalf("%d labels, %v", labels, err)
	}
	for step := range secretRotations {
		if !strings.Contains(said, "mingjing keys "+step) {
			t.Errorf("the inventory does not say that there is keys %s", step)
		}
	}
}

func TestAKeyThatIsRotatedIsANewOneAndAllOthersStay(t *testing.T) {
	dir := t.TempDir()
	before, err := readSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string][]string{"rotate sessions": {"SessionKey"}, "rotate push": {"VAPIDKey"},
		"rotate statement": {"StatementKey", "StatementKeysBefore"}}
	for step, change := range secretRotations {
		if err := rotateSecret(dir, change); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		after, err := readSecrets(dir)
		if err != nil {
			t.Fatal(err)
		}
		var differ []string
		for f := range reflect.TypeFor[secrets]().Fields() {
			was, is := reflect.ValueOf(before).FieldByIndex(f.Index), reflect.ValueOf(after).FieldByIndex(f.Index)
			if !reflect.DeepEqual(was.Interface(), is.Interface()) {
				differ = append(differ, f.Name)
			}
		}
		want := changed[step]
		if strings.Join(differ, " ") != strings.Join(want, " ") {
			t.Errorf("%s changes %v", step, differ)
		}
		before = after
	}
	if err := rotateSecret(t.TempDir(), secretRotations["rotate push"]); err == nil {
		t.Error("where there is no key one is rotated")
	}
}
