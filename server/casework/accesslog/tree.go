package accesslog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework/kernel"

	"golang.org/x/mod/sumdb/tlog"
)

// ProofPage is how many entries of the access log are proven at once.
const ProofPage = 100

// A ProofQuery is which part of the proof of the access log is wanted.
type ProofQuery struct {
	// Since is the size of the tree that was seen last, 0 for none.
	Since int64
	// After is the number of the last entry of the page before, Size the size of the
	// tree that it was proven in; both are 0 on the first page.
	After, Size int64
	// All leaves nothing for another page.
	All bool
}

// AccessProof returns what proves the actor's own access log. Reading it is an entry as
// well, which the next proof proves; where an open page checks itself, it is part of the
// entry of that page, which is in the log before. A query that no earlier page was
// answered to is an invalid_cursor error; without a ledger nothing can be proven.
func (c *AccessLog) AccessProof(ctx context.Context, a mingjing.Actor, q ProofQuery) (mingjing.AccessProof, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.AccessProof{}, err
	}
	if c.ledger == nil {
		return mingjing.AccessProof{}, kernel.ErrUnavailable
	}
	if q.Since < 0 || q.After < 0 || q.Size < 0 {
		return mingjing.AccessProof{}, mingjing.NewError(mingjing.Invalid, "invalid_cursor")
	}
	var whole mingjing.AccessProof
	err = c.proofPages(ctx, a, me, q, func(p mingjing.AccessProof) error {
		if whole.Entries != nil {
			p.Entries, p.Witnessed = append(whole.Entries, p.Entries...), whole.Witnessed
		}
		whole = p
		return nil
	})
	if err != nil {
		return mingjing.AccessProof{}, kernel.Public(err)
	}
	return whole, nil
}

// WholeProof calls page with each page of the whole proof of the actor's own access log,
// of which the first tells what the witnesses have signed; all are for one state of the
// tree. The errors are those of [AccessLog.AccessProof], and that of page.
func (c *AccessLog) WholeProof(ctx context.Context, a mingjing.Actor, page func(mingjing.AccessProof) error) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	if c.ledger == nil {
		return kernel.ErrUnavailable
	}
	return kernel.Public(c.proofPages(ctx, a, me, ProofQuery{All: true}, page))
}

// A treeState is a state of the tree, and what the witnesses had cosigned by then.
type treeState struct {
	size int64
	seen []Cosigned
}

// stateOf returns the present state of the tree.
func stateOf(ctx context.Context, t kernel.Transaction) (s treeState, err error) {
	// In this order: the tree is at least as large as what was cosigned of it.
	if s.seen, err = db(t).Cosigned(ctx); err != nil {
		return s, err
	}
	s.size, err = db(t).TreeSize(ctx)
	return s, err
}

// proofPages writes the entry, and then calls page with each page of a proof. They are read one
// by one, and keep nobody from writing: a long log takes long.
func (c *AccessLog) proofPages(ctx context.Context, a mingjing.Actor, me mingjing.ResidentID, q ProofQuery,
	page func(mingjing.AccessProof) error) error {
	entry := c.city.Entry(a, "access_log_proof", "", "own")
	if a.Screen.Quiet && !q.All {
		entry = c.city.OfPage(entry, a, "access_log", "")
	}
	if entry.Page == "" {
		entry = entry.Once(kernel.NewID())
	}
	now, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (treeState, error) {
		if err := t.As(entry).Log(ctx, me); err != nil {
			return treeState{}, err
		}
		return stateOf(ctx, t)
	})
	if err != nil {
		return err
	}
	all := q.All
	for q.All = false; ; {
		p, err := kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.AccessProof, error) {
			return c.proofIn(ctx, t.As(entry.Again()), me, q, now)
		})
		if err != nil {
			return err
		}
		if err := page(p); err != nil || p.Next == 0 || !all {
			return err
		}
		q.After, q.Size = p.Next, now.size
	}
}

// ProofOf returns the proof of a resident's access log against the tree of now.
func (c *AccessLog) ProofOf(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, q ProofQuery) (mingjing.AccessProof, error) {
	now, err := stateOf(ctx, rd)
	if err != nil {
		return mingjing.AccessProof{}, err
	}
	return c.proofIn(ctx, rd, me, q, now)
}

// proofIn returns a proof against a state of the tree.
func (c *AccessLog) proofIn(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, q ProofQuery,
	now treeState) (p mingjing.AccessProof, err error) {
	p = mingjing.AccessProof{Key: c.ledger.Key(), Since: q.Since, Consistency: []tlog.Hash{}, Witnessed: []mingjing.WitnessedCheckpoint{},
		Resident: me, Entries: []mingjing.ProvenEntry{}}
	size := now.size
	if q.Size > size {
		return p, mingjing.NewError(mingjing.Invalid, "invalid_cursor")
	}
	if q.Size > 0 {
		size = q.Size
	}
	tree := treeOf(ctx, rd.Tx)
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return p, fmt.Errorf("hash the tree: %w", err)
	}
	p.Checkpoint = c.ledger.Sign(size, root)
	// Where the tree is smaller than it was, there is no proof, which is an answer.
	since := func(old int64) ([]tlog.Hash, error) {
		if old < 1 || old > size {
			return []tlog.Hash{}, nil
		}
		proof, err := tlog.ProveTree(size, old, tree)
		if proof == nil {
			proof = []tlog.Hash{}
		}
		return proof, err
	}
	if p.Consistency, err = since(q.Since); err != nil {
		return p, fmt.Errorf("prove that the tree grew: %w", err)
	}
	for _, k := range now.seen {
		w := mingjing.WitnessedCheckpoint{Key: k.Witness, Checkpoint: k.Note}
		if w.Consistency, err = since(k.Size); err != nil {
			return p, fmt.Errorf("prove that the tree grew: %w", err)
		}
		if q.Size == 0 { // the first page tells
			p.Witnessed = append(p.Witnessed, w)
		}
	}
	for {
		entries, err := read(rd).ProvenEntries(ctx, me, q.After, size, ProofPage+1)
		if err != nil {
			return p, err
		}
		more := len(entries) > ProofPage
		if more {
			entries = entries[:ProofPage]
			q.After = entries[ProofPage-1].Seq
		}
		if err := prove(ctx, rd.Tx, size, entries); err != nil {
			return p, fmt.Errorf("prove looks: %w", err)
		}
		p.Entries = append(p.Entries, entries...)
		if !more {
			return p, nil
		}
		if !q.All {
			p.Next = q.After
			return p, nil
		}
	}
}

// treeOf returns a reader of the hashes of the tree.
func treeOf(ctx context.Context, t *kernel.Tx) tlog.HashReader {
	return tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) { return db(t).TreeHashes(ctx, ids) })
}

var errAskedOnly = errors.New("asked only")

// prove fills in the proofs of the entries, with one reading of the tree for all.
func prove(ctx context.Context, t *kernel.Tx, size int64, entries []mingjing.ProvenEntry) error {
	var ids []int64
	hashes := map[int64]tlog.Hash{}
	ask := tlog.HashReaderFunc(func(wanted []int64) ([]tlog.Hash, error) {
		for _, id := range wanted {
			if _, ok := hashes[id]; !ok {
				hashes[id] = tlog.Hash{}
				ids = append(ids, id)
			}
		}
		return nil, errAskedOnly
	})
	for _, e := range entries {
		if _, err := tlog.ProveRecord(size, e.Leaf, ask); err != nil && !errors.Is(err, errAskedOnly) {
			return err
		}
	}
	list, err := db(t).TreeHashes(ctx, ids)
	if err != nil {
		return err
	}
	for i, h := range list {
		hashes[ids[i]] = h
	}
	have := tlog.HashReaderFunc(func(wanted []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(wanted))
		for i, id := range wanted {
			list[i] = hashes[id]
		}
		return list, nil
	})
	for i := range entries {
		if entries[i].Proof, err = tlog.ProveRecord(size, entries[i].Leaf, have); err != nil {
			return err
		}
	}
	return nil
}

// LogKey returns the public key of the access log; "" where it has none.
func (c *AccessLog) LogKey() string {
	if c.ledger == nil {
		return ""
	}
	return c.ledger.Key()
}

// Checkpoint returns the signed state of the access log's tree: the last one that
// witnesses have cosigned, with their signatures, or the present one while there
// are none. It is public.
func (c *AccessLog) Checkpoint(ctx context.Context) (string, error) {
	if c.ledger == nil {
		return "", kernel.ErrUnavailable
	}
	var signed string
	err := c.city.Read(ctx, func(t *kernel.Tx) error {
		seen, err := db(t).Cosigned(ctx)
		if err != nil {
			return err
		}
		signed = published(seen)
		if signed == "" {
			_, signed, err = c.head(ctx, t)
		}
		return err
	})
	return signed, kernel.Public(err)
}

// published returns the largest checkpoint that was cosigned, with all signatures; ""
// for none.
func published(seen []Cosigned) (signed string) {
	var size int64 = -1
	for _, k := range seen {
		text, lines, ok := strings.Cut(k.Note, "\n\n")
		switch {
		case !ok || k.Size < size:
		case k.Size > size || !strings.HasPrefix(signed, text+"\n\n"):
			size, signed = k.Size, k.Note
		default: // the same state: what follows the log's own signature
			if _, by, ok := strings.Cut(lines, "\n"); ok {
				signed += by
			}
		}
	}
	return signed
}

// head returns the present size of the tree, and its signed checkpoint.
func (c *AccessLog) head(ctx context.Context, t *kernel.Tx) (int64, string, error) {
	size, err := db(t).TreeSize(ctx)
	if err != nil {
		return 0, "", err
	}
	root, err := tlog.TreeHash(size, treeOf(ctx, t))
	if err != nil {
		return 0, "", fmt.Errorf("hash the tree: %w", err)
	}
	return size, c.ledger.Sign(size, root), nil
}

// Tile returns a tile of the tree (C2SP tlog-tiles, of 256 hashes), which is public; a
// not_found error where the tree has not grown so far.
func (c *AccessLog) Tile(ctx context.Context, tile tlog.Tile) (data []byte, err error) {
	err = c.city.Read(ctx, func(t *kernel.Tx) error {
		size, err := db(t).TreeSize(ctx)
		if err != nil {
			return err
		}
		if tile.H != 8 || tile.L < 0 || tile.L > 7 || tile.N < 0 || tile.N > size || tile.N<<8+int64(tile.W) > size>>(8*tile.L) {
			return kernel.ErrNothingThere
		}
		data, err = tlog.ReadTileData(tile, treeOf(ctx, t))
		return err
	})
	return data, kernel.Public(err)
}

const (
	// witnessRest is how long the witnesses are left alone after they were asked, so
	// that many looks are one state.
	witnessRest = time.Second
	// witnessAgain is after how long they are asked for their word again where nothing
	// was added, and witnessRetry where one of them did not give it.
	witnessAgain = 10 * time.Minute
	witnessRetry = 10 * time.Second
	// witnessWait bounds the wait for one of them.
	witnessWait = 15 * time.Second
)

// KeepWitnessed sends the states of the tree to the witnesses until ctx ends. Nobody who
// reads waits for it.
func (c *AccessLog) KeepWitnessed(ctx context.Context) {
	if c.ledger == nil || len(c.ledger.Witnesses()) == 0 {
		<-ctx.Done()
		return
	}
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.city.Grown():
		case <-again.C:
		}
		rest := witnessRest
		if !c.ShowWitnesses(ctx) {
			rest = witnessRetry
		}
		again.Reset(witnessAgain)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		if rest == witnessRetry {
			again.Reset(0)
		}
	}
}

// ShowWitnesses sends the present state of the tree to each witness and stores what they
// sign. It reports whether all of them signed.
func (c *AccessLog) ShowWitnesses(ctx context.Context) bool {
	var all sync.WaitGroup
	witnesses := c.ledger.Witnesses()
	done := make([]bool, len(witnesses))
	for i, w := range witnesses {
		all.Go(func() {
			if err := c.showWitness(ctx, w); err != nil {
				if ctx.Err() == nil {
					c.city.Log().Warn("a witness does not cosign the access log", "witness", w.Key(), "err", err)
				}
				return
			}
			done[i] = true
		})
	}
	all.Wait()
	for _, ok := range done {
		if !ok {
			return false
		}
	}
	return true
}

// showWitness sends one witness the state of the tree, with the proof from the state
// that it has seen.
func (c *AccessLog) showWitness(ctx context.Context, w Witness) error {
	ctx, stop := context.WithTimeout(ctx, witnessWait)
	defer stop()
	old := int64(-1) // what we know of it
	for range 3 {
		var (
			size   int64
			signed string
			proof  []tlog.Hash
		)
		err := c.city.Read(ctx, func(t *kernel.Tx) (err error) {
			from := old
			if from < 0 {
				seen, err := db(t).Cosigned(ctx)
				if err != nil {
					return err
				}
				from = 0
				for _, k := range seen {
					if k.Witness == w.Key() {
						from = k.Size
					}
				}
			}
			if size, signed, err = c.head(ctx, t); err != nil {
				return err
			}
			if from > size {
				return fmt.Errorf("it has seen %d leaves and there are %d: the tree was rolled back", from, size)
			}
			if proof = nil; from > 0 {
				proof, err = tlog.ProveTree(size, from, treeOf(ctx, t))
			}
			old = from
			return err
		})
		if err != nil {
			return err
		}
		lines, err := w.Cosign(ctx, old, proof, signed)
		if at, ok := errors.AsType[*WitnessAt](err); ok && at.Size != old {
			old = at.Size // another replica was faster, or we know less than it does
			continue
		}
		if err != nil {
			return err
		}
		return c.keepCosigned(ctx, w.Key(), size, signed, lines)
	}
	return errors.New("others are always faster")
}

// keepCosigned checks what a witness has signed, and stores it.
func (c *AccessLog) keepCosigned(ctx context.Context, witness string, size int64, signed, lines string) error {
	_, _, by, err := logproof.OpenCheckpoint(signed+lines, c.ledger.Key(), witness)
	if err != nil {
		return fmt.Errorf("what it signed: %w", err)
	}
	if len(by) != 1 {
		return errors.New("it answered without its signature")
	}
	return c.city.Tx(ctx, func(t *kernel.Tx) error {
		return db(t).SetCosigned(ctx, Cosigned{Witness: witness, Size: size, Note: signed + by[0].Line})
	})
}
