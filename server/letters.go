package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/register"
	"mingjing/server/letter"
)

// lettersPerFile is how many letters a file has where nobody says.
const lettersPerFile = 500

// A lettersJob is what the command letters is asked for.
type lettersJob struct {
	out, sealTo, since string
	per                int // -1 where nobody says
	again              bool

	oneFile bool          // out is a file, not a folder
	shop    age.Recipient // nil for PDF files
	before  time.Time     // zero without again
}

func (j *lettersJob) flags(f *flag.FlagSet) {
	f.StringVar(&j.out, "out", "", "")
	f.IntVar(&j.per, "per", -1, "")
	f.StringVar(&j.sealTo, "seal-to", "", "")
	f.BoolVar(&j.again, "again", false, "")
	f.StringVar(&j.since, "before", "", "")
}

// The ends of the names of files of letters.
const (
	pdfEnd    = ".pdf"
	sealedEnd = ".csv.age"
)

// check returns what is wrong with the flags.
func (j *lettersJob) check() error {
	end, most, usual := pdfEnd, register.MaxLetters, lettersPerFile
	if j.sealTo != "" {
		end = sealedEnd
	}
	if j.oneFile = strings.HasSuffix(j.out, end); j.oneFile {
		most, usual = register.MaxLetterFile, register.MaxLetterFile
	}
	if j.per == -1 {
		j.per = usual
	}
	switch {
	case j.out == "":
		return errors.New("letters wants --out DIR or --out FILE")
	case !j.oneFile && (strings.HasSuffix(j.out, pdfEnd) || strings.HasSuffix(j.out, ".csv") || strings.HasSuffix(j.out, ".age")):
		return fmt.Errorf("the name of the one file ends in %s, or with --seal-to in %s", pdfEnd, sealedEnd)
	case j.per < 1 || j.per > most:
		return fmt.Errorf("--per is a number from 1 to %d", most)
	case j.since != "" && !j.again:
		return errors.New("--before is for --again")
	}
	if j.since != "" {
		if _, err := mingjing.ParseDate(j.since); err != nil {
			return errors.New("--before is a day such as 2026-11-01")
		}
	}
	if j.sealTo == "" {
		return nil
	}
	key := j.sealTo
	if !strings.HasPrefix(key, "age1") {
		text, err := os.ReadFile(key)
		if err != nil {
			return fmt.Errorf("--seal-to: %w", err)
		}
		key = string(text)
	}
	keys, err := age.ParseRecipients(strings.NewReader(key))
	if err != nil || len(keys) != 1 {
		return errors.New("--seal-to is one age public key (age1…), or a file that has it")
	}
	j.shop = keys[0]
	return nil
}

// runLetters writes all letters that are to be written, a file at a time. A file has its
// name once its codes are good: one that was cut off has no codes, or gets its name by the
// next run.
func runLetters(ctx context.Context, k *residentCommand) (int, error) {
	j := &k.letters
	if k.settings.Origin == "" {
		return 1, errors.New("set PUBLIC_ORIGIN: the letters say at which address residents activate")
	}
	city := k.office.City
	if j.again {
		j.before = city.Now()
		if j.since != "" {
			j.before = mingjing.Date(j.since).Time(city.Zone())
		}
	}
	if err := os.MkdirAll(j.folder(), 0o700); err != nil {
		return 1, err
	}
	done, err := k.finish(ctx)
	if err != nil {
		return 1, err
	}
	if done && j.oneFile {
		return 0, nil
	}
	if _, err := os.Lstat(j.out); j.oneFile && !errors.Is(err, fs.ErrNotExist) {
		return 1, errors.Join(fmt.Errorf("%s is there already: name another file", j.out), err)
	}
	lastDay := mingjing.DateOf(city.Now()).AddDays(k.settings.LetterCodeDays)
	until := lastDay.AddDays(1).Time(city.Zone()).Add(-time.Second) // the last day is good to its end
	written := 0
	for more := true; more; {
		var letters []register.CodeLetter
		if letters, more, err = k.next(ctx, until); err != nil {
			return 1, err
		}
		if len(letters) > 0 {
			path, err := k.write(ctx, letters)
			if err != nil {
				return 1, err
			}
			written += len(letters)
			fmt.Fprintf(k.stdout, "%s\t%d letters\n", path, len(letters))
		}
		if more && j.oneFile {
			fmt.Fprintln(k.stdout, "more may wait: run it again with another file")
			more = false
		}
	}
	fmt.Fprintf(k.stdout, "%-16s %d\n", "letters", written)
	return 0, nil
}

// next returns the letters of the next file, and whether there may be more.
func (k *residentCommand) next(ctx context.Context, until time.Time) (letters []register.CodeLetter, more bool, err error) {
	for j := k.letters; len(letters) < j.per; {
		wanted := min(register.MaxLetters, j.per-len(letters))
		some, err := k.office.Register.NextLetters(ctx, operator(), j.before, until, len(letters), wanted)
		if letters = append(letters, some...); err != nil || len(some) < wanted {
			return letters, false, err
		}
	}
	return letters, true, nil
}

// folder returns the folder of the files.
func (j *lettersJob) folder() string {
	if j.oneFile {
		return filepath.Dir(j.out)
	}
	return j.out
}

// prefix returns the start of the ids of files of letters.
func (j *lettersJob) prefix() string {
	if j.oneFile {
		return filepath.Base(j.out) + "."
	}
	return "letters-"
}

// path returns the path of the file with an id once its codes are good. The id is random,
// so that a file that was cut off is not taken for an older one of its name.
func (j *lettersJob) path(id string) string {
	if j.oneFile {
		return j.out
	}
	return filepath.Join(j.out, id)
}

// partial is the end of the name of a file whose codes may not be good yet; before it is
// the id.
const partial = ".part"

// finish gives the files of a run that was cut off their names, or removes them where their
// codes never became good. It reports whether there was one with good codes.
func (k *residentCommand) finish(ctx context.Context) (done bool, err error) {
	left, err := os.ReadDir(k.letters.folder())
	if err != nil {
		return false, err
	}
	for _, f := range left {
		id, ok := strings.CutSuffix(f.Name(), partial)
		if !ok || !strings.HasPrefix(id, k.letters.prefix()) {
			continue
		}
		part := filepath.Join(k.letters.folder(), f.Name())
		kept, err := k.office.Register.LettersKept(ctx, operator(), id)
		switch {
		case err != nil:
			return done, err
		case kept:
			done, err = true, os.Rename(part, k.letters.path(id))
			fmt.Fprintf(k.stdout, "%s\tfinished\n", k.letters.path(id))
		default:
			err = os.Remove(part)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// write writes letters into a file, makes their codes good, and returns its path.
func (k *residentCommand) write(ctx context.Context, letters []register.CodeLetter) (string, error) {
	content, end := k.pdf, pdfEnd
	if k.letters.shop != nil {
		content, end = k.sealedCSV, sealedEnd
	}
	data, err := content(letters)
	if err != nil {
		return "", err
	}
	id := k.letters.prefix() + strings.ToLower(rand.Text()[:6])
	if !k.letters.oneFile {
		id = "letters-" + k.office.City.Now().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:6]) + end
	}
	part, path := filepath.Join(k.letters.folder(), id+partial), k.letters.path(id)
	if err := writeSynced(part, data); err != nil {
		return "", err
	}
	if err := k.office.Register.KeepLetters(ctx, operator(), id, k.letters.before, letters); err != nil {
		if !errors.Is(err, context.Canceled) { // it may have been kept all the same
			err = errors.Join(err, os.Remove(part))
		}
		return "", err
	}
	return path, os.Rename(part, path)
}

// writeSynced writes a file that only its owner can read, and returns once it is on the
// disk.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		if gone := os.Remove(path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// pdf returns letters as a PDF file.
func (k *residentCommand) pdf(letters []register.CodeLetter) ([]byte, error) {
	sheets := make([]letter.Sheet, len(letters))
	for i, l := range letters {
		sheets[i] = letter.Sheet{Letter: k.letterOf(l), Lang: l.Lang}
	}
	return letter.Sheets(sheets)
}

// letterOf returns the text of a letter with an activation code.
func (k *residentCommand) letterOf(l register.CodeLetter) mingjing.Letter {
	city := k.office.City
	t := func(key string, pairs ...string) string { return i18n.T(l.Lang, key, pairs...) }
	until := i18n.Date(l.Lang, mingjing.DateOf(l.Code.Until.In(city.Zone())))
	help := t("code_letter.help")
	if k.settings.Counter != "" {
		help = t("code_letter.help_at", "counter", k.settings.Counter)
	}
	return mingjing.Letter{
		Office:  t("letter.office", "city", city.Books()[0].City.In(l.Lang)),
		Title:   t("code_letter.title"),
		Number:  t("code_letter.number", "number", l.Masked),
		Address: append([]string{l.Name}, l.Address...),
		Folio:   t("letter.folio", "page", "{page}", "pages", "{pages}"),
		At:      city.Now(),
		Blocks: []mingjing.Block{
			{Kind: mingjing.BlockText, Text: t("code_letter.dear", "name", l.Name)},
			{Kind: mingjing.BlockText, Text: t("code_letter.about")},
			{Kind: mingjing.BlockOutcome, Text: l.Code.Code, Items: []string{t("code_letter.code", "date", until)}},
			{Kind: mingjing.BlockHeading, Text: t("code_letter.how")},
			{Kind: mingjing.BlockList, Items: []string{
				t("code_letter.step_open", "address", k.settings.Origin+mingjing.Path(l.Lang, "activate")),
				t("code_letter.step_type"), t("code_letter.step_keep")}},
			{Kind: mingjing.BlockHeading, Text: t("code_letter.help_title")},
			{Kind: mingjing.BlockText, Text: help},
		},
	}
}

// sealedCSV returns letters as a CSV file that only the print shop can open.
func (k *residentCommand) sealedCSV(letters []register.CodeLetter) ([]byte, error) {
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, k.letters.shop)
	if err != nil {
		return nil, fmt.Errorf("seal the letters: %w", err)
	}
	w := csv.NewWriter(sealed)
	_ = w.Write([]string{"language", "name", "address", "code", "until", "activate_at"}) // Flush keeps the error
	for _, l := range letters {
		_ = w.Write([]string{l.Lang, l.Name, strings.Join(l.Address, "\n"), l.Code.Code,
			l.Code.Until.In(k.office.City.Zone()).Format(time.DateOnly), k.settings.Origin + mingjing.Path(l.Lang, "activate")})
	}
	w.Flush()
	if err := errors.Join(w.Error(), sealed.Close()); err != nil {
		return nil, fmt.Errorf("seal the letters: %w", err)
	}
	return out.Bytes(), nil
}
