package api

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"mingjing"
)

// staleCode is the error of an action for which the password has to be given again.
const staleCode = "login_stale"

// redirectToConfirm sends the person to the page that asks for the password, and from
// there back to page.
func (c *call) redirectToConfirm(page string) {
	q := url.Values{"next": {page}}
	c.seeOther(mingjing.Path(c.lang, "confirm") + "?" + q.Encode())
}

const zipType = "application/zip"

var exportPage = page[mingjing.ExportView]{
	name: "export",
	get: func(c *call) (mingjing.ExportView, error) {
		return c.s.casework.Takeaway.Export(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.ExportView]{
			path: "/api/export", access: mingjing.Residents,
			doc: apiDoc{id: "export", summary: "The progress of the export", answer: "The current state."},
			get: func(c *call, _ none) (mingjing.ExportView, error) {
				return c.s.casework.Takeaway.Export(c.ctx(), c.actor())
			},
		},
		action[none, mingjing.ExportView]{
			path: "/api/export", access: mingjing.Residents, status: http.StatusAccepted, errorPage: "export",
			doc: apiDoc{id: "startExport", summary: "Make a file of everything that is held on one",
				about: "It is made in the background and replaces an earlier one; while one is being made, that one is returned. " +
					"It needs a fresh login: otherwise it is a login_stale problem.",
				answer: "It is being made.", fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.ExportView, redirect, error) {
				v, err := c.s.casework.Takeaway.StartExport(c.ctx(), c.actor(), c.lang)
				return v, redirect{page: "export"}, err
			},
		},
		action[none, mingjing.ExportView]{
			path: "/api/export/delete", access: mingjing.Residents, errorPage: "export",
			doc: apiDoc{id: "deleteExport", summary: "Delete the file", answer: "It is deleted.", fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.ExportView, redirect, error) {
				v, err := c.s.casework.Takeaway.DeleteExport(c.ctx(), c.actor())
				return v, redirect{page: "export", done: "export_deleted"}, err
			},
		},
		raw[inLang]{
			path: "/api/export/file", access: mingjing.Residents, write: writeExport, kinds: []string{zipType},
			doc: apiDoc{id: "exportFile", summary: "The file with everything that is held on one",
				about: "A ZIP with export.json, export.schema.json (JSON Schema 2020-12), export.pdf, and below cases/ the evidence and the decision " +
					"letters. It needs a fresh login: otherwise it is a login_stale problem.",
				answer: "The file, as an attachment. It is deleted after a day.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			redirects: "A browser with an old login is first sent to give the password.",
		},
	},
}

// writeExport sends the resident's export as a ZIP.
func writeExport(c *call, in inLang) error {
	c.useLanguage(in)
	job, data, err := c.s.casework.Takeaway.ExportFile(c.ctx(), c.actor())
	if err != nil {
		return err
	}
	c.noStore()
	day := mingjing.DateOf(cmp.Or(job.MadeAt, &job.AskedAt).In(c.s.casework.City.Zone()))
	h := c.w.Header()
	h.Set("Content-Type", zipType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-" + string(day) + ".zip"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.write(http.StatusOK, data)
}
