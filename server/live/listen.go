package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"mingjing"
)

// listenToRedis receives from Redis until ctx ends, and connects again when it was away.
func (h *Hub) listenToRedis(ctx context.Context) {
	backoff := 100 * time.Millisecond
	for ctx.Err() == nil {
		start := time.Now()
		err := h.hearRedis(ctx)
		if ctx.Err() != nil {
			return
		}
		h.mu.Lock()
		was := h.live
		h.live = false
		h.mu.Unlock()
		if was {
			h.cfg.Logger.Warn("live: Redis is away, asking the store instead", "error", err)
		}
		if time.Since(start) > 10*time.Second {
			backoff = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		}
		backoff = min(backoff*2, 5*time.Second)
	}
}

// hearRedis receives messages over one connection until that fails.
func (h *Hub) hearRedis(ctx context.Context) error {
	sub := h.cfg.Redis.Subscribe(ctx, channelEvents, channelSessions)
	defer sub.Close()
	// Closing is what ends a wait for a message.
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })()

	for range 2 {
		m, err := sub.ReceiveTimeout(ctx, redisTimeout)
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
		if _, ok := m.(*redis.Subscription); !ok {
			return fmt.Errorf("subscribing: got a %T", m)
		}
	}
	h.mu.Lock()
	h.live = true
	for _, g := range h.groups {
		h.replay(g)
	}
	h.mu.Unlock()

	pinged := false
	for {
		m, err := sub.ReceiveTimeout(ctx, 10*time.Second)
		var timeout interface{ Timeout() bool }
		switch {
		case err == nil:
		case errors.As(err, &timeout) && timeout.Timeout() && !pinged:
			pinged = true
			if err := sub.Ping(ctx); err != nil {
				return fmt.Errorf("pinging: %w", err)
			}
			continue
		default:
			return fmt.Errorf("receiving: %w", err)
		}
		pinged = false
		switch m := m.(type) {
		case *redis.Message:
			h.received(m)
		case *redis.Subscription:
			return errors.New("the connection was replaced")
		}
	}
}

// received handles one message of Redis.
func (h *Hub) received(m *redis.Message) {
	if m.Channel == channelSessions {
		h.endSessionHere(m.Payload)
		return
	}
	audience, data, ok := strings.Cut(m.Payload, "\n")
	if !ok || len(data) > 4096 {
		return
	}
	h.mu.Lock()
	_, wanted := h.groups[audience]
	h.mu.Unlock()
	if !wanted {
		return
	}
	var e mingjing.Event
	if err := json.NewDecoder(bytes.NewBufferString(data)).Decode(&e); err != nil || e.Seq <= 0 {
		h.cfg.Logger.Warn("live: unreadable event from Redis", "error", err)
		return
	}
	h.cfg.Received(e)
	h.receiveEvent(audience, e)
}
