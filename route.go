// Package mingjing has the types of the product (resident, record, listing, rulebook,
// score, request, case, event), the pure rules on them (ID numbers, scoring), and the
// views that pages show. It knows no database, no HTTP and no browser, and imports only
// the standard library and the access log's tree of hashes. It compiles into the server
// and into the browser's programs, so that the resident's phone computes with the code
// that the server used.
package mingjing

import (
	"slices"
	"strings"
)

// Languages are the languages of the app, the first being the default.
var Languages = []string{"zh-CN", "en"}

// Routes are the pages, by name, with the path that follows the language. A
// segment in braces is an id.
var Routes = []Route{
	{"home", "", Anyone},
	{"login", "login", Anyone},
	{"login-wait", "login/wait", Anyone},
	{"activate", "activate", Anyone},
	{"forgot", "forgot", Anyone},
	{"reset", "forgot/code", Anyone},
	{"staff-login", "staff/login", Anyone},
	{"staff-activate", "staff/activate", Anyone},
	{"rulebooks", "rulebooks", Anyone},
	{"rulebook", "rulebooks/{id}", Anyone}, // ?cursor=C
	{"try", "rulebooks/{id}/try", Anyone},
	{"agencies", "agencies", Anyone},
	{"agency", "agencies/{id}", Anyone}, // the id is the code of an agency, or bureau
	{"check-us", "check-us", Anyone},
	{"help", "help", Anyone},
	{"glossary", "glossary", Anyone},
	{"contact", "contact", Anyone},
	{"accessibility", "accessibility", Anyone},
	{"privacy", "privacy", Anyone},
	{"status", "status", Anyone},
	{"display", "display", Anyone},
	{"offline", "offline", Anyone},
	{"locked", "locked", Anyone},
	{"no-score", "no-score", Anyone},
	{"recipient", "s/{id}", Anyone}, // the id is the code of a share
	{"overview", "overview", Residents},
	{"ask", "ask", Residents},
	{"request", "requests/{id}", Residents},
	{"score", "score", Residents}, // ?rulebook=ID
	{"compare", "compare", Residents},
	{"records", "records", Residents},
	{"record", "records/{id}", Residents},
	{"listings", "listings", Residents},
	{"listing", "listings/{id}", Residents},
	{"repair", "listings/{id}/repair", Residents},
	{"sources", "sources", Residents},
	{"access-log", "access-log", Residents}, // ?others=1&cursor=C
	{"inquiry", "access-log/inquiries/{id}", Residents},
	{"consents", "consents", Residents},
	{"leave", "leave", Residents},
	{"left", "left", Anyone}, // ?receipt=R
	{"sessions", "sessions", Everyone},
	{"security", "security", Everyone},
	{"export", "export", Residents},
	{"confirm", "confirm", Residents}, // ?next=PATH
	{"disputes", "disputes", Residents},
	{"new-dispute", "disputes/new", Residents}, // ?record=ID or ?listing=ID or ?previous=ID
	{"missing", "missing", Residents},          // ask for a record that is not held
	{"refused", "refused", Residents},          // ?measure=M
	{"list-used", "complaints/list", Residents},
	{"complaints", "complaints", Residents},
	{"dispute", "disputes/{id}", Residents},
	{"review", "disputes/{id}/review", Residents},
	{"letter", "disputes/{id}/letter", Residents},
	{"shares", "shares", Residents},
	{"new-share", "shares/new", Residents},
	{"drafts", "drafts", Everyone},
	{"incoming", "incoming", Residents},
	{"more", "more", Residents},
	{"queue", "admin", Staff},     // ?state=S&kind=K&late=L&mine=1&agency=A&search=Q&cursor=C
	{"inbox", "inbox", Residents}, // ?cursor=C
	{"notice-settings", "inbox/settings", Residents},
	{"mandates", "mandates", Residents},
	{"helping", "helping/{id}", Residents},
	{"case", "admin/cases/{id}", Staff},
	{"agency-questions", "agency", Agencies}, // ?cursor=C
	{"agency-question", "agency/questions/{id}", Agencies},
	{"agency-records", "agency/records", Agencies},    // ?ref=R&cursor=C
	{"agency-batches", "agency/batches", Agencies},    // ?cursor=C
	{"agency-batch", "agency/batches/{id}", Agencies}, // ?cursor=C
	{"agency-keys", "agency/keys", Agencies},
	{"agency-inquiries", "agency/inquiries", Agencies}, // ?cursor=C
	{"agency-inquiry", "agency/inquiries/{id}", Agencies},
	{"workload", "admin/workload", Staff},
	{"counter", "admin/counter", Staff},
	{"enrol", "admin/enrol", Staff},
	{"inquiries", "admin/inquiries", Staff}, // ?cursor=C
	{"inquiry-answer", "admin/inquiries/{id}", Staff},
	{"complaints-open", "admin/complaints", Staff},
	{"complaint", "admin/complaints/{id}", Staff},
	{"relatives", "admin/relatives", Staff},
	{"comments", "admin/comments", Staff}, // ?state=S&cursor=C
	{"comment", "admin/comments/{id}", Staff},
	{"demo-clock", "admin/demo-clock", Staff},
	{"staff", "admin/staff", Administrators},
	{"staff-member", "admin/staff/{id}", Administrators},  // the id is the staff number
	{"staff-register", "admin/staff-register", Overseers}, // ?cursor=C
}

// An Access says who may open a page.
type Access int

// The kinds of access: without login, a resident, any staff at AAL2, anyone who
// is logged in, an agency's officer at AAL2, an agency's computer by key and
// signature, an administrator at AAL2, an administrator or auditor at AAL2.
const (
	Anyone Access = iota
	Residents
	Staff
	Everyone
	Agencies
	Machines
	Administrators
	Overseers
)

// A Route is one page.
type Route struct {
	Name   string
	Path   string
	Access Access
}

// Path returns the path of a page in a language, its id filled in. It panics on a name
// that is no page: that is a mistake in the program.
func Path(lang, name string, id ...string) string {
	for _, r := range Routes {
		if r.Name != name {
			continue
		}
		p := r.Path
		if len(id) > 0 {
			p = strings.Replace(p, "{id}", id[0], 1)
		}
		return "/" + lang + "/" + p
	}
	panic("mingjing: no page named " + name)
}

// PageAt returns the name of the page at a path, without its query, or "" where there
// is none. A segment that is written out wins over an id.
func PageAt(path string) string {
	lang, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || !slices.Contains(Languages, lang) {
		return ""
	}
	segments := strings.Split(rest, "/")
	name := ""
	for _, r := range Routes {
		if r.Path == rest {
			return r.Name
		}
		if segmentsMatch(strings.Split(r.Path, "/"), segments) {
			name = r.Name
		}
	}
	return name
}

// segmentsMatch reports whether the segments of a path fit a route.
func segmentsMatch(route, segments []string) bool {
	return slices.EqualFunc(route, segments, func(r, s string) bool { return r == s || r == "{id}" && s != "" })
}
