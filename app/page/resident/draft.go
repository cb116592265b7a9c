package resident

import (
	"context"
	"errors"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// draftsSection shows what proposed versions of the rulebook would make of the score.
func draftsSection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	if len(s.Drafts) == 0 {
		return nil
	}
	body := []app.UI{c.P(t(v, "draft.list_text"))}
	for _, d := range s.Drafts {
		body = append(body, c.El("p", nil, c.Link{Text: t(v, "draft.link", "rulebook", v.Label("rulebook", d.ID), "version", d.Version,
			"day", page.Date(v, d.From)), Href: href(v, "rulebook", d.Hash)}.UI()),
			&Draft{Lang: v.Lang, Score: s.Score, Version: d})
	}
	return c.Section("drafts", t(v, "draft.list"), body...)
}

// Draft makes in the browser the score that a proposed version of the rulebook would make
// of the resident's own records and listings. The result is sent nowhere.
type Draft struct {
	app.Compo

	Lang    string
	Score   mingjing.Score
	Version mingjing.RulebookVersion

	state draftState
	would mingjing.Score
	band  mingjing.Text
	// started is the hash of the version and the id of the score that were begun with.
	started string
	work    background
}

type draftState int

const (
	draftIdle draftState = iota
	draftWorking
	draftMade
	draftFailed
)

// OnMount starts the work.
func (p *Draft) OnMount(ctx app.Context) { p.start(ctx) }

// OnUpdate starts it again when the score or the version has changed.
func (p *Draft) OnUpdate(ctx app.Context) { p.start(ctx) }

// OnDismount cancels it.
func (p *Draft) OnDismount() { p.work.stop() }

func (p *Draft) start(ctx app.Context) {
	begun := p.Version.Hash + p.Score.ID
	if Fetch == nil || p.started == begun {
		return
	}
	p.state, p.started = draftWorking, begun
	score, hash := p.Score, p.Version.Hash
	p.work.start(ctx, func(ctx context.Context) func() {
		would, band, err := tryDraft(ctx, Fetch, score, hash)
		return func() {
			p.would, p.band, p.state = would, band, draftMade
			if err != nil {
				p.state = draftFailed
			}
		}
	})
}

var errOtherFile = errors.New("the file is not the version that was asked for")

// tryDraft returns the score that a version would make of the same input, and the name of
// its band.
func tryDraft(ctx context.Context, fetch func(context.Context, string) ([]byte, error), score mingjing.Score, hash string) (mingjing.Score,
	mingjing.Text, error) {
	book, err := versionAt(ctx, fetch, hash)
	if err != nil {
		return mingjing.Score{}, nil, err
	}
	if book.Ref().Hash != hash {
		return mingjing.Score{}, nil, errOtherFile
	}
	in, err := ownInput(ctx, fetch, score)
	if err != nil {
		return mingjing.Score{}, nil, err
	}
	would := mingjing.MakeScore(book, in)
	band, _ := book.Band(would.Band)
	return would, band.Name, nil
}

// Render shows the result.
func (p *Draft) Render() app.UI {
	key := map[draftState]string{draftIdle: "idle", draftWorking: "working", draftFailed: "failed"}[p.state]
	var text string
	switch {
	case p.state != draftMade:
		text = i18n.T(p.Lang, "draft."+key)
	case p.would.Value == p.Score.Value && p.would.Band == p.Score.Band:
		key, text = "same", i18n.T(p.Lang, "draft.same", "value", page.Plain(p.would.Value), "band", p.band.In(p.Lang))
	default:
		key, text = "other", i18n.T(p.Lang, "draft.other", "value", page.Plain(p.would.Value), "band", p.band.In(p.Lang),
			"now", page.Plain(p.Score.Value))
	}
	return c.El("p", c.A{"role": "status", "data-draft": key}, c.Text(text))
}
