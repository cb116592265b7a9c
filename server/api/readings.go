package api

import (
	"context"
	_ "embed"
	"mime"
	"net/http"
	"strconv"
	"time"

	"mingjing"
	"mingjing/server/casework"
)

// serveReading answers JSON to whoever may read it.
func (c *call) serveReading(r reading) error {
	if err := c.admit(r.access); err != nil {
		return err
	}
	c.watch()
	out, err := r.get(c)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

// list is how every list is answered.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func items[T any](v []T, next string) list[T] {
	if v == nil {
		v = []T{}
	}
	return list[T]{v, next}
}

func me(c *call) (any, error) {
	v, err := c.s.casework.Viewer(c.ctx(), c.actor())
	v.LockAfter = lockAfter(c.who)
	return struct {
		mingjing.Viewer
		AAL       int       `json:"aal"`
		ExpiresAt time.Time `json:"expires_at"`
	}{v, c.actor().AAL, c.who.ExpiresAt}, err
}

func sessions(c *call) (any, error) {
	v, err := c.s.Identity.Sessions(c.ctx(), c.token)
	return items(v, ""), err
}

func getRequest(c *call) (any, error) {
	return c.s.casework.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func getScore(c *call) (any, error) {
	v, err := c.s.casework.Score(c.ctx(), c.actor(), c.r.URL.Query().Get("rulebook"))
	if err == nil && v == nil {
		err = mingjing.Errorf(mingjing.NotFound, "not_found")
	}
	return v, err
}

// A recordItem is a record with its rule and effect beside it.
type recordItem struct {
	mingjing.Record
	Area   mingjing.Area     `json:"area"`
	Effect []mingjing.Effect `json:"effect"`
	Ends   mingjing.Date     `json:"ends,omitempty"`
}

func getRecords(c *call) (any, error) {
	v, err := c.s.casework.Records(c.ctx(), c.actor())
	out := []recordItem{}
	for _, r := range v.Records {
		out = append(out, recordItem{r.Record, r.Area, r.Effect, r.Ends})
	}
	return items(out, ""), err
}

// A listingItem is a listing with its effect beside it.
type listingItem struct {
	mingjing.Listing
	Effective bool              `json:"effective"`
	Effect    []mingjing.Effect `json:"effect"`
	// Repair says that repair can be applied for now, RepairWhy why not.
	Repair    bool   `json:"repair"`
	RepairWhy string `json:"repair_why,omitempty"`
}

func getListings(c *call) (any, error) {
	v, err := c.s.casework.Listings(c.ctx(), c.actor())
	out := []listingItem{}
	for _, l := range v.Listings {
		out = append(out, listingItem{l.Listing, l.Effective, l.Effect, l.Repair, l.RepairWhy})
	}
	return items(out, ""), err
}

func getSources(c *call) (any, error) {
	v, err := c.s.casework.Sources(c.ctx(), c.actor())
	return items(v.Sources, ""), err
}

func getAccessLog(c *call) (any, error) {
	q := c.r.URL.Query()
	v, err := c.s.casework.AccessLog(c.ctx(), c.actor(), q.Get("others") == "1", q.Get("cursor"))
	return items(v.Looks, v.Next), err
}

func getConsents(c *call) (any, error) {
	v, err := c.s.casework.Consents(c.ctx(), c.actor())
	return items(v.Consents, ""), err
}

func getErasure(c *call) (any, error) {
	return c.s.casework.Erasure(c.ctx(), c.r.PathValue("id"))
}

func getDisputes(c *call) (any, error) {
	v, err := c.s.casework.Disputes(c.ctx(), c.actor())
	return items(v.Disputes, ""), err
}

func getDispute(c *call) (any, error) {
	return c.s.casework.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func (c *call) cases() (mingjing.QueueView, error) {
	q := c.r.URL.Query()
	agency, kind := q.Get("agency"), q.Get("kind")
	if agency == mingjing.AnyAgency {
		agency = ""
	}
	if kind == mingjing.AnyKind {
		kind = ""
	}
	return c.s.casework.Cases(c.ctx(), c.actor(), mingjing.CaseFilter{State: q.Get("state"), Kind: mingjing.CaseKind(kind),
		Late: mingjing.Lateness(q.Get("late")), Mine: q.Get("mine") == "1", Agency: agency, Search: q.Get("search")}, q.Get("cursor"))
}

// A caseItem is a case in the work queue, without what only the case itself shows.
type caseItem struct {
	ID        string                 `json:"id"`
	Kind      mingjing.CaseKind      `json:"kind"`
	Record    *subject               `json:"record,omitempty"`
	Listing   *subject               `json:"listing,omitempty"`
	Reason    mingjing.DisputeReason `json:"reason,omitempty"`
	State     mingjing.DisputeState  `json:"state"`
	FiledAt   time.Time              `json:"filed_at"`
	Clocks    []mingjing.Clock       `json:"clocks"`
	Next      *mingjing.Clock        `json:"next,omitempty"`
	Handler   string                 `json:"handler,omitempty"`
	HandlerID string                 `json:"handler_id,omitempty"`
	Resident  string                 `json:"resident,omitempty"`
	IDMasked  string                 `json:"id_masked,omitempty"`
	Escalated bool                   `json:"escalated"`
	Allowed   []string               `json:"allowed"`
}

// A subject is which record or listing a case is about.
type subject struct {
	ID     string            `json:"id"`
	Agency string            `json:"agency"`
	Code   string            `json:"code"`
	Kind   mingjing.ListKind `json:"kind,omitempty"`
}

func getCases(c *call) (any, error) {
	v, err := c.cases()
	out := []caseItem{}
	for _, k := range v.Cases {
		item := caseItem{ID: k.ID, Kind: k.Kind, Escalated: k.Escalated, Reason: k.Reason, State: k.State, FiledAt: k.FiledAt, Clocks: k.Clocks, Next: k.Next,
			Handler: k.Handler, HandlerID: k.HandlerID, Resident: k.Resident, IDMasked: k.IDMasked, Allowed: k.Allowed}
		if r := k.Record; r != nil {
			item.Record = &subject{ID: r.ID, Agency: r.Agency, Code: r.Code}
		}
		if l := k.Listing; l != nil {
			item.Listing = &subject{ID: l.ID, Agency: l.Agency, Code: l.Code, Kind: l.Kind}
		}
		out = append(out, item)
	}
	return items(out, v.Next), err
}

func getAgencies(c *call) (any, error) {
	return c.s.casework.AgencyFigures(c.ctx())
}

func getCase(c *call) (any, error) {
	return c.s.casework.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
}

// serveEvidence sends a piece of evidence as an attachment, under a policy that
// lets it do nothing if a browser opens it all the same.
func serveEvidence(c *call) error {
	e, data, err := c.s.casework.EvidenceFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.attachment(e, data)
}

func (c *call) attachment(e mingjing.Evidence, data []byte) error {
	c.noStore()
	slowly(c.w, len(data))
	h := c.w.Header()
	h.Set("Content-Type", e.Type)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = c.w.Write(data)
	return nil
}

// serveLive hands the connection to the live stream. Its Origin is checked there,
// against the host that was asked; a proxy of ours may have changed that, so the
// public origin counts as it.
func serveLive(c *call) error {
	c.noStore()
	var after int64
	if text := c.r.URL.Query().Get("after"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
		after = n
	} else {
		last, err := c.s.casework.LastEvent(c.ctx(), c.actor())
		if err != nil {
			return err
		}
		after = last
	}
	if origin := c.r.Header.Get("Origin"); c.s.origin != nil && origin == c.s.origin.Scheme+"://"+c.s.origin.Host {
		c.r.Host = c.s.origin.Host
	}
	c.s.Live.Serve(c.w, c.r, mingjing.Listener{Audience: casework.Audience(c.actor()),
		SessionID: c.who.SessionID, ExpiresAt: c.who.ExpiresAt, After: after})
	return nil
}

//go:embed openapi.json
var openAPI []byte

func serveOpenAPI(c *call) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Cache-Control", "no-cache")
	_, _ = c.w.Write(openAPI)
	return nil
}

// readyTimeout bounds the look at everything that is needed.
const readyTimeout = 5 * time.Second

func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readyTimeout)
	defer stop()
	missing := s.Ready(ctx)
	out := map[string]string{}
	status, word := http.StatusOK, "ready"
	for name, err := range missing {
		s.Logger.Warn("not ready", "part", name, "err", err)
		out[name] = "unavailable"
		status, word = http.StatusServiceUnavailable, "unavailable"
	}
	c := &call{s: s, w: w, r: r}
	_ = c.json(status, map[string]any{"status": word, "missing": out})
}
