package identity

import (
	"context"
	"errors"
	"net/http"

	client "github.com/ory/kratos-client-go"
	"mingjing/server/identity/passwords"
)

// passwordLogin starts a session of AAL 1.
func (k *kratos) passwordLogin(ctx context.Context, identifier, text string) (token string, s client.Session, err error) {
	f, res, err := k.public.FrontendAPI.CreateNativeLoginFlow(ctx).Execute()
	if err := outcome("begin a login", res, err); err != nil {
		return "", s, err
	}
	body := client.UpdateLoginFlowWithPasswordMethodAsUpdateLoginFlowBody(
		client.NewUpdateLoginFlowWithPasswordMethod(identifier, "password", passwords.Normal(text)))
	return k.submit(ctx, k.public.FrontendAPI.UpdateLoginFlow(ctx).Flow(f.Id).UpdateLoginFlowBody(body))
}

// refresh checks the password again within a session, which stays the same.
func (k *kratos) refresh(ctx context.Context, token, identifier, text string) (string, error) {
	f, res, err := k.public.FrontendAPI.CreateNativeLoginFlow(ctx).Refresh(true).XSessionToken(token).Execute()
	if err := outcome("begin to confirm a session", res, err); err != nil {
		return "", err
	}
	body := client.UpdateLoginFlowWithPasswordMethodAsUpdateLoginFlowBody(
		client.NewUpdateLoginFlowWithPasswordMethod(identifier, "password", passwords.Normal(text)))
	fresh, _, err := k.submit(ctx, k.public.FrontendAPI.UpdateLoginFlow(ctx).Flow(f.Id).XSessionToken(token).UpdateLoginFlowBody(body))
	return fresh, err
}

// addSecondFactor raises the session of token to AAL 2.
func (k *kratos) addSecondFactor(ctx context.Context, token, code string) (raised string, s client.Session, err error) {
	f, res, err := k.public.FrontendAPI.CreateNativeLoginFlow(ctx).Aal("aal2").XSessionToken(token).Execute()
	if err := outcome("begin the second factor", res, err); err != nil {
		return "", s, err
	}
	body := client.UpdateLoginFlowWithTotpMethodAsUpdateLoginFlowBody(
		client.NewUpdateLoginFlowWithTotpMethod("totp", code))
	return k.submit(ctx, k.public.FrontendAPI.UpdateLoginFlow(ctx).Flow(f.Id).XSessionToken(token).UpdateLoginFlowBody(body))
}

// submit sends a login flow that is filled in.
func (k *kratos) submit(ctx context.Context, r client.FrontendAPIUpdateLoginFlowRequest) (string, client.Session, error) {
	l, res, err := r.Execute()
	if err := k.verdict(ctx, "log in", res, err, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden); err != nil {
		return "", client.Session{}, err
	}
	if l.GetSessionToken() == "" {
		return "", client.Session{}, errors.New("log in: no session token came back")
	}
	return l.GetSessionToken(), l.Session, nil
}

// session returns the session of a token.
func (k *kratos) session(ctx context.Context, token string) (*client.Session, error) {
	s, res, err := k.public.FrontendAPI.ToSession(ctx).XSessionToken(token).Execute()
	if err := k.sessionVerdict(ctx, token, "ask for a session", res, err); err != nil {
		return nil, err
	}
	return s, nil
}

const (
	sessionsPage = 100
	maxSessions  = 1000
)

// others returns the sessions of the same person, without that of token.
func (k *kratos) others(ctx context.Context, token string) ([]client.Session, error) {
	var all []client.Session
	for page := int64(1); len(all) < maxSessions; page++ {
		list, res, err := k.public.FrontendAPI.ListMySessions(ctx).XSessionToken(token).PerPage(sessionsPage).Page(page).Execute()
		if err := k.sessionVerdict(ctx, token, "list sessions", res, err); err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < sessionsPage {
			break
		}
	}
	return all, nil
}

func (k *kratos) endOther(ctx context.Context, token, id string) error {
	res, err := k.public.FrontendAPI.DisableMySession(ctx, id).XSessionToken(token).Execute()
	return k.sessionVerdict(ctx, token, "end a session", res, err)
}

func (k *kratos) endOthers(ctx context.Context, token string) error {
	_, res, err := k.public.FrontendAPI.DisableMyOtherSessions(ctx).XSessionToken(token).Execute()
	return k.sessionVerdict(ctx, token, "end the other sessions", res, err)
}

func (k *kratos) logout(ctx context.Context, token string) error {
	res, err := k.public.FrontendAPI.PerformNativeLogout(ctx).PerformNativeLogoutBody(*client.NewPerformNativeLogoutBody(token)).Execute()
	if err := k.verdict(ctx, "log out", res, err, http.StatusForbidden); err != nil && !errors.Is(err, errRefused) {
		return err
	}
	return nil // there is no such session any more
}

// sessionActive reports whether a session exists and is valid. That it does not is to be
// believed of a healthy Kratos only.
func (k *kratos) sessionActive(ctx context.Context, id string) (bool, error) {
	s, res, err := k.admin.IdentityAPI.GetSession(ctx, id).Execute()
	if res != nil && res.StatusCode == http.StatusNotFound {
		return false, nil
	}
	return err == nil && s.GetActive(), outcome("look a session up", res, err)
}

// sessionsOf returns the ids of a person's active sessions.
func (k *kratos) sessionsOf(ctx context.Context, id string) ([]string, error) {
	var ids []string
	for token := ""; len(ids) < maxSessions; {
		r := k.admin.IdentityAPI.ListIdentitySessions(ctx, id).Active(true).PageSize(sessionsPage)
		if token != "" {
			r = r.PageToken(token)
		}
		list, res, err := r.Execute()
		if res != nil && res.StatusCode == http.StatusNotFound {
			return ids, nil
		}
		if err := outcome("list a person's sessions", res, err); err != nil {
			return nil, err
		}
		for _, s := range list {
			ids = append(ids, s.Id)
		}
		next := nextPage(res.Header)
		if len(list) == 0 || next == "" || next == token {
			break
		}
		token = next
	}
	return ids, nil
}

// endAll ends all sessions of a person.
func (k *kratos) endAll(ctx context.Context, id string) error {
	res, err := k.admin.IdentityAPI.DeleteIdentitySessions(ctx, id).Execute()
	if res != nil && res.StatusCode == http.StatusNotFound { // there is none
		return nil
	}
	return outcome("end a person's sessions", res, err)
}
