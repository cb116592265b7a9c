package casework_test

import (
	"errors"
	"mingjing"
	"slices"
)

// wants fails unless err has the code.
func wants(t tb, err error, code string) {
	t.Helper()
	if got := codeOf(err); got != code {
		t.Errorf("error %q (%v), want %q", got, err, code)
	}
}

func codeOf(err error) string {
	var e *mingjing.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return "not a public error: " + err.Error()
	case e.Code == "invalid_form" && len(e.Fields) > 0:
		return e.Fields[0].Field + ":" + e.Fields[0].Code
	}
	return e.Code
}

// counts says whether the record or listing contributes to the score.
func counts(s mingjing.Score, id string) bool {
	return slices.ContainsFunc(s.Explanation, func(c mingjing.Contribution) bool { return c.RecordID == id || c.ListingID == id })
}

func asError(err error, e **mingjing.Error) bool { return errors.As(err, e) }
