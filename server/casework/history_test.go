package casework_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"

	"pgregory.net/rapid"
)

// A history is what can happen to one resident's record and listing, in any order.
type history struct {
	*city
	t        *rapid.T
	a        mingjing.Actor
	disputes []string
	lost     map[string]bool // what an agency lost by its silence
	refs     int
	number   int // the resident's
}

var staffOnDuty = []mingjing.Actor{handler, handler2, supervisor}

func (h *history) dispute() (cases.Case, bool) {
	if len(h.disputes) == 0 {
		return cases.Case{}, false
	}
	return h.storedDispute(h.t, rapid.SampledFrom(h.disputes).Draw(h.t, "dispute")), true
}

// allowed fails unless err is nil or one of the answers that a history can bring.
func (h *history) allowed(err error, codes ...string) {
	if err != nil && !slices.Contains(codes, codeOf(err)) {
		h.t.Fatalf("%v", err)
	}
}

func (h *history) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"file": func(t *rapid.T) {
			f := cases.Filing{Reason: rapid.SampledFrom(mingjing.DisputeReasons).Draw(t, "reason"), Statement: "It is wrong."}
			records, listings := h.held()
			if rapid.Bool().Draw(t, "record") {
				f.RecordID = rapid.SampledFrom(records).Draw(t, "which").ID
			} else {
				f.ListingID = rapid.SampledFrom(listings).Draw(t, "which").ID
			}
			d, err := h.FileDispute(ctx, h.a, f)
			h.allowed(err, "dispute_open", "nothing_to_dispute")
			if err == nil {
				h.disputes = append(h.disputes, d.ID)
			}
		},
		"assign": func(t *rapid.T) {
			if d, ok := h.dispute(); ok {
				_, err := h.Assign(ctx, rapid.SampledFrom(staffOnDuty).Draw(t, "who"), d.ID)
				h.allowed(err, "case_taken", "case_decided", "case_involved", "second_person", "step_impossible")
			}
		},
		"ask": func(t *rapid.T) {
			if d, ok := h.dispute(); ok {
				_, err := h.AskAgency(ctx, rapid.SampledFrom(staffOnDuty).Draw(t, "who"), d.ID)
				h.allowed(err, "case_not_yours", "agency_already_asked", "case_decided", "case_involved", "step_impossible")
			}
		},
		"agency": func(t *rapid.T) {
			if d, ok := h.dispute(); ok {
				h.offices.answer = nil
				if rapid.Bool().Draw(t, "answers") {
					h.offices.answer = says(rapid.SampledFrom([]mingjing.AgencyPosition{mingjing.PositionMaintained,
						mingjing.PositionWithdrawn, mingjing.PositionCorrected}).Draw(t, "position"))
				}
				_, err := h.job(ctx, cases.JobQuestion, d.ID)
				h.allowed(err)
				if now := h.storedDispute(t, d.ID); d.State != mingjing.CaseAgencyLost && now.State == mingjing.CaseAgencyLost {
					h.lost[d.RecordID+d.ListingID] = true
				}
			}
		},
		"evidence": func(*rapid.T) {
			if d, ok := h.dispute(); ok {
				_, err := h.AddEvidence(ctx, h.a, d.ID, []evidence.Upload{pdf})
				h.allowed(err, "case_decided", "evidence:evidence_count")
			}
		},
		"decide": func(t *rapid.T) {
			d, ok := h.dispute()
			if !ok {
				return
			}
			r := desk.Ruling{Outcome: rapid.SampledFrom(mingjing.Outcomes).Draw(t, "outcome"), Reasons: "So.", Answers: map[string]string{},
				CorrectTo: string(mingjing.Date("2025-01-01").AddDays(rapid.IntRange(0, 1200).Draw(t, "to")))}
			shown, err := h.Dispute(ctx, h.a, d.ID)
			h.allowed(err)
			all := true
			for _, e := range shown.Evidence {
				if e.Late {
					continue
				}
				if rapid.IntRange(0, 9).Draw(t, "answered") > 0 {
					r.Answers[e.ID] = "Seen."
				} else {
					all = false
				}
			}
			before := h.standing(d)
			_, err = h.Decide(ctx, rapid.SampledFrom(staffOnDuty).Draw(t, "who"), d.ID, r)
			if err == nil && !all {
				t.Fatalf("decided with evidence unanswered")
			}
			if now := h.storedDispute(t, d.ID); err == nil && now.HandlerID == d.RecommenderID && d.Kind == mingjing.CaseListing {
				t.Fatalf("one person decided alone")
			}
			if err == nil && d.Kind == mingjing.CaseDispute && r.Outcome == mingjing.OutcomeRejected &&
				(d.State != mingjing.CaseAgencyAnswered || d.Answer.Position == mingjing.PositionWithdrawn) {
				t.Fatalf("rejected in state %s on %+v", d.State, d.Answer)
			}
			if err != nil && h.standing(d) != before {
				t.Fatalf("refused, and changed all the same")
			}
		},
		"propose": func(t *rapid.T) {
			h.refs++
			p := proposal(h.number, fmt.Sprint("p", h.refs))
			p.Code, p.Measures, p.Document.Date = "tax.major_violation_blacklist", []string{"restrict.exit"}, mingjing.DateOf(h.Now())
			l, err := h.Propose(ctx, mingjing.Actor{Role: mingjing.RoleAgency, ID: "key", Agency: "tax"}, p)
			h.allowed(err, "code:listed_already", "document.date:needs_new_case")
			if err == nil {
				h.disputes = append(h.disputes, l.CaseID)
			}
		},
		"recommend": func(t *rapid.T) {
			if d, ok := h.dispute(); ok {
				_, err := h.Recommend(ctx, rapid.SampledFrom(staffOnDuty).Draw(t, "who"), d.ID, desk.Ruling{
					Outcome: rapid.SampledFrom(mingjing.CaseListing.Outcomes()).Draw(t, "outcome"), Reasons: "So."})
				h.allowed(err, "case_not_yours", "case_decided", "case_involved", "step_impossible")
			}
		},
		"serve": func(t *rapid.T) {
			_, listings := h.held()
			for _, l := range listings {
				if l.State != mingjing.ListingDecided {
					continue
				}
				if rapid.Bool().Draw(t, "app") {
					h.allowed(h.ConfirmReceipt(ctx, h.a, l.ID))
					continue
				}
				_, err := h.Serve(ctx, handler, l.CaseID, desk.Service{Method: mingjing.ServedByPost, On: string(mingjing.DateOf(h.Now())),
					Proof: "R-1"})
				h.allowed(err, "case_involved")
			}
		},
		"repair": func(t *rapid.T) {
			_, listings := h.held()
			d, err := h.ApplyForRepair(ctx, h.a, cases.Filing{ListingID: rapid.SampledFrom(listings).Draw(t, "which").ID, Statement: "Paid."})
			h.allowed(err, "repair_too_early", "repair_case_open", "repair_not_in_effect", "repair_no_condition", "dispute_open")
			if err == nil {
				h.disputes = append(h.disputes, d.ID)
			}
		},
		"go on": func(t *rapid.T) {
			d, ok := h.dispute()
			if !ok {
				return
			}
			f := cases.Filing{Previous: d.ID, Reason: mingjing.ReasonOther, Statement: "Again.", Evidence: []evidence.Upload{pdf}}
			var (
				next mingjing.Case
				err  error
			)
			if rapid.Bool().Draw(t, "review") {
				next, err = h.AskForReview(ctx, h.a, f)
			} else {
				next, err = h.FileDispute(ctx, h.a, f)
			}
			h.allowed(err, "lane_closed", "dispute_open", "nothing_to_dispute", "evidence:evidence_count")
			if err == nil {
				h.disputes = append(h.disputes, next.ID)
			}
		},
		"extend": func(t *rapid.T) {
			if d, ok := h.dispute(); ok {
				_, err := h.Extend(ctx, rapid.SampledFrom(staffOnDuty).Draw(t, "who"), d.ID)
				h.allowed(err, "case_not_yours", "case_decided", "case_involved", "step_impossible", "no_new_evidence", "extended_already")
			}
		},
		"request": func(t *rapid.T) {
			reply := score.Reply{}
			if rapid.IntRange(0, 5).Draw(t, "sent") > 0 {
				reply = score.Reply{Records: []score.ReplyRecord{debt("one"), debt("two")},
					Listings: []score.ReplyListing{blacklisted("one"), blacklisted("two")}}
			}
			h.offices.hold("court", reply)
			h.ready(t, h.a, rapid.SampledFrom([]string{"honest-shanghai", "rongcheng"}).Draw(t, "book"))
		},
		"time": func(t *rapid.T) {
			h.clock.pass(time.Duration(rapid.IntRange(1, rapid.SampledFrom([]int{48, 60 * 24}).Draw(t, "most")).Draw(t, "hours")) * time.Hour)
			// What the queue gives to the worker.
			for _, id := range h.disputes {
				_, err := h.job(ctx, cases.JobClock, id)
				h.allowed(err)
			}
			_, listings := h.held()
			for _, l := range listings {
				_, err := h.job(ctx, holding.JobListing, l.ID)
				h.allowed(err)
			}
			h.allowed(h.did(ctx, score.JobRescore, h.a.ID))
		},
		"": h.check,
	}
}

func (h *history) held() (records []holding.Record, listings []holding.Listing) {
	h.do(h.t, func(tx opened) (err error) {
		if records, err = tx.Records(ctx, mingjing.ResidentID(h.a.ID)); err != nil {
			return err
		}
		listings, err = tx.Listings(ctx, mingjing.ResidentID(h.a.ID))
		return err
	})
	return records, listings
}

// standing is how what is disputed stands, in words.
func (h *history) standing(d cases.Case) string {
	if d.RecordID != "" {
		r := h.storedRecord(h.t, d.RecordID)
		return string(r.State) + " " + string(r.Occurred) + " " + string(h.storedDispute(h.t, d.ID).State)
	}
	l := h.storedListing(h.t, d.ListingID)
	return string(l.State) + " " + string(l.Ends) + " " + string(h.storedDispute(h.t, d.ID).State)
}

func (h *history) check(t *rapid.T) {
	open := map[string]bool{}
	for _, id := range h.disputes {
		d := h.storedDispute(t, id)
		running := slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return k.MetAt == nil && !k.Missed })
		if d.State == mingjing.CaseDecided {
			if d.Decision == nil || d.Decision.Rule == "" && (d.Decision.By == "" || d.Decision.Reasons == "") || running || !d.NextDue.IsZero() {
				t.Fatalf("decided: %+v", d)
			}
			shown, err := h.Dispute(ctx, h.a, id)
			h.allowed(err)
			for _, e := range shown.Evidence {
				if e.Answer == "" && !e.Late && d.Decision.Rule == "" {
					t.Fatalf("decided, and evidence is not answered")
				}
			}
			continue
		}
		if !running || d.NextDue.IsZero() {
			t.Fatalf("in state %s no clock runs", d.State)
		}
		if (d.State == mingjing.CaseFiled) && d.HandlerID != "" {
			t.Fatalf("in state %s the handler is %q", d.State, d.HandlerID)
		}
		if d.Kind == mingjing.CaseDispute || d.Kind == mingjing.CaseReview {
			open[d.RecordID+d.ListingID] = true
		}
	}
	records, listings := h.held()
	in := mingjing.Input{AsOf: mingjing.DateOf(h.Now())}
	quiet := func(id string, effect bool, state string) {
		if effect && (open[id] || h.lost[id]) {
			t.Fatalf("%s is %s and has effect; dispute open: %v, lost by its agency: %v", id, state, open[id], h.lost[id])
		}
	}
	if len(records) > 2 || len(listings) > 2+h.refs {
		t.Fatalf("%d records and %d listings of two each, and %d proposed", len(records), len(listings), h.refs)
	}
	for _, r := range records {
		quiet(r.ID, mingjing.EffectOfRecord(h.books[0], r.Record, in.AsOf).Why == "", string(r.State))
		in.Records = append(in.Records, r.Record)
	}
	for _, l := range listings {
		quiet(l.ID, l.Effective(in.AsOf), string(l.State))
		in.Listings = append(in.Listings, l.Listing)
		if l.CaseID == "" && l.Ends > "2027-06-02" || l.CaseID != "" && l.Ends > l.From.AddMonths(24) {
			t.Fatalf("the listing got longer: %s", l.Ends)
		}
		if l.Effective(in.AsOf) && (l.NoticeOn == "" || l.Served == "" || l.Ends == "" ||
			l.CaseID != "" && (l.AnswerBy == nil || l.AnswerBy.After(h.Now()) ||
				h.storedDispute(t, l.CaseID).Decision.Outcome != mingjing.OutcomeApproved)) {
			t.Fatalf("it has effect undecided, unserved, unanswered or without an end: %+v", l.Listing)
		}
		switch l.State {
		case mingjing.ListingProposed, mingjing.ListingDecided:
			if h.storedDispute(t, l.CaseID).NextDue.IsZero() {
				t.Fatalf("it is %s, and no clock runs", l.State)
			}
		case mingjing.ListingServed:
			if l.AnswerBy == nil {
				t.Fatalf("it is served, and there is no end to the answer period")
			}
		}
	}
	for _, b := range h.books {
		v, err := h.Score(ctx, h.a, b.ID)
		h.allowed(err)
		if v == nil {
			continue
		}
		in.Missing = v.Score.Missing
		want := mingjing.MakeScore(b, in)
		if want.AsOf = v.Score.AsOf; !mingjing.Same(want, v.Score) {
			t.Fatalf("by %s the score is\n%+v, made anew\n%+v", b.ID, v.Score, want)
		}
	}
}

func TestWhateverHappensToADisputeTheCharterHolds(t *testing.T) {
	c := newCity(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		h := &history{city: c, t: rt, lost: map[string]bool{}, number: n}
		c.clock.mu.Lock()
		c.clock.now = monday
		c.clock.mu.Unlock()
		c.offices.answer = nil
		c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("one"), debt("two")},
			Listings: []score.ReplyListing{blacklisted("one"), blacklisted("two")}})
		h.a = c.resident(rt, n)
		c.ready(rt, h.a, "honest-shanghai")
		rt.Repeat(h.actions())
	})
}
