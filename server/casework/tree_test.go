package casework_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework"
	"mingjing/server/casework/accesslog"
	"mingjing/server/ledger"
)

// proofs returns all pages of an actor's proof.
func (c *city) proofs(t tb, a mingjing.Actor, since int64) (pages []mingjing.AccessProof) {
	t.Helper()
	q := accesslog.ProofQuery{Since: since}
	for {
		p, err := c.AccessProof(ctx, a, q)
		must(t, err)
		pages = append(pages, p)
		if p.Next == 0 {
			return pages
		}
		k, _, _, err := logproof.OpenCheckpoint(p.Checkpoint, p.Key)
		must(t, err)
		q.After, q.Size = p.Next, k.Size
	}
}

func TestAResidentGetsTheProofOfEveryLook(t *testing.T) {
	c := newCity(t)
	a, b := c.resident(t, 1), c.resident(t, 2)
	for range accesslog.ProofPage + 20 {
		for _, who := range []mingjing.Actor{a, b} {
			_, err := c.Records(ctx, who)
			must(t, err)
		}
	}
	first := c.proofs(t, a, 0)
	k := logproof.Check(first, nil, monday)
	if len(first) != 2 || len(k.Problems) > 0 || k.Entries != accesslog.ProofPage+20 {
		t.Fatalf("%d pages, %+v", len(first), k)
	}
	// Reading the proof made entries too, which the next proof has.
	k2 := logproof.Check(c.proofs(t, a, k.Memory.Size), k.Memory, monday)
	if len(k2.Problems) > 0 || k2.Entries != k.Entries+2 || k2.Checkpoint.Size <= k.Checkpoint.Size {
		t.Errorf("the second time: %+v", k2)
	}
	whole, err := c.AccessProof(ctx, a, accesslog.ProofQuery{All: true})
	must(t, err)
	if k := logproof.Check([]mingjing.AccessProof{whole}, nil, monday); len(k.Problems) > 0 || k.Entries != k2.Entries+2 {
		t.Errorf("in one: %+v", k)
	}
	v, err := c.AccessLog(ctx, a, false, "")
	must(t, err)
	pages := c.proofs(t, a, 0)
	shown := logproof.Check(pages, nil, monday)
	if logproof.CheckShown(&shown, pages, v.Entries, false); len(shown.Problems) > 0 {
		t.Errorf("the page: %+v", shown.Problems)
	}
	for _, q := range []accesslog.ProofQuery{{Since: -1}, {Size: 1 << 40}, {After: -3}} {
		if _, err := c.AccessProof(ctx, a, q); codeOf(err) != "invalid_cursor" {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestALongProofKeepsNobodyFromWriting(t *testing.T) {
	c := newCity(t)
	a, b := c.resident(t, 1), c.resident(t, 2)
	for range 2*accesslog.ProofPage + 1 {
		_, err := c.Records(ctx, a)
		must(t, err)
	}
	var pages []mingjing.AccessProof
	must(t, c.WholeProof(ctx, a, func(p mingjing.AccessProof) error {
		pages = append(pages, p)
		_, err := c.Records(ctx, b) // it writes an entry
		return err
	}))
	if k := logproof.Check(pages, nil, monday); len(pages) != 3 || len(k.Problems) > 0 || k.Entries != 2*accesslog.ProofPage+1 {
		t.Errorf("%d pages, %+v", len(pages), k)
	}
	// Who stops to read it stops it.
	stop := errors.New("gone")
	if err := c.WholeProof(ctx, a, func(mingjing.AccessProof) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestTheStateAndTheTilesArePublic(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	if signed, err := c.Checkpoint(ctx); err != nil || !strings.HasPrefix(signed, "log.example\n0\n") {
		t.Errorf("before anybody looks: %q, %v", signed, err)
	}
	for range 300 {
		_, err := c.Consents(ctx, a)
		must(t, err)
	}
	signed, err := c.Checkpoint(ctx)
	must(t, err)
	k, _, _, err := logproof.OpenCheckpoint(signed, c.LogKey())
	must(t, err)
	// The tiles give the state that was signed.
	tiles := tiles{func(tile tlog.Tile) ([]byte, error) { return c.Tile(ctx, tile) }}
	tree := tlog.TileHashReader(tlog.Tree{N: k.Size, Hash: k.Root}, tiles)
	if _, err := tlog.ProveRecord(k.Size, 7, tree); err != nil {
		t.Error(err)
	}
	for _, tile := range []tlog.Tile{{H: 8, L: 0, N: 1, W: 45}, {H: 8, L: 1, N: 0, W: 2}, {H: 8, L: 7, N: 0, W: 1}, {H: 8, L: 8, N: 0, W: 1},
		{H: 8, L: 0, N: 1 << 50, W: 1}, {H: 4, L: 0, N: 0, W: 1}, {H: 8, L: -1, N: 0, W: 1}} {
		if _, err := c.Tile(ctx, tile); codeOf(err) != "not_found" {
			t.Errorf("%+v: %v", tile, err)
		}
	}
}

type tiles struct {
	read func(tlog.Tile) ([]byte, error)
}

func (t tiles) Height() int { return 8 }
func (t tiles) ReadTiles(list []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range list {
		d, err := t.read(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, d)
	}
	return data, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// witnessed returns a city whose log a real witness signs, over HTTP.
func witnessed(t *testing.T) (*city, *ledger.WitnessServer, func(http.Handler)) {
	t.Helper()
	var answer http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	w, err := ledger.OpenWitness(ledger.WitnessConfig{LogKey: testLedger(t).Key(), Name: "witness.example", Dir: t.TempDir(),
		Now: func() time.Time { return monday }, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	answer = w
	asked, err := ledger.ParseWitnesses(w.Key() + " " + srv.URL)
	must(t, err)
	c := newCity(t, func(cfg *casework.Config) { cfg.Ledger = testLedger(t, asked...) })
	return c, w, func(h http.Handler) { answer = h }
}

func TestWitnessesAreShownEachStateAndTheirWordIsPublished(t *testing.T) {
	c, w, _ := witnessed(t)
	a := c.resident(t, 1)
	for i := range 5 {
		_, err := c.Records(ctx, a)
		must(t, err)
		if !c.ShowWitnesses(ctx) {
			t.Fatalf("the witness does not cosign the state %d", i)
		}
		signed, err := c.Checkpoint(ctx)
		must(t, err)
		k, _, by, err := logproof.OpenCheckpoint(signed, c.LogKey(), w.Key())
		if err != nil || len(by) != 1 || k.Size != int64(i)+1 {
			t.Fatalf("state %d: %+v, %v, %v", i, k, by, err)
		}
	}
	k := logproof.Check(c.proofs(t, a, 0), nil, monday.Add(time.Minute))
	if len(k.Problems) > 0 || len(k.Witnesses) != 1 || k.Witnesses[0].Size != 5 || len(k.Memory.Witnesses) != 1 {
		t.Errorf("%+v", k)
	}
	// Without new entries its signature is renewed.
	for range 2 {
		if !c.ShowWitnesses(ctx) {
			t.Error("it does not say the same again")
		}
	}
}

func TestAWitnessThatKnowsMoreIsAskedFromWhereItStands(t *testing.T) {
	c, w, answer := witnessed(t)
	a := c.resident(t, 1)
	_, err := c.Records(ctx, a)
	must(t, err)
	// Its first answer is lost on the way.
	answer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.ServeHTTP(httptest.NewRecorder(), r)
		rw.WriteHeader(http.StatusBadGateway)
	}))
	if c.ShowWitnesses(ctx) {
		t.Fatal("nobody has cosigned")
	}
	answer(w)
	_, err = c.Records(ctx, a)
	must(t, err)
	if !c.ShowWitnesses(ctx) {
		t.Error("it is asked from where it does not stand")
	}
}

func TestAWitnessWhoseSignatureIsNotItsOwnCountsForNothing(t *testing.T) {
	c, _, answer := witnessed(t)
	a := c.resident(t, 1)
	_, err := c.Records(ctx, a)
	must(t, err)
	other, err := logproof.NewKey("witness.example", []byte(strings.Repeat("x", 32)))
	must(t, err)
	answer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = rw.Write([]byte(other.Cosign("log.example\n1\n", monday)))
	}))
	if c.ShowWitnesses(ctx) {
		t.Error("it counts")
	}
	if k := logproof.Check(c.proofs(t, a, 0), nil, monday); len(k.Witnesses) > 0 || len(k.Problems) > 0 {
		t.Errorf("%+v", k)
	}
}

func TestWithoutAKeyNothingIsProven(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.Ledger = nil })
	a := c.resident(t, 1)
	if _, err := c.AccessProof(ctx, a, accesslog.ProofQuery{}); codeOf(err) != "unavailable" {
		t.Errorf("a proof without a key: %v", err)
	}
	if _, err := c.Checkpoint(ctx); codeOf(err) != "unavailable" {
		t.Errorf("a state without a key: %v", err)
	}
}
