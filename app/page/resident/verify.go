package resident

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Fetch reads a path of this server as the person who is logged in. The browser's
// program sets it; without it, as on the server, nothing can be verified.
var Fetch func(ctx context.Context, path string) ([]byte, error)

// maxVerifyPages is the limit of the pages of a list that are read to verify a score.
const maxVerifyPages = 50

// Verify recomputes a score in the browser: from the version of the rulebook that made it,
// whose bytes must have the hash that the score is pinned to, and from the resident's
// own records and listings. It says whether the result is the same.
type Verify struct {
	app.Compo

	Lang  string
	Score mingjing.Score
	// Public is the address of the published figures that an agency's rating is made of; ""
	// for a resident's score.
	Public string

	state   verifyState
	mine    mingjing.Score
	differs []string
	work    background
}

type verifyState int

const (
	verifyIdle verifyState = iota
	verifyWorking
	verifySame
	verifyDiffers
	verifyFailed
)

// OnMount starts the check.
func (p *Verify) OnMount(ctx app.Context) { p.start(ctx) }

// OnUpdate starts it again when the score has changed.
func (p *Verify) OnUpdate(ctx app.Context) { p.start(ctx) }

// OnDismount cancels the check.
func (p *Verify) OnDismount() { p.work.stop() }

func (p *Verify) start(ctx app.Context) {
	if Fetch == nil {
		return
	}
	score, public := p.Score, p.Public
	p.state = verifyWorking
	p.work.start(ctx, func(ctx context.Context) func() {
		mine, differs, err := recompute(ctx, Fetch, score, public)
		return func() {
			p.mine, p.differs = mine, differs
			switch {
			case err != nil:
				p.state = verifyFailed
			case len(differs) > 0:
				p.state = verifyDiffers
			default:
				p.state = verifySame
			}
		}
	})
}

var errTooManyPages = errors.New("a list has too many pages")

// recompute makes the score again and returns what differs: hash, value, band,
// explanation. The error says that something could not be read.
func recompute(ctx context.Context, fetch func(context.Context, string) ([]byte, error), score mingjing.Score, public string) (
	mingjing.Score, []string, error) {
	book, err := versionAt(ctx, fetch, score.Rulebook.Hash)
	if err != nil {
		return mingjing.Score{}, nil, err
	}
	if book.Ref() != score.Rulebook {
		return mingjing.Score{}, []string{"hash"}, nil
	}
	mine, same := mingjing.Score{}, false
	if public != "" {
		mine, err = rateAgain(ctx, fetch, public, book, score.AsOf)
		same = mine.Value == score.Value && mine.Band == score.Band
	} else {
		var in mingjing.Input
		if in, err = ownInput(ctx, fetch, score); err == nil {
			mine = mingjing.MakeScore(book, in)
			same = mingjing.Same(mine, score)
		}
	}
	if err != nil || same {
		return mine, nil, err
	}
	var differs []string
	if mine.Value != score.Value {
		differs = append(differs, "value")
	}
	if mine.Band != score.Band {
		differs = append(differs, "band")
	}
	if len(differs) == 0 {
		differs = append(differs, "explanation")
	}
	return mine, differs, nil
}

// versionAt reads the version of a rulebook with a hash.
func versionAt(ctx context.Context, fetch func(context.Context, string) ([]byte, error), hash string) (*mingjing.Rulebook, error) {
	data, err := fetch(ctx, "/web/rulebooks/"+url.PathEscape(hash)+".json")
	if err != nil {
		return nil, err
	}
	return mingjing.DecodeRulebook(data)
}

// ownInput reads what the score was made of: the resident's own records and listings.
func ownInput(ctx context.Context, fetch func(context.Context, string) ([]byte, error), score mingjing.Score) (
	in mingjing.Input, err error) {
	in = mingjing.Input{Missing: score.Missing, AsOf: score.AsOf}
	if in.Records, err = readAll[mingjing.Record](ctx, fetch, "/api/records"); err == nil {
		in.Listings, err = readAll[mingjing.Listing](ctx, fetch, "/api/listings")
	}
	return in, err
}

// readAll reads every page of a list.
func readAll[T any](ctx context.Context, fetch func(context.Context, string) ([]byte, error), path string) ([]T, error) {
	var all []T
	next := path
	for range maxVerifyPages {
		data, err := fetch(ctx, next)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		next = path + "?cursor=" + url.QueryEscape(page.Next)
	}
	return nil, errTooManyPages
}

// Render shows the result of the check.
func (p *Verify) Render() app.UI {
	class, role, key := "verify", "status", "verify.idle"
	d := page.CheckShape
	switch p.state {
	case verifyIdle:
		role = ""
	case verifyWorking:
		key = "verify.working"
	case verifySame:
		class, key = "verify verify-same", "verify.same"
	case verifyDiffers:
		class, role, key = "verify verify-differs", "alert", "verify.differs"
		d = page.AlarmShape
	case verifyFailed:
		key = "verify.failed"
	}
	var values []string
	if p.state == verifySame {
		values = []string{"value", page.Plain(p.mine.Value)}
	}
	of := key
	if p.Public != "" {
		of = "conduct_" + key
	}
	text := i18n.T(p.Lang, of+"_text", values...)
	var list app.UI
	if p.state == verifyDiffers {
		items := make([]app.UI, 0, len(p.differs))
		for _, what := range p.differs {
			switch what {
			case "value":
				items = append(items, c.El("li", nil,
					c.Text(i18n.T(p.Lang, "verify.value", "mine", page.Plain(p.mine.Value), "theirs", page.Plain(p.Score.Value)))))
			default:
				items = append(items, c.El("li", nil, c.Text(i18n.T(p.Lang, "verify."+what))))
			}
		}
		list = c.El("ul", c.A{"class": "bullets"}, items...)
	}
	hash := p.Score.Rulebook.Hash
	return page.Finding(c.A{"class": class, "data-verify": strings.TrimPrefix(key, "verify.")}, d,
		c.El("div", c.A{"class": "verify-body", "role": role},
			c.El("p", c.A{"class": "row-title"}, c.Text(i18n.T(p.Lang, key))),
			c.P(text), list,
			c.Details{Summary: i18n.T(p.Lang, "verify.details"), Body: []app.UI{
				c.P(i18n.T(p.Lang, "verify.details_text", "version", p.Score.Rulebook.Version)),
				c.El("p", c.A{"class": "hash"}, c.Text("SHA-256 "+hash))}}.UI()))
}
