package kernel_test

import (
	"testing"

	"mingjing/server/casework/kernel"
)

func TestANameIsTheSameHoweverItIsWritten(t *testing.T) {
	for _, same := range [][]string{
		{"买买提·吐尔逊", "买买提•吐尔逊", "买买提‧吐尔逊", "买买提・吐尔逊", "买买提･吐尔逊", "买买提．吐尔逊", "买买提.吐尔逊", "买买提⋅吐尔逊",
			"买买提 吐尔逊", "买买提　吐尔逊", "买买提吐尔逊", "买买提\u200b·吐尔逊\ufeff", "买买提\u0387吐尔逊"},
		{"张三", " 张三 ", "张　三", "张\u200d三", "张三\u200e", "张\ufe00三", "张三\U000e0100", "张\u00ad三", "\u202e张三\u202c"},
		{"José García", "jose\u0301 garci\u0301a", "ＪＯＳＥ\u0301 ＧＡＲＣＩ\u0301Ａ", "JOSÉ GARCÍA", "José\u00a0García"},
		{"Anna-Maria O’Neil", "ANNA MARIA O'NEIL", "anna‐maria oʼneil", "Anna–Maria O'Neil"},
		{"\uf9e1明", "李明"}, // a compatibility ideograph
	} {
		for _, x := range same {
			for _, y := range same {
				if !kernel.SameName(x, y) {
					t.Errorf("%+q is not %+q", x, y)
				}
			}
		}
	}
	for _, pair := range [][2]string{
		{"王伟", "王玮"}, {"王伟", "王伟（1979-03-14）"}, {"张三", "张三丰"}, {"张三", ""}, {"José", "Jose"}, {"Li Ming", "Ming Li"}, {"陈明", "陳明"}, {"王\ue863", "王"},
	} {
		if kernel.SameName(pair[0], pair[1]) {
			t.Errorf("%q is %q", pair[0], pair[1])
		}
	}
}
