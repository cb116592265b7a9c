package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// sending is a request of a resident with a key that is always the same.
func sending(r kernel.Resident, content string) kernel.Sending {
	return kernel.Sending{Actor: mingjing.Actor{Role: mingjing.RoleResident, ID: string(r.ID)}, Action: "/api/x", Key: "once",
		Content: []byte(content)}
}

func TestARequestIsFoundByItsKeyWithItsAnswerAndContent(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		staff := kernel.Sending{Actor: mingjing.Actor{Role: mingjing.RoleHandler, ID: "h-1"}, Key: "once", Content: []byte("a")}
		for name, of := range map[string]kernel.Sending{"a resident": sending(r, "a"), "staff": staff} {
			find := func(of kernel.Sending, since time.Time) (kernel.Answered, error) {
				return get(t, s, func(ctx context.Context, tx *reader) (kernel.Answered, error) { return tx.Sending(ctx, of, since) })
			}
			if _, err := find(of, day); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s: before it is sent: %v", name, err)
			}
			do(t, s, func(ctx context.Context, tx *reader) error {
				return errors.Join(tx.AddSending(ctx, of, day, day), tx.SetSendingAnswer(ctx, of, []byte("answer")))
			})
			got, err := find(of, day)
			must(t, err)
			same(t, name, got, kernel.Answered{At: day, Answer: []byte("answer")})
			if _, err := find(of, day.Add(time.Second)); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s: after its time: %v", name, err)
			}
			other := of
			other.Content = []byte("b")
			if got, err := find(other, day); err != nil || !got.Differs {
				t.Errorf("%s: other content: %+v, %v", name, got, err)
			}
			if err := freely(t.Context(), s, func(tx *reader) error { return tx.AddSending(t.Context(), other, day, day) }); !errors.Is(err,
				kernel.ErrExists) {
				t.Errorf("%s: the key is used again: %v", name, err)
			}
			later := day.Add(time.Hour)
			do(t, s, func(ctx context.Context, tx *reader) error {
				return errors.Join(tx.AddSending(ctx, other, later, later), tx.DeleteSending(ctx, other))
			})
			if _, err := find(of, day); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s: after it was deleted: %v", name, err)
			}
		}
	})
}
