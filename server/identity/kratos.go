package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	client "github.com/ory/kratos-client-go"
	"mingjing"
	"mingjing/server/identity/passwords"
	"mingjing/server/trace"
)

const (
	// callTimeout is how long one call to Kratos may take.
	callTimeout = 15 * time.Second
	// maxAnswer is the limit of an answer of Kratos, in bytes.
	maxAnswer = 4 << 20

	schemaResident = "resident"
	schemaStaff    = "staff"
)

// errRefused: Kratos is healthy and refuses what a person sent.
var errRefused = errors.New("refused")

// errConflict: the identifier is taken.
var errConflict = errors.New("taken")

// A kratos is a client of Kratos' two ports. Its methods return errRefused only where
// [kratos.verdict] does.
type kratos struct {
	public, admin *client.APIClient
	transport     *http.Transport
	health        *health
}

func dialURLs(public, admin string) (*kratos, error) {
	for _, u := range []string{public, admin} {
		p, err := url.Parse(u)
		if err != nil || (p.Scheme != "http" && p.Scheme != "https") || p.Host == "" {
			return nil, errors.New("a URL of Kratos is not like http://host:port")
		}
	}
	return newKratos(public, admin, newTransport()), nil
}

func newKratos(public, admin string, t *http.Transport) *kratos {
	h := &health{steadyFor: steadyFor}
	return &kratos{public: newClient(public, t, h), admin: newClient(admin, t, h), transport: t, health: h}
}

// dialChild returns a client of the sockets on which the child listens now.
func dialChild(c *child) *kratos {
	t := newTransport()
	t.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		path := c.socket(strings.TrimSuffix(addr, ":80"))
		if path == "" {
			return nil, errors.New("kratos is starting")
		}
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return newKratos("http://public", "http://admin", t)
}

func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     time.Minute,
	}
}

func newClient(base string, t *http.Transport, h *health) *client.APIClient {
	c := client.NewConfiguration()
	c.Servers = client.ServerConfigurations{{URL: strings.TrimSuffix(base, "/")}}
	c.HTTPClient = &http.Client{
		Transport: caller{t, h},
		Timeout:   callTimeout,
		// Kratos' own addresses must not lead anywhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.NewAPIClient(c)
}

func (k *kratos) close() { k.transport.CloseIdleConnections() }

type deviceKey struct{}

// noDevice is the name of a device that is not known.
const noDevice = "-"

// withDevice makes Kratos store the device with the session that the calls make.
func withDevice(ctx context.Context, device string) context.Context {
	device = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, device)
	if r := []rune(device); len(r) > 80 {
		device = string(r[:80])
	}
	if device = strings.TrimSpace(device); device == "" {
		device = noDevice
	}
	return context.WithValue(ctx, deviceKey{}, device)
}

// A caller sends the device's name, limits the size of the answer and notes failures.
type caller struct {
	next   http.RoundTripper
	health *health
}

func (c caller) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := trace.Start(r.Context(), "kratos "+operation(r.URL.Path), true)
	res, err := c.call(r.WithContext(ctx))
	span.Set("http.request.method", r.Method)
	if res != nil {
		span.Set("http.response.status_code", res.StatusCode)
	}
	span.End(err != nil || res.StatusCode >= http.StatusInternalServerError)
	return res, err
}

// operation returns the path of a call of Kratos as far as it has words, and no ids.
func operation(path string) string {
	words := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, word := range words {
		if len(word) > 20 || strings.IndexFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }) >= 0 {
			words = words[:i]
			break
		}
	}
	return strings.Join(words, "/")
}

func (c caller) call(r *http.Request) (*http.Response, error) {
	device, ok := r.Context().Value(deviceKey{}).(string)
	if !ok {
		device = "mingjing"
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", device)
	res, err := c.send(r)
	if err != nil {
		return nil, err
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	return res, nil
}

// send sends a call, again where the embedded Kratos could not write because others did.
func (c caller) send(r *http.Request) (*http.Response, error) {
	start := ticks()
	for try := 0; ; try++ {
		res, err := c.next.RoundTrip(r)
		c.health.note(r.Context(), res, err)
		if err != nil || res.StatusCode != http.StatusInternalServerError || r.Body != nil && r.GetBody == nil ||
			!c.health.again(r.Context(), start, min(try, 5)) {
			return res, err
		}
		_ = res.Body.Close()
		if r.Body != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body = body
		}
	}
}

// outcome returns the result of a call: nil, errConflict, or another error. It leaves
// out bodies, since they may contain what a person typed.
func outcome(doing string, res *http.Response, err error) error {
	if err == nil {
		return nil
	}
	if res == nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch s := res.StatusCode; {
	case s == http.StatusConflict:
		return fmt.Errorf("%s: %w", doing, errConflict)
	case s < 300:
		return fmt.Errorf("%s: read the answer: %w", doing, err)
	default:
		return fmt.Errorf("%s: status %d", doing, s)
	}
}

// A person is an identity with the fields that we use.
type person struct {
	id       string
	schema   string
	traits   traits
	public   publicMeta
	admin    adminMeta
	active   bool
	enrolled bool // false when there is none
}

type traits struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name,omitempty"`
}

type publicMeta struct {
	Role     mingjing.Role       `json:"role,omitempty"`
	Resident mingjing.ResidentID `json:"resident_id,omitempty"`
	// Agency is the code of an officer's agency.
	Agency string `json:"agency,omitempty"`
	// Factor says that a resident wants to be asked for a second factor.
	Factor bool `json:"factor,omitempty"`
	// Devices is the generation of a resident's browsers; "" before the first login.
	Devices string `json:"devices,omitempty"`
}

// isDesk reports whether it is somebody who logs in with a second factor: staff of the
// bureau, an administrator, or an agency's officer.
func (m publicMeta) isDesk() bool {
	return m.Role.Staff() || m.Role == mingjing.RoleAdministrator || m.Role == mingjing.RoleAgency && m.Agency != ""
}

// pathDevices is the path of the member Devices of publicMeta in an identity.
const pathDevices = "/metadata_public/devices"

// adminMeta is the metadata that only the admin port returns.
type adminMeta struct {
	// Waiting: no password was set yet.
	Waiting bool `json:"waiting,omitempty"`
	// Factor is the sealed factor; Paired says that Kratos has its part.
	Factor string `json:"factor,omitempty"`
	Paired bool   `json:"paired,omitempty"`
	// Passkeys are a person's passkeys, sealed.
	Passkeys string `json:"passkeys,omitempty"`
	// Recovery are keyed hashes of the recovery codes that were not used yet.
	Recovery []string `json:"recovery,omitempty"`
}

func personOf(d *client.Identity) (person, error) {
	p := person{id: d.Id, schema: d.SchemaId, active: d.GetState() == "active", enrolled: true}
	for _, part := range []struct{ from, to any }{{d.Traits, &p.traits}, {d.MetadataPublic, &p.public}, {d.MetadataAdmin, &p.admin}} {
		b, err := json.Marshal(part.from)
		if err != nil {
			return person{}, fmt.Errorf("read an identity: %w", err)
		}
		if err := json.Unmarshal(b, part.to); err != nil {
			return person{}, fmt.Errorf("read an identity: %w", err)
		}
	}
	return p, nil
}

// find returns the person with an identifier; it is no error if nobody is enrolled
// under it.
func (k *kratos) find(ctx context.Context, identifier string) (person, error) {
	list, res, err := k.admin.IdentityAPI.ListIdentities(ctx).CredentialsIdentifier(identifier).Execute()
	if err := outcome("look an identity up", res, err); err != nil {
		return person{}, err
	}
	for n := range list {
		p, err := personOf(&list[n])
		if err != nil {
			return person{}, err
		}
		if p.traits.Identifier == identifier {
			return p, nil
		}
	}
	return person{}, nil
}

// byID returns the person with a Kratos id; it is no error if there is none.
func (k *kratos) byID(ctx context.Context, id string) (person, error) {
	d, res, err := k.admin.IdentityAPI.GetIdentity(ctx, id).Execute()
	if res != nil && res.StatusCode == http.StatusNotFound {
		return person{}, nil
	}
	if err := outcome("look an identity up", res, err); err != nil {
		return person{}, err
	}
	return personOf(d)
}

// identityPage is how many identities are read at a time; Kratos allows 1,000.
const identityPage = 250

// each calls fn for every identity; size is the number that is read at a time.
func (k *kratos) each(ctx context.Context, size int64, fn func(person)) error {
	for token := ""; ; {
		r := k.admin.IdentityAPI.ListIdentities(ctx).PageSize(size)
		if token != "" {
			r = r.PageToken(token)
		}
		list, res, err := r.Execute()
		if err := outcome("list identities", res, err); err != nil {
			return err
		}
		for n := range list {
			p, err := personOf(&list[n])
			if err != nil {
				return err
			}
			fn(p)
		}
		next := nextPage(res.Header)
		if next == "" || next == token {
			return nil
		}
		token = next
	}
}

// nextPage returns the token of the page that follows, from the Link header (RFC 8288).
func nextPage(h http.Header) string {
	for link := range strings.SplitSeq(strings.Join(h.Values("Link"), ","), ",") {
		target, params, ok := strings.Cut(link, ";")
		if !ok || !strings.Contains(params, `rel="next"`) {
			continue
		}
		u, err := url.Parse(strings.Trim(strings.TrimSpace(target), "<>"))
		if err == nil {
			return u.Query().Get("page_token")
		}
	}
	return ""
}

// remove deletes an identity with everything that belongs to it; it is no error if
// there is none.
func (k *kratos) remove(ctx context.Context, id string) error {
	res, err := k.admin.IdentityAPI.DeleteIdentity(ctx, id).Execute()
	if res != nil && res.StatusCode == http.StatusNotFound {
		return nil
	}
	return outcome("remove an identity", res, err)
}

// create enrols an identity; with text "" as the password it can't log in yet.
func (k *kratos) create(ctx context.Context, schema string, t traits, m publicMeta, text string) (person, error) {
	body := client.NewCreateIdentityBody(schema, map[string]any{"identifier": t.Identifier})
	if t.Name != "" {
		body.Traits["name"] = t.Name
	}
	body.MetadataPublic = m
	body.MetadataAdmin = adminMeta{Waiting: text == ""}
	if text != "" {
		text = passwords.Normal(text)
		body.Credentials = &client.IdentityWithCredentials{Password: &client.IdentityWithCredentialsPassword{
			Config: &client.IdentityWithCredentialsPasswordConfig{Password: &text}}}
	}
	d, res, err := k.admin.IdentityAPI.CreateIdentity(ctx).CreateIdentityBody(*body).Execute()
	if err := outcome("enrol", res, err); err != nil {
		return person{}, err
	}
	return personOf(d)
}

// setAdmin writes one member of the admin metadata and leaves the others as they are.
func (k *kratos) setAdmin(ctx context.Context, id, member string, value any) error {
	return k.set(ctx, id, "/metadata_admin/"+member, value)
}

// set writes the value at one path of an identity and leaves the rest as it is.
func (k *kratos) set(ctx context.Context, id, path string, value any) error {
	patch := client.NewJsonPatch("add", path)
	patch.Value = value
	_, res, err := k.admin.IdentityAPI.PatchIdentity(ctx, id).JsonPatch([]client.JsonPatch{*patch}).Execute()
	return outcome("write metadata", res, err)
}

// The members of the admin metadata, as in adminMeta.
const (
	memberWaiting  = "waiting"
	memberFactor   = "factor"
	memberPaired   = "paired"
	memberRecover  = "recovery"
	memberPasskeys = "passkeys"
)

// innerCodeLifespan is for how long Kratos' own one-time code can be used, which is used at
// once and which nobody is given.
const innerCodeLifespan = 10 * time.Minute

// issue makes a one-time code and the flow in which it can be used.
func (k *kratos) issue(ctx context.Context, id string) (flow, code string, err error) {
	body := client.NewCreateRecoveryCodeForIdentityBody(id)
	body.SetExpiresIn(innerCodeLifespan.String())
	body.SetFlowType("api")
	rc, res, err := k.admin.IdentityAPI.CreateRecoveryCodeForIdentity(ctx).CreateRecoveryCodeForIdentityBody(*body).Execute()
	if err := outcome("issue a code", res, err); err != nil {
		return "", "", err
	}
	link, err := url.Parse(rc.RecoveryLink)
	if err != nil {
		return "", "", errors.New("issue a code: the recovery link is not a URL")
	}
	if flow = link.Query().Get("flow"); flow == "" || rc.RecoveryCode == "" {
		return "", "", errors.New("issue a code: no flow or no code came back")
	}
	return flow, rc.RecoveryCode, nil
}

// redeem uses up a one-time code. It returns a session, and a settings flow in which
// the password can be set.
func (k *kratos) redeem(ctx context.Context, flow, code string) (token, settings string, err error) {
	m := client.NewUpdateRecoveryFlowWithCodeMethod("code")
	m.SetCode(code)
	f, res, err := k.public.FrontendAPI.UpdateRecoveryFlow(ctx).Flow(flow).
		UpdateRecoveryFlowBody(client.UpdateRecoveryFlowWithCodeMethodAsUpdateRecoveryFlowBody(m)).Execute()
	// A flow that is too old is gone or not found.
	if err := k.verdict(ctx, "use a code", res, err, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden,
		http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity); err != nil {
		return "", "", err
	}
	for _, c := range f.ContinueWith {
		if s := c.ContinueWithSetOrySessionToken; s != nil {
			token = s.OrySessionToken
		}
		if s := c.ContinueWithSettingsUi; s != nil {
			settings = s.Flow.Id
		}
	}
	if token == "" || settings == "" {
		return "", "", fmt.Errorf("use a code: %w", errRefused)
	}
	return token, settings, nil
}

func (k *kratos) setPassword(ctx context.Context, token, settings, text string) error {
	body := client.UpdateSettingsFlowWithPasswordMethodAsUpdateSettingsFlowBody(
		client.NewUpdateSettingsFlowWithPasswordMethod("password", passwords.Normal(text)))
	_, res, err := k.public.FrontendAPI.UpdateSettingsFlow(ctx).Flow(settings).XSessionToken(token).UpdateSettingsFlowBody(body).Execute()
	return k.verdict(ctx, "set a password", res, err, http.StatusBadRequest)
}

// openSettings begins a flow in which a person sets a new password. The password of the
// session must have been given a moment ago.
func (k *kratos) openSettings(ctx context.Context, token string) (settings string, err error) {
	f, res, err := k.public.FrontendAPI.CreateNativeSettingsFlow(ctx).XSessionToken(token).Execute()
	if err := outcome("begin to set a password", res, err); err != nil {
		return "", err
	}
	return f.Id, nil
}

// offerFactor makes a new TOTP secret, which confirmFactor confirms.
func (k *kratos) offerFactor(ctx context.Context, token string) (settings, secret string, err error) {
	f, res, err := k.public.FrontendAPI.CreateNativeSettingsFlow(ctx).XSessionToken(token).Execute()
	if err := outcome("begin to pair a second factor", res, err); err != nil {
		return "", "", err
	}
	for _, n := range f.Ui.Nodes {
		if t := n.Attributes.UiNodeTextAttributes; t != nil && t.Id == "totp_secret_key" {
			return f.Id, t.Text.Text, nil
		}
	}
	return "", "", errors.New("pair a second factor: no secret came back")
}

func (k *kratos) confirmFactor(ctx context.Context, token, settings, code string) error {
	m := client.NewUpdateSettingsFlowWithTotpMethod("totp")
	m.SetTotpCode(code)
	_, res, err := k.public.FrontendAPI.UpdateSettingsFlow(ctx).Flow(settings).XSessionToken(token).
		UpdateSettingsFlowBody(client.UpdateSettingsFlowWithTotpMethodAsUpdateSettingsFlowBody(m)).Execute()
	return k.verdict(ctx, "confirm a second factor", res, err, http.StatusBadRequest)
}

// dropFactor removes a second factor; it is no error if there is none.
func (k *kratos) dropFactor(ctx context.Context, id string) error {
	res, err := k.admin.IdentityAPI.DeleteIdentityCredentials(ctx, id, "totp").Execute()
	if res != nil && res.StatusCode == http.StatusNotFound {
		return nil
	}
	return outcome("remove a second factor", res, err)
}
