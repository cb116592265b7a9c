package mingjing_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestARulebookIsPinnedToItsBytes(t *testing.T) {
	data := rulebooks.Files()["rongcheng.json"]
	book, err := mingjing.DecodeRulebook(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := mingjing.RulebookRef{ID: "rongcheng", Version: book.Version, Hash: hex.EncodeToString(sum[:])}
	if book.Ref() != want {
		t.Errorf("pinned to %+v, want %+v", book.Ref(), want)
	}
	spaced, err := mingjing.DecodeRulebook(append(slices.Clone(data), ' '))
	if err != nil || spaced.Ref().Hash == want.Hash {
		t.Errorf("another byte gives the same hash: %+v, %v", spaced.Ref(), err)
	}
}
