package main

import (
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/statement"
)

// TestEveryStepAnswersAProgramToo takes by JSON the steps that other tests take by forms,
// and checks each answer against openapi.json.
func TestEveryStepAnswersAProgramToo(t *testing.T) {
	c := theOpenCity(t)
	handler, supervisor := c.desk(t, "h-1001"), c.desk(t, "s-2001")

	t.Run("repair, and a statement on file", func(t *testing.T) {
		b := c.resident(t, "repair")
		b.ready("honest-shanghai")
		listing := list[mingjing.Listing](b.json("GET", "/api/listings", nil))[0].ID
		b.json("POST", "/api/statements", map[string]any{"listing_id": listing, "statement_on_file": "I have paid since."}).want(200)
		d := into[mingjing.Case](b.json("POST", "/api/repairs", map[string]any{"listing_id": listing, "statement": "I have paid."}).want(201))
		if d.Kind != mingjing.CaseRepair || d.Listing.Statement != "I have paid since." {
			t.Errorf("the application is %+v", d)
		}
		handler.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
		opened := into[mingjing.CaseView](
			handler.json("POST", "/api/admin/cases/"+d.ID+"/id-number", map[string]any{"id_reason": "identity"}).want(200))
		if opened.IDNumber != string(c.account(t, "repair").IDNumber) {
			t.Error("the number that was asked for is not in the answer")
		}
		handler.json("POST", "/api/admin/cases/"+d.ID+"/decision", map[string]any{"outcome": "granted", "reasons": "All is paid."}).want(200)
		if l := list[mingjing.Listing](b.json("GET", "/api/listings", nil))[0]; l.State != mingjing.ListingRepaired {
			t.Errorf("the listing is %s", l.State)
		}
	})

	t.Run("a redlisting is shown", func(t *testing.T) {
		b := c.resident(t, "model-resident")
		b.ready("honest-shanghai")
		all := list[mingjing.Listing](b.json("GET", "/api/listings", nil))
		i := slices.IndexFunc(all, func(l mingjing.Listing) bool { return l.Kind == mingjing.Redlist })
		b.json("POST", "/api/listings/"+all[i].ID+"/shown", map[string]any{"shown": true}).want(200)
		if again := list[mingjing.Listing](b.json("GET", "/api/listings", nil)); !again[i].Shown {
			t.Error("it is not shown")
		}
	})

	t.Run("service on paper", func(t *testing.T) {
		l := c.propose(t, "ordinary 9", "by-program")
		steps := "/api/admin/cases/" + l.CaseID
		handler.json("POST", steps+"/assign", nil).want(200)
		handler.json("POST", steps+"/recommend", map[string]any{"outcome": "approved", "reasons": "It holds."}).want(200)
		supervisor.json("POST", steps+"/assign", nil).want(200)
		supervisor.json("POST", steps+"/decision", map[string]any{"outcome": "approved", "reasons": "It does."}).want(200)
		k := into[mingjing.CaseView](handler.json("POST", steps+"/serve", map[string]any{"method": "in_person",
			"on": mingjing.DateOf(c.p.casework.City.Now()), "proof": "R-2"}).want(200))
		if k.Listing.State != mingjing.ListingServed || k.Listing.Served != mingjing.ServedInPerson {
			t.Errorf("it is %+v", k.Listing)
		}
	})

	t.Run("an officer's answer", func(t *testing.T) {
		b, officer := c.resident(t, "silent-agency"), c.desk(t, "g-3001")
		b.ready("honest-shanghai")
		records := list[mingjing.Record](b.json("GET", "/api/records", nil))
		i := slices.IndexFunc(records, func(r mingjing.Record) bool { return r.Agency == "metro" && r.State == mingjing.RecordActive })
		d := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"record_id": records[i].ID, "reason": "not_me",
			"statement": "It was not me."}).want(201))
		handler.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
		handler.json("POST", "/api/admin/cases/"+d.ID+"/ask-agency", nil).want(200)
		q := into[mingjing.AgencyQuestion](officer.json("POST", "/api/agency/questions/"+d.ID+"/answer",
			map[string]any{"position": "withdrawn", "text_zh": "经查有误，予以撤回。"}).want(200))
		if q.Answer == nil || q.Answer.Position != mingjing.PositionWithdrawn {
			t.Errorf("the answer is %+v", q.Answer)
		}
	})

	t.Run("a record that is missing", func(t *testing.T) {
		b := c.resident(t, "ordinary 12")
		form := into[mingjing.MissingView](b.json("GET", "/api/missing", nil).want(200))
		i := slices.IndexFunc(form.Choices, func(k mingjing.MissingChoice) bool { return k.Agency == "court" })
		d := into[mingjing.Case](b.json("POST", "/api/missing", map[string]any{"missing": form.Choices[i].Value(), "happened_on": "2026-01-15",
			"document_number": "2026-15", "statement": "I did it in January."}).want(201))
		handler.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
		handler.json("POST", "/api/admin/cases/"+d.ID+"/ask-agency", nil).want(200)
		if got := handler.json("POST", "/api/admin/cases/"+d.ID+"/decision", map[string]any{"outcome": "upheld", "reasons": "It is so."}).
			problem(409); got != "missing_waiting" {
			t.Errorf("before the agency has answered: %s", got)
		}
		if v := list[mingjing.Case](b.json("GET", "/api/disputes", nil)); v[0].Missing == nil || v[0].State != mingjing.CaseAgencyAsked {
			t.Errorf("the case is %+v", v[0])
		}
	})

	t.Run("refused at a counter, and a list that nobody published", func(t *testing.T) {
		b := c.resident(t, "ordinary 12")
		if v := into[mingjing.RefusedView](b.json("GET", "/api/refusals?measure=restrict.rail",
			nil).want(200)); v.Answer != mingjing.RefusalClear {
			t.Errorf("without any listing it is %s", v.Answer)
		}
		made := into[mingjing.RefusedView](b.json("POST", "/api/refusals/statement", map[string]any{"measure": "restrict.rail"}).want(201))
		keys, err := statement.ParseKeys(b.json("GET", "/.well-known/jwt-vc-issuer", nil).want(200).body)
		if err != nil {
			t.Fatal(err)
		}
		now := c.p.casework.City.Now()
		s, _, err := statement.Verify(made.Token, keys, now)
		if err != nil || s.Unrestricted == nil || s.Unrestricted.Code != "restrict.rail" || s.Name == "" || s.Band != nil || s.ShownTo != "" {
			t.Errorf("the statement is %+v, %v", s, err)
		}
		if _, _, err := statement.Verify(made.Token, keys, now.Add(mingjing.MeasureStatementTime+time.Second)); err == nil {
			t.Error("it holds after its hour")
		}
		body := map[string]any{"measure": "restrict.rail", "place": "station", "where": "Counter 7", "happened_on": "2026-01-15",
			"statement": "My score is too low, they said."}
		k := into[mingjing.Complaint](b.json("POST", "/api/complaints/refused", body).want(201))
		delete(body, "measure")
		b.json("POST", "/api/complaints/list", body).want(201)
		if open := list[mingjing.ComplaintSummary](supervisor.json("GET", "/api/admin/complaints", nil)); len(open) != 2 {
			t.Errorf("%+v waits", open)
		}
		handler.json("GET", "/api/admin/complaints", nil).want(403)
		supervisor.json("GET", "/api/admin/complaints/"+k.ID, nil).want(200)
		supervisor.json("POST", "/api/admin/complaints/"+k.ID+"/answer",
			map[string]any{"outcome": "unlawful", "reply": "The station was told so."}).want(200)
		if own := list[mingjing.Complaint](b.json("GET", "/api/complaints", nil)); len(own) != 2 || own[1].Outcome != mingjing.ComplaintUnlawful {
			t.Errorf("%+v", own)
		}
	})

	t.Run("the counter, and relatives", func(t *testing.T) {
		number := c.account(t, "ordinary 12").IDNumber
		c.resident(t, "ordinary 12").ready("honest-shanghai")
		v := into[mingjing.CounterView](handler.json("POST", "/api/admin/counter", map[string]any{"id_number": number}).want(200))
		if v.Visit == "" || v.IDMasked != number.Masked() {
			t.Fatalf("the counter finds %+v", v)
		}
		i := slices.IndexFunc(v.Records, func(r mingjing.CounterItem) bool { return r.Open }) // other tests dispute some
		if i < 0 {
			t.Fatalf("nothing is open among %+v", v.Records)
		}
		k := into[mingjing.CaseView](handler.json("POST", "/api/admin/counter/disputes",
			map[string]any{"visit": v.Visit, "record_id": v.Records[i].ID, "reason": "not_me", "statement": "It was not me."}).want(201))
		if k.State != mingjing.CaseFiled {
			t.Errorf("the case is %s", k.State)
		}
		r := into[mingjing.RelativesView](handler.json("POST", "/api/admin/relatives", map[string]any{"id_number": number}).want(201))
		handler.json("POST", "/api/admin/relatives/remove", map[string]any{"relative_id": r.Relatives[0].ID}).want(200)
	})
}
