package cases

import (
	"context"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// A CleanFile is a piece of evidence that may be stored: one that was checked, or one that
// waits for its check and is opened by nobody until then.
type CleanFile struct {
	Evidence mingjing.Evidence
	Data     []byte
}

// CleanAll returns the files of an actor as they may be stored, or what is wrong with
// each that may not be. It is done outside of any transaction. What can't be checked soon
// is checked later, by [JobFile].
func CleanAll(ctx context.Context, city *kernel.City, a mingjing.Actor, uploads []evidence.Upload) ([]CleanFile, error) {
	return kernel.Outside(ctx, "files", func(ctx context.Context) ([]CleanFile, error) { return cleanAll(ctx, city, a, uploads) })
}

func cleanAll(ctx context.Context, city *kernel.City, a mingjing.Actor, uploads []evidence.Upload) ([]CleanFile, error) {
	var files []CleanFile
	var wrong []mingjing.FieldError
	for _, u := range uploads {
		f, err := evidence.File(u), error(nil)
		if u.Type == "" {
			f, err = city.Files().Soon(ctx, a.ID, u)
		}
		e := mingjing.Evidence{ID: kernel.NewID(), Name: f.Name, Type: f.Type, Size: int64(len(f.Data)), Pages: f.Pages,
			Stripped: f.Stripped, Scanned: f.Scanned,
			State: mingjing.EvidenceChecked, CheckedAt: city.Now().UTC()}
		switch refused := evidence.Refusal(""); {
		case errors.As(err, &refused):
			wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: refused.Error(), File: evidence.ShownName(u.Name)})
			continue
		case errors.Is(err, evidence.ErrLater):
			f.Data = u.Data
			e = mingjing.Evidence{ID: e.ID, Name: evidence.ShownName(u.Name), Size: int64(len(u.Data)), State: mingjing.EvidenceChecking}
		case err != nil:
			return nil, err
		}
		files = append(files, CleanFile{Data: f.Data, Evidence: e})
	}
	if len(wrong) > 0 {
		return nil, mingjing.InvalidFields(wrong...)
	}
	return files, nil
}

// ErrNotChecked: the file waits for its check, so that it can't be used yet.
var ErrNotChecked = mingjing.NewError(mingjing.Conflict, "evidence_checking")

// NotChecked returns why a file can't be opened; nil where it can be.
func NotChecked(e mingjing.Evidence) error {
	switch {
	case e.Checked():
		return nil
	case e.State == mingjing.EvidenceRefused:
		return kernel.ErrNotFound
	}
	return ErrNotChecked
}

// addEvidence stores a file of a case, and has it checked where it was not.
func (c *Cases) addEvidence(ctx context.Context, t *kernel.Tx, dispute string, f CleanFile) error {
	if err := db(t).AddEvidence(ctx, dispute, f.Evidence, f.Data); err != nil || f.Evidence.Checked() {
		return err
	}
	return t.Enqueue(ctx, kernel.Job{Kind: JobFile, ID: f.Evidence.ID})
}

// taken returns how many files are not refused.
func taken(all []mingjing.Evidence) (n int) {
	for _, e := range all {
		if e.State != mingjing.EvidenceRefused {
			n++
		}
	}
	return n
}

// fileDue checks a file that waits for it.
func (c *Cases) fileDue(ctx context.Context, id string) (time.Duration, error) {
	var line Case
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		dispute, err := db(t).EvidenceCase(ctx, id)
		if err == nil {
			line, err = db(t).CaseSummary(ctx, dispute)
		}
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) { // its resident has left
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	reader := func(t *kernel.Tx) *kernel.Reader {
		return t.As(c.city.Entry(kernel.System, "check_file", line.ID, Purpose(kernel.System, line)).Once(id))
	}
	open := func() (u evidence.Upload, waits bool, err error) {
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			e, data, err := read(reader(t)).EvidenceData(ctx, id)
			u, waits = evidence.Upload{Name: e.Name, Data: data}, e.State == mingjing.EvidenceChecking
			return err
		})
		return u, waits, err
	}
	put := func(f evidence.File, refused evidence.Refusal) error {
		return c.city.Tx(ctx, func(t *kernel.Tx) error { return c.putChecked(ctx, reader(t), line.ID, id, f, refused) })
	}
	wait, err := c.city.CheckLater(ctx, string(line.Resident), open, put)
	if errors.Is(err, kernel.ErrConflict) { // somebody moved the case meanwhile
		return time.Second, nil
	}
	return wait, err
}

// putChecked stores what came of the check of a file.
func (c *Cases) putChecked(ctx context.Context, rd *kernel.Reader, dispute, id string, f evidence.File, refused evidence.Refusal) error {
	d, err := read(rd).Case(ctx, dispute)
	if err != nil {
		return err
	}
	all, err := read(rd).Evidence(ctx, dispute)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(e mingjing.Evidence) bool { return e.ID == id && e.State == mingjing.EvidenceChecking })
	if i < 0 {
		return nil
	}
	e, now := all[i], c.city.Now().UTC()
	e.CheckedAt = now
	if refused == "" {
		e.State, e.Name, e.Type, e.Size = mingjing.EvidenceChecked, f.Name, f.Type, int64(len(f.Data))
		e.Pages, e.Stripped, e.Scanned = f.Pages, f.Stripped, f.Scanned
		if err := db(rd).SetEvidenceFile(ctx, e, f.Data); err != nil {
			return err
		}
		return c.Tell(ctx, rd, d)
	}
	e.State, e.Why = mingjing.EvidenceRefused, refused.Error()
	if err := db(rd).SetEvidenceFile(ctx, e, []byte{}); err != nil {
		return err
	}
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "evidence_refused", Role: mingjing.RoleSystem})
	return c.saveAndNotify(ctx, rd, d, "evidence_refused")
}
