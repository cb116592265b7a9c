package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework"
)

const (
	// maxSearch is the greatest length of what is searched for, in bytes.
	maxSearch = 256
	// MaxSearched is how many cases one search looks through. Names are not in a
	// column, so each must be read.
	MaxSearched = 50_000
	// searchStep is how many cases a search reads at a time.
	searchStep = 500
)

// AddDispute implements [casework.Tx].
func (t *tx) AddDispute(ctx context.Context, d casework.Dispute) error {
	const op = "add a dispute"
	doc, err := encodeDispute(op, d)
	if err != nil {
		return err
	}
	if err := t.lock(ctx, d.Resident); err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO dispute
		(id, resident_id, key_hash, record_id, listing_id, agency, code, handler_id, state, filed_at, next_due, very_late_at, version, kind, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, string(d.Resident), t.s.hashOrNull("key", d.Key), nullable(d.RecordID), nullable(d.ListingID), d.AgencyCode,
		d.CatalogueCode, d.HandlerID, string(d.State), micros(d.FiledAt), d.Due(), d.VeryLate(), d.Version, string(d.Kind), doc)
}

func encodeDispute(op string, d casework.Dispute) ([]byte, error) {
	d.Record, d.Listing, d.Evidence = nil, nil, nil
	return encode(op, d)
}

// SetDispute implements [casework.Tx].
func (t *tx) SetDispute(ctx context.Context, d casework.Dispute) error {
	const op = "set a dispute"
	stored := d
	stored.Version++
	doc, err := encodeDispute(op, stored)
	if err != nil {
		return err
	}
	if err := t.lock(ctx, d.Resident); err != nil {
		return err
	}
	n, err := t.exec(ctx, op, `UPDATE dispute SET key_hash = ?, record_id = ?, listing_id = ?, agency = ?, code = ?, handler_id = ?,
		state = ?, filed_at = ?, next_due = ?, very_late_at = ?, version = ?, doc = ? WHERE id = ? AND resident_id = ? AND version = ?`,
		t.s.hashOrNull("key", d.Key), nullable(d.RecordID), nullable(d.ListingID), d.AgencyCode, d.CatalogueCode, d.HandlerID,
		string(d.State), micros(d.FiledAt), d.Due(), d.VeryLate(), stored.Version, doc, d.ID, string(d.Resident), d.Version)
	if err != nil || n == 1 {
		return err
	}
	var version int
	if err := t.row(ctx, op, []any{&version}, `SELECT version FROM dispute WHERE id = ? AND resident_id = ?`, d.ID, string(d.Resident)); err != nil {
		return err
	}
	return fmt.Errorf("store: %s: version %d is stored, %d was given: %w", op, version, d.Version, casework.ErrConflict)
}

// Dispute implements [casework.Tx].
func (t *tx) Dispute(ctx context.Context, id string) (casework.Dispute, error) {
	if err := t.lockOwner(ctx, "dispute", id); err != nil {
		return casework.Dispute{}, err
	}
	return one[casework.Dispute](ctx, t, "read a dispute", `SELECT doc FROM dispute WHERE id = ?`, id)
}

// DisputeByKey implements [casework.Tx].
func (t *tx) DisputeByKey(ctx context.Context, resident mingjing.ResidentID, key string) (casework.Dispute, error) {
	if err := t.lock(ctx, resident); err != nil {
		return casework.Dispute{}, err
	}
	return one[casework.Dispute](ctx, t, "find a dispute by key",
		`SELECT doc FROM dispute WHERE resident_id = ? AND key_hash = ?`, string(resident), t.s.hashOrNull("key", key))
}

// Disputes implements [casework.Tx].
func (t *tx) Disputes(ctx context.Context, resident mingjing.ResidentID) ([]casework.Dispute, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[casework.Dispute](ctx, t, "list disputes",
		`SELECT doc FROM dispute WHERE resident_id = ? ORDER BY filed_at DESC, n DESC`, string(resident))
}

// Cases implements [casework.Tx]. The cursor is what [casework.Dispute.Cursor]
// of the page's last case makes; the limit is at most [MaxPage]. Search finds
// parts of words in any case, among the nearest [MaxSearched] cases that match
// the rest of the filter.
func (t *tx) Cases(ctx context.Context, f casework.CaseQuery) ([]casework.Dispute, error) {
	const op = "list cases"
	if err := t.seeStaff(ctx); err != nil {
		return nil, err
	}
	if f.Mine && f.HandlerID == "" {
		return []casework.Dispute{}, nil
	}
	search := strings.ToLower(strings.TrimSpace(f.Search))
	if len(search) > maxSearch {
		return []casework.Dispute{}, nil // longer than anything that it could match
	}
	where, args := []string{"1 = 1"}, []any(nil)
	switch f.State {
	case "", "open":
		where = append(where, "state <> 'decided'")
	case "all":
	default:
		where, args = append(where, "state = ?"), append(args, f.State)
	}
	if f.Asked {
		where = append(where, "state IN ('agency_asked', 'agency_silent')")
	}
	if f.HandlerID != "" {
		where, args = append(where, "handler_id <> '' AND handler_id = ?"), append(args, f.HandlerID)
	}
	if f.Kind != "" {
		where, args = append(where, "kind = ?"), append(args, string(f.Kind))
	}
	if f.Agency != "" {
		where, args = append(where, "agency = ?"), append(args, f.Agency)
	}
	if f.Late != mingjing.OnTime {
		than := ">="
		if f.Late == mingjing.VeryLate {
			than = "<"
		}
		where, args = append(where, "state <> 'decided' AND next_due < ? AND very_late_at "+than+" ?"), append(args, micros(f.Now), micros(f.Now))
	}
	query := `SELECT next_due, id, doc FROM dispute WHERE ` + strings.Join(where, " AND ")

	limit := page(f.Limit)
	step := limit
	if search != "" {
		step = searchStep
	}
	due, id, from := int64(0), "", false
	if f.Cursor != "" {
		var err error
		if due, id, err = casework.ParseCursor(f.Cursor); err != nil {
			return nil, fmt.Errorf("store: %s: %w", op, err)
		}
		from = true
	}
	list := []casework.Dispute{}
	for searched := 0; len(list) < limit && searched < MaxSearched; {
		q, a := query, args[:len(args):len(args)]
		if from {
			q, a = q+" AND (next_due, id) > (?, ?)", append(a, due, id)
		}
		read := 0
		err := t.rows(ctx, op, func(rows *sql.Rows) error {
			var doc sql.RawBytes
			if err := rows.Scan(&due, &id, &doc); err != nil {
				return err
			}
			read++
			if len(list) == limit {
				return nil
			}
			if search != "" {
				var d struct{ ID, CatalogueCode, ResidentName string }
				if err := decode(doc, &d); err != nil {
					return err
				}
				if !contains(search, d.ID, d.CatalogueCode, d.ResidentName) {
					return nil
				}
			}
			var d casework.Dispute
			if err := decode(doc, &d); err != nil {
				return err
			}
			list = append(list, d)
			return nil
		}, q+" ORDER BY next_due, id LIMIT ?", append(a, step)...)
		if err != nil {
			return nil, err
		}
		from = true
		searched += read
		if read < step {
			break
		}
	}
	return list, nil
}

// contains says whether one of the texts has search in it, which is in lower case.
func contains(search string, texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), search) {
			return true
		}
	}
	return false
}

// CaseCounts implements [casework.Tx].
func (t *tx) CaseCounts(ctx context.Context) (map[string]int, error) {
	if err := t.seeStaff(ctx); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	err := t.rows(ctx, "count cases", func(rows *sql.Rows) error {
		var (
			state string
			n     int
		)
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		counts[state] = n
		return nil
	}, `SELECT state, count(*) FROM dispute GROUP BY state`)
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// LateCounts implements [casework.Tx].
func (t *tx) LateCounts(ctx context.Context, now time.Time) (late, very int, err error) {
	if err := t.seeStaff(ctx); err != nil {
		return 0, 0, err
	}
	err = t.row(ctx, "count late cases", []any{&late, &very}, `SELECT COALESCE(SUM(CASE WHEN very_late_at >= ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN very_late_at < ? THEN 1 ELSE 0 END), 0) FROM dispute WHERE state <> 'decided' AND next_due < ?`,
		micros(now), micros(now), micros(now))
	return late, very, err
}

// attach checks a file that goes to a dispute, locks the dispute's resident, and
// returns whose it is and what the row says of the file.
func (t *tx) attach(ctx context.Context, op, dispute string, e mingjing.Evidence, data []byte) (resident string, doc []byte, err error) {
	if len(data) > mingjing.MaxEvidenceBytes {
		return "", nil, fmt.Errorf("store: %s: file of %d bytes, at most %d are stored", op, len(data), mingjing.MaxEvidenceBytes)
	}
	if doc, err = encode(op, e); err != nil {
		return "", nil, err
	}
	if err := t.lockOwner(ctx, "dispute", dispute); err != nil {
		return "", nil, err
	}
	err = t.row(ctx, op, []any{&resident}, `SELECT resident_id FROM dispute WHERE id = ?`, dispute)
	return resident, doc, err
}

// AddEvidence implements [casework.Tx].
func (t *tx) AddEvidence(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error {
	const op = "add evidence"
	resident, doc, err := t.attach(ctx, op, dispute, e, data)
	if err != nil {
		return err
	}
	if err := t.insert(ctx, op, `INSERT INTO evidence (id, dispute_id, resident_id, added_at, doc) VALUES (?, ?, ?, ?, ?)`,
		e.ID, dispute, resident, micros(e.AddedAt), doc); err != nil {
		return err
	}
	if data == nil {
		data = []byte{}
	}
	return t.insert(ctx, op, `INSERT INTO evidence_data (evidence_id, doc) VALUES (?, ?)`, e.ID, data)
}

// SetEvidenceAnswer implements [casework.Tx].
func (t *tx) SetEvidenceAnswer(ctx context.Context, id, answer string) error {
	const op = "answer evidence"
	if err := t.lockOwner(ctx, "evidence", id); err != nil {
		return err
	}
	e, err := one[mingjing.Evidence](ctx, t, op, `SELECT doc FROM evidence WHERE id = ?`, id)
	if err != nil {
		return err
	}
	e.Answer = answer
	doc, err := encode(op, e)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE evidence SET doc = ? WHERE id = ?`, doc, id)
}

// Evidence implements [casework.Tx].
func (t *tx) Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error) {
	if err := ignoreNotFound(t.lockOwner(ctx, "dispute", dispute)); err != nil {
		return nil, err
	}
	return all[mingjing.Evidence](ctx, t, "list evidence", `SELECT doc FROM evidence WHERE dispute_id = ? ORDER BY added_at, n`, dispute)
}

// EvidenceData implements [casework.Tx].
func (t *tx) EvidenceData(ctx context.Context, id string) (dispute string, e mingjing.Evidence, data []byte, err error) {
	const op = "read evidence"
	dispute, doc, data, err := t.fileData(ctx, op, "evidence", `SELECT evidence.dispute_id, evidence.doc, evidence_data.doc
		FROM evidence JOIN evidence_data ON evidence_data.evidence_id = evidence.id WHERE evidence.id = ?`, id)
	if errors.Is(err, casework.ErrNotFound) {
		dispute, doc, data, err = t.fileData(ctx, op, "answer_document", `SELECT dispute_id, doc, data FROM answer_document WHERE id = ?`, id)
	}
	if err != nil {
		return "", e, nil, err
	}
	if err := decode(doc, &e); err != nil {
		return "", e, nil, t.failed(op, err)
	}
	return dispute, e, data, nil
}

func (t *tx) fileData(ctx context.Context, op, table, query, id string) (dispute string, doc, data []byte, err error) {
	if err := t.lockOwner(ctx, table, id); err != nil {
		return "", nil, nil, err
	}
	err = t.row(ctx, op, []any{&dispute, &doc, &data}, query, id)
	return dispute, doc, data, err
}

// seeStaff remembers the last staff event before everyone's cases are first
// read, so that LastEvent is not newer than what was read.
func (t *tx) seeStaff(ctx context.Context) error {
	if t.staffSeq != nil {
		return nil
	}
	seq, err := t.count(ctx, "find the last event", eventCounter(mingjing.AudienceStaff))
	if err != nil {
		return err
	}
	t.staffSeq = &seq
	return nil
}

// count is how far the name was counted.
func (t *tx) count(ctx context.Context, op, name string) (seq int64, err error) {
	err = t.row(ctx, op, []any{&seq}, `SELECT seq FROM counter WHERE name = ?`, name)
	if errors.Is(err, casework.ErrNotFound) {
		return 0, nil
	}
	return seq, err
}
