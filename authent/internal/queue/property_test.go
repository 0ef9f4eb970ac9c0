package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/authent/authent/authent/internal/queue"
)

var errPatience = errors.New("out of patience")

// plan is what happens to a queue.
type plan struct {
	config queue.Config
	jobs   []planned
	// closeAt is when Close is called, patience how long its context lives.
	closeAt, patience time.Duration
}

type planned struct {
	at, until time.Duration
	// tries say what comes of each try; the last one repeats.
	tries []outcome
}

type outcome struct {
	// takes is how long a delivery takes, deaf that it does not mind its context.
	takes time.Duration
	deaf  bool
	err   error
	panic bool
}

var outcomes = rapid.Custom(func(t *rapid.T) outcome {
	o := outcome{takes: time.Duration(rapid.IntRange(0, 90).Draw(t, "takes")) * time.Second, deaf: rapid.Bool().Draw(t, "deaf")}
	switch rapid.SampledFrom([]string{"succeeds", "fails", "fails", "fails", "refused", "panics"}).Draw(t, "and") {
	case "fails":
		o.err = errAway
	case "refused":
		o.err = errFinal
	case "panics":
		o.panic = true
	}
	return o
})

var plans = rapid.Custom(func(t *rapid.T) plan {
	seconds := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most*1000).Draw(t, name)) * time.Millisecond
	}
	p := plan{closeAt: seconds("close at", 900), patience: seconds("patience", 200)}
	p.config = queue.Config{
		Max: rapid.IntRange(1, 12).Draw(t, "max"), Workers: rapid.IntRange(1, 5).Draw(t, "workers"),
		Timeout: time.Second + seconds("timeout", 60), Down: time.Second + seconds("down", 400),
	}
	for range rapid.IntRange(1, 25).Draw(t, "jobs") {
		at := seconds("at", 600)
		p.jobs = append(p.jobs, planned{at, at + seconds("until", 400), rapid.SliceOfN(outcomes, 1, 4).Draw(t, "tries")})
	}
	return p
})

// history is what became of a plan.
type history struct {
	mu sync.Mutex
	// tried, delivered, under count a job's tries, successes and deliveries under way.
	tried, delivered, under map[int]int
	running                 int
	accepted, dropped       int
	closed                  error
	abandoned               int
	left                    int
	faults                  []string
}

// Each job that was taken is delivered, or reported: dropped in the log, or lost by
// Close. None is started at its deadline or later, is tried after its end, or twice at
// once.
func TestQueue_DeliversOrReports(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := plans.Draw(r, "plan")
		var h *history
		synctest.Test(t, func(*testing.T) { h = p.play() })
		for _, fault := range h.faults {
			r.Error(fault)
		}
		reported := len(h.delivered) + h.dropped + h.abandoned
		// Close counts what is under way as lost, and some of that may yet arrive.
		if reported < h.accepted || h.abandoned == 0 && reported > h.accepted {
			r.Errorf("%d jobs: %d delivered, %d dropped, %d given up", h.accepted, len(h.delivered), h.dropped, h.abandoned)
		}
		if h.abandoned > 0 != errors.Is(h.closed, errPatience) {
			r.Errorf("%d given up, and Close says %v", h.abandoned, h.closed)
		}
		if h.left != 0 {
			r.Errorf("%d jobs are left", h.left)
		}
	})
}

// play runs a plan, and returns when all is over.
func (p plan) play() *history {
	h := &history{tried: map[int]int{}, delivered: map[int]int{}, under: map[int]int{}}
	zero := time.Now()
	r, q := start(p.config, func(ctx context.Context, job string) error {
		i, _ := strconv.Atoi(job)
		o := h.begin(p, i, time.Since(zero))
		var err error
		defer func() { h.end(p, i, time.Since(zero), o, err) }()
		err = o.happen(ctx)
		return err
	})
	var all sync.WaitGroup
	for i, j := range p.jobs {
		all.Go(func() {
			time.Sleep(j.at)
			err := q.Put([]byte(strconv.Itoa(i)), zero.Add(j.until))
			h.mu.Lock()
			defer h.mu.Unlock()
			if err == nil {
				h.accepted++
			} else if !errors.Is(err, queue.ErrRefused) {
				h.faults = append(h.faults, err.Error())
			}
		})
	}
	time.Sleep(p.closeAt)
	ctx, cancel := context.WithTimeoutCause(context.Background(), p.patience, errPatience)
	defer cancel()
	h.closed, h.left = q.Close(ctx), q.Len()
	all.Wait()
	time.Sleep(time.Hour) // what does not mind its context ends
	for _, l := range r.lines(slog.LevelError) {
		h.abandoned += l.Jobs
		if l.Jobs == 0 {
			h.dropped++
		}
	}
	h.left += q.Len()
	return h
}

// begin notes that a try begins.
func (h *history) begin(p plan, i int, at time.Duration) outcome {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := p.jobs[i]
	o := j.tries[min(h.tried[i], len(j.tries)-1)]
	h.tried[i]++
	h.under[i]++
	h.running++
	if at >= j.until {
		h.faults = append(h.faults, fmt.Sprintf("job %d is tried at %v, its deadline is %v", i, at, j.until))
	}
	if h.delivered[i] > 0 || h.under[i] > 1 || h.running > p.config.Workers {
		h.faults = append(h.faults, fmt.Sprintf("at %v job %d is tried: %d delivered, %d under way, %d in all", at, i, h.delivered[i], h.under[i], h.running))
	}
	return o
}

// happen takes the time of a try.
func (o outcome) happen(ctx context.Context) error {
	if o.deaf {
		ctx = context.Background()
	}
	select {
	case <-time.After(o.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if o.panic {
		panic("as planned")
	}
	return o.err
}

// end notes that a try has ended.
func (h *history) end(p plan, i int, at time.Duration, o outcome, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.under[i]--
	h.running--
	if err == nil && !o.panic {
		h.delivered[i]++
	}
	if !o.deaf && at > p.jobs[i].until {
		h.faults = append(h.faults, fmt.Sprintf("job %d is under way at %v, after its deadline %v", i, at, p.jobs[i].until))
	}
}
