package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
)

const (
	echoPort = 7
	httpPort = 80

	httpAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
)

// ports is what listens in every pod: port 7 sends back what it gets, port 80
// answers one HTTP request with its method and path. All others refuse.
type ports struct{}

func (ports) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	switch port {
	case echoPort:
		_, err := io.Copy(stream, stream)
		return err
	case httpPort:
		request, err := http.ReadRequest(bufio.NewReader(stream))
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s %s\n", request.Method, request.URL)
		_, err = fmt.Fprintf(stream, httpAnswer, len(text), text)
		return err
	}
	return fmt.Errorf("dial tcp4 127.0.0.1:%d: connect: connection refused", port)
}
