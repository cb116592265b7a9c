package live

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestTheEmbeddedRedisWantsItsPasswordAndForgetsWhatExpires(t *testing.T) {
	client, closeRedis, err := OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer closeRedis()
	stranger := redis.NewClient(&redis.Options{Addr: client.(*redis.Client).Options().Addr})
	defer stranger.Close()
	if err := stranger.Get(t.Context(), "k").Err(); err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a stranger was let in: %v", err)
	}
	if err := client.Set(t.Context(), "k", "v", 30*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key has expired", func() bool { return errors.Is(client.Get(t.Context(), "k").Err(), redis.Nil) })
}

func TestABadRedisURLIsAnErrorAndADeadRedisIsNot(t *testing.T) {
	if _, _, err := OpenRedis(t.Context(), "http://example.net"); err == nil {
		t.Error("a URL of something else was taken")
	}
	_, closeRedis, err := OpenRedis(t.Context(), "redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closeRedis()
}
