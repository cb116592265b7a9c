package sim

import (
	"context"
	"fmt"
	"mingjing"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/listing"
)

// actOfStaff returns what a member of staff does next; false for nothing.
func (w *world) actOfStaff() (act, bool) {
	b := w.p.bureau
	who := pick(w, append(handlers, supervisors...))
	a := act{by: who, name: pick(w, staffActs)}
	switch a.name {
	case "queue":
		a.do = func(ctx context.Context) error {
			_, err := b.Desk.Cases(ctx, who, mingjing.CaseFilter{}, "")
			return err
		}
		return a, true
	case "next":
		a.do = func(ctx context.Context) error { _, err := b.Desk.Next(ctx, who); return err }
		return a, true
	case "answer why":
		if len(w.inquiries) == 0 {
			return a, false
		}
		id := pick(w, w.inquiries)
		a.do = func(ctx context.Context) error {
			_, err := b.Inquiries.AnswerInquiry(ctx, who, id, mingjing.InquiryExplained, "I read it to decide the dispute.")
			return err
		}
		return a, true
	}
	if len(w.cases) == 0 {
		return a, false
	}
	id := pick(w, w.cases)
	if open := w.openCases(); len(open) > 0 && !w.chance(5) {
		id = pick(w, open)
	}
	if by, taken := w.handlers[id]; taken && !w.chance(8) {
		who, a.by = by, by
	}
	a.of, a.shown = w.owners[id], true
	ruling := desk.Ruling{Reasons: "It is so.", Answers: map[string]string{},
		CorrectTo: string(mingjing.DateOf(monday).AddDays(w.rand.IntN(300) - 200))}
	switch a.name {
	case "work":
		a.do = func(ctx context.Context) error { return w.workOn(ctx, who, id, ruling) }
	case "assign":
		a.do = func(ctx context.Context) error { return w.assign(ctx, who, id) }
	case "ask agency":
		a.do = func(ctx context.Context) error { _, err := b.Desk.AskAgency(ctx, who, id); return err }
	case "extend":
		a.do = func(ctx context.Context) error { _, err := b.Desk.Extend(ctx, who, id); return err }
	case "note":
		a.do = func(ctx context.Context) error { _, err := b.Desk.AddNote(ctx, who, id, "A note."); return err }
	case "open case":
		a.do = func(ctx context.Context) error { _, err := w.openCase(ctx, who, id); return err }
	case "recommend":
		ruling.Outcome = pick(w, mingjing.CaseListing.Outcomes())
		a.do = func(ctx context.Context) error { _, err := b.Desk.Recommend(ctx, who, id, ruling); return err }
	case "serve":
		s := desk.Service{Method: mingjing.ServedByPost, On: string(mingjing.DateOf(w.Now())), Proof: "R-1"}
		a.do = func(ctx context.Context) error { _, err := b.Desk.Serve(ctx, who, id, s); return err }
	case "decide":
		ruling.Outcome = pick(w, mingjing.Outcomes)
		a.do = func(ctx context.Context) error { return w.decide(ctx, who, id, ruling) }
	}
	return a, true
}

// openCase reads a case, for a reason where it is somebody else's.
func (w *world) openCase(ctx context.Context, who mingjing.Actor, id string) (mingjing.CaseView, error) {
	k, err := w.p.bureau.Desk.Case(ctx, who, id)
	if err == nil && k.Closed {
		return w.p.bureau.Desk.Open(ctx, who, id, "The handler is away.")
	}
	return k, err
}

// openCases are those of which nobody was told that they are decided.
func (w *world) openCases() (open []string) {
	for _, id := range w.cases {
		if !w.decided[id] {
			open = append(open, id)
		}
	}
	return open
}

func (w *world) assign(ctx context.Context, who mingjing.Actor, id string) error {
	_, err := w.p.bureau.Desk.Assign(ctx, who, id)
	if err == nil {
		w.handlers[id] = who
	}
	return w.over(id, err)
}

// over notes that a case is decided.
func (w *world) over(id string, err error) error {
	if c := codeOf(err); c == "case_decided" || c == "not_found" {
		w.decided[id] = true
	}
	return err
}

// decide decides a case, with an answer to each piece of evidence.
func (w *world) decide(ctx context.Context, who mingjing.Actor, id string, r desk.Ruling) error {
	k, err := w.openCase(ctx, who, id)
	if err != nil {
		return err
	}
	if !w.chance(5) { // most know what can be decided
		r.Outcome = pick(w, k.Kind.Outcomes())
	}
	for _, e := range k.Evidence {
		r.Answers[e.ID] = "Seen."
	}
	_, err = w.p.bureau.Desk.Decide(ctx, who, id, r)
	return w.over(id, err)
}

// workOn takes one of the steps that are possible in a case.
func (w *world) workOn(ctx context.Context, who mingjing.Actor, id string, r desk.Ruling) error {
	b := w.p.bureau
	k, err := w.openCase(ctx, who, id)
	if err != nil || len(k.Allowed) == 0 {
		w.decided[id] = w.decided[id] || err == nil && k.State == mingjing.CaseDecided
		return err
	}
	step := pick(w, k.Allowed)
	if k.State == mingjing.CaseAgencyAsked || k.State == mingjing.CaseAgencySilent { // most wait for the agency
		if step == "decide" && !w.chance(10) {
			return nil
		}
	}
	switch step {
	case "assign":
		err = w.assign(ctx, who, id)
	case "ask_agency":
		_, err = b.Desk.AskAgency(ctx, who, id)
	case "extend":
		_, err = b.Desk.Extend(ctx, who, id)
	case "recommend":
		r.Outcome = pick(w, mingjing.CaseListing.Outcomes())
		_, err = b.Desk.Recommend(ctx, who, id, r)
	case "serve":
		_, err = b.Desk.Serve(ctx, who, id, desk.Service{Method: mingjing.ServedByPost, On: string(mingjing.DateOf(w.Now())), Proof: "R-1"})
	case "decide":
		err = w.decide(ctx, who, id, r)
	}
	return err
}

// actOfAgency returns a listing that an agency proposes.
func (w *world) actOfAgency() (act, bool) {
	x := pick(w, w.people)
	w.agencies.refs++
	p := listing.Proposal{Ref: fmt.Sprint("p", w.agencies.refs), IDNumber: x.number, Code: "court.enforcement_blacklist",
		Ground:   mingjing.Text{"zh-CN": "有履行能力而拒不履行。", "en": "Able to pay, and refuses to."},
		Measures: []string{"restrict.air", "restrict.hotel"}, Months: 24, Document: doc("listing_decision")}
	p.Document.Date = mingjing.DateOf(w.Now())
	court := mingjing.Actor{Role: mingjing.RoleAgency, ID: "key", Agency: "court", Name: "court"}
	b := w.p.bureau
	return act{name: "propose", by: court, do: func(ctx context.Context) error {
		l, err := b.Listings.Propose(ctx, court, p)
		if err == nil && l.CaseID != "" {
			w.cases = append(w.cases, l.CaseID)
			w.owners[l.CaseID] = x
		}
		return err
	}}, true
}
