package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/user"
	"strings"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework"
	"mingjing/server/casework/staff"
)

const staffUsage = `usage: mingjing staff COMMAND (the same for officers of agencies: mingjing officer COMMAND)

  add NUMBER --name NAME --role ROLE    add somebody; prints a one-time code
      ROLE is handler, supervisor, auditor, administrator, or agency with --agency CODE
      --id-number N says who they are as a resident, as link does
  list                                  list everybody, and what waits for a second person
  role NUMBER ROLE [--agency CODE]      change what somebody does
  disable NUMBER                        log somebody out and keep them out
  enable NUMBER                         let them in again
  reset NUMBER                          a new one-time code; password and second factor are gone
  link NUMBER                           say who they are as a resident, by their ID number,
      which is read from standard input unless --id-number N gives it
  confirm ID, refuse ID                 carry out or drop what an administrator has proposed
  register                              print the staff register, and check it

Nobody handles a case of their own, once it is known who they are as a resident. The ID
number itself is not stored. --id-number - reads it from standard input, where other users
of the machine do not see it.

--reason TEXT is kept in the staff register. Once there are two administrators, a change of
one is only proposed, and an administrator confirms it; --alone with a reason does without.
`

// operator returns the actor of this command.
func operator() mingjing.Actor {
	name := "unknown"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return staff.Operator(name)
}

// A staffCommand is a parsed command about staff.
type staffCommand struct {
	name   string
	change staff.Change
	id     string // of a proposal
	// number is the ID number as it was typed; "-" is to be read.
	number string
}

// parseStaff reads the arguments of a command; officers says that it is the officer
// command.
func parseStaff(args []string, officers bool, stderr io.Writer) (staffCommand, error) {
	if len(args) == 0 {
		return staffCommand{}, errors.New("a command is missing")
	}
	k := staffCommand{name: args[0]}
	flags := flag.NewFlagSet("mingjing staff "+k.name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, staffUsage) }
	flags.StringVar(&k.change.Name, "name", "", "")
	role := flags.String("role", "", "")
	flags.StringVar(&k.change.Agency, "agency", "", "")
	flags.StringVar(&k.change.Reason, "reason", "", "")
	flags.StringVar(&k.number, "id-number", "", "")
	flags.BoolVar(&k.change.Alone, "alone", false, "")
	var words []string
	for rest := args[1:]; ; { // flags may stand before and after the words
		if err := flags.Parse(rest); err != nil {
			return k, err
		}
		if flags.NArg() == 0 {
			break
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	wants := map[string]int{mingjing.StaffAdd: 1, mingjing.StaffRole: 2, mingjing.StaffDisable: 1, mingjing.StaffEnable: 1,
		mingjing.StaffReset: 1, mingjing.StaffLink: 1, "confirm": 1, "refuse": 1, "list": 0, "register": 0}
	n, known := wants[k.name]
	if officers && k.name == mingjing.StaffRole { // an officer's role is agency
		n = 1
	}
	switch {
	case !known:
		return k, fmt.Errorf("there is no command %q", k.name)
	case len(words) != n:
		return k, fmt.Errorf("%s wants %d words, not %d", k.name, n, len(words))
	}
	k.change.Step = k.name
	if n > 0 {
		k.change.Login, k.id = words[0], words[0]
	}
	if n == 2 {
		*role = words[1]
	}
	if *role == "" && (officers || k.change.Agency != "") {
		*role = string(mingjing.RoleAgency)
	}
	k.change.Role = mingjing.Role(*role)
	if k.name == mingjing.StaffLink && k.number == "" {
		k.number = "-"
	}
	return k, nil
}

// readNumber parses the ID number of the command, which may have to be read.
func (k *staffCommand) readNumber(in io.Reader, out io.Writer) (err error) {
	if k.number == "-" {
		if k.number, err = askFor(bufio.NewReader(in), out, "ID number"); err != nil {
			return fmt.Errorf("the ID number: %w", err)
		}
	}
	if k.number == "" {
		return nil
	}
	if k.change.IDNumber, err = mingjing.ParseIDNumber(k.number, time.Now()); err != nil {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "id_number", Code: err.Error()})
	}
	return nil
}

// runStaff runs the staff and officer commands and returns the exit code. A server may
// run at the same time; what is changed holds in it within a second.
func runStaff(ctx context.Context, args []string, officers bool, getenv func(string) string, in io.Reader, stdout, stderr io.Writer) int {
	k, err := parseStaff(args, officers, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		fmt.Fprintf(stderr, "mingjing: %v\n\n%s", err, staffUsage)
		return 2
	}
	s, err := readSettings(getenv)
	if err != nil && s.Data == "" {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 2
	}
	var (
		office     *casework.Bureau
		closeStore func() error
	)
	if err = k.readNumber(in, stdout); err == nil {
		office, _, closeStore, err = openOffice(ctx, s)
	}
	if err == nil {
		err = errors.Join(k.run(ctx, office, s, officers, stdout), closeStore())
	}
	if err != nil {
		for _, line := range staffErrors(err) {
			fmt.Fprintln(stderr, "mingjing:", line)
		}
		return 1
	}
	return 0
}

func (k *staffCommand) run(ctx context.Context, office *casework.Bureau, s Settings, officers bool, out io.Writer) error {
	a := operator()
	switch k.name {
	case "list":
		v, err := office.Staff.StaffList(ctx, a)
		if err == nil {
			printStaff(out, v, officers)
		}
		return err
	case "register":
		return printRegister(ctx, office, a, out)
	case "refuse":
		if err := office.Staff.RefuseChange(ctx, a, k.id); err != nil {
			return err
		}
		fmt.Fprintln(out, "It is dropped; nothing was changed.")
		return nil
	}
	do := func() (mingjing.StaffResult, error) { return office.Staff.ChangeStaff(ctx, a, k.change) }
	if k.name == "confirm" {
		do = func() (mingjing.StaffResult, error) { return office.Staff.ConfirmChange(ctx, a, k.id) }
	}
	r, err := do()
	if err != nil {
		return err
	}
	printResult(out, s, r)
	return nil
}

// printResult prints what came of a change.
func printResult(out io.Writer, s Settings, r mingjing.StaffResult) {
	role := string(r.Member.Role)
	if r.Member.Agency != "" {
		role += " " + r.Member.Agency
	}
	fmt.Fprintf(out, "%-9s %s\n%-9s %s\n%-9s %s\n", "number", r.Member.Login, "name", r.Member.Name, "role", role)
	switch {
	case r.Proposal != nil:
		fmt.Fprintf(out, "%-9s %s\n\nNothing is changed yet: an administrator has to confirm it, on the page Staff.\n", "proposal", r.Proposal.ID)
	case r.Code != nil:
		address := s.Origin
		if address == "" {
			address = "http://" + s.Addr
		}
		fmt.Fprintf(out, "%-9s %s\n%-9s %s\n\nThe code is shown once. With it they choose their password and second factor at\n%s\n",
			"code", r.Code.Code, "until", r.Code.Until.Format(time.RFC3339), address+mingjing.Path(mingjing.Languages[0], "staff-activate"))
	default:
		fmt.Fprintf(out, "%-9s %s\n\nA running server has it within seconds.\n", "login", r.Member.State)
	}
}

// printStaff prints all members, or the officers alone, and the open proposals.
func printStaff(out io.Writer, v mingjing.StaffView, officers bool) {
	for _, m := range v.Members {
		if officers && m.Role != mingjing.RoleAgency {
			continue
		}
		role, state := string(m.Role), string(m.State)
		if m.Agency != "" {
			role += " " + m.Agency
		}
		if m.CodeUntil != nil {
			state += ", code until " + m.CodeUntil.Format(time.RFC3339)
		}
		if m.LacksLink() {
			state += ", not known as a resident"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", m.Login, m.Name, role, state)
	}
	for _, p := range v.Proposals {
		fmt.Fprintf(out, "\nproposal %s\n%s of %s (%s, %s), by %s, %s\n", p.ID, p.Change, p.Login, p.Name, p.Role, who(p.By, p.ByName),
			p.At.Format(time.RFC3339))
	}
}

// who returns who took a step, for a terminal.
func who(login, name string) string {
	if login == "" {
		return "a command (" + name + ")"
	}
	return name + " (" + login + ")"
}

// printRegister prints the whole staff register, the newest entry first. It is an error
// when an entry is not what was written.
func printRegister(ctx context.Context, office *casework.Bureau, a mingjing.Actor, out io.Writer) error {
	broken := 0
	for cursor := ""; ; {
		v, err := office.Staff.StaffRegister(ctx, a, cursor)
		if err != nil {
			return err
		}
		for _, e := range v.Entries {
			line := []string{fmt.Sprint(e.Seq), e.At.Format(time.RFC3339), strings.TrimSpace(e.Step + " " + e.Change), e.Login, e.Name,
				strings.TrimSpace(string(e.Role) + " " + e.Agency), "by " + who(e.By, e.ByName), e.Hash}
			if e.Key != "" {
				line = append(line, "key "+e.Key+" "+string(e.KeyUse))
			}
			if e.WithName != "" {
				line = append(line, "with "+who(e.With, e.WithName))
			}
			if e.Alone {
				line = append(line, "ALONE")
			}
			if e.Reason != "" {
				line = append(line, e.Reason)
			}
			if e.Broken {
				broken++
				line = append(line, "ALTERED")
			}
			fmt.Fprintln(out, strings.Join(line, "\t"))
		}
		if cursor = v.Next; cursor == "" {
			break
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d entries of the staff register were altered in the database, or entries before them are gone", broken)
	}
	return nil
}

// staffErrors returns the sentences of an error, for a terminal.
func staffErrors(err error) []string {
	e, ok := errors.AsType[*mingjing.Error](err)
	if !ok {
		return []string{err.Error()}
	}
	sentence := func(code string) string {
		if key := "error." + code; i18n.Has(key) {
			return i18n.TMap("en", key, e.Values)
		}
		return code
	}
	if len(e.Fields) == 0 {
		return []string{sentence(e.Code)}
	}
	var lines []string
	for _, f := range e.Fields {
		lines = append(lines, f.Field+": "+sentence(f.Code))
	}
	return lines
}

// askFor asks a person at a terminal for a value that no flag gave.
func askFor(in *bufio.Reader, out io.Writer, question string) (string, error) {
	fmt.Fprint(out, question+": ")
	line, err := in.ReadString('\n')
	if line = strings.TrimSpace(line); line == "" {
		return "", errors.Join(errors.New("nothing was answered"), err)
	}
	return line, nil
}
