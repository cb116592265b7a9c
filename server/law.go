package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/law"
	"mingjing/web/rulebooks"
)

// lawCheck is how often a server looks whether the city works by other files by now.
const lawCheck = 10 * time.Second

// publishedLaw is what the city works by, and what it once worked by.
type publishedLaw struct {
	*rulebooks.Set
	files []law.File
	kept  []*mingjing.Rulebook
	// public are all files ever published, by their names below /web/.
	public map[string][]byte
}

// readLaw reads the files of this server.
func readLaw(folder string) (*publishedLaw, error) {
	set, err := rulebooks.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("RULEBOOKS: %w", err)
	}
	l := &publishedLaw{Set: set, public: map[string][]byte{}}
	l.publish(mingjing.PublishedRegister().Hash(), mingjing.RegisterFile())
	zones := map[string]string{}
	for _, b := range set.Rulebooks {
		zones[b.Ref().Hash] = b.Zone
	}
	for _, k := range set.Calendars {
		zones[k.Hash()] = k.Zone
	}
	for _, f := range set.Files {
		l.files = append(l.files, law.File{Hash: f.Hash, Kind: f.Kind, Code: f.Code, Version: f.Version, Zone: zones[f.Hash], From: f.From,
			Draft: f.Draft, Earlier: f.Earlier, Data: f.Data})
		l.publish(f.Hash, f.Data)
	}
	return l, nil
}

func (l *publishedLaw) publish(hash string, data []byte) { l.public[publicName(hash)] = data }

// publicName returns the name of a published file below /web/: it is for ever.
func publicName(hash string) string { return "rulebooks/" + hash + ".json" }

// admit compares the files with those that the city works by, and takes those that it
// once worked by from the store.
func (l *publishedLaw) admit(ctx context.Context, s casework.Store) error {
	kept, err := casework.AdmitLaw(ctx, s, l.files)
	if err != nil {
		return fmt.Errorf("RULEBOOKS: %w", err)
	}
	return l.keep(kept)
}

func (l *publishedLaw) keep(kept []law.File) error {
	for _, f := range kept {
		l.publish(f.Hash, f.Data)
		if f.Kind != law.KindRulebook {
			continue
		}
		b, err := rulebooks.Stored(f.Data)
		if err != nil {
			return fmt.Errorf("a rulebook that was published, %s: %w", f.Hash, err)
		}
		l.kept = append(l.kept, b)
	}
	return nil
}

// inForce returns the versions that hold at an instant, one of each rulebook.
func (l *publishedLaw) inForce(now time.Time) []*mingjing.Rulebook {
	var books []*mingjing.Rulebook
	for _, b := range l.Rulebooks { // by id, and each by its days
		zone, err := time.LoadLocation(b.Zone)
		if err != nil || b.Draft || b.From.Time(zone).After(now) {
			continue
		}
		if n := len(books); n > 0 && books[n-1].ID == b.ID {
			books[n-1] = b
		} else {
			books = append(books, b)
		}
	}
	return books
}

// watchLaw returns an error when the city works by other files by now: this server then
// has to stop, and its next start reads its folder again. It returns nil when ctx ends.
func (p *program) watchLaw(ctx context.Context) error {
	return checkEvery(ctx, lawCheck, p.checkLaw)
}

// checkLaw returns an error when the city works by other files; not when the store can't
// be asked.
func (p *program) checkLaw(ctx context.Context) error {
	err := casework.CheckLaw(ctx, p.store, p.law.files)
	if _, differs := errors.AsType[*law.DiffersError](err); differs {
		return fmt.Errorf("RULEBOOKS: %w", err)
	}
	return nil
}
