package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
)

// SetAgencyCase implements [casework.Tx].
func (t *tx) SetAgencyCase(ctx context.Context, k cases.AgencyCase) error {
	late := cases.NoClock
	if !k.LateFrom.IsZero() {
		late = micros(k.LateFrom)
	}
	asked := 0
	if k.Asked {
		asked = 1
	}
	if err := t.lockOwner(ctx, "dispute", k.Dispute); err != nil {
		return err
	}
	_, err := t.exec(ctx, "set an agency's case", `INSERT INTO agency_stat
		(dispute_id, agency, asked, answer, outcome, answer_days, decide_days, late_from, feedback, evidence, desk, desk_outcome, desk_evidence)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (dispute_id) DO UPDATE SET agency = excluded.agency, asked = excluded.asked, answer = excluded.answer,
		outcome = excluded.outcome, answer_days = excluded.answer_days, decide_days = excluded.decide_days, late_from = excluded.late_from,
		feedback = excluded.feedback, evidence = excluded.evidence, desk = excluded.desk, desk_outcome = excluded.desk_outcome,
		desk_evidence = excluded.desk_evidence`,
		k.Dispute, k.Agency, asked, k.Answer, string(k.Outcome), k.AnswerDays, k.DecideDays, late, k.Feedback, k.Evidence, k.Desk,
		string(k.DeskOutcome), k.DeskEvidence)
	return err
}

// AgencyCounts implements [casework.Tx]. It reads indexes alone.
func (t *tx) AgencyCounts(ctx context.Context, now time.Time) ([]agencyside.AgencyCounts, error) {
	var all []agencyside.AgencyCounts
	place := map[string]int{}
	of := func(agency string) *agencyside.AgencyCounts {
		i, ok := place[agency]
		if !ok {
			i = len(all)
			place[agency] = i
			all = append(all, agencyside.AgencyCounts{Agency: agency, AnswerDays: map[int]int{}, DecideDays: map[int]int{}})
		}
		return &all[i]
	}
	err := t.rows(ctx, "count agencies' cases", func(rows *sql.Rows) error {
		var (
			agency, answer, outcome string
			asked, n, late          int
		)
		if err := rows.Scan(&agency, &asked, &answer, &outcome, &n, &late); err != nil {
			return err
		}
		k := of(agency)
		k.Cases += n
		k.LateNow += late
		if asked == 1 {
			k.Asked += n
		}
		k.AddAnswer(answer, n)
		k.AddOutcome(mingjing.Outcome(outcome), n)
		return nil
	}, `SELECT agency, asked, answer, outcome, count(*), SUM(CASE WHEN late_from < ? THEN 1 ELSE 0 END)
		FROM agency_stat WHERE agency <> '' GROUP BY agency, asked, answer, outcome ORDER BY agency`, micros(now))
	if err == nil {
		err = t.rows(ctx, "count what residents say", func(rows *sql.Rows) error {
			var (
				agency, feedback string
				n                int
			)
			err := rows.Scan(&agency, &feedback, &n)
			if sum := map[string]*int{mingjing.FeedbackGood: &of(agency).Good, mingjing.FeedbackPoor: &of(agency).Poor}[feedback]; sum != nil {
				*sum += n
			}
			return err
		}, `SELECT agency, feedback, count(*) FROM agency_stat WHERE feedback <> '' GROUP BY agency, feedback`)
	}
	if err == nil {
		err = t.rows(ctx, "count evidence that agencies opened", func(rows *sql.Rows) error {
			var (
				agency, evidence string
				n                int
			)
			err := rows.Scan(&agency, &evidence, &n)
			of(agency).AddEvidence(evidence, n)
			return err
		}, `SELECT agency, evidence, count(*) FROM agency_stat WHERE evidence <> '' GROUP BY agency, evidence`)
	}
	if err == nil {
		err = t.rows(ctx, "count rows of agencies", func(rows *sql.Rows) error {
			var (
				agency            string
				accepted, refused int
			)
			err := rows.Scan(&agency, &accepted, &refused)
			of(agency).Rows, of(agency).RowsRefused = accepted+refused, refused
			return err
		}, `SELECT agency, accepted, refused FROM intake_stat ORDER BY agency`)
	}
	for _, column := range []string{"answer_days", "decide_days"} {
		if err != nil {
			break
		}
		err = t.rows(ctx, "count agencies' days", func(rows *sql.Rows) error {
			var (
				agency  string
				days, n int
			)
			if err := rows.Scan(&agency, &days, &n); err != nil {
				return err
			}
			k := of(agency)
			if column == "answer_days" {
				k.AnswerDays[days] = n
			} else {
				k.DecideDays[days] = n
			}
			return nil
		}, fmt.Sprintf(`SELECT agency, %[1]s, count(*) FROM agency_stat WHERE %[1]s IS NOT NULL GROUP BY agency, %[1]s`, column))
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// BureauCounts implements [casework.Tx]. It reads an index alone.
func (t *tx) BureauCounts(ctx context.Context) (agencyside.AgencyCounts, error) {
	var k agencyside.AgencyCounts
	err := t.rows(ctx, "count the bureau's cases", func(rows *sql.Rows) error {
		var (
			desk, outcome, evidence string
			n                       int
		)
		if err := rows.Scan(&desk, &outcome, &evidence, &n); err != nil {
			return err
		}
		k.Cases += n
		if desk != cases.AnswerNone {
			k.Asked += n
		}
		k.AddAnswer(desk, n)
		k.AddOutcome(mingjing.Outcome(outcome), n)
		k.AddEvidence(evidence, n)
		return nil
	}, `SELECT desk, desk_outcome, desk_evidence, count(*) FROM agency_stat GROUP BY desk, desk_outcome, desk_evidence`)
	return k, err
}

// AddIntakeRows implements [casework.Tx].
func (t *tx) AddIntakeRows(ctx context.Context, agency string, accepted, refused int) error {
	_, err := t.exec(ctx, "count rows of a batch", `INSERT INTO intake_stat (agency, accepted, refused) VALUES (?, ?, ?)
		ON CONFLICT (agency) DO UPDATE SET accepted = intake_stat.accepted + excluded.accepted, refused = intake_stat.refused + excluded.refused`,
		agency, accepted, refused)
	return err
}
