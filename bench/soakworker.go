package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// soakPeople is how many users each worker has, whom nobody else changes.
const soakPeople = 25

// soakedSessions are two of each of them.
func soakedSessions(options) int { return 2 * connections * soakPeople }

// settled is after how long every process must know of a change: they may be without news
// for 3 seconds. A loaded machine may need the rest to look at its clock.
const settled = 5 * time.Second

// soakWorker uses sessions of its own people at all processes, and knows what they are.
type soakWorker struct {
	processes [2]*process
	tally     *soakTally
	random    *rand.Rand
	people    [soakPeople]soakPerson
	ended     []endedToken
	visit     visit
}

// soakPerson is a user as the worker has left it.
type soakPerson struct {
	id     string
	tokens []string
	// role is what was stored last, at process number at, when; the other one may answer as of
	// before until this is settled.
	role, before string
	at           int
	when         time.Time
}

// endedToken is one whose session was ended, at a process.
type endedToken struct {
	token string
	at    int
	when  time.Time
}

func newSoakWorker(ctx context.Context, processes [2]*process, number int, tally *soakTally) (*soakWorker, error) {
	k := &soakWorker{processes: processes, tally: tally, random: rand.New(rand.NewPCG(1, uint64(number)))}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:3000/", nil)
	if err != nil {
		return nil, err
	}
	r.RemoteAddr, r.RequestURI = address+":40000", "/"
	r.Header["Cookie"] = []string{""}
	k.visit = visit{request: r, header: http.Header{}}
	for i := range k.people {
		n := number*soakPeople + i
		k.people[i] = soakPerson{id: userID(n), role: "user", before: "user"}
	}
	return k, nil
}

// run works until ctx ends, and does one thing at least.
func (k *soakWorker) run(ctx context.Context) {
	for first := true; first || ctx.Err() == nil; first = false {
		p, at := &k.people[k.random.IntN(soakPeople)], k.random.IntN(len(k.processes))
		act, change := k.act()
		if err := act(ctx, p, at); err != nil && ctx.Err() == nil {
			k.tally.is(&k.tally.failed, err)
		}
		if change {
			k.tally.changes.Add(1)
		} else {
			k.tally.checks.Add(1)
		}
	}
}

// act chooses what is done next, and says whether it changes anything. Most of it does not.
func (k *soakWorker) act() (do func(ctx context.Context, p *soakPerson, at int) error, change bool) {
	switch n := k.random.IntN(1000); {
	case n < 8:
		return k.begin, true
	case n < 14:
		return k.end, true
	case n < 15:
		return k.endAll, true
	case n < 19:
		return k.promote, true
	case n < 20:
		return k.rollBack, true
	case n < 100:
		return k.checkEnded, false
	}
	return k.check, false
}

// ask returns whom a process takes the token for: the user and the role, "" for nobody.
func (k *soakWorker) ask(at int, token string) (string, error) {
	v := &k.visit
	v.status, v.user = http.StatusOK, ""
	clear(v.header)
	v.request.Header["Cookie"][0] = "authjs.session-token=" + token
	k.processes[at].handler.ServeHTTP(v, v.request)
	if v.status != http.StatusOK {
		return "", fmt.Errorf("LoadSession answers %d", v.status)
	}
	return v.user, nil
}

// check looks at one of the person's sessions.
func (k *soakWorker) check(_ context.Context, p *soakPerson, at int) error {
	if len(p.tokens) == 0 {
		return nil
	}
	asked := time.Now()
	got, err := k.ask(at, p.tokens[k.random.IntN(len(p.tokens))])
	if err != nil {
		return err
	}
	mayLag := at != p.at && asked.Sub(p.when) < settled
	if got != p.id+" "+p.role && !(mayLag && got == p.id+" "+p.before) {
		k.tally.is(&k.tally.wrong, fmt.Errorf("a session of %s, who is %s, was answered with %q, %v after a change at process %d, by process %d", p.id, p.role, got, asked.Sub(p.when), p.at, at))
	}
	return nil
}

// checkEnded looks at a session that has ended: the process that ended it knows at once, the
// other once it must.
func (k *soakWorker) checkEnded(_ context.Context, _ *soakPerson, at int) error {
	if len(k.ended) == 0 {
		return nil
	}
	e := k.ended[k.random.IntN(len(k.ended))]
	asked := time.Now()
	if at != e.at && asked.Sub(e.when) < settled {
		return nil
	}
	got, err := k.ask(at, e.token)
	if err == nil && got != "" {
		k.tally.is(&k.tally.wrong, fmt.Errorf("a session that ended %v ago at process %d is %q at process %d", asked.Sub(e.when), e.at, got, at))
	}
	return err
}

// begin signs the person in.
func (k *soakWorker) begin(ctx context.Context, p *soakPerson, at int) error {
	if len(p.tokens) >= 5 {
		return nil
	}
	token, err := k.processes[at].signIn(ctx, p.id)
	if err == nil {
		p.tokens = append(p.tokens, token)
	}
	return err
}

// end signs one of the person's browsers out.
func (k *soakWorker) end(ctx context.Context, p *soakPerson, at int) error {
	if len(p.tokens) == 0 {
		return nil
	}
	i := k.random.IntN(len(p.tokens))
	if err := k.processes[at].signOut(ctx, p.tokens[i]); err != nil {
		return err
	}
	k.bury(p.tokens[i], at)
	p.tokens = slices.Delete(p.tokens, i, i+1)
	return nil
}

// endAll ends all the person's sessions. Those that the world began with end with the first.
func (k *soakWorker) endAll(ctx context.Context, p *soakPerson, at int) error {
	if _, err := k.processes[at].auth.RevokeAllSessions(ctx, p.id); err != nil {
		return err
	}
	for _, token := range p.tokens {
		k.bury(token, at)
	}
	p.tokens = nil
	return nil
}

// bury remembers that a session has ended.
func (k *soakWorker) bury(token string, at int) {
	k.ended = append(k.ended, endedToken{token, at, time.Now()})
	if len(k.ended) > 100 {
		k.ended = k.ended[1:]
	}
}

// promote changes the person's role, as an application does.
func (k *soakWorker) promote(ctx context.Context, p *soakPerson, at int) error {
	if time.Since(p.when) < settled { // so that there are two answers at most
		return nil
	}
	role := "user"
	if p.role == role {
		role = "admin"
	}
	if err := k.processes[at].client.User.UpdateOneID(p.id).SetRole(role).Exec(ctx); err != nil {
		return err
	}
	p.before, p.role, p.at, p.when = p.role, role, at, time.Now()
	return nil
}

// rollBack changes the role in a transaction that is rolled back.
func (k *soakWorker) rollBack(ctx context.Context, p *soakPerson, at int) error {
	tx, err := k.processes[at].client.Tx(ctx)
	if err != nil {
		return err
	}
	err = tx.User.UpdateOneID(p.id).SetRole("nobody").Exec(ctx)
	return errors.Join(err, tx.Rollback())
}
