package kit

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
)

func both(zh, en string) mingjing.Text { return mingjing.Text{"zh-CN": zh, "en": en} }

// sentences are those of the codes of findings, beside those of [agency.ProblemCodes].
var sentences = map[string]mingjing.Text{
	"not_reached": both("前面的规则不成立，因此没有试。", "It was not tried, since a rule before it does not hold."),
	"no_person": both("没有指定测试人员，因此没有试：请用 --person 和 --name 指定贵部门持有其记录的一个人。",
		"It was not tried, since no person was named: name one on whom you hold something, by --person and --name."),
	"nothing_held":  both("对指定的人没有返回任何记录，因此没有试。", "It was not tried, since the answer has nothing on the person."),
	"one_key":       both("只给了一个密钥，因此没有试。", "It was not tried, since there is one key alone."),
	"none_later":    both("没有出现 202，因此没有试。", "It was not tried, since no answer was 202."),
	"none_answered": both("对问题答复了 202，尚未作答，因此没有看答复的内容。", "The question was answered with 202, so that there was no answer to look at."),
	"one_code":      both("只问了一个代码，因此没有试。", "It was not tried, since one code alone was asked for."),
	"no_rulebook": both("没有指定部门代码，因此没有对照目录：请用 --agency 指定。",
		"It was not compared with the catalogue, since no agency was named: name yours by --agency."),
	"address_unreadable": both("地址无法读取。", "The address cannot be read."),
	"address_form": both("地址必须是 https；只有本机回环地址可以用 http。地址里不能有用户名、查询或片段。",
		"The address must be https, or http on loopback, without user, query or fragment."),
	"connection":         both("连接失败。", "The connection failed."),
	"connection_refused": both("连接被拒绝：该地址没有程序在监听。", "The connection was refused: nothing listens there."),
	"certificate": both("证书不被接受：请使用受信任机构签发、主机名一致且未过期的证书。",
		"The certificate is not accepted: it needs a known issuer, the right host name, and must not be over."),
	"host_unknown": both("找不到这个主机名。", "There is no such host."),
	"timeout":      both("在 {value} 内没有答复。需要更长时间时，请先答复 202。", "There was no answer within {value}. Answer 202 if it takes longer."),
	"cut_off":      both("连接在答复完成之前断开。", "The connection ended before the answer did."),
	"status":       both("答复的状态码是 {value}。", "The status was {value}."),
	"redirected": both("答复把我们转到别处（{value}）。城市不会跟随转向：证件号码不能交给别人。",
		"It sent us elsewhere ({value}). The city does not follow: an ID number would go to somebody else."),
	"taken":             both("请求被接受了（状态码 {value}），应当以 401 拒绝。", "It was taken (status {value}); it must be refused with 401."),
	"refused_otherwise": both("以状态码 {value} 拒绝，应为 401。", "It was refused with {value}, not with 401."),
	"good_refused": both("签名正确的请求被拒绝（状态码 {value}）。请检查密钥的字节（十六进制解码后）、签名的各行和路径。",
		"A request with a good signature was refused (status {value}). Look at the bytes of the key (hex, decoded), the lines that "+
			"are signed, and the path."),
	"clock_off": both("贵方时钟与本机相差 {value}。超过一分钟的请求会被拒绝。请使用 NTP。",
		"Your clock differs from this one by {value}; beyond a minute every request is refused. Use NTP."),
	"no_date":      both("答复没有 Date 头，无法比较时钟。", "The answer has no header Date, so that clocks cannot be compared."),
	"media_type":   both("Content-Type 是“{value}”，应为 application/json。", "The Content-Type is {value}; it must be application/json."),
	"compressed":   both("答复有 Content-Encoding（{value}）。请不要压缩。", "The answer has a Content-Encoding ({value}). Do not compress it."),
	"answer_large": both("答复超过 1 MiB。", "The answer has more than 1 MiB."),
	"retry_after": both("202 的 Retry-After 是“{value}”，应为 1 到 3600 的整数秒。",
		"The Retry-After of a 202 is {value}; it must be whole seconds from 1 to 3600."),
	"never_ready": both("{value} 之后仍然答复 202。", "It still answers 202 after {value}."),
	"holds_something": both("对没有记录的人返回了记录。请检查是否按证件号码查找。",
		"It answers records for a person on whom there are none. Look them up by the ID number."),
	"other_answer": both("同一请求再问一次，答复不同。同一个 id 就是同一个问题，记录的编号不变。",
		"The same request was answered otherwise the second time. The same id is the same question, and references never change."),
	"not_asked_for":    both("代码“{value}”没有问，却出现在答复里。", "The code {value} is in the answer and was not asked for."),
	"not_in_catalogue": both("代码“{value}”不在目录里。", "The code {value} is not in the catalogue."),
	"document_missing": both("文书不完整：需要种类、机关、文号、日期和 SHA-256（64 位小写十六进制）。没有文书的记录不计分。",
		"The document is not complete: it needs kind, issuer, number, date and SHA-256 (64 lower-case hex digits). Without one a "+
			"record does not count."),
	"document_kind": both("目录不接受这种文书，可用：{value}。", "The catalogue does not take this kind of document; it takes {value}."),
	"future":        both("日期在将来。", "The date is in the future."),
	"name_differs": both("姓名与所问的人不同。这样的记录会被搁置，不算在该人名下。",
		"The name is not that of the person who was asked about. Such a record is set aside and not taken as theirs."),
	"city_field": both("“{value}”由城市填写，不会读取。请删去。", "{value} is the city's to say and is not read. Leave it out."),
}

// finding returns a finding with its sentence.
func finding(field, code string, value ...string) Finding {
	p := agency.Problem{Field: field, Code: code, Value: strings.Join(value, "")}
	text := p.Sentence()
	for lang, s := range sentences[code] {
		text[lang] = strings.ReplaceAll(s, "{value}", p.Value)
	}
	return Finding{Field: field, Code: code, Text: text}
}

// found returns problems as findings.
func found(problems []agency.Problem) []Finding {
	var all []Finding
	for _, p := range problems {
		all = append(all, Finding{Field: p.Field, Code: p.Code, Text: p.Sentence()})
	}
	return all
}

// retryAfter reads Retry-After; false unless it is whole seconds that the city waits.
func retryAfter(h http.Header) (time.Duration, bool) {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	d := time.Duration(n) * time.Second
	return d, err == nil && n >= 1 && d <= agency.MaxRetryAfter
}

// newIDs returns a function that returns a new id of a request each time.
func newIDs(now time.Time) func() string {
	prefix := "check-" + now.UTC().Format("20060102T150405") + "-" + rand.Text()[:8] + "-"
	n := 0
	return func() string {
		n++
		return prefix + strconv.Itoa(n)
	}
}
