package api

import (
	"mingjing"
	"mingjing/server/casework/cases"
)

// casePage is the page of a case: another one for who acts for somebody.
func casePage(d mingjing.Dispute) string {
	if d.ActingFor != "" {
		return "helping"
	}
	return "dispute"
}

func mandatesView(c *call, v *mingjing.View) error {
	out, err := c.s.casework.Cases.Mandates(c.ctx(), c.actor())
	v.Mandates = &out
	return err
}

func helpingView(c *call, v *mingjing.View) error {
	out, err := c.s.casework.Cases.Helping(c.ctx(), c.actor(), c.r.PathValue("id"))
	v.Dispute = &out
	return err
}

func getMandates(c *call) (any, error) {
	v, err := c.s.casework.Cases.Mandates(c.ctx(), c.actor())
	return items(v.Mandates, ""), err
}

// offerMandate takes the helper's ID number, which is in no address and is never
// shown again.
func offerMandate(c *call) (any, goal, error) {
	d, err := c.s.casework.Cases.OfferMandate(c.ctx(), c.actor(), cases.Offer{CaseID: c.r.PathValue("id"), IDNumber: c.in.get("id_number"),
		Relation: mingjing.Relation(c.in.get("relation")), Until: mingjing.Date(c.in.get("until"))})
	return d, goal{page: "dispute", id: d.ID, done: "mandate_offered"}, err
}

func acceptMandate(c *call) (any, goal, error) {
	m, err := c.s.casework.Cases.AcceptMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
	return m, goal{page: "helping", id: m.CaseID, done: "mandate_accepted"}, err
}

func declineMandate(c *call) (any, goal, error) {
	m, err := c.s.casework.Cases.DeclineMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
	return m, goal{page: "mandates", done: "mandate_declined"}, err
}

func revokeMandate(c *call) (any, goal, error) {
	m, err := c.s.casework.Cases.RevokeMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
	return m, goal{page: "dispute", id: m.CaseID, done: "mandate_revoked"}, err
}
