package rulebooks

// neverWords are, for each code of the register's never_used and refused_measures, the
// words by which free text would name it. Chinese words stand anywhere in the Chinese
// characters of a text. Words in Latin letters, pinyin among them, stand as words; * at the
// end stands for any end. Words that honest texts need, such as "deposit", "opinion" in the
// name of a law, or "star" in "star-rated hotel", are there only within longer ones.
var neverWords = map[string][]string{
	"publish_person": {"示众", "曝光", "照片", "头像", "大屏", "电子屏", "显示屏", "公告栏", "黑榜", "点名", "公布姓名", "公开姓名", "身份证号", "游街", "上墙",
		"photo*", "portrait*", "name and shame", "naming and sham*", "shame*", "shaming", "billboard*", "city screen*", "big screen*",
		"led screen*",
		"public screen*", "notice board*", "publish the name*", "names published", "name and id number", "pillor*", "wall of",
		"shi zhong", "bao guang", "da ping", "hei bang"},
	"tell_others": {"彩铃", "来电", "拨号音", "通知亲友", "通知单位", "通知家属", "通知家人", "通知同事", "通知雇主", "告知单位", "告知家人", "告知同事", "告知雇主",
		"dial tone*", "ring tone*", "ringtone*", "ringback*", "caller*", "tell employer*", "tells the employer", "inform the employer*",
		"inform employer*", "notify employer*", "notify the employer*", "tell colleague*", "tell relative*", "cai ling"},
	"health_care": {"就医", "看病", "医疗", "住院", "挂号", "医保", "手术", "medical*", "hospital*", "health care", "healthcare", "doctor*",
		"operations are put off", "kan bing", "yi liao"},
	"schooling": {"上学", "入学", "就读", "升学", "私立学校", "贵族学校", "高考", "录取", "子女教育", "school*", "kindergarten*",
		"university admission*", "college entrance", "shang xue", "ru xue"},
	"justice": {"法律援助", "律师", "诉权", "不予立案", "lawyer*", "legal aid", "right to sue", "access to court*", "lu shi"},
	"utilities": {"停水", "停电", "停气", "停暖", "断水", "断电", "断气", "断网", "断供",
		"cut off water", "cut off power", "cut off heating", "cut off gas", "water is cut", "power is cut", "heating is cut", "disconnect*",
		"power cut*", "ting shui", "ting dian"},
	"others": {"连坐", "株连", "连带惩戒", "guilt by association", "collective punishment", "lian zuo"},

	"friends": {"好友", "朋友", "亲友", "熟人", "人脉", "社交", "通讯录", "联系人", "关系网", "社会关系", "同学", "同事", "粉丝",
		"friend", "friends", "friendship*", "friendly with", "acquaintance*", "contacts", "contact list", "social circle*", "social media*",
		"social network*",
		"social graph", "social connection*", "whom you know", "who you know", "address book", "colleague*", "classmate*", "follower*",
		"peng you", "hao you", "she jiao", "ren mai"},
	"purchases": {"购物", "网购", "购买记录", "购买习惯", "消费记录", "消费习惯", "消费行为", "消费水平", "消费偏好", "订单", "外卖", "淘宝", "京东", "拼多多", "奢侈品",
		"purchase*", "purchasing", "shopp*", "buying habit*", "what you buy", "spending on", "spending habit*", "online order*",
		"order history", "e commerce",
		"consumer behavio*", "consumption habit*", "nappies", "diapers", "taobao", "gou wu", "wang gou", "xiao fei xi guan"},
	"browsing": {"浏览", "上网", "搜索记录", "搜索历史", "观看记录", "网页记录", "游戏", "网瘾", "直播", "追剧", "翻墙", "使用时长", "电竞",
		"browsing", "browser*", "search histor*", "searches made", "web histor*", "websites visited", "internet use", "screen time",
		"gaming", "video game*", "app usage",
		"online time", "vpn", "clickstream", "streaming", "liu lan", "shang wang", "you xi"},
	"religion": {"宗教", "信仰", "信教", "佛教", "佛", "道教", "伊斯兰", "穆斯林", "基督", "天主", "教会", "教堂", "礼拜", "清真", "寺庙", "寺院", "法轮", "圣经", "古兰", "传教",
		"religio*", "belief*", "believer*", "worship*", "church*", "mosque*", "temple*", "atheis*", "buddh*", "tao ist", "taois*", "daois*",
		"muslim*", "islam*",
		"christ", "christian*", "catholic*", "protestant*", "falun*", "bible*", "koran", "quran", "prayer*", "prays", "praying", "veil*",
		"missionar*",
		"zong jiao", "xin yang", "tsung chiao", "jiao hui", "fo jiao"},
	"ethnicity": {"民族", "族裔", "种族", "族群", "藏族", "维吾尔", "维族", "回族", "蒙古族", "汉族", "苗族", "壮族", "朝鲜族", "肤色", "混血", "血统", "藏人", "语言",
		"ethnic*", "race", "races", "racial*", "ancestr*", "tibetan*", "uyghur*", "uighur*", "minorit*", "skin colo*", "mongol*", "han chinese",
		"mother tongue", "native language", "dialect*", "min zu", "zhong zu", "min tsu", "wei wu er"},
	"political_opinion": {"政治", "政见", "意识形态", "爱国", "忠诚", "反动", "异见", "示威", "游行", "集会", "抗议", "请愿", "罢工", "静坐", "维权", "思想汇报", "颠覆",
		"politic*", "ideolog*", "patriot*", "loyal*", "dissident*", "dissent*", "protest*", "demonstration*", "rallies", "rally",
		"sit in strike*",
		"activis*", "public opinion", "subversi*", "picket*", "zheng zhi", "cheng chih", "ai guo", "shi wei", "you xing", "wei quan"},
	"health": {"健康", "疾病", "病史", "病历", "患病", "诊断", "残疾", "残障", "怀孕", "孕妇", "血型", "献血", "疫苗", "精神病", "抑郁", "艾滋", "传染病", "体检", "核酸", "处方",
		"health*", "illness*", "disease*", "diagnos*", "disab*", "pregnan*", "blood type*", "blood group*", "blood donation*",
		"vaccin*", "mental*", "depression", "hiv", "aids", "hepatitis", "prescription*", "obes*", "jian kang", "ji bing", "can ji", "xian xue"},
	"biometrics": {"生物识别", "生物特征", "指纹", "人脸", "刷脸", "面部", "虹膜", "声纹", "基因", "步态", "掌纹",
		"biometr*", "finger print*", "fingerprint*", "face recognition", "face scan*", "facial*", "iris", "retina*", "voice print*",
		"voiceprint*",
		"palm print*", "gait", "gene", "genes", "genetic*", "genom*", "dna", "zhi wen", "ren lian", "ji yin", "sheng wu shi bie"},
	"location": {"位置", "定位", "轨迹", "行踪", "足迹", "行程码", "行程记录", "出行记录", "基站", "到访",
		"location*", "geolocation*", "gps", "whereabouts", "movements", "travel histor*", "where you have been", "phone track*", "tracking",
		"geofenc*",
		"itinerar*", "ding wei", "gui ji", "xing zong", "zu ji", "wei zhi"},
	"income": {"收入", "存款", "余额", "资产", "低保", "贫困", "富裕", "纳税额", "持股", "房产数",
		"income*", "salary", "salaries", "wealth*", "bank balance*", "account balance*", "net worth", "savings", "welfare recipient*",
		"tax paid", "poverty",
		"shareholding*", "shou ru", "cun kuan", "zi chan"},

	"registration": {"户口", "户籍", "居住证", "暂住证", "外地人", "本地人", "流动人口", "外来人口", "落户", "非农", "农村户", "城镇户",
		"hukou*", "household registration*", "urban registration*", "rural registration*", "residence permit*", "residency status",
		"out of towner*",
		"outsider*", "migrant status", "floating population", "local registration*", "hu kou", "hu ji", "wai di ren"},
	"birthplace": {"出生地", "籍贯", "祖籍", "国籍", "老家", "原籍", "生于", "出身",
		"birthplace*", "birth place*", "place of birth", "born in", "native place*", "nationalit*", "citizenship*", "foreign born",
		"home province*",
		"chu sheng di", "ji guan", "guo ji", "lao jia"},
	"family": {"父母", "父亲", "母亲", "爸爸", "妈妈", "子女", "亲属", "亲戚", "家属", "家人", "家庭成员", "家庭背景", "家族", "配偶", "妻子", "丈夫", "兄弟", "姐妹", "祖父",
		"儿子", "女儿", "双亲",
		"parent*", "father*", "mother*", "relatives", "relative s", "next of kin", "kinship", "sibling*", "brother*", "sister*", "spouse*",
		"wife", "wives", "husband*",
		"sons", "daughter*", "children s", "family", "families", "clan*", "grandparent*", "in laws", "fu mu", "qin shu", "jia ting",
		"jia ren", "zi nu", "zi nv"},
	"age": {"年龄", "老年", "年老", "青少年", "生日", "出生日期", "出生年", "退休人员", "岁数", "年纪", "八零后", "九零后",
		"age", "aged", "ages", "elderly", "old people", "young people", "youngsters", "teenager*", "birthday*", "date of birth",
		"year of birth", "birth date*", "birth year*",
		"pensioner*", "retiree*", "generation z", "nian ling", "lao nian", "sheng ri"},
	"gender": {"性别", "男性", "女性", "男人", "女人", "性取向", "同性恋", "变性", "跨性别",
		"gender*", "sex", "sexes", "sexual*", "homosexual*", "gay", "lesbian*", "transgender*", "lgbt*", "male", "males", "female*",
		"xing bie", "nu xing", "tong xing lian"},
	"marriage": {"婚姻", "结婚", "离婚", "已婚", "未婚", "单身", "生育", "超生", "二胎", "三胎", "独生", "彩礼", "相亲", "恋爱", "同居", "堕胎",
		"marriage*", "marri*", "married", "divorc*", "unmarried", "unwed", "single mother*", "wedlock", "birth control", "family planning",
		"number of children",
		"childless*", "dating", "dowry", "cohabit*", "abortion*", "hun yin", "jie hun", "li hun", "sheng yu"},
	"party": {"党员", "党派", "入党", "党籍", "党费", "政党", "共产党", "民主党", "国民党", "党组织", "党支部", "党课", "党龄", "团员", "投票", "选举", "选票", "竞选", "候选人",
		"party member*", "membership of the party", "member of the party", "party branch*", "party cell*", "party school", "party dues",
		"party card*", "communist*",
		"kuomintang", "vote*", "voting", "voter*", "ballot*", "election*", "electoral*", "candidacy", "dang yuan", "ru dang",
		"gong chan dang", "tang yuan",
		"tou piao", "xuan ju", "dang pai"},
	"speech": {"言论", "发帖", "跟帖", "帖子", "谣言", "传谣", "造谣", "朋友圈", "微博", "微信", "抖音", "博客", "转发", "点赞", "批评政府", "抹黑", "敏感词", "舆论", "舆情",
		"记者", "采访", "新闻", "自媒体", "网络评论", "发表文章", "视频号",
		"rumour*", "rumor*", "posts online", "online post*", "social post*", "posts on the internet", "internet post*", "forum post*",
		"posting*", "reposts",
		"repost*", "blog*", "tweet*", "weibo", "wechat", "douyin", "tiktok", "journalis*", "reporters", "press card*", "news article*",
		"speech*",
		"freedom of expression", "criticis*", "slander*", "defam*", "censor*", "online comment*", "likes and shares", "chat histor*",
		"chat group*", "messages sent",
		"yan lun", "fa tie", "yao yan", "wei bo", "wei xin", "ji zhe", "xin wen", "yen lun"},
	"petitions": {"信访", "上访", "举报", "检举", "告发", "告密", "恶意投诉", "频繁投诉", "重复投诉", "投诉次数", "投诉部门", "网格员", "线人", "信息员",
		"petition*", "malicious complain*", "vexatious complain*", "frequent complain*", "repeated complain*", "complaints made",
		"complaints against officials",
		"complaints about officials", "whistle blow*", "whistleblow*", "informant*", "informer*", "informing on", "denounc*",
		"reporting neighbo*", "tip offs",
		"grid worker*", "grid watch*", "xin fang", "shang fang", "ju bao", "hsin fang"},
	"address": {"住址", "居住地", "居住区", "居住小区", "廉租", "低租", "地段", "邮编", "贫民", "棚户", "学区", "城中村",
		"home address*", "residential address*", "postcode*", "postal code*", "zip code*", "low rent*", "poor neighbo*", "rich neighbo*",
		"slum*", "where you live",
		"where one lives", "residential area*", "area of residence", "housing estate*", "living area*", "zhu zhi", "lian zu", "di duan",
		"you bian"},
	"fitness": {"健身", "锻炼", "步数", "运动量", "运动习惯", "吸烟", "抽烟", "饮食", "减肥", "体重", "作息", "早起", "熬夜", "喝酒", "生活习惯",
		"fitness*", "workout*", "step count*", "steps walked", "daily steps", "gym", "gyms", "body weight", "diet*", "smoking", "smoker*",
		"jogging", "sleeping*", "sleep hours", "hours of sleep",
		"lifestyle*", "drinking habit*", "jian shen", "bu shu", "xi yan"},
	"cameras": {"摄像", "监控", "探头", "抓拍", "电子眼", "天网", "雪亮工程", "视频", "无人机", "自动识别", "拍到",
		"camera*", "cctv*", "surveill*", "video*", "photo enforcement", "automatic recognition", "automatically recogni*",
		"plate recognition", "drone*", "sharp eyes",
		"skynet", "she xiang*", "jian kong", "zhua pai"},
	"ratings": {"互评", "差评", "好评", "打星", "邻里打分", "邻居打分", "同事打分", "群众打分", "顾客打分", "邻居评价", "顾客评价", "群众评议", "民主评议", "评议员", "互相打分", "口碑",
		"peer rating*", "peer review*", "star ratings", "rated by", "rating by", "ratings by", "ratings from", "customer review*",
		"stars from", "neighbours stars", "popularity",
		"thumbs up", "mutual rating*", "reputation among", "scored by", "hu ping", "cha ping", "hao ping", "kou bei"},
	"payments": {"捐款", "捐赠", "捐献", "赞助", "购买积分", "买分", "充值", "会费", "付费加分", "缴费加分", "献金",
		"donat*", "donor*", "buy points", "buying points", "points for sale", "pay for points", "paid points", "top up", "sponsor*",
		"membership fee*",
		"gift to the city", "juan kuan", "juan zeng", "chong zhi"},
	"education": {"学历", "学位", "毕业", "文凭", "工作单位", "职务", "职称", "失业", "无业", "学习成绩", "学生成绩",
		"diploma*", "academic degree*", "academic record*", "alma mater", "school grade*", "university degree*", "job title*",
		"occupation*", "unemploy*", "jobless*",
		"where you work", "level of education", "graduate*", "xue li", "zhi ye", "shi ye"},
}

// simplified are traditional characters, and ones that look like another, with the
// character that the words have.
var simplified = pairs("黨党員员戶户購购買买瀏浏覽览種种親亲屬属蹤踪蹟迹跡迹軌轨臉脸紋纹聲声議议論论謠谣傳传訪访訴诉鄰邻貧贫區区監监視视攝摄燈灯紅红選选舉举記记語语轉转發发網网際际關关係系聯联繫系絡络類类" +
	"別别齡龄歲岁離离異异遺遗測测評评價价問问題题費费遊游戲戏時时間间長长數数據据縣县鄉乡農农業业國国領领運运動动鍛锻煉炼減减檢检報报團团會会獻献贈赠贊赞積积學学歷历職职稱称單单務务觀观" +
	"術术醫医療疗診诊斷断殘残礙碍懷怀婦妇體体結结獨独兒儿禮礼愛爱戀恋維维權权請请願愿罷罢靜静義义識识態态誠诚顛颠號号圖图頭头無无機机掛挂鋪铺壞坏擊击點点讚赞貼贴聞闻採采輿舆詞词開开頁页" +
	"碼码標标燒烧廟庙輪轮聖圣經经蘭兰個个門门證证暫暂處处東东華华漢汉滿满壯壮鮮鲜膚肤雜杂統统亂乱貨货賣卖賬账訂订餘余資资產产納纳稅税額额現现實实鈴铃來来電电話话撥拨樣样廣广場场週周圍围" +
	"幾几氣气馬马兩两雙双爺爷媽妈孫孙嬰婴計计劃划養养齒齿鐘钟樓楼編编專专駕驾駛驶應应該该對对錄录審审認认囗口巳己曱甲曰日")

func pairs(s string) map[rune]rune {
	m := map[rune]rune{}
	var from rune
	for i, r := range []rune(s) {
		if i%2 == 0 {
			from = r
		} else {
			m[from] = r
		}
	}
	return m
}

// looksLike are letters of other alphabets with the Latin letter that they look like, and
// Latin ones that are written otherwise.
var looksLike = pairs("аaвbсcԁdеeғfгrһhнhіiїiјjкkӏlмmпnոnоoрpԛqѕsтtцuᴜuѵvԝwшwхxуyӱyзe" +
	"αaβbεeηnιiκkνvοoρpτtυuχxωwσoγyμuλlςc" +
	"ɑaᴀaʙbᴄcᴅdᴇeꜰfɡgɢgʜhıiɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴠvᴡwʏyᴢzøoðdþpłlđdħhŧtɩiȷjߋoⲟoꓳoꓮaꓰeꓲiꓵnꓢsꓔtꓖgꓡlꓑpꓣrꓟm")
