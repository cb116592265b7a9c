package intake

import "mingjing"

// CodeNameMismatch is the code of a line whose name is not that of the person with the ID
// number. It belongs to nobody, and waits for the agency.
const CodeNameMismatch = "name_mismatch"

// LineCodes are all codes by which a line of a batch is refused.
var LineCodes = []string{
	// The line could not be read.
	"line_unreadable", "quote_open", "quote_stray", "cells_count", "field_unknown", "field_type", "number_form",
	// What it says is not complete or not right.
	"op_unknown", "ref_required", "id_number_length", "id_number_digits", "id_number_date", "id_number_check", "id_number_fifteen",
	"id_number_foreign", "organisation_code", "date_form",
	"too_long", "language_unknown", "change_reason_required", "ground_required", "measures_required", "measure_unpublished", "term_too_long",
	mingjing.WhyNoDocument, mingjing.WhyWrongDocument, "document_part_required", "hash_form",
	mingjing.WhyNotInCatalogue, mingjing.WhyNotFromAgency, mingjing.WhyNotYet, mingjing.WhyExpired,
	// It does not fit what is held.
	"resident_unknown", CodeNameMismatch, "ref_unknown", "ref_ambiguous", "ref_known", "held_already", "listed_already",
	"needs_new_case", "case_open", "not_active", "records_full",
}
