package limit

// heap keeps counters, by their index, with the one on top that comes first: a binary
// heap in which each knows its place, so that one whose order has changed is moved
// without a search.
type heap struct {
	order []int32
	less  func(a, b int32) bool
	// place is where counter i keeps its place in order.
	place func(i int32) *int32
}

// push adds counter i.
func (h *heap) push(i int32) {
	h.order = append(h.order, i)
	h.set(len(h.order)-1, i)
	h.fix(int32(len(h.order) - 1))
}

// remove takes out the counter at a place.
func (h *heap) remove(at int32) {
	last := len(h.order) - 1
	moved := h.order[last]
	h.order = h.order[:last]
	if int(at) < last {
		h.set(int(at), moved)
		h.fix(at)
	}
}

// fix moves the counter at a place to where it belongs, since its order has changed.
func (h *heap) fix(at int32) {
	i := int(at)
	for i > 0 && h.swapIfLess(i, (i-1)/2) {
		i = (i - 1) / 2
	}
	for {
		child := 2*i + 1
		if right := child + 1; right < len(h.order) && h.less(h.order[right], h.order[child]) {
			child = right
		}
		if child >= len(h.order) || !h.swapIfLess(child, i) {
			return
		}
		i = child
	}
}

// swapIfLess exchanges what is at two places if the lower one, child, comes first.
func (h *heap) swapIfLess(child, parent int) bool {
	c, p := h.order[child], h.order[parent]
	if !h.less(c, p) {
		return false
	}
	h.set(child, p)
	h.set(parent, c)
	return true
}

func (h *heap) set(at int, i int32) {
	h.order[at] = i
	*h.place(i) = int32(at)
}
