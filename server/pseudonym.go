package main

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// pseudonyms returns a function that returns what stands for somebody in the log: the
// same for the same person, and for who lacks the key nothing that leads to them.
func pseudonyms(idKey []byte) func(id string) string {
	key, err := hkdf.Expand(sha256.New, idKey, "mingjing log pseudonyms", sha256.Size)
	if err != nil { // the length is right
		panic(fmt.Sprintf("derive the key of the log's pseudonyms: %v", err))
	}
	return func(id string) string {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(id))
		return hex.EncodeToString(h.Sum(nil))[:16]
	}
}
