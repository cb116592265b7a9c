package disk

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// vfsName is the name of the file system among those of SQLite.
const vfsName = "simdisk"

// maxPath is the longest path of a file, in bytes.
const maxPath = 512

// A handle is a file that a connection has open.
type handle struct {
	id   uintptr
	file *inode
	lock int32
	shm  bool
}

// An openFile is a handle as SQLite holds it.
type openFile struct {
	methods uintptr
	id      uintptr
}

var (
	handlesMu sync.Mutex
	handles   = map[uintptr]*handle{}
	lastID    uintptr
	chances   = rand.NewChaCha8([32]byte{})
	machine   uintptr // the file system of the machine
	ours      sqlite3.Tsqlite3_vfs
	methods   sqlite3.Tsqlite3_io_methods
)

// Install makes the file system of the disks the one that databases of this process are
// opened on.
var Install = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	machine = sqlite3.Xsqlite3_vfs_find(tls, 0)
	ours = *at[sqlite3.Tsqlite3_vfs](machine)
	ours.FiVersion, ours.FmxPathname = 2, max(ours.FmxPathname, maxPath)
	ours.FszOsFile = max(ours.FszOsFile, int32(unsafe.Sizeof(openFile{})))
	name, err := libc.CString(vfsName)
	if err != nil {
		panic(err) // there is no memory
	}
	ours.FpNext, ours.FzName, ours.FpAppData = 0, name, 0
	ours.FxOpen, ours.FxDelete, ours.FxAccess, ours.FxFullPathname = pointer(xOpen), pointer(xDelete), pointer(xAccess), pointer(xFullPathname)
	ours.FxRandomness, ours.FxSleep, ours.FxCurrentTimeInt64 = pointer(xRandomness), pointer(xSleep), pointer(xCurrentTimeInt64)
	methods = sqlite3.Tsqlite3_io_methods{FiVersion: 2,
		FxClose: pointer(xClose), FxRead: pointer(xRead), FxWrite: pointer(xWrite), FxTruncate: pointer(xTruncate), FxSync: pointer(xSync),
		FxFileSize: pointer(xFileSize), FxLock: pointer(xLock), FxUnlock: pointer(xUnlock), FxCheckReservedLock: pointer(xCheckReservedLock),
		FxFileControl: pointer(xFileControl), FxSectorSize: pointer(xSectorSize), FxDeviceCharacteristics: pointer(xDeviceCharacteristics),
		FxShmMap: pointer(xShmMap), FxShmLock: pointer(xShmLock), FxShmBarrier: pointer(xShmBarrier), FxShmUnmap: pointer(xShmUnmap)}
	if rc := sqlite3.Xsqlite3_vfs_register(tls, uintptr(unsafe.Pointer(&ours)), 1); rc != sqlite3.SQLITE_OK {
		panic(fmt.Sprintf("register the file system of disks: %d", rc))
	}
})

// at returns what is at an address that SQLite has given.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer returns a function as SQLite calls it. The function must have a name.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

// call returns the function that a pointer of SQLite's stands for.
func call[F any](f uintptr) F { return *(*F)(unsafe.Pointer(&struct{ f uintptr }{f})) }

func bytesAt(address uintptr, n int) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(at[byte](address), n)
}

func sorted[K cmp.Ordered](keys iter.Seq[K]) []K { return slices.Sorted(keys) }

// of returns the handle of an open file, with its disk locked.
func of(file uintptr) (h *handle, unlock func()) {
	handlesMu.Lock()
	h = handles[at[openFile](file).id]
	handlesMu.Unlock()
	h.file.disk.mu.Lock()
	return h, h.file.disk.mu.Unlock
}

func xOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	var d *Disk
	var path string
	if name != 0 {
		path = libc.GoString(name)
		d = on(path)
	}
	if d == nil {
		return call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](machine).FxOpen)(
			tls, machine, name, file, flags, out)
	}
	at[openFile](file).methods = 0
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f == nil {
		if flags&sqlite3.SQLITE_OPEN_CREATE == 0 {
			return sqlite3.SQLITE_CANTOPEN
		}
		f = d.make(path)
	}
	handlesMu.Lock()
	defer handlesMu.Unlock()
	lastID++
	handles[lastID] = &handle{id: lastID, file: f}
	*at[openFile](file) = openFile{uintptr(unsafe.Pointer(&methods)), lastID}
	if out != 0 {
		*at[int32](out) = flags
	}
	return sqlite3.SQLITE_OK
}

func xDelete(tls *libc.TLS, _, name uintptr, sync int32) int32 {
	path := libc.GoString(name)
	d := on(path)
	if d == nil {
		return call[func(*libc.TLS, uintptr, uintptr, int32) int32](at[sqlite3.Tsqlite3_vfs](machine).FxDelete)(tls, machine, name, sync)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f == nil {
		return sqlite3.SQLITE_IOERR_DELETE_NOENT
	}
	// Whoever died does not delete the file of those who live.
	delete(d.files, path)
	return sqlite3.SQLITE_OK
}

func xAccess(tls *libc.TLS, _, name uintptr, flags int32, out uintptr) int32 {
	path := libc.GoString(name)
	d := on(path)
	if d == nil {
		return call[func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](machine).FxAccess)(
			tls, machine, name, flags, out)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	*at[int32](out) = 0
	if d.files[path] != nil {
		*at[int32](out) = 1
	}
	return sqlite3.SQLITE_OK
}

// xFullPathname: every path is absolute already, or it is the machine's.
func xFullPathname(tls *libc.TLS, _, name uintptr, size int32, out uintptr) int32 {
	path := libc.GoString(name)
	if on(path) == nil {
		return call[func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](machine).FxFullPathname)(
			tls, machine, name, size, out)
	}
	if len(path) >= int(size) {
		return sqlite3.SQLITE_CANTOPEN
	}
	copy(bytesAt(out, len(path)+1), path+"\x00")
	return sqlite3.SQLITE_OK
}

// xRandomness: SQLite begins its own source of chance now and then, which should change
// nothing for those who have seeded that of the program.
func xRandomness(_ *libc.TLS, _ uintptr, n int32, out uintptr) int32 {
	handlesMu.Lock()
	defer handlesMu.Unlock()
	_, _ = chances.Read(bytesAt(out, int(n))) // it never fails
	return n
}

func xSleep(_ *libc.TLS, _ uintptr, micros int32) int32 {
	time.Sleep(time.Duration(micros) * time.Microsecond)
	return micros
}

// unixEpoch is 1970 as SQLite counts: in milliseconds since noon of 24 November 4714 BC.
const unixEpoch = 210866760000000

func xCurrentTimeInt64(_ *libc.TLS, _, out uintptr) int32 {
	*at[int64](out) = unixEpoch + time.Now().UnixMilli()
	return sqlite3.SQLITE_OK
}

func xClose(_ *libc.TLS, file uintptr) int32 {
	h, unlock := of(file)
	defer unlock()
	h.unlock(sqlite3.SQLITE_LOCK_NONE)
	handlesMu.Lock()
	defer handlesMu.Unlock()
	delete(handles, h.id)
	return sqlite3.SQLITE_OK
}

func xRead(_ *libc.TLS, file, buf uintptr, n int32, off int64) int32 {
	h, unlock := of(file)
	defer unlock()
	if h.file.disk.called(Read, h.file) != 0 {
		return sqlite3.SQLITE_IOERR_READ
	}
	to := bytesAt(buf, int(n))
	got := 0
	if int(off) < len(h.file.data) {
		got = copy(to, h.file.data[off:])
	}
	if got < len(to) {
		clear(to[got:])
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	return sqlite3.SQLITE_OK
}

func xWrite(_ *libc.TLS, file, buf uintptr, n int32, off int64) int32 {
	h, unlock := of(file)
	defer unlock()
	if h.file.dead {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	data := bytesAt(buf, int(n))
	switch h.file.disk.called(Write, h.file) {
	case IOError:
		data = data[:h.file.disk.rand.IntN(len(data)/SectorSize+1)*SectorSize]
		if len(data) > 0 {
			h.file.write(data, int(off))
		}
		return sqlite3.SQLITE_IOERR_WRITE
	case Full:
		return sqlite3.SQLITE_FULL
	case ReadOnly:
		return sqlite3.SQLITE_IOERR_WRITE
	}
	h.file.write(data, int(off))
	return sqlite3.SQLITE_OK
}

func xTruncate(_ *libc.TLS, file uintptr, size int64) int32 {
	h, unlock := of(file)
	defer unlock()
	if h.file.dead {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	h.file.truncate(int(size))
	return sqlite3.SQLITE_OK
}

func xSync(_ *libc.TLS, file uintptr, _ int32) int32 {
	h, unlock := of(file)
	defer unlock()
	if h.file.dead {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	switch h.file.disk.called(Sync, h.file) {
	case IOError, Full:
		// The system takes the pages for clean all the same: a later sync does not
		// write them.
		h.file.settle(func() bool { return h.file.disk.rand.IntN(2) == 0 })
		return sqlite3.SQLITE_IOERR_FSYNC
	case ReadOnly:
		return sqlite3.SQLITE_IOERR_FSYNC
	case LostSync:
		return sqlite3.SQLITE_OK
	}
	h.file.sync()
	return sqlite3.SQLITE_OK
}

func xFileSize(_ *libc.TLS, file, out uintptr) int32 {
	h, unlock := of(file)
	defer unlock()
	*at[int64](out) = int64(len(h.file.data))
	return sqlite3.SQLITE_OK
}

func xLock(_ *libc.TLS, file uintptr, want int32) int32 {
	h, unlock := of(file)
	defer unlock()
	f := h.file
	free := func(by uintptr) bool { return by == 0 || by == h.id }
	if want <= h.lock {
		return sqlite3.SQLITE_OK
	}
	switch want {
	case sqlite3.SQLITE_LOCK_SHARED:
		if !free(f.pending) || !free(f.exclusive) {
			return sqlite3.SQLITE_BUSY
		}
		f.shared++
	case sqlite3.SQLITE_LOCK_RESERVED:
		if !free(f.reserved) || !free(f.pending) || !free(f.exclusive) {
			return sqlite3.SQLITE_BUSY
		}
		f.reserved = h.id
	default:
		if !free(f.reserved) || !free(f.pending) || !free(f.exclusive) {
			return sqlite3.SQLITE_BUSY
		}
		f.pending = h.id
		if h.lock < sqlite3.SQLITE_LOCK_PENDING {
			h.lock = sqlite3.SQLITE_LOCK_PENDING
		}
		if want == sqlite3.SQLITE_LOCK_EXCLUSIVE {
			if f.shared > 1 {
				return sqlite3.SQLITE_BUSY
			}
			f.exclusive = h.id
		}
	}
	h.lock = want
	return sqlite3.SQLITE_OK
}

func xUnlock(_ *libc.TLS, file uintptr, to int32) int32 {
	h, unlock := of(file)
	defer unlock()
	h.unlock(to)
	return sqlite3.SQLITE_OK
}

func (h *handle) unlock(to int32) {
	if h.lock <= to {
		return
	}
	f := h.file
	for _, by := range []*uintptr{&f.reserved, &f.pending, &f.exclusive} {
		if *by == h.id {
			*by = 0
		}
	}
	if to == sqlite3.SQLITE_LOCK_NONE {
		f.shared--
	}
	h.lock = to
}

func xCheckReservedLock(_ *libc.TLS, file, out uintptr) int32 {
	h, unlock := of(file)
	defer unlock()
	*at[int32](out) = 0
	if h.file.reserved != 0 || h.file.pending != 0 || h.file.exclusive != 0 {
		*at[int32](out) = 1
	}
	return sqlite3.SQLITE_OK
}

func xFileControl(*libc.TLS, uintptr, int32, uintptr) int32 { return sqlite3.SQLITE_NOTFOUND }

func xSectorSize(*libc.TLS, uintptr) int32 { return SectorSize }

func xDeviceCharacteristics(*libc.TLS, uintptr) int32 {
	return sqlite3.SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

func xShmMap(tls *libc.TLS, file uintptr, region, size, extend int32, out uintptr) int32 {
	h, unlock := of(file)
	defer unlock()
	f := h.file
	if !h.shm {
		h.shm = true
		f.shmUsers++
	}
	*at[uintptr](out) = 0
	for len(f.shm) <= int(region) {
		if extend == 0 {
			return sqlite3.SQLITE_OK
		}
		p := libc.Xcalloc(tls, 1, libc.Tsize_t(size))
		if p == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		f.shm = append(f.shm, p)
	}
	*at[uintptr](out) = f.shm[region]
	return sqlite3.SQLITE_OK
}

func xShmLock(_ *libc.TLS, file uintptr, from, n, flags int32) int32 {
	h, unlock := of(file)
	defer unlock()
	locks := h.file.shmLocks[from : from+n]
	for i := range locks {
		l := &locks[i]
		switch {
		case flags&sqlite3.SQLITE_SHM_UNLOCK != 0:
		case l.exclusive != 0, flags&sqlite3.SQLITE_SHM_EXCLUSIVE != 0 && l.shared > 0:
			return sqlite3.SQLITE_BUSY
		}
	}
	for i := range locks {
		l := &locks[i]
		switch flags {
		case sqlite3.SQLITE_SHM_LOCK | sqlite3.SQLITE_SHM_SHARED:
			l.shared++
		case sqlite3.SQLITE_SHM_LOCK | sqlite3.SQLITE_SHM_EXCLUSIVE:
			l.exclusive = h.id
		case sqlite3.SQLITE_SHM_UNLOCK | sqlite3.SQLITE_SHM_SHARED:
			l.shared--
		default:
			l.exclusive = 0
		}
	}
	return sqlite3.SQLITE_OK
}

// xShmBarrier: the locks of Go are barriers.
func xShmBarrier(_ *libc.TLS, file uintptr) {
	_, unlock := of(file)
	unlock()
}

func xShmUnmap(tls *libc.TLS, file uintptr, _ int32) int32 {
	h, unlock := of(file)
	defer unlock()
	if !h.shm {
		return sqlite3.SQLITE_OK
	}
	h.shm = false
	f := h.file
	if f.shmUsers--; f.shmUsers == 0 {
		for _, p := range f.shm {
			libc.Xfree(tls, p)
		}
		f.shm = nil
	}
	return sqlite3.SQLITE_OK
}
