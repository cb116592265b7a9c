//go:build !js

package page

// loadSentences does nothing: a program that is not in a browser has them inside.
func loadSentences() bool { return true }
