package mingjing

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// The access log is a transparency log: see package logproof, which makes and checks
// its proofs. The types here are what a proof and the result of a check say. They are
// without the cryptography, so that the programs that draw pages need not link it.

// A ProvenEntry is an entry of the access log with all that proves it.
type ProvenEntry struct {
	AccessEntry
	// Salt is 32 random bytes that are known to nobody else.
	Salt []byte `json:"salt"`
	// Prev is the commitment to the same resident's entry before; nil for the first.
	Prev []byte `json:"prev,omitempty"`
	// Leaf is its position in the tree, from 0.
	Leaf int64 `json:"leaf"`
	// Proof proves that the tree has the entry at Leaf (RFC 6962, 2.1.1).
	Proof []tlog.Hash `json:"proof"`
}

// A Checkpoint is the state of a tree: which log's, how many leaves, and the hash
// of them all.
type Checkpoint struct {
	Origin string    `json:"origin"`
	Size   int64     `json:"size"`
	Root   tlog.Hash `json:"root"`
}

// An AccessProof is the proof of a resident's access log: a page of its entries, or all
// of them, and the state of the tree that contains them.
type AccessProof struct {
	// Key is the log's public key, Checkpoint the state of the tree, signed.
	Key        string `json:"key"`
	Checkpoint string `json:"checkpoint"`
	// Since is the size of an earlier tree, 0 for none; Consistency proves that the
	// tree contains that one unchanged (RFC 6962, 2.1.2).
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
// proof that the state in the [AccessProof] contains it unchanged.
type WitnessedCheckpoint struct {
	// Key is the public key of the witness.
	Key         string      `json:"key"`
	Checkpoint  string      `json:"checkpoint"`
	Consistency []tlog.Hash `json:"consistency"`
}

// An AccessMemory is what a browser stores from one check to the next. It names nobody
// and opens nothing: it has sizes, hashes and public keys.
type AccessMemory struct {
	Checkpoint
	// Key is the log's public key as it was at the first check.
	Key string `json:"key"`
	// Since is the time of the first check; the log was not rewritten since then.
	Since time.Time `json:"since"`
	// Witnesses are the public keys of the witnesses whose cosignature was seen.
	Witnesses []string `json:"witnesses,omitempty"`
	// Seq is the number of entries that the checked access log had, and Commitment the
	// commitment to the last of them; neither tells whose log it was. The next check of
	// the same log can start there.
	Seq        int64  `json:"seq,omitempty"`
	Commitment []byte `json:"commitment,omitempty"`
}

// A CheckTask is what a page sends to the program that checks the log.
type CheckTask struct {
	// Shown is the access log as the page shows it, or nil.
	Shown *AccessLogView `json:"shown"`
	// Kept is what the browser has stored of the last check, or nil.
	Kept *AccessMemory `json:"kept"`
	Now  time.Time     `json:"now"`
}

// A CheckResult is what the program that checks the log answers.
type CheckResult struct {
	Check AccessCheck `json:"check"`
	// Fresh is what to store if the resident chooses to start again; nil unless the
	// proof contradicts nothing but what was stored.
	Fresh *AccessMemory `json:"fresh"`
	// Unread says that the proof could not be read; then the log is neither good nor
	// bad.
	Unread bool `json:"unread"`
}

// An AccessCheck is the result of a check of the access log.
type AccessCheck struct {
	// Entries is the number of entries, From and To the time of the first and the last
	// of those that were read.
	Entries  int
	From, To time.Time
	// Checkpoint is the state of the tree; empty when it has no good signature.
	Checkpoint Checkpoint
	// Since is the time since which the log is known not to have been rewritten; zero
	// at the first check.
	Since     time.Time
	Witnesses []WitnessCheck
	// Problems are what is wrong; none when all is well.
	Problems []LogProblem
	// Memory is what to store for the next check; nil where what is stored has to stay,
	// as evidence.
	Memory *AccessMemory
}

// A WitnessCheck is the newest cosignature of a witness.
type WitnessCheck struct {
	Name string
	At   time.Time
	Size int64
	// Late says that the cosignature is older than an hour.
	Late bool
}

// A LogProblem is one thing that is wrong with the access log.
type LogProblem struct {
	// Code is one of [LogProblems] (i18n "look_problem.<code>").
	Code string
	// Seqs are the numbers of the entries that it is about; none if it is about no
	// entry.
	Seqs []int64
	// Names are the names of the witnesses that it is about.
	Names []string
}

// What can be wrong with the access log.
const (
	// LogSignature: the state of the tree is not signed by the log's key.
	LogSignature = "signature"
	// LogKeyChanged: the log signs with another key than before.
	LogKeyChanged = "key_changed"
	// LogRolledBack: the tree is smaller than it was.
	LogRolledBack = "rolled_back"
	// LogRewritten: the tree does not contain the earlier tree unchanged.
	LogRewritten = "rewritten"
	// LogSplit: others are shown another tree.
	LogSplit = "split"
	// LogWitnessGone: a witness that used to cosign is missing.
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
	// LogShown: the page shows an entry that the log does not have, or leaves one out.
	LogShown = "shown"
)

// LogProblems are all codes of problems, the worst first.
var LogProblems = []string{LogRewritten, LogRolledBack, LogSplit, LogChanged, LogMissing, LogDouble, LogOrder, LogChain, LogShown,
	LogKeyChanged, LogSignature, LogWitnessGone, LogWitnessSilent}
