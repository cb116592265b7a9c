package i18n

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing"
)

func TestMain(m *testing.M) {
	OnMissing = func(what string) { panic("i18n: " + what) }
	os.Exit(m.Run())
}

// base strips the plural form from a key.
func base(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
}

func TestBothLanguagesHaveTheSameSentences(t *testing.T) {
	zh, en := sentences()["zh-CN"], sentences()["en"]
	for key, s := range en {
		if strings.TrimSpace(s) == "" {
			t.Errorf("en: %s is empty", key)
		}
		if root, plural := strings.CutSuffix(key, ".one"); plural {
			if _, ok := en[root+".other"]; !ok {
				t.Errorf("en: %s has no plural form", key)
			}
			continue
		}
		if _, ok := zh[key]; !ok {
			t.Errorf("zh-CN: no %s", key)
		}
		if root, plural := strings.CutSuffix(key, ".other"); plural && strings.Contains(s, "{n}") {
			if _, ok := en[root+".one"]; !ok {
				t.Errorf("en: %s has no singular form", root)
			}
		}
	}
	for key, s := range zh {
		if strings.TrimSpace(s) == "" {
			t.Errorf("zh-CN: %s is empty", key)
		}
		if strings.HasSuffix(key, ".one") {
			t.Errorf("zh-CN: %s, but Chinese has one form", key)
		}
		if _, ok := en[key]; !ok {
			t.Errorf("en: no %s", key)
		}
	}
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

func placeholders(s string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestASentenceWantsTheSameValuesInBothLanguages(t *testing.T) {
	zh, en := sentences()["zh-CN"], sentences()["en"]
	for key, s := range en {
		if strings.HasSuffix(key, ".one") {
			for _, name := range placeholders(s) {
				if !slices.Contains(placeholders(zh[base(key)+".other"]), name) {
					t.Errorf("%s wants %s, which Chinese does not", key, name)
				}
			}
			continue
		}
		if a, b := placeholders(s), placeholders(zh[key]); !slices.Equal(a, b) {
			t.Errorf("%s wants %v in English and %v in Chinese", key, a, b)
		}
	}
}

func TestNoSentenceIsRepeatedInAFile(t *testing.T) {
	for _, lang := range mingjing.Languages {
		data, err := files.ReadFile(lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(data)))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if seen[key.(string)] {
				t.Errorf("%s: %s is there twice", lang, key)
			}
			seen[key.(string)] = true
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// families are the code families of the root package whose constants must have
// a sentence: the name of their Go type, and the family of their keys.
var families = map[string]string{"Role": "role", "Area": "area", "ListKind": "list_kind", "RecordState": "record_state",
	"ListingState": "listing_state",
	"RequestState": "request_state", "SourceState": "source_state", "CaseState": "dispute_state", "DisputeReason": "reason",
	"Outcome":        "outcome",
	"AgencyPosition": "position", "EventKind": "event", "NoticeKind": "notice", "CaseKind": "case_kind",
	"InquiryState": "inquiry_state", "InquiryOutcome": "inquiry_outcome", "ShareState": "share_state", "ShareField": "share_field",
	"ShareName": "share_named", "DraftFileState": "draft_file", "RepresentativeState": "representative_state",
	"EvidenceState": "evidence_state", "StaffState": "staff_state",
	"ComplaintKind": "complaint_kind", "ComplaintState": "complaint_state", "ComplaintOutcome": "complaint_outcome",
	"RefusalAnswer": "refusal_answer", "KeyUse": "key_use", "KeyState": "key_state"}

// TestEveryConstantOfTheProductHasASentence reads the constants from the source,
// so that a new state without a sentence fails here.
func TestEveryConstantOfTheProductHasASentence(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("find the root package: %v", err)
	}
	found := map[string]int{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					lit, ok := value.(*ast.BasicLit)
					if !ok || lit.Kind != token.STRING {
						continue
					}
					family := ""
					if typ, ok := v.Type.(*ast.Ident); ok {
						family = families[typ.Name]
					}
					if strings.HasPrefix(v.Names[i].Name, "Why") {
						family = "not_counted"
					}
					if family == "" {
						continue
					}
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					found[family]++
					for _, lang := range mingjing.Languages {
						if _, ok := lookup(lang, family+"."+text, nil); !ok {
							t.Errorf("%s: no sentence %s.%s for %s", lang, family, text, v.Names[i].Name)
						}
					}
				}
			}
		}
	}
	for _, family := range families {
		if found[family] == 0 {
			t.Errorf("no constant of family %s was found", family)
		}
	}
}

// codes are the codes without a Go type of their own, by the family of their keys.
var codes = map[string][]string{
	"clock":                mingjing.ClockCodes,
	"timeline":             append([]string{"unserved"}, mingjing.TimelineCodes...),
	"staff_step":           mingjing.StaffSteps,
	"cause":                mingjing.Causes,
	"step":                 mingjing.CaseSteps,
	"tier":                 mingjing.Tiers,
	"served":               {mingjing.ServedInApp, mingjing.ServedByPost, mingjing.ServedInPerson, mingjing.ServedByAgency},
	"repair_why":           {"too_early", "case_open", "not_in_effect", "no_condition"},
	"decision_rule":        {"unchecked", "unserved"},
	"letter.lane":          {mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt},
	"notice.case_decided":  {"upheld", "partly", "rejected", "granted", "refused", "approved"},
	"notice.case_moved":    {"assigned", "agency_asked", "agency_answered", "agency_silent", "agency_lost"},
	"notice.listing_ended": {"repaired", "expired", "lifted", "annulled"},
	"notice.security":      mingjing.SecurityCodes,
	"notice.inquiry":       {"answered", "late", "unexplained", "unfounded"},
	"place":                mingjing.ComplaintPlaces,
	"notice.complaint":     {"answered", "late"},
	"standing":             append([]string{"other"}, mingjing.StandingActions...),
	"not_counted":          mingjing.Whys,
	"purpose":              {"own", "dispute", "score", "listing", "audit", "notice", "share", "mandate", "inquiry", "complaint"},
	"basis": {"own", "dispute", "score", "listing", "audit", "notice", "share", "mandate", "inquiry", "complaint", "record",
		"counter", "activation", "id", "other"},
	"basis_says": {"own", "dispute", "score", "listing", "audit", "notice", "share", "mandate", "inquiry", "complaint", "record", "counter",
		"activation",
		"id", "other"},
	"opened": {"evidence", "case", "search", "collect", "letter", "court_file", "propose", "clock", "release_case", "rescore", "score",
		"preview",
		"ask_agency", "notify", "password", mingjing.ActionUnreadable, "share_view", "share_corrected", "counter", "counter_filed",
		"counter_code", "enrol", "id_number", "note", "listing_term", "submit", "correct", "revoke", "lift", "answer", "question", "agency",
		"inquiry", "inquiry_answer", "complaint", "complaint_answer", "letter_code", "mandate", "other"},
	"look": {"again", "overview", "access_log_proof", "records", "record", "listings", "listing", "score", "request", "sources", "access_log",
		"consents", "disputes", "dispute", "evidence", "case", "search", "collect", "letter", "court_file", "inbox", "notice_settings", "propose",
		"clock", "release_case", "rescore", "preview", "ask_agency", "screen", "notify", "password", "leave", mingjing.ActionUnreadable,
		"shares", "share_made", "share_revoked", "share_view", "share_corrected",
		"refused", "refused_statement", "complain", "complaints", "complaint", "complaint_answer"},
	"look_problem": mingjing.LogProblems,
	"share_mail":   mingjing.ShareMails,
	"title":        {"error"},
	"error": {"staff_exists", "staff_unknown", "staff_unchanged", "staff_disabled", "staff_activation_failed", "last_administrator",
		"proposal_open", "self_administration", "second_administrator", "name_required", "role_required", "agency_required", "totp_wrong",
		"unknown_step", "invalid_form", "id_number_length", "id_number_digits", "id_number_date", "id_number_check", "required", "too_long",
		"login_failed",
		"too_many_attempts", "too_much_at_once", "too_many_today", "login_busy", "no_login_waits", "activation_failed", "reset_failed",
		"passkey_failed", "passkey_not_added", "passkeys_full",
		"factor_ticket", "passkey_asked",
		"passkeys_not_offered", "password_weak", "password_short", "password_personal", "password_same",
		"password_wrong", "code_invalid", "not_logged_in", "session_expired",
		"forbidden", "not_found",
		"request_open", "consent_required", "unknown_rulebook", "dispute_open", "nothing_to_dispute", "statement_required", "reason_required",
		"evidence_type",
		"evidence_size", "evidence_count", "evidence_broken", "case_taken", "case_own", "case_not_yours", "case_decided", "evidence_unanswered",
		"reasons_required",
		"outcome_required", "correction_required", "agency_already_asked", "agency_waiting", "changed_meanwhile", "aal2_required",
		"identity_down", "session_down", "redis_down",
		"unavailable", "too_large", "internal", "altered", "cross_origin", "offline", "agency_lost", "agency_needed", "already_enrolled",
		"nothing_to_withdraw", "bad_body",
		"invalid_cursor", "invalid_filter", "resident_unknown", "session_unknown", "staff_number_invalid", "staff_unknown", "totp_secret_invalid",
		"no_decision_yet",
		"email_invalid", "email_code_wrong", "email_code_over", "email_codes", "mail_not_offered", "no_dates", "push_devices", "push_invalid",
		"push_not_offered",
		"case_involved", "second_person", "step_impossible", "extended_already", "no_new_evidence", "listing_state", "lane_closed",
		"repair_too_early",
		"repair_case_open", "repair_not_in_effect", "repair_no_condition", "nothing_to_confirm", "only_redlists", "too_many_words",
		"method_required",
		"served_on_invalid", "proof_required", "ref_required", "ground_required", "measures_required", "measure_unpublished", "term_too_long",
		"needs_new_case", "listed_already", "not_in_catalogue", "not_from_agency", "no_document", "wrong_document", "evidence_required",
		"share_over", "share_no_score", "shares_full", "share_fields", "share_views", "share_ends", "nothing_to_tell", "leave_confirm",
		"leave_cases_open", "key_use_required", "keys_too_many", "key_over", "overlap_invalid", "agency_unknown", "record_held", "missing_choice",
		"missing_undocumented", "missing_proven", "missing_waiting", "key_used", "shown_once", "nothing_added",
		"not_sooner", "words_full", "refused_measure",
		"measure_not_clear", "place_required", "complaint_answered"},
	"erasure_kept": mingjing.ErasureKept,
}

func TestEveryCodeHasASentence(t *testing.T) {
	for family, list := range codes {
		for _, code := range list {
			if !Has(family + "." + code) {
				t.Errorf("no sentence %s.%s", family, code)
			}
		}
	}
	for _, r := range mingjing.Routes {
		if !Has("title." + r.Name) {
			t.Errorf("no sentence title.%s", r.Name)
		}
	}
}

func TestAPluralFollowsTheRuleOfItsLanguage(t *testing.T) {
	for _, c := range []struct{ lang, n, want string }{
		{"en", "1", "1 minute"}, {"en", "0", "0 minutes"}, {"en", "2", "2 minutes"}, {"en", "1234", "1,234 minutes"},
		{"zh-CN", "1", "1 分钟"}, {"zh-CN", "12", "12 分钟"},
	} {
		if got := T(c.lang, "span.minutes", "n", c.n); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestAMissingSentenceIsToldAndTakenFromTheOtherLanguage(t *testing.T) {
	var told []string
	before := OnMissing
	OnMissing = func(what string) { told = append(told, what) }
	defer func() { OnMissing = before }()
	m := sentences()
	m["zh-CN"]["only.zh"] = "只有中文"
	defer delete(m["zh-CN"], "only.zh")
	if got := T("en", "only.zh"); got != "只有中文" {
		t.Errorf("got %q", got)
	}
	if got := T("en", "no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
	if got := T("en", "relative.in"); got != "in " {
		t.Errorf("got %q", got)
	}
	if len(told) != 3 {
		t.Errorf("told %v", told)
	}
}

func TestAValueIsNeverReadAsAPlaceholder(t *testing.T) {
	if got := T("en", "relative.in", "span", "{span} {n}"); got != "in {span} {n}" {
		t.Errorf("got %q", got)
	}
}

func TestNumbersDatesAndTimesAreThoseOfTheLanguage(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*60*60)
	at := time.Date(2026, 11, 23, 20, 5, 9, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Number("en", 1234567), "1,234,567"}, {Number("en", 999), "999"}, {Number("zh-CN", -1000), "−1,000"}, {Number("en", 0), "0"},
		{Signed("en", 5), "+5"}, {Signed("zh-CN", -20), "−20"}, {Signed("en", 0), "0"},
		{Date("zh-CN", "2026-11-23"), "2026年11月23日"}, {Date("en", "2026-11-03"), "3 November 2026"}, {Date("en", ""), ""},
		{Date("en", "2026-13-01"), ""},
		{ShortDate("zh-CN", "2026-01-02"), "2026/1/2"}, {ShortDate("en", "2026-01-02"), "2 Jan 2026"}, {ShortDate("en", ""), ""},
		{DateTime("zh-CN", at, shanghai), "2026年11月24日 04:05"}, {DateTime("en", at, shanghai), "24 November 2026, 04:05"},
		{TimeOfDay(at, shanghai), "04:05:09"},
		{Relative("en", at.Add(3*time.Minute), at), "in 3 minutes"}, {Relative("zh-CN", at.Add(-3*time.Minute), at), "3 分钟前"},
		{Relative("en", at.Add(time.Second), at), "in 1 second"}, {Relative("en", at, at), "just now"},
		{Relative("en", at.Add(-49*time.Hour), at), "2 days ago"},
		{Span("en", 59400*time.Millisecond), "59 seconds"}, {Span("en", 59600*time.Millisecond), "1 minute"},
		{Span("en", 59*time.Minute+40*time.Second), "1 hour"},
		{Span("zh-CN", 47*time.Hour), "47 小时"}, {Span("zh-CN", 30*24*time.Hour), "30 天"},
		{FileSize("en", 1), "1 byte"}, {FileSize("en", 900), "900 bytes"}, {FileSize("zh-CN", 2048), "2 KB"}, {FileSize("en", 10<<20), "10 MB"},
		{FileSize("en", 1<<20+200<<10), "1.2 MB"},
		{Join("en", nil), ""}, {Join("en", []string{"a"}), "a"}, {Join("en", []string{"a", "b"}), "a and b"},
		{Join("zh-CN", []string{"a", "b", "c"}), "a、b和c"},
		{Other("en"), "zh-CN"}, {Other("zh-CN"), "en"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestADeadlineIsTheLastDayAndNotTheMidnightAfterIt(t *testing.T) {
	zone := time.FixedZone("CST", 8*60*60)
	midnight := time.Date(2026, 12, 2, 0, 0, 0, 0, zone).UTC()
	for lang, last := range map[string]string{"en": "1 December 2026", "zh-CN": "2026年12月1日"} {
		if got := Deadline(lang, midnight, zone); got != last {
			t.Errorf("%s: %s", lang, got)
		}
		if got := Start(lang, midnight, zone); got != Date(lang, "2026-12-02") {
			t.Errorf("%s: it begins %s", lang, got)
		}
		within := midnight.Add(time.Second)
		if got := Deadline(lang, within, zone); got != DateTime(lang, within, zone) {
			t.Errorf("%s: %s", lang, got)
		}
	}
}
