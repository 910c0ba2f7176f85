package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// handler: every object told to a handler, and read.
func handler(ctx context.Context, given task, client kubernetes.Interface) figures {
	informer, start := informerOf(ctx, given, client)
	timer := eventsTimer{given: given}
	done := make(chan figures, 1)
	read, told := 0, 0
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(object any, isInitial bool) {
			read += letters(object.(*corev1.Pod))
			if isInitial {
				return
			}
			if told != given.Events {
				fail(fmt.Errorf("told of %d events in place of %d", told, given.Events))
			}
			done <- timer.figures()
		},
		UpdateFunc: func(_, object any) {
			read += letters(object.(*corev1.Pod))
			told++
		},
	})
	fail(err)
	start()
	timer.run()
	return <-done
}

// keys: the keys of changed objects in a work queue.
func keys(ctx context.Context, given task, client kubernetes.Interface) figures {
	informer, start := informerOf(ctx, given, client)
	timer := eventsTimer{given: given}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	enqueue := func(object any) {
		key, err := cache.MetaNamespaceKeyFunc(object)
		fail(err)
		queue.Add(key)
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	})
	fail(err)
	done := make(chan figures, 1)
	go func() {
		for taken := 1; ; taken++ {
			key, _ := queue.Get()
			queue.Forget(key)
			queue.Done(key)
			if key == lastKey {
				result := timer.figures()
				result["taken"] = float64(taken)
				done <- result
			}
		}
	}()
	start()
	timer.run()
	return <-done
}

// syncing: from the request to a synced store.
func syncing(ctx context.Context, given task, client kubernetes.Interface) figures {
	importedMs := sinceStartMs(given)
	informer, start := informerOf(ctx, given, client)
	cpu := cpuMs()
	began := time.Now()
	start()
	result := figures{
		"syncMs":          time.Since(began).Seconds() * 1000,
		"startToSyncedMs": sinceStartMs(given),
		"importedMs":      importedMs,
		"syncCpuMs":       cpuMs() - cpu,
	}
	if size := len(informer.GetStore().ListKeys()); size != given.Objects {
		fail(fmt.Errorf("has %d of %d", size, given.Objects))
	}
	return result
}

// followNamespaces starts an informer for each of count empty namespaces, and waits for all of them.
func followNamespaces(ctx context.Context, client kubernetes.Interface, count int) {
	var synced []cache.InformerSynced
	for i := range count {
		factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(fmt.Sprintf("ns-%d", i)))
		synced = append(synced, factory.Core().V1().Pods().Informer().HasSynced)
		factory.Start(ctx.Done())
	}
	cache.WaitForCacheSync(ctx.Done(), synced...)
}

// sockets: 20 informers and 1,000 GETs, 100 at a time; how many connections that took, the server counts.
func sockets(ctx context.Context, given task, client kubernetes.Interface) figures {
	followNamespaces(ctx, client, 20)
	began := time.Now()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for range 10 {
				_, err := client.CoreV1().Pods("ns-0").Get(ctx, "web-0", metav1.GetOptions{})
				fail(err)
			}
		})
	}
	all.Wait()
	return figures{"getsMs": time.Since(began).Seconds() * 1000}
}

// idle: 100 informers on which nothing happens.
func idle(ctx context.Context, given task, client kubernetes.Interface) figures {
	followNamespaces(ctx, client, 100)
	cpu := cpuMs()
	time.Sleep(1500 * time.Millisecond)
	return figures{"cpuPercent": (cpuMs() - cpu) / 1500 * 100}
}
