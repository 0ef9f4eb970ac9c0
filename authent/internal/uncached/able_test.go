package uncached

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// everything is a writer with all abilities.
type everything struct{ *httptest.ResponseRecorder }

func (everything) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }
func (everything) Push(string, *http.PushOptions) error         { return nil }
func (e everything) ReadFrom(r io.Reader) (int64, error)        { return io.Copy(e.ResponseRecorder, r) }

// TestAble: for each set of abilities beneath there is a writer with just these.
func TestAble(t *testing.T) {
	for can := range able {
		beneath := able[can](New(everything{httptest.NewRecorder()}))
		if got := New(beneath).AsAble(); abilities(got) != can || abilities(beneath) != can {
			t.Errorf("abilities %04b become %04b, then %04b", can, abilities(beneath), abilities(got))
		}
	}
}
