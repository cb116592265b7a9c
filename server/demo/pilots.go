package demo

// Pilots are the codes of the stories about the rulebooks of other systems, and the id of
// the rulebook that each is about.
var Pilots = map[string]string{"bills": "only-debts-and-bills", "credit-history": "schufa", "five-factors": "zhima", "xichu": "suqian",
	"two-halves": "moli", "first-pilot": "suining"}

// pilots returns the residents of [Pilots].
func pilots() []person {
	return []person{
		{story: "bills", id: id("19840311", "311"), name: "冯秋月", facts: []fact{
			{code: "utility.late_fees", on: moment{2, 12}, zh: "逾期 41 天缴纳水费。", en: "Paid the water bill 41 days late."},
			{code: "rental.returned", on: moment{1, 5}, zh: "借阅图书 4 册，按期归还。", en: "Four library books, returned on time."},
			{code: "rental.returned", on: moment{4, 9}, zh: "借阅图书 3 册，按期归还。", en: "Three library books, returned on time."},
			{code: "rental.returned", on: moment{7, 21}, zh: "借阅图书 5 册，按期归还。", en: "Five library books, returned on time."},
			{code: "traffic.ticket", on: moment{1, 18}, zh: "违反规定停放车辆。", en: "Parked where it is not allowed."},
			{code: "award.city", on: moment{9, 3}, zh: "上海市优秀志愿者。", en: "Outstanding volunteer of the city."},
		}},
		{story: "credit-history", id: id("19791020", "312"), name: "丁启明", facts: []fact{
			{code: "bank.account", on: moment{131, 6}, zh: "储蓄账户，使用中。", en: "Savings account, in use."},
			{code: "bank.credit_card", on: moment{95, 14}, zh: "信用卡，使用中。", en: "Credit card, in use."},
			{code: "bank.secured_loan", on: moment{50, 2}, zh: "住房抵押贷款，正常还款。", en: "Mortgage, paid as agreed."},
			{code: "bank.instalment_loan", on: moment{5, 25}, zh: "汽车分期贷款，期限 36 个月。", en: "Car loan in 36 instalments."},
			{code: "inquiry.bank", on: moment{5, 20}, zh: "申请信用卡时的查询。", en: "A check when he applied for a card."},
			{code: "inquiry.elsewhere", on: moment{5, 22}, zh: "申请汽车分期时的查询。", en: "A check when he applied for the car loan."},
		}},
		{story: "five-factors", id: id("19920609", "313"), name: "蒋文静", facts: []fact{
			{code: "bank.loan_repaid", on: moment{14, 8}, zh: "助学贷款按约还清。", en: "Student loan repaid as agreed."},
			{code: "bank.loan_repaid", on: moment{3, 30}, zh: "消费贷款按约还清。", en: "Consumer loan repaid as agreed."},
			{code: "bank.loan_arrears", on: moment{6, 10}, zh: "信用卡逾期一期。", en: "One card payment overdue."},
			{code: "bank.credit_card", on: moment{40, 12}, zh: "信用卡，使用中。", en: "Credit card, in use."},
			{code: "rental.returned", on: moment{2, 2}, zh: "公共图书，按期归还。", en: "Library books, returned on time."},
		}},
		{story: "xichu", id: id("19661127", "314"), name: "宋长河", facts: []fact{
			{code: "award.model_worker", on: moment{19, 28}, zh: "市劳动模范。", en: "Model worker of the city."},
			{code: "volunteer.hours", on: moment{3, 16}, zh: "社区巡诊陪护 30 小时。", en: "30 hours with the neighbourhood's visiting nurses."},
			{code: "utility.late_fees", on: moment{2, 7}, zh: "逾期 35 天缴纳水费。", en: "Paid the water bill 35 days late."},
			{code: "traffic.drunk_driving", on: moment{10, 2}, zh: "血液酒精含量 82 mg/100 ml。", en: "82 mg of alcohol in 100 ml of blood."},
		}},
		{story: "two-halves", id: id("20000214", "315"), name: "许一诺", facts: []fact{
			{code: "contract.lending_breach", on: moment{4, 11}, zh: "消费贷款逾期，仲裁裁决还款。", en: "A consumer loan in default; an award orders repayment."},
			{code: "volunteer.hours", on: moment{1, 9}, zh: "海洋馆讲解 12 小时。", en: "12 hours as a guide at the aquarium."},
			{code: "volunteer.hours", on: moment{3, 9}, zh: "海洋馆讲解 14 小时。", en: "14 hours as a guide at the aquarium."},
			{code: "volunteer.hours", on: moment{5, 9}, zh: "海洋馆讲解 10 小时。", en: "10 hours as a guide at the aquarium."},
			{code: "award.department", on: moment{8, 26}, zh: "年度优秀讲解员。", en: "Guide of the year."},
		}},
		{story: "first-pilot", id: id("19730808", "316"), name: "马春兰", facts: []fact{
			{code: "traffic.pedestrian", on: moment{1, 4}, zh: "不走人行横道，处罚决定书。", en: "Crossed beside the crossing; a penalty decision."},
			{code: "environment.littering", on: moment{1, 11}, zh: "乱扔垃圾，处罚决定书。", en: "Littered; a penalty decision."},
			{code: "volunteer.hours", on: moment{2, 20}, zh: "社区食堂志愿服务 16 小时。", en: "16 hours at the community canteen."},
			{code: "community.service", on: moment{6, 1}, zh: "邻里互助表彰。", en: "Commended for helping neighbours."},
			{code: "award.department", on: moment{12, 15}, zh: "最美楼道长。", en: "Commended as the house's spokeswoman."},
		}},
	}
}
