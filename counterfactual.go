package mingjing

import "slices"

// Counterfactuals are the smallest sets of changes with which a score would be in
// another band, for each band that can be reached: the nearest better one first, then
// the nearest worse one.
type Counterfactuals struct {
	Bands []Counterfactual `json:"bands"`
	// UpTo is the greatest number of changes that was tried; 0 when all sets were
	// considered, so that a band which is not in Bands can't be reached.
	UpTo int `json:"up_to,omitempty"`
}

// A ScoreCounterfactuals is a score with its counterfactuals.
type ScoreCounterfactuals struct {
	ScoreID string `json:"score_id"`
	ScoreCard
	Counterfactuals Counterfactuals `json:"counterfactuals"`
}

// A Counterfactual is the smallest sets of changes that lead to one band, or to one
// beyond it. A band is left out when the very same sets lead to one beyond it.
type Counterfactual struct {
	Band string `json:"band"`
	// Better says that the band is better than that of the score.
	Better bool `json:"better"`
	// Changes is how many changes each of the sets has, Sets how many sets there are; at
	// most [MaxSets].
	Changes int `json:"changes"`
	Sets    int `json:"sets"`
	// Choices are all of these sets, or as many as [MaxChoices] describe.
	Choices []Choice `json:"choices"`
}

// Limits of a [Counterfactual].
const (
	MaxChoices = 5
	MaxSets    = 1_000_000_000
)

// A Choice is one set of changes, or several that are described at once: those with some
// of the flips of each pick, whichever they are.
type Choice []Pick

// A Pick is any Take of several flips.
type Pick struct {
	Take int    `json:"take"`
	Of   []Flip `json:"of"`
}

// MakeCounterfactuals returns the smallest sets of changes that lead to other bands. It is
// a pure function and exact. Where one thing's points depend on another's, sets of so
// many changes are tried as can be in a short time; see [Counterfactuals].
func MakeCounterfactuals(book *Rulebook, in Input) Counterfactuals {
	flips, additive := Flips(book, in)
	return counterfactuals(book, in, flips, additive)
}

func counterfactuals(book *Rulebook, in Input, flips []Flip, additive bool) Counterfactuals {
	now := MakeScore(book, in)
	here := slices.IndexFunc(book.Bands, func(b Band) bool { return b.Code == now.Band })
	if here < 0 {
		return Counterfactuals{Bands: []Counterfactual{}}
	}
	s := search{book: book, in: in, flips: flips, here: here}
	for _, c := range now.Explanation {
		if c.Kind != ContributionBound {
			s.sum += c.Points
		}
	}
	out := Counterfactuals{}
	found := s.byPoints
	if !additive {
		var tried map[int]Counterfactual
		tried, out.UpTo = s.tryAll()
		found = func(target int) (Counterfactual, bool) { c, ok := tried[target]; return c, ok }
	}
	out.Bands = append(s.toward(-1, found), s.toward(1, found)...)
	if out.Bands == nil {
		out.Bands = []Counterfactual{}
	}
	return out
}

// A search is the search for the sets of one score.
type search struct {
	book  *Rulebook
	in    Input
	flips []Flip
	// here is the index of the score's band, sum its value before the bounds.
	here, sum int
}

// toward returns what leads to the bands on one side, the nearest first.
func (s *search) toward(step int, found func(target int) (Counterfactual, bool)) []Counterfactual {
	var all []Counterfactual
	for target := s.here + step; target >= 0 && target < len(s.book.Bands); target += step {
		c, ok := found(target)
		if !ok {
			break
		}
		c.Band, c.Better = s.book.Bands[target].Code, step < 0
		// The sets of a band further away are among those of a nearer one, if they are of
		// the same size.
		if n := len(all); n > 0 && all[n-1].Changes == c.Changes && all[n-1].Sets == c.Sets {
			all[n-1] = c
			continue
		}
		all = append(all, c)
	}
	return all
}

// byPoints returns the smallest sets that lead to a band or beyond it, where each change
// adds its points whatever the others do.
func (s *search) byPoints(target int) (Counterfactual, bool) {
	b := s.book
	if target < s.here {
		// All caps below the target have to go, and then points are missing.
		var free, forced []Flip
		need := b.Bands[target].From - s.sum
		for _, f := range s.flips {
			switch {
			case !f.Counts && f.Cap != "" && bandIndex(b, f.Cap) > target:
				forced = append(forced, f)
				need -= f.Points
			case f.Points > 0 && f.Cap == "":
				free = append(free, f)
			}
		}
		switch {
		case b.Bands[target].From > b.Max:
			return Counterfactual{}, false
		case b.Bands[target].From <= b.Min:
			need = 0
		}
		return fewest(forced, free, need)
	}
	// One cap is enough, or so many points have to go.
	limit := b.Bands[target-1].From
	need := s.sum - limit + 1
	var caps, free []Flip
	for _, f := range s.flips {
		switch {
		case f.Counts && f.Cap != "" && bandIndex(b, f.Cap) >= target:
			caps = append(caps, f)
		case f.Points < 0 && f.Cap == "" && limit > b.Min:
			free = append(free, f)
		}
	}
	if len(caps) == 0 {
		return fewest(nil, free, need)
	}
	for _, f := range free {
		if -f.Points >= need {
			caps = append(caps, f)
		}
	}
	return Counterfactual{Changes: 1, Sets: len(caps), Choices: []Choice{{{Take: 1, Of: caps}}}}, true
}

// fewest returns the smallest sets of free flips whose points make at least need, each
// with all that are forced.
func fewest(forced, free []Flip, need int) (Counterfactual, bool) {
	free = slices.Clone(free)
	slices.SortStableFunc(free, func(a, b Flip) int { return size(b) - size(a) })
	k, most := 0, 0
	for most < need {
		if k == len(free) {
			return Counterfactual{}, false
		}
		most += size(free[k])
		k++
	}
	c := Counterfactual{Changes: len(forced) + k}
	if c.Changes == 0 {
		return c, false
	}
	var start Choice
	if len(forced) > 0 {
		start = Choice{{Take: len(forced), Of: forced}}
	}
	if k > 0 { // what is too small to be in any of the sets
		rest := most - size(free[k-1])
		free = slices.DeleteFunc(free, func(f Flip) bool { return size(f)+rest < need })
	}
	c.add(start, free, k, need)
	return c, true
}

// add adds the choices that begin with start and have k more of the flips, which are
// sorted from the largest, so that these make at least need.
func (c *Counterfactual) add(start Choice, free []Flip, k, need int) {
	most, least := 0, 0
	if k > len(free) {
		return
	}
	for i := range k {
		most += size(free[i])
		least += size(free[len(free)-1-i])
	}
	switch {
	case most < need:
		return
	case least >= need:
		if k > 0 {
			start = append(slices.Clone(start), Pick{Take: k, Of: free})
		}
		n := 1
		for _, p := range start {
			n = min(MaxSets, n*choose(len(p.Of), p.Take))
		}
		c.Sets = min(MaxSets, c.Sets+n)
		if len(c.Choices) < MaxChoices {
			c.Choices = append(c.Choices, start)
		}
		return
	}
	same := 1 // of the largest
	for same < len(free) && size(free[same]) == size(free[0]) {
		same++
	}
	for take := min(same, k); take >= 0; take-- {
		next := start
		if take > 0 {
			next = append(slices.Clone(start), Pick{Take: take, Of: free[:same]})
		}
		c.add(next, free[same:], k-take, need-take*size(free[0]))
	}
}

// size returns how many points a change moves the sum, up or down.
func size(f Flip) int { return max(f.Points, -f.Points) }

// choose returns in how many ways k of n can be chosen; at most [MaxSets].
func choose(n, k int) int {
	k = min(k, n-k)
	out := 1
	for i := 1; i <= k; i++ {
		if out = out * (n - k + i) / i; out >= MaxSets {
			return MaxSets
		}
	}
	return out
}

// maxTries is how many scores are made where each set has to be tried.
const maxTries = 1200

// factsOf returns what the scoring function sees today, and for each flip which of these it
// changes into what.
func factsOf(book *Rulebook, in Input, flips []Flip) (facts []Fact, at []int, flipped []Fact) {
	facts = AppendFacts(nil, in)
	for _, f := range flips {
		same := func(x Fact) bool { return x.ID == f.RecordID+f.ListingID && x.Listed == (f.ListingID != "") }
		i := slices.IndexFunc(facts, same)
		if !f.Counts {
			gone := facts[i]
			gone.Why = WhyRemoved
			at, flipped = append(at, i), append(flipped, gone)
			continue
		}
		changed := AppendFacts(nil, Flipped(book, in, f))
		comes := changed[slices.IndexFunc(changed, same)]
		if i < 0 { // it is no part of the score yet
			waits := comes
			waits.Why = WhyPending
			i, facts = len(facts), append(facts, waits)
		}
		at, flipped = append(at, i), append(flipped, comes)
	}
	return facts, at, flipped
}

// weigh sets the points of each flip to what it alone adds to the value.
func weigh(book *Rulebook, in Input, flips []Flip) {
	scorer := NewScorer(book)
	facts, at, flipped := factsOf(book, in, flips)
	before, _ := scorer.Value(facts, in.AsOf)
	for i := range flips {
		was := facts[at[i]]
		facts[at[i]] = flipped[i]
		value, _ := scorer.Value(facts, in.AsOf)
		facts[at[i]] = was
		flips[i].Points = value - before
	}
}

// tryAll returns the smallest sets for each band by trying all sets, the small ones
// first, and the size up to which it did; 0 for all.
func (s *search) tryAll() (found map[int]Counterfactual, upTo int) {
	found = map[int]Counterfactual{}
	scorer := NewScorer(s.book)
	today, places, flipped := factsOf(s.book, s.in, s.flips)
	facts := slices.Clone(today)
	tries := 0
	for k := 1; k <= len(s.flips); k++ {
		if tries += choose(len(s.flips), k); tries > maxTries && k > 1 {
			return found, k - 1
		}
		each(len(s.flips), k, func(at []int) {
			copy(facts, today)
			for _, i := range at {
				facts[places[i]] = flipped[i]
			}
			_, reached := scorer.Value(facts, s.in.AsOf)
			if reached == s.here {
				return
			}
			for target := range s.book.Bands {
				if target == s.here || target < s.here && reached > target || target > s.here && reached < target {
					continue
				}
				c, ok := found[target]
				if ok && c.Changes < k {
					continue
				}
				c.Changes = k
				c.Sets++
				if len(c.Choices) < MaxChoices {
					choice := make(Choice, 0, k)
					for _, i := range at {
						choice = append(choice, Pick{Take: 1, Of: s.flips[i : i+1]})
					}
					c.Choices = append(c.Choices, choice)
				}
				found[target] = c
			}
		})
	}
	return found, 0
}

// each calls f with each choice of k of n indexes.
func each(n, k int, f func(at []int)) {
	at := make([]int, k)
	for i := range at {
		at[i] = i
	}
	for {
		f(at)
		i := k - 1
		for i >= 0 && at[i] == n-k+i {
			i--
		}
		if i < 0 {
			return
		}
		at[i]++
		for j := i + 1; j < k; j++ {
			at[j] = at[j-1] + 1
		}
	}
}
