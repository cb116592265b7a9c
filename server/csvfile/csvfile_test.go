package csvfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// A drip gives a file a few bytes at a time, as a pipe does.
type drip struct{ text string }

func (d *drip) Read(p []byte) (int, error) {
	if d.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 3)], d.text)
	d.text = d.text[n:]
	return n, nil
}

func rowsOf(t *testing.T, file io.Reader) string {
	t.Helper()
	r, err := New(file, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	r.Begins("a", func(cell string) bool { return strings.HasPrefix(cell, "row") })
	var out []string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " ")
		} else if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, fmt.Sprintf("%d:%s%q", row.Line, row.Code, row.Cells))
	}
}

func TestEveryRowHasItsLineHoweverTheFileArrives(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ text, want string }{
		{"a,b\n1,2\n\n , \n3,4", `2:["1" "2"] 5:["3" "4"]`},
		{"b;A\r\n1;2\r\n", `2:["1" "2"]`},
		{"a,b\n\"x\ny\",2\nz,3\n", `2:["x\ny" "2"] 4:["z" "3"]`},
		{"a,b\nrow 1,\"x\nrow 2,y\nrow 3,\"z\"\n", `2:quote_open[] 3:["row 2" "y"] 4:["row 3" "z"]`},
		{"a,b\n1,\"x\"y\"\"\n2,3\n", `2:quote_stray[] 3:["2" "3"]`},
		{"a,b\n1\n1,2,3\n2,3\n", `2:cells_count["1"] 3:cells_count["1" "2" "3"] 4:["2" "3"]`},
		{"a,b\n" + strings.Repeat("x", maxLine+1) + ",2\n3,4\n", `2:line_unreadable[] 3:["3" "4"]`},
	} {
		if got := rowsOf(t, strings.NewReader(k.text)); got != k.want {
			t.Errorf("%.40q is read as %s, want %s", k.text, got, k.want)
		}
		if got := rowsOf(t, &drip{k.text}); got != k.want {
			t.Errorf("%.40q, a few bytes at a time, is read as %s, want %s", k.text, got, k.want)
		}
	}
}

func TestAHeaderRowHasKnownColumnsOnceEach(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": ErrNoHead.Error(), "\n\n": ErrNoHead.Error(), "a,\"b\n": ErrNoHead.Error(),
		"a,c\n": "unknown column c", "a;a\n": "unknown column a", "a,b,\n": "unknown column "} {
		if _, err := New(strings.NewReader(text), []string{"a", "b"}); err == nil || err.Error() != want {
			t.Errorf("%q is told %v, want %s", text, err, want)
		}
	}
}

// A long file is never in memory as a whole.
func TestALongFileIsReadARowAtATime(t *testing.T) {
	t.Parallel()
	file, write := io.Pipe()
	go func() {
		_, err := io.WriteString(write, "a,b\n")
		for n := 0; err == nil && n < 200_000; n++ {
			_, err = fmt.Fprintf(write, "%d,x\n", n)
		}
		_ = write.CloseWithError(err)
	}()
	r, err := New(file, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if rows++; len(r.ahead) > 2 {
			t.Fatalf("%d lines are ahead", len(r.ahead))
		}
	}
	if rows != 200_000 {
		t.Errorf("%d rows", rows)
	}
}
