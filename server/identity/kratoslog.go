package identity

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
)

// A kratosLog passes on the log of Kratos without anything that a person sent: of a
// record the message, and the error's where it is more than a warning.
type kratosLog struct {
	log *slog.Logger
	// locked is called when Kratos says that others write to its database; it may be nil.
	locked func()

	mu   sync.Mutex
	rest []byte
	tail []string
}

// lockedMessage is what SQLite says while others write.
const lockedMessage = "database is locked"

const (
	maxLogLine  = 64 << 10
	maxLogTail  = 5
	maxLogWords = 300
)

func (w *kratosLog) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, b...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			break
		}
		w.line(line)
		w.rest = rest
	}
	if len(w.rest) > maxLogLine {
		w.rest = nil
	}
	return len(b), nil
}

func (w *kratosLog) line(b []byte) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return
	}
	var l struct {
		Level string          `json:"level"`
		Msg   string          `json:"msg"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(b, &l); err != nil {
		w.keep(clip(string(b)))
		return
	}
	var cause struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(l.Error, &cause) // where the error has another form, the message is enough
	attrs := []any{"level", l.Level, "msg", clip(l.Msg)}
	if l.Level != "warning" {
		attrs = append(attrs, "error", clip(cause.Message))
	}
	if strings.HasPrefix(l.Msg, "Config version is ") {
		return // a Kratos that is built from its module has no version
	}
	w.keep(clip(l.Msg + " " + cause.Message))
	if w.locked != nil && (strings.Contains(cause.Message, lockedMessage) || strings.Contains(l.Msg, lockedMessage)) {
		w.locked()
	}
	switch l.Level {
	case "warning", "error", "fatal", "panic":
		w.log.Warn("kratos says", attrs...)
	}
}

func (w *kratosLog) keep(s string) {
	w.tail = append(w.tail, s)
	w.tail = w.tail[max(0, len(w.tail)-maxLogTail):]
}

// last returns the last message, for the error of a run that failed.
func (w *kratosLog) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tail) == 0 {
		return ""
	}
	return ": " + strings.Join(w.tail, " | ")
}

func clip(s string) string {
	if len(s) > maxLogWords {
		s = s[:maxLogWords]
	}
	return strings.ToValidUTF8(s, "")
}
