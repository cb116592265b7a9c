package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mingjing/server/blob"
	"mingjing/server/store"
)

// openBlobs opens the store of files; nil where there is none.
func (s Settings) openBlobs(observe func(op string, took time.Duration, err error)) (*blob.Store, error) {
	if s.BlobURL == "" {
		return nil, nil //nolint:nilnil // files may be in the database alone
	}
	return blob.Open(s.BlobURL, observe)
}

// backupBlobs is the folder of a backup that has the objects of the store of files.
const backupBlobs = "objects"

// copyBlobs copies every object that the copy of the database can refer to. It is called
// after that was made.
func (s Settings) copyBlobs(ctx context.Context, databaseURL, dir string) error {
	now, before, err := store.FileNames(ctx, databaseURL)
	if err != nil || len(now)+len(before) == 0 {
		return err
	}
	blobs, err := s.openBlobs(nil)
	if err == nil && blobs == nil {
		err = store.ErrNoFileStore
	}
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("BLOB_URL: %w", err)
	}
	for _, name := range append(now, before...) {
		content, err := blobs.Get(ctx, name)
		if errors.Is(err, blob.ErrNotFound) && (slices.Contains(before, name) || !s.stillNeeds(ctx, databaseURL, name)) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return fmt.Errorf("copy the object %s: %w", name, err)
		}
		if err := writeNew(filepath.Join(dir, name), content); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// stillNeeds reports whether the database refers to an object.
func (s Settings) stillNeeds(ctx context.Context, databaseURL, name string) bool {
	now, _, err := store.FileNames(ctx, databaseURL)
	return err != nil || slices.Contains(now, name)
}

// putBlobsBack puts the objects of a backup into the store of files.
func (s Settings) putBlobsBack(ctx context.Context, m manifest, dir string) error {
	names := m.namesBelow(backupBlobs)
	if len(names) == 0 {
		return nil
	}
	blobs, err := s.openBlobs(nil)
	if err == nil && blobs == nil {
		err = errors.New("the backup has files of a store of files: set it to one")
	}
	if err != nil {
		return fmt.Errorf("BLOB_URL: %w", err)
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(dir, backupBlobs, name))
		if err == nil {
			err = blobs.Put(ctx, name, content)
		}
		if err != nil {
			return fmt.Errorf("put back the object %s: %w", name, err)
		}
	}
	return nil
}

// lookAtBlobs looks at the store of files, and reads one of its objects.
func (d *doctor) lookAtBlobs(ctx context.Context) {
	now, _, err := store.FileNames(ctx, d.databaseURL(d.Data))
	if err != nil {
		return // the database says what is wrong with it
	}
	if d.BlobURL == "" {
		if len(now) > 0 {
			d.note(broken, fmt.Sprintf("BLOB_URL is not set, and %d files are in a store of files", len(now)), "set it as before")
		}
		return
	}
	ctx, stop := context.WithTimeout(ctx, 2*askWait)
	defer stop()
	blobs, err := d.openBlobs(nil)
	if err == nil {
		err = blobs.Ready(ctx)
	}
	if !d.check(err, "store of files", "start it, make the bucket, and check BLOB_URL") || len(now) == 0 {
		return
	}
	_, err = blobs.Get(ctx, now[len(now)/2])
	d.check(err, fmt.Sprintf("%d files in the store of files, of which one was read", len(now)),
		"let BLOB_URL name the bucket and prefix of before, or put back the objects of a backup")
}
