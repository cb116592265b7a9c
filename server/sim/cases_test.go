package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
	"slices"
)

// residentActs are what a resident does, as often as it stands there.
var residentActs = []string{"request", "request", "request", "read request", "score", "overview", "records", "records", "listings",
	"withdraw", "consents", "dispute", "dispute", "dispute", "review", "repair", "evidence", "evidence", "case", "case", "cases",
	"share", "share", "view", "view", "shares", "revoke", "draft", "draft", "read draft", "send draft", "mandate", "accept", "decline",
	"end mandate", "help", "confirm", "log", "why", "inbox", "export", "leave"}

// actOfCase returns how a resident files a case.
func (w *world) actOfCase(x *person, a *act, once func(string, func(context.Context, string) (string, error))) bool {
	b, me := w.p.bureau, x.actor
	f := cases.Filing{Reason: pick(w, mingjing.DisputeReasons), Statement: "It is wrong."}
	file := b.Cases.FileDispute
	switch {
	case a.name == "dispute" && len(x.records)+len(x.listings) == 0:
		a.name = "records"
		a.do = func(ctx context.Context) error {
			v, err := b.Records.Records(ctx, me)
			for _, r := range v.Records {
				x.records = append(x.records, r.Record.ID)
			}
			return err
		}
		return true
	case a.name == "dispute":
		if i := w.rand.IntN(len(x.records) + len(x.listings)); i < len(x.records) {
			f.RecordID = x.records[i]
		} else {
			f.ListingID = x.listings[i-len(x.records)]
		}
	case a.name == "repair" && len(x.listings) > 0:
		f.ListingID, file = pick(w, x.listings), b.Cases.ApplyForRepair
	case a.name == "review" && len(x.cases) > 0:
		f.Previous, file = pick(w, x.cases), b.Cases.AskForReview
	default:
		return false
	}
	if w.chance(3) {
		x.texts++
		f.Evidence = []evidence.Upload{receiptPDF(x.texts)}
	}
	name, lastKey, last, again := a.name, x.lastKey, x.lastFiled, false
	once(a.name, func(ctx context.Context, key string) (string, error) {
		f := f
		if again {
			f = *last
		}
		id, err := w.once(ctx, me, name, key, fmt.Sprintf("%+v", f), func(ctx context.Context) (string, error) {
			d, err := file(ctx, me, f)
			return d.ID, err
		})
		if err == nil {
			w.knowCase(x, id)
		}
		return id, err
	})
	if again = last != nil && lastKey == x.lastKey; !again { // else the form is sent as it was
		x.lastFiled = &f
	}
	return true
}

// once has something done that was sent with a key, as the server does: what is sent again
// is answered as it was.
func (w *world) once(ctx context.Context, a mingjing.Actor, action, key, content string,
	do func(ctx context.Context) (string, error)) (id string, err error) {
	digest := sha256.Sum256([]byte(content))
	s := kernel.Sending{Actor: a, Action: action, Key: key, Content: digest[:]}
	before, err := w.p.bureau.City.Once(ctx, s, func(ctx context.Context) ([]byte, error) {
		id, err = do(ctx)
		return []byte(id), err
	})
	if before != nil {
		if before.Differs {
			w.fail("%s was sent with the key %q as it was before, and is said to differ", action, key)
		}
		id = string(before.Answer)
	}
	return id, err
}

// knowCase notes a case that somebody was told of. How many files it has is not known to
// the model, which begins with the first count.
func (w *world) knowCase(x *person, id string) {
	x.moved = true
	if !slices.Contains(x.cases, id) {
		x.cases = append(x.cases, id)
	}
	if !slices.Contains(w.cases, id) {
		w.cases = append(w.cases, id)
		w.owners[id] = x
	}
}
