package casework_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/agencykey"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/comment"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/organisation"
	"mingjing/server/casework/record"
	"mingjing/server/casework/register"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/casework/staff"
	"mingjing/server/casework/takeaway"
	"mingjing/server/evidence"
	"mingjing/server/ledger"
	"mingjing/server/store"
	"mingjing/server/vault"
	"mingjing/web/rulebooks/booktest"
)

// monday is when every test begins: a Monday morning in Shanghai.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// tb is what tests, benchmarks and properties have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// The parts under names of their own, so that a city has the methods of all of them.
type (
	kernelCity    = kernel.City
	noticesPart   = notice.Notices
	scoresPart    = score.Scores
	commentsPart  = comment.Comments
	mandatesPart  = mandate.Mandates
	casesPart     = cases.Cases
	recordsPart   = record.Records
	listingsPart  = listing.Listings
	deskPart      = desk.Desk
	staffPart     = staff.Staff
	inquiriesPart = inquiry.Inquiries
	complaintPart = complaint.Complaints
	draftsPart    = draft.Drafts
	sharesPart    = share.Shares
	accessLogPart = accesslog.AccessLog
	agenciesPart  = agencyside.Agencies
	keysPart      = agencykey.Keys
	intakePart    = intake.Intake
	registerPart  = register.Register
	takeawayPart  = takeaway.Takeaway
	firmsPart     = organisation.Organisations
)

// A city is a whole bureau on a real store.
type city struct {
	bureau *casework.Bureau
	*kernelCity
	*noticesPart
	*scoresPart
	*commentsPart
	*mandatesPart
	*firmsPart
	*casesPart
	*recordsPart
	*listingsPart
	*deskPart
	*staffPart
	*inquiriesPart
	*complaintPart
	*draftsPart
	*sharesPart
	*accessLogPart
	*agenciesPart
	*keysPart
	*intakePart
	*registerPart
	*takeawayPart
	store   casework.Store
	clock   *clock
	bus     *bus
	offices *offices
	post    *post
	books   []*mingjing.Rulebook
}

var (
	handler    = mingjing.Actor{Role: mingjing.RoleHandler, ID: "H-1", Name: "Handler One", AAL: 2}
	handler2   = mingjing.Actor{Role: mingjing.RoleHandler, ID: "H-2", Name: "Handler Two", AAL: 2}
	supervisor = mingjing.Actor{Role: mingjing.RoleSupervisor, ID: "S-1", Name: "Supervisor", AAL: 2}
	// administrator sees nothing of any resident.
	administrator = mingjing.Actor{Role: mingjing.RoleAdministrator, ID: "adm-1", Name: "Administrator One", AAL: 2}

	auditor = mingjing.Actor{Role: mingjing.RoleAuditor, ID: "A-1", Name: "Auditor", AAL: 2}
)

// few are the agencies of a small city, smallBooks its rulebooks.
var (
	few                   = booktest.Agencies
	smallBooks, calendars = booktest.Small, booktest.Calendars
)

func newCity(t testing.TB, set ...func(*casework.Config)) *city {
	t.Helper()
	now := &clock{now: monday}
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory(),
		Now: now.Now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return cityAt(t, s, now, set...)
}

func cityOn(t tb, s casework.Store, set ...func(*casework.Config)) *city {
	t.Helper()
	return cityAt(t, s, &clock{now: monday}, set...)
}

func cityAt(t tb, s casework.Store, now *clock, set ...func(*casework.Config)) *city {
	t.Helper()
	c := &city{store: s, clock: now, bus: &bus{}, offices: &offices{}, post: &post{}, books: smallBooks()}
	cfg := casework.Config{Store: s, Bus: c.bus, Agencies: c.offices, Ledger: testLedger(t), Notifier: c.post, Clock: c.clock, Files: files{},
		Books:     c.books,
		Calendars: calendars(), ClockScale: 1}
	for _, f := range set {
		f(&cfg)
	}
	c.store, c.books = cfg.Store, cfg.Books
	b, err := casework.New(cfg)
	must(t, err)
	c.bureau, c.kernelCity, c.noticesPart, c.scoresPart, c.casesPart, c.deskPart = b, b.City, b.Notices, b.Scores, b.Cases, b.Desk
	c.complaintPart = b.Complaints
	c.firmsPart = b.Organisations
	c.mandatesPart, c.recordsPart, c.listingsPart = b.Mandates, b.Records, b.Listings
	c.inquiriesPart, c.sharesPart, c.accessLogPart, c.agenciesPart = b.Inquiries, b.Shares, b.AccessLog, b.Agencies
	c.keysPart, c.intakePart = b.Keys, b.Intake
	c.commentsPart, c.draftsPart = b.Comments, b.Drafts
	c.registerPart, c.takeawayPart, c.staffPart = b.Register, b.Takeaway, b.Staff
	return c
}

// job does a job as the worker does it. When agencies are asked for it, it waits for their
// answers, and does the job again with them.
func (c *city) job(ctx context.Context, kind, id string) (time.Duration, error) {
	wait, err := c.bureau.Do(ctx, kernel.Job{Kind: kind, ID: id})
	if kind == score.JobCollect && err == nil && wait > 0 {
		c.Asker().Wait(0)
		return c.bureau.Do(ctx, kernel.Job{Kind: kind, ID: id})
	}
	if kind == cases.JobQuestion {
		c.Asker().Wait(0)
	}
	return wait, err
}

// work does a job, and waits for nobody.
func (c *city) work(kind, id string) error {
	_, err := c.bureau.Do(ctx, kernel.Job{Kind: kind, ID: id})
	return err
}

// did does a job that is never done again.
func (c *city) did(ctx context.Context, kind, id string) error {
	wait, err := c.job(ctx, kind, id)
	if err == nil && wait != 0 {
		err = fmt.Errorf("to be done again in %s", wait)
	}
	return err
}

// notified writes a notice in a transaction of its own.
func (c *city) notified(resident string, kind mingjing.NoticeKind, code, page, subject string) error {
	return c.Tx(ctx, func(t *kernel.Tx) error {
		return c.Notify(ctx, t.As(c.Entry(kernel.System, "notify", "", "notice")), mingjing.ResidentID(resident), kind, code, page, subject)
	})
}

func testLedger(t tb, witnesses ...*ledger.Witness) *ledger.Ledger {
	t.Helper()
	key, err := logproof.NewKey("log.example", make([]byte, 32))
	must(t, err)
	return ledger.New(key, witnesses...)
}

var ctx = context.Background()

// resident enrols the nth resident.
func (c *city) resident(t tb, n int) mingjing.Actor {
	t.Helper()
	id, err := c.Enrol(ctx, mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", n)), fmt.Sprintf("居民%d", n))
	must(t, err)
	return mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), Name: fmt.Sprintf("居民%d", n), AAL: 1}
}

// ask makes a request without working on it.
func (c *city) ask(t tb, a mingjing.Actor, book string) mingjing.ScoreRequest {
	t.Helper()
	r, err := c.RequestScore(ctx, a, book, true)
	must(t, err)
	return r
}

// ready makes a request and works on it until it is ready.
func (c *city) ready(t tb, a mingjing.Actor, book string) mingjing.ScoreRequest {
	t.Helper()
	r := c.ask(t, a, book)
	wait, err := c.job(ctx, score.JobCollect, r.ID)
	must(t, err)
	if wait != 0 {
		t.Fatalf("not ready: to be asked again in %s", wait)
	}
	return c.request(t, a, r.ID)
}

func (c *city) request(t tb, a mingjing.Actor, id string) mingjing.ScoreRequest {
	t.Helper()
	r, err := c.ScoreRequest(ctx, a, id)
	must(t, err)
	return r
}

// do changes the store itself, which is no look at anybody.
func (c *city) do(t tb, fn func(opened) error) {
	t.Helper()
	must(t, c.store.Tx(ctx, func(tx casework.Tx) error { return fn(withReader(tx, "test")) }))
}

// opened is a transaction with a reader, as the store's.
type opened struct {
	casework.Tx
	casework.Reader
}

func withReader(tx casework.Tx, work string) opened {
	return opened{tx, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{Role: mingjing.RoleSystem, Action: "test"}, Work: work})}
}

var errRead = errors.New("read")

// peek reads the store itself, and leaves nothing in anybody's log.
func (c *city) peek(t tb, fn func(opened) error) {
	t.Helper()
	err := c.store.Tx(ctx, func(tx casework.Tx) error { return cmp.Or(fn(withReader(tx, "")), errRead) })
	if !errors.Is(err, errRead) {
		must(t, err)
	}
}

func (c *city) storedRecord(t tb, id string) (r holding.Record) {
	t.Helper()
	c.peek(t, func(tx opened) (err error) { r, err = tx.Record(ctx, id); return err })
	return r
}

// opens opens a case as a member of staff, with a reason where it is not theirs.
func (c *city) opens(t tb, a mingjing.Actor, id string) mingjing.CaseView {
	t.Helper()
	k, err := c.Case(ctx, a, id)
	if err == nil && k.Closed {
		k, err = c.Open(ctx, a, id, "The resident is on the telephone.")
	}
	must(t, err)
	return k
}

func (c *city) storedListing(t tb, id string) (l holding.Listing) {
	t.Helper()
	c.peek(t, func(tx opened) (err error) { l, err = tx.Listing(ctx, id); return err })
	return l
}

func (c *city) storedDispute(t tb, id string) (d cases.Case) {
	t.Helper()
	c.peek(t, func(tx opened) (err error) { d, err = tx.Case(ctx, id); return err })
	return d
}

func (c *city) looks(t tb, a mingjing.Actor) (looks []mingjing.AccessEntry) {
	t.Helper()
	c.peek(t, func(tx opened) (err error) {
		looks, err = tx.AccessEntries(ctx, mingjing.ResidentID(a.ID), false, 0, 1000)
		looks = slices.DeleteFunc(looks, func(l mingjing.AccessEntry) bool { return l.Action == "test" })
		return err
	})
	return looks
}

// latest is the newest score by a rulebook.
func (c *city) latest(t tb, a mingjing.Actor, book string) mingjing.Score {
	t.Helper()
	v, err := c.Score(ctx, a, book)
	must(t, err)
	if v == nil {
		t.Fatalf("no score by %s", book)
	}
	return v.Score
}

func doc(kind string) mingjing.Document {
	return mingjing.Document{Kind: kind, Issuer: "Issuer", Number: "No. 1", Date: "2025-06-01", Hash: strings.Repeat("a", 64)}
}

// debt is a record that takes points by both rulebooks.
func debt(ref string) score.ReplyRecord {
	return score.ReplyRecord{Ref: ref, Record: mingjing.Record{Code: "court.unpaid_judgment", Occurred: "2025-06-01",
		Detail: mingjing.Text{"en": "Owes a debt."}, Document: doc("judgment")}}
}

// blacklisted is a listing that was served and has effect.
func blacklisted(ref string) score.ReplyListing {
	return score.ReplyListing{Ref: ref, Listing: mingjing.Listing{Kind: mingjing.Blacklist, Code: "court.enforcement_blacklist",
		Ground: mingjing.Text{"en": "Refused to pay."}, NoticeOn: "2025-06-01", From: "2025-06-02", Ends: "2027-06-02",
		Document: doc("listing_decision")}}
}

// redlisted is a redlisting that was served and has effect.
func redlisted(ref string) score.ReplyListing {
	return score.ReplyListing{Ref: ref, Listing: mingjing.Listing{Kind: mingjing.Redlist, Code: "tax.a_grade_redlist",
		Ground: mingjing.Text{"en": "Paid all and in time."}, NoticeOn: "2025-06-01", From: "2025-06-02", Ends: "2026-06-02",
		Document: doc("listing_decision")}}
}

// court is an agency's own computer.
var court = mingjing.Actor{Role: mingjing.RoleAgency, ID: "key", Agency: "court", Name: "court"}

// proposal is one of the court's that passes the checks, about the nth resident.
func proposal(n int, ref string) listing.Proposal {
	return listing.Proposal{Ref: ref, IDNumber: mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", n)),
		Code:   "court.enforcement_blacklist",
		Ground: mingjing.Text{"zh-CN": "有履行能力而拒不履行。", "en": "Able to pay, and refuses to."}, Measures: []string{"restrict.air", "restrict.hotel"},
		Months: 24, Document: doc("listing_decision")}
}

func (c *city) propose(t tb, n int, ref string) mingjing.Listing {
	t.Helper()
	l, err := c.Propose(ctx, court, proposal(n, ref))
	must(t, err)
	return l
}

// decidedBy brings a proposed listing through both people.
func (c *city) decidedBy(t tb, l mingjing.Listing, o mingjing.Outcome) mingjing.CaseView {
	t.Helper()
	_, err := c.Assign(ctx, handler, l.CaseID)
	must(t, err)
	_, err = c.Recommend(ctx, handler, l.CaseID, desk.Ruling{Outcome: o, Reasons: "It is so."})
	must(t, err)
	_, err = c.Assign(ctx, supervisor, l.CaseID)
	must(t, err)
	k, err := c.Decide(ctx, supervisor, l.CaseID, desk.Ruling{Outcome: o, Reasons: "It is so."})
	must(t, err)
	return k
}

// rejected is a dispute that was rejected on the agency's word.
func (c *city) rejected(t tb, a mingjing.Actor, record, listing string) mingjing.Case {
	t.Helper()
	d := c.answered(t, a, record, listing, mingjing.PositionMaintained)
	_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	d, err = c.Dispute(ctx, a, d.ID)
	must(t, err)
	return d
}

// owing is a ready resident with one debt and one listing of the court's.
func (c *city) owing(t tb, n int) (a mingjing.Actor, record, listing string) {
	t.Helper()
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}, Listings: []score.ReplyListing{blacklisted("list")}})
	a = c.resident(t, n)
	c.ready(t, a, "honest-shanghai")
	c.do(t, func(tx opened) error {
		records, err := tx.Records(ctx, mingjing.ResidentID(a.ID))
		if err != nil {
			return err
		}
		listings, err := tx.Listings(ctx, mingjing.ResidentID(a.ID))
		if err != nil {
			return err
		}
		if len(records) != 1 || len(listings) != 1 {
			return fmt.Errorf("%d records and %d listings, want one of each", len(records), len(listings))
		}
		record, listing = records[0].ID, listings[0].ID
		return nil
	})
	return a, record, listing
}

func (c *city) file(t tb, a mingjing.Actor, record, listing string, evidence ...evidence.Upload) mingjing.Case {
	t.Helper()
	d, err := c.FileDispute(ctx, a, cases.Filing{RecordID: record, ListingID: listing, Reason: mingjing.ReasonNotMe,
		Statement: "That was not me.", Evidence: evidence})
	must(t, err)
	return d
}

// answered brings a dispute to where the agency has answered.
func (c *city) answered(t tb, a mingjing.Actor, record, listing string, p mingjing.AgencyPosition,
	evidence ...evidence.Upload) mingjing.Case {
	t.Helper()
	d := c.file(t, a, record, listing, evidence...)
	c.put(t, d.ID)
	c.offices.answer = says(p)
	if _, err := c.job(ctx, cases.JobQuestion, d.ID); err != nil {
		t.Fatalf("%v", err)
	}
	d, err := c.Dispute(ctx, a, d.ID)
	must(t, err)
	return d
}

// put takes a case and puts it to the agency.
func (c *city) put(t tb, dispute string) {
	t.Helper()
	_, err := c.Assign(ctx, handler, dispute)
	must(t, err)
	_, err = c.AskAgency(ctx, handler, dispute)
	must(t, err)
}
