package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/listing"
)

// StoryProposed is the code of a resident whom an agency proposes to list, and
// StoryRepair of one who has met the condition for getting off a list.
const (
	StoryProposed = "proposed-listing"
	StoryRepair   = "repair"
)

// A Proposer accepts an agency's proposal of a listing.
type Proposer interface {
	Propose(ctx context.Context, a mingjing.Actor, p listing.Proposal) (mingjing.Listing, error)
}

// proposeEvery is how often the city's agencies check whether to propose again.
const proposeEvery = time.Minute

// KeepProposing proposes the listings of the stories again and again until ctx ends,
// since a proposal that nobody decides is refused.
func KeepProposing(ctx context.Context, bureau Proposer, cfg Config) error {
	cfg = cfg.withDefaults()
	tick := time.NewTicker(proposeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := Propose(ctx, bureau, cfg); err != nil && ctx.Err() == nil {
			cfg.Logger.Warn("propose anew", "err", err)
		}
	}
}

// Propose proposes the listings of the stories. A proposal that is open already is
// left alone; one that has ended is made again as a new case, with a new document, as
// soon as that is allowed.
func Propose(ctx context.Context, bureau Proposer, cfg Config) error {
	cfg = cfg.withDefaults()
	const code = "tax.major_violation_blacklist"
	at, ok := placeOf(cfg.Books, code)
	if !ok {
		return nil
	}
	now := cfg.Clock.Now().In(time.FixedZone("CST", 8*60*60))
	today := mingjing.DateOf(now)
	for _, p := range people() {
		if p.story != StoryProposed {
			continue
		}
		seed := sha256.Sum256(fmt.Appendf(nil, "mingjing demo|%s|%s|%s", string(p.id), code, now.Format(time.RFC3339Nano)))
		_, err := bureau.Propose(ctx, mingjing.Actor{Role: mingjing.RoleAgency, ID: "demo", Agency: at.agency, Name: at.agency}, listing.Proposal{
			Ref: strings.ToUpper(hex.EncodeToString(seed[:6])), IDNumber: p.id, Subject: p.name, Code: code,
			Ground: both("2025 年度少申报收入 41 万元，经通知仍未补缴税款。",
				"Declared 410,000 yuan too little for 2025 and has not paid the tax in spite of a reminder."),
			Measures: []string{"restrict.tax_grade"}, Months: 12,
			Document: mingjing.Document{Kind: at.document, Issuer: at.issuer, Date: today,
				Number: fmt.Sprintf("（%s）示字第 %05d 号", today[:4], int(seed[6])<<8|int(seed[7])), Hash: hex.EncodeToString(seed[:])},
		})
		if e, ok := errors.AsType[*mingjing.Error](err); ok && len(e.Fields) == 1 &&
			(e.Fields[0].Code == "listed_already" || e.Fields[0].Code == "needs_new_case") {
			continue
		}
		if err != nil {
			return fmt.Errorf("propose a listing in the demo city: %w", err)
		}
	}
	return nil
}
