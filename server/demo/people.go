package demo

import (
	"slices"

	"mingjing"
)

// Stories are the codes of all stories, in the order in which they are told.
var Stories = []string{"guarantor", "no-notice", "namesake", "expired-record", "model-resident", "silent-agency"}

// StoryOrdinary and StoryActivation are the codes of those who have no story: who
// lives on quietly, and who has not activated the account yet. StoryOwnCase is the
// code of a resident who is a handler as well and may not handle that case.
const (
	StoryOrdinary   = "ordinary"
	StoryActivation = "activation"
	StoryOwnCase    = "own-case"
)

// A person is a resident of the city with all that is held on them.
type person struct {
	story string
	id    mingjing.IDNumber
	name  string
	facts []fact
}

// A fact is a record, or a listing if it has a term.
type fact struct {
	code   string
	on     moment
	zh, en string // detail of a record, ground of a listing
	// document is the day of the document where it is another; papers says that
	// there is none at all.
	document moment
	papers   papers
	// Of a listing: its term in months, the day of notice, and a measure that was
	// never published.
	term        int
	notice      moment
	unpublished bool
	answer      plan
}

// papers says whether a fact has its document.
type papers int

const (
	complete papers = iota
	missing
)

// A moment is a day of a month that is so many months before the present one; the
// zero moment is no day. The present month is not among them, so nothing in the
// city lies in the future.
type moment struct{ months, day int }

// when says when an agency answers a question about a fact.
type when int

const (
	prompt when = iota
	tooLate
	never
)

// A plan is what an agency will say about a fact when it is asked.
type plan struct {
	when     when
	position mingjing.AgencyPosition
	text     mingjing.Text
	// really is the day on which it was, when the position is corrected.
	really   moment
	occurred mingjing.Date
}

// unpublished is a measure that no rulebook allows.
var unpublished = mingjing.Measure{Code: "restrict.ringtone", Name: both("定制手机失信彩铃", "A ringback tone that shames the person called")}

// both returns a text in both languages.
func both(zh, en string) mingjing.Text { return mingjing.Text{"zh-CN": zh, "en": en} }

// id returns an invented ID number: a birthday, and a number of three digits.
func id(born string, n string) mingjing.IDNumber { return mingjing.MakeIDNumber("999999" + born + n) }

// says returns the plan of an agency that answers promptly.
func says(p mingjing.AgencyPosition, zh, en string) plan {
	return plan{position: p, text: both(zh, en)}
}

// byDefault is the answer of an agency about a fact that no story is about.
var byDefault = says(mingjing.PositionMaintained, "经核对案卷，记录与原始文书一致，予以维持。",
	"We compared the record with the original document. They agree, and we stand by it.")

// holdsNothing is the answer of an agency about something that it never sent.
var holdsNothing = says(mingjing.PositionWithdrawn, "经查，本部门没有这一记录。", "We hold no such record.")

// people returns all residents of the city.
func people() []person {
	return slices.Concat(stories(), processes(), pilots(), colleagues(), ordinary(), inactive())
}

// stories returns the residents of [Stories].
func stories() []person {
	return []person{
		{
			story: "guarantor", id: id("19760512", "101"), name: "周德昌",
			facts: []fact{
				{code: "contract.guarantee_default", on: moment{9, 16},
					zh: "为他人借款提供连带保证，借款人未还款，判决其承担三分之一，计 86,000 元。",
					en: "Stood surety for another person's loan. The borrower did not pay, and a third of the debt, 86,000 yuan, was adjudged to him.",
					answer: says(mingjing.PositionMaintained, "判决作出时保证债务确未履行，记录属实；其后是否履行，以执行案卷为准。",
						"When the judgment was given the guarantee had not been honoured, so the record is true. "+
							"Whether he paid afterwards is for the enforcement file to say.")},
				{code: "court.enforcement_blacklist", on: moment{6, 12}, notice: moment{6, 4}, term: 24,
					zh: "有履行能力而拒不履行生效判决确定的保证债务。", en: "Able to honour the guarantee laid down by a final judgment, and refused to.",
					answer: says(mingjing.PositionWithdrawn, "经查执行案卷，其份额已于列入之前全部缴清，款项误记在主债务人名下。同意删除。",
						"The enforcement file shows that he had paid his whole share before he was listed; "+
							"the payment was booked under the principal debtor. We agree that the listing must go.")},
				{code: "licence.qualified", on: moment{31, 9}, zh: "二级建造师注册证书。", en: "Registered as an associate constructor."},
				{code: "volunteer.hours", on: moment{4, 20}, zh: "社区图书馆值守 36 小时。", en: "36 hours at the neighbourhood library desk."},
			},
		},
		{
			story: "no-notice", id: id("19910823", "202"), name: "林晓雯",
			facts: []fact{
				{code: "court.enforcement_blacklist", on: moment{4, 21}, term: 24,
					zh: "违反财产报告制度。", en: "Did not report her property as ordered.",
					answer: says(mingjing.PositionWithdrawn, "案卷中没有送达回证，不能证明曾向本人送达决定书。撤回列入决定。",
						"There is no proof of service on file, so we cannot show that she was ever given the decision. We withdraw the listing.")},
				{code: "award.department", on: moment{8, 3}, zh: "年度优秀社区医生助理。", en: "Outstanding community care assistant of the year."},
				{code: "volunteer.hours", on: moment{3, 11}, zh: "急救培训辅导 24 小时。", en: "24 hours helping to teach first aid."},
			},
		},
		{
			story: "namesake", id: id("19881102", "303"), name: "王伟",
			facts: []fact{
				{code: "court.unpaid_judgment", on: moment{11, 7},
					zh: "未履行买卖合同判决确定的货款 214,300 元。被执行人出生日期 1979 年 3 月 14 日。",
					en: "Has not paid 214,300 yuan for goods, as adjudged. The debtor was born on 14 March 1979.",
					answer: says(mingjing.PositionWithdrawn, "经比对证件号码，被执行人为同名同姓的另一人，系导入时仅按姓名匹配所致。撤回。",
						"The ID numbers differ: the debtor is another person of the same name, "+
							"matched by name alone when the files were imported. We withdraw it.")},
				{code: "court.enforcement_blacklist", on: moment{10, 2}, notice: moment{11, 25}, term: 24,
					zh:     "有履行能力而拒不履行生效判决。被执行人出生日期 1979 年 3 月 14 日。",
					en:     "Able to honour a final judgment, and refused to. The debtor was born on 14 March 1979.",
					answer: says(mingjing.PositionWithdrawn, "列入对象为另一人，与申请人无关。撤回。", "The person listed is somebody else. We withdraw it.")},
				{code: "traffic.ticket", on: moment{1, 8}, zh: "违反禁止标线指示。", en: "Crossed a no-crossing line."},
				{code: "licence.qualified", on: moment{40, 18}, zh: "电工职业资格证书。", en: "Qualified electrician."},
			},
		},
		{
			story: "expired-record", id: id("19690227", "404"), name: "陈国栋",
			facts: []fact{
				{code: "utility.late_fees", on: moment{72, 10}, zh: "连续三期未缴水费 312.40 元，已于六年前结清。",
					en: "Three unpaid water bills, 312.40 yuan, settled six years ago.",
					answer: plan{when: tooLate, position: mingjing.PositionWithdrawn,
						text: both("该记录已超过公示期限，应当停止报送。", "The record is past its term and should no longer be sent.")}},
				{code: "utility.late_fees", on: moment{5, 10}, document: moment{71, 10}, zh: "欠缴水费 118.60 元，见所附确认单。",
					en: "Unpaid water bill of 118.60 yuan; see the confirmation.",
					answer: plan{position: mingjing.PositionCorrected, really: moment{71, 10},
						text: both("系统迁移时以导入日期代替了发生日期。正确日期以确认单为准。",
							"When systems were changed the day of import took the place of the day it happened. The confirmation has the right one.")}},
				{code: "award.department", on: moment{15, 6}, zh: "优秀楼组长。", en: "Outstanding residents' group leader."},
			},
		},
		{
			story: "model-resident", id: id("19940416", "505"), name: "阿依古丽·买买提明",
			facts: []fact{
				{code: "award.city", on: moment{13, 9}, zh: "上海市优秀志愿者。", en: "Outstanding volunteer of the city."},
				{code: "award.department", on: moment{7, 22}, zh: "年度教学能手。", en: "Teacher of the year of her school district."},
				{code: "award.heroic_act", on: moment{20, 17}, zh: "在苏州河救起一名落水儿童。", en: "Pulled a child out of Suzhou Creek."},
				{code: "volunteer.hours", on: moment{2, 14}, zh: "周末课业辅导 48 小时。", en: "48 hours of weekend tutoring."},
				{code: "volunteer.hours", on: moment{8, 14}, zh: "周末课业辅导 52 小时。", en: "52 hours of weekend tutoring."},
				{code: "volunteer.hours", on: moment{14, 14}, zh: "进博会语言服务 60 小时。", en: "60 hours of interpreting at the import fair."},
				{code: "volunteer.honour_redlist", on: moment{7, 5}, notice: moment{7, 5}, term: 24,
					zh: "累计志愿服务满三百小时。", en: "More than three hundred hours of voluntary service."},
				{code: "tax.a_grade_redlist", on: moment{6, 28}, notice: moment{6, 28}, term: 12, zh: "个人工作室纳税信用年度评价为 A 级。",
					en: "Her studio's tax compliance was graded A for the year."},
				{code: "licence.qualified", on: moment{50, 30}, zh: "高级中学教师资格证书。", en: "Qualified upper secondary school teacher."},
			},
		},
		{
			story: "silent-agency", id: id("19990909", "606"), name: "吴桐",
			facts: []fact{
				{code: "metro.fare_evasion", on: moment{3, 19}, zh: "人民广场站，尾随他人出站。", en: "Left People's Square station behind another passenger."},
				{code: "traffic.ticket", on: moment{1, 27}, zh: "非机动车逆向行驶。", en: "Rode a bicycle against the traffic."},
				{code: "volunteer.hours", on: moment{5, 2}, zh: "地铁站问询志愿服务 20 小时。", en: "20 hours at a metro information desk."},
			},
		},
	}
}

// processes returns the residents whose stories are about due process.
func processes() []person {
	return []person{
		{story: StoryProposed, id: id("19811122", "107"), name: "钱立群", facts: []fact{
			{code: "tax.late_filing", on: moment{4, 18}, zh: "逾期 9 天申报个人所得税汇算清缴。", en: "Filed the yearly income tax return 9 days late."},
			{code: "volunteer.hours", on: moment{3, 8}, zh: "社区图书角志愿服务 26 小时。", en: "26 hours at the community's book corner."},
		}},
		{story: StoryRepair, id: id("19690214", "108"), name: "陆怀远", facts: []fact{
			{code: "court.enforcement_blacklist", on: moment{14, 6}, notice: moment{14, 6}, term: 24,
				zh: "未履行支付货款 32,000 元的生效判决。", en: "Did not honour a final judgment to pay 32,000 yuan for goods.",
				answer: says(mingjing.PositionMaintained, "列入时尚未履行。现已收到全部款项。", "When he was listed he had not paid. By now all has been received.")},
		}},
	}
}

// colleagues returns the residents who are staff as well.
func colleagues() []person {
	return []person{
		{story: StoryOwnCase, id: colleague, name: "罗文博", facts: []fact{
			{code: "traffic.ticket", on: moment{1, 12}, zh: "在公交专用车道内行驶。", en: "Drove in a bus lane."},
			{code: "volunteer.hours", on: moment{6, 18}, zh: "社区法律咨询 12 小时。", en: "12 hours of free legal advice."},
		}},
	}
}

// ordinary returns the residents without a story.
func ordinary() []person {
	long := person{id: id("20010131", "713"), name: "徐若彤"}
	for i := range 30 {
		long.facts = append(long.facts, fact{code: "volunteer.hours", on: moment{1 + i, 1 + i%28},
			zh: "社区食堂志愿服务 8 小时。", en: "8 hours at the community canteen."})
	}
	people := []person{
		{id: id("19850606", "701"), name: "李娜", facts: []fact{
			{code: "traffic.ticket", on: moment{1, 3}, zh: "违反规定停放车辆。", en: "Parked where it is not allowed."},
			{code: "traffic.ticket", on: moment{2, 17}, zh: "超速 10% 以上未达 20%。", en: "Drove 10 to 20 % above the limit."},
			{code: "licence.qualified", on: moment{28, 5}, zh: "初级会计专业技术资格。", en: "Qualified junior accountant."},
		}},
		{id: id("19900101", "702"), name: "张帆", facts: []fact{
			{code: "utility.late_fees", on: moment{5, 25}, zh: "逾期 74 天缴纳燃气费。", en: "Paid the gas bill 74 days late."},
			{code: "bank.loan_arrears", on: moment{4, 20}, zh: "住房贷款逾期一期。", en: "One instalment of the mortgage overdue."},
			{code: "bank.loan_arrears", on: moment{3, 20}, zh: "住房贷款逾期一期。", en: "One instalment of the mortgage overdue."},
			{code: "bank.loan_arrears", on: moment{2, 20}, zh: "住房贷款逾期一期。", en: "One instalment of the mortgage overdue."},
		}},
		{id: id("19781215", "703"), name: "欧阳静怡", facts: []fact{
			{code: "award.department", on: moment{10, 12}, zh: "优秀共建单位联络员。", en: "Outstanding neighbourhood liaison."},
			{code: "licence.qualified", on: moment{44, 1}, zh: "注册护士执业证书。", en: "Registered nurse."},
			{code: "volunteer.hours", on: moment{6, 6}, zh: "临终关怀陪伴 40 小时。", en: "40 hours of company in a hospice."},
			{code: "volunteer.hours", on: moment{12, 6}, zh: "临终关怀陪伴 44 小时。", en: "44 hours of company in a hospice."},
		}},
		{id: id("19960718", "704"), name: "司马云舒"}, // nothing is held: the empty state
		{id: id("19720320", "705"), name: "帕尔哈提·吐尔地阿吉", facts: []fact{
			{code: "fraud.fake_goods", on: moment{9, 9}, zh: "销售假冒注册商标的手机配件。", en: "Sold phone accessories under a counterfeit trade mark."},
			{code: "market.serious_violation_blacklist", on: moment{8, 1}, notice: moment{9, 20}, term: 36, unpublished: true,
				zh: "销售侵犯注册商标专用权的商品，情节严重。", en: "Sold goods that infringe a registered trade mark, a serious case."},
		}},
		{id: id("19830404", "706"), name: "额尔登毕力格", facts: []fact{
			{code: "traffic.drunk_driving", on: moment{18, 23}, zh: "血液酒精含量 96 mg/100 ml。", en: "96 mg of alcohol in 100 ml of blood."},
			{code: "traffic.ticket", on: moment{1, 15}, zh: "未按规定使用安全带。", en: "Did not wear a seat belt."},
		}},
		{id: id("19980225", "707"), name: "次仁央金", facts: []fact{
			{code: "award.city", on: moment{16, 2}, zh: "上海市青年五四奖章。", en: "The city's youth medal."},
			{code: "volunteer.hours", on: moment{1, 20}, zh: "博物馆讲解 30 小时。", en: "30 hours as a museum guide."},
			{code: "volunteer.hours", on: moment{7, 20}, zh: "博物馆讲解 28 小时。", en: "28 hours as a museum guide."},
		}},
		{id: id("19651010", "708"), name: "赵一", facts: []fact{
			{code: "tax.late_filing", on: moment{7, 16}, zh: "逾期 12 天申报。", en: "Filed 12 days late."},
			{code: "tax.major_violation_blacklist", on: moment{14, 8}, notice: moment{15, 8}, term: 36,
				zh: "虚开增值税普通发票 112 份。", en: "Issued 112 false VAT invoices."},
		}},
		{id: id("19871130", "709"), name: "诸葛明远", facts: []fact{
			{code: "award.heroic_act", on: moment{22, 11}, zh: "徒手制服持械抢劫者。", en: "Overpowered an armed robber with his bare hands."},
			{code: "tax.a_grade_redlist", on: moment{6, 28}, notice: moment{6, 28}, term: 12, zh: "个体工商户纳税信用年度评价为 A 级。",
				en: "His shop's tax compliance was graded A for the year."},
		}},
		{id: id("20030812", "710"), name: "孙浩然", facts: []fact{
			{code: "contract.lease_breach", on: moment{4, 4}, papers: missing, zh: "房东反映提前退租未付违约金。",
				en: "The landlord says that he left early and did not pay the penalty."},
			{code: "metro.fare_evasion", on: moment{2, 28}, zh: "使用他人敬老卡进站。", en: "Entered with somebody else's senior card."},
		}},
		{id: id("19740707", "711"), name: "何苗", facts: []fact{
			{code: "court.breach_adjudged", on: moment{17, 13}, zh: "装修合同违约，判决返还预付款 48,000 元。",
				en: "In breach of a renovation contract; ordered to return 48,000 yuan."},
			{code: "court.unpaid_judgment", on: moment{13, 13}, zh: "未履行返还预付款 48,000 元的判决。", en: "Has not returned the 48,000 yuan."},
			{code: "court.enforcement_blacklist", on: moment{12, 1}, notice: moment{13, 20}, term: 24,
				zh: "有履行能力而拒不履行生效判决。", en: "Able to honour a final judgment, and refuses to."},
		}},
		{id: id("19820919", "712"), name: "黄志强", facts: []fact{
			{code: "utility.theft", on: moment{26, 15}, zh: "绕越电能表用电。", en: "Drew electricity past the meter."},
			{code: "fraud.pyramid_selling", on: moment{24, 6}, zh: "介绍他人参加传销。", en: "Brought others into a pyramid scheme."},
			{code: "court.breach_adjudged", on: moment{50, 6}, zh: "租赁合同违约。", en: "In breach of a lease."},
		}},
		long,
	}
	for i := range people {
		people[i].story = StoryOrdinary
	}
	return people
}

// inactive returns the residents who have not activated their accounts.
func inactive() []person {
	return []person{
		{story: StoryActivation, id: id("20050517", "801"), name: "何雨", facts: []fact{
			{code: "volunteer.hours", on: moment{2, 9}, zh: "校园迎新 16 小时。", en: "16 hours welcoming new students."},
		}},
		{story: StoryActivation, id: id("19590305", "802"), name: "古丽米热·阿卜力米提艾山", facts: []fact{
			{code: "award.department", on: moment{11, 18}, zh: "社区睦邻奖。", en: "Good neighbour award."},
		}},
	}
}

// A staffMember is a member of staff, or an officer of an agency; self is the ID
// number under which they are a resident, if they are one.
type staffMember struct {
	role        mingjing.Role
	login, name string
	self        mingjing.IDNumber
	// agency is whose questions an officer answers; story is what can be tried.
	agency, story string
}

// colleague is the ID number of a resident who is a handler as well.
var colleague = id("19860521", "901")

// staff are all who log in for the city and its agencies.
var staff = []staffMember{
	{mingjing.RoleHandler, "h-1001", "沈嘉禾", "", "", ""},
	{mingjing.RoleHandler, "h-1002", "罗文博", colleague, "", ""},
	{mingjing.RoleSupervisor, "s-2001", "方敏仪", "", "", ""},
	{mingjing.RoleAuditor, "a-3001", "秦岳", "", "", ""},
	{mingjing.RoleAdministrator, "adm-4001", "许知远", "", "", ""},
	{mingjing.RoleAgency, "g-3001", "顾南", "", "metro", "officer of the silent agency"},
	{mingjing.RoleAgency, "g-3002", "白若水", "", "court", "officer of the court"},
}
