package casework

import (
	"context"
	"time"

	"mingjing/server/casework/law"
)

// AdmitLaw is [law.Admit] in a transaction on the store, before there is a Bureau.
func AdmitLaw(ctx context.Context, s Store, files []law.File) (kept []law.File, err error) {
	err = s.Tx(ctx, func(t Tx) error {
		kept, err = law.Admit(ctx, t, files)
		return err
	})
	return kept, err
}

// CheckLaw is [law.Check] in a transaction on the store.
func CheckLaw(ctx context.Context, s Store, files []law.File) error {
	return s.Read(ctx, func(t Tx) error { return law.Check(ctx, t, files) })
}

// PublishLaw is [law.Publish] in a transaction on the store.
func PublishLaw(ctx context.Context, s Store, files []law.File, now time.Time) (p law.Published, err error) {
	err = s.Tx(ctx, func(t Tx) error {
		p, err = law.Publish(ctx, t, files, now)
		return err
	})
	return p, err
}
