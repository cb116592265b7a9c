package api

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"mingjing"
)

// TestEveryTypedFieldIsShownAgain: who adds a field of free text gives it a name in words,
// "field.<name>", or says here that nobody types it.
func TestEveryTypedFieldIsShownAgain(t *testing.T) {
	// What comes from the page, a list or a script.
	chosen := []string{"agency", "auth", "credential", "cursor", "device", "draft", "endpoint", "id_reason",
		"idempotency_key", "key_ticket", "kind", "lang", "listing_id",
		"next", "organisation_id", "others", "p256dh", "passkey_id", "place", "previous",
		"record_id", "relative_id", "rulebook", "session_id", "state", "step", "ticket", "to", "visit",
		"what", "evidence_id"}
	typed := 0
	for _, e := range endpoints() {
		d := e.describe()
		if !d.form {
			continue
		}
		shown := map[string]mingjing.UnsentKind{}
		for _, f := range formFields(d.body) {
			shown[f.Name] = f.Kind
		}
		for _, f := range reflect.VisibleFields(d.body) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			free := f.Type == reflect.TypeFor[string]() || f.Type == reflect.TypeFor[[]string]() || f.Type == dateType
			if !free || f.Tag.Get("enum") != "" || slices.Contains(chosen, name) {
				continue
			}
			typed++
			if k := shown[name]; k != mingjing.UnsentLine && k != mingjing.UnsentText && k != mingjing.UnsentSecret {
				t.Errorf("%s: what is typed into %s is shown again as %q", d.path, name, k)
			}
		}
	}
	if typed < 30 {
		t.Errorf("only %d fields are typed into", typed)
	}
}

func TestWhatIsSecretIsNotSentBack(t *testing.T) {
	const secret = "a secret that was typed"
	for _, e := range endpoints() {
		d := e.describe()
		if !d.form {
			continue
		}
		values := map[string][]string{"unknown": {secret}}
		for _, f := range formFields(d.body) {
			if secretField(f.Name, secret) && f.Name != "ticket" && f.Name != "key_ticket" {
				values[f.Name] = []string{secret}
			}
		}
		for _, f := range unsentFields(d.body, values) {
			if f.Value != "" {
				t.Errorf("%s sends %s back", d.path, f.Name)
			}
		}
	}
}
