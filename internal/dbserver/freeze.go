package dbserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Freeze stops the server where it is, with all its processes, as if the machine
// were swapping or its disk hung: connections stay open, the kernel accepts new
// ones, and nobody answers.
func (s *Server) Freeze() error {
	if err := syscall.Kill(s.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
		return err
	}
	// From now on there are no new children.
	all, err := s.processes()
	if err != nil {
		return err
	}
	for _, pid := range all {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	for _, pid := range all {
		for !stopped(pid) {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// Thaw lets a frozen server continue.
func (s *Server) Thaw() error {
	all, err := s.processes()
	if err != nil {
		return err
	}
	for _, pid := range all {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// processes returns the server's process and its children.
func (s *Server) processes() ([]int, error) {
	main := s.cmd.Process.Pid
	all := []int{main}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		if _, parent := stat(pid); parent == main {
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

// stat returns a process's state and its parent. Both are zero if it is gone.
func stat(pid int) (state string, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
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
