//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mingjing/server/store/pgtest"
)

// imagesVariable is set by make image-test: building the images takes longer than other
// tests.
const imagesVariable = "IMAGE_TEST"

// A builder builds the images of the Dockerfile with buildah, which needs no engine that
// runs, on base images that the test makes from what this machine has: its compiler and
// its Go, and for the finished images nothing but users, roots of trust, and for one of
// them the C library.
type builder struct {
	t   *testing.T
	dir string
}

// newBuilder skips the test where no image can be built, and says why.
func newBuilder(t *testing.T) *builder {
	t.Helper()
	if os.Getenv(imagesVariable) == "" {
		t.Skip("the images are not built here: make image-test does")
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		t.Skip("the images are not built: buildah, which needs no engine, is not installed (apt-get install buildah)")
	}
	b := &builder{t: t, dir: t.TempDir()}
	for _, dir := range []string{"root", "runroot", "tmp", "probe"} {
		if err := os.Mkdir(filepath.Join(b.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	probe := filepath.Join(b.dir, "probe", "Dockerfile")
	b.write(probe, "FROM scratch\nCOPY Dockerfile /x/\nRUN [\"/usr/bin/true\"]\n")
	if out, err := b.command("bud", "--isolation", "chroot", "--volume", "/usr:/usr:ro", "--volume", "/lib:/lib:ro",
		"--volume", "/lib64:/lib64:ro", filepath.Dir(probe)).CombinedOutput(); err != nil {
		t.Skipf("the images are not built: buildah can't run anything here: %v\n%s", err, out)
	}
	return b
}

func (b *builder) write(file, content string) {
	b.t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// command returns a command of buildah with a storage of its own.
func (b *builder) command(args ...string) *exec.Cmd {
	cmd := exec.Command("buildah", append([]string{"--root", filepath.Join(b.dir, "root"), "--runroot", filepath.Join(b.dir, "runroot"),
		"--storage-driver", "vfs", "--log-level", "error"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(b.dir, "tmp"), "BUILDAH_ISOLATION=chroot")
	return cmd
}

// buildah runs a command and returns its last line.
func (b *builder) buildah(args ...string) string {
	b.t.Helper()
	var failed bytes.Buffer
	cmd := b.command(args...)
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("buildah %s: %v\n%s%s", args[0], err, out, &failed)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// base makes an image that contains files of this machine at their own paths, and links.
func (b *builder) base(name string, files []string, links map[string]string, content map[string]string, config ...string) {
	b.t.Helper()
	root := b.t.TempDir()
	for _, file := range files {
		at := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			b.t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(at, data, 0o755)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	for file, text := range content {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755); err != nil {
			b.t.Fatal(err)
		}
		b.write(filepath.Join(root, file), text)
	}
	for at, to := range links {
		if err := os.Symlink(to, filepath.Join(root, at)); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o777); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky); err != nil {
		b.t.Fatal(err)
	}
	container := b.buildah("from", "scratch")
	b.buildah("copy", container, root, "/")
	b.buildah(append(append([]string{"config"}, config...), container)...)
	b.buildah("commit", "--rm", container, name)
}

// goSettings returns settings of the go command.
func goSettings(t *testing.T, names ...string) map[string]string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for i, line := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		values[names[i]] = line
	}
	return values
}

// libraries returns the files that a program is linked to when it starts.
func libraries(t *testing.T, program string) (files []string) {
	t.Helper()
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		t.Fatalf("ldd %s: %v", program, err)
	}
	for _, word := range strings.Fields(string(out)) {
		if filepath.IsAbs(word) {
			files = append(files, word)
		}
	}
	return files
}

// A builtImage is one that was built, as its configuration says that it is run.
type builtImage struct {
	b         *builder
	name      string
	command   []string
	healthy   []string
	container string
}

// build builds a target of the Dockerfile.
func (b *builder) build(target string) *builtImage {
	b.t.Helper()
	set := goSettings(b.t, "GOMODCACHE", "GOCACHE", "GOROOT", "GOPROXY", "GOSUMDB", "GOPRIVATE")
	args := []string{"bud", "--layers", "--format", "docker", "--target", target, "--tag", "localhost/mingjing-" + target,
		"--build-arg", "GO_IMAGE=localhost/go", "--build-arg", "BASE_IMAGE=localhost/base", "--build-arg", "STATIC_IMAGE=localhost/static",
		"--build-arg", "VERSION=image-test",
		// What this machine has compiled and downloaded need not be again.
		"--volume", set["GOMODCACHE"] + ":" + set["GOMODCACHE"], "--volume", set["GOCACHE"] + ":/host/go-build"}
	for _, name := range []string{"GOPROXY", "GOSUMDB", "GOPRIVATE"} {
		args = append(args, "--build-arg", name+"="+set[name])
	}
	for _, dir := range []string{"/usr", "/etc/alternatives", "/etc/ssl", "/etc/ca-certificates"} {
		args = append(args, "--volume", dir+":"+dir+":ro")
	}
	if !strings.HasPrefix(set["GOROOT"], "/usr/") {
		args = append(args, "--volume", set["GOROOT"]+":"+set["GOROOT"]+":ro")
	}
	began := time.Now()
	b.buildah(append(args, "..")...)
	b.t.Logf("%s was built in %v", target, time.Since(began).Round(time.Second))
	i := &builtImage{b: b, name: "localhost/mingjing-" + target}
	var found struct {
		Docker struct {
			Config struct {
				Entrypoint, Cmd []string
				User            string
				Healthcheck     struct{ Test []string }
				StopSignal      string
			} `json:"config"`
		}
	}
	i.container = b.buildah("from", i.name)
	out, err := b.command("inspect", i.container).Output()
	if err == nil {
		err = json.Unmarshal(out, &found)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	c := found.Docker.Config
	if i.command = append(c.Entrypoint, c.Cmd...); len(i.command) != 1 || len(c.Healthcheck.Test) != 3 || c.Healthcheck.Test[0] != "CMD" ||
		c.User == "" || c.User == "root" || c.StopSignal != "SIGTERM" {
		b.t.Fatalf("the image %s is %+v", target, c)
	}
	i.healthy = c.Healthcheck.Test[1:]
	return i
}

// run returns a command that runs in the image, with settings.
func (i *builtImage) run(settings map[string]string, command ...string) *exec.Cmd {
	args := []string{"run", "--isolation", "chroot"}
	for name, v := range settings {
		args = append(args, "--env", name+"="+v)
	}
	return i.b.command(append(append(args, i.container, "--"), command...)...)
}

// serve starts the image with its own command, holds that it is ready, that its own check
// says so, and that its pages and programs are there, and stops it by SIGTERM.
func (i *builtImage) serve(settings map[string]string) {
	t := i.b.t
	t.Helper()
	addr := freeAddr(t)
	settings["ADDR"] = addr
	var said logBook
	cmd := i.run(settings, i.command...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		if pid := childNamed(cmd.Process.Pid, i.command[0]); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = cmd.Process.Kill()
	}()
	get := func(path string) (int, string) {
		res, err := http.Get("http://" + addr + path)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	deadline := time.After(2 * time.Minute)
	for {
		if status, _ := get("/readyz"); status == http.StatusOK {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("%s ended with %v:\n%s", i.name, err, &said)
		case <-deadline:
			t.Fatalf("%s is not ready:\n%s", i.name, &said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	if out, err := i.run(settings, i.healthy...).CombinedOutput(); err != nil {
		t.Errorf("%s is ready, and its check says %v: %s", i.name, err, out)
	}
	for path, want := range map[string]string{"/en/login": `action="/api/login"`, "/web/app.wasm": "\x00asm"} {
		if status, body := get(path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s of %s: %d %.200q", path, i.name, status, body)
		}
	}
	pid := childNamed(cmd.Process.Pid, i.command[0])
	if pid == 0 {
		t.Fatalf("no process of %s is found", i.name)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%s stops with %v:\n%s", i.name, err, &said)
		}
	case <-time.After(time.Minute):
		t.Errorf("%s does not stop:\n%s", i.name, &said)
	}
}

// childNamed returns the process below another whose program has a path; 0 for none.
func childNamed(pid int, path string) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(word)
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
			if first, _, _ := strings.Cut(string(line), "\x00"); first == path {
				return child
			}
			if found := childNamed(child, path); found != 0 {
				return found
			}
		}
	}
	return 0
}

// forward returns an address of this machine that leads to the socket of an engine, which
// a container can't see.
func forward(t *testing.T, socket string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
			if err != nil {
				_ = from.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				}()
			}
		}
	}()
	return l.Addr().String()
}

// startKratos runs the real Kratos as compose.yaml does, on the file that it mounts, and
// returns its two URLs.
func startKratos(t *testing.T) (public, admin string) {
	t.Helper()
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs("identity/kratos")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "kratos.yml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "kratos.yml")
	if err := os.WriteFile(conf, bytes.ReplaceAll(text, []byte("/etc/kratos/"), []byte(folder+"/")), 0o600); err != nil {
		t.Fatal(err)
	}
	ports := map[string]string{}
	env := append(os.Environ(), "DSN=sqlite://"+filepath.Join(dir, "k.sqlite")+"?_fk=true", "SQA_OPT_OUT=true")
	for _, name := range []string{"DEFAULT", "COOKIE", "CIPHER"} {
		env = append(env, "SECRETS_"+name+"="+strings.Repeat(name[:1], 32))
	}
	for _, name := range []string{"PUBLIC", "ADMIN"} {
		_, ports[name], _ = net.SplitHostPort(freeAddr(t))
		env = append(env, "SERVE_"+name+"_PORT="+ports[name])
	}
	migrate := exec.Command(bin, "migrate", "sql", "-e", "--yes", "-c", conf)
	migrate.Env = env
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("kratos migrate: %v\n%s", err, out)
	}
	serve := exec.Command(bin, "serve", "-c", conf, "--sqa-opt-out")
	serve.Env = env
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
	})
	return "http://127.0.0.1:" + ports["PUBLIC"], "http://127.0.0.1:" + ports["ADMIN"]
}

// TestTheImagesAreBuiltAndStart builds both images of the Dockerfile, and starts each as
// its user with its own command: the one that needs nothing else with the demo city, and
// that of compose.yaml with PostgreSQL, Redis and Kratos.
func TestTheImagesAreBuiltAndStart(t *testing.T) {
	b := newBuilder(t)
	set := goSettings(t, "GOMODCACHE", "GOROOT")
	links := map[string]string{"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib"}
	if runtime.GOARCH == "amd64" {
		links["lib64"] = "usr/lib64"
	}
	b.base("localhost/go", []string{"/etc/passwd", "/etc/group"}, links, nil,
		"--env", "PATH="+set["GOROOT"]+"/bin:/usr/bin:/bin", "--env", "HOME=/root", "--env", "GOMODCACHE="+set["GOMODCACHE"],
		"--env", "GOCACHE=/host/go-build")
	users := map[string]string{"/etc/passwd": "root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n",
		"/etc/group": "root:x:0:\nnonroot:x:65532:\n"}
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	b.base("localhost/static", nil, nil, users, "--user", "65532")
	b.base("localhost/base", libraries(t, bin), nil, users, "--user", "65532")

	alone := b.build("standalone")
	out, err := alone.run(nil, alone.command[0], "version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "image-test") {
		t.Errorf("the version is %s (%v)", out, err)
	}
	alone.serve(map[string]string{"DEMO": "1", "DEMO_INSTANT": "1"})

	city := b.build("app")
	public, admin := startKratos(t)
	cache := &redisServer{}
	cache.start(t)
	database, err := url.Parse(pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(database.Query().Get("host"), ".s.PGSQL.5432")
	database.Host, database.RawQuery = forward(t, socket), "sslmode=disable"
	city.serve(map[string]string{"DATABASE_URL": database.String(), "REDIS_URL": "redis://" + forward(t, filepath.Join(cache.dir, "s")),
		"KRATOS_PUBLIC_URL": public, "KRATOS_ADMIN_URL": admin, "DEMO": "1", "DEMO_INSTANT": "1"})
}
