//go:build !js

package page

// loadSentences does nothing: a program that is not in a browser contains the
// sentences.
func loadSentences() bool { return true }
