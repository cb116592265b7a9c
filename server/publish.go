package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework"
	"mingjing/server/casework/law"
	"mingjing/server/store"
	"mingjing/web/rulebooks"
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
	for _, f := range l.Files {
		if f.Kind != rulebooks.KindRulebook {
			continue
		}
		if _, problems := (&check{zones: l.zones()}).rulebook(f.Name, f.Data); len(problems) > 0 {
			return fmt.Errorf("%s: %s", f.Name, strings.Join(problems, "; "))
		}
	}
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

// zones returns the time zones of the calendars, by code.
func (l *publishedLaw) zones() map[string]string {
	zones := map[string]string{}
	for _, k := range l.Calendars {
		zones[k.Code] = k.Zone
	}
	return zones
}

// diffRulebooks says in both languages what a version of a rulebook changes.
func diffRulebooks(before, after string, stdout, stderr io.Writer) int {
	var data [2][]byte
	for i, file := range []string{before, after} {
		var err error
		if data[i], err = readRulebook(file); err != nil {
			fmt.Fprintln(stderr, err)
			return rulebooksUnread
		}
		if _, err := rulebooks.Parse(data[i]); err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", file, err)
			return rulebooksBad
		}
	}
	changes, err := rulebooks.Diff(data[0], data[1])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return rulebooksBad
	}
	for _, lang := range mingjing.Languages {
		if len(changes) == 0 {
			fmt.Fprintln(stdout, i18n.T(lang, "law_change.none"))
		}
		for _, x := range changes {
			fmt.Fprintln(stdout, i18n.LawChange(lang, x))
		}
		fmt.Fprintln(stdout)
	}
	return rulebooksGood
}

// previewRulebook counts, on the city's own data, what a version would change.
func previewRulebook(ctx context.Context, file string, getenv func(string) string, stdout, stderr io.Writer) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "mingjing:", err)
		return code
	}
	data, err := readRulebook(file)
	if err != nil {
		return fail(rulebooksUnread, err)
	}
	book, err := rulebooks.Parse(data)
	if err != nil {
		return fail(rulebooksBad, err)
	}
	s, err := readSettings(getenv)
	if err != nil {
		return fail(rulebooksUnread, err)
	}
	bureau, _, done, err := openOffice(ctx, s)
	if err != nil {
		return fail(rulebooksBad, err)
	}
	now, err := bureau.City.Book(book.ID)
	if err != nil {
		return fail(rulebooksBad, errors.Join(fmt.Errorf("no version of %s is in force: there is nothing to compare with", book.ID), done()))
	}
	p, err := bureau.Law.Preview(ctx, book)
	if err = errors.Join(err, done()); err != nil {
		return fail(rulebooksBad, err)
	}
	printPreview(stdout, now, book, p)
	return rulebooksGood
}

// printPreview prints counts in both languages.
func printPreview(out io.Writer, now, book *mingjing.Rulebook, p law.Preview) {
	for _, lang := range mingjing.Languages {
		n := func(n *int) string {
			if n == nil {
				return i18n.T(lang, "preview.few", "n", fmt.Sprint(mingjing.FewestShown))
			}
			return i18n.Number(lang, *n)
		}
		line := func(key string, pairs ...string) { fmt.Fprintln(out, i18n.T(lang, key, pairs...)) }
		line("preview.head", "rulebook", book.Name.In(lang), "version", book.Version, "was", now.Version, "n", i18n.Number(lang, p.Residents))
		line("preview.values", "up", n(p.Up), "down", n(p.Down))
		for _, m := range p.Bands {
			from, _ := now.Band(m.From)
			to, _ := book.Band(m.To)
			line("preview.band", "from", from.Name.In(lang), "to", to.Name.In(lang), "n", n(m.Residents))
		}
		for _, m := range p.Items {
			name := i18n.T(lang, "notice_version.base")
			if item, ok := book.Item(m.Code); ok {
				name = item.Name.In(lang)
			} else if item, ok := now.Item(m.Code); ok {
				name = item.Name.In(lang)
			}
			line("preview.item", "item", name, "n", n(m.Residents))
		}
		if len(p.Bands)+len(p.Items) == 0 {
			line("preview.nothing")
		}
		fmt.Fprintln(out)
	}
}
