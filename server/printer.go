package main

import (
	"time"

	"mingjing"
	"mingjing/app/page/resident"
	"mingjing/server/api"
	"mingjing/server/letter"
)

// A printer sets on paper what a resident takes along, in the words of the pages.
type printer struct{ books []*mingjing.Rulebook }

func (p printer) Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error) {
	v := exportView(e)
	v.Page, v.Data = "letter", &l
	api.Label(p.books, v, l)
	return letter.PDF(resident.LetterOf(v), v.Lang)
}

func (p printer) Export(e mingjing.Export) ([]byte, error) {
	v := exportView(e)
	v.Page = "export"
	api.Label(p.books, v, e)
	return letter.PDF(resident.ExportOf(v, e), v.Lang)
}

// exportView returns what a page has where the resident themselves looks at it.
func exportView(e mingjing.Export) *mingjing.View {
	zone, err := time.LoadLocation(e.Zone)
	if err != nil { // casework has loaded it already
		zone = time.UTC
	}
	now := e.MadeAt.In(zone)
	return &mingjing.View{Lang: e.Lang, Now: now, Today: mingjing.DateOf(now), Zone: e.Zone,
		Who: &mingjing.Viewer{Role: mingjing.RoleResident, Name: e.Identity.Name, IDMasked: mingjing.IDNumber(e.Identity.IDNumber).Masked()}}
}
