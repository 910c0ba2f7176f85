package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	// waitingImage is the image of containers that never start.
	waitingImage  = "waiting"
	waitingReason = "ContainerCreating"
)

func waits(pod *corev1.Pod, container string) bool {
	return slices.ContainsFunc(pod.Spec.Containers, func(each corev1.Container) bool {
		return each.Name == container && each.Image == waitingImage
	})
}

func podsOfNode(client kubernetes.Interface) cache.SharedIndexInformer {
	return coreinformers.NewFilteredPodInformer(client, metav1.NamespaceAll, 0, nil,
		func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", nodeName).String()
		})
}

// keepPods does for the pods of this node what a kubelet does: a new pod gets
// the status Running, a pod to be deleted goes.
func (k *kubelet) keepPods(ctx context.Context) error {
	keep := func(object any) {
		pod, ok := object.(*corev1.Pod)
		if !ok {
			return
		}
		err := k.keepPod(ctx, pod)
		// A conflict or a pod that went: the event of that change has its own turn.
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "kubelet: pod %s/%s: %v\n", pod.Namespace, pod.Name, err)
		}
	}
	_, err := k.pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    keep,
		UpdateFunc: func(_, object any) { keep(object) },
	})
	return err
}

func (k *kubelet) keepPod(ctx context.Context, pod *corev1.Pod) error {
	pods := k.client.CoreV1().Pods(pod.Namespace)
	if pod.DeletionTimestamp != nil {
		now := int64(0)
		return pods.Delete(ctx, pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: &now,
			Preconditions:      &metav1.Preconditions{UID: &pod.UID},
		})
	}
	if pod.Status.Phase != corev1.PodPending || len(pod.Status.ContainerStatuses) > 0 {
		return nil
	}
	kept := pod.DeepCopy()
	kept.Status = statusOf(pod, metav1.NewTime(time.Now()))
	_, err := pods.UpdateStatus(ctx, kept, metav1.UpdateOptions{})
	return err
}

// statusOf is the status of a pod whose containers run, but for those whose image never starts.
func statusOf(pod *corev1.Pod, now metav1.Time) corev1.PodStatus {
	status := corev1.PodStatus{
		Phase:     corev1.PodRunning,
		HostIP:    "127.0.0.1",
		PodIP:     "127.0.0.1",
		PodIPs:    []corev1.PodIP{{IP: "127.0.0.1"}},
		StartTime: &now,
		QOSClass:  pod.Status.QOSClass,
	}
	ready := corev1.ConditionTrue
	for _, container := range pod.Spec.Containers {
		runs := container.Image != waitingImage
		state := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
		if !runs {
			state = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: waitingReason}}
			status.Phase = corev1.PodPending
			ready = corev1.ConditionFalse
		}
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{
			Name:    container.Name,
			Image:   container.Image,
			State:   state,
			Ready:   runs,
			Started: &runs,
		})
	}
	for _, condition := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		isTrue := ready
		if condition == corev1.PodScheduled || condition == corev1.PodInitialized {
			isTrue = corev1.ConditionTrue
		}
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: condition, Status: isTrue, LastTransitionTime: now})
	}
	return status
}
