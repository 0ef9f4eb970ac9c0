package queue

import "time"

// tellPause is how long no line tells of failed deliveries after one has.
const tellPause = time.Minute

// health is what deliveries tell about the receiver.
type health struct {
	// since is when the first delivery failed after the last one that succeeded; zero if
	// none has.
	since time.Time
	// refusing is since when jobs are refused; zero if none was since the last probe.
	refusing time.Time
	// told is when failures were last told of, untold how many there were since then.
	told   time.Time
	untold int
}

// failed notes that a delivery failed at now.
func (h *health) failed(now time.Time) {
	if h.since.IsZero() {
		h.since = now
	}
	h.untold++
}

// succeeded notes that a delivery succeeded.
func (h *health) succeeded() { h.since, h.refusing = time.Time{}, time.Time{} }

// down reports whether deliveries have failed for as long as after.
func (h *health) down(now time.Time, after time.Duration) bool {
	return !h.since.IsZero() && now.Sub(h.since) >= after
}

// probe reports whether a job is let in although the receiver is down, of which there are
// already so many. With none there is nothing else that could find out that it is up. Else
// one a minute is let in, since the jobs there are may all be for one address that is
// never accepted, with which a stranger could keep out those for all others.
func (h *health) probe(now time.Time, jobs int) bool {
	if jobs > 0 && h.refusing.IsZero() {
		h.refusing = now
	}
	if jobs > 0 && now.Sub(h.refusing) < probePause {
		return false
	}
	h.refusing = time.Time{}
	return true
}

// toTell returns how many failures are to be told of now; zero if it is too early.
func (h *health) toTell(now time.Time) int {
	if !h.told.IsZero() && now.Sub(h.told) < tellPause {
		return 0
	}
	n := h.untold
	h.told, h.untold = now, 0
	return n
}
