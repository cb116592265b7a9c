package main

import (
	"time"

	"mingjing"
	"mingjing/app/page/resident"
	"mingjing/server/api"
	"mingjing/server/letter"
)

// A printer makes the PDF files of a resident's export, with the text of the pages. It is
// made before casework, which has the versions of the rulebooks for the names in it.
type printer struct{ p *program }

func (p printer) Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error) {
	v := exportView(e)
	v.Page, v.Data = "letter", &l
	api.Label(p.p.casework.City.Versions(), v, l)
	return letter.PDF(resident.LetterOf(v), v.Lang)
}

func (p printer) Export(e mingjing.Export) ([]byte, error) {
	v := exportView(e)
	v.Page = "export"
	api.Label(p.p.casework.City.Versions(), v, e)
	return letter.PDF(resident.ExportOf(v, e), v.Lang)
}

// exportView returns the view of a page that the resident themselves reads.
func exportView(e mingjing.Export) *mingjing.View {
	zone, err := time.LoadLocation(e.Zone)
	if err != nil { // casework has decoded it already
		zone = time.UTC
	}
	now := e.MadeAt.In(zone)
	return &mingjing.View{Lang: e.Lang, Now: now, Today: mingjing.DateOf(now), Zone: e.Zone,
		Who: &mingjing.Viewer{Role: mingjing.RoleResident, Name: e.Identity.Name, IDMasked: mingjing.IDNumber(e.Identity.IDNumber).Masked()}}
}
