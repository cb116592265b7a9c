package mingjing

import "time"

// An ActivationCode is a one-time code with which a resident sets the password. It is
// shown once.
type ActivationCode struct {
	// Code is twelve digits, as "1234-5678-9012".
	Code  string    `json:"code"`
	Until time.Time `json:"until"`
}

// SecurityCounterCode is the code of a [NoticeSecurity] that says that somebody got a new
// activation code for the resident's account at the counter.
const SecurityCounterCode = "counter_code"

// IDDocuments are the documents by which staff check who a resident is.
var IDDocuments = []string{"id_card", "temporary_id_card", "hmt_residence_permit", "permanent_residence_card", "passport"}

// An EnrolView is the form by which staff enrol one person, or what came of it.
type EnrolView struct {
	// Made is who was just enrolled, with the code that is shown once; nil for the form.
	Made *CounterEnrolment `json:"made,omitempty"`
}

// A CounterEnrolment is somebody who was enrolled at the counter.
type CounterEnrolment struct {
	Name     string `json:"name"`
	IDMasked string `json:"id_masked"`
	ActivationCode
}
