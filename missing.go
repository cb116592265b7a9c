package mingjing

// A MissingRecord is a record that an agency should hold and has not sent, as the resident
// says.
type MissingRecord struct {
	// Agency is the code of the agency, Code the catalogue code.
	Agency   string `json:"agency"`
	Code     string `json:"code"`
	Occurred Date   `json:"occurred,omitempty"`
	// Number is that of the official document.
	Number string `json:"number,omitempty"`
}

// Head returns what can be known of it without the person: the agency and the item. It is
// nil for nil.
func (m *MissingRecord) Head() *MissingRecord {
	if m == nil {
		return nil
	}
	return &MissingRecord{Agency: m.Agency, Code: m.Code}
}

// A MissingChoice is something good that an agency may hold on a resident.
type MissingChoice struct {
	Agency string `json:"agency"`
	Code   string `json:"code"`
}

// Value returns the choice as a field of a form has it.
func (m MissingChoice) Value() string { return m.Code + "@" + m.Agency }

// A MissingView is the form in which a resident asks an agency for a record that it has not
// sent.
type MissingView struct {
	Rules
	Choices []MissingChoice `json:"choices"`
}
