package draft

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// A checkedFile is a file that was looked at, with its content where it is taken.
type checkedFile struct {
	mingjing.DraftFile
	data []byte
}

// check looks at a file as at any that people send.
func (c *Drafts) check(ctx context.Context, a mingjing.Actor, u evidence.Upload) (checkedFile, error) {
	name := evidence.ShownName(u.Name)
	f, err := c.city.Files().Soon(ctx, a.ID, u)
	if errors.Is(err, evidence.ErrLater) {
		return checkedFile{mingjing.DraftFile{Name: name, Size: int64(len(u.Data)), Received: int64(len(u.Data)),
			State: mingjing.DraftFileChecking}, u.Data}, nil
	}
	refused := evidence.Refusal("")
	if err != nil && !errors.As(err, &refused) {
		return checkedFile{}, err
	}
	return found(name, int64(len(u.Data)), f, refused), nil
}

// found returns what came of the check of a file of a name and size: a file, or why it is
// refused.
func found(name string, size int64, f evidence.File, refused evidence.Refusal) checkedFile {
	if refused != "" {
		return checkedFile{DraftFile: mingjing.DraftFile{Name: name, Size: size, Received: size, State: mingjing.DraftFileRefused,
			Why: refused.Error()}}
	}
	size = int64(len(f.Data))
	return checkedFile{mingjing.DraftFile{Name: f.Name, Type: f.Type, Size: size, Received: size, State: mingjing.DraftFileReady,
		Pages: f.Pages, Stripped: f.Stripped, Scanned: f.Scanned}, f.Data}
}

// addFile adds a file to a draft, where there is room for it.
func (c *Drafts) addFile(ctx context.Context, t *kernel.Tx, draft string, f checkedFile) error {
	files, bytes, err := db(t).DraftFileCount(ctx, draft)
	switch {
	case err != nil:
		return err
	case files >= mingjing.MaxEvidence:
		return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_count"})
	case bytes+f.Size > MaxFiles:
		return errFull
	}
	at := c.city.Now().Add(time.Duration(files) * time.Microsecond) // they stay in their order
	if err := db(t).AddDraftFile(ctx, draft, f.DraftFile, at); err != nil || f.data == nil {
		return err
	}
	return c.putFile(ctx, t, f)
}

// putFile stores the content of a file, and has it checked where it was not.
func (c *Drafts) putFile(ctx context.Context, t *kernel.Tx, f checkedFile) error {
	if err := db(t).SetDraftData(ctx, f.ID, f.data); err != nil || f.State != mingjing.DraftFileChecking {
		return err
	}
	return t.Enqueue(ctx, kernel.Job{Kind: JobFile, ID: f.ID})
}

// StartDraftFile begins to send a file to the draft of a form, or goes on with one of the
// same name and size of which a part is there. The errors are those of SaveDraft, and
// invalid_form with the field evidence for a file that is too large.
func (c *Drafts) StartDraftFile(ctx context.Context, a mingjing.Actor, at Place, name string, size int64) (mingjing.DraftFile, error) {
	me, err := personOf(a)
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	name = strings.TrimSpace(evidence.ShownName(name))
	wrong := func(code string) error {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: code, File: name})
	}
	switch {
	case size <= 0:
		return mingjing.DraftFile{}, wrong(evidence.Broken.Error())
	case size > mingjing.MaxEvidenceBytes:
		return mingjing.DraftFile{}, wrong(evidence.TooLarge.Error())
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.DraftFile, error) {
		id, err := db(t).DraftID(ctx, me, at)
		if errors.Is(err, kernel.ErrNotFound) {
			id, err = c.begin(ctx, t, Stored{Person: me, Place: at, SavedAt: c.city.Now().UTC()})
		} else if err == nil {
			err = db(t).TouchDraft(ctx, id, c.city.Now())
		}
		if err != nil {
			return mingjing.DraftFile{}, err
		}
		files, err := read(t.As(c.entry(a, id))).DraftFiles(ctx, id)
		if err != nil {
			return mingjing.DraftFile{}, err
		}
		if i := slices.IndexFunc(files, func(f mingjing.DraftFile) bool {
			return f.State == mingjing.DraftFileArriving && f.Name == name && f.Size == size
		}); i >= 0 {
			return files[i], nil
		}
		f := mingjing.DraftFile{ID: kernel.NewID(), Name: name, Size: size, State: mingjing.DraftFileArriving}
		return f, c.addFile(ctx, t, id, checkedFile{DraftFile: f})
	})
}

// AddToDraftFile adds the next bytes of a file, from an offset on. When the file is complete
// it is checked. Without bytes, it goes on with a check that was cut off. The error is the
// conflict upload_offset, with how many bytes are there, where other bytes come next.
func (c *Drafts) AddToDraftFile(ctx context.Context, a mingjing.Actor, id string, offset int64, data []byte) (mingjing.DraftFile, error) {
	me, err := personOf(a)
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	h, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (Head, error) {
		h, err := own(ctx, t, me, id)
		if err != nil {
			return Head{}, err
		}
		if len(data) == 0 && h.State != mingjing.DraftFileArriving {
			return h, nil
		}
		end := offset + int64(len(data))
		if h.State != mingjing.DraftFileArriving || offset != h.Received || end > h.Size || len(data) > mingjing.DraftPart {
			return Head{}, &mingjing.Error{Kind: mingjing.Conflict, Code: "upload_offset",
				Values: map[string]string{"received": strconv.FormatInt(h.Received, 10)}}
		}
		if len(data) == 0 {
			return h, nil
		}
		h.Received = end
		if err := db(t).AddDraftPart(ctx, id, offset, data); err != nil {
			return Head{}, err
		}
		return h, db(t).SetDraftReceived(ctx, id, end)
	})
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	if h.State != mingjing.DraftFileArriving {
		return c.DraftFile(ctx, a, id)
	}
	if h.Received < h.Size {
		return mingjing.DraftFile{ID: id, Size: h.Size, Received: h.Received, State: h.State}, nil
	}
	return c.complete(ctx, a, me, id)
}

// complete checks a file of which all bytes have arrived.
func (c *Drafts) complete(ctx context.Context, a mingjing.Actor, me Person, id string) (mingjing.DraftFile, error) {
	var data []byte
	f, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (f mingjing.DraftFile, err error) {
		f, rd, err := c.file(ctx, t, a, me, id)
		if err == nil {
			data, err = read(rd).DraftData(ctx, id)
		}
		return f, err
	})
	if err != nil || f.State != mingjing.DraftFileArriving {
		return f, err
	}
	found, err := c.check(ctx, a, evidence.Upload{Name: f.Name, Data: data})
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	found.ID = id
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.DraftFile, error) {
		if h, err := own(ctx, t, me, id); err != nil || h.State != mingjing.DraftFileArriving { // another request was faster
			if err != nil {
				return mingjing.DraftFile{}, err
			}
			return found.DraftFile, nil
		}
		if err := db(t).SetDraftFile(ctx, found.DraftFile); err != nil {
			return mingjing.DraftFile{}, err
		}
		return found.DraftFile, c.putFile(ctx, t, found)
	})
}

// fileDue checks a file that waits for it.
func (c *Drafts) fileDue(ctx context.Context, id string) (time.Duration, error) {
	var h Head
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		h, err = db(t).DraftFileHead(ctx, id)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && h.State != mingjing.DraftFileChecking { // it was removed or sent
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	reader := func(t *kernel.Tx) *kernel.Reader {
		return t.As(c.city.Entry(kernel.System, "check_file", h.Draft, "dispute").Once(id))
	}
	open := func() (u evidence.Upload, waits bool, err error) {
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			f, err := stored(ctx, reader(t), h.Draft, id)
			if err != nil || f.State != mingjing.DraftFileChecking {
				return ignoreNotFound(err)
			}
			data, err := read(reader(t)).DraftData(ctx, id)
			u, waits = evidence.Upload{Name: f.Name, Data: data}, true
			return err
		})
		return u, waits, err
	}
	put := func(f evidence.File, refused evidence.Refusal) error {
		return ignoreNotFound(c.city.Tx(ctx, func(t *kernel.Tx) error {
			was, err := stored(ctx, reader(t), h.Draft, id)
			if err != nil || was.State != mingjing.DraftFileChecking {
				return err
			}
			found := found(was.Name, was.Size, f, refused)
			found.ID = id
			if err := db(t).SetDraftFile(ctx, found.DraftFile); err != nil {
				return err
			}
			return db(t).SetDraftData(ctx, id, found.data)
		}))
	}
	return c.city.CheckLater(ctx, cmp.Or(string(h.Resident), h.Draft), open, put)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	return err
}

// own returns the head of a file of a person's draft.
func own(ctx context.Context, t *kernel.Tx, me Person, id string) (Head, error) {
	h, err := db(t).DraftFileHead(ctx, id)
	if err != nil {
		return Head{}, err
	}
	if mine, err := db(t).DraftIs(ctx, h.Draft, me); err != nil || !mine {
		return Head{}, cmp.Or(err, kernel.ErrNotFound)
	}
	return h, nil
}

// file opens a file of a person's draft.
func (c *Drafts) file(ctx context.Context, t *kernel.Tx, a mingjing.Actor, me Person, id string) (mingjing.DraftFile, *kernel.Reader,
	error) {
	h, err := own(ctx, t, me, id)
	if err != nil {
		return mingjing.DraftFile{}, nil, err
	}
	rd := t.As(c.entry(a, h.Draft))
	f, err := stored(ctx, rd, h.Draft, id)
	return f, rd, err
}

// stored returns a file of a draft.
func stored(ctx context.Context, rd *kernel.Reader, draft, id string) (mingjing.DraftFile, error) {
	files, err := read(rd).DraftFiles(ctx, draft)
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	i := slices.IndexFunc(files, func(f mingjing.DraftFile) bool { return f.ID == id })
	if i < 0 {
		return mingjing.DraftFile{}, kernel.ErrNotFound
	}
	return files[i], nil
}

// DraftFile returns a file of the actor's drafts, without its content.
func (c *Drafts) DraftFile(ctx context.Context, a mingjing.Actor, id string) (mingjing.DraftFile, error) {
	me, err := personOf(a)
	if err != nil {
		return mingjing.DraftFile{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.DraftFile, error) {
		f, _, err := c.file(ctx, t, a, me, id)
		return f, err
	})
}

// A Picture is a picture of a draft with its content.
type Picture struct {
	Type string
	Data []byte
}

// DraftPicture returns a picture of the actor's drafts that was checked; any other file is
// not found.
func (c *Drafts) DraftPicture(ctx context.Context, a mingjing.Actor, id string) (Picture, error) {
	me, err := personOf(a)
	if err != nil {
		return Picture{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (Picture, error) {
		f, rd, err := c.file(ctx, t, a, me, id)
		if err != nil {
			return Picture{}, err
		}
		if f.State != mingjing.DraftFileReady || !strings.HasPrefix(f.Type, "image/") {
			return Picture{}, kernel.ErrNotFound
		}
		data, err := read(rd).DraftData(ctx, id)
		return Picture{f.Type, data}, err
	})
}

// RemoveDraftFile removes a file from a draft of the actor's.
func (c *Drafts) RemoveDraftFile(ctx context.Context, a mingjing.Actor, id string) error {
	me, err := personOf(a)
	if err != nil {
		return err
	}
	return kernel.Public(c.city.Tx(ctx, func(t *kernel.Tx) error {
		h, err := own(ctx, t, me, id)
		if err != nil {
			return err
		}
		d, err := read(t.As(c.entry(a, h.Draft))).Draft(ctx, h.Draft)
		if err != nil {
			return err
		}
		if err := db(t).DeleteDraftFile(ctx, id); err != nil {
			return err
		}
		files, _, err := db(t).DraftFileCount(ctx, h.Draft)
		if err == nil && files == 0 && blank(d.Fields) {
			err = db(t).DeleteDraft(ctx, h.Draft)
		}
		return err
	}))
}
