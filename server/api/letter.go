package api

import (
	"mime"
	"net/http"
	"slices"
	"strconv"

	"mingjing"
)

// serveLetter sends the decision letter of a case as a PDF.
func serveLetter(c *call) error {
	c.askedLanguage()
	out, err := c.s.casework.Cases.Letter(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.pdf(&mingjing.View{Page: "letter", Letter: &out}, c.s.Letter, "mingjing-letter-"+out.Dispute.ID)
}

// serveCourtFile sends all there is of a case as a PDF.
func serveCourtFile(c *call) error {
	c.askedLanguage()
	out, err := c.s.casework.Cases.CourtFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.pdf(&mingjing.View{Page: "letter", CourtFile: &out}, c.s.CourtFile, "mingjing-court-file-"+out.Dispute.ID)
}

// askedLanguage takes the language that a file was asked for in.
func (c *call) askedLanguage() {
	if lang := c.r.URL.Query().Get("lang"); slices.Contains(mingjing.Languages, lang) {
		c.lang = lang
	}
}

// pdf writes what the view tells, and sends it as an attachment that no cache
// keeps.
func (c *call) pdf(v *mingjing.View, write func(*mingjing.View) mingjing.Letter, name string) error {
	if err := c.complete(v); err != nil {
		return err
	}
	data, err := c.s.PDF(write(v), c.lang)
	if err != nil {
		return err
	}
	c.noStore()
	slowly(c.w, len(data))
	h := c.w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Language", c.lang)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "-" + c.lang + ".pdf"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(data)
	return nil
}
