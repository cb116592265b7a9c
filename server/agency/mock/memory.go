package mock

import (
	"slices"
	"sync"
)

// maxRemembered is how many things a [Memory] remembers. It forgets the oldest first; a
// request that was forgotten begins anew when it is asked again.
const maxRemembered = 4096

// A Memory remembers things by key. Its zero value is empty. It is safe for concurrent
// use.
type Memory[T any] struct {
	mu    sync.Mutex
	by    map[string]T
	order []string
}

// Update stores what change makes of the thing under a key, and returns it; known says
// whether there was any.
func (m *Memory[T]) Update(key string, change func(old T, known bool) T) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, known := m.by[key]
	v := change(old, known)
	if !known {
		if m.by == nil {
			m.by = map[string]T{}
		}
		if len(m.order) == maxRemembered {
			const some = maxRemembered / 8 // at a time, so that moving the rest is rare
			for _, old := range m.order[:some] {
				delete(m.by, old)
			}
			m.order = slices.Delete(m.order, 0, some)
		}
		m.order = append(m.order, key)
	}
	m.by[key] = v
	return v
}

// First stores a thing under a key unless one is there already, and returns the one
// that is there.
func (m *Memory[T]) First(key string, v T) T {
	return m.Update(key, func(old T, known bool) T {
		if known {
			return old
		}
		return v
	})
}
