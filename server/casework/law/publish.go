package law

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Tx is a transaction on the store as this file needs it: it is used before there is a
// city.
type Tx interface {
	Port
	Enqueue(ctx context.Context, j kernel.Job) error
}

// A DiffersError says that a server has other files than the city works by.
type DiffersError struct {
	// New are files that the server has and the city does not work by, and Missing the
	// other way round; each is a code, a version and the beginning of the hash.
	New, Missing []string
}

func (e *DiffersError) Error() string {
	var parts []string
	if len(e.New) > 0 {
		parts = append(parts, "here and not published: "+strings.Join(e.New, ", "))
	}
	if len(e.Missing) > 0 {
		parts = append(parts, "published and not here: "+strings.Join(e.Missing, ", "))
	}
	return "the rulebooks and calendars of this server are not those that the city works by (" + strings.Join(parts, "; ") +
		"): give every server the same files, and publish them once with `mingjing rulebook publish`"
}

// A RefusedError says why files can't be published: a sentence for each reason.
type RefusedError struct{ Reasons []string }

func (e *RefusedError) Error() string { return "not published: " + strings.Join(e.Reasons, "; ") }

// Admit compares a server's files with those that the city works by, and returns the
// files that were published once and that the server does not have. In a new city, it
// publishes the server's. The error is a [*DiffersError] when the server has other files:
// then it must not work.
func Admit(ctx context.Context, t Tx, files []File) (kept []File, err error) {
	set, err := t.LawSet(ctx)
	if errors.Is(err, kernel.ErrNotFound) {
		if reasons := earlier(nil, files); len(reasons) > 0 {
			return nil, &RefusedError{reasons}
		}
		if err = replace(ctx, t, nil, files); errors.Is(err, kernel.ErrConflict) { // another server was faster
			set, err = t.LawSet(ctx)
		} else {
			set = hashesOf(files)
		}
	}
	if err != nil {
		return nil, err
	}
	all, err := t.LawFiles(ctx)
	if err != nil {
		return nil, err
	}
	if err := differs(set, all, files); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f File) bool { return slices.Contains(set, f.Hash) }), nil
}

// Check returns a [*DiffersError] when the city works by other files by now.
func Check(ctx context.Context, t Tx, files []File) error {
	set, err := t.LawSet(ctx)
	if err != nil {
		return err
	}
	if slices.Equal(set, hashesOf(files)) {
		return nil
	}
	all, err := t.LawFiles(ctx)
	if err != nil {
		return err
	}
	return differs(set, all, files)
}

func differs(set []string, all, files []File) error {
	e := &DiffersError{}
	for _, f := range files {
		if !slices.Contains(set, f.Hash) {
			e.New = append(e.New, f.name())
		}
	}
	ours := hashesOf(files)
	for _, f := range all {
		if slices.Contains(set, f.Hash) && !slices.Contains(ours, f.Hash) {
			e.Missing = append(e.Missing, f.name())
		}
	}
	if len(e.New)+len(e.Missing) > 0 {
		return e
	}
	return nil
}

// Published is what a publication changed: names of files.
type Published struct{ New, Gone []string }

// Publish makes a server's files those that the city works by. A version that was
// published is never replaced by another file, except a draft; a new version of a rulebook
// that has one holds from a later day than today; and the version in force stays. The
// error is a [*RefusedError] when that is not so.
func Publish(ctx context.Context, t Tx, files []File, now time.Time) (p Published, err error) {
	set, err := t.LawSet(ctx)
	if err != nil && !errors.Is(err, kernel.ErrNotFound) {
		return p, err
	}
	all, err := t.LawFiles(ctx)
	if err != nil {
		return p, err
	}
	if reasons := refusals(set, all, files, now); len(reasons) > 0 {
		return p, &RefusedError{reasons}
	}
	for _, f := range files {
		if !slices.Contains(set, f.Hash) {
			p.New = append(p.New, f.name())
		}
	}
	ours := hashesOf(files)
	for _, f := range all {
		if slices.Contains(set, f.Hash) && !slices.Contains(ours, f.Hash) {
			p.Gone = append(p.Gone, f.name())
		}
	}
	if len(p.New)+len(p.Gone) == 0 {
		return p, nil
	}
	return p, replace(ctx, t, set, files)
}

// refusals returns why files can't be published.
func refusals(set []string, all, files []File, now time.Time) (reasons []string) {
	inForce := map[string]File{} // by kind and code
	for _, f := range all {
		key := f.Kind + " " + f.Code
		if slices.Contains(set, f.Hash) && !f.Draft && !f.begins().After(now) && !f.begins().Before(inForce[key].begins()) {
			inForce[key] = f
		}
	}
	reasons = earlier(all, files)
	ours := hashesOf(files)
	for _, f := range files {
		for _, old := range all {
			if old.Kind == f.Kind && old.Code == f.Code && old.Version == f.Version && old.Hash != f.Hash && !old.Draft {
				reasons = append(reasons, fmt.Sprintf("%s was published as another file, %s: a version never changes, so give the new one "+
					"a new version", f.name(), old.name()))
			}
		}
		_, has := inForce[f.Kind+" "+f.Code]
		known := slices.ContainsFunc(all, func(old File) bool { return old.Hash == f.Hash })
		if has && !known && !f.Draft && !f.begins().After(now) {
			reasons = append(reasons, fmt.Sprintf("%s would hold from %s, which is not after today: a new version holds from a later day",
				f.name(), f.From))
		}
	}
	for key, old := range inForce {
		others := slices.ContainsFunc(files, func(f File) bool { return f.Kind+" "+f.Code == key })
		if others && !slices.Contains(ours, old.Hash) {
			reasons = append(reasons, old.name()+" is in force and not here: put its file back")
		}
	}
	slices.Sort(reasons)
	return reasons
}

// earlier refuses files of an earlier format that were not published yet.
func earlier(all, files []File) (reasons []string) {
	for _, f := range files {
		if f.Earlier && !slices.ContainsFunc(all, func(old File) bool { return old.Hash == f.Hash }) {
			reasons = append(reasons, f.name()+" is of an earlier format, which names things itself: `mingjing rulebook check` says what to write")
		}
	}
	return reasons
}

// replace keeps the files, makes them the set, and schedules the first day of every
// version of a rulebook among them that is not kept yet.
func replace(ctx context.Context, t Tx, was []string, files []File) error {
	if err := t.SetLawSet(ctx, was, hashesOf(files)); err != nil {
		return err
	}
	for _, f := range files {
		if err := t.AddLawFile(ctx, f); err != nil {
			return err
		}
		if f.Kind != KindRulebook || f.Draft || slices.Contains(was, f.Hash) {
			continue
		}
		if err := t.Enqueue(ctx, kernel.Job{Kind: JobVersion, ID: f.Hash, At: f.begins()}); err != nil {
			return err
		}
	}
	return nil
}

// hashesOf returns the hashes of files, in order.
func hashesOf(files []File) []string {
	hashes := make([]string, 0, len(files))
	for _, f := range files {
		hashes = append(hashes, f.Hash)
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// residentsAStep is how many residents one job has rescored.
const residentsAStep = 500

// begin has the scores by a rulebook made anew on the first day of a version, a number of
// residents at a time. What a resident's own job finds to be the same already, it leaves.
func (c *Law) begin(ctx context.Context, id string) error {
	hash, after, _ := strings.Cut(id, ":")
	book, ok := c.city.BookByHash(hash)
	if !ok || book.Draft {
		return nil // it was taken back before its day
	}
	if now, err := c.city.Book(book.ID); err != nil || now.Ref() != book.Ref() {
		return nil //nolint:nilerr // taken back, or a later version holds already
	}
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		residents, err := db(t).Consenting(ctx, book.ID, mingjing.ResidentID(after), residentsAStep)
		if err != nil {
			return err
		}
		for _, r := range residents {
			if err := c.scores.RescoreLater(ctx, t, r); err != nil {
				return err
			}
		}
		if len(residents) < residentsAStep {
			return nil
		}
		return t.Enqueue(ctx, kernel.Job{Kind: JobVersion, ID: hash + ":" + string(residents[len(residents)-1])})
	})
	if err != nil {
		return fmt.Errorf("new version: %w", err)
	}
	return nil
}
