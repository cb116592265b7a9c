package api

import (
	"cmp"
	"mime"
	"net/url"
	"strconv"
	"time"

	"mingjing"
)

// staleCode is the error of what needs the password to have been given a short
// time ago.
const staleCode = "login_stale"

// toConfirm sends somebody to give the password again, and back to a page then.
func (c *call) toConfirm(page string) {
	q := url.Values{"next": {page}}
	c.seeOther(mingjing.Path(c.lang, "confirm") + "?" + q.Encode())
}

// confirm takes the password again. The session stays the one that it was.
func confirm(c *call) (any, goal, error) {
	password, wrong := c.secret("password")
	if len(wrong) > 0 {
		return nil, goal{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.Confirm(c.ctx(), c.token, password, c.client())
	if err != nil {
		return nil, goal{}, err
	}
	who, err := c.s.Identity.Who(c.ctx(), token)
	if err != nil {
		return nil, goal{}, err
	}
	c.setCookie(token, max(1, int(time.Until(who.ExpiresAt).Seconds())))
	c.who, c.token = &who, token
	to, ok := c.next()
	if !ok {
		to = goal{page: landing(who.Actor.Role)}
	}
	to.done = "confirmed"
	return map[string]bool{"confirmed": true}, to, nil
}

func getExport(c *call) (any, error) { return c.s.casework.Takeaway.Export(c.ctx(), c.actor()) }

func startExport(c *call) (any, goal, error) {
	v, err := c.s.casework.Takeaway.StartExport(c.ctx(), c.actor(), c.lang)
	return v, goal{page: "export"}, err
}

func deleteExport(c *call) (any, goal, error) {
	v, err := c.s.casework.Takeaway.DeleteExport(c.ctx(), c.actor())
	return v, goal{page: "export", done: "export_deleted"}, err
}

// serveExport sends all that is held on a resident as a ZIP.
func serveExport(c *call) error {
	c.askedLanguage()
	job, data, err := c.s.casework.Takeaway.ExportFile(c.ctx(), c.actor())
	if err != nil {
		return err
	}
	c.noStore()
	slowly(c.w, len(data))
	day := mingjing.DateOf(cmp.Or(job.MadeAt, &job.AskedAt).In(c.s.casework.City.Zone()))
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-" + string(day) + ".zip"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = c.w.Write(data)
	return nil
}
