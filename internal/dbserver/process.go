package dbserver

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Kill ends the server as a power failure would: all its processes at once, and returns
// when none is left. PostgreSQL's are in groups of their own and would run to the end of
// their statements, and a new server does not start before the last one has let go of the
// shared memory.
func (s *Server) Kill() error {
	pid := s.cmd.Process.Pid
	started, err := hold(pid)
	err = errors.Join(err, signal(-pid, syscall.SIGKILL))
	for _, child := range started {
		err = errors.Join(err, signal(child, syscall.SIGKILL))
	}
	<-s.ended
	for _, child := range started {
		await(func() bool { return ended(child) })
	}
	return err
}

// hold stops a process, so that it starts no other, and returns those that it has started.
func hold(pid int) ([]int, error) {
	if err := signal(pid, syscall.SIGSTOP); err != nil {
		return nil, err
	}
	await(func() bool { return stopped(pid) }) // a signal takes its time
	return children(pid)
}

// await looks until something is so.
func await(is func() bool) {
	for !is() {
		time.Sleep(time.Millisecond)
	}
}

// signal sends a signal to a process, or to a group of them. It does nothing for
// one that has ended already.
func signal(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(pid, sig); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// children returns the processes that a process has started.
func children(parent int) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var all []int
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		if _, of := stat(pid); of == parent {
			all = append(all, pid)
		}
	}
	return all, nil
}

// stopped reports whether a process is, or is gone.
func stopped(pid int) bool {
	state, _ := stat(pid)
	return state == "" || strings.Contains("TtZX", state)
}

// ended reports whether a process has. One that nobody has waited for holds nothing any
// more.
func ended(pid int) bool {
	state, _ := stat(pid)
	return state == "" || strings.Contains("ZX", state)
}

// stat returns a process's state and its parent (proc(5)). Both are zero if it is gone.
func stat(pid int) (state string, parent int) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0
	}
	// The name before them, in parentheses, may have any characters.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}
