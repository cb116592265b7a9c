package kit_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency/kit"
	"mingjing/server/agency/mock"
	"mingjing/web/rulebooks"
)

// A clock is moved by whoever waits for it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wait(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return nil
}

var (
	first  = []byte("the first key of the agency, 32 b")
	second = []byte("the next key of the agency, 32 by")
)

const played = "court"

// try plays the court and tries it.
func try(t *testing.T, o mock.Options, change ...func(*kit.Config)) kit.Report {
	t.Helper()
	book := theBook(t)
	at := &clock{now: time.Now()}
	file, err := mock.Sample(book, played, mingjing.DateOf(at.now))
	if err != nil {
		t.Fatal(err)
	}
	o.Keys, o.File, o.Clock = map[string][]byte{"key-1": first, "key-2": second}, file, at
	h, err := mock.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	of, _ := book.Agency(played)
	cfg := kit.Config{URL: srv.URL, Keys: []kit.Key{{ID: "key-1", Secret: first}, {ID: "key-2", Secret: second}}, Codes: of.Holds,
		IDNumber: mock.SamplePerson.IDNumber, Name: mock.SamplePerson.Name, Item: book.Item, Now: at.Now, Wait: at.wait}
	for _, c := range change {
		c(&cfg)
	}
	report, err := kit.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(report) != len(kit.Rules) {
		t.Fatalf("%d results of %d rules", len(report), len(kit.Rules))
	}
	for _, r := range report {
		for _, f := range r.Findings {
			for _, lang := range mingjing.Languages {
				if r.Text[lang] == "" || f.Text[lang] == "" || strings.Contains(f.Text[lang], "{") && !strings.Contains(f.Text[lang], "{}") {
					t.Errorf("%s %s: no sentence in %s: %q", r.Rule, f.Code, lang, f.Text[lang])
				}
			}
		}
	}
	return report
}

var published = sync.OnceValues(rulebooks.All)

func theBook(t *testing.T) *mingjing.Rulebook {
	t.Helper()
	all, err := published()
	if err != nil {
		t.Fatal(err)
	}
	return all[slices.IndexFunc(all, func(b *mingjing.Rulebook) bool { return b.ID == "honest-shanghai" })]
}

// broken returns the rules that are broken, each with its first finding.
func broken(r kit.Report) []string {
	var all []string
	for _, v := range r {
		if v.State == kit.Broken {
			all = append(all, strings.TrimSpace(v.Rule+" "+v.Findings[0].Field)+" "+v.Findings[0].Code)
		}
	}
	return all
}

func TestAnAgencyThatIsRightBreaksNoRule(t *testing.T) {
	for name, o := range map[string]mock.Options{"at once": {}, "later": {Later: 40 * time.Second}} {
		r := try(t, o)
		if got := broken(r); len(got) > 0 {
			t.Errorf("%s: breaks %q", name, got)
		}
		for _, v := range r {
			if v.State == kit.Untried && (o.Later > 0 || v.Rule != "later") {
				t.Errorf("%s: %s was not tried: %s", name, v.Rule, v.Findings[0].Text["en"])
			}
		}
	}
}

// TestEachWayOfBeingWrongIsFound: the mock is wrong in one way at a time, and the kit says
// which rule that breaks and where.
func TestEachWayOfBeingWrongIsFound(t *testing.T) {
	want := map[string]string{
		"signature-unchecked": "signature_none taken; signature_secret taken; signature_key taken; signature_body taken; " +
			"signature_path taken; signature_time taken; signature_once taken",
		"signature-not-needed": "signature_none taken",
		"signature-any-secret": "signature_secret taken; signature_path taken",
		"signature-any-id":     "signature_key taken",
		"signature-one-key":    "signature_second good_refused",
		"signature-other-body": "signature_body taken",
		"signature-other-path": "signature_path taken",
		"signature-stale":      "signature_time taken",
		"signature-replayed":   "signature_once taken",
		"clock":                "clock clock_off",
		"get":                  "method status",
		"request-500":          "request_form status",
		"request-unread":       "request_form status",
		"new-fields":           "request_new_field status",
		"small-requests":       "request_size status",
		"redirect": "signature_none refused_otherwise; signature_secret refused_otherwise; signature_key refused_otherwise; " +
			"signature_body refused_otherwise; signature_path refused_otherwise; signature_time refused_otherwise; " +
			"signature_once refused_otherwise; request_form status; unknown_person status; status /records redirected",
		"content-type":            "content_type /records media_type",
		"compressed":              "content_type /records compressed",
		"status":                  "unknown_person status; status /records status",
		"too-large":               "answer_size /records answer_large",
		"cut-off":                 "answer_size /records cut_off",
		"not-utf8":                "unknown_person not_utf8; reply not_utf8",
		"two-values":              "unknown_person more_than_one; reply more_than_one",
		"unknown-field":           "unknown_person field_unknown; reply field_unknown",
		"no-retry-after":          "later /records retry_after",
		"retry-after-date":        "later /records retry_after",
		"body-202":                "later not_empty",
		"never-ready":             "ready /records never_ready",
		"forgets":                 "same_again other_answer",
		"unknown-404":             "unknown_person status; status /records status",
		"unknown-guess":           "unknown_person holds_something",
		"codes-all":               "codes records[0].code not_asked_for",
		"missing-list":            "unknown_person listings required; reply listings required",
		"too-many":                "reply records too_many",
		"no-ref":                  "reply records[0].ref required",
		"ref-twice":               "reply records[1].ref ref_twice",
		"bad-date":                "reply records[0].occurred date_form",
		"future":                  "catalogue records[0].occurred future",
		"bad-code":                "reply records[0].code code_form; codes records[0].code not_asked_for",
		"hidden-characters":       "reply records[0].detail.zh-CN characters",
		"language":                "reply records[0].detail language_unknown",
		"number-for-text":         "reply records[0].document.number type_wrong",
		"other-name":              "name records[0].subject name_differs",
		"no-document":             "catalogue records[0].document document_missing",
		"document-kind":           "catalogue records[0].document.kind document_kind",
		"document-hash":           "catalogue records[0].document document_missing",
		"city-fields":             "city_fields records[0].state city_field",
		"listing-kind":            "reply listings[0].kind kind_unknown",
		"listing-ends":            "reply listings[0].ends ends_before_from",
		"question-404":            "question_unknown status",
		"position":                "question answer.position position_unknown",
		"no-text":                 "question answer.text required",
		"no-time":                 "question answer.at time_form",
		"correction-without-date": "question answer.occurred required",
		"date-without-correction": "question answer.occurred occurred_unexpected",
		"no-answer":               "question answer required",
	}
	for _, w := range mock.Wrongs {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			got := broken(try(t, mock.Options{Wrong: []string{w.Name}}))
			for _, rule := range strings.Split(want[w.Name], "; ") {
				if !slices.Contains(got, rule) {
					t.Errorf("%s: found %q, want %q", w.About, got, rule)
				}
			}
			// What is wrong in a field may be wrong by the catalogue too; nothing else is found.
			for _, rule := range got {
				if !strings.Contains(want[w.Name], rule) && !strings.HasPrefix(rule, "catalogue ") {
					t.Errorf("%s: found %q besides", w.About, rule)
				}
			}
		})
	}
}

func TestWhatCannotBeReachedIsSaidAndNothingElseTried(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, of := range map[string]struct {
		o      mock.Options
		change func(*kit.Config)
		want   string
	}{
		"nobody listens": {mock.Options{}, func(c *kit.Config) { c.URL = gone.URL }, "reachable connection_refused"},
		"silence": {mock.Options{Silent: true}, func(c *kit.Config) { c.Timeout = 50 * time.Millisecond },
			"reachable timeout"},
		"without TLS": {mock.Options{}, func(c *kit.Config) { c.URL = "http://agency.example" }, "address address_form"},
		"another key": {mock.Options{}, func(c *kit.Config) { c.Keys = []kit.Key{{ID: "key-1", Secret: []byte("this is not the key of it")}} },
			"signature_good good_refused"},
	} {
		r := try(t, of.o, of.change)
		if got := broken(r); !slices.Equal(got, []string{of.want}) {
			t.Errorf("%s: %q", name, got)
		}
		if last := r[len(r)-1]; last.State != kit.Untried {
			t.Errorf("%s: %s was tried", name, last.Rule)
		}
	}
}

func TestWithoutAPersonOnlyWhatNeedsNoneIsTried(t *testing.T) {
	r := try(t, mock.Options{}, func(c *kit.Config) { c.IDNumber, c.Name = "", "" })
	for _, v := range r {
		if v.Rule == "reply" && (v.State != kit.Untried || v.Findings[0].Code != "no_person") ||
			v.Rule == "signature_once" && v.State != kit.Kept {
			t.Errorf("%+v", v)
		}
	}
}
