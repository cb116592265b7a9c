package sim

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
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
				helper.mandates = append(helper.mandates, d.Mandates[len(d.Mandates)-1].ID)
			}
			return err
		}
	case "accept", "decline", "end mandate":
		if len(x.mandates) == 0 {
			return a, false
		}
		id, what := pick(w, x.mandates), a.name
		a.shown = false
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

// residentActs are what a resident does, as often as it stands there.
var residentActs = []string{"request", "request", "request", "read request", "score", "overview", "records", "records", "listings",
	"withdraw", "consents", "dispute", "dispute", "dispute", "review", "repair", "evidence", "evidence", "case", "case", "cases",
	"share", "share", "view", "view", "shares", "revoke", "draft", "draft", "read draft", "send draft", "mandate", "accept", "decline",
	"end mandate", "help", "confirm", "log", "why", "inbox", "export", "leave"}

// actOfCase returns how a resident files a case.
func (w *world) actOfCase(x *person, a *act, once func(string, func(context.Context, string) (string, error))) bool {
	b, me := w.p.bureau, x.actor
	f := cases.Filing{Reason: pick(w, mingjing.DisputeReasons), Statement: "It is wrong."}
	file := b.Cases.FileDispute
	switch {
	case a.name == "dispute" && len(x.records)+len(x.listings) == 0:
		a.name = "records"
		a.do = func(ctx context.Context) error {
			v, err := b.Records.Records(ctx, me)
			for _, r := range v.Records {
				x.records = append(x.records, r.Record.ID)
			}
			return err
		}
		return true
	case a.name == "dispute":
		if i := w.rand.IntN(len(x.records) + len(x.listings)); i < len(x.records) {
			f.RecordID = x.records[i]
		} else {
			f.ListingID = x.listings[i-len(x.records)]
		}
	case a.name == "repair" && len(x.listings) > 0:
		f.ListingID, file = pick(w, x.listings), b.Cases.ApplyForRepair
	case a.name == "review" && len(x.cases) > 0:
		f.Previous, file = pick(w, x.cases), b.Cases.AskForReview
	default:
		return false
	}
	if w.chance(3) {
		x.texts++
		f.Evidence = []evidence.Upload{receiptPDF(x.texts)}
	}
	name, lastKey, last, again := a.name, x.lastKey, x.lastFiled, false
	once(a.name, func(ctx context.Context, key string) (string, error) {
		f := f
		if again {
			f = *last
		}
		id, err := w.once(ctx, me, name, key, fmt.Sprintf("%+v", f), func(ctx context.Context) (string, error) {
			d, err := file(ctx, me, f)
			return d.ID, err
		})
		if err == nil {
			w.knowCase(x, id)
		}
		return id, err
	})
	if again = last != nil && lastKey == x.lastKey; !again { // else the form is sent as it was
		x.lastFiled = &f
	}
	return true
}

// once has something done that was sent with a key, as the server does: what is sent again
// is answered as it was.
func (w *world) once(ctx context.Context, a mingjing.Actor, action, key, content string,
	do func(ctx context.Context) (string, error)) (id string, err error) {
	digest := sha256.Sum256([]byte(content))
	s := kernel.Sending{Actor: a, Action: action, Key: key, Content: digest[:]}
	before, err := w.p.bureau.City.Once(ctx, s, func(ctx context.Context) ([]byte, error) {
		id, err = do(ctx)
		return []byte(id), err
	})
	if before != nil {
		if before.Differs {
			w.fail("%s was sent with the key %q as it was before, and is said to differ", action, key)
		}
		id = string(before.Answer)
	}
	return id, err
}

// knowCase notes a case that somebody was told of. How many files it has is not known to
// the model, which begins with the first count.
func (w *world) knowCase(x *person, id string) {
	x.moved = true
	if !slices.Contains(x.cases, id) {
		x.cases = append(x.cases, id)
	}
	if !slices.Contains(w.cases, id) {
		w.cases = append(w.cases, id)
		w.owners[id] = x
	}
}

// readRequest reads a request that was acknowledged.
func (w *world) readRequest(ctx context.Context, x *person, id string) error {
	r, err := w.p.bureau.Scores.ScoreRequest(ctx, x.actor, id)
	switch {
	case codeOf(err) == "not_found" && !x.left:
		w.fail("the request %s was acknowledged, and is not there", id)
	case err == nil && r.FinishedAt != nil && r.FinishedAt.After(r.Deadline) && !w.excused(r.Deadline):
		w.fail("the request %s ended at %s, its deadline was %s", id, r.FinishedAt, r.Deadline)
	}
	return err
}

// readLog reads the access log and checks its proof, as the phone does.
func (w *world) readLog(ctx context.Context, x *person) error {
	b := w.p.bureau
	var pages []mingjing.AccessProof
	q := accesslog.ProofQuery{}
	for {
		p, err := b.AccessLog.AccessProof(ctx, x.actor, q)
		if err != nil {
			return err
		}
		if pages = append(pages, p); p.Next == 0 {
			break
		}
		k, _, _, err := logproof.OpenCheckpoint(p.Checkpoint, p.Key)
		if err != nil {
			return err
		}
		q.After, q.Size = p.Next, k.Size
	}
	if k := logproof.Check(pages, nil, w.Now().Add(48*time.Hour)); len(k.Problems) > 0 {
		w.fail("the proof of the access log of %s has problems: %+v", x.actor.Name, k.Problems)
	}
	return nil
}

// askWhy asks about an entry of the access log.
func (w *world) askWhy(ctx context.Context, x *person) error {
	b := w.p.bureau
	v, err := b.AccessLog.AccessLog(ctx, x.actor, true, "")
	if err != nil || len(v.Entries) == 0 {
		return err
	}
	q, err := b.Inquiries.AskWhy(ctx, x.actor, pick(w, v.Entries).Seq, "")
	if err == nil && !slices.Contains(x.inquiries, q.ID) {
		x.inquiries = append(x.inquiries, q.ID)
		w.inquiries = append(w.inquiries, q.ID)
	}
	return err
}

// staffActs are what staff do.
var staffActs = []string{"work", "work", "work", "work", "work", "work", "work", "work", "work", "work", "assign", "ask agency", "decide",
	"extend", "recommend", "serve", "open case", "queue", "next", "answer why", "note"}

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
		a.do = func(ctx context.Context) error { _, err := b.Desk.Case(ctx, who, id); return err }
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
	k, err := w.p.bureau.Desk.Case(ctx, who, id)
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
	k, err := b.Desk.Case(ctx, who, id)
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

func consentOf(x *person, book string) string { return fmt.Sprintf("consent %d %s", x.n, book) }

func draftOf(x *person, at draft.Place) string { return fmt.Sprintf("draft %d %s", x.n, at.Page) }
