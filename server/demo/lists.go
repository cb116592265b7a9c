package demo

import "mingjing"

// A list is what is published about a list: on what law it rests, what being on
// it means, and how to get off.
type list struct {
	kind     mingjing.ListKind
	basis    mingjing.Text
	exit     mingjing.Text
	measures []mingjing.Measure
}

var highSpending = both("《最高人民法院关于限制被执行人高消费及有关消费的若干规定》（法释〔2015〕17号）第三条",
	"Supreme People's Court, Provisions on Restricting High Consumption by Debtors (2015 No. 17), article 3")

// lists are the lists of the stories, by catalogue code.
var lists = map[string]list{
	"court.enforcement_blacklist": {
		kind: mingjing.Blacklist,
		basis: both("《最高人民法院关于公布失信被执行人名单信息的若干规定》（法释〔2017〕7号）第一条",
			"Supreme People's Court, Provisions on Publishing the List of Dishonest Debtors (2017 No. 7), article 1"),
		exit: both("履行完毕后三个工作日内删除；认为有误的，可以书面申请纠正，法院自收到之日起十五日内审查。",
			"Removed within three working days of performance. Whoever thinks it wrong may ask in writing for correction, which the court reviews within fifteen days."),
		measures: []mingjing.Measure{
			{Code: "restrict.air", Name: both("限制乘坐飞机", "No air travel"), LegalBasis: highSpending},
			{Code: "restrict.rail", Name: both("限制乘坐列车软卧和高铁一等以上座位", "No soft sleepers and no first class on high-speed trains"), LegalBasis: highSpending},
			{Code: "restrict.hotel", Name: both("限制在星级以上宾馆高消费", "No spending in star-rated hotels"), LegalBasis: highSpending},
			{Code: "restrict.property", Name: both("限制购买不动产", "No purchase of property"), LegalBasis: highSpending},
			{Code: "restrict.school", Name: both("限制子女就读高收费私立学校", "No costly private schools for children"), LegalBasis: highSpending},
		},
	},
	"tax.major_violation_blacklist": {
		kind: mingjing.Blacklist,
		basis: both("《重大税收违法失信主体信息公布管理办法》（国家税务总局令第54号）第六条",
			"State Taxation Administration, Measures on Publishing Major Tax Violations (Order No. 54), article 6"),
		exit: both("公布满三年停止公布；缴清税款、滞纳金和罚款后可以申请提前停止公布。",
			"Ends after three years. Whoever has paid the tax, interest and fine may apply for an earlier end."),
		measures: []mingjing.Measure{
			{Code: "restrict.exit", Name: both("欠缴税款未提供担保的，阻止出境", "No leaving the country while tax is owed without security"),
				LegalBasis: both("《中华人民共和国税收征收管理法》第四十四条", "Tax Collection Administration Law, article 44")},
			{Code: "restrict.tax_grade", Name: both("纳税信用级别直接判为 D 级", "Tax compliance graded D"),
				LegalBasis: both("《纳税信用管理办法（试行）》第二十条", "Measures on Tax Compliance Grading (trial), article 20")},
		},
	},
	"market.serious_violation_blacklist": {
		kind: mingjing.Blacklist,
		basis: both("《市场监督管理严重违法失信名单管理办法》（国家市场监督管理总局令第44号）第九条",
			"State Administration for Market Regulation, Measures on the List of Serious Violations (Order No. 44), article 9"),
		exit: both("列入满一年并已履行处罚决定、消除危害后果的，可以申请提前移出；满三年自动移出。",
			"After one year whoever has served the penalty and undone the harm may apply to leave. It ends by itself after three years."),
		measures: []mingjing.Measure{
			{Code: "restrict.inspection", Name: both("列为重点监管对象", "Inspected more often"),
				LegalBasis: both("《市场监督管理严重违法失信名单管理办法》第十五条", "Measures on the List of Serious Violations, article 15")},
			{Code: "restrict.honours", Name: both("不予授予荣誉称号", "No honours from market regulators"),
				LegalBasis: both("《市场监督管理严重违法失信名单管理办法》第十五条", "Measures on the List of Serious Violations, article 15")},
		},
	},
	"volunteer.honour_redlist": {
		kind:  mingjing.Redlist,
		basis: both("《上海市志愿服务条例》第三十二条", "Shanghai Regulations on Voluntary Service, article 32"),
		exit:  both("期满自动移出；本人可以随时书面要求移出。", "Ends by itself. The person may ask in writing to leave at any time."),
		measures: []mingjing.Measure{
			{Code: "benefit.venues", Name: both("免费参观政府投资的公共文化场馆", "Free entry to public museums and galleries"),
				LegalBasis: both("《上海市志愿服务条例》第三十三条", "Shanghai Regulations on Voluntary Service, article 33")},
		},
	},
	"tax.a_grade_redlist": {
		kind: mingjing.Redlist,
		basis: both("《纳税信用管理办法（试行）》（国家税务总局公告2014年第40号）第十八条",
			"Measures on Tax Compliance Grading (trial, 2014 No. 40), article 18"),
		exit: both("下一年度评价结果公布时自动更新。", "Replaced when the next year's grade is published."),
		measures: []mingjing.Measure{
			{Code: "benefit.tax_desk", Name: both("办税绿色通道", "A fast lane at the tax office"),
				LegalBasis: both("《纳税信用管理办法（试行）》第二十九条", "Measures on Tax Compliance Grading (trial), article 29")},
		},
	},
}

// unpublished is a measure that somebody thought of and no text allows.
var unpublished = mingjing.Measure{Code: "restrict.ringtone", Name: both("定制手机失信彩铃", "A ringback tone that shames the person called")}
