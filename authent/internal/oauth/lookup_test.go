package oauth

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/slots"
)

// asking is a lookup of a number whose server answers when it is told to.
type asking struct {
	lookup[int]
	asked  atomic.Int64
	answer chan error
}

func newAsking() *asking {
	a := &asking{answer: make(chan error)}
	a.lookup = lookup[int]{now: time.Now, limit: 10 * time.Second, ask: func(ctx context.Context) (*int, time.Duration, error) {
		n := int(a.asked.Add(1))
		select {
		case err := <-a.answer:
			return &n, time.Minute, err
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}}
	return a
}

// result is what get or renew returned, and when.
type result struct {
	value int
	err   error
	after time.Duration
}

func (a *asking) later(ctx context.Context, get func(context.Context) (*int, error)) <-chan result {
	out, start := make(chan result, 1), time.Now()
	go func() {
		r := result{}
		v, err := get(ctx)
		if v != nil {
			r.value = *v
		}
		r.err, r.after = err, time.Since(start)
		out <- r
	}()
	synctest.Wait()
	return out
}

// TestP42_CallersLeave at once when they give up, the first one too, and the
// request goes on for the others; who left makes room.
func TestP42_CallersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking()
		ctx, cancel := context.WithCancel(t.Context())
		first := a.later(ctx, a.get)
		var others []<-chan result
		for range maxWaiting - 1 {
			others = append(others, a.later(t.Context(), a.get))
		}
		if r := <-a.later(t.Context(), a.get); !errors.Is(r.err, slots.ErrBusy) || r.after != 0 {
			t.Fatalf("one too many: %+v", r)
		}
		cancel()
		if r := <-first; !errors.Is(r.err, context.Canceled) || r.after != 0 {
			t.Errorf("the first: %+v", r)
		}
		others = append(others, a.later(t.Context(), a.get))
		a.answer <- nil
		for _, other := range others {
			if r := <-other; r.err != nil || r.value != 1 {
				t.Fatalf("another: %+v", r)
			}
		}
		if r := <-a.later(t.Context(), a.get); r.value != 1 || a.asked.Load() != 1 {
			t.Errorf("afterwards: %+v, asked %d times", r, a.asked.Load())
		}
	})
}

// TestP42_RequestsEnd by themselves, when everybody has left, and a caller's end is
// nobody's failure.
func TestP42_RequestsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking()
		ctx, cancel := context.WithCancel(t.Context())
		only := a.later(ctx, a.get)
		cancel()
		<-only
		next := a.later(t.Context(), a.get) // joins what is under way
		a.answer <- nil
		if r := <-next; r.err != nil || r.value != 1 {
			t.Errorf("after the only one left: %+v", r)
		}
		time.Sleep(time.Minute)
		if r := <-a.later(t.Context(), a.get); !errors.Is(r.err, context.DeadlineExceeded) || r.after != 10*time.Second {
			t.Errorf("nobody answers: %+v", r)
		}
		if r := <-a.later(t.Context(), a.get); !errors.Is(r.err, context.DeadlineExceeded) || r.after != 0 || a.asked.Load() != 2 {
			t.Errorf("a moment later: %+v, asked %d times", r, a.asked.Load())
		}
		time.Sleep(failurePause)
		again := a.later(t.Context(), a.get)
		a.answer <- nil
		if r := <-again; r.err != nil || r.value != 3 {
			t.Errorf("after the pause: %+v", r)
		}
	})
}

// TestP42_Renewals are made once a minute, failed ones too, and one at a time.
func TestP42_Renewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking()
		got := a.later(t.Context(), a.get)
		a.answer <- nil
		<-got
		old, _ := a.get(t.Context())
		renew := func(ctx context.Context) (*int, error) { return a.renew(ctx, old) }
		one, two := a.later(t.Context(), renew), a.later(t.Context(), renew)
		a.answer <- errors.New("out of order")
		if r, s := <-one, <-two; r.err == nil || s.err == nil || a.asked.Load() != 2 {
			t.Errorf("two at once: %+v, %+v, asked %d times", r, s, a.asked.Load())
		}
		if v, err := a.get(t.Context()); v != old || err != nil {
			t.Errorf("what is known is gone: %v", err)
		}
		for range 100 {
			if v, err := a.renew(t.Context(), old); v != old || err != nil {
				t.Fatalf("within the minute: %v", err)
			}
		}
		time.Sleep(59 * time.Second)
		if _, err := a.renew(t.Context(), old); err != nil || a.asked.Load() != 2 {
			t.Errorf("within the minute: %v, asked %d times", err, a.asked.Load())
		}
		time.Sleep(time.Second)
		three := a.later(t.Context(), renew)
		a.answer <- nil
		if r := <-three; r.value != 3 {
			t.Errorf("after it: %+v", r)
		}
		if v, err := a.renew(t.Context(), old); err != nil || *v != 3 || a.asked.Load() != 3 {
			t.Errorf("whoever has the old one gets the new one: %v, asked %d times", err, a.asked.Load())
		}
	})
}

// TestLookup_Grace: what is out of date is used while the next is asked for, and
// after a failure, for a while.
func TestLookup_Grace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking()
		a.grace = time.Hour
		got := a.later(t.Context(), a.get)
		a.answer <- nil
		<-got
		time.Sleep(time.Minute)
		for range 3 {
			if v, err := a.get(t.Context()); err != nil || *v != 1 {
				t.Fatalf("out of date: %v", err)
			}
			synctest.Wait()
		}
		a.answer <- errors.New("out of order")
		synctest.Wait()
		if v, err := a.get(t.Context()); err != nil || *v != 1 || a.asked.Load() != 2 {
			t.Errorf("after a failure: %v, asked %d times", err, a.asked.Load())
		}
		time.Sleep(time.Hour)
		late := a.later(t.Context(), a.get)
		a.answer <- nil
		if r := <-late; r.err != nil || r.value != 3 {
			t.Errorf("after the grace: %+v", r)
		}
		v, _ := a.get(t.Context())
		a.doubt(v)
		if w, err := a.get(t.Context()); w != v || err != nil {
			t.Errorf("doubted: %v", err)
		}
		time.Sleep(failurePause)
		if w, err := a.get(t.Context()); w != v || err != nil {
			t.Errorf("doubted, and asked for again: %v", err)
		}
		a.answer <- nil
		synctest.Wait()
		if w, err := a.get(t.Context()); err != nil || *w != 4 {
			t.Errorf("asked for again: %v", err)
		}
	})
}

// TestLookup_Panic: a transport that panics is a failure, for all who wait.
func TestLookup_Panic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lookup[int]{now: time.Now, limit: time.Second, ask: func(context.Context) (*int, time.Duration, error) {
			time.Sleep(time.Millisecond)
			panic("a fault of the application's transport")
		}}
		a := &asking{}
		one, two := a.later(t.Context(), l.get), a.later(t.Context(), l.get)
		if r, s := <-one, <-two; !errors.Is(r.err, errNoAnswer) || !errors.Is(s.err, errNoAnswer) {
			t.Errorf("%+v, %+v", r, s)
		}
	})
}
