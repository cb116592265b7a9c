package agency

import (
	"maps"
	"slices"
	"strings"

	"mingjing"
)

// A Problem is one thing that is wrong with an agency's answer.
type Problem struct {
	// Field is what has to be put right, down to its part, such as
	// records[2].document.date; "" is the answer as a whole.
	Field string
	// Code is one of [ProblemCodes].
	Code string
	// Value is a limit, or a name that the agency has written. It is for the agency's own
	// people and never for a log of ours.
	Value string
}

// Sentence returns what is wrong, in both languages.
func (p Problem) Sentence() mingjing.Text {
	out := mingjing.Text{}
	for lang, s := range problems[p.Code] {
		out[lang] = strings.ReplaceAll(s, "{value}", p.Value)
	}
	return out
}

// problems are the sentences of the codes.
var problems = map[string]mingjing.Text{
	"not_utf8":      both("正文不是 UTF-8 编码。", "The body is not UTF-8."),
	"not_json":      both("正文不是一个完整的 JSON 值，或字段的类型不对。", "It is not whole JSON, or a value has the wrong form."),
	"more_than_one": both("正文里不止一个 JSON 值。", "There is more than one JSON value."),
	"type_wrong":    both("值的类型不对，应为 {value}。", "The value has the wrong type; it must be {value}."),
	"field_unknown": both("没有名为“{value}”的字段。请删去它。", "There is no field {value}. Leave it out."),
	"required":      both("缺少这一项。", "It is missing."),
	"too_many":      both("过多，最多 {value} 项。", "There are too many; at most {value}."),
	"ref_twice": both("同一编号出现了两次。每条记录各有一个不变的编号。",
		"The same reference is there twice. Each record has its own, which never changes."),
	"too_long":         both("过长，最多 {value} 个字符。", "It is too long; at most {value} characters."),
	"characters":       both("含有控制字符、不可见字符或其他不能显示的字符。", "It has control characters, or others that cannot be shown."),
	"language_unknown": both("只能使用 zh-CN 和 en 两种语言。", "The only languages are zh-CN and en."),
	"code_form": both("代码只能用小写字母、数字和 . _ -，最多 {value} 个字符。",
		"A code has lower-case letters, digits and . _ - alone, at most {value}."),
	"date_form": both("请按 2026-10-21 的形式填写 1900 年以后确实存在的日期。", "Write a date that exists, from 1900 on, in the form 2026-10-21."),
	"time_form": both("请按 RFC 3339 的形式填写时间，例如 2026-10-21T09:30:00+08:00。",
		"Write a time in the form of RFC 3339, such as 2026-10-21T09:30:00+08:00."),
	"kind_unknown":        both("只能是 blacklist 或 redlist。", "It must be blacklist or redlist."),
	"ends_before_from":    both("结束日期早于开始日期。", "It ends before it begins."),
	"position_unknown":    both("只能是 maintained、corrected 或 withdrawn。", "It must be maintained, corrected or withdrawn."),
	"occurred_unexpected": both("只有 position 为 corrected 时才填写日期。", "Only an answer whose position is corrected has a date."),
	"not_empty":           both("202 的正文必须是空对象 {}。", "The body of a 202 must be the empty object {}."),
}

// ProblemCodes are the codes of what may be wrong with an answer.
var ProblemCodes = slices.Sorted(maps.Keys(problems))

func both(zh, en string) mingjing.Text { return mingjing.Text{"zh-CN": zh, "en": en} }

// maxProblems is how many problems of one answer are found.
const maxProblems = 50

// A finder collects the problems of one answer.
type finder struct{ found []Problem }

func (f *finder) add(field, code, value string) {
	if len(f.found) < maxProblems {
		f.found = append(f.found, Problem{Field: field, Code: code, Value: value})
	}
}

// err returns the first problem as an error without the value; nil for none.
func (f *finder) err() error {
	if len(f.found) == 0 {
		return nil
	}
	p := f.found[0]
	if p.Field == "" {
		return malformed(p.Code)
	}
	return malformed(p.Field + ": " + p.Code)
}
