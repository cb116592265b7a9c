package casework_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/evidence"
)

// Whose a method is.
type whose int

const (
	residents whose = iota // the actor's own data, found by who they are
	owners                 // one thing of a resident's, found by its id
	anyStaff               // any member of staff
	workers                // those who may change a case
	both                   // the owner and any member of staff
)

// A probe calls one exported method on a victim's things.
type probe struct {
	method string
	whose  whose
	// unlogged says why no look is written.
	unlogged string
	call     func(c *city, a mingjing.Actor, v victim) (any, error)
}

// A victim is a resident with one of everything.
type victim struct {
	actor                                               mingjing.Actor
	request, record, listing, dispute, evidence, freely string
	decided                                             string // a dispute that is over
	notice                                              string
	proposed                                            string // the case of a listing that an agency proposes
	old                                                 string // a listing that can be repaired
	red                                                 string // a redlisting
	rejected                                            string // a dispute that was rejected
	mandate, asked                                      string // one that they gave, and one that they are asked to take
	review                                              string // the review of another
	share                                               string // what they share, which was looked at once
}

var probes = []probe{
	{"Overview", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Overview(ctx, a) }},
	{"Ask", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Ask(ctx, a) }},
	{"Score", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Score(ctx, a, "") }},
	{"Shares", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Shares(ctx, a) }},
	{"ShareForm", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.ShareForm(ctx, a) }},
	{"RevokeShare", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.RevokeShare(ctx, a, v.share) }},
	{"Correction", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Correction(ctx, a, v.decided) }},
	{"TellRecipients", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.TellRecipients(ctx, a, v.decided) }},
	{"Records", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Records(ctx, a) }},
	{"Listings", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Listings(ctx, a) }},
	{"Sources", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Sources(ctx, a) }},
	{"Consents", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Consents(ctx, a) }},
	{"Disputes", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Disputes(ctx, a) }},
	{"AccessLog", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.AccessLog(ctx, a, false, "") }},
	{"AccessLogPage", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.AccessLogPage(ctx, a, "", "") }},
	{"AccessProof", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.AccessProof(ctx, a, accesslog.ProofQuery{})
	}},
	{"WholeProof", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		var pages []mingjing.AccessProof
		err := c.WholeProof(ctx, a, func(p mingjing.AccessProof) error { pages = append(pages, p); return nil })
		return pages, err
	}},
	{"ScoreRequest", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.ScoreRequest(ctx, a, v.request) }},
	{"Record", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Record(ctx, a, v.record) }},
	{"Listing", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Listing(ctx, a, v.listing) }},
	{"NewCase", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.NewCase(ctx, a, v.record, "", "") }},
	{"NewCase", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.NewCase(ctx, a, "", v.listing, "") }},
	{"Dispute", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Dispute(ctx, a, v.dispute) }},
	{"SayFeedback", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.SayFeedback(ctx, a, v.decided, "good")
	}},
	{"NothingToAdd", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.NothingToAdd(ctx, a, v.review) }},
	{"AddEvidence", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.AddEvidence(ctx, a, v.dispute, []evidence.Upload{pdf})
	}},
	{"AddToCase", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.AddToCase(ctx, a, v.dispute, "Mine.", nil)
	}},
	{"FileDispute", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.FileDispute(ctx, a, cases.Filing{ListingID: v.listing, Reason: mingjing.ReasonOther, Statement: "Mine."})
	}},
	{"FileDispute", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.FileDispute(ctx, a, cases.Filing{RecordID: v.freely, Reason: mingjing.ReasonOther, Statement: "Mine."})
	}},
	{"MissingForm", residents, "it shows what is published", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.MissingForm(ctx, a)
	}},
	{"AskForMissing", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.AskForMissing(ctx, a, notSent()) }},
	{"Refused", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		v, err := c.Refused(ctx, a, "restrict.air")
		v.Measures = nil // published
		return v, err
	}},
	{"StateClear", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.StateClear(ctx, a, "restrict.property")
	}},
	{"Complain", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.Complain(ctx, a, turnedAway(mingjing.ComplaintRefused))
	}},
	{"OwnComplaints", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		v, err := c.OwnComplaints(ctx, a)
		v.Measures = nil // published
		return v, err
	}},
	{"EvidenceFile", both, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		e, data, err := c.EvidenceFile(ctx, a, v.evidence)
		if e == (mingjing.Evidence{}) && data == nil {
			return nil, err
		}
		return []any{e, data}, err
	}},
	{"Letter", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Letter(ctx, a, v.decided) }},
	{"CourtFile", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.CourtFile(ctx, a, v.decided) }},
	{"Cases", anyStaff, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		q, err := c.Cases(ctx, a, mingjing.CaseFilter{Search: v.actor.Name}, "")
		q.Filter = mingjing.CaseFilter{} // the asker's own words
		return q, err
	}},
	{"Case", anyStaff, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Case(ctx, a, v.dispute) }},
	{"Assign", workers, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Assign(ctx, a, v.dispute) }},
	{"AskAgency", workers, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.AskAgency(ctx, a, v.dispute) }},
	{"Decide", workers, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		answers := map[string]string{}
		if a.AAL == 2 {
			k, err := c.Case(ctx, supervisor, v.dispute)
			if err != nil {
				return nil, err
			}
			for _, e := range k.Evidence {
				answers[e.ID] = "Seen."
			}
		}
		return c.Decide(ctx, a, v.dispute, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.", Answers: answers})
	}},
	{"Extend", workers, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.Extend(ctx, a, v.dispute) }},
	{"Recommend", workers, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.Recommend(ctx, a, v.proposed, desk.Ruling{Outcome: mingjing.OutcomeRefused, Reasons: "So."})
	}},
	{"ApplyForRepair", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.ApplyForRepair(ctx, a, cases.Filing{ListingID: v.old, Statement: "Paid."})
	}},
	{"AskForReview", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.AskForReview(ctx, a, cases.Filing{Previous: v.rejected, Statement: "Again."})
	}},
	{"ConfirmReceipt", owners, "it returns nothing", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return nil, c.ConfirmReceipt(ctx, a, v.listing)
	}},
	{"ShowListing", owners, "it returns nothing", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return nil, c.ShowListing(ctx, a, v.red, true)
	}},
	{"PutRecordStatement", owners, "it returns nothing", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return nil, c.PutRecordStatement(ctx, a, v.freely, "My word.")
	}},
	{"PutListingStatement", owners, "it returns nothing", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return nil, c.PutListingStatement(ctx, a, v.listing, "My word.")
	}},
	{"Withdraw", residents, "it returns nothing", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return nil, c.Withdraw(ctx, a, "rongcheng")
	}},
	{"RequestScore", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.RequestScore(ctx, a, "rongcheng", true)
	}},
	{"Export", residents, "it says how far it is, and nothing that is held", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.Export(ctx, a)
	}},
	{"StartExport", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.StartExport(ctx, fresh(a), "en") }},
	{"DeleteExport", residents, "it returns nothing", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.DeleteExport(ctx, a)
	}},
	{"Notices", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Notices(ctx, a, "") }},
	{"OpenNotice", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.OpenNotice(ctx, a, v.notice) }},
	{"ReadNotices", residents, "it returns nothing", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return nil, c.ReadNotices(ctx, a)
	}},
	{"NoticeSettings", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.NoticeSettings(ctx, a) }},
	{"SetNotices", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.SetNotices(ctx, a, notice.Choice{Push: true})
	}},
	{"RememberLanguage", residents, "it returns nothing", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return nil, c.RememberLanguage(ctx, a, "en")
	}},
	{"SetEmail", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.SetEmail(ctx, a, "a@b.example") }},
	{"ConfirmEmail", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		if _, err := c.SetEmail(ctx, a, "a@b.example"); err != nil {
			return nil, err
		}
		p, err := c.prefs(a)
		if err != nil {
			return nil, err
		}
		return c.ConfirmEmail(ctx, a, p.Code)
	}},
	{"RemoveEmail", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.RemoveEmail(ctx, a) }},
	{"AddDevice", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.AddDevice(ctx, a, "session", "Phone", phone("probe"))
	}},
	{"RemoveDevice", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) {
		return c.RemoveDevice(ctx, a, "", "https://push.example/theirs")
	}},
	{"Mandates", residents, "", func(c *city, a mingjing.Actor, _ victim) (any, error) { return c.Mandates(ctx, a) }},
	{"OfferMandate", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) {
		return c.OfferMandate(ctx, a, offer(v.dispute, 3))
	}},
	{"RevokeMandate", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.RevokeMandate(ctx, a, v.mandate) }},
	{"AcceptMandate", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.AcceptMandate(ctx, a, v.asked) }},
	{"DeclineMandate", owners, "", func(c *city, a mingjing.Actor, v victim) (any, error) { return c.DeclineMandate(ctx, a, v.asked) }},
}

// free are the methods that need no permission, with why.
var free = map[string]string{
	"Books":              "published",
	"AgencyFigures":      "published, with no person in it",
	"LookUpOrganisation": "published, with no person in it",
	"HeldBooks":          "published",
	"Agency":             "published, with no person in it",
	"BooksOf":            "published",
	"BookFor":            "published",
	"Book":               "published",
	"BookOf":             "published",
	"BookByHash":         "published",
	"Versions":           "published",
	"CommentsOn":         "published",
	"CommentOn":          "anybody's, and nothing is stored of who they are: see comment_test.go",
	"Drafts":             "published",
	"Calendars":          "published",
	"CalendarEnds":       "published",
	"Preview":            "counts alone, for the operator: no request reaches it",
	"Calendar":           "published",
	"ClockScale":         "published",
	"Now":                "published",
	"Files":              "a port, no data",
	"Zone":               "published",
	"Asker":              "asks agencies, for the jobs",
	"Look":               "counts only",
	"Watch":              "counts only",
	"Enrol":              "the bureau's own, never a request from outside",
	"IssueCode":          "the bureau's own, never a request from outside",
	"Activate":           "for whoever has the one-time code: see enrolment_test.go",
	"Residents":          "a number",
	"Ready":              "health",
	"Do":                 "the worker's own",
	"Jobs":               "the worker's own",
	"Begin":              "the worker's own",
	"JobKinds":           "the worker's own",
	"Tx":                 "hands out no data but by the ports of the parts",
	"Read":               "hands out no data but by the ports of the parts",
	"Once":               "does what it is given, or returns what the same actor was answered: see once_test.go",
	"OnceOutside":        "the same",
	"AllSources":         "adds agencies to what it is given",
	"RecordView":         "adds the rulebooks to what it is given",
	"ListingView":        "adds the rulebooks to what it is given",
	"Log":                "takes warnings",
	"Entry":              "names who reads, and reads nothing",
	"OfPage":             "the same",
	"NoticeEntry":        "the same",
	"Grown":              "that the tree has grown",

	"Today":              "the calendar, as the rest of these",
	"TodayBy":            "the calendar",
	"Procedure":          "published",
	"Scaled":             "arithmetic",
	"Due":                "the calendar",
	"ClockFor":           "the calendar",
	"WorkingDaysBetween": "the calendar",
	"Signed":             "the actor's own name",
	"Missed":             "arithmetic on clocks",
	"CountsAgainst":      "the published catalogue",

	"Work":        "the worker's own",
	"Deadlines":   "for staff, with no resident in it: see TestStaffSeeHowManyWaitForTheNextDeadlines",
	"EventsAfter": "the live stream's own, whose audience comes from the session",
	"LastEvent":   "a number of the actor's own audience",
	"Viewer":      "the actor's own name, who they are and nothing that is held on them",
	"EndSession":  "the server's own, for a session that has ended",

	"TellSecurity":   "the server's own, about a login, and hands out nothing",
	"ForgotPassword": "for anybody, and says nothing: see reset_test.go",
	"MailOffered":    "a setting",
	"RedeemReset":    "for whoever has the code: see reset_test.go",
	"PasswordOwner":  "the server's own, for whoever has a code or the password: see security_test.go",
	"LoginChanged":   "the server's own, about a login, and hands out nothing",

	"Erasure":         "for whoever has the receipt, and names nobody",
	"ReplayErasures":  "the server's own, before anybody is served",
	"EndOtherDevices": "the actor's own only; session_test.go in ../store tries it",

	"LogKey":        "published",
	"Checkpoint":    "published",
	"Tile":          "published",
	"KeepWitnessed": "the server's own: hashes and signatures for the witnesses",
	"ShowWitnesses": "the same",
	"Recipient":     "for whoever has the code, with nothing of the resident's in it: see TestEveryEndHasTheSameAnswer",
	"ViewShare":     "for whoever has the code: see share_test.go",

	"TryBatch":          "an agency's computer's; TestABatchIsItsAgencysAlone tries it as everybody, as the two below",
	"Batch":             "an agency's computer's",
	"AgencyBatches":     "an agency's officer's",
	"AgencyBatch":       "an agency's officer's",
	"CheckLater":        "the worker's own",
	"Administrators":    "a command's, and what the server says at its start",
	"AdoptStaff":        "the program's own, for logins that it made itself",
	"BeginActivation":   "for whoever has the one-time code: see staff_test.go",
	"ConfirmActivation": "the same",
	"ShowActivation":    "the same",

	"ConfirmActivationByKey": "the same",
	"ReleaseCases":           "the worker's own",

	"Submit":          "an agency's computer's; intake_test.go tries it as everybody, as the rest of these",
	"AgencyByKey":     "the server's own, for a signature that holds",
	"AskingKeys":      "the server's own: ids of keys",
	"AgencyQuestions": "an agency's officer's",
	"AgencyQuestion":  "an agency's officer's",
	"AgencyAnswer":    "an agency's officer's",
	"AgencyEvidence":  "an agency's officer's",
	"AgencyHoldings":  "an agency's officer's",
	"NextLetters":     "a command's: TestOnlyCommandsEnrolFromAFile",
	"KeepLetters":     "a command's",
	"LettersKept":     "a command's",
}

// elsewhere are the methods whose permission has tests of its own.
var elsewhere = map[string]string{
	"ExportFile": "TestTakingEverythingAlongNeedsAFreshLogin",
	"Leave":      "TestLeavingNeedsAFreshLoginAndNoOpenCase",
	"Leaving":    "TestLeavingNeedsAFreshLoginAndNoOpenCase",

	"Propose": "TestAProposalThatDoesNotPassTheChecksIsRefused",
	"Helping": "TestAHelperSeesAndDoesWhatTheCaseNeeds",
	"Serve":   "TestWhoServesSaysHowAndOnlyStaffDo",

	"SaveDraft":             "TestNobodyElseReachesADraft",
	"DraftsOn":              "TestNobodyElseReachesADraft",
	"OwnDrafts":             "TestNobodyElseReachesADraft",
	"DiscardDraft":          "TestNobodyElseReachesADraft",
	"DraftSent":             "TestNobodyElseReachesADraft",
	"DraftUploads":          "TestNobodyElseReachesADraft",
	"StartDraftFile":        "TestNobodyElseReachesADraft",
	"AddToDraftFile":        "TestNobodyElseReachesADraft",
	"DraftFile":             "TestNobodyElseReachesADraft",
	"DraftPicture":          "TestNobodyElseReachesADraft",
	"RemoveDraftFile":       "TestNobodyElseReachesADraft",
	"MakeShare":             "TestOneSharesOnlyAScoreThatThereIs",
	"Next":                  "TestTheNextCaseIsTheOneThatWaitsLongest",
	"Open":                  "TestAHandlerOpensWhatIsTheirsAndForAReasonWhatIsSomebodyElses",
	"AddNote":               "TestANoteNeverReachesTheResident",
	"OpenIDNumber":          "TestTheFullIDNumberIsOpenedForAReasonOnly",
	"Counter":               "TestADisputeFiledAtTheCounterIsLoggedAndNotDecidedByWhoFiledIt",
	"CounterAgain":          "TestTheDeskIsForStaffWithASecondFactorAndNothingIsShownWithoutTheLog",
	"FileAtCounter":         "TestADisputeFiledAtTheCounterIsLoggedAndNotDecidedByWhoFiledIt",
	"Relatives":             "TestACaseOfARelativeIsRefusedAndNotGiven",
	"DeclareRelative":       "TestACaseOfARelativeIsRefusedAndNotGiven",
	"RemoveRelative":        "TestACaseOfARelativeIsRefusedAndNotGiven",
	"ChangeStaff":           "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"ConfirmChange":         "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"RefuseChange":          "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"StaffList":             "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"StaffMember":           "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"StaffRegister":         "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"Moderation":            "TestOnlySupervisorsModerateAndAuditorsReadIt",
	"ModeratedComment":      "TestOnlySupervisorsModerateAndAuditorsReadIt",
	"PublishComment":        "TestOnlySupervisorsModerateAndAuditorsReadIt",
	"HideComment":           "TestOnlySupervisorsModerateAndAuditorsReadIt",
	"AnswerComment":         "TestOnlySupervisorsModerateAndAuditorsReadIt",
	"Setup":                 "TestOnlyAdministratorsAndCommandsReachTheStaff",
	"AskWhy":                "TestNobodyElseAsksReadsOrAnswers",
	"Inquiry":               "TestNobodyElseAsksReadsOrAnswers",
	"MyInquiries":           "TestNobodyElseAsksReadsOrAnswers",
	"AddToInquiry":          "TestNobodyElseAsksReadsOrAnswers",
	"JudgeAnswer":           "TestNobodyElseAsksReadsOrAnswers",
	"Inquiries":             "TestNobodyElseAsksReadsOrAnswers",
	"InquiryCase":           "TestNobodyElseAsksReadsOrAnswers",
	"ComplaintCase":         "TestAComplaintReachesASupervisorAndIsAnsweredOnAClock",
	"RegisterOrganisation":  "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"OrganisationDesk":      "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"ProposeRepresentative": "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"ConfirmRepresentative": "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"EndRepresentative":     "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"OwnOrganisations":      "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"ActFor":                "TestARepresentativeActsOnlyAfterASecondPersonHasConfirmed",
	"OpenComplaints":        "TestAComplaintReachesASupervisorAndIsAnsweredOnAClock",
	"AnswerComplaint":       "TestAComplaintReachesASupervisorAndIsAnsweredOnAClock",
	"AnswerInquiry":         "TestNobodyElseAsksReadsOrAnswers",
	"AgencyKeys":            "TestKeysAreDealtWithByTheOfficersOfTheirAgencyAndCommands",
	"MakeAgencyKey":         "TestKeysAreDealtWithByTheOfficersOfTheirAgencyAndCommands",
	"RotateAgencyKey":       "TestKeysAreDealtWithByTheOfficersOfTheirAgencyAndCommands",
	"RevokeAgencyKey":       "TestKeysAreDealtWithByTheOfficersOfTheirAgencyAndCommands",
	"Workload":              "TestTheWorkloadIsOfHandlersAndNamesNoResident",
	"EnrolAll":              "TestOnlyCommandsEnrolFromAFile",
	"EnrolAtCounter":        "TestOnePersonIsEnrolledAtTheCounter",
	"CodeAtCounter":         "TestTheCounterGivesANewCodeAfterADocumentWasChecked",
}

// callable are the exported methods of the bureau and of the parts that it hands out.
// Those that need a transaction are called by other parts alone: nobody else has one.
func callable(t *testing.T) map[string]bool {
	t.Helper()
	bureau := reflect.TypeFor[*casework.Bureau]()
	parts := []reflect.Type{bureau}
	for _, f := range reflect.VisibleFields(bureau.Elem()) {
		if f.IsExported() {
			parts = append(parts, f.Type)
		}
	}
	all := map[string]bool{}
	for _, part := range parts {
		if part.Kind() != reflect.Pointer {
			t.Errorf("the bureau hands out a %s, which is no part", part)
			continue
		}
		for m := range part.Methods() {
			inside := false
			for in := range m.Type.Ins() {
				inside = inside || in == reflect.TypeFor[*kernel.Tx]() || in == reflect.TypeFor[*kernel.Reader]()
			}
			if inside {
				continue
			}
			if all[m.Name] && free[m.Name] == "" {
				t.Errorf("two parts have a method %s: only one of them is probed", m.Name)
			}
			all[m.Name] = true
		}
	}
	return all
}

func TestEveryExportedMethodIsProbed(t *testing.T) {
	methods := callable(t)
	for name := range methods {
		probed := slices.ContainsFunc(probes, func(p probe) bool { return p.method == name })
		if elsewhere[name] != "" && !probed {
			continue
		}
		if probed == (free[name] != "") {
			t.Errorf("%s must be probed, or free for a reason, and not both", name)
		}
	}
	for _, p := range probes {
		if !methods[p.method] {
			t.Errorf("%s is probed and is not there", p.method)
		}
	}
	for _, list := range []map[string]string{free, elsewhere} {
		for name := range list {
			if !methods[name] {
				t.Errorf("%s is on a list and is not there", name)
			}
		}
	}
}

// newVictim is a resident with one of everything; freely is a record that is not
// disputed, dispute one that the handler works on, decided one that is over.
func (c *city) newVictim(t *testing.T) victim {
	t.Helper()
	secret := debt("secret")
	secret.Detail = mingjing.Text{"en": "SECRET"}
	other, third := secret, secret
	other.Ref, third.Ref = "other", "third"
	fourth, old, red := secret, blacklisted("old"), redlisted("red")
	fifth := secret
	fifth.Ref = "fifth"
	fourth.Ref, old.NoticeOn, old.From, old.Ends = "fourth", "2024-06-01", "2024-06-02", "2026-06-02"
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{secret, other, third, fourth, fifth},
		Listings: []score.ReplyListing{blacklisted("list"), old}})
	c.offices.hold("tax", score.Reply{Listings: []score.ReplyListing{red}})
	v := victim{actor: c.resident(t, 1)}
	v.actor.Name = "居民1"
	var over, lost, reviewed string
	v.request = c.ready(t, v.actor, "honest-shanghai").ID
	c.ready(t, v.actor, "rongcheng")
	c.do(t, func(tx opened) error {
		records, err := tx.Records(ctx, mingjing.ResidentID(v.actor.ID))
		if err != nil {
			return err
		}
		v.record, v.freely, over = records[0].ID, records[1].ID, records[2].ID
		lost, reviewed = records[3].ID, records[4].ID
		listings, err := tx.Listings(ctx, mingjing.ResidentID(v.actor.ID))
		v.listing, v.old, v.red = listings[0].ID, listings[1].ID, listings[2].ID
		return err
	})
	var code string
	v.share, code = c.shared(t, v.actor, flat())
	_, err := c.ViewShare(ctx, code, share.Recipient{Who: "SECRET landlord", Email: "secret@there.example", Lang: "en"})
	must(t, err)
	v.rejected = c.rejected(t, v.actor, lost, "").ID
	review, err := c.AskForReview(ctx, v.actor, cases.Filing{Previous: c.rejected(t, v.actor, reviewed, "").ID, Statement: "SECRET again."})
	must(t, err)
	v.review = review.ID
	p := proposal(1, "proposed")
	p.Code, p.Measures = "tax.major_violation_blacklist", []string{"restrict.exit"}
	proposed, err := c.Propose(ctx, mingjing.Actor{Role: mingjing.RoleAgency, ID: "key", Agency: "tax"}, p)
	must(t, err)
	v.proposed = proposed.CaseID
	d := c.file(t, v.actor, v.record, "", pdf)
	v.dispute, v.evidence = d.ID, d.Evidence[0].ID
	v.decided = c.upheld(t, v.actor, over).ID
	c.clock.pass(time.Second)
	_, err = c.AddEvidence(ctx, v.actor, v.dispute, []evidence.Upload{pdf}) // something new
	must(t, err)
	_, err = c.AddDevice(ctx, v.actor, "theirs", "SECRET phone", phone("theirs"))
	must(t, err)
	v.notice = c.inbox(t, v.actor)[0].ID
	v.mandate, v.asked = c.offered(t, v.actor, v.dispute, 4), c.asks(t, 5, 1)
	c.ask(t, v.actor, "honest-shanghai") // open, so that Ask has something to show
	return v
}

// everything that is stored about a victim, but for the access log.
func (c *city) everything(t *testing.T, v victim) string {
	t.Helper()
	var all []any
	c.do(t, func(tx opened) error {
		id := mingjing.ResidentID(v.actor.ID)
		records, err := tx.Records(ctx, id)
		must(t, err)
		listings, err := tx.Listings(ctx, id)
		must(t, err)
		disputes, err := tx.CasesOf(ctx, id, 100)
		must(t, err)
		evidence, err := tx.Evidence(ctx, v.dispute)
		must(t, err)
		for i := range evidence {
			evidence[i].HandlerOpenedAt = time.Time{} // staff may open it, and that is noted
		}
		scores, err := tx.Scores(ctx, id, "", 100)
		must(t, err)
		consents, err := tx.Consents(ctx, id)
		must(t, err)
		notices, err := tx.Notices(ctx, id, 0, 1000)
		must(t, err)
		devices, err := tx.Devices(ctx, id)
		must(t, err)
		prefs, err := tx.NoticePrefs(ctx, id)
		must(t, err)
		shares, err := tx.Shares(ctx, id)
		must(t, err)
		views, err := tx.ShareViews(ctx, id)
		must(t, err)
		request, err := tx.LatestRequest(ctx, id)
		all = append(all, records, listings, disputes, evidence, scores, consents, notices, devices, prefs, request, shares, views)
		return err
	})
	data, err := json.Marshal(all)
	must(t, err)
	return string(data)
}

func TestNobodyReachesWhatIsNotTheirs(t *testing.T) {
	c := newCity(t)
	v := c.newVictim(t)
	c.offices.hold("court", score.Reply{})
	stranger := c.resident(t, 2)
	c.ready(t, stranger, "rongcheng")
	weak, own, ownSupervisor := handler, c.linked(t, handler, v.actor), c.linked(t, supervisor, v.actor)
	weak.AAL = 1
	pretender := handler // a handler who calls themselves by the victim's id
	pretender.ID = v.actor.ID
	nameless := mingjing.Actor{Role: mingjing.RoleHandler, AAL: 2}

	everyone := map[string]mingjing.Actor{
		"nobody": {}, "system": {Role: mingjing.RoleSystem, ID: v.actor.ID}, "an unknown role": {Role: "mayor", ID: v.actor.ID, AAL: 2},
		"a resident with no id": {Role: mingjing.RoleResident}, "a stranger": stranger, "a handler without a second factor": weak,
		"a handler with no number": nameless, "a handler with the victim's id": pretender, "a handler": handler2,
		"an auditor": auditor, "an administrator": administrator,
		"an administrator with the victim's id": {Role: mingjing.RoleAdministrator, ID: v.actor.ID, AAL: 2}, "a handler's own": own,
		"a supervisor's own": ownSupervisor,
	}
	// refused is the code that an actor gets for a method; "" is none.
	refused := func(who string, p probe) string {
		a := everyone[who]
		isStaff := a.Role.Staff() && a.ID != ""
		staffOnly := p.whose == anyStaff || p.whose == workers || (p.whose == both && isStaff)
		switch {
		case who == "a stranger" && p.whose == residents:
			return "" // their own
		case who == "a stranger" && !staffOnly:
			return "not_found"
		case !staffOnly || !isStaff:
			return "forbidden"
		case a.AAL < 2:
			return "aal2_required"
		case p.whose == workers && a.Role == mingjing.RoleAuditor:
			return "forbidden"
		case p.method == "Cases":
			return ""
		case a == own || a == ownSupervisor:
			return "case_own"
		case p.method == "EvidenceFile" && a.Role != mingjing.RoleAuditor:
			return "case_reason_required"
		case p.whose == anyStaff || p.whose == both:
			return ""
		case p.method == "Assign":
			return "case_taken"
		}
		return "case_not_yours"
	}
	for _, id := range []string{v.dispute, v.proposed} {
		_, err := c.Assign(ctx, handler, id)
		must(t, err)
	}
	before := c.everything(t, v)
	for who, a := range everyone {
		for _, p := range probes {
			t.Run(who+" calls "+p.method, func(t *testing.T) {
				got, err := p.call(c, a, v)
				wants(t, err, refused(who, p))
				data, _ := json.Marshal(got)
				isStaff := refused(who, p) == "" && a.Role.Staff() && a != own && a != ownSupervisor
				for _, mark := range []string{"SECRET", v.actor.Name, v.actor.ID, v.record, v.freely, v.listing, v.dispute, v.evidence, v.request,
					v.notice} {
					closed := p.method == "Case" && a.Role != mingjing.RoleAuditor && (mark == "SECRET" || mark == v.actor.Name)
					if (!isStaff || closed) && strings.Contains(string(data), mark) {
						t.Errorf("%s is in %s", mark, data)
					}
				}
				if err != nil && !nothing(got) {
					t.Errorf("refused, and got %s", data)
				}
			})
		}
	}
	if after := c.everything(t, v); after != before {
		t.Errorf("something of the victim's changed:\n%s\n%s", before, after)
	}
}

// nothing says whether a value is what its type begins as.
func nothing(v any) bool { return v == nil || reflect.ValueOf(v).IsZero() }

// rightful is who may call a method, once the case is theirs where it must be.
func rightful(t *testing.T, c *city, v victim, p probe) mingjing.Actor {
	t.Helper()
	switch p.whose {
	case residents, owners:
		return v.actor
	case workers:
		if p.method != "Assign" {
			for _, id := range []string{v.dispute, v.proposed} {
				_, err := c.Assign(ctx, supervisor, id)
				must(t, err)
			}
		}
		return supervisor
	}
	return auditor
}

// Each method is called as a request with a key, and sent a second time.
func TestEveryLookIsInTheAccessLogAndWithoutTheLogThereIsNothingAndTwiceIsOnce(t *testing.T) {
	for _, p := range probes {
		t.Run(p.method, func(t *testing.T) {
			broken := &flawed{}
			c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
			v := c.newVictim(t)
			a := rightful(t, c, v, p)
			if p.method == "RequestScore" { // the open one is another's
				_, err := c.job(ctx, score.JobCollect, c.openRequest(t, v))
				must(t, err)
			}
			before := c.everything(t, v)
			if p.unlogged == "" {
				broken.noLooks = true
				got, err := p.call(c, a, v)
				broken.noLooks = false
				if err == nil || !nothing(got) {
					t.Errorf("with no log it returns %+v, %v", got, err)
				}
				// What was asked for may be there; the answer is only its id.
				if after := c.everything(t, v); after != before && p.method != "RequestScore" {
					t.Error("with no log something changed")
				}
			}
			n := len(c.looks(t, v.actor))
			if c.sendOnce(t, a, v, p) != nil {
				t.Fatal("it was answered before it was done")
			}
			looks := c.looks(t, v.actor)
			c.isDoneOnce(t, a, v, p)
			if p.unlogged != "" {
				return
			}
			looks = looks[:len(looks)-n]
			i := slices.IndexFunc(looks, func(l mingjing.AccessEntry) bool { return l.Role == a.Role && l.Who == a.Name })
			if i < 0 {
				t.Fatalf("the look is not in the log: %+v", looks)
			}
			want := map[mingjing.Role]string{mingjing.RoleResident: "own", mingjing.RoleAuditor: "audit"}[a.Role]
			if want == "" {
				want = "dispute"
				if p.method == "Recommend" { // only proposed listings are decided by two
					want = "listing"
				}
			}
			if l := looks[i]; l.Purpose != want || l.Action == "" || !l.At.Equal(c.clock.Now()) {
				t.Errorf("the look is %+v", l)
			}
		})
	}
}

func (c *city) openRequest(t *testing.T, v victim) (id string) {
	t.Helper()
	c.do(t, func(tx opened) error {
		r, err := tx.OpenRequest(ctx, mingjing.ResidentID(v.actor.ID))
		id = r.ID
		return err
	})
	return id
}

func TestTheMachinesOwnLooksAreLoggedToo(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	c.file(t, a, record, "")
	var system []string
	for _, l := range c.looks(t, a) {
		if l.Role == mingjing.RoleSystem {
			system = append(system, l.Action)
		}
	}
	if want := []string{"rescore", "score", "collect"}; !slices.Equal(system, want) {
		t.Errorf("the system's looks are %v, want %v", system, want)
	}
	broken := &flawed{Store: c.store, noLooks: true}
	d := cityOn(t, broken)
	b := d.resident(t, 2)
	r, err := c.RequestScore(ctx, b, "rongcheng", true)
	must(t, err)
	if _, err := d.job(ctx, score.JobCollect, r.ID); err == nil || len(d.offices.asked) != 0 {
		t.Errorf("agencies were asked without a log: %v, %v", d.offices.asked, err)
	}
}

func TestTheAccessLogIsReadPageByPage(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	for range 60 {
		_, err := c.Record(ctx, a, record)
		must(t, err)
	}
	d := c.file(t, a, record, "")
	c.opens(t, handler, d.ID)
	seen := map[int64]bool{}
	for cursor := ""; ; {
		v, err := c.AccessLog(ctx, a, false, cursor)
		must(t, err)
		for _, l := range v.Entries {
			if seen[l.Seq] {
				t.Errorf("look %d twice", l.Seq)
			}
			seen[l.Seq] = true
		}
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	if len(seen) < 64 {
		t.Errorf("%d looks", len(seen))
	}
	v, err := c.AccessLog(ctx, a, true, "")
	must(t, err)
	for _, l := range v.Entries {
		if l.Role == mingjing.RoleResident {
			t.Errorf("one's own look is among others': %+v", l)
		}
	}
	if v.Entries[0].Who != handler.Name {
		t.Errorf("the handler's look is not there: %+v", v.Entries[0])
	}
	for _, bad := range []string{"x", "0", "-1", "99999999999999999999"} {
		_, err := c.AccessLog(ctx, a, false, bad)
		wants(t, err, "invalid_cursor")
	}
}

func TestOthersLooksComeFirstAndOnesOwnAreFoldedIntoWholeDays(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	for range 12 { // days
		c.clock.pass(24 * time.Hour)
		for range 25 {
			_, err := c.Record(ctx, a, record)
			must(t, err)
		}
		_, err := c.Listings(ctx, a)
		must(t, err)
		c.opens(t, handler, d.ID)
	}
	want := map[mingjing.Date]int{}
	for _, l := range c.looks(t, a) {
		if l.Role == mingjing.RoleResident {
			want[mingjing.DateOf(l.At.In(c.Zone()))]++
		}
	}
	v, err := c.AccessLogPage(ctx, a, "", "")
	must(t, err)
	if len(v.Days) != 10 || v.NextDays == "" || len(v.Entries) < 12 {
		t.Fatalf("%d days, then %q, and %d looks of others", len(v.Days), v.NextDays, len(v.Entries))
	}
	for _, l := range v.Entries {
		if l.Role == mingjing.RoleResident {
			t.Errorf("one's own look is among others': %+v", l)
		}
	}
	for _, l := range c.looks(t, a) { // the phone checks as far back as the days go
		if shown := mingjing.DateOf(l.At.In(c.Zone())) >= v.Days[9].Day; l.Role == mingjing.RoleResident && shown != (l.Seq >= v.Since) {
			t.Errorf("the days begin with entry %d, and %d is shown: %v", v.Since, l.Seq, shown)
		}
	}
	got := map[mingjing.Date]int{}
	for next := v.NextDays; ; next = v.NextDays {
		for i, day := range v.Days {
			sum := 0
			for _, x := range day.Looks {
				sum += x.Count
			}
			if sum != day.Count || i > 0 && day.Day >= v.Days[i-1].Day {
				t.Errorf("a day is %+v", day)
			}
			got[day.Day] += day.Count
		}
		if next == "" {
			break
		}
		v, err = c.AccessLogPage(ctx, a, "own", next)
		must(t, err)
		if len(v.Entries) > 0 {
			t.Error("others' looks are among one's own")
		}
	}
	today := mingjing.DateOf(c.clock.Now().In(c.Zone()))
	delete(got, today) // which reading adds to
	delete(want, today)
	if !maps.Equal(got, want) {
		t.Errorf("the days have %v, want %v", got, want)
	}
	if v, err = c.AccessLogPage(ctx, a, "others", ""); err != nil || len(v.Days) > 0 || len(v.Entries) < 12 {
		t.Errorf("others only: %+v, %v", v, err)
	}
	_, err = c.AccessLogPage(ctx, a, "", "x")
	wants(t, err, "invalid_cursor")
}

func TestWhoIsWho(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	again, err := c.Enrol(ctx, mingjing.MakeIDNumber("99999919800101001"), "Somebody")
	must(t, err)
	if string(again) != a.ID {
		t.Error("one ID number, two residents")
	}
	_, err = c.Enrol(ctx, mingjing.MakeIDNumber("99999919800101009"), " ")
	wants(t, err, "name:name_required")
	if n, err := c.Residents(ctx); n != 1 || err != nil {
		t.Errorf("%d residents, %v", n, err)
	}
	v, err := c.Viewer(ctx, a)
	must(t, err)
	if v.Name != "居民1" || !strings.Contains(v.IDMasked, "***") {
		t.Errorf("viewer %+v", v)
	}
	v, err = c.Viewer(ctx, handler)
	must(t, err)
	if v.IDMasked != handler.ID {
		t.Errorf("viewer %+v", v)
	}
	if got := casework.Audience(a) + " " + casework.Audience(auditor); got != a.ID+" "+mingjing.AudienceStaff {
		t.Errorf("audiences %s", got)
	}
	must(t, c.bureau.Ready(ctx))
	if _, err := casework.New(casework.Config{Books: c.books}); err == nil {
		t.Error("made without its ports")
	}
}
