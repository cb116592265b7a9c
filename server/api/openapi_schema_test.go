package api

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/web/rulebooks"
)

// A schema is one of JSON Schema 2020-12, which OpenAPI 3.1 uses.
type schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 any                `json:"type,omitempty"`
	Format               string             `json:"format,omitempty"`
	Encoding             string             `json:"contentEncoding,omitempty"`
	Enum                 []any              `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	MinLength            *int               `json:"minLength,omitempty"`
	MaxLength            *int               `json:"maxLength,omitempty"`
	Minimum              *int               `json:"minimum,omitempty"`
	Maximum              *int               `json:"maximum,omitempty"`
	MinItems             *int               `json:"minItems,omitempty"`
	MaxItems             *int               `json:"maxItems,omitempty"`
	MaxProperties        *int               `json:"maxProperties,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"`
	OneOf                []*schema          `json:"oneOf,omitempty"`
	AllOf                []*schema          `json:"allOf,omitempty"`
	Not                  *schema            `json:"not,omitempty"`
	Examples             []any              `json:"examples,omitempty"`
}

// A describer makes schemas of Go types by reflection: names and what may be left out
// from the json tags, descriptions from the comments.
type describer struct {
	t          *testing.T
	components map[string]*schema
	types      map[string]reflect.Type
	comments   comments
	// narrower says of fields what their type does not, by the name of the struct and that
	// of the field in JSON; unused are its entries that no field has had.
	narrower map[string]schema
	unused   map[string]bool
	// inline are the types that have no component of their own; nil for none.
	inline map[reflect.Type]schema
}

func newDescriber(t *testing.T, narrower map[string]schema) *describer {
	d := &describer{t: t, components: map[string]*schema{}, types: map[string]reflect.Type{}, comments: comments{}, narrower: narrower,
		unused: map[string]bool{}}
	for name := range narrower {
		d.unused[name] = true
	}
	return d
}

const (
	idPattern   = "^[A-Za-z0-9-]{1,64}$"
	datePattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
)

// onceAbout is what openapi.json says about the key of a request.
var onceAbout = "A name of this request that its sender makes, such as a UUID: sent again with the same key, it is done once and " +
	"answered as the first time, or with the thing as it is now. The same key with other content is refused (422, key_used): values " +
	"say when the first one came, the page and id of what was done, and for a case where the rest can be added. " +
	"A request that failed leaves its key unused. Keys are the sender's own, for one address each, and are known for " +
	strconv.Itoa(int(kernel.SendingKept.Hours())/24) + " days. " +
	"Without a key a request is done each time it comes. Forms send the field " + keyField + " instead. Quotation marks around " +
	"the key are no part of it (draft-ietf-httpapi-idempotency-key-header-07)."

func intp(n int) *int { return &n }

// named are the types that JSON has in a form of their own.
var named = map[reflect.Type]schema{
	reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
	reflect.TypeFor[tlog.Hash](): {Type: "string", Encoding: "base64", MinLength: intp(44), MaxLength: intp(44)},
	reflect.TypeFor[[]byte]():    {Type: "string", Encoding: "base64"},
	filesType: {Type: "array", Items: &schema{Type: "string", Format: "binary"}, MaxItems: intp(mingjing.MaxEvidence),
		Description: "PDF, JPEG or PNG, up to 10 MiB each, 10 a dispute."},
}

func codes[T ~string](list []T) schema {
	s := schema{Type: "string"}
	for _, code := range list {
		s.Enum = append(s.Enum, string(code))
	}
	return s
}

func each(s schema) schema { return schema{Type: "array", Items: &s} }

// enums are the types whose values are codes.
var enums = map[reflect.Type]schema{
	reflect.TypeFor[mingjing.Area](): codes(mingjing.Areas),
	reflect.TypeFor[mingjing.RecordState](): codes([]mingjing.RecordState{mingjing.RecordActive, mingjing.RecordCorrected,
		mingjing.RecordDisputed, mingjing.RecordSuspended, mingjing.RecordRemoved}),
	reflect.TypeFor[mingjing.ListKind]():       codes([]mingjing.ListKind{mingjing.Blacklist, mingjing.Redlist}),
	reflect.TypeFor[mingjing.ListingState]():   codes(mingjing.ListingStates),
	reflect.TypeFor[mingjing.CaseKind]():       codes(mingjing.CaseKinds),
	reflect.TypeFor[mingjing.DisputeReason]():  codes(mingjing.DisputeReasons),
	reflect.TypeFor[mingjing.CaseState]():      codes(mingjing.CaseStates),
	reflect.TypeFor[mingjing.Outcome]():        codes(mingjing.Outcomes),
	reflect.TypeFor[mingjing.AgencyPosition](): codes(mingjing.AgencyPositions),
	reflect.TypeFor[mingjing.RequestState](): codes([]mingjing.RequestState{mingjing.RequestQueued, mingjing.RequestCollecting,
		mingjing.RequestScoring, mingjing.RequestReady, mingjing.RequestWithdrawn, mingjing.RequestTooLittle}),
	reflect.TypeFor[mingjing.SourceState](): codes([]mingjing.SourceState{mingjing.SourceWaiting, mingjing.SourceRetrying,
		mingjing.SourceAnswered, mingjing.SourceMissing}),
	reflect.TypeFor[mingjing.NoticeKind](): codes(append(slices.Clone(mingjing.NoticeKinds), mingjing.NoticeMailFailed,
		mingjing.NoticePushFailed)),
	reflect.TypeFor[mingjing.ShareField]():       codes(mingjing.ShareFields),
	reflect.TypeFor[mingjing.ShareName]():        codes(mingjing.ShareNames),
	reflect.TypeFor[mingjing.ShareState]():       codes(mingjing.ShareStates),
	reflect.TypeFor[mingjing.InquiryState]():     codes(mingjing.InquiryStates),
	reflect.TypeFor[mingjing.InquiryOutcome]():   codes(mingjing.InquiryOutcomes),
	reflect.TypeFor[mingjing.ComplaintKind]():    codes(mingjing.ComplaintKinds),
	reflect.TypeFor[mingjing.ComplaintState]():   codes([]mingjing.ComplaintState{mingjing.ComplaintFiled, mingjing.ComplaintAnswered}),
	reflect.TypeFor[mingjing.ComplaintOutcome](): codes(mingjing.ComplaintOutcomes),
	reflect.TypeFor[mingjing.RefusalAnswer]():    codes(mingjing.RefusalAnswers),
	reflect.TypeFor[mingjing.Relation]():         codes(mingjing.Relations),
	reflect.TypeFor[mingjing.MandateState](): codes([]mingjing.MandateState{mingjing.MandateOffered, mingjing.MandateAccepted,
		mingjing.MandateDeclined, mingjing.MandateRevoked, mingjing.MandateEnded}),
	reflect.TypeFor[mingjing.StaffState]():  codes(mingjing.StaffStates),
	reflect.TypeFor[mingjing.KeyUse]():      codes(mingjing.KeyUses),
	reflect.TypeFor[mingjing.BatchState]():  codes(mingjing.BatchStates),
	reflect.TypeFor[mingjing.ExportState](): codes(mingjing.ExportStates),
	reflect.TypeFor[mingjing.EventKind](): codes([]mingjing.EventKind{mingjing.EventRequest, mingjing.EventScore, mingjing.EventRecord,
		mingjing.EventDispute, mingjing.EventStaff,
		mingjing.EventConsent, mingjing.EventNotice, mingjing.EventExport, mingjing.EventReset, mingjing.EventInquiry, mingjing.EventShare,
		mingjing.EventBatch}),
	reflect.TypeFor[mingjing.Role](): codes([]mingjing.Role{mingjing.RoleResident, mingjing.RoleHandler, mingjing.RoleSupervisor,
		mingjing.RoleAuditor, mingjing.RoleAdministrator,
		mingjing.RoleAgency, mingjing.RoleSystem, mingjing.RoleHelper, mingjing.RoleRecipient,
		mingjing.RoleRepresentative}),
}

func some() schema { return schema{MinLength: intp(1)} }

// narrower are the narrower fields of openapi.json.
var narrower = map[string]schema{
	"Complaint.place":          codes(mingjing.ComplaintPlaces),
	"ComplaintForm.place":      codes(mingjing.ComplaintPlaces),
	"ComplaintSummary.place":   codes(mingjing.ComplaintPlaces),
	"Batch.id":                 {MinLength: intp(1), MaxLength: intp(128)},
	"Batch.lines":              {MinItems: intp(1), MaxItems: intp(intake.MaxLines)},
	"BatchSummary.id":          {MinLength: intp(1), MaxLength: intp(128)},
	"BatchLine.op":             codes(intake.Ops),
	"BatchLine.ref":            {MinLength: intp(1), MaxLength: intp(128)},
	"BatchLine.subject":        {MaxLength: intp(100)},
	"BatchLine.occurred":       {Pattern: datePattern},
	"BatchLine.months":         {Minimum: intp(1)},
	"BatchLine.reason":         {MaxLength: intp(1000)},
	"LineAnswer.line":          {Minimum: intp(1)},
	"LineAnswer.file_line":     {Minimum: intp(1)},
	"LineAnswer.status":        codes([]string{mingjing.LineAccepted, mingjing.LineRefused}),
	"LineAnswer.code":          codes(intake.LineCodes),
	"BatchSummary.total":       {Minimum: intp(1)},
	"Band.shape":               codes([]string{"star", "circle", "square", "diamond", "triangle"}),
	"Band.tone":                codes([]string{"good", "fair", "poor"}),
	"Change.rules":             {Type: []string{"array", "null"}},
	"ScoreView.outlook":        {Type: []string{"array", "null"}},
	"Score.explanation":        {MinItems: intp(1)},
	"Contribution.kind":        codes([]string{"base", "record", "listing", "cap", "bound"}),
	"RulebookRef.hash":         {Pattern: "^[0-9a-f]{64}$"},
	"RulebookRef.version":      some(),
	"RulebookRef.id":           codes(books()),
	"AskForm.rulebook":         codes(books()),
	"WithdrawForm.rulebook":    codes(books()),
	"ScoreQuery.rulebook":      codes(books()),
	"Listing.tier":             codes([]string{"minor", "general", "serious"}),
	"Listing.term_months":      {Minimum: intp(1)},
	"Listing.served":           codes([]string{"app", "post", "in_person", "agency"}),
	"ListingItem.repair_why":   codes([]string{"too_early", "case_open", "not_in_effect", "no_condition"}),
	"Evidence.type":            codes(append([]string{""}, evidenceTypes...)),
	"Evidence.name":            some(),
	"Evidence.size":            {Minimum: intp(1)},
	"Clock.code":               codes(mingjing.ClockCodes),
	"TimelineEntry.code":       codes(mingjing.TimelineCodes),
	"Decision.rule":            codes([]string{"unchecked", "unserved"}),
	"Recommendation.reasons":   some(),
	"Recommendation.by":        some(),
	"Case.lanes":               each(codes([]string{"evidence", "review", "court"})),
	"CaseView.allowed":         each(codes(mingjing.CaseSteps)),
	"CaseView.reply_lang":      codes(mingjing.Languages),
	"CaseItem.allowed":         each(codes(mingjing.CaseSteps)),
	"QueueQuery.state":         codes(append([]string{"open", "all"}, texts(mingjing.CaseStates)...)),
	"QueueQuery.kind":          codes(append([]string{mingjing.AnyKind}, texts(mingjing.CaseKinds)...)),
	"CounterDisputeForm.visit": {Pattern: idPattern},
	"CounterView.visit":        {Pattern: idPattern},
	"IdNumberForm.id_reason":   codes(mingjing.IDNumberReasons),
	"ClockForm.step":           codes(mingjing.ClockSteps),
	"DeadlineCount.kind":       codes(mingjing.DeadlineKinds),
	"DeadlineCount.n":          {Minimum: intp(1)},
	"AccessEntry.action":       some(),
	"AccessEntry.purpose":      some(),
	"Viewer.name":              some(),
	"Viewer.id_masked":         some(),
	"Me.aal":                   {Minimum: intp(1), Maximum: intp(2)},
	"Note.role":                codes([]mingjing.Role{mingjing.RoleHandler, mingjing.RoleSupervisor}),
	"StaffEntry.step":          codes(mingjing.StaffSteps),
	"StaffEntry.change":        codes(mingjing.StaffChanges),
	"StaffEntry.seq":           {Minimum: intp(1)},
	"StaffEntry.hash":          {Pattern: "^[0-9a-f]{64}$"},
	"MadeKey.secret":           {Pattern: "^[0-9a-f]{64}$"},
	"StaffProposal.change":     codes(mingjing.StaffChanges),
	"StaffMemberView.changes":  each(codes(mingjing.StaffChanges)),
	"Declaration.action":       codes([]string{"declared", "removed"}),
	"AgencyHolding.kind":       codes([]string{"record", "listing"}),
	"AgencyHolding.state":      some(),
	"AgencyQuestion.notice":    {Minimum: intp(1), Maximum: intp(2)},
	"Share.views":              {Minimum: intp(1), Maximum: intp(20)},
	"ShareAccess.mail":         codes(mingjing.ShareMails),
	"MadeShare.link":           {Format: "uri"},
	"InquiryAnswer.text":       some(),
	"ExportJob.step":           codes(mingjing.ExportSteps),
	"ExportJob.percent":        {Maximum: intp(100)},
	"ProblemDocument.type":     codes([]string{"about:blank"}),
	"ProblemDocument.title":    some(),
	"ProblemDocument.code":     some(),
	"ProblemDocument.status":   {Minimum: intp(400), Maximum: intp(599)},
	"ProblemField.detail":      some(),
	"FieldError.field":         some(),
	"FieldError.code":          some(),
}

// othersIDs are the ids that are not ours.
var othersIDs = []string{"Batch.id", "BatchSummary.id", "BatchQuery.id", "BatchStateQuery.id"}

// signed are the numbers that may be less than 0; the others are counts.
var signed = []string{"points", "value", "min", "max", "from"}

func books() []string {
	all, err := rulebooks.All()
	if err != nil {
		panic(err)
	}
	var ids []string
	for _, b := range all {
		ids = append(ids, b.ID)
	}
	return ids
}

func texts[T ~string](v []T) []string {
	var out []string
	for _, x := range v {
		out = append(out, string(x))
	}
	return out
}

// typeName returns the name of a struct in openapi.json.
func typeName(t reflect.Type) string {
	name, of, isList := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	if isList {
		name = of[strings.LastIndexByte(of, '.')+1:] + "List"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// of returns the schema of a type: a reference for a struct with a name.
func (d *describer) of(t reflect.Type) *schema {
	if t.Kind() == reflect.Pointer {
		return d.of(t.Elem())
	}
	if s, ok := d.inline[t]; ok {
		return &s
	}
	if s, ok := named[t]; ok {
		return &s
	}
	if s, ok := enums[t]; ok {
		return &s
	}
	switch t.Kind() {
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &schema{Type: "integer"}
	case reflect.Slice:
		return &schema{Type: "array", Items: d.of(t.Elem())}
	case reflect.Map:
		if t.Name() == "" {
			return &schema{Type: "object", AdditionalProperties: d.of(t.Elem())}
		}
	case reflect.Struct:
	default:
		d.t.Fatalf("nothing describes %s", t)
	}
	name := typeName(t)
	if other, ok := d.types[name]; ok && other != t {
		d.t.Fatalf("%s and %s have one name", t, other)
	}
	if d.types[name] == nil {
		d.types[name] = t
		s := &schema{Type: "object", AdditionalProperties: &schema{Type: "string"}} // a map of words by language
		if t.Kind() == reflect.Struct {
			s = d.object(t, nil)
		}
		s.Description = d.comments.of(d.t, t, "")
		d.components[name] = s
	}
	return &schema{Ref: "#/components/schemas/" + name}
}

// object returns the schema of a struct; its fields that leave says are not in it.
func (d *describer) object(t reflect.Type, leave func(f reflect.StructField) bool) *schema {
	s := &schema{Type: "object", Properties: map[string]*schema{}}
	if !strings.HasSuffix(t.Name(), "Form") {
		s.AdditionalProperties = false
	}
	for _, f := range reflect.VisibleFields(t) {
		name, how, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "-" || name == "" || leave != nil && leave(f) {
			continue
		}
		optional := strings.Contains(how, "omitempty") || strings.Contains(how, "omitzero")
		s.Properties[name] = d.field(owner(t, f), f, name, optional)
		if !optional {
			s.Required = append(s.Required, name)
		}
	}
	if choice, ok := reflect.Zero(t).Interface().(interface{ oneOf() []string }); ok {
		for _, name := range choice.oneOf() {
			s.OneOf = append(s.OneOf, &schema{Required: []string{name}})
		}
	}
	return s
}

// owner returns the struct that declares a field of t.
func owner(t reflect.Type, f reflect.StructField) reflect.Type {
	for _, i := range f.Index[:len(f.Index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return t
}

func (d *describer) field(t reflect.Type, f reflect.StructField, name string, optional bool) *schema {
	s := d.of(f.Type)
	if text := d.comments.of(d.t, t, f.Name); text != "" {
		s.Description = text
	}
	switch {
	case s.Type == "string" && s.Enum == nil && f.Type == reflect.TypeFor[mingjing.Date]() && s.Format == "":
		if optional || strings.HasSuffix(t.Name(), "Form") {
			s.Format = "date"
		} else {
			s.Pattern = datePattern // a document may lack its date
		}
	case slices.Contains(othersIDs, typeName(t)+"."+name): // as agencies make them
	case s.Type == "string" && (name == "id" || strings.HasSuffix(name, "_id") || name == "previous"):
		s.Pattern = idPattern
	case s.Type == "string" && s.Enum == nil && slices.Contains([]string{"agency", "code", "rule", "rulebook", "band"}, name) && !optional:
		s.MinLength = intp(1)
	case s.Type == "integer" && !slices.Contains(signed, name):
		s.Minimum = intp(0)
	}
	key := typeName(t) + "." + name
	if n, ok := d.narrower[key]; ok {
		delete(d.unused, key)
		narrow(s, n)
	}
	d.tags(s, f)
	if f.Type.Kind() == reflect.Pointer && !optional {
		if s.Ref != "" {
			s = &schema{OneOf: []*schema{s, {Type: "null"}}}
		} else {
			s.Type = []any{s.Type, "null"}
		}
	}
	return s
}

// tags reads what the tags of an input say.
func (d *describer) tags(s *schema, f reflect.StructField) {
	for tag, to := range map[string][3]**int{"min": {&s.MinLength, &s.Minimum, &s.MinItems}, "max": {&s.MaxLength, &s.Maximum, &s.MaxItems}} {
		text := f.Tag.Get(tag)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			d.t.Fatal(f, err)
		}
		*to[slices.Index([]any{"string", "integer", "array"}, s.Type)] = &n
	}
	if format := f.Tag.Get("format"); format == "integer" {
		*s = schema{Type: "integer", Minimum: intp(0), Description: s.Description}
	} else if format != "" {
		s.Format = format
	}
	if list := f.Tag.Get("enum"); list != "" {
		s.Enum = nil
		for _, v := range strings.Split(list, ",") {
			switch s.Type {
			case "integer":
				n, err := strconv.Atoi(v)
				if err != nil {
					d.t.Fatal(f, err)
				}
				s.Enum, s.Minimum = append(s.Enum, n), nil
			case "boolean":
				s.Enum = append(s.Enum, v == "true")
			default:
				s.Enum = append(s.Enum, v)
			}
		}
	}
}

// narrow adds to a schema what another says besides.
func narrow(s *schema, n schema) {
	from, to := reflect.ValueOf(n), reflect.ValueOf(s).Elem()
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	if n.Enum != nil {
		s.Pattern, s.MinLength = "", nil
	}
}
