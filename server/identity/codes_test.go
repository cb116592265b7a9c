package identity

import (
	"context"
	"sync"

	"mingjing"
)

// givenCodes are the activation codes of the tests' residents, of which each is used once.
// Real ones are kept by casework.
var givenCodes sync.Map

// giveCode gives a resident an activation code in the place of the older one.
func giveCode(n mingjing.IDNumber) string {
	code := randomText()
	givenCodes.Store(n, code)
	return code
}

// activate activates by a code of giveCode.
func (i *Identity) activate(ctx context.Context, n mingjing.IDNumber, code, newPassword string, c mingjing.Client) (string, error) {
	return i.Activate(ctx, n, newPassword, c, func(ctx context.Context, set func(context.Context, mingjing.ResidentID) error) error {
		if !givenCodes.CompareAndDelete(n, code) {
			return errActivation()
		}
		err := set(ctx, residentOf(n))
		if err != nil {
			givenCodes.Store(n, code)
		}
		return err
	})
}
