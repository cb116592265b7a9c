package score

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Agencies are the public bodies that hold records.
type Agencies interface {
	// Records asks one agency what it holds on one resident. An error means that
	// it did not answer this time; ctx bounds the wait.
	Records(ctx context.Context, agency string, q RecordsQuery) (Reply, error)
}

// A RecordsQuery is what an agency is asked for a score request.
type RecordsQuery struct {
	RequestID string            `json:"request_id"`
	IDNumber  mingjing.IDNumber `json:"id_number"`
	Name      string            `json:"name"`
	// Codes are the catalogue codes that may be answered.
	Codes []string `json:"codes"`
}

// A Reply is what an agency holds, at most [MaxReplyItems] of each.
type Reply struct {
	Records  []ReplyRecord  `json:"records"`
	Listings []ReplyListing `json:"listings"`
}

// A ReplyRecord is a record as the agency sends it. Ref is the agency's own
// stable reference: the same Ref is the same record. ID, Agency, State and
// CollectedAt of the record are ours and ignored.
type ReplyRecord struct {
	Ref string `json:"ref"`
	mingjing.Record
}

// A ReplyListing is a listing as the authority sends it; see [ReplyRecord].
type ReplyListing struct {
	Ref string `json:"ref"`
	mingjing.Listing
}

// A Request is a score request as it is stored.
type Request struct {
	mingjing.ScoreRequest // Progress, Sources and Score are not stored here
	Resident              mingjing.ResidentID
	ScoreID               string

	resident kernel.Resident // of a request that is being worked on
}

// A Source is one agency's part in a request as it is stored.
type Source struct {
	mingjing.Source
	// Reply is what it answered; nil until then.
	Reply *Reply
	// Unmatched is what it answered with another name than the resident's, until it is
	// stored for the agency.
	Unmatched []mingjing.UnmatchedRecord
	// NextTry is when it may be asked again.
	NextTry time.Time
}

// MaxReplyItems bounds the records and the listings of one agency's reply.
const MaxReplyItems = 200
