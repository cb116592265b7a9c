package mock

import (
	"encoding/json"
	"net/http"
	"strings"
)

// A Wrong is one way in which an agency may be wrong.
type Wrong struct {
	Name string
	// About says what the agency does.
	About string
	// of is what is spoilt: records, answer, or "" for both.
	of    string
	spoil func(a *Answer, body map[string]any)
}

// Wrongs are all ways of being wrong, in the order of the protocol.
var Wrongs = []Wrong{
	{Name: "signature-unchecked", About: "takes every request, whoever has signed it"},
	{Name: "signature-not-needed", About: "takes a request that has no signature"},
	{Name: "signature-any-secret", About: "does not compare the HMAC"},
	{Name: "signature-any-id", About: "takes a key id that there is not"},
	{Name: "signature-one-key", About: "knows one key alone, so that it cannot be replaced"},
	{Name: "signature-other-body", About: "does not compare the body with the signature"},
	{Name: "signature-other-path", About: "takes at one address what was signed for the other"},
	{Name: "signature-stale", About: "takes a signature that is too old, or from the future"},
	{Name: "signature-replayed", About: "takes the same signature twice"},
	{Name: "clock", About: "has a clock that is ten minutes late"},
	{Name: "get", About: "answers GET"},
	{Name: "request-500", About: "answers 500 to what it cannot read"},
	{Name: "request-unread", About: "answers 200 to what it cannot read"},
	{Name: "new-fields", About: "refuses a request with a field that it does not know"},
	{Name: "small-requests", About: "takes no request of more than 512 bytes"},
	{Name: "redirect", About: "sends the city elsewhere"},
	{Name: "content-type", About: "answers with the Content-Type text/html"},
	{Name: "compressed", About: "answers with a Content-Encoding"},
	{Name: "status", About: "answers with 201", spoil: func(a *Answer, _ map[string]any) { a.Status = http.StatusCreated }},
	{Name: "too-large", About: "answers with more than 1 MiB", spoil: func(a *Answer, body map[string]any) {
		data, _ := json.Marshal(body)
		a.Raw = append(data, strings.Repeat(" ", 1<<20)...)
	}},
	{Name: "cut-off", About: "ends the connection in the middle of an answer", spoil: func(a *Answer, body map[string]any) {
		data, _ := json.Marshal(body)
		a.Raw, a.Cut = data[:len(data)/2], true
	}},
	{Name: "not-utf8", About: "answers in another encoding", spoil: func(a *Answer, body map[string]any) {
		data, _ := json.Marshal(body)
		a.Raw = append(data[:len(data)-1], ",\"x\":\"\xb2\xe2\"}"...)
	}},
	{Name: "two-values", About: "writes two JSON values", spoil: func(a *Answer, body map[string]any) {
		data, _ := json.Marshal(body)
		a.Raw = append(data, "{}"...)
	}},
	{Name: "unknown-field", About: "adds a field that the description has not",
		spoil: func(_ *Answer, body map[string]any) { body["generated_by"] = "gateway" }},
	{Name: "no-retry-after", About: "answers 202 without Retry-After, once"},
	{Name: "retry-after-date", About: "answers 202 with a date as Retry-After, once"},
	{Name: "body-202", About: "writes something else than {} with a 202, once"},
	{Name: "never-ready", About: "answers 202 for ever"},
	{Name: "forgets", About: "answers the same request otherwise each time"},
	{Name: "unknown-404", About: "answers 404 for a person on whom it holds nothing"},
	{Name: "unknown-guess", About: "answers somebody else's records for a person on whom it holds nothing"},
	{Name: "codes-all", About: "answers more than the codes that were asked for"},
	{Name: "missing-list", About: "leaves out the list of listings", of: "records",
		spoil: func(_ *Answer, body map[string]any) { delete(body, "listings") }},
	{Name: "too-many", About: "answers 201 records", of: "records", spoil: func(_ *Answer, body map[string]any) {
		var many []any
		for range 201 {
			many = append(many, body["records"].([]any)...)
		}
		body["records"] = many
	}},
	each("no-ref", "leaves out the reference", func(r map[string]any) { delete(r, "ref") }),
	each("ref-twice", "gives all records the same reference", func(r map[string]any) { r["ref"] = "SAME" }),
	each("bad-date", "writes dates with slashes", func(r map[string]any) { r["occurred"] = "2026/03/02" }),
	each("future", "has records of the future", func(r map[string]any) { r["occurred"] = "2199-01-01" }),
	each("bad-code", "writes codes in capitals", func(r map[string]any) { r["code"] = "METRO.FARE" }),
	each("hidden-characters", "has invisible characters in a text", func(r map[string]any) {
		r["detail"] = map[string]any{"zh-CN": "未\u202e刷卡"}
	}),
	each("language", "has a text in a third language", func(r map[string]any) { r["detail"] = map[string]any{"fr": "sans billet"} }),
	each("number-for-text", "writes the document's number as a number", func(r map[string]any) {
		r["document"] = map[string]any{"number": 17}
	}),
	each("other-name", "has another person's name", func(r map[string]any) { r["subject"] = "另一个人" }),
	each("no-document", "has records without a document", func(r map[string]any) {
		r["document"] = map[string]any{"kind": "", "issuer": "", "number": "", "date": "", "hash": ""}
	}),
	each("document-kind", "has documents of a kind that the item does not allow", func(r map[string]any) {
		document(r)["kind"] = "newspaper"
	}),
	each("document-hash", "has a hash that is none", func(r map[string]any) { document(r)["hash"] = "d41d8cd98f" }),
	each("city-fields", "writes fields that are the city's", func(r map[string]any) { r["state"] = "active" }),
	{Name: "listing-kind", About: "has a list that is neither a blacklist nor a redlist", of: "records",
		spoil: listings(func(l map[string]any) {
			l["kind"] = "greylist"
		})},
	{Name: "listing-ends", About: "has listings that end before they begin", of: "records", spoil: listings(func(l map[string]any) {
		l["ends"] = "1990-01-01"
	})},
	{Name: "question-404", About: "answers 404 to a question about something that it does not hold"},
	answered("position", "answers a question with a position that there is not", func(a map[string]any) { a["position"] = "confirmed" }),
	answered("no-text", "answers a question without a text", func(a map[string]any) { delete(a, "text") }),
	answered("no-time", "answers a question without a time", func(a map[string]any) { delete(a, "at") }),
	answered("correction-without-date", "corrects without saying to what", func(a map[string]any) { a["position"] = "corrected" }),
	answered("date-without-correction", "maintains with another date", func(a map[string]any) { a["occurred"] = "2026-03-02" }),
	{Name: "no-answer", About: "answers a question with an empty object", of: "answer",
		spoil: func(_ *Answer, body map[string]any) { delete(body, "answer") }},
}

// each returns a way of being wrong in every record.
func each(name, about string, spoil func(record map[string]any)) Wrong {
	return Wrong{Name: name, About: about, of: "records", spoil: func(_ *Answer, body map[string]any) {
		for _, r := range items(body, "records") {
			spoil(r)
		}
	}}
}

func listings(spoil func(l map[string]any)) func(*Answer, map[string]any) {
	return func(_ *Answer, body map[string]any) {
		for _, l := range items(body, "listings") {
			spoil(l)
		}
	}
}

// answered returns a way of being wrong in the answer to a question.
func answered(name, about string, spoil func(answer map[string]any)) Wrong {
	return Wrong{Name: name, About: about, of: "answer", spoil: func(_ *Answer, body map[string]any) {
		if a, ok := body["answer"].(map[string]any); ok {
			spoil(a)
		}
	}}
}

func document(record map[string]any) map[string]any {
	d, _ := record["document"].(map[string]any)
	if d == nil {
		d = map[string]any{}
		record["document"] = d
	}
	return d
}
