//go:build unix

package pgtest_test

import (
	"testing"

	"mingjing/server/store/pgtest"

	"github.com/jackc/pgx/v5"
)

func TestEachDatabaseIsEmptyAndApart(t *testing.T) {
	for range 2 {
		conn, err := pgx.Connect(t.Context(), pgtest.Start(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), "CREATE TABLE mine (id int)"); err != nil {
			t.Fatal(err)
		}
	}
}
