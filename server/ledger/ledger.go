// Package ledger signs the states of the access log's tree and asks witnesses to cosign
// them. It has both sides of the C2SP protocol tlog-witness: the log's and the
// witness's. Only this package has the signing key; package store, which stores the
// tree, can't sign another one, and package casework only asks for signatures.
package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing/logproof"
	"mingjing/server/casework/accesslog"
)

// A Ledger is the signer of the log: it has the log's key and its witnesses.
type Ledger struct {
	key       logproof.Key
	witnesses []accesslog.Witness
}

var _ accesslog.Ledger = (*Ledger)(nil)

// New returns the ledger of a log. The key's name is the log's name.
func New(key logproof.Key, witnesses ...*Witness) *Ledger {
	l := &Ledger{key: key}
	for _, w := range witnesses {
		l.witnesses = append(l.witnesses, w)
	}
	return l
}

// Key implements [accesslog.Ledger].
func (l *Ledger) Key() string { return l.key.Verifier() }

// Sign implements [accesslog.Ledger].
func (l *Ledger) Sign(size int64, root tlog.Hash) string { return l.key.Sign(size, root) }

// Witnesses implements [accesslog.Ledger].
func (l *Ledger) Witnesses() []accesslog.Witness { return l.witnesses }

// A Witness is a witness that is asked over HTTP.
type Witness struct {
	key, url string
	client   *http.Client
}

// ParseWitnesses reads pairs of a witness's public key and its address, such as
// "name+hash+key https://witness.example", apart by commas or lines.
func ParseWitnesses(text string) ([]*Witness, error) {
	var list []*Witness
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		f := strings.Fields(part)
		if len(f) == 0 {
			continue
		}
		if len(f) != 2 {
			return nil, errors.New("a witness is its key and its address, with a space between them")
		}
		if err := logproof.CheckWitnessKey(f[0]); err != nil {
			return nil, fmt.Errorf("%.40s: %w", f[0], err)
		}
		u, err := url.Parse(f[1])
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("%s is not the address of a witness", f[1])
		}
		list = append(list, &Witness{key: f[0], url: strings.TrimSuffix(f[1], "/") + "/add-checkpoint", client: &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}})
	}
	return list, nil
}

// Key implements [accesslog.Witness].
func (w *Witness) Key() string { return w.key }

// maxAnswer is the greatest size of a witness's answer that is read, in bytes.
const maxAnswer = 16 << 10

// Cosign implements [accesslog.Witness].
func (w *Witness) Cosign(ctx context.Context, old int64, proof []tlog.Hash, signed string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n" + signed)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(b.String()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return string(body), nil
	case http.StatusConflict:
		if size, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64); err == nil && size >= 0 {
			return "", &accesslog.WitnessAt{Size: size}
		}
	}
	return "", fmt.Errorf("it answered %s", res.Status)
}

// parseRequest reads what a log asks of a witness: the size that it believes the
// witness to have seen last, the proof from there, and the signed checkpoint.
func parseRequest(body string) (old int64, proof []tlog.Hash, signed string, err error) {
	bad := errors.New("not a request of tlog-witness")
	head, signed, ok := strings.Cut(body, "\n\n")
	if !ok {
		return 0, nil, "", bad
	}
	lines := strings.Split(head, "\n")
	number, ok := strings.CutPrefix(lines[0], "old ")
	old, err = strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || old < 0 || number != strconv.FormatInt(old, 10) || len(lines) > 64 {
		return 0, nil, "", bad
	}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return 0, nil, "", bad
		}
		proof = append(proof, tlog.Hash(h))
	}
	return old, proof, signed, nil
}
