package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// lineInterval is the time between two lines of a script that writes until it is cancelled.
const lineInterval = 50 * time.Millisecond

// processes runs the scripts that stand for the programs of a container:
//
//	echo ARGS   writes its arguments and a newline
//	err TEXT    the same, to stderr
//	cat         copies stdin to stdout until its end
//	exit N      ends with this exit code
//	big BYTES   writes this many bytes
//	size        writes each terminal size as COLUMNSxROWS, until stdin ends
//	spin        writes "tick" every 50 ms until nobody reads it
//
// Anything else is refused as a container runtime refuses a missing program.
type processes struct{}

func (processes) ExecInContainer(_ context.Context, _, _, _ string, command []string, in io.Reader, out, err io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	if len(command) == 0 {
		return errors.New("no command")
	}
	// A terminal has one stream for both, and a caller may read neither.
	out, err = orNothing(out), orNothing(err)
	if tty {
		err = out
	}
	arguments := command[1:]
	switch command[0] {
	case "echo":
		return write(out, strings.Join(arguments, " ")+"\n")
	case "err":
		return write(err, strings.Join(arguments, " ")+"\n")
	case "cat":
		return echo(in, out)
	case "exit":
		code, err := number(arguments)
		if err != nil || code == 0 {
			return err
		}
		return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
	case "big":
		size, err := number(arguments)
		if err != nil {
			return err
		}
		_, err = io.CopyN(out, pattern{}, int64(size))
		return err
	case "size":
		return writeSizes(in, out, resize)
	case "spin":
		return repeat(out, func(int) string { return "tick\n" })
	}
	return fmt.Errorf("exec: %q: executable file not found in $PATH", command[0])
}

// AttachContainer attaches to a main process that says so, then echoes its
// stdin until its end; without stdin it goes on like its log.
func (processes) AttachContainer(_ context.Context, _, _, container string, in io.Reader, out, _ io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	out = orNothing(out)
	if err := write(out, "attached to "+container+"\n"); err != nil {
		return err
	}
	if in != nil {
		return echo(in, out)
	}
	return repeat(out, func(count int) string { return fmt.Sprintf("line %d\n", len(firstLines)+count) })
}

func echo(in io.Reader, out io.Writer) error {
	if in == nil {
		return nil
	}
	_, err := io.Copy(out, in)
	return err
}

func writeSizes(in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	ended := make(chan struct{})
	if in != nil {
		go func() {
			_, _ = io.Copy(io.Discard, in)
			close(ended)
		}()
	}
	for {
		select {
		case size, ok := <-resize:
			if !ok {
				return nil
			}
			if err := write(out, fmt.Sprintf("%dx%d\n", size.Width, size.Height)); err != nil {
				return err
			}
		case <-ended:
			return nil
		}
	}
}

// repeat writes a line every 50 ms until it cannot: nothing else tells a hijacked connection's end.
func repeat(out io.Writer, line func(count int) string) error {
	for count := 1; ; count++ {
		if err := write(out, line(count)); err != nil {
			return err
		}
		time.Sleep(lineInterval)
	}
}

func write(out io.Writer, text string) error {
	_, err := io.WriteString(out, text)
	return err
}

func number(arguments []string) (int, error) {
	if len(arguments) != 1 {
		return 0, errors.New("expected one number")
	}
	return strconv.Atoi(arguments[0])
}

// pattern is the endless text "0123456789abcdef0123…".
type pattern struct{}

func (pattern) Read(into []byte) (int, error) {
	const digits = "0123456789abcdef"
	size := len(into) - len(into)%len(digits)
	if size == 0 {
		return copy(into, digits), nil
	}
	for at := 0; at < size; at += len(digits) {
		copy(into[at:size], digits)
	}
	return size, nil
}

type nothing struct{}

func (nothing) Write(data []byte) (int, error) { return len(data), nil }
func (nothing) Close() error                   { return nil }

func orNothing(stream io.WriteCloser) io.WriteCloser {
	if stream == nil {
		return nothing{}
	}
	return stream
}
