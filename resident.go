package mingjing

import (
	"errors"
	"strings"
	"time"
	"unicode"
)

// A ResidentID is the random id of a resident. It says nothing about the person and is
// safe in URLs, events and logs.
type ResidentID string

// organisationPrefix begins the id of an organisation, and of nobody else.
const organisationPrefix = "org-"

// OrganisationID returns the id of an organisation that has a random id.
func OrganisationID(random string) ResidentID { return ResidentID(organisationPrefix + random) }

// Subject returns what has the id: a resident, or an organisation, on which records and
// listings are held in the same way.
func (id ResidentID) Subject() Subject {
	if strings.HasPrefix(string(id), organisationPrefix) {
		return OfOrganisations
	}
	return OfResidents
}

// An IDNumber is a resident ID number in canonical form: 18 characters, digits
// and possibly a final upper-case X, with a correct check character and a
// possible date of birth. Only [ParseIDNumber] makes one.
type IDNumber string

// The ways in which text is not an ID number. The text of each is its code, and
// i18n has a sentence for each that says what to do.
var (
	ErrIDNumberLength = errors.New("id_number_length")
	ErrIDNumberDigits = errors.New("id_number_digits")
	ErrIDNumberDate   = errors.New("id_number_date")
	ErrIDNumberCheck  = errors.New("id_number_check")
	// ErrIDNumberFifteen is a number of 15 digits, as identity cards of the first
	// generation had it. They are not valid since 2013.
	ErrIDNumberFifteen = errors.New("id_number_fifteen")
	// ErrIDNumberForeign is the number of a foreign permanent resident card of the 2017
	// kind: three letters and 12 digits. Cards of the 2023 kind have 18 characters.
	ErrIDNumberForeign = errors.New("id_number_foreign")
)

// idNumberWeights are the weights of ISO 7064 MOD 11-2 as used by GB 11643-1999.
var idNumberWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const idNumberChecks = "10X98765432"

// ParseIDNumber reads an ID number as a person types or pastes it: spaces and dashes of any
// kind, invisible characters, full-width digits, and x in any case or width or as a Roman
// ten are understood.
// It checks the length, the date of birth against now (no one is born in the
// future or before 1850), and the check character (GB 11643-1999, ISO 7064
// MOD 11-2; the same check serves residence permits and the foreign permanent
// resident card). The error is one of the ErrIDNumber values.
func ParseIDNumber(text string, now time.Time) (IDNumber, error) {
	if len(text) > 128 {
		return "", ErrIDNumberLength
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf), r == minusSign:
			continue
		case r >= '０' && r <= '９':
			r = r - '０' + '0'
		case r == 'x' || r == 'ｘ' || r == 'Ｘ' || r == romanTen || r == smallRomanTen:
			r = 'X'
		}
		b.WriteRune(r)
	}
	s := b.String()
	if len(s) == 15 && strings.Trim(s[3:], "0123456789") == "" {
		switch letters := strings.Trim(s[:3], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"); {
		case letters == "":
			return "", ErrIDNumberForeign
		case strings.Trim(s[:3], "0123456789") == "":
			return "", ErrIDNumberFifteen
		}
	}
	for i, r := range s {
		if (r < '0' || r > '9') && (r != 'X' || i != 17) {
			return "", ErrIDNumberDigits
		}
	}
	if len(s) != 18 {
		return "", ErrIDNumberLength
	}
	born, err := time.Parse("20060102", s[6:14])
	if err != nil || born.Year() < 1850 || born.After(now) {
		return "", ErrIDNumberDate
	}
	if idNumberCheck(s[:17]) != s[17] {
		return "", ErrIDNumberCheck
	}
	return IDNumber(s), nil
}

// What stands for a dash or an X in numbers that are pasted.
const (
	minusSign     = '\u2212'
	romanTen      = '\u2169'
	smallRomanTen = '\u2179'
)

func idNumberCheck(first17 string) byte {
	sum := 0
	for i, w := range idNumberWeights {
		sum += int(first17[i]-'0') * w
	}
	return idNumberChecks[sum%11]
}

// MakeIDNumber appends the check character to the first 17 digits. It exists
// for seed data and tests, which use the area code 999999 that no one holds. It
// panics when first17 is not 17 digits.
func MakeIDNumber(first17 string) IDNumber {
	if len(first17) != 17 || strings.Trim(first17, "0123456789") != "" {
		panic("mingjing: MakeIDNumber wants 17 digits")
	}
	return IDNumber(first17 + string(idNumberCheck(first17)))
}

// Masked returns the number with only its first and last two characters readable, as
// every screen shows it.
func (n IDNumber) Masked() string {
	if code, ok := strings.CutPrefix(string(n), organisationNumber); ok { // codes are public
		return code
	}
	if len(n) != 18 {
		return "******"
	}
	return string(n[:2]) + "**************" + string(n[16:])
}

// String returns the masked form, so that an ID number that is printed by accident
// gives nothing away. Use string(n) for the number itself.
func (n IDNumber) String() string { return n.Masked() }

// An OrganisationCode is a unified social credit code (GB 32100-2015): 18 characters. Only
// [ParseOrganisationCode] makes one.
type OrganisationCode string

// The ways in which text is no unified social credit code, or a doubtful one.
var (
	ErrOrganisationCode = errors.New("organisation_code")
	// ErrOrganisationCheck: the check character is another one. Some lawful codes of the
	// first years break it, so that it is a warning.
	ErrOrganisationCheck = errors.New("organisation_check")
)

const orgCodeAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// ParseOrganisationCode reads a unified social credit code: 18 characters of base 31 (no I,
// O, S, V, Z), in which lower case, full-width characters, spaces and dashes are understood.
// The error is [ErrOrganisationCode]. Where only the MOD 31 check character is another one,
// it returns the code and the warning [ErrOrganisationCheck].
func ParseOrganisationCode(text string) (OrganisationCode, error) {
	if len(text) > 128 {
		return "", ErrOrganisationCode
	}
	var b strings.Builder
	for _, r := range text {
		if r > '\uff00' && r < '\uff5f' {
			r -= 0xfee0
		}
		if !unicode.IsSpace(r) && !unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	s := b.String()
	if len(s) != 18 || strings.Trim(s, orgCodeAlphabet) != "" || strings.Trim(s[2:8], "0123456789") != "" {
		return "", ErrOrganisationCode
	}
	c := OrganisationCode(s)
	if c.Doubtful() {
		return c, ErrOrganisationCheck
	}
	return c, nil
}

// Doubtful reports whether the check character is another one than the standard says.
func (c OrganisationCode) Doubtful() bool {
	check, ok := orgCodeCheck(string(c[:17]))
	return !ok || check != c[17]
}

// organisationNumber begins the number by which an organisation is found: a code alone could
// be somebody's ID number as well.
const organisationNumber = "USCC:"

// Number returns the number by which an organisation is found, as an ID number finds a
// resident.
func (c OrganisationCode) Number() IDNumber { return IDNumber(organisationNumber + string(c)) }

// Subject returns whose number it is.
func (n IDNumber) Subject() Subject {
	if strings.HasPrefix(string(n), organisationNumber) {
		return OfOrganisations
	}
	return OfResidents
}

// ParseHolder reads the number of somebody on whom records and listings are held: an ID number,
// or USCC: and the code of an organisation. The error is that of either.
func ParseHolder(text string, now time.Time) (IDNumber, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), organisationNumber)
	if !ok {
		return ParseIDNumber(text, now)
	}
	c, err := ParseOrganisationCode(rest)
	if c == "" {
		return "", err
	}
	return c.Number(), nil
}

func orgCodeCheck(first17 string) (byte, bool) {
	weight, sum := 1, 0
	for i := range 17 {
		v := strings.IndexByte(orgCodeAlphabet, first17[i])
		if v < 0 {
			return 0, false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return orgCodeAlphabet[(31-sum%31)%31], true
}

// A Role is the role of an actor; package casework decides what each may do.
type Role string

// The roles. Only RoleSystem has no person behind it: it is the product's own
// worker.
const (
	RoleResident   Role = "resident"
	RoleHandler    Role = "handler"
	RoleSupervisor Role = "supervisor"
	RoleAuditor    Role = "auditor"
	// RoleAdministrator adds and removes staff and officers. It sees nothing of any
	// resident, and no case.
	RoleAdministrator Role = "administrator"
	// RoleAgency is an agency's officer, or its own computer.
	RoleAgency Role = "agency"
	// RoleRecipient is somebody who views a share: nobody has checked who they say they
	// are.
	RoleRecipient Role = "recipient"
	RoleSystem    Role = "system"
	// RoleHelper is a resident who acts for another in one case. It stands only with
	// what was done; no [Actor] has it.
	RoleHelper Role = "helper"
)

// RoleRepresentative is a resident who acts for an organisation. It stands only with what was
// done; no [Actor] has it.
const RoleRepresentative Role = "representative"

// Staff reports whether the role is one of the bureau's own people who work on cases or
// check that work. An administrator does neither.
func (r Role) Staff() bool {
	return r == RoleHandler || r == RoleSupervisor || r == RoleAuditor
}

// An Actor is the person or program that asks for something. For a resident, ID is the
// [ResidentID]; for staff, the staff number.
type Actor struct {
	Role Role   `json:"role"`
	ID   string `json:"id"`
	Name string `json:"name"`
	// AAL is the authenticator assurance level of the session: 1 for a password,
	// 2 with a second factor. Staff need 2.
	AAL int `json:"aal"`
	// Agency is the code of the agency that an actor of [RoleAgency] acts for.
	Agency string `json:"agency,omitempty"`
	// Fresh says that the password was given a short time ago, which some things need, and
	// the second factor too where Factor is set.
	Fresh bool `json:"-"`
	// Factor says that a resident has chosen to be asked for a second factor.
	Factor bool `json:"-"`
	// Screen is the open session of a resident; zero where there is none.
	Screen Screen `json:"-"`
}

// A Screen is the session in which a resident reads their own data.
type Screen struct {
	// Session is the id of the session, Opened when it began.
	Session string
	Opened  time.Time
	// Quiet says that an open page asks by itself, while perhaps nobody is at the
	// screen. It then makes at most one entry a page and hour in the resident's own
	// access log.
	Quiet bool
}

// ActionUnreadable is the action of an entry of the access log that can't be opened,
// because somebody has changed it in the database.
const ActionUnreadable = "unreadable"

// An AccessEntry is one entry of a resident's access log: who read what, when and why.
// It is written before the data is returned.
type AccessEntry struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Role Role      `json:"role"`
	// Who is the person's or agency's name as the resident sees it.
	Who string `json:"who"`
	// By is the staff number of a member of staff, or the code of an agency, who can be
	// asked why; empty for anybody else, and in old entries.
	By string `json:"by,omitempty"`
	// Action is a code (i18n "look.<action>"), such as look.records.
	Action string `json:"action"`
	// Subject is the id of what was read: a record, listing, dispute or request;
	// empty for a list.
	Subject string `json:"subject,omitempty"`
	// Purpose is a code (i18n "purpose.<purpose>"), such as own, dispute, score.
	Purpose string `json:"purpose"`
	// For is the resident for whom Who acted, by a [Mandate].
	For string `json:"for,omitempty"`
	// Reason is what a member of staff typed who opened a case that is not theirs.
	Reason string `json:"reason,omitempty"`
}

// PurposeOtherCase is the purpose of an entry of somebody who has opened a case that is
// not theirs.
const PurposeOtherCase = "other_case"

// A Consent is a resident's permission to make scores by one rulebook.
type Consent struct {
	ID          string     `json:"id"`
	Rulebook    string     `json:"rulebook"`
	GivenAt     time.Time  `json:"given_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

// A Session is one login of a resident or a member of staff.
type Session struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	StartedAt time.Time `json:"started_at"`
	// SeenAt is when it was last used.
	SeenAt    time.Time `json:"seen_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Current   bool      `json:"current"`
}

// A SessionUse is what is known of a session besides whose it is. Times are by the clock of
// the database, which is one for all replicas.
type SessionUse struct {
	// SeenAt is when it was last used, Unused how long ago that is.
	SeenAt time.Time
	Unused time.Duration
	// Minutes is after how many without use its resident wants it to end; 0 when they have
	// not chosen.
	Minutes int
	// Cookie is the keyed hash of the only cookie by which it goes on; "" for that with which
	// it began.
	Cookie string
	// Factor says that its second factor was given, and FactorAge how long ago.
	Factor    bool
	FactorAge time.Duration
}

// LockMinutes are the numbers of minutes without use, after which a screen locks and
// its session ends, that a resident can choose from.
var LockMinutes = []int{2, 5, 15}

// LockWarning returns how long before the screen locks the person is warned.
func LockWarning(after time.Duration) time.Duration { return min(time.Minute, after/2) }

// A Client is the device at the other end of a connection.
type Client struct {
	// Addr is its network address without the port.
	Addr string
	// Device is a short name made from its User-Agent.
	Device string
	// Browser is the cookie by which a browser is known to those who logged in with it
	// before; "" for none.
	Browser string
}

// A LoginTry is how one try to log in is counted: Count under the key are allowed at once, and
// as many again within each Per, evenly.
type LoginTry struct {
	Key   string
	Count int
	Per   time.Duration
}

// A LoginWait is a login that waits for its turn, as it is stored: Place counts from 1, and is 0
// for none, and Waiting is how many wait in all. What was typed is sealed, and so is the answer;
// Taken says that the password is being checked.
type LoginWait struct {
	Place, Waiting int
	Sealed, Answer []byte
	Taken          bool
}

// An AwaitedLogin is what somebody hears whose login waits: the session, or the place in the line
// and about how many seconds are left.
type AwaitedLogin struct {
	// Cookie is that of the session; "" while the login waits.
	Cookie string
	// IDNumber and Next are what was typed, to be shown again where the login failed.
	IDNumber, Next string
	LoginPlace
}

// A LoginPlace is the place of a login in the line, from 1, about how many seconds are left, and
// after how many the page asks again.
type LoginPlace struct {
	Place   int `json:"place"`
	Seconds int `json:"seconds"`
	Again   int `json:"again"`
}

// A Login is what a session proves: who is logged in, in which session, and until when.
type Login struct {
	Actor     Actor
	SessionID string
	// IDMasked is a resident's masked ID number, or the staff number.
	IDMasked  string
	ExpiresAt time.Time
	// IdleAfter is the time without use after which the session ends; 0 for never.
	IdleAfter time.Duration
	// AuthenticatedAt is when the password was last given.
	AuthenticatedAt time.Time
	// Factor is that of the Actor.
	Factor bool
}
