package mingjing

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// The access log is a transparency log: see package logproof, which makes and checks
// its proofs. Here is what such a proof and the result of a check say, without the
// cryptography, which the pages need not have.

// A ProvenEntry is a look with all that proves it.
type ProvenEntry struct {
	AccessEntry
	// Salt is 32 random bytes that are known to nobody else.
	Salt []byte `json:"salt"`
	// Prev is the commitment to the same resident's look before; nil for the first.
	Prev []byte `json:"prev,omitempty"`
	// Leaf is its place in the tree, from 0.
	Leaf int64 `json:"leaf"`
	// Proof says that the tree has it there (RFC 6962, 2.1.1).
	Proof []tlog.Hash `json:"proof"`
}

// A Checkpoint is the state of a tree: which log's, how many leaves, and the hash
// of them all.
type Checkpoint struct {
	Origin string    `json:"origin"`
	Size   int64     `json:"size"`
	Root   tlog.Hash `json:"root"`
}

// A AccessProof is what a resident is given to check the access log with: a page of
// entries, or all of them, and the state of the tree that has them.
type AccessProof struct {
	// Key is the log's public key, Checkpoint the state of the tree, signed.
	Key        string `json:"key"`
	Checkpoint string `json:"checkpoint"`
	// Since is the size that Consistency was asked from, 0 for none; the proof says
	// that the tree grew out of what it was then (RFC 6962, 2.1.2).
	Since       int64       `json:"since"`
	Consistency []tlog.Hash `json:"consistency"`
	// Witnessed are the last states that the witnesses have cosigned.
	Witnessed []WitnessedCheckpoint `json:"witnessed"`
	Resident  ResidentID            `json:"resident"`
	// Entries are oldest first.
	Entries []ProvenEntry `json:"entries"`
	// Next is the number after which the next page begins, 0 at the end.
	Next int64 `json:"next,omitempty"`
}

// A WitnessedCheckpoint is a state of the tree that a witness has cosigned, and the
// proof that the proof's own grew out of it.
type WitnessedCheckpoint struct {
	// Key is the public key of the witness.
	Key         string      `json:"key"`
	Checkpoint  string      `json:"checkpoint"`
	Consistency []tlog.Hash `json:"consistency"`
}

// A AccessMemory is what a phone keeps from one check to the next. Nothing in it names
// anybody or can be opened: it is sizes, hashes and public keys.
type AccessMemory struct {
	Checkpoint
	// Key is the log's public key as it was seen first.
	Key string `json:"key"`
	// Since is when that was: the record was not rewritten since.
	Since time.Time `json:"since"`
	// Witnesses are the public keys of those whose cosignature was seen.
	Witnesses []string `json:"witnesses,omitempty"`
	// Seq is how many entries the access log had that was checked, and Commitment that
	// to the last of them; neither tells whose log it was. The next check of the same
	// log can go on from there.
	Seq        int64  `json:"seq,omitempty"`
	Commitment []byte `json:"commitment,omitempty"`
}

// A CheckTask is what a page has the browser's program check do.
type CheckTask struct {
	// Shown is what the page shows, or nil.
	Shown *AccessLogView `json:"shown"`
	// Kept is what the browser remembers of the last check, or nil.
	Kept *AccessMemory `json:"kept"`
	Now  time.Time     `json:"now"`
}

// A CheckResult is what that program found.
type CheckResult struct {
	Check AccessCheck `json:"check"`
	// Fresh is what to keep where nothing but what was kept stands against the proof.
	Fresh *AccessMemory `json:"fresh"`
	// Unread says that the proof could not be read, so that it is neither good nor bad.
	Unread bool `json:"unread"`
}

// A AccessCheck is the result of a check.
type AccessCheck struct {
	// Looks is how many entries there are, From and To the first and last of those that
	// were read.
	Entries  int
	From, To time.Time
	// Checkpoint is the state of the tree; empty when it has no good signature.
	Checkpoint Checkpoint
	// Since is the time up to which the record is known not to have been rewritten;
	// zero when this is the first time.
	Since     time.Time
	Witnesses []WitnessCheck
	// Problems is what is wrong; there are none when all is well.
	Problems []LogProblem
	// Memory is what to keep for the next time; nil where what was kept is to stay, as
	// evidence.
	Memory *AccessMemory
}

// A WitnessCheck is a witness's last word.
type WitnessCheck struct {
	Name string
	At   time.Time
	Size int64
	// Late says that it was not heard for longer than an hour.
	Late bool
}

// A LogProblem is one kind of thing that is wrong.
type LogProblem struct {
	// Code is one of [LogProblems] (i18n "look_problem.<code>").
	Code string
	// Seqs are the numbers of the looks that it is about, if it is about any.
	Seqs []int64
	// Names are the witnesses that it is about.
	Names []string
}

// What can be wrong with the access log.
const (
	// LogSignature: the state of the tree is not signed by the log's key.
	LogSignature = "signature"
	// LogKeyChanged: the log signs with another key than it did.
	LogKeyChanged = "key_changed"
	// LogRolledBack: the tree is smaller than it was.
	LogRolledBack = "rolled_back"
	// LogRewritten: the tree did not grow out of what it was.
	LogRewritten = "rewritten"
	// LogSplit: others are shown another tree.
	LogSplit = "split"
	// LogWitnessGone: a witness that used to cosign is not there.
	LogWitnessGone = "witness_gone"
	// LogWitnessSilent: a witness has not cosigned for too long.
	LogWitnessSilent = "witness_silent"
	// LogChanged: the tree does not have the entry as it is shown.
	LogChanged = "changed"
	// LogMissing: a number is missing.
	LogMissing = "missing"
	// LogDouble: a number is there twice.
	LogDouble = "double"
	// LogOrder: entries are not in the order in which they were written.
	LogOrder = "order"
	// LogChain: an entry does not follow from the one before.
	LogChain = "chain"
	// LogShown: the page shows what the record does not have, or leaves out what it
	// has.
	LogShown = "shown"
)

// LogProblems are all codes of problems, the worst first.
var LogProblems = []string{LogRewritten, LogRolledBack, LogSplit, LogChanged, LogMissing, LogDouble, LogOrder, LogChain, LogShown,
	LogKeyChanged, LogSignature, LogWitnessGone, LogWitnessSilent}
