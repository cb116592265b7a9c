package mingjing

import "time"

// An ActivationCode is a one-time code with which a resident sets the password. It is
// shown once.
type ActivationCode struct {
	// Code is twelve digits, as "1234-5678-9012".
	Code  string    `json:"code"`
	Until time.Time `json:"until"`
}
