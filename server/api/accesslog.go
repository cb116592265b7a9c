package api

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/server/casework/accesslog"
)

var accessLogPage = page[mingjing.AccessLogView]{
	name: "access-log",
	get: func(c *call) (mingjing.AccessLogView, error) {
		in := asked[accessLogPageQuery](c)
		show := ""
		switch {
		case in.Own == "1":
			show = "own"
		case in.Others == "1":
			show = "others"
		}
		return c.s.casework.AccessLog.AccessLogPage(c.ctx(), c.actor(), show, in.Cursor)
	},
	endpoints: []endpoint{
		query[accessLogQuery, list[mingjing.AccessEntry]]{
			path: "/api/access-log", access: mingjing.Residents,
			doc: apiDoc{id: "accessLog", summary: "Who read one's data", answer: "A page, newest first."},
			get: func(c *call, in accessLogQuery) (list[mingjing.AccessEntry], error) {
				v, err := c.s.casework.AccessLog.AccessLog(c.ctx(), c.actor(), in.Others == "1", in.Cursor)
				return items(v.Entries, v.Next), err
			},
		},
		query[proofQuery, mingjing.AccessProof]{
			path: "/api/access-log/proof", access: mingjing.Residents, get: getAccessProof,
			doc: apiDoc{id: "accessLogProof", summary: "The proof of one's access log",
				answer: "A page of entries with their proofs, oldest first, and the signed state of the tree. Asking is an entry itself, " +
					"which the next proof has.",
				fails: []int{http.StatusUnprocessableEntity}},
		},
		raw[none]{
			path: "/api/access-log/proof.json", access: mingjing.Residents, write: writeProofFile, heavy: true,
			out: reflect.TypeFor[mingjing.AccessProof](),
			doc: apiDoc{id: "accessLogProofFile", summary: "The whole proof of one's access log, as a file",
				answer: "The whole proof as an attachment, for mingjing verify."},
		},
		query[none, list[mingjing.Inquiry]]{
			path: "/api/inquiries", access: mingjing.Residents, get: myInquiries,
			doc: apiDoc{id: "myInquiries", summary: "One's inquiries about entries of the access log",
				answer: "All of them, the newest entry first."},
		},
		action[askWhyForm, mingjing.Inquiry]{
			path: "/api/inquiries", access: mingjing.Residents, status: http.StatusCreated, errorPage: "access-log", do: askWhy,
			doc: apiDoc{id: "askWhy", summary: "Ask why one's data was read",
				about:  "About one entry of the access log. Asking again returns the same inquiry.",
				answer: "The inquiry, with the date by which it must be answered.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: askWhyForm{Seq: 17, Question: "I was not at the counter that day."},
		},
	},
}

// accessLogQuery is the query of a page of the access log.
type accessLogQuery struct {
	// Others leaves out one's own entries.
	Others string `json:"others,omitempty" enum:"1"`
	paged
}

// accessLogPageQuery is the query of the page itself.
type accessLogPageQuery struct {
	// Own shows only the days of one's own entries.
	Own string `json:"own,omitempty" enum:"1"`
	accessLogQuery
}

// proofQuery is the query of a page of the proof of the access log.
type proofQuery struct {
	// Since is the size of the tree at the last check; the answer proves that the tree
	// contains that one unchanged.
	Since string `json:"since,omitempty" format:"integer"`
	// After is the next of the page before, Size the size of the tree that its proofs
	// are for.
	After string `json:"after,omitempty" format:"integer"`
	Size  string `json:"size,omitempty" format:"integer"`
}

func getAccessProof(c *call, in proofQuery) (mingjing.AccessProof, error) {
	var q accesslog.ProofQuery
	for _, n := range []struct {
		text string
		to   *int64
	}{{in.Since, &q.Since}, {in.After, &q.After}, {in.Size, &q.Size}} {
		if err := wholeNumber(n.text, n.to); err != nil {
			return mingjing.AccessProof{}, err
		}
	}
	return c.s.casework.AccessLog.AccessProof(c.ctx(), c.actor(), q)
}

// wholeNumber parses a number of a query that is not negative into to; an empty text
// leaves to unchanged.
func wholeNumber(text string, to *int64) error {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return mingjing.NewError(mingjing.Invalid, "invalid_cursor")
	}
	*to = n
	return nil
}

// writeProofFile sends the whole proof as a file, which can be stored and checked
// anywhere. It is made page by page, and on disk: a log may be long.
func writeProofFile(c *call, _ none) error {
	f, err := c.s.bounds.spool.New(c.clientName())
	if err != nil {
		return err
	}
	defer f.Close()
	var rest []byte // what comes after the entries
	err = c.s.casework.AccessLog.WholeProof(c.ctx(), c.actor(), func(p mingjing.AccessProof) error {
		entries := p.Entries
		if rest == nil {
			p.Entries, p.Next = []mingjing.ProvenEntry{}, 0
			head, err := json.MarshalIndent(p, "", " ")
			if err != nil {
				return err
			}
			before, after, _ := bytes.Cut(head, []byte(noEntries))
			rest = append([]byte("]"), after...)
			if _, err := f.Write(append(before, noEntries[:len(noEntries)-1]...)); err != nil {
				return err
			}
		} else if len(entries) > 0 {
			if _, err := f.Write([]byte(",\n")); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return nil
		}
		part, err := json.MarshalIndent(entries, "", " ")
		if err != nil {
			return err
		}
		_, err = f.Write(part[1 : len(part)-1]) // without its brackets
		return err
	})
	if err == nil {
		_, err = f.Write(append(rest, '\n'))
	}
	if full := spoolError(err); full != nil {
		return full
	}
	if err != nil {
		return err
	}
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-access-log.json"}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.end()
	extendWriteDeadline(c.w, int(f.Size()))
	sendFile(c.w, f)
	return nil
}

// noEntries is the list of entries of a proof that has none, as it is written.
const noEntries = `"entries": []`

// treeFiles are the public addresses of the access log's tree (C2SP tlog-tiles,
// without entries): hashes and signatures, which tell nothing about anybody.
var treeFiles = map[string]func(*call) error{
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
	return c.write(http.StatusOK, data)
}

func serveLogKey(c *call) error {
	key := c.s.casework.AccessLog.LogKey()
	if key == "" {
		return mingjing.NewError(mingjing.NotFound, "not_found")
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

// serveTile sends a tile of hashes. A tile that exists never changes.
func serveTile(c *call) error {
	path := c.r.PathValue("path")
	tile, err := tlog.ParseTilePath("tile/8/" + path)
	if err != nil || strings.HasPrefix(path, "data/") {
		return mingjing.NewError(mingjing.NotFound, "not_found")
	}
	data, err := c.s.casework.AccessLog.Tile(c.ctx(), tile)
	if err != nil {
		return err
	}
	return c.public("application/octet-stream", "public, max-age=604800, immutable", data)
}
