package api

import (
	"encoding/json"
	"mime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/server/casework/accesslog"
)

// getLookProof is a page of what proves the resident's own access log.
func getLookProof(c *call) (any, error) {
	var q accesslog.ProofQuery
	for name, to := range map[string]*int64{"since": &q.Since, "after": &q.After, "size": &q.Size} {
		text := c.r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
		*to = n
	}
	return c.s.casework.AccessLog.LookProof(c.ctx(), c.actor(), q)
}

// serveProofFile sends all of it as a file, to be kept and checked anywhere.
func serveProofFile(c *call) error {
	p, err := c.s.casework.AccessLog.LookProof(c.ctx(), c.actor(), accesslog.ProofQuery{All: true})
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	c.noStore()
	slowly(c.w, len(data))
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-access-log.json"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = c.w.Write(append(data, '\n'))
	return nil
}

// ledgerFiles are the public addresses of the access log's tree (C2SP tlog-tiles,
// without entries): hashes and signatures, which tell nothing about anybody.
var ledgerFiles = map[string]func(*call) error{
	"/log/key":            serveLogKey,
	"/log/checkpoint":     serveCheckpoint,
	"/log/tile/{path...}": serveTile,
}

func (c *call) public(kind, cache string, data []byte) error {
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = c.w.Write(data)
	return nil
}

func serveLogKey(c *call) error {
	key := c.s.casework.AccessLog.LogKey()
	if key == "" {
		return mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	return c.public("text/plain; charset=utf-8", "public, max-age=3600", []byte(key+"\n"))
}

func serveCheckpoint(c *call) error {
	signed, err := c.s.casework.AccessLog.Checkpoint(c.ctx())
	if err != nil {
		return err
	}
	return c.public("text/plain; charset=utf-8", "public, max-age=5", []byte(signed))
}

// serveTile sends hashes. A tile that is there never changes.
func serveTile(c *call) error {
	path := c.r.PathValue("path")
	tile, err := tlog.ParseTilePath("tile/8/" + path)
	if err != nil || strings.HasPrefix(path, "data/") {
		return mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	data, err := c.s.casework.AccessLog.Tile(c.ctx(), tile)
	if err != nil {
		return err
	}
	return c.public("application/octet-stream", "public, max-age=604800, immutable", data)
}
