package main

import (
	"context"
	"errors"
)

// missing asks every part at once whether it works, and returns the errors of those that
// do not, or that do not answer before ctx ends.
func missing(ctx context.Context, parts map[string]func(context.Context) error) map[string]error {
	type answer struct {
		part string
		err  error
	}
	answers := make(chan answer, len(parts))
	waiting := map[string]error{}
	for part, works := range parts {
		waiting[part] = errors.New("it does not answer in time")
		go func() { answers <- answer{part, works(ctx)} }()
	}
	for range parts {
		select {
		case a := <-answers:
			if delete(waiting, a.part); a.err != nil {
				waiting[a.part] = a.err
			}
		case <-ctx.Done():
			return waiting
		}
	}
	return waiting
}
