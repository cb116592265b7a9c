package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
)

// A WitnessServer is a witness of one log. It stores the last state that it has
// cosigned in a file, and cosigns only states that contain that one unchanged.
type WitnessServer struct {
	logKey string
	key    logproof.Key
	file   string
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	seen witnessed
}

// witnessed is the content of the file: evidence against a log that denies this state.
type witnessed struct {
	mingjing.Checkpoint
	// Signed is the checkpoint as the log has signed it.
	Signed string `json:"signed"`
}

// A WitnessConfig is the configuration of a witness.
type WitnessConfig struct {
	// LogKey is the public key of the log, Name the witness's own name.
	LogKey, Name string
	// Dir is the folder for the key, which is made on the first start, and for the
	// last state.
	Dir    string
	Now    func() time.Time
	Logger *slog.Logger
}

// OpenWitness opens a witness in its folder.
func OpenWitness(c WitnessConfig) (*WitnessServer, error) {
	if err := logproof.CheckLogKey(c.LogKey); err != nil {
		return nil, fmt.Errorf("the key of the log: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	seed, err := os.ReadFile(filepath.Join(c.Dir, "witness.key"))
	if errors.Is(err, fs.ErrNotExist) {
		seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // it never fails
		err = writeFile(filepath.Join(c.Dir, "witness.key"), seed)
	}
	if err != nil {
		return nil, fmt.Errorf("the witness's key: %w", err)
	}
	w := &WitnessServer{logKey: c.LogKey, file: filepath.Join(c.Dir, "witness.json"), now: c.Now, log: c.Logger}
	if w.key, err = logproof.NewKey(c.Name, seed); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(w.file)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what the witness has seen: %w", err)
	}
	if err := json.Unmarshal(data, &w.seen); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", w.file, err)
	}
	if old, _, _, err := logproof.OpenCheckpoint(w.seen.Signed, c.LogKey); err != nil || old != w.seen.Checkpoint {
		return nil, fmt.Errorf("%s is damaged, or of another log", w.file)
	}
	return w, nil
}

// Key returns the witness's public key.
func (w *WitnessServer) Key() string { return w.key.WitnessVerifier() }

// maxRequest is the greatest size of a request, in bytes: 63 hashes and a note.
const maxRequest = 64 << 10

// ServeHTTP answers POST /add-checkpoint.
func (w *WitnessServer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/add-checkpoint" {
		http.NotFound(rw, r)
		return
	}
	if r.Method != http.MethodPost {
		rw.Header().Set("Allow", http.MethodPost)
		http.Error(rw, "POST a checkpoint", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
	if err != nil {
		http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	lines, status, text := w.add(string(body))
	if status == http.StatusOK {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(rw, lines)
		return
	}
	w.log.Warn("refused a checkpoint", "status", status, "why", text)
	if status == http.StatusConflict {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(status)
		fmt.Fprintf(rw, "%d\n", w.size())
		return
	}
	http.Error(rw, text, status)
}

func (w *WitnessServer) size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen.Size
}

// add checks a checkpoint against the last state, stores it and cosigns it, in one
// step: of two requests at the same time the second sees the state of the first.
func (w *WitnessServer) add(body string) (lines string, status int, why string) {
	old, proof, signed, err := parseRequest(body)
	if err != nil {
		return "", http.StatusBadRequest, err.Error()
	}
	origin, _, _ := strings.Cut(signed, "\n")
	if name, _, _ := strings.Cut(w.logKey, "+"); origin != name {
		return "", http.StatusNotFound, "this witness does not know the log"
	}
	next, text, _, err := logproof.OpenCheckpoint(signed, w.logKey)
	if err != nil {
		return "", http.StatusForbidden, "the log has not signed this"
	}
	if old > next.Size {
		return "", http.StatusBadRequest, "the old size is greater than the new one"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case old != w.seen.Size:
		return "", http.StatusConflict, fmt.Sprintf("last cosigned %d leaves, not %d", w.seen.Size, old)
	case old == next.Size && w.seen.Signed != "" && w.seen.Root != next.Root:
		w.log.Error("the log shows two trees of the same size", "size", old, "first", w.seen.Signed, "second", signed)
		return "", http.StatusConflict, "another tree of the same size was cosigned"
	case old == 0 && len(proof) > 0, old == next.Size && len(proof) > 0:
		return "", http.StatusUnprocessableEntity, "a proof of nothing"
	case old > 0 && tlog.CheckTree(proof, next.Size, next.Root, old, w.seen.Root) != nil:
		w.log.Error("the log does not prove that it has grown", "first", w.seen.Signed, "second", signed)
		return "", http.StatusUnprocessableEntity, "the tree did not grow out of what was cosigned"
	}
	if empty, _ := tlog.TreeHash(0, nil); next.Size == 0 && next.Root != empty {
		return "", http.StatusUnprocessableEntity, "a tree with no leaves has another hash"
	}
	data, err := json.Marshal(witnessed{next, signed})
	if err == nil {
		err = writeFile(w.file, data)
	}
	if err != nil {
		w.log.Error("keep a checkpoint", "err", err)
		return "", http.StatusInternalServerError, "it can't be kept"
	}
	w.seen = witnessed{next, signed}
	return w.key.Cosign(text, w.now()), http.StatusOK, ""
}

// writeFile replaces a file, whole or not at all, also when the power fails.
func writeFile(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
