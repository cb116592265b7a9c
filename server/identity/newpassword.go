package identity

import (
	"context"
	"strings"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// PersonBy sets who knows the residents' names and ID numbers, which are no part of a good
// password. Kratos knows neither. It is asked only after a code or a password was right.
func (i *Identity) PersonBy(f func(ctx context.Context, resident mingjing.ResidentID) (name string, n mingjing.IDNumber, err error)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.about = f
}

// checkPersonal returns an invalid_form error when a new password is made of what is
// known about the resident.
func (i *Identity) checkPersonal(ctx context.Context, resident mingjing.ResidentID, text, identifier string) error {
	i.mu.Lock()
	about := i.about
	i.mu.Unlock()
	if about == nil {
		return nil
	}
	name, n, err := about(ctx, resident)
	if err != nil {
		return i.unavailable(ctx, "look up whose password it is to be", err)
	}
	if w := i.passwordProblem(text, identifier, passwords.Person{IDNumber: string(n), Names: []string{name}}); w != "" {
		return errNewPassword(w)
	}
	return nil
}

// passwordProblem returns the code of what is wrong with a new password, or "". It
// refuses everything that Kratos would refuse, because Kratos is asked only after a code
// is used up.
func (i *Identity) passwordProblem(text, identifier string, p passwords.Person) string {
	p.Context = i.context
	if code := passwords.Problem(text, p); code != "" {
		return code
	}
	lower := strings.ToLower(passwords.Normal(text))
	if 2*commonRun(lower, strings.ToLower(identifier)) > len(lower) {
		return "password_weak"
	}
	return ""
}

// commonRun returns the length in bytes of the longest text that is in both.
func commonRun(a, b string) int {
	best, row := 0, make([]int, len(b)+1)
	for x := range len(a) {
		for y := len(b) - 1; y >= 0; y-- {
			if a[x] == b[y] {
				row[y+1] = row[y] + 1
				best = max(best, row[y+1])
			} else {
				row[y+1] = 0
			}
		}
	}
	return best
}

// errNewPassword is the error of a new password that will not do.
func errNewPassword(code string) error {
	return mingjing.InvalidFields(mingjing.FieldError{Field: "new_password", Code: code})
}
