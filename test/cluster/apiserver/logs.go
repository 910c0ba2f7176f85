package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// logLine is one line of a container's log, without its newline.
type logLine struct {
	at   time.Time
	text string
}

var (
	// firstLines is what every container has written: "line 1" at the first
	// second of 2026, "line 2" at the next, up to "line 10".
	firstLines = writtenLines("line", 10)
	// previousLines is the log of the container that ran before.
	previousLines = writtenLines("previous line", 3)
)

func writtenLines(text string, count int) []logLine {
	lines := make([]logLine, count)
	for i := range lines {
		lines[i] = logLine{
			at:   time.Date(2026, time.January, 1, 0, 0, i+1, 0, time.UTC),
			text: fmt.Sprintf("%s %d", text, i+1),
		}
	}
	return lines
}

// logOptions is what kube-apiserver passes on of a PodLogOptions.
type logOptions struct {
	follow, previous, timestamps bool
	since                        time.Time
	tailLines, limitBytes        int
}

const unlimited = -1

func readLogOptions(query url.Values) (logOptions, error) {
	options := logOptions{
		follow:     query.Get("follow") == "true",
		previous:   query.Get("previous") == "true",
		timestamps: query.Get("timestamps") == "true",
		tailLines:  unlimited,
		limitBytes: unlimited,
	}
	for name, into := range map[string]*int{"tailLines": &options.tailLines, "limitBytes": &options.limitBytes} {
		if text := query.Get(name); text != "" {
			value, err := strconv.Atoi(text)
			if err != nil {
				return options, err
			}
			*into = value
		}
	}
	if text := query.Get("sinceSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return options, err
		}
		options.since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	if text := query.Get("sinceTime"); text != "" {
		since, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return options, err
		}
		options.since = since
	}
	return options, nil
}

func serveLogs(w http.ResponseWriter, r *http.Request) {
	options, err := readLogOptions(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	log := &logWriter{to: w, options: options, left: options.limitBytes}
	w.Header().Set("Content-Type", "text/plain")
	lines := firstLines
	if options.previous {
		lines = previousLines
	}
	if options.tailLines != unlimited {
		lines = lines[max(0, len(lines)-options.tailLines):]
	}
	for _, line := range lines {
		log.write(line)
	}
	log.flush()
	if !options.follow || options.previous {
		return
	}
	ticker := time.NewTicker(lineInterval)
	defer ticker.Stop()
	for count := len(firstLines) + 1; log.left != 0; count++ {
		select {
		case <-r.Context().Done():
			return
		case now := <-ticker.C:
			log.write(logLine{at: now.UTC(), text: fmt.Sprintf("line %d", count)})
			log.flush()
		}
	}
}

type logWriter struct {
	to      http.ResponseWriter
	options logOptions
	left    int
}

func (log *logWriter) write(line logLine) {
	if line.at.Before(log.options.since) {
		return
	}
	var text strings.Builder
	if log.options.timestamps {
		text.WriteString(line.at.Format("2006-01-02T15:04:05.000000000Z07:00 "))
	}
	text.WriteString(line.text + "\n")
	bytes := []byte(text.String())
	if log.left != unlimited {
		bytes = bytes[:min(len(bytes), log.left)]
		log.left -= len(bytes)
	}
	_, _ = log.to.Write(bytes)
}

func (log *logWriter) flush() {
	_ = http.NewResponseController(log.to).Flush()
}
