package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
)

// same compares as JSON, which is how rows are kept.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	must(t, err)
	w, err := json.Marshal(want)
	must(t, err)
	if !bytes.Equal(g, w) {
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}

// get runs a read in a transaction of its own.
func get[T any](t *testing.T, s *Store, read func(context.Context, *reader) (T, error)) (v T, err error) {
	t.Helper()
	ctx := t.Context()
	err = freely(ctx, s, func(tx *reader) (err error) {
		v, err = read(ctx, tx)
		return err
	})
	return v, err
}

func mustGet[T any](t *testing.T, s *Store, read func(context.Context, *reader) (T, error)) T {
	t.Helper()
	v, err := get(t, s, read)
	must(t, err)
	return v
}

func ids[T any](list []T, id func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, id(v))
	}
	return strings.Join(out, " ")
}

func TestResidentsAreFoundByIdAndIDNumber(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r, resident(2))
		same(t, "by id", mustGet(t, s, func(ctx context.Context, tx *reader) (kernel.Resident, error) { return tx.Resident(ctx, r.ID) }), r)
		same(t, "by ID number", mustGet(t, s, func(ctx context.Context, tx *reader) (mingjing.ResidentID, error) {
			return tx.ResidentByIDNumber(ctx, r.IDNumber)
		}), r.ID)
		other := open(t, url, func(o *Options) { o.IDKey = bytes.Repeat([]byte{7}, IDKeySize) })
		if _, err := get(t, other, func(ctx context.Context, tx *reader) (mingjing.ResidentID, error) {
			return tx.ResidentByIDNumber(ctx, r.IDNumber)
		}); !errors.Is(err, kernel.ErrNotFound) {
			t.Errorf("another key finds the ID number: %v", err)
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		enrol(t, s, resident(1))
		r := resident(1)
		for name, read := range map[string]func(tx *reader) error{
			"Resident":           func(tx *reader) error { _, err := tx.Resident(ctx, "x"); return err },
			"ResidentByIDNumber": func(tx *reader) error { _, err := tx.ResidentByIDNumber(ctx, "x"); return err },
			"Request":            func(tx *reader) error { _, err := tx.Request(ctx, "x"); return err },
			"OpenRequest":        func(tx *reader) error { _, err := tx.OpenRequest(ctx, r.ID); return err },
			"LatestRequest":      func(tx *reader) error { _, err := tx.LatestRequest(ctx, r.ID); return err },
			"SetRequest":         func(tx *reader) error { return tx.SetRequest(ctx, request(r, "x")) },
			"QueuePlace":         func(tx *reader) error { _, err := tx.QueuePlace(ctx, "x"); return err },
			"SetSource":          func(tx *reader) error { return tx.SetSource(ctx, "x", score.Source{}) },
			"Record":             func(tx *reader) error { _, err := tx.Record(ctx, "x"); return err },
			"Listing":            func(tx *reader) error { _, err := tx.Listing(ctx, "x"); return err },
			"Score":              func(tx *reader) error { _, err := tx.Score(ctx, "x"); return err },
			"Dispute":            func(tx *reader) error { _, err := tx.Case(ctx, "x"); return err },
			"SetDispute":         func(tx *reader) error { return tx.SetCase(ctx, dispute(r, "x", "")) },
			"AddDispute":         func(tx *reader) error { return tx.AddCase(ctx, dispute(r, "x", "no record")) },
			"AddEvidence":        func(tx *reader) error { return tx.AddEvidence(ctx, "x", mingjing.Evidence{}, nil) },
			"SetEvidence":        func(tx *reader) error { return tx.SetEvidence(ctx, mingjing.Evidence{ID: "x"}) },
			"EvidenceData":       func(tx *reader) error { _, _, err := tx.EvidenceData(ctx, "x"); return err },
			"AddConsent":         func(tx *reader) error { return tx.AddConsent(ctx, "x", mingjing.Consent{ID: "c"}) },
			"AddRequest":         func(tx *reader) error { return tx.AddRequest(ctx, request(resident(9), "x")) },
			"PutRecord":          func(tx *reader) error { return tx.PutRecord(ctx, record(resident(9), "x")) },
			"Notice":             func(tx *reader) error { _, err := tx.Notice(ctx, "x"); return err },
			"SetNotice":          func(tx *reader) error { return tx.SetNotice(ctx, aNotice(r, "x")) },
			"AddNotice":          func(tx *reader) error { return tx.AddNotice(ctx, aNotice(resident(9), "x")) },
			"NoticePrefs":        func(tx *reader) error { _, err := tx.NoticePrefs(ctx, r.ID); return err },
			"SetNoticePrefs":     func(tx *reader) error { return tx.SetNoticePrefs(ctx, notice.Prefs{Resident: "x"}) },
			"PutDevice":          func(tx *reader) error { return tx.PutDevice(ctx, device(resident(9), "x", "e", "s")) },
			"DeleteDevice":       func(tx *reader) error { return tx.DeleteDevice(ctx, r.ID, "x") },
			"ShareByCode":        func(tx *reader) error { _, err := tx.ShareByCode(ctx, "x"); return err },
			"ShareHead":          func(tx *reader) error { _, err := tx.ShareHead(ctx, "x"); return err },
			"Share":              func(tx *reader) error { _, err := tx.Share(ctx, "x"); return err },
			"SetShare":           func(tx *reader) error { return tx.SetShare(ctx, share.Head{ID: "x"}) },
			"AddShare":           func(tx *reader) error { return tx.AddShare(ctx, aShare(resident(9), "x"), "x") },
			"AddShareView":       func(tx *reader) error { return tx.AddShareView(ctx, shareView(r, "x", "no share")) },
			"ShareView":          func(tx *reader) error { _, err := tx.ShareView(ctx, "x"); return err },
			"SetShareView":       func(tx *reader) error { return tx.SetShareView(ctx, shareView(r, "x", "y")) },
			"AddScore":           func(tx *reader) error { return tx.AddScore(ctx, "x", mingjing.Score{ID: "s"}) },
		} {
			if err := freely(ctx, s, read); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			_, err1 := tx.Consents(ctx, "x")
			_, err2 := tx.Records(ctx, "x")
			_, err3 := tx.Listings(ctx, "x")
			_, err4 := tx.Scores(ctx, "x", "", 100)
			_, err5 := tx.CasesOf(ctx, "x", 100)
			_, err6 := tx.Sources(ctx, "x")
			_, err7 := tx.Evidence(ctx, "x")
			_, err8 := tx.AccessEntries(ctx, "x", false, 0, 1)
			_, err9 := tx.OwnEntries(ctx, "x", 0, 1)
			return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9,
				tx.WithdrawConsents(ctx, "x", "rongcheng", day), tx.DeleteScores(ctx, "x", ""))
		})
	})
}

func TestWithdrawingEndsOnlyTheConsentsInForce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		before, now := day.Add(time.Hour), day.Add(2*time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(
				tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: "z", Rulebook: "rongcheng", GivenAt: day, WithdrawnAt: &before}),
				tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: "y", Rulebook: "rongcheng", GivenAt: before}),
				tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: "x", Rulebook: "honest-shanghai", GivenAt: before}),
				tx.WithdrawConsents(ctx, r.ID, "rongcheng", now))
		})
		same(t, "consents", mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.Consent, error) { return tx.Consents(ctx, r.ID) }),
			[]mingjing.Consent{
				{ID: "z", Rulebook: "rongcheng", GivenAt: day, WithdrawnAt: &before},
				{ID: "y", Rulebook: "rongcheng", GivenAt: before, WithdrawnAt: &now},
				{ID: "x", Rulebook: "honest-shanghai", GivenAt: before},
			})
	})
}

func TestARequestLivesFromQueuedToReady(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b, c := resident(1), resident(2), resident(3)
		enrol(t, s, a, b, c)
		// Two at the same instant are in the order in which they came.
		qa, qb, qc := request(a, "qz"), request(b, "qy"), request(c, "qx")
		qc.CreatedAt = day.Add(-time.Second)
		full := qa
		full.Progress, full.Sources, full.Score = mingjing.Progress{Total: 99}, []mingjing.Source{{}}, &mingjing.Score{ID: "x"}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.AddRequest(ctx, full), tx.AddRequest(ctx, qb), tx.AddRequest(ctx, qc))
		})
		place := func(id string, want int) {
			t.Helper()
			if got := mustGet(t, s, func(ctx context.Context, tx *reader) (int, error) { return tx.QueuePlace(ctx, id) }); got != want {
				t.Errorf("place of %s is %d, want %d", id, got, want)
			}
		}
		place("qx", 1)
		place("qz", 2)
		place("qy", 3)
		for name, read := range map[string]func(ctx context.Context, tx *reader) (score.Request, error){
			"by id": func(ctx context.Context, tx *reader) (score.Request, error) { return tx.Request(ctx, "qz") },
			"open":  func(ctx context.Context, tx *reader) (score.Request, error) { return tx.OpenRequest(ctx, a.ID) },
			"latest": func(ctx context.Context, tx *reader) (score.Request, error) {
				return tx.LatestRequest(ctx, a.ID)
			},
		} {
			same(t, name, mustGet(t, s, read), qa) // what is not stored is not read
		}
		done := day.Add(time.Minute)
		do(t, s, func(ctx context.Context, tx *reader) error {
			q := qa
			q.State, q.FinishedAt, q.ScoreID = mingjing.RequestReady, &done, "score"
			return tx.SetRequest(ctx, q)
		})
		qa.State, qa.FinishedAt, qa.ScoreID = mingjing.RequestReady, &done, "score"
		theirs := qa
		theirs.Resident = b.ID // no request ever becomes another's
		if err := freely(t.Context(), s, func(tx *reader) error { return tx.SetRequest(t.Context(), theirs) }); !errors.Is(err,
			kernel.ErrNotFound) {
			t.Errorf("a request was given to another: %v", err)
		}
		same(t, "ready", mustGet(t, s, func(ctx context.Context, tx *reader) (score.Request, error) { return tx.Request(ctx, "qz") }), qa)
		place("qz", 0)
		place("qy", 2)
		next := request(a, "next")
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddRequest(ctx, next) }) // the first is no longer open
		same(t, "latest", mustGet(t, s, func(ctx context.Context, tx *reader) (score.Request, error) {
			return tx.LatestRequest(ctx, a.ID)
		}), next)
	})
}

func TestSourcesAreOnePerAgency(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		answered := day.Add(time.Second)
		tax := score.Source{Source: mingjing.Source{Agency: "tax", State: mingjing.SourceWaiting}, NextTry: day}
		court := score.Source{Source: mingjing.Source{Agency: "court", State: mingjing.SourceRetrying, Attempts: 1}, NextTry: day}
		later := tax
		later.State, later.AnsweredAt, later.Items = mingjing.SourceAnswered, &answered, 1
		later.Reply = &score.Reply{Records: []score.ReplyRecord{{Ref: "7", Record: record(r, "").Record}}}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.AddRequest(ctx, request(r, "q")), tx.SetSource(ctx, "q", tax), tx.SetSource(ctx, "q", court),
				tx.SetSource(ctx, "q", later))
		})
		same(t, "sources", mustGet(t, s, func(ctx context.Context, tx *reader) ([]score.Source, error) { return tx.Sources(ctx, "q") }),
			[]score.Source{court, later})
	})
}

func TestRecordsAndListingsAreReplacedById(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		c1, c2, l := record(r, "z"), record(r, "a"), listing(r, "l")
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, c1), tx.PutRecord(ctx, c2), tx.PutListing(ctx, l))
		})
		c1.State, c1.Before, c1.DisputeID = mingjing.RecordDisputed, mingjing.RecordActive, "d"
		l.State, l.Before = mingjing.ListingDisputed, mingjing.ListingInEffect
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, c1), tx.PutListing(ctx, l))
		})
		same(t, "records", mustGet(t, s, func(ctx context.Context, tx *reader) ([]holding.Record, error) { return tx.Records(ctx, r.ID) }),
			[]holding.Record{c1, c2})
		same(t, "record", mustGet(t, s, func(ctx context.Context, tx *reader) (holding.Record, error) { return tx.Record(ctx, "z") }), c1)
		same(t, "listings", mustGet(t, s, func(ctx context.Context, tx *reader) ([]holding.Listing, error) { return tx.Listings(ctx, r.ID) }),
			[]holding.Listing{l})
		same(t, "listing", mustGet(t, s, func(ctx context.Context, tx *reader) (holding.Listing, error) { return tx.Listing(ctx, "l") }), l)
		// The same reference is another record at another agency or of another resident.
		elsewhere, theirs := record(r, "elsewhere"), record(other, "theirs")
		elsewhere.Agency, elsewhere.Ref, theirs.Ref = "tax", c1.Ref, c1.Ref
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, elsewhere), tx.PutRecord(ctx, theirs))
		})
		for name, c := range map[string]holding.Record{
			"another id with the same reference": func() holding.Record { c := record(r, "new"); c.Ref = c1.Ref; return c }(),
			"the reference of another":           func() holding.Record { c := c2; c.Ref = c1.Ref; return c }(),
			"moved to another resident":          func() holding.Record { c := c1; c.Resident = other.ID; c.Ref = "x"; return c }(),
		} {
			ctx := t.Context()
			if err := freely(ctx, s, func(tx *reader) error { return tx.PutRecord(ctx, c) }); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("%s: %v, want ErrExists", name, err)
			}
		}
	})
}

func TestScoresAreKeptPerRulebookUntilTheyAreDeleted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		score := func(id, book string, at time.Time) mingjing.Score {
			return mingjing.Score{ID: id, Rulebook: mingjing.RulebookRef{ID: book}, Value: 1000, Band: "A", At: at,
				Explanation: []mingjing.Contribution{{Kind: mingjing.ContributionBase, Points: 1000}}}
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(
				tx.AddScore(ctx, r.ID, score("d", "rongcheng", day.Add(time.Hour))),
				tx.AddScore(ctx, r.ID, score("c", "rongcheng", day)),
				tx.AddScore(ctx, r.ID, score("b", "honest-shanghai", day)),
				tx.AddScore(ctx, r.ID, score("a", "rongcheng", day)))
		})
		list := func(book string) string {
			return ids(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.Score, error) {
				return tx.Scores(ctx, r.ID, book, 100)
			}),
				func(s mingjing.Score) string { return s.ID })
		}
		if got := list("rongcheng"); got != "d c a" {
			t.Errorf("scores are %s", got)
		}
		if got := list(""); got != "d c b a" {
			t.Errorf("all scores are %s", got)
		}
		same(t, "score", mustGet(t, s, func(ctx context.Context, tx *reader) (mingjing.Score, error) { return tx.Score(ctx, "a") }),
			score("a", "rongcheng", day))
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.DeleteScores(ctx, r.ID, "rongcheng") })
		if got := list(""); got != "b" {
			t.Errorf("after deleting, scores are %s", got)
		}
	})
}

func TestADisputeChangedMeanwhileIsAConflict(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, ctx := open(t, url), resident(1), t.Context()
		enrol(t, s, r)
		d := dispute(r, "d", "c")
		full := d
		full.Case.Record, full.Evidence = &mingjing.Record{ID: "c"}, []mingjing.Evidence{{ID: "e"}}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, record(r, "c")), tx.AddCase(ctx, full))
		})
		read := func(ctx context.Context, tx *reader) (cases.Case, error) { return tx.Case(ctx, "d") }
		mine, theirs := mustGet(t, s, read), mustGet(t, s, read)
		same(t, "dispute", mine, d)
		mine.State, mine.HandlerID, mine.NextDue = mingjing.CaseAssigned, "H1", time.Time{}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetCase(ctx, mine) })
		theirs.State, theirs.HandlerID = mingjing.CaseAssigned, "H2"
		if err := freely(ctx, s, func(tx *reader) error { return tx.SetCase(ctx, theirs) }); !errors.Is(err, kernel.ErrConflict) {
			t.Errorf("SetDispute: %v, want ErrConflict", err)
		}
		stored := mustGet(t, s, read)
		mine.Version++
		same(t, "stored", stored, mine)
		stored.State = mingjing.CaseDecided
		do(t, s, func(ctx context.Context, tx *reader) error {
			// Decided, it makes room for an appeal.
			return errors.Join(tx.SetCase(ctx, stored), tx.AddCase(ctx, dispute(r, "appeal", "c")))
		})
		if got := ids(mustGet(t, s, func(ctx context.Context, tx *reader) ([]cases.Case, error) { return tx.CasesOf(ctx, r.ID, 100) }),
			func(d cases.Case) string { return d.ID }); got != "appeal d" {
			t.Errorf("disputes are %s", got)
		}
	})
}

func TestEvidenceIsKeptWithItsBytes(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		s, r, ctx := open(t, url), resident(1), t.Context()
		enrol(t, s, r)
		big := bytes.Repeat([]byte{0, 0xff, '\''}, mingjing.MaxEvidenceBytes/3)
		e1 := mingjing.Evidence{ID: "z", Name: "票.pdf", Type: "application/pdf", Size: int64(len(big)), AddedAt: day}
		e2 := mingjing.Evidence{ID: "a", Name: "b.png", AddedAt: day}
		answered := e1
		answered.Answer = "seen"
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, record(r, "c")), tx.AddCase(ctx, dispute(r, "d", "c")),
				tx.AddEvidence(ctx, "d", e1, big), tx.AddEvidence(ctx, "d", e2, nil), tx.SetEvidence(ctx, answered))
		})
		e1 = answered
		same(t, "evidence", mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.Evidence, error) { return tx.Evidence(ctx, "d") }),
			[]mingjing.Evidence{e1, e2})
		do(t, s, func(ctx context.Context, tx *reader) error {
			of, err := tx.EvidenceCase(ctx, "z")
			must(t, err)
			e, data, err := tx.EvidenceData(ctx, "z")
			same(t, "evidence", e, e1)
			if of != "d" || !bytes.Equal(data, big) {
				t.Errorf("evidence of %q has %d bytes", of, len(data))
			}
			return err
		})
		e1.State = mingjing.EvidenceRefused
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.SetEvidenceFile(ctx, e1, []byte{}))
			e, data, err := tx.EvidenceData(ctx, "z")
			same(t, "evidence", e, e1)
			if len(data) != 0 {
				t.Errorf("a refused file has %d bytes", len(data))
			}
			return err
		})
		if err := freely(ctx, s, func(tx *reader) error {
			return tx.AddEvidence(ctx, "d", mingjing.Evidence{ID: "x"}, make([]byte, mingjing.MaxEvidenceBytes+1))
		}); err == nil {
			t.Error("too large a file was stored")
		}
	})
}

func TestTooMuchContentIsRefused(t *testing.T) {
	s, ctx := open(t, "sqlite::memory:"), t.Context()
	r := resident(1)
	r.Name = strings.Repeat("x", MaxDoc)
	if err := freely(ctx, s, func(tx *reader) error { return tx.AddResident(ctx, r) }); err == nil {
		t.Error("it was stored")
	}
}

func TestNothingPersonalIsReadableInTheDatabase(t *testing.T) {
	onEachAndOutside(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		number := string(r.IDNumber)
		r.Name = "独一无二"
		words := []string{number, r.Name, "statement-words", "answer-words", "file-words", "mail-words", "push-words", "session-words",
			"question-words", "12345678", "purpose-words", "code-words", "who-words"}
		q, c, l := request(r, "q"), record(r, "c"), listing(r, "l")
		d := dispute(r, "d", "c")
		c.Ref, l.Ref = "ref-"+number, "ref-"+number
		c.Subject, l.Subject, d.Statement = r.Name, r.Name, "statement-words"
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddResident(ctx, r))
			must(t, tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: "consent", Rulebook: "rongcheng", GivenAt: day}))
			must(t, tx.AddRequest(ctx, q))
			must(t, tx.SetSource(ctx, "q", score.Source{Source: mingjing.Source{Agency: "court"}, Reply: &score.Reply{
				Records: []score.ReplyRecord{{Ref: number, Record: c.Record}},
			}}))
			must(t, tx.PutRecord(ctx, c))
			must(t, tx.PutListing(ctx, l))
			must(t, tx.AddScore(ctx, r.ID, mingjing.Score{ID: "s", At: day}))
			must(t, tx.AddCase(ctx, d))
			must(t, tx.AddEvidence(ctx, "d", mingjing.Evidence{ID: "e", Name: r.Name, AddedAt: day}, []byte("file-words")))
			must(t, tx.SetEvidence(ctx, mingjing.Evidence{ID: "e", Name: r.Name, Answer: "answer-words", AddedAt: day}))
			must(t, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Who: r.Name, Action: "case"}}).Log(ctx, r.ID))
			must(t, tx.AddNotice(ctx, aNotice(r, "n")))
			must(t, tx.AddInquiry(ctx, anInquiry(r, "i", 1, 0)))
			must(t, tx.SetNoticePrefs(ctx, notice.Prefs{Resident: r.ID, Email: "mail-words@x.example", Code: "12345678"}))
			x := export(r, "x")
			must(t, tx.AddExport(ctx, x))
			must(t, tx.SetExportData(ctx, "x", []byte("file-words")))
			must(t, tx.PutDevice(ctx, device(r, "p", "https://push-words.example/", "session-words")))
			must(t, tx.PutMandate(ctx, mandateOf(r, "m", "d", r.IDNumber)))
			must(t, tx.AddShare(ctx, aShare(r, "h"), "code-words"))
			must(t, tx.AddShareView(ctx, shareView(r, "v", "h")))
			_, err := tx.AddEvent(ctx, string(r.ID), mingjing.Event{Kind: mingjing.EventScore, ID: "s", At: day})
			must(t, err)
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "q"})
		})

		list := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		if _, ok := s.eng.(postgresEngine); ok {
			list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
		}
		ctx := t.Context()
		var tables []string
		rows, err := s.db.QueryContext(ctx, list)
		must(t, err)
		for rows.Next() {
			var name string
			must(t, rows.Scan(&name))
			tables = append(tables, name)
		}
		must(t, errors.Join(rows.Err(), rows.Close())) //nolint:sqlclosecheck // before the next query
		filled, docs := 0, 0
		for _, table := range tables {
			rows, err := s.db.QueryContext(ctx, "SELECT * FROM "+table) //nolint:unqueryvet // every column is looked at; closed below
			must(t, err)
			columns, err := rows.Columns()
			must(t, err)
			has := false
			for rows.Next() {
				has = true
				values := make([]sql.RawBytes, len(columns))
				dest := make([]any, len(columns))
				for i := range values {
					dest[i] = &values[i]
				}
				must(t, rows.Scan(dest...))
				for i, column := range columns {
					if column == "doc" {
						docs++
					}
					for _, word := range words {
						if bytes.Contains(values[i], []byte(word)) {
							t.Errorf("%s.%s shows %q", table, column, values[i])
						}
					}
				}
			}
			must(t, errors.Join(rows.Err(), rows.Close())) //nolint:sqlclosecheck // before the next query
			if has {
				filled++
			}
		}
		if filled < 20 || docs < 17 {
			t.Errorf("only %d of %d tables and %d docs were looked at", filled, len(tables), docs)
		}
	})
}
