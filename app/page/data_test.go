//go:build !js

package page_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"

	"github.com/PuerkitoBio/goquery"
)

func TestTheDataOfAPageAreReadAsTheyWereSent(t *testing.T) {
	n := 0
	check := func(t *testing.T, v *mingjing.View) {
		t.Helper()
		sent, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var read mingjing.View
		if err := json.Unmarshal(sent, &read); err != nil {
			t.Fatal(err)
		}
		if reflect.TypeOf(read.Data) != reflect.TypeOf(v.Data) {
			t.Fatalf("a %T is read as a %T", v.Data, read.Data)
		}
		if again, err := json.Marshal(&read); err != nil || !bytes.Equal(again, sent) {
			t.Errorf("it was %s, and is read as %s: %v", sent, again, err)
		}
		if v.Data != nil {
			n++
		}
	}
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, _ *goquery.Document, _ string) { check(t, v) })
	for name, v := range pagetest.HeldScreens("en") {
		t.Run(name, func(t *testing.T) { check(t, v) })
	}
	if n < 150 {
		t.Errorf("only %d samples have data", n)
	}
}
