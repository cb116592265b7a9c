package rulebooks

import (
	"strings"
	"unicode"
)

// NeverUsedCodes are the codes of what no rulebook may use. Each rulebook publishes
// all of them with its reasons (Shanghai Social Credit Regulations 2017 for religion,
// biometrics and illness).
var NeverUsedCodes = []string{"friends", "purchases", "browsing", "religion", "ethnicity",
	"political_opinion", "health", "biometrics", "location"}

// NeverUsedWords are, for each of [NeverUsedCodes], the words by which a
// catalogue would name it: an item with one of them in its code, subject or
// names does not load. English words are matched whole, Chinese ones anywhere.
var NeverUsedWords = map[string][]string{
	"friends": {"好友", "朋友", "亲友", "熟人", "人脉", "社交", "通讯录",
		"friend", "friends", "friendship", "acquaintance", "acquaintances", "contacts", "contact list",
		"social circle", "social media", "social network"},
	"purchases": {"购物", "購物", "网购", "购买记录", "消费记录", "消费习惯", "消费行为",
		"purchase", "purchases", "purchasing", "shopping", "buying habits", "spending", "online orders"},
	"browsing": {"浏览", "瀏覽", "上网", "搜索记录", "观看记录", "网页记录", "游戏",
		"browsing", "browser", "search history", "web history", "internet use", "screen time", "gaming", "video games"},
	"religion": {"宗教", "信仰", "信教", "佛教", "道教", "伊斯兰", "基督教", "天主教", "教会", "礼拜",
		"religion", "religions", "religious", "religious faith", "belief", "beliefs", "worship", "church",
		"mosque", "atheism", "buddhist", "taoist", "muslim", "christian", "catholic"},
	"ethnicity": {"民族", "族裔", "种族", "種族", "族群",
		"ethnicity", "ethnic", "race", "racial", "ancestry"},
	"political_opinion": {"政治", "政见", "党派", "信访", "上访", "示威", "游行", "请愿",
		"political", "politics", "political opinion", "party membership", "petitioning", "protest", "protests",
		"demonstration", "demonstrations"},
	"health": {"健康", "疾病", "病史", "病历", "患病", "诊断", "残疾", "怀孕", "血型", "献血", "疫苗",
		"health", "illness", "disease", "diseases", "diagnosis", "medical history", "medical record",
		"medical records", "disability", "pregnancy", "blood type", "blood donation", "vaccination"},
	"biometrics": {"生物识别", "生物特征", "指纹", "人脸", "面部", "虹膜", "声纹", "基因", "步态",
		"biometric", "biometrics", "fingerprint", "fingerprints", "face recognition", "facial recognition",
		"iris", "voiceprint", "gait", "gene", "genes", "genetic", "dna"},
	"location": {"位置", "定位", "轨迹", "行踪", "足迹", "出行记录",
		"location", "locations", "geolocation", "gps", "whereabouts", "movements", "travel history"},
}

// NamesNeverUsed returns which of [NeverUsedCodes] the text names, and by which word;
// both are "" when it names none. Width, case, punctuation and spaces between Chinese
// characters do not hide a word.
func NamesNeverUsed(text string) (code, word string) {
	words, han := foldWords(text)
	for _, code := range NeverUsedCodes {
		if namesWord(words, han, strings.ReplaceAll(code, "_", " ")) {
			return code, code
		}
		for _, word := range NeverUsedWords[code] {
			if namesWord(words, han, word) {
				return code, word
			}
		}
	}
	return "", ""
}

func namesWord(words, han, word string) bool {
	if word[0] < 0x80 {
		return strings.Contains(words, " "+word+" ")
	}
	return strings.Contains(han, word)
}

// foldWords returns the text as lower-case words with one space around each, and its
// Chinese characters alone.
func foldWords(text string) (words, han string) {
	var w, h strings.Builder
	w.WriteByte(' ')
	gap := true
	for _, r := range text {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case unicode.Is(unicode.Han, r):
			h.WriteRune(r)
			fallthrough
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Cf, r):
			if !gap {
				w.WriteByte(' ')
				gap = true
			}
		case unicode.Is(unicode.Cf, r): // joiners and soft hyphens are invisible
		default:
			w.WriteRune(unicode.ToLower(r))
			gap = false
		}
	}
	if !gap {
		w.WriteByte(' ')
	}
	return w.String(), h.String()
}
