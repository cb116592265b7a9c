package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

func tryReply(ctx context.Context, t *trial) []Finding {
	t.asked = score.RecordsQuery{RequestID: t.ids(), IDNumber: t.IDNumber, Name: t.Name, Codes: t.Codes}
	t.of = t.records(ctx, t.asked)
	if t.of.fail != "" || t.of.status != http.StatusOK {
		return t.notTried("not_reached")
	}
	reply, problems := agency.CheckReply(t.of.body)
	t.reply = reply
	if len(problems) == 0 && len(reply.Records)+len(reply.Listings) == 0 {
		return t.notTried("nothing_held")
	}
	return found(problems)
}

// held reports whether there is an answer with something on the person.
func (t *trial) held() bool { return len(t.reply.Records)+len(t.reply.Listings) > 0 }

func tryAgain(ctx context.Context, t *trial) []Finding {
	if !t.held() {
		return t.notTried("nothing_held")
	}
	e := t.records(ctx, t.asked)
	if e.fail != "" || e.status != http.StatusOK || !sameJSON(e.body, t.of.body) {
		return []Finding{finding("", "other_answer")}
	}
	return nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(marshal(x), marshal(y))
}

func tryCodes(ctx context.Context, t *trial) []Finding {
	if !t.held() {
		return t.notTried("nothing_held")
	}
	if len(t.Codes) < 2 {
		return t.notTried("one_code")
	}
	q := t.asked
	// A code that is held is left out, where one is.
	leave := append(codesOf(t.reply), t.Codes[0])[0]
	q.RequestID, q.Codes = t.ids(), slices.DeleteFunc(slices.Clone(t.Codes), func(c string) bool { return c == leave })
	e := t.records(ctx, q)
	reply, _ := agency.CheckReply(e.body)
	var all []Finding
	for at, code := range allCodes(reply) {
		if !slices.Contains(q.Codes, code) {
			all = append(all, finding(at, "not_asked_for", code))
		}
	}
	sortFindings(all)
	return all
}

func sortFindings(all []Finding) {
	slices.SortFunc(all, func(a, b Finding) int { return strings.Compare(a.Field, b.Field) })
}

// allCodes returns the codes of a reply by their fields.
func allCodes(r score.Reply) map[string]string {
	all := map[string]string{}
	for i, v := range r.Records {
		all[fmt.Sprintf("records[%d].code", i)] = v.Code
	}
	for i, v := range r.Listings {
		all[fmt.Sprintf("listings[%d].code", i)] = v.Code
	}
	return all
}

func codesOf(r score.Reply) []string {
	var all []string
	for _, v := range r.Records {
		all = append(all, v.Code)
	}
	for _, v := range r.Listings {
		all = append(all, v.Code)
	}
	return all
}

func tryCatalogue(_ context.Context, t *trial) []Finding {
	switch {
	case !t.held():
		return t.notTried("nothing_held")
	case t.Item == nil:
		return t.notTried("no_rulebook")
	}
	today := mingjing.DateOf(t.Now().AddDate(0, 0, 1)) // wherever the agency is
	var all []Finding
	item := func(at, code string, d mingjing.Document, on mingjing.Date, onField string) {
		it, ok := t.Item(code)
		switch {
		case !ok:
			all = append(all, finding(at+".code", "not_in_catalogue", code))
		case !d.Complete():
			all = append(all, finding(at+".document", "document_missing"))
		case !slices.Contains(it.Documents, d.Kind):
			all = append(all, finding(at+".document.kind", "document_kind", strings.Join(it.Documents, ", ")))
		}
		if _, err := mingjing.ParseDate(string(on)); err == nil && on > today {
			all = append(all, finding(at+onField, "future"))
		}
	}
	for i, v := range t.reply.Records {
		item(fmt.Sprintf("records[%d]", i), v.Code, v.Document, v.Occurred, ".occurred")
	}
	for i, v := range t.reply.Listings {
		item(fmt.Sprintf("listings[%d]", i), v.Code, v.Document, v.NoticeOn, ".notice_on")
	}
	return all
}

func tryName(_ context.Context, t *trial) []Finding {
	if !t.held() {
		return t.notTried("nothing_held")
	}
	var all []Finding
	check := func(at, subject string) {
		if subject != "" && !kernel.SameName(subject, t.Name) {
			all = append(all, finding(at+".subject", "name_differs"))
		}
	}
	for i, v := range t.reply.Records {
		check(fmt.Sprintf("records[%d]", i), v.Subject)
	}
	for i, v := range t.reply.Listings {
		check(fmt.Sprintf("listings[%d]", i), v.Subject)
	}
	return all
}

func tryCityFields(_ context.Context, t *trial) []Finding {
	if !t.held() {
		return t.notTried("nothing_held")
	}
	var body map[string][]map[string]json.RawMessage
	if json.Unmarshal(t.of.body, &body) != nil {
		return nil // another rule says so
	}
	var all []Finding
	for list, ok := range map[string][]string{"records": agency.RecordFields, "listings": agency.ListingFields} {
		for i, v := range body[list] {
			for name := range v {
				if !slices.Contains(ok, name) {
					all = append(all, finding(fmt.Sprintf("%s[%d].%s", list, i, name), "city_field", name))
				}
			}
		}
	}
	sortFindings(all)
	return all
}

func tryQuestion(ctx context.Context, t *trial) []Finding {
	if !t.held() {
		return t.notTried("nothing_held")
	}
	q := t.aboutNothing()
	q.IDNumber = t.IDNumber
	if len(t.reply.Records) > 0 {
		q.Ref, q.Code = t.reply.Records[0].Ref, t.reply.Records[0].Code
	} else {
		q.Ref, q.Code = t.reply.Listings[0].Ref, t.reply.Listings[0].Code
	}
	e := t.question(ctx, q)
	if e.fail != "" || e.status != http.StatusOK {
		return t.notTried("none_answered")
	}
	if _, problems := agency.CheckAnswer(e.body); len(problems) > 0 {
		return found(problems)
	}
	if again := t.question(ctx, q); !sameJSON(again.body, e.body) {
		return []Finding{finding("", "other_answer")}
	}
	return nil
}

// aboutNothing is a question about a reference that no agency has.
func (t *trial) aboutNothing() cases.Question {
	return cases.Question{CaseID: t.ids(), IDNumber: Nobody, Ref: "no-such-reference", Code: append(slices.Clone(t.Codes), "none")[0],
		Reason: mingjing.ReasonNotMe, Statement: "这是一次接口测试，不是异议。This is a test of the interface, not a dispute.",
		Due: t.Now().UTC().AddDate(0, 0, 7).Truncate(time.Second), Notice: 1}
}

func tryQuestionUnknown(ctx context.Context, t *trial) []Finding {
	e := t.send(ctx, http.MethodPost, "/questions", marshal(t.aboutNothing()), func(*signed) {})
	if e.fail == "" && e.status >= 400 {
		return []Finding{finding("", "status", strconv.Itoa(e.status))}
	}
	return nil
}
