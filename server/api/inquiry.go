package api

import (
	"net/url"
	"strconv"

	"mingjing"
)

// inquiryViews build the pages of inquiries about looks.
var inquiryViews = map[string]func(*call, *mingjing.View) error{
	"inquiry": func(c *call, v *mingjing.View) error {
		out, err := c.s.casework.Inquiries.Inquiry(c.ctx(), c.actor(), c.r.PathValue("id"))
		v.Inquiry = &out
		return err
	},
	"inquiries": inquiriesView, "agency-inquiries": inquiriesView,
	"inquiry-answer": inquiryCaseView, "agency-inquiry": inquiryCaseView,
}

func inquiriesView(c *call, v *mingjing.View) error {
	out, err := c.s.casework.Inquiries.Inquiries(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	v.Inquiries = &out
	return err
}

func inquiryCaseView(c *call, v *mingjing.View) error {
	out, err := c.s.casework.Inquiries.InquiryCase(c.ctx(), c.actor(), c.r.PathValue("id"))
	v.InquiryCase = &out
	return err
}

// askWhy leads a form back to the page of the access log that it is on.
func askWhy(c *call) (any, goal, error) {
	seq, _ := strconv.ParseInt(c.in.get("seq"), 10, 64) // 0 is no line
	q, err := c.s.casework.Inquiries.AskWhy(c.ctx(), c.actor(), seq, c.in.get("question"))
	back := url.Values{}
	if c.in.get("others") == "1" {
		back.Set("others", "1")
	}
	if n, err := strconv.ParseInt(c.in.get("cursor"), 10, 64); err == nil && n > 0 {
		back.Set("cursor", strconv.FormatInt(n, 10))
	}
	return q, goal{page: "access-log", query: back.Encode(), done: "inquiry_asked"}, err
}

func addToInquiry(c *call) (any, goal, error) {
	q, err := c.s.casework.Inquiries.AddToInquiry(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.get("question"))
	return q, goal{page: "inquiry", id: q.ID, done: "inquiry_added"}, err
}

func judgeAnswer(c *call) (any, goal, error) {
	q, err := c.s.casework.Inquiries.JudgeAnswer(c.ctx(), c.actor(), c.r.PathValue("id"), c.in.get("satisfied"))
	return q, goal{page: "inquiry", id: q.ID, done: "inquiry_judged"}, err
}

// answerInquiry leads a form to the list that the answerer has.
func answerInquiry(list string) func(c *call) (any, goal, error) {
	return func(c *call) (any, goal, error) {
		k, err := c.s.casework.Inquiries.AnswerInquiry(c.ctx(), c.actor(), c.r.PathValue("id"), mingjing.InquiryOutcome(c.in.get("outcome")), c.in.get("explanation"))
		return k, goal{page: list, done: "inquiry_answered"}, err
	}
}

func myInquiries(c *call) (any, error) {
	all, err := c.s.casework.Inquiries.MyInquiries(c.ctx(), c.actor())
	return items(all, ""), err
}

func getInquiry(c *call) (any, error) {
	return c.s.casework.Inquiries.Inquiry(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func getInquiries(c *call) (any, error) {
	v, err := c.s.casework.Inquiries.Inquiries(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	return items(v.Inquiries, v.Next), err
}

func getInquiryCase(c *call) (any, error) {
	return c.s.casework.Inquiries.InquiryCase(c.ctx(), c.actor(), c.r.PathValue("id"))
}
