package sim

import (
	"context"
	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework/accesslog"
	"slices"
	"time"
)

// readRequest reads a request that was acknowledged.
func (w *world) readRequest(ctx context.Context, x *person, id string) error {
	r, err := w.p.bureau.Scores.ScoreRequest(ctx, x.actor, id)
	switch {
	case codeOf(err) == "not_found" && !x.left:
		w.fail("the request %s was acknowledged, and is not there", id)
	case err == nil && r.FinishedAt != nil && r.FinishedAt.After(r.Deadline) && !w.excused(r.Deadline):
		w.fail("the request %s ended at %s, its deadline was %s", id, r.FinishedAt, r.Deadline)
	}
	return err
}

// readLog reads the access log and checks its proof, as the phone does.
func (w *world) readLog(ctx context.Context, x *person) error {
	b := w.p.bureau
	var pages []mingjing.AccessProof
	q := accesslog.ProofQuery{}
	for {
		p, err := b.AccessLog.AccessProof(ctx, x.actor, q)
		if err != nil {
			return err
		}
		if pages = append(pages, p); p.Next == 0 {
			break
		}
		k, _, _, err := logproof.OpenCheckpoint(p.Checkpoint, p.Key)
		if err != nil {
			return err
		}
		q.After, q.Size = p.Next, k.Size
	}
	if k := logproof.Check(pages, nil, w.Now().Add(48*time.Hour)); len(k.Problems) > 0 {
		w.fail("the proof of the access log of %s has problems: %+v", x.actor.Name, k.Problems)
	}
	return nil
}

// askWhy asks about an entry of the access log.
func (w *world) askWhy(ctx context.Context, x *person) error {
	b := w.p.bureau
	v, err := b.AccessLog.AccessLog(ctx, x.actor, true, "")
	if err != nil || len(v.Entries) == 0 {
		return err
	}
	q, err := b.Inquiries.AskWhy(ctx, x.actor, pick(w, v.Entries).Seq, "")
	if err == nil && !slices.Contains(x.inquiries, q.ID) {
		x.inquiries = append(x.inquiries, q.ID)
		w.inquiries = append(w.inquiries, q.ID)
	}
	return err
}
