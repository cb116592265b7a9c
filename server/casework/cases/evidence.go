package cases

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// A CleanFile is a piece of evidence that may be stored.
type CleanFile struct {
	Evidence mingjing.Evidence
	Data     []byte
}

// CleanAll returns the files of an actor as they may be stored, or what is wrong with
// each that may not be. It takes long, and is done outside of any transaction.
func CleanAll(ctx context.Context, city *kernel.City, a mingjing.Actor, uploads []evidence.Upload) ([]CleanFile, error) {
	return kernel.Outside(ctx, "files", func(ctx context.Context) ([]CleanFile, error) { return cleanAll(ctx, city, a, uploads) })
}

func cleanAll(ctx context.Context, city *kernel.City, a mingjing.Actor, uploads []evidence.Upload) ([]CleanFile, error) {
	var files []CleanFile
	var wrong []mingjing.FieldError
	for _, u := range uploads {
		f, err := evidence.File(u), error(nil)
		if u.Type == "" {
			f, err = city.Files().Check(ctx, a.ID, u)
		}
		var refused evidence.Refusal
		switch {
		case errors.As(err, &refused):
			wrong = append(wrong, mingjing.FieldError{Field: "evidence", Code: refused.Error(), File: evidence.ShownName(u.Name)})
			continue
		case err != nil:
			return nil, err
		}
		files = append(files, CleanFile{Data: f.Data,
			Evidence: mingjing.Evidence{ID: kernel.NewID(), Name: f.Name, Type: f.Type, Size: int64(len(f.Data))}})
	}
	if len(wrong) > 0 {
		return nil, mingjing.InvalidFields(wrong...)
	}
	return files, nil
}
