package api

import (
	"mingjing"
	"mingjing/server/casework/agencyside"
)

func answerQuestion(c *call) (any, goal, error) {
	q, err := c.s.casework.Agencies.AgencyAnswer(c.ctx(), c.actor(), c.r.PathValue("id"), agencyside.OfficerAnswer{
		Position: mingjing.AgencyPosition(c.in.get("position")), Occurred: c.in.get("occurred"), Document: c.in.files,
		Text: mingjing.Text{"zh-CN": c.in.get("text_zh"), "en": c.in.get("text_en")},
	})
	return q, goal{page: "agency-questions", done: "question_answered"}, err
}

func getQuestions(c *call) (any, error) {
	v, err := c.s.casework.Agencies.AgencyQuestions(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	return items(v.Questions, v.Next), err
}

func getQuestion(c *call) (any, error) {
	return c.s.casework.Agencies.AgencyQuestion(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func getHoldings(c *call) (any, error) {
	q := c.r.URL.Query()
	v, err := c.s.casework.Agencies.AgencyHoldings(c.ctx(), c.actor(), q.Get("ref"), q.Get("cursor"))
	return items(v.Holdings, v.Next), err
}

// serveAgencyEvidence sends a piece of evidence to an agency's officer, for which
// the resident gets the receipt.
func serveAgencyEvidence(c *call) error {
	e, data, err := c.s.casework.Agencies.AgencyEvidence(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.attachment(e, data)
}
