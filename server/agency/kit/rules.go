package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
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

// A Rule is one rule of the protocol.
type Rule struct {
	Name string
	Text mingjing.Text
	// person says that it takes a person on whom something is held.
	person bool
	try    func(ctx context.Context, t *trial) []Finding
}

// Rules are all rules, in the order in which they are tried. Those about all answers come
// last.
var Rules = []Rule{
	{"address", both("地址是 https，或本机回环上的 http。", "The address is https, or http on loopback."), false, tryAddress},
	{"reachable", both("服务器可以连接，并在时限内答复。", "The server can be reached, and answers in time."), false, tryReachable},
	{"signature_good", both("接受用有效密钥签名的请求。", "A request that is signed with a good key is taken."), false, tryGood},
	{"signature_second", both("更换期间两个密钥都有效，由 Mingjing-Key 说明用的是哪一个。", "While a key is replaced both are good; Mingjing-Key says which one is used."),
		false, trySecond},
	{"signature_none", both("没有签名的请求以 401 拒绝。", "A request without a signature is refused with 401."), false,
		refuses(func(_ *trial, s *signed) { s.none = true })},
	{"signature_secret", both("用别的密钥签名的请求以 401 拒绝。", "A request that is signed with another secret is refused with 401."), false,
		refuses(func(_ *trial, s *signed) { s.secret = bytes.Repeat([]byte{0x5a}, len(s.secret)) })},
	{"signature_key", both("密钥编号不存在的请求以 401 拒绝。", "A request with a key id that there is not is refused with 401."), false,
		refuses(func(_ *trial, s *signed) { s.id = "no-such-key" })},
	{"signature_body", both("签名不是针对这个正文的请求以 401 拒绝。", "A request whose signature is for another body is refused with 401."), false,
		refuses(func(_ *trial, s *signed) { s.body = []byte("{}") })},
	{"signature_path", both("签名不是针对这个地址的请求以 401 拒绝。", "A request whose signature is for another address is refused with 401."), false,
		refuses(func(_ *trial, s *signed) { s.path = strings.TrimSuffix(s.path, "/records") + "/questions" })},
	{"signature_time", both("时间相差超过一分钟的请求以 401 拒绝。", "A request that is signed more than a minute ago, or ahead, is refused with 401."),
		false, tryTime},
	{"signature_once", both("同一个签名第二次以 401 拒绝。", "The same signature is refused with 401 the second time."), false, tryOnce},
	{"clock", both("时钟准确。", "The clock is right."), false, tryClock},
	{"method", both("只接受 POST。", "Only POST is taken."), false, tryMethod},
	{"request_form", both("读不懂的请求以 400 一类的状态码拒绝。", "A request that cannot be read is refused with a status of the 400s."), false, tryForm},
	{"request_size", both("接受 32 KiB 的请求，不认识的代码略过。", "A request of 32 KiB is taken, and codes that are not known are passed over."), false, trySize},
	{"unknown_person", both("没有记录的人：答复 200 和两个空列表。", "For a person on whom nothing is held the answer is 200 with two empty lists."),
		false, tryNobody},
	{"reply", both("答复的每一项都符合说明。", "Each field of the answer is as described."), true, tryReply},
	{"same_again", both("同一个请求再问一次，答复相同。", "The same request gets the same answer again."), true, tryAgain},
	{"codes", both("只答复问到的代码。", "Only what was asked for is answered."), true, tryCodes},
	{"catalogue", both("代码和文书符合目录。", "Codes and documents are those of the catalogue."), true, tryCatalogue},
	{"name", both("姓名是所问的人的姓名，或者没有。", "The name is that of the person who was asked about, or none."), true, tryName},
	{"city_fields", both("没有由城市填写的字段。", "There are no fields that are the city's to say."), true, tryCityFields},
	{"question", both("对异议的答复符合说明。", "The answer to a question is as described."), true, tryQuestion},
	{"question_unknown", both("问到没有的编号时，仍然答复 200 或 202。", "A question about a reference that is not held is answered with 200 or 202."),
		false, tryQuestionUnknown},
	{"status", both("有签名的请求只答复 200 或 202。", "A good request is answered with 200 or 202 alone."), false, ofAll(statusOf)},
	{"content_type", both("答复是没有压缩的 application/json。", "Answers are application/json, not compressed."), false, ofAll(mediaOf)},
	{"answer_size", both("答复不超过 1 MiB，并且完整。", "Answers have at most 1 MiB, and are whole."), false, ofAll(sizeOf)},
	{"later", both("202 带有整数秒的 Retry-After 和空对象。", "A 202 has Retry-After in whole seconds and the empty object."), false, tryLater},
	{"ready", both("202 之后终有答复。", "After a 202 there is an answer in the end."), false, tryReady},
}

func tryAddress(_ context.Context, t *trial) []Finding {
	if agency.CheckURL(t.URL) != nil {
		t.stopped = true
		return []Finding{finding("", "address_form")}
	}
	return nil
}

func tryReachable(ctx context.Context, t *trial) []Finding {
	e := t.send(ctx, http.MethodPost, "/records", marshal(t.nobody()), func(*signed) {})
	if e.fail == "" || e.fail == "cut_off" && e.status != 0 {
		return nil
	}
	t.stopped = true
	return []Finding{finding("", e.fail, t.Timeout.String())}
}

func tryGood(ctx context.Context, t *trial) []Finding {
	e := t.send(ctx, http.MethodPost, "/records", marshal(t.nobody()), nil)
	return t.taken(e)
}

// taken returns what is wrong where a good signature is refused.
func (t *trial) taken(e exchange) []Finding {
	if e.status == http.StatusUnauthorized || e.status == http.StatusForbidden {
		t.stopped = true
		return []Finding{finding("", "good_refused", strconv.Itoa(e.status))}
	}
	return nil
}

func trySecond(ctx context.Context, t *trial) []Finding {
	if len(t.Keys) < 2 {
		return t.notTried("one_key")
	}
	for _, k := range t.Keys[1:] {
		e := t.send(ctx, http.MethodPost, "/records", marshal(t.nobody()), func(s *signed) { s.id, s.secret = k.ID, k.Secret })
		if e.status == http.StatusUnauthorized || e.status == http.StatusForbidden {
			return []Finding{finding("", "good_refused", strconv.Itoa(e.status))}
		}
	}
	return nil
}

// notTried says why the rule cannot be tried.
func (t *trial) notTried(code string) []Finding {
	t.untried = true
	return []Finding{finding("", code)}
}

// refuses returns the test that a request is refused which is signed in some wrong way.
func refuses(change func(t *trial, s *signed)) func(ctx context.Context, t *trial) []Finding {
	return func(ctx context.Context, t *trial) []Finding {
		e := t.send(ctx, http.MethodPost, "/records", marshal(t.nobody()), func(s *signed) { change(t, s) })
		return refused(e)
	}
}

func refused(e exchange) []Finding {
	switch {
	case e.fail != "":
		return []Finding{finding("", e.fail)}
	case e.status == http.StatusUnauthorized:
		return nil
	case e.status < 300:
		return []Finding{finding("", "taken", strconv.Itoa(e.status))}
	}
	return []Finding{finding("", "refused_otherwise", strconv.Itoa(e.status))}
}

func tryTime(ctx context.Context, t *trial) []Finding {
	for _, off := range []time.Duration{-2 * agency.SignatureWindow, 2 * agency.SignatureWindow} {
		if f := refuses(func(t *trial, s *signed) { s.at = t.Now().Add(off) })(ctx, t); f != nil {
			return f
		}
	}
	return nil
}

func tryOnce(ctx context.Context, t *trial) []Finding {
	body := marshal(t.nobody())
	header := ""
	once := func(s *signed) {
		if header == "" {
			header = agency.Sign(s.secret, s.method, s.path, s.at, s.body)
		}
		s.header = header
	}
	t.send(ctx, http.MethodPost, "/records", body, once)
	return refused(t.send(ctx, http.MethodPost, "/records", body, once))
}

func tryClock(ctx context.Context, t *trial) []Finding {
	e := t.send(ctx, http.MethodPost, "/records", marshal(t.nobody()), nil)
	if e.fail != "" {
		return nil // the rules about all answers say so
	}
	date, err := http.ParseTime(e.header.Get("Date"))
	if err != nil {
		return t.notTried("no_date")
	}
	if off := e.at.Sub(date).Round(time.Second); off.Abs() > agency.SignatureWindow/2 {
		return []Finding{finding("", "clock_off", off.Abs().String())}
	}
	return nil
}

func tryMethod(ctx context.Context, t *trial) []Finding {
	e := t.send(ctx, http.MethodGet, "/records", nil, func(*signed) {})
	if e.fail == "" && e.status < 300 {
		return []Finding{finding("", "status", strconv.Itoa(e.status))}
	}
	return nil
}

func tryForm(ctx context.Context, t *trial) []Finding {
	for _, body := range []string{`{"request_id":`, `[]`, "\xff\xfe"} {
		e := t.send(ctx, http.MethodPost, "/records", []byte(body), func(*signed) {})
		if e.fail != "" {
			return []Finding{finding("", e.fail, t.Timeout.String())}
		}
		if e.status < 400 || e.status > 499 {
			return []Finding{finding("", "status", strconv.Itoa(e.status))}
		}
	}
	return nil
}

func trySize(ctx context.Context, t *trial) []Finding {
	q := t.nobody()
	q.Codes = slices.Clone(q.Codes)
	for i := 0; len(marshal(q)) < 32<<10; i += 100 {
		for j := range 100 {
			q.Codes = append(q.Codes, fmt.Sprintf("of_another_time.code_%d", i+j))
		}
	}
	e := t.send(ctx, http.MethodPost, "/records", marshal(q), func(*signed) {})
	if e.fail == "" && e.status >= 400 && e.status != http.StatusNotFound { // another rule is about 404
		return []Finding{finding("", "status", strconv.Itoa(e.status))}
	}
	return nil
}

func tryNobody(ctx context.Context, t *trial) []Finding {
	e := t.records(ctx, t.nobody())
	switch {
	case e.fail != "" || e.status == http.StatusAccepted:
		return t.notTried("not_reached")
	case e.status != http.StatusOK:
		return []Finding{finding("", "status", strconv.Itoa(e.status))}
	}
	reply, problems := agency.CheckReply(e.body)
	if len(reply.Records)+len(reply.Listings) > 0 {
		return []Finding{finding("", "holds_something")}
	}
	return found(problems)
}

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
		if on > today {
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

// ofAll returns the test of all answers to good requests.
func ofAll(of func(t *trial, e exchange) *Finding) func(ctx context.Context, t *trial) []Finding {
	return func(_ context.Context, t *trial) []Finding {
		var all []Finding
		for _, e := range t.seen {
			f := of(t, e)
			if f == nil {
				continue
			}
			f.Field = e.path
			if !slices.ContainsFunc(all, func(g Finding) bool { return g.Field == f.Field && g.Code == f.Code }) {
				all = append(all, *f)
			}
		}
		return all
	}
}

func statusOf(_ *trial, e exchange) *Finding {
	var f Finding
	switch {
	case e.fail != "" || e.good() || e.status == http.StatusUnauthorized:
		return nil
	case e.status >= 300 && e.status < 400:
		f = finding("", "redirected", strconv.Itoa(e.status))
	default:
		f = finding("", "status", strconv.Itoa(e.status))
	}
	return &f
}

func mediaOf(_ *trial, e exchange) *Finding {
	if !e.good() {
		return nil
	}
	media, _, err := mime.ParseMediaType(e.header.Get("Content-Type"))
	var f Finding
	switch {
	case err != nil || media != "application/json":
		f = finding("", "media_type", strconv.Quote(e.header.Get("Content-Type")))
	case e.header.Get("Content-Encoding") != "":
		f = finding("", "compressed", e.header.Get("Content-Encoding"))
	default:
		return nil
	}
	return &f
}

func sizeOf(t *trial, e exchange) *Finding {
	var f Finding
	switch {
	case e.fail != "":
		f = finding("", e.fail, t.Timeout.String())
	case e.large:
		f = finding("", "answer_large")
	default:
		return nil
	}
	return &f
}

func tryLater(_ context.Context, t *trial) []Finding {
	var all []Finding
	n := 0
	for _, e := range t.seen {
		if e.fail != "" || e.status != http.StatusAccepted {
			continue
		}
		n++
		if _, ok := retryAfter(e.header); !ok && len(all) == 0 {
			all = append(all, finding(e.path, "retry_after", strconv.Quote(e.header.Get("Retry-After"))))
		}
		if problems := agency.CheckNotYet(e.body); len(problems) > 0 && len(all) == 0 {
			all = append(all, found(problems)...)
		}
	}
	if n == 0 {
		return t.notTried("none_later")
	}
	return all
}

func tryReady(_ context.Context, t *trial) []Finding {
	last := map[string]exchange{}
	for _, e := range t.seen {
		last[e.path] = e
	}
	var all []Finding
	for _, path := range []string{"/records", "/questions"} {
		if e := last[path]; e.status == http.StatusAccepted && path == "/records" {
			all = append(all, finding(path, "never_ready", t.Patience.String()))
		}
	}
	return all
}
