package takeaway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/evidence"
)

// gather returns everything that is held on a resident. The entry is the worker's: the
// resident who asked for it has one of their own.
func (c *Takeaway) gather(ctx context.Context, rd *kernel.Reader, job Export) (*exporter, error) {
	me := job.Resident
	now := c.city.Now().UTC()
	h := &exporter{export: mingjing.Export{Version: mingjing.ExportVersion, MadeAt: now, City: c.city.Books()[0].City,
		Zone: c.city.Books()[0].Zone,
		Lang: job.Lang, Requests: []mingjing.ExportRequest{}, Records: []mingjing.ExportRecord{}, Listings: []mingjing.ExportListing{},
		Disputes: []mingjing.ExportDispute{}, Drafts: []mingjing.ExportDraft{}, Sendings: []time.Time{},
		Notices: []mingjing.Notice{}, AccessLog: []mingjing.AccessEntry{}}}
	e := &h.export
	r, err := read(rd).Resident(ctx, me)
	if err != nil {
		return nil, err
	}
	e.Identity = mingjing.ExportIdentity{ResidentID: me, IDNumber: string(r.IDNumber), Name: r.Name, EnrolledAt: r.CreatedAt,
		Address: r.Address, Language: r.Lang}
	if e.Consents, err = read(rd).Consents(ctx, me); err != nil {
		return nil, err
	}
	if e.Scores, err = read(rd).Scores(ctx, me, "", kernel.MaxList); err != nil {
		return nil, err
	}
	if e.Counterfactuals, err = c.scores.Counterfactuals(ctx, rd, me); err != nil {
		return nil, err
	}
	if e.Inquiries, err = inquiry.InquiriesAbout(ctx, rd, me, 0, 1<<62); err != nil {
		return nil, err
	}
	if e.Complaints, err = complaint.ComplaintsOf(ctx, rd, me); err != nil {
		return nil, err
	}
	if e.Shares, err = c.shares.SharesOf(ctx, rd, me); err != nil {
		return nil, err
	}
	if e.Helping, err = c.mandates.MandatesFor(ctx, rd, me); err != nil {
		return nil, err
	}
	sent, err := read(rd).SendingsOf(ctx, me)
	if err != nil {
		return nil, err
	}
	e.Sendings = append(e.Sendings, sent...)
	for _, part := range []func(context.Context, *kernel.Reader, mingjing.ResidentID, *exporter) error{
		c.gatherRequests, c.gatherHeld, c.gatherCases, c.gatherDrafts, c.gatherNotices, c.gatherLooks} {
		if err := part(ctx, rd, me, h); err != nil {
			return nil, err
		}
	}
	if c.accessLog.LogKey() == "" {
		return h, nil
	}
	proof, err := c.accessLog.ProofOf(ctx, rd, me, accesslog.ProofQuery{All: true})
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(proof, "", " ")
	h.files = append(h.files, packed{"access-log-proof.json", data})
	return h, err
}

func (c *Takeaway) gatherRequests(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	requests, err := read(rd).Requests(ctx, me)
	if err != nil {
		return err
	}
	all, err := read(rd).SourcesOfAll(ctx, me)
	for _, r := range requests {
		x := mingjing.ExportRequest{ID: r.ID, Rulebook: r.Rulebook, State: r.State, CreatedAt: r.CreatedAt, Deadline: r.Deadline,
			FinishedAt: r.FinishedAt, ScoreID: r.ScoreID, Sources: []mingjing.ExportSource{}}
		for _, s := range c.scores.AllSources(r, all[r.ID]) {
			out := mingjing.ExportSource{Source: s.Source}
			if s.Reply != nil {
				out.Reply = &mingjing.ExportReply{Records: []mingjing.ExportReplyRecord{}, Listings: []mingjing.ExportReplyListing{}}
				for _, k := range s.Reply.Records {
					out.Reply.Records = append(out.Reply.Records, mingjing.ExportReplyRecord(k))
				}
				for _, k := range s.Reply.Listings {
					out.Reply.Listings = append(out.Reply.Listings, mingjing.ExportReplyListing(k))
				}
			}
			x.Sources = append(x.Sources, out)
		}
		h.export.Requests = append(h.export.Requests, x)
	}
	return err
}

func (c *Takeaway) gatherHeld(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	records, err := read(rd).Records(ctx, me)
	if err != nil {
		return err
	}
	open, err := cases.OpenCasesOf(ctx, rd.Tx, me)
	if err != nil {
		return err
	}
	for _, r := range records {
		v := c.records.RecordView(r, open)
		h.export.Records = append(h.export.Records, mingjing.ExportRecord{Record: r.Record, Ref: r.Ref, Submitted: r.Intake,
			RemovedOn: r.RemovedOn, Area: v.Area, Effect: v.Effect, Ends: v.Ends})
	}
	listings, err := read(rd).Listings(ctx, me)
	if err != nil {
		return err
	}
	for _, l := range listings {
		v := c.listings.ListingView(l, open)
		h.export.Listings = append(h.export.Listings, mingjing.ExportListing{Listing: l.Listing, Ref: l.Ref,
			Effective: v.Effective, Effect: v.Effect})
	}
	return nil
}

// gatherCases adds the cases, their files, and what is needed for the letters of those
// that are decided.
func (c *Takeaway) gatherCases(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	disputes, err := read(rd).CasesOf(ctx, me, kernel.MaxList)
	if err != nil {
		return err
	}
	own, err := c.cases.ShowAllOwn(ctx, rd, me, disputes)
	if err != nil {
		return err
	}
	for i, d := range slices.Backward(disputes) {
		shown := own[i]
		x := mingjing.ExportDispute{Case: shown, Files: []mingjing.ExportFile{}}
		add := func(kind string, e mingjing.Evidence) error {
			if err := h.reserve(e.Size); err != nil {
				return err
			}
			_, data, err := read(rd).EvidenceData(ctx, e.ID)
			if err != nil {
				return err
			}
			x.Files = append(x.Files, h.addFile(kind, e.ID, "cases/"+d.ID+"/"+e.ID+"-"+e.Name, data))
			return nil
		}
		for _, e := range shown.Evidence {
			if e.State == mingjing.EvidenceRefused { // nothing of it is kept
				continue
			}
			if err := add(mingjing.FileEvidence, e); err != nil {
				return err
			}
		}
		if a := shown.Answer; a != nil && a.Document != nil {
			if err := add(mingjing.FileAgency, *a.Document); err != nil {
				return err
			}
		}
		h.export.Disputes = append(h.export.Disputes, x)
		if d.Decision == nil {
			continue
		}
		l, err := c.cases.LetterOf(ctx, rd, d, nil)
		if err != nil {
			return err
		}
		h.letters = append(h.letters, l)
	}
	return nil
}

// gatherDrafts adds what was typed into forms and not sent, with its files.
func (c *Takeaway) gatherDrafts(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	drafts, err := c.drafts.DraftsOf(ctx, rd, me)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		x := mingjing.ExportDraft{Draft: d, Files: []mingjing.ExportFile{}}
		for _, f := range d.Files {
			if f.State == mingjing.DraftFileRefused { // nothing of it is kept
				continue
			}
			if err := h.reserve(f.Received); err != nil {
				return err
			}
			data, err := c.drafts.FileOf(ctx, rd, f.ID)
			if err != nil {
				return err
			}
			at := "drafts/" + d.ID + "/" + f.ID + "-" + evidence.SafeName(f.Name, path.Ext(f.Name))
			x.Files = append(x.Files, h.addFile(mingjing.FileDraft, "", at, data))
		}
		h.export.Drafts = append(h.export.Drafts, x)
	}
	return nil
}

// reserve counts the bytes of a file that will be packed; the error says that they are too
// many.
func (h *exporter) reserve(bytes int64) error {
	if h.size += bytes; h.size > mingjing.MaxExportBytes {
		return errTooMuch
	}
	return nil
}

// addFile adds a file to those that are packed, and returns its description.
func (h *exporter) addFile(kind, evidence, path string, data []byte) mingjing.ExportFile {
	h.files = append(h.files, packed{path, data})
	sum := sha256.Sum256(data)
	return mingjing.ExportFile{Kind: kind, EvidenceID: evidence, Path: path, SHA256: hex.EncodeToString(sum[:])}
}

// exportLetter adds the decision letter of a case as a PDF.
func (c *Takeaway) exportLetter(h *exporter, l mingjing.LetterView) error {
	if c.printer == nil {
		return nil
	}
	data, err := c.printer.Letter(h.export, l)
	if err != nil {
		return fmt.Errorf("set a letter: %w", err)
	}
	i := slices.IndexFunc(h.export.Disputes, func(d mingjing.ExportDispute) bool { return d.ID == l.Dispute.ID })
	d := &h.export.Disputes[i]
	d.Files = append(d.Files, h.addFile(mingjing.FileLetter, "", "cases/"+d.ID+"/letter.pdf", data))
	return nil
}

// exportPage is how many lines of a list are read at once.
const exportPage = 500

func (c *Takeaway) gatherNotices(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	for before := int64(0); ; {
		notices, err := read(rd).Notices(ctx, me, before, exportPage)
		if err != nil {
			return err
		}
		for _, n := range notices {
			before = n.Seq
			h.export.Notices = append(h.export.Notices, n.Notice)
		}
		if len(notices) < exportPage {
			break
		}
	}
	slices.Reverse(h.export.Notices)
	p, err := notice.PrefsOf(ctx, rd, me)
	if err != nil {
		return err
	}
	h.export.Settings = mingjing.ExportSettings{Lang: p.Lang, Off: append([]mingjing.NoticeKind{}, p.Off...), Push: !p.PushOff,
		Mail:     !p.MailOff,
		ShowText: p.ShowText, Email: p.Email, PendingEmail: p.Pending, Devices: []mingjing.PushDevice{}}
	devices, err := read(rd).Devices(ctx, me)
	for _, d := range devices {
		h.export.Settings.Devices = append(h.export.Settings.Devices, d.PushDevice)
	}
	return err
}

func (c *Takeaway) gatherLooks(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, h *exporter) error {
	for before := int64(0); ; {
		looks, err := read(rd).AccessEntries(ctx, me, false, before, exportPage)
		if err != nil {
			return err
		}
		h.export.AccessLog = append(h.export.AccessLog, looks...)
		if len(looks) < exportPage {
			break
		}
		before = looks[len(looks)-1].Seq
	}
	slices.Reverse(h.export.AccessLog)
	return nil
}
