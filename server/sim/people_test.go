package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/share"
	"mingjing/server/evidence"
)

// A person is a resident, with what they were told.
type person struct {
	n      int
	actor  mingjing.Actor
	number mingjing.IDNumber

	keys, texts int
	lastKey     string // of a form that is sent again
	lastSent    time.Time
	lastBook    string // that it asked a score by
	lastAnswer  string // to it
	lastFiled   *cases.Filing
	requests    []string
	records     []string // that they can dispute
	listings    []string
	cases       []string
	shares      []*shared
	withdrew    []int64  // when they had taken back a consent
	mandates    []string // that they are asked to take
	given       []string // that they have offered
	inquiries   []string
	looks       map[string]int // by who looked: how often staff were shown something, at least
	receipt     string         // of leaving
	moved       bool           // something of theirs was decided or filed since it was last checked
	leaves      bool           // they are asking to leave
	left        bool           // they asked to leave, and perhaps nobody answered
}

// A shared is a share as its resident knows it.
type shared struct {
	id, code, book string
	ends           time.Time
}

func newPerson(n int, a mingjing.Actor) *person {
	return &person{n: n, actor: a, number: numberOf(n), looks: map[string]int{}}
}

func (p *person) id() mingjing.ResidentID { return mingjing.ResidentID(p.actor.ID) }

// An act is what somebody does, once.
type act struct {
	name string
	// of is the resident whose data it is about; nil where it is about nobody's.
	of *person
	by mingjing.Actor
	// shown says that a success has shown something of the resident's.
	shown bool
	// model are what the model is asked about it, with the answers that do fills in.
	model []*step
	// more are steps of the model that are known only at the end; it may be nil.
	more func() []*step
	do   func(ctx context.Context) error
}

// begin has somebody do something, beside all else that happens.
func (w *world) begin(a act) {
	p := w.p
	w.ops++
	n, faults := w.ops, w.faults
	w.did("act " + a.name)
	w.say("act %d %s by %s begins", n, a.name, a.by.Name)
	w.inOps++
	w.events++
	called := w.events
	go func() {
		entries := new(int64)
		err := safely(func() error { return a.do(context.WithValue(ctx, opKey{}, entries)) })
		w.inOps--
		w.events++
		lost := p.gone() || w.losesReply()
		w.say("act %d %s ends: %v, %d entries, lost %v", n, a.name, err, *entries, lost)
		code := codeOf(err)
		switch {
		case lost:
		case mingjing.AwayCode(err) != "" && w.faults != faults:
			lost = true // it may have been committed all the same
		case code == "":
			w.fail("%s by %s: no answer that a person can be given: %v", a.name, a.by.Name, err)
		case a.shown && code == ok && *entries == 0:
			w.fail("%s: %s was shown something of %s, and no entry of the access log stands before it", a.name, a.by.Name, a.of.actor.Name)
		case a.shown && code == ok && a.by.Role.Staff():
			a.of.looks[a.by.ID]++
			a.of.moved = true
		}
		if code == ok {
			w.counts["done "+a.name]++
		}
		if a.more != nil {
			a.model = append(a.model, a.more()...)
		}
		for _, s := range a.model {
			if s.out.lost, s.out.code = lost || s.maybe, code; s.then != nil {
				s.then(s.out)
			}
			w.record(s, called, w.events)
		}
	}()
}

// losesReply is how often a reply is lost on the way to the person.
func (w *world) losesReply() bool { return w.chance(60) }

// ok is the code of a success; unknown is that of an answer that nobody got.
const (
	ok      = "ok"
	unknown = "unknown"
)

// codeOf returns the code of an answer; "" for one that nobody can be given.
func codeOf(err error) string {
	e, known := errors.AsType[*mingjing.Error](err)
	switch {
	case err == nil:
		return ok
	case !known:
		return ""
	case e.Code == "invalid_form" && len(e.Fields) > 0:
		return e.Fields[0].Field + ":" + e.Fields[0].Code
	}
	return e.Code
}

var books = []string{"honest-shanghai", "rongcheng"}

var forms = []draft.Place{{Page: "disputes/new?record=1", Form: "/api/disputes"}, {Page: "comments/new", Form: "/api/comments"}}

func receiptPDF(n int) evidence.Upload {
	return evidence.Upload{Name: "receipt.pdf", Data: fmt.Appendf(nil, "%%PDF-1.7\nreceipt %d\n%%%%EOF\n", n)}
}

// actOf returns what a resident does next; false for nothing.
func (w *world) actOf(x *person) (act, bool) {
	b, me := w.p.bureau, x.actor
	a := act{of: x, by: me, shown: true}
	once := func(what string, put func(ctx context.Context, key string) (string, error)) {
		key, again := fmt.Sprintf("%s %d %d", what, x.n, x.keys+1), false
		if strings.HasPrefix(x.lastKey, what) && w.Now().Sub(x.lastSent).Abs() < kernel.SendingKept/2 && w.chance(2) {
			key, again = x.lastKey, true
		} else {
			x.keys++
			x.lastSent = w.Now()
			x.lastBook = pick(w, books)
		}
		x.lastKey = key
		s := &step{object: "once " + key, do: "put"}
		a.model = []*step{s}
		before := x.lastAnswer
		if what == "request" && !(again && before == ok) { // sent again it changes nothing
			a.model = append(a.model, &step{object: consentOf(x, x.lastBook), do: "give", maybe: again && before == unknown})
		}
		x.lastAnswer = unknown
		s.then = func(out answer) {
			if x.lastKey != key || x.lastAnswer == ok {
				return
			}
			if x.lastAnswer = out.code; out.lost {
				x.lastAnswer = unknown
			}
		}
		a.do = func(ctx context.Context) error {
			id, err := put(ctx, key)
			s.out.text = id
			return err
		}
	}
	switch a.name = pick(w, residentActs); a.name {
	case "request":
		book := ""
		once("request", func(ctx context.Context, key string) (string, error) {
			id, err := w.once(ctx, me, "request", key, book, func(ctx context.Context) (string, error) {
				r, err := b.Scores.RequestScore(ctx, me, book, true)
				return r.ID, err
			})
			if err == nil && !slices.Contains(x.requests, id) {
				x.requests = append(x.requests, id)
			}
			return id, err
		})
		book = x.lastBook
	case "read request":
		if len(x.requests) == 0 {
			return a, false
		}
		id := pick(w, x.requests)
		a.do = func(ctx context.Context) error { return w.readRequest(ctx, x, id) }
	case "score":
		a.do = func(ctx context.Context) error {
			_, err := b.Scores.Score(ctx, me, pick(w, append(books, "")))
			return err
		}
	case "overview":
		a.do = func(ctx context.Context) error { _, err := b.Register.Overview(ctx, me); return err }
	case "records":
		a.do = func(ctx context.Context) error {
			v, err := b.Records.Records(ctx, me)
			if err == nil {
				x.records = x.records[:0]
				for _, r := range v.Records {
					x.records = append(x.records, r.Record.ID)
				}
			}
			return err
		}
	case "listings":
		a.do = func(ctx context.Context) error {
			v, err := b.Listings.Listings(ctx, me)
			if err == nil {
				x.listings = x.listings[:0]
				for _, l := range v.Listings {
					x.listings = append(x.listings, l.Listing.ID)
				}
			}
			return err
		}
	case "withdraw":
		book := pick(w, books)
		a.shown = false
		a.model = []*step{{object: consentOf(x, book), do: "withdraw"}}
		before := len(x.shares)
		a.more = func() (also []*step) {
			x.withdrew = append(x.withdrew, w.events)
			for i, s := range x.shares {
				if s.book == book { // one that is made meanwhile may come before or after it
					also = append(also, &step{object: "share " + s.id, do: "revoke", maybe: i >= before})
				}
			}
			return also
		}
		a.do = func(ctx context.Context) error { return b.Scores.Withdraw(ctx, me, book) }
	case "consents":
		book := pick(w, books)
		s := &step{object: consentOf(x, book), do: "read"}
		a.model = []*step{s}
		a.do = func(ctx context.Context) error {
			v, err := b.Scores.Consents(ctx, me)
			s.out.text = "no"
			for _, k := range v.Consents {
				if k.Rulebook == book && k.WithdrawnAt == nil {
					s.out.text = "yes"
				}
			}
			return err
		}
	case "dispute", "review", "repair":
		ok := w.actOfCase(x, &a, once)
		return a, ok
	case "evidence":
		if len(x.cases) == 0 {
			return a, false
		}
		id, n := pick(w, x.cases), 1+w.rand.IntN(2)
		s := &step{object: "evidence " + id, do: "add", in: n}
		a.model = []*step{s}
		var files []evidence.Upload
		for range n {
			x.texts++
			files = append(files, receiptPDF(x.texts))
		}
		a.do = func(ctx context.Context) error {
			_, err := b.Cases.AddEvidence(ctx, me, id, files)
			return err
		}
	case "case":
		if len(x.cases) == 0 {
			return a, false
		}
		id := pick(w, x.cases)
		s := &step{object: "evidence " + id, do: "count"}
		a.model = []*step{s}
		a.do = func(ctx context.Context) error {
			d, err := b.Cases.Dispute(ctx, me, id)
			s.out.n = len(d.Evidence)
			return err
		}
	case "cases":
		a.do = func(ctx context.Context) error {
			v, err := b.Cases.Disputes(ctx, me)
			for _, d := range v.Disputes {
				w.knowCase(x, d.ID)
			}
			return err
		}
	case "share":
		if x.lastBook == "" {
			return a, false
		}
		book := x.lastBook
		fields := []mingjing.ShareField{mingjing.ShareBand}
		n := share.NewShare{Rulebook: book, Purpose: "Renting a flat", Fields: fields, Named: mingjing.ShareMasked, Views: 1 + w.rand.IntN(3),
			Ends: string(mingjing.DateOf(w.Now()).AddDays(1 + w.rand.IntN(20)))}
		began := w.events
		a.do = func(ctx context.Context) error {
			s, code, err := b.Shares.MakeShare(ctx, me, n)
			if err == nil {
				if len(x.withdrew) > 0 && x.withdrew[len(x.withdrew)-1] > began {
					w.record(&step{object: "share " + s.ID, do: "revoke", out: answer{lost: true}}, began, 0)
				}
				x.shares = append(x.shares, &shared{s.ID, code, book, s.EndsAt})
				w.events++
				w.record(&step{object: "share " + s.ID, do: "make", in: n.Views, out: answer{code: ok}}, w.events, w.events)
			}
			return err
		}
	case "view":
		if len(x.shares) == 0 {
			return a, false
		}
		sh := pick(w, x.shares)
		s := &step{object: "share " + sh.id, do: "view"}
		if !w.Now().Before(sh.ends) {
			s.text = past
		}
		a.model = []*step{s}
		a.by = mingjing.Actor{Role: mingjing.RoleRecipient, Name: "Landlord"}
		a.do = func(ctx context.Context) error {
			_, err := b.Shares.ViewShare(ctx, sh.code, share.Recipient{Who: "Landlord", Lang: "en"})
			return err
		}
	case "shares":
		if len(x.shares) == 0 {
			return a, false
		}
		sh := pick(w, x.shares)
		s := &step{object: "share " + sh.id, do: "count"}
		a.model = []*step{s}
		a.do = func(ctx context.Context) error {
			v, err := b.Shares.Shares(ctx, me)
			s.out.n = -1
			for _, one := range v.Shares {
				if one.ID == sh.id {
					s.out.n = one.Viewed
				}
			}
			return err
		}
	case "revoke":
		if len(x.shares) == 0 {
			return a, false
		}
		sh := pick(w, x.shares)
		a.model = []*step{{object: "share " + sh.id, do: "revoke"}}
		a.do = func(ctx context.Context) error { _, err := b.Shares.RevokeShare(ctx, me, sh.id); return err }
	case "draft":
		at := pick(w, forms)
		x.texts++
		text := fmt.Sprint("words ", x.texts)
		a.shown = false
		a.model = []*step{{object: draftOf(x, at), do: "write", text: text}}
		a.do = func(ctx context.Context) error {
			_, err := b.Drafts.SaveDraft(ctx, me, at, []mingjing.DraftField{{Name: "statement", Value: text}}, nil)
			return err
		}
	case "read draft":
		at := pick(w, forms)
		s := &step{object: draftOf(x, at), do: "read"}
		a.shown = false // an empty page opens nothing
		a.model = []*step{s}
		a.do = func(ctx context.Context) error {
			v, err := b.Drafts.DraftsOn(ctx, me, at.Page)
			for _, d := range v {
				s.out.text = d.Fields[0].Value
			}
			return err
		}
	case "send draft":
		at := pick(w, forms)
		a.shown = false
		a.model = []*step{{object: draftOf(x, at), do: "write"}}
		a.do = func(ctx context.Context) error { return b.Drafts.DraftSent(ctx, me, at) }
	case "mandate":
		if len(x.cases) == 0 {
			return a, false
		}
		helper := pick(w, w.people)
		o := cases.Offer{CaseID: pick(w, x.cases), IDNumber: string(helper.number), Relation: mingjing.RelationChild,
			Until: mingjing.DateOf(w.Now()).AddDays(1 + w.rand.IntN(40))}
		a.do = func(ctx context.Context) error {
			d, err := b.Cases.OfferMandate(ctx, me, o)
			if err == nil && len(d.Mandates) > 0 {
				id := d.Mandates[len(d.Mandates)-1].ID
				helper.mandates, x.given = append(helper.mandates, id), append(x.given, id)
			}
			return err
		}
	case "accept", "decline", "end mandate":
		all := x.mandates
		if a.name == "end mandate" {
			all = x.given
		}
		if len(all) == 0 {
			return a, false
		}
		id, what := pick(w, all), a.name
		a.shown = false
		a.model = []*step{{object: "mandate " + id, do: what}}
		a.do = func(ctx context.Context) (err error) {
			switch what {
			case "accept":
				_, err = b.Mandates.AcceptMandate(ctx, me, id)
			case "decline":
				_, err = b.Mandates.DeclineMandate(ctx, me, id)
			default:
				_, err = b.Mandates.RevokeMandate(ctx, me, id)
			}
			return err
		}
	case "help":
		if len(w.cases) == 0 {
			return a, false
		}
		id := pick(w, w.cases)
		a.do = func(ctx context.Context) error { _, err := b.Cases.Helping(ctx, me, id); return err }
	case "confirm":
		if len(x.listings) == 0 {
			return a, false
		}
		id := pick(w, x.listings)
		a.shown = false
		a.do = func(ctx context.Context) error { return b.Listings.ConfirmReceipt(ctx, me, id) }
	case "log":
		a.do = func(ctx context.Context) error { return w.readLog(ctx, x) }
	case "why":
		a.do = func(ctx context.Context) error { return w.askWhy(ctx, x) }
	case "inbox":
		a.do = func(ctx context.Context) error {
			v, err := b.Notices.Notices(ctx, me, "")
			if err == nil && len(v.Notices) > 0 {
				_, err = b.Notices.OpenNotice(ctx, me, pick(w, v.Notices).ID)
			}
			return err
		}
	case "export":
		me.Fresh = true
		a.do = func(ctx context.Context) error {
			if _, err := b.Takeaway.StartExport(ctx, me, "en"); err != nil {
				return err
			}
			_, _, err := b.Takeaway.ExportFile(ctx, me)
			if codeOf(err) != "" {
				err = nil // it may not be ready
			}
			return err
		}
	case "leave":
		if w.behaviours < 100 || x.n == 1 || w.inOps > 0 {
			return a, false
		}
		me.Fresh = true
		x.leaves = true
		a.shown = false
		a.do = func(ctx context.Context) error {
			e, err := b.Takeaway.Leave(ctx, me)
			if err == nil {
				x.receipt = e.ID
			}
			x.leaves, x.left = false, codeOf(err) != "leave_cases_open"
			return err
		}
	}
	return a, true
}

// staffActs are what staff do.
var staffActs = []string{"work", "work", "work", "work", "work", "work", "work", "work", "work", "work", "assign", "ask agency", "decide",
	"extend", "recommend", "serve", "open case", "queue", "next", "answer why", "note"}

func consentOf(x *person, book string) string { return fmt.Sprintf("consent %d %s", x.n, book) }

func draftOf(x *person, at draft.Place) string { return fmt.Sprintf("draft %d %s", x.n, at.Page) }
