package authent

import (
	"sync/atomic"
	"time"
)

// pause spares the log a line that every request would write: it is over once a minute.
// A stranger who causes one line keeps nobody from the next.
type pause struct{ last atomic.Int64 }

// over reports whether the line may be written again, and begins the next pause then.
func (p *pause) over(now time.Time) bool {
	last := p.last.Load()
	return now.UnixMilli()-last >= time.Minute.Milliseconds() && p.last.CompareAndSwap(last, now.UnixMilli())
}
