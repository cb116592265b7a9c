package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// lookMemory is where the browser keeps the last state of the access log's tree.
const lookMemory = "mingjing.log"

// A LookCheck checks the access log in the browser: that each line is on the public
// record as the page shows it, that none is missing, and that the record has only
// grown since this browser saw it last. It keeps the state of the record and the
// public keys, which are the same for everyone.
type LookCheck struct {
	app.Compo

	V *mingjing.View

	state  verifyState
	check  mingjing.LookCheck
	fresh  *mingjing.LookMemory // what to start anew from, where only what was kept stands against it
	shown  []mingjing.Look      // what the page showed when it was checked last
	run    int
	cancel context.CancelFunc
	ctx    app.Context // the component's own: that of a button ends with the button
}

// OnMount begins the check.
func (p *LookCheck) OnMount(ctx app.Context) {
	p.ctx = ctx
	p.start(ctx)
}

// OnUpdate begins it again when the page shows other lines: the log has grown.
func (p *LookCheck) OnUpdate(ctx app.Context) {
	if !slices.Equal(p.shown, shownLooks(p.V.AccessLog)) {
		p.start(ctx)
	}
}

func shownLooks(log *mingjing.AccessLogView) []mingjing.Look {
	if log == nil {
		return nil
	}
	return log.Looks
}

// OnDismount gives it up.
func (p *LookCheck) OnDismount() {
	if p.cancel != nil {
		p.cancel()
	}
}

func (p *LookCheck) start(ctx app.Context) {
	if Fetch == nil {
		return
	}
	if p.cancel != nil {
		p.cancel()
	}
	p.run++
	run, log := p.run, p.V.AccessLog
	p.shown = shownLooks(log)
	work, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	if p.state == verifyIdle {
		p.state = verifyWorking
	}
	ctx.Async(func() {
		check, fresh, err := checkLooks(work, Fetch, log, remembered(), time.Now())
		ctx.Dispatch(func(app.Context) {
			if run != p.run {
				return
			}
			cancel()
			p.check, p.fresh = check, fresh
			switch {
			case err != nil:
				p.state = verifyFailed
			case len(check.Problems) > 0:
				p.state = verifyDiffers
			default:
				p.state = verifySame
				remember(check.Memory)
			}
		})
	})
}

// A fetcher reads a path of the server as the person who is logged in.
type fetcher func(ctx context.Context, path string) ([]byte, error)

// checkLooks reads the proof and checks it against what was kept, and the page
// against it. It reads what the page shows, and what came after the entry that is
// remembered; all of the log where none is, or where anything is wrong, which says
// what. fresh is what to keep where nothing but what was kept stands against it. The
// error says that something could not be read.
func checkLooks(ctx context.Context, fetch fetcher, log *mingjing.AccessLogView, kept *mingjing.LookMemory, now time.Time,
) (check mingjing.LookCheck, fresh *mingjing.LookMemory, err error) {
	if kept != nil && kept.Seq > 1 {
		after := kept.Seq - 1
		for _, l := range shownLooks(log) {
			after = min(after, l.Seq-1)
		}
		if after > 0 {
			pages, err := readProof(ctx, fetch, kept, after)
			if err != nil {
				return check, nil, err
			}
			if check = checkShown(pages, log, kept, now); len(check.Problems) == 0 {
				return check, nil, nil
			}
		}
	}
	pages, err := readProof(ctx, fetch, kept, 0)
	if err != nil {
		return check, nil, err
	}
	return checkShown(pages, log, kept, now), checkShown(pages, log, nil, now).Memory, nil
}

func checkShown(pages []mingjing.LookProof, log *mingjing.AccessLogView, kept *mingjing.LookMemory, now time.Time) mingjing.LookCheck {
	check := mingjing.CheckLooks(pages, kept, now)
	if log != nil {
		check.Shown(pages, log.Looks, log.Others)
	}
	return check
}

var errEndless = errors.New("the proof does not end")

// readProof reads all pages of the proof of the entries after a number. There is no
// limit but the size of the tree, in which each entry has a place.
func readProof(ctx context.Context, fetch fetcher, kept *mingjing.LookMemory, after int64) (pages []mingjing.LookProof, err error) {
	q := url.Values{}
	if kept != nil {
		q.Set("since", strconv.FormatInt(kept.Size, 10))
	}
	var read int64
	for {
		if after > 0 {
			q.Set("after", strconv.FormatInt(after, 10))
		}
		data, err := fetch(ctx, proofPath(q))
		if err != nil {
			return nil, err
		}
		var page mingjing.LookProof
		if err := json.Unmarshal(data, &page); err != nil {
			return nil, err
		}
		pages = append(pages, page)
		if page.Next == 0 {
			return pages, nil
		}
		state, _ := mingjing.ParseCheckpoint(page.Checkpoint) // one that is none is found later
		if read += int64(len(page.Entries)); len(page.Entries) == 0 || page.Next <= after || read > state.Size {
			return nil, errEndless
		}
		after = page.Next
		q.Del("since") // the first page has said it
		q.Set("size", strconv.FormatInt(state.Size, 10))
	}
}

func proofPath(q url.Values) string {
	const path = "/api/access-log/proof"
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// remembered is what this browser has kept of the last check; nil for nothing.
func remembered() (kept *mingjing.LookMemory) {
	if !app.IsClient {
		return nil
	}
	defer func() { _ = recover() }() // a browser may forbid it
	text := app.Window().Get("localStorage").Call("getItem", lookMemory)
	if !text.Truthy() {
		return nil
	}
	kept = &mingjing.LookMemory{}
	if json.Unmarshal([]byte(text.String()), kept) != nil {
		return nil
	}
	return kept
}

func remember(m *mingjing.LookMemory) {
	if !app.IsClient || m == nil {
		return
	}
	defer func() { _ = recover() }()
	data, err := json.Marshal(m)
	if err == nil {
		app.Window().Get("localStorage").Call("setItem", lookMemory, string(data))
	}
}

// Render shows how the check stands.
func (p *LookCheck) Render() app.UI {
	v := p.V
	class, role, name := "verify", "status", "idle"
	d := checkShape
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
		d = alarmShape
		body = p.bad()
	case verifyFailed:
		name = "failed"
	}
	if body == nil {
		body = []app.UI{c.El("p", c.A{"class": "row-title"}, c.Text(t(v, "log_check."+name))), c.P(t(v, "log_check."+name+"_text"))}
	}
	said := []app.UI{c.El("div", c.A{"class": "verify-said", "role": role}, body...)}
	if p.state == verifyDiffers && p.fresh != nil {
		said = append(said, c.Details{Summary: t(v, "log_check.accept"), Body: []app.UI{c.P(t(v, "log_check.accept_text")),
			app.Button().Type("button").Class("button", "button-secondary").Text(t(v, "log_check.accept_button")).OnClick(p.startAnew)}}.UI())
	}
	how := []app.UI{c.P(t(v, "log_check.details_text"))}
	if k := p.check.Checkpoint; k.Size > 0 {
		how = append(how, c.El("p", c.A{"class": "hash"}, c.Text(k.Origin+": "+t(v, "log_check.state", "size", i18n.Number(v.Lang, int(k.Size)), "root", k.Root.String()))))
	}
	how = append(how, c.Link{Text: t(v, "access_log.check_us"), Href: href(v, "check-us")}.UI())
	said = append(said, c.Details{Summary: t(v, "log_check.details"), Body: how}.UI())
	return finding(c.A{"class": class, "data-look-check": name}, d, c.Div("verify-body", said...))
}

func (p *LookCheck) good() []app.UI {
	v := p.V
	text := t(v, "log_check.first")
	if !p.check.Since.IsZero() {
		text = t(v, "log_check.since", "date", date(v, mingjing.DateOf(p.check.Since.In(zone(v)))))
	}
	body := []app.UI{c.El("p", c.A{"class": "row-title"}, c.Text(tn(v, "log_check.good", p.check.Looks))), c.P(text)}
	for _, w := range p.check.Witnesses {
		key := "log_check.witness"
		if w.Late {
			key = "log_check.witness_late"
		}
		body = append(body, c.P(t(v, key, "name", w.Name, "at", instant(v, w.At))))
	}
	if len(p.check.Witnesses) == 0 {
		body = append(body, c.Muted(t(v, "log_check.no_witness")))
	}
	return body
}

func (p *LookCheck) bad() []app.UI {
	v := p.V
	wrong := make([]app.UI, 0, len(p.check.Problems))
	for _, problem := range p.check.Problems {
		text := []app.UI{c.El("strong", nil, c.Text(code(v, "look_problem", problem.Code)))}
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
		c.LinkButton{Text: t(v, "log_check.file"), Href: proofFile, Full: true}.UI()}
}

// startAnew takes the record as it is now for the one to compare with.
func (p *LookCheck) startAnew(app.Context, app.Event) {
	remember(p.fresh)
	p.state = verifyWorking
	p.start(p.ctx)
}
