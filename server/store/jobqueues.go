package store

import (
	"slices"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/casework/takeaway"

	"github.com/riverqueue/river"
)

// waiters is how many times more workers a queue has whose jobs mostly wait for other
// computers.
const waiters = 4

// A jobQueue is the kinds of job that share workers. However many jobs of one queue are
// due, those of another begin at once.
type jobQueue struct {
	name  string
	kinds []string
	times int // how many times the workers of [Options] it has
}

// jobQueues are all queues. The first has every kind that is in no other, and the jobs
// that were made when there was only one.
var jobQueues = []jobQueue{
	{river.QueueDefault, nil, 1},
	{"clock", []string{cases.JobClock, holding.JobListing, mandate.JobMandate, inquiry.JobInquiry, complaint.JobComplaint}, 1},
	{"score", []string{score.JobScore}, 1},
	{"ask", []string{score.JobCollect, score.JobAsk}, 1},
	{"question", []string{cases.JobQuestion}, waiters},
	{"batch", []string{intake.JobBatch}, 1},
	{"send", []string{notice.JobNotify, notice.JobConfirm, share.JobCorrection}, waiters},
	{"file", []string{cases.JobFile, draft.JobFile}, 1},
	{"export", []string{takeaway.JobExport, takeaway.JobErase, takeaway.JobDeleteExport}, 1},
}

// queueOf returns the number of the queue that has a kind of job.
func queueOf(kind string) int {
	return max(0, slices.IndexFunc(jobQueues, func(q jobQueue) bool { return slices.Contains(q.kinds, kind) }))
}

// A wakeSet says in which queues jobs are due: bit n is that of queue n.
type wakeSet uint

// allQueues are all of them.
const allQueues = ^wakeSet(0)
