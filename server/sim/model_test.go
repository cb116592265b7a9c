package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// A step is what the model is asked about one act: what was done to one object, and what
// was answered.
type step struct {
	object string
	do     string
	text   string
	in     int
	maybe  bool // it may happen or not, whatever is answered
	then   func(answer)
	out    answer
}

// An answer is what somebody was told.
type answer struct {
	lost bool // nobody was told anything: it may have happened or not
	code string
	text string
	n    int
}

// record adds a step to the history. One that nobody was told of may happen at any time
// after it began, or never.
func (w *world) record(s *step, called, returned int64) {
	if s.out.lost {
		returned = math.MaxInt64
	}
	w.history = append(w.history, porcupine.Operation{ClientId: len(w.history), Input: *s, Call: called, Output: s.out, Return: returned})
}

// checkHistory compares the history with the model.
func (w *world) checkHistory() {
	byObject := map[string][]porcupine.Operation{}
	for _, op := range w.history {
		s := op.Input.(step)
		if w.jumped && op.Output.(answer).code == "mandate_over" {
			continue // where the clock jumps back, its last day is not over any more
		}
		byObject[s.object] = append(byObject[s.object], op)
	}
	names := make([]string, 0, len(byObject))
	for name := range byObject {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if porcupine.CheckOperationsTimeout(model, byObject[name], 20*time.Second) == porcupine.Illegal {
			var lines []string
			for _, op := range byObject[name] {
				s := op.Input.(step)
				lines = append(lines, fmt.Sprintf("  [%d, %d] %s %s%d -> %+v", op.Call, op.Return, s.do, s.text, s.in, op.Output))
			}
			w.fail("no order of what happened to %q explains what people were told:\n%s", name, strings.Join(lines, "\n"))
			return
		}
	}
}

// A state is what the model knows of one object.
type state struct {
	text  string
	n     int
	most  int
	known bool
	ended bool
}

// past says that what is viewed has ended by its date.
const past = "past its end"

// unknownID is the id of what was made and nobody was told of.
const unknownID = "?"

// model is what an object does, one step after the other.
var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(was, in, out any) (bool, any) {
		s, now := in.(step), was.(state)
		return now.after(s, out.(answer))
	},
	Equal:             func(a, b any) bool { return a == b },
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v %+v", in, out) },
}

func (now state) after(s step, out answer) (possible bool, then state) {
	kind, _, _ := strings.Cut(s.object, " ")
	told := !out.lost
	done := out.lost || out.code == ok
	switch kind + " " + s.do {
	case "once put": // the same key is the same thing
		switch {
		case told && out.code != ok:
			return now.text == "", now
		case out.lost && now.text == "":
			now.text = unknownID
		case told && (now.text == "" || now.text == unknownID):
			now.text = out.text
		case told:
			return now.text == out.text, now
		}
	case "consent give":
		if done {
			now.text = "yes"
		}
	case "consent withdraw":
		if told && out.code == "nothing_to_withdraw" {
			return now.text != "yes", now
		}
		if told && out.code == ok && now.text != "yes" {
			return false, now
		}
		if done {
			now.text = "no"
		}
	case "consent read":
		return !told || out.code != ok || out.text == "yes" == (now.text == "yes"), now
	case "draft write":
		if done {
			now.text = s.text
		}
	case "draft read":
		return !told || out.code != ok || out.text == now.text, now
	case "share make":
		now.most = s.in
	case "share view":
		switch {
		case told && out.code == ok:
			now.n++
			return !now.ended && now.n <= now.most && s.text != past, now
		case out.lost && !now.ended && now.n < now.most:
			now.n++
		case told && out.code == "share_over":
			return now.ended || now.n >= now.most || s.text == past, now
		}
	case "share revoke":
		now.ended = now.ended || done
	case "share count":
		return !told || out.code != ok || out.n == now.n, now
	case "mandate accept", "mandate decline", "mandate end mandate":
		// It may also end by its day, with its case, or when somebody leaves. However it ended,
		// it never begins again.
		repeated := s.do == "accept" && now.text == "accept"
		switch {
		case out.lost && !now.ended && !repeated, told && out.code == ok:
			possible = !now.ended && !repeated
			now.text, now.ended = s.do, s.do != "accept"
			return possible, now
		case told && !repeated && (out.code == "mandate_over" || out.code == "not_found"):
			now.ended = true
		}
	case "evidence add":
		if done && now.known {
			now.n += s.in
		}
	case "evidence count":
		switch {
		case !told || out.code != ok:
		case !now.known:
			now.n, now.known = out.n, true
		default:
			return out.n == now.n, now
		}
	}
	return true, now
}
