package main

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestACopiedDatabaseOpensNothing tries every value of both databases as the cookie of a
// session, while a resident and a supervisor are logged in.
func TestACopiedDatabaseOpensNothing(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 9")
	tried, tokens := map[string]bool{}, 0
	try := func(value string) {
		if value == "" || len(value) > 4096 || tried[value] {
			return
		}
		tried[value] = true
		if strings.HasPrefix(value, "ory_st_") {
			tokens++
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/me", nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: value})
		w := httptest.NewRecorder()
		c.p.handler.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("a value of a database is answered %d", w.Code)
		}
	}
	word := regexp.MustCompile(`[A-Za-z0-9_-]{16,}`)
	for _, path := range []string{filepath.Join(c.dir, "mingjing.db"), filepath.Join(c.dir, "kratos", "kratos.sqlite")} {
		db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, table := range column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
			everyValue(t, db, string(table), func(v []byte) {
				try(base64.RawURLEncoding.EncodeToString(v))
				for _, w := range word.FindAllString(string(v), -1) {
					try(w)
				}
			})
		}
	}
	if tokens == 0 || len(tried) < 1000 {
		t.Errorf("%d values were tried, with %d tokens of sessions", len(tried), tokens)
	}
	b.json("GET", "/api/me", nil).want(200)
}

// everyValue calls a function with each value of a table's first rows.
func everyValue(t *testing.T, db *sql.DB, table string, do func(v []byte)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`" LIMIT 300`) //nolint:unqueryvet // every column is tried
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, to := make([]sql.RawBytes, len(names)), make([]any, len(names))
		for n := range values {
			to[n] = &values[n]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			do(v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// column returns the values of a query with one column.
func column(t *testing.T, db *sql.DB, query string) (all [][]byte) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v []byte
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAnUploadThatEndsAfterItsSessionIsRefused ends the session while the body is on its way.
func TestAnUploadThatEndsAfterItsSessionIsRefused(t *testing.T) {
	c := theOpenCity(t)
	b, elsewhere := c.resident(t, "ordinary 13"), c.resident(t, "ordinary 13")
	read, write := io.Pipe()
	begun := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/api/disputes", read)
	if err != nil {
		t.Fatal(err)
	}
	form := multipart.NewWriter(write)
	for name, value := range map[string]string{"Accept": "application/json", "Content-Type": form.FormDataContentType(),
		"Sec-Fetch-Site": "same-origin", "Expect": "100-continue"} {
		r.Header.Set(name, value)
	}
	client := &http.Client{Jar: b.http.Jar, Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}
	defer client.CloseIdleConnections()
	answers := make(chan int, 1)
	go func() {
		res, err := client.Do(r)
		if err != nil {
			t.Error(err)
			answers <- 0
			return
		}
		defer res.Body.Close()
		answers <- res.StatusCode
	}()
	<-begun // the server has let it in, and reads
	elsewhere.json("POST", "/api/sessions/end-others", nil).want(200)
	if err := errors.Join(form.WriteField("statement", "too late"), form.Close(), write.Close()); err != nil {
		t.Error(err)
	}
	if status := <-answers; status != http.StatusUnauthorized {
		t.Errorf("it is answered %d", status)
	}
}
