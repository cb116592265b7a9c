package live

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mingjing/server/live/redistest"
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

// onEachRedis runs the test on one server, on one that a Sentinel names, and on a Cluster.
func onEachRedis(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("one", func(t *testing.T) { fn(t, startRedis(t).url()) })
	t.Run("Sentinel", func(t *testing.T) {
		url, _ := redistest.Sentinel(t)
		fn(t, url)
	})
	t.Run("Cluster", func(t *testing.T) { fn(t, redistest.Cluster(t)) })
}

// TestAReplicaOfRedisTakesOver: the primary server is killed for good, and events come by
// Redis again.
func TestAReplicaOfRedisTakesOver(t *testing.T) {
	url, primary := redistest.Sentinel(t)
	c := newCity()
	one, two := startReplica(t, c, url, nil), startReplica(t, c, url, nil)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	s := two.open(t, "audience=anna&session=1")
	one.say(t, c, "anna")
	wantSeqs(t, s, 1, 1)
	primary.Kill()
	c.commit("anna") // which nobody can announce
	wantSeqs(t, s, 2, 2)
	two.awaitRedis(t, false)
	one.awaitRedis(t, true)
	two.awaitRedis(t, true)
	one.say(t, c, "anna")
	wantSeqs(t, s, 3, 3)
}

func TestTheRedisURLSaysWhatItIs(t *testing.T) {
	for _, k := range []struct {
		url, addrs, master string
		db                 int
		cluster            bool
	}{
		{"redis+sentinel://:p%40ss@a,b:1/city/2?sentinel_password=word", "a:26379 b:1", "city", 2, false},
		{"redis+cluster://u:p%40ss@a:1,b", "a:1 b:6379", "", 0, true},
		{"rediss+cluster://u:p%40ss@a", "a:6379", "", 0, true},
	} {
		o, is, err := readSeveral(k.url)
		if err != nil || !is || strings.Join(o.Addrs, " ") != k.addrs || o.MasterName != k.master || o.DB != k.db ||
			o.IsClusterMode != k.cluster || o.Password != "p@ss" || (o.TLSConfig != nil) != strings.HasPrefix(k.url, "rediss") ||
			(o.SentinelPassword == "word") == k.cluster {
			t.Errorf("%s is %+v, %v", k.url, o, err)
		}
	}
	for _, wrong := range []string{"redis+sentinel://a", "redis+sentinel://a/city/two", "redis+cluster://a/1", "redis+cluster:///",
		"redis+cluster://a?db=1", "redis+other://a"} {
		if _, closeRedis, err := OpenRedis(t.Context(), wrong); err == nil {
			t.Errorf("%s is taken", wrong)
			_ = closeRedis()
		}
	}
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
