package main

import (
	"context"
	"strings"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/identity"
)

// guessable returns the words that anybody would try in a password here: the names of the
// product, of the cities and of their rulebooks.
func guessable(books []*mingjing.Rulebook) []string {
	var words []string
	for _, lang := range mingjing.Languages {
		words = append(words, i18n.T(lang, "brand.en"), i18n.T(lang, "brand.zh"))
		for _, b := range books {
			words = append(words, b.City.In(lang), strings.TrimSuffix(b.City.In(lang), "市"), b.Name.In(lang))
		}
	}
	return words
}

// tellSecurity tells residents of what has happened with their own login, and writes it into
// the staff register where it is staff's.
// stepOf is the step of the staff register for what somebody has changed of their login.
var stepOf = map[string]string{mingjing.SecurityPasswordChanged: mingjing.StaffPassword,
	mingjing.SecurityPasskeyAdded: mingjing.StaffPasskeyAdded, mingjing.SecurityPasskeyRemoved: mingjing.StaffPasskeyRemoved}

func (p *program) tellSecurity(ctx context.Context, e identity.SecurityEvent) error {
	if e.Login != "" {
		return p.casework.Staff.LoginChanged(ctx, e.Login, stepOf[e.Code])
	}
	return p.casework.Notices.TellSecurity(ctx, e.Resident, e.Code, e.Device)
}
