package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/evidence"
)

// onceHeader is the header by which a program names a request, keyField the field by which
// a form does (draft-ietf-httpapi-idempotency-key-header-07). Every form has one; a program
// that leaves it out takes care itself.
const (
	onceHeader = "Idempotency-Key"
	keyField   = "idempotency_key"
	maxKey     = 128
)

// key returns the idempotency key of the request, or "". In the header it may stand in
// quotation marks, as the draft has it.
func (c *call) key() string {
	return cmp.Or(strings.Trim(c.r.Header.Get(onceHeader), `" `), c.in.get(keyField))
}

// retryKey returns the key of a form that is shown again because something was wrong with
// it, so that it is still the same one; "" where there is none.
func (c *call) retryKey(p *mingjing.Problem) string {
	key := c.in.get(keyField)
	if p == nil || p.Code == keyUsedCode || !wellFormedID(key) {
		return ""
	}
	return key
}

// keyUsedCode is the code of the problem that something else was sent with the key.
const keyUsedCode = "key_used"

// sending names the request. What anybody may send is stored of nobody.
func (c *call) sending(access mingjing.Access) kernel.Sending {
	s := kernel.Sending{Key: c.key(), Action: c.r.URL.EscapedPath(), Content: c.in.digest()}
	if access != mingjing.Anyone {
		s.Actor = c.actor()
	}
	for _, name := range slices.Sorted(maps.Keys(c.in.values)) {
		// One page may have several forms for one address, each about another thing.
		if strings.HasSuffix(name, "_id") || name == "rulebook" {
			s.Action += "\n" + name + "=" + c.in.get(name)
		}
	}
	return s
}

// digest returns a hash of the content: values by name, and the names and hashes of the
// files. The language in which it is answered is no part of it, nor are the files of a
// draft, which goes when the form was sent.
func (in *input) digest() []byte {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(in.values)) {
		if name != keyField && name != "lang" && name != "draft" {
			fmt.Fprintf(sum, "%q %q\n", name, in.values[name])
		}
	}
	for _, f := range in.files[in.drafted:] {
		fmt.Fprintf(sum, "file %x\n", fileHash(f))
	}
	return sum.Sum(nil)
}

// fileHash returns a hash of the name and the content of a file.
func fileHash(f evidence.Upload) []byte {
	sum := sha256.Sum256([]byte(strconv.Quote(f.Name) + string(f.Data)))
	return sum[:]
}

func fileHashes(files []evidence.Upload) (all [][]byte) {
	for _, f := range files {
		all = append(all, fileHash(f))
	}
	return all
}

// without returns the files that are not among those with these hashes.
func without(files []evidence.Upload, hashes [][]byte) (left []evidence.Upload) {
	for _, f := range files {
		if hash := fileHash(f); !slices.ContainsFunc(hashes, func(h []byte) bool { return bytes.Equal(h, hash) }) {
			left = append(left, f)
		}
	}
	return left
}

// An outcome is what is stored of an action that was done.
type outcome struct {
	Page  string `json:"page,omitempty"`
	ID    string `json:"id,omitempty"`
	Query string `json:"query,omitempty"`
	Done  string `json:"done,omitempty"`
	// Out is the JSON answer; empty where it is made anew.
	Out json.RawMessage `json:"out,omitempty"`
	// Files are the hashes of the files that were sent, those of the draft among them.
	Files [][]byte `json:"files,omitempty"`
}

func (o outcome) redirect() redirect {
	return redirect{page: o.Page, id: o.ID, query: o.Query, done: o.Done}
}

// remade are the answers that are not stored. They are made anew, because they have the
// data of somebody else than who gets them, who may no longer see it.
var remade = map[reflect.Type]func(c *call, to redirect) (any, error){
	reflect.TypeFor[mingjing.Case](): func(c *call, to redirect) (any, error) {
		if to.page == "helping" {
			return c.s.casework.Cases.Helping(c.ctx(), c.actor(), to.id)
		}
		return c.s.casework.Cases.Dispute(c.ctx(), c.actor(), to.id)
	},
	reflect.TypeFor[mingjing.ScoreRequest](): func(c *call, to redirect) (any, error) {
		return c.s.casework.Scores.ScoreRequest(c.ctx(), c.actor(), to.id)
	},
	reflect.TypeFor[mingjing.CaseView](): func(c *call, to redirect) (any, error) {
		k, err := c.s.casework.Desk.Case(c.ctx(), c.actor(), to.id)
		if k.Closed { // it is somebody else's by now; what it is about is shown with its resident, or not at all
			k.Record, k.Listing = nil, nil
		}
		return k, err
	},
	reflect.TypeFor[mingjing.RelativesView](): func(c *call, _ redirect) (any, error) {
		return c.s.casework.Desk.Relatives(c.ctx(), c.actor())
	},
	reflect.TypeFor[mingjing.ComplaintCase](): func(c *call, _ redirect) (any, error) {
		return c.s.casework.Complaints.ComplaintCase(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	reflect.TypeFor[mingjing.InquiryCase](): func(c *call, _ redirect) (any, error) {
		return c.s.casework.Inquiries.InquiryCase(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	reflect.TypeFor[mingjing.AgencyQuestion](): func(c *call, _ redirect) (any, error) {
		return c.s.casework.Agencies.AgencyQuestion(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	reflect.TypeFor[mingjing.ModeratedComment](): func(c *call, to redirect) (any, error) {
		return c.s.casework.Comments.ModeratedComment(c.ctx(), c.actor(), to.id)
	},
	// What has a resident's one-time code is stored nowhere.
	reflect.TypeFor[mingjing.CounterView](): shownOnce,
	reflect.TypeFor[mingjing.EnrolView]():   shownOnce,
}

// shownOnce refuses to show a one-time code again.
func shownOnce(*call, redirect) (any, error) {
	return nil, mingjing.NewError(mingjing.Conflict, "shown_once")
}

// once does the action, or answers what was answered before to the same request.
func (a action[In, Out]) once(c *call, in In) (out Out, to redirect, err error) {
	key := c.key()
	switch {
	case a.repeats != "" || key == "":
		if out, to, err = a.do(c, in); err == nil {
			c.endDraft()
		}
		return out, to, err
	case len(key) > maxKey:
		return out, to, mingjing.InvalidFields(mingjing.FieldError{Field: keyField, Code: "too_long"})
	}
	of := reflect.TypeFor[Out]()
	run := func(ctx context.Context) ([]byte, error) {
		defer c.within(ctx)()
		if out, to, err = a.do(c, in); err != nil {
			return nil, err
		}
		c.endDraft()
		kept := outcome{Page: to.page, ID: to.id, Query: to.query, Done: to.done, Files: fileHashes(c.in.files)}
		if remade[of] == nil {
			if kept.Out, err = json.Marshal(out); err != nil {
				return nil, err
			}
		}
		return json.Marshal(kept)
	}
	do := c.s.casework.City.Once
	if a.outside {
		do = c.s.casework.City.OnceOutside
	}
	before, err := do(c.ctx(), c.sending(a.access), run)
	if err != nil || before == nil {
		return out, to, err
	}
	return a.again(c, before)
}

// again returns what was answered before, or refuses a request with other content and says
// what was done.
func (a action[In, Out]) again(c *call, before *kernel.Answered) (out Out, to redirect, err error) {
	var kept outcome
	if err := json.Unmarshal(before.Answer, &kept); err != nil {
		return out, to, err
	}
	to = kept.redirect()
	// A draft with other files was begun after the form was sent.
	if before.Differs || len(without(c.in.files[:c.in.drafted], kept.Files)) > 0 {
		values := map[string]string{"at": before.At.Format(time.RFC3339)}
		if to.page != "" {
			values["page"], values["id"] = to.page, to.id
		}
		if slices.Contains(casePages, to.page) {
			values["add"] = evidencePath(to.id)
		}
		c.in.files = without(c.in.files, kept.Files)
		return out, to, &mingjing.Error{Kind: mingjing.Invalid, Code: keyUsedCode, Values: values}
	}
	if remake := remade[reflect.TypeFor[Out]()]; remake != nil {
		if c.format() != asJSON && a.shows == nil {
			return out, to, nil // the page shows it
		}
		v, err := remake(c, to)
		if err == nil {
			out, _ = v.(Out)
		}
		return out, to, err
	}
	return out, to, json.Unmarshal(kept.Out, &out)
}

// casePages are the pages on which somebody adds to a case.
var casePages = []string{"dispute", "helping"}

// offerRest prepares the page of the case that was filed by a form that was sent again with
// other content. What the case does not have yet becomes the draft of what is added to it.
func (c *call) offerRest(p *mingjing.Problem) error {
	name, id := p.Values["page"], p.Values["id"]
	d, err := c.s.casework.Cases.Dispute(c.ctx(), c.actor(), id)
	if err != nil {
		return err
	}
	at, err := c.s.draftOf(evidencePath(id) + " " + strings.TrimPrefix(mingjing.Path(c.lang, name, id), "/"+c.lang+"/"))
	if err != nil {
		return err
	}
	there, err := c.s.casework.Drafts.DraftUploads(c.ctx(), c.actor(), at.Place)
	if err != nil {
		return err
	}
	var fields []mingjing.DraftField
	if words := kernel.TypedText(c.in.get("statement")); words != d.Statement {
		fields = []mingjing.DraftField{{Name: "statement", Value: words}}
	}
	if _, err := c.s.casework.Drafts.SaveDraft(c.ctx(), c.actor(), at.Place, fields, without(c.in.files, fileHashes(there))); err != nil {
		return err
	}
	c.endDraft()
	c.r.SetPathValue("id", id)
	c.errorPage = name
	return nil
}

// within makes the call use a transaction, until its return value is called.
func (c *call) within(ctx context.Context) func() {
	before := c.txCtx
	c.txCtx = ctx
	return func() { c.txCtx = before }
}
