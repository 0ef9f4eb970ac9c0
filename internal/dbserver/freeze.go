package dbserver

import "syscall"

// Freeze stops the server where it is, with all its processes, as if the machine
// were swapping or its disk hung: connections stay open, the kernel accepts new
// ones, and nobody answers.
func (s *Server) Freeze() error {
	all, err := hold(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for _, pid := range all {
		if err := signal(pid, syscall.SIGSTOP); err != nil {
			return err
		}
	}
	for _, pid := range all {
		await(func() bool { return stopped(pid) })
	}
	return nil
}

// Thaw lets a frozen server continue.
func (s *Server) Thaw() error {
	all, err := children(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for _, pid := range append(all, s.cmd.Process.Pid) {
		if err := signal(pid, syscall.SIGCONT); err != nil {
			return err
		}
	}
	return nil
}
