package api

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"mingjing"
	"mingjing/server/guard"
)

// Bounds on what one client has under way, and all together. A client is a person who is
// logged in, or the network of somebody who is not.
const (
	// bodyMemory is for bodies without files that are being read: of one client, of all.
	bodyMemory, allBodyMemory = 4 << 20, 128 << 20
	// answerMemory is for answers that are being sent, beyond which they wait on disk, as
	// all do that are longer than longAnswer.
	answerMemory, allAnswerMemory = 2 << 20, 64 << 20
	longAnswer                    = 256 << 10
	// uploadsAtOnce is how many forms with files of one person are received at a time.
	uploadsAtOnce = 4
	// fileMemory is for the files of forms that have been received, while they are
	// checked and stored: of those with more than smallFiles bytes, and of the others.
	// Each person has one at a time.
	fileMemory, smallFileMemory, smallFiles = 128 << 20, 64 << 20, 16 << 20
	// batchesAtOnce is how many batches of one network are read at a time, batchMemory is
	// for those of all.
	batchesAtOnce, batchMemory = 4, 64 << 20
	// readsAtOnce is how many reads of one person are made at a time, networkReadsAtOnce
	// those of one network, heavyAtOnce those that take long, of all; of one person it is one.
	readsAtOnce, networkReadsAtOnce, heavyAtOnce = 4, 64, 2
	// readRate is what the reads of one person may cost within a minute; one that takes
	// long costs heavyCost.
	readRate, heavyCost = 1200, 20
	// networkRate is how many pages one network may read within a minute without a login.
	networkRate = 3000
	// turnWait is how long a request waits for its turn.
	turnWait = time.Minute
	// Of what is on its way on disk: of one client, of all.
	onDisk, allOnDisk = 256 << 20, 2 << 30
)

// bounds count what clients have under way.
type bounds struct {
	spool           *guard.Spool
	bodies, answers *guard.Budget
	uploads         *guard.Places
	files, small    *guard.Places
	batches         *guard.Places
	reads, visits   *guard.Places
	heavy           *guard.Places
	rates, crawls   *guard.Rates
}

func newBounds(spool *guard.Spool) *bounds {
	if spool == nil {
		spool = guard.NewSpool("", onDisk, allOnDisk)
	}
	return &bounds{spool: spool, bodies: guard.NewBudget(bodyMemory, allBodyMemory), answers: guard.NewBudget(answerMemory, allAnswerMemory),
		uploads: guard.NewPlaces(uploadsAtOnce, math.MaxInt64),
		files:   guard.NewPlaces(1, fileMemory), small: guard.NewPlaces(1, smallFileMemory),
		batches: guard.NewPlaces(batchesAtOnce, batchMemory),
		reads:   guard.NewPlaces(readsAtOnce, math.MaxInt64), visits: guard.NewPlaces(networkReadsAtOnce, math.MaxInt64),
		heavy: guard.NewPlaces(1, heavyAtOnce), rates: guard.NewRates(readRate, time.Minute),
		crawls: guard.NewRates(networkRate, time.Minute)}
}

// clientName returns the name by which bounds count who sent the request.
func (c *call) clientName() string {
	if c.who != nil {
		return string(c.who.Actor.Role) + " " + c.who.Actor.Agency + " " + c.who.Actor.ID
	}
	return "network " + guard.Network(c.s.addr(c.r))
}

// atEnd has something done when the answer begins, or the request ends without one.
func (c *call) atEnd(f func()) { c.ends = append(c.ends, f) }

// end does what was to be done at the end.
func (c *call) end() {
	for _, f := range c.ends {
		f()
	}
	c.ends = nil
}

// tooMuch is the error of a client who has too much under way.
func tooMuch(wait time.Duration) error {
	return mingjing.NewError(mingjing.Limited, "too_much_at_once", "seconds", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}

// overload is the error where all together have too much under way.
func overload() error { return mingjing.NewError(mingjing.Unavailable, "unavailable") }

// await waits for a place, which is given back when the answer begins.
func (c *call) await(p *guard.Places, size int64) error {
	ctx, stop := context.WithTimeout(c.ctx(), turnWait)
	defer stop()
	leave, err := p.Enter(ctx, c.clientName(), size)
	if err != nil {
		if c.r.Context().Err() != nil {
			return err
		}
		return overload()
	}
	c.atEnd(leave)
	return nil
}

// mayRead waits for the turn of a read, and counts what it costs. Who is logged in is
// counted by person, everybody else by network.
func (c *call) mayRead(heavy bool) error {
	if c.who == nil {
		if wait := c.s.bounds.crawls.Spend(c.clientName(), 1); wait > 0 {
			return tooMuch(wait)
		}
		return c.await(c.s.bounds.visits, 1)
	}
	cost := int64(1)
	if heavy {
		cost = heavyCost
	}
	if wait := c.s.bounds.rates.Spend(c.clientName(), cost); wait > 0 {
		return tooMuch(wait)
	}
	if heavy {
		if err := c.await(c.s.bounds.heavy, 1); err != nil {
			return err
		}
	}
	return c.await(c.s.bounds.reads, 1)
}

// readBody reads a body without files into memory, as far as there is room for it.
func (c *call) readBody(limit int64) ([]byte, error) {
	if c.r.ContentLength > limit {
		c.w.Header().Set("Connection", "close") // it is not read
		return nil, errTooLarge
	}
	var (
		body  = http.MaxBytesReader(c.w, c.r.Body, limit)
		whole []byte
		part  = make([]byte, 4<<10)
		name  = c.clientName()
	)
	for {
		n, err := body.Read(part)
		if n > 0 {
			switch ok, own := c.s.bounds.bodies.Take(name, int64(n)); {
			case !ok && own:
				return nil, tooMuch(uploadSilence)
			case !ok:
				return nil, overload()
			}
			c.atEnd(func() { c.s.bounds.bodies.Give(name, int64(n)) })
			whole = append(whole, part[:n]...)
		}
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return nil, bodyError(err)
		}
	}
}

// receive reads a body to disk, however slow it comes. The rest of one for which there is no room is read
// and dropped, because a browser shows an answer only after it has sent everything.
func (c *call) receive(limit int64) (*guard.File, error) {
	body := http.MaxBytesReader(c.w, c.r.Body, limit)
	f, err := c.s.bounds.spool.New(c.clientName())
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, body)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if full := spoolError(err); full != nil {
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, bodyError(err)
		}
		return nil, full
	}
	return nil, bodyError(err)
}

// spoolError returns what the person is told of an error of the spool; nil for another
// error.
func spoolError(err error) error {
	switch {
	case errors.Is(err, guard.ErrFull):
		return tooMuch(turnWait)
	case errors.Is(err, guard.ErrAllFull):
		return overload()
	}
	return nil
}

// A patientBody reads a body of any length, as long as something of it comes and it is not
// slower than [slowestBody].
type patientBody struct {
	io.ReadCloser
	deadlines *http.ResponseController
	now       func() time.Time
	began     time.Time
	read      int64
	// extended is when the deadlines were last set.
	extended time.Time
}

const (
	// uploadSilence is for how long nothing may come of an upload. There is no limit on
	// the whole, since a phone at the edge of its network is slow.
	uploadSilence = time.Minute
	// slowestBody is the least speed of an upload after [uploadSilence], on the average, in bytes a
	// second.
	slowestBody = 2 << 10
)

// limitSilence gives the body of the request the time that it takes, as long as it is
// never silent for [uploadSilence] nor slower than [slowestBody].
func (c *call) limitSilence() *patientBody {
	body := &patientBody{ReadCloser: c.r.Body, deadlines: http.NewResponseController(c.w), now: time.Now}
	body.began = body.now()
	c.r.Body = body
	return body
}

// errTooSlow ends a body that comes slower than [slowestBody].
var errTooSlow = errors.New("api: the body comes too slowly")

// Read implements [io.Reader].
func (b *patientBody) Read(p []byte) (int, error) {
	now := b.now()
	due := b.began.Add(uploadSilence + time.Duration(b.read/slowestBody)*time.Second)
	if now.After(due) {
		return 0, errTooSlow
	}
	if now.Sub(b.extended) > time.Second {
		b.extended = now
		until := now.Add(uploadSilence)
		if due.Before(until) {
			until = due
		}
		_ = b.deadlines.SetReadDeadline(until) // a connection without deadlines needs none
		_ = b.deadlines.SetWriteDeadline(until.Add(2 * turnWait))
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}

// write sends an answer. Work for others begins before it does, and what a slow client has
// not taken yet is on disk, unless it is short: nobody takes memory by reading slowly.
func (c *call) write(status int, data []byte) error {
	c.end()
	extendWriteDeadline(c.w, len(data))
	name := c.clientName()
	short := len(data) <= longAnswer
	if short {
		if short, _ = c.s.bounds.answers.Take(name, int64(len(data))); short {
			defer c.s.bounds.answers.Give(name, int64(len(data)))
		}
	}
	if short || c.r.Method == http.MethodHead {
		c.w.WriteHeader(status)
		_, _ = c.w.Write(data) // the client has gone
		return nil
	}
	f, err := c.s.bounds.spool.New(name)
	if err == nil {
		defer f.Close()
		_, err = f.Write(data)
	}
	if err != nil {
		for _, h := range []string{"Content-Length", "Content-Disposition", "Content-Encoding", "Content-Type"} {
			c.w.Header().Del(h)
		}
		if full := spoolError(err); full != nil {
			return full
		}
		return err
	}
	c.w.WriteHeader(status)
	sendFile(c.w, f)
	return nil
}

// sendFile sends a file of the spool. It is a function of its own, so that what the file
// was made of is not kept meanwhile.
func sendFile(w io.Writer, f *guard.File) { _, _ = io.Copy(w, f.Reader(0)) }

// withAddressBound bounds how many requests of one address are under way behind a proxy,
// where connections are the proxy's.
func (s *server) withAddressBound(next http.Handler) http.Handler {
	if s.ProxyHops == 0 || s.PerAddress == 0 {
		return next
	}
	there := guard.NewBudget(int64(s.PerAddress), math.MaxInt64)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := guard.Network(s.addr(r))
		if ok, _ := there.Take(name, 1); !ok {
			w.Header().Set("Retry-After", retryAfter)
			http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
			return
		}
		defer there.Give(name, 1)
		next.ServeHTTP(w, r)
	})
}
