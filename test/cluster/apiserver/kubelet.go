package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/cert"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const (
	// nodeName is the node whose pods this kubelet "runs".
	nodeName = "kube-reflex-node"
	// kubeconfigFile is in the scratch folder, written by whoever started the process.
	kubeconfigFile = "kubeconfig.yaml"

	streamIdleLimit  = 4 * time.Hour
	registerInterval = 100 * time.Millisecond
)

// kubelet is a node without a container runtime: its containers are scripts of
// this program, see processes.go, logs.go and ports.go. The streams are served
// by the library of the real kubelet, so SPDY and WebSocket are the real thing.
type kubelet struct {
	client kubernetes.Interface
	// pods are those of this node.
	pods cache.SharedIndexInformer
}

// startKubelet serves what kube-apiserver asks of a node and, as soon as
// kube-apiserver answers, registers that node and keeps the status of its pods.
func startKubelet(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfigFile)
	if err != nil {
		return err
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	serving, err := servingConfig(config.CAFile)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", serving)
	if err != nil {
		return err
	}
	k := &kubelet{client: client, pods: podsOfNode(client)}
	server := &http.Server{Handler: k.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { fail(fmt.Errorf("kubelet: %w", server.Serve(listener))) }()
	if err := k.keepPods(ctx); err != nil {
		return err
	}
	go k.run(ctx, int32(listener.Addr().(*net.TCPAddr).Port))
	return nil
}

// servingConfig has a certificate of its own and lets nobody in without one
// signed by this authority, which is kube-apiserver's --kubelet-client-certificate.
func servingConfig(authority string) (*tls.Config, error) {
	clients, err := cert.NewPool(authority)
	if err != nil {
		return nil, err
	}
	certPEM, keyPEM, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		MinVersion:   tls.VersionTLS12,
		// An upgraded connection is HTTP/1.1.
		NextProtos: []string{"http/1.1"},
	}, nil
}

// run registers the node at this port, then follows its pods until the end.
func (k *kubelet) run(ctx context.Context, port int32) {
	for k.register(ctx, port) != nil {
		// Not ready yet; whoever waits for the node gives up in the end.
		select {
		case <-ctx.Done():
			return
		case <-time.After(registerInterval):
		}
	}
	k.pods.RunWithContext(ctx)
}

func (k *kubelet) register(ctx context.Context, port int32) error {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeName, Labels: map[string]string{corev1.LabelHostname: nodeName}},
		Status: corev1.NodeStatus{
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: port}},
			Conditions:      []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady"}},
		},
	}
	_, err := k.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	// The answer to an earlier try may have been lost.
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (k *kubelet) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.started(serveLogs))
	for _, method := range []string{"GET", "POST"} {
		mux.HandleFunc(method+" /exec/{namespace}/{pod}/{container}", k.started(serveExec))
		mux.HandleFunc(method+" /attach/{namespace}/{pod}/{container}", k.started(serveAttach))
		mux.HandleFunc(method+" /portForward/{namespace}/{pod}", servePortForward)
	}
	return mux
}

// started refuses requests about a container that does not run.
func (k *kubelet) started(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, container := r.PathValue("pod"), r.PathValue("container")
		object, exists, err := k.pods.GetStore().GetByKey(r.PathValue("namespace") + "/" + name)
		pod, isPod := object.(*corev1.Pod)
		switch {
		case err != nil || !exists || !isPod:
			http.Error(w, fmt.Sprintf("pod %q does not exist", name), http.StatusNotFound)
		case waits(pod, container):
			http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start: %s", container, name, waitingReason), http.StatusBadRequest)
		default:
			serve(w, r)
		}
	}
}

func serveExec(w http.ResponseWriter, r *http.Request) {
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	command := r.URL.Query()["command"]
	remotecommand.ServeExec(w, r, processes{}, r.PathValue("pod"), "", r.PathValue("container"), command, options,
		streamIdleLimit, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func serveAttach(w http.ResponseWriter, r *http.Request) {
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	remotecommand.ServeAttach(w, r, processes{}, r.PathValue("pod"), "", r.PathValue("container"), options,
		streamIdleLimit, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func servePortForward(w http.ResponseWriter, r *http.Request) {
	options, err := portforward.NewV4Options(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(w, r, ports{}, r.PathValue("pod"), "", options,
		streamIdleLimit, remotecommand.DefaultStreamCreationTimeout, portforward.SupportedProtocols)
}
