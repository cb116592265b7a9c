package store

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/score"
)

// AddRequest implements [casework.Tx].
func (t *tx) AddRequest(ctx context.Context, r score.Request) error {
	const op = "add a request"
	doc, err := t.sealRequest(ctx, op, r)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO request (id, resident_id, state, created_at, doc) VALUES (?, ?, ?, ?, ?)`,
		r.ID, string(r.Resident), string(r.State), micros(r.CreatedAt), doc)
}

func (t *tx) sealRequest(ctx context.Context, op string, r score.Request) ([]byte, error) {
	r.Progress, r.Sources, r.Score = mingjing.Progress{}, nil, nil
	return t.seal(ctx, op, sealedRequest, r.Resident, r, r.ID)
}

// Request implements [casework.Reader].
func (t *reader) Request(ctx context.Context, id string) (score.Request, error) {
	if err := t.lockOwner(ctx, "request", id); err != nil {
		return score.Request{}, err
	}
	return one[score.Request](ctx, t, "read a request", sealedRequest, `WHERE id = ?`, id)
}

// OpenRequest implements [casework.Reader].
func (t *reader) OpenRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error) {
	if err := t.lock(ctx, resident); err != nil {
		return score.Request{}, err
	}
	return one[score.Request](ctx, t, "find the open request", sealedRequest,
		`WHERE resident_id = ? AND state IN ('queued', 'collecting', 'scoring')`, string(resident))
}

// LatestRequest implements [casework.Reader].
func (t *reader) LatestRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error) {
	if err := t.lock(ctx, resident); err != nil {
		return score.Request{}, err
	}
	return one[score.Request](ctx, t, "find the latest request", sealedRequest,
		`WHERE resident_id = ? ORDER BY created_at DESC, n DESC LIMIT 1`, string(resident))
}

// Requests implements [casework.Reader].
func (t *reader) Requests(ctx context.Context, resident mingjing.ResidentID) ([]score.Request, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[score.Request](ctx, t, "list requests", sealedRequest,
		`WHERE resident_id = ? ORDER BY created_at, n`, string(resident))
}

// SetRequest implements [casework.Tx].
func (t *tx) SetRequest(ctx context.Context, r score.Request) error {
	const op = "set a request"
	doc, err := t.sealRequest(ctx, op, r)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE request SET state = ?, doc = ? WHERE id = ? AND resident_id = ?`, string(r.State), doc, r.ID,
		string(r.Resident))
}

// QueuePlace implements [casework.Tx]. It is 0 for a request that is not queued.
func (t *tx) QueuePlace(ctx context.Context, id string) (place int, err error) {
	const op = "find a request's place"
	var (
		state      string
		created, n int64
	)
	if err := t.row(ctx, op, []any{&state, &created, &n}, `SELECT state, created_at, n FROM request WHERE id = ?`, id); err != nil {
		return 0, err
	}
	if mingjing.RequestState(state) != mingjing.RequestQueued {
		return 0, nil
	}
	err = t.row(ctx, op, []any{&place},
		`SELECT count(*) FROM request WHERE state = 'queued' AND (created_at, n) <= (?, ?)`, created, n)
	return place, err
}

// Sources implements [casework.Reader].
func (t *reader) Sources(ctx context.Context, request string) ([]score.Source, error) {
	if err := ignoreNotFound(t.lockOwner(ctx, "request", request)); err != nil {
		return nil, err
	}
	return all[score.Source](ctx, t, "list sources", sealedSource, `WHERE request_id = ? ORDER BY agency`, request)
}

// SourcesOfAll implements [casework.Reader].
func (t *reader) SourcesOfAll(ctx context.Context, resident mingjing.ResidentID) (map[string][]score.Source, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return groups[score.Source](ctx, t, "list a resident's sources", sealedSource, "request_id",
		`WHERE request_id IN (SELECT id FROM request WHERE resident_id = ?) ORDER BY request_id, agency`, string(resident))
}

// LateRequests implements [casework.Tx].
func (t *tx) LateRequests(ctx context.Context, endangered, late time.Time) (nEndangered, nLate int, err error) {
	err = t.row(ctx, "count late requests", []any{&nEndangered, &nLate},
		`SELECT coalesce(sum(CASE WHEN created_at >= ? THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN created_at < ? THEN 1 ELSE 0 END), 0)
		FROM request WHERE state IN ('queued', 'collecting', 'scoring') AND created_at < ?`, micros(late), micros(late), micros(endangered))
	return nEndangered, nLate, err
}

// CountAnswered implements [casework.Tx].
func (t *tx) CountAnswered(ctx context.Context, request string) (n int, err error) {
	err = t.row(ctx, "count answers", []any{&n}, `SELECT count(*) FROM source WHERE request_id = ? AND state = 'answered'`, request)
	return n, err
}

// SetSource implements [casework.Tx].
func (t *tx) SetSource(ctx context.Context, request string, s score.Source) error {
	const op = "set a source"
	owner, err := t.ownerOf(ctx, op, "request", request)
	if err != nil {
		return err
	}
	doc, err := t.seal(ctx, op, sealedSource, owner, s, request, s.Agency)
	if err != nil {
		return err
	}
	// Another process may have asked too, and got an answer.
	_, err = t.exec(ctx, op, `INSERT INTO source (request_id, agency, state, next_try, doc) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (request_id, agency) DO UPDATE SET state = excluded.state, next_try = excluded.next_try, doc = excluded.doc
		WHERE source.state <> 'answered' OR excluded.state <> 'retrying'`,
		request, s.Agency, string(s.State), micros(s.NextTry), doc)
	return err
}
