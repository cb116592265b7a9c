package resident

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// memoryKey is the key of the browser's storage for the last checked state of the
// access log's tree.
const memoryKey = "mingjing.log"

// CheckLog sends a task, as JSON, to the program that checks the access log and returns
// its answer; the program in a browser sets it, and it is nil on the server. The error
// says that the program could not be loaded.
var CheckLog func(ctx context.Context, task []byte) ([]byte, error)

// askChecker has the program check do a task.
func askChecker(ctx context.Context, task mingjing.CheckTask) (result mingjing.CheckResult, err error) {
	data, err := json.Marshal(task)
	if err != nil {
		return result, err
	}
	data, err = CheckLog(ctx, data)
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(data, &result)
}

// A LogCheck checks the access log in the browser: that each entry is in the public log
// as the page shows it, that none is missing, and that the log has only grown since
// this browser checked it last. The browser stores the state of the log, how far it was
// checked and the public keys, which name nobody.
type LogCheck struct {
	app.Compo

	V *mingjing.View

	state verifyState
	check mingjing.AccessCheck
	fresh *mingjing.AccessMemory // what to store to start again, where the proof contradicts nothing but what was stored
	shown []mingjing.AccessEntry // what the page showed at the last check
	// kept says that this browser has stored the result.
	kept bool
	// unloaded says that the program that checks could not be loaded.
	unloaded bool
	work     background
	ctx      app.Context // the component's own: that of a button ends with the button
}

// OnMount starts the check.
func (p *LogCheck) OnMount(ctx app.Context) {
	p.ctx = ctx
	p.start(ctx)
}

// OnUpdate starts it again when the page shows other entries: the log has grown.
func (p *LogCheck) OnUpdate(ctx app.Context) {
	if !slices.Equal(p.shown, shownEntries(p.V)) {
		p.start(ctx)
	}
}

func shownEntries(v *mingjing.View) []mingjing.AccessEntry {
	if log := mingjing.DataOf[mingjing.AccessLogView](v); log != nil {
		return log.Entries
	}
	return nil
}

// OnDismount cancels the check.
func (p *LogCheck) OnDismount() { p.work.stop() }

func (p *LogCheck) start(ctx app.Context) {
	if CheckLog == nil {
		return
	}
	log := mingjing.DataOf[mingjing.AccessLogView](p.V)
	p.shown = shownEntries(p.V)
	if p.state == verifyIdle {
		p.state = verifyWorking
	}
	p.work.start(ctx, func(ctx context.Context) func() {
		result, err := askChecker(ctx, mingjing.CheckTask{Shown: log, Kept: remembered(), Now: time.Now()})
		return func() {
			p.check, p.fresh, p.unloaded = result.Check, result.Fresh, err != nil
			switch {
			case err != nil, result.Unread:
				p.state = verifyFailed
			case len(p.check.Problems) > 0:
				p.state = verifyDiffers
			default:
				p.state = verifySame
				p.kept = remember(p.check.Memory)
			}
		}
	})
}

// remembered returns what this browser has stored of the last check; nil for nothing.
func remembered() (kept *mingjing.AccessMemory) {
	if !app.IsClient {
		return nil
	}
	defer func() { _ = recover() }() // a browser may forbid it
	text := storage().Call("getItem", memoryKey)
	if !text.Truthy() {
		return nil
	}
	kept = &mingjing.AccessMemory{}
	if json.Unmarshal([]byte(text.String()), kept) != nil {
		return nil
	}
	return kept
}

// remember stores the result of a check, and reports whether this browser has it then.
func remember(m *mingjing.AccessMemory) (kept bool) {
	if !app.IsClient || m == nil {
		return false
	}
	defer func() { _ = recover() }()
	data, err := json.Marshal(m)
	if err != nil {
		return false
	}
	storage().Call("setItem", memoryKey, string(data))
	return storage().Call("getItem", memoryKey).String() == string(data)
}

// storage returns the browser's storage, or panics where that is forbidden. A plain Get
// of what throws would end the program: only a call hands the error over.
func storage() app.Value {
	return app.Window().Get("Reflect").Call("get", app.Window(), "localStorage")
}

// Render shows the result of the check.
func (p *LogCheck) Render() app.UI {
	v := p.V
	class, role, name := "verify", "status", "idle"
	d := page.CheckShape
	var body []app.UI
	switch p.state {
	case verifyIdle:
		role = ""
	case verifyWorking:
		name = "working"
	case verifySame:
		class, name = "verify verify-same", "good"
		body = p.good()
	case verifyDiffers:
		class, role, name = "verify verify-differs", "alert", "bad"
		d = page.AlarmShape
		body = p.bad()
	case verifyFailed:
		name = "failed"
		if p.unloaded {
			name = "unloaded"
		}
	}
	if body == nil {
		body = []app.UI{c.El("p", c.A{"class": "row-title"}, c.Text(t(v, "log_check."+name))), c.P(t(v, "log_check."+name+"_text"))}
	}
	said := []app.UI{c.El("div", c.A{"class": "verify-said", "role": role}, body...)}
	if p.state == verifyDiffers && p.fresh != nil {
		said = append(said, c.Details{Summary: t(v, "log_check.accept"), Body: []app.UI{c.P(t(v, "log_check.accept_text")),
			app.Button().Type("button").Class("button", "button-secondary").Text(t(v, "log_check.accept_button")).OnClick(p.startAnew)}}.UI())
	}
	if p.state == verifyFailed {
		said = append(said, app.Button().Type("button").Class("button", "button-secondary").Text(t(v, "log_check.again")).OnClick(p.again))
	}
	how := []app.UI{c.P(t(v, "log_check.details_text"))}
	if k := p.check.Checkpoint; k.Size > 0 {
		how = append(how, c.El("p", c.A{"class": "hash"},
			c.Text(k.Origin+": "+t(v, "log_check.state", "size", i18n.Number(v.Lang, int(k.Size)), "root", k.Root.String()))))
	}
	how = append(how, c.Link{Text: t(v, "access_log.check_us"), Href: href(v, "check-us")}.UI())
	said = append(said, c.Details{Summary: t(v, "log_check.details"), Body: how}.UI())
	return page.Finding(c.A{"class": class, "data-look-check": name}, d, c.Div("verify-body", said...))
}

func (p *LogCheck) good() []app.UI {
	v := p.V
	text := t(v, "log_check.first")
	if !p.check.Since.IsZero() {
		text = t(v, "log_check.since", "date", page.Date(v, mingjing.DateOf(p.check.Since.In(page.Zone(v)))))
	}
	body := []app.UI{c.El("p", c.A{"class": "row-title"}, c.Text(tn(v, "log_check.good", p.check.Entries))), c.P(text)}
	for _, w := range p.check.Witnesses {
		key := "log_check.witness"
		if w.Late {
			key = "log_check.witness_late"
		}
		body = append(body, c.P(t(v, key, "name", w.Name, "at", page.Instant(v, w.At))))
	}
	if len(p.check.Witnesses) == 0 {
		body = append(body, c.Muted(t(v, "log_check.no_witness")))
	}
	memory := "log_check.kept"
	if !p.kept {
		memory = "log_check.not_kept"
	}
	return append(body, c.El("p", c.A{"class": "muted", "data-kept": strconv.FormatBool(p.kept)}, c.Text(t(v, memory)+" "),
		c.Link{Text: t(v, "log_check.file"), Href: page.ProofFile, Full: true}.UI()))
}

func (p *LogCheck) bad() []app.UI {
	v := p.V
	wrong := make([]app.UI, 0, len(p.check.Problems))
	for _, problem := range p.check.Problems {
		text := []app.UI{c.El("strong", nil, c.Text(page.Code(v, "look_problem", problem.Code)))}
		if len(problem.Seqs) > 0 {
			numbers := make([]string, 0, len(problem.Seqs))
			for _, n := range problem.Seqs {
				numbers = append(numbers, strconv.FormatInt(n, 10))
			}
			text = append(text, c.Text(" "+t(v, "log_check.lines", "numbers", strings.Join(numbers, ", "))))
		}
		if len(problem.Names) > 0 {
			text = append(text, c.Text(" "+t(v, "log_check.names", "names", i18n.Join(v.Lang, problem.Names))))
		}
		wrong = append(wrong, c.El("span", nil, text...))
	}
	return []app.UI{c.El("p", c.A{"class": "row-title"}, c.Text(t(v, "log_check.bad"))), c.P(t(v, "log_check.bad_text")),
		c.List("bullets", wrong...),
		c.El("p", c.A{"class": "row-title"}, c.Text(t(v, "log_check.do"))),
		c.List("bullets", c.Text(t(v, "log_check.do_file")), c.Text(t(v, "log_check.do_auditor")), c.Text(t(v, "log_check.do_keep"))),
		c.LinkButton{Text: t(v, "log_check.file"), Href: page.ProofFile, Full: true}.UI()}
}

// again checks once more.
func (p *LogCheck) again(app.Context, app.Event) {
	p.state = verifyWorking
	p.start(p.ctx)
}

// startAnew stores the log as it is now, to compare later states with.
func (p *LogCheck) startAnew(app.Context, app.Event) {
	remember(p.fresh)
	p.state = verifyWorking
	p.start(p.ctx)
}
