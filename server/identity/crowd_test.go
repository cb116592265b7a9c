package identity

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mingjing"
)

// BenchmarkLoginsAtOnce is how many people with the right password the embedded Kratos logs
// in in a second, where 64 of them come at a time. None may be refused.
func BenchmarkLoginsAtOnce(b *testing.B) {
	bin, err := kratosBin()
	if err != nil {
		b.Fatal(err)
	}
	i, err := Open(b.Context(), Config{Embedded: Embedded{Bin: bin, Dir: filepath.Join(b.TempDir(), "kratos")}, Redis: sharedRDB,
		Alone: true, IDKey: testKey, FloorTime: time.Millisecond, Logger: shared.log})
	if err != nil {
		b.Fatal(err)
	}
	defer i.Close()
	const people, atOnce = 192, 64
	var who []mingjing.IDNumber
	for range people {
		n := newNumber()
		if err := i.EnrolResident(b.Context(), residentOf(n), n, password); err != nil {
			b.Fatal(err)
		}
		who = append(who, n)
	}
	for b.Loop() {
		queue, refused := make(chan mingjing.IDNumber), make(chan error, people)
		start := time.Now()
		var all sync.WaitGroup
		for range atOnce {
			all.Go(func() {
				for n := range queue {
					if _, err := i.Login(b.Context(), n, password, newDevice()); err != nil {
						refused <- err
					}
				}
			})
		}
		for _, n := range who {
			queue <- n
		}
		close(queue)
		all.Wait()
		b.ReportMetric(people/time.Since(start).Seconds(), "logins/s")
		if len(refused) > 0 {
			b.Errorf("%d of %d were refused: %v", len(refused), people, <-refused)
		}
	}
}
