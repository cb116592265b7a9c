package takeaway

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// exportSchema is the schema of [mingjing.Export]: a test makes it from the type.
//
//go:embed export.schema.json
var exportSchema []byte

var (
	errStaleLogin = mingjing.NewError(mingjing.Forbidden, "login_stale")
	errNotMade    = mingjing.NewError(mingjing.NotFound, "no_export")
	errTooMuch    = mingjing.NewError(mingjing.Conflict, "export_too_large")
	noExportFile  = mingjing.NewError(mingjing.Conflict, "export_not_ready")
)

// asFresh returns the actor's resident ID, or an error unless they gave the password a
// short time ago: an unlocked phone gives away a page, and not everything at once.
func asFresh(a mingjing.Actor) (mingjing.ResidentID, error) {
	me, err := kernel.AsResident(a)
	if err == nil && !a.Fresh {
		err = errStaleLogin
	}
	return me, err
}

// Export returns the state of the actor's export.
func (c *Takeaway) Export(ctx context.Context, a mingjing.Actor) (mingjing.ExportView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ExportView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ExportView, error) {
		v := mingjing.ExportView{Fresh: a.Fresh}
		rd := t.As(c.city.Entry(a, "export", "", "own"))
		e, err := c.exportOf(ctx, rd, me)
		if errors.Is(err, kernel.ErrNotFound) {
			return v, nil
		}
		v.Job = &e.ExportJob
		return v, err
	})
}

// exportOf returns the resident's export, unless it has expired.
func (c *Takeaway) exportOf(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID) (Export, error) {
	e, err := read(rd).ExportOf(ctx, me)
	if err == nil && e.ExpiresAt != nil && !c.city.Now().Before(*e.ExpiresAt) {
		return Export{}, kernel.ErrNotFound // the job that deletes it is late
	}
	return e, err
}

// StartExport begins to make an export of everything that is held on the actor, in the
// place of an earlier one. While one is being made it returns that one. The PDFs are in
// the language. It needs a fresh login.
func (c *Takeaway) StartExport(ctx context.Context, a mingjing.Actor, lang string) (mingjing.ExportView, error) {
	me, err := asFresh(a)
	if err != nil {
		return mingjing.ExportView{}, err
	}
	if !slices.Contains(mingjing.Languages, lang) {
		return mingjing.ExportView{}, mingjing.NewError(mingjing.Invalid, "invalid")
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ExportView, error) {
		v := mingjing.ExportView{Fresh: true}
		now := c.city.Now().UTC()
		e := Export{Resident: me, Lang: lang, ExportJob: mingjing.ExportJob{ID: kernel.NewID(), State: mingjing.ExportMaking,
			Step: mingjing.ExportSteps[0], AskedAt: now}}
		rd := t.As(c.city.Entry(a, "export", e.ID, "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		old, err := read(rd).ExportOf(ctx, me)
		switch {
		case err == nil && old.State == mingjing.ExportMaking:
			v.Job = &old.ExportJob
			return v, nil
		case err == nil:
			err = db(t).DeleteExport(ctx, old.ID)
		case errors.Is(err, kernel.ErrNotFound):
			err = nil
		}
		if err != nil {
			return v, err
		}
		v.Job = &e.ExportJob
		if err := db(t).AddExport(ctx, e); err != nil {
			return v, err
		}
		if err := t.Enqueue(ctx, kernel.Job{Kind: JobExport, ID: e.ID}); err != nil {
			return v, err
		}
		return v, t.Emit(ctx, a.ID, mingjing.EventExport, e.ID, now)
	})
}

// DeleteExport deletes the actor's export, also while it is being made. That there is
// none is no error.
func (c *Takeaway) DeleteExport(ctx context.Context, a mingjing.Actor) (mingjing.ExportView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ExportView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ExportView, error) {
		v := mingjing.ExportView{Fresh: a.Fresh}
		rd := t.As(c.city.Entry(a, "export", "", "own"))
		e, err := read(rd).ExportOf(ctx, me)
		if errors.Is(err, kernel.ErrNotFound) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
		return v, c.dropExport(ctx, t, e)
	})
}

func (c *Takeaway) dropExport(ctx context.Context, t *kernel.Tx, e Export) error {
	if err := db(t).DeleteExport(ctx, e.ID); err != nil {
		return err
	}
	return t.Emit(ctx, string(e.Resident), mingjing.EventExport, e.ID, c.city.Now())
}

// ExportFile returns the actor's export as a ZIP file. It needs a fresh login, and each
// time is an entry of the access log.
func (c *Takeaway) ExportFile(ctx context.Context, a mingjing.Actor) (mingjing.ExportJob, []byte, error) {
	me, err := asFresh(a)
	if err != nil {
		return mingjing.ExportJob{}, nil, err
	}
	var job mingjing.ExportJob
	data, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) ([]byte, error) {
		id, err := db(t).ExportID(ctx, me)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil, errNotMade
		} else if err != nil {
			return nil, err
		}
		rd := t.As(c.city.Entry(a, "export_file", id, "own"))
		e, err := c.exportOf(ctx, rd, me)
		switch {
		case errors.Is(err, kernel.ErrNotFound):
			return nil, errNotMade
		case err != nil:
			return nil, err
		case e.State != mingjing.ExportReady:
			return nil, noExportFile
		}
		job = e.ExportJob
		return read(rd).ExportData(ctx, e.ID)
	})
	return job, data, err
}

// deleteExpiredExport is the job that deletes an export after its last day.
func (c *Takeaway) deleteExpiredExport(ctx context.Context, id string) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "export", id, "own").Once(id))
		e, err := read(rd).Export(ctx, id)
		if errors.Is(err, kernel.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return c.dropExport(ctx, t, e)
	})
}

// A packed is a file of an export.
type packed struct {
	name string
	data []byte
}

// An exporter is what was gathered in one transaction: all of it is as of one instant.
type exporter struct {
	export  mingjing.Export
	letters []mingjing.LetterView // of the decided cases
	files   []packed
	// size is that of the files that residents have sent, in bytes.
	size int64
}

// make is the job that makes an export. It stores nothing half made, so that one that
// was interrupted begins again; it ends silently if the export was deleted meanwhile.
func (c *Takeaway) make(ctx context.Context, id string) error {
	err := c.makeExport(ctx, id)
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	if why, ok := errors.AsType[*mingjing.Error](err); ok {
		return c.finishExport(ctx, id, nil, why.Code)
	}
	if errors.Is(err, kernel.ErrAltered) {
		return c.finishExport(ctx, id, nil, mingjing.Altered)
	}
	return err
}

func (c *Takeaway) makeExport(ctx context.Context, id string) error {
	var h *exporter
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.Entry(kernel.System, "export", id, "own").Once(id))
		e, err := read(rd).Export(ctx, id)
		if err != nil || e.State != mingjing.ExportMaking {
			return err
		}
		h, err = c.gather(ctx, rd, e)
		return err
	})
	if err != nil || h == nil {
		return err
	}
	if err := c.exportAt(ctx, id, "gather", 30); err != nil {
		return err
	}
	for i, l := range h.letters {
		if err := c.exportLetter(h, l); err != nil {
			return err
		}
		if err := c.exportAt(ctx, id, "letters", 30+30*(i+1)/len(h.letters)); err != nil {
			return err
		}
	}
	if err := c.exportAt(ctx, id, "paper", 65); err != nil {
		return err
	}
	doc, err := json.MarshalIndent(h.export, "", "  ")
	if err != nil {
		return fmt.Errorf("write export.json: %w", err)
	}
	files := []packed{{"export.json", doc}, {"export.schema.json", exportSchema}}
	if c.printer != nil {
		readable, err := c.printer.Export(h.export)
		if err != nil {
			return fmt.Errorf("set the readable copy: %w", err)
		}
		files = append(files, packed{"export.pdf", readable})
	}
	if err := c.exportAt(ctx, id, "pack", 90); err != nil {
		return err
	}
	data, err := pack(append(files, h.files...), h.export.MadeAt)
	if err != nil {
		return err
	}
	return c.finishExport(ctx, id, data, "")
}

// exportAt stores how far an export is.
func (c *Takeaway) exportAt(ctx context.Context, id, step string, percent int) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "export", id, "own").Once(id))
		e, err := read(rd).Export(ctx, id)
		if err != nil {
			return err
		}
		if e.Step == step && percent-e.Percent < 5 {
			return nil // not worth a new look at the page
		}
		e.Step, e.Percent = step, percent
		if err := db(t).SetExport(ctx, e); err != nil {
			return err
		}
		return t.Emit(ctx, string(e.Resident), mingjing.EventExport, id, c.city.Now())
	})
}

// finishExport stores the file, or why there is none, and notifies the resident.
func (c *Takeaway) finishExport(ctx context.Context, id string, data []byte, why string) error {
	if len(data) > mingjing.MaxExportBytes {
		data, why = nil, errTooMuch.Code
	}
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(kernel.System, "export", id, "own").Once(id))
		e, err := read(rd).Export(ctx, id)
		if err != nil || e.State != mingjing.ExportMaking {
			return err
		}
		now := c.city.Now().UTC()
		expires := now.Add(mingjing.ExportKeep)
		e.State, e.Step, e.Percent, e.Size = mingjing.ExportReady, "", 100, int64(len(data))
		e.MadeAt, e.ExpiresAt = &now, &expires
		code := ""
		if why != "" {
			e.State, e.Percent, e.Why, code = mingjing.ExportFailed, 0, why, "failed"
		} else if err := db(t).SetExportData(ctx, id, data); err != nil {
			return err
		}
		if err := db(t).SetExport(ctx, e); err != nil {
			return err
		}
		if err := t.Enqueue(ctx, kernel.Job{Kind: JobDeleteExport, ID: id, At: expires}); err != nil {
			return err
		}
		if err := c.notices.Notify(ctx, rd, e.Resident, mingjing.NoticeExportReady, code, "export", ""); err != nil {
			return err
		}
		return t.Emit(ctx, string(e.Resident), mingjing.EventExport, id, now)
	})
}

// pack returns a ZIP of files; the same files make the same bytes.
func pack(files []packed, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at})
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}
