// Package disk is a disk in memory for the databases of a simulation. It can lose power,
// be full, fail at a call, and take a sync for done that was not.
//
// SQLite reaches it through its own interface for file systems, so that the store and its
// driver are those of the product: [Install] adds a file system that has the files of each
// [Disk] below the folder of that disk, and leaves every other file to the machine. The
// clock that SQL asks for is [time.Now], so in a bubble of testing/synctest that of the
// bubble.
//
// A write is safe once the file was synced. When the power goes, each sector that was
// written since may have its old content or its new one, whatever the order of the writes
// was: a page of the database may be torn.
package disk

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
)

// SectorSize is how many bytes the disk writes whole or not at all.
const SectorSize = 512

// A Fault is how a call fails.
type Fault int

// The faults.
const (
	// IOError: the call fails, and of what it was to write any sector may be written.
	IOError Fault = iota + 1
	// Full: there is no space left for what is written.
	Full
	// ReadOnly: nothing is written any more, as on a disk that the system has made read-only
	// after a fault of it.
	ReadOnly
	// LostSync: a sync is said to be done, and nothing was made safe.
	LostSync
)

// An Op is a kind of call.
type Op string

// The kinds of call that can fail.
const (
	Read  Op = "read"
	Write Op = "write"
	Sync  Op = "sync"
)

// A Disk is one disk, with the files below one folder.
type Disk struct {
	dir string

	mu    sync.Mutex
	files map[string]*inode
	rand  *rand.Rand
	fail  func(op Op, name string) Fault
}

// An inode is a file, under whatever name.
type inode struct {
	disk *Disk
	name string
	// data is what is read; safe is what is there after the power was lost, but for the
	// dirty sectors, each of which may be there too.
	data, safe []byte
	dirty      map[int]bool
	dead       bool // nothing that has it open reaches the disk any more

	shared    int // locks of the file as such
	reserved  uintptr
	pending   uintptr
	exclusive uintptr

	shm      []uintptr // memory shared by those who have the database open
	shmUsers int
	shmLocks [8]shmLock
}

type shmLock struct {
	shared    int
	exclusive uintptr
}

var (
	disksMu sync.RWMutex
	disks   = map[string]*Disk{} // by folder
)

// New returns an empty disk with the files below dir, whose chances are drawn from a
// source. A later disk of the same folder takes its place.
func New(dir string, chances *rand.Rand) *Disk {
	d := &Disk{dir: filepath.Clean(dir), files: map[string]*inode{}, rand: chances}
	disksMu.Lock()
	defer disksMu.Unlock()
	disks[d.dir] = d
	return d
}

// Remove takes the disk out of the machine.
func (d *Disk) Remove() {
	disksMu.Lock()
	defer disksMu.Unlock()
	if disks[d.dir] == d {
		delete(disks, d.dir)
	}
}

// on returns the disk that has a file; nil for the machine's own.
func on(path string) *Disk {
	disksMu.RLock()
	defer disksMu.RUnlock()
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if d := disks[dir]; d != nil {
			return d
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// FailBy has fail asked before each call, with the kind of call and the end of the file's
// name, whether and how it fails; nil fails none.
func (d *Disk) FailBy(fail func(op Op, name string) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

// Files are the contents of all files of a disk, by name.
type Files map[string][]byte

// Files returns the contents of all files now.
func (d *Disk) Files() Files {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := Files{}
	for name, f := range d.files {
		all[name[len(d.dir):]] = append([]byte(nil), f.data...)
	}
	return all
}

// Put writes files, and makes them safe.
func (d *Disk) Put(all Files) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, data := range all {
		f := d.make(d.dir + name)
		f.data, f.safe = append([]byte(nil), data...), append([]byte(nil), data...)
	}
}

// Kill ends everything that has a file open, as when the process is killed: nothing of it
// reaches the disk any more. What was written stays.
func (d *Disk) Kill() { d.end(false) }

// LosePower does what [Disk.Kill] does, and forgets what was not synced, by chance in part.
func (d *Disk) LosePower() { d.end(true) }

func (d *Disk) end(power bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range sorted(maps.Keys(d.files)) {
		old := d.files[name]
		old.dead = true
		if power {
			old.settle(func() bool { return d.rand.IntN(2) == 0 })
			old.data = append([]byte(nil), old.safe...)
		}
		f := d.make(name)
		f.data, f.safe = append([]byte(nil), old.data...), append([]byte(nil), old.safe...)
		if !power {
			f.dirty = maps.Clone(old.dirty)
		}
	}
}

// make adds an empty file in the place of one that has the name.
func (d *Disk) make(name string) *inode {
	f := &inode{disk: d, name: name, dirty: map[int]bool{}}
	d.files[name] = f
	return f
}

// settle makes the dirty sectors safe that keep says.
func (f *inode) settle(keep func() bool) {
	for _, n := range sorted(maps.Keys(f.dirty)) {
		from, to := n*SectorSize, min((n+1)*SectorSize, len(f.data))
		if from >= to || !keep() {
			continue
		}
		f.safe = grow(f.safe, to)
		copy(f.safe[from:to], f.data[from:to])
	}
	clear(f.dirty)
}

// sync makes all of a file safe.
func (f *inode) sync() {
	for n := range f.dirty {
		from, to := n*SectorSize, min((n+1)*SectorSize, len(f.data))
		if from < to {
			f.safe = grow(f.safe, to)
			copy(f.safe[from:to], f.data[from:to])
		}
	}
	clear(f.dirty)
	f.safe = grow(f.safe, len(f.data))[:len(f.data)]
}

// write writes, and reports whether the whole was written.
func (f *inode) write(data []byte, off int) {
	f.data = grow(f.data, off+len(data))
	copy(f.data[off:], data)
	for n := off / SectorSize; n <= (off+len(data)-1)/SectorSize; n++ {
		f.dirty[n] = true
	}
}

// truncate makes a file shorter, which is safe at once.
func (f *inode) truncate(size int) {
	if size < len(f.data) {
		f.data = f.data[:size]
	}
	if size < len(f.safe) {
		f.safe = f.safe[:size]
	}
}

// grow returns data with at least size bytes, the new ones zero.
func grow(data []byte, size int) []byte {
	if size <= len(data) {
		return data
	}
	if size <= cap(data) {
		had := len(data)
		data = data[:size]
		clear(data[had:])
		return data
	}
	more := make([]byte, size, size+size/4+64*SectorSize)
	copy(more, data)
	return more
}

// called counts a call, and returns how it fails; 0 for not.
func (d *Disk) called(op Op, f *inode) Fault {
	if d.fail == nil || f.dead {
		return 0
	}
	return d.fail(op, strings.TrimPrefix(f.name, d.dir))
}
