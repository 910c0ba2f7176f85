// The informer of client-go as the benchmarks measure it; prints one line of JSON, as the contestants in TypeScript do.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const lastKey = "ns-0/zz-last"

// task is what is asked for, in the first argument: see bench/contestants/contestant.ts.
type task struct {
	Scenario   string  `json:"scenario"`
	Kubeconfig string  `json:"kubeconfig"`
	Control    string  `json:"control"`
	Objects    int     `json:"objects"`
	Events     int     `json:"events"`
	Kind       string  `json:"kind"`
	StartedAt  float64 `json:"startedAt"`
	// "protobuf", or JSON where empty.
	Variant string `json:"variant"`
}

type figures map[string]float64

var scenarios = map[string]func(context.Context, task, kubernetes.Interface) figures{
	"handler": handler,
	"keys":    keys,
	"sync":    syncing,
	"sockets": sockets,
	"idle":    idle,
}

func main() {
	var given task
	fail(json.Unmarshal([]byte(os.Args[1]), &given))
	config, err := clientcmd.BuildConfigFromFlags("", given.Kubeconfig)
	fail(err)
	// Its own rate limit is off, as controller-runtime has it.
	config.QPS = -1
	config.ContentType = "application/json"
	config.AcceptContentTypes = "application/json"
	if given.Variant == "protobuf" {
		config.ContentType = "application/vnd.kubernetes.protobuf"
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	}
	client, err := kubernetes.NewForConfig(config)
	fail(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	result := scenarios[given.Scenario](ctx, given, client)
	result["peakMB"] = peakMB()
	result["totalCpuMs"] = cpuMs()
	fail(json.NewEncoder(os.Stdout).Encode(result))
	os.Exit(0)
}

// informerOf gives the informer of the task's kind, which begins with start.
func informerOf(ctx context.Context, given task, client kubernetes.Interface) (informer cache.SharedIndexInformer, start func()) {
	factory := informers.NewSharedInformerFactory(client, 0)
	if given.Kind == "configmaps" {
		informer = factory.Core().V1().ConfigMaps().Informer()
	} else {
		informer = factory.Core().V1().Pods().Informer()
	}
	return informer, func() {
		factory.Start(ctx.Done())
		// WaitForCacheSync looks every 100 ms, which would be seen in the figures.
		for !informer.HasSynced() {
			time.Sleep(time.Millisecond)
		}
	}
}

// eventsTimer times the way from the request for events to the last of them.
type eventsTimer struct {
	began time.Time
	cpu   float64
	given task
}

func (t *eventsTimer) run() {
	t.began = time.Now()
	t.cpu = cpuMs()
	response, err := http.Get(fmt.Sprintf("%s/go?events=%d", t.given.Control, t.given.Events))
	fail(err)
	fail(response.Body.Close())
}

func (t *eventsTimer) figures() figures {
	events := float64(t.given.Events)
	return figures{
		"perSecond":    events / time.Since(t.began).Seconds(),
		"perCpuSecond": events / (cpuMs() - t.cpu) * 1000,
	}
}

// letters reads a few fields, as the other contestants do.
func letters(pod *corev1.Pod) int {
	return len(pod.Name) + len(pod.Status.Phase) + len(pod.Spec.Containers[0].Image)
}

func peakMB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	fail(err)
	for line := range strings.SplitSeq(string(status), "\n") {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib * 1024 / 1e6
		}
	}
	return 0
}

func cpuMs() float64 {
	var usage syscall.Rusage
	fail(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	of := func(t syscall.Timeval) float64 { return float64(t.Sec)*1000 + float64(t.Usec)/1000 }
	return of(usage.Utime) + of(usage.Stime)
}

func sinceStartMs(given task) float64 {
	return float64(time.Now().UnixMicro())/1000 - given.StartedAt
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
