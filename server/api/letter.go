package api

import (
	"mime"
	"net/http"
	"slices"
	"strconv"

	"mingjing"
)

var letterPage = page[mingjing.LetterView]{
	name: "letter",
	get: func(c *call) (mingjing.LetterView, error) {
		return c.s.casework.Cases.Letter(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		raw[inLang]{
			path: "/api/disputes/{id}/letter.pdf", access: mingjing.Residents, write: writeLetter, kinds: []string{pdfType},
			doc: apiDoc{id: "letter", summary: "The decision letter of a dispute", of: "dispute",
				answer: "The letter, as an attachment. Before the decision it is a no_decision_yet problem.", fails: []int{http.StatusConflict}},
		},
		raw[inLang]{
			path: "/api/disputes/{id}/court-file.pdf", access: mingjing.Residents, write: writeCourtFile, kinds: []string{pdfType},
			doc: apiDoc{id: "courtFile", summary: "Everything in a decided dispute, for the court", of: "dispute",
				answer: "The file, as an attachment. Before the decision it is a no_decision_yet problem.", fails: []int{http.StatusConflict}},
		},
	},
}

const pdfType = "application/pdf"

// writeLetter sends the decision letter of a case as a PDF.
func writeLetter(c *call, in inLang) error {
	c.useLanguage(in)
	out, err := c.s.casework.Cases.Letter(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.pdf(&mingjing.View{Page: "letter", Data: &out}, c.s.Letter, "mingjing-letter-"+out.Dispute.ID)
}

// writeCourtFile sends everything in a case as a PDF.
func writeCourtFile(c *call, in inLang) error {
	c.useLanguage(in)
	out, err := c.s.casework.Cases.CourtFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.pdf(&mingjing.View{Page: "letter", Data: &out}, c.s.CourtFile, "mingjing-court-file-"+out.Dispute.ID)
}

// useLanguage sets the language of the call to that of the file that was asked for.
func (c *call) useLanguage(in inLang) {
	if slices.Contains(mingjing.Languages, in.Lang) {
		c.lang = in.Lang
	}
}

// pdf sends the document of a view as an attachment that no cache stores.
func (c *call) pdf(v *mingjing.View, write func(*mingjing.View) mingjing.Letter, name string) error {
	if err := c.addViewer(v); err != nil {
		return err
	}
	data, err := c.s.PDF(write(v), c.lang)
	if err != nil {
		return err
	}
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", pdfType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Language", c.lang)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "-" + c.lang + ".pdf"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.write(http.StatusOK, data)
}
