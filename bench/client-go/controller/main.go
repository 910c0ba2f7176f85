// The controller that bench/controller.ts is measured beside: client-go's informer and work queue around a reconcile
// that only reads its object.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

func main() {
	server := flag.String("server", "", "address of the API server")
	objects := flag.Int64("objects", 10000, "how many pods there are")
	workers := flag.Int("workers", 1, "how many reconciles run at once")
	flag.Parse()
	// The server speaks JSON; client-go's own rate limit is off, as controller-runtime has it.
	config := &rest.Config{Host: *server, QPS: -1}
	config.ContentType = "application/json"
	client, err := kubernetes.NewForConfig(config)
	fail(err)

	start := time.Now()
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	enqueue := func(object any) {
		key, err := cache.MetaNamespaceKeyFunc(object)
		fail(err)
		queue.Add(key)
	}
	_, err = pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	})
	fail(err)
	lister := pods.Lister()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	factory.Start(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), pods.Informer().HasSynced)
	synced := time.Now()

	var reconciled atomic.Int64
	done := make(chan time.Time, 1)
	reconcile := func(key string) error {
		namespace, name, err := cache.SplitMetaNamespaceKey(key)
		if err != nil {
			return err
		}
		var pod *corev1.Pod
		if pod, err = lister.Pods(namespace).Get(name); errors.IsNotFound(err) {
			return nil
		}
		if err == nil && pod.Name == "" {
			return fmt.Errorf("%s has no name", key)
		}
		return err
	}
	for range *workers {
		go func() {
			for {
				key, shutdown := queue.Get()
				if shutdown {
					return
				}
				if err := reconcile(key); err != nil {
					queue.AddRateLimited(key)
				} else {
					queue.Forget(key)
				}
				queue.Done(key)
				if reconciled.Add(1) == *objects {
					done <- time.Now()
				}
			}
		}()
	}
	end := <-done
	queue.ShutDown()
	fail(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"syncMs":      synced.Sub(start).Seconds() * 1000,
		"reconcileMs": end.Sub(synced).Seconds() * 1000,
		"totalMs":     end.Sub(start).Seconds() * 1000,
		"peakBytes":   peakBytes(),
	}))
}

// peakBytes reads the largest resident size the process has had.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	fail(err)
	for line := range strings.SplitSeq(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			fail(err)
			return kib * 1024
		}
	}
	return 0
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
