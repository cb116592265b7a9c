package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
)

const because = "I read it to decide the dispute."

// looked returns a resident whose case a handler has read, with the number of the entry.
func (c *city) looked(t tb, n int) (a mingjing.Actor, dispute string, seq int64) {
	t.Helper()
	a, record, _ := c.owing(t, n)
	dispute = c.file(t, a, record, "").ID
	c.opens(t, handler, dispute)
	return a, dispute, c.lookOf(t, a, mingjing.RoleHandler)
}

// lookOf returns the number of the newest entry of a role.
func (c *city) lookOf(t tb, a mingjing.Actor, role mingjing.Role) int64 {
	t.Helper()
	looks := c.looks(t, a)
	i := slices.IndexFunc(looks, func(l mingjing.AccessEntry) bool { return l.Role == role && l.Askable() })
	if i < 0 {
		t.Fatalf("nobody of role %s looked", role)
	}
	return looks[i].Seq
}

func (c *city) why(t tb, a mingjing.Actor, seq int64) mingjing.Inquiry {
	t.Helper()
	q, err := c.AskWhy(ctx, a, seq, "")
	must(t, err)
	return q
}

func (c *city) inquiry(t tb, a mingjing.Actor, id string) mingjing.Inquiry {
	t.Helper()
	q, err := c.Inquiry(ctx, a, id)
	must(t, err)
	return q
}

// silence lets the clock of an inquiry run out.
func (c *city) silence(t tb, q mingjing.Inquiry) {
	t.Helper()
	c.clock.pass(q.Due.Sub(c.clock.Now()) + time.Second)
	_, err := c.job(ctx, inquiry.JobInquiry, q.ID)
	must(t, err)
}

func TestWhoLookedAnswersOnAClockAndTheResidentIsTold(t *testing.T) {
	c := newCity(t)
	a, dispute, seq := c.looked(t, 1)
	q, err := c.AskWhy(ctx, a, seq, "")
	must(t, err)
	if q.State != mingjing.InquiryAsked || q.Entry.Seq != seq || !q.Due.Equal(c.Due(5)) {
		t.Fatalf("asked: %+v", q)
	}
	if again := c.why(t, a, seq); again.ID != q.ID {
		t.Errorf("asked again it is another: %+v", again)
	}
	_, err = c.AddToInquiry(ctx, a, q.ID, " ")
	wants(t, err, "question:required")
	if added, err := c.AddToInquiry(ctx, a, q.ID, "  I was never there. "); err != nil || added.Question != "I was never there." {
		t.Errorf("added: %+v, %v", added, err)
	}
	_, err = c.AddToInquiry(ctx, a, q.ID, "Another.")
	wants(t, err, "inquiry_closed")
	if c.bus.count(mingjing.AudienceStaff, mingjing.EventInquiry) == 0 {
		t.Error("no screen of staff heard of it")
	}
	list, err := c.Inquiries(ctx, handler, "")
	must(t, err)
	if len(list.Inquiries) != 1 || !list.Inquiries[0].Mine || !list.Inquiries[0].Open {
		t.Fatalf("the handler's list is %+v", list)
	}
	if other, err := c.Inquiries(ctx, handler2, ""); err != nil || len(other.Inquiries) != 0 {
		t.Errorf("another handler's list is %+v, %v", other, err)
	}
	k, err := c.InquiryCase(ctx, handler, q.ID)
	must(t, err)
	if k.CaseID != dispute || k.Item != "court.unpaid_judgment" || k.Entry.Seq != seq || k.Resident != "居民1" ||
		!slices.Equal(k.Outcomes, []mingjing.InquiryOutcome{mingjing.InquiryExplained}) {
		t.Errorf("to answer: %+v", k)
	}
	_, err = c.AnswerInquiry(ctx, handler, q.ID, "", "Because.")
	wants(t, err, "explanation:explanation_short")
	_, err = c.AnswerInquiry(ctx, handler, q.ID, "", strings.Repeat("x", mingjing.MaxInquiryAnswer+1))
	wants(t, err, "explanation:too_long")
	// Who read the data makes no finding about it, whatever they send.
	k, err = c.AnswerInquiry(ctx, handler, q.ID, mingjing.InquiryFounded, because)
	must(t, err)
	if k.State != mingjing.InquiryAnswered || k.Answers[0].Outcome != mingjing.InquiryExplained || k.Answers[0].By != handler.Name {
		t.Errorf("answered: %+v", k)
	}
	if n := c.inbox(t, a)[0]; n.Kind != mingjing.NoticeInquiry || n.Code != "answered" || n.Page != "inquiry" || n.Subject != q.ID {
		t.Errorf("the resident is told %+v", n)
	}
	_, err = c.AnswerInquiry(ctx, handler, q.ID, "", because)
	wants(t, err, "inquiry_answered")
	v, err := c.AccessLog(ctx, a, true, "")
	must(t, err)
	if len(v.Inquiries) != 1 || v.Inquiries[0].ID != q.ID {
		t.Errorf("the log shows %+v", v.Inquiries)
	}
	if all, err := c.MyInquiries(ctx, a); err != nil || len(all) != 1 {
		t.Errorf("all of them: %+v, %v", all, err)
	}
	// A clock that was met changes nothing when it runs out.
	c.silence(t, q)
	if q = c.inquiry(t, a, q.ID); q.State != mingjing.InquiryAnswered || q.Late {
		t.Errorf("after its time: %+v", q)
	}
}

func TestSilenceGoesToTheSupervisorsAndTheSecondTimeTheLookIsUnexplainedForGood(t *testing.T) {
	c := newCity(t)
	a, _, seq := c.looked(t, 1)
	q := c.why(t, a, seq)
	if wait, err := c.job(ctx, inquiry.JobInquiry, q.ID); err != nil || wait <= 0 {
		t.Fatalf("it does not wait: %s, %v", wait, err)
	}
	c.silence(t, q)
	q = c.inquiry(t, a, q.ID)
	if q.State != mingjing.InquiryEscalated || !q.Late || q.Unexplained || !q.Due.Equal(c.Due(5)) {
		t.Fatalf("after the first silence: %+v", q)
	}
	if n := c.inbox(t, a)[0]; n.Code != "late" {
		t.Errorf("the resident is told %+v", n)
	}
	for _, who := range []mingjing.Actor{handler, handler2, supervisor, auditor} { // late for all to see
		list, err := c.Inquiries(ctx, who, "")
		must(t, err)
		if len(list.Inquiries) != 1 || !list.Inquiries[0].Late || list.Escalated != 1 || list.Inquiries[0].Open != (who != handler2) {
			t.Errorf("%s sees %+v", who.Name, list)
		}
	}
	_, err := c.AnswerInquiry(ctx, handler, q.ID, "", because)
	wants(t, err, "inquiry_too_late")
	c.silence(t, q)
	q = c.inquiry(t, a, q.ID)
	if q.State != mingjing.InquiryUnexplained || !q.Unexplained {
		t.Fatalf("after the second silence: %+v", q)
	}
	if n := c.inbox(t, a)[0]; n.Code != "unexplained" {
		t.Errorf("the resident is told %+v", n)
	}
	_, err = c.AnswerInquiry(ctx, auditor, q.ID, "", because)
	wants(t, err, "outcome:finding_required")
	_, err = c.AnswerInquiry(ctx, auditor, q.ID, mingjing.InquiryUnfounded, "Nothing in the case needed it.")
	must(t, err)
	q = c.inquiry(t, a, q.ID)
	if q.State != mingjing.InquiryAnswered || !q.Unexplained || !q.Ended() {
		t.Errorf("in the end: %+v", q)
	}
	if n := c.inbox(t, a)[0]; n.Code != "unfounded" {
		t.Errorf("the resident is told %+v", n)
	}
	_, err = c.JudgeAnswer(ctx, a, q.ID, "no")
	wants(t, err, "nothing_to_judge")
}

func TestAnAnswerAfterItsTimeComesTooLateEvenBeforeTheJobRan(t *testing.T) {
	c := newCity(t)
	a, _, seq := c.looked(t, 1)
	q := c.why(t, a, seq)
	c.clock.pass(q.Due.Sub(c.clock.Now()) + time.Second)
	_, err := c.AnswerInquiry(ctx, handler, q.ID, "", because)
	wants(t, err, "inquiry_too_late")
	if q = c.inquiry(t, a, q.ID); q.State != mingjing.InquiryEscalated || !q.Late || len(q.Answers) != 0 {
		t.Errorf("it is %+v", q)
	}
}

func TestWhoIsNotSatisfiedGetsASecondAnswerFromSomebodyElse(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.opens(t, supervisor, d.ID)
	q := c.why(t, a, c.lookOf(t, a, mingjing.RoleSupervisor))
	_, err := c.AnswerInquiry(ctx, supervisor, q.ID, "", because)
	must(t, err)
	q, err = c.JudgeAnswer(ctx, a, q.ID, "no")
	must(t, err)
	if q.State != mingjing.InquiryEscalated || q.Late || *q.Satisfied {
		t.Fatalf("not satisfied: %+v", q)
	}
	_, err = c.JudgeAnswer(ctx, a, q.ID, "yes")
	wants(t, err, "nothing_to_judge")
	_, err = c.AnswerInquiry(ctx, supervisor, q.ID, mingjing.InquiryFounded, "It was right of me to look.")
	wants(t, err, "inquiry_too_late")
	other := supervisor
	other.ID, other.Name = "S-2", "Supervisor Two"
	_, err = c.AnswerInquiry(ctx, other, q.ID, mingjing.InquiryFounded, "The case was theirs to look at.")
	must(t, err)
	if q = c.inquiry(t, a, q.ID); len(q.Answers) != 2 || q.Answers[1].By != other.Name {
		t.Errorf("in the end: %+v", q)
	}
}

func TestAnAgencyAnswersForItsOfficersAndIsCounted(t *testing.T) {
	c := newCity(t)
	officer := mingjing.Actor{Role: mingjing.RoleAgency, ID: "G-1", Agency: "court", Name: "Officer", AAL: 2}
	stranger := officer
	stranger.Agency = "tax"
	var last mingjing.Inquiry
	var owner mingjing.Actor
	for i := range mingjing.FewestShown {
		a, record, _ := c.owing(t, i+1)
		d := c.file(t, a, record, "")
		c.put(t, d.ID)
		_, err := c.AgencyQuestion(ctx, officer, d.ID)
		must(t, err)
		last, owner = c.why(t, a, c.lookOf(t, a, mingjing.RoleAgency)), a
	}
	if c.bus.count(mingjing.AudienceAgency("court"), mingjing.EventInquiry) == 0 {
		t.Error("no screen of the agency heard of it")
	}
	list, err := c.Inquiries(ctx, officer, "")
	must(t, err)
	if len(list.Inquiries) != mingjing.FewestShown || !list.Inquiries[0].Mine {
		t.Errorf("the agency's list is %+v", list)
	}
	if list, err = c.Inquiries(ctx, stranger, ""); err != nil || len(list.Inquiries) != 0 {
		t.Errorf("another agency's list is %+v, %v", list, err)
	}
	_, err = c.InquiryCase(ctx, stranger, last.ID)
	wants(t, err, "not_found")
	_, err = c.AnswerInquiry(ctx, stranger, last.ID, "", because)
	wants(t, err, "not_found")
	k, err := c.AnswerInquiry(ctx, officer, last.ID, "", because)
	must(t, err)
	if by := k.Answers[0].By; !strings.HasSuffix(by, " Officer") {
		t.Errorf("it is signed %q", by)
	}
	_, err = c.JudgeAnswer(ctx, owner, last.ID, "no")
	must(t, err)
	_, err = c.AnswerInquiry(ctx, officer, last.ID, mingjing.InquiryFounded, because)
	wants(t, err, "inquiry_too_late")
	_, err = c.AnswerInquiry(ctx, supervisor, last.ID, mingjing.InquiryUnfounded, "It was not needed at all.")
	must(t, err)
	v, err := c.AgencyFigures(ctx)
	must(t, err)
	i := slices.IndexFunc(v.Agencies, func(f mingjing.AgencyFigures) bool { return f.Agency == "court" })
	if f := v.Agencies[i]; f.Inquiries == nil || *f.Inquiries != 3 || *f.Unexplained != 0 || *f.Unfounded != 1 {
		t.Errorf("the figures are %+v", f)
	}
	if f := v.Agencies[(i+1)%len(v.Agencies)]; f.Inquiries == nil || *f.Inquiries != 0 {
		t.Errorf("another agency's are %+v", f)
	}
}

// alone answers for the court, and for no other agency.
type alone struct{}

func (alone) Respond(agency string) string {
	if agency != "court" {
		return ""
	}
	return "We look after " + agency + "."
}

func TestAnAgencyWithAResponderAnswersByItself(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.Responder = alone{} })
	officer := mingjing.Actor{Role: mingjing.RoleAgency, ID: "G-1", Agency: "court", Name: "Officer", AAL: 2}
	a, dispute, seq := c.looked(t, 1)
	c.put(t, dispute)
	_, err := c.AgencyQuestion(ctx, officer, dispute)
	must(t, err)
	theirs, ours := c.why(t, a, c.lookOf(t, a, mingjing.RoleAgency)), c.why(t, a, seq)
	c.clock.pass(time.Hour)
	for _, q := range []mingjing.Inquiry{theirs, ours} {
		_, err := c.job(ctx, inquiry.JobInquiry, q.ID)
		must(t, err)
	}
	if q := c.inquiry(t, a, theirs.ID); q.State != mingjing.InquiryAnswered || q.Answers[0].By != "court" {
		t.Errorf("the agency's is %+v", q)
	}
	if q := c.inquiry(t, a, ours.ID); q.State != mingjing.InquiryAsked {
		t.Errorf("the handler's is %+v", q)
	}
}

func TestNobodyElseAsksReadsOrAnswers(t *testing.T) {
	c := newCity(t)
	a, _, seq := c.looked(t, 1)
	stranger := c.resident(t, 2)
	for _, who := range []mingjing.Actor{{}, handler, {Role: mingjing.RoleSystem, ID: a.ID}, {Role: mingjing.RoleResident}} {
		_, err := c.AskWhy(ctx, who, seq, "")
		wants(t, err, "forbidden")
		_, err = c.MyInquiries(ctx, who)
		wants(t, err, "forbidden")
	}
	_, err := c.AskWhy(ctx, stranger, seq, "")
	wants(t, err, map[bool]string{true: "not_found", false: "not_askable"}[len(c.looks(t, stranger)) < int(seq)])
	for _, l := range c.looks(t, a) {
		if l.Role == mingjing.RoleResident || l.Role == mingjing.RoleSystem {
			_, err := c.AskWhy(ctx, a, l.Seq, "")
			wants(t, err, "not_askable")
		}
	}
	for _, no := range []int64{-1, 0, 9999} {
		_, err := c.AskWhy(ctx, a, no, "")
		wants(t, err, "not_found")
	}
	_, err = c.AskWhy(ctx, a, seq, strings.Repeat("x", mingjing.MaxInquiryQuestion+1))
	wants(t, err, "question:too_long")
	q := c.why(t, a, seq)
	_, err = c.Inquiry(ctx, stranger, q.ID)
	wants(t, err, "not_found")
	_, err = c.JudgeAnswer(ctx, stranger, q.ID, "yes")
	wants(t, err, "not_found")
	_, err = c.AddToInquiry(ctx, stranger, q.ID, "Mine.")
	wants(t, err, "not_found")
	weak, own := handler, c.linked(t, handler, a)
	weak.AAL = 1
	officer := mingjing.Actor{Role: mingjing.RoleAgency, ID: "G-1", Agency: "court", Name: "Officer", AAL: 2}
	for code, all := range map[string][]mingjing.Actor{
		"aal2_required": {weak}, "case_own": {own}, "not_found": {officer},
		"forbidden": {{}, a, handler2, supervisor, auditor}, // it is not theirs yet
	} {
		for _, who := range all {
			before := len(c.looks(t, a))
			k, err := c.InquiryCase(ctx, who, q.ID)
			wants(t, err, code)
			if k.ID != "" || k.Resident != "" {
				t.Errorf("%s reads %+v", who.Name, k)
			}
			_, err = c.AnswerInquiry(ctx, who, q.ID, mingjing.InquiryFounded, because)
			wants(t, err, code)
			if len(c.looks(t, a)) != before {
				t.Errorf("who was refused is in the log: %s", who.Name)
			}
		}
	}
	for _, who := range []mingjing.Actor{{}, a, {Role: mingjing.RoleHandler, ID: "H-1"}} {
		_, err := c.Inquiries(ctx, who, "")
		if code := codeOf(err); code != "forbidden" && code != "aal2_required" {
			t.Errorf("%+v lists them: %v", who, err)
		}
	}
	_, err = c.Inquiries(ctx, handler, "nonsense")
	wants(t, err, "invalid_cursor")
	// Who has declared a relative answers nothing about them, also as a supervisor.
	_, err = c.DeclareRelative(ctx, supervisor, mingjing.MakeIDNumber("99999919800101001"))
	must(t, err)
	c.silence(t, q)
	_, err = c.InquiryCase(ctx, supervisor, q.ID)
	wants(t, err, "case_relative")
}

func TestEveryReadingOfAnInquiryIsInTheAccessLogAndWithoutTheLogThereIsNothing(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a, _, seq := c.looked(t, 1)
	broken.noLooks = true
	q, err := c.AskWhy(ctx, a, seq, "")
	if err == nil || q.ID != "" {
		t.Errorf("with no log it is asked: %+v", q)
	}
	broken.noLooks = false
	q = c.why(t, a, seq)
	for name, call := range map[string]func() (string, error){
		"Inquiry": func() (string, error) { v, err := c.Inquiry(ctx, a, q.ID); return v.ID, err },
		"MyInquiries": func() (string, error) {
			v, err := c.MyInquiries(ctx, a)
			return map[bool]string{false: "some"}[v == nil], err
		},
		"InquiryCase": func() (string, error) { v, err := c.InquiryCase(ctx, handler, q.ID); return v.ID, err },
		"AnswerInquiry": func() (string, error) {
			v, err := c.AnswerInquiry(ctx, handler, q.ID, "", because)
			return v.ID, err
		},
	} {
		broken.noLooks = true
		if got, err := call(); err == nil || got != "" {
			t.Errorf("%s with no log: %s, %v", name, got, err)
		}
		broken.noLooks = false
	}
	_, err = c.InquiryCase(ctx, handler, q.ID)
	must(t, err)
	if l := c.looks(t, a)[0]; l.Action != "inquiry" || l.Subject != q.ID || l.Purpose != "inquiry" || l.Who != handler.Name ||
		l.By != handler.ID || l.Askable() {
		t.Errorf("the look is %+v", l)
	}
}

func TestALookOfNobodyKnownIsTheSupervisorsAtOnce(t *testing.T) {
	c := newCity(t)
	a, _, _ := c.owing(t, 1)
	c.do(t, func(tx opened) error { // an entry from before the reader was stored
		look := mingjing.AccessEntry{At: c.clock.Now(), Role: mingjing.RoleHandler, Who: "Somebody", Action: "case", Purpose: "dispute"}
		return tx.As(kernel.Entry{AccessEntry: look}).Log(ctx, mingjing.ResidentID(a.ID))
	})
	q := c.why(t, a, c.lookOf(t, a, mingjing.RoleHandler))
	if q.State != mingjing.InquiryEscalated || q.Late {
		t.Fatalf("it is %+v", q)
	}
	_, err := c.AnswerInquiry(ctx, supervisor, q.ID, mingjing.InquiryFounded, "It was for the dispute.")
	must(t, err)
}

// TestAnInquiryTakesNoStepThatTheTableDoesNotHave takes random steps, and compares
// each with the state machine and with what must never be undone.
func TestAnInquiryTakesNoStepThatTheTableDoesNotHave(t *testing.T) {
	c := newCity(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		a, _, seq := c.looked(rt, n)
		q := c.why(rt, a, seq)
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			switch step := rapid.SampledFrom([]string{"handler", "supervisor", "auditor", "yes", "no", "time", "job"}).Draw(rt, "step"); step {
			case "handler":
				_, _ = c.AnswerInquiry(ctx, handler, q.ID, mingjing.InquiryFounded, because)
			case "supervisor":
				_, _ = c.AnswerInquiry(ctx, supervisor, q.ID, mingjing.InquiryFounded, because)
			case "auditor":
				_, _ = c.AnswerInquiry(ctx, auditor, q.ID, mingjing.InquiryUnfounded, because)
			case "yes", "no":
				_, _ = c.JudgeAnswer(ctx, a, q.ID, step)
			case "time":
				c.clock.pass(4 * 24 * time.Hour)
			case "job":
				_, err := c.job(ctx, inquiry.JobInquiry, q.ID)
				must(rt, err)
			}
			next := c.inquiry(rt, a, q.ID)
			// An answer after its time is two steps: what silence does, and the answer.
			mid := q
			if next.Late && !q.Late {
				mid.State = mingjing.InquiryEscalated
			}
			if next.Unexplained && !q.Unexplained {
				mid.State = mingjing.InquiryUnexplained
			}
			for _, step := range [][2]mingjing.Inquiry{{q, mid}, {mid, next}} {
				if step[0].State != step[1].State && !step[0].May(step[1].State) {
					rt.Fatalf("from %+v to %+v", step[0], step[1])
				}
			}
			if q.Late && !next.Late || q.Unexplained && !next.Unexplained || len(next.Answers) < len(q.Answers) || len(next.Answers) > 2 {
				rt.Fatalf("undone: from %+v to %+v", q, next)
			}
			for i, w := range next.Answers {
				if (w.Outcome == mingjing.InquiryExplained) != (w.Role == mingjing.RoleHandler) || w.Outcome == mingjing.InquiryExplained && i > 0 {
					rt.Fatalf("answered by %+v", w)
				}
			}
			q = next
		}
	})
}

func TestTheStatesOfAnInquiryAndWhatFollows(t *testing.T) {
	no, yes := false, true
	first := []mingjing.InquiryAnswer{{Outcome: mingjing.InquiryExplained}}
	for _, w := range []struct {
		q    mingjing.Inquiry
		want string
	}{
		{mingjing.Inquiry{State: mingjing.InquiryAsked}, "answered escalated"},
		{mingjing.Inquiry{State: mingjing.InquiryEscalated}, "answered unexplained"},
		{mingjing.Inquiry{State: mingjing.InquiryEscalated, Answers: first, Satisfied: &no}, "answered unexplained"},
		{mingjing.Inquiry{State: mingjing.InquiryUnexplained}, "answered"},
		{mingjing.Inquiry{State: mingjing.InquiryAnswered, Answers: first}, "escalated"},
		{mingjing.Inquiry{State: mingjing.InquiryAnswered, Answers: first, Satisfied: &yes}, ""},
		{mingjing.Inquiry{State: mingjing.InquiryAnswered, Answers: []mingjing.InquiryAnswer{{Outcome: mingjing.InquiryFounded}}}, ""},
		{mingjing.Inquiry{State: mingjing.InquiryAnswered, Answers: []mingjing.InquiryAnswer{{Outcome: mingjing.InquiryUnfounded}}}, ""},
	} {
		var got []string
		for _, s := range w.q.MayFollow() {
			got = append(got, string(s))
		}
		if strings.Join(got, " ") != w.want {
			t.Errorf("after %+v: %v, want %s", w.q, got, w.want)
		}
	}
}
