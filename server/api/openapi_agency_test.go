package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/agency/mock"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
	"mingjing/web/rulebooks"
)

// describeIntake is openapi-intake.json: the part of openapi.json that an agency's
// computer needs in order to submit.
func describeIntake(t *testing.T) []byte {
	t.Helper()
	d := newDescriber(t, narrower)
	doc := document{OpenAPI: "3.1.0", Servers: []map[string]string{{"url": "/", "description": "The server that has this document"}},
		Security: []map[string][]string{{"agency": {}}}, Tags: []map[string]string{agencyTag},
		Info: map[string]any{"title": "Mingjing 明镜: the intake", "version": APIVersion, "license": licence,
			"summary": "How an agency submits records, corrections, revocations and listings.",
			"description": "docs/agencies.md goes through it step by step. Each request is signed. Every answer, also a problem, has the " +
				"headers with " +
				"the limits. New members of answers, and new codes, may come without a new major version: pass over what you do not know."}}
	d.fill(&doc, func(e description) bool { return e.access == mingjing.Machines })
	doc.Parts["securitySchemes"] = map[string]any{"agency": agencyScheme}
	answers := doc.Parts["responses"].(map[string]any)
	used := map[string]bool{}
	for _, item := range doc.Paths {
		for _, op := range item {
			for status, answer := range op.Responses {
				if to, ok := answer.(map[string]any)["$ref"].(string); ok {
					name := strings.TrimPrefix(to, "#/components/responses/")
					used[name] = true
					headersOf(answers[name].(map[string]any), status)
				}
			}
		}
	}
	for name := range answers {
		if !used[name] {
			delete(answers, name)
		}
	}
	return written(t, doc)
}

// headersOf adds the limits to a problem of the intake.
func headersOf(answer map[string]any, status string) {
	headers, _ := answer["headers"].(map[string]any)
	if headers == nil {
		headers = map[string]any{}
	}
	for _, h := range limitHeaders {
		if h.name == "RateLimit" && status == strconv.Itoa(http.StatusUnauthorized) {
			continue // nobody knows whose
		}
		headers[h.name] = map[string]any{"description": h.about, "schema": schema{Type: "string"}, "example": h.example}
	}
	answer["headers"] = headers
}

// words returns the schema of a text in both languages of up to so many characters.
func words(most int) *schema {
	return &schema{Type: "object", AdditionalProperties: false, Description: "A text in one or both languages, without control characters.",
		Properties: map[string]*schema{"zh-CN": {Type: "string", MinLength: intp(1), MaxLength: intp(most)},
			"en": {Type: "string", MinLength: intp(1), MaxLength: intp(most)}}}
}

const codePattern = "^[a-z0-9._-]{1,64}$"

var ownReference = schema{MinLength: intp(1), MaxLength: intp(agency.MaxRef),
	Description: "The agency's own reference, once in a reply. It never changes: the same reference is the same record."}

// askingNarrower are the narrower fields of openapi-asking.json.
var askingNarrower = map[string]schema{
	"RecordsQuery.request_id": {MinLength: intp(1), MaxLength: intp(128), Description: "The same id is the same request: answer it in the " +
		"same way."},
	"RecordsQuery.id_number": {Pattern: "^[0-9]{17}[0-9X]$"},
	"Question.case_id":       {MinLength: intp(1), MaxLength: intp(128), Description: "The same id is the same question."},
	"Question.id_number":     {Pattern: "^[0-9]{17}[0-9X]$"},
	"Question.ref":           {MinLength: intp(1), MaxLength: intp(agency.MaxRef), Description: "The agency's own reference."},
	"Question.statement":     {MaxLength: intp(mingjing.MaxStatement), Description: "The resident's words."},
	"Question.notice":        {Minimum: intp(1), Maximum: intp(2)},
	"Reply.records":          {MaxItems: intp(score.MaxReplyItems)},
	"Reply.listings":         {MaxItems: intp(score.MaxReplyItems)},
	"ReplyRecord.ref":        ownReference,
	"ReplyListing.ref":       ownReference,
	"Record.code":            {Pattern: codePattern},
	"Record.subject":         {MaxLength: intp(agency.MaxName)},
	"Record.occurred":        {Description: "The day on which it happened, from 1900 on."},
	"Listing.code":           {Pattern: codePattern},
	"Listing.subject":        {MaxLength: intp(agency.MaxName)},
	"Listing.measures":       {MaxItems: intp(agency.MaxMeasures)},
	"Measure.code":           {Pattern: codePattern},
	"Measure.name":           *words(agency.MaxName),
	"Document.kind":          {Pattern: codePattern, Description: "One of the kinds that the catalogue takes for the item."},
	"Document.issuer":        {MinLength: intp(1), MaxLength: intp(agency.MaxName)},
	"Document.number":        {MinLength: intp(1), MaxLength: intp(agency.MaxName)},
	"Document.hash":          {Pattern: "^[0-9a-f]{64}$"},
}

// agencyAnswered is the body of an answer to a question.
type agencyAnswered struct {
	Answer mingjing.AgencyAnswer `json:"answer"`
}

// describeAsking is openapi-asking.json: what an agency serves.
func describeAsking(t *testing.T) []byte {
	t.Helper()
	d := newDescriber(t, askingNarrower)
	// Each text has its own limit, and a date is one where it is there.
	d.inline = map[reflect.Type]schema{reflect.TypeFor[mingjing.Text](): *words(agency.MaxText),
		reflect.TypeFor[mingjing.Date](): {Type: "string", Format: "date"}}
	for _, of := range []struct {
		typ    reflect.Type
		fields []string
	}{
		{reflect.TypeFor[score.ReplyRecord](), agency.RecordFields}, {reflect.TypeFor[score.ReplyListing](), agency.ListingFields},
		{reflect.TypeFor[mingjing.AgencyAnswer](), agency.AnswerFields},
	} {
		name := typeName(of.typ)
		d.types[name] = of.typ
		s := d.object(of.typ, func(f reflect.StructField) bool {
			field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return !slices.Contains(of.fields, field)
		})
		s.Description = d.comments.of(t, of.typ, "")
		d.components[name] = s
	}
	position := func(p ...mingjing.AgencyPosition) map[string]*schema {
		s := codes(p)
		return map[string]*schema{"position": &s}
	}
	d.components["AgencyAnswer"].OneOf = []*schema{
		{Properties: position(mingjing.PositionCorrected), Required: []string{"occurred"}},
		{Properties: position(mingjing.PositionMaintained, mingjing.PositionWithdrawn), Not: &schema{Required: []string{"occurred"}}}}
	d.components["ReplyRecord"].Description = "A record as the agency sends it."
	d.components["ReplyListing"].Description = "A listing as the authority sends it."
	query, reply := d.of(reflect.TypeFor[score.RecordsQuery]()), d.of(reflect.TypeFor[score.Reply]())
	question, answer := d.of(reflect.TypeFor[cases.Question]()), d.of(reflect.TypeFor[agencyAnswered]())
	for _, sent := range []string{"RecordsQuery", "Question"} {
		d.components[sent].AdditionalProperties = nil // later versions may send more
	}
	d.components["AgencyAnswered"].Description = "The answer to a question."
	for name := range d.unused {
		t.Errorf("no field is %s", name)
	}
	file, asked, said := askingExamples(t)
	json200 := func(about string, s *schema, example any) map[string]any {
		return map[string]any{"description": about, "content": map[string]any{"application/json": map[string]any{"schema": s,
			"example": example}}}
	}
	op := func(id, summary, about string, in *schema, example any, good map[string]any) *operation {
		return &operation{ID: id, Tags: []string{"agency"}, Summary: summary, Description: about,
			Parameters: []map[string]any{{"name": agency.SignatureHeader, "in": "header", "required": true, "schema": schema{Type: "string"},
				"description": "The signature, as the security scheme says."}},
			Body: map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": in, "example": example}}},
			Responses: map[string]any{"200": good, "202": ref("responses", "NotYet"), "400": ref("responses", "Unreadable"),
				"401": ref("responses", "NotSigned"), "413": ref("responses", "Unreadable"), "default": ref("responses", "Failed")}}
	}
	after := map[string]any{"Retry-After": map[string]any{
		"schema":      schema{Type: "integer", Minimum: intp(1), Maximum: intp(int(agency.MaxRetryAfter.Seconds()))},
		"description": "After how many seconds to ask again, up to an hour. A date is not read.", "example": 60}}
	doc := document{OpenAPI: "3.1.0", Servers: []map[string]string{{"url": "https://agency.example/mingjing",
		"description": "The base URL that the agency gives the city: https, and http on loopback alone."}},
		Security: []map[string][]string{{"city": {}}},
		Tags:     []map[string]string{{"name": "agency", "description": "What an agency serves."}},
		Info: map[string]any{"title": "Mingjing 明镜: what an agency serves", "version": APIVersion, "license": licence,
			"summary":     "How the city asks an agency for the records that it holds on a person, and for its answer to a dispute.",
			"description": askingAbout()},
		Paths: map[string]pathItem{
			"/records": {"post": op("records", "What is held on a person",
				"Asked when a resident requests a score. The person is found by the ID number; on whom nothing is held, both lists are empty. Codes "+
					"that you do not know are passed over.", query, file, json200("What is held under the codes, at most "+
					strconv.Itoa(score.MaxReplyItems)+" of each.", reply, asked))},
			"/questions": {"post": op("question", "A question about a disputed record or listing",
				"Asked when a resident disputes what the agency has sent, every hour until there is an answer or it is due. After a first missed date "+
					"the record is suspended and notice is 2; after the second it is removed.", question, said[0], json200("The agency's answer.",
					answer, said[1]))},
		},
		Parts: map[string]any{"schemas": d.components, "responses": map[string]any{
			"NotYet": map[string]any{"description": "The agency is still looking it up, or nobody has answered yet. The city asks again with " +
				"the same id.",
				"headers": after, "content": map[string]any{"application/json": map[string]any{"schema": schema{Type: "object", MaxProperties: intp(0)},
					"example": struct{}{}}}},
			"Unreadable": map[string]any{"description": "The request cannot be read, or has more than the agency takes (" +
				strconv.Itoa(mock.MaxBody>>10) + " KiB must be taken)."},
			"NotSigned": map[string]any{"description": "The signature is not good, too old, seen before, or of a key that there is not."},
			"Failed": map[string]any{"description": "Any other status is no answer. With 429 or 503 and Retry-After the city waits for so long.",
				"headers": after},
		}, "securitySchemes": map[string]any{"city": map[string]string{"type": "apiKey", "in": "header", "name": agency.KeyHeader,
			"description": "The id of the key with which the city has signed, made with `mingjing agency key add CODE --ask` or on the " +
				"officers' page " +
				"of keys. The header " + agency.SignatureHeader + " has v1;t=<Unix seconds>;n=<16 random bytes, hex>;b=<SHA-256 of the body, hex>;" +
				"s=<HMAC-SHA-256, hex>. The HMAC is over the lines mingjing-ask-v1, method, path as sent, t, n and b, each but the last " +
				"followed by a " +
				"line feed, under the bytes of the key's secret. Accept it if the HMAC is equal (compare in constant time), b is that of the " +
				"body, t is " +
				"at most " + strconv.Itoa(int(agency.SignatureWindow.Seconds())) + " s from your clock, and n was not seen in the last two minutes; " +
				"otherwise answer 401."}}}}
	return written(t, doc)
}

// askingAbout is the text of the rules that no schema has.
func askingAbout() string {
	return fmt.Sprintf("The city is the client, the agency the server. `mingjing agency check URL` tries every rule of this document; "+
		"`mingjing agency mock` is a server that keeps them.\n\n"+
		"* An answer comes within %d s, from connecting to the last byte; what takes longer is answered with 202 first. At most %d "+
		"requests come at "+
		"the same time.\n"+
		"* After %d failures in a row the agency is not asked for %d s. A request for records is asked again until the resident's score "+
		"is due, with "+
		"growing waits; an agency that does not answer never counts against the resident.\n"+
		"* Answers are one JSON value in UTF-8, application/json, not compressed, at most %d KiB. Redirects are not followed. An unknown "+
		"field, a "+
		"date that does not exist, a reference twice or a character that cannot be shown makes the whole answer void.\n"+
		"* The same request_id or case_id is the same request, and gets the same answer.\n"+
		"* What is wrong with an answer has one of the codes %s.",
		int(agency.DefaultTimeout.Seconds()), agency.DefaultPerAgency, agency.DefaultFailures, int(agency.DefaultOpenFor.Seconds()),
		agency.DefaultMaxBody>>10, strings.Join(agency.ProblemCodes, ", "))
}

// askingExamples returns a request for records and its answer, and a question and its
// answer.
func askingExamples(t *testing.T) (asked, reply any, question [2]any) {
	t.Helper()
	all, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	book := all[slices.IndexFunc(all, func(b *mingjing.Rulebook) bool { return b.ID == "honest-shanghai" })]
	file, err := mock.Sample(book, "court", "2026-03-02")
	if err != nil {
		t.Fatal(err)
	}
	of, _ := book.Agency("court")
	p := file.People[0]
	data, err := json.Marshal(p.Reply(of.Holds))
	if err != nil {
		t.Fatal(err)
	}
	var body map[string][]map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	for list, fields := range map[string][]string{"records": agency.RecordFields, "listings": agency.ListingFields} {
		for _, v := range body[list] {
			for name := range v {
				if !slices.Contains(fields, name) {
					delete(v, name)
				}
			}
		}
	}
	first := p.Records[0]
	return score.RecordsQuery{RequestID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", IDNumber: p.IDNumber, Name: p.Name, Codes: of.Holds}, body,
		[2]any{cases.Question{CaseID: "0a3c9115-3c7d-4a52-9f10-7a4be0b1f6ae", IDNumber: p.IDNumber, Ref: first.Ref, Code: first.Code,
			Reason: mingjing.ReasonWrongFacts, Statement: "判决的款项已于二月付清。", Due: time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC), Notice: 1},
			map[string]any{"answer": map[string]any{"position": mingjing.PositionCorrected, "occurred": "2026-01-29", "at": "2026-03-04T02:30:00Z",
				"text": mingjing.Text{"zh-CN": "日期有误，已更正。", "en": "The date was wrong and is corrected."}}}}
}

// outsideSchema are the problems that no schema can say.
var outsideSchema = []string{"ref_twice", "ends_before_from", "characters", "not_utf8", "more_than_one", "not_json"}

// TestTheDescriptionRefusesWhatTheCodeRefuses: an agency that keeps to the description is
// understood, and what is not taken is against the description.
func TestTheDescriptionRefusesWhatTheCodeRefuses(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(askingOpenAPI))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("asking.json", doc); err != nil {
		t.Fatal(err)
	}
	reply, answer := compiler.MustCompile("asking.json#/components/schemas/Reply"), compiler.MustCompile(
		"asking.json#/components/schemas/AgencyAnswered")
	all, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	book := all[slices.IndexFunc(all, func(b *mingjing.Rulebook) bool { return b.ID == "honest-shanghai" })]
	file, err := mock.Sample(book, "court", mingjing.DateOf(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	of, _ := book.Agency("court")
	key := bytes.Repeat([]byte("k"), 32)
	refused := 0
	for _, wrong := range append([]string{""}, wrongs()...) {
		o := mock.Options{Keys: map[string][]byte{"": key}, File: file}
		if wrong != "" {
			o.Wrong = []string{wrong}
		}
		h, err := mock.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(path string, q any, s *jsonschema.Schema, check func([]byte) []agency.Problem) {
			body, err := json.Marshal(q)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
			r.Header.Set(agency.SignatureHeader, agency.Sign(key, http.MethodPost, path, time.Now(), body))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				return
			}
			problems := check(w.Body.Bytes())
			said, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
			if err == nil {
				err = s.Validate(said)
			}
			switch {
			case wrong == "" && err != nil:
				t.Errorf("%s: what is right is against the description: %v", path, err)
			case len(problems) > 0 && err == nil && !slices.Contains(outsideSchema, problems[0].Code):
				t.Errorf("%s, %s: %s %s is not against the description", path, wrong, problems[0].Field, problems[0].Code)
			case len(problems) > 0:
				refused++
			}
		}
		ask("/records", score.RecordsQuery{RequestID: "r", IDNumber: file.People[0].IDNumber, Name: file.People[0].Name, Codes: of.Holds}, reply,
			func(b []byte) []agency.Problem { _, p := agency.CheckReply(b); return p })
		ask("/questions", cases.Question{CaseID: "c", IDNumber: file.People[0].IDNumber, Ref: file.People[0].Records[0].Ref}, answer,
			func(b []byte) []agency.Problem { _, p := agency.CheckAnswer(b); return p })
	}
	if refused < 15 {
		t.Errorf("only %d wrong answers were seen", refused)
	}
}

// wrongs are the ways of being wrong that end the answer.
func wrongs() []string {
	var names []string
	for _, w := range mock.Wrongs {
		if w.Name != "cut-off" && w.Name != "redirect" {
			names = append(names, w.Name)
		}
	}
	return names
}
