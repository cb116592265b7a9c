package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"mingjing/server/casework"
	"mingjing/server/store"
)

// onCity opens the store and reads the folder of rulebooks for a tool, runs it and returns
// the exit code.
func onCity(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer,
	run func(ctx context.Context, s Settings, db *store.Store, l *publishedLaw, out io.Writer) error) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "mingjing:", err)
		return code
	}
	s, err := readSettings(getenv)
	if err != nil {
		return fail(rulebooksUnread, err)
	}
	l, err := readLaw(s.Rulebooks)
	if err != nil {
		return fail(rulebooksBad, err)
	}
	db, _, _, err := openStore(ctx, s)
	if err == nil {
		err = errors.Join(run(ctx, s, db, l, stdout), db.Close())
	}
	if err != nil {
		return fail(rulebooksBad, err)
	}
	return rulebooksGood
}

// publishLaw makes the files of the folder those that the city works by, and says what
// changed.
func publishLaw(ctx context.Context, _ Settings, db *store.Store, l *publishedLaw, out io.Writer) error {
	p, err := casework.PublishLaw(ctx, db, l.files, time.Now())
	if err != nil {
		return err
	}
	for _, name := range p.New {
		fmt.Fprintln(out, "published:", name)
	}
	for _, name := range p.Gone {
		fmt.Fprintln(out, "no longer worked by, and kept:", name)
	}
	if len(p.New)+len(p.Gone) == 0 {
		fmt.Fprintln(out, "nothing has changed: the city works by these files already")
		return nil
	}
	fmt.Fprintln(out, "servers that run stop within", lawCheck, "- start them again with the same files")
	return nil
}
