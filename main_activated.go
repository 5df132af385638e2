package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

// firstActivated is the number of the first listener that systemd, or whoever does as
// it does, hands to the program: sd_listen_fds(3).
const firstActivated = 3

// activated is the listener that fd:NAME means, by a name of LISTEN_FDNAMES, or by a
// number from 3 on. It can be taken once; what is left of the descriptor is closed, so
// that no child inherits it.
func activated(name string, env func(string) string) (net.Listener, error) {
	n, err := strconv.Atoi(env("LISTEN_FDS"))
	if env("LISTEN_PID") != strconv.Itoa(os.Getpid()) || err != nil || n <= 0 {
		return nil, errors.New("the program was not started by socket activation: LISTEN_PID and LISTEN_FDS do not say so")
	}
	fd, err := descriptor(name, n, strings.Split(env("LISTEN_FDNAMES"), ":"))
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "fd:"+name)
	defer file.Close() // FileListener has made a copy
	l, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d is no stream socket that listens, or is taken twice: %w", fd, err)
	}
	return l, nil
}

// descriptor finds one of n descriptors.
func descriptor(name string, n int, names []string) (int, error) {
	if fd, err := strconv.Atoi(name); err == nil {
		if fd < firstActivated || fd >= firstActivated+n {
			return 0, fmt.Errorf("want a number from %d to %d", firstActivated, firstActivated+n-1)
		}
		return fd, nil
	}
	i := slices.Index(names[:min(n, len(names))], name)
	if i < 0 || name == "" {
		return 0, fmt.Errorf("no descriptor has that name; there are %s", strings.Join(names, ", "))
	}
	return firstActivated + i, nil
}
