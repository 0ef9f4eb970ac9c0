package queue_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/queue"
)

// What is over takes no memory, though its deadline, or its next try, would have come much
// later. It is not parallel, so that no other test takes memory meanwhile.
func TestQueue_LetsGo(t *testing.T) {
	const size = 16 << 10
	for what, c := range map[string]struct {
		err        error
		until      time.Duration
		closeFirst bool
	}{
		"delivered":                 {nil, 100 * time.Hour, false},
		"dropped while they waited": {errAway, time.Second, false},
		"lost by Close":             {errAway, 100 * time.Hour, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			before := heapInUse()
			var queues []*queue.Queue
			for range 5 {
				q := queue.New(queue.Config{
					Deliver: func(context.Context, []byte) error { return c.err },
					Logger:  slog.New(slog.DiscardHandler),
					Workers: 100, Down: 1000 * time.Hour, Backoff: []time.Duration{1000 * time.Hour},
				})
				queues = append(queues, q)
				for range 1000 {
					if err := q.Put(make([]byte, size), time.Now().Add(c.until)); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				time.Sleep(time.Second)
				synctest.Wait()
				if c.closeFirst {
					closed(t, q)
				}
				if n := q.Len(); n != 0 {
					t.Fatalf("%s: %d are left", what, n)
				}
			}
			if kept := heapInUse() - before; kept > 1000*size {
				t.Errorf("5000 jobs of %d bytes that were %s take %d bytes", size, what, kept)
			}
			for _, q := range queues {
				closed(t, q)
			}
		})
	}
}

func heapInUse() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// While there is nothing to do but to wait, there is no goroutine.
func TestQueue_RestsWithoutGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, q := start(queue.Config{Backoff: []time.Duration{30 * time.Minute}}, func(ctx context.Context, job string) error {
			_ = hang(ctx, job)
			return errAway
		})
		defer closed(t, q)
		if n := goroutines(); n != 0 {
			t.Errorf("%d after New", n)
		}
		put(t, q, "a", "b", "c", "d")
		if n := goroutines(); n != 4 {
			t.Errorf("%d while four jobs are delivered", n)
		}
		time.Sleep(2 * time.Minute)
		if n := goroutines(); n != 0 || q.Len() != 4 {
			t.Errorf("%d while %d jobs wait", n, q.Len())
		}
	})
}

// goroutines returns how many the queue has in the bubble of the caller.
func goroutines() int {
	synctest.Wait()
	b := make([]byte, 4<<20)
	stacks := strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n")
	_, bubble, _ := strings.Cut(stacks[0], "synctest bubble ")
	bubble, _, _ = strings.Cut(bubble, "]")
	n := 0
	for _, s := range stacks[1:] {
		if strings.Contains(s, "synctest bubble "+bubble+"]") && strings.Contains(s, "queue.(*Queue)") {
			n++
		}
	}
	return n
}
