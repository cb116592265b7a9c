package main

import (
	"context"
	"time"

	"mingjing/server/identity"
)

// The limits of comments on drafts: of one person or one address, which many people may
// share, and of one draft from everywhere.
var (
	commentRates      = []identity.Rate{{Count: 10, Per: 10 * time.Minute}, {Count: 100, Per: 24 * time.Hour}}
	draftCommentRates = []identity.Rate{{Count: 600, Per: time.Hour}}
)

// commentLimit returns what counts a comment: of somebody who is logged in, or with who
// "" of an address.
func commentLimit(i *identity.Identity) func(ctx context.Context, who, addr, draft string) error {
	return func(ctx context.Context, who, addr, draft string) error {
		var err error
		if who != "" {
			err = i.Allow(ctx, "comment", who, commentRates...)
		} else {
			err = i.AllowFrom(ctx, "comment from", addr, commentRates...)
		}
		if err == nil {
			err = i.Allow(ctx, "comments on", draft, draftCommentRates...)
		}
		return err
	}
}
