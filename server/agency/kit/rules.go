package kit

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
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
	{"signature_second", both("更换期间两个密钥都有效，由 Mingjing-Key 说明用的是哪一个。",
		"While a key is replaced both are good; Mingjing-Key says which one is used."),
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
	{"request_new_field", both("请求里有不认识的字段时略过，照常答复。", "A field of a request that is not known is passed over."), false, tryNewField},
	{"request_size", both("接受 32 KiB 的请求，不认识的代码略过。",
		"A request of 32 KiB is taken, and codes that are not known are passed over."), false, trySize},
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

// tryNewField sends a field that only a later version of the city would.
func tryNewField(ctx context.Context, t *trial) []Finding {
	body := append([]byte(`{"of_another_time":1,`), marshal(t.nobody())[1:]...)
	e := t.send(ctx, http.MethodPost, "/records", body, func(*signed) {})
	if e.fail == "" && e.status >= 400 && e.status != http.StatusNotFound {
		return []Finding{finding("", "status", strconv.Itoa(e.status))}
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
