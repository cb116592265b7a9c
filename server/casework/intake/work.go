package intake

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const (
	// chunkLines is about how many lines are one transaction. More would keep others
	// waiting who write.
	chunkLines = 50
	// maxChunk is the most lines of one person in one transaction.
	maxChunk = 200
)

// errElsewhere says that somebody else works on the same batch.
var errElsewhere = errors.New("the batch is worked on elsewhere")

// workOn answers the lines of a batch that are not answered, and reports whether all are.
// It stops at a time, if that is not zero. Each chunk is a transaction with its answers,
// so that each line is done once, whatever cuts the work off.
func (c *Intake) workOn(ctx context.Context, a mingjing.Actor, row *BatchRow, lines []BatchLine, until time.Time) (done bool, err error) {
	a = c.city.Signed(a)
	for {
		var answered []mingjing.LineAnswer
		err := c.city.Read(ctx, func(t *kernel.Tx) (err error) {
			if *row, err = db(t).BatchByKey(ctx, row.Key); err == nil {
				answered, err = db(t).BatchParts(ctx, row.Key)
			}
			return err
		})
		if err != nil || row.FinishedAt != nil {
			return err == nil, err
		}
		chunks, err := c.plan(ctx, row.Agency, lines, answered)
		if err != nil {
			return false, err
		}
		for _, k := range chunks {
			if !until.IsZero() && time.Now().After(until) {
				return false, nil
			}
			if err = c.doChunk(ctx, a, row, lines, k); err != nil {
				break
			}
		}
		switch {
		case err == nil && len(chunks) > 0: // see what is left
		case err == nil:
			return false, errors.New("casework: a batch has no line to answer, and is not finished")
		case !errors.Is(err, errElsewhere):
			return false, err
		}
	}
}

// doChunk answers the lines of a chunk and stores the answers with what they did.
func (c *Intake) doChunk(ctx context.Context, a mingjing.Actor, row *BatchRow, lines []BatchLine, k chunk) error {
	var (
		now BatchRow
		err error
	)
	for range maxLineTries {
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			var err error
			if now, err = db(t).BatchByKey(ctx, row.Key); err != nil {
				return err
			}
			now.Total = len(lines) // older batches do not say
			if now.Parts != row.Parts || now.FinishedAt != nil {
				return errElsewhere
			}
			answers, err := c.answerChunk(ctx, t, a, row.Agency, lines, k)
			if err != nil {
				return err
			}
			return c.storeAnswers(ctx, t, &now, answers)
		})
		if !errors.Is(err, kernel.ErrConflict) {
			break
		}
	}
	if err == nil {
		*row = now
	}
	return err
}

// storeAnswers adds a part to the answers of a batch, and ends the batch with the last.
func (c *Intake) storeAnswers(ctx context.Context, t *kernel.Tx, row *BatchRow, answers []mingjing.LineAnswer) error {
	if err := db(t).AddBatchPart(ctx, row.Key, row.Parts, answers); err != nil {
		return err
	}
	row.Parts++
	for _, l := range answers {
		if l.Status == mingjing.LineAccepted {
			row.Accepted++
		} else {
			row.Refused++
		}
	}
	now := c.city.Now().UTC()
	if row.Accepted+row.Refused >= row.Total {
		row.FinishedAt = &now
		if err := db(t).AddIntakeRows(ctx, row.Agency, row.Accepted, row.Refused); err != nil {
			return err
		}
		if err := c.joinParts(ctx, t, row); err != nil {
			return err
		}
	}
	if err := db(t).SetBatch(ctx, *row); err != nil {
		return err
	}
	return t.Emit(ctx, mingjing.AudienceAgency(row.Agency), mingjing.EventBatch, row.Key, now)
}

// joinParts removes what a batch said, and makes few parts of its answers, in order.
func (c *Intake) joinParts(ctx context.Context, t *kernel.Tx, row *BatchRow) error {
	answers, err := db(t).BatchParts(ctx, row.Key)
	if err != nil {
		return err
	}
	byLine(answers)
	if err := db(t).DeleteBatchParts(ctx, row.Key); err != nil {
		return err
	}
	row.Parts = 0
	for part := range slices.Chunk(answers, MaxLinesAtOnce) {
		if err := db(t).AddBatchPart(ctx, row.Key, row.Parts, part); err != nil {
			return err
		}
		row.Parts++
	}
	return db(t).DeleteBatchBody(ctx, row.Key)
}

// answerChunk does the lines of a chunk. What a refused line did is undone; an error is
// only what the agency can't put right. Each resident's scores are made again once.
func (c *Intake) answerChunk(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, lines []BatchLine,
	k chunk) ([]mingjing.LineAnswer, error) {
	rescore := rescoring{}
	answers := make([]mingjing.LineAnswer, 0, len(k.lines))
	for _, i := range k.lines {
		l := lines[i]
		ans := mingjing.LineAnswer{Line: i + 1, FileLine: l.FileLine, Ref: l.Ref, Status: mingjing.LineAccepted}
		touched := rescoring{}
		err := t.Try(ctx, func() (err error) {
			ans.ID, err = c.submit(ctx, t, a, agency, l, touched)
			return err
		})
		var why *mingjing.Error
		switch {
		case err == nil:
			maps.Copy(rescore, touched)
			if err := c.matched(ctx, t, agency, k.owner(i), l); err != nil {
				return nil, err
			}
		case errors.As(err, &why):
			refuseLine(&ans, why)
			if ans.Code == CodeNameMismatch {
				if err := c.waitForAgency(ctx, t, agency, k.owner(i), l); err != nil {
					return nil, err
				}
			}
		default:
			return nil, err
		}
		answers = append(answers, ans)
	}
	for _, resident := range slices.Sorted(maps.Keys(rescore)) {
		if err := c.scores.Rescore(ctx, rescore[resident], resident, "record_changed", ""); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// rescoring are the residents whose scores are to be made again, each with the reader
// that changed something.
type rescoring map[mingjing.ResidentID]*kernel.Reader

func refuseLine(ans *mingjing.LineAnswer, why *mingjing.Error) {
	ans.ID, ans.Status, ans.Code = "", mingjing.LineRefused, why.Code
	if len(why.Fields) > 0 {
		ans.Code, ans.Field = why.Fields[0].Code, why.Fields[0].Field
	}
	for name, value := range why.Values {
		if name == "held_by" {
			ans.HeldBy = value
			continue
		}
		if ans.Values == nil {
			ans.Values = map[string]string{}
		}
		ans.Values[name] = value
	}
}

// waitForAgency stores that a line has another name than the person with its ID number.
// Nothing of what it says is stored.
func (c *Intake) waitForAgency(ctx context.Context, t *kernel.Tx, agency string, resident mingjing.ResidentID, l BatchLine) error {
	if resident == "" {
		return nil
	}
	return db(t).AddUnmatched(ctx, agency, resident, mingjing.UnmatchedRecord{Ref: l.Ref, Code: l.Code, At: c.city.Now().UTC()})
}

// matched removes what waited for the agency under the reference of a line that was taken.
func (c *Intake) matched(ctx context.Context, t *kernel.Tx, agency string, resident mingjing.ResidentID, l BatchLine) error {
	if resident == "" || l.Op != OpRecord && l.Op != OpListing {
		return nil
	}
	_, err := db(t).DeleteUnmatched(ctx, agency, resident, l.Ref)
	return err
}

// A chunk is lines that are done in one transaction, by their places in the batch: all
// lines of some people, and in the order of the batch those of each.
type chunk struct {
	lines     []int
	residents []mingjing.ResidentID
	owners    []mingjing.ResidentID // of each line of the batch
}

func (k chunk) owner(line int) mingjing.ResidentID { return k.owners[line] }

// plan returns the lines of a batch that are not answered in chunks. Lines about one
// person, or under one reference that does not name a person, are in one group, and a
// group is in one chunk unless it is very long.
func (c *Intake) plan(ctx context.Context, agency string, lines []BatchLine, answered []mingjing.LineAnswer) ([]chunk, error) {
	owners, err := c.ownersOf(ctx, agency, lines)
	if err != nil {
		return nil, err
	}
	done := make([]bool, len(lines))
	for _, a := range answered {
		done[a.Line-1] = true
	}
	// Without an ID number, the lines with the same reference have to come first.
	loose := map[string]bool{}
	for i, l := range lines {
		loose[l.Ref] = loose[l.Ref] || owners[i] == "" && l.IDNumber == "" && l.Ref != ""
	}
	g := groups{}
	for i, l := range lines {
		names := []string{}
		if owners[i] != "" {
			names = append(names, "resident "+string(owners[i]))
		}
		if loose[l.Ref] {
			names = append(names, "ref "+l.Ref)
		}
		g.add(names)
	}
	var out []chunk
	var now chunk
	flush := func() {
		if len(now.lines) == 0 {
			return
		}
		for _, i := range now.lines {
			if owners[i] != "" {
				now.residents = append(now.residents, owners[i])
			}
		}
		slices.Sort(now.residents)
		now.residents, now.owners = slices.Compact(now.residents), owners
		// Everybody locks people in the same order.
		slices.SortStableFunc(now.lines, func(x, y int) int { return cmp.Compare(g.orderOf(x, owners), g.orderOf(y, owners)) })
		out = append(out, now)
		now = chunk{}
	}
	for _, group := range g.all(len(lines)) {
		group = slices.DeleteFunc(group, func(i int) bool { return done[i] })
		if len(now.lines) > 0 && len(now.lines)+len(group) > chunkLines {
			flush()
		}
		for part := range slices.Chunk(group, maxChunk) {
			now.lines = append(now.lines, part...)
			if len(now.lines) >= chunkLines {
				flush()
			}
		}
	}
	flush()
	return out, nil
}

// ownersOf returns whom each line is about, "" where nobody or several: by its ID number,
// or by the agency's reference. Nothing of theirs is opened.
func (c *Intake) ownersOf(ctx context.Context, agency string, lines []BatchLine) ([]mingjing.ResidentID, error) {
	owners := make([]mingjing.ResidentID, len(lines))
	known := map[mingjing.IDNumber]mingjing.ResidentID{}
	now := c.city.Now()
	return owners, c.city.Read(ctx, func(t *kernel.Tx) error {
		for i, l := range lines {
			if l.IDNumber == "" {
				found, err := db(t).OwnersByRef(ctx, agency, l.Ref)
				if err != nil {
					return err
				}
				if len(found) == 1 {
					owners[i] = found[0]
				}
				continue
			}
			n, err := mingjing.ParseHolder(l.IDNumber, now)
			if err != nil {
				continue
			}
			resident, ok := known[n]
			if !ok {
				if resident, err = db(t).ResidentByIDNumber(ctx, n); err != nil && !errors.Is(err, kernel.ErrNotFound) {
					return err
				}
				known[n] = resident
			}
			owners[i] = resident
		}
		return nil
	})
}

// groups are the lines of a batch that belong together, since they share a name.
type groups struct {
	of     map[string]int // the group of a name, which may have been joined to another
	joined []int          // the group that a group was joined to; itself for none
	line   []int          // the group of each line
}

func (g *groups) root(group int) int {
	for g.joined[group] != group {
		group = g.joined[group]
	}
	return group
}

// add adds the next line, with the names that it shares with others.
func (g *groups) add(names []string) {
	if g.of == nil {
		g.of = map[string]int{}
	}
	mine := len(g.joined)
	g.joined = append(g.joined, mine)
	for _, name := range names {
		if other, ok := g.of[name]; ok {
			first, second := min(g.root(other), g.root(mine)), max(g.root(other), g.root(mine))
			g.joined[second] = first
		}
		g.of[name] = mine
	}
	g.line = append(g.line, mine)
}

// all returns the groups in the order of their first lines.
func (g *groups) all(lines int) [][]int {
	place := map[int]int{}
	var out [][]int
	for i := range lines {
		root := g.root(g.line[i])
		at, ok := place[root]
		if !ok {
			at = len(out)
			place[root] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], i)
	}
	return out
}

// orderOf returns by what the group of a line is ordered within a chunk: the person, if
// its first line names one.
func (g *groups) orderOf(line int, owners []mingjing.ResidentID) mingjing.ResidentID {
	return owners[g.root(g.line[line])]
}
